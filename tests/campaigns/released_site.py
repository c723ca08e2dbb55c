"""The site of the command sequences in :mod:`tests.campaigns.unreleased_setpoints`, and who says what it allows."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from twin.scenario.loader import load_scenario
from twin.scenario.resolved import ResolvedScenario

SITE = """\
name: released
time: {start: 2025-03-03T10:00:00+08:00, duration_h: 24, step_s: 1}
location: {latitude_deg: 31.2, longitude_deg: 121.5, timezone: Asia/Shanghai}
currency: CNY
markets:
  tariff: {type: time_of_use_tariff, periods: [{name: flat, price_per_mwh: 200, hours: [0-24]}]}
assets:
  bess: {type: battery, power_mw: 10, energy_mwh: 40, initial_soc: 0.5}
  wheels: {type: flywheel, units: 2, power_mw: 1, energy_mwh: 0.015}
  engine: {type: chp, rated_mw: 4, rated_heat_mw: 3.5}
  roof: {type: pv_plant, peak_mw: 5}
  works: {type: electric_load, peak_mw: 2.0, interruptible_frac: 0.5}
devices:
  bess: {type: battery_pcs, ramp_mw_per_min: 600}
  wheels: {type: flywheel_drive}
  engine: {type: chp_controls}
networks:
  grid: {type: single_bus}
control: {type: rule_based, step_s: 300}
controllers:
  balancer: {type: real_time_balancer}
  watchdog: {type: watchdog}
gate: {enabled: false}
"""
SITE_NAME = "released"


@dataclass(frozen=True)
class Commanded:
    """What an asset is told."""

    port: str
    least: float
    most: float
    safe: float = 0.0


ASSETS = {
    "bess": Commanded("p_set_mw", -10.0, 10.0), "wheels": Commanded("p_set_mw", -2.0, 2.0),
    "engine": Commanded("p_set_mw", 0.0, 4.0), "roof": Commanded("p_limit_mw", 0.0, 5.0, math.inf),
    "works": Commanded("interrupt_frac", 0.0, 1.0),
}
STORAGES = ("bess", "wheels")
WITH_DEVICE = ("bess", "wheels", "engine")
KEYS = {asset: f"{asset}.{told.port}" for asset, told in ASSETS.items()}
ROUNDING_MW = 1e-7
"""What sums and differences of megawatts may leave."""
STEPS, STEP_S = 4, 60


@dataclass
class Oracle:
    """What is allowed, by the facts alone."""

    issued_s: int = 0
    expires_s: int = 0
    """Nothing is released: before its issue already void."""
    bands: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    leases: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Asset → (value, until)."""
    held: dict[str, float] = field(default_factory=dict)
    """Asset → value of the safe state in which the watchdog holds it."""

    def allows(self, asset: str, value: float, t_s: int, rounding_mw: float = ROUNDING_MW) -> bool:
        """Whether a set-point may be applied."""
        safe = ASSETS[asset].safe
        if value == self.held.get(asset, safe):
            return True
        leased, until_s = self.leases.get(asset, (safe, None))
        if until_s is not None and t_s < until_s:
            return abs(value - leased) <= rounding_mw
        if not self.issued_s <= t_s < self.expires_s:
            return False
        low, high = self.bands[asset]
        row = (t_s - self.issued_s) // STEP_S
        return low[row] - rounding_mw <= value <= high[row] + rounding_mw

    def withdraw(self) -> None:
        """Nothing is released any more."""
        self.issued_s = self.expires_s = 0


@cache
def scenario() -> ResolvedScenario:
    """Read once; each sequence builds its components anew."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "released.yaml"
        file.write_text(SITE)
        return load_scenario(file)


def power(asset: str, level: float) -> float:
    """A value between the least and the most that the asset can be told."""
    told = ASSETS[asset]
    return told.least + level * (told.most - told.least)
