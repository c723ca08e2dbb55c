"""What really happened, judged by the limits that schedules are tried by."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from tests.twin.gate.replays import limit, limits, replay
from twin.gate.limits.plant_judge import judge_plant
from twin.gate.limits.plant_verdict import Breach, PlantVerdict
from twin.gate.limits.verdict import VerdictError
from twin.gate.rules import GateRules

RULES = GateRules(step_s=900, horizon_h=1)
MINUTE_S = 60


def import_limit(**fields):
    return limit("grid.exchange_mw", name="import", high=2.0, **fields)


def verdict_on(values, *each, step_s: int = MINUTE_S, explain=None) -> PlantVerdict:
    return judge_plant(replay(step_s=step_s, grid__exchange_mw=values), limits(*each), RULES, explain)


def test_a_stretch_outside_has_its_times_its_worst_value_and_its_margin() -> None:
    [breach] = verdict_on([1.0, 2.5, 3.0, 2.2, 1.0], import_limit(tolerance=0.1)).breaches
    assert (breach.t_s, breach.end_s, breach.duration_s) == (60, 240, 180)
    assert (breach.worst_t_s, breach.worst_value, breach.bound, breach.margin) == (120, 3.0, 2.0, -1.0)


def test_an_excess_within_the_tolerance_is_none() -> None:
    assert verdict_on([1.0, 2.5, 1.0], import_limit(tolerance=0.5)).breaches == ()


def test_short_returns_inside_do_not_end_a_stretch_and_are_not_counted_as_time_outside() -> None:
    values = np.ones(60)
    values[[5, 10, 40]] = 3.0          # 5 minutes apart: one stretch; half an hour later: another
    found = verdict_on(values, import_limit()).breaches
    assert [(b.t_s, b.end_s, b.duration_s) for b in found] == [(300, 660, 120), (2400, 2460, 60)]


def test_what_fluctuates_within_a_step_of_the_trial_is_seen() -> None:
    values = np.tile([1.0, 2.8, 1.0], 5)                         # mean 1.6 over a quarter of an hour
    assert verdict_on(values, import_limit()).hard_count == 1


def test_a_rate_without_a_window_is_taken_over_a_step_of_the_trial() -> None:
    ramp = limit("grid.exchange_mw", name="ramp", of="change_per_h", high=8.0)
    values = np.repeat([0.0, 1.0], 15)                           # 1 MW in a minute, and in a quarter of an hour: 4 MW/h
    assert verdict_on(values, ramp).breaches == ()
    [breach] = verdict_on(values * 2.5, ramp).breaches           # 10 MW/h
    assert breach.worst_value == pytest.approx(10.0)


def test_a_sum_without_a_window_is_taken_over_the_horizon_of_the_trial() -> None:
    energy = limit("grid.exchange_mw", name="bought", of="energy", high=1.5)
    assert verdict_on(np.ones(180), energy).breaches == ()       # 3 MWh in 3 h, but never more than 1 MWh in 1 h
    [breach] = verdict_on(np.full(60, 1.6), energy).breaches
    assert breach.worst_value == pytest.approx(1.6) and breach.unit == "MWh"


def test_what_was_not_solved_is_not_judged() -> None:
    assert verdict_on([1.0, math.nan, 1.0], import_limit()).breaches == ()


def test_unsolved_networks_are_told_by_the_accounts_and_not_here() -> None:
    solved = limit("grid.exchange_mw", name="solved", low=1.0, limit_class="solver")
    found = verdict_on([0.0, 0.0], solved)
    assert found.breaches == () and found.signals_count == 0


def test_a_limit_on_a_series_that_the_run_has_not_is_named_with_the_reason() -> None:
    found = verdict_on([0.0], limit("grid.vm_pu", name="voltage", high=1.0))
    [(name, why)] = found.not_judged
    assert name == "voltage" and "grid.vm_pu" in why


def test_hard_and_soft_and_accepted_stretches_are_counted_apart() -> None:
    values = np.ones(120)
    values[[10, 100]] = 3.0

    class Explain:
        def accepted_at(self, t_s: int) -> bool:
            return t_s > 3600

        def __call__(self, breach: Breach, of) -> Breach:
            return dataclasses.replace(breach, release_id="0a1b") if self.accepted_at(breach.worst_t_s) else breach

    found = verdict_on(values, import_limit(), limit("grid.exchange_mw", name="wish", high=2.0, hard=False),
                       explain=Explain())
    assert found.gated and (found.hard_count, found.accepted_count) == (2, 1)
    assert [(c.name, c.hard, c.breaches, c.accepted, c.duration_s, c.accepted_s) for c in found.counts] == [
        ("import", True, 2, 1, 120, 60), ("wish", False, 2, 1, 120, 60)]


def test_set_points_are_judged_as_they_reached_the_assets() -> None:
    rest = limit("chp.p_set_mw", name="minimum_down", setpoint=True, of="down_time_h", low=2.0)
    on_off_on = np.concatenate([np.ones(4), np.zeros(4), np.ones(4)])      # off for an hour
    trajectories = replay(setpoints={"chp.p_set_mw": on_off_on}, chp__p_mw=on_off_on)
    [breach] = judge_plant(trajectories, limits(rest), RULES, None).breaches
    assert (breach.worst_value, breach.bound, breach.t_s) == (1.0, 2.0, 7200)


def test_a_verdict_is_read_as_it_was_written(tmp_path) -> None:
    found = verdict_on([1.0, 3.0], import_limit(), limit("grid.vm_pu", name="voltage", high=1.0))
    found.write(tmp_path)
    again = PlantVerdict.read(tmp_path)
    assert str(again) == str(found)                    # NaN is not equal to itself
    assert PlantVerdict.read(tmp_path / "elsewhere") is None


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"format": "parktwin.plant_verdict.0"}),
                                  json.dumps({"format": "parktwin.plant_verdict.1", "counts": []})])
def test_a_damaged_verdict_is_told(tmp_path, text) -> None:
    (tmp_path / "verdict.json").write_text(text)
    with pytest.raises(VerdictError, match="no verdict of this version"):
        PlantVerdict.read(tmp_path)
