"""Slopes of a replay: against the replay with one set-point changed, and against closed forms."""

from __future__ import annotations

import copy
import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest

from tests.twin.gate.replays import QUARTER_S, limit, limits, replay
from twin.cosim.edges import End
from twin.gate.limits.judge import judge
from twin.gate.limits.limits import resolve_limits
from twin.gate.limits.series import Before
from twin.gate.rules import GateRules
from twin.gate.shadow.replayed import Replayed
from twin.gate.shadow.shadow import Shadow, TwinState
from twin.gate.slopes import late
from twin.gate.slopes.linearise import linearise
from twin.gate.slopes.points import points_of
from twin.scenario.loader import load_scenario
from twin.schedule import Horizon, Origin, Schedule

STEPS = 8
SITE = """\
name: feeder
time: {start: 2025-07-15T08:00:00+08:00, duration_h: 2, step_s: 900}
location: {latitude_deg: 31.2, longitude_deg: 121.5, timezone: Asia/Shanghai}
gate: {enabled: false}
weather: {type: tmy3}
assets:
  bess: {type: battery, power_mw: 9, energy_mwh: 20, charge_efficiency: 0.9, discharge_efficiency: 0.8, bus: END}
  chp: {type: chp, rated_mw: 6, rated_heat_mw: 5, bus: END, ramp_mw_per_min: 10, power_factor: 0.9}
  pv: {type: pv_plant, peak_mw: 4, bus: END}
networks:
  grid:
    type: electrical_grid
    inline:
      buses: {GRID: {vn_kv: 10}, END: {vn_kv: 10}}
      external_grid: {bus: GRID}
      lines: {L: {from: GRID, to: END, length_km: 3, std_type: NA2XS2Y 1x240 RM/25 6/10 kV}}
limits:
  loading: {signal: "grid.line_loading_percent[*]", high: 100, class: loading, source: a test}
  voltage: {signal: "grid.vm_pu[*]", high: 1.02, class: voltage, source: a test}
  content: {signal: bess.soc, low: 0.3, class: storage, source: a test}
  ramp: {signal: bess.p_set_mw, of: rise_per_h, high: 20, class: ramp, source: a test}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    file = tmp_path_factory.mktemp("feeder") / "site.yaml"
    file.write_text(SITE)
    scenario = load_scenario(file)
    shadow = Shadow(scenario, QUARTER_S)
    start = copy.deepcopy(TwinState.of(0, shadow.site.components, {}))
    horizon = Horizon(0, QUARTER_S, STEPS)
    setpoints = {
        "bess.p_set_mw": np.array([0.0, -2.0, 6.0, 6.0, 3.0, 0.0, 9.0, 9.0]), "chp.p_set_mw": np.full(STEPS, 4.0),
        "pv.p_limit_mw": np.full(STEPS, math.inf)}
    trajectories = shadow.replay(start, horizon, setpoints, None)
    resolved = resolve_limits(scenario, shadow.site.components, shadow.commands)
    replayed = Replayed(start, horizon, setpoints, None, trajectories)
    return SimpleNamespace(shadow=shadow, limits=resolved, replayed=replayed,
                           found=linearise(shadow, replayed, resolved))


def points(found, name):
    return [n for n, point in enumerate(found.points) if point.limit == name and point.excess > 0.0]


def columns_of(found, key):
    return {column.step: n for n, column in enumerate(found.columns) if column.key == key}


def by_replay(site, signal, interval, key, step, change):
    """Slope of a signal by changing one set-point both ways and replaying everything."""
    values = []
    for sign in (1.0, -1.0):
        changed = np.array(site.replayed.setpoints[key])
        changed[step] += sign * change
        again = site.shadow.replay(site.replayed.start, site.replayed.horizon,
                                   {**site.replayed.setpoints, key: changed}, None)
        values.append(again.series(signal)[interval])
    return (values[0] - values[1]) / (2.0 * change)


@pytest.mark.parametrize("name", ["loading", "voltage"])
@pytest.mark.parametrize("key", ["bess.p_set_mw", "chp.p_set_mw"])
def test_slopes_of_the_power_flow_are_those_of_a_changed_replay(site, name, key):
    """The CHP unit gives reactive power too: both ways through the network count."""
    found, matrix = site.found, site.found.dense()
    violated = points(found, name)
    assert violated
    for number in violated[:2]:
        point = found.points[number]
        interval = point.t_s // QUARTER_S
        slope = matrix[number, columns_of(found, key)[interval]]
        assert slope == pytest.approx(by_replay(site, point.signal, interval, key, interval, 0.05), rel=1e-3)


def test_a_renewable_without_a_limit_is_lowered_from_what_it_delivers(site):
    found, matrix = site.found, site.found.dense()
    number = points(found, "loading")[0]
    interval = found.points[number].t_s // QUARTER_S
    column = columns_of(found, "pv.p_limit_mw")[interval]
    delivered_mw = site.replayed.trajectories.series("pv.p_mw")[interval]
    assert delivered_mw > 0.1
    assert found.columns[column].base == pytest.approx(delivered_mw)
    # a megawatt is a megawatt on this bus, whoever feeds it in
    assert matrix[number, column] == pytest.approx(
        matrix[number, columns_of(found, "bess.p_set_mw")[interval]], rel=1e-2)


def test_content_is_the_sum_of_all_set_points_before(site):
    """20 MWh; a quarter of an hour of 1 MW takes 0.25/0.8 MWh out, or charging it puts 0.25 × 0.9 in."""
    found, matrix = site.found, site.found.dense()
    number = points(found, "content")[-1]
    interval = found.points[number].t_s // QUARTER_S
    assert interval == STEPS - 1
    row = [matrix[number, columns_of(found, "bess.p_set_mw")[step]] for step in range(STEPS)]
    out, charged = -0.25 / 0.8 / 20.0, -0.25 * 0.9 / 20.0
    assert row == pytest.approx([out, charged, out, out, out, out, out, out])


def test_a_ramp_is_the_difference_of_two_set_points(site):
    found, matrix = site.found, site.found.dense()
    [first, second] = points(found, "ramp")       # -2 → 6 MW and 0 → 9 MW
    columns = columns_of(found, "bess.p_set_mw")
    assert (matrix[first, columns[2]], matrix[first, columns[1]]) == (4.0, -4.0)
    assert (matrix[second, columns[6]], matrix[second, columns[5]]) == (4.0, -4.0)
    assert np.count_nonzero(matrix[first]) == 2


def test_probing_leaves_no_trace(site):
    again = site.shadow.replay(site.replayed.start, site.replayed.horizon, site.replayed.setpoints, None)
    for name, table in site.replayed.trajectories.tables.items():
        assert np.array_equal(again.tables[name], table, equal_nan=True), name


def test_drivers_are_the_set_points_that_push_farthest(site):
    schedule = Schedule(site.replayed.horizon, site.replayed.setpoints, Origin("file", "x"), "", "", "")
    verdict = judge([(None, site.replayed.trajectories)], site.limits, GateRules(), schedule=schedule,
                    scenario_sha256="", state_sha256="", before=Before.nothing())
    loading = next(v for v in verdict.violations if v.name == "loading")
    first = site.found.drivers(loading, 0, QUARTER_S)[0]
    assert (first.key, first.t_s, first.unit) == ("bess.p_set_mw", loading.worst_t_s, "%/MW")
    assert first.sensitivity > 0.0


def test_near_points_count_too_and_far_ones_do_not():
    trajectories = replay(grid__vm_pu=[1.0, 1.068, 1.08])
    near = points_of(limits(limit("grid.vm_pu", high=1.07)), trajectories, Before.nothing(), frozenset(), 0.01)
    assert [(p.point.t_s, p.point.excess > 0.0) for p in near] == [(QUARTER_S, False), (2 * QUARTER_S, True)]


def test_whether_something_was_solved_has_no_slope():
    solved = limit("grid.converged_code", low=1.0, limit_class="solver")
    assert points_of(limits(solved), replay(grid__converged_code=[1, 0]), Before.nothing(), frozenset()) == []


def test_of_what_answers_late_only_violations_and_their_surroundings_count():
    """Near ones would be many, and each costs time."""
    trajectories = replay(heat__t_degc=[70.0, 64.9, *[70.0] * 6, 65.4, 60.0])
    found = points_of(limits(limit("heat.t_degc", low=65.0, tolerance=0.5)), trajectories, Before.nothing(),
                      frozenset({"heat"}), 0.5)
    assert [(p.point.t_s, p.point.late) for p in found if p.point.excess > 0.5] == [(9 * QUARTER_S, True)]
    assert min(p.point.t_s for p in found) >= 5 * QUARTER_S


KERNEL = np.array([0.0, 0.0, 0.0, 0.2, 0.4, 0.2])
"""Three to five steps later eight tenths of a change have arrived."""


class Pipe:
    """A shadow twin of a pipe: what comes out is what went in, late and partly."""

    def __init__(self, most_degc=math.inf):
        self.replays, self.most_degc = 0, most_degc
        self.commands = {"heat.EC.supply_set_degc": SimpleNamespace(end=End("heat", "supply_set_degc", "EC"))}
        self.plant = {"heat": SimpleNamespace(nameplate=lambda: None)}
        self.site = None

    def replay(self, start, horizon, setpoints, expectation, until_s=None):
        self.replays += 1
        given = setpoints["heat.EC.supply_set_degc"]
        return replay(heat__t_degc=np.minimum(np.convolve(given, KERNEL)[:len(given)], self.most_degc))


def late_answer(monkeypatch, pipe, interval, most_replays, **bound):
    """Slopes of the point in one interval, as step → value."""
    monkeypatch.setattr(late, "wire", lambda site: [])
    horizon, key = Horizon(0, QUARTER_S, 24), "heat.EC.supply_set_degc"
    setpoints = {key: np.full(24, 80.0)}
    trajectories = pipe.replay(None, horizon, setpoints, None)
    replayed = Replayed(SimpleNamespace(), horizon, setpoints, None, trajectories)
    located = points_of(limits(limit("heat.t_degc", **bound)), trajectories, Before.nothing(), frozenset({"heat"}))
    [point] = [p for p in located if p.point.t_s == interval * QUARTER_S]
    pipe.replays = 0
    slopes = list(late.late_slopes(pipe, replayed, [point], most_replays))
    assert pipe.replays <= most_replays
    assert {(number, name) for number, name, _, _ in slopes} == {(0, key)}
    return {step: value for _, _, step, value in slopes}


def test_a_late_answer_is_found_by_step_tests(monkeypatch):
    """18 less three, four and five: steps 15, 14 and 13 answer with 0.2, 0.4 and 0.2. Tests begin at 10 and 14, then
    at every second step, and between two of them the answer is even."""
    slopes = late_answer(monkeypatch, Pipe(), 18, most_replays=12, low=90.0)
    assert sum(slopes.values()) == pytest.approx(0.8)
    assert slopes == pytest.approx({10: 0.05, 11: 0.05, 12: 0.05, 13: 0.05, 14: 0.3, 15: 0.3})


def test_with_few_replays_a_late_answer_is_coarse_but_whole(monkeypatch):
    slopes = late_answer(monkeypatch, Pipe(), 18, most_replays=4, low=90.0)
    assert sum(slopes.values()) == pytest.approx(0.8)


def test_a_change_is_made_in_the_direction_that_relieves(monkeypatch):
    """Of 64 °C no more can arrive: only less changes anything, and less is what the limit asks for."""
    slopes = late_answer(monkeypatch, Pipe(most_degc=64.0), 18, most_replays=12, high=60.0)
    assert sum(slopes.values()) == pytest.approx(0.8)


def test_without_replays_late_points_have_no_slopes(monkeypatch):
    monkeypatch.setattr(late, "wire", lambda site: [])
    pipe, horizon = Pipe(), Horizon(0, QUARTER_S, 4)
    setpoints = {"heat.EC.supply_set_degc": np.full(4, 80.0)}
    trajectories = pipe.replay(None, horizon, setpoints, None)
    located = points_of(limits(limit("heat.t_degc", low=90.0)), trajectories, Before.nothing(), frozenset({"heat"}))
    replayed = Replayed(SimpleNamespace(), horizon, setpoints, None, trajectories)
    assert list(late.late_slopes(pipe, replayed, located, most_replays=2)) == []


def test_a_point_knows_how_far_it_is_outside():
    [located] = points_of(limits(limit("a.soc", low=0.5)), replay(a__soc=[0.2]), Before.nothing(), frozenset())
    assert located.point.excess == pytest.approx(0.3)
    assert dataclasses.replace(located.point, value=0.6).excess == pytest.approx(-0.1)
