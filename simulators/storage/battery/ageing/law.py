"""What every ageing law is: data about its source, the range it was measured in, and two closed-form equations.

A law is stateless. What it needs to go on is the loss so far, in five parts (``Part``), owned by the caller
(state.py). Increments are compiled (dispatch.py); the equations here are plain and take floats, arrays and symbols:
they answer what an optimiser asks (cost.py). Losses are p.u.: 0.2 of capacity loss leaves 80 %, a resistance gain of
1 has doubled the resistance. State of charge and depth are fractions of the *present* capacity, C-rates its multiples
per hour. Temperatures in °C.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any, NamedTuple

CALENDAR, CYCLIC, BREAK_IN, RESISTANCE_CALENDAR, RESISTANCE_CYCLIC = range(5)
PARTS = 5
"""Columns of the losses. ``BREAK_IN`` is cyclic too, with a curve of its own; 0 for most laws."""
CAPACITY_PARTS = BREAK_IN + 1
"""The first three columns are losses of capacity, the others gains of resistance."""


class Counting(IntEnum):
    """What a law calls a cycle."""

    RAINFLOW = 0
    """Closed loops of the state of charge (rainflow.py)."""
    REVERSALS = 1
    """Half a cycle at every reversal (reversals.py): for comparison with other tools only."""
    SPAN = 2
    """Throughput and range of a day or of one full cycle, whichever ends first (spans.py)."""


class Outside(IntFlag):
    """In what respect a law was used outside the range of its experiments."""

    TEMPERATURE = 1
    SOC = 2
    CYCLING_TEMPERATURE = 4
    DEPTH = 8
    CHARGE_RATE = 16
    DISCHARGE_RATE = 32


class Cycle(NamedTuple):
    """A full or half cycle."""

    fec: float
    """Equivalent full cycles: its depth, half of it for a half cycle; 0: there is none."""
    depth: float
    mean_soc: float
    c_rate: float
    """Mean over the way [1/h]."""
    temperature_degc: float
    """Mean over the way."""


class Span(NamedTuple):
    """A stretch of use."""

    duration_s: float
    fec: float
    depth: float
    """Highest less lowest state of charge."""
    c_rate: float
    """Mean over the whole time, rests included [1/h]."""


@dataclass(frozen=True, slots=True)
class TestedRange:
    """Where the experiments of a law were made; beyond is extrapolation."""

    temperature_degc: tuple[float, float]
    """At rest."""
    soc: tuple[float, float]
    cycling_degc: tuple[float, float]
    depth: tuple[float, float]
    charge_c_rate: float
    discharge_c_rate: float

    def limits(self) -> tuple[float, ...]:
        """The numbers in the order in which the compiled check reads them."""
        return (*self.temperature_degc, *self.soc, *self.cycling_degc, *self.depth,
                self.charge_c_rate, self.discharge_c_rate)

    def described(self, outside: Outside) -> str:
        """The exceeded ranges in words, for a warning."""
        texts = {
            Outside.TEMPERATURE: "temperature {:g} to {:g} °C".format(*self.temperature_degc),
            Outside.SOC: "state of charge {:g} to {:g}".format(*self.soc),
            Outside.CYCLING_TEMPERATURE: "temperature while cycling {:g} to {:g} °C".format(*self.cycling_degc),
            Outside.DEPTH: "cycle depth {:g} to {:g}".format(*self.depth),
            Outside.CHARGE_RATE: f"charging up to {self.charge_c_rate:g} C",
            Outside.DISCHARGE_RATE: f"discharging up to {self.discharge_c_rate:g} C",
        }
        return ", ".join(text for flag, text in texts.items() if flag & outside)


@dataclass(frozen=True, slots=True)
class Law:
    """One published law of ageing."""

    name: str
    code: int
    """By which the compiled functions know it (dispatch.py)."""
    title: str
    chemistry: str
    source: str
    limitations: str
    tested: TestedRange
    counting: Counting
    has_resistance: bool
    """Without a resistance law the gain stays 0 and says nothing."""
    hours_to_loss: Callable[[Any, Any, Any], Any]
    """(soc, temperature_degc, loss) → hours at rest until that capacity loss, from new."""
    cycles_to_loss: Callable[[Any, Any, Any, Any, Any], Any]
    """(depth, c_rate, mean_soc, temperature_degc, loss) → full cycles until that capacity loss by cycling alone, from
    new. ``depth`` above 0; ``c_rate`` as the law counts it: over the way, for laws of spans with the rests in it."""
    shares_curve: bool = False
    """Whether time and cycles go along one curve: then their stresses add up, else their losses."""
