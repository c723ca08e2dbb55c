"""Heat and cold of a run: what each heating and cooling network took in, delivered, lost and left unserved. MWh.

Everything is read at the run's finest step, powers as means. A network's balance is an independent check: sources less
uses against the change of the stored energy that the network states,

    heating: CHP + boilers + bought + feeds - delivered - extraction - drive heat - dumped - stranded - losses = change
    cooling: chillers + absorption + bought + feeds - delivered - extraction - losses = change  (cold counts positive)

What the substations asked for and did not get stands apart as unserved: it is no term of the balance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin.accounts.finite import checked, finite
from twin.component import Role
from twin.nameplate import SubstationPlate, ThermalNetworkNameplate
from twin.store.run_data import ComponentRecord, RunData

HEATING, COOLING = "heating", "cooling"
"""Services a network may have, as its nameplate says them."""
SOURCES: dict[str, dict[str, str]] = {
    HEATING: {"chp_heat_mw": "CHP plants", "boiler_mw": "Boilers", "external_mw": "Bought heat",
              "feed_mw": "Feeds, net"},
    COOLING: {"chiller_mw": "Electric chillers", "absorption_mw": "Absorption chillers", "external_mw": "Bought cold",
              "feed_mw": "Feeds, net"},
}
"""Service → output → label."""
USES: dict[str, dict[str, str]] = {
    HEATING: {"delivered_mw": "Delivered", "extraction_mw": "Taken from the return",
              "drive_mw": "Absorption chillers", "dumped_mw": "Dumped", "stranded_mw": "Stranded",
              "loss_mw": "Pipe losses", "tank_loss_mw": "Tank losses"},
    COOLING: {"delivered_mw": "Delivered", "extraction_mw": "Taken from the return", "loss_mw": "Pipe losses",
              "tank_loss_mw": "Tank losses"},
}
STORED, DRAWN = "Stored in tanks and pipes", "Drawn from tanks and pipes"
RAN_BACKWARDS = {
    "Feeds, net": "Given to feeds, net", "Taken from the return": "Given to the return",
    "Pipe losses": "Gained by pipes", "Tank losses": "Gained by tanks",
}
"""Label → what it is called on the other side, for a term that may have either sign over a run."""
HEAT_PUMP_OUTPUT = "condenser_heat_mw"
"""A load that records it makes heat: what it consumes is not a need of its own."""


@dataclass(frozen=True, slots=True)
class SubstationEnergy:
    """What one consumer of a network asked for and got."""

    name: str
    node: str
    priority: int
    """1 is served first."""
    demand_mwh: float
    delivered_mwh: float
    unserved_mwh: float
    unserved_h: float
    """Time with anything unserved."""


@dataclass(frozen=True, slots=True)
class ThermalNetwork:
    """Account of one heating or cooling network; what a service does not have is 0."""

    name: str
    service: str
    """``heating`` or ``cooling``."""
    demand_mwh: float
    delivered_mwh: float
    unserved_mwh: float
    peak_demand_mw: float
    peak_delivered_mw: float
    chp_mwh: float
    boiler_mwh: float
    chiller_mwh: float
    absorption_mwh: float
    bought_mwh: float
    feed_mwh: float
    """Net of all feeds."""
    extraction_mwh: float
    drive_mwh: float
    """Heating: given to absorption chillers. Cooling: taken by them."""
    dumped_mwh: float
    stranded_mwh: float
    fed_in_mwh: float
    """What entered the pipes: given to their water by plants (tanks included), bought, from feeds. Not what was dumped,
    stranded or drove absorption chillers. nan where the network does not record what its plants gave."""
    pipe_loss_mwh: float
    tank_loss_mwh: float
    stored_change_mwh: float
    """Content of tanks, pipes and headers at the end less that at the start."""
    gas_mwh: float
    """Burnt by the boilers, lower heating value."""
    boiler_loss_mwh: float
    electricity_mwh: float
    """Of pumps, chillers, fans and burners; 0 where the network is on no bus."""
    pump_mwh: float
    """Of the circulation pumps alone."""
    chiller_electricity_mwh: float
    rejected_mwh: float
    water_m3: float
    """Make-up water of the cooling towers."""
    unsolved_h: float
    """Time in which the network could not do what was asked (its status is not 0)."""
    trouble_h: dict[str, float]
    """The same by the name of the status."""
    residual_mwh: float
    """Sum over the steps of what the balance misses, each without its sign."""
    throughput_mwh: float
    boiler_residual_mwh: float
    """Gas less heat less loss of the boilers, summed without sign; 0 where the network does not record all three."""
    substations: tuple[SubstationEnergy, ...]

    @property
    def sources(self) -> tuple[tuple[str, float], ...]:
        """Label and MWh of all that came in; the sum is that of :attr:`uses`.

        A use that ran backwards over the run (cold gained by pipes in frost) stands here.
        """
        terms = (*zip(SOURCES[self.service].values(), self._in_mwh(), strict=True), (DRAWN, -self.stored_change_mwh))
        return _positive(terms) + _backwards(zip(USES[self.service].values(), self._out_mwh(), strict=True))

    @property
    def uses(self) -> tuple[tuple[str, float], ...]:
        """Label and MWh of where it went; a source that took out more than it gave stands here."""
        terms = (*zip(USES[self.service].values(), self._out_mwh(), strict=True), (STORED, self.stored_change_mwh))
        return _positive(terms) + _backwards(zip(SOURCES[self.service].values(), self._in_mwh(), strict=True))

    @property
    def loss_mwh(self) -> float:
        """Losses of pipes and tanks."""
        return self.pipe_loss_mwh + self.tank_loss_mwh

    @property
    def loss_frac(self) -> float:
        """Losses over what entered the pipes; nan where nothing did."""
        return self.loss_mwh / self.fed_in_mwh if self.fed_in_mwh > 0.0 else math.nan

    @property
    def chiller_cop(self) -> float:
        """Cold of the electric chillers over their electricity; nan where they stood."""
        used = self.chiller_electricity_mwh
        return self.chiller_mwh / used if used > 0.0 else math.nan

    @property
    def plant_cop(self) -> float:
        """Cold of all chillers over all electricity of the network: towers and pumps included; nan without."""
        made = self.chiller_mwh + self.absorption_mwh
        return made / self.electricity_mwh if made > 0.0 and self.electricity_mwh > 0.0 else math.nan

    @property
    def boiler_efficiency(self) -> float:
        """Heat of the boilers over their gas, lower heating value; nan where they stood."""
        return self.boiler_mwh / self.gas_mwh if self.gas_mwh > 0.0 else math.nan

    def _in_mwh(self) -> tuple[float, ...]:
        made = (self.chp_mwh, self.boiler_mwh) if self.service == HEATING else (self.chiller_mwh, self.absorption_mwh)
        return (*made, self.bought_mwh, self.feed_mwh)

    def _out_mwh(self) -> tuple[float, ...]:
        heat = (self.drive_mwh, self.dumped_mwh, self.stranded_mwh) if self.service == HEATING else ()
        return (self.delivered_mwh, self.extraction_mwh, *heat, self.pipe_loss_mwh, self.tank_loss_mwh)


def settle_thermal(run: RunData) -> tuple[ThermalNetwork, ...]:
    """The account of every heating and cooling network.

    Raises
    ------
    RunStoreError
        If a recorded power is not a number: named with its time.
    """
    return tuple(_settle_network(run, c, plate) for c, plate in _networks(run))


def thermal_networks(run: RunData, service: str) -> list[ComponentRecord]:
    """Networks of a service, in scenario order."""
    return [c for c, plate in _networks(run) if plate.service == service]


def demand_mw(run: RunData, service: str) -> np.ndarray:
    """What the substations of all networks of a service asked for, shape (n,)."""
    return _sum_mw(run, [_mean_mw(run, c, "demand_mw") for c in thermal_networks(run, service)])


def delivered_mw(run: RunData, service: str) -> np.ndarray:
    """What the consumers of all networks of a service got, shape (n,)."""
    return _sum_mw(run, [_mean_mw(run, c, "delivered_mw") for c in thermal_networks(run, service)])


def bought_mw(run: RunData, service: str) -> np.ndarray:
    """Heat or cold from sources without plant, shape (n,); what flowed back earns nothing."""
    return _sum_mw(run, [np.maximum(_mean_mw(run, c, "external_mw"), 0.0) for c in thermal_networks(run, service)])


def feeds_heat_network(run: RunData, component: ComponentRecord) -> bool:
    """Whether a load is a heat pump whose heat a network delivers: its electricity is then no consumption beside it."""
    return bool(thermal_networks(run, HEATING)) and run.has(f"{component.name}.{HEAT_PUMP_OUTPUT}")


def tank_mw(run: RunData, network: str) -> np.ndarray:
    """Discharge less charge of a network's tank, shape (n,); 0 where it records none."""
    return _mean_mw(run, run.components[network], "tank_mw")


def thermal_unsolved_h(run: RunData) -> float:
    """Time in which any of the networks was not solvable."""
    trouble = [_unsolved(run, c) for c, _ in _networks(run)]
    return float(np.any(trouble, axis=0).sum()) * run.grid_step_s / 3600.0 if trouble else 0.0


def _unsolved(run: RunData, component: ComponentRecord) -> np.ndarray:
    key = f"{component.name}.status_code"
    return run.on_grid(key) != 0 if run.has(key) else np.zeros(len(run.grid_t_s), dtype=bool)


def _trouble_h(run: RunData, component: ComponentRecord, dt_h: float) -> dict[str, float]:
    unsolved = _unsolved(run, component)
    if not unsolved.any():
        return {}
    codes, counts = np.unique(run.on_grid(f"{component.name}.status_code")[unsolved], return_counts=True)
    names = component.codes.get("status_code", {})
    return {names.get(int(code), f"status {code:g}"): float(count) * dt_h
            for code, count in zip(codes, counts, strict=True)}


def _sum_mw(run: RunData, powers: list[np.ndarray]) -> np.ndarray:
    return np.sum(powers, axis=0) if powers else np.zeros(len(run.grid_t_s))


def _positive(terms: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple((label, mwh) for label, mwh in terms if mwh > 0.0)


def _backwards(terms: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return _positive((RAN_BACKWARDS.get(label, f"{label}, backwards"), -mwh) for label, mwh in terms)


def _networks(run: RunData) -> list[tuple[ComponentRecord, ThermalNetworkNameplate]]:
    return [(c, c.nameplate) for c in run.of_role(Role.NETWORK) if isinstance(c.nameplate, ThermalNetworkNameplate)]


def _mean_mw(run: RunData, component: ComponentRecord, output: str) -> np.ndarray:
    """A power on the grid; 0 where it was not recorded. What is booked per step counts as spread over the step."""
    key = f"{component.name}.{output}"
    if not run.has(key):
        return np.zeros(len(run.grid_t_s))
    return finite(run, key) if output.endswith("_mw") else finite(run, key) / (component.step_s / 3600.0)


def _settle_network(run: RunData, component: ComponentRecord, plate: ThermalNetworkNameplate) -> ThermalNetwork:
    service, dt_h = plate.service, run.grid_step_s / 3600.0

    def mean(output: str) -> np.ndarray:
        return _mean_mw(run, component, output)

    def total(output: str) -> float:
        return float(mean(output).sum()) * dt_h

    def taken(output: str) -> float:
        return 0.0 - total(output)  # not -total: nothing taken is 0 and not -0

    change = mean("stored_change_mwh")
    supplied = [mean(output) for output in SOURCES[service]]
    residual = np.sum(supplied, axis=0) - np.sum([mean(output) for output in USES[service]], axis=0) - change
    throughput = np.sum([np.maximum(s, 0.0) for s in (*supplied, -change)], axis=0)
    return ThermalNetwork(
        name=component.name,
        service=service,
        demand_mwh=total("demand_mw"),
        delivered_mwh=total("delivered_mw"),
        unserved_mwh=total("unserved_mw"),
        peak_demand_mw=float(mean("demand_mw").max(initial=0.0)),
        peak_delivered_mw=float(mean("delivered_mw").max(initial=0.0)),
        chp_mwh=total("chp_heat_mw"),
        boiler_mwh=total("boiler_mw"),
        chiller_mwh=total("chiller_mw"),
        absorption_mwh=total("absorption_mw"),
        bought_mwh=total("external_mw"),
        feed_mwh=total("feed_mw"),
        extraction_mwh=total("extraction_mw"),
        drive_mwh=total("drive_mw" if service == HEATING else "drive_used_mw"),
        dumped_mwh=total("dumped_mw"),
        stranded_mwh=total("stranded_mw"),
        fed_in_mwh=_fed_in_mwh(run, component, dt_h),
        pipe_loss_mwh=total("loss_mw"),
        tank_loss_mwh=total("tank_loss_mw"),
        stored_change_mwh=float(change.sum()) * dt_h,
        gas_mwh=taken("gas_mw"),
        boiler_loss_mwh=total("boiler_loss_mw"),
        electricity_mwh=taken("p_mw"),
        pump_mwh=total("pump_mw"),
        chiller_electricity_mwh=taken("chiller_p_mw"),
        rejected_mwh=total("rejected_mw"),
        water_m3=total("water_m3"),
        unsolved_h=float(_unsolved(run, component).sum()) * dt_h,
        trouble_h=_trouble_h(run, component, dt_h),
        residual_mwh=float(np.abs(residual).sum()) * dt_h,
        throughput_mwh=float(throughput.sum()) * dt_h,
        boiler_residual_mwh=_boiler_residual_mwh(run, component, dt_h),
        substations=_substations(run, component, plate, dt_h),
    )


def _fed_in_mwh(run: RunData, component: ComponentRecord, dt_h: float) -> float:
    if not run.has(f"{component.name}.plant_mw"):
        return math.nan
    entering = [np.maximum(_mean_mw(run, component, o), 0.0) for o in ("plant_mw", "external_mw", "feed_mw")]
    return float(np.sum(entering)) * dt_h


def _boiler_residual_mwh(run: RunData, component: ComponentRecord, dt_h: float) -> float:
    outputs = ("gas_mw", "boiler_mw", "boiler_loss_mw")
    if not all(run.has(f"{component.name}.{output}") for output in outputs):
        return 0.0
    return float(np.abs(np.sum([_mean_mw(run, component, output) for output in outputs], axis=0)).sum()) * dt_h


def _substations(
    run: RunData, component: ComponentRecord, plate: ThermalNetworkNameplate, dt_h: float
) -> tuple[SubstationEnergy, ...]:
    """Consumers in the order of the nameplate, of those that the run recorded."""
    name, labels = component.name, component.vectors.get("substation_unserved_mw", ())

    def of(output: str, station: SubstationPlate) -> np.ndarray:
        names = component.vectors.get(output, ())
        if station.name not in names:
            return np.zeros(len(run.grid_t_s))
        column = run.on_grid(f"{name}.{output}")[:, names.index(station.name)]
        return checked(run, f"{name}.{output}[{station.name}]", column)

    found = []
    for station in (s for s in plate.substations if s.name in labels):
        unserved = of("substation_unserved_mw", station)
        found.append(SubstationEnergy(
            station.name, station.node, station.priority,
            demand_mwh=float(of("substation_demand_mw", station).sum()) * dt_h,
            delivered_mwh=float(of("substation_delivered_mw", station).sum()) * dt_h,
            unserved_mwh=float(unserved.sum()) * dt_h,
            unserved_h=float(np.count_nonzero(unserved > 0.0)) * dt_h,
        ))
    return tuple(found)
