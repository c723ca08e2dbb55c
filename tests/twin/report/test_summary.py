"""The terminal summary holds the same figures as the accounts, at any width."""

from __future__ import annotations

import doctest
import io
import subprocess
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from tests.twin.accounts.builders import battery, closed_run, grid, load, make_run, tariff
from tests.twin.report.park import park_run
from twin.accounts import settle
from twin.component import Event
from twin.nameplate import StorageNameplate
from twin.report import formats, print_summary
from twin.store.run_data import RunData


def printed(run: RunData, width: int = 130) -> str:
    out = io.StringIO()
    print_summary(run, settle(run), Console(file=out, width=width))
    return out.getvalue()


def test_the_park_on_one_screen() -> None:
    run = park_run(step_s=300)
    text, kpi = printed(run), settle(run).kpi
    assert f"{100 * kpi['green_share_frac']:.1f} %" in text
    assert f"{kpi['net_cost_cny']:,.0f} CNY" in text
    for expected in (run.name, "24 h at 5 min", "bess", "Energy purchase", "Net cost", "own green, direct"):
        assert expected in text
    assert len(text.splitlines()) <= 65


def test_alarms_come_before_older_news() -> None:
    lines = printed(park_run(step_s=300)).splitlines()
    severities = [word for line in lines for word in ("alarm", "warning", "info") if f" {word} " in line]
    assert severities == sorted(severities, key=("alarm", "warning", "info").index)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_any_width_prints(width: int) -> None:
    assert max(len(line) for line in printed(park_run(step_s=900), width).splitlines()) <= width


def test_an_empty_run_prints() -> None:
    assert "toy" in printed(make_run(load([]), grid([load([])])))


def test_names_are_not_markup() -> None:
    run = closed_run(load([-1.0], name="[bold]town[/]"), events=[Event(0, "[red]x", "k", "[/] closes nothing")])
    run.name = "[blink]site"
    text = printed(run)
    for name in ("[bold]town[/]", "[red]x", "[/] closes nothing", "[blink]site"):
        assert name in text


def test_examples_of_the_number_formats() -> None:
    assert doctest.testmod(formats).failed == 0
    assert doctest.testmod(formats).attempted >= 5


def test_importing_the_report_is_light() -> None:
    """plotly and pandas are imported when a figure is drawn, not before."""
    code = "import sys, twin.report, twin.accounts; sys.exit(bool({'plotly', 'pandas', 'rich'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_emptied_storage_is_counted_and_told() -> None:
    """0.9 MW empty 1 MWh at 1,000: the bill says 3,190 with wear, with the content 1,111 more; buying all costs 4,000.
    """
    run = closed_run(load([-4.0]), battery([0.9], start_mwh=10.0), tariff(buy_price_per_mwh=[1000]))
    text = " ".join(printed(run, 160).split())
    assert "Net cost 3,190" in text
    assert "Change of stored energy -1.00 MWh 1,111" in text
    assert "Net cost with stored energy 4,301" in text
    assert "8% more than buying all from the grid (stored energy counted, investment not)" in text
    assert "what its discharge displaced (at the mean purchase price: 1,111" in text


def test_a_storage_off_its_nameplate_is_an_alarm() -> None:
    """Lossless where 0.9 is stated: 1/9 MWh is missing of 1 MWh moved."""
    *front, plate, step = battery([1.0], start_mwh=10.0, eta=1.0)
    assert isinstance(plate, StorageNameplate)
    run = closed_run(load([-4.0]), (*front, replace(plate, discharge_efficiency=0.9), step))  # type: ignore[arg-type]
    text = " ".join(printed(run, 160).split())
    assert "Storage losses off nameplate 11.11 % of the throughput; not explained by the nameplate of bess" in text
    assert "off nameplate" not in printed(park_run(step_s=900))
