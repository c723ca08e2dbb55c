"""What the figures show adds up: stacks close, flows balance, bars sum to the net."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twin.accounts.builders import closed_run, engine, load, make_run, part, sun, tariff
from tests.twin.report.park import park_run
from twin.accounts import Accounts, settle
from twin.component import Limit, Role, Section
from twin.report import palette
from twin.report.figures.bill import cost_waterfall, emission_by_source
from twin.report.figures.dispatch import MOST_OF_A_ROLE, dispatch, origin_of_consumption
from twin.report.figures.following import hours_limited, requested_and_delivered
from twin.report.figures.long_run import duration_curves, exchange_carpet
from twin.report.figures.market import prices_and_exchange
from twin.report.figures.network import loadings, voltages
from twin.report.figures.sankey import energy_flow
from twin.report.figures.storage import state_of_charge
from twin.report.timeline import timeline_of
from twin.store.run_data import RunData

ROUNDING_MW = 1e-4
"""Curves are drawn in single precision."""


@pytest.fixture(scope="module")
def park() -> tuple[RunData, Accounts]:
    run = park_run(step_s=300)
    return run, settle(run)


def summed(figure, group: str) -> np.ndarray:
    return np.sum([np.asarray(t.y, dtype=float) for t in figure.data if t.stackgroup == group], axis=0)


def test_supply_and_use_are_of_the_same_height(park: tuple[RunData, Accounts]) -> None:
    run, accounts = park
    figure = dispatch(accounts, timeline_of(run))
    assert summed(figure, "sources") == pytest.approx(-summed(figure, "sinks"), abs=ROUNDING_MW)
    assert summed(figure, "sources").max() > 5.0


def test_origin_of_consumption_sums_to_the_load(park: tuple[RunData, Accounts]) -> None:
    run, accounts = park
    load_mw = -np.sum([run.native(f"{name}.p_mw") for name in ("office", "hospital", "data_centre")], axis=0)
    drawn = summed(origin_of_consumption(accounts, timeline_of(run)), "origin")
    assert drawn[:-1] == pytest.approx(load_mw, abs=ROUNDING_MW)


def test_many_plants_are_drawn_together_without_losing_power() -> None:
    """Nine plants of 1 to 9 MW: three by name, six together, 45 MW in all."""
    run = closed_run(load([-45.0]), *(sun([float(i)], name=f"s{i}") for i in range(1, 10)))
    figure = dispatch(settle(run), timeline_of(run))
    names = [t.name for t in figure.data if t.stackgroup == "sources"]
    assert names == ["s7", "s8", "s9", "6 other renewables"]
    assert len(names) == MOST_OF_A_ROLE
    assert summed(figure, "sources")[0] == pytest.approx(45.0)


def test_sankey_brings_out_what_goes_in(park: tuple[RunData, Accounts]) -> None:
    _, accounts = park
    flow = energy_flow(accounts).data[0]
    bus = flow.link.target[0]
    into = sum(v for v, target in zip(flow.link.value, flow.link.target, strict=True) if target == bus)
    out = sum(v for v, source in zip(flow.link.value, flow.link.source, strict=True) if source == bus)
    assert into == pytest.approx(out, rel=1e-9)
    assert not any("heat" in label for label in flow.node.label)


def test_waterfall_ends_at_the_net_cost(park: tuple[RunData, Accounts]) -> None:
    _, accounts = park
    bars = cost_waterfall(accounts.money).data[0]
    assert bars.measure[-1] == "total"
    assert sum(bars.x[:-1]) == pytest.approx(accounts.kpi["net_cost_cny"], abs=0.01)


def test_emission_bars_are_the_sources(park: tuple[RunData, Accounts]) -> None:
    _, accounts = park
    assert sum(emission_by_source(accounts.carbon).data[0].x) == pytest.approx(accounts.carbon.emission_t)


def test_a_component_has_one_colour_throughout(park: tuple[RunData, Accounts]) -> None:
    run, accounts = park
    timeline = timeline_of(run)
    stack = {t.name: t.fillcolor for t in dispatch(accounts, timeline).data}
    soc = {t.name: t.line.color for t in state_of_charge(run, timeline).data}
    assert stack["bess discharge"] == stack["bess charge"] == soc["bess (40 MWh)"]
    assert len(set(palette.FAMILIES[Role.STORAGE])) == len(palette.FAMILIES[Role.STORAGE])


def test_demand_response_is_shaded_where_it_was(park: tuple[RunData, Accounts]) -> None:
    run, accounts = park
    shapes = prices_and_exchange(run, accounts, timeline_of(run)).layout.shapes
    assert {(s.x0, s.x1) for s in shapes} == {("2025-07-15T18:00:00", "2025-07-15T20:00:00")}


def test_voltage_band_spans_all_buses_and_names_the_extremes(park: tuple[RunData, Accounts]) -> None:
    run, _ = park
    traces = voltages(run, run.components["electricity"], timeline_of(run)).data
    vm = run.native("electricity.vm_pu")
    assert np.asarray(traces[0].y)[:-1] == pytest.approx(vm.min(axis=1))
    assert np.asarray(traces[1].y)[:-1] == pytest.approx(vm.max(axis=1))
    assert [t.name for t in traces[2:]] == ["PCC (lowest mean)", "DC (highest mean)"]


def test_a_short_overload_survives_the_daily_bins() -> None:
    """One quarter hour of 130 % in a year is drawn as 130, not as a daily mean."""
    n = 365 * 96
    loading = np.full((n, 1), 40.0)
    loading[1234] = 130.0
    network = part("grid", "electrical_grid", Role.NETWORK, {
        "exchange_mw": np.ones(n), "loss_mw": np.zeros(n), "line_loading_percent": loading,
    }, section=Section.NETWORKS, vectors={"line_loading_percent": ("L1",)})
    run = make_run(load(-np.ones(n)), network, step_s=900)
    assert max(loadings(run, network_of(run), timeline_of(run)).data[0].y) == 130.0


def network_of(run: RunData):
    return run.of_role(Role.NETWORK)[0]


def test_hours_at_a_limit_by_hand() -> None:
    """Four half-hour steps: twice limited by ramp, once by power, once free: 1.0 h and 0.5 h."""
    unit = part("unit", "chp", Role.GENERATOR, {
        "p_mw": [1, 1, 1, 1], "p_requested_mw": [2, 2, 2, 1],
        "limited_by_code": [Limit.RAMP, Limit.RAMP, Limit.POWER, Limit.NONE]})
    run = make_run(unit, load([-1.0] * 4), step_s=1800)
    assert {t.name: t.x[0] for t in hours_limited(run).data} == {"power": 0.5, "ramp": 1.0}


def test_widest_gaps_come_first(park: tuple[RunData, Accounts]) -> None:
    run, accounts = park
    figure = requested_and_delivered(run, accounts, timeline_of(run))
    assert figure.layout.annotations[0].text == "<b>bess</b>"
    assert "limited by energy" in [t.name for t in figure.data]


@pytest.fixture(scope="module")
def fortnight() -> tuple[RunData, Accounts]:
    run = park_run(14 * 86_400, 900)
    return run, settle(run)


def test_duration_curves_fall_from_peak_to_least(fortnight: tuple[RunData, Accounts]) -> None:
    run, accounts = fortnight
    curves = duration_curves(accounts, timeline_of(run)).data
    assert [c.name for c in curves] == ["Load", "Renewable generation", "Exchange (import +)"]
    for curve in curves:
        assert np.all(np.diff(curve.y) <= 1e-6)
    hourly = np.add.reduceat(accounts.flows.import_mw - accounts.flows.export_mw, np.arange(0, 1344, 4)) / 4
    assert curves[2].y[0] == pytest.approx(hourly.max(), rel=1e-6)


def test_carpet_puts_each_hour_into_its_day(fortnight: tuple[RunData, Accounts]) -> None:
    run, accounts = fortnight
    field = np.asarray(exchange_carpet(accounts, timeline_of(run)).data[0].z)
    assert field.shape == (24, 14)
    exchange = accounts.flows.import_mw - accounts.flows.export_mw
    assert field[5, 3] == pytest.approx(exchange[(3 * 24 + 5) * 4:][:4].mean(), rel=1e-6)


def test_nothing_to_show_gives_no_figure() -> None:
    run = make_run(load([-1.0]))
    accounts, timeline = settle(run), timeline_of(run)
    assert state_of_charge(run, timeline) is None
    assert prices_and_exchange(run, accounts, timeline) is None
    assert requested_and_delivered(run, accounts, timeline) is None
    assert hours_limited(run) is None
    assert cost_waterfall(accounts.money) is None
    assert emission_by_source(accounts.carbon) is None
    assert duration_curves(accounts, timeline) is None
    assert exchange_carpet(accounts, timeline) is None


def test_a_bill_that_is_all_revenue_is_drawn() -> None:
    run = closed_run(sun([2.0]), engine([0.0]), load([0.0]), tariff(sell_price_per_mwh=[400.0]))
    bars = cost_waterfall(settle(run).money).data[0]
    assert list(bars.x) == pytest.approx([-800.0, -800.0])


def test_a_network_without_voltage_drop_has_no_voltage_figure() -> None:
    network = part("bus", "single_bus", Role.NETWORK, {"exchange_mw": [1.0], "loss_mw": [0.0], "vm_pu": [[1.0]]},
                   section=Section.NETWORKS, vectors={"vm_pu": ("bus",)})
    run = make_run(load([-1.0]), network)
    assert voltages(run, network_of(run), timeline_of(run)) is None
