"""How far a substation that holds a fixed difference may cool (or warm) the water, where its file does not say."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.networks.thermal_file import CoolingNetworkFile, HeatNetworkFile
from simulators.networks.thermal_source import network_spec
from tests.simulators.networks.thermal.builders import chilled, street


def limit_degc(network: dict[str, Any], kind: Any = HeatNetworkFile) -> float:
    """Of the only substation, as the engine is told."""
    spec = network_spec(kind.model_validate(network))
    return float(spec.consumers[0].return_limit_degc(spec.service, spec.fluid.freezing_degc))


@pytest.mark.parametrize(("supply", "delta_k", "expected_degc"), [
    (80.0, 30.0, 23.0),     # rooms of 20 °C and an approach of 3 K
    (80.0, 60.0, 17.0),     # it asks for 20 °C itself: one approach more is in reserve
    (15.0, 4.0, 8.0),       # an ambient loop for heat pumps
    ({"outdoor_degc": [-5, 20], "supply_degc": [90, 70]}, 48.0, 19.0),  # the mildest weather counts
])  # fmt: skip
def test_heat_is_taken_down_to_room_temperature(supply: Any, delta_k: float, expected_degc: float) -> None:
    network = street(source={"supply": supply}, house={"return_degc": None, "delta_k": delta_k})
    assert limit_degc(network) == pytest.approx(expected_degc)


@pytest.mark.parametrize(("supply_degc", "delta_k", "expected_degc"), [(7.0, 5.0, 27.0), (25.0, 10.0, 38.0)])
def test_cold_is_taken_up_to_room_temperature(supply_degc: float, delta_k: float, expected_degc: float) -> None:
    network = chilled()
    network["sources"]["EC"]["supply"] = supply_degc
    network["substations"]["dc"]["delta_k"] = delta_k
    assert limit_degc(network, CoolingNetworkFile) == pytest.approx(expected_degc)


def test_a_file_that_names_the_buildings_return_is_obeyed() -> None:
    house = {"return_degc": None, "delta_k": 30, "secondary_return_degc": 35, "approach_k": 4}
    assert limit_degc(street(house=house)) == pytest.approx(39.0)


def test_with_a_return_set_point_one_approach_is_in_reserve() -> None:
    assert limit_degc(street()) == pytest.approx(47.0)
