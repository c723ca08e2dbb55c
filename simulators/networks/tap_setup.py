"""Finds the tap changers that hold a voltage in a pandapower network, and refuses what could not work."""

from __future__ import annotations

import math
from typing import Any

from simulators.networks.labels import own_label, unique_labels
from simulators.networks.network_checks import hunting
from simulators.networks.network_file import VoltageControl
from simulators.networks.network_source import GivenNetwork
from simulators.networks.tap_changer import TapChanger
from twin.errors import ComponentError
from twin.suggest import did_you_mean

TURNS_CHANGERS = ("Ratio", "Symmetrical")
"""pandapower's tap changers that act on the voltage and not on the angle."""


def tap_changers(given: GivenNetwork, overrides: dict[str, VoltageControl]) -> list[TapChanger]:
    """The controlled tap changers; ``overrides`` replace what the network file says.

    Raises
    ------
    ComponentError
        For an unknown transformer or bus, a transformer without taps, or a control that would hunt.
    """
    return [_tap_changer(given, name, control) for name, control in (given.controls | overrides).items()]


def _tap_changer(given: GivenNetwork, name: str, control: VoltageControl) -> TapChanger:
    table, what = given.net.trafo, f"voltage_control of transformer {name!r}"
    labels = unique_labels("transformer", table.name.items(), set())
    names = given.rows.get(name, [name])
    rows = tuple(number for number, label in enumerate(labels) if label in names)
    if not rows:
        raise ComponentError(f"voltage_control: transformer {name!r} does not exist; "
                             f"{did_you_mean(name, [*given.rows, *labels])}")
    named = [own_label("transformer", index, own) for index, own in table.name.items()]
    if name not in given.rows and named.count(name) > 1:
        raise ComponentError(f"voltage_control: {named.count(name)} transformers are named {name!r}; give each its own "
                             f"name in net.trafo.name")
    first = table.iloc[rows[0]]
    side, step_percent = first.get("tap_side"), _number(first.get("tap_step_percent"))
    lowest, highest = _number(first.get("tap_min")), _number(first.get("tap_max"))
    if side not in ("hv", "lv") or not all(map(math.isfinite, (step_percent, lowest, highest))):
        raise ComponentError(f"{what}: it has no tap changer (tap_side, tap_min, tap_max, tap_step_percent)")
    if first.get("tap_changer_type") not in TURNS_CHANGERS:
        raise ComponentError(f"{what}: its tap_changer_type is {first.get('tap_changer_type')!r}, which does not act "
                             f"on the voltage; set it to 'Ratio'")
    problem = hunting(control.deadband_pu, step_percent)
    if problem:
        raise ComponentError(f"{what}: {problem}")
    start = _number(first.get("tap_pos"))
    return TapChanger(
        name=name, rows=rows, bus=_watched_bus(given, what, control, first),
        lowest=int(lowest), highest=int(highest), start=int(start) if math.isfinite(start) else 0,
        voltage_per_step_pu=(-1 if side == "hv" else 1) * step_percent / 100.0,
        target_pu=control.target_vm_pu, deadband_pu=control.deadband_pu, delay_s=control.delay_s,
    )


def _watched_bus(given: GivenNetwork, what: str, control: VoltageControl, transformer: Any) -> int:
    if control.bus is None:
        return int(transformer.lv_bus)
    buses = given.net.bus
    labels = unique_labels("bus", buses.name.items(), set())
    if control.bus not in labels:
        raise ComponentError(f"{what}: bus {control.bus!r} does not exist; {did_you_mean(control.bus, labels)}")
    index = int(buses.index[labels.index(control.bus)])
    if index == int(transformer.hv_bus):
        raise ComponentError(f"{what}: bus {control.bus!r} is on its high-voltage side, which it cannot hold; name a "
                             f"bus on the other side")
    return index


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
