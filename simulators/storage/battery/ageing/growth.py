"""Growth of a loss from where it stands: virtual time (or virtual cycles), so that a law needs no memory of its own.

A law gives a trajectory ``loss = f(x; stress)`` for constant stress, ``x`` being time or full cycles. Under changing
stress the loss already there is put on the trajectory of the present stress (``x_virtual = f⁻¹(loss)``) and goes on
from there. For constant stress any division of ``x`` into steps gives the same loss, to rounding; a new cell, a cell
with a history and a step of one second or of one day need nothing special. Losses in p.u. of the first capacity.
"""

from __future__ import annotations

import math

from simulators.jit import compiled


@compiled
def _root_growth(loss: float, rate: float, step: float) -> float:
    """Increment of ``loss = rate · √x``; written without the difference of two nearly equal numbers."""
    added = rate * rate * step
    if rate <= 0.0 or added <= 0.0:
        return 0.0
    return added / (math.sqrt(loss * loss + added) + loss)


@compiled
def _power_growth(loss: float, rate: float, exponent: float, step: float) -> float:
    """Increment of ``loss = rate · x ** exponent``."""
    if rate <= 0.0 or step <= 0.0:
        return 0.0
    if loss <= 0.0:
        return rate * step**exponent
    virtual = (loss / rate) ** (1.0 / exponent)
    if virtual == 0.0:
        return rate * step**exponent
    return loss * math.expm1(exponent * math.log1p(step / virtual))


@compiled
def _sigmoid_growth(loss: float, ceiling: float, rate: float, exponent: float, step: float) -> float:
    """Increment of ``loss = ceiling · tanh((rate · x) ** exponent / 2)``.

    A loss at or above the ceiling of the present stress does not grow: a mild day after a hard year.
    """
    if step <= 0.0 or ceiling <= 0.0 or loss >= ceiling:
        return 0.0
    virtual = (2.0 * math.atanh(loss / ceiling)) ** (1.0 / exponent) / rate
    return max(0.0, ceiling * math.tanh(0.5 * (rate * (virtual + step)) ** exponent) - loss)
