"""From a network file to the engine's specification."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from simulators.networks.heat.geometry import wall_capacity_j_mk
from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.spec import Service
from simulators.networks.pipe_types import loss_w_mk, wall_j_mk
from simulators.networks.thermal_file import CoolingNetworkFile, SupplyCurve
from simulators.networks.thermal_source import largest_flow_kg_s, network_spec
from tests.simulators.networks.thermal_file.test_mistakes import COOLING, HEAT, read


def test_names_and_order_are_kept(tmp_path: Path) -> None:
    spec = network_spec(read(tmp_path, HEAT))
    assert [n.name for n in spec.nodes] == ["PLANT", "A", "B"]
    assert [(p.name, p.from_node, p.to_node) for p in spec.pipes] == [("PLANT-A", "PLANT", "A"), ("A-B", "A", "B")]
    assert [c.name for c in spec.consumers] == ["clinic", "school"]
    assert [s.name for s in spec.sources] == ["EC", "TOWN"]
    assert ([f.node for f in spec.feeds], [e.node for e in spec.extractions]) == (["PLANT"], ["A"])
    assert spec.service is Service.HEATING
    ThermalNetwork(spec)    # the engine takes it


def test_priority_turns_round(tmp_path: Path) -> None:
    """In files 1 is served first, in the engine the highest number."""
    clinic, school = network_spec(read(tmp_path, HEAT)).consumers
    assert clinic.priority > school.priority


def test_pipes_by_nominal_diameter_and_by_their_own_figures(tmp_path: Path) -> None:
    text = HEAT.replace("u_w_mk: 0.2", "u_w_mk: 0.2, wall_m: 0.0032, u_return_w_mk: 0.19, zeta: 2, minor_factor: 1.1")
    typed, drawn = network_spec(read(tmp_path, text)).pipes
    assert (typed.inner_diameter_m, typed.u_w_mk, typed.wall_j_mk) == (0.1071, loss_w_mk(100, 0.8), wall_j_mk(100))
    assert drawn.wall_j_mk == wall_capacity_j_mk(0.08, 0.0864)
    assert (drawn.u_w_mk, drawn.u_return_w_mk, drawn.zeta, drawn.minor_factor) == (0.2, 0.19, 2.0, 1.1)


def test_better_known_figures_stand_beside_a_nominal_diameter(tmp_path: Path) -> None:
    text = HEAT.replace("dn: 100", "dn: 100, u_w_mk: 0.38, wall_j_mk: 5000, roughness_m: 5.0e-5")
    pipe = network_spec(read(tmp_path, text)).pipes[0]
    assert (pipe.inner_diameter_m, pipe.u_w_mk, pipe.wall_j_mk, pipe.roughness_m) == (0.1071, 0.38, 5000.0, 5e-5)


def test_a_pipe_without_a_wall_has_no_heat_capacity(tmp_path: Path) -> None:
    assert network_spec(read(tmp_path, HEAT)).pipes[1].wall_j_mk == 0.0


def test_the_peak_limits_the_flow_at_the_coldest_weather(tmp_path: Path) -> None:
    """0.5 MW at 85 - 50 K (the cooler of the two sources in the coldest weather), c_p of water at 70 °C."""
    network = read(tmp_path, HEAT)
    clinic, school = network_spec(network).consumers
    assert clinic.max_kg_s == pytest.approx(0.5e6 / (4190.1 * 35.0), rel=1e-6)
    assert school.max_kg_s == 2.0
    assert largest_flow_kg_s(network, "EC") == pytest.approx(clinic.max_kg_s + 2.0)


def test_in_cooling_the_hottest_weather_counts(tmp_path: Path) -> None:
    """0.4 MW at 12 - 6 K, c_p of water at 10 °C."""
    curve = "supply: {outdoor_degc: [20, 35], supply_degc: [9, 6]}"
    text = COOLING.replace("supply: 7", curve).replace("return_degc: 12", "return_degc: 12, max_mw: 0.4")
    network = read(tmp_path, text, CoolingNetworkFile)
    spec = network_spec(network)
    assert spec.consumers[0].max_kg_s == pytest.approx(0.4e6 / (4195.5 * 6.0), rel=1e-6)
    assert spec.service is Service.COOLING
    assert largest_flow_kg_s(network, "EC") == 20.0    # that of its pump


def test_a_valve_with_a_reserve_has_its_design_flow_for_the_pump(tmp_path: Path) -> None:
    """The reserve is for water colder than in design; the largest flow of the network stays that of the design."""
    network = read(tmp_path, HEAT.replace("max_mw: 0.5", "max_mw: 0.5, reserve_factor: 2"))
    clinic = network_spec(network).consumers[0]
    assert (clinic.reserve_factor, clinic.design_supply_degc) == (2.0, 85.0)
    assert largest_flow_kg_s(network, "EC") == largest_flow_kg_s(read(tmp_path, HEAT), "EC")


def test_bypasses_belong_to_the_largest_flow(tmp_path: Path) -> None:
    text = HEAT.replace("return_degc: 50, max_mw: 0.5", "return_degc: 50, max_kg_s: 3, bypass_kg_s: 0.1")
    assert largest_flow_kg_s(read(tmp_path, text), "EC") == pytest.approx(3.0 + 0.1 + 2.0)


def test_only_the_part_a_source_can_reach_counts(tmp_path: Path) -> None:
    text = HEAT.replace("to: B,", "to: B, in_service: false,").replace("share_frac: 0.2, ", "")
    network = read(tmp_path, text)
    assert largest_flow_kg_s(network, "TOWN") == 2.0
    assert largest_flow_kg_s(network, "EC") == pytest.approx(0.5e6 / (4190.1 * 40.0), rel=1e-6)


def test_without_limits_the_largest_flow_is_infinite(tmp_path: Path) -> None:
    bought = COOLING.replace("max_kg_s: 20, plant: {chillers: {rated_mw: 0.3}}", "return_bar: 4")
    network = read(tmp_path, bought, CoolingNetworkFile)
    assert math.isinf(largest_flow_kg_s(network, "EC"))
    assert math.isinf(network_spec(network).consumers[0].max_kg_s)


def test_sources_without_plant_keep_their_gradient(tmp_path: Path) -> None:
    plant, town = network_spec(read(tmp_path, HEAT)).sources
    assert math.isinf(plant.max_gradient_k_h) and town.max_gradient_k_h == 10.0
    assert math.isinf(plant.max_kg_s) and math.isinf(plant.max_lift_bar) and plant.lift_bar is None


def test_water_is_taken_at_the_usual_temperature_of_the_service(tmp_path: Path) -> None:
    """Density of water: 977.8 kg/m³ at 70 °C, 999.7 at 10 °C, 971.8 at 80 °C (Kell)."""
    hot, cold = read(tmp_path, HEAT), read(tmp_path, COOLING, CoolingNetworkFile)
    hotter = read(tmp_path, "water_degc: 80\n" + HEAT)
    densities = [network_spec(network).fluid.density_kg_m3 for network in (hot, cold, hotter)]
    assert densities == pytest.approx([977.8, 999.7, 971.8], abs=0.1)


@pytest.mark.parametrize(("outdoor_degc", "supply_degc"), [
    (-20.0, 90.0), (-5.0, 90.0), (2.5, 87.5), (10.0, 85.0), (15.0, 82.5), (20.0, 80.0), (35.0, 80.0)])
def test_the_supply_curve_is_linear_and_held_at_its_ends(outdoor_degc: float, supply_degc: float) -> None:
    curve = SupplyCurve(outdoor_degc=[-5, 10, 20], supply_degc=[90, 85, 80])
    assert curve.at(outdoor_degc) == pytest.approx(supply_degc)


def test_one_supply_temperature_holds_in_any_weather(tmp_path: Path) -> None:
    town = read(tmp_path, HEAT).sources["TOWN"]
    assert (town.supply_at(-10.0), town.supply_at(30.0), town.supply_points) == (85.0, 85.0, (85.0,))
