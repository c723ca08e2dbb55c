"""The signs of something wrong: pure comparisons of what is remembered and seen with the thresholds.

Powers in MW (into the network positive), times in s. A sign is present or not in a cycle; for how long it must be
present is :attr:`AssetSpec.patience_s`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isnan, nan

from controllers.watchdog.asset import AssetMemory, AssetSpec
from controllers.watchdog.image import AssetImage, Image, Sign
from controllers.watchdog.readings import late
from controllers.watchdog.thresholds import Thresholds


@dataclass(slots=True)
class SiteMemory:
    """What is remembered of the site."""

    meter_s: float = nan
    """When the meter was last read; NaN: it never was, there may be none."""
    heartbeat_count: float = nan
    heartbeat_s: float = nan
    """When the heartbeat last changed; NaN: nobody ever said that they live."""
    expires_s: float = nan
    """Expiry that was said last; NaN: none ever was, this site may have no releases."""
    released: bool = False
    """Whether there ever was a release: a second expiry, since the first one may be the time by which one is due."""


def of_site(memory: SiteMemory, image: Image, stale_after_s: float, limits: Thresholds) -> tuple[Sign, ...]:
    """Signs that concern all assets at once, after taking the site's readings."""
    t_s, found = image.t_s, []
    if isfinite(image.exchange_mw):
        memory.meter_s = t_s
    elif t_s - memory.meter_s > stale_after_s:
        found.append(Sign.METER_LOST)
    if isfinite(image.heartbeat_count) and image.heartbeat_count != memory.heartbeat_count:
        memory.heartbeat_count, memory.heartbeat_s = image.heartbeat_count, t_s
    elif t_s - memory.heartbeat_s > limits.heartbeat_timeout_s:
        found.append(Sign.NO_HEARTBEAT)
    if _without_release(memory, image.release_expires_s, t_s, limits):
        found.append(Sign.NO_RELEASE)
    return tuple(found)


def _without_release(memory: SiteMemory, expires_s: float, t_s: float, limits: Thresholds) -> bool:
    """None is said: there is none any more, or there must be one. One is said: it is void."""
    if isnan(expires_s):
        return limits.require_release or memory.released or t_s >= memory.expires_s
    memory.released = memory.released or (isfinite(memory.expires_s) and expires_s != memory.expires_s)
    memory.expires_s = expires_s
    return t_s >= expires_s


def of_asset(spec: AssetSpec, memory: AssetMemory, image: AssetImage, t_s: float, limits: Thresholds) -> list[Sign]:
    """Signs of one asset, after taking its readings."""
    found = [Sign.IMPLAUSIBLE] if memory.implausible else []
    if late(spec, memory, t_s):
        found.append(Sign.STALE)
    if spec.stores:
        _of_storage(spec, memory, limits, found)
    if (spec.stores or spec.generates) and (
            image.vm_pu < limits.low_voltage_pu or image.vm_pu > limits.high_voltage_pu):
        found.append(Sign.VOLTAGE_LIMIT)
    deviation = _deviation(spec, memory, t_s, limits)
    if deviation is not Sign.NONE:
        found.append(deviation)
    return found


def _of_storage(spec: AssetSpec, memory: AssetMemory, limits: Thresholds, found: list[Sign]) -> None:
    if memory.temperature_degc > limits.temperature_limit_degc:
        found.append(Sign.TEMPERATURE_HIGH)
    if memory.rise_k_per_h > limits.rise_limit_k_per_h:
        found.append(Sign.TEMPERATURE_RISE)
    if memory.rest_rise_k_per_h > limits.rest_rise_limit_k_per_h:
        found.append(Sign.HEATING_AT_REST)
    if memory.unmoved_soc > limits.frozen_soc and memory.soc_s - memory.moved_s > spec.stale_after_s:
        found.append(Sign.FROZEN)
    rest_mw = limits.rest_frac * spec.rated_mw
    if (memory.soc < spec.min_soc - limits.margin_soc and memory.p_mw > rest_mw) or (
            memory.soc > spec.max_soc + limits.margin_soc and memory.p_mw < -rest_mw):
        found.append(Sign.SOC_LIMIT)


def _deviation(spec: AssetSpec, memory: AssetMemory, t_s: float, limits: Thresholds) -> Sign:
    """Whether a fresh reading is far from the command that was handed on before it."""
    if not memory.fresh or memory.implausible:
        # an old reading says nothing new: what was present stays so until one comes
        for sign in (Sign.OVERSHOOT, Sign.SHORTFALL):
            if isfinite(memory.since_s[sign]):
                return sign
        return Sign.NONE
    tolerance_mw, told_mw, p_mw = limits.tolerance_frac * spec.rated_mw, memory.given_mw, memory.p_mw
    if spec.curtails:
        return Sign.OVERSHOOT if p_mw > max(memory.given_limit_mw, 0.0) + tolerance_mw else Sign.NONE
    if not (spec.stores or spec.generates) or isnan(told_mw):
        return Sign.NONE
    told_mw = min(max(told_mw, spec.low_mw), spec.high_mw)
    if spec.stores:
        over = not min(told_mw, 0.0) - tolerance_mw <= p_mw <= max(told_mw, 0.0) + tolerance_mw
        short = abs(told_mw) - abs(p_mw) > tolerance_mw and _has_room(spec, memory, told_mw, limits)
    else:
        must_run = told_mw > 0.0 or t_s - memory.running_since_s < spec.min_up_s
        over = p_mw > max(told_mw, spec.min_mw if must_run else 0.0) + tolerance_mw
        short = told_mw >= spec.min_mw and told_mw - p_mw > tolerance_mw
    return Sign.OVERSHOOT if over else Sign.SHORTFALL if short else Sign.NONE


def _has_room(spec: AssetSpec, memory: AssetMemory, told_mw: float, limits: Thresholds) -> bool:
    """Whether a storage could do what it is told, as far as its state of charge goes."""
    if told_mw > 0.0:
        return memory.soc > spec.min_soc + limits.shortfall_margin_soc
    return memory.soc < spec.max_soc - limits.shortfall_margin_soc
