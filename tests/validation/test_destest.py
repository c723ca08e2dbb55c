"""The network engine beside other tools: DESTEST networks CE0 and CE1."""

from __future__ import annotations

import pytest

from simulators.networks.heat.crosscheck import cross_check
from simulators.validation.destest import (
    CE0_FLOW_KG_S,
    CE0_GROUND_DEGC,
    CE0_SUPPLY_DEGC,
    WEEK,
    compare_steady,
    compare_week,
    steady_network,
    steady_state,
)
from tests.validation.published_data import published_data


def test_steady_network_agrees_with_the_main_cluster() -> None:
    rows = compare_steady(published_data("destest", "results_ce0"))
    assert len(rows) == 14
    assert [row for row in rows if not row.passed] == []


def test_steady_network_agrees_with_pandapipes() -> None:
    network = steady_network(published_data("destest", "pipes_16_ce0.csv"))
    result = steady_state(network)
    check = cross_check(network, network.inputs(CE0_SUPPLY_DEGC, CE0_GROUND_DEGC), result)
    assert check.flow_frac < 1e-9
    assert check.pressure_frac < 1e-3
    assert check.supply_k < 1e-3
    assert result.sources["flow_kg_s"][0] == pytest.approx(16 * CE0_FLOW_KG_S)


def test_the_table_says_what_was_identified_from_the_reference() -> None:
    assert [note for note in WEEK.notes if "idle flow (0.0007 kg/s per building)" in note and "identified" in note]


def test_the_week_agrees_with_three_tools() -> None:
    rows = compare_week(published_data("destest", "results_ce1"))
    assert len(rows) == 9
    assert [row for row in rows if not row.passed] == []
