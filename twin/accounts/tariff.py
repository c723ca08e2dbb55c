"""Which tariff a run is billed by: the one its operator works with."""

from __future__ import annotations

from twin.component import Role
from twin.errors import ScenarioError
from twin.store.run_data import ComponentRecord, RunData

BUY_PRICE = "buy_price_per_mwh"
"""The output that makes a market a tariff."""


def billing_tariff(run: RunData) -> ComponentRecord | None:
    """The tariff by which the run is billed; None where no market has a purchase price.

    Of several, the one that a controller of the scenario names with ``tariff:``, or whose purchase price is connected
    to a controller under ``connections:``.

    Raises
    ------
    ScenarioError
        If there are several and none, or more than one, is chosen.
    """
    tariffs = {c.name: c for c in run.of_role(Role.MARKET) if BUY_PRICE in c.outputs}
    if len(tariffs) <= 1:
        return next(iter(tariffs.values()), None)
    chosen = [name for name in tariffs if name in _chosen(run)]
    if len(chosen) == 1:
        return tariffs[chosen[0]]
    said = f"the controllers work with {' and '.join(chosen)}" if chosen else "no controller says which one applies"
    raise ScenarioError(f"run {run.name!r} has several tariffs ({', '.join(tariffs)}) and {said}, so that it cannot be "
                        f"billed; name one for all with 'control: {{tariff: {next(iter(tariffs))}}}', or keep only one "
                        f"under 'markets:'")


def _chosen(run: RunData) -> set[str]:
    """Names after ``tariff:`` of all controllers; without any, the sources of their explicit purchase prices."""
    scenario = run.scenario
    controllers = [scenario.get("control"), *(scenario.get("controllers") or {}).values()]
    named = {str(c["tariff"]) for c in controllers if isinstance(c, dict) and c.get("tariff")}
    if named:
        return named
    connections = [(str(c["from"]).split("."), str(c["to"]).split(".")) for c in scenario.get("connections") or []]
    operators = {c.name for c in run.of_role(Role.CONTROLLER)}
    return {source[0] for source, target in connections if target[0] in operators and target[-1] == BUY_PRICE}
