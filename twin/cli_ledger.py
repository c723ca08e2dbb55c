"""``twin ledger``: is the ledger of a run what its writer wrote, what stands in it, and why was something released."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.errors import ExitCode, ParkTwinError

if TYPE_CHECKING:
    from twin.gate.ledger.format import Head, Kind

app = typer.Typer(no_args_is_help=True, help="The ledger of releases: verify it, show it, ask why.",
                  epilog="Exit codes: 0 ok, 2 mistake in the call, or no ledger there, 6 the ledger is damaged or "
                         "gone.")

PlaceArg = Annotated[Path, typer.Argument(metavar="RUN", help="a run directory, or the file of a ledger")]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON instead of text")]


@app.command()
def verify(
    place: PlaceArg,
    key_id: Annotated[str | None, typer.Option(
        "--key-id", metavar="ID", help="a key that the ledger is signed with, known from elsewhere; default: "
                                       "gate.key_id of the run's scenario, where it names one")] = None,
    head: Annotated[Path | None, typer.Option(
        "--head", metavar="FILE", help="a copy of ledger.head that was kept elsewhere")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check every hash and signature; name what was edited, deleted, swapped, inserted or cut off.

    An old copy of ledger and head, put back together, is noticed only with --head; another ledger with keys of its own
    only with --key-id.
    """
    from twin.gate.ledger.check import verify_ledger
    from twin.gate.ledger.reader import LedgerReader

    ledger = _ledger(place)
    findings = verify_ledger(ledger, known_key_id=key_id, known_head=None if head is None else _kept_head(head))
    damaged = any(finding.is_damage for finding in findings)
    if as_json:
        typer.echo(json.dumps({"ledger": str(ledger), "damaged": damaged, "findings": [
            dataclasses.asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            typer.echo(str(finding))
        if not damaged:
            with LedgerReader(ledger) as reader:
                entries = reader.entries()
            keys = ", ".join(dict.fromkeys(entry.key_id for entry in entries))
            typer.echo(f"{ledger}: as it was written; {len(entries)} entries, signed by {keys}")
    if damaged:
        raise typer.Exit(ExitCode.STORE_DAMAGED)


@app.command()
def show(
    place: PlaceArg,
    last: Annotated[int | None, typer.Option("--last", min=1, metavar="N", help="only the last N entries")] = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="only entries of this kind")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the entries in the order in which they were written: a sentence each, with --json an object each."""
    from twin.gate.ledger.format import Kind
    from twin.gate.ledger.reader import LedgerReader
    from twin.gate.ledger.story import Teller

    with LedgerReader(_ledger(place)) as reader:
        entries = reader.entries(None if kind is None else _kind(kind), last)
        teller = Teller(reader.entries(Kind.SCENARIO_LOADED))
    for entry in entries:
        typer.echo(json.dumps(dataclasses.asdict(entry), ensure_ascii=False) if as_json else teller.sentence(entry))


@app.command()
def why(
    name: Annotated[str, typer.Argument(metavar="ID", help="a release, or the hash of a proposed schedule; the first "
                                                           "digits are enough")],
    place: PlaceArg,
    as_json: JsonOption = False,
) -> None:
    """Tell the story of a release: who proposed, what the gate found and repaired, who released, what became of it."""
    from twin.gate.ledger.reader import LedgerReader
    from twin.gate.ledger.story import story_of

    with LedgerReader(_ledger(place)) as reader:
        story = story_of(name, reader.entries())
    typer.echo(json.dumps(story, ensure_ascii=False) if as_json else "\n".join(story))


def _ledger(place: Path) -> Path:
    from twin.store.layout import LEDGER

    if not place.exists():
        raise ParkTwinError(f"{place}: there is no such directory or file; name a run, e.g. runs/minimal-001")
    return place / LEDGER if place.is_dir() else place


def _kept_head(file: Path) -> Head:
    from twin.gate.ledger.format import Head

    if not file.is_file():
        raise ParkTwinError(f"--head {file}: there is no such file; give a copy of ledger.head that was kept elsewhere")
    return Head.read_file(file)


def _kind(word: str) -> Kind:
    from twin.gate.ledger.format import Kind
    from twin.suggest import did_you_mean

    kinds = [kind.value for kind in Kind]
    if word not in kinds:
        raise ParkTwinError(f"--kind {word}: there is no such kind of entry; {did_you_mean(word, kinds, len(kinds))}")
    return Kind(word)
