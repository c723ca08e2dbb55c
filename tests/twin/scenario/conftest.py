"""Fixtures of the scenario tests."""

from __future__ import annotations

import pytest

from tests.twin.scenario.sites import SITE, device_entry_points, entry_points
from twin import registry
from twin.errors import ScenarioError
from twin.scenario.loader import load_scenario


@pytest.fixture
def fake_types(monkeypatch):
    """Only the types of these tests are registered."""
    found = {registry.COMPONENTS: entry_points(), registry.DEVICES: device_entry_points()}
    registry.component_class.cache_clear()
    registry.device_class.cache_clear()
    monkeypatch.setattr(registry, "_entry_points", lambda group: found[group])
    yield found[registry.COMPONENTS]
    registry.component_class.cache_clear()
    registry.device_class.cache_clear()


@pytest.fixture
def folder(tmp_path, monkeypatch, fake_types):
    """The current directory: empty, with the fake types registered."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder):
    """``write("a.yaml", text)`` → path; without text the small site, changed by (old, new) pairs."""

    def _write(name: str = "site.yaml", text: str = SITE, changes: tuple[tuple[str, str], ...] = ()):
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return _write


@pytest.fixture
def problems(folder):
    """``problems(path, *sets)`` → the problems for which a scenario is refused."""

    def _problems(path, *sets, roots=()):
        with pytest.raises(ScenarioError) as caught:
            load_scenario(path, sets, roots=roots)
        return caught.value.problems

    return _problems
