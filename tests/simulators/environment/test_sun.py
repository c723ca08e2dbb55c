"""Position of the sun."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.environment.sun import Observer, sun_at

EQUATOR_AT_EQUINOX = Observer(0.0, 0.0, 0.0, np.datetime64("2025-03-20T00:00:00"))


def test_overhead_at_noon_on_the_equator_at_equinox() -> None:
    sun = sun_at(EQUATOR_AT_EQUINOX, np.array([12 * 3600 + 7.5 * 60]))  # equation of time: 7.5 min
    assert sun.zenith_deg[0] < 0.3


def test_rises_in_the_east_and_is_down_at_midnight() -> None:
    sun = sun_at(EQUATOR_AT_EQUINOX, np.array([0.0, 7 * 3600.0]))
    assert sun.cos_zenith[0] == 0.0
    assert sun.cos_zenith[1] > 0.0
    assert sun.azimuth_deg[1] == pytest.approx(90.0, abs=1.0)


def test_extraterrestrial_irradiance_is_largest_in_january() -> None:
    # the orbit's eccentricity of 0.0167 gives 1366.1 (1 ± 2 × 0.0167) W/m²
    january, july = (sun_at(Observer(0, 0, 0, np.datetime64(day)), np.array([0.0])).dni_extra_w_m2[0]
                     for day in ("2025-01-04", "2025-07-04"))
    assert january == pytest.approx(1366.1 * 1.0334, rel=3e-3)
    assert july == pytest.approx(1366.1 * 0.9666, rel=3e-3)
