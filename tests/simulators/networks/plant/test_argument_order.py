"""The compiled steps take some fifty arrays by position: every call passes what the parameter there is named after.

An exchange of two arrays of one type would compile, run, and be wrong; so calls and signatures are compared by name.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from simulators.networks.heat import kernel, network, step
from simulators.networks.plant import centres, cooling_step, heat_step

MANY = 12
"""From so many arguments on a call is checked."""
HANDED_OVER = {
    "float(spec.service)": "sign", "spec.fluid.density_kg_m3": "density",
    "spec.fluid.heat_capacity_j_kg_k": "heat_capacity", "spec.fluid.freezing_degc": "freezing_degc",
    "const.lines": "line_data", "state.source_degc": "source_set_degc", "float(inputs.ground_degc)": "ground_degc",
    "inputs.consumers": "consumer_in", "inputs.sources": "source_in", "inputs.feeds": "feed_in",
    "inputs.extractions": "extraction_in", "dt_s / substeps": "dt_s", "state.parcels.view(PARCEL)[..., 0]": "parcels",
    "state.rings.view(RING)[:, 0]": "rings", "state.lines.view(LINE)[:, 0]": "lines",
    "state.nodes.view(NODE_STATE)[:, 0]": "node_state",
}
"""What ``ThermalNetwork.advance`` passes under another name than that of the attribute."""
OF_CENTRES = {
    "self._source": "plant_source", "self._constants": "plants", "state.memory": "plain",
    "self._around.supplies": "supplies",
}
"""The same of the energy centres."""
SAME = {("bought_degc", "memory"), ("source_home", "home")}
"""(argument, parameter) with a name of its own where the meaning is the callee's."""


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(getattr(function, "py_func", function)).parameters)


def calls_in(module: ModuleType) -> Iterator[tuple[str, list[str], list[ast.expr]]]:
    """Calls with many positional arguments of functions that the module knows: name, parameters, arguments."""
    for found in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(found, ast.Call) and isinstance(found.func, ast.Name) and len(found.args) >= MANY:
            function = getattr(module, found.func.id, None)
            if callable(getattr(function, "py_func", function)):
                yield found.func.id, parameters(function), found.args


@pytest.mark.parametrize("module", [step, kernel, heat_step, cooling_step])
def test_what_is_passed_bears_the_name_of_the_parameter(module: ModuleType) -> None:
    seen = 0
    for name, expected, given in calls_in(module):
        assert len(given) == len(expected), name
        for argument, parameter in zip(given, expected, strict=True):
            if isinstance(argument, ast.Name):
                seen += 1
                assert argument.id == parameter or (argument.id, parameter) in SAME, (name, argument.id, parameter)
    assert seen > 40


def test_both_steps_with_plants_begin_as_the_step_without() -> None:
    without, heat, cooling = (parameters(f) for f in (
        step.run_step, heat_step.run_heat_step, cooling_step.run_cooling_step))
    assert heat[: len(without)] == without
    assert cooling == [*heat, "drive"]


def test_the_network_hands_over_what_the_steps_expect() -> None:
    drive = next(found for found in ast.walk(ast.parse(inspect.getsource(network)))
                 if isinstance(found, ast.Call) and isinstance(found.func, ast.Name) and found.func.id == "drive")
    assert [name_of(argument, HANDED_OVER) for argument in drive.args] == parameters(step.run_step)


def test_the_energy_centres_add_what_the_steps_with_plants_expect() -> None:
    """Their arrays, then ``deliveries`` and ``notes`` (and ``drive``) of the driver."""
    arrays = next(found for found in ast.walk(ast.parse(inspect.getsource(centres)))
                  if isinstance(found, ast.FunctionDef) and found.name == "_arrays")
    returned = arrays.body[-1]
    assert isinstance(returned, ast.Return) and isinstance(returned.value, ast.Tuple)
    given = [name_of(argument, OF_CENTRES) for argument in returned.value.elts]
    expected = parameters(heat_step.run_heat_step)[len(parameters(step.run_step)):]
    assert [*given, "deliveries", "notes"] == expected


def name_of(argument: ast.expr, translated: dict[str, str]) -> str:
    """The last part of what is passed, without its underscore; or its translation."""
    text = ast.unparse(argument)
    return translated.get(text, text.rpartition(".")[2].lstrip("_"))
