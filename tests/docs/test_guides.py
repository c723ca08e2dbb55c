"""The guides are run as written: files are saved under their titles, commands are executed in order."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"```(\w+)(?: ([^\n]*))?\n(.*?)```", re.DOTALL)


def blocks(guide: str):
    """(language, attributes, text) of each fenced block."""
    return BLOCK.findall((ROOT / "docs" / "guides" / guide).read_text())


def save(folder: Path, title: str, text: str) -> None:
    """A block as the file of its title, which may lie in a folder of its own."""
    (folder / title).parent.mkdir(exist_ok=True)
    (folder / title).write_text(text)


def announce(folder: Path, entry_points: str) -> None:
    """What installing the stranger's package, as its ``pyproject.toml`` has grown so far, would leave behind."""
    info = folder / "my_assets-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my_assets\nVersion: 1.0\n")
    with (info / "entry_points.txt").open("a") as file:
        for group, types in tomllib.loads(entry_points)["project"]["entry-points"].items():
            file.write(f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in types.items()))


@pytest.mark.parametrize("guide", ["your_own_site.md", "new_component.md", "operating.md"])
def test_a_guide_works_as_written(guide, tmp_path):
    commands = 0
    for language, attributes, text in blocks(guide):
        title = re.search(r'title="(.*?)"', attributes)
        if title and title[1] == "entry_points":
            announce(tmp_path, text)
        elif title:
            save(tmp_path, title[1], text)
        elif language == "console":
            expected = int(re.search(r"fails=(\d)", attributes)[1]) if "fails=" in attributes else 0
            for program, line in re.findall(r"^\$ (twin|python) (.*)$", text, re.MULTILINE):
                call = [sys.executable, *(["-m", "twin"] if program == "twin" else []), *line.split()]
                done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True,
                                      env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"})
                assert done.returncode == expected, f"$ {program} {line}\n{done.stdout}\n{done.stderr}"
                commands += 1
    assert commands > 1


def test_the_guide_shows_what_a_mistake_looks_like(tmp_path):
    for _, attributes, text in blocks("your_own_site.md"):
        if title := re.search(r'title="(.*?)"', attributes):
            save(tmp_path, title[1], text)
    done = subprocess.run([sys.executable, "-m", "twin", "check", "broken.yaml"], cwd=tmp_path, capture_output=True,
                          text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert "broken.yaml:4:" in done.stderr and "peak_mw" in done.stderr
    assert "broken.yaml:5:" in done.stderr and "did you mean 'energy_mwh'?" in done.stderr
