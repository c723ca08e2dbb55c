"""What every device type owes the framework, run over the rows of ``tests/device_specs``."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.device_specs import SPECS, DeviceSpec, Seen
from tests.test_component_contract import _holds_numbers, _quantities_of_params
from twin.codec import encode
from twin.device import Action, Command, Device, Fault, FaultKind, FaultPlan
from twin.registry import device_class, device_types
from twin.units import unit_of

EVERY_ROW = pytest.mark.parametrize("spec", SPECS, ids=[s.type_name for s in SPECS])
HORIZON_S = 240
"""Long enough for starts, minimum times and rests of the rows."""


def exact(value: object) -> str:
    """Text that is equal only if every bit is."""
    return json.dumps(encode(value))


def exact_action(action: Action) -> str:
    return exact([list(action.values), action.mode, action.events])


@st.composite
def plans(draw: st.DrawFn, spec: DeviceSpec) -> FaultPlan:
    """Up to four faults of the kinds that the device feels, and up to three resets."""
    faults = []
    for kind in draw(st.lists(st.sampled_from(spec.feels), max_size=4)):
        start_s = draw(st.integers(0, HORIZON_S - 1))
        factor = draw(st.sampled_from({FaultKind.DERATE: [0.1, 0.5, 1.0], FaultKind.SLOW: [1.0, 3.7]}.get(kind, [1.0])))
        faults.append(Fault(kind, start_s, start_s + draw(st.integers(1, 90)), factor))
    resets = draw(st.lists(st.integers(0, HORIZON_S - 1), max_size=3))
    return FaultPlan(tuple(sorted(faults, key=lambda f: f.start_s)), tuple(sorted(resets)))


def commands(spec: DeviceSpec) -> st.SearchStrategy[float]:
    """Anything: rest, small, large, too large, and what is no number."""
    most = spec.largest_mw
    return st.one_of(st.sampled_from([0.0, most, -most, 1e-9, 2 * most, -2 * most, math.nan, math.inf, -math.inf]),
                     st.floats(-1.5 * most, 1.5 * most))


@st.composite
def cases(draw: st.DrawFn, spec: DeviceSpec, step_s: int) -> tuple[FaultPlan, list[float]]:
    """A plan, and a command for each step of the horizon, held for a while."""
    series: list[float] = []
    while len(series) < HORIZON_S // step_s:
        series += [draw(commands(spec))] * draw(st.integers(1, max(1, 60 // step_s)))
    return draw(plans(spec)), series[:HORIZON_S // step_s]


def run(device: Device, series: list[float], step_s: int) -> list[Action]:
    return [device.act(k * step_s, step_s, Command(value)) for k, value in enumerate(series)]


@EVERY_ROW
@settings(max_examples=15)
@given(data=st.data())
def test_a_device_rebooted_at_every_boundary_does_the_same_bit_for_bit(spec: DeviceSpec, data: st.DataObject) -> None:
    step_s = data.draw(st.sampled_from([1, 7]))
    plan, series = data.draw(cases(spec, step_s))
    unbroken = spec.build(plan)
    expected = run(unbroken, series, step_s)
    device = spec.build(plan)
    for k, value in enumerate(series):
        device = spec.rebooted(device)
        assert exact_action(device.act(k * step_s, step_s, Command(value))) == exact_action(expected[k]), f"step {k}"
    assert exact(device.state) == exact(unbroken.state)


@EVERY_ROW
@settings(max_examples=15)
@given(data=st.data())
def test_long_steps_give_the_energy_of_short_ones(spec: DeviceSpec, data: st.DataObject) -> None:
    plan, series = data.draw(cases(spec, 60))
    if spec.commands:
        series = [spec.commands[round(abs(value)) % len(spec.commands)] if math.isfinite(value) else spec.commands[0]
                  for value in series]
    long = [spec.energy(action) * (1 if spec.energy_per_step else 60) for action in run(spec.build(plan), series, 60)]
    short = [spec.energy(a) for a in run(spec.build(plan), [v for v in series for _ in range(60)], 1)]
    per_long_step = [sum(short[60 * k:60 * k + 60]) for k in range(len(series))]
    assert long == pytest.approx(per_long_step, abs=1e-5), "MW s, or positions"


@EVERY_ROW
@settings(max_examples=40)
@given(data=st.data())
def test_limits_hold_whatever_is_commanded_and_whatever_fails(spec: DeviceSpec, data: st.DataObject) -> None:
    step_s = data.draw(st.sampled_from([1, 5, 60]))
    plan, series = data.draw(cases(spec, step_s))
    device = spec.build(plan)
    before, disturbed_before, was_fault = None, False, False
    for k, value in enumerate(series):
        t_s = k * step_s
        action = device.act(t_s, step_s, Command(value))
        during = [f for f in plan.faults if f.start_s < t_s + step_s and f.end_s > t_s]
        throughout = [f.factor for f in during
                      if f.kind is FaultKind.DERATE and f.start_s <= t_s and f.end_s >= t_s + step_s]
        begins = any(f.kind in (FaultKind.TRIP, FaultKind.DERATE) for f in during)
        spec.check(Seen(device, action, step_s, frozenset(f.kind for f in during), min(throughout, default=1.0), before,
                        begins or disturbed_before))
        is_fault = action.mode == device.FAULT
        reset = any(t_s <= s < t_s + step_s for s in plan.resets_s)
        if was_fault and is_fault and not reset:
            assert not any(action.values), "0 while it is tripped"
        assert all(math.isfinite(v) for v in action.values)
        before, disturbed_before, was_fault = action, begins, is_fault


@EVERY_ROW
@settings(max_examples=40)
@given(data=st.data())
def test_only_a_reset_after_the_cause_is_gone_ends_a_trip(spec: DeviceSpec, data: st.DataObject) -> None:
    plan, series = data.draw(cases(spec, 1))
    device = spec.build(plan)
    was_fault = False
    for t_s, value in enumerate(series):
        is_fault = device.act(t_s, 1, Command(value)).mode == device.FAULT
        if plan.has(FaultKind.TRIP, t_s):
            assert is_fault
        elif was_fault and not is_fault:
            assert t_s in plan.resets_s
        elif is_fault and not was_fault:
            pytest.fail(f"tripped at {t_s} s without a cause")
        was_fault = is_fault


@EVERY_ROW
def test_a_command_that_is_no_number_is_refused_once_and_counts_as_none(spec: DeviceSpec) -> None:
    """The last one holds for the time-out; then the device does what it does without communication."""
    good, bad, cut_off = spec.build(), spec.build(), spec.build(FaultPlan((Fault(FaultKind.COMM_LOSS, 60, 120),), ()))
    held = run(good, [spec.largest_mw] * 120, 1)
    refused = run(bad, [spec.largest_mw] * 60 + [math.nan] * 60, 1)
    silent = run(cut_off, [spec.largest_mw] * 120, 1)
    until_s = 60 + round(bad.params.heartbeat_timeout_s)
    assert [(a.values, a.mode) for a in refused[:until_s]] == [(a.values, a.mode) for a in held[:until_s]]
    assert [(a.values, a.mode) for a in refused] == [(a.values, a.mode) for a in silent]
    told = [(e.t_s, e.kind) for a in refused for e in a.events if e.kind in ("invalid_setpoint", "heartbeat_lost")]
    assert told == [(60, "invalid_setpoint"), (until_s, "heartbeat_lost")]


@EVERY_ROW
def test_events_name_the_device_and_their_second(spec: DeviceSpec) -> None:
    kinds = [k for k in spec.feels if k is not FaultKind.TRIP]
    plan = FaultPlan((*(Fault(k, 30, 60, 0.5 if k is FaultKind.DERATE else 2.0) for k in kinds),
                      Fault(FaultKind.TRIP, 70, 100)), (80, 110))
    [action] = run(spec.build(plan), [spec.largest_mw], 120)
    assert all(e.component == "unit_under_test" and e.message.startswith("unit_under_test: ") for e in action.events)
    told = [(e.t_s, e.kind) for e in action.events]
    assert told == sorted(told, key=lambda item: item[0]), "in the order in which they happen"
    assert [item for item in told if item[1] in ("tripped", "reset_refused", "reset_done")] == [
        (70, "tripped"), (80, "reset_refused"), (110, "reset_done")]
    assert [t for t, kind in told if kind == "fault_begins"] == [30] * len(kinds)
    assert [t for t, kind in told if kind == "fault_ends"] == [60] * len(kinds) + [100]


@pytest.mark.parametrize("type_name", device_types())
def test_every_quantity_has_a_unit_in_its_name_and_every_parameter_explains_itself(type_name: str) -> None:
    cls = device_class(type_name)
    assert issubclass(cls.Params, BaseModel)
    names = _quantities_of_params(cls.Params)
    names += [f.name for f in dataclasses.fields(cls.State) if _holds_numbers({"float": float, "int": int}.get(f.type))]
    assert [name for name in names if unit_of(name) is None] == []
    assert [name for name, f in cls.Params.model_fields.items() if not f.description] == []


def test_every_registered_type_has_a_row() -> None:
    assert set(device_types()) == {s.type_name for s in SPECS}
