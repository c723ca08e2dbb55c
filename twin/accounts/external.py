"""What external simulators draw from the site's buses and feed into them, by the signals their probes recorded. MW.

Only signals that the scenario connects to a terminal of a network (``from: houses.0.p_mw``, ``to: grid.A.p_mw``) take
part in the balance; whatever else a probe recorded is left alone.
"""

from __future__ import annotations

import numpy as np

from twin.accounts.finite import checked
from twin.component import Role
from twin.store.run_data import ComponentRecord, RunData

SUPPLY_SUFFIX = " (feeding in)"


def external_powers(run: RunData) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Power drawn (≤ 0) and fed in (≥ 0) by each external simulator on the grid, each of shape (n,).

    Entities are summed by direction: what one house feeds in is not what another one does not draw. A simulator that
    never does the one or the other is left out there.
    """
    use: dict[str, np.ndarray] = {}
    supply: dict[str, np.ndarray] = {}
    for name, label, delay in _signals_on_a_bus(run):
        power = _on_grid(run, run.components[f"{name}_probe"], label, delay)
        use[name] = use.get(name, 0.0) + np.minimum(power, 0.0)
        supply[name] = supply.get(name, 0.0) + np.maximum(power, 0.0)
    return ({name: p for name, p in use.items() if p.any()},
            {f"{name}{SUPPLY_SUFFIX}": p for name, p in supply.items() if p.any()})


def _signals_on_a_bus(run: RunData) -> list[tuple[str, str, float | None]]:
    """(external simulator, label in its probe, value before the first step of a delayed connection or None)."""
    networks = {c.name for c in run.of_role(Role.NETWORK)}
    found: dict[tuple[str, str], tuple[str, str, float | None]] = {}
    for connection in run.scenario.get("connections") or []:
        name, _, signal = str(connection["from"]).partition(".")
        target = str(connection["to"])
        probe = run.components.get(f"{name}_probe")
        if probe is None or probe.role != Role.PROBE or target.split(".")[0] not in networks:
            continue
        label = _label(signal, probe.vectors.get("value", ()))
        if label is not None and target.endswith(".p_mw"):
            before = float(connection.get("initial") or 0.0) if connection.get("delayed") else None
            found[name + "." + label, target] = (name, label, before)
    return list(found.values())


def _label(signal: str, labels: tuple[str, ...]) -> str | None:
    """The probe's label of a signal; without a number the first entity is meant."""
    numbered = f"0.{signal}" if "." not in signal else signal.removeprefix("0.")
    return next((name for name in (signal, numbered) if name in labels), None)


def _on_grid(run: RunData, probe: ComponentRecord, label: str, before: float | None) -> np.ndarray:
    index = probe.vectors["value"].index(label)
    series = run.on_grid(f"{probe.name}.value")[:, index]
    if before is not None:
        late = probe.step_s // run.grid_step_s
        series = np.concatenate([np.full(late, before), series])[: len(series)]
    return checked(run, f"{probe.name}.value[{label}]", series)
