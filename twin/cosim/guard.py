"""Asks the book of releases before a command reaches an asset, for every port of it that the gate commands.

A device asks for itself (:mod:`twin.cosim.emulated`); the guard asks for the ports that no device does: those of assets
without one, and those beside a device's own. What is refused is replaced by the safe value and told once until the port
is obeyed again. A run without a gate has no book and so no guard, nor has a shadow twin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.component import Component, ports_of
from twin.cosim.emulated import Emulated, tell_refusal

if TYPE_CHECKING:
    from twin.cosim.view import RunView
    from twin.gate.release.book import ReleaseBook


class SetpointGuard:
    """Before one asset.

    Parameters
    ----------
    names : inputs to ask for.
    refused : keys that are refused at present, of the whole run; kept with its snapshots.
    """

    def __init__(self, component: Component, names: list[str], book: ReleaseBook, refused: list[str]) -> None:
        self._component, self._book, self._refused = component, book, refused
        self._ports = [(name, f"{component.name}.{name}") for name in names]

    def __call__(self, t_s: int, inputs: Any) -> None:
        """Put the safe value in the place of what nobody released."""
        book, refused = self._book, self._refused
        for name, key in self._ports:
            asked = float(getattr(inputs, name))
            refusal = book.refusal(key, asked, t_s)
            if refusal is None:
                if key in refused:
                    refused.remove(key)
                continue
            if key not in refused:
                refused.append(key)
                tell_refusal(self._component, t_s, key, asked, refusal, book.safe[key])
            setattr(inputs, name, book.safe[key])


def guard_of(component: Component, run: RunView | None) -> SetpointGuard | None:
    """The guard that a component needs; None: nothing that the gate commands reaches it unasked."""
    if run is None or run.book is None:
        return None
    asks_itself = component.own_ports if isinstance(component, Emulated) else frozenset()
    names = [name for name, port in ports_of(component.Inputs).items()
             if port.per is None and f"{component.name}.{name}" in run.book.safe and name not in asks_itself]
    return SetpointGuard(component, names, run.book, run.refused) if names else None
