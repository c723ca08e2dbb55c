"""Demand response pays 850 per MWh below the baseline."""

from __future__ import annotations

import pytest

from controllers.rules.params import Params
from controllers.rules.site_view import LoadView, Reason
from tests.controllers.rules.sites import chp, prices, told
from twin.nameplate import LoadNameplate

DC = LoadView("dc", LoadNameplate(1.2, 0.3, 2), -1.2, -1.2)
HOSPITAL = LoadView("hospital", LoadNameplate(1.8, 0.0, 1), -1.8, -1.8)


def test_interrupts_the_interruptible_part_during_an_event() -> None:
    both = told(3.0, prices([920] * 3, dr=850), loads=(DC, HOSPITAL))
    assert (both["dc"].reason, both["dc"].interrupt_frac) == (Reason.DEMAND_RESPONSE, 0.3)
    assert (both["hospital"].reason, both["hospital"].interrupt_frac) == (Reason.UNRESTRICTED, 0.0)
    assert both["dc"].message == "dc is interrupted by 30% of 1.20 MW: demand response pays 850 CNY/MWh"


@pytest.mark.parametrize(("paid", "cost", "interrupted"), [(0, 0, 0.0), (850, 900, 0.0), (850, 800, 0.3)])
def test_interrupts_only_if_paid_more_than_it_costs(paid: float, cost: float, interrupted: float) -> None:
    params = Params(interruption_cost_per_mwh=cost)
    assert told(3.0, prices([920] * 3, dr=paid), params, loads=(DC,))["dc"].interrupt_frac == interrupted


def test_generators_follow_the_load_after_interruption() -> None:
    # 3 MW without interruption, 0.3 · 1.2 less with it
    both = told(3.0, prices([1480] * 3, dr=850), loads=(DC,), generators=(chp(),))
    assert both["chp"].p_set_mw == pytest.approx(3.0 - 0.36)


def test_interruption_does_not_need_a_measurement() -> None:
    silent = LoadView("dc", DC.nameplate, float("nan"), float("nan"))
    assert told(3.0, prices([920] * 3, dr=850), loads=(silent,))["dc"].interrupt_frac == 0.3
