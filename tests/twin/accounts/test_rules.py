"""What a scenario declares is what the accounts use: the rules, and the tariff."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.twin.accounts.builders import Part, closed_run, load, make_run, part, tariff
from twin.accounts import Allocation, Origin, Rules, StockPrice, settle
from twin.accounts.money import Money
from twin.component import Role, Section
from twin.errors import ScenarioError
from twin.nameplate import TariffNameplate
from twin.scenario.models import AccountRules
from twin.store.run_data import RunData


def test_nothing_declared_means_the_defaults() -> None:
    assert settle(closed_run(load([-1.0]))).rules == Rules()
    assert Rules.of_scenario({"accounts": AccountRules().model_dump()}) == Rules()


def test_declared_choices_reach_the_accounts() -> None:
    """6 t at 80 and 4 t at 90 with 5 t free: half of 840."""
    run = closed_run(load([-10.0, -10.0]), tariff(grid_emission_t_per_mwh=[0.6, 0.4], carbon_price_per_t=[80, 90]))
    run.scenario["accounts"] = {"allocation": "load_first", "initial_origin": "green", "carbon_allowance_t": 5,
                                "stock_price": "purchase"}
    accounts = settle(run)
    assert accounts.rules == Rules(Allocation.LOAD_FIRST, Origin.GREEN, True, 5.0, StockPrice.PURCHASE)
    assert {i.key: i.cost for i in accounts.money.items}["carbon"] == pytest.approx(420)
    run.scenario["accounts"] = {"carbon_charged": False}
    assert "carbon" not in {i.key for i in settle(run).money.items}
    assert settle(run, Rules()).rules == Rules()


def test_references_of_heat_and_cold_may_be_declared() -> None:
    declared = {"gas_emission_t_per_mwh": 0, "reference_boiler_efficiency": 1.1, "reference_chiller_cop": 6.5}
    accepted = AccountRules.model_validate(declared).model_dump()
    assert Rules.of_scenario({"accounts": accepted}) == Rules(
        gas_emission_t_per_mwh=0.0, reference_boiler_efficiency=1.1, reference_chiller_cop=6.5)


@pytest.mark.parametrize("wrong", [
    {"allocation": "fair"}, {"carbon_allowance_t": -1}, {"alocation": "load_first"}, {"gas_emission_t_per_mwh": -0.1},
    {"reference_boiler_efficiency": 0}, {"reference_boiler_efficiency": 1.11}, {"reference_chiller_cop": 0},
])
def test_other_choices_are_refused_by_the_scenario(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AccountRules.model_validate(wrong)


def second_tariff() -> Part:
    """Purchase at 300, and a demand charge of 31,000 per MW and month."""
    return part("night", "time_of_use_tariff", Role.MARKET, {"buy_price_per_mwh": [300.0] * 24},
                plate=TariffNameplate(lambda t: {}, 31_000.0, 900, 0.0), section=Section.MARKETS)


def two_tariffs(**scenario: object) -> RunData:
    operator = part("operator", "rule_based", Role.CONTROLLER, {}, section=Section.CONTROLLERS)
    parts = (load([-2.0] * 24), tariff(buy_price_per_mwh=[1000.0] * 24, gas_price_per_mwh=[1.0] * 24), second_tariff())
    run = make_run(*parts, operator)
    run.scenario.update(scenario)
    return run


def cost(money: Money) -> dict[str, float]:
    return {i.key: i.cost for i in money.items}


@pytest.mark.parametrize("scenario", [
    {"control": {"type": "rule_based", "tariff": "night"}},
    {"controllers": {"operator": {"type": "rule_based", "tariff": "night"}}},
    {"connections": [{"from": "night.buy_price_per_mwh", "to": "operator.buy_price_per_mwh"}]},
])
def test_the_tariff_of_the_operator_bills(scenario: dict[str, object]) -> None:
    """2 MW for a day of July: 48 MWh at 300, demand 2 x 31,000 / 31. The other tariff would make it 48,000."""
    assert cost(settle(two_tariffs(**scenario)).money) == pytest.approx({"energy_purchase": 14_400,
                                                                         "demand_charge": 2000})


def test_several_tariffs_and_no_choice_are_refused_with_the_remedy() -> None:
    with pytest.raises(ScenarioError, match=r"several tariffs \(tariff, night\).*control: \{tariff: tariff\}"):
        settle(two_tariffs())


def test_two_operators_with_two_tariffs_are_refused() -> None:
    with pytest.raises(ScenarioError, match="work with tariff and night"):
        settle(two_tariffs(controllers={"a": {"tariff": "tariff"}, "b": {"tariff": "night"}}))
