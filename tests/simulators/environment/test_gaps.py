"""Short gaps are bridged and counted, long ones refused."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.environment.gaps import Gap, describe_gaps, fill_gaps, find_gaps
from simulators.environment.source import QUANTITIES, Source, WeatherError

NAN = np.nan


def table(**columns: list[float]) -> Source:
    """Hours from 1 March 2025, 00:00 UTC; other quantities are 1."""
    n = len(next(iter(columns.values())))
    filled = {q: np.array(columns.get(q, [1.0] * n)) for q in QUANTITIES}
    return Source("measured.csv", filled, 3600, np.datetime64("2025-03-01T00:00:00"), "UTC", 1800.0)


def test_gap_is_bridged_by_a_straight_line() -> None:
    source, gaps = fill_gaps(table(air_temperature_degc=[1.0, NAN, NAN, 4.0]), max_gap_h=2)
    np.testing.assert_allclose(source.columns["air_temperature_degc"], [1, 2, 3, 4])
    assert gaps == [Gap("air_temperature_degc", 1, 2)]


def test_gap_at_an_end_holds_the_nearest_value() -> None:
    source, _ = fill_gaps(table(air_temperature_degc=[NAN, 2.0, 3.0, NAN]), max_gap_h=1)
    np.testing.assert_allclose(source.columns["air_temperature_degc"], [2, 2, 3, 3])


def test_long_gap_is_refused_naming_quantity_from_and_to() -> None:
    with pytest.raises(WeatherError, match=r"no wind_speed_m_s from 2025-03-01 01:00 \(UTC\) to 2025-03-01 04:00 "
                                           r"\(UTC\), 3 h.*max_gap_h = 2"):
        fill_gaps(table(wind_speed_m_s=[5.0, NAN, NAN, NAN, 5.0]), max_gap_h=2)


def test_longest_of_several_gaps_is_named() -> None:
    source = table(ghi_w_m2=[1.0, NAN, NAN, 1.0, NAN, NAN, NAN, 1.0])
    with pytest.raises(WeatherError, match=r"04:00 .* to .*07:00.*1 more gaps"):
        fill_gaps(source, max_gap_h=1)


def test_empty_column_is_refused_however_long_gaps_may_be() -> None:
    with pytest.raises(WeatherError, match="no pressure_pa from"):
        fill_gaps(table(pressure_pa=[NAN, NAN]), max_gap_h=24)


def test_no_gap_allowed_with_zero() -> None:
    with pytest.raises(WeatherError):
        fill_gaps(table(ghi_w_m2=[1.0, NAN, 1.0]), max_gap_h=0)


def test_summary_counts_gaps_and_names_the_longest() -> None:
    source = table(ghi_w_m2=[1.0, NAN, 1.0, 1.0], wind_speed_m_s=[1.0, NAN, NAN, 1.0])
    text = describe_gaps(source, find_gaps(source))
    assert text == ("2 gaps in ghi_w_m2, wind_speed_m_s were interpolated; the longest is 2 h of wind_speed_m_s from "
                    "2025-03-01 01:00 (UTC)")
