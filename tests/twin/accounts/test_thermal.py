"""Heat and cold: what goes in comes out, is lost, is stored, or is the residual; what was not served is told."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.accounts.builders import closed_run, engine, load, make_run, part, sun, thermal_network
from tests.twin.accounts.thermal_site import cold, heat, site
from twin.accounts import settle
from twin.accounts.balances import Balance
from twin.accounts.thermal import DRAWN, STORED
from twin.component import Role, Section
from twin.errors import RunStoreError
from twin.store.run_data import RunData


def balance(run: RunData, name: str) -> Balance:
    return next(b for b in settle(run).energy.balances if b.name == name)


def test_the_heating_network_by_hand() -> None:
    """In: 8 + 4.5 MWh. Out: 10.5 delivered, 0.5 drive, 0.2 dumped, 0.6 + 0.2 lost, 0.5 stored: 12.5 MWh."""
    network = settle(site()).thermal[0]
    assert (network.name, network.service) == ("heat", "heating")
    assert network.sources == (("CHP plants", 8.0), ("Boilers", 4.5))
    assert dict(network.uses) == pytest.approx({
        "Delivered": 10.5, "Absorption chillers": 0.5, "Dumped": 0.2, "Pipe losses": 0.6,
        "Tank losses": 0.2, STORED: 0.5})
    assert (network.demand_mwh, network.unserved_mwh) == pytest.approx((11.0, 0.5))
    assert (network.peak_demand_mw, network.peak_delivered_mw) == pytest.approx((6.0, 5.5))
    assert network.loss_frac == pytest.approx(0.8 / 11.8)  # without drive heat and what was dumped
    assert (network.electricity_mwh, network.pump_mwh) == pytest.approx((0.2, 0.14))
    assert network.boiler_efficiency == pytest.approx(4.5 / 4.95)


def test_losses_are_judged_by_what_entered_the_pipes() -> None:
    """CHP 10 MW, of which 1 is dumped, 2 are stranded and 4 drive chillers; the tank gives 1, so that plants give 4 to
    the pipes; 1 is bought and 1 comes from a feed, which in the second hour takes 2 back: 4 + 1 + 1 and 4 + 1 MWh
    entered. Pipes lose 1 and the tank 0.1 MW: 2.2 of 11 MWh."""
    network = thermal_network(
        "heating", {"a": ([4.0, 4.0], [4.0, 4.0])}, chp_heat_mw=[10.0, 10.0], dumped_mw=[1.0, 1.0],
        stranded_mw=[2.0, 2.0], drive_mw=[4.0, 4.0], tank_mw=[1.0, 1.0], external_mw=[1.0, 1.0], feed_mw=[1.0, -2.0],
        loss_mw=[1.0, 1.0], tank_loss_mw=[0.1, 0.1])
    accounts = settle(closed_run(network))
    assert accounts.thermal[0].fed_in_mwh == pytest.approx(11.0)
    assert accounts.thermal[0].loss_frac == pytest.approx(0.2)
    assert accounts.kpi["heat_loss_frac"] == pytest.approx(0.2)


def test_without_a_record_of_what_the_plants_gave_no_loss_fraction_is_made_up() -> None:
    """Bought heat alone would make it 0.3 / 1."""
    name, type_, role, section, series, *others = thermal_network(
        "heating", {"a": ([2.0], [2.0])}, boiler_mw=[1.5], external_mw=[1.0], loss_mw=[0.3])
    without = {k: v for k, v in series.items() if k != "plant_mw"}
    kpi = settle(closed_run((name, type_, role, section, without, *others))).kpi
    assert kpi["heat_loss_mwh"] == pytest.approx(0.3)
    assert "heat_loss_frac" not in kpi


def test_the_cooling_network_by_hand() -> None:
    """Chillers 5 MWh of 1.25 MWh electricity: COP 4; with absorption 5.3 MWh of 1.4 MWh in all."""
    network = settle(site()).thermal[1]
    assert dict(network.sources) == pytest.approx({"Electric chillers": 5.0, "Absorption chillers": 0.3})
    assert dict(network.uses) == pytest.approx({"Delivered": 5.0, "Pipe losses": 0.2, STORED: 0.1})
    assert network.chiller_cop == pytest.approx(4.0)
    assert network.plant_cop == pytest.approx(5.3 / 1.4)
    assert (network.rejected_mwh, network.water_m3, network.drive_mwh) == pytest.approx((7.05, 10.0, 0.5))


def test_both_networks_close_and_join_the_residual() -> None:
    accounts = settle(site())
    assert accounts.energy.residual_rel < 1e-12
    assert [b.name for b in accounts.energy.balances] == [
        "electricity", "engine", "heat", "cold", "heat boilers", "CHP heat"]


def test_heat_from_nowhere_is_the_residual() -> None:
    """The site stores 0.5 MWh; a network that states no change misses them of the 12.5 MWh that came in."""
    broken = site(heat(stored_change_mwh=[0.0, 0.0]))
    assert balance(broken, "heat").residual_mwh == pytest.approx(0.5)
    assert settle(broken).kpi["energy_residual_rel"] == pytest.approx(0.5 / 12.5)


def test_errors_of_two_steps_do_not_cancel() -> None:
    """0.1 MWh too much in the first hour and too little in the second are 0.2 MWh."""
    assert balance(site(cold(stored_change_mwh=[0.2, -0.1])), "cold").residual_mwh == pytest.approx(0.2)


def test_gas_that_vanishes_in_a_boiler_is_a_residual() -> None:
    """Without its loss of 0.45 of 4.95 MWh gas."""
    assert balance(site(heat(boiler_loss_mw=[0.0, 0.0])), "heat boilers").residual_rel == pytest.approx(0.45 / 4.95)


TERM = st.floats(0.0, 5.0)
NET = st.floats(-5.0, 5.0)


@given(st.lists(st.tuples(TERM, TERM, NET, TERM, NET, NET), min_size=1, max_size=5))
def test_both_sides_are_of_the_same_height(steps: list[tuple[float, ...]]) -> None:
    """Whatever the signs of feeds, extraction and pipe losses (in frost a cooling network's pipes gain)."""
    chiller, bought, feed, taken, extraction, loss = (np.array(column) for column in zip(*steps, strict=True))
    network = settle(closed_run(thermal_network(
        "cooling", {"labs": (taken, taken)}, chiller_mw=chiller, external_mw=bought, feed_mw=feed,
        extraction_mw=extraction, loss_mw=loss))).thermal[0]
    left, right = (math.fsum(mwh for _, mwh in side) for side in (network.sources, network.uses))
    assert left == pytest.approx(right, abs=1e-9)
    assert network.residual_mwh == pytest.approx(0.0, abs=1e-9)


def test_drawn_contents_are_a_source() -> None:
    """3 MWh delivered of 2 MWh boiler heat: 1 MWh comes out of the pipes."""
    network = settle(closed_run(thermal_network("heating", {"a": ([3.0], [3.0])}, boiler_mw=[2.0]))).thermal[0]
    assert network.sources == (("Boilers", 2.0), (DRAWN, 1.0))


def test_what_is_booked_per_step_is_not_multiplied_by_a_finer_grid() -> None:
    """A network of two-hour steps beside an hourly town: 5 MW in, 4.5 MW out, 1 MWh stored and 3 m³ in two hours."""
    network = thermal_network("cooling", {"labs": ([4.5], [4.5])}, chiller_mw=[5.0], water_m3=[3.0], dt_h=2.0)
    accounts = settle(make_run(load([-1.0, -1.0]), (*network[:-1], 7200)))
    assert accounts.thermal[0].stored_change_mwh == pytest.approx(1.0)
    assert accounts.thermal[0].delivered_mwh == pytest.approx(9.0)
    assert accounts.kpi["water_m3"] == pytest.approx(3.0)
    assert accounts.energy.residual_rel < 1e-12


def test_unserved_heat_is_told_with_consumer_and_priority() -> None:
    """Of the offices' 7 MWh 0.5 are missing, in the second hour."""
    accounts = settle(site())
    hospital, offices = accounts.thermal[0].substations
    assert (hospital.unserved_mwh, hospital.unserved_h) == (0.0, 0.0)
    assert (offices.name, offices.node, offices.priority) == ("offices", "A", 2)
    assert (offices.demand_mwh, offices.delivered_mwh, offices.unserved_mwh) == pytest.approx((7.0, 6.5, 0.5))
    assert offices.unserved_h == 1.0
    assert accounts.kpi["heat_unserved_mwh"] == pytest.approx(0.5)
    assert accounts.kpi["cooling_unserved_mwh"] == 0.0


def test_key_figures_by_hand() -> None:
    """CHP: 9 MWh electricity and 8 MWh heat, of which 0.2 are dumped, from 20 MWh gas."""
    kpi = settle(site()).kpi
    expected = {
        "heat_demand_mwh": 11.0, "heat_delivered_mwh": 10.5, "heat_loss_mwh": 0.8, "heat_dumped_mwh": 0.2,
        "heat_stranded_mwh": 0.0, "heat_bought_mwh": 0.0, "heat_stored_change_mwh": 0.5, "chp_heat_mwh": 8.0,
        "chp_total_efficiency_frac": 16.8 / 20, "boiler_heat_mwh": 4.5, "boiler_gas_mwh": 4.95, "drive_heat_mwh": 0.5,
        "peak_heat_mw": 6.0, "heat_loss_frac": 0.8 / 11.8,
        "cooling_delivered_mwh": 5.0, "cooling_loss_mwh": 0.2, "cooling_loss_frac": 0.2 / 5.3,
        "chiller_cooling_mwh": 5.0, "absorption_cooling_mwh": 0.3, "cooling_plant_cop": 5.3 / 1.4, "water_m3": 10.0,
        "peak_cooling_mw": 3.0, "thermal_unsolved_h": 0.0, "fuel_mwh": 24.95, "network_use_mwh": 1.6,
    }
    assert {name: kpi[name] for name in expected} == pytest.approx(expected)
    assert "heat_mwh" not in kpi


def test_only_services_that_exist_have_key_figures() -> None:
    kpi = settle(closed_run(thermal_network("cooling", {"labs": ([1.0], [1.0])}, chiller_mw=[1.0]))).kpi
    assert "cooling_delivered_mwh" in kpi
    assert not any(name.startswith(("heat_d", "boiler", "chp")) for name in kpi)


def test_without_a_thermal_network_nothing_is_added() -> None:
    """The engine's 4 MWh of heat stand as available; no figure of a network appears."""
    accounts = settle(closed_run(load([-6.0]), engine([4.5])))
    assert accounts.thermal == ()
    assert accounts.kpi["heat_mwh"] == pytest.approx(4.0)
    added = ("heat_d", "heat_u", "heat_l", "heat_s", "cooling", "boiler", "chp", "thermal", "network_use", "water")
    assert not [name for name in accounts.kpi if name.startswith(added)]


def test_electricity_of_networks_closes_the_balance_and_is_no_load() -> None:
    """Import 2.2 + 2.4 MWh; the town's 12 MWh stay the consumption, 1.6 MWh of plants stand beside it."""
    accounts = settle(site())
    assert balance(site(), "electricity").residual_rel < 1e-12
    assert accounts.kpi["import_mwh"] == pytest.approx(4.6)
    assert accounts.kpi["consumption_mwh"] == pytest.approx(12.0)
    rows = {c.name: (c.role, c.taken_mwh, c.fuel_mwh, c.loss_mwh) for c in accounts.energy.components}
    assert rows["heat"] == (Role.LOAD, pytest.approx(0.2), pytest.approx(4.95), 0.0)
    assert rows["cold"] == (Role.LOAD, pytest.approx(1.4), 0.0, 0.0)


def test_chillers_share_in_the_green_share() -> None:
    """Sun 2 MW, town 3 MW, chillers 1 MW: 2 of 4 MWh are green; the town alone would claim 2 of 3."""
    chillers = thermal_network("cooling", {"labs": ([4.0], [4.0])}, chiller_mw=[4.0], p_mw=[-1.0])
    accounts = settle(closed_run(sun([2.0]), load([-3.0]), chillers))
    assert accounts.kpi["green_share_frac"] == pytest.approx(0.5)
    assert accounts.kpi["green_share_bound_frac"] == pytest.approx(0.5)
    assert accounts.green.load.total_mw == pytest.approx([4.0])


def test_boilers_of_a_network_without_bus_burn_gas_all_the_same() -> None:
    name, type_, role, section, series, vectors, plate, step = heat()
    without = (name, type_, role, section, {k: v for k, v in series.items() if k != "p_mw"}, vectors, plate, step)
    accounts = settle(closed_run(load([-1.0, -1.0]), without))
    assert accounts.kpi["fuel_mwh"] == pytest.approx(4.95)
    assert accounts.kpi["network_use_mwh"] == 0.0


def test_time_without_thermal_solution_is_no_power_flow_trouble() -> None:
    """The heat network fails in the first hour, the cold one in the first and the second: two hours in all."""
    accounts = settle(site(heat(status_code=[2, 0]), cold(status_code=[6, 2])))
    assert [n.unsolved_h for n in accounts.thermal] == [1.0, 2.0]
    assert accounts.thermal[1].trouble_h == {"no_flow": 1.0, "boiling": 1.0}
    assert accounts.kpi["thermal_unsolved_h"] == 2.0
    assert accounts.kpi["unsolved_h"] == 0.0


def test_a_missing_heat_flow_is_refused_with_its_time() -> None:
    with pytest.raises(RunStoreError, match=r"heat.loss_mw is nan at t = 3600 s"):
        settle(site(heat(loss_mw=[0.3, math.nan], stored_change_mwh=[0.0, 0.0])))


def test_a_heat_pump_is_on_the_bus_and_its_heat_a_feed() -> None:
    """1 MW of electricity and 2 MW of ambient heat feed 3 MW into a network that delivers them."""
    pump = part("pump", "heat_pump", Role.LOAD, {"p_mw": [-1.0], "condenser_heat_mw": [3.0]})
    network = thermal_network("heating", {"town": ([3.0], [3.0])}, feed_mw=[3.0])
    accounts = settle(closed_run(pump, network))
    assert accounts.kpi["consumption_mwh"] == pytest.approx(1.0)
    assert accounts.thermal[0].sources == (("Feeds, net", 3.0),)
    assert accounts.energy.residual_rel == 0.0


def test_a_network_that_is_no_thermal_one_but_uses_power_is_counted() -> None:
    """A stranger's network of another kind (compressed air) on the bus: its 0.5 MW close the balance."""
    air = part("air", "air_network", Role.NETWORK, {"p_mw": [-0.5]}, section=Section.NETWORKS)
    accounts = settle(closed_run(load([-1.0]), air))
    assert accounts.energy.residual_rel == 0.0
    assert accounts.kpi["network_use_mwh"] == pytest.approx(0.5)
    assert accounts.kpi["green_share_frac"] == 0.0
