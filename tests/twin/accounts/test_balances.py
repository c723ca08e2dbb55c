"""Tanks, heat pumps, and heat that goes from one component to another: each side's record against the other's."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.component_specs import ComponentSpec
from tests.twin.accounts.builders import Part, closed_run, engine, load, make_run, part, thermal_network
from tests.twin.accounts.thermal_site import heat, site
from twin.accounts import settle
from twin.accounts.balances import Balance
from twin.component import Role, ports_of
from twin.errors import RunStoreError
from twin.store.run_data import RunData


def balance(run: RunData, name: str) -> Balance | None:
    return next((b for b in settle(run).energy.balances if b.name == name), None)


def residual_mwh(run: RunData, name: str) -> float:
    found = balance(run, name)
    assert found is not None
    return found.residual_mwh


def tank(energy: list[float], heat_mw: list[float], loss_mw: list[float], step_s: int | None = None) -> Part:
    series = {"energy_mwh": energy, "heat_mw": heat_mw, "loss_mw": loss_mw}
    return part("tank", "water_tank", Role.STORAGE, series, step_s=step_s)


def test_a_tank_by_hand() -> None:
    """10 MWh; an hour of 2 MW discharge and 0.1 MW loss leaves 7.9, an hour of 3 MW charging and 0.1 loss 10.8 MWh.
    Moved: 2 + 3 + 0.3 MWh and the largest content of 10.8."""
    found = balance(closed_run(load([-1.0] * 3), tank([10.0, 7.9, 10.8], [0.0, 2.0, -3.0], [0.1] * 3)), "tank")
    assert found is not None
    assert found.residual_mwh == pytest.approx(0.0, abs=1e-12)
    assert found.throughput_mwh == pytest.approx(16.1)


def test_heat_from_nowhere_in_a_tank_is_the_residual() -> None:
    """It gives 2 MW for half an hour and its content stays: 1 MWh."""
    run = make_run(load([-1.0] * 2), tank([10.0, 10.0], [2.0, 2.0], [0.0, 0.0]), step_s=1800)
    assert residual_mwh(run, "tank") == pytest.approx(1.0)
    assert settle(run).kpi["energy_residual_rel"] == pytest.approx(1.0 / 12.0)


def test_a_tank_colder_than_its_reference_is_judged_against_what_it_lacks() -> None:
    """20 MWh below the reference at rest, of which 0.02 vanish: a thousandth."""
    found = balance(closed_run(load([-1.0] * 2), tank([-20.0, -19.98], [0.0, 0.0], [0.0, 0.0])), "tank")
    assert found is not None
    assert found.residual_rel == pytest.approx(0.001)


def test_a_tank_that_tells_no_loss_has_no_balance() -> None:
    lame = part("tank", "water_tank", Role.STORAGE, {"energy_mwh": [10.0, 9.0], "heat_mw": [1.0, 1.0]})
    assert balance(closed_run(load([-1.0] * 2), lame), "tank") is None


def test_a_tank_with_a_hole_in_its_record_is_refused() -> None:
    with pytest.raises(RunStoreError, match=r"tank.energy_mwh is nan at t = 3600 s"):
        settle(closed_run(load([-1.0] * 2), tank([10.0, math.nan], [0.0, 0.0], [0.0, 0.0])))


def pump(condenser_mw: float) -> Part:
    return part("pump", "heat_pump", Role.LOAD, {
        "p_mw": [-1.0], "evaporator_heat_mw": [-2.0], "condenser_heat_mw": [condenser_mw], "loss_mw": [0.3]})


def test_a_heat_pump_by_hand() -> None:
    """1 MW of electricity and 2 MW out of the evaporator's water: 2.7 MW to the condenser, 0.3 MW lost. With 2.5 MW at
    the condenser 0.2 of the 3 MWh are missing."""
    whole, lame = (balance(closed_run(pump(mw)), "pump") for mw in (2.7, 2.5))
    assert whole is not None and lame is not None
    assert (whole.residual_mwh, whole.throughput_mwh) == (pytest.approx(0.0, abs=1e-12), 3.0)
    assert lame.residual_rel == pytest.approx(0.2 / 3)


def recorded(name: str, spec: ComponentSpec, steps: list[dict[str, float]]) -> Part:
    """What a component of ours writes over steps of an hour."""
    component = spec.build(name=name)
    outputs = [component.step(3600 * k, 3600, component.Inputs(**inputs)) for k, inputs in enumerate(steps)]
    series = {port: np.array([getattr(o, port) for o in outputs]) for port in ports_of(type(component).Outputs)}
    return part(name, name, component.role, series)


def test_our_tank_and_heat_pump_close() -> None:
    """Charged, discharged, at rest; the pump with and without water at its evaporator."""
    water = ComponentSpec("water_tank", {"volume_m3": 300, "height_m": 14, "layer_count": 5}, step_s=3600)
    moves: list[dict[str, float]] = [{}, {"charge_kg_s": 20, "charge_degc": 90},
                                     {"discharge_kg_s": 30, "return_degc": 45}, {}]
    machine = ComponentSpec("heat_pump", {"rated_mw": 0.5}, step_s=3600)
    streams: list[dict[str, float]] = [
        {"evaporator_in_degc": 30, "evaporator_kg_s": flow, "condenser_in_degc": 60, "condenser_kg_s": 10}
        for flow in (20, 0, 8, 20)]
    run = closed_run(recorded("tank", water, moves), recorded("pump", machine, streams))
    for name in ("tank", "pump"):
        found = balance(run, name)
        assert found is not None
        assert found.throughput_mwh > 1.0
        assert found.residual_rel < 1e-12


def test_heat_of_plants_is_what_the_network_was_offered() -> None:
    """The engine gives 4 MW for two hours; a network that saw 3.9 in the first and 4.1 in the second misses 0.2 of
    8 MWh."""
    assert residual_mwh(site(), "CHP heat") == pytest.approx(0.0, abs=1e-12)
    found = balance(site(heat(chp_heat_mw=[3.9, 4.1])), "CHP heat")
    assert found is not None
    assert (found.residual_mwh, found.throughput_mwh) == pytest.approx((0.2, 8.0))


def test_heat_of_plants_that_reaches_no_network_is_a_residual() -> None:
    """The engine's 4 MWh, and a network that was offered nothing."""
    network = thermal_network("heating", {"a": ([1.0], [1.0])}, boiler_mw=[1.0])
    assert residual_mwh(closed_run(load([-6.0]), engine([4.5]), network), "CHP heat") == pytest.approx(4.0)


def test_heat_from_plants_nobody_has_is_a_residual() -> None:
    network = thermal_network("heating", {"a": ([1.0], [1.0])}, chp_heat_mw=[1.0])
    assert residual_mwh(closed_run(load([-6.0]), network), "CHP heat") == pytest.approx(1.0)


def test_a_plant_on_a_substation_lessens_the_demand_and_offers_nothing() -> None:
    """Only the engine at the source (4 MW) is offered to the network; the other stands with the offices."""
    other = engine([4.5, 4.5], name="other")
    run = site(other)
    assert residual_mwh(run, "CHP heat") == pytest.approx(8.0)
    run.scenario["assets"] = {"engine": {"heat_node": "EC"}, "other": {"heat_node": "heat/offices"}}
    assert residual_mwh(run, "CHP heat") == pytest.approx(0.0, abs=1e-12)


def test_chp_heat_is_not_judged_where_the_record_does_not_say_where_it_goes() -> None:
    """Two heating networks; or an explicit connection, which may bring heat of any origin."""
    second = thermal_network("heating", {"b": ([1.0, 1.0], [1.0, 1.0])}, name="second", boiler_mw=[1.0, 1.0])
    assert balance(site(second), "CHP heat") is None
    run = site(heat(chp_heat_mw=[5.0, 5.0]))
    run.scenario["connections"] = [{"from": "works.heat_mw", "to": "heat.EC.heat_mw"}]
    assert balance(run, "CHP heat") is None


def test_without_plants_there_is_no_balance_of_their_heat() -> None:
    network = thermal_network("heating", {"a": ([1.0], [1.0])}, boiler_mw=[1.0])
    assert balance(closed_run(load([-1.0]), network), "CHP heat") is None


def drive_site(used: list[float], stored: list[float], **scenario: object) -> RunData:
    """Drive heat of 1, 2 and 0.5 MW given over three hours; arrives an hour later."""
    giver = heat_of_three_hours([1.0, 2.0, 0.5])
    taker = thermal_network("cooling", {"labs": ([0.0] * 3, [0.0] * 3)}, name="cold", drive_request_mw=[2.0] * 3,
                            drive_used_mw=used, drive_stored_mwh=stored)
    run = closed_run(load([-1.0] * 3), giver, taker)
    run.scenario.update(scenario)
    return run


def heat_of_three_hours(drive_mw: list[float], step_s: int | None = None) -> Part:
    network = thermal_network("heating", {"a": ([0.0] * 3, [0.0] * 3)}, name="heat", boiler_mw=drive_mw,
                              drive_mw=drive_mw)
    return (*network[:-1], step_s)


def test_drive_heat_arrives_one_step_late() -> None:
    """Second hour: 1 MWh comes, 0.6 are used, 0.4 stay. Third hour: 2 MWh come, 2.1 are used, 0.3 stay. What was given
    in the third hour (0.5 MWh) is under way."""
    found = balance(drive_site([0.0, 0.6, 2.1], [0.0, 0.4, 0.3]), "drive heat")
    assert found is not None
    assert found.residual_mwh == pytest.approx(0.0, abs=1e-12)
    assert found.throughput_mwh == pytest.approx(3.0)


def test_drive_heat_used_twice_is_a_residual() -> None:
    """0.4 MWh more than came in the second hour, and 0.1 MWh that vanish in the third."""
    assert residual_mwh(drive_site([0.0, 1.0, 2.1], [0.0, 0.4, 0.2]), "drive heat") == pytest.approx(0.5)


def test_two_cooling_networks_cannot_both_use_the_same_drive_heat() -> None:
    """Each uses the whole 1 and 2 MWh that were given once: 3 MWh too much."""
    takers = [thermal_network("cooling", {"labs": ([0.0] * 3, [0.0] * 3)}, name=name, drive_request_mw=[2.0] * 3,
                              drive_used_mw=[0.0, 1.0, 2.0], drive_stored_mwh=[0.0] * 3) for name in ("cold", "ice")]
    run = closed_run(load([-1.0] * 3), heat_of_three_hours([1.0, 2.0, 0.5]), *takers)
    assert residual_mwh(run, "drive heat") == pytest.approx(3.0)


def test_drive_heat_is_judged_only_where_the_record_says_all() -> None:
    """Not: heat from elsewhere; a store that is not recorded; networks of different steps; none that asked for any."""
    elsewhere = [{"from": "works.share_frac", "to": "cold.drive_share_frac"}]
    assert balance(drive_site([0.0, 3.0, 3.0], [0.0] * 3, connections=elsewhere), "drive heat") is None
    named = [{"from": "heat.drive_share_frac", "to": "cold.drive_share_frac", "delayed": True}]
    assert balance(drive_site([0.0, 3.0, 3.0], [0.0] * 3, connections=named), "drive heat") is not None
    assert balance(site(), "drive heat") is None
    asking = thermal_network("cooling", {"labs": ([0.0] * 6, [0.0] * 6)}, name="cold", drive_request_mw=[1.0] * 6,
                             drive_stored_mwh=[0.0] * 6)
    slow = make_run(load([-1.0] * 6), heat_of_three_hours([1.0] * 3, step_s=7200), asking)
    assert balance(slow, "drive heat") is None
    idle = thermal_network("cooling", {"labs": ([0.0] * 3, [0.0] * 3)}, name="cold", drive_request_mw=[0.0] * 3,
                           drive_stored_mwh=[0.0] * 3)
    assert balance(closed_run(load([-1.0] * 3), heat_of_three_hours([1.0] * 3), idle), "drive heat") is None
