"""The LFP battery at its ports: powers and losses at the bus, events, instruments, nameplate, parameters."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from simulators.storage.battery.lfp_battery import Inputs, LfpBattery, Outputs
from simulators.storage.battery.lfp_params import Params
from tests.simulators.storage.battery.test_bms import EXACT
from twin.component import Limit
from twin.context import Context, Location

PARK: dict[str, Any] = {"power_mw": 10, "energy_mwh": 40, "ageing": {"laws": []}}
"""Without ageing (test_lfp_ageing.py), so that losses and contents are those of the electrical equations alone."""
CONTROLS_MW, STANDBY_MW = 40 * 0.0007, 10 * 0.0015


def battery(step_s: int = 60, **changes: Any) -> LfpBattery:
    start = datetime(2025, 7, 15, tzinfo=timezone(timedelta(hours=8)))
    location = Location(31.2, 121.5, 4.0, "Asia/Shanghai", "CN")
    return LfpBattery("bess", Params.model_validate(PARK | changes), Context(start, 86_400, step_s, 1, location))


def command(component: LfpBattery, p_set_mw: float, t_s: int = 0, air_degc: float = 25.0) -> Outputs:
    return component.step(t_s, component.step_s, Inputs(p_set_mw, air_degc))


def test_at_rest_it_draws_standby_and_controls() -> None:
    y = command(battery(), 0.0)

    assert (y.converter_mw, y.p_requested_mw, y.current_a) == (0.0, 0.0, 0.0)
    assert y.p_mw == pytest.approx(-(STANDBY_MW + CONTROLS_MW))
    assert y.loss_mw == pytest.approx(STANDBY_MW + CONTROLS_MW)
    assert y.soc == 0.5


def test_bus_sees_the_converter_less_the_auxiliaries() -> None:
    y = command(battery(), 8.0)

    assert (y.converter_mw, y.limited_by_code) == (8.0, Limit.NONE)
    assert y.p_mw == pytest.approx(8.0 - CONTROLS_MW)
    assert y.standby_loss_mw == 0.0
    assert y.loss_mw == pytest.approx(y.converter_loss_mw + y.ohmic_loss_mw + y.hysteresis_loss_mw + CONTROLS_MW)


def test_in_heat_the_thermal_management_is_drawn_at_the_bus() -> None:
    # cells at the upper edge in 38 °C: 600 W/K · 10 K come in, a COP of 3 takes them out
    y = command(battery(initial_degc=28.0), 0.0, air_degc=38.0)

    assert y.thermal_management_mw == pytest.approx(600 * 10 / 3 / 1e6)
    assert y.auxiliary_mw == pytest.approx(CONTROLS_MW + 0.002)
    assert y.p_mw == pytest.approx(-(STANDBY_MW + CONTROLS_MW + 0.002))
    assert y.temperature_degc == pytest.approx(28.0)


def test_dc_link_carries_the_power_of_the_cells() -> None:
    y = command(battery(step_s=1), 10.0)

    # 416 cells in series; AC power and converter loss over the DC voltage
    assert y.voltage_v == pytest.approx(1350, abs=15)
    assert y.voltage_v * y.current_a / 1e6 == pytest.approx(10.0 + y.converter_loss_mw, rel=1e-3)


def test_dc_link_is_not_pulled_below_what_the_converter_needs() -> None:
    # 1300 V are 3.125 V per cell, and at 9 % charge the open-circuit voltage is 3.19 V
    y = command(battery(initial_soc=0.09, converter={"min_dc_v": 1300}), 10.0)

    assert (y.limited_by_code, y.voltage_v) == (Limit.VOLTAGE, pytest.approx(1300.0))
    assert 0.0 < y.converter_mw < 10.0


def test_reactive_power_follows_the_converter_in_both_directions() -> None:
    component = battery(power_factor=0.8)

    assert [command(component, p).q_mvar for p in (8.0, -8.0, 0.0)] == pytest.approx([6.0, 6.0, 0.0])


def test_a_day_with_one_cycle_at_a_quarter_of_the_1_h_rate_gives_85_to_90_percent_back() -> None:
    component = battery(initial_soc=0.05)
    day_mw = [-10.0] * 300 + [0.0] * 420 + [10.0] * 300 + [0.0] * 420
    for k, p in enumerate(day_mw):
        command(component, p, k * 60)

    second = [command(component, p, 86_400 + k * 60) for k, p in enumerate(day_mw)]

    given = sum(max(y.p_mw, 0.0) for y in second)
    taken = sum(max(-y.p_mw, 0.0) for y in second)
    assert 0.85 < given / taken < 0.90
    assert second[-1].energy_mwh == pytest.approx(second[0].energy_mwh, abs=0.2)


def test_wear_is_booked_on_discharge_only() -> None:
    component = battery(step_s=900, wear_cost_per_mwh=200)

    assert command(component, 10.0).wear_cost == pytest.approx(2.5 * 200)
    assert command(component, -10.0).wear_cost == 0.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_setpoint_that_is_no_number_is_refused_and_told_once_per_streak(bad: float) -> None:
    component = battery()

    outputs = [command(component, p, k * 60) for k, p in enumerate([bad, bad, 1.0, bad])]

    assert [y.converter_mw for y in outputs] == [0.0, 0.0, 1.0, 0.0]
    assert [(e.t_s, e.kind) for e in component.pending_events] == [(0, "invalid_setpoint"), (180, "invalid_setpoint")]


@pytest.mark.parametrize(("soc", "out_mw", "words"), [(0.0, 5.0, "only charging"), (1.0, -5.0, "only discharging")])
def test_start_outside_the_band_is_told_once_and_only_the_way_back_is_open(
    soc: float, out_mw: float, words: str
) -> None:
    component = battery(initial_soc=soc)

    assert command(component, out_mw).converter_mw == 0.0
    assert command(component, -out_mw).converter_mw == -out_mw
    assert [e.kind for e in component.pending_events] == ["soc_outside_band"]
    assert words in component.pending_events[0].message


@pytest.mark.parametrize(("degc", "words"), [(-5.0, "charging is possible above 0"), (50.0, "use is possible below")])
def test_cells_out_of_their_temperatures_are_told_once(degc: float, words: str) -> None:
    component = battery(initial_degc=degc)

    for k in range(3):
        y = command(component, -5.0, k * 60, degc)
        assert (y.converter_mw, y.limited_by_code) == (0.0, Limit.TEMPERATURE)

    assert [e.kind for e in component.pending_events] == ["temperature_outside_range"]
    assert words in component.pending_events[0].message


def test_frozen_cells_are_heated_until_they_can_be_charged() -> None:
    component = battery(step_s=900, initial_degc=-5.0)

    outputs = [command(component, -5.0, k * 900, -5.0) for k in range(96)]

    assert outputs[0].converter_mw == 0.0
    assert min(y.converter_mw for y in outputs) == -5.0
    assert outputs[0].thermal_management_mw == pytest.approx(0.2 / 0.9)


def test_readings_differ_from_the_truth_and_exact_instruments_do_not() -> None:
    real, exact = battery(bms={"initial_error_soc": 0.05}), battery(bms=EXACT)

    y = command(real, 5.0)
    assert y.measured_soc - y.soc == pytest.approx(0.05, abs=0.02)
    assert y.measured_energy_mwh - y.energy_mwh == pytest.approx(0.05 * 40, abs=0.8)

    y = command(exact, 5.0)
    assert (y.measured_soc, y.measured_p_mw, y.measured_temperature_degc) == (y.soc, y.p_mw, y.temperature_degc)
    assert y.measured_energy_mwh == pytest.approx(y.energy_mwh, rel=1e-14)


def test_measured_energy_counts_with_the_estimated_capacity_not_the_true_one() -> None:
    y = battery(bms=EXACT | {"capacity_error_frac": 0.03}).step(0, 900, Inputs(0.0, 25.0))

    assert y.measured_soc == y.soc
    assert y.measured_energy_mwh == pytest.approx(1.03 * y.energy_mwh)


def test_health_is_stated_and_felt() -> None:
    new, worn = battery(), battery(initial_capacity_frac=0.8, initial_resistance_factor=1.5)

    before, after = command(new, 5.0), command(worn, 5.0)

    assert (after.soh_capacity_frac, after.soh_resistance_factor) == (0.8, 1.5)
    assert after.energy_mwh == pytest.approx(0.8 * before.energy_mwh, rel=2e-3)
    assert after.ohmic_loss_mw == pytest.approx(1.5 * before.ohmic_loss_mw, rel=0.03)


def test_nameplate_states_size_band_and_efficiency_at_rated_power() -> None:
    component = battery(step_s=1, min_soc=0.1, max_soc=0.9, wear_cost_per_mwh=200)
    plate = component.nameplate()

    y = command(component, 10.0)
    content_mw = 10.0 + y.converter_loss_mw + y.ohmic_loss_mw + y.hysteresis_loss_mw
    assert plate.discharge_efficiency == pytest.approx(10.0 / content_mw)
    assert plate.charge_efficiency * plate.discharge_efficiency == pytest.approx(0.92, abs=0.01)
    assert (plate.charge_power_mw, plate.discharge_power_mw, plate.energy_mwh) == (10.0, 10.0, 40.0)
    assert (plate.min_soc, plate.max_soc, plate.wear_cost_per_mwh) == (0.1, 0.9, 200)


def test_nameplate_promises_no_more_than_the_cells_give() -> None:
    # 10 MW of 10 MWh: charging at 0.5 C takes about half
    plate = battery(energy_mwh=10).nameplate()

    assert plate.charge_power_mw == pytest.approx(5.2, abs=0.2)
    assert plate.discharge_power_mw == pytest.approx(9.5, abs=0.3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"min_soc": 0.9, "max_soc": 0.1}, "0.9 is not below max_soc 0.1"),
        ({"initial_soc": 50}, "less than or equal to 1"),
        ({"power_mw": math.inf}, "finite"),
        ({"converter": {"max_dc_v": 3}}, "below the 3.6 V of one full cell"),
        ({"converter": {"max_dc_v": 800}}, "222 cells in series"),
        ({"container": {"cool_above_degc": 15}}, "heating and cooling would fight"),
        ({"derating": {"full_below_degc": 50}}, "full_below_degc 50 is not below none_above_degc 45"),
        ({"cell": {"capacity_mah": 280}}, "Extra inputs are not permitted"),
        ({"bms": {"noise_soc": -1}}, "greater than or equal to 0"),
        ({"ageing": {"laws": ["naumann"]}}, "did you mean 'naumann_lfp'?"),
        ({"ageing": {"laws": ["naumann_lfp", "naumann_lfp"]}}, "named twice"),
        ({"ageing": {"replacement_cost_per_mwh": 1e6}, "wear_cost_per_mwh": 200}, "both price the wear"),
        ({"ageing": {}, "initial_resistance_factor": 0.9}, "no law of ageing"),
        ({"ageing": {"end_of_life_frac": 1.0}}, "less than 1"),
        ({"ageing": {"additions": [{"at": "2030-01-01T00:00:00", "energy_mwh": 4}]}}, "timezone"),
    ],
)
def test_figures_that_make_no_sense_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Params.model_validate(PARK | change)

    assert words in str(caught.value)
