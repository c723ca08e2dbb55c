"""The tap changer's state machine as tables: voltage in, position out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.networks.tap_changer import TapChanger, TapState, after_step

OLTC = TapChanger("T1", (0,), bus=1, lowest=-9, highest=9, start=0, voltage_per_step_pu=-0.015,
                  target_pu=1.0, deadband_pu=0.01, delay_s=120.0)
REST = TapState(0, 0.0, False)


def positions(changer: TapChanger, voltages: list[float], dt_s: float) -> list[int]:
    state, found = REST, []
    for vm_pu in voltages:
        state = after_step(changer, state, vm_pu, dt_s)
        found.append(state.position)
    return found


@pytest.mark.parametrize(
    ("voltages", "expected"),
    [
        ([1.009, 0.991, 1.0], [0, 0, 0]),                    # inside the dead band
        ([0.985, 0.985, 0.985], [0, -1, -1]),                # two minutes below: one step, then the timer starts anew
        ([0.985, 1.0, 0.985, 0.985], [0, 0, 0, -1]),         # back inside: the time before does not count
        ([0.985, 1.015, 0.985, 1.015], [0, 0, 0, 0]),        # from below to above: neither side lasts long enough
        ([1.015, 1.015], [0, 1]),                            # above: the other way
    ],
)
def test_one_movement_after_each_full_delay(voltages: list[float], expected: list[int]) -> None:
    assert positions(OLTC, voltages, dt_s=60.0) == expected


def test_a_long_step_moves_as_often_as_its_delays_allow_but_not_past_the_dead_band() -> None:
    # 0.035 below the target, 0.025 below the dead band: two steps of 0.015 are needed
    assert after_step(OLTC, REST, 0.965, dt_s=900.0).position == -2
    # 0.09 below needs six, but 240 s hold two delays only
    assert after_step(OLTC, REST, 0.91, dt_s=240.0).position == -2


def test_taps_on_the_low_voltage_winding_move_the_other_way() -> None:
    low_side = replace(OLTC, voltage_per_step_pu=0.015)
    assert after_step(low_side, REST, 0.985, dt_s=120.0).position == 1
    assert after_step(low_side, REST, 1.015, dt_s=120.0).position == -1


def test_no_delay_moves_at_once() -> None:
    assert after_step(replace(OLTC, delay_s=0.0), REST, 0.985, dt_s=1.0).position == -1


def test_the_last_position_is_reported() -> None:
    state = after_step(OLTC, TapState(-8, 0.0, False), 0.80, dt_s=3600.0)
    assert state == TapState(-9, 0.0, False)
    assert after_step(OLTC, state, 0.80, dt_s=3600.0) == TapState(-9, 0.0, True)


@given(
    position=st.integers(-9, 9),
    outside_s=st.floats(-119.0, 119.0),
    vm_pu=st.floats(0.3, 1.7),
    dt_s=st.sampled_from([1.0, 60.0, 900.0, 3600.0]),
)
def test_never_beyond_its_range_nor_away_from_the_target(position: int, outside_s: float, vm_pu: float,
                                                         dt_s: float) -> None:
    after = after_step(OLTC, TapState(position, outside_s, False), vm_pu, dt_s)
    assert OLTC.lowest <= after.position <= OLTC.highest
    moved_pu = (after.position - position) * OLTC.voltage_per_step_pu
    assert moved_pu * (OLTC.target_pu - vm_pu) >= 0.0
    # at most one step past the edge of the dead band, which is wider than a step: it ends inside
    assert abs(moved_pu) <= max(abs(vm_pu - OLTC.target_pu) - OLTC.deadband_pu, 0.0) + 0.015 + 1e-12
    if abs(vm_pu - OLTC.target_pu) <= OLTC.deadband_pu:
        assert after == TapState(position, 0.0, False)


def test_the_drive_bounds_the_movements_of_a_step_and_a_stuck_one_moves_none() -> None:
    # two steps of 0.015 are needed and the delays allow seven
    assert after_step(OLTC, REST, 0.965, dt_s=900.0, moves_count=1.0) == TapState(-1, 0.0, False)
    assert after_step(OLTC, REST, 0.965, dt_s=900.0, moves_count=0.0) == TapState(0, -900.0, False)
    # the time it waited counts when it moves again
    assert after_step(OLTC, TapState(0, -900.0, False), 0.965, dt_s=1.0).position == -2
