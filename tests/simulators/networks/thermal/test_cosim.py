"""Thermal networks in a scenario: wired by names and carriers alone, located errors, resume bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulators.networks.thermal_network import HeatNetwork
from twin.cosim.build import build_site
from twin.cosim.edges import Edge, End
from twin.cosim.run import new_run, resume_run
from twin.cosim.wiring import wire
from twin.errors import ComponentError, ScenarioError
from twin.scenario.loader import load_scenario
from twin.store.meta import RunMeta
from twin.store.reader import RunData, read_run
from twin.store.snapshot import Snapshot

SITE = """\
name: thermal
time: {start: 2025-07-15T06:00:00+08:00, duration_h: 6, step_s: 300}
location: {latitude_deg: 31.23, longitude_deg: 121.47, timezone: Asia/Shanghai, country: CN}
weather: {type: tmy3, file: "pvlib:723170TYA.CSV"}
assets:
  warm: {type: heat_load, heat_node: house, peak_mw: 0.8, base_frac: 0.5}
  ward: {type: heat_load, heat_node: hospital, peak_mw: 0.4, base_frac: 0.8}
  ward_2: {type: heat_load, heat_node: hospital, peak_mw: 0.1, base_frac: 1.0}
  servers: {type: cooling_load, cooling_node: dc, peak_mw: 0.6, base_frac: 0.9}
  engine: {type: chp, rated_mw: 1.5, rated_heat_mw: 2.5, electrical_efficiency: 0.3, thermal_efficiency: 0.5,
           initial_p_mw: 1.0, bus: EC, heat_node: heat/EC}
networks:
  grid: {type: single_bus, buses: [EC, FAR]}
  heat:
    type: heat_network
    bus: EC
    inline:
      nodes: {EC: {}, A: {}, B: {}}
      pipes:
        EC-A: {from: EC, to: A, length_m: 600, dn: 150}
        A-B: {from: A, to: B, length_m: 300, dn: 100}
      substations:
        house: {node: A, return_degc: 55}
        hospital: {node: B, return_degc: 55, priority: 1}
      sources:
        EC: {node: EC, supply: 92, max_kg_s: 20, plant: {boiler: {rated_mw: 1.5}, dump_cooler: {rated_mw: 1.0},
                                                         tank: {volume_m3: 40, height_m: 6, initial_degc: 92}}}
  cold:
    type: cooling_network
    bus: EC
    inline:
      nodes: {CC: {}, D: {}}
      pipes:
        CC-D: {from: CC, to: D, length_m: 200, dn: 250}
      substations:
        dc: {node: D, delta_k: 5}
      sources:
        chill: {node: CC, supply: 7, max_kg_s: 60, plant: {chillers: {units: 2, rated_mw: 0.4},
                                                           absorption: {rated_mw: 0.5, start_s: 900}}}
connections:
  - {from: heat.demand_mw, to: engine.p_set_mw, delayed: true, initial: 1.0}
"""
"""The engine runs after the heat demand and gives 5/3 of it: the rest charges the tank and drives the chiller."""


@pytest.fixture
def site_file(tmp_path: Path) -> Any:
    """Writes a variant of the site: ``site_file(("old", "new"), ...)`` → its path."""
    def write(*changes: tuple[str, str]) -> Path:
        text = SITE
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / "thermal.yaml"
        path.write_text(text)
        return path
    return write


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunData:
    """The run that is not interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "thermal.yaml").write_text(SITE)
    new_run(load_scenario(folder / "thermal.yaml"), folder / "run")
    return read_run(folder / "run")


def refusal(path: Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        wire(build_site(load_scenario(path)))
    return str(caught.value)


def test_everything_wires_itself(site_file: Any) -> None:
    edges = set(wire(build_site(load_scenario(site_file()))))
    assert {
        Edge(End("warm", "heat_mw"), End("heat", "heat_mw", "house")),
        Edge(End("ward", "heat_mw"), End("heat", "heat_mw", "hospital")),
        Edge(End("ward_2", "heat_mw"), End("heat", "heat_mw", "hospital")),
        Edge(End("engine", "heat_mw"), End("heat", "heat_mw", "EC")),
        Edge(End("engine", "p_mw"), End("grid", "p_mw", "EC")),
        Edge(End("servers", "cooling_mw"), End("cold", "cooling_mw", "dc")),
        Edge(End("heat", "p_mw"), End("grid", "p_mw", "EC")),
        Edge(End("cold", "p_mw"), End("grid", "p_mw", "EC")),
        Edge(End("cold", "drive_request_mw"), End("heat", "drive_request_mw")),
        Edge(End("heat", "drive_share_frac"), End("cold", "drive_share_frac"), delayed=True),
        Edge(End("heat", "drive_degc"), End("cold", "drive_degc"), delayed=True),
        Edge(End("weather", "air_temperature_degc"), End("heat", "air_temperature_degc")),
        Edge(End("weather", "wet_bulb_degc"), End("cold", "wet_bulb_degc")),
    } <= edges


def test_loads_arrive_at_their_substations_in_the_same_step(whole: RunData) -> None:
    hospital = -(whole.native("ward.heat_mw") + whole.native("ward_2.heat_mw"))
    assert whole.native("heat.substation_demand_mw") == pytest.approx(
        np.column_stack([-whole.native("warm.heat_mw"), hospital]))
    assert whole.native("cold.demand_mw") == pytest.approx(-whole.native("servers.cooling_mw"))
    assert whole.native("heat.chp_heat_mw") == pytest.approx(whole.native("engine.heat_mw"))
    assert whole.native("heat.chp_heat_mw").max() > 0.5


def test_pumps_and_chillers_are_loads_of_the_grid_in_the_same_step(whole: RunData) -> None:
    drawn = sum(whole.native(f"{name}.p_mw") for name in ("engine", "heat", "cold"))
    assert whole.native("grid.exchange_mw") == pytest.approx(-drawn, abs=1e-12)
    assert np.all(whole.native("heat.p_mw") < 0.0) and np.all(whole.native("cold.p_mw") < 0.0)


def test_drive_heat_is_one_step_late_and_all_of_it_arrives(whole: RunData) -> None:
    given, used = whole.native("heat.drive_mw"), whole.native("cold.drive_used_mw")
    hours = 300 / 3600
    assert given.sum() * hours > 0.2
    in_circuit = whole.native("cold.drive_stored_mwh")
    arrived = np.concatenate([[0.0], np.cumsum(given)[:-1]]) * hours
    assert in_circuit == pytest.approx(arrived - np.cumsum(used) * hours, abs=1e-12)


@pytest.mark.parametrize("network", ["heat", "cold"])
def test_every_output_of_the_run_is_finite_and_the_balance_closes(whole: RunData, network: str) -> None:
    for key in whole.values:
        if key.startswith(network + "."):
            assert np.isfinite(whole.values[key]).all(), key
    through_mwh = whole.native(f"{network}.demand_mw").sum() * 300 / 3600
    assert np.abs(whole.native(f"{network}.residual_mwh")).max() < 1e-9 * through_mwh
    assert whole.native(f"{network}.unserved_mw").max() == 0.0


@pytest.mark.parametrize("stop_s", [1500, 10_800])
def test_a_resumed_run_equals_an_unbroken_one_bit_for_bit(
    site_file: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: RunData, stop_s: int
) -> None:
    step = HeatNetwork.step

    def dying(self: Any, t_s: int, dt_s: int, inputs: Any) -> Any:
        if t_s == stop_s:
            raise KeyboardInterrupt
        return step(self, t_s, dt_s, inputs)

    monkeypatch.setattr(HeatNetwork, "step", dying)
    with pytest.raises(KeyboardInterrupt):
        new_run(load_scenario(site_file(), ["run.checkpoint_every_s=0"]), tmp_path / "run")
    monkeypatch.setattr(HeatNetwork, "step", step)
    assert 0 < Snapshot.read(tmp_path / "run" / "checkpoint.json").t_s <= stop_s
    resume_run(tmp_path / "run")
    assert RunMeta.read(tmp_path / "run").status == "complete"
    resumed = read_run(tmp_path / "run")
    assert resumed.events == whole.events
    for key, series in whole.values.items():
        assert np.array_equal(resumed.values[key], series), key


def test_an_unknown_heat_node_is_located_with_a_suggestion(site_file: Any) -> None:
    text = refusal(site_file(("heat_node: hospital, peak_mw: 0.4", "heat_node: hospitl, peak_mw: 0.4")))
    assert "thermal.yaml:7:" in text and "assets.ward" in text
    assert "heat_node 'hospitl' does not exist in network 'heat'; did you mean 'hospital'?" in text


def test_an_unknown_cooling_node_is_located(site_file: Any) -> None:
    text = refusal(site_file(("cooling_node: dc", "cooling_node: dcc")))
    assert "thermal.yaml:9:" in text and "cooling_node 'dcc' does not exist in network 'cold'" in text


def test_a_load_without_node_is_asked_for_it(site_file: Any) -> None:
    assert "needs 'heat_node'" in refusal(site_file(("heat_node: house, ", "")))


def test_a_node_without_connection_is_located_in_the_scenario(site_file: Any) -> None:
    text = refusal(site_file(("nodes: {EC: {}, A: {}, B: {}}", "nodes: {EC: {}, A: {}, B: {}, ISLAND: {}}")))
    assert "thermal.yaml:" in text and "node 'ISLAND' is not connected to any source" in text


def test_a_network_needs_a_bus_where_there_are_several(site_file: Any) -> None:
    assert "needs 'bus'" in refusal(site_file(("type: heat_network\n    bus: EC", "type: heat_network")))


def test_a_chp_at_a_source_without_a_plant_stops_the_run_with_the_remedy(site_file: Any, tmp_path: Path) -> None:
    start = SITE.index(", plant: {boiler")
    end = SITE.index("initial_degc: 92}}}") + len("initial_degc: 92}}")
    path = site_file((SITE[start:end], ""))
    with pytest.raises(ComponentError, match=r"heat at 2025-07-15 06:00:00: heat_mw at source 'EC' is .* give the "
                                             r"source a 'plant:'"):
        new_run(load_scenario(path), tmp_path / "run")


def test_drive_heat_comes_from_the_heating_network_that_was_chosen(site_file: Any) -> None:
    """Of two heating networks the other would give heat to nobody; without a choice the place to choose is named."""
    second = """  heat_b:
    type: heat_network
    bus: EC
    inline:
      nodes: {N: {}, M: {}}
      pipes: {N-M: {from: N, to: M, length_m: 100, dn: 100}}
      substations: {shop: {node: M, return_degc: 55}}
      sources: {N: {node: N, supply: 92}}
  cold:
"""
    text = site_file(("  cold:\n", second))
    assert "drive_share_frac could come from heat, heat_b; choose one under 'connections:'" in refusal(text)
    chosen = """connections:
  - {from: heat.drive_share_frac, to: cold.drive_share_frac}
  - {from: heat.drive_degc, to: cold.drive_degc}
"""
    edges = wire(build_site(load_scenario(site_file(("  cold:\n", second), ("connections:\n", chosen)))))
    requests = [edge.target.owner for edge in edges if edge.source == End("cold", "drive_request_mw")]
    assert requests == ["heat"]
