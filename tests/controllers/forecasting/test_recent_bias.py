"""What was lately more or less than forecast is corrected: only what is beyond chance, and only for a while."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.forecasting.backtest import replay
from controllers.forecasting.combination import Combination
from controllers.forecasting.conformal import Calibration
from controllers.forecasting.day_types import CalendarDays
from controllers.forecasting.features import build_windows
from controllers.forecasting.model import Service
from controllers.forecasting.quantiles import LEVELS, MEDIAN, mean_of
from controllers.forecasting.recent_bias import DAYS, LEAST_DAYS, LEAST_FACTOR, MOST_AGE_S, MOST_FACTOR, RecentBias
from controllers.forecasting.targets import DAY_S, Horizon, Target, TargetGroup, TargetKind
from tests.controllers.forecasting import toy_site

HOURLY = 3600
PV = Target("pv_mw", TargetKind.PV, 10.0)
PRICE = Target("price_per_mwh", TargetKind.PRICE, 100.0)


def bias_after(came: list[float], expected: float = 24.0, target: Target = PV, leads: int = 24) -> RecentBias:
    """After days with the given energies, each forecast with ``expected``."""
    bias = RecentBias.start(TargetGroup("g", (target,), Horizon(HOURLY, leads), CalendarDays("UTC", None)))
    for day, energy in enumerate(came):
        median, outcome = np.full((1, leads), expected / 24), np.full((1, leads), energy / 24)
        bias = bias.updated(day * DAY_S, median, outcome, HOURLY)
    return bias


def now(bias: RecentBias) -> int:
    """A day after the last forecast."""
    return int(bias.issue_utc_s[-1]) + DAY_S


def factor(bias: RecentBias) -> float:
    return float(bias.factor(now(bias))[0])


def test_a_lasting_error_is_corrected_as_far_as_it_is_beyond_chance() -> None:
    """Errors of −4 and −8 MWh in turn over 10 days of 24 MWh: mean −6, variance 40/9, z² = 36/(4/9) = 81;
    s = 0.75 (1 − 4/81), factor 1 − s/4."""
    assert factor(bias_after([20.0, 16.0] * 5)) == pytest.approx(1.0 - 0.75 * (1.0 - 4.0 / 81.0) * 0.25, abs=1e-12)


def test_an_error_within_chance_changes_nothing() -> None:
    """Errors of +10 and −8 in turn: mean 1, variance 90, z² = 1/9."""
    assert factor(bias_after([34.0, 16.0] * 5)) == 1.0


def test_a_week_is_the_least_to_judge_by() -> None:
    assert factor(bias_after([12.0] * (LEAST_DAYS - 1))) == 1.0
    assert factor(bias_after([12.0] * LEAST_DAYS)) == pytest.approx(1.0 - 0.75 * 0.5)


def test_only_the_last_days_count_and_old_ones_tell_nothing() -> None:
    bias = bias_after([12.0] * 5 + [24.0] * DAYS)
    assert len(bias.came) == DAYS and factor(bias) == 1.0
    halved = bias_after([12.0] * DAYS)
    last_told = int(halved.issue_utc_s[-LEAST_DAYS]) + MOST_AGE_S  # then only six are fresh
    assert halved.factor(last_told - 1)[0] < 1.0 and halved.factor(last_told)[0] == 1.0


def test_forecasts_of_two_days_tell_their_first_one_alone() -> None:
    assert bias_after([12.0] * DAYS, leads=48).came == pytest.approx(np.full((DAYS, 1), 12.0))


def test_values_that_may_be_negative_have_no_share_to_be_wrong_by() -> None:
    assert factor(bias_after([12.0] * DAYS, target=PRICE)) == 1.0
    assert factor(bias_after([12.0] * DAYS, target=replace(PV, kind=TargetKind.ELECTRIC_LOAD, lower=-5.0))) == 1.0


def test_unknown_hours_count_on_neither_side() -> None:
    bias = RecentBias.start(TargetGroup("g", (PV,), Horizon(HOURLY, 24), CalendarDays("UTC", None)))
    outcome = np.array([[np.nan] * 12 + [2.0] * 12])
    after = bias.updated(0, np.full((1, 24), 1.5), outcome, HOURLY)
    assert after.came[0, 0] == 24.0 and after.expected[0, 0] == 18.0


@given(st.lists(st.floats(0.0, 1e3), min_size=1, max_size=12), st.floats(0.0, 1e3))
def test_the_factor_is_bounded_and_finite(came: list[float], expected: float) -> None:
    assert LEAST_FACTOR <= factor(bias_after(came, expected)) <= MOST_FACTOR


@given(st.lists(st.floats(1.0, 100.0), min_size=LEAST_DAYS, max_size=DAYS), st.floats(1.0, 100.0))
def test_the_factor_does_not_depend_on_the_unit(came: list[float], expected: float) -> None:
    """Powers of two scale exactly: kilowatts or megawatts, the same share."""
    assert factor(bias_after([1024.0 * x for x in came], 1024.0 * expected)) == factor(bias_after(came, expected))


@pytest.mark.parametrize(("unknown", "known", "corrected"), [(5, 6, False), (3, 7, True), (0, 7, True)])
def test_days_without_outcomes_are_no_perfect_days(unknown: int, known: int, corrected: bool) -> None:
    """At 60 % of what was forecast each day: seven known days tell it in full, six do not, whatever stands beside."""
    bias = bias_after([math.nan] * unknown + [14.4] * known)
    assert factor(bias) == (pytest.approx(1.0 - 0.75 * 0.4) if corrected else 1.0)


def test_a_day_of_which_less_than_half_is_known_is_not_known() -> None:
    bias = RecentBias.start(TargetGroup("g", (PV,), Horizon(HOURLY, 24), CalendarDays("UTC", None)))
    outcome = np.array([[np.nan] * 13 + [2.0] * 11])
    assert np.isnan(bias.updated(0, np.full((1, 24), 1.5), outcome, HOURLY).came).all()


def test_a_member_that_forecasts_double_is_levelled_in_service() -> None:
    """A load and a member that says twice what will come, each day alike in energy only roughly: after the first week
    the median comes down by ¾ of what is wrong, which is half; before, and in what was combined, nothing changes."""
    group = toy_site.group(toy_site.LOAD)
    issues = toy_site.START_UTC_S + DAY_S * np.arange(40, 60)
    windows = build_windows(toy_site.archive(), group, issues)
    doubled = np.repeat(2.0 * windows.outcome[..., None], len(LEVELS), axis=-1)[None]
    windows = replace(windows, ceiling=np.full_like(windows.ceiling, np.inf))
    weights = Combination.fit(("double",), np.ones((1, 1)), doubled, windows.outcome, HOURLY)
    service = Service(weights, RecentBias.start(group), Calibration.start(np.array([4.0]), 24, HOURLY))
    found = replay(doubled, windows, service)
    share = (found.quantiles[0, ..., MEDIAN] / found.combined[0, ..., MEDIAN]).mean(axis=1)
    assert found.combined == pytest.approx(doubled[0])
    assert share[:LEAST_DAYS] == pytest.approx(np.ones(LEAST_DAYS))
    assert share[LEAST_DAYS:] == pytest.approx(np.full(20 - LEAST_DAYS, 1.0 - 0.75 * 0.5), abs=0.02)


def test_a_skewed_load_with_a_median_that_is_right_is_left_alone() -> None:
    """24 hours a day, each exponential with mean 1 MWh: the median of an hour, ln 2, is a third below what comes on the
    mean, and rightly so. The mean of the quantiles is 0.94 (beyond 95 % is cut off), which is within chance."""
    rng = np.random.default_rng(2)
    quantiles = -np.log1p(-np.array(LEVELS))
    assert mean_of(quantiles) == pytest.approx(quantiles @ [0.075, 0.1, 0.2, 0.25, 0.2, 0.1, 0.075], rel=1e-12)
    days = rng.gamma(24.0, 1.0, (100, DAYS)).tolist()
    by_mean, by_median = ([factor(bias_after(energies, 24.0 * float(hour))) for energies in days]
                          for hour in (mean_of(quantiles), quantiles[MEDIAN]))
    assert abs(np.mean(by_mean) - 1.0) < 0.02
    assert np.mean(by_median) - 1.0 > 0.2
