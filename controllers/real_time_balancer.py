"""Real-time balancer: keeps the exchange at the connection point at its plan from second to second.

It stands between the operator and the storages: it gets each storage's set-point and adds a correction, shortest
storages first, within nameplate, content and released band. It knows assets by their nameplates alone. In each step:

1. *droop*: power in proportion to the frequency deviation, from power and energy that nothing else may use;
2. *balancing*: the deviation of the exchange from its plan, as measured one step ago;
3. *restoration*: fast storages hand over to the others what lasts and return to half charge at their expense, which
   the grid does not notice; the others (and fast ones where there are no others) return at the expense of the grid,
   to the content that their plan gives them and before it ends. What the grid notices waits while a deviation has to
   be balanced the other way, and never works against the droop.

What it does on purpose (1, and 3 with the grid) is no deviation. Without a measurement every storage holds its
set-point. A storage that does not follow is not counted on for a while, its set-point stays. Powers MW, into the
network positive; the exchange positive for import. The rules are pure functions in :mod:`controllers.real_time`.

Limits of its knowledge: content is counted with the capacity that measured energy over measured state of charge makes,
less a margin; how the droop is shared, and its efficiencies, are of the nameplate; losses in the grid that a correction
causes are corrected one step later; a new plan is a step of its own, covered as any other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from controllers.real_time.balance import corrected_mw
from controllers.real_time.conditions import Cause, Conditions, Observed, announce, causes
from controllers.real_time.droop import droop_frac, lasting_mw
from controllers.real_time.following import Following, counted_on, disobedient, observe
from controllers.real_time.params import Params
from controllers.real_time.plan import ExchangeMemory, aim_mw, remember
from controllers.real_time.restoration import (
    RAMP_FRAC_PER_S,
    REST_SOC,
    exchanged,
    handed_over_mw,
    not_against,
    ramped,
    to_plan_mw,
    to_rest_mw,
)
from controllers.real_time.sharing import by_duration, fill, room_around
from controllers.real_time.storages import (
    Range,
    Storages,
    content_range,
    measured_capacity,
    plausible,
    reachable,
    without_reserve,
)
from twin.component import Component, Layer, Role, Section, port
from twin.context import Context
from twin.errors import ComponentError
from twin.nameplate import StorageNameplate
from twin.suggest import did_you_mean


@dataclass(slots=True)
class Inputs:
    """The plan, the meter, the frequency, and one value per storage (NaN: not measured)."""

    planned_exchange_mw: float = port(math.nan, carrier="plan")
    exchange_mw: float = port(math.nan, carrier="metering", measured=True)
    frequency_hz: float = port(math.nan, carrier="frequency", measured=True)
    p_set_mw: np.ndarray = port(0.0, per="asset")
    """What the operator says; NaN and infinity count as 0."""
    p_mw: np.ndarray = port(math.nan, per="asset", measured=True)
    soc: np.ndarray = port(math.nan, per="asset", measured=True)
    band_low_mw: np.ndarray = port(-math.inf, per="asset")
    band_high_mw: np.ndarray = port(math.inf, per="asset")
    """Released powers; a band that is no interval (NaN) releases the set-point alone."""
    energy_mwh: np.ndarray = port(math.nan, per="asset", measured=True)


@dataclass(slots=True)
class Outputs:
    """Set-points with their corrections, and what the balancer sees."""

    p_set_mw: np.ndarray = port(0.0, per="asset")
    correction_mw: np.ndarray = port(0.0, per="asset")
    """Set-point less the operator's."""
    reason_code: np.ndarray = port(0, per="asset", codes=Cause)
    target_mw: float = port(math.nan, may_be_missing=True)
    """Exchange aimed at: the plan less droop and restoration by the grid."""
    deviation_mw: float = port(math.nan, may_be_missing=True)
    """Of the exchange from its target in the step before; missing without a measurement or a plan."""
    droop_mw: float = port(0.0)
    """Given for the frequency."""


@dataclass(slots=True)
class State:
    """What the balancer remembers."""

    p_set_mw: np.ndarray
    """Last set-points told."""
    restoring_mw: np.ndarray
    """Power with which each storage returns of its own, without what it balances for others."""
    drift_mwh: np.ndarray
    """Given beyond the set-points since the plan began."""
    capacity_mwh: np.ndarray
    """Between empty and full, as last measured; before that, of the nameplate."""
    following: Following
    conditions: Conditions
    exchange: ExchangeMemory
    correction_mw: float = 0.0
    """Sum for balancing in the last step."""
    target_mw: float = math.nan
    """Exchange aimed at in the last step."""


class _Limits(NamedTuple):
    """Powers of each storage in a step."""

    set_mw: np.ndarray
    possible: Range
    """By nameplate, band and content."""
    trusted: Range
    """Of these, with what a storage has shown not to do left out."""
    free: Range
    """Of these, with what the droop needs left out."""
    base_mw: np.ndarray
    """The set-point as far as it is free."""


class RealTimeBalancer(Component[Params, Inputs, Outputs, State]):
    """Keeps the exchange at its plan within seconds, shortest storages first; droop on the frequency."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER
    layer = Layer.BALANCER

    def __init__(self, name: str, params: Params, context: Context) -> None:
        self._plates = _storages(name, params, context)
        self._storages = Storages.of(list(self._plates.values()))
        super().__init__(name, params, context)
        s = self._storages
        self._groups = by_duration(s)
        self._fast = s.duration_h < params.fast_below_h
        self._slow_groups = tuple(group for group in self._groups if not self._fast[group[0]])
        self._by_grid = ~self._fast if self._slow_groups else np.ones_like(self._fast)
        lasting = lasting_mw(s, params.droop_energy_h)
        if params.droop_mw > lasting.sum():
            raise ComponentError(
                f"{name}: droop_mw is {params.droop_mw:g}, but the storages can hold {lasting.sum():.3g} MW for "
                f"droop_energy_h = {params.droop_energy_h:g} h from half charge; reduce droop_mw or add storage")
        self._reserve_mw = params.droop_mw * lasting / lasting.sum() if params.droop_mw else np.zeros(len(lasting))

    def initial_state(self) -> State:
        """Nothing seen, nothing moved."""
        n = len(self._plates)
        return State(np.zeros(n), np.zeros(n), np.zeros(n), self._storages.energy_mwh.copy(), Following.of(n),
                     Conditions(np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)), ExchangeMemory())

    def terminals(self) -> dict[str, tuple[str, ...]]:
        """The storages."""
        return {"asset": tuple(self._plates)}

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        """Correct the set-points for [t_s, t_s + dt_s)."""
        p, state = self.params, self.state
        since_plan_s = t_s % p.plan_interval_s
        remember(state.exchange, inputs.exchange_mw, since_plan_s < dt_s)
        if since_plan_s < dt_s:
            state.drift_mwh = np.zeros(len(self._plates))
        observe(state.following, state.p_set_mw, np.asarray(inputs.p_mw), self._storages.rated_mw, dt_s)
        aim = aim_mw(inputs.planned_exchange_mw, state.exchange)
        deviation_mw = inputs.exchange_mw - state.target_mw
        active = math.isfinite(inputs.exchange_mw) and math.isfinite(aim)

        soc = plausible(np.asarray(inputs.soc))
        state.capacity_mwh = measured_capacity(self._storages, state.capacity_mwh, np.asarray(inputs.energy_mwh), soc)
        limits = self._limits(inputs, soc, dt_s / 3600.0)
        droop_mw = self._droop(inputs.frequency_hz, limits)
        room = room_around(limits.base_mw, limits.free)
        total_mw = missing_mw = 0.0
        if active:
            total_mw, missing_mw = corrected_mw(
                state.correction_mw, deviation_mw, gain_frac=p.gain_frac, deadband_mw=p.deadband_mw,
                low_mw=float(room.low_mw.sum()), high_mw=float(room.high_mw.sum()))
        balanced_mw = fill(total_mw, room, self._groups)
        kept = room_around(limits.base_mw + balanced_mw, limits.free)
        state.correction_mw = total_mw
        restored_mw, by_grid_mw = np.zeros_like(balanced_mw), 0.0
        if active:
            self._advance_restoration(
                soc, balanced_mw, float(droop_mw.sum()), p.plan_interval_s - since_plan_s, dt_s)
            restored_mw, by_grid_mw = self._fit_restoration(kept)
        else:
            state.restoring_mw = np.zeros_like(balanced_mw)

        p_set_mw = np.clip(limits.base_mw + droop_mw + balanced_mw + restored_mw, *limits.possible)
        state.drift_mwh = state.drift_mwh + (p_set_mw - limits.base_mw) * (dt_s / 3600.0)
        state.p_set_mw, state.target_mw = p_set_mw, aim - float(droop_mw.sum()) - by_grid_mw
        return self._tell(t_s, dt_s, inputs, soc, limits.set_mw, missing_mw, causes(
            balanced_mw=balanced_mw, droop_mw=droop_mw, restored_mw=restored_mw, room=room,
            disobedient=disobedient(state.following), has_plan=math.isfinite(aim),
            unmeasured=~(np.isfinite(soc) & math.isfinite(inputs.exchange_mw)),
        ), deviation_mw, float(droop_mw.sum()))

    def _limits(self, inputs: Inputs, soc: np.ndarray, dt_h: float) -> _Limits:
        s, reserve_mw = self._storages.holding(self.state.capacity_mwh), self._reserve_mw
        set_mw = np.where(np.isfinite(inputs.p_set_mw), inputs.p_set_mw, 0.0)
        band = Range(np.asarray(inputs.band_low_mw), np.asarray(inputs.band_high_mw))
        possible = reachable(s, set_mw, soc, band, dt_h)
        base_mw = np.clip(set_mw, *possible)
        trusted = counted_on(possible, base_mw, self.state.following)
        reserve_mwh = reserve_mw * self.params.droop_energy_h
        content = content_range(s, np.where(np.isnan(soc), REST_SOC, soc), reserve_mwh, dt_h)
        free = without_reserve(trusted, content, reserve_mw)
        return _Limits(set_mw, possible, trusted, free, np.clip(base_mw, *free))

    def _droop(self, frequency_hz: float, limits: _Limits) -> np.ndarray:
        """Each storage gives its part; what one cannot give others give."""
        p = self.params
        asked_mw = p.droop_mw * droop_frac(frequency_hz, p.nominal_hz, p.deadband_hz, p.full_activation_hz)
        if asked_mw == 0.0:
            return np.zeros_like(limits.base_mw)
        room = room_around(limits.base_mw, limits.trusted)
        given_mw = np.clip(self._reserve_mw * (asked_mw / p.droop_mw), *room)
        left = room_around(given_mw, room)
        return given_mw + fill(asked_mw - float(given_mw.sum()), left, self._groups[::-1])

    def _advance_restoration(
        self, soc: np.ndarray, balanced_mw: np.ndarray, droop: float, left_s: int, dt_s: int
    ) -> None:
        """Let the restoring powers follow what is wanted now."""
        p, state = self.params, self.state
        s = self._storages.holding(state.capacity_mwh)
        to_rest = to_rest_mw(s, np.where(np.isnan(soc), REST_SOC, soc), p.restoration_s)
        passed_on_mw = handed_over_mw(state.restoring_mw, balanced_mw, to_rest, dt_s, p.restoration_s)
        wanted_mw = np.where(self._fast, to_rest, to_plan_mw(state.drift_mwh, left_s))
        if abs(state.correction_mw) > p.deadband_mw:
            wanted_mw = not_against(wanted_mw, np.sign(state.correction_mw))
        most_mw = p.restoration_frac * s.rated_mw
        by_grid_mw = ramped(state.restoring_mw, np.clip(wanted_mw, -most_mw, most_mw),
                            RAMP_FRAC_PER_S * dt_s * s.rated_mw)
        state.restoring_mw = np.where(self._by_grid, not_against(by_grid_mw, np.sign(droop)), passed_on_mw)

    def _fit_restoration(self, room: Range) -> tuple[np.ndarray, float]:
        """Power of each storage for restoration, as far as there is room, and the sum that the grid notices."""
        wanted_mw, by_grid = self.state.restoring_mw, self._by_grid
        passed_on_mw = exchanged(np.where(by_grid, 0.0, wanted_mw), room, self._slow_groups)
        own_mw = np.clip(np.where(by_grid, wanted_mw, 0.0), *room_around(passed_on_mw, room))
        self.state.restoring_mw = np.where(by_grid, own_mw, passed_on_mw)
        return passed_on_mw + own_mw, float(own_mw.sum())

    def _tell(
        self, t_s: int, dt_s: int, inputs: Inputs, soc: np.ndarray, set_mw: np.ndarray, missing_mw: float,
        code: np.ndarray, deviation_mw: float, droop_mw: float,
    ) -> Outputs:
        """Events and outputs; at the start of a run no reading can have arrived, which is no news."""
        state = self.state
        if t_s > 0:
            seen = Observed(inputs.exchange_mw, inputs.frequency_hz, soc, disobedient(state.following), missing_mw)
            announce(state.conditions, seen, self.params, list(self._plates), dt_s,
                     lambda kind, message, severity: self.emit(t_s, kind, f"{self.name}: {message}", severity))
        return Outputs(state.p_set_mw.copy(), state.p_set_mw - set_mw, code, state.target_mw,
                       deviation_mw if math.isfinite(deviation_mw) else math.nan, droop_mw)


def _storages(name: str, params: Params, context: Context) -> dict[str, StorageNameplate]:
    """The storages to move, in scenario order."""
    able = {asset: plate for asset, plate in context.nameplates.items() if isinstance(plate, StorageNameplate)}
    for asset in params.assets or ():
        if asset not in able:
            raise ComponentError(f"{name}: 'assets' names {asset!r}, which is no storage; {did_you_mean(asset, able)}")
    chosen = {a: plate for a, plate in able.items() if params.assets is None or a in params.assets}
    if not chosen:
        raise ComponentError(f"{name}: has no storage to move; add a battery or a flywheel under 'assets:', or leave "
                             "the balancer out")
    return chosen
