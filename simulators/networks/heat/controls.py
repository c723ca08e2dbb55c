"""A component's inputs, one number per element, as the engine's records: demand, hand controls, limits. Compiled."""

from __future__ import annotations

import math

from simulators.jit import compiled
from simulators.networks.heat.records import Floats, Records


@compiled
def fill_inputs(
    sign: float, demand_mw: Floats, takes_generation: Floats, valve_open_frac: Floats, pipe_open_frac: Floats,
    plant_limit_mw: Floats, pump_limit_kg_s: Floats, set_degc: Floats, usual_degc: Floats, bought_limit_mw: Floats,
    largest_kg_s: Floats, in_service: Floats, consumer_in: Records, source_in: Records, pipe_open: Floats,
) -> bool:
    """Fill the engine's inputs; False where demand or pipes make no sense (the caller finds out which).

    Parameters
    ----------
    demand_mw : [consumers, then sources], with the sign of the site: ≤ 0 at consumers, generation ≥ 0 at sources.
    takes_generation : [sources] 1 where there is something that can take it.
    set_degc : [sources] by hand, nan where ``usual_degc`` holds; filled in.
    bought_limit_mw : [sources] most that can be bought; nan where a plant stands, whose limits are its own.
    in_service : [pipes] 0 where the network file shuts them.
    """
    n = consumer_in.size
    for c in range(n):
        if not (math.isfinite(demand_mw[c]) and demand_mw[c] <= 0.0):
            return False
        consumer_in[c].heat_mw = -sign * demand_mw[c]
        consumer_in[c].open_frac = min(valve_open_frac[c], 1.0)
    for s in range(source_in.size):
        given_mw = demand_mw[n + s]
        if not (math.isfinite(given_mw) and given_mw >= 0.0 and (given_mw == 0.0 or takes_generation[s] == 1.0)):
            return False
        if math.isnan(set_degc[s]):
            set_degc[s] = usual_degc[s]
        source_in[s].supply_degc = set_degc[s]
        source_in[s].max_kg_s = min(pump_limit_kg_s[s], largest_kg_s[s])
        source_in[s].limit_mw = math.inf
        if not math.isnan(bought_limit_mw[s]):
            source_in[s].limit_mw = min(plant_limit_mw[s], bought_limit_mw[s])
    for p in range(pipe_open.size):
        if math.isnan(pipe_open_frac[p]):
            return False
        pipe_open[p] = in_service[p] > 0.0 and pipe_open_frac[p] > 0.0
    return True
