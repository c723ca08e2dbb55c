"""Grid frequency: the laws of the synthetic one at any step, and a file's means; expectations by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.environment.frequency_laws import mean_of_decay, ou_step, schedule_steps_hz
from simulators.profiles_table import ProfileError
from tests.component_specs import ComponentSpec
from twin.component import Nothing

STILL: dict[str, Any] = {"noise_hz": 0, "hourly_step_hz": 0, "quarter_hourly_step_hz": 0, "events_per_year": 0}


def series(params: dict[str, Any], duration_h: float, step_s: int, seed: int = 1) -> np.ndarray:
    spec = ComponentSpec("grid_frequency", params, duration_h=duration_h, step_s=step_s)
    unit = spec.build(seed=seed)
    return np.array([unit.step(k * step_s, step_s, Nothing()).frequency_hz for k in range(spec.steps)])


@given(st.floats(0.5, 5000.0), st.floats(1.0, 3600.0))
def test_two_halves_of_a_step_have_the_law_of_the_whole(dt_s: float, correlation_s: float) -> None:
    """Variances add along the process: Var and Cov of end and mean over 2h follow from two steps of h."""
    half, whole = ou_step(dt_s / 2, correlation_s), ou_step(dt_s, correlation_s)
    end_variance = (half.kept * half.end_z1) ** 2 + half.end_z1**2
    # mean of the whole = (m1 + m2)/2 with m2 = mean_kept·x1 + …: the first half's noise acts on both
    on_first = (half.mean_z1 + half.mean_kept * half.end_z1) / 2, half.mean_z2 / 2
    on_second = half.mean_z1 / 2, half.mean_z2 / 2
    mean_variance = sum(c * c for c in (*on_first, *on_second))
    covariance = half.kept * half.end_z1 * on_first[0] + half.end_z1 * on_second[0]
    assert whole.kept == pytest.approx(half.kept**2)
    assert whole.end_z1**2 == pytest.approx(end_variance)
    assert whole.mean_z1**2 + whole.mean_z2**2 == pytest.approx(mean_variance, rel=1e-6)
    assert whole.end_z1 * whole.mean_z1 == pytest.approx(covariance)


@pytest.mark.parametrize("step_s", [1, 10, 60, 900])
def test_the_spread_of_the_means_is_that_of_the_law(step_s: int) -> None:
    """Stationary mean over a step: Var = s²·2(q - 1 + e^-q)/q², here estimated over many independent steps."""
    correlation_s, sigma_hz = 120.0, 0.02
    hz = series(STILL | {"noise_hz": sigma_hz, "correlation_s": correlation_s}, 24 * 20 if step_s > 1 else 12, step_s)
    q = step_s / correlation_s
    expected_hz = sigma_hz * math.sqrt(2.0 * (q - 1.0 + math.exp(-q))) / q
    independent = len(hz) * min(step_s / (2.0 * correlation_s), 1.0)
    assert hz.std() == pytest.approx(expected_hz, rel=4.0 / math.sqrt(2.0 * independent))
    assert hz.mean() == pytest.approx(50.0, abs=4.0 * expected_hz / math.sqrt(independent))


def test_a_jump_on_the_hour_decays_by_its_law() -> None:
    """Summer day, 08:00: load rises, +30 mHz; the first second's mean is 30 mHz·τ(1 - e^(-1/τ))."""
    hz = series(STILL | {"hourly_step_hz": 0.03, "decay_s": 120.0}, 9, 1)
    at_8 = 8 * 3600
    assert hz[at_8 - 1] == pytest.approx(50.0, abs=1e-12)
    assert hz[at_8] - 50.0 == pytest.approx(0.03 * 120.0 * (1.0 - math.exp(-1.0 / 120.0)))
    assert hz[at_8 + 120] - 50.0 == pytest.approx((hz[at_8] - 50.0) / math.e)
    assert hz[3600] < 50.0, "at night the load falls"


@pytest.mark.parametrize(("fine_s", "coarse_s"), [(1, 60), (60, 900), (300, 3600)])
def test_jumps_are_exact_means_over_any_step(fine_s: int, coarse_s: int) -> None:
    jumps = STILL | {"hourly_step_hz": 0.03, "quarter_hourly_step_hz": 0.012}
    fine = series(jumps, 6, fine_s).reshape(-1, coarse_s // fine_s).mean(axis=1)
    assert series(jumps, 6, coarse_s) == pytest.approx(fine, abs=1e-9)


def test_mean_of_decay_is_the_integral() -> None:
    """∫ exp(-(t+60)/120) from 0 to 30 s over 30 s = 4·(e^-0.5 - e^-0.75); begun in the step at 10 s: 4·(1 - e^-1/6)."""
    assert mean_of_decay(-60.0, 30.0, 120.0) == pytest.approx(4.0 * (math.exp(-0.5) - math.exp(-0.75)))
    assert mean_of_decay(10.0, 30.0, 120.0) == pytest.approx(4.0 * (1.0 - math.exp(-1.0 / 6.0)))


def test_steps_of_yesterday_count_after_midnight() -> None:
    assert schedule_steps_hz(0, 1, 0.0, 0.012, 900.0) < 0.0


def test_events_come_at_their_rate_and_within_their_sizes() -> None:
    spec = ComponentSpec(
        "grid_frequency", STILL | {"events_per_year": 8766.0, "event_hz": 0.2}, duration_h=24 * 30, step_s=60)
    unit = spec.build()
    for k in range(spec.steps):
        unit.step(k * 60, 60, Nothing())
    sizes_mhz = [float(event.message.split()[-2]) for event in unit.pending_events]
    # 8766 a year are one an hour: 720 expected in 30 days, standard deviation 27
    assert len(sizes_mhz) == pytest.approx(720, abs=4 * math.sqrt(720))
    assert all(100.0 <= abs(size) <= 200.0 for size in sizes_mhz)
    assert sum(size < 0 for size in sizes_mhz) / len(sizes_mhz) == pytest.approx(0.75, abs=0.07)


def test_the_defaults_spread_as_measured_in_continental_europe() -> None:
    """Weekly standard deviations of 17.4 to 27.4 mHz are published for 2011 to 2014 (netzfrequenz.info)."""
    assert 0.0174 <= series({}, 24 * 7, 10).std() <= 0.0274


def of_file(tmp_path: Path, text: str, duration_h: float = 1 / 60, **params: Any) -> np.ndarray:
    file = tmp_path / "frequency.csv"
    file.write_text("time,frequency_hz\n" + text)
    return series({"file": str(file), **params}, duration_h, 10)


def test_a_file_gives_means_over_the_steps(tmp_path: Path) -> None:
    """49.98 for 5 s and 50.02 for 5 s is 50.00 over 10 s; empty cells count as the value before."""
    hz = of_file(tmp_path, "2025-07-15 00:00:00,49.98\n2025-07-15 00:00:05,50.02\n2025-07-15 00:00:10,50.04\n"
                           "2025-07-15 00:00:20,\n2025-07-15 00:00:50,49.9\n")
    assert hz == pytest.approx([50.0, 50.04, 50.04, 50.04, 50.04, 49.9])


@pytest.mark.parametrize(("text", "said"), [
    ("2025-07-15 00:00:00,50\n2025-07-15 00:00:10,50.01\n", "a value may count for max_gap_s = 20"),
    ("2025-07-15 00:00:30,50\n2025-07-15 00:00:40,50\n2025-07-15 00:00:50,50\n", "no value at or for too long after"),
    ("2025-07-14 00:00:00,50\n2025-07-14 00:00:10,50\n", "no value at or for too long after"),
    ("".join(f"2025-07-15 00:00:{s:02d},0.02\n" for s in range(0, 60, 10)), "frequency.csv:2: frequency_hz is 0.02"),
])
def test_an_unusable_file_is_refused_with_place_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ProfileError, match=said):
        of_file(tmp_path, text, max_gap_s=20)
