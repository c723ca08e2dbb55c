"""Resampling keeps the energy of every interval of the file and the closure GHI = DNI cos Z + DHI."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.environment.resampling import (
    cut,
    distribute_irradiance,
    mean_of_linear,
    mean_over_source,
    mean_over_steps,
)

EXTRA = 1367.0


def height_of_sun(t_s: np.ndarray, sunrise_s: float) -> np.ndarray:
    """A day of 12 h that begins at ``sunrise_s``."""
    return np.maximum(np.sin(2 * np.pi * (t_s - sunrise_s) / 86_400), 0.0)


grids = st.tuples(
    st.sampled_from([60, 300, 900, 1800, 3600, 10_800]),  # interval of the file
    st.integers(0, 3599),  # how much earlier than the run it starts
    st.sampled_from([7, 60, 450, 900, 3600, 7200, 5400]),  # step
    st.integers(0, 86_400),  # sunrise
    st.integers(0, 2**32 - 1),
)


@given(grids)
def test_energy_of_every_source_interval_is_kept(grid: tuple[int, int, int, int, int]) -> None:
    interval, lead, step, sunrise, seed = grid
    n_source = 12
    pieces = cut(-lead, interval, n_source, step)
    cos_zenith = height_of_sun(pieces.middle_s, sunrise)
    rng = np.random.default_rng(seed)
    ghi, dni, dhi = rng.uniform(0, 1500, (3, n_source))  # any values, also such as no sun could send
    fine = distribute_irradiance(ghi, dni, dhi, pieces, cos_zenith, np.full(len(pieces.start_s), EXTRA))
    for coarse, spread in zip((ghi, dni, dhi), fine, strict=True):
        np.testing.assert_allclose(mean_over_source(spread, pieces, n_source), coarse, rtol=1e-9)
        assert np.all(spread >= 0.0)


@given(grids)
def test_closure_of_the_means_holds_in_every_piece(grid: tuple[int, int, int, int, int]) -> None:
    interval, lead, step, sunrise, seed = grid
    n_source = 12
    pieces = cut(-lead, interval, n_source, step)
    cos_zenith = height_of_sun(pieces.middle_s, sunrise)
    rng = np.random.default_rng(seed)
    beam, haze = rng.uniform(0, 0.8, n_source), rng.uniform(0, 0.19, n_source)  # what passes the atmosphere
    true_dni = np.where(cos_zenith > 0, EXTRA * beam[pieces.source], 0.0)
    mean_dni = mean_over_source(true_dni, pieces, n_source)
    mean_dhi = mean_over_source(EXTRA * cos_zenith, pieces, n_source) * haze
    mean_ghi = mean_over_source(true_dni * cos_zenith, pieces, n_source) + mean_dhi

    ghi, dni, dhi = distribute_irradiance(mean_ghi, mean_dni, mean_dhi, pieces, cos_zenith,
                                          np.full(len(pieces.start_s), EXTRA))
    np.testing.assert_allclose(ghi, dni * cos_zenith + dhi, rtol=1e-9, atol=1e-9)


def test_irradiance_follows_the_sun_within_the_hour() -> None:
    # the sun's height rises 0.1, 0.2, 0.3, 0.4 through the quarters: GHI of 100 splits 40, 80, 120, 160
    pieces = cut(0, 3600, 1, 900)
    ghi, dni, dhi = distribute_irradiance(np.array([100.0]), np.array([300.0]), np.array([25.0]), pieces,
                                          np.array([0.1, 0.2, 0.3, 0.4]), np.full(4, EXTRA))
    np.testing.assert_allclose(ghi, [40, 80, 120, 160])
    np.testing.assert_allclose(dni, 300.0)
    np.testing.assert_allclose(dhi, [10, 20, 30, 40])


def test_beam_is_even_over_the_sunlit_part_only() -> None:
    # the sun rises half way through the hour: a mean of 300 is 600 while it is up
    pieces = cut(0, 3600, 1, 900)
    _, dni, _ = distribute_irradiance(np.array([50.0]), np.array([300.0]), np.array([20.0]), pieces,
                                      np.array([0.0, 0.0, 0.1, 0.2]), np.full(4, EXTRA))
    np.testing.assert_allclose(dni, [0, 0, 600, 600])


def test_twilight_without_sun_is_spread_evenly() -> None:
    pieces = cut(0, 3600, 1, 900)
    ghi, dni, dhi = distribute_irradiance(np.array([8.0]), np.array([0.0]), np.array([8.0]), pieces, np.zeros(4),
                                          np.full(4, EXTRA))
    np.testing.assert_allclose(ghi, 8.0)
    np.testing.assert_allclose(dhi, 8.0)
    np.testing.assert_allclose(dni, 0.0)


def test_twilight_is_not_squeezed_into_the_minute_of_sunrise() -> None:
    # the sun is up for one minute at a height of 0.001: an hour's 5 W/m² would become 300 W/m² in it
    pieces = cut(0, 3600, 1, 60)
    height = np.append(np.zeros(59), 0.001)
    ghi, _, _ = distribute_irradiance(np.array([5.0]), np.array([0.0]), np.array([5.0]), pieces, height,
                                      np.full(60, EXTRA))
    np.testing.assert_allclose(ghi, 5.0)


def test_steps_that_straddle_intervals_take_their_share_of_each() -> None:
    # two hours of 10 and 40; steps of 45 min starting 15 min into the first: 10, 40, and the last 15 min of 40
    pieces = cut(-900, 3600, 2, 2700)
    values = np.array([10.0, 40.0])[pieces.source]
    np.testing.assert_allclose(mean_over_steps(values, pieces, 2), [10.0, 40.0])
    pieces = cut(-1800, 3600, 2, 2700)
    values = np.array([10.0, 40.0])[pieces.source]
    # first step: 30 min of 10 and 15 min of 40
    np.testing.assert_allclose(mean_over_steps(values, pieces, 2), [20.0, 40.0])


def test_line_through_points_by_hand() -> None:
    points, values = np.array([0.0, 3600.0, 7200.0]), np.array([0.0, 4.0, 0.0])
    np.testing.assert_allclose(mean_of_linear(points, values, 1800, 4), [1.0, 3.0, 3.0, 1.0])
    np.testing.assert_allclose(mean_of_linear(points, values, 7200, 1), [2.0])
    # the step from 0:45 to 1:30 turns at 1:00: 15 min at 3.5, 30 min at 3
    np.testing.assert_allclose(mean_of_linear(points, values, 2700, 2)[1], (3.5 * 900 + 3.0 * 1800) / 2700)


@given(st.integers(1, 4000), st.lists(st.floats(-50, 50), min_size=2, max_size=8))
def test_mean_of_the_line_over_all_steps_is_its_integral(step: int, values: list[float]) -> None:
    points = np.arange(len(values)) * 600.0
    n_steps = max(int(points[-1]) // step, 1)
    end = n_steps * step
    inside = points < end
    knots = np.append(points[inside], end)
    integral = np.trapezoid(np.interp(knots, points, values), knots)
    means = mean_of_linear(points, np.array(values), step, n_steps)
    assert means.sum() * step == pytest.approx(integral, rel=1e-9, abs=1e-6)


@given(st.floats(-1e5, 1e5), st.integers(1, 7200))
def test_constant_readings_stay_constant(value: float, step: int) -> None:
    means = mean_of_linear(np.array([0.0, 3600.0, 7200.0]), np.full(3, value), step, 5)
    np.testing.assert_allclose(means, value, rtol=1e-12)
