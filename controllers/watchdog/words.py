"""What a person reads when the watchdog acts: the sign, the value and the limit that it left."""

from __future__ import annotations

from controllers.watchdog.asset import AssetMemory, AssetSpec
from controllers.watchdog.image import AssetImage, Sign
from controllers.watchdog.readings import late
from controllers.watchdog.thresholds import Thresholds


def described(sign: Sign, spec: AssetSpec, kept: AssetMemory, seen: AssetImage, limits: Thresholds, t_s: float) -> str:
    """The sign in words, with the value and the limit."""
    match sign:
        case Sign.TEMPERATURE_HIGH:
            return f"cells at {kept.temperature_degc:.1f} °C, above {limits.temperature_limit_degc:g} °C"
        case Sign.TEMPERATURE_RISE:
            return f"cells warm by {kept.rise_k_per_h:.0f} K/h, more than {limits.rise_limit_k_per_h:g} K/h"
        case Sign.HEATING_AT_REST:
            return (f"cells warm by {kept.rest_rise_k_per_h:.0f} K/h at rest, more than "
                    f"{limits.rest_rise_limit_k_per_h:g} K/h")
        case Sign.IMPLAUSIBLE:
            return (f"a reading cannot be: {seen.p_mw:g} MW, state of charge {seen.soc:g}, "
                    f"{seen.temperature_degc:g} °C after {kept.p_mw:g} MW, {kept.soc:g}, {kept.temperature_degc:g} °C")
        case Sign.STALE:
            return f"no new {late(spec, kept, t_s)} for more than {spec.stale_after_s:g} s"
        case Sign.FROZEN:
            return (f"the state of charge stays at {kept.soc:g} to the last bit, although {kept.p_mw:.3g} MW should "
                    f"have moved it by {kept.unmoved_soc:.3f}, more than {limits.frozen_soc:g}")
        case Sign.SOC_LIMIT:
            return (f"state of charge {kept.soc:.3f} is outside {spec.min_soc:g} to {spec.max_soc:g} by more than "
                    f"{limits.margin_soc:g} and driven on by {kept.p_mw:.3g} MW")
        case Sign.VOLTAGE_LIMIT:
            return (f"voltage {seen.vm_pu:.3f} p.u. is outside {limits.low_voltage_pu:g} to "
                    f"{limits.high_voltage_pu:g} p.u.")
        case Sign.OVERSHOOT:
            told = f"at most {kept.given_limit_mw:.3g}" if spec.curtails else f"{kept.given_mw:.3g}"
            return (f"delivers {kept.p_mw:.3g} MW where {told} MW were commanded, beyond the tolerance of "
                    f"{limits.tolerance_frac * spec.rated_mw:.3g} MW")
        case Sign.SHORTFALL:
            return (f"delivers {kept.p_mw:.3g} MW where {kept.given_mw:.3g} MW were commanded, short by more than "
                    f"{limits.tolerance_frac * spec.rated_mw:.3g} MW for no reason that can be seen")
        case Sign.METER_LOST:
            return "the grid meter is lost, nobody would see an export"
        case Sign.NO_HEARTBEAT:
            return f"operator and dispatcher are silent for more than {limits.heartbeat_timeout_s:g} s"
        case Sign.NO_RELEASE:
            return "there is no valid release"
        case _:
            return sign.name.lower().replace("_", " ")
