"""Progress bar with simulated time and speed, on standard error so that standard output stays clean."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

UPDATE_EVERY_S = 0.1
"""Wall seconds between two updates: rich costs far more than a simulation step."""
FIRST_STEP = "first step (new or changed models are compiled once, about half a minute)"


@contextmanager
def progress_bar(name: str, duration_s: int, *, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """Gives a function to call with the simulated time [s]."""
    if quiet:
        yield lambda t_s: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[clock]}"),
               TextColumn("{task.fields[speed]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=duration_s, clock="", speed="")
        first: list[float] = []
        last = [0.0]

        def on_progress(t_s: int) -> None:
            now = time.monotonic()
            if not first:
                first.extend((now, t_s))
                bar.update(task, completed=t_s, clock=FIRST_STEP)
                return
            if now - last[0] < UPDATE_EVERY_S:
                return
            last[0] = now
            elapsed = now - first[0]
            speed = f"{(t_s - first[1]) / elapsed:,.0f}x real time" if elapsed > 0 else ""
            bar.update(task, completed=t_s, speed=speed,
                       clock=f"{_span(t_s)} of {_span(duration_s)}")

        yield on_progress


def _span(t_s: int) -> str:
    """Simulated time in the largest fitting unit."""
    return f"{t_s / 86_400:.1f} d" if t_s >= 172_800 else f"{t_s / 3600:.1f} h"
