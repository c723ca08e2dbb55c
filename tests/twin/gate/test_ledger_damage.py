"""The ledger under attack: killed while it writes, no room on the disk, edited, cut, swapped or no ledger at all."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.twin.gate.releases import NOTE, key, release, written
from twin.gate.ledger import entries as told
from twin.gate.ledger import writer as ledger_module
from twin.gate.ledger.check import LedgerDamaged, verify_ledger
from twin.gate.ledger.damage import Damage
from twin.gate.ledger.format import Head, Kind, LedgerWriteError, head_file
from twin.gate.ledger.reader import LedgerReader
from twin.gate.ledger.writer import Ledger


@pytest.fixture
def file(tmp_path):
    return tmp_path / "ledger.sqlite"


# ---- kill, full disk, damage -------------------------------------------------------------------------------------


def killed_at(file, monkeypatch, step):
    """A child appends a release and is killed at a step of it; what is left is for the test."""
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(*step, lambda *args, **kwargs: os.kill(os.getpid(), signal.SIGKILL))
        try:
            with Ledger(file, key()) as ledger:
                ledger.append(*told.released(3600, release(), "the gate"))
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


def test_killed_before_the_entry_nothing_is_left(file, monkeypatch):
    written(file)
    killed_at(file, monkeypatch, (Head, "prepare"))
    assert verify_ledger(file) == []
    with Ledger(file, key()) as ledger:
        assert ledger.append(Kind.FAULT, NOTE).seq == 5


def test_killed_between_entry_and_head_it_is_not_acknowledged_and_the_next_entry_says_so(file, monkeypatch):
    written(file)
    killed_at(file, monkeypatch, (ledger_module, "put_head"))
    assert [(f.damage, f.seq, f.is_damage) for f in verify_ledger(file)] == [(Damage.UNACKNOWLEDGED, 5, False)]
    with LedgerReader(file) as reader:
        assert reader.acknowledged_seq() == 4 and not reader.holds_release(release())
    with Ledger(file, key()) as ledger:
        entry = ledger.append(Kind.FALLBACK, NOTE)
    assert entry.seq == 7 and verify_ledger(file) == []
    with LedgerReader(file) as reader:
        note = reader.entries(Kind.FAULT)[-1]
        assert (note.seq, note.body["fault"], note.body["first_seq"], note.body["last_seq"]) == (
            6, "unacknowledged_entries", 5, 5)


def test_several_writers_killed_one_after_another_between_entry_and_head(file, monkeypatch):
    """Found by the campaign: each leaves its entry and the note on the one before, and none of them moves the head."""
    written(file)
    for _ in range(3):
        killed_at(file, monkeypatch, (ledger_module, "put_head"))
    assert [(f.damage, f.seq) for f in verify_ledger(file)] == [(Damage.UNACKNOWLEDGED, 5)]
    with LedgerReader(file) as reader:
        assert reader.acknowledged_seq() == 4 and not reader.holds_release(release())
    with Ledger(file, key()) as ledger:
        ledger.append(Kind.FALLBACK, NOTE)
    with LedgerReader(file) as reader:
        assert [(e.body["first_seq"], e.body["last_seq"]) for e in reader.entries(Kind.FAULT, last=3)] == [
            (5, 5), (5, 7), (5, 9)]
    assert verify_ledger(file) == []


def test_an_older_head_put_back_is_not_taken_for_a_killed_writer(file):
    written(file)
    older = head_file(file).read_bytes()
    with Ledger(file, key()) as ledger:
        ledger.append(Kind.FAULT, NOTE)
        ledger.append(Kind.FAULT, NOTE)
    head_file(file).write_bytes(older)
    assert [f.damage for f in verify_ledger(file)] == [Damage.HEAD]


@pytest.mark.parametrize("left", ["nothing", "keys", "head", "empty_file"])
def test_killed_while_it_was_made_it_is_made_anew(file, left):
    if left != "nothing":
        written(file, 0)
        file.unlink()
        if left == "keys":
            head_file(file).unlink()
        else:
            with Ledger(file.with_name("other.sqlite"), key()) as other:
                identity = Head.read(other.file).ledger_id
            Head.of(identity, 0, "0" * 64, key()).prepare(file).replace(head_file(file))
        if left == "empty_file":
            file.touch()
    written(file)
    assert verify_ledger(file) == [] and LedgerReader(file).acknowledged_seq() == 4


def test_readable_after_kill_9_with_the_log_not_folded_in(file):
    child = os.fork()
    if child == 0:
        try:
            ledger = Ledger(file, key())
            ledger.append(Kind.FAULT, NOTE)
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    assert file.with_name("ledger.sqlite-wal").stat().st_size > 0
    with LedgerReader(file) as reader:
        assert [e.kind for e in reader.entries()] == ["key", "fault"] and reader.verify() == []


def test_a_full_disk_leaves_nothing_half_written(file):
    """SQLite's own limit on the size of its file stands for the disk."""
    with Ledger(file, key()) as ledger:
        pages = ledger._connection.execute("PRAGMA page_count").fetchone()[0]
        ledger._connection.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(LedgerWriteError, match=r"\(database or disk is full\); free some space"):
            ledger.append(Kind.FAULT, {"message": "x" * 20_000})
        assert verify_ledger(file) == [] and len(LedgerReader(file).entries()) == 1
        ledger._connection.execute("PRAGMA max_page_count=1000000")
        assert ledger.append(Kind.FAULT, NOTE).seq == 2, "and goes on when there is space again"


def test_a_limit_on_the_size_of_files_is_told(tmp_path):
    """The system refuses to let the file grow, as it does on a full disk."""
    script = ("import resource, signal, sys; from pathlib import Path; from tests.twin.gate.releases import key; "
              "from twin.gate.ledger.writer import Ledger, Kind; from twin.gate.ledger.format import LedgerWriteError\n"
              "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
              "with Ledger(Path(sys.argv[1]), key()) as ledger:\n"
              "    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n"
              "    try:\n"
              "        for n in range(100): ledger.append(Kind.FAULT, {'n': n, 'x': 'x' * 5000})\n"
              "    except LedgerWriteError as error: print(n, error)")
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    file = tmp_path / "ledger.sqlite"
    done = subprocess.run([sys.executable, "-c", script, str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    reached = int(done.stdout.split()[0])
    assert "the entry could not be written" in done.stdout and "free some space" in done.stdout
    assert verify_ledger(file) == [] and len(LedgerReader(file).entries()) == 1 + reached


def test_a_head_that_cannot_be_written_takes_its_entry_back(file, monkeypatch):
    with Ledger(file, key()) as ledger:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", lambda fd: (_ for _ in ()).throw(OSError(28, "No space left on device")))
            with pytest.raises(LedgerWriteError, match="No space left on device"):
                ledger.append(Kind.FAULT, NOTE)
        assert verify_ledger(file) == [] and len(LedgerReader(file).entries()) == 1
        assert ledger.append(Kind.FAULT, NOTE).seq == 2


def test_nothing_is_appended_to_a_damaged_ledger(file):
    written(file)
    with closing(sqlite3.connect(file)) as thief, thief:
        thief.execute("UPDATE entries SET body = ? WHERE seq = 3", ('{"message":"nothing happened"}',))
    with pytest.raises(LedgerDamaged, match="edited entry 3") as caught:
        Ledger(file, key())
    assert [(f.damage, f.seq) for f in caught.value.findings] == [(Damage.EDITED, 3)]
    assert caught.value.exit_code == 6


def test_damage_to_the_end_is_noticed_by_an_open_ledger(file):
    with Ledger(file, key()) as ledger:
        ledger.append(Kind.FAULT, NOTE)
        with closing(sqlite3.connect(file)) as thief, thief:
            thief.execute("DELETE FROM entries WHERE seq = 2")
        with pytest.raises(LedgerDamaged, match="entries 2 to 2 are gone"):
            ledger.append(Kind.FAULT, NOTE)


# ---- what only somebody else can know ----------------------------------------------------------------------------


def test_an_old_copy_of_ledger_and_head_is_noticed_with_a_later_head_alone(file, tmp_path):
    """The limit of what these files can prove: said in ``ledger_check``, shown here."""
    written(file)
    shutil.copytree(tmp_path, tmp_path.with_name("old"))
    with Ledger(file, key()) as ledger:
        ledger.append(Kind.FAULT, NOTE)
    kept = Head.read(file)
    old = tmp_path.with_name("old") / file.name
    assert verify_ledger(old) == []
    assert [(f.damage, f.seq) for f in verify_ledger(old, known_head=kept)] == [(Damage.CUT_TAIL, 5)]
    assert verify_ledger(file, known_head=kept) == [] == verify_ledger(file, known_head=Head.read(old))
    with Ledger(old, key()) as ledger:
        ledger.append(Kind.FAULT, {"message": "another story"})
    assert [(f.damage, f.seq) for f in verify_ledger(old, known_head=kept)] == [(Damage.EDITED, 5)]


def test_another_ledger_with_keys_of_its_own_is_noticed_with_the_key_or_a_head_alone(file, tmp_path):
    written(file)
    kept = Head.read(file)
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    with Ledger(file, key(seed=66)) as ledger:
        ledger.append(Kind.FAULT, NOTE)
    assert verify_ledger(file) == []
    assert [f.damage for f in verify_ledger(file, known_head=kept)] == [Damage.FOREIGN]
    assert Damage.FOREIGN in {f.damage for f in verify_ledger(file, known_key_id=key().key_id)}


def test_entries_of_two_copies_that_went_different_ways_do_not_fit(file, tmp_path):
    """Both halves are genuine and signed; the chain between them is not."""
    written(file, 2)
    shutil.copytree(tmp_path, tmp_path.with_name("fork"))
    with Ledger(file, key()) as ledger:
        ledger.append(Kind.FAULT, {"way": 1})
        ledger.append(Kind.FAULT, {"way": 1})
    with Ledger(tmp_path.with_name("fork") / file.name, key()) as ledger:
        ledger.append(Kind.FAULT, {"way": 2})
    with closing(sqlite3.connect(tmp_path.with_name("fork") / file.name)) as fork:
        other = fork.execute("SELECT * FROM entries WHERE seq = 4").fetchone()
    with closing(sqlite3.connect(file)) as thief, thief:
        thief.execute("DELETE FROM entries WHERE seq = 4")
        thief.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", other)
    assert [(f.damage, f.seq) for f in verify_ledger(file)] == [(Damage.EDITED, 5)]


# ---- files that are none -----------------------------------------------------------------------------------------


def test_files_of_another_kind_are_told(file):
    written(file)
    kinds = []
    for content in (b"no database at all, but long enough to be looked at " * 20, b""):
        file.write_bytes(content)
        kinds.append([f.damage for f in verify_ledger(file)])
    file.unlink()
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("CREATE TABLE entries (seq INTEGER)")
    kinds.append([f.damage for f in verify_ledger(file)])
    file.unlink()
    kinds.append([f.damage for f in verify_ledger(file)])
    assert kinds == [[Damage.FOREIGN], [Damage.FOREIGN], [Damage.FOREIGN], [Damage.CUT_TAIL]]


def test_a_trigger_smuggled_in_is_found(file):
    written(file)
    with closing(sqlite3.connect(file)) as thief, thief:
        thief.execute("CREATE TRIGGER quiet AFTER INSERT ON entries BEGIN DELETE FROM entries WHERE seq = 3; END")
    assert [f.damage for f in verify_ledger(file)] == [Damage.EDITED]


def test_overwritten_pages_are_found(file):
    written(file, 40)
    content = bytearray(file.read_bytes())
    content[4096:4196] = bytes(100)
    file.write_bytes(content)
    assert verify_ledger(file)


@pytest.mark.parametrize("content", [None, "{", '{"format": "parktwin.keys.1", "keys": []}'])
def test_without_keys_nothing_can_be_checked_and_it_says_so(file, content):
    written(file)
    keys = file.parent / "release_keys.json"
    keys.unlink() if content is None else keys.write_text(content)
    assert [f.damage for f in verify_ledger(file)] == [Damage.KEYS]
