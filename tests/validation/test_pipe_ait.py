"""The network engine beside a week of measurements in a heating street."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from simulators.validation.pipe_ait import compare, simulate, street
from tests.validation.published_data import published_data


def test_the_street_is_not_worse_than_the_published_model() -> None:
    rows = compare(published_data("pipe_ulg", "ait_151218.csv"))
    assert len(rows) == 4
    assert [row for row in rows if not row.passed] == []


def test_at_constant_flow_the_street_loses_what_its_resistances_say() -> None:
    """Exponential loss along pip0, pip1, pip5 and pip2 by hand."""
    flows = {1: 20.0, 2: 0.1, 3: 0.03, 4: 0.02}
    time_s = np.arange(0.0, 60_001.0, 900.0)
    data = pd.DataFrame({"time_s": time_s, "T1_K": 373.15, "T_outdoor_K": 273.15,
                         **{f"m{n}_kg_s": flow for n, flow in flows.items()}})
    _, ours = simulate(data)
    network = street()
    by_name = {pipe.name: pipe.u_w_mk * pipe.length_m for pipe in network.spec.pipes}
    cp = network.spec.fluid.heat_capacity_j_kg_k
    exponent = (by_name["pip0"] / 20.0 + by_name["pip1"] / 0.15 + by_name["pip5"] / 0.13 + by_name["pip2"] / 0.1) / cp
    assert ours["2"][-1] == pytest.approx(100.0 * np.exp(-exponent), abs=0.02)
