"""Which keys of a ledger are to be believed: one that is known, and those that it introduced.

``release_keys.json`` holds public keys and is signed by nobody: whoever can write it can add one. A key counts if it is
known from elsewhere (the scenario's ``gate.key_id``, ``--key-id``), or else has signed the first entry; and if an entry
that a trusted key signed names it as the next one (``twin.gate.release.run_keys``). A known key that is not the first
one vouches for the entries before its own too: they are chained to them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from twin.errors import ParkTwinError
from twin.gate.ledger.damage import Damage, Finding
from twin.gate.ledger.format import COLUMNS, Head, Kind, Row, connect, entry_hash, is_signed
from twin.gate.release.keys import PublicKey, read_public_keys
from twin.store.layout import RELEASE_KEYS, SCENARIO

CONDITION = f"WHERE seq = 1 OR kind = '{Kind.KEY.value}' ORDER BY seq"
"""The entries that say which keys are trusted."""
NEXT = "next_key_id"
"""In the body of a ``key`` entry: the key that the next process of the run will sign with."""
WAIT_S = 5.0


def trusted_keys(ledger_id: str, rows: Iterable[Row], listed: Mapping[str, PublicKey], known_key_id: str | None,
                 ) -> dict[str, PublicKey]:
    """The keys to be believed, by their id, in the order in which they were introduced.

    Parameters
    ----------
    rows : of the ledger in their order; those of ``CONDITION`` are enough.
    listed : the public keys beside the ledger, by their id.
    known_key_id : known from elsewhere; None: the key of the first entry is believed.
    """
    trusted: dict[str, PublicKey] = {}
    signers: set[str] = set()
    if known_key_id is not None and known_key_id in listed:
        trusted[known_key_id] = listed[known_key_id]
    believed: dict[str, PublicKey] = {}
    for row in rows:
        key = listed.get(row.key_id)
        if key is None or entry_hash(ledger_id, row) != row.hash or not is_signed(row, key):
            continue
        believed = believed or {key.key_id: key}
        signers.add(key.key_id)
        following = _next(row)
        for group in (trusted, believed):
            if key.key_id in group and following in listed:
                group[following] = listed[following]
    if known_key_id is None or (known_key_id in believed and known_key_id in signers):
        return believed
    return trusted


def next_key_id(ledger: Path) -> str | None:
    """The key that the next process of a run is to sign with; None where there is no ledger, or it names none."""
    import sqlite3

    try:
        head = Head.read(ledger)
        connection = connect(ledger, wait_s=WAIT_S, read_only=True)
        try:
            rows = [Row(*row) for row in connection.execute(f"SELECT {COLUMNS} FROM entries {CONDITION}")]
        finally:
            connection.close()
        listed = {key.key_id: key for key in read_public_keys(ledger.parent / RELEASE_KEYS)}
    except (sqlite3.Error, ParkTwinError):  # the writer says what is wrong with it
        return None
    trusted = trusted_keys(head.ledger_id, rows, listed, None)
    return next((_next(row) for row in reversed(rows) if row.key_id in trusted and row.kind == Kind.KEY), "") or None


def strangers(ledger_id: str, rows: Sequence[Row], head: Head | None, listed: Mapping[str, PublicKey],
              known_key_id: str | None) -> list[Finding]:
    """Keys beside a ledger that nobody trusted has introduced, and what they signed."""
    telling = [row for row in rows if row.seq == 1 or row.kind == Kind.KEY]
    if not telling and known_key_id is None:
        return []
    trusted = trusted_keys(ledger_id, telling, listed, known_key_id)
    found = []
    for key_id in [key_id for key_id in listed if key_id not in trusted]:
        signed = [row.seq for row in rows if row.key_id == key_id]
        what = [f"entries {signed[0]} to {signed[-1]}"] if signed else []
        what += ["the head"] if head is not None and head.key_id == key_id else []
        told = f"signed {' and '.join(what)}" if what else f"stands in {RELEASE_KEYS}"
        found.append(Finding(Damage.STRANGER, signed[0] if signed else None, (
            f"the key {key_id[:12]}… {told}, and no trusted key introduced it: it may be anybody's")))
    return found


def key_id_of_scenario(directory: Path) -> str | None:
    """``gate.key_id`` of the scenario in a run directory; None where it names none, or there is no scenario."""
    try:
        text = (directory / SCENARIO).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if "key_id" not in text:
        return None
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        data = YAML(typ="safe").load(text)
    except YAMLError:
        return None
    gate = data.get("gate") if isinstance(data, dict) else None
    key_id = gate.get("key_id") if isinstance(gate, dict) else None
    return key_id if isinstance(key_id, str) else None


def _next(row: Row) -> str:
    """The key that an entry introduces; empty where it introduces none."""
    if row.kind != Kind.KEY:
        return ""
    try:
        body = json.loads(row.body)
    except ValueError:
        return ""
    return str(body.get(NEXT, "")) if isinstance(body, dict) else ""
