"""All accounts of a run at once."""

from __future__ import annotations

from dataclasses import dataclass

from twin.accounts.carbon import Carbon, settle_carbon
from twin.accounts.contents import Content, contents_of
from twin.accounts.energy import Energy, settle_energy
from twin.accounts.green import Green, settle_green
from twin.accounts.kpi import key_figures
from twin.accounts.money import Money, settle_money
from twin.accounts.rules import Rules
from twin.accounts.series import Flows, flows_of
from twin.accounts.storage_health import StorageHealth, storage_health
from twin.accounts.thermal import ThermalNetwork, settle_thermal
from twin.store.run_data import RunData


@dataclass(frozen=True, slots=True)
class Accounts:
    """Energy, heat and cold, green, carbon and money accounts of one run, and its key figures."""

    rules: Rules
    flows: Flows
    energy: Energy
    thermal: tuple[ThermalNetwork, ...]
    """Heating and cooling networks, in scenario order."""
    contents: tuple[Content, ...]
    """All that holds heat or cold: networks, stand-alone tanks, drive circuits."""
    storages: tuple[StorageHealth, ...]
    """Storages that state losses by cause or laws of ageing, in scenario order."""
    green: Green
    carbon: Carbon
    money: Money
    kpi: dict[str, float]
    """Unit-suffixed name → value; labels by :func:`twin.accounts.kpi.kpi_label`."""


def settle(run: RunData, rules: Rules | None = None) -> Accounts:
    """Settle a run: a pure function of its data and of the declared rules.

    Parameters
    ----------
    rules : choices of the accounts; default: what the run's scenario declares under ``accounts:``

    Raises
    ------
    RunStoreError
        If a power or a price of the run is not a number.
    ScenarioError
        If the run has several tariffs and nothing says by which it is billed.
    """
    rules = rules or Rules.of_scenario(run.scenario)
    flows = flows_of(run)
    thermal = settle_thermal(run)
    energy = settle_energy(run, flows, thermal)
    green = settle_green(run, flows, rules)
    carbon = settle_carbon(run, flows, rules)
    contents = contents_of(run, thermal)
    money = settle_money(run, flows, energy, contents, green, carbon, rules)
    storages = storage_health(run)
    kpi = key_figures(run, energy, thermal, contents, storages, green, carbon, money)
    return Accounts(rules, flows, energy, thermal, contents, storages, green, carbon, money, kpi)
