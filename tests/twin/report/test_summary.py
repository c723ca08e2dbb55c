"""The terminal summary holds the same figures as the accounts, at any width."""

from __future__ import annotations

import doctest
import io
import subprocess
import sys

import pytest
from rich.console import Console

from tests.twin.accounts.builders import closed_run, grid, load, make_run
from tests.twin.report.park import park_run
from twin.accounts import settle
from twin.component import Event
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
    assert len(text.splitlines()) <= 64


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
