"""Energy centres at work in a network: order of heat, gradient, supply curve, priorities, an empty tank."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.networks.plant.shedding import CUT_MW
from tests.simulators.networks.thermal.builders import MW_PER_KG_K, TIGHT_TANK, Bench, energy_mwh, street, town

COOLER = {"rated_mw": 0.4, "design_difference_k": 70.0}
"""70 K is 80 °C of water against 10 °C of air: its full 0.4 MW."""
AIR = {"air_temperature_degc": 10.0}


def test_surplus_of_a_chp_charges_the_tank_then_the_cooler_then_finds_no_taker() -> None:
    """1.5 MW offered, 0.6 MW needed. The tank of 50 t takes water of 83 °C (3 K above the supply) for that of 50 °C at
    its bottom, so 50 t · 4 kJ/kg K · 33 K = 1.83 MWh; then 0.4 MW are dumped and the rest is stranded."""
    plant = {"tank": TIGHT_TANK | {"initial_degc": 50.0}, "dump_cooler": COOLER}
    bench = Bench("heat", street(source={"max_kg_s": 20, "plant": plant}))
    day = bench.run(4.0, {"house": 0.6, "EC": 1.5}, **AIR)
    first, last = day[0], day[-1]
    assert first.tank_mw == pytest.approx(-0.9, rel=0.02)
    assert (first.dumped_mw, first.stranded_mw) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert -energy_mwh(day, "tank_mw") == pytest.approx(50e3 * 4000.0 * 33.0 / 3.6e9, rel=0.02)
    assert (last.tank_mw, last.dumped_mw) == (pytest.approx(0.0, abs=1e-9), pytest.approx(0.4, rel=1e-6))
    assert last.stranded_mw == pytest.approx(1.5 - 0.6 - 0.4, rel=1e-3)
    order = [next(k for k, y in enumerate(day) if getattr(y, port) > 1e-6) for port in ("dumped_mw", "stranded_mw")]
    assert 0 < order[0] <= order[1]
    told = bench.told("heat_stranded")
    assert [event.t_s for event in told] == [60 * order[1]]
    assert "CHP heat find no taker" in told[0].message and told[0].severity == "warning"
    bench.run(0.5, {"house": 1.5, "EC": 1.5}, **AIR)
    assert len(bench.told("heat_stranded_over")) == 1


def test_the_tank_gives_its_heat_back_when_the_chp_stops() -> None:
    """What was charged comes back, down to water too cold to be of use; nothing else heats."""
    plant = {"tank": TIGHT_TANK | {"initial_degc": 50.0}}
    bench = Bench("heat", street(source={"max_kg_s": 20, "plant": plant}))
    charged = bench.run(1.0, {"house": 0.4, "EC": 1.4})
    drawn = bench.run(2.0, {"house": 0.4})
    assert energy_mwh(charged, "tank_mw") == pytest.approx(-1.0, rel=0.02)
    assert energy_mwh(drawn, "tank_mw") == pytest.approx(2.0 * 0.4, rel=0.02)
    assert all(y.delivered_mw == y.demand_mw for y in drawn[:60])


def test_a_tank_drawn_empty_lets_the_supply_fall_and_says_so() -> None:
    """Nothing but a tank of 85 °C and 50 t: 1.94 MWh above the return; then the water cools to what rooms can use."""
    bench = Bench("heat", street(source={"max_kg_s": 20, "plant": {"tank": TIGHT_TANK | {"initial_degc": 85.0}}}))
    day = bench.run(12.0, {"house": 0.6})
    served_h = next(k for k, y in enumerate(day) if y.unserved_mw > 0.0) / 60.0
    assert served_h == pytest.approx(50e3 * 4000.0 * 35.0 / 3.6e9 / 0.6, rel=0.1)
    last = day[-1]
    assert last.tank_mw == pytest.approx(0.0, abs=1e-3)
    assert last.delivered_mw < 0.01
    assert last.delivered_mw + last.unserved_mw == pytest.approx(0.6)
    assert last.supply_degc.min() > 40.0 and last.supply_degc.max() <= 50.0
    assert "'house'" in bench.told("heat_unserved")[0].message
    assert "supply beyond return at house" in bench.told("thermal_not_solvable")[0].message


@pytest.mark.parametrize("source", [
    {"max_kg_s": 6, "plant": {"boiler": {"rated_mw": 4.0}, "gradient_k_per_h": 12.0}},
    {"max_gradient_k_per_h": 12.0},
])  # fmt: skip
def test_the_supply_moves_no_faster_than_the_gradient_limit(source: dict[str, object]) -> None:
    """A set-point 10 K higher is reached after 50 min at 12 K/h; in no hour does the source move by more."""
    bench = Bench("heat", street(source=source))
    bench.run(0.5, {"house": 0.5})
    degc = np.array([y.source_supply_degc[0] for y in bench.run(2.0, {"house": 0.5}, supply_set_degc=90.0)])
    assert np.all(np.diff(degc) <= 12.0 / 60.0 + 1e-9)
    assert degc[-1] == pytest.approx(90.0, abs=1e-3)
    reached_min = int(np.argmax(degc >= 89.9))
    assert 49 <= reached_min <= 60  # the header's first-order lag follows a ramp late, by a few minutes
    down = np.array([y.source_supply_degc[0] for y in bench.run(1.0, {"house": 0.5}, supply_set_degc=70.0)])
    # colder water needs more flow, which shortens the header's lag while the supply falls: 1 % faster
    assert np.all(np.diff(down) >= -12.0 / 60.0 * 1.02)


@pytest.mark.parametrize(("air_degc", "expected_degc"), [(-20.0, 90.0), (-10.0, 90.0), (0.0, 82.0), (20.0, 70.0)])
@pytest.mark.parametrize("plant", [None, {"boiler": {"rated_mw": 3.0}, "gradient_k_per_h": 1000.0}])
def test_the_supply_follows_its_curve(air_degc: float, expected_degc: float, plant: dict[str, object] | None) -> None:
    """Points (-10, 90) and (15, 70): 0.8 K per K between, constant beyond."""
    source: dict[str, object] = {"supply": {"outdoor_degc": [-10, 15], "supply_degc": [90, 70]}}
    if plant is not None:
        source |= {"plant": plant, "max_kg_s": 20}
    y = Bench("heat", street(source=source)).run(2.0, {"house": 0.5}, air_temperature_degc=air_degc)[-1]
    assert y.source_supply_degc[0] == pytest.approx(expected_degc, abs=1e-6)


def test_without_boiler_the_hospital_is_served_and_the_lowest_priority_goes_without() -> None:
    """1.2 MW asked, 0.95 MW of CHP heat are there: after the grace most of the pool (0.3) is cut, not the house."""
    bench = Bench("heat", town(boiler={"rated_mw": 2.0}), shed_after_s=600)
    at = {"hospital": 0.5, "house": 0.4, "pool": 0.3, "EC": 0.95}
    before = bench.run(2.0, at)
    assert before[-1].unserved_mw == 0.0
    out = bench.run(6.0, at, plant_limit_mw=0.0)
    hospital, house, pool = np.array([y.substation_unserved_mw for y in out]).T
    assert not pool[:10].any() and not house[:10].any(), "nobody is throttled within the grace"
    assert np.all(hospital == 0.0)
    assert all(y.boiler_mw == 0.0 for y in out)
    assert pool[-120:].mean() == pytest.approx(1.2 - 0.95 + out[-1].loss_mw, rel=0.1)
    assert house[-120:].mean() < 0.01, "but for the minutes in which a cut goes a little too far"
    for y in out:
        assert y.delivered_mw + y.unserved_mw == pytest.approx(1.2, rel=1e-6)
    assert len(bench.told("heat_unserved")) >= 1
    assert "'pool'" in bench.told("heat_unserved")[0].message


def test_a_large_shortage_is_answered_at_once() -> None:
    """A third of 1.2 MW is missing: the pool goes without from the second minute, the house in part, the hospital
    never; and the supply does not sink by more than that one minute and the water that was short of heat cost."""
    bench = Bench("heat", town(boiler={"rated_mw": 2.0}), shed_after_s=600)
    at = {"hospital": 0.5, "house": 0.4, "pool": 0.3, "EC": 0.8}
    bench.run(2.0, at)
    out = bench.run(6.0, at, plant_limit_mw=0.0)
    hospital, house, pool = np.array([y.substation_unserved_mw for y in out]).T
    assert pool[1] == pytest.approx(0.3)
    assert not hospital.any()
    assert 0.0 < house[-60:].mean() < 0.4
    assert min(y.source_supply_degc[0] for y in out) > 80.0 - 30.0 * 0.4 / 1.2 - 1.0


def test_a_shortage_until_the_boiler_has_started_is_waited_for() -> None:
    """All heat is missing for 3 min, the start of a boiler: nobody is throttled."""
    bench = Bench("heat", town(boiler={"rated_mw": 3.0, "start_s": 180, "min_off_s": 0}))
    bench.run(1.0, {"hospital": 0.5, "house": 0.4, "pool": 0.3, "EC": 1.3})
    out = bench.run(0.5, {"hospital": 0.5, "house": 0.4, "pool": 0.3})
    assert [y.boiler_mw > 0.0 for y in out[:6]] == [False, False, False, True, True, True]
    assert bench.component.state.centres.shed[CUT_MW].tolist() == [0.0]


def test_the_boiler_back_again_serves_everyone_within_hours() -> None:
    bench = Bench("heat", town(boiler={"rated_mw": 2.0}))
    at = {"hospital": 0.5, "house": 0.4, "pool": 0.3}
    bench.run(1.0, at)
    bench.run(3.0, at, plant_limit_mw=0.0)
    back = bench.run(6.0, at)
    assert back[-1].unserved_mw == 0.0
    assert back[-1].source_supply_degc[0] == pytest.approx(80.0, abs=1e-6)
    over = bench.told("heat_unserved_over")
    assert over and over[-1].t_s > 4 * 3600
    assert np.all(np.diff([y.source_supply_degc[0] for y in back]) < 20.0), "comes back without a step"


def test_a_shortage_shorter_than_the_grace_cuts_nobody() -> None:
    bench = Bench("heat", town(boiler={"rated_mw": 2.0}), shed_after_s=1800)
    at = {"hospital": 0.2, "house": 0.2, "pool": 0.2}
    bench.run(1.0, at)
    bench.run(0.25, at, plant_limit_mw=0.48)
    assert bench.component.state.centres.shed[CUT_MW].tolist() == [0.0]


def test_a_tank_request_charges_with_the_boiler_and_discharges_at_most_so_much() -> None:
    plant = {"boiler": {"rated_mw": 2.0}, "tank": TIGHT_TANK | {"initial_degc": 50.0}}
    bench = Bench("heat", street(source={"max_kg_s": 20, "plant": plant}))
    charging = bench.run(1.0, {"house": 0.5}, tank_request_mw=-0.5)
    assert charging[-1].tank_mw == pytest.approx(-0.5, rel=1e-6)
    assert charging[-1].boiler_mw == pytest.approx(1.0, rel=1e-3)
    keeping = bench.run(0.5, {"house": 0.5}, tank_request_mw=0.0)
    assert all(y.tank_mw == 0.0 for y in keeping[1:])
    giving = bench.run(0.5, {"house": 0.8}, tank_request_mw=0.2)
    assert giving[-1].tank_mw == pytest.approx(0.2, rel=1e-6)
    assert giving[-1].boiler_mw == pytest.approx(0.6, rel=1e-3)


def test_a_run_begins_with_the_centre_in_operation() -> None:
    """No dip while a boiler starts from cold that was running all along; one nobody needs stops at once."""
    needed = Bench("heat", town(boiler={"rated_mw": 3.0, "start_s": 600}))
    assert all(y.source_supply_degc[0] == pytest.approx(80.0) for y in needed.run(1.0, {"hospital": 0.5}))
    idle = Bench("heat", town(boiler={"rated_mw": 3.0}))
    y = idle.step({"hospital": 0.5, "EC": 1.0})
    assert (y.boiler_mw, y.gas_mw) == (0.0, 0.0)


def test_the_plants_own_initial_supply_holds_where_it_is_given() -> None:
    plant = {"boiler": {"rated_mw": 3.0}, "initial_supply_degc": 74.0}
    y = Bench("heat", street(source={"max_kg_s": 20, "plant": plant})).step({"house": 0.5})
    assert y.source_supply_degc[0] == pytest.approx(74.0)
    assert y.supply_degc[1] == pytest.approx(80.0)


def test_gas_follows_the_boiler_heat() -> None:
    bench = Bench("heat", street(source={"max_kg_s": 20, "plant": {"boiler": {"rated_mw": 1.0, "standby_frac": 0.0,
                                                                             "rated_efficiency": 0.9,
                                                                             "dew_point_degc": 40}}}))
    y = bench.run(1.0, {"house": 0.7})[-1]
    assert y.gas_mw == pytest.approx(-0.7 / 0.9, rel=1e-6)
    assert y.boiler_loss_mw == pytest.approx(0.7 / 0.9 - 0.7, rel=1e-5)
    assert y.source_kg_s[0] * MW_PER_KG_K * 30.0 == pytest.approx(0.7, rel=1e-6)
