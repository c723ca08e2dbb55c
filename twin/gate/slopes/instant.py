"""Slopes of what answers within the step: electrical networks and assets, chained along the edges between them; and of
what a storage holds, which is the sum of all its set-points before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from twin.cosim.edges import Edge, End
from twin.cosim.wiring import wire
from twin.gate.shadow.replayed import Replayed
from twin.gate.shadow.shadow import Shadow
from twin.gate.slopes.points import LocatedPoint, Term
from twin.gate.slopes.probing import Slopes, probed
from twin.nameplate import StorageNameplate

HOUR_S = 3600.0
SETPOINT = "p_set_mw"
CONTENTS = ("soc", "energy_mwh")


class InstantSlopes:
    """How set-points act on points without delay, around one replay.

    Parameters
    ----------
    points : of which the slopes will be asked; if one needs it, the replay is made once more with probes.
    """

    def __init__(self, shadow: Shadow, replayed: Replayed, points: Sequence[LocatedPoint]) -> None:
        self._replayed = replayed
        self._plates = {name: c.nameplate() for name, c in shadow.plant.items()}
        self._ends = {key: shadow.commands[key].end for key in replayed.setpoints if key in shadow.commands}
        self._edges = [e for e in wire(shadow.site)
                       if not e.delayed and {e.source.owner, e.target.owner} <= shadow.plant.keys()]
        terms = [term for located in points for term in located.terms if self._is_probed(term)]
        self._slopes = self._probe(shadow, terms) if terms else Slopes()

    def row(self, terms: Iterable[Term]) -> Iterator[tuple[str, int, float]]:
        """(key, step, slope) of a point that is the sum of these terms; a column may come more than once."""
        for term in terms:
            if term.signal in self._ends:
                yield term.signal, self._replayed.step_at(term.t_s), term.factor
            elif self._storage_of(term.signal) is not None:
                yield from self._content(term)
            elif self._is_probed(term):
                yield from self._chained(term)

    def base(self, key: str, step: int) -> float:
        """Value of a set-point at which the slopes hold; of "no limit" what was delivered."""
        value = float(self._replayed.setpoints[key][step])
        if math.isfinite(value):
            return value
        end = self._ends[key]
        t_s = self._replayed.begin_of(end.owner, self._replayed.horizon.start_s
                                      + step * self._replayed.horizon.step_s)
        return self._slopes.base.get((t_s, end), value)

    def _is_probed(self, term: Term) -> bool:
        return term.signal not in self._ends and self._storage_of(term.signal) is None \
            and term.signal.partition(".")[0] in self._plates

    def _storage_of(self, signal: str) -> StorageNameplate | None:
        owner, _, output = signal.partition(".")
        plate = self._plates.get(owner)
        return plate if isinstance(plate, StorageNameplate) and output in CONTENTS else None

    def _content(self, term: Term) -> Iterator[tuple[str, int, float]]:
        """Each set-point up to now takes from the content, or gives to it, what its efficiency leaves."""
        owner, _, output = term.signal.partition(".")
        plate, key = self._storage_of(term.signal), f"{owner}.{SETPOINT}"
        if plate is None or key not in self._ends:
            return
        horizon, trajectories = self._replayed.horizon, self._replayed.trajectories
        power, step_s = trajectories.series(f"{owner}.p_mw"), trajectories.steps_s[owner]
        per_mwh = term.factor / (plate.energy_mwh if output == "soc" else 1.0)
        for interval in range((term.t_s - trajectories.start_s) // step_s + 1):
            t_s = trajectories.start_s + interval * step_s
            if t_s >= horizon.end_s:
                return
            charging = power[interval] < 0.0
            mwh_per_mw = (plate.charge_efficiency if charging else 1.0 / plate.discharge_efficiency) * step_s / HOUR_S
            yield key, self._replayed.step_at(t_s), -per_mwh * mwh_per_mw

    def _chained(self, term: Term) -> Iterator[tuple[str, int, float]]:
        owner = term.signal.partition(".")[0]
        t_s = self._replayed.begin_of(owner, term.t_s)
        for key, end in self._ends.items():
            slope = self._slopes.of(t_s, end, term.signal) if end.owner == owner else 0.0
            before_s = self._replayed.begin_of(end.owner, t_s)
            for edge in self._between(end.owner, owner):
                slope += (self._slopes.of(before_s, end, f"{end.owner}.{edge.source.port}")
                          * self._slopes.of(t_s, edge.target, term.signal))
            if slope:
                yield key, self._replayed.step_at(t_s), term.factor * slope

    def _between(self, source: str, target: str) -> list[Edge]:
        return [e for e in self._edges if e.source.owner == source and e.target.owner == target
                and e.source.terminal is None]

    def _probe(self, shadow: Shadow, terms: Sequence[Term]) -> Slopes:
        """The replay again, with probes where a term needs them."""
        signals: dict[str, set[str]] = {}
        inputs: dict[str, set[End]] = {}
        times_s: set[int] = set()
        for term in terms:
            owner = term.signal.partition(".")[0]
            signals.setdefault(owner, set()).add(term.signal)
            times_s.add(self._replayed.begin_of(owner, term.t_s))
        for end in self._ends.values():
            if end.owner in signals:
                inputs.setdefault(end.owner, set()).add(end)
        for owner in list(signals):
            for end in self._ends.values():
                for edge in self._between(end.owner, owner):
                    inputs.setdefault(end.owner, set()).add(end)
                    inputs.setdefault(owner, set()).add(edge.target)
                    signals.setdefault(end.owner, set()).add(f"{end.owner}.{edge.source.port}")
        times_s |= {self._replayed.begin_of(owner, t_s) for owner in inputs for t_s in times_s}
        replayed = self._replayed
        until_s = min(max(times_s) + max(replayed.trajectories.steps_s.values()), replayed.trajectories.until_s)
        ordered = {owner: sorted(ends, key=str) for owner, ends in inputs.items()}
        with probed(shadow.plant, ordered, {owner: sorted(found) for owner, found in signals.items()},
                    frozenset(times_s)) as slopes:
            shadow.replay(replayed.start, replayed.horizon, replayed.setpoints, replayed.expectation, until_s)
        return slopes
