"""Heat and cold in the summary and the report: every megawatt-hour once, and what was not served in red."""

from __future__ import annotations

import doctest
import io
import re
from html import unescape

from rich.console import Console

from tests.twin.accounts.builders import closed_run, load, part, thermal_network
from tests.twin.accounts.thermal_site import cold, heat, prices, site
from twin.accounts import settle
from twin.component import Role
from twin.report import print_summary, tables
from twin.report.cards import Card, cards_of, stored_note
from twin.report.tables import energy_table, kpi_table, money_table, thermal_tables
from twin.store.run_data import RunData

SERVED = {"hospital": ([2.0, 2.0], [2.0, 2.0])}
RED = "\x1b[1;31m"


def html(run: RunData) -> str:
    return thermal_tables(run, settle(run))


def rows(text: str) -> list[list[str]]:
    """Cells of all lines but the heads and totals."""
    lines = re.findall(r"<tr>(.*?)</tr>", text)
    return [[unescape(c) for c in re.findall(r"<td[^>]*>(.*?)</td>", line)] for line in lines]


def printed(run: RunData, width: int = 150, *, colours: bool = False) -> str:
    out = io.StringIO()
    print_summary(run, settle(run), Console(
        file=out, width=width, force_terminal=colours, color_system="standard" if colours else None))
    return out.getvalue()


def card(run: RunData, label: str) -> Card | None:
    return next((c for c in cards_of(settle(run), "CNY") if c.label == label), None)


def test_a_network_table_shows_sources_and_uses_with_shares() -> None:
    """12.5 MWh came in: 8 from the CHP (64 %), 4.5 from boilers; 10.5 were delivered (84 %), 0.5 stored. 0.8 were
    lost of the 11.8 that entered the pipes: 0.2 were dumped, 0.5 drove chillers."""
    found = rows(html(site()))
    for expected in (["In", "CHP plants", "8.00", "64.0 %"], ["In", "Boilers", "4.50", "36.0 %"],
                     ["In", "Total", "12.5", ""], ["Out", "Delivered", "10.5", "84.0 %"],
                     ["Out", "Stored in tanks and pipes", "0.50", "4.0 %"], ["Out", "Total", "12.5", ""],
                     ["Losses", "0.80 MWh, 6.8 % of what entered the pipes"], ["COP of the electric chillers", "4.00"]):
        assert expected in found
    assert re.findall(r"<h3>(.*?)</h3>", html(site())) == ["heat (heat network)", "cold (cooling network)"]


def test_unserved_heat_is_marked_in_every_place() -> None:
    text = html(site())
    assert '<td class=alarm>offices</td>' in text
    assert '<td class="number alarm">0.50</td>' in text
    assert "<td class=alarm>Not served</td><td class=alarm>0.50 MWh</td>" in text
    assert "<td class=alarm>hospital</td>" not in text
    delivered = card(site(), "Heat delivered")
    assert delivered is not None
    assert delivered.alarm
    assert "0.50 MWh not served" in delivered.under
    shown = printed(site(), colours=True)
    for failed in ("Not served", "0.50 MWh", "offices (priority 2)", "0.50 of 7.00 MWh not served in 1.00 h"):
        assert f"{RED}{failed}" in shown
    plain = printed(site())
    assert plain.index("0.50 of 7.00 MWh") < plain.index("11.0 MWh, peak 6.00 MW")


def test_however_little_was_not_served_it_is_told() -> None:
    """0.1 W for an hour prints as no number, yet not as nothing."""
    run = closed_run(load([-1.0]), thermal_network("heating", {"ward": ([1.0], [1.0 - 1e-7])}, boiler_mw=[1.0]))
    assert "&lt; 0.0001" in html(run)
    delivered = card(run, "Heat delivered")
    assert delivered is not None and delivered.alarm


def test_a_network_that_served_all_raises_no_alarm() -> None:
    run = closed_run(load([-1.0, -1.0]), thermal_network("heating", SERVED, boiler_mw=[2.0, 2.0]))
    delivered = card(run, "Heat delivered")
    assert delivered is not None
    assert (delivered.value, delivered.alarm) == ("4.00", False)
    assert "alarm" not in html(run)
    assert "Not served" not in printed(run)
    assert card(run, "Heat or cooling network not solvable") is None


def test_time_without_solution_is_an_alarm_with_its_reason() -> None:
    run = site(cold(status_code=[6, 0]))
    trouble = card(run, "Heat or cooling network not solvable")
    assert trouble is not None
    assert (trouble.value, trouble.unit, trouble.alarm) == ("1.00", "h", True)
    assert "1.00 h (boiling 1.00)" in html(run)
    shown = printed(run, colours=True)
    assert f"{RED}Not solvable" in shown
    assert f"{RED}1.00 h (boiling 1.00)" in shown


def test_electricity_and_gas_of_networks_have_their_own_lines() -> None:
    found = rows(energy_table(settle(site())))
    assert ["heat", "heat_network", "–", "0.20", "0.10", "4.95", "–", "–", "–"] in found
    assert "and 1.60 MWh of heat and cooling networks" in " ".join(printed(site()).split())


def test_the_bill_ends_with_the_stored_heat_and_cold() -> None:
    """211.22 for 0.5 MWh heat and 26.25 for 0.1 MWh cold, both more than at the start; of 14,991.97 net."""
    found = rows(money_table(settle(site())).replace("<tr class=total>", "<tr>"))
    assert [(label, cost) for label, _, cost in found[-3:]] == [
        ("Change of stored heat", "-211.22"), ("Change of stored cold", "-26.25"),
        ("Net cost with stored energy", "14,754.50")]
    assert stored_note(settle(site())) == ("Tanks and pipes ended with 0.50 MWh more heat (211 CNY) and 0.1000 MWh "
                                           "more cold (26 CNY) than they began with.")


def test_stored_heat_without_a_price_is_said_to_have_none() -> None:
    run = closed_run(load([-1.0, -1.0]), heat())
    assert stored_note(settle(run)) == ("Tanks and pipes ended with 0.50 MWh more heat (no price in the run) than they "
                                        "began with.")


def test_the_saving_says_what_it_is_compared_with() -> None:
    """Of the offices' heat 0.5 MWh are missing in the site, and not bought in what it is compared with."""
    net = card(site(), "Net operating cost")
    assert net is not None
    assert "all: electricity from the grid, heat from a gas boiler, cold from electric chillers" in net.under
    assert "what was not served is not bought there either" in net.under
    served = card(closed_run(load([-1.0, -1.0]), thermal_network("heating", SERVED, boiler_mw=[2.0, 2.0]), prices()),
                  "Net operating cost")
    assert served is not None
    assert "heat from a gas boiler" in served.under
    assert "not served" not in served.under


def test_each_network_has_its_name_and_a_blank_line_before_what_follows() -> None:
    """In a terminal of 80 columns: the name and kind of a network as its title, one figure a line."""
    lines = [line.rstrip() for line in printed(site(), 80).splitlines()]
    for title in ("heat (heat network)", "cold (cooling network)", "Money [CNY]  cost +, revenue –"):
        assert lines[lines.index(title) - 1] == ""
    assert " Losses                0.80 MWh, 6.8 % of what entered the pipes" in lines


def test_what_ran_backwards_stands_on_the_other_side_by_its_own_name() -> None:
    """Frost: the pipes give 1 MWh of cold, the tank 0.5; a feed takes 0.25 MWh: 2 + 1.5 MWh in, 3.25 delivered."""
    network = thermal_network("cooling", {"labs": ([3.25], [3.25])}, chiller_mw=[2.0], feed_mw=[-0.25], loss_mw=[-1.0],
                              tank_loss_mw=[-0.5])
    found = rows(html(closed_run(load([-1.0]), network)))
    assert [row[:3] for row in found if row and row[0] in ("In", "Out")] == [
        ["In", "Electric chillers", "2.00"], ["In", "Gained by pipes", "1.00"], ["In", "Gained by tanks", "0.50"],
        ["In", "Total", "3.50"], ["Out", "Delivered", "3.25"], ["Out", "Given to feeds, net", "0.25"],
        ["Out", "Total", "3.50"]]


def test_every_key_figure_has_a_line() -> None:
    accounts = settle(site())
    names = [row[1] for row in rows(kpi_table(accounts, "CNY"))[1:]]
    assert names == list(accounts.kpi)
    assert "chp_total_efficiency_frac" in names


def test_any_width_prints() -> None:
    for width in (40, 80, 200):
        assert max(len(line) for line in printed(site(), width).splitlines()) <= width


def test_names_are_neither_markup() -> None:
    evil = "<b>[red]x"
    run = closed_run(load([-1.0]), thermal_network("cooling", {evil: ([2.0], [1.0])}, name=evil, chiller_mw=[1.0]))
    assert evil not in html(run)
    assert evil in printed(run)


def test_a_run_without_thermal_networks_has_no_tables() -> None:
    tank = part("tank", "water_tank", Role.STORAGE, {"heat_mw": [1.0], "energy_mwh": [3.0]})
    run = closed_run(load([-1.0]), tank)
    assert html(run) == ""
    assert "network)" not in printed(run)


def test_examples_in_the_docstrings() -> None:
    found = doctest.testmod(tables)
    assert (found.failed, found.attempted >= 2) == (0, True)
