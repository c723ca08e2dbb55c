"""State of the ageing of a battery: plain arrays, one row per block.

A *block* is a part of the battery with a history of its own: what was there at first, what was added later
(augmentation), what replaced something. All blocks see the same state of charge and temperature; each keeps its own
losses, cycles and time. Replacing or adding one leaves the wear of the others as it is, bit for bit. Shares are
relative to the first capacity of the battery: blocks of 1.0 and 0.2 are the first container and 20 % added later.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from simulators.storage.battery.ageing.dispatch import RATES
from simulators.storage.battery.ageing.law import PARTS
from simulators.storage.battery.ageing.usage import SOC, Floats, Ints, Records, fresh_usage

DEPTH_BINS = 20
SOC_BINS = 10
"""Of the histogram: equal widths from 0 to 1."""


@dataclass(slots=True)
class AgeingState:
    """Everything that ageing remembers; B blocks, L laws. Copied and compared as it is."""

    shares: Floats
    """(B,) capacity of a block when new, part of the battery's first capacity."""
    usage: Records
    """(B,) state of charge, throughput, time, open span (usage.py)."""
    turning: Floats
    """(B, points, 3) turning points not yet closed (rainflow.py)."""
    losses: Floats
    """(B, L, PARTS) losses by law and part [p.u.], without what is still open."""
    rates: Floats
    """(B, L, RATES) rates gathered over the open span, times time."""
    histogram: Floats
    """(B, DEPTH_BINS, SOC_BINS) closed cycles by depth and mean state of charge [full cycles of that depth]."""
    outside: Ints
    """(L,) in what respect a law was used outside its range so far: flags ``Outside``."""


def fresh_state(laws: int, soc: float, shares: tuple[float, ...] = (1.0,)) -> AgeingState:
    """A battery without history.

    Parameters
    ----------
    laws : number of laws.
    soc : state of charge now.
    shares : capacity of each block, p.u. of the battery's first capacity.
    """
    if not shares or not all(np.isfinite(share) and share > 0.0 for share in shares):
        raise ValueError(f"shares of blocks are positive numbers, not {shares}; give one per block, e.g. (0.5, 0.5)")
    blocks = len(shares)
    usage, turning = fresh_usage(soc)
    return AgeingState(
        shares=np.array(shares, float),
        usage=np.repeat(usage, blocks),
        turning=np.repeat(turning, blocks, axis=0),
        losses=np.zeros((blocks, laws, PARTS)),
        rates=np.zeros((blocks, laws, RATES)),
        histogram=np.zeros((blocks, DEPTH_BINS, SOC_BINS)),
        outside=np.zeros(laws, np.int64),
    )


def augmented(state: AgeingState, share: float, losses: Floats | None = None) -> AgeingState:
    """A battery with one block more, at the state of charge of the others.

    Parameters
    ----------
    share : capacity of the new block, p.u. of the battery's first capacity.
    losses : (L, PARTS) wear it comes with; default: new.
    """
    block = fresh_state(state.outside.size, float(state.usage["soc"][0]), (share,))
    if losses is not None:
        block.losses[0] = losses
    joined = {field.name: np.concatenate([getattr(state, field.name), getattr(block, field.name)])
              for field in dataclasses.fields(AgeingState) if field.name != "outside"}
    return AgeingState(outside=state.outside.copy(), **joined)


def rebased(state: AgeingState, soc: float) -> AgeingState:
    """The same battery, whose state of charge is counted anew from ``soc``: nothing moved, its reference did.

    Turning points and open span shift along, so that no way is counted and every depth stays what it was.
    """
    usage, turning = state.usage.copy(), state.turning.copy()
    shift = soc - usage["soc"]
    for block in range(usage.size):
        turning[block, :usage["points"][block], SOC] += shift[block]
    usage["span_low"] += shift
    usage["span_high"] += shift
    usage["soc"] = soc
    return dataclasses.replace(state, usage=usage, turning=turning)


def removed(state: AgeingState, block: int) -> AgeingState:
    """A battery without one of its blocks; the last one cannot go."""
    blocks = state.shares.size
    if not 0 <= block < blocks:
        raise ValueError(f"there is no block {block}; this battery has blocks 0 to {blocks - 1}")
    if blocks == 1:
        raise ValueError("the only block of a battery cannot be removed; add the new one first")
    kept = {field.name: np.delete(getattr(state, field.name), block, axis=0)
            for field in dataclasses.fields(AgeingState) if field.name != "outside"}
    return AgeingState(outside=state.outside.copy(), **kept)


def replaced(state: AgeingState, block: int, share: float | None = None) -> AgeingState:
    """A battery in which a new block stands in the place of an old one; ``share`` default: that of the old one.

    The new block becomes the last one.
    """
    blocks = state.shares.size
    if not 0 <= block < blocks:
        raise ValueError(f"there is no block {block}; this battery has blocks 0 to {blocks - 1}")
    wider = augmented(state, float(state.shares[block]) if share is None else share)
    return removed(wider, block)


def same(first: AgeingState, second: AgeingState) -> bool:
    """Whether two states agree bit for bit."""
    return all(getattr(first, field.name).tobytes() == getattr(second, field.name).tobytes()
               for field in dataclasses.fields(AgeingState))
