"""Rows for tariffs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.component_specs import ComponentSpec

SHIPPED = Path(__file__).parents[2] / "scenarios" / "tariffs" / "shanghai_illustrative_2025.yaml"


def shipped_tariff() -> dict[str, Any]:
    """Parameters of the tariff that ships with the park."""
    tariff = dict(YAML(typ="safe").load(SHIPPED.read_text(encoding="utf-8"))["markets"]["tariff"])
    assert tariff.pop("type") == "time_of_use_tariff"
    return tariff


def prices_are_those_of_the_table(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """A mean of prices lies between the lowest and the highest."""
    prices = [period.price_per_mwh for period in component.params.periods]
    assert min(prices) <= outputs.buy_price_per_mwh <= max(prices)
    assert outputs.demand_response_price_per_mwh >= 0.0


SPECS = [
    ComponentSpec("time_of_use_tariff", shipped_tariff(), check_limits=prices_are_those_of_the_table, duration_h=48),
    ComponentSpec(
        "time_of_use_tariff",
        shipped_tariff(),
        check_limits=prices_are_those_of_the_table,
        label="steps_across_periods",
        step_s=7000,
    ),
]
