"""Small heating and cooling networks in round numbers, and a bench that steps them and watches what always holds."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np

from tests.component_specs import ComponentSpec
from tests.component_specs.thermal_networks import energy_is_kept
from twin.codec import encode
from twin.component import Event, ports_of

FLUID = {"density_kg_m3": 1000.0, "heat_capacity_j_kg_k": 4000.0, "viscosity_pa_s": 5e-4}
"""Round numbers: 4 kW per kg/s and K."""
MW_PER_KG_K = FLUID["heat_capacity_j_kg_k"] / 1e6
KG_PER_M = FLUID["density_kg_m3"] * math.pi * 0.1**2 / 4.0
"""Water in a metre of a pipe of 100 mm."""
TIGHT_TANK = {"volume_m3": 50, "height_m": 5, "layer_count": 10, "insulation_w_m_k": 0.0, "conductivity_w_m_k": 0.0,
              "density_kg_m3": 1000.0}  # fmt: skip
"""10 layers of 5 t; neither loss nor conduction."""


def pipe(start: str, end: str, length_m: float = 100.0, **more: Any) -> dict[str, Any]:
    """A pipe of 100 mm without loss and wall."""
    return {"from": start, "to": end, "length_m": length_m, "inner_diameter_m": 0.1, "u_w_mk": 0.0, **more}


def street(
    length_m: float = 100.0, *, source: dict[str, Any] | None = None, house: dict[str, Any] | None = None,
    **pipe_more: Any,
) -> dict[str, Any]:
    """EC - HOUSE: one source at 80 °C, one substation that returns 50 °C."""
    return {
        "fluid": FLUID,
        "nodes": {"EC": {}, "H": {}},
        "pipes": {"EC-H": pipe("EC", "H", length_m, **pipe_more)},
        "substations": {"house": {"node": "H", "return_degc": 50, **(house or {})}},
        "sources": {"EC": {"node": "EC", "supply": 80, **(source or {})}},
    }


def town(**plant: Any) -> dict[str, Any]:
    """EC - A - B with a hospital at the far end and two houses of lower priority; lossy pipes with walls."""
    lossy = {"u_w_mk": 0.3, "wall_m": 0.0036}
    source: dict[str, Any] = {"node": "EC", "supply": 80, "max_kg_s": 30}
    return {
        "fluid": FLUID,
        "nodes": {"EC": {}, "A": {}, "B": {}},
        "pipes": {"EC-A": pipe("EC", "A", 300, **lossy), "A-B": pipe("A", "B", 200, **lossy)},
        "substations": {
            "hospital": {"node": "B", "return_degc": 50, "priority": 1},
            "house": {"node": "A", "return_degc": 50},
            "pool": {"node": "A", "return_degc": 50, "priority": 3},
        },
        "sources": {"EC": source | ({"plant": plant} if plant else {})},
    }


def chilled(**plant: Any) -> dict[str, Any]:
    """EC - D: chilled water at 7 °C, a data centre that warms it by 5 K, ground of 18 °C."""
    source: dict[str, Any] = {"node": "EC", "supply": 7, "max_kg_s": 100}
    return {
        "fluid": FLUID,
        "ground_degc": 18.0,
        "nodes": {"EC": {}, "D": {}},
        "pipes": {"EC-D": pipe("EC", "D", 200, inner_diameter_m=0.25, u_w_mk=0.3)},
        "substations": {"dc": {"node": "D", "delta_k": 5}},
        "sources": {"EC": source | ({"plant": plant} if plant else {})},
    }


class Bench:
    """A network on its own. Every output of every step must be finite and every step must keep its energy.

    Parameters
    ----------
    kind : ``heat`` or ``cooling``.
    params : of the component, besides the network itself.
    """

    def __init__(self, kind: str, network: dict[str, Any], *, step_s: int = 60, **params: Any) -> None:
        given = {"inline": network, "crosscheck_every_h": 0, **params}
        self.component: Any = ComponentSpec(f"{kind}_network", given, step_s=step_s).build()
        self.kind, self.step_s, self.t_s = kind, step_s, 0

    def inputs(self, at: dict[str, float], **more: Any) -> Any:
        """Inputs from demands and CHP heat by name, both positive, and further ports; dictionaries go by terminal."""
        cls, names = self.component.Inputs, self.component.terminals()
        signs = dict.fromkeys(names["substation"], -1.0)
        values = {f"{self.kind}_mw": {name: signs.get(name, 1.0) * mw for name, mw in at.items()}, **more}
        ports = ports_of(cls)
        defaults = {f.name: f.default for f in fields(cls)}
        for name, value in values.items():
            if isinstance(value, dict):
                assert value.keys() <= set(names[str(ports[name].per)])
                values[name] = np.array([value.get(t, defaults[name]) for t in names[str(ports[name].per)]], float)
        return cls(**values)

    def step(self, at: dict[str, float], *, dt_s: int | None = None, **more: Any) -> Any:
        """One step."""
        dt_s = dt_s or self.step_s
        outputs = self.component.step(self.t_s, dt_s, self.inputs(at, **more))
        self.t_s += dt_s
        assert_finite(outputs)
        energy_is_kept(self.component, outputs, dt_s)
        return outputs

    def run(self, hours: float, at: dict[str, float], **more: Any) -> list[Any]:
        """Steps with constant inputs; each step's outputs."""
        return [self.step(at, **more) for _ in range(round(hours * 3600 / self.step_s))]

    def told(self, kind: str) -> list[Event]:
        """Events of a kind."""
        return [event for event in self.component.pending_events if event.kind == kind]

    @property
    def exact_state(self) -> Any:
        """Water and plants as plain data, equal only if every bit is."""
        state = self.component.snapshot()
        return encode([state.water, state.centres])


def assert_finite(outputs: Any) -> None:
    """No output of a step is nan or infinite."""
    values = {f.name: getattr(outputs, f.name) for f in fields(outputs)}
    together = np.concatenate([np.atleast_1d(value) for value in values.values()])
    assert np.isfinite(together).all(), [name for name, value in values.items() if not np.isfinite(value).all()]


def energy_mwh(outputs: list[Any], port: str, step_s: int = 60) -> float:
    """Energy of a power over steps."""
    return float(sum(getattr(y, port) for y in outputs)) * step_s / 3600.0
