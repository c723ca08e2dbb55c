"""Damaged scenario files: each is refused with one clear error at the damaged line, or is still a valid scenario.

Mutations know the language: misspelt, missing, doubled keys, values of the wrong kind, unit or range, damaged syntax,
tags, alias bombs, nesting, bytes that are no text, paths out of the folder, damage in an extended file. Where a
mutation knows which line it damaged, that line must be among those reported.
"""

from __future__ import annotations

import contextlib
import io
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from tests.twin.scenario.sites import entry_points
from twin import cli, registry
from twin.errors import ExitCode, ScenarioError
from twin.scenario.loader import load_scenario

BASE = """\
name: base_site
description: "a site in block style: each damage has a line of its own"
seed: 7
currency: CNY
time:
  start: 2025-07-15T00:00:00+08:00
  duration_h: 24
  step_s: 60
location:
  latitude_deg: 31.2
  longitude_deg: 121.5
  altitude_m: 5.0
  timezone: Asia/Shanghai
  country: CN
weather:
  type: sun
  file: pvlib:723170TYA.CSV
markets:
  spot:
    type: tariff
    price_per_mwh: 80.0
assets:
  bess:
    type: tank
    power_mw: 10
    energy_mwh: 40
    initial_soc: 0.5
    chemistry: lfp
    cells: 12
    stages:
      - until_h: 2
        curve: pvlib:723170TYA.CSV
      - until_h: 3
  tank_2: {type: tank, power_mw: 1, energy_mwh: 2, mode: island}
networks:
  grid:
    type: wire
    buses: [MAIN, SPARE]
control:
  type: rule
  reserve_soc: 0.3
connections:
  - from: bess.p_mw
    to: house.0.p_mw
external:
  house:
    python: houses:House
    model: House
    count: 2
run:
  checkpoint_every_s: 2
"""
NAMES = {"spot", "bess", "tank_2", "grid", "house"}
"""Keys that the author of a scenario chooses: another spelling is another name."""
REQUIRED = {
    "name", "time", "start", "duration_h", "step_s", "location", "latitude_deg", "longitude_deg", "timezone", "type",
    "power_mw", "energy_mwh", "to", "model",
}
OUT_OF_RANGE = {
    "seed": ["-1", "1.5", "99999999999999999999"], "duration_h": ["0", "-24", "1e9", "24.0001"], "until_h": ["0"],
    "step_s": ["0", "7200", "7"], "latitude_deg": ["-91", "1e9"], "longitude_deg": ["181"], "reserve_soc": ["30"],
    "altitude_m": ["-1e4", "1e5"], "power_mw": ["0", "-10", "51"], "energy_mwh": ["0", "-3", "13"],
    "initial_soc": ["1.1", "-0.1"], "cells": ["0", "1.5"], "count": ["0", "1e9"], "checkpoint_every_s": ["-2"],
}
NOT_A_NUMBER = ["ten", "[1, 2]", "{a: 1}", "true", "'x'", "10 MW", "10kW", "1,5", "1 000", "--3", "12:30"]
NEVER_A_VALUE = [
    ".nan", ".inf", "-.INF", "1e999", "!!python/object/apply:os.system ['id']", "!!binary aGk=", "!x 1", "*nobody",
    "@x", "`x`", "%x", "a: b", '"\\q"', "&a &b 1", "!!int x", '"\\ud800"', "!<tag:x 1",
]
WRONG_TEXT = {
    "name": ["Base Site", "[a]", "ä", "''"], "currency": ["yuan", "cny", "3"],
    "timezone": ["Asia/Shangai", "../../etc/passwd", "8"], "country": ["China", "cn", "86"],
    "start": ["2025-07-15", "2025-07-15T00:00:00", "tomorrow", "2025-02-30T00:00:00Z", "1", "0000-01-01T00:00:00Z"],
    "type": ["sunn", "tnak", "7", "[x]", "broken", "type", "''"], "chemistry": ["lpf", "3", "lead"],
    "file": ["nothing.csv", "../../../../etc/nothing", "pvlib:../__init__.py", "pvlib:x", "/etc", "3"],
    "from": ["bess", "nobody.p_mw", "a b.c", "3"], "to": ["bes.p", "x.y.z.w", "[]"],
    "python": ["houses", "houses:", "3"], "buses": ["MAIN", "{a: 1}", "[1]", "[[]]"],
}
NOISE = [
    "{", "}", "[", "]", ":", "- ", "\t", "&a ", "*a", "? ", "|", ">", "\x00", "é中", "1e999", ".nan", "<<: *a", "---\n",
    "...\n", "%YAML 9.9\n", "'", '"', "0o9", "!!set {a}", "!!omap [a]", "#", "\n", "\r", "~", "\\", ",", "\u2028",
    "\ufeff", "💡",
]
PARENT_PATHS = [
    "../../etc/passwd", "/etc/passwd", "nobody.yaml", "scenario.yaml", "3", "[]x", "{a: 1}", "[scenario.yaml]", "~",
]
COMMAND_EVERY = 50
"""Each so-manieth file also goes through the command line."""

_KEY = re.compile(r"(?P<lead>\s*(?:- )?)(?P<key>[a-z_0-9]+):(?: (?P<value>.*))?$")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A damaged scenario and what must be said of it."""

    text: str | bytes
    lines: frozenset[int] | None
    """1-based lines of which one must be reported; None: not known, the file may even be valid."""
    inheritable: bool = True
    """The damage is the same when another file extends this one."""


@dataclass
class Report:
    """What became of the files."""

    files: int = 0
    refused: int = 0
    accepted: int = 0
    lines_checked: int = 0
    by_command: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (f"{self.files} files: {self.refused} refused, {self.accepted} still valid, line checked of "
                f"{self.lines_checked}, {self.by_command} through the command line, {self.seconds:.1f} s (slowest "
                f"{self.slowest_s * 1e3:.0f} ms), {len(self.failures)} failures"
                + "".join(f"\n  {failure}" for failure in self.failures[:20]))


@dataclass(frozen=True, slots=True)
class Line:
    """One ``key: value`` of the base."""

    index: int
    lead: str
    key: str
    value: str


LINES = [Line(n, m["lead"], m["key"], m["value"] or "")
         for n, text in enumerate(BASE.split("\n")) if (m := _KEY.match(text))]


def _replaced(line: Line, text: str) -> str:
    lines = BASE.split("\n")
    return "\n".join([*lines[: line.index], text, *lines[line.index + 1:]])


def _value(line: Line, value: str) -> Mutant:
    return Mutant(_replaced(line, f"{line.lead}{line.key}: {value}"), frozenset({line.index + 1}))


def _key(line: Line, key: str) -> Mutant:
    return Mutant(_replaced(line, f"{line.lead}{key}: {line.value}".rstrip()), frozenset({line.index + 1}))


def misspelt_key(rng: random.Random) -> Mutant:
    line = rng.choice([line for line in LINES if line.key not in NAMES and len(line.key) > 2])
    at = rng.randrange(1, len(line.key) - 1)
    key = rng.choice([line.key[:at] + line.key[at + 1:], line.key[:at] + "x" + line.key[at:],
                      line.key[:at - 1] + line.key[at] + line.key[at - 1] + line.key[at + 1:], line.key + "s"])
    key = key if key != line.key else line.key + "_"
    return _key(line, key)


def wrong_kind(rng: random.Random) -> Mutant:
    return _value(rng.choice([line for line in LINES if line.key in OUT_OF_RANGE]), rng.choice(NOT_A_NUMBER))


def out_of_range(rng: random.Random) -> Mutant:
    line = rng.choice([line for line in LINES if line.key in OUT_OF_RANGE])
    value = rng.choice(OUT_OF_RANGE[line.key])
    mutant = _value(line, value)
    if value in ("24.0001", "7"):  # a rule of the mapping: said at its key
        return Mutant(mutant.text, frozenset({line.index + 1, _parent(line.index) + 1}))
    return mutant


def wrong_text(rng: random.Random) -> Mutant:
    line = rng.choice([line for line in LINES if line.key in WRONG_TEXT])
    return _value(line, rng.choice(WRONG_TEXT[line.key]))


def wrong_section(rng: random.Random) -> Mutant:
    line = rng.choice([line for line in LINES if line.key == "type"])
    other = rng.choice([kind for kind in ("sun", "tariff", "tank", "wire", "rule") if kind != line.value])
    return _value(line, other)


def never_a_value(rng: random.Random) -> Mutant:
    return _value(rng.choice([line for line in LINES if line.value]), rng.choice(NEVER_A_VALUE))


def missing_key(rng: random.Random) -> Mutant:
    line = rng.choice([line for line in LINES if line.key in REQUIRED])
    lines = BASE.split("\n")
    end = line.index + 1
    while lines[end].startswith(line.lead + " "):
        end += 1
    parent = _parent(line.index)
    return Mutant("\n".join(lines[: line.index] + lines[end:]), frozenset({parent + 1}), inheritable=line.lead != "")


def emptied_key(rng: random.Random) -> Mutant:
    line = rng.choice([line for line in LINES if line.key in REQUIRED and line.value])
    return _value(line, rng.choice(["", "~", "null", "# nothing"]))


def doubled_key(rng: random.Random) -> Mutant:
    line = rng.choice([line for line in LINES if line.value and "-" not in line.lead])
    text = f"{line.lead}{line.key}: {line.value}"
    return Mutant(_replaced(line, f"{text}\n{text}"), frozenset({line.index + 2}))


def wrong_indentation(rng: random.Random) -> Mutant:
    lines = BASE.split("\n")
    inner = [line for line in LINES if line.value and line.lead.strip(" ") == "" and line.lead
             and not lines[line.index - 1].endswith(":")]
    line = rng.choice(inner)
    lead = rng.choice([line.lead + " ", line.lead[:-1], "\t" * (len(line.lead) // 2)])
    return Mutant(_replaced(line, f"{lead}{line.key}: {line.value}"), frozenset({line.index + 1}))


def unclosed_bracket(rng: random.Random) -> Mutant:
    line = rng.choice([line for line in LINES if line.value and "-" not in line.lead])
    value = line.value[:-1] if line.value[-1] in "]}" else rng.choice(["[", "{a: "]) + line.value
    return _value(line, value)


def unclosed_quote(rng: random.Random) -> Mutant:
    return _value(line := rng.choice([line for line in LINES if line.value]), "'" + line.value)


def wrong_name(rng: random.Random) -> Mutant:
    line = rng.choice([line for line in LINES if line.key in NAMES])
    name = rng.choice([line.key.upper(), line.key + "-1", "1" + line.key, "weather", "'a b'", "ä"])
    return _key(line, name)


def wrong_parent(rng: random.Random) -> Mutant:
    return Mutant(f"extends: {rng.choice(PARENT_PATHS)}\n{BASE}", frozenset({1}), inheritable=False)


def bomb(rng: random.Random) -> Mutant:
    width, depth = rng.randint(8, 12), rng.randint(6, 10)
    first, opening, closing = rng.choice([("[x]", "[", "]"), ("{x: 1}", "{<<: [", "]}")])
    layers = [f"a0: &a0 {first}"]
    for n in range(1, depth):
        layers.append(f"a{n}: &a{n} {opening}{', '.join([f'*a{n - 1}'] * width)}{closing}")
    return Mutant("\n".join(layers) + "\n" + BASE, frozenset(range(1, depth + 1)), inheritable=False)


def deep_nesting(rng: random.Random) -> Mutant:
    return _value(rng.choice([line for line in LINES if line.value]), rng.choice(["[", "{a: "]) * rng.randint(40, 400))


def not_text(rng: random.Random) -> Mutant:
    line = rng.choice(LINES)
    lone_continuation = bytes([rng.randrange(128, 192)])
    bad = rng.choice([b"\xff", b"\x00", b"\x1b[2J", b"\xc3(", b"\x7f", b"\xed\xa0\x80", lone_continuation])
    lines = BASE.encode().split(b"\n")
    at = rng.randrange(len(lines[line.index]) + 1)
    lines[line.index] = lines[line.index][:at] + bad + lines[line.index][at:]
    return Mutant(b"\n".join(lines), frozenset({line.index + 1}))


def garbage(rng: random.Random) -> Mutant:
    return Mutant(rng.choice([b"", b"\xef\xbb\xbf", BASE.encode("utf-16"), b"#" * 1_000_001, b"---\n" * 3,
                              rng.randbytes(rng.randint(1, 3000))]), frozenset(range(1, 3000)), inheritable=False)


def cut_off(rng: random.Random) -> Mutant:
    return Mutant(BASE[: rng.randrange(len(BASE))], None)


def noise(rng: random.Random) -> Mutant:
    text = BASE
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(text) + 1)
        what = rng.random()
        if what < 0.35:
            text = text[:at] + text[at + rng.randint(1, 6):]
        elif what < 0.8:
            text = text[:at] + rng.choice(NOISE) + text[at:]
        else:
            start = rng.randrange(len(text))
            text = text[:at] + text[start: start + rng.randint(1, 40)] + text[at:]
    return Mutant(text, None)


MUTATIONS: tuple[Callable[[random.Random], Mutant], ...] = (
    misspelt_key, wrong_kind, out_of_range, wrong_text, wrong_section, never_a_value, missing_key, emptied_key,
    doubled_key, wrong_indentation, unclosed_bracket, unclosed_quote, wrong_name, wrong_parent, bomb, deep_nesting,
    not_text, garbage, cut_off, noise, noise, noise, noise,
)


def _parent(index: int) -> int:
    """Index of the line with the key above, 0 at the top level."""
    lines = BASE.split("\n")
    indent = len(lines[index]) - len(lines[index].lstrip())
    above = (n for n in range(index - 1, -1, -1) if len(lines[n]) - len(lines[n].lstrip()) < indent)
    return next(above, 0)


@contextlib.contextmanager
def _test_types() -> Iterator[None]:
    """Registers the component types of the scenario tests."""
    found = entry_points()
    registry.component_class.cache_clear()
    with mock.patch.object(registry, "_entry_points", lambda group: found):
        yield
    registry.component_class.cache_clear()


def run(n: int, seed: int) -> Report:
    """Load ``n`` damaged scenarios; ``failures`` of the report tells what should not have happened."""
    rng = random.Random(seed)
    report = Report()
    started = time.process_time()
    with _test_types(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(n):
            mutation = MUTATIONS[number % len(MUTATIONS)]
            mutant = mutation(rng)
            inherited = mutant.inheritable and rng.random() < 0.25
            damaged = folder / ("parent.yaml" if inherited else "scenario.yaml")
            text = mutant.text
            damaged.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
            if inherited:
                (folder / "scenario.yaml").write_text("extends: parent.yaml\ndescription: a child\n")
            label = f"{number} {mutation.__name__}{' inherited' if inherited else ''}"
            _load(folder / "scenario.yaml", damaged, mutant, label, report)
            if number % COMMAND_EVERY == 0:
                _command(folder / "scenario.yaml", label, report)
    report.files = n
    report.seconds = time.process_time() - started
    return report


def _load(file: Path, damaged: Path, mutant: Mutant, label: str, report: Report) -> None:
    before = time.process_time()
    try:
        load_scenario(file, roots=())
    except ScenarioError as error:
        report.refused += 1
        if error.exit_code is not ExitCode.USAGE:
            report.failures.append(f"{label}: exit code {error.exit_code}")
        reported = {problem.line for problem in error.problems if Path(problem.file or "").name == damaged.name}
        if mutant.lines is not None:
            report.lines_checked += 1
            if not reported & mutant.lines:
                report.failures.append(f"{label}: line {sorted(mutant.lines)[:3]} damaged, but reported {error}")
        elif any(problem.line is None for problem in error.problems):
            report.failures.append(f"{label}: no line in {error}")
    except Exception as error:  # this is what the campaign is for
        report.failures.append(f"{label}: {type(error).__name__}: {error} for {mutant.text!r}")
    else:
        report.accepted += 1
        if mutant.lines is not None:
            report.failures.append(f"{label}: accepted, with damage on line {sorted(mutant.lines)[:3]}")
    report.slowest_s = max(report.slowest_s, time.process_time() - before)


def _command(file: Path, label: str, report: Report) -> None:
    """``twin check FILE``: exit code 0 or 2, and no traceback."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with (mock.patch.object(sys, "argv", ["twin", "check", str(file)]), contextlib.redirect_stdout(out),
          contextlib.redirect_stderr(err)):
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
        except BaseException as error:
            code = f"{type(error).__name__}: {error}"
    report.by_command += 1
    if code not in (0, None, ExitCode.USAGE) or "Traceback" in err.getvalue() + out.getvalue():
        report.failures.append(f"{label}: twin check ended with {code!r}: {err.getvalue()[-500:]}")
