"""The periodic comparison with pandapipes: when it is made, on a copy, and what it tells."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.networks import thermal_crosscheck
from simulators.networks.heat.crosscheck import CrossCheck
from tests.simulators.networks.thermal.builders import Bench, chilled, town

DEMAND = {"hospital": 0.5, "house": 0.4, "pool": 0.3}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[CrossCheck]:
    """Replaces the comparison by one that finds nothing wrong; the list grows with each."""
    made: list[CrossCheck] = []

    def check(*args: Any) -> CrossCheck:
        made.append(CrossCheck(True, 1e-9, 0.001, 0.0, 3))
        return made[-1]

    monkeypatch.setattr(thermal_crosscheck, "cross_check", check)
    return made


@pytest.mark.parametrize(("kind", "network", "at"), [
    ("heat", town(), DEMAND),
    ("heat", town(boiler={"rated_mw": 2.0}), DEMAND),
    ("cooling", chilled(chillers={"units": 2, "rated_mw": 0.5}), {"dc": 0.6}),
])
def test_flows_and_pressures_agree_with_pandapipes(kind: str, network: dict[str, Any], at: dict[str, float]) -> None:
    bench = Bench(kind, network, crosscheck_every_h=1)
    y = bench.step(at)
    assert 0.0 < y.crosscheck_pressure_frac < 0.01
    assert bench.component.pending_events == []


def test_it_changes_nothing(made: list[CrossCheck]) -> None:
    """With the comparison or without: the same state, bit for bit."""
    with_it, without = (Bench("heat", town(), crosscheck_every_h=hours) for hours in (1, 0))
    for bench in (with_it, without):
        bench.run(0.5, DEMAND)
    assert len(made) == 1
    assert with_it.exact_state == without.exact_state


def test_it_is_made_at_the_start_and_then_every_so_often_while_water_flows(made: list[CrossCheck]) -> None:
    bench = Bench("heat", town(), step_s=900, crosscheck_every_h=2)
    bench.run(1.0, {})
    assert len(made) == 0
    bench.run(6.0, DEMAND)
    assert len(made) == 3


def test_never_is_0_h(made: list[CrossCheck]) -> None:
    Bench("heat", town(), crosscheck_every_h=0).run(1.0, DEMAND)
    assert made == []


@pytest.mark.parametrize(("found", "kind", "severity", "words"), [
    (CrossCheck(True, 1e-3, 0.0, 0.0, 3), "crosscheck_deviation", "alarm", "flows differ from pandapipes by 1.00e-03"),
    (CrossCheck(True, 0.0, 0.05, 0.0, 3), "crosscheck_deviation", "alarm", "pressure drops by 5.00%"),
    (CrossCheck(False, float("nan"), float("nan"), float("nan"), 0), "crosscheck_failed", "warning", "no flows"),
])
def test_a_deviation_is_told(
    monkeypatch: pytest.MonkeyPatch, found: CrossCheck, kind: str, severity: str, words: str
) -> None:
    monkeypatch.setattr(thermal_crosscheck, "cross_check", lambda *args: found)
    bench = Bench("heat", town(), crosscheck_every_h=1)
    bench.run(0.1, DEMAND)
    assert [(e.t_s, e.kind, e.severity) for e in bench.component.pending_events] == [(0, kind, severity)]
    assert words in bench.component.pending_events[0].message


def test_nothing_to_compare_keeps_the_last_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laminar flow everywhere gives no number; the output stays finite."""
    results = [CrossCheck(True, 0.0, 0.004, 0.0, 3), CrossCheck(True, 0.0, float("nan"), 0.0, 0)]
    monkeypatch.setattr(thermal_crosscheck, "cross_check", lambda *args: results.pop(0))
    bench = Bench("heat", town(), step_s=900, crosscheck_every_h=1)
    assert bench.run(2.0, DEMAND)[-1].crosscheck_pressure_frac == 0.004
    assert results == [] and not bench.component.pending_events


@pytest.mark.parametrize("shut", [{"EC-A": 0.0}, {"A-B": 0.0}, {"EC-A": 0.0, "A-B": 0.0}])
@pytest.mark.filterwarnings("error::UserWarning")
def test_shut_pipes_and_overload_do_not_stop_a_run(shut: dict[str, float]) -> None:
    """Nothing flows from the first source, or far more than its pipes can take: a comparison or none, no crash."""
    network = town()
    network["sources"]["second"] = {"node": "B", "supply": 75, "share_frac": 0.3, "max_kg_s": 30}
    bench = Bench("heat", network, crosscheck_every_h=1)
    at = dict.fromkeys(DEMAND, 4.0)
    bench.step(at, pipe_open_frac=shut)
    assert not bench.told("crosscheck_deviation")
