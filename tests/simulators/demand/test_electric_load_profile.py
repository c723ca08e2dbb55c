"""A consumer from a file: what it takes, its reactive power, and what may be interrupted."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from simulators.demand.electric_load_profile import ElectricLoadProfile, Inputs, Params
from tests.simulators.profile_files import context, stamps, write_series
from twin.nameplate import LoadNameplate


@pytest.fixture
def load(tmp_path: Path):  # type: ignore[no-untyped-def]
    """``load(**params)`` → a consumer of 1, 0, 0.5, 0.25 MW in four quarters of an hour, and 2 MW after it."""
    file = write_series(tmp_path / "s.csv", stamps("2025-03-01T00:00", 5, 900), p_kw=[1000, 0, 500, 250, 2000])

    def build(**params: Any) -> ElectricLoadProfile:
        values = {"file": file, "column": "p_kw", "unit": "kw"} | params
        return ElectricLoadProfile("load", Params.model_validate(values), context())

    return build


def test_consumption_is_negative(load) -> None:  # type: ignore[no-untyped-def]
    consumer = load()
    steps = [consumer.step(t_s, 900, Inputs()) for t_s in range(0, 3600, 900)]
    assert [s.p_mw for s in steps] == [s.baseline_mw for s in steps] == [-1.0, 0.0, -0.5, -0.25]


def test_without_a_word_the_power_factor_is_that_of_other_consumers(load) -> None:  # type: ignore[no-untyped-def]
    assert load().step(0, 900, Inputs()).q_mvar == pytest.approx(-math.tan(math.acos(0.95)), rel=1e-12)
    assert load(power_factor=0.8).step(1800, 900, Inputs()).q_mvar == pytest.approx(-0.5 * 0.6 / 0.8, rel=1e-12)


def test_constant_reactive_power_does_not_follow_the_load(load) -> None:  # type: ignore[no-untyped-def]
    consumer = load(q_mvar=0.029173)
    assert [consumer.step(t_s, 900, Inputs()).q_mvar for t_s in (0, 900)] == [-0.029173] * 2
    assert load(q_mvar=0).step(0, 900, Inputs()).q_mvar == 0.0


def test_both_reactive_powers_are_too_much(load) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValidationError, match="give power_factor or q_mvar, not both"):
        load(power_factor=0.9, q_mvar=0.1)
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        load(q_mvar=-0.1)


def test_an_interruption_takes_the_same_share_of_both_powers(load) -> None:  # type: ignore[no-untyped-def]
    outputs = load(interruptible_frac=0.4, q_mvar=0.1).step(0, 900, Inputs(interrupt_frac=1.0))
    assert (outputs.p_mw, outputs.q_mvar, outputs.baseline_mw) == pytest.approx((-0.6, -0.06, -1.0), rel=1e-15)


@pytest.mark.parametrize("asked", [0.0, -1.0, math.nan])
def test_nothing_asked_nothing_interrupted(load, asked: float) -> None:  # type: ignore[no-untyped-def]
    assert load(interruptible_frac=0.4).step(0, 900, Inputs(interrupt_frac=asked)).p_mw == -1.0


def test_the_nameplate_knows_the_peak_of_the_whole_file(load) -> None:  # type: ignore[no-untyped-def]
    assert load(interruptible_frac=0.4, priority=2).nameplate() == LoadNameplate(2.0, 0.4, 2)
