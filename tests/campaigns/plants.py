"""Violations to plant in sound schedules of the park, one kind per limit class, and harmless changes to compare with.

Each planter changes set-points around a random step so that exactly one class of limits is violated, and says when that
must show: at the planted step, or later where water or content need time.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tests.campaigns.planted_park import COLD_SET, HEAT_SET, STEPS, Sound

BATTERY, CHP_1, CHP_2, DIESEL = "bess.p_set_mw", "chp_1.p_set_mw", "chp_2.p_set_mw", "diesel_1.p_set_mw"
EARLIEST, LATEST = 22, 74
"""Planted steps: room for what leads there and back."""
BATTERY_MWH = 40.0
SOC_BAND = (0.15, 0.9)
EXPORT_LIMIT_MW = 10.5
RAMP_LIMIT_MW = 15.0
"""60 MW/h over a quarter of an hour."""
BOTH_CHP_MW = 3.2
"""Each: together nine tenths of what the remaining cable carries."""
SWITCH_STEPS = 8
"""Minimum up and down times of a CHP unit, 2 h."""
GENTLE_K = 2.0
"""Change of a supply temperature per step that no gradient limit minds."""


@dataclass(frozen=True)
class Plant:
    """A planted violation."""

    limit_class: str
    setpoints: dict[str, np.ndarray]
    first: int
    """First and last step in which the violation may begin."""
    last: int


Planter = Callable[[Sound, np.random.Generator], Plant | None]
"""None: this sound schedule has no room for it."""


def voltage(sound: Sound, rng: np.random.Generator) -> Plant:
    """The battery charges nearly all it can, at the end of its feeder."""
    k, steps = _step(rng), int(rng.integers(1, 4))
    return Plant("voltage", {BATTERY: _with(sound, BATTERY, k, steps, -rng.uniform(9.4, 9.9))}, k, k)


def loading(sound: Sound, rng: np.random.Generator) -> Plant:
    """A diesel unit on top of both CHP units, on one cable."""
    k, steps = _step(rng), int(rng.integers(1, 5))
    diesel = _with(sound, DIESEL, k, steps, rng.uniform(1.8, 2.0))
    return Plant("loading", {**_both_chp(sound, k), DIESEL: diesel}, k, k)


def export(sound: Sound, rng: np.random.Generator) -> Plant | None:
    """The battery gives what exceeds the agreed export by 0.5 to 1.5 MW."""
    k, steps = _step(rng), int(rng.integers(1, 3))
    chp = sum(sound.replay.series(f"chp_{n}.p_mw")[k] for n in (1, 2))
    without_mw = sound.replay.series("electricity.exchange_mw")[k] + sound.replay.series("bess.p_mw")[k] + chp \
        - 2 * BOTH_CHP_MW
    battery_mw = EXPORT_LIMIT_MW + rng.uniform(0.5, 1.5) + without_mw
    if not 1.0 < battery_mw < 8.2:
        return None
    return Plant("exchange", {**_both_chp(sound, k), BATTERY: _with(sound, BATTERY, k, steps, battery_mw)}, k, k)


def ramp(sound: Sound, rng: np.random.Generator) -> Plant:
    """The battery turns from charging to discharging, or back, faster than the connection may change."""
    k = _step(rng)
    rest = sound.replay.series("electricity.exchange_mw") + sound.replay.series("bess.p_mw")
    own_mw = rest[k] - rest[k - 1]
    swing_mw = RAMP_LIMIT_MW + rng.uniform(0.3, 0.8) - abs(own_mw)
    before_mw, after_mw = (-7.4, swing_mw - 7.4) if own_mw < 0.0 else (swing_mw - 7.4, -7.4)
    return Plant("ramp", {BATTERY: _with(sound, BATTERY, k - 1, 1, before_mw, (k, 1, after_mw))}, k, k)


def content(sound: Sound, rng: np.random.Generator) -> Plant:
    """The battery is emptied or filled beyond its band."""
    k, steps = _step(rng), int(rng.integers(12, 20))
    soc, beyond = float(sound.replay.series("bess.soc")[k - 1]), float(rng.uniform(0.012, 0.05))
    amount = soc - (SOC_BAND[0] - beyond) if rng.random() < 0.5 else soc - (SOC_BAND[1] + beyond)
    # half of what is lost there and back is lost on the way out; a little less on the way in
    power_mw = amount * BATTERY_MWH / (steps / 4) * (0.96 if amount > 0.0 else 1.04)
    return Plant("storage", {BATTERY: _with(sound, BATTERY, k, steps, power_mw)}, k, k + steps)


def supply_temperature(sound: Sound, rng: np.random.Generator) -> Plant:
    """The supply is let down gently to below 70 °C and brought back."""
    k, lowest_degc = int(rng.integers(EARLIEST, LATEST - 16)), rng.uniform(67.5, 69.2)
    down = np.concatenate([np.arange(95.0, lowest_degc, -GENTLE_K), np.full(3, lowest_degc),
                           np.arange(lowest_degc, 95.0, GENTLE_K)])
    values = _lowered(sound, k, down)
    below = int(np.flatnonzero(values < 69.9)[0])
    return Plant("supply_temperature", {HEAT_SET: values}, below, below + 4)


def gradient(sound: Sound, rng: np.random.Generator) -> Plant:
    """The supply set-point falls at once and comes back gently."""
    k, fall = int(rng.integers(EARLIEST, LATEST)), rng.uniform(7.0, 9.0)
    values = sound.schedule.setpoints[HEAT_SET].copy()
    lowest = values[k] - fall
    values[k:] = np.minimum(values[k:], lowest + 0.5 * GENTLE_K * np.clip(np.arange(STEPS - k) - 6, 0, None))
    return Plant("gradient", {HEAT_SET: values}, k, k + 3)


def pressure(sound: Sound, rng: np.random.Generator) -> Plant | None:
    """Warmer chilled water: more of it is needed when most is flowing already."""
    lift = sound.replay.series("cooling.source_lift_bar[EC]")
    k, steps = _step(rng), int(rng.integers(3, 7))
    if lift[k:k + steps].min() < 1.95:
        return None
    values = sound.schedule.setpoints[COLD_SET].copy()
    warm = np.interp(np.arange(STEPS), [k - 2, k, k + steps, k + steps + 2], [7.0, 7.95, 7.95, 7.0])
    return Plant("pressure", {COLD_SET: np.maximum(values, warm)}, k - 2, k + steps + 2)


def down_time(sound: Sound, rng: np.random.Generator) -> Plant:
    """A CHP unit stops for a quarter of an hour to an hour and a half."""
    k, off, key = _step(rng), int(rng.integers(1, 7)), str(rng.choice([CHP_1, CHP_2]))
    values = _running(sound, key, k - 12, k + off + 12, rng.uniform(1.5, 3.0))
    values[k:k + off] = 0.0
    return Plant("commitment", {key: values}, k + off, k + off)


PLANTERS: Mapping[str, Planter] = {
    "voltage": voltage, "loading": loading, "export": export, "supply temperature": supply_temperature,
    "gradient": gradient, "pressure": pressure, "state of charge": content, "ramp": ramp,
    "minimum down time": down_time,
}


def harmless(sound: Sound, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Changes of several set-points that violate nothing: half of what a plant would need, or none of it."""
    k = _step(rng)
    setpoints = {
        BATTERY: rng.uniform(0.0, 1.0) * _with(sound, BATTERY, k, int(rng.integers(1, 6)), rng.uniform(-4.0, 4.0)),
        COLD_SET: sound.schedule.setpoints[COLD_SET] - rng.uniform(0.0, 0.5),
        "data_centre.interrupt_frac": _with(sound, "data_centre.interrupt_frac", k, int(rng.integers(1, 8)), 0.2),
        "pv.p_limit_mw": _with(sound, "pv.p_limit_mw", k, int(rng.integers(1, 20)), rng.uniform(2.0, 8.0)),
        HEAT_SET: _lowered(sound, k, 95.0 - rng.uniform(3.0, 8.0) + np.concatenate(
            [np.arange(8.0, 0.0, -GENTLE_K), np.zeros(8), np.arange(0.0, 8.0, GENTLE_K)])),
    }
    if rng.random() < 0.5:
        key = str(rng.choice([CHP_1, CHP_2]))
        setpoints[key] = _running(sound, key, k - 10, k + 10, rng.uniform(1.3, 3.0))
    return {key: values for key, values in setpoints.items() if rng.random() < 0.7}


def _step(rng: np.random.Generator) -> int:
    return int(rng.integers(EARLIEST, LATEST))


def _with(sound: Sound, key: str, first: int, steps: int, value: float,
          *more: tuple[int, int, float]) -> np.ndarray:
    """Set-points with other values in some steps."""
    values = sound.schedule.setpoints[key].copy()
    for begin, count, other in ((first, steps, value), *more):
        values[begin:begin + count] = other
    return values


def _both_chp(sound: Sound, k: int) -> dict[str, np.ndarray]:
    return {key: _running(sound, key, k - 10, k + 10, BOTH_CHP_MW) for key in (CHP_1, CHP_2)}


def _running(sound: Sound, key: str, first: int, last: int, power_mw: float) -> np.ndarray:
    """A unit that runs at some power from one step to another, and through pauses next to them that are too short."""
    values = sound.schedule.setpoints[key].copy()
    values[first:last] = power_mw
    on = np.flatnonzero(values > 0.0)
    for before, after in itertools.pairwise(on):
        if 1 < after - before <= SWITCH_STEPS:
            values[before + 1:after] = power_mw
    return values


def _lowered(sound: Sound, k: int, most_degc: np.ndarray) -> np.ndarray:
    """The heat supply set-point, no higher than a shape that begins at a step."""
    values = sound.schedule.setpoints[HEAT_SET].copy()
    inside = slice(k, min(k + len(most_degc), STEPS))
    values[inside] = np.minimum(values[inside], most_degc[:inside.stop - k])
    return values
