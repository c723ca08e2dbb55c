"""Rows of limits met with the signals of a built twin: patterns, nameplates, mistakes at their place in the file."""

from __future__ import annotations

import math

import pytest

from twin.cosim.build import build_site
from twin.cosim.wiring import wire
from twin.errors import ScenarioError
from twin.gate.limits.limits import SOLVED, LimitSet, resolve_limits
from twin.gate.shadow.player import command_ports
from twin.scenario.loader import load_scenario

SITE = """\
name: two_units
time: {start: 2025-07-15T00:00:00+08:00, duration_h: 1, step_s: 900}
location: {latitude_deg: 31.2, longitude_deg: 121.5, timezone: Asia/Shanghai}
gate: {enabled: false}
assets:
  bess: {type: battery, power_mw: 2, energy_mwh: 4, min_soc: 0.1, max_soc: 0.9, bus: A}
  wheel: {type: flywheel, units: 1, power_mw: 1, energy_mwh: 0.1, bus: A}
  chp: {type: chp, rated_mw: 2, rated_heat_mw: 1.7, min_up_h: 2, min_down_h: 3, bus: B}
  load: {type: electric_load, peak_mw: 1, daily_energy_mwh: 24, profile: [FLAT], interruptible_frac: 0.2, bus: B}
networks:
  grid: {type: single_bus, buses: [A, B], import_limit_mw: 5}
limits:
""".replace("FLAT", ", ".join("1" * 24))
ABOUT = "class: other, source: a test"


def write(tmp_path, *rows, site=SITE):
    file = tmp_path / "site.yaml"
    file.write_text(site + "".join(f"  {row}\n" for row in rows))
    return file


def resolved(tmp_path, *rows, sets=()) -> LimitSet:
    scenario = load_scenario(write(tmp_path, *rows), sets)
    site = build_site(scenario)
    return resolve_limits(scenario, site.components, command_ports(site.components, wire(site)))


def own(found: LimitSet):
    return [limit for limit in found.limits if limit.name not in SOLVED]


def refused(tmp_path, *rows) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        resolved(tmp_path, *rows)
    return [f"{p.line}: {'.'.join(map(str, p.path))}: {p.message}" for p in error.value.problems]


def test_a_pattern_becomes_a_limit_for_each_owner(tmp_path):
    found = own(resolved(tmp_path, f'content: {{signal: "*.soc", low: 0.2, {ABOUT}}}'))
    assert [(limit.owner, limit.signals, limit.low, limit.high) for limit in found] == [
        ("bess", ("bess.soc",), 0.2, math.inf), ("wheel", ("wheel.soc",), 0.2, math.inf)]


def test_labels_of_one_owner_stay_together(tmp_path):
    [limit] = own(resolved(tmp_path, f'volts: {{signal: "grid.vm_pu[*]", high: 1.07, {ABOUT}}}'))
    assert limit.signals == ("grid.vm_pu[A]", "grid.vm_pu[B]")
    assert limit.unit == "p.u."


@pytest.mark.parametrize(("row", "expected"), [
    ('{signal: "bess.soc", low: nameplate, high: nameplate', (0.1, 0.9, "–")),
    ('{signal: bess.energy_mwh, high: nameplate', (-math.inf, 3.6, "MWh")),
    ('{signal: bess.p_set_mw, low: nameplate, high: nameplate', (-2.0, 2.0, "MW")),
    ('{signal: chp.p_set_mw, of: up_time_h, low: nameplate', (2.0, math.inf, "h")),
    ('{signal: chp.p_set_mw, of: down_time_h, low: nameplate', (3.0, math.inf, "h")),
    ('{signal: chp.p_set_mw, of: rise_per_h, high: nameplate', (-math.inf, 24.0, "MW/h")),  # 2 MW in 5 min
    ('{signal: grid.exchange_mw, low: nameplate, high: nameplate', (-math.inf, 5.0, "MW")),  # no agreed export
    ('{signal: load.interrupt_frac, high: nameplate', (-math.inf, 0.2, "–")),
])
def test_nameplates_say_what_a_limit_leaves_to_them(tmp_path, row, expected):
    [limit] = own(resolved(tmp_path, f"stated: {row}, {ABOUT}}}"))
    assert (limit.low, limit.high) == pytest.approx(expected[:2])
    assert limit.unit == expected[2]


def test_a_pattern_passes_over_owners_whose_nameplate_says_nothing(tmp_path):
    found = own(resolved(tmp_path, f'power: {{signal: "*.p_mw", high: nameplate, {ABOUT}}}'))
    assert {limit.owner: limit.high for limit in found} == {"bess": 2.0, "wheel": 1.0, "chp": 2.0}


def test_what_is_subtracted_follows_the_pattern(tmp_path):
    found = own(resolved(tmp_path, f'kept: {{signal: "*.p_requested_mw", minus: "*.p_mw", high: 1, {ABOUT}}}'))
    assert {limit.signals: limit.minus for limit in found}[("bess.p_requested_mw",)] == ("bess.p_mw",)


@pytest.mark.parametrize(("row", "message"), [
    ("{signal: bess.sco, low: 0", "signal: there is no signal 'bess.sco'; did you mean 'bess.soc'?"),
    ("{signal: bes.soc, low: 0", "signal: there is no 'bes' in this scenario; did you mean 'bess'? (null removes a "
                                 "limit)"),
    ('{signal: "grid.vm_pu[C]", low: 0', "signal: there is no signal 'grid.vm_pu[C]'; did you mean 'grid.vm_pu[B]'?"),
    ('{signal: "*.sco", low: 0', "signal: '*.sco' matches no signal, and no component type has an output or input "
                                 "'sco'; did you mean 'soc'?"),
    ("{signal: load.q_mvar, low: nameplate", "low: the nameplate of 'load' says nothing of q_mvar (value); it states "
                                             "bounds of interrupt_frac (value); write a number"),
    ('{signal: "*.q_mvar", high: nameplate', "signal: no nameplate states what '*.q_mvar' (value) may be; write a "
                                             "number for low or high"),
    ("{signal: bess.p_mw, of: rise_per_h, window_h: 0.2, high: 1",
     "window_h: the window of 720 s is shorter than a step of the trial (gate.step_s is 900 s), so that the limit "
     "would be judged too mildly; lower gate.step_s to 720 s or less, or raise window_h to 0.25 or more"),
    ("{signal: bess.soc, minus: bess.socc, low: 0", "minus: there is no signal 'bess.socc' to subtract from "
                                                    "'bess.soc'; did you mean 'bess.soc'?"),
])
def test_a_row_that_fits_nothing_is_reported_at_its_place(tmp_path, row, message):
    [problem] = refused(tmp_path, f"wrong: {row}, {ABOUT}}}")
    assert problem == f"13: limits.wrong.{message}"


@pytest.mark.parametrize(("row", "message"), [
    ("{signal: bess.soc, high: 95", "high: 95 is outside 0 to 1, where soc, a part of a whole, is always; 0.95 if 95 % "
                                    "is meant"),
    ('{signal: "*.soc", low: 2', "low: 2 is outside 0 to 1, where soc, a part of a whole, is always; 0.02 if 2 % is "
                                 "meant"),
    ("{signal: bess.soc, alarm_low: -0.1", "alarm_low: -0.1 is outside 0 to 1, where soc, a part of a whole, is "
                                           "always"),
    ("{signal: load.interrupt_frac, high: 20", "high: 20 is outside 0 to 1, where interrupt_frac, a part of a whole, "
                                               "is always; 0.2 if 20 % is meant"),
    ("{signal: load.p_mw, of: above_share, on_above: 2, high: 17",
     "high: 17 is outside 0 to 1, where a part of the time is always; 0.17 if 17 % is meant"),
    ("{signal: grid.exchange_mw, low: nameplate",  # there is no agreed export
     "low: the nameplate of 'grid' leaves exchange_mw (value) without limit, so that this would hold nothing; state "
     "the limit there, or write a number"),
])
def test_what_could_never_bind_is_refused(tmp_path, row, message):
    [problem] = refused(tmp_path, f"wrong: {row}, {ABOUT}}}")
    assert problem == f"13: limits.wrong.{message}"


def test_a_difference_of_two_charges_may_be_negative(tmp_path):
    found = own(resolved(tmp_path, f"apart: {{signal: bess.soc, minus: wheel.soc, low: -0.5, high: 0.5, {ABOUT}}}"))
    assert [(limit.low, limit.high) for limit in found] == [(-0.5, 0.5)]


def test_all_wrong_rows_are_reported_at_once(tmp_path):
    problems = refused(tmp_path, f"a: {{signal: bess.x, low: 0, {ABOUT}}}", f"b: {{signal: bess.y, low: 0, {ABOUT}}}")
    assert [problem.split(":")[0] for problem in problems] == ["13", "14"]


def test_a_pattern_for_what_this_site_does_not_have_is_right(tmp_path):
    """A list of limits serves sites of which not all have a network that can be loaded."""
    assert own(resolved(tmp_path, f'lines: {{signal: "*.line_loading_percent[*]", high: 100, {ABOUT}}}')) == []


def test_limits_on_what_a_layer_removes_go_with_it(tmp_path):
    rows = (f"full: {{signal: bess.soc, high: 0.9, {ABOUT}}}", f"ramp: {{signal: chp.p_mw, high: 2, {ABOUT}}}")
    assert [limit.name for limit in own(resolved(tmp_path, *rows, sets=["assets.bess=null"]))] == ["ramp"]


def test_null_removes_a_single_limit(tmp_path):
    rows = (f"full: {{signal: bess.soc, high: 0.9, {ABOUT}}}", f"ramp: {{signal: chp.p_mw, high: 2, {ABOUT}}}")
    assert [limit.name for limit in own(resolved(tmp_path, *rows, sets=["limits.full=null"]))] == ["ramp"]


@pytest.mark.parametrize(("row", "message"), [
    ("{signal: bess.soc", "at least one of low, high, alarm_low and alarm_high is needed"),
    ("{signal: bess.soc, low: 2, high: 1", "low 2 exceeds high 1; nothing could be within"),
    ("{signal: bess.soc, alarm_low: 2, alarm_high: 1", "alarm_low 2 exceeds alarm_high 1; nothing could be within"),
    ("{signal: bess.soc, low: true", "a number or the word 'nameplate' is needed, not true"),
    ("{signal: bess.soc, low: nameplat", "a number or the word 'nameplate' is needed, not 'nameplat'"),
    ("{signal: bess.soc, low: 1, of: mean", "'mean' is none of"),
    ("{signal: bess.soc, low: 1, window_h: 2", "'window_h' belongs to"),
    ("{signal: bess.soc, low: 1, on_above: 2", "'on_above' belongs to"),
    ("{signal: bess.soc, low: 1, tolerance: -1", "is -1, but must be at least 0"),
    ("{signal: bess.soc, lowest: 1", "unknown key"),
])
def test_what_a_row_may_say_is_checked_when_it_is_read(tmp_path, row, message):
    with pytest.raises(ScenarioError, match=r"site\.yaml:13:") as error:
        load_scenario(write(tmp_path, f"wrong: {row}, {ABOUT}}}"))
    assert message in str(error.value)


def test_a_limit_needs_a_source(tmp_path):
    with pytest.raises(ScenarioError, match=r"wrong\.source: this key is missing \(where the figure comes from"):
        load_scenario(write(tmp_path, "wrong: {signal: bess.soc, low: 0, class: other}"))


def test_every_site_must_be_solved_whatever_its_limits(tmp_path):
    site = SITE.replace("grid: {type: single_bus, buses: [A, B], import_limit_mw: 5}",
                        "grid: {type: electrical_grid, network: case9}").replace("bus: A", 'bus: "5"').replace(
                            "bus: B", 'bus: "7"').replace("limits:\n", "")
    scenario = load_scenario(write(tmp_path, site=site))
    built = build_site(scenario)
    found = resolve_limits(scenario, built.components, command_ports(built.components, wire(built)))
    assert [(limit.name, limit.signals) for limit in found.limits] == [("power_flow_solved", ("grid.converged_code",))]


def test_the_hash_follows_rows_and_nameplates(tmp_path):
    row = f"full: {{signal: bess.soc, high: nameplate, {ABOUT}}}"
    reference = resolved(tmp_path, row).sha256
    assert resolved(tmp_path, row).sha256 == reference
    assert resolved(tmp_path, row, sets=["limits.full.tolerance=0.01"]).sha256 != reference
    assert resolved(tmp_path, row, sets=["assets.bess.max_soc=0.8"]).sha256 != reference
