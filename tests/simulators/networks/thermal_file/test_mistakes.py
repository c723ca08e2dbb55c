"""Thermal network files: every mistake is found, at its line, with a remedy; all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.networks.thermal_file import CoolingNetworkFile, HeatNetworkFile, ThermalFile
from simulators.networks.thermal_source import thermal_model
from twin.errors import ComponentError, ScenarioError

HEAT = """\
name: street
nodes:
  PLANT: {x_m: 0, y_m: 0}
  A: {x_m: 300, y_m: 400}
  B: {x_m: 300, y_m: 500}
pipes:
  PLANT-A: {from: PLANT, to: A, length_m: 500, dn: 100}
  A-B: {from: A, to: B, length_m: 100, inner_diameter_m: 0.08, u_w_mk: 0.2}
substations:
  clinic: {node: A, return_degc: 50, max_mw: 0.5, priority: 1}
  school: {node: B, delta_k: 30, max_kg_s: 2.0}
sources:
  EC:
    node: PLANT
    supply: {outdoor_degc: [-5, 10, 20], supply_degc: [90, 85, 80]}
    plant: {boiler: {rated_mw: 1.0}}
  TOWN: {node: B, supply: 85, share_frac: 0.2, max_mw: 0.3, max_gradient_k_per_h: 10}
feeds:
  tank: {node: PLANT}
extractions:
  heat_pump: {node: A}
"""
COOLING = """\
nodes: {PLANT: {}, A: {}}
pipes:
  PLANT-A: {from: PLANT, to: A, length_m: 100, dn: 100}
substations:
  offices: {node: A, return_degc: 12}
sources:
  EC: {node: PLANT, supply: 7, max_kg_s: 20, plant: {chillers: {rated_mw: 0.3}}}
"""


def read(folder: Path, text: str, kind: type[ThermalFile] = HeatNetworkFile, **changes: object) -> ThermalFile:
    file = folder / "network.yaml"
    file.write_text(text, encoding="utf-8")
    return thermal_model(kind, str(file), changes, None)


def problems(folder: Path, text: str, kind: type[ThermalFile] = HeatNetworkFile) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(folder, text, kind)
    return [f"{p.line}: {p.message}" for p in caught.value.problems]


def test_good_files_are_read(tmp_path: Path) -> None:
    heat = read(tmp_path, HEAT)
    assert isinstance(heat, HeatNetworkFile)
    assert (heat.pipes["A-B"].from_, heat.substations["clinic"].priority) == ("A", 1)
    assert heat.sources["EC"].plant is not None and heat.sources["TOWN"].plant is None
    assert isinstance(read(tmp_path, COOLING, CoolingNetworkFile), CoolingNetworkFile)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("from: PLANT, to: A,", "from: PLNAT, to: A,",
         "7: pipes PLANT-A: node 'PLNAT' does not exist; did you mean 'PLANT'?"),
        ("school: {node: B", "school: {node: BB", "11: substations school: node 'BB' does not exist; did you mean "
                                                  "'B'?"),
        ("TOWN: {node: B", "TOWN: {node: TOWN",
         "17: sources TOWN: node 'TOWN' does not exist; known: PLANT, A, B"),
        ("tank: {node: PLANT}", "tank: {node: PLANTS}",
         "19: feeds tank: node 'PLANTS' does not exist; did you mean 'PLANT'?"),
        ("heat_pump: {node: A}", "heat_pump: {node: C}",
         "21: extractions heat_pump: node 'C' does not exist; known: PLANT, A, B"),
        ("to: B, length_m: 100", "to: A, length_m: 100", "8: pipe 'A-B' begins and ends at node 'A'"),
        ("dn: 100", "dn: 110",
         "7: pipe 'PLANT-A': there is no pre-insulated pipe DN 110; known: 20, 25, 32, 40, 50, 65, 80, 100, 125, "
         "150, 200, 250, 300, 350, 400; or give inner_diameter_m and u_w_mk"),
        ("dn: 100", "dn: 100, inner_diameter_m: 0.1", "7: pipe 'PLANT-A' has a dn; remove inner_diameter_m or the dn"),
        (", u_w_mk: 0.2", "", "8: pipe 'A-B' needs a dn, or u_w_mk"),
        ("inner_diameter_m: 0.08, u_w_mk: 0.2", "u_return_w_mk: 0.2",
         "8: pipe 'A-B' needs a dn, or inner_diameter_m and u_w_mk"),
        ("u_w_mk: 0.2", "u_w_mk: 0.2, wall_m: 0.003, wall_j_mk: 3000",
         "8: pipe 'A-B' has wall_m (of steel) and wall_j_mk; remove one of them"),
        ("clinic: {node: A, return_degc: 50", "clinic: {node: A, return_degc: 50, delta_k: 30",
         "10: substation 'clinic' needs either return_degc or delta_k; both are given"),
        ("delta_k: 30, ", "", "11: substation 'school' needs either return_degc or delta_k; neither is given"),
        ("max_mw: 0.5,", "max_mw: 0.5, max_kg_s: 3,",
         "10: substation 'clinic' has max_kg_s and max_mw, which both limit the flow; remove one of them"),
        ("max_kg_s: 2.0", "max_kg_s: 2.0, min_kg_s: 3",
         "11: substation 'school': min_kg_s = 3 is larger than max_kg_s = 2"),
        ("return_degc: 50", "return_degc: 80",
         "10: substation 'clinic': return_degc = 80 asks for a return of 80 °C, but source 'EC' supplies 80 °C at "
         "times; the supply must be warmer than the return"),
        ("return_degc: 50", "return_degc: 50, secondary_return_degc: 78",
         "10: substation 'clinic': secondary_return_degc = 78 asks for a return of 81 °C, but source 'EC' supplies "
         "80 °C at times; the supply must be warmer than the return"),
        ("delta_k: 30", "delta_k: 85",
         "11: substation 'school': source 'EC' supplies 80 °C at times; less delta_k = 85 that is -5 °C, not above "
         "freezing (0 °C)"),
        ("school: {", "TOWN: {",
         "17: a substation is named 'TOWN' too; loads and plants are connected by these names: rename one of them"),
        ("[-5, 10, 20]", "[-5, 20, 10]",
         "15: source 'EC': outdoor temperatures must increase, but 10 follows 20; sort the points, coldest first"),
        ("[-5, 10, 20]", "[-5, 10]",
         "15: source 'EC': 2 outdoor temperatures and 3 supply temperatures; give one for each"),
        ("[90, 85, 80]", "[97, 85, 80]",
         "15: source 'EC': a supply of 97 °C, but its plant has max_supply_degc = 95; lower the supply or raise that "
         "limit"),
        (", share_frac: 0.2", "",
         "17: source 'TOWN' needs share_frac: its part of the consumers' flow; 0 for one that only helps when 'EC' "
         "is at its largest flow"),
        ("node: PLANT\n", "node: PLANT\n    share_frac: 0.5\n",
         "15: source 'EC' is the first of its network and takes the flow the others leave; remove share_frac"),
        ("node: PLANT\n", "node: PLANT\n    max_mw: 1\n",
         "15: source 'EC' has a plant, whose limit holds; remove max_mw and use the plant's ratings"),
        ("node: PLANT\n", "node: PLANT\n    max_gradient_k_per_h: 1\n",
         "15: source 'EC' has a plant, whose limit holds; remove max_gradient_k_per_h and use gradient_k_per_h under "
         "plant"),
        (", max_kg_s: 2.0", "",
         "13: source 'EC' needs max_kg_s, or every substation max_kg_s or max_mw: the water in the plant's headers "
         "follows from the largest flow; without a limit: 'school'"),
        ("delta_k: 30, max_kg_s: 2.0", "delta_k: 30",
         "17: source 'TOWN' needs max_kg_s, or every substation max_kg_s or max_mw: the water in the header behind "
         "max_mw follows from the largest flow; without a limit: 'school'"),
        ("max_kg_s: 2.0", "max_kg_s: 2.0, reserve_factor: 2",
         "11: substation 'school': reserve_factor = 2 needs max_mw and return_degc, which say what the design flow is"),
        ("heat_pump: {node: A}", "one: {node: A}\n  two: {node: A}",
         "22: extraction 'one' stands at node 'A' already; add the heat of both up, or put a short pipe between them"),
        ("heat_pump: {node: A}", "heat_pump: {node: A, min_degc: 60, max_degc: 50}",
         "21: extraction 'heat_pump': min_degc = 60 must be below max_degc = 50"),
        ("  B: {x", "  C: {x_m: 300, y_m: 430}\n  B: {x",
         "5: node 'C' is not connected to any source (at 'PLANT' or 'B'); add a pipe (the nearest other node is "
         "'A', 30 m away), or remove it"),
        ("  B: {x", "  C: {}\n  B: {x",
         "5: node 'C' is not connected to any source (at 'PLANT' or 'B'); add a pipe that joins it, or remove it"),
        ("plant: {boiler", "plant: {chillers: {rated_mw: 1}, boiler", "16: unknown key"),
        ("supply: 85", "supply: hot", "17: a number"),
        ("supply: 85", "supply: 850", "17: is 850, but must be at most 200"),
        ("length_m: 500", "length_m: 0", "7: is 0, but must be more than 0 [m]"),
        ("length_m: 500", "length_m: true", "7: a number [m] is needed, not true"),
        ("length_m: 500", "lenght_m: 500", "7: unknown key; did you mean 'length_m'?"),
        ("priority: 1", "priority: 0", "10: is 0, but must be at least 1"),
    ],
)
def test_a_mistake_is_found_at_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in HEAT
    found = problems(tmp_path, HEAT.replace(old, new, 1))
    assert any(problem.startswith(expected) for problem in found), found


def test_a_closed_valve_that_would_join_a_node_is_named(tmp_path: Path) -> None:
    text = HEAT.replace("to: B,", "to: B, in_service: false,").replace("  TOWN: {node: B", "  TOWN: {node: A")
    assert problems(tmp_path, text) == [
        "5: node 'B' is not connected to any source (at 'PLANT' or 'A'); pipe 'A-B' would join it: set its "
        "in_service to true, or remove the node"]


def test_an_island_is_told_once(tmp_path: Path) -> None:
    island = "  C-D: {from: C, to: D, length_m: 5, dn: 20}\nsubstations:"
    text = HEAT.replace("  B: {x", "  C: {}\n  D: {}\n  B: {x").replace("substations:", island)
    assert problems(tmp_path, text) == [
        "5: node 'C' is not connected to any source (at 'PLANT' or 'B') (nor is 'D', joined with it); add a pipe that "
        "joins it, or remove it"]


def test_a_valve_may_cut_a_network_into_two_with_a_source_each(tmp_path: Path) -> None:
    cut = HEAT.replace("to: B,", "to: B, in_service: false,").replace("share_frac: 0.2, ", "")
    assert not read(tmp_path, cut).pipes["A-B"].in_service


@pytest.mark.parametrize(("source", "where"), [
    ("plant: {boiler: {rated_mw: 1.0}}", "the plant's headers"), ("max_mw: 1.0", "the header behind max_mw")])
def test_a_header_in_a_part_without_substations_needs_a_flow(tmp_path: Path, source: str, where: str) -> None:
    """An island of its own, or a part with feeds only: no substation says how much water flows."""
    far = f"  FAR: {{node: X, supply: 80, {source}}}\nfeeds:"
    text = HEAT.replace("  B: {x", "  X: {}\n  B: {x").replace("feeds:", far)
    assert problems(tmp_path, text) == [
        f"19: source 'FAR' needs max_kg_s: the water in {where} follows from the largest flow, and there is no "
        f"substation in its part of the network"]
    limited = text.replace("FAR: {node: X,", "FAR: {node: X, max_kg_s: 5,")
    assert "FAR" in read(tmp_path, limited).sources


def test_a_network_without_a_source_is_refused(tmp_path: Path) -> None:
    text = HEAT[:HEAT.index("sources:")] + "sources: {}\n"
    assert problems(tmp_path, text)[0].startswith("12: a thermal network needs at least one source")


def test_shares_are_at_most_one(tmp_path: Path) -> None:
    text = HEAT.replace("share_frac: 0.2", "share_frac: 0.6").replace(
        "feeds:", "  MILL: {node: A, supply: 85, share_frac: 0.5}\nfeeds:")
    assert problems(tmp_path, text) == ["18: the shares of 'TOWN', 'MILL' are 1.1 in sum; at most 1 is possible"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("supply: 7", "supply: 0", "7: source 'EC': a supply of 0 °C, but the water freezes at 0 °C; raise it, or "
                                   "describe an antifreeze under fluid"),
        ("supply: 7", "supply: 3.5", "7: source 'EC': a supply of 3.5 °C, but its plant has min_supply_degc = 4; "
                                     "raise the supply or lower that limit"),
        ("supply: 7", "supply: 12", "5: substation 'offices': return_degc = 12 asks for a return of 12 °C, but "
                                    "source 'EC' supplies 12 °C at times; the supply must be colder than the return"),
        ("chillers: {rated_mw: 0.3}", "boiler: {rated_mw: 0.3}", "7: "),
    ],
)
def test_cooling_has_its_own_mistakes(tmp_path: Path, old: str, new: str, expected: str) -> None:
    found = problems(tmp_path, COOLING.replace(old, new, 1), CoolingNetworkFile)
    assert any(problem.startswith(expected) for problem in found), found


def test_antifreeze_lets_the_supply_go_below_zero(tmp_path: Path) -> None:
    glycol = "fluid: {density_kg_m3: 1040, heat_capacity_j_kg_k: 3700, viscosity_pa_s: 0.004, freezing_degc: -15}\n"
    bought = COOLING.replace("supply: 7, max_kg_s: 20, plant: {chillers: {rated_mw: 0.3}}", "supply: -5")
    assert "freezes at 0 °C" in problems(tmp_path, bought, CoolingNetworkFile)[0]
    assert read(tmp_path, glycol + bought, CoolingNetworkFile).freezing_degc == -15


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    text = HEAT.replace("dn: 100", "dn: 110").replace(", delta_k: 30", "").replace("[90, 85, 80]", "[97, 85, 80]")
    assert [int(problem.split(":")[0]) for problem in problems(tmp_path, text)] == [7, 11, 15]


def test_the_scenario_may_change_one_element_of_a_file(tmp_path: Path) -> None:
    assert read(tmp_path, HEAT, pipes={"PLANT-A": {"dn": 125}}).pipes["PLANT-A"].dn == 125


def test_a_mistake_in_the_changes_points_at_the_scenario(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(tmp_path, HEAT, pipes={"PLANT-A": {"dn": 110}})
    assert caught.value.problems[0].file is None
    assert caught.value.problems[0].message.startswith("changes.pipes.PLANT-A.dn: pipe 'PLANT-A': there is no")


def test_mistakes_of_a_network_in_the_scenario_name_their_keys(tmp_path: Path) -> None:
    good = read(tmp_path, HEAT)
    assert isinstance(good, HeatNetworkFile)
    assert thermal_model(HeatNetworkFile, None, {}, good) is good
    far = good.substations["school"].model_copy(update={"node": "C"})
    wrong = good.model_copy(update={"substations": {"school": far}})
    with pytest.raises(ScenarioError) as caught:
        thermal_model(HeatNetworkFile, None, {}, wrong)
    assert [p.message for p in caught.value.problems] == [
        "inline.substations.school.node: substations school: node 'C' does not exist; known: PLANT, A, B"]


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ComponentError, match=r"a network file ends in \.yaml, \.yml or \.json"):
        thermal_model(HeatNetworkFile, str(tmp_path / "network.csv"), {}, None)
    with pytest.raises(ComponentError, match=r"'changes' apply to network files in YAML, not to 'n\.json'"):
        thermal_model(HeatNetworkFile, str(tmp_path / "n.json"), {"nodes": {}}, None)
    with pytest.raises(ComponentError, match="no network is given"):
        thermal_model(HeatNetworkFile, None, {}, None)
