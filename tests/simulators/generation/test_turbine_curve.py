"""From a turbine's curve to the curve it has in a farm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from windpowerlib.power_curves import smooth_power_curve

from simulators.generation.turbine_curve import (
    SMOOTHING_RANGE_M_S,
    between,
    library_curve,
    scaled,
    smoothed,
    smoothing_block,
)
from twin.errors import ComponentError

STEEP = np.array([0.0, 3.0, 3.5, 8.0, 12.0, 20.0]), np.array([0.0, 0.0, 30.0, 960.0, 2500.0, 2500.0])


def test_curve_of_the_library() -> None:
    # GE 2.5-120: 25 kW at 3 m/s, 1674 kW at 8 m/s, 2530 kW at rated wind
    (speeds, powers), nominal = library_curve("GE120/2500", 110.0)
    assert nominal == 2500.0
    assert np.interp([3.0, 8.0, 15.0], speeds, powers).tolist() == [25.0, 1674.0, 2530.0]


def test_unknown_turbine_gets_a_suggestion() -> None:
    with pytest.raises(ComponentError, match=r"'GE120-2500' has no power curve .*did you mean GE120/2500"):
        library_curve("GE120-2500", 110.0)


def test_turbine_without_power_curve_is_refused() -> None:
    with pytest.raises(ComponentError, match="has no power curve"):
        library_curve("GE130/9999", 110.0)


def test_rotor_must_not_touch_the_ground() -> None:
    with pytest.raises(ComponentError, match=r"hub_height_m = 50 m is less than half the rotor diameter"):
        library_curve("GE120/2500", 50.0)


def test_scaling_keeps_the_shape_and_the_rating() -> None:
    _, powers = scaled((np.array([3.0, 8.0, 15.0]), np.array([25.0, 1674.0, 2530.0])), 2500.0, 5000.0)
    assert powers.tolist() == [50.0, 3348.0, 5000.0]


def test_power_begins_right_above_cut_in_and_holds_to_cut_out() -> None:
    speeds, powers = between(STEEP, 2.8, 25.0)
    assert (speeds[0], powers[0], speeds[-1], powers[-1]) == (2.8, 0.0, 25.0, 2500.0)
    # a line from (2.8, 0) to (3.5, 30): 6/7 kW at 2.82 m/s
    assert np.interp(2.82, speeds, powers) == pytest.approx(30 * 0.02 / 0.7)


def test_cut_in_above_that_of_the_curve_cuts_it() -> None:
    speeds, powers = between(STEEP, 5.0, 25.0)
    assert (speeds[0], powers[0]) == (5.0, pytest.approx(30 + 930 * 1.5 / 4.5))


def test_curve_without_power_in_range_is_refused() -> None:
    with pytest.raises(ComponentError, match="no power between cut-in 21 and cut-out 25"):
        between(STEEP, 21.0, 25.0)


@pytest.mark.parametrize("spread", [0.05, 0.1, 0.15])
def test_smoothing_equals_windpowerlib(spread: float) -> None:
    speeds, powers = between(STEEP, 2.8, 25.0)
    grid = np.arange(0.0, 25.25, 0.5)
    expected = smooth_power_curve(
        pd.Series(grid), pd.Series(np.interp(grid, speeds, powers, left=0, right=0)),
        block_width=smoothing_block(spread, 2.8), wind_speed_range=SMOOTHING_RANGE_M_S,
        standard_deviation_method="turbulence_intensity", turbulence_intensity=spread)
    smooth = smoothed((speeds, powers), spread)
    np.testing.assert_array_equal(smooth[0], expected["wind_speed"])
    np.testing.assert_allclose(smooth[1], expected["value"], rtol=1e-10, atol=1e-9)


def test_smoothing_leaves_a_straight_line_straight() -> None:
    # the mean of a line over symmetric scatter is the line itself
    line = np.array([1.0, 25.0]), np.array([100.0, 2500.0])
    speeds, powers = smoothed(line, 0.1)
    middle = (speeds >= 5.0) & (speeds <= 15.0)
    np.testing.assert_allclose(powers[middle], 100.0 * speeds[middle], rtol=1e-3)
