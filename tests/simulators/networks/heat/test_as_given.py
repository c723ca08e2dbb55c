"""A source whose water is as given: there is a plant with its own water behind it, which the pipes take as it comes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.spec import Consumer, NetworkSpec, Source
from tests.simulators.networks.heat.builders import WATER, assert_balanced, pipe, spec, started

CP_MW = WATER.heat_capacity_j_kg_k * 1e-6
"""MW per kg/s and K."""


def with_source(**of_source: object) -> NetworkSpec:
    """2 kg/s circulate without heat being taken: supply water comes back as return."""
    source = Source("plant", "plant", **of_source)  # type: ignore[arg-type]
    network = spec([pipe("0", "plant", "a")], [Consumer("a", "a", delta_k=1.0, bypass_kg_s=2.0)])
    return replace(network, sources=(source,))


def test_water_as_given_is_taken_even_if_it_is_colder_than_the_return() -> None:
    """An ordinary source does not cool; behind this one a plant may stand that is out of heat."""
    given, ordinary = (ThermalNetwork(with_source(as_given=flag)) for flag in (True, False))
    for network, expected_degc in ((given, 60.0), (ordinary, 80.0)):
        state, inputs = started(network, 80.0, 80.0)
        inputs.sources["supply_degc"] = 60.0
        result = network.advance(state, 60.0, 60.0, inputs)
        assert result.sources["supply_degc"][0] == pytest.approx(expected_degc)
        assert result.sources["heat_mw"][0] == pytest.approx(2.0 * CP_MW * (expected_degc - 80.0))
        assert_balanced(result, 60.0)


def test_no_limit_of_heat_holds_for_water_as_given() -> None:
    """What the plant can do shows in the temperature it gives."""
    network = ThermalNetwork(with_source(as_given=True))
    state, inputs = started(network, 80.0, 50.0)
    inputs.sources["supply_degc"], inputs.sources["limit_mw"] = 90.0, 0.0
    result = network.advance(state, 60.0, 60.0, inputs)
    assert result.sources["supply_degc"][0] == pytest.approx(90.0)
    assert result.sources["heat_mw"][0] == pytest.approx(2.0 * CP_MW * (90.0 - 50.0))


def test_a_gradient_limit_holds_for_water_as_given_too() -> None:
    network = ThermalNetwork(with_source(as_given=True, max_gradient_k_h=60.0))
    state, inputs = started(network, 80.0, 80.0)
    inputs.sources["supply_degc"] = 70.0
    result = network.advance(state, 120.0, 60.0, inputs)
    assert state.source_degc[0] == pytest.approx(78.0)
    assert result.sources["supply_degc"][0] == pytest.approx((79.0 + 78.0) / 2.0)


def test_one_source_as_given_beside_an_ordinary_one() -> None:
    network = ThermalNetwork(spec(
        [pipe("1", "plant", "a"), pipe("2", "a", "boiler")], [Consumer("a", "a", delta_k=30.0)],
        [Source("plant", "plant", as_given=True), Source("boiler", "boiler")]))
    state, inputs = started(network, 80.0, 50.0)
    inputs.consumers["heat_mw"] = 4.0 * CP_MW * 30.0
    inputs.sources["share_frac"] = [0.0, 0.5]
    inputs.sources["supply_degc"] = [40.0, 40.0]
    result = network.advance(state, 60.0, 60.0, inputs)
    assert result.sources["supply_degc"].tolist() == pytest.approx([40.0, 50.0])
    assert_balanced(result, 60.0)
