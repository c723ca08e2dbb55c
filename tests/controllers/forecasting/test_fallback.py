"""The chain: what is missing or wrong leads one step down, flagged; nothing of it stops a forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from controllers.forecasting.day_types import CalendarDays
from controllers.forecasting.fallback import Level, Served, serve
from controllers.forecasting.features import known_windows
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.model import learnt
from controllers.forecasting.quantiles import MEDIAN
from controllers.forecasting.site_targets import HOURLY_TWO_DAYS
from controllers.forecasting.targets import DAY_S, Horizon, Target, TargetGroup, TargetKind
from controllers.forecasting.trained import HeldOut, TrainedGroup, train_group
from controllers.forecasting.training import Split
from controllers.forecasting.versioned import Archive, SeriesRole, VersionedSeries
from tests.controllers.forecasting import tiny_models, toy_site

HOUR_S = 3600
NOW = toy_site.START_UTC_S + 90 * DAY_S
LOAD, TEMPERATURE = "office.baseline_mw", "weather.air_temperature_degc"
Change = Callable[[VersionedSeries], VersionedSeries]


@pytest.fixture(scope="module")
def office() -> TrainedGroup:
    """The load; it uses a temperature forecast."""
    return tiny_models.trained()[1]


def with_changed(name: str, change: Change) -> Archive:
    """The history with one other series."""
    return Archive([change(s) if s.name == name else s for s in tiny_models.archive()])


def rows(series: VersionedSeries, keep: np.ndarray) -> VersionedSeries:
    """Only some rows."""
    return VersionedSeries(series.name, series.role, series.step_s, series.valid_utc_s[keep],
                           series.available_utc_s[keep], series.values[keep])


def without_issues_since(utc_s: int) -> Change:
    """A service that fell silent."""
    return lambda s: rows(s, s.available_utc_s <= utc_s)


def without(first_h: float, end_h: float) -> Change:
    """Nothing valid within hours relative to now."""
    return lambda s: rows(s, (s.valid_utc_s < NOW + first_h * HOUR_S) | (s.valid_utc_s >= NOW + end_h * HOUR_S))


def with_values(first_h: float, end_h: float, value: Callable[[np.ndarray], np.ndarray]) -> Change:
    """Other values within hours relative to now."""
    def change(s: VersionedSeries) -> VersionedSeries:
        inside = (s.valid_utc_s >= NOW + first_h * HOUR_S) & (s.valid_utc_s < NOW + end_h * HOUR_S)
        return VersionedSeries(s.name, s.role, s.step_s, s.valid_utc_s, s.available_utc_s,
                               np.where(inside, value(s.values), s.values))
    return change


def served(office: TrainedGroup, history: Archive) -> Served:
    """The forecast, which is always whole, ordered and within limits."""
    found = serve(office, history, NOW, office.whole.service)
    quantiles, [target] = found.forecast.quantiles, office.group.targets
    assert np.isfinite(quantiles).all() and (np.diff(quantiles, axis=-1) >= 0.0).all()
    assert (quantiles >= 0.0).all() and (quantiles <= target.capacity).all()
    return found


def test_with_all_there_is_the_model_serves_and_nothing_is_flagged(office) -> None:
    found = served(office, tiny_models.archive())
    assert (found.levels, found.forecast.flags) == ((Level.MODEL,), ())
    expected, issued = office.whole.forecast(tiny_models.archive().known_at(NOW), office.whole.service)
    assert np.array_equal(found.forecast.quantiles, expected.quantiles)
    assert found.issued is not None and found.issued.issue_utc_s == issued.issue_utc_s


@pytest.mark.parametrize(("change", "flag"), [
    (lambda s: rows(s, np.zeros(len(s.values), dtype=bool)), "weather_missing"),
    (without_issues_since(NOW - 7 * DAY_S), "weather_stale"),
    (without_issues_since(NOW - 3 * DAY_S), "weather_stale"),
    (without(0, 24), "weather_missing"),
], ids=["none at all", "a week without issues", "three days without issues", "a day of leads missing"])
def test_without_fresh_weather_the_lag_model_serves(office, change, flag) -> None:
    found = served(office, with_changed(TEMPERATURE, change))
    assert found.levels == (Level.LAG_MODEL,) and found.issued is None
    assert found.forecast.flags == (flag, f"lag_model:{LOAD}")


def test_weather_in_another_unit_is_none() -> None:
    """Kelvin for degrees Celsius."""
    target = replace(tiny_models.trained()[1].group.targets[0], covariates={"temperature": TEMPERATURE})
    history = tiny_models.archive()
    trained, _ = train_group(history, tiny_models.group(target), tiny_models.split(), HeldOut(history, np.array([NOW])),
                             1, tiny_models.LINE)

    def in_kelvin(s: VersionedSeries) -> VersionedSeries:
        return VersionedSeries(s.name, s.role, s.step_s, s.valid_utc_s, s.available_utc_s, s.values + 273.15)
    found = served(trained, with_changed(TEMPERATURE, in_kelvin))
    assert found.levels == (Level.LAG_MODEL,)
    assert found.forecast.flags == ("weather_missing", "weather_outside_limits", f"lag_model:{LOAD}")


def test_an_issue_of_yesterday_is_not_stale_but_does_not_reach_far_enough(office) -> None:
    """Two days ahead of yesterday are one day ahead of today."""
    found = served(office, with_changed(TEMPERATURE, without_issues_since(NOW - DAY_S)))
    assert found.forecast.flags == ("weather_missing", f"lag_model:{LOAD}")


def test_a_table_that_is_known_ahead_never_grows_stale(office) -> None:
    def published(s: VersionedSeries) -> VersionedSeries:
        hours, first = np.unique(s.valid_utc_s, return_index=True)
        return VersionedSeries.known_ahead(s.name, int(hours[0]), HOUR_S, s.values[first], role=SeriesRole.MARKET)
    assert served(office, with_changed(TEMPERATURE, published)).levels == (Level.MODEL,)


@pytest.mark.parametrize(("silent_h", "flags"), [
    (0, ()), (12, ()), (13, ("weather_stale", f"lag_model:{LOAD}"))])
def test_weather_that_is_published_hour_by_hour_is_stale_after_half_a_day(silent_h, flags) -> None:
    """Each hour two days before it comes: a day ahead all is known for another day."""
    def hourly(s: VersionedSeries) -> VersionedSeries:
        hours, first = np.unique(s.valid_utc_s, return_index=True)
        known = hours - 2 * DAY_S <= NOW - silent_h * HOUR_S
        return VersionedSeries(s.name, s.role, HOUR_S, hours[known], hours[known] - 2 * DAY_S, s.values[first][known])
    history = with_changed(TEMPERATURE, hourly)
    group = replace(tiny_models.trained()[1].group, horizon=Horizon(HOUR_S, 24))
    trained, _ = train_group(history, group, tiny_models.split(), HeldOut(history, np.array([NOW])), 1,
                             tiny_models.LINE)
    assert serve(trained, history, NOW, trained.whole.service).forecast.flags == flags


@pytest.mark.parametrize("known_h", [0, 24, 48])
def test_a_price_that_is_not_yet_published_is_flagged_and_the_model_serves(known_h) -> None:
    """At noon nobody knows the price of the day after tomorrow, so such hours were learnt from, too."""
    target = replace(tiny_models.trained()[1].group.targets[0], covariates={"price_day_ahead": TEMPERATURE})
    history = with_changed(TEMPERATURE, without(known_h, 1000))
    trained, _ = train_group(history, tiny_models.group(target), tiny_models.split(), HeldOut(history, np.array([NOW])),
                             1, tiny_models.LINE)
    found = serve(trained, history, NOW, trained.whole.service)
    assert found.levels == (Level.MODEL,) and found.issued is not None
    assert found.forecast.flags == (() if known_h == 48 else ("price_missing",))


def test_an_hour_without_weather_is_interpolated(office) -> None:
    found = served(office, with_changed(TEMPERATURE, without(6, 7)))
    assert (found.levels, found.forecast.flags) == ((Level.MODEL,), ("weather_gap_filled",))
    whole = served(office, tiny_models.archive()).forecast.quantiles
    assert found.forecast.quantiles == pytest.approx(whole, abs=0.2)


@pytest.mark.parametrize(("first_h", "end_h"), [(-1, 1), (0, 4), (20, 24), (44, 60)],
                         ids=["first hour", "first four", "four in the middle", "last four"])
def test_leads_within_a_longer_hole_of_the_weather_come_from_the_lag_model(first_h, end_h) -> None:
    """PV, which needs the sun; the wind farm has a forecast of its own. What is not the model's is not learnt from."""
    trained = weather_heeding()
    whole = serve(trained, tiny_models.archive(), NOW, trained.whole.service)
    lags, _ = trained.lags.forecast(tiny_models.archive().known_at(NOW), trained.lags.service)
    found = serve(trained, with_changed("weather.ghi_w_m2", without(first_h, end_h)), NOW, trained.whole.service)
    assert found.forecast.flags == ("weather_gap", "lag_model:pv.available_mw")
    assert found.levels == (Level.LAG_MODEL, Level.MODEL)
    assert found.issued is not None and found.issued.is_served.tolist() == [False, True]
    lead_h = np.arange(48)
    inside = (lead_h >= first_h) & (lead_h < end_h)
    assert np.array_equal(found.forecast.quantiles[0, inside], lags.quantiles[0, inside])
    assert np.array_equal(found.forecast.quantiles[0, ~inside], whole.forecast.quantiles[0, ~inside])
    assert not np.array_equal(lags.quantiles[0], whole.forecast.quantiles[0])
    assert np.array_equal(found.forecast.quantiles[1], whole.forecast.quantiles[1])


def test_a_hole_of_hourly_weather_is_filled_under_a_forecast_in_quarter_hours() -> None:
    """Of 48 hours four are less than a tenth, five are more."""
    group = replace(tiny_models.trained()[1].group, horizon=Horizon(900, 192))
    history = tiny_models.archive()
    trained, _ = train_group(history, group, tiny_models.split(), tiny_models.held_out(history), 1, tiny_models.LINE)
    for (first_h, end_h), flag, level in (((10, 12), "weather_gap_filled", Level.MODEL),
                                          ((10, 14), "weather_gap", Level.LAG_MODEL),
                                          ((10, 15), "weather_missing", Level.LAG_MODEL)):
        found = serve(trained, with_changed(TEMPERATURE, without(first_h, end_h)), NOW, trained.whole.service)
        assert found.forecast.flags[0] == flag and found.levels == (level,)


def weather_heeding() -> TrainedGroup:
    """Renewables whose whole model forecasts half of what its lag model does: the two can be told apart."""
    trained = tiny_models.trained()[0]
    return replace(trained, whole=replace(trained.whole, members=tuple(map(Halved, trained.whole.members))))


class Halved:
    """Half of what a member forecasts."""

    def __init__(self, member) -> None:
        self.member, self.name = member, member.name

    def predict(self, windows):
        assert all(np.isfinite(table.column("ghi_w_m2@0")).all() for table in windows.features[:1])
        return 0.5 * self.member.predict(windows)


@pytest.mark.parametrize(("dead_h", "level"), [(20, Level.MODEL), (24, Level.MODEL), (25, Level.LAST_WEEK)])
def test_a_dead_meter_is_told_at_once_and_last_week_serves_after_a_day(office, dead_h, level) -> None:
    found = served(office, with_changed(LOAD, without(-dead_h, 0)))
    assert found.levels == (level,) and f"gap:{LOAD}" in found.forecast.flags


@pytest.mark.parametrize(("dead_h", "level"), [(5 * 24, Level.LAST_WEEK), (28 * 24, Level.CLIMATOLOGY)])
@pytest.mark.parametrize("value", [0.0, 4.0], ids=["zero", "full"])
def test_a_meter_that_is_stuck_at_a_limit_is_no_measurement(office, dead_h, level, value) -> None:
    found = served(office, with_changed(LOAD, with_values(-dead_h, 0, lambda v: np.full_like(v, value))))
    assert found.levels == (level,) and f"flat_line:{LOAD}" in found.forecast.flags


def test_a_pv_meter_that_is_stuck_at_zero_is_no_measurement() -> None:
    trained = tiny_models.trained()[0]
    history = with_changed("pv.available_mw", with_values(-5 * 24, 0, np.zeros_like))
    found = serve(trained, history, NOW, trained.whole.service)
    assert found.levels == (Level.LAST_WEEK, Level.MODEL)
    assert found.forecast.flags == ("flat_line:pv.available_mw", "last_week:pv.available_mw")


def test_after_days_without_measurement_the_same_hour_of_last_week_serves(office) -> None:
    found = served(office, with_changed(LOAD, without(-48, 0)))
    assert found.levels == (Level.LAST_WEEK,)
    assert found.forecast.flags == (f"gap:{LOAD}", f"last_week:{LOAD}")
    last_week = tiny_models.archive().series(LOAD).as_of(np.array(NOW), NOW - 7 * DAY_S + office.group.horizon.lead_s)
    assert found.forecast.quantiles[0, :, MEDIAN] == pytest.approx(last_week, rel=1e-6)


def test_a_frozen_sensor_is_no_measurement(office) -> None:
    found = served(office, with_changed(LOAD, with_values(-60, 0, lambda v: np.full_like(v, 1.234))))
    assert found.levels == (Level.LAST_WEEK,) and f"flat_line:{LOAD}" in found.forecast.flags


def test_a_few_frozen_hours_are_taken_out_and_the_model_goes_on(office) -> None:
    found = served(office, with_changed(LOAD, with_values(-8, 0, lambda v: np.full_like(v, 1.234))))
    assert found.levels == (Level.MODEL,) and found.forecast.flags == (f"flat_line:{LOAD}",)


def test_a_spike_is_taken_out(office) -> None:
    """As if that hour had not been measured."""
    spiked = served(office, with_changed(LOAD, with_values(-30, -29, lambda v: np.full_like(v, 4.0))))
    gone = served(office, with_changed(LOAD, without(-30, -29)))
    assert spiked.forecast.flags == (f"spike:{LOAD}",) and gone.forecast.flags == (f"gap:{LOAD}",)
    assert np.array_equal(spiked.forecast.quantiles, gone.forecast.quantiles)


def test_kilowatts_in_the_place_of_megawatts_are_no_measurement(office) -> None:
    found = served(office, with_changed(LOAD, lambda s: replace(s, values=1000.0 * s.values)))
    assert found.levels == (Level.CLIMATOLOGY,)
    assert found.forecast.flags == (f"outside_limits:{LOAD}", f"no_history:{LOAD}", f"climatology:{LOAD}")


def test_with_an_empty_history_or_none_climatology_serves(office) -> None:
    nothing = with_changed(LOAD, lambda s: rows(s, np.zeros(len(s.values), dtype=bool)))
    absent = Archive([s for s in tiny_models.archive() if s.name != LOAD])
    for history in (nothing, absent):
        found = served(office, history)
        assert (found.levels, found.forecast.flags) == ((Level.CLIMATOLOGY,), (f"no_history:{LOAD}",
                                                                              f"climatology:{LOAD}"))
    assert np.array_equal(served(office, nothing).forecast.quantiles, served(office, absent).forecast.quantiles)


def test_of_two_values_with_one_stamp_the_later_known_counts(office) -> None:
    """A correction replaces the first reading, though both are there."""
    def doubled(s: VersionedSeries) -> VersionedSeries:
        wrong = np.where(s.valid_utc_s == NOW - 5 * HOUR_S, 0.5, s.values)
        return VersionedSeries(s.name, s.role, s.step_s, np.tile(s.valid_utc_s, 2),
                               np.concatenate([s.available_utc_s, s.available_utc_s + 60]),
                               np.concatenate([wrong, s.values]))
    assert np.array_equal(served(office, with_changed(LOAD, doubled)).forecast.quantiles[:, 1:],
                          served(office, tiny_models.archive()).forecast.quantiles[:, 1:])


def test_hours_that_are_never_measured_come_from_climatology(office) -> None:
    """The meter is read from 6 to 18 UTC; the model forecasts these hours as it would."""
    def by_day(s: VersionedSeries) -> VersionedSeries:
        hour = s.valid_utc_s // HOUR_S % 24
        return rows(s, (hour >= 6) & (hour < 18))
    found, whole = served(office, with_changed(LOAD, by_day)), served(office, tiny_models.archive())
    at = (NOW // HOUR_S + np.arange(48)) % 24
    night = (at < 6) | (at >= 18)
    climatology = next(m for m in office.members().values() if isinstance(m, Climatology))
    expected = climatology.predict(known_windows(tiny_models.archive().known_at(NOW), office.group))[:, 0]
    assert found.levels == (Level.CLIMATOLOGY,) and f"climatology:{LOAD}" in found.forecast.flags
    assert found.forecast.quantiles[:, night] == pytest.approx(expected[:, night])
    assert found.forecast.quantiles[:, ~night] == pytest.approx(whole.forecast.quantiles[:, ~night], abs=0.3)


@pytest.mark.parametrize("dead", [lambda v: np.full_like(v, 1.2), lambda v: v / 1000.0, np.zeros_like],
                         ids=["frozen", "in GW", "at zero"])
def test_a_meter_that_is_dead_for_longer_than_the_screen_looks_back_is_noticed(office, dead) -> None:
    def since_ever(s: VersionedSeries) -> VersionedSeries:
        return VersionedSeries(s.name, s.role, s.step_s, s.valid_utc_s, s.available_utc_s, dead(s.values))
    found = served(office, with_changed(LOAD, since_ever))
    assert found.levels == (Level.CLIMATOLOGY,) and f"unlike_all_learnt:{LOAD}" in found.forecast.flags


def test_each_target_goes_its_own_way_down() -> None:
    """The wind farm's meter is lost, the PV plant's is not."""
    trained = tiny_models.trained()[0]
    history = Archive([s for s in tiny_models.archive() if s.name != "wind.available_mw"])
    found = serve(trained, history, NOW, trained.whole.service)
    assert found.levels == (Level.MODEL, Level.CLIMATOLOGY)
    whole = serve(trained, tiny_models.archive(), NOW, trained.whole.service)
    assert np.array_equal(found.forecast.quantiles[0], whole.forecast.quantiles[0])


def test_a_lost_meter_does_not_keep_the_others_from_learning() -> None:
    """The wind farm's meter is lost and read again later: of this forecast PV alone is learnt, as if all were well."""
    trained, service = tiny_models.trained()[0], tiny_models.trained()[0].whole.service
    history = Archive([s for s in tiny_models.archive() if s.name != "wind.available_mw"])
    partly, wholly = (serve(trained, archive, NOW, service).issued for archive in (history, tiny_models.archive()))
    assert partly is not None and wholly is not None
    outcome = wholly.calibrated[..., MEDIAN] + 0.5
    found, expected = (learnt(service, issued, outcome, HOUR_S) for issued in (partly, wholly))
    assert np.array_equal(found.combination.weights[0], expected.combination.weights[0])
    assert np.array_equal(found.calibration.scores[-1, 0], expected.calibration.scores[-1, 0], equal_nan=True)
    assert found.bias.came[-1, 0] == expected.bias.came[-1, 0]
    assert found.combination.weights[1] == pytest.approx(service.combination.weights[1])
    assert np.array_equal(found.calibration.scores[-5:, 1], service.calibration.scores[-5:, 1], equal_nan=True)
    assert np.isnan(found.bias.came[-1, 1])
    assert found.calibration.drift[1].tolist() == service.calibration.drift[1].tolist()
    members = partly.members.copy()
    members[:, 1] = np.nan  # as of a member that cannot do without the past
    assert np.isfinite(learnt(service, replace(partly, members=members), outcome, HOUR_S).combination.weights).all()


@pytest.mark.parametrize(("lost_days", "level"), [(0, Level.MODEL), (2, Level.LAST_WEEK), (60, Level.CLIMATOLOGY)])
@pytest.mark.parametrize(("day", "noon_utc_h"), [
    ("2025-03-29", 11), ("2025-03-30", 10), ("2025-03-31", 10), ("2025-04-05", 10),
    ("2025-10-25", 10), ("2025-10-26", 11), ("2025-10-27", 11), ("2025-11-01", 11)])
def test_on_days_of_23_and_25_hours_the_load_follows_the_wall_clock(day, noon_utc_h, lost_days, level) -> None:
    """A canteen in Berlin peaks at noon: 11 UTC in winter, 10 UTC in summer, from the day of the change on, whether its
    past is known, lost since two days or lost altogether."""
    trained = canteen()
    now = int(np.datetime64(day, "s").astype(int))
    measured = canteen_load(now - 60 * DAY_S, (60 - lost_days) * 24)
    served = serve(trained, Archive([measured]), now, trained.whole.service)
    assert served.levels == (level,)
    assert int(served.forecast.quantiles[0, :24, MEDIAN].argmax()) == noon_utc_h


BERLIN = CalendarDays("Europe/Berlin", None)


def canteen_load(start_utc_s: int, hours: int) -> VersionedSeries:
    """4 MW from twelve to one by the clock of Berlin, else 1 MW and a little that varies."""
    utc_s = start_utc_s + HOUR_S * np.arange(hours)
    load = 1.0 + 3.0 * (BERLIN.of(utc_s).hour == 12) + 0.01 * np.sin(utc_s) if hours else np.empty(0)
    return VersionedSeries.measured("canteen_mw", start_utc_s, HOUR_S, load)


@cache
def canteen() -> TrainedGroup:
    """Climatology of a year by the clock of Berlin."""
    start = int(np.datetime64("2024-01-01", "s").astype(int))
    history = Archive([canteen_load(start, 366 * 24)])
    group = TargetGroup("canteen", (Target("canteen_mw", TargetKind.ELECTRIC_LOAD, 5.0),), HOURLY_TWO_DAYS, BERLIN)
    split = Split(start + 28 * DAY_S, start + 300 * DAY_S, start + 330 * DAY_S)
    issues = start + DAY_S * np.arange(330, 360)
    return train_group(history, group, split, HeldOut(history, issues), 1, tiny_models.LINE)[0]


def test_the_same_history_gives_the_same_forecast_whatever_comes_later(office) -> None:
    """Nothing that becomes available after now may matter."""
    later = [replace(s, values=np.where(s.available_utc_s > NOW, 1e30, s.values)) for s in tiny_models.archive()
             if s.name != LOAD]
    load = with_changed(LOAD, with_values(0, 1e6, lambda v: v)).series(LOAD)
    found = served(office, Archive([*later, rows(load, load.available_utc_s <= NOW)]))
    assert np.array_equal(found.forecast.quantiles, served(office, tiny_models.archive()).forecast.quantiles)


