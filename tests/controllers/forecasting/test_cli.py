"""``twin train`` and ``twin forecast`` on a folder of tables: what is written, printed and refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from controllers.forecasting import train_command, trained
from controllers.forecasting.store import MODEL, WEIGHTS, load
from controllers.forecasting.train_command import SCORECARD
from tests.controllers.forecasting import tiny_models
from twin.cli import app
from twin.errors import ParkTwinError

DAYS = 120
DESCRIPTION = """
site: {name: canteen, timezone: Europe/Berlin, country: DE, latitude_deg: 52.5, longitude_deg: 13.4}
series:
  load_mw: {file: meter.csv, column: P_kW, factor: 0.001, timezone: Europe/Berlin}
  pv_mw: {file: meter.csv, column: PV_kW, factor: 0.001, timezone: Europe/Berlin}
  air_degc: {file: weather.parquet, column: t2m, synthetic_error: temperature}
targets:
  load_mw: {kind: electric_load, capacity: 5, covariates: {temperature: air_degc}}
  pv_mw: {kind: pv, capacity: 2}
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    """Climatology and the seasonal naive instead of networks."""
    monkeypatch.setitem(trained.LINES, "small", tiny_models.LINE)


@pytest.fixture(scope="session")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Meters by the clock of Berlin, through the change to summer time, and weather in UTC; 120 days by the hour."""
    utc = pd.date_range("2025-01-20", periods=24 * DAYS, freq="h", tz="UTC")
    local = utc.tz_convert("Europe/Berlin")
    rng = np.random.default_rng(3)
    noise = rng.normal(0.0, 50.0, len(utc))
    load = 1000.0 + np.where(local.dayofweek < 5, 2500.0, 500.0) * (np.abs(local.hour - 12) < 3) + noise
    sun = np.maximum(np.sin(np.pi * (utc.hour.to_numpy() - 5.5) / 12), 0.0) * (utc.hour >= 7) * (utc.hour <= 15)
    sun *= np.repeat(rng.uniform(0.3, 1.0, DAYS), 24)
    meter = pd.DataFrame({"time": local.strftime("%Y-%m-%dT%H:%M:%S"), "P_kW": load, "PV_kW": 1800.0 * sun})
    weather = pd.DataFrame({"time": utc.strftime("%Y-%m-%dT%H:%M:%SZ"), "t2m": 5.0 + rng.normal(0.0, 3.0, len(utc))})
    return meter, weather


@pytest.fixture
def folder(tmp_path, tables) -> Path:
    """The tables with their description."""
    meter, weather = tables
    meter.to_csv(tmp_path / "meter.csv", index=False)
    weather.to_parquet(tmp_path / "weather.parquet", index=False)
    (tmp_path / "forecast.yaml").write_text(DESCRIPTION)
    return tmp_path


def twin(*words: object) -> str:
    """The output of a command that succeeds."""
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def trained_in(folder: Path, *more: object) -> Path:
    """Models of the folder."""
    out = folder / "models"
    twin("train", "--data", folder, "--line", "small", "--out", out, *more)
    return out


def test_training_writes_models_and_a_scorecard_and_says_what_is_not_used(folder) -> None:
    out = folder / "models"
    text = twin("train", "--data", folder, "--line", "small", "--seed", 4, "--out", out)
    assert "load_mw" in text and "nMAE" in text and str(out) in text
    rows = {row["target"]: row for row in json.loads((out / SCORECARD).read_text())}
    assert set(rows) == {"load_mw", "pv_mw"}
    assert {"nmae_percent", "nrmse_percent", "mape_percent", "pinball_percent", "coverage_percent", "skill_yesterday",
            "skill_last_week", "coverage_90_days_percent"} <= set(rows["load_mw"])
    not_used = {name for name, row in rows.items() for m in row["members"] if "climatology is not used" in m}
    assert not_used, "the site is made so that climatology has no skill for one target at least"
    [told] = [line for line in text.splitlines() if line.startswith("climatology is not used")]
    assert "not above 0" in told and {name for name in rows if f"{name} " in told} == not_used
    models = load(out)
    assert models.facts["seed"] == 4 and models.facts["command"].startswith("twin train --data ")
    assert models.facts["training"]["first"].startswith("2025-02-18T23:00")  # 29 days on, the next midnight


def test_the_same_seed_gives_the_same_files(folder) -> None:
    first = trained_in(folder)
    second = folder / "again"
    twin("train", "--data", folder, "--line", "small", "--out", second)
    for name in (WEIGHTS, MODEL, SCORECARD):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_only_some_targets(folder) -> None:
    assert load(trained_in(folder, "--targets", "pv_mw")).series() == ["pv_mw"]
    with pytest.raises(ParkTwinError, match=r"--targets: 'pv_mv' is not forecast here; did you mean 'pv_mw'"):
        twin("train", "--data", folder, "--targets", "pv_mv", "--out", folder / "others")


def test_a_challenger_takes_over_only_where_it_is_better(folder) -> None:
    champion = trained_in(folder)
    text = twin("train", "--data", folder, "--line", "small", "--challenge", champion, "--out", folder / "new")
    assert text.count("the champion stays") == 2
    assert (folder / "new" / WEIGHTS).read_bytes() == (champion / WEIGHTS).read_bytes()
    only_load = folder / "only_load"
    twin("train", "--data", folder, "--line", "small", "--targets", "load_mw", "--out", only_load)
    text = twin("train", "--data", folder, "--line", "small", "--challenge", only_load, "--out", folder / "both")
    assert text.count("the champion stays") == 1 and text.count("the challenger takes over") == 1
    assert set(load(folder / "both").series()) == {"load_mw", "pv_mw"}


def test_a_challenge_that_would_lose_targets_is_refused(folder) -> None:
    champion = trained_in(folder)
    with pytest.raises(ParkTwinError, match=r"also forecast pv_mw; .* leave out --targets"):
        twin("train", "--data", folder, "--line", "small", "--targets", "load_mw", "--challenge", champion, "--out",
             folder / "new")


def test_a_plot_is_written_over_pages_alone(folder) -> None:
    """Not over the table that was mistyped as its name."""
    models, meter = trained_in(folder), folder / "meter.csv"
    before = meter.read_bytes()
    for file in (meter, models / MODEL):
        with pytest.raises(ParkTwinError, match=r"--plot .*: there is a file that is no HTML page"):
            twin("forecast", models, "--history", folder, "--at", "2025-05-12T00:00", "--plot", file)
    assert meter.read_bytes() == before


def test_a_meter_that_is_dead_for_months_is_told_as_such(folder, tables) -> None:
    models = trained_in(folder)
    tables[0].assign(P_kW=1200.0).to_csv(folder / "meter.csv", index=False)
    text = twin("forecast", models, "--history", folder, "--at", "2025-05-12T00:00")
    assert "unlike_all_learnt:load_mw" in text
    assert "load_mw: forecast by climatology, for its last week stands still" in text and "is the meter dead" in text


def test_a_champion_that_has_seen_the_answers_is_refused(folder) -> None:
    """It has learnt to 10 May, the history ends on 20 May: ten days of it tell who is better."""
    (folder / "forecast.yaml").write_text(DESCRIPTION + "split: {train_to: 2025-03-25, validation_to: 2025-05-10}\n")
    champion = trained_in(folder)
    (folder / "forecast.yaml").write_text(DESCRIPTION + "split: {train_to: 2025-03-25, validation_to: 2025-04-20}\n")
    with pytest.raises(ParkTwinError, match=r"the champion has learnt to 2025-05-09T22:00:00 UTC, and 10 of the 30 "
                                            r"issue times to score on come later; at least 14 are needed"):
        twin("train", "--data", folder, "--line", "small", "--challenge", champion, "--out", folder / "new")


def test_what_is_written_after_a_challenge_describes_the_models_that_are_written(folder) -> None:
    """Seeds tell the trainings apart: a champion keeps its own, and its own scores."""
    champion = trained_in(folder, "--seed", 1)
    kept = folder / "kept"
    twin("train", "--data", folder, "--line", "small", "--seed", 2, "--challenge", champion, "--out", kept)
    assert (kept / MODEL).read_bytes() == (champion / MODEL).read_bytes()
    told, before = (json.loads((place / SCORECARD).read_text()) for place in (kept, champion))
    assert [row for row in told if "target" in row] == before
    only_load, mixed = folder / "only_load", folder / "mixed"
    twin("train", "--data", folder, "--line", "small", "--seed", 3, "--targets", "load_mw", "--out", only_load)
    twin("train", "--data", folder, "--line", "small", "--seed", 2, "--challenge", only_load, "--out", mixed)
    facts = load(mixed).facts["by_group"]
    assert {name: told["seed"] for name, told in facts.items()} == {"electric_load": 3, "pv": 2}
    assert "--targets load_mw" in facts["electric_load"]["command"] and "--targets" not in facts["pv"]["command"]
    again = folder / "again"
    twin("train", "--data", folder, "--line", "small", "--seed", 4, "--challenge", mixed, "--out", again)
    assert load(again).facts == load(mixed).facts


@pytest.mark.parametrize(("old", "new", "message"), [
    ("latitude_deg: 52.5", "latitude_deg: 48.1", "the models are of canteen at 52.5"),
    ("capacity: 5,", "capacity: 6,", "load_mw: the models were trained for a capacity of 5, the site has 6"),
])
def test_a_champion_of_another_site_is_refused(folder, old, new, message) -> None:
    champion = trained_in(folder)
    described(folder, old, new)
    with pytest.raises(ParkTwinError, match=message):
        twin("train", "--data", folder, "--line", "small", "--challenge", champion, "--out", folder / "new")
    assert not (folder / "new").exists()


def test_a_forecast_from_the_folder_is_whole_and_local(folder) -> None:
    models = trained_in(folder)
    made = json.loads(twin("forecast", models, "--history", folder, "--at", "2025-05-12T00:00", "--json"))
    assert made["issued"] == "2025-05-12T00:00:00+02:00" and made["site"] == "canteen"
    load_forecast = made["targets"][0]
    assert (load_forecast["target"], load_forecast["by"], load_forecast["flags"]) == ("load_mw", "model", [])
    quantiles = np.array(load_forecast["quantiles"])
    assert quantiles.shape == (24, len(made["levels"])) and (np.diff(quantiles, axis=1) >= 0.0).all()
    assert load_forecast["times"][0] == made["issued"] and load_forecast["times"][12][11:] == "12:00:00+02:00"
    assert 2.0 < quantiles[12, 3] < 5.0 and quantiles[3, 3] < 1.5  # noon of a Monday, and its night


def test_a_table_without_weather_is_forecast_by_lags_and_says_so(folder, tables) -> None:
    models = trained_in(folder)
    meter = tables[0].iloc[:-48]
    table = pd.DataFrame({"time": meter.time, "load_mw": meter.P_kW / 1000, "pv_mw": meter.PV_kW / 1000})
    table.to_csv(folder / "history.csv", index=False)
    text = twin("forecast", models, "--history", folder / "history.csv", "--targets", "load_mw")
    assert "weather_missing" in text and "lag_model:load_mw" in text and "pv_mw" not in text
    with_weather = table.assign(air_degc=5.0)
    with_weather.to_csv(folder / "history.csv", index=False)
    at = meter.time.iloc[-48]
    assert "lag_model" not in twin("forecast", models, "--history", folder / "history.csv", "--at", at)


def test_a_table_for_models_of_a_folder_has_the_signs_of_the_folder(folder, tables) -> None:
    models = trained_in(folder)
    table = pd.DataFrame({"time": tables[0].time, "load_mw": -tables[0].P_kW / 1000, "pv_mw": tables[0].PV_kW / 1000})
    table.to_csv(folder / "history.csv", index=False)
    with pytest.raises(ParkTwinError, match=r"load_mw have the wrong sign .*; it is positive, as in training"):
        twin("forecast", models, "--history", folder / "history.csv")


def test_a_column_without_a_number_is_forecast_by_climatology_and_a_table_without_any_refused(folder, tables) -> None:
    models = trained_in(folder)
    table = pd.DataFrame({"time": tables[0].time, "load_mw": tables[0].P_kW / 1000, "pv_mw": np.nan})
    table.to_csv(folder / "history.csv", index=False)
    made = json.loads(twin("forecast", models, "--history", folder / "history.csv", "--json"))["targets"]
    assert {t["target"]: t["by"] for t in made}["pv_mw"] == "climatology"
    assert "no_history:pv_mw" in made[1]["flags"]
    table.assign(load_mw=np.nan).to_csv(folder / "history.csv", index=False)
    with pytest.raises(ParkTwinError, match="all columns are empty"):
        twin("forecast", models, "--history", folder / "history.csv")


def test_a_table_that_was_cut_off_is_named(folder, tables) -> None:
    models = trained_in(folder)
    table = pd.DataFrame({"time": tables[0].time, "load_mw": tables[0].P_kW / 1000, "pv_mw": tables[0].PV_kW / 1000})
    table.to_parquet(folder / "history.parquet", index=False)
    data = (folder / "history.parquet").read_bytes()
    (folder / "history.parquet").write_bytes(data[:len(data) // 2])
    with pytest.raises(ParkTwinError, match=r"history.parquet: is no readable Parquet file"):
        twin("forecast", models, "--history", folder / "history.parquet")


def test_fan_charts_are_a_page_of_their_own(folder) -> None:
    pytest.importorskip("mosaik", reason="the report of the twin imports it; not in the environment of make compat")
    models, page = trained_in(folder), folder / "fans.html"
    for _ in range(2):  # a page may be written over
        twin("forecast", models, "--history", folder, "--at", "2025-05-12T00:00", "--plot", page)
    text = page.read_text()
    assert "plotly" in text and "load_mw (model)" in text and "80% interval" in text


@pytest.mark.parametrize(("words", "message"), [
    (("train",), "Give a SCENARIO, or a folder of tables"),
    (("train", "minimal", "--data", "."), "Give a SCENARIO, or a folder of tables"),
    (("train", "--data", "{folder}/nothing_here"), "no forecast.yaml here"),
    (("train", "--data", "{folder}", "--set", "a.b=1"), "--set changes a scenario; with --data change forecast.yaml"),
    (("forecast", "{folder}", "--history", "{folder}"), "no models here; `twin train"),
])
def test_calls_that_cannot_be_meant(folder, words, message) -> None:
    (folder / "nothing_here").mkdir()
    with pytest.raises(ParkTwinError, match=message):
        twin(*(word.format(folder=folder) for word in words))


def test_models_are_not_overwritten_unasked(folder) -> None:
    out = trained_in(folder)
    with pytest.raises(ParkTwinError, match="holds models already; choose another --out, or let new ones --challenge"):
        twin("train", "--data", folder, "--line", "small", "--out", out)
    with pytest.raises(ParkTwinError, match="what wins a challenge is written beside what serves"):
        twin("train", "--data", folder, "--line", "small", "--challenge", out, "--out", out)


@pytest.mark.parametrize("out", ["meter.csv", "meter.csv/below"])
def test_a_place_that_cannot_hold_models_is_told_before_the_training(folder, monkeypatch, out) -> None:
    monkeypatch.setattr(train_command, "train_site", lambda *_, **__: pytest.fail("was trained"))
    with pytest.raises(ParkTwinError, match=r"meter.csv is a file; choose another --out"):
        twin("train", "--data", folder, "--line", "small", "--out", folder / out)


@pytest.mark.parametrize(("at", "message"), [
    ("tomorrow", "is no time; write 2025-07-15T12:00"),
    ("2024-01-01T00:00", "is before the history, which begins at"),
    ("2026-05-20T02:00", r"is 365 days after the end of the measurements, 2025-05-20T00:00:00 UTC; .* over 29 days"),
])
def test_times_that_cannot_be(folder, at, message) -> None:
    models = trained_in(folder)
    with pytest.raises(ParkTwinError, match=message):
        twin("forecast", models, "--history", folder, "--at", at)


def test_a_forecast_a_while_after_the_last_measurement_says_so_in_words(folder) -> None:
    """The measurements end at 2025-05-20T02:00 by the clock of Berlin: six days before there is last week, ten not."""
    models = trained_in(folder)
    text = twin("forecast", models, "--history", folder, "--at", "2025-05-26T02:00")
    assert "load_mw: forecast by last week, for the measurements end 2025-05-20 02:00, 144 h before" in text
    notes = json.loads(twin("forecast", models, "--history", folder, "--at", "2025-05-30T02:00", "--json"))["notes"]
    assert "load_mw: forecast by climatology, for the measurements end 2025-05-20 02:00, 240 h before" in notes
    notes = json.loads(twin("forecast", models, "--history", folder, "--at", "2025-05-12T00:00", "--json"))["notes"]
    assert notes == []


def test_the_table_says_what_the_time_of_a_row_means(folder) -> None:
    text = twin("forecast", trained_in(folder), "--history", folder, "--at", "2025-05-12T00:00")
    assert "means over the 60 min that begin at the time of a row, Europe/Berlin; 12 of 24 are shown" in text
    assert [row.split()[1] for row in text.splitlines() if row.startswith("Mon ")] == [
        f"{hour:02d}:00" for _ in ("load", "PV") for hour in range(0, 24, 2)]


def described(folder: Path, old: str, new: str) -> None:
    """The folder with another description."""
    assert old in DESCRIPTION
    (folder / "forecast.yaml").write_text(DESCRIPTION.replace(old, new))


@pytest.mark.parametrize(("old", "new", "message"), [
    ("factor: 0.001, timezone: Europe/Berlin}\n  pv_mw", "timezone: Europe/Berlin}\n  pv_mw",
     "a unit a thousand times smaller"),
    ("kind: pv", "kind: photovoltaic", "targets.pv_mw.kind"),
    ("column: P_kW", "column: P_KW", "no column 'P_KW'; did you mean 'P_kW'"),
    ("temperature: air_degc}", "temperature: air}", "'air' is forecast or used as a covariate, but not told"),
    ("PV_kW, factor: 0.001, timezone: Europe/Berlin", "PV_kW, factor: 0.001, timezone: 'UTC+08:00'",
     "into the night; it agrees with the sun best when shifted by"),
    ("load_mw: {file: meter.csv", "load_mw: {file: metre.csv", "metre.csv: cannot be read"),
    ("P_kW, factor: 0.001", "P_kW, factor: 0", r"forecast.yaml:4: series.load_mw.factor: 0 makes all values 0"),
    ("column: t2m,", "column: t2m, offset: 273.15,",
     r"weather.parquet, column 't2m': air_degc is used as temperature, in °C, .*in K: add 'offset: -273.15'"),
])
def test_what_is_wrong_with_the_data_is_told_with_its_remedy(folder, old, new, message) -> None:
    described(folder, old, new)
    with pytest.raises(ParkTwinError, match=message):
        twin("train", "--data", folder, "--line", "small", "--out", folder / "models")


@pytest.mark.parametrize("used_by", ["training", "forecast"])
def test_weather_in_kelvin_and_codes_for_missing_values_are_noticed_in_training_and_in_service(
    folder, tables, used_by
) -> None:
    models = trained_in(folder)
    weather = tables[1]
    words = ("train", "--data", folder, "--line", "small", "--out", folder / "again") if used_by == "training" else \
        ("forecast", models, "--history", folder, "--at", "2025-05-12T00:00")
    weather.assign(t2m=weather.t2m.where(weather.index % 500 != 0, -9999.0)).to_parquet(folder / "weather.parquet")
    done = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    assert done.exit_code == 0 and "air_degc: 6 values with missing value code" in done.output
    weather.assign(t2m=weather.t2m + 273.15).to_parquet(folder / "weather.parquet")
    with pytest.raises(ParkTwinError, match=r"weather.parquet, column 't2m': air_degc is used as temperature, in °C"):
        twin(*words[:-1], folder / "third" if used_by == "training" else words[-1])


def test_a_week_without_weather_is_told_and_trained_over(folder, tables) -> None:
    tables[1].drop(index=range(1000, 1168)).to_parquet(folder / "weather.parquet")
    done = CliRunner().invoke(app, ["train", "--data", str(folder), "--line", "small", "--out", str(folder / "models")],
                              env={"COLUMNS": "200"})
    assert done.exit_code == 0 and "air_degc: 168 values with gap, the first at 2025-03-02T16:00:00 UTC" in done.output


def test_weather_of_a_table_is_judged_as_that_of_a_folder(folder, tables) -> None:
    models = trained_in(folder)
    table = pd.DataFrame({"time": tables[0].time, "load_mw": tables[0].P_kW / 1000, "pv_mw": tables[0].PV_kW / 1000})
    table.assign(air_degc=280.0).to_csv(folder / "history.csv", index=False)
    with pytest.raises(ParkTwinError, match=r"history.csv, column 'air_degc': air_degc is used as temperature, in °C"):
        twin("forecast", models, "--history", folder / "history.csv")


def test_weather_without_a_value_is_refused_for_training_and_done_without_in_service(folder, tables) -> None:
    models = trained_in(folder)
    tables[1].assign(t2m=np.nan).to_parquet(folder / "weather.parquet")
    with pytest.raises(ParkTwinError, match=r"air_degc has no value between .*its column is empty.*temperature out"):
        twin("train", "--data", folder, "--line", "small", "--out", folder / "again")
    text = twin("forecast", models, "--history", folder, "--at", "2025-05-12T00:00")
    assert "weather_missing" in text and "lag_model:load_mw" in text


def test_a_target_of_zeros_is_refused_and_one_that_never_changes_is_told(folder, tables) -> None:
    tables[0].assign(P_kW=0.0).to_csv(folder / "meter.csv", index=False)
    with pytest.raises(ParkTwinError, match=r"meter.csv, column 'P_kW': load_mw is 0 all the time"):
        twin("train", "--data", folder, "--line", "small", "--out", folder / "models")
    tables[0].assign(P_kW=1200.0).to_csv(folder / "meter.csv", index=False)
    done = CliRunner().invoke(app, ["train", "--data", str(folder), "--line", "small", "--json", "--out",
                                    str(folder / "models")])
    assert done.exit_code == 0 and "load_mw is 1.2 all the time that it is learnt from" in done.stderr


def test_a_history_that_is_too_short_is_told(folder, tables) -> None:
    tables[0].iloc[:24 * 40].to_csv(folder / "meter.csv", index=False)
    with pytest.raises(ParkTwinError, match="give a longer history"):
        twin("train", "--data", folder, "--line", "small", "--out", folder / "models")
