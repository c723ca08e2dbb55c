"""Released schedules: a schedule, what it was proved with, where it holds, and the gate's signature over all of it.

``Signer`` makes them and is held by the gate alone; ``Verifier`` is what the book of releases holds, which dispatcher
and devices ask. The constructor asks for a token of this module, which stops mistakes. What stops everything else is
the Ed25519 signature: it covers each number, and is checked over the contents before a release is put into the book
(``twin.gate.release.book``). Times in seconds from the scenario's start.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import InitVar, dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from twin.errors import ParkTwinError
from twin.gate.release.bands import Band, Bands, bands_of_plain, plain_bands
from twin.gate.release.keys import PublicKey, SigningKey
from twin.gate.release.refusal import Refusal, ReleaseRefused
from twin.schedule import Schedule, ScheduleError, canonical_json, content_sha256

PURPOSE = "parktwin.release.1"
"""Part of what is signed; raised whenever the signed bytes change."""
ID_DIGITS = 16
"""Hexadecimal digits of a release's name: 64 bits, a clash within a million releases is one in 10 million."""

_BY_THE_GATE = object()


@dataclass(frozen=True, eq=False)
class ReleasedSchedule:
    """What dispatcher and devices obey. Made by :meth:`Signer.release`, read by :meth:`from_plain`."""

    schedule: Schedule
    verdict_sha256: str
    snapshot_sha256: str
    """Of the state that the replay started from."""
    scenario_sha256: str
    forecast_sha256: str
    """Of the expectations that it was proved with."""
    code_version: str
    site: str
    issued_s: int
    expires_s: int
    """From here on it is void."""
    bands: Bands
    """Key of a set-point → in which band it may be corrected."""
    state_band: Bands
    """``asset.output`` → in which band the measured state must stay for the proof to hold; the gate decides anew when
    it is left."""
    key_id: str
    release_id: str
    """Follows from the contents."""
    signature: str
    made_by: InitVar[object] = None

    def __post_init__(self, made_by: object) -> None:
        """Only this module makes one."""
        if made_by is not _BY_THE_GATE:
            raise ReleaseRefused(Refusal.UNSIGNED, "a released schedule is made by the gate alone (Signer.release)")
        object.__setattr__(self, "bands", MappingProxyType(dict(sorted(self.bands.items()))))
        object.__setattr__(self, "state_band", MappingProxyType(dict(sorted(self.state_band.items()))))

    def as_plain(self) -> dict[str, Any]:
        """JSON-ready data; floats survive exactly."""
        scalars = {name: getattr(self, name) for name in _SCALARS}
        return {**scalars, "schedule": self.schedule.as_plain(), "bands": plain_bands(self.bands),
                "state_band": plain_bands(self.state_band)}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> ReleasedSchedule:
        """What :meth:`as_plain` gave; nothing is checked but the form, that is the :class:`Verifier`'s task.

        Raises
        ------
        ReleaseRefused
            If the data are no release.
        """
        try:
            scalars = {name: kind(data[name]) for name, kind in _SCALARS.items()}
            return cls(schedule=Schedule.from_plain(data["schedule"]), bands=bands_of_plain(data["bands"]),
                       state_band=bands_of_plain(data["state_band"]), made_by=_BY_THE_GATE, **scalars)
        except (KeyError, TypeError, ValueError, AttributeError, ScheduleError) as error:
            raise ReleaseRefused(Refusal.ALTERED, f"no release of this version: {type(error).__name__}: {error}"
                                 ) from None

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and pickles go through plain data; the signature alone says whether they are genuine."""
        return ReleasedSchedule.from_plain, (self.as_plain(),)


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "verdict_sha256": str, "snapshot_sha256": str, "scenario_sha256": str, "forecast_sha256": str, "code_version": str,
    "site": str, "issued_s": int, "expires_s": int, "key_id": str, "release_id": str, "signature": str,
}
_NAMED_BY_CONTENT = ("key_id", "release_id", "signature")
"""What is no part of the contents that give a release its name: another key signs the same release."""


class Signer:
    """Makes releases; whoever holds one is the gate."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def release(
        self, schedule: Schedule, *, verdict_sha256: str, snapshot_sha256: str, scenario_sha256: str,
        forecast_sha256: str, code_version: str, issued_s: int, expires_s: int, bands: Bands, state_band: Bands,
    ) -> ReleasedSchedule:
        """Sign a schedule that the gate accepted. It may be announced once the ledger holds it.

        A set-point without a band may not be corrected: its band is its value.

        Raises
        ------
        ScheduleError
            If the schedule is of another scenario, times or bands do not fit it, or a set-point leaves its band.
        """
        if schedule.scenario_sha256 != scenario_sha256:
            raise ScheduleError(f"the schedule is of the scenario {schedule.scenario_sha256[:12]}…, not of "
                                f"{scenario_sha256[:12]}…; make one for this scenario")
        if not issued_s < expires_s <= schedule.horizon.end_s:
            raise ScheduleError(f"issued at {issued_s} s, void from {expires_s} s, schedule until "
                                f"{schedule.horizon.end_s} s; they must stand in this order")
        whole = _whole_bands(schedule, bands, state_band)
        unsigned = ReleasedSchedule(
            schedule, verdict_sha256, snapshot_sha256, scenario_sha256, forecast_sha256, code_version, self._key.site,
            issued_s, expires_s, whole, state_band, self._key.key_id, "", "", made_by=_BY_THE_GATE)
        contents = _contents(unsigned)
        return dataclasses.replace(unsigned, release_id=_name_of(contents), made_by=_BY_THE_GATE,
                                   signature=self._key.sign(PURPOSE, _signed_bytes(contents, self._key.key_id)))


class Verifier:
    """Checks releases before they hold.

    Parameters
    ----------
    keys : the public keys that are trusted.
    in_ledger : whether the ledger holds this release, durably.
    """

    def __init__(self, keys: Iterable[PublicKey], in_ledger: Callable[[ReleasedSchedule], bool]) -> None:
        self._keys = {(key.site, key.key_id): key for key in keys}
        self._in_ledger = in_ledger

    def check(self, released: object, now_s: int, site: str) -> None:
        """Pass if the release is to be obeyed now at this site.

        Raises
        ------
        ReleaseRefused
            With the reason, else.
        """
        if not isinstance(released, ReleasedSchedule) or not released.signature:
            raise ReleaseRefused(Refusal.UNSIGNED, f"a {type(released).__name__} without signature; only what the gate "
                                                   "released is obeyed")
        name = f"release {released.release_id}"
        if released.site != site:
            raise ReleaseRefused(Refusal.OTHER_SITE, f"{name} is for the site {released.site!r}, this is {site!r}")
        key = self._keys.get((site, released.key_id))
        if key is None:
            raise ReleaseRefused(Refusal.OTHER_KEY, f"{name} is signed by the key {released.key_id[:12]}…, which the "
                                                    f"site {site!r} does not trust")
        if not _is_genuine(released, key):
            raise ReleaseRefused(Refusal.ALTERED, f"{name} is not what was signed; ask the gate for another")
        begins_s = max(released.issued_s, released.schedule.horizon.start_s)
        if now_s < begins_s:
            raise ReleaseRefused(Refusal.NOT_YET, f"{name} holds from {begins_s} s, it is {now_s} s; check the clock")
        if now_s >= released.expires_s:
            raise ReleaseRefused(Refusal.EXPIRED, f"{name} is void since {released.expires_s} s, it is {now_s} s")
        try:
            in_ledger = self._in_ledger(released)
        except ParkTwinError as error:
            raise ReleaseRefused(Refusal.NOT_IN_LEDGER, f"{name} cannot be looked up in the ledger: {error}") from None
        if not in_ledger:
            raise ReleaseRefused(Refusal.NOT_IN_LEDGER, f"{name} is not in the ledger; it was never announced")


def _whole_bands(schedule: Schedule, bands: Bands, state_band: Bands) -> Bands:
    """A band for each set-point; refuses bands that do not fit the schedule."""
    unknown = sorted(bands.keys() - schedule.setpoints.keys())
    if unknown:
        raise ScheduleError(f"bands for {', '.join(unknown)}, which the schedule does not set")
    whole = {key: bands.get(key) or Band(values, values) for key, values in schedule.setpoints.items()}
    steps = schedule.horizon.steps
    for key, band in [*whole.items(), *state_band.items()]:
        if band.low.shape != (steps,):
            raise ScheduleError(f"the band of {key} has shape {band.low.shape}, the schedule {steps} steps")
    for key, values in schedule.setpoints.items():
        outside = np.flatnonzero((values < whole[key].low) | (values > whole[key].high))
        if len(outside):
            step = int(outside[0])
            raise ScheduleError(f"{key} is {values[step]} in step {step}, outside its own band {whole[key].at(step)}")
    return whole


def _contents(released: ReleasedSchedule) -> bytes:
    """What a release says, as bytes that differ whenever it differs."""
    header = {name: getattr(released, name) for name in _SCALARS if name not in _NAMED_BY_CONTENT}
    groups = [released.bands, released.state_band]
    lengths = [[[key, len(group[key].low), len(group[key].high)] for key in sorted(group)] for group in groups]
    header |= {"schedule_sha256": content_sha256(released.schedule), "bands": lengths}
    digest = hashlib.sha256(canonical_json(header))
    for group in groups:
        for key in sorted(group):
            digest.update(np.asarray(group[key].low, dtype="<f8").tobytes())
            digest.update(np.asarray(group[key].high, dtype="<f8").tobytes())
    return digest.digest()


def _is_genuine(released: ReleasedSchedule, key: PublicKey) -> bool:
    try:
        contents = _contents(released)
    except (TypeError, ValueError, KeyError, AttributeError):  # contents of a kind that was never signed
        return False
    signed = key.signed(PURPOSE, _signed_bytes(contents, key.key_id), released.signature)
    return signed and released.release_id == _name_of(contents)


def _name_of(contents: bytes) -> str:
    return contents.hex()[:ID_DIGITS]


def _signed_bytes(contents: bytes, key_id: str) -> bytes:
    return contents + key_id.encode()
