"""Schedules that are known in advance for the case that nothing better can be proved.

Three, in this order unless the last renewal has shown otherwise: *previous* goes on with the release that held and
holds its last values; *steady* leaves generators, renewables and loads as they are now and lets storages rest; *rest*
is the safe value everywhere. They are renewed and tried in the nominal course every ``gate.fallback_refresh_s``, so
that it is known beforehand which would do; when one is needed it is tried again from the state of that moment, against
all expectations, like any other schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from twin.gate.decision import Tried
from twin.gate.release.release import ReleasedSchedule
from twin.schedule import Schedule

Blank: TypeAlias = Callable[[Mapping[str, np.ndarray], str], Schedule]
"""(set-points of one value each, or over the horizon; name) → a schedule over the present horizon."""
PREVIOUS, STEADY, REST = "previous", "steady", "rest"
STORAGE_PORT = "p_set_mw"


class FallbackLibrary:
    """The known schedules of a site.

    Parameters
    ----------
    safe : key → safe value.
    storages : names of the storages, which rest in *steady*.
    steps : of the horizon.
    renewed : what :meth:`refreshed` gave last.
    """

    def __init__(self, safe: Mapping[str, float], storages: Sequence[str], steps: int,
                 renewed: Sequence[Mapping[str, Any]] = ()) -> None:
        self._safe, self._steps = dict(safe), steps
        self._resting = {f"{name}.{STORAGE_PORT}" for name in storages}
        self._unsound = {str(entry["name"]) for entry in renewed if not entry["accepted"]}

    def schedules(self, current: ReleasedSchedule | None, t_s: int, blank: Blank) -> list[Schedule]:
        """All of them for now; those that were sound at the last renewal first."""
        names = [name for name in (PREVIOUS, STEADY, REST) if current is not None or name == REST]
        made = [self._made(name, current, t_s, blank) for name in names]
        return sorted(made, key=lambda schedule: schedule.origin.name in self._unsound)

    def refreshed(self, current: ReleasedSchedule | None, t_s: int, blank: Blank,
                  try_all: Callable[[Sequence[Schedule]], Sequence[Tried]]) -> list[dict[str, Any]]:
        """Try all of them now; JSON-ready."""
        return [{"name": one.schedule.origin.name, "accepted": one.verdict.accepted, "t_s": t_s}
                for one in try_all(self.schedules(current, t_s, blank))]

    def _made(self, name: str, current: ReleasedSchedule | None, t_s: int, blank: Blank) -> Schedule:
        if name == REST or current is None:
            return blank({key: np.full(self._steps, value) for key, value in self._safe.items()}, REST)
        plan = current.schedule
        last = plan.horizon.steps - 1
        if name == PREVIOUS:
            rows = np.clip((t_s + np.arange(self._steps) * plan.horizon.step_s - plan.horizon.start_s)
                           // plan.horizon.step_s, 0, last)
            return blank({key: values[rows] for key, values in plan.setpoints.items()}, PREVIOUS)
        now = min((t_s - plan.horizon.start_s) // plan.horizon.step_s, last)
        held = {key: self._safe.get(key, 0.0) if key in self._resting else float(values[now])
                for key, values in plan.setpoints.items()}
        return blank({key: np.full(self._steps, value) for key, value in held.items()}, STEADY)
