"""Water-to-water heat pump that holds its condenser outlet: a Carnot fraction between log-mean temperatures.

Powers in MW, temperatures in °C (K inside), flows in kg/s. With the logarithmic means T_e, T_c of in- and outlet
temperatures the heat per shaft work is η = η_sys / (1 - T_e/T_c), the Lorenz form of the Carnot fraction. The shaft
work asked for lifts the condenser flow to its target; it is limited by the condenser's highest outlet, the
evaporator's lowest outlet and the rating, and follows with a first-order lag. Heat at the condenser is η W, from the
evaporator (η - 1) W, electricity P_0 + W/η_comp: motor losses leave the cycle. The condenser flow is given, or the heat
pump finds the one with which it takes the electricity it is asked for: its flow controller is faster than a step.

Source: ERIGrid 2.0 multi-energy network benchmark (BSD-3-Clause), "ConstantTcond" heat pump, document MENB_heat_pump.
Its code and its document disagree in the mean temperature: ``log_mean: taylor`` is what the code does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import Field, model_validator

from simulators.setpoint import finite_request_mw
from simulators.water import WATT_PER_MW, ZERO_CELSIUS_K
from twin.component import AssetParams, Component, Role, port
from twin.errors import ComponentError

BENCHMARK_HEAT_CAPACITY_J_KG_K = 4180.0
"""Water in the ERIGrid benchmark."""
LARGEST_COP = 50.0
"""Of the ideal cycle's fraction, where the evaporator is nearly as warm as the condenser or warmer."""


class Params(AssetParams):
    """What the YAML may say about a heat pump; defaults are those of the ERIGrid benchmark."""

    rated_mw: float = Field(gt=0, description="rated compressor electricity, standby not included [MW]")
    standby_mw: float = Field(default=0.0003, ge=0, description="electricity at standstill, P_0 [MW]")
    system_efficiency: float = Field(default=0.5, gt=0, le=1, description="fraction of the Carnot COP [-]")
    compressor_efficiency: float = Field(default=0.7, gt=0, le=1, description="shaft work over electricity [-]")
    lag_s: float = Field(default=5.0, ge=0, description="time constant of the compressor (1/lambda) [s]")
    condenser_target_degc: float = Field(default=75.0, description="condenser outlet that is held [°C]")
    condenser_max_degc: float = Field(default=85.0, description="highest condenser outlet [°C]")
    evaporator_min_degc: float = Field(default=20.0, description="lowest evaporator outlet [°C]")
    max_condenser_kg_s: float = Field(
        default=10.0, gt=0, description="largest condenser flow, where the heat pump finds it itself [kg/s]"
    )
    heat_capacity_j_kg_k: float = Field(
        default=BENCHMARK_HEAT_CAPACITY_J_KG_K, gt=0, description="specific heat capacity of the water [J/(kg K)]"
    )
    evaporator_water_m3: float = Field(
        default=0.0, ge=0, description="mixed water content at the evaporator outlet; 0: none, as in the document [m³]"
    )
    log_mean: Literal["logarithmic", "taylor"] = Field(
        default="logarithmic", description="mean temperature: the document's, or the expansion in the published code"
    )
    substep_s: float = Field(default=60.0, gt=0, description="longest sub-step inside a step [s]")
    initial_evaporator_out_degc: float = Field(default=30.0, description="evaporator outlet before the first step [°C]")

    @model_validator(mode="after")
    def _temperatures_are_in_order(self) -> Params:
        if not self.evaporator_min_degc < self.condenser_target_degc <= self.condenser_max_degc:
            raise ValueError(
                f"evaporator_min_degc {self.evaporator_min_degc:g} < condenser_target_degc "
                f"{self.condenser_target_degc:g} <= condenser_max_degc {self.condenser_max_degc:g} must hold"
            )
        return self


def log_mean_k(a_k: Any, b_k: Any) -> Any:
    """Logarithmic mean (a - b) / ln(a/b) of two temperatures in K, also where they are equal.

    With x = (a - b)/(a + b) the mean is (a + b)/2 · x/artanh(x); the series is exact to 1e-12 for ratios up to 1.2. For
    floats, arrays and CasADi symbols.
    """
    half = 0.5 * (a_k + b_k)
    x2 = ((a_k - b_k) / (a_k + b_k)) ** 2
    return half * (1.0 - x2 * (1 / 3 + x2 * (4 / 45 + x2 * (44 / 945 + x2 * (428 / 14175 + x2 * 10196 / 467775)))))


def taylor_mean_k(inlet_k: Any, outlet_k: Any) -> Any:
    """What the published benchmark code computes instead: an expansion around the inlet temperature."""
    d = inlet_k - outlet_k
    return inlet_k - d / 2 * (1 + d / 6 / inlet_k * (1 + d / 2 / inlet_k))


def heating_cop(evaporator_mean_k: Any, condenser_mean_k: Any, system_efficiency: Any) -> Any:
    """Condenser heat per shaft work; temperatures in K, condenser above evaporator."""
    return system_efficiency / (1.0 - evaporator_mean_k / condenser_mean_k)


class Streams(NamedTuple):
    """Water entering the heat pump."""

    evaporator_in_degc: float
    evaporator_kg_s: float
    condenser_in_degc: float
    condenser_kg_s: float


class Cycle(NamedTuple):
    """One sub-step, powers in W."""

    work_w: float
    condenser_w: float
    evaporator_w: float
    limit_w: float
    """Largest shaft work the limits allow."""


@dataclass(slots=True)
class Inputs:
    """Water at both heat exchangers; the flow through the condenser, or the electricity that decides it."""

    evaporator_in_degc: float = port()
    evaporator_kg_s: float = port()
    condenser_in_degc: float = port()
    condenser_kg_s: float = port(math.inf)
    """Infinite, where it is not given: ``p_set_mw`` decides."""
    p_set_mw: float = port(math.nan)
    """Electricity asked for, ≤ 0, standby included; read only where ``condenser_kg_s`` is not given."""


@dataclass(slots=True)
class Outputs:
    """Means over the step; with a water content the evaporator's outlet is that at its end."""

    p_mw: float = port(0.0, carrier="electricity")
    q_mvar: float = port(0.0, carrier="electricity")
    condenser_heat_mw: float = port(0.0)
    """Delivered, ≥ 0."""
    evaporator_heat_mw: float = port(0.0)
    """Taken from the evaporator's water, ≤ 0."""
    loss_mw: float = port(0.0)
    """Motor losses and standby, ≥ 0."""
    extraction_mw: float = port(0.0)
    """The same as a positive amount, as a heat network takes it out of its return."""
    condenser_kg_s: float = port(0.0)
    condenser_out_degc: float = port(0.0)
    evaporator_out_degc: float = port(0.0)
    cop: float = port(0.0)
    """Condenser heat over electricity."""


@dataclass(slots=True)
class State:
    """Shaft work and the outlets of the last sub-step, which the next one starts from."""

    work_mw: float
    condenser_out_degc: float
    evaporator_out_degc: float
    setpoint_invalid: bool = False


def _what_is_wrong(streams: Streams) -> str:
    bad = next(
        (name, value)
        for name, value in zip(Streams._fields, streams, strict=True)
        if not math.isfinite(value) or (name.endswith("kg_s") and value < 0.0)
    )
    return f"{bad[0]} is {bad[1]:g}; a heat pump needs finite temperatures and flows of 0 or more"


def _clamp(low: float, x: float, high: float) -> float:
    return low if x <= low else min(x, high)


class HeatPump(Component[Params, Inputs, Outputs, State]):
    """Heat pump between two water circuits."""

    role = Role.LOAD

    def initial_state(self) -> State:
        self._mean = log_mean_k if self.params.log_mean == "logarithmic" else taylor_mean_k
        return State(0.0, self.params.condenser_target_degc, self.params.initial_evaporator_out_degc)

    def step(self, t_s: int, dt_s: float, inputs: Inputs) -> Outputs:
        streams = Streams(
            inputs.evaporator_in_degc, inputs.evaporator_kg_s, inputs.condenser_in_degc, inputs.condenser_kg_s
        )
        by_power = streams.condenser_kg_s == math.inf
        asked_w = self._asked_w(t_s, inputs.p_set_mw) if by_power else 0.0
        if by_power:
            streams = streams._replace(condenser_kg_s=0.0)
        if not math.isfinite(sum(streams)) or streams.evaporator_kg_s < 0.0 or streams.condenser_kg_s < 0.0:
            raise ComponentError(_what_is_wrong(streams))
        count = max(1, math.ceil(dt_s / self.params.substep_s))
        work = condenser = evaporator = flow_kg_s = 0.0
        for _ in range(count):
            if by_power:
                streams = streams._replace(condenser_kg_s=self.condenser_flow(streams, asked_w))
            flow_kg_s += streams.condenser_kg_s / count
            cycle = self._advance(streams, dt_s / count)
            work += cycle.work_w / count
            condenser += cycle.condenser_w / count
            evaporator += cycle.evaporator_w / count
        p, state = self.params, self.state
        electricity_mw = p.standby_mw + work / p.compressor_efficiency / WATT_PER_MW
        heating_w_k = p.heat_capacity_j_kg_k * flow_kg_s
        cooling_w_k = p.heat_capacity_j_kg_k * streams.evaporator_kg_s
        evaporator_out_degc = state.evaporator_out_degc
        if cooling_w_k and not p.evaporator_water_m3:
            evaporator_out_degc = streams.evaporator_in_degc - evaporator / cooling_w_k
        return Outputs(
            p_mw=-electricity_mw,
            condenser_heat_mw=condenser / WATT_PER_MW,
            evaporator_heat_mw=-evaporator / WATT_PER_MW,
            extraction_mw=evaporator / WATT_PER_MW,
            condenser_kg_s=flow_kg_s,
            loss_mw=electricity_mw - work / WATT_PER_MW,
            condenser_out_degc=(
                streams.condenser_in_degc + condenser / heating_w_k if heating_w_k else state.condenser_out_degc
            ),
            evaporator_out_degc=evaporator_out_degc,
            cop=condenser / WATT_PER_MW / electricity_mw if electricity_mw else 0.0,
        )

    def _asked_w(self, t_s: int, p_set_mw: float) -> float:
        """Shaft work that the set-point leaves after standby."""
        p, state = self.params, self.state
        p_set_mw, state.setpoint_invalid = finite_request_mw(self, t_s, p_set_mw, state.setpoint_invalid)
        return max(0.0, -p_set_mw - p.standby_mw) * p.compressor_efficiency * WATT_PER_MW

    def condenser_flow(self, streams: Streams, asked_w: float) -> float:
        """Flow that is lifted to the target with the shaft work asked for, as far as the other limits let it."""
        p = self.params
        eta = self._heat_per_work(streams)
        lift_j_kg = p.heat_capacity_j_kg_k * (p.condenser_target_degc - streams.condenser_in_degc)
        if lift_j_kg <= 0.0:
            return 0.0
        return min(eta * min(asked_w, self._limit_w(streams, eta)) / lift_j_kg, p.max_condenser_kg_s)

    def _heat_per_work(self, streams: Streams) -> float:
        """From the outlets of the sub-step before."""
        p, state = self.params, self.state
        zero_k = ZERO_CELSIUS_K
        evaporator_k = self._mean(streams.evaporator_in_degc + zero_k, state.evaporator_out_degc + zero_k)
        condenser_k = self._mean(streams.condenser_in_degc + zero_k, state.condenser_out_degc + zero_k)
        smallest_lift = 1.0 - p.system_efficiency / LARGEST_COP
        return float(
            max(1.0, heating_cop(min(evaporator_k, smallest_lift * condenser_k), condenser_k, p.system_efficiency))
        )

    def _limit_w(self, streams: Streams, eta: float) -> float:
        """Largest shaft work for evaporator and rating."""
        p = self.params
        evaporator_w_k = p.heat_capacity_j_kg_k * streams.evaporator_kg_s
        reserve_w = (streams.evaporator_in_degc - p.evaporator_min_degc) * evaporator_w_k
        by_evaporator = reserve_w / (eta - 1.0) if eta > 1.0 else math.inf
        return max(0.0, min(by_evaporator, p.rated_mw * WATT_PER_MW * p.compressor_efficiency))

    def cycle(self, streams: Streams, dt_s: float) -> Cycle:
        """Shaft work and heat flows over a sub-step, from the outlets of the one before (as published)."""
        p, state = self.params, self.state
        eta = self._heat_per_work(streams)
        condenser_w_k = p.heat_capacity_j_kg_k * streams.condenser_kg_s
        evaporator_w_k = p.heat_capacity_j_kg_k * streams.evaporator_kg_s
        by_condenser = (p.condenser_max_degc - streams.condenser_in_degc) * condenser_w_k / eta
        limit_w = max(0.0, min(self._limit_w(streams, eta), by_condenser))
        wanted_w = (p.condenser_target_degc - streams.condenser_in_degc) * condenser_w_k / eta
        kept = math.exp(-dt_s / p.lag_s) if p.lag_s else 0.0
        work_w = (1.0 - kept) * _clamp(0.0, wanted_w, limit_w) + kept * state.work_mw * WATT_PER_MW
        if not (condenser_w_k and evaporator_w_k):
            work_w = 0.0  # flow switch: without it the heat would have nowhere to go
        return Cycle(work_w, eta * work_w, (eta - 1.0) * work_w, limit_w)

    def _advance(self, streams: Streams, dt_s: float) -> Cycle:
        p, state = self.params, self.state
        cycle = self.cycle(streams, dt_s)
        state.work_mw = cycle.work_w / WATT_PER_MW
        condenser_w_k = p.heat_capacity_j_kg_k * streams.condenser_kg_s
        evaporator_w_k = p.heat_capacity_j_kg_k * streams.evaporator_kg_s
        state.condenser_out_degc = (
            streams.condenser_in_degc + cycle.condenser_w / condenser_w_k if condenser_w_k else p.condenser_target_degc
        )
        if evaporator_w_k:
            leaving_degc = streams.evaporator_in_degc - cycle.evaporator_w / evaporator_w_k
            content_kg = 1000.0 * p.evaporator_water_m3
            kept = math.exp(-streams.evaporator_kg_s * dt_s / content_kg) if content_kg else 0.0
            state.evaporator_out_degc = leaving_degc + (state.evaporator_out_degc - leaving_degc) * kept
        else:
            state.evaporator_out_degc = streams.evaporator_in_degc
        return cycle
