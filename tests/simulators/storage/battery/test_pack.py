"""From the size of a system to its cells."""

from __future__ import annotations

import pytest

from simulators.storage.battery.open_circuit import content_v
from simulators.storage.battery.pack import cells_in_series, pack_for


def test_416_cells_fill_1500_volts() -> None:
    # 1500 V / 3.6 V = 416.7
    assert cells_in_series(1500.0, 3.6) == 416
    assert cells_in_series(3.0, 3.6) == 0


def test_cells_hold_the_nominal_energy() -> None:
    pack = pack_for(40.0, 280.0, 416)

    assert pack.cells * 280.0 * content_v(1.0) / 1e6 == pytest.approx(40.0, rel=1e-14)
    assert pack.strings == pytest.approx(40e6 / (416 * 280 * content_v(1.0)))
    assert pack.strings == pytest.approx(104.7, abs=0.1)


def test_voltage_is_of_the_series_and_current_of_the_strings() -> None:
    pack = pack_for(40.0, 280.0, 416)

    assert pack.voltage_v(3.3) == pytest.approx(1372.8)
    assert pack.current_a(70.0) == pytest.approx(70.0 * pack.strings)
