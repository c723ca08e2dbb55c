"""Residual load from a forecast: its parts with their signs, a rest that persists, a memory that goes on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from controllers.rules.forecast_load import forecast_parts_mw, measured_parts_mw, remembered_mw, signals_of
from controllers.rules.site_view import LoadView, RenewableView, SiteView
from twin.gate.expectation import Expectation
from twin.nameplate import LoadNameplate, RenewableNameplate

OFFICE = LoadView("office", LoadNameplate(3.0, 0.0, 1), p_mw=-1.5, baseline_mw=-2.0)
PV = RenewableView("pv", RenewableNameplate(8.0), p_mw=3.0, available_mw=5.0)


class Oracle:
    """Knows the courses of some signals; asks nothing else."""

    def __init__(self, **series: list[float]) -> None:
        self.series = {name.replace("__", "."): np.array(values) for name, values in series.items()}
        self.short: dict[str, np.ndarray] = {}

    def expectations(self, t_s: int, step_s: int, steps: int) -> Sequence[Expectation]:
        nominal = Expectation("nominal", t_s, step_s, {k: v[:steps] for k, v in self.series.items()})
        return [nominal, Expectation("short", t_s, step_s, self.short)] if self.short else [nominal]


class Beginner:
    """Has seen nothing yet."""

    def expectations(self, t_s: int, step_s: int, steps: int) -> Sequence[Expectation]:
        return []


SIGNALS = signals_of(["office"], ["pv"])


def test_loads_less_renewables() -> None:
    """3 MW of load with 2 MW of sun leave 1 MW; 1 MW of load with 4 MW of sun leave -3 MW."""
    oracle = Oracle(office__baseline_mw=[-3.0, -1.0], pv__available_mw=[2.0, 4.0])
    assert forecast_parts_mw(oracle, SIGNALS, 0, 900, 2).tolist() == [[1.0, -3.0], [1.0, -3.0]]


def test_the_short_course_stands_beside_the_nominal_one() -> None:
    """4 MW less sun and 3 MW more load seldom come together: 5 MW more than expected are as likely as each alone."""
    oracle = Oracle(office__baseline_mw=[-3.0], pv__available_mw=[6.0])
    oracle.short = {"office.baseline_mw": np.array([-6.0]), "pv.available_mw": np.array([2.0])}
    assert forecast_parts_mw(oracle, SIGNALS, 0, 900, 1).tolist() == [[-3.0], [2.0]]


def test_as_measured_without_interruption_and_curtailment() -> None:
    assert measured_parts_mw(SiteView(loads=(OFFICE,), renewables=(PV,))) == pytest.approx(2.0 - 5.0)


@pytest.mark.parametrize("expecter", [None, Beginner(), Oracle(office__baseline_mw=[-3.0, -1.0])],
                         ids=["nobody", "nothing seen", "one signal unknown"])
def test_without_a_forecast_of_all_parts_there_is_none(expecter) -> None:
    assert forecast_parts_mw(expecter, SIGNALS, 0, 900, 2).shape == (2, 0)


def test_a_forecast_is_remembered_from_now_on_and_repeats_its_last_day() -> None:
    """Hourly, made at 2 h, for two days: at 26 h its second day lies ahead, behind it the same day again."""
    forecast = np.arange(48.0)
    found = remembered_mw(forecast, 2 * 3600, 26 * 3600, 3600, 30)
    assert found.tolist() == [*range(24, 48), *range(24, 30)]


def test_the_memory_of_a_rollout_a_day_later_still_knows_the_hour() -> None:
    """At 3 h with a forecast from 2 h the second value is now."""
    assert remembered_mw(np.arange(48.0), 7200, 10_800, 3600, 3).tolist() == [1.0, 2.0, 3.0]
