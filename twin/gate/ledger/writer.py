"""The ledger: what was proposed, proved, released, refused and done by hand, in the order in which it happened.

Append only. An entry is acknowledged when ``append`` returns: it is on the disk then, and the head with it. Whoever
announces or applies a release does so after that. The order of writing: head prepared, entry committed (SQLite in WAL
mode, ``synchronous=FULL``), head renamed. A writer killed between the last two leaves an entry that nobody was told of;
the next ``append`` acknowledges it and writes a ``fault`` entry that says so.

Processes take turns (a lock per append, bounded waiting); readers never wait. Format: ``ledger_format``; damage:
``ledger_check``, ``ledger_damage``; bodies: ``ledger_entries``; reading: ``ledger_reader``.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from twin.errors import RunStoreError
from twin.gate.ledger.check import LedgerDamaged, verify_ledger
from twin.gate.ledger.format import (
    APPLICATION_ID,
    COLUMNS,
    NO_HASH,
    SCHEMA,
    UNACKNOWLEDGED_ENTRIES,
    Head,
    Kind,
    LedgerBusy,
    LedgerWriteError,
    Row,
    connect,
    head_file,
    put_head,
    signed_row,
)
from twin.gate.ledger.reader import Entry
from twin.gate.ledger.trust import CONDITION, NEXT, key_id_of_scenario, trusted_keys
from twin.gate.release.keys import (
    KEY_VARIABLE,
    KeyFault,
    SigningKey,
    SigningKeyError,
    read_public_keys,
    store_public_key,
    write_public_keys,
)
from twin.store.layout import RELEASE_KEYS
from twin.store.lock import WriterLock

if TYPE_CHECKING:
    import sqlite3

WAIT_S = 5.0
"""Longest wait for another writer."""
LOOK_AGAIN_S = 0.005

Told: TypeAlias = tuple[Kind, Mapping[str, Any]]
"""Kind and body of an entry to be."""


class Ledger:
    """Writes a ledger; makes it where there is none.

    Parameters
    ----------
    key : signs the entries; its public half is kept beside the ledger. Where there are entries already, one that they
        trust (``twin.gate.ledger.trust``).
    next_key_id : the key that the next process will sign with; named in the first entry of this one.
    now : the wall clock.

    Raises
    ------
    LedgerDamaged
        If the file is not as it was written.
    SigningKeyError
        If the ledger does not trust the key.
    """

    def __init__(self, file: Path, key: SigningKey, *, next_key_id: str | None = None,
                 now: Callable[[], datetime] = lambda: datetime.now(UTC), wait_s: float = WAIT_S) -> None:
        self.file = file
        self._key, self._now, self._wait_s = key, now, wait_s
        with _write_errors(file), self._turn():
            if not file.exists() and head_file(file).exists() and Head.read(file).seq > 0:
                raise LedgerDamaged(file, verify_ledger(file))  # and none that is empty is left in its place
            if not head_file(file).exists() and not file.exists():
                write_public_keys(file.parent / RELEASE_KEYS, [key.public])
                put_head(Head.of(uuid.uuid4().hex, 0, NO_HASH, key).prepare(file), file)
            self._connection = self._opened()
            try:
                self._believe_or_refuse()
                known = self._connection.execute("SELECT 1 FROM entries WHERE key_id = ?", (key.key_id,)).fetchone()
            except BaseException:
                self._connection.close()
                raise
        if not known:
            following = {} if next_key_id is None else {NEXT: next_key_id}
            self.append(Kind.KEY, {"key_id": key.key_id, "site": key.site, **following})

    def append(self, kind: Kind, body: Mapping[str, Any]) -> Entry:
        """Write one entry; when this returns, it is durable.

        Raises
        ------
        LedgerBusy, LedgerWriteError
            Nothing was written.
        LedgerDamaged
            If the end of the ledger is not what the head says.
        """
        return self.append_all([(kind, body)])[0]

    def append_all(self, told: Sequence[Told]) -> list[Entry]:
        """Write several entries at once, all or none; raises as :meth:`append`."""
        if not told:
            return []
        with _write_errors(self.file), self._turn():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                rows, head = self._continued(told)
                self._connection.executemany(f"INSERT INTO entries VALUES ({', '.join('?' * len(Row._fields))})", rows)
                part = head.prepare(self.file)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            put_head(part, self.file)
        return [Entry.of(row) for row in rows[len(rows) - len(told):]]

    def close(self) -> None:
        """Release the file; the last one to leave folds the write-ahead log into it."""
        self._connection.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _continued(self, told: Sequence[Told]) -> tuple[list[Row], Head]:
        """The rows to write and the head over them; before them what a killed writer left."""
        head = Head.read(self.file)
        last = self._connection.execute("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        last_seq, last_hash = last or (0, NO_HASH)
        if last_seq < head.seq or (last_seq == head.seq and last_hash != head.hash):
            raise LedgerDamaged(self.file, verify_ledger(self.file))
        if last_seq > head.seq:
            told = [(Kind.FAULT, {
                "fault": UNACKNOWLEDGED_ENTRIES, "first_seq": head.seq + 1, "last_seq": last_seq,
                "message": f"the writer was stopped before entries {head.seq + 1} to {last_seq} were acknowledged; "
                           "nobody was told of them and nothing of them was applied"}), *told]
        t_utc = self._now().isoformat(timespec="microseconds")
        rows: list[Row] = []
        for kind, body in told:
            seq, prev_hash = (rows[-1].seq, rows[-1].hash) if rows else (last_seq, last_hash)
            rows.append(signed_row(head.ledger_id, seq + 1, t_utc, Kind(kind), body, prev_hash, self._key))
        return rows, Head.of(head.ledger_id, rows[-1].seq, rows[-1].hash, self._key)

    def _believe_or_refuse(self) -> None:
        """Open what is as it was written with a key that it trusts; one without entries takes any."""
        key, keys_file = self._key, self.file.parent / RELEASE_KEYS
        if head_file(self.file).exists() and Head.read(self.file).seq == 0 and not self._count():
            write_public_keys(keys_file, [key.public])  # whoever began it was stopped before the first entry
            put_head(Head.of(Head.read(self.file).ledger_id, 0, NO_HASH, key).prepare(self.file), self.file)
        damage = [finding for finding in verify_ledger(self.file) if finding.is_damage]
        if damage:
            raise LedgerDamaged(self.file, damage)
        if not self._count():
            return
        listed = {known.key_id: known for known in [*read_public_keys(keys_file), key.public]}
        rows = [Row(*row) for row in self._connection.execute(f"SELECT {COLUMNS} FROM entries {CONDITION}")]
        trusted = trusted_keys(Head.read(self.file).ledger_id, rows, listed, key_id_of_scenario(self.file.parent))
        if key.key_id not in trusted:
            raise SigningKeyError(KeyFault.OTHER_SITE, (
                f"{self.file}: is signed by {', '.join(f'{known[:12]}…' for known in trusted)}, and the key "
                f"{key.key_id[:12]}… was introduced by none of them; go on with the key it was begun with ("
                f"{KEY_VARIABLE}; unset, where the run made its own), or start another run"))
        store_public_key(keys_file, key.public)

    def _count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM entries").fetchone()[0])

    def _opened(self) -> sqlite3.Connection:
        connection = connect(self.file, wait_s=self._wait_s, read_only=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        head = Head.read(self.file) if head_file(self.file).exists() else None
        if head is not None and head.seq == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute("BEGIN IMMEDIATE")
            for statement in SCHEMA:
                connection.execute(statement)
            connection.execute("INSERT INTO ledger VALUES (?)", (head.ledger_id,))
            connection.execute("COMMIT")
        return connection

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One writer at a time, also across processes; a killed one's turn ends with it."""
        lock = WriterLock(self.file.with_suffix(".lock"))
        until = time.monotonic() + self._wait_s
        while True:
            try:
                lock.acquire()
                break
            except RunStoreError:
                if time.monotonic() > until:
                    raise LedgerBusy(f"{self.file}: another process has been writing for {self._wait_s:g} s; nothing "
                                     "was written, try again") from None
                time.sleep(LOOK_AGAIN_S)
        try:
            yield
        finally:
            lock.release()


@contextlib.contextmanager
def _write_errors(ledger: Path) -> Iterator[None]:
    """Whatever keeps an entry from being written, in words."""
    import sqlite3

    try:
        yield
    except OSError as error:
        raise LedgerWriteError(f"{ledger}: the entry could not be written ({error.strerror}); free some space or check "
                               "the folder, then try again") from None
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise LedgerBusy(f"{ledger}: locked by another program; nothing was written, end it and try again"
                             ) from None
        raise LedgerWriteError(f"{ledger}: the entry could not be written ({error}); free some space or check the "
                               "folder, then try again") from None
    except sqlite3.DatabaseError:
        raise LedgerDamaged(ledger, verify_ledger(ledger)) from None
