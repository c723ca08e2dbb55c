"""The ledger: durable before it is acknowledged, one writer at a time, nothing half-written, readable at any moment."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.twin.gate.releases import NOTE, SITE, key, release, written
from twin.gate.ledger import entries as told
from twin.gate.ledger.check import verify_ledger
from twin.gate.ledger.format import Head, Kind, LedgerBusy, LedgerError
from twin.gate.ledger.reader import LedgerReader
from twin.gate.ledger.writer import Ledger
from twin.gate.release.keys import read_public_keys
from twin.gate.release.refusal import Refusal, ReleaseRefused
from twin.gate.release.release import Verifier


@pytest.fixture
def file(tmp_path):
    return tmp_path / "ledger.sqlite"


def test_entries_come_back_in_order_with_what_was_written(file):
    clock = lambda: datetime(2025, 7, 15, 10, tzinfo=UTC)  # noqa: E731
    with Ledger(file, key(), now=clock) as ledger:
        entry = ledger.append(Kind.FALLBACK, NOTE)
    assert (entry.seq, entry.kind, entry.body, entry.t_utc) == (2, "fallback", NOTE, "2025-07-15T10:00:00.000000+00:00")
    with LedgerReader(file) as reader:
        assert [e.kind for e in reader.entries()] == ["key", "fallback"]
        assert reader.entries()[1] == entry
        assert reader.entries(Kind.FALLBACK) == reader.entries(last=1) == [entry]
        assert reader.entries(Kind.RELEASE) == [] and reader.acknowledged_seq() == 2 and reader.verify() == []


def test_the_key_is_the_first_entry_and_lies_beside_the_ledger(file):
    written(file, 0)
    with LedgerReader(file) as reader:
        assert reader.entries()[0].body == {"key_id": key().key_id, "site": SITE}
    assert read_public_keys(file.parent / "release_keys.json") == (key().public,)


def test_another_process_of_the_run_continues_with_its_own_key(file):
    with Ledger(file, key(), next_key_id=key(seed=2).key_id) as ledger:
        ledger.append(Kind.FAULT, NOTE)
    with Ledger(file, key(seed=2)) as ledger:
        ledger.append(Kind.FAULT, NOTE)
    with LedgerReader(file) as reader:
        assert [e.key_id for e in reader.entries()] == [key().key_id] * 2 + [key(seed=2).key_id] * 2
    assert verify_ledger(file) == []


def test_an_entry_is_on_the_disk_when_append_returns(file, monkeypatch):
    """What a reader of its own sees at the moment of return, and that both files were synced before."""
    synced = []
    real_fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(fd), real_fsync(fd))[1])
    with Ledger(file, key()) as ledger:
        assert ledger._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert ledger._connection.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"
        synced.clear()
        entry = ledger.append(Kind.FAULT, NOTE)
        assert len(synced) == 2, "the new head, and the folder that names it"
        assert Head.read(file).hash == entry.hash
        with LedgerReader(file) as reader:
            assert reader.entries()[-1] == entry


def test_several_entries_are_written_all_or_none(file):
    with Ledger(file, key()) as ledger:
        with pytest.raises(LedgerError, match="the body of a fault cannot be written as JSON"):
            ledger.append_all([(Kind.FAULT, NOTE), (Kind.FAULT, {"value": float("nan")})])
        assert ledger.append_all([]) == []
        assert [e.seq for e in ledger.append_all([(Kind.FAULT, NOTE), (Kind.FALLBACK, NOTE)])] == [2, 3]
    assert verify_ledger(file) == []


@pytest.mark.parametrize("body", [{"x": float("inf")}, {"x": object()}, {"x": b"bytes"}])
def test_a_body_that_is_no_plain_data_is_refused(file, body):
    with Ledger(file, key()) as ledger, pytest.raises(LedgerError, match="cannot be written as JSON"):
        ledger.append(Kind.FAULT, body)
    assert verify_ledger(file) == []


# ---- one writer, many readers ------------------------------------------------------------------------------------


def test_two_open_ledgers_take_turns(file):
    with Ledger(file, key()) as one, Ledger(file, key()) as other:
        for number in range(6):
            (one, other)[number % 2].append(Kind.FAULT, {"number": number})
    with LedgerReader(file) as reader:
        assert [e.body["number"] for e in reader.entries(Kind.FAULT)] == list(range(6))
    assert verify_ledger(file) == []


def test_many_processes_write_at_once_and_none_is_lost(file):
    script = ("import sys; from pathlib import Path; from tests.twin.gate.releases import key; "
              "from twin.gate.ledger.writer import Ledger, Kind\n"
              "with Ledger(Path(sys.argv[1]), key(), wait_s=60) as ledger:\n"
              "    for n in range(10): ledger.append(Kind.FAULT, {'who': sys.argv[2], 'n': n})")
    written(file, 0)
    processes = [subprocess.Popen([sys.executable, "-c", script, str(file), name]) for name in ("a", "b")]
    assert [p.wait() for p in processes] == [0, 0]
    with LedgerReader(file) as reader:
        entries = reader.entries(Kind.FAULT)
    for name in ("a", "b"):
        assert [e.body["n"] for e in entries if e.body["who"] == name] == list(range(10))
    assert verify_ledger(file) == []


def test_a_writer_that_waits_too_long_is_told(file):
    import fcntl

    with Ledger(file, key(), wait_s=0.05) as ledger:
        with (file.with_suffix(".lock")).open("w") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            with pytest.raises(LedgerBusy, match=r"another process has been writing for 0\.05 s; nothing was written"):
                ledger.append(Kind.FAULT, NOTE)
        assert ledger.append(Kind.FAULT, NOTE).seq == 2, "once the other is done"


def test_a_file_locked_by_another_program_is_told(file):
    with Ledger(file, key(), wait_s=0.05) as ledger, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerBusy, match="locked by another program"):
            ledger.append(Kind.FAULT, NOTE)
        other.execute("ROLLBACK")
        assert ledger.append(Kind.FAULT, NOTE).seq == 2
    assert verify_ledger(file) == []


def test_a_reader_sees_the_ledger_grow_and_never_stops_the_writer(file):
    with Ledger(file, key(), wait_s=0.05) as ledger, LedgerReader(file) as reader:
        for number in range(1, 4):
            assert len(reader.entries()) == number
            ledger.append(Kind.FAULT, NOTE)
            assert verify_ledger(file) == []


def test_no_ledger_is_told(file):
    for look in (LedgerReader, verify_ledger):
        with pytest.raises(LedgerError, match="no ledger here"):
            look(file)


# ---- releases in the ledger --------------------------------------------------------------------------------------


def test_a_dispatcher_obeys_what_the_ledger_holds(file):
    released = release()
    with Ledger(file, key()) as ledger, LedgerReader(file) as reader:
        dispatcher = Verifier([key().public], reader.holds_release)
        with pytest.raises(ReleaseRefused) as caught:
            dispatcher.check(released, 3600, SITE)
        assert caught.value.reason is Refusal.NOT_IN_LEDGER
        ledger.append(*told.released(3600, released, "the gate"))
        dispatcher.check(released, 3600, SITE)
        with pytest.raises(ReleaseRefused, match="not in the ledger"):
            dispatcher.check(release(issued_s=0), 3600, SITE)


def test_an_entry_that_nobody_signed_is_no_release(file):
    """A thief who copies an entry's form cannot make a dispatcher believe it."""
    released = release()
    with Ledger(file, key()) as ledger:
        entry = ledger.append(*told.released(3600, released, "the gate"))
    with closing(sqlite3.connect(file)) as thief, thief:
        thief.execute("UPDATE entries SET signature = ? WHERE seq = ?", ("00" * 64, entry.seq))
    with LedgerReader(file) as reader:
        assert not reader.holds_release(released)


def test_a_ledger_that_cannot_be_read_means_no_release(file):
    written(file, 0)
    with LedgerReader(file) as reader:
        dispatcher = Verifier([key().public], reader.holds_release)
        with closing(sqlite3.connect(file)) as thief, thief:
            thief.execute("DROP TABLE entries")
        with pytest.raises(ReleaseRefused, match="cannot be looked up in the ledger") as caught:
            dispatcher.check(release(), 3600, SITE)
        assert caught.value.reason is Refusal.NOT_IN_LEDGER
