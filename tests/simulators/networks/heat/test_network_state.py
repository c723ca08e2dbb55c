"""Run to T equals run to t, save, restore, run to T - bit for bit, with rings, reversals and full buffers."""

from __future__ import annotations

import copy
import json
from dataclasses import fields, replace

import numpy as np

from simulators.networks.heat.network import ThermalNetwork
from simulators.networks.heat.results import NetworkInputs, NetworkState
from simulators.networks.heat.spec import Feed
from tests.simulators.networks.heat.builders import ring, started
from twin.codec import decode, encode


def network() -> ThermalNetwork:
    return ThermalNetwork(replace(ring(), feeds=(Feed("tank", "c"),), parcels=16))


def drive(net: ThermalNetwork, state: NetworkState, inputs: NetworkInputs, first: int, last: int) -> None:
    for k in range(first, last):
        rng = np.random.default_rng(k)
        inputs.consumers["heat_mw"] = 0.2 * rng.random(3)
        inputs.sources["supply_degc"] = 75.0 + 15.0 * rng.random()
        inputs.feeds["flow_kg_s"] = 6.0 * rng.random() - 2.0
        net.advance(state, 300.0, 60.0, inputs)


def same(one: NetworkState, other: NetworkState) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))


def test_a_run_continues_from_its_stored_state_bit_for_bit() -> None:
    net = network()
    state, inputs = started(net)
    drive(net, state, inputs, 0, 40)
    text = json.dumps(encode(state))
    drive(net, state, inputs, 40, 80)

    other = network()
    restored = decode(json.loads(text), started(other)[0])
    drive(other, restored, started(other)[1], 40, 80)
    assert same(restored, state)


def test_a_copy_of_a_state_lives_on_its_own() -> None:
    net = network()
    state, inputs = started(net)
    drive(net, state, inputs, 0, 5)
    kept = copy.deepcopy(state)
    again = copy.deepcopy(state)
    drive(net, state, inputs, 5, 10)
    assert same(kept, again)
    assert not same(kept, state)
    drive(net, kept, inputs, 5, 10)
    assert same(kept, state)
