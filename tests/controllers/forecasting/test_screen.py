"""A history is screened as a forecaster in service would have screened it: nothing is known before it shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.forecasting.day_types import CalendarDays
from controllers.forecasting.features import build_windows, known_windows
from controllers.forecasting.screen import as_screened_in_service, screened
from controllers.forecasting.targets import DAY_S, Target, TargetKind
from controllers.forecasting.versioned import Archive, SeriesRole, VersionedSeries
from tests.controllers.forecasting import toy_site
from tests.controllers.forecasting.toy_site import HOUR_S, LOAD, PV, START_UTC_S, WIND

DAYS = 110
HOURLY = START_UTC_S + HOUR_S * np.arange(24 * DAYS, dtype=np.int64)


def load(**changes: float) -> VersionedSeries:
    """The toy's load with single hours replaced: ``at_100=9``."""
    own = toy_site.archive(DAYS).series("load_mw")
    values = own.values.copy()
    for key, value in changes.items():
        values[int(key.removeprefix("at_"))] = value
    return replace(own, values=values)


def seen(series: VersionedSeries, hour: int, valid: np.ndarray | int) -> np.ndarray:
    """What an issue at an hour of the history sees of others."""
    return series.as_of(np.array(START_UTC_S + HOUR_S * hour), START_UTC_S + HOUR_S * np.asarray(valid))


def came(series: VersionedSeries, valid_utc_s: np.ndarray) -> np.ndarray:
    """What a window learns from."""
    return Archive([series]).outcome(series.name, valid_utc_s)


def test_a_frozen_meter_is_believed_until_it_has_stood_for_six_hours() -> None:
    """It stands from hour 1000 to 1011; the value of hour 1005, the sixth, comes at 1006."""
    frozen = as_screened_in_service(load(**{f"at_{hour}": 1.7 for hour in range(1000, 1012)}), LOAD, None, HOURLY)
    assert seen(frozen, 1005, np.arange(1000, 1005)).tolist() == [1.7] * 5
    assert np.isnan(seen(frozen, 1006, np.arange(1000, 1006))).all()
    assert np.isnan(seen(frozen, 1200, np.arange(1000, 1012))).all()
    assert np.isnan(came(frozen, HOURLY[1000:1012])).all()  # no outcome either


def test_a_spike_is_believed_until_the_next_value_comes() -> None:
    found = as_screened_in_service(load(at_1000=3.9), LOAD, None, HOURLY)
    assert seen(found, 1001, 1000) == 3.9
    assert np.isnan(seen(found, 1002, 1000))


def test_what_cannot_be_at_all_is_never_seen() -> None:
    found = as_screened_in_service(load(at_1000=9.0), LOAD, None, HOURLY)
    assert np.isnan(seen(found, 1001, 1000))


def test_a_value_that_is_found_sound_again_comes_back() -> None:
    """A canteen's meter reads 0 over night for the first time: that could be a dead meter, until it has been so on two
    more nights. Nights are of eight hours; the first begins at hour 1000."""
    nights = {f"at_{1000 + 24 * night + hour}": 0.0 for night in range(6) for hour in range(8)}
    found = as_screened_in_service(load(**nights), LOAD, None, HOURLY)
    first = np.arange(1000, 1008)
    assert seen(found, 1005, first[:5]).tolist() == [0.0] * 5
    assert np.isnan(seen(found, 1010, first)).all()
    assert seen(found, 1000 + 24 * 2 + 8, first).tolist() == [0.0] * 8
    assert came(found, HOURLY[first]).tolist() == [0.0] * 8


def test_what_only_later_days_tell_reaches_outcomes_alone() -> None:
    """A spike in the first days has too few days before it to be told; days after it tell."""
    found = as_screened_in_service(load(at_51=2.9), LOAD, None, HOURLY)
    hours = np.arange(52, len(HOURLY))
    visible = found.as_of(HOURLY[hours], np.full(len(hours), HOURLY[51]))
    told = int(np.isnan(visible).argmax())
    assert told == 5 * 24 and np.isnan(visible[told:told + 24 * 20]).all()  # with two before they are seven
    untold = as_screened_in_service(load(at_51=2.9), LOAD, None, HOURLY[:52 + told])
    assert (untold.as_of(HOURLY[hours], np.full(len(hours), HOURLY[51])) == 2.9).all()
    assert np.isnan(came(found, HOURLY[51])) and np.isnan(came(untold, HOURLY[51]))


def test_outcomes_are_known_when_they_were_published_whatever_was_thought_of_them() -> None:
    """The nights at 0 of a canteen are taken for a dead meter at first, and the window of a screen ends in one, too."""
    nights = {f"at_{1000 + 24 * night + hour}": 0.0 for night in range(20) for hour in range(8)}
    found = as_screened_in_service(load(**nights), LOAD, None, HOURLY)
    assert len(found.values) > len(HOURLY)  # some were withdrawn and came back
    assert Archive([found]).outcome_known_utc_s("load_mw", HOURLY).tolist() == (HOURLY + HOUR_S).tolist()


def test_a_correction_that_was_published_outlives_the_screen() -> None:
    """The meter sends 9 MW of hour 1000, and the true 2 MW ten hours later."""
    own = load(at_1000=9.0)
    both = replace(own, valid_utc_s=np.append(own.valid_utc_s, HOURLY[1000]),
                   available_utc_s=np.append(own.available_utc_s, HOURLY[1010]), values=np.append(own.values, 2.0))
    found = as_screened_in_service(both, LOAD, None, HOURLY)
    assert np.isnan(seen(found, 1009, 1000))
    assert seen(found, 1010, 1000) == 2.0
    assert came(found, HOURLY[1000]) == 2.0


KINDS = st.sampled_from(["spike", "frozen", "zero", "outside", "gap"])
FAULTS = st.lists(st.tuples(st.integers(0, 24 * DAYS - 30), KINDS, st.integers(1, 30)), min_size=1, max_size=12)


def faulty(series: VersionedSeries, faults: list[tuple[int, str, int]]) -> VersionedSeries:
    """With faults from an hour on, over so many hours."""
    values = series.values.copy()
    for first, kind, hours in faults:
        value = {"spike": 3.5, "frozen": values[first], "zero": 0.0, "outside": 99.0, "gap": np.nan}[kind]
        values[first:first + (1 if kind == "spike" else hours)] = value
    return replace(series, values=values)


GROUPS = {
    "wind": toy_site.group(WIND), "load": toy_site.group(LOAD), "pv": toy_site.group(PV),
    "pv without a place": toy_site.group(PV, located=False),
    "load where clocks change": replace(toy_site.group(LOAD), days=CalendarDays("Europe/Athens", "GR")),
}
"""Clocks are put forward on the 89th day of the toy's history in Athens."""


@given(FAULTS, st.integers(30 * 24, DAYS * 24 - 24), st.sampled_from(sorted(GROUPS)))
@settings(deadline=None, max_examples=80)
def test_training_sees_what_the_forecaster_is_served(faults: list[tuple[int, str, int]], hour: int, name: str) -> None:
    """All that a member is given at an issue, bit for bit, whichever other issues the history was screened for."""
    group, site = GROUPS[name], toy_site.archive(DAYS)
    [target] = group.targets
    raw = faulty(site.series(target.series), faults)
    issue = START_UTC_S + HOUR_S * hour
    others = issue + DAY_S * np.arange(-5, 6)
    learnt = as_screened_in_service(raw, target, group.sky, others)
    weather = [series for series in site if series.role is SeriesRole.WEATHER]
    trained = build_windows(Archive([learnt, *weather]), group, others).rows(np.array([5]))
    served = known_windows(Archive([*screened(Archive([raw]), group, issue)[0], *weather]).known_at(issue), group)
    for table, other in zip([*trained.features, trained.history], [*served.features, served.history], strict=True):
        assert np.array_equal(table.values, other.values, equal_nan=True)
    for part in ("ceiling", "daylight", "reference"):
        assert np.array_equal(getattr(trained, part), getattr(served, part), equal_nan=True), part


@given(FAULTS, st.integers(30 * 24, DAYS * 24 - 120))
@settings(deadline=None, max_examples=60)
def test_no_fault_that_comes_later_changes_what_an_issue_sees(faults: list[tuple[int, str, int]], hour: int) -> None:
    """The past of an issue, bit for bit, whether the meter breaks afterwards or not."""
    issue = START_UTC_S + HOUR_S * hour
    later = [(max(first, hour), kind, hours) for first, kind, hours in faults]
    issues = issue + DAY_S * np.arange(-3, 4)
    past = HOURLY[hour - 29 * 24:hour]
    sound, broken = (as_screened_in_service(series, LOAD, None, issues).as_of(np.array(issue), past)
                     for series in (load(), faulty(load(), later)))
    assert np.array_equal(sound, broken, equal_nan=True)


@pytest.mark.parametrize("values", [np.empty(0), np.ones(1)])
def test_hardly_any_history(values: np.ndarray) -> None:
    own = VersionedSeries.measured("load_mw", START_UTC_S, HOUR_S, values)
    found = as_screened_in_service(own, Target("load_mw", TargetKind.ELECTRIC_LOAD, 4.0), None, HOURLY[:48:24])
    assert found.values.tolist() == values.tolist()
