"""Every mistake in a scenario: where it is said to stand, and in which words."""

import pytest

from tests.twin.scenario.sites import SITE
from twin.scenario.loader import load_scenario
from twin.scenario.origins import MAX_PROBLEMS

TANK = "type: tank, power_mw: 1, energy_mwh: 2"


@pytest.mark.parametrize(("old", "new", "line", "column", "message"), [
    # top level
    ("name: small_site\n", "", 1, 1, "name: this key is missing (name of the scenario"),
    ("name: small_site", "name: Small Site", 1, 7, "'Small Site' is not a scenario name"),
    ("name: small_site", "name: 7", 1, 7, "a text is needed, not 7; write it in quotes: '7'"),
    ("markets:", "market:", 8, 1, "unknown key; did you mean 'markets'?"),
    ("markets:\n  spot: {type: tariff}", "markets: [spot]", 8, 1, "a mapping (key: value) is needed, not a list"),
    ("duration_h: 24", "duration_h: 24.01", 2, 1, "not a whole number of steps of step_s = 60 s"),
    ("duration_h: 24", "duration_h: 0", 2, 54, "is 0, but must be more than 0 [h]"),
    ("duration_h: 24", "duration_h: 90000", 2, 54, "is 90000, but must be at most 87660 [h]"),
    ("duration_h: 24", "duration_h: true", 2, 54, "a number [h] is needed, not true"),
    ("step_s: 60", "step_s: 60.5", 2, 66, "a whole number [s] is needed, not 60.5"),
    ("step_s: 60", "step_s: 1 min", 2, 66, "the unit is part of the name: write the number alone, in s"),
    ("T00:00:00+08:00", "T00:00:00", 2, 15, "the offset from UTC is missing; write 2025-07-15T00:00:00+08:00"),
    ("2025-07-15T00:00:00+08:00", "2025", 2, 15, "a date and time with UTC offset is needed"),
    ("2025-07-15T00", "2025-02-30T00", 2, 15, "day value is outside expected range"),
    ("2025-07-15T00", "0999-02-20T00", 2, 15, "the year 0999 is outside 1900 to 2200"),
    ("Asia/Shanghai", "Asia/Shangai", 6, 13, "unknown time zone 'Asia/Shangai'; IANA names are needed, like "
                                             "Asia/Shanghai; did you mean 'Asia/Shanghai'?"),
    ("Asia/Shanghai", "../../../etc/passwd", 6, 13, "unknown time zone"),
    ("latitude_deg: 31.2", "latitude_deg: 121.5", 4, 17, "is 121.5, but must be at most 90 [°]"),
    ("  timezone", "  country: china\n  timezone", 6, 12, "'china' is not a country code of two capital letters"),
    # components
    ("type: sun", "type: sunn", 7, 17, "unknown type 'sunn'; did you mean 'sun'?"),
    ("type: sun", "typ: sun", 7, 11, "unknown key; did you mean 'type'?"),
    ("{type: sun}", "{}", 7, 1, "this key is missing (types: broken, cranky"),
    ("{type: sun}", "sunny", 7, 10, "a mapping with a type is needed, not 'sunny'"),
    ("type: sun", "type: [sun]", 7, 11, "the name of a type is needed, not a list"),
    ("type: sun", "type: broken", 7, 17, "from strange-package cannot be loaded: ModuleNotFoundError"),
    ("type: sun", "type: tank", 7, 17, "type 'tank' belongs under 'assets:', not under 'weather:'"),
    ("type: wire", "type: sun", 18, 16, "belongs under 'weather:' (one, without a name), not under 'networks:'"),
    ("    power_mw: 10\n", "", 11, 3, "this key is missing (largest power [MW])"),
    ("    power_mw", "    power_kw", 13, 5, "unknown key; did you mean 'power_mw'? (mind the unit: MW)"),
    ("    power_mw: 10\n", "    power_mw: 10\n    color: red\n", 14, 5,
     "unknown key; known here: ageing, built, bus, by_month"),
    ("power_mw: 10", "power_mw: 10 MW", 13, 15, "write the number alone, in MW"),
    ("power_mw: 10", "power_mw: 10 kW", 13, 15, "write the number alone, in MW"),
    ("power_mw: 10", "power_mw: false", 13, 15, "a number [MW] is needed, not false"),
    ("power_mw: 10", "power_mw: -3", 13, 15, "is -3, but must be more than 0 [MW]"),
    ("power_mw: 10", "power_mw: {max: 3}", 13, 5, "a number [MW] is needed, not a mapping"),
    ("energy_mwh: 40.0", "energy_mwh: 2000000", 14, 17, "is 2e+06, but must be at most 1e+06 [MWh]: no asset is as "
                                                        "large; mind the unit"),
    ("energy_mwh: 40.0", "energy_mwh: 13", 14, 17, "13 MWh were never built"),
    ("bus: MAIN\n", "bus: 3\n", 15, 10, "a text is needed, not 3; write it in quotes: '3'"),
    (f"{{{TANK}}}", f"{{{TANK}, chemistry: lpf}}", 16, 63, "'lpf' is none of 'lfp' or 'nmc'; did you mean 'lfp'?"),
    (f"{{{TANK}}}", f"{{{TANK}, mode: iland}}", 16, 58, "did you mean 'island'?"),
    (f"{{{TANK}}}", f"{{{TANK}, cells: 2.5}}", 16, 59, "a whole number is needed, not 2.5"),
    (f"{{{TANK}}}", f"{{{TANK}, spare: maybe}}", 16, 59, "true or false is needed, not 'maybe'"),
    (f"{{{TANK}}}", f"{{{TANK}, price_per_mwh: much}}", 16, 67, "a number [money/MWh] or a list is needed, not 'much'"),
    (f"{{{TANK}}}", f"{{{TANK}, price_per_mwh: [1, x]}}", 16, 71, "a number [money/MWh] is needed, not 'x'"),
    (f"{{{TANK}}}", f"{{{TANK}, stages: [{{until_h: 1}}, {{untl_h: 2}}]}}", 16, 76, "did you mean 'until_h'?"),
    (f"{{{TANK}}}", f"{{{TANK}, stages: [{{until_h: 1}}, {{until_h: 0}}]}}", 16, 85, "must be more than 0 [h]"),
    (f"{{{TANK}}}", f"{{{TANK}, stages: [{{until_h: true}}]}}", 16, 71, "a number [h] is needed, not true"),
    (f"{{{TANK}}}", f"{{{TANK}, stages: [{{}}, {{}}, {{}}, {{}}]}}", 16, 52, "at most 3 items are needed, 4 given"),
    (f"{{{TANK}}}", f"{{{TANK}, by_month: {{1: x}}}}", 16, 66, "a number is needed, not 'x'"),
    (f"{{{TANK}}}", f"{{{TANK}, by_month: {{may: 3}}}}", 16, 63, "a whole number is needed, not 'may'"),
    (f"{{{TANK}}}", f"{{{TANK}, ageing: {{law: liner}}}}", 16, 66,
     "'liner' is none of linear, square_root; did you mean 'linear'?"),
    (f"{{{TANK}}}", f"{{{TANK}, ageing: {{}}}}", 16, 52, "this key is missing (law of ageing)"),
    (f"{{{TANK}}}", f"{{{TANK}, ageing: {{law: linear, per_year: -1}}}}", 16, 84, "is -1, but must be at least 0"),
    (f"{{{TANK}}}", f"{{{TANK}, built: long ago}}", 16, 59, "must be a valid date"),
    ("tank_2: {type: tank, power_mw: 1, energy_mwh: 2}", "c: {type: cranky, x: 0}", 16, 3,
     "could not be checked: ZeroDivisionError"),
    # names
    ("tank_2:", "Tank-2:", 16, 3, "'Tank-2' is not a name: small letters"),
    ("tank_2:", "weather:", 16, 3, "the name 'weather' is kept for the weather"),
    ("tank_2:", "spot:", 16, 3, "the name 'spot' is taken by markets.spot"),
    ("control: {type: rule}", "control: {type: rule}\ncontrollers:\n  operator: {type: rule}", 21, 3,
     "the name 'operator' is taken by control; 'control:' is short for that name"),
    ("control: {type: rule}", "external:\n  bess: {model: X, connect: 'localhost:1'}", 20, 3,
     "the name 'bess' is taken by assets.bess"),
    # the rest of the top level
    ("control: {type: rule}", "connections: [{from: bes.p, to: grid.MAIN.p}]", 19, 22,
     "there is no 'bes' in this scenario; did you mean 'bess'?"),
    ("control: {type: rule}", "connections: [{from: bess, to: grid.MAIN.p}]", 19, 22, "write component.port"),
    ("control: {type: rule}", "connections: [{source: bess.p, to: grid.MAIN.p}]", 19, 15, "this key is missing"),
    ("control: {type: rule}", "external: {x: {model: X}}", 19, 12,
     "exactly one of python, command and connect is needed; none is given"),
    ("control: {type: rule}", "external: {x: {model: X, python: 'm:C', connect: 'h:1'}}", 19, 12,
     "python and connect are given"),
    ("control: {type: rule}", "external: {x: {model: X, connect: localhost}}", 19, 35, "write host:port"),
    ("control: {type: rule}", "external: {x: {modl: X, python: 'm:C'}}", 19, 16, "did you mean 'model'?"),
    ("control: {type: rule}", "run: {checkpoint_every_s: -1}", 19, 27, "must be at least 0 [s]"),
])
def test_a_mistake_is_placed_and_explained(write, problems, old, new, line, column, message):
    found = problems(write(changes=((old, new),)))
    assert message in str(found[0]) and (found[0].line, found[0].column) == (line, column)
    assert found[0].file == "site.yaml"
    assert found[0].excerpt == (SITE.replace(old, new).split("\n")[line - 1]).rstrip()


def test_a_did_you_mean_does_not_also_report_the_key_as_missing(write, problems):
    assert len(problems(write(changes=(("    power_mw", "    powr_mw"),)))) == 1


def test_the_whole_message(write, problems):
    [problem] = problems(write(changes=(("    energy_mwh: 40.0", "    energy_mwh: 40 MWh"),)))
    assert str(problem).split("\n") == [
        "site.yaml:14:17: assets.bess.energy_mwh: a number [MWh] is needed, not '40 MWh'; "
        "the unit is part of the name: write the number alone, in MWh",
        "      14 |     energy_mwh: 40 MWh",
        "         |                 ^",
    ]


def test_mistakes_of_all_stages_come_at_once_and_in_reading_order(write, problems):
    found = problems(write(changes=(("duration_h", "duration"), ("type: sun", "type: moon"),
                                    ("power_mw: 10", "power_mw: x"),
                                    ("control: {type: rule}", "connections: [{from: x.p, to: bess.p}]"))))
    assert [p.line for p in found] == [2, 7, 13, 19]


@pytest.mark.parametrize("no_number", [".nan", "-.inf", "1e999"])
def test_a_number_that_is_none_hides_no_other_mistake_and_is_told_once(write, problems, no_number):
    found = problems(write(changes=(("duration_h", "duration"), ("type: sun", "type: moon"),
                                    ("power_mw: 10", f"power_mw: {no_number}"))))
    assert [p.line for p in found] == [2, 7, 13]
    assert found[2].path == ("assets", "bess", "power_mw") and found[2].message.startswith(no_number)


def test_a_number_that_is_none_in_an_extended_file_is_told_with_the_mistakes_of_the_file_itself(write, problems):
    write("base.yaml", changes=(("power_mw: 10", "power_mw: .nan"),))
    found = problems(write("top.yaml", "extends: base.yaml\ntime: {step_s: -1}\n"))
    assert [(p.file, p.path) for p in found] == [
        ("top.yaml", ("time", "step_s")), ("base.yaml", ("assets", "bess", "power_mw"))]


def test_at_most_twenty_are_told_and_the_others_counted(write, problems):
    tanks = "".join(f"  t{n}: {{type: tank, power_mw: -1, energy_mwh: 1}}\n" for n in range(30))
    found = problems(write(changes=(("networks:", f"{tanks}networks:"),)))
    assert len(found) == MAX_PROBLEMS + 1 and found[-1].message == "... and 10 more"
    assert [p.line for p in found] == list(range(17, 17 + MAX_PROBLEMS + 1))


def test_a_mistake_in_an_anchored_block_is_told_once(write, problems):
    tanks = f"  t1: &t {{{TANK}, cells: x}}\n  t2: *t\n  t3: {{<<: *t, mode: island}}\n"
    [problem] = problems(write(changes=(("networks:", f"{tanks}networks:"),)))
    assert problem.line == 17 and problem.path == ("assets", "t1", "cells")


def test_later_stages_can_place_their_own_problems(write):
    loaded = load_scenario(write(), roots=())
    for path, at_key, line, column in (
        (("assets", "bess", "bus"), False, 15, 10),
        (("assets", "bess", "bus"), True, 15, 5),
        (("assets", "bess"), False, 11, 3),
        (("assets", "bess", "step_s"), False, 11, 3),
        (("assets", "bess", "bus", "x"), False, 15, 5),
        (("networks", "grid", "buses", 1), False, 18, 36),
        (("nowhere", "at", "all"), False, 1, 1),
        ((), False, 1, 1),
    ):
        problem = loaded.problem(path, "no", at_key=at_key)
        assert (problem.line, problem.column, problem.path) == (line, column, path)


def test_long_lines_have_no_excerpt_when_the_caret_would_be_off_the_screen(write, problems):
    far = "control: {type: rule, reserve_soc: " + " " * 200 + "7}"
    [problem] = problems(write(changes=(("control: {type: rule}", far),)))
    assert problem.column == 236 and problem.excerpt is None
