"""A store conserves energy, stays within its band and does not care how time is cut."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from simulators.storage.reservoir import Reservoir, advance, internal_power_mw, retention
from twin.component import Limit

PARK = Reservoir(
    charge_power_mw=10.0,
    discharge_power_mw=10.0,
    capacity_mwh=40.0,
    charge_efficiency=0.92,
    discharge_efficiency=0.92,
    min_energy_mwh=2.0,
    max_energy_mwh=38.0,
    self_discharge_per_h=0.0,
    standing_loss_mw=0.0,
)
leaking = st.builds(
    lambda k, c: replace(PARK, self_discharge_per_h=k, standing_loss_mw=c), st.floats(0.0, 1.0), st.floats(0.0, 0.5)
)
steps_h = st.sampled_from([1 / 3600, 1 / 60, 0.25, 1.0, 24.0])


def test_charging_stores_the_one_way_part() -> None:
    done = advance(PARK, 20.0, -10.0, 0.25)

    assert done.energy_mwh == pytest.approx(20.0 + 10 * 0.25 * 0.92)
    assert done.loss_mw == pytest.approx(0.8)
    assert (done.p_mw, done.limited_by) == (-10.0, Limit.NONE)


def test_discharging_takes_more_than_it_delivers() -> None:
    done = advance(PARK, 20.0, 9.2, 0.25)

    assert done.energy_mwh == pytest.approx(20.0 - 10.0 * 0.25)
    assert done.loss_mw == pytest.approx(0.8)


def test_round_trip_is_the_product_of_both_efficiencies() -> None:
    full = advance(PARK, 2.0, -10.0, 1.0)
    empty = advance(PARK, full.energy_mwh, 10.0, 1.0)

    assert empty.energy_mwh == PARK.min_energy_mwh
    assert empty.p_mw / 10.0 == pytest.approx(0.92 * 0.92)


def test_power_is_limited_before_energy() -> None:
    assert advance(PARK, 20.0, 12.0, 0.25).limited_by is Limit.POWER
    assert advance(PARK, 3.0, 5.0, 1.0).limited_by is Limit.ENERGY
    both = advance(PARK, 3.0, 12.0, 1.0)
    assert both.limited_by is Limit.POWER  # the first that bound
    assert both.p_mw == pytest.approx(0.92)  # 1 MWh above the band


def test_self_discharge_is_exponential() -> None:
    done = advance(replace(PARK, self_discharge_per_h=0.1), 20.0, 0.0, 3.0)

    assert done.energy_mwh == pytest.approx(20.0 * math.exp(-0.3), rel=1e-14)
    assert done.loss_mw == pytest.approx(20.0 * (1 - math.exp(-0.3)) / 3.0, rel=1e-12)


def test_full_store_takes_what_it_loses_by_itself() -> None:
    done = advance(replace(PARK, standing_loss_mw=0.46), 38.0, -10.0, 1.0)

    assert done.p_mw == pytest.approx(-0.5)  # 0.46 MW through 92 %
    assert done.energy_mwh == 38.0


def test_standing_loss_ends_when_the_store_is_empty() -> None:
    done = advance(replace(PARK, standing_loss_mw=0.5), 0.1, 0.0, 1.0)

    assert (done.energy_mwh, done.loss_mw) == (0.0, pytest.approx(0.1))


@pytest.mark.parametrize(("energy_mwh", "request_mw"), [(1.0, 5.0), (39.0, -5.0)])
def test_content_outside_the_band_moves_only_towards_it(energy_mwh: float, request_mw: float) -> None:
    refused = advance(PARK, energy_mwh, request_mw, 0.1)
    accepted = advance(PARK, energy_mwh, -request_mw, 0.1)

    assert (refused.p_mw, refused.energy_mwh, refused.limited_by) == (0.0, energy_mwh, Limit.ENERGY)
    assert accepted.p_mw == -request_mw


@given(leaking, st.floats(0.0, 40.0), st.lists(st.floats(-1e6, 1e6), max_size=30), steps_h)
def test_content_stays_in_the_band_for_any_commands(
    store: Reservoir, energy_mwh: float, requests: list[float], dt_h: float
) -> None:
    for request in requests:
        done = advance(store, energy_mwh, request, dt_h)
        assert 0.0 <= done.energy_mwh <= max(store.max_energy_mwh, energy_mwh)
        if done.p_mw > 0.0:
            assert done.energy_mwh >= store.min_energy_mwh
        assert abs(done.p_mw) <= min(10.0 * (1 + 1e-15), abs(request))
        energy_mwh = done.energy_mwh


@given(leaking, st.floats(0.0, 40.0), st.floats(-20.0, 20.0), steps_h)
def test_content_changes_by_delivery_and_loss(store: Reservoir, energy_mwh: float, request: float, dt_h: float) -> None:
    done = advance(store, energy_mwh, request, dt_h)

    assert done.loss_mw >= 0.0
    assert done.energy_mwh - energy_mwh == pytest.approx(-(done.p_mw + done.loss_mw) * dt_h, abs=1e-12)


@example(replace(PARK, self_discharge_per_h=2.2250738585e-313, standing_loss_mw=0.0), 2.0, -7.0)
@given(leaking, st.floats(2.0, 38.0), st.floats(-10.0, 10.0))
def test_quarter_hour_equals_fifteen_minutes(store: Reservoir, energy_mwh: float, request: float) -> None:
    whole = advance(store, energy_mwh, request, 0.25)
    assume(whole.limited_by is Limit.NONE and whole.energy_mwh > 0.0)

    parts = [advance(store, energy_mwh, request, 1 / 60)]
    for _ in range(14):
        parts.append(advance(store, parts[-1].energy_mwh, request, 1 / 60))

    assert parts[-1].energy_mwh == pytest.approx(whole.energy_mwh, abs=1e-9)
    assert sum(x.loss_mw for x in parts) / 15 == pytest.approx(whole.loss_mw, abs=1e-9)


def test_tiny_self_discharge_is_not_lost_to_rounding() -> None:
    kept, effective_h = retention(1e-12, 1.0)

    assert 1.0 - kept == pytest.approx(1e-12, rel=1e-3)
    assert effective_h == pytest.approx(1.0 - 5e-13, abs=1e-15)


def test_internal_power_takes_arrays() -> None:
    p_mw = np.array([-10.0, 0.0, 9.2])

    assert internal_power_mw(p_mw, 0.9, 0.92) == pytest.approx(np.array([-9.0, 0.0, 10.0]))
