"""The life with a cycle a day, for laws whose answer is known by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from simulators.storage.battery.ageing import LAWS, Ageing, split
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
    if law.shares_curve:  # what both take of the one curve adds up
        at_rest, cycled = law.hours_to_loss(0.5, 25.0, 0.2) / 24.0, law.cycles_to_loss(0.8, 0.25, 0.5, 25.0, 0.2)
        assert 1.0 / use.life_days == pytest.approx(1.0 / at_rest + 1.0 / cycled)
        return

    assert law.hours_to_loss(0.5, 25.0, (1.0 - use.cyclic_part) * 0.2) / 24.0 == pytest.approx(use.life_days, rel=1e-6)
    assert 3.0 < use.life_days / 365.0 < 60.0


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_life_of_every_law_is_that_of_a_simulated_use(law: Law) -> None:
    """Once a day from half charge up, down and back, 0.1 to 0.9 at 0.25 C, in 6.4 h; the rest of the day at rest.

    The closed form takes rest as that at half charge; laws of spans wear a little less as the capacity shrinks.
    """
    ageing = Ageing([law])
    state = ageing.fresh(0.5)
    way = np.interp(np.arange(1, 97) / 4.0, [0.0, 8.0, 9.6, 12.8, 14.4, 24.0], [0.5, 0.5, 0.9, 0.1, 0.5, 0.5])
    history = ageing.run(state, way, 25.0, 900.0, steps=96 * 365 * 40, every=96, end_capacity=0.8)
    use = daily_use(law, 0.8, 0.25, 25.0, 0.2)

    assert use.life_days == pytest.approx(history.time_s[-1] / 86_400.0, rel=0.06)
    if not law.shares_curve:  # there the parts depend on when they came
        _, cyclic, _, _ = split(ageing.losses(state)[0, 0])
        assert use.cyclic_part == pytest.approx(float(cyclic) / 0.2, rel=0.08)
