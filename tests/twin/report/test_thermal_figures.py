"""Figures of heat and cold: the stacks close on what was delivered, extremes survive the bins, nothing is invented."""

from __future__ import annotations

import numpy as np
import pytest

from tests.twin.accounts.builders import Part, load, make_run, part
from tests.twin.report.thermal import STATUS, cooling_part, heat_part
from twin.component import Role, Section
from twin.nameplate import NodePlate, PipePlate, SourcePlate, SubstationPlate, ThermalNetworkNameplate
from twin.report import palette
from twin.report.figures.thermal_dispatch import plant_inputs, thermal_dispatch
from twin.report.figures.thermal_series import ThermalSeries, thermal_networks
from twin.report.figures.thermal_tank import tank_and_dump
from twin.report.figures.thermal_water import MOST_SUBSTATIONS, pressures_and_velocities, water_temperatures
from twin.report.timeline import Timeline, timeline_of

ROUNDING_MW = 1e-4
"""Curves are drawn in single precision."""
PLATE = ThermalNetworkNameplate(
    "heating", (NodePlate("EC", None, None), NodePlate("A", None, None)), (PipePlate("main", "EC", "A", 500.0, 0.1),),
    (SubstationPlate("hospital", "A", 1),), (SourcePlate("plant", "EC"),))


def network_of(*parts: Part, step_s: int = 3600) -> tuple[ThermalSeries, Timeline]:
    """The first thermal network of a run, with its time axis."""
    run = make_run(*parts, step_s=step_s)
    for record in run.components.values():
        record.codes["status_code"] = STATUS
    return thermal_networks(run)[0], timeline_of(run)


def heat(*, plate: ThermalNetworkNameplate = PLATE, vectors: dict[str, tuple[str, ...]] | None = None,
         **series: object) -> Part:
    """A network with the given outputs and no others."""
    return part("heat", "heat_network", Role.NETWORK, series, plate=plate, section=Section.NETWORKS,  # type: ignore[arg-type]
                vectors=vectors)


def stack(figure, group: str) -> dict[str, float]:
    """Legend → power of the first interval in a stack."""
    return {t.name: float(t.y[0]) for t in figure.data if t.stackgroup == group}


def total(figure) -> np.ndarray:
    return np.sum([np.asarray(t.y, dtype=float) for t in figure.data if t.stackgroup], axis=0)[:-1]


@pytest.mark.parametrize("make", [heat_part, cooling_part])
def test_supply_less_what_went_elsewhere_is_what_was_delivered(make) -> None:
    network, timeline = network_of(make(step_s=300), step_s=300)
    figure = thermal_dispatch(network, timeline)
    assert total(figure) == pytest.approx(network.power("delivered_mw"), abs=ROUNDING_MW)
    assert max(network.power("delivered_mw")) > 2.0


def test_the_water_of_the_pipes_takes_what_the_tank_does_not() -> None:
    """5.0 MW of boiler over half an hour: 3.0 delivered, 0.5 lost, 1.0 into the tank, so 0.5 into the pipes.

    The tank loses 0.1 of its own: 0.9 MW stay. Stored in all: (0.9 + 0.5) MW over 0.5 h = 0.7 MWh.
    """
    network, timeline = network_of(
        heat(boiler_mw=[5.0], demand_mw=[3.0], delivered_mw=[3.0], loss_mw=[0.5], tank_mw=[-1.0], tank_loss_mw=[0.1],
             stored_change_mwh=[0.7]), step_s=1800)
    figure = thermal_dispatch(network, timeline)
    assert stack(figure, "sources") == {"Boilers": 5.0}
    assert stack(figure, "sinks") == pytest.approx(
        {"Tank charge": -1.0, "Into the water of the pipes": -0.5, "Pipe losses": -0.5})


def test_warm_ground_stands_among_the_supplies() -> None:
    network, timeline = network_of(heat(external_mw=[2.0], loss_mw=[-0.25], demand_mw=[2.25], delivered_mw=[2.25]))
    figure = thermal_dispatch(network, timeline)
    assert stack(figure, "sources") == {"Bought heat": 2.0, "Gained from the ground": 0.25}
    assert stack(figure, "sinks") == {}


def test_unserved_demand_is_summed_and_marked_between_served_and_asked() -> None:
    """0.5 of 2.0 MW for one of two hours is 0.5 MWh; the mark lies between 1.5 and 2.0 MW."""
    network, timeline = network_of(heat(demand_mw=[2.0, 2.0], delivered_mw=[1.5, 2.0], unserved_mw=[0.5, 0.0]))
    traces = {t.name: t for t in thermal_dispatch(network, timeline).data}
    mark = traces["Unserved: 0.50 MWh"]
    assert list(traces["Served"].y) == [1.5, 2.0, 2.0]
    assert list(mark.y) == list(traces["Demand"].y) == [2.0, 2.0, 2.0]
    assert (mark.fill, mark.fillpattern.fgcolor) == ("tonexty", palette.ALARM)


def test_without_unserved_demand_there_is_no_mark() -> None:
    network, timeline = network_of(heat(demand_mw=[2.0], delivered_mw=[2.0], unserved_mw=[1e-9]))
    assert [t.name for t in thermal_dispatch(network, timeline).data] == ["Demand"]


def test_a_network_that_did_nothing_has_no_figures() -> None:
    network, timeline = network_of(heat(demand_mw=[0.0, 0.0], delivered_mw=[0.0, 0.0], tank_energy_mwh=[0.0, 0.0]))
    figures = (thermal_dispatch, plant_inputs, water_temperatures, pressures_and_velocities, tank_and_dump)
    assert [figure(network, timeline) for figure in figures] == [None] * len(figures)


def test_a_run_without_thermal_networks_has_none() -> None:
    assert thermal_networks(make_run(load([-1.0]))) == []


def test_inputs_are_drawn_as_amounts() -> None:
    network, timeline = network_of(heat(p_mw=[-0.3], pump_mw=[0.02], gas_mw=[-4.0]))
    assert {t.name: t.y[0] for t in plant_inputs(network, timeline).data} == pytest.approx(
        {"Electricity, all": 0.3, "Electricity of network pumps": 0.02, "Gas (LHV)": 4.0})


def test_temperatures_stand_with_the_way_of_the_water() -> None:
    """One pipe of 500 m: 90 °C leave, 88 arrive; 50 °C return, 49 arrive."""
    network, timeline = network_of(heat(
        source_supply_degc=[[90.0]], source_return_degc=[[49.0]], substation_supply_degc=[[88.0]],
        substation_return_degc=[[50.0]],
        vectors={"source_supply_degc": ("plant",), "source_return_degc": ("plant",),
                 "substation_supply_degc": ("hospital",), "substation_return_degc": ("hospital",)}))
    figure = water_temperatures(network, timeline)
    assert [(t.name, t.y[0], t.yaxis) for t in figure.data] == [
        ("plant", 90.0, "y"), ("hospital (0.5 km)", 88.0, "y"),
        ("plant", 49.0, "y2"), ("hospital (0.5 km)", 50.0, "y2")]
    assert [figure.layout.yaxis.title.text, figure.layout.yaxis2.title.text] == ["Supply [°C]", "Return [°C]"]
    assert figure.layout.yaxis.range == (87.0, 91.0), "two kelvin must not fill the axis"


def test_the_front_arrives_later_the_farther_a_substation_is() -> None:
    """20:00: from 80 to 90 °C. At 0.5 m/s the 2.97 km to the offices take 99 min, the 3.34 km to the hotel 111."""
    network, timeline = network_of(heat_part(step_s=60), step_s=60)
    supply = [t for t in water_temperatures(network, timeline).data if t.yaxis == "y"]
    curves = {t.name: np.asarray(t.y, dtype=float) for t in supply}
    half_way = {name: int(np.argmax(y[1200:] > y[1200] + 5.0)) for name, y in curves.items()}
    assert half_way["energy_centre"] == 0
    assert half_way["dc_office (3.0 km)"] == pytest.approx(99, abs=1)
    assert half_way["hotel (3.3 km)"] == pytest.approx(111, abs=1)


def test_many_substations_are_drawn_as_a_range_with_the_nearest_and_the_farthest() -> None:
    n = MOST_SUBSTATIONS + 4
    names = tuple(f"s{i}" for i in range(n))
    plate = ThermalNetworkNameplate(
        "heating", tuple(NodePlate(f"n{i}", None, None) for i in range(n + 1)),
        tuple(PipePlate(f"p{i}", f"n{i}", f"n{i + 1}", 100.0, 0.1) for i in range(n)),
        tuple(SubstationPlate(name, f"n{i + 1}", 2) for i, name in enumerate(names)), (SourcePlate("plant", "n0"),))
    degc = 80.0 - np.arange(n)
    network, timeline = network_of(heat(plate=plate, substation_supply_degc=[degc],
                                        vectors={"substation_supply_degc": names}))
    assert [(t.name, t.y[0]) for t in water_temperatures(network, timeline).data] == [
        (f"range of {n} substations: lowest", 69.0), (f"range of {n} substations", 80.0),
        ("s0 (0.1 km)", 80.0), ("s11 (1.2 km)", 69.0)]


def test_a_short_lack_of_pressure_survives_the_daily_bins() -> None:
    """One quarter hour of 0.1 bar and 2.4 m/s in a year is drawn as such, and marked where it was not solved."""
    n = 365 * 96
    differential, velocity, status = np.full(n, 0.8), np.full(n, 0.6), np.zeros(n)
    differential[5000], velocity[5000], status[5000] = 0.1, 2.4, 2
    network, timeline = network_of(heat(worst_differential_bar=differential, max_velocity_m_s=velocity,
                                        status_code=status), step_s=900)
    curves = {t.name: np.asarray(t.y, dtype=float) for t in pressures_and_velocities(network, timeline).data}
    assert curves["Differential, worst substation"].min() == pytest.approx(0.1)
    assert curves["Velocity, fastest pipe"].max() == pytest.approx(2.4)
    assert np.flatnonzero(np.isfinite(curves["Not solvable: no flow"])).tolist() == [5000 // 96]


def test_the_tank_is_drawn_above_its_lowest_content() -> None:
    """A cold tank counts below zero: -30, -28, -29 MWh are 0, 2, 1 MWh above the lowest."""
    network, timeline = network_of(heat(tank_energy_mwh=[-30.0, -28.0, -29.0], tank_mw=[0.0, -2.0, 1.0]))
    figure = tank_and_dump(network, timeline)
    curves = {t.name: list(t.y) for t in figure.data}
    assert curves == {"Content": [0.0, 2.0, 1.0, 1.0], "Discharge (+), charge (−)": [0.0, -2.0, 1.0, 1.0]}
    assert figure.layout.yaxis.title.text == "Content [MWh]"


def test_dumped_heat_is_shown_and_summed_without_a_tank() -> None:
    network, timeline = network_of(heat(dumped_mw=[0.5, 1.5], tank_energy_mwh=[0.0, 0.0]))
    assert {t.name: list(t.y) for t in tank_and_dump(network, timeline).data} == {"Dumped: 2.00 MWh": [0.5, 1.5, 1.5]}


def test_recorded_temperatures_of_the_tank_are_drawn_warm_to_cold() -> None:
    network, timeline = network_of(heat(tank_energy_mwh=[1.0], tank_layer_degc=[[85.0, 60.0]],
                                        vectors={"tank_layer_degc": ("top", "bottom")}))
    shown = [(t.name, t.y[0], t.line.color) for t in tank_and_dump(network, timeline).data[1:]]
    assert shown == [("tank layer: top", 85.0, palette.TEMPERATURES[-1]),
                     ("tank layer: bottom", 60.0, palette.TEMPERATURES[0])]


def test_a_long_run_keeps_the_figures_small() -> None:
    network, timeline = network_of(heat_part(365 * 86_400, 900), step_s=900)
    for draw in (thermal_dispatch, water_temperatures, pressures_and_velocities, tank_and_dump, plant_inputs):
        assert len(draw(network, timeline).to_json()) < 120_000
