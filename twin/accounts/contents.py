"""What holds heat or cold at the end of a run, and how much more or less than at the start. MWh.

Networks with their tanks, stand-alone tanks, and the drive circuits of absorption chillers with the heat that is still
under way to them. All but drive heat is recorded as content; a stand-alone tank states its energy as heat, whatever it
is used for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.accounts.finite import finite, own_steps
from twin.accounts.links import links_of
from twin.accounts.thermal import COOLING, HEATING, ThermalNetwork, tank_mw, thermal_networks
from twin.component import Role
from twin.store.run_data import ComponentRecord, RunData

DRIVE_CONTENT = "drive circuits"
"""Name of the content of all of them; a component's name has no blank."""


@dataclass(frozen=True, slots=True)
class Content:
    """One thing that holds heat or cold."""

    name: str
    service: str
    """``heating``: it holds heat; ``cooling``: it holds cold."""
    change_mwh: float
    """End less start, of what the service counts as positive."""
    power_mw: np.ndarray
    """Given less taken, shape (n,), without losses."""


def contents_of(run: RunData, networks: tuple[ThermalNetwork, ...]) -> tuple[Content, ...]:
    """Networks, stand-alone tanks, drive circuits."""
    found = [Content(n.name, n.service, n.stored_change_mwh, tank_mw(run, n.name)) for n in networks]
    found += [_tank(run, c, networks) for c in run.of_role(Role.STORAGE) if is_tank(run, c)]
    return (*found, *_drive_circuits(run))


def is_tank(run: RunData, component: ComponentRecord) -> bool:
    """Whether a storage gives heat and no electricity."""
    return (run.has(f"{component.name}.energy_mwh") and run.has(f"{component.name}.heat_mw")
            and not run.has(f"{component.name}.p_mw"))


def _tank(run: RunData, tank: ComponentRecord, networks: tuple[ThermalNetwork, ...]) -> Content:
    """A tank of cold that gave all of it is warm: its content as cold is the missing heat."""
    dt_h = tank.step_s / 3600.0
    energy, heat = own_steps(run, tank, "energy_mwh"), own_steps(run, tank, "heat_mw")
    loss = own_steps(run, tank, "loss_mw") if run.has(f"{tank.name}.loss_mw") else np.zeros_like(heat)
    change = float(energy[-1] - energy[0] - (heat[0] + loss[0]) * dt_h) if len(energy) else 0.0
    service = _service(run, tank, networks)
    sign = -1.0 if service == COOLING else 1.0
    return Content(tank.name, service, sign * change, sign * finite(run, f"{tank.name}.heat_mw"))


def _service(run: RunData, tank: ComponentRecord, networks: tuple[ThermalNetwork, ...]) -> str:
    """That of the network it is connected to; else cold where there are only cooling networks, else heat."""
    neighbours = {end.component for link in links_of(run) if tank.name in (link.source.component, link.target.component)
                  for end in link[:2]}
    services = [n.service for n in networks if n.name in neighbours] or [n.service for n in networks]
    return COOLING if services and HEATING not in services else HEATING


def _drive_circuits(run: RunData) -> list[Content]:
    """Their content, and what was given in the last step, for that arrives one step late. None where nothing moved."""
    takers = [c for c in thermal_networks(run, COOLING)
              if run.has(f"{c.name}.drive_stored_mwh") and run.has(f"{c.name}.drive_used_mw")]
    givers = [c for c in thermal_networks(run, HEATING) if run.has(f"{c.name}.drive_mw")]
    used_mw = sum((finite(run, f"{c.name}.drive_used_mw") for c in takers), np.zeros(len(run.grid_t_s)))
    given_mw = sum((finite(run, f"{c.name}.drive_mw") for c in givers), np.zeros_like(used_mw))
    if not (takers and (used_mw.any() or given_mw.any())):
        return []
    change = 0.0
    for taker in takers:
        stored, used = own_steps(run, taker, "drive_stored_mwh"), own_steps(run, taker, "drive_used_mw")
        # nothing arrives in the first step: what it used was there at the start
        change += float(stored[-1] - stored[0] - used[0] * taker.step_s / 3600.0) if len(stored) else 0.0
    for giver in givers:
        change += float(own_steps(run, giver, "drive_mw")[-1:].sum()) * giver.step_s / 3600.0
    return [Content(DRIVE_CONTENT, HEATING, change, used_mw - given_mw)]
