"""What diesel and CHP controls share: a generator's nameplate gives power range, ramp, minimum times and the state at
the start of the scenario."""

from __future__ import annotations

from typing import TypeVar

from simulators.devices.simpy_device import MS_PER_S, SimpyParams
from simulators.devices.unit_controls import UnitControls, UnitMode, UnitState, hours_to_ms
from twin.device import NO_FAULTS, FaultPlan
from twin.errors import ComponentError
from twin.nameplate import GeneratorNameplate, Nameplate

S_PER_MIN = 60.0

P = TypeVar("P", bound=SimpyParams)


class GeneratorControls(UnitControls[P]):
    """Base of the generators' controls."""

    acts_on = ("p_set_mw", "running_frac")

    def __init__(self, name: str, params: P, plate: Nameplate | None, plan: FaultPlan = NO_FAULTS) -> None:
        if not isinstance(plate, GeneratorNameplate):
            raise ComponentError(f"{name} is no generator, which is what this device controls; give it another device, "
                                 f"or leave it without")
        self.generator = plate
        self.rated_mw, self.min_mw = plate.rated_mw, plate.min_mw
        self.rate_mw_per_s = plate.ramp_mw_per_min / S_PER_MIN
        super().__init__(name, params, plate, plan)

    def initial_state(self) -> UnitState:
        """Running or standing, as the unit itself begins."""
        p_mw, since_ms = self.generator.initial_mw, -hours_to_ms(self.generator.initial_in_state_h)
        return UnitState((UnitMode.RUN if p_mw else UnitMode.OFF).value, output_mw=p_mw, switched_ms=since_ms)


def start_ms(given_s: float | None, plate_s: float, usual_s: float) -> int:
    """A starting time: as given, else that of the nameplate, else what is usual."""
    seconds = given_s if given_s is not None else plate_s or usual_s
    return round(seconds * MS_PER_S)
