"""The served forward passes in NumPy are the networks that Keras trained; training leaves no trace in the process."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from controllers.forecasting.members import multimodal_network, numpy_layers, residual_network
from controllers.forecasting.members.residual_network import ResidualNetwork
from controllers.forecasting.windows import Windows

AGREEMENT = 2e-5
"""Of standardised quantiles of the order of 1, in float32."""


def named_weights(model: Any) -> dict[str, np.ndarray]:
    return {f"{layer.name}/{i}": np.asarray(w) for layer in model.layers for i, w in enumerate(layer.get_weights())}


def shaken(model: Any) -> Any:
    """Random weights everywhere, so that zeros of a fresh network hide nothing."""
    rng = np.random.default_rng(2)
    model.set_weights([w + 0.3 * rng.standard_normal(w.shape) for w in model.get_weights()])
    return model


def test_the_residual_network_in_numpy_is_the_one_of_keras() -> None:
    model = shaken(residual_network.build(24, 3, 11))
    x = np.random.default_rng(1).standard_normal((5, 24, 3, 11)).astype(np.float32)
    expected = model(x).numpy().mean(axis=3)
    found = np.stack([residual_network.forward(x[:, :, k], named_weights(model), k) for k in range(3)], axis=2)
    assert found == pytest.approx(expected, abs=AGREEMENT, rel=AGREEMENT)


@pytest.mark.parametrize("per_hour", [1, 4], ids=["hours", "quarter hours"])
def test_the_multimodal_network_in_numpy_is_the_one_of_keras(per_hour: int) -> None:
    model = shaken(multimodal_network.build((24 * per_hour, 9), (48, 5), 2, per_hour))
    rng = np.random.default_rng(1)
    future, past = (rng.standard_normal(shape).astype(np.float32) for shape in ((4, 24 * per_hour, 9), (4, 48, 5)))
    expected = np.moveaxis(model([future, past]).numpy(), 2, 0)
    found = multimodal_network.forward(future, past, named_weights(model), per_hour)
    assert found == pytest.approx(expected, abs=AGREEMENT, rel=AGREEMENT)


def test_the_head_cannot_cross_and_keeps_its_median() -> None:
    raw = np.array([[0.0, 0.0, 0.0, 5.0, -80.0, 0.0, 80.0]])
    step = np.log(2.0)  # softplus of 0
    found = numpy_layers.monotone_quantiles(raw, 3)[0]
    assert found == pytest.approx([5 - 3 * step, 5 - 2 * step, 5 - step, 5, 5, 5 + step, 85 + step])


def test_training_leaves_the_random_numbers_of_the_process_alone(split: tuple[Windows, Windows]) -> None:
    random.seed(4)
    np.random.seed(4)  # noqa: NPY002
    expected = random.random(), np.random.rand()  # noqa: NPY002
    random.seed(4)
    np.random.seed(4)  # noqa: NPY002
    ResidualNetwork().fit(split[0].rows(np.arange(20)), split[1], seed=1)
    assert (random.random(), np.random.rand()) == expected  # noqa: NPY002


def test_unknown_outcomes_are_left_out_of_training(split: tuple[Windows, Windows]) -> None:
    from controllers.forecasting.members.keras_parts import PinballLoss

    predicted = np.tile(np.arange(7.0, dtype=np.float32), (1, 2, 1))
    known, half, heavy = (float(PinballLoss()(np.array([rows], np.float32), predicted)) for rows in (
        [[3.0, 1.0], [3.0, 1.0]], [[3.0, 1.0], [np.nan, 1.0]], [[3.0, 4.0], [3.0, 1.0]]))
    # 3 against 0 … 6: levels times distance, 3·0.05 + 2·0.1 + 0.25 on either side, mean of seven
    assert known == pytest.approx(2 * (0.15 + 0.2 + 0.25) / 7)
    assert half == pytest.approx(known / 2)
    assert heavy == pytest.approx(known * 2.5)
