"""The limits of a site: rows of the scenario met with the signals that the built twin has.

A row whose signal does not exist is a mistake, reported at its place in the file. A pattern that matches nothing is one
only if no component type knows such an output: a list of limits may serve sites of which not all have a battery.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from twin import registry
from twin.component import Component, Section, ports_of
from twin.errors import ComponentError, Problem
from twin.gate.limits.nameplate_bounds import known_quantities, nameplate_bounds
from twin.gate.limits.quantities import HOUR_S, unit_of_quantity
from twin.gate.limits.rows import NAMEPLATE, LimitClass, LimitRow, Quantity
from twin.gate.limits.signals import Signal, filled, matching, signals_of
from twin.patterns import WILDCARD
from twin.scenario.origins import KeyPath, scenario_error
from twin.scenario.resolved import ResolvedScenario
from twin.schedule import canonical_json
from twin.suggest import did_you_mean

LIMITS_KEY = "limits"
PARTS, PART_SUFFIX = ("soc", "measured_soc"), "_frac"
"""Outputs that are parts of a whole, 0 to 1."""
SOLVED = {
    "power_flow_solved": LimitRow(signal="*.converged_code", low=1, limit_class=LimitClass.SOLVER,
                                  source="what was not solved is not known to be harmless"),
    "thermal_network_solved": LimitRow(signal="*.status_code", high=0, limit_class=LimitClass.SOLVER,
                                       source="what was not solved is not known to be harmless"),
}
"""Hold in every site. 1 is a converged power flow, 0 a thermal network that did what was asked."""


@dataclass(frozen=True)
class Limit:
    """One row for the signals of one owner."""

    name: str
    row: LimitRow
    owner: str
    signals: tuple[str, ...]
    minus: tuple[str, ...]
    """As many as signals, or none."""
    is_setpoint: bool
    """The signals are keys of set-points."""
    low: float
    """-inf where there is none."""
    high: float
    unit: str
    """Of the quantity."""

    @property
    def alarm_low(self) -> float:
        """-inf where there is none."""
        return -math.inf if self.row.alarm_low is None else self.row.alarm_low

    @property
    def alarm_high(self) -> float:
        """inf where there is none."""
        return math.inf if self.row.alarm_high is None else self.row.alarm_high

    @property
    def scale(self) -> float:
        """By what an excess is divided in scores: width of the band, else the size of the bound, else 1."""
        bounds = [bound for bound in (self.low, self.high) if math.isfinite(bound)]
        width = bounds[-1] - bounds[0] if len(bounds) == 2 else abs(bounds[0]) if bounds else 0.0
        return width or 1.0


@dataclass(frozen=True)
class LimitSet:
    """All limits of a site, ready to be judged."""

    limits: tuple[Limit, ...]

    @property
    def sha256(self) -> str:
        """Hash of all that they say."""
        plain = [[limit.name, limit.row.model_dump(mode="json", by_alias=True), list(limit.signals), list(limit.minus),
                  str(limit.low), str(limit.high)] for limit in self.limits]
        return hashlib.sha256(canonical_json(plain)).hexdigest()

    def of(self, name: str) -> list[Limit]:
        """The limits that one row became, one per owner."""
        return [limit for limit in self.limits if limit.name == name]


def resolve_limits(scenario: ResolvedScenario, components: Mapping[str, Component],
                   commands: Iterable[str]) -> LimitSet:
    """Find the signals of all rows of a scenario.

    Parameters
    ----------
    components : of the built twin.
    commands : keys of the set-points that a schedule of the site may have.

    Raises
    ------
    ScenarioError
        All rows that fit nothing, each at its place in the file.
    """
    signals = signals_of(components, commands)
    plates = _Plates(components)
    limits: list[Limit] = []
    problems: list[Problem] = []
    for name, row in scenario.model.limits.items():
        try:
            _refuse_short_window(row, scenario.model.gate.step_s)
            limits += _resolved(name, row, signals, plates)
        except _RowError as error:
            problems.append(scenario.problem((LIMITS_KEY, name, *error.path), str(error)))
    if problems:
        raise scenario_error(problems, scenario.source.lines)
    for name, row in SOLVED.items():
        limits += _resolved(name, row, signals, plates)
    return LimitSet(tuple(limits))


class _RowError(Exception):
    """What is wrong with a row, and at which of its keys."""

    def __init__(self, path: KeyPath, message: str) -> None:
        super().__init__(message)
        self.path = path


def _refuse_short_window(row: LimitRow, step_s: int) -> None:
    """Of what happens within a step of the trial a replay shows the mean only."""
    if row.window_h is not None and round(row.window_h * HOUR_S) < step_s:
        window_s = round(row.window_h * HOUR_S)
        raise _RowError(("window_h",), f"the window of {window_s} s is shorter than a step of the trial (gate.step_s "
                                       f"is {step_s} s), so that the limit would be judged too mildly; lower "
                                       f"gate.step_s to {window_s} s or less, or raise window_h to "
                                       f"{step_s / HOUR_S:g} or more")


class _Plates:
    """Bounds by nameplates."""

    def __init__(self, components: Mapping[str, Component]) -> None:
        self._plates = {name: component.nameplate() for name, component in components.items()}

    def bounds(self, signal: Signal, row: LimitRow) -> tuple[float, float] | None:
        """Low and high of a row for a signal; None where a nameplate is asked for something it does not state."""
        stated = (-math.inf, math.inf)
        if NAMEPLATE in (row.low, row.high):
            found = nameplate_bounds(self._plates.get(signal.owner), signal.output, row.of)
            if found is None:
                return None
            stated = found
        low = stated[0] if row.low == NAMEPLATE else -math.inf if row.low is None else float(row.low)
        high = stated[1] if row.high == NAMEPLATE else math.inf if row.high is None else float(row.high)
        return low, high

    def told(self, owner: str) -> str:
        """What the nameplate of an owner does state, for messages."""
        known = known_quantities(self._plates.get(owner))
        return f"it states bounds of {', '.join(known)}" if known else "it states no bounds"


def _resolved(name: str, row: LimitRow, signals: list[Signal], plates: _Plates) -> Iterator[Limit]:
    found = matching(row.signal, signals)
    if not found:
        _complain_unless_elsewhere(row.signal, signals)
        return
    groups: dict[tuple[str, str, bool, float, float], list[tuple[Signal, str | None]]] = {}
    for signal, texts in found:
        bounds = plates.bounds(signal, row)
        if bounds is None and WILDCARD not in row.signal:
            side = "low" if row.low == NAMEPLATE else "high"
            raise _RowError((side,), f"the nameplate of {signal.owner!r} says nothing of {signal.output} "
                                     f"({row.of.value}); {plates.told(signal.owner)}; write a number")
        if bounds is None:
            continue
        _refuse_what_never_binds(row, signal, bounds)
        minus = None if row.minus is None else _second(row.minus, texts, signal, signals)
        # Units of one owner may differ under a pattern; what is joined here shares its unit.
        key = (signal.owner, signal.unit, signal.is_setpoint, *bounds)
        groups.setdefault(key, []).append((signal, minus))
    if not groups:
        raise _RowError(("signal",), f"no nameplate states what {row.signal!r} ({row.of.value}) may be; write a number "
                                     "for low or high")
    for (owner, unit, is_setpoint, low, high), members in groups.items():
        yield Limit(name, row, owner, tuple(signal.key for signal, _ in members),
                    tuple(minus for _, minus in members if minus is not None), is_setpoint, low, high,
                    unit_of_quantity(row.of, unit))


def _refuse_what_never_binds(row: LimitRow, signal: Signal, bounds: tuple[float, float]) -> None:
    """A bound that nothing can reach, or that nothing can keep, is a mistake: most likely 95 where 0.95 was meant."""
    is_share = row.of is Quantity.ABOVE_SHARE
    if is_share or (_is_part(signal) and row.of in (Quantity.VALUE, Quantity.ABS)):
        lowest = -1.0 if row.minus is not None and row.of is Quantity.VALUE else 0.0
        what = "a part of the time" if is_share else f"{signal.output}, a part of a whole,"
        for side in ("low", "high", "alarm_low", "alarm_high"):
            given = getattr(row, side)
            if isinstance(given, float) and not lowest <= given <= 1.0:
                hint = f"; {given / 100:g} if {given:g} % is meant" if 1.0 < given <= 100.0 else ""
                raise _RowError((side,), f"{given:g} is outside {lowest:g} to 1, where {what} is always{hint}")
    nothing = not any(map(math.isfinite, bounds)) and row.alarm_low is None and row.alarm_high is None
    if nothing and WILDCARD not in row.signal:
        raise _RowError(("low" if row.low == NAMEPLATE else "high",),
                        f"the nameplate of {signal.owner!r} leaves {signal.output} ({row.of.value}) without limit, so "
                        "that this would hold nothing; state the limit there, or write a number")


def _is_part(signal: Signal) -> bool:
    return signal.output in PARTS or signal.output.endswith(PART_SUFFIX)


def _second(pattern: str, texts: tuple[str, ...], signal: Signal, signals: list[Signal]) -> str:
    key = filled(pattern, texts)
    if not any(s.key == key for s in signals):
        raise _RowError(("minus",), f"there is no signal {key!r} to subtract from {signal.key!r}; "
                                    f"{did_you_mean(key, [s.key for s in signals])}")
    return key


def _complain_unless_elsewhere(pattern: str, signals: list[Signal]) -> None:
    """A pattern without a match is right if another site has such a signal."""
    if WILDCARD in pattern:
        output = pattern.partition("[")[0].rpartition(".")[2]
        if WILDCARD in output or output in _known_ports():
            return
        raise _RowError(("signal",), f"{pattern!r} matches no signal, and no component type has an output or input "
                                     f"{output!r}; {did_you_mean(output, sorted({s.output for s in signals}))}")
    owner = pattern.partition(".")[0]
    owners = sorted({s.owner for s in signals})
    if owner not in owners:
        raise _RowError(("signal",), f"there is no {owner!r} in this scenario; {did_you_mean(owner, owners)} "
                                     "(null removes a limit)")
    raise _RowError(("signal",), f"there is no signal {pattern!r}; {did_you_mean(pattern, _near(pattern, signals))}")


def _near(pattern: str, signals: list[Signal]) -> list[str]:
    """Signals of the same owner; of the same output if there is one."""
    owner, _, rest = pattern.partition(".")
    own = [s for s in signals if s.owner == owner]
    output = rest.partition("[")[0]
    return [s.key for s in own if s.output == output] or [s.key for s in own]


def _known_ports() -> set[str]:
    known: set[str] = set()
    for name in registry.component_types():
        try:
            cls = registry.component_class(name)
        except ComponentError:
            continue
        known.update(ports_of(cls.Outputs))
        if cls.section is not Section.CONTROLLERS:
            known.update(ports_of(cls.Inputs))
    return known
