"""Ctrl-C between two steps instead of in the middle of one.

An interrupt that strikes inside asyncio's own code loses a wake-up: the task it was for never ends and nobody can wait
for it. So the signal only leaves a note, and the run stops at its next step. A second signal strikes at once.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Use as ``with StopRequest() as stop: ... stop.check()``; outside the main thread it does nothing."""

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal came since the last step."""
        if self.requested:
            raise KeyboardInterrupt
