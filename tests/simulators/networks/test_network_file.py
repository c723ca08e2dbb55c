"""Network files: every mistake is found, at its line, with a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.networks.labels import unique_labels
from simulators.networks.network_file import NetworkFile
from simulators.networks.network_source import GivenNetwork, from_file, from_models
from twin.errors import ComponentError, ScenarioError

GOOD = """\
name: two_feeders
buses:
  GRID: {vn_kv: 110}
  SS: {vn_kv: 10}
  A: {vn_kv: 10}
  B: {vn_kv: 10}
external_grid: {bus: GRID}
transformers:
  T1: {hv: GRID, lv: SS, std_type: 25 MVA 110/10 kV}
lines:
  SS-A: {from: SS, to: A, length_km: 1.0, std_type: NA2XS2Y 1x240 RM/25 6/10 kV, count: 2}
  SS-B: {from: SS, to: B, length_km: 2.0, r_ohm_per_km: 0.1, x_ohm_per_km: 0.1, c_nf_per_km: 300, max_i_ka: 0.4}
  A-B: {from: A, to: B, length_km: 0.5, std_type: NA2XS2Y 1x240 RM/25 6/10 kV}
open_points:
  - {line: A-B, at_bus: B}
loads:
  LAMPS: {bus: B, p_mw: 0.1}
"""


def read(folder: Path, text: str, **changes: object) -> GivenNetwork:
    file = folder / "network.yaml"
    file.write_text(text, encoding="utf-8")
    return from_file(str(file), changes)


def problems(folder: Path, text: str, **changes: object) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(folder, text, **changes)
    return [f"{p.line}: {p.message}" for p in caught.value.problems]


def test_each_circuit_is_a_row_of_its_own(tmp_path: Path) -> None:
    net = read(tmp_path, GOOD).net
    assert net.line.name.tolist() == ["SS-A#1", "SS-A#2", "SS-B", "A-B"]
    assert net.line.parallel.tolist() == [1, 1, 1, 1]
    assert net.line.max_i_ka.tolist() == [0.416, 0.416, 0.4, 0.416]    # the cable's by its standard type
    assert net.bus.vn_kv.tolist() == [110, 10, 10, 10]
    assert net.load.p_mw.tolist() == [0.1]
    open_end = net.switch.iloc[0]
    assert (net.line.name[open_end.element], net.bus.name[open_end.bus], bool(open_end.closed)) == ("A-B", "B", False)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("bus: GRID}", "bus: GRDI}", "7: external_grid: bus 'GRDI' does not exist; did you mean 'GRID'?"),
        ("from: SS, to: A,", "from: SSS, to: A,", "11: lines SS-A: bus 'SSS' does not exist; did you mean 'SS'?"),
        ("hv: GRID, lv: SS,", "hv: GRID, lv: S,", "9: transformers T1: bus 'S' does not exist; did you mean 'SS'?"),
        ("bus: B, p_mw", "bus: BB, p_mw", "17: loads LAMPS: bus 'BB' does not exist; did you mean 'B'?"),
        ("std_type: 25 MVA 110/10 kV", "std_type: 25 MVA 110/10",
         "9: transformer 'T1': standard type '25 MVA 110/10' does not exist; did you mean '25 MVA 110/10 kV'?"),
        ("std_type: NA2XS2Y 1x240 RM/25 6/10 kV, count: 2", "std_type: NA2XS2Y 1x240 RM/25 6/10",
         "11: line 'SS-A': standard type 'NA2XS2Y 1x240 RM/25 6/10' does not exist; did you mean 'NA2XS2Y 1x240 RM/25 "
         "6/10 kV'?"),
        ("B: {vn_kv: 10}", "B: {vn_kv: 20}",
         "12: line 'SS-B' joins bus 'SS' at 10 kV and bus 'B' at 20 kV; put a transformer between them"),
        ("external_grid: {bus: GRID}\n", "", "1: this key is missing (connection to the public grid)"),
        ("B: {vn_kv: 10}\n", "B: {vn_kv: 10}\n  C: {vn_kv: 10}\n",
         "7: bus 'C' is not connected to the external grid at 'GRID'; join it with a line or transformer in service, "
         "or remove it"),
        ("to: B, length_km: 2.0", "to: B, in_service: false, length_km: 2.0",
         "6: bus 'B' is not connected to the external grid at 'GRID'; join it with a line or transformer in service, "
         "or remove it"),
        ("at_bus: B}", "at_bus: SS}", "15: 'SS' is not an end of line 'A-B'; its ends are 'A' and 'B'"),
        ("{line: A-B,", "{line: AB,", "15: line 'AB' does not exist; did you mean 'A-B'?"),
        ("from: A, to: B", "from: A, to: A", "13: line 'A-B' begins and ends at bus 'A'"),
        ("r_ohm_per_km: 0.1, ", "", "12: line 'SS-B' needs a std_type, or r_ohm_per_km"),
        ("count: 2}", "max_i_ka: 1}", "11: line 'SS-A' has a std_type; remove max_i_ka or the std_type"),
        ("lv: SS, std_type: 25 MVA 110/10 kV", "lv: SS, sn_mva: 25",
         "9: transformer 'T1' needs a std_type, or vk_percent, vkr_percent, pfe_kw, i0_percent"),
        ("std_type: 25 MVA 110/10 kV", "std_type: 25 MVA 110/20 kV",
         "9: transformer 'T1' is rated 20 kV on its lv side, but bus 'SS' has 10 kV"),
        ("25 MVA 110/10 kV}", "25 MVA 110/10 kV, tap_position: 12}",
         "9: transformer 'T1': position 12 is outside -9 … 9"),
        ("25 MVA 110/10 kV}", "25 MVA 110/10 kV, voltage_control: {deadband_pu: 0.005}}",
         "9: transformer 'T1': deadband_pu = 0.005 is narrower than half a tap step, the tap changer would never rest; "
         "use at least 0.0075"),
        ("  A-B: {", "  SS-A#1: {", "13: the name 'SS-A#1' is already taken by 'SS-A'; rename one of them"),
        ("length_km: 1.0", "length_km: -1.0", "11: is -1.0, but must be more than 0 [km]"),
        ("length_km: 1.0", "length_km: true", "11: a number [km] is needed, not true"),
        ("length_km: 1.0", "lenght_km: 1.0", "11: unknown key; did you mean 'length_km'?"),
    ],
)
def test_a_mistake_is_found_at_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    assert expected in problems(tmp_path, GOOD.replace(old, new, 1))


def test_a_transformer_upside_down_is_found(tmp_path: Path) -> None:
    figures = "sn_mva: 25, vk_percent: 10, vkr_percent: 0.5, pfe_kw: 20, i0_percent: 0.1"
    text = GOOD.replace("hv: GRID, lv: SS, std_type: 25 MVA 110/10 kV", f"hv: SS, lv: GRID, {figures}")
    assert problems(tmp_path, text) == ["9: transformer 'T1': hv is the lower voltage (10 kV against 110 kV); swap hv "
                                        "and lv"]


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("to: A,", "to: X,").replace("to: B,", "to: Y,").replace("at_bus: B", "at_bus: SS")
    assert len(problems(tmp_path, text)) == 4      # SS-A, SS-B and A-B lead nowhere, and the open point is misplaced


def test_the_scenario_may_change_one_element_of_a_file(tmp_path: Path) -> None:
    net = read(tmp_path, GOOD, lines={"SS-A": {"count": 3}}).net
    assert [name for name in net.line.name if name.startswith("SS-A")] == ["SS-A#1", "SS-A#2", "SS-A#3"]


def test_a_mistake_in_the_changes_points_at_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "network.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        from_file(str(tmp_path / "network.yaml"), {"lines": {"SS-A": {"count": 0}}})
    problem = caught.value.problems[0]
    assert problem.file is None
    assert problem.message == "changes.lines.SS-A.count: is 0, but must be at least 1"


def test_mistakes_of_a_network_in_the_scenario_name_their_keys() -> None:
    network = NetworkFile.model_validate({
        "buses": {"GRID": {"vn_kv": 10}, "A": {"vn_kv": 10}}, "external_grid": {"bus": "GRID"},
        "lines": {"L": {"from": "GRID", "to": "AA", "length_km": 1, "std_type": "NA2XS2Y 1x240 RM/25 6/10 kV"}}})
    with pytest.raises(ScenarioError) as caught:
        from_models(network)
    assert [p.message for p in caught.value.problems] == [
        "inline.lines.L.to: lines L: bus 'AA' does not exist; did you mean 'A'?"]


def test_a_json_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    file.write_text('{"buses": []}', encoding="utf-8")
    with pytest.raises(ComponentError, match=r"net.json.* not a pandapower network.*to_json"):
        from_file(str(file), {})
    with pytest.raises(ComponentError, match="'changes' apply to network files in YAML"):
        from_file(str(file), {"lines": {}})


def test_labels_are_unique_across_kinds() -> None:
    taken: set[str] = set()
    assert unique_labels("bus", [(0, "A"), (7, None), (8, float("nan")), (9, "A")], taken) == (
        "A", "bus_7", "bus_8", "A (bus_9)")
    assert unique_labels("line", [(0, "A"), (1, "")], taken) == ("A (line_0)", "line_1")
