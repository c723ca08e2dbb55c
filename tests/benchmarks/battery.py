"""The battery: a step inside the co-simulation, batches with ageing, ten years of ageing; simses-lite beside them.

simses-lite is on the package index as ``simses`` and needs Python 3.12. It is measured in an environment of its own,
made for the benchmark and thrown away, where ``python3.12`` runs and the package can be had. Both step a 10 MW/40 MWh
LFP battery through a cycle a day at 15 min with one law of ageing; theirs has no converter and no thermal management
here, ours has both and works in sub-steps of a minute. CPU seconds.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from simulators.storage.battery.ageing import Ageing
from simulators.storage.battery.batch import run_battery
from simulators.storage.battery.lfp_battery import Inputs, LfpBattery
from simulators.storage.battery.lfp_params import Params
from twin.context import Context, Location

STEP_S = 900
TEN_YEARS = 10 * 365 * 86_400 // STEP_S
DAY_MW = np.array([-8.0] * 20 + [0.0] * 48 + [8.0] * 20 + [0.0] * 8)
LEAST_PER_S, MOST_US, MOST_S = 150_000, 50, 3
"""Budgets of a batch, of a component step and of ten years of ageing."""
SINGLE_STEPS = 20_000
TRIES = 3
PEER = "simses"
PEER_PYTHON = "python3.12"
PEER_STEPS_PER_S = 164_000
"""Where it cannot be measured: Battery.step with ageing, measured when this project was planned, on two cores."""
PEER_SCRIPT = f"""
import time
import simses.battery
from simses.battery import Battery
from simses.model.cell.sony_lfp import SonyLFP
day = [8e6] * 20 + [0.0] * 48 + [-8e6] * 20 + [0.0] * 8
battery = Battery(SonyLFP(), (416, 9_600), {{"start_soc": 0.1, "start_T": 25.0}}, (0.1, 0.9), degradation=True)
begun = time.process_time()
for k in range({SINGLE_STEPS}):
    battery.step(day[k % 96], {STEP_S})
print({SINGLE_STEPS} / (time.process_time() - begun))
"""
"""416 in series and 9 600 strings of 3 Ah at 3.2 V are 38 MWh."""


def measure() -> dict[str, float]:
    """Microseconds of a step, batch steps per second, seconds for ten years."""
    return {"step_us": _step_us(), "batch_per_s": _batch_per_s(STEP_S), "batch_minute_per_s": _batch_per_s(60),
            "ten_years_s": _ten_years_s()}


def _params(*laws: str) -> Params:
    ageing = {"laws": list(laws)} if laws else {}
    return Params.model_validate({"power_mw": 10, "energy_mwh": 40, "initial_soc": 0.1, "ageing": ageing})


def _step_us() -> float:
    """One step of the component with three laws, instruments and outputs."""
    place = Location(31.2, 121.5, 4.0, "Asia/Shanghai", "CN")
    context = Context(datetime(2025, 1, 1, tzinfo=UTC), 86_400, STEP_S, 1, place)
    times = []
    for _ in range(TRIES):
        battery = LfpBattery("bess", _params(), context)
        battery.step(0, STEP_S, Inputs(0.0, 15.0))
        begun = time.process_time()
        for k in range(1, SINGLE_STEPS):
            battery.step(k * STEP_S, STEP_S, Inputs(float(DAY_MW[k % DAY_MW.size]), 15.0))
        times.append((time.process_time() - begun) / (SINGLE_STEPS - 1))
    return min(times) * 1e6


def _batch_per_s(dt_s: int) -> float:
    """Battery and ageing by one law, all in compiled code."""
    params, requests = _params("naumann_lfp"), np.resize(np.repeat(DAY_MW, STEP_S // dt_s), TEN_YEARS)
    run_battery(params, requests[:10], 15.0, dt_s)
    times = []
    for _ in range(TRIES):
        begun = time.process_time()
        run_battery(params, requests, 15.0, dt_s)
        times.append(time.process_time() - begun)
    return TEN_YEARS / min(times)


def _ten_years_s() -> float:
    """Ageing alone, by one law, with health after each day."""
    ageing = Ageing(["naumann_lfp"])
    way = np.interp(np.arange(1, 97) / 4.0, [0, 5, 17, 22, 24], [0.1, 0.9, 0.9, 0.1, 0.1])
    ageing.run(ageing.fresh(0.1), way, 25.0, STEP_S)
    times = []
    for _ in range(TRIES):
        begun = time.process_time()
        ageing.run(ageing.fresh(0.1), way, 25.0, STEP_S, steps=TEN_YEARS, every=96)
        times.append(time.process_time() - begun)
    return min(times)


def peer_per_s() -> float | str:
    """Steps per second of simses-lite on this machine, or why there are none."""
    try:
        subprocess.run([PEER_PYTHON, "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return f"no {PEER_PYTHON} here"
    with tempfile.TemporaryDirectory() as scratch:
        python = Path(scratch) / "bin" / "python"
        try:
            subprocess.run([PEER_PYTHON, "-m", "venv", scratch], capture_output=True, check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], capture_output=True, check=True)
            done = subprocess.run([python, "-c", PEER_SCRIPT], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            return f"{PEER} could not be installed or run ({type(error).__name__})"
        return float(done.stdout)
