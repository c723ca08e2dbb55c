"""A connection point with storages that do as told, and a balancer that sees them one step late.

Storages are lossless, so that contents follow from powers by hand. Nothing here comes from the balancer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from controllers.real_time.conditions import Cause
from controllers.real_time_balancer import Inputs, RealTimeBalancer
from tests.component_specs import SHANGHAI, SUMMER_DAY
from twin.component import Event
from twin.context import Context
from twin.nameplate import Nameplate, StorageNameplate

FLYWHEEL = StorageNameplate(1.0, 1.0, 0.015, 1.0, 1.0, 0.0, 1.0, 0.0)
"""7.5 kWh above and below half charge: 27 s at full power."""
BATTERY = StorageNameplate(10.0, 10.0, 40.0, 1.0, 1.0, 0.1, 0.9, 60.0)
SITE: dict[str, Nameplate] = {"bess": BATTERY, "wheel": FLYWHEEL}
"""The battery first: the order of the names says nothing."""
STAY: dict[str, Any] = {"restoration_s": 1e12, "restoration_frac": 0.0}
"""Nothing is restored."""
SHARP: dict[str, Any] = {"gain_frac": 1.0, "deadband_mw": 0.0, **STAY}
"""Deviations are corrected wholly in the next step and nothing else is done."""
PLAN_MW = 5.0


def balancer(nameplates: dict[str, Nameplate] = SITE, **params: Any) -> RealTimeBalancer:
    """The balancer of a site."""
    context = Context(SUMMER_DAY, 3600, 1, 1, SHANGHAI, nameplates=nameplates)
    return RealTimeBalancer("balancer", RealTimeBalancer.Params(**params), context)


@dataclass
class Result:
    """One element per second."""

    p_mw: dict[str, np.ndarray]
    soc: dict[str, np.ndarray]
    """At the end of the second."""
    exchange_mw: np.ndarray
    target_mw: np.ndarray
    cause: dict[str, list[str]]
    events: list[Event] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        """What was told, in order."""
        return [event.kind for event in self.events]


def simulate(
    seconds: int,
    disturbance_mw: Callable[[int], float],
    *,
    nameplates: dict[str, Nameplate] = SITE,
    soc: dict[str, float] | None = None,
    seen: Callable[[int, Inputs], Inputs] = lambda t, inputs: inputs,
    obeys: Callable[[int, str, float], float] = lambda t, name, p_mw: p_mw,
    meter_delay_s: int = 1,
    start_s: int = 0,
    **params: Any,
) -> Result:
    """Run the site; without correction the exchange is the plan plus the disturbance.

    Parameters
    ----------
    seen : changes what the balancer reads.
    obeys : what a storage makes of its set-point.
    meter_delay_s : age of the exchange that is read; 1 is what the co-simulation makes it.
    """
    unit = balancer(nameplates, **params)
    names = unit.terminals()["asset"]
    plates = [nameplates[name] for name in names]
    energy = np.array([(soc or {}).get(n, 0.5) * p.energy_mwh for n, p in zip(names, plates, strict=True)])
    blank = np.zeros(seconds)
    result = Result({n: blank.copy() for n in names}, {n: blank.copy() for n in names}, blank.copy(), blank.copy(),
                    {n: [] for n in names})
    p_mw = np.full(len(names), math.nan)
    for k in range(seconds):
        read = k - meter_delay_s
        inputs = Inputs(
            PLAN_MW, float(result.exchange_mw[read]) if read >= 0 else math.nan, math.nan, np.zeros(len(names)),
            p_mw.copy(), energy / [p.energy_mwh for p in plates], np.full(len(names), -math.inf),
            np.full(len(names), math.inf))
        told = unit.step(start_s + k, 1, seen(k, inputs))
        for i, (name, plate) in enumerate(zip(names, plates, strict=True)):
            p_mw[i], energy[i] = _stored(plate, energy[i], obeys(k, name, float(told.p_set_mw[i])))
            result.p_mw[name][k], result.soc[name][k] = p_mw[i], energy[i] / plate.energy_mwh
            result.cause[name].append(Cause(int(told.reason_code[i])).name)
        result.exchange_mw[k] = PLAN_MW + disturbance_mw(k) - p_mw.sum()
        result.target_mw[k] = told.target_mw
    result.events = unit.pending_events
    return result


def _stored(plate: StorageNameplate, energy_mwh: float, p_set_mw: float) -> tuple[float, float]:
    """Delivered power and content afterwards."""
    most_mw = min(plate.discharge_power_mw, (energy_mwh - plate.min_soc * plate.energy_mwh) * 3600.0)
    least_mw = max(-plate.charge_power_mw, -(plate.max_soc * plate.energy_mwh - energy_mwh) * 3600.0)
    p_mw = min(max(p_set_mw, least_mw), most_mw)
    return p_mw, energy_mwh - p_mw / 3600.0


def changed(inputs: Inputs, **values: Any) -> Inputs:
    """Inputs with other readings."""
    return replace(inputs, **values)
