"""The signals that limits may name: outputs of the plant and keys of set-points, found by patterns with ``*``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from twin.component import Component, Section
from twin.patterns import WILDCARD, shape_of
from twin.store.tables import ColumnGroup
from twin.units import unit_of

LABEL = re.compile(r"\[.*\]$")


@dataclass(frozen=True, slots=True)
class Signal:
    """One series of a replay."""

    key: str
    """``component.output``, ``component.output[label]``, or the key of a set-point."""
    owner: str
    is_setpoint: bool

    @property
    def output(self) -> str:
        """Name of the output or port, without owner and label."""
        return LABEL.sub("", self.key).rsplit(".", 1)[-1]

    @property
    def unit(self) -> str:
        """By its name; a dash where it carries none."""
        return unit_of(self.output) or "–"


def signals_of(components: Mapping[str, Component], commands: Iterable[str]) -> list[Signal]:
    """All signals of a replay: every output of what is no controller, and every set-point."""
    outputs = [Signal(column, name, False) for name, component in components.items()
               if component.section is not Section.CONTROLLERS for column in ColumnGroup(component).columns]
    return outputs + [Signal(key, key.partition(".")[0], True) for key in commands]


def matching(pattern: str, signals: Sequence[Signal]) -> list[tuple[Signal, tuple[str, ...]]]:
    """Signals that a pattern names, each with the texts that its wildcards stand for."""
    if WILDCARD not in pattern:
        return [(s, ()) for s in signals if s.key == pattern]
    shape = shape_of(pattern)
    found = [(s, shape.fullmatch(s.key)) for s in signals]
    return [(s, match.groups()) for s, match in found if match is not None]


def filled(pattern: str, texts: Sequence[str]) -> str:
    """A pattern with its wildcards replaced, the first by the first text and so on.

    >>> filled("*.p_mw", ["bess"])
    'bess.p_mw'
    """
    head, *rest = pattern.split(WILDCARD)
    given = [*texts, *[WILDCARD] * len(rest)]
    return head + "".join(text + part for text, part in zip(given, rest, strict=False))
