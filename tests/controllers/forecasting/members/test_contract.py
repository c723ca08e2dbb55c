"""What every member promises, whatever it learns with: append it to MEMBERS and it gets all checks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from controllers.forecasting.member import Member, MemberState
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.members.lightgbm_quantiles import LightGbmLags, LightGbmQuantiles
from controllers.forecasting.members.multimodal_network import MultimodalNetwork
from controllers.forecasting.members.residual_network import ResidualNetwork
from controllers.forecasting.members.seasonal_naive import SeasonalNaive
from controllers.forecasting.quantiles import LEVELS, pinball
from controllers.forecasting.windows import FeatureTable, Windows

MEMBERS: list[Callable[[], Member]] = [SeasonalNaive, Climatology, LightGbmQuantiles, LightGbmLags, ResidualNetwork,
                                       MultimodalNetwork]
SERVED_AGREEMENT = 1e-9
"""Of the capacity, between a member and its stored copy: the same arithmetic on the same arrays."""


@pytest.fixture(scope="module", params=MEMBERS, ids=lambda make: make.name)
def member(request: pytest.FixtureRequest, split: tuple[Windows, Windows]) -> Member:
    """A fitted member."""
    found = request.param()
    found.fit(*split, seed=3)
    return found


def test_quantiles_have_the_promised_shape_and_never_cross(member: Member, split: tuple[Windows, Windows]) -> None:
    quantiles = member.predict(split[1])
    assert quantiles.shape == (2, len(split[1]), 24, len(LEVELS))
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=-1) >= 0.0).all()


def test_limits_hold_also_far_from_what_was_seen(member: Member, split: tuple[Windows, Windows]) -> None:
    wild = _with_covariates(split[1], 1e6)
    quantiles = member.predict(wild)
    assert quantiles.min() >= 0.0
    assert quantiles[0].max() <= 10.0
    assert quantiles[1].max() <= 4.0


def test_missing_covariates_give_a_forecast_nevertheless(member: Member, split: tuple[Windows, Windows]) -> None:
    assert np.isfinite(member.predict(_with_covariates(split[1], np.nan))).all()


def test_outcomes_are_not_looked_at_when_predicting(member: Member, split: tuple[Windows, Windows]) -> None:
    blind = replace(split[1], outcome=np.full_like(split[1].outcome, np.nan))
    assert member.predict(blind).tobytes() == member.predict(split[1]).tobytes()


def test_a_window_alone_is_forecast_as_among_others(member: Member, split: tuple[Windows, Windows]) -> None:
    alone = member.predict(split[1].rows(np.array([4])))[:, 0]
    assert alone == pytest.approx(member.predict(split[1])[:, 4], abs=1e-5)  # float32 sums in another order


def test_a_stored_member_forecasts_the_same(member: Member, split: tuple[Windows, Windows]) -> None:
    state = member.state()
    stored = MemberState(json.loads(json.dumps(state.settings)), {k: a.copy() for k, a in state.arrays.items()})
    again = type(member).restore(stored)
    assert again.predict(split[1]) == pytest.approx(member.predict(split[1]), abs=SERVED_AGREEMENT)


def test_a_refit_member_keeps_its_promises(member: Member, split: tuple[Windows, Windows]) -> None:
    again = type(member).restore(member.state())
    again.refit(split[0].joined(split[1]), seed=5)
    quantiles = again.predict(split[1])
    assert (np.diff(quantiles, axis=-1) >= 0.0).all()
    ours, before = (np.nanmean(pinball(split[1].outcome, m.predict(split[1]))) for m in (again, member))
    assert ours <= 1.02 * before  # it has now seen these windows


@pytest.mark.parametrize("make", MEMBERS, ids=lambda make: make.name)
def test_the_same_seed_learns_the_same(make: Callable[[], Member], split: tuple[Windows, Windows]) -> None:
    short = split[0].rows(np.arange(30))
    states = []
    for _ in range(2):
        member = make()
        member.fit(short, split[1], seed=7)
        states.append(member.state().arrays)
    assert states[0].keys() == states[1].keys()
    assert all(states[0][key].tobytes() == states[1][key].tobytes() for key in states[0])


def test_learners_beat_climatology_where_the_law_can_be_learnt(member: Member, split: tuple[Windows, Windows]) -> None:
    """Wind power follows from the forecast wind, the load from the working day; climatology knows only the latter."""
    if not member.uses_covariates:
        pytest.skip("has no weather to learn from")
    climatology = Climatology()
    climatology.fit(*split, seed=1)
    ours, plain = (np.mean(pinball(split[1].outcome[0], m.predict(split[1])[0])) for m in (member, climatology))
    assert ours < 0.5 * plain


def _with_covariates(windows: Windows, value: float) -> Windows:
    """All covariates of all leads and of the past replaced."""
    tables = []
    for table in windows.features:
        values = table.values.copy()
        values[..., [name not in table.without_covariates for name in table.names]] = value
        tables.append(FeatureTable(table.names, values))
    past = windows.history.values.copy()
    covariates = [not name.startswith(("target_", "hour_")) for name in windows.history.names]
    past[..., covariates] = value
    return replace(windows, features=tuple(tables), history=FeatureTable(windows.history.names, past))
