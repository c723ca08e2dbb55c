"""A run that was stopped anywhere ends as if it had never been, bit for bit."""

import dataclasses
import json
import os

import numpy as np
import pytest

from tests.twin.toys import Store
from twin.cosim.run import new_run, resume_run
from twin.errors import RunStoreError
from twin.scenario.loader import load_scenario
from twin.store import writer
from twin.store.meta import RunMeta
from twin.store.reader import read_run, read_tables
from twin.store.snapshot import Snapshot


@pytest.fixture
def whole(toy_file, tmp_path):
    new_run(load_scenario(toy_file()), tmp_path / "whole")
    return read_run(tmp_path / "whole")


def stopped_run(toy_file, tmp_path, monkeypatch, stop_s):
    """A run whose store raises at a time, as a process that dies there, with snapshots at every chance."""
    step = Store.step

    def dying(self, t_s, dt_s, inputs):
        if t_s == stop_s:
            raise KeyboardInterrupt
        return step(self, t_s, dt_s, inputs)

    monkeypatch.setattr(Store, "step", dying)
    with pytest.raises(KeyboardInterrupt):
        new_run(load_scenario(toy_file(), ["run.checkpoint_every_s=0"]), tmp_path / "run")
    monkeypatch.setattr(Store, "step", step)
    return tmp_path / "run"


@pytest.mark.parametrize("stop_s", [1800, 45_000, 86_340])
def test_resumed_equals_unbroken(toy_file, tmp_path, monkeypatch, whole, stop_s):
    directory = stopped_run(toy_file, tmp_path, monkeypatch, stop_s)
    assert RunMeta.read(directory).status == "interrupted"
    snapshot = Snapshot.read(directory / "checkpoint.json")
    assert stop_s - 1800 <= snapshot.t_s <= stop_s
    assert read_run(directory).duration_s >= snapshot.t_s
    resume_run(directory)
    resumed = read_run(directory)
    assert RunMeta.read(directory).status == "complete"
    assert resumed.events == whole.events
    assert resumed.values.keys() == whole.values.keys()
    for key, series in whole.values.items():
        assert np.array_equal(resumed.values[key], series), key


def test_a_run_without_snapshot_starts_anew(toy_file, tmp_path, monkeypatch, whole):
    directory = stopped_run(toy_file, tmp_path, monkeypatch, 120)
    assert not (directory / "checkpoint.json").exists()
    resume_run(directory)
    assert np.array_equal(read_run(directory).native("office.p_mw"), whole.native("office.p_mw"))


def test_a_complete_run_is_left_alone(toy_file, tmp_path, whole):
    before = (tmp_path / "whole" / "run.h5").read_bytes()
    resume_run(tmp_path / "whole")
    assert (tmp_path / "whole" / "run.h5").read_bytes() == before


def test_an_existing_directory_is_never_written_over(toy_file, tmp_path, whole):
    with pytest.raises(RunStoreError, match="exists already"):
        new_run(load_scenario(toy_file()), tmp_path / "whole")


def test_a_run_that_is_being_written_cannot_be_resumed(toy_file, tmp_path, monkeypatch):
    directory = stopped_run(toy_file, tmp_path, monkeypatch, 45_000)
    lock = writer.WriterLock(directory / "writer.lock")
    lock.acquire()
    with pytest.raises(RunStoreError, match="another process is writing"):
        resume_run(directory)
    lock.release()


def test_a_run_of_another_version_is_refused(toy_file, tmp_path, monkeypatch):
    directory = stopped_run(toy_file, tmp_path, monkeypatch, 45_000)
    dataclasses.replace(RunMeta.read(directory), code_version="0.0.1").write(directory)
    with pytest.raises(RunStoreError, match=r"started with parktwin 0\.0\.1"):
        resume_run(directory)


def test_changed_code_or_data_is_noticed(toy_file, tmp_path, monkeypatch):
    directory = stopped_run(toy_file, tmp_path, monkeypatch, 45_000)
    meta = RunMeta.read(directory)
    dataclasses.replace(meta, code_sha256="0").write(directory)
    with pytest.raises(RunStoreError, match="other component code"):
        resume_run(directory)
    dataclasses.replace(meta, data_sha256={"/data/weather.csv": "0"}).write(directory)
    with pytest.raises(RunStoreError, match=r"/data/weather\.csv changed since"):
        resume_run(directory)


def test_results_shorter_than_the_snapshot_are_refused(toy_file, tmp_path, monkeypatch):
    """What a power cut may leave: the snapshot is there, the last rows are not."""
    directory = stopped_run(toy_file, tmp_path, monkeypatch, 45_000)
    blocks, steps, columns = read_tables(directory)
    short = {key: block[:-30] for key, block in blocks.items()}
    monkeypatch.setattr("twin.cosim.run.read_tables", lambda path: (short, steps, columns))
    with pytest.raises(RunStoreError, match="the results are damaged"):
        resume_run(directory)


def test_snapshots_are_taken_also_where_nothing_joins_the_stages(toy_file, tmp_path):
    """Without operator the sun runs far ahead of the consumers, which nothing waits for."""
    path = toy_file(("control: {type: boss}\n", ""), ("  pv: {type: plant, peak_mw: 3.0, bus: A}\n", ""))
    taken = []
    write = Snapshot.write
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Snapshot, "write", lambda self, file: (taken.append(self.t_s), write(self, file))[1])
        new_run(load_scenario(path, ["run.checkpoint_every_s=0"]), tmp_path / "run")
    assert len(taken) > 10 and taken == sorted(taken)


@pytest.mark.parametrize("damage", ["", "{", '{"format": 99}', '{"format": 1}'])
def test_a_damaged_snapshot_is_refused_with_a_remedy(toy_file, tmp_path, monkeypatch, damage):
    directory = stopped_run(toy_file, tmp_path, monkeypatch, 45_000)
    (directory / "checkpoint.json").write_text(damage)
    with pytest.raises(RunStoreError, match="start the run anew"):
        resume_run(directory)


def test_a_half_written_event_line_is_dropped_but_a_damaged_one_is_named(tmp_path, whole):
    events = tmp_path / "whole" / "events.jsonl"
    text = events.read_text()
    events.write_text(text + '{"t_s": 5, "comp')
    assert read_run(tmp_path / "whole").events == whole.events
    events.write_text("{broken}\n" + text)
    with pytest.raises(RunStoreError, match=r"events.jsonl:1: damaged"):
        read_run(tmp_path / "whole")


def test_what_is_no_run_is_said_so(tmp_path):
    with pytest.raises(RunStoreError, match="no run directory"):
        read_run(tmp_path)


def test_a_damaged_result_file_is_said_so(tmp_path, whole):
    (tmp_path / "whole" / "run.h5").write_bytes(b"not HDF5")
    with pytest.raises(RunStoreError, match="cannot be read"):
        read_run(tmp_path / "whole")


@pytest.mark.parametrize("kept", [0.99, 0.3, 0.0])
def test_a_result_file_that_was_cut_off_is_said_so(tmp_path, whole, kept):
    """HDF5's reader would wait for the rest for ever, or read zeros."""
    file = tmp_path / "whole" / "run.h5"
    os.truncate(file, int(file.stat().st_size * kept))
    with pytest.raises(RunStoreError, match="cut off" if kept else "no HDF5 file"):
        read_run(tmp_path / "whole")


def test_two_runs_that_start_together_get_directories_of_their_own(toy_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scenario = load_scenario(toy_file(), ["time.duration_h=1"])
    assert [new_run(scenario, None).directory.name for _ in range(2)] == ["toy-001", "toy-002"]


def test_meta_round_trip(tmp_path, whole):
    meta = RunMeta.read(tmp_path / "whole")
    meta.write(tmp_path)
    assert RunMeta.read(tmp_path) == meta
    assert json.loads((tmp_path / "meta.json").read_text())["components"]["grid"]["vectors"] == {"bus_mw": ["A", "B"]}


def test_the_last_row_of_a_slow_component_covers_what_has_begun(toy_file, tmp_path, monkeypatch):
    """Stopped at 20 min, the 15-min operator has begun its second interval: series still line up on the finest step."""
    directory = stopped_run(toy_file, tmp_path, monkeypatch, 1200)
    run = read_run(directory)
    assert run.duration_s == 1200
    assert len(run.on_grid("operator.seen_mw")) == len(run.on_grid("office.p_mw")) == 20
