"""What a scenario file may say at its top level (pydantic). What a component may say is its own ``Params``.

Times in hours and seconds as named, angles in degrees, money in ``currency``.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from twin.fuels import NATURAL_GAS_EMISSION_T_PER_MWH
from twin.gate.limits.rows import LimitRow
from twin.gate.rules import GateRules
from twin.scenario.faults import FaultSpec
from twin.scenario.takeovers import HandReleaseSpec, TakeoverSpec, WatchdogResetSpec

MAX_DURATION_H = 10 * 8766
"""Ten years: past any forecast of prices or ageing."""
YEARS = range(1900, 2201)
"""What weather files and holiday calendars can be asked for."""

_STAMP = re.compile(r"(\d{4})-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2})?(?P<offset>Z|z|[+-]\d{2}:?\d{2})?")
_STEP_TOLERANCE_S = 1e-6
"""Durations such as 0.1 h are not exact in binary; a microsecond is far below any step."""


def _stamp(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    found = _STAMP.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"a date and time with UTC offset is needed, like 2025-07-15T00:00:00+08:00, "
                         f"not {value!r:.40}")
    if found["offset"] is None:
        raise ValueError(f"the offset from UTC is missing; write {value}+08:00 for UTC+8 or {value}Z for UTC")
    if int(found[1]) not in YEARS:
        raise ValueError(f"the year {found[1]} is outside {YEARS[0]} to {YEARS[-1]}")
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        near = difflib.get_close_matches(value, available_timezones(), 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown time zone {value[:40]!r}; IANA names are needed, like Asia/Shanghai{hint}") from None
    return value


@dataclass(frozen=True, slots=True)
class _Matches:
    """A pattern for the whole text, and what to call such a text where it does not match."""

    pattern: str
    needed: str

    def check(self, value: str) -> str:
        if not re.fullmatch(self.pattern, value):
            raise ValueError(f"{value[:60]!r} is not {self.needed}")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema,
                                     handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


ElementName = Annotated[str, _Matches("[a-z][a-z0-9_]{0,59}",
                                      "a name: small letters, digits and '_', beginning with a letter, 60 at most")]
DeviceName = Annotated[str, _Matches(r"[a-z][a-z0-9_]{0,59}(?:\.[^.\s]{1,60})?",
                                     "the name of an asset, or network.terminal")]
Endpoint = Annotated[str, _Matches(r"[a-z][a-z0-9_]*(\.[^.\s]+){1,2}",
                                   "an end of a connection; write component.port or network.terminal.port")]
ScenarioName = Annotated[str, _Matches("[a-z0-9_-]{1,80}",
                                       "a scenario name: small letters, digits, '_' and '-', 80 at most")]
Currency = Annotated[str, _Matches("[A-Z]{3}", "a currency code of three capital letters (ISO 4217), like CNY")]
Country = Annotated[str, _Matches("[A-Z]{2}", "a country code of two capital letters (ISO 3166), like CN")]
Spec = dict[str, Any]
"""``{type: ..., ...}`` of a component; checked against the Params of its type (``twin.scenario.components``)."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TimeSpan(_Model):
    """What is simulated, and in which steps."""

    start: Annotated[AwareDatetime, BeforeValidator(_stamp)] = Field(
        description="first instant, with UTC offset: 2025-07-15T00:00:00+08:00"
    )
    duration_h: float = Field(gt=0, le=MAX_DURATION_H, description="simulated time [h], a whole number of steps")
    step_s: int = Field(ge=1, le=3600, description="step of all components that name none of their own [s]")

    @property
    def duration_s(self) -> int:
        """Simulated time [s]."""
        return round(self.duration_h * 3600)

    @model_validator(mode="after")
    def _whole_steps(self) -> Self:
        exact = self.duration_h * 3600
        if abs(exact - self.duration_s) > _STEP_TOLERANCE_S or self.duration_s % self.step_s or self.duration_s == 0:
            raise ValueError(f"duration_h = {self.duration_h:g} h is not a whole number of steps of step_s = "
                             f"{self.step_s} s ({exact / self.step_s:g} steps)")
        return self


class Site(_Model):
    """Where the site stands."""

    latitude_deg: float = Field(ge=-90, le=90, description="latitude [°], north positive")
    longitude_deg: float = Field(ge=-180, le=180, description="longitude [°], east positive")
    altitude_m: float = Field(default=0.0, ge=-500, le=9000, description="height above sea level [m]")
    timezone: Annotated[str, AfterValidator(_timezone)] = Field(
        description="IANA time zone that tariffs, working days and daily profiles follow, like Asia/Shanghai"
    )
    country: Country | None = Field(
        default=None,
        description="country of the holiday calendar (ISO 3166, like CN); without one only weekends are free",
    )


class Connection(_Model):
    """One explicit connection, where names and carriers do not say it."""

    source: Endpoint = Field(alias="from", description="where the value comes from: component.port or "
                                                       "network.terminal.port")
    target: Endpoint = Field(alias="to", description="where it goes: component.port or network.terminal.port")
    delayed: bool = Field(default=False, description="the value arrives one step late (needed to close a loop)")
    initial: float | None = Field(
        default=None, description="value of a delayed connection before the first step; default: that of the input"
    )


class ExternalSpec(_Model):
    """Another mosaik simulator: in this process, as a subprocess, or over TCP."""

    python: Annotated[str, _Matches(r"[\w.]+:[\w.]+", "a class; write module:Class")] | None = Field(
        default=None, description="class of a simulator that runs in this process: module:Class"
    )
    command: str | None = Field(
        default=None, min_length=1,
        description="command line that starts the simulator; %(addr)s stands for the address it shall connect to"
    )
    connect: Annotated[str, _Matches(r"[\w.\-]+:[0-9]{1,5}", "an address; write host:port")] | None = Field(
        default=None, description="address of a simulator that already runs: host:port"
    )
    model: str = Field(min_length=1, description="name of the simulator's model")
    count: int = Field(default=1, ge=1, le=10_000, description="how many entities of the model")
    params: dict[str, Any] = Field(default_factory=dict, description="parameters of the model")
    init: dict[str, Any] = Field(default_factory=dict, description="parameters of the simulator")
    record: list[str] = Field(default_factory=list, description="attributes to record in the run")

    def starter(self) -> dict[str, str]:
        """The simulator's entry in mosaik's ``SimConfig``."""
        if self.python is not None:
            return {"python": self.python}
        return {"cmd": self.command} if self.command is not None else {"connect": str(self.connect)}

    def how(self) -> str:
        """How it is started, in words for messages."""
        if self.python is not None:
            return f"the class {self.python}"
        return f"the command {self.command!r}" if self.command is not None else f"the simulator at {self.connect}"

    @model_validator(mode="after")
    def _one_way_to_start(self) -> Self:
        given = [way for way in ("python", "command", "connect") if getattr(self, way) is not None]
        if len(given) != 1:
            stated = f"{' and '.join(given)} are given" if given else "none is given"
            raise ValueError(f"exactly one of python, command and connect is needed; {stated}")
        return self


class RunOptions(_Model):
    """How a run is kept."""

    checkpoint_every_s: float = Field(
        default=2.0, ge=0, le=86_400,
        description="wall-clock time between the snapshots from which a killed run resumes [s]; 0: at every chance; "
                    "has no influence on results",
    )


class AccountRules(_Model):
    """Choices of the accounts; each default is the one that flatters the site least."""

    allocation: Literal["proportional", "load_first"] = Field(
        default="proportional",
        description="how the green power of a step is divided: proportional gives every use the same mix; load_first "
                    "serves loads, then plant use and losses, then storages, then export",
    )
    initial_origin: Literal["grid", "green", "fuel"] = Field(
        default="grid", description="origin of what the storages hold at the start"
    )
    carbon_charged: bool = Field(default=True, description="whether emission is charged at the recorded carbon price")
    carbon_allowance_t: float = Field(
        default=0.0, ge=0, description="free allocation for the time of the run [t]; only what exceeds it is charged"
    )
    stock_price: Literal["displaced", "purchase"] = Field(
        default="displaced",
        description="price of the change of the stored energy: displaced counts drawn energy at what its discharge "
                    "replaced and gained energy at what its charging cost, so that emptying a storage saves nothing; "
                    "purchase counts both at the mean price of the run's purchases",
    )
    gas_emission_t_per_mwh: float = Field(
        default=NATURAL_GAS_EMISSION_T_PER_MWH, ge=0,
        description="CO2 of the gas that boilers of networks and the reference boiler burn, lower heating value "
                    "[t/MWh]; a plant states its own",
    )
    reference_boiler_efficiency: float = Field(
        default=0.9, gt=0, le=1.1,
        description="of the gas boiler that gives the delivered heat if all is bought, lower heating value [-]; "
                    "condensing boilers exceed 1",
    )
    reference_chiller_cop: float = Field(
        default=4.0, gt=0, description="COP of the electric chillers that give the delivered cold if all is bought [-]"
    )


class Scenario(_Model):
    """A site, a span of time and who operates it."""

    name: ScenarioName = Field(description="name of the scenario: small letters, digits, '_' and '-'")
    description: str = Field(default="", max_length=2000, description="what the scenario shows")
    time: TimeSpan = Field(description="what is simulated, and in which steps")
    seed: int = Field(default=0, ge=0, description="seed of all random numbers")
    currency: Currency = Field(default="CNY", description="currency of all money (ISO 4217)")
    location: Site = Field(description="where the site stands")
    data_dir: str | None = Field(
        default=None, min_length=1,
        description="folder in which data files with relative names are looked for first; usually given at the call: "
                    "--set data_dir=FOLDER",
    )
    weather: Spec | None = Field(default=None, description="source of the weather")
    markets: dict[ElementName, Spec] = Field(default_factory=dict, description="tariffs and prices, by name")
    assets: dict[ElementName, Spec] = Field(default_factory=dict, description="plants, stores and loads, by name")
    networks: dict[ElementName, Spec] = Field(default_factory=dict, description="networks between the assets, by name")
    devices: dict[DeviceName, Spec] = Field(
        default_factory=dict, description="control systems that stand before assets (by the asset's name) or before "
                                          "plants of networks (network.terminal)")
    faults: list[FaultSpec] = Field(default_factory=list, description="when devices fail, or how often by chance")
    takeovers: list[TakeoverSpec] = Field(default_factory=list, description="when persons hold a set-point by hand")
    hand_releases: list[HandReleaseSpec] = Field(
        default_factory=list, description="when persons release or reject a schedule by hand")
    watchdog_resets: list[WatchdogResetSpec] = Field(
        default_factory=list, description="when persons let assets go that the watchdog has stopped")
    control: Spec | None = Field(default=None, description="the operator: short for one controller named 'operator'")
    controllers: dict[ElementName, Spec] = Field(default_factory=dict, description="who decides, by name")
    connections: list[Connection] = Field(default_factory=list, description="connections that names do not say")
    external: dict[ElementName, ExternalSpec] = Field(default_factory=dict, description="other simulators, by name")
    limits: dict[ElementName, LimitRow] = Field(default_factory=dict, description="what a schedule must keep, by name")
    gate: GateRules = Field(default=GateRules(enabled=False),
                            description="how schedules are tried before they are released; without it there is no gate")
    accounts: AccountRules = Field(default_factory=AccountRules, description="choices of the accounts")
    run: RunOptions = Field(default_factory=RunOptions, description="how the run is kept")
