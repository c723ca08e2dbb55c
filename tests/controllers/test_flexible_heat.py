"""Modes and flows of heat pump and tank as tables: mode, asked to run, top of the tank, expected mode."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from controllers.flexible_heat import FlexibleHeat, HeatMode, Inputs, Outputs, Params, condenser_flow, next_mode
from twin.context import Context, Location

P = Params()
MINUTE_S = 60
REST, CHARGE, DISCHARGE, BOTH = HeatMode
RUN_MW, STOP_MW = -0.04, 0.0


def controller(**changes: Any) -> FlexibleHeat:
    context = Context(datetime(2019, 2, 1, tzinfo=UTC), 86_400, MINUTE_S, 1, Location(48.2, 16.4, 0.0, "UTC"))
    return FlexibleHeat("heat", Params(**changes), context)


def run(unit: FlexibleHeat, minutes: list[tuple[float, float, float]]) -> list[Outputs]:
    return [unit.step(k * MINUTE_S, MINUTE_S, Inputs(*values)) for k, values in enumerate(minutes)]


@pytest.mark.parametrize(
    ("mode", "asked", "top_degc", "expected"),
    [
        (REST, False, 80.0, REST),
        (REST, True, 50.0, CHARGE),
        (CHARGE, True, 72.0, CHARGE),
        (CHARGE, True, 72.1, BOTH),
        (CHARGE, False, 60.0, DISCHARGE),
        (CHARGE, False, 73.0, DISCHARGE),
        (BOTH, True, 50.0, BOTH),
        (BOTH, False, 73.0, DISCHARGE),
        (DISCHARGE, False, 65.0, DISCHARGE),
        (DISCHARGE, False, 64.9, REST),
        (DISCHARGE, True, 73.0, CHARGE),
        (DISCHARGE, True, 60.0, CHARGE),
        (CHARGE, True, math.nan, CHARGE),
        (DISCHARGE, False, math.nan, DISCHARGE),
    ],
)
def test_transitions_are_those_of_the_document(
    mode: HeatMode, asked: bool, top_degc: float, expected: HeatMode
) -> None:
    assert next_mode(mode, asked, top_degc, P) is expected


def test_one_step_is_one_transition() -> None:
    outputs = run(controller(initial_mode_code=1), [(RUN_MW, 0.0, 75.0), (RUN_MW, 0.0, 75.0), (RUN_MW, 0.0, 75.0)])

    assert [y.mode_code for y in outputs] == [CHARGE, BOTH, BOTH]


def test_the_tank_feeds_in_modes_5_and_6_and_rests_otherwise() -> None:
    minutes = [(RUN_MW, 0.0, 70.0), (RUN_MW, 0.0, 73.0), (STOP_MW, 0.0, 73.0), (STOP_MW, 0.0, 60.0)]

    assert [y.discharge_kg_s for y in run(controller(), minutes)] == [0.0, 2.0, 2.0, 0.0]
    assert [y.discharge_kg_s for y in run(controller(rest_kg_s=0.11), minutes)] == [0.11, 2.0, 2.0, 0.11]


def test_condenser_flow_grows_by_half_a_kilogram_per_relative_error() -> None:
    # 0 + 0.5 · (40 - 0.3)/40 = 0.49625; + 0.5 · (40 - 12)/40 = 0.35; + 0.5 · (40 - 50)/40 = -0.125
    outputs = run(controller(), [(RUN_MW, -0.0003, 70.0), (RUN_MW, -0.012, 70.0), (RUN_MW, -0.05, 70.0)])

    assert [y.condenser_kg_s for y in outputs] == pytest.approx([0.49625, 0.84625, 0.72125], rel=1e-12)


def test_at_the_set_point_the_flow_stays() -> None:
    assert condenser_flow(1.7, 0.04, 0.04, P) == 1.7


def test_the_heat_pump_stops_at_or_below_35_kw() -> None:
    above, at = (run(controller(), [(-p_mw, 0.0, 70.0)])[0] for p_mw in (0.0351, 0.035))

    assert (above.mode_code, above.p_set_mw) == (CHARGE, -0.0351)
    assert above.condenser_kg_s > 0.0
    assert (at.mode_code, at.p_set_mw, at.condenser_kg_s) == (DISCHARGE, 0.0, 0.0)


def test_after_a_stop_the_flow_starts_from_zero() -> None:
    outputs = run(controller(), [(RUN_MW, 0.0, 70.0), (STOP_MW, -0.04, 70.0), (RUN_MW, 0.0, 70.0)])

    assert [y.condenser_kg_s for y in outputs] == [0.5, 0.0, 0.5]


def test_what_is_not_measured_changes_nothing() -> None:
    outputs = run(controller(), [(RUN_MW, 0.0, 70.0), (RUN_MW, math.nan, math.nan)])

    assert outputs[1] == outputs[0]


def test_no_set_point_stops_the_heat_pump() -> None:
    assert run(controller(), [(math.nan, 0.0, 70.0)])[0].mode_code == DISCHARGE


@given(st.lists(st.tuples(st.floats(-0.2, 0.1), st.floats(-0.2, 0.0), st.floats(10.0, 95.0)), max_size=50))
def test_flows_stay_within_their_limits_and_vanish_when_the_heat_pump_stands(
    minutes: list[tuple[float, float, float]],
) -> None:
    for y in run(controller(), minutes):
        assert 0.0 <= y.condenser_kg_s <= 10.0
        assert y.discharge_kg_s in (0.0, 2.0)
        if y.mode_code in (REST, DISCHARGE):
            assert y.condenser_kg_s == y.p_set_mw == 0.0


def test_a_band_upside_down_is_refused() -> None:
    with pytest.raises(ValidationError, match="cold_degc 75 must be below hot_degc 72"):
        Params(cold_degc=75.0)
