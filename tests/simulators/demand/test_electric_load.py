"""Consumers meet both their peak and their daily energy, on the site's clock and calendar."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.demand.electric_load import ElectricLoad, Inputs, Params
from tests.component_specs.demand import OFFICE
from twin.context import Context, Location

BEIJING_TIME = timezone(timedelta(hours=8))
SHANGHAI = Location(31.2, 121.5, 4.0, "Asia/Shanghai", "CN")
BERLIN = Location(52.5, 13.4, 34.0, "Europe/Berlin", "DE")
QUIET_OFFICE = OFFICE | {"noise_frac": 0.0}


def load(
    params: dict[str, Any],
    *,
    start: datetime = datetime(2025, 7, 15, tzinfo=BEIJING_TIME),
    location: Location = SHANGHAI,
    step_s: int = 900,
    seed: int = 1,
) -> ElectricLoad:
    return ElectricLoad("load", Params.model_validate(params), Context(start, 86_400, step_s, seed, location))


def day_mw(component: ElectricLoad, hours: float = 24.0) -> np.ndarray:
    """Consumption [MW], positive, of each step of the first hours."""
    dt_s = component.step_s
    steps = round(hours * 3600 / dt_s)
    return np.array([-component.step(k * dt_s, dt_s, Inputs()).p_mw for k in range(steps)])


def test_quiet_office_meets_peak_and_energy_of_a_working_day() -> None:
    p_mw = day_mw(load(QUIET_OFFICE | {"profile": [1] * 8 + [2] * 12 + [1] * 4}, step_s=60))

    assert p_mw.sum() / 60 == pytest.approx(48.0, rel=1e-12)
    assert p_mw.max() == 3.2  # between two equal hours the curve is flat at the peak


def test_data_centre_with_load_factor_one_is_flat() -> None:
    p_mw = day_mw(load({"peak_mw": 1.2, "daily_energy_mwh": 28.8, "profile": [1, 2] * 12}))

    assert p_mw == pytest.approx(np.full(96, 1.2), rel=1e-12)


def test_without_daily_energy_the_profile_stands_as_it_is() -> None:
    p_mw = day_mw(load({"peak_mw": 2.0, "profile": [1] * 12 + [4] * 12}, step_s=1800))

    # mean of twelve hours at a quarter and twelve at the peak
    assert p_mw.sum() * 0.5 == pytest.approx(24 * 2.0 * (0.25 + 1.0) / 2, rel=1e-12)


@pytest.mark.parametrize("step_s", [60, 450, 900, 3600, 7200, 86_400])
def test_energy_of_a_day_does_not_depend_on_the_step(step_s: int) -> None:
    p_mw = day_mw(load(QUIET_OFFICE, step_s=step_s))

    assert p_mw.sum() * step_s / 3600 == pytest.approx(48.0, rel=1e-12)


def test_energy_is_kept_when_the_run_starts_at_an_odd_time() -> None:
    start = datetime(2025, 7, 15, 0, 7, 30, tzinfo=BEIJING_TIME)

    p_mw = day_mw(load(QUIET_OFFICE, start=start))  # Tuesday into Wednesday: one full period of the profile

    assert p_mw.sum() / 4 == pytest.approx(48.0, rel=1e-12)


@pytest.mark.parametrize(
    ("day", "energy_mwh"),
    [
        (datetime(2025, 7, 18), 48.0),  # Friday
        (datetime(2025, 7, 19), 14.4),  # Saturday: 30 %
        (datetime(2025, 10, 1), 14.4),  # National Day, a Wednesday
        (datetime(2025, 10, 11), 48.0),  # a Saturday worked in return for the National Day week
    ],
)
def test_working_days_follow_the_chinese_calendar(day: datetime, energy_mwh: float) -> None:
    p_mw = day_mw(load(QUIET_OFFICE, start=day.replace(tzinfo=BEIJING_TIME)))

    assert p_mw.sum() / 4 == pytest.approx(energy_mwh, rel=1e-12)


def test_day_type_changes_inside_a_step_that_spans_midnight() -> None:
    friday_noon = datetime(2025, 7, 18, 12, tzinfo=BEIJING_TIME)
    flat = {"peak_mw": 1.0, "non_working_day_frac": 0.3}

    # twelve hours at 1 MW, twelve at 0.3 MW
    assert day_mw(load(flat, start=friday_noon, step_s=86_400))[0] == pytest.approx(0.65, rel=1e-12)


def test_profile_follows_the_wall_clock_across_daylight_saving() -> None:
    # Sunday 30 March 2025 in Berlin: 02:00 becomes 03:00
    start = datetime(2025, 3, 30, tzinfo=timezone(timedelta(hours=1)))
    params = {"peak_mw": 1.0, "profile": [1.0] * 12 + [2.0] + [1.0] * 11}

    p_mw = day_mw(load(params, start=start, location=BERLIN), hours=23)

    assert p_mw.sum() / 4 == pytest.approx(22 * 0.5 + 1.0, rel=1e-12)  # the hour at the peak and 22 at half of it
    assert np.argmax(p_mw) in (11 * 4 + 1, 11 * 4 + 2)  # 12:30 local is 11 h 30 min after midnight


def test_seasons_scale_whole_months() -> None:
    frac = [1.0] * 12
    frac[6] = 0.8
    p_mw = day_mw(load(QUIET_OFFICE | {"monthly_frac": frac}))

    assert p_mw.sum() / 4 == pytest.approx(0.8 * 48.0, rel=1e-12)


def test_noise_keeps_the_peak_and_the_expected_energy() -> None:
    noisy = OFFICE | {"noise_frac": 0.05, "noise_correlation_h": 0.1}
    days = [day_mw(load(noisy, seed=seed)) for seed in range(60)]

    # standard error of the mean of 60 days is below 0.05 * 48 * sqrt(0.2 / 24) / sqrt(60) = 0.03 MWh
    assert np.mean([d.sum() / 4 for d in days]) == pytest.approx(48.0, abs=0.12)
    assert max(d.max() for d in days) <= 3.2


@pytest.mark.parametrize("step_s", [60, 900])
def test_noise_statistics_do_not_depend_on_the_step(step_s: int) -> None:
    flat = {"peak_mw": 1.0, "noise_frac": 0.05, "noise_correlation_h": 0.5}
    component = load(flat, step_s=step_s)
    component.step(0, step_s, Inputs())
    noise = []
    for k in range(30_000):
        noise.append(component.state.noise_frac)
        component.step(900 * (k % 90), step_s, Inputs())

    # 30 000 one-minute samples hold about 500 independent ones: the deviation is known to 3 %
    assert np.std(noise) == pytest.approx(0.05, rel=0.12)
    correlation = np.corrcoef(noise[:-1], noise[1:])[0, 1]
    assert correlation == pytest.approx(math.exp(-step_s / 1800), abs=0.02)


def test_interruption_is_limited_to_the_interruptible_part() -> None:
    component = load({"peak_mw": 1.0, "interruptible_frac": 0.3, "power_factor": 0.8})

    def outputs(interrupt_frac: float) -> tuple[float, float, float]:
        y = component.step(0, 900, Inputs(interrupt_frac))
        return y.p_mw, y.q_mvar, y.baseline_mw

    assert outputs(0.1) == pytest.approx((-0.9, -0.9 * 0.75, -1.0))  # tan(acos 0.8) = 0.75, inductive
    assert outputs(1.0) == pytest.approx((-0.7, -0.7 * 0.75, -1.0))
    assert outputs(-1.0) == outputs(math.nan) == pytest.approx((-1.0, -0.75, -1.0))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"daily_energy_mwh": 80.0}, ["80", "76.8", "reduce the energy", "peak_mw"]),
        ({"daily_energy_mwh": 75.0, "noise_frac": 0.1}, ["64", "2.667", "noise", "reduce"]),
        ({"daily_energy_mwh": 1.0}, ["too small", "peak hours"]),
        ({"profile": None}, ["no profile is given", "76.8"]),
        ({"profile": [1] * 23 + [0]}, ["hour 23", "above 0"]),
        ({"profile": [1] * 23}, ["24"]),
        ({"monthly_frac": [1.0] * 11 + [1.5]}, ["month 12", "1.5"]),
        ({"peak_mw": -3.2}, ["greater than 0"]),
    ],
)
def test_figures_that_cannot_be_met_are_refused_with_numbers(change: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        Params.model_validate(QUIET_OFFICE | change)

    assert [w for w in words if w not in str(caught.value)] == []


def test_nameplate_tells_what_may_be_interrupted() -> None:
    nameplate = load({"peak_mw": 1.2, "interruptible_frac": 0.3, "priority": 2}).nameplate()

    assert (nameplate.peak_mw, nameplate.interruptible_frac, nameplate.priority) == (1.2, 0.3, 2)
