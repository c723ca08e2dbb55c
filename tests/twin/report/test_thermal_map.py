"""The map of a thermal network: everything has a place of its own, colours and widths are the recorded numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.accounts.builders import Part, make_run, part
from tests.twin.report.thermal import STATUS, cooling_part, cooling_plate, heat_part, heat_plate
from twin.component import Role, Section
from twin.nameplate import NodePlate, PipePlate, SourcePlate, SubstationPlate, ThermalNetworkNameplate
from twin.report import palette
from twin.report.figures.thermal_graph import distances_m, layout_of
from twin.report.figures.thermal_map import THINNEST_PX, WIDEST_PX, network_map
from twin.report.figures.thermal_pictures import (
    MOST_PICTURES,
    MOST_PIPES_DRAWN,
    first_shown,
    interval_steps,
    pictures_of,
)
from twin.report.figures.thermal_series import ThermalSeries, thermal_networks
from twin.report.timeline import Timeline, timeline_of

SMALLEST_GAP = 1.0
"""Rows of a scheme."""
LARGEST_JSON = 400_000


def plate_of(*pipes: tuple[str, str], sources: tuple[str, ...] = ("EC",), more_nodes: tuple[str, ...] = (),
             ) -> ThermalNetworkNameplate:
    """A network of pipes of 100 m between nodes without coordinates."""
    names = dict.fromkeys((*sources, *(end for pipe in pipes for end in pipe), *more_nodes))
    return ThermalNetworkNameplate(
        "heating", tuple(NodePlate(n, None, None) for n in names),
        tuple(PipePlate(f"p{i}", a, b, 100.0, 0.1) for i, (a, b) in enumerate(pipes)), (),
        tuple(SourcePlate(n, n) for n in sources))


def drawn(part_: Part, step_s: int = 3600) -> tuple[ThermalSeries, Timeline]:
    run = make_run(part_, step_s=step_s)
    for record in run.components.values():
        record.codes["status_code"] = STATUS
    return thermal_networks(run)[0], timeline_of(run)


# ── the scheme ──────────────────────────────────────────────────────────────────────────────────────────────────────

def test_the_main_is_straight_and_branches_lie_beside_it() -> None:
    """EC-A-C-tower_c-tower_b, the way with most nodes at every joint, is one line; the columns are the joints."""
    nodes = layout_of(heat_plate()).nodes
    assert [nodes[n] for n in ("EC", "A", "C", "tower_c", "tower_b")] == [(c, nodes["EC"][1]) for c in range(5)]
    assert {n: nodes[n][0] for n in ("B", "hospital", "tower_a")} == {"B": 2.0, "hospital": 3.0, "tower_a": 4.0}


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60))
def test_every_node_of_a_tree_has_its_own_place_and_the_same_every_time(choices: list[int]) -> None:
    """A random tree: node i hangs on any earlier one. Columns are the pipes from the source, rows one apart."""
    pipes = [(f"n{choice % (i + 1)}", f"n{i + 1}") for i, choice in enumerate(choices)]
    plate = plate_of(*pipes, sources=("n0",))
    nodes = layout_of(plate).nodes
    assert all(nodes[b][0] == nodes[a][0] + 1.0 for a, b in pipes)
    columns: dict[float, list[float]] = {}
    for x, y in nodes.values():
        columns.setdefault(x, []).append(y)
    assert all(b - a >= SMALLEST_GAP for rows in columns.values() for a, b in pairwise(sorted(rows)))
    assert layout_of(plate) == layout_of(plate)


def test_a_long_row_of_houses_does_not_overflow() -> None:
    """1500 nodes in a row, deeper than Python may call itself."""
    layout = layout_of(plate_of(*((f"n{i}", f"n{i + 1}") for i in range(1500)), sources=("n0",)))
    assert layout.nodes["n1500"] == (1500.0, layout.nodes["n0"][1])


def test_what_no_pipe_reaches_stands_apart() -> None:
    nodes = layout_of(plate_of(("EC", "A"), ("X", "Y"), more_nodes=("Z",))).nodes
    assert len(set(nodes.values())) == len(nodes)
    assert len({nodes[n][1] for n in ("EC", "X", "Z")}) == 3


def test_a_pipe_that_closes_a_ring_is_bowed() -> None:
    """EC-A, EC-B, A-B: the last joins two ends of one column; its middle lies aside of the straight line."""
    layout = layout_of(plate_of(("EC", "A"), ("EC", "B"), ("A", "B")))
    assert len(layout.pipes["p0"]) == len(layout.pipes["p1"]) == 2
    line = layout.pipes["p2"]
    assert (line[0], line[-1]) == (layout.nodes["A"], layout.nodes["B"])
    assert abs(line[len(line) // 2][0] - layout.nodes["A"][0]) > 0.1


def test_coordinates_of_the_file_are_kept() -> None:
    layout = layout_of(cooling_plate())
    assert not layout.is_scheme
    assert layout.nodes["N3"] == (640.0, 420.0)
    assert layout.substations["dc"] == (980.0, 300.0)


def test_one_missing_coordinate_makes_a_scheme() -> None:
    plate = cooling_plate()
    nodes = (NodePlate("EC", None, None), *plate.nodes[1:])
    layout = layout_of(ThermalNetworkNameplate("cooling", nodes, plate.pipes, plate.substations, plate.sources))
    assert layout.is_scheme
    assert layout.nodes["EC"][0] == 0.0


def test_substations_at_one_node_stand_around_it() -> None:
    plate = plate_of(("EC", "A"))
    both = tuple(SubstationPlate(n, "A", 2) for n in ("lab", "hall"))
    places = layout_of(ThermalNetworkNameplate("heating", plate.nodes, plate.pipes, both, plate.sources)).substations
    assert places["lab"] != places["hall"]


def test_distances_follow_the_shortest_way_from_the_nearest_source() -> None:
    """Ring of the cooling network: 420 + 390 + 360 m to the data centre, not by way of N2."""
    assert distances_m(cooling_plate())["dc"] == 420 + 390 + 360
    assert distances_m(plate_of(("EC", "A"), ("A", "B"), ("B", "E2"), sources=("EC", "E2"), more_nodes=("Z",))) == {
        "EC": 0.0, "E2": 0.0, "A": 100.0, "B": 100.0}


# ── the pictures ────────────────────────────────────────────────────────────────────────────────────────────────────

@pytest.mark.parametrize(("n", "step_s", "most", "seconds"), [
    (24 * 60, 60, 24, 3600), (6 * 60, 60, 24, 900), (7 * 96, 900, 24, 8 * 3600), (365 * 96, 900, 24, 384 * 3600),
    (10, 60, 24, 60), (24, 3600, 1, 24 * 3600), (1000, 7, 24, 42 * 7),
])
def test_intervals_are_handy_and_few(n: int, step_s: int, most: int, seconds: int) -> None:
    steps = interval_steps(n, step_s, most)
    assert steps * step_s == seconds
    assert -(-n // steps) <= most


@given(st.lists(st.integers(0, 999), max_size=4), st.sampled_from([60, 900, 3600]))
def test_no_interval_hides_its_worst_step(bad: list[int], step_s: int) -> None:
    """Wherever demand stays unserved, the picture of that interval shows the step with most of it."""
    unserved = np.zeros(1000)
    unserved[bad] = 1.0 + np.arange(len(bad))
    run = part("heat", "heat_network", Role.NETWORK, {"unserved_mw": unserved, "demand_mw": np.full(1000, 5.0)},
               plate=heat_plate(), section=Section.NETWORKS)
    network, _ = drawn(run, step_s)
    pictures = pictures_of(network)
    assert len(pictures) <= MOST_PICTURES
    assert max(unserved[pictures]) == max(unserved)
    assert unserved[pictures[first_shown(network, pictures)]] == max(unserved)


def test_long_intervals_show_the_highest_demand_and_short_ones_their_start() -> None:
    demand = np.tile(np.sin(np.arange(24) / 24 * np.pi), 60)
    months, day = (part("heat", "heat_network", Role.NETWORK, {"demand_mw": series}, plate=heat_plate(),
                        section=Section.NETWORKS) for series in (demand, demand[:24]))
    assert (pictures_of(drawn(months)[0]) % 24 == 12).all()
    assert pictures_of(drawn(day)[0]).tolist() == list(range(24))


def test_a_large_network_gets_fewer_pictures() -> None:
    plate = plate_of(*((f"n{i}", f"n{i + 1}") for i in range(800)), sources=("n0",))
    run = part("heat", "heat_network", Role.NETWORK, {"demand_mw": np.ones(96)}, plate=plate, section=Section.NETWORKS)
    assert len(pictures_of(drawn(run)[0])) * 800 <= MOST_PIPES_DRAWN


# ── the map ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PAIR = ThermalNetworkNameplate(
    "heating", (NodePlate("EC", None, None), NodePlate("A", None, None), NodePlate("B", None, None)),
    (PipePlate("main", "EC", "A", 500.0, 0.2), PipePlate("branch", "A", "B", 100.0, 0.1)),
    (SubstationPlate("hospital", "B", 1),), (SourcePlate("plant", "EC"),))
NODES = ("EC", "A", "B")
VECTORS = {"supply_degc": NODES, "return_degc": NODES, "pipe_kg_s": ("main", "branch"),
           "velocity_m_s": ("main", "branch"), "substation_unserved_mw": ("hospital",)}


def two_hours(**series: object) -> Part:
    """Hour 0: 90, 80, 70 °C at the nodes, 20 and 10 kg/s. Hour 1: the branch stands still, the main runs backwards."""
    values = {
        "supply_degc": [[90.0, 80.0, 70.0], [90.0, 90.0, 90.0]], "return_degc": [[50.0, 50.0, 50.0]] * 2,
        "pipe_kg_s": [[20.0, 10.0], [-5.0, 0.0]], "velocity_m_s": [[0.64, 1.27], [-0.16, 0.0]],
        "demand_mw": [2.0, 1.0], "unserved_mw": [0.0, 0.0], "substation_unserved_mw": [[0.0], [0.0]], **series}
    return part("heat", "heat_network", Role.NETWORK, values, plate=PAIR,  # type: ignore[arg-type]
                section=Section.NETWORKS, vectors=VECTORS)


def lines(figure) -> list:
    return [t for t in figure.data if t.mode == "lines"]


def test_colours_and_widths_are_the_numbers_of_the_picture() -> None:
    """Highest demand in hour 0: supply 70 to 90 °C; the main at (90 + 80) / 2 is 3/4 up the scale, the branch 1/4."""
    figure = network_map(*drawn(two_hours()))
    main, branch = lines(figure)[:2]
    assert (main.line.color, branch.line.color) == (palette.of_temperature(0.75), palette.of_temperature(0.25))
    assert main.line.width == WIDEST_PX
    assert branch.line.width == pytest.approx((THINNEST_PX + WIDEST_PX) / 2, abs=0.06)
    bars = [t.marker for t in figure.data if t.marker.showscale]
    assert [(b.cmin, b.cmax, b.colorbar.title.text) for b in bars] == [
        (70.0, 90.0, "Supply [°C]"), (49.0, 51.0, "Return [°C]")]


def test_the_slider_goes_through_all_pictures_and_opens_at_the_highest_demand() -> None:
    figure = network_map(*drawn(two_hours(demand_mw=[1.0, 2.0])))
    slider = figure.layout.sliders[0]
    assert [s.label for s in slider.steps] == ["00:00", "01:00"]
    assert [s.args[0] for s in slider.steps] == [(f.name,) for f in figure.frames] == [("0",), ("1",)]
    assert slider.active == 1
    assert lines(figure)[0].line.color == palette.of_temperature(1.0)
    assert figure.layout.title.text == "<b>15 Jul 01:00</b>   demand 2.00 MW"


def test_a_frame_changes_what_differs_and_nothing_else() -> None:
    figure = network_map(*drawn(two_hours()))
    back_main, back_branch = (figure.data.index(t) for t in lines(figure)[2:])
    second = dict(zip(figure.frames[1].traces, figure.frames[1].data, strict=True))
    assert second[0].line.color == palette.of_temperature(1.0), "90 °C at both ends"
    assert (second[0].x, second[0].y) == (None, None), "no pipe moves"
    assert second[back_main].line.width < WIDEST_PX
    assert second[back_branch].line.width == THINNEST_PX


def test_arrows_turn_with_the_flow_and_against_it_in_the_return() -> None:
    """An arrow's tail is the end the water comes from; standing water has none."""
    figure = network_map(*drawn(two_hours()))
    supply, back = (i for i, t in enumerate(figure.data) if t.marker.angleref == "previous")
    assert figure.data[supply].x[::3] == (0.0, 1.0)
    assert figure.data[back].x[::3] == (1.0, 2.0)
    second = dict(zip(figure.frames[1].traces, figure.frames[1].data, strict=True))
    assert second[supply].x[::3] == (1.0,)
    assert second[back].x[::3] == (0.0,)


def test_the_buttons_show_one_side_at_a_time() -> None:
    figure = network_map(*drawn(two_hours()))
    supply, back = (b.args[0]["visible"] for b in figure.layout.updatemenus[0].buttons)
    assert len(supply) == len(back) == len(figure.data)
    per_side = len(PAIR.pipes) + 2
    assert (supply[:2 * per_side], back[:2 * per_side]) == (
        [True] * per_side + [False] * per_side, [False] * per_side + [True] * per_side)
    assert [t.visible is not False for t in figure.data] == supply
    assert supply[2 * per_side:] == back[2 * per_side:]


def test_a_substation_left_cold_is_marked_by_name_colour_and_sign() -> None:
    """Hour 1 has 0.3 MW unserved: the map opens there, though demand is higher in hour 0."""
    network, timeline = drawn(two_hours(unserved_mw=[0.0, 0.3], substation_unserved_mw=[[0.0], [0.3]],
                                        status_code=[0, 2]))
    figure = network_map(network, timeline)
    mark = next(t for t in figure.data if t.name == "Substation")
    assert mark.text == ("<b>hospital: 0.30 MW unserved</b>",)
    assert (mark.marker.symbol, mark.marker.color) == (("x",), (palette.ALARM,))
    assert "unserved 0.30 MW" in figure.layout.title.text
    assert "not solvable: no flow" in figure.layout.title.text
    at = figure.data.index(mark)
    before = dict(zip(figure.frames[0].traces, figure.frames[0].data, strict=True))[at]
    assert (before.text, before.marker.symbol) == (("hospital",), ("circle",))


def test_hover_tells_name_length_flow_velocity_and_both_ends() -> None:
    figure = network_map(*drawn(two_hours()))
    pipes = next(t for t in figure.data if t.marker.opacity == 0.0)
    assert pipes.text[0] == "<b>main</b>: EC – A<br>500 m, inner diameter 200 mm"
    assert "Flow: %{customdata[0]} kg/s<br>Velocity: %{customdata[1]} m/s" in pipes.hovertemplate
    assert list(pipes.customdata[0]) == [20.0, 0.64, 90.0, 80.0, 50.0, 50.0]


def test_what_is_not_a_number_is_grey_and_a_dash() -> None:
    figure = network_map(*drawn(two_hours(supply_degc=[[90.0, np.nan, 70.0]] * 2)))
    assert lines(figure)[0].line.color == palette.EXPORT
    pipes = next(t for t in figure.data if t.marker.opacity == 0.0)
    assert list(pipes.customdata[0]) == [20.0, 0.64, 90.0, "–", 50.0, 50.0]


def test_without_flows_the_width_is_the_diameter() -> None:
    run = part("heat", "heat_network", Role.NETWORK, {"supply_degc": [[90.0, 80.0, 70.0]]}, plate=PAIR,
               section=Section.NETWORKS, vectors={"supply_degc": NODES})
    figure = network_map(*drawn(run))
    assert [t.line.width for t in lines(figure)] == [WIDEST_PX, pytest.approx((THINNEST_PX + WIDEST_PX) / 2, abs=0.06)]
    assert not figure.frames
    assert not figure.layout.sliders


def test_without_temperatures_there_is_no_map() -> None:
    run = part("heat", "heat_network", Role.NETWORK, {"demand_mw": [1.0]}, plate=PAIR, section=Section.NETWORKS)
    assert network_map(*drawn(run)) is None


def test_a_map_of_coordinates_has_axes_in_metres_of_equal_scale() -> None:
    layout = network_map(*drawn(cooling_part(step_s=300), 300)).layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("East [m]", "North [m]")
    assert layout.yaxis.scaleanchor == "x"
    assert network_map(*drawn(heat_part(step_s=300), 300)).layout.xaxis.visible is False


def test_the_map_of_a_year_is_small() -> None:
    assert len(network_map(*drawn(heat_part(365 * 86_400, 900), 900)).to_json()) < LARGEST_JSON


def test_the_colours_of_temperature_run_from_one_end_to_the_other() -> None:
    assert palette.of_temperature(0.0) == palette.of_temperature(-1.0) == palette.TEMPERATURES[0]
    assert palette.of_temperature(1.0) == palette.of_temperature(2.0) == palette.TEMPERATURES[-1]
    assert palette.of_temperature(float("nan")) == palette.EXPORT
