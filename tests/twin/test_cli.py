"""The command as a user meets it: clear messages, exit codes, no tracebacks, clean standard output."""

import json
import resource
import signal
import subprocess
import sys
import time

import pytest

from twin import cli
from twin.store.lock import WriterLock

MINUTES = ["--set", "time.duration_h=2"]


def twin(*args, cwd=None, **kwargs):
    return subprocess.run([sys.executable, "-m", "twin", *args], capture_output=True, text=True, cwd=cwd, **kwargs)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One short run of the learners' scenario, shared by the tests that only look."""
    directory = tmp_path_factory.mktemp("runs") / "minimal"
    done = twin("run", "minimal", *MINUTES, "--json", "--out", str(directory))
    assert done.returncode == 0, done.stderr
    return directory, done


def test_json_is_one_object_with_the_promised_keys(finished):
    directory, done = finished
    result = json.loads(done.stdout)
    assert result.keys() >= {"run_dir", "cpu_s", "wall_s", "energy_residual_rel", "kpi"}
    assert result["run_dir"] == str(directory) and result["energy_residual_rel"] < 1e-9
    assert done.stderr == ""


def test_the_run_directory_holds_what_the_documentation_says(finished):
    assert {"scenario.yaml", "run.h5", "meta.json", "report.html", "events.jsonl", "checkpoint.json"} <= {
        p.name for p in finished[0].iterdir()}


def test_the_summary_names_the_run_directory_and_the_report(finished):
    done = twin("report", str(finished[0]))
    assert done.returncode == 0 and str(finished[0]) in done.stdout.replace("\n", "") and "report.html" in done.stdout


def test_an_unknown_scenario_is_answered_with_a_suggestion():
    done = twin("run", "minimall")
    assert done.returncode == 2 and "minimal" in done.stderr and "Traceback" not in done.stderr


def test_a_wrong_option_is_a_usage_error():
    done = twin("run", "minimal", "--jsn")
    assert done.returncode == 2 and "No such option" in done.stderr and "Traceback" not in done.stderr


def test_check_reports_every_mistake_with_its_line(tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text("extends: minimal.yaml\nname: broken\ntime: {duration_h: -1}\nassets:\n  pv:\n    peek_mw: 3\n")
    done = twin("check", str(file))
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "broken.yaml:3:" in done.stderr and "broken.yaml:6:" in done.stderr and "peak_mw" in done.stderr


def test_check_passes_a_sound_scenario():
    done = twin("check", "minimal")
    assert done.returncode == 0 and "ok" in done.stdout and "data in" not in done.stdout


def test_check_names_the_folder_that_data_come_from(tmp_path):
    (tmp_path / "meter").mkdir()
    done = twin("check", "minimal", "--set", "data_dir=meter", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.endswith(f"; data in {tmp_path / 'meter'}\n")


def test_help_says_what_exit_code_4_may_mean():
    said = " ".join(twin("--help").stdout.split())
    assert "4 a network could not be solved in some steps or validation figures outside tolerance" in said


def test_show_tells_where_each_value_comes_from():
    done = twin("show", "minimal", "--set", "seed=5")
    assert done.returncode == 0 and "seed: 5" in done.stdout and "--set seed=5" in done.stdout
    assert "minimal.yaml:" in done.stdout


def test_schema_is_json():
    assert "properties" in json.loads(twin("schema").stdout)


def test_list_names_types_and_scenarios():
    done = twin("list")
    assert done.returncode == 0 and "battery" in done.stdout and "minimal" in done.stdout
    assert "battery_pcs" in done.stdout


@pytest.mark.parametrize(("type_name", "section", "parameter"), [
    ("battery", "assets", "energy_mwh"), ("battery_pcs", "devices", "precharge_s")])
def test_list_shows_the_parameters_of_a_component_or_a_device(type_name, section, parameter):
    done = twin("list", type_name)
    assert done.returncode == 0 and f"under {section}:" in done.stdout and parameter in done.stdout


def test_an_existing_directory_is_refused(finished):
    done = twin("run", "minimal", *MINUTES, "--out", str(finished[0]))
    assert done.returncode == 2 and "exists already" in done.stderr


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    for command in ("resume", "report"):
        done = twin(command, str(tmp_path))
        assert done.returncode == 2 and "no run directory" in done.stderr
        done = twin(command, str(tmp_path / "none"))
        assert done.returncode == 2 and "does not exist" in done.stderr


def test_a_run_that_another_process_writes_is_not_taken_from_it(tmp_path):
    directory = tmp_path / "run"
    assert twin("run", "minimal", *MINUTES, "--no-report", "--out", str(directory)).returncode == 0
    meta = json.loads((directory / "meta.json").read_text())
    (directory / "meta.json").write_text(json.dumps({**meta, "status": "running"}))
    writer = WriterLock(directory / "writer.lock")
    writer.acquire()
    done = twin("resume", str(directory))
    writer.release()
    assert done.returncode == 2 and "another process is writing this run" in done.stderr


def test_what_a_finished_run_lost_is_called_damage_and_named(tmp_path):
    directory = tmp_path / "run"
    assert twin("run", "minimal", *MINUTES, "--no-report", "--out", str(directory)).returncode == 0
    (directory / "run.h5").unlink()
    for command in ("report", "resume"):
        done = twin(command, str(directory))
        assert done.returncode == 6 and "run.h5: the run's results are missing" in done.stderr, done.stderr
    meta = json.loads((directory / "meta.json").read_text())
    del meta["format"]
    (directory / "meta.json").write_text(json.dumps(meta))
    done = twin("report", str(directory))
    assert done.returncode == 6 and "does not say which version" in done.stderr
    (directory / "meta.json").write_text(json.dumps({**meta, "format": 99}))
    done = twin("report", str(directory))
    assert done.returncode == 2 and "written by version 99" in done.stderr


def test_a_full_disk_is_a_clear_error_and_nothing_is_lost(tmp_path):
    """The kernel's file size limit stands for a full disk: writing beyond it fails in the same place."""
    directory = tmp_path / "run"
    limit = 300_000
    done = twin("run", "minimal", "--json", "--no-report", "--set", "run.checkpoint_every_s=0", "--set",
                "time.duration_h=240", "--out", str(directory),
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert done.returncode == 5 and "Traceback" not in done.stderr, done.stderr
    assert done.stderr.partition(": ")[2].startswith("the run cannot be written: File too large; make room")
    assert "make room on the disk" in done.stderr and "twin resume" in done.stderr
    resumed = twin("resume", str(directory), "--json", "--no-report")
    assert resumed.returncode == 0 and json.loads(resumed.stdout)["simulated_s"] == 240 * 3600


def test_interrupting_leaves_a_run_that_can_go_on(tmp_path):
    """A background job may ignore Ctrl-C from birth, hence the default handler for the child."""
    directory = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-m", "twin", "run", "zero_carbon_park_week", "--no-report", "--json",
                                "--out", str(directory)], stderr=subprocess.PIPE, text=True,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    for _ in range(300):
        if (directory / "run.h5").exists():
            break
        time.sleep(0.1)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "twin resume" in errors and "Traceback" not in errors
    assert json.loads((directory / "meta.json").read_text())["status"] == "interrupted"


@pytest.mark.parametrize(("command", "is_run"), [("run", True), ("resume", True), ("train", False), ("report", False)])
def test_only_a_run_is_said_to_go_on_after_an_interruption(monkeypatch, capsys, command, is_run):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", interrupted)
    monkeypatch.setattr(sys, "argv", ["twin", command])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert ("twin resume" in capsys.readouterr().err) == is_run
