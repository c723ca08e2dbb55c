"""For any input: a network the checks let pass is one the engine takes; a damaged file is told, never a traceback."""

from __future__ import annotations

import copy
import itertools
import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import pandapipes as pp
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.thermal_checks import mistakes_in
from simulators.networks.thermal_file import CoolingNetworkFile, HeatNetworkFile, ThermalFile
from simulators.networks.thermal_source import largest_flow_kg_s, network_spec, thermal_model
from tests.simulators.networks.thermal_file.nets import tree
from twin.errors import ComponentError

NODES = "ABCD"
nodes = st.sampled_from(NODES)
typed = st.fixed_dictionaries({"dn": st.sampled_from([20, 100, 400]), "depth_m": st.sampled_from([0.4, 2.0])},
                              optional={"u_w_mk": st.floats(0, 10), "zeta": st.floats(0, 100)})
drawn = st.fixed_dictionaries({"inner_diameter_m": st.floats(0.01, 1), "u_w_mk": st.floats(0, 10)},
                              optional={"wall_m": st.floats(0, 0.02), "u_return_w_mk": st.floats(0, 10)})
lengths = st.floats(0.1, 1e4)
target = st.fixed_dictionaries({"return_degc": st.floats(5, 50)}) | st.fixed_dictionaries({"delta_k": st.floats(1, 60)})
flow_limit = st.sampled_from([{}, {"max_kg_s": 4.0}, {"max_mw": 0.01}, {"max_mw": 5.0}])
curves = st.lists(st.tuples(st.integers(-20, 40), st.floats(50, 95)), min_size=1, max_size=3,
                  unique_by=lambda point: point[0]).map(sorted).map(lambda points: {
                      "outdoor_degc": [x for x, _ in points], "supply_degc": [y for _, y in points]})
PLANT = {"boiler": {"rated_mw": 1}}


@st.composite
def networks(draw: Any) -> dict[str, Any]:
    """Mostly sound: a chain of nodes, more pipes anywhere, up to three sources and two substations."""
    ends = [*itertools.pairwise(NODES), *draw(st.lists(st.tuples(nodes, nodes), max_size=2))]
    rows = [{"from": one, "to": other, "length_m": draw(lengths), **draw(typed | drawn),
             "in_service": draw(st.sampled_from([True, True, True, False]))} for one, other in ends]
    supplies = st.floats(50, 95) | curves if draw(st.booleans()) else st.floats(-1, 12)
    sources = [{"node": draw(nodes), "supply": draw(supplies)} for _ in range(draw(st.integers(1, 3)))]
    for further in sources[1:]:
        further["share_frac"] = draw(st.floats(0, 0.6))
    sources[0].update(draw(st.sampled_from([{}, {"plant": PLANT}, {"plant": PLANT, "max_kg_s": 9.0}])))
    consumers = [{"node": draw(nodes), **draw(target), **draw(flow_limit), "priority": draw(st.integers(1, 3)),
                  "bypass_kg_s": draw(st.sampled_from([0.0, 0.1]))} for _ in range(draw(st.integers(0, 2)))]
    return {"nodes": {name: {} for name in NODES}, "pipes": dict(zip("pqrstu", rows, strict=False)),
            "substations": dict(zip("ab", consumers, strict=False)), "sources": dict(zip("xyz", sources, strict=False)),
            "extractions": {"e": {"node": draw(nodes)}}}


def kind_of(data: dict[str, Any]) -> type[ThermalFile]:
    """Plants here are boilers."""
    first = data["sources"]["x"]
    cold = isinstance(first["supply"], float) and first["supply"] < 15.0
    return CoolingNetworkFile if cold and "plant" not in first else HeatNetworkFile


@settings(max_examples=150, deadline=None, derandomize=True)
@given(networks())
def test_what_the_checks_let_pass_the_engine_takes(data: dict[str, Any]) -> None:
    network = kind_of(data).model_validate(data)
    if mistakes_in(network):
        return
    spec = network_spec(network)
    ThermalNetwork(spec).topology(ThermalNetwork(spec).inputs(60.0, 10.0))
    for name, source in network.sources.items():
        assert largest_flow_kg_s(network, name) >= 0.0
        assert source.plant is None or math.isfinite(largest_flow_kg_s(network, name))
    assert all(consumer.max_kg_s > 0.0 for consumer in spec.consumers)


@cache
def sound() -> dict[str, Any]:
    return json.loads(pp.to_json(tree()))


cells: st.SearchStrategy[object] = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 200), st.floats(), st.text(max_size=3), st.just([]), st.just({}))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(table=st.sampled_from(["junction", "junction_geodata", "pipe", "heat_consumer", "circ_pump_pressure"]),
       row=st.integers(0, 9), column=st.integers(0, 11), value=cells)
def test_any_damaged_cell_of_a_pandapipes_file_is_told(tmp_path_factory: Any, table: str, row: int, column: int,
                                                       value: object) -> None:
    net = copy.deepcopy(sound())
    content = json.loads(net["_object"][table]["_object"])
    data = content["data"]
    data[row % len(data)][column % len(data[0])] = value
    net["_object"][table]["_object"] = json.dumps(content)
    file: Path = tmp_path_factory.getbasetemp() / "damaged.json"
    file.write_text(json.dumps(net), encoding="utf-8")
    try:
        network = thermal_model(HeatNetworkFile, str(file), {}, None)
    except ComponentError as error:
        assert "damaged.json" in str(error)
    else:
        ThermalNetwork(network_spec(network))
