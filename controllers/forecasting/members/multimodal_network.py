"""The multi-modal network of the source document (Keras): a weather branch, a history branch, a head per target.

Weather branch: Conv1D and LSTM over the known future (forecast of covariates, calendar). History branch: Conv1D and
LSTM over the measured past. Both meet per lead, and each target has a head of its own. Corrected against the source:
the branches keep their lead axis and meet by repetition (there, a sequence was concatenated with a vector), a head
gives all leads of its target as quantiles (there, one number), and device states feed no head of weather or load.

Served in NumPy (:mod:`.numpy_layers`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from controllers.forecasting.member import Member, MemberState
from controllers.forecasting.members.numpy_layers import conv1d, dense, lstm, monotone_quantiles, swish
from controllers.forecasting.members.scaling import Scaler
from controllers.forecasting.members.training_plan import Training
from controllers.forecasting.quantiles import LEVELS, MEDIAN, within_limits
from controllers.forecasting.selection import learnable
from controllers.forecasting.targets import TargetKind
from controllers.forecasting.windows import Windows

CONV_CHANNELS = 32
FUTURE_WIDTH = 3
HISTORY_STRIDE = 4
"""Hours that one step of the history LSTM covers."""
UNITS = 48
HEAD = 64
DROPOUT = 0.1
TRAINING = Training(epochs=30, most_steps=400, batch=16, learning_rate=4e-3, weight_decay=0.03)
PAST_OF_TARGET = ("lag_1", "last_week", "mean_28")
CALENDAR = ("lead_h", "working_day", "working_yesterday", "working_tomorrow", "week_sin", "week_cos", "year_sin",
            "year_cos", "hour_sin_1", "hour_cos_1", "hour_sin_2", "hour_cos_2", "hour_sin_3", "hour_cos_3")
COVARIATE_AT_LEAD = "@0"
OF_PV = ("share_lag_1", "share_mean_28", "clear@index", "share_clear@by_gain", "clear@gain_week", "temperature@range")
"""In the unit in which PV is learnt, as far as the target's table has them."""


class MultimodalNetwork(Member):
    """Two branches and several heads; see the module."""

    name = "multimodal_network"
    uses_covariates = True

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = []
        """Features of the lead taken from each target's table."""
        self.future = Scaler(np.empty(0), np.empty(0))
        self.past = Scaler(np.empty(0), np.empty(0))
        self.outputs = Scaler(np.empty(0), np.empty(0))
        """(targets,)"""
        self.weights: dict[str, np.ndarray] = {}

    def fit(self, train: Windows, validation: Windows, seed: int) -> None:
        """See :meth:`Member.fit`; the epoch that is best on validation is kept."""
        from controllers.forecasting.members.keras_parts import train as train_network

        self.names = features_of_leads(train)
        future, past = self._future(train), train.history.values
        self.future, self.past = Scaler.of(future, (0, 1)), Scaler.of(past, (0, 1))
        self.outputs = Scaler.of_shares(train)
        inputs = self._inputs(train)
        self.weights = train_network(
            lambda: build(inputs[0].shape[1:], inputs[1].shape[1:], len(train.group.targets)), inputs,
            self._outcomes(train), (self._inputs(validation), self._outcomes(validation)), TRAINING, seed)

    def refit(self, windows: Windows, seed: int) -> None:
        """See :meth:`Member.refit`; a few more epochs with a small rate, from the weights it has."""
        from controllers.forecasting.members.keras_parts import refined

        inputs = self._inputs(windows)
        self.weights = refined(
            lambda: build(inputs[0].shape[1:], inputs[1].shape[1:], len(windows.group.targets)), self.weights, inputs,
            self._outcomes(windows), TRAINING, seed)

    def predict(self, windows: Windows) -> np.ndarray:
        """See :meth:`Member.predict`."""
        future, past = self._inputs(windows)
        raw = forward(future, past, self.weights, len(windows.group.targets))
        return within_limits(self.outputs.quantiles(raw, windows), windows)

    def state(self) -> MemberState:
        """See :meth:`Member.state`."""
        arrays = {f"weights/{name}": array for name, array in self.weights.items()}
        for key, scaler in (("future", self.future), ("past", self.past), ("outputs", self.outputs)):
            arrays |= {f"{key}_mean": scaler.mean, f"{key}_deviation": scaler.deviation}
        return MemberState({"names": [list(names) for names in self.names]}, arrays)

    @classmethod
    def restore(cls, state: MemberState) -> MultimodalNetwork:
        """See :meth:`Member.restore`."""
        member, arrays = cls(), state.arrays
        member.names = [tuple(names) for names in state.settings["names"]]
        for key in ("future", "past", "outputs"):
            setattr(member, key, Scaler(arrays[f"{key}_mean"], arrays[f"{key}_deviation"]))
        member.weights = {key.removeprefix("weights/"): a for key, a in arrays.items() if key.startswith("weights/")}
        return member

    def _inputs(self, windows: Windows) -> list[np.ndarray]:
        return [self.future.scaled(self._future(windows)), self.past.scaled(windows.history.values)]

    def _future(self, windows: Windows) -> np.ndarray:
        """(n, leads, channels) what is known per lead."""
        tables = zip(windows.features, self.names, strict=True)
        return np.concatenate([table.select(names) for table, names in tables], axis=-1)

    def _outcomes(self, windows: Windows) -> list[np.ndarray]:
        """Per target (n, leads, 2), see :meth:`Scaler.outcomes`."""
        return list(self.outputs.outcomes(windows))


def features_of_leads(train: Windows) -> list[tuple[str, ...]]:
    """Per target its covariates and the same hours of its past, PV also as shares; the first brings the calendar.

    Each covariate comes once, with the first target that has it.
    """
    kinds = [target.kind for target in train.group.targets]
    calendar_kind = next((kind for kind in kinds if kind is not TargetKind.WIND), TargetKind.WIND)
    calendar = learnable(CALENDAR, calendar_kind, train.issue_utc_s)
    found: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for target, table in zip(train.group.targets, train.features, strict=True):
        fresh = {quantity: series for quantity, series in target.covariates.items() if series not in seen}
        seen |= set(fresh.values())
        own = (*(quantity + COVARIATE_AT_LEAD for quantity in fresh), *PAST_OF_TARGET,
               *(name for name in OF_PV if name in table.names))
        found.append((*(() if found else calendar), *learnable(own, target.kind, train.issue_utc_s)))
    return found


def build(future_shape: tuple[int, ...], past_shape: tuple[int, ...], targets: int) -> Any:
    """The Keras model: (n, leads, channels) and (n, hours, channels) → per target (n, leads, levels)."""
    from tensorflow import keras

    from controllers.forecasting.members.keras_parts import RAW_SPREAD, MonotoneQuantiles

    layers = keras.layers
    future, past = keras.Input(future_shape, name="future"), keras.Input(past_shape, name="past")
    ahead = layers.Conv1D(CONV_CHANNELS, FUTURE_WIDTH, padding="same", activation="swish", name="future_conv")(future)
    ahead = layers.LSTM(UNITS, return_sequences=True, name="future_lstm")(ahead)
    behind = layers.Conv1D(CONV_CHANNELS, HISTORY_STRIDE, strides=HISTORY_STRIDE, padding="same", activation="swish",
                           name="past_conv")(past)
    behind = layers.LSTM(UNITS, name="past_lstm")(behind)
    met = layers.Concatenate()([future, ahead, layers.RepeatVector(future_shape[0])(behind)])
    met = layers.Dropout(DROPOUT)(met)
    heads = []
    for k in range(targets):
        x = layers.Dense(HEAD, activation="swish", name=f"head_{k}")(met)
        raw = layers.Dense(len(LEVELS), kernel_initializer=keras.initializers.RandomNormal(stddev=RAW_SPREAD),
                           name=f"raw_{k}")(layers.Dropout(DROPOUT)(x))
        anchor = layers.Dense(1, kernel_initializer="zeros", name=f"anchor_{k}")(future)
        heads.append(layers.Add(name=f"quantiles_{k}")([MonotoneQuantiles(name=f"monotone_{k}")(raw), anchor]))
    return keras.Model([future, past], heads, name="multimodal_network")


def forward(future: np.ndarray, past: np.ndarray, weights: dict[str, np.ndarray], targets: int) -> np.ndarray:
    """The same in NumPy: (targets, n, leads, levels)."""

    def of(name: str) -> list[np.ndarray]:
        return [weights[f"{name}/{i}"] for i in range(3) if f"{name}/{i}" in weights]

    kernel, bias = of("future_conv")
    ahead = lstm(swish(conv1d(future, kernel, bias)), *of("future_lstm"))
    kernel, bias = of("past_conv")
    behind = lstm(swish(conv1d(past, kernel, bias, HISTORY_STRIDE)), *of("past_lstm"))[:, -1]
    repeated = np.broadcast_to(behind[:, None], (*future.shape[:2], behind.shape[-1]))
    met = np.concatenate([future, ahead, repeated], axis=-1)
    heads = [monotone_quantiles(dense(swish(dense(met, *of(f"head_{k}"))), *of(f"raw_{k}")), MEDIAN)
             + dense(future, *of(f"anchor_{k}")) for k in range(targets)]
    return np.stack(heads)
