"""A small site of component types that exist only in these tests, as another package would bring its own."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from types import SimpleNamespace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from twin.component import AssetParams, Component, ComponentParams, Nothing, Role, Section
from twin.device import Device, DeviceParams, FaultKind
from twin.scenario.datafile import DataFile


class Chemistry(StrEnum):
    LFP = "lfp"
    NMC = "nmc"


class SunParams(ComponentParams):
    file: DataFile | None = Field(default=None, description="table of the weather")


class Sun(Component[SunParams, Nothing, Nothing, Nothing]):
    """Shines."""

    section, role = Section.WEATHER, Role.ENVIRONMENT


class Stage(BaseModel):
    model_config = ConfigDict(extra="forbid")
    until_h: float = Field(gt=0, description="end of the stage [h]")
    curve: DataFile | None = None


class LinearAgeing(BaseModel):
    law: Literal["linear"] = Field(description="law of ageing")
    per_year: float = Field(default=0.02, ge=0)


class RootAgeing(BaseModel):
    law: Literal["square_root"]


class TankParams(AssetParams):
    power_mw: float = Field(gt=0, le=50, description="largest power [MW]")
    energy_mwh: float = Field(gt=0, description="content [MWh]")
    initial_soc: float = Field(default=0.5, ge=0, le=1, description="state of charge at the start")
    chemistry: Chemistry = Chemistry.LFP
    mode: Literal["peak", "island"] = "peak"
    cells: int = Field(default=1, ge=1)
    spare: bool = False
    price_per_mwh: float | list[float] = 0.0
    stages: list[Stage] = Field(default_factory=list, max_length=3)
    by_month: dict[int, float] = Field(default_factory=dict)
    ageing: LinearAgeing | RootAgeing | None = Field(default=None, discriminator="law")
    built: date | None = None

    @field_validator("energy_mwh")
    @classmethod
    def _not_the_unlucky_number(cls, value: float) -> float:
        if value == 13:
            raise ValueError("13 MWh were never built")
        return value


class Tank(Component[TankParams, Nothing, Nothing, Nothing]):
    """Stores."""

    role = Role.STORAGE


class CrankyParams(ComponentParams):
    x: float = 0.0

    @field_validator("x")
    @classmethod
    def _divides(cls, value: float) -> float:
        return 1 / value


class Cranky(Component[CrankyParams, Nothing, Nothing, Nothing]):
    """Has a validator that fails in a way pydantic does not catch."""

    role = Role.LOAD


class TariffParams(ComponentParams):
    price_per_mwh: float = Field(default=80.0, description="price [money/MWh]")


class Tariff(Component[TariffParams, Nothing, Nothing, Nothing]):
    """Asks for money."""

    section, role = Section.MARKETS, Role.MARKET


class WireParams(ComponentParams):
    buses: list[str] = Field(default_factory=lambda: ["MAIN"])


class Wire(Component[WireParams, Nothing, Nothing, Nothing]):
    """Joins."""

    section, role = Section.NETWORKS, Role.NETWORK


class RuleParams(ComponentParams):
    reserve_soc: float = Field(default=0.2, ge=0, le=1)


class Rule(Component[RuleParams, Nothing, Nothing, Nothing]):
    """Decides."""

    section, role = Section.CONTROLLERS, Role.CONTROLLER


class OtherRule(Component[ComponentParams, Nothing, Nothing, Nothing]):
    """Decides otherwise, and has nothing to set."""

    section, role = Section.CONTROLLERS, Role.CONTROLLER


TYPES = {"sun": Sun, "tank": Tank, "cranky": Cranky, "tariff": Tariff, "wire": Wire, "rule": Rule,
         "other_rule": OtherRule}


def entry_points() -> dict[str, SimpleNamespace]:
    """As the registry would find them, and one whose package is broken."""

    def broken() -> None:
        raise ModuleNotFoundError("No module named 'missing'")

    found = {name: SimpleNamespace(load=lambda cls=cls: cls, dist=SimpleNamespace(name="testsite"), value=name)
             for name, cls in TYPES.items()}
    found["broken"] = SimpleNamespace(load=broken, dist=SimpleNamespace(name="strange-package"), value="missing:X")
    return found


class DriveParams(DeviceParams):
    ramp_mw_per_min: float = Field(default=60.0, gt=0, description="largest change of power [MW/min]")
    remote: bool = False


class Drive(Device[DriveParams, None]):
    """Drives."""


class DeafDrive(Drive):
    """Nothing but a trip does anything to it."""

    feels = frozenset({FaultKind.TRIP})


def device_entry_points() -> dict[str, SimpleNamespace]:
    """Devices, as the registry would find them."""
    return {name: SimpleNamespace(load=lambda cls=cls: cls, dist=SimpleNamespace(name="testsite"), value=name)
            for name, cls in {"drive": Drive, "deaf_drive": DeafDrive}.items()}


SITE = """\
name: small_site
time: {start: 2025-07-15T00:00:00+08:00, duration_h: 24, step_s: 60}
location:
  latitude_deg: 31.2
  longitude_deg: 121.5
  timezone: Asia/Shanghai
weather: {type: sun}
markets:
  spot: {type: tariff}
assets:
  bess:
    type: tank
    power_mw: 10
    energy_mwh: 40.0
    bus: MAIN
  tank_2: {type: tank, power_mw: 1, energy_mwh: 2}
networks:
  grid: {type: wire, buses: [MAIN, SPARE]}
control: {type: rule}
"""
