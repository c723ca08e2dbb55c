"""Readings as the watchdog takes them: which can be believed, and what must be kept to judge those to come.

What cannot be is not clamped but refused: it counts as no reading, and lasting it is a sign. Powers in MW, times in s.
"""

from __future__ import annotations

from math import isfinite, isnan

from controllers.watchdog.asset import AssetMemory, AssetSpec
from controllers.watchdog.image import AssetImage
from controllers.watchdog.thresholds import Thresholds

SECONDS_PER_H = 3600.0
SOC_ROUNDING = 1e-6
"""A state of charge may exceed 0 or 1 by so much of rounding."""


def take(spec: AssetSpec, memory: AssetMemory, image: AssetImage, t_s: float, limits: Thresholds) -> None:
    """Accept this cycle's readings where they can be believed."""
    if isnan(memory.reading_s):
        memory.reading_s = memory.soc_came_s = t_s  # nothing is late before it could have come
    memory.fresh = isfinite(image.p_mw) and isfinite(image.reading_s) and (
        isnan(memory.p_mw) or image.reading_s > memory.reading_s)
    if not memory.fresh:
        return
    came_s = min(image.reading_s, t_s)
    if isfinite(image.soc):
        memory.soc_came_s = came_s
    if isfinite(image.temperature_degc):
        memory.temperature_came_s = came_s
    memory.implausible = not possible(spec, memory, image, t_s, limits)
    if memory.implausible:
        memory.fresh = False
        memory.reading_s = came_s  # it came in time; that it cannot be is another sign
        return
    dt_s = max(image.reading_s - memory.reading_s, 0.0)
    memory.reading_s, memory.p_mw = image.reading_s, image.p_mw
    if spec.stores:
        _take_soc(spec, memory, image, dt_s, limits)
        _take_temperature(spec, memory, image, limits)
    elif spec.generates:
        _take_running(spec, memory, image, dt_s)


def late(spec: AssetSpec, memory: AssetMemory, t_s: float) -> str:
    """Which of the readings that matter is too old, in words; empty: none. A storage always has a state of charge."""
    if t_s - memory.reading_s > spec.stale_after_s:
        return "reading"
    if spec.stores and t_s - memory.soc_came_s > spec.stale_after_s:
        return "state of charge"
    return "temperature" if spec.stores and t_s - memory.temperature_came_s > spec.stale_after_s else ""


def possible(spec: AssetSpec, memory: AssetMemory, image: AssetImage, t_s: float, limits: Thresholds) -> bool:
    """Whether the readings can be, each by itself and after the last ones that were believed."""
    most_mw = limits.possible_power_factor * spec.rated_mw
    if abs(image.p_mw) > most_mw or image.reading_s > t_s + spec.stale_after_s:
        return False
    if isfinite(image.soc):
        if not -SOC_ROUNDING <= image.soc <= 1.0 + SOC_ROUNDING:
            return False
        if isfinite(memory.soc):
            hours = (image.reading_s - memory.soc_s) / SECONDS_PER_H
            most = limits.jump_soc + most_mw * hours / (spec.energy_mwh * spec.efficiency)
            if abs(image.soc - memory.soc) > most:
                return False
    if isfinite(image.temperature_degc) and isfinite(memory.temperature_degc):
        hours = (image.reading_s - memory.temperature_s) / SECONDS_PER_H
        if abs(image.temperature_degc - memory.temperature_degc) > limits.jump_k + limits.rise_limit_k_per_h * hours:
            return False
    return True


def _take_soc(spec: AssetSpec, memory: AssetMemory, image: AssetImage, dt_s: float, limits: Thresholds) -> None:
    if not isfinite(image.soc):
        return
    if image.soc != memory.soc or not 0.0 < image.soc < 1.0:  # at its ends an estimate is cut off, not frozen
        memory.unmoved_soc, memory.moved_s = 0.0, image.reading_s
    elif abs(image.p_mw) > limits.rest_frac * spec.rated_mw:
        memory.unmoved_soc += abs(image.p_mw) * dt_s / SECONDS_PER_H / spec.energy_mwh
    memory.soc, memory.soc_s = image.soc, image.reading_s


def _take_temperature(spec: AssetSpec, memory: AssetMemory, image: AssetImage, limits: Thresholds) -> None:
    t_s, degc = image.reading_s, image.temperature_degc
    if not isfinite(degc):
        return
    memory.temperature_degc, memory.temperature_s = degc, t_s
    if isnan(memory.rise_from_s):
        memory.rise_from_s, memory.rise_from_degc = t_s, degc
    elif t_s - memory.rise_from_s >= limits.rise_window_s:
        memory.rise_k_per_h = (degc - memory.rise_from_degc) / (t_s - memory.rise_from_s) * SECONDS_PER_H
        memory.rise_from_s, memory.rise_from_degc = t_s, degc
    if isnan(memory.rest_from_s) or abs(image.p_mw) > limits.rest_frac * spec.rated_mw:
        memory.rest_from_s, memory.rest_from_degc, memory.rest_rise_k_per_h = t_s, degc, 0.0
    elif t_s - memory.rest_from_s >= limits.rest_window_s:
        memory.rest_rise_k_per_h = (degc - memory.rest_from_degc) / (t_s - memory.rest_from_s) * SECONDS_PER_H
        memory.rest_from_s, memory.rest_from_degc = t_s, degc


def _take_running(spec: AssetSpec, memory: AssetMemory, image: AssetImage, dt_s: float) -> None:
    """A unit that delivers was started at the beginning of the step of which it is the mean, at the latest."""
    if image.p_mw <= 0.0:
        memory.running_since_s = float("nan")
    elif isnan(memory.running_since_s):
        memory.running_since_s = image.reading_s - dt_s
