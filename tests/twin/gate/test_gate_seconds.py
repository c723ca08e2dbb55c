"""Gate, real-time balancer, watchdog and devices by the second: the balancer knows the released bands, and keeps them.

The course of expectations is as fine as the gate's interval, so that its first release comes with its second decision.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from twin.cosim.build import build_site
from twin.cosim.edges import End
from twin.cosim.run import new_run
from twin.cosim.wiring import wire
from twin.gate.decision import GateStatus
from twin.scenario.loader import load_scenario
from twin.store.reader import read_run
from twin.store.run_data import RunData

SITE = """\
name: seconds
time: {start: 2025-03-03T10:00:00+01:00, duration_h: 0.25, step_s: 1}
location: {latitude_deg: 48.2, longitude_deg: 16.4, timezone: Europe/Vienna}
currency: EUR
markets:
  tariff: {type: time_of_use_tariff, periods: [{name: flat, price_per_mwh: 200, hours: [0-24]}]}
assets:
  works: {type: electric_load, peak_mw: 2.0, noise_frac: 0.15, noise_correlation_h: 0.02}
  bess: {type: battery, power_mw: 2.0, energy_mwh: 4.0}
  wheels: {type: flywheel, units: 2, power_mw: 0.1, energy_mwh: 0.002}
devices:
  bess: {type: battery_pcs, ramp_mw_per_min: 600}
  wheels: {type: flywheel_drive}
networks:
  grid: {type: single_bus}
control: {type: rule_based, step_s: 300}
controllers:
  expectations: {type: persistence_forecast, interval_s: 300}
  balancer: {type: real_time_balancer, plan_interval_s: 300}
  watchdog: {type: watchdog, thresholds: {require_release: true}}
gate: {interval_s: 300, step_s: 300, horizon_h: 1, expectations: nominal, workers: 1}
run: {checkpoint_every_s: 0}
"""
STORAGES = ("bess", "wheels")
ROUNDING_MW = 1e-9


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("seconds") / "seconds.yaml"
    found.write_text(SITE)
    return found


@pytest.fixture(scope="module")
def run(file: Path) -> RunData:
    new_run(load_scenario(file), file.parent / "run")
    return read_run(file.parent / "run")


def of(run: RunData, component: str, output: str, asset: str) -> np.ndarray:
    return run.native(f"{component}.{output}")[:, run.components[component].vectors[output].index(asset)]


def test_commands_go_from_the_gate_through_balancer_and_watchdog_and_the_bands_with_them(file: Path) -> None:
    edges = {(edge.source, edge.target) for edge in wire(build_site(load_scenario(file)))}
    for asset in STORAGES:
        way = ["operator", "gate", "balancer", "watchdog"]
        for giver, taker in itertools.pairwise(way):
            assert (End(giver, "p_set_mw", asset), End(taker, "p_set_mw", asset)) in edges
        assert (End("watchdog", "p_set_mw", asset), End(asset, "p_set_mw")) in edges
        for side in ("band_low_mw", "band_high_mw"):
            assert (End("gate", side, asset), End("balancer", side, asset)) in edges
    for port in ("heartbeat_count", "release_expires_s"):
        assert (End("gate", port), End("watchdog", port)) in edges


@pytest.mark.parametrize("asset", STORAGES)
def test_corrections_stay_in_the_released_band_and_use_it(run: RunData, asset: str) -> None:
    released = run.native("gate.status_code") == GateStatus.RELEASED
    assert released.sum() == 600                                   # from the first measurement at 300 s on
    low, high, told = of(run, "gate", "band_low_mw", asset), of(run, "gate", "band_high_mw", asset), of(
        run, "balancer", "p_set_mw", asset)
    assert ((low - ROUNDING_MW <= told) & (told <= high + ROUNDING_MW)).all()
    assert (told[~released] == 0.0).all(), "before the first release there is no room for corrections"
    assert np.abs(of(run, "balancer", "correction_mw", asset)[released]).max() > 0.01


def test_a_correction_that_needs_more_than_the_band_is_cut_at_it(run: RunData) -> None:
    high, low = of(run, "gate", "band_high_mw", "bess"), of(run, "gate", "band_low_mw", "bess")
    told = of(run, "balancer", "p_set_mw", "bess")
    wanted = np.abs(run.native("balancer.deviation_mw"))
    at_edge = (high > low) & (np.minimum(np.abs(told - high), np.abs(told - low)) < ROUNDING_MW)
    assert at_edge.any() and np.nanmax(wanted[at_edge]) > ROUNDING_MW


def test_no_device_had_to_refuse_anything_and_the_watchdog_slept(run: RunData) -> None:
    assert [e.message for e in run.events if e.kind in ("setpoint_refused", "watchdog_trip")] == []
    for asset in STORAGES:
        assert np.array_equal(of(run, "watchdog", "p_set_mw", asset), of(run, "balancer", "p_set_mw", asset))
        assert np.array_equal(run.native(f"{asset}.p_requested_mw"), of(run, "watchdog", "p_set_mw", asset))
