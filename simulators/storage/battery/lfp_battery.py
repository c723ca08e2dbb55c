"""A battery system of LFP cells as it is: voltage, current, temperature, losses by cause, limits, instruments.

Powers in MW, discharging positive; energies in MWh; V and A of the DC link. A set-point is for the converter: what the
auxiliaries draw comes on top, so at rest ``p_mw`` is slightly negative. The names without ``measured_`` are the truth,
which accounts, networks and reports need; ``measured_…`` is what the battery's instruments tell a controller.

Energy: ``energy_mwh``, the integral of the open-circuit voltage over the charge, falls by (p_mw + loss_mw) · dt, and
``loss_mw`` is the sum of its causes, not what is left over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulators.power_factor import tan_phi
from simulators.records import record_array
from simulators.setpoint import finite_request_mw
from simulators.storage.battery.bms import Bms, BmsState, initial_bms_state
from simulators.storage.battery.lfp_params import WATT_PER_MW, Params
from simulators.storage.battery.open_circuit import content_v
from simulators.storage.battery.operating_point import operating_point
from simulators.storage.battery.step import StepResult, step_into
from simulators.storage.storage_unit import BAND_TOLERANCE_SOC
from twin.component import Component, Limit, Role, port
from twin.nameplate import StorageNameplate

OUTSIDE_DEGC = 15.0
"""Around the container where there is no weather."""


@dataclass(slots=True)
class Inputs:
    """Request of a controller, and the weather."""

    p_set_mw: float = port(0.0)
    """At the converter's AC terminals, discharging positive; 0 is off."""
    air_temperature_degc: float = port(OUTSIDE_DEGC, carrier="weather")


@dataclass(slots=True)
class Outputs:
    """Means over the step; contents, states and readings at its end."""

    p_mw: float = port(0.0, carrier="electricity")
    """At the bus: converter less standby and auxiliaries."""
    q_mvar: float = port(0.0, carrier="electricity")
    p_requested_mw: float = port(0.0)
    converter_mw: float = port(0.0)
    """Delivered for the request."""
    limited_by_code: int = port(0, codes=Limit)
    energy_mwh: float = port(0.0)
    soc: float = port(0.0)
    """Charge over the capacity of today, 0 to 1."""
    loss_mw: float = port(0.0)
    """All of the following losses and the auxiliaries."""
    converter_loss_mw: float = port(0.0)
    """Converter and transformer, standby included."""
    ohmic_loss_mw: float = port(0.0)
    """Resistance and polarisation of the cells."""
    hysteresis_loss_mw: float = port(0.0)
    """Between charging and discharging voltage at no current."""
    auxiliary_mw: float = port(0.0)
    """Thermal management, controls and pumps."""
    thermal_management_mw: float = port(0.0)
    """Electricity of cooling and heating, part of the auxiliaries."""
    wear_cost: float = port(0.0)
    """Booked in this step."""
    temperature_degc: float = port(0.0)
    voltage_v: float = port(0.0)
    current_a: float = port(0.0)
    soh_capacity_frac: float = port(1.0)
    """Capacity of today over that of new cells."""
    soh_resistance_factor: float = port(1.0)
    """Resistance of today over that of new cells."""
    measured_p_mw: float = port(0.0)
    measured_energy_mwh: float = port(0.0)
    """What the estimated charge would hold."""
    measured_soc: float = port(0.0)
    measured_temperature_degc: float = port(0.0)


@dataclass(slots=True)
class State:
    """Charge, temperature and health of the cells, memory of the instruments, and which conditions were reported."""

    soc: float
    temperature_degc: float
    soh_capacity_frac: float
    soh_resistance_factor: float
    bms: BmsState
    generator: np.random.Generator
    setpoint_invalid: bool = False
    outside_band: bool = False
    outside_temperatures: bool = False


class LfpBattery(Component[Params, Inputs, Outputs, State]):
    """LFP battery in containers: electro-thermal cells, converter curve, thermal management, limits and instruments."""

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
        return State(
            soc=p.initial_soc,
            temperature_degc=p.initial_degc,
            soh_capacity_frac=p.initial_capacity_frac,
            soh_resistance_factor=p.initial_resistance_factor,
            bms=initial_bms_state(p.bms, p.initial_degc, self.step_s),
            generator=self.context.rng(self.name),
        )

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        state, dt_h, soc_before = self.state, dt_s / 3600.0, self.state.soc
        self._report_band(t_s)
        request_mw, state.setpoint_invalid = finite_request_mw(self, t_s, inputs.p_set_mw, state.setpoint_invalid)
        step_into(
            self._system, state.soc, state.temperature_degc, state.soh_capacity_frac, state.soh_resistance_factor,
            float(request_mw), float(inputs.air_temperature_degc), float(dt_s), self._result,
        )  # fmt: skip
        done = StepResult._make(self._result.tolist())
        state.soc, state.temperature_degc = done.soc, done.temperature_degc
        self._report_temperature(t_s)

        auxiliary_mw = self._constants.controls_mw + done.thermal_management_mw
        p_mw = done.converter_mw - done.standby_mw - auxiliary_mw
        converter_loss_mw = done.converter_loss_mw + done.standby_mw
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
            converter_loss_mw + done.ohmic_loss_mw + done.hysteresis_loss_mw + auxiliary_mw,
            converter_loss_mw,
            done.ohmic_loss_mw,
            done.hysteresis_loss_mw,
            auxiliary_mw,
            done.thermal_management_mw,
            max(done.converter_mw, 0.0) * dt_h * self.params.wear_cost_per_mwh,
            done.temperature_degc,
            self._pack.voltage_v(done.voltage_v),
            self._pack.current_a(done.current_a),
            state.soh_capacity_frac,
            state.soh_resistance_factor,
            read.p_mw,
            self._capacity_mah * state.soh_capacity_frac * content_v(read.soc),
            read.soc,
            read.temperature_degc,
        )

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
        return StorageNameplate(
            abs(charging.power_mw),
            discharging.power_mw,
            p.energy_mwh,
            charging.efficiency,
            discharging.efficiency,
            p.min_soc,
            p.max_soc,
            p.wear_cost_per_mwh,
        )
