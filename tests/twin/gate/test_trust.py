"""Which keys a ledger trusts: the first one or a known one, and those that a trusted key introduced; no other."""

import json
import sqlite3
import stat
from contextlib import closing

import pytest

from tests.twin.gate.gated import LIMITS, write_site
from tests.twin.gate.releases import NOTE, SITE, key, release, written
from twin.cosim.run import new_run, resume_run
from twin.gate.component import ReleaseGate
from twin.gate.ledger import entries as told
from twin.gate.ledger.check import verify_ledger
from twin.gate.ledger.damage import Damage
from twin.gate.ledger.format import COLUMNS, Head, Kind, Row, put_head, signed_row
from twin.gate.ledger.reader import LedgerReader
from twin.gate.ledger.writer import Ledger
from twin.gate.release.keys import KEY_VARIABLE, KeyFault, SigningKeyError, store_public_key
from twin.gate.release.run_keys import RunKeys
from twin.scenario.loader import load_scenario
from twin.store.layout import LEDGER, NEXT_KEY, RELEASE_KEYS

FIRST, SECOND, STRANGER = key(), key(seed=2), key(seed=66)
SEED = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="
"""32 bytes 0x02 in base64: the key ``SECOND``."""


@pytest.fixture
def file(tmp_path):
    return tmp_path / LEDGER


def damage(file, known=None):
    return [(finding.damage, finding.seq) for finding in verify_ledger(file, known_key_id=known)]


def continued(file):
    """Two processes, the second with the key that the first introduced; five entries."""
    with Ledger(file, FIRST, next_key_id=SECOND.key_id) as ledger:
        ledger.append(Kind.FAULT, NOTE)
    with Ledger(file, SECOND) as ledger:
        ledger.append(Kind.FAULT, NOTE)
        ledger.append(Kind.FAULT, NOTE)
    return file


def write_as_stranger(file, kind, body, keep):
    """Cut the ledger after ``keep`` entries, add one and a head with a key of one's own, and list that key."""
    store_public_key(file.parent / RELEASE_KEYS, STRANGER.public)
    with closing(sqlite3.connect(file)) as thief, thief:
        ledger_id = thief.execute("SELECT ledger_id FROM ledger").fetchone()[0]
        thief.execute("DELETE FROM entries WHERE seq > ?", (keep,))
        last = Row(*thief.execute(f"SELECT {COLUMNS} FROM entries WHERE seq = ?", (keep,)).fetchone())
        row = signed_row(ledger_id, keep + 1, last.t_utc, kind, body, last.hash, STRANGER)
        thief.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    put_head(Head.of(ledger_id, row.seq, row.hash, STRANGER).prepare(file), file)


@pytest.mark.parametrize("known", [None, FIRST.key_id, SECOND.key_id])
def test_a_continued_run_is_sound_whichever_of_its_keys_is_known(file, known):
    assert damage(continued(file), known) == []


def test_a_key_that_is_only_listed_is_damage(file):
    store_public_key(written(file).parent / RELEASE_KEYS, STRANGER.public)
    assert damage(file) == damage(file, FIRST.key_id) == [(Damage.STRANGER, None)]
    assert damage(file, STRANGER.key_id) == [(Damage.STRANGER, 1)], "of the listed one everything was signed by another"


def test_entries_and_head_of_a_key_that_nobody_introduced_are_damage(file):
    write_as_stranger(continued(file), Kind.TAKEOVER, NOTE, keep=3)
    assert damage(file) == damage(file, FIRST.key_id) == damage(file, SECOND.key_id) == [(Damage.STRANGER, 4)]
    assert "signed entries 4 to 4 and the head" in str(verify_ledger(file)[0])


def test_a_stranger_cannot_introduce_a_key(file):
    write_as_stranger(written(file), Kind.KEY, {"key_id": STRANGER.key_id, "site": SITE, "next_key_id": "ab" * 32}, 2)
    assert damage(file) == [(Damage.STRANGER, 3)]


def test_a_foreign_ledger_that_introduces_the_known_key_is_not_believed(file):
    """It names the site's key as its next one, which costs nothing: the key itself has signed nothing in it."""
    with Ledger(file, STRANGER, next_key_id=FIRST.key_id) as ledger:
        ledger.append(Kind.FAULT, NOTE)
    store_public_key(file.parent / RELEASE_KEYS, FIRST.public)
    assert damage(file) == [], "nothing in these files tells it from a ledger of one's own"
    assert (Damage.STRANGER, 1) in damage(file, FIRST.key_id)


def test_the_release_of_a_stranger_is_not_held_by_the_ledger(file):
    forged = release(STRANGER)
    write_as_stranger(continued(file), *told.released(3600, forged, "the gate"), keep=5)
    with LedgerReader(file) as reader:
        assert list(reader.trusted_keys()) == [FIRST.key_id, SECOND.key_id]
        assert not reader.holds_release(forged)


def test_a_writer_whose_key_was_not_introduced_does_not_begin(file):
    written(file)
    with pytest.raises(SigningKeyError, match="was introduced by none of them; go on with the key") as caught:
        Ledger(file, STRANGER)
    assert caught.value.fault is KeyFault.OTHER_SITE
    assert damage(file) == [], "and leaves nothing behind"


def test_a_ledger_without_entries_begins_with_another_key(file):
    """The first process was killed before its first entry, and its key is gone with it."""
    written(file, 0).unlink()
    with Ledger(file.with_name("other.sqlite"), FIRST) as other:
        identity = Head.read(other.file).ledger_id
    put_head(Head.of(identity, 0, "0" * 64, FIRST).prepare(file), file)
    with Ledger(file, SECOND) as ledger:
        ledger.append(Kind.FAULT, NOTE)
    assert damage(file) == damage(file, SECOND.key_id) == []
    assert Head.read(file).ledger_id == identity


def test_the_scenario_in_the_run_directory_names_the_trusted_key(file):
    written(file)
    scenario = file.parent / "scenario.yaml"
    scenario.write_text(f"name: site\ngate:\n  key_id: {FIRST.key_id}\n")
    assert damage(file) == []
    scenario.write_text(f"name: site\ngate: {{key_id: {STRANGER.key_id}}}\n")
    assert damage(file) == [(Damage.FOREIGN, None)]
    with LedgerReader(file) as reader:
        assert reader.trusted_keys() == {}


# ---- keys of a simulated run

def test_the_next_key_is_for_its_owner_alone_and_each_process_introduces_one(tmp_path):
    file = tmp_path / NEXT_KEY
    first = RunKeys(file, SITE, None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first.settle()
    second = RunKeys(file, SITE, first.next.key_id)
    assert second.own.key_id == first.next.key_id != second.next.key_id
    again = RunKeys(file, SITE, first.next.key_id)
    assert again.own.key_id == second.own.key_id, "the one before was stopped before its first entry"
    again.settle()
    assert len(json.loads(file.read_text())) == 1
    with pytest.raises(SigningKeyError, match="put the file back from a copy, or start another run"):
        RunKeys(file, SITE, first.own.key_id)


@pytest.mark.parametrize("content", ["", "{", '["AAAA"]', "3"])
def test_a_damaged_file_of_the_next_key_is_told(tmp_path, content):
    (tmp_path / NEXT_KEY).write_text(content)
    with pytest.raises(SigningKeyError, match="no keys of a run"):
        RunKeys(tmp_path / NEXT_KEY, SITE, None)


def interrupted(folder, monkeypatch, at_s):
    """A run that is stopped; its ledger as it then stands."""
    step = ReleaseGate.step

    def broken(self, t_s, dt_s, inputs):
        if t_s >= at_s:
            raise KeyboardInterrupt
        return step(self, t_s, dt_s, inputs)

    file = write_site(folder, "", LIMITS.replace("every_s: 0", "every_s: 900"), hours=1.0)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ReleaseGate, "step", broken)
        new_run(load_scenario(file), folder / "run")
    return folder / "run" / LEDGER


def test_a_run_that_was_interrupted_is_sound_by_its_first_key_and_has_no_private_key_left(tmp_path, monkeypatch):
    ledger = interrupted(tmp_path, monkeypatch, 2000)
    assert (tmp_path / "run" / NEXT_KEY).is_file()
    resume_run(tmp_path / "run")
    with LedgerReader(ledger) as reader:
        keys = [entry.key_id for entry in reader.entries(Kind.KEY)]
    assert len(set(keys)) == 2 and [damage(ledger, known) for known in (None, *keys)] == [[]] * 3
    assert not (tmp_path / "run" / NEXT_KEY).exists()


def test_a_run_whose_next_key_is_gone_does_not_go_on(tmp_path, monkeypatch):
    ledger = interrupted(tmp_path, monkeypatch, 2000)
    (tmp_path / "run" / NEXT_KEY).unlink()
    with pytest.raises(SigningKeyError, match="does not hold the key"):
        resume_run(tmp_path / "run")
    assert damage(ledger) == []


# ---- gate.key_id

def named_run(folder, key_id):
    file = write_site(folder, "", LIMITS.replace("workers: 1", f"workers: 1, key_id: {key_id}"), hours=0.5)
    new_run(load_scenario(file), folder / "run")
    return folder / "run" / LEDGER


def test_a_run_signs_with_the_key_that_its_scenario_names_and_with_no_other(tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, SEED)
    (tmp_path / "good").mkdir()
    ledger = named_run(tmp_path / "good", SECOND.key_id)
    assert damage(ledger) == [] and not (ledger.parent / NEXT_KEY).exists()
    (tmp_path / "bad").mkdir()
    with pytest.raises(SigningKeyError, match=f"write gate.key_id: {SECOND.key_id}") as caught:
        named_run(tmp_path / "bad", STRANGER.key_id)
    assert caught.value.fault is KeyFault.OTHER_SITE
    monkeypatch.delenv(KEY_VARIABLE)
    (tmp_path / "none").mkdir()
    with pytest.raises(SigningKeyError, match="no key to sign releases"):
        named_run(tmp_path / "none", SECOND.key_id)
    assert not (tmp_path / "none" / "run" / LEDGER).exists()
