"""The billed demand: highest interval mean of each local month, pro rata."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from tests.twin.accounts.builders import closed_run, load, tariff
from twin.accounts import settle
from twin.accounts.demand import demand_cost, monthly_demand


def test_the_interval_mean_counts_and_not_the_minute() -> None:
    """One minute of 15 MW in a quarter hour of otherwise 0 is a demand of 1 MW."""
    power = np.zeros(60)
    power[20] = 15.0
    (month,) = monthly_demand(power, datetime.fromisoformat("2025-07-15T00:00:00+08:00"), "Asia/Shanghai", 60, 900)
    assert month.peak_mw == pytest.approx(1.0)


def test_intervals_follow_the_clock_and_not_the_start() -> None:
    """From 00:10 at 5-minute steps: 3 MW at 00:10 is the tail of one interval, 3, 3, 0 from 00:15 the next."""
    power = np.array([1.0, 3.0, 3.0, 0.0])
    (month,) = monthly_demand(power, datetime.fromisoformat("2025-07-15T00:10:00+08:00"), "Asia/Shanghai", 300, 900)
    assert month.peak_mw == pytest.approx(2.0)


def test_months_are_local_and_pro_rata() -> None:
    """Six hours around the local month change: 3 h of July (2 MW) and 3 h of August (5 MW), each of 744 h."""
    power = np.array([2.0, 2.0, 2.0, 5.0, 5.0, 5.0])
    months = monthly_demand(power, datetime.fromisoformat("2025-07-31T13:00:00+00:00"), "Asia/Shanghai", 3600, 900)
    assert [(m.month, m.peak_mw) for m in months] == [("2025-07", 2.0), ("2025-08", 5.0)]
    assert [m.covered_frac for m in months] == pytest.approx([3 / 744, 3 / 744])
    assert demand_cost(months, 40_000.0) == pytest.approx(7 * 3 / 744 * 40_000)


def test_a_month_with_daylight_saving_has_one_hour_less() -> None:
    """March 2025 in Berlin has 743 hours; an hourly run through all of it covers it wholly."""
    start = datetime.fromisoformat("2025-03-01T00:00:00+01:00")
    (month,) = monthly_demand(np.ones(743), start, "Europe/Berlin", 3600, 900)
    assert month.covered_frac == pytest.approx(1.0)


def test_a_day_is_charged_its_part_of_the_month() -> None:
    """4 MW through one day of July at 40,000 per MW and month: 4 x 40,000 / 31."""
    run = closed_run(load([-4.0] * 24), tariff(demand_charge=40_000.0, buy_price_per_mwh=[0] * 24))
    cost = {i.key: i.cost for i in settle(run).money.items}["demand_charge"]
    assert cost == pytest.approx(160_000 / 31)


def test_intervals_follow_the_local_clock_where_it_is_half_an_hour_off() -> None:
    """Kolkata (+5:30) at 60-minute metering: 3 MW from 10:00 to 11:00 local is one interval; on the UTC clock it would
    be half of two, 1.5 MW."""
    power = np.array([0.0, 0.0, 3.0, 3.0, 0.0, 0.0])
    (month,) = monthly_demand(power, datetime.fromisoformat("2025-07-15T09:00:00+05:30"), "Asia/Kolkata", 1800, 3600)
    assert month.peak_mw == pytest.approx(3.0)


def test_the_hour_repeated_in_autumn_is_two_intervals() -> None:
    """Berlin, 26 October 2025, 02:00 to 03:00 twice: 4 MW in the first and 2 MW in the second is not a mean of 3."""
    power = np.array([1.0, 4.0, 2.0, 1.0])
    (month,) = monthly_demand(power, datetime.fromisoformat("2025-10-26T01:00:00+02:00"), "Europe/Berlin", 3600, 3600)
    assert month.peak_mw == pytest.approx(4.0)
