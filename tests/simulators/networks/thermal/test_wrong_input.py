"""Inputs no network can act on are refused by name; parameters and networks that make no sense by place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.networks.thermal_network import HeatParams
from tests.simulators.networks.thermal.builders import Bench, chilled, street, town
from twin.errors import ComponentError, ScenarioError

PLANT = {"boiler": {"rated_mw": 1.0}}


@pytest.mark.parametrize(("at", "more", "words"), [
    ({"hospital": math.nan}, {}, r"heat_mw at 'hospital' is nan; check the assets there"),
    ({"pool": math.inf}, {}, r"heat_mw at 'pool' is -inf"),
    ({"EC": math.nan}, {}, r"heat_mw at 'EC' is nan"),
    ({"house": -0.2}, {}, r"heat_mw at substation 'house' is 0\.2 MW, but substations only take; what generates "
                          r"stands on a source with a plant"),
    ({"EC": -0.2}, {}, r"heat_mw at source 'EC' is -0\.2 MW: a demand needs a substation; add one at the same node"),
    ({}, {"air_temperature_degc": math.nan}, r"air_temperature_degc is nan; .*connect a weather"),
    ({}, {"pipe_open_frac": {"A-B": math.nan}}, r"pipe_open_frac of 'A-B' is nan"),
    ({}, {"valve_open_frac": {"pool": math.nan}}, r"consumers open_frac of number 2 is nan"),
    ({}, {"valve_open_frac": -0.1}, r"consumers open_frac of number 0 is -0\.1; it must be 0 or more"),
    ({}, {"pump_limit_kg_s": math.nan}, r"sources max_kg_s of number 0 is nan"),
    ({}, {"pump_limit_kg_s": -1.0}, r"sources max_kg_s of number 0 is -1"),
    ({}, {"plant_limit_mw": math.nan}, r"boiler_limit_mw of an energy centre is nan"),
    ({}, {"plant_limit_mw": -1.0}, r"boiler_limit_mw of an energy centre is -1\.0; it must be a number, 0 or more"),
    ({}, {"tank_request_mw": math.inf}, r"tank_request_mw of an energy centre is inf"),
    ({}, {"supply_set_degc": math.inf}, r"setpoint_degc of an energy centre is inf"),
    ({}, {"drive_request_mw": math.nan}, r"drive_request_mw is nan"),
])  # fmt: skip
def test_an_input_that_is_no_number_or_has_the_wrong_sign_is_named(
    at: dict[str, float], more: dict[str, Any], words: str
) -> None:
    bench = Bench("heat", town(**PLANT))
    bench.step({"hospital": 0.1})
    before = bench.exact_state
    with pytest.raises(ComponentError, match=words):
        bench.step(at, **more)
    assert bench.exact_state == before, "a refused step changes nothing"
    assert bench.step({"hospital": 0.1}).unserved_mw == 0.0


@pytest.mark.parametrize("share_frac", [-0.01, 1.01, math.nan, math.inf])
@pytest.mark.parametrize("plant", [{"chillers": {"rated_mw": 0.5}}, {"absorption": {"rated_mw": 0.5}}])
def test_a_share_of_drive_heat_is_between_nothing_and_all(plant: dict[str, Any], share_frac: float) -> None:
    """It was asked for by the cooling network itself: more would be heat nobody gave, less than nothing none at all."""
    bench = Bench("cooling", chilled(**plant))
    with pytest.raises(ComponentError, match=r"drive_share_frac is \S+; it is the share .* gets, 0 to 1: connect"):
        bench.step({"dc": 0.1}, drive_share_frac=share_frac)


@pytest.mark.parametrize(("more", "words"), [
    ({"feed_kg_s": math.nan}, "feeds flow_kg_s of number 0 is nan"),
    ({"feed_degc": math.inf}, "feeds degc of number 0 is inf"),
    ({"extraction_mw": math.nan}, "extractions heat_mw of number 0 is nan"),
    ({"plant_limit_mw": math.nan}, "sources limit_mw of number 0 is nan"),
    ({"supply_set_degc": -math.inf}, "sources supply_degc of number 0 is -inf"),
])
def test_feeds_extractions_and_bought_heat(more: dict[str, float], words: str) -> None:
    network = street() | {"feeds": {"tank": {"node": "H"}}, "extractions": {"pump": {"node": "H"}}}
    with pytest.raises(ComponentError, match=words):
        Bench("heat", network).step({"house": 0.1}, **more)


def test_chp_heat_needs_a_source_with_a_plant() -> None:
    with pytest.raises(ComponentError, match=r"heat_mw at source 'EC' is 0\.5 MW, but nothing there can take it; "
                                             r"give the source a 'plant:'"):
        Bench("heat", town()).step({"EC": 0.5})
    with pytest.raises(ComponentError, match=r"cooling_mw at source 'EC' is 0\.5 MW"):
        Bench("cooling", chilled(chillers={"units": 1, "rated_mw": 1.0})).step({"EC": 0.5})


@pytest.mark.parametrize(("more", "words"), [
    ({"wet_bulb_degc": math.nan}, r"wet_bulb_degc of an energy centre is nan"),
    ({"drive_degc": math.nan}, "drive_degc of an energy centre is nan"),
    ({"drive_share_frac": math.nan}, "drive_share_frac is nan"),
    ({"plant_limit_mw": -0.5}, "chiller_limit_mw of an energy centre is -0.5"),
])
def test_inputs_of_a_cooling_plant(more: dict[str, float], words: str) -> None:
    plant = {"chillers": {"units": 1, "rated_mw": 1.0}, "absorption": {"rated_mw": 1.0}}
    bench = Bench("cooling", chilled(**plant))
    before = bench.exact_state
    with pytest.raises(ComponentError, match=words):
        bench.step({"dc": 0.1}, **more)
    assert bench.exact_state == before


def test_a_valve_is_open_at_most() -> None:
    """More than 1 lets no more through than the largest flow."""
    bench = Bench("heat", street(house={"max_kg_s": 2.0}))
    assert bench.step({"house": 1.0}, valve_open_frac=5.0).substation_kg_s[0] == pytest.approx(2.0)


@pytest.mark.parametrize(("params", "words"), [
    ({}, "exactly one of file and inline is needed; none given"),
    ({"inline": street(), "file": "x.yaml"}, "exactly one of file and inline is needed; 2 given"),
    ({"inline": street(), "changes": {"pipes": {}}}, "'changes' apply to a network file; there is none"),
    ({"inline": street(), "substep_s": 0.5}, "greater than or equal to 1"),
    ({"inline": street(), "shed_after_s": -1}, "greater than or equal to 0"),
])
def test_parameters_that_do_not_fit_are_refused(params: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        HeatParams.model_validate(params)


def test_a_node_without_connection_is_named() -> None:
    network = town()
    network["nodes"]["ISLAND"] = {}
    network["substations"]["hut"] = {"node": "ISLAND", "return_degc": 50}
    with pytest.raises(ScenarioError, match=r"node 'ISLAND' is not connected to any source \(at 'EC'\)"):
        Bench("heat", network)


def test_a_substation_at_a_node_that_does_not_exist_gets_a_suggestion() -> None:
    network = town()
    network["substations"]["pool"] = {"node": "AA", "return_degc": 50}
    with pytest.raises(ScenarioError, match=r"substations pool: node 'AA' does not exist; did you mean 'A'"):
        Bench("heat", network)


def test_a_cooling_plant_has_no_place_in_a_heating_network() -> None:
    network = town()
    network["sources"]["EC"]["plant"] = {"chillers": {"units": 1, "rated_mw": 1.0}}
    with pytest.raises(ValidationError, match="chillers"):
        HeatParams.model_validate({"inline": network})


def test_one_value_holds_for_all_terminals() -> None:
    bench = Bench("heat", town())
    y = bench.component.step(0, 60, bench.component.Inputs(heat_mw=0.0))
    assert y.substation_demand_mw.tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(ComponentError, match="hospital"):
        bench.component.step(60, 60, bench.component.Inputs(heat_mw=np.nan))
