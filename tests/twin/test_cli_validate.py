"""``twin validate``: verdict, exit codes, JSON, page, and clear words for whatever is wrong with a file."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from twin import cli
from twin.context import Calendar
from twin.gate.limits.verdict import Outcome, Verdict
from twin.scenario.loader import load_scenario
from twin.scenario.show import resolved_yaml
from twin.schedule import Horizon, Origin, OriginKind, Schedule
from twin.schedule_files import write_schedule

SITE = """\
name: roof
time: {start: 2025-07-15T08:00:00+08:00, duration_h: 6, step_s: 300}
location: {latitude_deg: 31.2, longitude_deg: 121.5, timezone: Asia/Shanghai}
run: {checkpoint_every_s: 0}
weather: {type: tmy3}
assets:
  pv: {type: pv_plant, peak_mw: 1}
  bess: {type: battery, power_mw: 2, energy_mwh: 4}
  load: {type: electric_load, peak_mw: 1, daily_energy_mwh: 24, profile: [FLAT]}
networks: {grid: {type: single_bus, export_limit_mw: 1}}
gate: {enabled: false}
limits:
  export: {signal: grid.exchange_mw, low: nameplate, class: exchange, source: contract of the roof}
  import: {signal: grid.exchange_mw, high: 2.5, hard: false, alarm_high: 1.4, class: exchange, source: a wish}
""".replace("FLAT", ", ".join("1" * 24))
START = datetime.fromisoformat("2025-07-15T08:00:00+08:00")


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    file = tmp_path_factory.mktemp("roof") / "roof.yaml"
    file.write_text(SITE)
    return str(file)


@pytest.fixture
def schedule_of(tmp_path):
    """Writes powers of the battery as a schedule file, a quarter of an hour each."""

    def write(*powers, key="bess.p_set_mw", first=START, minutes=15):
        rows = [f"{(first + timedelta(minutes=minutes * n)).isoformat()},{p}" for n, p in enumerate(powers)]
        file = tmp_path / "plan.csv"
        file.write_text("\n".join([f"time,{key}", *rows]) + "\n")
        return str(file)

    return write


@pytest.fixture
def twin(monkeypatch, capsys):
    """The command in this process: exit code, standard output, standard error."""

    def call(*args):
        monkeypatch.setattr(sys, "argv", ["twin", *args])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out, out.err

    return call


def test_a_sound_schedule_is_accepted(twin, scenario, schedule_of):
    code, out, err = twin("validate", schedule_of(0.0, 0.0, 0.0, 0.0), "--scenario", scenario)
    assert (code, err) == (0, "")
    assert "accepted: 1 of 1 expectations hold all hard limits" in out
    assert "nothing was measured yet" in out


def test_what_a_schedule_was_made_from_is_told_and_another_scenario_is_refused(twin, scenario, tmp_path):
    loaded = load_scenario(scenario)
    plan = Schedule(Horizon(0, 900, 4), {"bess.p_set_mw": np.zeros(4)}, Origin(OriginKind.CONTROLLER, "operator"),
                    hashlib.sha256(resolved_yaml(loaded).encode()).hexdigest(), "", "ee" * 32)
    file, calendar = tmp_path / "plan.parquet", Calendar(START, "Asia/Shanghai", None)
    write_schedule(plan, file, calendar)
    code, out, err = twin("validate", str(file), "--scenario", scenario)
    assert (code, err) == (0, "")
    told = " ".join(out.split())
    assert "it was made from the state eeeeeeeeeeee…, and is tried with the one that is given here" in told
    write_schedule(dataclasses.replace(plan, scenario_sha256="ff" * 32), file, calendar)
    code, out, err = twin("validate", str(file), "--scenario", scenario)
    assert (code, out) == (2, "")
    told = " ".join(err.split())
    assert f"was made for the scenario ffffffffffff…, this is {plan.scenario_sha256[:12]}…" in told


def test_a_violated_hard_limit_is_rejected_with_time_driver_and_remedy(twin, scenario, schedule_of):
    code, out, _ = twin("validate", schedule_of(0.0, 2.0, 2.0, 0.0), "--scenario", scenario)
    assert code == 3
    assert "rejected: 0 of 1 expectations hold all hard limits, 1 violations of hard limits" in out
    told = " ".join(out.split())
    assert "export hard grid.exchange_mw 08:15 0.5 h" in told
    assert "export: lower bess.p_set_mw at 08:" in told


def test_an_alarm_level_is_told_and_the_schedule_accepted(twin, scenario, schedule_of):
    code, out, _ = twin("validate", schedule_of(-1.0, -1.0), "--scenario", scenario)
    assert code == 0
    assert "Alarms" in out


def test_a_violated_soft_limit_has_a_code_of_its_own(twin, scenario, schedule_of):
    code, out, _ = twin("validate", schedule_of(-2.0, -2.0), "--scenario", scenario)
    assert code == 4
    assert "accepted: 1 of 1 expectations hold all hard limits, 1 of soft ones" in out


def test_json_is_the_verdict(twin, scenario, schedule_of):
    code, out, _ = twin("validate", schedule_of(2.0, 2.0), "--scenario", scenario, "--json")
    data = json.loads(out)
    verdict = Verdict.from_plain(data)
    assert (code, verdict.outcome, verdict.sha256) == (3, Outcome.REJECTED, data["sha256"])
    [violation] = verdict.violations
    driver = violation.drivers[0]
    assert (driver.key, driver.unit) == ("bess.p_set_mw", "MW/MW")
    assert driver.sensitivity == pytest.approx(-1.0)             # a megawatt more is a megawatt less of import


def test_the_page_needs_no_network(twin, scenario, schedule_of, tmp_path):
    page = tmp_path / "plan.html"
    twin("validate", schedule_of(2.0, 2.0), "--scenario", scenario, "--plot", str(page))
    text = page.read_text()
    assert "grid.exchange_mw" in text
    assert "<script src=" not in text
    code, _, err = twin("validate", schedule_of(2.0, 2.0), "--scenario", scenario, "--plot", str(tmp_path / "no" / "x"))
    assert code == 2 and "cannot be written" in err


@pytest.mark.parametrize(("powers", "options", "message"), [
    ((0.0, "nan"), {}, "plan.csv:3: bess.p_set_mw:"),
    ((0.0, 0.0), {"key": "bes.p_set_mw"}, "did you mean 'bess'"),
    ((0.0, 0.0), {"key": "bess.p_set"}, "did you mean"),
    ((0.0, 800.0), {}, "plan.csv:3: bess.p_set_mw: 800 at 2025-07-15T08:15:00+08:00 is outside -2 to 2 MW"),
    ((0.0, 0.0), {"minutes": 7}, "intervals of 420 s; the scenario steps by 300 s"),
    ((0.0, 0.0), {"first": START - timedelta(days=1)}, "past"),
    ((), {}, "plan.csv"),
])
def test_mistakes_in_a_schedule_file_are_placed_and_explained(twin, scenario, schedule_of, powers, options, message):
    code, out, err = twin("validate", schedule_of(*powers, **options), "--scenario", scenario)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_a_gap_is_placed(twin, scenario, schedule_of):
    file = Path(schedule_of(0.0, 0.0, 0.0, 0.0))
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines[:3] + lines[4:]))
    code, _, err = twin("validate", str(file), "--scenario", scenario)
    assert code == 2 and "plan.csv:4: time:" in err


def test_a_schedule_without_a_site_is_a_mistake_of_the_call(twin, schedule_of):
    code, _, err = twin("validate", schedule_of(0.0))
    assert code == 2 and "which site is the schedule for?" in err


@pytest.fixture(scope="module")
def run(scenario, tmp_path_factory):
    """Six hours of the site, which ends with a snapshot."""
    from twin.cosim.run import new_run
    from twin.scenario.loader import load_scenario

    directory = tmp_path_factory.mktemp("runs") / "roof"
    new_run(load_scenario(scenario), directory)
    return directory


def test_a_schedule_is_tried_from_the_snapshot_of_a_run(twin, run, schedule_of):
    """The site and the time are those of the run; at its last snapshot the morning's schedule is past."""
    at_s = json.loads((run / "checkpoint.json").read_text())["t_s"]
    assert at_s > 0
    later = schedule_of(0.0, 0.0, first=START + timedelta(seconds=at_s))
    code, out, _ = twin("validate", later, "--snapshot", str(run))
    assert code == 0, out
    assert "accepted" in out
    code, _, err = twin("validate", schedule_of(0.0, 0.0), "--snapshot", str(run))
    assert code == 2 and "past" in err


def test_a_snapshot_of_another_site_or_version_is_refused(twin, run, scenario, schedule_of, tmp_path):
    other_site = ("--scenario", scenario, "--set", "assets.pv=null")
    code, _, err = twin("validate", schedule_of(0.0), *other_site, "--snapshot", str(run / "checkpoint.json"))
    assert code == 2 and "components differ (pv)" in err
    damaged = tmp_path / "checkpoint.json"
    damaged.write_text((run / "checkpoint.json").read_text()[:-40])
    code, _, err = twin("validate", schedule_of(0.0), "--scenario", scenario, "--snapshot", str(damaged))
    assert code == 6 and "damaged snapshot" in err
    data = json.loads((run / "checkpoint.json").read_text())
    damaged.write_text(json.dumps({**data, "format": 0}))
    code, _, err = twin("validate", schedule_of(0.0), "--scenario", scenario, "--snapshot", str(damaged))
    assert code == 2 and "another format version" in err
    code, _, err = twin("validate", schedule_of(0.0), "--scenario", scenario, "--snapshot", str(tmp_path))
    assert code == 2 and "no run directory" in err


def test_check_finds_limits_on_nothing(twin, scenario):
    code, _, err = twin("check", scenario, "--set", "limits.export.signal=grid.exchange_m")
    assert code == 2
    assert "limits.export.signal: there is no signal 'grid.exchange_m'; did you mean 'grid.exchange_mw'?" in err
