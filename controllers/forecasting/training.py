"""Trains a model: fits the members, keeps those with skill, learns their weights, starts the calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from controllers.forecasting.backtest import replay
from controllers.forecasting.combination import Combination
from controllers.forecasting.conformal import Calibration
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.features import build_windows, outcome_known_utc_s
from controllers.forecasting.lags import days_before
from controllers.forecasting.member import Member
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.members.lightgbm_quantiles import LightGbmQuantiles
from controllers.forecasting.members.multimodal_network import MultimodalNetwork
from controllers.forecasting.members.residual_network import ResidualNetwork
from controllers.forecasting.members.seasonal_naive import SeasonalNaive
from controllers.forecasting.model import ForecastModel, MemberVerdict, Service
from controllers.forecasting.quantiles import MEDIAN
from controllers.forecasting.recent_bias import RecentBias
from controllers.forecasting.scores import skill
from controllers.forecasting.targets import DAY_S, TargetGroup
from controllers.forecasting.versioned import Archive
from controllers.forecasting.windows import Windows

MEMBERS: tuple[Callable[[], Member], ...] = (Climatology, LightGbmQuantiles, ResidualNetwork, MultimodalNetwork)
"""Beside the seasonal naive, which is always fitted: it is the persistence that the others have to beat."""
FALLBACKS = (SeasonalNaive, Climatology)
"""Learn from all windows even if no target uses them: they serve when nothing else can."""
LEAST_ISSUES = 14
"""Of each split: two weeks."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Split:
    """Issue times [s UTC]: training from ``first`` on, validation from ``validation`` on, before ``end``."""

    first_utc_s: int
    validation_utc_s: int
    end_utc_s: int
    issue_every_s: int = DAY_S

    def issues(self, group: TargetGroup) -> tuple[np.ndarray, np.ndarray]:
        """Issue times of training and validation whose horizon ends within their span."""
        return (self.issues_of(group, self.first_utc_s, self.validation_utc_s),
                self.issues_of(group, self.validation_utc_s, self.end_utc_s))

    def issues_of(self, group: TargetGroup, first_utc_s: int, end_utc_s: int) -> np.ndarray:
        """Issue times of a span whose horizon ends within it. One a day is made at the same hour of the clock on the
        wall: weather and prices are published by it, and work begins by it."""
        count = (end_utc_s - first_utc_s) // self.issue_every_s + 2
        if self.issue_every_s == DAY_S:
            found = days_before(np.full(count, first_utc_s), -np.arange(count), group.days)
        else:
            found = first_utc_s + self.issue_every_s * np.arange(count)
        return found[found <= end_utc_s - group.horizon.leads * group.horizon.step_s]

    def windows(self, archive: Archive, group: TargetGroup) -> tuple[Windows, Windows]:
        """Windows of both splits; every outcome of training is known when validation begins, every outcome of
        validation at the end. Issue times whose outcomes were published later are left out.

        Raises
        ------
        ForecastError
            If a split has too few issue times.
        """
        train, validation = self.issues(group)
        found = []
        for name, issues, by_utc_s in (("training", train, self.validation_utc_s),
                                       ("validation", validation, self.end_utc_s)):
            in_time = issues[outcome_known_utc_s(archive, group, issues) <= by_utc_s]
            if len(in_time) < LEAST_ISSUES:
                late = len(issues) - len(in_time)
                told = f" ({late} more became known too late)" if late else ""
                raise ForecastError(f"{group.name}: {len(in_time)} issue times for {name}{told}, at least "
                                    f"{LEAST_ISSUES} are needed; give a longer history or shorten the other split")
            found.append(in_time)
        return build_windows(archive, group, found[0]), build_windows(archive, group, found[1])


def train(
    archive: Archive, group: TargetGroup, split: Split, seed: int, *,
    members: Sequence[Callable[[], Member]] = MEMBERS, progress: Progress = lambda message: None,
) -> ForecastModel:
    """Fit and select the members, start the service, and let the chosen members learn from all windows.

    Raises
    ------
    ForecastError
        If the history is too short or a target is never known in one of the splits.
    """
    train_windows, validation = split.windows(archive, group)
    _refuse_unknown_targets(train_windows, validation)
    fitted: list[Member] = [SeasonalNaive(), *(make() for make in members)]
    predicted = []
    for member in fitted:
        progress(f"{group.name}: fitting {member.name}")
        member.fit(train_windows, validation, seed)
        predicted.append(member.predict(validation))
    model = assembled(group, tuple(fitted), np.stack(predicted), validation)
    everything = train_windows.joined(validation)
    served = [*model.used_members(), *(m for m in fitted if isinstance(m, FALLBACKS))]
    for member in (member for member in fitted if member in served):
        progress(f"{group.name}: {member.name} learns from validation, too")
        member.refit(everything, seed)
    return model


def assembled(
    group: TargetGroup, members: tuple[Member, ...], predicted: np.ndarray, validation: Windows
) -> ForecastModel:
    """Selection, weights and calibration from the members' quantiles of the validation split.

    Parameters
    ----------
    predicted : (members, targets, n, leads, levels), the seasonal naive first.
    """
    names = tuple(member.name for member in members)
    loss = np.nanmean(np.abs(validation.outcome - predicted[..., MEDIAN]), axis=(2, 3))
    skills = np.array([[skill(loss[m, t], loss[0, t]) for m in range(len(members))] for t in range(len(group.targets))])
    allowed = skills > 0.0
    allowed[:, 0] = ~allowed.any(axis=1)  # persistence serves where nothing beats it
    verdicts = tuple(MemberVerdict(target.series, name, float(skills[t, m]), bool(allowed[t, m]))
                     for t, target in enumerate(group.targets) for m, name in enumerate(names))
    combination = Combination.fit(names, allowed.astype(float), predicted, validation.outcome, group.horizon.step_s)
    capacity = np.array([target.capacity for target in group.targets])
    calibration = Calibration.start(capacity, group.horizon.leads, group.horizon.step_s)
    service = replay(predicted, validation, Service(combination, RecentBias.start(group), calibration)).service
    return ForecastModel(group, members, verdicts, service)


def _refuse_unknown_targets(train_windows: Windows, validation: Windows) -> None:
    for name, windows in (("training", train_windows), ("validation", validation)):
        for target, outcome in zip(windows.group.targets, windows.outcome, strict=True):
            if not np.isfinite(outcome).any():
                raise ForecastError(f"{target.series}: not a single value is known in the {name} span; give a history "
                                    "that covers it, or leave the target out")
