"""The rule-based operator and a battery whose instruments err: it sees what is measured, limits are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twin.accounts import settle
from twin.cosim.build import build_site
from twin.cosim.edges import Edge, End
from twin.cosim.run import new_run
from twin.cosim.wiring import wire
from twin.scenario.loader import load_scenario
from twin.store.reader import read_run
from twin.store.run_data import RunData

SITE = """\
name: measured
time: {start: 2025-06-18T00:00:00+02:00, duration_h: 48, step_s: 900}
location: {latitude_deg: 48.1, longitude_deg: 11.6, timezone: Europe/Berlin, country: DE}
currency: EUR
markets:
  tariff:
    type: time_of_use_tariff
    periods: [{name: day, price_per_mwh: 300, hours: [6-22]}, {name: night, price_per_mwh: 100, hours: [22-6]}]
assets:
  works: {type: electric_load, peak_mw: 3.0}
  bess:
    type: lfp_battery
    power_mw: 4.0
    energy_mwh: 10.0
    bms: {noise_soc: 0.02, power_noise_frac: 0.02, current_offset_frac: 0.005, recalibration_error_soc: 0.02}
networks:
  grid: {type: single_bus}
control: {type: rule_based}
"""
OFF = {"reads_full": (0.93, 0.06), "reads_empty": (0.08, -0.07)}
"""Name → true charge at the start, error of the estimate: outside the band of 5 to 95 % from the first reading on."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured")
    (folder / "site.yaml").write_text(SITE)
    return folder


@pytest.fixture(scope="module")
def runs(folder: Path) -> dict[str, RunData]:
    found = {}
    for name, (soc, error) in OFF.items():
        changes = [f"assets.bess.initial_soc={soc}", f"assets.bess.bms.initial_error_soc={error}"]
        new_run(load_scenario(folder / "site.yaml", changes), folder / name)
        found[name] = read_run(folder / name)
    return found


def test_the_operator_is_wired_to_the_instruments(folder: Path) -> None:
    edges = wire(build_site(load_scenario(folder / "site.yaml")))

    for reading in ("soc", "energy_mwh", "p_mw"):
        assert Edge(End("bess", f"measured_{reading}"), End("operator", reading, "bess"), delayed=True) in edges
        assert not any(e.source == End("bess", reading) and e.target.owner == "operator" for e in edges)


@pytest.mark.parametrize("name", OFF)
def test_an_estimate_outside_the_band_does_no_harm(runs: dict[str, RunData], name: str) -> None:
    run = runs[name]
    measured, true = run.native("bess.measured_soc"), run.native("bess.soc")
    asked = run.native("operator.p_set_mw")[:, list(run.components["operator"].vectors["p_set_mw"]).index("bess")]

    # that it is put right near the ends is the instruments' affair; it did begin outside
    assert not 0.05 <= measured[0] <= 0.95
    assert np.abs(measured - true).max() > 0.05
    assert np.isfinite(asked).all() and np.abs(asked).max() <= 4.0
    assert true.min() >= 0.05 and true.max() <= 0.95
    # it is still operated: filled in the cheap nights, emptied in the dear days
    night = np.arange(len(asked)) % 96 < 24
    delivered = run.native("bess.converter_mw")
    assert delivered[night].min() < -0.2
    assert delivered[~night].max() > 0.2
    assert delivered[~night].sum() * 0.25 > 5.0
    assert settle(run).energy.residual_rel < 1e-9


def test_the_operator_speaks_of_what_was_measured(runs: dict[str, RunData]) -> None:
    """An energy that it names is that of the reading before, which is far from the truth."""
    run = runs["reads_full"]
    holds = next(e for e in run.events if e.component == "operator" and e.message.startswith("bess holds"))
    before = holds.t_s // 900 - 1
    named = float(holds.message.split()[2])

    assert named == pytest.approx(run.native("bess.measured_energy_mwh")[before], abs=0.06)
    assert abs(named - run.native("bess.energy_mwh")[before]) > 0.1
