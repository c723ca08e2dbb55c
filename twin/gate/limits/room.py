"""Room for corrections within seconds: how far exchange and charges may be from where the replays saw them.

Counted are hard limits on the exchange of the site and on the charge of storages, in every replay that passed, for as
long as a release can hold; after that another proof begins with what was lived, but a charge must not be missing then
where the exchange has no room. Where a limit joins several steps (a
ramp, a budget, a charge) these share its margin evenly, so that corrections may be all of theirs in all steps at once.
Powers in MW, import positive.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.gate.limits.limits import Limit, LimitSet
from twin.gate.limits.quantities import HOUR_S, BeforeStart, judged, steps_back
from twin.gate.limits.rows import RATES, Quantity
from twin.gate.limits.series import Before, Block, block_of
from twin.gate.shadow.trajectory import Trajectories
from twin.nameplate import Nameplate, StorageNameplate
from twin.schedule import Horizon

EXCHANGE, CONTENTS = "exchange_mw", ("soc", "energy_mwh")
SPARE_MW = 1e-6
"""Of each room, for rounding."""


@dataclass(frozen=True)
class Room:
    """How far one signal may move in each step of a schedule, (steps,) each, not negative."""

    down: np.ndarray
    up: np.ndarray

    @classmethod
    def unlimited(cls, horizon: Horizon) -> Room:
        """Nothing binds."""
        return cls(np.full(horizon.steps, math.inf), np.full(horizon.steps, math.inf))

    def narrow(self, rows: slice, down: float, up: float) -> None:
        """No more than this in some steps."""
        np.minimum(self.down[rows], max(down - SPARE_MW, 0.0), out=self.down[rows])
        np.minimum(self.up[rows], max(up - SPARE_MW, 0.0), out=self.up[rows])


@dataclass(frozen=True)
class CorrectionRoom:
    """Room of a release."""

    exchange: Room
    storages: Mapping[str, Room]
    """Asset → how far its power may move because of its charge; of those that are planned."""
    steps: int
    """So many steps a release can hold; in the others nothing is corrected."""


def correction_room(limits: LimitSet, passed: Sequence[Trajectories], before: Before, horizon: Horizon, until_s: int,
                    planned: Mapping[str, Nameplate]) -> CorrectionRoom:
    """The room that all limits leave in all replays.

    Parameters
    ----------
    passed : replays that passed.
    until_s : when the release is void.
    planned : storages whose charge is planned, with their nameplates.
    """
    steps = min(-(-(until_s - horizon.start_s) // horizon.step_s), horizon.steps)
    exchange, storages = Room.unlimited(horizon), {name: Room.unlimited(horizon) for name in planned}
    for limit, block, column, _ in _limited(limits, passed, horizon, (EXCHANGE,)):
        for first, last, down, up in _margins(limit, block, before.of_limit(limit, block.step_s), column, steps):
            exchange.narrow(slice(first, last), down, up)
    for limit, block, column, (owner, output) in _limited(limits, passed, horizon, CONTENTS):
        plate = planned.get(owner)
        if isinstance(plate, StorageNameplate) and limit.row.of is Quantity.VALUE:
            mwh = plate.discharge_efficiency * (plate.energy_mwh if output == "soc" else 1.0)
            _narrow_charge(storages[owner], limit, block.values[:, column] * mwh, mwh, exchange, len(planned),
                           steps, block.step_s / HOUR_S)
    return CorrectionRoom(exchange, storages, steps)


def _limited(limits: LimitSet, passed: Sequence[Trajectories], horizon: Horizon, outputs: Sequence[str],
             ) -> Iterator[tuple[Limit, Block, int, tuple[str, str]]]:
    """Hard limits on such outputs: (limit, series in a replay, column, (owner, output))."""
    for limit in limits.limits:
        ends = [(signal.partition(".")[0], signal.partition(".")[2]) for signal in limit.signals]
        if not limit.row.hard or limit.minus or limit.is_setpoint or not any(output in outputs for _, output in ends):
            continue
        for trajectories in passed:
            block = block_of(limit, trajectories)
            if block.step_s == horizon.step_s:
                yield from ((limit, block, n, end) for n, end in enumerate(ends) if end[1] in outputs)


def _margins(limit: Limit, block: Block, at_start: BeforeStart, column: int, steps: int,
             ) -> Iterator[tuple[int, int, float, float]]:
    """(first step, behind the last, MW down, MW up) of each step in which a limit is judged."""
    row, step_s = limit.row, block.step_s
    begin = math.ceil(row.holds_after_h * HOUR_S / step_s)
    if row.of in RATES:
        yield from _of_rates(limit, block, at_start, column, begin, steps)
    elif row.of in (Quantity.ENERGY, Quantity.SUM):
        quantity = judged(row, block.values, step_s, at_start)
        shape = quantity.high.shape
        left = np.broadcast_to(quantity.bound(limit.high, 1.0, 0.0), shape)[:, column] - quantity.high[:, column]
        over = quantity.low[:, column] - np.broadcast_to(quantity.bound(limit.low, -1.0, 0.0), shape)[:, column]
        per_mw = step_s / HOUR_S if row.of is Quantity.ENERGY else 1.0
        length = len(block.values) if row.window_h is None else max(1, round(row.window_h * HOUR_S / step_s))
        for k in range(begin, steps):
            first = max(k - length + 1, 0)
            share = (k + 1 - first) * per_mw
            yield first, k + 1, math.inf if math.isnan(over[k]) else float(over[k]) / share, float(left[k]) / share
    else:
        values = block.values[:, column]
        low, high = limit.low, limit.high
        if row.of is Quantity.ABS:
            low = -high
        elif row.of is Quantity.ABOVE_SHARE:  # what is not above shall not come above
            low, high = -row.on_above, row.on_above
        elif row.of is not Quantity.VALUE:
            return
        for k in range(begin, len(values)):
            if row.of is not Quantity.ABOVE_SHARE or abs(values[k]) <= row.on_above:
                yield k, k + 1, float(values[k]) - low, high - float(values[k])


def _of_rates(limit: Limit, block: Block, at_start: BeforeStart, column: int, begin: int, steps: int,
              ) -> Iterator[tuple[int, int, float, float]]:
    """Of what two steps differ by each may take a half; what was lived does not move."""
    lag = steps_back(limit.row, block.step_s)
    hours = lag * block.step_s / HOUR_S
    low, high = {Quantity.RISE_PER_H: (limit.low, limit.high), Quantity.FALL_PER_H: (-limit.high, -limit.low),
                 Quantity.CHANGE_PER_H: (-limit.high, limit.high)}[limit.row.of]
    series = np.append(at_start.earlier(lag)[:, column], block.values[:, column])
    for k in range(begin, steps):
        change = float(series[k + lag] - series[k])
        if math.isnan(change):
            continue
        part = 0.5 if k >= lag else 1.0
        rising, falling = part * (high * hours - change), part * (change - low * hours)
        yield k, k + 1, falling, rising
        if k >= lag:
            yield k - lag, k - lag + 1, rising, falling


def _narrow_charge(room: Room, limit: Limit, content_mwh: np.ndarray, mwh: float, exchange: Room, storages: int,
                   steps: int, step_h: float) -> None:
    """All steps of the release share what its charge leaves, and what must not be missing later.

    What was given too much is missing where the storage is empty later on; there the exchange must have room for it,
    of which each storage has its part.

    Parameters
    ----------
    content_mwh : (n,) as far as it can be delivered.
    mwh : of a unit of what is limited.
    """
    for k, content in enumerate(content_mwh.tolist()):
        down, up = limit.high * mwh - content, content - limit.low * mwh
        if k >= steps:
            down = max(down, 0.0) + float(exchange.down[k]) * step_h / storages
            up = max(up, 0.0) + float(exchange.up[k]) * step_h / storages
        acting = min(k + 1, steps)
        room.narrow(slice(0, acting), down / (acting * step_h), up / (acting * step_h))
