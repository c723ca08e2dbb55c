"""One exception root, so that a user never sees a traceback for a mistake in a file; with exit codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the ``twin`` command (docs/architecture.md)."""

    OK = 0
    USAGE = 2
    NO_VALID_SCHEDULE = 3
    VIOLATIONS = 4
    DEVICE = 5
    """A component, an external simulator or the disk."""
    STORE_DAMAGED = 6
    INTERRUPTED = 130


class ParkTwinError(Exception):
    """Root of all errors meant for the user: the message names place, value, limit and remedy."""

    exit_code: ExitCode = ExitCode.USAGE


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a scenario: where it stands and what to do about it."""

    path: tuple[str | int, ...]
    """Keys from the root of the scenario to the value, e.g. ``("assets", "bess", "power_mw")``."""
    message: str
    file: str | None = None
    line: int | None = None
    """1-based."""
    column: int | None = None
    """1-based."""
    excerpt: str | None = None

    def __str__(self) -> str:
        where = f"{self.file or 'scenario'}:{self.line or 1}:{self.column or 1}"
        key = ".".join(str(part) for part in self.path)
        text = f"{where}: {key + ': ' if key else ''}{self.message}"
        if self.excerpt is not None:
            caret = " " * max((self.column or 1) - 1, 0) + "^"
            text += f"\n    {self.line or 1:>4} | {self.excerpt}\n         | {caret}"
        return text


class ScenarioError(ParkTwinError):
    """All problems of a scenario file at once (20 at most)."""

    def __init__(self, problems: list[Problem] | str) -> None:
        self.problems = [Problem((), problems)] if isinstance(problems, str) else problems
        super().__init__(problems if isinstance(problems, str) else "\n".join(str(p) for p in problems))


class ComponentError(ParkTwinError):
    """A component cannot be built or stepped; the message names it and the time."""


class StepError(ComponentError):
    """A component failed while it was stepped; the message names it and the time."""

    exit_code = ExitCode.DEVICE


class RunStoreError(ParkTwinError):
    """The run directory is damaged."""

    exit_code = ExitCode.STORE_DAMAGED


class WrongRunError(RunStoreError):
    """The call names a directory that does not serve: no run, one that exists, is being written, or of another version.

    Nothing is damaged.
    """

    exit_code = ExitCode.USAGE


class StoreWriteError(RunStoreError):
    """Results could not be written, for example on a full disk; what was written is sound."""

    exit_code = ExitCode.DEVICE


class ExternalSimulatorError(ParkTwinError):
    """An external simulator failed to start, answered wrongly or went away."""

    exit_code = ExitCode.DEVICE
