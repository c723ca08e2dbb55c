"""Heat and cooling consumers: the design day, the signature, the inertia of buildings."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.demand.thermal_load import (
    CoolingLoad,
    CoolingParams,
    HeatLoad,
    HeatParams,
    Inputs,
    filtered,
    weather_factor,
)
from twin.context import Context, Location
from twin.errors import ComponentError

SHANGHAI = Location(31.2, 121.5, 4.0, "Asia/Shanghai", "CN")
PARK_HEAT: dict[str, Any] = {
    "peak_mw": 4.5,
    "daily_energy_mwh": 72.0,
    "profile": [5, 5, 5, 5, 5, 6, 8, 10, 10, 9, 8, 8, 8, 8, 8, 8, 8, 9, 9, 9, 8, 7, 6, 5],
    "limit_degc": 15.0,
    "design_degc": -2.0,
    "base_frac": 0.2,
}
PARK_COLD: dict[str, Any] = {
    "peak_mw": 3.8,
    "daily_energy_mwh": 60.0,
    "profile": [4, 4, 4, 4, 4, 4, 5, 6, 8, 9, 9, 10, 10, 10, 10, 10, 10, 9, 8, 7, 6, 5, 5, 4],
    "limit_degc": 18.0,
    "design_degc": 31.0,
    "base_frac": 0.2,
}


def context(step_s: int = 900, seed: int = 1, day: int = 14) -> Context:
    start = datetime(2025, 1, day, tzinfo=timezone(timedelta(hours=8)))
    return Context(start, 86_400, step_s, seed, SHANGHAI)


def heat(step_s: int = 900, seed: int = 1, day: int = 14, **changes: Any) -> HeatLoad:
    return HeatLoad("heat", HeatParams.model_validate(PARK_HEAT | changes), context(step_s, seed, day))


def day_mw(load: HeatLoad | CoolingLoad, outdoor_degc: Any, step_s: int = 900) -> np.ndarray:
    """Demand [MW], positive, of each step of a day; outdoor temperature as a number or a function of the hour."""
    at = outdoor_degc if callable(outdoor_degc) else lambda hour: outdoor_degc
    powers = []
    for k in range(86_400 // step_s):
        y = load.step(k * step_s, step_s, Inputs(at((k + 0.5) * step_s / 3600)))
        powers.append(-(y.heat_mw if isinstance(load, HeatLoad) else y.cooling_mw))
    return np.array(powers)


def test_heat_of_the_design_day_has_peak_and_energy() -> None:
    p_mw = day_mw(heat(60), -2.0, 60)

    assert p_mw.sum() / 60 == pytest.approx(72.0, rel=1e-12)
    assert p_mw.max() == pytest.approx(4.5, rel=1e-12)


def test_cooling_of_the_design_day_has_peak_and_energy() -> None:
    p_mw = day_mw(CoolingLoad("cold", CoolingParams.model_validate(PARK_COLD), context(60)), 31.0, 60)

    assert p_mw.sum() / 60 == pytest.approx(60.0, rel=1e-12)
    assert p_mw.max() == pytest.approx(3.8, rel=1e-12)


@pytest.mark.parametrize(
    ("outdoor_degc", "energy_mwh"),
    [
        (15.0, 0.2 * 72.0),  # at the limit only hot water is left
        (25.0, 0.2 * 72.0),
        (6.5, (0.2 + 0.8 * 0.5) * 72.0),  # half way
        (-10.0, 72.0),  # colder than the design: radiators give what they can
    ],
)
def test_heat_follows_the_signature(outdoor_degc: float, energy_mwh: float) -> None:
    assert day_mw(heat(), outdoor_degc).sum() / 4 == pytest.approx(energy_mwh, rel=1e-12)


def test_factor_of_heating_and_cooling() -> None:
    assert [weather_factor(t, 15.0, -2.0) for t in (20.0, 15.0, 6.5, -2.0, -9.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]
    assert [weather_factor(t, 18.0, 31.0) for t in (10.0, 18.0, 24.5, 31.0, 40.0)] == [0.0, 0.0, 0.5, 1.0, 1.0]


def test_real_design_day_stays_close_to_its_energy() -> None:
    # 8 K of daily swing around the design mean; a factor above 1 is cut, so a little less than 72 MWh is left
    load = heat()
    for hour in range(240):  # ten days before, so that the start is forgotten
        load.step(3600 * hour, 3600, Inputs(-2.0 - 4.0 * math.cos(2 * math.pi * (hour - 14) / 24 + math.pi)))
    p_mw = day_mw(load, lambda hour: -2.0 + 4.0 * math.cos(2 * math.pi * (hour - 14) / 24))

    assert p_mw.sum() / 4 == pytest.approx(72.0, rel=0.02)


def test_weekend_needs_less_where_it_says_so() -> None:
    # 18 January 2025 is a Saturday
    assert day_mw(heat(day=18, non_working_day_frac=0.6), -2.0).sum() / 4 == pytest.approx(0.6 * 72.0, rel=1e-12)


def test_building_follows_a_cold_front_with_its_time_constant() -> None:
    load = heat(3600, time_constant_h=24.0, profile=None, daily_energy_mwh=None, base_frac=0.0)
    load.step(0, 3600, Inputs(15.0))

    demand = [-load.step(3600 * k, 3600, Inputs(-2.0)).heat_mw for k in range(1, 25)]

    # mean of 1 - exp(-t/24 h) over the last hour, t = 23..24 h
    expected = 1.0 - 24.0 * (math.exp(-23 / 24) - math.exp(-1.0))
    assert demand[-1] == pytest.approx(4.5 * expected, rel=1e-12)


def test_filter_does_not_depend_on_the_step() -> None:
    mean, end = filtered(10.0, -2.0, 20.0, 7200.0)
    first_mean, middle = filtered(10.0, -2.0, 20.0, 1800.0)
    second_mean, fine_end = filtered(middle, -2.0, 20.0, 5400.0)

    assert end == pytest.approx(-2.0 + 12.0 * math.exp(-0.1), rel=1e-13)
    assert fine_end == pytest.approx(end, rel=1e-13)
    assert mean == pytest.approx((first_mean * 1800 + second_mean * 5400) / 7200, rel=1e-13)


def test_without_inertia_the_outdoor_temperature_counts() -> None:
    assert filtered(10.0, -2.0, 0.0, 900.0) == (-2.0, -2.0)


@pytest.mark.parametrize("step_s", [60, 900, 3600])
def test_energy_of_a_day_does_not_depend_on_the_step(step_s: int) -> None:
    load = heat(step_s, time_constant_h=12.0)
    load.step(0, 60, Inputs(12.0))
    load.state.felt_degc = 12.0  # start away from balance

    energy = day_mw(load, 0.0, step_s).sum() * step_s / 3600

    reference = heat(60, time_constant_h=12.0)
    reference.state.felt_degc = 12.0
    # pattern and inertia are multiplied step by step: their product is exact only in the limit
    assert energy == pytest.approx(day_mw(reference, 0.0, 60).sum() / 60, rel=2e-3)


def test_noise_stays_below_the_peak_and_depends_on_the_seed() -> None:
    days = [day_mw(heat(seed=seed, noise_frac=0.05), -2.0) for seed in range(20)]

    assert max(d.max() for d in days) <= 4.5
    assert not np.array_equal(days[0], days[1])
    assert np.mean([d.sum() / 4 for d in days]) == pytest.approx(72.0, rel=0.01)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"daily_energy_mwh": 120.0}, ["120", "108"]),
        ({"profile": [1] * 23 + [0]}, ["hour 23"]),
        ({"design_degc": 20.0}, ["design_degc 20", "above limit_degc 15"]),
        ({"design_degc": 15.0}, ["15", "must differ"]),
        ({"limit_degc": math.nan}, ["limit_degc"]),
    ],
)
def test_figures_that_cannot_be_met_are_refused(change: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        HeatParams.model_validate(PARK_HEAT | change)

    assert [w for w in words if w not in str(caught.value)] == []


def test_cooling_in_the_cold_is_refused() -> None:
    with pytest.raises(ValidationError, match="cold is needed in the heat"):
        CoolingParams.model_validate(PARK_COLD | {"design_degc": 10.0})


def test_gap_in_the_weather_is_refused() -> None:
    with pytest.raises(ComponentError, match="air_temperature_degc is nan"):
        heat().step(0, 900, Inputs(math.nan))
