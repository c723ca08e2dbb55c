"""The watchdog's logic: one frozen process image in, one action per asset out. No clock, no files, no randomness.

Without a sign every command is passed as it came, to the last bit. A sign that lasts latches the asset in its safe
state, whatever is commanded, until a person resets it; a reset is refused while any sign is present. The same code
runs as a component of a run and in a process of its own in real time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, isnan, nan

from controllers.watchdog import readings, signs
from controllers.watchdog.asset import AssetMemory, AssetSpec, SafeState
from controllers.watchdog.image import Action, AssetImage, Happening, Image, Sign
from controllers.watchdog.signs import SiteMemory
from controllers.watchdog.thresholds import Thresholds
from controllers.watchdog.words import described

NOBODY_LEADS = (Sign.NO_HEARTBEAT, Sign.NO_RELEASE)
"""While one of these is present a command is what those above do for want of a better: a closed gate says 0."""


@dataclass(slots=True)
class Memory:
    """All that the watchdog remembers."""

    site: SiteMemory
    assets: list[AssetMemory]


class Watchdog:
    """The rules for one site.

    Parameters
    ----------
    specs : the watched assets, in the order in which images list them.
    """

    def __init__(self, specs: Sequence[AssetSpec], limits: Thresholds) -> None:
        self.specs = tuple(specs)
        self.limits = limits
        self._meter_stale_s = max((spec.stale_after_s for spec in specs), default=limits.stale_after_s)

    def initial_memory(self) -> Memory:
        """Nothing seen, nothing latched."""
        return Memory(SiteMemory(), [AssetMemory() for _ in self.specs])

    def step(self, memory: Memory, image: Image) -> tuple[list[Action], list[Happening]]:
        """Look at one image; the memory is moved on."""
        t_s, happened = image.t_s, []
        of_all = signs.of_site(memory.site, image, self._meter_stale_s, self.limits)
        actions = []
        for spec, kept, seen in zip(self.specs, memory.assets, image.assets, strict=True):
            readings.take(spec, kept, seen, t_s, self.limits)
            present = signs.of_asset(spec, kept, seen, t_s, self.limits)
            present += [sign for sign in of_all if self._concerns(sign, spec)]
            if present or kept.present:
                happened += self._latch(spec, kept, present, seen, t_s)
            if seen.reset_count > kept.reset_count:
                happened += self._reset(spec, kept, present, seen, t_s)
            actions.append(_act(spec, kept, seen, t_s))
        return actions, happened

    def follow(self, memory: Memory, image: Image) -> list[Action]:
        """Remember what a safe state depends on, and act on what is latched, without judging: another one does."""
        for spec, kept, seen in zip(self.specs, memory.assets, image.assets, strict=True):
            readings.take(spec, kept, seen, image.t_s, self.limits)
            kept.reset_count = seen.reset_count
        return [_act(spec, kept, seen, image.t_s)
                for spec, kept, seen in zip(self.specs, memory.assets, image.assets, strict=True)]

    def latch_all(self, memory: Memory, sign: Sign, why: str) -> list[Happening]:
        """Every asset into its safe state at once, for a reason that no image shows."""
        happened = []
        for spec, kept in zip(self.specs, memory.assets, strict=True):
            if not kept.latched:
                kept.latched = int(sign)
                happened.append(Happening("watchdog_trip", spec.name, sign, f"{spec.name}: {why}"))
        return happened

    def safe_actions(self, memory: Memory, t_s: float) -> list[Action]:
        """What reaches the assets where no image is at hand; only for assets that are latched."""
        nothing = AssetImage(0.0, 0.0, 0.0, nan, nan, nan, nan, nan)
        return [_act(spec, kept, nothing, t_s) for spec, kept in zip(self.specs, memory.assets, strict=True)]

    def held_mw(self, memory: Memory, t_s: float) -> list[float]:
        """What each asset is held at, whatever is commanded; of those that are not latched: would be."""
        return [_safe_mw(spec, kept, t_s) for spec, kept in zip(self.specs, memory.assets, strict=True)]

    def _concerns(self, sign: Sign, spec: AssetSpec) -> bool:
        return sign is not Sign.METER_LOST or (spec.exports and self.limits.on_meter_loss == "no_export")

    def _latch(self, spec: AssetSpec, kept: AssetMemory, present: list[Sign], seen: AssetImage,
               t_s: float) -> list[Happening]:
        """Count for how long each sign has been there, and latch the most urgent one that lasted."""
        lasted = []
        for sign in Sign:
            if sign not in present:
                kept.since_s[sign] = nan
                continue
            if not isfinite(kept.since_s[sign]):
                kept.since_s[sign] = t_s
            if t_s - kept.since_s[sign] >= spec.patience_s[sign]:
                lasted.append(sign)
        kept.present = bool(present)
        if Sign.METER_LOST in lasted and spec.curtails:
            kept.no_infeed = True
        if not lasted or kept.latched:
            return []
        sign = min(lasted)
        kept.latched = int(sign)
        what = f"{spec.name}: {described(sign, spec, kept, seen, self.limits, t_s)}; safe state {spec.safe.value}"
        return [Happening("watchdog_trip", spec.name, sign, f"{what} until a person resets it")]

    def _reset(self, spec: AssetSpec, kept: AssetMemory, present: list[Sign], seen: AssetImage,
               t_s: float) -> list[Happening]:
        """Release an asset whose cause is gone."""
        kept.reset_count = seen.reset_count
        if not kept.latched:
            return []
        sign = Sign(kept.latched)
        if present:
            why = described(min(present), spec, kept, seen, self.limits, t_s)
            return [Happening("watchdog_reset_refused", spec.name, min(present),
                              f"{spec.name}: not reset, since {why}; remove the cause first")]
        kept.latched, kept.no_infeed, kept.carried_mw = 0, False, 0.0
        return [Happening("watchdog_reset", spec.name, sign,
                          f"{spec.name}: reset by a person; it was stopped for {sign.name.lower()}")]


def _act(spec: AssetSpec, kept: AssetMemory, asked: AssetImage, t_s: float) -> Action:
    """Pass the command, or command the safe state."""
    if not kept.latched:
        kept.given_mw, kept.given_limit_mw = asked.p_set_mw, asked.p_limit_mw
        if not any(isfinite(kept.since_s[sign]) for sign in NOBODY_LEADS):
            kept.held_mw, kept.held_limit_mw = asked.p_set_mw, asked.p_limit_mw
        return Action(asked.p_set_mw, asked.p_limit_mw, asked.interrupt_frac, Sign.NONE)
    if _is_started(spec, kept, asked.p_set_mw):
        kept.given_mw = asked.p_set_mw
        kept.carried_mw = kept.p_mw if kept.p_mw > 0.0 else kept.carried_mw
    else:
        kept.given_mw = _safe_mw(spec, kept, t_s)
    kept.given_limit_mw = inf if isnan(kept.held_limit_mw) else kept.held_limit_mw
    if spec.safe is SafeState.NO_INFEED or kept.no_infeed:
        kept.given_limit_mw = 0.0
    return Action(kept.given_mw, kept.given_limit_mw, 0.0, kept.latched)


def _safe_mw(spec: AssetSpec, kept: AssetMemory, t_s: float) -> float:
    """Set-point of the safe state."""
    if spec.safe is SafeState.COMPLETE_UP_TIME:
        return spec.min_mw if t_s - kept.running_since_s < spec.min_up_s else 0.0
    if spec.safe is not SafeState.HOLD:
        return 0.0
    return kept.carried_mw or (kept.held_mw if isfinite(kept.held_mw) else 0.0)


def _is_started(spec: AssetSpec, kept: AssetMemory, asked_mw: float) -> bool:
    """Whether an emergency generator that stood when it was stopped is told to run: only stopping is barred."""
    stood = not (isfinite(kept.held_mw) and kept.held_mw > 0.0)
    return spec.safe is SafeState.HOLD and spec.generates and stood and isfinite(asked_mw) and asked_mw > 0.0
