"""The validations that ship are found by their names and say what they need."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from twin.validate_models import load_validation, validations

SHIPPED = {"ait_street", "destest_ce0", "destest_ce1", "heat_pump", "network_laws", "pandapipes", "ulg_pipes"}
NO_DATA = {"network_laws", "pandapipes"}


def test_they_are_registered() -> None:
    assert set(validations()) >= SHIPPED


@pytest.mark.parametrize("name", sorted(validations()))
def test_each_can_be_loaded_and_tells_its_needs(name: str) -> None:
    validation = load_validation(name, validations()[name])
    assert validation.title and validation.source
    assert not any(PurePosixPath(pattern).is_absolute() for pattern in validation.needs)
    if name in SHIPPED:
        assert (validation.needs == ()) is (name in NO_DATA)
