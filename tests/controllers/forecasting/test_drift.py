"""Drift and the challenge of a champion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controllers.forecasting.drift import KEPT_DAYS, Challenge, challenge, is_drifting, kept, mean_loss, relative_loss
from controllers.forecasting.targets import DAY_S
from tests.controllers.forecasting import tiny_models, toy_site

CALM = np.ones((KEPT_DAYS, 1))


def days(*losses: float) -> np.ndarray:
    """Relative losses of one target, calm before."""
    return np.concatenate([CALM, np.array(losses)[:, None]])[-KEPT_DAYS:]


def test_a_model_drifts_when_the_mean_of_14_days_exceeds_1_3_on_three_days_in_a_row() -> None:
    """14 days with d days at 3: mean (14 + 2 d)/14 exceeds 1.3 from d = 3 on, three days in a row from d = 5 on."""
    assert [bool(is_drifting(days(*[3.0] * d))[0]) for d in range(7)] == [False] * 5 + [True] * 2


def test_one_or_two_days_are_no_drift_whatever_their_loss() -> None:
    """A glitch of a meter; each counts as three usual days at most, so that the mean is 18/14 = 1.29 with two."""
    for place in range(KEPT_DAYS):
        odd = CALM.copy()
        odd[place] = 1887.6
        odd[place - 1] = 1e6
        assert not is_drifting(odd)[0] and mean_loss(odd) == pytest.approx([20 / 16])


def test_the_mean_has_to_exceed_1_3_and_days_without_outcome_do_not_count() -> None:
    at_the_edge = np.full((KEPT_DAYS, 1), 1.3)
    assert not is_drifting(at_the_edge - 1e-9)[0] and is_drifting(at_the_edge + 1e-9)[0]
    gap = days(*[3.0] * 5)
    gap[3] = np.nan
    assert is_drifting(gap)[0]
    assert not is_drifting(np.full((KEPT_DAYS, 1), np.nan))[0]


def test_an_outage_makes_no_single_odd_day_a_drift() -> None:
    """Sixteen usual days, then as many without a forecast of the model, then odd ones: five are drift as ever."""
    losses = CALM
    for _ in range(16):
        losses = kept(losses, np.array([np.nan]))
    told = []
    for _ in range(6):
        losses = kept(losses, np.array([3.0]))
        told.append(bool(is_drifting(losses)[0]))
    assert told == [False] * 4 + [True] * 2


def test_few_known_days_are_no_drift() -> None:
    """Of a target that was never measured before."""
    losses = np.full((KEPT_DAYS, 1), np.nan)
    told = []
    for _ in range(10):
        losses = kept(losses, np.array([3.0]))
        told.append(bool(is_drifting(losses)[0]))
    assert told == [False] * 8 + [True] * 2  # seven of the fourteen that ended two days ago


def test_nothing_is_said_before_sixteen_days_are_known() -> None:
    assert KEPT_DAYS == 16
    assert not is_drifting(np.full((KEPT_DAYS - 1, 2), 9.0)).any()
    assert kept(CALM, np.array([2.0])).shape == CALM.shape


def test_the_loss_is_relative_to_the_usual_one_of_the_season() -> None:
    """All quantiles 1 MW too low: the loss is the mean of the levels, 0.5 MW; usual were 0.25 in March, 1 else, so
    0.625 between March and April."""
    trained = tiny_models.trained()[1]
    usual = np.ones((12, 1))
    usual[2] = 0.25
    march, turn, april = (int(np.datetime64(at, "s").astype(int)) for at in (
        "2025-03-16T12", "2025-04-01", "2025-04-16"))
    outcome, quantiles = np.full((1, 48), 2.0), np.full((1, 48, 7), 1.0)
    dated = replace(trained, usual_loss=usual)
    assert relative_loss(dated, march, quantiles, outcome) == pytest.approx([2.0])
    assert relative_loss(dated, turn, quantiles, outcome) == pytest.approx([0.8])
    assert relative_loss(dated, april, quantiles, outcome) == pytest.approx([0.5])
    outcome[0, 24:] = np.nan
    assert relative_loss(dated, march, quantiles, outcome) == pytest.approx([2.0])
    assert np.isnan(relative_loss(dated, march, quantiles, np.full((1, 48), np.nan)))[0]


@pytest.mark.parametrize(("challenger", "wins"), [(0.995, False), (0.98, True), (1.0, False)])
def test_less_than_a_percent_is_luck(challenger, wins) -> None:
    assert Challenge("loads", 1.0, challenger).is_won is wins


@pytest.fixture(scope="module")
def issues() -> np.ndarray:
    """Ten days that nobody has learnt from."""
    return toy_site.START_UTC_S + DAY_S * np.arange(86, 96)


def test_the_champion_stays_against_its_equal_and_goes_when_it_is_worse(issues) -> None:
    champion = tiny_models.trained()[1]
    history = tiny_models.archive()
    equal = challenge(champion, champion, history, issues)
    assert not equal.is_won and "the champion stays" in str(equal)

    worse = replace(champion, whole=replace(champion.whole, members=tuple(map(Doubled, champion.whole.members))))
    assert challenge(worse, champion, history, issues).is_won
    assert not challenge(champion, worse, history, issues).is_won


def test_a_champion_of_other_targets_has_lost(issues) -> None:
    renewables, load = tiny_models.trained()
    for champion in (None, renewables):
        assert challenge(champion, load, tiny_models.archive(), issues).is_won


@pytest.mark.filterwarnings("ignore:invalid value")  # so sums of what is no number are told
def test_what_is_no_number_decides_nothing(issues) -> None:
    """A span without outcomes, and a challenger whose numbers got lost; such a champion has lost."""
    load = tiny_models.trained()[1]
    history = tiny_models.archive()
    after = history.series(load.group.targets[0].series).valid_utc_s[-1] + 10 * DAY_S + np.arange(3) * DAY_S
    unknown = challenge(load, load, history, after)
    assert not unknown.is_won and "champion unknown, challenger unknown" in str(unknown)
    silent = replace(load, whole=replace(load.whole, members=tuple(map(Silent, load.whole.members))))
    assert not challenge(load, silent, history, issues).is_won
    assert not challenge(silent, silent, history, issues).is_won
    assert challenge(silent, load, history, issues).is_won


class Silent:
    """A member whose numbers got lost."""

    def __init__(self, member) -> None:
        self.member, self.name = member, member.name

    def predict(self, windows):
        return np.nan * self.member.predict(windows)


class Doubled:
    """A member from a time in which everything was twice as much."""

    def __init__(self, member) -> None:
        self.member, self.name = member, member.name

    def predict(self, windows):
        return 2.0 * self.member.predict(windows)
