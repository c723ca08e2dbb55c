"""Fixtures shared by the tests of the framework."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.twin.toys import TOY_DEVICES, TOY_SCENARIO, TOYS
from twin import registry


@pytest.fixture
def toys(monkeypatch):
    """Registers the toy components and devices instead of the shipped ones, as another package would its own."""
    found = {group: {name: SimpleNamespace(load=lambda cls=cls: cls, dist=None, value=f"toys:{name}")
                     for name, cls in types.items()}
             for group, types in ((registry.COMPONENTS, TOYS), (registry.DEVICES, TOY_DEVICES))}
    registry.component_class.cache_clear()
    registry.device_class.cache_clear()
    monkeypatch.setattr(registry, "_entry_points", lambda group: found[group])
    yield TOYS
    registry.component_class.cache_clear()
    registry.device_class.cache_clear()


@pytest.fixture
def toy_file(tmp_path, toys):
    """Writes a variant of the toy scenario: ``toy_file(("old text", "new text"), …)`` → its path."""

    def write(*changes: tuple[str, str], extra: str = "", name: str = "toy.yaml"):
        text = TOY_SCENARIO
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text + extra)
        return path

    return write
