"""The release gate as a component of the run: it stands between operators and assets and lets only releases through.

Every ``gate.interval_s`` it takes a snapshot of the twin, lets the site's operators make a schedule for the horizon in
a shadow twin, tries it under every expectation, repairs it or falls back (``twin.gate.decision``), writes down what
happened (``twin.gate.ledger``), signs, and publishes the release in the book. In every step it hands on what the
release says, or the safe values where nothing holds; what the operators say directly never passes.

It also asks anew when the measured charge of a storage has left the band in which the release was proved. Nothing in
here depends on the wall clock, so the same scenario gives the same releases, bit for bit, also in a continued run.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import twin
from twin.component import Component, ComponentParams, Layer, Role, Section, port
from twin.context import Context
from twin.cosim.stages import PLANT_ROLES
from twin.errors import ComponentError
from twin.gate.bands import Band
from twin.gate.decision import Decision, GateStatus, Means, Tried, decide, in_words
from twin.gate.expectation import Expectation
from twin.gate.fallback import FallbackLibrary
from twin.gate.jobs import Failure
from twin.gate.shadow import TwinState, operators
from twin.nameplate import GeneratorNameplate, LoadNameplate, RenewableNameplate, StorageNameplate
from twin.schedule import Horizon, Origin, OriginKind, Schedule

if TYPE_CHECKING:
    from twin.cosim.view import RunView
    from twin.gate.proving import Moment, ProvingGround
    from twin.gate.records import GateRecords
    from twin.gate.release import ReleasedSchedule

NAME = "gate"
PORTS = {"p_set_mw": 0.0, "p_limit_mw": math.inf, "interrupt_frac": 0.0}
"""What it hands on, and the value where nobody commands: the safe one."""
OPERATED = (StorageNameplate, GeneratorNameplate, RenewableNameplate, LoadNameplate)
STATE_BAND_SOC = 0.1
"""So far a storage may be from where the replay saw it before the proof is void."""
ASK_AGAIN_S = 300
"""Shortest time between two questions out of turn."""
BAND_FRAC = 0.05
"""Room for corrections within seconds around the set-point of a storage, part of its power."""
SHORT_STORAGE_H = 0.25
"""A storage that is empty after this time at full power is for balancing: its whole power is the band."""


@dataclass(slots=True)
class Inputs:
    """What the operators ask for, and what is measured; one value per asset."""

    p_set_mw: np.ndarray = port(0.0, per="asset")
    p_limit_mw: np.ndarray = port(math.inf, per="asset")
    interrupt_frac: np.ndarray = port(0.0, per="asset")
    soc: np.ndarray = port(math.nan, per="asset", measured=True)
    history_frac: float = port(0.0, carrier="expectation")
    """Of who expects; also makes sure that it has stepped before the gate asks it."""


@dataclass(slots=True)
class Outputs:
    """What holds."""

    p_set_mw: np.ndarray = port(0.0, per="asset")
    p_limit_mw: np.ndarray = port(math.inf, per="asset")
    interrupt_frac: np.ndarray = port(0.0, per="asset")
    band_low_mw: np.ndarray = port(0.0, per="asset")
    """Lowest and highest ``p_set_mw`` that a correction within seconds may reach."""
    band_high_mw: np.ndarray = port(0.0, per="asset")
    status_code: int = port(0, codes=GateStatus)
    violations_count: int = port(0)
    """Hard ones of the last proposal, before it was repaired."""
    rounds_count: int = port(0)
    """Repairs of the last decision."""
    trials_count: int = port(0)
    """Schedules tried so far."""


@dataclass(slots=True)
class State:
    """What the gate remembers; the ledger has the whole story."""

    release_json: str = ""
    """The release that holds; empty: none."""
    status_code: int = 0
    violations_count: int = 0
    rounds_count: int = 0
    trials_count: int = 0
    asked_s: int = -(10**9)
    """When it last decided."""
    refreshed_s: int = -(10**9)
    """When the fallbacks were last renewed."""
    fallbacks_json: str = "[]"
    outside: bool = False
    """The measured state has left the band; told once."""


class ReleaseGate(Component[ComponentParams, Inputs, Outputs, State]):
    """Lets nothing through to the assets that the shadow twin has not proved."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER
    layer = Layer.DISPATCHER
    sees_plant_before_its_step = True

    def __init__(self, name: str, params: ComponentParams, context: Context) -> None:
        self._plates = {n: p for n, p in context.nameplates.items() if isinstance(p, OPERATED)}
        self._assets = tuple(self._plates)
        self._ground: ProvingGround | None = None
        self._records: GateRecords | None = None
        self._run: RunView | None = None
        self._operators: dict[str, Any] = {}
        """States of the operators before their next step."""
        super().__init__(name, params, context)

    def terminals(self) -> dict[str, tuple[str, ...]]:
        """Everything that a controller may command."""
        return {"asset": self._assets}

    def attach(self, run: RunView) -> None:
        """Start the shadow twins, open the ledger, and take up the release that held when the run was interrupted."""
        from twin.gate.proving import ProvingGround
        from twin.gate.records import GateRecords

        self._run, self._rules = run, run.scenario.model.gate
        self._expecter = _expecter(run.components)
        self._operator_names = list(operators(run.components))
        self._ground = ProvingGround(run.scenario, self._rules, run.components)
        self._records = GateRecords(run, self._ground.scenario_sha256, self._safe())
        run.book = self._records.book
        if self.state.release_json:
            self._records.take_up(self.state.release_json, run.start_s)
        self._keep_operators()

    def detach(self) -> None:
        """End the shadow twins and close the ledger."""
        if self._ground is not None:
            self._ground.close()
        if self._records is not None:
            self._records.close()
        self._ground = self._records = None

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        """Decide where it is time to, and hand on what holds."""
        if self._ground is None or self._records is None:
            raise ComponentError(f"{self.name} steps only in a run: it tries schedules in copies of the whole twin")
        if t_s % self._rules.interval_s == 0:
            self._decide(t_s, None)
        elif self._has_left_its_band(t_s, inputs) and t_s - self.state.asked_s >= ASK_AGAIN_S:
            self._decide(t_s, self._records.book.current)
        self._keep_operators()
        return self._outputs(t_s)

    # ---- deciding -------------------------------------------------------------------------------------------------

    def _decide(self, t_s: int, again: ReleasedSchedule | None) -> None:
        """Ask for a schedule from here on; ``again``: whether the one that holds still does from the present state."""
        ground, records, state = self._its_ground, self._its_records, self.state
        moment = self._moment(t_s)
        if not moment.expectations:  # nothing was measured yet: nothing can be tried, and nothing is released
            return
        horizon = Horizon(t_s, self._rules.step_s, max(round(self._rules.horizon_h * 3600 / self._rules.step_s), 1))
        library = FallbackLibrary(self._safe(), self._storages(), horizon.steps, json.loads(state.fallbacks_json))
        told: list[tuple[str, Tried]] = []

        def try_out(schedule: Schedule) -> Tried:
            state.trials_count += 1
            return ground.try_out(schedule, moment)

        def propose() -> Schedule | Failure:
            if again is not None:
                return again.schedule
            setpoints = ground.rollout(moment, horizon)
            return setpoints if isinstance(setpoints, Failure) else self._schedule(
                setpoints, horizon, moment, Origin(OriginKind.CONTROLLER, ", ".join(self._operator_names)))

        def blank(setpoints: Mapping[str, np.ndarray], name: str) -> Schedule:
            return self._schedule(setpoints, horizon, moment, Origin(OriginKind.FALLBACK, name))

        def fallbacks() -> Sequence[Schedule]:
            return library.schedules(records.book.current, t_s, blank)

        decision = decide(Means(propose, try_out, records.repairer(ground, moment), fallbacks,
                                self._rules.repair_rounds, lambda what, tried: told.append((what, tried))))
        if t_s - state.refreshed_s >= self._rules.fallback_refresh_s:
            state.refreshed_s = t_s
            state.fallbacks_json = json.dumps(library.refreshed(records.book.current, t_s, blank, try_out))
        self._conclude(t_s, decision, moment, told)

    def _conclude(self, t_s: int, decision: Decision, moment: Moment, told: list[tuple[str, Tried]]) -> None:
        """Write down, sign and publish; then tell."""
        records, state = self._its_records, self.state
        chosen = decision.chosen
        if chosen is None:
            records.safe_state(t_s, decision, told)
            state.release_json = ""
        else:
            expires_s = min(t_s + self._rules.expiry_s, chosen.schedule.horizon.end_s)
            released = records.release(
                t_s, decision, told, moment, expires_s=expires_s, bands=self._bands(chosen.schedule),
                state_band=self._state_band(t_s, chosen), code_version=twin.__version__)
            state.release_json = json.dumps(released.as_plain())
        proposed = decision.proposed
        state.violations_count = len(proposed.verdict.hard_violations) if proposed else 0
        state.rounds_count, state.asked_s, state.outside = len(decision.rounds), t_s, False
        if decision.status is not GateStatus.RELEASED or state.status_code > GateStatus.REPAIRED:
            severity = {GateStatus.FALLBACK: "warning", GateStatus.SAFE_STATE: "alarm"}.get(decision.status, "info")
            self.emit(t_s, f"gate_{decision.status.name.lower()}", in_words(decision, self._clock), severity)
        state.status_code = int(decision.status)

    def _schedule(self, setpoints: Mapping[str, np.ndarray], horizon: Horizon, moment: Moment,
                  origin: Origin) -> Schedule:
        return Schedule(horizon, dict(setpoints), origin, self._its_ground.scenario_sha256, moment.forecast_sha256,
                        moment.state_sha256)

    def _moment(self, t_s: int) -> Moment:
        """Snapshot and expectations of now."""
        from twin.gate.proving import Moment

        run = self._its_run
        for name, component in run.components.items():
            if component.role in PLANT_ROLES and run.reached_s.get(name, run.start_s) != t_s:
                raise ComponentError(f"{name!r} stands at {run.reached_s.get(name, run.start_s)} s while the gate asks "
                                     f"at {t_s} s: gate.interval_s must be a multiple of every component's step")
        states = {n: self._operators.get(n, c.state) for n, c in run.components.items()}
        whole = TwinState.of(t_s, run.components, run.outputs_before(t_s))
        state = dataclasses.replace(whole, states=states)
        return Moment(state, state.sha256(), self._expectations(t_s))

    def _expectations(self, t_s: int) -> Sequence[Expectation | None]:
        rules = self._rules
        if self._expecter is None:
            return [None]
        steps = max(round(rules.horizon_h * 3600 / rules.step_s), 1)
        courses = list(self._expecter.expectations(t_s, rules.step_s, steps))
        return courses[:1] if rules.expectations == "nominal" else courses

    def _keep_operators(self) -> None:
        """Their states now are those before their next step."""
        components = self._its_run.components
        self._operators = {name: components[name].snapshot() for name in self._operator_names}

    # ---- handing on -----------------------------------------------------------------------------------------------

    def _outputs(self, t_s: int) -> Outputs:
        book, state = self._its_records.book, self.state
        release = book.current
        if release is not None and t_s >= release.expires_s:
            book.withdraw()
            release, state.release_json, state.status_code = None, "", int(GateStatus.SAFE_STATE)
            self.emit(t_s, "release_expired", "the release is void and there is no other: the assets go to their safe "
                                              "state", "alarm")
        now = release.schedule.at(t_s) if release is not None else {}
        p_set, p_limit, interrupt = (np.array([now.get(f"{asset}.{name}", safe) for asset in self._assets])
                                     for name, safe in PORTS.items())
        bands = np.array([book.band(f"{asset}.p_set_mw", t_s) for asset in self._assets]).reshape(-1, 2)
        return Outputs(p_set, p_limit, interrupt, bands[:, 0], bands[:, 1], state.status_code, state.violations_count,
                       state.rounds_count, state.trials_count)

    def _has_left_its_band(self, t_s: int, inputs: Inputs) -> bool:
        """Whether a measured charge is not where the proof holds; an unknown one says nothing."""
        release = self._its_records.book.current
        if release is None:
            return False
        index = release.schedule.horizon.index(t_s)
        for asset, soc in zip(self._assets, np.broadcast_to(inputs.soc, len(self._assets)).tolist(), strict=True):
            band = release.state_band.get(f"{asset}.soc")
            if band is None or math.isnan(soc):
                continue
            low, high = band.at(index)
            if not low <= soc <= high:
                if not self.state.outside:
                    self.emit(t_s, "state_left_its_band", f"{asset}: the charge is {soc:.3f}, the release was proved "
                                                          f"for {low:.3f} to {high:.3f}; the gate asks anew", "warning")
                self.state.outside = True
                return True
        return False

    def _bands(self, schedule: Schedule) -> dict[str, Band]:
        """Room for corrections: some around the set-point of a storage, all of one that is there for balancing."""
        bands = {}
        for asset, plate in self._plates.items():
            key = f"{asset}.p_set_mw"
            if key not in schedule.setpoints or not isinstance(plate, StorageNameplate):
                continue
            low, high = -plate.charge_power_mw, plate.discharge_power_mw
            values = schedule.setpoints[key]
            room = BAND_FRAC * max(-low, high)
            if plate.energy_mwh < SHORT_STORAGE_H * max(-low, high):
                room = high - low
            bands[key] = Band(np.minimum(np.maximum(values - room, low), values),
                              np.maximum(np.minimum(values + room, high), values))
        return bands

    def _state_band(self, t_s: int, chosen: Tried) -> dict[str, Band]:
        """Around the charge that the nominal replay saw; without limits before now."""
        trajectories, horizon, bands = chosen.nominal, chosen.schedule.horizon, {}
        for asset, plate in self._plates.items():
            key = f"{asset}.soc"
            if trajectories is None or not isinstance(plate, StorageNameplate) or not trajectories.has(key) \
                    or plate.energy_mwh < SHORT_STORAGE_H * plate.discharge_power_mw:
                continue
            ends = np.interp(horizon.times_s() + horizon.step_s, trajectories.times_s(asset)
                             + trajectories.steps_s[asset], trajectories.series(key))
            starts = np.concatenate([ends[:1], ends[:-1]])
            past = horizon.times_s() + horizon.step_s <= t_s
            low = np.where(past, -math.inf, np.minimum(starts, ends) - STATE_BAND_SOC)
            bands[key] = Band(low, np.where(past, math.inf, np.maximum(starts, ends) + STATE_BAND_SOC))
        return bands

    def _safe(self) -> dict[str, float]:
        """Key → its value in the safe state."""
        return {f"{asset}.{name}": safe for asset in self._assets for name, safe in PORTS.items()}

    def _storages(self) -> list[str]:
        return [asset for asset, plate in self._plates.items() if isinstance(plate, StorageNameplate)]

    def _clock(self, t_s: int) -> str:
        return f"{self.context.calendar.local(t_s):%H:%M}"

    @property
    def _its_ground(self) -> ProvingGround:
        assert self._ground is not None
        return self._ground

    @property
    def _its_records(self) -> GateRecords:
        assert self._records is not None
        return self._records

    @property
    def _its_run(self) -> RunView:
        assert self._run is not None
        return self._run


def _expecter(components: Mapping[str, Component]) -> Any:
    """Who knows what to expect; None: nobody."""
    from twin.gate.expectation import Expecter

    return next((c for c in components.values() if isinstance(c, Expecter)), None)
