"""Plays a daily table: each asset gets the power of the window that holds, and 0 where none does.

Powers in MW, into the network positive. Windows are written as those of a tariff: hours of the local day, optionally
months and kinds of day, the more specific kind before the general one (``simulators.market.partition``). Where a power
changes within a step the step gets the time-weighted mean. Powers beyond an asset's nameplate are mistakes;
what else limits it (charge, minimum load, ramps) is the asset's affair.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pydantic import Field, field_validator

from simulators.local_time import StepTable
from simulators.market.daily_windows import QUARTERS, DailyWindow, DayKind, clock, day_kinds, quarters_in_day
from simulators.market.partition import covering_windows
from twin.component import Component, ComponentParams, Nothing, Role, Section, port, ports_of
from twin.context import CalendarTable, Context
from twin.errors import Problem, ScenarioError
from twin.nameplate import setpoint_ranges, within
from twin.registry import component_class
from twin.suggest import did_you_mean

MONTHS = 12
COMMAND = "p_set_mw"


class Window(DailyWindow):
    """When an asset gets which power."""

    p_set_mw: float = Field(description="set-point, into the network positive: charging a storage is negative [MW]")

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.p_set_mw:g} MW"


class Params(ComponentParams):
    """The table."""

    setpoints: dict[str, list[Window]] = Field(
        min_length=1,
        description="asset → its windows, e.g. bess: [{hours: [0-5], p_set_mw: -8}, {hours: [17-22], p_set_mw: 8}]; "
                    "0 MW in between",
    )  # fmt: skip

    @field_validator("setpoints")
    @classmethod
    def _one_power_at_a_time(cls, value: dict[str, list[Window]]) -> dict[str, list[Window]]:
        for asset, windows in value.items():
            try:
                power_table(windows)
            except ValueError as error:
                raise ValueError(f"{asset}: {error}") from None
        return value


@dataclass(slots=True)
class Outputs:
    """One value per asset of the table."""

    p_set_mw: np.ndarray = port(0.0, per="asset")


def power_table(windows: list[Window]) -> np.ndarray:
    """Power of the window that holds, shape (12 months, 3 kinds of day, 96 quarter hours); 0 where none does.

    Raises
    ------
    ValueError
        Where two windows of the same kind of day meet.
    """
    table = np.zeros((MONTHS, len(DayKind), QUARTERS))
    for month in range(MONTHS):
        for kind in DayKind:
            for quarter, found in enumerate(covering_windows(windows, month + 1, kind)):
                if len(found) > 1:
                    first, second = (windows[i].name for i in found[:2])
                    raise ValueError(f"{first} and {second} both hold at {clock(quarter)} in month {month + 1}; an "
                                     "asset follows one at a time, change the hours of one")
                if found:
                    table[month, kind, quarter] = windows[found[0]].p_set_mw
    return table


class DailySetpoints(Component[Params, Nothing, Outputs, Nothing]):
    """Gives assets the powers of a daily table."""

    section = Section.CONTROLLERS
    role = Role.CONTROLLER

    def __init__(self, name: str, params: Params, context: Context) -> None:
        mistakes = [mistake for asset, windows in params.setpoints.items()
                    for mistake in _mistakes(asset, windows, context)]
        if mistakes:
            raise ScenarioError(mistakes)
        super().__init__(name, params, context)

    def initial_state(self) -> Nothing:
        self._powers = np.stack([power_table(windows) for windows in self.params.setpoints.values()], axis=-1)
        self._table = StepTable(self.context.calendar, lambda t_s, table, length_h: self._powers[self._when(table)])
        return Nothing()

    def terminals(self) -> dict[str, tuple[str, ...]]:
        return {"asset": tuple(self.params.setpoints)}

    def step(self, t_s: int, dt_s: int, inputs: Nothing) -> Outputs:
        return Outputs(np.array(self._table.row(t_s, dt_s)))

    def _when(self, table: CalendarTable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return table.month - 1, day_kinds(self.context.calendar, table), quarters_in_day(table)


def _mistakes(asset: str, windows: list[Window], context: Context) -> list[Problem]:
    """An asset that is not there, or has no set-point, would silently not be operated; one that is told more than its
    nameplate allows would silently do less."""
    place = ("setpoints", asset)
    if asset not in context.types:
        return [Problem(place, f"there is no {asset!r} in this scenario; {did_you_mean(asset, context.types)}")]
    commands = ports_of(component_class(context.types[asset]).Inputs)
    if COMMAND not in commands or commands[COMMAND].per:
        return [Problem(place, f"{asset!r} ({context.types[asset]}) follows no {COMMAND}; name storages, plants or "
                               "other assets that do")]
    low, high = allowed = setpoint_ranges(context.nameplates).get(f"{asset}.{COMMAND}", (-math.inf, math.inf))
    return [Problem((*place, number, COMMAND), f"{window.p_set_mw:g} MW is outside {low:g} to {high:g} MW, what the "
                                               f"nameplate of {asset} allows; give a power within")
            for number, window in enumerate(windows) if not within(window.p_set_mw, allowed)]
