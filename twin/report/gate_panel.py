"""The section on schedules and their release, and on how the real plant kept its limits."""

from __future__ import annotations

from html import escape

from twin.gate.limits.plant_verdict import PlantVerdict
from twin.gate.limits.verdict import VerdictError
from twin.report.figures.gate import before_and_after, planned_and_delivered, status_strip
from twin.report.gate_story import decided_otherwise, gate_of
from twin.report.gate_tables import Clock, breaches_table, clock_of, decisions_table, gate_line, limits_line
from twin.report.parts import figure_html, panel, sentence
from twin.report.timeline import Timeline
from twin.store.run_data import RunData

HOW = ("Every schedule was simulated in a copy of the twin before anything of it reached an asset. What was not "
       "accepted was repaired or replaced by a fallback that passes the same trial; where nothing passed, the assets "
       "went to their safe state.")
BREACH = ("Judged at the plant's own step by the limits that schedules are tried by. A stretch under a release is one "
          "that the gate had accepted; where a release begins or ends to hold, another stretch begins. Beside each "
          "stands what the proof had expected and what came otherwise.")
CHANGES = ("Set-points that changed most, over the horizon of the schedule; the red line is the worst moment of the "
           "violated limit.")


def gate_panel(run: RunData, timeline: Timeline) -> str:
    """The section; nothing for a run without gate and without limits."""
    gate, clock = gate_of(run), clock_of(run)
    plant = _plant(run, clock)
    if gate is None:
        return panel("Limits in the real plant", plant)
    decisions, unreadable = decided_otherwise(run)
    rows = decisions_table(decisions, clock, run.currency)
    return panel(
        "Schedules and release", f"<p><b>{escape(gate_line(run, gate))}.</b></p>",
        figure_html(status_strip(run, gate, timeline), "gate-status", "What held"),
        figure_html(planned_and_delivered(run, gate, timeline), "gate-planned", "Released and delivered power"),
        f'<h3>Not released as proposed</h3><div class="scroll">{rows}</div>' if rows else "",
        figure_html(before_and_after(decisions, timeline), "gate-changes", "Schedules before and after",
                    CHANGES),
        f'<p class="missing">{escape(unreadable)}</p>' if unreadable else "",
        f"<h3>Limits in the real plant</h3>{plant}" if plant else "",
        note=f"{HOW} {sentence(timeline.note)}",
    )


def _plant(run: RunData, clock: Clock) -> str:
    try:
        verdict = PlantVerdict.read(run.directory) if run.directory is not None else None
    except VerdictError as error:
        return f'<p class="missing">{escape(str(error))}</p>'
    if verdict is None:
        return ""
    rows = breaches_table(verdict, clock)
    note = f'<p class="note">{escape(BREACH)}</p><div class="scroll">{rows}</div>' if rows else ""
    return f"<p>{escape(limits_line(verdict))}.</p>{note}"
