"""Before the assets in real time: hands images to the watchdog's process, and its actions to the assets.

Commands pass while the process answers. If it is gone, or leaves an image unanswered for too long, every asset goes to
its safe state here, without it, and stays there: a person starts the process anew (``restart``), and the assets stay
stopped until they are reset as after any trip. Nothing in here waits for the process.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from controllers.watchdog.asset import AssetSpec
from controllers.watchdog.image import Action, Happening, Image, Sign
from controllers.watchdog.logic import Watchdog
from controllers.watchdog.process import KEPT, Timing, config_text
from controllers.watchdog.shared_numbers import NumberBlock
from controllers.watchdog.thresholds import Thresholds
from controllers.watchdog.wire import answer_count, answer_of, image_count, image_row
from twin.errors import ComponentError

END_S = 2.0
"""To end by itself; then it is killed."""


class WatchdogGuard:
    """One watchdog process and the memory shared with it.

    Parameters
    ----------
    log : where the process writes what it did; None: in its temporary folder.
    """

    def __init__(self, specs: Sequence[AssetSpec], limits: Thresholds, timing: Timing | None = None,
                 log: Path | None = None) -> None:
        self._specs, self._limits, self._timing = tuple(specs), limits, timing or Timing()
        self._rules = Watchdog(self._specs, limits)
        self._memory = self._rules.initial_memory()
        self._folder = Path(tempfile.mkdtemp(prefix="watchdog-"))
        self.log = log or self._folder / "log.jsonl"
        self._process: subprocess.Popen[bytes] | None = None
        self._unanswered: deque[tuple[int, float]] = deque()
        self._seq = 0
        self._signs = [0] * len(self._specs)

    @property
    def pid(self) -> int | None:
        """Of the process; None: it was not started."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process and wait until it looks.

        Raises
        ------
        ComponentError
            If it does not start.
        """
        self._open()
        kept = [{name: getattr(asset, name) for name in KEPT} for asset in self._memory.assets]
        config = self._folder / "config.json"
        config.write_text(config_text(self._file, self.log, self._specs, self._limits, self._timing, kept))
        errors = self._folder / "stderr.txt"
        with errors.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "controllers.watchdog.process", str(config)], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True)
        until_s = time.monotonic() + self._timing.start_timeout_s
        while self._answers.read() is None:
            if self._process.poll() is not None or time.monotonic() > until_s:
                self._end_process()
                last = errors.read_text(errors="replace").strip().rpartition("\n")[2]
                raise ComponentError(f"the watchdog's process did not start within {self._timing.start_timeout_s:g} s"
                                     f"{': ' + last if last else ''}; nothing may be operated without it")
            time.sleep(self._timing.poll_s)

    def restart(self) -> None:
        """A person starts the process anew after it was lost; assets that are stopped stay so."""
        self._end_process()
        self.start()
        for asset in self._memory.assets:
            asset.latched = 0  # from now on the process holds them

    def exchange(self, image: Image) -> tuple[list[Action], list[Happening]]:
        """Show an image, and get what reaches the assets: answers to images before it, or the safe state."""
        now_s = time.monotonic()
        happened: list[Happening] = []
        lost = self._lost(now_s)
        if lost:
            happened = self._rules.latch_all(self._memory, Sign.WATCHDOG_LOST, lost)
        else:
            self._seq += 1
            self._images.write(self._seq, image_row(image))
            self._unanswered.append((self._seq, now_s))
        own = self._rules.follow(self._memory, image)
        actions = []
        for spec, kept, mine, theirs in zip(self._specs, self._memory.assets, own, self._last, strict=True):
            if not kept.latched and theirs.sign:
                kept.given_mw, kept.given_limit_mw = theirs.p_set_mw, theirs.p_limit_mw
                kept.held_mw, kept.held_limit_mw = theirs.p_set_mw, theirs.p_limit_mw
                mine = theirs
            actions.append(mine)
            happened += self._news(spec.name, len(actions) - 1, mine.sign)
        return actions, happened

    def close(self) -> None:
        """End the process and forget the memory."""
        self._end_process()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> WatchdogGuard:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _open(self) -> None:
        n = len(self._specs)
        size = NumberBlock.size(image_count(n))
        self._file = self._folder / f"memory-{time.monotonic_ns()}"
        self._file.write_bytes(bytes(size + NumberBlock.size(answer_count(n))))
        self._images = NumberBlock(self._file, 0, image_count(n))
        self._answers = NumberBlock(self._file, size, answer_count(n))
        self._unanswered.clear()
        self._seq = 0
        self._last = [Action(0.0, 0.0, 0.0, Sign.NONE)] * n

    def _lost(self, now_s: float) -> str:
        """Why the process is not to be counted on; empty: it answers."""
        if self._process is None or self._process.poll() is not None:
            return "the watchdog's process is gone"
        answer = self._answers.read()
        if answer is not None:
            answered_seq, self._last = answer_of(answer.values)
            while self._unanswered and self._unanswered[0][0] <= answered_seq:
                self._unanswered.popleft()
        if self._unanswered and now_s - self._unanswered[0][1] > self._timing.answer_timeout_s:
            return f"the watchdog's process has not answered for {self._timing.answer_timeout_s:g} s"
        return ""

    def _news(self, name: str, index: int, sign: int) -> list[Happening]:
        """What the process did, as far as its answer tells; its log has the words."""
        before, self._signs[index] = self._signs[index], sign
        if before == sign or sign == Sign.WATCHDOG_LOST:
            return []
        kind = "watchdog_trip" if sign else "watchdog_reset"
        word = Sign(sign or before).name.lower().replace("_", " ")
        return [Happening(kind, name, Sign(sign or before), f"{name}: {word}; {self.log} says more")]

    def _end_process(self) -> None:
        process: Any = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._process = None
