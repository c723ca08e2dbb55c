"""Series that accounts may add up: finite numbers only, as long as the run."""

from __future__ import annotations

import numpy as np

from twin.errors import RunStoreError
from twin.store.run_data import RunData


def finite(run: RunData, key: str) -> np.ndarray:
    """A series on the grid, refused if it holds anything but finite numbers or does not reach to the run's end.

    Raises
    ------
    RunStoreError
        Named with its time.
    """
    return checked(run, key, run.on_grid(key))


def checked(run: RunData, key: str, series: np.ndarray) -> np.ndarray:
    """The series itself, under the conditions of :func:`finite`."""
    if len(series) != run.duration_s // run.grid_step_s:
        raise RunStoreError(f"run {run.name!r}: {key} has {len(series)} values on the grid of {run.grid_step_s} s, "
                            f"the run has {run.duration_s // run.grid_step_s}; the recorded rows do not fit together")
    bad = ~np.isfinite(series)
    if bad.any():
        t_s = int(run.grid_t_s[int(np.argmax(bad))])
        raise RunStoreError(
            f"run {run.name!r}: {key} is {series[int(np.argmax(bad))]} at t = {t_s} s; "
            f"the accounts cannot be settled over a missing power - check the component"
        )
    return series
