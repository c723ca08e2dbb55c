"""Repair by projection on toy sites, against points that a short calculation finds."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.gate.repairs import NOTHING, UNIT, context, point, schedule, sensitivities, verdict
from tests.twin.gate.replays import QUARTER_S, limit
from twin.gate.limits.history import History
from twin.gate.limits.quantities import judged
from twin.gate.limits.series import Before
from twin.gate.limits.verdict import Outcome
from twin.gate.repair.commitment import UnitTimes
from twin.gate.repair.projection import Projection
from twin.gate.repair.projection_limits import TIGHTENING
from twin.gate.repair.repair import Repair, RepairContext
from twin.schedule import Schedule

CLOSE = 1e-5
"""MW; bounds that the projection computes itself are kept with a millionth of a rating to spare."""


def repaired(proposed: Schedule, given: RepairContext) -> Repair:
    found = Projection().repair(proposed, verdict(), given)
    assert found is not None
    return found


def loaded(step: int = 1, percent: float = 110.0, base: float = 2.0):
    """The line is loaded in one step: 50 % per MW of the battery."""
    return sensitivities([point(step, percent, high=100.0)], (0, "bess.p_set_mw", step, 50.0),
                         base={"bess.p_set_mw": base})


# ---- one line, one battery ------------------------------------------------------------------------------------------

def test_an_overload_comes_back_by_tightened_times_its_excess_and_nothing_else_moves() -> None:
    proposed = schedule(bess__p_set_mw=[0, 2, 0, 0])
    found = repaired(proposed, context(proposed, loaded()))
    # 10 % too much, 1.1 × 10 % / 50 % per MW = 0.22 MW less
    assert found.schedule.setpoints["bess.p_set_mw"] == pytest.approx([0, 2 - TIGHTENING * 10 / 50, 0, 0], abs=CLOSE)
    assert np.flatnonzero(found.schedule.setpoints["bess.p_set_mw"] != proposed.setpoints["bess.p_set_mw"]) == [1]


def test_the_report_adds_up() -> None:
    proposed = schedule(bess__p_set_mw=[0, 2, 0, 0])
    found = repaired(proposed, context(proposed, loaded()))
    [change] = found.changes
    assert (change.key, change.steps_count, change.first_t_s, change.largest_t_s) == ("bess.p_set_mw", 1, 900, 900)
    assert change.largest == pytest.approx(-0.22, abs=CLOSE)
    assert change.energy == pytest.approx(0.22 * 0.25, abs=CLOSE)
    assert change.net_energy == pytest.approx(-0.22 * 0.25, abs=CLOSE)
    assert found.distance == pytest.approx(0.22 / 2.0, abs=CLOSE)  # rating 2 MW
    assert found.unmet == ()
    assert found.sentences == ("bess.p_set_mw: 0.055 MWh less at 900 s, at most -0.22 MW at 900 s, because of line "
                               "(grid.line_percent)",)


def test_two_assets_share_a_change_by_the_square_of_their_ratings() -> None:
    proposed = schedule(bess__p_set_mw=[2.0], chp__p_set_mw=[3.0])
    found = sensitivities([point(0, 110.0, high=100.0)], (0, "bess.p_set_mw", 0, 50.0), (0, "chp.p_set_mw", 0, 50.0),
                          base={"bess.p_set_mw": 2.0, "chp.p_set_mw": 3.0})
    setpoints = repaired(proposed, context(proposed, found)).schedule.setpoints
    # 0.22 MW in sum, 2² : 4² = 1 : 4
    assert setpoints["bess.p_set_mw"] == pytest.approx([2 - 0.22 / 5], abs=CLOSE)
    assert setpoints["chp.p_set_mw"] == pytest.approx([3 - 0.22 * 4 / 5], abs=CLOSE)


def test_a_point_near_its_limit_is_not_made_to_violate_it() -> None:
    # less of the battery relieves the line in step 1 but lowers a voltage that is 0.005 above its limit: 0.05 per MW
    proposed = schedule(bess__p_set_mw=[0, 2], chp__p_set_mw=[4, 4])
    points = [point(1, 110.0, high=100.0), point(1, 0.935, low=0.93, name="voltage", limit_class="voltage")]
    found = sensitivities(points, (0, "bess.p_set_mw", 1, 50.0), (1, "bess.p_set_mw", 1, 0.05),
                          (0, "chp.p_set_mw", 1, 10.0), base={"bess.p_set_mw": 2.0, "chp.p_set_mw": 4.0})
    setpoints = repaired(proposed, context(proposed, found)).schedule.setpoints
    # the battery may give 0.1 MW, 5 % of loading; the unit does the remaining 6 % at 10 % per MW
    assert setpoints["bess.p_set_mw"] == pytest.approx([0, 1.9], abs=CLOSE)
    assert setpoints["chp.p_set_mw"] == pytest.approx([4, 3.4], abs=CLOSE)


def test_a_storage_of_seconds_is_left_to_balancing() -> None:
    proposed = schedule(bess__p_set_mw=[2.0], wheel__p_set_mw=[1.0])
    found = sensitivities([point(0, 110.0, high=100.0)], (0, "bess.p_set_mw", 0, 50.0), (0, "wheel.p_set_mw", 0, 50.0),
                          base={"bess.p_set_mw": 2.0, "wheel.p_set_mw": 1.0})
    repair = repaired(proposed, context(proposed, found))
    assert repair.schedule.setpoints["wheel.p_set_mw"].tolist() == [1.0]
    assert repair.schedule.setpoints["bess.p_set_mw"] == pytest.approx([2 - 0.22], abs=CLOSE)


def test_no_limit_becomes_a_limit_only_where_it_must() -> None:
    proposed = schedule(wind__p_limit_mw=[math.inf, math.inf])
    found = sensitivities([point(1, 110.0, high=100.0)], (0, "wind.p_limit_mw", 1, 50.0), base={"wind.p_limit_mw": 2.5})
    setpoints = repaired(proposed, context(proposed, found)).schedule.setpoints
    assert setpoints["wind.p_limit_mw"] == pytest.approx([math.inf, 2.28], abs=CLOSE)


def test_a_late_violation_tightens_the_steps_around_it_too() -> None:
    # at 1 K too cold in step 2, near its limit in steps 1 and 3: all three get a tenth of a kelvin to spare
    proposed = schedule(heat__EC__supply_set_degc=[80.0] * 6)
    points = [point(k, value, low=70.0, late=True, tolerance=0.1) for k, value in ((1, 70.0), (2, 69.0), (5, 70.0))]
    key = "heat.EC.supply_set_degc"
    found = sensitivities(points, (0, key, 0, 1.0), (1, key, 1, 1.0), (2, key, 4, 1.0), base={key: 80.0})
    setpoints = repaired(proposed, context(proposed, found)).schedule.setpoints[key]
    assert setpoints == pytest.approx([80.1, 81.1, 80, 80, 80, 80], abs=CLOSE)


# ---- limits of the set-points themselves ----------------------------------------------------------------------------

def test_energy_that_a_battery_must_keep_back_is_made_up_for_at_the_least_distance() -> None:
    # 2 MWh, 2 MW for 3 quarters = 1.875 MWh out of the content; it shall not fall below 0.5 MWh
    proposed = schedule(bess__p_set_mw=[2, 2, 2, 0])
    low = limit("bess.energy_mwh", name="reserve", low=0.5, limit_class="reserve")
    found = repaired(proposed, context(proposed, sensitivities([], base={}), low))
    # 0.375 MWh missing, tightened 0.4125 MWh of content = 0.33 MWh delivered = 1.32 MW, in equal parts
    assert found.schedule.setpoints["bess.p_set_mw"][:3] == pytest.approx([2 - 0.44] * 3, abs=CLOSE)
    assert found.schedule.setpoints["bess.p_set_mw"][3] == pytest.approx(0.0, abs=CLOSE)
    assert found.changes[0].reason == "reserve (bess.energy_mwh)"


def test_an_upper_content_is_kept_too() -> None:
    # charging 2 MW for 4 quarters stores 1.6 MWh; 3.5 MWh is the most: 0.1 too much, 0.11 / 0.8 = 0.1375 MWh less
    proposed = schedule(bess__p_set_mw=[-2.0] * 4)
    high = limit("bess.soc", name="full", high=3.5 / 4, limit_class="storage")
    setpoints = repaired(proposed, context(proposed, sensitivities([], base={}), high)).schedule.setpoints
    assert setpoints["bess.p_set_mw"] == pytest.approx([-2 + 0.1375] * 4, abs=CLOSE)


def test_relieving_a_line_by_the_battery_does_not_overfill_it() -> None:
    # the line wants 0.22 MW less in step 0 (charging more), but the battery is full to the brim at the end
    proposed = schedule(bess__p_set_mw=[0.0, -2.0, -2.0, -2.0])
    full_mwh = 2.0 + 3 * 2.0 * 0.25 * 0.8
    high = limit("bess.energy_mwh", name="full", high=full_mwh, limit_class="storage")
    given = context(proposed, loaded(0, base=0.0), high)
    setpoints = repaired(proposed, given).schedule.setpoints["bess.p_set_mw"]
    assert setpoints[0] == pytest.approx(-0.22, abs=CLOSE)
    assert -setpoints.sum() * 0.25 * 0.8 <= full_mwh - 2.0 + CLOSE


def test_a_ramp_and_a_content_are_kept_together() -> None:
    proposed = schedule(bess__p_set_mw=[0.0, 2.0, 2.0, 2.0])
    ramp = limit("bess.p_set_mw", setpoint=True, name="ramp", of="change_per_h", high=4.0, limit_class="ramp")
    reserve = limit("bess.energy_mwh", name="reserve", low=1.0, limit_class="reserve")
    given = context(proposed, sensitivities([], base={}), ramp, reserve)
    setpoints = repaired(proposed, given).schedule.setpoints["bess.p_set_mw"]
    assert np.abs(np.diff(setpoints)).max() <= 4.0 * 0.25 + 1e-9
    assert np.maximum(setpoints, 0.0).sum() * 0.25 / 0.8 <= 1.0 + CLOSE


def test_a_ramp_counts_from_what_was_before_the_start() -> None:
    proposed = schedule(bess__p_set_mw=[2.0, 2.0])
    ramp = limit("bess.p_set_mw", setpoint=True, name="ramp", of="rise_per_h", high=4.0, limit_class="ramp")
    given = context(proposed, sensitivities([], base={}), ramp, before=Before({"bess.p_mw": 0.0}, {}))
    assert repaired(proposed, given).schedule.setpoints["bess.p_set_mw"] == pytest.approx([1.0, 2.0], abs=CLOSE)


def test_a_ramp_over_a_window_counts_from_the_step_before_the_start_that_the_judge_sees() -> None:
    """3 MW/h over half an hour are 1.5 MW from the second but last step: at most 1.5, then 2.5, then 3 MW."""
    ramp = limit("chp.p_set_mw", name="ramp", setpoint=True, of="rise_per_h", window_h=0.5, high=3.0)
    before = Before({}, {}, History(QUARTER_S, {"ramp: rise_per_h of chp.p_set_mw": np.array([0.0, 1.0])}))
    proposed = schedule(chp__p_set_mw=[3.0, 3.0, 3.0])
    setpoints = repaired(proposed, context(proposed, NOTHING, ramp, before=before)).schedule.setpoints
    assert setpoints["chp.p_set_mw"] == pytest.approx([1.5, 2.5, 3.0], abs=CLOSE)


def test_an_energy_is_kept_with_what_was_used_of_it_before_the_start() -> None:
    """1 MWh in an hour, 0.6 of it used in the last quarter: 0.4 are left for three, then all of it for one more."""
    energy = limit("bess.p_set_mw", name="given", setpoint=True, of="energy", window_h=1.0, high=1.0)
    before = Before({}, {}, History(QUARTER_S, {"given: energy of bess.p_set_mw": np.array([0.0, 0.0, 0.0, 2.4])}))
    proposed = schedule(bess__p_set_mw=[1.0, 1.0, 1.0, 1.0])
    p_mw = repaired(proposed, context(proposed, NOTHING, energy, before=before)).schedule.setpoints["bess.p_set_mw"]
    assert p_mw == pytest.approx([1.6 / 3, 1.6 / 3, 1.6 / 3, 1.0], abs=CLOSE)
    assert judged(energy.row, p_mw[:, None], QUARTER_S, before.of_limit(energy, QUARTER_S)).high.max() <= 1.0


def test_interruption_keeps_its_budget() -> None:
    proposed = schedule(load__interrupt_frac=[0.4] * 4)
    budget = limit("load.interrupt_frac", setpoint=True, name="budget", of="energy", high=0.2,
                   limit_class="interruption")
    setpoints = repaired(proposed, context(proposed, sensitivities([], base={}), budget)).schedule.setpoints
    assert setpoints["load.interrupt_frac"] == pytest.approx([0.2] * 4, abs=CLOSE)


def test_a_rate_of_what_follows_is_kept_by_the_set_point() -> None:
    proposed = schedule(heat__EC__supply_set_degc=[80, 80, 76, 76, 68, 72.0])
    rate = limit("heat.source_supply_degc[EC]", name="front", of="change_per_h", high=10.0, limit_class="gradient")
    setpoints = repaired(proposed, context(proposed, sensitivities([], base={}), rate)).schedule.setpoints
    # falls of 2.5 K in each of the steps 1 to 4, whose mean stays 75 °C; the last rise is slow enough
    assert setpoints["heat.EC.supply_set_degc"] == pytest.approx([80, 78.75, 76.25, 73.75, 71.25, 72], abs=2e-4)


def test_a_set_point_outside_a_limit_is_mended_first_whatever_follows_it_answers() -> None:
    proposed = schedule(heat__EC__supply_set_degc=[80.0, 68.0, 80.0])
    low = limit("heat.source_supply_degc[EC]", name="supply", low=70.0, limit_class="supply_temperature")
    cold = dataclasses.replace(point(1, 69.0, low=70.0, name="supply", late=True), signal="heat.source_supply_degc[EC]")
    found = sensitivities([cold], (0, "heat.EC.supply_set_degc", 0, 0.01), base={"heat.EC.supply_set_degc": 80.0})
    repair = repaired(proposed, context(proposed, found, low))
    assert repair.schedule.setpoints["heat.EC.supply_set_degc"].tolist() == [80.0, 70.0, 80.0]
    assert repair.changes[0].reason == "supply (heat.source_supply_degc[EC])"


# ---- units ----------------------------------------------------------------------------------------------------------

def test_a_stop_that_is_too_short_is_bridged_at_minimum_power() -> None:
    # minimum down time 0.5 h = 2 steps; bridging one step at 1 MW moves less than standing through another at 4 MW
    proposed = schedule(chp__p_set_mw=[4, 4, 0, 4, 4])
    given = context(proposed, before=Before({"chp.p_mw": 4.0}, {"chp": 7200.0}))
    assert repaired(proposed, given).schedule.setpoints["chp.p_set_mw"] == pytest.approx([4, 4, UNIT.min_mw, 4, 4])


def test_a_minimum_time_has_no_slope_and_is_not_out_of_reach() -> None:
    proposed = schedule(chp__p_set_mw=[4, 4, 0, 4, 4])
    rest = limit("chp.p_set_mw", setpoint=True, name="rest", of="down_time_h", low=0.5, limit_class="commitment")
    short = dataclasses.replace(point(3, 0.25, low=0.5, name="rest", limit_class="commitment"), signal="chp.p_set_mw")
    given = context(proposed, sensitivities([short], base={}), rest, before=Before({"chp.p_mw": 4.0}, {"chp": 7200.0}))
    assert repaired(proposed, given).unmet == ()


def test_a_limit_that_minimum_power_cannot_keep_stops_the_unit() -> None:
    # 100 % too much at 50 % per MW: 2.2 MW less than 2 MW. Off it goes, for its minimum time of two steps.
    proposed = schedule(chp__p_set_mw=[2.0, 2.0, 2.0, 2.0])
    found = sensitivities([point(1, 190.0, high=100.0)], (0, "chp.p_set_mw", 1, 50.0), base={"chp.p_set_mw": 2.0})
    given = context(proposed, found, before=Before({"chp.p_mw": 2.0}, {"chp": 7200.0}))
    setpoints = repaired(proposed, given).schedule.setpoints["chp.p_set_mw"]
    assert setpoints[1] == 0.0
    off = np.flatnonzero(setpoints == 0.0)
    assert len(off) >= UnitTimes.of_hours(0.5, 0.5, True, 2.0, 0.25).min_down_steps


# ---- what cannot be -------------------------------------------------------------------------------------------------

def test_of_two_limits_that_exclude_each_other_the_voltage_wins_and_the_exchange_is_told() -> None:
    proposed = schedule(bess__p_set_mw=[1.0])
    points = [point(0, 1.10, high=1.07, name="voltage", limit_class="voltage"),
              point(0, 12.0, high=12.0, name="import", limit_class="exchange")]
    found = sensitivities(points, (0, "bess.p_set_mw", 0, 0.1), (1, "bess.p_set_mw", 0, -1.0),
                          base={"bess.p_set_mw": 1.0})
    repair = repaired(proposed, context(proposed, found))
    assert repair.schedule.setpoints["bess.p_set_mw"] == pytest.approx([1.0 - 0.33], abs=CLOSE)
    assert repair.unmet == ("import (grid.line_percent) would still be exceeded by 0.33",)


def test_what_no_set_point_reaches_is_told_and_moves_nothing() -> None:
    proposed = schedule(bess__p_set_mw=[1.0])
    given = context(proposed, sensitivities([point(0, 300.0, high=100.0)], (0, "bess.p_set_mw", 0, 0.1),
                                            base={"bess.p_set_mw": 1.0}))
    assert Projection().repair(proposed, verdict(), given) is None


def test_what_is_out_of_reach_is_told_once_beside_what_is_mended() -> None:
    proposed = schedule(bess__p_set_mw=[1.0, 2.0, 1.0])
    points = [point(0, 300.0, high=100.0, name="far"), point(2, 300.0, high=100.0, name="far"),
              point(1, 110.0, high=100.0)]
    found = sensitivities(points, (0, "bess.p_set_mw", 0, 0.1), (1, "bess.p_set_mw", 2, 0.1),
                          (2, "bess.p_set_mw", 1, 50.0), base={"bess.p_set_mw": 1.0})
    found = dataclasses.replace(found, columns=tuple(
        dataclasses.replace(c, base=float(proposed.setpoints[c.key][c.step])) for c in found.columns))
    repair = repaired(proposed, context(proposed, found))
    assert repair.schedule.setpoints["bess.p_set_mw"] == pytest.approx([1.0, 1.78, 1.0], abs=CLOSE)
    assert repair.unmet == ("no set-point reaches far (grid.line_percent), from 0 s on",)
    assert repair.sentences[-1] == "not to be met: no set-point reaches far (grid.line_percent), from 0 s on"


def test_a_sound_schedule_comes_back_as_it_is() -> None:
    proposed = schedule(bess__p_set_mw=[9.0, -9.0])  # more than its rating: none of the repairer's business
    found = Projection().repair(proposed, verdict(Outcome.ACCEPTED), context(proposed))
    assert found is not None
    assert found.schedule is proposed
    assert found.changes == ()


# ---- rounds ---------------------------------------------------------------------------------------------------------

def test_a_later_round_stays_near_the_proposal_and_keeps_what_the_earlier_one_found() -> None:
    proposed = schedule(bess__p_set_mw=[2.0, 2.0])
    first = loaded(0)
    once = repaired(proposed, context(proposed, first)).schedule
    second = sensitivities([point(1, 105.0, high=100.0)], (0, "bess.p_set_mw", 1, 50.0), base={"bess.p_set_mw": 2.0})
    twice = repaired(once, context(once, second, proposed=proposed, earlier=(first,)))
    assert twice.schedule.setpoints["bess.p_set_mw"] == pytest.approx([1.78, 1.89], abs=CLOSE)
    assert twice.changes[0].steps_count == 2  # against the proposal


@given(st.lists(st.floats(-2, 2), min_size=4, max_size=4), st.floats(0.5, 60.0), st.integers(0, 3))
def test_the_violated_limit_gets_better_and_ratings_are_kept(p_mw: list[float], excess: float, step: int) -> None:
    proposed = schedule(bess__p_set_mw=p_mw)
    found = loaded(step, 100.0 + excess, base=p_mw[step])
    repair = Projection().repair(proposed, verdict(), context(proposed, found))
    if repair is None:  # out of reach
        assert 50.0 * (p_mw[step] + 2.0) < excess
        return
    after = repair.schedule.setpoints["bess.p_set_mw"]
    assert 50.0 * (after[step] - p_mw[step]) <= 1e-6
    assert np.abs(after).max() <= 2.0 + 1e-9


def test_the_same_twice() -> None:
    proposed = schedule(bess__p_set_mw=[2.0, 2.0, -1.0, 0.0], chp__p_set_mw=[4, 4, 0, 4])
    one, two = (repaired(proposed, context(proposed, loaded(1))) for _ in range(2))
    assert one.schedule.sha256 == two.schedule.sha256
    assert one == two
