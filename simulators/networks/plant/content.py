"""Heat in an energy centre's own water. Compiled."""

from __future__ import annotations

from simulators.jit import compiled
from simulators.networks.heat.records import Floats, Ints, Records
from simulators.storage.stratification import energy_j
from simulators.water import JOULE_PER_MWH

HEADERS_BEFORE, TANKS_BEFORE, HEADERS_AFTER, TANKS_AFTER, BOUGHT = range(5)
"""Of what a step notes: content in MWh of headers and tanks, and what was bought into headers, as mean over the step in
MW."""
NOTES = 5


@compiled
def headers_mwh(header_degc: Floats, header_kg: Floats, heat_capacity: float) -> float:
    """Above 0 °C."""
    total = 0.0
    for p in range(header_degc.size):
        total += header_kg[p] * header_degc[p]
    return total * heat_capacity / JOULE_PER_MWH


@compiled
def tanks_mwh(plants: Records, layers_degc: Floats, layer_count: Ints) -> float:
    """Above 0 °C, hot or cold."""
    total = 0.0
    for p in range(plants.size):
        if plants[p].tank_flow_kg_s > 0.0:
            total += energy_j(plants[p].tank, layers_degc[p, : layer_count[p]], 0.0)
    return total / JOULE_PER_MWH
