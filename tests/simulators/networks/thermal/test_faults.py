"""Faults: converged physics, or a status with place and time; never an unphysical temperature.

The bench asserts at every step that all outputs are finite and that no energy is lost; here the temperatures are held
between the coldest and the hottest water there can be.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from simulators.networks.heat.geometry import wall_capacity_j_mk
from simulators.networks.heat.status import NetworkStatus
from tests.simulators.networks.thermal.builders import KG_PER_M, TIGHT_TANK, Bench, chilled, pipe, street, town

BOILER = {"boiler": {"rated_mw": 2.0}}
NOTHING_MW = 1e-12
"""A microwatt: less has no flow."""
WATER = ("supply_degc", "return_degc", "source_supply_degc", "source_return_degc", "substation_supply_degc",
         "substation_return_degc", "extraction_inlet_degc", "feed_drawn_degc")  # fmt: skip


def assert_physical(outputs: list[Any], lowest_degc: float, highest_degc: float) -> None:
    """Water is nowhere beyond what was put in or what surrounds it."""
    for y in outputs:
        for name in WATER:
            water_degc = getattr(y, name)
            assert np.all(lowest_degc - 1e-6 <= water_degc), name
            assert np.all(water_degc <= highest_degc + 1e-6), name


def assert_accounted(outputs: list[Any]) -> None:
    """What is not delivered is unserved, place by place."""
    for y in outputs:
        assert y.substation_delivered_mw + y.substation_unserved_mw == pytest.approx(y.substation_demand_mw, rel=2e-6)
        assert np.all(y.substation_unserved_mw >= 0.0)


def heating(*, bought: bool, step_s: int = 60) -> Bench:
    """The town with the same supply, from a boiler or bought."""
    bench = Bench("heat", town() if bought else town(**BOILER), step_s=step_s)
    bench.run(0.5, {"hospital": 0.3, "house": 0.2, "pool": 0.1})
    return bench


EITHER = pytest.mark.parametrize("bought", [True, False], ids=["bought", "boiler"])


@EITHER
@pytest.mark.parametrize("load_mw", [1e-6, 1e-9, 1e-12, 1e-18])
def test_a_load_of_one_watt_and_less(bought: bool, load_mw: float) -> None:
    """Too little flow to carry heat through a lossy pipe: the network cools, and the watt is served while it is warm.

    From some temperature on, the exchanger finds no colder return and the status says so.
    """
    bench = heating(bought=bought, step_s=900)
    out = bench.run(24.0, {"hospital": load_mw})
    assert_physical(out, 10.0, 80.0)
    assert_accounted(out)
    assert out[0].status_code == NetworkStatus.SOLVED
    assert {y.status_code for y in out} <= {NetworkStatus.SOLVED, NetworkStatus.SUPPLY_BEYOND_RETURN}
    if load_mw > NOTHING_MW:
        assert out[0].delivered_mw == pytest.approx(load_mw)
        assert all(y.unserved_mw == 0.0 for y in out if y.status_code == NetworkStatus.SOLVED)
    assert not bench.told("heat_unserved"), "nobody is woken for a watt"


@EITHER
def test_exactly_no_load(bought: bool) -> None:
    """Nothing flows, nothing is pumped; the water cools towards the ground, as slowly as water and walls do."""
    bench = heating(bought=bought, step_s=900)
    out = bench.run(24.0, {})
    assert_physical(out, 10.0, 80.0)
    last = out[-1]
    assert not last.pipe_kg_s.any() and not last.source_kg_s.any()
    assert (last.pump_mw, last.demand_mw, last.delivered_mw, last.unserved_mw) == (0.0, 0.0, 0.0, 0.0)
    assert (last.worst_differential_bar, last.max_velocity_m_s) == (0.0, 0.0)
    assert last.status_code == NetworkStatus.SOLVED
    assert np.all(np.diff([y.stored_mwh for y in out]) <= 0.0)
    # dT/dt = -(T - T_g) U'/(C_water + C_wall) for a day, from 80 °C less what the way there had taken
    rate_1_s = 0.3 / (KG_PER_M * 4000.0 + wall_capacity_j_mk(0.1, 0.1072))
    assert last.supply_degc[1] == pytest.approx(10.0 + 70.0 * math.exp(-rate_1_s * 86_400), abs=0.6)


@EITHER
def test_all_consumers_off_and_on_again(bought: bool) -> None:
    bench = heating(bought=bought)
    off = bench.run(6.0, {})
    on = bench.run(2.0, {"hospital": 0.3, "house": 0.2, "pool": 0.1})
    assert_physical([*off, *on], 10.0, 80.0)
    assert_accounted(on)
    assert on[-1].unserved_mw == 0.0 and on[-1].status_code == NetworkStatus.SOLVED


@EITHER
def test_supply_below_the_return_set_point(bought: bool) -> None:
    """45 °C by hand against returns of 50 °C: a status that names the place; the heat rooms can still use is given."""
    network = town() if bought else town(**BOILER, gradient_k_per_h=1e4)
    bench = Bench("heat", network)
    bench.run(0.5, {"hospital": 0.1})
    out = bench.run(6.0, {"hospital": 0.1}, supply_set_degc=45.0)
    assert_physical(out, 10.0, 80.0)
    assert_accounted(out)
    assert out[-1].status_code == NetworkStatus.SUPPLY_BEYOND_RETURN
    told = bench.told("thermal_not_solvable")
    first_s = 1800 + 60 * next(k for k, y in enumerate(out) if y.status_code)
    assert [(event.t_s, event.severity) for event in told] == [(first_s, "alarm")]
    assert "supply beyond return at hospital" in told[0].message
    back = bench.run(6.0, {"hospital": 0.1})
    assert back[-1].unserved_mw == 0.0 and len(bench.told("thermal_not_solvable_over")) == 1


@EITHER
def test_a_valve_shut_by_hand(bought: bool) -> None:
    bench = heating(bought=bought)
    at = {"hospital": 0.3, "house": 0.2, "pool": 0.1}
    out = bench.run(3.0, at, valve_open_frac={"house": 0.0})
    assert_physical(out, 10.0, 80.0)
    assert all(y.substation_unserved_mw.tolist() == [0.0, 0.2, 0.0] for y in out)
    assert out[-1].status_code == NetworkStatus.NO_FLOW
    assert out[-1].substation_kg_s[1] == 0.0
    assert "no flow at house, 0 s into the step" in bench.told("thermal_not_solvable")[0].message


@EITHER
def test_a_pipe_shut_by_its_valves_cuts_off_what_lies_behind(bought: bool) -> None:
    bench = heating(bought=bought)
    at = {"hospital": 0.3, "house": 0.2, "pool": 0.1}
    out = bench.run(3.0, at, pipe_open_frac={"A-B": 0.0})
    assert_physical(out, 10.0, 80.0)
    assert all(y.substation_unserved_mw.tolist() == [0.3, 0.0, 0.0] for y in out)
    assert out[-1].differential_bar[0] == 0.0
    assert out[-1].pipe_kg_s[1] == 0.0
    assert "no flow at hospital" in bench.told("thermal_not_solvable")[0].message
    back = bench.run(3.0, at)
    assert back[-1].unserved_mw == 0.0 and back[-1].status_code == NetworkStatus.SOLVED


def test_every_pipe_shut() -> None:
    bench = heating(bought=False)
    out = bench.run(1.0, {"hospital": 0.3}, pipe_open_frac=0.0)
    assert_physical(out, 10.0, 80.0)
    assert all(y.unserved_mw == 0.3 for y in out)


@EITHER
def test_a_failed_pump(bought: bool) -> None:
    bench = heating(bought=bought)
    at = {"hospital": 0.3, "house": 0.2, "pool": 0.1}
    out = bench.run(3.0, at, pump_limit_kg_s=0.0)
    assert_physical(out, 10.0, 80.0)
    assert all(y.unserved_mw == pytest.approx(0.6) and y.delivered_mw == 0.0 and y.pump_mw == 0.0 for y in out)
    assert {y.status_code for y in out} == {NetworkStatus.NO_FLOW}
    assert bench.run(3.0, at)[-1].unserved_mw == 0.0


def test_a_weak_pump_serves_the_hospital_first() -> None:
    """Half of the flow all three need: 3.6 MW at 30 K take 30 kg/s, the hospital's 1.8 MW 15 kg/s."""
    bench = Bench("heat", town())
    out = bench.run(0.25, {"hospital": 1.8, "house": 1.2, "pool": 0.6}, pump_limit_kg_s=16.0)
    assert out[-1].substation_unserved_mw[0] == 0.0
    assert out[-1].substation_unserved_mw[2] == pytest.approx(0.6)
    assert out[-1].source_kg_s[0] == pytest.approx(16.0)
    assert_physical(out, 10.0, 80.0)


@EITHER
def test_a_producer_fails_and_returns(bought: bool) -> None:
    """The water runs down to what the exchangers cannot use (47 °C: return less an approach), not below the ground."""
    bench = heating(bought=bought)
    at = {"hospital": 0.3, "house": 0.2, "pool": 0.1}
    out = bench.run(12.0, at, plant_limit_mw=0.0)
    assert_physical(out, 10.0, 80.0)
    assert_accounted(out)
    assert all((y.external_mw, y.boiler_mw) == (0.0, 0.0) for y in out)
    assert out[-1].unserved_mw == pytest.approx(0.6, rel=0.02)
    assert bench.told("heat_unserved")
    back = bench.run(8.0, at)
    assert_physical(back, 10.0, 80.0)
    assert_accounted(back)
    assert back[-1].unserved_mw == 0.0
    assert back[-1].status_code == NetworkStatus.SOLVED
    assert len(bench.told("heat_unserved_over")) >= 1


def test_cold_fails_and_returns() -> None:
    """Chillers out: the water warms up to what rooms can make it (27 °C), not beyond."""
    bench = Bench("cooling", chilled(chillers={"units": 2, "rated_mw": 0.4}, tank=TIGHT_TANK), step_s=300)
    bench.run(0.5, {"dc": 0.5})
    out = bench.run(6.0, {"dc": 0.5}, plant_limit_mw=0.0)
    assert_physical(out, 4.0, 27.0)
    assert_accounted(out)
    assert out[-1].unserved_mw > 0.4
    assert "'dc'" in bench.told("cooling_unserved")[0].message
    back = bench.run(12.0, {"dc": 0.5})
    assert_physical(back, 4.0, 27.0)
    assert back[-1].unserved_mw == 0.0
    assert bench.told("cooling_unserved_over")


@EITHER
def test_a_supply_step_of_20_k_stays_between_old_and_new(bought: bool) -> None:
    network = town() if bought else town(**BOILER, gradient_k_per_h=1e4, max_supply_degc=110)
    network["sources"]["EC"]["return_bar"] = 5.0
    bench = Bench("heat", network)
    at = {"hospital": 0.3, "house": 0.2, "pool": 0.1}
    bench.run(1.0, at)
    for set_degc, low, high in ((100.0, 40.0, 100.0), (60.0, 40.0, 100.0)):
        out = bench.run(2.0, at, supply_set_degc=set_degc)
        assert_physical(out, low, high)
        assert out[-1].source_supply_degc[0] == pytest.approx(set_degc, abs=1e-3)
    assert not bench.told("thermal_not_solvable")


@EITHER
def test_freezing_ground(bought: bool) -> None:
    """Ground of -10 °C: in operation everything is served; standing water freezes, and the pipe is named."""
    network = town() if bought else town(**BOILER)
    network["ground_degc"] = -10.0
    network["pipes"]["A-B"]["u_w_mk"] = 3.0
    bench = Bench("heat", network, step_s=900)
    served = bench.run(6.0, {"hospital": 0.3})
    assert_physical(served, -10.0, 80.0)
    assert served[-1].unserved_mw == 0.0 and served[-1].status_code == NetworkStatus.SOLVED
    still = bench.run(48.0, {})
    assert_physical(still, -10.0, 80.0)
    assert still[-1].status_code == NetworkStatus.FREEZING_PIPE
    told = bench.told("thermal_not_solvable")
    assert "freezing" in told[0].message
    assert told[-1].message.endswith("840 s into the step") and "A-B" in told[-1].message


def test_a_graver_trouble_is_told_although_a_lesser_one_goes_on() -> None:
    """A valve is shut all the time; that a pipe freezes later is told too, once."""
    network = town()
    network["ground_degc"] = -10.0
    network["pipes"]["A-B"]["u_w_mk"] = 3.0
    bench = Bench("heat", network, step_s=900)
    bench.run(48.0, {"house": 0.2, "hospital": 0.1}, valve_open_frac={"hospital": 0.0})
    words = [event.message for event in bench.told("thermal_not_solvable")]
    assert "no flow at hospital" in words[0]
    assert "freezing pipe at A-B" in words[-1]
    assert len(words) <= 3


def test_chilled_water_below_zero_is_not_solvable_without_antifreeze() -> None:
    """-2 °C by hand from a bought source; a plant stops at its own lowest supply."""
    bench = Bench("cooling", chilled())
    bench.run(0.5, {"dc": 0.3})
    out = bench.run(2.0, {"dc": 0.3}, supply_set_degc=-2.0)
    assert_physical(out, -2.0, 18.0)
    assert out[-1].status_code in (NetworkStatus.FREEZING_NODE, NetworkStatus.FREEZING_PIPE)
    assert "freezing" in bench.told("thermal_not_solvable")[0].message

    plant = Bench("cooling", chilled(chillers={"units": 2, "rated_mw": 0.4}, gradient_k_per_h=100))
    floor = plant.run(2.0, {"dc": 0.3}, supply_set_degc=-2.0)
    assert floor[-1].source_supply_degc[0] == pytest.approx(4.0, abs=1e-6)
    assert not plant.told("thermal_not_solvable")

    glycol = chilled()
    glycol["fluid"] = glycol["fluid"] | {"freezing_degc": -15.0}
    brine = Bench("cooling", glycol)
    brine.run(2.0, {"dc": 0.3}, supply_set_degc=-2.0)
    assert not brine.told("thermal_not_solvable")


def test_a_fixed_drop_does_not_cool_water_that_is_colder_than_rooms() -> None:
    """delta_k 30 K and no heat: without a limit the water would leave at freezing. Rooms of 20 °C end it at 23 °C."""
    network = street(source={"max_mw": 0.3, "max_kg_s": 10}, house={"return_degc": None, "delta_k": 30})
    bench = Bench("heat", network)
    bench.run(0.5, {"house": 0.2})
    out = bench.run(12.0, {"house": 0.2}, plant_limit_mw=0.0)
    assert_physical(out, 23.0, 80.0)
    assert out[-1].delivered_mw < 1e-6
    assert "supply beyond return at house" in bench.told("thermal_not_solvable")[0].message


def test_a_pump_too_weak_for_a_fixed_rise_does_not_heat_chilled_water_beyond_rooms() -> None:
    """A tenth of the flow would warm the water by 50 K; rooms of 30 °C end it at 27 °C, and the rest is unserved."""
    bench = Bench("cooling", chilled(chillers={"units": 2, "rated_mw": 0.6}))
    bench.run(0.5, {"dc": 0.5})
    out = bench.run(2.0, {"dc": 0.5}, pump_limit_kg_s=2.5)
    assert_physical(out, 4.0, 27.0)
    assert out[-1].unserved_mw > 0.2


def test_a_network_colder_than_rooms_is_limited_by_its_own_supply() -> None:
    """An ambient loop of 15 °C for heat pumps with a drop of 4 K works, down to 15 - 4 - 3 = 8 °C."""
    network = street(source={"supply": 15}, house={"return_degc": None, "delta_k": 4})
    bench = Bench("heat", network | {"ground_degc": 5.0})
    assert bench.run(1.0, {"house": 0.1})[-1].unserved_mw == 0.0
    out = bench.run(24.0, {"house": 0.1}, plant_limit_mw=0.0)
    assert_physical(out, 8.0, 15.0)


@pytest.mark.parametrize("step_s", [60, 900])
def test_reversal_in_a_ring_with_two_sources_under_load(step_s: int) -> None:
    """The flow turns whenever the shares of two pumps do; temperatures stay between those of the sources."""
    network = town()
    network["nodes"] = {n: {} for n in "WABE"}
    network["pipes"] = {f"{a}-{b}": pipe(a, b, 300, u_w_mk=0.3) for a, b in ("WA", "AB", "BE", "EW")}
    network["substations"] = {n: {"node": n, "return_degc": 50} for n in "AB"}
    network["sources"] = {"west": {"node": "W", "supply": 85, "max_kg_s": 20},
                          "east": {"node": "E", "supply": 75, "share_frac": 0.5, "max_kg_s": 20}}
    bench = Bench("heat", network, step_s=step_s)
    directions = set()
    for k in range(24):
        limits = {"west": 0.0 if k % 2 else 20.0, "east": 20.0 if k % 2 else 0.0}
        out = bench.run(0.25, {"A": 0.3, "B": 0.3}, pump_limit_kg_s=limits)
        assert_physical(out, 10.0, 85.0)
        assert_accounted(out)
        directions.add(float(np.sign(out[-1].pipe_kg_s[1])))
    assert directions == {1.0, -1.0}
    assert not bench.told("thermal_not_solvable")
