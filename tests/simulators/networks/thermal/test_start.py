"""How a run begins: with water as the weather of its first step asks for it, whenever that comes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.simulators.networks.thermal.builders import TIGHT_TANK, Bench, chilled, street

CURVE = {"outdoor_degc": [-10, 10], "supply_degc": [90, 70]}
WARM_TANK = TIGHT_TANK | {"initial_degc": 66.0}
COLD = {"air_temperature_degc": -10.0}


def weather_led(**source: Any) -> dict[str, Any]:
    return street(house={"delta_k": 30, "return_degc": None}, source={"supply": CURVE, "max_kg_s": 20, **source})


@pytest.mark.parametrize("source", [
    {}, {"max_mw": 2.0}, {"max_mw": 2.0, "max_gradient_k_per_h": 10}, {"plant": {"boiler": {"rated_mw": 2.0}}}])
@pytest.mark.parametrize(("air_degc", "supply_degc"), [(-10.0, 90.0), (0.0, 80.0), (30.0, 70.0)])
def test_pipes_headers_and_plants_begin_at_the_first_weather(
    source: dict[str, Any], air_degc: float, supply_degc: float
) -> None:
    """A kettle of a network that starts in winter is not 20 K too cold; the return follows with its 30 K."""
    out = Bench("heat", weather_led(**source)).run(0.5, {"house": 0.5}, air_temperature_degc=air_degc)
    for y in out:
        assert y.source_supply_degc[0] == pytest.approx(supply_degc, abs=1e-9)
        assert y.substation_supply_degc[0] == pytest.approx(supply_degc, abs=1e-9)
        assert y.source_return_degc[0] == pytest.approx(supply_degc - 30.0, abs=1e-9)
        assert y.unserved_mw == 0.0


def test_the_tank_keeps_its_own_beginning() -> None:
    bench = Bench("heat", weather_led(plant={"boiler": {"rated_mw": 2.0}, "tank": WARM_TANK}))
    bench.step({}, **COLD)
    assert bench.component.state.centres.layers_degc == pytest.approx(np.full((1, 10), 66.0))


def test_a_given_beginning_holds_in_any_weather() -> None:
    bench = Bench("heat", weather_led(plant={"boiler": {"rated_mw": 2.0}}), initial_supply_degc=65.0,
                  initial_return_degc=45.0)
    y = bench.step({"house": 0.5}, **COLD)
    assert (y.source_supply_degc[0], y.source_return_degc[0]) == pytest.approx((65.0, 45.0))


def test_each_source_begins_at_its_own_supply() -> None:
    network = weather_led()
    network["sources"]["far"] = {"node": "H", "supply": 75, "share_frac": 0.5, "max_kg_s": 20,
                                 "plant": {"boiler": {"rated_mw": 2.0}}}
    y = Bench("heat", network).step({"house": 0.5}, **COLD)
    assert y.source_supply_degc == pytest.approx([90.0, 75.0])


def test_only_the_first_step_begins() -> None:
    """The weather turns by 20 K after a minute: no water jumps with it."""
    bench = Bench("heat", weather_led(plant={"boiler": {"rated_mw": 2.0}, "gradient_k_per_h": 15}))
    bench.step({"house": 0.5}, **COLD)
    y = bench.step({"house": 0.5}, air_temperature_degc=10.0)
    assert 90.0 - 0.25 - 1e-9 <= y.source_supply_degc[0] <= 90.0
    assert y.supply_degc[1] == pytest.approx(90.0)


@pytest.mark.parametrize("steps_before", [0, 1])
def test_a_snapshot_before_the_first_step_begins_in_the_same_way(steps_before: int) -> None:
    def bench() -> Bench:
        return Bench("heat", weather_led(max_mw=2.0))

    whole, first, second = bench(), bench(), bench()
    for _ in range(steps_before):
        whole.step({"house": 0.5}, **COLD)
        first.step({"house": 0.5}, **COLD)
    second.component.restore(first.component.snapshot())
    for each in (whole, second):
        each.run(0.1, {"house": 0.5}, air_temperature_degc=0.0)
    assert whole.exact_state == second.exact_state


def test_what_is_stored_counts_from_the_first_weather() -> None:
    """Content before the first step = content after it less its change: 100 m each of 90 and 60 °C."""
    y = Bench("heat", weather_led()).step({}, **COLD)
    assert y.stored_change_mwh == 0.0
    headers_mwh = 20.0 * 60.0 * 4000.0 * 90.0 / 3.6e9
    water_mwh = 1000.0 * np.pi * 0.1**2 / 4.0 * 100.0 * 4000.0 * (90.0 + 60.0) / 3.6e9
    assert y.stored_mwh == pytest.approx(water_mwh + headers_mwh)


def test_a_cooling_network_begins_at_its_curve_too() -> None:
    network = chilled(chillers={"units": 2, "rated_mw": 0.5})
    network["sources"]["EC"]["supply"] = {"outdoor_degc": [10, 30], "supply_degc": [10, 6]}
    y = Bench("cooling", network).step({"dc": 0.5}, air_temperature_degc=30.0)
    assert y.source_supply_degc[0] == pytest.approx(6.0)
    assert y.source_return_degc[0] == pytest.approx(11.0, abs=0.01)
