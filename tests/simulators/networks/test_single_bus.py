"""A copper plate: the public grid takes the balance, whatever the bus."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.networks.single_bus import Params, SingleBus
from tests.component_specs import ComponentSpec
from twin.errors import ComponentError
from twin.nameplate import ConnectionNameplate


def single_bus(**params: object) -> SingleBus:
    component = ComponentSpec("single_bus", params).build()
    assert isinstance(component, SingleBus)
    return component


def test_the_public_grid_takes_the_balance() -> None:
    network = single_bus(buses=["HOUSE", "BARN"])
    assert network.terminals() == {"bus": ("HOUSE", "BARN")}
    outputs = network.step(0, 60, network.Inputs(p_mw=np.array([-3.0, 1.0]), q_mvar=np.array([-0.5, 0.25])))
    assert outputs.exchange_mw == 2.0       # 3 MW of load, 1 MW of generation: 2 MW are imported
    assert outputs.exchange_mvar == 0.25
    assert outputs.loss_mw == 0.0
    assert outputs.vm_pu.tolist() == [1.0, 1.0]


def test_default_is_one_bus_without_limits() -> None:
    network = single_bus()
    assert network.terminals() == {"bus": ("SITE",)}
    assert network.nameplate() == ConnectionNameplate(math.inf, math.inf)


def test_agreed_limits_are_told_to_controllers() -> None:
    assert single_bus(import_limit_mw=5.0, export_limit_mw=0.0).nameplate() == ConnectionNameplate(5.0, 0.0)


def test_a_bus_named_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="'HOUSE' is named twice"):
        Params(buses=["HOUSE", "HOUSE"])


def test_a_power_that_is_not_a_number_is_refused() -> None:
    network = single_bus()
    with pytest.raises(ComponentError, match="not a number"):
        network.step(0, 60, network.Inputs(p_mw=np.array([math.nan]), q_mvar=np.array([0.0])))
