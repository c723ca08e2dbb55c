"""Stratified water: plug flow by whole layers, conduction, losses and mixing, each against its law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulators.storage.stratification import (
    TankConstants,
    conduct,
    energy_j,
    exchange,
    mix_inversions,
    plug_flow,
    rest,
)

TANK = TankConstants(
    layer_kg=1000.0, heat_capacity_j_kg_k=4190.0, side_w_k=5.0, end_w_k=3.0, between_w_k=2.0, anti_diffusion_frac=1.0
)
LOSSLESS = TANK._replace(side_w_k=0.0, end_w_k=0.0, between_w_k=0.0)

COMPILES = settings(deadline=None)
"""The first example compiles the kernel."""

temperatures = st.floats(0.0, 100.0)
profiles = st.lists(temperatures, min_size=1, max_size=20).map(np.array)
flows = st.sampled_from([0.0, 1e-9, 0.3, 5.0]) | st.floats(0.0, 200.0)


def test_whole_layers_are_moved_unchanged() -> None:
    layers = np.array([80.0, 70.0, 60.0, 50.0])

    assert plug_flow(layers, 90.0, 2.0, 1.0) == (50.0 + 60.0) / 2
    assert layers.tolist() == [90.0, 90.0, 80.0, 70.0]

    assert plug_flow(layers, 40.0, -1.0, 1.0) == 90.0
    assert layers.tolist() == [90.0, 80.0, 70.0, 40.0]


def test_part_of_a_layer_is_moved_upwind() -> None:
    layers = np.array([80.0, 60.0])

    assert plug_flow(layers, 90.0, 0.5, 0.0) == 60.0
    assert layers.tolist() == [85.0, 70.0]


def test_more_than_its_content_flushes_the_tank() -> None:
    layers = np.array([80.0, 60.0])

    # two layers of old water, one of new
    assert plug_flow(layers, 30.0, -3.0, 1.0) == pytest.approx((80.0 + 60.0 + 30.0) / 3)
    assert layers.tolist() == [30.0, 30.0]


@COMPILES
@example(np.array([1.25]), 2.0, 5e-324, 0.0)
@given(profiles, temperatures, st.floats(-60.0, 60.0), st.sampled_from([0.0, 0.5, 1.0]))
def test_plug_flow_keeps_energy_and_makes_no_extremes(
    layers: np.ndarray, inlet: float, displaced: float, sharp: float
) -> None:
    low, high = min(layers.min(), inlet), max(layers.max(), inlet)
    before, n = layers.sum(), layers.size

    outlet = plug_flow(layers, inlet, displaced, sharp)

    residual = layers.sum() - before - abs(displaced) * (inlet - outlet)
    assert abs(residual) <= 1e-12 * 100.0 * (n + abs(displaced))
    assert low - 1e-9 <= min(layers.min(), outlet)
    assert max(layers.max(), outlet) <= high + 1e-9


@COMPILES
@given(profiles, st.floats(0.0, 1e4))
def test_conduction_keeps_energy_and_evens_out(layers: np.ndarray, number: float) -> None:
    before = layers.copy()

    conduct(layers, number)

    assert layers.sum() == pytest.approx(before.sum(), rel=1e-12, abs=1e-10)
    assert before.min() - 1e-9 <= layers.min()
    assert layers.max() <= before.max() + 1e-9


def test_conduction_of_two_layers_follows_backward_euler() -> None:
    layers = np.array([80.0, 60.0])

    conduct(layers, 0.25)

    # the difference d obeys d' = -2 N d: 20 K / (1 + 2 * 0.25), around the mean of 70 °C
    assert layers == pytest.approx([70.0 + 20.0 / 1.5 / 2, 70.0 - 20.0 / 1.5 / 2], rel=1e-14)


def test_mixing_averages_only_what_is_unstable() -> None:
    layers = np.array([70.0, 50.0, 60.0, 40.0])

    mix_inversions(layers)

    assert layers.tolist() == [70.0, 55.0, 55.0, 40.0]


@COMPILES
@given(profiles)
def test_mixed_water_is_stable_keeps_energy_and_makes_no_extremes(layers: np.ndarray) -> None:
    before = layers.copy()

    mix_inversions(layers)

    assert np.all(np.diff(layers) <= 1e-12)
    assert layers.sum() == pytest.approx(before.sum(), rel=1e-12, abs=1e-10)
    assert before.min() - 1e-12 <= layers.min()
    assert layers.max() <= before.max() + 1e-12
    if np.all(np.diff(before) <= 0.0):
        assert layers.tolist() == before.tolist()


def test_loss_is_exponential_whatever_the_step() -> None:
    tank = TANK._replace(between_w_k=0.0)
    once, often = np.full(1, 80.0), np.full(1, 80.0)

    lost = rest(tank, once, 10.0, 36_000.0)
    for _ in range(600):
        rest(tank, often, 10.0, 60.0)

    # one layer has a side and both ends: 5 + 2 * 3 W/K
    expected = 10.0 + 70.0 * math.exp(-11.0 * 36_000.0 / (1000.0 * 4190.0))
    assert once[0] == pytest.approx(expected, rel=1e-13)
    assert often[0] == pytest.approx(expected, rel=1e-12)
    assert lost == pytest.approx((80.0 - expected) * 1000.0 * 4190.0, rel=1e-12)


def test_end_layers_lose_more_than_those_between() -> None:
    layers = np.full(3, 80.0)

    rest(TANK._replace(between_w_k=0.0), layers, 20.0, 60.0)

    middle = 20.0 + 60.0 * math.exp(-5.0 * 60.0 / 4.19e6)
    end = 20.0 + 60.0 * math.exp(-8.0 * 60.0 / 4.19e6)
    # the top layer has become colder than the one below: the two are mixed
    assert layers == pytest.approx([(middle + end) / 2, (middle + end) / 2, end], rel=1e-14)


def test_equal_flows_of_both_circuits_bypass_the_tank() -> None:
    layers = np.array([70.0, 60.0, 50.0])

    moved = exchange(LOSSLESS, layers, 3.0, 85.0, 3.0, 40.0, 15.0, 600.0)

    assert layers.tolist() == [70.0, 60.0, 50.0]
    assert (moved.delivered_degc, moved.charge_return_degc) == (85.0, 40.0)


def test_only_the_difference_of_the_circuits_moves_the_tank() -> None:
    both, one = np.array([70.0, 60.0, 50.0]), np.array([70.0, 60.0, 50.0])

    moved = exchange(LOSSLESS, both, 3.0, 85.0, 1.0, 40.0, 15.0, 600.0)
    exchange(LOSSLESS, one, 2.0, 85.0, 0.0, 0.0, 15.0, 600.0)

    assert both.tolist() == one.tolist()
    assert moved.delivered_degc == 85.0
    # 2 kg/s for 600 s are 1.2 layers: the 50 °C one and a fifth of the next; mixed with the 1 kg/s of return at 40 °C
    left_degc = (50.0 + 0.2 * 60.0) / 1.2
    assert moved.charge_return_degc == pytest.approx((2.0 * left_degc + 1.0 * 40.0) / 3.0, rel=1e-14)


@COMPILES
@example(np.array([1.5]), 0.0, 0.0, 5e-324, 0.0, 0.0, 900.0)
@given(profiles, flows, temperatures, flows, temperatures, temperatures, st.sampled_from([1.0, 60.0, 900.0, 86_400.0]))
def test_exchange_keeps_energy_and_makes_no_extremes(
    layers: np.ndarray,
    charge: float,
    charge_degc: float,
    discharge: float,
    return_degc: float,
    ambient: float,
    dt: float,
) -> None:
    mix_inversions(layers)
    low = min(layers.min(), charge_degc, return_degc, ambient) - 1e-9
    high = max(layers.max(), charge_degc, return_degc, ambient) + 1e-9
    before = energy_j(TANK, layers, 0.0)

    moved = exchange(TANK, layers, charge, charge_degc, discharge, return_degc, ambient, dt)

    charged = charge * dt * 4190.0 * (charge_degc - moved.charge_return_degc)
    discharged = discharge * dt * 4190.0 * (moved.delivered_degc - return_degc)
    through = (charge + discharge) * dt * 4190.0 * 100.0 + layers.size * 4.19e8
    assert abs(energy_j(TANK, layers, 0.0) - before - (charged - discharged - moved.loss_j)) <= 1e-12 * through
    assert low <= layers.min() <= layers.max() <= high
    assert low <= moved.delivered_degc <= high
    assert low <= moved.charge_return_degc <= high
    assert np.all(np.diff(layers) <= 1e-12)


def front_deviation(tank: TankConstants) -> float:
    """Standard deviation, in layers, of a front after it has crossed 200 layers in steps of half a layer."""
    layers = np.full(400, 50.0)
    for _ in range(400):
        exchange(tank, layers, 5.0, 90.0, 0.0, 0.0, 15.0, 100.0)
    share = (layers - 50.0) / 40.0
    assert share.sum() == pytest.approx(200.0, rel=1e-12)
    position = np.arange(400) + 0.5
    density = -np.gradient(share)
    mean = (position * density).sum() / density.sum()
    return math.sqrt(((position - mean) ** 2 * density).sum() / density.sum())


def test_front_widens_as_upwind_transport_says() -> None:
    # binomial spread of 400 steps of half a layer: variance 400 * 0.5 * 0.5
    assert front_deviation(LOSSLESS._replace(anti_diffusion_frac=0.0)) == pytest.approx(math.sqrt(100.0), rel=0.02)


def test_corrected_transport_keeps_the_front_at_about_a_layer() -> None:
    assert front_deviation(LOSSLESS) < 1.5


def test_correction_leaves_a_monotone_profile_monotone() -> None:
    layers = np.full(20, 50.0)
    for k in range(2000):
        flow = 30.0 * math.sin(k / 90)
        exchange(LOSSLESS, layers, max(flow, 0.0), 90.0, max(-flow, 0.0), 50.0, 15.0, 30.0)
        assert np.all(np.diff(layers) <= 1e-12)
