"""A gate cannot be wired around: whatever is connected to what it commands goes through it, or is a mistake."""

from __future__ import annotations

import pytest

from tests.twin.gate.gated import LIMITS, run_site, write_site
from twin.cosim.build import build_site
from twin.cosim.wiring import wire
from twin.errors import ScenarioError
from twin.gate.shadow.shadow import Shadow, wire_without_layers
from twin.scenario.loader import load_scenario

BALANCED = "controllers: {balancer: {type: real_time_balancer}}\n"
WATCHED = "controllers: {watchdog: {type: watchdog}}\n"
BY_VOLTAGE = """\
controllers: {voltage: {type: voltage_band_setpoint, rated_mw: 0.1, min_load: 0.5}}
connections:
  - {from: grid.SITE.vm_pu, to: voltage.vm_pu, delayed: true, initial: 1.0}
  - {from: voltage.p_set_mw, to: gate.bess.p_set_mw}
"""


def wiring_of(folder, extra, limits=LIMITS):
    return {(str(e.source), str(e.target)) for e in wire(build_site(load_scenario(
        write_site(folder, extra, limits))))}


@pytest.mark.parametrize(("source", "target", "asset_port", "more"), [
    ("operator.bess.p_set_mw", "bess.p_set_mw", "bess.p_set_mw", ""),
    ("operator.bess.p_set_mw", "watchdog.bess.p_set_mw", "bess.p_set_mw", WATCHED),  # into a layer above the gate
    ("office.p_mw", "bess.p_set_mw", "bess.p_set_mw", ""),  # what is no controller at all
    ("pv.p_mw", "pv.p_limit_mw", "pv.p_limit_mw", ""),
    ("office.p_mw", "office.interrupt_frac", "office.interrupt_frac", ""),
    ("operator.planned_exchange_mw", "balancer.planned_exchange_mw", "planned_exchange_mw", BALANCED),  # a plan
])
def test_a_connection_around_the_gate_is_a_mistake_at_its_place(tmp_path, source, target, asset_port, more):
    extra = f"connections:\n  - {{from: {source}, to: {target}}}\n{more}"
    with pytest.raises(ScenarioError) as caught:
        wiring_of(tmp_path, extra)
    text = str(caught.value)
    line = (tmp_path / "gated.yaml").read_text().splitlines().index(extra.splitlines()[1]) + 1
    assert f"gated.yaml:{line}:" in text and f"{source} -> {target} goes around the gate" in text
    assert f"connect it to gate.{asset_port}" in text and "gate: {enabled: false}" in text


@pytest.mark.parametrize("extra", [
    "connections:\n  - {from: watchdog.bess.p_set_mw, to: bess.p_set_mw}\n" + WATCHED,  # from above the gate
    "connections:\n  - {from: grid.exchange_mw, to: operator.exchange_mw}\n",  # no command
    "connections:\n  - {from: grid.SITE.vm_pu, to: watchdog.bess.vm_pu}\n" + WATCHED,  # a reading
])
def test_other_connections_are_none_of_the_gates_business(tmp_path, extra):
    assert ("operator.bess.p_set_mw", "gate.bess.p_set_mw") in wiring_of(tmp_path, extra)
    assert Shadow(load_scenario(tmp_path / "gated.yaml"), 900).commands


def test_the_same_connection_is_allowed_where_there_is_no_gate(tmp_path):
    extra = "connections:\n  - {from: operator.bess.p_set_mw, to: bess.p_set_mw}\n"
    assert ("operator.bess.p_set_mw", "bess.p_set_mw") in wiring_of(tmp_path, extra, "gate: {enabled: false}\n")


def test_the_remedy_works_a_connection_to_the_gate_is_tried_and_released_like_any_other(tmp_path):
    """A controller without assets of its own takes the battery from the operator, in the run and in its shadow."""
    edges = wiring_of(tmp_path, BY_VOLTAGE)
    assert ("voltage.p_set_mw", "gate.bess.p_set_mw") in edges
    assert ("operator.bess.p_set_mw", "gate.bess.p_set_mw") not in edges
    shadow = Shadow(load_scenario(tmp_path / "gated.yaml"), 900)
    in_rollout = {(str(e.source), str(e.target)) for e in wire_without_layers(shadow._rollout_site)}
    assert ("voltage.p_set_mw", "bess.p_set_mw") in in_rollout
    assert ("operator.bess.p_set_mw", "bess.p_set_mw") not in in_rollout
    run, _ = run_site(tmp_path, BY_VOLTAGE, hours=1.0)
    asked, given = run.native("voltage.p_set_mw")[-1], run.native("gate.p_set_mw")[-1, 1]
    assert asked < 0.0 and given == asked == run.native("bess.p_requested_mw")[-1]
