"""The contract of a member: one way to learn quantiles from windows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from controllers.forecasting.windows import Windows


@dataclass(frozen=True, slots=True)
class MemberState:
    """All that a member learnt: ``settings`` go to ``model.json``, ``arrays`` to ``weights.npz``."""

    settings: dict[str, Any] = field(default_factory=dict)
    """Plain data that JSON can hold, e.g. feature names, sizes, the text of a tree model."""
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


class Member(ABC):
    """Learns the quantiles of a target group.

    ``fit`` may use the outcomes of both splits (validation for early stopping); ``predict`` must not look at outcomes.
    The same seed on the same data gives the same result, bit for bit on one machine and version of the libraries.
    """

    name: ClassVar[str]
    """As in scorecards, stored models and combination weights."""
    uses_covariates: ClassVar[bool]
    """Whether it needs a fresh weather forecast; the fallback chain asks this."""

    @abstractmethod
    def fit(self, train: Windows, validation: Windows, seed: int) -> None:
        """Learn from ``train``."""

    def refit(self, windows: Windows, seed: int) -> None:  # noqa: B027
        """Learn again from all windows, training and validation together, keeping what validation decided.

        Called after the members were compared and weighted, so that the latest months are not lost for learning. A
        member may leave itself as it is.
        """

    @abstractmethod
    def predict(self, windows: Windows) -> np.ndarray:
        """Quantiles (targets, n, leads, levels) in the targets' units, non-crossing and within limits."""

    @abstractmethod
    def state(self) -> MemberState:
        """What was learnt."""

    @classmethod
    @abstractmethod
    def restore(cls, state: MemberState) -> Member:
        """The fitted member again."""
