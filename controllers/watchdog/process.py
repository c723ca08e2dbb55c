"""The watchdog in real time: a process of its own, independent of operator and gate. This is what runs in it.

It reads the newest image from shared memory, looks at it with the rules of :mod:`controllers.watchdog.logic`, and puts
its answer there. Without a new image it brings all assets to their safe state. It writes its own log, and ends when the
process is gone that started it. :mod:`controllers.watchdog.guard` is the other side.

    python -m controllers.watchdog.process CONFIG.json
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from controllers.watchdog.asset import AssetSpec, SafeState
from controllers.watchdog.image import Action, Happening, Sign
from controllers.watchdog.logic import Memory, Watchdog
from controllers.watchdog.shared_numbers import NumberBlock
from controllers.watchdog.thresholds import Thresholds
from controllers.watchdog.wire import answer_count, answer_row, image_count, image_of

KEPT = ("given_mw", "given_limit_mw", "held_mw", "held_limit_mw", "carried_mw", "running_since_s", "latched",
        "no_infeed", "reset_count")
"""What of an asset's memory outlives the process: what it was told, and that a person has not reset it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """How often the process looks, and how long its other side may be silent [s]; each an order above the one before.

    The field's figures: polls of 100 ms, fail-safe half a second after the first bad one.
    """

    poll_s: float = 0.02
    image_timeout_s: float = 0.5
    answer_timeout_s: float = 0.5
    start_timeout_s: float = 20.0
    """An interpreter on a busy machine."""


def config_text(file: Path, log: Path, specs: Sequence[AssetSpec], limits: Thresholds, timing: Timing,
                kept: Sequence[dict[str, float]]) -> str:
    """What the process must know, as JSON (which for Python has infinities)."""
    return json.dumps({
        "file": str(file), "log": str(log), "specs": [dataclasses.asdict(spec) for spec in specs],
        "limits": limits.model_dump(), "timing": dataclasses.asdict(timing), "kept": list(kept)})


def main(config_file: Path) -> None:
    """Watch until the process that started this one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run; the watchdog outlives it
    parent = os.getppid()
    config = json.loads(config_file.read_text(encoding="utf-8"))
    specs = [AssetSpec(**{**spec, "safe": SafeState(spec["safe"]), "patience_s": tuple(spec["patience_s"])})
             for spec in config["specs"]]
    watchdog = Watchdog(specs, Thresholds.model_validate(config["limits"]))
    memory = _memory(watchdog, config["kept"])
    images = NumberBlock(Path(config["file"]), 0, image_count(len(specs)))
    answers = NumberBlock(Path(config["file"]), NumberBlock.size(image_count(len(specs))), answer_count(len(specs)))
    timing, log = Timing(**config["timing"]), Path(config["log"])
    seen_seq, written = 0, 0
    seen_s = time.monotonic()
    actions: list[Action] = watchdog.safe_actions(memory, seen_s)
    while os.getppid() == parent:
        newest, now_s = images.read(), time.monotonic()
        happened: list[Happening] = []
        if newest is not None and newest.seq != seen_seq:
            seen_seq, seen_s = newest.seq, now_s
            actions, happened = watchdog.step(memory, image_of(newest.values))
        elif now_s - seen_s > timing.image_timeout_s and seen_seq:
            happened = watchdog.latch_all(memory, Sign.IMAGE_STALE, f"no image for {timing.image_timeout_s:g} s")
            actions = watchdog.safe_actions(memory, now_s) if happened else actions
        written += 1
        answers.write(written, answer_row(seen_seq, actions))
        _write_log(log, happened)
        time.sleep(timing.poll_s)


def _memory(watchdog: Watchdog, kept: Sequence[dict[str, Any]]) -> Memory:
    memory = watchdog.initial_memory()
    for asset, values in zip(memory.assets, kept, strict=True):
        for name in KEPT:
            setattr(asset, name, values[name])
    return memory


def _write_log(log: Path, happened: Sequence[Happening]) -> None:
    """A line each; a full disk must not stop the watchdog."""
    if not happened:
        return
    with contextlib.suppress(OSError), log.open("a", encoding="utf-8") as file:
        for what in happened:
            file.write(json.dumps({"time": time.time(), "kind": what.kind, "asset": what.asset,
                                   "sign": what.sign.name.lower(), "message": what.message}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
