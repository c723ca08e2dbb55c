"""A ledger tampered with at random places by somebody without the key: each time it is found and rightly named.

The thief can write every file of the run directory, knows the format, recomputes hashes, renumbers entries, and has a
key of their own. What they cannot do is sign. (What no check of these files can see stands in ``ledger_check``.)
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.twin.gate.releases import key, release
from tests.twin.schedules import schedule
from twin.gate.ledger import entries as told
from twin.gate.ledger.check import verify_ledger
from twin.gate.ledger.damage import Damage
from twin.gate.ledger.format import ENTRY_PURPOSE, Head, Row, entry_hash, head_file
from twin.gate.ledger.writer import Ledger

ENTRIES = 30
THIEF = key(seed=66)
"""A key for the same site that nobody trusts."""


@dataclass
class Report:
    """What was found."""

    tampered: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.tampered.items()))
        return (f"{self.tampered.total()} places ({kinds}), {len(self.failures)} not found or wrongly named"
                + "".join(f"\n  {failure}" for failure in self.failures[:20]))


class Thief:
    """A copy of a ledger, open for tampering; the numbers of its entries are 1 to ``last``."""

    def __init__(self, ledger: Path, rng: random.Random) -> None:
        self.ledger, self.rng = ledger, rng
        with closing(sqlite3.connect(ledger)) as connection:
            self.identity = connection.execute("SELECT ledger_id FROM ledger").fetchone()[0]
            self.rows = [Row(*row) for row in connection.execute("SELECT * FROM entries ORDER BY seq")]
        self.last = len(self.rows)

    def any(self, first: int = 0, last: int | None = None) -> int:
        """Index of some entry."""
        return self.rng.randrange(first, (self.last if last is None else last))

    def hashed(self, row: Row) -> Row:
        """With the hash that fits its contents, signed by the thief."""
        row = row._replace(hash=entry_hash(self.identity, row))
        return row._replace(signature=THIEF.sign(ENTRY_PURPOSE, row.hash.encode()))

    def chained_from(self, index: int) -> None:
        """Recompute numbers, hashes and links from an entry on, as far as one can without the key."""
        for place in range(index, len(self.rows)):
            before = self.rows[place - 1].hash if place else "0" * 64
            self.rows[place] = self.hashed(self.rows[place]._replace(seq=place + 1, prev_hash=before))

    def renumbered(self) -> None:
        """Close or make the gaps in the numbers."""
        self.rows = [row._replace(seq=place + 1) for place, row in enumerate(self.rows)]

    def write(self) -> None:
        """Put the entries back."""
        with closing(sqlite3.connect(self.ledger)) as connection, connection:
            connection.execute("DELETE FROM entries")
            connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", self.rows)


def other_text(text: str, rng: random.Random) -> str:
    """One character differs."""
    place = rng.randrange(len(text))
    return text[:place] + rng.choice([c for c in "0123456789abcdef" if c != text[place]]) + text[place + 1:]


def edit(thief: Thief) -> int:
    """One character of one column."""
    index = thief.any()
    column = thief.rng.choice([name for name in Row._fields if name != "seq"])
    row = thief.rows[index]
    thief.rows[index] = row._replace(**{column: other_text(getattr(row, column), thief.rng)})
    return index + 1


def edit_and_rehash(thief: Thief) -> int:
    """Another body, with the hash that fits it."""
    index = thief.any()
    thief.rows[index] = thief.hashed(thief.rows[index]._replace(body='{"message":"all was well"}'))
    return index + 1


def edit_and_rechain(thief: Thief) -> int:
    """Another body, and everything after it made to fit."""
    index = thief.any()
    thief.rows[index] = thief.rows[index]._replace(body='{"message":"all was well"}', key_id=THIEF.key_id)
    thief.chained_from(index)
    return index + 1


def edit_kind_of_value(thief: Thief) -> int:
    """A number or bytes where text belongs."""
    index = thief.any()
    value = thief.rng.choice([b"\xff\xfe", 1e300, "\udcff".encode("utf-8", "surrogatepass")])
    thief.rows[index] = thief.rows[index]._replace(body=value)
    return index + 1


def delete(thief: Thief) -> int:
    """One entry, not the last."""
    index = thief.any(0, thief.last - 1)
    del thief.rows[index]
    return index + 1


def delete_and_renumber(thief: Thief) -> int:
    """One entry, the others move up."""
    seq = delete(thief)
    thief.renumbered()
    return seq


def swap(thief: Thief) -> int:
    """Two entries change places."""
    one, other = sorted(thief.rng.sample(range(thief.last), 2))
    rows = thief.rows
    rows[one], rows[other] = rows[other]._replace(seq=one + 1), rows[one]._replace(seq=other + 1)
    return one + 1


def rotate(thief: Thief) -> int:
    """Three entries change places in a circle."""
    places = sorted(thief.rng.sample(range(thief.last), 3))
    moved = [thief.rows[places[n - 1]]._replace(seq=places[n] + 1) for n in range(3)]
    for place, row in zip(places, moved, strict=True):
        thief.rows[place] = row
    return places[0] + 1


def insert_copy(thief: Thief) -> int:
    """An entry a second time, the others move down."""
    index = thief.any()
    place = thief.any(index + 1, thief.last + 1)
    thief.rows.insert(place, thief.rows[index])
    thief.renumbered()
    return place + 1


def insert_forged(thief: Thief) -> int:
    """A new entry in the middle or at the end, the others move down."""
    place = thief.any(0, thief.last + 1)
    before = thief.rows[place - 1] if place else thief.rows[0]
    thief.rows.insert(place, before._replace(body='{"release_id":"forged"}', kind="release", prev_hash=before.hash))
    thief.renumbered()
    thief.rows[place] = thief.hashed(thief.rows[place])
    return place + 1


def cut_tail(thief: Thief) -> int:
    """The last entries."""
    keep = thief.any(0, thief.last)
    del thief.rows[keep:]
    return keep + 1


def _forged_head(thief: Thief, **changes: object) -> None:
    head = Head.read(thief.ledger)
    fields = {name: getattr(head, name) for name in Head.__slots__}
    head_file(thief.ledger).write_text(json.dumps({**fields, **changes}))


def cut_tail_and_head(thief: Thief) -> None:
    """The last entries, and the head made to fit: with the old signature, or with the thief's."""
    keep = cut_tail(thief) - 1
    seq, entry = keep, thief.rows[-1].hash if keep else "0" * 64
    if thief.rng.random() < 0.5:
        _forged_head(thief, seq=seq, hash=entry)
    else:
        head = Head.of(thief.identity, seq, entry, THIEF)
        _forged_head(thief, **{name: getattr(head, name) for name in Head.__slots__})


def cut_tail_and_sign_head_with_an_entry(thief: Thief) -> None:
    """The last entries, and as the head's signature that of the last entry left: it was made for another purpose."""
    keep = thief.any(1, thief.last)
    del thief.rows[keep:]
    _forged_head(thief, seq=keep, hash=thief.rows[-1].hash, signature=thief.rows[-1].signature)


def edit_head(thief: Thief) -> None:
    """One field of the head."""
    name = thief.rng.choice(["site", "seq", "hash", "key_id", "signature"])
    value = getattr(Head.read(thief.ledger), name)
    _forged_head(thief, **{name: value - 1 if name == "seq" else other_text(value, thief.rng)})


def lose_head(thief: Thief) -> None:
    """No head, or half of one."""
    file = head_file(thief.ledger)
    if thief.rng.random() < 0.5:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: thief.rng.randrange(file.stat().st_size)])


def foreign_file(thief: Thief) -> None:
    """The ledger of another run of the same site and key, under this head."""
    other = thief.ledger.parent / "other" / thief.ledger.name
    other.parent.mkdir()
    write_ledger(other)
    thief.ledger.write_bytes(other.read_bytes())
    thief.rows = Thief(other, thief.rng).rows


TAMPERINGS: dict[Callable[[Thief], int | None], Damage] = {
    edit: Damage.EDITED, edit_and_rehash: Damage.EDITED, edit_and_rechain: Damage.EDITED,
    edit_kind_of_value: Damage.EDITED, delete: Damage.DELETED, delete_and_renumber: Damage.DELETED,
    swap: Damage.SWAPPED, rotate: Damage.SWAPPED, insert_copy: Damage.INSERTED, insert_forged: Damage.INSERTED,
    cut_tail: Damage.CUT_TAIL, cut_tail_and_head: Damage.HEAD, cut_tail_and_sign_head_with_an_entry: Damage.HEAD,
    edit_head: Damage.HEAD, lose_head: Damage.HEAD, foreign_file: Damage.FOREIGN,
}
"""What is done → what it must be called. A number that is returned must be among those reported."""


def write_ledger(file: Path, entries: int = ENTRIES) -> None:
    """A ledger of so many entries, as a run writes them, closed."""
    plan, release_ = schedule(), release()
    with Ledger(file, key()) as ledger:
        ledger.append_all([told.released(900 * n, release_, "the gate") if n % 3 == 2 else told.proposed(900 * n, plan)
                           for n in range(entries - 1)])


def run(places: int, seed: int, folder: Path) -> Report:
    """Tamper with copies of a ledger at ``places`` places."""
    rng = random.Random(seed)
    whole = folder / "whole" / "ledger.sqlite"
    whole.parent.mkdir()
    write_ledger(whole)
    report = Report()
    if verify_ledger(whole):
        report.failures.append("the ledger that nobody touched is called damaged")
    for number in range(places):
        tamper = list(TAMPERINGS)[number % len(TAMPERINGS)]
        copy = folder / "tampered"
        shutil.copytree(whole.parent, copy)
        thief = Thief(copy / "ledger.sqlite", rng)
        seq = tamper(thief)
        thief.write()
        found = verify_ledger(copy / "ledger.sqlite")
        named = [finding for finding in found if finding.damage is TAMPERINGS[tamper]]
        if not named or (seq is not None and seq not in {finding.seq for finding in named}):
            report.failures.append(f"{number}: {tamper.__name__} at {seq}: {'; '.join(map(str, found)) or 'not found'}")
        report.tampered[tamper.__name__] += 1
        shutil.rmtree(copy)
    return report
