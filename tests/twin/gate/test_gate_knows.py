"""What the gate has to count with: faults that are there, what the watchdog holds, leases, who waits for a person."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twin.gate.gated import run_scenario, run_site
from twin.component import Layer, Section
from twin.device import Fault, FaultKind, FaultPlan
from twin.gate.decision import GateStatus
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import LedgerReader
from twin.gate.proving import ProvingGround
from twin.gate.setpoints import latched_values
from twin.gate.takeover.lease import Lease, LeaseState, held_steps
from twin.schedule import Horizon
from twin.store.layout import LEDGER

GATE = "gate: {interval_s: 900, step_s: 900, horizon_h: 1, workers: 1}\nrun: {checkpoint_every_s: 0}\n"


def site(limits: str, gate: str = GATE) -> str:
    return f"limits:\n{limits}\n{gate}"


def of_bess(run, name: str) -> np.ndarray:
    owner, _, output = name.partition(".")
    values = run.native(name)
    return values if values.ndim == 1 else values[:, run.components[owner].vectors[output].index("bess")]


def times_s(run) -> np.ndarray:
    return np.arange(len(run.native("gate.status_code"))) * run.components["gate"].step_s


def told(run, kind: str) -> list[str]:
    return [event.message for event in run.events if event.kind == kind]


def test_a_fault_that_has_begun_is_known_and_one_to_come_is_not():
    plan = FaultPlan((Fault(FaultKind.DERATE, 600, 1200, 0.5), Fault(FaultKind.TRIP, 900, 1500)))
    assert plan.begun(600).faults == () and plan.begun(1500).faults == ()
    [known] = plan.begun(900).faults
    assert (known.kind, known.start_s, known.factor) == (FaultKind.DERATE, 600, 0.5)
    assert known.end_s > 10**9, "nobody on the site knows when it will be over"


def test_the_shadow_counts_with_a_derating_that_is_there(tmp_path):
    """A battery that gives 10 % of its power cannot be what keeps a limit; a proof that says so is none."""
    run, _ = run_site(tmp_path, "devices: {bess: {type: battery_pcs}}\n"
                      "faults: [{type: derate, asset: bess, at: '00:20', duration_s: 9000, factor: 0.1}]\n"
                      "takeovers: [{at: '00:30', asset: bess, p_set_mw: 0.3, duration_s: 1800, who: A}]\n",
                      limits=site("  delivered: {signal: bess.p_set_mw, minus: bess.p_mw, high: 0.05, low: -0.05, "
                                  "class: delivery, source: what is promised is delivered}"), hours=1)
    assert [m for m in told(run, "request_takeover") if "rejected by the gate" in m]


def test_what_the_watchdog_holds_is_held_in_every_schedule():
    class Held:
        section, layer = Section.CONTROLLERS, Layer.WATCHDOG

        def terminals(self):
            return {"asset": ("bess", "chp")}

    class Told:
        sign_code = np.array([0, 3])
        p_set_mw, p_limit_mw, interrupt_frac = np.array([0.5, 1.2]), np.array([np.inf, np.inf]), np.zeros(2)

    assert latched_values({"watchdog": Held()}, {"watchdog": Told()}) == {
        "chp.p_set_mw": 1.2, "chp.p_limit_mw": np.inf, "chp.interrupt_frac": 0.0}


def test_a_repair_may_not_change_what_a_person_or_the_watchdog_holds():
    lease = Lease("1", "A", "bess.p_set_mw", -0.2, 1000, 2000, state=LeaseState.ACTIVE)
    held = held_steps(Horizon(900, 900, 3), [lease], ["chp.p_set_mw"])
    assert held["bess.p_set_mw"].tolist() == [True, True, False], "every step that the lease touches"
    assert held["chp.p_set_mw"].all()


def test_a_lease_with_which_nothing_can_be_proved_any_more_ends(tmp_path):
    """The takeover charges; when the morning's load comes, import would be too high with it, and is not without."""
    file = tmp_path / "morning.yaml"
    file.write_text("name: morning\nextends: minimal.yaml\ntime: {start: 2025-06-18T06:00:00+02:00, duration_h: 1.5}\n"
                    "assets: {bess: {initial_soc: 0.1}}\n"
                    "takeovers: [{at: '06:20', asset: bess, p_set_mw: -0.12, duration_s: 14400, who: A}]\n" + site(
                        "  import: {signal: grid.exchange_mw, high: 0.42, class: exchange, source: contract}"))
    run, directory = run_scenario(file, tmp_path / "run")
    [why] = told(run, "lease_withdrawn")
    assert "A ends early" in why and "import" in why
    with LedgerReader(directory / LEDGER) as reader:
        [end] = reader.entries(Kind.TAKEOVER_END)
    after = times_s(run) >= end.body["t_s"]
    assert end.body["lease"]["state"] == "withdrawn" and end.body["t_s"] < 1200 + 14400
    assert (of_bess(run, "gate.p_set_mw")[after] != -0.15).all()
    assert GateStatus.SAFE_STATE not in run.native("gate.status_code")


def test_by_hand_a_release_whose_state_band_is_left_gives_way_to_a_proved_fallback(tmp_path):
    """A battery that delivers 2 % of what it should is soon not as full as the proof saw it."""
    run, _ = run_site(tmp_path, "assets: {bess: {initial_soc: 0.9}}\ndevices: {bess: {type: battery_pcs}}\n"
                      "faults: [{type: derate, asset: bess, at: '01:05', duration_s: 9000, factor: 0.02}]\n"
                      "takeovers: [{at: '00:50', asset: bess, p_set_mw: 0.4, duration_s: 7200, who: A}]\n"
                      "hand_releases: [{at: '01:02', decision: release, who: A}]\n",
                      limits=site("  import: {signal: grid.exchange_mw, high: 5.0, class: exchange, source: contract}",
                                  GATE.replace("workers: 1", "workers: 1, release: by_hand")), hours=2)
    left = [event.t_s for event in run.events if event.kind == "state_left_its_band"]
    assert left, "the battery should have left the band"
    status = run.native("gate.status_code")[times_s(run) >= left[0]]
    assert (status == GateStatus.FALLBACK).all()


@pytest.mark.parametrize("horizon_h", [1, 6])
def test_by_hand_a_fallback_follows_what_becomes_void(tmp_path, horizon_h):
    run, _ = run_site(tmp_path, "hand_releases: [{at: '00:20', decision: release, who: A}]\n",
                      limits=site("  import: {signal: grid.exchange_mw, high: 1.5, class: exchange, source: contract}",
                                  f"gate: {{interval_s: 900, step_s: 900, horizon_h: {horizon_h}, workers: 1, "
                                  "release: by_hand}\n"), hours=2)
    status = run.native("gate.status_code")
    assert GateStatus.BY_HAND in status and GateStatus.SAFE_STATE not in status
    assert not told(run, "release_expired")


def test_a_diesel_that_carries_the_hospital_goes_on_when_nothing_can_be_proved(tmp_path, monkeypatch):
    rollout, proved_until_s = ProvingGround.rollout, 2000

    def running(self, moment, horizon):
        """An operator that runs the diesel, and whose schedules fail later on."""
        return {**rollout(self, moment, horizon), "diesel.p_set_mw": np.full(horizon.steps, 0.2)}

    judged = ProvingGround.try_all

    def unproved(self, schedules, moment):
        tried = judged(self, schedules, moment)
        if moment.state.t_s < proved_until_s:
            return tried
        return [type(one)(one.schedule, _rejected(one.verdict), one.nominal) for one in tried]

    monkeypatch.setattr(ProvingGround, "rollout", running)
    monkeypatch.setattr(ProvingGround, "try_all", unproved)
    run, _ = run_site(tmp_path, "assets: {diesel: {type: diesel_generator, rated_mw: 0.3}}\n",
                      limits=site("  import: {signal: grid.exchange_mw, high: 1.5, class: exchange, source: contract}"),
                      hours=1)
    status, p_mw = run.native("gate.status_code"), run.native("diesel.p_mw")
    assert (status[-3:] == GateStatus.SAFE_STATE).all()
    assert p_mw[-3:] == pytest.approx(0.2)


def _rejected(verdict):
    """The same verdict, turned down."""
    import dataclasses

    from twin.gate.limits.verdict import Outcome

    return dataclasses.replace(verdict, outcome=Outcome.REJECTED)
