"""What is allowed now: the release that holds, leases of persons, and otherwise the safe values.

One book a run. The gate publishes here what it has signed and the ledger holds; the dispatcher, the real-time layer and
the devices ask here before they obey a number. A release is verified before it is put in, and again whenever another
device process would read it from the ledger; what is not in the book is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from twin.gate.release.release import ReleasedSchedule, Verifier
from twin.gate.release.setpoint import Refusal

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
        self.current: ReleasedSchedule | None = None
        self.leases: dict[str, LeasedBand] = {}

    def publish(self, released: ReleasedSchedule, now_s: int) -> None:
        """Let a release hold from now on, in the place of the one before.

        Raises
        ------
        ReleaseRefused
            If it is not genuine, not of this site, not in the ledger, or void.
        """
        self._verifier.check(released, now_s, self._site)
        self.current = released

    def withdraw(self) -> None:
        """Nothing is released any more: only the safe values are left."""
        self.current = None

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
        release = self.current
        if release is None:
            return Refusal.UNSIGNED
        if t_s >= release.expires_s:
            return Refusal.EXPIRED
        if t_s < _begin_s(release):
            return Refusal.NOT_YET
        band = release.bands.get(key)
        if band is None:
            return Refusal.OTHER_PORT
        low, high = band.at(release.schedule.horizon.index(t_s))
        return None if _within(value, low, high) else Refusal.OUTSIDE_BAND

    def band(self, key: str, t_s: int) -> tuple[float, float]:
        """Lowest and highest value allowed now; the safe value alone where nothing is released."""
        lease = self.leases.get(key)
        if lease is not None and t_s < lease.until_s:
            return lease.low, lease.high
        safe = self.safe.get(key, 0.0)
        release = self.current
        if release is None or key not in release.bands or not _begin_s(release) <= t_s < release.expires_s:
            return safe, safe
        return release.bands[key].at(release.schedule.horizon.index(t_s))


def _begin_s(release: ReleasedSchedule) -> int:
    """From when on a release holds; a clock that was set back stands before it."""
    return max(release.issued_s, release.schedule.horizon.start_s)


def _within(value: float, low: float, high: float) -> bool:
    room = ROUNDING * max(abs(value), 1.0) if math.isfinite(value) else 0.0
    return low - room <= value <= high + room
