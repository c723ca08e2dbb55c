"""Whether the times of a release gate fit together and fit the scenario's step; what is said to it in vain."""

from __future__ import annotations

from twin.component import Section
from twin.errors import Problem
from twin.scenario.acts import GATE_KEY, SECTIONS
from twin.scenario.resolved import ResolvedScenario

HOUR_S = 3600
_ROUNDING_S = 1e-6
"""Horizons such as 0.1 h are not exact in binary."""


def gate_problems(resolved: ResolvedScenario) -> list[Problem]:
    """Times of the gate that do not fit together, each at its place."""
    model, rules = resolved.model, resolved.model.gate
    if not rules.enabled:
        return []
    wrong: dict[str, str] = {}
    horizon_s = rules.horizon_h * HOUR_S
    if horizon_s + _ROUNDING_S < rules.interval_s:
        wrong["horizon_h"] = (f"is {rules.horizon_h:g} h, shorter than the {rules.interval_s} s between two schedules "
                              "(gate.interval_s): nothing would hold for the rest; give a longer horizon")
    elif abs(horizon_s - round(horizon_s / rules.step_s) * rules.step_s) > _ROUNDING_S:
        wrong["horizon_h"] = (f"{rules.horizon_h:g} h is not a whole number of steps of {rules.step_s} s "
                              "(gate.step_s); change one of them")
    slow = next((spec for spec in resolved.components.values() if spec.section is not Section.CONTROLLERS
                 and spec.params.step_s is not None and rules.interval_s % spec.params.step_s), None)
    if rules.interval_s % model.time.step_s:
        wrong["interval_s"] = (f"{rules.interval_s} s is not a whole multiple of the scenario's step of "
                               f"{model.time.step_s} s (time.step_s), in which the gate decides; change one of them")
    elif slow is not None:
        wrong["interval_s"] = (f"{rules.interval_s} s is not a whole multiple of the {slow.params.step_s} s in which "
                               f"{slow.name} steps, in the midst of which nothing can be proved; change one of them")
    elif rules.interval_s % rules.step_s and rules.step_s % rules.interval_s:
        wrong["interval_s"] = (f"{rules.interval_s} s and the step of a schedule, {rules.step_s} s (gate.step_s), are "
                               "no multiples of each other; change one of them")
    return [resolved.problem((GATE_KEY, key), message) for key, message in wrong.items()]


def gate_warnings(resolved: ResolvedScenario) -> list[str]:
    """What the scenario says in vain without being wrong, each in a sentence."""
    model = resolved.model
    if not model.gate.enabled:
        left = [section for section in SECTIONS if getattr(model, section)]
        return [f"{section}: are left undone, for the release gate is switched off (gate.enabled: false)"
                for section in left]
    if not model.limits:
        return ["the release gate has no limits: schedules are proved against nothing but solvability; write some "
                "under 'limits:'"]
    return []
