"""The controls of a diesel generator: seconds to start, a shortest run, cooling down without load.

Without commands it goes on as it is: what it supplies may be a hospital. Its fuel while it cools down is left out.
"""

from __future__ import annotations

from pydantic import Field

from simulators.devices.generator_controls import GeneratorControls, start_ms
from simulators.devices.simpy_device import SimpyParams, to_ms
from simulators.devices.unit_controls import UnitState, UnitTimes, hours_to_ms
from twin.device import NO_FAULTS, Device, FaultPlan
from twin.nameplate import Nameplate

USUAL_START_S = 30.0
"""Where the nameplate gives none: the park's planning documents."""
SHORTEST_RUN_S = 300.0
"""Assumption of the project: a cold engine that is stopped at once soots up."""


class Params(SimpyParams):
    """What may be said of a diesel generator's controls."""

    start_s: float | None = Field(
        default=None, ge=0, description="from the order to start until it delivers [s]; default: the nameplate's"
    )
    min_run_s: float | None = Field(
        default=None, ge=0, description="shortest time in operation [s]; default: the nameplate's, at least 5 min"
    )
    cool_down_s: float = Field(default=180.0, ge=0, description="turns without load after a stop [s]")


class DieselControls(GeneratorControls[Params], Device[Params, UnitState]):
    """Controls of a diesel generator: start in seconds, shortest run, cooling down."""

    safe_state = "it goes on as it is, for what it may supply"

    def __init__(self, name: str, params: Params, plate: Nameplate | None, plan: FaultPlan = NO_FAULTS) -> None:
        super().__init__(name, params, plate, plan)
        at_least_ms = max(hours_to_ms(self.generator.min_up_h), to_ms(SHORTEST_RUN_S))
        start = start_ms(params.start_s, self.generator.start_s, USUAL_START_S)
        self.times = UnitTimes(
            start_ms=start,
            hot_start_ms=start,
            cooling_ms=to_ms(params.cool_down_s),
            hot_ms=0,
            shortest_run_ms=at_least_ms if params.min_run_s is None else to_ms(params.min_run_s),
            shortest_stop_ms=hours_to_ms(self.generator.min_down_h),
        )
