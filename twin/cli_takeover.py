"""``twin takeover`` and ``twin release``: what a person may do in a running twin.

They put a request to the run (``twin.gate.takeover.inbox``) and print what the gate says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.errors import ExitCode, ParkTwinError

if TYPE_CHECKING:
    from twin.gate.takeover.request import Answer

RunArg = Annotated[Path, typer.Argument(metavar="RUN", help="directory of a running twin")]
WhoOption = Annotated[str, typer.Option("--who", metavar="NAME", help="your name; it stands in the ledger")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="why; it stands in the ledger")]
WaitOption = Annotated[float, typer.Option("--wait", metavar="SECONDS", min=0.1, max=3600.0,
                                           help="how long to wait for the answer")]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON instead of text")]
EXIT_CODES = ("Exit codes: 0 it holds, 2 mistake in the call or no running twin, 3 the gate refused, 5 the run did not "
              "answer.")
WAIT_S = 60.0
"""A step in which the gate proves a schedule takes seconds."""
UNIT_S = {"s": 1, "min": 60, "h": 3600}


def takeover(
    run: RunArg,
    who: WhoOption = "",
    asset: Annotated[str | None, typer.Option("--asset", metavar="NAME", help="asset to take over")] = None,
    p_set_mw: Annotated[float | None, typer.Option(
        "--p-set-mw", help="power to hold, into the network positive: a storage or generator [MW]")] = None,
    p_limit_mw: Annotated[float | None, typer.Option("--p-limit-mw", help="curtail a renewable to this [MW]")] = None,
    interrupt_frac: Annotated[float | None, typer.Option(
        "--interrupt-frac", help="part of a load to interrupt, 0 to 1")] = None,
    lasts: Annotated[str, typer.Option("--for", metavar="TIME", help="how long, e.g. 90s, 30min, 2h (24 h at most)")] =
    "30min",
    end: Annotated[str | None, typer.Option("--end", metavar="LEASE", help="give a lease back before its time")] = None,
    reset: Annotated[str | None, typer.Option(
        "--reset", metavar="ASSET", help="let an asset go that the watchdog has stopped")] = None,
    listed: Annotated[bool, typer.Option("--list", help="show all leases of the run; it need not be running")] = False,
    reason: ReasonOption = "",
    wait: WaitOption = WAIT_S,
    as_json: JsonOption = False,
) -> None:
    """Hold one set-point of a running twin for a time; it goes back to the operator by itself.

    The gate proves it before it acts, limits are enforced, and all of it stands in the ledger.
    """
    if listed:
        _show_leases(run, as_json)
        return
    values = {"p_set_mw": p_set_mw, "p_limit_mw": p_limit_mw, "interrupt_frac": interrupt_frac}
    given = {port: value for port, value in values.items() if value is not None}
    ways = {"--asset": asset, "--end": end, "--reset": reset}
    chosen = [option for option, value in ways.items() if value is not None]
    if len(chosen) != 1:
        raise ParkTwinError(f"exactly one of --asset, --end, --reset and --list is needed; "
                            f"{' and '.join(chosen) + ' are' if chosen else 'none is'} given")
    if (len(given) == 1) is not (asset is not None):
        raise ParkTwinError("with --asset, and only with it, exactly one of --p-set-mw, --p-limit-mw and "
                            "--interrupt-frac is needed")
    if asset is not None:
        (port, value), = given.items()
        what: dict[str, Any] = {"kind": "takeover", "asset": asset, "port": port, "value": value,
                                "duration_s": _seconds(lasts)}
    else:
        what = {"kind": "end", "target": end} if end is not None else {"kind": "reset", "asset": reset}
    _ask(run, {**what, "who": who, "reason": reason}, wait, as_json)


def release(
    run: RunArg,
    who: WhoOption = "",
    release_id: Annotated[str | None, typer.Option("--id", metavar="ID", help="what to release; default: what waits")]
    = None,
    reject: Annotated[str | None, typer.Option(
        "--reject", metavar="ID", help="reject this instead; 'waiting' is what waits")] = None,
    reason: ReasonOption = "",
    wait: WaitOption = WAIT_S,
    as_json: JsonOption = False,
) -> None:
    """Release or reject a schedule of a running twin by hand."""
    if release_id is not None and reject is not None:
        raise ParkTwinError("--id releases and --reject rejects; give one of them")
    target = reject if reject is not None else release_id
    what: dict[str, Any] = {"kind": "release" if reject is None else "reject"}
    if target is not None and target != "waiting":
        what["target"] = target
    _ask(run, {**what, "who": who, "reason": reason}, wait, as_json)


def _ask(run: Path, what: dict[str, Any], wait_s: float, as_json: bool) -> None:
    """Put the request, print the answer, and end with its exit code."""
    from twin.gate.takeover.inbox import ask, new_request_id
    from twin.gate.takeover.request import request_of_plain

    if not what["who"].strip():
        raise ParkTwinError("--who is missing: the ledger names the person who asks")
    answer = ask(run, request_of_plain({**what, "request_id": new_request_id()}), wait_s)
    if as_json:
        typer.echo(json.dumps(answer.as_plain(), ensure_ascii=False))
    else:
        typer.echo(_told(answer, run))
    if not answer.accepted:
        raise typer.Exit(ExitCode.NO_VALID_SCHEDULE)


def _told(answer: Answer, run: Path) -> str:
    clock = _clock(run)
    at = "" if answer.t_s is None else f" at {clock(answer.t_s)}"
    until = "" if answer.until_s is None else f", until {clock(answer.until_s)}"
    word = "accepted" if answer.accepted else "refused"
    return f"{answer.request_id}: {word}{at}{until}: {answer.text}"


def _clock(run: Path) -> Callable[[int], str]:
    """Seconds from the run's start → the site's clock."""
    from datetime import datetime

    from twin.context import Calendar
    from twin.store.meta import RunMeta

    meta = RunMeta.read(run)
    calendar = Calendar(datetime.fromisoformat(meta.start), meta.timezone, None)
    return lambda t_s: f"{calendar.local(t_s):%Y-%m-%d %H:%M:%S}"


def _show_leases(run: Path, as_json: bool) -> None:
    """From the ledger: leases, the last state of each."""
    from twin.gate.ledger.reader import LedgerReader
    from twin.store.layout import LEDGER

    with LedgerReader(run / LEDGER) as reader:
        told = [entry.body["lease"] for entry in reader.entries() if isinstance(entry.body.get("lease"), dict)]
    leases = {str(lease.get("lease_id")): lease for lease in told}
    if as_json:
        typer.echo(json.dumps(list(leases.values()), ensure_ascii=False))
        return
    clock = _clock(run)
    for name, lease in leases.items():
        state = "active" if lease["state"] == "validated" else lease["state"]
        why = f" ({lease['reason']})" if lease["reason"] else ""
        typer.echo(f"{name}: {state}: {lease['who']}: {lease['key']} at {lease['value']:g} "
                   f"from {clock(lease['from_s'])} until {clock(lease['until_s'])}{why}")
    if not leases:
        typer.echo("no leases")


def _seconds(text: str) -> int:
    """A duration as a person writes it."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?) ?(s|min|h)", text.strip())
    if found is None:
        raise ParkTwinError(f"--for {text[:20]!r} is no time; write for example 90s, 30min or 2h")
    return round(float(found[1]) * UNIT_S[found[2]])
