"""Accuracy of the forecasts on published data: ``python -m tests.benchmarks.forecasts --data DIR``.

Trains each target group of the sets of :mod:`.forecast_sets` with several seeds and scores the test split, day-ahead in
hours. One row per target (farms and plants of a set together) and model: errors in percent of the capacity, skill
against the same hour of yesterday or last week, pinball skill against climatology, coverage of the 80 % interval over
all spans of 90 days (PV by daylight), seconds of training, CPU milliseconds of a served forecast per target.
``served`` is what controllers get: the calibrated combination.
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
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.model import ForecastModel
from controllers.forecasting.quantiles import within_limits
from controllers.forecasting.scorecard import Scorecard, references, rolling_coverage, scorecards
from controllers.forecasting.targets import TargetKind
from controllers.forecasting.training import Split, train
from tests.benchmarks.forecast_sets import SETS, ForecastSet

SEEDS = (1, 2, 3)
COVERAGE_PERCENT = (78.0, 82.0)
KERAS_EXCESS = 0.10
COMBINATION_EXCESS = 0.01
SERVED = 20
PAGE_WIDTH = 190


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


@dataclass(frozen=True)
class Result:
    """One seed of one set."""

    cards: dict[str, list[Scorecard]]
    """Model → scorecard per target."""
    coverage: np.ndarray
    """(targets, spans) of the served forecast [%]."""
    wall_s: float
    cpu_s: float
    served_ms: float
    """One forecast of the group from an archive, per target."""


def run(data: ForecastSet, seed: int, say: Callable[[str], None]) -> Result:
    """Train and score."""
    split = Split(data.first_utc_s, data.validation_utc_s, data.test_utc_s)
    wall, cpu = time.perf_counter(), time.process_time()
    model = train(data.archive, data.group, split, seed, progress=say)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    test = build_windows(data.archive, data.group, data.issues(data.test_utc_s, data.end_utc_s))
    replayed = backtest(model, test)
    climatology = Climatology()
    climatology.fit(build_windows(data.archive, data.group, data.issues(data.first_utc_s, data.validation_utc_s)), test,
                    seed)
    naive = references(climatology, test)
    quantiles = {member.name: replayed.members[k] for k, member in enumerate(model.members)
                 if member.name in ("lightgbm", "residual_network", "multimodal_network")}
    quantiles |= {"combination": replayed.raw, "served": replayed.quantiles}
    cards = {name: scorecards(within_limits(q, test), test, naive) for name, q in quantiles.items()}
    return Result(cards, rolling_coverage(replayed.quantiles, test), wall, cpu, served_ms(model, data))


def served_ms(model: ForecastModel, data: ForecastSet) -> float:
    """CPU milliseconds of a forecast per target: features, members, combination, calibration."""
    issues = data.issues(data.test_utc_s, data.end_utc_s)[:SERVED]
    model.forecast(data.archive.known_at(issues[0]), model.service)
    started = time.thread_time()  # of this thread: TensorFlow's idle threads are no part of it
    for issue in issues:
        model.forecast(data.archive.known_at(issue), model.service)
    return (time.thread_time() - started) / len(issues) / len(data.group.targets) * 1e3


def add_rows(table: Table, data: ForecastSet, results: list[Result]) -> list[bool]:
    """Rows of one set, by kind of target; returns the verdicts on its goals."""
    verdicts = []
    for kind in dict.fromkeys(target.kind for target in data.group.targets):
        chosen = [k for k, target in enumerate(data.group.targets) if target.kind is kind]
        goal = GOALS.get((data.name.split()[0], kind), Goal("yesterday", 0.0))
        mean = {name: _mean(name, chosen, results, goal) for name in results[0].cards}
        for name, values in mean.items():
            found, verdict = _verdict(name, mean, goal)
            verdicts += verdict
            low, high = (f(r.coverage[chosen].min() if k == 0 else r.coverage[chosen].max() for r in results)
                         for k, f in enumerate((min, max)))
            spans = f"{low:.1f}–{high:.1f}" if name == "served" else ""
            if name == "served":
                inside = COVERAGE_PERCENT[0] <= low and high <= COVERAGE_PERCENT[1]
                verdicts.append(inside)
                found += "" if inside else "; coverage missed"
            seconds = (f"{np.mean([r.wall_s for r in results]):.0f} ({np.mean([r.cpu_s for r in results]):.0f} CPU); "
                       f"{np.mean([r.served_ms for r in results]):.1f} ms")
            table.add_row(
                data.name, f"{kind} x{len(chosen)}", name, f"{values['nmae']:.2f}", f"{values['nrmse']:.2f}",
                f"{values['mape']:.1f}", f"{values['pinball']:.3f}", f"{values['skill']:.3f} v {goal.against}",
                f"{values['pinball_skill']:.3f}", f"{values['coverage']:.1f}", spans,
                seconds if name == "served" else "", found)
    return verdicts


def _mean(name: str, chosen: list[int], results: list[Result], goal: Goal) -> dict[str, float]:
    """Means over seeds and targets; skills from the mean losses would weigh alike, targets are of one kind."""
    cards = [result.cards[name][k] for result in results for k in chosen]
    return {
        "nmae": float(np.mean([c.scores.nmae_percent for c in cards])),
        "nrmse": float(np.mean([c.scores.nrmse_percent for c in cards])),
        "mape": float(np.mean([c.scores.mape_percent for c in cards])),
        "pinball": float(np.mean([c.scores.pinball_percent for c in cards])),
        "coverage": float(np.mean([c.scores.coverage_percent for c in cards])),
        "skill": float(np.mean([getattr(c, f"skill_{goal.against}") for c in cards])),
        "pinball_skill": float(np.mean([c.pinball_skill for c in cards])),
    }


def _verdict(name: str, mean: dict[str, dict[str, float]], goal: Goal) -> tuple[str, list[bool]]:
    """The goal of a row and whether it is reached."""
    if name == "served":
        reached = [mean[name]["skill"] >= goal.skill]
        text = f"skill {goal.skill:.2f} {_word(reached[0])}"
        if goal.pinball_skill is not None:
            reached.append(mean[name]["pinball_skill"] >= goal.pinball_skill)
            text += f", pinball {goal.pinball_skill:.2f} {_word(reached[1])}"
        return text, reached
    if name == "lightgbm":
        return "", []
    excess = mean[name]["pinball"] / mean["lightgbm"]["pinball"] - 1.0
    allowed = COMBINATION_EXCESS if name == "combination" else KERAS_EXCESS
    if name == "multimodal_network":
        return f"{excess:+.1%} v lightgbm", []
    return f"{excess:+.1%} v lightgbm, allowed {allowed:+.0%} {_word(excess <= allowed)}", [excess <= allowed]


def _word(reached: bool) -> str:
    return "ok" if reached else "missed"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the published forecast sets")
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS), help="only some sets")
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    options = parser.parse_args()
    table = Table("set", "target", "model", "nMAE %", "nRMSE %", "MAPE10 %", "pinball %", "skill", "pinball skill",
                  "80 % holds", "any 90 days", "training s; served", "goal", title="Forecasts, day-ahead, test splits")
    verdicts: list[bool] = []
    for name in options.sets:
        for data in SETS[name](options.data):
            results = [run(data, seed, lambda text: print(text, file=sys.stderr, flush=True)) for seed in options.seeds]
            verdicts += add_rows(table, data, results)
            table.add_section()
    Console(width=None if sys.stdout.isatty() else PAGE_WIDTH).print(table)
    print(f"{sum(verdicts)} of {len(verdicts)} goals reached with seeds {options.seeds}")


if __name__ == "__main__":
    main()
