"""What the devices did: a strip of modes for each, and the faults below it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.device import FaultKind
from twin.report import palette
from twin.report.figures.base import on_time, style
from twin.report.timeline import Timeline
from twin.store.run_data import ComponentRecord, RunData

if TYPE_CHECKING:
    import plotly.graph_objects as go

MODE, FAULT = "device_mode_code", "fault_code"
TRIPPED = "fault"
"""Name of the mode in which a device has tripped; a bin in which that occurred shows it."""
COLOURS = {
    "off": palette.FAINT, "standby": "#A9D6F3", "ready": "#A9D6F3", "hot_standby": "#F6CBAE", "cooling": "#9E9AC8",
    "precharge": "#F0C419", "run_up": "#F0C419", "starting": "#F0C419", "run": "#009E73", TRIPPED: palette.ALARM,
}
"""Usual modes; others take their colours from the palette's sequence."""
FAULT_COLOURS = {
    FaultKind.TRIP: palette.ALARM, FaultKind.STUCK: palette.LOSS, FaultKind.DERATE: "#D55E00",
    FaultKind.SENSOR_FREEZE: "#CC79A7", FaultKind.COMM_LOSS: "#E69F00", FaultKind.SLOW: "#0072B2",
}
MS_PER_S = 1000
ROW_PX = 44


class Strip(NamedTuple):
    """One device: the names of its modes and its series, in bins of the timeline."""

    name: str
    modes: dict[int, str]
    mode_code: np.ndarray
    fault_code: np.ndarray


def device_modes(run: RunData, timeline: Timeline) -> go.Figure | None:
    """One row for each device of the run, None if there is none; faults as a hatched bar below the modes."""
    import plotly.graph_objects as go

    strips = [strip for component in run.components.values() for strip in _strips(run, component, timeline)]
    if not strips:
        return None
    modes: dict[str, list[tuple[str, int, int]]] = {}
    faults: dict[FaultKind, list[tuple[str, int, int]]] = {}
    for strip in strips:
        for code, first, last in _spans(strip.mode_code):
            modes.setdefault(strip.modes.get(code, f"mode {code}"), []).append((strip.name, first, last))
        for code, first, last in _spans(strip.fault_code):
            if code != FaultKind.NONE:
                faults.setdefault(FaultKind(code), []).append((strip.name, first, last))
    figure = go.Figure()
    others = iter(palette.SEQUENCE * len(modes))
    for name, spans in modes.items():
        pattern = {"shape": "x", "size": 5} if name == TRIPPED else {}
        figure.add_trace(_bars(timeline, name, spans, COLOURS.get(name) or next(others), 0.5, -0.4, pattern))
    for kind, spans in faults.items():
        name, pattern = f"fault: {kind.name.lower()}", {"shape": "/", "size": 5}
        figure.add_trace(_bars(timeline, name, spans, FAULT_COLOURS[kind], 0.2, 0.16, pattern))
    style(figure, 90 + ROW_PX * len(strips))
    figure.update_layout(barmode="overlay")
    figure.update_yaxes(categoryorder="array", categoryarray=[escape(strip.name) for strip in strips],
                        autorange="reversed", zeroline=False, showgrid=False)
    on_time(figure, timeline)
    figure.update_layout(hovermode="closest")
    return figure


def _strips(run: RunData, component: ComponentRecord, timeline: Timeline) -> Iterator[Strip]:
    """The devices of a component: its own, or one per terminal."""
    keys = [f"{component.name}.{output}" for output in (MODE, FAULT)]
    if not all(run.has(key) for key in keys):
        return
    names = component.codes.get(MODE, {})
    labels = component.vectors.get(MODE)
    modes, faults = (run.on_grid(key) for key in keys)
    tripped = next((code for code, name in names.items() if name == TRIPPED), None)
    for column, label in enumerate(labels or (None,)):
        mode, fault = (modes, faults) if label is None else (modes[:, column], faults[:, column])
        name = component.name if label is None else f"{component.name}.{label}"
        yield Strip(name, names, _of_bins(mode, timeline, tripped), _of_bins(fault, timeline, None))


def _of_bins(codes: np.ndarray, timeline: Timeline, tripped: int | None) -> np.ndarray:
    """Code at the end of each bin; a trip or a fault that occurred in it is not passed over."""
    last = codes[timeline.starts + timeline.counts - 1].astype(int)
    if tripped is None:
        return np.where(last != 0, last, timeline.high(codes)).astype(int)
    return np.where(timeline.high((codes == tripped).astype(float)) > 0, tripped, last)


def _spans(codes: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Code, first bin and the bin after the last, of each run of equal codes.

    >>> list(_spans(np.array([2, 2, 4])))
    [(2, 0, 2), (4, 2, 3)]
    """
    edges = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), len(codes)]
    for first, end in pairwise(edges):
        if end > first:
            yield int(codes[first]), first, end


def _bars(timeline: Timeline, name: str, spans: list[tuple[str, int, int]], colour: str, width: float, offset: float,
          pattern: dict[str, object]) -> go.Bar:
    import plotly.graph_objects as go

    starts_s = timeline.starts * timeline.grid_step_s
    ends_s = starts_s + timeline.counts * timeline.grid_step_s
    begins = [timeline.start_local + timedelta(seconds=int(starts_s[first])) for _, first, _ in spans]
    ends = [timeline.start_local + timedelta(seconds=int(ends_s[end - 1])) for _, _, end in spans]
    shown = name.replace("_", " ")
    return go.Bar(
        y=[escape(device) for device, _, _ in spans],
        base=[begin.isoformat(sep=" ") for begin in begins],
        x=[(end - begin).total_seconds() * MS_PER_S for begin, end in zip(begins, ends, strict=True)],
        orientation="h", name=escape(shown), width=width, offset=offset,
        marker={"color": colour, "line": {"width": 0}, "pattern": pattern},
        text=[f"{begin:%d %b %H:%M:%S} – {end:%d %b %H:%M:%S}" for begin, end in zip(begins, ends, strict=True)],
        textposition="none", hovertemplate=f"%{{y}}: {escape(shown)}<br>%{{text}}<extra></extra>",
    )
