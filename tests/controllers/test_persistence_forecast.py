"""Persistence: yesterday again, shifted by the present deviation, with corners that open with the lead time."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from controllers.persistence_forecast import Inputs, Params, PersistenceForecast
from twin.context import Context, Location

DAY_S, STEP_S = 86_400, 900
SIGNALS = {"pv": ("available_mw",), "office": ("baseline_mw",), "weather": ("air_temperature_degc",)}


def forecaster(**params) -> PersistenceForecast:
    context = Context(start=datetime(2025, 6, 1, tzinfo=UTC), duration_s=3 * DAY_S, step_s=STEP_S, seed=1,
                      location=Location(50.0, 8.0, 100.0, "UTC"), exogenous=SIGNALS)
    return PersistenceForecast("persistence", Params(**params), context)


def by_the_hour(t_s: float) -> np.ndarray:
    """What is measured in the interval before ``t_s``: supply, demand, temperature as functions of the hour."""
    hour = (t_s - STEP_S) % DAY_S / 3600
    return np.array([max(0.0, 4 - abs(hour - 12)), -1.0 - 0.1 * hour, 10.0 + hour])


def seen(days: float, shift: float = 0.0, **params) -> tuple[PersistenceForecast, int]:
    """A forecaster after so many days; in the last interval all values lie ``shift`` higher."""
    component, end_s = forecaster(**params), round(days * DAY_S)
    for t_s in range(STEP_S, end_s + 1, STEP_S):
        component.step(t_s, STEP_S, Inputs(by_the_hour(t_s) + (shift if t_s == end_s else 0.0)))
    return component, end_s


def test_after_two_equal_days_the_third_is_expected_exactly() -> None:
    component, now_s = seen(days=2)
    nominal, short, long = component.expectations(now_s, STEP_S, 96)
    expected = np.array([by_the_hour(now_s + (k + 1) * STEP_S) for k in range(96)])
    for column, key in enumerate(("pv.available_mw", "office.baseline_mw", "weather.air_temperature_degc")):
        assert nominal.series[key] == pytest.approx(expected[:, column], abs=1e-12)
        assert short.series[key] == pytest.approx(expected[:, column], abs=1e-12)   # equal days: no spread
    assert nominal.flags == () and (nominal.name, short.name, long.name) == ("nominal", "short", "long")
    assert nominal.probability_frac + short.probability_frac + long.probability_frac == 1.0


def test_the_present_deviation_fades_with_the_correlation_time() -> None:
    component, now_s = seen(days=1.5, shift=-0.5, correlation_h=2.0)
    nominal = component.expectations(now_s, STEP_S, 96)[0]
    lead_h = 4.125                                                          # middle of the 17th interval
    usual = by_the_hour(now_s + 17 * STEP_S)[1]
    assert nominal.series["office.baseline_mw"][16] == pytest.approx(usual - 0.5 * math.exp(-lead_h / 2.0))


def test_before_anything_was_measured_nothing_is_expected() -> None:
    assert list(forecaster().expectations(0, STEP_S, 96)) == []


def test_before_a_day_was_seen_the_last_mean_holds_and_it_is_said() -> None:
    component, now_s = seen(days=0.25)
    assert component.step(now_s + STEP_S, STEP_S, Inputs(by_the_hour(now_s + STEP_S))).history_frac == 25 / 96
    now_s += STEP_S
    nominal = component.expectations(now_s, STEP_S, 96)[0]
    assert nominal.flags == ("no_history",)
    assert nominal.series["office.baseline_mw"][:60] == pytest.approx(by_the_hour(now_s)[1])


def test_the_short_corner_has_less_supply_and_more_demand_and_opens_with_the_lead_time() -> None:
    component, now_s = seen(days=1.5, shift=-0.5)
    nominal, short, long = component.expectations(now_s, STEP_S, 96)
    for key in ("pv.available_mw", "office.baseline_mw"):
        assert (short.series[key] <= nominal.series[key]).all() and (nominal.series[key] <= long.series[key]).all()
    opening = nominal.series["office.baseline_mw"] - short.series["office.baseline_mw"]
    assert 0.0 < opening[0] < opening[10] < opening[40]
    assert (short.series["weather.air_temperature_degc"] == nominal.series["weather.air_temperature_degc"]).all()


def test_supply_never_falls_below_nothing_and_demand_never_below_the_least_that_was_measured() -> None:
    component, now_s = seen(days=1.5, shift=-3.0)
    least_mw = 1.0                                                          # of ``by_the_hour``, at midnight
    long = component.expectations(now_s, STEP_S, 96)[2]
    assert long.series["office.baseline_mw"].max() == pytest.approx(-least_mw)
    for course in component.expectations(now_s, STEP_S, 96):
        assert course.series["pv.available_mw"].min() >= 0.0
        assert course.series["office.baseline_mw"].max() <= -least_mw


def test_a_reading_that_is_missing_is_taken_as_the_last_mean() -> None:
    component, now_s = seen(days=1.5)
    component.step(now_s + STEP_S, STEP_S, Inputs(np.array([math.nan, -2.0, 20.0])))
    assert component.state.last_value == pytest.approx([by_the_hour(now_s)[0], -2.0, 20.0])
