"""Power flow against the closed form, against pandapower, and against its own history."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import pandapower.networks as pn
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scenarios
from simulators.networks.fast import FastPowerFlow
from simulators.networks.network_file import NetworkFile
from simulators.networks.network_source import from_file, from_models
from simulators.networks.power_flow import PowerFlowDiverged, last_solvable
from simulators.networks.reference import ReferencePowerFlow
from simulators.networks.verify import difference, verified_power_flow

TOLERANCE_MVA = 1e-10
PARK = str(Path(scenarios.__file__).parent / "networks" / "park_10kv.yaml")


def three_windings() -> Any:
    """A 110/20/10 kV transformer behind a line, with a bus coupler and parallel cables as one row."""
    net = pp.create_empty_network()
    grid, hv, mv, lv, coupled, end = (pp.create_bus(net, kv) for kv in (110, 110, 20, 10, 10, 10))
    pp.create_ext_grid(net, grid, vm_pu=1.02)
    pp.create_line(net, grid, hv, 10.0, "184-AL1/30-ST1A 110.0")
    pp.create_transformer3w(net, hv, mv, lv, "63/25/38 MVA 110/20/10 kV")
    pp.create_switch(net, lv, coupled, et="b", closed=True)
    pp.create_line(net, coupled, end, 1.0, "NA2XS2Y 1x240 RM/25 6/10 kV", parallel=3)
    pp.create_load(net, mv, 12.0, 3.0)
    pp.create_load(net, end, 4.0, 1.0)
    return net


NETWORKS: dict[str, Callable[[], Any]] = {
    "park": lambda: from_file(PARK, {}).net,
    "generators that hold voltages, base 100 MVA": pn.case14,
    "open ring, base 10 MVA": pn.case33bw,
    "two external grids, open line ends": pn.mv_oberrhein,
    "medium voltage benchmark": lambda: pn.create_cigre_network_mv(with_der="all"),
    "three windings, bus coupler, parallel rows": three_windings,
}


@cache
def solvers(name: str) -> tuple[ReferencePowerFlow, FastPowerFlow]:
    reference = ReferencePowerFlow(NETWORKS[name]())
    flow, reason = verified_power_flow(reference, (), TOLERANCE_MVA)
    assert reason is None
    assert isinstance(flow, FastPowerFlow)
    return reference, flow


def two_bus_net(r_ohm: float = 0.5, x_ohm: float = 0.4) -> Any:
    network = NetworkFile.model_validate({
        "buses": {"GRID": {"vn_kv": 10}, "END": {"vn_kv": 10}}, "external_grid": {"bus": "GRID"},
        "lines": {"L": {"from": "GRID", "to": "END", "length_km": 1.0, "r_ohm_per_km": r_ohm, "x_ohm_per_km": x_ohm,
                        "c_nf_per_km": 0.0, "max_i_ka": 0.4}}})
    return from_models(network).net


def two_buses(r_ohm: float, x_ohm: float) -> FastPowerFlow:
    return FastPowerFlow(ReferencePowerFlow(two_bus_net(r_ohm, x_ohm)), TOLERANCE_MVA)


def test_two_buses_have_the_voltage_loss_and_loading_of_the_closed_form() -> None:
    r_ohm, x_ohm, p_mw, q_mvar, v0_kv = 0.5, 0.4, 4.0, 1.5, 10.0
    # receiving end: v⁴ + (2(rP + xQ) - v0²) v² + (r² + x²)(P² + Q²) = 0, the upper root
    b = 2 * (r_ohm * p_mw + x_ohm * q_mvar) - v0_kv**2
    v2 = (-b + math.sqrt(b**2 - 4 * (r_ohm**2 + x_ohm**2) * (p_mw**2 + q_mvar**2))) / 2
    current2 = (p_mw**2 + q_mvar**2) / v2

    flow = two_buses(r_ohm, x_ohm)
    found = flow.solve(np.array([0.0, -p_mw]), np.array([0.0, -q_mvar]), (), flow.equations(()).v_pu)
    assert found.vm_pu[1] == pytest.approx(math.sqrt(v2) / v0_kv, abs=1e-11)
    assert found.loss_mw == pytest.approx(r_ohm * current2, abs=1e-10)
    assert found.exchange_mw == pytest.approx(p_mw + r_ohm * current2, abs=1e-10)
    assert found.exchange_mvar == pytest.approx(q_mvar + x_ohm * current2, abs=1e-10)
    assert found.line_loading_percent[0] == pytest.approx(100 * math.sqrt(current2 / 3) / 0.4, abs=1e-8)


def test_the_most_a_line_can_carry_is_found() -> None:
    # over a pure reactance at unity power factor the limit is v0²/(2x)
    flow = two_buses(r_ohm=0.0, x_ohm=0.5)
    p_mw, nothing, v_pu = np.array([0.0, -400.0]), np.zeros(2), flow.equations(()).v_pu
    with pytest.raises(PowerFlowDiverged):
        flow.solve(p_mw, nothing, (), v_pu)
    share, limit = last_solvable(flow, p_mw, nothing, (), v_pu)
    assert share * 400.0 == pytest.approx(10.0**2 / (2 * 0.5), rel=5e-3)
    assert limit is not None
    assert limit.vm_pu.argmin() == 1


@pytest.mark.parametrize("name", NETWORKS)
def test_the_fast_solver_agrees_with_pandapower(name: str) -> None:
    """Voltages, loadings of lines and transformers, exchange, losses; ``verify`` holds the tolerances."""
    reference, fast = solvers(name)
    equations, rng = fast.equations(()), np.random.default_rng(5)
    p_mw = 0.2 * rng.normal(size=len(reference.terminals))
    q_mvar = 0.3 * p_mw
    found = fast.solve(p_mw, q_mvar, (), equations.v_pu)
    assert difference(found, reference.solve(p_mw, q_mvar, (), equations.v_pu)) is None
    assert found.vm_pu.shape == reference.terminals.shape

    net = reference.net      # still holds that solution: the loadings are pandapower's own, computed by it
    assert np.allclose(found.line_loading_percent, net.res_line.loading_percent.fillna(0.0), atol=1e-6)
    own = [*net.res_trafo.loading_percent, *net.res_trafo3w.loading_percent]
    assert np.allclose(found.transformer_loading_percent, own, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_power_is_conserved(name: str) -> None:
    _, fast = solvers(name)
    equations, rng = fast.equations(()), np.random.default_rng(6)
    v_pu = equations.v_pu
    for _ in range(50):
        p_mw = 0.2 * rng.normal(size=len(equations.bus_of_terminal))
        found = fast.solve(p_mw, 0.3 * p_mw, (), v_pu)
        v_pu = found.v_pu
        assert abs(p_mw.sum() + found.base_mw + found.exchange_mw - found.loss_mw) < 1e-9
        assert found.loss_mw > 0.0


def test_result_depends_on_the_arguments_alone_to_the_last_bit() -> None:
    """A solver that has seen thousands of other power flows, some without solution, against a fresh one."""
    reference, used = solvers("park")
    rng, v_pu = np.random.default_rng(8), used.equations(()).v_pu
    n = len(reference.terminals)
    steps = [(p := rng.uniform(-4.0, 8.0, n), 0.2 * p) for _ in range(200)]
    chain = []
    for p_mw, q_mvar in steps:
        chain.append((p_mw, q_mvar, v_pu))
        v_pu = used.solve(p_mw, q_mvar, (), v_pu).v_pu
    for k, (p_mw, q_mvar, start) in enumerate(chain):
        if k % 40 == 0:
            with pytest.raises(PowerFlowDiverged):
                used.solve(-100.0 * np.abs(p_mw), q_mvar, (), start)
        if k % 10 == 0:
            fresh = FastPowerFlow(ReferencePowerFlow(NETWORKS["park"]()), TOLERANCE_MVA) if k == 0 else FastPowerFlow(
                reference, TOLERANCE_MVA)
            expected = fresh.solve(p_mw, q_mvar, (), start)
            again = used.solve(p_mw, q_mvar, (), start)
            assert np.array_equal(again.v_pu, expected.v_pu)
            assert (again.exchange_mw, again.loss_mw) == (expected.exchange_mw, expected.loss_mw)


def test_pandapower_as_solver_depends_on_the_arguments_alone_to_the_last_bit() -> None:
    reference = ReferencePowerFlow(NETWORKS["park"]())
    p_mw = np.linspace(-1.0, 1.0, len(reference.terminals))
    first = reference.solve(p_mw, 0.1 * p_mw, (), np.zeros(0))
    reference.solve(-3.0 * p_mw, p_mw, (), np.zeros(0))
    with pytest.raises(PowerFlowDiverged):
        reference.solve(1000.0 * p_mw, p_mw, (), np.zeros(0))
    again = reference.solve(p_mw, 0.1 * p_mw, (), np.zeros(0))
    assert np.array_equal(first.v_pu, again.v_pu)
    assert first.exchange_mw == again.exchange_mw


@pytest.mark.parametrize("position", [-9, -1, 4])
def test_each_tap_position_agrees_with_pandapower(position: int) -> None:
    reference = ReferencePowerFlow(NETWORKS["park"](), [[0]])
    fast = FastPowerFlow(reference, TOLERANCE_MVA)
    p_mw = np.linspace(-2.0, 1.0, len(reference.terminals))
    found = fast.solve(p_mw, 0.2 * p_mw, [position], fast.equations([0]).v_pu)
    assert difference(found, reference.solve(p_mw, 0.2 * p_mw, [position], found.v_pu)) is None
    # 1.5 % of the turns per position on the 110 kV side; next to no load at the substation itself
    unloaded = fast.solve(0 * p_mw, 0 * p_mw, [position], found.v_pu)
    assert unloaded.vm_pu[1] == pytest.approx(1.0 / (1.0 + 0.015 * position), rel=2e-3)


def test_side_by_side_rows_equal_one_parallel_row() -> None:
    rows = NETWORKS["park"]()
    bundled = NETWORKS["park"]()
    bundled.line["bundle"] = bundled.line.name.str.split("#").str[0]
    for _, group in bundled.line.groupby("bundle"):
        bundled.line.loc[group.index[0], "parallel"] = len(group)
        bundled.line = bundled.line.drop(group.index[1:])
    assert len(bundled.line) == 8 < len(rows.line)
    p_mw = np.linspace(-2.0, 2.0, len(rows.bus))
    one, other = (ReferencePowerFlow(net).solve(p_mw, 0.1 * p_mw, (), np.zeros(0)) for net in (rows, bundled))
    assert np.allclose(one.vm_pu, other.vm_pu, atol=1e-11)
    assert one.line_loading_percent.max() == pytest.approx(other.line_loading_percent.max(), abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-3.0, 3.0), min_size=12, max_size=12), st.floats(-0.4, 0.4))
def test_whatever_the_plants_do_the_park_conserves_power(p: list[float], q_share: float) -> None:
    _, fast = solvers("park")
    p_mw = np.array(p)
    found = fast.solve(p_mw, q_share * p_mw, (), fast.equations(()).v_pu)
    assert abs(p_mw.sum() + found.base_mw + found.exchange_mw - found.loss_mw) < 1e-9
    assert np.isfinite(found.vm_pu).all()
    assert found.loss_mw > 0.0


def test_a_bus_without_supply_is_no_terminal() -> None:
    net = two_bus_net()
    pp.create_bus(net, 10.0, name="lonely")
    assert net.bus.name.loc[ReferencePowerFlow(net).terminals].tolist() == ["GRID", "END"]


def test_loads_that_follow_the_voltage_are_left_to_pandapower() -> None:
    net = two_bus_net()
    pp.create_load(net, 1, 2.0, 0.5, const_z_p_percent=50.0, const_z_q_percent=50.0)
    reference = ReferencePowerFlow(net)
    flow, reason = verified_power_flow(reference, (), TOLERANCE_MVA)
    assert flow is reference
    assert reason is not None
    assert "differ from runpp" in reason
