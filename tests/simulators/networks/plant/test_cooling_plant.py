"""The cooling energy centre: order of its sources, cold tank, absorption, tower, shortage, and energy to rounding."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from simulators.networks.plant.cooling_dispatch import CoolingCall, CoolingDelivery
from simulators.networks.plant.cooling_plant import (
    CoolingPlant,
    CoolingPlantParams,
    CoolingPlantState,
)
from twin.codec import decode, encode
from twin.errors import ComponentError

CP = 4190.0
CHILLERS = {"units": 4, "rated_mw": 1.0, "rated_cop": 4.0}
ABSORPTION = {"rated_mw": 2.8, "cop": 0.7, "start_s": 1800, "start_heat_mwh": 0.1}
TANK = {"volume_m3": 1000, "height_m": 12, "layer_count": 20, "density_kg_m3": 1000.0}
TIGHT = TANK | {"insulation_w_m_k": 0.0, "conductivity_w_m_k": 0.0}
COLD_TANK = TIGHT | {"initial_degc": 6.0}
CALM = CoolingCall(
    network_kg_s=100.0, return_degc=12.0, setpoint_degc=7.0, drive_offer_mw=0.0, drive_degc=90.0,
    tank_request_mw=math.nan, chiller_limit_mw=math.inf, wet_bulb_degc=24.0, air_degc=30.0,
)  # fmt: skip
NEED_MW = 100.0 * CP * 5.0 / 1e6
"""Of the calm network: 2.095 MW."""


def plant(**parts: Any) -> tuple[CoolingPlant, CoolingPlantState]:
    made = CoolingPlant(CoolingPlantParams.model_validate(parts), CP)
    return made, made.initial_state()


def warm(made: CoolingPlant) -> CoolingPlantState:
    """A state with the absorption chiller warmed up."""
    state = made.initial_state()
    state.absorption_warm_frac = 1.0
    return state


def residual_mw(y: CoolingDelivery) -> float:
    """Of the law absorption + chillers + tank = network."""
    return y.absorption_mw + y.chiller_mw + y.tank_mw - y.network_mw


def test_electric_chillers_alone_by_hand() -> None:
    made, state = plant(chillers=CHILLERS, tower={"rated_mw": 5.0, "fan_frac": 0.01, "pump_frac": 0.008})

    y = made.step(state, CALM, 60)

    q = NEED_MW / 3  # three units run
    electricity = 3 * 0.25 * (0.12 + 0.6 * q + 0.28 * q * q)
    rejected = NEED_MW + electricity
    assert state.chiller_units == 3
    assert (y.chiller_mw, y.network_mw, y.supply_degc) == pytest.approx((NEED_MW, NEED_MW, 7.0), rel=1e-12)
    assert y.chiller_p_mw == pytest.approx(-electricity, rel=1e-12)
    assert y.rejected_mw == pytest.approx(rejected, rel=1e-12)
    assert y.p_mw == pytest.approx(-electricity - 0.008 * rejected - 0.05 * (rejected / 5.0) ** 3, rel=1e-12)
    assert y.water_m3 == pytest.approx(rejected / 2.45 * 0.85 * (4 / 3 + 0.01) * 60 / 1000, rel=1e-12)


def test_one_unit_below_its_minimum_runs_part_of_the_time() -> None:
    made, state = plant(chillers=CHILLERS | {"min_load_frac": 0.2})

    y = made.step(state, CALM._replace(network_kg_s=2.5), 60)

    cooling = 2.5 * CP * 5.0 / 1e6
    at_minimum = 0.25 * (0.12 + 0.6 * 0.2 + 0.28 * 0.04)
    assert y.chiller_p_mw == pytest.approx(-at_minimum * cooling / 0.2, rel=1e-12)


def test_warm_absorption_chiller_serves_first() -> None:
    made, _ = plant(chillers=CHILLERS, absorption=ABSORPTION)
    state = warm(made)

    y = made.step(state, CALM._replace(drive_offer_mw=2.0), 60)

    assert (y.absorption_mw, y.drive_mw) == pytest.approx((1.4, 2.0), rel=1e-12)
    assert y.chiller_mw == pytest.approx(NEED_MW - 1.4, rel=1e-12)
    # everything that goes in comes out at the tower
    assert y.rejected_mw == pytest.approx(NEED_MW + 2.0 - y.chiller_p_mw, rel=1e-12)


@pytest.mark.parametrize(("drive_degc", "expected_mw"), [(95.0, 1.4), (84.0, 1.4), (81.0, 0.7), (78.0, 0.0)])
def test_absorption_is_derated_by_its_drive_temperature(drive_degc: float, expected_mw: float) -> None:
    made, _ = plant(chillers=CHILLERS, absorption=ABSORPTION)

    y = made.step(warm(made), CALM._replace(drive_offer_mw=2.0, drive_degc=drive_degc), 60)

    assert y.absorption_mw == pytest.approx(expected_mw, abs=1e-12)


def test_absorption_takes_heat_for_half_an_hour_before_it_cools_fully() -> None:
    made, state = plant(chillers=CHILLERS, absorption=ABSORPTION)
    call = CALM._replace(network_kg_s=180.0, drive_offer_mw=4.2)

    minutes = [made.step(state, call, 60) for _ in range(31)]

    assert minutes[0].absorption_mw == 0.0
    assert minutes[0].drive_mw == pytest.approx(0.1 / 0.5)  # 0.1 MWh over half an hour
    assert minutes[15].absorption_mw == pytest.approx(1.4, rel=1e-9)  # half warm
    assert sum(y.drive_mw - y.absorption_mw / 0.7 for y in minutes) / 60 == pytest.approx(0.1, rel=1e-9)
    assert minutes[30].absorption_mw == pytest.approx(2.8, rel=1e-9)
    assert minutes[30].drive_mw == pytest.approx(4.0, rel=1e-9)
    assert all(y.shortfall_mw == 0.0 for y in minutes)


def test_surplus_of_the_absorption_chiller_charges_the_tank() -> None:
    made, _ = plant(chillers=CHILLERS, absorption=ABSORPTION, tank=TIGHT)
    state = warm(made)

    y = made.step(state, CALM._replace(network_kg_s=50.0, drive_offer_mw=3.0), 60)

    assert y.absorption_mw == pytest.approx(2.1, rel=1e-12)
    assert y.tank_mw == pytest.approx(NEED_MW / 2 - 2.1, rel=1e-12)
    assert y.chiller_mw == 0.0
    assert state.layers_degc[-1] < 12.0
    assert made.tank_energy_mwh(state, 12.0) == pytest.approx(-y.tank_mw / 60, rel=1e-9)


def test_cold_tank_serves_before_the_electric_chillers() -> None:
    made, state = plant(chillers=CHILLERS, tank=COLD_TANK)

    y = made.step(state, CALM, 60)

    assert (y.tank_mw, y.chiller_mw) == pytest.approx((NEED_MW, 0.0), rel=1e-12)
    assert y.supply_degc == pytest.approx(7.0, abs=1e-9)


def test_requests_shift_electricity() -> None:
    made, state = plant(chillers=CHILLERS, tank=TIGHT | {"initial_degc": 12.0})

    charged = made.step(state, CALM._replace(tank_request_mw=-1.5), 60)
    for _ in range(120):
        made.step(state, CALM._replace(tank_request_mw=-1.5), 60)
    kept = made.step(state, CALM._replace(tank_request_mw=0.0), 60)
    given_back = made.step(state, CALM._replace(tank_request_mw=0.5), 60)

    assert (charged.chiller_mw, charged.tank_mw) == pytest.approx((NEED_MW + 1.5, -1.5), rel=1e-12)
    assert (kept.chiller_mw, kept.tank_mw) == pytest.approx((NEED_MW, 0.0), rel=1e-12)
    assert (given_back.chiller_mw, given_back.tank_mw) == pytest.approx((NEED_MW - 0.5, 0.5), rel=1e-12)


def test_charging_waits_for_the_network() -> None:
    made, state = plant(chillers=CHILLERS | {"units": 2}, tank=TIGHT)  # 2 MW against 2.095 MW

    y = made.step(state, CALM._replace(tank_request_mw=-1.5), 60)

    assert y.tank_mw == 0.0
    assert y.shortfall_mw == pytest.approx(NEED_MW - 2.0, rel=1e-9)
    assert y.supply_degc == pytest.approx(12.0 - 2.0e6 / (100.0 * CP), rel=1e-12)


def test_no_request_lets_the_network_get_warm_while_the_tank_is_cold() -> None:
    made, state = plant(chillers=CHILLERS, tank=COLD_TANK)

    y = made.step(state, CALM._replace(tank_request_mw=0.0, chiller_limit_mw=0.5), 60)

    assert (y.chiller_mw, y.tank_mw, y.shortfall_mw) == pytest.approx((0.5, NEED_MW - 0.5, 0.0), abs=1e-9)


def test_outage_shows_as_rising_supply() -> None:
    made, state = plant(chillers=CHILLERS)

    y = made.step(state, CALM._replace(chiller_limit_mw=0.0), 60)

    assert (y.supply_degc, y.network_mw) == (12.0, 0.0)
    assert y.shortfall_mw == pytest.approx(NEED_MW)


def test_set_point_is_approached_with_4_kelvin_per_hour_and_never_near_freezing() -> None:
    made, state = plant(chillers=CHILLERS, min_supply_degc=4.5)

    supply = [made.step(state, CALM._replace(setpoint_degc=-5.0), 60).supply_degc for _ in range(60)]

    assert supply[0] == pytest.approx(7.0 - 4 / 60)
    assert supply[-1] == pytest.approx(4.5)
    with pytest.raises(ValidationError):
        CoolingPlantParams.model_validate({"chillers": CHILLERS, "min_supply_degc": -1.0})


def test_without_flow_everything_stands_still() -> None:
    made, state = plant(chillers=CHILLERS, tank=TIGHT)

    y = made.step(state, CALM._replace(network_kg_s=0.0), 60)

    assert (y.network_mw, y.p_mw, y.supply_degc, state.chiller_units) == (0.0, 0.0, 7.0, 0)


def test_starts_are_counted_and_units_step_down_with_hysteresis() -> None:
    made, state = plant(chillers=CHILLERS)
    running = []
    for flow in (60.0, 100.0, 90.0, 80.0, 0.0, 10.0):  # 1.26, 2.10, 1.89, 1.68, 0, 0.21 MW
        made.step(state, CALM._replace(network_kg_s=flow), 60)
        running.append(state.chiller_units)

    assert running == [2, 3, 3, 2, 0, 1]  # 1.89 MW would load two units to 94 %: three stay on
    assert state.chiller_start_count == 2 + 1 + 0 + 0 + 0 + 1


calls = st.builds(
    CoolingCall,
    network_kg_s=st.sampled_from([0.0, 1e-6]) | st.floats(0.0, 300.0),
    return_degc=st.floats(3.0, 25.0),
    setpoint_degc=st.floats(-5.0, 15.0),
    drive_offer_mw=st.sampled_from([0.0]) | st.floats(0.0, 6.0),
    drive_degc=st.floats(60.0, 100.0) | st.just(math.nan),
    tank_request_mw=st.just(math.nan) | st.floats(-5.0, 5.0),
    chiller_limit_mw=st.sampled_from([math.inf, 0.0, 0.5]),
    wet_bulb_degc=st.floats(-15.0, 32.0),
    air_degc=st.floats(-10.0, 40.0),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(calls, min_size=1, max_size=12), st.sampled_from([1.0, 60.0, 900.0]), st.booleans())
def test_energy_is_kept_and_nothing_is_unphysical(series: list[CoolingCall], dt_s: float, is_warm: bool) -> None:
    made, state = plant(chillers=CHILLERS, absorption=ABSORPTION, tank=TANK)
    state.absorption_warm_frac = float(is_warm)
    for call in series:
        stored = made.tank_energy_mwh(state, 12.0)
        y = made.step(state, call, dt_s)

        assert abs(residual_mw(y)) <= 1e-12 * 20.0
        change = made.tank_energy_mwh(state, 12.0) - stored
        assert change == pytest.approx(-(y.tank_mw + y.tank_gain_mw) * dt_s / 3600, abs=1e-12 * 40.0)
        assert y.rejected_mw == pytest.approx(y.absorption_mw + y.chiller_mw + y.drive_mw - y.chiller_p_mw, abs=1e-12)
        if call.network_kg_s > 0.0:
            lowered = call.network_kg_s * CP * (call.return_degc - y.supply_degc) / 1e6
            assert lowered == pytest.approx(y.network_mw, abs=1e-9)
            assert y.supply_degc >= min(call.return_degc, 4.0) - 1e-6
        assert min(y.network_mw, y.absorption_mw, y.chiller_mw, y.drive_mw, y.shortfall_mw, y.water_m3) >= -1e-15
        assert y.p_mw <= y.chiller_p_mw <= 0.0
        assert y.drive_mw <= call.drive_offer_mw + 1e-12
        assert y.chiller_mw <= min(4.0, call.chiller_limit_mw) + 1e-12
        assert np.all(np.isfinite(y))
        assert -10.0 - 1e-9 <= state.layers_degc.min() <= state.layers_degc.max() <= 40.0 + 1e-9


def test_resumed_plant_equals_the_unbroken_one_bit_for_bit() -> None:
    made, state = plant(chillers=CHILLERS, absorption=ABSORPTION, tank=TANK)
    rng = np.random.default_rng(3)
    series = [
        CALM._replace(network_kg_s=rng.uniform(0, 250), drive_offer_mw=rng.uniform(0, 5), tank_request_mw=request)
        for request in rng.choice([-1.0, 0.0, 2.0, math.nan], 200)
    ]
    for call in series[:100]:
        made.step(state, call, 60)
    text = json.dumps(encode(state))
    expected = [made.step(state, call, 60) for call in series[100:]]

    other = CoolingPlant(made.params, CP)
    resumed = decode(json.loads(text), like=other.initial_state())

    assert [other.step(resumed, call, 60) for call in series[100:]] == expected
    assert json.dumps(encode(resumed)) == json.dumps(encode(state))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network_kg_s": -1.0}, ["network_kg_s", "-1", "check valve"]),
        ({"drive_offer_mw": math.nan}, ["drive_offer_mw", "nan"]),
        ({"wet_bulb_degc": math.nan}, ["wet_bulb_degc", "connect"]),
    ],
)
def test_impossible_calls_are_refused(change: dict[str, float], words: list[str]) -> None:
    made, state = plant(chillers=CHILLERS)

    with pytest.raises(ComponentError) as caught:
        made.step(state, CALM._replace(**change), 60)

    assert [w for w in words if w not in str(caught.value)] == []


def test_a_plant_without_chillers_is_refused() -> None:
    with pytest.raises(ValidationError, match="chillers"):
        CoolingPlantParams.model_validate({"tank": TANK})


def test_state_names_carry_units() -> None:
    from twin.units import unit_of

    assert [f.name for f in dataclasses.fields(CoolingPlantState) if unit_of(f.name) is None] == []
