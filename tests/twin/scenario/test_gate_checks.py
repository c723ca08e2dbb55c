"""What persons do must meet a gate, an asset and its set-point; times of the gate must fit together."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.errors import ScenarioError
from twin.scenario.gate_checks import gate_warnings
from twin.scenario.loader import load_scenario

SITE = "name: acted\nextends: minimal.yaml\ntime: {duration_h: 2}\n"
LIMITS = "limits:\n  import: {signal: grid.exchange_mw, high: 1, class: exchange, source: an assumption}\n"
GATE = "gate: {horizon_h: 6, workers: 1}\n"
TAKEOVER = "takeovers: [{at: '01:00', asset: bess, p_set_mw: 0.1, duration_s: 60}]\n"
RELEASE = "hand_releases: [{at: '01:00', decision: release}]\n"
RESET = "watchdog_resets: [{at: '01:00', asset: bess}]\n"


def loaded(folder: Path, text: str, *sets: str):
    file = folder / "acted.yaml"
    file.write_text(SITE + text)
    return load_scenario(file, sets)


def refused(folder: Path, text: str) -> list[str]:
    """Where and why a scenario is refused: ``line: path: message``."""
    with pytest.raises(ScenarioError) as caught:
        loaded(folder, text)
    return [f"{p.line}: {'.'.join(map(str, p.path))}: {p.message}" for p in caught.value.problems]


@pytest.mark.parametrize(("act", "section"), [
    (TAKEOVER, "takeovers"), (RELEASE, "hand_releases"), (RESET, "watchdog_resets")])
def test_what_persons_do_without_a_gate_is_a_mistake_at_its_line(tmp_path, act, section):
    message, = refused(tmp_path, act)
    assert message.startswith(f"4: {section}: nobody would do this") and "add a 'gate:'" in message


def test_a_gate_that_is_switched_off_leaves_them_undone_with_a_warning(tmp_path):
    text = TAKEOVER + RELEASE + RESET + GATE + LIMITS + "controllers: {watchdog: {type: watchdog}}\n"
    assert gate_warnings(loaded(tmp_path, text)) == []
    told = gate_warnings(loaded(tmp_path, text, "gate.enabled=false"))
    assert [warning.partition(":")[0] for warning in told] == ["takeovers", "hand_releases", "watchdog_resets"]


def test_a_reset_without_a_watchdog_is_a_mistake_at_its_line(tmp_path):
    message, = refused(tmp_path, RESET + GATE)
    assert message.startswith("4: watchdog_resets: there is no watchdog") and "type: watchdog" in message


@pytest.mark.parametrize(("act", "message"), [
    ("{at: '01:00', asset: bess, p_limit_mw: 1, duration_s: 60}",
     "4: takeovers.0.p_limit_mw: bess (battery) has no p_limit_mw; it takes p_set_mw"),
    ("{at: '01:00', asset: office, p_set_mw: 1, duration_s: 60}",
     "4: takeovers.0.p_set_mw: office (electric_load) has no p_set_mw; it takes interrupt_frac"),
    ("{at: '01:00', asset: grid, p_set_mw: 1, duration_s: 60}",
     "4: takeovers.0.p_set_mw: grid (single_bus) has no p_set_mw; it follows no set-point at all"),
    ("{at: '02:00', asset: bess, p_set_mw: 1, duration_s: 60}", "4: takeovers.0.at: '02:00' is "),
])
def test_a_takeover_names_a_set_point_that_the_asset_has_and_a_time_of_the_run(tmp_path, act, message):
    found, = refused(tmp_path, f"takeovers: [{act}]\n{GATE}")
    assert found.startswith(message)


@pytest.mark.parametrize(("rules", "message"), [
    ("horizon_h: 0.2", "4: gate.horizon_h: is 0.2 h, shorter than the 900 s"),
    ("horizon_h: 1.1", "4: gate.horizon_h: 1.1 h is not a whole number of steps of 900 s"),
    ("interval_s: 700", "4: gate.interval_s: 700 s is not a whole multiple of the scenario's step of 300 s"),
    ("interval_s: 600", "4: gate.interval_s: 600 s and the step of a schedule, 900 s (gate.step_s), are no multiples"),
])
def test_times_of_the_gate_fit_together(tmp_path, rules, message):
    found, = refused(tmp_path, f"gate: {{{rules}}}\n")
    assert found.startswith(message)


def test_the_gate_never_decides_in_the_midst_of_a_step_of_the_plant(tmp_path):
    found, = refused(tmp_path, "gate: {interval_s: 900}\nassets: {pv: {step_s: 1800}}\n")
    assert found.startswith("4: gate.interval_s: 900 s is not a whole multiple of the 1800 s in which pv steps")


def test_times_of_a_gate_that_is_switched_off_do_not_matter(tmp_path):
    loaded(tmp_path, "gate: {enabled: false, horizon_h: 0.2}\n")


def test_a_gate_without_limits_is_warned_of(tmp_path):
    warning, = gate_warnings(loaded(tmp_path, GATE))
    assert "nothing but solvability" in warning
    assert gate_warnings(loaded(tmp_path, GATE + LIMITS)) == []
