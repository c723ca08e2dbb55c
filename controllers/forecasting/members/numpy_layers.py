"""Forward passes of the layers our networks are made of, in NumPy: a served forecast needs no TensorFlow.

Each function takes the layer's weights in the order of Keras' ``get_weights``. Arrays are float32; the last axis holds
the channels.
"""

from __future__ import annotations

import numpy as np

LAYER_NORM_EPSILON = 1e-3
"""Keras' default."""


def dense(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Affine map of the last axis."""
    return x @ kernel + bias


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Logistic function, without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def swish(x: np.ndarray) -> np.ndarray:
    """x times its logistic function."""
    return x * sigmoid(x)


def softplus(x: np.ndarray) -> np.ndarray:
    """log(1 + exp x), without overflow."""
    return np.logaddexp(x, np.zeros((), x.dtype))


def layer_norm(x: np.ndarray, gain: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Normalises the last axis."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.mean(centred**2, axis=-1, keepdims=True)
    return centred / np.sqrt(variance + LAYER_NORM_EPSILON) * gain + shift


def conv1d(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, stride: int = 1) -> np.ndarray:
    """Convolution over axis 1 of (n, steps, channels); ``same`` padding as Keras pads.

    Parameters
    ----------
    kernel : (width, channels in, channels out)
    """
    width, steps = kernel.shape[0], x.shape[1]
    out_steps = -(-steps // stride)
    padding = max((out_steps - 1) * stride + width - steps, 0)
    padded = np.pad(x, ((0, 0), (padding // 2, padding - padding // 2), (0, 0)))
    columns = [padded[:, k:k + (out_steps - 1) * stride + 1:stride] for k in range(width)]
    return np.concatenate(columns, axis=-1) @ kernel.reshape(-1, kernel.shape[-1]) + bias


def lstm(x: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """All hidden states (n, steps, units) of a long short-term memory; gates in Keras' order i, f, c, o."""
    units = recurrent.shape[0]
    driven = x @ kernel + bias
    hidden = np.zeros((len(x), units), x.dtype)
    cell = np.zeros_like(hidden)
    states = np.empty((*x.shape[:2], units), x.dtype)
    for step in range(x.shape[1]):
        gates = driven[:, step] + hidden @ recurrent
        opened = sigmoid(gates)
        candidate = np.tanh(gates[:, 2 * units:3 * units])
        cell = opened[:, units:2 * units] * cell + opened[:, :units] * candidate
        hidden = opened[:, 3 * units:] * np.tanh(cell)
        states[:, step] = hidden
    return states


def monotone_quantiles(raw: np.ndarray, middle: int) -> np.ndarray:
    """Median plus cumulated positive steps to both sides: quantiles that cannot cross."""
    median = raw[..., middle:middle + 1]
    down = np.cumsum(softplus(raw[..., :middle])[..., ::-1], axis=-1)[..., ::-1]
    up = np.cumsum(softplus(raw[..., middle + 1:]), axis=-1)
    return np.concatenate([median - down, median, median + up], axis=-1)
