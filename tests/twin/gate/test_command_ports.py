"""What a schedule may command: what controllers command, and what is left to a person's hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from twin.component import Nothing, Section, port
from twin.cosim.edges import Edge, End
from twin.gate.shadow.player import command_ports


@dataclass
class StoreInputs:
    """Of a battery: a set-point, a limit, and what only its device knows."""

    p_set_mw: float = port(0.0)
    p_limit_mw: float = port(math.inf)
    running_frac: float = port(math.nan)
    soc: float = port(0.0, measured=True)


@dataclass
class HeatInputs:
    """Of a network: what flows, what a hand may set, what a device moves."""

    heat_mw: np.ndarray = port(0.0, carrier="heat", per="source", total=True)
    supply_set_degc: np.ndarray = port(math.nan, per="source")
    plant_limit_mw: np.ndarray = port(math.inf, per="source")
    moves_count: np.ndarray = port(math.inf, per="source")


@dataclass
class OperatorInputs:
    """Of a controller."""

    q_set_mvar: float = port(0.0)


SITE = {
    "operator": SimpleNamespace(name="operator", section=Section.CONTROLLERS, Inputs=OperatorInputs),
    "bess": SimpleNamespace(name="bess", section=Section.ASSETS, Inputs=StoreInputs),
    "weather": SimpleNamespace(name="weather", section=Section.WEATHER, Inputs=Nothing),
    "heat": SimpleNamespace(name="heat", section=Section.NETWORKS, Inputs=HeatInputs,
                            terminals=lambda: {"source": ("EC", "north")}),
}


def commanded(*edges: Edge):
    return command_ports(SITE, list(edges))


def test_what_a_controller_commands_comes_first_with_the_default_of_its_port() -> None:
    ports = commanded(Edge(End("operator", "p_set_mw", "bess"), End("bess", "p_set_mw")))
    assert next(iter(ports)) == "bess.p_set_mw"
    assert ports["bess.p_set_mw"].default == 0.0


def test_set_points_limits_and_hand_controls_that_nothing_feeds_can_be_commanded() -> None:
    ports = commanded()
    assert set(ports) == {"bess.p_set_mw", "bess.p_limit_mw", "heat.EC.supply_set_degc",
                          "heat.north.supply_set_degc", "heat.EC.plant_limit_mw", "heat.north.plant_limit_mw"}
    assert ports["heat.north.plant_limit_mw"].end == End("heat", "plant_limit_mw", "north")


@pytest.mark.parametrize(("key", "default"), [("bess.p_limit_mw", math.inf), ("heat.EC.plant_limit_mw", math.inf),
                                              ("heat.EC.supply_set_degc", math.nan)])
def test_a_hand_control_rests_where_its_port_does(key: str, default: float) -> None:
    assert np.array_equal([commanded()[key].default], [default], equal_nan=True)


def test_what_another_part_of_the_plant_feeds_is_not_a_command() -> None:
    fed = commanded(Edge(End("weather", "limit_mw"), End("heat", "plant_limit_mw", "EC")))
    assert "heat.EC.plant_limit_mw" not in fed
    assert "heat.north.plant_limit_mw" in fed
