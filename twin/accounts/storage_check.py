"""Whether storages lose what their nameplates say: an independent check, for most define their loss by their balance.

The nameplate's one-way efficiencies say what conversion must have lost: |p| (1 - eta_c) while charging and
p (1/eta_d - 1) while discharging. What was lost beyond that has to be a standing loss: never negative, and a constant
plus a part of the content (a, b ≥ 0 in a + b E, found by least squares over the run), whatever the power. What is left
is the deviation: a storage whose real efficiency differs from its nameplate loses more or less when it moves energy
than at rest.

A storage whose losses are a curve of power, temperature and age states them by cause, and its nameplate efficiencies
are typical values only. Of it is checked what can be without knowing its equations: that the causes add up to the loss
and none is negative, that the content falls from step to step by what was delivered and lost, and that conversion loses
no less than at the best point of its curve. That the causes are right is *not* checked here.
"""

from __future__ import annotations

import numpy as np

from twin.accounts.storage_health import NOT_CONVERSION, causes_of
from twin.component import Role
from twin.nameplate import StorageNameplate
from twin.store.run_data import ComponentRecord, RunData

LARGEST_DEVIATION_REL = 1e-3
"""Above this a storage does not keep its nameplate; exact exponential decay within a step stays far below it."""
EMPTY_REL = 1e-9
"""Below this part of the capacity a storage is empty: its standing loss may cease."""


def efficiency_deviations(run: RunData) -> dict[str, float]:
    """Storage → unexplained loss over what it moved and lost (0 for one that did neither)."""
    return {
        c.name: _curve_deviation_rel(run, c, c.nameplate) if causes_of(c) else _deviation_rel(run, c, c.nameplate)
        for c in run.of_role(Role.STORAGE)
        if isinstance(c.nameplate, StorageNameplate) and run.has(f"{c.name}.p_mw") and run.has(f"{c.name}.energy_mwh")
    }


def conversion_loss_mw(power_mw: np.ndarray, plate: StorageNameplate) -> np.ndarray:
    """What conversion loses by the nameplate, ≥ 0; discharging positive."""
    return np.where(power_mw > 0.0, power_mw * (1.0 / plate.discharge_efficiency - 1.0),
                    -power_mw * (1.0 - plate.charge_efficiency))


def _deviation_rel(run: RunData, component: ComponentRecord, plate: StorageNameplate) -> float:
    dt_h = component.step_s / 3600.0
    power, end = run.native(f"{component.name}.p_mw"), run.native(f"{component.name}.energy_mwh")
    if run.has(f"{component.name}.loss_mw"):
        loss = run.native(f"{component.name}.loss_mw")
        start = end + (power + loss) * dt_h
    else:  # the first step has no content before it, so that nothing is known of its loss
        power, start, end = power[1:], end[:-1], end[1:]
        loss = (start - end) / dt_h - power
    standing = loss - conversion_loss_mw(power, plate)
    content = 0.5 * (start + end)
    full = end > EMPTY_REL * plate.energy_mwh
    expected = np.where(full, _standing_loss(content, standing, full), np.maximum(standing, 0.0))
    moved = float((np.abs(power) + np.abs(loss)).sum())
    return float(np.abs(standing - expected).sum()) / moved if moved > 0.0 else 0.0


def _curve_deviation_rel(run: RunData, component: ComponentRecord, plate: StorageNameplate) -> float:
    """What the causes, the content and the curve do not agree on, over what was moved and lost."""
    power, loss, energy = (run.native(f"{component.name}.{o}") for o in ("p_mw", "loss_mw", "energy_mwh"))
    causes = {o: run.native(f"{component.name}.{o}") for o in causes_of(component)}
    dt_h = component.step_s / 3600.0
    unexplained = float(np.abs(loss - np.sum(list(causes.values()), axis=0)).sum())
    unexplained += float(sum(np.maximum(-cause, 0.0).sum() for cause in causes.values()))
    unexplained += float(np.abs(-np.diff(energy) / dt_h - power[1:] - loss[1:]).sum())
    if plate.round_trip_range is not None:
        conversion = sum(float(cause.sum()) for name, cause in causes.items() if name not in NOT_CONVERSION)
        best = plate.round_trip_range[1]
        # what went both ways: of the rest it is not known what the other way will lose
        both_ways = min(float(np.maximum(power, 0.0).sum()), best * float(np.maximum(-power, 0.0).sum()))
        unexplained += max(both_ways * (1.0 / best - 1.0) - conversion, 0.0)
    moved = float((np.abs(power) + np.abs(loss)).sum())
    return unexplained / moved if moved > 0.0 else 0.0


def _standing_loss(content_mwh: np.ndarray, standing_mw: np.ndarray, used: np.ndarray) -> np.ndarray:
    """The best a + b E with a, b ≥ 0: the free fit where it is allowed, else the better of its two edges."""
    x, y = content_mwh[used], standing_mw[used]
    if len(x) == 0:
        return np.zeros_like(content_mwh)
    spread = x - x.mean()
    square = float(spread @ spread)
    slope = float(spread @ y) / square if square > 0.0 else 0.0
    constant = float(y.mean()) - slope * float(x.mean())
    if slope < 0.0 or constant < 0.0:
        edges = [(max(float(y.mean()), 0.0), 0.0),
                 (0.0, max(float(x @ y) / float(x @ x), 0.0) if x.any() else 0.0)]
        constant, slope = min(edges, key=lambda e: float(((y - e[0] - e[1] * x) ** 2).sum()))
    return constant + slope * content_mwh
