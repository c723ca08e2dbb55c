"""Scripts for devices: a command at a time, and what is expected at a time, on a clock that the test moves."""

from __future__ import annotations

from typing import Any

from twin.component import Event
from twin.device import Action, Command, Device, Fault, FaultKind, FaultPlan
from twin.nameplate import GeneratorNameplate, StorageNameplate

BATTERY = StorageNameplate(8.0, 10.0, 40.0, 0.92, 0.92, 0.05, 0.95, 0.0)
"""10 MW out, 8 MW in."""
DIESEL = GeneratorNameplate(2.0, 0.6, "diesel", 0.42, 0.0, 0.267, 0.0, 0.0, 0.0, 0.0, True, start_s=30.0)
CHP = GeneratorNameplate(4.0, 1.2, "gas", 0.45, 0.39, 0.202, 0.0, 0.0, 2.0, 2.0, False, ramp_mw_per_min=0.8)


class Script:
    """Steps a device through its commands and remembers what it did.

    Parameters
    ----------
    commands : time [s] → command from then on; each a multiple of the step. Before the first it is 0.
    """

    def __init__(self, device: Device, commands: dict[int, float], until_s: int, step_s: int = 1,
                 resets_s: tuple[int, ...] = ()) -> None:
        self.device, self.step_s = device, step_s
        self.actions: list[Action] = []
        value = 0.0
        for t_s in range(0, until_s, step_s):
            value = commands.get(t_s, value)
            self.actions.append(device.act(t_s, step_s, Command(value, t_s in resets_s)))

    def mode(self, t_s: int) -> str:
        """Name of the mode just before ``t_s``."""
        return self.device.Mode(self.actions[t_s // self.step_s - 1].mode).name

    def modes(self, *times_s: int) -> list[str]:
        """Names of the modes just before these times."""
        return [self.mode(t_s) for t_s in times_s]

    def value(self, t_s: int, index: int = 0) -> float:
        """Mean of the step that begins at ``t_s``."""
        return self.actions[t_s // self.step_s].values[index]

    def energy_mws(self) -> float:
        """Sum of the first value over time."""
        return sum(action.values[0] for action in self.actions) * self.step_s

    @property
    def events(self) -> list[Event]:
        """All of them."""
        return [event for action in self.actions for event in action.events]

    @property
    def told(self) -> list[tuple[int, str]]:
        """When each event was, and its kind."""
        return [(event.t_s, event.kind) for event in self.events]


def plan(*faults: tuple[Any, ...], resets_s: tuple[int, ...] = ()) -> FaultPlan:
    """A plan from (kind, start, end) or (kind, start, end, factor)."""
    made = [Fault(FaultKind[kind.upper()], *rest) for kind, *rest in faults]
    return FaultPlan(tuple(sorted(made, key=lambda f: f.start_s)), resets_s)
