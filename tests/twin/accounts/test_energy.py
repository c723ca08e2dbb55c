"""Energy is power times hours; what goes in comes out, is lost, or is the residual."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from tests.twin.accounts.builders import battery, closed_run, engine, grid, load, make_run, part, sun
from tests.twin.accounts.sites import Site, sites
from twin.accounts import settle
from twin.accounts.energy import ComponentEnergy, Energy
from twin.component import Role, Section
from twin.errors import RunStoreError
from twin.store.run_data import RunData

PLANT, TOWN, STORE = sun([6.0, 0.0, 2.0], curtailed=[1.0, 0.0, 0.0]), load([-3.0, -4.0, -4.0], baseline=[-3, -5, -4]), \
    battery([-3.0, 1.8, 0.0], start_mwh=10.0)


def of(energy: Energy, name: str) -> ComponentEnergy:
    return next(c for c in energy.components if c.name == name)


def test_totals_of_a_three_hour_day() -> None:
    """Sun 6, 0, 2 MW; town 3, 4, 4; battery charges 3, gives 1.8, rests; network loses 0.1 MW throughout.

    Exchange: 0.1 + 3 + 3 - 6 = 0.1, then 0.1 + 4 - 1.8 = 2.3, then 0.1 + 4 - 2 = 2.1: import 4.5 MWh, peak 2.3 MW.
    The battery loses 0.3 on 3 MWh charged and 0.2 on 1.8 MWh given: 0.5 MWh; it ends 3 - 1.8 - 0.5 = 0.7 MWh fuller;
    cycles (3 + 1.8) / 2 / 40 = 0.06.
    """
    energy = settle(closed_run(PLANT, TOWN, STORE, loss=0.1)).energy
    assert energy.consumption_mwh == pytest.approx(11.0)
    assert energy.renewable_generation_mwh == pytest.approx(8.0)
    assert energy.import_mwh == pytest.approx(4.5)
    assert energy.export_mwh == 0.0
    assert energy.peak_import_mw == pytest.approx(2.3)
    assert energy.network_loss_mwh == pytest.approx(0.3)
    assert energy.curtailed_mwh == pytest.approx(1.0)
    assert energy.interrupted_mwh == pytest.approx(1.0)
    assert energy.storage_loss_mwh == pytest.approx(0.5)
    assert energy.storage_energy_change_mwh == pytest.approx(0.7)
    assert energy.storage_cycles_count == pytest.approx(0.06)
    assert of(energy, "bess").delivered_mwh == pytest.approx(1.8)
    assert energy.residual_rel < 1e-12


def test_a_quarter_hour_counts_a_quarter() -> None:
    """Four steps of 4 MW at 15 minutes are 4 MWh, not 16."""
    assert settle(closed_run(load([-4.0] * 4), step_s=900)).energy.consumption_mwh == pytest.approx(4.0)


def test_electricity_residual_is_what_does_not_add_up() -> None:
    """Town 4 MW for two hours, grid delivers 4.0 and 3.9: 0.1 MWh is missing of 7.9 MWh supplied."""
    network = part("grid", "single_bus", Role.NETWORK, {"exchange_mw": [4.0, 3.9], "loss_mw": [0, 0]},
                   section=Section.NETWORKS)
    energy = settle(make_run(load([-4.0, -4.0]), network)).energy
    assert energy.residual_rel == pytest.approx(0.1 / 7.9)


def test_storage_residual_sees_energy_from_nowhere() -> None:
    """A battery whose content rises by 1 MWh in its second step without charging: 1 MWh over the 11 MWh it holds."""
    broken = part("bess", "battery", Role.STORAGE, {"p_mw": [0, 0], "loss_mw": [0, 0], "energy_mwh": [10.0, 11.0]})
    energy = settle(closed_run(load([-1.0, -1.0]), broken)).energy
    assert energy.residual_rel == pytest.approx(1.0 / 11.0)


def test_conversion_residual_sees_fuel_that_vanishes() -> None:
    """An engine at 4.5 MW burns 10 MW and gives 4 MW heat and 1.5 MW loss; without its heat 4 of 10 MWh are missing."""
    whole = engine([4.5])
    assert settle(closed_run(load([-4.5]), whole)).energy.residual_rel < 1e-12
    name, type_, role, section, series, vectors, plate, step = whole
    lame = (name, type_, role, section, series | {"heat_mw": np.zeros(1)}, vectors, plate, step)
    assert settle(closed_run(load([-4.5]), lame)).energy.residual_rel == pytest.approx(0.4)


def test_components_at_different_steps_line_up() -> None:
    """A town metered hourly (4 MW) and a plant every half hour (2 then 6 MW): import 2 MW, then export 2 MW."""
    town = load([-4.0])
    plant = part("sun", "pv_plant", Role.RENEWABLE, {"p_mw": [2.0, 6.0]}, step_s=1800)
    network = part("grid", "single_bus", Role.NETWORK, {"exchange_mw": [2.0, -2.0], "loss_mw": [0, 0]},
                   section=Section.NETWORKS, step_s=1800)
    energy = settle(make_run(town, plant, network)).energy
    assert (energy.import_mwh, energy.export_mwh) == pytest.approx((1.0, 1.0))
    assert energy.residual_rel == 0.0


def test_networks_are_summed_by_direction() -> None:
    """One network imports 3 MW while the other exports 1 MW: 3 and 1 MWh, not 2 and 0."""
    a = part("a", "single_bus", Role.NETWORK, {"exchange_mw": [3.0], "loss_mw": [0]}, section=Section.NETWORKS)
    b = part("b", "single_bus", Role.NETWORK, {"exchange_mw": [-1.0], "loss_mw": [0]}, section=Section.NETWORKS)
    energy = settle(make_run(load([-3.0]), sun([1.0]), a, b)).energy
    assert (energy.import_mwh, energy.export_mwh) == (3.0, 1.0)
    assert energy.residual_rel == 0.0


def test_a_site_without_network_imports_what_is_missing() -> None:
    energy = settle(make_run(load([-3.0, -3.0]), sun([1.0, 5.0]))).energy
    assert (energy.import_mwh, energy.export_mwh) == (2.0, 2.0)
    assert energy.balances == ()


def test_a_diverged_power_flow_is_counted_and_bridged() -> None:
    """Half an hour without a solution: the exchange is the missing 4 MW there, and the time is reported."""
    series = {"exchange_mw": [4.1, math.nan], "loss_mw": [0.1, math.nan]}
    network = part("grid", "electrical_grid", Role.NETWORK, series, section=Section.NETWORKS)
    accounts = settle(make_run(load([-4.0, -4.0]), network, step_s=1800))
    assert accounts.kpi["unsolved_h"] == 0.5
    assert accounts.kpi["import_mwh"] == pytest.approx(4.05)
    assert all(math.isfinite(v) for v in accounts.kpi.values())


def test_a_missing_power_is_refused_with_its_time() -> None:
    with pytest.raises(RunStoreError, match=r"town.p_mw is nan at t = 3600 s"):
        settle(make_run(load([-4.0, math.nan])))


def test_an_empty_run_settles_to_nothing() -> None:
    accounts = settle(make_run(load([]), grid([load([])])))
    assert accounts.kpi["consumption_mwh"] == 0.0
    assert "green_share_frac" not in accounts.kpi


@given(sites())
def test_balances_close_on_every_site(site: Site) -> None:
    assert settle(site.run()).energy.residual_rel < 1e-9


def network_with_own_loads(converged: list[float]) -> RunData:
    """A network that carries a constant 2 MW of its own and loses 0.1 MW, beside a town of 3 and a plant of 1 MW."""
    network = part("grid", "electrical_grid", Role.NETWORK, {
        "exchange_mw": [4.1, 4.1], "loss_mw": [0.1, 0.1], "base_mw": [-2.0, -2.0], "converged_code": converged,
    }, section=Section.NETWORKS)
    run = make_run(load([-3.0, -3.0]), sun([1.0, 1.0]), network)
    run.components["grid"].codes["converged_code"] = {0: "diverged", 1: "converged"}
    return run


def test_constant_loads_of_a_network_are_consumption() -> None:
    """Town 3 and network 2 MW for two hours: 10 MWh, of which 1 in 5.1 is green; the balance closes."""
    accounts = settle(network_with_own_loads([1, 1]))
    assert accounts.kpi["consumption_mwh"] == pytest.approx(10.0)
    assert accounts.kpi["network_loss_mwh"] == pytest.approx(0.2)
    assert accounts.kpi["green_share_frac"] == pytest.approx(1 / 5.1)
    assert accounts.energy.residual_rel < 1e-12
    assert of(accounts.energy, "grid").taken_mwh == pytest.approx(4.0)


def test_steps_marked_as_diverged_are_counted() -> None:
    assert settle(network_with_own_loads([1, 0])).kpi["unsolved_h"] == 1.0
    assert settle(network_with_own_loads([1, 1])).kpi["unsolved_h"] == 0.0


def test_series_that_do_not_fit_together_are_refused() -> None:
    """Two hourly values of the town beside three of the plant."""
    with pytest.raises(RunStoreError, match=r"town.p_mw has 2 values .* the run has 3"):
        settle(make_run(load([-3.0, -3.0]), sun([1.0, 1.0, 1.0])))
