"""The controls of the electric chillers at a source of a cooling network: start, shortest run, anti-recycle time.

The plant decides how much cold the chillers give; the controls decide how much they can: ``plant_limit_mw`` of the
source, 0 while they stand. A command is such a limit too, and infinite where nobody limits them. Without commands they
go on as they are: somebody is being cooled. They run at the start of the scenario, as the network does.
"""

from __future__ import annotations

import math

from pydantic import Field

from simulators.devices.simpy_device import SimpyParams, to_ms
from simulators.devices.unit_controls import UnitControls, UnitMode, UnitState, UnitTimes
from twin.device import NO_FAULTS, Device, FaultKind, FaultPlan
from twin.errors import ComponentError
from twin.nameplate import Nameplate, ThermalNetworkNameplate

COOLING = "cooling"


class Params(SimpyParams):
    """What may be said of the controls of chillers."""

    rated_mw: float = Field(gt=0, description="cold of all electric chillers of the source together [MW]")
    start_s: float = Field(
        default=180.0, ge=0, description="pumps, oil pressure and loading, until they cool [s]; an assumption"
    )
    min_run_s: float = Field(default=600.0, ge=0, description="shortest time in operation [s]; an assumption")
    restart_s: float = Field(
        default=900.0, ge=0, description="anti-recycle time: from a stop to the next start at least [s]; an assumption"
    )


class ChillerControls(UnitControls[Params], Device[Params, UnitState]):
    """Controls of electric chillers: start, shortest run, anti-recycle time."""

    acts_on = ("plant_limit_mw",)
    feels = frozenset(FaultKind) - {FaultKind.NONE, FaultKind.SENSOR_FREEZE}
    safe_state = "they go on as they are, for whom they cool"
    min_mw = 0.0
    rate_mw_per_s = math.inf

    def __init__(self, name: str, params: Params, plate: Nameplate | None, plan: FaultPlan = NO_FAULTS) -> None:
        if not isinstance(plate, ThermalNetworkNameplate) or plate.service != COOLING:
            raise ComponentError(f"{name} is no source of a cooling network, which is where chillers stand; write "
                                 f"network.source")
        self.rated_mw = params.rated_mw
        start = to_ms(params.start_s)
        self.times = UnitTimes(start, start, 0, 0, to_ms(params.min_run_s), to_ms(params.restart_s))
        super().__init__(name, params, plate, plan)

    def initial_state(self) -> UnitState:
        """In operation for long."""
        return UnitState(UnitMode.RUN.value, command_mw=math.inf, output_mw=self.rated_mw)

    def is_command(self, value: float) -> bool:
        """Anything but NaN is a limit."""
        return not math.isnan(value)

    def means(self, dt_ms: int) -> tuple[float, ...]:
        """Most cold they can give, as a mean over the step."""
        limit_mw, running_frac = super().means(dt_ms)
        return (limit_mw * running_frac,)
