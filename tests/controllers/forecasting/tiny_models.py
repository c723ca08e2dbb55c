"""Models of a tiny site, trained in a moment: climatology and seasonal naive of a wind farm, a PV plant and an office.

The series are those of the toy site under names of the twin.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.site_targets import HOURLY_TWO_DAYS
from controllers.forecasting.store import MODEL, ModelSet, save
from controllers.forecasting.targets import DAY_S, Target, TargetGroup
from controllers.forecasting.trained import HeldOut, Line, TrainedGroup, train_group
from controllers.forecasting.training import Split
from controllers.forecasting.versioned import Archive
from tests.controllers.forecasting import toy_site

DAYS = 98
NAMES = {"wind_mw": "wind.available_mw", "load_mw": "office.baseline_mw", "pv_mw": "pv.available_mw",
         **{name: f"weather.{name}" for name in ("wind_speed_m_s", "air_temperature_degc", "ghi_w_m2")}}
LINE = Line((Climatology,), (Climatology,))
SIGNALS = {"weather": ("air_temperature_degc",), "pv": ("available_mw",), "wind": ("available_mw",),
           "office": ("baseline_mw",)}
"""Exogenous outputs of a scenario that these models fit."""


def target(toy: Target) -> Target:
    """A target of the toy site by its names in the twin."""
    return replace(toy, series=NAMES[toy.series], covariates={q: NAMES[name] for q, name in toy.covariates.items()})


def archive(days: int = DAYS, seed: int = 5) -> Archive:
    """The toy site's history."""
    return Archive([replace(s, name=NAMES[s.name]) for s in toy_site.archive(days, seed)])


def split(days: int = DAYS) -> Split:
    """Four weeks of past, then half to learn from, a quarter to select with; the rest is held out."""
    first = toy_site.START_UTC_S + 28 * DAY_S
    left = days - 28
    return Split(first, first + left // 2 * DAY_S, first + left * 3 // 4 * DAY_S)


def held_out(history: Archive, days: int = DAYS) -> HeldOut:
    """Daily issue times after the split whose outcomes are known."""
    end = toy_site.START_UTC_S + days * DAY_S - HOURLY_TWO_DAYS.leads * HOURLY_TWO_DAYS.step_s
    return HeldOut(history, np.arange(split(days).end_utc_s, end + 1, DAY_S))


def group(*targets: Target) -> TargetGroup:
    """Two days ahead in hours, as a forecaster serves."""
    return replace(toy_site.group(*targets, horizon=HOURLY_TWO_DAYS), name="_".join(t.kind for t in targets))


@cache
def trained(line: Line = LINE) -> tuple[TrainedGroup, ...]:
    """Renewables and the load."""
    history = archive()
    groups = (group(target(toy_site.PV), target(toy_site.WIND)), group(target(toy_site.LOAD)))
    return tuple(train_group(history, g, split(), held_out(history), 1, line)[0] for g in groups)


def model_set() -> ModelSet:
    """As a store holds it."""
    end = f"{np.datetime64(split().end_utc_s, 's')}Z"
    return ModelSet("tiny", toy_site.SHANGHAI, trained(), {"seed": 1, "training": {"end": end}})


@cache
def models_file() -> str:
    """``model.json`` of the tiny site, in a folder that is gone with the process."""
    folder = Path(tempfile.mkdtemp(prefix="tiny_models_"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    save(model_set(), folder)
    return str(folder / MODEL)
