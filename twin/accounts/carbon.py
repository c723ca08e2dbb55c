"""Emission of a run by source: import by the recorded grid factor, fuel by the plant's factor. Tonnes of CO2.

The gas of boilers in heating networks has the factor of the rules, bought heat and cold the one that the run records.

Export is not credited: what it avoids elsewhere is reported beside the emission, never subtracted from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.accounts.rules import Rules
from twin.accounts.series import (
    NETWORK_FUEL,
    Flows,
    components_on_bus,
    fuel_input_mw,
    network_plants,
    price_on_grid,
)
from twin.accounts.thermal import COOLING, HEATING, bought_mw
from twin.component import Role
from twin.nameplate import GeneratorNameplate
from twin.store.run_data import RunData

GRID_FACTOR = "grid_emission_t_per_mwh"
BOUGHT_FACTOR = {HEATING: "heat_emission_t_per_mwh", COOLING: "cooling_emission_t_per_mwh"}
"""Service → factor of what is bought of it."""
BOUGHT_LABEL = {HEATING: "bought heat", COOLING: "bought cold"}


@dataclass(frozen=True, slots=True)
class EmissionSource:
    """One cause of emission."""

    name: str
    energy_mwh: float
    """Imported electricity, bought heat or cold, or burnt fuel (LHV)."""
    emission_t: float


@dataclass(frozen=True, slots=True)
class Carbon:
    """Carbon account of a run."""

    sources: tuple[EmissionSource, ...]
    emission_t: float
    """Of all sources whose factor is known; see ``unknown``."""
    emission_per_step_t: np.ndarray
    """Shape (n,)."""
    export_avoided_t: float
    """What the export would have emitted from the public grid; not part of ``emission_t``."""
    unknown: tuple[str, ...]
    """Sources that took part but have no factor."""


def settle_carbon(run: RunData, flows: Flows, rules: Rules) -> Carbon:
    """Emission by source over the run."""
    dt_h = flows.dt_h
    emission: dict[str, tuple[float, np.ndarray]] = {}
    unknown: list[str] = []
    factor = price_on_grid(run, GRID_FACTOR)
    if factor is not None:
        emission["grid import"] = (float(flows.import_mw.sum()) * dt_h, flows.import_mw * factor * dt_h)
    elif flows.import_mw.any():
        unknown.append(f"grid import: the run records no {GRID_FACTOR}")
    for component in components_on_bus(run, Role.GENERATOR):
        plate, fuel = component.nameplate, fuel_input_mw(run, component)
        if isinstance(plate, GeneratorNameplate) and fuel is not None:
            burnt = fuel * dt_h
            emission[f"{component.name} ({plate.fuel})"] = (float(burnt.sum()), burnt * plate.fuel_emission_t_per_mwh)
        elif flows.power_mw[component.name].any():
            unknown.append(f"{component.name}: it states no fuel")
    for network in network_plants(run):
        gas = fuel_input_mw(run, network)
        if gas is not None and gas.any():
            burnt = gas * dt_h
            emission[f"{network.name} boilers ({NETWORK_FUEL})"] = (
                float(burnt.sum()), burnt * rules.gas_emission_t_per_mwh)
    for service, name in BOUGHT_FACTOR.items():
        bought, factor_bought = bought_mw(run, service) * dt_h, price_on_grid(run, name)
        if bought.any() and factor_bought is not None:
            emission[BOUGHT_LABEL[service]] = (float(bought.sum()), bought * factor_bought)
        elif bought.any():
            unknown.append(f"{BOUGHT_LABEL[service]}: the run records no {name}")
    unknown += [f"{name}: an external simulator states no fuel" for name in flows.external_supply]
    per_step = np.sum([e for _, e in emission.values()], axis=0) if emission else np.zeros_like(flows.import_mw)
    return Carbon(
        sources=tuple(EmissionSource(name, energy, float(e.sum())) for name, (energy, e) in emission.items()),
        emission_t=float(per_step.sum()),
        emission_per_step_t=per_step,
        export_avoided_t=float((flows.export_mw * factor).sum()) * dt_h if factor is not None else 0.0,
        unknown=tuple(unknown),
    )
