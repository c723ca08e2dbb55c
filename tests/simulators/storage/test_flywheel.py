"""Flywheels: full power for less than a minute, and empty after hours of rest."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from simulators.storage.flywheel import Flywheel, Inputs, Params
from twin.component import Limit
from twin.context import Context, Location


def flywheels(**changes: Any) -> Flywheel:
    start = datetime(2025, 7, 15, tzinfo=timezone(timedelta(hours=8)))
    location = Location(31.2, 121.5, 4.0, "Asia/Shanghai", "CN")
    params = Params.model_validate({"units": 4, "power_mw": 1, "energy_mwh": 0.015} | changes)
    return Flywheel("flywheels", params, Context(start, 86_400, 1, 1, location))


def test_units_add_up() -> None:
    plate = flywheels().nameplate()

    assert (plate.charge_power_mw, plate.discharge_power_mw, plate.energy_mwh) == (4, 4, 0.06)


def test_full_power_lasts_as_long_as_the_energy() -> None:
    component = flywheels(initial_soc=1.0, discharge_efficiency=1.0, self_discharge_per_h=0.0, standby_mw=0.0)

    delivered = [component.step(t, 1, Inputs(4.0)) for t in range(60)]

    # 0.06 MWh at 4 MW are 54 s
    assert [y.p_mw for y in delivered[:54]] == pytest.approx([4.0] * 54)
    assert [y.p_mw for y in delivered[54:]] == pytest.approx([0.0] * 6, abs=1e-9)
    assert delivered[55].limited_by_code == Limit.ENERGY


def test_flywheels_at_rest_lose_their_content_within_a_day() -> None:
    component = flywheels(initial_soc=1.0)

    after_an_hour = component.step(0, 3600, Inputs(0.0))
    after_a_day = component.step(3600, 86_400, Inputs(0.0))

    # dE/dt = -0.1 E - 0.004: from 0.06 to 0.06 e^-0.1 - 0.04 (1 - e^-0.1)
    assert after_an_hour.energy_mwh == pytest.approx(0.06 * 0.904837418 - 0.04 * 0.095162582, abs=1e-9)
    assert after_a_day.energy_mwh == 0.0
