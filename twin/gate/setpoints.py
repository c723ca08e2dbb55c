"""What the gate hands on, its safe values, and how far a correction or the state may be from what was proved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from twin.component import Component, Layer, ports_of
from twin.gate.decision import Tried
from twin.gate.limits.room import CorrectionRoom, Room
from twin.gate.release.bands import Band
from twin.nameplate import GeneratorNameplate, LoadNameplate, Nameplate, RenewableNameplate, StorageNameplate
from twin.schedule import Schedule

OPERATED = (StorageNameplate, GeneratorNameplate, RenewableNameplate, LoadNameplate)
PORTS = {"p_set_mw": 0.0, "p_limit_mw": math.inf, "interrupt_frac": 0.0}
"""Set-point → its safe value, the one that holds where nobody commands."""
EXCHANGE_PORT = "exchange_mw"
LATCHED = "sign_code"
"""Output of a watchdog: not zero for an asset that it holds."""
STATE_BAND_SOC = 0.1
"""So far the charge of a storage may be from where the replay saw it before the proof is void."""
BAND_FRAC = 0.05
"""Room for corrections within seconds around the set-point of a storage, part of its power."""
SHORT_STORAGE_H = 0.25
"""A storage that is empty after this time at full power is there for balancing: its whole power is its band."""


def safe_values(assets: Iterable[str]) -> dict[str, float]:
    """Key → its value in the safe state."""
    return {f"{asset}.{name}": safe for asset in assets for name, safe in PORTS.items()}


def latched_values(components: Mapping[str, Component], outputs: Mapping[str, Any]) -> dict[str, float]:
    """Key → what a watchdog holds an asset at: it has the last word, and schedules have to count with it.

    Parameters
    ----------
    outputs : component → what it delivered last.
    """
    held: dict[str, float] = {}
    for name, component in components.items():
        given = outputs.get(name)
        if component.layer is not Layer.WATCHDOG or given is None or not hasattr(given, LATCHED):
            continue
        for place, asset in enumerate(component.terminals()["asset"]):
            if np.atleast_1d(getattr(given, LATCHED))[place]:
                held |= {f"{asset}.{port}": float(np.atleast_1d(getattr(given, port))[place]) for port in PORTS}
    return held


def with_latches(setpoints: Mapping[str, np.ndarray], latched: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Set-points with what the watchdog holds, until somebody resets it."""
    return {key: np.full_like(values, latched[key]) if key in latched else values for key, values in setpoints.items()}


def storages_of(plates: Mapping[str, Nameplate]) -> list[str]:
    """Assets that store electricity."""
    return [asset for asset, plate in plates.items() if isinstance(plate, StorageNameplate)]


def is_short(plate: StorageNameplate) -> bool:
    """Whether it is for balancing and not for plans."""
    return plate.energy_mwh < SHORT_STORAGE_H * max(plate.charge_power_mw, plate.discharge_power_mw)


def planned_storages(plates: Mapping[str, Nameplate]) -> dict[str, Nameplate]:
    """Storages whose charge is planned."""
    return {asset: plate for asset, plate in plates.items()
            if isinstance(plate, StorageNameplate) and not is_short(plate)}


def bands_of(plates: Mapping[str, Nameplate], schedule: Schedule, room: CorrectionRoom) -> dict[str, Band]:
    """Room for corrections: some around the set-point of a storage, all of one that is there for balancing.

    No more than charge and exchange may move in the proof; of the exchange all storages together, each by its part of
    what they would have without it: what a storage gives is imported less, but for losses.
    """
    wanted: dict[str, Room] = {}
    holds = np.arange(schedule.horizon.steps) < room.steps
    for asset, plate in plates.items():
        key = f"{asset}.p_set_mw"
        if key not in schedule.setpoints or not isinstance(plate, StorageNameplate):
            continue
        low, high, values = -plate.charge_power_mw, plate.discharge_power_mw, schedule.setpoints[key]
        most = high - low if is_short(plate) else BAND_FRAC * max(-low, high)
        own = room.storages.get(asset, Room.unlimited(schedule.horizon))
        wanted[key] = Room(np.where(holds, np.clip(values - low, 0.0, np.minimum(most, own.down)), 0.0),
                           np.where(holds, np.clip(high - values, 0.0, np.minimum(most, own.up)), 0.0))
    down_frac = _within(sum((one.down for one in wanted.values()), np.zeros(len(holds))), room.exchange.up)
    up_frac = _within(sum((one.up for one in wanted.values()), np.zeros(len(holds))), room.exchange.down)
    return {key: Band(schedule.setpoints[key] - down_frac * one.down, schedule.setpoints[key] + up_frac * one.up)
            for key, one in wanted.items()}


def _within(asked: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Part of what is asked that there is room for."""
    return np.minimum(1.0, np.divide(room, asked, out=np.ones_like(asked), where=asked > 0.0))


def proved_exchange(components: Mapping[str, Component], chosen: Tried) -> np.ndarray:
    """(steps,) exchange at the site's connection point that the nominal replay saw [MW, import positive].

    Empty where the site has no meter, or several, or where the replay is not known.
    """
    meters = [f"{name}.{EXCHANGE_PORT}" for name, component in components.items()
              if EXCHANGE_PORT in (ports := ports_of(component.Outputs)) and ports[EXCHANGE_PORT].carrier == "metering"]
    if len(meters) != 1 or chosen.nominal is None or not chosen.nominal.has(meters[0]):
        return np.empty(0)
    horizon, series = chosen.schedule.horizon, chosen.nominal.series(meters[0])
    rows = (horizon.times_s() - chosen.nominal.start_s) // chosen.nominal.steps_s[meters[0].partition(".")[0]]
    return series[np.clip(rows, 0, len(series) - 1)]


def state_bands(plates: Mapping[str, Nameplate], t_s: int, chosen: Tried, outputs: Mapping[str, Any],
                ) -> dict[str, Band]:
    """Around the charge that the nominal replay saw, from that of now on; without limits before ``t_s``.

    Parameters
    ----------
    outputs : asset → what it delivered last.
    """
    trajectories, horizon = chosen.nominal, chosen.schedule.horizon
    bands: dict[str, Band] = {}
    for asset, plate in plates.items():
        key = f"{asset}.soc"
        if trajectories is None or not isinstance(plate, StorageNameplate) or is_short(plate) \
                or not trajectories.has(key):
            continue
        ends = np.interp(horizon.times_s() + horizon.step_s,
                         trajectories.times_s(asset) + trajectories.steps_s[asset], trajectories.series(key))
        now = getattr(outputs.get(asset), "soc", None)
        starts = np.concatenate([ends[:1] if now is None else [float(now)], ends[:-1]])
        past = horizon.times_s() + horizon.step_s <= t_s
        bands[key] = Band(np.where(past, -math.inf, np.minimum(starts, ends) - STATE_BAND_SOC),
                          np.where(past, math.inf, np.maximum(starts, ends) + STATE_BAND_SOC))
    return bands
