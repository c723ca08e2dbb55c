"""A scenario whose measurements lie in a folder of their own: found, placed when wrong, run and resumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulators.demand.electric_load_profile import ElectricLoadProfile
from tests.simulators.profile_files import stamps, write_series
from twin.cosim.build import build_site
from twin.cosim.run import new_run, resume_run
from twin.cosim.wiring import wire
from twin.errors import ParkTwinError, ScenarioError
from twin.scenario.loader import load_scenario
from twin.store.reader import read_run

SITE = """\
name: measured
time: {start: 2025-03-01T00:00:00+01:00, duration_h: 6, step_s: 300}
location: {latitude_deg: 48.2, longitude_deg: 16.4, timezone: Europe/Vienna}
data_dir: null  # folder of the measurements; give it with --set data_dir=FOLDER
assets:
  house: {type: electric_load_profile, file: house.csv, column: load_kw, unit: kw}
  roof: {type: renewable_profile, file: house.csv, column: pv_kw, unit: kw, interpolation: linear}
networks:
  grid: {type: single_bus}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The scenario in ``sites/``, its measurements in ``logger/``."""
    for name in ("sites", "logger"):
        (tmp_path / name).mkdir()
    hours = np.arange(25)
    write_series(tmp_path / "logger" / "house.csv", stamps("2025-03-01T00:00", 25, 3600), load_kw=100 + hours,
                 pv_kw=hours % 12)
    (tmp_path / "sites" / "measured.yaml").write_text(SITE)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "sites" / "measured.yaml"


def test_measurements_are_read_from_the_folder_given(site: Path, tmp_path: Path) -> None:
    new_run(load_scenario(site, ["data_dir=logger"]), tmp_path / "run")
    run = read_run(tmp_path / "run")
    # held hours 0..5 of 100 + hour kW; line through the hours: its mean over six hours is 3 kW
    assert -run.native("house.p_mw").sum() * 300 / 3600 == pytest.approx(sum(range(100, 106)) / 1000, rel=1e-12)
    assert run.native("roof.p_mw").sum() * 300 / 3600 == pytest.approx(6 * 0.003, rel=1e-12)
    assert f"data_dir: {tmp_path / 'logger'}" in (tmp_path / "run" / "scenario.yaml").read_text()


def test_without_the_folder_the_way_out_is_told(site: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(site)
    assert [p.path for p in caught.value.problems] == [("assets", "house", "file"), ("assets", "roof", "file")]
    assert all("is to be given: --set data_dir=FOLDER" in p.message for p in caught.value.problems)


@pytest.mark.parametrize(("change", "path", "line", "message"), [
    (("load_kw", "load_kv"), ("assets", "house", "column"), 6, "no column 'load_kv'; did you mean 'load_kw'?"),
    (("2025-03-01", "2019-03-01"), ("assets", "house", "file"), 6, "the scenario needs 2019-03-01 00:00 to"),
])
def test_mistakes_are_placed_in_the_scenario(
    site: Path, change: tuple[str, str], path: tuple[str, ...], line: int, message: str
) -> None:
    site.write_text(SITE.replace(*change))
    with pytest.raises(ScenarioError) as caught:
        build_site(load_scenario(site, ["data_dir=logger"]))
    problem = caught.value.problems[0]
    assert (problem.path, problem.file, problem.line) == (path, "sites/measured.yaml", line)
    assert message in problem.message


def test_nothing_but_the_bus_feeds_a_series(site: Path) -> None:
    edges = wire(build_site(load_scenario(site, ["data_dir=logger"])))
    assert not [str(edge.target) for edge in edges if edge.target.owner in ("house", "roof")]
    assert {str(edge.source) for edge in edges} >= {"house.p_mw", "house.q_mvar", "roof.p_mw", "roof.q_mvar"}


def stop_at(t_stop_s: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The house's meter dies once."""
    step = ElectricLoadProfile.step

    def dying(self, t_s, dt_s, inputs):  # type: ignore[no-untyped-def]
        if t_s == t_stop_s:
            monkeypatch.setattr(ElectricLoadProfile, "step", step)
            raise KeyboardInterrupt
        return step(self, t_s, dt_s, inputs)

    monkeypatch.setattr(ElectricLoadProfile, "step", dying)


def test_a_stopped_run_ends_as_if_it_had_never_been(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = ["data_dir=logger", "run.checkpoint_every_s=0"]
    new_run(load_scenario(site, sets), tmp_path / "whole")
    stop_at(9000, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        new_run(load_scenario(site, sets), tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    resume_run(tmp_path / "run")
    whole, resumed = read_run(tmp_path / "whole"), read_run(tmp_path / "run")
    assert resumed.values.keys() == whole.values.keys()
    assert all(np.array_equal(resumed.values[key], series) for key, series in whole.values.items())


@pytest.mark.parametrize(("change", "error"), [
    (lambda file: file.write_text(file.read_text().replace("100,0", "101,0")), "house.csv changed since the run"),
    (lambda file: file.unlink(), "no file"),
])
def test_a_stopped_run_does_not_go_on_with_other_measurements(  # type: ignore[no-untyped-def]
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change, error: str
) -> None:
    stop_at(9000, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        new_run(load_scenario(site, ["data_dir=logger", "run.checkpoint_every_s=0"]), tmp_path / "run")
    change(tmp_path / "logger" / "house.csv")
    with pytest.raises(ParkTwinError, match=error):
        resume_run(tmp_path / "run")
