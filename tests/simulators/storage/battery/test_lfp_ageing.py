"""The LFP battery as it ages: feedback, energy of lost capacity, price, additions by date, what is told."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.storage.battery.batch import BatteryRun, run_battery
from simulators.storage.battery.converter import ac_power_mw
from simulators.storage.battery.feedback import DEPTH_LABELS
from simulators.storage.battery.lfp_battery import Inputs, LfpBattery, Outputs
from simulators.storage.battery.lfp_params import Params
from simulators.storage.battery.open_circuit import content_v
from tests.component_specs import SHANGHAI, SUMMER_DAY
from tests.simulators.storage.battery.test_bms import EXACT
from twin.context import Context

FIRST_QUARTER_HOUR = 5e-4
"""More than new cells lose of their capacity in their first 15 min."""
BAND = ["naumann_lfp", "blast_sony_lfp", "blast_prismatic_lfp"]
PRICE_PER_MWH = 1_200_000.0
FADING = ("converter_mw", "converter_loss_mw", "ohmic_loss_mw", "hysteresis_loss_mw", "fade_loss_mw")
"""What the content falls by."""
commands = st.one_of(st.floats(-12.0, 12.0), st.sampled_from([0.0, 1e308, -1e308, math.inf, -math.inf, math.nan]))


def parameters(**changes: Any) -> Params:
    return Params.model_validate({"power_mw": 10, "energy_mwh": 40, "bms": EXACT} | changes)


def battery(step_s: int = 900, **changes: Any) -> LfpBattery:
    return LfpBattery("bess", parameters(**changes), Context(SUMMER_DAY, 10**9, step_s, 1, SHANGHAI))


def play(component: LfpBattery, powers_mw: list[float], first: int = 0, air_degc: float = 25.0) -> list[Outputs]:
    dt_s = component.step_s
    return [component.step((first + k) * dt_s, dt_s, Inputs(p, air_degc)) for k, p in enumerate(powers_mw)]


def days(number: int, dt_s: float = 900.0, power_mw: float = 8.0) -> np.ndarray:
    """Five hours of charging at night, five hours of discharging in the evening."""
    quarters = [-power_mw] * 20 + [0.0] * 36 + [power_mw] * 20 + [0.0] * 20
    return np.tile(np.repeat(quarters, round(900 / dt_s)), number)


def content_mwh(run: BatteryRun, params: Params) -> np.ndarray:
    """Energy before the first and after each step."""
    capacity_mah = params.pack().cells * params.cell.capacity_ah / 1e6
    start = capacity_mah * params.initial_capacity_frac * content_v(params.initial_soc)
    return np.concatenate(([start], run.column("energy_mwh")))


def test_a_year_at_rest_is_the_closed_form() -> None:
    """Half charged at 25 °C: 1.2571e-5 · 0.60225 · √31 536 000 s = 0.042516."""
    run = run_battery(parameters(), np.zeros(365 * 96), 25.0, 900.0)

    assert 1.0 - run.column("capacity_rel")[-1] == pytest.approx(0.042516, abs=1e-6)


def test_capacity_and_resistance_are_felt_from_the_next_step_on() -> None:
    component = battery(step_s=3600)
    first = play(component, [5.0] * 3)[-1]
    before = component.state.soh_capacity_frac
    second = play(component, [-5.0], 3)[0]

    assert (first.soh_capacity_frac, first.soh_resistance_factor) == (before, pytest.approx(1.0, abs=1e-4))
    assert second.soh_capacity_frac < before < 1.0
    # an hour at the current per cell of the step, over the capacity of the step before
    cell_a = second.current_a / component._pack.strings
    assert second.soc - first.soc == pytest.approx(-cell_a / (280.0 * before), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(commands, min_size=1, max_size=40), st.floats(0.0, 1.0), st.floats(-20.0, 44.0), st.floats(-20.0, 40.0),
       st.sampled_from([1.0, 60.0, 900.0, 7200.0]), st.sampled_from([1.0, 0.75]),
       st.sampled_from([BAND, BAND[::-1], ["xu_lmo"]]))
def test_energy_closes_and_limits_hold_while_it_ages(
    powers_mw: list[float], soc: float, degc: float, outside_degc: float, dt_s: float, capacity: float, laws: list[str],
) -> None:
    params = parameters(initial_soc=soc, initial_degc=degc, initial_capacity_frac=capacity, ageing={"laws": laws})
    run = run_battery(params, np.array(powers_mw), outside_degc, dt_s)

    moved = sum(run.column(name) for name in FADING) * dt_s / 3600.0
    assert np.abs(-np.diff(content_mwh(run, params)) - moved).max() < 1e-9
    assert run.column("fade_loss_mw").min() >= 0.0
    charge = np.concatenate(([soc], run.column("soc")))
    assert min(soc, 0.05) <= charge.min() and charge.max() <= max(soc, 0.95)
    assert run.column("temperature_degc").max() <= 45.0 + 1e-9
    assert np.all(np.diff(run.column("capacity_rel"), prepend=capacity) <= 1e-15)


def test_quarter_hours_minutes_and_seconds_age_alike() -> None:
    """Ten days of a cycle a day in the heat of summer: capacity, resistance and the energy that goes with it."""
    ends = []
    for dt_s in (900.0, 60.0, 1.0):
        run = run_battery(parameters(initial_soc=0.1), days(10, dt_s), 33.0, dt_s)
        stock = run.health.stock
        faded_mwh = run.column("fade_loss_mw").sum() * dt_s / 3600.0
        ends.append([*stock[:, 0], *(stock[:2, 2] - 1.0), *stock[:, 3], faded_mwh])

    quarter_hours, minutes, seconds = ends
    assert quarter_hours == pytest.approx(seconds, rel=5e-3)
    assert minutes == pytest.approx(seconds, rel=5e-3)


def test_many_steps_at_once_are_the_single_steps() -> None:
    powers = [*days(2).tolist(), math.nan, 20.0, -20.0, 1e-3]
    component = battery()
    run = run_battery(parameters(), np.array(powers), 25.0, 900.0)

    outputs = play(component, powers)

    for name, output in (("soc", "soc"), ("energy_mwh", "energy_mwh"), ("fade_loss_mw", "fade_loss_mw"),
                         ("capacity_rel", "soh_capacity_frac"), ("resistance_rel", "soh_resistance_factor")):
        assert run.column(name).tolist() == [getattr(y, output) for y in outputs]


def test_the_first_law_is_nominal_and_the_others_are_told_beside_it() -> None:
    component = battery(ageing={"laws": BAND[::-1]})
    last = play(component, days(3).tolist())[-1]

    assert component.terminals()["law"] == tuple(BAND[::-1])
    assert last.law_soh_capacity_frac[0] == last.soh_capacity_frac
    assert len(set(last.law_soh_capacity_frac.tolist())) == 3
    # the prismatic law says nothing of resistance: the next one that does is fed back
    assert math.isnan(last.law_soh_resistance_factor[0])
    assert last.soh_resistance_factor == last.law_soh_resistance_factor[1] > 1.0
    assert last.law_soh_capacity_frac + last.law_calendar_loss_frac + last.law_cyclic_loss_frac == pytest.approx(
        np.ones(3), abs=1e-12)


def test_wear_at_the_start_is_shared_by_all_laws() -> None:
    component = battery(initial_capacity_frac=0.9, initial_resistance_factor=1.2, ageing={"initial_cyclic_frac": 0.4})
    y = play(component, [0.0])[0]

    assert y.law_soh_capacity_frac == pytest.approx(np.full(3, 0.9), abs=1e-5)
    assert y.law_calendar_loss_frac == pytest.approx(np.full(3, 0.06), abs=1e-5)
    assert y.law_cyclic_loss_frac == pytest.approx(np.full(3, 0.04), abs=1e-12)
    assert y.soh_resistance_factor == pytest.approx(1.2, abs=1e-5)


def test_without_laws_nothing_ages() -> None:
    component = battery(ageing={"laws": []}, wear_cost_per_mwh=200)
    y = play(component, [-8.0, 8.0])[-1]

    assert (y.soh_capacity_frac, y.fade_loss_mw, y.full_cycles_count) == (1.0, 0.0, 0.0)
    assert component.terminals() == {"law": (), "depth": ()}
    assert y.law_soh_capacity_frac.size == y.cycle_depth_count.size == 0
    assert y.wear_cost == pytest.approx(2.0 * 200)


# Cycles


def test_cycles_are_counted_by_depth() -> None:
    # 8 MW for 5 h moves about 0.9 of the charge from 5 %: the band ends it; each day closes one cycle of 90 %
    component = battery(initial_soc=0.05)
    last = play(component, days(4).tolist())[-1]

    assert last.full_cycles_count == pytest.approx(4 * 0.9, rel=0.03)
    # the first charge is open until it is passed again: three whole cycles and two halves, or four
    counted = dict(zip(DEPTH_LABELS, last.cycle_depth_count.tolist(), strict=True))
    assert 3.0 <= sum(counted.values()) <= 4.0
    assert counted["80-90%"] + counted["90-100%"] == sum(counted.values())


def test_classes_of_depth_are_named_by_their_edges() -> None:
    assert DEPTH_LABELS[0] == "0-10%" and DEPTH_LABELS[-1] == "90-100%" and len(DEPTH_LABELS) == 10


# Price


def test_price_used_up_grows_with_the_square_of_the_loss_and_ends_with_the_life() -> None:
    component = battery(initial_capacity_frac=0.86, ageing={"replacement_cost_per_mwh": PRICE_PER_MWH})
    outputs = play(component, days(20).tolist())
    costs = sum(y.law_ageing_cost for y in outputs)

    loss = 1.0 - outputs[-1].law_soh_capacity_frac
    assert costs == pytest.approx(40.0 * PRICE_PER_MWH * (loss**2 - 0.14**2) / 0.2**2, rel=1e-9)
    assert [y.wear_cost for y in outputs] == [y.law_ageing_cost[0] for y in outputs]


def test_a_battery_at_the_end_of_its_life_costs_nothing_more_and_is_told_once() -> None:
    component = battery(initial_capacity_frac=0.8001, ageing={"replacement_cost_per_mwh": PRICE_PER_MWH})
    outputs = play(component, days(10).tolist())

    assert sum(y.wear_cost for y in outputs) == pytest.approx(
        40.0 * PRICE_PER_MWH * (1.0 - (0.1999 / 0.2) ** 2), rel=1e-9)
    assert outputs[-1].wear_cost == 0.0
    assert outputs[-1].soh_capacity_frac < 0.8
    assert [e.kind for e in component.pending_events].count("end_of_life") == 1


def test_price_for_controllers_is_that_of_a_cycle_a_day() -> None:
    """Naumann: (a + b) √T = 0.2 with a, b the losses of a day's rest and of its cycle; b / (a + b) of 1/T."""
    a = 1.2571e-5 * 0.60225 * math.sqrt(86_400.0)
    b = 0.01 * (0.0630 * 0.25 + 0.0971) * (4.0253 * (0.9 - 0.6) ** 3 + 1.0923) * math.sqrt(0.9)
    life_days = (0.2 / (a + b)) ** 2
    plate = battery(ageing={"replacement_cost_per_mwh": PRICE_PER_MWH}).nameplate()

    by_hand = PRICE_PER_MWH * b / (a + b) / life_days / 0.9 / plate.discharge_efficiency
    assert plate.wear_cost_per_mwh == pytest.approx(by_hand, rel=1e-3)

    widths, prices = zip(*plate.ageing_segments, strict=True)
    assert sum(widths) == pytest.approx(40.0)
    assert list(prices) == sorted(prices)
    # filled from the cheapest: 36 of 40 MWh at the mean price
    filled = np.minimum(np.cumsum(widths), 36.0) - np.minimum(np.cumsum(widths) - widths, 36.0)
    assert filled @ np.array(prices) / 36.0 == pytest.approx(plate.wear_cost_per_mwh, rel=1e-9)


def test_nameplate_keeps_the_flat_price_where_the_cells_have_none() -> None:
    plate = battery(wear_cost_per_mwh=200).nameplate()

    assert (plate.wear_cost_per_mwh, plate.ageing_segments) == (200.0, ())


def test_nameplate_states_what_its_losses_are_a_curve_of() -> None:
    component = battery()
    plate = component.nameplate()
    assert plate.round_trip_range is not None
    least, most = plate.round_trip_range

    # a tenth of the rating both ways: the converter's curve, 3.5 % + 0.065 % + … of 1 MW, bounds the lowest from above
    converter = component._constants.converter
    given_mw, taken_mw = ac_power_mw(converter, 1.0), -ac_power_mw(converter, -1.0)
    assert least < given_mw / taken_mw
    assert least < plate.charge_efficiency * plate.discharge_efficiency <= most < 1.0
    assert plate.temperature_range_degc == (0.0, 45.0)
    assert plate.end_of_life_frac == 0.8


# What is told


def test_leaving_the_range_of_the_experiments_is_told_once_with_the_range() -> None:
    component = battery(initial_degc=17.0, ageing={"laws": ["naumann_lfp"]})
    play(component, [5.0, -5.0] * 40, air_degc=10.0)

    texts = [e.message for e in component.pending_events if e.kind == "ageing_extrapolated"]
    assert len(texts) == len(set(texts))
    assert sum("temperature while cycling 20 to 40 °C" in text for text in texts) == 1
    assert all(text.startswith("bess: ageing law naumann_lfp") for text in texts)


def test_within_the_ranges_nothing_is_told() -> None:
    component = battery(ageing={"laws": ["naumann_lfp"]})
    play(component, [0.0] * 96)

    assert component.pending_events == []
