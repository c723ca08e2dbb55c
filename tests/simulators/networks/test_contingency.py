"""N-1: outages one by one, against pandapower with the element out of service."""

from __future__ import annotations

import copy
import dataclasses
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import pytest

from simulators.networks.contingency import Contingencies, checked_contingencies
from simulators.networks.electrical_grid import ElectricalGrid, Inputs
from simulators.networks.grid_model import GridModel, GridSource, grid_model
from simulators.networks.network_file import NetworkFile
from tests.component_specs import ComponentSpec
from twin.errors import ComponentError

PARK = str(Path(__file__).parents[3] / "scenarios" / "networks" / "park_10kv.yaml")
TOLERANCE_MVA = 1e-10
CABLE = {"std_type": "NA2XS2Y 1x240 RM/25 6/10 kV", "length_km": 2.0}
TWO_CIRCUITS: dict[str, Any] = {
    "buses": {"GRID": {"vn_kv": 10}, "MID": {"vn_kv": 10}, "END": {"vn_kv": 10}},
    "external_grid": {"bus": "GRID"},
    "lines": {"L": {"from": "GRID", "to": "MID", "count": 2, **CABLE}, "STUB": {"from": "MID", "to": "END", **CABLE}},
}


def model_of(file: str | None = None, network: str | None = None, inline: dict[str, Any] | None = None) -> GridModel:
    given = None if inline is None else NetworkFile.model_validate(inline)
    return grid_model(GridSource(file, {}, network, given, {}, TOLERANCE_MVA))


def worst_by_pandapower(model: GridModel, p_mw: np.ndarray, q_mvar: np.ndarray, left_out: set[str],
                        ) -> tuple[float, float, float]:
    """Largest loading, lowest and highest voltage over all outages, each with runpp."""
    taps = model.start_taps
    model.reference.solve(p_mw, q_mvar, taps, model.rest.v_pu)
    net, loading, lowest, highest = model.reference.net, 0.0, math.inf, 0.0
    for table, labels in (("line", model.terminals["line"]), ("trafo", model.terminals["transformer"])):
        for index, label in zip(net[table].index, labels[:len(net[table])], strict=True):
            if label in left_out or not net[table].at[index, "in_service"]:
                continue
            without = copy.deepcopy(net)
            without[table].loc[index, "in_service"] = False
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                pp.runpp(without, init="dc", numba=False, lightsim2grid=False, tolerance_mva=1e-10)
            tables = (without.res_line, without.res_trafo)
            loading = max(loading, *(np.nan_to_num(t.loading_percent.to_numpy(float)).max(initial=0.0) for t in tables))
            vm_pu = without.res_bus.vm_pu.loc[model.reference.terminals]
            lowest, highest = min(lowest, vm_pu.min()), max(highest, vm_pu.max())
    return loading, lowest, highest


def contingencies(model: GridModel) -> Contingencies:
    return checked_contingencies(model, TOLERANCE_MVA)


@pytest.mark.parametrize(("source", "largest_mw"), [({"file": PARK}, 4.0), ({"network": "case14"}, 5.0),
                                                    ({"network": "case9"}, 20.0)])
def test_worst_outage_agrees_with_pandapower(source: dict[str, Any], largest_mw: float) -> None:
    """A ring with an open point and parallel circuits; meshed networks with generators that hold voltages."""
    model = model_of(**source)
    rng, count = np.random.default_rng(3), len(model.terminals["bus"])
    found = contingencies(model)
    for _ in range(2):
        p_mw = rng.uniform(-largest_mw, largest_mw, count)
        q_mvar = 0.3 * rng.uniform(-1.0, 1.0, count) * largest_mw
        present = model.flow.solve(p_mw, q_mvar, model.start_taps, model.rest.v_pu)
        worst = found.worst(p_mw, q_mvar, model.start_taps, present.v_pu)
        expected = worst_by_pandapower(model, p_mw, q_mvar, set(found.radial(model.start_taps)))
        assert worst.loading_percent == pytest.approx(expected[0], abs=1e-4)
        assert (worst.vm_min_pu, worst.vm_max_pu) == pytest.approx(expected[1:], abs=1e-8)


def test_the_circuit_that_is_left_carries_the_current_of_both() -> None:
    """Twice the current but for the drop of voltage along the line, which grows to twice: less than 1 % here."""
    model = model_of(inline=TWO_CIRCUITS)
    p_mw = np.array([0.0, -4.0, 0.0])
    present = model.flow.solve(p_mw, 0.0 * p_mw, (), model.rest.v_pu)
    worst = contingencies(model).worst(p_mw, 0.0 * p_mw, (), present.v_pu)
    assert worst.loading_percent == pytest.approx(2.0 * present.line_loading_percent[0], rel=0.01)
    assert worst.position in (0, 1)


def test_an_outage_that_cuts_off_a_bus_is_named_and_left_out() -> None:
    assert contingencies(model_of(inline=TWO_CIRCUITS)).radial(()) == {"STUB": ("END",)}


def test_outages_of_the_park_that_cut_something_off() -> None:
    radial = contingencies(model_of(file=PARK)).radial(model_of(file=PARK).start_taps)
    assert radial.keys() == {"RING-1", "RING-2", "RING-4", "T1"}      # the open ring, and the only 110 kV transformer
    assert radial["RING-2"] == ("RMU_OFFICE", "OFFICE")


def test_a_radial_network_has_no_contingencies() -> None:
    model = model_of(network="case33bw")
    rest = np.zeros(33)
    worst = contingencies(model).worst(rest, rest, model.start_taps, model.rest.v_pu)
    assert (worst.loading_percent, worst.position) == (0.0, -1)


def test_an_outage_without_solution_is_infinitely_loaded() -> None:
    """Between what one circuit and what two can carry to the point of voltage collapse."""
    model = model_of(inline=TWO_CIRCUITS)
    for p in np.arange(-10.0, -400.0, -10.0):
        p_mw = np.array([0.0, p, 0.0])
        present = model.flow.solve(p_mw, 0.0 * p_mw, (), model.rest.v_pu)
        worst = contingencies(model).worst(p_mw, 0.0 * p_mw, (), present.v_pu)
        if math.isinf(worst.loading_percent):
            assert worst.vm_min_pu == 0.0
            return
    pytest.fail("no load was found that two circuits carry and one does not")


def grid(limited: tuple[str, ...] = (), **params: Any) -> ElectricalGrid:
    spec = ComponentSpec("electrical_grid", {"inline": TWO_CIRCUITS, **params}, context={"limited": limited})
    component = spec.build(name="grid")
    assert isinstance(component, ElectricalGrid)
    return component


def loading(component: ElectricalGrid) -> float:
    p_mw = np.array([0.0, -4.0, 0.0])
    return component.step(0, 900, Inputs(p_mw, 0.0 * p_mw)).n_minus_1_loading_percent


def test_it_is_computed_only_when_asked_for_by_parameter_or_limit() -> None:
    assert math.isnan(loading(grid()))
    assert math.isnan(loading(grid(limited=("other.n_minus_1_loading_percent", "grid.vm_pu[*]"))))
    asked = loading(grid(n_minus_1=True))
    assert asked > 0.0
    assert loading(grid(limited=("grid.n_minus_1_vm_min_pu",))) == asked
    assert loading(grid(limited=("*.n_minus_1_loading_percent",))) == asked


def test_what_is_left_out_is_told_once() -> None:
    component = grid(n_minus_1=True)
    for _ in range(2):
        loading(component)
    told = [event.message for event in component.pending_events if event.kind == "n_minus_1_radial"]
    assert told == ["outages that cut off buses are no part of N-1: STUB (END)"]


def test_a_network_without_the_fast_solver_has_no_n_minus_1(monkeypatch: pytest.MonkeyPatch) -> None:
    import simulators.networks.electrical_grid as module

    model = model_of(inline=TWO_CIRCUITS)
    slow = dataclasses.replace(model, slow_because="it is odd")
    monkeypatch.setattr(module, "grid_model", lambda source: slow)
    with pytest.raises(ComponentError, match=r"N-1 needs the fast solver.*it is odd"):
        grid(n_minus_1=True)
