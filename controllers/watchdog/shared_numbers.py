"""Numbers between two processes through a file in memory: one writer, one reader, nobody ever waits.

Each block carries a sequence number and a checksum over all of it. A reader that meets a writer in the middle, or a
block that a killed writer left half written, gets nothing instead of a mixture.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_CHECK = struct.Struct("<I")
READ_ATTEMPTS = 3
"""A write takes a microsecond: who meets it three times in a row meets a dead writer."""


class Numbered(NamedTuple):
    """What a block says."""

    seq: int
    """1 for the first."""
    values: tuple[float, ...]


class NumberBlock:
    """One block of a file.

    Parameters
    ----------
    file : existing, large enough.
    offset : where the block begins, in bytes.
    count : of numbers.
    """

    def __init__(self, file: Path, offset: int, count: int) -> None:
        self._format = struct.Struct(f"<Q{count}d")
        self._offset = offset
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), 0)

    @staticmethod
    def size(count: int) -> int:
        """Bytes of a block."""
        return _CHECK.size + struct.calcsize(f"<Q{count}d")

    def write(self, seq: int, values: Sequence[float]) -> None:
        """Put numbers; ``seq`` must rise."""
        body = self._format.pack(seq, *values)
        whole = _CHECK.pack(zlib.crc32(body)) + body
        self._memory[self._offset:self._offset + len(whole)] = whole

    def read(self) -> Numbered | None:
        """The last numbers that were put; None: none yet, or none that are whole."""
        size = _CHECK.size + self._format.size
        for _ in range(READ_ATTEMPTS):
            whole = self._memory[self._offset:self._offset + size]
            body = whole[_CHECK.size:]
            if _CHECK.unpack_from(whole)[0] == zlib.crc32(body):
                seq, *values = self._format.unpack(body)
                return Numbered(seq, tuple(values)) if seq else None
        return None

    def close(self) -> None:
        """Release the memory."""
        self._memory.close()
