"""The inner life of a storage in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.accounts.storage_health import StorageHealth
from twin.report.storage_tables import law_head, law_rows, loss_rows, storage_facts

if TYPE_CHECKING:
    from rich.console import RenderableType

NARROW = 11
"""Characters that stay on one line of a column."""


def storage_block(storage: StorageHealth, currency: str) -> RenderableType:
    """Laws of ageing, then losses by cause in one line, then the other figures."""
    from rich import box
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    parts: list[RenderableType] = []
    title = Text(f"Storage {storage.name}", style="bold")
    if storage.laws:
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False,
                      padding=(0, 1, 0, 0))
        for i, head in enumerate(law_head(storage, currency)):
            table.add_column(_narrow(head), justify="right" if i else "left", overflow="fold")
        for law, *figures in law_rows(storage):
            table.add_row(Text(_narrow(law)), *(Text(figure) for figure in figures))
        parts.append(table)
    else:
        parts.append(title)
    grid = Table.grid(padding=(0, 2))
    facts = storage_facts(storage, currency)
    if storage.losses_mwh:
        *causes, _ = loss_rows(storage)
        facts.append(("Losses", "; ".join(f"{cause} {mwh} MWh ({part})" for cause, mwh, part in causes)))
    for label, value in facts:
        grid.add_row(Text(label, style="dim"), Text(value))
    return Group(*parts, Padding(grid, (0, 0, 1, 1)))


def _narrow(text: str) -> str:
    """Two lines instead of one: the table fits on a terminal of 80 columns."""
    before, _, last = text.rpartition(" ")
    return f"{before}\n{last}" if before and len(text) > NARROW else text
