"""Commands of ``twin`` that other packages bring: entry points ``parktwin.commands``, each a ``typer.Typer``.

They are loaded when they are called or listed, never before; their modules must import quickly.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from twin.errors import ParkTwinError

GROUP = "parktwin.commands"


class PluginGroup(TyperGroup):
    """The commands of ``twin`` and those of plug-ins; its own come first and cannot be replaced."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names."""
        own = super().list_commands(ctx)
        return own + sorted({point.name for point in entry_points(group=GROUP)} - set(own))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by name; None where there is none."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        found = next((point for point in entry_points(group=GROUP) if point.name == cmd_name), None)
        return None if found is None else _loaded(found)


def _loaded(point: EntryPoint) -> Any:
    """The command behind an entry point, or one that says why it cannot be used."""
    try:
        command = get_command(point.load())
    except Exception as error:  # a stranger's package may fail in any way at import
        owner = point.dist.name if point.dist else "an unknown package"
        text = f"cannot be loaded from {owner} ({type(error).__name__}: {error})"
        broken = typer.Typer(add_completion=False)

        @broken.command(help=text)
        def fail() -> None:
            raise ParkTwinError(f"{point.name} {text}")

        command = get_command(broken)
    command.name = point.name
    return command
