"""Said before a training: targets that never change, weather that is not there or comes too late."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.forecasting.errors import HistoryError
from controllers.forecasting.targets import DAY_S
from controllers.forecasting.training import Split
from controllers.forecasting.training_checks import told_before_training
from controllers.forecasting.versioned import Archive, VersionedSeries
from tests.controllers.forecasting import toy_site
from tests.controllers.forecasting.toy_site import HOUR_S, LOAD, START_UTC_S, issued

FIRST, END = START_UTC_S + 10 * DAY_S, START_UTC_S + 60 * DAY_S
SPLIT = Split(FIRST, START_UTC_S + 50 * DAY_S, END)
HOURS = 24 * 70
PLACES = {"load_mw": "meter.csv, column 'P'", "air_temperature_degc": "weather.csv, column 't2m'"}


def told(load: np.ndarray, weather: VersionedSeries) -> list[str]:
    """About the load of the toy site."""
    group = toy_site.group(LOAD)
    archive = Archive([VersionedSeries.measured("load_mw", START_UTC_S, HOUR_S, load), weather])
    return told_before_training(archive, [group], SPLIT, PLACES)


def weather(first_day: int = 0, days: int = 70) -> VersionedSeries:
    """Forecasts of some days."""
    whole = issued("air_temperature_degc", np.sin(np.arange(HOURS)))
    rows = (whole.valid_utc_s >= START_UTC_S + first_day * DAY_S) & \
        (whole.valid_utc_s < START_UTC_S + (first_day + days) * DAY_S)
    return VersionedSeries(whole.name, whole.role, HOUR_S, whole.valid_utc_s[rows], whole.available_utc_s[rows],
                           whole.values[rows])


LOADS = 2.0 + np.sin(np.arange(HOURS))


def test_a_sound_history_needs_no_word() -> None:
    assert told(LOADS, weather()) == []


def test_a_target_of_nothing_but_zeros_is_refused() -> None:
    zeros = np.where(np.arange(HOURS) < 24 * 60, 0.0, LOADS)  # what is held out does not help
    with pytest.raises(HistoryError, match=r"^meter.csv, column 'P': load_mw is 0 all the time .* leave it out"):
        told(zeros, weather())


def test_a_target_that_never_changes_is_told() -> None:
    """A data centre may: it is trained, and said."""
    [text] = told(np.full(HOURS, 1.2), weather())
    assert text.startswith("load_mw is 1.2 all the time that it is learnt from, and so will be its forecast")
    assert "meter.csv, column 'P'" in text


def test_weather_of_another_time_is_refused() -> None:
    with pytest.raises(HistoryError, match=r"^weather.csv, column 't2m': air_temperature_degc has no value between "
                                           r"2025-01-10T16:00 UTC and 2025-03-01T15:00 UTC, when load_mw is learnt "
                                           r"from \(it is given from 2025-03-01T16:00 UTC to .*out of the cov"):
        told(LOADS, weather(60, 10))


def test_weather_of_part_of_the_time_is_told_with_its_share() -> None:
    """40 of the 50 days that are learnt from."""
    [text] = told(LOADS, weather(20, 50))
    assert text.startswith("air_temperature_degc is known for 80% of the time that load_mw is learnt from")
    assert told(LOADS, weather(12)) == []  # 96 %


def test_weather_that_is_known_after_the_fact_alone_is_told() -> None:
    measured = VersionedSeries.measured("air_temperature_degc", START_UTC_S, HOUR_S, np.sin(np.arange(HOURS)))
    [text] = told(LOADS, measured)
    assert text.startswith("air_temperature_degc is known ahead for 0% of the hours") and "synthetic_error" in text


@pytest.mark.parametrize(("ahead_h", "told_share"), [(6, "25%"), (18, None)])
def test_weather_that_is_known_for_less_than_half_of_a_day_ahead_is_told(ahead_h, told_share) -> None:
    """Known six hours before its end, an hour is one of the first six of 24 leads; 18 of them are enough."""
    published = VersionedSeries.measured("air_temperature_degc", START_UTC_S, HOUR_S, np.sin(np.arange(HOURS)),
                                         delay_s=-ahead_h * HOUR_S)
    texts = told(LOADS, published)
    assert [text for text in texts if "is known ahead for" in text] == texts
    assert (texts == []) if told_share is None else f"is known ahead for {told_share} of the hours" in texts[0]
