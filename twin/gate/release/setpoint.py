"""A number that proves that it comes from a checked release: what dispatcher and devices hand to each other.

The dispatcher checks the signature of a release once and hands out set-points with a proof, a keyed BLAKE2b hash
(RFC 7693) under a key that lives in this process. A device checks the proof in a few microseconds. Arithmetic on a
set-point gives a plain float, so that whatever was altered on the way has lost its proof.

This guards against wrong wiring and forgotten checks. It is no defence against code that runs in the same process and
looks for the session key.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from enum import StrEnum
from typing import NoReturn

from twin.errors import ExitCode, ParkTwinError

SESSION_KEY_BYTES = 32
PROOF_BYTES = 16
_NUMBERS = struct.Struct("<dqqddH")
"""Value, from, until, low, high, length of the key (so that key and release cannot run into each other)."""


class Refusal(StrEnum):
    """Why a release, or a set-point of one, is not obeyed."""

    UNSIGNED = "unsigned"
    ALTERED = "altered"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    OTHER_SITE = "other_site"
    OTHER_KEY = "other_key"
    """Signed by a key that is not trusted."""
    NOT_IN_LEDGER = "not_in_ledger"
    STATE_OUTSIDE_BAND = "state_outside_band"
    OTHER_PORT = "other_port"
    """A set-point of another asset or port."""
    OUTSIDE_BAND = "outside_band"
    """A correction that leaves the released band."""


class ReleaseRefused(ParkTwinError):
    """Nothing is applied; the reason says why."""

    exit_code = ExitCode.NO_VALID_SCHEDULE

    def __init__(self, reason: Refusal, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class ReleasedSetpoint(float):
    """A released number for one port of one asset on [from_s, until_s), and the band in which it may be corrected."""

    __slots__ = ("from_s", "high", "key", "low", "proof", "release_id", "until_s")

    key: str
    """``asset.port``."""
    release_id: str
    from_s: int
    until_s: int
    low: float
    high: float
    proof: bytes


class SetpointCheck:
    """Proves and checks set-points of one process; lives with the verifier, is handed to devices."""

    def __init__(self) -> None:
        self._session_key = os.urandom(SESSION_KEY_BYTES)

    def prove(self, value: float, key: str, release_id: str, span_s: tuple[int, int],
              band: tuple[float, float]) -> ReleasedSetpoint:
        """A set-point with its proof; only for values of a release whose signature was checked."""
        setpoint = ReleasedSetpoint(value)
        setpoint.key, setpoint.release_id = key, release_id
        setpoint.from_s, setpoint.until_s = span_s
        setpoint.low, setpoint.high = band
        setpoint.proof = self._proof(setpoint)
        return setpoint

    def refusal(self, value: float, key: str, t_s: int) -> Refusal | None:
        """Why a device may not apply ``value`` to its port ``key`` at ``t_s``; ``None`` where it may."""
        if type(value) is not ReleasedSetpoint:
            return Refusal.UNSIGNED
        try:
            genuine = hmac.compare_digest(value.proof, self._proof(value))
        except (AttributeError, TypeError, struct.error):  # made by hand: a field is missing or of another kind
            return Refusal.UNSIGNED
        if not genuine:
            return Refusal.ALTERED
        if value.key != key:
            return Refusal.OTHER_PORT
        if t_s >= value.until_s:
            return Refusal.EXPIRED
        return Refusal.NOT_YET if t_s < value.from_s else None

    def accepts(self, value: float, key: str, t_s: int) -> bool:
        """Whether a device may apply ``value`` to its port ``key`` at ``t_s``."""
        return self.refusal(value, key, t_s) is None

    def corrected(self, setpoint: float, value: float, key: str, t_s: int) -> ReleasedSetpoint:
        """Another value for a released set-point, inside its band: what the real-time layer may do.

        Raises
        ------
        ReleaseRefused
            If the set-point is not to be obeyed itself, or the value leaves the band.
        """
        refused = self.refusal(setpoint, key, t_s)
        if refused is not None or not isinstance(setpoint, ReleasedSetpoint):
            reason = refused or Refusal.UNSIGNED
            raise ReleaseRefused(reason, f"{key} at {t_s} s: {float(setpoint)} is not to be corrected: {reason.value}")
        if not setpoint.low <= value <= setpoint.high:  # false for NaN too
            raise ReleaseRefused(Refusal.OUTSIDE_BAND, (
                f"{key} at {t_s} s: {float(value)} leaves the released band [{setpoint.low}, {setpoint.high}] of "
                f"{setpoint.release_id}; stay within, or ask for another release"))
        return self.prove(value, key, setpoint.release_id, (setpoint.from_s, setpoint.until_s),
                          (setpoint.low, setpoint.high))

    def _proof(self, setpoint: ReleasedSetpoint) -> bytes:
        key = setpoint.key.encode()
        message = _NUMBERS.pack(setpoint, setpoint.from_s, setpoint.until_s, setpoint.low, setpoint.high, len(key))
        return hashlib.blake2b(message + key + setpoint.release_id.encode(), digest_size=PROOF_BYTES,
                               key=self._session_key).digest()

    def __reduce__(self) -> NoReturn:
        raise TypeError("the session key stays in its process")
