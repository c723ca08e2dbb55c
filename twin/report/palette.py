"""Colours of the report: one family per role, from the colour-blind-safe set of Okabe and Ito (2008) and its tints."""

from __future__ import annotations

from twin.component import Role

FAMILIES: dict[str, tuple[str, ...]] = {
    Role.RENEWABLE: ("#F0C419", "#009E73", "#A8C545", "#66C2A5"),
    Role.GENERATOR: ("#D55E00", "#EE9B62", "#8F3F00", "#F6CBAE"),
    Role.STORAGE: ("#CC79A7", "#6A51A3", "#E7BBD3", "#9E9AC8"),
    Role.LOAD: ("#0072B2", "#56B4E9", "#00456B", "#A9D6F3"),
}
"""Role → colours of its components, in scenario order; more components than colours repeat them."""

IMPORT = "#7A7A7A"
EXPORT = "#B8B8B8"
LOSS = "#3C3C3C"
CURTAILED = "#F7E9B0"
INK = "#1F2933"
FAINT = "#D9DEE4"
COST = "#D55E00"
REVENUE = "#009E73"
TOTAL = "#0072B2"

ORIGIN = {
    "Own green, direct": "#009E73",
    "Own green, from storage": "#8AD1B9",
    "Own fuel-fired": "#D55E00",
    "Public grid": IMPORT,
}
"""Origin of consumption → colour."""

SEQUENCE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#3C3C3C", "#A8C545", "#8E4775")
"""For what belongs to no role: reasons, transformers, prices."""


def of_component(role: str, index: int) -> str:
    """Colour of the ``index``-th component of a role."""
    family = FAMILIES.get(role, SEQUENCE)
    return family[index % len(family)]


def translucent(colour: str, alpha: float) -> str:
    """A ``#RRGGBB`` colour as ``rgba(...)``."""
    red, green, blue = (int(colour[i:i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
