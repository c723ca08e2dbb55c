"""States to and from JSON, bit for bit.

A state is a dataclass of floats, integers, strings, arrays, generators, lists, tuples, dictionaries and further
dataclasses. No pickle: a snapshot from another version must fail with a clear message, not run its code.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
from collections import deque
from typing import Any

import numpy as np

from twin.errors import RunStoreError

_KIND = "~"


def encode(value: Any) -> Any:
    """Turn a state into JSON-ready data (floats survive exactly: JSON writes the shortest round-trip form)."""
    if isinstance(value, enum.Enum):
        return value.value
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return encode(value.item())
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        # records are written with the names of their fields
        dtype = value.dtype.str if value.dtype.names is None else value.dtype.descr
        return {_KIND: "array", "dtype": dtype, "shape": list(value.shape), "data": data}
    if isinstance(value, np.random.Generator):
        return {_KIND: "generator", "state": encode(value.bit_generator.state)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {_KIND: "dataclass", **{f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}}
    if isinstance(value, complex):
        return {_KIND: "complex", "re": value.real, "im": value.imag}
    if isinstance(value, (list, tuple, deque)):
        return {_KIND: type(value).__name__, "items": [encode(v) for v in value]}
    if isinstance(value, dict):
        return {_KIND: "dict", "items": [[encode(k), encode(v)] for k, v in value.items()]}
    raise TypeError(f"a state may not hold a {type(value).__name__}")


def decode(data: Any, like: Any) -> Any:
    """Rebuild a state from :func:`encode`'s data; ``like`` is a state of the same shape (it gives the classes).

    Raises
    ------
    RunStoreError
        If the fields differ: the snapshot was written by another version.
    """
    if not isinstance(data, dict):
        return type(like)(data) if isinstance(like, enum.Enum) else data
    kind = data[_KIND]
    if kind == "array":
        kind_of = data["dtype"]
        dtype = np.dtype(kind_of if isinstance(kind_of, str) else [tuple(part) for part in kind_of])
        flat = np.frombuffer(base64.b64decode(data["data"]), dtype=dtype)
        return flat.reshape(data["shape"]).copy()
    if kind == "generator":
        generator = np.random.default_rng()
        generator.bit_generator.state = decode(data["state"], None)
        return generator
    if kind == "complex":
        return complex(data["re"], data["im"])
    if kind == "dict":
        templates = like if isinstance(like, dict) else {}
        pairs = [(decode(k, None), v) for k, v in data["items"]]
        any_item = next(iter(templates.values()), None)
        return {k: decode(v, templates.get(k, any_item)) for k, v in pairs}
    if kind in ("list", "tuple", "deque"):
        likes = list(like) if isinstance(like, (list, tuple, deque)) else []
        items = [decode(v, likes[min(i, len(likes) - 1)] if likes else None) for i, v in enumerate(data["items"])]
        return {"list": list, "tuple": tuple, "deque": deque}[kind](items)
    if not dataclasses.is_dataclass(like) or isinstance(like, type):
        raise RunStoreError("the snapshot holds a record where this version expects none; it is of another version")
    names = {f.name for f in dataclasses.fields(like)}
    if names != data.keys() - {_KIND}:
        differing = ", ".join(sorted(names ^ (data.keys() - {_KIND})))
        raise RunStoreError(f"the snapshot does not fit {type(like).__qualname__}: fields differ ({differing}); "
                            "it was written by another version, start the run anew")
    fields = {name: decode(data[name], getattr(like, name)) for name in names}
    return dataclasses.replace(like, **fields)
