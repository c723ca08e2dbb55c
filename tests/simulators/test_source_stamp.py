"""Compiled code is rebuilt after a change in any file it is made of, and after no other."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from simulators.source_stamp import PACKAGES, PROJECT_ROOT, source_stamp, sources

HEAT_STEP = "simulators/networks/plant/heat_step.py"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources."""
    root = tmp_path_factory.mktemp("project")
    for package in PACKAGES:
        shutil.copytree(PROJECT_ROOT / package, root / package,
                        ignore=lambda folder, names: [n for n in names if (Path(folder) / n).is_file()
                                                      and not n.endswith(".py")])
    return root


def stamp_after_a_change_of(changed: str, project: Path, tmp_path: Path) -> tuple[str, str]:
    """Stamp of the heating network's compiled step in two copies of the sources, one with a line more."""
    other = tmp_path / "other"
    shutil.copytree(project, other)
    with (other / changed).open("a", encoding="utf-8") as file:
        file.write("\nADDED = 1\n")
    return source_stamp(project / HEAT_STEP, root=project), source_stamp(other / HEAT_STEP, root=other)


@pytest.mark.parametrize("changed", [
    "simulators/water.py",  # constants, no compiled function
    "simulators/networks/heat/status.py",  # codes
    "simulators/networks/heat/geometry.py",  # plain function that others compile
    "simulators/networks/heat/friction.py",  # three imports away
    "simulators/conversion/gas_boiler.py",  # imported as a module
    HEAT_STEP,
])
def test_a_change_in_what_the_step_is_made_of_changes_its_stamp(changed: str, project: Path, tmp_path: Path) -> None:
    before, after = stamp_after_a_change_of(changed, project, tmp_path)

    assert after != before


@pytest.mark.parametrize("changed", [
    "simulators/networks/heat/crosscheck.py", "simulators/market/time_of_use_tariff.py", "twin/cli.py"])
def test_a_change_elsewhere_keeps_the_stamp_wherever_the_project_lies(
        changed: str, project: Path, tmp_path: Path) -> None:
    before, after = stamp_after_a_change_of(changed, project, tmp_path)

    assert after == before


def test_every_way_to_import_is_followed(tmp_path: Path) -> None:
    package = tmp_path / "simulators"
    (package / "room").mkdir(parents=True)
    for name in ("a", "b", "c", "d", "e", "unrelated", "room/__init__", "room/inner"):
        (package / f"{name}.py").write_text("VALUE = 1\n")
    (package / "e.py").write_text("from simulators.room import inner\n")
    start = package / "start.py"
    start.write_text("import math\n"
                     "import simulators.a as other\n"
                     "from simulators import (\n    b,  # (one)\n    c,\n)\n"
                     "from simulators.room import VALUE\n"
                     "def function():\n    from simulators.d import VALUE as v, WRONG\n"
                     "import json, simulators.e\n")

    found = {path.relative_to(package).as_posix() for path in sources(start, root=tmp_path)}

    assert found == {"start.py", "a.py", "b.py", "c.py", "d.py", "e.py", "room/__init__.py", "room/inner.py"}


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_are_absolute_as_the_stamp_reads_them(package: str) -> None:
    relative = re.compile(r"^\s*from\s+\.", re.M)

    assert [p for p in (PROJECT_ROOT / package).rglob("*.py") if relative.search(p.read_text(encoding="utf-8"))] == []


def test_numba_keeps_the_machine_code_under_this_stamp() -> None:
    from simulators import jit
    from simulators.networks.heat import friction

    cache_file = friction.pressure_drop_pa._cache._cache_file

    assert cache_file._source_stamp == source_stamp(Path(friction.__file__), Path(jit.__file__))
