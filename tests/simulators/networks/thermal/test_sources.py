"""Bought heat with a limit, several sources, feeds and extractions beside an energy centre."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.simulators.networks.thermal.builders import MW_PER_KG_K, Bench, chilled, pipe, street, town


def ring(**second: Any) -> dict[str, Any]:
    """W - A - B - E - W: a source at W and one at E, houses at A and B."""
    network = town()
    nodes = ("W", "A", "B", "E")
    network["nodes"] = {n: {} for n in nodes}
    network["pipes"] = {f"{a}-{b}": pipe(a, b, 200) for a, b in zip(nodes, (*nodes[1:], "W"), strict=True)}
    network["substations"] = {n: {"node": n, "delta_k": 30} for n in ("A", "B")}
    network["sources"] = {"west": {"node": "W", "supply": 80, "max_kg_s": 10},
                          "east": {"node": "E", "supply": 80, "share_frac": 0.5, **second}}
    return network


def test_bought_heat_is_what_the_source_gives() -> None:
    y = Bench("heat", street()).run(2.0, {"house": 0.4})[-1]
    assert (y.external_mw, y.source_mw[0]) == (pytest.approx(0.4), y.external_mw)
    assert (y.plant_mw, y.boiler_mw, y.gas_mw) == (0.0, 0.0, 0.0)


def test_more_than_can_be_bought_lowers_the_supply_and_is_recorded() -> None:
    """0.3 MW at most against 0.5 MW asked: in the end the house gets 0.3 MW, at a supply just above its return."""
    bench = Bench("heat", street(source={"max_mw": 0.3, "max_kg_s": 10}))
    y = bench.run(6.0, {"house": 0.5})[-1]
    assert y.external_mw == pytest.approx(0.3, rel=1e-3)
    assert (y.delivered_mw, y.unserved_mw) == (pytest.approx(0.3, rel=1e-3), pytest.approx(0.2, rel=2e-3))
    assert y.source_supply_degc[0] < 80.0
    assert bench.told("heat_unserved")


def test_the_purchase_can_be_cut_by_hand_and_comes_back() -> None:
    bench = Bench("heat", street(source={"max_mw": 1.0, "max_kg_s": 10}))
    bench.run(0.5, {"house": 0.4})
    cut = bench.run(3.0, {"house": 0.4}, plant_limit_mw=0.0)
    assert cut[-1].external_mw == pytest.approx(0.0, abs=1e-6)
    assert cut[-1].unserved_mw == pytest.approx(0.4, rel=1e-3)
    assert cut[-1].supply_degc.min() > 45.0
    back = bench.run(2.0, {"house": 0.4})
    assert back[-1].unserved_mw == 0.0
    assert back[-1].external_mw == pytest.approx(0.4)


@pytest.mark.parametrize("step_s", [60, 900])
def test_the_limit_of_what_is_bought_holds_in_every_step_whatever_happens(step_s: int) -> None:
    """0.3 MW, or what a hand allows of them; demand, return and an evaporator in it jump."""
    network = street(source={"max_mw": 0.3, "max_kg_s": 20})
    network["extractions"] = {"pump": {"node": "EC", "min_degc": 20}}
    bench, rng = Bench("heat", network, step_s=step_s), np.random.default_rng(0)
    for k in range(200):
        limit_mw = 0.1 if k % 20 == 7 else math.inf
        y = bench.step({"house": float(rng.choice([0.0, 0.1, 0.6, 1.5]))}, plant_limit_mw=limit_mw,
                       extraction_mw=float(rng.choice([0.0, 0.15])))
        assert 0.0 <= y.external_mw <= min(0.3, limit_mw) * (1.0 + 1e-12)


def test_bought_heat_out_of_service_gives_nothing_from_the_first_minute() -> None:
    bench = Bench("heat", street(1000.0, source={"max_kg_s": 20}))
    bench.run(1.0, {"house": 1.0})
    assert all(y.external_mw == 0.0 for y in bench.run(2.0, {"house": 1.0}, plant_limit_mw=0.0))


@pytest.mark.parametrize("limits", [{}, {"max_kg_s": 20}, {"max_kg_s": 20, "max_mw": 5.0}])
def test_a_supply_that_can_give_enough_stays_exactly_at_its_set_point(limits: dict[str, float]) -> None:
    """With or without a header, also one that is not the first and has another temperature."""
    network = ring(**limits)
    network["sources"]["east"]["supply"] = 75
    bench = Bench("heat", network)
    for demand_mw in (0.24, 0.5, 0.0, 0.1):
        for y in bench.run(0.25, {"A": demand_mw, "B": 0.24}):
            assert y.source_supply_degc[1] == 75.0


def test_bought_cold_with_a_limit() -> None:
    """Cold is positive: 0.2 of 0.3 MW; the water gets no warmer than rooms can make it (30 °C less 3 K)."""
    network = chilled()
    network["sources"]["EC"] |= {"max_mw": 0.2}
    y = Bench("cooling", network).run(8.0, {"dc": 0.3})[-1]
    assert y.external_mw == pytest.approx(0.2, rel=1e-2)
    assert y.unserved_mw == pytest.approx(0.3 - y.delivered_mw)
    assert y.delivered_mw == pytest.approx(y.external_mw - y.loss_mw, rel=1e-2)
    assert y.return_degc.max() <= 27.0 + 1e-9


def test_two_sources_share_the_flow_as_the_file_says() -> None:
    y = Bench("heat", ring()).run(2.0, {"A": 0.24, "B": 0.24})[-1]
    assert y.source_kg_s == pytest.approx([2.0, 2.0], rel=1e-6)
    assert y.source_mw == pytest.approx([0.24, 0.24], rel=1e-6)
    assert y.external_mw == pytest.approx(0.48)


def test_a_plant_and_bought_heat_add_up() -> None:
    """2 kg/s each: 0.1 MW lift the east's water by 12.5 K only, the return r settles at (80 + r + 12.5)/2 - 30 K."""
    network = ring(max_mw=0.1, max_kg_s=3)
    del network["pipes"]["E-W"]
    network["sources"]["west"]["plant"] = {"boiler": {"rated_mw": 1.0}}
    network["substations"] = {"A": {"node": "A", "delta_k": 30}}
    y = Bench("heat", network, step_s=900).run(14.0, {"A": 0.48})[-1]
    assert y.source_return_degc == pytest.approx([32.5, 32.5], abs=0.05)
    assert y.external_mw == pytest.approx(0.1, rel=2e-3)
    assert y.boiler_mw == pytest.approx(2.0 * MW_PER_KG_K * (80.0 - 32.5), rel=2e-3)
    assert y.boiler_mw + y.external_mw == pytest.approx(0.48, rel=2e-3)
    assert y.plant_mw == pytest.approx(y.source_mw[0], rel=1e-3)
    assert y.unserved_mw == 0.0


def test_a_side_of_a_ring_that_gets_too_little_heat_cools_to_what_rooms_can_use() -> None:
    """West and east feed a house each; 0.1 of 0.24 MW in the east, so B's water cools to 20 °C of rooms + 3 K."""
    y = Bench("heat", ring(max_mw=0.1, max_kg_s=3)).run(6.0, {"A": 0.24, "B": 0.24})[-1]
    assert y.substation_unserved_mw == pytest.approx([0.0, 0.14], rel=1e-2, abs=1e-9)
    assert y.substation_return_degc == pytest.approx([50.0, 23.0], abs=0.01)


def test_when_the_pump_of_one_source_fails_the_other_takes_over_and_the_ring_flows_back() -> None:
    """Flow reversal in A-B: half and half at first, then all from the east, then all from the west."""
    bench = Bench("heat", ring())
    at = {"A": 0.24, "B": 0.24}
    bench.run(1.0, at)
    from_east = bench.run(1.0, at, pump_limit_kg_s={"west": 0.0})[-1]
    from_west = bench.run(1.0, at, pump_limit_kg_s={"east": 0.0})[-1]
    assert from_east.source_kg_s == pytest.approx([0.0, 4.0], abs=1e-9)
    assert from_west.source_kg_s == pytest.approx([4.0, 0.0], abs=1e-9)
    assert from_east.pipe_kg_s[1] < 0.0 < from_west.pipe_kg_s[1]
    assert (from_east.unserved_mw, from_west.unserved_mw) == (0.0, 0.0)
    assert not bench.told("thermal_not_solvable")


def test_charging_over_a_feed_never_moves_more_water_than_the_plants_pump() -> None:
    """The header behind a plant holds what its largest flow moves in a sub-step. Substations of 0.5 MW in all at 30 K
    need 4.17 kg/s; 50 kg/s of charging get what is left of that, and the header's water stays between its inflows."""
    network = street(house={"max_mw": 0.5}, source={"plant": {"boiler": {"rated_mw": 5.0}}})
    network["feeds"] = {"tank": {"node": "H"}}
    bench = Bench("heat", network)
    for _ in range(60):
        y = bench.step({"house": 0.3}, feed_kg_s=-50.0, feed_degc=40.0)
        assert y.source_kg_s[0] <= 0.5 / (MW_PER_KG_K * 30.0) * (1.0 + 1e-12)
        assert 40.0 <= y.source_supply_degc[0] <= 80.0 + 1e-9
    assert -y.feed_flow_kg_s[0] == pytest.approx(0.2 / (MW_PER_KG_K * 30.0), rel=0.01)
    assert y.feed_mw == pytest.approx(y.feed_flow_kg_s[0] * MW_PER_KG_K * (80.0 - 40.0), rel=0.01)


def test_a_feed_gives_heat_and_an_extraction_takes_it_out_of_the_return() -> None:
    """1 kg/s at 75 °C for water of 50 °C is 0.1 MW; an evaporator takes 0.02 MW; the source gives the rest."""
    network = street()
    network["feeds"], network["extractions"] = {"solar": {"node": "H"}}, {"pump": {"node": "H"}}
    y = Bench("heat", network).run(2.0, {"house": 0.24}, feed_kg_s=1.0, feed_degc=75.0, extraction_mw=0.02)[-1]
    assert y.feed_drawn_degc[0] == pytest.approx(50.0, abs=0.01)
    assert y.feed_mw == pytest.approx(1.0 * MW_PER_KG_K * 25.0, rel=1e-3)
    assert y.extraction_mw == pytest.approx(0.02)
    assert y.extraction_inlet_degc[0] == pytest.approx(50.0, abs=0.01)
    assert y.external_mw + y.feed_mw == pytest.approx(0.24 + 0.02, rel=1e-3)


def test_each_of_two_energy_centres_has_its_own_supply_and_limit() -> None:
    network = ring(max_kg_s=10, plant={"boiler": {"rated_mw": 1.0}})
    network["sources"]["west"]["plant"] = {"boiler": {"rated_mw": 1.0}}
    bench = Bench("heat", network)
    y = bench.run(3.0, {"A": 0.24, "B": 0.24}, supply_set_degc={"west": 85.0, "east": 75.0})[-1]
    assert y.source_supply_degc == pytest.approx([85.0, 75.0], abs=1e-3)
    out = bench.run(3.0, {"A": 0.24, "B": 0.24}, plant_limit_mw={"east": 0.0})[-1]
    assert out.source_mw[1] == pytest.approx(0.0, abs=1e-4)
    assert out.boiler_mw == pytest.approx(out.source_mw[0], rel=1e-3)
    assert np.all(out.source_kg_s > 0.0)


def test_what_can_be_bought_goes_to_the_hospital_first_after_the_grace() -> None:
    """0.6 of 1.2 MW: pool (0.3) and most of the house (0.4) go without, the hospital (0.5) not at all."""
    network = town()
    network["sources"]["EC"]["max_mw"] = 0.6
    bench = Bench("heat", network)
    at = {"hospital": 0.5, "house": 0.4, "pool": 0.3}
    out = bench.run(6.0, at)
    hospital, house, pool = np.array([y.substation_unserved_mw for y in out]).T
    assert hospital.sum() / 60.0 < 0.01, "but for the minutes in which its valve follows the water's front"
    last_hours = slice(-180, None)
    assert hospital[last_hours].max() == 0.0
    assert pool[last_hours].mean() == pytest.approx(0.3, rel=0.05)
    delivered_mw = np.mean([y.delivered_mw for y in out[last_hours]])
    assert delivered_mw == pytest.approx(0.6 - out[-1].loss_mw, rel=0.02), "and all that can be bought is used"
    assert house[last_hours].mean() == pytest.approx(1.2 - 0.3 - delivered_mw, rel=0.1)
