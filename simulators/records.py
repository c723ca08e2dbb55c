"""Named tuples as NumPy records: a compiled kernel reads either by the same names, a record passes ten times faster.

Handing a nested named tuple of thirty numbers to a compiled function costs some 20 µs, a record array under 1 µs.
"""

from __future__ import annotations

import typing
from typing import Any

import numpy as np


def record_type(named_tuple: type) -> np.dtype[Any]:
    """Record type with the fields of a ``NamedTuple`` class of floats, integers and further such classes."""
    hints = typing.get_type_hints(named_tuple)
    fields = typing.cast(Any, named_tuple)._fields
    return np.dtype([(name, record_type(hints[name]) if hasattr(hints[name], "_fields") else hints[name])
                     for name in fields])


def record_array(values: Any) -> np.ndarray:
    """One record, shape (1,), with the values of a named tuple."""
    array = np.zeros(1, record_type(type(values)))
    array[0] = values
    return array
