"""Requests as files, and the commands that write them: what a person hears, and what a stranger's file cannot do."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from twin.cli import app
from twin.errors import ExitCode, ParkTwinError
from twin.gate.takeover.inbox import LARGEST_BYTES, MOST_AT_ONCE, FileInbox, ask, is_running, new_request_id
from twin.gate.takeover.request import Answer, NotAnswered, Request, TakeoverError, request_of_plain
from twin.store.layout import LOCK, META
from twin.store.lock import WriterLock

ID = "20250715t101500-0a1b2c3d"
SHORT_S, LONG_S = 0.2, 60.0


def plain(request_id: str = ID, **changed) -> dict:
    return {"request_id": request_id, "kind": "takeover", "who": "Ada", "asset": "bess", "port": "p_set_mw",
            "value": -3.0, "duration_s": 1800, **changed}


def request(request_id: str = ID) -> Request:
    return request_of_plain(plain(request_id))


@pytest.fixture
def folder(tmp_path) -> Path:
    """A run directory."""
    (tmp_path / META).write_text("{}")
    return tmp_path


@pytest.fixture
def running(folder):
    """One that a process writes, with somebody who listens."""
    lock = WriterLock(folder / LOCK)
    lock.acquire()
    yield FileInbox(folder)
    lock.release()


def answering(inbox: FileInbox, accepted: bool = True) -> threading.Thread:
    """A run that answers the next request."""
    def answer() -> None:
        limit_s = time.monotonic() + LONG_S
        while time.monotonic() < limit_s:
            for found in inbox.take()[0]:
                inbox.answer(Answer(found.request_id, accepted, "proved by the gate", 900, 2700))
                return
            time.sleep(0.01)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    return thread


def test_a_request_is_taken_answered_and_gone(folder, running):
    thread = answering(running)
    assert ask(folder, request(), LONG_S) == Answer(ID, True, "proved by the gate", 900, 2700)
    thread.join()
    assert sorted(p.name for p in running.folder.iterdir()) == [f"{ID}.answer.json"]


def test_requests_are_taken_in_the_order_of_asking_and_not_all_at_once(running):
    ids = [f"20250715t101500-{k:08d}" for k in range(MOST_AT_ONCE + 5)]
    for one in reversed(ids):
        (running.folder / f"{one}.json").write_text(json.dumps(plain(one)))
    assert [r.request_id for r in running.take()[0]] == ids[:MOST_AT_ONCE]
    assert [r.request_id for r in running.take()[0]] == ids[MOST_AT_ONCE:]


def test_nobody_is_asked_where_nothing_runs(folder, tmp_path):
    with pytest.raises(TakeoverError, match="is not running"):
        ask(folder, request(), SHORT_S)
    with pytest.raises(TakeoverError, match="no run directory"):
        ask(tmp_path / "nothing", request(), SHORT_S)
    FileInbox(folder)
    with pytest.raises(TakeoverError, match="twin resume"):
        ask(folder, request(), SHORT_S)


def test_a_run_without_a_gate_takes_no_requests(folder):
    lock = WriterLock(folder / LOCK)
    lock.acquire()
    with pytest.raises(TakeoverError, match="has no release gate"):
        ask(folder, request(), SHORT_S)
    lock.release()


def test_a_request_that_nobody_took_up_is_withdrawn(folder, running):
    with pytest.raises(NotAnswered, match="withdrawn and has no effect") as caught:
        ask(folder, request(), SHORT_S)
    assert caught.value.exit_code == ExitCode.DEVICE
    assert running.take() == ([], [])


def test_a_request_that_was_taken_up_but_not_answered_is_said_to_be_so(folder, running):
    taker = threading.Thread(target=lambda: _until_taken(running), daemon=True)
    taker.start()
    with pytest.raises(NotAnswered, match="has taken the request up"):
        ask(folder, request(), 2.0)
    taker.join()


def _until_taken(inbox: FileInbox) -> None:
    limit_s = time.monotonic() + LONG_S
    while not inbox.take()[0] and time.monotonic() < limit_s:
        time.sleep(0.01)


def test_what_a_killed_run_had_taken_up_is_found_again(folder, running):
    (running.folder / f"{ID}.json").write_text(json.dumps(plain()))
    assert [r.request_id for r in running.take()[0]] == [ID]
    assert [r.request_id for r in FileInbox(folder).take()[0]] == [ID]


@pytest.mark.parametrize("content", [
    b"", b"{", b"null", b"[" * 4000, b"\xff\xfe", b'{"request_id": NaN}',
    json.dumps(plain("20250715t101500-other")).encode(), json.dumps(plain(value=float("inf"))).encode(),
    json.dumps(plain(who="\ud800")).encode(), json.dumps(plain(reason="x" * LARGEST_BYTES)).encode(),
])
def test_a_file_that_is_no_request_is_answered_and_complained_about_and_the_run_goes_on(running, content):
    (running.folder / f"{ID}.json").write_bytes(content)
    requests, complaints = running.take()
    assert requests == [] and len(complaints) == 1 and ID in complaints[0]
    answer = json.loads((running.folder / f"{ID}.answer.json").read_text())
    assert answer["accepted"] is False and answer["t_s"] is None
    assert running.take() == ([], [])


def test_no_link_pipe_or_folder_is_read(running, tmp_path):
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps(plain()))
    (running.folder / f"{ID}.json").symlink_to(secret)
    os.mkfifo(running.folder / "20250715t101500-apipe.json")
    (running.folder / "20250715t101500-folder.json").mkdir()
    requests, complaints = running.take()
    assert requests == [] and len(complaints) == 3 and secret.exists()
    assert running.take() == ([], [])


@pytest.mark.parametrize("name", ["..json", "UPPER-CASE-ID.json", "a.json", "x" * 70 + ".json", "20250715 101500.json",
                                  f"{ID}.json.part", f"{ID}.answer.json"])
def test_files_of_other_names_are_left_alone(running, name):
    (running.folder / name).write_text(json.dumps(plain()))
    assert running.take() == ([], []) and (running.folder / name).exists()


def test_names_of_requests_are_what_the_run_reads():
    assert request_of_plain(plain(new_request_id())).request_id != new_request_id()


def test_whether_a_run_is_written_is_seen_without_disturbing_it(folder):
    assert not is_running(folder)
    lock = WriterLock(folder / LOCK)
    lock.acquire()
    assert is_running(folder) and is_running(folder)
    lock.release()
    assert not is_running(folder)


# ---- the commands -------------------------------------------------------------------------------------------------


def outcome(*arguments: str):
    return CliRunner().invoke(app, [str(a) for a in arguments])


CALL = ("--asset", "bess", "--p-set-mw", "-3", "--who", "Ada")


@pytest.mark.parametrize(("accepted", "code"), [(True, 0), (False, ExitCode.NO_VALID_SCHEDULE)])
def test_twin_takeover_prints_what_the_gate_said(folder, running, accepted, code):
    thread = answering(running, accepted)
    done = outcome("takeover", folder, *CALL, "--for", "30min", "--json", "--wait", "60")
    thread.join()
    assert done.exit_code == code
    assert json.loads(done.stdout)["accepted"] is accepted and json.loads(done.stdout)["until_s"] == 2700


@pytest.mark.parametrize(("arguments", "words"), [
    (("--who", "Ada"), "exactly one of --asset, --end, --reset and --list"),
    ((*CALL, "--end", "x"), "--asset and --end are given"),
    (("--asset", "bess", "--who", "Ada"), "exactly one of --p-set-mw"),
    ((*CALL, "--p-limit-mw", "1"), "exactly one of --p-set-mw"),
    (("--end", "x", "--p-set-mw", "1", "--who", "Ada"), "with --asset, and only with it"),
    (CALL[:4], "--who is missing"),
    ((*CALL, "--for", "soon"), "write for example 90s"),
    ((*CALL, "--for", "25h"), "duration_s"),
])
def test_a_wrong_call_is_told_what_is_wrong(folder, running, arguments, words):
    done = outcome("takeover", folder, *arguments, "--wait", "0.1")
    assert isinstance(done.exception, ParkTwinError) and words in str(done.exception)
    assert running.take() == ([], []), "nothing was asked"


@pytest.mark.parametrize(("arguments", "kind", "target"), [
    ((), "release", None), (("--id", "abc123"), "release", "abc123"), (("--reject", "abc123"), "reject", "abc123"),
    (("--reject", "waiting"), "reject", None),
])
def test_twin_release_asks_for_what_it_says(folder, running, arguments, kind, target):
    seen: list[Request] = []
    taker = threading.Thread(target=lambda: _answer_and_keep(running, seen), daemon=True)
    taker.start()
    done = outcome("release", folder, "--who", "Ada", *arguments, "--json", "--wait", "60")
    taker.join()
    assert done.exit_code == 0 and (seen[0].kind, seen[0].target) == (kind, target)


def _answer_and_keep(inbox: FileInbox, seen: list[Request]) -> None:
    limit_s = time.monotonic() + LONG_S
    while not seen and time.monotonic() < limit_s:
        seen += inbox.take()[0]
        time.sleep(0.01)
    inbox.answer(Answer(seen[0].request_id, True, "done", 0))
