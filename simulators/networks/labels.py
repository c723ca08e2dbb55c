"""Names under which buses, lines and transformers appear in a run: unique, and the network's own where it has some."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def own_label(kind: str, index: int, name: Any) -> str:
    """The name of an element as it stands in the network; ``kind_index`` where there is none."""
    own = str(name).strip() if isinstance(name, str | int) else ""
    return own or f"{kind}_{index}"


def unique_labels(kind: str, named: Iterable[tuple[int, Any]], taken: set[str]) -> tuple[str, ...]:
    """A label for each (index, name); ``kind_index`` where there is no name.

    Parameters
    ----------
    taken : labels given so far in the same network; grows.

    >>> unique_labels("bus", [(0, "PV"), (1, None), (2, "PV")], set())
    ('PV', 'bus_1', 'PV (bus_2)')
    """
    labels = []
    for index, name in named:
        label = own_label(kind, index, name)
        while label in taken:
            label = f"{label} ({kind}_{index})"
        taken.add(label)
        labels.append(label)
    return tuple(labels)
