"""A folder with ``forecast.yaml``: whose clock its stamps follow, and mistakes in it that are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from controllers.forecasting.data_folder import archive_of_folder, of_folder
from controllers.forecasting.errors import HistoryError
from controllers.forecasting.folder_description import read_folder
from controllers.forecasting.folder_split import split_of
from controllers.forecasting.targets import DAY_S

HOUR_S = 3600
DESCRIPTION = """
site: {name: canteen, timezone: Europe/Berlin, country: DE}
series:
  load_mw: {file: meter.csv, column: P_kW, factor: 0.001}
  air_degc: {file: weather.csv, column: t2m}
targets:
  load_mw: {kind: electric_load, capacity: 5, covariates: {temperature: air_degc}}
"""


def folder_of(place: Path, first: str, days: int = 3, description: str = DESCRIPTION) -> Path:
    """Meters by the local clock without offsets, weather with them, from a day of Berlin on."""
    local = pd.date_range(first, periods=24 * days, freq="h", tz="Europe/Berlin")
    hour = local.tz_convert("UTC").hour
    pd.DataFrame({"time": local.strftime("%Y-%m-%dT%H:%M"), "P_kW": 1000.0 + hour}).to_csv(
        place / "meter.csv", index=False)
    pd.DataFrame({"time": local.strftime("%Y-%m-%dT%H:%M:%S%z"), "t2m": 1.0 * hour}).to_csv(
        place / "weather.csv", index=False)
    (place / "forecast.yaml").write_text(description)
    return place


def archive(place: Path):  # type: ignore[no-untyped-def]
    """The series of the folder."""
    spec, folder = read_folder(place)
    return archive_of_folder(spec, folder, 1)[0]


@pytest.mark.parametrize("first", ["2025-06-10", "2025-01-10", "2025-03-29", "2025-10-25"],
                         ids=["summer", "winter", "23 hours", "25 hours"])
def test_stamps_without_an_offset_are_on_the_clock_of_the_site(tmp_path, first) -> None:
    """The values tell the hour of UTC, whichever way the stamps are written."""
    found = archive(folder_of(tmp_path, first))
    for series, base in ((found.series("load_mw"), 1.0), (found.series("air_degc"), 0.0)):
        hour_utc = series.valid_utc_s // 3600 % 24
        assert series.values == pytest.approx(base + hour_utc * (0.001 if base else 1.0)), series.name


def test_a_series_may_name_another_clock(tmp_path) -> None:
    summer = archive(folder_of(tmp_path, "2025-06-10")).series("load_mw")
    as_utc = DESCRIPTION.replace("factor: 0.001}", "factor: 0.001, timezone: UTC}")
    found = archive(folder_of(tmp_path, "2025-06-10", description=as_utc)).series("load_mw")
    assert (found.valid_utc_s - summer.valid_utc_s == 2 * 3600).all()


def test_the_hour_that_comes_twice_is_not_to_be_deleted_but_the_clock_to_be_told(tmp_path) -> None:
    wrong = DESCRIPTION.replace("factor: 0.001}", "factor: 0.001, timezone: UTC}")
    with pytest.raises(HistoryError, match=r"read by the clock of UTC; if this is the hour that comes twice when "
                                           r"summer time ends, declare its clock with timezone"):
        archive(folder_of(tmp_path, "2025-10-25", description=wrong))


def test_a_file_without_summer_time_is_told_to_declare_its_clock(tmp_path) -> None:
    place = folder_of(tmp_path, "2025-10-25")
    utc = pd.date_range("2025-10-25", periods=72, freq="h")
    pd.DataFrame({"time": utc.strftime("%Y-%m-%dT%H:%M"), "P_kW": 1000.0}).to_csv(place / "meter.csv", index=False)
    with pytest.raises(HistoryError, match=r"do not fit the zone Europe/Berlin.*declare with timezone what clock"):
        archive(place)


@pytest.mark.parametrize(("old", "new", "message"), [
    ("timezone: Europe/Berlin", "timezone: Europe/Berln", r"site\.timezone: .*did you mean 'Europe/Berlin'"),
    ("timezone: Europe/Berlin", "timezone: UTC+01:00", r"site\.timezone: .*a zone by name, as Europe/Berlin"),
    ("{temperature: air", "{temprature: air", "'temprature' is no role of a covariate; "
                                              "give one of temperature, irradiance, wind_speed"),
    ("covariates: {temp", "irradiance: air_degc, covariates: {temp", r"'air_degc' is none of its covariates "
                                                                     r"\(temperature\); name the role"),
    ("factor: 0.001}", "factor: 0.001, timezone: Mars/X}", r"series\.load_mw\.timezone: .*'Mars/X' is no time zone"),
    ("capacity: 5", "capasity: 5", r"forecast\.yaml:7: targets\.load_mw\.capasity: unknown key; did you mean 'capa"),
    ("capacity: 5, ", "", r"forecast\.yaml:7: targets\.load_mw\.capacity: this key is missing"),
    ("electric_load", "electrical_load", r"targets\.load_mw\.kind: .*did you mean 'electric_load'"),
    ("0.001}", "1 kW}", r"series\.load_mw\.factor: a number is needed, not '1 kW'"),
    ("country: DE", "country: Holland", r"site\.country: no holiday calendar for 'Holland'"),
    ("country: DE", "country: DE, latitude_deg: 52.5", r"site: a place needs both latitude_deg and longitude_deg"),
])
def test_names_that_are_not_known_are_told(tmp_path, old, new, message) -> None:
    with pytest.raises(HistoryError, match=message):
        read_folder(folder_of(tmp_path, "2025-06-10", description=DESCRIPTION.replace(old, new)))


def test_a_covariate_that_no_series_explains_is_told_with_the_nearest_one(tmp_path) -> None:
    wrong = DESCRIPTION.replace("temperature: air_degc", "temperature: air_deg")
    with pytest.raises(HistoryError, match=r"'air_deg' is forecast or used .* did you mean 'air_degc'"):
        archive(folder_of(tmp_path, "2025-06-10", description=wrong))


@pytest.mark.parametrize(("leads", "needed"), [(24, 89), (48, 92)])
def test_too_few_days_are_told_with_the_days_that_are_needed(tmp_path, leads, needed) -> None:
    """29 days to look back at, a day until midnight, 28 to train and 14 each to validate and to score, and one more of
    each of the three, in which there may be a day of 23 hours. Two days ahead the last day of each has no whole outcome
    within it, so three more are needed."""
    described = DESCRIPTION.replace("series:", f"horizon: {{leads: {leads}}}\nseries:", 1)
    told = f": {needed - 1} days of all targets are given, at least {needed} are needed"
    with pytest.raises(HistoryError, match=told):
        of_folder(folder_of(tmp_path, "2025-05-01T01:00", needed - 1, described), 1)
    data, _ = of_folder(folder_of(tmp_path, "2025-05-01T01:00", needed, described), 1)
    training, validation = data.split.windows(data.archive, data.groups[0])
    assert [len(training), len(validation), len(data.held_out.issue_utc_s)] == [29, 15, 15]


def test_a_row_a_day_at_a_site_in_hours_is_refused(tmp_path) -> None:
    place = folder_of(tmp_path, "2025-02-01T01:00", 100)
    meter = pd.read_csv(place / "meter.csv")
    meter.iloc[::24].to_csv(place / "meter.csv", index=False)
    with pytest.raises(HistoryError, match=r"meter\.csv, column 'P_kW': rows of load_mw are 86400 s apart, the "
                                           r"forecast has steps of 3600 s \(horizon\.step_s\): give finer rows"):
        of_folder(place, 1)


def test_issues_are_made_at_the_same_hour_of_the_clock_on_the_wall(tmp_path) -> None:
    """Local midnight, also when it is summer: weather that is published by the wall clock is known then."""
    data, _ = of_folder(folder_of(tmp_path, "2025-02-01T01:00", 110), 1)
    issues = np.concatenate([*data.split.issues(data.groups[0]), data.held_out.issue_utc_s])
    assert {pd.Timestamp(utc_s, unit="s", tz="UTC").tz_convert("Europe/Berlin").hour for utc_s in issues} == {0}
    assert len(np.unique(issues // DAY_S)) == len(issues) and (np.diff(issues[:28]) >= 23 * HOUR_S).all()


def test_a_long_history_is_divided_by_shares() -> None:
    """200 days: 15 % each, 30 days, are validated and scored on."""
    split = split_of(0, 200 * DAY_S, DAY_S)
    assert (split.validation_utc_s / DAY_S, split.end_utc_s / DAY_S) == (140.0, 170.0)


SPLIT = "split: {train_to: 2025-04-20, validation_to: 2025-05-10T12:00}\n"


def test_a_declared_split_is_on_the_clock_of_the_site(tmp_path) -> None:
    """Midnight and noon of Berlin in summer are 22:00 and 10:00 UTC."""
    data, _ = of_folder(folder_of(tmp_path, "2025-02-01T01:00", 110, DESCRIPTION + SPLIT), 1)
    stamps = [np.datetime64(utc_s, "s") for utc_s in (data.split.validation_utc_s, data.split.end_utc_s)]
    assert stamps == [np.datetime64("2025-04-19T22:00"), np.datetime64("2025-05-10T10:00")]


@pytest.mark.parametrize(("old", "new"), [("2025-04-20", "2025-02-20"), ("2025-05-10", "2025-04-10")])
def test_a_split_out_of_order_is_told_with_the_beginning_of_training(tmp_path, old, new) -> None:
    """29 days from the first value, and the midnight after."""
    described = DESCRIPTION + SPLIT.replace(old, new)
    with pytest.raises(HistoryError, match=r"training goes from 2025-03-02T23:00:00 UTC .*given from "
                                           r"2025-02-01T00:00:00 UTC on, 29 days .* put them in this order"):
        of_folder(folder_of(tmp_path, "2025-02-01T01:00", 110, described), 1)


@pytest.mark.parametrize("span", ["training", "validation", "held out"])
def test_a_meter_that_froze_before_an_issue_is_learnt_from_as_it_was_served(tmp_path, span) -> None:
    """It stands from three hours before an issue for twelve: then they look sound, a day later none does."""
    place = folder_of(tmp_path, "2025-02-01T01:00", 110)
    sound, _ = of_folder(place, 1)
    training, validation = sound.split.issues(sound.groups[0])
    issue = int({"training": training, "validation": validation, "held out": sound.held_out.issue_utc_s}[span][5])
    frozen = issue + HOUR_S * np.arange(-3, 9)
    meter = pd.read_csv(place / "meter.csv")
    row = (frozen - int(pd.Timestamp("2025-02-01T01:00", tz="Europe/Berlin").timestamp())) // HOUR_S
    meter.loc[row, "P_kW"] = 1010.5
    meter.to_csv(place / "meter.csv", index=False)
    data, findings = of_folder(place, 1)
    assert any("12 values with flat line" in finding for finding in findings)
    then, a_day_later = (data.archive.known_at(at).values("load_mw", frozen[None])[0] for at in (issue, issue + DAY_S))
    assert then[:3] == pytest.approx(1.0105) and np.isnan(then[3:]).all()
    assert np.isnan(a_day_later).all()
    assert np.isnan(data.archive.outcome("load_mw", frozen)).all()


def test_a_number_that_is_none_hides_no_other_mistake(tmp_path) -> None:
    wrong = DESCRIPTION.replace("capacity: 5", "capacity: .nan").replace("column: t2m", "colum: t2m")
    with pytest.raises(HistoryError, match=r"targets\.load_mw\.capacity: \.nan is not a finite number") as caught:
        read_folder(folder_of(tmp_path, "2025-06-10", description=wrong))
    assert "did you mean 'column'" in str(caught.value) and len(str(caught.value).splitlines()) == 2
