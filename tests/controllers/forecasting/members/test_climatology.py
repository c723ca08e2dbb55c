"""Climatology by hour, season and day type, and by the hour alone as the benchmark has it: quantiles by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controllers.forecasting.features import build_windows
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.quantiles import LEVELS
from controllers.forecasting.scorecard import references
from controllers.forecasting.targets import DAY_S
from controllers.forecasting.versioned import Archive, VersionedSeries
from controllers.forecasting.windows import Windows
from tests.benchmarks.forecasts import HourClimatology
from tests.controllers.forecasting import toy_site
from tests.controllers.forecasting.toy_site import HOUR_S, START_UTC_S

WIND = replace(toy_site.WIND, capacity=1000.0, covariates={})
DAYS = 101
"""From 1 January on. Seasons are quarters of 365.25 days from December on: spring begins after 60.9 days."""


def windows(values: np.ndarray) -> Windows:
    """Each day a forecast at local midnight; ``values``: (days, 24)."""
    archive = Archive([VersionedSeries.measured("wind_mw", START_UTC_S, HOUR_S, values.ravel())])
    return build_windows(archive, toy_site.group(WIND), START_UTC_S + DAY_S * np.arange(len(values), dtype=np.int64))


def by_day_and_hour(days: int) -> np.ndarray:
    """The number of the day, and 200 more at each hour than at that before up to the fifth; all below the capacity."""
    return np.arange(days)[:, None] + 200.0 * np.minimum(np.arange(24), 4)


def test_by_the_hour_alone_all_days_count_alike() -> None:
    """Of 0, 1 … 100 the quantile q is 100 q, in winter as in spring."""
    learnt = windows(by_day_and_hour(DAYS))
    member = HourClimatology()
    member.fit(learnt, learnt, seed=1)
    hours = 200.0 * np.minimum(np.arange(24), 4)
    for day in (0, DAYS - 1):
        assert member.predict(learnt)[0, day] == pytest.approx(hours[:, None] + 100.0 * np.array(LEVELS))


def test_seasons_are_told_apart_where_asked_for() -> None:
    """Winter are the days 0 … 60 with the quantile 60 q, spring the days 61 … 100 with 61 + 39 q."""
    learnt = windows(by_day_and_hour(DAYS))
    member = Climatology()
    member.fit(learnt, learnt, seed=1)
    found = member.predict(learnt)[0, [0, DAYS - 1], 0]
    assert found == pytest.approx(np.stack([60.0 * np.array(LEVELS), 61.0 + 39.0 * np.array(LEVELS)]))


def test_unknown_outcomes_are_left_out() -> None:
    """Without the days 51 … 100 of the first hour, 0 … 50 are left: the quantile is 50 q. Other hours keep theirs."""
    values = by_day_and_hour(DAYS)
    values[51:, 0] = np.nan
    learnt = windows(values)
    member = HourClimatology()
    member.fit(learnt, learnt, seed=1)
    expected = np.stack([50.0 * np.array(LEVELS), 200.0 + 100.0 * np.array(LEVELS)])
    assert member.predict(learnt)[0, 0, :2] == pytest.approx(expected)


def test_the_error_that_skill_refers_to_is_that_of_the_median() -> None:
    """The median of 0 … 100 is 50; from it they are 2 (1 + … + 50) / 101 = 2550 / 101 away on the mean, of a capacity
    of 1000."""
    learnt = windows(by_day_and_hour(DAYS))
    member = HourClimatology()
    member.fit(learnt, learnt, seed=1)
    [reference] = references(member, learnt)
    assert reference.climatology_nmae == pytest.approx(100.0 * 2550 / 101 / 1000)
