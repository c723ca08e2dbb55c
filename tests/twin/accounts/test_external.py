"""External simulators take part in the balance with the signals that feed a bus, and with no others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.twin.accounts.builders import Part, load, make_run, part, sun, tariff
from twin.accounts import settle
from twin.component import Role, Section
from twin.errors import RunStoreError
from twin.store.run_data import RunData


def probed(signals: dict[str, list[float]], connections: list[dict[str, Any]], exchange: list[float],
           *others: Part, step_s: int = 3600) -> RunData:
    """A site with the external simulator ``houses``, whose probe recorded the signals."""
    probe = part("houses_probe", "probe", Role.PROBE, {"value": np.array(list(signals.values())).T},
                 vectors={"value": tuple(signals)})
    network = part("grid", "single_bus", Role.NETWORK, {"exchange_mw": exchange, "loss_mw": [0.0] * len(exchange)},
                   section=Section.NETWORKS)
    run = make_run(*others, probe, network, step_s=step_s)
    run.scenario["connections"] = connections
    return run


def to_grid(source: str, **options: Any) -> dict[str, Any]:
    return {"from": source, "to": "grid.A.p_mw", **options}


def test_a_house_of_100_kw_closes_the_balance_and_is_consumption() -> None:
    """Town 1 MW, sun 0.55 MW, house 0.1 MW for two hours: 1.1 MWh green of 2.2 MWh, import 0.55 MW."""
    run = probed({"p_mw": [-0.1, -0.1], "vm_pu": [1.0, 1.0]}, [to_grid("houses.p_mw")], [0.55, 0.55],
                 load([-1.0, -1.0]), sun([0.55, 0.55]), tariff(buy_price_per_mwh=[1000, 1000]))
    accounts = settle(run)
    assert accounts.energy.residual_rel < 1e-12
    assert accounts.kpi["consumption_mwh"] == pytest.approx(2.2)
    assert accounts.kpi["green_share_frac"] == pytest.approx(0.5)
    assert accounts.kpi["grid_only_cost_cny"] == pytest.approx(2200)


def test_one_house_feeding_in_does_not_hide_what_another_draws() -> None:
    """House 0 draws 0.3 MW, house 1 feeds 0.2 MW, the town draws 1 MW: 1.3 MWh consumed, none of it green."""
    run = probed({"0.p_mw": [-0.3], "1.p_mw": [0.2]}, [to_grid("houses.0.p_mw"), to_grid("houses.1.p_mw")], [1.1],
                 load([-1.0]), tariff(grid_emission_t_per_mwh=[0.5]))
    accounts = settle(run)
    assert accounts.energy.residual_rel < 1e-12
    assert accounts.kpi["consumption_mwh"] == pytest.approx(1.3)
    assert accounts.kpi["green_share_frac"] == 0.0
    assert accounts.green.load.grid_mw == pytest.approx([1.3])
    of = {c.name: (c.role, c.delivered_mwh, c.taken_mwh) for c in accounts.energy.components}
    assert of["houses"] == (Role.LOAD, 0.0, pytest.approx(0.3))
    assert of["houses (feeding in)"] == (Role.PROBE, pytest.approx(0.2), 0.0)
    assert "emission_t" not in accounts.kpi


def test_signals_that_feed_no_bus_are_left_alone() -> None:
    """The second house goes to a controller, the third nowhere."""
    connections = [to_grid("houses.0.p_mw"), {"from": "houses.1.p_mw", "to": "operator.p_mw"}]
    run = probed({"0.p_mw": [-0.1], "1.p_mw": [-5.0], "2.p_mw": [-7.0]}, connections, [0.1])
    accounts = settle(run)
    assert accounts.kpi["consumption_mwh"] == pytest.approx(0.1)
    assert accounts.energy.residual_rel < 1e-12


def test_a_delayed_connection_arrives_one_step_late() -> None:
    """The network sees the initial 0.4 MW draw, then what the house had one step before."""
    run = probed({"p_mw": [-0.1, -0.2, -0.3]}, [to_grid("houses.p_mw", delayed=True, initial=-0.4)], [0.4, 0.1, 0.2])
    assert settle(run).energy.residual_rel < 1e-12


def test_a_missing_power_of_an_external_is_refused_with_its_time() -> None:
    run = probed({"p_mw": [-0.1, math.nan]}, [to_grid("houses.p_mw")], [0.1, 0.1])
    with pytest.raises(RunStoreError, match=r"houses_probe.value\[p_mw\] is nan at t = 3600 s"):
        settle(run)
