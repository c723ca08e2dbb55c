"""The weather of a whole run, one row per step: freed of gaps, resampled, with the sun and the wet bulb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulators.environment.gaps import describe_gaps, fill_gaps
from simulators.environment.plausibility import check_irradiance_unit, clip_offsets, irradiation_beyond_sun
from simulators.environment.psychrometrics import wet_bulb_degc
from simulators.environment.resampling import (
    cut,
    distribute_irradiance,
    mean_of_linear,
    mean_over_source,
    mean_over_steps,
)
from simulators.environment.source import READINGS, Source
from simulators.environment.sun import Observer, sun_at

SHARE_BEYOND_SUN_WORTH_TELLING = 0.01
"""A clock that is right leaves 0.004 % (twilight), one that is half an hour off 0.3 %, an hour 2.1 % (measured on the
TMY3 year of Greensboro)."""
EXCESS_WORTH_TELLING_WH_M2 = 20.0
"""A run of a few dark hours may consist of twilight; on a bright day a clock an hour off gives 100 Wh/m²."""

Report = Callable[[str, str], None]
"""(kind, message) of an event of severity warning."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a run: ``n`` of ``step_s`` seconds."""

    step_s: int
    n: int


def without_gaps(source: Source, max_gap_h: float, report: Report) -> Source:
    """A table with a value in every place, offsets of instruments clipped.

    Raises
    ------
    WeatherError
        For gaps longer than ``max_gap_h``.
    """
    filled, gaps = fill_gaps(source, max_gap_h)
    if gaps:
        report("weather_gaps_filled", describe_gaps(source, gaps))
    return clip_offsets(filled)


def weather_table(
    source: Source, start_s: int, observer: Observer, steps: Steps, report: Report
) -> dict[str, np.ndarray]:
    """Columns of the weather ports, each (n,), wind at the height of the file.

    Parameters
    ----------
    source : table without gaps
    start_s : start of its first interval, from the start of the run
    observer : place and instant of the sky that belongs to the table
    """
    pieces = cut(start_s, source.interval_s, source.n, steps.step_s)
    piece_sun = sun_at(observer, pieces.middle_s)
    possible = mean_over_source(piece_sun.dni_extra_w_m2 * piece_sun.cos_zenith, pieces, source.n)
    check_irradiance_unit(source, possible)
    share, excess_wh_m2 = irradiation_beyond_sun(source, possible)
    if share > SHARE_BEYOND_SUN_WORTH_TELLING and excess_wh_m2 > EXCESS_WORTH_TELLING_WH_M2:
        report("irradiance_beyond_sun", f"{source.file}: {share:.1%} of the irradiation exceeds what the sun sends at "
               "its hour; check the time zone and which edge of its interval a stamp marks")

    ghi, dni, dhi = distribute_irradiance(
        source.columns["ghi_w_m2"], source.columns["dni_w_m2"], source.columns["dhi_w_m2"],
        pieces, piece_sun.cos_zenith, piece_sun.dni_extra_w_m2)
    table = {name: mean_over_steps(values, pieces, steps.n)
             for name, values in (("ghi_w_m2", ghi), ("dni_w_m2", dni), ("dhi_w_m2", dhi))}
    whole = (pieces.target >= 0) & (pieces.target < steps.n)
    if np.count_nonzero(whole) == steps.n:  # every step is one piece: its sun is known
        sun = piece_sun.part(whole)
    else:
        sun = sun_at(observer, (np.arange(steps.n) + 0.5) * steps.step_s)
    table |= {"dni_extra_w_m2": sun.dni_extra_w_m2, "solar_zenith_deg": sun.zenith_deg,
              "solar_azimuth_deg": sun.azimuth_deg}
    points = start_s + source.interval_s * np.arange(source.n) + source.reading_offset_s
    for quantity in READINGS:
        table[quantity] = mean_of_linear(points, source.columns[quantity], steps.step_s, steps.n)
    table["wet_bulb_degc"] = wet_bulb_degc(table["air_temperature_degc"], table["relative_humidity_percent"])
    return table
