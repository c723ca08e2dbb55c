"""What a thermal network tells about its steps: trouble once when it begins, and once when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulators.networks.heat.results import StepResult
from twin.component import Component

if TYPE_CHECKING:
    from simulators.networks.thermal_ports import NetworkOutputs

TOLD_FRAC = 1e-3
TOLD_MW = 1e-4
"""Of the demand, or of the heat offered, and at all: less is not worth an event; it is recorded all the same."""


@dataclass(slots=True)
class Watch:
    """Since when there has been which trouble [s from the start]; None: there is none."""

    unsolved_since_s: int | None = None
    unsolved_code: int = 0
    """The gravest trouble told since then."""
    unserved_since_s: int | None = None
    stranded_since_s: int | None = None

    @property
    def anything(self) -> bool:
        """Whether there is any trouble."""
        return (self.unsolved_since_s, self.unserved_since_s, self.stranded_since_s) != (None, None, None)


def announce(component: Any, t_s: int, result: StepResult, outputs: NetworkOutputs) -> None:
    """Events of a step."""
    watch, clock = component.state.watch, component.context.calendar.local
    heat = component.carrier
    stranded_mw = getattr(outputs, "stranded_mw", 0.0)
    if result.solved and outputs.unserved_mw <= TOLD_MW and stranded_mw <= TOLD_MW and not watch.anything:
        return

    def tell(since: str, now: bool, kind: str, message: str, severity: str, over: str) -> None:
        before = getattr(watch, since)
        if now and before is None:
            setattr(watch, since, t_s)
            component.emit(t_s, kind, f"at {clock(t_s):%Y-%m-%d %H:%M} {message}", severity)
        elif not now and before is not None:
            setattr(watch, since, None)
            component.emit(t_s, f"{kind}_over", f"at {clock(t_s):%Y-%m-%d %H:%M} {over}, after "
                                                f"{(t_s - before) / 3600.0:.2f} h")

    if outputs.status_code > watch.unsolved_code > 0:
        component.emit(t_s, "thermal_not_solvable", f"at {clock(t_s):%Y-%m-%d %H:%M} {result.message}", "alarm")
    watch.unsolved_code = max(watch.unsolved_code, outputs.status_code) if outputs.status_code else 0
    tell("unsolved_since_s", not result.solved, "thermal_not_solvable", result.message, "alarm",
         "the network does again what is asked")
    short = outputs.unserved_mw > max(TOLD_FRAC * outputs.demand_mw, TOLD_MW)
    tell("unserved_since_s", short, f"{heat}_unserved", _who(component, outputs) if short else "", "alarm",
         f"all {heat} demand is served again")
    offered_mw = getattr(outputs, "chp_heat_mw", 0.0)
    tell("stranded_since_s", stranded_mw > max(TOLD_FRAC * offered_mw, TOLD_MW), "heat_stranded",
         f"{stranded_mw:.3g} MW of CHP heat find no taker: tank and dump cooler are full", "warning",
         "all CHP heat finds a taker again")


def _who(component: Component[Any, Any, Any, Any], outputs: NetworkOutputs) -> str:
    names = component.terminals()["substation"]
    missing = outputs.substation_unserved_mw
    worst = int(missing.argmax())
    return (f"{outputs.unserved_mw:.3g} of {outputs.demand_mw:.3g} MW are not delivered; most is missing at "
            f"{names[worst]!r}: {missing[worst]:.3g} of {outputs.substation_demand_mw[worst]:.3g} MW")
