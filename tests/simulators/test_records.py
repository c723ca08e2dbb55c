"""Named tuples become records with the same names and values."""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from simulators.records import record_array, record_type


class Inner(NamedTuple):
    a: float
    count: int


class Outer(NamedTuple):
    x: float
    inner: Inner


@njit
def total(values: Outer) -> float:
    return values.x + values.inner.a * values.inner.count


@njit
def total_of_record(values: object) -> float:
    return total(values[0])


def test_a_record_has_the_fields_and_values_of_the_tuple() -> None:
    values = Outer(1.5, Inner(2.0, 3))

    record = record_array(values)

    assert record.dtype == record_type(Outer)
    assert record.item() == (1.5, (2.0, 3))


def test_a_kernel_reads_both_alike() -> None:
    values = Outer(1.5, Inner(2.0, 3))

    assert total(values) == total_of_record(record_array(values)) == 7.5
