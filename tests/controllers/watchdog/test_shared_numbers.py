"""Numbers in shared memory: whole or not at all."""

from __future__ import annotations

import pytest

from controllers.watchdog.shared_numbers import NumberBlock


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "memory"
    path.write_bytes(bytes(NumberBlock.size(3) + NumberBlock.size(2)))
    return path


def test_what_one_writes_the_other_reads(file):
    first, second = NumberBlock(file, 0, 3), NumberBlock(file, NumberBlock.size(3), 2)
    assert NumberBlock(file, 0, 3).read() is None, "nothing was written yet"
    first.write(1, [1.0, float("inf"), -0.5])
    second.write(5, [2.0, 3.0])
    assert NumberBlock(file, 0, 3).read() == (1, (1.0, float("inf"), -0.5))
    assert NumberBlock(file, NumberBlock.size(3), 2).read() == (5, (2.0, 3.0))


def test_a_block_of_which_any_byte_is_of_another_write_is_none(file):
    block = NumberBlock(file, 0, 3)
    block.write(1, [1.0, 2.0, 3.0])
    old = file.read_bytes()
    block.write(2, [4.0, 5.0, 6.0])
    new = file.read_bytes()
    size = NumberBlock.size(3)
    mixtures = [new[:cut] + old[cut:] for cut in range(1, size)]
    torn = [mixture for mixture in mixtures if mixture[:size] not in (old[:size], new[:size])]
    assert len(torn) > 10
    for mixture in torn:
        with file.open("r+b") as opened:
            opened.write(mixture)
        assert block.read() is None
