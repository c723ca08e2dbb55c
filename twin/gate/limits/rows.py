"""What may be said under ``limits:``: one row per limit, by name. A new limit is a row, not code.

``low`` and ``high`` are in the unit of the quantity (:mod:`.quantities`): that of the signal for ``value``, per hour
for rates, times hours for ``energy``, hours for ``up_time_h`` and ``down_time_h``. Into the network is positive, as
everywhere; the exchange of a network is positive for import.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

NAMEPLATE: Literal["nameplate"] = "nameplate"


def _bound(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, str) and value != NAMEPLATE):
        given = repr(value[:60]) if isinstance(value, str) else str(value).lower()
        raise ValueError(f"a number or the word 'nameplate' is needed, not {given}")
    return value


Bound: TypeAlias = Annotated[float | Literal["nameplate"], BeforeValidator(_bound)]
"""A number, or what the nameplate of the signal's owner states (``twin.gate.limits.nameplate_bounds``)."""


class Quantity(StrEnum):
    """What of a signal is limited."""

    VALUE = "value"
    ABS = "abs"
    CHANGE_PER_H = "change_per_h"
    """Size of the change from the interval before, per hour; with ``window_h`` over so long a time."""
    RISE_PER_H = "rise_per_h"
    FALL_PER_H = "fall_per_h"
    ENERGY = "energy"
    """Integral over time: MWh of MW, K·h of K; a running one within ``window_h``, else as long as the horizon."""
    SUM = "sum"
    """Sum of amounts that are booked per interval: money, starts, m³."""
    UP_TIME_H = "up_time_h"
    """Time on before a stop, what went before the start included. On is where |value| exceeds ``on_above``."""
    DOWN_TIME_H = "down_time_h"
    """Time off before a start."""
    ABOVE_SHARE = "above_share"
    """Part of the time in which |value| exceeds ``on_above``."""


class LimitClass(StrEnum):
    """What kind of limit it is: scores are given by class."""

    VOLTAGE = "voltage"
    LOADING = "loading"
    EXCHANGE = "exchange"
    SUPPLY_TEMPERATURE = "supply_temperature"
    GRADIENT = "gradient"
    PRESSURE = "pressure"
    VELOCITY = "velocity"
    UNSERVED = "unserved"
    STORAGE = "storage"
    COMMITMENT = "commitment"
    RAMP = "ramp"
    RESERVE = "reserve"
    INTERRUPTION = "interruption"
    AGEING = "ageing"
    DELIVERY = "delivery"
    """What was scheduled is what is delivered."""
    SOLVER = "solver"
    """A hard limit of this class that is violated means "not solvable"."""
    OTHER = "other"


RATES = (Quantity.CHANGE_PER_H, Quantity.RISE_PER_H, Quantity.FALL_PER_H)
TOTALS = (Quantity.ENERGY, Quantity.SUM, Quantity.ABOVE_SHARE)
"""Add up over a window."""
WITH_WINDOW = (*RATES, *TOTALS)
WITH_THRESHOLD = (Quantity.UP_TIME_H, Quantity.DOWN_TIME_H, Quantity.ABOVE_SHARE)


class LimitRow(BaseModel):
    """One limit on one signal, or on all signals that a pattern names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)

    signal: str = Field(
        min_length=3, max_length=160,
        description="component.output, component.output[label] or the key of a set-point (bess.p_set_mw); * stands "
                    "for any text: '*.soc', 'electricity.vm_pu[*]'")
    minus: str | None = Field(
        default=None, min_length=3, max_length=160,
        description="a second signal, subtracted from the first; a * in it takes the text that the * of 'signal' stood "
                    "for")
    of: Quantity = Field(default=Quantity.VALUE, description="what of the signal is limited")
    low: Bound | None = Field(default=None, description="least allowed value, or 'nameplate'")
    high: Bound | None = Field(default=None, description="greatest allowed value, or 'nameplate'")
    hard: bool = Field(default=True, description="a schedule that violates a hard limit is rejected")
    tolerance: float = Field(default=0.0, ge=0, description="an excess up to this is none, in the unit of the limit; "
                                                            "for rounding and the accuracy of the model")
    alarm_low: float | None = Field(default=None, description="below it an alarm is given; rejects nothing")
    alarm_high: float | None = Field(default=None, description="above it an alarm is given; rejects nothing")
    holds_after_h: float = Field(default=0.0, ge=0, description="the limit holds so long after the start of the "
                                                                "horizon, e.g. where heat arrives late [h]")
    window_h: float | None = Field(default=None, gt=0, description="of energy, sum and above_share: the last so many "
                                                                   "hours, those before the start included, default "
                                                                   "as many as the horizon has; of rates: the time "
                                                                   "over which a change counts, default a step [h]; "
                                                                   "not shorter than gate.step_s")
    on_above: float = Field(default=0.0, ge=0, description="of up_time_h, down_time_h and above_share: on is what "
                                                           "exceeds this size, in the unit of the signal")
    limit_class: LimitClass = Field(alias="class", description="what kind of limit it is, for scores")
    source: str = Field(min_length=3, max_length=400, description="where the figure comes from: norm, contract, data "
                                                                  "sheet, or an assumption that says so")
    weight: float = Field(default=1.0, gt=0, description="in the score of its class")

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        bounds = (self.low, self.high, self.alarm_low, self.alarm_high)
        if all(bound is None for bound in bounds):
            raise ValueError("at least one of low, high, alarm_low and alarm_high is needed")
        for name, low, high in (("low", self.low, self.high), ("alarm_low", self.alarm_low, self.alarm_high)):
            if isinstance(low, float) and isinstance(high, float) and low > high:
                raise ValueError(f"{name} {low:g} exceeds {name.replace('low', 'high')} {high:g}; nothing could be "
                                 "within")
        if self.window_h is not None and self.of not in WITH_WINDOW:
            raise ValueError(f"'window_h' belongs to {', '.join(WITH_WINDOW)}, not to {self.of}")
        if "on_above" in self.model_fields_set and self.of not in WITH_THRESHOLD:
            raise ValueError(f"'on_above' belongs to {', '.join(WITH_THRESHOLD)}, not to {self.of}")
        return self
