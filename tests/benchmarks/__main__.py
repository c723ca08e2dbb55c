"""`make bench`: each figure beside its budget and, where there is one, the peer's figure of the same run."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import battery, devices, forecast_speed, gate, heat_network, power_flow
from tests.benchmarks.runs import Runs, calibration_s, help_wall_s

MEMORY_MB = 1000
NO_GATE = "gate.enabled=false"
"""Where the physics is measured and not the release gate."""
PAGE_WIDTH = 132
"""Of the table in a file."""


def verdict(value: float, budget: float) -> str:
    """Whether a figure keeps its budget, for the reader of the table."""
    return "ok" if value <= budget else "[bold red]missed[/]"


def add_kernels(table: Table) -> float:
    """Power flow and thermal networks in this process; returns the peers' seconds for one step of a park."""
    flow = power_flow.measure()
    ours, peer = flow["ours_ms"], flow["runpp_default_ms"]
    table.add_row("one power flow", f"{ours:.4f} ms", "0.1 ms", verdict(ours, 0.1), f"runpp {peer:.1f} ms",
                  f"{peer / ours:.0f}")
    heat = heat_network.measure()
    ours_s, static_s, transient_s = heat["ours_s"], heat["static_s"], heat["transient_s"]
    table.add_row("park heat network, day at 60 s, warm", f"{ours_s * 1e3:.1f} ms", "", "",
                  f"pandapipes static {static_s:.0f} s (24 solves x 60)", f"{static_s / ours_s:.0f}")
    table.add_row("", "", "", "", f"pandapipes transient {transient_s:.0f} s (60 x 24)",
                  f"{transient_s / ours_s:.0f}")
    table.add_row("  one component step at 60 s", f"{heat['step_us']:.0f} µs", "", "",
                  f"({heat['substep_us']:.0f} µs of ours: pipes and flows)", "")
    return peer / 1e3 + static_s / heat_network.STEPS


def add_park(table: Table, runs: Runs, peer_step_s: float) -> None:
    """The park with all networks; the first run compiles."""
    cold, warm = (runs.of("zero_carbon_park_day", "time.duration_h=1", NO_GATE) for _ in range(2))
    table.add_row("very first run, an hour of the park", f"{cold.process_cpu_s:.1f} s", "", "",
                  f"(the same run again: {warm.process_cpu_s:.1f} s)", "")
    for scenario, label, step_s, budget in (("zero_carbon_park_day", "park day at 60 s, all networks", 60, 6),
                                            ("zero_carbon_park_year", "park year at 15 min, all networks", 900, 120)):
        run = runs.of(scenario, NO_GATE)
        naive_s = run.simulated_s / step_s * peer_step_s
        table.add_row(label, f"{run.cpu_s:.2f} s", f"{budget} s", verdict(run.cpu_s, budget),
                      f"runpp + pipeflow loop alone {naive_s:.0f} s", f"{naive_s / run.cpu_s:.1f}")
        table.add_row("  its start-up", f"{run.startup_cpu_s:.2f} s", "", "", "", "")
        table.add_row("  its memory", f"{run.memory_mb:.0f} MB", f"{MEMORY_MB} MB", verdict(run.memory_mb, MEMORY_MB),
                      "", "")


def add_battery(table: Table) -> None:
    """The LFP battery with its ageing, and simses-lite."""
    ours, peer = battery.measure(), battery.peer_per_s()
    per_s, least = ours["batch_per_s"], battery.LEAST_PER_S
    if isinstance(peer, str):
        beside, ratio = f"{peer}; simses-lite elsewhere: {battery.PEER_STEPS_PER_S:,}/s", ""
    else:
        beside, ratio = f"simses-lite {peer:,.0f}/s", f"{per_s / peer:.1f}"
    table.add_row("battery with ageing, batch at 15 min", f"{per_s:,.0f}/s", f"{least:,}/s", verdict(least, per_s),
                  beside, ratio)
    table.add_row("  at 60 s", f"{ours['batch_minute_per_s']:,.0f}/s", f"{least:,}/s",
                  verdict(least, ours["batch_minute_per_s"]), "", "")
    table.add_row("  one component step, three laws", f"{ours['step_us']:.0f} µs", f"{battery.MOST_US} µs",
                  verdict(ours["step_us"], battery.MOST_US), "", "")
    table.add_row("  ten years of ageing at 15 min, one law", f"{ours['ten_years_s']:.2f} s", f"{battery.MOST_S} s",
                  verdict(ours["ten_years_s"], battery.MOST_S), "(BLAST-Lite, elsewhere: 1.0 to 3.4 s)", "")


def add_devices(table: Table) -> None:
    """Device emulators in lockstep."""
    found = devices.measure()
    ours_s, peer_s = found["ours_s"], found["peer_s"]
    table.add_row(f"{devices.DEVICES} devices, an hour at 1 s, moving at 0.1 s", f"{ours_s:.2f} s", "2 s",
                  verdict(ours_s, 2.0), f"polling at 0.1 s, no faults {peer_s:.2f} s", f"{peer_s / ours_s:.1f}")
    table.add_row("  the same at rest", f"{found['resting_s']:.2f} s", "", "", "", "")


def add_erigrid(table: Table, runs: Runs) -> None:
    """The published multi-energy benchmark, where its data are at hand."""
    run, label = runs.erigrid_day(), "ERIGrid benchmark day at 60 s"
    if isinstance(run, str):
        table.add_row(label, "skipped", "2.5 s", "", run, "")
        return
    table.add_row(label, f"{run.cpu_s:.2f} s", "2.5 s", verdict(run.cpu_s, 2.5),
                  "(published ones, elsewhere: 50 to 106 s)", "")
    table.add_row("  its start-up", f"{run.startup_cpu_s:.2f} s", "", "", "", "")


def main() -> None:
    """Measure and print."""
    table = Table("what", "ours", "budget", "", "peer, same run", "peer / ours", title="Benchmarks (CPU seconds)")
    peer_step_s = add_kernels(table)
    add_battery(table)
    add_devices(table)
    with tempfile.TemporaryDirectory() as scratch:
        runs = Runs(Path(scratch))
        add_park(table, runs, peer_step_s)
        gate.add_rows(table, runs, peer_step_s, verdict)
        add_erigrid(table, runs)
        speeds = [*runs.calibrations_s, calibration_s()]
    forecast_speed.add_rows(table, verdict)  # last: a child's memory counts from what its parent had loaded
    help_s = help_wall_s()
    table.add_row("twin --help (wall)", f"{help_s:.2f} s", "0.5 s", verdict(help_s, 0.5), "", "")
    table.add_row("10 million additions in Python", f"{min(speeds):.2f}–{max(speeds):.2f} s", "", "",
                  "(least and most, before each run)", "")
    Console(width=None if sys.stdout.isatty() else PAGE_WIDTH).print(table)


if __name__ == "__main__":
    main()
