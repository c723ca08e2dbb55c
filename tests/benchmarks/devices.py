"""Emulated devices in lockstep: an hour in steps of 1 s, inner steps of 0.1 s while the output moves.

The peer is the usual SimPy emulator, a process per device that polls every 0.1 s whatever happens, all in one
environment that counts polls; it does ramp, heartbeat and modes, and neither faults nor snapshots. Set-points change so
often that ours is on its ramp all the time too, its dearest case. CPU seconds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from typing import Any

import simpy

from simulators.devices.battery_pcs import BatteryPcs, Params
from twin.device import Command
from twin.nameplate import StorageNameplate

DEVICES = 20
HOUR_S = 3600
HOLD_S = 18
"""A new set-point so often: as long as the way from one to the other takes at 1 MW/s."""
SWING_MW = 9.0
RAMP_MW_PER_MIN = 60.0
PLATE = StorageNameplate(10.0, 10.0, 40.0, 0.92, 0.92, 0.05, 0.95, 0.0)
POLLS_PER_S = 10
POLL_S = 1.0 / POLLS_PER_S
TIMEOUT_S = 3.0
ROUNDS = 3


def measure() -> dict[str, float]:
    """CPU seconds for :data:`DEVICES` devices over an hour: ``ours_s`` moving, ``resting_s`` at rest, ``peer_s``."""
    times: dict[str, list[float]] = {"ours_s": [], "resting_s": [], "peer_s": []}
    for _ in range(ROUNDS):
        ours_s, energy_mwh = _ours(SWING_MW)
        peer_s, peer_mwh = _peer()
        # speed counts only for the right answer; the peer acts up to a poll later
        assert math.isclose(energy_mwh, peer_mwh, abs_tol=2.0 * SWING_MW * POLL_S / HOUR_S)
        times["ours_s"].append(ours_s)
        times["peer_s"].append(peer_s)
        times["resting_s"].append(_ours(0.0)[0])
    return {name: min(found) for name, found in times.items()}


def _setpoint_mw(t_s: int, swing_mw: float) -> float:
    return swing_mw if t_s // HOLD_S % 2 else -swing_mw


def _ours(swing_mw: float) -> tuple[float, float]:
    devices = [BatteryPcs(f"pcs_{n}", Params(ramp_mw_per_min=RAMP_MW_PER_MIN), PLATE) for n in range(DEVICES)]
    energy_mws = 0.0
    started = time.process_time()
    for t_s in range(HOUR_S):
        command = Command(_setpoint_mw(t_s, swing_mw))
        for device in devices:
            energy_mws += device.act(t_s, 1, command).values[0]
    return time.process_time() - started, energy_mws / DEVICES / HOUR_S


class _PollingPcs:
    """As one writes it first: look every 0.1 s."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env, self.mode = env, "STANDBY"
        self.p_mw = self.set_mw = self.energy_mws = 0.0
        self.heard = 0
        env.process(self._life())

    def _life(self) -> Generator[simpy.Event, Any, None]:
        reach_mw, patience = RAMP_MW_PER_MIN / 60.0 * POLL_S, TIMEOUT_S * POLLS_PER_S
        while True:
            yield self.env.timeout(1)
            alive = self.env.now - self.heard <= patience
            if self.mode == "STANDBY" and alive and self.set_mw:
                self.mode = "RUN"
            if self.mode == "RUN":
                before_mw, target_mw = self.p_mw, self.set_mw if alive else 0.0
                self.p_mw += max(-reach_mw, min(reach_mw, target_mw - self.p_mw))
                self.energy_mws += 0.5 * (before_mw + self.p_mw) * POLL_S
                if abs(self.p_mw) < 1e-9 and not target_mw:
                    self.p_mw, self.mode = 0.0, "STANDBY"


def _peer() -> tuple[float, float]:
    env = simpy.Environment()
    devices = [_PollingPcs(env) for _ in range(DEVICES)]
    started = time.process_time()
    for t_s in range(HOUR_S):
        for device in devices:
            device.set_mw, device.heard = _setpoint_mw(t_s, SWING_MW), int(env.now)
        env.run(until=(t_s + 1) * POLLS_PER_S)
    return time.process_time() - started, sum(d.energy_mws for d in devices) / DEVICES / HOUR_S


if __name__ == "__main__":
    for key, value in measure().items():
        print(f"{key:24s} {value:.3f}")
