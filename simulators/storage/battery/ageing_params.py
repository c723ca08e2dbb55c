"""What the YAML may say about the ageing of a battery."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from simulators.storage.battery.ageing import LAWS, LFP_LAWS
from twin.suggest import did_you_mean

END_CAPACITY = 0.8
"""Usual criterion of warranties, p.u. of the first capacity."""
DAILY_CYCLIC_FRAC = 0.3
"""About what ten years of a cycle a day give by Naumann's law."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class AdditionParams(_Part):
    """Capacity that is added, or put in the place of what is there."""

    at: AwareDatetime = Field(description="when, with UTC offset; it counts from the first step not to begin before")
    energy_mwh: float = Field(gt=0, description="energy of the added cells when new, 0 to 100 % [MWh]")
    replaces: Literal["nothing", "oldest", "all"] = Field(
        default="nothing", description="what goes: nothing (augmentation), the oldest block or all there is"
    )


class AgeingParams(_Part):
    """Laws, what their loss costs, and what is done about it."""

    laws: list[str] = Field(
        default=[law.name for law in LFP_LAWS],
        description=f"laws side by side; the first is nominal: it acts on capacity and resistance, the others give a "
                    f"band; [] switches ageing off; there are {', '.join(LAWS)}",
    )  # fmt: skip
    replacement_cost_per_mwh: float | None = Field(
        default=None, ge=0, description="price of new cells per MWh; the ageing is booked by it, in place of "
                                        "wear_cost_per_mwh [money/MWh]",
    )  # fmt: skip
    end_of_life_frac: float = Field(
        default=END_CAPACITY, ge=0.3, lt=1,
        description="capacity at which cells are replaced, over that of new ones [-]",
    )  # fmt: skip
    initial_cyclic_frac: float = Field(
        default=DAILY_CYCLIC_FRAC, ge=0, le=1, description="part of the wear at the start that came from cycling [-]"
    )
    additions: list[AdditionParams] = Field(default=[], description="augmentations and replacements by date")

    @field_validator("laws")
    @classmethod
    def _laws_exist(cls, value: list[str]) -> list[str]:
        for name in value:
            if name not in LAWS:
                raise ValueError(f"there is no ageing law {name!r}; {did_you_mean(name, list(LAWS))}")
        if len(set(value)) < len(value):
            raise ValueError(f"a law is named twice in {', '.join(value)}; each can stand in the band once")
        return value
