"""Whole runs with devices: a broken one ends as an unbroken one, and the shipped scenario of faults can be built."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulators.storage.battery.battery import Battery
from twin.cosim.build import build_site
from twin.cosim.emulated import Emulated
from twin.cosim.run import new_run, resume_run
from twin.device import FaultKind
from twin.scenario.loader import load_scenario
from twin.store.reader import read_run

SITE = """\
extends: minimal.yaml
name: minimal_faults
time: {step_s: 60}
assets:
  backup: {type: diesel_generator, rated_mw: 0.3}
devices:
  bess: {type: battery_pcs, ramp_mw_per_min: 0.2}
  backup: {type: diesel_controls}
faults:
  - {at: "07:05:30", asset: bess, type: trip, duration_s: 600, reset_after_s: 45}
  - {at: "08:00", asset: bess, type: sensor_freeze, duration_s: 3600}
  - {at: "10:00", asset: bess, type: comm_loss, duration_s: 1000}
  - {at: "12:00", asset: bess, type: slow, duration_s: 7200}
  - {asset: backup, type: trip, rate_per_year: 2000, duration_s: 300}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "minimal_faults.yaml"
    path.write_text(SITE)
    return path


# in the trip, in the precharge after its reset, while nothing is read, in a slow ramp
@pytest.mark.parametrize("stop_s", [25_560, 26_160, 36_600, 44_160])
def test_a_run_stopped_anywhere_ends_as_if_it_had_never_been(
        scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_s: int) -> None:
    new_run(load_scenario(scenario), tmp_path / "whole")
    whole = read_run(tmp_path / "whole")
    step = Battery.step

    def dying(self, t_s, dt_s, inputs):
        if t_s == stop_s:
            raise KeyboardInterrupt
        return step(self, t_s, dt_s, inputs)

    monkeypatch.setattr(Battery, "step", dying)
    with pytest.raises(KeyboardInterrupt):
        new_run(load_scenario(scenario, ["run.checkpoint_every_s=0"]), tmp_path / "run")
    monkeypatch.setattr(Battery, "step", step)
    resume_run(tmp_path / "run")
    resumed = read_run(tmp_path / "run")
    assert resumed.events == whole.events
    for key, series in whole.values.items():
        assert np.array_equal(resumed.values[key], series, equal_nan=True), key


def test_the_park_s_day_of_faults_shows_every_kind() -> None:
    site = build_site(load_scenario("zero_carbon_park_faults"))
    devices = [device for c in site.components.values() if isinstance(c, Emulated) for device in c.devices]
    assert {d.name for d in devices} >= {"bess", "chp_1", "diesel_1", "flywheels", "cooling.EC", "electricity.T1"}
    shown = {fault.kind for device in devices for fault in device.plan.faults}
    assert shown == set(FaultKind) - {FaultKind.NONE}
