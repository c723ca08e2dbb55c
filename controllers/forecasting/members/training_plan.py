"""How a network is trained, as plain numbers; knows nothing of Keras."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

LEAST_STEPS = 150
"""Below, a network has learnt too little to be worth its weight, however large its steps are."""
LEAST_REFINING_STEPS = 50
"""The same of the last look."""


@dataclass(frozen=True, slots=True)
class Training:
    """AdamW with a learning rate that falls as a cosine; the best epoch on validation is kept."""

    epochs: int
    most_steps: int
    """A long history gets fewer epochs, a very long one is seen in part: training time is bounded."""
    batch: int
    """Windows per step."""
    learning_rate: float
    weight_decay: float
    refining_epochs: int = 3
    refining_rate: float = 5e-4
    """Of the last look at all windows, validation included."""
    most_refining_steps: int = 150
    """As ``most_steps``, of the last look."""

    def schedule(self, windows: int) -> tuple[int, int]:
        """Epochs and steps per epoch."""
        return self._schedule(windows, self.epochs, self.most_steps)

    def refining_schedule(self, windows: int) -> tuple[int, int]:
        """The same of the last look."""
        return self._schedule(windows, self.refining_epochs, self.most_refining_steps)

    def with_work(self, share: float) -> Training:
        """For steps that cost more than usual: only so large a share of them, if it is below 1."""
        if share >= 1.0:
            return self
        most, refining = (max(int(steps * share), min(steps, least)) for steps, least in (
            (self.most_steps, LEAST_STEPS), (self.most_refining_steps, LEAST_REFINING_STEPS)))
        return replace(self, most_steps=most, most_refining_steps=refining)

    def _schedule(self, windows: int, epochs: int, most_steps: int) -> tuple[int, int]:
        per_epoch = -(-windows // self.batch)
        return max(min(epochs, most_steps // per_epoch), 1), min(per_epoch, most_steps)


def part_of(count: int, most: int, seed: int) -> np.ndarray:
    """Which of so many windows or rows are learnt from, (min(count, most),): all, or a random part in their order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
