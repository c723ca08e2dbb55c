"""What a ledger is on disk: a SQLite file of signed, hash-chained entries, and its head in a file of its own.

The hash of an entry covers the ledger's identity, the entry's number, time, kind, body and key, and the hash of the
entry before. The entry's signature covers its hash, so that nobody without the private key can add or rewrite one. The
head names the last acknowledged entry and is signed for that purpose alone: it cannot be made from an older entry.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from twin.errors import ExitCode, RunStoreError
from twin.gate.release.keys import PublicKey, SigningKey
from twin.schedule import canonical_json

if TYPE_CHECKING:
    import sqlite3

ENTRY_PURPOSE = "parktwin.ledger.entry.1"
HEAD_PURPOSE = "parktwin.ledger.head.1"
"""Part of what is signed; raised whenever the signed bytes change."""
NO_HASH = "0" * 64
"""What the first entry follows on."""
UNACKNOWLEDGED_ENTRIES = "unacknowledged_entries"
"""The ``fault`` with which a writer begins that finds entries behind the head."""
APPLICATION_ID = 0x70746C31
"""``ptl1``: tells a ledger from any other SQLite file."""
SCHEMA = (
    "CREATE TABLE ledger (ledger_id TEXT NOT NULL)",
    "CREATE TABLE entries (seq INTEGER PRIMARY KEY, t_utc TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, "
    "key_id TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL, signature TEXT NOT NULL)",
)
COLUMNS = "seq, t_utc, kind, body, key_id, prev_hash, hash, signature"


class Kind(StrEnum):
    """What an entry tells."""

    SCENARIO_LOADED = "scenario_loaded"
    PROPOSAL = "proposal"
    VERDICT = "verdict"
    REPAIR = "repair"
    RELEASE = "release"
    REFUSAL = "refusal"
    FALLBACK = "fallback"
    SAFE_STATE = "safe_state"
    TAKEOVER_REQUEST = "takeover_request"
    TAKEOVER = "takeover"
    TAKEOVER_END = "takeover_end"
    RELEASE_BY_HAND = "release_by_hand"
    REJECT_BY_HAND = "reject_by_hand"
    WATCHDOG_TRIP = "watchdog_trip"
    WATCHDOG_RESET = "watchdog_reset"
    FAULT = "fault"
    KEY = "key"


class LedgerError(RunStoreError):
    """The ledger cannot be read or written."""


class LedgerMissing(LedgerError):
    """There is no ledger where one was looked for, and nothing says that there ever was one."""

    exit_code = ExitCode.USAGE


class LedgerBusy(LedgerError):
    """Another process held it for too long."""


class LedgerWriteError(LedgerError):
    """An entry could not be written, for example on a full disk; nothing of it is left."""

    exit_code = ExitCode.DEVICE


class Row(NamedTuple):
    """An entry as it stands in the file; in a damaged file the values may be of any kind."""

    seq: int
    t_utc: str
    kind: str
    body: str
    """Canonical JSON."""
    key_id: str
    prev_hash: str
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last acknowledged entry."""

    ledger_id: str
    site: str
    seq: int
    """0: none yet."""
    hash: str
    key_id: str
    signature: str

    @classmethod
    def of(cls, ledger_id: str, seq: int, entry_hash: str, key: SigningKey) -> Head:
        """A signed one."""
        unsigned = cls(ledger_id, key.site, seq, entry_hash, key.key_id, "")
        return cls(ledger_id, key.site, seq, entry_hash, key.key_id, key.sign(HEAD_PURPOSE, unsigned.signed_bytes()))

    def signed_bytes(self) -> bytes:
        """All but the signature."""
        return canonical_json([self.ledger_id, self.site, self.seq, self.hash, self.key_id])

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether the key made it."""
        return key.signed(HEAD_PURPOSE, self.signed_bytes(), self.signature)

    def prepare(self, ledger: Path) -> Path:
        """Write it beside the present head, durably; :func:`put_head` makes it count."""
        part = head_file(ledger).with_suffix(".head.part")
        fields = {name: getattr(self, name) for name in self.__slots__}
        with part.open("w", encoding="ascii") as file:
            file.write(json.dumps(fields))
            file.flush()
            os.fsync(file.fileno())
        return part

    @classmethod
    def read(cls, ledger: Path) -> Head:
        """The head of a ledger; raises as :meth:`read_file`."""
        return cls.read_file(head_file(ledger))

    @classmethod
    def read_file(cls, file: Path) -> Head:
        """A head, wherever it is kept.

        Raises
        ------
        LedgerError
            If it is missing or damaged.
        """
        try:
            data = json.loads(file.read_text(encoding="ascii"))
            texts = {name: data[name] for name in cls.__slots__ if name != "seq"}
            if not all(isinstance(text, str) for text in texts.values()) or type(data["seq"]) is not int:
                raise ValueError("a field of another kind")
            return cls(seq=data["seq"], **texts)
        except FileNotFoundError:
            raise LedgerError(f"{file}: the head is missing; put it back from a copy") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LedgerError(f"{file}: damaged head ({error}); put it back from a copy") from None


def head_file(ledger: Path) -> Path:
    """Where the head of a ledger stands."""
    return ledger.with_suffix(".head")


def put_head(part: Path, ledger: Path) -> None:
    """Make a prepared head the head, durably."""
    part.replace(head_file(ledger))
    folder = os.open(ledger.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def entry_hash(ledger_id: str, row: Row, seq: int | None = None) -> str:
    """SHA-256 over the contents of an entry, as it would be under the number ``seq``."""
    number = row.seq if seq is None else seq
    content = [ledger_id, number, row.t_utc, row.kind, row.body, row.key_id, row.prev_hash]
    return hashlib.sha256(canonical_json(content)).hexdigest()


def signed_row(ledger_id: str, seq: int, t_utc: str, kind: Kind, body: Mapping[str, Any], prev_hash: str,
               key: SigningKey) -> Row:
    """A new entry.

    Raises
    ------
    LedgerError
        If the body is no plain data.
    """
    try:
        text = canonical_json(dict(body)).decode("ascii")
    except (TypeError, ValueError) as error:
        raise LedgerError(f"the body of a {kind.value} cannot be written as JSON ({error}); give plain data, numbers "
                          "that are not finite as text") from None
    unsigned = Row(seq, t_utc, kind.value, text, key.key_id, prev_hash, "", "")
    digest = entry_hash(ledger_id, unsigned)
    return unsigned._replace(hash=digest, signature=key.sign(ENTRY_PURPOSE, digest.encode()))


def is_signed(row: Row, key: PublicKey | None) -> bool:
    """Whether a trusted key signed the entry's hash."""
    return key is not None and key.signed(ENTRY_PURPOSE, row.hash.encode(), row.signature)


def connect(ledger: Path, *, wait_s: float, read_only: bool) -> sqlite3.Connection:
    """Open the file. Text that is no UTF-8 is shown with replacement characters, so that damage can be looked at."""
    import sqlite3

    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(f"{ledger.absolute().as_uri()}?mode={mode}", uri=True, timeout=wait_s,
                                 isolation_level=None)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection
