"""A tariff is taken only if its periods cover every day exactly once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.market.daily_windows import QUARTERS, DayKind, clock, quarters_of
from simulators.market.partition import partition
from simulators.market.time_of_use_tariff import Period

JULY = 6


def periods(*rows: dict[str, Any]) -> list[Period]:
    return [Period.model_validate({"name": f"p{i}", "price_per_mwh": 100 * i} | row) for i, row in enumerate(rows)]


def problem(*rows: dict[str, Any]) -> str:
    with pytest.raises(ValueError, match="cover each day exactly once") as caught:
        partition(periods(*rows))
    return str(caught.value)


def test_hours_are_half_open_and_wrap_past_midnight() -> None:
    assert quarters_of("8-9") == quarters_of((8, 9)) == [32, 33, 34, 35]
    assert quarters_of("23:30-0:15") == [94, 95, 0]
    assert quarters_of("0-24") == list(range(96))


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ("8 to 11", "write it like 8-11"),
        ("8:10-11", "quarter hour"),
        ((8, 11.1), "quarter hour"),
        ("8-25", "0 to 24"),
        ("8:75-11", "59"),
        ("8-8", "empty"),
    ],
)
def test_hours_that_are_no_range_are_refused(hours: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        quarters_of(hours)


def test_source_table_overlap_is_refused_with_names_and_hours() -> None:
    text = problem(
        {"name": "valley", "hours": ["22-8"]},
        {"name": "peak", "hours": ["8-11", "18-22"]},
        {"name": "flat", "hours": ["11-18"]},
        {"name": "deep valley", "hours": ["12-15"]},
    )

    assert "'flat' and 'deep valley' both cover 12:00-15:00;" in text.replace(". Split", ";")


def test_gap_of_one_season_is_refused_with_months_and_days() -> None:
    text = problem(
        {"hours": ["0-12"]},
        {"hours": ["12-24"], "months": [1, 2, 3, 4, 5, 6, 9, 10, 11, 12]},
        {"hours": ["12-20", "21-24"], "months": [7, 8], "days": "working"},
        {"hours": ["12-24"], "months": [7, 8], "days": "non_working"},
    )

    assert "no period covers 20:00-21:00 in months 7, 8 on working days." in text


def test_period_that_names_an_hour_twice_overlaps_itself() -> None:
    assert "'day' and 'day' both cover 10:00-11:00" in problem(
        {"name": "day", "hours": ["6-11", "10-22"]}, {"hours": ["22-6"]}
    )


def test_special_days_go_before_general_ones_hour_by_hour() -> None:
    owner = partition(
        periods(
            {"hours": ["0-24"]},
            {"hours": ["8-12"], "days": "working"},
            {"hours": ["10-14"], "days": "non_working"},
            {"hours": ["10-11"], "days": "holiday"},
        )
    )

    def by_hour(kind: DayKind) -> list[int]:
        return owner[JULY, kind, ::4].tolist()[8:15]

    assert by_hour(DayKind.WORKING) == [1, 1, 1, 1, 0, 0, 0]
    assert by_hour(DayKind.WEEKEND) == [0, 0, 2, 2, 2, 2, 0]
    assert by_hour(DayKind.HOLIDAY) == [0, 0, 3, 2, 2, 2, 0]


@given(st.lists(st.integers(0, QUARTERS - 1), min_size=2, max_size=8, unique=True), st.data())
def test_partition_stops_being_one_if_any_end_moves(cuts: list[int], data: st.DataObject) -> None:
    cuts = sorted(cuts)
    ends = cuts[1:] + cuts[:1]
    rows = [{"hours": [(a / 4, b / 4)]} for a, b in zip(cuts, ends, strict=True)]
    owner = partition(periods(*rows))
    lengths = [(b - a) % QUARTERS for a, b in zip(cuts, ends, strict=True)]
    assert np.bincount(owner[0, 0], minlength=len(cuts)).tolist() == lengths

    i = data.draw(st.integers(0, len(cuts) - 1))
    longer = (ends[i] + 1) % QUARTERS
    rows[i] = {"hours": [(cuts[i] / 4, longer / 4)]} if longer != cuts[i] else {"hours": ["0-24"]}
    assert f"both cover {clock(ends[i])}-{clock(ends[i] + 1)}" in problem(*rows)
