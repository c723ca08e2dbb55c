"""What a scenario may say about the real-time balancer."""

from __future__ import annotations

from pydantic import Field, model_validator

from twin.component import ComponentParams


class Params(ComponentParams):
    """Parameters of balancing, droop and restoration."""

    step_s: int | None = Field(default=1, gt=0, le=86_400, description="own step [s]")
    assets: list[str] | None = Field(default=None, description="storages it moves; default: all of the site")
    gain_frac: float = Field(
        default=0.8, gt=0, le=1,
        description="part of a measured deviation corrected in the next step [-]; with a further step of delay in the "
                    "loop it must be below 1, with two below 0.6",
    )
    deadband_mw: float = Field(default=0.02, ge=0, description="deviations up to this are corrected slowly [MW]")
    plan_interval_s: int = Field(
        default=900, gt=0, le=86_400, description="how long a plan holds [s]; within it storages return to theirs")
    fast_below_h: float = Field(
        default=0.25, ge=0,
        description="storages that hold less than this at full power [h] rest at half charge; others follow the plan")
    restoration_s: float = Field(
        default=240.0, gt=0,
        description="time in which a fast storage returns to half charge; it hands a lasting deviation over to the "
                    "others in a quarter of it [s]")
    restoration_frac: float = Field(
        default=0.05, ge=0, le=1, description="most of its rated power that a storage takes from, or gives to, the "
                                              "grid in order to come back [-]")
    droop_mw: float = Field(
        default=0.0, ge=0, description="power held ready for the frequency, both ways, and given in full at "
                                       "full_activation_hz [MW]")
    nominal_hz: float = Field(default=50.0, gt=0, description="nominal frequency [Hz]")
    deadband_hz: float = Field(default=0.01, ge=0, description="deviations up to this are not answered [Hz]")
    full_activation_hz: float = Field(default=0.2, gt=0, description="deviation of full activation [Hz]")
    droop_energy_h: float = Field(
        default=0.25, ge=0, description="time for which the energy of a full activation is kept ready [h]")

    @model_validator(mode="after")
    def _deadband_is_the_smaller(self) -> Params:
        if self.deadband_hz >= self.full_activation_hz:
            raise ValueError(f"deadband_hz {self.deadband_hz:g} must be below full_activation_hz "
                             f"{self.full_activation_hz:g}, else nothing is ever answered")
        return self
