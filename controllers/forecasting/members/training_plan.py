"""How a network is trained, as plain numbers; knows nothing of Keras."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Training:
    """AdamW with a learning rate that falls as a cosine; the best epoch on validation is kept."""

    epochs: int
    most_steps: int
    """A long history gets fewer epochs: training time is bounded."""
    batch: int
    """Windows per step."""
    learning_rate: float
    weight_decay: float
    refining_epochs: int = 3
    refining_rate: float = 5e-4
    """Of the last look at all windows, validation included."""

    def schedule(self, windows: int) -> tuple[int, int]:
        """Epochs and steps per epoch."""
        per_epoch = -(-windows // self.batch)
        return max(min(self.epochs, self.most_steps // per_epoch), 1), per_epoch
