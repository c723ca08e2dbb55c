"""The life with a cycle a day, for laws whose answer is known by hand."""

from __future__ import annotations

import dataclasses
import math

import pytest

from simulators.storage.battery.ageing import LAWS
from simulators.storage.battery.ageing.daily_use import daily_use
from simulators.storage.battery.ageing.law import Law
from simulators.storage.battery.ageing.naumann import NAUMANN


def root_law(per_root_day: float, per_root_cycle: float) -> Law:
    """Losses a √days + b √cycles."""
    return dataclasses.replace(
        NAUMANN,
        hours_to_loss=lambda soc, degc, loss: 24.0 * (loss / per_root_day) ** 2,
        cycles_to_loss=lambda depth, c_rate, soc, degc, loss: (loss / per_root_cycle) ** 2,
    )


def test_roots_add_up() -> None:
    """(0.002 + 0.001) √T = 0.2 after 4444 days; a third of the loss is cyclic."""
    use = daily_use(root_law(0.002, 0.001), 0.8, 0.25, 25.0, 0.2)

    assert use.life_days == pytest.approx((0.2 / 0.003) ** 2)
    assert use.cyclic_part == pytest.approx(1 / 3)
    assert use.life_per_cycle == pytest.approx(0.001 * 0.003 / 0.2**2)


def test_without_ageing_at_rest_it_is_the_life_by_cycles_alone() -> None:
    law = dataclasses.replace(root_law(1.0, 0.001), hours_to_loss=lambda soc, degc, loss: math.inf if loss else 0.0)
    use = daily_use(law, 0.8, 0.25, 25.0, 0.2)

    assert (use.life_days, use.cyclic_part) == (pytest.approx(40_000.0), pytest.approx(1.0))


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_both_parts_fall_due_together_for_every_law(law: Law) -> None:
    use = daily_use(law, 0.8, 0.25, 25.0, 0.2)

    assert law.hours_to_loss(0.5, 25.0, (1.0 - use.cyclic_part) * 0.2) / 24.0 == pytest.approx(use.life_days, rel=1e-6)
    assert 3.0 < use.life_days / 365.0 < 60.0
