"""What may be said under ``gate:``: how schedules are tried before they are released."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class GateRules(BaseModel):
    """Rules of the release gate."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    enabled: bool = Field(default=True, description="whether the gate stands between operator and assets")
    interval_s: int = Field(default=900, ge=1, le=86_400, description="time between two schedules [s]")
    horizon_h: float = Field(default=24.0, gt=0, le=168, description="how far a schedule reaches and is tried [h]")
    step_s: int = Field(default=900, ge=1, le=3600, description="step of a schedule and of its replay [s]; thermal "
                                                                "networks divide it further themselves")
    expectations: Literal["nominal", "corners", "samples"] = Field(
        default="corners", description="what a schedule is tried against: the nominal course alone, also its corners "
                                       "(much or little sun, wind and load), or also courses drawn at random")
    samples_count: int = Field(default=4, ge=1, le=100, description="courses drawn with expectations: samples")
    share_frac: float = Field(default=0.8, ge=0, le=1, description="part of the expectations besides the nominal one "
                                                                   "in which every hard limit must hold, by their "
                                                                   "probabilities")
    timeout_s: float = Field(default=60.0, gt=0, description="longest wall-clock time of a trial [s]; one that takes "
                                                             "longer is a rejection")
    expiry_s: int = Field(default=3600, ge=1, description="a release is void so long after its issue [s]")
    release: Literal["auto", "by_hand"] = Field(
        default="auto", description="auto: what is accepted is released at once; by_hand: it waits for a person "
                                    "(`twin release`), meanwhile what holds goes on until it is void, then a fallback")
    repair_rounds: int = Field(default=3, ge=0, le=10, description="attempts to repair a rejected schedule")
    fallback_refresh_s: int = Field(default=3600, ge=1, description="time between renewals of the fallback schedules "
                                                                    "[s]")
    key_id: str | None = Field(default=None, pattern="^[0-9a-f]{64}$", description=(
        "the key that releases must be signed with: SHA-256 of the public key, in hexadecimal digits; without it any "
        "key is taken, and a run that is given none makes its own"))
    workers: int = Field(default=2, ge=1, le=16, description="processes with a shadow twin")
