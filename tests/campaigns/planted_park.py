"""The park as the campaign of planted violations knows it: its shadow twin, sound schedules, and where they start.

Some limits of the shipped park cannot be reached by any set-point: its cables carry all that stands on them, the heat
network itself never lets its supply change faster than 15 K/h. The campaign therefore takes two of the three cables of
the energy centre out of service, puts the battery at the end of a long feeder and tightens a few limits; each is a site
that could be. Everything else is the shipped scenario, on a hot day in steps of a quarter of an hour.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from twin.cosim.build import build_site
from twin.cosim.wiring import wire
from twin.cosim.world import run_world
from twin.gate.decision import Decision, Means, Tried, decide
from twin.gate.limits.judge import judge
from twin.gate.limits.limits import resolve_limits
from twin.gate.limits.series import Before
from twin.gate.repair.projection import Projection
from twin.gate.repair.repair import RepairContext, RepairRounds
from twin.gate.shadow.replayed import Replayed
from twin.gate.shadow.shadow import Shadow, TwinState
from twin.gate.shadow.trajectory import Trajectories
from twin.gate.slopes.linearise import linearise
from twin.scenario.loader import load_scenario
from twin.schedule import Horizon, Origin, OriginKind, Schedule

STEP_S, STEPS = 900, 96
STARTS_S = tuple(range(5400, 38_000, 5400))
"""Of the schedules: every hour and a half from 1:30 to 10:30."""
ROUNDS = 3
BATTERY_SHARE = 0.3
"""Of the operator's battery plan that the sound schedules keep, so that there is content to plant violations with."""
HEAT_SET, COLD_SET = "heat.EC.supply_set_degc", "cooling.EC.supply_set_degc"
SETTINGS = (
    "time.start=2025-07-14T00:00:00+08:00", "time.duration_h=48", f"time.step_s={STEP_S}", "gate.enabled=false",
    "controllers.forecast=null",  # its schedules reach the agreed band of charge: violations that nobody planted
    "networks.heat.crosscheck_every_h=0", "networks.cooling.crosscheck_every_h=0",
    "networks.electricity.crosscheck_every_steps=0",
    "assets.bess.initial_soc=0.65",
    # one cable of three to the energy centre: 7.2 MVA for 8 MW of CHP and 4 MW of diesel
    # 9 km to the battery: its 10 MW move the voltage there by 5 %
    "networks.electricity.changes={lines: {SS-EC: {count: 1}, SS-BESS: {count: 2, length_km: 9}}}",
    "networks.electricity.export_limit_mw=10.5",
    "limits.voltage.low=0.975",
    "limits.heat_gradient.high=10",
    "limits.heat_gradient.alarm_high=8",
    "limits.cold_lift.high=2.25",
    "limits.cold_lift.alarm_high=2.2",
    # an agreed band inside the physical one, at whose ends the battery would only stop
    "limits.state_of_charge={signal: bess.soc, low: 0.15, high: 0.9, tolerance: 0.002, class: storage, "
    "source: band of the campaign}",
    "limits.reserve_energy=null",
)


@dataclass(frozen=True)
class Sound:
    """A schedule that keeps all limits, and what its replay showed."""

    start: TwinState
    schedule: Schedule
    replay: Trajectories

    def changed(self, setpoints: dict[str, np.ndarray], name: str) -> Schedule:
        """With other set-points."""
        return self.schedule.changed(setpoints, Origin(OriginKind.FILE, name))


class PlantedPark:
    """Shadow twin, limits and sound schedules, each made when it is first needed."""

    def __init__(self, starts_s: tuple[int, ...] = STARTS_S) -> None:
        self._starts_s = starts_s
        self.scenario = load_scenario("zero_carbon_park_day", list(SETTINGS))
        self.shadow = Shadow(self.scenario, STEP_S)
        self.limits = resolve_limits(self.scenario, self.shadow.site.components, self.shadow.commands)
        self._plates = {name: plate for name, component in self.shadow.site.components.items()
                        if (plate := component.nameplate()) is not None}

    @cached_property
    def sound(self) -> tuple[Sound, ...]:
        """What the site's operators would do, with little use of the battery and today's supply temperatures by hand;
        one for each start."""
        return tuple(self._sound(state) for state in self._states())

    def try_out(self, sound: Sound, schedule: Schedule) -> Tried:
        """Replay and judge a schedule from the start of a sound one."""
        replay = self.shadow.replay(sound.start, schedule.horizon, schedule.setpoints, None)
        verdict = judge([(None, replay)], self.limits, self.scenario.model.gate, schedule=schedule, scenario_sha256="",
                        state_sha256="", before=Before.of(sound.start, self.shadow.plant))
        return Tried(schedule, verdict, replay)

    def decide(self, sound: Sound, schedule: Schedule) -> tuple[Decision, RepairRounds]:
        """What the gate would do with it, without fallbacks."""
        rounds = RepairRounds(Projection(), lambda tried: self._linearised(sound, tried))
        return decide(Means(lambda: schedule, lambda one: self.try_out(sound, one), rounds, list, ROUNDS)), rounds

    def _linearised(self, sound: Sound, tried: Tried) -> RepairContext | None:
        if tried.nominal is None:
            return None
        replayed = Replayed(sound.start, tried.schedule.horizon, tried.schedule.setpoints, None, tried.nominal)
        return RepairContext(tried.schedule, tried.nominal, linearise(self.shadow, replayed, self.limits), self.limits,
                             self._plates, Before.of(sound.start, self.shadow.plant))

    def _states(self) -> list[TwinState]:
        """The site at the starts, in a run of its own."""
        site = build_site(self.scenario)
        states: dict[int, dict[str, Any]] = {t: {} for t in self._starts_s}
        outputs: dict[int, dict[str, Any]] = {t: {} for t in self._starts_s}

        class Keep:
            """Copies states before their step, as snapshots do."""

            def before_step(self, t_s: int, component: Any, last_outputs: Any) -> None:
                if t_s in states:
                    states[t_s][component.name] = copy.deepcopy(component.state)
                    outputs[t_s][component.name] = copy.deepcopy(last_outputs)

            def after_step(self, t_s: int, component: Any, outputs: Any, events: Any) -> None:
                """Nothing to keep."""

        run_world(site, wire(site), listener=Keep(), until_s=max(self._starts_s) + STEP_S)
        return [TwinState(t, states[t], {
            name: None if one is None else tuple(getattr(one, field) for field in one.__dataclass_fields__)
            for name, one in outputs[t].items()}) for t in self._starts_s]

    def _sound(self, state: TwinState) -> Sound:
        horizon = Horizon(state.t_s, STEP_S, STEPS)
        told, seen = self.shadow.rollout(state, None, horizon)
        setpoints = {key: np.array(values) for key, values in told.items()}
        setpoints["bess.p_set_mw"] = BATTERY_SHARE * setpoints["bess.p_set_mw"]
        for network, key in (("heat", HEAT_SET), ("cooling", COLD_SET)):
            setpoints[key] = seen.series(f"{network}.source_supply_degc[EC]")
        schedule = Schedule(horizon, setpoints, Origin(OriginKind.CONTROLLER, "operator"), "", "", "")
        return Sound(state, schedule, self.shadow.replay(state, horizon, setpoints, None))
