"""What the watchdog knows of an asset from its nameplate, and what it remembers of it.

Powers in MW, energies in MWh, times in s, state of charge 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from controllers.watchdog.image import Sign
from controllers.watchdog.thresholds import Thresholds
from twin.nameplate import GeneratorNameplate, LoadNameplate, Nameplate, RenewableNameplate, StorageNameplate

Watched = StorageNameplate | GeneratorNameplate | RenewableNameplate | LoadNameplate
"""Nameplates of what a controller commands."""
STEPS_WITHOUT_READING = 1.5
"""A reading is as old as the asset's step just before the next one; one more half step is none."""
STEPS_TO_FOLLOW = 2.0
"""A command given within a step is obeyed from the next one on and seen after that."""


class SafeState(StrEnum):
    """Where an asset is brought to."""

    ZERO = "zero"
    """0 MW at once: storages."""
    COMPLETE_UP_TIME = "complete_up_time"
    """Minimum load until the minimum up time is over, then off: CHP units."""
    HOLD = "hold"
    """The last command before, from when somebody led: emergency generators, which may be carrying a hospital, and
    renewables. Such a generator that stood may still be started, and then goes on; only stopping it is barred."""
    NO_INFEED = "no_infeed"
    """Curtailed to zero, as all renewables are where a lost meter must not let export go unseen."""
    NOT_INTERRUPTED = "not_interrupted"
    """Consumers."""


@dataclass(frozen=True, slots=True)
class AssetSpec:
    """Facts of an asset and the times after which its signs count."""

    name: str
    safe: SafeState
    stores: bool
    generates: bool
    curtails: bool
    exports: bool
    """Must stop where a lost meter must not let export go unseen; consumers and emergency generators need not."""
    low_mw: float
    high_mw: float
    min_mw: float
    """Lowest power in operation of a generator."""
    min_up_s: float
    energy_mwh: float
    min_soc: float
    max_soc: float
    efficiency: float
    """One-way, the lower one: how much faster than the power the content may move."""
    stale_after_s: float
    patience_s: tuple[float, ...]
    """By :class:`Sign`: how long it must be present."""

    @property
    def rated_mw(self) -> float:
        """The larger of its powers."""
        return max(self.high_mw, -self.low_mw)


@dataclass(slots=True)
class AssetMemory:
    """All that is remembered of an asset."""

    reading_s: float = math.nan
    """When the last readings that can be believed were taken; at first the time of the first look."""
    p_mw: float = math.nan
    soc: float = math.nan
    soc_s: float = math.nan
    temperature_degc: float = math.nan
    temperature_s: float = math.nan
    soc_came_s: float = math.nan
    """When a state of charge last came, believed or not; at first the time of the first look."""
    temperature_came_s: float = math.nan
    """Likewise; NaN: none ever came, there may be no sensor."""
    fresh: bool = False
    """Whether this cycle brought a new reading."""
    implausible: bool = False
    unmoved_soc: float = 0.0
    """Movement that the measured power asked for since the state of charge last changed."""
    moved_s: float = math.nan
    """When the state of charge last changed."""
    rise_from_s: float = math.nan
    rise_from_degc: float = math.nan
    rise_k_per_h: float = 0.0
    """Over the last window."""
    rest_from_s: float = math.nan
    rest_from_degc: float = math.nan
    rest_rise_k_per_h: float = 0.0
    running_since_s: float = math.nan
    """Of a generator; NaN: it stands."""
    given_mw: float = 0.0
    given_limit_mw: float = math.inf
    """What was handed on last."""
    held_mw: float = 0.0
    held_limit_mw: float = math.inf
    """What was handed on last while somebody led: with a release and a heartbeat, where there are such things."""
    carried_mw: float = 0.0
    """Measured last of an emergency generator that was told to run while it was stopped."""
    latched: int = 0
    """A :class:`Sign`."""
    no_infeed: bool = False
    """Latched too: a renewable is curtailed to zero."""
    reset_count: float = 0.0
    present: bool = False
    """Whether any sign was present in the last cycle."""
    since_s: list[float] = field(default_factory=lambda: [math.nan] * len(Sign))
    """By sign: since when it is present; NaN: it is not."""


def spec_of(name: str, plate: Watched, step_s: float, limits: Thresholds, safe: SafeState | None = None) -> AssetSpec:
    """What the watchdog needs to know.

    Parameters
    ----------
    step_s : how often its readings are renewed.
    safe : another safe state than that of its kind.
    """
    stores, generates = isinstance(plate, StorageNameplate), isinstance(plate, GeneratorNameplate)
    curtails = isinstance(plate, RenewableNameplate)
    low_mw = high_mw = min_mw = min_up_s = min_down_s = min_soc = 0.0
    energy_mwh = max_soc = efficiency = 1.0
    if isinstance(plate, StorageNameplate):
        kind, low_mw, high_mw = SafeState.ZERO, -plate.charge_power_mw, plate.discharge_power_mw
        energy_mwh, min_soc, max_soc = plate.energy_mwh, plate.min_soc, plate.max_soc
        efficiency = min(plate.charge_efficiency, plate.discharge_efficiency)
    elif isinstance(plate, GeneratorNameplate):
        kind = SafeState.HOLD if plate.emergency_only else SafeState.COMPLETE_UP_TIME
        high_mw, min_mw, min_up_s, min_down_s = (
            plate.rated_mw, plate.min_mw, plate.min_up_h * 3600.0, plate.min_down_h * 3600.0)
    elif isinstance(plate, RenewableNameplate):
        kind, high_mw = SafeState.HOLD, plate.peak_mw
    else:
        kind, low_mw = SafeState.NOT_INTERRUPTED, -plate.peak_mw
    exports = stores or curtails or kind is SafeState.COMPLETE_UP_TIME
    confirm_s = max(limits.confirm_s, step_s)
    follow_s = limits.storage_follow_s if stores else limits.generator_follow_s
    lasting = {
        Sign.TEMPERATURE_HIGH: confirm_s, Sign.IMPLAUSIBLE: confirm_s, Sign.SOC_LIMIT: confirm_s,
        Sign.VOLTAGE_LIMIT: max(limits.voltage_after_s, step_s),
        Sign.OVERSHOOT: max(follow_s, STEPS_TO_FOLLOW * step_s),
        Sign.SHORTFALL: max(limits.shortfall_after_s, STEPS_TO_FOLLOW * step_s) + min_down_s,
        Sign.NO_RELEASE: limits.release_grace_s,
    }
    return AssetSpec(
        name, safe or kind, stores, generates, curtails, exports, low_mw, high_mw, min_mw, min_up_s, energy_mwh,
        min_soc, max_soc, efficiency, max(limits.stale_after_s, STEPS_WITHOUT_READING * step_s),
        tuple(lasting.get(sign, 0.0) for sign in Sign))


def watched(nameplates: Mapping[str, Nameplate]) -> dict[str, Watched]:
    """The assets that have a safe state."""
    return {name: plate for name, plate in nameplates.items() if isinstance(plate, Watched)}
