"""What a storage tells of itself, summed by hand; and how its life goes on beyond the run."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.twin.accounts.builders import battery, closed_run, load
from tests.twin.accounts.worn_battery import LAWS, worn_battery
from twin.accounts import settle
from twin.accounts.extrapolation import growth_of, steps_until
from twin.accounts.storage_health import YEAR_S, StorageHealth, end_of_life

DAYS = 3653
DAY_S = 86_400
CYCLE = [-5.0, -5.0, 0.0, 4.0, 4.0, 0.0]


def health(part: object = None, n: int = 6, **options: int) -> StorageHealth:
    run = closed_run(load([-5.0] * n), part or worn_battery(CYCLE), **options)
    return settle(run).storages[0]


def test_losses_by_cause_by_hand() -> None:
    """Four hours in use at 0.1 MW; 2 · 0.25 + 2 · 0.16 in the cells; six hours of 50 kW and of 1 kW."""
    told = health()

    assert told.losses_mwh == pytest.approx({"converter": 0.4, "ohmic": 0.82, "fade": 0.006, "auxiliary": 0.3})
    assert told.loss_mwh == pytest.approx(1.526)
    assert (told.delivered_mwh, told.taken_mwh, told.throughput_mwh) == (8.0, 10.0, 18.0)
    # 2 - 1.526 MWh are still inside, of which 95 % would come out
    assert told.round_trip_frac == pytest.approx((8.0 + 0.95 * 0.474) / 10.0)
    assert told.conversion_frac == pytest.approx((8.0 + 0.95 * 0.474) / (8.0 + 0.474 + 0.4 + 0.82))


def test_what_is_missing_in_the_end_was_taken_before() -> None:
    """Of a lossless store that gave 8 and took 5 MWh, 3 MWh had come in at 95 %."""
    quiet = {cause: np.zeros(6) for cause in ("converter_loss_mw", "ohmic_loss_mw", "auxiliary_mw", "fade_loss_mw")}
    power = np.array([-5.0, 0.0, 0.0, 4.0, 4.0, 0.0])
    told = health(worn_battery(power, **quiet, loss_mw=np.zeros(6), energy_mwh=20.0 - np.cumsum(power)))

    assert told.round_trip_frac == pytest.approx(8.0 / (8.0 + 3.0 * (1.0 / 0.95 - 1.0)))


def test_no_round_trip_of_what_only_goes_one_way() -> None:
    told = health(worn_battery([-5.0, -5.0, 0.0, 0.0, 0.0, 1.0]))

    assert math.isnan(told.round_trip_frac) and math.isnan(told.conversion_frac)


def test_standby_is_no_conversion() -> None:
    standby = np.array([0.0, 0.0, 0.2, 0.0, 0.0, 0.2])
    plain = worn_battery(CYCLE)
    loss = plain[4]["loss_mw"] + standby
    told = health(worn_battery(CYCLE, standby_loss_mw=standby, loss_mw=loss,
                               energy_mwh=20.0 - np.cumsum(np.array(CYCLE) + loss)))

    assert told.losses_mwh["standby"] == pytest.approx(0.4)
    assert told.conversion_frac == pytest.approx((8.0 + 0.95 * 0.074) / (8.0 + 0.074 + 0.4 + 0.82))


def test_cost_is_shared_by_what_was_delivered_until_the_end_of_life() -> None:
    """The harsh law is at 80 % after the fourth hour: of 8 MWh it has served 4."""
    harsh = np.array([0.0, 0.0, 0.1, 0.25, 0.25, 0.25])
    told = health(worn_battery(CYCLE, mild=np.linspace(0.0, 0.05, 6), harsh=harsh))

    assert [law.served_mwh for law in told.laws] == pytest.approx([8.0, 4.0])
    assert told.cost_per_mwh() == pytest.approx((50.0 / 8, 50.0 / 8, 250.0 / 4))


def test_missing_readings_are_counted_and_leave_the_others() -> None:
    measured = worn_battery(CYCLE)[4]["measured_soc"].copy()
    measured[2] = np.nan
    told = health(worn_battery(CYCLE, measured_soc=measured))

    assert told.soc_error == pytest.approx((0.01, 0.01))
    assert told.missing_readings_frac == pytest.approx(1 / 6)


def test_states_and_counts_at_the_end() -> None:
    told = health()

    assert told.temperature_degc == pytest.approx((20.0, 21.0, 22.0))
    assert told.temperature_range_degc == (0.0, 45.0)
    assert told.closed_cycles == pytest.approx({"0-50%": 2.5, "50-100%": 0.5})
    assert told.full_cycles_count == pytest.approx(18.0 / 80.0)
    assert told.soc_error == pytest.approx((0.01, 0.01))


def test_laws_with_their_band_and_price() -> None:
    n = 6
    told = health(worn_battery(CYCLE, mild=np.linspace(0.0, 0.05, n), harsh=np.linspace(0.0, 0.08, n)))
    mild, harsh = told.laws

    assert (mild.law, harsh.law) == LAWS
    assert (mild.capacity_frac, mild.calendar_frac, mild.cyclic_frac) == pytest.approx((0.95, 0.0375, 0.0125))
    assert mild.resistance_factor == pytest.approx(1.05) and math.isnan(harsh.resistance_factor)
    assert told.band("capacity_frac") == pytest.approx((0.92, 0.95, 0.95))
    assert told.cost_per_mwh() == pytest.approx((50.0 / 8, 50.0 / 8, 80.0 / 8))


def test_the_most_worn_storage_is_among_the_key_figures() -> None:
    kpi = settle(closed_run(load([-5.0] * 6), worn_battery(CYCLE, harsh=np.full(6, 0.1)))).kpi

    assert [kpi[f"storage_health{which}_frac"] for which in ("_low", "", "_high")] == pytest.approx([0.9, 1.0, 1.0])


def test_a_storage_that_states_nothing_of_the_kind_is_not_told() -> None:
    run = closed_run(load([-5.0] * 6), battery(CYCLE, start_mwh=20.0))

    assert settle(run).storages == ()
    assert "storage_health_frac" not in settle(run).kpi


def test_a_life_that_ended_in_the_run_is_read_off() -> None:
    capacity = 1.0 - 0.3 * np.sqrt(np.arange(1, DAYS + 1) / DAYS)

    years, extrapolated = end_of_life(capacity, [], DAY_S, 0.8)
    # 0.2 of 0.3 after 4/9 of the time
    assert (years, extrapolated) == (pytest.approx(DAYS * 4 / 9 * DAY_S / YEAR_S, abs=2 / 365), False)


@pytest.mark.parametrize("worn", [0.0, 0.05])
def test_parts_go_on_along_their_own_powers(worn: float) -> None:
    """0.04 √a of time, begun at ``worn``, and 0.004 a ^ 0.8 by cycles; solved for 0.2 apart from the code."""
    t = np.arange(1, DAYS + 1) * DAY_S / YEAR_S
    before = (worn / 0.04) ** 2
    calendar, cyclic = 0.04 * np.sqrt(t + before), 0.004 * t**0.8
    ahead = np.linspace(0.0, 60.0, 600_001)
    by_hand = ahead[np.argmax(0.04 * np.sqrt(ahead + before) + 0.004 * ahead**0.8 >= 0.2)]

    years, extrapolated = end_of_life(1.0 - calendar - cyclic, [calendar, cyclic], DAY_S, 0.8)
    assert extrapolated
    assert years == pytest.approx(by_hand, rel=2e-3)


def test_what_cannot_be_said_is_not_said() -> None:
    short = np.linspace(0.001, 0.01, 300)
    assert math.isnan(end_of_life(1.0 - short, [short], DAY_S, 0.8)[0])
    still = np.full(800, 0.05)
    assert math.isnan(end_of_life(1.0 - still, [still], DAY_S, 0.8)[0])
    extended = 1.0 - np.linspace(0.0, 0.1, 800) + 0.2 * (np.arange(800) > 400)
    assert math.isnan(end_of_life(extended, [np.linspace(0.0, 0.1, 800)], DAY_S, 0.8)[0])


def test_growth_passes_through_the_three_points_it_is_known_by() -> None:
    loss = 0.02 * (np.arange(101) + 30.0) ** 0.6
    growth = growth_of(loss)

    assert growth.at(0.0) == pytest.approx(loss[100])
    assert growth.at(-50.0) == pytest.approx(loss[50])
    assert growth.at(200.0) == pytest.approx(0.02 * 330.0**0.6, rel=1e-9)
    assert steps_until([growth], 0.02 * 330.0**0.6, 1000.0) == pytest.approx(200.0)
    assert steps_until([growth], 10.0, 1000.0) is None
