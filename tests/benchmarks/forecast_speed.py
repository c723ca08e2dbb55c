"""Speed of the forecasts for ``make bench``: serving by the models that ship, and training of one group of targets.

Serving: what the forecaster of the park does each hour, from screening the history to calibrated quantiles. Training:
all members of one plant of the published set GEFCom2014 PV, where its data are at hand. Accuracy has a command of its
own, :mod:`.forecasts`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from rich.table import Table

import scenarios
from controllers.forecasting.fallback import Level, serve
from controllers.forecasting.site_feed import SiteFeed
from controllers.forecasting.site_simulation import HOUR_S
from controllers.forecasting.store import load
from controllers.forecasting.versioned import Archive, VersionedSeries
from tests.benchmarks import forecasts
from tests.benchmarks.forecast_sets import gefcom_solar
from tests.validation.published_data import published_data
from twin.scenario.loader import load_scenario

MODELS = Path(scenarios.__file__).parent / "models" / "zero_carbon_park"
SCENARIO = "zero_carbon_park_week"
SEED = 1
TIMES = 10


def served_ms() -> dict[str, float]:
    """CPU milliseconds of a served forecast per target, by group of the shipped models."""
    models, scenario = load(MODELS), load_scenario(SCENARIO)
    sky = next(trained.group.sky for trained in models.groups if trained.group.sky is not None)
    feed = SiteFeed(scenario, models.series(), sky, SEED)
    now_utc_s = feed.start_utc_s
    past_utc_s = now_utc_s - HOUR_S * len(feed.past)
    archive = Archive([
        *(VersionedSeries.measured(name, past_utc_s, HOUR_S, feed.past[:, column])
          for column, name in enumerate(models.series())), *feed.weather_forecasts(now_utc_s)])
    found = {}
    for trained in models.groups:
        levels = serve(trained, archive, now_utc_s, trained.whole.service).levels
        if set(levels) != {Level.MODEL}:
            raise RuntimeError(f"{trained.group.name}: a fallback served, its speed is not the models'")
        started = time.thread_time()
        for _ in range(TIMES):
            serve(trained, archive, now_utc_s, trained.whole.service)
        found[trained.group.name] = (time.thread_time() - started) / TIMES / len(trained.group.targets) * 1e3
    return found


def training() -> forecasts.Result | str:
    """One plant with all members, one seed; or why there is none."""
    missing = [name for name in ("tensorflow", "lightgbm") if find_spec(name) is None]
    if missing:
        return f"{' and '.join(missing)} not installed"
    try:
        data = published_data("forecast", "gefcom2014_solar") / "forecast"
    except pytest.skip.Exception as absent:
        return str(absent)
    return forecasts.run(gefcom_solar(data)[0], SEED, lambda message: None)


def add_rows(table: Table, verdict: Callable[[float, float], str]) -> None:
    """The rows of ``make bench``."""
    served = served_ms()
    slowest = max(served, key=lambda group: served[group])
    table.add_row("served forecast per target, shipped models", f"{served[slowest]:.1f} ms",
                  f"{forecasts.SERVED_MS:.0f} ms", verdict(served[slowest], forecasts.SERVED_MS),
                  f"({slowest}, the slowest of {len(served)} groups; quickest {min(served.values()):.1f} ms)", "")
    trained, label = training(), "training, all members, one PV plant (wall)"
    if isinstance(trained, str):
        table.add_row(label, "skipped", f"{forecasts.TRAINING_S:.0f} s", "", trained, "")
        return
    table.add_row(label, f"{trained.wall_s:.0f} s", f"{forecasts.TRAINING_S:.0f} s",
                  verdict(trained.wall_s, forecasts.TRAINING_S), f"(CPU {trained.cpu_s:.0f} s)", "")
    table.add_row("  its served forecast", f"{trained.served_ms:.1f} ms", f"{forecasts.SERVED_MS:.0f} ms",
                  verdict(trained.served_ms, forecasts.SERVED_MS), "", "")


if __name__ == "__main__":
    for group, milliseconds in served_ms().items():
        print(f"{group:24s} {milliseconds:.2f} ms per target")
