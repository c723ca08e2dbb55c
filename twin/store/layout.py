"""Names and version of the files in a run directory."""

from __future__ import annotations

from pathlib import Path

FORMAT_VERSION = 1
"""Raised whenever a reader of the old version would misread the new files."""

RESULTS = "run.h5"
SCENARIO = "scenario.yaml"
META = "meta.json"
EVENTS = "events.jsonl"
CHECKPOINT = "checkpoint.json"
REPORT = "report.html"
LEDGER = "ledger.sqlite"
RELEASE_KEYS = "release_keys.json"
"""Public keys that releases and ledger entries of this run are signed with."""
NEXT_KEY = "next.key"
"""Private, for the owner alone: what a continued run signs with; gone when the run is complete."""
PLANT_VERDICT = "verdict.json"
"""What the real plant did against the limits of the site; written when the run ends."""
LOCK = "writer.lock"


def is_run_directory(path: Path) -> bool:
    """Whether the folder holds a run (complete or not)."""
    return (path / META).is_file()
