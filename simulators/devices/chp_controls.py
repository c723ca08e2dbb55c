"""The controls of a gas-engine CHP unit: warm-up, minimum times, hot standby after a stop.

Without commands it completes its minimum time in operation and stops.
"""

from __future__ import annotations

from pydantic import Field

from simulators.devices.generator_controls import GeneratorControls, start_ms
from simulators.devices.simpy_device import SimpyParams, to_ms
from simulators.devices.unit_controls import UnitState, UnitTimes, hours_to_ms
from twin.device import NO_FAULTS, Device, FaultPlan
from twin.nameplate import Nameplate

WARM_UP_S = 600.0
"""Where the nameplate gives no starting time: the park's planning documents."""


class Params(SimpyParams):
    """What may be said of a CHP unit's controls."""

    start_s: float | None = Field(
        default=None, ge=0,
        description="from the order to start until it delivers, warm-up included [s]; default: the nameplate's, or "
                    "10 min",
    )  # fmt: skip
    min_run_h: float | None = Field(
        default=None, ge=0, description="shortest time in operation [h]; default: the nameplate's"
    )
    min_stop_h: float | None = Field(
        default=None, ge=0, description="shortest time at standstill [h]; default: the nameplate's"
    )
    hot_standby_s: float = Field(
        default=14_400.0, ge=0, description="after a stop it is kept warm for so long [s]; an assumption"
    )
    hot_start_s: float = Field(
        default=120.0, ge=0,
        description="from the order to start until it delivers, while it is warm [s]; an assumption",
    )  # fmt: skip


class ChpControls(GeneratorControls[Params], Device[Params, UnitState]):
    """Controls of a CHP unit: warm-up, minimum times up and down, hot standby."""

    safe_state = "it completes its minimum time in operation and stops"

    def __init__(self, name: str, params: Params, plate: Nameplate | None, plan: FaultPlan = NO_FAULTS) -> None:
        super().__init__(name, params, plate, plan)
        run_h, stop_h = params.min_run_h, params.min_stop_h
        self.times = UnitTimes(
            start_ms=start_ms(params.start_s, self.generator.start_s, WARM_UP_S),
            hot_start_ms=to_ms(params.hot_start_s),
            cooling_ms=0,
            hot_ms=to_ms(params.hot_standby_s),
            shortest_run_ms=hours_to_ms(self.generator.min_up_h if run_h is None else run_h),
            shortest_stop_ms=hours_to_ms(self.generator.min_down_h if stop_h is None else stop_h),
        )

    def safe_command_mw(self) -> float:
        return 0.0
