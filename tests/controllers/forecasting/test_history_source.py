"""Models serve their own site: histories that tell another place, clock, size, unit or sign are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from controllers.forecasting.fallback import Level
from controllers.forecasting.forecast_command import Forecasts, forecasts_from
from controllers.forecasting.site_targets import sign_of
from tests.controllers.forecasting import tiny_models
from twin.errors import ParkTwinError

DESCRIPTION = """
site: {name: tiny, timezone: Asia/Shanghai, country: CN, latitude_deg: 31.23, longitude_deg: 121.47}
series:
  pv.available_mw: {file: history.csv, column: pv.available_mw}
  wind.available_mw: {file: history.csv, column: wind.available_mw}
  office.baseline_mw: {file: history.csv, column: office.baseline_mw, factor: -1}
targets:
  pv.available_mw: {kind: pv, capacity: 8}
  wind.available_mw: {kind: wind, capacity: 10}
  office.baseline_mw: {kind: electric_load, capacity: 4}
"""
SIGNALS = ("pv.available_mw", "wind.available_mw", "office.baseline_mw")


def history(folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table) -> Path:
    """The tiny site's measurements as a table, demand negative as in the twin."""
    archive = tiny_models.archive()
    stamps = pd.to_datetime(archive.series(SIGNALS[0]).valid_utc_s, unit="s", utc=True)
    columns = {name: sign_of(name) * archive.series(name).values for name in SIGNALS}
    table = change(pd.DataFrame({"time": stamps, **columns}))
    table["time"] = table["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    file = folder / "history.csv"
    table.to_csv(file, index=False)
    return file


def forecasts(place: Path) -> Forecasts:
    """By the models of the tiny site."""
    return forecasts_from(Path(tiny_models.models_file()).parent, place, None, None, 1)


def described(folder: Path, old: str, new: str) -> Path:
    """The tables with a description that differs."""
    history(folder)
    assert old in DESCRIPTION
    (folder / "forecast.yaml").write_text(DESCRIPTION.replace(old, new))
    return folder


@pytest.mark.parametrize(("old", "new"), [
    ("", ""),
    (", latitude_deg: 31.23, longitude_deg: 121.47", ""),       # a place that is not told cannot be another one
    ("kind: wind, capacity: 10", "kind: wind, capacity: 10.1"),   # a nameplate that was rounded
])
def test_a_folder_of_the_site_is_forecast(tmp_path, old, new) -> None:
    made = forecasts(described(tmp_path, old, new))
    assert Level.MODEL not in {level for served in made.served for level in served.levels}, "it holds no weather"
    assert len(list(made.rows())) == len(SIGNALS)


def test_models_of_hours_look_at_the_hours_of_a_folder_in_quarter_hours(tmp_path) -> None:
    """Quarters of 110, 90, 105 and 95 % have the mean of the hour."""
    def quartered(table: pd.DataFrame) -> pd.DataFrame:
        parts = [table.assign(time=table["time"] + pd.Timedelta(minutes=15 * k),
                              **{name: share * table[name] for name in SIGNALS})
                 for k, share in enumerate((1.1, 0.9, 1.05, 0.95))]
        return pd.concat(parts).sort_values("time")

    (whole := tmp_path / "hours").mkdir()
    (fine := tmp_path / "quarters").mkdir()
    expected = forecasts(described(whole, "", ""))
    described(fine, "series:", "horizon: {step_s: 900, leads: 96}\nseries:")
    history(fine, quartered)
    for found, same in zip(forecasts(fine).served, expected.served, strict=True):
        assert found.forecast.quantiles == pytest.approx(same.forecast.quantiles)


@pytest.mark.parametrize(("old", "new", "message"), [
    ("latitude_deg: 31.23", "latitude_deg: 40.0", r"models are of tiny at 31.23, 121.47 .*, the site is at 40"),
    ("timezone: Asia/Shanghai", "timezone: Asia/Tokyo", r"\(Asia/Shanghai, country CN\), the site .* \(Asia/Tokyo,"),
    ("country: CN, latitude_deg: 31.23, longitude_deg: 121.47", "country: JP", "country CN.* country JP"),
    ("kind: wind, capacity: 10", "kind: wind, capacity: 0.1",
     "wind.available_mw: the models were trained for a capacity of 10, the site has 0.1"),
])
def test_a_folder_of_another_place_clock_or_size_is_refused(tmp_path, old, new, message) -> None:
    with pytest.raises(ParkTwinError, match=message):
        forecasts(described(tmp_path, old, new))


def test_a_table_of_the_site_is_forecast(tmp_path) -> None:
    assert len(list(forecasts(history(tmp_path)).rows())) == len(SIGNALS)


@pytest.mark.parametrize(("change", "message"), [
    (lambda t: t.assign(**{"wind.available_mw": 1000.0 * t["wind.available_mw"]}),
     r"values of wind.available_mw are above 10 .*capacity of 10; is the table in kW"),
    (lambda t: t.assign(**{"office.baseline_mw": 2.0 * t["office.baseline_mw"]}),
     r"values of office.baseline_mw are above 4 .*or of another plant\?"),
    (lambda t: t.assign(**{"office.baseline_mw": -t["office.baseline_mw"]}),
     r"100% of the values of office.baseline_mw have the wrong sign .*demand is negative"),
    (lambda t: t.assign(**{"office.baseline_mw": t["office.baseline_mw"] / 1000.0}),
     r"high values of office.baseline_mw are 0\.00\d+, the models were trained for a capacity of 4; .*in another unit"),
    (lambda t: t.assign(**{"office.baseline_mw": 0.0}), "high values of office.baseline_mw are 0, .*the meter dead"),
    (lambda t: t.assign(time=t["time"] + pd.Timedelta(hours=9)), r"pv.available_mw: .* falls into the night"),
])
def test_a_table_whose_values_another_plant_or_clock_must_have_made_is_refused(tmp_path, change, message) -> None:
    with pytest.raises(ParkTwinError, match=message):
        forecasts(history(tmp_path, change))


def test_a_single_value_beyond_the_capacity_is_taken_out_as_before(tmp_path) -> None:
    """One of 2352 hours is an outlier of a meter, no other plant."""
    def spiked(table: pd.DataFrame) -> pd.DataFrame:
        table.loc[len(table) - 100, "wind.available_mw"] = 99.0
        return table

    made = forecasts(history(tmp_path, spiked))
    assert any("outside_limits:wind.available_mw" in served.forecast.flags for served in made.served)
