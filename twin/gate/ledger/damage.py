"""What was done to the entries of a ledger: each is recognised by hash and signature, also under another number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from twin.gate.ledger.format import NO_HASH, UNACKNOWLEDGED_ENTRIES, Head, Row, entry_hash, is_signed
from twin.gate.release.keys import PublicKey

HASHES_TRIED = 1_000_000
"""To recognise moved entries; a few seconds at most, however much of the file was rewritten."""
OTHER_COPY = "one of the two is from another copy of this ledger"


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
    STRANGER = "stranger"
    """A key that no trusted one introduced."""
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
    if not _left_by_killed_writers(beyond, head):
        found.append(Finding(Damage.HEAD, head.seq, f"the head is older than the last entry, {beyond[-1].seq}"))
    elif beyond:
        found.append(Finding(Damage.UNACKNOWLEDGED, beyond[0].seq, (
            f"{len(beyond)} written, but the writer was stopped before the head followed: nobody was told of it; the "
            "next entry acknowledges it and says so")))
    return found


def _left_by_killed_writers(beyond: Sequence[Row], head: Head) -> bool:
    """Whether the entries after the head are what a killed writer left, or several, killed one after another.

    Entries that are written together have one time. What the next writer writes begins with the note that those before
    were not acknowledged.
    """
    later = [row for before, row in pairwise(beyond) if row.t_utc != before.t_utc]
    return all(_says_unacknowledged(row.body, head.seq + 1) for row in later)


def _says_unacknowledged(body: str, first_seq: int) -> bool:
    try:
        note = json.loads(body)
    except ValueError:
        return False
    return isinstance(note, dict) and (note.get("fault"), note.get("first_seq")) == (UNACKNOWLEDGED_ENTRIES, first_seq)
