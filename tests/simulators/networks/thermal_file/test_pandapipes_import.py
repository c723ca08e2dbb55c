"""Networks from pandapipes: what we make of them gives pandapipes' own flows, pressures and temperatures."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandapipes as pp
import pytest
from pandapipes.networks.simple_heat_transfer_networks import schutterwald_heat
from pandapipes.pandapipes_net import pandapipesNet

from simulators.networks.heat.fluid import ZERO_CELSIUS_K
from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.results import StepResult
from simulators.networks.pandapipes_import import ATMOSPHERE_BAR, SHORTEST_M, from_pandapipes
from simulators.networks.thermal_checks import mistakes_in
from simulators.networks.thermal_file import CoolingNetworkFile, HeatNetworkFile
from simulators.networks.thermal_source import network_spec
from tests.simulators.networks.thermal_file.nets import (
    HEAT_CAPACITY_J_KG_K,
    RETURN,
    RETURN_K,
    RING,
    SUPPLY_K,
    TREE,
    empty,
    ring,
    tree,
)
from twin.errors import ComponentError


def settled(net: pandapipesNet, hours: float = 24.0) -> tuple[HeatNetworkFile, StepResult]:
    """Our network with pandapipes' demands after a day of them."""
    file = from_pandapipes(net, HeatNetworkFile)
    assert mistakes_in(file) == []
    network = ThermalNetwork(network_spec(file))
    supply_degc = file.sources[next(iter(file.sources))].supply_points[0]
    state, inputs = network.initial_state(supply_degc, supply_degc - 20.0), network.inputs(supply_degc,
                                                                                          file.ground_degc)
    inputs.consumers["heat_mw"] = net.heat_consumer.qext_w.to_numpy() / 1e6
    inputs.pipe_open[:] = [pipe.in_service for pipe in file.pipes.values()]
    network.advance(state, hours * 3600.0, 60.0, inputs)
    return file, network.advance(state, 60.0, 60.0, inputs)


def solve(net: pandapipesNet) -> None:
    """Without numba: to compile takes longer than all tests here."""
    pp.pipeflow(net, mode="bidirectional", friction_model="colebrook", iter=100, max_iter_colebrook=100,
                use_numba=False)


@pytest.mark.parametrize("build", [tree, ring])
def test_flows_pressures_and_temperatures_are_those_of_pandapipes(build: Callable[[], pandapipesNet]) -> None:
    net = build()
    solve(net)
    file, ours = settled(net)
    assert ours.solved
    junctions = [int(name.removeprefix("S")) for name in file.nodes]
    their_supply, their_return = net.res_junction.loc[junctions], net.res_junction.loc[[j + RETURN for j in junctions]]
    largest_kg_s = net.res_pipe.mdot_from_kg_per_s.abs().max()
    np.testing.assert_allclose(ours.pipes["flow_kg_s"], net.res_pipe.mdot_from_kg_per_s[::2], atol=1e-3 * largest_kg_s)
    np.testing.assert_allclose(ours.nodes["supply_degc"], their_supply.t_k - ZERO_CELSIUS_K, atol=0.02)
    np.testing.assert_allclose(ours.nodes["return_degc"], their_return.t_k - ZERO_CELSIUS_K, atol=0.02)
    difference_bar = (their_supply.p_bar.to_numpy() - their_return.p_bar.to_numpy())
    np.testing.assert_allclose(ours.nodes["differential_bar"], difference_bar, atol=2e-3 * difference_bar.max())
    np.testing.assert_allclose(ours.nodes["supply_bar"] - ATMOSPHERE_BAR, their_supply.p_bar, atol=0.01)


def test_a_published_town_network_is_understood() -> None:
    """Schutterwald (482 pipes, 44 consumers, valves), with pipes of a plausible size."""
    net = schutterwald_heat(tflow_degC=80)
    net.pipe["inner_diameter_mm"], net.pipe["text_k"] = 150.0, 283.15
    solve(net)
    file, ours = settled(net, hours=48.0)
    assert (len(file.nodes), len(file.pipes), len(file.substations)) == (244, 243, 44)
    theirs = net.res_heat_consumer
    np.testing.assert_allclose(ours.consumers["flow_kg_s"], theirs.mdot_from_kg_per_s, rtol=1e-9)
    np.testing.assert_allclose(ours.consumers["supply_degc"], theirs.t_from_k - ZERO_CELSIUS_K, atol=0.05)
    places = {name: number for number, name in enumerate(file.nodes)}
    ours_bar = ours.nodes["differential_bar"][[places[s.node] for s in file.substations.values()]]
    np.testing.assert_allclose(ours_bar, theirs.p_from_bar - theirs.p_to_bar, rtol=2e-3)


def test_what_is_read_of_a_net() -> None:
    file = from_pandapipes(tree(), HeatNetworkFile)
    assert list(file.nodes) == ["S0", "S1", "S2", "S3", "S4"]
    assert (file.nodes["S3"].elevation_m, file.nodes["S3"].x_m, file.nodes["S3"].y_m) == (20.0, 300.0, 50.0)
    main = file.pipes["0-1"]
    assert (main.from_, main.to, main.length_m, main.inner_diameter_m) == ("S0", "S1", 400.0, 0.1071)
    assert main.u_w_mk == pytest.approx(0.7 * math.pi * 0.12)    # per outer surface
    assert main.roughness_m == pytest.approx(1e-4)
    hall, school, third = file.substations.values()
    assert list(file.substations) == ["hall", "school", "substation_2"]
    assert (hall.return_degc, hall.delta_k) == (pytest.approx(55.0), None)
    assert (school.return_degc, school.delta_k) == (None, 40.0)
    assert third.delta_k == pytest.approx(200e3 / (1.5 * HEAT_CAPACITY_J_KG_K))
    plant = file.sources["EC"]
    assert (plant.node, plant.supply, plant.lift_bar) == ("S0", pytest.approx(90.0), 5.0)
    assert plant.return_bar == pytest.approx(4.0 + ATMOSPHERE_BAR)
    assert file.ground_degc == pytest.approx(8.0)


def test_water_is_taken_between_supply_and_return() -> None:
    net = tree()
    net["fluid"] = pp.create_empty_network(fluid="water").fluid
    file = from_pandapipes(net, HeatNetworkFile)
    assert file.fluid is None
    assert file.water_degc == pytest.approx((90.0 + (55.0 + 50.0) / 2.0) / 2.0, abs=0.06)


def test_a_second_producer_gets_its_share() -> None:
    """1 kg/s of the flow at design: 600 kW over 35 K, 300 kW over 40 K, 1.5 kg/s."""
    net = tree()
    pp.create_circ_pump_const_mass_flow(net, RETURN + 2, 2, p_flow_bar=8.0, mdot_flow_kg_per_s=1.0, t_flow_k=358.15,
                                        name="mill")
    mill = from_pandapipes(net, HeatNetworkFile).sources["mill"]
    total_kg_s = 600e3 / (35.0 * HEAT_CAPACITY_J_KG_K) + 300e3 / (40.0 * HEAT_CAPACITY_J_KG_K) + 1.5
    assert (mill.node, mill.supply, mill.share_frac) == ("S2", pytest.approx(85.0), pytest.approx(1.0 / total_kg_s))


def test_a_cooling_network_is_read_with_its_signs() -> None:
    net = empty(TREE)
    net.circ_pump_pressure["t_flow_k"] = 280.15
    pp.create_heat_consumer(net, 2, 2 + RETURN, qext_w=-100e3, deltat_k=-5.0)
    pp.create_heat_consumer(net, 4, 4 + RETURN, qext_w=-100e3, controlled_mdot_kg_per_s=5.0)
    cold, other = from_pandapipes(net, CoolingNetworkFile).substations.values()
    assert cold.delta_k == 5.0 and other.delta_k == pytest.approx(100e3 / (5.0 * HEAT_CAPACITY_J_KG_K))
    with pytest.raises(ComponentError, match="heat_consumer 0: qext_w = -100000 is the demand of a cooling_network"):
        from_pandapipes(net, HeatNetworkFile)


def test_a_heat_exchanger_with_a_flow_control_is_a_consumer() -> None:
    net = empty(TREE)
    middle = pp.create_junction(net, 5.0, SUPPLY_K)
    pp.create_flow_control(net, 2, middle, controlled_mdot_kg_per_s=2.0)
    pp.create_heat_exchanger(net, middle, 2 + RETURN, qext_w=200e3, inner_diameter_mm=80.0)
    behind = pp.create_junction(net, 5.0, SUPPLY_K)
    pp.create_heat_exchanger(net, 4, behind, qext_w=100e3, inner_diameter_mm=80.0)
    pp.create_flow_control(net, behind, 4 + RETURN, controlled_mdot_kg_per_s=1.0)
    file = from_pandapipes(net, HeatNetworkFile)
    assert [s.node for s in file.substations.values()] == ["S2", "S4"]
    assert [s.delta_k for s in file.substations.values()] == pytest.approx([100e3 / HEAT_CAPACITY_J_KG_K] * 2)
    net.flow_control = net.flow_control.iloc[:1]
    with pytest.raises(ComponentError, match="heat_exchanger 1 needs one flow_control directly before or behind it"):
        from_pandapipes(net, HeatNetworkFile)


def test_valves_stay_valves() -> None:
    """A closed one at a pipe's end shuts the pair; one between junctions is a short pair of pipes."""
    net = ring()
    pp.create_valve(net, 2, 2, "pi", inner_diameter_mm=80.0, opened=False)    # at the supply pipe of 1-2
    file, ours = settled(net)
    assert [name for name, pipe in file.pipes.items() if not pipe.in_service] == ["1-2"]
    assert ours.pipes["flow_kg_s"][1] == 0.0
    for junction in (5, 5 + RETURN):
        pp.create_junction(net, 5.0, SUPPLY_K, index=junction)
    for start in (4, 4 + RETURN):
        pp.create_valve(net, start, start + 1, "ju", inner_diameter_mm=80.0, loss_coefficient=3.0)
    pp.create_heat_consumer(net, 5, 5 + RETURN, qext_w=100e3, treturn_k=RETURN_K)
    valve = list(from_pandapipes(net, HeatNetworkFile).pipes.values())[-1]
    assert (valve.length_m, valve.zeta, valve.u_w_mk, valve.in_service) == (SHORTEST_M, 3.0, 0.0, True)


def test_symmetric_branches_do_not_confuse() -> None:
    """Four equal consumers on equal branches: the consumers tell which twin is which, also of a dead end."""
    ways = [(0, 1, 100.0, 107.1), *((1, n, 50.0, 54.5) for n in (2, 3, 4, 5)), (5, 6, 20.0, 54.5)]
    net = empty(ways)
    for junction in (2, 3, 4, 5):
        pp.create_heat_consumer(net, junction, junction + RETURN, qext_w=1e5, treturn_k=RETURN_K)
    file = from_pandapipes(net, HeatNetworkFile)
    assert [(p.from_, p.to) for p in file.pipes.values()] == [
        ("S0", "S1"), ("S1", "S2"), ("S1", "S3"), ("S1", "S4"), ("S1", "S5"), ("S5", "S6")]


def without_return_pipe(net: pandapipesNet) -> None:
    net.pipe = net.pipe.drop(index=11)    # the return of 2-4


def shorter_return_pipe(net: pandapipesNet) -> None:
    net.pipe.loc[11, "length_km"] = 0.2


def pipe_between_sides(net: pandapipesNet) -> None:
    pp.create_pipe_from_parameters(net, 3, 3 + RETURN, 0.01, inner_diameter_mm=20.0)


def consumer_upside_down(net: pandapipesNet) -> None:
    pp.create_heat_consumer(net, 3 + RETURN, 3, qext_w=1e5, treturn_k=RETURN_K)


def consumer_across(net: pandapipesNet) -> None:
    pp.create_heat_consumer(net, 3, 2 + RETURN, qext_w=1e5, treturn_k=RETURN_K)


def consumer_on_one_side(net: pandapipesNet) -> None:
    pp.create_heat_consumer(net, 3, 2, qext_w=1e5, treturn_k=RETURN_K)


def sink(net: pandapipesNet) -> None:
    pp.create_sink(net, 3, 0.1, name="leak")


def two_pressures(net: pandapipesNet) -> None:
    pp.create_circ_pump_const_pressure(net, 3 + RETURN, 3, 9.0, 5.0, SUPPLY_K)


def two_grounds(net: pandapipesNet) -> None:
    net.pipe.loc[4, "text_k"] = 290.0


def lonely_pipe(net: pandapipesNet) -> None:
    for junction in (8, 9):
        pp.create_junction(net, 5.0, SUPPLY_K, index=junction)
    pp.create_pipe_from_parameters(net, 8, 9, 0.01, inner_diameter_mm=20.0)


def negative_diameter(net: pandapipesNet) -> None:
    net.pipe["inner_diameter_mm"] = -5.0


def text_as_length(net: pandapipesNet) -> None:
    net.pipe["length_km"] = "long"


def fluid_of_the_library(net: pandapipesNet) -> None:
    net["fluid"] = pp.create_empty_network(fluid="lgas").fluid


@pytest.mark.parametrize(("damage", "message"), [
    (without_return_pipe, r"pipe 10 \(2-4\): 1 in the supply, but 0 in the return between the same places; supply and"),
    (shorter_return_pipe, r"pipe 10 \(2-4\) and pipe 11 \(2-4\) lie side by side .* have 260 m of 0.0545 m and 200 m"),
    (pipe_between_sides, r"junction 0 is joined to the supply and to the return of the circulation pumps"),
    (consumer_upside_down, r"heat_consumer 3 leads from the return \(junction 103\) to the supply .* swap"),
    (consumer_across, r"supply junction 3 faces return junction 103, and return junction 102 faces supply junction 2"),
    (consumer_on_one_side, r"heat_consumer 3 does not lead from the supply to the return: junctions 3 and 2"),
    (sink, r"sink 0 \(leak\) has no counterpart .* use circulation pumps and heat consumers"),
    (two_pressures, r"one circ_pump_pressure in service is needed"),
    (two_grounds, r"pipe 0 lies in ground of 281.15 K and pipe 4 in 290 K; one temperature"),
    (lonely_pipe, r"pipe 12 is joined to no circulation pump; join it or remove it"),
    (negative_diameter, r"PipePair inner_diameter_m: .* greater than 0, not -0.005"),
    (text_as_length, r"pipe 0 \(0-1\): length_km is 'long'; it must be a number"),
    (fluid_of_the_library, r"the fluid 'lgas' has no constant density and .*; use water, or"),
])
def test_what_cannot_be_translated_is_named(damage: Callable[[pandapipesNet], None], message: str) -> None:
    net = ring()
    damage(net)
    with pytest.raises(ComponentError, match=message):
        from_pandapipes(net, HeatNetworkFile)


def test_a_pump_at_an_unknown_junction_is_named() -> None:
    net = ring()
    net.circ_pump_pressure["flow_junction"] = 77
    with pytest.raises(ComponentError, match=r"circ_pump_pressure 0 \(EC\): there is no junction 77"):
        from_pandapipes(net, HeatNetworkFile)


def test_a_consumer_may_stand_right_at_the_pump() -> None:
    net = ring()
    net.pipe, net.heat_consumer = net.pipe.iloc[:0], net.heat_consumer.iloc[:0]
    pp.create_heat_consumer(net, 0, RETURN, qext_w=1e5, treturn_k=RETURN_K)
    file = from_pandapipes(net, HeatNetworkFile)
    assert (list(file.nodes), len(file.pipes), file.ground_degc) == (["S0"], 0, pytest.approx(20.0))


def test_ways_of_a_ring_are_all_there() -> None:
    file = from_pandapipes(ring(), HeatNetworkFile)
    assert [(p.from_, p.to, p.length_m) for p in file.pipes.values()] == [
        (f"S{a}", f"S{b}", pytest.approx(length_m)) for a, b, length_m, _ in RING]
    assert all(pipe.zeta == 2.0 for pipe in file.pipes.values())
