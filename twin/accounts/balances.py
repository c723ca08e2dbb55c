"""The balances of a run: what goes in comes out, is lost, is stored, or is the residual. MWh; LHV for fuels.

What the residuals prove: the electricity balance is an independent check where a power flow is solved, for powers come
from the components, exchange and losses from the network's solution. So are those of heating and cooling networks
(:mod:`twin.accounts.thermal`), of the heat that CHP plants hand to their network, of the drive heat that a heating
network hands to a cooling network, and of what a heat pump, a tank and a network hand to each other along explicit
connections (:mod:`twin.accounts.handover`): each side has its own record. The balances of storages, tanks, plants and
heat pumps check the bookkeeping only (their losses are mostly defined by what is left over); whether a storage keeps
the efficiencies it states is checked apart, in :mod:`twin.accounts.storage_check`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin.accounts.contents import is_tank
from twin.accounts.finite import finite, own_steps
from twin.accounts.handover import Handover
from twin.accounts.links import End, links_of
from twin.accounts.series import Flows, components_on_bus
from twin.accounts.thermal import COOLING, HEAT_PUMP_OUTPUT, HEATING, ThermalNetwork, thermal_networks
from twin.component import Role
from twin.nameplate import GeneratorNameplate, ThermalNetworkNameplate
from twin.store.run_data import ComponentRecord, RunData

SMALLEST_THROUGHPUT_MWH = 1e-9
"""A balance that moves less than one milliwatt-hour is judged against that, so that rest is not divided by zero."""
HEAT_PUMP_OUTPUTS = ("p_mw", "evaporator_heat_mw", HEAT_PUMP_OUTPUT, "loss_mw")
"""What a heat pump must record to be balanced; what it takes is negative."""
DRIVE_OUTPUTS = ("drive_request_mw", "drive_used_mw", "drive_stored_mwh")
"""What a cooling network must record of its drive circuit."""


@dataclass(frozen=True, slots=True)
class Balance:
    """One conservation law over the run."""

    name: str
    residual_mwh: float
    """Sum over the steps of what does not add up, each without its sign."""
    throughput_mwh: float

    @property
    def residual_rel(self) -> float:
        """Residual as a fraction of the throughput."""
        return self.residual_mwh / max(self.throughput_mwh, SMALLEST_THROUGHPUT_MWH)


def balances_of(
    run: RunData, flows: Flows, networks: tuple[ThermalNetwork, ...], handovers: tuple[Handover, ...]
) -> tuple[Balance, ...]:
    """Electricity, storages and plants, then all that is heat or cold."""
    on_bus = components_on_bus(run, Role.STORAGE)
    found = [_electricity_balance(flows)] if flows.metered else []
    found += [_storage_balance(run, c, "p_mw") for c in on_bus if _records(run, c, "energy_mwh", "loss_mw")]
    found += [_conversion_balance(run, c, c.nameplate.fuel) for c in components_on_bus(run, Role.GENERATOR)
              if isinstance(c.nameplate, GeneratorNameplate) and _records(run, c, f"{c.nameplate.fuel}_mw", "loss_mw")]
    found += [_storage_balance(run, c, "heat_mw") for c in run.of_role(Role.STORAGE)
              if is_tank(run, c) and _records(run, c, "loss_mw")]
    found += [_heat_pump_balance(run, c) for c in components_on_bus(run, Role.LOAD)
              if _records(run, c, *HEAT_PUMP_OUTPUTS)]
    found += [Balance(n.name, n.residual_mwh, n.throughput_mwh) for n in networks]
    found += [Balance(f"{n.name} boilers", n.boiler_residual_mwh, n.gas_mwh) for n in networks
              if n.gas_mwh > 0.0 or n.boiler_residual_mwh > 0.0]
    found += [Balance(h.name, h.residual_mwh, h.throughput_mwh) for h in handovers]
    return (*found, *_extraction_balances(run), *_chp_heat_balance(run), *_drive_heat_balance(run))


def _records(run: RunData, component: ComponentRecord, *outputs: str) -> bool:
    return all(run.has(f"{component.name}.{output}") for output in outputs)


def _electricity_balance(flows: Flows) -> Balance:
    """Σ p + import - export - loss = 0 in every step."""
    power = np.array(list(flows.power_mw.values())).reshape(len(flows.power_mw), len(flows.import_mw))
    residual = power.sum(axis=0) + flows.import_mw - flows.export_mw - flows.loss_mw
    supplied = np.maximum(power, 0.0).sum(axis=0) + flows.import_mw
    return Balance("electricity", float(np.abs(residual).sum()) * flows.dt_h, float(supplied.sum()) * flows.dt_h)


def _storage_balance(run: RunData, component: ComponentRecord, output: str) -> Balance:
    """E(k) - E(k-1) = -(power + loss) dt at the storage's own step; the first step has no recorded predecessor.

    ``output`` is what the storage gives: electricity, or the heat of a tank.
    """
    dt_h = component.step_s / 3600.0
    energy, power, loss = (own_steps(run, component, o) for o in ("energy_mwh", output, "loss_mw"))
    residual = np.diff(energy) + (power[1:] + loss[1:]) * dt_h
    # the content counts as moved: a resting storage is judged against what it holds, not against zero; that of a tank
    # colder than its reference is negative
    moved = float((np.abs(power) + np.abs(loss)).sum()) * dt_h + float(np.max(np.abs(energy), initial=0.0))
    return Balance(component.name, float(np.abs(residual).sum()), moved)


def _conversion_balance(run: RunData, component: ComponentRecord, fuel: str) -> Balance:
    """Fuel (negative) + power + heat + loss = 0 in every step."""
    dt_h = component.step_s / 3600.0
    burnt = own_steps(run, component, f"{fuel}_mw")
    out = own_steps(run, component, "p_mw") + own_steps(run, component, "loss_mw")
    if _records(run, component, "heat_mw"):
        out = out + own_steps(run, component, "heat_mw")
    return Balance(component.name, float(np.abs(burnt + out).sum()) * dt_h, float(np.abs(burnt).sum()) * dt_h)


def _heat_pump_balance(run: RunData, component: ComponentRecord) -> Balance:
    """Electricity and evaporator heat (both negative) + condenser heat + loss = 0 in every step."""
    dt_h = component.step_s / 3600.0
    power, evaporator, condenser, loss = (own_steps(run, component, o) for o in HEAT_PUMP_OUTPUTS)
    residual = power + evaporator + condenser + loss
    return Balance(component.name, float(np.abs(residual).sum()) * dt_h,
                   float((np.abs(power) + np.abs(evaporator)).sum()) * dt_h)


def _extraction_balances(run: RunData) -> list[Balance]:
    """Heat that components say they take out of a network's return - heat the network says was taken = 0.

    Of networks all of whose extractions are connected to a recorded power in the network's own step.
    """
    found, links = [], links_of(run)
    for network in thermal_networks(run, HEATING):
        ends = [End(network.name, t, "extraction_mw") for t in network.vectors.get("extraction_inlet_degc", ())]
        into = [link for link in links if link.target in ends]
        takers = [run.components.get(link.source.component) for link in into]
        outputs = [link.source.port for link in into]
        known = [c for c, o in zip(takers, outputs, strict=True)
                 if c is not None and o in c.outputs and c.step_s == network.step_s and _records(run, c, o)]
        if not (ends and len(known) == len(into) and {link.target for link in into} == set(ends)):
            continue
        dt_h, late = network.step_s / 3600.0, max(link.delay for link in into)
        taken = own_steps(run, network, "extraction_mw")
        n = len(taken)
        given = sum((own_steps(run, c, link.source.port)[late - link.delay : n - link.delay]
                     for c, link in zip(known, into, strict=True)), np.zeros(n - late))
        found.append(Balance(f"{network.name} extraction", float(np.abs(given - taken[late:]).sum()) * dt_h,
                             float(np.abs(given).sum()) * dt_h))
    return found


def _chp_heat_balance(run: RunData) -> tuple[Balance, ...]:
    """Heat that plants say they gave - heat the network says it was offered = 0 in every step.

    With several heating networks the record does not say which one a plant feeds, and heat from an explicit connection
    may have any origin: then there is no balance.
    """
    networks = thermal_networks(run, HEATING)
    if len(networks) != 1 or not _records(run, networks[0], "chp_heat_mw"):
        return ()
    network = networks[0]
    if any((link.target.component, link.target.port) == (network.name, "heat_mw") for link in links_of(run)):
        return ()
    plants = [c for c in run.of_role(Role.GENERATOR)
              if _records(run, c, "heat_mw") and not _at_substation(run, c, network)]
    offered = finite(run, f"{network.name}.chp_heat_mw")
    given = sum((finite(run, f"{c.name}.heat_mw") for c in plants), np.zeros_like(offered))
    if not (plants or offered.any()):
        return ()
    dt_h = run.grid_step_s / 3600.0
    return (Balance("CHP heat", float(np.abs(given - offered).sum()) * dt_h, float(np.abs(given).sum()) * dt_h),)


def _drive_heat_balance(run: RunData) -> tuple[Balance, ...]:
    """Drive heat given in the step before - used - change of the drive circuits' content = 0.

    It arrives one step late: what was given in the last step is still under way, and the first step has no recorded
    predecessor. Without a balance: networks of different steps, drive heat from or for others than these networks.
    """
    givers = [c for c in thermal_networks(run, HEATING) if _records(run, c, "drive_mw")]
    takers = [c for c in thermal_networks(run, COOLING) if _records(run, c, *DRIVE_OUTPUTS)]
    if len({c.step_s for c in (*givers, *takers)}) != 1 or not (givers and takers):
        return ()
    known = {(c.name, "drive_share_frac") for c in givers}
    outside = [link for link in links_of(run) if link.target.port == "drive_share_frac"
               and (link.source.component, link.source.port) not in known]
    asked = _sum(run, takers, "drive_request_mw")
    if outside or not (asked.any() or _sum(run, takers, "drive_used_mw").any()):
        return ()
    dt_h = givers[0].step_s / 3600.0
    given, used = _sum(run, givers, "drive_mw")[:-1] * dt_h, _sum(run, takers, "drive_used_mw")[1:] * dt_h
    stored = _sum(run, takers, "drive_stored_mwh")
    residual = given - used - np.diff(stored)
    return (Balance("drive heat", float(np.abs(residual).sum()), float(given.sum()) + float(stored[:1].sum())),)


def _sum(run: RunData, components: Iterable[ComponentRecord], output: str) -> np.ndarray:
    return np.sum([own_steps(run, c, output) for c in components], axis=0)


def _at_substation(run: RunData, component: ComponentRecord, network: ComponentRecord) -> bool:
    """Whether a plant stands on a substation: there its heat only lessens the demand."""
    said = (run.scenario.get("assets") or {}).get(component.name) or {}
    terminal = str(said.get("heat_node") or "").rpartition("/")[2]
    plate = network.nameplate
    return isinstance(plate, ThermalNetworkNameplate) and any(s.name == terminal for s in plate.substations)
