"""A storage with an inner life, by hand: losses by cause, two laws of ageing, cycles, a temperature, instruments."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.twin.accounts.builders import Part, part
from twin.component import Role
from twin.nameplate import StorageNameplate

LAWS = ("mild", "harsh")
PLATE = StorageNameplate(
    10.0, 10.0, 40.0, 0.95, 0.95, 0.0, 1.0, 0.0, round_trip_range=(0.8, 0.92), temperature_range_degc=(0.0, 45.0),
    end_of_life_frac=0.8,
)
"""Typical efficiencies that the battery of below does not keep, for it has a curve."""


def worn_battery(
    p: list[float] | np.ndarray, *, start_mwh: float = 20.0, dt_h: float = 1.0, plate: StorageNameplate = PLATE,
    mild: np.ndarray | None = None, harsh: np.ndarray | None = None, **changes: Any,
) -> Part:
    """0.1 MW of converter loss in use, 1 % of power squared in the cells, 0.05 MW auxiliaries, 1 kW of fading.

    Parameters
    ----------
    mild, harsh : capacity loss of the two laws, (n,), a quarter of it cyclic; the default does not age.
    changes : series in place of those that follow.
    """
    power = np.asarray(p, dtype=float)
    n = len(power)
    losses = {"converter_loss_mw": 0.1 * (power != 0.0), "ohmic_loss_mw": 0.01 * power**2,
              "auxiliary_mw": np.full(n, 0.05), "fade_loss_mw": np.full(n, 0.001)}
    loss = np.sum(list(losses.values()), axis=0)
    energy = start_mwh - np.cumsum((power + loss) * dt_h)
    lost = np.column_stack([np.zeros(n) if law is None else law for law in (mild, harsh)])
    soc = energy / plate.energy_mwh
    series = losses | {
        "p_mw": power, "loss_mw": loss, "energy_mwh": energy, "soc": soc, "measured_soc": soc + 0.01,
        "temperature_degc": 20.0 + np.arange(n) % 3, "full_cycles_count": np.cumsum(np.abs(power)) * dt_h / 80.0,
        "law_soh_capacity_frac": 1.0 - lost,
        "law_soh_resistance_factor": np.column_stack([1.0 + lost[:, 0], [np.nan] * n]),
        "law_calendar_loss_frac": 0.75 * lost, "law_cyclic_loss_frac": 0.25 * lost,
        "law_ageing_cost": np.diff(lost, axis=0, prepend=lost[:1]) * 1000.0,
        "cycle_depth_count": np.column_stack([np.arange(n) * 0.5, np.arange(n) * 0.1]),
    } | changes
    vectors = {name: LAWS for name in series if name.startswith("law_")} | {"cycle_depth_count": ("0-50%", "50-100%")}
    return part("bess", "lfp_battery", Role.STORAGE, series, plate=plate, vectors=vectors)
