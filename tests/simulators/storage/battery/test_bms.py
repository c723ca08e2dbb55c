"""What the instruments say, against what they measure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.storage.battery.bms import Bms, BmsParams, BmsState, Measured, initial_bms_state

EXACT: dict[str, Any] = {
    "current_offset_frac": 0, "current_gain_frac": 0, "noise_soc": 0, "recalibration_error_soc": 0,
    "capacity_error_frac": 0,
    "temperature_noise_k": 0, "temperature_delay_s": 0, "power_noise_frac": 0, "power_delay_s": 0,
}  # fmt: skip
HOUR = 1.0


class Bench:
    """Instruments of a 10 MW battery with a band of 5 to 95 %, one reading per minute."""

    def __init__(self, seed: int = 1, step_s: float = 60.0, **params: Any) -> None:
        self.params = BmsParams.model_validate(EXACT | params)
        self.bms = Bms(self.params, 0.05, 0.95, 10.0)
        self.state: BmsState = initial_bms_state(self.params, 25.0, step_s)
        self.generator = np.random.default_rng(seed)
        self.soc = 0.5

    def read(self, soc: float = 0.5, degc: float = 25.0, p_mw: float = 0.0, dt_h: float = 1 / 60) -> Measured:
        before, self.soc = self.soc, soc
        return self.bms.measure(self.state, self.generator, before, soc, degc, p_mw, dt_h)


def test_exact_instruments_tell_the_truth() -> None:
    assert Bench().read(0.62, 31.0, -4.5) == (0.62, 31.0, -4.5)


def test_offset_of_the_current_sensor_drifts_with_time_at_rest() -> None:
    # 0.1 % of the 1 h current for 24 h
    bench = Bench(current_offset_frac=1e-3)

    readings = [bench.read(dt_h=HOUR).soc for _ in range(24)]

    assert readings[-1] == pytest.approx(0.5 - 0.024)


def test_gain_of_the_current_sensor_is_wrong_by_its_part_of_the_charge_moved() -> None:
    bench = Bench(current_gain_frac=0.02)

    assert bench.read(0.9, dt_h=HOUR).soc == pytest.approx(0.9 + 0.02 * 0.4)
    assert bench.read(0.5, dt_h=HOUR).soc == pytest.approx(0.5)  # there and back


def test_estimate_is_put_right_at_the_end_of_the_band_and_drifts_again() -> None:
    bench = Bench(initial_error_soc=0.08, current_offset_frac=1e-3)

    assert bench.read(0.90, dt_h=HOUR).soc == pytest.approx(0.90 + 0.08 - 0.001)
    assert bench.read(0.95, dt_h=HOUR).soc == 0.95
    assert bench.read(0.95, dt_h=HOUR).soc == 0.95  # held by the cell voltage
    assert bench.read(0.70, dt_h=HOUR).soc == pytest.approx(0.70 - 0.001)
    assert bench.read(0.055, dt_h=HOUR).soc == 0.055


def test_recalibration_leaves_an_error_of_its_own() -> None:
    left = [Bench(seed, initial_error_soc=0.3, recalibration_error_soc=0.01).read(0.05).soc - 0.05
            for seed in range(400)]  # fmt: skip

    assert np.mean(left) == pytest.approx(0.0, abs=0.002)
    assert np.std(left) == pytest.approx(0.01, rel=0.1)


def test_where_the_estimate_is_put_right_changes_no_other_noise() -> None:
    """The second bench is recalibrated on its way, the first only at the end of the band."""
    noisy = {"temperature_noise_k": 0.3, "power_noise_frac": 0.001}
    late, early = Bench(**noisy), Bench(**noisy, recalibrate_above_soc=0.6)
    readings = [[bench.read(soc) for soc in (0.5, 0.7, 0.5, 0.8, 0.5)] for bench in (late, early)]

    assert [r[1:] for r in readings[0]] == [r[1:] for r in readings[1]]


def test_estimate_stays_between_empty_and_full() -> None:
    assert Bench(initial_error_soc=0.4).read(0.8).soc == 1.0
    assert Bench(initial_error_soc=-0.4).read(0.2).soc == 0.0


def test_temperature_and_power_come_late() -> None:
    # three minutes and one minute, read every minute; before that the battery was at rest
    bench = Bench(temperature_delay_s=180.0, power_delay_s=60.0)

    readings = [bench.read(degc=25.0 + k, p_mw=float(k)) for k in range(1, 6)]

    assert [r.temperature_degc for r in readings] == [25.0, 25.0, 25.0, 26.0, 27.0]
    assert [r.p_mw for r in readings] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_delay_below_half_a_step_is_none() -> None:
    assert Bench(power_delay_s=29.0).read(p_mw=3.0).p_mw == 3.0


def test_bias_and_gain_are_added() -> None:
    reading = Bench(temperature_bias_k=-1.5, power_gain_frac=0.02).read(degc=30.0, p_mw=-5.0)

    assert (reading.temperature_degc, reading.p_mw) == (28.5, pytest.approx(-5.1))


def test_noise_has_its_standard_deviation() -> None:
    bench = Bench(noise_soc=0.01, temperature_noise_k=0.5, power_noise_frac=0.002)
    readings = np.array([bench.read() for _ in range(4000)])

    assert readings.std(axis=0) == pytest.approx([0.01, 0.5, 0.02], rel=0.05)
    assert readings.mean(axis=0) == pytest.approx([0.5, 25.0, 0.0], abs=0.03)


@given(st.integers(0, 99), st.floats(0.06, 0.94))
def test_same_seed_gives_the_same_readings(seed: int, soc: float) -> None:
    one, two = (Bench(seed, noise_soc=0.01, power_noise_frac=0.01) for _ in range(2))

    assert [one.read(soc) for _ in range(3)] == [two.read(soc) for _ in range(3)]
