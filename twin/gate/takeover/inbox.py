"""Requests as files: one per request in ``RUN/requests/``, written by a command, found by the run at its next step.

A request is written under another name and renamed, so that it is there whole or not at all. The run claims it by
renaming (``ID.json`` → ``ID.taken.json``), answers in ``ID.answer.json`` and removes it; a run that was killed in
between finds the claimed one again. What arrives when is up to the wall clock; the moment in which it took effect
stands in the ledger.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import time
import uuid
from pathlib import Path

from twin.gate.takeover.request import ID_PATTERN, Answer, NotAnswered, Request, TakeoverError, request_of_plain
from twin.store.layout import LOCK, is_run_directory
from twin.store.snapshot import write_atomically

REQUESTS = "requests"
"""Folder in a run directory."""
NEW, TAKEN, ANSWER = ".json", ".taken.json", ".answer.json"
LARGEST_BYTES = 4096
"""A request has a few hundred."""
MOST_AT_ONCE = 50
"""Requests of one step; the others wait for the next."""
LOOK_AGAIN_S = 0.05


class FileInbox:
    """The run's side.

    Parameters
    ----------
    run : the run directory; the folder of requests is made in it, which tells commands that somebody listens.
    """

    def __init__(self, run: Path) -> None:
        self.folder = run / REQUESTS
        self.folder.mkdir(exist_ok=True)
        for claimed in self.folder.glob(f"*{TAKEN}"):  # of a run that was killed before it answered
            claimed.rename(_file(self.folder, claimed.name.removesuffix(TAKEN), NEW))

    def take(self) -> tuple[list[Request], list[str]]:
        """Claim what is new; what is no request is answered at once and complained about."""
        found: list[Request] = []
        complaints: list[str] = []
        for request_id in self._new_ids():
            claimed = _file(self.folder, request_id, TAKEN)
            try:
                _file(self.folder, request_id, NEW).rename(claimed)
            except OSError:
                continue  # taken back by the person, or nothing that can be claimed
            try:
                found.append(_read(claimed, request_id))
            except TakeoverError as error:
                complaints.append(f"request {request_id}: {error}")
                self.answer(Answer(request_id, False, str(error), None))
        return found, complaints

    def answer(self, answer: Answer) -> None:
        """Tell the person; the request is done. A disk that is full must not stop the run: then nobody is told."""
        with contextlib.suppress(OSError):
            write_atomically(_file(self.folder, answer.request_id, ANSWER), json.dumps(answer.as_plain()))
        with contextlib.suppress(OSError):
            _file(self.folder, answer.request_id, TAKEN).unlink()

    def _new_ids(self) -> list[str]:
        names = sorted(entry.name.removesuffix(NEW) for entry in os.scandir(self.folder) if entry.name.endswith(NEW))
        return [name for name in names if re.fullmatch(ID_PATTERN, name)][:MOST_AT_ONCE]


def new_request_id() -> str:
    """Sorts by the time of asking; a clash is as likely as one of 32 random bits within a second."""
    return f"{time.strftime('%Y%m%dt%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:8]}"


def ask(run: Path, request: Request, wait_s: float) -> Answer:
    """Put a request to a running twin and wait for the answer.

    Raises
    ------
    TakeoverError
        If nobody would read it: no run, one that is not running, or one without a gate.
    NotAnswered
        If there is no answer in time. A request that was not taken up is withdrawn and never takes effect.
    """
    if not is_run_directory(run):
        raise TakeoverError(f"{run}: no run directory; name one, e.g. runs/zero_carbon_park_day-001")
    if not is_running(run):
        raise TakeoverError(f"{run}: the run is not running, so nobody would do it; start it with `twin run`, or go on "
                            f"with `twin resume {run}`")
    folder = run / REQUESTS
    if not folder.is_dir():
        raise TakeoverError(f"{run}: the run takes no requests, for its scenario has no release gate; set gate.enabled")
    new = _file(folder, request.request_id, NEW)
    try:
        write_atomically(new, json.dumps(request.as_plain()))
    except OSError as error:
        raise TakeoverError(f"{new}: cannot be written ({error.strerror}); ask whoever runs the twin") from None
    answer = _file(folder, request.request_id, ANSWER)
    until = time.monotonic() + wait_s
    while not answer.exists():
        if time.monotonic() >= until:
            return _given_up(new, answer, wait_s)
        time.sleep(LOOK_AGAIN_S)
    return _read_answer(answer)


def is_running(run: Path) -> bool:
    """Whether a process writes this run now."""
    import fcntl

    try:
        with (run / LOCK).open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _given_up(new: Path, answer: Path, wait_s: float) -> Answer:
    try:
        new.unlink()
    except FileNotFoundError:
        if answer.exists():
            return _read_answer(answer)
        raise NotAnswered(f"the run has taken the request up but did not answer within {wait_s:g} s; `twin takeover "
                          f"{new.parent.parent} --list` shows what holds") from None
    raise NotAnswered(f"the run did not answer within {wait_s:g} s; the request is withdrawn and has no effect; wait "
                      "longer with --wait")


def _read_answer(file: Path) -> Answer:
    try:
        return Answer(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise NotAnswered(f"{file}: damaged answer ({error})") from None


def _read(file: Path, request_id: str) -> Request:
    """A file that anybody may have put there: only a small regular one is read, no link is followed."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_BYTES:
                raise TakeoverError(f"is no file of at most {LARGEST_BYTES} bytes")
            raw = os.read(handle, LARGEST_BYTES)
        finally:
            os.close(handle)
    except OSError as error:
        raise TakeoverError(f"cannot be read ({error.strerror})") from None
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise TakeoverError(f"is no JSON ({type(error).__name__})") from None
    request = request_of_plain(data)
    if request.request_id != request_id:
        raise TakeoverError(f"says it is {request.request_id}, but its file {request_id}")
    return request


def _file(folder: Path, request_id: str, ending: str) -> Path:
    return folder / f"{request_id}{ending}"
