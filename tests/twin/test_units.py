"""One list of units; names carry them."""

import pytest

from twin.units import unit_of, with_unit


@pytest.mark.parametrize(("name", "unit"), [
    ("p_mw", "MW"), ("bess.energy_mwh", "MWh"), ("buy_price_per_mwh", "money/MWh"),
    ("grid_emission_t_per_mwh", "t/MWh"),
    ("wind_speed_m_s", "m/s"), ("ghi_w_m2", "W/m²"), ("soc", "–"), ("colour", None), ("premium", None),
])
def test_the_longest_suffix_gives_the_unit(name, unit):
    assert unit_of(name) == unit


def test_a_plain_number_has_no_unit_in_a_sentence():
    assert [with_unit("0.2", unit) for unit in ("MW", "–", "", None)] == ["0.2 MW", "0.2", "0.2", "0.2"]
