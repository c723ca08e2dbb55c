"""Groups and models as plain data and arrays, and back; what :mod:`.store` writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.combination import BLOCK_H, Combination
from controllers.forecasting.conformal import Calibration
from controllers.forecasting.day_types import CalendarDays, DayTypes, TableDays
from controllers.forecasting.member import Member
from controllers.forecasting.model import ForecastModel, MemberVerdict, Service
from controllers.forecasting.recent_bias import RecentBias
from controllers.forecasting.targets import Horizon, Target, TargetGroup, TargetKind
from twin.context import Location


def group_to_plain(group: TargetGroup) -> dict[str, Any]:
    """Targets, horizon, calendar and sky."""
    sky = group.sky.location if group.sky is not None else None
    return {
        "name": group.name,
        "horizon": {"step_s": group.horizon.step_s, "leads": group.horizon.leads},
        "days": _days_to_plain(group.days),
        "sky": None if sky is None else {"latitude_deg": sky.latitude_deg, "longitude_deg": sky.longitude_deg,
                                         "altitude_m": sky.altitude_m},
        "targets": [{f.name: getattr(t, f.name) for f in fields(t)} | {
            "kind": t.kind.value, "covariates": dict(t.covariates)} for t in group.targets],
    }


def group_from_plain(plain: Mapping[str, Any], location: Location) -> TargetGroup:
    """The group again; the sky is over its own place, the clock that of the site."""
    targets = tuple(Target(**t | {"kind": TargetKind(t["kind"])}) for t in plain["targets"])
    sky = plain["sky"]
    over = None if sky is None else ClearSky(Location(sky["latitude_deg"], sky["longitude_deg"], sky["altitude_m"],
                                                      location.timezone, location.country))
    return TargetGroup(plain["name"], targets, Horizon(**plain["horizon"]), _days_from_plain(plain["days"]), over)


def _days_to_plain(days: DayTypes) -> dict[str, Any]:
    if isinstance(days, CalendarDays):
        return {"timezone": days.calendar.zone.key, "country": days.calendar.country}
    if isinstance(days, TableDays):
        return {"first_day_utc_s": days.first_day_utc_s, "weekday": days.weekday.tolist(),
                "working_day": days.working_day.tolist()}
    raise TypeError(f"day types of {type(days).__name__} cannot be stored")


def _days_from_plain(plain: Mapping[str, Any]) -> DayTypes:
    if "timezone" in plain:
        return CalendarDays(plain["timezone"], plain["country"])
    return TableDays(plain["first_day_utc_s"], np.array(plain["weekday"]), np.array(plain["working_day"]))


def model_to_stored(model: ForecastModel, days: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Names and verdicts; weights, level and calibration as arrays.

    Parameters
    ----------
    days : of the calibration's scores that are kept; three digits of them.
    """
    combination, bias, calibration = model.service.combination, model.service.bias, model.service.calibration
    plain = {
        "members": [member.name for member in model.members],
        "verdicts": [{"target": v.target, "member": v.member, "skill": round(v.skill, 4), "used": v.used}
                     for v in model.verdicts],
    }
    return plain, {"combination": combination.weights, "scores": calibration.scores[-days:].astype(np.float16),
                   "drift": calibration.drift, "bias_issue_utc_s": bias.issue_utc_s, "bias_came": bias.came,
                   "bias_expected": bias.expected}


def model_from_stored(
    plain: Mapping[str, Any], group: TargetGroup, members: Mapping[str, Member], arrays: Mapping[str, np.ndarray]
) -> ForecastModel:
    """The model again."""
    names = tuple(plain["members"])
    capacity = np.array([target.capacity for target in group.targets])
    horizon = group.horizon
    blank = Calibration.start(capacity, horizon.leads, horizon.step_s)
    calibration = Calibration(capacity, blank.block_of_lead, arrays["scores"].astype(float),
                              arrays["drift"].astype(float))
    bias = RecentBias(RecentBias.start(group).has_level, arrays["bias_issue_utc_s"].astype(np.int64),
                      arrays["bias_came"].astype(float), arrays["bias_expected"].astype(float))
    weights = arrays["combination"].astype(float)
    block_of_lead = np.arange(horizon.leads) * horizon.step_s // (BLOCK_H * 3600)
    verdicts = tuple(MemberVerdict(v["target"], v["member"], v["skill"], v["used"]) for v in plain["verdicts"])
    combination = Combination(names, weights / weights.sum(axis=-1, keepdims=True), block_of_lead)
    return ForecastModel(group, tuple(members[name] for name in names), verdicts,
                         Service(combination, bias, calibration))
