"""Where ``twin forecast`` gets its history from: a run of the twin, a folder with ``forecast.yaml``, or one table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.data_folder import archive_of_folder, location_of
from controllers.forecasting.errors import HistoryError
from controllers.forecasting.folder_description import FILE, HorizonSpec, read_folder
from controllers.forecasting.plausible import without_implausible
from controllers.forecasting.quality import (
    HIGH,
    OUTSIDE_SHARE,
    OUTSIDE_TOLERANCE,
    THOUSAND_ABOVE,
    THOUSAND_BELOW,
    Finding,
    refuse_wrong_clock,
)
from controllers.forecasting.readers import HistoryFormat, coarsened, has_column, read_history, read_run_history
from controllers.forecasting.site_feed import KNOWN_DAYS, SiteFeed
from controllers.forecasting.site_simulation import nameplates
from controllers.forecasting.site_targets import capacity_of, sign_of
from controllers.forecasting.store import ModelSet, comparable_place, refuse_other_site
from controllers.forecasting.targets import DAY_S, Target, TargetKind
from controllers.forecasting.training_data import PAST_DAYS
from controllers.forecasting.versioned import Archive, SeriesRole, VersionedSeries
from twin.store.layout import SCENARIO, is_run_directory


@dataclass(frozen=True)
class History:
    """Everything known, and when the forecast is made."""

    archive: Archive
    at_utc_s: int
    findings: tuple[Finding, ...] = ()
    """What was taken out of its tables."""
    tells_past_issues: bool = False
    """Whether forecasts of the last weeks could be made again: weather is there as it was forecast then."""


def read_source(models: ModelSet, place: Path, at: str | None, seed: int) -> History:
    """A history with the series that the models ask for.

    Parameters
    ----------
    at : ISO 8601, without an offset on the site's clock; None: the end of the measurements.

    Raises
    ------
    HistoryError
        If nothing can be read there, or it begins after ``at`` or ends too long before.
    """
    step_s = models.groups[0].group.horizon.step_s
    wanted = None if at is None else _instant(at, models.location.timezone)
    if is_run_directory(place):
        return _of_run(models, place, wanted, step_s)
    is_folder = place.is_dir() or place.name == FILE
    if is_folder:
        archive, findings = _of_folder(models, place, seed)
    elif place.is_file():
        archive, findings = _of_table(models, place, wanted, step_s)
    else:
        raise HistoryError(f"{place}: no run directory, no folder with {FILE}, and no table; check the path")
    return History(archive, _moment(archive, models, wanted, step_s), tuple(findings), is_folder)


def _of_run(models: ModelSet, place: Path, at_utc_s: int | None, step_s: int) -> History:
    """What the run measured; its weather forecasts and the weeks before it as its own forecaster had them."""
    from twin.scenario.loader import load_scenario
    from twin.scenario.resolved import context_of
    from twin.store.reader import read_run

    run = read_run(place)
    scenario = load_scenario(place / SCENARIO, trust_paths=True)
    plates = nameplates(scenario)
    capacities = {name: capacity for name in models.series()
                  if (capacity := capacity_of(plates.get(name.partition(".")[0]))) is not None}
    refuse_other_site(models, context_of(scenario).location, list(run.values), capacities)
    feed = SiteFeed(scenario, models.series(), _sky(models), scenario.model.seed, KNOWN_DAYS)
    series = []
    for column, name in enumerate(models.series()):
        own = coarsened(read_run_history(place, name, name, factor=sign_of(name)), step_s)
        past = VersionedSeries.measured(name, feed.start_utc_s - step_s * len(feed.past), step_s, feed.past[:, column])
        series.append(past.joined(own))
    moment = _moment(Archive(series), models, at_utc_s, step_s)
    weather = feed.weather_forecasts_since(0, moment)
    return History(Archive([*series, *weather]), moment, tells_past_issues=bool(weather))


def _of_folder(models: ModelSet, place: Path, seed: int) -> tuple[Archive, list[Finding]]:
    """The tables that the folder's description explains, of the site and the plants that the models know."""
    spec, folder = read_folder(place)
    site = spec.site
    is_told = site.latitude_deg is not None and site.longitude_deg is not None
    refuse_other_site(models, comparable_place(models, location_of(site), is_told=is_told), models.series(),
                      {name: target.capacity for name, target in spec.targets.items()})
    step_s = models.groups[0].group.horizon.step_s  # features are made of means over it, whatever the folder is for
    archive, _, findings = archive_of_folder(spec.model_copy(update={"horizon": HorizonSpec(step_s=step_s)}), folder,
                                             seed)
    return archive, findings


def _of_table(
    models: ModelSet, file: Path, at_utc_s: int | None, step_s: int
) -> tuple[Archive, list[Finding]]:
    """One column per series: signals of the twin with its sign, others as in training; weather behind ``at`` is the
    forecast made then."""
    how = HistoryFormat(timezone=models.location.timezone)
    series: list[VersionedSeries] = []
    findings: list[Finding] = []
    targets = [target for group in models.groups for target in group.group.targets]
    for target in targets:
        name = target.series
        own = read_history(str(file), name, name, how, factor=sign_of(name))
        own, told = without_implausible(own, targets, f"{file}, column {name!r}", sign_of(name))
        findings += told
        own = coarsened(own, step_s)
        _refuse_other_plant(own, target, _sky(models), file)
        series.append(own)
    ends = [int(s.valid_utc_s[-1]) + step_s for s in series if len(s.valid_utc_s)]
    if not ends:
        raise HistoryError(f"{file}: all columns are empty; give measurements of one series at least")
    moment = max(ends) if at_utc_s is None else at_utc_s
    for name in sorted({s for target in targets for s in target.covariates.values()}):
        if not has_column(str(file), name, how):
            continue  # told by the fallback that it leads to
        own = read_history(str(file), name, name, how, role=SeriesRole.WEATHER)
        own, told = without_implausible(own, targets, f"{file}, column {name!r}")
        findings += told
        known = np.minimum(own.valid_utc_s, moment)
        series.append(coarsened(VersionedSeries(name, SeriesRole.WEATHER, own.step_s, own.valid_utc_s, known,
                                                own.values), step_s))
    return Archive(series), findings


def _refuse_other_plant(series: VersionedSeries, target: Target, sky: ClearSky | None, file: Path) -> None:
    """A bare table tells neither place nor capacity: what its values rule out is refused. Low values rule out an
    electric load alone; a heat load rests all summer."""
    values = series.values[np.isfinite(series.values)]
    if not len(values):
        return
    low, high = target.limits
    margin = OUTSIDE_TOLERANCE * target.capacity
    above, below = np.mean(values > high + margin), np.mean(values < low - margin)
    if above > OUTSIDE_SHARE:
        raise HistoryError(f"{file}: {above:.0%} of the values of {series.name} are above {high:g} (up to "
                           f"{values.max():g}); the models were trained for a capacity of {target.capacity:g}; is the "
                           "table in kW instead of MW, or of another plant? Then train models of it: twin train")
    if below > OUTSIDE_SHARE:
        rule = "demand is negative as in the twin" if sign_of(series.name) < 0 else "it is positive, as in training"
        raise HistoryError(f"{file}: {below:.0%} of the values of {series.name} have the wrong sign (down to "
                           f"{values.min() * sign_of(series.name):g}); {rule}; turn the sign")
    ratio = float(np.quantile(np.abs(values), HIGH)) / target.capacity
    is_day = len(values) * series.step_s >= DAY_S
    if ratio > THOUSAND_ABOVE or (target.kind is TargetKind.ELECTRIC_LOAD and ratio < THOUSAND_BELOW and is_day):
        raise HistoryError(f"{file}: high values of {series.name} are {ratio * target.capacity:g}, the models were "
                           f"trained for a capacity of {target.capacity:g}; is the table in another unit, of another "
                           "plant, or is the meter dead?")
    if target.kind is TargetKind.PV and sky is not None:
        refuse_wrong_clock(series, sky)


def _moment(archive: Archive, models: ModelSet, at_utc_s: int | None, step_s: int) -> int:
    """The issue time, on the grid of the horizon."""
    present = [archive.series(name) for name in models.series() if name in archive]
    measured = [series for series in present if len(series.values)]
    if not measured:
        raise HistoryError(f"the history has none of the series that the models forecast ({models.series()[0]}, …), or "
                           "they are empty")
    first, last = (f(int(s.valid_utc_s[edge]) for s in measured) for f, edge in ((min, 0), (max, -1)))
    moment = (last + step_s if at_utc_s is None else at_utc_s) // step_s * step_s
    if moment <= first:
        raise HistoryError(f"--at {np.datetime64(moment, 's')} UTC is before the history, which begins at "
                           f"{np.datetime64(first, 's')} UTC")
    behind_days = (moment - last - step_s) / DAY_S
    if behind_days > PAST_DAYS:
        raise HistoryError(f"--at {np.datetime64(moment, 's')} UTC is {behind_days:.0f} days after the end of the "
                           f"measurements, {np.datetime64(last + step_s, 's')} UTC; a forecast looks back over "
                           f"{PAST_DAYS} days, so nothing that was measured would enter it: give newer measurements, "
                           "or an earlier --at")
    return moment


def _instant(text: str, timezone: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise HistoryError(f"--at {text!r} is no time; write 2025-07-15T12:00, or with an offset "
                           "2025-07-15T12:00+08:00") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))).timestamp())


def _sky(models: ModelSet) -> ClearSky | None:
    return next((g.group.sky for g in models.groups if g.group.sky is not None), None)
