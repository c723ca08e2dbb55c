"""Heat of a combined unit is worth what it displaces, and only as far as somebody takes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from controllers.rules.heat_value import heat_credits, heat_mw
from controllers.rules.params import Params
from controllers.rules.site_view import GeneratorView
from tests.controllers.closed_loop import CHP, GAS_PRICE_PER_MWH
from tests.controllers.rules.sites import chp, diesel, prices, told
from twin.accounts import Rules
from twin.errors import ComponentError

HEAT_MW = 4.0 * 0.40 / 0.45
"""Of one unit at rated power."""
BOILER_FUEL = GAS_PRICE_PER_MWH / 0.9
"""Saved per MWh of heat, without a carbon price."""
DRIVE = 920.0 * 0.7 / 4.0
"""Purchase of chillers (COP 4) saved per MWh of drive heat (COP 0.7)."""


def credits(heat_demand_mw: float, drive_request_mw: float = 0.0, **params: float) -> list[float]:
    """Of two sister units, at a purchase price of 920."""
    found = heat_credits((chp("a"), chp("b")), heat_demand_mw, drive_request_mw, prices([920.0] * 2), Params(**params))
    assert all(np.all(row == row[0]) for row in found.values())
    return [float(found[name][0]) for name in ("a", "b")]


def test_heat_of_a_unit_at_rated_power() -> None:
    assert heat_mw(CHP) == pytest.approx(HEAT_MW)


def test_without_anyone_who_takes_it_heat_is_worth_nothing() -> None:
    assert credits(0.0) == [0.0, 0.0]


def test_full_demand_saves_the_fuel_of_a_boiler() -> None:
    assert credits(100.0) == pytest.approx([BOILER_FUEL * HEAT_MW / 4.0] * 2)


def test_the_second_unit_sells_only_what_the_first_left_over() -> None:
    first, second = credits(HEAT_MW + 1.0)
    assert first == pytest.approx(BOILER_FUEL * HEAT_MW / 4.0)
    assert second == pytest.approx(BOILER_FUEL * 1.0 / 4.0)


def test_absorption_chillers_take_what_the_network_does_not() -> None:
    first, second = credits(1.0, 100.0)
    assert first == pytest.approx((BOILER_FUEL * 1.0 + DRIVE * (HEAT_MW - 1.0)) / 4.0)
    assert second == pytest.approx(DRIVE * HEAT_MW / 4.0)


def test_the_running_unit_sells_first() -> None:
    found = heat_credits((chp("a"), chp("b", p_set_mw=2.0)), HEAT_MW, 0.0, prices([920.0]), Params())
    assert found["a"][0] == 0.0 < found["b"][0]


def test_a_stated_value_holds_for_all_heat() -> None:
    assert credits(0.0, heat_value_per_mwh=300.0) == pytest.approx([300.0 * 0.40 / 0.45] * 2)


def test_carbon_of_the_boiler_counts() -> None:
    found = heat_credits((chp("a"),), 100.0, 0.0, prices([920.0], carbon=100.0), Params())
    assert found["a"][0] == pytest.approx((GAS_PRICE_PER_MWH + 100.0 * CHP.fuel_emission_t_per_mwh) / 0.9
                                          * HEAT_MW / 4.0)


def of_one_mw_heat(name: str, **changes: Any) -> GeneratorView:
    """A unit of 1 MW electricity and 1 MW heat at rated power."""
    return chp(name, rated_mw=1.0, electrical_efficiency=0.4, thermal_efficiency=0.4, **changes)


@pytest.mark.parametrize("order", [0, 1])
def test_heat_saves_the_same_boiler_whatever_the_unit_burns(order: int) -> None:
    """3 MW of demand take the 1 MW of either unit; each MWh saves 1 / 0.9 MWh of gas with 0.2 t/MWh at 100 per t,
    though the one burns diesel at 800."""
    units = (of_one_mw_heat("oil", fuel="diesel", fuel_emission_t_per_mwh=0.27),
             of_one_mw_heat("gas", fuel_emission_t_per_mwh=0.2))
    found = heat_credits(units[::1 - 2 * order], 3.0, 0.0, prices([920.0], carbon=100.0), Params())
    assert {name: row[0] for name, row in found.items()} == pytest.approx(
        dict.fromkeys(("oil", "gas"), (GAS_PRICE_PER_MWH + 20.0) / 0.9))


def test_units_of_two_fuels_share_one_demand() -> None:
    """1.5 MW: the first sells its 1 MW, the second half of its own."""
    units = (of_one_mw_heat("oil", fuel="diesel"), of_one_mw_heat("gas"))
    found = heat_credits(units, 1.5, 0.0, prices([920.0]), Params())
    assert (found["oil"][0], found["gas"][0]) == pytest.approx((BOILER_FUEL, 0.5 * BOILER_FUEL))


def test_boilers_may_burn_another_fuel() -> None:
    """Diesel at 800: named; or because no unit burns gas."""
    oil, gas = of_one_mw_heat("oil", fuel="diesel"), of_one_mw_heat("gas")
    named = heat_credits((oil, gas), 3.0, 0.0, prices([920.0]), Params(boiler_fuel="diesel"))
    alone = heat_credits((oil,), 3.0, 0.0, prices([920.0]), Params())
    assert (named["oil"][0], named["gas"][0], alone["oil"][0]) == pytest.approx([800.0 / 0.9] * 3)


def test_a_boiler_fuel_that_no_unit_burns_is_refused() -> None:
    with pytest.raises(ComponentError, match=r"'wood', which no operated unit burns.*name one of gas"):
        heat_credits((chp("a"),), 3.0, 0.0, prices([920.0]), Params(boiler_fuel="wood"))


def test_the_accounts_value_heat_by_the_same_boiler() -> None:
    assert credits(100.0) == pytest.approx(
        [GAS_PRICE_PER_MWH / Rules().reference_boiler_efficiency * HEAT_MW / 4.0] * 2)


def test_units_without_heat_get_none() -> None:
    assert heat_credits((diesel(),), 5.0, 5.0, prices([920.0]), Params()) == {}


def test_heat_demand_makes_a_unit_run_at_a_price_at_which_it_would_not_otherwise() -> None:
    # 813.6 + 20 without heat; 833.6 - 361.6 with it: pays at 600
    table = prices([600.0] * 3)
    assert told(3.0, table, generators=(chp(start_cost=0.0),))["chp"].p_set_mw == 0.0
    assert told(3.0, table, generators=(chp(start_cost=0.0),), heat_demand_mw=4.0)["chp"].p_set_mw == 3.0
