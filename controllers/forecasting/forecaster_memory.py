"""What a forecaster remembers: hourly means of its measurements, and what it learnt since training.

Plain dataclasses of arrays, so that a snapshot keeps them bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from controllers.forecasting.drift import is_drifting, kept, mean_loss, relative_loss
from controllers.forecasting.model import Issued, Service, learnt
from controllers.forecasting.quantiles import LEVELS
from controllers.forecasting.trained import TrainedGroup
from controllers.forecasting.training_data import PAST_DAYS

HOUR_S = 3600
KEPT_HOURS = PAST_DAYS * 24
LEARN_EVERY_H = 25
"""One forecast a day is learnt from, each day an hour later: every hour of the day gets its turn, as in training."""
WAITING = 2
"""Forecasts of two days, one a day: as many wait for their outcome."""
NONE = -1


@dataclass(frozen=True, slots=True)
class Hours:
    """Means of m signals over whole hours of UTC."""

    end_utc_s: int
    """Of the last whole hour."""
    mean_value: np.ndarray
    """(hours, m) the newest last; NaN: not measured."""
    sum_value: np.ndarray
    """(m,) of the open hour."""
    step_count: np.ndarray
    """(m,) measurements in it."""

    @classmethod
    def none(cls, signals: int, start_utc_s: int) -> Hours:
        """Nothing measured."""
        return cls(start_utc_s // HOUR_S * HOUR_S, np.empty((0, signals)), np.zeros(signals), np.zeros(signals))

    def with_step(self, values: np.ndarray, now_utc_s: int) -> Hours:
        """After the measurements (m,) of the step that ends now."""
        known = ~np.isnan(values)
        total = self.sum_value + np.where(known, values, 0.0)
        count = self.step_count + known
        if now_utc_s % HOUR_S or now_utc_s <= self.end_utc_s:
            return Hours(self.end_utc_s, self.mean_value, total, count)
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        means = np.concatenate([self.mean_value, mean[None]])[-KEPT_HOURS:]
        return Hours(now_utc_s, means, np.zeros_like(total), np.zeros_like(count))


@dataclass(frozen=True, slots=True)
class GroupMemory:
    """Of one group of targets."""

    service: Service
    """Weights, level and calibration as they have followed the outcomes."""
    waiting: tuple[Issued, ...]
    """Forecasts that will be learnt from; unused places have the issue time -1."""
    relative_loss: np.ndarray
    """(days, targets) of the last forecasts over the usual one, the newest last."""

    def drift_factor(self) -> np.ndarray:
        """(targets,) mean relative loss, no day above three; 0 where nothing is known."""
        return mean_loss(self.relative_loss)

    def with_waiting(self, issued: Issued) -> GroupMemory:
        """Keep a forecast until its outcome is known; the oldest gives way."""
        return replace(self, waiting=(*self.waiting[1:], issued))

    def learnt(self, trained: TrainedGroup, issued: Issued, outcome: np.ndarray) -> tuple[GroupMemory, np.ndarray]:
        """After the outcomes (targets, leads) of a forecast that waited; and which targets drift since then."""
        relative = relative_loss(trained, issued.issue_utc_s, issued.calibrated, issued.counted(outcome))
        losses = kept(self.relative_loss, relative)
        begins = is_drifting(losses) & ~is_drifting(self.relative_loss)
        waiting = tuple(_free(w) if w.issue_utc_s == issued.issue_utc_s else w for w in self.waiting)
        return GroupMemory(learnt(self.service, issued, outcome, HOUR_S), waiting, losses), begins


def first_memory(trained: TrainedGroup) -> GroupMemory:
    """As it leaves training."""
    group = trained.group
    shape = (len(group.targets), group.horizon.leads)
    quantiles = np.zeros((*shape, len(LEVELS)))
    free = Issued(NONE, np.zeros((len(trained.whole.members), *quantiles.shape)), quantiles, quantiles, quantiles,
                  np.zeros(shape, dtype=bool), np.zeros(shape[0], dtype=bool))
    return GroupMemory(trained.whole.service, (free,) * WAITING, np.empty((0, shape[0])))


def _free(issued: Issued) -> Issued:
    return replace(issued, issue_utc_s=NONE)
