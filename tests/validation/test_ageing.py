"""The ageing laws beside the open tools that publish them, ten years of the same use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulators.storage.battery.ageing import blast_prismatic
from simulators.validation.ageing import CLOSED_FORM_LOSS, SAME_LAW_TOLERANCE, compare
from tests.validation.published_data import published_data
from twin.validation import Comparison

REST = "i_store_soc50_25C"
CYCLE = "iii_1cyc_dod80_25C"


@pytest.fixture(scope="module")
def rows() -> list[Comparison]:
    return compare(published_data("aging", f"profile_{CYCLE}.csv.gz"))


def test_everything_published_is_met(rows: list[Comparison]) -> None:
    assert {row.name for row in rows} >= {
        f"{case}, {law}" for case in (REST, CYCLE)
        for law in ("naumann_lfp", "naumann_lfp_reversals", "blast_sony_lfp", "blast_prismatic_lfp")}
    assert [str(row) for row in rows if not row.passed] == []


def test_the_same_law_with_the_same_cycles_agrees_to_the_digits_printed(rows: list[Comparison]) -> None:
    """Eight digits are published: the hundredth part of a millionth."""
    same = [row for row in rows if row.name.endswith("naumann_lfp_reversals")]
    assert len(same) >= 4
    assert max(row.ours for row in same if row.name.startswith(("i_", "iii_"))) < 1e-7


def test_the_closed_form_needs_no_data(tmp_path: Path) -> None:
    [row] = compare(tmp_path)
    assert row.passed and row.reference == CLOSED_FORM_LOSS == 0.134447


def test_a_law_that_is_off_by_a_percent_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that differs from ours by more than the tolerance fails: here a published file with one figure moved."""
    root = published_data("aging", f"ref_simses_lite_sonylfp_{REST}.csv") / "aging"
    changed = pd.read_csv(root / f"ref_simses_lite_sonylfp_{REST}.csv")
    changed.loc[len(changed) - 1, "q"] += 2 * SAME_LAW_TOLERANCE
    read = pd.read_csv
    monkeypatch.setattr(pd, "read_csv", lambda file: changed if "simses" in str(file) and REST in str(file) else
                        read(file))
    failed = {row.name for row in compare(root.parent) if not row.passed}
    assert failed == {f"{REST}, naumann_lfp", f"{REST}, naumann_lfp_reversals"}


def test_the_prismatic_cell_has_no_resistance_law(rows: list[Comparison]) -> None:
    assert not blast_prismatic.BLAST_PRISMATIC.has_resistance
    assert not [row for row in rows if "prismatic" in row.name and "resistance" in row.quantity]
    assert np.isfinite([row.ours for row in rows]).all()
