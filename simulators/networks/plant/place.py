"""Where heat or cold enters a network from behind a header: the water between a producer and the pipes."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Number of the source, and the water in its header: what its largest flow moves in a sub-step."""

    source: int
    header_kg: float

    def __post_init__(self) -> None:
        assert 0.0 < self.header_kg < math.inf, f"the header of source {self.source} holds {self.header_kg} kg"
