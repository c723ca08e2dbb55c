"""The ageing laws beside the two open tools that publish them: ten years of the same use, capacity and resistance.

Profiles of a year at 15 min, repeated ten times. Naumann's law: simses-lite, which ends half a cycle at every reversal;
with that definition (reversals.py) the results agree to rounding. The laws of NREL: BLAST-Lite 1.1; on the spans as it
cuts them (blast_spans.py) what remains is that its state goes along a tangent, for a day at a time. With our own cycles
and spans, which take all of the way and every ripple for what it is, the results are the same where the use is smooth
(``SMOOTH``) and are compared there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulators.storage.battery.ageing.blast_prismatic import BLAST_PRISMATIC
from simulators.storage.battery.ageing.blast_sony import BLAST_SONY
from simulators.storage.battery.ageing.law import Law
from simulators.storage.battery.ageing.laws import NAUMANN_BY_REVERSALS
from simulators.storage.battery.ageing.model import Ageing, History
from simulators.storage.battery.ageing.naumann import NAUMANN
from simulators.storage.battery.ageing.usage import Floats
from simulators.validation.blast_spans import blast_history, health_of
from twin.validation import Comparison, Validation

STEP_S = 900
DAY_S = 86_400.0
STEPS_PER_DAY = round(DAY_S / STEP_S)
YEARS = 10
CLOSED_FORM_LOSS = 0.134447
"""Naumann's calendar law, 10 years of 365 days at 50 % and 25 °C: 1.2571e-5 · 0.60225 · √315 360 000."""
CLOSED_FORM_TOLERANCE = 5e-7
SAME_LAW_TOLERANCE = 1e-4
BLAST_TOLERANCE = 2e-3
SMOOTH = ("i_", "iii_")
"""Profiles without ripple and with a cycle a day at most: all definitions of a cycle mean the same."""
SIMSES = "simses-lite"
BLAST = "BLAST-Lite 1.1"


def ten_years(law: Law, soc: Floats, temperature_degc: Floats, every: int = STEPS_PER_DAY) -> History:
    """Health after each ``every`` steps; the profile is a year whose first sample is the start."""
    ageing = Ageing([law])
    return ageing.run(ageing.fresh(float(soc[0])), soc[1:], temperature_degc[1:], STEP_S,
                      steps=YEARS * (soc.size - 1), every=every)


def as_blast_cuts(law: Law, soc: Floats, temperature_degc: Floats, days: float) -> History:
    """Health after each span of BLAST-Lite."""
    time_d, losses = blast_history(law, soc, temperature_degc, STEP_S, days)
    capacity, resistance = health_of(losses[1:])
    return History(time_d[1:] * DAY_S, capacity[:, None], resistance[:, None])


def compare(data_dir: Path) -> list[Comparison]:
    """All profiles in ``data_dir/aging`` with the results that are there for them."""
    import pandas as pd

    rows = [_closed_form()]
    for file in sorted((data_dir / "aging").glob("profile_*.csv.gz")):
        case = file.name.removeprefix("profile_").removesuffix(".csv.gz")
        profile = pd.read_csv(file)
        use = profile["soc"].to_numpy(float), profile["temperature_C"].to_numpy(float)
        simses = data_dir / "aging" / f"ref_simses_lite_sonylfp_{case}.csv"
        if simses.exists():
            published = pd.read_csv(simses)
            laws = [NAUMANN_BY_REVERSALS, NAUMANN] if case.startswith(SMOOTH) else [NAUMANN_BY_REVERSALS]
            days = published["years"].to_numpy() * 365.0
            common = int(np.gcd.reduce(np.rint(days * STEPS_PER_DAY).astype(int)))
            for law in laws:
                rows += _beside(f"{case}, {law.name}", ten_years(law, *use, every=max(common, 1)), days,
                                published["q"].to_numpy(), published["r"].to_numpy(), SAME_LAW_TOLERANCE, SIMSES)
        for law, name in ((BLAST_SONY, "sony"), (BLAST_PRISMATIC, "250ah")):
            blast = data_dir / "aging" / f"ref_blast_{name}_{case}.csv"
            if blast.exists():
                published = pd.read_csv(blast)
                days = published["t_days"].to_numpy()
                beside = (days, published["q"].to_numpy(), published["r"].to_numpy() if "r" in published else None,
                          BLAST_TOLERANCE, BLAST)
                rows += _beside(f"{case}, {law.name}_spans", as_blast_cuts(law, *use, float(days[-1])), *beside)
                if case.startswith(SMOOTH):
                    rows += _beside(f"{case}, {law.name}", ten_years(law, *use), *beside)
    return rows


def _closed_form() -> Comparison:
    ageing = Ageing([NAUMANN])
    state = ageing.fresh(0.5)
    ageing.run(state, np.full(1, 0.5), np.full(1, 25.0), STEP_S, steps=round(YEARS * 365 * DAY_S / STEP_S))
    loss = 1.0 - float(ageing.health(state).capacity[0])
    return Comparison.within("10 years at 50 %, 25 °C", "capacity loss, naumann_lfp", loss, CLOSED_FORM_LOSS,
                             CLOSED_FORM_TOLERANCE, "p.u.", "Naumann et al. 2018, closed form")


def _beside(case: str, ours: History, days: Floats, capacity: Floats, resistance: Floats | None, tolerance: float,
            source: str) -> list[Comparison]:
    """Largest differences over the ten years."""
    rows = [Comparison.at_most(case, "capacity, largest difference", _largest(days, capacity, ours, ours.capacity),
                               tolerance, "p.u.", source)]
    if resistance is not None:
        rows.append(Comparison.at_most(case, "resistance, largest difference",
                                       _largest(days, resistance, ours, ours.resistance), tolerance, "p.u.", source))
    return rows


def _largest(days: Floats, published: Floats, ours: History, values: Floats) -> float:
    """Over the published times, ours interpolated between records; new batteries agree."""
    time_d = np.concatenate([[0.0], ours.time_s / DAY_S])
    return float(np.abs(np.interp(days, time_d, np.concatenate([[1.0], values[:, 0]])) - published).max())


VALIDATION = Validation(
    "battery ageing laws against two open tools, ten years",
    "simses-lite (github.com/martincornejo/simses-lite) and BLAST-Lite 1.1 (github.com/NREL/BLAST-Lite) on one profile",
    compare, ("aging/profile_*.csv.gz", "aging/ref_*.csv"))
