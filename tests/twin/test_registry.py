"""Component types come from entry points: a stranger's package adds one, and a broken one is named."""

from types import SimpleNamespace

import pytest

from tests.twin.toys import Sun
from twin import registry
from twin.errors import ComponentError


def broken():
    raise ImportError("no module named 'magic'")


@pytest.fixture(autouse=True)
def three_types(monkeypatch):
    registry.component_class.cache_clear()
    dist = SimpleNamespace(name="strange-package")
    monkeypatch.setattr(registry, "_entry_points", lambda group: {
        "sun": SimpleNamespace(load=lambda: Sun, dist=dist, value="strange:Sun"),
        "moon": SimpleNamespace(load=broken, dist=dist, value="strange:Moon"),
        "stone": SimpleNamespace(load=lambda: int, dist=dist, value="strange:Stone"),
    })
    yield
    registry.component_class.cache_clear()


def test_a_strangers_type_is_found():
    assert registry.component_class("sun") is Sun


def test_an_unknown_type_is_answered_with_the_nearest():
    with pytest.raises(ComponentError, match="unknown type 'sum'; did you mean 'sun'"):
        registry.component_class("sum")


def test_a_broken_package_is_named():
    with pytest.raises(ComponentError, match="'moon' from strange-package cannot be loaded: ImportError"):
        registry.component_class("moon")


def test_what_is_no_component_is_refused():
    with pytest.raises(ComponentError, match="is not a Component"):
        registry.component_class("stone")
