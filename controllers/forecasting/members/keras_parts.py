"""What our Keras networks share: quantile head, pinball loss, training. Imports TensorFlow, so import it in functions.

One style for TensorFlow 2.14 (Keras 2) and 2.21 (Keras 3): functional models, layers only on symbolic tensors, raw
TensorFlow operations inside ``Layer.call`` and ``Loss.call``, weights exchanged as named arrays (saved ``.keras`` files
do not travel between the two).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf
from tensorflow import keras

from controllers.forecasting.members.training_plan import Training, part_of
from controllers.forecasting.quantiles import LEVELS, MEDIAN

THREADS = 2
RAW_SPREAD = 0.01
"""Standard deviation of the head's first weights: a network starts at its anchor."""
ANCHOR_SPREAD = 1e-4
"""The same of the anchor's."""


@keras.utils.register_keras_serializable("parktwin")
class MonotoneQuantiles(keras.layers.Layer):
    """(…, levels) raw → non-crossing: median plus cumulated softplus steps to both sides."""

    def call(self, raw: tf.Tensor) -> tf.Tensor:
        """The NumPy twin is :func:`.numpy_layers.monotone_quantiles`."""
        median = raw[..., MEDIAN:MEDIAN + 1]
        down = tf.cumsum(tf.nn.softplus(raw[..., :MEDIAN]), axis=-1, reverse=True)
        up = tf.cumsum(tf.nn.softplus(raw[..., MEDIAN + 1:]), axis=-1)
        return tf.concat([median - down, median, median + up], axis=-1)


@keras.utils.register_keras_serializable("parktwin")
class PinballLoss(keras.losses.Loss):
    """Mean pinball loss of quantiles (…, levels) and outcomes (…, 2): value and weight; unknown values do not count."""

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Loss of each value."""
        levels = tf.constant(LEVELS, dtype=y_pred.dtype)
        value, weight = y_true[..., :1], y_true[..., 1]
        error = tf.where(tf.math.is_finite(value), value - y_pred, tf.zeros_like(y_pred))
        return weight * tf.reduce_mean(tf.maximum(levels * error, (levels - 1.0) * error), axis=-1)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Deterministic training; the process's other random numbers go on as if nothing had been drawn."""
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002


def limit_threads() -> None:
    """Two threads, where TensorFlow has not started yet."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(THREADS)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        return  # already running with the threads it has


def train(
    build: Callable[[], keras.Model], inputs: Sequence[np.ndarray], outcomes: Sequence[np.ndarray],
    validation: tuple[Sequence[np.ndarray], Sequence[np.ndarray]], how: Training, seed: int,
) -> dict[str, np.ndarray]:
    """Weights of the best epoch on the validation split, named ``layer/position``."""
    with _fresh(seed):
        model = build()
        epochs, per_epoch = how.schedule(len(inputs[0]))
        inputs, outcomes = _part(inputs, outcomes, per_epoch * how.batch, seed)
        rate = keras.optimizers.schedules.CosineDecay(how.learning_rate, epochs * per_epoch)
        _compile(model, rate, how, len(outcomes))
        best = keras.callbacks.EarlyStopping(patience=epochs, restore_best_weights=True)
        held_out = (_one_or_list(validation[0]), _one_or_list(validation[1]))
        model.fit(_one_or_list(inputs), _one_or_list(outcomes), validation_data=held_out, epochs=epochs,
                  batch_size=how.batch, callbacks=[best], verbose=0)
        if best.best_weights is not None:  # Keras 2 restores them only if it stopped early
            model.set_weights(best.best_weights)
    return named_weights(model)


def refined(
    build: Callable[[], keras.Model], weights: dict[str, np.ndarray], inputs: Sequence[np.ndarray],
    outcomes: Sequence[np.ndarray], how: Training, seed: int,
) -> dict[str, np.ndarray]:
    """Weights after a few more epochs with a small learning rate."""
    with _fresh(seed):
        model = build()
        for layer in model.layers:
            layer.set_weights([weights[f"{layer.name}/{i}"] for i in range(len(layer.get_weights()))])
        _compile(model, how.refining_rate, how, len(outcomes))
        epochs, per_epoch = how.refining_schedule(len(inputs[0]))
        inputs, outcomes = _part(inputs, outcomes, per_epoch * how.batch, seed)
        model.fit(_one_or_list(inputs), _one_or_list(outcomes), epochs=epochs, batch_size=how.batch, verbose=0)
    return named_weights(model)


def named_weights(model: keras.Model) -> dict[str, np.ndarray]:
    """Arrays by ``layer/position``."""
    return {f"{layer.name}/{i}": np.asarray(w) for layer in model.layers for i, w in enumerate(layer.get_weights())}


@contextmanager
def _fresh(seed: int) -> Iterator[None]:
    limit_threads()
    keras.backend.clear_session()
    with seeded(seed):
        yield


def _compile(model: keras.Model, rate: Any, how: Training, outcomes: int) -> None:
    optimizer = keras.optimizers.AdamW(rate, weight_decay=how.weight_decay)
    model.compile(optimizer, loss=_one_or_list([PinballLoss() for _ in range(outcomes)]))


def _part(
    inputs: Sequence[np.ndarray], outcomes: Sequence[np.ndarray], most: int, seed: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    rows = part_of(len(inputs[0]), most, seed)
    return [x[rows] for x in inputs], [y[rows] for y in outcomes]


def _one_or_list(items: Sequence[Any]) -> Any:
    """Keras wants a single input or output bare."""
    return items[0] if len(items) == 1 else list(items)
