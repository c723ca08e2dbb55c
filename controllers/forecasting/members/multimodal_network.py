"""The multi-modal network of the source document (Keras): a weather branch, a history branch, a head per target.

Weather branch: Conv1D and LSTM over the known future (forecast of covariates, calendar), in hours. History branch:
Conv1D and LSTM over the measured past. Both meet per lead, and each target has a head of its own. Corrected against the
source: the branches keep their lead axis and meet by repetition (there, a sequence was concatenated with a vector), a
head gives all leads of its target as quantiles (there, one number), and device states feed no head of weather or load.

Served in NumPy (:mod:`.numpy_layers`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from controllers.forecasting.member import Member, MemberState
from controllers.forecasting.members.numpy_layers import conv1d, dense, lstm, monotone_quantiles, swish
from controllers.forecasting.members.scaling import Scaler
from controllers.forecasting.members.training_plan import Training
from controllers.forecasting.quantiles import LEVELS, MEDIAN, within_limits
from controllers.forecasting.selection import learnable, selected
from controllers.forecasting.targets import TargetKind
from controllers.forecasting.windows import Windows

HOUR_S = 3600
CONV_CHANNELS = 32
FUTURE_WIDTH = 3
"""In hours."""
HISTORY_STRIDE = 4
"""Hours that one step of the history LSTM covers."""
UNITS = 48
HEAD = 64
DROPOUT = 0.1
TRAINING = Training(epochs=30, most_steps=400, batch=16, learning_rate=4e-3, weight_decay=0.03)
FULL_WORK = 150
"""Targets times leads; a group with more takes fewer steps, so that training time grows little with it."""
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
        self.weights = train_network(
            self._builder(train), self._inputs(train), self._outcome(train, train),
            (self._inputs(validation), self._outcome(validation, train)), _plan(train), seed)

    def refit(self, windows: Windows, seed: int) -> None:
        """See :meth:`Member.refit`; a few more epochs with a small rate, from the weights it has."""
        from controllers.forecasting.members.keras_parts import refined

        self.weights = refined(self._builder(windows), self.weights, self._inputs(windows),
                               self._outcome(windows, windows), _plan(windows), seed)

    def predict(self, windows: Windows) -> np.ndarray:
        """See :meth:`Member.predict`."""
        future, past = self._inputs(windows)
        raw = forward(future, past, self.weights, leads_per_hour(windows))
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

    def _builder(self, windows: Windows) -> Callable[[], Any]:
        future, past = self._future(windows).shape[1:], windows.history.values.shape[1:]
        return lambda: build(future, past, len(windows.group.targets), leads_per_hour(windows))

    def _inputs(self, windows: Windows) -> list[np.ndarray]:
        return [self.future.scaled(self._future(windows)), self.past.scaled(windows.history.values)]

    def _future(self, windows: Windows) -> np.ndarray:
        """(n, leads, channels) what is known per lead."""
        tables = zip(windows.features, self.names, strict=True)
        return np.concatenate([selected(table, names) for table, names in tables], axis=-1)

    def _outcome(self, windows: Windows, learnt: Windows) -> list[np.ndarray]:
        """(n, leads, targets, 2), see :meth:`Scaler.outcomes`."""
        return [np.moveaxis(self.outputs.outcomes(windows, learnt), 0, 2)]


def leads_per_hour(windows: Windows) -> int:
    """Leads that a step of the LSTM over the future covers; each by itself where they make no whole hours."""
    horizon = windows.group.horizon
    leads = max(HOUR_S // horizon.step_s, 1)
    return leads if horizon.leads % leads == 0 else 1


def _plan(windows: Windows) -> Training:
    return TRAINING.with_work(FULL_WORK / (len(windows.group.targets) * windows.group.horizon.leads))


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


def build(future_shape: tuple[int, ...], past_shape: tuple[int, ...], targets: int, per_hour: int = 1) -> Any:
    """The Keras model: inputs (n, leads, channels) and (n, hours, channels), quantiles (n, leads, targets, levels)."""
    from tensorflow import keras

    from controllers.forecasting.members.keras_parts import ANCHOR_SPREAD, RAW_SPREAD, MonotoneQuantiles

    layers = keras.layers
    future, past = keras.Input(future_shape, name="future"), keras.Input(past_shape, name="past")
    ahead = layers.Conv1D(CONV_CHANNELS, FUTURE_WIDTH * per_hour, strides=per_hour, padding="same", activation="swish",
                          name="future_conv")(future)
    ahead = layers.LSTM(UNITS, return_sequences=True, name="future_lstm")(ahead)
    ahead = layers.UpSampling1D(per_hour)(ahead) if per_hour > 1 else ahead
    behind = layers.Conv1D(CONV_CHANNELS, HISTORY_STRIDE, strides=HISTORY_STRIDE, padding="same", activation="swish",
                           name="past_conv")(past)
    behind = layers.LSTM(UNITS, name="past_lstm")(behind)
    met = layers.Concatenate()([future, ahead, layers.RepeatVector(future_shape[0])(behind)])
    met = layers.Dropout(DROPOUT)(met)

    def heads(x: Any, name: str, outer: int, spread: float, activation: str | None = None) -> Any:
        """A dense layer with weights of its own for each target."""
        equation = "nlf,tfd->nltd" if len(x.shape) == 3 else "nltf,tfd->nltd"
        return layers.EinsumDense(equation, output_shape=(future_shape[0], targets, outer), bias_axes="td", name=name,
                                  activation=activation,
                                  kernel_initializer=keras.initializers.RandomNormal(stddev=spread))(x)

    x = heads(met, "heads", HEAD, (2.0 / (met.shape[-1] + HEAD)) ** 0.5, "swish")
    raw = heads(layers.Dropout(DROPOUT)(x), "raw", len(LEVELS), RAW_SPREAD)
    anchor = heads(future, "anchor", 1, ANCHOR_SPREAD)
    return keras.Model([future, past], layers.Add()([MonotoneQuantiles()(raw), anchor]), name="multimodal_network")


def forward(
    future: np.ndarray, past: np.ndarray, weights: dict[str, np.ndarray], per_hour: int = 1
) -> np.ndarray:
    """The same in NumPy: (targets, n, leads, levels)."""

    def of(name: str) -> list[np.ndarray]:
        return [weights[f"{name}/{i}"] for i in range(3) if f"{name}/{i}" in weights]

    kernel, bias = of("future_conv")
    ahead = np.repeat(lstm(swish(conv1d(future, kernel, bias, per_hour)), *of("future_lstm")), per_hour, axis=1)
    kernel, bias = of("past_conv")
    behind = lstm(swish(conv1d(past, kernel, bias, HISTORY_STRIDE)), *of("past_lstm"))[:, -1]
    repeated = np.broadcast_to(behind[:, None], (*future.shape[:2], behind.shape[-1]))
    met = np.concatenate([future, ahead, repeated], axis=-1)

    def heads(name: str, values: np.ndarray) -> np.ndarray:
        kernel, bias = of(name)
        return dense(values, kernel[:, None], bias[:, None, None])

    return monotone_quantiles(heads("raw", swish(heads("heads", met))), MEDIAN) + heads("anchor", future)
