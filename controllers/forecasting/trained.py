"""What was trained for a site: per group of targets a model, one for lack of weather, and how well both do.

Members learn from all of training and validation in the end; how they do is therefore measured on a third span that
nothing was learnt from, the held-out one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from controllers.forecasting.backtest import Backtest, backtest
from controllers.forecasting.features import build_windows
from controllers.forecasting.member import Member
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.members.lightgbm_quantiles import LightGbmLags, LightGbmQuantiles
from controllers.forecasting.members.multimodal_network import MultimodalNetwork
from controllers.forecasting.members.residual_network import ResidualNetwork
from controllers.forecasting.members.small_network import SmallNetwork, SmallNetworkLags
from controllers.forecasting.model import ForecastModel
from controllers.forecasting.monthly_normals import MONTHS
from controllers.forecasting.quantiles import pinball
from controllers.forecasting.scenarios import Copula
from controllers.forecasting.targets import TargetGroup
from controllers.forecasting.training import Split, train
from controllers.forecasting.versioned import Archive

Maker = Callable[[], Member]


@dataclass(frozen=True, slots=True)
class Line:
    """Which members are trained, beside the seasonal naive."""

    whole: tuple[Maker, ...]
    lags: tuple[Maker, ...]
    """Need no weather."""


LINES = {
    "full": Line((Climatology, LightGbmQuantiles, ResidualNetwork, MultimodalNetwork), (Climatology, LightGbmLags)),
    "small": Line((Climatology, SmallNetwork), (Climatology, SmallNetworkLags)),
}
"""``full``: the best there is. ``small``: what ships; a whole park in half a megabyte, served without LightGBM."""


@dataclass(frozen=True)
class TrainedGroup:
    """Everything that serves one group of targets."""

    whole: ForecastModel
    lags: ForecastModel
    """For lack of weather and prices; members that both have are the same objects."""
    copula: Copula
    usual_loss: np.ndarray
    """(months, targets) mean pinball loss on the held-out span, January first; a month that it lacks has the mean of
    all. Losses of a park differ by season as its loads do."""
    scatter_frac: np.ndarray
    """(targets,) of quarter hours around a smooth course of hours; 0 where nobody knows."""

    @property
    def group(self) -> TargetGroup:
        """What is forecast."""
        return self.whole.group

    def members(self) -> dict[str, Member]:
        """By name, each once."""
        return {member.name: member for model in (self.lags, self.whole) for member in model.members}


@dataclass(frozen=True)
class HeldOut:
    """Issue times that nothing is learnt from, and the archive that they are issued from."""

    archive: Archive
    issue_utc_s: np.ndarray


def train_group(
    archive: Archive, group: TargetGroup, split: Split, held_out: HeldOut, seed: int, line: Line, *,
    scatter_frac: Mapping[str, float] | None = None, progress: Callable[[str], None] = lambda message: None,
) -> tuple[TrainedGroup, Backtest]:
    """Both models of a group, and how the whole one does on the held-out span.

    Parameters
    ----------
    scatter_frac : series → scatter within the hour, where it is known.

    Raises
    ------
    ForecastError
        If the history is too short or a target is never known.
    """
    whole = train(archive, group, split, seed, members=line.whole, progress=progress)
    lags = train(archive, group, split, seed, members=line.lags, progress=progress)
    shared = {member.name: member for member in whole.members}
    lags = replace(lags, members=tuple(shared.get(member.name, member) for member in lags.members))
    replayed = backtest(whole, build_windows(held_out.archive, group, held_out.issue_utc_s))
    windows = replayed.windows
    with np.errstate(invalid="ignore", divide="ignore"):  # a constant load has no correlation
        copula = Copula.fit(replayed.quantiles, windows.outcome, windows.daylight, group.horizon.step_s)
    scatter = np.array([(scatter_frac or {}).get(target.series, 0.0) for target in group.targets])
    return TrainedGroup(whole, lags, copula, usual_loss(replayed), scatter), replayed


def usual_loss(replayed: Backtest) -> np.ndarray:
    """Mean pinball loss by month and target, (months, targets)."""
    windows = replayed.windows
    losses = pinball(windows.outcome, replayed.quantiles)  # targets, n, leads
    months = month_at(windows.issue_utc_s)
    overall = np.nanmean(losses, axis=(1, 2))
    found = [losses[:, months == m] for m in range(MONTHS)]
    return np.stack([np.nanmean(f, axis=(1, 2)) if np.isfinite(f).any(axis=(1, 2)).all() else overall for f in found])


def usual_at(usual_loss: np.ndarray, utc_s: int) -> np.ndarray:
    """(targets,) usual loss at an instant: that of a month in its middle, on a line to its neighbour else. In spring
    the losses of cooling double from one month to the next, and no step of a calendar is drift."""
    instant = np.datetime64(utc_s, "s")
    month = instant.astype("datetime64[M]")
    begin, end = month.astype("datetime64[s]"), (month + 1).astype("datetime64[s]")
    place = int(month_at(utc_s)) + float((instant - begin) / (end - begin)) - 0.5
    first = int(np.floor(place))
    return (first + 1 - place) * usual_loss[first % MONTHS] + (place - first) * usual_loss[(first + 1) % MONTHS]


def month_at(utc_s: np.ndarray | int) -> np.ndarray:
    """Month of instants, 0 … 11 (UTC; a month is a season here, not a bill)."""
    return np.asarray(utc_s).astype("datetime64[s]").astype("datetime64[M]").astype(int) % MONTHS
