"""Training time is bounded: long histories, large groups and quarter hours take fewer steps or are seen in part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controllers.forecasting.features import build_windows
from controllers.forecasting.member import Member
from controllers.forecasting.members import multimodal_network
from controllers.forecasting.members.lightgbm_quantiles import MOST_ROWS_QUARTERS, LightGbmQuantiles
from controllers.forecasting.members.multimodal_network import MultimodalNetwork, leads_per_hour
from controllers.forecasting.members.residual_network import ResidualNetwork, build, folded
from controllers.forecasting.members.training_plan import Training, part_of
from controllers.forecasting.quantiles import LEVELS
from controllers.forecasting.targets import Horizon, Target
from controllers.forecasting.windows import Windows
from tests.controllers.forecasting import toy_site

PLAN = Training(epochs=20, most_steps=600, batch=16, learning_rate=1e-3, weight_decay=0.0, refining_epochs=3,
                most_refining_steps=150)


@pytest.mark.parametrize(("windows", "epochs", "per_epoch"), [(160, 20, 10), (800, 12, 50), (801, 11, 51),
                                                              (9600, 1, 600), (50_000, 1, 600)])
def test_a_long_history_gets_fewer_epochs_and_in_the_end_is_seen_in_part(windows, epochs, per_epoch) -> None:
    """Sixteen windows a step: 160 are ten steps, 50,000 would be 3,125."""
    assert PLAN.schedule(windows) == (epochs, per_epoch)
    assert PLAN.refining_schedule(windows)[0] == max(min(3, 150 // min(per_epoch, 150)), 1)


def test_costly_steps_are_fewer_but_never_too_few() -> None:
    assert PLAN.with_work(1.0) is PLAN and PLAN.with_work(3.0) is PLAN
    assert PLAN.with_work(0.5).most_steps == 300
    assert (PLAN.with_work(0.01).most_steps, PLAN.with_work(0.01).most_refining_steps) == (150, 50)


def test_the_part_that_is_seen_is_drawn_from_the_whole_history() -> None:
    """Regular strides would meet the same hours of the day again and again."""
    assert part_of(100, 100, 1).tolist() == list(range(100))
    part = part_of(24_000, 6_000, 1)
    assert len(np.unique(part)) == 6_000 and (np.diff(part) > 0).all()
    assert np.bincount(part % 24, minlength=24).min() > 6_000 / 24 * 0.8  # of every hour, about as many
    assert part.tolist() == part_of(24_000, 6_000, 1).tolist()


@pytest.mark.parametrize(("leads", "parts"), [(24, 1), (48, 1), (96, 2), (192, 4), (97, 1)])
def test_long_windows_are_cut_into_some_with_every_kth_lead(leads, parts) -> None:
    values = np.arange(3 * leads).reshape(3, leads)
    found = folded(values)
    assert found.shape == (3 * parts, leads // parts)
    assert found[1 if parts > 1 else 0, :3].tolist() == [(1 if parts > 1 else 0) + parts * i for i in range(3)]
    assert sorted(found.ravel()) == sorted(values.ravel())


@pytest.mark.parametrize(("targets", "replicas"), [(1, 4), (2, 3), (3, 2), (4, 2), (5, 1), (12, 1)])
def test_a_large_group_has_fewer_replicas(targets, replicas) -> None:
    """About six lanes; four replicas at most."""
    assert ResidualNetwork()._replicas_of(targets) == replicas


def quarters(*targets: Target) -> Windows:
    """A day ahead in quarter hours; wind alone unless said otherwise."""
    group = toy_site.group(*(targets or (toy_site.WIND,)), horizon=Horizon(900, 96))
    return build_windows(toy_site.archive(112), group, toy_site.START_UTC_S + toy_site.DAY_S * np.arange(30, 110))


@pytest.mark.parametrize("make", [ResidualNetwork, MultimodalNetwork, LightGbmQuantiles], ids=lambda make: make.name)
def test_quarter_hours_are_learnt(make: type[Member]) -> None:
    """Wind follows its forecast: better than the mean of all days, whatever is folded or walked in hours."""
    windows = quarters()
    train, validation = windows.rows(np.arange(70)), windows.rows(np.arange(70, 80))
    assert leads_per_hour(windows) == 4
    member = make()
    member.fit(train, validation, seed=2)
    found = member.predict(validation)
    assert found.shape == (1, 10, 96, len(LEVELS))
    error = np.abs(found[..., 3] - validation.outcome).mean()
    assert error < 0.5 * np.abs(np.median(train.outcome) - validation.outcome).mean()


@pytest.mark.parametrize("targets", [[toy_site.WIND], [toy_site.WIND, toy_site.LOAD]], ids=["one", "two"])
def test_the_trees_of_all_targets_share_the_rows(targets, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = quarters(*targets)
    assert len(windows) * 96 < MOST_ROWS_QUARTERS
    monkeypatch.setattr("controllers.forecasting.members.lightgbm_quantiles.MOST_ROWS_QUARTERS", 1000)
    member = LightGbmQuantiles()
    member.names = [table.names for table in windows.features]
    assert [data.num_data() for data in member._data_sets(windows, 1)] == [1000 // len(targets)] * len(targets)


@pytest.mark.parametrize(("leads", "targets", "share"), [(24, 3, 1.0), (48, 1, 144 / 192), (48, 7, 144 / 336)])
def test_the_residual_network_takes_fewer_steps_the_more_lanes_and_leads(leads, targets, share) -> None:
    """Full work are six lanes of 24 leads; one target has four lanes, seven have one each."""
    network = ResidualNetwork()
    found = network._plan(np.empty((1, leads, targets, 5)))
    assert found.most_steps == int(network.training.most_steps * share)


def test_the_multimodal_network_takes_fewer_steps_the_more_targets_and_leads() -> None:
    """Full work are 150 leads of all targets together; these are 192."""
    windows = quarters(toy_site.WIND, toy_site.LOAD)
    assert multimodal_network._plan(windows).most_steps == int(multimodal_network.TRAINING.most_steps * 150 / 192)
    assert multimodal_network._plan(quarters()).most_steps == multimodal_network.TRAINING.most_steps


def test_a_network_learns_from_the_part_that_its_plan_allows() -> None:
    """Ten steps of four windows: the same as from the forty that are drawn, and so is the last look, of five steps."""
    from controllers.forecasting.members.keras_parts import refined, train

    plan = replace(PLAN, batch=4, most_steps=10, most_refining_steps=5)
    rng = np.random.default_rng(3)
    inputs = rng.standard_normal((100, 6, 1, 5)).astype(np.float32)
    outcomes = np.stack([inputs.sum(axis=-1), np.ones((100, 6, 1))], axis=-1)[..., None, :].astype(np.float32)

    def both(first: np.ndarray, last: np.ndarray) -> dict[str, np.ndarray]:
        held_out = [inputs[:8]], [outcomes[:8]]
        weights = train(lambda: build(6, 1, 5, 8, 1), [inputs[first]], [outcomes[first]], held_out, plan, 1)
        return refined(lambda: build(6, 1, 5, 8, 1), weights, [inputs[last]], [outcomes[last]], plan, 1)

    whole = np.arange(100)
    expected, found = both(part_of(100, 40, 1), part_of(100, 20, 1)), both(whole, whole)
    assert all(np.array_equal(found[name], expected[name]) for name in expected)
