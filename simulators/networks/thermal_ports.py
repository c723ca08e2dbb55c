"""What flows into and out of the heating and cooling networks. Powers in MW as means over a step, temperatures in °C.

Heat and cold are positive amounts here: what is delivered, lost, stored. Only what meets the other networks keeps the
sign of the site (into a network is positive): demand that arrives, electricity and gas that are used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simulators.networks.heat.status import NetworkStatus
from twin.component import port


@dataclass(slots=True)
class NetworkInputs:
    """What acts on a network, besides its demand."""

    air_temperature_degc: float = port(15.0, carrier="weather")
    wet_bulb_degc: float = port(12.0, carrier="weather")
    feed_kg_s: np.ndarray = port(0.0, per="feed")
    """> 0: from the return into the supply; < 0: charging, out of the supply."""
    feed_degc: np.ndarray = port(20.0, per="feed")
    """Of the water a feed gives."""
    extraction_mw: np.ndarray = port(0.0, per="extraction")
    """Heat asked out of the return."""
    supply_set_degc: np.ndarray = port(math.nan, per="source")
    """Supply temperature by hand; nan: as the network file says."""
    tank_request_mw: np.ndarray = port(math.nan, per="source")
    """> 0 discharge at most so much, < 0 charge so much, 0 keep; nan: the plant decides."""
    plant_limit_mw: np.ndarray = port(math.inf, per="source")
    """Most that boiler, electric chillers or a bought supply may give; 0: out of service. Holds in every sub-step; of a
    bought supply without max_mw and max_kg_s in its file only up to the change of the return in a sub-step."""
    pump_limit_kg_s: np.ndarray = port(math.inf, per="source")
    """Most the circulation pump can move; 0: it has failed."""
    valve_open_frac: np.ndarray = port(1.0, per="substation")
    """0: shut by hand."""
    pipe_open_frac: np.ndarray = port(1.0, per="pipe")
    """0: shut by its valves; anything more is open."""


@dataclass(slots=True)
class HeatInputs(NetworkInputs):
    """A heating network's inputs."""

    heat_mw: np.ndarray = port(0.0, carrier="heat", per="connection", total=True)
    """Demand ≤ 0 at a substation, heat of CHP units ≥ 0 at a source with a plant."""
    drive_request_mw: float = port(0.0, carrier="drive_heat", total=True)
    """Of absorption chillers."""


@dataclass(slots=True)
class CoolingInputs(NetworkInputs):
    """A cooling network's inputs."""

    cooling_mw: np.ndarray = port(0.0, carrier="cooling", per="connection", total=True)
    """Demand, ≤ 0, at a substation."""
    drive_share_frac: float = port(0.0, carrier="drive_heat", measured=True)
    """What a heating network gave in the step before, over what was requested of it."""
    drive_degc: float = port(20.0, carrier="drive_heat", measured=True)


@dataclass(slots=True)
class NetworkOutputs:
    """What both networks tell. In every step supplies - uses - losses = stored_change_mwh / dt, up to residual_mwh."""

    p_mw: float = port(carrier="electricity")
    """Pumps, fans, burners, chillers; ≤ 0."""
    q_mvar: float = port(carrier="electricity")
    pump_mw: float = port()
    """Circulation pumps alone, ≥ 0."""
    demand_mw: float = port()
    """Asked by the substations."""
    delivered_mw: float = port()
    unserved_mw: float = port()
    loss_mw: float = port()
    """From the pipes to the ground (cooling: cold lost); below 0 where the ground helps."""
    plant_mw: float = port()
    """Given to the water by energy centres."""
    external_mw: float = port()
    """Given by sources without a plant: bought, into the header where there is one."""
    feed_mw: float = port()
    extraction_mw: float = port()
    """Taken out of the return (cooling: < 0 where heat is taken out)."""
    tank_mw: float = port()
    """Discharge minus charge of the energy centres' tanks."""
    tank_loss_mw: float = port()
    tank_energy_mwh: float = port()
    """Heat above 0 °C at the end of the step (cooling: cold below 0 °C, negative)."""
    stored_mwh: float = port()
    """As ``tank_energy_mwh``, in pipes and headers."""
    stored_change_mwh: float = port()
    """In pipes, headers and tanks over the step."""
    residual_mwh: float = port()
    """What the balance of the step misses: round-off."""
    shortfall_mw: float = port()
    """What plants could not give of what their supply set-point needs."""
    status_code: int = port(codes=NetworkStatus)
    worst_differential_bar: float = port()
    """Least pressure difference at a substation with flow; 0 without flow."""
    max_velocity_m_s: float = port()
    max_pressure_gradient_pa_m: float = port()
    crosscheck_pressure_frac: float = port()
    """Largest deviation from pandapipes at the last cross-check, relative to the largest pressure drop."""
    substation_demand_mw: np.ndarray = port(per="substation")
    substation_delivered_mw: np.ndarray = port(per="substation")
    substation_unserved_mw: np.ndarray = port(per="substation")
    substation_kg_s: np.ndarray = port(per="substation")
    substation_supply_degc: np.ndarray = port(per="substation")
    substation_return_degc: np.ndarray = port(per="substation")
    """Behind the exchanger; the supply temperature where nothing flows."""
    differential_bar: np.ndarray = port(per="substation")
    supply_degc: np.ndarray = port(per="node")
    return_degc: np.ndarray = port(per="node")
    pipe_kg_s: np.ndarray = port(per="pipe")
    velocity_m_s: np.ndarray = port(per="pipe")
    pressure_gradient_pa_m: np.ndarray = port(per="pipe")
    source_mw: np.ndarray = port(per="source")
    source_kg_s: np.ndarray = port(per="source")
    source_supply_degc: np.ndarray = port(per="source")
    source_return_degc: np.ndarray = port(per="source")
    source_lift_bar: np.ndarray = port(per="source")
    feed_flow_kg_s: np.ndarray = port(per="feed")
    """After the limits of the network."""
    feed_drawn_degc: np.ndarray = port(per="feed")
    """Of the water a feed takes: from the return, when charging from the supply."""
    extraction_inlet_degc: np.ndarray = port(per="extraction")
    extraction_kg_s: np.ndarray = port(per="extraction")


@dataclass(slots=True)
class HeatOutputs(NetworkOutputs):
    """A heating network: CHP + boiler + bought + feeds = delivered + extracted + drive + dumped + stranded + losses
    + stored."""

    chp_heat_mw: float = port()
    """Offered by CHP units."""
    boiler_mw: float = port()
    gas_mw: float = port(carrier="gas")
    """LHV, ≤ 0."""
    boiler_loss_mw: float = port()
    dumped_mw: float = port()
    """CHP heat rejected by the dump cooler."""
    stranded_mw: float = port()
    """CHP heat nobody could take: left to the units' own emergency coolers."""
    drive_mw: float = port()
    """Given to absorption chillers."""
    drive_share_frac: float = port(carrier="drive_heat")
    """``drive_mw`` over what was requested: each cooling network gets this share of its own request."""
    drive_degc: float = port(carrier="drive_heat")


@dataclass(slots=True)
class CoolingOutputs(NetworkOutputs):
    """A cooling network: chillers + absorption + bought + feeds = delivered + extracted + losses + stored."""

    chiller_mw: float = port()
    """Cold of the electric chillers."""
    chiller_p_mw: float = port()
    """Their electricity, ≤ 0."""
    absorption_mw: float = port()
    drive_request_mw: float = port(carrier="drive_heat")
    """Heat the absorption chillers want now, for the next step."""
    drive_used_mw: float = port()
    drive_stored_mwh: float = port()
    """In the drive circuit, at the end."""
    rejected_mw: float = port()
    """By the cooling towers."""
    water_m3: float = port()
    """Make-up water of the towers."""
