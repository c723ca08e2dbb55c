"""The network as a map: pipes coloured by the temperature of their water, as wide as their flow, over a few instants.

Temperatures in °C, flows in kg/s. A pipe has the mean temperature of its two ends, both are in its hover box. Buttons
choose supply or return, a slider the instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.report import palette
from twin.report.figures.base import style
from twin.report.figures.thermal_graph import Layout, Point, layout_of
from twin.report.figures.thermal_map_data import Fact, MapData, map_data
from twin.report.figures.thermal_series import VISIBLE_MW, ThermalSeries
from twin.report.formats import amount
from twin.report.timeline import Timeline

if TYPE_CHECKING:
    import plotly.graph_objects as go

Changes = dict[str, Any]
"""What a picture changes of one trace."""

THINNEST_PX, WIDEST_PX = 2.0, 11.0
HEIGHT_PX = 560
AXIS_PX = 56
"""Height of the numbers and the title of an axis, under which the slider stands."""
MOST_LABELS = 30
"""Substations named on the map; of more than these only the unserved, the others in their hover box."""
MARGIN_FRAC = 0.09
STILL_KG_S = 1e-3
"""Water slower than this gets no arrow."""
JUMP = {"mode": "immediate", "frame": {"duration": 0, "redraw": True}, "transition": {"duration": 0}}
PLAY = {"mode": "immediate", "fromcurrent": True, "frame": {"duration": 700, "redraw": True},
        "transition": {"duration": 0}}


def network_map(network: ThermalSeries, timeline: Timeline) -> go.Figure | None:
    """Map of the network; None where it records no temperatures."""
    import plotly.graph_objects as go

    data = map_data(network)
    if data is None:
        return None
    layout = layout_of(network.plate)
    figure = go.Figure(_traces(data, layout))
    pictures = [_changes(data, layout, i) for i in range(len(data.pictures))]
    for trace, changes in zip(figure.data, pictures[data.first], strict=True):
        trace.update(changes)
    instants = [timeline.start_local + timedelta(seconds=int(i) * network.run.grid_step_s) for i in data.pictures]
    times = [f"{at:%d %b %H:%M}" for at in instants]
    titles = [_headline(data, i, time) for i, time in enumerate(times)]
    if len(pictures) > 1:
        moving = [k for k in range(len(figure.data)) if any(p[k] != pictures[0][k] for p in pictures)]
        figure.frames = [
            go.Frame(name=str(i), data=[{"type": "scatter"} | picture[k] for k in moving], traces=moving,
                     layout={"title": {"text": titles[i]}})
            for i, picture in enumerate(pictures)
        ]
        one_day = len({at.date() for at in instants}) == 1
        figure.update_layout(sliders=[_slider([f"{at:%H:%M}" for at in instants] if one_day else times, data.first,
                                              top_px=24 if layout.is_scheme else AXIS_PX)])
    _dress(figure, data, layout, titles[data.first])
    return figure


def _headline(data: MapData, i: int, time: str) -> str:
    text = f"<b>{time}</b>   demand {amount(data.demand_mw[i])} MW"
    if data.unserved_mw[i] > 0.0:
        text += f", <b>unserved {amount(data.unserved_mw[i])} MW</b>"
    if data.trouble[i]:
        text += f", <b>not solvable: {escape(data.trouble[i])}</b>"
    return text


def _traces(data: MapData, layout: Layout) -> list[go.Scatter]:
    """All traces without what a picture changes; :func:`_changes` has the same order."""
    import plotly.graph_objects as go

    plate, lines = data.network.plate, []
    for side in data.sides:
        shown = side == data.sides[0]
        lines += [go.Scatter(x=_xs(layout.pipes[p.name]), y=_ys(layout.pipes[p.name]), mode="lines", hoverinfo="skip",
                             visible=shown, showlegend=False) for p in plate.pipes]
        lines += [
            go.Scatter(mode="markers", hoverinfo="skip", visible=shown, showlegend=False,
                       marker={"symbol": "arrow", "angleref": "previous", "color": "white",
                               "line": {"color": palette.INK, "width": 1}}),
            _colour_bar(side, data.range_degc[side], shown=shown),
        ]
    middles = [_middle(layout.pipes[p.name]) for p in plate.pipes]
    about = [f"<b>{escape(p.name)}</b>: {escape(p.from_node)} – {escape(p.to_node)}<br>{p.length_m:,.0f} m, inner "
             f"diameter {1000 * p.inner_diameter_m:.0f} mm" for p in plate.pipes]
    nodes = [layout.nodes[n.name] for n in plate.nodes]
    priority = [f"<b>{escape(s.name)}</b> (priority {s.priority})" for s in plate.substations]
    sources = [layout.nodes[s.node] for s in plate.sources]
    sides = {s.node: "bottom center" if layout.leans(s.node, plate) > 0.0 else "top center" for s in plate.substations}
    opposite = {"bottom center": "top center", "top center": "bottom center"}
    source_sides = [opposite[sides[s.node]] if s.node in sides else "top center" if layout.leans(s.node, plate) < 0.0
                    else "bottom center" for s in plate.sources]
    return [
        *lines,
        go.Scatter(x=_xs(middles), y=_ys(middles), mode="markers", marker={"size": 18, "opacity": 0.0}, text=about,
                   hovertemplate=_hover(data.pipe_facts), showlegend=False),
        go.Scatter(x=_xs(nodes), y=_ys(nodes), mode="markers", text=[f"<b>{escape(n.name)}</b>" for n in plate.nodes],
                   marker={"size": 7, "color": "white", "line": {"color": palette.INK, "width": 1.2}},
                   hovertemplate=_hover(data.node_facts), showlegend=False),
        go.Scatter(x=_xs(sources), y=_ys(sources), mode="markers+text", name="Source", textposition=source_sides,
                   text=[escape(s.name) for s in plate.sources], hovertext=[escape(s.name) for s in plate.sources],
                   textfont={"size": 13}, hovertemplate=_hover(data.source_facts, "<b>%{hovertext}</b>"),
                   marker={"symbol": "diamond", "size": 20, "color": palette.INK,
                           "line": {"color": "white", "width": 1.5}}),
        go.Scatter(x=_xs(list(layout.substations.values())), y=_ys(list(layout.substations.values())),
                   mode="markers+text", name="Substation", hovertext=priority,
                   textposition=[sides[s.node] for s in plate.substations],
                   hovertemplate=_hover(data.substation_facts, "%{hovertext}"),
                   marker={"line": {"color": palette.INK, "width": 1.5}}),
        go.Scatter(x=[None], y=[None], mode="markers", name="Substation with unserved demand", showlegend=True,
                   visible=bool((data.substation_unserved_mw > VISIBLE_MW).any()),
                   marker={"symbol": "x", "size": 13, "color": palette.ALARM}),
    ]


def _changes(data: MapData, layout: Layout, i: int) -> list[Changes]:
    """What picture ``i`` changes of each trace."""
    plate = data.network.plate
    widths = _widths(data, i)
    changes: list[Changes] = []
    for side in data.sides:
        low, high = data.range_degc[side]
        changes += [{"line": {"color": palette.of_temperature((degc - low) / (high - low)), "width": width}}
                    for degc, width in zip(data.pipe_degc[side][i], widths, strict=True)]
        changes += [_arrows(data, layout, i, side), {}]
    unserved = data.substation_unserved_mw[i]
    missing = [bool(mw > VISIBLE_MW) for mw in unserved]
    names = [escape(s.name) if len(plate.substations) <= MOST_LABELS else "" for s in plate.substations]
    return [
        *changes,
        {"customdata": _rows(data.pipe_facts, i)},
        {"customdata": _rows(data.node_facts, i)},
        {"customdata": _rows(data.source_facts, i)},
        {
            "customdata": _rows(data.substation_facts, i),
            "text": [f"<b>{escape(s.name)}: {amount(mw)} MW unserved</b>" if bad else name
                     for s, name, mw, bad in zip(plate.substations, names, unserved, missing, strict=True)],
            "textfont": {"color": [palette.ALARM if bad else palette.INK for bad in missing], "size": 12.5},
            "marker": {"symbol": ["x" if bad else "circle" for bad in missing],
                       "size": [15 if bad else 13 for bad in missing],
                       "color": [palette.ALARM if bad else palette.FAINT for bad in missing]},
        },
        {},
    ]


def _widths(data: MapData, i: int) -> list[float]:
    """Width of each pipe by its flow on a scale for all pictures; by its diameter where no flow is recorded."""
    if data.flow_kg_s is None:
        sizes = np.array([p.inner_diameter_m for p in data.network.plate.pipes])
        largest = sizes.max(initial=0.0)
    else:
        sizes = np.nan_to_num(np.abs(data.flow_kg_s[i]))
        largest = np.nan_to_num(np.abs(data.flow_kg_s)).max(initial=0.0)
    share = sizes / largest if largest > 0.0 else 0.0 * sizes
    return [round(float(width), 1) for width in THINNEST_PX + (WIDEST_PX - THINNEST_PX) * share]


def _arrows(data: MapData, layout: Layout, i: int, side: str) -> Changes:
    """One arrow in the middle of each pipe, in the direction of the water; the return flows against the supply."""
    if data.flow_kg_s is None:
        return {}
    points: list[Point | tuple[None, None]] = []
    sizes: list[float] = []
    for pipe, flow in zip(data.network.plate.pipes, data.flow_kg_s[i], strict=True):
        if not abs(flow) > STILL_KG_S:
            continue
        line = layout.pipes[pipe.name]
        begin = line[0] if (flow > 0.0) == (side == "supply") else line[-1]
        points += [begin, _middle(line), (None, None)]
        sizes += [0, 13, 0]
    return {"x": _xs(points), "y": _ys(points), "marker": {"size": sizes}}


def _colour_bar(side: str, limits: tuple[float, float], *, shown: bool) -> go.Scatter:
    import plotly.graph_objects as go

    return go.Scatter(x=[None, None], y=[None, None], mode="markers", visible=shown, showlegend=False, marker={
        "color": list(limits), "cmin": limits[0], "cmax": limits[1], "showscale": True,
        "colorscale": [[i / (len(palette.TEMPERATURES) - 1), c] for i, c in enumerate(palette.TEMPERATURES)],
        "colorbar": {"title": {"text": f"{side.capitalize()} [°C]"}, "thickness": 14, "len": 0.88, "x": 1.01},
    })


def _dress(figure: go.Figure, data: MapData, layout: Layout, title: str) -> None:
    style(figure, HEIGHT_PX)
    places = [*layout.nodes.values(), *layout.substations.values()]
    places += [point for line in layout.pipes.values() for point in line]
    ranges = []
    for axis in (0, 1):
        low, high = min(p[axis] for p in places), max(p[axis] for p in places)
        pad = MARGIN_FRAC * (high - low) or 1.0
        ranges.append([low - pad, high + pad])
    figure.update_xaxes(range=ranges[0], zeroline=False)
    figure.update_yaxes(range=ranges[1], zeroline=False)
    if layout.is_scheme:
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
    else:
        figure.update_xaxes(title_text="East [m]")
        figure.update_yaxes(title_text="North [m]", scaleanchor="x", scaleratio=1)
    figure.update_layout(
        title={"text": title, "x": 0.0, "xref": "paper", "y": 1.0, "yref": "container", "yanchor": "top",
               "pad": {"t": 10}, "font": {"size": 14}},
        margin={"t": 72, "b": 20, "l": 20 if layout.is_scheme else 64, "r": 20},
        hovermode="closest", hoverdistance=40,
        hoverlabel={"bgcolor": "white", "bordercolor": palette.INK, "font": {"color": palette.INK}},
        updatemenus=_buttons(figure, data, layout),
        legend={"orientation": "h", "x": 1.0, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
    )


def _buttons(figure: go.Figure, data: MapData, layout: Layout) -> list[dict[str, Any]]:
    """Supply or return: the traces of a side come first, as many for each."""
    per_side = len(data.network.plate.pipes) + 2
    rest = [trace.visible is not False for trace in figure.data[per_side * len(data.sides):]]
    sides = [{
        "label": side.capitalize(), "method": "restyle",
        "args": [{"visible": [shown == side for shown in data.sides for _ in range(per_side)] + rest}],
    } for side in data.sides]
    look = {"type": "buttons", "direction": "right", "bgcolor": "white", "bordercolor": palette.FAINT,
            "font": {"size": 12}, "pad": {"t": 0, "r": 8}}
    menus = []
    if len(sides) > 1:
        menus.append(look | {"buttons": sides, "x": 0.0, "xanchor": "left", "y": 1.0, "yanchor": "bottom"})
    if figure.frames:
        play = [{"label": "▶", "method": "animate", "args": [None, PLAY]},
                {"label": "❚❚", "method": "animate", "args": [[None], JUMP]}]
        menus.append(look | {"buttons": play, "x": 0.0, "xanchor": "left", "y": 0.0, "yanchor": "top",
                             "showactive": False, "pad": {"t": 20 if layout.is_scheme else AXIS_PX, "r": 8}})
    return menus


def _slider(times: Sequence[str], first: int, *, top_px: int) -> dict[str, Any]:
    return {
        "active": first, "x": 0.12, "len": 0.88, "pad": {"t": top_px, "b": 4}, "currentvalue": {"visible": False},
        "font": {"size": 10.5}, "ticklen": 4, "minorticklen": 2, "bordercolor": palette.FAINT,
        "steps": [{"label": time, "method": "animate", "args": [[str(i)], JUMP]} for i, time in enumerate(times)],
    }


def _hover(facts: Sequence[Fact], head: str = "%{text}") -> str:
    lines = [head, *(f"{fact.label}: %{{customdata[{k}]}} {fact.unit}" for k, fact in enumerate(facts))]
    return "<br>".join(lines) + "<extra></extra>"


def _rows(facts: Sequence[Fact], i: int) -> list[list[float | str]]:
    """Hover data of a picture, element by element."""
    return [[value if np.isfinite(value) else "–" for value in row]
            for row in np.array([fact.values[i] for fact in facts]).T.tolist()]


def _middle(line: Sequence[Point]) -> Point:
    if len(line) % 2:
        return line[len(line) // 2]
    (x0, y0), (x1, y1) = line[len(line) // 2 - 1], line[len(line) // 2]
    return (x0 + x1) / 2.0, (y0 + y1) / 2.0


def _xs(points: Sequence[tuple[float | None, float | None]]) -> list[float | None]:
    return [x for x, _ in points]


def _ys(points: Sequence[tuple[float | None, float | None]]) -> list[float | None]:
    return [y for _, y in points]
