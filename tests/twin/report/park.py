"""A made-up but plausible park as a run, for reports: sun, wind, engines, stores, three loads, a grid."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from tests.twin.accounts.builders import ENGINE, Part, make_run, part
from twin.component import Event, Limit, Role, Section
from twin.nameplate import LoadNameplate, RenewableNameplate, StorageNameplate, TariffNameplate
from twin.store.run_data import RunData

START = datetime.fromisoformat("2025-07-15T00:00:00+08:00")
CODES = {int(limit): limit.name.lower() for limit in Limit}
ETA = 0.92
CAPACITY_MWH = 40.0


def park_run(duration_s: int = 86_400, step_s: int = 60, seed: int = 7) -> RunData:
    """The park over some time; the same seed gives the same numbers."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(0, duration_s, step_s)
    hour, day = t_s / 3600 % 24, t_s // 86_400
    loads = _loads(rng, hour)
    plants = _plants(rng, hour, day, step_s)
    tariff = _tariff(hour)
    engines = _engines(hour, step_s)
    others = np.sum([p[4]["p_mw"] for p in (*loads, *plants, *engines)], axis=0)
    stores = [_battery(others, hour, step_s), _flywheel(rng, t_s, step_s)]
    diesel = part("diesel_1", "diesel_generator", Role.GENERATOR,
                  {"p_mw": 0 * hour, "diesel_mw": 0 * hour, "loss_mw": 0 * hour, "p_requested_mw": 0 * hour})
    network = _grid([*loads, *plants, *engines, *stores], hour)
    run = make_run(*loads, *plants, *engines, diesel, *stores, network, tariff, step_s=step_s, start=START,
                   duration_s=duration_s, events=_events())
    for record in run.components.values():
        if "limited_by_code" in record.outputs:
            record.codes["limited_by_code"] = CODES
    run.name = "zero_carbon_park_day"
    run.scenario.update(name=run.name, seed=seed, time={"start": START.isoformat(), "duration_h": 24, "step_s": step_s},
                        assets={r.name: {"type": r.type} for r in run.components.values()})
    return run


def _smooth(rng: np.random.Generator, n: int, width: int) -> np.ndarray:
    noise = rng.normal(size=n + width)
    return np.convolve(noise, np.ones(width) / np.sqrt(width), mode="same")[:n]


def _loads(rng: np.random.Generator, hour: np.ndarray) -> list[Part]:
    work = 1 / (1 + np.exp(-(hour - 7.5) * 2)) / (1 + np.exp((hour - 19) * 2))
    shapes = {"office": 0.7 + 2.4 * work, "hospital": 1.1 + 0.6 * work, "data_centre": 1.2 + 0 * hour}
    found = []
    for name, shape in shapes.items():
        base = -shape * (1 + 0.02 * _smooth(rng, len(hour), 5))
        event = (hour >= 18) & (hour < 20) & (name == "data_centre")
        series = {"p_mw": base * np.where(event, 0.7, 1.0), "baseline_mw": base}
        plate = LoadNameplate(3.2, 0.3 if name == "data_centre" else 0.0, 1)
        found.append(part(name, "electric_load", Role.LOAD, series, plate=plate))
    return found


def _plants(rng: np.random.Generator, hour: np.ndarray, day: np.ndarray, step_s: int) -> list[Part]:
    season = 0.75 + 0.25 * np.sin(2 * np.pi * (day + 80) / 365)
    clouds = np.clip(0.85 + 0.12 * _smooth(rng, len(hour), max(1200 // step_s, 2)), 0.2, 1.0)
    sun = 8.0 * season * np.maximum(np.sin(np.pi * (hour - 5) / 14), 0) ** 1.3 * clouds * (hour > 5) * (hour < 19)
    limit = np.where((hour > 12) & (hour < 13), 5.0, np.inf)
    wind = np.clip(2.2 + 1.2 * _smooth(rng, len(hour), max(7200 // step_s, 2)), 0, 7.5)
    plate = RenewableNameplate(8.5)
    pv = {"p_mw": np.minimum(sun, limit), "available_mw": sun, "curtailed_mw": np.maximum(sun - limit, 0),
          "limited_by_code": np.where(sun > limit, Limit.POWER, Limit.NONE)}
    turbines = {"p_mw": wind, "available_mw": wind, "curtailed_mw": 0 * wind, "limited_by_code": 0 * wind}
    return [part("pv", "pv_plant", Role.RENEWABLE, pv, plate=plate),
            part("wind", "wind_farm", Role.RENEWABLE, turbines, plate=plate)]


def _engines(hour: np.ndarray, step_s: int) -> list[Part]:
    found = []
    for name, begin, end in (("chp_1", 7.0, 22.0), ("chp_2", 17.0, 21.0)):
        requested = np.where((hour >= begin) & (hour < end), 2.2, 0.0)
        p, code, previous = np.zeros_like(hour), np.zeros_like(hour), 0.0
        ramp = 0.002 * step_s
        for i, wish in enumerate(requested):
            p[i] = min(max(wish, previous - ramp), previous + ramp)
            code[i] = Limit.RAMP if p[i] != wish else Limit.NONE
            previous = p[i]
        fuel = p / 0.45
        started = np.diff(p > 0, prepend=False) & (p > 0)
        found.append(part(name, "chp", Role.GENERATOR, {
            "p_mw": p, "gas_mw": -fuel, "heat_mw": 0.4 * fuel, "loss_mw": 0.15 * fuel, "p_requested_mw": requested,
            "limited_by_code": code, "start_count": np.cumsum(started), "start_cost": 800.0 * started}, plate=ENGINE))
    return found


def _store(name: str, wanted: np.ndarray, capacity: float, power: float, start: float, step_s: int, type_: str) -> Part:
    dt_h = step_s / 3600
    p, code, energy, e = np.zeros_like(wanted), np.zeros_like(wanted), np.zeros_like(wanted), start
    for i, wish in enumerate(wanted):
        rated = min(max(wish, -power), power)
        held = min(max(rated, -(0.95 * capacity - e) / ETA / dt_h), (e - 0.05 * capacity) * ETA / dt_h)
        p[i] = held
        code[i] = Limit.ENERGY if held != rated else Limit.POWER if rated != wish else Limit.NONE
        e -= (held / ETA if held > 0 else held * ETA) * dt_h
        energy[i] = e
    loss = np.where(p > 0, p * (1 / ETA - 1), -p * (1 - ETA))
    return part(name, type_, Role.STORAGE, {
        "p_mw": p, "p_requested_mw": wanted, "limited_by_code": code, "energy_mwh": energy, "soc": energy / capacity,
        "loss_mw": loss, "wear_cost": 90.0 * np.maximum(p, 0) * dt_h,
    }, plate=StorageNameplate(power, power, capacity, ETA, ETA, 0.05, 0.95, 90.0))


def _battery(others: np.ndarray, hour: np.ndarray, step_s: int) -> Part:
    wanted = np.where(hour < 6, -3.0, np.where((hour >= 18) & (hour < 22), 5.0, np.where(others > 0, -others, 0.0)))
    return _store("bess", wanted, CAPACITY_MWH, 10.0, 12.0, step_s, "battery")


def _flywheel(rng: np.random.Generator, t_s: np.ndarray, step_s: int) -> Part:
    wanted = np.where(t_s // 300 % 2 == 0, 1, -1) * np.abs(rng.normal(0, 0.05, len(t_s)))
    return _store("flywheel_1", wanted, 0.06, 1.0, 0.03, step_s, "flywheel")


def _grid(parts: list[Part], hour: np.ndarray) -> Part:
    total = np.sum([p[4]["p_mw"] for p in parts], axis=0)
    loss = 0.02 + 0.0015 * total**2
    exchange = loss - total
    buses = ("PCC", "PV", "WIND", "EC", "BESS", "OFFICE", "HOSPITAL", "DC")
    offset = np.linspace(-0.006, 0.008, len(buses))
    vm = 1.005 + offset - 0.0012 * exchange[:, None] * np.linspace(0.2, 1, len(buses))
    lines = np.abs(exchange)[:, None] * np.array([6.0, 4.0, 3.0, 5.0]) + 4
    transformers = np.abs(exchange)[:, None] * np.array([9.0, 5.0]) + np.array([6.0, 22.0])
    return part("electricity", "electrical_grid", Role.NETWORK, {
        "exchange_mw": exchange, "exchange_mvar": 0.1 * exchange, "loss_mw": loss, "vm_pu": vm,
        "line_loading_percent": lines, "transformer_loading_percent": transformers,
    }, section=Section.NETWORKS, vectors={
        "vm_pu": buses, "line_loading_percent": ("L1", "L2", "L3", "L4"),
        "transformer_loading_percent": ("110/10 kV", "10/0.4 kV office")})


def _tariff(hour: np.ndarray) -> Part:
    buy = np.select([hour < 6, (hour >= 12) & (hour < 15), (hour >= 9) & (hour < 12), (hour >= 18) & (hour < 22)],
                    [380.0, 320.0, 1480.0, 1480.0], 920.0)
    one = np.ones_like(hour)
    return part("tariff", "time_of_use_tariff", Role.MARKET, {
        "buy_price_per_mwh": buy, "sell_price_per_mwh": 415 * one, "gas_price_per_mwh": 366 * one,
        "diesel_price_per_mwh": 820 * one, "carbon_price_per_t": 82 * one, "grid_emission_t_per_mwh": 0.55 + 0.05 * one,
        "certificate_price_per_mwh": 78 * one, "demand_response_price_per_mwh": 850.0 * ((hour >= 18) & (hour < 20)),
    }, plate=TariffNameplate(lambda t: {}, 40_000.0, 900, 78.0), section=Section.MARKETS)


def _events() -> list[Event]:
    return [
        Event(0, "chp_2", "stopped", "chp_2 is off at the start"),
        Event(7 * 3600, "chp_1", "started", "purchase 920 CNY/MWh is above the marginal cost 640 CNY/MWh"),
        Event(12 * 3600, "pv", "curtailed", "pv limited to 5.00 MW", "warning"),
        Event(18 * 3600, "data_centre", "interrupted", "demand response: 30 % interrupted until 20:00"),
        Event(18 * 3600 + 120, "electricity", "power_flow_diverged", "no solution at bus <DC>; last one held", "alarm"),
    ]
