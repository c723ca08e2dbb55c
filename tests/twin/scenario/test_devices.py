"""``devices:`` and ``faults:`` in a scenario: every mistake at its place, with a way out."""

from __future__ import annotations

import pytest

from tests.twin.scenario.sites import SITE, DeafDrive, Drive
from twin.scenario.loader import load_scenario

DEVICES = "devices:\n  bess: {type: drive, ramp_mw_per_min: 30}\n  grid.MAIN: {type: deaf_drive}\n"
FIRST_LINE = SITE.count("\n") + 1
"""Of the ``devices:`` key."""


def site(write, devices=DEVICES, faults=""):
    return write(text=SITE + devices + faults)


def test_a_device_belongs_to_an_asset_or_to_a_terminal_of_a_network(write):
    found = load_scenario(site(write)).devices
    assert list(found) == ["bess", "grid.MAIN"]
    bess, main = found.values()
    assert (bess.owner, bess.terminal, bess.cls, bess.params.ramp_mw_per_min) == ("bess", None, Drive, 30)
    assert (main.owner, main.terminal, main.cls, main.name) == ("grid", "MAIN", DeafDrive, "grid.MAIN")


@pytest.mark.parametrize(("old", "new", "line", "column", "message"), [
    ("  bess:", "  bes:", 1, 3, "there is no asset or network 'bes'; did you mean 'bess'?"),
    ("  grid.MAIN:", "  gird.MAIN:", 2, 3, "there is no asset or network 'gird'; did you mean 'grid'?"),
    ("  bess:", "  weather:", 1, 3, "there is no asset or network 'weather'"),
    ("  bess:", "  bess.a.b:", 1, 3, "'bess.a.b' is not the name of an asset, or network.terminal"),
    ("{type: drive, ramp_mw_per_min: 30}", "drive", 1, 9, "a mapping with a type is needed, not 'drive'"),
    ("type: drive, ", "", 1, 3, "the type of the device is missing (types: deaf_drive, drive)"),
    ("type: drive,", "type: dirve,", 1, 16, "unknown type 'dirve'; did you mean 'drive'?"),
    ("type: drive,", "type: tank,", 1, 16, "unknown type 'tank'; known types: deaf_drive, drive"),
    ("ramp_mw_per_min", "ramp_mw_per_s", 1, 23, "unknown key; did you mean 'ramp_mw_per_min'? (mind the unit: MW/min)"),
    ("30", "-30", 1, 40, "is -30, but must be more than 0 [MW/min]"),
    ("30", "true", 1, 40, "a number [MW/min] is needed, not true"),
])
def test_a_mistake_in_a_device_is_placed_and_explained(write, problems, old, new, line, column, message):
    assert DEVICES.count(old) == 1
    [found] = problems(site(write, DEVICES.replace(old, new)))
    assert message in str(found)
    assert (found.line, found.column) == (FIRST_LINE + line, column)


FAULTS = 'faults:\n  - {at: "10:15", asset: bess, type: derate, factor: 0.5, duration_s: 600}\n'
FAULT_LINE = FIRST_LINE + DEVICES.count("\n") + 1


@pytest.mark.parametrize(("old", "new", "caret", "message"), [
    ("asset: bess", "asset: bes", "bes,", "'bes' has no device that could fail; did you mean 'bess'?; add one under"),
    ("asset: bess", "asset: tank_2", "tank_2", "'tank_2' has no device that could fail"),
    ("asset: bess", "asset: grid.MAIN", "derate", "derate does nothing to a deaf_drive; it may be trip"),
    ("type: derate", "type: derated", "derated", "'derated' is none of"),
    ("type: derate", "type: trip", "{", "'factor' belongs to derate and slow, not to trip"),
    ("factor: 0.5", "factor: 1.5", "{", "factor 1.5 derates nothing; give the part that can still be used, 0 to 1"),
    ("type: derate, factor: 0.5", "type: slow, factor: 0.5", "{", "factor 0.5 makes nothing slower; give 1 or more"),
    ("factor: 0.5", "factor: 0", "0,", "is 0, but must be more than 0"),
    ("duration_s: 600", "duration_s: -1", "-1", "is -1, but must be more than 0 [s]"),
    ("duration_s: 600", "duration_min: 10", "duration_min", "unknown key; did you mean 'duration_s'?"),
    ('at: "10:15", ', "", "{", "exactly one of 'at' and 'rate_per_year' is needed"),
    ('at: "10:15"', 'at: "10:15", rate_per_year: 4', "{", "exactly one of 'at' and 'rate_per_year' is needed"),
    ('"10:15"', '"25:15"', '"25:15', "'25:15' is no time; write \"10:15\""),
    ('"10:15"', '"0 10:15"', '"0', "'0 10:15' is no time"),
    ('"10:15"', '"2025-07-15T10:15:00"', '"2025', "or a stamp with offset like 2025-07-15T10:15:00+08:00"),
    ('"10:15"', "37500", "37500", "write it in quotes: '37500'"),
    ("type: derate, factor: 0.5", "type: reset", "{", "a reset is a moment: it takes 'at' alone"),
    ("factor: 0.5", "reset_after_s: 60", "{", "'reset_after_s' belongs to a trip, not to derate"),
    ("type: derate, factor: 0.5, duration_s: 600", "type: trip, reset_after_s: 60", "{",
     "'reset_after_s' belongs to a trip whose cause ends; give 'duration_s'"),
    ('at: "10:15", asset: bess, type: derate, factor: 0.5, duration_s: 600',
     "rate_per_year: 4, asset: bess, type: trip", "{", "a fault by chance needs 'duration_s'"),
])
def test_a_mistake_in_a_fault_is_placed_and_explained(write, problems, old, new, caret, message):
    assert FAULTS.count(old) == 1
    [found] = problems(site(write, faults=FAULTS.replace(old, new)))
    assert message in str(found)
    assert found.line == FAULT_LINE
    assert found.excerpt[found.column - 1:].startswith(caret)


def test_faults_without_any_device_are_told(write, problems):
    [found] = problems(site(write, devices="", faults=FAULTS))
    assert "'bess' has no device that could fail; add one under 'devices:'" in str(found)


def test_a_mistaken_device_is_told_once_and_not_again_for_its_faults(write, problems):
    [found] = problems(site(write, DEVICES.replace("type: drive", "type: drvie"), FAULTS))
    assert "did you mean 'drive'?" in str(found)


def test_null_removes_an_inherited_device(write):
    base = site(write)
    loaded = load_scenario(write("lower.yaml", f"extends: {base.name}\nname: lower\ndevices: {{grid.MAIN: null}}\n"))
    assert list(loaded.devices) == ["bess"]
