"""The shadow twin: the same scenario and components as the run, in another World, from any snapshot, with a schedule.

Built once and used again: components are restored, not made anew, so that networks stay compiled and converted. It runs
the same code as ``twin run`` (``twin.cosim.world``); what differs is put there on purpose:

* an :class:`~twin.gate.expectation.Expectation` takes the place of weather, loads and what sun and wind allow, since
  the shadow may not know the future;
* devices do not know the faults of the scenario that are still to come, only the state that past ones left, and those
  that are there already, whose end nobody knows: they last over the horizon;
* a player commands, or for a rollout the site's operators do.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.codec import encode
from twin.component import Component, Layer, Section, ports_of
from twin.cosim.build import Site, build_site
from twin.cosim.edges import Edge
from twin.cosim.emulated import Emulated
from twin.cosim.wiring import wire
from twin.cosim.world import run_world
from twin.device import FaultPlan
from twin.errors import ComponentError, RunStoreError
from twin.gate.expectation import Expectation, Expecter, expect
from twin.gate.shadow.player import CommandPort, SchedulePlayer, command_ports
from twin.gate.shadow.trajectory import Recorder, Trajectories
from twin.scenario.models import Connection
from twin.scenario.resolved import ResolvedScenario
from twin.schedule import Horizon
from twin.store.tables import ColumnGroup


@dataclass(frozen=True, slots=True)
class TwinState:
    """All that a replay starts from: states before the step at ``t_s``, and outputs of the steps before it.

    Outputs are plain tuples in the order of their fields, so that they travel between processes.
    """

    t_s: int
    states: Mapping[str, Any]
    outputs: Mapping[str, tuple[Any, ...] | None]
    faults: Mapping[str, tuple[FaultPlan, ...]] = field(default_factory=dict)
    """Component → the faults of its devices that began before ``t_s``."""

    def sha256(self) -> str:
        """Hash of all of it, the same in every process."""
        plain = [self.t_s, encode(dict(self.states)), encode(dict(self.outputs))]
        faults = {name: [dataclasses.astuple(plan) for plan in plans] for name, plans in self.faults.items()}
        if faults:
            plain.append(faults)
        return hashlib.sha256(json.dumps(plain, separators=(",", ":")).encode()).hexdigest()

    @classmethod
    def of(cls, t_s: int, components: Mapping[str, Component], last_outputs: Mapping[str, Any]) -> TwinState:
        """A view of the present; to be sent away or copied before anything steps on."""
        return cls(t_s, {n: c.state for n, c in components.items()},
                   {n: None if last_outputs.get(n) is None else _as_tuple(last_outputs[n]) for n in components},
                   {n: c.begun_faults(t_s) for n, c in components.items()
                    if isinstance(c, Emulated) and any(plan.faults for plan in c.begun_faults(t_s))})


def _as_tuple(outputs: Any) -> tuple[Any, ...]:
    return tuple(getattr(outputs, f.name) for f in dataclasses.fields(outputs))


class Shadow:
    """A shadow twin of one scenario.

    Parameters
    ----------
    step_s : step of all components; None: as in the scenario.

    Raises
    ------
    ScenarioError
        If the scenario cannot be built.
    ComponentError
        If it couples external simulators, whose state cannot be restored.
    """

    def __init__(self, scenario: ResolvedScenario, step_s: int | None = None) -> None:
        if scenario.external:
            raise ComponentError(f"the scenario couples external simulators ({', '.join(scenario.external)}); a shadow "
                                 "twin cannot be set to their state, so that nothing can be validated")
        whole = build_site(_without_future_faults(_at_step(scenario, step_s)))
        edges = wire(whole)
        self.commands: dict[str, CommandPort] = command_ports(whole.components, edges)
        self.site = whole
        self.plant = {n: c for n, c in whole.components.items() if c.section is not Section.CONTROLLERS}
        self.operators = operators(whole.components)
        self._plant_edges = [e for e in edges if {e.source.owner, e.target.owner} <= self.plant.keys()]
        finest_s = min(c.step_s for c in self.plant.values())
        self.player = SchedulePlayer(self.commands, finest_s, whole.context)
        self._replay_site = self._site({**self.plant, self.player.name: self.player})
        self._replay_edges = self._plant_edges + self.player.edges()
        self._rollout_site = self._site({**self.plant, **self.operators})
        self._rollout_edges = wire_without_layers(self._rollout_site)

    def _site(self, components: dict[str, Component]) -> Site:
        return dataclasses.replace(self.site, components=components)

    def replay(self, start: TwinState, horizon: Horizon, setpoints: Mapping[str, np.ndarray],
               expectation: Expectation | None, until_s: int | None = None) -> Trajectories:
        """What happens if set-points are obeyed from ``start`` on.

        Parameters
        ----------
        setpoints : key → (steps,) of the horizon; keys left out rest at the default of their port.
        expectation : None lets models and random numbers go on as they are in ``start``.
        until_s : default: the end of the horizon.

        Raises
        ------
        RunStoreError
            If the state is of another site.
        ParkTwinError
            If a component fails; the message names it and the time.
        """
        until_s = horizon.end_s if until_s is None else until_s
        outputs = self._restore(start, self.plant)
        self.player.load(horizon, setpoints)
        expect(self.plant, expectation)
        recorder = Recorder(self._replay_site.components)
        run_world(self._replay_site, self._replay_edges, listener=recorder, start_s=start.t_s, until_s=until_s,
                  last_outputs=outputs)
        return recorder.trajectories(start.t_s, until_s, setpoints)

    def rollout(self, start: TwinState, expectation: Expectation | None, horizon: Horizon,
                ) -> tuple[dict[str, np.ndarray], Trajectories]:
        """What the site's operators would do over a horizon, as set-points, and what happens then.

        Where all of the plant steps with the horizon, this is the replay of these set-points too, bit for bit; the
        trajectories have the series of the player that a replay has.

        Parameters
        ----------
        start : with the states of the operators before their step at ``start.t_s``.
        """
        everybody = {**self.plant, **self.operators}
        outputs = self._restore(start, everybody)
        expect(self.plant, expectation)
        recorder = Recorder(everybody)
        run_world(self._rollout_site, self._rollout_edges, listener=recorder, start_s=start.t_s,
                  until_s=horizon.end_s, last_outputs=outputs)
        trajectories = recorder.trajectories(start.t_s, horizon.end_s, {})
        setpoints = {}
        for key, command in self.commands.items():
            source = next((e.source for e in self._rollout_edges if e.target == command.end), None)
            if source is None:
                continue
            name = source.owner + "." + source.port + (f"[{source.terminal}]" if source.terminal else "")
            series, step_s = trajectories.series(name), trajectories.steps_s[source.owner]
            rows = (horizon.times_s() - start.t_s) // step_s
            setpoints[key] = series[np.minimum(rows, len(series) - 1)]
        return setpoints, self._as_played(trajectories, horizon, setpoints)

    def _as_played(self, trajectories: Trajectories, horizon: Horizon, setpoints: Mapping[str, np.ndarray],
                   ) -> Trajectories:
        """With the series that a player of these set-points would have left."""
        player = self.player
        player.load(horizon, setpoints)
        name, times_s = player.name, np.arange(trajectories.start_s, trajectories.until_s, player.step_s)
        return dataclasses.replace(
            trajectories, setpoints=dict(setpoints), steps_s={**trajectories.steps_s, name: player.step_s},
            columns={**trajectories.columns, name: tuple(ColumnGroup(player).columns)},
            tables={**trajectories.tables, name: player.played(times_s)})

    def _restore(self, start: TwinState, components: Mapping[str, Component]) -> dict[str, Any]:
        missing = sorted(components.keys() - start.states.keys())
        if missing:
            raise RunStoreError(f"the snapshot knows nothing of {', '.join(missing)}: it is of another site")
        outputs: dict[str, Any] = {}
        for name, component in components.items():
            component.restore(start.states[name])
            component.pending_events = []
            if isinstance(component, Emulated):
                component.plan_faults(start.faults.get(name, ()))
            given = start.outputs.get(name)
            outputs[name] = None if given is None else component.Outputs(*given)
        return outputs


def operators(components: Mapping[str, Component]) -> dict[str, Component]:
    """Controllers that decide what the site does; not those that stand between, nor who only says what to expect."""
    return {name: c for name, c in components.items()
            if c.section is Section.CONTROLLERS and c.layer is Layer.OPERATOR and not isinstance(c, Expecter)}


def wire_without_layers(site: Site) -> list[Edge]:
    """Edges of a site that lacks layers: connections to one of these lead to the asset, others are left out."""
    scenario = site.scenario
    known = site.components.keys()
    kept = [c for c in (_past_layers(c, site.components) for c in scenario.model.connections)
            if {c.source.split(".")[0], c.target.split(".")[0]} <= known]
    model = scenario.model.model_copy(update={"connections": kept})
    return wire(dataclasses.replace(site, scenario=dataclasses.replace(scenario, model=model)))


def _past_layers(connection: Connection, components: Mapping[str, Component]) -> Connection:
    """To the asset itself where a command is written to a layer that is left out, as ``gate.bess.p_set_mw``."""
    layer, _, asset_port = connection.target.partition(".")
    asset, _, port_name = asset_port.partition(".")
    if layer in components or asset not in components or port_name not in ports_of(components[asset].Inputs):
        return connection
    return connection.model_copy(update={"target": asset_port})


def _without_future_faults(scenario: ResolvedScenario) -> ResolvedScenario:
    return dataclasses.replace(scenario, model=scenario.model.model_copy(update={"faults": []}))


def _at_step(scenario: ResolvedScenario, step_s: int | None) -> ResolvedScenario:
    """The same scenario with one step for all components of the plant; controllers keep their own."""
    if step_s is None:
        return scenario
    time = scenario.model.time.model_copy(update={"step_s": step_s})
    specs = {}
    for name, spec in scenario.components.items():
        own = spec.params.step_s
        params = spec.params
        if own is not None and (spec.section is not Section.CONTROLLERS or own < step_s):
            params = params.model_copy(update={"step_s": None if spec.section is not Section.CONTROLLERS else step_s})
        specs[name] = dataclasses.replace(spec, params=params)
    return dataclasses.replace(scenario, model=scenario.model.model_copy(update={"time": time}), components=specs)
