"""Taking stock of a battery: what it has lost by each law, its resistance, and how much of its price is used up.

A law's provisional losses may shrink by a hair when an open cycle closes (its rate is then the mean of both ways, and
the laws are not linear in it). Capacity does not come back and money is not paid back, so the stock keeps the highest
value so far of the loss and of the price used up; what is not calendar ageing counts as cyclic.

**Price used up.** A block of capacity loss Q, replaced at a loss of Q_end, has used up (Q / Q_end)² of its price, at
most all of it. The losses of the laws grow about with the square root of time and cycles, so their squares grow evenly:
the price spreads over the life instead of falling due in the first months, and is booked in full at its end.
"""

from __future__ import annotations

import numpy as np

from simulators.jit import compiled
from simulators.storage.battery.ageing.law import CALENDAR as CALENDAR_PART
from simulators.storage.battery.ageing.law import CAPACITY_PARTS, PARTS
from simulators.storage.battery.ageing.usage import Floats

LOST, CALENDAR, RESISTANCE, USED = range(4)
"""Columns of the stock of a law: capacity lost and its calendar part, p.u. of the first capacity; resistance, p.u. of
the first; price used up, p.u. of that of the first capacity. Summed over blocks by their shares."""
STOCK_COLUMNS = 4


@compiled
def _take_stock(shares: Floats, losses: Floats, end_loss: float, stock: Floats) -> None:
    """Bring ``stock`` (L, STOCK_COLUMNS) up to losses (B, L, PARTS) that hold what is still open too."""
    for law in range(losses.shape[1]):
        lost, calendar, used, conductance = 0.0, 0.0, 0.0, 0.0
        for block in range(shares.size):
            gone, gained = 0.0, 0.0
            for part in range(CAPACITY_PARTS):
                gone += losses[block, law, part]
            for part in range(CAPACITY_PARTS, PARTS):
                gained += losses[block, law, part]
            lost += shares[block] * min(gone, 1.0)
            calendar += shares[block] * min(losses[block, law, CALENDAR_PART], 1.0)
            used += shares[block] * min(gone / end_loss, 1.0) ** 2
            conductance += shares[block] / (1.0 + gained)
        stock[law, LOST] = max(stock[law, LOST], lost)
        stock[law, CALENDAR] = calendar
        stock[law, RESISTANCE] = 1.0 / conductance
        stock[law, USED] = max(stock[law, USED], used)


def price_used(shares: Floats, losses: Floats, end_loss: float) -> Floats:
    """(L,) price that blocks have used up, p.u. of that of the first capacity."""
    worn = np.minimum(losses[:, :, :CAPACITY_PARTS].sum(axis=2) / end_loss, 1.0)
    return np.asarray(shares @ worn**2)


@compiled
def take_stock(shares: Floats, losses: Floats, end_loss: float, stock: Floats) -> None:
    """Callable form."""
    _take_stock(shares, losses, end_loss, stock)
