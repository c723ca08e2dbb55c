"""Forecasts as a run recorded them, beside what came: for fan charts and scores by lead time.

Found by their names: a component with vectors ``q10_value``, ``q50_value`` and ``q90_value`` whose labels are
``signal+<hours>h``. A value recorded at t is the mean expected over the component's step that begins so many hours
after t, with the sign of the signal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.nameplate import LoadNameplate, RenewableNameplate
from twin.store.run_data import ComponentRecord, RunData
from twin.units import unit_of

QUANTILES = ("q10_value", "q50_value", "q90_value")
LEVELS = (0.1, 0.5, 0.9)
LABEL = re.compile(r"(?P<signal>.+)\+(?P<lead>\d+)h")
HOUR_S, DAY_S = 3600, 86_400
DARK_SHARE = 0.01
"""Of the capacity: below it both forecast and outcome say nothing about an interval (nights of a PV plant)."""
CAPACITY, LARGEST = "capacity", "largest value seen"
"""What errors are related to: the nameplate's figure, or the largest measured one where it gives none."""
ROUNDING = 1e-6
"""Of the capacity: a load that never changes is met exactly, but for its last digits."""


@dataclass(frozen=True)
class RecordedForecast:
    """One signal as it was forecast during a run."""

    signal: str
    step_s: int
    leads_h: np.ndarray
    """(leads,) rising."""
    quantiles: np.ndarray
    """(n, leads, 3) recorded at k · step; NaN: no forecast yet."""
    measured: np.ndarray
    """(n,) means over the same steps."""
    rated: float | None = None
    """Largest value by the nameplate of its component, if that says one."""

    @property
    def unit(self) -> str:
        """By the name of the signal."""
        return unit_of(self.signal) or "–"

    @property
    def capacity(self) -> float:
        """What errors are related to: the nameplate, else the largest magnitude measured."""
        return self.rated or float(np.abs(self.measured).max(initial=0.0))

    @property
    def scale(self) -> str:
        """What :attr:`capacity` is, in words."""
        return CAPACITY if self.rated else LARGEST

    def outcome(self) -> np.ndarray:
        """What came, as an array like a quantile, (n, leads); NaN behind the end of the run."""
        return self._shifted(self.leads_h * HOUR_S)

    def mean_error_percent(self) -> np.ndarray:
        """Mean absolute error of the median by lead, (leads,) in percent of the capacity; NaN: nothing known."""
        return self._percent(np.abs(self.outcome() - self.quantiles[..., 1]))

    def day_before_error_percent(self) -> np.ndarray:
        """The same for the last day's value at that hour which was known when the forecast was made in the run."""
        known = self.outcome() - self._shifted(self.leads_h * HOUR_S - (self.leads_h // 24 + 1) * DAY_S)
        return self._percent(np.where(np.isnan(self.quantiles[..., 1]), np.nan, np.abs(known)))

    def coverage_percent(self) -> np.ndarray:
        """Share of the outcomes between the 10 and the 90 % quantile by lead, (leads,); dark intervals do not count."""
        came, low, high = self.outcome(), self.quantiles[..., 0], self.quantiles[..., 2]
        counts = self._counted(came)
        margin = ROUNDING * self.capacity
        inside = counts & (came >= low - margin) & (came <= high + margin)
        total = counts.sum(axis=0)
        return np.where(total > 0, 100.0 * inside.sum(axis=0) / np.maximum(total, 1), np.nan)

    def outcomes_count(self) -> int:
        """How many intervals the coverage rests on, each counted once, however many leads forecast it."""
        row, lead = np.nonzero(self._counted(self.outcome()))
        return len(np.unique(row * self.step_s + self.leads_h[lead] * HOUR_S))

    def _counted(self, came: np.ndarray) -> np.ndarray:
        low, high = self.quantiles[..., 0], self.quantiles[..., 2]
        return ~np.isnan(came) & ~np.isnan(low) & (
            np.maximum(np.abs(came), np.maximum(np.abs(low), np.abs(high))) > DARK_SHARE * self.capacity)

    def _shifted(self, ahead_s: np.ndarray) -> np.ndarray:
        n = len(self.measured)
        row = np.arange(n)[:, None] + (ahead_s // self.step_s)[None, :]
        return np.where((row >= 0) & (row < n), self.measured[np.clip(row, 0, n - 1)], np.nan)

    def _percent(self, error: np.ndarray) -> np.ndarray:
        known = ~np.isnan(error)
        total = np.where(known, error, 0.0).sum(axis=0)
        count = known.sum(axis=0)
        return np.where(count > 0, 100.0 * total / np.maximum(count, 1) / max(self.capacity, 1e-12), np.nan)


def scale_of(forecasts: Sequence[RecordedForecast]) -> str:
    """What the errors of some signals are related to, in words."""
    scales = {forecast.scale for forecast in forecasts}
    return f"{CAPACITY}, or of the {LARGEST}" if len(scales) > 1 else next(iter(scales), CAPACITY)


def recorded_forecasts(run: RunData) -> list[RecordedForecast]:
    """All signals that were forecast and recorded, the most variable first; none where nobody forecast anything."""
    found = []
    for component in run.components.values():
        if all(name in component.vectors for name in QUANTILES):
            found += _of_component(run, component)
    return sorted(found, key=lambda f: -float(f.measured.std()))


def _of_component(run: RunData, component: ComponentRecord) -> list[RecordedForecast]:
    columns: dict[str, dict[int, int]] = {}
    for column, label in enumerate(component.vectors[QUANTILES[0]]):
        match = LABEL.fullmatch(label)
        if match is not None:
            columns.setdefault(match["signal"], {})[int(match["lead"])] = column
    tables = [run.native(f"{component.name}.{name}") for name in QUANTILES]
    found = []
    for signal, by_lead in columns.items():
        if not run.has(signal) or not len(tables[0]):
            continue
        leads = sorted(by_lead)
        quantiles = np.stack([table[:, [by_lead[lead] for lead in leads]] for table in tables], axis=-1)
        measured = _means(run, signal, component.step_s)
        n = min(len(measured), len(quantiles))
        if n:
            found.append(RecordedForecast(signal, component.step_s, np.array(leads), quantiles[:n], measured[:n],
                                          _rated(run, signal)))
    return found


def _rated(run: RunData, signal: str) -> float | None:
    plate = run.components[signal.partition(".")[0]].nameplate
    return plate.peak_mw if isinstance(plate, RenewableNameplate | LoadNameplate) else None


def _means(run: RunData, signal: str, step_s: int) -> np.ndarray:
    """Means of a series over a step that is no finer than the run's."""
    series = run.on_grid(signal)
    per_step = max(step_s // run.grid_step_s, 1)
    whole = len(series) // per_step * per_step
    return series[:whole].reshape(-1, per_step).mean(axis=1)
