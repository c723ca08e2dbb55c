"""The battery system over a step: energy to the last digit, limits under any commands, reasons, step sizes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.records import record_array
from simulators.storage.battery.lfp_params import Params
from simulators.storage.battery.open_circuit import content_v, voltage_v
from simulators.storage.battery.step import StepResult, SystemConstants, energy_mwh, run_into, step_into
from twin.component import Limit

PARK = Params(power_mw=10, energy_mwh=40).constants()
FAST = Params(power_mw=10, energy_mwh=10, cell={"max_charge_per_h": 1.0}).constants()
CELLS = PARK.cells
EXCHANGED = ("converter_mw", "converter_loss_mw", "ohmic_loss_mw", "hysteresis_loss_mw")
"""What the content falls by; standby and thermal management are drawn elsewhere."""

commands = st.one_of(
    st.floats(-1e3, 1e3), st.floats(-12.0, 12.0), st.floats(-0.1, 0.1),
    st.sampled_from([0.0, 1e-7, -1e-7, 1e308, -1e308, math.inf, -math.inf, math.nan]),
)  # fmt: skip
steps_s = st.sampled_from([1.0, 5.0, 60.0, 61.0, 300.0, 900.0])


def step(
    request_mw: float,
    soc: float = 0.5,
    temperature_degc: float = 25.0,
    outside_degc: float = 25.0,
    dt_s: float = 60.0,
    wear: tuple[float, float] = (1.0, 1.0),
    system: SystemConstants = PARK,
) -> StepResult:
    out = np.zeros(len(StepResult._fields))
    step_into(record_array(system), soc, temperature_degc, *wear, request_mw, outside_degc, dt_s, out)
    return StepResult._make(out.tolist())


def run(
    requests_mw: list[float] | np.ndarray, soc: float, temperature_degc: float, outside_degc: float, dt_s: float,
    system: SystemConstants = PARK, wear: tuple[float, float] = (1.0, 1.0),
) -> np.ndarray:  # fmt: skip
    """Results of many steps, one row each."""
    out = np.zeros((len(requests_mw), len(StepResult._fields)))
    outside = np.full(len(requests_mw), outside_degc)
    run_into(
        record_array(system), soc, temperature_degc, *wear, np.asarray(requests_mw, dtype=float), outside, dt_s, out
    )
    return out


def column(results: np.ndarray, name: str) -> np.ndarray:
    return results[:, StepResult._fields.index(name)]


def test_losses_at_rated_power_by_hand() -> None:
    # DC side: 10 MW and the curve at full load, 10 · (0.0035 + 0.0065 + 0.014) = 0.24 MW
    done = step(10.0, dt_s=1.0)
    assert done.converter_loss_mw == pytest.approx(0.24)

    # per cell: (U - 20 mV) I - 0.5 mΩ I² = P; what a second of discharge takes off U is nothing
    power_w, volt = 10.24e6 / CELLS, voltage_v(0.5) - 0.02
    current = (volt - math.sqrt(volt**2 - 4 * 0.5e-3 * power_w)) / (2 * 0.5e-3)
    assert done.current_a == pytest.approx(current, rel=1e-6)
    assert done.ohmic_loss_mw == pytest.approx(CELLS * 0.5e-3 * current**2 / 1e6, rel=1e-6)
    assert done.hysteresis_loss_mw == pytest.approx(CELLS * 0.02 * current / 1e6, rel=1e-6)
    assert done.voltage_v == pytest.approx(voltage_v(done.soc) - 0.02 - 0.5e-3 * current, rel=1e-6)
    assert 0.5 - done.soc == pytest.approx(current / 3600 / 280, rel=1e-6)


def test_cells_warm_by_their_losses_less_the_heat_of_entropy() -> None:
    # 1.1e-4 V/K at half charge: discharging cools by I · T · dU/dT
    done = step(10.0, dt_s=1.0)
    entropy_w = CELLS * done.current_a * 298.15 * 1.1e-4

    heat_w = (done.ohmic_loss_mw + done.hysteresis_loss_mw) * 1e6 - entropy_w
    assert done.temperature_degc - 25.0 == pytest.approx(heat_w / (CELLS * 5.4 * 1000.0), rel=1e-4)


def test_off_draws_standby_and_moves_nothing() -> None:
    done = step(0.0)

    assert (done.converter_mw, done.current_a, done.soc) == (0.0, 0.0, 0.5)
    assert done.standby_mw == pytest.approx(10 * (0.0005 + 0.001))
    assert done.voltage_v == voltage_v(0.5)


@settings(max_examples=60)
@given(
    st.lists(commands, min_size=1, max_size=12), st.floats(0.0, 1.0), st.floats(-25.0, 45.0), st.floats(-25.0, 45.0),
    steps_s, st.sampled_from([PARK, FAST]), st.tuples(st.floats(0.6, 1.0), st.floats(1.0, 3.0)),
)  # fmt: skip
def test_energy_is_conserved_and_no_limit_is_passed_whatever_is_asked(
    requests_mw: list[float], soc: float, temperature_degc: float, outside_degc: float, dt_s: float,
    system: SystemConstants, wear: tuple[float, float],
) -> None:  # fmt: skip
    results = run(requests_mw, soc, temperature_degc, outside_degc, dt_s, system, wear)

    content = np.concatenate(([energy_mwh(system, soc, wear[0])], column(results, "energy_mwh")))
    exchanged = sum(column(results, name) for name in EXCHANGED) * dt_s / 3600.0
    assert np.abs(content[:-1] - content[1:] - exchanged).max() < 1e-9

    charge = np.concatenate(([soc], column(results, "soc")))
    assert charge.min() >= min(soc, 0.05)
    assert charge.max() <= max(soc, 0.95)
    assert column(results, "temperature_degc").max() <= 45.0 + 1e-9
    in_use = column(results, "current_a") != 0.0
    voltage = column(results, "voltage_v")
    if 0.05 <= soc <= 0.95:
        assert np.all((voltage[in_use] >= 2.5 - 1e-9) & (voltage[in_use] <= 3.6 + 1e-9))

    asked = np.array([p if math.isfinite(p) else 0.0 for p in requests_mw])
    given_mw = column(results, "converter_mw")
    assert np.all(np.abs(given_mw) <= np.minimum(np.abs(asked), 10.0))
    assert np.all(given_mw * np.sign(asked) >= 0.0)
    unlimited = (column(results, "limited_by_code") == Limit.NONE) & (np.abs(asked) > 1e-6)
    assert np.all(given_mw[unlimited] == asked[unlimited])
    assert min(column(results, name).min() for name in EXCHANGED[1:]) >= 0.0


@given(st.floats(-10.0, 10.0), st.floats(-15.0, 44.0), steps_s)
def test_heat_and_losses_agree_with_the_change_of_temperature(power_mw: float, degc: float, dt_s: float) -> None:
    # a container without walls and without thermal management, cells without entropy: 5.4 kJ/K per cell
    plain = PARK.thermal._replace(loss_w_k=0.0, cooling_w=0.0, heating_w=0.0)
    results = run([power_mw], 0.35, degc, degc, dt_s, PARK._replace(thermal=plain))

    lost_j = float((column(results, "ohmic_loss_mw") + column(results, "hysteresis_loss_mw"))[0]) * 1e6 * dt_s
    # near 35 % the entropy changes sign: what it gives and takes over 3 % of charge is bounded by 1e-4 V/K
    entropy_j = abs(float(column(results, "current_a")[0])) * CELLS * (degc + 275.0) * 1e-4 * dt_s
    warmed_j = (float(column(results, "temperature_degc")[0]) - degc) * CELLS * 5400.0
    assert abs(warmed_j - lost_j) <= entropy_j + 1e-6 * lost_j + 1.0


REASONS = [
    # request, charge, temperature, system → reason
    (12.0, 0.5, 25.0, PARK, Limit.POWER),
    (-12.0, 0.5, 25.0, PARK, Limit.POWER),
    (10.0, 0.5, 25.0, FAST, Limit.CURRENT),
    (-10.0, 0.5, 5.0, PARK, Limit.NONE),  # half of the rate is left, and that is twice the rating
    (-10.0, 0.5, 1.0, PARK, Limit.TEMPERATURE),
    (5.0, 0.5, 44.9, PARK, Limit.TEMPERATURE),
    (-8.0, 0.5, 5.0, FAST, Limit.TEMPERATURE),
    (10.0, 0.0501, 25.0, PARK, Limit.ENERGY),
    (-10.0, 0.9499, 25.0, PARK, Limit.ENERGY),
    (15.0, 0.0501, 25.0, PARK, Limit.POWER),  # both bind, the first is told
]


@pytest.mark.parametrize(("request_mw", "soc", "degc", "system", "reason"), REASONS)
def test_reason_is_the_first_limit_that_binds(
    request_mw: float, soc: float, degc: float, system: SystemConstants, reason: Limit
) -> None:
    done = step(request_mw, soc, degc, outside_degc=degc, system=system)

    assert Limit(int(done.limited_by_code)) is reason
    assert (abs(done.converter_mw) < abs(request_mw)) is (reason is not Limit.NONE)


def test_rate_of_the_cells_is_kept() -> None:
    # 1 C of 280 Ah, at half charge
    assert step(10.0, system=FAST).current_a == pytest.approx(280.0)


def test_cold_cells_take_part_of_the_rate() -> None:
    # at 1 °C a tenth of 0.5 C
    assert step(-10.0, temperature_degc=1.0).current_a == pytest.approx(-14.0)


def test_voltage_window_limits_a_worn_cold_cell() -> None:
    # at -8 °C with three times the resistance, 5 MW would take the cells to about 2.4 V
    narrow = FAST._replace(cell=FAST.cell._replace(min_v=2.9))

    done = step(5.0, 0.12, -8.0, -8.0, wear=(1.0, 3.0), system=narrow)

    assert (done.limited_by_code, done.voltage_v) == (Limit.VOLTAGE, pytest.approx(2.9))
    assert 0.0 < done.converter_mw < 5.0


def test_last_of_the_band_is_used_to_the_edge() -> None:
    results = run([10.0] * 10, 0.08, 25.0, 25.0, 60.0)

    assert column(results, "soc")[-1] == 0.05
    assert column(results, "converter_mw")[-1] == 0.0
    assert column(results, "limited_by_code")[-1] == Limit.ENERGY
    assert column(results, "standby_mw")[-1] > 0.0


def test_edge_of_the_band_is_not_passed_by_a_rounding_error() -> None:
    whole = PARK._replace(limits=PARK.limits._replace(min_soc=0.0, max_soc=1.0))

    for rest in np.linspace(1e-4, 4e-3, 300):
        assert step(10.0, float(rest), system=whole).soc >= 0.0
        assert step(-10.0, 1.0 - float(rest), system=whole).soc <= 1.0


@pytest.mark.parametrize(("soc", "sign"), [(0.02, 1.0), (0.99, -1.0)])
def test_charge_outside_the_band_only_moves_towards_it(soc: float, sign: float) -> None:
    refused, accepted = step(sign * 5.0, soc), step(-sign * 5.0, soc)

    assert (refused.converter_mw, refused.soc, refused.limited_by_code) == (0.0, soc, Limit.ENERGY)
    assert (accepted.converter_mw, accepted.limited_by_code) == (-sign * 5.0, Limit.NONE)


def test_charging_less_than_the_no_load_loss_discharges() -> None:
    done = step(-0.01)

    assert done.converter_mw == -0.01
    assert done.current_a > 0.0


def test_what_would_not_even_feed_the_converter_is_not_delivered() -> None:
    # charging with 10 kW needs 25 kW from a battery that may give none
    done = step(-0.01, soc=0.05)

    assert (done.converter_mw, done.soc, done.limited_by_code) == (0.0, 0.05, Limit.ENERGY)


@pytest.mark.parametrize("request_mw", [5.0, -0.01])
def test_a_rest_below_the_no_load_loss_stays_in_the_battery(request_mw: float) -> None:
    # 1e-6 of 40 MWh in a minute is 2 kW, the converter alone takes 35 kW
    done = step(request_mw, soc=0.050001)

    assert (done.converter_mw, done.soc, done.limited_by_code) == (0.0, 0.050001, Limit.ENERGY)
    assert done.converter_loss_mw == 0.0


def test_heat_alone_never_passes_the_upper_temperature() -> None:
    # cells of a hundredth of their mass, no cooling, a ramp so steep that derating comes too late
    light = FAST.thermal._replace(heat_capacity_j_k=FAST.thermal.heat_capacity_j_k / 100, cooling_w=0.0)
    limits = FAST.limits._replace(full_below_degc=44.999)

    results = run([10.0, -10.0] * 60, 0.5, 40.0, 40.0, 60.0, FAST._replace(thermal=light, limits=limits))

    assert column(results, "temperature_degc").max() == pytest.approx(45.0, abs=1e-6)
    assert column(results, "temperature_degc").max() <= 45.0 + 1e-9


def test_heat_that_is_taken_away_at_once_does_not_count() -> None:
    # as above, at the upper temperature all but reached, with a chiller for ten times the heat
    strong = FAST.thermal._replace(heat_capacity_j_k=FAST.thermal.heat_capacity_j_k / 100, cooling_w=5e6)
    limits = FAST.limits._replace(full_below_degc=44.999)

    done = step(8.0, temperature_degc=44.99, system=FAST._replace(thermal=strong, limits=limits))

    assert (done.converter_mw, done.limited_by_code) == (8.0, Limit.NONE)
    assert done.temperature_degc == pytest.approx(28.0)


def day(dt_s: float) -> np.ndarray:
    """Charging at 8 MW, ripple, rest and discharging at 9 MW on a hot day, in steps of any length up to 900 s."""
    quarter = [-8.0] * 14 + [0.0] * 6 + [2.0, -2.0] * 6 + [0.0] * 4 + [9.0] * 12 + [0.0] * 8
    return np.repeat(quarter, round(900 / dt_s))


def test_quarter_hours_minutes_and_seconds_agree() -> None:
    losses: dict[str, list[float]] = {}
    ends = []
    for dt_s in (900.0, 60.0, 1.0):
        results = run(day(dt_s), 0.1, 25.0, 33.0, dt_s)
        assert column(results, "limited_by_code").max() == Limit.NONE
        ends.append((column(results, "soc")[-1], column(results, "temperature_degc")[-1]))
        for name in (*EXCHANGED[1:], "thermal_management_mw", "standby_mw"):
            losses.setdefault(name, []).append(column(results, name).sum() * dt_s / 3600.0)

    for quarter_hours, minutes, seconds in losses.values():
        assert quarter_hours == pytest.approx(seconds, rel=2e-3)
        assert minutes == pytest.approx(seconds, rel=2e-3)
    assert ends[0] == pytest.approx(ends[2], rel=1e-3)
    assert ends[0] == pytest.approx(ends[1], rel=1e-9)


def test_many_steps_at_once_are_the_single_steps() -> None:
    requests = [5.0, -20.0, 0.0, math.nan, -1e-3, 9.0]
    many = run(requests, 0.3, 20.0, 5.0, 300.0)

    soc, degc = 0.3, 20.0
    for k, request_mw in enumerate(requests):
        one = step(request_mw, soc, degc, 5.0, 300.0)
        soc, degc = one.soc, one.temperature_degc
        assert many[k].tolist() == list(one)


def test_worn_cells_hold_less_and_lose_more() -> None:
    new, worn = step(-10.0), step(-10.0, wear=(0.8, 1.5))

    assert energy_mwh(PARK, 0.5, 0.8) == pytest.approx(0.8 * energy_mwh(PARK, 0.5, 1.0))
    assert worn.soc - 0.5 == pytest.approx((new.soc - 0.5) / 0.8, rel=0.02)
    assert worn.ohmic_loss_mw == pytest.approx(1.5 * new.ohmic_loss_mw, rel=0.03)


def test_content_is_the_nominal_energy_when_full() -> None:
    assert energy_mwh(PARK, 1.0, 1.0) == pytest.approx(40.0, rel=1e-14)
    assert energy_mwh(PARK, 0.5, 1.0) == pytest.approx(40.0 * content_v(0.5) / content_v(1.0), rel=1e-14)
