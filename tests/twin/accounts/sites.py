"""Random small sites for property tests: every storage stays within its capacity, the network closes the balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from tests.twin.accounts.builders import Part, battery, closed_run, engine, load, sun, tariff
from twin.store.run_data import RunData

ETA = 0.9
CAPACITY_MWH = 20.0
STANDING_MW = 0.01


@dataclass(frozen=True)
class Site:
    """What is needed to build a site at any cut of its steps."""

    sun_mw: list[float]
    engine_mw: list[float]
    load_mw: list[float]
    batteries: list[tuple[float, list[float]]]
    """Opening energy and power of each battery."""
    network_loss_mw: float
    start_cost: float
    wear_cost: float

    def run(self, cuts: int = 1) -> RunData:
        """The site with each hourly step cut into equal parts; money booked per step is divided."""
        def cut(series: list[float]) -> np.ndarray:
            return np.repeat(np.asarray(series, dtype=float), cuts)

        n = len(self.sun_mw)
        parts: list[Part] = [sun(cut(self.sun_mw)), load(cut(self.load_mw), baseline=cut(self.load_mw) * 1.1)]
        parts.append(engine(cut(self.engine_mw), start_cost=cut([self.start_cost / cuts] * n)))
        parts += [
            battery(cut(p), start_mwh=start, dt_h=1.0 / cuts, name=f"bess_{i}", eta=ETA, capacity_mwh=CAPACITY_MWH,
                    standing_mw=STANDING_MW, wear=cut([self.wear_cost / cuts] * n))
            for i, (start, p) in enumerate(self.batteries)
        ]
        hours = np.arange(n)
        parts.append(tariff(
            demand_charge=40_000.0,
            buy_price_per_mwh=cut(500.0 + 100 * hours), sell_price_per_mwh=cut(300.0 + 0 * hours),
            gas_price_per_mwh=cut(350.0 + 0 * hours), carbon_price_per_t=cut(80.0 + hours),
            grid_emission_t_per_mwh=cut(0.5 + 0.01 * hours), certificate_price_per_mwh=cut(50.0 + hours),
            demand_response_price_per_mwh=cut(850.0 * (hours % 3 == 1)),
        ))
        return closed_run(*parts, loss=self.network_loss_mw, step_s=3600 // cuts)


def feasible(start_mwh: float, wanted_mw: list[float]) -> list[float]:
    """The wanted powers, clipped so that an hourly battery never over- or underflows."""
    energy, found = start_mwh, []
    for p in wanted_mw:
        low = -(CAPACITY_MWH - energy + STANDING_MW) / ETA
        spare = energy - STANDING_MW
        high = spare * ETA if spare > 0.0 else spare / ETA  # an empty store has to cover its standing loss
        power = min(max(p, low), high)
        energy -= power / ETA + STANDING_MW if power > 0 else power * ETA + STANDING_MW
        found.append(power)
    return found


@st.composite
def sites(draw: st.DrawFn, *, with_sun: bool = True, with_engine: bool = True) -> Site:
    """A site of one to eight hours with up to two batteries."""
    n = draw(st.integers(1, 8))
    power = st.one_of(st.just(0.0), st.floats(0.001, 8.0))

    def series(some: bool = True) -> list[float]:
        return draw(st.lists(power, min_size=n, max_size=n)) if some else [0.0] * n

    batteries = []
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.floats(1.0, CAPACITY_MWH))
        wanted = draw(st.lists(st.floats(-6.0, 6.0), min_size=n, max_size=n))
        batteries.append((start, feasible(start, wanted)))
    return Site(series(with_sun), series(with_engine), [-p for p in series()], batteries,
                draw(st.sampled_from([0.0, 0.05])), draw(st.floats(0.0, 500.0)), draw(st.floats(0.0, 50.0)))
