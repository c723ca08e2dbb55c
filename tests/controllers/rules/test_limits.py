"""Connection limits: import is relieved in a fixed order, export by curtailment."""

from __future__ import annotations

import math

import pytest

from controllers.rules.decide import decide
from controllers.rules.params import Params
from controllers.rules.site_view import Reason, RenewableView, SiteView
from tests.controllers.rules.sites import battery, chp, diesel, prices, told
from twin.nameplate import RenewableNameplate

VALLEY = [380.0] * 3


def pv(available: float, name: str = "pv", peak: float = 8.0) -> RenewableView:
    return RenewableView(name, RenewableNameplate(peak), available, available)


def test_emergency_unit_starts_only_for_the_import_limit() -> None:
    assert told(5.0, prices(VALLEY), generators=(diesel(),), import_limit_mw=5.0)["diesel"].p_set_mw == 0.0
    unit = told(6.0, prices(VALLEY), generators=(diesel(),), import_limit_mw=5.0)["diesel"]
    assert (unit.reason, unit.p_set_mw) == (Reason.IMPORT_LIMIT, pytest.approx(1.0))


def test_a_small_excess_starts_the_emergency_unit_at_its_minimum() -> None:
    assert told(5.1, prices(VALLEY), generators=(diesel(),), import_limit_mw=5.0)["diesel"].p_set_mw == 0.6


def test_storage_helps_first_with_its_reserve_then_engines_then_emergency() -> None:
    # 12 MW over the limit: 2.4 MWh of reserve above the battery's own minimum of 4 give 2.4 · 0.92, the engine 4
    site = {"storages": (battery(6.4),), "generators": (diesel(), chp()), "import_limit_mw": 5.0}
    all_told = told(17.0, prices(VALLEY), Params(reserve_soc=0.2), **site)
    assert all_told["bess"].p_set_mw == pytest.approx(2.4 * 0.92)
    assert all_told["chp"].p_set_mw == 4.0
    assert all_told["diesel"].p_set_mw == 2.0
    assert {d.reason for d in all_told.values()} == {Reason.IMPORT_LIMIT}


def test_no_more_help_is_called_than_needed() -> None:
    both = told(8.0, prices(VALLEY), storages=(battery(36.0),), generators=(chp(), diesel()), import_limit_mw=5.0)
    assert both["bess"].p_set_mw == pytest.approx(3.0)
    assert (both["chp"].p_set_mw, both["diesel"].p_set_mw) == (0.0, 0.0)


def test_units_in_their_minimum_down_time_do_not_help() -> None:
    units = (chp(held_h=0.5), diesel())
    both = told(6.0, prices(VALLEY), generators=units, import_limit_mw=5.0)
    assert both["chp"].p_set_mw == 0.0
    assert both["diesel"].p_set_mw == 1.0


def test_running_emergency_unit_keeps_its_minimum_up_time() -> None:
    unit = told(1.0, prices(VALLEY), generators=(diesel(p_set_mw=2.0, held_h=0.1, min_up_h=1.0),))["diesel"]
    assert (unit.reason, unit.p_set_mw) == (Reason.RUN_MIN_UP, 0.6)


def test_nothing_is_curtailed_within_the_export_limit() -> None:
    plant = told(-5.0, prices(VALLEY, 300.0), renewables=(pv(6.0),), export_limit_mw=5.0)["pv"]
    assert (plant.reason, plant.p_limit_mw) == (Reason.UNRESTRICTED, math.inf)


def test_curtailment_is_shared_in_proportion() -> None:
    # 2 MW too much of 8: every plant keeps three quarters
    both = told(-7.0, prices(VALLEY, 300.0), renewables=(pv(6.0), pv(2.0, "wind")), export_limit_mw=5.0)
    assert both["pv"].reason is Reason.CURTAIL_EXPORT_LIMIT
    assert both["pv"].p_limit_mw == pytest.approx(4.5)
    assert both["wind"].p_limit_mw == pytest.approx(1.5)


def test_storage_takes_what_would_be_curtailed() -> None:
    both = told([-7.0, 5.0, 5.0], prices([900, 900, 900], 880.0), storages=(battery(20.0),), renewables=(pv(8.0),),
                export_limit_mw=5.0)
    assert both["bess"].p_set_mw == pytest.approx(-2.0)
    assert both["pv"].p_limit_mw == math.inf


def test_no_export_while_selling_costs_money() -> None:
    plant = told(-2.0, prices(VALLEY, -10.0), renewables=(pv(6.0),))["pv"]
    assert plant.reason is Reason.CURTAIL_NEGATIVE_PRICE
    assert plant.p_limit_mw == pytest.approx(4.0)


def test_without_measurement_the_export_limit_holds_even_without_any_load() -> None:
    site = SiteView(renewables=(pv(math.nan), pv(math.nan, "wind", 2.0)), export_limit_mw=5.0)
    both = {d.name: d for d in decide(site, prices(VALLEY), Params())}
    assert both["pv"].p_limit_mw + both["wind"].p_limit_mw == pytest.approx(5.0)
    assert both["pv"].p_limit_mw == pytest.approx(4.0)
