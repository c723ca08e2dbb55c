"""Where the published data lie: beside the project (``../shared/data``), or where ``PARKTWIN_DATA`` points to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def published_data(*parts: str) -> Path:
    """Root of the published data; skips the calling test, with the reason, if the given part of it is absent."""
    root = Path(os.environ.get("PARKTWIN_DATA") or Path(__file__).parents[3] / "shared" / "data")
    if not root.joinpath(*parts).exists():
        pytest.skip(f"no {'/'.join(parts)} beside the project; set PARKTWIN_DATA to the folder of published data")
    return root
