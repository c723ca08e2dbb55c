"""Emission is energy times factor, in tonnes; export is not credited."""

from __future__ import annotations

import pytest

from tests.twin.accounts.builders import closed_run, engine, load, sun, tariff
from twin.accounts import settle


def test_import_by_hourly_factor() -> None:
    """2 MWh at 0.6 and 3 MWh at 0.5 t/MWh: 2.7 t (not 0.0027, which dividing by a thousand would give)."""
    run = closed_run(load([-2.0, -3.0]), tariff(grid_emission_t_per_mwh=[0.6, 0.5]))
    carbon = settle(run).carbon
    assert carbon.emission_t == pytest.approx(2.7)
    assert carbon.sources[0].energy_mwh == pytest.approx(5.0)


def test_fuel_by_its_lower_heating_value() -> None:
    """4.5 MWh at 45 % burn 10 MWh of gas; at 0.2 t/MWh that is 2 t."""
    carbon = settle(closed_run(load([-4.5]), engine([4.5]))).carbon
    assert carbon.emission_t == pytest.approx(2.0)
    assert [s.name for s in carbon.sources] == ["engine (gas)"]


def test_export_is_reported_beside_and_not_credited() -> None:
    """Sun 5 MWh, town 2 MWh: 3 MWh exported avoid 1.5 t elsewhere; the emission stays 0."""
    carbon = settle(closed_run(load([-2.0]), sun([5.0]), tariff(grid_emission_t_per_mwh=[0.5]))).carbon
    assert carbon.emission_t == 0.0
    assert carbon.export_avoided_t == pytest.approx(1.5)


def test_an_unknown_factor_is_named_and_gives_no_figure() -> None:
    accounts = settle(closed_run(load([-2.0])))
    assert accounts.carbon.unknown == ("grid import: the run records no grid_emission_t_per_mwh",)
    assert "emission_t" not in accounts.kpi


def test_sources_sum_to_the_emission() -> None:
    run = closed_run(load([-9.0, -1.0]), engine([4.5, 0.0]), tariff(grid_emission_t_per_mwh=[0.6, 0.5]))
    carbon = settle(run).carbon
    assert sum(s.emission_t for s in carbon.sources) == pytest.approx(carbon.emission_t)
    assert float(carbon.emission_per_step_t.sum()) == pytest.approx(carbon.emission_t)
