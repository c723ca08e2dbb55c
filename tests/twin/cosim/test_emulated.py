"""A component behind its devices: commands pass the device first, readings pass its faults last."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.component_specs import SHANGHAI, SUMMER_DAY
from tests.twin.toys import Gate, GateMode, GateParams, PlateParams
from twin.codec import decode, encode
from twin.component import AssetParams, Component, Limit, Nothing, Role, Section, port, ports_of
from twin.context import Context
from twin.cosim.build import build_site
from twin.cosim.emulated import emulated
from twin.cosim.run import new_run
from twin.device import NO_FAULTS, Fault, FaultKind, FaultPlan
from twin.errors import ComponentError, ScenarioError
from twin.scenario.loader import load_scenario
from twin.store.reader import read_run

STEP_S = 60
CONTEXT = Context(SUMMER_DAY, 86_400, STEP_S, 1, SHANGHAI)


@dataclass(slots=True)
class TankInputs:
    p_set_mw: float = port(0.0)


@dataclass(slots=True)
class TankOutputs:
    """A meter that reads a tenth too much, and none for the content."""

    p_mw: float = port(carrier="electricity")
    measured_p_mw: float = port()
    p_requested_mw: float = port()
    limited_by_code: int = port(codes=Limit)
    soc: float = port()


@dataclass(slots=True)
class TankState:
    soc: float = 1.0


class Tank(Component[AssetParams, TankInputs, TankOutputs, TankState]):
    """Gives up to 8 MW, and a hundredth of its content per MW and step."""

    role = Role.STORAGE

    def step(self, t_s: int, dt_s: int, inputs: TankInputs) -> TankOutputs:
        p_mw = min(inputs.p_set_mw, 8.0)
        self.state.soc -= 0.01 * p_mw
        limit = Limit.POWER if p_mw < inputs.p_set_mw else Limit.NONE
        return TankOutputs(p_mw, 1.1 * p_mw, inputs.p_set_mw, int(limit), self.state.soc)


def tank(*faults: Fault, most_mw: float = 10.0) -> Component:
    gate = Gate("tank", GateParams(most_mw=most_mw), None, FaultPlan(faults))
    return emulated(Tank("tank", AssetParams(), CONTEXT), {None: gate})


def steps(component: Component, commands_mw: list[float], first: int = 0, **inputs: float) -> list[Any]:
    return [component.step((first + k) * STEP_S, STEP_S, component.Inputs(p_set_mw=p_mw, **inputs))
            for k, p_mw in enumerate(commands_mw)]


def test_to_others_it_is_the_component_it_was_with_the_device_beside_it() -> None:
    component = tank()
    assert (component.name, component.role, component.section) == ("tank", Role.STORAGE, Section.ASSETS)
    outputs = ports_of(component.Outputs)
    assert list(outputs) == ["p_mw", "measured_p_mw", "p_requested_mw", "limited_by_code", "soc",
                             "device_mode_code", "fault_code", "measured_soc"]
    assert outputs["p_mw"].carrier == "electricity"
    assert outputs["device_mode_code"].codes is GateMode and outputs["fault_code"].codes is FaultKind
    assert [name for name, spec in outputs.items() if spec.may_be_missing] == ["measured_p_mw", "measured_soc"]


def test_the_device_has_the_first_word_and_the_request_stays_what_was_asked() -> None:
    asked, held_by_device, held_by_physics = steps(tank(most_mw=9.0), [3.0, 20.0, 8.5])
    assert (asked.p_mw, asked.p_requested_mw, asked.limited_by_code) == (3.0, 3.0, Limit.NONE)
    # the device lets 9 MW through, of which the physics gives 8: its own limit is told, for it bound last
    assert (held_by_device.p_mw, held_by_device.p_requested_mw) == (8.0, 20.0)
    assert (held_by_physics.p_mw, held_by_physics.limited_by_code) == (8.0, Limit.POWER)
    [only_device] = steps(tank(most_mw=5.0), [20.0])
    assert (only_device.p_mw, only_device.limited_by_code) == (5.0, Limit.DEVICE)


def test_mode_fault_and_events_are_told() -> None:
    component = tank(Fault(FaultKind.TRIP, 60, 120), Fault(FaultKind.DERATE, 60, 180, 0.5))
    found = steps(component, [1.0] * 4)
    assert [y.p_mw for y in found] == [1.0, 0.0, 1.0, 1.0]
    assert [y.device_mode_code for y in found] == [GateMode.OPEN, GateMode.SHUT, GateMode.OPEN, GateMode.OPEN]
    assert [y.fault_code for y in found] == [FaultKind.NONE, FaultKind.TRIP, FaultKind.DERATE, FaultKind.NONE]
    assert [(e.t_s, e.component, e.kind) for e in component.pending_events] == [(60, "tank", "shut")]


def test_readings_come_from_the_instrument_where_there_is_one() -> None:
    [y] = steps(tank(), [2.0])
    assert (y.measured_p_mw, y.measured_soc) == (pytest.approx(2.2), y.soc)


def test_frozen_readings_stay_while_the_plant_goes_on() -> None:
    found = steps(tank(Fault(FaultKind.SENSOR_FREEZE, 60, 180)), [1.0, 2.0, 3.0, 4.0])
    assert [y.soc for y in found] == pytest.approx([0.99, 0.97, 0.94, 0.90])
    assert [y.measured_soc for y in found] == pytest.approx([0.99, 0.99, 0.99, 0.90])
    assert [y.measured_p_mw for y in found] == pytest.approx([1.1, 1.1, 1.1, 4.4])


def test_a_sensor_that_is_frozen_from_the_start_shows_the_first_value() -> None:
    found = steps(tank(Fault(FaultKind.SENSOR_FREEZE, 0, 180)), [1.0, 2.0])
    assert [y.measured_soc for y in found] == pytest.approx([0.99, 0.99])


def test_readings_are_missing_without_communication_and_only_the_readings() -> None:
    # from the middle of the second step to the middle of the third: a reading leaves at the end of a step
    found = steps(tank(Fault(FaultKind.COMM_LOSS, 90, 150)), [1.0] * 3)
    assert [math.isnan(y.measured_soc) for y in found] == [False, True, False]
    assert [math.isnan(y.measured_p_mw) for y in found] == [False, True, False]
    assert [y.soc for y in found] == pytest.approx([0.99, 0.98, 0.97])


def test_readings_that_froze_before_the_communication_was_lost_are_still_frozen_after_it() -> None:
    found = steps(tank(Fault(FaultKind.SENSOR_FREEZE, 60, 240), Fault(FaultKind.COMM_LOSS, 120, 180)), [1.0] * 4)
    assert [y.measured_soc for y in found] == pytest.approx([0.99, 0.99, math.nan, 0.99], nan_ok=True)


def test_a_reset_by_hand_is_one_per_count() -> None:
    component = tank()
    for count in (0, 1, 1, 3, 3):
        steps(component, [1.0], reset_count=float(count))
    assert component.state.devices[0].opened_count == 2  # in two steps somebody had asked anew


@dataclass(slots=True)
class PipesInputs:
    p_set_mw: np.ndarray = port(math.inf, per="source")


@dataclass(slots=True)
class PipesOutputs:
    limits_mw: np.ndarray = port(per="source")


class Pipes(Component[PlateParams, PipesInputs, PipesOutputs, Nothing]):
    """A network with two sources that do what they are told. One output only."""

    section, role = Section.NETWORKS, Role.NETWORK

    def terminals(self) -> dict[str, tuple[str, ...]]:
        return {"source": ("WEST", "EAST")}

    def step(self, t_s: int, dt_s: int, inputs: PipesInputs) -> PipesOutputs:
        return PipesOutputs(np.broadcast_to(np.asarray(inputs.p_set_mw, dtype=float), 2).copy())


def pipes(*labels: str, plan: FaultPlan = NO_FAULTS) -> Component:
    return emulated(Pipes("pipes", PlateParams(), CONTEXT),
                    {label: Gate(f"pipes.{label}", GateParams(), None, plan) for label in labels})


@pytest.mark.parametrize("given", [math.inf, np.array([math.inf, math.inf])], ids=["one_for_all", "one_each"])
def test_a_device_of_a_terminal_acts_there_and_nowhere_else(given: Any) -> None:
    component = pipes("EAST", plan=FaultPlan((Fault(FaultKind.TRIP, 60, 120),)))
    assert component.terminals() == {"source": ("WEST", "EAST"), "device": ("EAST",)}
    first, second = (component.step(k * STEP_S, STEP_S, component.Inputs(p_set_mw=given)) for k in range(2))
    assert first.limits_mw.tolist() == [math.inf, 10.0]
    assert second.limits_mw.tolist() == [math.inf, 0.0]
    assert second.device_mode_code.tolist() == [GateMode.SHUT]
    assert second.fault_code.tolist() == [FaultKind.TRIP]


def test_a_network_has_no_readings_of_its_terminals() -> None:
    assert [name for name in ports_of(pipes("WEST").Outputs) if name.startswith("measured_")] == []


def test_a_device_where_nothing_takes_its_action_is_refused() -> None:
    with pytest.raises(ComponentError, match="'pipes' has no terminal 'NORTH' for p_set_mw; there are WEST, EAST"):
        pipes("NORTH")
    with pytest.raises(ComponentError, match="it acts on p_set_mw, which a Pipes does not take"):
        emulated(Pipes("pipes", PlateParams(), CONTEXT), {None: Gate("pipes", GateParams(), None)})
    with pytest.raises(ComponentError, match="which a terminal of a Tank does not take"):
        emulated(Tank("tank", AssetParams(), CONTEXT), {"WEST": Gate("tank.WEST", GateParams(), None)})


def test_a_continued_run_is_that_of_an_unbroken_one_bit_for_bit() -> None:
    faults = Fault(FaultKind.SENSOR_FREEZE, 120, 240), Fault(FaultKind.TRIP, 180, 300)
    whole, half, continued = tank(*faults), tank(*faults), tank(*faults)
    expected = steps(whole, [1.0] * 8, reset_count=1.0)
    for stop in range(8):
        half = tank(*faults)
        steps(half, [1.0] * stop, reset_count=1.0)
        continued.restore(decode(json.loads(json.dumps(encode(half.state))), like=continued.state))
        rest = steps(continued, [1.0] * (8 - stop), first=stop, reset_count=1.0)
        assert json.dumps(encode(rest)) == json.dumps(encode(expected[stop:]))
        assert json.dumps(encode(continued.state)) == json.dumps(encode(whole.state))


def test_a_snapshot_stays_what_it_was() -> None:
    component = tank()
    steps(component, [1.0])
    kept = component.snapshot()
    before = json.dumps(encode(kept))
    steps(component, [1.0], first=1, reset_count=1.0)
    component.restore(kept)
    steps(component, [1.0], first=1, reset_count=1.0)
    assert json.dumps(encode(kept)) == before


DEVICE = "devices:\n  store: {type: gate, most_mw: 0.5}\n"


def test_a_run_obeys_its_devices_and_records_them(toy_file, tmp_path) -> None:
    faults = 'faults:\n  - {at: "01:00", asset: store, type: comm_loss, duration_s: 3600}\n'
    new_run(load_scenario(toy_file(extra=DEVICE + faults)), tmp_path / "run")
    run = read_run(tmp_path / "run")
    assert np.abs(run.native("operator.seen_mw")).max() * 0.8 > 0.5, "the operator asks for more"
    assert run.native("store.p_mw").max() == 0.5
    lost = np.isnan(run.native("store.measured_soc"))
    assert np.flatnonzero(lost).tolist() == list(range(60, 120))
    assert not np.isnan(run.native("store.soc")).any()
    assert run.components["store"].codes["device_mode_code"] == {0: "shut", 1: "open"}
    # the operator sees the instrument, and nothing while that is silent
    assert np.isnan(run.native("operator.seen_soc")[[5, 6, 7]]).tolist() == [True, True, True]


@pytest.mark.parametrize(("extra", "line", "message"), [
    ("devices:\n  office: {type: gate}\n", 2, "it acts on p_set_mw, which a Consumer does not take"),
    ("devices:\n  grid.C: {type: gate}\n", 2, "which a terminal of a Plate does not take"),
    (DEVICE + "  store.A: {type: gate}\n", 3, "'store' stands behind a device of its own; its terminals cannot"),
    (DEVICE + 'faults: [{at: "2 10:15", asset: store, type: trip}]\n', 3, "but the scenario runs from"),
])
def test_a_device_that_cannot_stand_there_is_told_at_its_place(toy_file, extra, line, message) -> None:
    path = toy_file(extra=extra)
    before = path.read_text().count("\n") - extra.count("\n")
    with pytest.raises(ScenarioError) as caught:
        build_site(load_scenario(path))
    [problem] = caught.value.problems
    assert message in str(problem)
    assert problem.line == before + line
