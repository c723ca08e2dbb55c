"""The electrical powers and prices of a run on one time grid: what all accounts start from.

Units: MW, hours, money in the run's currency. Sign: into the network is positive; import is positive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.accounts.external import external_powers
from twin.accounts.finite import finite
from twin.accounts.tariff import billing_tariff
from twin.component import Role
from twin.nameplate import GeneratorNameplate, StorageNameplate
from twin.store.run_data import ComponentRecord, RunData

ON_THE_BUS = (Role.RENEWABLE, Role.GENERATOR, Role.STORAGE, Role.LOAD)
"""Roles whose ``p_mw`` meets in the electrical balance, in the order they are shown; the plants of heating and cooling
networks join them, see :func:`network_plants`."""
NETWORK_FUEL = "gas"
"""What the boilers of a network burn: output ``gas_mw``, price ``gas_price_per_mwh``."""


@dataclass(frozen=True, slots=True)
class Flows:
    """Electrical powers on the run's finest step; every array has shape (n,)."""

    dt_h: float
    power_mw: dict[str, np.ndarray]
    """Component → ``p_mw``, for all components on the bus; network → ``base_mw`` where a network has constant loads of
    its own; heating or cooling network → ``p_mw`` of its plants; external simulator → what it draws, and apart from
    that what it feeds in."""
    base: tuple[str, ...]
    """The electrical networks in ``power_mw``."""
    network_use: tuple[str, ...]
    """The heating and cooling networks in ``power_mw``: their pumps, chillers and fans."""
    external_use: tuple[str, ...]
    """What external simulators draw, in ``power_mw`` (≤ 0)."""
    external_supply: tuple[str, ...]
    """What external simulators feed in, in ``power_mw`` (≥ 0); of unknown origin."""
    import_mw: np.ndarray
    export_mw: np.ndarray
    loss_mw: np.ndarray
    """Losses of the networks."""
    unsolved: np.ndarray
    """True where a power flow had no solution. Where it gave no numbers either, the exchange is the missing power and
    the loss 0."""
    metered: bool
    """False where no network records its exchange; then it is the missing power everywhere."""

    def sum_mw(self, names: list[str]) -> np.ndarray:
        """Sum of the powers of some components."""
        return np.sum([self.power_mw[n] for n in names], axis=0) if names else np.zeros_like(self.import_mw)


@dataclass(frozen=True, slots=True)
class StorageSeries:
    """One storage on the run's finest step, shapes (n,)."""

    power_mw: np.ndarray
    loss_mw: np.ndarray
    start_energy_mwh: float
    capacity_mwh: float
    charge_efficiency: float | None
    """One-way; None where the storage states none."""

    def change_mwh(self, dt_h: float) -> float:
        """Content at the end less that at the start."""
        return -float((self.power_mw + self.loss_mw).sum()) * dt_h


def components_on_bus(run: RunData, role: Role | None = None) -> list[ComponentRecord]:
    """Components with an electrical ``p_mw``, in the order of :data:`ON_THE_BUS`, optionally of one role."""
    roles = (role,) if role is not None else ON_THE_BUS
    return [c for r in roles for c in run.of_role(r) if run.has(f"{c.name}.p_mw")]


def network_plants(run: RunData) -> list[ComponentRecord]:
    """Networks that use electricity or gas themselves: heating and cooling networks with pumps, chillers, boilers.

    An electrical network records an exchange, and its own loads as ``base_mw``.
    """
    return [c for c in run.of_role(Role.NETWORK) if not run.has(f"{c.name}.exchange_mw")
            and (run.has(f"{c.name}.p_mw") or run.has(f"{c.name}.{NETWORK_FUEL}_mw"))]


def flows_of(run: RunData) -> Flows:
    """Collect the electrical powers of a run.

    Raises
    ------
    RunStoreError
        If a component recorded a power that is not a number: named with its time.
    """
    power = {c.name: finite(run, f"{c.name}.p_mw") for c in components_on_bus(run)}
    n = run.duration_s // run.grid_step_s
    networks = [c.name for c in run.of_role(Role.NETWORK) if run.has(f"{c.name}.exchange_mw")]
    base = {name: finite(run, f"{name}.base_mw") for name in networks if run.has(f"{name}.base_mw")}
    power |= {name: series for name, series in base.items() if series.any()}
    plants = {c.name: finite(run, f"{c.name}.p_mw") if run.has(f"{c.name}.p_mw") else np.zeros(n)
              for c in network_plants(run)}
    power |= plants
    use, supply = external_powers(run)
    power |= use | supply
    balance = np.sum(list(power.values()), axis=0) if power else np.zeros(n)
    import_mw, export_mw, loss = np.zeros(n), np.zeros(n), np.zeros(n)
    lost, unsolved = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    for name in networks:
        exchange = run.on_grid(f"{name}.exchange_mw")
        network_loss = run.on_grid(f"{name}.loss_mw") if run.has(f"{name}.loss_mw") else np.zeros(n)
        lost |= ~(np.isfinite(exchange) & np.isfinite(network_loss))
        unsolved |= lost | _diverged(run, name)
        # networks are summed by direction: what one exports is not what the other imports
        import_mw += np.maximum(exchange, 0.0)
        export_mw += np.maximum(-exchange, 0.0)
        loss += network_loss
    inferred = lost if networks else np.ones(n, dtype=bool)
    return Flows(
        dt_h=run.grid_step_s / 3600.0,
        power_mw=power,
        base=tuple(name for name in base if name in power),
        network_use=tuple(plants),
        external_use=tuple(use),
        external_supply=tuple(supply),
        import_mw=np.where(inferred, np.maximum(-balance, 0.0), import_mw),
        export_mw=np.where(inferred, np.maximum(balance, 0.0), export_mw),
        loss_mw=np.where(inferred, 0.0, loss),
        unsolved=unsolved,
        metered=bool(networks),
    )


def _diverged(run: RunData, network: str) -> np.ndarray:
    """Steps that the network itself marked as without solution."""
    n = run.duration_s // run.grid_step_s
    if not run.has(f"{network}.converged_code"):
        return np.zeros(n, dtype=bool)
    names = run.components[network].codes.get("converged_code", {})
    failed = [code for code, name in names.items() if name == "diverged"]
    return np.isin(run.on_grid(f"{network}.converged_code"), failed)


def price_on_grid(run: RunData, name: str) -> np.ndarray | None:
    """A price or factor by its port name: from the tariff that bills, else from the first market that records it, or
    from any other component."""
    billing = billing_tariff(run)
    records = [*([billing] if billing else []), *run.of_role(Role.MARKET), *run.components.values()]
    key = next((f"{c.name}.{name}" for c in records if name in c.outputs and run.has(f"{c.name}.{name}")), None)
    return finite(run, key) if key else None


def fuel_input_mw(run: RunData, component: ComponentRecord) -> np.ndarray | None:
    """Fuel burnt [MW LHV, ≥ 0] on the grid, by a plant or by the boilers of a network; None where there is none.

    A plant that records no fuel gets it from its rated efficiency.
    """
    plate = component.nameplate
    if component.role == Role.NETWORK and run.has(f"{component.name}.{NETWORK_FUEL}_mw"):
        return -finite(run, f"{component.name}.{NETWORK_FUEL}_mw")
    if not isinstance(plate, GeneratorNameplate):
        return None
    if run.has(f"{component.name}.{plate.fuel}_mw"):
        return -finite(run, f"{component.name}.{plate.fuel}_mw")
    return np.maximum(finite(run, f"{component.name}.p_mw"), 0.0) / plate.electrical_efficiency


def booked(run: RunData, component: ComponentRecord, output: str) -> float | None:
    """Sum of an output that is booked once per step (money, not a rate), over the simulated time."""
    key = f"{component.name}.{output}"
    if not run.has(key):
        return None
    steps = -(-run.duration_s // component.step_s)
    return float(np.sum(run.native(key)[:steps]))


def storage_series(run: RunData, component: ComponentRecord) -> StorageSeries:
    """Power, loss and opening energy of a storage.

    A storage that records no loss gets the loss its energy implies; one that records no energy is taken as lossless,
    with just enough opening energy never to run empty.
    """
    name, plate = component.name, component.nameplate
    power = finite(run, f"{name}.p_mw")
    dt_h = run.grid_step_s / 3600.0
    own_dt_h = component.step_s / 3600.0
    known = plate if isinstance(plate, StorageNameplate) else None
    if not run.has(f"{name}.energy_mwh"):
        loss = finite(run, f"{name}.loss_mw") if run.has(f"{name}.loss_mw") else np.zeros_like(power)
        drawn = np.cumsum((power + loss) * dt_h)
        start = max(0.0, float(drawn.max(initial=0.0)))
        capacity = known.energy_mwh if known else max(start - float(drawn.min(initial=0.0)), start)
        return StorageSeries(power, loss, start, capacity, known.charge_efficiency if known else None)
    energy = run.native(f"{name}.energy_mwh")
    own_power = run.native(f"{name}.p_mw")
    if run.has(f"{name}.loss_mw"):
        loss = finite(run, f"{name}.loss_mw")
        first_drawn = float(own_power[0] + run.native(f"{name}.loss_mw")[0]) * own_dt_h if len(energy) else 0.0
    else:
        own_loss = -np.diff(energy, prepend=energy[:1]) / own_dt_h - own_power
        own_loss[:1] = 0.0
        repeat = component.step_s // run.grid_step_s
        loss = np.repeat(own_loss, repeat)[: len(power)]
        first_drawn = float(own_power[0]) * own_dt_h if len(energy) else 0.0
    start = max(0.0, float(energy[0]) + first_drawn) if len(energy) else 0.0
    capacity = known.energy_mwh if known else float(np.max(energy, initial=0.0))
    return StorageSeries(power, loss, start, capacity, known.charge_efficiency if known else None)
