"""Colours of the report: one family per role, from the colour-blind-safe set of Okabe and Ito (2008) and its tints."""

from __future__ import annotations

import math

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

ALARM = "#C8102E"
"""Unserved, not solvable; always together with a symbol or a pattern."""

THERMAL = {
    "chp_heat_mw": "#D55E00",
    "boiler_mw": "#E69F00",
    "chiller_mw": "#0072B2",
    "absorption_mw": "#56B4E9",
    "feed_mw": "#009E73",
    "external_mw": IMPORT,
    "tank_mw": "#CC79A7",
    "pipes": "#9E9AC8",
    "drive_mw": "#8E4775",
    "extraction_mw": "#8AD1B9",
    "dumped_mw": "#F0C419",
    "stranded_mw": "#8F3F00",
    "loss_mw": LOSS,
}
"""Output of a thermal network → colour; a tank keeps its colour on both sides of zero."""

TEMPERATURES = ("#0D0887", "#46039F", "#7201A8", "#9C179E", "#BD3786", "#D8576B", "#ED7953", "#FB9F3A")
"""Cold to warm: the plasma scale of Smith and van der Walt (2015) without its pale end, which white paper swallows."""

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


def of_temperature(fraction: float) -> str:
    """Colour of a temperature by its place in the range shown, 0 (coldest) to 1 (warmest); grey where it is unknown."""
    if math.isnan(fraction):
        return EXPORT
    at = min(max(fraction, 0.0), 1.0) * (len(TEMPERATURES) - 1)
    left = min(int(at), len(TEMPERATURES) - 2)
    pairs = ((int(TEMPERATURES[left][i:i + 2], 16), int(TEMPERATURES[left + 1][i:i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * (at - left)):02X}" for a, b in pairs)
