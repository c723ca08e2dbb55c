"""Values know when they became available; nothing that was not known at issue can reach a feature or a forecast."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.forecasting.errors import ForecastError, HistoryError
from controllers.forecasting.features import known_windows
from controllers.forecasting.versioned import Archive, SeriesRole, VersionedSeries
from tests.controllers.forecasting import toy_site

HOUR_S = 3600


def test_the_last_version_before_issue_counts() -> None:
    series = VersionedSeries("price_per_mwh", SeriesRole.MARKET, HOUR_S, np.array([7200, 7200, 7200]),
                             np.array([100, 300, 200]), np.array([1.0, 3.0, 2.0]))
    known = series.as_of(np.array([99, 100, 250, 300, 10_000]), np.full(5, 7200))
    assert np.isnan(known[0])
    assert known[1:].tolist() == [1.0, 2.0, 3.0, 3.0]


def test_a_measurement_is_known_after_its_interval_and_its_delay() -> None:
    series = VersionedSeries.measured("load_mw", 0, HOUR_S, np.array([5.0, 6.0]), delay_s=600)
    assert np.isnan(series.as_of(np.array(4199), np.array(0)))
    assert series.as_of(np.array(4200), np.array(0)) == 5.0
    assert np.isnan(series.as_of(np.array(4200), np.array(3600)))


def test_a_value_holds_over_its_interval() -> None:
    series = VersionedSeries.measured("load_mw", 0, HOUR_S, np.array([5.0, 6.0]))
    assert series.as_of(np.array(10**6), np.array([0, 900, 3599, 3600])).tolist() == [5.0, 5.0, 5.0, 6.0]


def test_a_gap_is_unknown_and_hides_no_neighbour() -> None:
    series = VersionedSeries.measured("load_mw", 0, HOUR_S, np.array([5.0, np.nan, 7.0]))
    assert np.array_equal(series.as_of(np.array(10**6), HOUR_S * np.arange(-1, 4)), [np.nan, 5, np.nan, 7, np.nan],
                          equal_nan=True)


ROWS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 20)), min_size=1, max_size=25, unique=True)


@given(ROWS, st.integers(-2, 22), st.integers(-1, 9))
def test_as_of_is_the_plain_search_for_the_latest_version(rows: list[tuple[int, int]], issue: int, slot: int) -> None:
    valid, available = np.array(rows).T
    values = np.arange(len(rows), dtype=float)
    series = VersionedSeries("x_mw", SeriesRole.WEATHER, HOUR_S, valid * HOUR_S, available, values)
    fitting = [(a, x) for (v, a), x in zip(rows, values, strict=True) if v == slot and a <= issue]
    expected = max(fitting)[1] if fitting else np.nan
    assert np.array_equal(series.as_of(np.array(issue), np.array(slot * HOUR_S)), expected, equal_nan=True)


def test_stamps_off_the_grid_are_refused() -> None:
    with pytest.raises(HistoryError, match="not on one grid of 3600 s"):
        VersionedSeries("x_mw", SeriesRole.WEATHER, HOUR_S, np.array([0, 1800]), np.array([0, 0]), np.zeros(2))


def test_an_unknown_series_is_named_with_a_suggestion() -> None:
    with pytest.raises(ForecastError, match=r"no series 'lod_mw'.*load_mw"):
        toy_site.archive(10).known_at(toy_site.START_UTC_S).values("lod_mw", np.array([[0]]))


def test_a_device_state_is_no_feature() -> None:
    soc = VersionedSeries.measured("bess_soc", 0, HOUR_S, np.ones(10), role=SeriesRole.DEVICE_STATE)
    with pytest.raises(ForecastError, match="bess_soc is a device state"):
        Archive([soc]).known_at(10**6).values("bess_soc", np.array([[0]]))


@pytest.mark.parametrize("hour", [0, 7, 18])
def test_what_becomes_known_later_changes_no_feature(hour: int) -> None:
    """The same windows, bit for bit, whether the future is there or replaced by 1e30."""
    issue = toy_site.START_UTC_S + 40 * toy_site.DAY_S + hour * HOUR_S
    group = toy_site.group(toy_site.WIND, toy_site.LOAD, toy_site.PV)
    true, poisoned = (known_windows(archive.known_at(issue), group)
                      for archive in (toy_site.archive(60), toy_site.archive(60, poison_after_utc_s=issue)))
    for table, other in zip([*true.features, true.history], [*poisoned.features, poisoned.history], strict=True):
        assert table.values.tobytes() == other.values.tobytes()
        assert np.isfinite(table.values).mean() > 0.9  # there is something to compare
    assert true.daylight.tobytes() == poisoned.daylight.tobytes()
    assert true.ceiling.tobytes() == poisoned.ceiling.tobytes()


def test_the_poison_would_be_seen_a_moment_later() -> None:
    """The test above can fail: one hour on, the first poisoned value is known and shows."""
    issue = toy_site.START_UTC_S + 40 * toy_site.DAY_S
    group = toy_site.group(toy_site.LOAD)
    windows = known_windows(toy_site.archive(60, poison_after_utc_s=issue).known_at(issue + HOUR_S), group)
    assert windows.features[0].column("last").max() > 1e29
