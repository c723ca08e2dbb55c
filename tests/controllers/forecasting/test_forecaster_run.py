"""The forecaster in whole runs of a small site: what gate, store and end of the scenario make of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mosaik", reason="whole runs need it; not in the environment of make compat")

import scenarios
from controllers.forecasting.fallback import Level
from controllers.forecasting.forecast_command import forecasts_from
from controllers.forecasting.history_source import read_source
from controllers.forecasting.store import save
from tests.controllers.forecasting import tiny_models
from tests.simulators.environment.files import hours, write_csv
from twin.cosim.run import new_run
from twin.errors import ParkTwinError
from twin.gate.decision import GateStatus
from twin.gate.ledger.format import Kind
from twin.gate.ledger.reader import LedgerReader
from twin.report.forecast_series import recorded_forecasts
from twin.scenario.loader import load_scenario
from twin.store.layout import LEDGER
from twin.store.reader import read_run
from twin.store.run_data import RunData

SITE = """
name: tiny
extends: minimal.yaml
time: {{start: 2025-03-10T00:00:00+08:00, duration_h: {hours}, step_s: 900}}
location: {{latitude_deg: 31.23, longitude_deg: 121.47, altitude_m: 5, timezone: Asia/Shanghai, country: CN}}
assets:
  pv: {{peak_mw: 9.6}}                # 8 MW behind its inverters
  wind: {{type: wind_farm, turbines: 4, rated_mw: 2.5}}
  office: {{peak_mw: 4, daily_energy_mwh: 36}}
controllers: {{forecast: {{type: forecaster, models: models/model.json}}}}
limits: {{import: {{signal: grid.exchange_mw, high: 20, class: exchange, source: an assumption of this test}}}}
run: {{checkpoint_every_s: 0}}
"""
SAMPLES = """
gate: {interval_s: 3600, step_s: 900, horizon_h: 6, workers: 1, expectations: samples, samples_count: 3}
"""
SHORT_WEATHER = """
weather: {type: weather_csv, file: weather.csv}
gate: {interval_s: 14400, expiry_s: 14400, step_s: 900, horizon_h: 24, workers: 1, expectations: nominal}
"""


def run_site(folder: Path, duration_h: float, extra: str = "") -> tuple[RunData, Path]:
    """Run the site with its models; the stored run and its directory."""
    file = folder / "tiny.yaml"
    file.write_text(SITE.format(hours=duration_h) + extra)
    save(tiny_models.model_set(), folder / "models")
    new_run(load_scenario(file), folder / "run")
    return read_run(folder / "run"), folder / "run"


@pytest.fixture(scope="module")
def gated(tmp_path_factory) -> tuple[RunData, Path]:
    """Three hours behind a gate that tries samples, too."""
    return run_site(tmp_path_factory.mktemp("gated"), 3.0, SAMPLES)


def test_the_gate_tries_every_schedule_under_the_samples(gated) -> None:
    """Six courses: the nominal one, two corners and three drawn ones, with probabilities that add up."""
    with LedgerReader(gated[1] / LEDGER) as reader:
        verdicts = [entry.body for entry in reader.entries(Kind.VERDICT)]
    assert verdicts
    courses = verdicts[-1]["trials"]
    assert [c["expectation"] for c in courses] == ["nominal", "short", "long", "sample_1", "sample_2", "sample_3"]
    assert sum(c["probability_frac"] for c in courses) == pytest.approx(1.0)


def test_forecasts_are_stored_as_issued_for_every_target(gated) -> None:
    found = {f.signal: f for f in recorded_forecasts(gated[0])}
    assert set(found) == {"pv.available_mw", "wind.available_mw", "office.baseline_mw"}
    for forecast in found.values():
        issued = forecast.quantiles[1:]  # nothing was measured before the first step
        assert np.isfinite(issued).all() and (np.diff(issued, axis=-1) >= 0.0).all()


def test_a_run_is_a_history_for_the_models_of_its_site_and_for_no_others(gated, tmp_path) -> None:
    tiny, park = Path(tiny_models.models_file()).parent, Path(scenarios.__file__).parent / "models" / "zero_carbon_park"
    made = forecasts_from(tiny, gated[1], "2025-03-10T03:00", None, 1)
    assert {level for served in made.served for level in served.levels} == {Level.MODEL}
    assert read_source(tiny_models.model_set(), gated[1], None, 1).tells_past_issues, "the weeks before are learnt from"
    with pytest.raises(ParkTwinError, match=r"models are of another site \(zero_carbon_park_year\).*twin train"):
        forecasts_from(park, gated[1], None, None, 1)
    renewables, office = tiny_models.trained()
    [half] = [replace(target, capacity=target.capacity / 2.0) for target in office.group.targets]
    smaller = replace(office, whole=replace(office.whole, group=replace(office.group, targets=(half,))))
    save(replace(tiny_models.model_set(), groups=(renewables, smaller)), tmp_path)
    with pytest.raises(ParkTwinError, match=r"office.baseline_mw: .* trained for a capacity of 2, the site has 4"):
        forecasts_from(tmp_path, gated[1], None, None, 1)


def test_where_the_weather_file_ends_the_forecaster_goes_on_without_it(tmp_path) -> None:
    """The file covers the run and nothing else: no past, and behind its end no weather. All is said, nothing fails."""
    stamps = hours("2025-03-10T00:00", 30, offset="+08:00")
    write_csv(tmp_path / "weather.csv", stamps, {"wind_speed_m_s": 6.0})
    run, _ = run_site(tmp_path, 30.0, SHORT_WEATHER)
    told = [e.message for e in run.events if e.component == "forecast"]
    assert any("weather_missing" in text for text in told)
    levels = run.native("forecast.level_code")
    assert (levels[1:] > Level.MODEL).all(), "48 h ahead there never is enough weather in a file of 30 h"
    last = {f.signal: f.quantiles[-1] for f in recorded_forecasts(run)}
    assert all(np.isfinite(quantiles).all() for quantiles in last.values())
    assert run.native("gate.status_code")[-1] == GateStatus.RELEASED, "schedules of 24 h reach far beyond the end"
