"""`make campaign`: the full counts."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.campaigns import (
    kill_and_resume,
    ledger_kills,
    ledger_tampering,
    malformed_scenarios,
    planted_violations,
    unreleased_setpoints,
    watchdog_noise,
)
from tests.campaigns.planted_park import PlantedPark

MALFORMED_FILES = 10_000
KILLS = 100
TAMPERED_PLACES = 1_000
RELEASE_KILLS = 1_000
COMMAND_SEQUENCES = 1_000
PLANTED_VIOLATIONS = 200
QUIET_HOURS = {"zero_carbon_park_week": 168.0, "zero_carbon_park_hour_1s": 1.0}


def main() -> int:
    """Run all campaigns; 1 if any found something."""
    malformed = malformed_scenarios.run(MALFORMED_FILES, seed=1)
    print(f"malformed scenarios: {malformed}")
    with tempfile.TemporaryDirectory() as folder:
        killed = kill_and_resume.run(KILLS, seed=1, scenario="zero_carbon_park_day", folder=Path(folder),
                                     sets=("gate.enabled=false",))
    print(f"kill and resume: {killed}")
    with tempfile.TemporaryDirectory() as folder:
        tampered = ledger_tampering.run(TAMPERED_PLACES, seed=1, folder=Path(folder))
    print(f"ledger tampered with: {tampered}")
    with tempfile.TemporaryDirectory() as folder:
        released = ledger_kills.run(RELEASE_KILLS, seed=1, folder=Path(folder))
    print(f"kills around a release: {released}")
    commanded = unreleased_setpoints.run(COMMAND_SEQUENCES)
    print(f"commands against book, balancer, watchdog and devices: {commanded}")
    with tempfile.TemporaryDirectory() as folder:
        quiet = watchdog_noise.run(QUIET_HOURS, folder=Path(folder))
    print(f"watchdog over sound runs: {quiet}")
    planted = planted_violations.run(PLANTED_VIOLATIONS, seed=1, park=PlantedPark())
    print(f"planted violations: {planted}")
    reports = (malformed, killed, tampered, released, commanded, quiet, planted)
    return 1 if any(report.failures for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
