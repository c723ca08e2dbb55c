"""Bad histories: refused as a whole with the likely cause, or cleaned value by value with a finding."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.forecasting.clear_sky import ClearSky
from controllers.forecasting.errors import HistoryError
from controllers.forecasting.quality import checked
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
    clean, findings = checked(series(load(at_18=-0.1)), LOAD)
    assert findings == ()
    assert clean.values[18] == 0.0


def test_a_spike_is_taken_out_and_a_step_is_not() -> None:
    clean, findings = checked(series(load(at_102=0.4)), LOAD)  # 3 MW an hour before and after
    assert [(f.kind, f.count, f.first_utc_s) for f in findings] == [("spike", 1, START_UTC_S + 102 * HOUR_S)]
    assert len(clean.values) == HOURS - 1
    step = load()
    step[300:] += 1.0
    assert kinds(step) == {}


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


def test_gaps_are_counted() -> None:
    holes = load(at_10=np.nan, at_11=np.nan, at_400=np.nan)
    (finding,) = checked(series(holes), LOAD)[1]
    assert (finding.kind, finding.count, finding.first_utc_s) == ("gap", 3, START_UTC_S + 10 * HOUR_S)
    assert str(finding) == "load_mw: 3 values with gap, the first at 2025-01-01T02:00:00 UTC"
