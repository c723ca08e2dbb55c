"""Plain scalars by the core schema of YAML 1.2.2, section 10.3.2, and what is refused beyond it."""

import pytest

from twin.scenario.yaml_scalars import plain_scalar


@pytest.mark.parametrize(("text", "value"), [
    ("", None), ("~", None), ("null", None), ("Null", None), ("nuLL", "nuLL"),
    ("true", True), ("FALSE", False), ("yes", "yes"), ("no", "no"), ("on", "on"),
    ("0", 0), ("-19", -19), ("+12", 12), ("007", 7), ("0o14", 12), ("0xC", 12), ("1_000", "1_000"),
    ("1.5", 1.5), ("-.5", -0.5), ("1e3", 1000.0), ("12.", 12.0), ("1e-5", 1e-5), ("1,5", "1,5"),
    ("12:30:00", "12:30:00"), ("2025-07-15", "2025-07-15"), ("2025-07-15T00:00:00+08:00", "2025-07-15T00:00:00+08:00"),
    ("10 MW", "10 MW"), ("٣", "٣"),
])
def test_core_schema(text, value):
    found = plain_scalar(text)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(("text", "message"), [
    (".inf", "not a finite number"), ("-.INF", "not a finite number"), (".NaN", "not a finite number"),
    ("1e999", "too large a number"), ("9223372036854775808", "too large a whole number"),
    ("-0xFFFFFFFFFFFFFFFFFF".replace("-", ""), "too large a whole number"), ("1" * 5000, "too large a whole number"),
])
def test_numbers_nobody_can_compute_with(text, message):
    with pytest.raises(ValueError, match=message):
        plain_scalar(text)


def test_the_largest_whole_number_of_64_bits():
    assert plain_scalar("9223372036854775807") == 2**63 - 1
    assert plain_scalar("0" * 200 + "7") == 7
