"""A network file as a pandapower network. Signs turn nowhere here: constant loads are positive in both."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from simulators.networks.network_checks import NEEDED_OF_A_LINE, NEEDED_OF_A_TRANSFORMER, standard_types, tap_range
from simulators.networks.network_file import Line, NetworkFile, Transformer, circuit_names

if TYPE_CHECKING:
    from pandapower.auxiliary import pandapowerNet


def build_pandapower(network: NetworkFile) -> pandapowerNet:
    """The network as pandapower tables, one row per physical circuit; the file has no mistakes (``network_checks``)."""
    import pandapower as pp

    net = pp.create_empty_network(name=network.name, f_hz=network.frequency_hz)
    rows = pp.create_buses(net, len(network.buses), vn_kv=[b.vn_kv for b in network.buses.values()],
                           name=list(network.buses))
    bus = dict(zip(network.buses, map(int, rows), strict=True))
    pp.create_ext_grid(net, bus[network.external_grid.bus], vm_pu=network.external_grid.vm_pu, name="external_grid")
    lines = [_line_row(line, label, bus) for name, line in network.lines.items()
             for label in circuit_names(name, line.count)]
    if lines:
        pp.create_lines_from_parameters(net, **_columns(lines))
    transformers = [_transformer_row(transformer, label, bus, network) for name, transformer
                    in network.transformers.items() for label in circuit_names(name, transformer.count)]
    if transformers:
        pp.create_transformers_from_parameters(net, **_columns(transformers))
    for point in network.open_points:
        labels = circuit_names(point.line, network.lines[point.line].count)
        for row in net.line.index[net.line.name.isin(labels)]:
            pp.create_switch(net, bus[point.at_bus], int(row), et="l", closed=False, name=f"open point {point.line}")
    for name, load in network.loads.items():
        pp.create_load(net, bus[load.bus], p_mw=load.p_mw, q_mvar=load.q_mvar, name=name)
    return net


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Adding rows to a pandapower table one by one takes milliseconds each."""
    return {column: [row[column] for row in rows] for column in rows[0]}


def _line_row(line: Line, label: str, bus: dict[str, int]) -> dict[str, Any]:
    figures = standard_types("line")[line.std_type] if line.std_type else line.model_dump()
    return {"from_buses": bus[line.from_], "to_buses": bus[line.to], "length_km": line.length_km, "name": label,
            "in_service": line.in_service, **{figure: figures[figure] for figure in NEEDED_OF_A_LINE}}


def _transformer_row(transformer: Transformer, label: str, bus: dict[str, int], network: NetworkFile) -> dict[str, Any]:
    if transformer.std_type:
        figures = standard_types("trafo")[transformer.std_type]
        shift_deg, vn_hv_kv, vn_lv_kv = figures["shift_degree"], figures["vn_hv_kv"], figures["vn_lv_kv"]
    else:
        figures, shift_deg = transformer.model_dump(), transformer.shift_deg
        vn_hv_kv = transformer.vn_hv_kv or network.buses[transformer.hv].vn_kv
        vn_lv_kv = transformer.vn_lv_kv or network.buses[transformer.lv].vn_kv
    lowest, highest, step_percent, side = tap_range(transformer) or (math.nan, math.nan, math.nan, None)
    has_taps = side is not None
    return {
        "hv_buses": bus[transformer.hv], "lv_buses": bus[transformer.lv], "name": label,
        "in_service": transformer.in_service, "vn_hv_kv": vn_hv_kv, "vn_lv_kv": vn_lv_kv, "shift_degree": shift_deg,
        **{figure: figures[figure] for figure in NEEDED_OF_A_TRANSFORMER},
        "tap_side": side, "tap_min": lowest, "tap_max": highest, "tap_step_percent": step_percent,
        "tap_neutral": 0.0 if has_taps else math.nan, "tap_pos": transformer.tap_position if has_taps else math.nan,
        "tap_changer_type": "Ratio" if has_taps else None,
    }
