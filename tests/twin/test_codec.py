"""States survive the way to JSON and back bit for bit."""

import json
import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.codec import decode, encode
from twin.component import Limit
from twin.errors import RunStoreError


@dataclass(slots=True)
class Inner:
    level_m: float = 0.0


@dataclass(slots=True)
class Everything:
    count: int = 0
    level_m: float = 0.0
    voltage: np.ndarray = field(default_factory=lambda: np.zeros(2, complex))
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))
    history: deque = field(default_factory=lambda: deque([1.0, 2.0]))
    pair: tuple = (1, "a")
    reason: Limit = Limit.RAMP
    parts: list = field(default_factory=lambda: [Inner(1.5), Inner(2.5)])
    by_name: dict = field(default_factory=lambda: {"a": Inner(3.5)})
    nothing: None = None


def there_and_back(state):
    return decode(json.loads(json.dumps(encode(state))), type(state)())


def test_every_kind_of_value_survives():
    state = Everything(count=3, level_m=0.1 + 0.2, voltage=np.array([1 + 2j, 0.3 - 1e-17j]))
    state.rng.standard_normal(5)
    back = there_and_back(state)
    assert back.level_m == state.level_m and back.reason is Limit.RAMP and back.pair == (1, "a")
    assert back.parts == state.parts and back.by_name == state.by_name and back.history == state.history
    assert back.voltage.tobytes() == state.voltage.tobytes()
    assert back.rng.standard_normal(10).tolist() == state.rng.standard_normal(10).tolist()


def test_records_keep_the_names_of_their_fields():
    table = np.zeros(3, np.dtype([("soc", np.float64), ("points", np.int64)]))
    table["soc"], table["points"] = [0.1, math.nan, -0.0], [1, 2, 3]
    back = decode(json.loads(json.dumps(encode(table))), None)
    assert back.dtype == table.dtype and back.tobytes() == table.tobytes()


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_floats_survive_exactly(x):
    back = there_and_back(Inner(x)).level_m
    assert back == x or (math.isnan(back) and math.isnan(x))


def test_a_state_of_another_version_is_refused_with_the_fields_that_differ():
    with pytest.raises(RunStoreError, match=r"fields differ \(level_m\)"):
        decode({"~": "dataclass"}, Inner())


def test_an_unknown_kind_of_value_is_refused_when_written():
    with pytest.raises(TypeError, match="may not hold a set"):
        encode({1, 2})
