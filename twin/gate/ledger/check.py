"""Is a ledger what its writer wrote? Names what was done to it.

``ledger_damage`` tells an edited entry from a deleted, inserted or moved one; the head tells whether the tail was cut.

What cannot be found out from these files alone: whoever puts back an old copy of ledger *and* head, both genuine, has
cut the tail unnoticed, unless a later head was kept elsewhere (``known_head``: a run's checkpoint, another machine);
whoever replaces ledger, head *and* the list of public keys has made another ledger, unless the key is known elsewhere
(``known_key_id``, or the scenario of the run names it); and whoever holds the private key can write what they like.
Which keys count: ``twin.gate.ledger.trust``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from twin.gate.ledger.damage import Damage, Finding, check_rows
from twin.gate.ledger.format import (
    APPLICATION_ID,
    COLUMNS,
    NO_HASH,
    SCHEMA,
    Head,
    LedgerError,
    LedgerMissing,
    Row,
    connect,
    head_file,
)
from twin.gate.ledger.trust import key_id_of_scenario, strangers
from twin.gate.release.keys import PublicKey, SigningKeyError, read_public_keys
from twin.store.layout import RELEASE_KEYS

READ_WAIT_S = 5.0


class LedgerDamaged(LedgerError):
    """Nothing is appended to a damaged ledger."""

    def __init__(self, ledger: Path, findings: Sequence[Finding]) -> None:
        self.findings = findings
        super().__init__("\n".join([f"{ledger}: the ledger is not as it was written; keep it as evidence, "
                                    "put it back from a copy or start another run", *map(str, findings)]))


def missing_ledger(ledger: Path) -> LedgerError:
    """What to say where there is no file: gone, if its head or keys are still there; else there never was one."""
    if head_file(ledger).exists() or (ledger.parent / RELEASE_KEYS).exists():
        return LedgerDamaged(ledger, [Finding(Damage.CUT_TAIL, None, "the file is gone")])
    return LedgerMissing(f"{ledger}: no ledger here; a run with the release gate writes one")


def verify_ledger(ledger: Path, *, known_key_id: str | None = None, known_head: Head | None = None) -> list[Finding]:
    """Check a ledger, also one that is being written; empty where all is well.

    Parameters
    ----------
    known_key_id : a key that the ledger is signed with, known from elsewhere; default: ``gate.key_id`` of the
        scenario beside the ledger, where it names one.
    known_head : a head that the ledger had once, kept elsewhere.

    Raises
    ------
    LedgerMissing
        If there is none and never was.
    """
    known_key_id = known_key_id or key_id_of_scenario(ledger.parent)
    keys, findings = _listed_keys(ledger, known_key_id)
    head_before, problem = _head(ledger, keys)
    if not ledger.is_file():
        if head_before is None:
            raise missing_ledger(ledger)
        gone = f"the file is gone, the head names entry {head_before.seq}"
        return [*findings, Finding(Damage.CUT_TAIL, None, gone)]
    try:
        ledger_id, rows = _read(ledger)
    except _NoLedger as error:
        return [*findings, Finding(error.damage, None, str(error))]
    if problem is not None:
        findings.append(problem)
    head, _ = _head(ledger, keys)
    if head is not None and head_before is not None and head.seq > head_before.seq:  # the writer went on meanwhile
        head, rows = head_before, [row for row in rows if row.seq <= head_before.seq]
    if head is not None and head.ledger_id != ledger_id:
        return [*findings, Finding(Damage.FOREIGN, None, f"the file is ledger {ledger_id}, the head is of ledger "
                                                         f"{head.ledger_id}")]
    findings += check_rows(ledger_id, rows, head, keys) + strangers(ledger_id, rows, head, keys, known_key_id)
    return findings + (_held_against(known_head, ledger_id, rows) if known_head is not None else [])


class _NoLedger(Exception):
    def __init__(self, damage: Damage, message: str) -> None:
        self.damage = damage
        super().__init__(message)


def _held_against(known: Head, ledger_id: str, rows: Sequence[Row]) -> list[Finding]:
    """Whether the ledger is the one that had this head once, and still tells the same up to there."""
    if known.ledger_id != ledger_id:
        return [Finding(Damage.FOREIGN, None, f"the file is ledger {ledger_id}, known is ledger {known.ledger_id}")]
    at_head = next((row.hash for row in rows if row.seq == known.seq), NO_HASH)
    if at_head == known.hash:
        return []
    last = max((row.seq for row in rows), default=0)
    if last < known.seq:
        return [Finding(Damage.CUT_TAIL, last + 1, f"entry {known.seq} was acknowledged once: an old copy of ledger "
                                                   "and head was put back")]
    return [Finding(Damage.EDITED, known.seq, "it is not the entry that was acknowledged once")]


def _listed_keys(ledger: Path, known_key_id: str | None) -> tuple[dict[str, PublicKey], list[Finding]]:
    try:
        keys = {key.key_id: key for key in read_public_keys(ledger.parent / RELEASE_KEYS)}
    except SigningKeyError as error:
        return {}, [Finding(Damage.KEYS, None, str(error))]
    if not keys:
        return {}, [Finding(Damage.KEYS, None, f"{RELEASE_KEYS} names no key; without one nothing can be checked")]
    if known_key_id is not None and known_key_id not in keys:
        return {}, [Finding(Damage.FOREIGN, None, f"not the key {known_key_id[:12]}… that is known for it")]
    return keys, []


def _head(ledger: Path, keys: dict[str, PublicKey]) -> tuple[Head | None, Finding | None]:
    """The head, if it is genuine, and what is wrong with it."""
    try:
        head = Head.read(ledger)
    except LedgerError as error:
        return None, Finding(Damage.HEAD, None, str(error))
    key = keys.get(head.key_id)
    if not keys or (key is not None and key.site == head.site and head.is_signed_by(key)):
        return head, None
    return None, Finding(Damage.HEAD, None, f"the head (entry {head.seq}) is not signed by a key of this ledger")


def _read(ledger: Path) -> tuple[str, list[Row]]:
    """Identity and entries, in order of their numbers."""
    import sqlite3

    try:
        connection = connect(ledger, wait_s=READ_WAIT_S, read_only=True)
        try:
            if connection.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
                raise _NoLedger(Damage.FOREIGN, "a SQLite file, but no ledger")
            schema = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master")}
            if schema != set(SCHEMA):
                raise _NoLedger(Damage.EDITED, "the tables of the file are not those of a ledger")
            identity = connection.execute("SELECT ledger_id FROM ledger").fetchall()
            if len(identity) != 1:
                raise _NoLedger(Damage.EDITED, f"the file names {len(identity)} ledgers that it is")
            damaged = connection.execute("PRAGMA quick_check").fetchall()
            if damaged != [("ok",)]:
                raise _NoLedger(Damage.UNREADABLE, f"damaged pages: {damaged[0][0]}")
            return str(identity[0][0]), [Row(*row) for row in
                                         connection.execute(f"SELECT {COLUMNS} FROM entries ORDER BY seq")]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        no_database = error.sqlite_errorcode == sqlite3.SQLITE_NOTADB
        raise _NoLedger(Damage.FOREIGN if no_database else Damage.UNREADABLE, str(error)) from None
