"""What holds for every site, price and measurement; and how the rules work together."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.rules.decide import decide
from controllers.rules.params import Params
from controllers.rules.site_view import (
    Decision,
    DemandCharge,
    LoadView,
    PriceTable,
    Reason,
    RenewableView,
    SiteView,
)
from tests.controllers.rules.sites import battery, chp, diesel, flywheel, prices, told
from twin.nameplate import LoadNameplate, RenewableNameplate

HOURS = 12
maybe_mw = st.floats(-30.0, 30.0) | st.just(math.nan)
price = st.floats(-100.0, 3000.0)
limit = st.floats(0.0, 30.0) | st.just(math.inf)


charges = st.builds(DemandCharge, st.floats(0.0, 20.0), st.floats(0.0, 1e5), st.floats(0.0, 3.0), st.floats(0.0, 3.0))


@st.composite
def sites(draw: st.DrawFn) -> SiteView:
    """Any site in any state, some of it not measured."""
    set_mw, held_h = draw(st.sampled_from([0.0, 1.2, 4.0])), draw(st.floats(0.0, 5.0))
    residual = draw(st.none() | st.lists(st.floats(-30.0, 30.0), min_size=HOURS, max_size=HOURS))
    return SiteView(
        storages=(
            battery(draw(st.floats(0.0, 40.0) | st.just(math.nan)), "a"),
            battery(draw(st.floats(0.0, 40.0)), "b", charge_efficiency=0.99, wear_cost_per_mwh=5, charge_power_mw=3.0),
            flywheel(draw(st.floats(0.0, 1.0)), "fw")),
        generators=(chp("c", p_set_mw=set_mw, held_h=held_h), chp("d", electrical_efficiency=0.38),
                    diesel(p_set_mw=draw(st.sampled_from([0.0, 2.0])), held_h=held_h)),
        renewables=(RenewableView("pv", RenewableNameplate(8.0), draw(maybe_mw), draw(maybe_mw)),),
        loads=(LoadView("dc", LoadNameplate(1.2, 0.3, 2), draw(maybe_mw), draw(maybe_mw)),),
        import_limit_mw=draw(limit), export_limit_mw=draw(limit), demand_ceiling_mw=draw(limit),
        demand_charge=draw(st.none() | charges),
        residual_mw=None if residual is None else np.array(residual))


@st.composite
def tables(draw: st.DrawFn) -> PriceTable:
    """Any prices, demand response included."""
    buy = draw(st.lists(price, min_size=HOURS, max_size=HOURS))
    return prices(buy, draw(price), carbon=draw(st.floats(0, 500)), dr=draw(st.floats(0, 1000)), dt_h=0.25)


def check_within_nameplates(site: SiteView, decisions: dict[str, Decision]) -> None:
    for s in site.storages:
        assert -s.nameplate.charge_power_mw <= decisions[s.name].p_set_mw <= s.nameplate.discharge_power_mw
    for u in site.generators:
        p = decisions[u.name].p_set_mw
        assert p == 0.0 or u.nameplate.min_mw <= p <= u.nameplate.rated_mw
    for r in site.renewables:
        assert decisions[r.name].p_limit_mw >= 0.0
    for load in site.loads:
        assert decisions[load.name].interrupt_frac in (0.0, load.nameplate.interruptible_frac)


@settings(max_examples=300, deadline=None)
@given(sites(), tables(), st.floats(0.0, 0.9))
def test_commands_stay_within_nameplates_and_storages_go_the_same_way(
    site: SiteView, table: PriceTable, reserve: float
) -> None:
    decisions = {d.name: d for d in decide(site, table, Params(reserve_soc=reserve))}
    named = (*site.storages, *site.generators, *site.renewables, *site.loads)
    assert sorted(decisions) == sorted(a.name for a in named)
    check_within_nameplates(site, decisions)
    traded = [decisions[n].p_set_mw for n in ("a", "b")]
    assert not (max(traded, default=0.0) > 0.0 > min(traded, default=0.0))


@settings(max_examples=200, deadline=None)
@given(sites(), tables())
def test_units_keep_their_minimum_times_whatever_the_price(site: SiteView, table: PriceTable) -> None:
    decisions = {d.name: d for d in decide(site, table, Params())}
    for unit in site.generators:
        if unit.must_stay:
            assert (decisions[unit.name].p_set_mw > 0.0) == unit.on


@settings(max_examples=200, deadline=None)
@given(sites(), tables())
def test_below_a_peak_that_is_billed_anyway_nothing_is_decided_otherwise(site: SiteView, table: PriceTable) -> None:
    never_reached = DemandCharge(counted_mw=1e3, worth_per_mw=1e9, margin_mw=0.0)
    with_charge, without = replace(site, demand_charge=never_reached), replace(site, demand_charge=None)
    assert decide(with_charge, table, Params()) == decide(without, table, Params())


@settings(max_examples=200, deadline=None)
@given(sites(), tables(), st.floats(0.0, 0.9))
def test_the_demand_charge_touches_neither_emergency_sets_nor_the_reserve(
    site: SiteView, table: PriceTable, reserve: float
) -> None:
    params = Params(reserve_soc=reserve)
    plain = {d.name: d for d in decide(replace(site, demand_charge=None, import_limit_mw=math.inf), table, params)}
    charged = {d.name: d for d in decide(replace(site, import_limit_mw=math.inf), table, params)}
    assert charged["diesel"] == plain["diesel"]
    for s in site.storages[:2]:
        if charged[s.name].p_set_mw > 0.0:
            spent_mwh = charged[s.name].p_set_mw * table.dt_h / s.nameplate.discharge_efficiency
            assert s.energy_mwh - spent_mwh >= max(reserve, s.nameplate.min_soc) * s.capacity_mwh - 1e-6


def test_nothing_is_dispatched_on_price_without_knowing_the_load() -> None:
    site = SiteView(storages=(battery(36.0),), generators=(chp("on", p_set_mw=2.5), chp("off")))
    decisions = {d.name: d for d in decide(site, prices([1480.0] * 3), Params())}
    assert {d.reason for d in decisions.values()} == {Reason.NO_MEASUREMENT}
    assert {n: d.p_set_mw for n, d in decisions.items()} == {"bess": 0.0, "on": 2.5, "off": 0.0}


def test_storage_serves_what_an_engine_below_its_minimum_cannot() -> None:
    # 2 MWh for two equally dear hours leave 0.6 MW, below the engine's minimum of 1.2: storage takes all now
    both = told([1.6, 1.6, 1.6], prices([1000, 1000, 380]), storages=(battery(4.0 + 2.0 / 0.92),), generators=(chp(),))
    assert both["chp"].p_set_mw == 0.0
    assert both["bess"].p_set_mw == pytest.approx(1.6)


def test_storage_does_not_feed_what_a_minimum_load_pushes_out() -> None:
    # the engine runs at 1.2 at least; of 2 MW, storage serves 0.8 and nothing is exported
    both = told(2.0, prices([1480, 1480, 380]), storages=(battery(36.0),), generators=(chp(p_set_mw=2.0, held_h=1.0),))
    assert both["bess"].p_set_mw + both["chp"].p_set_mw == pytest.approx(2.0)
    assert both["chp"].p_set_mw == pytest.approx(1.2)


def test_a_discharge_is_expected_to_last_when_a_start_is_judged() -> None:
    # 7.2 MWh for two hours of 5 MW leave 1.4 MW: 2 h · 1.4 · 166.4 = 466 do not earn a start of 600, 5 MW would
    site = {"storages": (battery(4.0 + 7.2 / 0.92),), "generators": (chp(start_cost=600.0),)}
    assert told(5.0, prices([1000, 1000, 380]), **site)["chp"].p_set_mw == 0.0


def test_storage_knows_which_units_run_when_the_last_one_stays_off() -> None:
    # b is left less than its minimum and stays off, so 5.5 − 4 = 1.5 MW would be bought at 1000: storage displaces
    # them first; its other 0.5 MWh go evenly into a's 2.8 MW above minimum now and the 5.5 MW of the next hour
    site = {"storages": (battery(4.0 + 2.0 / 0.92),), "generators": (chp("a"), chp("b"))}
    all_told = told(5.5, prices([1000, 1000, 380]), **site)
    assert all_told["b"].p_set_mw == 0.0
    assert all_told["bess"].p_set_mw == pytest.approx(1.5 + 0.5 * 2.8 / (2.8 + 5.5))


def test_same_view_gives_same_decisions() -> None:
    site = SiteView(storages=(battery(20.0),), generators=(chp(),), residual_mw=np.full(3, 5.0))
    table = prices([1480, 920, 380])
    assert decide(site, table, Params()) == decide(site, table, Params())
    assert site.residual_mw is not None and site.residual_mw.tolist() == [5.0] * 3
