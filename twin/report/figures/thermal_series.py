"""A heating or cooling network of a run as the figures read it: recorded series by output, columns by element.

Powers in MW, temperatures in °C; everything on the grid of the run. What was not recorded is None or an empty mapping.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.nameplate import ThermalNetworkNameplate
from twin.store.run_data import ComponentRecord, RunData

VISIBLE_MW = 1e-6
"""Smaller powers are rounding of the balance."""
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class ThermalSeries:
    """One thermal network and its series; see :func:`thermal_networks`."""

    run: RunData
    record: ComponentRecord
    plate: ThermalNetworkNameplate

    @property
    def name(self) -> str:
        """Name of the component."""
        return self.record.name

    @property
    def is_cooling(self) -> bool:
        """Whether cold is delivered."""
        return self.plate.service == "cooling"

    @property
    def ware(self) -> str:
        """What it delivers: ``heat`` or ``cold``."""
        return "cold" if self.is_cooling else "heat"

    def scalar(self, output: str) -> np.ndarray | None:
        """A scalar output, None where it was not recorded."""
        key = f"{self.name}.{output}"
        if output in self.record.vectors or not self.run.has(key) or self.run.native(key).size == 0:
            return None
        return self.run.on_grid(key)

    def power(self, output: str) -> np.ndarray:
        """A power [MW], zero where it was not recorded."""
        series = self.scalar(output)
        return np.zeros(len(self.run.grid_t_s)) if series is None else series

    def columns(self, output: str) -> dict[str, np.ndarray]:
        """A vector output by the names of its elements."""
        key = f"{self.name}.{output}"
        labels = self.record.vectors.get(output, ())
        if not labels or not self.run.has(key) or self.run.native(key).size == 0:
            return {}
        return dict(zip(labels, self.run.on_grid(key).T, strict=True))

    def worst_unserved(self) -> np.ndarray:
        """Unserved demand [MW]; what is below :data:`VISIBLE_MW` counts as served."""
        unserved = self.power("unserved_mw")
        return np.where(unserved > VISIBLE_MW, unserved, 0.0)

    def reason(self, code: float) -> str:
        """Why a step was not solvable, by its ``status_code``; empty where it was solved."""
        if not np.isfinite(code) or code == 0:
            return ""
        names = self.record.codes.get("status_code", {})
        return names.get(int(code), f"code {int(code)}").lower().replace("_", " ")

    def pipes_take_mw(self) -> np.ndarray:
        """What goes into the water of pipes and headers (< 0: comes out of it) [MW].

        The recorded change also holds the tank, whose content falls by what it gives and what it loses.
        """
        if self.scalar("stored_change_mwh") is None:
            return self.power("stored_change_mwh")
        step_h = self.record.step_s / SECONDS_PER_HOUR
        return self.power("stored_change_mwh") / step_h + self.power("tank_mw") + self.power("tank_loss_mw")


def thermal_networks(run: RunData) -> list[ThermalSeries]:
    """Components with a thermal nameplate, in scenario order."""
    return [ThermalSeries(run, record, record.nameplate) for record in run.components.values()
            if isinstance(record.nameplate, ThermalNetworkNameplate)]
