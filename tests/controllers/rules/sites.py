"""Views and price tables for tests of single rules, with round numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from controllers.rules.decide import decide
from controllers.rules.params import Params
from controllers.rules.site_view import Decision, GeneratorView, PriceTable, SiteView, StorageView
from tests.controllers.closed_loop import BATTERY, CHP, DIESEL, FLYWHEEL, GAS_PRICE_PER_MWH
from twin.nameplate import GeneratorNameplate

DT_H = 1.0
"""Hourly intervals keep the hand computation short."""


def prices(buy: Any, sell: float = 0.0, *, carbon: float = 0.0, dr: float = 0.0, dt_h: float = DT_H) -> PriceTable:
    """Prices over as many intervals as ``buy`` has."""
    buy = np.asarray(buy, dtype=float)
    n = len(buy)
    return PriceTable(dt_h, buy, np.full(n, sell), np.full(n, carbon), np.full(n, dr),
                      {"gas": np.full(n, GAS_PRICE_PER_MWH), "diesel": np.full(n, 800.0)})


def battery(content_mwh: float = 20.0, name: str = "bess", **changes: Any) -> StorageView:
    """10 MW, 40 MWh, 0.92 each way, 10 to 90 %, wear 56 per MWh; nameplate fields may be changed."""
    plate = replace(BATTERY, **changes)
    return StorageView(name, plate, 0.0, content_mwh, content_mwh / plate.energy_mwh)


def flywheel(soc: float, name: str = "fw") -> StorageView:
    """1 MW, 15 kWh, 0.95 each way."""
    return StorageView(name, FLYWHEEL, 0.0, soc * FLYWHEEL.energy_mwh, soc)


def chp(
    name: str = "chp", *, p_set_mw: float = 0.0, held_h: float = 1e6, plate: GeneratorNameplate = CHP, **changes: Any
) -> GeneratorView:
    """4 MW, minimum 1.2 MW, 45 %, running cost 20 per MWh, 2 h up and down, 200 a start."""
    return GeneratorView(name, replace(plate, **changes), p_set_mw, p_set_mw, held_h)


def diesel(**kwargs: Any) -> GeneratorView:
    """2 MW emergency unit, minimum 0.6 MW."""
    return chp("diesel", plate=DIESEL, **kwargs)


def told(residual_mw: Any, table: PriceTable, params: Params | None = None, **view: Any) -> dict[str, Decision]:
    """Decisions by name; a single residual load holds over the whole look-ahead."""
    residual = np.asarray(residual_mw, dtype=float) * np.ones(len(table.buy_price_per_mwh))
    site = SiteView(residual_mw=residual, **view)
    return {d.name: d for d in decide(site, table, params or Params())}


ROUND_TRIP = BATTERY.charge_efficiency * BATTERY.discharge_efficiency
