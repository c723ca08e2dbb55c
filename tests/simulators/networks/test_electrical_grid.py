"""The grid as a component: taps, divergence, cross-checks, sources, errors."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import pytest
from pydantic import ValidationError

from simulators.networks import grid_model
from simulators.networks.electrical_grid import Convergence, ElectricalGrid, Inputs, Outputs, Params
from simulators.networks.reference import ReferencePowerFlow
from tests.component_specs import ComponentSpec
from twin.codec import decode, encode
from twin.errors import ComponentError, ScenarioError
from twin.nameplate import ConnectionNameplate

STEP_S = 900
CABLE = {"std_type": "NA2XS2Y 1x240 RM/25 6/10 kV"}
FEEDER: dict[str, Any] = {
    "buses": {"GRID": {"vn_kv": 110}, "SS": {"vn_kv": 10}, "END": {"vn_kv": 10}},
    "external_grid": {"bus": "GRID"},
    "transformers": {"T1": {"hv": "GRID", "lv": "SS", "std_type": "25 MVA 110/10 kV", "count": 2,
                            "voltage_control": {"target_vm_pu": 1.0, "deadband_pu": 0.01, "delay_s": 60}}},
    "lines": {"L": {"from": "SS", "to": "END", "length_km": 2.0, "count": 2, **CABLE}},
    "loads": {"LAMPS": {"bus": "SS", "p_mw": 0.5, "q_mvar": 0.1}},
}


def grid(**params: Any) -> ElectricalGrid:
    component = ComponentSpec("electrical_grid", params or {"inline": FEEDER}).build()
    assert isinstance(component, ElectricalGrid)
    return component


def step(component: ElectricalGrid, k: int, **p_mw: float) -> Outputs:
    buses = component.terminals()["bus"]
    p = np.array([p_mw.get(bus, 0.0) for bus in buses])
    return component.step(k * STEP_S, STEP_S, Inputs(p, 0.3 * p))


def kinds(component: ElectricalGrid) -> list[str]:
    return [event.kind for event in component.pending_events]


def test_terminals_name_every_bus_and_every_circuit() -> None:
    assert grid().terminals() == {"bus": ("GRID", "SS", "END"), "line": ("L#1", "L#2"), "transformer": ("T1#1", "T1#2")}


def test_the_network_s_own_loads_are_part_of_the_balance() -> None:
    component = grid()
    outputs = step(component, 0, END=-2.0)
    assert outputs.base_mw == pytest.approx(-0.5, abs=1e-12)
    assert outputs.exchange_mw == pytest.approx(2.5 + outputs.loss_mw, abs=1e-9)
    assert outputs.converged_code == Convergence.CONVERGED


def test_taps_bring_the_voltage_back_one_step_later() -> None:
    component = grid()
    first = step(component, 0, END=-13.0)
    assert first.vm_pu[1] < 0.99                            # below the dead band
    assert first.tap_position.tolist() == [0.0, 0.0]        # the voltage of a step moves the taps of the next one
    second = step(component, 1, END=-13.0)
    assert abs(second.vm_pu[1] - 1.0) <= 0.01
    needed = math.ceil((1.0 - first.vm_pu[1] - 0.01) / 0.015)
    assert second.tap_position.tolist() == [-needed, -needed]     # both units together
    assert step(component, 2, END=-13.0).tap_position.tolist() == [-needed, -needed]
    assert kinds(component) == []


def test_a_voltage_control_of_the_scenario_replaces_the_file_s() -> None:
    component = grid(inline=FEEDER, voltage_control={"T1": {"target_vm_pu": 1.03, "delay_s": 0, "bus": "END"}})
    for k in range(3):
        outputs = step(component, k, END=-3.0)
    assert abs(outputs.vm_pu[2] - 1.03) <= 0.01


def test_the_end_of_the_tap_range_is_told_once() -> None:
    component = grid(inline=FEEDER, voltage_control={"T1": {"target_vm_pu": 1.2}})
    for k in range(5):
        outputs = step(component, k, END=-1.0)
    assert outputs.tap_position.tolist() == [-9.0, -9.0]
    assert kinds(component) == ["tap_limit_reached"]
    assert "'T1' stands at its last position -9" in component.pending_events[0].message


def test_divergence_is_an_event_with_time_and_bus_and_a_defined_step() -> None:
    component = grid()
    before = step(component, 0, END=-2.0)
    lost = [step(component, k, END=-300.0) for k in (1, 2)]
    after = step(component, 3, END=-2.0)

    for outputs in lost:
        assert outputs.converged_code == Convergence.DIVERGED
        assert outputs.exchange_mw == pytest.approx(300.5)        # 300 MW and the lamps, no losses
        assert outputs.loss_mw == 0.0
        assert np.array_equal(outputs.vm_pu, before.vm_pu)        # held
        assert np.array_equal(outputs.line_loading_percent, before.line_loading_percent)
        assert np.isfinite([outputs.vm_min_pu, outputs.max_line_loading_percent, outputs.exchange_mvar]).all()
    assert after.converged_code == Convergence.CONVERGED
    assert after.vm_pu == pytest.approx(before.vm_pu, abs=0.03)   # but for the taps

    diverged, recovered = component.pending_events
    assert (diverged.kind, diverged.severity, diverged.t_s) == ("power_flow_diverged", "alarm", STEP_S)
    assert "2025-07-15 00:15:00 (t = 900 s)" in diverged.message
    assert "bus 'END' then is at" in diverged.message
    assert "with -300 MW asked there" in diverged.message
    assert (recovered.kind, recovered.t_s) == ("power_flow_recovered", 3 * STEP_S)
    assert "after 30 min" in recovered.message


def test_divergence_without_any_solvable_part_names_the_largest_injection() -> None:
    component = grid()
    step(component, 0, END=-1e6)
    assert "the largest is -1e+06 MW at bus 'END'" in component.pending_events[0].message


def test_a_power_that_is_not_a_number_is_refused_by_bus() -> None:
    with pytest.raises(ComponentError, match="p_mw at bus 'END' is nan"):
        step(grid(), 0, END=math.nan)


def test_crosschecks_come_every_n_steps_and_with_every_new_tap_position(monkeypatch: pytest.MonkeyPatch) -> None:
    component = grid(inline=FEEDER, crosscheck_every_steps=4)
    checked: list[tuple[int, tuple[int, ...]]] = []
    solve = ReferencePowerFlow.solve

    def counted(self: ReferencePowerFlow, p: Any, q: Any, taps: Any, v: Any) -> Any:
        checked.append((k, tuple(taps)))
        return solve(self, p, q, taps, v)

    monkeypatch.setattr(ReferencePowerFlow, "solve", counted)
    for k in range(10):
        outputs = step(component, k, END=-1.0 if k < 6 else -13.0)
        assert outputs.crosscheck_deviation_pu < 1e-9
    # step 6 is the first under load, so the taps move for step 7
    assert [k for k, _ in checked] == [0, 4, 7]
    assert checked[-1][1] != checked[0][1]


def test_a_wrong_solver_is_found_out_by_the_crosscheck(monkeypatch: pytest.MonkeyPatch) -> None:
    component = grid(inline=FEEDER, crosscheck_every_steps=2)
    solve = component._flow.solve

    class Wrong:
        def solve(self, p: Any, q: Any, taps: Any, v: Any) -> Any:
            solution = solve(p, q, taps, v)
            solution.vm_pu[2] += 1e-4
            return solution

    monkeypatch.setattr(component, "_flow", Wrong())
    outputs = step(component, 0, END=-1.0)
    assert outputs.crosscheck_deviation_pu == pytest.approx(1e-4, rel=1e-3)
    assert [(e.kind, e.severity) for e in component.pending_events] == [("crosscheck_deviation", "alarm")]
    assert "bus 'END' has" in component.pending_events[0].message


def test_a_solution_pandapower_does_not_find_is_doubted(monkeypatch: pytest.MonkeyPatch) -> None:
    component = grid(inline=FEEDER, crosscheck_every_steps=1)
    monkeypatch.setattr(ReferencePowerFlow, "_run", lambda self, starts: False)
    outputs = step(component, 0, END=-1.0)
    assert outputs.converged_code == Convergence.CONVERGED
    assert kinds(component) == ["crosscheck_failed"]


def test_zero_switches_crosschecks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    component = grid(inline=FEEDER, crosscheck_every_steps=0)
    monkeypatch.setattr(ReferencePowerFlow, "solve", lambda *_: pytest.fail("cross-checked"))
    step(component, 0, END=-1.0)


def test_a_run_restored_in_a_new_process_goes_on_bit_for_bit() -> None:
    """Nothing is shared with the first run: models are forgotten in between, the state goes through JSON."""
    rng = np.random.default_rng(4)
    loads = rng.uniform(-16.0, 4.0, 24)
    loads[15] = -400.0
    unbroken = grid(inline=FEEDER, crosscheck_every_steps=5)
    expected = [step(unbroken, k, END=p) for k, p in enumerate(loads)]

    first_half = grid(inline=FEEDER, crosscheck_every_steps=5)
    for k in range(12):
        step(first_half, k, END=loads[k])
    text = json.dumps(encode(first_half.snapshot()))
    grid_model._models.clear()
    restored = grid(inline=FEEDER, crosscheck_every_steps=5)
    restored.restore(decode(json.loads(text), like=restored.state))
    again = [step(restored, k, END=loads[k]) for k in range(12, 24)]
    assert json.dumps(encode(again)) == json.dumps(encode(expected[12:]))
    assert len({outputs.tap_position[0] for outputs in again}) > 1     # the taps were on the move


def test_equal_networks_share_a_model_and_a_changed_file_does_not(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(json.dumps(FEEDER), encoding="utf-8")
    one, other = grid(file=str(file)), grid(file=str(file))
    assert one._model is other._model
    file.write_text(json.dumps({**FEEDER, "external_grid": {"bus": "GRID", "vm_pu": 1.05}}), encoding="utf-8")
    assert step(grid(file=str(file)), 0).vm_pu[0] == pytest.approx(1.05)


def test_any_pandapower_json_file_works_if_need_be_without_the_fast_solver(tmp_path: Path) -> None:
    net = pp.create_empty_network()
    ends = [pp.create_bus(net, 10.0, name=name) for name in ("A", "B")]
    pp.create_ext_grid(net, ends[0])
    pp.create_line(net, *ends, 1.0, CABLE["std_type"])
    pp.create_load(net, ends[1], 1.0, 0.2, const_z_p_percent=100.0, const_z_q_percent=100.0)
    file = tmp_path / "net.json"
    pp.to_json(net, str(file))
    component = grid(file=str(file))
    outputs = [step(component, k, B=-1.5) for k in range(2)]
    assert outputs[0].line_loading_percent.shape == (1,)
    # the constant impedance takes less than 1 MW below nominal voltage
    assert -1.0 < outputs[0].base_mw < -0.98
    assert outputs[0].exchange_mw == pytest.approx(1.5 - outputs[0].base_mw + outputs[0].loss_mw, abs=1e-9)
    assert kinds(component) == ["slow_power_flow"]
    assert "differ from runpp" in component.pending_events[0].message


def test_networks_of_pandapower_go_by_name() -> None:
    component = grid(network="case4gs")
    assert len(component.terminals()["bus"]) == 4
    assert component.terminals()["transformer"] == ()
    outputs = step(component, 0)
    assert outputs.max_transformer_loading_percent == 0.0
    assert outputs.tap_position.shape == (0,)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"network": "case33"}, "pandapower.networks has no 'case33'; did you mean 'case33bw'?"),
        ({"network": "create_dickert_lv_feeders"}, "needs arguments"),
        ({"inline": FEEDER, "voltage_control": {"T2": {}}},
         "voltage_control: transformer 'T2' does not exist; did you mean 'T1'?"),
        ({"inline": FEEDER, "voltage_control": {"T1": {"bus": "SSS"}}}, "bus 'SSS' does not exist; did you mean 'SS'?"),
        ({"inline": FEEDER, "voltage_control": {"T1": {"bus": "GRID"}}}, "'GRID' is on its high-voltage side"),
        ({"inline": FEEDER, "voltage_control": {"T1": {"deadband_pu": 0.001}}}, "would never rest"),
        ({"inline": {**FEEDER, "loads": {"TOWN": {"bus": "END", "p_mw": 900.0}}}},
         "no power flow solution even without the site's injections"),
    ],
)
def test_what_cannot_work_is_refused_by_name(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ComponentError, match=message):
        grid(**params)


def test_mistakes_of_a_file_carry_its_name_and_line(tmp_path: Path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text("buses:\n  A: {vn_kv: 10}\nexternal_grid: {bus: B}\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        grid(file=str(file))
    assert (caught.value.problems[0].file, caught.value.problems[0].line) == (str(file), 3)


@pytest.mark.parametrize("given", [{}, {"network": "case14", "file": "a.yaml"}])
def test_exactly_one_network_is_needed(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one of file, network and inline is needed"):
        Params(**given)


def test_changes_need_a_file() -> None:
    with pytest.raises(ValidationError, match="'changes' apply to a network file"):
        Params(network="case14", changes={"lines": {}})


def test_agreed_limits_are_told_to_controllers() -> None:
    assert grid(inline=FEEDER, import_limit_mw=30.0).nameplate() == ConnectionNameplate(30.0, math.inf)


def test_transformers_that_move_together_wait_for_the_slowest_drive() -> None:
    def position_after(moves_count: Any) -> float:
        component = grid()
        p = np.array([0.0, 0.0, -32.0])  # pulls the voltage two positions below its dead band
        for k in range(2):
            outputs = component.step(k * STEP_S, STEP_S, Inputs(p, 0.3 * p, moves_count))
        return float(outputs.tap_position[0])

    assert position_after(math.inf) < -1.0
    assert position_after(np.array([math.inf, 1.0])) == -1.0
    assert position_after(np.array([0.0, math.inf])) == 0.0
