"""The one list of unit suffixes. A name carries its unit, the same name in YAML, code, HDF5 and plots."""

from __future__ import annotations

UNIT_OF_SUFFIX: dict[str, str] = {
    "per_mwh": "money/MWh", "per_mw_month": "money/(MW month)", "per_m3": "money/m³", "t_per_mwh": "t/MWh",
    "kwh_per_m3": "kWh/m³", "per_t": "money/t", "per_year": "1/a", "per_h": "1/h", "mw_per_min": "MW/min",
    "mw": "MW", "mwh": "MWh", "mvar": "Mvar", "mva": "MVA", "kw": "kW", "kv": "kV", "ka": "kA",
    "kg_s": "kg/s", "bar": "bar", "pa": "Pa", "pa_m": "Pa/m", "degc": "°C", "k": "K", "pu": "p.u.", "hz": "Hz",
    "s": "s", "ms": "ms", "min": "min", "h": "h", "years": "a", "m": "m", "m_s": "m/s", "km": "km",
    "m2": "m²", "m3": "m³",
    "w_m2": "W/m²", "deg": "°", "percent": "%", "frac": "–", "kg_m3": "kg/m³", "ohm_per_km": "Ω/km",
    "t": "t", "cost": "money", "soc": "–", "count": "–", "efficiency": "–", "cop": "–", "code": "–", "seed": "–",
    "factor": "–", "exponent": "–", "turbines": "–", "per_k": "1/K",
    "priority": "–", "units": "–", "profile": "–", "min_load": "–",
    "nf_per_km": "nF/km", "position": "–", "steps": "–",
    "mw_per_pu": "MW/p.u.", "pa_s": "Pa s",
    "w_m_k": "W/(m K)", "w_mk": "W/(m K)", "j_mk": "J/(m K)", "j_kg_k": "J/(kg K)", "k_per_h": "K/h",
    "value": "as its signal", "dn": "mm", "zeta": "–", "parcels": "–", "supply": "°C",
    "v": "V", "a": "A", "ah": "Ah", "ohm": "Ω", "kg": "kg", "w_k": "W/K",
}
"""Suffix → unit as printed. ``money`` is the scenario's currency. Longest suffix wins."""

NO_UNIT = "–"
"""Of what is a plain number."""


def with_unit(figure: str, unit: str | None) -> str:
    """A figure as it is read in a sentence: a plain number stands alone.

    >>> with_unit("1.08", "p.u."), with_unit("0.18", "–")
    ('1.08 p.u.', '0.18')
    """
    return figure if unit in (None, "", NO_UNIT) else f"{figure} {unit}"


_BY_LENGTH = sorted(UNIT_OF_SUFFIX, key=len, reverse=True)


def unit_of(name: str) -> str | None:
    """Unit of a signal or parameter by its name, ``None`` where the name carries none.

    >>> unit_of("p_set_mw"), unit_of("buy_price_per_mwh"), unit_of("soc"), unit_of("colour")
    ('MW', 'money/MWh', '–', None)
    """
    bare = name.rsplit(".", 1)[-1]
    for suffix in _BY_LENGTH:
        if bare == suffix or bare.endswith("_" + suffix):
            return UNIT_OF_SUFFIX[suffix]
    return None
