"""Open-circuit voltage of an LFP/graphite cell over its state of charge, and the energy that it makes of a charge.

V per cell; charge as state of charge, 0 to 1. The voltage is the mean of charging and discharging at 25 °C: the
potential of the iron phosphate less that of the graphite. Both are the fits of M. Safari and C. Delacourt, J.
Electrochem. Soc. 158 (2011) A562, Table I. How far the graphite is filled when the cell is empty and full is measured
by M. Schimpe et al., J. Electrochem. Soc. 165 (2018) A181. For the iron phosphate it is chosen here, so that the lower
end lies between two measured cells (Sony US26650FTC1 and Haidi 18650 at C/100, data set of SimSES, TU München): from
10 to 97 % the curve is within 25 mV of both, mostly between them. The rise within the last percent below full is
missing, as the fit is flatter there.

The voltage falls by at most 0.5 mV/K and rises by at most 0.15 mV/K (``cell.entropy_v_k``): within 10 K of
25 °C that is a tenth of a percent or less above 10 % charge, and it is left out, so that the energy content is a
function of the charge alone. The heat that belongs to it is not left out.

For energy the curve is tabulated every 0.1 % and linear between: content and mean voltage are exact integrals of that.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from simulators.jit import compiled

GRAPHITE_EMPTY, GRAPHITE_FULL = 0.0085, 0.78
"""Lithium in the graphite at 0 and at 100 %."""
IRON_PHOSPHATE_EMPTY, IRON_PHOSPHATE_FULL = 0.93, 0.06
"""Lithium in the iron phosphate at 0 and at 100 %."""
STEPS = 1000
"""Intervals of the table."""


def graphite_v(lithium: Any) -> Any:
    """Potential of graphite against lithium over its filling, 0 to 1."""
    return (
        0.6379
        + 0.5416 * np.exp(-305.5309 * lithium)
        - 0.044 * np.tanh((lithium - 0.1958) / 0.1088)
        - 0.1978 * np.tanh((lithium - 1.0571) / 0.0854)
        - 0.6875 * np.tanh((lithium + 0.0117) / 0.0529)
        - 0.0175 * np.tanh((lithium - 0.5692) / 0.0875)
    )


def iron_phosphate_v(lithium: Any) -> Any:
    """Potential of iron phosphate against lithium over its filling, 0 to 1."""
    free = 1.0 - lithium
    return (
        3.4323
        - 0.8428 * np.exp(-80.2493 * free**1.3198)
        - 3.2474e-6 * np.exp(20.2645 * free**3.8003)
        + 3.2482e-6 * np.exp(20.2646 * free**3.7995)
    )


def open_circuit_v(soc: Any) -> Any:
    """The smooth curve, for numbers, arrays and symbols; ``soc`` from 0 to 1."""
    return iron_phosphate_v(
        IRON_PHOSPHATE_EMPTY + soc * (IRON_PHOSPHATE_FULL - IRON_PHOSPHATE_EMPTY)
    ) - graphite_v(GRAPHITE_EMPTY + soc * (GRAPHITE_FULL - GRAPHITE_EMPTY))


_VOLTAGE = np.asarray(open_circuit_v(np.linspace(0.0, 1.0, STEPS + 1)))
_CONTENT = np.concatenate(([0.0], np.cumsum(0.5 * (_VOLTAGE[1:] + _VOLTAGE[:-1])) / STEPS))


@compiled
def voltage_v(soc: float) -> float:
    """The tabulated curve; beyond its ends the voltage of the end."""
    place = min(max(soc, 0.0), 1.0) * STEPS
    i = min(int(place), STEPS - 1)
    return _VOLTAGE[i] + (place - i) * (_VOLTAGE[i + 1] - _VOLTAGE[i])


@compiled
def content_v(soc: float) -> float:
    """Integral of :func:`voltage_v` from 0 to ``soc``: energy per charge capacity [Wh/Ah], i.e. [V]."""
    inside = min(max(soc, 0.0), 1.0)
    place = inside * STEPS
    i = min(int(place), STEPS - 1)
    part = place - i
    to_here = _CONTENT[i] + part * (_VOLTAGE[i] + 0.5 * part * (_VOLTAGE[i + 1] - _VOLTAGE[i])) / STEPS
    return to_here + (soc - inside) * (_VOLTAGE[0] if soc < 0.0 else _VOLTAGE[STEPS])


@compiled
def mean_voltage_v(soc_from: float, soc_to: float) -> float:
    """Mean of :func:`voltage_v` between two charges; times the charge moved it is the change of the content."""
    lower, upper = min(soc_from, soc_to), max(soc_from, soc_to)
    # within an interval the mean of the ends is exact, and safe where the two charges are all but equal
    if (lower >= 0.0 and upper <= 1.0 and int(lower * STEPS) == int(upper * STEPS)) or lower == upper:
        return 0.5 * (voltage_v(lower) + voltage_v(upper))
    return (content_v(upper) - content_v(lower)) / (upper - lower)
