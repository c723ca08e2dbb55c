"""The limits of a built site: found before a run begins, so that mistakes are told then, and used when it has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twin.cosim.build import Site
from twin.cosim.edges import Edge
from twin.gate.ledger.reader import LedgerReader
from twin.gate.limits.limits import LimitSet, resolve_limits
from twin.gate.limits.plant_causes import Explanation
from twin.gate.limits.plant_judge import judge_plant, trajectories_of
from twin.gate.rules import GateRules
from twin.gate.shadow.player import CommandPort, command_ports
from twin.store.layout import LEDGER
from twin.store.reader import read_run


@dataclass(frozen=True)
class SiteLimits:
    """Limits of a site, and where the set-points stand that some of them limit."""

    limits: LimitSet | None
    """None where the scenario states none."""
    rules: GateRules
    commands: Mapping[str, CommandPort]
    edges: Sequence[Edge]

    @classmethod
    def of(cls, site: Site, edges: list[Edge]) -> SiteLimits:
        """Of a wired site.

        Raises
        ------
        ScenarioError
            All rows under ``limits:`` that fit nothing.
        """
        model = site.scenario.model
        commands = command_ports(site.components, edges)
        limits = resolve_limits(site.scenario, site.components, commands) if model.limits else None
        return cls(limits, model.gate, commands, edges)

    def judge(self, directory: Path) -> None:
        """Judge a run that has ended, and keep the verdict in its directory; nothing without limits of the scenario.

        Raises
        ------
        RunStoreError
            If run or ledger cannot be read.
        """
        if self.limits is None:
            return
        run = read_run(directory)
        trajectories = trajectories_of(run, self.commands, self.edges)
        explain = None
        if (directory / LEDGER).is_file():
            with LedgerReader(directory / LEDGER) as reader:
                explain = Explanation(reader.entries(), trajectories)
        judge_plant(trajectories, self.limits, self.rules, explain).write(directory)
