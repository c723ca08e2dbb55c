"""The page stands alone, tells no lies about what is missing, and lets no text of a run become markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.twin.accounts.builders import battery, closed_run, grid, load, make_run, sun
from tests.twin.report.park import park_run
from tests.twin.report.thermal import heat_part, thermal_park_run
from twin.accounts import Allocation, Rules, settle
from twin.component import Event
from twin.errors import RunStoreError
from twin.nameplate import ThermalNetworkNameplate
from twin.report import report_html, write_report
from twin.report.provenance import scenario_hash

LARGEST_BYTES = 8_000_000


class Page(HTMLParser):
    """Collects what the tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.figures: list[str] = []
        self.headings: list[str] = []
        self.text: list[str] = []
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.outside += [v for k, v in attrs if k in ("src", "href") and v]
        if (values.get("id") or "").startswith("figure-"):
            self.figures.append(str(values["id"]).removeprefix("figure-"))
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            del self._inside[len(self._inside) - 1 - self._inside[::-1].index(tag):]

    def handle_data(self, data: str) -> None:
        if "script" in self._inside or "style" in self._inside:
            return
        self.text.append(data)
        if self._inside and self._inside[-1] == "h2":
            self.headings.append(data)


@pytest.fixture(scope="module")
def park_page() -> str:
    run = park_run(step_s=300)
    return report_html(run, settle(run))


def test_the_page_loads_nothing_from_elsewhere(park_page: str) -> None:
    page = Page(park_page)
    assert page.outside == []
    assert park_page.count("plotly.js v") == 1
    assert "@import" not in park_page.split("<script>")[0]


def test_the_page_has_no_button_that_sends_data_away(park_page: str) -> None:
    assert park_page.count('"modeBarButtons": [["toImage", "zoom2d", "pan2d", "resetScale2d"]]') == len(
        Page(park_page).figures)


def test_the_park_shows_every_section_in_order(park_page: str) -> None:
    page = Page(park_page)
    assert page.headings == ["Dispatch", "Energy flow", "Where the consumption came from", "Storage",
                             "Prices and exchange", "Money", "Carbon", "Network: electricity",
                             "Requested and delivered", "Events", "All key figures", "Reproducibility"]
    assert page.figures == ["dispatch", "flow", "origin", "soc", "prices", "bill", "carbon", "electricity-voltages",
                            "electricity-loadings", "following", "limits"]


NETWORK_FIGURES = ("dispatch", "map", "temperatures", "pressures", "tank", "inputs")


@pytest.fixture(scope="module")
def thermal_page() -> str:
    run = thermal_park_run()
    return report_html(run, settle(run))


def test_heat_and_cold_stand_between_the_storages_and_the_market(thermal_page: str) -> None:
    page = Page(thermal_page)
    first = page.headings.index("Storage")
    assert page.headings[first:first + 5] == ["Storage", "Heat and cold", "Heat network: heat", "Cooling network: cold",
                                              "Prices and exchange"]
    assert [f for f in page.figures if f.startswith("heat-")] == [f"heat-{f}" for f in NETWORK_FIGURES]
    without_tank = [f"cold-{f}" for f in NETWORK_FIGURES if f != "tank"]
    assert [f for f in page.figures if f.startswith("cold-")] == without_tank


def test_the_page_does_not_play_by_itself(thermal_page: str) -> None:
    """The maps have frames, and no script of the page starts them."""
    page_scripts = thermal_page.split("</header>")[1]
    assert page_scripts.count("Plotly.addFrames") == 2
    assert "Plotly.animate" not in page_scripts


def test_names_of_a_thermal_network_never_become_markup() -> None:
    evil = "<script>alert(1)</script>"
    run = make_run(heat_part(3600, 300), load([-1.0] * 12), grid([load([-1.0] * 12)]), step_s=300)
    record = run.components["heat"]
    plate = record.nameplate
    assert isinstance(plate, ThermalNetworkNameplate)
    renamed = ThermalNetworkNameplate(
        plate.service, tuple(n._replace(name=_renamed(n.name, evil)) for n in plate.nodes),
        tuple(p._replace(name=_renamed(p.name, evil), from_node=_renamed(p.from_node, evil),
                         to_node=_renamed(p.to_node, evil)) for p in plate.pipes),
        tuple(s._replace(name=_renamed(s.name, evil), node=_renamed(s.node, evil)) for s in plate.substations),
        tuple(s._replace(name=evil) for s in plate.sources))
    vectors = {output: tuple(_renamed(label, evil) for label in labels) for output, labels in record.vectors.items()}
    run.components["heat"] = replace(record, nameplate=renamed, vectors=vectors)
    text = report_html(run, settle(run))
    assert evil not in text
    drawn = text.split("</header>")[1]
    assert "\\u003cscript" not in drawn, "plotly reads its own texts as markup"


def _renamed(name: str, evil: str) -> str:
    return evil if name in ("hotel", "main", "energy_centre") else name


def test_a_small_site_has_no_empty_plots() -> None:
    run = closed_run(sun([1.0, 2.0]), load([-3.0, -3.0]))
    page = Page(report_html(run, settle(run)))
    assert page.figures == ["dispatch", "flow", "origin"]
    assert "Storage" not in page.headings
    assert "Money" not in page.headings


def test_an_empty_run_still_gives_a_page() -> None:
    run = make_run(load([]), grid([load([])]))
    assert Page(report_html(run, settle(run))).figures == []


def test_what_is_missing_is_named() -> None:
    run = closed_run(load([-3.0, -3.0]))
    assert "the run records no grid_emission_t_per_mwh" in " ".join(Page(report_html(run, settle(run))).text)


def test_the_rule_is_stated() -> None:
    run = park_run(step_s=900)
    text = " ".join(Page(report_html(run, settle(run, Rules(allocation=Allocation.LOAD_FIRST)))).text)
    assert "load first: own green serves loads" in text


def test_text_of_a_run_never_becomes_markup() -> None:
    evil = "<script>alert(1)</script>"
    run = closed_run(load([-1.0], name=evil), events=[Event(0, evil, evil, evil, "alarm")])
    run.name = evil
    run.scenario["note"] = evil
    text = report_html(run, settle(run))
    assert evil not in text
    assert text.count("alert(1)") >= 5


def test_the_scenario_can_be_read_back(park_page: str) -> None:
    scenario = park_run(step_s=300).scenario
    shown = re.search(r"<pre>(.*?)</pre>", park_page, re.DOTALL)
    assert shown is not None
    assert YAML(typ="safe").load(unescape(shown.group(1))) == scenario
    assert list(YAML(typ="rt").load(unescape(shown.group(1)))) == list(scenario)
    assert scenario_hash(scenario) in park_page


def test_the_hash_follows_the_content_and_not_the_order() -> None:
    assert scenario_hash({"a": 1, "b": [1, 2]}) == scenario_hash({"b": [1, 2], "a": 1})
    assert scenario_hash({"a": 1}) != scenario_hash({"a": 2})


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    run = park_run(step_s=900)
    accounts = settle(run)
    write_report(run, accounts, tmp_path / "a.html", extra_provenance={"run": "2025-001"})
    write_report(run, accounts, tmp_path / "b.html", extra_provenance={"run": "2025-001"})
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert "2025-001" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_a_year_stays_small_and_shows_the_long_run(tmp_path: Path) -> None:
    run = park_run(365 * 86_400, 900)
    write_report(run, settle(run), tmp_path / "year.html")
    assert (tmp_path / "year.html").stat().st_size < LARGEST_BYTES
    page = Page((tmp_path / "year.html").read_text(encoding="utf-8"))
    assert {"duration", "carpet"} <= set(page.figures)
    assert "following" not in page.figures
    assert not any(h.startswith(("Heat", "Cooling")) for h in page.headings)


def test_a_year_of_heat_and_cold_adds_little(tmp_path: Path) -> None:
    run = thermal_park_run(365 * 86_400, 3600)
    write_report(run, settle(run), tmp_path / "year.html")
    assert (tmp_path / "year.html").stat().st_size < LARGEST_BYTES
    assert "heat-map" in Page((tmp_path / "year.html").read_text(encoding="utf-8")).figures


def test_what_the_caller_knows_of_the_run_wins() -> None:
    run = closed_run(load([-1.0]))
    text = " ".join(Page(report_html(run, settle(run), extra_provenance={"seed": "4711", "parktwin": "0.0.9"})).text)
    assert text.count("4711") == 2
    assert text.count("0.0.9") == 2


def test_a_battery_run_down_is_said_beside_the_bill() -> None:
    """Discharging 4 MW for an hour takes 4 / 0.9 = 4.44 MWh out of the battery."""
    run = closed_run(load([-4.0]), battery([4.0], start_mwh=20.0))
    assert "ended with 4.44 MWh less than they began with" in report_html(run, settle(run))


def test_an_unwritable_path_is_a_clear_error(tmp_path: Path) -> None:
    run = closed_run(load([-1.0]))
    with pytest.raises(RunStoreError, match="cannot write the report"):
        write_report(run, settle(run), tmp_path / "missing" / "report.html")
