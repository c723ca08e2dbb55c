"""A published tariff: energy prices by hour, season and kind of day, fuels, carbon, certificates, demand response.

Money per MWh in the scenario's currency; fuels on their lower heating value. The clock is the site's local one. Where a
price changes within a step the step sees the time-weighted mean.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from pydantic import AwareDatetime, Field, field_validator, model_validator

from simulators.local_time import QUARTER_S, StepTable
from simulators.market.daily_windows import QUARTERS, SELECTIONS, DailyWindow, DayKind, day_kinds, quarters_in_day
from simulators.market.partition import partition
from twin.component import Component, ComponentParams, Nothing, Role, Section, port
from twin.context import CalendarTable
from twin.nameplate import TariffNameplate

NATURAL_GAS_LHV_KWH_PER_M3 = 9.97
"""35.9 MJ/m³, lower heating value. 10.55 kWh/m³, often found beside it, is the higher one."""
HOURS = 24
DAY_S = 86_400
MAX_EMISSION_T_PER_MWH = 2.0
"""Electricity from lignite alone has about 1.2 t/MWh; larger figures are in another unit."""


class Period(DailyWindow):
    """One price level and when it holds."""

    name: str = Field(min_length=1, description="what the tariff calls it, e.g. peak")
    price_per_mwh: float = Field(description="purchase price, all surcharges included [money/MWh]")
    sell_price_per_mwh: float | None = Field(
        default=None, description="feed-in price in these hours [money/MWh]; default: the tariff's"
    )


class DemandResponseEvent(DailyWindow):
    """When the grid operator pays for reduced consumption: from ``start`` to ``end``, or in daily ``hours``."""

    hours: list[str | tuple[float, float]] = Field(
        default=[], description="local hours of a daily event, e.g. [18-20]; otherwise give start and end"
    )
    start: AwareDatetime | None = Field(default=None, description="begin of a single event, with UTC offset")
    end: AwareDatetime | None = Field(default=None, description="end of a single event, with UTC offset")
    price_per_mwh: float = Field(ge=0, description="paid per MWh of reduction [money/MWh]")

    @model_validator(mode="after")
    def _is_single_or_daily(self) -> DemandResponseEvent:
        if bool(self.hours) == (self.start is not None) or (self.start is None) != (self.end is None):
            raise ValueError("give either start and end of a single event, or hours of a daily one")
        if self.start is not None and self.end is not None:
            if self.start >= self.end:
                raise ValueError(f"the event ends ({self.end.isoformat()}) before it starts ({self.start.isoformat()})")
            for stamp in (self.start, self.end):
                if stamp.timestamp() % QUARTER_S:
                    raise ValueError(f"{stamp.isoformat()} is not on a quarter hour, as metering intervals are")
        return self


class Params(ComponentParams):
    """What the YAML may say about a tariff."""

    periods: list[Period] = Field(
        min_length=1,
        description="price levels; together they cover each day of each month exactly once (days: holiday goes before "
        "non_working before all, working before all, hour by hour)",
    )
    sell_price_per_mwh: float = Field(default=0.0, description="feed-in price [money/MWh]")
    gas_price_per_m3: float = Field(default=0.0, ge=0, description="natural gas [money/m3]")
    gas_lhv_kwh_per_m3: float = Field(
        default=NATURAL_GAS_LHV_KWH_PER_M3, gt=0, description="lower heating value of the gas [kWh/m3]"
    )
    diesel_price_per_mwh: float = Field(
        default=0.0, ge=0, description="diesel per MWh of its lower heating value [money/MWh]"
    )
    carbon_price_per_t: float = Field(default=0.0, ge=0, description="per tonne of CO2 [money/t]")
    grid_emission_t_per_mwh: float | list[float] = Field(
        default=0.0, description="CO2 of grid electricity: a yearly mean, or 24 values by local hour [t/MWh]"
    )
    certificate_price_per_mwh: float = Field(default=0.0, ge=0, description="green certificate of 1 MWh [money/MWh]")
    heat_price_per_mwh: float = Field(
        default=0.0, ge=0, description="heat bought from outside; 0: not known, it is then left out of the bill and no "
                                       "saving is stated [money/MWh]")
    cooling_price_per_mwh: float = Field(
        default=0.0, ge=0, description="cold bought from outside; 0: not known [money/MWh]")
    heat_emission_t_per_mwh: float = Field(
        default=0.224, ge=0, le=MAX_EMISSION_T_PER_MWH, description="CO2 of bought heat; default: a gas boiler of 90 % "
                                                                    "[t/MWh]")
    cooling_emission_t_per_mwh: float = Field(
        default=0.14, ge=0, le=MAX_EMISSION_T_PER_MWH, description="CO2 of bought cold; default: a chiller of COP 4 at "
                                                                   "0.57 t/MWh of electricity [t/MWh]")
    demand_charge_per_mw_month: float = Field(
        default=0.0, ge=0, description="per MW of the month's highest metered purchase [money/(MW month)]"
    )
    demand_interval_s: int = Field(default=QUARTER_S, ge=60, le=DAY_S,
                                   description="metering interval of the demand charge, divides a day [s]")
    demand_response: list[DemandResponseEvent] = Field(
        default=[], description="events that pay for reduced consumption; where two meet the higher price holds"
    )

    @field_validator("periods")
    @classmethod
    def _periods_cover_each_day_once(cls, value: list[Period]) -> list[Period]:
        partition(value)
        return value

    @field_validator("grid_emission_t_per_mwh")
    @classmethod
    def _emission_is_one_or_hourly(cls, value: float | list[float]) -> float | list[float]:
        values = value if isinstance(value, list) else [value]
        if len(values) not in (1, HOURS):
            raise ValueError(f"{len(values)} values; give one, or {HOURS} by local hour")
        if min(values) < 0:
            raise ValueError(f"{min(values):g} is below 0 t/MWh")
        if max(values) > MAX_EMISSION_T_PER_MWH:
            raise ValueError(f"{max(values):g} is above {MAX_EMISSION_T_PER_MWH:g} t/MWh; it looks like kg/MWh: divide "
                             f"it by 1000")
        return value

    @field_validator("demand_interval_s")
    @classmethod
    def _interval_divides_the_day(cls, value: int) -> int:
        if DAY_S % value:
            raise ValueError(f"{value} s do not divide a day (86400 s); metering intervals are 900, 1800 or 3600 s")
        return value


@dataclass(slots=True)
class Outputs:
    """Prices over the step, in the scenario's currency."""

    buy_price_per_mwh: float = port(0.0, carrier="price")
    sell_price_per_mwh: float = port(0.0, carrier="price")
    gas_price_per_mwh: float = port(0.0, carrier="price")
    """Per MWh of lower heating value, like the next."""
    diesel_price_per_mwh: float = port(0.0, carrier="price")
    carbon_price_per_t: float = port(0.0, carrier="price")
    grid_emission_t_per_mwh: float = port(0.0, carrier="price")
    certificate_price_per_mwh: float = port(0.0, carrier="price")
    demand_response_price_per_mwh: float = port(0.0, carrier="price")
    """0 where there is no event."""
    heat_price_per_mwh: float = port(0.0, carrier="price")
    cooling_price_per_mwh: float = port(0.0, carrier="price")
    heat_emission_t_per_mwh: float = port(0.0, carrier="price")
    cooling_emission_t_per_mwh: float = port(0.0, carrier="price")


class TimeOfUseTariff(Component[Params, Nothing, Outputs, Nothing]):
    """Time-of-use tariff: prices of energy, fuels, carbon and certificates, demand charge, demand response."""

    section = Section.MARKETS
    role = Role.MARKET

    def initial_state(self) -> Nothing:
        p = self.params
        owner = partition(p.periods)
        sell = [p.sell_price_per_mwh if x.sell_price_per_mwh is None else x.sell_price_per_mwh for x in p.periods]
        emission = p.grid_emission_t_per_mwh
        self._buy = np.array([x.price_per_mwh for x in p.periods])[owner]
        self._sell = np.array(sell)[owner]
        self._emission = np.array(emission if isinstance(emission, list) else [emission] * HOURS)
        self._daily_response = _daily_response(p.demand_response)
        start = self.context.calendar.start_utc
        self._single_responses = [
            ((e.start - start).total_seconds(), (e.end - start).total_seconds(), e.price_per_mwh)
            for e in p.demand_response
            if e.start is not None and e.end is not None
        ]
        self._table = StepTable(self.context.calendar, lambda t_s, calendar, _: self._columns(t_s, calendar))
        return Nothing()

    def step(self, t_s: int, dt_s: int, inputs: Nothing) -> Outputs:
        return Outputs(*self._table.row(t_s, dt_s))

    def nameplate(self) -> TariffNameplate:
        p = self.params
        return TariffNameplate(
            self.prices_at, p.demand_charge_per_mw_month, p.demand_interval_s, p.certificate_price_per_mwh
        )

    def prices_at(self, t_s: np.ndarray) -> dict[str, np.ndarray]:
        """Each price output at the times ``t_s`` [s from scenario start], shape (n,) each."""
        t_s = np.asarray(t_s)
        columns = self._columns(t_s, self.context.calendar.table(t_s))
        return {f.name: columns[:, i] for i, f in enumerate(fields(Outputs))}

    def _columns(self, t_s: np.ndarray, table: CalendarTable) -> np.ndarray:
        """Prices at instants in the order of ``Outputs``, shape (n, 12)."""
        p = self.params
        when = (table.month - 1, day_kinds(self.context.calendar, table), quarters_in_day(table))
        response = self._daily_response[when]
        for begin_s, end_s, price in self._single_responses:
            response = np.where((t_s >= begin_s) & (t_s < end_s), np.maximum(response, price), response)
        return np.column_stack(
            np.broadcast_arrays(
                self._buy[when],
                self._sell[when],
                p.gas_price_per_m3 / p.gas_lhv_kwh_per_m3 * 1000.0,
                p.diesel_price_per_mwh,
                p.carbon_price_per_t,
                self._emission[table.hour.astype(int)],
                p.certificate_price_per_mwh,
                response,
                p.heat_price_per_mwh,
                p.cooling_price_per_mwh,
                p.heat_emission_t_per_mwh,
                p.cooling_emission_t_per_mwh,
            )
        )


def _daily_response(events: list[DemandResponseEvent]) -> np.ndarray:
    """Price of the daily events, shape (12 months, 3 kinds of day, 96 quarter hours)."""
    prices = np.zeros((12, len(DayKind), QUARTERS))
    for event in events:
        quarters = event.quarters()
        for month in range(12):
            for kind in DayKind:
                if quarters and event.in_month(month + 1) and event.days in SELECTIONS[kind]:
                    prices[month, kind, quarters] = np.maximum(prices[month, kind, quarters], event.price_per_mwh)
    return prices
