"""Runs written by hand: one function per kind of component, each returning its record and its series."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from twin.component import Event, Role, Section
from twin.nameplate import (
    GeneratorNameplate,
    LoadNameplate,
    Nameplate,
    NodePlate,
    PipePlate,
    RenewableNameplate,
    SourcePlate,
    StorageNameplate,
    SubstationPlate,
    TariffNameplate,
    ThermalNetworkNameplate,
)
from twin.store.run_data import ComponentRecord, RunData

START = datetime.fromisoformat("2025-07-15T00:00:00+08:00")

Part = tuple[str, str, Role, Section, dict[str, np.ndarray], dict[str, tuple[str, ...]], Nameplate | None, int | None]


def part(
    name: str, type_: str, role: Role, series: dict[str, Sequence[float] | np.ndarray], *,
    plate: Nameplate | None = None, section: Section = Section.ASSETS,
    vectors: dict[str, tuple[str, ...]] | None = None, step_s: int | None = None,
) -> Part:
    """Any component."""
    values = {k: np.asarray(v, dtype=float) for k, v in series.items()}
    return name, type_, role, section, values, vectors or {}, plate, step_s


def load(p: Sequence[float], name: str = "town", baseline: Sequence[float] | None = None) -> Part:
    """A consumer; ``p`` ≤ 0."""
    return part(name, "electric_load", Role.LOAD, {"p_mw": p, "baseline_mw": p if baseline is None else baseline},
                plate=LoadNameplate(peak_mw=10.0, interruptible_frac=0.3, priority=1))


def sun(p: Sequence[float], name: str = "sun", curtailed: Sequence[float] | None = None) -> Part:
    """A renewable plant."""
    return part(name, "pv_plant", Role.RENEWABLE,
                {"p_mw": p, "curtailed_mw": np.zeros(len(p)) if curtailed is None else curtailed},
                plate=RenewableNameplate(peak_mw=10.0))


ENGINE = GeneratorNameplate(rated_mw=4.0, min_mw=1.2, fuel="gas", electrical_efficiency=0.45, thermal_efficiency=0.40,
                            fuel_emission_t_per_mwh=0.2, start_cost=500.0, running_cost_per_mwh=20.0, min_up_h=2.0,
                            min_down_h=2.0, emergency_only=False)


def engine(p: Sequence[float], name: str = "engine", start_cost: Sequence[float] | None = None) -> Part:
    """A gas engine of 45 % electrical and 40 % thermal efficiency at every load."""
    power = np.asarray(p, dtype=float)
    fuel = power / 0.45
    starts = np.cumsum(np.diff(power > 0, prepend=False) & (power > 0))
    series = {"p_mw": power, "gas_mw": -fuel, "heat_mw": 0.40 * fuel, "loss_mw": 0.15 * fuel, "start_count": starts}
    if start_cost is not None:
        series["start_cost"] = np.asarray(start_cost)
    return part(name, "chp", Role.GENERATOR, series, plate=ENGINE)


def battery(
    p: Sequence[float], *, start_mwh: float, dt_h: float = 1.0, name: str = "bess", eta: float = 0.9,
    capacity_mwh: float = 40.0, standing_mw: float = 0.0, wear: Sequence[float] | None = None,
) -> Part:
    """A battery with equal one-way efficiencies and a constant standing loss, by the law dE = -(p + loss) dt."""
    power = np.asarray(p, dtype=float)
    loss = np.where(power < 0, -power * (1 - eta), power * (1 / eta - 1)) + standing_mw
    energy = start_mwh - np.cumsum((power + loss) * dt_h)
    plate = StorageNameplate(10.0, 10.0, capacity_mwh, eta, eta, 0.0, 1.0, 100.0)
    series = {"p_mw": power, "loss_mw": loss, "energy_mwh": energy, "soc": energy / capacity_mwh}
    if wear is not None:
        series["wear_cost"] = np.asarray(wear)
    return part(name, "battery", Role.STORAGE, series, plate=plate)


SOURCES = {"heating": ("chp_heat_mw", "boiler_mw", "external_mw", "feed_mw"),
           "cooling": ("chiller_mw", "absorption_mw", "external_mw", "feed_mw")}
USES = {"heating": ("delivered_mw", "extraction_mw", "loss_mw", "tank_loss_mw", "dumped_mw", "stranded_mw", "drive_mw"),
        "cooling": ("delivered_mw", "extraction_mw", "loss_mw", "tank_loss_mw")}
OTHERS = {"heating": ("tank_mw", "gas_mw", "boiler_loss_mw", "pump_mw", "p_mw", "status_code"),
          "cooling": ("tank_mw", "chiller_p_mw", "drive_used_mw", "rejected_mw", "water_m3", "pump_mw", "p_mw",
                      "status_code")}


def thermal_network(
    service: str, consumers: dict[str, tuple[Sequence[float], Sequence[float]]], *, name: str | None = None,
    dt_h: float = 1.0, **series: Sequence[float],
) -> Part:
    """A heating or cooling network that records all it may record, 0 for what is not given.

    Each consumer is (demand, delivered), in order of priority; demand, delivered and unserved follow from them. Where
    they are not given, the change of the contents follows from the balance, and what the plants gave to the water is
    what they made and their tank discharged, less what was dumped, stranded or drove chillers.
    """
    demand, delivered = (np.array([c[i] for c in consumers.values()], dtype=float).T for i in range(2))
    unserved = demand - delivered
    n = len(demand)
    values = {k: np.zeros(n) for k in (*SOURCES[service], *USES[service], *OTHERS[service])}
    values |= {"demand_mw": demand.sum(axis=1), "delivered_mw": delivered.sum(axis=1),
               "unserved_mw": unserved.sum(axis=1)} | {k: np.asarray(v, dtype=float) for k, v in series.items()}
    off = sum((values[k] for k in ("dumped_mw", "stranded_mw", "drive_mw") if k in values), np.zeros(n))
    values.setdefault("plant_mw", sum((values[k] for k in SOURCES[service][:2]), values["tank_mw"]) - off)
    surplus = sum(values[k] for k in SOURCES[service]) - sum(values[k] for k in USES[service])
    values.setdefault("stored_change_mwh", surplus * dt_h)
    vectors = {"substation_demand_mw": demand, "substation_delivered_mw": delivered, "substation_unserved_mw": unserved}
    plate = ThermalNetworkNameplate(
        service, (NodePlate("EC", 0.0, 0.0), NodePlate("A", 100.0, 0.0)), (PipePlate("EC-A", "EC", "A", 100.0, 0.25),),
        tuple(SubstationPlate(c, "A", i + 1) for i, c in enumerate(consumers)), (SourcePlate("EC", "EC"),))
    return part(name or service, f"{'heat' if service == 'heating' else 'cooling'}_network", Role.NETWORK,
                values | vectors, plate=plate, section=Section.NETWORKS,
                vectors=dict.fromkeys(vectors, tuple(consumers)))


def tariff(demand_charge: float = 0.0, **prices: Sequence[float]) -> Part:
    """A market with the given price outputs."""
    plate = TariffNameplate(lambda t: {}, demand_charge, 900, 0.0)
    return part("tariff", "time_of_use_tariff", Role.MARKET, prices, plate=plate, section=Section.MARKETS)


def grid(others: Sequence[Part], loss: Sequence[float] | float = 0.0, name: str = "grid") -> Part:
    """The network that closes the balance of the other parts: exchange = loss - Σ p."""
    powers = [values["p_mw"] for _, _, _, _, values, *_ in others if "p_mw" in values]
    total = np.sum(powers, axis=0)
    return part(name, "single_bus", Role.NETWORK, {"exchange_mw": loss - total, "loss_mw": loss + np.zeros_like(total)},
                section=Section.NETWORKS)


def make_run(
    *parts: Part, step_s: int = 3600, start: datetime = START, timezone: str = "Asia/Shanghai",
    events: Sequence[Event] = (), duration_s: int | None = None,
) -> RunData:
    """A run of the parts; all series as long as the run."""
    components, values = {}, {}
    longest = 0
    for name, type_, role, section, series, vectors, plate, own_step in parts:
        own = own_step or step_s
        scalars = tuple(k for k in series if k not in vectors)
        components[name] = ComponentRecord(name, type_, role, section, own, scalars, vectors, {}, plate)
        values |= {f"{name}.{k}": v for k, v in series.items()}
        longest = max([longest, *(len(v) * own for v in series.values())])
    return RunData(name="toy", start=start, timezone=timezone, duration_s=duration_s or longest, step_s=step_s,
                   currency="CNY", components=components, values=values, events=list(events), scenario={"name": "toy"})


def closed_run(*parts: Part, loss: Sequence[float] | float = 0.0, **options: object) -> RunData:
    """A run of the parts with a network that closes the balance."""
    return make_run(*parts, grid(parts, loss), **options)  # type: ignore[arg-type]
