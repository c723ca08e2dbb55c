"""A model from a history: who is used and who is not, served forecasts that know nothing of the future, learning in
service. Plain members only; the networks have tests of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controllers.forecasting import training
from controllers.forecasting.backtest import backtest
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.features import build_windows
from controllers.forecasting.member import Member, MemberState
from controllers.forecasting.members import lightgbm_quantiles
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.members.lightgbm_quantiles import LightGbmQuantiles
from controllers.forecasting.model import ForecastModel
from controllers.forecasting.quantiles import LEVELS
from controllers.forecasting.scorecard import references, rolling_coverage, scorecards
from controllers.forecasting.training import Split
from controllers.forecasting.versioned import Archive, VersionedSeries
from controllers.forecasting.windows import Windows
from tests.controllers.forecasting import toy_site

DAY_S, HOUR_S, START = toy_site.DAY_S, toy_site.HOUR_S, toy_site.START_UTC_S
GROUP = toy_site.group(toy_site.WIND, toy_site.LOAD)
SPLIT = Split(START + 8 * DAY_S, START + 90 * DAY_S, START + 120 * DAY_S)


class Contrarian(Member):
    """Forecasts the capacity at all times: a member without any skill."""

    name = "contrarian"
    uses_covariates = False

    def fit(self, train: Windows, validation: Windows, seed: int) -> None:
        """Nothing to learn."""

    def predict(self, windows: Windows) -> np.ndarray:
        """The capacity."""
        capacity = np.array([target.capacity for target in windows.group.targets])
        shape = (len(capacity), len(windows), windows.group.horizon.leads, len(LEVELS))
        return np.broadcast_to(capacity[:, None, None, None], shape).copy()

    def state(self) -> MemberState:
        """Empty."""
        return MemberState()

    @classmethod
    def restore(cls, state: MemberState) -> Contrarian:
        """Nothing to restore."""
        return cls()


@pytest.fixture(scope="module")
def model() -> ForecastModel:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lightgbm_quantiles, "ROUNDS", 60)
        return training.train(toy_site.archive(160), GROUP, SPLIT, seed=1,
                              members=(Climatology, LightGbmQuantiles, Contrarian))


def test_a_member_without_skill_is_not_used_and_says_so(model: ForecastModel) -> None:
    by_member = {(v.target, v.member): v for v in model.verdicts}
    assert not by_member["wind_mw", "contrarian"].used
    assert not by_member["load_mw", "contrarian"].used
    assert by_member["wind_mw", "lightgbm"].used
    assert "wind_mw: contrarian is not used; its skill against persistence" in str(by_member["wind_mw", "contrarian"])
    assert model.service.combination.mean_weights()["contrarian"] == 0.0


def test_persistence_serves_where_nothing_beats_it() -> None:
    model = training.train(toy_site.archive(130), GROUP, SPLIT, seed=1, members=(Contrarian,))
    assert model.service.combination.mean_weights() == {"seasonal_naive": 1.0, "contrarian": 0.0}


def test_training_outcomes_are_known_before_validation_begins() -> None:
    train, validation = SPLIT.windows(toy_site.archive(130), GROUP)
    assert train.valid_utc_s.max() + HOUR_S <= SPLIT.validation_utc_s
    assert validation.valid_utc_s.max() + HOUR_S <= SPLIT.end_utc_s


def published_late(archive: Archive, days: int) -> Archive:
    """The load becomes known so many days later, as at a site that reads its meters by hand."""
    return Archive([replace(s, available_utc_s=s.available_utc_s + days * DAY_S) if s.name == "load_mw" else s
                    for s in archive])


def test_outcomes_that_are_published_late_are_learnt_from_late() -> None:
    """Ten days of delay: nothing that becomes known after an issue changes its forecast, and the splits end earlier."""
    late, issues = published_late(toy_site.archive(160), 10), START + DAY_S * np.arange(121, 150)
    model = training.train(late, GROUP, SPLIT, seed=1, members=(Climatology,))
    now = issues[20]
    load = late.series("load_mw")
    later = replace(load, values=np.where(load.available_utc_s > now, 3.9, load.values))
    poisoned = Archive([later if s.name == "load_mw" else s for s in late])
    true, blind, prompt = (backtest(model, build_windows(archive, GROUP, issues)).quantiles[1]
                           for archive in (late, poisoned, toy_site.archive(160)))
    assert true[:21].tobytes() == blind[:21].tobytes()
    assert true[-1].tobytes() != blind[-1].tobytes()
    assert not np.array_equal(true[20], prompt[20])  # who knows earlier learns earlier
    train, validation = SPLIT.windows(late, GROUP)
    assert train.valid_utc_s.max() + HOUR_S + 10 * DAY_S == SPLIT.validation_utc_s
    assert validation.valid_utc_s.max() + HOUR_S + 10 * DAY_S == SPLIT.end_utc_s


def test_a_split_whose_outcomes_are_all_late_is_refused() -> None:
    with pytest.raises(ForecastError, match=r"toy: 10 issue times for validation \(20 more became known too late\)"):
        SPLIT.windows(published_late(toy_site.archive(130), 20), GROUP)


def test_a_corrected_outcome_is_learnt_from_when_it_is_corrected() -> None:
    """The wind of the third hour is told anew five days after the forecast's end."""
    issue, end = START + 30 * DAY_S, START + 31 * DAY_S
    wind = toy_site.archive(40).series("wind_mw")
    told = replace(wind, valid_utc_s=np.append(wind.valid_utc_s, issue + 2 * HOUR_S),
                   available_utc_s=np.append(wind.available_utc_s, end + 5 * DAY_S), values=np.append(wind.values, 7.0))
    windows = build_windows(Archive([told if s.name == "wind_mw" else s for s in toy_site.archive(40)]), GROUP,
                            np.array([issue, end]))
    assert windows.outcome[0, 0, 2] == 7.0
    assert windows.known_utc_s.tolist() == [end + 5 * DAY_S, end + DAY_S]


@pytest.mark.parametrize("hour", [0, 9])
def test_a_served_forecast_knows_nothing_of_the_future(model: ForecastModel, hour: int) -> None:
    """Bit for bit the same forecast with a future of 1e30."""
    issue = START + 130 * DAY_S + hour * HOUR_S
    true, blind = (model.forecast(archive.known_at(issue), model.service)[0].quantiles
                   for archive in (toy_site.archive(160), toy_site.archive(160, poison_after_utc_s=issue)))
    assert true.tobytes() == blind.tobytes()


def test_a_backtest_learns_only_from_outcomes_that_were_known(model: ForecastModel) -> None:
    """Changing the outcomes of the last two days changes no forecast before the last one."""
    test = build_windows(toy_site.archive(160), GROUP, START + DAY_S * np.arange(121, 150))
    changed = build_windows(toy_site.archive(160), GROUP, START + DAY_S * np.arange(121, 150))
    changed.outcome[:, -2:] = 0.0
    plain, other = backtest(model, test).quantiles, backtest(model, changed).quantiles
    assert plain[:, :-1].tobytes() == other[:, :-1].tobytes()
    assert plain[:, -1].tobytes() != other[:, -1].tobytes()


def test_the_same_seed_gives_the_same_model(model: ForecastModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lightgbm_quantiles, "ROUNDS", 60)
    again = training.train(toy_site.archive(160), GROUP, SPLIT, seed=1,
                           members=(Climatology, LightGbmQuantiles, Contrarian))
    issue = START + 130 * DAY_S
    first, second = (m.forecast(toy_site.archive(160).known_at(issue), m.service)[0].quantiles for m in (model, again))
    assert first.tobytes() == second.tobytes()


def test_the_model_beats_what_it_is_measured_against(model: ForecastModel) -> None:
    """Wind is white noise around a wave of 61 h: persistence has no chance against the forecast wind."""
    test = build_windows(toy_site.archive(160), GROUP, START + DAY_S * np.arange(121, 158))
    replayed = backtest(model, test)
    climatology = Climatology()
    climatology.fit(*SPLIT.windows(toy_site.archive(160), GROUP), seed=1)
    wind, load = scorecards(replayed.quantiles, test, references(climatology, test))
    assert wind.skill_yesterday > 0.6
    assert wind.pinball_skill > 0.5
    assert load.skill_yesterday > 0.2
    coverage = rolling_coverage(replayed.quantiles, test)
    assert coverage.shape == (2, 1)  # 37 days: one span
    assert (np.abs(coverage - 80.0) < 6.0).all()


def test_missing_weather_of_a_week_is_served_nevertheless(model: ForecastModel) -> None:
    archive = toy_site.archive(160)
    issue = START + 130 * DAY_S
    lost = [s if s.name.endswith("_mw") else _until(s, issue - 7 * DAY_S) for s in archive]
    forecast, _ = model.forecast(Archive(lost).known_at(issue), model.service)
    assert np.isfinite(forecast.quantiles).all()
    assert (np.diff(forecast.quantiles, axis=-1) >= 0.0).all()


def _until(series: VersionedSeries, available_utc_s: int) -> VersionedSeries:
    """The series as it stood then."""
    kept = series.available_utc_s < available_utc_s
    return VersionedSeries(series.name, series.role, series.step_s, series.valid_utc_s[kept],
                           series.available_utc_s[kept], series.values[kept])


def test_a_short_history_is_refused() -> None:
    with pytest.raises(ForecastError, match="toy: 9 issue times for validation, at least 14 are needed"):
        Split(START, START + 30 * DAY_S, START + 39 * DAY_S).windows(toy_site.archive(60), GROUP)


def test_a_target_that_is_never_known_is_refused() -> None:
    with pytest.raises(ForecastError, match="wind_mw: not a single value is known in the validation span"):
        training.train(toy_site.archive(80), GROUP, SPLIT, seed=1, members=())
