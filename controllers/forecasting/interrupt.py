"""Ctrl-C during a training. Libraries that compute in C may swallow the interruption, and Python waits at its end for
threads that go on; so whoever is still there some seconds later is ended."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from twin.errors import ExitCode

GRACE_S = 5.0
"""For an orderly end."""
SHOW_CURSOR = "\x1b[?25h"
"""A progress bar hides it."""


@contextmanager
def ended_by_ctrl_c(kept: Callable[[], str]) -> Iterator[None]:
    """End the process with exit code 130 a few seconds after Ctrl-C at the latest; at once after the second.

    Parameters
    ----------
    kept : says what is left of the work; asked when it is interrupted.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield  # somebody else decides what Ctrl-C does, or that it does nothing
        return

    def interrupted(signum: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, lambda *_: _end(kept()))
        watch = threading.Timer(GRACE_S, lambda: _end(kept()))
        watch.daemon = True
        watch.start()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    except KeyboardInterrupt:
        print(kept(), file=sys.stderr, flush=True)
        raise
    finally:
        if signal.getsignal(signal.SIGINT) is interrupted:
            signal.signal(signal.SIGINT, before)


def _end(text: str) -> None:
    """Without waiting for anybody."""
    cursor = SHOW_CURSOR if sys.stderr.isatty() else ""
    os.write(2, f"{cursor}{text}\ninterrupted\n".encode())
    os._exit(ExitCode.INTERRUPTED)
