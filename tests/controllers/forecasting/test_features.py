"""Features by hand on a site whose past is known."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.forecasting.day_types import CalendarDays
from controllers.forecasting.features import build_windows, known_windows
from controllers.forecasting.lags import days_before, latest_known
from controllers.forecasting.selection import selected
from controllers.forecasting.targets import Horizon, Target, TargetGroup, TargetKind
from controllers.forecasting.versioned import Archive, SeriesRole, VersionedSeries
from tests.controllers.forecasting import toy_site

HOUR_S, DAY_S = toy_site.HOUR_S, toy_site.DAY_S
START = toy_site.START_UTC_S
DAYS = 40
COUNT = Target("count_mw", TargetKind.ELECTRIC_LOAD, 1e4, upper=np.inf)


def counting(step_s: int = HOUR_S) -> Archive:
    """A series whose value is the number of its interval."""
    values = np.arange(DAYS * DAY_S // step_s, dtype=float)
    return Archive([VersionedSeries.measured("count_mw", START, step_s, values)])


def counting_group(horizon: Horizon) -> TargetGroup:
    return toy_site.group(COUNT, horizon=horizon)


def test_lags_are_the_same_hour_of_the_days_before() -> None:
    windows = known_windows(counting().known_at(START + 30 * DAY_S), counting_group(Horizon(HOUR_S, 24)))
    table, number = windows.features[0], 30 * 24 + np.arange(24)
    assert table.column("lag_1")[0].tolist() == (number - 24).tolist()
    assert table.column("lag_7")[0].tolist() == (number - 168).tolist()
    assert table.column("last_week")[0].tolist() == (number - 168).tolist()
    assert table.column("mean_7")[0] == pytest.approx(number - 24 * 4)
    assert table.column("same_weekday")[0] == pytest.approx(number - 168 * 2.5)
    assert table.column("last")[0].tolist() == [719.0] * 24
    assert table.column("mean_3_h")[0].tolist() == [718.0] * 24
    assert table.column("day_less_week")[0].tolist() == [168.0] * 24


def test_the_second_day_repeats_the_latest_known_day() -> None:
    """48 h ahead, yesterday is two days before the lead: the day between is not known at issue."""
    windows = known_windows(counting().known_at(START + 30 * DAY_S), counting_group(Horizon(HOUR_S, 48)))
    number = 30 * 24 + np.arange(48)
    assert windows.features[0].column("lag_1")[0].tolist() == [*(number[:24] - 24), *(number[24:] - 48)]
    assert windows.features[0].column("lag_7")[0, 47] == number[47] - 8 * 24


def test_quarter_hours_have_lags_of_their_own_quarter() -> None:
    windows = known_windows(counting(900).known_at(START + 30 * DAY_S), counting_group(Horizon(900, 96)))
    number = 30 * 96 + np.arange(96)
    assert windows.features[0].column("lag_1")[0].tolist() == (number - 96).tolist()
    assert windows.history.values.shape[1] == 168
    assert windows.history.column("target_0")[0, -1] == pytest.approx((30 * 96 - 2.5) / COUNT.capacity)


def test_the_same_day_type_is_looked_for() -> None:
    """Monday 2025-02-10 in Shanghai: worked were Saturday 8th (made up), Friday, Thursday and Wednesday before."""
    issue = START + 40 * DAY_S
    archive = Archive([VersionedSeries.measured("count_mw", START, HOUR_S, np.arange(45 * 24, dtype=float))])
    windows = known_windows(archive.known_at(issue), counting_group(Horizon(HOUR_S, 24)))
    number = 40 * 24
    assert windows.features[0].column("same_type")[0, 0] == pytest.approx(number - 24 * np.mean([2, 3, 4, 5]))


def test_the_latest_known_values_close_ranks() -> None:
    lagged = np.array([[np.nan, 3.0, np.nan, 1.0]])
    assert np.array_equal(latest_known(lagged, 3), [[3.0, 1.0, np.nan]], equal_nan=True)


def test_the_weather_of_today_is_the_version_of_today() -> None:
    """The toy's forecast of the day before is 1 too high; the horizon's first day has a newer version."""
    archive, issue = toy_site.archive(40), START + 30 * DAY_S
    group = toy_site.group(toy_site.WIND, horizon=Horizon(HOUR_S, 48))
    table = known_windows(archive.known_at(issue), group).features[0]
    newest = archive.series("wind_speed_m_s").as_of(np.array(10**12), issue + HOUR_S * np.arange(48))
    assert table.column("wind_speed_m_s@0")[0] == pytest.approx(newest + np.repeat([0.0, 1.0], 24), rel=1e-6)
    assert table.column("wind_speed_m_s@1")[0, 3] == pytest.approx(newest[4], rel=1e-6)
    assert table.column("wind_speed_m_s@-2")[0, 3] == pytest.approx(newest[1], rel=1e-6)


def test_missing_weather_is_not_known_and_stops_nothing() -> None:
    archive = toy_site.archive(40)
    wind = archive.series("wind_speed_m_s")
    lost = VersionedSeries(wind.name, SeriesRole.WEATHER, HOUR_S, wind.valid_utc_s[:0], wind.available_utc_s[:0],
                           wind.values[:0])
    without = Archive([lost if s.name == wind.name else s for s in archive])
    table = known_windows(without.known_at(START + 30 * DAY_S), toy_site.group(toy_site.WIND)).features[0]
    assert np.isnan(table.column("wind_speed_m_s@0")).all()
    assert np.isfinite(table.select(table.without_covariates)).all()


def holes(*hours: int) -> Archive:
    """The counting series without some of its hours."""
    own = counting().series("count_mw")
    return Archive([own.rows(~np.isin(np.arange(len(own.values)), hours))])


def test_a_hole_takes_the_value_of_the_same_weekday_and_moves_no_other_day() -> None:
    """Three days before an issue at hour 720 its first hour, 648, was not measured: there stands 480, a week before."""
    table = known_windows(holes(648).known_at(START + 30 * DAY_S), counting_group(Horizon(HOUR_S, 24))).features[0]
    assert [table.column(f"lag_{k}")[0, 0] for k in range(1, 8)] == [696, 672, 480, 624, 600, 576, 552]
    every_week = holes(648, 480, 312, 144)
    table = known_windows(every_week.known_at(START + 30 * DAY_S), counting_group(Horizon(HOUR_S, 24))).features[0]
    latest = np.mean([696, 672, 624, 600, 576, 552, 528])
    assert [table.column(f"lag_{k}")[0, 0] for k in (2, 3, 4)] == pytest.approx([672, latest, 624])


def test_measurements_that_end_two_days_ago_are_looked_back_at_from_there() -> None:
    table = known_windows(holes(*range(672, 960)).known_at(START + 30 * DAY_S), counting_group(Horizon(HOUR_S, 24)))
    assert [table.features[0].column(f"lag_{k}")[0, 0] for k in (1, 2, 7)] == [648, 624, 504]


def test_the_mean_of_a_day_with_holes_is_that_of_a_whole_one() -> None:
    """Of the last day the hours 696 to 705 are missing: the week before has them, 168 less each."""
    table = known_windows(holes(*range(696, 706)).known_at(START + 30 * DAY_S), counting_group(Horizon(HOUR_S, 24)))
    assert table.features[0].column("mean_day")[0, 0] == pytest.approx(np.arange(696, 720).mean() - 10 / 24 * 168)
    assert table.features[0].column("day_less_week")[0, 0] == pytest.approx(14 / 24 * 168)


def test_what_members_learn_from_has_no_hole_where_a_substitute_is_known() -> None:
    table = known_windows(holes(552).known_at(START + 30 * DAY_S), counting_group(Horizon(HOUR_S, 24))).features[0]
    assert np.isnan(table.column("last_week")[0, 0])
    [[[found]]] = selected(table, ("last_week",))[:, :1]
    assert found == table.column("same_weekday")[0, 0] == pytest.approx(np.mean([384, 216, 48]))


def test_pv_is_dark_when_the_sun_is_down() -> None:
    issue = START + 30 * DAY_S
    windows = known_windows(toy_site.archive(40).known_at(issue), toy_site.group(toy_site.PV))
    light = windows.daylight[0, 0]  # late January in Shanghai: the sun rises at 6:50 and sets at 17:25
    assert light.tolist() == [6 <= hour <= 17 for hour in range(24)]
    assert windows.ceiling[0, 0, ~light].max() == 0.0  # and the plant never delivered anything in these hours
    assert windows.ceiling[0, 0, light].tolist() == [8.0] * 12


def test_without_a_place_daylight_is_learnt_from_the_plant() -> None:
    issue = START + 30 * DAY_S
    known = toy_site.archive(40).known_at(issue)
    learnt = known_windows(known, toy_site.group(toy_site.PV, located=False)).daylight
    sun = known_windows(known, toy_site.group(toy_site.PV)).daylight
    assert np.abs(learnt.astype(int) - sun.astype(int)).sum() <= 2  # dawn and dusk at under 0.5 % of the capacity


def utc_s(text: str) -> int:
    return int(np.datetime64(text, "s").astype(int))


@pytest.mark.parametrize(("then", "back", "expected"), [
    ("2025-03-31T10:00", 1, "2025-03-30T10:00"),  # noon of summer on both days
    ("2025-03-30T10:00", 1, "2025-03-29T11:00"),  # the first noon of summer: noon of winter the day before
    ("2025-04-02T10:00", 7, "2025-03-26T11:00"),
    ("2025-03-29T11:00", -1, "2025-03-30T10:00"),
    ("2025-03-31T00:00", 1, "2025-03-30T01:00"),  # 2:00 did not exist on the 30th: 3:00
    ("2025-10-26T11:00", 1, "2025-10-25T10:00"),
    ("2025-10-28T11:00", 7, "2025-10-21T10:00"),
    ("2025-10-26T01:00", 1, "2025-10-25T00:00"),  # the second 2:00 of the 26th
])
def test_a_day_before_is_at_the_same_local_time(then: str, back: int, expected: str) -> None:
    found = days_before(np.array([utc_s(then)]), back, CalendarDays("Europe/Berlin", None))
    assert found.tolist() == [utc_s(expected)]


def test_loads_are_looked_back_at_by_the_clock_and_wind_by_the_day_of_24_hours() -> None:
    """Berlin on 30 March 2025: what is at 10 UTC was at 11 UTC on the days before."""
    start, issue = utc_s("2025-02-20T00:00"), utc_s("2025-03-30T00:00")
    number = 10 + 24 * 38
    series = VersionedSeries.measured("count_mw", start, HOUR_S, np.arange(38 * 24, dtype=float))
    wind = Target("count_mw", TargetKind.WIND, 1e4, upper=np.inf)
    for target, ahead in ((COUNT, 1), (wind, 0)):
        group = TargetGroup("berlin", (target,), Horizon(HOUR_S, 24), CalendarDays("Europe/Berlin", None))
        table = known_windows(Archive([series]).known_at(issue), group).features[0]
        assert table.column("lag_1")[0, 10] == number - 24 + ahead
        assert table.column("last_week")[0, 10] == number - 168 + ahead
        assert table.column("mean_7")[0, 10] == pytest.approx(number - 24 * 4 + ahead)
        assert table.column("mean_28")[0, 10] == pytest.approx(number - 24 * 15 + ahead)
        assert table.column("same_weekday")[0, 10] == pytest.approx(number - 168 * 2.5 + ahead)


def test_the_day_of_a_week_ago_ends_at_the_same_local_time() -> None:
    """Berlin, midnight after 30 March 2025 (22 UTC): a week ago midnight was at 23 UTC, 167 hours before."""
    issue = utc_s("2025-03-30T22:00")
    hours = (issue - utc_s("2025-02-20T00:00")) // HOUR_S
    series = VersionedSeries.measured("count_mw", issue - hours * HOUR_S, HOUR_S, np.arange(hours, dtype=float))
    wind = Target("count_mw", TargetKind.WIND, 1e4, upper=np.inf)
    for target, apart in ((COUNT, 167), (wind, 168)):
        group = TargetGroup("berlin", (target,), Horizon(HOUR_S, 24), CalendarDays("Europe/Berlin", None))
        table = known_windows(Archive([series]).known_at(issue), group).features[0]
        assert (table.column("day_less_week")[0] == apart).all()


def test_outcomes_are_what_came() -> None:
    noon_of_the_last_day = np.array([START + 39 * DAY_S + 12 * HOUR_S])
    windows = build_windows(counting(), counting_group(Horizon(HOUR_S, 24)), noon_of_the_last_day)
    assert windows.outcome[0, 0, :12].tolist() == list(range(39 * 24 + 12, 40 * 24))
    assert np.isnan(windows.outcome[0, 0, 12:]).all()


def test_pv_is_learnt_as_a_share_of_its_clear_sky_power() -> None:
    """28 days of 1 … 28 at each hour: the reference is the 95 % quantile, the 27th of 28; at night a floor of 2 %."""
    day = np.where((np.arange(24) >= 8) & (np.arange(24) < 16), 1.0, 0.0)
    power = np.concatenate([n * day for n in (*range(1, 29), 7.0)])
    plant = Target("pv_mw", TargetKind.PV, 28.0)
    archive = Archive([VersionedSeries.measured("pv_mw", START, HOUR_S, power)])
    windows = build_windows(archive, toy_site.group(plant), np.array([START + 28 * DAY_S]))
    assert windows.reference[0, 0] == pytest.approx(np.where(day > 0, 27.0, 0.56))
    assert windows.shares[0, 0] == pytest.approx(day * 7.0 / 27.0)
    assert windows.features[0].column("share_lag_1")[0] == pytest.approx(day * 28.0 / 27.0)


def test_other_targets_are_learnt_as_shares_of_their_capacity() -> None:
    windows = known_windows(counting().known_at(START + 30 * DAY_S), counting_group(Horizon(HOUR_S, 24)))
    assert (windows.reference == COUNT.capacity).all()


def test_pv_knows_its_gain_and_the_daily_range_of_the_temperature() -> None:
    """2 MW per 100 W/m² for three weeks, 1 MW in the last: (21·2 + 7·1) / 28 = 1.75; the last week gives 1 / 1.75."""
    day = np.where((np.arange(24) >= 8) & (np.arange(24) < 16), 1.0, 0.0)
    power = np.concatenate([size * day for size in (2.0,) * 21 + (1.0,) * 7])
    sun = np.concatenate([100.0 * day] * 28 + [50.0 * day])
    warmth = 10.0 + 4.0 * np.tile(day, 29) - 3.0 * np.tile(np.arange(24) == 5, 29)
    plant = Target("pv_mw", TargetKind.PV, 10.0, {"sun": "ghi_w_m2", "temperature": "air_degc"}, irradiance="sun")
    archive = Archive([
        VersionedSeries.measured("pv_mw", START, HOUR_S, power),
        VersionedSeries.known_ahead("ghi_w_m2", START, HOUR_S, sun, role=SeriesRole.WEATHER),
        VersionedSeries.known_ahead("air_degc", START, HOUR_S, warmth, role=SeriesRole.WEATHER),
    ])
    table = known_windows(archive.known_at(START + 28 * DAY_S), toy_site.group(plant)).features[0]
    noon, night = 12, 2
    assert table.column("clear@gain")[0, noon] == pytest.approx(1.75 / 100 / 10)
    assert table.column("clear@gain_week")[0, noon] == pytest.approx(1 / 1.75)
    assert table.column("clear@by_gain")[0, noon] == pytest.approx(0.875)
    assert table.column("share_clear@by_gain")[0, noon] == pytest.approx(0.875 / 2.0)
    assert np.isnan(table.column("clear@gain")[0, night])
    assert table.column("clear@by_gain")[0, night] == 0.0
    assert table.column("temperature@range")[0, noon] == pytest.approx(7.0)
