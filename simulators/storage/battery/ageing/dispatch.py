"""The compiled functions of the laws, chosen by code: the one place that lists them.

A further law is a file like naumann.py (cycles) or blast_prismatic.py (spans), a line in the functions here and a name
in laws.py. A chain of comparisons costs about a nanosecond and lets the machine code be kept on disk, which functions
handed over as arguments would not.
"""

from __future__ import annotations

from simulators.jit import compiled
from simulators.storage.battery.ageing import blast_prismatic, blast_sony, naumann, xu
from simulators.storage.battery.ageing.law import Cycle, Span
from simulators.storage.battery.ageing.usage import Floats

NAUMANN = naumann.CODE
SONY = blast_sony.CODE
PRISMATIC = blast_prismatic.CODE
XU = xu.CODE

_naumann_calendar, _naumann_cycle = naumann._age_calendar, naumann._age_cycle
_xu_calendar, _xu_cycle = xu._age_calendar, xu._age_cycle
_sony_gather, _sony_calendar, _sony_cyclic = blast_sony._gather, blast_sony._age_calendar, blast_sony._age_cyclic
_prismatic_gather = blast_prismatic._gather
_prismatic_calendar, _prismatic_cyclic = blast_prismatic._age_calendar, blast_prismatic._age_cyclic

RATES = 5
"""Most rates that a law averages over a span."""


@compiled
def _age_step(code: int, losses: Floats, soc: float, temperature_degc: float, dt_s: float) -> None:
    """A step at rest or on the move, for a law without spans: the calendar part."""
    if code == NAUMANN:
        _naumann_calendar(losses, soc, temperature_degc, dt_s)
    elif code == XU:
        _xu_calendar(losses, soc, temperature_degc, dt_s)


@compiled
def _age_cycle(code: int, losses: Floats, cycle: Cycle) -> None:
    """A full or half cycle, for a law without spans: the cyclic part."""
    if code == NAUMANN:
        _naumann_cycle(losses, cycle)
    elif code == XU:
        _xu_cycle(losses, cycle)


@compiled
def _gather(code: int, rates: Floats, soc: float, temperature_degc: float, dt_s: float) -> None:
    """Add the rates of a step to those of the span, for a law with spans."""
    if code == SONY:
        _sony_gather(rates, soc, temperature_degc, dt_s)
    elif code == PRISMATIC:
        _prismatic_gather(rates, soc, temperature_degc, dt_s)


@compiled
def gather(code: int, rates: Floats, soc: float, temperature_degc: float, weight: float) -> None:
    """Callable form of the rates of a law with spans; ``weight`` is time."""
    _gather(code, rates, soc, temperature_degc, weight)


@compiled
def _age_span(code: int, losses: Floats, rates: Floats, span: Span) -> None:
    """A span, for a law with spans: cyclic part, then calendar part, both from the capacity at its beginning."""
    if span.duration_s <= 0.0:
        return
    if code == SONY:
        _sony_cyclic(losses, rates, span)
        _sony_calendar(losses, rates, span)
    elif code == PRISMATIC:
        _prismatic_cyclic(losses, rates, span)
        _prismatic_calendar(losses, rates, span)


@compiled
def age_span(code: int, losses: Floats, rates: Floats, duration_s: float, fec: float, depth: float,
             c_rate: float) -> None:
    """Callable form of a span."""
    _age_span(code, losses, rates, Span(duration_s, fec, depth, c_rate))
