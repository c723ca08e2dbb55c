"""A run of the toy site, checked by hand: order within a step, the one delayed way back, different step sizes."""

import numpy as np
import pytest

from tests.twin.toys import Consumer, Plate
from twin.cosim.build import build_site
from twin.cosim.run import new_run
from twin.cosim.wiring import wire
from twin.cosim.world import run_world
from twin.errors import ComponentError, ScenarioError
from twin.scenario.loader import load_scenario
from twin.store.reader import read_run


@pytest.fixture
def toy_run(toy_file, tmp_path):
    new_run(load_scenario(toy_file()), tmp_path / "run")
    return read_run(tmp_path / "run")


def test_what_is_made_and_drawn_in_a_step_meets_in_that_step(toy_run):
    total = sum(toy_run.native(f"{n}.p_mw") for n in ("pv", "office", "store"))
    assert np.array_equal(toy_run.native("grid.exchange_mw"), -total) or np.allclose(
        toy_run.native("grid.exchange_mw"), -total, rtol=0, atol=1e-15)


def test_terminals_sum_what_stands_on_them(toy_run):
    at_b = toy_run.native("office.p_mw") + toy_run.native("store.p_mw")
    assert np.array_equal(toy_run.native("grid.bus_mw")[:, 1], at_b)
    assert np.array_equal(toy_run.native("grid.bus_mw")[:, 0], toy_run.native("pv.p_mw"))


def test_a_measurement_is_one_step_late_and_starts_with_the_default(toy_run):
    seen = toy_run.native("operator.seen_mw")
    assert seen[0] == 0.0 and toy_run.native("operator.seen_soc")[0] == -1.0
    last_minute_before = toy_run.native("grid.exchange_mw")[14::15][:-1]
    assert np.array_equal(seen[1:], last_minute_before)


def test_a_slow_controllers_command_holds_until_its_next_step(toy_run):
    power = toy_run.native("store.p_mw").reshape(-1, 15)
    command = 0.8 * toy_run.native("operator.seen_mw")
    soc_ample = (toy_run.native("store.soc").reshape(-1, 15) > 0.05).all(axis=1)
    assert soc_ample.any()
    assert np.array_equal(power[soc_ample], np.repeat(command[soc_ample, None], 15, axis=1))


def test_the_same_seed_gives_the_same_run_and_another_seed_another(toy_file, tmp_path):
    runs = []
    for number, sets in enumerate(([], [], ["seed=8"])):
        new_run(load_scenario(toy_file(), sets), tmp_path / f"run{number}")
        runs.append(read_run(tmp_path / f"run{number}").values)
    assert all(np.array_equal(runs[0][k], runs[1][k]) for k in runs[0])
    assert not np.array_equal(runs[0]["office.p_mw"], runs[2]["office.p_mw"])


class Silent:
    """Listens to nothing."""

    def before_step(self, t_s, component, last_outputs):
        pass

    def after_step(self, t_s, component, outputs, events):
        pass


def test_an_error_in_a_step_names_component_and_time(toy_file, monkeypatch):
    def fail(self, t_s, dt_s, inputs):
        if t_s == 3600:
            raise ComponentError("the bus bar melted")
        return Plate.Outputs(0.0, inputs.p_mw)

    monkeypatch.setattr(Plate, "step", fail)
    site = build_site(load_scenario(toy_file()))
    with pytest.raises(ComponentError, match="grid at 2025-07-15 01:00:00: the bus bar melted"):
        run_world(site, wire(site), listener=Silent())


def test_a_strangers_mistake_in_a_step_names_component_and_time(toy_file, monkeypatch):
    monkeypatch.setattr(Plate, "step", lambda self, t_s, dt_s, inputs: Plate.Outputs(1 / (t_s - 7200), inputs.p_mw))
    site = build_site(load_scenario(toy_file()))
    with pytest.raises(ComponentError, match="grid at 2025-07-15 02:00:00: ZeroDivisionError") as caught:
        run_world(site, wire(site), listener=Silent())
    assert caught.value.exit_code == 5


def test_a_delayed_source_of_a_total_counts_with_its_own_initial_value(toy_file, tmp_path):
    """Bus A gets PV (0 at night) and, one step late, the store's power: 5 MW stand for it in the first step."""
    path = toy_file(extra="connections:\n  - {from: store.p_mw, to: grid.A.p_mw, delayed: true, initial: 5.0}\n")
    new_run(load_scenario(path, ["time.duration_h=1"]), tmp_path / "run")
    at_a = read_run(tmp_path / "run").native("grid.bus_mw")[:, 0]
    store = read_run(tmp_path / "run").native("store.p_mw")
    assert at_a[0] == 5.0 and np.array_equal(at_a[1:], store[:-1])


def test_a_component_that_delivers_nan_is_named(toy_file, tmp_path, monkeypatch):
    monkeypatch.setattr(Consumer, "step", lambda self, t_s, dt_s, inputs: Consumer.Outputs(float("nan")))
    with pytest.raises(ComponentError, match=r"office.p_mw is not a number at 2025-07-15 00:00:00"):
        new_run(load_scenario(toy_file()), tmp_path / "run")


def test_steps_that_do_not_fit_each_other_are_refused(toy_file):
    with pytest.raises(ScenarioError, match="whole multiple"):
        build_site(load_scenario(toy_file(("{type: consumer,", "{type: consumer, step_s: 90,"))))
