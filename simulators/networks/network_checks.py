"""What must hold between the elements of a network file: every mistake found, each with its place and remedy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias

from simulators.networks.network_file import Line, NetworkFile, Transformer, circuit_names
from twin.suggest import did_you_mean

Mistake: TypeAlias = tuple[tuple[str | int, ...], str]
"""Keys from the root of the network to the value, and what is wrong with it."""

RATED_VOLTAGE_TOLERANCE = 0.2
"""A transformer's rated voltage may differ from its bus's by this fraction: 10.5 kV on 10 kV is usual, 20 kV is not."""
NEEDED_OF_A_LINE = ("r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "max_i_ka")
NEEDED_OF_A_TRANSFORMER = ("sn_mva", "vk_percent", "vkr_percent", "pfe_kw", "i0_percent")
RATED_VOLTAGES = ("vn_hv_kv", "vn_lv_kv")


@cache
def standard_types(kind: str) -> dict[str, dict[str, Any]]:
    """pandapower's library of ``"line"`` or ``"trafo"`` types: name → figures."""
    from pandapower.std_types import basic_line_std_types, basic_trafo_std_types  # slow to import

    return basic_line_std_types() if kind == "line" else basic_trafo_std_types()


def mistakes_in(network: NetworkFile) -> list[Mistake]:
    """All mistakes of a network, in reading order."""
    references = list(_unknown_names(network))
    found = [*references, *_name_clashes(network), *_lines(network), *_transformers(network)]
    return found if references else [*found, *_isolated_buses(network)]


def _unknown_names(network: NetworkFile) -> Iterator[Mistake]:
    named: list[tuple[tuple[str | int, ...], str]] = [(("external_grid", "bus"), network.external_grid.bus)]
    for name, line in network.lines.items():
        named += [(("lines", name, "from"), line.from_), (("lines", name, "to"), line.to)]
    for name, transformer in network.transformers.items():
        named += [(("transformers", name, "hv"), transformer.hv), (("transformers", name, "lv"), transformer.lv)]
        if transformer.voltage_control and transformer.voltage_control.bus:
            named.append((("transformers", name, "voltage_control", "bus"), transformer.voltage_control.bus))
    named += [(("loads", name, "bus"), load.bus) for name, load in network.loads.items()]
    for path, bus in named:
        if bus not in network.buses:
            where = " ".join(map(str, path[:-1]))
            yield path, f"{where}: bus {bus!r} does not exist; {did_you_mean(bus, network.buses)}"
    for index, point in enumerate(network.open_points):
        if point.line not in network.lines:
            yield (("open_points", index, "line"),
                   f"line {point.line!r} does not exist; {did_you_mean(point.line, network.lines)}")
            continue
        ends = (network.lines[point.line].from_, network.lines[point.line].to)
        if point.at_bus not in ends:
            yield (("open_points", index, "at_bus"),
                   f"{point.at_bus!r} is not an end of line {point.line!r}; its ends are {ends[0]!r} and {ends[1]!r}")


def _name_clashes(network: NetworkFile) -> Iterator[Mistake]:
    for kind, rows in (("lines", network.lines), ("transformers", network.transformers)):
        owner: dict[str, str] = {}
        for name, row in rows.items():
            for label in circuit_names(name, row.count):
                if label in owner:
                    yield (kind, name), f"the name {label!r} is already taken by {owner[label]!r}; rename one of them"
                owner.setdefault(label, name)


def _lines(network: NetworkFile) -> Iterator[Mistake]:
    for name, line in network.lines.items():
        path = ("lines", name)
        if line.from_ == line.to:
            yield path, f"line {name!r} begins and ends at bus {line.to!r}"
        ends = [network.buses.get(line.from_), network.buses.get(line.to)]
        if ends[0] and ends[1] and ends[0].vn_kv != ends[1].vn_kv:
            yield path, (f"line {name!r} joins bus {line.from_!r} at {ends[0].vn_kv:g} kV and bus {line.to!r} at "
                         f"{ends[1].vn_kv:g} kV; put a transformer between them")
        yield from _figures(path, f"line {name!r}", line, NEEDED_OF_A_LINE, "line")


def _transformers(network: NetworkFile) -> Iterator[Mistake]:
    for name, transformer in network.transformers.items():
        path, what = ("transformers", name), f"transformer {name!r}"
        if transformer.hv == transformer.lv:
            yield path, f"{what} has bus {transformer.lv!r} on both sides"
        figures = list(_figures(path, what, transformer, NEEDED_OF_A_TRANSFORMER, "trafo"))
        yield from figures
        if not figures:
            yield from _voltages(path, what, network, transformer)
            yield from _taps(path, what, transformer)
        if (transformer.vkr_percent or 0.0) > (transformer.vk_percent or 0.0):
            yield (*path, "vkr_percent"), (f"{what}: vkr_percent = {transformer.vkr_percent:g} is larger than "
                                           f"vk_percent = {transformer.vk_percent or 0.0:g}, of which it is a part")


def _figures(path: tuple[str, str], what: str, row: Line | Transformer, needed: tuple[str, ...],
             kind: str) -> Iterator[Mistake]:
    """A row has either a standard type or all its own figures."""
    given = [field for field in (*needed, *RATED_VOLTAGES) if getattr(row, field, None) is not None]
    if row.std_type is None:
        if missing := [field for field in needed if field not in given]:
            yield path, f"{what} needs a std_type, or {', '.join(missing)}"
        return
    library = standard_types(kind)
    if row.std_type not in library:
        yield ((*path, "std_type"),
               f"{what}: standard type {row.std_type!r} does not exist; {did_you_mean(row.std_type, library)}")
    elif given:
        yield (*path, given[0]), f"{what} has a std_type; remove {', '.join(given)} or the std_type"


def _voltages(path: tuple[str, str], what: str, network: NetworkFile, transformer: Transformer) -> Iterator[Mistake]:
    library = standard_types("trafo")
    for side, rated in zip(("hv", "lv"), RATED_VOLTAGES, strict=True):
        bus = network.buses.get(getattr(transformer, side))
        given = library[transformer.std_type][rated] if transformer.std_type else getattr(transformer, rated)
        if bus and given and abs(given / bus.vn_kv - 1.0) > RATED_VOLTAGE_TOLERANCE:
            yield ((*path, side), f"{what} is rated {given:g} kV on its {side} side, but bus "
                                  f"{getattr(transformer, side)!r} has {bus.vn_kv:g} kV")
    hv, lv = network.buses.get(transformer.hv), network.buses.get(transformer.lv)
    if hv and lv and hv.vn_kv < lv.vn_kv:
        yield path, f"{what}: hv is the lower voltage ({hv.vn_kv:g} kV against {lv.vn_kv:g} kV); swap hv and lv"


def tap_range(transformer: Transformer) -> tuple[int, int, float, str] | None:
    """(lowest, highest position, step in percent, side) of a transformer of a valid file; None without taps."""
    if transformer.tap is not None:
        tap = transformer.tap
        return tap.min_position, tap.max_position, tap.step_percent, tap.side
    if transformer.std_type is None:
        return None
    figures = standard_types("trafo")[transformer.std_type]
    return int(figures["tap_min"]), int(figures["tap_max"]), figures["tap_step_percent"], str(figures["tap_side"])


def _taps(path: tuple[str, str], what: str, transformer: Transformer) -> Iterator[Mistake]:
    taps = tap_range(transformer)
    if taps is None:
        if transformer.tap_position or transformer.voltage_control:
            yield path, f"{what} has no taps; describe them under tap: {{min_position, max_position, step_percent}}"
        return
    lowest, highest, step_percent, _ = taps
    if not lowest <= transformer.tap_position <= highest:
        yield (*path, "tap_position"), f"{what}: position {transformer.tap_position} is outside {lowest} … {highest}"
    control = transformer.voltage_control
    if control and (problem := hunting(control.deadband_pu, step_percent)):
        yield (*path, "voltage_control", "deadband_pu"), f"{what}: {problem}"


def hunting(deadband_pu: float, step_percent: float) -> str | None:
    """Why a dead band is too narrow: one step would jump across it, back and forth for ever."""
    smallest = step_percent / 200.0
    if deadband_pu >= smallest:
        return None
    return (f"deadband_pu = {deadband_pu:g} is narrower than half a tap step, the tap changer would never rest; use at "
            f"least {smallest:g}")


def _isolated_buses(network: NetworkFile) -> Iterator[Mistake]:
    open_lines = {point.line for point in network.open_points}
    neighbours: dict[str, set[str]] = {bus: set() for bus in network.buses}
    joints = [(line.from_, line.to) for name, line in network.lines.items()
              if line.in_service and name not in open_lines]
    joints += [(t.hv, t.lv) for t in network.transformers.values() if t.in_service]
    for one, other in joints:
        neighbours[one].add(other)
        neighbours[other].add(one)
    reached, frontier = set(), [network.external_grid.bus]
    while frontier:
        bus = frontier.pop()
        if bus not in reached:
            reached.add(bus)
            frontier += neighbours[bus]
    for bus in network.buses:
        if bus not in reached:
            yield ("buses", bus), (f"bus {bus!r} is not connected to the external grid at "
                                   f"{network.external_grid.bus!r}; join it with a line or transformer in service, or "
                                   f"remove it")
