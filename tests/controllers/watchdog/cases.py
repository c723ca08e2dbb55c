"""A fake clock and tables: images at instants, and what must come out of the watchdog."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from controllers.watchdog.asset import SafeState, spec_of, watched
from controllers.watchdog.image import Action, AssetImage, Happening, Image, Sign
from controllers.watchdog.logic import Watchdog
from controllers.watchdog.thresholds import Thresholds
from tests.component_specs.controllers import SITE

STEP_S = 60.0
NAN = math.nan
SOUND: dict[str, dict[str, float]] = {
    "bess": {"p_set_mw": 5.0, "p_mw": 5.0, "soc": 0.5, "temperature_degc": 25.0, "vm_pu": 1.0},
    "flywheel": {"p_set_mw": 0.0, "p_mw": 0.0, "soc": 0.5},
    "chp": {"p_set_mw": 4.0, "p_mw": 4.0},
    "diesel": {"p_set_mw": 1.0, "p_mw": 1.0},
    "pv": {"p_mw": 3.0},
    "dc": {"p_mw": -1.0, "interrupt_frac": 0.3},
}
"""What each asset is told and says when all is well; MW, SOC as a fraction, °C, p.u."""


@dataclass
class Bench:
    """One watchdog over some assets of the park, and its clock."""

    names: tuple[str, ...] = tuple(SOUND)
    limits: Thresholds = field(default_factory=Thresholds)
    step_s: float = STEP_S
    safe: dict[str, SafeState] = field(default_factory=dict)
    t_s: float = 0.0
    happened: list[Happening] = field(default_factory=list)

    def __post_init__(self) -> None:
        plates = watched(SITE)
        self.watchdog = Watchdog(
            [spec_of(n, plates[n], self.step_s, self.limits, self.safe.get(n)) for n in self.names], self.limits)
        self.memory = self.watchdog.initial_memory()

    def look(self, *, site: dict[str, float] | None = None, **changed: dict[str, float]) -> dict[str, Action]:
        """One cycle with everything sound but what is changed; the clock goes on by a step."""
        values = {"exchange_mw": 1.0, "heartbeat_count": NAN, "release_expires_s": NAN, **(site or {})}
        image = Image(self.t_s, values["exchange_mw"], values["heartbeat_count"], values["release_expires_s"],
                      tuple(self._asset(name, changed.get(name, {})) for name in self.names))
        actions, happened = self.watchdog.step(self.memory, image)
        self.happened += happened
        self.t_s += self.step_s
        return dict(zip(self.names, actions, strict=True))

    def _asset(self, name: str, changed: dict[str, float]) -> AssetImage:
        """The charge falls as the power says, so that it is not frozen."""
        blank: dict[str, Any] = {"p_set_mw": 0.0, "p_limit_mw": math.inf, "interrupt_frac": 0.0, "reading_s": self.t_s,
                                 "p_mw": NAN, "soc": NAN, "temperature_degc": NAN, "vm_pu": NAN}
        values = {**blank, **SOUND[name], **changed}
        if "soc" in SOUND[name] and "soc" not in changed:
            values["soc"] -= 1e-6 * self.t_s / self.step_s
        return AssetImage(**values)

    def sign(self, name: str) -> Sign:
        """Why an asset is in its safe state."""
        return Sign(self.memory.assets[self.names.index(name)].latched)
