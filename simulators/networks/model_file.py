"""A model written as a YAML file, with the scenario's changes laid over it: every mistake at its line, all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from simulators.networks.network_checks import Mistake
from twin.errors import Problem, ScenarioError
from twin.scenario.fields import places
from twin.scenario.merge import deep_merge, merged_origins
from twin.scenario.messages import needs, problems_of
from twin.scenario.origins import KeyPath, SourceMap, scenario_error

M = TypeVar("M", bound=BaseModel)


def model_in(kind: type[M], source: SourceMap, changes: dict[str, Any], mistakes_in: Callable[[M], list[Mistake]]) -> M:
    """The model in a file, with changes.

    Parameters
    ----------
    mistakes_in : what is wrong with a model although each of its values may stand there.

    Raises
    ------
    ScenarioError
        With file, line and column for every mistake in the file; with the keys for those in the changes.
    """
    if changes:
        source = SourceMap(deep_merge(source.data, changes),
                           merged_origins(source.data, changes, source.origins, {}), source.lines)
    problems = [source.problem(place.path, needs("a number", place.value, place.path))
                for place in places(kind, source.data) if place.number_as_bool()]
    try:
        model = kind.model_validate(source.data)
    except ValidationError as error:
        problems += problems_of(error, kind, source.data, source)
    else:
        problems += [source.problem(path, message) for path, message in mistakes_in(model)]
    if problems:
        raise scenario_error([in_scenario(("changes", *p.path), p.message) if _holds(changes, p.path) else p
                              for p in problems], source.lines)
    return model


def in_scenario(path: KeyPath, message: str) -> Problem:
    """A mistake in the scenario: its place is that of the network there, so the keys below it go into the words."""
    return Problem((), f"{'.'.join(map(str, path))}: {message}")


def raise_for_inline(mistakes: list[Mistake]) -> None:
    """Refuse a model written in the scenario itself, if it has mistakes.

    Raises
    ------
    ScenarioError
        All of them, with their keys below ``inline``.
    """
    if mistakes:
        raise ScenarioError([in_scenario(("inline", *path), message) for path, message in mistakes])


def _holds(changes: Any, path: KeyPath) -> bool:
    """Whether the value at a path comes from the scenario's changes."""
    for part in path:
        if not (isinstance(changes, dict) and part in changes):
            return False
        changes = changes[part]
    return bool(path)
