"""What ``twin forecast`` does: reads models and history, forecasts, and shows quantiles and fallbacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from controllers.forecasting.catching_up import caught_up
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.fallback import UNLIKE_ALL_LEARNT, Level, Served, serve
from controllers.forecasting.history_source import History, read_source
from controllers.forecasting.quantiles import INTERVAL_80, LEVELS, MEDIAN
from controllers.forecasting.store import ModelSet, load
from controllers.forecasting.targets import Target
from controllers.forecasting.trained import TrainedGroup
from controllers.forecasting.versioned import Archive
from twin.store.snapshot import write_atomically
from twin.suggest import did_you_mean

if TYPE_CHECKING:
    from rich.table import Table

HOUR_S = 3600
DAY_H = 24
TABLE_LEADS = 12
"""Rows of a table at most, at even steps over the horizon."""
TABLE_TARGETS = 3
"""Columns of a table: as many as 80 characters hold."""
HTML = (b"<!doctype html", b"<html")
FAN_PX = 190
"""Height of a fan chart."""


@dataclass(frozen=True)
class Forecasts:
    """Everything that was forecast from one history."""

    models: ModelSet
    at_utc_s: int
    served: list[Served]
    chosen: list[str]
    notes: list[str]
    """Sentences on what was taken out of the history, and on measurements that have ended."""

    def rows(self) -> Iterator[tuple[Target, Served, int]]:
        """Target, its group's forecast, and its place in there."""
        for served in self.served:
            for k, target in enumerate(served.forecast.group.targets):
                if target.series in self.chosen:
                    yield target, served, k

    @property
    def zone(self) -> ZoneInfo:
        """Of the site."""
        return ZoneInfo(self.models.location.timezone)

    def local(self, utc_s: int) -> datetime:
        """On the site's clock."""
        return datetime.fromtimestamp(utc_s, UTC).astimezone(self.zone)


def forecasts_from(directory: Path, history: Path, at: str | None, targets: list[str] | None, seed: int) -> Forecasts:
    """Forecast all targets, or some.

    Raises
    ------
    ForecastError
        If models or history cannot be used, or there is no such target.
    """
    models = load(directory)
    known = models.series()
    unknown = [name for name in targets or () if name not in known]
    if unknown:
        raise ForecastError(f"--targets: {unknown[0]!r} is not forecast by {directory}; "
                            f"{did_you_mean(unknown[0], known)}")
    source = read_source(models, history, at, seed)
    served = [_served(models, trained, source) for trained in models.groups]
    made = Forecasts(models, source.at_utc_s, served, targets or known, [str(finding) for finding in source.findings])
    for target, of_group, k in made.rows():
        if of_group.levels[k] > Level.LAG_MODEL:
            made.notes.append(_lost(made, target, of_group, of_group.levels[k], source.archive))
    return made


def _served(models: ModelSet, trained: TrainedGroup, source: History) -> Served:
    """A forecast by a model that has followed the last weeks, where the history can tell them."""
    service = trained.whole.service
    if source.tells_past_issues:
        service = caught_up(trained, source.archive, source.at_utc_s, models.learnt_to_utc_s(trained.group.name))
    return serve(trained, source.archive, source.at_utc_s, service)


def _lost(made: Forecasts, target: Target, served: Served, level: Level, archive: Archive) -> str:
    """Why nothing better than the same hour of last week, or climatology, could be had."""
    by = level.name.lower().replace("_", " ")
    ends = archive.series(target.series).valid_utc_s + archive.series(target.series).step_s
    ends = ends[ends <= made.at_utc_s]
    if not len(ends):
        return f"{target.series}: forecast by {by}, for nothing is measured before"
    behind_h = (made.at_utc_s - int(ends[-1])) / HOUR_S
    if f"{UNLIKE_ALL_LEARNT}:{target.series}" in served.forecast.flags:
        return (f"{target.series}: forecast by {by}, for its last week stands still, or is next to nothing, as no such "
                "time that was learnt from; is the meter dead, or its unit another one?")
    if behind_h < DAY_H:
        return (f"{target.series}: forecast by {by}, for too many of the last measurements, or all at some hours of "
                "the day, are missing or were taken out")
    return (f"{target.series}: forecast by {by}, for the measurements end {made.local(int(ends[-1])):%Y-%m-%d %H:%M}, "
            f"{behind_h:.0f} h before")


def forecast_plain(made: Forecasts) -> dict[str, Any]:
    """For scripts: magnitudes in the units of the series; a row of quantiles holds for ``step_s`` from its time on."""
    return {
        "issued": made.local(made.at_utc_s).isoformat(), "site": made.models.site, "levels": list(LEVELS),
        "targets": [{
            "target": target.series, "kind": target.kind.value, "by": served.levels[k].name.lower(),
            "flags": [f for f in served.forecast.flags if ":" not in f or f.endswith(f":{target.series}")],
            "step_s": served.forecast.group.horizon.step_s,
            "times": [made.local(made.at_utc_s + int(lead_s)).isoformat()
                      for lead_s in served.forecast.group.horizon.lead_s],
            "quantiles": np.round(served.forecast.quantiles[k], 6).tolist(),
        } for target, served, k in made.rows()],
        "notes": made.notes,
    }


def forecast_tables(made: Forecasts) -> Iterator[Table | str]:
    """Tables with some leads of each target, and a line on what had to be done without."""
    from rich.markup import escape
    from rich.table import Table

    low, high = INTERVAL_80
    yield f"{made.models.site}: issued {made.local(made.at_utc_s):%Y-%m-%d %H:%M %Z}; magnitudes, 10–50–90 % quantiles"
    horizon = made.served[0].forecast.group.horizon
    shown = range(0, horizon.leads, -(-horizon.leads // TABLE_LEADS))
    yield (f"means over the {horizon.step_s // 60} min that begin at the time of a row, {made.models.location.timezone}"
           f"; {len(shown)} of {horizon.leads} are shown, --json has all")
    by_group: dict[str, list[tuple[Target, Served, int]]] = {}
    for row in made.rows():
        by_group.setdefault(row[1].forecast.group.name, []).append(row)
    for rows in by_group.values():
        forecast = rows[0][1].forecast
        for first in range(0, len(rows), TABLE_TARGETS):
            part = rows[first:first + TABLE_TARGETS]
            table = Table("from\n(local)", *(target.series for target, _, _ in part), box=None, padding=(0, 2, 0, 0))
            for lead in shown:
                begins = made.local(made.at_utc_s + int(forecast.group.horizon.lead_s[lead]))
                cells = [f"{q[lead, low]:.3g} [bold]{q[lead, MEDIAN]:.3g}[/bold] {q[lead, high]:.3g}"
                         for q in (served.forecast.quantiles[k] for _, served, k in part)]
                table.add_row(f"{begins:%a %H:%M}", *cells)
            yield table
        for text in sorted(set(forecast.flags)):
            yield f"[yellow]{text}[/yellow]"
    for text in made.notes:
        yield f"[yellow]{escape(text)}[/yellow]"


def refuse_no_page(file: Path) -> None:
    """Refuse to write over what is no page: a table or a model, mistyped as --plot, would be lost.

    Raises
    ------
    ForecastError
        If the file exists and is not HTML.
    """
    if file.is_file() and not file.read_bytes()[:16].lower().startswith(HTML):
        raise ForecastError(f"--plot {file}: there is a file that is no HTML page; choose another name, or delete it "
                            "before")


def write_fan_charts(made: Forecasts, file: Path) -> None:
    """A page with a fan chart per target.

    Raises
    ------
    ForecastError
        If it cannot be written.
    """
    from plotly.subplots import make_subplots

    refuse_no_page(file)
    from twin.report.figures.fan import add_fan

    rows = list(made.rows())
    figure = make_subplots(rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.25 / max(len(rows), 1),
                           subplot_titles=[f"{target.series} ({served.levels[k].name.lower().replace('_', ' ')})"
                                           for target, served, k in rows])
    for number, (_, served, k) in enumerate(rows, start=1):
        forecast = served.forecast
        x = [made.local(made.at_utc_s + int(lead)).replace(tzinfo=None).isoformat(sep=" ")
             for lead in forecast.group.horizon.lead_s]
        add_fan(figure, x, forecast.quantiles[k], LEVELS, row=number, show_legend=number == 1)
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(height=FAN_PX * len(rows) + 80, title=f"{made.models.site}, issued "
                         f"{made.local(made.at_utc_s):%Y-%m-%d %H:%M %Z}", template="plotly_white")
    try:
        write_atomically(file, figure.to_html(include_plotlyjs=True, full_html=True))
    except OSError as error:
        raise ForecastError(f"{file}: cannot be written ({error.strerror or error}); choose another --plot") from error
