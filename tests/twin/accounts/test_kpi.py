"""Key figures: flat, finite, named with their units, each with a label."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given

from tests.twin.accounts.builders import closed_run, load, make_run, part
from tests.twin.accounts.sites import Site, sites
from twin.accounts import settle
from twin.accounts.kpi import kpi_label
from twin.component import Event, Role, Section
from twin.units import unit_of


@given(sites())
def test_every_figure_is_finite_labelled_and_has_a_unit(site: Site) -> None:
    for name, value in settle(site.run()).kpi.items():
        assert math.isfinite(value)
        assert kpi_label(name, "CNY")
        assert unit_of(name) or name.endswith(("_cny", "_rel")), name


def test_voltage_band_and_loadings_ignore_what_did_not_converge() -> None:
    network = part("grid", "electrical_grid", Role.NETWORK, {
        "exchange_mw": [1.0, 1.0], "loss_mw": [0.0, 0.0],
        "vm_pu": np.array([[0.99, 1.02], [math.nan, math.nan]]), "line_loading_percent": np.array([[40.0], [math.nan]]),
    }, section=Section.NETWORKS, vectors={"vm_pu": ("A", "B"), "line_loading_percent": ("L",)})
    kpi = settle(make_run(load([-1.0, -1.0]), network)).kpi
    assert (kpi["vm_min_pu"], kpi["vm_max_pu"], kpi["max_line_loading_percent"]) == (0.99, 1.02, 40.0)
    assert "max_transformer_loading_percent" not in kpi


def test_events_are_counted_by_severity() -> None:
    events = [Event(0, "grid", "x", "", "alarm"), Event(0, "grid", "x", "", "warning"), Event(0, "grid", "x", "")]
    kpi = settle(closed_run(load([-1.0]), events=events)).kpi
    assert (kpi["alarm_count"], kpi["warning_count"]) == (1.0, 1.0)
