"""A small gated site: the shipped minimal one, with limits and a gate; quick enough for whole closed-loop runs."""

from __future__ import annotations

from pathlib import Path

from twin.cosim.run import new_run
from twin.scenario.loader import load_scenario
from twin.store.reader import read_run

LIMITS = """
limits:
  import: {signal: grid.exchange_mw, high: 1.5, class: exchange, source: an assumption of this test}
  charge: {signal: bess.soc, low: 0.0, high: 1.0, class: storage, source: physics}
gate: {interval_s: 900, step_s: 900, horizon_h: 6, workers: 1}
run: {checkpoint_every_s: 0}
"""


def write_site(folder: Path, extra: str = "", limits: str = LIMITS, hours: float = 2.0) -> Path:
    """A scenario file of the gated site."""
    file = folder / "gated.yaml"
    file.write_text(f"name: gated\nextends: minimal.yaml\ntime: {{duration_h: {hours}}}\n{limits}{extra}")
    return file


def run_site(folder: Path, extra: str = "", limits: str = LIMITS, hours: float = 2.0):
    """Run it; the stored run and its directory."""
    return run_scenario(write_site(folder, extra, limits, hours), folder / "run")


def run_scenario(file: Path, directory: Path):
    """Run any scenario; the stored run and its directory."""
    new_run(load_scenario(file), directory)
    return read_run(directory), directory
