"""Storages that state their inner life: losses by cause, temperature, health by laws of ageing, cycles, instruments.

All of it is found by the names of outputs, so that a stranger's storage is told like ours. MWh, money in the run's
currency; health p.u. of the first capacity. What a storage does not state is left out.

* ``<cause>_loss_mw`` and ``auxiliary_mw``: what ``loss_mw`` is the sum of;
* ``temperature_degc``; its limits are on the nameplate;
* ``law_…``: one element per law of ageing, the nominal one first;
* ``cycle_depth_count``: closed cycles so far by classes of depth; ``full_cycles_count``: all, in full cycles;
* ``measured_soc`` beside ``soc``: what the instruments say and what is.

The end of life is where the loss reaches that of the nameplate: read off the run, or extrapolated, calendar and cyclic
part each along its own power of time. Runs shorter than a year, and storages that were extended on the way, are not
extrapolated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.accounts.extrapolation import growth_of, steps_until
from twin.component import Role
from twin.nameplate import StorageNameplate
from twin.store.run_data import ComponentRecord, RunData

LOSS = "loss_mw"
CAUSE_SUFFIX = "_loss_mw"
AUXILIARY = "auxiliary_mw"
"""Drawn whether the storage works or not."""
STANDBY = "standby_loss_mw"
"""Of a converter that is off."""
FADE = "fade_loss_mw"
"""Goes with lost capacity, not with conversion."""
NOT_CONVERSION = (AUXILIARY, STANDBY, FADE)
LARGEST_CHANGE = 0.5
"""Change of the content over the energy taken or delivered, the larger; beyond, a round trip would be a guess."""
CAPACITY, RESISTANCE = "law_soh_capacity_frac", "law_soh_resistance_factor"
CALENDAR, CYCLIC, COST = "law_calendar_loss_frac", "law_cyclic_loss_frac", "law_ageing_cost"
CYCLES, DEPTHS = "full_cycles_count", "cycle_depth_count"
TEMPERATURE, TRUE_SOC, MEASURED_SOC, CONTENT = "temperature_degc", "soc", "measured_soc", "energy_mwh"
YEAR_S = 365.25 * 86_400
SHORTEST_YEARS = 0.99
"""Of a run from which a life is extrapolated: 365 days are enough, half the seasons are not."""
LONGEST_YEARS = 100.0
"""Beyond the run: later is never."""
EXTENDED_FRAC = 1e-6
"""A health that rises by more was extended on the way."""


@dataclass(frozen=True, slots=True)
class LawHealth:
    """What one law of ageing says at the end of the run; nan: nothing."""

    law: str
    capacity_frac: float
    resistance_factor: float
    calendar_frac: float
    cyclic_frac: float
    cost: float
    """Of the ageing in the run."""
    served_mwh: float
    """Delivered while the law was above the end of life: what that cost was for."""
    end_of_life_years: float
    """From the start of the run."""
    is_extrapolated: bool

    @property
    def cost_per_mwh(self) -> float:
        """Cost over what was delivered for it; nan if nothing was."""
        return self.cost / self.served_mwh if self.served_mwh > 0.0 else math.nan


@dataclass(frozen=True, slots=True)
class StorageHealth:
    """One storage that states more than its content."""

    name: str
    delivered_mwh: float
    taken_mwh: float
    loss_mwh: float
    losses_mwh: dict[str, float]
    """Cause in words → energy, in the order of the outputs; all of ``loss_mwh``."""
    round_trip_frac: float
    """Delivered over taken, with everything. What is in the storage at the end and was not before counts as delivered,
    what is missing as taken, by the nameplate's efficiencies; nan if that is much, or nothing was delivered."""
    conversion_frac: float
    """The same without auxiliaries, standby and lost capacity."""
    conversion_range: tuple[float, float] | None
    """What the nameplate says of that."""
    temperature_degc: tuple[float, float, float] | None
    """Lowest, mean, highest."""
    temperature_range_degc: tuple[float, float] | None
    laws: tuple[LawHealth, ...]
    """Nominal first."""
    end_of_life_frac: float | None
    full_cycles_count: float
    closed_cycles: dict[str, float]
    """Class of depth → number."""
    soc_error: tuple[float, float] | None
    """Measured less true state of charge: mean, and largest by size; of the readings there are."""
    missing_readings_frac: float
    """Part of the steps without a reading of the state of charge."""

    @property
    def throughput_mwh(self) -> float:
        """Given and taken."""
        return self.delivered_mwh + self.taken_mwh

    def band(self, field: str) -> tuple[float, float, float]:
        """Lowest, nominal and highest of a field of the laws; nan without a law that states it."""
        values = [getattr(law, field) for law in self.laws]
        known = [v for v in values if math.isfinite(v)]
        return (min(known), values[0], max(known)) if known else (math.nan, math.nan, math.nan)

    def cost_per_mwh(self) -> tuple[float, float, float] | None:
        """Ageing per MWh delivered until the end of life: lowest, nominal, highest; None without a price."""
        prices = [law.cost_per_mwh for law in self.laws]
        known = [price for price in prices if math.isfinite(price)]
        return (min(known), prices[0], max(known)) if known and max(known) > 0.0 else None


def causes_of(record: ComponentRecord) -> tuple[str, ...]:
    """Outputs that ``loss_mw`` of a storage is the sum of; empty where it states none."""
    causes = tuple(o for o in record.outputs if o.endswith(CAUSE_SUFFIX) and o != LOSS)
    if not causes or LOSS not in record.outputs:
        return ()
    return (*causes, *([AUXILIARY] if AUXILIARY in record.outputs else []))


def cause_in_words(output: str) -> str:
    """``converter_loss_mw`` → ``converter``."""
    return output.removesuffix(CAUSE_SUFFIX).removesuffix("_mw").replace("_", " ")


def storage_health(run: RunData) -> tuple[StorageHealth, ...]:
    """Storages that state losses by cause or laws of ageing, in scenario order."""
    return tuple(_health(run, c) for c in run.of_role(Role.STORAGE) if causes_of(c) or c.vectors.get(CAPACITY))


def _health(run: RunData, record: ComponentRecord) -> StorageHealth:
    dt_h = record.step_s / 3600.0
    plate = record.nameplate if isinstance(record.nameplate, StorageNameplate) else None

    def series(output: str) -> np.ndarray:
        return run.native(f"{record.name}.{output}")

    def energy(output: str) -> float:
        return float(series(output).sum()) * dt_h

    power = series("p_mw")
    delivered = float(np.maximum(power, 0.0).sum()) * dt_h
    losses = {cause: energy(cause) for cause in causes_of(record)}
    lost = energy(LOSS) if run.has(f"{record.name}.{LOSS}") else math.fsum(losses.values())
    taken = float(np.maximum(-power, 0.0).sum()) * dt_h
    converted = lost - math.fsum(losses.get(cause, 0.0) for cause in NOT_CONVERSION)
    change = _change_of_content_mwh(run, record, dt_h)
    degc = series(TEMPERATURE) if TEMPERATURE in record.outputs else np.zeros(0)
    error, missing = _soc_error(run, record)
    counted = series(DEPTHS) if record.vectors.get(DEPTHS) else np.zeros((0, 0))
    cycles = series(CYCLES) if CYCLES in record.outputs else np.zeros(0)
    return StorageHealth(
        name=record.name,
        delivered_mwh=delivered,
        taken_mwh=taken,
        loss_mwh=lost,
        losses_mwh={cause_in_words(cause): mwh for cause, mwh in losses.items()},
        round_trip_frac=_round_trip(delivered, lost, change, plate),
        conversion_frac=_round_trip(delivered, converted, change, plate),
        conversion_range=plate.round_trip_range if plate else None,
        temperature_degc=(float(degc.min()), float(degc.mean()), float(degc.max())) if degc.size else None,
        temperature_range_degc=plate.temperature_range_degc if plate else None,
        laws=_laws(run, record, plate),
        end_of_life_frac=plate.end_of_life_frac if plate else None,
        full_cycles_count=float(cycles[-1]) if cycles.size else math.nan,
        closed_cycles=dict(zip(record.vectors[DEPTHS], counted[-1].tolist(), strict=True)) if counted.size else {},
        soc_error=error,
        missing_readings_frac=missing,
    )


def _change_of_content_mwh(run: RunData, record: ComponentRecord, dt_h: float) -> float:
    """Content at the end less that before the first step; nan where it is not stated."""
    if not {CONTENT, LOSS} <= set(record.outputs) or not len(content := run.native(f"{record.name}.{CONTENT}")):
        return math.nan
    first = run.native(f"{record.name}.p_mw")[0] + run.native(f"{record.name}.{LOSS}")[0]
    return float(content[-1] - content[0] - first * dt_h)


def _round_trip(delivered: float, lost: float, change: float, plate: StorageNameplate | None) -> float:
    """Round trip as if the content had come back to where it was (``StorageHealth.round_trip_frac``)."""
    moved = max(delivered, delivered + lost + change)
    if plate is None or delivered <= 0.0 or not abs(change) <= LARGEST_CHANGE * moved:
        return math.nan
    if change > 0.0:
        delivered += change * plate.discharge_efficiency
        lost += change * (1.0 - plate.discharge_efficiency)
    else:
        lost += -change * (1.0 / plate.charge_efficiency - 1.0)
    return delivered / (delivered + lost)


def _soc_error(run: RunData, record: ComponentRecord) -> tuple[tuple[float, float] | None, float]:
    """Mean and largest error of the readings there are, and the part of the steps that have none."""
    if not {TRUE_SOC, MEASURED_SOC} <= set(record.outputs):
        return None, 0.0
    error = run.native(f"{record.name}.{MEASURED_SOC}") - run.native(f"{record.name}.{TRUE_SOC}")
    known = error[np.isfinite(error)]
    missing = 1.0 - known.size / error.size if error.size else 0.0
    return (float(known.mean()), float(np.abs(known).max())) if known.size else None, missing


def _laws(run: RunData, record: ComponentRecord, plate: StorageNameplate | None) -> tuple[LawHealth, ...]:
    names = record.vectors.get(CAPACITY, ())
    capacity = run.native(f"{record.name}.{CAPACITY}") if names else np.zeros((0, 0))
    if not len(capacity):
        return ()

    def last(output: str, law: int) -> float:
        return float(run.native(f"{record.name}.{output}")[-1, law]) if output in record.vectors else math.nan

    def total(output: str, law: int) -> float:
        return float(run.native(f"{record.name}.{output}")[:, law].sum()) if output in record.vectors else math.nan

    found = []
    delivered_mwh = np.maximum(run.native(f"{record.name}.p_mw"), 0.0) * record.step_s / 3600.0
    for i, name in enumerate(names):
        end = plate.end_of_life_frac if plate else None
        parts = [run.native(f"{record.name}.{o}")[:, i] for o in (CALENDAR, CYCLIC) if o in record.vectors]
        years, guessed = end_of_life(capacity[:, i], parts, record.step_s, end) if end else (math.nan, False)
        # a step is served as long as the one before has not ended the life
        alive = np.concatenate(([True], capacity[:-1, i] > end)) if end else np.ones(len(capacity), bool)
        found.append(LawHealth(name, last(CAPACITY, i), last(RESISTANCE, i), last(CALENDAR, i), last(CYCLIC, i),
                               total(COST, i), float(delivered_mwh[alive].sum()), years, guessed))
    return tuple(found)


def end_of_life(
    capacity_frac: np.ndarray, parts_frac: list[np.ndarray], step_s: int, end_frac: float
) -> tuple[float, bool]:
    """Years from the start until a capacity is reached, and whether that is extrapolated; nan: cannot be said.

    Parameters
    ----------
    capacity_frac : (n,) at the end of each step.
    parts_frac : calendar and cyclic loss, (n,) each, which go on apart, each along its own power of time.
    """
    per_year = YEAR_S / step_s
    if (reached := np.flatnonzero(capacity_frac <= end_frac)).size:
        return float(reached[0] + 1) / per_year, False
    n = len(capacity_frac)
    if n < SHORTEST_YEARS * per_year or np.diff(capacity_frac).max() > EXTENDED_FRAC or not parts_frac:
        return math.nan, False
    left = steps_until([growth_of(part) for part in parts_frac], 1.0 - end_frac, LONGEST_YEARS * per_year)
    return (math.nan, False) if left is None else ((n + left) / per_year, True)
