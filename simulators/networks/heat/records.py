"""The fields of the compiled arrays: one record per pipe, node, consumer ..., each field with its unit.

Constants are built once (build.py), the state lives in plain arrays of the same layout (results.py), inputs are filled
in by the caller, outputs by the kernel. A *line* is one pipe of the supply or of the return: lines 0 … P-1 are the
supply, P … 2P-1 the return of pipes 0 … P-1. A *part* is what is connected to one or more sources.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simulators.jit import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Records = NDArray[np.void]
Record: TypeAlias = Any
"""One element of Records: compiled code reads its fields as attributes."""

NONE = -1
"""No node, pipe, part, extraction."""


def _layout(integers: tuple[str, ...] = (), numbers: tuple[str, ...] = ()) -> np.dtype:
    return np.dtype([(name, np.int64) for name in integers] + [(name, np.float64) for name in numbers])


# State

PARCEL = _layout(numbers=("mass_kg", "theta"))
"""Temperature = scale · theta + offset of its line."""
RING = _layout(integers=("head", "count"))
"""Ring buffer of a line's parcels: the one at ``head`` lies at the far end b (``to_node``), the last one at the near
end a."""
LINE = _layout(numbers=("scale", "offset", "content", "wall_degc"))
"""``content`` = Σ mass · theta; ``wall_degc`` = temperature of the pipe's wall."""
NODE_STATE = _layout(numbers=("supply_degc", "return_degc", "cooled_degc"))
"""``return_degc`` is mixed, upstream of feeds and extractions; ``cooled_degc`` is downstream of an extraction."""

# Constants

LINE_DATA = _layout(numbers=("total_kg", "wall_j_k", "loss_rate_1_s"))
"""Water in the line, heat capacity of its wall, U'/(C_water + C_wall)."""
PIPE = _layout(
    ("from_node", "to_node"),
    ("length_m", "reynolds_s_kg", "velocity_m_kg", "quadratic_pa_s2_kg2", "minor_pa_s2_kg2", "minor_factor",
     "relative_roughness"))
"""Re = reynolds · m, v = velocity · m, Δp = (λ · minor_factor · quadratic + minor) · m²."""
NODE = _layout(("part", "parent_pipe", "parent_node", "first_pipe", "end_pipe", "extraction"), ("elevation_m",))
"""Place in the spanning tree; its open pipes are ``node_pipes[first_pipe:end_pipe]``."""
LOOP = _layout(("chord", "first", "end"))
"""A pipe outside the tree and the loop it closes: ``loop_pipes[first:end]``."""
LOOP_PIPE = _layout(("pipe",), ("sign",))
"""+1 where the loop runs along the pipe."""
CONSUMER = _layout(
    ("node",), ("target_degc", "delta_k", "limit_degc", "min_kg_s", "max_kg_s", "design_k", "reserve_factor",
                "bypass_kg_s", "valve_time_s"))
"""``target_degc`` is nan where a fixed drop ``delta_k`` is held, and the other way round; ``design_k``: spread at which
``max_kg_s`` holds, 0: at any."""
SOURCE = _layout(
    ("node", "as_given"),
    ("return_pa", "lift_pa", "min_differential_pa", "max_lift_pa", "max_kg_s", "pump_efficiency", "gradient_k_s"))
"""``lift_pa`` is nan where the pump is controlled; ``as_given`` 1: the set-point is the temperature of the water."""
FEED = _layout(("node",), ("pump_efficiency",))
EXTRACTION = _layout(numbers=("min_degc", "max_degc"))

# Inputs

CONSUMER_IN = _layout(numbers=("heat_mw", "open_frac", "flow_kg_s"))
"""Demand (< 0: cooling); share of the largest flow and of the bypass that is free (0: shut, 1: nothing wrong); given
flow through the exchanger (nan: the valve decides)."""
SOURCE_IN = _layout(numbers=("supply_degc", "limit_mw", "max_kg_s", "share_frac"))
"""Set-point; most heat the plant can give (cooling: most cold, positive); pump limit in this step (0: failed); share
of the consumers' flow, ignored for the first source of a part."""
FEED_IN = _layout(numbers=("flow_kg_s", "degc"))
"""Flow > 0 enters the supply, < 0 (charging) the return, at the given temperature."""
EXTRACTION_IN = _layout(numbers=("heat_mw",))
"""Heat taken out of the return; < 0: put in."""

# Outputs: means over the step unless said otherwise

NODE_OUT = _layout(
    numbers=("supply_degc", "return_degc", "supply_end_degc", "return_end_degc", "differential_bar", "supply_bar",
             "return_bar"))
"""Temperatures mean and at the end; ``supply_bar``, ``return_bar`` absolute, at the end; nan out of reach."""
CONSUMER_OUT = _layout(
    ("state_code",), ("delivered_mw", "unserved_mw", "flow_kg_s", "supply_degc", "return_degc"))
"""Heat with the sign of the demand; flow through the exchanger; return behind it, weighted with the flow, nan without
flow; ``state_code`` (ConsumerState) of the worst sub-step."""
PIPE_OUT = _layout(numbers=("flow_kg_s", "velocity_m_s", "gradient_pa_m"))
"""Mean flow; greatest speed and pressure drop per metre in the step."""
SOURCE_OUT = _layout(
    numbers=("heat_mw", "flow_kg_s", "supply_degc", "return_degc", "lift_bar", "pump_mw"))
"""Heat given to the water (< 0 in cooling); supply temperature weighted with time; pump: pressure difference,
electrical power."""
FEED_OUT = _layout(numbers=("heat_mw", "flow_kg_s", "drawn_degc", "pump_mw"))
"""Heat given to the network; flow after limits; temperature of the water drawn from the return (flow < 0: supply)."""
EXTRACTION_OUT = _layout(numbers=("heat_mw", "inlet_degc", "flow_kg_s"))
"""Heat after limits; water through the evaporator."""
TOTALS = _layout(
    ("status", "place", "substep", "worst_consumer"),
    ("worst_differential_pa", "loss_supply_j", "loss_return_j", "stored_before_j", "stored_after_j", "residual_j"))
"""Verdict and balance of the step."""


@compiled
def set_all(array: Floats, value: float) -> None:
    """Like ``array[:] = value``, which would cost a second of compilation at every place it stands."""
    for i in range(array.size):
        array[i] = value
