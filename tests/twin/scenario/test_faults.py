"""When faults happen: local times, days when the clocks change, chance drawn from the seed."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest

from twin.context import Context, Location
from twin.device import Fault, FaultKind
from twin.errors import ScenarioError
from twin.scenario.faults import MOST_FAULTS, YEAR_S, FaultSpec, plan_of

H = 3600
YEAR_LONG_S = 8760 * H


def context(start: str = "2025-07-15T00:00:00+08:00", zone: str = "Asia/Shanghai", *, hours: int = 48,
            seed: int = 1) -> Context:
    return Context(datetime.fromisoformat(start), hours * H, 60, seed, Location(0.0, 0.0, 0.0, zone))


def first_s(at: str, around: Context) -> int:
    return FaultSpec.model_validate({"asset": "bess", "type": "reset", "at": at}).first_s(around)


@pytest.mark.parametrize(("at", "expected_s"), [
    ("10:15", 10.25 * H),
    ("00:00", 0),
    ("10:15:30", 10.25 * H + 30),
    ("2 10:15", 34.25 * H),
    ("2025-07-16T00:00:00+08:00", 24 * H),
    ("2025-07-15T16:00:00+00:00", 24 * H),
])
def test_a_time_is_local_and_on_the_first_day_unless_it_says_otherwise(at: str, expected_s: int) -> None:
    assert first_s(at, context()) == expected_s


def test_a_clock_time_before_the_start_is_that_of_the_next_day() -> None:
    noon = context("2025-07-15T12:00:00+08:00")
    assert first_s("10:15", noon) == 22.25 * H
    assert first_s("12:00", noon) == 0
    assert first_s("2 10:15", noon) == 22.25 * H


def test_a_start_in_another_offset_than_the_site_s_is_brought_to_its_clock() -> None:
    assert first_s("10:15", context("2025-07-14T16:00:00+00:00")) == 10.25 * H


@pytest.mark.parametrize(("start", "at", "expected_h"), [
    ("2025-03-30T00:00:00+01:00", "01:30", 1.5),
    ("2025-03-30T00:00:00+01:00", "10:00", 9.0),    # the clocks went from 2:00 to 3:00
    ("2025-03-29T12:00:00+01:00", "2 10:00", 21.0),
    ("2025-03-30T00:00:00+01:00", "02:30", 2.5),    # does not exist: as if they had not been changed, 3:30 by the clock
    ("2025-10-26T00:00:00+02:00", "10:00", 11.0),   # the clocks went from 3:00 to 2:00
    ("2025-10-26T00:00:00+02:00", "02:30", 2.5),    # exists twice: the first
    ("2025-10-25T12:00:00+02:00", "10:00", 23.0),
])
def test_days_on_which_the_clocks_change(start: str, at: str, expected_h: float) -> None:
    assert first_s(at, context(start, "Europe/Berlin")) == expected_h * H


def spec(**values: object) -> FaultSpec:
    return FaultSpec.model_validate({"asset": "bess", "type": "trip"} | values)


def test_a_plan_holds_the_device_s_own_entries_in_the_order_in_which_they_begin() -> None:
    plan = plan_of("bess", [
        spec(at="11:00", type="slow", duration_s=60),
        spec(at="10:00", duration_s=600),
        spec(at="10:30", type="derate", factor=0.4),
        spec(at="09:00", asset="chp_1"),
        spec(at="10:20", type="reset"),
    ], context())
    assert plan.faults == (
        Fault(FaultKind.TRIP, 10 * H, 10 * H + 600),
        Fault(FaultKind.DERATE, int(10.5 * H), 48 * H, 0.4),  # without a duration: to the end of the scenario
        Fault(FaultKind.SLOW, 11 * H, 11 * H + 60, 5.0),      # five times as long unless said otherwise
    )
    assert plan.resets_s == (10 * H + 1200,)


def test_a_trip_is_reset_by_a_person_only_where_that_is_said() -> None:
    assert plan_of("bess", [spec(at="10:00", duration_s=600)], context()).resets_s == ()
    assert plan_of("bess", [spec(at="10:00", duration_s=600, reset_after_s=300)], context()).resets_s == (10 * H + 900,)
    by_chance = plan_of("bess", [spec(rate_per_year=2000, duration_s=600)], context())
    assert by_chance.faults
    assert by_chance.resets_s == tuple(fault.end_s + H for fault in by_chance.faults)  # somebody is on call


@pytest.mark.parametrize(("at", "there"), [
    ("3 00:00", "2025-07-17 00:00:00"),
    ("2025-07-14T23:59:59+08:00", "2025-07-14 23:59:59"),
])
def test_a_time_outside_the_scenario_is_refused_with_the_time_it_would_be(at: str, there: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        plan_of("bess", [spec(at="10:00"), spec(at=at)], context())
    [problem] = caught.value.problems
    assert problem.path == ("faults", 1, "at")
    assert f"is {there}, but the scenario runs from 2025-07-15 00:00:00 to 2025-07-17 00:00:00" in problem.message


def test_chance_comes_from_seed_and_device_and_not_from_other_entries() -> None:
    entry = spec(rate_per_year=50, duration_s=3600)
    year = context(hours=8760)
    plan = plan_of("bess", [entry], year)
    assert plan_of("bess", [entry], year) == plan
    assert plan_of("bess", [spec(asset="chp_1", at="10:00"), spec(at="09:00"), entry], year).faults[1:] == plan.faults
    assert plan_of("bess", [entry], context(hours=8760, seed=2)) != plan
    assert plan_of("chp_1", [entry.model_copy(update={"asset": "chp_1"})], year).faults != plan.faults
    first, second = plan_of("bess", [entry], year), plan_of("bess", [entry, entry], year)
    assert set(first.faults) < set(second.faults), "a second entry has draws of its own"


def test_an_entry_by_chance_of_another_type_more_or_less_changes_no_draw() -> None:
    year = context(hours=8760)
    lost, trip = spec(type="comm_loss", rate_per_year=50, duration_s=3600), spec(rate_per_year=50, duration_s=3600)
    both = plan_of("bess", [trip, lost], year).faults
    for kind, alone in ((FaultKind.COMM_LOSS, lost), (FaultKind.TRIP, trip)):
        assert tuple(f for f in both if f.kind is kind) == plan_of("bess", [alone], year).faults
    starts_s = [{f.start_s for f in both if f.kind is kind} for kind in (FaultKind.COMM_LOSS, FaultKind.TRIP)]
    assert starts_s[0] != starts_s[1], "and each type has draws of its own"


def test_chance_has_the_rate_and_the_mean_duration_that_were_asked_for() -> None:
    counts, durations_s = [], []
    for seed in range(40):
        faults = plan_of("bess", [spec(rate_per_year=50, duration_s=3600)], context(hours=8760, seed=seed)).faults
        assert all(0 <= f.start_s < YEAR_LONG_S and f.end_s > f.start_s for f in faults)
        assert all(a.end_s <= b.start_s for a, b in pairwise(faults)), "one after the other"
        counts.append(len(faults))
        durations_s += [f.end_s - f.start_s for f in faults]
    # means over 40 years of a Poisson count of 50 (less 0.6 % of the time in which it is down), and of 2,000 durations
    assert np.mean(counts) == pytest.approx(50 * YEAR_LONG_S / YEAR_S, abs=4 * np.sqrt(50 / 40))
    assert np.mean(durations_s) == pytest.approx(3600, rel=4 / np.sqrt(2000))


def test_a_rate_that_would_fill_the_run_with_faults_is_refused() -> None:
    with pytest.raises(ScenarioError) as caught:
        plan_of("bess", [spec(rate_per_year=1e9, duration_s=1)], context(hours=8760))
    [problem] = caught.value.problems
    assert problem.path == ("faults", 0, "rate_per_year")
    assert f"makes {MOST_FAULTS} faults or more" in problem.message
