"""Why a release, or a set-point, is not obeyed."""

from __future__ import annotations

from enum import StrEnum

from twin.errors import ExitCode, ParkTwinError


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
    OTHER_PORT = "other_port"
    """A set-point of another asset or port."""
    OUTSIDE_BAND = "outside_band"
    """A value, or a correction of one, that leaves the released band."""


class ReleaseRefused(ParkTwinError):
    """Nothing is applied; the reason says why."""

    exit_code = ExitCode.NO_VALID_SCHEDULE

    def __init__(self, reason: Refusal, message: str) -> None:
        self.reason = reason
        super().__init__(message)
