"""A run as components see it that act on the whole twin (the release gate) or obey it (devices)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.component import Component
from twin.cosim.edges import Edge

if TYPE_CHECKING:
    from twin.gate.release.book import ReleaseBook
    from twin.scenario.resolved import ResolvedScenario


@dataclass(slots=True)
class RunView:
    """Handed to every component before the first step."""

    components: Mapping[str, Component]
    """In build order."""
    scenario: ResolvedScenario
    start_s: int
    """Where this run, or its continuation, begins."""
    edges: Sequence[Edge] = ()
    """Who feeds whom."""
    directory: Path | None = None
    """Of the run; None where nothing is stored."""
    book: ReleaseBook | None = None
    """What is released; set by the gate of the site, if it has one."""
    refused: list[str] = field(default_factory=list)
    """``asset.port`` of commands that are refused at present because nobody released them; the gate's memory of it."""
    note: Callable[[str, Mapping[str, Any]], None] | None = None
    """Writes kind and body (with ``t_s`` and ``message``) into the ledger; set by the gate of the site."""
    last: dict[str, Any] = field(default_factory=dict)
    """Component → what it delivered last."""
    before_last: dict[str, Any] = field(default_factory=dict)
    """Component → what it delivered in the step before."""
    reached_s: dict[str, int] = field(default_factory=dict)
    """Component → up to when it has stepped."""

    def outputs_before(self, t_s: int) -> dict[str, Any]:
        """What everybody delivered in the last step that was over at ``t_s``; stages may be a step apart."""
        return {name: self.before_last.get(name) if self.reached_s.get(name, self.start_s) > t_s
                else self.last.get(name) for name in self.components}
