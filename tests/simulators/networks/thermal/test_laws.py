"""Laws of a network as a component: first law, step length, travel time, pumps; expectations by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.networks.heat.friction import pressure_drop_pa
from tests.simulators.networks.thermal.builders import (
    KG_PER_M,
    MW_PER_KG_K,
    TIGHT_TANK,
    Bench,
    chilled,
    energy_mwh,
    street,
    town,
)

HEADER_S = 60.0
"""Water between plant and network: that of the largest flow in one sub-step, so at most one sub-step at full flow."""
PLANT = {"boiler": {"rated_mw": 3.0}, "tank": TIGHT_TANK, "dump_cooler": {"rated_mw": 0.5}}


def stored_mwh(y: Any) -> float:
    return float(y.stored_mwh + y.tank_energy_mwh)


@settings(max_examples=20)
@given(st.lists(st.floats(0.0, 1.5), min_size=24, max_size=24), st.lists(st.floats(0.0, 3.0), min_size=24, max_size=24),
       st.sampled_from([0.0, 0.4]))
def test_first_law_over_a_day_with_headers_tank_and_drive_heat(
    demand_mw: list[float], chp_mw: list[float], drive_mw: float
) -> None:
    """Boiler + CHP - dumped - stranded - drive - delivered - losses = what tank, headers and pipes hold more."""
    bench = Bench("heat", town(**PLANT), step_s=3600)
    days = [bench.step({"hospital": 0.5 * d, "house": 0.3 * d, "pool": 0.2 * d, "EC": c}, drive_request_mw=drive_mw)
            for d, c in zip(demand_mw, chp_mw, strict=True)]
    before_mwh = stored_mwh(days[0]) - days[0].stored_change_mwh
    given_mwh = sum(y.boiler_mw + y.chp_heat_mw - y.dumped_mw - y.stranded_mw - y.drive_mw for y in days)
    lost_mwh = sum(y.loss_mw + y.tank_loss_mw for y in days)
    delivered_mwh = sum(y.delivered_mw for y in days)
    change_mwh = stored_mwh(days[-1]) - before_mwh
    throughput_mwh = sum(abs(y.plant_mw) + y.delivered_mw + y.chp_heat_mw for y in days) + 1.0
    assert given_mwh - lost_mwh - delivered_mwh == pytest.approx(change_mwh, abs=1e-9 * throughput_mwh)
    for y in days:
        assert y.chp_heat_mw + y.boiler_mw + y.tank_mw == pytest.approx(
            y.plant_mw + y.drive_mw + y.dumped_mw + y.stranded_mw, abs=1e-9)


@pytest.mark.parametrize("network", [street(500.0), town(boiler={"rated_mw": 1.0}, tank=TIGHT_TANK)])
def test_quarter_hours_in_sub_steps_of_a_minute_equal_minutes(network: dict[str, Any]) -> None:
    """Same demand, same bits in the state; means over the quarter-hour are means of the minutes."""
    at = dict.fromkeys(network["substations"], 0.4)
    minutes, quarters = Bench("heat", network, step_s=60), Bench("heat", network, step_s=900)
    for _ in range(8):
        fifteen = minutes.run(0.25, at)
        one = quarters.step(at)
        for port in ("delivered_mw", "loss_mw", "pump_mw", "p_mw", "plant_mw", "external_mw", "boiler_mw", "gas_mw"):
            mean = np.mean([getattr(y, port) for y in fifteen])
            assert getattr(one, port) == pytest.approx(mean, rel=1e-12, abs=1e-15), port
        assert one.stored_mwh == fifteen[-1].stored_mwh
    assert minutes.exact_state == quarters.exact_state


def test_quarter_hours_equal_minutes_in_a_cooling_network() -> None:
    network = chilled(chillers={"units": 2, "rated_mw": 0.6}, absorption={"rated_mw": 0.5}, tank=TIGHT_TANK)
    minutes, quarters = Bench("cooling", network, step_s=60), Bench("cooling", network, step_s=900)
    for _ in range(8):
        fifteen = minutes.run(0.25, {"dc": 0.7})
        one = quarters.step({"dc": 0.7})
        for port in ("delivered_mw", "chiller_mw", "chiller_p_mw", "p_mw", "rejected_mw"):
            assert getattr(one, port) == pytest.approx(np.mean([getattr(y, port) for y in fifteen]), rel=1e-12), port
        assert one.water_m3 == pytest.approx(sum(y.water_m3 for y in fifteen), rel=1e-12)
    assert minutes.exact_state == quarters.exact_state


def test_finer_sub_steps_change_a_day_of_heat_only_little() -> None:
    """An hour's step in sub-steps of 60 s and of 10 s: the energies of a day agree to a per mille."""
    sums = []
    for substep_s in (60, 10):
        bench = Bench("heat", town(boiler={"rated_mw": 3.0}), step_s=3600, substep_s=substep_s)
        day = [bench.step({"hospital": 0.5, "house": 0.3 + 0.2 * math.sin(k)}) for k in range(24)]
        sums.append([sum(getattr(y, port) for y in day) for port in ("delivered_mw", "boiler_mw", "loss_mw")])
    assert sums[0] == pytest.approx(sums[1], rel=1e-3)


@pytest.mark.parametrize(("substep_s", "length_m"), [(60, 1000.0), (10, 1000.0), (60, 250.0)])
def test_a_step_of_the_supply_arrives_after_length_over_speed(substep_s: int, length_m: float) -> None:
    """From a bought source, which has no header: within one sub-step."""
    bench = Bench("heat", street(length_m, house={"return_degc": None, "delta_k": 20}), step_s=substep_s,
                  substep_s=substep_s)
    at = {"house": 4.0 * MW_PER_KG_K * 20.0}
    bench.run(0.5, at)
    seen_s = 0
    while bench.step(at, supply_set_degc=90.0).substation_supply_degc[0] < 85.0:
        seen_s += substep_s
    assert abs(seen_s - KG_PER_M * length_m / 4.0) <= substep_s


def test_behind_an_energy_centre_the_header_delays_by_at_most_a_sub_step_at_full_flow() -> None:
    """4 of at most 4 kg/s: the header holds one sub-step of water, so the front is at most two sub-steps later."""
    network = street(1000.0, house={"return_degc": None, "delta_k": 20},
                     source={"max_kg_s": 4.0, "plant": {"boiler": {"rated_mw": 3.0}, "gradient_k_per_h": 1e6}})
    bench = Bench("heat", network)
    at = {"house": 4.0 * MW_PER_KG_K * 20.0}
    bench.run(0.5, at)
    seen_s = 0
    while bench.step(at, supply_set_degc=90.0).substation_supply_degc[0] < 85.0:
        seen_s += 60
    assert -60.0 <= seen_s - KG_PER_M * 1000.0 / 4.0 <= 60.0 + HEADER_S


def test_pump_power_is_flow_times_pressure_over_density_and_efficiency() -> None:
    """P = m · Δp/(ρ η); Δp is the differential at the substation and twice the friction of the pipe."""
    bench = Bench("heat", street(400.0, source={"min_differential_bar": 0.8, "pump_efficiency": 0.5}))
    y = bench.run(2.0, {"house": 0.6})[-1]
    flow = 0.6 / (MW_PER_KG_K * 30.0)
    assert y.source_kg_s[0] == pytest.approx(flow, rel=1e-9)
    lift_pa = 0.8e5 + 2.0 * pressure_drop_pa(bench.component.network.constants.pipes[0], flow)
    assert y.source_lift_bar[0] == pytest.approx(lift_pa / 1e5, rel=1e-9)
    assert y.pump_mw == pytest.approx(flow * lift_pa / (1000.0 * 0.5) / 1e6, rel=1e-9)
    assert (y.p_mw, y.pump_mw) == (-y.pump_mw, pytest.approx(y.pump_mw))
    assert y.q_mvar == pytest.approx(y.p_mw * math.tan(math.acos(0.95)))


def test_electricity_is_that_of_pumps_burner_and_tank_pump() -> None:
    """Boiler of 1 MW at auxiliary_frac 0.004; nothing through the tank once it is as warm as the return."""
    bench = Bench("heat", street(100.0, source={"max_kg_s": 20, "plant": {"boiler": {
        "rated_mw": 2.0, "auxiliary_frac": 0.01}}}))
    y = bench.run(1.0, {"house": 1.0})[-1]
    assert y.boiler_mw == pytest.approx(1.0, rel=1e-6)
    assert y.p_mw == pytest.approx(-(y.pump_mw + 0.01 * y.boiler_mw), rel=1e-12)


def test_steady_loss_of_a_street_by_hand() -> None:
    """Exponential cooling on the way out and back, T(L) = T_g + (T_0 - T_g) exp(-U'L/(m c))."""
    bench = Bench("heat", street(1000.0, u_w_mk=0.4))
    y = bench.run(8.0, {"house": 0.3})[-1]
    decay = math.exp(-0.4 * 1000.0 / (y.source_kg_s[0] * MW_PER_KG_K * 1e6))
    house_degc, back_degc = 10.0 + 70.0 * decay, 10.0 + 40.0 * decay
    assert y.substation_supply_degc[0] == pytest.approx(house_degc, abs=2e-3)
    assert y.source_return_degc[0] == pytest.approx(back_degc, abs=2e-3)
    assert y.loss_mw == pytest.approx(y.source_kg_s[0] * MW_PER_KG_K * (80.0 - house_degc + 50.0 - back_degc), rel=2e-3)
    assert y.external_mw == pytest.approx(0.3 + y.loss_mw, rel=2e-3)


def test_chilled_water_gains_heat_and_chillers_make_up_for_it() -> None:
    """Cold is counted positive: chillers = delivered + lost, in a steady state."""
    bench = Bench("cooling", chilled(chillers={"units": 2, "rated_mw": 0.6}))
    y = bench.run(6.0, {"dc": 0.5})[-1]
    assert y.substation_supply_degc[0] > 7.0
    assert y.loss_mw > 0.0
    assert y.chiller_mw == pytest.approx(0.5 + y.loss_mw, rel=1e-3)
    assert y.substation_return_degc[0] - y.substation_supply_degc[0] == pytest.approx(5.0)
    assert y.substation_kg_s[0] == pytest.approx(0.5 / (MW_PER_KG_K * 5.0))


def test_what_is_stored_is_the_heat_of_water_and_walls() -> None:
    """Twice 100 m of water, supply at 80 and return at 50 °C, above 0 °C."""
    y = Bench("heat", street(100.0)).step({"house": 0.0})
    assert y.stored_mwh == pytest.approx(100.0 * KG_PER_M * 4000.0 * (80.0 + 50.0) / 3.6e9)
    assert energy_mwh([y], "external_mw") == 0.0
