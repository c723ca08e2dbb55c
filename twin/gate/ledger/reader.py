"""Reads a ledger: entries for people, and for a dispatcher whether a release stands in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.gate.ledger.check import READ_WAIT_S, missing_ledger, verify_ledger
from twin.gate.ledger.damage import Finding
from twin.gate.ledger.format import COLUMNS, Head, Kind, LedgerError, Row, connect, entry_hash, is_signed
from twin.gate.ledger.trust import CONDITION, key_id_of_scenario, trusted_keys
from twin.gate.release.keys import PublicKey, read_public_keys
from twin.store.layout import RELEASE_KEYS

if TYPE_CHECKING:
    from twin.gate.release.release import ReleasedSchedule


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry."""

    seq: int
    t_utc: str
    """When it was written, ISO 8601."""
    kind: str
    body: dict[str, Any]
    hash: str
    key_id: str

    @classmethod
    def of(cls, row: Row) -> Entry:
        """From the file; a damaged body is shown as it stands."""
        try:
            body = json.loads(row.body)
        except (TypeError, ValueError):
            body = None
        shown = body if isinstance(body, dict) else {"damaged": str(row.body)}
        return cls(row.seq, str(row.t_utc), str(row.kind), shown, str(row.hash), str(row.key_id))


class LedgerReader:
    """Reads a ledger, also while it grows and after its writer was killed."""

    def __init__(self, file: Path) -> None:
        if not file.is_file():
            raise missing_ledger(file)
        self.file = file
        self._connection = connect(file, wait_s=READ_WAIT_S, read_only=True)
        self._seen_seq = self._acknowledged_seq = 0
        self._releases: dict[tuple[str, str], int] = {}
        """(name, signature) of a release → its entry; a continued run releases again what it lost, with another key."""

    def entries(self, kind: Kind | None = None, last: int | None = None) -> list[Entry]:
        """Entries in the order in which they were written: all, or the last ones, of one kind or of any."""
        rows = self._rows("WHERE kind = ? ORDER BY seq DESC LIMIT ?" if kind else "ORDER BY seq DESC LIMIT ?",
                          (*([kind.value] if kind else []), -1 if last is None else last))
        return [Entry.of(row) for row in reversed(rows)]

    def acknowledged_seq(self) -> int:
        """Number of the last entry that somebody may have been told of."""
        self._acknowledged_seq = max(self._acknowledged_seq, Head.read(self.file).seq)
        return self._acknowledged_seq

    def holds_release(self, released: ReleasedSchedule) -> bool:
        """Whether the ledger holds this release, acknowledged and signed by a trusted key (for ``Verifier``)."""
        name = released.release_id, released.signature
        if name not in self._releases:
            self._look_for_releases()
        seq = self._releases.get(name)
        return seq is not None and (seq <= self._acknowledged_seq or seq <= self.acknowledged_seq())

    def trusted_keys(self) -> dict[str, PublicKey]:
        """The keys whose signature counts in this ledger, by their id (``twin.gate.ledger.trust``)."""
        listed = {key.key_id: key for key in read_public_keys(self.file.parent / RELEASE_KEYS)}
        return trusted_keys(Head.read(self.file).ledger_id, self._rows(CONDITION, ()), listed,
                            key_id_of_scenario(self.file.parent))

    def verify(self) -> list[Finding]:
        """What is not as it was written; see :func:`verify_ledger`."""
        return verify_ledger(self.file)

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def __enter__(self) -> LedgerReader:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _look_for_releases(self) -> None:
        rows = self._rows("WHERE seq > ? AND kind = ? ORDER BY seq", (self._seen_seq, Kind.RELEASE.value))
        if not rows:
            return
        keys = self.trusted_keys()
        ledger_id = Head.read(self.file).ledger_id
        for row in rows:
            stored = Entry.of(row).body.get("release")
            genuine = entry_hash(ledger_id, row) == row.hash and is_signed(row, keys.get(row.key_id))
            if genuine and isinstance(stored, dict):
                self._releases[str(stored.get("release_id")), str(stored.get("signature"))] = row.seq
            self._seen_seq = row.seq

    def _rows(self, condition: str, parameters: tuple[Any, ...]) -> list[Row]:
        import sqlite3

        try:
            found = self._connection.execute(f"SELECT {COLUMNS} FROM entries {condition}", parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise LedgerError(f"{self.file}: cannot be read ({error}); `twin ledger verify {self.file}` says more"
                              ) from None
        return [Row(*row) for row in found]
