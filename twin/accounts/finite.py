"""Series that accounts may add up: finite numbers only, as long as the run."""

from __future__ import annotations

import numpy as np

from twin.errors import RunStoreError
from twin.store.run_data import ComponentRecord, RunData


def finite(run: RunData, key: str) -> np.ndarray:
    """A series on the grid, refused if it holds anything but finite numbers or does not reach to the run's end.

    Raises
    ------
    RunStoreError
        Named with its time.
    """
    return checked(run, key, run.on_grid(key))


def own_steps(run: RunData, component: ComponentRecord, output: str) -> np.ndarray:
    """A series at its component's own step, finite and no longer than the run.

    Raises
    ------
    RunStoreError
        Named with its time.
    """
    return finite(run, f"{component.name}.{output}")[:: component.step_s // run.grid_step_s]


def checked(run: RunData, key: str, series: np.ndarray) -> np.ndarray:
    """The series itself, under the conditions of :func:`finite`."""
    if len(series) != run.duration_s // run.grid_step_s:
        raise RunStoreError(f"run {run.name!r}: {key} has {len(series)} values on the grid of {run.grid_step_s} s, "
                            f"the run has {run.duration_s // run.grid_step_s}; the recorded rows do not fit together")
    bad = ~np.isfinite(series)
    if bad.any():
        first = np.unravel_index(int(np.argmax(bad)), bad.shape)
        raise RunStoreError(
            f"run {run.name!r}: {key} is {series[first]} at t = {int(run.grid_t_s[first[0]])} s; "
            f"the accounts cannot be settled over a missing power - check the component"
        )
    return series
