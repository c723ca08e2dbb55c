"""Energy of a run by component and in sum. MWh; LHV for fuels. What must add up: :mod:`twin.accounts.balances`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin.accounts.balances import Balance, balances_of
from twin.accounts.handover import handovers_of
from twin.accounts.series import Flows, components_on_bus, fuel_input_mw, storage_series
from twin.accounts.storage_check import efficiency_deviations
from twin.accounts.thermal import ThermalNetwork
from twin.component import Role
from twin.nameplate import LoadNameplate, StorageNameplate
from twin.store.run_data import ComponentRecord, RunData


@dataclass(frozen=True, slots=True)
class ComponentEnergy:
    """What one component on the bus did over the run; what does not apply is 0."""

    name: str
    type: str
    role: str
    """A network stands here as a load, for the constant loads of its own or for its pumps and chillers; an external
    simulator as a load for what it draws and as a probe for what it feeds in."""
    delivered_mwh: float
    """Into the network."""
    taken_mwh: float
    """Out of the network, ≥ 0."""
    peak_delivered_mw: float
    peak_taken_mw: float
    fuel_mwh: float
    heat_mwh: float
    loss_mwh: float
    curtailed_mwh: float
    interrupted_mwh: float
    """Consumption the load's baseline had and the load had not."""
    full_cycles_count: float
    """Full equivalent cycles: half of what went in and out, over the energy capacity."""
    starts_count: float


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy account of a run."""

    components: tuple[ComponentEnergy, ...]
    balances: tuple[Balance, ...]
    consumption_mwh: float
    """Of the loads and of external consumers, after interruption; without ``network_use_mwh``, plant use and
    losses."""
    network_use_mwh: float
    """Electricity of heating and cooling networks: pumps, chillers, fans."""
    renewable_generation_mwh: float
    generator_generation_mwh: float
    storage_charge_mwh: float
    storage_discharge_mwh: float
    storage_loss_mwh: float
    storage_energy_change_mwh: float
    """Content of the storages at the end less that at the start; valued in :mod:`twin.accounts.stock`."""
    import_mwh: float
    export_mwh: float
    network_loss_mwh: float
    curtailed_mwh: float
    interrupted_mwh: float
    fuel_mwh: float
    heat_mwh: float
    peak_import_mw: float
    peak_export_mw: float
    storage_cycles_count: float
    unsolved_h: float
    """Time without a valid power flow."""
    handover_deviation_rel: dict[str, float]
    """Who hands heat to whom → by how much given and received differ, for one of them learns of it a step late."""
    storage_deviation_rel: dict[str, float]
    """Storage → loss that its nameplate does not explain, over its throughput; of those that can be checked."""

    @property
    def residual_rel(self) -> float:
        """The worst of all balances."""
        return max((b.residual_rel for b in self.balances), default=0.0)

    @property
    def heat_handover_deviation_rel(self) -> float:
        """The worst of all pairs; nan where none can be checked."""
        return max(self.handover_deviation_rel.values(), default=math.nan)

    @property
    def storage_efficiency_deviation_rel(self) -> float:
        """The worst of all storages; nan where none can be checked."""
        return max(self.storage_deviation_rel.values(), default=math.nan)


def settle_energy(run: RunData, flows: Flows, thermal: tuple[ThermalNetwork, ...] = ()) -> Energy:
    """Energy by component, totals and balances, those of heat and cold among them."""
    dt_h = flows.dt_h
    components = (*(_component_energy(run, flows, c) for c in components_on_bus(run)),
                  *(_component_energy(run, flows, run.components[name]) for name in (*flows.base, *flows.network_use)),
                  *(_external_energy(flows, name) for name in (*flows.external_use, *flows.external_supply)))

    def total(field: str, role: Role | None = None) -> float:
        return float(sum(getattr(c, field) for c in components if role is None or c.role == role))

    handovers = handovers_of(run)
    loads = [c for c in components if c.role == Role.LOAD and c.name not in flows.network_use]
    charge, discharge = total("taken_mwh", Role.STORAGE), total("delivered_mwh", Role.STORAGE)
    capacity = sum(
        c.nameplate.energy_mwh for c in components_on_bus(run, Role.STORAGE)
        if isinstance(c.nameplate, StorageNameplate)
    )
    return Energy(
        components=components,
        balances=balances_of(run, flows, thermal, handovers),
        consumption_mwh=float(sum(c.taken_mwh for c in loads)),
        network_use_mwh=float(sum(c.taken_mwh for c in components if c.name in flows.network_use)),
        renewable_generation_mwh=total("delivered_mwh", Role.RENEWABLE),
        generator_generation_mwh=total("delivered_mwh", Role.GENERATOR),
        storage_charge_mwh=charge,
        storage_discharge_mwh=discharge,
        storage_loss_mwh=total("loss_mwh", Role.STORAGE),
        storage_energy_change_mwh=_storage_energy_change_mwh(run, dt_h),
        import_mwh=float(flows.import_mw.sum()) * dt_h,
        export_mwh=float(flows.export_mw.sum()) * dt_h,
        network_loss_mwh=float(flows.loss_mw.sum()) * dt_h,
        curtailed_mwh=total("curtailed_mwh"),
        interrupted_mwh=total("interrupted_mwh"),
        fuel_mwh=total("fuel_mwh"),
        heat_mwh=total("heat_mwh"),
        peak_import_mw=float(flows.import_mw.max(initial=0.0)),
        peak_export_mw=float(flows.export_mw.max(initial=0.0)),
        storage_cycles_count=(charge + discharge) / 2 / capacity if capacity else 0.0,
        unsolved_h=float(flows.unsolved.sum()) * dt_h,
        handover_deviation_rel={h.name: h.deviation_rel for h in handovers},
        storage_deviation_rel=efficiency_deviations(run),
    )


def _storage_energy_change_mwh(run: RunData, dt_h: float) -> float:
    return sum(storage_series(run, c).change_mwh(dt_h) for c in components_on_bus(run, Role.STORAGE))


def interrupted_mw(run: RunData, component: ComponentRecord, power_mw: np.ndarray) -> np.ndarray:
    """Reduction of a load against its baseline [MW]; 0 for a load that states no baseline."""
    if not run.has(f"{component.name}.baseline_mw"):
        return np.zeros_like(power_mw)
    return power_mw - run.on_grid(f"{component.name}.baseline_mw")


def _component_energy(run: RunData, flows: Flows, component: ComponentRecord) -> ComponentEnergy:
    name, plate, dt_h = component.name, component.nameplate, flows.dt_h
    power = flows.power_mw[name]
    delivered, taken = np.maximum(power, 0.0), np.maximum(-power, 0.0)

    def energy_of(output: str) -> float:
        return float(run.on_grid(f"{name}.{output}").sum()) * dt_h if run.has(f"{name}.{output}") else 0.0

    is_network = component.role == Role.NETWORK
    fuel = fuel_input_mw(run, component)
    through = float(np.abs(power).sum()) * dt_h
    starts = run.native(f"{name}.start_count") if run.has(f"{name}.start_count") else np.zeros(0)
    is_load = component.role == Role.LOAD or isinstance(plate, LoadNameplate)
    return ComponentEnergy(
        name=name,
        type=component.type,
        role=Role.LOAD if is_network else component.role,
        delivered_mwh=float(delivered.sum()) * dt_h,
        taken_mwh=float(taken.sum()) * dt_h,
        peak_delivered_mw=float(delivered.max(initial=0.0)),
        peak_taken_mw=float(taken.max(initial=0.0)),
        fuel_mwh=float(fuel.sum()) * dt_h if fuel is not None else 0.0,
        heat_mwh=energy_of("heat_mw"),
        # those of electrical networks stand in the totals, those of heat and cold in their own account
        loss_mwh=0.0 if is_network else energy_of("loss_mw"),
        curtailed_mwh=energy_of("curtailed_mw"),
        interrupted_mwh=float(interrupted_mw(run, component, power).sum()) * dt_h if is_load else 0.0,
        full_cycles_count=through / 2 / plate.energy_mwh if isinstance(plate, StorageNameplate) else 0.0,
        starts_count=float(starts[-1]) if len(starts) else 0.0,
    )


def _external_energy(flows: Flows, name: str) -> ComponentEnergy:
    power, dt_h = flows.power_mw[name], flows.dt_h
    delivered, taken = np.maximum(power, 0.0), np.maximum(-power, 0.0)
    return ComponentEnergy(
        name=name, type="external", role=Role.LOAD if name in flows.external_use else Role.PROBE,
        delivered_mwh=float(delivered.sum()) * dt_h, taken_mwh=float(taken.sum()) * dt_h,
        peak_delivered_mw=float(delivered.max(initial=0.0)), peak_taken_mw=float(taken.max(initial=0.0)),
        fuel_mwh=0.0, heat_mwh=0.0, loss_mwh=0.0, curtailed_mwh=0.0, interrupted_mwh=0.0, full_cycles_count=0.0,
        starts_count=0.0,
    )
