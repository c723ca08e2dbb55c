"""The water tank as a component: geometry, energy law, drawn empty, bad input."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from simulators.storage.water_tank import Inputs, Params, TankParams, WaterTank, tank_constants
from twin.context import Context, Location
from twin.errors import ComponentError

SMALL: dict[str, Any] = {
    "volume_m3": 100.0, "height_m": 10.0, "layer_count": 10, "initial_degc": 80.0, "density_kg_m3": 1000.0,
    "heat_capacity_j_kg_k": 4200.0,
}  # fmt: skip
NO_LOSS = {"insulation_w_m_k": 0.0, "conductivity_w_m_k": 0.0}


def tank(step_s: int = 60, **changes: Any) -> WaterTank:
    context = Context(datetime(2025, 1, 1, tzinfo=UTC), 86_400, step_s, 1, Location(0.0, 0.0, 0.0, "UTC"))
    return WaterTank("tank", Params.model_validate(SMALL | changes), context)


@pytest.mark.parametrize("layers", [1, 7, 20])
def test_heat_transfer_of_a_cylinder_does_not_depend_on_the_layers(layers: int) -> None:
    params = TankParams(volume_m3=100, height_m=10, layer_count=layers, insulation_m=0.2, insulation_w_m_k=0.04)

    constants = tank_constants(params, 4200.0)

    radius = math.sqrt(10 / math.pi)  # 10 m² of cross-section
    side = 2 * math.pi * 0.04 * 10 / math.log((radius + 0.2) / radius)
    assert layers * constants.side_w_k == pytest.approx(side, rel=1e-12)
    assert constants.end_w_k == pytest.approx(0.04 * 10 / 0.2, rel=1e-12)
    assert layers * constants.layer_kg == pytest.approx(100 * params.density_kg_m3, rel=1e-12)


def test_charge_and_energy_by_hand() -> None:
    component = tank(initial_degc=50.0, reference_degc=40.0, **NO_LOSS)

    y = component.step(0, 1000, Inputs(charge_kg_s=25.0, charge_degc=90.0))

    # 25 t at 90 °C replace 25 t at 50 °C of 100 t: two and a half layers
    assert y.heat_mw == pytest.approx(-25.0 * 4200.0 * 40.0 / 1e6, rel=1e-12)
    assert y.energy_mwh == pytest.approx((25_000 * 50.0 + 75_000 * 10.0) * 4200.0 / 3.6e9, rel=1e-12)
    assert (y.top_degc, y.bottom_degc, y.charge_return_degc) == (90.0, 50.0, 50.0)
    assert y.mean_degc == pytest.approx(60.0, rel=1e-12)


def test_tank_drawn_empty_gives_the_return_water() -> None:
    component = tank(**NO_LOSS)

    first = component.step(0, 3600, Inputs(discharge_kg_s=40.0, return_degc=45.0))  # 144 t out of 100 t
    second = component.step(3600, 3600, Inputs(discharge_kg_s=40.0, return_degc=45.0))

    assert first.delivered_degc == pytest.approx((100 * 80.0 + 44 * 45.0) / 144, rel=1e-12)
    assert first.heat_mw == pytest.approx(100_000 * 4200.0 * 35.0 / 3600 / 1e6, rel=1e-12)
    assert (second.delivered_degc, second.heat_mw, second.top_degc) == (45.0, 0.0, 45.0)


def test_charged_and_discharged_heat_stand_apart() -> None:
    """25 kg/s of 90 °C in, 10 kg/s of 40 °C back: the water that leaves at the bottom is mixed with what comes back."""
    y = tank(**NO_LOSS).step(0, 1000, Inputs(charge_kg_s=25.0, charge_degc=90.0, discharge_kg_s=10.0, return_degc=40.0))

    assert y.charge_heat_mw == pytest.approx(25.0 * 4200.0 * (90.0 - y.charge_return_degc) / 1e6, rel=1e-12)
    assert y.discharge_heat_mw == pytest.approx(10.0 * 4200.0 * (y.delivered_degc - 40.0) / 1e6, rel=1e-12)
    assert y.heat_mw == pytest.approx(y.discharge_heat_mw - y.charge_heat_mw, rel=1e-12)


def test_energy_law_holds_over_a_busy_day() -> None:
    component = tank(ambient_degc=-10.0, insulation_w_m_k=0.4)
    energy = 100_000 * 4200.0 * 80.0 / 3.6e9
    for k in range(1440):
        y = component.step(
            60 * k,
            60,
            Inputs(
                charge_kg_s=max(0.0, 30.0 * math.sin(k / 50)), charge_degc=85.0 + 5.0 * math.sin(k / 11),
                discharge_kg_s=max(0.0, 25.0 * math.cos(k / 70)), return_degc=45.0 + 8.0 * math.sin(k / 7),
            ),
        )  # fmt: skip
        assert y.energy_mwh - energy == pytest.approx(-(y.heat_mw + y.loss_mw) / 60, abs=1e-12)
        assert y.loss_mw > 0.0
        energy = y.energy_mwh


def test_idle_tank_cools_towards_its_surroundings() -> None:
    component = tank(ambient_degc=15.0)

    hours = [component.step(3600 * k, 3600, Inputs()) for k in range(240)]

    side = 2 * math.pi * 0.04 * 10 / math.log1p(0.3 / math.sqrt(10 / math.pi))
    rate = (side + 2 * 0.04 * 10 / 0.3) / (100_000 * 4200.0)
    # the mean follows one exponential while the tank is nearly uniform
    assert hours[-1].mean_degc == pytest.approx(15.0 + 65.0 * math.exp(-rate * 240 * 3600), abs=0.02)
    assert hours[-1].top_degc > hours[-1].bottom_degc


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (Inputs(charge_kg_s=-1.0, charge_degc=80.0), ["charge_kg_s", "-1", "other circuit"]),
        (Inputs(discharge_kg_s=math.nan), ["discharge_kg_s", "nan"]),
        (Inputs(discharge_kg_s=math.inf, return_degc=40.0), ["discharge_kg_s", "inf"]),
        (Inputs(charge_kg_s=1.0), ["charge_degc", "connect"]),
        (Inputs(discharge_kg_s=1.0), ["return_degc", "connect"]),
    ],
)
def test_impossible_streams_are_refused(inputs: Inputs, words: list[str]) -> None:
    with pytest.raises(ComponentError) as caught:
        tank().step(0, 60, inputs)

    assert [w for w in words if w not in str(caught.value)] == []


@pytest.mark.parametrize("change", [{"volume_m3": 0.0}, {"layer_count": 0}, {"height_m": -1.0}, {"layers": 10}])
def test_impossible_tanks_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Params.model_validate(SMALL | change)
