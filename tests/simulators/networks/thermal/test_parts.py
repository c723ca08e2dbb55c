"""Networks of several parts: each has its own shortage, and none can bring temperatures that are no numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulators.networks.plant.place import Place
from simulators.networks.plant.shedding import CUT_MW, SHORT_S
from tests.simulators.networks.thermal.builders import FLUID, Bench, pipe, street
from twin.errors import ComponentError


def west_and_east(**joined: Any) -> dict[str, Any]:
    """West: a boiler of 1 MW for 1.5 MW; east: one of 3 MW for a villa of the last priority."""
    return {
        "fluid": FLUID,
        "nodes": {n: {} for n in "WAEB"},
        "pipes": {"W-A": pipe("W", "A"), "E-B": pipe("E", "B")} | joined,
        "substations": {"hospital": {"node": "A", "return_degc": 50, "priority": 1},
                        "house": {"node": "A", "return_degc": 50, "priority": 2},
                        "villa": {"node": "B", "return_degc": 50, "priority": 3}},
        "sources": {name: {"node": name, "supply": 80, "max_kg_s": 30, "plant": {"boiler": {"rated_mw": rated_mw}}}
                    for name, rated_mw in (("W", 1.0), ("E", 3.0))},
    }


AT = {"hospital": 0.8, "house": 0.7, "villa": 1.0}


def test_a_shortage_in_the_west_leaves_the_east_alone() -> None:
    bench = Bench("heat", west_and_east())
    out = bench.run(6.0, AT)
    hospital, house, villa = np.array([y.substation_unserved_mw for y in out]).T
    assert not villa.any() and not hospital.any()
    assert house[-180:].mean() == pytest.approx(0.5, rel=0.05)
    assert np.mean([y.boiler_mw for y in out[-180:]]) == pytest.approx(2.0, rel=0.02), "all there is is used"


def test_the_villa_pays_for_the_house_once_a_valve_joins_both() -> None:
    """A shut pipe between A and B: opened, west and east have 2.5 MW, all are served; with the eastern boiler down to
    1 MW, 2 of 2.5 MW are there and the villa is the last."""
    network = west_and_east(**{"A-B": pipe("A", "B")})
    network["sources"]["E"]["share_frac"] = 0.5
    bench = Bench("heat", network)
    shut = bench.run(3.0, AT, pipe_open_frac={"A-B": 0.0})
    assert shut[-1].substation_unserved_mw[1] > 0.3 and shut[-1].substation_unserved_mw[2] == 0.0
    bench.run(6.0, AT)
    opened = bench.run(1.0, AT)
    assert all(y.unserved_mw == 0.0 for y in opened)
    short = bench.run(6.0, AT, plant_limit_mw={"E": 1.0})
    hospital, house, villa = np.array([y.substation_unserved_mw for y in short]).T
    assert not hospital.any()
    assert villa[-120:].mean() == pytest.approx(0.5, rel=0.1) and house[-120:].mean() < 0.05
    memory = bench.component.state.centres.shed
    assert memory[CUT_MW, 0] > 0.3 and memory[SHORT_S, 1] == memory[CUT_MW, 1] == 0.0


@pytest.mark.parametrize("supply", [{"plant": {"boiler": {"rated_mw": 1.0}}}, {"max_mw": 1.0}])
def test_a_part_with_a_feed_and_no_substation_has_temperatures(supply: dict[str, Any]) -> None:
    """1 kg/s of 80 °C charge a tank, which returns 40 °C: 0.16 MW; no header without water is divided by."""
    network = street(source={**supply, "max_kg_s": 5})
    network["substations"], network["feeds"] = {}, {"tank": {"node": "H"}}
    y = Bench("heat", network).run(3.0, {}, feed_kg_s=-1.0, feed_degc=40.0)[-1]
    assert y.source_supply_degc[0] == pytest.approx(80.0, abs=0.02)
    assert y.plant_mw + y.external_mw == pytest.approx(0.16, rel=5e-3)
    assert y.feed_mw == pytest.approx(-0.16, rel=5e-3)


@pytest.mark.parametrize("header_kg", [0.0, float("inf"), float("nan")])
def test_a_header_holds_water(header_kg: float) -> None:
    with pytest.raises(AssertionError, match="the header of source 1 holds"):
        Place(1, header_kg)


@pytest.mark.parametrize("place", ["water", "header", "bought", "tank"])
def test_temperatures_that_are_no_numbers_are_never_solved(place: str) -> None:
    """Whatever made them: the step fails instead of reporting a solved network."""
    tank = {"volume_m3": 10, "height_m": 3}
    network = west_and_east()
    network["sources"]["W"]["plant"]["tank"] = tank
    network["sources"]["E"] = {"node": "E", "supply": 80, "max_kg_s": 30}
    bench = Bench("heat", network)
    bench.step(AT)
    state = bench.component.state
    array = {"water": state.water.lines, "header": state.centres.header_degc, "bought": state.centres.bought_degc,
             "tank": state.centres.layers_degc}[place]
    array.flat[-1] = np.nan
    with pytest.raises(ComponentError, match="no longer numbers"):
        bench.step(AT)
