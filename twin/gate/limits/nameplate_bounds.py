"""What ``low: nameplate`` and ``high: nameplate`` of a limit stand for, by the output that is limited."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from twin.gate.limits.rows import Quantity
from twin.nameplate import (
    ConnectionNameplate,
    GeneratorNameplate,
    LoadNameplate,
    Nameplate,
    RenewableNameplate,
    StorageNameplate,
)

Pair: TypeAlias = tuple[float, float]
"""Low and high."""
_MIN_PER_H = 60.0
_Table: TypeAlias = Mapping[tuple[str, Quantity], Callable[[Any], Pair]]
_VALUE = Quantity.VALUE


def _temperature(plate: StorageNameplate) -> Pair:
    return plate.temperature_range_degc or (-math.inf, math.inf)


_STORAGE: _Table = {
    ("soc", _VALUE): lambda p: (p.min_soc, p.max_soc),
    ("energy_mwh", _VALUE): lambda p: (p.min_soc * p.energy_mwh, p.max_soc * p.energy_mwh),
    ("p_mw", _VALUE): lambda p: (-p.charge_power_mw, p.discharge_power_mw),
    ("p_set_mw", _VALUE): lambda p: (-p.charge_power_mw, p.discharge_power_mw),
    ("temperature_degc", _VALUE): _temperature,
}
_GENERATOR: _Table = {
    ("p_mw", _VALUE): lambda p: (0.0, p.rated_mw),
    ("p_set_mw", _VALUE): lambda p: (0.0, p.rated_mw),
    **{(signal, Quantity.UP_TIME_H): lambda p: (p.min_up_h, math.inf) for signal in ("p_mw", "p_set_mw")},
    **{(signal, Quantity.DOWN_TIME_H): lambda p: (p.min_down_h, math.inf) for signal in ("p_mw", "p_set_mw")},
    **{(signal, rate): lambda p: (-math.inf, _MIN_PER_H * p.ramp_mw_per_min)
       for signal in ("p_mw", "p_set_mw")
       for rate in (Quantity.CHANGE_PER_H, Quantity.RISE_PER_H, Quantity.FALL_PER_H)},
}
_RENEWABLE: _Table = {("p_mw", _VALUE): lambda p: (0.0, p.peak_mw)}
_LOAD: _Table = {("interrupt_frac", _VALUE): lambda p: (0.0, p.interruptible_frac)}
_CONNECTION: _Table = {("exchange_mw", _VALUE): lambda p: (-p.export_limit_mw, p.import_limit_mw)}

TABLES: Mapping[type, _Table] = {
    StorageNameplate: _STORAGE, GeneratorNameplate: _GENERATOR, RenewableNameplate: _RENEWABLE, LoadNameplate: _LOAD,
    ConnectionNameplate: _CONNECTION,
}


def nameplate_bounds(plate: Nameplate | None, output: str, of: Quantity) -> Pair | None:
    """Low and high that a nameplate states for a quantity of an output or set-point; infinite where it states none.

    Returns
    -------
    None if nameplates of this kind state nothing about it.
    """
    found = TABLES.get(type(plate), {}).get((output, of))
    return None if found is None else found(plate)


def known_quantities(plate: Nameplate | None) -> list[str]:
    """What such a nameplate states bounds for, for messages."""
    return sorted({f"{output} ({of.value})" for output, of in TABLES.get(type(plate), {})})
