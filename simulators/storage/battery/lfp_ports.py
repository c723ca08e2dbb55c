"""What an LFP battery takes and gives: its ports.

Powers in MW, discharging positive; energies in MWh; V and A of the DC link. Names without ``measured_`` are the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.component import Limit, port

OUTSIDE_DEGC = 15.0
"""Around the container where there is no weather."""
LAW, DEPTH = "law", "depth"
"""Terminal groups: the laws of ageing, nominal first, and classes of the cycle depth; empty without ageing."""


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
    """Converter and transformer while it runs."""
    standby_loss_mw: float = port(0.0)
    """What they draw while it is off."""
    ohmic_loss_mw: float = port(0.0)
    """Resistance and polarisation of the cells."""
    hysteresis_loss_mw: float = port(0.0)
    """Between charging and discharging voltage at no current."""
    auxiliary_mw: float = port(0.0)
    """Thermal management, controls and pumps."""
    thermal_management_mw: float = port(0.0)
    """Electricity of cooling and heating, part of the auxiliaries."""
    fade_loss_mw: float = port(0.0)
    """Content that goes with lost capacity, and what is lost by charging added cells from the others."""
    wear_cost: float = port(0.0)
    """Booked in this step."""
    temperature_degc: float = port(0.0)
    voltage_v: float = port(0.0)
    current_a: float = port(0.0)
    soh_capacity_frac: float = port(1.0)
    """Capacity of today over that of new cells."""
    soh_resistance_factor: float = port(1.0)
    """Resistance of today over that of new cells."""
    full_cycles_count: float = port(0.0)
    """Way of the state of charge so far, over twice the capacity of its time; 0 without ageing."""
    measured_p_mw: float = port(0.0)
    measured_energy_mwh: float = port(0.0)
    """What the estimated charge would hold."""
    measured_soc: float = port(0.0)
    measured_temperature_degc: float = port(0.0)
    law_soh_capacity_frac: np.ndarray = port(0.0, per=LAW)
    """Capacity by each law over that of new cells; above 1 after more was added than is lost."""
    law_soh_resistance_factor: np.ndarray = port(0.0, per=LAW, may_be_missing=True)
    """Resistance likewise; NaN where a law says nothing of it."""
    law_calendar_loss_frac: np.ndarray = port(0.0, per=LAW)
    """Capacity lost with time, over that of new cells."""
    law_cyclic_loss_frac: np.ndarray = port(0.0, per=LAW)
    """Capacity lost by cycling."""
    law_ageing_cost: np.ndarray = port(0.0, per=LAW)
    """What each law has used up of the cells' price in this step."""
    cycle_depth_count: np.ndarray = port(0.0, per=DEPTH)
    """Closed cycles so far by their depth."""
