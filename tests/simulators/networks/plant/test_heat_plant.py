"""The heating energy centre: order of its sources, start and stop, gradient, shortage, and energy to rounding."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.conversion.gas_boiler import OFF, ON, STARTING
from simulators.networks.plant.heat_dispatch import HeatCall, HeatDelivery
from simulators.networks.plant.heat_plant import HeatPlant, HeatPlantParams, HeatPlantState
from twin.codec import decode, encode
from twin.errors import ComponentError

CP = 4190.0
TANK = {"volume_m3": 300, "height_m": 12, "layer_count": 20, "initial_degc": 50.0, "density_kg_m3": 1000.0}
TIGHT = TANK | {"insulation_w_m_k": 0.0, "conductivity_w_m_k": 0.0}
BOILER = {"rated_mw": 4.5, "min_load_frac": 0.2, "start_s": 180, "min_on_s": 1800, "min_off_s": 600}
COOLER = {"rated_mw": 3.0, "design_difference_k": 45.0}
CALM = HeatCall(
    network_kg_s=20.0, return_degc=50.0, setpoint_degc=80.0, chp_heat_mw=0.0, drive_mw=0.0, tank_request_mw=math.nan,
    boiler_limit_mw=math.inf, air_degc=10.0,
)  # fmt: skip
NEED_MW = 20.0 * CP * 30.0 / 1e6
"""Of the calm network: 2.514 MW."""
HOT_TANK = TIGHT | {"initial_degc": 85.0}


def plant(**parts: Any) -> tuple[HeatPlant, HeatPlantState]:
    made = HeatPlant(HeatPlantParams.model_validate(parts), CP)
    return made, made.initial_state()


def residual_mw(call: HeatCall, y: HeatDelivery) -> float:
    """Of the law CHP + boiler + tank = network + drive + dumped + stranded."""
    return call.chp_heat_mw + y.boiler_mw + y.tank_mw - y.network_mw - y.drive_mw - y.dumped_mw - y.stranded_mw


def test_chp_heat_serves_the_network_then_the_absorption_drive_then_the_tank_then_the_cooler() -> None:
    made, state = plant(tank=TIGHT, dump_cooler=COOLER, boiler=BOILER, tank_flow_kg_s=6.0)
    call = CALM._replace(chp_heat_mw=NEED_MW + 4.0, drive_mw=1.0)

    y = made.step(state, call, 60)

    stored = 6.0 * CP * (83.0 - 50.0) / 1e6  # the pump's limit; charged 3 K above the supply
    assert (y.network_mw, y.drive_mw) == pytest.approx((NEED_MW, 1.0), rel=1e-12)
    assert y.tank_mw == pytest.approx(-stored, rel=1e-12)
    assert y.dumped_mw == pytest.approx(4.0 - 1.0 - stored, rel=1e-12)
    assert (y.boiler_mw, y.shortfall_mw, y.stranded_mw) == (0.0, 0.0, 0.0)
    assert y.supply_degc == pytest.approx(80.0, abs=1e-9)


@pytest.mark.parametrize(("air_degc", "expected_mw"), [(14.9, 0.0), (15.0, 1.0), (30.0, 1.0)])
def test_below_the_changeover_chp_heat_is_kept_for_network_and_tank(air_degc: float, expected_mw: float) -> None:
    made = HeatPlant(HeatPlantParams.model_validate({"drive_above_degc": 15.0, "tank": TIGHT}))
    state = made.initial_state()
    call = CALM._replace(chp_heat_mw=NEED_MW + 1.0, drive_mw=1.0, air_degc=air_degc)
    y = made.step(state, call, 60)
    assert y.drive_mw == pytest.approx(expected_mw, rel=1e-12)
    assert -y.tank_mw == pytest.approx(1.0 - expected_mw, rel=1e-2, abs=1e-9)


def test_drive_gets_only_what_the_network_leaves() -> None:
    made, state = plant(dump_cooler=COOLER)
    call = CALM._replace(chp_heat_mw=NEED_MW + 0.4, drive_mw=1.0)

    y = made.step(state, call, 60)

    assert y.drive_mw == pytest.approx(0.4, rel=1e-9)


def test_heat_nobody_can_take_is_reported_as_stranded() -> None:
    made, state = plant(dump_cooler={"rated_mw": 1.0, "design_difference_k": 70.0, "fan_frac": 0.02})

    y = made.step(state, CALM._replace(chp_heat_mw=NEED_MW + 1.5), 60)

    # 80 °C against air of 10 °C is the design difference
    assert (y.dumped_mw, y.stranded_mw) == pytest.approx((1.0, 0.5), rel=1e-9)
    assert y.p_mw == pytest.approx(-0.02, rel=1e-9)


def test_tank_serves_before_the_boiler_starts() -> None:
    made, state = plant(tank=HOT_TANK, boiler=BOILER)

    y = made.step(state, CALM, 60)

    assert y.tank_mw == pytest.approx(NEED_MW, rel=1e-12)
    assert (y.boiler_mw, y.gas_mw, state.boiler_mode_code) == (0.0, 0.0, OFF)
    assert y.supply_degc == pytest.approx(80.0, abs=1e-9)
    # 85 °C is mixed down: less flow through the tank than through the network
    assert made.tank_energy_mwh(state, 50.0) == pytest.approx(
        300_000 * CP * 35.0 / 3.6e9 - NEED_MW / 60, rel=1e-12
    )


def test_boiler_starts_in_time_before_the_tank_is_empty() -> None:
    made, state = plant(tank=HOT_TANK, boiler=BOILER)
    shortfall, started_with = 0.0, 0.0

    for _ in range(6 * 60):
        y = made.step(state, CALM, 60)
        shortfall = max(shortfall, y.shortfall_mw)
        if state.boiler_mode_code == STARTING and not started_with:
            started_with = made.tank_energy_mwh(state, 50.0)

    assert shortfall == 0.0
    assert state.boiler_mode_code == ON
    assert y.boiler_mw == pytest.approx(NEED_MW, rel=1e-9)
    # start and reserve take 180 + 900 s; only layers hot enough count, so some more is left
    assert 0.9 * NEED_MW * 1080 / 3600 < started_with < 2.0 * NEED_MW * 1080 / 3600


def test_cold_start_is_a_recorded_shortage_not_a_hidden_one() -> None:
    made, state = plant(boiler=BOILER)

    minutes = [made.step(state, CALM, 60) for _ in range(5)]

    # 180 s of start: three minutes without heat, supply falls to the return
    for y in minutes[:3]:
        assert (y.supply_degc, y.network_mw) == (50.0, 0.0)
        assert y.gas_mw == pytest.approx(-0.01 * 60 / 3)  # 0.01 MWh of start gas over three minutes
    assert minutes[0].shortfall_mw == pytest.approx(NEED_MW + 0.0, rel=1e-9)
    assert minutes[3].boiler_mw > 0.0
    assert state.boiler_start_count == 1


def test_after_a_shortage_the_supply_comes_back_no_faster_than_the_gradient() -> None:
    made, state = plant(boiler=BOILER, gradient_k_per_h=30.0, recovery_k=4.0)
    supply = [made.step(state, CALM, 60).supply_degc for _ in range(120)]

    assert supply[3] == pytest.approx(50.0 + 4.0 + 0.5)  # return, dip made up at once, one minute of 30 K/h
    assert np.all(np.diff(supply[3:]) <= 4.5 + 1e-9)
    assert supply[-1] == pytest.approx(80.0, abs=1e-9)


def test_set_point_is_approached_with_the_gradient() -> None:
    made, state = plant(boiler=BOILER | {"start_s": 0, "rated_mw": 10.0}, gradient_k_per_h=15.0)
    call = CALM._replace(setpoint_degc=99.0)  # above the highest supply of 95 °C

    supply = [made.step(state, call, 60).supply_degc for _ in range(70)]

    assert supply[0] == pytest.approx(80.25)
    assert supply[58] == pytest.approx(80.0 + 59 * 0.25)
    assert supply[-1] == pytest.approx(95.0)


def test_boiler_runs_at_minimum_load_and_stores_the_surplus() -> None:
    made, state = plant(tank=TIGHT, boiler=BOILER | {"start_s": 0})
    call = CALM._replace(network_kg_s=4.0)  # 0.503 MW, below the minimum of 0.9 MW

    y = made.step(state, call, 60)

    assert y.boiler_mw == pytest.approx(0.9, rel=1e-12)
    assert y.tank_mw == pytest.approx(-(0.9 - 4.0 * CP * 30.0 / 1e6), rel=1e-9)


def test_boiler_that_cannot_store_its_surplus_cycles() -> None:
    made, state = plant(boiler=BOILER | {"start_s": 0})
    need = 4.0 * CP * 30.0 / 1e6

    y = made.step(state, CALM._replace(network_kg_s=4.0), 60)

    at_minimum = 0.01 * 4.5 + 0.9 * (1 / (0.95 + 0.0036 * 4) - 0.01)  # return of 50 °C: 4 K of condensing
    assert y.boiler_mw == pytest.approx(need, rel=1e-12)
    assert y.gas_mw == pytest.approx(-at_minimum * need / 0.9, rel=1e-12)
    assert y.shortfall_mw == 0.0


def test_boiler_stops_when_the_tank_lasts() -> None:
    made, state = plant(tank=TIGHT, boiler=BOILER | {"start_s": 0, "min_on_s": 0}, boiler_reserve_s=0.0)
    call = CALM._replace(network_kg_s=4.0)
    stopped_with = 0.0
    for _ in range(240):
        mode = state.boiler_mode_code
        before = made.tank_energy_mwh(state, 50.0)
        made.step(state, call, 60)
        if mode == ON and state.boiler_mode_code == OFF and not stopped_with:
            stopped_with = before

    # ten minutes of the load, the shortest time off, in layers that are hot enough
    assert stopped_with >= 4.0 * CP * 30.0 / 1e6 * 600 / 3600
    assert state.boiler_start_count > 1


def test_request_keeps_charges_and_discharges_the_tank() -> None:
    made, state = plant(tank=HOT_TANK, boiler=BOILER | {"start_s": 0})

    kept = made.step(state, CALM._replace(tank_request_mw=0.0), 60)
    part = made.step(state, CALM._replace(tank_request_mw=1.0), 60)
    for _ in range(60):
        made.step(state, CALM, 60)  # makes room at the bottom
    charged = made.step(state, CALM._replace(tank_request_mw=-1.2), 60)

    assert (kept.tank_mw, kept.boiler_mw) == pytest.approx((0.0, NEED_MW), rel=1e-12)
    assert (part.tank_mw, part.boiler_mw) == pytest.approx((1.0, NEED_MW - 1.0), rel=1e-12)
    assert (charged.tank_mw, charged.boiler_mw) == pytest.approx((-1.2, NEED_MW + 1.2), rel=1e-3)
    assert charged.shortfall_mw == 0.0


def test_no_request_lets_the_network_go_cold_while_the_tank_is_hot() -> None:
    made, state = plant(tank=HOT_TANK, boiler=BOILER)

    y = made.step(state, CALM._replace(tank_request_mw=0.0, boiler_limit_mw=0.0), 60)

    assert (y.tank_mw, y.shortfall_mw) == pytest.approx((NEED_MW, 0.0), abs=1e-9)


def test_outage_of_the_boiler_shows_as_falling_supply() -> None:
    made, state = plant(boiler=BOILER | {"start_s": 0})
    made.step(state, CALM, 60)

    out = made.step(state, CALM._replace(boiler_limit_mw=0.0), 60)
    half = plant(boiler=BOILER | {"start_s": 0})[0]
    limited = half.step(half.initial_state(), CALM._replace(boiler_limit_mw=NEED_MW / 2), 60)

    assert (out.supply_degc, out.network_mw, state.boiler_mode_code) == (50.0, 0.0, OFF)
    assert limited.supply_degc == pytest.approx(65.0)
    assert limited.shortfall_mw == pytest.approx(NEED_MW / 2)


def test_luke_warm_tank_preheats_and_the_boiler_lifts() -> None:
    made, state = plant(tank=TIGHT | {"initial_degc": 65.0}, boiler=BOILER | {"start_s": 0})

    y = made.step(state, CALM, 60)

    # all of the network's water passes the tank: 15 of 30 K
    assert y.tank_mw == pytest.approx(NEED_MW / 2, rel=1e-9)
    assert y.boiler_mw == pytest.approx(NEED_MW / 2, rel=1e-9)
    assert y.supply_degc == pytest.approx(80.0, abs=1e-9)


def test_without_flow_nothing_is_served_and_chp_heat_is_stored() -> None:
    made, state = plant(tank=TIGHT, boiler=BOILER)

    y = made.step(state, CALM._replace(network_kg_s=0.0, chp_heat_mw=1.0), 60)

    assert (y.network_mw, y.shortfall_mw, y.boiler_mw) == (0.0, 0.0, 0.0)
    assert y.tank_mw == pytest.approx(-1.0)
    assert y.supply_degc == 80.0  # what stands in the pipe


def test_return_warmer_than_the_set_point_passes_through() -> None:
    made, state = plant(tank=HOT_TANK, boiler=BOILER)

    y = made.step(state, CALM._replace(return_degc=88.0), 60)

    assert (y.supply_degc, y.network_mw, y.tank_mw, y.shortfall_mw) == (88.0, 0.0, 0.0, 0.0)


calls = st.builds(
    HeatCall,
    network_kg_s=st.sampled_from([0.0, 1e-6]) | st.floats(0.0, 60.0),
    return_degc=st.floats(5.0, 95.0),
    setpoint_degc=st.floats(40.0, 110.0),
    chp_heat_mw=st.floats(0.0, 7.0),
    drive_mw=st.floats(0.0, 5.0),
    tank_request_mw=st.just(math.nan) | st.floats(-5.0, 5.0),
    boiler_limit_mw=st.sampled_from([math.inf, 0.0, 0.5]),
    air_degc=st.floats(-25.0, 40.0),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(calls, min_size=1, max_size=12), st.sampled_from([1.0, 60.0, 900.0]))
def test_energy_is_kept_and_nothing_is_unphysical(series: list[HeatCall], dt_s: float) -> None:
    made, state = plant(tank=TANK, boiler=BOILER, dump_cooler=COOLER)
    for call in series:
        hottest = max(100.0, *state.layers_degc)
        stored = made.tank_energy_mwh(state, 0.0)
        y = made.step(state, call, dt_s)

        assert abs(residual_mw(call, y)) <= 1e-12 * 20.0
        change = made.tank_energy_mwh(state, 0.0) - stored
        assert change == pytest.approx(-(y.tank_mw + y.tank_loss_mw) * dt_s / 3600, abs=1e-12 * 40.0)
        if call.network_kg_s > 0.0:
            lifted = call.network_kg_s * CP * (y.supply_degc - call.return_degc) / 1e6
            assert lifted == pytest.approx(y.network_mw, abs=1e-9)
            assert y.supply_degc <= max(call.return_degc, 95.0) + 1e-6
        assert min(y.network_mw, y.drive_mw, y.boiler_mw, y.dumped_mw, y.stranded_mw, y.shortfall_mw) >= 0.0
        assert max(y.gas_mw, y.p_mw) <= 0.0
        assert y.boiler_mw <= min(4.5, call.boiler_limit_mw) + 1e-12
        assert np.all(np.isfinite(y))
        assert -25.0 - 1e-9 <= state.layers_degc.min() <= state.layers_degc.max() <= hottest + 1e-9


def test_resumed_plant_equals_the_unbroken_one_bit_for_bit() -> None:
    made, state = plant(tank=TANK, boiler=BOILER, dump_cooler=COOLER)
    rng = np.random.default_rng(3)
    series = [
        CALM._replace(network_kg_s=rng.uniform(0, 40), chp_heat_mw=rng.uniform(0, 5), return_degc=rng.uniform(45, 60))
        for _ in range(200)
    ]
    for call in series[:100]:
        made.step(state, call, 60)
    text = json.dumps(encode(state))
    expected = [made.step(state, call, 60) for call in series[100:]]

    other = HeatPlant(made.params, CP)
    resumed = decode(json.loads(text), like=other.initial_state())

    assert [other.step(resumed, call, 60) for call in series[100:]] == expected
    assert json.dumps(encode(resumed)) == json.dumps(encode(state))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network_kg_s": -1.0}, ["network_kg_s", "-1", "check valve"]),
        ({"chp_heat_mw": math.nan}, ["chp_heat_mw", "nan"]),
        ({"return_degc": math.nan}, ["return_degc", "connect"]),
        ({"setpoint_degc": math.inf}, ["setpoint_degc"]),
    ],
)
def test_impossible_calls_are_refused_and_change_nothing(change: dict[str, float], words: list[str]) -> None:
    made, state = plant(tank=TANK, boiler=BOILER)
    before = json.dumps(encode(state))

    with pytest.raises(ComponentError) as caught:
        made.step(state, CALM._replace(**change), 60)

    assert [w for w in words if w not in str(caught.value)] == []
    assert json.dumps(encode(state)) == before


def test_state_names_carry_units() -> None:
    from twin.units import unit_of

    assert [f.name for f in dataclasses.fields(HeatPlantState) if unit_of(f.name) is None] == []
