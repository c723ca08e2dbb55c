"""The park's heating and cooling networks: published figures of the site, and design days that go well."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import scenarios
from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.results import StepResult
from simulators.networks.thermal_file import CoolingNetworkFile, HeatNetworkFile, ThermalFile
from simulators.networks.thermal_network import CoolingNetwork, CoolingParams, HeatNetwork, HeatParams
from simulators.networks.thermal_ports import CoolingInputs, CoolingOutputs, HeatInputs, HeatOutputs
from simulators.networks.thermal_source import largest_flow_kg_s, network_spec, thermal_model
from tests.component_specs import SHANGHAI, SUMMER_DAY
from twin.context import Context

FOLDER = Path(scenarios.__file__).parent / "networks"
HEAT, COOLING = str(FOLDER / "park_heat.yaml"), str(FOLDER / "park_cooling.yaml")
BUILDINGS = ("hospital", "tower_a", "tower_b", "tower_c", "labs", "hotel", "dc_office")
CONTEXT = Context(start=SUMMER_DAY, duration_s=86_400, step_s=900, seed=1, location=SHANGHAI)


@pytest.fixture(scope="module")
def heat() -> HeatNetworkFile:
    return thermal_model(HeatNetworkFile, HEAT, {}, None)


@pytest.fixture(scope="module")
def cooling() -> CoolingNetworkFile:
    return thermal_model(CoolingNetworkFile, COOLING, {}, None)


def settled(file: ThermalFile, load_frac: float, outdoor_degc: float) -> StepResult:
    """Steady state at a part of the largest load, the supply at its set-point."""
    network = ThermalNetwork(network_spec(file))
    supply_degc = file.sources["EC"].supply_at(outdoor_degc)
    target = next(iter(file.substations.values())).return_degc
    assert target is not None
    state, inputs = network.initial_state(supply_degc, target), network.inputs(supply_degc, file.ground_degc)
    inputs.consumers["heat_mw"] = [file.service * load_frac * (s.max_mw or 0.0) for s in file.substations.values()]
    network.advance(state, 24 * 3600.0, 60.0, inputs)
    return network.advance(state, 3600.0, 60.0, inputs)


def test_the_buildings_are_those_of_the_site(heat: HeatNetworkFile, cooling: CoolingNetworkFile) -> None:
    for file, peak_mw in ((heat, 4.5), (cooling, 3.8)):
        assert tuple(file.substations) == BUILDINGS
        assert sum(s.max_mw or 0.0 for s in file.substations.values()) == pytest.approx(peak_mw)
        assert [name for name, s in file.substations.items() if s.priority == 1] == ["hospital"]
    assert {name: (n.x_m, n.y_m) for name, n in heat.nodes.items()} == {
        name: (n.x_m, n.y_m) for name, n in cooling.nodes.items()}


def test_no_trench_is_shorter_than_the_straight_line(heat: HeatNetworkFile, cooling: CoolingNetworkFile) -> None:
    for file in (heat, cooling):
        for pipe in file.pipes.values():
            a, b = file.nodes[pipe.from_], file.nodes[pipe.to]
            assert None not in (a.x_m, a.y_m, b.x_m, b.y_m)
            straight_m = math.hypot(a.x_m - b.x_m, a.y_m - b.y_m)  # type: ignore[operator]  # the line above
            assert 0.4 * pipe.length_m < straight_m <= pipe.length_m


def test_heat_needs_about_two_hours_at_the_mean_load(heat: HeatNetworkFile) -> None:
    """72 MWh on a design day: 3 MW in the mean of 4.5."""
    result = settled(heat, 3.0 / 4.5, outdoor_degc=-5.0)
    to_hotel_s = sum(heat.pipes[name].length_m / result.pipes["velocity_m_s"][list(heat.pipes).index(name)]
                     for name in ("EC-A", "A-C", "C-LABS", "LABS-HOTEL"))
    assert 1.8 < to_hotel_s / 3600.0 < 2.5


def test_the_largest_heat_arrives_within_the_usual_limits(heat: HeatNetworkFile) -> None:
    result = settled(heat, 1.0, outdoor_degc=-5.0)
    assert result.solved
    assert result.consumers["unserved_mw"].sum() == pytest.approx(0.0, abs=1e-9)
    assert result.pipes["velocity_m_s"].max() < 1.0 and result.pipes["gradient_pa_m"].max() < 100.0
    assert 0.02 < (result.loss_supply_mw + result.loss_return_mw) / 4.5 < 0.06
    assert largest_flow_kg_s(heat, "EC") == pytest.approx(4.5e6 / (4190.1 * 35.0) + 4 * 0.05, rel=1e-4)


def test_the_largest_cold_needs_pumps_of_65_kw(cooling: CoolingNetworkFile) -> None:
    """3.8 MW at 5 K: 181 kg/s; 181 kg/s · 2.6 bar / (1000 kg/m³ · 0.7) = 67 kW."""
    result = settled(cooling, 1.0, outdoor_degc=35.0)
    assert result.solved
    assert result.consumers["unserved_mw"].sum() == pytest.approx(0.0, abs=1e-9)
    assert result.sources["flow_kg_s"][0] == pytest.approx(181.0, rel=0.01)
    assert result.sources["lift_bar"][0] == pytest.approx(2.5, abs=0.2)
    assert result.sources["pump_mw"][0] == pytest.approx(0.065, abs=0.005)
    assert result.pipes["velocity_m_s"].max() <= 1.5


def test_absorption_chillers_have_hot_water_in_summer(heat: HeatNetworkFile, cooling: CoolingNetworkFile) -> None:
    plant = cooling.sources["EC"].plant
    assert plant is not None and plant.absorption is not None
    supply = heat.sources["EC"]
    assert supply.supply_at(28.0) >= plant.absorption.full_drive_degc
    assert supply.supply_at(-5.0) == 90.0
    assert min(supply.supply_points) == 80.0


def heat_day(chp_mw: float, load_frac: float, air_degc: float) -> list[HeatOutputs]:
    network = HeatNetwork("heat", HeatParams.model_validate({"file": HEAT, "crosscheck_every_h": 0}), CONTEXT)
    peak_mw = np.array([s.max_mw for s in network.file.substations.values()], dtype=float)
    inputs = HeatInputs(**defaults_of(HeatInputs))
    inputs.heat_mw = np.append(-load_frac * peak_mw, chp_mw)
    inputs.air_temperature_degc = air_degc
    return [network.step(t, 900, inputs) for t in range(0, 86_400, 900)]


def defaults_of(kind: type) -> dict[str, Any]:
    """What a network gets where nothing is connected."""
    return {field.name: field.default for field in dataclasses.fields(kind)}


def test_on_the_coldest_day_the_boiler_alone_serves_everyone() -> None:
    day = heat_day(chp_mw=0.0, load_frac=0.95, air_degc=-5.0)
    assert sum(step.unserved_mw for step in day) == pytest.approx(0.0, abs=1e-9)
    assert day[-1].boiler_mw > 4.0
    assert max(abs(step.residual_mwh) for step in day) < 1e-9


@pytest.mark.parametrize("boiler_mw", [4.0, 3.5, 3.0, 2.5, 2.0])
def test_the_hospital_keeps_its_heat_while_there_is_enough_for_it(boiler_mw: float) -> None:
    """A cold day without the tank; then the boiler can only do less than the 4.13 MW and the losses of 0.17 MW. The
    colder water of the first minutes reaches the hospital two hours later; the reserve of its valve is for that."""
    file = thermal_model(HeatNetworkFile, HEAT, {}, None)
    centre = file.sources["EC"]
    assert centre.plant is not None
    bare = centre.model_copy(update={"plant": centre.plant.model_copy(update={"tank": None})})
    inline = file.model_copy(update={"sources": {"EC": bare}})
    network = HeatNetwork("heat", HeatParams(inline=inline, crosscheck_every_h=0), CONTEXT)
    inputs = HeatInputs(**defaults_of(HeatInputs))
    inputs.heat_mw = -np.array([1.10, 0.70, 0.70, 0.55, 0.50, 0.40, 0.18, 0.0])
    inputs.air_temperature_degc = -5.0
    for t in range(0, 12 * 3600, 900):
        assert network.step(t, 900, inputs).unserved_mw == 0.0
    inputs.plant_limit_mw = np.array([boiler_mw])
    short = [network.step(t, 900, inputs) for t in range(12 * 3600, 36 * 3600, 900)]
    assert sum(y.substation_unserved_mw[0] for y in short) == 0.0
    last_hours = short[-48:]
    assert np.mean([y.boiler_mw for y in last_hours]) == pytest.approx(boiler_mw, rel=0.02), "nothing is left unused"
    assert np.mean([y.delivered_mw for y in last_hours]) == pytest.approx(boiler_mw - 0.17, abs=0.05)


def test_in_winter_the_tank_comes_before_the_absorption_chiller(heat: HeatNetworkFile) -> None:
    """Heating ends at about 15 °C; the supply is hot enough for the chiller below and above."""
    plant = heat.sources["EC"].plant
    assert plant is not None and plant.drive_above_degc == 15.0


def test_two_chp_units_fill_the_tank_and_the_cooler_takes_the_rest() -> None:
    """Full: 300 m³ of 971.8 kg/m³ at 85 + 3 °C."""
    day = heat_day(chp_mw=7.0, load_frac=0.3, air_degc=5.0)
    assert day[-1].tank_energy_mwh == pytest.approx(300.0 * 971.8 * 4190.1 * 88.0 / 3.6e9, rel=0.005)
    assert day[-1].dumped_mw > 0.0
    assert sum(step.boiler_mw for step in day[4:]) == 0.0


def test_on_the_hottest_day_the_electric_chillers_alone_serve_everyone() -> None:
    network = CoolingNetwork("cold", CoolingParams.model_validate({"file": COOLING, "crosscheck_every_h": 0}),
                             CONTEXT)
    peak_mw = np.array([s.max_mw for s in network.file.substations.values()], dtype=float)
    inputs = CoolingInputs(**defaults_of(CoolingInputs))
    inputs.cooling_mw = np.append(-peak_mw, 0.0)
    inputs.air_temperature_degc, inputs.wet_bulb_degc = 36.0, 27.0
    day: list[CoolingOutputs] = [network.step(t, 900, inputs) for t in range(0, 43_200, 900)]
    assert sum(step.unserved_mw for step in day[8:]) == pytest.approx(0.0, abs=0.01 * 3.8)
    assert day[-1].chiller_mw > 3.8
    assert day[-1].pump_mw == pytest.approx(0.065, abs=0.005)
    assert max(abs(step.residual_mwh) for step in day) < 1e-9
