"""Made-up but plausible heating and cooling networks as parts of a run; their balances close by construction.

The heating network has no coordinates: one main from the energy centre and two branches. Water
leaves the source, arrives later the farther a node is, and loses 1 K per km. The cooling network has coordinates and
a ring.
"""

from __future__ import annotations

import numpy as np

from tests.twin.accounts.builders import Part, make_run, part
from tests.twin.report.park import park_run
from twin.component import Role, Section
from twin.nameplate import NodePlate, PipePlate, SourcePlate, SubstationPlate, ThermalNetworkNameplate
from twin.report.figures.thermal_graph import distances_m
from twin.store.run_data import RunData

CP_MJ_KG_K = 4.19e-3
SECONDS_PER_METRE = 2.0
"""Water at 0.5 m/s."""
LOSS_K_PER_M = 1e-3
STATUS = {0: "solved", 2: "no_flow"}

HEAT_PIPES = (
    ("main", "EC", "A", 2600, 0.26), ("a_b", "A", "B", 250, 0.21), ("b_hospital", "B", "hospital", 220, 0.16),
    ("hospital_a", "hospital", "tower_a", 180, 0.107), ("a_c", "A", "C", 300, 0.21),
    ("c_tower", "C", "tower_c", 200, 0.13),
    ("towers", "tower_c", "tower_b", 150, 0.107), ("c_labs", "C", "labs", 260, 0.107),
    ("b_dc", "B", "dc_office", 120, 0.08),
    ("labs_hotel", "labs", "hotel", 180, 0.08),
)
HEAT_PEAKS_MW = {"hospital": 1.2, "tower_a": 0.75, "tower_b": 0.75, "tower_c": 0.6, "labs": 0.55, "hotel": 0.45,
                 "dc_office": 0.2}
COOLING_PLACES = {"EC": (0, 0), "N1": (400, 120), "N2": (760, 60), "N3": (640, 420), "tower": (300, 430),
                  "dc": (980, 300), "hospital": (960, -80)}
COOLING_PIPES = (
    ("ec_n1", "EC", "N1", 420, 0.4), ("n1_n2", "N1", "N2", 370, 0.3), ("n2_n3", "N2", "N3", 380, 0.25),
    ("n3_n1", "N3", "N1", 390, 0.25), ("n1_tower", "N1", "tower", 330, 0.2), ("n3_dc", "N3", "dc", 360, 0.25),
    ("n2_hospital", "N2", "hospital", 240, 0.25),
)
COOLING_PEAKS_MW = {"hospital": 0.9, "dc": 1.3, "tower": 1.6}


def thermal_park_run(duration_s: int = 86_400, step_s: int = 300) -> RunData:
    """The park with both networks."""
    run = park_run(duration_s, step_s)
    networks = make_run(heat_part(duration_s, step_s), cooling_part(duration_s, step_s), step_s=step_s)
    for record in networks.components.values():
        record.codes["status_code"] = STATUS
    run.components |= networks.components
    run.values |= networks.values
    return run


def heat_plate() -> ThermalNetworkNameplate:
    """The heating network: no coordinates."""
    names = dict.fromkeys(end for _, begin, to, *_ in HEAT_PIPES for end in (begin, to))
    return ThermalNetworkNameplate(
        "heating", tuple(NodePlate(n, None, None) for n in names), tuple(PipePlate(*p) for p in HEAT_PIPES),
        tuple(SubstationPlate(n, n, 1 if n == "hospital" else 2) for n in HEAT_PEAKS_MW),
        (SourcePlate("energy_centre", "EC"),))


def cooling_plate() -> ThermalNetworkNameplate:
    """The cooling network: coordinates and a ring."""
    return ThermalNetworkNameplate(
        "cooling", tuple(NodePlate(n, float(x), float(y)) for n, (x, y) in COOLING_PLACES.items()),
        tuple(PipePlate(*p) for p in COOLING_PIPES), tuple(SubstationPlate(n, n, 2) for n in COOLING_PEAKS_MW),
        (SourcePlate("chillers", "EC"),))


def heat_part(duration_s: int = 86_400, step_s: int = 300, name: str = "heat") -> Part:
    """A heating network with two CHP units, boiler and tank; from 07:00 to 07:30 the hotel gets half of its heat."""
    t_s = np.arange(0, duration_s, step_s)
    hour = t_s / 3600 % 24
    shape = 0.45 + 0.35 * np.exp(-((hour - 7.5) / 2.2) ** 2) + 0.3 * np.exp(-((hour - 19) / 2.5) ** 2)
    source_degc = np.where((hour >= 8) & (hour < 20), 80.0, 90.0)
    short = (hour >= 7) & (hour < 7.5)
    demand = {n: peak * shape * (1 + 0.05 * i) for i, (n, peak) in enumerate(HEAT_PEAKS_MW.items())}
    unserved = {n: np.where(short & (n == "hotel"), 0.5 * mw, 0.0) for n, mw in demand.items()}
    delivered_mw = sum(demand.values()) - sum(unserved.values())
    chp = np.where((hour >= 6) & (hour < 22), 3.5, 0.0)
    tank = np.clip(0.7 * (delivered_mw + 0.2 - chp), -1.2, 1.2)
    tank = tank - tank.mean()
    boiler = np.where(chp > 0, 0.0, np.maximum(delivered_mw + 0.2 - chp - tank, 0.0))
    dumped = np.where((hour >= 13) & (hour < 14), 0.4, 0.0)
    drive = np.where((hour >= 11) & (hour < 15), 0.5, 0.0)
    series, vectors = _water(heat_plate(), t_s, source_degc, demand, unserved, return_degc=50.0)
    series |= {
        "p_mw": -0.012 - 0.004 * delivered_mw, "pump_mw": 0.003 + 0.001 * delivered_mw, "gas_mw": -boiler / 0.95,
        "chp_heat_mw": chp, "boiler_mw": boiler, "boiler_loss_mw": boiler * 0.05 / 0.95, "dumped_mw": dumped,
        "stranded_mw": 0 * chp, "drive_mw": drive, "drive_degc": source_degc, "status_code": np.where(short, 2, 0),
        "loss_mw": 0.19 + 0 * chp,
    }
    return _network(name, "heat_network", heat_plate(), series, vectors, tank, step_s,
                    gives=chp + boiler - dumped - drive)


def cooling_part(duration_s: int = 86_400, step_s: int = 300, name: str = "cold") -> Part:
    """A cooling network with electric and absorption chillers, without a tank."""
    t_s = np.arange(0, duration_s, step_s)
    hour = t_s / 3600 % 24
    demand = {n: peak * (0.35 + 0.65 * np.exp(-((hour - 14.5) / 4) ** 2)) for n, peak in COOLING_PEAKS_MW.items()}
    total = sum(demand.values())
    absorption = np.where((hour >= 11) & (hour < 15), 0.35, 0.0)
    chiller = total + 0.05 + 0.08 * np.sin(hour * 4.0) - absorption
    nothing = dict.fromkeys(demand, 0 * hour)
    series, vectors = _water(cooling_plate(), t_s, 6.5 + 0.6 * np.sin(hour / 3), demand, nothing, return_degc=12.0)
    series |= {
        "p_mw": -chiller / 4.2 - 0.018 * total, "pump_mw": 0.018 * total, "chiller_mw": chiller,
        "chiller_p_mw": -chiller / 4.2, "absorption_mw": absorption, "drive_used_mw": absorption / 0.7,
        "drive_request_mw": absorption / 0.7, "rejected_mw": chiller * 1.24 + absorption * 2.4,
        "status_code": 0 * hour, "loss_mw": 0.05 + 0 * hour,
    }
    return _network(name, "cooling_network", cooling_plate(), series, vectors, 0 * hour, step_s,
                    gives=chiller + absorption)


def _network(name: str, type_: str, plate: ThermalNetworkNameplate, series: dict[str, np.ndarray],
             vectors: dict[str, tuple[str, ...]], tank: np.ndarray, step_s: int, gives: np.ndarray) -> Part:
    """What follows from the balance: gives - delivered - losses = change of the stored heat."""
    hours = step_s / 3600
    tank_loss = np.where(tank.any(), 0.02, 0.0) + 0 * tank
    change = gives - series["delivered_mw"] - series["loss_mw"] - tank_loss
    series |= {
        "plant_mw": gives + tank, "tank_mw": tank, "tank_loss_mw": tank_loss, "feed_mw": 0 * tank,
        "external_mw": 0 * tank, "extraction_mw": 0 * tank, "stored_change_mwh": change * hours,
        "residual_mwh": 0 * tank,
        "tank_energy_mwh": (18.0 if tank.any() else 0.0) - np.cumsum(tank + tank_loss) * hours,
        "stored_mwh": 8.0 + np.cumsum(change + tank + tank_loss) * hours,
    }
    return part(name, type_, Role.NETWORK, series, plate=plate, section=Section.NETWORKS, vectors=vectors)


def _water(plate: ThermalNetworkNameplate, t_s: np.ndarray, source_degc: np.ndarray, demand: dict[str, np.ndarray],
           unserved: dict[str, np.ndarray], return_degc: float,
           ) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, ...]]]:
    ways = distances_m(plate)
    sign = 1.0 if plate.service == "heating" else -1.0
    supply = {n: np.interp(t_s - way * SECONDS_PER_METRE, t_s, source_degc) - sign * LOSS_K_PER_M * way
              for n, way in ways.items()}
    back = {n: return_degc - sign * LOSS_K_PER_M * (max(ways.values()) - way) + 0 * t_s for n, way in ways.items()}
    delivered = {n: demand[n] - unserved[n] for n in demand}
    drawn = {s.name: delivered[s.name] / (CP_MJ_KG_K * abs(supply[s.node] - back[s.node])) for s in plate.substations}
    pipes = {p.name: np.sum([drawn[s.name] for s in plate.substations if _passes(plate, p, s.node, ways)] or [0 * t_s],
                            axis=0) for p in plate.pipes}
    speed = {p.name: pipes[p.name] / (970.0 * np.pi / 4 * p.inner_diameter_m ** 2) for p in plate.pipes}
    root = plate.sources[0]
    flow = np.sum(list(drawn.values()), axis=0)
    lift = 0.8 + 1.4 * (flow / flow.max()) ** 2
    total, missing = sum(demand.values()), sum(unserved.values())
    columns = {
        "substation_demand_mw": demand, "substation_delivered_mw": delivered, "substation_unserved_mw": unserved,
        "substation_kg_s": drawn, "substation_supply_degc": {s.name: supply[s.node] for s in plate.substations},
        "substation_return_degc": {s.name: back[s.node] for s in plate.substations},
        "differential_bar": {s.name: lift - 0.0002 * ways[s.node] * lift for s in plate.substations},
        "supply_degc": supply, "return_degc": back, "pipe_kg_s": pipes, "velocity_m_s": speed,
        "pressure_gradient_pa_m": {n: 90.0 * v ** 2 for n, v in speed.items()},
        "source_mw": {root.name: total - missing}, "source_kg_s": {root.name: flow},
        "source_supply_degc": {root.name: supply[root.node]}, "source_return_degc": {root.name: back[root.node]},
        "source_lift_bar": {root.name: lift},
    }
    series = {output: np.array(list(by_name.values())).T for output, by_name in columns.items()}
    vectors = {output: tuple(by_name) for output, by_name in columns.items()}
    series |= {
        "demand_mw": total, "delivered_mw": total - missing, "unserved_mw": missing,
        "worst_differential_bar": series["differential_bar"].min(axis=1),
        "max_velocity_m_s": series["velocity_m_s"].max(axis=1),
    }
    return series, vectors


def _passes(plate: ThermalNetworkNameplate, pipe: PipePlate, node: str, ways: dict[str, float]) -> bool:
    """Whether the shortest way from the source to a node leads through a pipe."""
    while ways[node] > 0.0:
        for other in plate.pipes:
            before = other.from_node if other.to_node == node else other.to_node if other.from_node == node else None
            if before is not None and abs(ways[before] + other.length_m - ways[node]) < 1e-6:
                if other is pipe:
                    return True
                node = before
                break
    return False
