"""The drive circuit: nothing is lost, the chillers run steadily, less than minimum load is saved up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.networks.plant.drive_circuit import (
    REQUESTED_MW,
    RUNNING,
    STORED_MWH,
    fill,
    new_memory,
    offer_mw,
    request_mw,
    take,
)

LEAST_MW = 0.8
"""Of the park's machine: 0.2 · 2.8 MW / 0.7."""


def run(memory: np.ndarray, inflow_mw: float, dt_s: float, use_frac: float = 1.0, substeps: int = 1) -> list[float]:
    """One step; returns what was used in each sub-step."""
    memory[REQUESTED_MW] = inflow_mw
    fill(memory, 1.0, dt_s)
    used = []
    for k in range(substeps):
        each_s = dt_s / substeps
        used.append(use_frac * offer_mw(memory, LEAST_MW, (substeps - k) * each_s, each_s))
        take(memory, used[-1], each_s)
    return used


@pytest.mark.parametrize(("dt_s", "substeps"), [(900.0, 15), (900.0, 1), (60.0, 1)])
def test_what_flows_in_is_used_as_it_comes(dt_s: float, substeps: int) -> None:
    memory = new_memory()
    for _ in range(int(6 * 3600 / dt_s)):
        used = run(memory, 2.0, dt_s, substeps=substeps)
    assert used == pytest.approx([2.0] * substeps, rel=1e-2)


def test_less_than_minimum_load_is_saved_up_and_used_at_minimum_load() -> None:
    memory = new_memory()
    used = [run(memory, 0.4, 60.0)[0] for _ in range(24 * 60)]
    running = np.array(used) > 0.0
    # starts with 0.25 h of minimum load, 0.2 MWh, after half an hour; then empties at 0.8 - 0.4 MW in another half
    assert not running[:29].any() and running[30]
    assert set(np.round(np.array(used)[running], 6)) == {0.8}
    assert running[30:].mean() == pytest.approx(0.5, abs=0.05)
    assert np.abs(np.diff(running.astype(int))).sum() <= 2 * 24 + 1


@given(st.lists(st.floats(0.0, 5.0), min_size=1, max_size=40), st.floats(0.0, 1.0), st.sampled_from([60.0, 900.0]))
def test_no_heat_is_lost_or_made(inflows_mw: list[float], use_frac: float, dt_s: float) -> None:
    memory = new_memory()
    used_mwh = sum(sum(run(memory, inflow, dt_s, use_frac, 3)) * dt_s / 3 / 3600 for inflow in inflows_mw)
    came_mwh = sum(inflows_mw) * dt_s / 3600
    assert used_mwh + memory[STORED_MWH] == pytest.approx(came_mwh, abs=1e-12)
    assert memory[STORED_MWH] >= 0.0


def test_nothing_comes_nothing_is_offered() -> None:
    memory = new_memory()
    assert run(memory, 0.0, 900.0) == [0.0]
    assert memory[RUNNING] == 0.0


def test_request_fills_the_store_to_its_starting_level() -> None:
    memory = new_memory()
    assert request_mw(memory, 4.0, LEAST_MW) == pytest.approx(4.0 + 0.8 * 0.25)
    assert memory[REQUESTED_MW] == pytest.approx(4.2)
    memory[STORED_MWH] = 10.0
    assert request_mw(memory, 4.0, LEAST_MW) == 0.0


def test_the_granted_share_of_the_request_arrives() -> None:
    memory = new_memory()
    request_mw(memory, 4.0, LEAST_MW)
    fill(memory, 0.5, 900.0)
    assert memory[STORED_MWH] == pytest.approx(0.5 * 4.2 * 0.25)
