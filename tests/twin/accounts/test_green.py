"""Green energy is neither created nor counted twice, whatever a battery does."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.accounts.builders import battery, closed_run, engine, load, make_run, part, sun
from tests.twin.accounts.sites import CAPACITY_MWH, Site, sites
from twin.accounts import Allocation, Origin, Rules, settle
from twin.accounts.green import Green, OriginPower
from twin.component import Role
from twin.store.run_data import RunData

LOAD_FIRST = Rules(allocation=Allocation.LOAD_FIRST)
BOTH = st.sampled_from([Rules(), LOAD_FIRST])


def day_with_battery() -> RunData:
    """One-way efficiency 0.9, empty at first.

    Hour 0: sun 6 feeds town 3 and charges 3; the content is 2.7 MWh, all green.
    Hour 1: the grid feeds town 4 and charges 2; content 2.7 green + 1.8 grid = 4.5 MWh, 60 % green.
    Hour 2: the battery gives 1.8 MW (2.0 MWh of content), the grid 2.2 MW; of the 1.8 MWh 1.08 are green.
    """
    return closed_run(sun([6, 0, 0]), load([-3, -4, -4]), battery([-3, -2, 1.8], start_mwh=0.0))


def test_green_share_by_hand() -> None:
    """(3 direct + 1.08 from the battery) / 11 MWh; counting generation plus 0.9 discharge would claim 0.69."""
    green = settle(day_with_battery()).green
    assert green.green_share_frac == pytest.approx((3 + 1.08) / 11)
    assert green.load.green_direct_mw == pytest.approx([3, 0, 0])
    assert green.load.green_stored_mw == pytest.approx([0, 0, 1.08])
    assert green.load.grid_mw == pytest.approx([0, 4, 2.92])
    assert green.green_share_bound_frac == pytest.approx(6 / 11)
    assert green.self_consumption_frac == 1.0


def test_tags_by_hand() -> None:
    tags = settle(day_with_battery()).green.storages["bess"]
    assert tags.green_mwh == pytest.approx([2.7, 2.7, 1.5])
    assert tags.grid_mwh == pytest.approx([0.0, 1.8, 1.0])
    assert tags.fuel_mwh == pytest.approx([0.0, 0.0, 0.0])
    assert tags.residual_rel < 1e-12


def test_rules_divide_one_pool_differently() -> None:
    """Sun 6 and engine 2 MW supply town 4, losses 1 and export 3 MW.

    Proportional: three quarters green everywhere, so 3, 0.75 and 2.25. Load first: 4 to the town, 1 to the losses, and
    the last 1 of the 3 exported.
    """
    run = closed_run(sun([6.0]), engine([2.0]), load([-4.0]), loss=1.0)
    fair, first = settle(run).green, settle(run, LOAD_FIRST).green
    assert [m.green_mw[0] for m in (fair.load, fair.plant_use, fair.export)] == pytest.approx([3, 0.75, 2.25])
    assert [m.green_mw[0] for m in (first.load, first.plant_use, first.export)] == pytest.approx([4, 1, 1])
    assert first.export.fuel_mw[0] == pytest.approx(2.0)
    assert fair.self_consumption_frac == pytest.approx(1 - 2.25 / 6)


def test_load_first_charges_with_what_the_load_leaves() -> None:
    """Sun 5, engine 3 MW; town 4, charging 4: the battery gets 1 green and 3 of fuel, less a tenth."""
    run = closed_run(sun([5]), engine([3]), load([-4]), battery([-4], start_mwh=0.0))
    tags = settle(run, LOAD_FIRST).green.storages["bess"]
    assert tags.green_mwh == pytest.approx([0.9])
    assert tags.fuel_mwh == pytest.approx([2.7])


def test_gas_is_not_green() -> None:
    assert settle(closed_run(engine([4.0]), load([-4.0]))).green.green_share_frac == 0.0


@pytest.mark.parametrize(("origin", "share"), [(Origin.GRID, 0.0), (Origin.FUEL, 0.0), (Origin.GREEN, 1.0)])
def test_the_opening_content_is_green_only_if_declared(origin: Origin, share: float) -> None:
    run = closed_run(load([-4.0]), battery([4.0], start_mwh=20.0))
    assert settle(run, Rules(initial_origin=origin)).green.green_share_frac == pytest.approx(share)


def test_standing_loss_drains_the_mixture_while_it_is_charged() -> None:
    """Content 1 MWh grid, sun charges 1 MW, 1 MW of standing loss: the content stays 1 MWh and dy/dt = -y/E leaves
    exp(-1) of the grid energy after an hour."""
    store = part("bess", "battery", Role.STORAGE, {"p_mw": [-1.0], "loss_mw": [1.0], "energy_mwh": [1.0]},
                 plate=None)
    name, type_, role, section, series, vectors, _, step = store
    lossless = battery([0.0], start_mwh=1.0, eta=1.0)[6]
    run = closed_run(sun([1.0]), (name, type_, role, section, series, vectors, lossless, step))
    tags = settle(run).green.storages["bess"]
    assert tags.grid_mwh == pytest.approx([np.exp(-1.0)])
    assert tags.green_mwh == pytest.approx([1 - np.exp(-1.0)])


def test_certificates_are_whole_and_carried() -> None:
    """0.7 MWh of green export an hour: the first certificate in hour 1 (1.4), the second in hour 2 (2.1), 0.1 left."""
    green = settle(closed_run(sun([1.7] * 3), load([-1.0] * 3))).green
    assert green.certificates_issued.tolist() == [0, 1, 1]
    assert green.certificate_remainder_mwh == pytest.approx(0.1)


def test_nothing_used_on_the_site_is_a_self_consumption_of_zero() -> None:
    """Sun 3.4375 and battery 1.5 MW are exported whole; rounding must not make the share negative."""
    assert settle(closed_run(sun([3.4375]), battery([1.5], start_mwh=2.0))).green.self_consumption_frac == 0.0


def test_no_certificate_for_own_use_or_for_discharge() -> None:
    """Hour 0: all sun is used or stored. Hour 1: 3 MWh of green discharge are exported."""
    green = settle(closed_run(sun([8, 0]), load([-3, 0]), battery([-5, 3], start_mwh=0.0))).green
    assert green.green_exported_mwh == pytest.approx(3.0)
    assert green.certificates_issued.sum() == 0


def test_an_external_storage_without_losses_recorded_is_followed() -> None:
    """Content 2 → 3.8 → 1.8 MWh while 2 MW go in and 1.8 MW out: losses 0.2 and 0.2 follow from the energies."""
    store = part("tank", "external", Role.STORAGE, {"p_mw": [0.0, -2.0, 1.8], "energy_mwh": [2.0, 3.8, 1.8]})
    green = settle(closed_run(sun([0.0, 2.0, 0.0]), load([0.0, 0.0, -1.8]), store)).green
    assert green.tag_residual_rel < 1e-12
    assert green.storages["tank"].green_mwh == pytest.approx([0.0, 1.8, 1.8 * 1.8 / 3.8])


def total(mix: OriginPower) -> float:
    return float(mix.green_mw.sum())


def green_in_stores(green: Green) -> float:
    return sum(float(s.green_mwh[-1]) for s in green.storages.values())


@given(sites(), BOTH)
def test_tags_sum_to_the_stored_energy(site: Site, rules: Rules) -> None:
    green = settle(site.run(), rules).green
    assert green.tag_residual_rel <= 1e-9
    for tags in green.storages.values():
        for content in (tags.green_mwh, tags.fuel_mwh, tags.grid_mwh):
            assert content.min() >= -1e-9 * CAPACITY_MWH


@given(sites(), BOTH)
def test_no_green_from_nowhere(site: Site, rules: Rules) -> None:
    """Green used, lost, exported and still stored never exceeds what the plants made, in any hour's prefix."""
    green = settle(site.run(), rules).green
    used = total(green.load) + total(green.plant_use) + total(green.export) + green_in_stores(green)
    assert used <= sum(site.sun_mw) + 1e-9
    for mix in (green.load, green.charge, green.plant_use, green.export):
        assert min(mix.green_direct_mw.min(), mix.green_stored_mw.min(), mix.fuel_mw.min(), mix.grid_mw.min()) >= -1e-9


@given(sites(), BOTH)
def test_shares_stay_between_none_and_all(site: Site, rules: Rules) -> None:
    green = settle(site.run(), rules).green
    for share in (green.green_share_frac, green.green_share_bound_frac, green.self_consumption_frac):
        assert np.isnan(share) or 0.0 <= share <= 1.0
    if np.isfinite(green.green_share_frac):
        assert green.green_share_frac <= green.green_share_bound_frac + 1e-9


@given(sites(with_sun=False), BOTH)
def test_without_sun_no_battery_makes_green(site: Site, rules: Rules) -> None:
    green = settle(site.run(), rules).green
    assert total(green.load) + total(green.export) + green_in_stores(green) == 0.0


@given(sites(with_engine=False))
def test_every_sink_is_served_in_full(site: Site) -> None:
    green = settle(site.run()).green
    assert green.load.total_mw == pytest.approx(-np.array(site.load_mw))


def test_a_year_of_five_storages_is_quick() -> None:
    """Guards the loop's order of magnitude (0.33 CPU s measured); the budget itself belongs to the benchmarks."""
    n = 35_040
    swing = np.where(np.arange(n) % 96 < 48, -1.0, 0.8)
    stores = [battery(swing, start_mwh=5e4, dt_h=0.25, name=f"s{i}", capacity_mwh=1e5) for i in range(5)]
    run = closed_run(sun(np.full(n, 5.0)), load(np.full(n, -4.0)), *stores, step_s=900)
    began = time.process_time()
    green = settle(run).green
    assert time.process_time() - began < 5.0
    assert green.tag_residual_rel < 1e-9


def test_storages_of_another_step_than_the_grid() -> None:
    """A battery stepped hourly beside half-hourly sun: tags agree with the recorded energy at the full hours."""
    store = battery([-2.0, 1.0], start_mwh=0.0)
    hourly = (*store[:-1], 3600)
    plant = part("sun", "pv_plant", Role.RENEWABLE, {"p_mw": [4.0, 0.0, 0.0, 0.0]}, step_s=1800)
    green = settle(make_run(plant, hourly, load([-1.0, -1.0]))).green
    assert green.tag_residual_rel < 1e-12
    assert green.storages["bess"].green_mwh[1] == pytest.approx(0.9)


def test_the_bound_counts_what_was_curtailed() -> None:
    """3 MW delivered of 5 available for a town of 10: perfect storage could have reached 0.5."""
    plant = part("sun", "pv_plant", Role.RENEWABLE, {"p_mw": [3.0], "available_mw": [5.0], "curtailed_mw": [2.0]})
    green = settle(closed_run(plant, load([-10.0]))).green
    assert (green.green_share_frac, green.green_share_bound_frac) == pytest.approx((0.3, 0.5))


@pytest.mark.filterwarnings("error")
def test_a_content_of_next_to_nothing_is_replaced_by_what_is_charged() -> None:
    """1e-310 MWh of grid energy under 4.5 MWh of sun, which overflows a ratio of both."""
    tags = settle(closed_run(sun([5.0]), battery([-5.0], start_mwh=1e-310))).green.storages["bess"]
    assert (tags.green_mwh[0], tags.grid_mwh[0]) == pytest.approx((4.5, 0.0))
