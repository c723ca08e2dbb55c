"""What is allowed now: the release that holds, leases of persons, and otherwise the safe values.

One book a run. The gate publishes here what it has signed and the ledger holds; the dispatcher, the real-time layer and
the devices ask here before they obey a number. A release is verified when it is put in; what was verified is kept apart
from the object, so that nothing that happens to that one later changes what is allowed. What is not in the book is
refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from twin.gate.release.bands import Band, Bands
from twin.gate.release.refusal import Refusal
from twin.gate.release.release import ReleasedSchedule, Verifier
from twin.schedule import Horizon

ROUNDING = 1e-9
"""A set-point that went through sums and differences may differ in its last digits."""


@dataclass(frozen=True, slots=True)
class LeasedBand:
    """A person holds one set-point until a time; real-time corrections may not leave the band."""

    low: float
    high: float
    until_s: int


class ReleaseBook:
    """The releases that hold in a run.

    Parameters
    ----------
    verifier : checks what is published.
    site : name of the site.
    safe : key → its value in the safe state, always allowed.
    """

    def __init__(self, verifier: Verifier, site: str, safe: Mapping[str, float]) -> None:
        self._verifier, self._site = verifier, site
        self.safe = dict(safe)
        self._current: ReleasedSchedule | None = None
        self._allowed: _Allowed | None = None
        self.leases: dict[str, LeasedBand] = {}

    @property
    def current(self) -> ReleasedSchedule | None:
        """The release that holds; only :meth:`publish` changes it, after the check."""
        return self._current

    def publish(self, released: ReleasedSchedule, now_s: int) -> None:
        """Let a release hold from now on, in the place of the one before.

        Raises
        ------
        ReleaseRefused
            If it is not genuine, not of this site, not in the ledger, or void.
        """
        self._verifier.check(released, now_s, self._site)
        self._current, self._allowed = released, _Allowed.of(released)

    def withdraw(self) -> None:
        """Nothing is released any more: only the safe values are left."""
        self._current = self._allowed = None

    def refusal(self, key: str, value: float, t_s: int) -> Refusal | None:
        """Why a value may not be applied to a port at an instant; None where it may.

        Ports that no schedule of the site sets are not ruled by releases.
        """
        safe = self.safe.get(key)
        if safe is None or value == safe or (math.isnan(safe) and math.isnan(value)):
            return None
        lease = self.leases.get(key)
        if lease is not None and t_s < lease.until_s:
            return None if _within(value, lease.low, lease.high) else Refusal.OUTSIDE_BAND
        allowed = self._allowed
        if allowed is None:
            return Refusal.UNSIGNED
        if t_s >= allowed.expires_s:
            return Refusal.EXPIRED
        if t_s < allowed.begin_s:
            return Refusal.NOT_YET
        band = allowed.bands.get(key)
        if band is None:
            return Refusal.OTHER_PORT
        low, high = band.at(allowed.horizon.index(t_s))
        return None if _within(value, low, high) else Refusal.OUTSIDE_BAND

    def band(self, key: str, t_s: int) -> tuple[float, float]:
        """Lowest and highest value allowed now; the safe value alone where nothing is released."""
        lease = self.leases.get(key)
        if lease is not None and t_s < lease.until_s:
            return lease.low, lease.high
        safe = self.safe.get(key, 0.0)
        allowed = self._allowed
        if allowed is None or key not in allowed.bands or not allowed.begin_s <= t_s < allowed.expires_s:
            return safe, safe
        return allowed.bands[key].at(allowed.horizon.index(t_s))


class _Allowed(NamedTuple):
    """What a release allowed when it was checked; copies, whose arrays are read only."""

    bands: Bands
    horizon: Horizon
    begin_s: int
    """From when on it holds; a clock that was set back stands before it."""
    expires_s: int

    @classmethod
    def of(cls, release: ReleasedSchedule) -> _Allowed:
        bands = MappingProxyType({key: Band(band.low, band.high) for key, band in release.bands.items()})
        horizon = release.schedule.horizon
        return cls(bands, Horizon(horizon.start_s, horizon.step_s, horizon.steps),
                   max(release.issued_s, horizon.start_s), release.expires_s)


def _within(value: float, low: float, high: float) -> bool:
    room = ROUNDING * max(abs(value), 1.0) if math.isfinite(value) else 0.0
    return low - room <= value <= high + room
