"""The planned exchange is the balance of what is expected and what is told; sums by hand."""

from __future__ import annotations

import math

import pytest

from controllers.rules.planned_exchange import planned_exchange_mw
from controllers.rules.site_view import Decision, LoadView, Reason, RenewableView, SiteView
from tests.controllers.test_rule_based import WITH_TARIFF, inputs, measured, operator
from twin.nameplate import LoadNameplate, RenewableNameplate

DC = LoadView("dc", LoadNameplate(1.2, 0.3, 2), -1.0, -1.0)
PV = RenewableView("pv", RenewableNameplate(8.0), 3.0, 3.0)


def told(name: str, **values: float) -> Decision:
    return Decision(name, Reason.HOLD, "", **values)


def test_every_decision_moves_the_exchange_by_its_power() -> None:
    """5 MW expected, battery +2, engine +1, 30 % of 1 MW interrupted, 3 MW of sun cut to 2.5: 5 - 3 - 0.3 + 0.5."""
    decisions = [told("bess", p_set_mw=2.0), told("chp", p_set_mw=1.0), told("dc", interrupt_frac=0.3),
                 told("pv", p_limit_mw=2.5)]
    view = SiteView(loads=(DC,), renewables=(PV,))
    assert planned_exchange_mw(5.0, view, decisions) == pytest.approx(2.2)


def test_a_load_that_is_not_measured_is_not_counted() -> None:
    blind = LoadView("dc", DC.nameplate, math.nan, math.nan)
    assert planned_exchange_mw(5.0, SiteView(loads=(blind,)), [told("dc", interrupt_frac=0.3)]) == 5.0


def test_the_operator_has_no_plan_before_its_first_measurement() -> None:
    assert math.isnan(operator(WITH_TARIFF).step(0, 900, inputs()).planned_exchange_mw)


def test_the_operator_plans_from_the_residual_load_it_measured() -> None:
    """Import 5 MW with all at rest: residual load 5 MW; whatever it tells the storages and engines comes off it."""
    outputs = operator(WITH_TARIFF).step(36_000, 900, measured(36_000))
    assert outputs.p_set_mw.any()
    assert outputs.planned_exchange_mw == pytest.approx(5.0 - outputs.p_set_mw.sum())


def test_a_lost_measurement_leaves_the_expectation_as_it_was() -> None:
    unit = operator(WITH_TARIFF)
    unit.step(36_000, 900, measured(36_000))
    outputs = unit.step(36_900, 900, inputs(36_900))
    assert outputs.planned_exchange_mw == pytest.approx(5.0 - outputs.p_set_mw.sum())
