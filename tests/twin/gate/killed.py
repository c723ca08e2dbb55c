"""A gated run that is stopped dead in the middle and continued."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.cosim.run import new_run, resume_run
from twin.scenario.loader import load_scenario
from twin.store.reader import read_run


class Killed(BaseException):
    """Stands for kill -9: nothing of the program runs on."""


def killed_and_resumed(scenario: Path, directory: Path, at_s: int):
    """Run until ``at_s``, die, continue; the stored run and its directory."""

    def die(t_s: int) -> None:
        if t_s >= at_s:
            raise Killed

    with pytest.raises(Killed):
        new_run(load_scenario(scenario), directory, die)
    resume_run(directory)
    return read_run(directory), directory
