"""How an electrical network is written in YAML: the models beside the file, nothing computed.

Elements are mappings by name, so that a name stands once and a scenario may change one element of a shipped network.
Units in the names: kV, km, Ω/km, nF/km, kA, MVA, MW, Mvar, percent of the rated values. Standard types are those of
pandapower's library (``pandapower.std_types``). A row with ``count: 3`` is three circuits, or three transformers, side
by side; each is recorded on its own as ``NAME#1`` … ``NAME#3``.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]


class _Element(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class Bus(_Element):
    """A busbar, or a point where something is attached."""

    vn_kv: float = Field(gt=0, le=1200, description="nominal voltage, line to line [kV]")


class ExternalGrid(_Element):
    """The connection to the public grid: an ideal voltage source."""

    bus: Name = Field(description="bus of the connection point")
    vm_pu: float = Field(default=1.0, ge=0.8, le=1.2, description="voltage held there [p.u.]")


class Line(_Element):
    """A cable or overhead line; by standard type, or by its four figures."""

    from_: Name = Field(alias="from", description="bus at one end")
    to: Name = Field(description="bus at the other end")
    length_km: float = Field(gt=0, le=1000, description="length [km]")
    std_type: str | None = Field(default=None, description="pandapower standard type; or give the four figures below")
    r_ohm_per_km: float | None = Field(default=None, ge=0, description="resistance [Ω/km]")
    x_ohm_per_km: float | None = Field(default=None, gt=0, description="reactance [Ω/km]")
    c_nf_per_km: float | None = Field(default=None, ge=0, description="capacitance [nF/km]")
    max_i_ka: float | None = Field(default=None, gt=0, description="thermal limit of one circuit [kA]")
    count: int = Field(default=1, ge=1, le=50, description="circuits side by side")
    in_service: bool = Field(default=True, description="false: disconnected at both ends")


class VoltageControl(_Element):
    """An on-load tap changer's automatic control."""

    target_vm_pu: float = Field(default=1.0, ge=0.8, le=1.2, description="voltage to hold [p.u.]")
    deadband_pu: float = Field(default=0.01, gt=0, le=0.2, description="no movement while |v - target| is less [p.u.]")
    delay_s: float = Field(default=60.0, ge=0, le=3600, description="time outside the dead band before a movement [s]")
    bus: Name | None = Field(default=None, description="bus whose voltage is held; default: the low-voltage bus")


class Tap(_Element):
    """Tap changer of a transformer."""

    min_position: int = Field(ge=-50, le=0, description="lowest position; 0 is the neutral one")
    max_position: int = Field(ge=0, le=50, description="highest position")
    step_percent: float = Field(gt=0, le=10, description="change of the turns per position [%]")
    side: Literal["hv", "lv"] = Field(default="hv", description="winding with the taps")


class Transformer(_Element):
    """A two-winding transformer; by standard type, or by its rated values."""

    hv: Name = Field(description="bus on the high-voltage side")
    lv: Name = Field(description="bus on the low-voltage side")
    std_type: str | None = Field(default=None, description="pandapower standard type; or give the rated values below")
    sn_mva: float | None = Field(default=None, gt=0, description="rated power of one unit [MVA]")
    vn_hv_kv: float | None = Field(default=None, gt=0, description="rated voltage, high side [kV]; default: the bus's")
    vn_lv_kv: float | None = Field(default=None, gt=0, description="rated voltage, low side [kV]; default: the bus's")
    vk_percent: float | None = Field(default=None, gt=0, le=50, description="short-circuit voltage [%]")
    vkr_percent: float | None = Field(default=None, ge=0, le=50, description="its resistive part: load losses [%]")
    pfe_kw: float | None = Field(default=None, ge=0, description="no-load losses of one unit [kW]")
    i0_percent: float | None = Field(default=None, ge=0, le=50, description="no-load current [%]")
    shift_deg: float = Field(default=0.0, ge=-360, le=360, description="phase shift; 150 for Dyn5, 330 for Dyn11 [°]")
    count: int = Field(default=1, ge=1, le=50, description="units side by side; they move their taps together")
    in_service: bool = Field(default=True, description="false: disconnected")
    tap: Tap | None = Field(default=None, description="tap changer; a standard type brings its own")
    tap_position: int = Field(default=0, ge=-50, le=50, description="position at the start")
    voltage_control: VoltageControl | None = Field(default=None, description="on-load control; none: the tap stays")


class OpenPoint(_Element):
    """A line end that is open in normal operation (the normally open point of a ring)."""

    line: Name = Field(description="line (all its circuits)")
    at_bus: Name = Field(description="end that is open")


class ConstantLoad(_Element):
    """A load that belongs to the network itself and never changes."""

    bus: Name = Field(description="bus it stands on")
    p_mw: float = Field(ge=0, description="consumption [MW]; here, as everywhere in grid data, positive")
    q_mvar: float = Field(default=0.0, description="reactive consumption [Mvar]")


class NetworkFile(_Element):
    """An electrical network."""

    name: str = Field(default="network", description="name for messages")
    frequency_hz: float = Field(default=50.0, ge=10, le=400, description="nominal frequency [Hz]")
    buses: dict[Name, Bus] = Field(min_length=1, description="buses by name; assets stand on them")
    external_grid: ExternalGrid = Field(description="connection to the public grid")
    lines: dict[Name, Line] = Field(default_factory=dict, description="cables and lines by name")
    transformers: dict[Name, Transformer] = Field(default_factory=dict, description="transformers by name")
    open_points: list[OpenPoint] = Field(default_factory=list, description="line ends that are open")
    loads: dict[Name, ConstantLoad] = Field(default_factory=dict, description="constant loads by name")


def circuit_names(name: str, count: int) -> list[str]:
    """Labels of the rows that one entry of a network file stands for.

    >>> circuit_names("SS-EC", 1), circuit_names("SS-EC", 2)
    (['SS-EC'], ['SS-EC#1', 'SS-EC#2'])
    """
    return [name] if count == 1 else [f"{name}#{i + 1}" for i in range(count)]
