"""Whatever is wrong with a pandapower file is told with the file, the element and a remedy."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import pytest

from simulators.networks import grid_model as grid_model_module
from simulators.networks.electrical_grid import Convergence, ElectricalGrid, Inputs
from simulators.networks.grid_model import GridSource, grid_model
from simulators.networks.verify import verified_power_flow
from tests.component_specs import ComponentSpec
from twin.errors import ComponentError

CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"


def sound() -> Any:
    """110 kV grid - transformer - cable - load."""
    net = pp.create_empty_network()
    grid, near, far = (pp.create_bus(net, kv, name=name) for kv, name in ((110, "GRID"), (10, "NEAR"), (10, "FAR")))
    pp.create_ext_grid(net, grid, name="utility")
    pp.create_transformer(net, grid, near, "25 MVA 110/10 kV", name="T1")
    pp.create_line(net, near, far, 1.0, CABLE, name="L1")
    pp.create_load(net, far, 1.0, 0.2, name="LAMPS")
    return net


def built(net: Any, folder: Path, **params: Any) -> ElectricalGrid:
    file = folder / "park.json"
    pp.to_json(net, str(file))
    component = ComponentSpec("electrical_grid", {"file": str(file), **params}).build()
    assert isinstance(component, ElectricalGrid)
    return component


def refusal(net: Any, folder: Path) -> str:
    with pytest.raises(ComponentError) as caught:
        built(net, folder)
    message = str(caught.value)
    assert "park.json: " in message
    return message


def put(table: str, column: str, value: Any) -> Callable[[Any], None]:
    def change(net: Any) -> None:
        net[table][column] = value
    return change


def drop_supply(net: Any) -> None:
    net.ext_grid.drop(net.ext_grid.index, inplace=True)


def dead_supply_bus(net: Any) -> None:
    net.bus.loc[0, "in_service"] = False


def switch_at_nothing(net: Any) -> None:
    pp.create_switch(net, 1, 0, "l")
    net.switch["element"] = 77


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop_supply, "no external grid is in service, so nothing holds the voltage; add one with pandapower."),
        (put("ext_grid", "in_service", False), "ext_grid 'utility' (index 0) is out of service; add one"),
        (dead_supply_bus, "ext_grid 'utility' (index 0) stands on a bus that is out of service; add one"),
        (put("trafo", "in_service", False), "only the bus of the external grid is supplied: no line or transformer"),
        (put("line", "to_bus", 99), "line 'L1' (index 0): to_bus is 99, but there is no bus with that index"),
        (put("load", "bus", 99), "load 'LAMPS' (index 0): bus is 99, but there is no bus"),
        (put("line", "length_km", 0.0), "line 'L1' (index 0): length_km is 0.0, but must be more than 0"),
        (put("line", "r_ohm_per_km", math.nan), "line 'L1' (index 0): r_ohm_per_km is nan, but must be a number"),
        (lambda net: pp.create_impedance(net, 1, 2, 0.0, 0.0, 10.0), "impedance 0: rft_pu and xft_pu are both 0"),
        (put("trafo", "vk_percent", 0.0), "trafo 'T1' (index 0): vk_percent is 0"),
        (put("trafo", "vkr_percent", 50.0), "vkr_percent = 50.0 is larger than vk_percent = 12.0"),
        (put("bus", "vn_kv", [110, 10, 0.0]), "bus 'FAR' (index 2): vn_kv is 0.0, but must be more than 0"),
        (put("load", "p_mw", math.nan), "load 'LAMPS' (index 0): p_mw is nan, but must be a number"),
        (put("load", "p_mw", 900.0), "no power flow solution even without the site's injections; its own loads sum up "
                                     "to 900 MW, the largest is load 'LAMPS' (index 0) with 900 MW"),
        (put("ext_grid", "vm_pu", 110.0), "ext_grid 'utility' (index 0): vm_pu is 110, but must be from 0.5 to 1.5"),
        (lambda net: pp.create_gen(net, 0, 1.0, vm_pu=1.05),
         "ext_grid 'utility' (index 0) (1 p.u.) and gen 0 (1.05 p.u.) hold different voltages at bus 0"),
        (lambda net: net.line.drop(columns="r_ohm_per_km", inplace=True), "the table line has no column r_ohm_per_km"),
        (put("line", "r_ohm_per_km", ["thick"]), "r_ohm_per_km is thick, but must be a number"),
        (lambda net: net.update(pp.create_empty_network()), "the network has no bus"),
        (switch_at_nothing, "switch 0: bus 1 or line 77 does not exist"),
    ],
)
def test_what_pandapower_would_fail_on_is_named(change: Callable[[Any], None], message: str, tmp_path: Path) -> None:
    net = sound()
    change(net)
    assert message in refusal(net, tmp_path)


def test_an_element_out_of_service_may_be_wrong(tmp_path: Path) -> None:
    net = sound()
    spare = pp.create_line(net, 1, 2, 1.0, CABLE, name="spare")
    net.line.loc[spare, ["in_service", "length_km"]] = [False, 0.0]
    assert built(net, tmp_path).terminals()["bus"] == ("GRID", "NEAR", "FAR")


def test_whatever_else_fails_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> Any:
        raise UserWarning("something inside")

    monkeypatch.setattr(grid_model_module, "verified_power_flow", failing)
    message = refusal(sound(), tmp_path)
    assert "cannot set up the power flow (UserWarning: something inside); pandapower.diagnostic(net) names" in message
    monkeypatch.setattr(grid_model_module, "verified_power_flow", verified_power_flow)
    assert built(sound(), tmp_path).terminals()["line"] == ("L1",)      # the failure is not remembered


def test_buses_of_the_same_name_are_refused(tmp_path: Path) -> None:
    net = sound()
    net.bus["name"] = ["GRID", "PV", " PV"]
    assert "several buses have the same name: 'PV' (buses 1, 2)" in refusal(net, tmp_path)
    net.bus["name"] = ["GRID", "bus_2", None]                            # a name that an unnamed bus would get
    assert "'bus_2' (buses 1, 2)" in refusal(net, tmp_path)


def test_transformers_of_the_same_name_cannot_be_told_apart_by_a_control(tmp_path: Path) -> None:
    net = sound()
    pp.create_transformer(net, 0, 1, "25 MVA 110/10 kV", name="T1")
    with pytest.raises(ComponentError, match="voltage_control: 2 transformers are named 'T1'"):
        built(net, tmp_path, voltage_control={"T1": {}})
    assert built(net, tmp_path).terminals()["transformer"] == ("T1", "T1 (transformer_1)")


def test_buses_without_voltage_are_told_and_have_a_reason(tmp_path: Path) -> None:
    net = sound()
    island, off = pp.create_bus(net, 10, name="ISLAND"), pp.create_bus(net, 10, name="OFF", in_service=False)
    pp.create_bus(net, 10, name="FAR")                                   # the live bus of that name is meant
    assert (island, off) == (3, 4)
    component = built(net, tmp_path)
    assert component.terminals()["bus"] == ("GRID", "NEAR", "FAR")
    assert list(component.unusable_terminals()) == ["ISLAND", "OFF"]
    assert "isolated: no line" in component.unusable_terminals()["ISLAND"]
    assert "out of service" in component.unusable_terminals()["OFF"]
    for k in range(2):
        component.step(900 * k, 900, Inputs(np.zeros(3), np.zeros(3)))
    event, = component.pending_events
    assert (event.t_s, event.kind, event.severity) == (0, "isolated_buses", "warning")
    assert "2 of the network's buses have no voltage, being isolated or out of service: 'ISLAND', 'OFF'; " in (
        event.message)


def test_a_whole_network_has_no_unusable_bus(tmp_path: Path) -> None:
    component = built(sound(), tmp_path)
    component.step(0, 900, Inputs(np.zeros(3), np.zeros(3)))
    assert component.unusable_terminals() == {}
    assert component.pending_events == []


def test_a_run_that_was_never_solved_shows_no_healthy_voltage(tmp_path: Path) -> None:
    component = built(sound(), tmp_path)
    outputs = [component.step(900 * k, 900, Inputs(np.array([0.0, 0.0, -900.0]), np.zeros(3))) for k in range(2)]
    for lost in outputs:
        assert lost.converged_code == Convergence.DIVERGED
        assert lost.vm_pu.tolist() == [0.0, 0.0, 0.0]
        assert (lost.vm_min_pu, lost.vm_max_pu, lost.loss_mw) == (0.0, 0.0, 0.0)
        assert lost.line_loading_percent.tolist() == lost.transformer_loading_percent.tolist() == [0.0]
        assert lost.exchange_mw == pytest.approx(901.0)                  # the balance without losses, lamps included
    assert "voltages and loadings are 0" in component.pending_events[0].message
    solved = component.step(1800, 900, Inputs(np.zeros(3), np.zeros(3)))
    assert solved.vm_min_pu > 0.9


def test_negative_short_circuit_voltages_of_star_equivalents_are_solved() -> None:
    net = sound()
    net.trafo["vk_percent"] = -12.0
    grid_model_module.check_pandapower(net, "net")
    assert grid_model(GridSource(None, {}, "case145", None, {}, 1e-10)).rest.vm_pu.shape == (145,)
