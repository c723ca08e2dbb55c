"""Records what external simulators deliver: the probe passes its inputs through as outputs of the run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from twin.component import Component, ComponentParams, Nothing, Role, Section, port


class ProbeParams(ComponentParams):
    """What to listen to."""

    source: str = Field(description="name of the external simulator")
    signals: tuple[str, ...] = Field(description="its signals: 'attribute', or 'number.attribute' of several entities")


@dataclass(slots=True)
class Inputs:
    """One value per signal; NaN until the first one arrives would be refused by the run store, so zero holds."""

    value: np.ndarray = port(0.0, per="signal")


@dataclass(slots=True)
class Outputs:
    """The same values, recorded."""

    value: np.ndarray = port(per="signal")


class Probe(Component[ProbeParams, Inputs, Outputs, Nothing]):
    """Internal: added by the co-simulation for every external simulator with ``record:``."""

    section = Section.ASSETS
    role = Role.PROBE

    def terminals(self) -> dict[str, tuple[str, ...]]:
        """One terminal per signal."""
        return {"signal": self.params.signals}

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        """Pass through."""
        return Outputs(inputs.value)
