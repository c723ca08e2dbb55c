"""Rule-based operator: dispatches a site on published prices by rules whose thresholds follow from marginal cost.

It knows assets only by their nameplates and ports, never by name or class. Every dispatch interval (900 s by default)
it reads measurements that are one step old, estimates the residual load and tells each asset what to do and why; the
rules themselves are pure functions in :mod:`controllers.rules`. Powers MW, energies MWh, money in the scenario's
currency.

A demand charge is weighed: charging does not lift the month's peak, storage keeps and gives what holds it, and an
engine runs where that costs less than the peak is expected to (:mod:`controllers.rules.peak_shaving`,
:mod:`controllers.rules.peak_engines`).

Limits of its knowledge: efficiencies are those at rated power, wear is the nameplate's mean, a peak that is lifted on
purpose because cheap energy is worth more is not considered, certificates are not optimised, the demand for heat is
expected to stay as measured, and measurements are expected to hold for the whole interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from controllers.marginal_cost import purchase_cost_per_mwh
from controllers.rules.decide import decide
from controllers.rules.demand_charge import (
    counted_peak_mw,
    drift_margin_mw,
    import_without_charging_mw,
    largest_drift_mw,
    seconds_left_of_month,
    worth_per_mw,
)
from controllers.rules.forecast_load import forecast_parts_mw, measured_parts_mw, remembered_mw, signals_of
from controllers.rules.generators import is_run_by_others
from controllers.rules.params import Params
from controllers.rules.planned_exchange import planned_exchange_mw
from controllers.rules.residual_load import (
    expected_residual_mw,
    late_mw,
    measured_residual_mw,
    without_renewables_mw,
)
from controllers.rules.site_view import (
    Decision,
    DemandCharge,
    GeneratorView,
    LoadView,
    PriceTable,
    Reason,
    RenewableView,
    SiteView,
    StorageView,
)
from twin.component import Component, Role, Section, port
from twin.context import Context
from twin.errors import ComponentError
from twin.gate.expectation import Expecter
from twin.nameplate import (
    ConnectionNameplate,
    GeneratorNameplate,
    LoadNameplate,
    Nameplate,
    RenewableNameplate,
    StorageNameplate,
    TariffNameplate,
    ThermalNetworkNameplate,
)
from twin.suggest import did_you_mean

if TYPE_CHECKING:
    from twin.cosim.view import RunView

DAY_S = 86_400
NEVER_S = -(10**9)
"""Long before any scenario starts: every unit is free to switch."""
OPERATED = (StorageNameplate, GeneratorNameplate, RenewableNameplate, LoadNameplate)
OFF_REASONS = frozenset({
    Reason.DOES_NOT_PAY, Reason.LOAD_TOO_SMALL, Reason.START_NOT_EARNED, Reason.WAIT_MIN_DOWN})
"""Ways of staying off: going from one to another is no news."""
WARNING_REASONS = frozenset({Reason.NO_MEASUREMENT, Reason.IMPORT_LIMIT})

AnyNameplate = TypeVar("AnyNameplate", bound=Nameplate)


@dataclass(slots=True)
class Inputs:
    """Present prices, the meter, and one value per operated asset (NaN: not measured)."""

    buy_price_per_mwh: float = port(carrier="price")
    sell_price_per_mwh: float = port(0.0, carrier="price")
    gas_price_per_mwh: float = port(math.nan, carrier="price")
    diesel_price_per_mwh: float = port(math.nan, carrier="price")
    carbon_price_per_t: float = port(0.0, carrier="price")
    grid_emission_t_per_mwh: float = port(0.0, carrier="price")
    demand_response_price_per_mwh: float = port(0.0, carrier="price")
    exchange_mw: float = port(math.nan, carrier="metering", measured=True)
    p_mw: np.ndarray = port(math.nan, per="asset", measured=True)
    baseline_mw: np.ndarray = port(math.nan, per="asset", measured=True)
    available_mw: np.ndarray = port(math.nan, per="asset", measured=True)
    energy_mwh: np.ndarray = port(math.nan, per="asset", measured=True)
    soc: np.ndarray = port(math.nan, per="asset", measured=True)
    history_frac: float = port(0.0, carrier="expectation")
    """Of the site's forecaster; also makes sure that it has stepped before it is asked."""
    demand_mw: np.ndarray = port(0.0, per="heat_network", measured=True)
    drive_request_mw: np.ndarray = port(0.0, per="cooling_network", measured=True)


@dataclass(slots=True)
class Outputs:
    """One value per operated asset; assets ignore what they have no input for."""

    p_set_mw: np.ndarray = port(0.0, per="asset")
    p_limit_mw: np.ndarray = port(math.inf, per="asset")
    interrupt_frac: np.ndarray = port(0.0, per="asset")
    reason_code: np.ndarray = port(0, per="asset", codes=Reason)
    planned_exchange_mw: float = port(math.nan, carrier="plan", may_be_missing=True)
    """Expected residual load less what storages and generators are told, import positive; a measurement that is lost
    leaves the expectation as it was. Missing until the first measurement: a number would be invented, and kept."""


@dataclass(slots=True)
class State:
    """What the operator remembers."""

    residual_of_day_mw: np.ndarray
    """Last residual load seen in each dispatch interval of the day; NaN: none yet."""
    rest_of_day_mw: np.ndarray
    """The part of it that is not forecast."""
    forecast_mw: np.ndarray
    """(2, n) loads less renewables as the forecaster last expected them, from ``forecast_s`` on, and with little supply
    and much demand; n = 0: nobody forecasts."""
    p_set_mw: np.ndarray
    """Last set-point per asset."""
    switched_s: np.ndarray
    """When each asset was last commanded on or off."""
    reason_code: np.ndarray
    """Last reason per asset."""
    forecast_s: int = 0
    month_peak_mw: float = 0.0
    """Highest lasting import seen this month, less own charging."""
    month_count: int = 0
    """Months of local time, counted from year 0, that the peak belongs to."""
    month_since_s: int = 0
    """When that month began, or the operator in it."""
    import_before_mw: float = math.nan
    """Import less own charging at the measurement before."""
    assumed_mw: float = math.nan
    """Residual load that the last charging decision allowed for."""
    largest_drift_mw: float = 0.0
    """How far the residual load exceeded what was assumed, at most."""
    residual_mw: float = math.nan
    """Residual load at the last measurement."""


class RuleBasedOperator(Component[Params, Inputs, Outputs, State]):
    """Operates the site by rules whose thresholds come from marginal cost, and says why."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER

    def __init__(self, name: str, params: Params, context: Context) -> None:
        self._plates = _operated(name, params, context)
        self._index = {asset: i for i, asset in enumerate(self._plates)}
        self._storages = _of_kind(self._plates, StorageNameplate)
        self._generators = _of_kind(self._plates, GeneratorNameplate)
        self._renewables = _of_kind(self._plates, RenewableNameplate)
        self._loads = _of_kind(self._plates, LoadNameplate)
        self._connection = _the_one(name, "connection", ConnectionNameplate, params.connection, context)
        self._networks = {group: tuple(
            n for n, plate in context.nameplates.items()
            if isinstance(plate, ThermalNetworkNameplate) and plate.service == service)
            for group, service in (("heat_network", "heating"), ("cooling_network", "cooling"))}
        self._tariff = _the_one(name, "tariff", TariffNameplate, params.tariff, context)
        super().__init__(name, params, context)
        self._forecast_signals = signals_of([n for _, n, _ in self._loads], [n for _, n, _ in self._renewables])
        self._expecter: Expecter | None = None
        self._intervals = max(2, math.ceil(params.lookahead_h * 3600 / self.step_s))
        first_to_last = np.arange(math.ceil(context.duration_s / self.step_s) + self._intervals) * self.step_s
        self._published = self._prices_at(first_to_last)
        self._fuels = sorted({plate.fuel for _, _, plate in self._generators if not plate.emergency_only})
        self._check_fuels()

    def initial_state(self) -> State:
        """Nothing seen, everything off and free to switch, nothing restricted."""
        n = len(self._plates)
        reasons = [Reason.UNRESTRICTED if isinstance(plate, (RenewableNameplate, LoadNameplate))
                   else Reason.NO_MEASUREMENT for plate in self._plates.values()]
        return State(
            residual_of_day_mw=np.full(math.ceil(DAY_S / self.step_s), np.nan),
            rest_of_day_mw=np.full(math.ceil(DAY_S / self.step_s), np.nan),
            forecast_mw=np.empty((2, 0)),
            p_set_mw=np.zeros(n),
            switched_s=np.full(n, NEVER_S),
            reason_code=np.array(reasons, dtype=int),
        )

    def terminals(self) -> dict[str, tuple[str, ...]]:
        """The operated assets, and the thermal networks whose demand gives heat its worth."""
        return {"asset": tuple(self._plates), **self._networks}

    def attach(self, run: RunView) -> None:
        """Find the site's forecaster, if the scenario names one."""
        named = [c for name, c in run.components.items() if name in run.scenario.components]
        wanted = self.params.expectation == "forecast"
        self._expecter = next((c for c in named if wanted and isinstance(c, Expecter)), None)

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        """Decide for [t_s, t_s + dt_s)."""
        view = self._view(t_s, inputs)
        if self._takes_over(t_s, view):
            view = self._view(t_s, inputs)
        prices = self._prices(t_s, dt_s, inputs)
        residual_now_mw = measured_residual_mw(view)
        if math.isfinite(residual_now_mw):
            expected_mw, surprise_mw = self._expected(t_s, view, residual_now_mw, prices.dt_h)
            charge = self._demand_charge(t_s, view, expected_mw, surprise_mw)
            view = replace(view, residual_mw=expected_mw, demand_charge=charge, demand_ceiling_mw=(
                charge.counted_mw - charge.margin_mw if charge else math.inf))
            self.state.residual_mw = residual_now_mw if not self.state.forecast_mw.size else float(expected_mw[0])
        decisions = decide(view, prices, self.params)
        outputs = self._tell(t_s, decisions)
        outputs.planned_exchange_mw = planned_exchange_mw(self.state.residual_mw, view, decisions)
        return outputs

    def _takes_over(self, t_s: int, view: SiteView) -> bool:
        """Units that others have started are its own from now on: their minimum up time begins when it sees them."""
        running = [unit for unit in view.generators if is_run_by_others(unit, self.step_s / 3600.0)]
        for unit in running:
            self.state.p_set_mw[self._index[unit.name]], self.state.switched_s[self._index[unit.name]] = unit.p_mw, t_s
        return bool(running)

    def _expected(self, t_s: int, view: SiteView, residual_now_mw: float, dt_h: float) -> tuple[np.ndarray, float]:
        """Residual load over the look-ahead, (intervals,), and how much higher the first intervals may well be.

        Forecast parts and a rest that persists; without a forecast all of it persists.
        """
        state, slot, n = self.state, t_s % DAY_S // self.step_s, self._intervals
        made_mw = forecast_parts_mw(self._expecter, self._forecast_signals, t_s, self.step_s, 2 * n)
        if made_mw.size:
            state.forecast_mw, state.forecast_s = made_mw, t_s
        parts_now_mw = measured_parts_mw(view)
        by_forecast = state.forecast_mw.size > 0 and math.isfinite(parts_now_mw)
        now_mw = residual_now_mw - parts_now_mw if by_forecast else residual_now_mw
        of_day_mw = state.rest_of_day_mw if by_forecast else state.residual_of_day_mw
        unseen_mw = now_mw if by_forecast else without_renewables_mw(view, residual_now_mw)
        persisting_mw = expected_residual_mw(now_mw, of_day_mw, slot, unseen_mw=unseen_mw, intervals=n, dt_h=dt_h,
                                             persistence_h=self.params.persistence_h)
        state.residual_of_day_mw[slot] = residual_now_mw
        if not by_forecast:
            return persisting_mw, 0.0
        state.rest_of_day_mw[slot] = now_mw
        nominal_mw, short_mw = remembered_mw(state.forecast_mw, state.forecast_s, t_s, self.step_s, n)
        return persisting_mw + nominal_mw, late_mw(short_mw - nominal_mw)

    def _demand_charge(
        self, t_s: int, view: SiteView, expected_mw: np.ndarray, surprise_mw: float
    ) -> DemandCharge | None:
        """The month's peak without own charging, what more would cost, and a margin for drift, which is no less than
        what a forecast holds possible."""
        price = self._tariff.demand_charge_per_mw_month if self._tariff else 0.0
        if price <= 0.0:
            return None
        state, now = self.state, self.context.calendar.local(t_s)
        month = now.year * 12 + now.month
        if month != state.month_count:
            state.month_count, state.month_peak_mw, state.import_before_mw = month, 0.0, math.nan
            state.month_since_s = t_s
        import_mw = import_without_charging_mw(view)
        state.month_peak_mw = counted_peak_mw(state.month_peak_mw, import_mw, state.import_before_mw)
        residual_mw = float(expected_mw[0])
        state.largest_drift_mw = largest_drift_mw(state.largest_drift_mw, residual_mw, state.assumed_mw)
        state.import_before_mw, state.assumed_mw = import_mw, late_mw(expected_mw)
        return DemandCharge(
            counted_mw=state.month_peak_mw,
            worth_per_mw=worth_per_mw(price, t_s - state.month_since_s, seconds_left_of_month(now)),
            margin_mw=max(drift_margin_mw(state.largest_drift_mw, residual_mw, view), surprise_mw),
            surprise_mw=surprise_mw)

    def _tell(self, t_s: int, decisions: list[Decision]) -> Outputs:
        """Remember and announce the decisions."""
        state, n = self.state, len(self._plates)
        was_mw, was_told, switched_s = state.p_set_mw.tolist(), state.reason_code.tolist(), state.switched_s
        p_set_mw, p_limit_mw, interrupt_frac, reasons = [0.0] * n, [math.inf] * n, [0.0] * n, [0] * n
        for decision in decisions:
            i, reason = self._index[decision.name], decision.reason
            p_set_mw[i], p_limit_mw[i], interrupt_frac[i], reasons[i] = (
                decision.p_set_mw, decision.p_limit_mw, decision.interrupt_frac, int(reason))
            if (p_set_mw[i] > 0.0) != (was_mw[i] > 0.0):
                switched_s[i] = t_s
            if reason != was_told[i] and not (reason in OFF_REASONS and was_told[i] in OFF_REASONS):
                self.emit(t_s, "decision", decision.message, "warning" if reason in WARNING_REASONS else "info")
        outputs = Outputs(
            np.array(p_set_mw), np.array(p_limit_mw), np.array(interrupt_frac), np.array(reasons, dtype=int))
        state.p_set_mw, state.reason_code = outputs.p_set_mw.copy(), outputs.reason_code.copy()
        return outputs

    def _view(self, t_s: int, inputs: Inputs) -> SiteView:
        """The measurements, sorted by what the assets are."""
        p_mw, baseline_mw, available_mw, energy_mwh, soc = (np.asarray(values).tolist() for values in (
            inputs.p_mw, inputs.baseline_mw, inputs.available_mw, inputs.energy_mwh, inputs.soc))
        set_mw, switched_s = self.state.p_set_mw.tolist(), self.state.switched_s.tolist()
        connection = self._connection
        return SiteView(
            storages=tuple(
                StorageView(name, plate, p_mw[i], energy_mwh[i], soc[i]) for i, name, plate in self._storages),
            generators=tuple(
                GeneratorView(name, plate, p_mw[i], set_mw[i], (t_s - switched_s[i]) / 3600)
                for i, name, plate in self._generators),
            renewables=tuple(
                RenewableView(name, plate, p_mw[i], available_mw[i]) for i, name, plate in self._renewables),
            loads=tuple(LoadView(name, plate, p_mw[i], baseline_mw[i]) for i, name, plate in self._loads),
            exchange_mw=inputs.exchange_mw,
            import_limit_mw=connection.import_limit_mw if connection else math.inf,
            export_limit_mw=connection.export_limit_mw if connection else math.inf,
            heat_demand_mw=float(np.sum(inputs.demand_mw)),
            drive_request_mw=float(np.sum(inputs.drive_request_mw)),
        )

    def _prices(self, t_s: int, dt_s: int, inputs: Inputs) -> PriceTable:
        """Published prices over the look-ahead, the present ones as received; what is not published persists."""
        first, n = t_s // self.step_s, self._intervals
        published = {name: row[first:first + n] for name, row in self._published.items()}
        if any(len(row) < n for row in published.values()):
            published = self._prices_at(t_s + np.arange(n) * self.step_s)

        def ahead(name: str) -> np.ndarray:
            now, row = getattr(inputs, name, math.nan), published.get(name)
            if row is None:
                return np.full(n, now)
            if math.isnan(now) or now == row[0]:
                return row
            row = row.copy()
            row[0] = now
            return row

        buy, carbon = ahead("buy_price_per_mwh"), ahead("carbon_price_per_t")
        buying = "buying"
        if self.params.grid_carbon_charged:
            buying = "buying (carbon included)"
            buy = purchase_cost_per_mwh(buy, carbon, ahead("grid_emission_t_per_mwh"))
        fuels = {fuel: ahead(f"{fuel}_price_per_mwh") for fuel in self._fuels}
        self._check_prices(t_s, {"buy_price_per_mwh": buy} | {f"{f}_price_per_mwh": row for f, row in fuels.items()})
        return PriceTable(
            dt_s / 3600, buy, ahead("sell_price_per_mwh"), carbon, ahead("demand_response_price_per_mwh"), fuels,
            self.context.currency, buying)

    def _prices_at(self, t_s: np.ndarray) -> dict[str, np.ndarray]:
        if self._tariff is None:
            return {}
        return {name: np.ascontiguousarray(row, dtype=float) for name, row in self._tariff.prices_at(t_s).items()}

    def _check_fuels(self) -> None:
        known = {*self._published, *Inputs.__dataclass_fields__}
        for _, asset, plate in self._generators:
            if not plate.emergency_only and f"{plate.fuel}_price_per_mwh" not in known:
                raise ComponentError(
                    f"{self.name}: {asset!r} burns {plate.fuel!r} but no market publishes "
                    f"'{plate.fuel}_price_per_mwh'; add that price to the tariff, or leave the asset out of 'assets'")

    def _check_prices(self, t_s: int, prices: dict[str, np.ndarray]) -> None:
        for name, row in prices.items():
            if not math.isfinite(row.sum()):
                raise ComponentError(
                    f"{self.name}: {name} is not known at {t_s} s or within {self.params.lookahead_h:g} h after it; "
                    "let the market cover it, or leave the assets that need it out of 'assets'")


def _operated(name: str, params: Params, context: Context) -> dict[str, Nameplate]:
    """Assets to operate, in scenario order."""
    able = {asset: plate for asset, plate in context.nameplates.items() if isinstance(plate, OPERATED)}
    for asset in params.assets or ():
        if asset not in able:
            raise ComponentError(f"{name}: 'assets' names {asset!r}, which is no storage, generator, renewable or "
                                 "load; " + did_you_mean(asset, able))
    return {a: p for a, p in able.items() if params.assets is None or a in params.assets}


def _of_kind(plates: dict[str, Nameplate], kind: type[AnyNameplate]) -> list[tuple[int, str, AnyNameplate]]:
    """(position, name, nameplate) of the assets of a kind."""
    return [(i, name, plate) for i, (name, plate) in enumerate(plates.items()) if isinstance(plate, kind)]


def _the_one(
    name: str, key: str, kind: type[AnyNameplate], chosen: str | None, context: Context
) -> AnyNameplate | None:
    """The nameplate of a kind that the scenario has, or the one chosen among several."""
    found = {n: plate for n, plate in context.nameplates.items() if isinstance(plate, kind)}
    if chosen is not None:
        if chosen not in found:
            raise ComponentError(f"{name}: {key} {chosen!r} does not exist; " + did_you_mean(chosen, found))
        return found[chosen]
    if len(found) > 1:
        raise ComponentError(f"{name}: there are several ({', '.join(found)}); choose one with '{key}:'")
    return next(iter(found.values()), None)
