"""The shadow twin is the run: with what later really happened as expectation it gives the run's own numbers."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest

from twin.cosim.build import build_site
from twin.cosim.wiring import wire
from twin.cosim.world import run_world
from twin.errors import RunStoreError
from twin.gate.expectation import Expectation
from twin.gate.shadow.shadow import Shadow, TwinState
from twin.gate.shadow.trajectory import Recorder
from twin.scenario.loader import load_scenario
from twin.schedule import Horizon

FORK_S, UNTIL_S = 1800, 5400
SITES = {
    "minimal": (),
    # without its forecaster: a shadow has none that forecasts anew
    "zero_carbon_park_day": ("gate.enabled=false", "controllers.forecast=null"),
}


class Fork(Recorder):
    """Records a run and copies every component right before its step at ``FORK_S``."""

    def __init__(self, components) -> None:
        super().__init__(components)
        self.states, self.outputs = {}, {}

    def before_step(self, t_s, component, last_outputs) -> None:
        if t_s == FORK_S:
            self.states[component.name] = copy.deepcopy(component.state)
            self.outputs[component.name] = None if last_outputs is None else tuple(
                copy.deepcopy(getattr(last_outputs, f.name)) for f in dataclasses.fields(last_outputs))


@pytest.fixture(scope="module", params=SITES)
def forked(request):
    """(scenario, trajectories of the whole run, state at the fork)."""
    scenario = load_scenario(request.param, ["time.duration_h=1.5", *SITES[request.param]])
    site = build_site(scenario)
    listener = Fork(site.components)
    run_world(site, wire(site), listener=listener)
    return scenario, listener.trajectories(0, UNTIL_S, {}), TwinState(FORK_S, listener.states, listener.outputs)


def what_happened(scenario, run) -> Expectation:
    """The run's own exogenous outputs."""
    series = {f"{name}.{output}": run.series(f"{name}.{output}")
              for name, component in build_site(scenario).components.items() for output in component.exogenous}
    return Expectation("what happened", 0, scenario.model.time.step_s, series)


def rest_of(run, key: str) -> np.ndarray:
    return run.series(key)[FORK_S // run.steps_s[key.partition(".")[0]]:]


def assert_same(replayed, run, *, but: tuple[str, ...] = ()) -> None:
    for key in run.names():
        if key.partition(".")[0] not in but and replayed.has(key):
            assert np.array_equal(replayed.series(key), rest_of(run, key), equal_nan=True), key


def test_a_rollout_with_what_really_happened_is_the_run_bit_for_bit(forked) -> None:
    scenario, run, state = forked
    horizon = Horizon(FORK_S, 900, (UNTIL_S - FORK_S) // 900)
    _, rolled = Shadow(scenario).rollout(state, what_happened(scenario, run), horizon)
    assert {"operator", "bess"} <= rolled.columns.keys()
    assert_same(rolled, run)


def test_a_replay_of_what_was_commanded_is_the_run_bit_for_bit(forked) -> None:
    scenario, run, state = forked
    shadow, step_s = Shadow(scenario), scenario.model.time.step_s
    horizon = Horizon(FORK_S, step_s, (UNTIL_S - FORK_S) // step_s)
    setpoints = {}
    for key in shadow.commands:
        asset, _, port = key.rpartition(".")
        column = f"operator.{port}[{asset}]"
        if run.has(column):
            series = rest_of(run, column)
            setpoints[key] = np.repeat(series, run.steps_s["operator"] // step_s)[:horizon.steps]
    assert setpoints
    assert_same(shadow.replay(state, horizon, setpoints, what_happened(scenario, run)), run, but=("operator",))


def test_without_an_expectation_the_shadow_goes_on_with_the_same_random_numbers(forked) -> None:
    scenario, run, state = forked
    _, rolled = Shadow(scenario).rollout(state, None, Horizon(FORK_S, 900, 4))
    assert_same(rolled, run)


def test_a_shadow_is_used_again_and_remembers_nothing(forked) -> None:
    scenario, _, state = forked
    shadow, horizon = Shadow(scenario, 900), Horizon(FORK_S, 900, 4)
    first, again = (shadow.replay(state, horizon, {"bess.p_set_mw": np.full(4, 0.2)}, None) for _ in range(2))
    assert all(np.array_equal(first.series(key), again.series(key), equal_nan=True) for key in first.names())


def test_a_horizon_may_reach_beyond_the_end_of_the_scenario(forked) -> None:
    """There what comes from files and models holds its last value."""
    scenario, _, state = forked
    beyond = Horizon(FORK_S, 900, (UNTIL_S - FORK_S) // 900 + 3)
    replayed = Shadow(scenario, 900).replay(state, beyond, {}, None)
    warm = replayed.series("weather.air_temperature_degc")
    assert len(warm) == beyond.steps
    assert np.all(warm[beyond.steps - 3:] == warm[-1])


def test_a_rollout_is_the_replay_of_its_own_set_points_bit_for_bit(forked) -> None:
    """So that the gate need not replay a proposal in the course in which it was made."""
    scenario, run, state = forked
    shadow, horizon = Shadow(scenario, 900), Horizon(FORK_S, 900, (UNTIL_S - FORK_S) // 900)
    expectation = what_happened(scenario, run)
    setpoints, rolled = shadow.rollout(state, expectation, horizon)
    replayed = shadow.replay(state, horizon, setpoints, expectation)
    assert "schedule" in replayed.columns and setpoints.keys() == replayed.setpoints.keys()
    assert replayed.steps_s["schedule"] == rolled.steps_s["schedule"]
    for key in replayed.names():
        assert np.array_equal(replayed.series(key), rolled.series(key), equal_nan=True), key


def test_the_state_of_another_site_is_refused(forked) -> None:
    scenario, _, state = forked
    other = TwinState(state.t_s, {n: s for n, s in state.states.items() if n != "bess"}, state.outputs)
    with pytest.raises(RunStoreError, match="knows nothing of bess"):
        Shadow(scenario).replay(other, Horizon(FORK_S, 900, 4), {}, None)


def test_the_hash_of_a_state_follows_every_bit(forked) -> None:
    _, _, state = forked
    same = TwinState(state.t_s, copy.deepcopy(dict(state.states)), state.outputs)
    assert same.sha256() == state.sha256()
    assert TwinState(state.t_s + 1, state.states, state.outputs).sha256() != state.sha256()


def test_the_shadow_does_not_know_the_faults_to_come(tmp_path) -> None:
    file = tmp_path / "faulty.yaml"
    file.write_text("""name: faulty
extends: minimal.yaml
devices: {bess: {type: battery_pcs}}
faults: [{asset: bess, type: trip, at: "10:30", duration_s: 600}]
""")
    scenario = load_scenario(file)
    assert build_site(scenario).components["bess"].devices[0].plan.faults != ()
    assert Shadow(scenario).plant["bess"].devices[0].plan.faults == ()
