"""The inner life of a storage in words and numbers, for page and terminal alike."""

from __future__ import annotations

import math

from twin.accounts.storage_health import LawHealth, StorageHealth
from twin.report.formats import amount
from twin.report.formats import money as money_text

NOTHING = "–"


def loss_rows(storage: StorageHealth) -> list[tuple[str, str, str]]:
    """Cause, MWh, part of the throughput; the largest first, the sum at the end."""
    ordered = sorted(storage.losses_mwh.items(), key=lambda item: -item[1])
    rows = [(cause, amount(mwh), _part(mwh, storage.throughput_mwh)) for cause, mwh in ordered]
    return [*rows, ("all", amount(storage.loss_mwh), _part(storage.loss_mwh, storage.throughput_mwh))]


def law_head(storage: StorageHealth, currency: str) -> list[str]:
    """Columns of :func:`law_rows`."""
    end = f"years to {100 * storage.end_of_life_frac:.0f}%" if storage.end_of_life_frac else "end of life"
    return ["law of ageing", "capacity", "calendar", "cyclic", "resistance", f"ageing {currency}/MWh", end]


def law_rows(storage: StorageHealth) -> list[list[str]]:
    """One row per law, the nominal first."""
    return [[f"{law.law}{' (nominal)' if i == 0 else ''}", _percent(law.capacity_frac), _percent(law.calendar_frac),
             _percent(law.cyclic_frac), _percent(law.resistance_factor, 0), _price(storage, law), _years(law)]
            for i, law in enumerate(storage.laws)]


def storage_facts(storage: StorageHealth, currency: str) -> list[tuple[str, str]]:
    """The figures by which a storage is judged; what it does not state is left out."""
    facts = []
    if storage.laws:
        low, nominal, high = storage.band("capacity_frac")
        spread = f", {_percent(low)} to {_percent(high)} over {len(storage.laws)} laws of ageing"
        facts.append(("Capacity left", _percent(nominal) + (spread if len(storage.laws) > 1 else "")))
    if math.isfinite(storage.full_cycles_count) and storage.laws:
        facts.append(("Full cycles", amount(storage.full_cycles_count)))
    if (price := storage.cost_per_mwh()) is not None:
        cheapest, usual, dearest = (money_text(p) for p in price)
        over_laws = f", {cheapest} to {dearest} over the laws" if len(storage.laws) > 1 else ""
        facts.append(("Cost of ageing", f"{usual} {currency}/MWh delivered until the end of life{over_laws}"))
    if math.isfinite(storage.round_trip_frac):
        curve = storage.conversion_range
        by_curve = f"; by its curve {_percent(curve[0])} to {_percent(curve[1])} when new" if curve else ""
        facts.append(("Round trip", f"{_percent(storage.round_trip_frac)} with everything, "
                                    f"{_percent(storage.conversion_frac)} in conversion{by_curve}"))
    if storage.temperature_degc is not None:
        low_degc, mean_degc, high_degc = storage.temperature_degc
        limits = storage.temperature_range_degc
        allowed = f"; may be {limits[0]:g} to {limits[1]:g}" if limits else ""
        facts.append(("Temperature", f"{low_degc:.1f} to {high_degc:.1f} °C, mean {mean_degc:.1f}{allowed}"))
    if storage.soc_error is not None:
        (mean, largest), missing = storage.soc_error, storage.missing_readings_frac
        facts.append(("Charge as measured", f"{100 * mean:+.2f} points off on average, {100 * largest:.2f} at most"
                      + (f"; {_percent(missing)} of the readings are missing" if missing > 0.0 else "")))
    elif storage.missing_readings_frac > 0.0:
        facts.append(("Charge as measured", "no readings"))
    return facts


def _part(mwh: float, throughput_mwh: float) -> str:
    return f"{100 * mwh / throughput_mwh:.2f} %" if throughput_mwh > 0.0 else NOTHING


def _percent(value: float | None, digits: int = 1) -> str:
    return f"{100 * value:.{digits}f} %" if value is not None and math.isfinite(value) else NOTHING


def _price(storage: StorageHealth, law: LawHealth) -> str:
    priced = storage.cost_per_mwh() is not None and math.isfinite(law.cost_per_mwh)
    return money_text(law.cost_per_mwh) if priced else NOTHING


def _years(law: LawHealth) -> str:
    if not math.isfinite(law.end_of_life_years):
        return NOTHING
    return f"{'~' if law.is_extrapolated else ''}{law.end_of_life_years:.1f}"
