"""Bands reach as far as the proof: whatever storages do within them, exchange and charges keep their limits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.gate.repairs import BATTERY, FLYWHEEL, PLATES, schedule
from tests.twin.gate.replays import QUARTER_S, limit, limits, replay
from twin.gate.limits.history import History
from twin.gate.limits.quantities import judged
from twin.gate.limits.room import correction_room
from twin.gate.limits.series import Before
from twin.gate.setpoints import BAND_FRAC, bands_of, planned_storages

CLOSE = 2e-6
"""MW that are spared for rounding."""
IMPORT = limit("grid.exchange_mw", name="import", high=2.0, low=-1.0)
CHARGE = limit("bess.soc", name="charge", low=0.2, high=1.0)
USUAL_MW = BAND_FRAC * BATTERY.discharge_power_mw


def bands(exchange, *each, charge=None, plates=PLATES, plan=None, before=None, until_steps: int = 4, **setpoints):
    """(down, up) of each storage, around a plan of four quarters."""
    plan = schedule(**(setpoints or {"bess__p_set_mw": [0.0] * 4}))
    courses = exchange if isinstance(exchange[0], list) else [exchange]
    passed = [replay(grid__exchange_mw=one, bess__soc=charge or [0.5] * 4) for one in courses]
    room = correction_room(limits(*each), passed, before or Before.nothing(), plan.horizon, until_steps * QUARTER_S,
                           planned_storages(plates))
    return {key.removesuffix(".p_set_mw"): (plan.setpoints[key] - band.low, band.high - plan.setpoints[key])
            for key, band in bands_of(plates, plan, room).items()}


def test_without_limits_a_storage_has_the_usual_room_and_one_for_balancing_its_whole_power() -> None:
    found = bands([0.0] * 4, bess__p_set_mw=[0.0] * 4, wheel__p_set_mw=[0.0] * 4)
    assert found["bess"][0] == pytest.approx([USUAL_MW] * 4) and found["bess"][1] == pytest.approx([USUAL_MW] * 4)
    assert found["wheel"][0] == pytest.approx([FLYWHEEL.charge_power_mw] * 4)


def test_charging_is_cut_where_the_import_has_no_room_and_giving_where_the_export_has_none() -> None:
    down, up = bands([1.95, 2.0, 0.0, -0.96], IMPORT)["bess"]
    assert down == pytest.approx([0.05, 0.0, USUAL_MW, USUAL_MW], abs=CLOSE)
    assert up == pytest.approx([USUAL_MW, USUAL_MW, USUAL_MW, 0.04], abs=CLOSE)


def test_what_is_within_the_tolerance_already_leaves_no_room() -> None:
    assert bands([2.03] * 4, limit("grid.exchange_mw", high=2.0, tolerance=0.05))["bess"][0].max() == 0.0


def test_the_least_margin_of_all_replays_that_passed_counts() -> None:
    down, _ = bands([[1.0] * 4, [1.98, 1.0, 1.0, 1.0]], IMPORT)["bess"]
    assert down == pytest.approx([0.02, USUAL_MW, USUAL_MW, USUAL_MW], abs=CLOSE)


def test_storages_share_the_margin_in_proportion_to_what_they_would_have() -> None:
    found = bands([1.0] * 4, IMPORT, bess__p_set_mw=[0.0] * 4, wheel__p_set_mw=[0.0] * 4)
    asked = USUAL_MW + FLYWHEEL.charge_power_mw                  # 2.1 MW, where 1 MW may be imported more
    assert found["bess"][0] == pytest.approx([USUAL_MW / asked] * 4, abs=CLOSE)
    assert found["bess"][0] + found["wheel"][0] == pytest.approx([1.0] * 4, abs=CLOSE)


def test_of_a_ramp_each_of_two_steps_has_a_half_and_the_first_against_what_was_lived_all() -> None:
    """0.3 MW a quarter: 0.2 MW of it are used from 0.8 to 1.0, none after that."""
    ramp = limit("grid.exchange_mw", name="ramp", of="rise_per_h", window_h=0.25, high=1.2)
    before = Before({}, {}, History(QUARTER_S, {"ramp: rise_per_h of grid.exchange_mw": np.array([0.8])}))
    wide = {**PLATES, "bess": dataclasses.replace(BATTERY, charge_power_mw=20.0, discharge_power_mw=20.0,
                                                  energy_mwh=40.0)}
    down, up = bands([1.0] * 4, ramp, plates=wide, before=before)["bess"]
    assert down == pytest.approx([0.1, 0.15, 0.15, 0.15], abs=CLOSE)     # the exchange may rise
    assert up == pytest.approx([0.15, 0.15, 0.15, 1.0], abs=CLOSE)       # it may fall as the next step allows


def test_a_charge_near_its_limit_is_shared_by_the_steps_of_the_release() -> None:
    """0.01 of 4 MWh at an efficiency of 0.8 are 0.032 MWh: for an hour 0.032 MW."""
    _, up = bands([0.0] * 4, CHARGE, charge=[0.21] * 4)["bess"]
    assert up == pytest.approx([0.032] * 4, abs=CLOSE)
    down, up = bands([0.0] * 4, CHARGE, charge=[0.5, 0.5, 0.5, 1.0])["bess"]
    assert down.max() == 0.0 and up == pytest.approx([USUAL_MW] * 4)


def test_what_would_be_missing_later_is_cut_only_where_the_exchange_has_no_room_for_it() -> None:
    """Empty in the last quarter: 0.04 MW for it are 0.01 MWh, which the two quarters before it may give."""
    empty_later = {"charge": [0.5, 0.5, 0.5, 0.2], "until_steps": 2}
    _, up = bands([0.0, 0.0, 0.0, 1.96], IMPORT, CHARGE, **empty_later)["bess"]
    assert up == pytest.approx([0.02, 0.02, 0.0, 0.0], abs=CLOSE)
    _, up = bands([0.0] * 4, IMPORT, CHARGE, **empty_later)["bess"]
    assert up == pytest.approx([USUAL_MW, USUAL_MW, 0.0, 0.0])


def test_of_a_budget_the_steps_of_the_release_have_what_is_left() -> None:
    """1 MWh in an hour, 0.87 lived, 0.05 in each quarter to come: 0.08 are left after the first, 0.03 after two."""
    energy = limit("grid.exchange_mw", name="bought", of="energy", window_h=1.0, high=1.0)
    before = Before({}, {}, History(QUARTER_S, {"bought: energy of grid.exchange_mw": np.array([0.0, 0.0, 0.0, 3.48])}))
    down, _ = bands([0.2] * 4, energy, before=before, until_steps=1)["bess"]
    assert down == pytest.approx([USUAL_MW, 0.0, 0.0, 0.0])
    down, _ = bands([0.2] * 4, energy, before=before, until_steps=2)["bess"]
    assert down == pytest.approx([0.06, 0.06, 0.0, 0.0], abs=CLOSE)


@given(st.lists(st.floats(-1.0, 2.0), min_size=4, max_size=4), st.lists(st.floats(-1.0, 1.0), min_size=8, max_size=8),
       st.floats(0.5, 20.0))
def test_whatever_storages_do_within_their_bands_limits_on_the_exchange_hold(exchange, where, most) -> None:
    """If the proof kept a ramp and two bounds, so does every course that the bands allow."""
    ramp = limit("grid.exchange_mw", name="ramp", of="change_per_h", window_h=0.5, high=most)
    if judged(ramp.row, np.array(exchange)[:, None], QUARTER_S, Before.nothing().of_limit(ramp, QUARTER_S)
              ).high[2:].max() > most:
        return
    found = bands(exchange, IMPORT, ramp, bess__p_set_mw=[0.0] * 4, wheel__p_set_mw=[0.0] * 4)
    given_mw = sum(np.where(np.array(part) < 0.0, np.array(part) * down, np.array(part) * up)
                   for part, (down, up) in zip((where[:4], where[4:]), found.values(), strict=True))
    corrected = np.array(exchange) - given_mw
    assert corrected.min() >= -1.0 and corrected.max() <= 2.0
    assert np.abs(corrected[2:] - corrected[:-2]).max() / 0.5 <= most
