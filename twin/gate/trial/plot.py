"""A page with the signals that a schedule violates or alarms, and their limits; it needs no network to be looked at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from twin.errors import ParkTwinError
from twin.gate.limits.limits import Limit
from twin.gate.limits.quantities import judged
from twin.gate.limits.series import block_of
from twin.gate.limits.verdict import Violation
from twin.gate.trial.file_trial import FileTrial
from twin.gate.trial.table import headline
from twin.report.palette import ALARM, INK, TOTAL

MOST_PANELS = 12
PANEL_PX = 220


def write_plot(trial: FileTrial, file: Path) -> None:
    """Write the page.

    Raises
    ------
    ParkTwinError
        If the file cannot be written.
    """
    from plotly.subplots import make_subplots

    panels = list(_panels(trial))
    titles = [f"{v.signal}, {v.of} [{v.unit}], {v.name}" for v, _ in panels] or ["nothing is violated"]
    figure = make_subplots(rows=len(titles), cols=1, shared_xaxes=True, subplot_titles=titles,
                           vertical_spacing=0.35 / max(len(titles), 2))
    for place, (violation, limit) in enumerate(panels, start=1):
        times, values = _series(trial, violation, limit)
        figure.add_scatter(x=times, y=values, line={"shape": "hv", "color": TOTAL}, name=violation.signal, row=place,
                           col=1, showlegend=False)
        for bound in (limit.low, limit.high, limit.alarm_low, limit.alarm_high):
            if math.isfinite(bound):
                is_alarm = bound in (limit.alarm_low, limit.alarm_high)
                figure.add_hline(y=bound, line={"color": INK if is_alarm else ALARM, "dash": "dot" if is_alarm else
                                                "dash"}, row=place, col=1)
    figure.update_layout(title=headline(trial.verdict), template="plotly_white",
                         height=120 + PANEL_PX * len(titles))
    try:
        figure.write_html(file, include_plotlyjs=True)
    except OSError as error:
        raise ParkTwinError(f"{file}: cannot be written ({error.strerror})") from None


def _panels(trial: FileTrial) -> Iterator[tuple[Violation, Limit]]:
    """Violations and alarms of the nominal replay, each signal and limit once."""
    if trial.nominal is None:
        return
    nominal = trial.verdict.trials[0].expectation
    seen: set[tuple[str, str]] = set()
    for v in (*trial.verdict.violations, *trial.verdict.alarms):
        if v.expectation == nominal and (v.name, v.signal) not in seen and len(seen) < MOST_PANELS:
            seen.add((v.name, v.signal))
            yield v, next(limit for limit in trial.limits.of(v.name) if v.signal in limit.signals)


def _series(trial: FileTrial, violation: Violation, limit: Limit) -> tuple[list[object], np.ndarray]:
    assert trial.nominal is not None
    block = block_of(limit, trial.nominal)
    quantity = judged(limit.row, block.values, block.step_s, trial.before.of_limit(limit, block.step_s))
    upper = violation.worst_value > violation.bound
    values = (quantity.high if upper else quantity.low)[:, limit.signals.index(violation.signal)]
    times = [trial.calendar.local(block.start_s + n * block.step_s) for n in range(len(values) + 1)]
    return list(times), np.append(values, values[-1])
