"""Snapshots: the state of every component and the outputs on the delayed edges at one instant between two steps.

Without the outputs a continued run differs from an unbroken one: a delayed edge still carries the value of the step
before. Written atomically, so that the file on disk is always a whole one.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import twin
from twin.codec import decode, encode
from twin.component import Component
from twin.errors import RunStoreError, WrongRunError
from twin.store.layout import FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Encoded states and last outputs of all components before the step at ``t_s``."""

    t_s: int
    states: dict[str, Any]
    outputs: dict[str, Any]

    @classmethod
    def of(cls, t_s: int, components: Mapping[str, Component], last_outputs: Mapping[str, Any]) -> Snapshot:
        """Take a snapshot now."""
        return cls(t_s, {n: encode(c.state) for n, c in components.items()},
                   {n: encode(last_outputs.get(n)) for n in components})

    def restore(self, components: Mapping[str, Component]) -> dict[str, Any]:
        """Put the states back into freshly built components; returns their last outputs.

        Raises
        ------
        RunStoreError
            If the snapshot is of other components or of another version.
        """
        if self.states.keys() != components.keys():
            differing = ", ".join(sorted(self.states.keys() ^ components.keys()))
            raise WrongRunError(f"the snapshot is of another site: components differ ({differing})")
        outputs: dict[str, Any] = {}
        for name, component in components.items():
            component.restore(decode(self.states[name], component.state))
            blank = component.Outputs(*[None] * len(dataclasses.fields(component.Outputs)))
            data = self.outputs[name]
            outputs[name] = None if data is None else decode(data, blank)
        return outputs

    def write(self, path: Path) -> None:
        """Durable and atomic: a crash leaves the old file or the new one."""
        data = {"format": FORMAT_VERSION, "code": twin.__version__, "t_s": self.t_s,
                "states": self.states, "outputs": self.outputs}
        write_atomically(path, json.dumps(data, separators=(",", ":")))

    @classmethod
    def read(cls, path: Path) -> Snapshot:
        """Read what :meth:`write` wrote.

        Raises
        ------
        WrongRunError
            If the file is missing or of another version.
        RunStoreError
            If it is damaged.
        """
        try:
            data = json.loads(path.read_text())
        except FileNotFoundError:
            raise WrongRunError(f"{path}: no snapshot was written yet; start the run anew") from None
        except (OSError, ValueError) as error:
            raise RunStoreError(f"{path}: damaged snapshot ({error}); start the run anew") from None
        if not isinstance(data, dict) or "format" not in data:
            raise RunStoreError(f"{path}: damaged snapshot (it does not say its version); start the run anew")
        if data["format"] != FORMAT_VERSION:
            raise WrongRunError(f"{path}: snapshot of another format version; start the run anew")
        try:
            return cls(data["t_s"], data["states"], data["outputs"])
        except KeyError as error:
            raise RunStoreError(f"{path}: damaged snapshot ({error} is missing); start the run anew") from None


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that after any crash it is either the old or the new one."""
    temporary = path.with_suffix(path.suffix + ".part")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise


class SnapshotCollector:
    """Takes a consistent snapshot while a run goes on.

    Stages run ahead of each other by up to a step, so that at no instant all components stand at the same time. Each
    one is therefore copied right before its own step at ``t_s``; together the copies are a consistent cut. Stages that
    nothing joins may run far ahead: an open snapshot waits for the last of them before the next one is begun.
    """

    def __init__(self, names: list[str], align_s: int, wanted: Callable[[int], bool],
                 save: Callable[[Snapshot], None]) -> None:
        self.names = names
        self.align_s = align_s
        self.wanted = wanted
        self.save = save
        self._decided_s = -1
        self._open: Snapshot | None = None

    def before_step(self, t_s: int, component: Component, last_outputs: Any) -> None:
        """Called before each step of each component."""
        if t_s % self.align_s:
            return
        if t_s > self._decided_s and self._open is None:
            self._decided_s = t_s
            self._open = Snapshot(t_s, {}, {}) if self.wanted(t_s) else None
        if self._open is None or self._open.t_s != t_s:
            return
        self._open.states[component.name] = encode(component.state)
        self._open.outputs[component.name] = encode(last_outputs)
        if len(self._open.states) == len(self.names):
            self.save(Snapshot(t_s, {n: self._open.states[n] for n in self.names},
                               {n: self._open.outputs[n] for n in self.names}))
            self._open = None
