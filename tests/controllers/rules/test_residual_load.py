"""Residual load = load − renewables, before anything the operator can move."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.rules.residual_load import expected_residual_mw, measured_residual_mw, without_renewables_mw
from controllers.rules.site_view import GeneratorView, LoadView, RenewableView, SiteView, StorageView
from tests.controllers.closed_loop import BATTERY, CHP
from twin.nameplate import LoadNameplate, RenewableNameplate

LOAD, PV = LoadNameplate(5.0, 0.3, 1), RenewableNameplate(8.0)
NAN = math.nan


def view(
    exchange: float, storage: float, unit: float, pv: float, available: float, load: float, base: float
) -> SiteView:
    return SiteView(
        storages=(StorageView("bess", BATTERY, storage, 20.0, 0.5),),
        generators=(GeneratorView("chp", CHP, unit, unit, 1.0),),
        renewables=(RenewableView("pv", PV, pv, available),), loads=(LoadView("dc", LOAD, load, base),),
        exchange_mw=exchange)


def test_meter_counts_losses_interruption_and_curtailment() -> None:
    # 4 MW asked for, 1 interrupted; 2 MW of sun, 0.5 curtailed; 0.3 MW lost: import = 3 + 0.3 − 1.5 − 1 + 2 = 2.8
    seen = view(2.8, -2.0, 1.0, 1.5, 2.0, -3.0, -4.0)
    assert measured_residual_mw(seen) == pytest.approx(4.0 - 2.0 + 0.3)


def test_without_a_meter_loads_and_renewables_are_summed() -> None:
    assert measured_residual_mw(view(NAN, -2.0, 1.0, 1.5, 2.0, -3.0, -4.0)) == pytest.approx(4.0 - 2.0)


def test_with_a_silent_storage_loads_and_renewables_are_summed() -> None:
    assert measured_residual_mw(view(2.8, NAN, 1.0, 1.5, 2.0, -3.0, -4.0)) == pytest.approx(2.0)


def test_a_load_without_baseline_counts_as_it_is() -> None:
    assert measured_residual_mw(view(NAN, 0.0, 0.0, 1.5, NAN, -3.0, NAN)) == pytest.approx(3.0 - 1.5)


def test_unknown_if_neither_meter_nor_sum_is_complete() -> None:
    assert math.isnan(measured_residual_mw(view(NAN, 0.0, 0.0, NAN, NAN, -3.0, -3.0)))


powers = st.floats(0.0, 50.0)


@given(powers, powers, st.floats(-20, 20), powers, st.floats(0, 1), st.floats(0, 1))
def test_meter_and_sum_agree_where_nothing_is_lost(
    load: float, sun: float, storage: float, unit: float, interrupted: float, curtailed: float
) -> None:
    p_load, p_pv = -load * (1 - interrupted), sun * (1 - curtailed)
    exchange = -(p_load + p_pv + storage + unit)
    metered = measured_residual_mw(view(exchange, storage, unit, p_pv, sun, p_load, -load))
    assert metered == pytest.approx(load - sun, abs=1e-9)


def test_expected_as_yesterday_plus_fading_deviation() -> None:
    yesterday = np.array([1.0, 2.0, 3.0, 4.0])
    # now 4 where 2 was seen yesterday: +2, fading to nothing within two intervals of one hour
    ahead = expected_residual_mw(4.0, yesterday, 1, unseen_mw=9.0, intervals=4, dt_h=1.0, persistence_h=2.0)
    assert ahead.tolist() == pytest.approx([4.0, 3.0 + 1.0, 4.0, 1.0])


def test_renewables_fade_from_what_they_deliver_now_where_nothing_was_seen_yet() -> None:
    # a load of 5 MW and 4 MW of noon sun: 1 MW now, half of the sun an hour later, none in the evening
    ahead = expected_residual_mw(1.0, np.full(24, np.nan), 12, unseen_mw=5.0, intervals=5, dt_h=1.0, persistence_h=2.0)
    assert ahead.tolist() == [1.0, 3.0, 5.0, 5.0, 5.0]


def test_load_without_renewables_is_the_residual_load_plus_what_they_could_deliver() -> None:
    seen = view(2.8, -2.0, 1.0, 1.5, 2.0, -3.0, -4.0)
    assert without_renewables_mw(seen, 2.3) == pytest.approx(2.3 + 2.0)
    assert without_renewables_mw(view(2.8, 0.0, 0.0, NAN, NAN, -3.0, -3.0), 2.3) == 2.3


def test_expectation_leaves_the_memory_alone() -> None:
    memory = np.array([1.0, np.nan, 3.0, 4.0])
    expected_residual_mw(4.0, memory, 0, unseen_mw=4.0, intervals=4, dt_h=1.0, persistence_h=2.0)
    assert memory.tolist()[0::2] == [1.0, 3.0]
    assert math.isnan(memory[1])
