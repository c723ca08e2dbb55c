"""The supply temperature a source aims at: its set-point, approached no faster than pipes and plates allow."""

from __future__ import annotations

from simulators.jit import compiled


@compiled
def next_reference(
    reference_degc: float,
    supply_degc: float,
    setpoint_degc: float,
    gradient_k_per_h: float,
    recovery_k: float,
    heating: bool,
    dt_s: float,
) -> float:
    """Reference for the coming sub-step.

    It moves towards the set-point by at most the gradient. After a shortage, when the supply delivered was worse than
    the reference, it starts again from that supply; only a dip of up to ``recovery_k`` is made up at once. So a source
    that comes back does not hit the network with a step.
    """
    if heating:
        start_degc = min(reference_degc, supply_degc + recovery_k)
    else:
        start_degc = max(reference_degc, supply_degc - recovery_k)
    largest_k = gradient_k_per_h * dt_s / 3600.0
    return min(max(setpoint_degc, start_degc - largest_k), start_degc + largest_k)
