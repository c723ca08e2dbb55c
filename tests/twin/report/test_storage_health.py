"""The section of a storage that states its inner life: the same figures on page and terminal, and what is left out."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from rich.console import Console

from tests.twin.accounts.builders import battery, closed_run, load
from tests.twin.accounts.worn_battery import worn_battery
from twin.accounts import settle
from twin.report import print_summary, report_html
from twin.report.figures.storage_health import (
    cycle_depths,
    losses_by_cause,
    measured_charge,
    state_of_health,
    temperature,
)
from twin.report.storage_tables import law_rows, loss_rows, storage_facts
from twin.report.timeline import timeline_of
from twin.store.run_data import RunData

CYCLE = [-5.0, -5.0, 0.0, 4.0, 4.0, 0.0]


@pytest.fixture(scope="module")
def run() -> RunData:
    return closed_run(load([-5.0] * 6), worn_battery(
        CYCLE, mild=np.linspace(0.0, 0.05, 6), harsh=np.linspace(0.0, 0.25, 6)))


def test_the_bar_of_losses_is_as_long_as_the_loss(run: RunData) -> None:
    storage = settle(run).storages[0]
    bars = losses_by_cause(storage).data

    assert [bar.name for bar in bars] == ["ohmic", "converter", "auxiliary", "fade"]
    assert sum(bar.x[0] for bar in bars) == pytest.approx(100.0 * 1.526 / 18.0)
    assert loss_rows(storage)[0] == ("ohmic", "0.82", "4.56 %")
    assert loss_rows(storage)[-1] == ("all", "1.53", "8.48 %")


def test_health_is_drawn_as_nominal_line_in_a_band_with_the_end_of_life(run: RunData) -> None:
    figure = state_of_health(run, run.components["bess"], settle(run).storages[0], timeline_of(run))
    lower, upper, nominal = figure.data

    assert nominal.name == "nominal: mild"
    assert np.asarray(nominal.y)[5] == pytest.approx(95.0)
    assert (np.asarray(lower.y)[5], np.asarray(upper.y)[5]) == pytest.approx((75.0, 95.0))
    assert [shape.y0 for shape in figure.layout.shapes] == [80.0]


def test_one_law_makes_no_band_and_a_new_battery_no_end_of_life() -> None:
    part = worn_battery(CYCLE)
    vectors = {name: labels[:1] if name.startswith("law_") else labels for name, labels in part[5].items()}
    series = {name: values[:, :1] if name.startswith("law_") else values for name, values in part[4].items()}
    run = closed_run(load([-5.0] * 6), (*part[:4], series, vectors, *part[6:]))
    figure = state_of_health(run, run.components["bess"], settle(run).storages[0], timeline_of(run))

    assert dict(storage_facts(settle(run).storages[0], "CNY"))["Capacity left"] == "100.0 %"
    assert [trace.name for trace in figure.data] == ["nominal: mild"]
    assert not figure.layout.shapes


def test_cycles_temperature_and_instruments_are_drawn_as_recorded(run: RunData) -> None:
    storage, record, timeline = settle(run).storages[0], run.components["bess"], timeline_of(run)

    assert list(cycle_depths(storage).data[0].y) == pytest.approx([2.5, 0.5])
    warm = temperature(run, record, storage, timeline)
    assert np.asarray(warm.data[0].y)[:6] == pytest.approx([20, 21, 22, 20, 21, 22])
    assert [shape.y0 for shape in warm.layout.shapes] == [0.0, 45.0]
    true, measured, difference = measured_charge(run, record, timeline).data
    assert np.asarray(measured.y) - np.asarray(true.y) == pytest.approx(np.ones(7), abs=1e-4)
    assert np.asarray(difference.y) == pytest.approx(np.ones(7), abs=1e-4)


def test_words_and_numbers(run: RunData) -> None:
    storage = settle(run).storages[0]
    facts = dict(storage_facts(storage, "CNY"))

    assert facts["Capacity left"] == "95.0 %, 75.0 % to 95.0 % over 2 laws of ageing"
    assert facts["Cost of ageing"] == "6.25 CNY/MWh delivered until the end of life, 6.25 to 31.25 over the laws"
    assert facts["Round trip"] == "84.5 % with everything, 87.2 % in conversion; by its curve 80.0 % to 92.0 % when new"
    assert facts["Temperature"] == "20.0 to 22.0 °C, mean 21.0; may be 0 to 45"
    assert facts["Charge as measured"] == "+1.00 points off on average, 1.00 at most"
    # the harsh law passes 20 % in the fifth hour, the run is too short for the mild one
    assert law_rows(storage) == [
        ["mild (nominal)", "95.0 %", "3.8 %", "1.2 %", "105 %", "6.25", "–"],
        ["harsh", "75.0 %", "18.8 %", "6.2 %", "–", "31.25", "0.0"]]


def test_page_and_terminal_say_the_same(run: RunData) -> None:
    accounts = settle(run)
    page, out = report_html(run, accounts), io.StringIO()
    print_summary(run, accounts, Console(file=out, width=130))

    assert "<h2>Storage: bess</h2>" in page
    for figure in ("losses", "health", "cycles", "temperature", "measured"):
        assert f'id="figure-bess-{figure}"' in page
    for _, value in storage_facts(accounts.storages[0], run.currency):
        assert value in page
        assert value in out.getvalue()
    assert "not that each cause is right" in page


@pytest.mark.parametrize("width", [40, 80])
def test_the_block_keeps_to_the_terminal(run: RunData, width: int) -> None:
    out = io.StringIO()
    print_summary(run, settle(run), Console(file=out, width=width))
    assert max(len(line) for line in out.getvalue().splitlines()) <= width


def test_a_plain_storage_has_no_such_section() -> None:
    run = closed_run(load([-5.0] * 6), battery(CYCLE, start_mwh=20.0))
    assert "Storage: bess" not in report_html(run, settle(run))


def test_a_storage_without_laws_or_instruments_shows_its_losses_only() -> None:
    part = worn_battery(CYCLE)
    series = {name: part[4][name] for name in ("p_mw", "loss_mw", "energy_mwh", "soc", "converter_loss_mw",
                                               "ohmic_loss_mw", "auxiliary_mw", "fade_loss_mw")}
    run = closed_run(load([-5.0] * 6), (*part[:4], series, {}, *part[6:]))
    storage = settle(run).storages[0]

    assert storage.laws == () and math.isnan(storage.full_cycles_count)
    assert [label for label, _ in storage_facts(storage, "CNY")] == ["Round trip"]
    page = report_html(run, settle(run))
    assert 'id="figure-bess-losses"' in page
    assert 'id="figure-bess-health"' not in page
