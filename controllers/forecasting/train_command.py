"""What ``twin train`` does: data, models, scores, store; and a challenge of the models that serve now."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from controllers.forecasting.drift import Challenge, challenge
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.members.multimodal_network import MultimodalNetwork
from controllers.forecasting.members.residual_network import ResidualNetwork
from controllers.forecasting.members.small_network import SmallNetwork, SmallNetworkLags
from controllers.forecasting.scorecard import Scorecard, references, scorecards
from controllers.forecasting.store import ModelSet, load, save
from controllers.forecasting.targets import Target
from controllers.forecasting.trained import LINES, TrainedGroup, train_group
from controllers.forecasting.training_data import TrainingData
from twin.store.snapshot import write_atomically

if TYPE_CHECKING:
    from rich.table import Table

SCORECARD = "scorecard.json"
NETWORKS = (ResidualNetwork, MultimodalNetwork, SmallNetwork, SmallNetworkLags)
"""Members that are trained with TensorFlow."""


@dataclass(frozen=True)
class GroupResult:
    """One group and how it did on the held-out span."""

    trained: TrainedGroup
    cards: list[Scorecard]
    wall_s: float
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
    old = {} if champion is None else {t.group.name: t for t in load(champion).groups}
    results = []
    for group in data.groups:
        began = time.monotonic()
        trained, replayed = train_group(data.archive, group, data.split, data.held_out, seed, LINES[line],
                                        progress=progress)
        climatology = next(m for m in trained.whole.members if isinstance(m, Climatology))
        cards = scorecards(replayed.quantiles, replayed.windows, references(climatology, replayed.windows))
        told = None
        if champion is not None:
            progress(f"{group.name}: champion against challenger")
            told = challenge(old.get(group.name), trained, data.held_out.archive, data.held_out.issue_utc_s)
        results.append(GroupResult(trained, cards, time.monotonic() - began, told))
        on_group(group.name)
    serving = tuple(r.trained if r.challenge is None or r.challenge.is_won else old[r.trained.group.name]
                    for r in results)
    models = ModelSet(data.site, data.location, serving, _facts(data, line, seed, command))
    save(models, out)
    write_atomically(out / SCORECARD, json.dumps(scorecard_plain(results), indent=1, ensure_ascii=False) + "\n")
    return TrainingResult(models, results, out)


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
                **{name: round(value, 4) if np.isfinite(value) else None for name, value in numbers.items()},
                "members": _members(result.trained, target)})
        if result.challenge is not None:
            rows.append({"group": result.trained.group.name, "challenge": str(result.challenge)})
    return rows


def _members(trained: TrainedGroup, target: Target) -> list[str]:
    return [str(v) for model in (trained.whole, trained.lags) for v in model.verdicts if v.target == target.series]


def scorecard_table(results: list[GroupResult]) -> Table:
    """The scorecard for a terminal."""
    from rich.table import Table

    table = Table("target", "nMAE %", "nRMSE %", "MAPE>10 %", "pinball %", "80 % holds", "v yesterday", "v last week",
                  "pinball v climatology", "members", box=None, title_justify="left",
                  title="Scores on the held-out span, % of the capacity; skill 0: as good as the reference, 1: perfect")
    for result in results:
        weights = result.trained.whole.service.combination
        for k, (target, card) in enumerate(zip(result.trained.group.targets, result.cards, strict=True)):
            scores = card.scores
            shares = weights.weights[k].mean(axis=0)
            used = ", ".join(f"{name} {share:.0%}" for name, share in zip(weights.members, shares, strict=True)
                             if share > 0.0)
            table.add_row(target.series, *(_number(x, "{:.2f}") for x in (
                scores.nmae_percent, scores.nrmse_percent, scores.mape_percent, scores.pinball_percent)),
                _number(scores.coverage_percent, "{:.1f}"), *(_number(x, "{:+.2f}") for x in (
                    card.skill_yesterday, card.skill_last_week, card.pinball_skill)), used)
    return table


def unused(results: list[GroupResult]) -> list[str]:
    """Members that no forecast is made with, and why."""
    return [str(v) for r in results for model in (r.trained.whole, r.trained.lags) for v in model.verdicts
            if not v.used and v.member != "seasonal_naive"]


def _number(value: float, form: str) -> str:
    return form.format(value) if np.isfinite(value) else "–"
