"""Few stages, in the order of the flow, and a circle is named."""

import pytest

from twin.cosim.build import build_site
from twin.cosim.edges import Edge, End
from twin.cosim.stages import ranks, stages
from twin.cosim.wiring import wire
from twin.errors import ScenarioError
from twin.scenario.loader import load_scenario


def edge(source, target, delayed=False):
    return Edge(End(source, "x"), End(target, "x"), delayed)


def test_rank_is_the_longest_way_from_a_source():
    assert ranks(["a", "b", "c"], [edge("a", "b"), edge("b", "c"), edge("a", "c")]) == {"a": 0, "b": 1, "c": 2}


def test_a_circle_within_a_step_is_refused_and_named():
    with pytest.raises(ScenarioError, match="b -> c -> b depend on each other"):
        ranks(["a", "b", "c"], [edge("a", "b"), edge("b", "c"), edge("c", "b")])


def test_a_delayed_edge_breaks_the_circle():
    assert ranks(["b", "c"], [edge("b", "c"), edge("c", "b", delayed=True)]) == {"b": 0, "c": 1}


def test_the_slow_operator_splits_the_minute_wise_site(toy_file):
    """The consumers' meter is read one step late, so only what the operator's commands reach must step after it."""
    site = build_site(load_scenario(toy_file()))
    groups = stages(site, wire(site))
    assert groups == [["operator"], ["weather", "office", "pv", "store", "grid"]]


def test_components_of_one_step_share_one_stage_in_the_order_of_the_flow(toy_file):
    site = build_site(load_scenario(toy_file(("{type: boss}", "{type: boss, step_s: 60}"))))
    assert stages(site, wire(site)) == [["weather", "office", "operator", "pv", "store", "grid"]]


def test_what_the_slow_operator_must_see_in_the_same_step_stays_before_it(toy_file):
    """weather -> operator -> store within a step: one simulator for weather and store would wait for itself."""
    site = build_site(load_scenario(toy_file()))
    edges = [*wire(site), Edge(End("weather", "ghi_w_m2"), End("operator", "x"))]
    groups = stages(site, edges)
    order = {name: number for number, group in enumerate(groups) for name in group}
    assert order["weather"] < order["operator"] < order["store"] <= order["grid"]
