"""Physics behind their devices: limits hold whatever is commanded and fails, and energies do not depend on the step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.devices.battery_pcs import PcsMode
from tests.component_specs import ComponentSpec
from tests.simulators.devices.script import plan
from twin.component import Component, Limit
from twin.cosim.emulated import emulated
from twin.device import NO_FAULTS, Fault, FaultKind, FaultPlan
from twin.registry import device_class

BATTERY: dict[str, Any] = {"power_mw": 10, "energy_mwh": 11}
"""Strong for its content, so that it reaches the ends of its band within a few steps."""


def behind(device: str, type_name: str, params: dict[str, Any], step_s: int, faults: FaultPlan = NO_FAULTS,
           **device_params: Any) -> Component:
    inner = ComponentSpec(type_name, params, step_s=step_s).build()
    cls = device_class(device)
    return emulated(inner, {None: cls("unit", cls.Params.model_validate(device_params), inner.nameplate(), faults)})


def run(component: Component, commands_mw: list[float], **inputs: float) -> list[Any]:
    step_s = component.step_s
    return [component.step(k * step_s, step_s, component.Inputs(p_set_mw=p_mw, **inputs))
            for k, p_mw in enumerate(commands_mw)]


def energy_mwh(outputs: list[Any], step_s: int, port: str = "p_mw") -> float:
    return math.fsum(getattr(y, port) for y in outputs) * step_s / 3600


@st.composite
def fault_plans(draw: st.DrawFn, horizon_s: int) -> FaultPlan:
    faults = []
    for kind in draw(st.lists(st.sampled_from(sorted(set(FaultKind) - {FaultKind.NONE})), max_size=5)):
        start_s = draw(st.integers(0, horizon_s))
        factor = {FaultKind.DERATE: 0.4, FaultKind.SLOW: 9.0}.get(kind, 1.0)
        faults.append(Fault(kind, start_s, start_s + draw(st.integers(1, horizon_s)), factor))
    resets = draw(st.lists(st.integers(0, horizon_s), max_size=3))
    return FaultPlan(tuple(sorted(faults, key=lambda f: f.start_s)), tuple(sorted(resets)))


@settings(max_examples=40)
@given(faults=fault_plans(5400), initial_soc=st.sampled_from([0.0, 0.06, 0.5, 0.94, 1.0]),
       initial_degc=st.sampled_from([-5.0, 25.0, 44.5]), air_degc=st.sampled_from([-20.0, 20.0, 40.0]),
       commands=st.lists(st.one_of(st.sampled_from([10.0, -10.0, 99.0, -99.0, math.nan, math.inf]),
                                   st.floats(-12, 12)), min_size=1, max_size=9),
       step_s=st.sampled_from([10, 60, 900]))
def test_charge_and_temperature_stay_within_their_limits_for_any_commands_and_faults(
        faults: FaultPlan, initial_soc: float, initial_degc: float, air_degc: float, commands: list[float],
        step_s: int) -> None:
    params = BATTERY | {"initial_soc": initial_soc, "initial_degc": initial_degc}
    component = behind("battery_pcs", "lfp_battery", params, step_s, faults)
    p = component.params
    held = [value for value in commands for _ in range(max(1, 600 // step_s))]
    soc, was_mode = initial_soc, PcsMode.STANDBY
    for y in run(component, held, air_temperature_degc=air_degc):
        # a charge outside its band may only come back
        assert min(p.min_soc, soc) - 1e-12 <= y.soc <= max(p.max_soc, soc) + 1e-12
        assert y.temperature_degc <= p.derating.none_above_degc + 1e-9
        assert abs(y.converter_mw) <= p.power_mw
        if y.device_mode_code == was_mode == PcsMode.FAULT and not faults.resets_s:
            assert y.converter_mw == 0.0
        soc, was_mode = y.soc, y.device_mode_code


def test_a_battery_behind_its_converter_gives_the_same_energy_in_steps_of_any_length() -> None:
    faults = plan(("trip", 1800, 1900), ("derate", 4000, 5000, 0.5), ("comm_loss", 6000, 6500), resets_s=(1950,))
    commands_mw = [3.0, 9.0, -6.0, -6.0, 2.0, 8.0, -3.0, 0.0]
    found = {}
    for step_s in (1, 60, 900):
        component = behind("battery_pcs", "battery", {"power_mw": 10, "energy_mwh": 40}, step_s, faults,
                           ramp_mw_per_min=60)
        held = [p_mw for p_mw in commands_mw for _ in range(900 // step_s)]
        outputs = run(component, held)
        found[step_s] = (energy_mwh(outputs, step_s), outputs[-1].energy_mwh)
    # seven ramps of at most 15 MW at 1 MW/s: in a step in which power changes its sign the losses see the mean only
    share_mwh = 7 * 0.5 * 15 * 15 / 3600
    assert found[60][0] == pytest.approx(found[1][0], abs=1e-9)
    assert found[900][0] == pytest.approx(found[1][0], abs=1e-9)
    assert found[60][1] == pytest.approx(found[1][1], abs=0.16 * share_mwh)
    assert found[900][1] == pytest.approx(found[1][1], abs=0.16 * share_mwh)


@pytest.mark.parametrize(("device", "type_name", "params", "fuel"), [
    ("diesel_controls", "diesel_generator", {"rated_mw": 2}, "diesel_mw"),
    ("chp_controls", "chp", {"rated_mw": 4, "rated_heat_mw": 3.5}, "gas_mw"),
])
def test_a_generator_behind_its_controls_gives_the_same_energy_in_steps_of_any_length(
        device: str, type_name: str, params: dict[str, Any], fuel: str) -> None:
    faults = plan(("trip", 12_000, 12_500), ("slow", 13_000, 14_000, 3.0), resets_s=(12_700,))
    commands_mw = [0.0, params["rated_mw"], *[0.7 * params["rated_mw"]] * 6, *[0.0] * 4, *[params["rated_mw"]] * 12]
    found = {}
    for step_s in (1, 60, 900):
        component = behind(device, type_name, params, step_s, faults)
        outputs = run(component, [p_mw for p_mw in commands_mw for _ in range(900 // step_s)])
        found[step_s] = (energy_mwh(outputs, step_s), energy_mwh(outputs, step_s, fuel), outputs[-1].start_count)
    assert found[1][0] > 1.0
    for step_s in (60, 900):
        assert found[step_s][0] == pytest.approx(found[1][0], rel=1e-9)
        # the fuel curve is bent a little, and a long step sees the mean of a ramp
        assert found[step_s][1] == pytest.approx(found[1][1], rel=1e-4)
        assert found[step_s][2] == found[1][2]


def test_a_chp_unit_behind_its_controls_warms_up_once_and_books_one_start() -> None:
    component = behind("chp_controls", "chp", {"rated_mw": 4, "rated_heat_mw": 3.5, "start_cost": 500}, 60)
    outputs = run(component, [4.0] * 30)
    assert [y.p_mw for y in outputs[:10]] == [0.0] * 10
    # loading from 1.2 MW at 0.8 MW/min: the mean of the first minute, and not a ramp of the unit on top of the device's
    assert outputs[10].p_mw == pytest.approx(1.6)
    assert outputs[14].p_mw == pytest.approx(4.0)
    assert [y.limited_by_code for y in (outputs[5], outputs[12], outputs[20])] == [
        Limit.DEVICE, Limit.DEVICE, Limit.NONE]
    assert sum(y.start_cost for y in outputs) == 500


def test_a_unit_that_ran_before_the_scenario_runs_on_behind_its_controls() -> None:
    params = {"rated_mw": 4, "rated_heat_mw": 3.5, "initial_p_mw": 2.0}
    outputs = run(behind("chp_controls", "chp", params, 60), [2.0] * 3)
    assert [(y.p_mw, y.start_count) for y in outputs] == [(2.0, 0)] * 3


def test_a_stuck_tap_changer_leaves_the_voltage_where_it_is() -> None:
    network = {
        "buses": {"GRID": {"vn_kv": 110}, "SS": {"vn_kv": 10}},
        "external_grid": {"bus": "GRID"},
        "transformers": {"T1": {"hv": "GRID", "lv": "SS", "std_type": "25 MVA 110/10 kV",
                                "voltage_control": {"target_vm_pu": 1.0, "deadband_pu": 0.01, "delay_s": 60}}},
    }
    cls = device_class("tap_changer_drive")

    def positions(faults: FaultPlan) -> list[float]:
        grid = ComponentSpec("electrical_grid", {"inline": network}, step_s=900).build()
        component = emulated(grid, {"T1": cls("grid.T1", cls.Params(), grid.nameplate(), faults)})
        p_mw = np.array([0.0, -18.0])
        return [float(component.step(k * 900, 900, component.Inputs(p_mw, 0.4 * p_mw)).tap_position[0])
                for k in range(4)]

    free, stuck = positions(NO_FAULTS), positions(plan(("stuck", 0, 1800)))
    assert free[1] != free[0]
    assert stuck == [free[0], free[0], free[0], free[1]]
