"""What must hold in a pandapower network before it is solved: pandapower itself fails with its inner errors, or solves
nonsense. Every mistake is found, with table, element, value and remedy; elements out of service are left alone.

Units are those of pandapower's tables, in the column names.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simulators.networks.labels import own_label
from twin.errors import ComponentError

if TYPE_CHECKING:
    from pandapower.auxiliary import pandapowerNet

SHOWN = 8
"""One cause shows up in many rows; a few are enough to mend it."""
LOWEST_SETPOINT_PU, HIGHEST_SETPOINT_PU = 0.5, 1.5
"""No network is held at a voltage beyond these; a value in kV is."""

_BUSES = {
    "ext_grid": ("bus",), "gen": ("bus",), "load": ("bus",), "sgen": ("bus",), "storage": ("bus",), "shunt": ("bus",),
    "ward": ("bus",), "xward": ("bus",), "line": ("from_bus", "to_bus"), "impedance": ("from_bus", "to_bus"),
    "trafo": ("hv_bus", "lv_bus"), "trafo3w": ("hv_bus", "mv_bus", "lv_bus"),
}
_POSITIVE = {
    "bus": ("vn_kv",),
    "line": ("length_km", "parallel", "df"),
    "trafo": ("sn_mva", "vn_hv_kv", "vn_lv_kv", "parallel", "df"),
    "trafo3w": ("sn_hv_mva", "sn_mv_mva", "sn_lv_mva", "vn_hv_kv", "vn_mv_kv", "vn_lv_kv"),
    "impedance": ("sn_mva",),
}
_NUMBERS = {
    "line": ("r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km"),
    "trafo": ("vk_percent", "vkr_percent", "pfe_kw", "i0_percent"),
    "trafo3w": ("vk_hv_percent", "vk_mv_percent", "vk_lv_percent", "vkr_hv_percent", "vkr_mv_percent",
                "vkr_lv_percent", "pfe_kw", "i0_percent"),
    "impedance": ("rft_pu", "xft_pu", "rtf_pu", "xtf_pu"),
    "load": ("p_mw", "q_mvar", "scaling"), "sgen": ("p_mw", "q_mvar", "scaling"), "gen": ("p_mw", "scaling"),
    "storage": ("p_mw", "q_mvar", "scaling"), "shunt": ("p_mw", "q_mvar"),
}
_SWITCHED = {"l": "line", "t": "trafo", "t3": "trafo3w", "b": "bus"}


def check_pandapower(net: pandapowerNet, what: str) -> None:
    """Refuse a network that cannot be solved for reasons that its tables show.

    Parameters
    ----------
    what : the network for the user, like its file.

    Raises
    ------
    ComponentError
        All mistakes, :data:`SHOWN` at most in words.
    """
    found = list(_shape(net)) or [*_references(net), *_figures(net), *_impedances(net)]
    found = found or [*_setpoints(net), *_supply(net)]
    if found:
        more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise ComponentError(f"{what}: {'; '.join(found[:SHOWN])}{more}")


def check_names(net: pandapowerNet, buses: Sequence[int], what: str) -> None:
    """Refuse names that stand for more than one of the buses: an asset there would be put on one of them by chance.

    Raises
    ------
    ComponentError
        With every such name and the indices of its buses.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for index, name in net.bus.name.loc[list(buses)].items():
        rows[own_label("bus", index, name)].append(index)
    shared = [f"{name!r} (buses {', '.join(map(str, indices))})" for name, indices in rows.items() if len(indices) > 1]
    if shared:
        more = f" and {len(shared) - SHOWN} more" if len(shared) > SHOWN else ""
        raise ComponentError(f"{what}: several buses have the same name: {', '.join(shared[:SHOWN])}{more}; it would "
                             f"be unclear on which of them an asset stands. Give each its own name in net.bus.name and "
                             f"write the network with pandapower.to_json")


def dead_buses(net: pandapowerNet, live: Sequence[int]) -> dict[str, str]:
    """Label of each bus without voltage → why it has none; a name that a live bus has too means the live one."""
    known = {own_label("bus", index, net.bus.name[index]) for index in live}
    reasons: dict[str, str] = {}
    for index, name, in_service in net.bus.drop(index=list(live))[["name", "in_service"]].itertuples(name=None):
        label = own_label("bus", index, name)
        if label not in known:
            reasons[label] = ("it is isolated: no line, transformer or closed switch in service joins it to an "
                              "external grid" if in_service else "it is out of service (in_service is false)")
    return reasons


def own_load(net: pandapowerNet) -> str:
    """The network's own consumption in words: the likely cause where there is no solution at rest."""
    table = net.load[net.load.in_service]
    p_mw = table.p_mw * table.scaling
    if not len(p_mw):
        return "it has no loads of its own"
    largest = p_mw.abs().idxmax()
    return (f"its own loads sum up to {p_mw.sum():.4g} MW, the largest is {_named(table, 'load', largest)} with "
            f"{p_mw[largest]:.4g} MW")


def _shape(net: pandapowerNet) -> Iterator[str]:
    """Tables, columns and indices that everything else builds on."""
    if "bus" not in net or not len(net.bus):
        yield "the network has no bus"
        return
    for table in sorted({"bus", "switch", *_BUSES}):
        if table not in net or not len(net[table]):
            continue
        given, needed = net[table], {*_BUSES.get(table, ()), *_POSITIVE.get(table, ()), *_NUMBERS.get(table, ())}
        needed |= {"bus": {"name", "in_service"}, "switch": {"bus", "element", "et", "closed"}}.get(
            table, {"in_service"})
        if missing := sorted(needed - set(given.columns)):
            yield f"the table {table} has no column {', '.join(missing)}; write it with pandapower.to_json"
        if not given.index.is_unique:
            twice = given.index[given.index.duplicated()][0]
            yield f"the table {table} has two rows with the index {twice}; number them anew"
        state = "closed" if table == "switch" else "in_service"
        if state in given:
            for index in given.index[[not isinstance(value, bool | np.bool_) for value in given[state]]]:
                yield f"{_named(given, table, index)}: {state} is neither true nor false"
    sn_mva = net.get("sn_mva", 1.0)
    if not (isinstance(sn_mva, int | float) and np.isfinite(sn_mva) and sn_mva > 0):
        yield f"sn_mva of the network is {sn_mva}, but must be more than 0"


def _references(net: pandapowerNet) -> Iterator[str]:
    """Every element stands at buses that exist."""
    for table, columns in _BUSES.items():
        rows = _in_service(net, table)
        for column in columns if len(rows) else ():
            for index, bus in rows[column][~rows[column].isin(net.bus.index)].items():
                yield (f"{_named(rows, table, index)}: {column} is {bus}, but there is no bus with that index; correct "
                       f"it, or take the element out of service")
    if "switch" in net and len(net.switch):
        for index, bus, element, kind in net.switch[["bus", "element", "et"]].itertuples(name=None):
            target = _SWITCHED.get(kind)
            if bus not in net.bus.index or (target and element not in net[target].index):
                yield (f"switch {index}: bus {bus} or {target or 'element'} {element} does not exist; correct or "
                       f"remove it")


def _figures(net: pandapowerNet) -> Iterator[str]:
    """Figures are numbers, and more than 0 where they must be."""
    for table in sorted({*_POSITIVE, *_NUMBERS}):
        rows = _in_service(net, table)
        if not len(rows):
            continue
        for column in (*_POSITIVE.get(table, ()), *_NUMBERS.get(table, ())):
            values, positive = _floats(rows[column]), column in _POSITIVE.get(table, ())
            wrong = ~np.isfinite(values) | (positive & ~(values > 0.0))
            for index in rows.index[wrong]:
                bound = "must be more than 0" if positive else "must be a number"
                yield f"{_named(rows, table, index)}: {column} is {rows[column][index]}, but {bound}"


def _impedances(net: pandapowerNet) -> Iterator[str]:
    for table, r, x in (("line", "r_ohm_per_km", "x_ohm_per_km"), ("impedance", "rft_pu", "xft_pu")):
        rows = _in_service(net, table)
        if len(rows):
            for index in rows.index[np.hypot(_floats(rows[r]), _floats(rows[x])) == 0.0]:
                yield (f"{_named(rows, table, index)}: {r} and {x} are both 0; give it an impedance, or join its buses "
                       f"with a closed switch")
    rows = _in_service(net, "trafo")
    if len(rows):
        vk_percent = np.abs(_floats(rows.vk_percent))  # negative in star equivalents
        for index in rows.index[vk_percent == 0.0]:
            yield f"{_named(rows, 'trafo', index)}: vk_percent is 0; give it its short-circuit voltage"
        for index in rows.index[(np.abs(_floats(rows.vkr_percent)) > vk_percent) & (vk_percent > 0.0)]:
            yield (f"{_named(rows, 'trafo', index)}: vkr_percent = {rows.vkr_percent[index]} is larger than "
                   f"vk_percent = {rows.vk_percent[index]}, of which it is a part")


def _setpoints(net: pandapowerNet) -> Iterator[str]:
    """What holds a voltage asks for a possible one, and no two ask for different ones at one bus."""
    wanted: dict[int, list[tuple[float, str]]] = defaultdict(list)
    for table in ("ext_grid", "gen"):
        rows = _in_service(net, table)
        for index in rows.index:
            who, vm_pu = _named(rows, table, index), float(_floats(rows.vm_pu.loc[[index]])[0])
            if not LOWEST_SETPOINT_PU <= vm_pu <= HIGHEST_SETPOINT_PU:
                yield (f"{who}: vm_pu is {vm_pu:g}, but must be from {LOWEST_SETPOINT_PU:g} to {HIGHEST_SETPOINT_PU:g} "
                       f"(per unit of vn_kv)")
            wanted[rows.bus[index]].append((vm_pu, who))
    for bus, asked in wanted.items():
        if len({round(vm_pu, 9) for vm_pu, _ in asked}) > 1:
            yield (f"{' and '.join(f'{who} ({vm_pu:g} p.u.)' for vm_pu, who in asked)} hold different voltages at bus "
                   f"{bus}; give them the same vm_pu")


def _supply(net: pandapowerNet) -> Iterator[str]:
    """An external grid or slack generator is in service, on a bus in service."""
    sources = [("ext_grid", _in_service(net, "ext_grid"))]
    generators = _in_service(net, "gen")
    if len(generators) and "slack" in generators:
        sources.append(("gen", generators[generators.slack.to_numpy(dtype=bool)]))
    if any(net.bus.in_service.loc[rows.bus].any() for _, rows in sources if len(rows)):
        return
    dead = [f"{_named(rows, table, index)} stands on a bus that is out of service"
            for table, rows in sources for index in rows.index]
    dead += [f"{_named(net.ext_grid, 'ext_grid', index)} is out of service"
             for index in net.ext_grid.index[~net.ext_grid.in_service.astype(bool)]] if len(net.ext_grid) else []
    why = f": {', '.join(dead[:SHOWN])}" if dead else ""
    yield (f"no external grid is in service, so nothing holds the voltage{why}; add one with "
           f"pandapower.create_ext_grid where the public grid is connected, or put one in service")


def _in_service(net: pandapowerNet, table: str) -> Any:
    """Rows that take part; none where there is no such table."""
    if table not in net or not len(net[table]):
        return net.bus.iloc[:0]
    rows = net[table]
    return rows[rows.in_service.to_numpy(dtype=bool)]


def _floats(column: Any) -> np.ndarray:
    """A column as floats, NaN for what is no number."""
    import pandas as pd

    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=float)


def _named(rows: Any, table: str, index: Hashable) -> str:
    """``line 'L1' (index 3)``, or ``line 3`` without a name."""
    name = rows["name"][index] if "name" in rows and Counter(rows.index)[index] == 1 else None
    return f"{table} {name!r} (index {index})" if isinstance(name, str) and name.strip() else f"{table} {index}"
