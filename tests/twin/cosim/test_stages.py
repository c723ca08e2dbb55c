"""Few stages, in the order of the flow, and a circle is named."""

import pytest

from twin.cosim.build import build_site
from twin.cosim.stages import ranks, stages
from twin.cosim.wiring import Edge, End, wire
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


def test_the_toy_site_needs_four_stages(toy_file):
    site = build_site(load_scenario(toy_file()))
    assert stages(site, wire(site)) == [["weather", "office"], ["operator"], ["pv", "store"], ["grid"]]


def test_components_joined_by_a_delayed_edge_do_not_share_a_stage(toy_file):
    site = build_site(load_scenario(toy_file()))
    edges = [*wire(site), edge("pv", "store", delayed=True)]
    groups = stages(site, edges)
    assert not any({"pv", "store"} <= set(group) for group in groups)
