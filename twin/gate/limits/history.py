"""What the plant has lived: the values behind the limits that look back over a window, from before a horizon.

A budget of a day (an energy, a sum, a share of time) is overdrawn by a horizon that moves on, unless each proof knows
what was used of it in the hours before. The gate notes every interval of the plant's components once it is over, as
means over its ``step_s``, for as long as the longest window looks back; set-points as they reached the assets. Between
two bins of that grid what is asked for is interpolated.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.component import Component, ports_of
from twin.cosim.edges import Edge, End
from twin.gate.limits.limits import Limit, LimitSet
from twin.gate.limits.quantities import HOUR_S
from twin.gate.limits.rows import RATES, TOTALS, Quantity
from twin.gate.rules import GateRules


@dataclass(slots=True)
class Lived:
    """Memory of the plant: bins of the gate's step, the newest last."""

    keys: tuple[str, ...] = ()
    """Of the columns: limit, quantity and signal."""
    step_s: int = 1
    newest: int = -1
    """Bin i covers [i × step_s, (i + 1) × step_s)."""
    sums: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    """(bins, columns) Σ value × s."""
    known_s: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    """(bins, columns) for so long a value is known."""


@dataclass(frozen=True)
class History:
    """What is known of the time before a moment, in steps that end there."""

    step_s: int
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Limit, quantity and signal → (steps,) the newest last; NaN where nothing is known. Of shares of time: shares."""

    @classmethod
    def nothing(cls) -> History:
        """Nothing is known."""
        return cls(1)

    def of_limit(self, limit: Limit, step_s: int) -> np.ndarray | None:
        """(steps, signals) in steps of so long; None where nothing is known in such steps."""
        found = [self.columns.get(column_key(limit, signal)) for signal in limit.signals]
        if not found or any(column is None for column in found) or self.step_s % step_s:
            return None
        finer = self.step_s // step_s
        rows = np.column_stack([column for column in found if column is not None])
        return np.repeat(rows, finer, axis=0) / (finer if limit.row.of is Quantity.SUM else 1.0)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a value stands among the outputs."""

    owner: str
    port: str
    index: int | None

    @classmethod
    def of(cls, end: End, components: Mapping[str, Component]) -> _Source | None:
        """None where no component has such an output."""
        component = components.get(end.owner)
        spec = None if component is None else ports_of(component.Outputs).get(end.port)
        if component is None or spec is None or (spec.per is None) != (end.terminal is None):
            return None
        return cls(end.owner, end.port, None if spec.per is None
                   else component.terminals()[spec.per].index(str(end.terminal)))

    def read(self, outputs: Mapping[str, Any]) -> float:
        """NaN where nothing was delivered yet."""
        given = outputs.get(self.owner)
        if given is None:
            return math.nan
        value = getattr(given, self.port)
        return float(value if self.index is None else np.atleast_1d(value)[self.index])


@dataclass(frozen=True, slots=True)
class _Column:
    """One signal of one limit."""

    key: str
    limit: Limit
    source: _Source
    minus: _Source | None
    step_s: int
    """Of who delivers it."""

    def value(self, outputs: Mapping[str, Any], gate_step_s: int) -> float:
        """What counts of the last interval."""
        value = self.source.read(outputs)
        if self.minus is not None:
            value -= self.minus.read(outputs)
        if self.limit.row.of is Quantity.ABOVE_SHARE and not math.isnan(value):
            return float(abs(value) > self.limit.row.on_above)
        # an amount that is booked per interval, as amount per step of the gate
        return value * gate_step_s / self.step_s if self.limit.row.of is Quantity.SUM else value


class HistoryKeeper:
    """Notes what the plant lives for the limits of a site that look back.

    Parameters
    ----------
    edges : of the site; they say which outputs reach the assets as set-points.
    """

    def __init__(self, limits: LimitSet, components: Mapping[str, Component], edges: Sequence[Edge], rules: GateRules,
                 ) -> None:
        self._step_s = rules.step_s
        self._bins = 1 + max((looks_back(limit, rules) for limit in limits.limits), default=0)
        setpoints = {str(edge.target): edge.source for edge in edges}
        self._columns = tuple(column for limit in limits.limits if looks_back(limit, rules)
                              for column in _columns_of(limit, components, setpoints))
        self._keys = tuple(column.key for column in self._columns)

    def note(self, t_s: int, outputs: Mapping[str, Any], lived: Lived) -> None:
        """Take up the intervals that are over at ``t_s``.

        Parameters
        ----------
        outputs : component → what it delivered in its last step that was over then.
        lived : is altered.
        """
        if (lived.keys, lived.step_s) != (self._keys, self._step_s):
            lived.keys, lived.step_s, lived.newest = self._keys, self._step_s, -1
            lived.sums, lived.known_s = (np.zeros((self._bins, len(self._keys))) for _ in range(2))
        for place, column in enumerate(self._columns):
            if t_s % column.step_s:
                continue
            value = column.value(outputs, self._step_s)
            if math.isfinite(value):
                self._add(lived, place, value, t_s - column.step_s, t_s)

    def history(self, t_s: int, lived: Lived) -> History:
        """What is known at a moment."""
        return history_of(lived, t_s) if lived.keys == self._keys else History.nothing()

    def _add(self, lived: Lived, place: int, value: float, begin_s: int, end_s: int) -> None:
        _roll_to(lived, (end_s - 1) // self._step_s)
        while begin_s < end_s:
            number = begin_s // self._step_s
            until_s = min((number + 1) * self._step_s, end_s)
            row = number - lived.newest - 1
            if -len(lived.sums) <= row:
                lived.sums[row, place] += value * (until_s - begin_s)
                lived.known_s[row, place] += until_s - begin_s
            begin_s = until_s


def history_of(lived: Lived, t_s: int) -> History:
    """What a memory knows at a moment."""
    if not lived.keys:
        return History.nothing()
    lived = dataclasses.replace(lived, sums=lived.sums.copy(), known_s=lived.known_s.copy())
    _roll_to(lived, t_s // lived.step_s)
    into = t_s % lived.step_s / lived.step_s
    rows = []
    for bins in (lived.sums, lived.known_s):
        steps = into * bins[1:] + (1.0 - into) * bins[:-1]
        steps[-1] = bins[-1] + (1.0 - into) * bins[-2]  # of the bin that has begun all is over
        rows.append(steps)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(rows[1] > 0.0, rows[0] / rows[1], np.nan)
    return History(lived.step_s, {key: means[:, place] for place, key in enumerate(lived.keys)})


def column_key(limit: Limit, signal: str) -> str:
    """Limit, quantity and signal."""
    return f"{limit.name}: {limit.row.of.value} of {signal}"


def looks_back(limit: Limit, rules: GateRules) -> int:
    """So many steps of the gate a limit looks back; 0: none, or the last one, which the outputs before show."""
    if limit.row.of in RATES:
        return 0 if limit.row.window_h is None else math.ceil(limit.row.window_h * HOUR_S / rules.step_s)
    if limit.row.of not in TOTALS:
        return 0
    return math.ceil((limit.row.window_h or rules.horizon_h) * HOUR_S / rules.step_s)


def _columns_of(limit: Limit, components: Mapping[str, Component], setpoints: Mapping[str, End]) -> Iterator[_Column]:
    for place, signal in enumerate(limit.signals):
        source = _source_of(signal, limit, components, setpoints)
        minus = _source_of(limit.minus[place], limit, components, setpoints) if limit.minus else None
        if source is not None and (minus is None) == (not limit.minus):
            step_s = min(components[one.owner].step_s for one in (source, minus) if one is not None)
            yield _Column(column_key(limit, signal), limit, source, minus, step_s)


def _source_of(key: str, limit: Limit, components: Mapping[str, Component], setpoints: Mapping[str, End],
               ) -> _Source | None:
    """An output; of a set-point what reaches the asset, for a rate what the asset delivers of it."""
    shown = _Source.of(_output(key), components)
    if shown is not None:
        return shown
    if limit.row.of in RATES:
        delivered = _Source.of(_output(key.replace("_set_", "_")), components)
        if delivered is not None:
            return delivered
    return _Source.of(setpoints[key], components) if key in setpoints else None


def _output(key: str) -> End:
    """``owner.port[terminal]`` as an end."""
    owner, _, rest = key.partition(".")
    name, _, label = rest.partition("[")
    return End(owner, name, label[:-1] or None)


def _roll_to(lived: Lived, newest: int) -> None:
    """Let older bins go."""
    by = newest - lived.newest
    if by <= 0:
        return
    for bins in (lived.sums, lived.known_s):
        kept = bins[by:].copy()
        bins[:] = 0.0
        bins[:len(kept)] = kept
    lived.newest = newest
