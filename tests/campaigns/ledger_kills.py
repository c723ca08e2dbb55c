"""kill -9 at random moments around a release: nothing that was announced is lost, nothing else was applied.

A child process releases schedules as the gate does: entry by entry into the ledger, then it announces the release on a
pipe, then it publishes it in the book, asks the book for each set-point as a device does, and says so too. The next
child continues the same ledger.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.twin.gate.releases import SITE, key, release
from tests.twin.schedules import schedule
from twin.gate.ledger import entries as entries
from twin.gate.ledger.check import verify_ledger
from twin.gate.ledger.damage import Damage
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import LedgerReader
from twin.gate.ledger.writer import Ledger
from twin.gate.release.book import ReleaseBook
from twin.gate.release.release import ReleasedSchedule, Verifier

KILLS_PER_LEDGER = 20
"""Then a new one is begun, so that checking it stays quick."""
LATEST_KILL_S = 0.1
"""After the child opened the ledger; some four releases on the disk of an ordinary machine."""
START_WITHIN_S = 30.0
SAFE = {"bess.p_set_mw": 0.0, "pv.p_limit_mw": 0.0}
"""No set-point of the schedule at its start is its safe value, so that the release alone allows it."""


@dataclass
class Report:
    """What the kills did."""

    kills: int = 0
    announced: int = 0
    applied: int = 0
    unacknowledged: int = 0
    """Kills that left an entry without its head."""
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (f"{self.kills} kills, {self.announced} releases announced, {self.applied} applied, "
                f"{self.unacknowledged} kills between entry and head, {len(self.failures)} failures"
                + "".join(f"\n  {failure}" for failure in self.failures[:20]))


def release_until_killed(file: Path, say: Callable[[str], None]) -> None:
    """What the child does."""
    with Ledger(file, key()) as ledger, LedgerReader(file) as reader:
        book = ReleaseBook(Verifier([key().public], reader.holds_release), SITE, SAFE)
        number = len(reader.entries(Kind.RELEASE))
        say("ready -")
        while True:
            number += 1
            plan = schedule(objective=float(number))
            released = release(schedule=plan)
            ledger.append(*entries.proposed(plan.horizon.start_s, plan))
            ledger.append(*entries.released(plan.horizon.start_s, released, "the gate"))
            say(f"announced {released.release_id}")
            book.publish(released, plan.horizon.start_s)
            wanted = plan.at(plan.horizon.start_s).items()
            refused = [key_ for key_, value in wanted if book.refusal(key_, value, plan.horizon.start_s)]
            say(f"error refused: {refused}" if refused else f"applied {released.release_id}")


def run(kills: int, seed: int, folder: Path) -> Report:
    """Kill so many children and check the ledger after each."""
    rng = np.random.default_rng(seed)
    report = Report()
    said: dict[str, set[str]] = {}
    for number in range(kills):
        if number % KILLS_PER_LEDGER == 0:
            file = folder / f"ledger-{number}" / "ledger.sqlite"
            file.parent.mkdir()
            said = {"announced": set(), "applied": set()}
        lines = _killed_child(file, float(rng.uniform(0.0, LATEST_KILL_S)))
        report.kills += 1
        for what, release_id in (line.split(maxsplit=1) for line in lines):
            if what == "error":
                report.failures.append(f"kill {number}: {release_id}")
            elif what in said:
                said[what].add(release_id)
                setattr(report, what, getattr(report, what) + 1)
        _check(file, said, report, number)
    return report


def _killed_child(file: Path, kill_after_s: float) -> list[str]:
    """Whole lines that a child said until it was killed."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            release_until_killed(file, lambda line: os.write(write_end, f"{line}\n".encode()))
        except BaseException as error:
            os.write(write_end, f"error {type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(1)
    os.close(write_end)
    try:
        select.select([read_end], [], [], START_WITHIN_S)
        time.sleep(kill_after_s)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with os.fdopen(read_end, "rb") as pipe:
        return [line.decode() for line in pipe.read().split(b"\n")[:-1]]


def _check(file: Path, said: dict[str, set[str]], report: Report, number: int) -> None:
    for finding in verify_ledger(file):
        if finding.damage is Damage.UNACKNOWLEDGED:
            report.unacknowledged += 1
        else:
            report.failures.append(f"kill {number}: {finding}")
    with LedgerReader(file) as reader:
        released = [ReleasedSchedule.from_plain(entry.body["release"]) for entry in reader.entries(Kind.RELEASE)]
        held = {release_.release_id for release_ in released if reader.holds_release(release_)}
    lost = said["announced"] - held
    unknown = said["applied"] - held
    if lost:
        report.failures.append(f"kill {number}: announced, but not in the ledger: {', '.join(sorted(lost))}")
    if unknown:
        report.failures.append(f"kill {number}: applied, but not in the ledger: {', '.join(sorted(unknown))}")
