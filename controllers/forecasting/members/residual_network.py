"""A residual network whose weights are shared over lead times (Keras): the stronger of the two networks.

Every lead passes through the same layers, with all engineered features of that lead; so a day gives 24 or 96 samples
instead of one. The quantiles are a linear anchor (a regression on the same features, which finds the seasonal naive by
itself) plus a non-crossing residual. Each target has weights of its own, and so has each of a few replicas that start
differently and are averaged; they are lanes of one network, trained together.

Served in NumPy (:mod:`.numpy_layers`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from controllers.forecasting.member import Member, MemberState
from controllers.forecasting.members.numpy_layers import dense, layer_norm, monotone_quantiles, swish
from controllers.forecasting.members.scaling import Scaler
from controllers.forecasting.members.training_plan import Training
from controllers.forecasting.quantiles import LEVELS, MEDIAN, within_limits
from controllers.forecasting.selection import learnable, selected
from controllers.forecasting.windows import FeatureTable, Windows

WIDTH = 64
BLOCKS = 2
REPLICAS = 4
LANES = 6
"""Targets times replicas, as near as may be, so that training time grows little with the group."""
FOLDED_LEADS = 48
"""Longer windows are cut into some of as many leads at most, for a step learns from a number of windows."""
LEAST_FOLDED_LEADS = 12
FULL_WORK = LANES * 24
"""Lanes times leads of a window; a group with more takes fewer steps."""
DROPOUT = 0.1
TRAINING = Training(epochs=20, most_steps=650, batch=16, learning_rate=6e-3, weight_decay=0.03)
"""Chosen on the validation splits of the four published sets."""


class ResidualNetwork(Member):
    """Anchor plus residual per lead; see the module."""

    name = "residual_network"
    uses_covariates = True
    width = WIDTH
    replicas = REPLICAS
    training = TRAINING
    full_work = FULL_WORK

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = []
        """Feature names per target."""
        self.inputs = Scaler(np.empty(0), np.empty(0))
        """(targets, features)"""
        self.outputs = Scaler(np.empty(0), np.empty(0))
        """(targets,)"""
        self.weights: dict[str, np.ndarray] = {}
        """By layer of :func:`build`; the lanes are the two leading axes (targets, replicas) of dense layers."""

    def chosen(self, table: FeatureTable) -> tuple[str, ...]:
        """Which features are learnt from."""
        return table.names

    def fit(self, train: Windows, validation: Windows, seed: int) -> None:
        """See :meth:`Member.fit`; the epoch that is best on validation is kept."""
        from controllers.forecasting.members.keras_parts import train as train_network

        self.names = [learnable(self.chosen(table), target.kind, train.issue_utc_s)
                      for target, table in zip(train.group.targets, train.features, strict=True)]
        raw = self._stacked(train)
        self.inputs = Scaler.of(raw, (0, 1))
        self.outputs = Scaler.of_shares(train)
        inputs = folded(self.inputs.scaled(raw))
        held_out = [folded(self.inputs.scaled(self._stacked(validation)))], [self._outcome(validation, train)]
        self.weights = train_network(self._builder(inputs), [inputs], [self._outcome(train, train)], held_out,
                                     self._plan(inputs), seed)

    def refit(self, windows: Windows, seed: int) -> None:
        """See :meth:`Member.refit`; a few more epochs with a small rate, from the weights it has."""
        from controllers.forecasting.members.keras_parts import refined

        inputs = folded(self.inputs.scaled(self._stacked(windows)))
        self.weights = refined(self._builder(inputs), self.weights, [inputs], [self._outcome(windows, windows)],
                               self._plan(inputs), seed)

    def predict(self, windows: Windows) -> np.ndarray:
        """See :meth:`Member.predict`."""
        x = np.moveaxis(self.inputs.scaled(self._stacked(windows)), 2, 0)  # targets, n, leads, features
        found = [forward(x[k], self.weights, k) for k in range(len(x))]
        return within_limits(self.outputs.quantiles(np.stack(found), windows), windows)

    def state(self) -> MemberState:
        """See :meth:`Member.state`."""
        arrays = {f"weights/{name}": array for name, array in self.weights.items()}
        for key, scaler in (("inputs", self.inputs), ("outputs", self.outputs)):
            arrays |= {f"{key}_mean": scaler.mean, f"{key}_deviation": scaler.deviation}
        return MemberState({"names": [list(names) for names in self.names]}, arrays)

    @classmethod
    def restore(cls, state: MemberState) -> ResidualNetwork:
        """See :meth:`Member.restore`."""
        member = cls()
        member.names = [tuple(names) for names in state.settings["names"]]
        arrays = state.arrays
        member.inputs = Scaler(arrays["inputs_mean"], arrays["inputs_deviation"])
        member.outputs = Scaler(arrays["outputs_mean"], arrays["outputs_deviation"])
        member.weights = {key.removeprefix("weights/"): a for key, a in arrays.items() if key.startswith("weights/")}
        return member

    def _builder(self, inputs: np.ndarray) -> Callable[[], Any]:
        leads, targets, features = inputs.shape[1:]
        return lambda: build(leads, targets, features, self.width, self._replicas_of(targets))

    def _replicas_of(self, targets: int) -> int:
        return min(self.replicas, max((LANES + targets // 2) // targets, 1))

    def _plan(self, inputs: np.ndarray) -> Training:
        leads, targets = inputs.shape[1:3]
        return self.training.with_work(self.full_work / (leads * targets * self._replicas_of(targets)))

    def _stacked(self, windows: Windows) -> np.ndarray:
        """(n, leads, targets, features); targets with fewer features are filled up with NaN."""
        most = max(len(names) for names in self.names)
        tables = [selected(table, names) for table, names in zip(windows.features, self.names, strict=True)]
        filled = [np.pad(t, ((0, 0), (0, 0), (0, most - t.shape[-1])), constant_values=np.nan) for t in tables]
        return np.stack(filled, axis=2)

    def _outcome(self, windows: Windows, learnt: Windows) -> np.ndarray:
        """(n, leads, targets, 1, 2) folded, see :meth:`Scaler.outcomes`."""
        return folded(np.moveaxis(self.outputs.outcomes(windows, learnt), 0, 2)[..., None, :])


def folded(values: np.ndarray) -> np.ndarray:
    """Windows (n, leads, …) of many leads as several with every k-th lead each, (n k, leads / k, …)."""
    n, leads = values.shape[:2]
    k = next((k for k in range(1, leads // LEAST_FOLDED_LEADS + 1) if leads % k == 0 and leads // k <= FOLDED_LEADS), 1)
    rest = values.shape[2:]
    return values.reshape(n, leads // k, k, *rest).swapaxes(1, 2).reshape(n * k, leads // k, *rest)


def build(leads: int, targets: int, features: int, width: int = WIDTH, replicas: int = REPLICAS) -> Any:
    """The Keras model: inputs (n, leads, targets, features), quantiles (n, leads, targets, replicas, levels)."""
    from tensorflow import keras

    from controllers.forecasting.members.keras_parts import ANCHOR_SPREAD, RAW_SPREAD, MonotoneQuantiles

    def lanes(x: Any, name: str, inner: int, outer: int, spread: float | None = None) -> Any:
        """A dense layer with weights of its own for each target and replica."""
        equation = "nltf,trfd->nltrd" if len(x.shape) == 4 else "nltrf,trfd->nltrd"
        start = keras.initializers.RandomNormal(stddev=spread or (2.0 / (inner + outer)) ** 0.5)
        return keras.layers.EinsumDense(equation, output_shape=(leads, targets, replicas, outer), bias_axes="trd",
                                        kernel_initializer=start, name=name)(x)

    inputs = keras.Input((leads, targets, features), name="features")
    x = keras.layers.Activation("swish")(lanes(inputs, "entry", features, width))
    x = keras.layers.Dropout(DROPOUT)(x)
    for block in range(BLOCKS):
        normed = keras.layers.LayerNormalization(name=f"norm_{block}")(x)
        step = keras.layers.Activation("swish")(lanes(normed, f"block_{block}", width, width))
        x = keras.layers.Add()([x, keras.layers.Dropout(DROPOUT)(step)])
    raw = lanes(keras.layers.LayerNormalization(name="norm_exit")(x), "exit", width, len(LEVELS), RAW_SPREAD)
    anchor = lanes(inputs, "anchor", features, 1, ANCHOR_SPREAD)
    return keras.Model(inputs, keras.layers.Add()([MonotoneQuantiles()(raw), anchor]), name="residual_network")


def forward(x: np.ndarray, weights: dict[str, np.ndarray], target: int) -> np.ndarray:
    """The same in NumPy for one target: (n, leads, features) → mean of the replicas, (n, leads, levels)."""

    def lanes(name: str, values: np.ndarray) -> np.ndarray:
        """All replicas at once: they lead, and are broadcast over windows."""
        kernel, bias = weights[f"{name}/0"][target], weights[f"{name}/1"][target]
        return dense(values, kernel[:, None], bias[:, None, None])

    def norm(name: str, values: np.ndarray) -> np.ndarray:
        return layer_norm(values, weights[f"{name}/0"], weights[f"{name}/1"])

    y = swish(lanes("entry", x))
    for block in range(BLOCKS):
        y = y + swish(lanes(f"block_{block}", norm(f"norm_{block}", y)))
    raw = lanes("exit", norm("norm_exit", y))
    return np.asarray((monotone_quantiles(raw, MEDIAN) + lanes("anchor", x)).mean(axis=0))
