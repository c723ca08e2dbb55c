"""Half a cycle at every reversal of the state of charge, as in simses-lite: for comparison with its results only.

On smooth use (one charge and one discharge a day) it agrees with rainflow counting. With ripple on the ramps it cuts
the deep cycle into shallow pieces: more throughput, less loss, the wrong sign. The rate of a half cycle is its depth
over the time on the move. The half cycle under way is not reported.
"""

from __future__ import annotations

from simulators.jit import compiled
from simulators.storage.battery.ageing.law import Cycle
from simulators.storage.battery.ageing.rainflow import HOUR_S, _no_cycle, _turns
from simulators.storage.battery.ageing.usage import MOVED_DEGC, SOC, Floats, Record

MOVING_S = 1
"""Column of the only turning point: time on the move since."""


@compiled
def _move_to_reversal(usage: Record, turning: Floats, soc: float, temperature_degc: float, dt_s: float) -> Cycle:
    """Go on to a state of charge; returns the half cycle that a reversal has ended, mostly none."""
    ended = _no_cycle()
    if soc == usage.soc:
        return ended
    start = turning[0]
    if _turns(usage, turning, soc):
        depth = abs(usage.soc - start[SOC])
        ended = Cycle(0.5 * depth, depth, 0.5 * (usage.soc + start[SOC]), depth * HOUR_S / start[MOVING_S],
                      start[MOVED_DEGC] / depth)
        start[SOC] = usage.soc
        start[MOVING_S] = 0.0
        start[MOVED_DEGC] = 0.0
    start[MOVING_S] += dt_s
    start[MOVED_DEGC] += temperature_degc * abs(soc - usage.soc)
    usage.soc = soc
    return ended
