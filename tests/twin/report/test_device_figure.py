"""The strip of modes: bars where the devices were in a mode, and below them their faults."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twin.accounts.builders import grid, make_run, part
from twin.accounts import settle
from twin.component import Role, Section
from twin.device import FaultKind
from twin.report.figures.devices import device_modes
from twin.report.html import report_html
from twin.report.timeline import timeline_of
from twin.store.run_data import RunData

MODES = {0: "off", 1: "precharge", 2: "standby", 3: "run", 4: "fault"}
RUN, FAULT, STANDBY = 3, 4, 2
HOUR_MS = 3_600_000


def site(modes: list[int], faults: list[int], step_s: int = 3600) -> RunData:
    """A store behind a device, and a network with a device at one of its sources."""
    n = len(modes)
    store = part("bess", "battery", Role.STORAGE, {
        "p_mw": np.zeros(n), "device_mode_code": np.array(modes, float), "fault_code": np.array(faults, float)})
    pipes = part("cooling", "pipes", Role.NETWORK, {
        "device_mode_code": np.full((n, 1), 2.0), "fault_code": np.zeros((n, 1))},
        section=Section.NETWORKS, vectors={"device_mode_code": ("EC",), "fault_code": ("EC",)})
    run = make_run(store, pipes, grid([store]), step_s=step_s)
    for name in ("bess", "cooling"):
        run.components[name].codes["device_mode_code"] = MODES
    return run


def bars(run: RunData) -> dict[str, list[tuple[str, str, float]]]:
    """Legend entry → (device, begin, hours) of its bars."""
    figure = device_modes(run, timeline_of(run))
    assert figure is not None
    return {trace.name: [(device, begin[11:16], ms / HOUR_MS) for device, begin, ms in
                         zip(trace.y, trace.base, trace.x, strict=True)] for trace in figure.data}


def test_each_mode_has_a_bar_from_its_first_to_its_last_step() -> None:
    found = bars(site([STANDBY, RUN, RUN, FAULT, STANDBY], [0, 0, 0, FaultKind.TRIP, 0]))
    assert found == {
        "standby": [("bess", "00:00", 1.0), ("bess", "04:00", 1.0), ("cooling.EC", "00:00", 5.0)],
        "run": [("bess", "01:00", 2.0)],
        "fault": [("bess", "03:00", 1.0)],
        "fault: trip": [("bess", "03:00", 1.0)],
    }


def test_a_trip_of_a_minute_is_not_lost_in_a_year() -> None:
    minutes = 40 * 1440
    modes, faults = np.full(minutes, RUN), np.zeros(minutes)
    modes[20 * 1440 + 7], faults[20 * 1440 + 7] = FAULT, FaultKind.TRIP
    found = bars(site(modes.tolist(), faults.tolist(), step_s=60))
    [(device, _, hours)] = found["fault"]
    assert device == "bess" and hours == pytest.approx(1.0), "the bin in which it was"
    assert len(found["fault: trip"]) == 1


def test_modes_without_names_are_shown_by_their_code() -> None:
    run = site([RUN], [0])
    run.components["bess"].codes.clear()
    assert "mode 3" in bars(run)


def test_no_device_no_figure() -> None:
    run = make_run(grid([part("bess", "battery", Role.STORAGE, {"p_mw": np.zeros(3)})]))
    assert device_modes(run, timeline_of(run)) is None


def test_the_report_has_the_strip_where_there_are_devices() -> None:
    run = site([RUN, FAULT], [0, FaultKind.TRIP])
    del run.components["cooling"]
    page = report_html(run, settle(run))
    assert "<h2>Devices</h2>" in page and "fault: trip" in page
    for key in ("bess.device_mode_code", "bess.fault_code"):
        del run.values[key]
    assert "<h2>Devices</h2>" not in report_html(run, settle(run))
