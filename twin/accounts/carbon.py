"""Emission of a run by source: import by the recorded grid factor, fuel by the plant's factor. Tonnes of CO2.

Export is not credited: what it avoids elsewhere is reported beside the emission, never subtracted from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.accounts.series import Flows, components_on_bus, fuel_input_mw, price_on_grid
from twin.component import Role
from twin.nameplate import GeneratorNameplate
from twin.store.run_data import RunData

GRID_FACTOR = "grid_emission_t_per_mwh"


@dataclass(frozen=True, slots=True)
class EmissionSource:
    """One cause of emission."""

    name: str
    energy_mwh: float
    """Imported electricity or burnt fuel (LHV)."""
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


def settle_carbon(run: RunData, flows: Flows) -> Carbon:
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
    unknown += [f"{name}: an external simulator states no fuel" for name in flows.external_supply]
    per_step = np.sum([e for _, e in emission.values()], axis=0) if emission else np.zeros_like(flows.import_mw)
    return Carbon(
        sources=tuple(EmissionSource(name, energy, float(e.sum())) for name, (energy, e) in emission.items()),
        emission_t=float(per_step.sum()),
        emission_per_step_t=per_step,
        export_avoided_t=float((flows.export_mw * factor).sum()) * dt_h if factor is not None else 0.0,
        unknown=tuple(unknown),
    )
