"""Forecasts on published data, in small: the data are read as their baselines say, and trees alone show most of the
skill. The full accuracy runs are ``python -m tests.benchmarks.forecasts``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from controllers.forecasting.features import build_windows
from controllers.forecasting.members import lightgbm_quantiles
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.members.lightgbm_quantiles import LightGbmQuantiles
from controllers.forecasting.scorecard import Reference, Scorecard, references, scorecards
from controllers.forecasting.windows import Windows
from tests.benchmarks.forecast_sets import SETS, ForecastSet
from tests.validation.published_data import published_data

FOLDERS = {"wind": "gefcom2014_wind", "solar": "gefcom2014_solar", "state_grid": "stategrid_pv",
           "city": "citylearn2021"}
ROUNDS = 60
"""A fifth of the trees: seconds instead of a minute."""


@pytest.fixture(scope="module", autouse=True)
def few_trees() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lightgbm_quantiles, "ROUNDS", ROUNDS)
        yield


def sets_of(name: str) -> list[ForecastSet]:
    return SETS[name](published_data("forecast", FOLDERS[name]) / "forecast")


def windows(data: ForecastSet) -> tuple[Windows, Windows]:
    """Training and test."""
    return (build_windows(data.archive, data.group, data.issues(data.first_utc_s, data.validation_utc_s)),
            build_windows(data.archive, data.group, data.issues(data.test_utc_s, data.end_utc_s)))


def baselines(name: str) -> dict[str, Reference]:
    """By target."""
    found: dict[str, Reference] = {}
    for data in sets_of(name):
        train, test = windows(data)
        climatology = Climatology()
        climatology.fit(train, train, seed=1)
        names = [f"{data.name}: {target.series}" for target in data.group.targets]
        found |= dict(zip(names, references(climatology, test), strict=True))
    return found


def test_city_repeats_as_its_notes_say() -> None:
    """Notes §2, same hour of yesterday: 6.75, 6.94, 7.26 %; of last week: 3.31, 9.93, 4.05 %."""
    found = baselines("city").values()
    assert [r.yesterday_nmae for r in found] == pytest.approx([6.75, 6.94, 7.26], abs=0.01)
    assert [r.last_week_nmae for r in found] == pytest.approx([3.31, 9.93, 4.05], abs=0.01)


def test_state_grid_repeats_as_its_notes_say() -> None:
    """Notes §2, plant of 130 MW, same hour of yesterday: 3.63 %."""
    found = baselines("state_grid")
    plant = "state_grid s2_130mw: power_mw"
    if plant not in found:
        pytest.skip("the plant of 130 MW is not among the data")
    assert found[plant].yesterday_nmae == pytest.approx(3.63, abs=0.01)


def test_wind_of_farms_1_to_4_repeats_as_its_notes_say() -> None:
    """Notes §2, zones 1-4, same hour of yesterday: 31.5 %."""
    wanted = {f"wind zone_{zone}: zone_{zone}.power_pu" for zone in (1, 2, 3, 4)}
    found = [reference.yesterday_nmae for name, reference in baselines("wind").items() if name in wanted]
    assert np.mean(found) == pytest.approx(31.5, abs=0.2)


def in_small(name: str) -> list[Scorecard]:
    """Scorecards of a few trees on the test split."""
    found = []
    for data in sets_of(name):
        train, test = windows(data)
        climatology, trees = Climatology(), LightGbmQuantiles()
        for member in (climatology, trees):
            member.fit(train, train, seed=1)
        found += scorecards(trees.predict(test), test, references(climatology, test))
    return found


def test_trees_know_the_wind_from_its_forecast() -> None:
    cards = in_small("wind")
    assert np.mean([card.skill_yesterday for card in cards]) > 0.55
    assert np.mean([card.pinball_skill for card in cards]) > 0.45


def test_trees_know_the_sun_from_its_forecast() -> None:
    cards = in_small("solar")
    assert np.mean([card.skill_yesterday for card in cards]) > 0.28
    assert np.mean([card.pinball_skill for card in cards]) > 0.30


def test_trees_know_the_loads_of_a_city() -> None:
    electricity, cooling, hot_water = in_small("city")
    assert electricity.skill_last_week > 0.05
    assert cooling.skill_yesterday > 0.5
    assert hot_water.skill_last_week > 0.0
