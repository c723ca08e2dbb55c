"""Runs a heat pump and its tank beside a heat network: who charges, who discharges, with which flows.

Four modes, numbered as in the published document. A heat pump that is asked for power charges the tank (2); once the
top of the tank is hot enough the tank feeds the network at the same time (6); when the heat pump is asked to stop, the
tank goes on feeding (5) until its top is too cold, then it rests (1). The flow through the condenser is moved until the
heat pump takes the electricity it is asked for. Flows in kg/s, temperatures in °C, powers in MW.

Source: ERIGrid 2.0 multi-energy network benchmark (BSD-3-Clause), document MENB_flex_heat_controller and its published
code; defaults are theirs. They disagree in the flow out of the resting tank (document 0, pandapipes variant of the code
0.11 kg/s) and in the first mode (document 2, code 1, from which it goes on to 2 before the first step).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from pydantic import Field, model_validator

from twin.component import Component, ComponentParams, Role, Section, port


class HeatMode(IntEnum):
    """Who heats. The document's 3 and 4, the tank alone, are not used by its law."""

    REST = 1
    CHARGE = 2
    DISCHARGE = 5
    CHARGE_AND_DISCHARGE = 6


HEAT_PUMP_RUNS = (HeatMode.CHARGE, HeatMode.CHARGE_AND_DISCHARGE)
TANK_FEEDS = (HeatMode.DISCHARGE, HeatMode.CHARGE_AND_DISCHARGE)


class Params(ComponentParams):
    """Temperatures, flows and the threshold of running."""

    hot_degc: float = Field(default=72.0, description="top of the tank above which it begins to feed [°C]")
    cold_degc: float = Field(default=65.0, description="top of the tank below which it stops feeding [°C]")
    run_above_mw: float = Field(default=0.035, ge=0, description="asked for more than this, the heat pump runs [MW]")
    discharge_kg_s: float = Field(default=2.0, ge=0, description="flow out of the feeding tank [kg/s]")
    rest_kg_s: float = Field(default=0.0, ge=0, description="flow out of the tank that does not feed [kg/s]")
    gain_kg_s: float = Field(
        default=0.5, gt=0, description="change of the condenser flow in a step, per relative error of the power [kg/s]"
    )
    max_condenser_kg_s: float = Field(default=10.0, gt=0, description="largest condenser flow [kg/s]")
    initial_mode_code: HeatMode = Field(
        default=HeatMode.CHARGE, description="mode at the start: 1 rest, 2 charge, 5 discharge, 6 both"
    )

    @model_validator(mode="after")
    def _hot_is_above_cold(self) -> Params:
        if self.cold_degc >= self.hot_degc:
            raise ValueError(f"cold_degc {self.cold_degc:g} must be below hot_degc {self.hot_degc:g}")
        return self


@dataclass(slots=True)
class Inputs:
    """What the heat pump is asked for now; what it took and how hot the tank was in the step before."""

    p_set_mw: float = port()
    """Set-point of the heat pump, ≤ 0; not a number: none, the heat pump stops."""
    p_mw: float = port(0.0, measured=True)
    """Electricity of the heat pump, ≤ 0; not a number: not measured, the condenser flow is held."""
    top_degc: float = port(math.nan, measured=True)
    """Top of the tank; not a number: not known, and no reason to change the mode."""


@dataclass(slots=True)
class Outputs:
    """Flows to be pumped, and what the heat pump is to take."""

    discharge_kg_s: float = port()
    """Out of the tank's top into the network, and back into its bottom."""
    condenser_kg_s: float = port()
    """From the tank's bottom through the heat pump to its top."""
    p_set_mw: float = port()
    """Set-point of the heat pump in this mode, ≤ 0; for one that finds its condenser flow itself."""
    mode_code: int = port(codes=HeatMode)


@dataclass(slots=True)
class State:
    """Mode and condenser flow."""

    mode_code: int
    condenser_kg_s: float = 0.0


def next_mode(mode: HeatMode, asked: bool, top_degc: float, p: Params) -> HeatMode:
    """One transition of the published law; ``asked``: the heat pump is asked to run."""
    if mode in HEAT_PUMP_RUNS and not asked:
        return HeatMode.DISCHARGE
    if mode not in HEAT_PUMP_RUNS and asked:
        return HeatMode.CHARGE
    if mode is HeatMode.CHARGE and top_degc > p.hot_degc:
        return HeatMode.CHARGE_AND_DISCHARGE
    if mode is HeatMode.DISCHARGE and top_degc < p.cold_degc:
        return HeatMode.REST
    return mode


def condenser_flow(before_kg_s: float, asked_mw: float, taken_mw: float, p: Params) -> float:
    """Flow that brings the electricity closer to what is asked; ``asked_mw`` > 0, ``taken_mw`` ≥ 0."""
    moved_kg_s = before_kg_s + p.gain_kg_s * (asked_mw - taken_mw) / asked_mw
    return min(max(moved_kg_s, 0.0), p.max_condenser_kg_s)


class FlexibleHeat(Component[Params, Inputs, Outputs, State]):
    """Operates a heat pump with its tank: four modes, two flows."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER

    def initial_state(self) -> State:
        return State(int(self.params.initial_mode_code))

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        p, state = self.params, self.state
        asked_mw = max(-inputs.p_set_mw, 0.0) if math.isfinite(inputs.p_set_mw) else 0.0
        mode = next_mode(HeatMode(state.mode_code), asked_mw > p.run_above_mw, inputs.top_degc, p)
        state.mode_code = int(mode)
        if mode not in HEAT_PUMP_RUNS:
            asked_mw = state.condenser_kg_s = 0.0
        elif math.isfinite(inputs.p_mw):
            state.condenser_kg_s = condenser_flow(state.condenser_kg_s, asked_mw, -inputs.p_mw, p)
        return Outputs(
            discharge_kg_s=p.discharge_kg_s if mode in TANK_FEEDS else p.rest_kg_s,
            condenser_kg_s=state.condenser_kg_s,
            p_set_mw=0.0 - asked_mw,
            mode_code=state.mode_code,
        )
