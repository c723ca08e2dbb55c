"""Nameplates: what controllers and accounts may know of an asset without knowing its class.

A stranger's battery is operated like ours because it states the same facts. Powers in MW, energies in MWh,
efficiencies one-way, money in the scenario's currency.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np


@dataclass(frozen=True, slots=True)
class StorageNameplate:
    """An electricity store that follows ``p_set_mw`` and reports ``p_mw``, ``energy_mwh`` and ``soc``."""

    charge_power_mw: float
    discharge_power_mw: float
    energy_mwh: float
    charge_efficiency: float
    discharge_efficiency: float
    min_soc: float
    max_soc: float
    wear_cost_per_mwh: float
    """Money per MWh discharged; where wear depends on the depth of cycles, the mean for the usual ones."""
    ageing_segments: tuple[tuple[float, float], ...] = ()
    """Slices of the cycle depth: (width [MWh], money per MWh discharged), rising, for optimisers; empty: all alike."""
    round_trip_range: tuple[float, float] | None = None
    """Lowest and highest round trip of the conversion where the efficiency is a curve; those above are then typical
    values. None: they hold at any power."""
    temperature_range_degc: tuple[float, float] | None = None
    """Within which it can be used in both directions."""
    end_of_life_frac: float | None = None
    """Capacity at which it is replaced, over that when new."""

    def __post_init__(self) -> None:
        """Pairs read back from a stored run come as plain lists."""
        object.__setattr__(self, "ageing_segments", tuple((width, price) for width, price in self.ageing_segments))
        for name in ("round_trip_range", "temperature_range_degc"):
            pair = getattr(self, name)
            object.__setattr__(self, name, None if pair is None else (pair[0], pair[1]))


@dataclass(frozen=True, slots=True)
class GeneratorNameplate:
    """A fuel-fired unit that follows ``p_set_mw`` (0 = off) and reports ``p_mw`` and its fuel input."""

    rated_mw: float
    min_mw: float
    fuel: str
    """Fuel port and price prefix: ``gas`` → output ``gas_mw``, price ``gas_price_per_mwh``."""
    electrical_efficiency: float
    """At rated power."""
    thermal_efficiency: float
    """Useful heat at rated power; 0 where there is none."""
    fuel_emission_t_per_mwh: float
    start_cost: float
    running_cost_per_mwh: float
    min_up_h: float
    min_down_h: float
    emergency_only: bool
    """Back-up: not dispatched on price."""
    start_s: float = 0.0
    """From the order to start until power is delivered; 0 where the unit itself knows no such time."""
    ramp_mw_per_min: float = math.inf
    """Largest change of power in operation."""
    initial_mw: float = 0.0
    """Power before the start of the scenario; 0: off."""
    initial_in_state_h: float = 24.0
    """Time since the unit was last switched on or off, at the start of the scenario."""


@dataclass(frozen=True, slots=True)
class RenewableNameplate:
    """A weather-driven generator; ``p_limit_mw`` may curtail it."""

    peak_mw: float


@dataclass(frozen=True, slots=True)
class LoadNameplate:
    """A consumer; ``interrupt_frac`` may ask for up to ``interruptible_frac`` of it."""

    peak_mw: float
    interruptible_frac: float
    priority: int
    """1 is served first (hospital)."""


@dataclass(frozen=True, slots=True)
class ConnectionNameplate:
    """A network with a connection to the public grid."""

    import_limit_mw: float
    export_limit_mw: float


@dataclass(frozen=True, slots=True)
class TariffNameplate:
    """Published prices: known in advance, so a controller may look ahead."""

    prices_at: Callable[[np.ndarray], dict[str, np.ndarray]] = field(compare=False)
    """Times [s from scenario start] → each price output (``buy_price_per_mwh``, …) at these times."""
    demand_charge_per_mw_month: float
    demand_interval_s: int
    certificate_price_per_mwh: float


class NodePlate(NamedTuple):
    """A node of a thermal network, for maps; coordinates are None where the network file gives none."""

    name: str
    x_m: float | None
    y_m: float | None


class PipePlate(NamedTuple):
    """A pair of pipes between two nodes."""

    name: str
    from_node: str
    to_node: str
    length_m: float
    inner_diameter_m: float


class SubstationPlate(NamedTuple):
    """Where heat or cold is handed over to a consumer."""

    name: str
    node: str
    priority: int
    """1 is served first (hospital)."""


class SourcePlate(NamedTuple):
    """Where an energy centre or a bought supply feeds the network."""

    name: str
    node: str


@dataclass(frozen=True, slots=True)
class ThermalNetworkNameplate:
    """A heating or cooling network of supply and return pipes."""

    service: str
    """``heating`` or ``cooling``."""
    nodes: tuple[NodePlate, ...]
    pipes: tuple[PipePlate, ...]
    substations: tuple[SubstationPlate, ...]
    sources: tuple[SourcePlate, ...]

    def __post_init__(self) -> None:
        """Rows read back from a stored run come as plain lists."""
        for name, kind in (("nodes", NodePlate), ("pipes", PipePlate), ("substations", SubstationPlate),
                           ("sources", SourcePlate)):
            object.__setattr__(self, name, tuple(kind(*row) for row in getattr(self, name)))


Nameplate: TypeAlias = (
    StorageNameplate | GeneratorNameplate | RenewableNameplate | LoadNameplate | ConnectionNameplate | TariffNameplate
    | ThermalNetworkNameplate
)


def setpoint_ranges(nameplates: Mapping[str, Nameplate]) -> dict[str, tuple[float, float]]:
    """Key of each set-point → lowest and highest value that the nameplate of its asset allows."""
    found: dict[str, tuple[float, float]] = {}
    for asset, plate in nameplates.items():
        if isinstance(plate, StorageNameplate):
            found[f"{asset}.p_set_mw"] = -plate.charge_power_mw, plate.discharge_power_mw
        elif isinstance(plate, GeneratorNameplate):
            found[f"{asset}.p_set_mw"] = 0.0, plate.rated_mw
        elif isinstance(plate, RenewableNameplate):
            found[f"{asset}.p_limit_mw"] = 0.0, plate.peak_mw
        elif isinstance(plate, LoadNameplate):
            found[f"{asset}.interrupt_frac"] = 0.0, plate.interruptible_frac
    return found


NAMEPLATE_TOLERANCE = 1e-6
"""So far, in the unit of the set-point, a value may be beyond the nameplate: sums of decimals are not exact."""


def within(value: float, allowed: tuple[float, float]) -> bool:
    """Whether a set-point is within what its nameplate allows, but for rounding."""
    low, high = allowed
    return low - NAMEPLATE_TOLERANCE <= value <= high + NAMEPLATE_TOLERANCE
