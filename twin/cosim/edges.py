"""Edges between ports: who feeds whom. Found by :mod:`twin.cosim.wiring`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twin.component import Component, Port, ports_of

ATTACH_KEY = {"electricity": "bus", "heat": "heat_node", "cooling": "cooling_node"}
"""Network carrier → parameter with which an asset names its terminal."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of an edge: a port of a component, of one of its terminals, or of an external entity."""

    owner: str
    port: str
    terminal: str | None = None

    def __str__(self) -> str:
        return ".".join(part for part in (self.owner, self.terminal, self.port) if part)


@dataclass(frozen=True, slots=True)
class Edge:
    """Data flow from an output to an input."""

    source: End
    target: End
    delayed: bool = False
    initial: float | None = None
    """Value before the source's first step (delayed edges); None: the input's default."""


def port_at(components: Mapping[str, Component], end: End, side: str) -> Port | None:
    """The port at an end; None for one of an external entity.

    Parameters
    ----------
    side : ``Inputs`` or ``Outputs``.
    """
    component = components.get(end.owner)
    return ports_of(getattr(component, side)).get(end.port) if component is not None else None
