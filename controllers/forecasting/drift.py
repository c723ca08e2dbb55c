"""Drift: a model that errs more than it used to, for days on end; and whether a new one is better.

Measured by the pinball loss of the forecasts as issued, relative to the usual loss of the season on the held-out span
of its training. When the mean of 14 days exceeds 1.3 on three days in a row, the model drifts: time to train a
challenger on newer data. A day counts as three usual ones at most, so that one or two odd days are no drift. The
champion stays unless the challenger is better on issue times that neither has learnt from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from controllers.forecasting.backtest import backtest
from controllers.forecasting.features import build_windows
from controllers.forecasting.quantiles import pinball
from controllers.forecasting.rolling import with_day
from controllers.forecasting.trained import TrainedGroup, usual_at
from controllers.forecasting.versioned import Archive

WINDOW_DAYS = 14
RATIO = 1.3
DAYS_IN_A_ROW = 3
LEAST_DAYS = WINDOW_DAYS // 2
"""That have to be known of two weeks."""
LEAST_GAIN = 0.01
"""Of a challenger: less is luck."""
KEPT_DAYS = WINDOW_DAYS + DAYS_IN_A_ROW - 1
MOST_RELATIVE = 3.0
"""What a day counts at most: five such days of 14 are drift, two are not."""
KNOWN_SHARE = 0.5
"""Of a forecast; with less it is no day."""
LEAST_LOSS_FRAC = 1e-3
"""Of the capacity: below it a loss is next to nothing, whatever it is relative to."""


def relative_loss(trained: TrainedGroup, issue_utc_s: int, quantiles: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """Loss of one forecast over the usual one of its season, (targets,); NaN where less than half of its outcome is
    known.

    Parameters
    ----------
    quantiles : (targets, leads, levels); outcome : (targets, leads).
    """
    known = np.isfinite(outcome)
    losses = np.where(known, pinball(np.where(known, outcome, 0.0), quantiles), 0.0)
    count = known.sum(axis=1)
    capacity = np.array([target.capacity for target in trained.group.targets])
    usual = np.maximum(usual_at(trained.usual_loss, issue_utc_s), LEAST_LOSS_FRAC * capacity)
    enough = known.mean(axis=1) >= KNOWN_SHARE
    return np.where(enough, losses.sum(axis=1) / np.maximum(count, 1) / usual, np.nan)


def kept(relative: np.ndarray, newest: np.ndarray) -> np.ndarray:
    """Relative losses of the last days, (days, targets), with one more day."""
    return with_day(relative, newest, KEPT_DAYS)


def is_drifting(relative: np.ndarray) -> np.ndarray:
    """Whether each target drifts, (targets,), from its relative losses (days, targets), the newest last."""
    if len(relative) < KEPT_DAYS:
        return np.zeros(relative.shape[1], dtype=bool)
    spans = [slice(first, first + WINDOW_DAYS) for first in range(len(relative) - WINDOW_DAYS + 1)]
    means = np.stack([mean_loss(relative[s]) for s in spans[-DAYS_IN_A_ROW:]])
    known = np.stack([np.isfinite(relative[s]).sum(axis=0) for s in spans[-DAYS_IN_A_ROW:]])
    return np.asarray(((means > RATIO) & (known >= LEAST_DAYS)).all(axis=0))


def mean_loss(relative: np.ndarray) -> np.ndarray:
    """(targets,) over the days (days, targets) that are known, each counted up to a limit; 0 where none is."""
    known = np.isfinite(relative)
    total = np.where(known, np.minimum(relative, MOST_RELATIVE), 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1))


@dataclass(frozen=True, slots=True)
class Challenge:
    """How a champion and its challenger did on the same issue times."""

    group: str
    champion_loss: float | None
    challenger_loss: float
    """Mean pinball loss in percent of the capacities, NaN where no outcome is known, which decides nothing; None: the
    champion does not know all targets."""

    @property
    def is_won(self) -> bool:
        """By the challenger."""
        return self.champion_loss is None or self.challenger_loss < (1.0 - LEAST_GAIN) * self.champion_loss

    def __str__(self) -> str:
        who = "the challenger takes over" if self.is_won else "the champion stays"
        champion = "does not know all targets" if self.champion_loss is None else _percent(self.champion_loss)
        return (f"{self.group}: champion {champion}, challenger {_percent(self.challenger_loss)} of the capacity "
                f"(pinball loss); {who}")


def _percent(loss: float) -> str:
    return "unknown" if np.isnan(loss) else f"{loss:.3f} %"


def challenge(champion: TrainedGroup | None, challenger: TrainedGroup, archive: Archive,
              issue_utc_s: np.ndarray) -> Challenge:
    """Let both forecast the same issue times; a champion that forecasts other targets has lost."""
    name = challenger.group.name
    if champion is None or not is_comparable(champion, challenger):
        return Challenge(name, None, _loss(challenger, archive, issue_utc_s))
    return Challenge(name, _loss(champion, archive, issue_utc_s), _loss(challenger, archive, issue_utc_s))


def is_comparable(champion: TrainedGroup, challenger: TrainedGroup) -> bool:
    """Whether they forecast the same."""
    return _series(champion) == _series(challenger) and champion.group.horizon == challenger.group.horizon


def _series(trained: TrainedGroup) -> Sequence[str]:
    return [target.series for target in trained.group.targets]


def _loss(trained: TrainedGroup, archive: Archive, issue_utc_s: np.ndarray) -> float:
    """Mean pinball loss over targets [% of the capacity], as it would have been served; infinite where a number was
    missing from the forecast, NaN where no outcome is known at all."""
    windows = build_windows(archive, trained.group, issue_utc_s)
    loss = pinball(windows.outcome, backtest(trained.whole, windows).quantiles)
    known = np.isfinite(windows.outcome)
    loss = np.where(known & np.isnan(loss), np.inf, np.where(known, loss, 0.0))
    count = known.sum(axis=(1, 2))
    if not count.any():
        return float("nan")
    capacity = np.array([target.capacity for target in trained.group.targets])
    return float(np.mean((100.0 * loss.sum(axis=(1, 2)) / np.maximum(count, 1) / capacity)[count > 0]))
