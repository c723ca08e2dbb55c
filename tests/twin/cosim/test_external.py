"""A stranger's mosaik simulator joins the site in this process, as a subprocess and over TCP."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from twin.cosim.run import new_run, resume_run
from twin.errors import ExternalSimulatorError, RunStoreError
from twin.scenario.loader import load_scenario
from twin.store.meta import RunMeta
from twin.store.reader import read_run

EXTERNAL = """
external:
  houses: {how, model: House, count: 3, params: {base_mw: -0.002}, record: [p_mw, vm_pu]}
connections:
  - {from: houses.0.p_mw, to: grid.A.p_mw}
  - {from: houses.1.p_mw, to: grid.B.p_mw}
  - {from: houses.2.p_mw, to: grid.B.p_mw}
  - {from: store.soc, to: houses.2.vm_pu, delayed: true, initial: 1.0}
"""


def with_houses(toy_file, how):
    return load_scenario(toy_file(("duration_h: 24", "duration_h: 2"), extra=EXTERNAL.replace("how", how)))


def check(run):
    """Two houses always draw 2 kW; the third takes the store's level for a voltage: at 50 % its heater is on."""
    drawn = run.native("houses_probe.value")
    labels = run.components["houses_probe"].vectors["value"]
    assert labels == ("0.p_mw", "0.vm_pu", "1.p_mw", "1.vm_pu", "2.p_mw", "2.vm_pu")
    assert np.all(drawn[:, 0] == -0.002) and np.all(drawn[:, 2] == -0.002)
    assert drawn[0, 4] == -0.002 and np.all(drawn[1:, 4] == -0.005)
    own = sum(run.native(f"{n}.p_mw") for n in ("pv", "office", "store"))
    houses = drawn[:, 0] + drawn[:, 2] + drawn[:, 4]
    assert np.allclose(run.native("grid.exchange_mw"), -(own + houses), rtol=0, atol=1e-12)


def test_in_this_process(toy_file, tmp_path):
    new_run(with_houses(toy_file, "python: 'tests.external.house:HouseSimulator'"), tmp_path / "run")
    check(read_run(tmp_path / "run"))


def test_as_a_subprocess(toy_file, tmp_path):
    new_run(with_houses(toy_file, f"command: '{sys.executable} -m tests.external.house %(addr)s'"), tmp_path / "run")
    check(read_run(tmp_path / "run"))


def test_over_tcp(toy_file, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    server = subprocess.Popen([sys.executable, "-m", "tests.external.house", "--remote", address],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(address)
        new_run(with_houses(toy_file, f"connect: '{address}'"), tmp_path / "run")
        check(read_run(tmp_path / "run"))
    finally:
        server.kill()
        server.wait()


def wait_for(address):
    """Until the port is listed as listening; connecting to try would use up the simulator's only connection."""
    port = f"{int(address.split(':')[1]):04X}"
    for _ in range(200):
        sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        if any(local.endswith(":" + port) and state == "0A" for _, local, _, state, *_ in sockets):
            return
        time.sleep(0.05)
    raise TimeoutError(address)


@pytest.mark.parametrize(("how", "message"), [
    ("python: 'tests.external.house:Castle'", "the class tests.external.house:Castle did not start"),
    ("command: 'no_such_program %(addr)s'", "the command 'no_such_program %\\(addr\\)s' did not start"),
    ("connect: '127.0.0.1:1'", "the simulator at 127.0.0.1:1 did not start"),
])
def test_a_simulator_that_cannot_be_reached_is_named(toy_file, tmp_path, how, message):
    with pytest.raises(ExternalSimulatorError, match=message) as caught:
        new_run(with_houses(toy_file, how), tmp_path / "run")
    assert caught.value.exit_code == 5 and "has a model 'House'" in str(caught.value)


def test_a_run_with_external_simulators_cannot_be_resumed_and_says_why(toy_file, tmp_path):
    scenario = with_houses(toy_file, "python: 'tests.external.house:Castle'")
    with pytest.raises(ExternalSimulatorError):
        new_run(scenario, tmp_path / "run")
    with pytest.raises(RunStoreError, match="external simulators \\(houses\\), whose state is not ours"):
        resume_run(tmp_path / "run")


FAILING = """
from tests.external.house import HouseSimulator
import mosaik_api_v3


class Burning(HouseSimulator):
    def step(self, time, inputs, max_advance):
        if time == 3600:
            raise ValueError("the house burnt down")
        return super().step(time, inputs, max_advance)


if __name__ == "__main__":
    mosaik_api_v3.start_simulation(Burning())
"""


@pytest.mark.parametrize("kind", ["python", "command"])
def test_a_simulator_that_fails_on_the_way_ends_the_run_with_its_name_and_time(toy_file, tmp_path, monkeypatch, kind):
    """mosaik itself returns as if all were well when a remote simulator raises."""
    (tmp_path / "burning.py").write_text(FAILING)
    monkeypatch.syspath_prepend(tmp_path)
    how = {"python": "python: 'burning:Burning'",
           "command": f"command: '{sys.executable} {tmp_path / 'burning.py'} %(addr)s'"}[kind]
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    message = r"external simulator failed \(houses\) after 3600 s, at 2025-07-15 01"
    with pytest.raises(ExternalSimulatorError, match=message):
        new_run(with_houses(toy_file, how), tmp_path / "run")
    assert RunMeta.read(tmp_path / "run").status == "failed"
    assert read_run(tmp_path / "run").duration_s == 3600
