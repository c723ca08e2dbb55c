"""From where on the watchdog takes something for wrong. Each default has its source; a scenario may change any of them.

Temperatures °C, rates K/h, times s, powers as part of the rated one.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Thresholds(BaseModel):
    """Limits of the signs and how long each must last."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    confirm_s: float = Field(
        default=3.0, ge=0, description="how long a wrong value must last [s]; one wild reading is none (GB 38031-2020 "
                                       "takes a thermal runaway for one after 3 s)")
    temperature_limit_degc: float = Field(
        default=60.0, description="cells above this [°C]: highest temperature in data sheets of LFP cells; they heat "
                                  "themselves from about 80 °C on (Feng et al. 2018, Energy Storage Materials 10, 246)")
    rise_limit_k_per_h: float = Field(
        default=60.0, gt=0, description="rise in use [K/h]: ten times that of an LFP container at 0.5 C, a sixtieth of "
                                        "the 1 K/s of a runaway (GB 38031-2020)")
    rise_window_s: float = Field(
        default=300.0, gt=0, description="over which the rise is taken [s]: sensors with 0.3 K of noise then read "
                                         "5 K/h of nothing")
    rest_rise_limit_k_per_h: float = Field(
        default=10.0, gt=0, description="rise at rest [K/h], where nothing but air and heater may warm the cells")
    rest_window_s: float = Field(default=1800.0, gt=0, description="over which the rise at rest is taken [s]")
    rest_frac: float = Field(
        default=0.05, gt=0, lt=1, description="of rated power: less is rest, auxiliaries and errors of the meter")
    margin_soc: float = Field(
        default=0.03, ge=0, le=0.5, description="how far a reading may leave the band while power drives it on: error "
                                                "of a counted charge after days without recalibration")
    frozen_soc: float = Field(
        default=0.01, gt=0, le=1, description="movement that the measured power asks for while the reading stays equal "
                                              "to the last bit; above the resolution of instruments (0.1 to 0.5 %)")
    jump_soc: float = Field(
        default=0.1, gt=0, le=1, description="jump beyond what rated power can do: more than a recalibration corrects")
    jump_k: float = Field(
        default=10.0, gt=0, description="jump of a temperature beyond the rise limit [K]: a sensor, or too late")
    possible_power_factor: float = Field(
        default=1.5, ge=1, description="a measured power above this times the rated one is a broken reading")
    low_voltage_pu: float = Field(
        default=0.9, gt=0, lt=1, description="lowest voltage at the asset's bus (EN 50160: 90 %) [p.u.]")
    high_voltage_pu: float = Field(
        default=1.1, gt=1, description="highest voltage at the asset's bus (EN 50160: 110 %) [p.u.]")
    voltage_after_s: float = Field(
        default=10.0, ge=0, description="how long the voltage may be outside [s]: after that of protection relays")
    stale_after_s: float = Field(
        default=0.5, gt=0, description="age of a reading [s], but not below 1.5 of the asset's own steps; five polls "
                                       "of 100 ms missed")
    tolerance_frac: float = Field(
        default=0.2, gt=0, description="of rated power: further from the command is not followed; ramps, losses and "
                                       "late readings stay below")
    storage_follow_s: float = Field(
        default=60.0, ge=0, description="how long a storage may deliver more than told, or the other way [s]")
    generator_follow_s: float = Field(
        default=600.0, ge=0, description="likewise a generator, which ramps [s]: twice the 5 min of a gas engine")
    shortfall_after_s: float = Field(
        default=900.0, ge=0, description="how long less than told may be delivered for no reason that can be seen [s]; "
                                         "for a generator its minimum down time comes on top")
    shortfall_margin_soc: float = Field(
        default=0.1, ge=0, le=0.5, description="so near to the ends of its band a storage may deliver less than told")
    heartbeat_timeout_s: float = Field(
        default=1800.0, gt=0, description="how long operator or dispatcher may be silent once they were heard [s]: two "
                                          "decisions missed at the usual 15 min")
    release_grace_s: float = Field(
        default=60.0, ge=0, description="how long there may be no valid release [s]; meanwhile the fallback holds")
    require_release: bool = Field(
        default=False, description="whether a release must be there at all; one that was there and is no longer is a "
                                   "sign in any case")
    on_meter_loss: Literal["keep", "no_export"] = Field(
        default="keep", description="a lost grid meter: keep all running, or bring storages and generators to their "
                                    "safe state and renewables to zero, so that nothing is exported unseen")

    @model_validator(mode="after")
    def _windows_are_longer_at_rest(self) -> Self:
        if self.rest_window_s < self.rise_window_s:
            raise ValueError(f"rest_window_s {self.rest_window_s:g} is shorter than rise_window_s "
                             f"{self.rise_window_s:g}; the smaller rise needs the longer window")
        return self
