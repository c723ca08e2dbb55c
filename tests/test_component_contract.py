"""What every component type owes the framework, run over the rows of ``tests/component_specs``."""

from __future__ import annotations

import copy
import json
import math
import typing
from dataclasses import fields
from types import UnionType
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from tests.component_specs import ComponentSpec, all_specs
from twin.codec import decode, encode
from twin.component import Component, Role
from twin.registry import component_class, component_types
from twin.units import unit_of

SPECS = all_specs()

EXTREME_COMMANDS: dict[str, tuple[float, ...]] = {
    "p_set_mw": (1e6, -1e6, 1e-9, -1e-9, 0.0, 1e6, math.inf, -math.inf, math.nan, -1e6),
    "p_limit_mw": (math.inf, 0.0, 1e6, 1e-9, -1.0, -1e6, -math.inf, math.inf),
    "interrupt_frac": (1.0, 0.0, 1e-9, 1e6, -1e6),
}
"""Commands nobody should send; a component must stay within its limits all the same."""

P_MW_SIGN: dict[Role, int] = {Role.LOAD: -1, Role.RENEWABLE: 1, Role.GENERATOR: 1}
"""Into the network is positive; a storage unit does both."""

POWER_OUTPUTS = ("p_mw", "heat_mw", "cooling_mw")
"""What a component exchanges with the networks; it has at least one of them."""

EVERY_ROW = pytest.mark.parametrize("spec", SPECS, ids=[s.id for s in SPECS])


def input_series(spec: ComponentSpec, *, extreme: bool = False) -> list[dict[str, Any]]:
    """Inputs of each step; with ``extreme`` every other command is one of :data:`EXTREME_COMMANDS`."""
    rng = np.random.default_rng(7)
    series = [spec.inputs(rng, k * spec.step_s) for k in range(spec.steps)]
    if not extreme:
        return series
    commands = {f.name for f in fields(component_class(spec.type_name).Inputs)} & EXTREME_COMMANDS.keys()
    for k in range(0, spec.steps, 2):
        for name in commands:
            values = EXTREME_COMMANDS[name]
            series[k][name] = values[(k // 2) % len(values)]
    return series


def run(component: Component, spec: ComponentSpec, series: list[dict[str, Any]], first: int = 0) -> list[Any]:
    """Step through ``series[first:]`` and return the outputs, each copied at its own time."""
    outputs = []
    for k in range(first, len(series)):
        inputs = component.Inputs(**copy.deepcopy(series[k]))
        outputs.append(copy.deepcopy(component.step(k * spec.step_s, spec.step_s, inputs)))
    return outputs


def exact(value: Any) -> str:
    """Text that is equal only if every bit is (NaN equals NaN, -0.0 differs from 0.0)."""
    return json.dumps(encode(value))


@EVERY_ROW
def test_resumed_run_equals_unbroken_run_bit_for_bit(spec: ComponentSpec) -> None:
    series = input_series(spec, extreme=True)
    half = len(series) // 2
    unbroken = spec.build()
    expected = run(unbroken, spec, series)

    first_part = spec.build()
    run(first_part, spec, series[:half])
    plain = first_part.snapshot()
    text = exact(plain)

    through_json = spec.build()
    through_json.restore(decode(json.loads(text), like=through_json.state))
    assert exact(run(through_json, spec, series, half)) == exact(expected[half:])
    assert exact(through_json.state) == exact(unbroken.state)

    through_snapshot = spec.build()
    through_snapshot.restore(plain)
    assert exact(run(through_snapshot, spec, series, half)) == exact(expected[half:])
    assert exact(through_snapshot.state) == exact(unbroken.state)


@EVERY_ROW
def test_snapshot_is_independent_of_what_follows(spec: ComponentSpec) -> None:
    series = input_series(spec)
    half = len(series) // 2
    component = spec.build()
    run(component, spec, series[:half])
    snapshot = component.snapshot()
    before = exact(snapshot)

    run(component, spec, series, half)
    assert exact(snapshot) == before, "stepping on changed the snapshot"

    other = spec.build()
    other.restore(snapshot)
    run(other, spec, series, half)
    assert exact(snapshot) == before, "stepping a restored component changed the snapshot"


@EVERY_ROW
def test_result_depends_on_seed_and_name_only_if_stochastic(spec: ComponentSpec) -> None:
    series = input_series(spec)
    reference = exact(run(spec.build(), spec, series))

    assert exact(run(spec.build(), spec, series)) == reference
    assert (exact(run(spec.build(seed=2), spec, series)) != reference) is spec.stochastic
    assert (exact(run(spec.build(name="another"), spec, series)) != reference) is spec.stochastic


@EVERY_ROW
def test_limits_hold_at_every_step_under_extreme_commands(spec: ComponentSpec) -> None:
    component = spec.build()
    for k, values in enumerate(input_series(spec, extreme=True)):
        inputs = component.Inputs(**values)
        previous_state = component.snapshot()
        outputs = component.step(k * spec.step_s, spec.step_s, inputs)
        spec.check_limits(component, inputs, outputs, previous_state)


@EVERY_ROW
def test_a_shadow_twin_may_look_beyond_the_end_of_the_scenario(spec: ComponentSpec) -> None:
    """The horizon of the last schedules of a run ends after the run."""
    component = spec.build()
    inputs = input_series(spec)[-1]
    for k in (spec.steps, spec.steps + 96):
        component.step(k * spec.step_s, spec.step_s, component.Inputs(**copy.deepcopy(inputs)))


@EVERY_ROW
def test_outputs_are_finite_and_carry_the_sign_of_the_role(spec: ComponentSpec) -> None:
    component = spec.build()
    sign = P_MW_SIGN.get(component.role)
    for outputs in run(component, spec, input_series(spec, extreme=True)):
        for f in fields(outputs):
            if f.name not in spec.non_finite_outputs:
                assert np.all(np.isfinite(getattr(outputs, f.name))), f.name
        if sign is not None:
            powers = [getattr(outputs, name) for name in POWER_OUTPUTS if hasattr(outputs, name)]
            assert powers
            assert all(sign * power >= 0.0 for power in powers)


def _holds_numbers(annotation: Any) -> bool:
    """Whether a field of this type is a quantity (and not a text, a flag, a code or a list of labels)."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _holds_numbers(args[0])
    if origin in (typing.Union, UnionType):
        return any(_holds_numbers(a) for a in args)
    if origin in (list, tuple):
        return float in args
    return annotation in (int, float) or annotation is np.ndarray or origin is np.ndarray


def _nested_models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for a in typing.get_args(annotation) for m in _nested_models(a)]


def _quantities_of_params(model: type[BaseModel]) -> list[str]:
    names = [name for name, f in model.model_fields.items() if _holds_numbers(f.annotation)]
    for f in model.model_fields.values():
        for nested in _nested_models(f.annotation):
            names += _quantities_of_params(nested)
    return names


@pytest.mark.parametrize("type_name", component_types())
def test_every_quantity_has_a_unit_in_its_name(type_name: str) -> None:
    cls = component_class(type_name)
    names = _quantities_of_params(cls.Params)
    for dataclass_type in (cls.Inputs, cls.Outputs, cls.State):
        hints = typing.get_type_hints(dataclass_type)
        names += [f.name for f in fields(dataclass_type) if _holds_numbers(hints[f.name])]
    without = [name for name in names if unit_of(name) is None]
    assert not without, f"{type_name}: no unit of twin/units.py in {without}"


@pytest.mark.parametrize("type_name", component_types())
def test_every_parameter_explains_itself(type_name: str) -> None:
    model_fields = component_class(type_name).Params.model_fields
    assert [name for name, f in model_fields.items() if not f.description] == []


def test_every_registered_type_has_a_row() -> None:
    assert set(component_types()) - {s.type_name for s in SPECS} == set()


def test_row_names_are_unique() -> None:
    ids = [s.id for s in SPECS]
    assert len(ids) == len(set(ids))
