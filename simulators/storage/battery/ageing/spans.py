"""Use in spans of a day or of one full cycle, as BLAST-Lite cuts it: throughput, range, mean rates.

A span ends after a day, or at a turning point of the state of charge once more than one full cycle has gone through.
Ripple adds throughput and C-rate to a span and takes nothing from its range, so it cannot lower the loss.

BLAST-Lite leaves out the step between two spans, time and way. Where cycles start from rest it is always the first step
of a charge or discharge: ten years of two full cycles of 2 h a day then miss 0.003 to 0.005 of capacity loss. Here
nothing is left out; the tool's own cut is in ``simulators.validation.blast_spans``, for comparison.
"""

from __future__ import annotations

from simulators.jit import compiled
from simulators.storage.battery.ageing.law import Span
from simulators.storage.battery.ageing.usage import Record

LONGEST_S = 86_400.0
FULL_CYCLES = 1.0
"""Defaults of BLAST-Lite."""
HOUR_S = 3600.0


@compiled
def _span_due(usage: Record, turns: bool) -> bool:
    """Whether the open span ends before the next step; ``turns``: the step reverses the direction."""
    return usage.span_s >= LONGEST_S or (turns and 0.5 * usage.span_moved > FULL_CYCLES)


@compiled
def _open_span(usage: Record) -> Span:
    """The span so far."""
    c_rate = usage.span_moved * HOUR_S / usage.span_s if usage.span_s > 0.0 else 0.0
    return Span(usage.span_s, 0.5 * usage.span_moved, usage.span_high - usage.span_low, c_rate)


@compiled
def _start_span(usage: Record) -> None:
    """Begin a span at the present state of charge."""
    usage.span_s = 0.0
    usage.span_moved = 0.0
    usage.span_low = usage.soc
    usage.span_high = usage.soc


@compiled
def _extend_span(usage: Record, soc: float, dt_s: float) -> None:
    """Add a step that leads from the present state of charge to another."""
    usage.span_s += dt_s
    usage.span_moved += abs(soc - usage.soc)
    usage.span_low = min(usage.span_low, soc)
    usage.span_high = max(usage.span_high, soc)
