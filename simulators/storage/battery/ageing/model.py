"""Ageing of a battery by one or several laws: what a component or a study holds.

>>> ageing = Ageing(["naumann_lfp"])
>>> state = ageing.fresh(soc=0.5)
>>> ageing.advance(state, soc=0.5, temperature_degc=25.0, dt_s=10 * 365 * 86_400)
>>> round(1.0 - float(ageing.health(state).capacity[0]), 6)
0.134447
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simulators.storage.battery.ageing.law import (
    CALENDAR,
    CAPACITY_PARTS,
    CYCLIC,
    PARTS,
    RESISTANCE_CALENDAR,
    RESISTANCE_CYCLIC,
    Counting,
    Law,
    Outside,
)
from simulators.storage.battery.ageing.laws import LAWS
from simulators.storage.battery.ageing.state import AgeingState, fresh_state
from simulators.storage.battery.ageing.usage import Floats
from simulators.storage.battery.ageing.wear import health, losses_now, run, step


class Health(NamedTuple):
    """State of health by law, (L,) each, p.u. of the battery's first capacity and resistance."""

    capacity: Floats
    """Above 1 after more was added than has been lost."""
    resistance: Floats
    """nan where the law says nothing of it."""


class History(NamedTuple):
    """Health over time; N records of L laws."""

    time_s: Floats
    """(N,) since the beginning of the run."""
    capacity: Floats
    """(N, L) p.u."""
    resistance: Floats
    """(N, L) p.u.; nan where the law says nothing of it."""


class Ageing:
    """Laws side by side on the same use; itself without state.

    Parameters
    ----------
    laws : laws or their names (laws.py); the first one is nominal: the one whose health a component would feed back.

    Raises
    ------
    ValueError
        Unknown name, no law, or rainflow counting beside reversals: they share their memory.
    """

    def __init__(self, laws: Sequence[Law | str]) -> None:
        self.laws = tuple(_named(law) if isinstance(law, str) else law for law in laws)
        if not self.laws:
            raise ValueError(f"an ageing model needs a law; there are {', '.join(LAWS)}")
        countings = {law.counting for law in self.laws}
        if {Counting.RAINFLOW, Counting.REVERSALS} <= countings:
            raise ValueError("laws with rainflow counting and with reversals do not go together; use two models")
        self.reversals = Counting.REVERSALS in countings
        self.table = np.array([(law.code, law.counting) for law in self.laws], np.int64)
        self.limits = np.array([law.tested.limits() for law in self.laws], float)
        self._silent = np.array([not law.has_resistance for law in self.laws])

    def fresh(self, soc: float, shares: tuple[float, ...] = (1.0,), losses: Floats | None = None) -> AgeingState:
        """State of a battery at a state of charge: new, or with a history.

        Parameters
        ----------
        shares : capacity of each block, p.u. of the battery's first capacity.
        losses : (PARTS,), (L, PARTS) or (B, L, PARTS) losses so far (``worn``); default: none.
        """
        state = fresh_state(len(self.laws), soc, shares)
        if losses is not None:
            state.losses[:] = losses
        return state

    def advance(self, state: AgeingState, soc: float, temperature_degc: float, dt_s: float) -> None:
        """Age ``state`` by a step in which the state of charge goes (linearly) to ``soc``."""
        if not (dt_s > 0.0 and math.isfinite(soc + temperature_degc)):
            raise ValueError(_unusable(soc, temperature_degc, dt_s))
        step(self.table, self.limits, self.reversals, state.usage, state.turning, state.losses, state.rates,
             state.histogram, state.outside, soc, temperature_degc, dt_s)

    def run(self, state: AgeingState, soc: Floats, temperature_degc: float | Floats, dt_s: float, *,
            steps: int | None = None, every: int = 0, end_capacity: float = -1.0) -> History:
        """Age ``state`` by many steps in one call.

        Parameters
        ----------
        soc : (M,) state of charge at the end of each step.
        temperature_degc : during the steps, one for all or (M,).
        steps : the profile is repeated up to this number; default: once through.
        every : steps between two records; default: one record, at the end.
        end_capacity : stop once no law gives more.
        """
        soc = np.ascontiguousarray(soc, float)
        heat = np.ascontiguousarray(np.broadcast_to(temperature_degc, soc.shape), float)
        if not (dt_s > 0.0 and np.isfinite(soc).all() and np.isfinite(heat).all()):
            raise ValueError(_unusable(float(soc.sum()), float(heat.sum()), dt_s))
        steps = soc.size if steps is None else steps
        every = every or max(steps, 1)
        history = np.empty((steps // every, len(self.laws), 2))
        records = 0
        if soc.size:
            records = run(self.table, self.limits, self.reversals, state.shares, state.usage, state.turning,
                          state.losses, state.rates, state.histogram, state.outside, soc, heat,
                          float(dt_s), steps, every, end_capacity, history)
        resistance = history[:records, :, 1]
        resistance[:, self._silent] = np.nan
        return History(np.arange(1, records + 1, dtype=np.float64) * every * dt_s, history[:records, :, 0], resistance)

    def losses(self, state: AgeingState, *, provisional: bool = True) -> Floats:
        """Losses (B, L, PARTS) [p.u.]; with what is still open (span, residue) unless ``provisional`` is off."""
        if not provisional:
            return state.losses.copy()
        return np.asarray(losses_now(self.table, self.reversals, state.usage, state.turning, state.losses, state.rates))

    def health(self, state: AgeingState, *, provisional: bool = True) -> Health:
        """State of health by law."""
        out = np.empty((len(self.laws), 2))
        losses = self.losses(state) if provisional else state.losses
        health(state.shares, losses, out)
        out[self._silent, 1] = np.nan
        return Health(out[:, 0], out[:, 1])

    def warnings(self, state: AgeingState, already: Sequence[int] | None = None) -> list[str]:
        """In what respect laws were used outside their range, one text a law; ``already``: flags told before."""
        told = [0] * len(self.laws) if already is None else already
        texts = []
        for law, flags, old in zip(self.laws, state.outside.tolist(), told, strict=True):
            if new := Outside(flags & ~int(old)):
                texts.append(f"ageing law {law.name} ({law.title}) is extrapolated: its experiments cover "
                             f"{law.tested.described(new)}")
        return texts


def worn(capacity_loss: float, resistance_gain: float = 0.0, cyclic_share: float = 0.0) -> Floats:
    """Losses (PARTS,) of a battery bought or met in use.

    Parameters
    ----------
    capacity_loss, resistance_gain : p.u.
    cyclic_share : part of both that came from cycling, 0 to 1; the rest came with time.
    """
    if not (0.0 <= capacity_loss < 1.0 and resistance_gain >= 0.0 and 0.0 <= cyclic_share <= 1.0):
        raise ValueError(
            f"a loss of {capacity_loss:g}, a gain of {resistance_gain:g} and a share of {cyclic_share:g} are no wear; "
            f"the loss is 0 to below 1, the gain not negative, the share 0 to 1")
    losses = np.zeros(PARTS)
    losses[CALENDAR], losses[CYCLIC] = capacity_loss * (1.0 - cyclic_share), capacity_loss * cyclic_share
    losses[RESISTANCE_CALENDAR] = resistance_gain * (1.0 - cyclic_share)
    losses[RESISTANCE_CYCLIC] = resistance_gain * cyclic_share
    return losses


def split(losses: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Calendar loss, cyclic loss, calendar gain and cyclic gain of resistance from (..., PARTS)."""
    return (losses[..., CALENDAR], losses[..., CYCLIC:CAPACITY_PARTS].sum(axis=-1),
            losses[..., RESISTANCE_CALENDAR], losses[..., RESISTANCE_CYCLIC])


def _unusable(soc: float, temperature_degc: float, dt_s: float) -> str:
    return (f"a step of {dt_s:g} s to a state of charge of {soc:g} at {temperature_degc:g} °C cannot age a battery: "
            f"the step must be longer than 0, the others finite numbers")


def _named(name: str) -> Law:
    if name not in LAWS:
        raise ValueError(f"there is no ageing law {name!r}; there are {', '.join(LAWS)}")
    return LAWS[name]
