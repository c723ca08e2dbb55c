"""Taking stock of wear: sums over blocks by hand, nothing given back, the price used up by the square of the loss."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.storage.battery.ageing import worn
from simulators.storage.battery.ageing.stock import CALENDAR, LOST, RESISTANCE, STOCK_COLUMNS, USED, take_stock
from tests.simulators.storage.ageing.uses import Floats

END_LOSS = 0.2


def stock_of(*blocks: Floats, shares: tuple[float, ...] = (1.0,), before: Floats | None = None) -> Floats:
    """Stock of one law."""
    stock = np.zeros((1, STOCK_COLUMNS)) if before is None else before.copy()
    take_stock(np.array(shares), np.array(blocks)[:, None, :], END_LOSS, stock)
    return stock


def test_two_blocks_by_hand() -> None:
    """One of 1.0 that lost 0.1 (0.04 by cycles) and doubled its resistance, one of 0.5 that is new."""
    [stock] = stock_of(worn(0.1, 1.0, cyclic_share=0.4), worn(0.0), shares=(1.0, 0.5))

    assert stock[LOST] == pytest.approx(0.1)
    assert stock[CALENDAR] == pytest.approx(0.06)
    assert stock[RESISTANCE] == pytest.approx(1.0 / (1.0 / 2.0 + 0.5))
    assert stock[USED] == pytest.approx((0.1 / 0.2) ** 2)


@pytest.mark.parametrize(("loss", "used"), [(0.0, 0.0), (0.05, 0.0625), (0.1, 0.25), (0.2, 1.0), (0.5, 1.0)])
def test_price_is_used_up_with_the_square_and_once(loss: float, used: float) -> None:
    assert stock_of(worn(loss))[0, USED] == pytest.approx(used)


def test_a_loss_that_grows_with_the_root_of_time_uses_the_price_evenly() -> None:
    used = [stock_of(worn(0.2 * np.sqrt(year / 10)))[0, USED] for year in range(11)]

    assert np.diff(used) == pytest.approx(np.full(10, 0.1))


def test_what_an_open_cycle_promised_is_not_given_back() -> None:
    before = stock_of(worn(0.1, cyclic_share=0.5))
    [after] = stock_of(worn(0.0999, cyclic_share=0.5), before=before)

    assert (after[LOST], after[USED]) == (before[0, LOST], before[0, USED])
    assert after[CALENDAR] == pytest.approx(0.04995)
