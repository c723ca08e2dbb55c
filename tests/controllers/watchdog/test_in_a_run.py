"""The watchdog as the last layer of a run: how it is wired, what faults make it do, and that noise does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from controllers.watchdog.component import WatchdogComponent
from controllers.watchdog.image import Sign
from tests.component_specs.controllers import SITE as SITE_PLATES
from twin.component import Component, ComponentParams, Layer, Nothing, Role, Section, port
from twin.context import Context
from twin.cosim.build import build_site
from twin.cosim.edges import End
from twin.cosim.run import new_run
from twin.cosim.wiring import wire
from twin.cosim.world import run_world
from twin.errors import ScenarioError
from twin.gate.release.book import ReleaseBook
from twin.gate.release.refusal import Refusal
from twin.scenario.loader import load_scenario
from twin.store.reader import read_run

SITE = """\
name: watched
time: {start: 2025-03-10T00:00:00+08:00, duration_h: 6, step_s: 60}
location: {latitude_deg: 31.2, longitude_deg: 121.5, timezone: Asia/Shanghai}
assets:
  bess: {type: lfp_battery, power_mw: 10, energy_mwh: 40, initial_soc: 0.5}
  engine: {type: chp, rated_mw: 4, rated_heat_mw: 3.5, initial_p_mw: 2, initial_in_state_h: 0.5}
  office: {type: electric_load, peak_mw: 3, noise_frac: 0.1}
devices:
  bess: {type: battery_pcs}
networks:
  grid: {type: single_bus}
control:
  type: daily_setpoints
  setpoints:
    bess: [{hours: [1-3], p_set_mw: 6}, {hours: [3-5], p_set_mw: -6}]
    engine: [{hours: [0-6], p_set_mw: 2}]
controllers:
  watchdog: {type: watchdog}
"""


def written(folder: Path, extra: str = "") -> Path:
    file = folder / "watched.yaml"
    file.write_text(SITE + extra)
    return file


def run_of(folder: Path, extra: str = ""):
    new_run(load_scenario(written(folder, extra)), folder / "run")
    return read_run(folder / "run")


def alarms(run) -> list[tuple[int, str]]:
    return [(e.t_s, e.message) for e in run.events if e.kind == "watchdog_trip"]


def test_commands_of_the_operator_go_through_the_watchdog_to_the_asset(tmp_path):
    edges = {(str(e.source), str(e.target)) for e in wire(build_site(load_scenario(written(tmp_path))))}
    assert ("operator.bess.p_set_mw", "watchdog.bess.p_set_mw") in edges
    assert ("watchdog.bess.p_set_mw", "bess.p_set_mw") in edges
    assert ("operator.bess.p_set_mw", "bess.p_set_mw") not in edges
    assert ("bess.measured_soc", "watchdog.bess.soc") in edges, "it reads the instruments, not the truth"


@pytest.mark.parametrize(("extra", "source"), [
    ("", End("grid", "vm_pu", "SITE")),  # of the bus on which the battery stands
    ("connections:\n  - {from: bess.soc, to: watchdog.bess.vm_pu}\n", End("bess", "soc")),
])
def test_a_voltage_reaches_it_from_the_assets_bus_unless_another_connection_is_written(tmp_path, extra, source):
    edges = wire(build_site(load_scenario(written(tmp_path, extra))))
    (edge,) = [e for e in edges if e.target == End("watchdog", "vm_pu", "bess")]
    assert edge.delayed and edge.source == source


def test_a_watchdog_slower_than_who_commands_through_it_is_refused(tmp_path):
    file = written(tmp_path)
    file.write_text(SITE.replace("{type: watchdog}", "{type: watchdog, step_s: 300}"))
    with pytest.raises(ScenarioError, match="steps every 300 s but 'operator', whose commands go through"):
        wire(build_site(load_scenario(file)))


@pytest.mark.parametrize("key", ["assets: [bes]", "safe_states: {bes: zero}"])
def test_an_asset_that_does_not_exist_is_named(tmp_path, key):
    file = written(tmp_path)
    file.write_text(SITE.replace("{type: watchdog}", f"{{type: watchdog, {key}}}"))
    with pytest.raises(ScenarioError, match="did you mean 'bess'"):
        build_site(load_scenario(file))


def test_noise_of_instruments_and_loads_stops_nothing_and_changes_no_bit(tmp_path):
    with_it, without = tmp_path / "with", tmp_path / "without"
    with_it.mkdir()
    without.mkdir()
    watched = run_of(with_it)
    (without / "watched.yaml").write_text(SITE.replace("controllers:\n  watchdog: {type: watchdog}\n", ""))
    new_run(load_scenario(without / "watched.yaml"), without / "run")
    alone = read_run(without / "run")
    assert alarms(watched) == []
    for signal in ("bess.p_mw", "bess.soc", "bess.measured_temperature_degc", "engine.p_mw", "grid.exchange_mw"):
        np.testing.assert_array_equal(watched.native(signal), alone.native(signal))


@pytest.mark.parametrize(("fault", "sign", "at_s"), [
    # readings are lost from 02:00 on: the last one left at 02:00, 90 s later the next is missed
    ("comm_loss", "no new reading", 7200 + 120),
    # equal from 02:00 on at 6 MW: 0.25 % a minute, more than 1 % after five minutes
    ("sensor_freeze", "to the last bit", 7200 + 300),
])
def test_a_fault_of_the_instruments_stops_the_battery_and_nothing_else(tmp_path, fault, sign, at_s):
    run = run_of(tmp_path, f'faults:\n  - {{asset: bess, type: {fault}, at: "02:00", duration_s: 3600}}\n')
    ((told_s, message),) = alarms(run)
    assert told_s == at_s and message.startswith("bess: ") and sign in message
    steps = np.arange(run.native("bess.p_mw").size) * 60
    stopped = steps >= at_s + 60  # the converter ramps within seconds
    assert np.abs(run.native("bess.converter_mw")[stopped]).max() == 0.0
    assert run.native("engine.p_mw").min() > 0.0


@dataclass(slots=True)
class PersonOutputs:
    """Resets so far."""

    watchdog_reset_count: np.ndarray = port(0.0, per="asset")


class Person(Component[ComponentParams, Nothing, PersonOutputs, Nothing]):
    """Resets the battery at 02:30 and at 04:00."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER
    layer = Layer.DISPATCHER

    def terminals(self) -> dict[str, tuple[str, ...]]:
        return {"asset": ("bess",)}

    def step(self, t_s: int, dt_s: int, inputs: Nothing) -> PersonOutputs:
        return PersonOutputs(np.array([float(t_s >= 9000) + float(t_s >= 14_400)]))


class Quiet:
    """A listener that keeps what the watchdog tells."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []

    def before_step(self, t_s, component, last_outputs):
        """Nothing to do."""

    def after_step(self, t_s, component, outputs, events):
        self.told += [(t_s, e.kind) for e in events if e.component == "watchdog"]


def test_a_reset_comes_from_the_layer_below_and_is_refused_while_the_readings_are_lost(tmp_path):
    file = written(tmp_path, 'faults:\n  - {asset: bess, type: comm_loss, at: "02:00", duration_s: 3600}\n')
    site = build_site(load_scenario(file))
    site.components["person"] = Person("person", ComponentParams(), site.context)
    listener = Quiet()
    run_world(site, wire(site), listener=listener)
    assert listener.told == [(7320, "watchdog_trip"), (9000, "watchdog_reset_refused"), (14_400, "watchdog_reset")]


def test_it_learns_how_often_an_asset_steps_before_the_run_begins(tmp_path):
    file = written(tmp_path)
    file.write_text(SITE.replace("initial_soc: 0.5}", "initial_soc: 0.5, step_s: 300}"))
    site = build_site(load_scenario(file))
    listener = Quiet()
    run_world(site, wire(site), listener=listener)
    assert listener.told == [], "a reading that is renewed each five minutes is neither stale nor frozen in between"


def test_the_book_of_releases_takes_for_safe_what_the_watchdog_holds_and_only_while_it_does():
    """A release that expires would otherwise stop the diesel that the watchdog keeps running."""
    class Run:
        components: dict = {}
        note = None
        book = ReleaseBook(None, "site", {"diesel.p_set_mw": 0.0, "pv.p_limit_mw": np.inf})  # type: ignore[arg-type]

    context = Context(start=None, duration_s=60, step_s=60, seed=0, location=None,  # type: ignore[arg-type]
                      nameplates={"diesel": SITE_PLATES["diesel"], "pv": SITE_PLATES["pv"]})
    watchdog = WatchdogComponent("watchdog", WatchdogComponent.Params(), context)
    watchdog.attach(Run())  # type: ignore[arg-type]
    for t_s, p_mw, resets in ((0, 1.0, 0.0), (60, np.nan, 0.0), (120, np.nan, 0.0), (180, 1.0, 0.0), (240, 1.0, 1.0)):
        watchdog.step(t_s, 60, watchdog.Inputs(
            p_set_mw=np.array([1.0, 0.0]), p_limit_mw=np.array([np.inf, 3.0]), p_mw=np.array([p_mw, p_mw]),
            watchdog_reset_count=np.full(2, resets)))
        stopped = 120 <= t_s < 240
        assert Run.book.refusal("diesel.p_set_mw", 1.0, t_s) is (None if stopped else Refusal.UNSIGNED)
        assert Run.book.safe == ({"diesel.p_set_mw": 1.0, "pv.p_limit_mw": 3.0} if stopped else
                                 {"diesel.p_set_mw": 0.0, "pv.p_limit_mw": np.inf})


def test_a_start_that_the_watchdog_lets_through_is_not_safe_by_that_only_what_was_measured_is():
    """A stopped diesel may be started, by a release; a number that nobody released is refused at its device."""
    class Run:
        components: dict = {}
        note = None
        book = ReleaseBook(None, "site", {"diesel.p_set_mw": 0.0})  # type: ignore[arg-type]

    context = Context(start=None, duration_s=60, step_s=60, seed=0, location=None,  # type: ignore[arg-type]
                      nameplates={"diesel": SITE_PLATES["diesel"]})
    watchdog = WatchdogComponent("watchdog", WatchdogComponent.Params(thresholds={
        "require_release": True, "release_grace_s": 0}), context)  # type: ignore[arg-type]
    watchdog.attach(Run())  # type: ignore[arg-type]
    for t_s, asked_mw, p_mw, safe_mw in ((0, 0.0, 0.0, 0.0), (60, 1.7, 0.0, 0.0), (120, 1.7, 1.6, 1.6),
                                         (180, 0.0, 1.6, 1.6)):
        outputs = watchdog.step(t_s, 60, watchdog.Inputs(p_set_mw=np.array([asked_mw]), p_mw=np.array([p_mw])))
        assert outputs.sign_code[0] == Sign.NO_RELEASE
        assert outputs.p_set_mw[0] == (asked_mw or safe_mw)
        assert Run.book.safe == {"diesel.p_set_mw": safe_mw}


def test_nothing_is_said_of_what_the_watchdog_does_not_see():
    context = Context(start=None, duration_s=60, step_s=60, seed=0, location=None)  # type: ignore[arg-type]
    alone = WatchdogComponent("watchdog", WatchdogComponent.Params(), context)
    outputs = alone.step(0, 60, alone.Inputs())
    assert outputs.p_set_mw.size == 0 and outputs.latched_count == int(Sign.NONE)
