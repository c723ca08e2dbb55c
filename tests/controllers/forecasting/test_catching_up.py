"""A model from the store learns from the last weeks of a history what it would have learnt in service."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.forecasting import catching_up
from controllers.forecasting.backtest import backtest
from controllers.forecasting.catching_up import caught_up
from controllers.forecasting.conformal import WINDOW_DAYS
from controllers.forecasting.features import build_windows
from controllers.forecasting.model import Service
from controllers.forecasting.targets import DAY_S
from controllers.forecasting.trained import TrainedGroup, train_group
from controllers.forecasting.versioned import Archive
from tests.controllers.forecasting import tiny_models, toy_site

NOW_UTC_S = toy_site.START_UTC_S + 95 * DAY_S
HORIZON_DAYS = 2
LEARNT_TO = tiny_models.split().end_utc_s


@pytest.fixture(scope="module")
def history() -> Archive:
    return tiny_models.archive()


@pytest.fixture(scope="module")
def wind(history) -> TrainedGroup:
    group = tiny_models.group(tiny_models.target(toy_site.WIND))
    return train_group(history, group, tiny_models.split(), tiny_models.held_out(history), 1, tiny_models.LINE)[0]


def assert_same(found: Service, expected: Service) -> None:
    assert found.calibration.scores == pytest.approx(expected.calibration.scores, nan_ok=True)
    assert found.calibration.drift == pytest.approx(expected.calibration.drift)
    assert found.combination.weights == pytest.approx(expected.combination.weights)
    assert found.bias.came == pytest.approx(expected.bias.came)


def test_it_learns_what_serving_each_day_would_have_taught(wind, history) -> None:
    """All issues from the end of the training to two days ago, whose hours are over."""
    issues = np.arange(LEARNT_TO, NOW_UTC_S + 1, DAY_S)
    assert len(issues) < WINDOW_DAYS
    known = Archive(s for s in tiny_models.archive())
    served = backtest(wind.whole, build_windows(known, wind.group, issues))  # the last issue learns from those before
    found = caught_up(wind, history, NOW_UTC_S, LEARNT_TO)
    assert_same(found, served.service)
    assert not np.array_equal(found.calibration.drift, wind.whole.service.calibration.drift)


def test_nothing_is_learnt_from_what_the_members_know(wind, history) -> None:
    """In the middle of the training span the errors of the members are too small to calibrate with."""
    assert_same(caught_up(wind, history, LEARNT_TO, LEARNT_TO), wind.whole.service)
    assert_same(caught_up(wind, history, LEARNT_TO - 5 * DAY_S, LEARNT_TO), wind.whole.service)


def test_nothing_of_the_future_is_learnt(wind) -> None:
    """What becomes available after now is poison."""
    poisoned = Archive([series_of(s.name) for s in tiny_models.archive()])
    assert_same(caught_up(wind, poisoned, NOW_UTC_S, LEARNT_TO),
                caught_up(wind, tiny_models.archive(), NOW_UTC_S, LEARNT_TO))


def series_of(name: str):
    toy = {twin: own for own, twin in tiny_models.NAMES.items()}
    from dataclasses import replace
    poisoned = toy_site.archive(tiny_models.DAYS, poison_after_utc_s=NOW_UTC_S)
    return replace(poisoned.series(toy[name]), name=name)


def test_weather_that_was_not_kept_teaches_nothing(wind, history) -> None:
    """The lag model served those days; the whole model has nothing to learn from its errors."""
    bare = Archive(s for s in history if s.name == wind.group.targets[0].series)
    assert_same(caught_up(wind, bare, NOW_UTC_S, LEARNT_TO), wind.whole.service)


def test_only_the_last_weeks_are_looked_at(wind, history, monkeypatch) -> None:
    """A day of them costs a forecast."""
    served: list[int] = []
    real = catching_up.serve

    def noted(trained, archive, now_utc_s, service):
        served.append(now_utc_s)
        return real(trained, archive, now_utc_s, service)

    monkeypatch.setattr(catching_up, "serve", noted)
    caught_up(wind, history, NOW_UTC_S, 0)
    assert served == [NOW_UTC_S - days * DAY_S for days in range(WINDOW_DAYS, 0, -1)]
