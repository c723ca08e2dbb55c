"""The tables of a pandapipes network, from a net in memory or from a file of ``pandapipes.to_json``.

pandapipes' own reader builds the objects a file names. Here a file is parsed as plain JSON and only the tables and the
fluid's constants are looked at: nothing that it names is imported or called.

Source of the format: ``pandapipes.io`` 0.16 and ``pandapower.io_utils`` 3.3 (tables as JSON text, orient ``split``).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import ComponentError

if TYPE_CHECKING:
    from pandapipes.pandapipes_net import pandapipesNet

MAX_BYTES = 50_000_000
"""Of one file; a network of 1000 pipes has 1 MB."""
WRITE_ANEW = "write it with pandapipes.to_json (0.16)"
AMBIENT_K = 293.15
"""Ambient temperature of ``pandapipes.pipeflow`` where neither a pipe nor the net says another."""
WATER = "water"


@dataclass(frozen=True, slots=True)
class Row:
    """One element of a table."""

    kind: str
    index: int
    values: dict[str, Any]

    def number(self, column: str) -> float | None:
        """A finite number; None where the cell is empty."""
        value = self.values.get(column)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return None
        if not _is_number(value) or not math.isfinite(value):
            raise ComponentError(f"{self.told}: {column} is {str(value)[:40]!r}; it must be a number")
        return float(value)

    def needed(self, column: str) -> float:
        """A number that must be there."""
        value = self.number(column)
        if value is None:
            raise ComponentError(f"{self.told} has no {column}; give it in pandapipes")
        return value

    def junction(self, column: str) -> int:
        """Index of a junction."""
        return int(self.needed(column))

    def on(self, column: str = "in_service") -> bool:
        """Whether the element is in service, or a valve open."""
        return bool(self.values.get(column, True))

    @property
    def told(self) -> str:
        """The element in a message."""
        name = self.values.get("name")
        return f"{self.kind} {self.index}" + (f" ({str(name)[:60]})" if isinstance(name, str) and name else "")


@dataclass(frozen=True, slots=True)
class Tables:
    """What is translated of a net."""

    rows: dict[str, list[Row]]
    """Table → its elements."""
    fluid: str
    """Name."""
    constants: dict[str, float] = field(default_factory=dict)
    """Density, heat_capacity and viscosity, where the fluid has constant ones."""
    ambient_k: float = AMBIENT_K

    def of(self, kind: str) -> list[Row]:
        """Elements of a table; none where there is no such table."""
        return self.rows.get(kind, [])


def tables_of_net(net: pandapipesNet) -> Tables:
    """The tables of a net in memory."""
    import pandas as pd

    rows = {name: [Row(name, int(index), values) for index, values in table.to_dict("index").items()]
            for name, table in net.items() if isinstance(table, pd.DataFrame) and _is_translated(name)}
    constants = {name: float(prop.value) for name, prop in net.fluid.all_properties.items() if hasattr(prop, "value")}
    return Tables(rows, str(net.fluid.name), constants, _ambient_k(net.get("user_pf_options")))


def tables_of_file(file: str) -> Tables:
    """The tables of a file.

    Raises
    ------
    ComponentError
        If it cannot be read or is no pandapipes network.
    """
    try:
        with Path(file).open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ComponentError(f"{file}: cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise ComponentError(f"{file}: larger than {MAX_BYTES // 1_000_000} MB; no results and no geometry are needed: "
                             f"drop them before pandapipes.to_json")
    net = _object(_parsed(raw, file), "pandapipesNet", file)
    rows = {name: _rows(name, value, file) for name, value in net.items() if _is_translated(name)}
    if "junction" not in rows:
        raise ComponentError(f"{file}: JSON, but not a pandapipes network; {WRITE_ANEW}")
    fluid = _object(net.get("fluid"), "Fluid", file)
    properties = fluid.get("all_properties")
    constants = {}
    for name, value in (properties if isinstance(properties, dict) else {}).items():
        if isinstance(value, dict) and value.get("_class") == "FluidPropertyConstant":
            figure = _object(value, "FluidPropertyConstant", file).get("value")
            if isinstance(figure, int | float) and _is_number(figure):
                constants[name] = float(figure)
    return Tables(rows, str(fluid.get("name"))[:60], constants, _ambient_k(net.get("user_pf_options")))


def _is_translated(name: str) -> bool:
    """Results and internal tables are not."""
    return not name.startswith(("_", "res_"))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ambient_k(options: object) -> float:
    given = options.get("ambient_temperature") if isinstance(options, dict) else None
    return float(given) if isinstance(given, int | float) and _is_number(given) else AMBIENT_K


def _parsed(text: str | bytes, file: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ComponentError(f"{file}: not a pandapipes network: no JSON; {WRITE_ANEW}") from None


def _object(node: Any, kind: str, file: str) -> dict[str, Any]:
    """Content of an object that pandapipes signed with its class; kept as text in some places."""
    content = node.get("_object") if isinstance(node, dict) and node.get("_class") == kind else None
    if isinstance(content, str):
        content = _parsed(content, file)
    if not isinstance(content, dict):
        raise ComponentError(f"{file}: JSON, but not a pandapipes network (no {kind}); {WRITE_ANEW}")
    return content


def _rows(name: str, node: Any, file: str) -> list[Row]:
    if not (isinstance(node, dict) and node.get("_class") == "DataFrame"):
        return []
    table = _object(node, "DataFrame", file)
    columns, index, data = table.get("columns"), table.get("index"), table.get("data")
    sound = (isinstance(columns, list) and isinstance(index, list) and isinstance(data, list)
             and len(index) == len(data) and all(isinstance(row, list) and len(row) == len(columns) for row in data))
    if not sound:
        raise ComponentError(f"{file}: the table {name[:40]!r} has not the layout 'split'; {WRITE_ANEW}")
    assert isinstance(columns, list) and isinstance(index, list) and isinstance(data, list)  # for the type checker
    if not all(isinstance(number, int) for number in index):
        return []
    return [Row(name, number, dict(zip(map(str, columns), row, strict=True)))
            for number, row in zip(index, data, strict=True)]
