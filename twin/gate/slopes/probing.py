"""Slopes of components within a step, by stepping them again with one input changed.

At given times a probed component takes its step as always; then it is put back to before the step and steps once for
each changed input, and is put back to after its own step. So the replay around it goes on as if nothing had been. It
works for any component: nothing is known of it but its ports.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.component import Component, ports_of
from twin.cosim.edges import End
from twin.units import unit_of

STEP_OF_UNIT = {"MW": 0.01, "Mvar": 0.01, "°C": 0.1, "kg/s": 0.05, "–": 0.005}
"""Change of an input: far above the rounding of a power flow (1e-10 MVA), far below what bends a curve."""
DEFAULT_STEP = 0.01


def step_of(port: str) -> float:
    """By how much an input is changed."""
    return STEP_OF_UNIT.get(unit_of(port) or "", DEFAULT_STEP)


@dataclass
class Slopes:
    """What one probed component showed: slopes by time, input and signal."""

    found: dict[tuple[int, End, str], float] = field(default_factory=dict)
    """(step's start, input, signal) → change of the signal per unit of the input."""
    base: dict[tuple[int, End], float] = field(default_factory=dict)
    """(step's start, input) → value at which the slope holds."""

    def of(self, t_s: int, end: End, signal: str) -> float:
        """0 where the input does not act on the signal, or was not probed."""
        return self.found.get((t_s, end, signal), 0.0)


class _Probe:
    """Stands in for ``component.step`` during one replay."""

    def __init__(self, component: Component, inputs: Sequence[End], signals: Sequence[str], times_s: frozenset[int],
                 slopes: Slopes) -> None:
        self._component, self._step = component, component.step
        self._inputs = [(end, _place(component, end)) for end in inputs]
        self._signals = [(signal, _reader(component, signal)) for signal in signals]
        self._times_s, self._slopes = times_s, slopes

    def step(self, t_s: int, dt_s: int, inputs: Any) -> Any:
        """The component's own step, with slopes noted where they are wanted."""
        if t_s not in self._times_s:
            return self._step(t_s, dt_s, inputs)
        component = self._component
        before, given = component.snapshot(), copy.deepcopy(inputs)
        outputs = self._step(t_s, dt_s, inputs)
        after, events = component.snapshot(), component.pending_events
        own = np.array([read(outputs) for _, read in self._signals])
        for end, place in self._inputs:
            value = _get(given, end.port, place)
            # "no limit" can be lowered only, from what is delivered
            base = value if np.isfinite(value) else float(getattr(outputs, "p_mw", 0.0))
            changes = [size for size in (step_of(end.port), -step_of(end.port)) if size < 0.0 or np.isfinite(value)]
            slopes = [(self._again(end, place, base + change, before, given, (t_s, dt_s)) - own) / change
                      for change in changes]
            self._note(t_s, end, base, np.array(slopes))
        component.restore(after)
        component.pending_events = events
        return outputs

    def _note(self, t_s: int, end: End, base: float, slopes: np.ndarray) -> None:
        """Mean of the directions; at an edge, where one side gives nothing, that of the other."""
        self._slopes.base[t_s, end] = base
        for (signal, _), each in zip(self._signals, slopes.T, strict=True):
            responding = each[each != 0.0]
            if len(responding):
                self._slopes.found[t_s, end, signal] = float(responding.mean())

    def _again(self, end: End, place: int | None, value: float, before: Any, given: Any, when: tuple[int, int],
               ) -> np.ndarray:
        component = self._component
        component.restore(before)
        component.pending_events = []
        changed = copy.deepcopy(given)
        if place is None:
            setattr(changed, end.port, value)
        else:
            vector = np.array(getattr(changed, end.port), dtype=float)
            vector[place] = value
            setattr(changed, end.port, vector)
        outputs = self._step(*when, changed)
        return np.array([read(outputs) for _, read in self._signals])


@contextmanager
def probed(components: Mapping[str, Component], inputs: Mapping[str, Sequence[End]],
           signals: Mapping[str, Sequence[str]], times_s: frozenset[int]) -> Iterator[Slopes]:
    """Within it, a run notes slopes of the components that have inputs to be changed.

    Parameters
    ----------
    inputs : component → inputs to change, one by one.
    signals : component → ``component.output`` or ``component.output[label]`` that are watched.
    times_s : starts of the steps in which it is done.
    """
    slopes = Slopes()
    with ExitStack() as stack:
        for name, ends in inputs.items():
            component = components[name]
            component.step = _Probe(component, ends, signals.get(name, ()), times_s, slopes).step  # type: ignore[method-assign]
            stack.callback(component.__dict__.pop, "step")
        yield slopes


def _place(component: Component, end: End) -> int | None:
    if end.terminal is None:
        return None
    group = str(ports_of(component.Inputs)[end.port].per)
    return component.terminals()[group].index(end.terminal)


def _get(inputs: Any, port: str, place: int | None) -> float:
    value = getattr(inputs, port)
    return float(value if place is None else value[place])


def _reader(component: Component, signal: str) -> Callable[[Any], float]:
    name, _, label = signal.partition(".")[2].partition("[")
    if not label:
        return lambda outputs: float(getattr(outputs, name))
    index = component.terminals()[str(ports_of(component.Outputs)[name].per)].index(label[:-1])
    return lambda outputs: float(getattr(outputs, name)[index])
