"""Accuracy of the forecasts on published data: ``python -m tests.benchmarks.forecasts --data DIR``.

Trains each target group of the sets of :mod:`.forecast_sets` with several seeds and scores the test split, day-ahead
in hours. First table: one row per kind of target (farms and plants of a set together) and model, errors in percent of
the capacity, skill against the same hour of yesterday or last week, pinball skill against climatology by hour and
season (for loads by day type, too), coverage of the 80 % interval. ``served`` is what controllers get: the calibrated
combination. Second table: the goals, with seconds of training per group and CPU milliseconds of a served forecast per
target. Goals against climatology stand beside one that goes by the hour alone, too, for neither is the stricter one
everywhere.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from controllers.forecasting.backtest import backtest
from controllers.forecasting.features import build_windows
from controllers.forecasting.members.climatology import HOURS, Climatology
from controllers.forecasting.model import ForecastModel
from controllers.forecasting.quantiles import LEVELS, within_limits
from controllers.forecasting.scorecard import Scorecard, references, rolling_coverage, scorecards
from controllers.forecasting.scores import skill
from controllers.forecasting.targets import TargetKind
from controllers.forecasting.training import Split, train
from controllers.forecasting.windows import Windows
from tests.benchmarks.forecast_sets import SETS, ForecastSet

SEEDS = (1, 2, 3)
COVERAGE_PERCENT = (78.0, 82.0)
KERAS_EXCESS = 0.10
COMBINATION_EXCESS = 0.01
SERVED = 20
PAGE_WIDTH = 150
TRAINING_S, SERVED_MS = 60.0, 5.0


@dataclass(frozen=True, slots=True)
class Goal:
    """Least skill of the served forecast."""

    against: str
    """``yesterday`` or ``last_week``."""
    skill: float
    pinball_skill: float | None = None


GOALS = {("wind", TargetKind.WIND): Goal("yesterday", 0.58, 0.52),
         ("solar", TargetKind.PV): Goal("yesterday", 0.38, 0.38),
         ("state_grid", TargetKind.PV): Goal("yesterday", 0.22, 0.38),
         ("city", TargetKind.COOLING_LOAD): Goal("yesterday", 0.60),
         ("city", TargetKind.ELECTRIC_LOAD): Goal("last_week", 0.12),
         ("city", TargetKind.HEAT_LOAD): Goal("last_week", 0.06)}


class HourClimatology(Climatology):
    """What this hour of the day was like in the training years, whatever the season."""

    name = "climatology_by_hour"

    def fit(self, train: Windows, validation: Windows, seed: int) -> None:
        """Quantiles of all outcomes of an hour, in every cell of it."""
        super().fit(train, validation, seed)
        for k, (features, outcome) in enumerate(zip(train.features, train.outcome, strict=True)):
            hour = features.column("hour").astype(int)
            for h in range(HOURS):
                self.table[k, :, :, h] = np.nanquantile(outcome[hour == h], LEVELS)


@dataclass(frozen=True)
class Result:
    """One seed of one set."""

    cards: dict[str, list[Scorecard]]
    """Model → scorecard per target."""
    skill_by_hour: list[float]
    """Pinball skill of the served forecast against climatology by the hour alone, per target."""
    coverage: np.ndarray
    """(targets, spans) of the served forecast [%]."""
    wall_s: float
    cpu_s: float
    served_ms: float
    """One forecast of the group from an archive, per target."""


Runs = list[tuple[ForecastSet, list[Result]]]
"""Groups of a set with one result per seed."""


def run(data: ForecastSet, seed: int, say: Callable[[str], None]) -> Result:
    """Train and score."""
    split = Split(data.first_utc_s, data.validation_utc_s, data.test_utc_s)
    wall, cpu = time.perf_counter(), time.process_time()
    model = train(data.archive, data.group, split, seed, progress=say)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    test = build_windows(data.archive, data.group, data.issues(data.test_utc_s, data.end_utc_s))
    replayed = backtest(model, test)
    learnt = build_windows(data.archive, data.group, data.issues(data.first_utc_s, data.validation_utc_s))
    climatology, by_hour = Climatology(), HourClimatology()
    for reference in (climatology, by_hour):
        reference.fit(learnt, test, seed)
    naive = references(climatology, test)
    quantiles = {member.name: replayed.members[k] for k, member in enumerate(model.members)
                 if member.name in ("lightgbm", "residual_network", "multimodal_network")}
    quantiles |= {"combination": replayed.combined, "served": replayed.quantiles}
    cards = {name: scorecards(within_limits(q, test), test, naive) for name, q in quantiles.items()}
    skill_by_hour = [skill(card.scores.pinball_percent, reference.climatology_pinball)
                     for card, reference in zip(cards["served"], references(by_hour, test), strict=True)]
    return Result(cards, skill_by_hour, rolling_coverage(replayed.quantiles, test), wall, cpu, served_ms(model, data))


def served_ms(model: ForecastModel, data: ForecastSet) -> float:
    """CPU milliseconds of a forecast per target: features, members, combination, calibration."""
    issues = data.issues(data.test_utc_s, data.end_utc_s)[:SERVED]
    model.forecast(data.archive.known_at(issues[0]), model.service)
    started = time.thread_time()  # of this thread: TensorFlow's idle threads are no part of it
    for issue in issues:
        model.forecast(data.archive.known_at(issue), model.service)
    return (time.thread_time() - started) / len(issues) / len(data.group.targets) * 1e3


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal and what was reached, mean over seeds and over the targets of a kind."""

    target: str
    what: str
    goal: str
    found: str
    reached: bool


def add_rows(table: Table, name: str, runs: Runs) -> tuple[list[Verdict], list[float]]:
    """Rows of one set, by kind of target; returns the verdicts on its goals and the combination's excess by kind."""
    verdicts, excess = [], []
    kinds = [target.kind for data, _ in runs for target in data.group.targets]
    for kind in dict.fromkeys(kinds):
        goal = GOALS.get((name, kind), Goal("yesterday", 0.0))
        mean = {model: _mean(model, kind, runs, goal) for model in runs[0][1][0].cards}
        target = f"{name}: {kind} x{kinds.count(kind)}"
        for model, values in mean.items():
            table.add_row(
                target, model, f"{values['nmae']:.2f}", f"{values['nrmse']:.2f}", f"{values['mape']:.1f}",
                f"{values['pinball']:.3f}", f"{values['skill']:.3f} v {goal.against}", f"{values['pinball_skill']:.3f}",
                f"{values['coverage']:.1f}")
        by_hour = float(np.mean([result.skill_by_hour[k] for data, results in runs for result in results
                                 for k, t in enumerate(data.group.targets) if t.kind is kind]))
        verdicts += _verdicts(target, mean, goal, by_hour) + [_coverage(target, kind, runs)]
        excess.append(_excess(mean, "combination"))
    return verdicts + _speed(name, runs), excess


def _mean(model: str, kind: TargetKind, runs: Runs, goal: Goal) -> dict[str, float]:
    """Means over seeds and targets; skills from the mean losses would weigh alike, targets are of one kind."""
    cards = [card for data, results in runs for result in results
             for card, target in zip(result.cards[model], data.group.targets, strict=True) if target.kind is kind]
    return {
        "nmae": float(np.mean([c.scores.nmae_percent for c in cards])),
        "nrmse": float(np.mean([c.scores.nrmse_percent for c in cards])),
        "mape": float(np.mean([c.scores.mape_percent for c in cards])),
        "pinball": float(np.mean([c.scores.pinball_percent for c in cards])),
        "coverage": float(np.mean([c.scores.coverage_percent for c in cards])),
        "skill": float(np.mean([getattr(c, f"skill_{goal.against}") for c in cards])),
        "pinball_skill": float(np.mean([c.pinball_skill for c in cards])),
    }


def _excess(mean: dict[str, dict[str, float]], model: str) -> float:
    """Pinball loss over that of LightGBM, less 1."""
    return mean[model]["pinball"] / mean["lightgbm"]["pinball"] - 1.0


def _verdicts(target: str, mean: dict[str, dict[str, float]], goal: Goal, by_hour: float) -> list[Verdict]:
    """Skill of the served forecast, networks and combination beside LightGBM."""
    served = mean["served"]
    found = [Verdict(target, f"nMAE skill v {goal.against}", f"≥ {goal.skill:.2f}", f"{served['skill']:.3f}",
                     served["skill"] >= goal.skill)]
    if goal.pinball_skill is not None:
        for reference, reached in (("hour and season", served["pinball_skill"]), ("hour alone", by_hour)):
            found.append(Verdict(target, f"pinball skill v climatology by {reference}", f"≥ {goal.pinball_skill:.2f}",
                                 f"{reached:.3f}", reached >= goal.pinball_skill))
    for network in ("residual_network", "multimodal_network"):
        excess = _excess(mean, network)
        found.append(Verdict(target, f"{network} v LightGBM, pinball", f"≤ {KERAS_EXCESS:+.0%}", f"{excess:+.1%}",
                             excess <= KERAS_EXCESS))
    combined = _excess(mean, "combination")
    found.append(Verdict(target, "combination v LightGBM, pinball", f"≤ {COMBINATION_EXCESS:+.0%}", f"{combined:+.1%}",
                         combined <= COMBINATION_EXCESS))
    return found


def _coverage(target: str, kind: TargetKind, runs: Runs) -> Verdict:
    """Lowest and highest coverage of any target, seed and span."""
    chosen = [result.coverage[k] for data, results in runs for result in results
              for k, t in enumerate(data.group.targets) if t.kind is kind]
    low, high = min(spans.min() for spans in chosen), max(spans.max() for spans in chosen)
    return Verdict(target, "80 % interval holds, any 90 days", "{:.0f}–{:.0f} %".format(*COVERAGE_PERCENT),
                   f"{low:.1f}–{high:.1f} %", COVERAGE_PERCENT[0] <= low and high <= COVERAGE_PERCENT[1])


def _speed(name: str, runs: Runs) -> list[Verdict]:
    """Of the slowest group, mean over seeds; the wall clock is that of a machine with other work, if there is any."""
    wall, cpu, served = (max(float(np.mean([getattr(r, key) for r in results])) for _, results in runs)
                         for key in ("wall_s", "cpu_s", "served_ms"))
    return [Verdict(name, "training of a group", f"≤ {TRAINING_S:.0f} s", f"{wall:.0f} s ({cpu:.0f} s CPU)",
                    wall <= TRAINING_S),
            Verdict(name, "served forecast per target", f"≤ {SERVED_MS:.0f} ms", f"{served:.1f} ms",
                    served <= SERVED_MS)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the published forecast sets")
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS), help="only some sets")
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    options = parser.parse_args()
    scores = Table("set, targets", "model", "nMAE %", "nRMSE %", "MAPE10 %", "pinball %", "skill", "pinball skill",
                   "80 % holds", title="Forecasts, day-ahead, test splits")
    verdicts: list[Verdict] = []
    excess: list[float] = []
    for name in options.sets:
        runs = []
        for data in SETS[name](options.data):
            results = [run(data, seed, lambda text: print(text, file=sys.stderr, flush=True)) for seed in options.seeds]
            runs.append((data, results))
        reached, beside = add_rows(scores, name, runs)
        verdicts, excess = verdicts + reached, excess + beside
        scores.add_section()
    verdicts.append(Verdict("all", "combination v LightGBM, mean", "< 0 %", f"{np.mean(excess):+.1%}",
                            float(np.mean(excess)) < 0.0))
    goals = Table("set, targets", "what", "goal", "reached", "verdict", title="Goals")
    for v in verdicts:
        goals.add_row(v.target, v.what, v.goal, v.found, "reached" if v.reached else "missed")
    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
    console.print(scores, goals)
    print(f"{sum(v.reached for v in verdicts)} of {len(verdicts)} goals reached with seeds {options.seeds}")


if __name__ == "__main__":
    main()
