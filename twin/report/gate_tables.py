"""The release gate in words and tables: counts, decisions that were no plain release, breaches in the real plant."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from twin.gate.decision import GateStatus
from twin.gate.limits.plant_verdict import Breach, PlantVerdict
from twin.report import tables
from twin.report.formats import money
from twin.report.gate_story import Decided, decisions_by_status, trials_count
from twin.report.timeline import span_text
from twin.store.run_data import ComponentRecord, RunData
from twin.units import unit_of, with_unit

MOST_ROWS = 100
"""Decisions and breaches printed; ledger and verdict of the run hold all."""
MOST_CHANGES = 3
"""Set-points named per decision."""
WORDS = {GateStatus.RELEASED: "released", GateStatus.REPAIRED: "repaired", GateStatus.FALLBACK: "fallback",
         GateStatus.SAFE_STATE: "safe state", GateStatus.BY_HAND: "by hand"}
COUNTED = {GateStatus.RELEASED: "released as proposed", GateStatus.REPAIRED: "repaired and released",
           GateStatus.FALLBACK: "fallback", GateStatus.SAFE_STATE: "safe state",
           GateStatus.BY_HAND: "released by hand"}
ALWAYS_TOLD = (GateStatus.RELEASED, GateStatus.REPAIRED, GateStatus.FALLBACK, GateStatus.SAFE_STATE)

Clock = Callable[[int], str]
"""Seconds from the start → local time."""


def gate_line(run: RunData, gate: ComponentRecord) -> str:
    """``Gate: 96 decisions: 93 released as proposed, 2 repaired and released, 1 fallback, …; 291 trials``."""
    counts = decisions_by_status(run, gate)
    told = [f"{counts[one]} {word}" for one, word in COUNTED.items() if counts[one] or one in ALWAYS_TOLD]
    decisions = _counted(sum(counts.values()), "decision", "decisions")
    return f"Gate: {decisions}: {', '.join(told)}; {trials_count(run, gate)} trials"


def limits_line(verdict: PlantVerdict) -> str:
    """How the real plant kept its limits, in a sentence."""
    judged = f"{verdict.signals_count} signals judged"
    soft = sum(count.breaches for count in verdict.counts if not count.hard)
    also = f"; {_counted(soft, 'stretch', 'stretches')} outside soft limits" if soft else ""
    if not verdict.hard_count:
        return f"Limits: no hard limit was exceeded in the real plant ({judged}){also}"
    names = ", ".join(count.name for count in verdict.counts if count.hard)
    accepted = ""
    if verdict.gated:
        lasted = f" ({span_text(verdict.accepted_s)})" if verdict.accepted_count else ""
        accepted = f", {verdict.accepted_count} of them{lasted} under a release of the gate"
    return (f"Limits: the real plant was outside hard limits in {_counted(verdict.hard_count, 'stretch', 'stretches')} "
            f"({span_text(verdict.hard_s)}){accepted} ({names}; {judged}){also}")


def breach_sentence(breach: Breach, clock: Clock) -> str:
    """What happened, beside what had been expected."""
    span = span_text(breach.duration_s)
    causes = f": {'; '.join(breach.causes)}" if breach.causes else "" if breach.accepted else ": nothing was released"
    worst = with_unit(f"{breach.worst_value:.4g}", breach.unit)
    return (f"{breach.signal} was {worst} at {clock(breach.worst_t_s)}, limit "
            f"{breach.bound:.4g} ({breach.name}), {span} outside{causes}")


def decisions_table(decisions: Sequence[Decided], clock: Clock, currency: str) -> str:
    """Every decision that was no plain release; empty without one."""
    rows = []
    for alike in _alike(decisions)[:MOST_ROWS]:
        d, last = alike[0], alike[-1]
        when = clock(d.t_s) if d is last else f"{clock(d.t_s)} – {clock(last.t_s)}, {len(alike)} times"
        rows.append([when, _proposal(d, clock), _changes(d, clock), "; ".join(d.changed) or "–",
                     "–" if d.cost is None else money(float(d.cost)), _conclusion(d)])
    return tables.table(["Decided at", "Proposal", "Proposed → released", "What repair changed", f"Cost [{currency}]",
                         "Verdict"], rows, text_columns=6, css="events") if rows else ""


def breaches_table(verdict: PlantVerdict, clock: Clock) -> str:
    """What the real plant did outside its limits; empty where it kept them."""
    rows = [[f"{clock(b.t_s)} – {clock(b.end_s)}", f"{b.name} ({'hard' if b.hard else 'soft'})", b.signal,
             f"{with_unit(f'{b.worst_value:.4g}', b.unit)} at {clock(b.worst_t_s)}", f"{b.bound:.4g}",
             "–" if math.isnan(b.expected_value) else f"{b.expected_value:.4g}", b.release_id[:8] or "nothing",
             "; ".join(b.causes) or "–"] for b in verdict.breaches[:MOST_ROWS]]
    return tables.table(["From – to", "Limit", "Signal", "Worst value", "Bound", "Expected", "Released was",
                         "What came otherwise"], rows, text_columns=8, css="events") if rows else ""


def clock_of(run: RunData) -> Clock:
    """Local time of an instant; with the day in runs of more than one."""
    zone, start = ZoneInfo(run.timezone), run.start.timestamp()
    shape = "%H:%M" if run.duration_s <= 86_400 else "%m-%d %H:%M"
    return lambda t_s: f"{datetime.fromtimestamp(start + t_s, zone):{shape}}"


def _alike(decisions: Sequence[Decided]) -> list[list[Decided]]:
    """Decisions in a row that led to the safe state because of one and the same limit are told once."""
    groups: list[list[Decided]] = []
    for d in decisions:
        before = groups[-1][-1] if groups else None
        if before is not None and d.status is before.status is GateStatus.SAFE_STATE and d.violation and \
                before.violation and d.violation["name"] == before.violation["name"]:
            groups[-1].append(d)
        else:
            groups.append([d])
    return groups


def _proposal(d: Decided, clock: Clock) -> str:
    """What was wrong with it."""
    if d.violation is None:
        return d.reason or d.outcome.replace("_", " ") or "none"
    v = d.violation
    more = f" and {d.violations_count - 1} more" if d.violations_count > 1 else ""
    where = f"; expectation {v['expectation']}" if v["expectation"] != "nominal" else ""
    return (f"{v['signal']} {float(v['worst_value']):.4g} {v['unit']} at {clock(int(v['worst_t_s']))}, limit "
            f"{float(v['bound']):.4g} ({v['name']}{where}){more}")


def _changes(d: Decided, clock: Clock) -> str:
    changes = d.changes()
    told = [f"{c.key} {_number(c.before)} → {_number(c.after)} {unit_of(c.key) or ''}".rstrip()
            + f" at {clock(c.t_s)}" + (f", in {c.steps} steps" if c.steps > 1 else "") for c in changes[:MOST_CHANGES]]
    more = len(changes) - MOST_CHANGES
    return "; ".join([*told, *([f"and {more} more set-points"] if more > 0 else [])]) or "–"


def _conclusion(d: Decided) -> str:
    rounds = f" in {_counted(d.rounds, 'round', 'rounds')}" if d.status is GateStatus.REPAIRED else ""
    tried = f", {_counted(d.rounds, 'repair', 'repairs')} in vain" \
        if d.rounds and d.status in (GateStatus.FALLBACK, GateStatus.SAFE_STATE) else ""
    name = f" {d.name!r}" if d.status is GateStatus.FALLBACK else ""
    return f"{WORDS[d.status]}{name}{rounds}{tried}"


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "no limit"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
