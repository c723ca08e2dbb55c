"""Key figures of a run: one flat dictionary of unit-suffixed names, and how each is called in print."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from twin.accounts.carbon import Carbon
from twin.accounts.contents import Content
from twin.accounts.energy import Energy
from twin.accounts.green import Green
from twin.accounts.money import Money
from twin.accounts.series import components_on_bus
from twin.accounts.storage_health import StorageHealth
from twin.accounts.thermal import (
    COOLING,
    HEATING,
    ThermalNetwork,
    demand_mw,
    feeds_heat_network,
    thermal_unsolved_h,
)
from twin.component import Role
from twin.store.run_data import RunData

KPI_LABELS: dict[str, str] = {
    "consumption_mwh": "Consumption of loads",
    "network_use_mwh": "Electricity of heat and cooling networks (pumps, chillers, fans)",
    "renewable_generation_mwh": "Renewable generation",
    "generator_generation_mwh": "Fuel-fired generation",
    "import_mwh": "Import from the public grid",
    "export_mwh": "Export to the public grid",
    "network_loss_mwh": "Network losses",
    "storage_loss_mwh": "Storage losses",
    "storage_energy_change_mwh": "Change of the stored energy from start to end",
    "curtailed_mwh": "Curtailed renewable energy",
    "interrupted_mwh": "Interrupted consumption",
    "fuel_mwh": "Fuel burnt (LHV)",
    "heat_mwh": "Heat of plants that no network takes",
    "heat_demand_mwh": "Heat demand",
    "heat_delivered_mwh": "Heat delivered",
    "heat_unserved_mwh": "Heat not served",
    "heat_loss_mwh": "Heat losses of pipes and tanks",
    "heat_loss_frac": "Heat losses / heat that entered the pipes",
    "heat_stored_change_mwh": "Change of the heat in tanks, pipes and drive circuits from start to end",
    "chp_heat_mwh": "Heat of CHP plants",
    "chp_total_efficiency_frac": "CHP total efficiency (electricity and used heat / fuel)",
    "boiler_heat_mwh": "Heat of boilers",
    "boiler_gas_mwh": "Gas of boilers (LHV)",
    "heat_bought_mwh": "Heat bought",
    "heat_dumped_mwh": "Heat dumped",
    "heat_stranded_mwh": "Heat stranded (neither used nor dumped)",
    "drive_heat_mwh": "Heat driving absorption chillers",
    "peak_heat_mw": "Peak heat demand",
    "cooling_demand_mwh": "Cooling demand",
    "cooling_delivered_mwh": "Cold delivered",
    "cooling_unserved_mwh": "Cold not served",
    "cooling_loss_mwh": "Cold losses of pipes and tanks",
    "cooling_loss_frac": "Cold losses / cold that entered the pipes",
    "cooling_stored_change_mwh": "Change of the cold in tanks and pipes from start to end",
    "chiller_cooling_mwh": "Cold of electric chillers",
    "absorption_cooling_mwh": "Cold of absorption chillers",
    "cooling_bought_mwh": "Cold bought",
    "cooling_plant_cop": "COP of the cooling plants (all cold made / all electricity, pumps and towers included)",
    "water_m3": "Make-up water of cooling towers",
    "peak_cooling_mw": "Peak cooling demand",
    "green_share_frac": "Green share of consumption",
    "green_share_bound_frac": "Bound of the green share (available own generation / consumption)",
    "self_consumption_frac": "Self-consumption of renewable energy",
    "green_exported_mwh": "Green energy exported",
    "certificates_count": "Green certificates issued",
    "emission_t": "Emission",
    "emission_t_per_mwh": "Emission per MWh consumed (electricity, heat, cold)",
    "export_avoided_t": "Emission avoided elsewhere by export (not credited)",
    "net_cost": "Net cost",
    "net_cost_per_mwh": "Net cost per MWh consumed (electricity, heat, cold)",
    "net_cost_stock_adjusted": "Net cost with the change of stored energy",
    "grid_only_cost": "Cost if all were bought from the grid",
    "saving": "Operating saving against buying all from the grid, stored energy counted",
    "peak_import_mw": "Peak import",
    "billed_peak_mw": "Peak import, mean of the metering interval",
    "peak_export_mw": "Peak export",
    "vm_min_pu": "Lowest bus voltage",
    "vm_max_pu": "Highest bus voltage",
    "max_line_loading_percent": "Highest line loading",
    "max_transformer_loading_percent": "Highest transformer loading",
    "storage_cycles_count": "Full cycles of the storages",
    "storage_health_frac": "Capacity left of the most worn storage, nominal law of ageing",
    "storage_health_low_frac": "Capacity left of the most worn storage, lowest of its laws",
    "storage_health_high_frac": "Capacity left of the most worn storage, highest of its laws",
    "starts_count": "Starts of plants",
    "alarm_count": "Alarms",
    "warning_count": "Warnings",
    "unsolved_h": "Time without a power flow solution",
    "thermal_unsolved_h": "Time in which a heat or cooling network was not solvable",
    "energy_residual_rel": "Energy balance residual / throughput",
    "heat_handover_deviation_rel": "Heat given less heat received, by what arrives one step late / heat handed over",
    "tag_residual_rel": "Origin tags residual / capacity",
    "storage_efficiency_deviation_rel": "Storage losses not explained by the nameplate / throughput",
}
"""Name → label, in the order of print; names of money carry the currency as a suffix in the dictionary."""

_MONEY = ("net_cost", "net_cost_stock_adjusted", "grid_only_cost", "saving")


def key_figures(
    run: RunData, energy: Energy, thermal: tuple[ThermalNetwork, ...], contents: tuple[Content, ...],
    storages: tuple[StorageHealth, ...], green: Green, carbon: Carbon, money: Money,
) -> dict[str, float]:
    """All key figures that are defined for the run, in the order of :data:`KPI_LABELS`."""
    consumed = _consumed_mwh(run, energy, thermal)
    heating = [n for n in thermal if n.service == HEATING]
    emission_t = carbon.emission_t if not carbon.unknown else math.nan
    net = money.net_cost if money.items else math.nan
    adjusted = money.net_cost_stock_adjusted if money.items and money.net_cost_stock_adjusted is not None else math.nan
    reference = money.grid_only_cost if money.grid_only_cost is not None else math.nan
    figures: dict[str, float] = {
        "consumption_mwh": energy.consumption_mwh,
        "network_use_mwh": energy.network_use_mwh if thermal or energy.network_use_mwh else math.nan,
        "renewable_generation_mwh": energy.renewable_generation_mwh,
        "generator_generation_mwh": energy.generator_generation_mwh,
        "import_mwh": energy.import_mwh,
        "export_mwh": energy.export_mwh,
        "network_loss_mwh": energy.network_loss_mwh,
        "storage_loss_mwh": energy.storage_loss_mwh,
        "storage_energy_change_mwh": energy.storage_energy_change_mwh,
        "curtailed_mwh": energy.curtailed_mwh,
        "interrupted_mwh": energy.interrupted_mwh,
        "fuel_mwh": energy.fuel_mwh,
        "heat_mwh": math.nan if heating else energy.heat_mwh,
        **_heat_figures(run, energy, heating, _stored_change_mwh(contents, HEATING)),
        **_cooling_figures(run, [n for n in thermal if n.service == COOLING], _stored_change_mwh(contents, COOLING)),
        "green_share_frac": green.green_share_frac,
        "green_share_bound_frac": green.green_share_bound_frac,
        "self_consumption_frac": green.self_consumption_frac,
        "green_exported_mwh": green.green_exported_mwh,
        "certificates_count": float(green.certificates_issued.sum()),
        "emission_t": emission_t,
        "emission_t_per_mwh": emission_t / consumed if consumed else math.nan,
        "export_avoided_t": carbon.export_avoided_t,
        "net_cost": net,
        "net_cost_per_mwh": net / consumed if consumed else math.nan,
        "net_cost_stock_adjusted": adjusted,
        "grid_only_cost": reference,
        "saving": reference - adjusted,
        "peak_import_mw": energy.peak_import_mw,
        "billed_peak_mw": max((m.peak_mw for m in money.months), default=0.0),
        "peak_export_mw": energy.peak_export_mw,
        "vm_min_pu": _extreme(run, "vm_pu", np.min),
        "vm_max_pu": _extreme(run, "vm_pu", np.max),
        "max_line_loading_percent": _extreme(run, "line_loading_percent", np.max),
        "max_transformer_loading_percent": _extreme(run, "transformer_loading_percent", np.max),
        "storage_cycles_count": energy.storage_cycles_count,
        **_health_figures(storages),
        "starts_count": sum(c.starts_count for c in energy.components),
        "alarm_count": float(sum(e.severity == "alarm" for e in run.events)),
        "warning_count": float(sum(e.severity == "warning" for e in run.events)),
        "unsolved_h": energy.unsolved_h,
        "thermal_unsolved_h": thermal_unsolved_h(run) if thermal else math.nan,
        "energy_residual_rel": energy.residual_rel,
        "heat_handover_deviation_rel": energy.heat_handover_deviation_rel,
        "tag_residual_rel": green.tag_residual_rel,
        "storage_efficiency_deviation_rel": energy.storage_efficiency_deviation_rel,
    }
    currency = run.currency.lower()
    return {_with_currency(k, currency): float(v) for k, v in figures.items() if math.isfinite(v)}


def _health_figures(storages: tuple[StorageHealth, ...]) -> dict[str, float]:
    """Band over the laws of ageing of the storage that the nominal one has worn most."""
    bands = [s.band("capacity_frac") for s in storages if s.laws]
    if not bands:
        return {}
    low, nominal, high = min(bands, key=lambda band: band[1])
    return {"storage_health_frac": nominal, "storage_health_low_frac": low, "storage_health_high_frac": high}


def _consumed_mwh(run: RunData, energy: Energy, thermal: tuple[ThermalNetwork, ...]) -> float:
    """Electricity, heat and cold; a heat pump that feeds a network counts by its heat alone, as the chillers do."""
    pumps = {c.name for c in components_on_bus(run, Role.LOAD) if feeds_heat_network(run, c)}
    of_pumps = sum(c.taken_mwh for c in energy.components if c.name in pumps)
    return energy.consumption_mwh - of_pumps + sum(n.delivered_mwh for n in thermal)


def _stored_change_mwh(contents: tuple[Content, ...], service: str) -> float:
    """nan where nothing holds heat or cold."""
    changes = [c.change_mwh for c in contents if c.service == service]
    return math.fsum(changes) if changes else math.nan


def _heat_figures(
    run: RunData, energy: Energy, networks: list[ThermalNetwork], stored_change_mwh: float
) -> dict[str, float]:
    """Sums over the heating networks; without one, the contents. CHP heat counts as used unless dumped or stranded."""
    if not networks:
        return {"heat_stored_change_mwh": stored_change_mwh}

    def total(field: str) -> float:
        return float(sum(getattr(n, field) for n in networks))

    plants = [c for c in energy.components if c.role == Role.GENERATOR and run.has(f"{c.name}.heat_mw")]
    fuel, power = sum(c.fuel_mwh for c in plants), sum(c.delivered_mwh - c.taken_mwh for c in plants)
    used = total("chp_mwh") - total("dumped_mwh") - total("stranded_mwh")
    fed_in = total("fed_in_mwh")
    return {
        "heat_demand_mwh": total("demand_mwh"),
        "heat_delivered_mwh": total("delivered_mwh"),
        "heat_unserved_mwh": total("unserved_mwh"),
        "heat_loss_mwh": total("loss_mwh"),
        "heat_loss_frac": total("loss_mwh") / fed_in if fed_in > 0.0 else math.nan,
        "heat_stored_change_mwh": stored_change_mwh,
        "chp_heat_mwh": sum(c.heat_mwh for c in plants) if plants else math.nan,
        "chp_total_efficiency_frac": (power + used) / fuel if fuel > 0.0 else math.nan,
        "boiler_heat_mwh": total("boiler_mwh"),
        "boiler_gas_mwh": total("gas_mwh"),
        "heat_bought_mwh": total("bought_mwh"),
        "heat_dumped_mwh": total("dumped_mwh"),
        "heat_stranded_mwh": total("stranded_mwh"),
        "drive_heat_mwh": total("drive_mwh"),
        "peak_heat_mw": float(demand_mw(run, HEATING).max(initial=0.0)),
    }


def _cooling_figures(run: RunData, networks: list[ThermalNetwork], stored_change_mwh: float) -> dict[str, float]:
    """Sums over the cooling networks; without one, the contents."""
    if not networks:
        return {"cooling_stored_change_mwh": stored_change_mwh}

    def total(field: str) -> float:
        return float(sum(getattr(n, field) for n in networks))

    fed_in, electricity = total("fed_in_mwh"), total("electricity_mwh")
    made = total("chiller_mwh") + total("absorption_mwh")
    return {
        "cooling_demand_mwh": total("demand_mwh"),
        "cooling_delivered_mwh": total("delivered_mwh"),
        "cooling_unserved_mwh": total("unserved_mwh"),
        "cooling_loss_mwh": total("loss_mwh"),
        "cooling_loss_frac": total("loss_mwh") / fed_in if fed_in > 0.0 else math.nan,
        "cooling_stored_change_mwh": stored_change_mwh,
        "chiller_cooling_mwh": total("chiller_mwh"),
        "absorption_cooling_mwh": total("absorption_mwh"),
        "cooling_bought_mwh": total("bought_mwh"),
        "cooling_plant_cop": made / electricity if made > 0.0 and electricity > 0.0 else math.nan,
        "water_m3": total("water_m3"),
        "peak_cooling_mw": float(demand_mw(run, COOLING).max(initial=0.0)),
    }


def kpi_label(name: str, currency: str) -> str:
    """How a key figure is called in print."""
    suffix = f"_{currency.lower()}"
    if name in KPI_LABELS:
        return KPI_LABELS[name]
    bare = name.replace(f"{suffix}_per_mwh", "_per_mwh").removesuffix(suffix)
    return KPI_LABELS[bare]


def _with_currency(name: str, currency: str) -> str:
    if name in _MONEY:
        return f"{name}_{currency}"
    return f"net_cost_{currency}_per_mwh" if name == "net_cost_per_mwh" else name


def _extreme(run: RunData, output: str, of: Callable[[np.ndarray], float]) -> float:
    """Extreme of a vector output over all networks; nan where none records it."""
    found = [run.native(f"{c.name}.{output}") for c in run.of_role(Role.NETWORK) if run.has(f"{c.name}.{output}")]
    values = np.concatenate([np.ravel(v) for v in found]) if found else np.zeros(0)
    values = values[np.isfinite(values)]
    return float(of(values)) if len(values) else math.nan
