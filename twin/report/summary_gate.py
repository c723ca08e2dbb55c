"""The release gate and the limits of the real plant in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.gate.limits.plant_verdict import PlantVerdict
from twin.report.gate_story import gate_of
from twin.report.gate_tables import breach_sentence, clock_of, gate_line, limits_line
from twin.store.run_data import RunData

if TYPE_CHECKING:
    from rich.console import RenderableType

MOST_BREACHES = 3


def gate_block(run: RunData) -> RenderableType | None:
    """What the gate decided in a line; then where the real plant left its hard limits, and why."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    gate = gate_of(run)
    verdict = PlantVerdict.read(run.directory) if run.directory is not None else None
    parts: list[RenderableType] = [] if gate is None else [Text(gate_line(run, gate), style="bold")]
    if verdict is not None:
        clock = clock_of(run)
        parts.append(Text(limits_line(verdict), style="bold red" if verdict.hard_count else "dim"))
        hard = [breach for breach in verdict.breaches if breach.hard]
        parts += [Padding(Text(breach_sentence(b, clock), style="red"), (0, 0, 0, 2)) for b in hard[:MOST_BREACHES]]
        if len(hard) > MOST_BREACHES:
            parts.append(Padding(Text("the report has the others", style="dim"), (0, 0, 0, 2)))
    return Group(*parts, Text()) if parts else None
