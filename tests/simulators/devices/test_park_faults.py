"""The shipped day of faults: each entry changes power, mode or reading as its comment says."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from simulators.devices.battery_pcs import PcsMode
from simulators.devices.unit_controls import UnitMode
from twin.cosim.run import new_run
from twin.scenario.loader import load_scenario
from twin.store.reader import read_run
from twin.store.run_data import RunData

START_H = 6
STEP_S = 300
"""Coarser than the scenario, to be quick."""
AUXILIARIES_MW = 0.1
"""Most that a container takes while its converter gives nothing."""


class Day:
    """A run, read by local time."""

    def __init__(self, run: RunData) -> None:
        self._run = run

    def between(self, start: str, end: str, key: str) -> np.ndarray:
        """Values of the steps that begin in [start, end)."""
        return np.asarray(self._run.values[key])[self._index(start):self._index(end)]

    def _index(self, clock: str) -> int:
        hours, minutes = map(int, clock.split(":"))
        return int(timedelta(hours=hours - START_H, minutes=minutes).total_seconds()) // STEP_S


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    where = tmp_path_factory.mktemp("faults") / "run"
    new_run(load_scenario("zero_carbon_park_faults", [
        f"time.start=2025-07-15T0{START_H}:00:00+08:00", "time.duration_h=15", f"time.step_s={STEP_S}"]), where)
    return Day(read_run(where))


def test_the_battery_trips_while_it_discharges_and_stays_off_until_the_second_reset(day: Day) -> None:
    assert (day.between("06:30", "06:40", "bess.p_mw") > 1.0).all()
    assert (np.abs(day.between("06:40", "07:40", "bess.p_mw")) < AUXILIARIES_MW).all()
    assert (day.between("06:40", "07:40", "bess.device_mode_code") == PcsMode.FAULT).all()
    assert (day.between("06:40", "06:55", "bess.p_requested_mw") > 1.0).all(), "it is asked all the while"
    assert day.between("07:40", "07:45", "bess.device_mode_code") in (PcsMode.STANDBY, PcsMode.RUN)


def test_the_transformer_keeps_its_position_until_its_drive_is_free(day: Day) -> None:
    while_stuck = day.between("06:30", "08:30", "electricity.tap_position")[:, 0]
    assert np.unique(while_stuck).size == 1
    assert day.between("08:45", "08:50", "electricity.tap_position")[0, 0] == while_stuck[0] - 1.0


def test_a_slow_start_takes_more_than_twenty_minutes_instead_of_ten(day: Day) -> None:
    """Asked at 7:30 in this run: 20 min at a third of the pace until 7:50, then the remaining 3 min 20 s."""
    modes = day.between("07:10", "08:00", "chp_1.device_mode_code")
    assert np.count_nonzero(modes == UnitMode.STARTING) == 4
    assert modes[-1] == UnitMode.RUN


def test_the_stuck_unit_keeps_its_load_whatever_is_asked(day: Day) -> None:
    given_mw = day.between("08:00", "10:00", "chp_1.p_mw")
    assert np.ptp(given_mw) < 1e-9
    assert given_mw[0] > 1.2
    assert np.abs(day.between("08:00", "10:00", "chp_1.p_requested_mw") - given_mw).max() > 0.5


def test_the_battery_charges_while_its_charge_seems_to_stand_still(day: Day) -> None:
    assert np.ptp(day.between("12:15", "13:45", "bess.measured_soc")) == 0.0
    assert np.ptp(day.between("12:15", "13:45", "bess.soc")) > 0.05


def test_the_chillers_trip_and_cold_is_missing(day: Day) -> None:
    assert (day.between("14:00", "14:20", "cooling.device_mode_code") == UnitMode.FAULT).all()
    assert day.between("13:55", "14:00", "cooling.unserved_mw").sum() == 0.0
    assert day.between("14:00", "14:20", "cooling.unserved_mw").sum() > 0.0


def test_without_communication_the_battery_rests_against_what_is_asked_and_nobody_reads_it(day: Day) -> None:
    assert (np.abs(day.between("16:05", "16:45", "bess.p_mw")) < AUXILIARIES_MW).all()
    assert (np.abs(day.between("16:00", "16:10", "bess.p_requested_mw")) > 0.2).all()
    assert np.isnan(day.between("16:00", "16:45", "bess.measured_soc")).all()


def test_derated_to_two_fifths_the_unit_gives_no_more(day: Day) -> None:
    assert day.between("18:15", "19:15", "chp_1.p_mw") == pytest.approx(0.4 * 4.0)
    assert (day.between("18:15", "19:15", "chp_1.p_requested_mw") > 2.0).all()


def test_the_diesel_set_trips_at_standstill_until_it_is_reset(day: Day) -> None:
    assert (day.between("18:30", "18:50", "diesel_1.device_mode_code") == UnitMode.FAULT).all()
    assert (day.between("18:50", "19:00", "diesel_1.device_mode_code") == UnitMode.OFF).all()
    assert (day.between("18:00", "20:00", "diesel_1.p_mw") == 0.0).all()


def test_the_unit_trips_under_load(day: Day) -> None:
    assert (day.between("19:50", "20:00", "chp_1.p_mw") > 1.2).all()
    assert (day.between("20:00", "20:45", "chp_1.p_mw") == 0.0).all()
    assert (day.between("20:00", "20:30", "chp_1.p_requested_mw") > 1.2).all()
