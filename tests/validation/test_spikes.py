"""Spikes of published loads: hardly a value is marked, and most of those that are put in are found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from controllers.forecasting.spikes import spikes
from controllers.forecasting.targets import Target, TargetKind
from controllers.forecasting.versioned import VersionedSeries
from tests.validation.published_data import published_data

CITY = ("citylearn2021/site.parquet", r"elec_kwh|dhw_kwh|cool_kwh|b\d_[ech]", 3600)
SUBSTATIONS = tuple((f"openstef/pid_{n}.parquet", "load", 900) for n in (287, 307, 435))
PUT_IN = 40


def loads(file: str, columns: str, step_s: int) -> Iterator[tuple[VersionedSeries, Target]]:
    """Series of a published table that are not 0 all the time; net loads may be negative."""
    table = pd.read_parquet(published_data("forecast", *file.split("/")) / "forecast" / file)
    for name in table.filter(regex=f"^({columns})$"):
        values = table[name].to_numpy(dtype=float)
        capacity = 1.05 * float(np.nanmax(np.abs(values)))
        if capacity > 0.0:
            yield VersionedSeries.measured(name, 0, step_s, values), \
                Target(name, TargetKind.ELECTRIC_LOAD, capacity, lower=-capacity)


@pytest.mark.parametrize(("table", "marked"), [(CITY, 0), *((table, 1) for table in SUBSTATIONS)])
def test_hardly_a_value_of_a_published_load_is_a_spike(table, marked) -> None:
    assert all(spikes(series, target).sum() <= marked for series, target in loads(*table))


def test_spikes_that_are_put_into_the_loads_of_buildings_are_found() -> None:
    """Half the capacity up or down, by which there is room, in 40 hours of four years of each series."""
    rng = np.random.default_rng(0)
    found = []
    for series, target in loads(*CITY):
        hours = rng.choice(np.arange(len(series.values)), PUT_IN, replace=False)
        values = series.values.copy()
        values[hours] += np.where(values[hours] < target.capacity / 2, 0.5, -0.5) * target.capacity
        spoilt = VersionedSeries.measured(series.name, 0, series.step_s, values)
        found.append(spikes(spoilt, target)[hours].mean())
    assert np.mean(found) > 0.6
