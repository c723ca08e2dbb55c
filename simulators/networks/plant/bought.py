"""Sources without a plant: heat or cold that is bought, up to a limit that holds in every sub-step. Compiled.

Behind a supply whose flow or heat is limited lies a header, as behind a plant: the network takes water at its
temperature, and what comes back is brought to the set-point, or as far as the limit goes, and pushed into it. A source
without any limit in its file has no header (``as_given`` 0) and is ideal: water at its set-point at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simulators.jit import compiled
from simulators.networks.heat.producers import ramp
from simulators.networks.heat.records import Floats, Ints, Records
from simulators.networks.heat.substations import W_PER_MW
from simulators.networks.plant.place import Place
from simulators.records import record_type
from simulators.water import JOULE_PER_MWH

SET_DEGC, HEADER_DEGC = 0, 1
"""Columns of the memory, [supplies, 2]: set-point after the gradient limit, and water in the header."""


class Supply(NamedTuple):
    """A bought supply with a header."""

    source: int
    header_kg: float
    gradient_k_s: float
    """Fastest change of the set-point."""


def supply_records(places: Sequence[Place], gradient_k_s: Sequence[float]) -> Records:
    """``Supply`` records for compiled code."""
    supplies = np.zeros(len(places), record_type(Supply))
    supplies["source"] = [place.source for place in places]
    supplies["header_kg"] = [place.header_kg for place in places]
    supplies["gradient_k_s"] = gradient_k_s
    return supplies


@compiled
def supply_headers_mwh(supplies: Records, memory: Floats, heat_capacity: float) -> float:
    """Heat above 0 °C."""
    total = 0.0
    for b in range(supplies.size):
        total += supplies[b].header_kg * memory[b, HEADER_DEGC]
    return total * heat_capacity / JOULE_PER_MWH


@compiled
def buy(sign: float, heat_capacity: float, supplies: Records, memory: Floats, target_degc: Floats, source_in: Records,
        sources: Records, node_state: Records, source_kg_s: Floats, home: Ints, given_mw: Floats, missing_mw: Floats,
        dt_s: float) -> float:
    """Fill the headers; returns the heat bought in this sub-step.

    It is also added to ``given_mw``, and what the set-points would have taken besides to ``missing_mw`` [sources], at
    the homes (``shedding``). ``target_degc`` [sources] are the set-points before the gradient limit.
    """
    total_mw = 0.0
    for b in range(supplies.size):
        s = supplies[b].source
        set_degc = ramp(memory[b, SET_DEGC], target_degc[s], supplies[b].gradient_k_s, dt_s)
        return_degc = node_state[sources[s].node].cooled_degc
        mw_per_k = source_kg_s[s] * heat_capacity / W_PER_MW
        wanted_k = max(0.0, sign * (set_degc - return_degc))
        lift_k, supply_degc = wanted_k, set_degc if wanted_k > 0.0 else return_degc
        if mw_per_k * wanted_k > source_in[s].limit_mw:
            lift_k = source_in[s].limit_mw / mw_per_k
            supply_degc = return_degc + sign * lift_k
        memory[b, SET_DEGC] = set_degc
        memory[b, HEADER_DEGC] += source_kg_s[s] * dt_s / supplies[b].header_kg * (
            supply_degc - memory[b, HEADER_DEGC])
        total_mw += mw_per_k * lift_k
        given_mw[home[s]] += mw_per_k * lift_k
        missing_mw[home[s]] += mw_per_k * (wanted_k - lift_k)
    return total_mw


@compiled
def count_ideal(sign: float, heat_capacity: float, sources: Records, node_state: Records, source_kg_s: Floats,
                source_degc: Floats, source_set_degc: Floats, home: Ints, given_mw: Floats,
                missing_mw: Floats) -> None:
    """The same of sources without header, which a limit by hand holds back only up to the change of the return."""
    for s in range(sources.size):
        if not sources[s].as_given:
            mw_per_k = source_kg_s[s] * heat_capacity / W_PER_MW
            given_mw[home[s]] += mw_per_k * sign * (source_degc[s] - node_state[sources[s].node].cooled_degc)
            missing_mw[home[s]] += max(0.0, mw_per_k * sign * (source_set_degc[s] - source_degc[s]))
