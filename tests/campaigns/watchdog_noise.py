"""The watchdog over runs in which nothing is wrong: noise of instruments, loads and weather must stop nothing.

The battery's readings have noise, delay and drift; devices ramp; operator and balancer change their minds. A stopped
asset counts, as does a run that differs in any bit from the one without a watchdog. The operator commands directly, for
what it says is rougher than what the release gate lets through.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from twin.cosim.run import new_run
from twin.scenario.loader import load_scenario
from twin.store.reader import read_run

WATCHED = ("bess.p_mw", "bess.soc", "chp_1.p_mw", "flywheels.p_mw", "electricity.exchange_mw")


@dataclass
class Report:
    """What was found."""

    hours: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        runs = ", ".join(f"{name} {hours:g} h" for name, hours in self.hours.items())
        return (f"{runs}, {len(self.failures)} stopped or changed for nothing"
                + "".join(f"\n  {failure}" for failure in self.failures[:20]))


def run(scenarios: dict[str, float], folder: Path) -> Report:
    """Run shipped scenarios of the park with and without a watchdog.

    Parameters
    ----------
    scenarios : name → simulated time [h].
    """
    report = Report(dict(scenarios))
    for name, hours in scenarios.items():
        file = folder / f"watched_{name}.yaml"
        file.write_text(f"name: watched\nextends: {name}.yaml\ntime: {{duration_h: {hours:g}}}\n"
                        "controllers: {watchdog: {type: watchdog}}\ngate: {enabled: false}\n")
        new_run(load_scenario(file), folder / f"{name}-watched")
        new_run(load_scenario(name, [f"time.duration_h={hours:g}", "gate.enabled=false"]), folder / f"{name}-alone")
        watched, alone = read_run(folder / f"{name}-watched"), read_run(folder / f"{name}-alone")
        report.failures += [f"{name} at {e.t_s} s: {e.message}" for e in watched.events if e.component == "watchdog"]
        report.failures += [f"{name}: {signal} differs" for signal in WATCHED
                            if not np.array_equal(watched.native(signal), alone.native(signal), equal_nan=True)]
    return report
