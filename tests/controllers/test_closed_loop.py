"""A day of the park under the illustrative Shanghai prices: the rules do trigger, and they pay."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from controllers.rule_based import OFF_REASONS
from tests.controllers.closed_loop import (
    BATTERY,
    BUY_PRICE,
    DT_H,
    PER_DAY,
    Result,
    band_of_hour,
    clear_day_mw,
    overcast_day_mw,
    park,
    shanghai_prices,
    simulate,
    tariff,
)
from twin.nameplate import ConnectionNameplate

DAYS = {"clear": clear_day_mw, "overcast": overcast_day_mw}
USABLE_MWH = (BATTERY.max_soc - BATTERY.min_soc) * BATTERY.energy_mwh
BANDS = np.array([band_of_hour(k * DT_H) for k in range(PER_DAY)])
SECOND_DAY = slice(PER_DAY, 2 * PER_DAY)
"""The operator has seen one day."""


@cache
def two_days(weather: str, operated: bool = True) -> Result:
    return simulate(park(), 2, power_mw=DAYS[weather], operated=operated)


def hours_on(result: Result, unit: str, band: str) -> float:
    return float(np.count_nonzero(result.p_mw[unit][SECOND_DAY][band == BANDS] > 0.0)) * DT_H


@pytest.mark.parametrize("weather", DAYS)
def test_energy_is_balanced(weather: str) -> None:
    result = two_days(weather)
    assert result.import_mw + sum(result.p_mw.values()) == pytest.approx(np.zeros(2 * PER_DAY), abs=1e-9)


def test_engine_runs_at_flat_and_peak_prices_and_never_in_the_valleys() -> None:
    result = two_days("overcast")
    assert hours_on(result, "chp_1", "flat") >= 2.0
    assert hours_on(result, "chp_1", "peak") >= 2.0
    for unit in ("chp_1", "chp_2"):
        for band in ("valley", "deep_valley"):
            assert hours_on(result, unit, band) == 0.0


def test_engine_starts_at_most_twice_a_day_and_runs_its_minimum_time() -> None:
    on = np.concatenate([[False], two_days("overcast").p_mw["chp_1"] > 0.0, [False]])
    starts, stops = np.flatnonzero(~on[:-1] & on[1:]), np.flatnonzero(on[:-1] & ~on[1:])
    assert len(starts) <= 4
    assert ((stops - starts) * DT_H >= 2.0).all()


@pytest.mark.parametrize(("weather", "least", "most"), [("clear", 0.7, 1.1), ("overcast", 1.0, 1.8)])
def test_battery_cycles_about_once_a_day(weather: str, least: float, most: float) -> None:
    # delivered energy over what a full cycle delivers; the noon valley allows a second cycle on dull days
    delivered = two_days(weather).discharged_mwh("bess", SECOND_DAY)
    assert least <= delivered / (USABLE_MWH * BATTERY.discharge_efficiency) <= most


@pytest.mark.parametrize("weather", DAYS)
def test_battery_charges_in_valleys_or_from_surplus_and_discharges_outside_valleys(weather: str) -> None:
    p, valley = two_days(weather).p_mw["bess"][SECOND_DAY], np.isin(BANDS, ["valley", "deep_valley"])
    assert (p[valley] <= 0.0).all()
    reasons = np.array(two_days(weather).reason["bess"][PER_DAY:])
    assert set(reasons[p < 0.0]) <= {"VALLEY_CHARGE", "SURPLUS_CHARGE"}
    assert (p[~valley] > 0.0).any()


@pytest.mark.parametrize(("weather", "least_saving"), [("clear", 0.40), ("overcast", 0.35)])
def test_operation_saves_money(weather: str, least_saving: float) -> None:
    operated, idle = (two_days(weather, on) for on in (True, False))
    lost_mwh = operated.energy_mwh["bess"][PER_DAY - 1] - operated.energy_mwh["bess"][-1]
    cost = operated.cost[SECOND_DAY].sum() + lost_mwh * BUY_PRICE["peak"]  # what it ends with less, at the worst price
    assert cost < (1.0 - least_saving) * idle.cost[SECOND_DAY].sum()


def test_state_of_charge_stays_above_the_reserve() -> None:
    result = simulate(park(), 2, power_mw=overcast_day_mw, reserve_soc=0.25)
    assert result.energy_mwh["bess"].min() >= 0.25 * BATTERY.energy_mwh - 1e-9


def test_flywheel_rests_at_half_charge() -> None:
    assert two_days("overcast").energy_mwh["fw"][SECOND_DAY] == pytest.approx(np.full(PER_DAY, 0.0075), abs=1e-6)


def test_flat_tariff_without_surplus_leaves_battery_alone() -> None:
    def flat(t_s: np.ndarray) -> dict[str, np.ndarray]:
        return shanghai_prices(t_s) | {"buy_price_per_mwh": np.full(len(t_s), 800.0)}

    def no_sun(t_s: int) -> dict[str, float]:
        return overcast_day_mw(t_s) | {"pv": 0.0, "wind": 0.0}

    result = simulate(park(tariff(flat)), 2, power_mw=no_sun, prices_at=flat)
    assert (result.p_mw["bess"] == 0.0).all()
    assert result.energy_mwh["bess"] == pytest.approx(np.full(2 * PER_DAY, 20.0))


def test_demand_charge_keeps_the_peak_where_the_site_has_it_anyway() -> None:
    free = two_days("overcast").import_mw[SECOND_DAY].max()
    charged = simulate(park(tariff(demand_charge_per_mw_month=40_000.0)), 2, power_mw=overcast_day_mw)
    anyway = two_days("overcast", False).import_mw.max()
    assert charged.import_mw[SECOND_DAY].max() <= anyway + 0.2 < free  # a quarter of an hour of drift
    assert charged.discharged_mwh("bess", SECOND_DAY) > 15.0


def test_connection_limits_hold_up_to_one_interval_of_drift() -> None:
    result = simulate(park(connection=ConnectionNameplate(3.0, 0.5)), 2, power_mw=clear_day_mw, initial_soc=0.9)
    idle = simulate(park(connection=ConnectionNameplate(3.0, 0.5)), 2, power_mw=clear_day_mw, operated=False)
    drift = float(np.abs(np.diff(idle.import_mw)).max())
    assert result.import_mw[1:].max() <= 3.0 + drift + 1e-9
    assert result.import_mw[1:].min() >= -0.5 - drift - 1e-9
    assert idle.import_mw.max() > 4.5


@pytest.mark.parametrize("weather", DAYS)
def test_every_change_of_mind_is_announced_once(weather: str) -> None:
    result, off = two_days(weather), {r.name for r in OFF_REASONS}
    expected = 0
    for name, reasons in result.reason.items():
        at_start = "UNRESTRICTED" if name in ("pv", "wind", "office", "hospital", "dc") else "NO_MEASUREMENT"
        pairs = zip([at_start, *reasons], reasons, strict=False)
        expected += sum(before != now and not {before, now} <= off for before, now in pairs)
    assert len(result.events) == expected
    assert expected > 10
