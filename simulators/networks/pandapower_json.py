"""Reads what ``pandapower.to_json`` wrote, without running anything a file asks for.

pandapower's own reader imports every ``_module`` a file names and calls its ``_class`` with what the file gives, so a
file from a stranger could run any program. Here the file is first parsed as plain JSON and searched (the text inside
tables too, which is JSON again); only the classes of plain data pass. pandapower then reads what was searched, written
anew, not the file: where two JSON readers understand a text differently, there is nothing left to differ about.

Source of the format: ``pandapower.io_utils`` 3.3 (``PPJSONEncoder``, ``pp_hook``, ``FromSerializableRegistry``).
"""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import ComponentError

if TYPE_CHECKING:
    from pandapower.auxiliary import pandapowerNet

MAX_BYTES = 50_000_000
"""The largest network that pandapower ships (9241 buses) has 9 MB; parsed, a file takes about ten times its size."""
MAX_DEPTH = 40
"""Networks nest 5 to 8 deep; a walk by recursion needs a bound."""

_NET = ("pandapower.auxiliary", "pandapowerNet")
_TABLES = frozenset({("pandas.core.frame", "DataFrame"), ("pandas.core.series", "Series")})
_NUMPY = ("array", "bool", "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16",
          "float32", "float64")
_VALUES = frozenset({*(("numpy", name) for name in _NUMPY),
                     *(("builtins", name) for name in ("tuple", "set", "frozenset"))})
_SIGNATURE = frozenset({"_module", "_class", "_object"})
_KEYS_OF_TABLES = _SIGNATURE | {"orient", "typ", "dtype", "index_name", "column_name", "is_multiindex",
                                "is_multicolumn"}
"""Whatever else stands there, pandapower would hand to ``pandas.read_json``: compression, storage_options, ..."""
_ORIENTS = ("split", "columns", "index")
_DTYPE = re.compile(r"(u?int|float)(8|16|32|64)|bool(ean)?|object|str(ing)?|category|datetime64\[\w+\]|<U\d{1,3}",
                    re.IGNORECASE)
"""Not ``S1000000000``, which takes that many bytes for each cell."""
_CONTROLLERS = "pandapower.control"


class _Refused(Exception):
    """What in a file does not pass, and where."""


def read_pandapower_json(file: str) -> pandapowerNet:
    """The network in a file of ``pandapower.to_json``.

    Raises
    ------
    ComponentError
        If the file is no such file, is larger than :data:`MAX_BYTES`, or holds an object other than a network, tables
        and plain values (controllers, functions, geometries); names the class and its place.
    """
    try:
        document = _plain(_parsed(_text(file)), (), 0)
    except _Refused as refusal:
        raise ComponentError(f"{file}: {refusal}") from None
    except RecursionError:
        raise ComponentError(f"{file}: nested more than {MAX_DEPTH} deep; no network is") from None
    except ValueError as error:
        where = f"line {error.lineno} column {error.colno}" if isinstance(error, json.JSONDecodeError) else "a number"
        raise ComponentError(f"{file}: not a pandapower network: no JSON ({where}); write it with pandapower.to_json"
                             ) from None
    signed = isinstance(document, dict) and "_class" in document
    if not (isinstance(document, dict) and ("bus" in document or (signed and _pair(document) == _NET))):
        raise ComponentError(f"{file}: JSON, but not a pandapower network; write it with pandapower.to_json")
    return _decoded(document, file)


def _text(file: str) -> str:
    try:
        with Path(file).open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _Refused(f"cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise _Refused(f"larger than {MAX_BYTES // 1_000_000} MB; no results and no geometry are needed: drop them "
                       f"before pandapower.to_json")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Refused("not a pandapower network: no UTF-8 text; write it with pandapower.to_json") from None


def _parsed(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_without_doubles)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that stands twice the first value is lost, but not before pandapower's reader has seen it."""
    node = dict(pairs)
    if len(node) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Refused(f"the key {twice[:40]!r} stands twice in one object; write the file with pandapower.to_json")
    return node


def _decoded(document: dict[str, Any], file: str) -> pandapowerNet:
    import pandapower as pp
    from pandapower.auxiliary import pandapowerNet

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net = pp.from_json_string(json.dumps(document), convert=True)
    except Exception as error:  # a damaged network fails in many ways inside pandapower
        raise ComponentError(f"{file}: not a pandapower network ({type(error).__name__}: {error}); write it with "
                             f"pandapower.to_json") from error
    if not isinstance(net, pandapowerNet):
        raise ComponentError(f"{file}: holds a {type(net).__name__}, not a pandapower network; write it with "
                             f"pandapower.to_json")
    return net


def _plain(node: Any, place: tuple[str, ...], depth: int) -> Any:
    """A value of the file, searched; the text of tables is written anew from what was searched."""
    if depth > MAX_DEPTH:
        raise _Refused(f"nested more than {MAX_DEPTH} deep at {_shown(place)}; no network is")
    if isinstance(node, dict):
        pair = _pair(node) if "_module" in node or "_class" in node else None
        if pair is not None:
            _check_signature(node, pair, place)
        if pair in _TABLES:
            return {**node, "_object": _plain_table(node["_object"], place, depth)}
        return {key: _plain(value, place if key == "_object" else (*place, key), depth + 1)
                for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value, (*place, str(n)), depth + 1) for n, value in enumerate(node)]
    if isinstance(node, str) and node.lstrip()[:1] in ("{", "["):
        _search_text(node, place, depth)
    return node


def _plain_table(text: Any, place: tuple[str, ...], depth: int) -> str:
    """A path instead of JSON would make pandas read that file."""
    try:
        table = _parsed(text) if isinstance(text, str) else None
    except ValueError:
        table = None
    if not isinstance(table, dict):
        raise _Refused(f"the table at {_shown(place)} holds no JSON object; write the file with pandapower.to_json")
    return json.dumps(_plain(table, place, depth + 1))


def _search_text(text: str, place: tuple[str, ...], depth: int) -> None:
    """Older files keep objects as text that pandapower decodes once more."""
    try:
        inner = _parsed(text)
    except ValueError:  # a name that begins with a bracket
        return
    _plain(inner, place, depth + 1)


def _pair(node: dict[str, Any]) -> tuple[str, str]:
    return str(node.get("_module")), str(node.get("_class"))


def _check_signature(node: dict[str, Any], pair: tuple[str, str], place: tuple[str, ...]) -> None:
    name = ".".join(pair)[:80]
    if pair != _NET and pair not in _TABLES and pair not in _VALUES:
        remedy = ("controllers are not run here; empty net.controller before pandapower.to_json and give the taps to "
                  "voltage_control" if pair[0].startswith(_CONTROLLERS) else
                  "only tables and plain values are read; remove it before pandapower.to_json")
        raise _Refused(f"holds an object of the class {name!r} at {_shown(place)}: {remedy}")
    allowed = _KEYS_OF_TABLES if pair in _TABLES else _SIGNATURE | {"dtype"}
    strange = [key for key in node if key not in allowed]
    if strange or "_object" not in node:
        what = f"the key {strange[0][:40]!r}" if strange else "no '_object'"
        raise _Refused(f"the {pair[1]} at {_shown(place)} has {what}; write the file with pandapower.to_json")
    if not isinstance(node["_object"], dict) and pair == _NET:
        raise _Refused(f"the network at {_shown(place)} is kept as text; write the file with pandapower.to_json")
    _check_options(node, place)


def _check_options(node: dict[str, Any], place: tuple[str, ...]) -> None:
    dtype = node.get("dtype", "object")
    names = list(dtype.values()) if isinstance(dtype, dict) else [dtype]
    sound = {
        "dtype": all(isinstance(name, str) and _DTYPE.fullmatch(name) for name in names),
        "orient": node.get("orient", "split") in _ORIENTS,
        "typ": node.get("typ", "series") == "series",
        "index_name": not isinstance(node.get("index_name"), dict | list),
        "column_name": not isinstance(node.get("column_name"), dict | list),
        # pandapower would evaluate each of its labels as a Python literal
        "is_multiindex": not node.get("is_multiindex", False),
        "is_multicolumn": not node.get("is_multicolumn", False),
    }
    for key, fine in sound.items():
        if not fine:
            raise _Refused(f"'{key}: {str(node[key])[:60]}' at {_shown(place)} is not used in networks; write plain "
                           f"tables with pandapower.to_json")


def _shown(place: tuple[str, ...]) -> str:
    return ".".join(place)[:120] or "the top"
