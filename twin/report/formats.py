"""Numbers as they are printed: few digits, thousands grouped, unit from the name."""

from __future__ import annotations

import math

from twin.units import unit_of

SHOWN_DIGITS: dict[str, str] = {
    "p.u.": ".4f", "%": ".1f", "h": ",.2f", "t/MWh": ".3f", "money": ",.0f",
    "money/MWh": ",.0f", "m³": ",.1f",
}
"""Unit → format."""

SMALLEST_SHOWN = 5e-5
"""What prints as 0.0000 is printed as nothing."""


def shown(name: str, value: float, currency: str) -> tuple[str, str]:
    """A key figure as (number, unit).

    >>> shown("green_share_frac", 0.4567, "CNY"), shown("net_cost_cny", 12345.6, "CNY")
    (('45.7', '%'), ('12,346', 'CNY'))
    >>> shown("water_m3", 1234.56, "CNY")
    ('1,234.6', 'm³')
    """
    if name.endswith("_rel"):
        return (f"{value:.1e}" if value else "0"), ""
    if name.endswith("_frac"):
        return f"{100 * value:.1f}", "%"
    if name.endswith("_count"):
        return (f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"), ""
    if name.endswith(f"_{currency.lower()}"):
        return money(value), currency
    unit = unit_of(name) or ""
    if unit in ("MWh", "MW", "t"):
        return amount(value), unit
    return signless_zero(format(value, SHOWN_DIGITS.get(unit, ",.3g"))), unit.replace("money", currency)


def amount(value: float) -> str:
    """A quantity of any size: about four digits.

    >>> amount(0.00432), amount(0.5), amount(4.537), amount(93.52), amount(105.71), amount(41723.4), amount(0.0)
    ('0.0043', '0.50', '4.54', '93.5', '105.7', '41,723', '0')
    """
    size = abs(value)
    if size < SMALLEST_SHOWN:
        return "0"
    if size < 0.1:
        return f"{value:.4f}"
    if size < 10.0:
        return f"{value:.2f}"
    return f"{value:,.1f}" if size < 1000.0 else f"{value:,.0f}"


def money(value: float, largest: float | None = None) -> str:
    """Money without decimals above ten thousand, else with two; ``largest`` decides for a whole table.

    >>> money(1234567.8), money(-12.345), money(-0.0), money(-12.345, largest=1e6)
    ('1,234,568', '-12.35', '0.00', '-12')
    """
    if not math.isfinite(value):
        return "–"
    scale = abs(value) if largest is None else abs(largest)
    return signless_zero(f"{value:,.0f}" if scale >= 10_000 else f"{value:,.2f}")


def quantity(value: float, unit: str) -> str:
    """Quantity of a line of the bill: whole things are counted, amounts have decimals.

    >>> quantity(19.0, "certificates"), quantity(1.0, "starts"), quantity(27.046, "MWh")
    ('19 certificates', '1 start', '27.0 MWh')
    """
    if unit not in ("certificates", "starts"):
        return f"{amount(value)} {unit}"
    return f"{value:,.0f} {unit.removesuffix('s') if value == 1 else unit}"


def cell(value: float) -> str:
    """An amount in a table, a dash for nothing.

    >>> cell(0.0), cell(73.26)
    ('–', '73.3')
    """
    return amount(value) if abs(value) >= SMALLEST_SHOWN else "–"


def signless_zero(text: str) -> str:
    """``-0.0`` prints as ``0.0``."""
    return text[1:] if text.startswith("-") and not any(c in "123456789" for c in text) else text
