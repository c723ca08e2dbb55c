"""From the intervals of a weather file to the steps of a run: irradiance keeps its energy, the rest stays continuous.

Times in seconds from the start of the run. Time is cut at every edge of a source interval and of a step; each piece
then belongs to one of each, so any two resolutions and any offset between them are treated alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Pieces:
    """Time cut at the edges of source intervals and steps; columns of shape (n_pieces,)."""

    start_s: np.ndarray
    length_s: np.ndarray
    source: np.ndarray
    """Index of the source interval the piece lies in."""
    target: np.ndarray
    """Index of the step the piece lies in; negative before the run."""

    @property
    def middle_s(self) -> np.ndarray:
        """Midpoints."""
        return self.start_s + 0.5 * self.length_s


def cut(source_start_s: int, interval_s: int, n_source: int, step_s: int) -> Pieces:
    """Cut the span of the source at its own edges and at every multiple of the step.

    Also before and after the run: what a step gets must not depend on where the run ends.
    """
    source_edges = source_start_s + interval_s * np.arange(n_source + 1)
    step_edges = step_s * np.arange(source_start_s // step_s + 1, -(-int(source_edges[-1]) // step_s))
    edges = np.union1d(source_edges, step_edges)
    start = edges[:-1]
    return Pieces(start, np.diff(edges), (start - source_start_s) // interval_s, start // step_s)


def mean_over_steps(values: np.ndarray, pieces: Pieces, n_steps: int) -> np.ndarray:
    """Time mean of piecewise constant values (n_pieces,) over each step, shape (n_steps,)."""
    inside = (pieces.target >= 0) & (pieces.target < n_steps)
    target, length = pieces.target[inside], pieces.length_s[inside]
    if len(target) == n_steps:  # no step is cut: nothing to average, nothing to round
        return values[inside]
    return np.bincount(target, values[inside] * length, n_steps) / np.bincount(target, length, n_steps)


def mean_over_source(values: np.ndarray, pieces: Pieces, n_source: int) -> np.ndarray:
    """Time mean of piecewise constant values (n_pieces,) over each source interval, shape (n_source,)."""
    sums = np.bincount(pieces.source, values * pieces.length_s, n_source)
    return sums / np.bincount(pieces.source, pieces.length_s, n_source)


def distribute_irradiance(
    ghi: np.ndarray,
    dni: np.ndarray,
    dhi: np.ndarray,
    pieces: Pieces,
    cos_zenith: np.ndarray,
    dni_extra: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spread mean irradiances of source intervals over their pieces; the energy of every interval is kept.

    Parameters
    ----------
    ghi, dni, dhi : (n_source,) W/m², means over the source intervals
    cos_zenith, dni_extra : (n_pieces,) at the midpoints; the cosine is 0 while the sun is down

    Returns
    -------
    ghi, dni, dhi : (n_pieces,) W/m²

    Notes
    -----
    Global and diffuse follow the cosine of the zenith angle, direct normal is even while the sun is up. Where the means
    obey GHI = DNI cos Z + DHI every piece does. An interval that holds more than the sun could send from outside the
    atmosphere (twilight, a clock a little off) is spread evenly: following the cosine would put its energy into one
    piercing minute.
    """
    n_source = len(ghi)
    mean_cos = mean_over_source(cos_zenith, pieces, n_source)
    sunlit = (cos_zenith > 0.0).astype(float)
    sunlit_share = mean_over_source(sunlit, pieces, n_source)
    possible = mean_over_source(dni_extra * cos_zenith, pieces, n_source)
    possible_dni = mean_over_source(dni_extra * sunlit, pieces, n_source)
    follows_sun = (mean_cos > 0.0) & (ghi <= possible) & (dhi <= possible) & (dni <= possible_dni)

    divisor_cos = np.where(follows_sun, mean_cos, 1.0)[pieces.source]
    divisor_lit = np.where(follows_sun, sunlit_share, 1.0)[pieces.source]
    follows = follows_sun[pieces.source]
    by_cosine = np.where(follows, cos_zenith / divisor_cos, 1.0)
    by_daylight = np.where(follows, sunlit / divisor_lit, 1.0)
    return ghi[pieces.source] * by_cosine, dni[pieces.source] * by_daylight, dhi[pieces.source] * by_cosine


def mean_of_linear(point_s: np.ndarray, values: np.ndarray, step_s: int, n_steps: int) -> np.ndarray:
    """Mean over each step of the line through points (n_points,), held constant beyond the ends; shape (n_steps,).

    Exact: between two points the mean of a line is its value in the middle.
    """
    step_edges = step_s * np.arange(n_steps + 1)
    within = point_s[(point_s > 0) & (point_s < step_edges[-1])]
    edges = np.union1d(step_edges, within)
    length = np.diff(edges)
    middle_values = np.interp(edges[:-1] + 0.5 * length, point_s, values)
    if len(length) == n_steps:
        return middle_values
    target = np.floor(edges[:-1] / step_s).astype(int)
    return np.bincount(target, middle_values * length, n_steps) / step_s
