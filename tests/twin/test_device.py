"""The device contract: plans of faults are half-open in time, parameters strict, snapshots independent."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.twin.toys import Gate, GateParams
from twin import registry
from twin.device import Command, Fault, FaultKind, FaultPlan
from twin.errors import ComponentError

TRIP = Fault(FaultKind.TRIP, 100, 160)
DERATE = Fault(FaultKind.DERATE, 150, 200, 0.5)
PLAN = FaultPlan((TRIP, DERATE), resets_s=(160, 300))


@pytest.mark.parametrize(("t_s", "present"), [
    (99, ()), (100, (TRIP,)), (149, (TRIP,)), (150, (TRIP, DERATE)), (160, (DERATE,)), (200, ())])
def test_a_fault_is_present_from_its_start_until_just_before_its_end(t_s: int, present: tuple[Fault, ...]) -> None:
    assert PLAN.at(t_s) == present
    assert PLAN.has(FaultKind.TRIP, t_s) is (TRIP in present)


def test_changes_are_sorted_instants_each_told_once() -> None:
    assert PLAN.changes_s(0) == (100, 150, 160, 200, 300)
    assert PLAN.changes_s(160) == (160, 200, 300)
    assert FaultPlan().changes_s(0) == ()


def test_a_device_takes_its_types_from_its_declaration() -> None:
    assert Gate.Params is GateParams
    assert Gate("store", GateParams(), None).state.opened_count == 0


def test_unknown_and_infinite_parameters_are_refused() -> None:
    for wrong in ({"most": 1}, {"most_mw": float("inf")}):
        with pytest.raises(ValidationError):
            GateParams.model_validate(wrong)


def test_a_snapshot_stays_what_it_was() -> None:
    gate = Gate("store", GateParams(), None)
    before = gate.snapshot()
    gate.act(0, 60, Command(1.0, reset=True))
    assert (before.opened_count, gate.state.opened_count) == (0, 1)
    gate.restore(before)
    gate.act(0, 60, Command(1.0, reset=True))
    assert (before.opened_count, gate.state.opened_count) == (0, 1)


def test_devices_are_found_by_name_and_components_are_not_among_them(toys: object) -> None:
    assert registry.device_class("gate") is Gate
    assert registry.device_types() == ("gate",)
    with pytest.raises(ComponentError, match="unknown type 'gates'; did you mean 'gate'"):
        registry.device_class("gates")
    with pytest.raises(ComponentError, match="unknown type 'store'; known types: gate"):
        registry.device_class("store")
