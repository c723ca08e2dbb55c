"""A storage's losses against its nameplate, which the balance that defines them cannot check."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.twin.accounts.builders import Part, battery, closed_run, load
from tests.twin.accounts.worn_battery import PLATE, worn_battery
from tests.twin.report.park import park_run
from twin.accounts import settle
from twin.accounts.storage_check import LARGEST_DEVIATION_REL

SWING = [-3.0, -2.0, 0.0, 1.8, 0.0, 2.0]


def claiming(real: Part, **changes: float) -> Part:
    """The same series under another nameplate."""
    *front, plate, step = real
    return (*front, dataclasses.replace(plate, **changes), step)  # type: ignore[return-value, type-var]


def deviation(store: Part) -> float:
    return settle(closed_run(load([-5.0] * 6), store)).kpi["storage_efficiency_deviation_rel"]


@pytest.mark.parametrize("standing_mw", [0.0, 0.05])
def test_a_storage_that_keeps_its_nameplate(standing_mw: float) -> None:
    assert deviation(battery(SWING, start_mwh=20.0, standing_mw=standing_mw)) < 1e-12


def test_the_stores_of_the_park_keep_theirs() -> None:
    kpi = settle(park_run(step_s=300)).kpi
    assert kpi["storage_efficiency_deviation_rel"] < 1e-9


@pytest.mark.parametrize("changes", [
    {"charge_efficiency": 0.95}, {"discharge_efficiency": 0.95}, {"charge_efficiency": 0.85},
    {"charge_efficiency": 0.85, "discharge_efficiency": 0.85},
])
def test_other_efficiencies_than_stated_show_although_the_balance_closes(changes: dict[str, float]) -> None:
    store = claiming(battery(SWING, start_mwh=20.0), **changes)
    accounts = settle(closed_run(load([-5.0] * 6), store))
    assert accounts.energy.residual_rel < 1e-12
    assert accounts.energy.storage_efficiency_deviation_rel > LARGEST_DEVIATION_REL


def test_a_negative_standing_loss_by_hand() -> None:
    """1 MW discharged for an hour at 0.9 stated loses 1/9 MWh; a store that reports none is off by 1/9 of the 1 MWh
    moved: no standing loss may be negative."""
    assert deviation(claiming(battery([0, 0, 0, 0, 0, 1.0], start_mwh=5.0, eta=1.0),
                              discharge_efficiency=0.9)) == pytest.approx(1 / 9)


def test_self_discharge_that_follows_the_content_is_a_standing_loss() -> None:
    """Content decays by exp(-0.1 h) at rest: mean loss over a step against its mean content is the same ratio always.
    """
    energy = 10.0 * np.exp(-0.1 * np.arange(1, 7))
    name, type_, role, section, series, vectors, plate, step = battery([0.0] * 6, start_mwh=10.0)
    loss = -np.diff(energy, prepend=10.0)
    series = series | {"energy_mwh": energy, "loss_mw": loss}
    assert deviation((name, type_, role, section, series, vectors, plate, step)) < 1e-12
    del series["loss_mw"]
    assert deviation((name, type_, role, section, series, vectors, plate, step)) < 1e-12


def test_an_empty_storage_need_not_lose_anything() -> None:
    """Standing loss of 0.1 MW ends when 0.25 MWh are used up: 0.1, 0.1, 0.05, 0, 0, 0."""
    name, type_, role, section, series, vectors, plate, step = battery([0.0] * 6, start_mwh=0.25)
    series = series | {"energy_mwh": np.array([0.15, 0.05, 0, 0, 0, 0]), "loss_mw": np.array([0.1, 0.1, 0.05, 0, 0, 0])}
    assert deviation((name, type_, role, section, series, vectors, plate, step)) < 1e-12


# Losses that are a curve, stated by cause


def test_losses_by_cause_need_not_keep_typical_efficiencies() -> None:
    assert deviation(worn_battery(SWING)) < 1e-12


def test_causes_that_do_not_add_up_show() -> None:
    """0.02 MW too little in each of six hours, over what was moved and lost."""
    honest = worn_battery(SWING)
    cells = honest[4]["ohmic_loss_mw"]
    moved = float(np.abs(SWING).sum() + honest[4]["loss_mw"].sum())
    assert deviation(worn_battery(SWING, ohmic_loss_mw=cells - 0.02 * (cells > 0.02))) == pytest.approx(
        0.02 * np.count_nonzero(cells > 0.02) / moved)


def test_a_negative_cause_shows_although_the_sum_is_right() -> None:
    honest = worn_battery(SWING)
    fade, cells = honest[4]["fade_loss_mw"], honest[4]["ohmic_loss_mw"]
    assert deviation(worn_battery(SWING, fade_loss_mw=fade - 0.1, ohmic_loss_mw=cells + 0.1)) > LARGEST_DEVIATION_REL


def test_a_content_that_does_not_follow_shows() -> None:
    energy = worn_battery(SWING)[4]["energy_mwh"].copy()
    energy[3:] += 0.1
    assert deviation(worn_battery(SWING, energy_mwh=energy)) > LARGEST_DEVIATION_REL


def test_conversion_better_than_its_best_point_shows() -> None:
    """At best 0.75 both ways: of 3.8 MWh given and 5 · 0.75 taken, 3.75 · (1/0.75 - 1) = 1.25 at least; it says 0.61.
    """
    boasting = dataclasses.replace(PLATE, round_trip_range=(0.5, 0.75))
    honest = worn_battery(SWING, plate=boasting)
    conversion = honest[4]["converter_loss_mw"].sum() + honest[4]["ohmic_loss_mw"].sum()
    moved = float(np.abs(SWING).sum() + honest[4]["loss_mw"].sum())
    assert deviation(honest) == pytest.approx((1.25 - conversion) / moved)


def test_a_run_that_only_charges_says_nothing_of_the_way_back() -> None:
    assert deviation(worn_battery([-2.0] * 6)) < 1e-12
