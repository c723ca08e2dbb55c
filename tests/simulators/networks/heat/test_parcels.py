"""Laws of plug flow in one pipe without a wall: what goes in comes out later, in order, and nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.networks.heat.parcels import end_degc, heat_content
from simulators.networks.heat.pipe import PlugFlowPipe
from tests.simulators.networks.heat.builders import WATER, water_kg

LENGTH_M, DIAMETER_M = 100.0, 0.1
FULL_KG = water_kg(LENGTH_M, DIAMETER_M)


def new_pipe(initial_degc: float = 20.0, u_w_mk: float = 0.0, parcels: int = 256) -> PlugFlowPipe:
    return PlugFlowPipe(LENGTH_M, DIAMETER_M, u_w_mk, 0.0, WATER, initial_degc, parcels)


def push(pipe: PlugFlowPipe, moved_kg: float, inlet_degc: float, dt_s: float = 1.0, ground_degc: float = 10.0) -> float:
    return float(pipe.run(np.array([moved_kg / dt_s]), np.array([inlet_degc]), ground_degc, dt_s)[0][0])


def mass_of(pipe: PlugFlowPipe) -> float:
    head, count = pipe.rings[0]["head"], pipe.rings[0]["count"]
    inside = (head + np.arange(count)) % pipe.parcels.shape[1]
    return float(pipe.parcels[0]["mass_kg"][inside].sum())


def parcel_heat(pipe: PlugFlowPipe) -> float:
    head, count = pipe.rings[0]["head"], pipe.rings[0]["count"]
    inside = (head + np.arange(count)) % pipe.parcels.shape[1]
    line = pipe.lines[0]
    temperature = line["scale"] * pipe.parcels[0]["theta"][inside] + line["offset"]
    return float((pipe.parcels[0]["mass_kg"][inside] * temperature).sum())


@pytest.mark.parametrize("steps", [3, 40, 977])
@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_travel_time_is_length_over_speed(steps: int, direction: float) -> None:
    pipe = new_pipe()
    flow = np.full(2 * steps, direction * FULL_KG / steps)
    outlet, _ = pipe.run(flow, np.full(2 * steps, 80.0), 10.0, 1.0)
    arrival = int(np.argmax(outlet > 50.0))
    assert abs(arrival - steps) <= 1
    assert outlet[: arrival - 1] == pytest.approx(20.0, abs=1e-9)
    assert outlet[arrival + 1 :] == pytest.approx(80.0, abs=1e-9)


def test_water_leaves_in_the_order_in_which_it_entered() -> None:
    pipe = new_pipe()
    inlet = np.concatenate([np.linspace(30.0, 90.0, 50), np.full(60, 10.0)])
    outlet, _ = pipe.run(np.full(110, FULL_KG / 50), inlet, 10.0, 1.0)
    assert outlet[50:100] == pytest.approx(inlet[:50], abs=1e-9)


def test_after_a_reversal_the_last_water_leaves_first() -> None:
    pipe = new_pipe()
    for t in (40.0, 50.0, 60.0):
        push(pipe, 10.0, t)
    assert [push(pipe, -10.0, 5.0) for _ in range(4)] == pytest.approx([60.0, 50.0, 40.0, 20.0], abs=1e-12)


def test_more_than_the_pipe_holds_passes_through() -> None:
    pipe = new_pipe()
    outlet = push(pipe, 3.0 * FULL_KG, 80.0)
    assert outlet == pytest.approx((20.0 + 2 * 80.0) / 3, rel=1e-14)
    assert push(pipe, 0.5 * FULL_KG, 20.0) == pytest.approx(80.0, rel=1e-14)


def test_steady_loss_is_the_exponential_of_the_residence_time() -> None:
    u, flow, ground = 0.5, 0.2, 10.0
    pipe = new_pipe(80.0, u)
    outlet, _ = pipe.run(np.full(1000, flow), np.full(1000, 80.0), ground, 20.0)
    expected = ground + 70.0 * np.exp(-u * LENGTH_M / (flow * WATER.heat_capacity_j_kg_k))
    assert outlet[-200:].mean() == pytest.approx(expected, abs=1e-4)


def test_standing_water_cools_exponentially() -> None:
    u, hours = 0.5, 10
    pipe = new_pipe(80.0, u)
    _, loss_j = pipe.run(np.zeros(600 * hours // 10), np.zeros(600 * hours // 10), 10.0, 60.0)
    time_constant_s = FULL_KG / LENGTH_M * WATER.heat_capacity_j_kg_k / u
    factor = np.exp(-hours * 3600.0 / time_constant_s)
    far_degc = end_degc(pipe.parcels[0], pipe.rings[0], pipe.lines[0], True)
    assert far_degc == pytest.approx(10.0 + 70.0 * factor, rel=1e-12)
    assert loss_j == pytest.approx(FULL_KG * WATER.heat_capacity_j_kg_k * 70.0 * (1 - factor), rel=1e-11)


def test_the_map_is_reset_without_a_trace() -> None:
    """Cooling to a tenth passes the reset of the affine map several times."""
    pipe = new_pipe(80.0, 50.0)
    pipe.run(np.zeros(400), np.zeros(400), 10.0, 10.0)
    time_constant_s = FULL_KG / LENGTH_M * WATER.heat_capacity_j_kg_k / 50.0
    expected = 10.0 + 70.0 * np.exp(-4000.0 / time_constant_s)
    assert heat_content(pipe.lines[0], FULL_KG) / FULL_KG == pytest.approx(expected, rel=1e-12)
    assert parcel_heat(pipe) == pytest.approx(heat_content(pipe.lines[0], FULL_KG), rel=1e-12)


def test_a_full_buffer_keeps_the_front_and_the_heat() -> None:
    """A front in 10,000 parcels, of which 64 fit: it still arrives within two percent of its time."""
    pipe = new_pipe(parcels=64)
    steps = 10_000
    inlet = np.where(np.arange(2 * steps) % 1000 < 500, 80.0, 79.0)
    outlet, _ = pipe.run(np.full(2 * steps, FULL_KG / steps), inlet, 10.0, 1.0)
    assert abs(int(np.argmax(outlet > 50.0)) - steps) < 0.02 * steps
    sharpness = np.count_nonzero((outlet > 25.0) & (outlet < 75.0))
    assert sharpness < 0.02 * steps
    stored = WATER.heat_capacity_j_kg_k * FULL_KG * 20.0 + WATER.heat_capacity_j_kg_k * FULL_KG / steps * (
        inlet.sum() - outlet.sum())
    assert pipe.heat_j == pytest.approx(stored, rel=1e-9)
    assert mass_of(pipe) == pytest.approx(FULL_KG, rel=1e-12)


moves = st.lists(
    st.tuples(
        st.one_of(st.just(0.0), st.floats(-3.0 * FULL_KG, 3.0 * FULL_KG), st.floats(-1.0, 1.0), st.floats(1e-12, 1e-6)),
        st.floats(1.0, 99.0)),
    min_size=1, max_size=120)


@settings(max_examples=80, deadline=None)
@given(moves, st.floats(0.0, 5.0), st.integers(8, 40))
def test_heat_is_conserved_and_temperatures_stay_between_those_present(
    history: list[tuple[float, float]], u_w_mk: float, parcels: int
) -> None:
    """First law and maximum principle for any flow: forward, backward, none, tiny, more than the pipe holds."""
    pipe = new_pipe(50.0, u_w_mk, parcels)
    cp = WATER.heat_capacity_j_kg_k
    before = pipe.heat_j
    moved = np.array([m for m, _ in history])
    inlet = np.array([t for _, t in history])
    outlet, loss_j = pipe.run(moved, inlet, 10.0, 1.0)
    flowing = moved != 0.0
    inflow = float((np.abs(moved) * (inlet - outlet))[flowing].sum()) * cp
    throughput = float((np.abs(moved) * inlet).sum()) * cp + before
    assert abs(before + inflow - loss_j - pipe.heat_j) <= 1e-12 * throughput
    coldest, hottest = min(10.0, 50.0, inlet.min()), max(10.0, 50.0, inlet.max())
    assert np.all((outlet[flowing] >= coldest - 1e-9) & (outlet[flowing] <= hottest + 1e-9))
    assert mass_of(pipe) == pytest.approx(FULL_KG, rel=1e-11)
    assert parcel_heat(pipe) * cp == pytest.approx(pipe.heat_j, rel=1e-10)
