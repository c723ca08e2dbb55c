"""The exogenous part of a site alone: weather, what sun and wind allow, what people and buildings ask for.

The scenario's own components are stepped one after the other, without networks, plants and controllers; over any span,
with any seed, and under weather of any origin. So a forecaster gets a past before the first step of a run, and a model
years to learn from. Series are named ``component.output``, with the sign they have in the twin.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from controllers.forecasting.errors import ForecastError
from twin.component import Component, Nothing, Section, ports_of
from twin.context import Context
from twin.errors import ParkTwinError
from twin.nameplate import Nameplate
from twin.scenario.resolved import ComponentSpec, ResolvedScenario, context_of

STEP_S = 900
HOUR_S = 3600
WEATHER = "weather"
"""Carrier of the ports, and name of the component."""


@dataclass(frozen=True)
class ExogenousRun:
    """Series over a span; the value at index k holds for ``step_s`` from ``start_utc_s + k · step_s`` on."""

    start_utc_s: int
    step_s: int
    values: Mapping[str, np.ndarray]
    """``component.output`` → (n,)"""

    def hourly(self) -> ExogenousRun:
        """Means over hours; an hour that is not whole is left out."""
        per_hour = HOUR_S // self.step_s
        means = {key: v[:len(v) // per_hour * per_hour].reshape(-1, per_hour).mean(axis=1)
                 for key, v in self.values.items()}
        return ExogenousRun(self.start_utc_s, HOUR_S, means)


def simulate(
    scenario: ResolvedScenario, start_utc_s: int, duration_s: int, seed: int, *,
    weather: Mapping[str, np.ndarray] | None = None, step_s: int = STEP_S,
) -> ExogenousRun:
    """All exogenous series of a site.

    Parameters
    ----------
    start_utc_s : need not lie within the time of the scenario.
    seed : of all random numbers of the loads.
    weather : output of the weather → (n,) values that replace the scenario's own.

    Raises
    ------
    ForecastError
        If the scenario has nothing exogenous, or a component cannot be simulated over this span.
    """
    context = _context(scenario, start_utc_s, duration_s, step_s, seed)
    steps = duration_s // step_s
    outputs = _weather(scenario, context, steps)
    outputs |= {name: np.asarray(values, dtype=float) for name, values in (weather or {}).items()}
    found = {f"{WEATHER}.{name}": values for name, values in outputs.items()}
    for spec in scenario.components.values():
        if spec.section in (Section.WEATHER, Section.CONTROLLERS) or not spec.cls.exogenous:
            continue
        found |= _stepped(_built(spec, context), outputs, steps)
    if len(found) == len(outputs):
        raise ForecastError(f"{scenario.model.name}: no component has exogenous outputs (loads, sun, wind); there is "
                            "nothing to forecast")
    return ExogenousRun(start_utc_s, step_s, found)


def weather_rows(scenario: ResolvedScenario, start_utc_s: int, duration_s: int, step_s: int) -> dict[str, np.ndarray]:
    """The scenario's own weather over a span, output → (n,); empty where it has none.

    Raises
    ------
    ForecastError
        If the source of the weather does not cover the span.
    """
    return _weather(scenario, _context(scenario, start_utc_s, duration_s, step_s, 0), duration_s // step_s)


def nameplates(scenario: ResolvedScenario) -> dict[str, Nameplate]:
    """Component → nameplate of everything that is exogenous and has one."""
    start_utc_s = round(scenario.model.time.start.timestamp())
    context = _context(scenario, start_utc_s, scenario.duration_s, scenario.model.time.step_s, 0)
    found = {spec.name: _built(spec, context).nameplate() for spec in scenario.components.values()
             if spec.cls.exogenous and spec.section is not Section.WEATHER}
    return {name: plate for name, plate in found.items() if plate is not None}


def _context(scenario: ResolvedScenario, start_utc_s: int, duration_s: int, step_s: int, seed: int) -> Context:
    start = datetime.fromtimestamp(start_utc_s, UTC)
    return dataclasses.replace(context_of(scenario), start=start, duration_s=duration_s, step_s=step_s, seed=seed)


def _built(spec: ComponentSpec, context: Context) -> Component:
    try:
        return spec.cls(spec.name, spec.params.model_copy(update={"step_s": None}), context)
    except ParkTwinError as error:
        end = datetime.fromtimestamp(context.start.timestamp() + context.duration_s, UTC)
        raise ForecastError(f"{spec.name} cannot be simulated from {context.start:%Y-%m-%d} to {end:%Y-%m-%d}: "
                            f"{error}") from error


def _weather(scenario: ResolvedScenario, context: Context, steps: int) -> dict[str, np.ndarray]:
    spec = scenario.components.get(WEATHER)
    if spec is None or spec.section is not Section.WEATHER:
        return {}
    component = _built(spec, context)
    names = [f.name for f in dataclasses.fields(component.Outputs)]
    rows = []
    for k in range(steps):
        outputs = component.step(k * context.step_s, context.step_s, Nothing())
        rows.append([getattr(outputs, name) for name in names])
    return {name: np.array(column, dtype=float) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _stepped(component: Component, weather: Mapping[str, np.ndarray], steps: int) -> dict[str, np.ndarray]:
    """Exogenous outputs of one component under the weather; nobody commands it."""
    given = [name for name, port in ports_of(component.Inputs).items() if port.carrier == WEATHER and name in weather]
    columns = [weather[name].tolist() for name in given]
    rows: list[tuple[Any, ...]] = []
    for k in range(steps):
        try:
            inputs = component.Inputs(**{name: column[k] for name, column in zip(given, columns, strict=True)})
        except TypeError as error:
            raise ForecastError(f"{component.name} needs more than weather to be simulated alone ({error})") from error
        outputs = component.step(k * component.step_s, component.step_s, inputs)
        rows.append(tuple(getattr(outputs, name) for name in component.exogenous))
    return {f"{component.name}.{name}": np.array(column, dtype=float)
            for name, column in zip(component.exogenous, zip(*rows, strict=True), strict=True)}
