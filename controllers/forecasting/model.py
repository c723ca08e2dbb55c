"""A trained model of a target group: members with skill, their weights and the calibration.

What was trained does not change in service; what does, is a :class:`Service`: the weights, the level and the
calibration, which follow the outcomes. A caller keeps it (a component in its state), and hands it back in with each
call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controllers.forecasting.combination import Combination
from controllers.forecasting.conformal import Calibration, ordered
from controllers.forecasting.features import known_windows
from controllers.forecasting.forecast import Forecast
from controllers.forecasting.member import Member
from controllers.forecasting.quantiles import LEVELS, mean_of, within_limits
from controllers.forecasting.recent_bias import RecentBias
from controllers.forecasting.targets import TargetGroup
from controllers.forecasting.versioned import KnownAt
from controllers.forecasting.windows import Windows


@dataclass(frozen=True, slots=True)
class MemberVerdict:
    """Whether a member is used for a target, and why."""

    target: str
    member: str
    skill: float
    """Of the median's mean absolute error on validation, against persistence."""
    used: bool

    def __str__(self) -> str:
        if self.used:
            return f"{self.target}: {self.member} is used, skill {self.skill:+.2f} against persistence"
        if np.isnan(self.skill):
            return (f"{self.target}: {self.member} is not used; persistence has no error on the validation split, so "
                    "nothing is better")
        return (f"{self.target}: {self.member} is not used; its skill against persistence on the validation split is "
                f"{self.skill:+.2f}, not above 0")


@dataclass(frozen=True, slots=True)
class Service:
    """What follows the outcomes."""

    combination: Combination
    bias: RecentBias
    calibration: Calibration


@dataclass(frozen=True)
class Issued:
    """One forecast as it was made, kept until its outcomes are known."""

    issue_utc_s: int
    members: np.ndarray
    """(members, targets, leads, levels)"""
    combined: np.ndarray
    """(targets, leads, levels)"""
    levelled: np.ndarray
    """(targets, leads, levels) without the bias of the last days."""
    calibrated: np.ndarray
    """(targets, leads, levels)"""
    daylight: np.ndarray
    """(targets, leads)"""
    is_served: np.ndarray
    """(targets,) where this was the forecast of all leads; a dead meter of one target is no lesson about the others."""

    def counted(self, outcome: np.ndarray) -> np.ndarray:
        """Of the outcomes (targets, leads), those that this was the forecast of; NaN else."""
        return np.where(self.is_served[:, None], outcome, np.nan)


@dataclass(frozen=True)
class ForecastModel:
    """Everything that was trained."""

    group: TargetGroup
    members: tuple[Member, ...]
    """In the order of the combination; the seasonal naive first."""
    verdicts: tuple[MemberVerdict, ...]
    service: Service
    """As it left training."""

    def member_quantiles(self, windows: Windows) -> np.ndarray:
        """(members, targets, n, leads, levels); members that no target uses are not asked (zeros)."""
        shape = (len(self.group.targets), len(windows), self.group.horizon.leads, len(LEVELS))
        used = self.used_members()
        return np.stack([member.predict(windows) if member in used else np.zeros(shape) for member in self.members])

    def used_members(self) -> list[Member]:
        """Members with a weight for one target at least."""
        used = self.service.combination.weights.max(axis=(0, 1)) > 0.0
        return [member for member, use in zip(self.members, used, strict=True) if use]

    def issue(self, windows: Windows, service: Service) -> Issued:
        """The forecast of a single window."""
        return issue(windows, self.member_quantiles(windows), service)

    def forecast(self, known: KnownAt, service: Service) -> tuple[Forecast, Issued]:
        """What controllers get at one issue time, and what has to be kept to learn from the outcome."""
        windows = known_windows(known, self.group)
        issued = self.issue(windows, service)
        weights = service.combination.mean_weights()
        return Forecast(self.group, issued.issue_utc_s, issued.calibrated, issued.daylight, weights), issued


def issue(windows: Windows, members: np.ndarray, service: Service) -> Issued:
    """Combine, level, calibrate and limit the members' quantiles (members, targets, 1, leads, levels) of a window."""
    now_utc_s = int(windows.issue_utc_s[0])
    combined = within_limits(service.combination.apply(members), windows)
    levelled = within_limits(combined * service.bias.factor(now_utc_s)[:, None, None, None], windows)
    calibrated = within_limits(ordered(service.calibration.apply(levelled[:, 0]))[:, None], windows)
    return Issued(now_utc_s, members[:, :, 0], combined[:, 0], levelled[:, 0], calibrated[:, 0],
                  windows.daylight[:, 0], np.ones(len(windows.group.targets), dtype=bool))


def learnt(service: Service, issued: Issued, outcome: np.ndarray, step_s: int) -> Service:
    """Weights, level and calibration after the outcomes (targets, leads) of a forecast; NaN where unknown. Targets that
    it did not serve stay as they are."""
    outcome = issued.counted(outcome)
    members = np.where(issued.is_served[:, None, None], issued.members, 0.0)  # NaN outweighs any weight
    combination = service.combination.stepped(members[:, :, None], outcome[:, None])
    bias = service.bias.updated(issued.issue_utc_s, mean_of(issued.combined), outcome, step_s)
    calibration = service.calibration.updated(issued.levelled, issued.calibrated, outcome, issued.daylight)
    return Service(combination, bias, calibration)
