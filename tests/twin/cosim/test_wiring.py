"""Who feeds whom, found by names and carriers; every mistake is located in the file."""

from dataclasses import dataclass

import numpy as np
import pytest

from tests.twin import toys as toy_site
from twin.component import AssetParams, Component, ComponentParams, Layer, Nothing, Role, Section, port
from twin.cosim.build import build_site
from twin.cosim.edges import Edge, End
from twin.cosim.wiring import wire
from twin.errors import ScenarioError
from twin.scenario.loader import load_scenario


def edges_of(path):
    return wire(build_site(load_scenario(path)))


def refusal(path):
    with pytest.raises(ScenarioError) as caught:
        edges_of(path)
    return str(caught.value)


def test_the_toy_site_wires_itself(toy_file):
    assert set(edges_of(toy_file())) == {
        Edge(End("weather", "ghi_w_m2"), End("pv", "ghi_w_m2")),
        Edge(End("pv", "p_mw"), End("grid", "p_mw", "A")),
        Edge(End("office", "p_mw"), End("grid", "p_mw", "B")),
        Edge(End("store", "p_mw"), End("grid", "p_mw", "B")),
        Edge(End("operator", "p_set_mw", "store"), End("store", "p_set_mw")),
        Edge(End("store", "soc"), End("operator", "soc", "store"), delayed=True),
        Edge(End("grid", "exchange_mw"), End("operator", "exchange_mw"), delayed=True),
    }


def test_the_only_bus_needs_no_name(toy_file):
    edges = edges_of(toy_file(("buses: [A, B]", "buses: [ONLY]"), (", bus: A", ""), (", bus: B", "")))
    assert Edge(End("pv", "p_mw"), End("grid", "p_mw", "ONLY")) in edges


def test_an_asset_without_a_bus_is_asked_for_it(toy_file):
    text = refusal(toy_file((", bus: A", "")))
    assert "toy.yaml:7:" in text and "assets.pv" in text and "needs 'bus'" in text


def test_a_bus_that_does_not_exist_is_named_with_a_suggestion(toy_file):
    text = refusal(toy_file(("mean_mw: 1.5, bus: B", "mean_mw: 1.5, bus: BB")))
    assert "toy.yaml:8:" in text and "bus 'BB' does not exist in network 'grid'; did you mean 'B'?" in text


def test_a_bus_that_exists_but_is_dead_is_told_apart(toy_file, toys, monkeypatch):
    monkeypatch.setattr(toys["plate"], "unusable_terminals", lambda self: {"YARD": "it is isolated"})
    text = refusal(toy_file(("mean_mw: 1.5, bus: B", "mean_mw: 1.5, bus: YARD")))
    assert "bus 'YARD' cannot be used: it is isolated" in text


def test_a_required_input_without_source_is_named(toy_file):
    text = refusal(toy_file(("weather: {type: sun}\n", "")))
    assert "needs ghi_w_m2 and nothing gives it; add a 'weather:' section" in text


def test_explicit_connection_replaces_the_automatic_one(toy_file):
    path = toy_file(extra="connections:\n  - {from: office.p_mw, to: operator.exchange_mw}\n")
    into_operator = [e for e in edges_of(path) if e.target == End("operator", "exchange_mw")]
    assert into_operator == [Edge(End("office", "p_mw"), End("operator", "exchange_mw"), delayed=True)]


@pytest.mark.parametrize(("connection", "message"), [
    ("{from: ofice.p_mw, to: store.p_set_mw}", "there is no 'ofice' in this scenario; did you mean 'office'?"),
    ("{from: office.power, to: store.p_set_mw}", "'office' has no output 'power'; known: p_mw"),
    ("{from: office.p_mw, to: grid.C.p_mw}", "'grid' has no terminal 'C'; known: A, B"),
    ("{from: office.p_mw, to: store.p_mw}", "'store' has no input 'p_mw'"),
])
def test_a_wrong_connection_is_located(toy_file, connection, message):
    text = refusal(toy_file(extra=f"connections:\n  - {connection}\n"))
    assert message in text and "toy.yaml:14:" in text


def test_a_network_may_not_step_more_slowly_than_its_assets(toy_file):
    text = refusal(toy_file(("{type: plate,", "{type: plate, step_s: 300,")))
    assert "steps every 60 s but 'grid' only every 300 s" in text and "energy in between would be lost" in text


def test_two_sources_for_one_input_are_refused(toy_file):
    path = toy_file(extra="connections:\n  - {from: office.p_mw, to: store.p_set_mw}\n"
                          "  - {from: pv.p_mw, to: store.p_set_mw}\n")
    assert "input store.p_set_mw has 2 sources but takes one" in refusal(path)


def test_two_networks_that_could_be_meant_must_be_told_apart(toy_file):
    text = refusal(toy_file(("control:", "  spare: {type: plate, buses: [C]}\ncontrol:")))
    assert "exchange_mw could come from grid, spare; choose one under 'connections:'" in text


def test_a_slower_consumer_of_weather_is_refused(toy_file):
    text = refusal(toy_file(("peak_mw: 3.0, bus: A}", "peak_mw: 3.0, bus: A, step_s: 300}")))
    assert "steps every 300 s but the weather every 60 s: it would see samples, not means" in text


def test_two_outputs_of_one_entity_into_one_terminal_are_refused(toy_file):
    """mosaik names a value by its source entity alone: the second would overwrite the first."""
    path = toy_file(extra="connections:\n  - {from: store.soc, to: grid.B.p_mw}\n")
    assert "2 outputs of store go to grid.B.p_mw" in refusal(path)


@pytest.mark.parametrize(("asset", "carrier"), [("heat_load", "heat"), ("cooling_load", "cooling")])
def test_demand_that_no_network_hears_is_refused(tmp_path, asset, carrier):
    file = tmp_path / "site.yaml"
    file.write_text(f"""name: site
time: {{start: 2025-01-01T00:00:00+01:00, duration_h: 1, step_s: 900}}
location: {{latitude_deg: 48.2, longitude_deg: 16.4, timezone: Europe/Vienna}}
weather: {{type: tmy3}}
assets:
  ward: {{type: {asset}, peak_mw: 1.0}}
networks:
  grid: {{type: single_bus}}
""")
    said = refusal(file)
    assert "site.yaml:6:" in said
    assert f"ward: asks for {carrier}, but the site has no network for it" in said


@dataclass(slots=True)
class GuardInputs:
    p_set_mw: np.ndarray = port(0.0, per="asset")
    soc: np.ndarray = port(-1.0, per="asset", measured=True)


@dataclass(slots=True)
class GuardOutputs:
    p_set_mw: np.ndarray = port(per="asset")


class GuardParams(ComponentParams):
    assets: tuple[str, ...] = ("store",)


class Guard(Component[GuardParams, GuardInputs, GuardOutputs, Nothing]):
    """Takes one MW off what the operator says."""

    section, role, layer = Section.CONTROLLERS, Role.CONTROLLER, Layer.BALANCER

    def terminals(self):
        return {"asset": self.params.assets}

    def step(self, t_s, dt_s, inputs):
        return GuardOutputs(inputs.p_set_mw - 1.0)


class LastWord(Guard):
    """The same, nearer to the plant."""

    layer = Layer.WATCHDOG


@dataclass(slots=True)
class Plan:
    planned_exchange_mw: float = port(0.0, carrier="plan")


class Planner(Component[ComponentParams, Nothing, Plan, Nothing]):
    section, role = Section.CONTROLLERS, Role.CONTROLLER

    def step(self, t_s, dt_s, inputs):
        return Plan(1.0)


class PlanGate(Component[ComponentParams, Plan, Plan, Nothing]):
    """Passes a plan on."""

    section, role, layer = Section.CONTROLLERS, Role.CONTROLLER, Layer.DISPATCHER

    def step(self, t_s, dt_s, inputs):
        return Plan(inputs.planned_exchange_mw)


class PlanTaker(Component[ComponentParams, Plan, Nothing, Nothing]):
    section, role, layer = Section.CONTROLLERS, Role.CONTROLLER, Layer.BALANCER

    def step(self, t_s, dt_s, inputs):
        return Nothing()


@dataclass(slots=True)
class MeteredOutputs:
    p_mw: float = port(carrier="electricity")
    soc: float = port()
    measured_soc: float = port()
    measured_p_mw: float = port()


class MeteredStore(Component[AssetParams, toy_site.StoreInputs, MeteredOutputs, Nothing]):
    """A store whose instruments err."""

    role = Role.STORAGE

    def step(self, t_s, dt_s, inputs):
        return MeteredOutputs(inputs.p_set_mw, 0.5, 0.6, inputs.p_set_mw + 0.1)


@pytest.fixture
def layers(monkeypatch):
    """The toy site with types for controllers above each other and for an asset with instruments."""
    for name, cls in (("guard", Guard), ("last_word", LastWord), ("metered_store", MeteredStore),
                      ("planner", Planner), ("plan_gate", PlanGate), ("plan_taker", PlanTaker)):
        monkeypatch.setitem(toy_site.TOYS, name, cls)


def set_point_edges(path):
    return [(str(e.source), str(e.target)) for e in edges_of(path) if e.source.port == "p_set_mw"]


def test_a_higher_layer_stands_between_the_operator_and_the_asset(layers, toy_file):
    path = toy_file(extra="controllers: {balancer: {type: guard}}\n")
    assert set_point_edges(path) == [
        ("operator.store.p_set_mw", "balancer.store.p_set_mw"), ("balancer.store.p_set_mw", "store.p_set_mw")]


def test_three_layers_follow_each_other_whatever_their_order_in_the_file(layers, toy_file):
    path = toy_file(extra="controllers: {watchdog: {type: last_word}, balancer: {type: guard}}\n")
    assert set(set_point_edges(path)) == {
        ("operator.store.p_set_mw", "balancer.store.p_set_mw"),
        ("balancer.store.p_set_mw", "watchdog.store.p_set_mw"), ("watchdog.store.p_set_mw", "store.p_set_mw")}


def test_assets_that_a_higher_layer_does_not_know_are_commanded_directly(layers, toy_file):
    store = "  store: {type: store, bus: B}"
    path = toy_file((store, f"{store}\n{store.replace('store:', 'spare:')}"),
                    ("control: {type: boss}", "control: {type: boss, assets: [store, spare]}"),
                    extra="controllers: {balancer: {type: guard}}\n")
    assert ("operator.spare.p_set_mw", "spare.p_set_mw") in set_point_edges(path)


@pytest.mark.parametrize("second", ["boss", "guard"])
def test_two_controllers_of_one_layer_still_contradict_each_other(layers, toy_file, second):
    first = "" if second == "boss" else "first: {type: guard}, "
    path = toy_file(extra=f"controllers: {{{first}second: {{type: {second}}}}}\n")
    assert "input store.p_set_mw has 2 sources but takes one" in refusal(path)


def test_a_plan_goes_through_the_layer_that_passes_it_on(layers, toy_file):
    path = toy_file(extra="controllers: {planner: {type: planner}, gate: {type: plan_gate}, balancer: "
                          "{type: plan_taker}}\n")
    plans = {(str(e.source), str(e.target)) for e in edges_of(path) if e.source.port == "planned_exchange_mw"}
    assert plans == {("planner.planned_exchange_mw", "gate.planned_exchange_mw"),
                     ("gate.planned_exchange_mw", "balancer.planned_exchange_mw")}


def test_controllers_read_the_instrument_and_networks_the_truth(layers, toy_file):
    edges = edges_of(toy_file(("store: {type: store,", "store: {type: metered_store,"),
                              extra="controllers: {balancer: {type: guard}}\n"))
    for controller in ("operator", "balancer"):
        assert Edge(End("store", "measured_soc"), End(controller, "soc", "store"), delayed=True) in edges
    assert Edge(End("store", "p_mw"), End("grid", "p_mw", "B")) in edges
    assert not any(e.source.port in ("soc", "measured_p_mw") for e in edges)
