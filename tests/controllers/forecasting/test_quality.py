"""Bad histories: refused as a whole with the likely cause, or cleaned value by value with a finding."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.errors import HistoryError
from controllers.forecasting.quality import Finding, cleaned, refuse_wrong
from controllers.forecasting.targets import Target, TargetKind
from controllers.forecasting.versioned import VersionedSeries
from tests.controllers.forecasting.toy_site import HOUR_S, SHANGHAI, START_UTC_S

LOAD = Target("load_mw", TargetKind.ELECTRIC_LOAD, 4.0)
PV = Target("pv_mw", TargetKind.PV, 8.0)
SKY = ClearSky(SHANGHAI)
HOURS = 24 * 30


def load(**changes: float) -> np.ndarray:
    """A smooth daily load between 1 and 3 MW, with single values replaced: ``at_100=9`` sets hour 100."""
    values = 2.0 + np.sin(2 * np.pi * np.arange(HOURS) / 24) + 0.01 * np.random.default_rng(1).normal(size=HOURS)
    for key, value in changes.items():
        values[int(key.removeprefix("at_"))] = value
    return values


def series(values: np.ndarray, name: str = "load_mw") -> VersionedSeries:
    return VersionedSeries.measured(name, START_UTC_S, HOUR_S, values)


def checked(
    history: VersionedSeries, target: Target, sky: ClearSky | None = None
) -> tuple[VersionedSeries, tuple[Finding, ...]]:
    """As a history is read: refused as a whole, or cleaned."""
    refuse_wrong(history, target, sky)
    return cleaned(history, target, sky)


def kinds(values: np.ndarray, target: Target = LOAD) -> dict[str, int]:
    return {finding.kind: finding.count for finding in checked(series(values), target)[1]}


def test_a_sound_history_is_left_alone() -> None:
    clean, findings = checked(series(load()), LOAD)
    assert findings == ()
    assert clean.values.tolist() == load().tolist()


def test_an_empty_history() -> None:
    with pytest.raises(HistoryError, match="load_mw: the history is empty"):
        checked(series(np.full(5, np.nan)), LOAD)


def test_kilowatts_and_gigawatts() -> None:
    with pytest.raises(HistoryError, match="kW for MW"):
        checked(series(1000.0 * load()), LOAD)
    with pytest.raises(HistoryError, match="GW for MW"):
        checked(series(load() / 1000.0), LOAD)


def test_consumption_as_a_negative_number() -> None:
    with pytest.raises(HistoryError, match="100% of the values are below 0; magnitudes are expected"):
        checked(series(-load()), LOAD)


def test_a_wrong_capacity() -> None:
    with pytest.raises(HistoryError, match="of the values are above 1; correct the unit or the capacity"):
        checked(series(load()), Target("load_mw", TargetKind.ELECTRIC_LOAD, 1.0))


def test_a_pv_history_of_another_time_zone() -> None:
    power = 8.0 * SKY.ghi_w_m2(START_UTC_S + HOUR_S * np.arange(HOURS), HOUR_S) / 1000.0
    assert checked(series(power, "pv_mw"), PV, SKY)[1] == ()
    late = VersionedSeries.measured("pv_mw", START_UTC_S + 8 * HOUR_S, HOUR_S, power)  # local stamps taken for UTC
    with pytest.raises(HistoryError, match=r"of the energy falls into the night.*shifted by -8 h"):
        checked(late, PV, SKY)


def test_single_impossible_values_are_taken_out() -> None:
    assert kinds(load(at_100=9.0, at_200=-2.0)) == {"outside_limits": 2}


def test_small_offsets_are_cut_to_the_limit() -> None:
    values = load() - 1.0  # about 0 at hour 18
    values[18] = -0.1
    clean, findings = checked(series(np.maximum(values, -0.1)), LOAD)
    assert findings == ()
    assert clean.values[18] == 0.0


def test_a_spike_is_taken_out_and_a_step_is_not() -> None:
    clean, findings = checked(series(load(at_102=0.4)), LOAD)  # 3 MW an hour before and after
    assert [(f.kind, f.count, f.first_utc_s) for f in findings] == [("spike", 1, START_UTC_S + 102 * HOUR_S)]
    assert len(clean.values) == HOURS - 1
    step = load()
    step[300:] += 1.0
    assert kinds(step) == {}


def working(**changes: float) -> np.ndarray:
    """A load with steep working hours, 1 MW and 3 MW from 8 to 17 on five of seven days, which the 99 % of its steps
    tell nothing of: a spike of five such steps would be one of 10 MW."""
    hour, day = np.arange(HOURS) % 24, np.arange(HOURS) // 24 % 7
    values = 1.0 + 2.0 * ((hour >= 8) & (hour < 17) & (day < 5)) + 0.01 * np.random.default_rng(1).normal(size=HOURS)
    for key, value in changes.items():
        values[int(key.removeprefix("at_"))] = value
    return values


@pytest.mark.parametrize(("hour", "value"), [(14 * 24 + 12, 3.99), (14 * 24 + 12, 0.1), (14 * 24 + 3, 2.5),
                                             (27 * 24 + 3, 2.5), (2 * 24 + 3, 2.5)],
                         ids=["above", "below", "at night", "in the last days", "in the first days"])
def test_a_spike_of_a_load_with_steep_working_hours_is_known_by_the_same_hour_of_other_days(hour, value) -> None:
    clean, findings = checked(series(working(**{f"at_{hour}": value})), LOAD)
    assert [(f.kind, f.count, f.first_utc_s) for f in findings] == [("spike", 1, START_UTC_S + hour * HOUR_S)]
    assert len(clean.values) == HOURS - 1


def test_what_is_no_spike_of_a_load_with_steep_working_hours() -> None:
    """A day off, a short day, an hour that comes again and again, a week of seven known days too few."""
    assert kinds(working()) == {}
    day_off = working()
    day_off[14 * 24:15 * 24] = working()[5 * 24:6 * 24]
    assert kinds(day_off) == {}
    assert kinds(working(at_344=1.0, at_345=1.01)) == {}  # begins at 10 instead of 8
    assert kinds(working(**{f"at_{24 * day + 20}": 2.0 for day in (3, 9, 16, 24)})) == {}
    short, target = working(at_75=2.5)[:24 * 7], LOAD
    assert checked(series(short), target)[1] == ()


def test_a_spike_is_no_spike_of_wind_or_a_price() -> None:
    """They have no hours: single peaks are their nature."""
    for kind in (TargetKind.WIND, TargetKind.PRICE):
        assert kinds(working(at_348=3.99), Target("load_mw", kind, 4.0)) == {}


def test_a_frozen_sensor_is_taken_out() -> None:
    frozen = load()
    frozen[50:62] = 2.345
    assert kinds(frozen) == {"flat_line": 12}
    short = load()
    short[50:54] = 2.345
    assert kinds(short) == {}


def test_nights_of_a_pv_plant_and_steady_loads_are_no_frozen_sensors() -> None:
    power = 8.0 * SKY.ghi_w_m2(START_UTC_S + HOUR_S * np.arange(HOURS), HOUR_S) / 1000.0
    assert kinds(power, PV) == {}
    assert kinds(np.full(HOURS, 1.2)) == {}


def test_a_coarse_meter_that_stands_at_the_same_value_each_night_is_none_that_is_frozen() -> None:
    """Ten nights of eight hours at 1.2 MW; a single one at 1.3 MW, for twelve hours, is a frozen meter."""
    values = load()
    for night in range(10):
        values[24 * night:24 * night + 8] = 1.2
    assert kinds(values) == {}
    values[500:512] = 1.3
    assert kinds(values) == {"flat_line": 12}


def test_a_load_that_is_next_to_nothing_is_a_meter_that_hums_or_counts_in_another_unit() -> None:
    """From the 15th day on a thousandth, or a kilowatt of noise; half of it is possible, and so is a day of hours."""
    rng = np.random.default_rng(2)
    for low in (load()[360:] / 1000.0, 0.001 * rng.uniform(0.5, 1.5, HOURS - 360)):
        values = load()
        values[360:] = low
        assert kinds(values) == {"too_low": HOURS - 360}
        values[379:] = load()[379:]
        assert kinds(values) == {}  # nineteen hours
    halved = load()
    halved[360:] /= 2.0
    assert kinds(halved) == {}


def test_a_load_that_is_zero_for_hours_without_ever_having_been_is_a_dead_meter() -> None:
    """So is one that is full; nights at zero that come again and again are nature, and a few hours prove nothing."""
    for dead in (0.0, LOAD.capacity):
        values = load()
        values[-120:] = dead
        assert kinds(values) == {"flat_line": 120}
        values = load()
        values[300:305] = dead
        assert kinds(values) == {}
    nights = load()
    nights[np.arange(HOURS) % 24 < 8] = 0.0
    nights[-120:] = 0.0
    assert kinds(nights) == {}


def test_two_long_rests_at_zero_are_dead_and_three_within_four_weeks_are_nature() -> None:
    values = load()
    values[100:110] = values[300:310] = 0.0
    assert kinds(values) == {"flat_line": 20}
    values[500:510] = 0.0
    assert kinds(values) == {}


def test_the_dead_meter_of_a_load_that_is_steady_by_nature_is_noticed() -> None:
    """A data centre at its rated power all the time."""
    values = np.full(HOURS, LOAD.capacity)
    values[-48:] = 0.0
    assert kinds(values) == {"flat_line": 48}
    assert kinds(np.zeros(HOURS)) == {}


def test_heating_that_rests_for_more_than_two_weeks_is_off_for_the_season_and_electricity_is_not() -> None:
    values = load()
    values[-15 * 24:] = 0.0
    heat = Target("load_mw", TargetKind.HEAT_LOAD, 4.0)
    assert kinds(values, heat) == {}
    assert kinds(values) == {"flat_line": 15 * 24}
    values[-15 * 24:-14 * 24] = load()[-15 * 24:-14 * 24]
    assert kinds(values, heat) == {"flat_line": 14 * 24}


@pytest.mark.parametrize("sky", [SKY, None], ids=["with the sun", "without"])
def test_a_pv_plant_at_zero_by_daylight_is_a_dead_meter(sky) -> None:
    """Six hours of daylight, or a day and a night where nobody knows the sun; the nights around them go with them."""
    power = 8.0 * SKY.ghi_w_m2(START_UTC_S + HOUR_S * np.arange(HOURS), HOUR_S) / 1000.0
    power[10 * 24 + 11:13 * 24 + 11] = 0.0  # from 11 o'clock to 11 o'clock three days later, by the clock of Shanghai
    [finding] = checked(series(power, "pv_mw"), PV, sky)[1]
    assert (finding.kind, finding.count) == ("flat_line", 72)
    power = 8.0 * SKY.ghi_w_m2(START_UTC_S + HOUR_S * np.arange(HOURS), HOUR_S) / 1000.0
    power[10 * 24 + 10:10 * 24 + 13] = 0.0  # three hours of an inverter that was off
    assert checked(series(power, "pv_mw"), PV, sky)[1] == ()


def test_a_calm_is_no_dead_meter_of_a_wind_farm() -> None:
    values = load()
    values[-72:] = 0.0
    assert kinds(values, Target("wind_mw", TargetKind.WIND, 4.0)) == {}


def test_a_gap_that_reaches_up_to_now_is_one_but_for_the_usual_delay() -> None:
    """The last hour of the month ends at HOURS; five hours later five are missing, three with a delay of two hours."""
    now = START_UTC_S + HOUR_S * (HOURS + 5)
    late = VersionedSeries.measured("load_mw", START_UTC_S, HOUR_S, load(), delay_s=2 * HOUR_S)
    for history, missing in ((series(load()), 5), (late, 3)):
        [finding] = cleaned(history, LOAD, now_utc_s=now)[1]
        assert (finding.kind, finding.count) == ("gap", missing)
        assert finding.first_utc_s == START_UTC_S + HOUR_S * HOURS
    assert cleaned(series(load()), LOAD, now_utc_s=START_UTC_S + HOUR_S * HOURS)[1] == ()


def test_gaps_are_counted() -> None:
    holes = load(at_10=np.nan, at_11=np.nan, at_400=np.nan)
    (finding,) = checked(series(holes), LOAD)[1]
    assert (finding.kind, finding.count, finding.first_utc_s) == ("gap", 3, START_UTC_S + 10 * HOUR_S)
    assert str(finding) == "load_mw: 3 values with gap, the first at 2025-01-01T02:00:00 UTC"
