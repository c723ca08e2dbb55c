"""Weather: the shipped typical year at several steps, the same year as EPW, and a measured CSV."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

from tests.component_specs import ComponentSpec
from tests.simulators.environment.files import TMY3_FILE, hours, tmy3_year, write_csv, write_epw
from twin.component import Component

_FOLDER = tempfile.TemporaryDirectory(prefix="parktwin_weather_")  # removed when the process ends
FOLDER = Path(_FOLDER.name)
TWILIGHT_W_M2 = 20.0
"""What the shipped year has while the sun is below the horizon."""


def physical(component: Component, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """Limits that no weather exceeds."""
    assert outputs.dhi_w_m2 >= 0.0
    assert 0.0 <= outputs.dni_w_m2 <= outputs.dni_extra_w_m2
    possible = outputs.dni_extra_w_m2 * max(math.cos(math.radians(outputs.solar_zenith_deg)), 0.0)
    assert 0.0 <= outputs.ghi_w_m2 <= possible + TWILIGHT_W_M2
    assert outputs.wet_bulb_degc <= outputs.air_temperature_degc
    assert 0.0 <= outputs.relative_humidity_percent <= 100.0
    assert 0.0 <= outputs.solar_zenith_deg <= 180.0
    assert 0.0 <= outputs.solar_azimuth_deg <= 360.0


SPECS = [
    ComponentSpec("tmy3", {"file": TMY3_FILE}, check_limits=physical),
    ComponentSpec("tmy3", {"file": TMY3_FILE, "mean_wind_speed_m_s": 5.0}, duration_h=6, step_s=60, label="minutes",
                  check_limits=physical),
    ComponentSpec("epw", {"file": write_epw(FOLDER / "year.epw", tmy3_year())}, check_limits=physical),
    ComponentSpec("weather_csv", {"file": write_csv(FOLDER / "day.csv", hours("2025-07-14T15:00", 27))},
                  check_limits=physical),
]
