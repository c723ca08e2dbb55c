"""External mosaik simulators: in this process, as a subprocess, or over TCP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.errors import ExternalSimulatorError

if TYPE_CHECKING:
    from twin.scenario.models import ExternalSpec


def start_external(world: Any, name: str, spec: ExternalSpec) -> dict[tuple[str, str | None], Any]:
    """Start one simulator and create its entities.

    Returns
    -------
    (name, key) → entity, where the key is the entity's number, its own id, and ``None`` for the first one.

    Raises
    ------
    ExternalSimulatorError
        If it cannot be reached, or does not have the model; names the remedy.
    """
    try:
        factory = world.start(name, sim_id=name, **spec.init)
        model = getattr(factory, spec.model)
        entities = model.create(spec.count, **spec.params)
    except Exception as error:  # whatever a foreign simulator does at start must end in one clear message
        raise ExternalSimulatorError(f"external.{name}: {spec.how()} did not start: {type(error).__name__}: {error}; "
                                     f"check that it runs, and that it has a model {spec.model!r}") from error
    found: dict[tuple[str, str | None], Any] = {(name, None): entities[0]}
    for number, entity in enumerate(entities):
        found[(name, str(number))] = entity
        found[(name, entity.eid)] = entity
    return found
