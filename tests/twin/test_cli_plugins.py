"""Commands of other packages: listed, called, and told where they are broken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from twin.cli import app
from twin.cli_plugins import GROUP

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = '''"""A stranger's command."""

import typer

app = typer.Typer()


@app.command()
def greet(name: str) -> None:
    """Say hello."""
    print(f"hello {name}")
'''


@pytest.fixture
def with_plugins(tmp_path):
    """A package that brings three commands: one that works, one that cannot be imported, one with a taken name."""
    (tmp_path / "stranger.py").write_text(PLUGIN)
    info = tmp_path / "stranger-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[{GROUP}]\ngreet = stranger:app\nbroken = no_such_module:app\nlist = stranger:app\n")

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; from twin.cli import main; main()"
        return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=tmp_path)

    return call


def test_help_lists_them_and_says_which_is_broken(with_plugins) -> None:
    done = with_plugins("--help")
    assert done.returncode == 0
    assert "Say hello" in done.stdout
    assert "cannot be loaded from stranger" in " ".join(done.stdout.replace("│", " ").split())


def test_a_command_of_a_plugin_runs(with_plugins) -> None:
    done = with_plugins("greet", "park")
    assert (done.returncode, done.stdout) == (0, "hello park\n")


def test_a_broken_plugin_is_a_message_and_no_traceback(with_plugins) -> None:
    done = with_plugins("broken")
    assert done.returncode == 2
    assert done.stderr == ("broken cannot be loaded from stranger (ModuleNotFoundError: No module named "
                           "'no_such_module')\n")


def test_a_plugin_cannot_take_the_name_of_an_own_command(with_plugins) -> None:
    assert "scenario" in with_plugins("list").stdout


def test_own_commands_do_not_look_for_plugins(monkeypatch) -> None:
    from typer.main import get_command

    import twin.cli_plugins as plugins

    monkeypatch.setattr(plugins, "entry_points", lambda group: pytest.fail("plug-ins were looked for"))
    assert get_command(app).get_command(None, "run") is not None
