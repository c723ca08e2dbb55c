"""The current of a cell for a power: exact, for any step, in both directions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.storage.battery.open_circuit import content_v, voltage_v
from simulators.storage.battery.solve import current_a, terminal_power_w

OHM, HYSTERESIS_V = 5e-4, 0.02


def test_power_by_hand_in_an_instant() -> None:
    # open circuit U: 100 A give (U - 100 A · 0.5 mΩ - 20 mV) · 100 A and take (U + 50 mV + 20 mV) · 100 A
    assert current_a((voltage_v(0.5) - 0.07) * 100.0, 0.5, 1e-12, OHM, HYSTERESIS_V) == pytest.approx(100.0)
    assert current_a(-(voltage_v(0.5) + 0.07) * 100.0, 0.5, 1e-12, OHM, HYSTERESIS_V) == pytest.approx(-100.0)
    assert current_a(0.0, 0.5, 1e-3, OHM, HYSTERESIS_V) == 0.0


@given(st.floats(-280.0, 280.0), st.floats(0.02, 0.98), st.floats(1.0, 60.0), st.floats(1e-4, 2e-3))
def test_current_gives_the_power_back(current: float, soc: float, dt_s: float, ohm: float) -> None:
    soc_per_a = dt_s / 3600.0 / 280.0
    power_w = terminal_power_w(current, soc, soc_per_a, ohm, HYSTERESIS_V)

    found = current_a(power_w, soc, soc_per_a, ohm, HYSTERESIS_V)

    assert terminal_power_w(found, soc, soc_per_a, ohm, HYSTERESIS_V) == pytest.approx(power_w, abs=1e-9)


@given(st.floats(-280.0, 280.0), st.floats(0.02, 0.98), st.floats(1.0, 60.0))
def test_content_falls_by_power_and_loss(current: float, soc: float, dt_s: float) -> None:
    soc_per_a = dt_s / 3600.0 / 280.0
    power_w = terminal_power_w(current, soc, soc_per_a, OHM, HYSTERESIS_V)
    loss_w = OHM * current**2 + HYSTERESIS_V * abs(current)

    content_wh = 280.0 * (content_v(soc) - content_v(soc - current * soc_per_a))

    assert content_wh == pytest.approx((power_w + loss_w) * dt_s / 3600.0, abs=1e-11)
