"""Building blocks of the page: a figure under its heading, and a section."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

FIGURE_CONFIG = {
    "displaylogo": False,
    "displayModeBar": "hover",
    "responsive": True,
    # named one by one: the default set has a button that sends the data to a cloud
    "modeBarButtons": [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
}


def figure_html(figure: go.Figure | None, name: str, title: str = "", note: str = "") -> str:
    """A figure with its heading; nothing for a figure that has nothing to show."""
    if figure is None:
        return ""
    drawn = figure.to_html(full_html=False, include_plotlyjs=False, div_id=f"figure-{name}", config=FIGURE_CONFIG,
                           auto_play=False)
    head = f"<h3>{escape(title)}</h3>" if title else ""
    return head + (f'<p class="note">{escape(note)}</p>' if note else "") + drawn


def panel(title: str, *contents: str, note: str = "") -> str:
    """A section; nothing where it has no content."""
    inner = "".join(contents)
    if not inner:
        return ""
    text = f'<p class="note">{escape(note)}</p>' if note else ""
    return f'<section class="panel"><h2>{escape(title)}</h2>{text}{inner}</section>'


def sentence(text: str) -> str:
    """With a capital and a full stop; nothing stays nothing.

    >>> sentence("hourly means"), sentence("")
    ('Hourly means.', '')
    """
    return f"{text[:1].upper()}{text[1:]}." if text else ""
