"""Whole messages over a pipe that may hang: pickled, with a length before each, never waited for beyond a deadline.

Both ends are processes of one run that this program started itself; nothing from outside is ever unpickled.
"""

from __future__ import annotations

import os
import pickle
import select
import struct
import time
from typing import Any

LENGTH = struct.Struct("<Q")
CHUNK = 1 << 20


class PipeTimeout(Exception):
    """The other end did not take or give in time."""


class PipeClosed(Exception):
    """The other end is gone."""


def send(fd: int, message: Any, deadline: float | None = None) -> None:
    """Write one message to a file descriptor; ``deadline`` on the clock of ``time.monotonic``."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    view = memoryview(LENGTH.pack(len(data)) + data)
    if deadline is not None:
        os.set_blocking(fd, False)
    while view:
        if deadline is not None:
            _wait(fd, deadline, writing=True)
        try:
            view = view[os.write(fd, view[:CHUNK]):]
        except BlockingIOError:
            continue
        except OSError as error:
            raise PipeClosed(str(error)) from None


def receive(fd: int, deadline: float | None = None) -> Any:
    """Read one message from a file descriptor."""
    (length,) = LENGTH.unpack(_exactly(fd, LENGTH.size, deadline))
    return pickle.loads(_exactly(fd, length, deadline))


def _exactly(fd: int, count: int, deadline: float | None) -> bytes:
    parts = []
    while count:
        if deadline is not None:
            _wait(fd, deadline, writing=False)
        try:
            part = os.read(fd, min(count, CHUNK))
        except OSError as error:
            raise PipeClosed(str(error)) from None
        if not part:
            raise PipeClosed("end of file")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _wait(fd: int, deadline: float, *, writing: bool) -> None:
    left = deadline - time.monotonic()
    if left <= 0.0:
        raise PipeTimeout
    ready = select.select([] if writing else [fd], [fd] if writing else [], [], left)
    if not ready[writing]:
        raise PipeTimeout
