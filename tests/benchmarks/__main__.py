"""`make bench`: each figure beside its budget and, where there is one, the peer's figure of the same run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time

from rich.console import Console
from rich.table import Table

from tests.benchmarks import power_flow

HELP_TRIES = 5


def twin_run(scenario: str) -> dict[str, float]:
    """CPU seconds and peak memory of one run in a process of its own."""
    script = ("import resource, sys; from twin.cli import main\n"
              "try: main()\n"
              "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)")
    with tempfile.TemporaryDirectory() as folder:
        call = [sys.executable, "-c", script, "run", scenario, "--json", "--no-report", "--out", f"{folder}/run"]
        done = subprocess.run(call, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    result["memory_mb"] = int(done.stderr.split()[-1]) / 1024
    return result


def help_wall_s() -> float:
    """Best of a few calls: the disk cache of the first one is not ours."""
    times = []
    for _ in range(HELP_TRIES):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "twin", "--help"], capture_output=True, check=True)
        times.append(time.perf_counter() - started)
    return min(times)


def verdict(value: float, budget: float) -> str:
    """Whether a figure keeps its budget, for the reader of the table."""
    return "ok" if value <= budget else "[bold red]missed[/]"


def main() -> None:
    """Measure and print."""
    table = Table("what", "ours", "budget", "", "peer, same run", "peer / ours", title="Benchmarks (CPU seconds)")
    flow = power_flow.measure()
    ours, peer = flow["ours_ms"], flow["runpp_default_ms"]
    table.add_row("one power flow", f"{ours:.4f} ms", "0.1 ms", verdict(ours, 0.1), f"runpp {peer:.1f} ms",
                  f"{peer / ours:.0f}")
    for scenario, label, budget in (("zero_carbon_park_day", "electrical park day at 60 s", 3),
                                    ("zero_carbon_park_year", "electrical park year at 15 min", 60)):
        run = twin_run(scenario)
        steps = run["simulated_s"] / (60 if budget == 3 else 900)
        naive = steps * peer / 1e3
        table.add_row(label, f"{run['cpu_s']:.2f} s", f"{budget} s", verdict(run["cpu_s"], budget),
                      f"runpp loop alone {naive:.0f} s", f"{naive / run['cpu_s']:.1f}")
        table.add_row("  its start-up", f"{run['startup_cpu_s']:.2f} s", "", "", "", "")
        table.add_row("  its memory", f"{run['memory_mb']:.0f} MB", "1000 MB", verdict(run["memory_mb"], 1000), "", "")
    help_s = help_wall_s()
    table.add_row("twin --help (wall)", f"{help_s:.2f} s", "0.5 s", verdict(help_s, 0.5), "", "")
    Console().print(table)


if __name__ == "__main__":
    main()
