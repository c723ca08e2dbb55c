"""Heat pump: energy balance, each limit by hand, lag, mean temperatures, bad input."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulators.conversion.heat_pump import HeatPump, Inputs, Params, heating_cop, log_mean_k, taylor_mean_k
from twin.context import Context, Location
from twin.errors import ComponentError

CP = 4180.0


def heat_pump(**changes: Any) -> HeatPump:
    context = Context(datetime(2025, 1, 1, tzinfo=UTC), 86_400, 60, 1, Location(0.0, 0.0, 0.0, "UTC"))
    return HeatPump("hp", Params.model_validate({"rated_mw": 0.1} | changes), context)


def settled(inputs: Inputs, **changes: Any) -> Any:
    """Outputs once the outlets no longer change."""
    component = heat_pump(**changes)
    for k in range(30):
        y = component.step(60 * k, 60, inputs)
    return y


@given(st.floats(290.0, 348.0), st.floats(290.0, 348.0))
def test_log_mean_is_exact(a: float, b: float) -> None:
    exact = (a - b) / math.log1p((a - b) / b) if a != b else a
    assert log_mean_k(a, b) == pytest.approx(exact, rel=2e-12)


def test_log_mean_takes_arrays_and_equal_temperatures() -> None:
    a = np.array([300.0, 350.0])

    assert log_mean_k(a, np.array([300.0, 330.0])).tolist() == [300.0, log_mean_k(350.0, 330.0)]


def test_expansion_of_the_published_code_is_close_but_not_the_log_mean() -> None:
    difference = taylor_mean_k(348.15, 333.15) - log_mean_k(348.15, 333.15)

    assert 0.0 < abs(difference) < 1e-3


def test_cop_is_half_of_the_carnot_cop() -> None:
    assert heating_cop(300.0, 340.0, 0.5) == pytest.approx(0.5 * 340.0 / 40.0, rel=1e-14)


def test_target_is_held_and_energy_is_kept() -> None:
    y = settled(Inputs(30.0, 3.5, 60.0, 1.5))

    assert y.condenser_out_degc == pytest.approx(75.0, abs=1e-9)
    assert y.condenser_heat_mw == pytest.approx(CP * 1.5 * 15.0 / 1e6, rel=1e-10)
    # electricity + heat from the evaporator = heat at the condenser + losses
    assert -y.p_mw - y.evaporator_heat_mw == pytest.approx(y.condenser_heat_mw + y.loss_mw, rel=1e-13)
    assert y.evaporator_out_degc == pytest.approx(30.0 + y.evaporator_heat_mw * 1e6 / (CP * 3.5), rel=1e-12)
    # 70 % of the electricity above standby is shaft work, and the COP is half of Carnot's between log means
    work = 0.7 * (-y.p_mw - 0.0003)
    mean = [log_mean_k(a + 273.15, b + 273.15) for a, b in ((30.0, y.evaporator_out_degc), (60.0, 75.0))]
    assert y.condenser_heat_mw / work == pytest.approx(heating_cop(*mean, 0.5), rel=1e-9)


def test_rating_limits_the_compressor() -> None:
    y = settled(Inputs(30.0, 20.0, 40.0, 10.0), rated_mw=0.05)

    assert -y.p_mw == pytest.approx(0.0503, rel=1e-9)
    assert y.condenser_out_degc < 75.0


def test_evaporator_is_not_cooled_below_its_minimum() -> None:
    y = settled(Inputs(25.0, 1.0, 60.0, 5.0))

    assert y.evaporator_out_degc == pytest.approx(20.0, abs=1e-6)


def test_warm_condenser_water_is_not_heated() -> None:
    assert settled(Inputs(30.0, 3.5, 80.0, 2.0)).p_mw == -0.0003
    assert settled(Inputs(30.0, 3.5, 90.0, 2.0)).p_mw == -0.0003  # warmer than the condenser may be


@pytest.mark.parametrize("inputs", [Inputs(30.0, 3.5, 60.0, 0.0), Inputs(30.0, 0.0, 60.0, 2.0)])
def test_without_flow_it_stands_still(inputs: Inputs) -> None:
    component = heat_pump(lag_s=600.0)
    component.step(0, 60, Inputs(30.0, 3.5, 60.0, 1.5))

    y = component.step(60, 60, inputs)

    assert (y.p_mw, y.condenser_heat_mw, y.evaporator_heat_mw) == (-0.0003, 0.0, 0.0)


def test_evaporator_as_warm_as_the_condenser_stays_finite() -> None:
    y = settled(Inputs(70.0, 3.5, 60.0, 1.5))

    assert y.condenser_out_degc == pytest.approx(75.0, abs=1e-6)
    assert 0.0 < y.cop < 50.0


def test_compressor_follows_with_its_time_constant() -> None:
    component = heat_pump(lag_s=5.0)
    demand = Inputs(30.0, 3.5, 60.0, 1.5)

    first = component.step(0, 5, demand)

    started = component.state.work_mw
    final = heat_pump(lag_s=0.0).step(0, 5, demand)
    assert started == pytest.approx(0.7 * (-final.p_mw - 0.0003) * (1 - math.exp(-1.0)), rel=1e-12)
    assert first.condenser_out_degc < 75.0


def test_quarter_hour_steps_are_cut_into_minutes() -> None:
    fine, coarse = heat_pump(), heat_pump()
    demand = Inputs(30.0, 3.5, 60.0, 1.5)

    minutes = [fine.step(60 * k, 60, demand) for k in range(15)]
    quarter = coarse.step(0, 900, demand)

    assert coarse.state == fine.state
    assert quarter.p_mw == pytest.approx(sum(y.p_mw for y in minutes) / 15, rel=1e-13)


@pytest.mark.parametrize(
    ("inputs", "word"),
    [
        (Inputs(math.nan, 3.5, 60.0, 1.5), "evaporator_in_degc"),
        (Inputs(30.0, -1.0, 60.0, 1.5), "evaporator_kg_s"),
        (Inputs(30.0, 3.5, math.inf, 1.5), "condenser_in_degc"),
        (Inputs(30.0, 3.5, 60.0, math.nan), "condenser_kg_s"),
    ],
)
def test_impossible_streams_are_refused(inputs: Inputs, word: str) -> None:
    with pytest.raises(ComponentError, match=word):
        heat_pump().step(0, 60, inputs)


def test_asked_for_electricity_it_finds_its_condenser_flow() -> None:
    y = settled(Inputs(30.0, 3.5, 60.0, p_set_mw=-0.04))

    assert y.p_mw == pytest.approx(-0.04, rel=1e-9)
    assert y.condenser_out_degc == pytest.approx(75.0, abs=1e-9)
    assert y.condenser_kg_s == pytest.approx(y.condenser_heat_mw * 1e6 / (CP * 15.0), rel=1e-12)
    assert y.extraction_mw == -y.evaporator_heat_mw > 0.0
    # the same flow, given, takes the same electricity
    assert settled(Inputs(30.0, 3.5, 60.0, y.condenser_kg_s)).p_mw == pytest.approx(-0.04, rel=1e-9)


def test_a_new_set_point_is_met_in_the_same_minute() -> None:
    component = heat_pump()
    for k, p_set_mw in enumerate((-0.04, -0.055, -0.1, -0.0003, -0.04)):
        y = component.step(60 * k, 60, Inputs(40.0, 8.0, 40.0, p_set_mw=p_set_mw))
        # 12 time constants of the compressor leave 6e-6 of the change
        assert y.p_mw == pytest.approx(p_set_mw, abs=1e-6)


def test_a_set_point_beyond_the_evaporator_is_not_met_but_heat_is_at_the_target() -> None:
    y = settled(Inputs(25.0, 1.0, 60.0, p_set_mw=-0.1))

    assert -y.p_mw < 0.05
    assert y.evaporator_out_degc == pytest.approx(20.0, abs=1e-6)
    assert y.condenser_out_degc == pytest.approx(75.0, abs=1e-6)


def test_the_flow_it_finds_is_limited_and_zero_where_nothing_is_to_be_lifted() -> None:
    assert settled(Inputs(30.0, 3.5, 74.9, p_set_mw=-0.04), max_condenser_kg_s=2.0).condenser_kg_s == 2.0
    for inputs in (Inputs(30.0, 3.5, 80.0, p_set_mw=-0.04), Inputs(30.0, 3.5, 60.0, p_set_mw=0.04)):
        y = settled(inputs)
        assert (y.condenser_kg_s, y.p_mw) == (0.0, -0.0003)


def test_neither_flow_nor_set_point_is_told_once() -> None:
    component = heat_pump()
    for k in range(2):
        assert component.step(60 * k, 60, Inputs(30.0, 3.5, 60.0)).condenser_kg_s == 0.0

    assert [e.kind for e in component.pending_events] == ["invalid_setpoint"]


def test_temperatures_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="condenser_target_degc 90"):
        heat_pump(condenser_target_degc=90.0)
