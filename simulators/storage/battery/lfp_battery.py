"""A battery system of LFP cells as it is: voltage, current, temperature, losses by cause, limits, instruments.

Powers in MW, discharging positive; energies in MWh; V and A of the DC link. A set-point is for the converter: what the
auxiliaries draw comes on top, so at rest ``p_mw`` is slightly negative. The names without ``measured_`` are the truth,
which accounts, networks and reports need; ``measured_…`` is what the battery's instruments tell a controller.

Energy: ``energy_mwh``, the integral of the open-circuit voltage over the charge, falls by (p_mw + loss_mw) · dt, and
``loss_mw`` is the sum of its causes, not what is left over.

The cells age by several laws side by side (ageing); the first of them is nominal and acts on capacity and resistance
after every step (aged_step). Where the cells have a price, ``wear_cost`` is what the nominal law has used up of it, and
the rest of it for cells that are replaced before they are worn out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulators.power_factor import tan_phi
from simulators.records import record_array
from simulators.setpoint import finite_request_mw
from simulators.storage.battery.aged_step import NOMINAL, ByLaw
from simulators.storage.battery.ageing.usage import Floats
from simulators.storage.battery.bms import Bms, BmsState, initial_bms_state
from simulators.storage.battery.feedback import DEPTH_LABELS, AgeingFeedback, BatteryHealth
from simulators.storage.battery.lfp_params import WATT_PER_MW, Params
from simulators.storage.battery.lfp_ports import DEPTH, LAW, Inputs, Outputs
from simulators.storage.battery.open_circuit import content_v
from simulators.storage.battery.operating_point import operating_point, round_trip_range
from simulators.storage.battery.step import StepResult, step_into
from simulators.storage.storage_unit import BAND_TOLERANCE_SOC
from twin.component import Component, Role
from twin.errors import ComponentError
from twin.nameplate import StorageNameplate


@dataclass(slots=True)
class State:
    """Charge, temperature and health of the cells, memory of the instruments, and which conditions were reported."""

    soc: float
    temperature_degc: float
    soh_capacity_frac: float
    soh_resistance_factor: float
    health: BatteryHealth | None
    """None without ageing: capacity and resistance stay as they are."""
    bms: BmsState
    generator: np.random.Generator
    setpoint_invalid: bool = False
    outside_band: bool = False
    outside_temperatures: bool = False


class Worn(NamedTuple):
    """What ageing adds to a step."""

    fade_mw: float
    cost: float
    """By the nominal law."""
    full_cycles: float
    by_law: ByLaw
    depths: np.ndarray
    """Closed cycles by depth."""


NOTHING = np.zeros(0)
UNWORN = Worn(0.0, 0.0, 0.0, ByLaw(*[NOTHING] * len(ByLaw._fields)), NOTHING)
"""Of a battery that does not age."""


class LfpBattery(Component[Params, Inputs, Outputs, State]):
    """LFP battery in containers: electro-thermal cells that age, converter curve, thermal management, instruments."""

    role = Role.STORAGE

    def initial_state(self) -> State:
        p = self.params
        self._constants = p.constants()
        self._system = record_array(self._constants)
        self._result = np.zeros(len(StepResult._fields))
        self._pack = p.pack()
        self._capacity_mah = self._pack.cells * p.cell.capacity_ah / WATT_PER_MW
        self._tan_phi = tan_phi(p.power_factor)
        self._bms = Bms(p.bms, p.min_soc, p.max_soc, p.power_mw)
        self._ageing = self._ageing_by_laws()
        self._price = (p.ageing.replacement_cost_per_mwh or 0.0) * p.energy_mwh
        self._books_ageing = self._ageing is not None and p.ageing.replacement_cost_per_mwh is not None
        return State(
            soc=p.initial_soc,
            temperature_degc=p.initial_degc,
            soh_capacity_frac=p.initial_capacity_frac,
            soh_resistance_factor=p.initial_resistance_factor,
            health=self._ageing.fresh(p.initial_soc, p.initial_capacity_frac, p.initial_resistance_factor)
            if self._ageing else None,
            bms=initial_bms_state(p.bms, p.initial_degc, self.step_s),
            generator=self.context.rng(self.name),
        )

    def _ageing_by_laws(self) -> AgeingFeedback | None:
        """None without laws."""
        params, start = self.params.ageing, self.context.start
        for addition in params.additions:
            if addition.at < start:
                raise ComponentError(
                    f"{self.name}: ageing.additions has {addition.at.isoformat()}, before the start "
                    f"{start.isoformat()}; state what was there by then with energy_mwh and initial_capacity_frac"
                )
        return AgeingFeedback(params, self.params.energy_mwh, start) if params.laws else None

    def terminals(self) -> dict[str, tuple[str, ...]]:
        if self._ageing is None:
            return {LAW: (), DEPTH: ()}
        return {LAW: self._ageing.law_names, DEPTH: DEPTH_LABELS}

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        state, dt_h = self.state, dt_s / 3600.0
        if t_s == 0:
            self._report_late_additions()
        shared_mwh, written_off = self._extend(t_s)
        soc_before = state.soc
        self._report_band(t_s)
        request_mw, state.setpoint_invalid = finite_request_mw(self, t_s, inputs.p_set_mw, state.setpoint_invalid)
        done, worn = self._advance(float(request_mw), float(inputs.air_temperature_degc), float(dt_s))
        state.soc, state.temperature_degc = done.soc, done.temperature_degc
        self._report_temperature(t_s)
        self._report_ageing(t_s)

        auxiliary_mw = self._constants.controls_mw + done.thermal_management_mw
        p_mw = done.converter_mw - done.standby_mw - auxiliary_mw
        fade_mw = worn.fade_mw + shared_mwh / dt_h
        wear_cost = max(done.converter_mw, 0.0) * dt_h * self.params.wear_cost_per_mwh
        if self._books_ageing:
            wear_cost = worn.cost + self._price * float(written_off[NOMINAL])
        read = self._bms.measure(
            state.bms, state.generator, soc_before, done.soc, done.temperature_degc, p_mw, dt_h
        )
        return Outputs(
            p_mw,
            abs(done.converter_mw) * self._tan_phi,
            request_mw,
            done.converter_mw,
            int(done.limited_by_code),
            done.energy_mwh,
            done.soc,
            done.converter_loss_mw + done.standby_mw + done.ohmic_loss_mw + done.hysteresis_loss_mw + auxiliary_mw
            + fade_mw,
            done.converter_loss_mw,
            done.standby_mw,
            done.ohmic_loss_mw,
            done.hysteresis_loss_mw,
            auxiliary_mw,
            done.thermal_management_mw,
            fade_mw,
            wear_cost,
            done.temperature_degc,
            self._pack.voltage_v(done.voltage_v),
            self._pack.current_a(done.current_a),
            state.soh_capacity_frac,
            state.soh_resistance_factor,
            worn.full_cycles,
            read.p_mw,
            self._capacity_mah * state.soh_capacity_frac * (1.0 + self.params.bms.capacity_error_frac)
            * content_v(read.soc),
            read.soc,
            read.temperature_degc,
            worn.by_law.capacity_frac,
            worn.by_law.resistance_factor,
            worn.by_law.calendar_frac,
            worn.by_law.cyclic_frac,
            self._price * (worn.by_law.used_frac + written_off),
            worn.depths,
        )

    def _advance(self, request_mw: float, air_degc: float, dt_s: float) -> tuple[StepResult, Worn]:
        """The electrical step, with ageing where there are laws."""
        state = self.state
        if self._ageing is None or state.health is None:
            step_into(
                self._system, state.soc, state.temperature_degc, state.soh_capacity_frac, state.soh_resistance_factor,
                request_mw, air_degc, dt_s, self._result,
            )  # fmt: skip
            return StepResult._make(self._result.tolist()), UNWORN
        aged = self._ageing.step(
            self._system, state.health, state.soc, state.temperature_degc, request_mw, air_degc, dt_s
        )
        *electrical, fade_mw, state.soh_capacity_frac, state.soh_resistance_factor = aged.fields
        cost = self._price * float(aged.by_law.used_frac[NOMINAL])
        return StepResult._make(electrical), Worn(fade_mw, cost, aged.full_cycles, aged.by_law, aged.depths)

    def _extend(self, t_s: int) -> tuple[float, Floats]:
        """Carry out additions that are due; returns content lost by it [MWh], price written off by law (``Extended``).
        """
        state, ageing = self.state, self._ageing
        if ageing is None or state.health is None:
            return 0.0, NOTHING
        lost_mwh, written_off = 0.0, np.zeros(len(ageing.law_names))
        for due_s, addition in ageing.additions[state.health.additions_done:]:
            if due_s > t_s:
                break
            before, soc = state.soh_capacity_frac, state.soc
            state.soc, after, rest = ageing.extend(state.health, addition, soc)
            written_off += rest
            state.soh_capacity_frac = after
            lost_mwh += self._capacity_mah * (before * content_v(soc) - after * content_v(state.soc))
            gone = {"nothing": "", "oldest": " in place of the oldest block", "all": " in place of all"}
            self.emit(
                t_s,
                "battery_extended",
                f"{self.name}: {addition.energy_mwh:g} MWh of new cells{gone[addition.replaces]}; capacity "
                f"{before:.3f} → {after:.3f} of the first, state of charge {soc:.3f} → {state.soc:.3f}",
            )
        return lost_mwh, written_off

    def _report_late_additions(self) -> None:
        """Tell what is to be added after the last step has begun: it never will be."""
        last_s = self.context.duration_s - self.step_s
        for due_s, addition in self._ageing.additions if self._ageing else ():
            if due_s > last_s:
                self.emit(
                    0,
                    "addition_after_the_end",
                    f"{self.name}: the {addition.energy_mwh:g} MWh of {addition.at.isoformat()} come after the last "
                    "step of the scenario and are not added; make it longer or leave them out",
                    "warning",
                )

    def _report_ageing(self, t_s: int) -> None:
        """Tell once when a law leaves the range of its experiments, and when the cells are worn out."""
        health, ageing = self.state.health, self._ageing
        if health is None or ageing is None:
            return
        for text in ageing.warnings(health):
            self.emit(t_s, "ageing_extrapolated", f"{self.name}: {text}", "warning")
        end = self.params.ageing.end_of_life_frac
        worn_out = self.state.soh_capacity_frac <= end
        if worn_out and not health.worn_out:
            self.emit(
                t_s,
                "end_of_life",
                f"{self.name}: by {ageing.law_names[NOMINAL]} the capacity is down to {end:g} of the first one",
                "warning",
            )
        health.worn_out = worn_out

    def _report_band(self, t_s: int) -> None:
        """Tell once when the charge is outside its band."""
        p, soc = self.params, self.state.soc
        below = soc < p.min_soc - BAND_TOLERANCE_SOC
        outside = below or soc > p.max_soc + BAND_TOLERANCE_SOC
        if outside and not self.state.outside_band:
            self.emit(
                t_s,
                "soc_outside_band",
                f"{self.name}: state of charge {soc:.3f} is outside {p.min_soc:g} to {p.max_soc:g}; only "
                f"{'charging' if below else 'discharging'} is possible until it is back",
                "warning",
            )
        self.state.outside_band = outside

    def _report_temperature(self, t_s: int) -> None:
        """Tell once when the cells are too cold to be charged or too warm to be used."""
        limits, now_degc = self.params.derating, self.state.temperature_degc
        cold, hot = now_degc < limits.no_charge_below_degc, now_degc >= limits.none_above_degc
        if (cold or hot) and not self.state.outside_temperatures:
            allowed = f"above {limits.no_charge_below_degc:g}" if cold else f"below {limits.none_above_degc:g}"
            self.emit(
                t_s,
                "temperature_outside_range",
                f"{self.name}: the cells are at {now_degc:.1f} °C; {'charging' if cold else 'use'} is possible "
                f"{allowed} °C only",
                "warning",
            )
        self.state.outside_temperatures = cold or hot

    def nameplate(self) -> StorageNameplate:
        p = self.params
        charging, discharging = (operating_point(self._constants, sign * p.power_mw) for sign in (-1.0, 1.0))
        wear_cost_per_mwh: float = p.wear_cost_per_mwh
        segments: tuple[tuple[float, float], ...] = ()
        if self._ageing is not None and self._books_ageing:
            wear_cost_per_mwh, segments = self._ageing.cycle_prices(
                p.max_soc - p.min_soc, discharging.power_mw / p.energy_mwh, discharging.efficiency
            )
        return StorageNameplate(
            abs(charging.power_mw),
            discharging.power_mw,
            p.energy_mwh,
            charging.efficiency,
            discharging.efficiency,
            p.min_soc,
            p.max_soc,
            wear_cost_per_mwh,
            ageing_segments=segments,
            round_trip_range=round_trip_range(self._constants),
            temperature_range_degc=(p.derating.no_charge_below_degc, p.derating.none_above_degc),
            end_of_life_frac=p.ageing.end_of_life_frac if self._ageing is not None else None,
        )
