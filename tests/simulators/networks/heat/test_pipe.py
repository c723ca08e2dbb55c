"""The wall of a pipe: it delays and rounds a front, keeps heat, and cools together with the water."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.networks.heat.pipe import PlugFlowPipe
from tests.simulators.networks.heat.builders import WATER, water_kg

LENGTH_M, DIAMETER_M = 100.0, 0.1
FULL_KG = water_kg(LENGTH_M, DIAMETER_M)
WATER_J_MK = FULL_KG / LENGTH_M * WATER.heat_capacity_j_kg_k
CP = WATER.heat_capacity_j_kg_k


def test_a_front_comes_at_length_over_speed_and_rises_with_the_time_constant_of_the_wall() -> None:
    ratio, flow = 0.25, 1.0
    pipe = PlugFlowPipe(LENGTH_M, DIAMETER_M, 0.0, ratio * WATER_J_MK, WATER, 20.0)
    outlet, _ = pipe.run(np.full(3000, flow), np.full(3000, 80.0), 10.0, 1.0)
    travel_s = FULL_KG / flow
    time_constant_s = ratio * travel_s
    assert abs(int(np.argmax(outlet > 20.0 + 1e-6)) - travel_s) <= 1.5
    at = int(travel_s + time_constant_s)
    assert outlet[at] == pytest.approx(80.0 - 60.0 * np.exp(-1.0), abs=0.3)


def test_the_mean_delay_is_that_of_water_and_wall_together() -> None:
    """∫(T_in - T_out) dt of a step = heat that water and wall take up."""
    ratio, flow = 0.31, 1.3
    pipe = PlugFlowPipe(LENGTH_M, DIAMETER_M, 0.0, ratio * WATER_J_MK, WATER, 20.0)
    outlet, _ = pipe.run(np.full(6000, flow), np.full(6000, 80.0), 10.0, 1.0)
    delay_s = float((80.0 - outlet).sum() / 60.0)
    assert delay_s == pytest.approx((1 + ratio) * FULL_KG / flow, rel=1e-9)


def test_steady_loss_does_not_depend_on_the_wall() -> None:
    u, flow = 0.5, 0.3
    walls = [0.0, 0.1 * WATER_J_MK, 0.5 * WATER_J_MK]
    outlets = []
    for wall in walls:
        pipe = PlugFlowPipe(LENGTH_M, DIAMETER_M, u, wall, WATER, 80.0)
        outlet, _ = pipe.run(np.full(20000, flow), np.full(20000, 80.0), 10.0, 2.0)
        outlets.append(outlet[-1000:].mean())
    expected = 10.0 + 70.0 * np.exp(-u * LENGTH_M / (flow * CP))
    assert outlets == pytest.approx([expected] * 3, abs=0.03)


def test_water_and_wall_cool_together_at_standstill() -> None:
    u, ratio = 0.5, 0.5
    pipe = PlugFlowPipe(LENGTH_M, DIAMETER_M, u, ratio * WATER_J_MK, WATER, 80.0)
    pipe.run(np.zeros(600), np.zeros(600), 10.0, 60.0)
    factor = np.exp(-36000.0 / (WATER_J_MK * (1 + ratio) / u))
    stored = WATER_J_MK * LENGTH_M * (1 + ratio) * (10.0 + 70.0 * factor)
    assert pipe.heat_j == pytest.approx(stored, rel=1e-12)
    assert pipe.lines[0]["wall_degc"] == pytest.approx(10.0 + 70.0 * factor, rel=1e-12)


def test_after_a_reversal_the_wall_acts_at_the_other_end() -> None:
    """Hot water has warmed the wall; the first water that leaves at the near end takes up the wall's heat."""
    pipe = PlugFlowPipe(LENGTH_M, DIAMETER_M, 0.0, 0.2 * WATER_J_MK, WATER, 20.0)
    pipe.run(np.full(4000, 1.0), np.full(4000, 80.0), 10.0, 1.0)
    pipe.run(np.full(200, 1.0), np.full(200, 30.0), 10.0, 1.0)
    outlet, _ = pipe.run(np.full(100, -1.0), np.full(100, 80.0), 10.0, 1.0)
    assert outlet[0] == pytest.approx(80.0, abs=0.5)
    assert np.all(np.diff(outlet) < 0.0)
    assert outlet[-1] > 30.0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(st.just(0.0), st.floats(-50.0, 50.0), st.floats(-2000.0, 2000.0)), st.floats(1.0, 99.0)),
        min_size=1, max_size=80),
    st.floats(0.01, 2.0), st.floats(0.0, 5.0), st.sampled_from([0.1, 60.0, 900.0]))
def test_heat_is_conserved_with_a_wall(
    history: list[tuple[float, float]], ratio: float, u_w_mk: float, dt_s: float
) -> None:
    pipe = PlugFlowPipe(LENGTH_M, DIAMETER_M, u_w_mk, ratio * WATER_J_MK, WATER, 50.0)
    before = pipe.heat_j
    moved = np.array([m for m, _ in history])
    inlet = np.array([t for _, t in history])
    outlet, loss_j = pipe.run(moved / dt_s, inlet, 10.0, dt_s)
    flowing = moved != 0.0
    inflow = float((np.abs(moved) * (inlet - outlet))[flowing].sum()) * CP
    throughput = float((np.abs(moved) * inlet).sum()) * CP + before
    assert abs(before + inflow - loss_j - pipe.heat_j) <= 1e-12 * throughput
    assert np.all((outlet >= min(10.0, inlet.min()) - 1e-9) & (outlet <= max(50.0, inlet.max()) + 1e-9))
