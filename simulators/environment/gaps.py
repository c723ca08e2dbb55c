"""Missing values in a weather table: short gaps are bridged and counted, long ones are an error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulators.environment.source import QUANTITIES, Source, WeatherError


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of missing values of one quantity."""

    quantity: str
    first: int
    length: int


def find_gaps(source: Source) -> list[Gap]:
    """All runs of NaN, by quantity and time."""
    gaps = []
    for quantity in QUANTITIES:
        missing = np.isnan(source.columns[quantity])
        if missing.any():
            edges = np.flatnonzero(np.diff(np.concatenate(([False], missing, [False]))))
            gaps += [Gap(quantity, int(a), int(b - a)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return gaps


def fill_gaps(source: Source, max_gap_h: float) -> tuple[Source, list[Gap]]:
    """Bridge gaps by straight lines between their neighbours; at an end the nearest value is held.

    Returns
    -------
    The table without NaN, and the gaps that were filled.

    Raises
    ------
    WeatherError
        If a gap is longer than ``max_gap_h``; names quantity, from and to.
    """
    gaps = find_gaps(source)
    too_long = [g for g in gaps if g.length * source.interval_s > max_gap_h * 3600 or g.length == source.n]
    if too_long:
        gap = max(too_long, key=lambda g: g.length)
        more = f"; {len(too_long) - 1} more gaps are too long" if len(too_long) > 1 else ""
        raise WeatherError(
            f"{source.file}: no {gap.quantity} from {source.stamp(gap.first)} to {source.stamp(gap.first + gap.length)}"
            f", {gap.length * source.interval_s / 3600:g} h; gaps up to max_gap_h = {max_gap_h:g} h are interpolated"
            f"{more}; complete the file or raise max_gap_h"
        )
    columns = dict(source.columns)
    index = np.arange(source.n)
    for quantity in {g.quantity for g in gaps}:
        values = columns[quantity]
        known = ~np.isnan(values)
        columns[quantity] = np.interp(index, index[known], values[known])
    return source.with_columns(columns), gaps


def describe_gaps(source: Source, gaps: list[Gap]) -> str:
    """One sentence for the event list."""
    longest = max(gaps, key=lambda g: g.length)
    return (
        f"{len(gaps)} gaps in {', '.join(sorted({g.quantity for g in gaps}))} were interpolated; the longest is "
        f"{longest.length * source.interval_s / 3600:g} h of {longest.quantity} from {source.stamp(longest.first)}"
    )
