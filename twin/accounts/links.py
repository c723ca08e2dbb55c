"""The explicit connections of a run's scenario: what the record says of who hands what to whom."""

from __future__ import annotations

from typing import NamedTuple

from twin.store.run_data import RunData


class End(NamedTuple):
    """``component.port`` or ``component.terminal.port``."""

    component: str
    terminal: str
    """Empty where none is named."""
    port: str


class Link(NamedTuple):
    """One explicit connection."""

    source: End
    target: End
    delay: int
    """Steps after which a value arrives: 0 or 1."""


def links_of(run: RunData) -> tuple[Link, ...]:
    """All explicit connections, in scenario order."""
    return tuple(Link(_end(c.get("from")), _end(c.get("to")), 1 if c.get("delayed") else 0)
                 for c in run.scenario.get("connections") or ())


def _end(text: object) -> End:
    head, _, port = str(text or "").rpartition(".")
    component, _, terminal = head.partition(".")
    return End(component, terminal, port)
