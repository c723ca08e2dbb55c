"""The band over laws and the end of life."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from simulators.storage.battery.ageing import LFP_LAWS, Ageing, worn
from simulators.storage.battery.ageing.band import capacity_band, end_of_life, resistance_band
from simulators.storage.battery.ageing.model import Health
from simulators.storage.battery.ageing.state import same
from tests.simulators.storage.ageing.uses import one_cycle_a_day

CALENDAR_YEAR_S = 365.25 * 86_400
REST = np.full(1, 0.5)


def test_the_band_is_the_range_and_nominal_the_first() -> None:
    health = Health(np.array([0.85, 0.9, 0.8]), np.array([math.nan, 1.2, 1.1]))
    assert capacity_band(health) == (0.8, 0.85, 0.9)
    assert resistance_band(health) == (1.1, 1.2, 1.2)


def test_without_any_resistance_law_there_is_no_band_of_it() -> None:
    ageing = Ageing(["blast_prismatic_lfp"])
    assert np.isnan(resistance_band(ageing.health(ageing.fresh(0.5)))).all()


def test_ten_years_of_one_cycle_a_day_published_for_two_laws_of_one_cell_and_another_cell() -> None:
    """0.8084 (Naumann), 0.8789 (same cell, NREL), 0.9009 (prismatic): the band is nine points wide."""
    ageing = Ageing(LFP_LAWS)
    state = ageing.fresh(0.1)
    use = one_cycle_a_day(900, 365)[1:]
    history = ageing.run(state, use, 25.0, 900.0, steps=3650 * 96, every=365 * 96)
    band = capacity_band(history)
    assert band.low.shape == (10,)
    assert [float(edge[-1]) for edge in band] == pytest.approx([0.8084, 0.8084, 0.9009], abs=2e-3)
    assert ((band.low <= band.nominal) & (band.nominal <= band.high)).all()


def test_end_of_life_at_rest_is_the_closed_form() -> None:
    """Naumann at 50 % and 25 °C: (0.15 / (1.2571e-5 · 0.60225))² s = 12.44 years of 365.25 days."""
    ageing = Ageing(["naumann_lfp"])
    state = ageing.fresh(0.5)
    end = end_of_life(ageing, state, REST, np.full(1, 25.0), 3600.0, end_capacity=0.85)
    expected = (0.15 / (1.2571e-5 * 0.60225)) ** 2 / CALENDAR_YEAR_S
    assert end.years[0] == pytest.approx(expected, rel=1e-5)
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert end.dates(now)[1] == pytest.approx(now + dt.timedelta(days=expected * 365.25), abs=dt.timedelta(days=1))


def test_a_used_battery_has_the_rest_of_its_life_and_stays_as_it_is() -> None:
    ageing = Ageing(["naumann_lfp"])
    new, used = ageing.fresh(0.5), ageing.fresh(0.5)
    ageing.run(used, REST, np.full(1, 25.0), 86_400.0, steps=1461)
    before = ageing.fresh(0.5, losses=used.losses[0, 0])
    before.usage[:], before.turning[:] = used.usage, used.turning
    lives = [end_of_life(ageing, state, REST, np.full(1, 25.0), 3600.0).years[0] for state in (new, used)]
    assert lives[0] - lives[1] == pytest.approx(4.0, abs=1e-3)
    assert same(before, used)


def test_the_laws_reach_the_end_one_after_the_other_or_not_at_all() -> None:
    ageing = Ageing(LFP_LAWS)
    use = one_cycle_a_day(3600, 7)[1:]
    end = end_of_life(ageing, ageing.fresh(0.1), use, np.full(use.shape, 25.0), 3600.0, longest_years=15.0)
    low, nominal, high = end.band
    assert 10.0 < low == nominal < 12.0
    assert math.isinf(high)
    assert end.dates(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))[2] is None


def test_past_the_end_there_is_no_life_left() -> None:
    ageing = Ageing(["naumann_lfp"])
    state = ageing.fresh(0.5, losses=worn(0.3))
    assert end_of_life(ageing, state, REST, np.full(1, 25.0), 3600.0).years == (0.0,)


def test_without_use_or_criterion_nothing_is_extrapolated() -> None:
    ageing = Ageing(["naumann_lfp"])
    with pytest.raises(ValueError, match="at least one step"):
        end_of_life(ageing, ageing.fresh(0.5), np.empty(0), np.empty(0), 3600.0)
    with pytest.raises(ValueError, match="never reached"):
        end_of_life(ageing, ageing.fresh(0.5), REST, REST, 3600.0, end_capacity=0.0)
