"""`make campaign`: the full counts."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.campaigns import kill_and_resume, malformed_scenarios

MALFORMED_FILES = 10_000
KILLS = 100


def main() -> int:
    """Run all campaigns; 1 if any found something."""
    malformed = malformed_scenarios.run(MALFORMED_FILES, seed=1)
    print(f"malformed scenarios: {malformed}")
    with tempfile.TemporaryDirectory() as folder:
        killed = kill_and_resume.run(KILLS, seed=1, scenario="zero_carbon_park_day", folder=Path(folder))
    print(f"kill and resume: {killed}")
    return 1 if malformed.failures or killed.failures else 0


if __name__ == "__main__":
    sys.exit(main())
