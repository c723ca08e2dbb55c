"""Is a ledger what its writer wrote? Names what was done to it.

Each entry found is recognised by hash and signature, also under another number than its own: that tells an edited
entry from a deleted, inserted or moved one. The head tells whether the tail was cut.

What cannot be found out from these files alone: whoever puts back an old copy of ledger *and* head, both genuine, has
cut the tail unnoticed, unless a later head was kept elsewhere (``known_head``: a run's checkpoint, another machine);
whoever replaces ledger, head *and* the list of public keys has made another ledger, unless the key is known elsewhere
(``known_key_id``); and whoever holds the private key can write what they like.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from twin.gate.keys import PublicKey, SigningKeyError, read_public_keys
from twin.gate.ledger_format import (
    APPLICATION_ID,
    COLUMNS,
    NO_HASH,
    SCHEMA,
    Head,
    LedgerError,
    Row,
    connect,
    entry_hash,
    is_signed,
)
from twin.store.layout import RELEASE_KEYS

READ_WAIT_S = 5.0
OTHER_COPY = "one of the two is from another copy of this ledger"
HASHES_TRIED = 1_000_000
"""To recognise moved entries; a few seconds at most, however much of the file was rewritten."""


class Damage(StrEnum):
    """What was done to a ledger."""

    EDITED = "edited"
    DELETED = "deleted"
    SWAPPED = "swapped"
    INSERTED = "inserted"
    CUT_TAIL = "cut_tail"
    FOREIGN = "foreign"
    """Another ledger's file or key, or no ledger at all."""
    HEAD = "head"
    """The head is missing, forged or older than the entries."""
    KEYS = "keys"
    """Without public keys no signature can be checked."""
    UNREADABLE = "unreadable"
    UNACKNOWLEDGED = "unacknowledged"
    """No damage: the writer was stopped between entry and head, nobody was told of the entry."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was written."""

    damage: Damage
    seq: int | None
    """The entry; ``None`` where it concerns the whole file."""
    message: str

    @property
    def is_damage(self) -> bool:
        """Whether somebody or something tampered with the ledger."""
        return self.damage is not Damage.UNACKNOWLEDGED

    def __str__(self) -> str:
        return f"{self.damage.value}{'' if self.seq is None else f' entry {self.seq}'}: {self.message}"


class LedgerDamaged(LedgerError):
    """Nothing is appended to a damaged ledger."""

    def __init__(self, ledger: Path, findings: Sequence[Finding]) -> None:
        self.findings = findings
        super().__init__("\n".join([f"{ledger}: the ledger is not as it was written; keep it as evidence, "
                                    "put it back from a copy or start another run", *map(str, findings)]))


def verify_ledger(ledger: Path, *, known_key_id: str | None = None, known_head: Head | None = None) -> list[Finding]:
    """Check a ledger, also one that is being written; empty where all is well.

    Parameters
    ----------
    known_key_id : the key that the site signs with, known from elsewhere.
    known_head : a head that the ledger had once, kept elsewhere.

    Raises
    ------
    LedgerError
        If there is no ledger.
    """
    keys, findings = _trusted_keys(ledger, known_key_id)
    head_before, problem = _head(ledger, keys)
    if not ledger.is_file():
        if head_before is None:
            raise LedgerError(f"{ledger}: no ledger here; a run with the release gate writes one")
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
    findings += check_rows(ledger_id, rows, head, keys)
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


def _trusted_keys(ledger: Path, known_key_id: str | None) -> tuple[dict[str, PublicKey], list[Finding]]:
    try:
        keys = {key.key_id: key for key in read_public_keys(ledger.parent / RELEASE_KEYS)}
    except SigningKeyError as error:
        return {}, [Finding(Damage.KEYS, None, str(error))]
    if not keys:
        return {}, [Finding(Damage.KEYS, None, f"{RELEASE_KEYS} names no key; without one nothing can be checked")]
    if known_key_id is None:
        return keys, []
    if known_key_id not in keys:
        return {}, [Finding(Damage.FOREIGN, None, f"not the key {known_key_id[:12]}… that is known for it")]
    return {known_key_id: keys[known_key_id]}, []


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


def check_rows(ledger_id: str, rows: Sequence[Row], head: Head | None, keys: dict[str, PublicKey]) -> list[Finding]:
    """What was done to the entries.

    Parameters
    ----------
    head : a genuine head, or ``None``: then a cut tail cannot be seen.
    keys : the trusted ones by their id; without any, hashes alone are checked.
    """
    home = _homes(ledger_id, rows, head, keys)
    first_at: dict[int, int] = {}
    for seq, number in sorted(home.items(), key=lambda item: item[0] != item[1]):  # who stands at home comes first
        first_at.setdefault(number, seq)
    last = head.seq if head is not None else max(home.values(), default=0)
    findings = []
    for row in rows:
        was = home.get(row.seq)
        if was is None and row.seq not in first_at and row.seq <= last:
            findings.append(Finding(Damage.EDITED, row.seq, "its contents are not those that were signed"))
        elif was is None:
            findings.append(Finding(Damage.INSERTED, row.seq, "nobody who holds the key wrote it"))
        elif first_at[was] != row.seq:
            findings.append(Finding(Damage.INSERTED, row.seq, f"a copy of entry {was}"))
    findings += _missing(last, first_at, {f.seq for f in findings if f.damage is Damage.EDITED})
    findings += _moved(first_at, findings)
    if not any(f.is_damage for f in findings):
        findings += _chain(rows, head)
    return sorted(findings, key=lambda f: f.seq or 0)


def _homes(ledger_id: str, rows: Sequence[Row], head: Head | None, keys: dict[str, PublicKey]) -> dict[int, int]:
    """Number of an entry in the file → its number when it was signed; without those that were never signed."""
    home: dict[int, int] = {}
    numbers = range(1, max([row.seq for row in rows] + [head.seq if head else 0, 0]) + 1)
    shift, tries = 0, HASHES_TRIED
    for row in rows:
        if not all(isinstance(value, str) for value in row[1:]):
            continue  # no entry has contents of another kind
        number = _number_when_signed(ledger_id, row, (row.seq, row.seq + shift))
        if number is None and tries > 0:
            tries -= len(numbers)
            number = _number_when_signed(ledger_id, row, numbers)
        if number is not None and (not keys or is_signed(row, keys.get(row.key_id))):
            home[row.seq] = number
            shift = number - row.seq
    return home


def _number_when_signed(ledger_id: str, row: Row, numbers: Iterable[int]) -> int | None:
    return next((number for number in numbers if entry_hash(ledger_id, row, number) == row.hash), None)


def _missing(last: int, first_at: dict[int, int], edited: set[int | None]) -> list[Finding]:
    """Entries that stood there once; those behind the last one that is left were cut off together."""
    lost = [number for number in range(1, last + 1) if number not in first_at and number not in edited]
    left = max([*first_at, *(seq for seq in edited if seq is not None), 0])
    found = [Finding(Damage.DELETED, number, "it is gone") for number in lost if number < left]
    cut = [number for number in lost if number > left]
    if cut:
        found.append(Finding(Damage.CUT_TAIL, cut[0], f"entries {cut[0]} to {cut[-1]} are gone, the head names them; "
                                                      "were all files of the ledger copied (also *-wal)?"))
    return found


def _moved(first_at: dict[int, int], findings: Sequence[Finding]) -> list[Finding]:
    """Entries in another order, or under other numbers without anything gone or added."""
    in_file = [number for number, _ in sorted(first_at.items(), key=lambda item: item[1])]
    out_of_order = [(number, first_at[number]) for number, sorted_number in zip(in_file, sorted(in_file), strict=True)
                    if number != sorted_number]
    if out_of_order:
        return [Finding(Damage.SWAPPED, seq, f"it was entry {number}") for number, seq in out_of_order]
    if any(f.damage in (Damage.DELETED, Damage.INSERTED) for f in findings):
        return []  # the others were renumbered to hide it
    return [Finding(Damage.EDITED, seq, f"it was entry {number}") for number, seq in first_at.items() if number != seq]


def _chain(rows: Sequence[Row], head: Head | None) -> list[Finding]:
    """Genuine entries of one ledger follow on each other, unless they come from copies that went different ways."""
    found = []
    before = NO_HASH
    for row in rows:
        if row.prev_hash != before:
            found.append(Finding(Damage.EDITED, row.seq, f"it does not follow on entry {row.seq - 1}; {OTHER_COPY}"))
        before = row.hash
    if head is None:
        return found
    at_head = next((row.hash for row in rows if row.seq == head.seq), NO_HASH)
    if at_head != head.hash:
        found.append(Finding(Damage.HEAD, head.seq, f"the head names another entry of this number; {OTHER_COPY}"))
    beyond = [row for row in rows if row.seq > head.seq]
    if len({row.t_utc for row in beyond}) > 1:  # entries that are written together have one time
        found.append(Finding(Damage.HEAD, head.seq, f"the head is older than the last entry, {beyond[-1].seq}"))
    elif beyond:
        found.append(Finding(Damage.UNACKNOWLEDGED, beyond[0].seq, (
            f"{len(beyond)} written, but the writer was stopped before the head followed: nobody was told of it; the "
            "next entry acknowledges it and says so")))
    return found
