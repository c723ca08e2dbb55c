"""The price of ageing: convex, on cycle depth and not on the state of charge, and the figures derived by hand."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.storage.battery.ageing import LAWS, Law, rainflow_cycles
from simulators.storage.battery.ageing.convex import ConvexCurve, convex_minorant
from simulators.storage.battery.ageing.cost import AgeingCost
from simulators.storage.battery.ageing.naumann import NAUMANN
from tests.simulators.storage.ageing.uses import Floats

ALL = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
NEW_PER_MWH = 200_000.0
CAPEX = 894_400.0
LEVELS = 8


def life_law(cycles: float, exponent: float) -> Law:
    """A law by a cycle life at full depth and a power of depth."""
    return dataclasses.replace(
        NAUMANN, cycles_to_loss=lambda depth, c_rate, mean_soc, degc, loss: cycles / depth**exponent)


# Figures


def test_segments_of_a_quadratic_cycle_life() -> None:
    """3840 cycles at full depth, damage ~ depth², 200 a kWh: 52.1 (2 j - 1) / 10 a MWh in ten segments."""
    slopes = AgeingCost(life_law(3840.0, 2.0), NEW_PER_MWH).depth_segments(10).slopes
    by_hand = [NEW_PER_MWH / 3840.0 * (2 * j - 1) / 10.0 for j in range(1, 11)]
    assert slopes == pytest.approx(by_hand)
    assert slopes[[0, 9]] / 1000.0 == pytest.approx([0.0052, 0.099], abs=5e-5)


def test_six_segments() -> None:
    slopes = AgeingCost(life_law(3840.0, 2.0), NEW_PER_MWH).depth_segments(6).slopes
    assert slopes / 1000.0 == pytest.approx([0.0087, 0.026, 0.0434, 0.0608, 0.0782, 0.0955], abs=1e-4)


@pytest.mark.parametrize(("end_loss", "per_h"), [(1.0, 1.846), (0.2, 9.23)])
def test_an_hour_at_half_charge_after_five_percent(end_loss: float, per_h: float) -> None:
    """k² / (2 · 0.05) · 3600 s = 2.0635e-6 of the capacity; of 894 400 that is 1.846, or 9.23 if 20 % is the life."""
    cost = AgeingCost(NAUMANN, CAPEX, end_loss=end_loss, at_loss=0.05)
    assert cost.calendar_per_mwh_h(0.5, 25.0) == pytest.approx(per_h, rel=5e-4)


def test_storage_cost_over_the_state_of_charge() -> None:
    """The square of the factor over the state of charge: 0.166 : 0.857 : 1 : 1.153 : 2.54."""
    cost = AgeingCost(NAUMANN, CAPEX, at_loss=0.05)
    hour = cost.calendar_per_mwh_h(np.array([0.0, 0.25, 0.5, 0.75, 1.0]), 25.0)
    assert hour / hour[2] == pytest.approx([0.166, 0.857, 1.0, 1.153, 2.54], rel=3e-3)


def test_a_life_of_storage_costs_the_battery() -> None:
    """Mean over the life times the life."""
    for law in LAWS.values():
        hours = law.hours_to_loss(0.6, 30.0, 0.2)
        assert AgeingCost(law, CAPEX).calendar_per_mwh_h(0.6, 30.0) * hours == pytest.approx(CAPEX)


def test_under_a_root_law_the_mean_price_is_that_of_half_the_final_loss() -> None:
    mean, at_half = AgeingCost(NAUMANN, CAPEX), AgeingCost(NAUMANN, CAPEX, at_loss=0.1)
    assert at_half.calendar_per_mwh_h(0.3, 30.0) == pytest.approx(mean.calendar_per_mwh_h(0.3, 30.0), rel=1e-7)
    assert at_half.cycle_per_mwh(0.5, 0.5, 25.0) == pytest.approx(mean.cycle_per_mwh(0.5, 0.5, 25.0), rel=1e-7)


# Convexity


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_the_minorant_is_convex_below_and_exact_at_the_ends(values: list[float]) -> None:
    x, y = np.linspace(0.0, 1.0, len(values)), np.array(values)
    curve = convex_minorant(x, y)
    assert (np.diff(curve.slopes) >= -1e-9).all()
    assert (curve(x) <= y + 1e-7).all()
    assert [curve(0.0), curve(1.0)] == pytest.approx([y[0], y[-1]], abs=1e-7)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=30), st.floats(-50, 50), st.floats(0.01, 10))
def test_no_convex_function_lies_between_the_minorant_and_the_points(
        values: list[float], slope: float, bend: float) -> None:
    """Any parabola that stays below the points stays below the minorant at them."""
    x, y = np.linspace(0.0, 1.0, len(values)), np.array(values)
    parabola = slope * x + bend * x * x
    parabola += (y - parabola).min()
    assert (parabola <= convex_minorant(x, y)(x) + 1e-7).all()


def test_points_that_are_convex_stay() -> None:
    x = np.linspace(0.0, 1.0, 6)
    assert convex_minorant(x, x**2)(x) == pytest.approx(x**2)


@ALL
@pytest.mark.parametrize("at_loss", [None, 0.05])
@pytest.mark.parametrize("temperature_degc", [10.0, 25.0, 40.0])
def test_prices_rise_from_segment_to_segment_and_a_full_cycle_costs_what_the_law_says(
        law: Law, at_loss: float | None, temperature_degc: float) -> None:
    cost = AgeingCost(law, NEW_PER_MWH, at_loss=at_loss)
    segments = cost.depth_segments(20, temperature_degc=temperature_degc)
    assert segments.slopes[0] >= 0.0 and (np.diff(segments.slopes) >= -1e-12).all()
    assert segments(1.0) == pytest.approx(cost.cycle_per_mwh(1.0, 0.25, temperature_degc))
    depth = np.linspace(0.05, 1.0, 20)
    assert (segments(depth) <= cost.cycle_per_mwh(depth, 0.25, temperature_degc) * (1 + 1e-12)).all()


@ALL
def test_storage_costs_are_convex_over_the_state_of_charge(law: Law) -> None:
    cost = AgeingCost(law, NEW_PER_MWH)
    curve = cost.calendar_curve(25.0)
    assert (np.diff(curve.slopes) >= -1e-12).all()
    soc = np.linspace(0.0, 1.0, 11)
    assert (curve(soc) <= cost.calendar_per_mwh_h(soc, 25.0) * (1 + 1e-9)).all()


def cheapest_first(way: list[int], prices: Floats) -> float:
    """What an LP does with rising prices: discharge the cheapest segment that has content, charge the cheapest that
    has room. One segment a level; the battery starts full."""
    full = [True] * LEVELS
    money = 0.0
    for before, after in itertools.pairwise(way):
        for _ in range(before - after):
            segment = full.index(True)
            full[segment] = False
            money += prices[segment] / LEVELS
        for _ in range(after - before):
            full[full.index(False)] = True
    return money


@given(st.lists(st.integers(0, LEVELS), max_size=60))
def test_segments_of_depth_cost_what_the_cycles_cost(levels: list[int]) -> None:
    """The sum over segments is the rainflow cost of the discharging half cycles, whatever the way (Xu 2018).

    From full to full every leg down has its leg up: all half cycles are full ones.
    """
    way = [LEVELS, *levels, LEVELS]
    segments = AgeingCost(NAUMANN, NEW_PER_MWH).depth_segments(LEVELS)
    cycles = rainflow_cycles(np.array(way) / LEVELS)
    rainflow = (cycles[:, 0] / cycles[:, 1] * segments(cycles[:, 1])).sum() if len(cycles) else 0.0
    assert cheapest_first(way, segments.slopes) == pytest.approx(rainflow, abs=1e-6)


def test_a_shallow_cycle_costs_the_same_at_the_top_and_at_the_bottom() -> None:
    """Cycle depth, not state of charge. (Segments that are slices of the state of charge charge nineteen times as much
    for a cycle of 10 % at the top as at the bottom.)"""
    prices = AgeingCost(life_law(3840.0, 2.0), NEW_PER_MWH).depth_segments(LEVELS).slopes
    at_top = cheapest_first([8, 7, 8, 7, 8], prices)
    at_bottom = cheapest_first([8, 1, 0, 1, 0, 1], prices) - cheapest_first([8, 0], prices)
    assert at_top == pytest.approx(2 * prices[0] / LEVELS)
    assert at_bottom == pytest.approx(prices[0] / LEVELS)


# Floats, arrays, symbols


@ALL
def test_floats_and_arrays_agree(law: Law) -> None:
    cost = AgeingCost(law, NEW_PER_MWH)
    soc, degc = np.array([0.2, 0.5, 0.9]), np.array([10.0, 25.0, 40.0])
    one_by_one = [cost.calendar_per_mwh_h(s, t) for s, t in zip(soc.tolist(), degc.tolist(), strict=True)]
    assert cost.calendar_per_mwh_h(soc, degc) == pytest.approx(one_by_one, rel=1e-12)
    cycles = [cost.cycle_per_mwh(s, 0.3, t) for s, t in zip(soc.tolist(), degc.tolist(), strict=True)]
    assert cost.cycle_per_mwh(soc, 0.3, degc) == pytest.approx(cycles, rel=1e-12)


@ALL
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_symbols_agree_with_floats(law: Law) -> None:
    casadi: Any = pytest.importorskip("casadi", reason="symbols need CasADi")
    cost = AgeingCost(law, NEW_PER_MWH)
    segments = cost.depth_segments()
    x, y = casadi.MX.sym("x"), casadi.MX.sym("y")
    hour = casadi.Function("hour", [x, y], [cost.calendar_per_mwh_h(x, y)])
    cycle = casadi.Function("cycle", [x, y], [cost.cycle_per_mwh(x, 0.3, y)])
    deep = casadi.Function("deep", [x], [segments(x)])
    assert float(hour(0.4, 30.0)) == pytest.approx(cost.calendar_per_mwh_h(0.4, 30.0), rel=1e-9)
    assert float(cycle(0.4, 30.0)) == pytest.approx(cost.cycle_per_mwh(0.4, 0.3, 30.0), rel=1e-9)
    assert float(deep(0.43)) == pytest.approx(segments(0.43), rel=1e-12)


# Mistakes


@pytest.mark.parametrize("change", [{"replacement_per_mwh": -1.0}, {"end_loss": 0.0}, {"end_loss": 1.5},
                                    {"replacement_per_mwh": math.nan}, {"at_loss": 0.0}, {"at_loss": 1.0}])
def test_prices_without_meaning_are_refused(change: dict[str, float]) -> None:
    sound: dict[str, Any] = {"law": NAUMANN, "replacement_per_mwh": 1.0}
    with pytest.raises(ValueError, match=r"capacity loss|ageing cost"):
        AgeingCost(**sound | change)


@pytest.mark.parametrize(("x", "y"), [([0.0], [1.0]), ([0.0, 0.0], [1.0, 2.0]), ([0.0, 1.0], [1.0, 2.0, 3.0])])
def test_points_that_are_no_curve_are_refused(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match="at least two points"):
        convex_minorant(np.array(x), np.array(y))


def test_a_curve_goes_on_beyond_its_ends() -> None:
    curve = ConvexCurve(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0]), 5.0)
    assert curve(np.array([-1.0, 0.0, 1.0, 2.0, 3.0])).tolist() == [4.0, 5.0, 6.0, 9.0, 12.0]
