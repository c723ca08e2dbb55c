"""What ``twin train`` does: data, models, scores, store; and a challenge of the models that serve now."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from controllers.forecasting.backtest import backtest
from controllers.forecasting.drift import Challenge, challenge, is_comparable
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.features import build_windows
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.members.multimodal_network import MultimodalNetwork
from controllers.forecasting.members.residual_network import ResidualNetwork
from controllers.forecasting.members.small_network import SmallNetwork, SmallNetworkLags
from controllers.forecasting.scorecard import Scorecard, references, scorecards
from controllers.forecasting.store import BY_GROUP, ModelSet, comparable_place, load, refuse_other_site, save
from controllers.forecasting.targets import Target
from controllers.forecasting.trained import LINES, TrainedGroup, train_group
from controllers.forecasting.training import LEAST_ISSUES
from controllers.forecasting.training_data import TrainingData
from twin.store.snapshot import write_atomically

if TYPE_CHECKING:
    from rich.table import Table

SCORECARD = "scorecard.json"
"""Under this ``model.json`` tells how its models came about where that differs between groups."""
NO_SKILL = "its skill against persistence on the validation split is not above 0"
LEAST_SHOWN_SHARE = 0.005
EXPLAINED = ("nMAE, nRMSE and loss (pinball) in % of the capacity, MAPE above 10 % of it; in, 90 d: how often the 80 % "
             "interval held, and over any 90 days; skill against yesterday, last week (nMAE) and climatology "
             "(pinball): 0 as good, 1 perfect")
NETWORKS = (ResidualNetwork, MultimodalNetwork, SmallNetwork, SmallNetworkLags)
"""Members that are trained with TensorFlow."""


@dataclass(frozen=True)
class GroupResult:
    """The models of one group that serve from now on, trained now or the champion's, and how they did on the held-out
    span."""

    trained: TrainedGroup
    cards: list[Scorecard]
    facts: Mapping[str, Any]
    """How they came about."""
    wall_s: float
    """Of the training, whoever won."""
    challenge: Challenge | None = None


@dataclass(frozen=True)
class TrainingResult:
    """All groups of a site, and where they were written."""

    models: ModelSet
    results: list[GroupResult]
    directory: Path


def train_site(
    data: TrainingData, *, line: str, seed: int, out: Path, command: str, champion: Path | None = None,
    progress: Callable[[str], None] = lambda message: None, on_group: Callable[[str], None] = lambda name: None,
) -> TrainingResult:
    """Train all groups, score them, let them challenge the champion if there is one, and write what serves from now on.

    Raises
    ------
    ForecastError
        If something cannot be trained, read or written.
    """
    if any(maker in NETWORKS for maker in (*LINES[line].whole, *LINES[line].lags)):
        _import_tensorflow_quietly()
    serving = None if champion is None else _champion(champion, data)
    if serving is not None:
        _refuse_lost(serving, data)
    old = {} if serving is None else {trained.group.name: trained for trained in serving.groups}
    new_facts: Mapping[str, Any] = _facts(data, line, seed, command)
    results = []
    for group in data.groups:
        began = time.monotonic()
        trained, replayed = train_group(data.archive, group, data.split, data.held_out, seed, LINES[line],
                                        scatter_frac=data.scatter_frac, progress=progress)
        climatology = next(m for m in trained.whole.members if isinstance(m, Climatology))
        cards = scorecards(replayed.quantiles, replayed.windows, references(climatology, replayed.windows))
        told, facts = None, new_facts
        if serving is not None:
            progress(f"{group.name}: champion against challenger")
            issues, champion_group = data.held_out.issue_utc_s, old.get(group.name)
            if champion_group is not None and is_comparable(champion_group, trained):
                issues = _unseen(issues, serving, group.name)
            told = challenge(champion_group, trained, data.held_out.archive, issues)
            if not told.is_won:
                trained, facts = old[group.name], serving.facts_of(group.name)
                windows = build_windows(data.held_out.archive, trained.group, issues)
                cards = scorecards(backtest(trained.whole, windows).quantiles, windows,
                                   references(climatology, windows))
        results.append(GroupResult(trained, cards, facts, time.monotonic() - began, told))
        on_group(group.name)
    models = ModelSet(data.site, data.location, tuple(r.trained for r in results), _facts_of_all(results))
    save(models, out)
    write_atomically(out / SCORECARD, json.dumps(scorecard_plain(results), indent=1, ensure_ascii=False) + "\n")
    return TrainingResult(models, results, out)


def _refuse_lost(champion: ModelSet, data: TrainingData) -> None:
    """What is written serves from then on: nothing that is forecast today may be missing in it."""
    here = {target.series for group in data.groups for target in group.targets}
    lost = [series for series in champion.series() if series not in here]
    if lost and here & set(champion.series()):
        raise ForecastError(f"--challenge: the models that serve also forecast {', '.join(lost)}; what is trained now "
                            "does not, and they would be lost; leave out --targets, or train without --challenge")


def _unseen(issue_utc_s: np.ndarray, champion: ModelSet, group: str) -> np.ndarray:
    """Of the issue times that scores go by, those that the champion has not learnt from either.

    Raises
    ------
    ForecastError
        If too few are left to tell who is better.
    """
    learnt_to_utc_s = champion.learnt_to_utc_s(group)
    unseen = issue_utc_s[issue_utc_s >= learnt_to_utc_s]
    if len(unseen) < LEAST_ISSUES:
        raise ForecastError(
            f"{group}: the champion has learnt to {np.datetime64(learnt_to_utc_s, 's')} UTC, and {len(unseen)} of the "
            f"{len(issue_utc_s)} issue times to score on come later; at least {LEAST_ISSUES} are needed to tell who is "
            "better: give newer data, or let the scores begin later (split.validation_to)")
    return unseen


def _champion(place: Path, data: TrainingData) -> ModelSet:
    """The models that serve now, of this site and of plants of this size.

    Raises
    ------
    ModelStoreError
        If they cannot be read, or are of another site.
    """
    models = load(place)
    here = [target.series for group in data.groups for target in group.targets]
    known = models.series()  # that some are not trained today is no sign of another site, that none is, one is
    refuse_other_site(models, comparable_place(models, data.location, is_told=data.groups[0].sky is not None),
                      known if set(here) & set(known) else here, data.declared)
    return models


def _facts_of_all(results: list[GroupResult]) -> Mapping[str, Any]:
    """Those that all groups share; after a challenge that some lost, those of each group."""
    first = results[0].facts
    if all(result.facts == first for result in results):
        return first
    return {BY_GROUP: {result.trained.group.name: dict(result.facts) for result in results}}


def _import_tensorflow_quietly() -> None:
    """Its libraries greet on the error stream of the process, past Python, and would tear up the progress bar."""
    if "tensorflow" in sys.modules:
        return
    sys.stderr.flush()
    kept, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        importlib.import_module("controllers.forecasting.members.keras_parts").limit_threads()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)


def _facts(data: TrainingData, line: str, seed: int, command: str) -> dict[str, Any]:
    split = data.split
    return {
        "command": command, "line": line, "seed": seed, "data_sha256": data.sha256(),
        "training": {name: f"{np.datetime64(utc_s, 's')}Z" for name, utc_s in (
            ("first", split.first_utc_s), ("validation", split.validation_utc_s), ("end", split.end_utc_s),
            ("held_out", int(data.held_out.issue_utc_s[0])), ("held_out_end", int(data.held_out.issue_utc_s[-1])))},
    }


def scorecard_plain(results: list[GroupResult]) -> list[dict[str, Any]]:
    """Scores of all targets on the held-out span; errors in percent of the capacity."""
    rows = []
    for result in results:
        for target, card in zip(result.trained.group.targets, result.cards, strict=True):
            numbers = {**asdict(card.scores), "skill_yesterday": card.skill_yesterday,
                       "skill_last_week": card.skill_last_week, "skill_climatology": card.skill_climatology,
                       "pinball_skill": card.pinball_skill}
            rows.append({
                "group": result.trained.group.name, "target": target.series, "kind": target.kind.value,
                "capacity": target.capacity,
                **{name: _rounded(value) for name, value in numbers.items()},
                "coverage_90_days_percent": [_rounded(value) for value in card.coverage_90_days_percent],
                "members": _members(result.trained, target)})
        if result.challenge is not None:
            rows.append({"group": result.trained.group.name, "challenge": str(result.challenge)})
    return rows


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _members(trained: TrainedGroup, target: Target) -> list[str]:
    return [str(v) for model in (trained.whole, trained.lags) for v in model.verdicts if v.target == target.series]


def scorecard_table(results: list[GroupResult]) -> Table:
    """The scorecard for a terminal of 80 columns."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0), title_justify="left", title_style="bold", caption_justify="left",
                  caption=EXPLAINED, title="Scores on the span that nothing was learnt from")
    table.add_column("target", no_wrap=True)
    for heading in ("nMAE", "nRMSE", "MAPE", "loss", "in", "90 d", "day", "week", "clim"):
        table.add_column(heading, justify="right", no_wrap=True)
    for result in results:
        for target, card in zip(result.trained.group.targets, result.cards, strict=True):
            scores = card.scores
            table.add_row(target.series, *(_number(x, "{:.2f}") for x in (
                scores.nmae_percent, scores.nrmse_percent)), _number(scores.mape_percent, "{:.0f}"),
                _number(scores.pinball_percent, "{:.2f}"), _number(scores.coverage_percent, "{:.1f}"),
                "–".join(_number(x, "{:.0f}") for x in card.coverage_90_days_percent),
                *(_number(x, "{:+.2f}") for x in (card.skill_yesterday, card.skill_last_week, card.pinball_skill)))
    return table


def worse(results: list[GroupResult]) -> list[str]:
    """Targets that were forecast worse than the same hour of yesterday, or of last week, on the held-out span."""
    found = []
    for result in results:
        for target, card in zip(result.trained.group.targets, result.cards, strict=True):
            against = [day for day, gained in (("yesterday", card.skill_yesterday), ("last week", card.skill_last_week))
                       if gained < 0.0]
            if against:
                found.append(f"{target.series} was forecast worse than by the same hour of {' and of '.join(against)} "
                             "on this span; a longer history, or weather, may help")
    return found


def used(results: list[GroupResult]) -> list[str]:
    """Which members make the forecasts, with their mean weights: a line for all targets that are made alike."""
    found: dict[str, list[str]] = {}
    for result in results:
        combination = result.trained.whole.service.combination
        for target, weights in zip(result.trained.group.targets, combination.weights.mean(axis=1), strict=True):
            told = ", ".join(f"{name} {share:.0%}" for name, share in zip(combination.members, weights, strict=True)
                             if share >= LEAST_SHOWN_SHARE)
            found.setdefault(told, []).append(target.series)
    return [f"{told}: {', '.join(targets)}" for told, targets in found.items()]


def unused(results: list[GroupResult]) -> list[str]:
    """Members that a target is not forecast with, and why: a sentence for each member and reason."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for verdict in (v for r in results for model in (r.trained.whole, r.trained.lags) for v in model.verdicts):
        if not verdict.used and verdict.member != "seasonal_naive":
            reason = "persistence makes no error there" if np.isnan(verdict.skill) else NO_SKILL
            told = verdict.target if np.isnan(verdict.skill) else f"{verdict.target} {verdict.skill:+.2f}"
            found.setdefault((verdict.member, reason), {})[verdict.target] = told
    return [f"{member} is not used, {reason}: {', '.join(told.values())}" for (member, reason), told in found.items()]


def _number(value: float, form: str) -> str:
    return form.format(value) if np.isfinite(value) else "–"
