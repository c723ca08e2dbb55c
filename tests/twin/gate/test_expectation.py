"""An expectation gives means over any interval, whatever its own intervals are."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twin.toys import Consumer
from twin.errors import ComponentError
from twin.gate.expectation import Expectation, expect


class Weather:
    """Two exogenous outputs."""

    name, exogenous, expected = "weather", ("ghi_w_m2", "wind_speed_m_s"), None


def course(step_s: int, *rows: tuple[float, float]):
    table = np.array(rows)
    series = {"weather.ghi_w_m2": table[:, 0], "weather.wind_speed_m_s": table[:, 1]}
    return Expectation("nominal", 3600, step_s, series).of(Weather())


def test_the_mean_over_several_intervals_is_weighted_by_their_overlap() -> None:
    expected = course(600, (0.0, 1.0), (60.0, 2.0), (90.0, 4.0))
    assert expected(3600, 600) == (0.0, 1.0)
    # 300 s of the first, 600 s of the second, 300 s of the third: (0 + 2 x 60 + 90) / 4
    assert expected(3900, 1200) == pytest.approx((52.5, 2.25))


def test_within_an_interval_its_value_holds_bit_for_bit() -> None:
    assert course(900, (0.1, 0.2), (0.3, 0.4))(4500, 60) == (0.3, 0.4)


def test_beyond_its_end_the_last_value_holds() -> None:
    expected = course(900, (1.0, 2.0), (3.0, 4.0))
    assert expected(90_000, 900) == (3.0, 4.0)
    assert expected(4500, 1800) == pytest.approx((3.0, 4.0))


def test_half_an_expectation_of_a_component_is_refused() -> None:
    with pytest.raises(ComponentError, match=r"says nothing of weather\.wind_speed_m_s"):
        Expectation("nominal", 0, 900, {"weather.ghi_w_m2": np.zeros(3)}).of(Weather())


def test_components_of_which_it_says_nothing_go_on_by_themselves_and_are_named() -> None:
    weather = Weather()
    assert expect({"weather": weather}, Expectation("nominal", 0, 900, {})) == ["weather"]
    assert weather.expected is None and Consumer.exogenous == ()


def test_the_hash_follows_every_number() -> None:
    series = {"pv.available_mw": np.array([1.0, 2.0])}
    one = Expectation("nominal", 0, 900, series)
    other = Expectation("nominal", 0, 900, {"pv.available_mw": np.array([1.0, np.nextafter(2.0, 3.0)])})
    assert one.sha256 == Expectation("nominal", 0, 900, dict(series)).sha256 != other.sha256
