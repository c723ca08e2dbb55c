"""A toy site of pure components, small enough to compute by hand, used by the tests of co-simulation and run store."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from twin.component import AssetParams, Component, ComponentParams, Event, Nothing, Role, Section, port
from twin.device import Action, Device, DeviceParams, FaultKind


class NoParams(ComponentParams):
    """Nothing to say."""


@dataclass(slots=True)
class SunOutputs:
    ghi_w_m2: float = port(carrier="weather")


class Sun(Component[NoParams, Nothing, SunOutputs, Nothing]):
    """Half a sine from 6 to 18 h."""

    section, role = Section.WEATHER, Role.ENVIRONMENT

    def step(self, t_s, dt_s, inputs):
        return SunOutputs(max(0.0, 900 * math.sin(math.pi * (t_s / 3600 % 24 - 6) / 12)))


class PlantParams(AssetParams):
    peak_mw: float


@dataclass(slots=True)
class PlantInputs:
    ghi_w_m2: float = port(carrier="weather")


@dataclass(slots=True)
class Power:
    p_mw: float = port(carrier="electricity")


class Plant(Component[PlantParams, PlantInputs, Power, Nothing]):
    """Power proportional to irradiance."""

    role = Role.RENEWABLE

    def step(self, t_s, dt_s, inputs):
        return Power(self.params.peak_mw * inputs.ghi_w_m2 / 1000)


class ConsumerParams(AssetParams):
    mean_mw: float = 1.0


@dataclass(slots=True)
class ConsumerState:
    rng: np.random.Generator
    deviation_mw: float = 0.0


class Consumer(Component[ConsumerParams, Nothing, Power, ConsumerState]):
    """A load with a random walk towards its mean."""

    role = Role.LOAD

    def initial_state(self):
        return ConsumerState(self.context.rng(self.name))

    def step(self, t_s, dt_s, inputs):
        state = self.state
        state.deviation_mw = 0.98 * state.deviation_mw + 0.05 * state.rng.standard_normal()
        return Power(-(self.params.mean_mw + state.deviation_mw))


@dataclass(slots=True)
class StoreState:
    energy_mwh: float = 2.0


@dataclass(slots=True)
class StoreInputs:
    p_set_mw: float = port(0.0)


@dataclass(slots=True)
class StoreOutputs:
    p_mw: float = port(carrier="electricity")
    soc: float = port()


class Store(Component[AssetParams, StoreInputs, StoreOutputs, StoreState]):
    """4 MWh without losses."""

    role = Role.STORAGE

    def step(self, t_s, dt_s, inputs):
        dt_h = dt_s / 3600
        p_mw = min(max(inputs.p_set_mw, -(4 - self.state.energy_mwh) / dt_h), self.state.energy_mwh / dt_h)
        self.state.energy_mwh -= p_mw * dt_h
        return StoreOutputs(p_mw, self.state.energy_mwh / 4)


class PlateParams(ComponentParams):
    buses: tuple[str, ...] = ("SITE",)


@dataclass(slots=True)
class PlateInputs:
    p_mw: np.ndarray = port(0.0, carrier="electricity", per="bus", total=True)


@dataclass(slots=True)
class PlateOutputs:
    exchange_mw: float = port(carrier="metering")
    bus_mw: np.ndarray = port(per="bus")


class Plate(Component[PlateParams, PlateInputs, PlateOutputs, Nothing]):
    """Sums all injections; the public grid takes the rest."""

    section, role = Section.NETWORKS, Role.NETWORK

    def terminals(self):
        return {"bus": self.params.buses}

    def step(self, t_s, dt_s, inputs):
        return PlateOutputs(-float(inputs.p_mw.sum()), inputs.p_mw)


class BossParams(ComponentParams):
    step_s: int = 900
    assets: tuple[str, ...] = ("store",)


@dataclass(slots=True)
class BossInputs:
    exchange_mw: float = port(0.0, carrier="metering", measured=True)
    soc: np.ndarray = port(-1.0, per="asset", measured=True)


@dataclass(slots=True)
class BossOutputs:
    p_set_mw: np.ndarray = port(per="asset")
    seen_mw: float = port()
    seen_soc: float = port(may_be_missing=True)


class Boss(Component[BossParams, BossInputs, BossOutputs, Nothing]):
    """Lets the store cover 80 % of what was imported one step ago; tells what it saw."""

    section, role = Section.CONTROLLERS, Role.CONTROLLER

    def terminals(self):
        return {"asset": self.params.assets}

    def step(self, t_s, dt_s, inputs):
        n = len(self.params.assets)
        if t_s == 0:
            self.emit(t_s, "hello", "the operator is on duty")
        return BossOutputs(np.full(n, 0.8 * inputs.exchange_mw), inputs.exchange_mw, float(inputs.soc[0]))


class GateParams(DeviceParams):
    most_mw: float = 10.0


class GateMode(IntEnum):
    SHUT = 0
    OPEN = 1


@dataclass(slots=True)
class GateState:
    opened_count: int = 0


class Gate(Device[GateParams, GateState]):
    """Lets commands up to its limit through, and none while it is tripped at the start of a step."""

    Mode = GateMode
    feels = frozenset(FaultKind) - {FaultKind.NONE, FaultKind.SLOW}

    def act(self, t_s, dt_s, command):
        if self.plan.has(FaultKind.TRIP, t_s):
            return Action((0.0,), GateMode.SHUT, [Event(t_s, self.name, "shut", f"{self.name} is shut")])
        self.state.opened_count += command.reset
        return Action((min(command.value, self.params.most_mw),), GateMode.OPEN)


TOY_DEVICES = {"gate": Gate}
TOYS = {"sun": Sun, "plant": Plant, "consumer": Consumer, "store": Store, "plate": Plate, "boss": Boss}

TOY_SCENARIO = """\
name: toy
seed: 7
time: {start: 2025-07-15T00:00:00+08:00, duration_h: 24, step_s: 60}
location: {latitude_deg: 31.2, longitude_deg: 121.5, timezone: Asia/Shanghai}
weather: {type: sun}
assets:
  pv: {type: plant, peak_mw: 3.0, bus: A}
  office: {type: consumer, mean_mw: 1.5, bus: B}
  store: {type: store, bus: B}
networks:
  grid: {type: plate, buses: [A, B]}
control: {type: boss}
"""
