"""The balancer in closed loop at a toy connection point: disturbances and contents computed by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.real_time.conditions import Cause
from controllers.real_time.following import PATIENCE_S
from controllers.real_time_balancer import Inputs
from tests.controllers.real_time.plant import (
    BATTERY,
    FLYWHEEL,
    PLAN_MW,
    SHARP,
    SITE,
    STAY,
    balancer,
    changed,
    simulate,
)
from twin.errors import ComponentError
from twin.nameplate import LoadNameplate, StorageNameplate

STEP_AT_S = 10


def step_of(size_mw: float, until_s: int = 10**6) -> Any:
    """A disturbance of the exchange from ``STEP_AT_S`` on."""
    return lambda t: size_mw if STEP_AT_S <= t < until_s else 0.0


def none(t: int) -> float:
    return 0.0


# Balancing


def test_a_step_within_the_flywheels_power_is_covered_by_it_after_two_seconds() -> None:
    """0.8 MW with the default gain of 0.8: 0.64 MW after one second, 0.768 after two; the battery rests."""
    result = simulate(15, step_of(0.8), **STAY)
    assert result.p_mw["wheel"][STEP_AT_S:STEP_AT_S + 3] == pytest.approx([0.0, 0.64, 0.768])
    assert result.exchange_mw[STEP_AT_S:STEP_AT_S + 3] - PLAN_MW == pytest.approx([0.8, 0.16, 0.032])
    assert result.p_mw["bess"] == pytest.approx(np.zeros(15), abs=1e-9)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_beyond_its_power_the_battery_takes_the_rest(sign: float) -> None:
    result = simulate(20, step_of(sign * 3.0), **SHARP)
    assert result.p_mw["wheel"][STEP_AT_S + 1:] == pytest.approx(np.full(9, sign * 1.0))
    assert result.p_mw["bess"][STEP_AT_S + 1:] == pytest.approx(np.full(9, sign * 2.0))
    assert result.exchange_mw[STEP_AT_S + 1:] == pytest.approx(np.full(9, PLAN_MW))


def test_when_the_flywheel_is_empty_the_battery_takes_all_without_a_gap() -> None:
    """7.5 kWh at 1 MW last 27 s, from second 11 to 37; then the battery, and the exchange never leaves its plan."""
    result = simulate(60, step_of(1.0), **SHARP)
    assert result.p_mw["wheel"][11:38] == pytest.approx(np.full(27, 1.0))
    assert result.p_mw["wheel"][38:] == pytest.approx(np.zeros(22), abs=1e-6)
    assert result.p_mw["bess"][38:] == pytest.approx(np.ones(22))
    assert result.exchange_mw[11:] == pytest.approx(np.full(49, PLAN_MW))
    assert result.soc["wheel"][-1] == pytest.approx(0.0, abs=1e-9)
    assert result.cause["wheel"][39] == "AS_PLANNED"
    assert result.cause["bess"][39] == "BALANCING"


def test_beyond_all_power_the_shortage_is_told_once_and_undone_at_once() -> None:
    """11 MW of storage against 15 MW: 4 MW are missing; as the disturbance goes the plan is kept a second later."""
    result = simulate(60, step_of(15.0, until_s=30), **SHARP)
    assert result.exchange_mw[12:30] - PLAN_MW == pytest.approx(np.full(18, 4.0))
    assert result.exchange_mw[31] == pytest.approx(PLAN_MW)
    assert result.kinds == ["out_of_reserve"]
    assert "4.00 MW of discharge are missing" in result.events[0].message
    assert result.cause["wheel"][20] == result.cause["bess"][20] == "AT_LIMIT"


def test_a_shortage_is_over_when_nothing_was_missing_for_a_minute() -> None:
    assert simulate(100, step_of(15.0, until_s=30), **SHARP).kinds == ["out_of_reserve", "reserve_back"]


@pytest.mark.parametrize("meter_delay_s", [1, 2])
def test_a_late_meter_makes_it_slower_but_not_hunt(meter_delay_s: int) -> None:
    """Default gain; with a meter that is a second late of its own the swing has died away after a minute."""
    result = simulate(120, step_of(3.0), meter_delay_s=meter_delay_s)
    late = np.abs(result.exchange_mw[STEP_AT_S + 60:] - result.target_mw[STEP_AT_S + 60:])
    assert late.max() <= 0.05


def test_a_noisy_load_deviates_less_with_the_balancer() -> None:
    """A random walk of 20 kW per second: what is left is one increment and its echoes, 1/√(1 - 0.2²)·20 kW."""
    walk = np.cumsum(np.random.default_rng(3).normal(0.0, 0.02, 1800))
    result = simulate(1800, lambda t: float(walk[t]), deadband_mw=0.0, **STAY)
    left = result.exchange_mw[5:] - PLAN_MW
    assert np.sqrt(np.mean(left**2)) == pytest.approx(0.02 / math.sqrt(1.0 - 0.2**2), rel=0.1)
    assert np.sqrt(np.mean(walk**2)) > 10 * np.sqrt(np.mean(left**2))


# Restoration


def test_after_a_disturbance_the_flywheel_comes_back_from_the_battery_and_the_grid_sees_nothing() -> None:
    """1 MW for 20 s takes 5.6 of its 7.5 kWh; five restoration times later it is back, and the battery gave it."""
    result = simulate(899, step_of(1.0, until_s=30), restoration_s=160.0, restoration_frac=0.0)
    assert result.soc["wheel"][30] < 0.3
    assert result.soc["wheel"][-1] == pytest.approx(0.5, abs=0.01)
    assert np.abs(result.exchange_mw[35:] - PLAN_MW).max() <= 0.02 + 1e-9
    assert "RESTORING" in result.cause["wheel"]
    # the battery gave what the disturbance took, a second late at its beginning and at its end
    assert (0.5 - result.soc["bess"][-1]) * 40_000 == pytest.approx(20 / 3.6, abs=0.2)


def test_it_is_symmetric() -> None:
    up, down = (simulate(600, step_of(sign * 3.0, until_s=60)) for sign in (1.0, -1.0))
    for name in ("wheel", "bess"):
        assert up.p_mw[name] == pytest.approx(-down.p_mw[name], abs=1e-9)
        assert up.soc[name] - 0.5 == pytest.approx(0.5 - down.soc[name], abs=1e-9)


def test_a_lasting_disturbance_is_handed_to_the_battery() -> None:
    """0.3 MW for 14 min is 70 kWh. The flywheel gives at most 0.3 MW·240 s/2e = 3.68 kWh of its 7.5, then the battery
    has it all and the flywheel is back at half charge."""
    result = simulate(850, step_of(0.3))
    assert result.soc["wheel"].min() == pytest.approx(0.5 - 3.68 / 15.0, abs=0.01)
    assert result.soc["wheel"][-1] == pytest.approx(0.5, abs=0.01)
    assert result.p_mw["bess"][-1] == pytest.approx(0.3, abs=0.021)


def test_the_battery_is_back_on_plan_before_the_plan_ends() -> None:
    """2 MW for 60 s, of which the flywheel gives 1: some 16 kWh are given back to the battery within the quarter."""
    result = simulate(899, step_of(2.0, until_s=70), restoration_s=60.0)
    given_kwh = np.cumsum(result.p_mw["bess"]) / 3.6
    assert given_kwh[75] > 15.0
    assert abs(given_kwh[-1]) < 0.5


def test_a_deviation_that_lasts_is_not_worked_against() -> None:
    """The battery gives 2 MW as long as 3 MW are missing, and asks nothing back meanwhile."""
    result = simulate(899, step_of(3.0))
    assert result.exchange_mw[20:] == pytest.approx(np.full(879, PLAN_MW), abs=0.021)


def test_without_a_slow_storage_the_grid_restores() -> None:
    result = simulate(600, step_of(0.8, until_s=30), nameplates={"wheel": FLYWHEEL}, restoration_s=60.0)
    assert result.soc["wheel"][-1] == pytest.approx(0.5, abs=0.02)
    assert result.exchange_mw[40:].max() > PLAN_MW + 0.03
    assert np.abs(result.exchange_mw[40:] - result.target_mw[40:]).max() <= 0.02 + 1e-9


# Droop


def with_frequency(hz: Any) -> Any:
    """A frequency that the balancer reads."""
    return lambda t, inputs: changed(inputs, frequency_hz=hz(t))


def test_droop_moves_the_exchange_and_is_no_deviation() -> None:
    """49.9 Hz is half of full activation: 1 of 2 MW, from the first second, and the balancer does not undo it."""
    result = simulate(60, none, seen=with_frequency(lambda t: 49.9 if t >= 10 else 50.0), droop_mw=2.0, **STAY)
    assert result.exchange_mw[10:] == pytest.approx(np.full(50, PLAN_MW - 1.0))
    assert result.target_mw[10:] == pytest.approx(np.full(50, PLAN_MW - 1.0))
    assert result.kinds == ["frequency_event"]
    # lasting power is 10 and 0.03 MW: the battery gives all but three per mille
    assert result.p_mw["bess"][10:] == pytest.approx(np.full(50, 10.0 / 10.03))


def test_the_droops_power_is_kept_from_balancing() -> None:
    """15 MW missing and 2 MW of droop held: 9 MW are balanced; at 49.8 Hz the other two come on top."""
    result = simulate(25, step_of(15.0), seen=with_frequency(lambda t: 49.8 if t >= 20 else 50.0), droop_mw=2.0,
                      **SHARP)
    assert sum(p[19] for p in result.p_mw.values()) == pytest.approx(9.0)
    assert sum(p[20] for p in result.p_mw.values()) == pytest.approx(11.0)


@pytest.mark.parametrize(("soh", "balanced_mw"), [(1.0, 5.0), (0.7, 0.0)])
def test_the_droops_energy_is_that_of_aged_cells(soh: float, balanced_mw: float) -> None:
    """2 MW for 15 min are 0.5 MWh. 1.5 % above empty are 0.59 of 39.2 MWh (40 less the margin) when the cells are new,
    so that balancing may have some; of 27.4 MWh they are 0.41, all of which is the droop's."""
    result = simulate(15, step_of(5.0), nameplates={"bess": BATTERY}, soc={"bess": 0.115}, droop_mw=2.0,
                      seen=lambda t, i: changed(i, energy_mwh=i.soc * 40.0 * soh), **SHARP)
    assert result.p_mw["bess"][STEP_AT_S + 1] == pytest.approx(balanced_mw)


@pytest.mark.parametrize(("hz", "sign"), [(49.9, 1.0), (50.1, -1.0)])
def test_no_restoration_works_against_the_droop(hz: float, sign: float) -> None:
    """Storages that were moved and want back in the droop's opposite direction wait until the frequency is normal."""
    result = simulate(400, step_of(sign * 3.0, until_s=60), seen=with_frequency(lambda t: hz if t >= 70 else 50.0),
                      droop_mw=1.0, restoration_s=60.0)
    total = sum(result.p_mw.values())
    assert (sign * total[75:] >= 0.5 - 1e-9).all()


def test_more_droop_than_the_storages_can_hold_is_refused_with_the_figure() -> None:
    with pytest.raises(ComponentError, match=r"droop_mw is 12, but the storages can hold 10 MW"):
        balancer(droop_mw=12.0)


def test_a_missing_frequency_is_told_once() -> None:
    result = simulate(10, none, droop_mw=1.0)
    assert result.kinds == ["measurement_missing"]
    assert "add a grid_frequency" in result.events[0].message


# Missing plans and measurements, disobedient storages


def test_without_a_measurement_every_storage_holds_its_set_point() -> None:
    """Set-points 3 and 0.2 MW, the meter dead from second 20 to 29."""
    def seen(t: int, inputs: Inputs) -> Inputs:
        inputs = changed(inputs, p_set_mw=np.array([3.0, 0.2]))
        return changed(inputs, exchange_mw=math.nan) if 20 <= t < 30 else inputs

    result = simulate(40, lambda t: 3.2 + 0.5, seen=seen, **STAY)
    assert result.p_mw["wheel"][15] == pytest.approx(0.7, abs=0.02)
    assert result.p_mw["wheel"][20:30] == pytest.approx(np.full(10, 0.2))
    assert result.p_mw["bess"][20:30] == pytest.approx(np.full(10, 3.0))
    assert result.cause["wheel"][25] == "NO_MEASUREMENT"
    assert result.kinds == ["measurement_missing", "measurement_back"]
    assert result.exchange_mw[39] == pytest.approx(PLAN_MW, abs=0.021)


def test_a_storage_of_unknown_content_is_left_alone() -> None:
    result = simulate(30, step_of(1.5), seen=lambda t, i: changed(i, soc=np.array([math.nan, 0.5])), **SHARP)
    assert (result.p_mw["bess"] == 0.0).all()
    assert result.p_mw["wheel"][20] == pytest.approx(1.0)
    assert result.kinds[0] == "measurement_missing"
    assert "the content of bess" in result.events[0].message


def test_without_a_plan_the_mean_of_the_last_interval_is_held() -> None:
    """Intervals of 60 s; the exchange is 5.4 MW in the first, and 5.4 MW is kept when the load rises to 6 MW."""
    result = simulate(120, lambda t: 0.4 if t < 70 else 1.0, plan_interval_s=60, **STAY,
                      seen=lambda t, inputs: changed(inputs, planned_exchange_mw=math.nan), deadband_mw=0.0)
    assert all(cause == "NO_PLAN" for cause in result.cause["wheel"][1:60])
    assert (result.p_mw["wheel"][:60] == 0.0).all()
    assert result.exchange_mw[80:] == pytest.approx(np.full(40, 5.4), abs=1e-4)


def test_a_tripped_flywheel_is_replaced_by_the_battery() -> None:
    """From second 20 on it gives nothing; 5 s after it should have, the battery carries the 0.9 MW."""
    result = simulate(60, step_of(0.9), obeys=lambda t, name, p: 0.0 if name == "wheel" and t >= 20 else p, **SHARP)
    found = 20 + int(PATIENCE_S) + 2
    assert result.exchange_mw[found:] == pytest.approx(np.full(60 - found, PLAN_MW), abs=1e-6)
    assert result.p_mw["bess"][found:] == pytest.approx(np.full(60 - found, 0.9), abs=1e-6)
    assert "not_following" in result.kinds
    assert result.cause["wheel"][30] == "NOT_FOLLOWING"


# Limits, whatever comes in

ANY = st.one_of(st.floats(-30.0, 30.0), st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1e300, 0.0]))
PAIR = st.lists(ANY, min_size=2, max_size=2).map(np.array)


@given(st.lists(st.tuples(ANY, ANY, ANY, PAIR, PAIR, PAIR, PAIR, PAIR), min_size=1, max_size=8),
       st.sampled_from([0.0, 1.5]))
def test_set_points_stay_within_nameplate_and_band_for_any_input(steps: list[Any], droop_mw: float) -> None:
    unit = balancer(droop_mw=droop_mw)
    plates: list[StorageNameplate] = [BATTERY, FLYWHEEL]
    for k, (plan, exchange, hz, p_set, p_mw, soc, low, high) in enumerate(steps):
        told = unit.step(900 * k, 1, Inputs(plan, exchange, hz, p_set, p_mw, soc / 30.0, low, high))
        for i, plate in enumerate(plates):
            power = float(told.p_set_mw[i])
            assert -plate.charge_power_mw <= power <= plate.discharge_power_mw
            if low[i] <= high[i]:
                nearest_low = min(max(low[i], -plate.charge_power_mw), plate.discharge_power_mw)
                nearest_high = min(max(high[i], -plate.charge_power_mw), plate.discharge_power_mw)
                assert nearest_low <= power <= nearest_high
            elif math.isfinite(p_set[i]):
                assert power == min(max(p_set[i], -plate.charge_power_mw), plate.discharge_power_mw)
        assert np.isfinite(told.correction_mw).all()
        assert not np.isinf(told.deviation_mw)
        assert math.isfinite(told.droop_mw)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(-30.0, 30.0))
def test_a_correction_never_empties_or_overfills(battery: float, wheel: float, disturbance: float) -> None:
    """A storage outside its limits of charge is only moved back, one within them never beyond."""
    result = simulate(40, lambda t: disturbance, soc={"bess": battery, "wheel": wheel}, **SHARP)
    for name, plate, start in (("bess", BATTERY, battery), ("wheel", FLYWHEEL, wheel)):
        assert result.soc[name].min() >= min(start, plate.min_soc) - 1e-9
        assert result.soc[name].max() <= max(start, plate.max_soc) + 1e-9


# Construction


def test_it_moves_storages_only_and_asks_for_names_that_exist() -> None:
    assert balancer(SITE | {"dc": LoadNameplate(1.2, 0.3, 2)}).terminals()["asset"] == ("bess", "wheel")
    assert balancer(assets=["wheel"]).terminals()["asset"] == ("wheel",)
    with pytest.raises(ComponentError, match=r"'assets' names 'whel', which is no storage; did you mean 'wheel'"):
        balancer(assets=["whel"])
    with pytest.raises(ComponentError, match="has no storage to move; add a battery or a flywheel"):
        balancer({"dc": LoadNameplate(1.2, 0.3, 2)})


def test_reasons_are_the_codes_that_are_recorded() -> None:
    told = balancer().step(0, 1, Inputs(p_set_mw=np.zeros(2), p_mw=np.full(2, math.nan), soc=np.full(2, 0.5),
                                        band_low_mw=np.full(2, -math.inf), band_high_mw=np.full(2, math.inf)))
    assert [Cause(int(code)) for code in told.reason_code] == [Cause.NO_MEASUREMENT] * 2
