"""Green share, origin of consumption and certificates, without counting anything twice.

In each step all sources (renewable plants, fuel-fired plants, import, discharge with the origin of the content) and all
sinks (loads, plant use and losses, charging, export) share one pool; :class:`twin.accounts.rules.Allocation` declares
who gets which mix. A storage is not a source: what it gives back carries the tags of what it took, after losses.

Certificates follow the Chinese rule for green electricity certificates (implementing rules of 2025): one per
1,000 kWh of renewable energy delivered *on-grid*; self-use is not tradable; storage discharge earns none; the remainder
is carried over.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.accounts.rules import Allocation, Rules
from twin.accounts.series import Flows, StorageSeries, components_on_bus, finite, storage_series
from twin.accounts.tagging import Pool, Tagged, tag_storages
from twin.component import Role
from twin.store.run_data import RunData

CERTIFICATE_ROUNDING_MWH = 1e-9
"""A sum that misses a whole MWh by float rounding alone counts as whole."""


@dataclass(frozen=True, slots=True)
class OriginPower:
    """A power by its origin [MW], each of shape (n,)."""

    green_direct_mw: np.ndarray
    """From renewable plants in the same step."""
    green_stored_mw: np.ndarray
    """From storages, out of their green content."""
    fuel_mw: np.ndarray
    grid_mw: np.ndarray

    @property
    def green_mw(self) -> np.ndarray:
        """Direct and stored green together."""
        return self.green_direct_mw + self.green_stored_mw

    @property
    def total_mw(self) -> np.ndarray:
        """All origins together."""
        return self.green_mw + self.fuel_mw + self.grid_mw


@dataclass(frozen=True, slots=True)
class StorageTags:
    """Content of one storage by origin at the end of each step [MWh], each of shape (n,)."""

    green_mwh: np.ndarray
    fuel_mwh: np.ndarray
    grid_mwh: np.ndarray
    residual_rel: float
    """Largest difference between the sum of the tags and the recorded energy, over the capacity."""


@dataclass(frozen=True, slots=True)
class Green:
    """Green account of a run. Shares are nan where there is nothing to share."""

    rules: Rules
    load: OriginPower
    """Loads, and the pumps, chillers and fans of heating and cooling networks: what the site consumes."""
    charge: OriginPower
    plant_use: OriginPower
    """Own use of plants and network losses."""
    export: OriginPower
    storages: dict[str, StorageTags]
    green_to_load_mwh: float
    green_exported_mwh: float
    """Direct and stored."""
    green_share_frac: float
    """Green energy that reached ``load`` over all of ``load``: heat and cold networks share in the denominator."""
    green_share_bound_frac: float
    """What perfect storage of the own renewable energy, with nothing curtailed, could reach at most."""
    self_consumption_frac: float
    """Own renewable energy that was not exported in the step of its generation."""
    certificates_issued: np.ndarray
    """Certificates issued in each step (whole MWh), shape (n,)."""
    certificate_remainder_mwh: float
    """Carried over."""

    @property
    def tag_residual_rel(self) -> float:
        """The worst of all storages."""
        return max((s.residual_rel for s in self.storages.values()), default=0.0)


def settle_green(run: RunData, flows: Flows, rules: Rules) -> Green:
    """Follow green electricity from plants through storages to loads and the public grid."""
    names = {role: [c.name for c in components_on_bus(run, role)] for role in
             (Role.RENEWABLE, Role.GENERATOR, Role.LOAD)}
    names[Role.LOAD] += [*flows.base, *flows.network_use, *flows.external_use]
    storages = {c.name: storage_series(run, c) for c in components_on_bus(run, Role.STORAGE)}

    def positive(role: Role) -> np.ndarray:
        return flows.sum_mw([]) + sum(np.maximum(flows.power_mw[n], 0.0) for n in names[role])

    def negative(role: Role) -> np.ndarray:
        return flows.sum_mw([]) + sum(np.maximum(-flows.power_mw[n], 0.0) for n in names[role])

    own_green = positive(Role.RENEWABLE)
    sinks = {
        "load": negative(Role.LOAD),
        "plant_use": np.maximum(flows.loss_mw, 0.0) + negative(Role.RENEWABLE) + negative(Role.GENERATOR),
        "charge": flows.sum_mw([]) + sum(np.maximum(-s.power_mw, 0.0) for s in storages.values()),
        "export": flows.export_mw,
    }
    discharge = flows.sum_mw([]) + sum(np.maximum(s.power_mw, 0.0) for s in storages.values())
    fuel = positive(Role.GENERATOR)
    # of unknown origin: a load that feeds in, an external simulator, and power that no source accounts for
    grid = flows.import_mw + positive(Role.LOAD) + flows.sum_mw(list(flows.external_supply))
    missing = np.maximum(sum(sinks.values()) - (own_green + fuel + grid + discharge), 0.0)
    grid = grid + missing
    rule = _serve(rules.allocation, sinks, own_green + fuel + grid + discharge)
    tagged = tag_storages(
        Pool(own_green, fuel, grid, *rule["charge"]), list(storages.values()), rules.initial_origin, flows.dt_h
    )
    mixes = {
        sink: _mix(power, rule[sink], own_green, fuel, grid, tagged) for sink, power in sinks.items()
    }
    return _account(run, flows, rules, mixes, own_green, storages=_tags(run, storages, tagged),
                    consumption=sinks["load"])


def _serve(
    allocation: Allocation, sinks: dict[str, np.ndarray], supply: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Per sink (offset, scale): its green share is clip((green - offset) / scale, 0, 1); sinks in serving order."""
    if allocation is Allocation.PROPORTIONAL:
        scale = np.where(supply > 0.0, supply, 1.0)
        return {sink: (np.zeros_like(supply), scale) for sink in sinks}
    served, before = {}, np.zeros_like(supply)
    for sink, power in sinks.items():
        served[sink] = (before, np.where(power > 0.0, power, 1.0))
        before = before + power
    return served


def _mix(
    power: np.ndarray, rule: tuple[np.ndarray, np.ndarray], own_green: np.ndarray, fuel: np.ndarray, grid: np.ndarray,
    tagged: Tagged,
) -> OriginPower:
    green_out, fuel_out, grid_out = tagged.discharge_mw
    offset, scale = rule
    green = own_green + green_out
    other_fuel, other = fuel + fuel_out, fuel + fuel_out + grid + grid_out
    with np.errstate(over="ignore"):  # a sink of next to nothing: the clip takes the infinity
        green_mw = power * np.clip((green - offset) / scale, 0.0, 1.0)
    direct = _ratio(own_green, green)
    fuel_mw = (power - green_mw) * _ratio(other_fuel, other)
    return OriginPower(green_mw * direct, green_mw * (1.0 - direct), fuel_mw, power - green_mw - fuel_mw)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0.0)


def _tags(run: RunData, storages: dict[str, StorageSeries], tagged: Tagged) -> dict[str, StorageTags]:
    found = {}
    for i, (name, storage) in enumerate(storages.items()):
        green, fuel, grid = (share[:, i] * tagged.energy_mwh[:, i] for share in tagged.shares)
        residual = _tag_residual(run, name, green + fuel + grid, storage.capacity_mwh)
        found[name] = StorageTags(green, fuel, grid, residual)
    return found


def _tag_residual(run: RunData, name: str, tags_mwh: np.ndarray, capacity_mwh: float) -> float:
    """Tags against the recorded energy, at the ends of the storage's own steps."""
    if not run.has(f"{name}.energy_mwh"):
        return 0.0
    every = run.components[name].step_s // run.grid_step_s
    at_own_ends = tags_mwh[every - 1::every]
    recorded = run.native(f"{name}.energy_mwh")[: len(at_own_ends)]
    gap = float(np.abs(at_own_ends - recorded).max(initial=0.0))
    return gap / capacity_mwh if capacity_mwh > 0.0 else gap


def _available_mwh(run: RunData, flows: Flows) -> float:
    """What the renewable plants could have delivered: before curtailment where they record it."""
    total = 0.0
    for plant in components_on_bus(run, Role.RENEWABLE):
        could = np.maximum(flows.power_mw[plant.name], 0.0)
        if run.has(f"{plant.name}.available_mw"):
            could = np.maximum(could, finite(run, f"{plant.name}.available_mw"))
        total += float(could.sum()) * flows.dt_h
    return total


def _account(
    run: RunData, flows: Flows, rules: Rules, mixes: dict[str, OriginPower], own_green: np.ndarray, *,
    storages: dict[str, StorageTags], consumption: np.ndarray,
) -> Green:
    dt_h = flows.dt_h
    consumed, generated = float(consumption.sum()) * dt_h, float(own_green.sum()) * dt_h
    available = _available_mwh(run, flows)
    to_load = float(mixes["load"].green_mw.sum()) * dt_h
    direct_export = mixes["export"].green_direct_mw * dt_h
    whole = np.floor(np.cumsum(direct_export) + CERTIFICATE_ROUNDING_MWH)
    return Green(
        rules=rules,
        load=mixes["load"],
        charge=mixes["charge"],
        plant_use=mixes["plant_use"],
        export=mixes["export"],
        storages=storages,
        green_to_load_mwh=to_load,
        green_exported_mwh=float(mixes["export"].green_mw.sum()) * dt_h,
        green_share_frac=min(to_load / consumed, 1.0) if consumed > 0.0 else math.nan,
        green_share_bound_frac=min(1.0, available / consumed) if consumed > 0.0 else math.nan,
        self_consumption_frac=1.0 - min(float(direct_export.sum()) / generated, 1.0) if generated > 0.0 else math.nan,
        certificates_issued=np.diff(whole, prepend=0.0),
        certificate_remainder_mwh=max(float(direct_export.sum()) - float(whole[-1]), 0.0) if len(whole) else 0.0,
    )
