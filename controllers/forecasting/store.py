"""Trained models on disk: ``model.json`` (what they are) and ``weights.npz`` (what they learnt), beside each other.

Plain numbers and text only; no pickle, no Keras file: those do not travel between versions, and run code. Members are
built anew by the name of their builder and get their arrays back by name. ``model.json`` holds the site, the training
span and seed, the versions of the libraries, the hash of the weights, and one of everything that it says itself. The
same training gives the same bytes on one machine.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

import twin
from controllers.forecasting.combination import BLOCK_H
from controllers.forecasting.conformal import WINDOW_DAYS
from controllers.forecasting.day_types import CalendarDays
from controllers.forecasting.errors import ForecastError
from controllers.forecasting.member import Member, MemberState
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.members.lightgbm_quantiles import LightGbmLags, LightGbmQuantiles
from controllers.forecasting.members.multimodal_network import MultimodalNetwork
from controllers.forecasting.members.residual_network import ResidualNetwork
from controllers.forecasting.members.seasonal_naive import SeasonalNaive
from controllers.forecasting.members.small_network import SmallNetwork, SmallNetworkLags
from controllers.forecasting.model import ForecastModel
from controllers.forecasting.quantiles import LEVELS
from controllers.forecasting.scenarios import Copula
from controllers.forecasting.store_plain import (
    group_from_plain,
    group_to_plain,
    model_from_stored,
    model_to_stored,
)
from controllers.forecasting.trained import TrainedGroup
from twin.context import Location
from twin.store.snapshot import write_atomically
from twin.suggest import did_you_mean

FORMAT = 2
"""Raised whenever models of the old version would be read wrongly or served with other features."""
MODEL, WEIGHTS = "model.json", "weights.npz"
DIGEST = "content_sha256"
"""In ``model.json``: see :func:`digest_of`."""
BUILDERS: dict[str, type[Member]] = {cls.name: cls for cls in (
    SeasonalNaive, Climatology, LightGbmQuantiles, LightGbmLags, ResidualNetwork, MultimodalNetwork, SmallNetwork,
    SmallNetworkLags)}
PLACE_TOLERANCE_DEG = 0.1
"""Some 10 km: weather and sun are the same."""
CAPACITY_TOLERANCE = 0.02
LAGS_SCORE_DAYS = 15
"""Of a calibration that is seldom used, and then does not learn: four scores an hour block and day are enough."""
LIBRARIES = ("numpy", "lightgbm", "tensorflow")
BY_GROUP = "by_group"


class ModelStoreError(ForecastError):
    """Stored models cannot be used: missing, damaged, of another version, of another site."""


@dataclass(frozen=True)
class ModelSet:
    """All models of a site."""

    site: str
    location: Location
    groups: tuple[TrainedGroup, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    """How they came about: command, seed, training span, hash of the data."""

    def series(self) -> list[str]:
        """Everything that is forecast."""
        return [target.series for group in self.groups for target in group.group.targets]

    def facts_of(self, group: str) -> Mapping[str, Any]:
        """How the models of one group came about; after a challenge that some lost, each has its own."""
        found: Mapping[str, Any] = self.facts.get(BY_GROUP, {}).get(group, self.facts)
        return found

    def learnt_to_utc_s(self, group: str) -> int:
        """End of the training of a group."""
        end = str(self.facts_of(group)["training"]["end"]).removesuffix("Z")
        return int(np.datetime64(end, "s").astype(np.int64))


def save(models: ModelSet, directory: Path) -> None:
    """Write both files; the directory is made.

    Raises
    ------
    ModelStoreError
        If they cannot be written.
    """
    arrays: dict[str, np.ndarray] = {}
    groups = [_group_to_stored(group, arrays) for group in models.groups]
    packed = _packed(arrays)
    site = models.location
    head = {
        "format": FORMAT, "parktwin": twin.__version__, "libraries": {name: _version(name) for name in LIBRARIES},
        "site": {"name": models.site, "latitude_deg": site.latitude_deg, "longitude_deg": site.longitude_deg,
                 "altitude_m": site.altitude_m, "timezone": site.timezone, "country": site.country},
        "levels": list(LEVELS), **models.facts, "weights_sha256": hashlib.sha256(packed).hexdigest(), "groups": groups,
    }
    head[DIGEST] = digest_of(head)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        part = directory / f"{WEIGHTS}.part"
        part.write_bytes(packed)
        part.replace(directory / WEIGHTS)
        write_atomically(directory / MODEL, json.dumps(head, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise ModelStoreError(f"{directory}: models cannot be written ({error.strerror or error}); free space or "
                              "choose another --out") from error


def refuse_taken(directory: Path, champion: Path | None) -> None:
    """Asked before a training, which takes long: whether models can be written there.

    Parameters
    ----------
    champion : models that serve now and stay where they are.

    Raises
    ------
    ModelStoreError
        If there are models already, or no directory can be made there.
    """
    if (directory / MODEL).exists():
        remedy = f", or let new ones --challenge {directory}" if champion is None else \
            ": what wins a challenge is written beside what serves"
        raise ModelStoreError(f"{directory} holds models already; choose another --out{remedy}")
    there = next(place for place in (directory, *directory.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ModelStoreError(f"{directory}: no models can be written here, {there} is "
                              f"{'not writable' if there.is_dir() else 'a file'}; choose another --out")


def load(place: Path) -> ModelSet:
    """Models of a directory, or of its ``model.json``.

    Raises
    ------
    ModelStoreError
        Names the file, what is wrong and the remedy.
    """
    file = place if place.is_file() or place.name == MODEL else place / MODEL
    head = read_head(file)
    weights = file.with_name(WEIGHTS)
    arrays = _unpacked(weights, str(head.get("weights_sha256")))
    try:
        site = head["site"]
        location = Location(site["latitude_deg"], site["longitude_deg"], site["altitude_m"], site["timezone"],
                            site["country"])
        _refuse_unknown_clock(location, file)
        groups = tuple(_group_from_stored(plain, arrays, location, file) for plain in head["groups"])
        known = {"format", "parktwin", "libraries", "site", "levels", "weights_sha256", "groups", DIGEST}
        return ModelSet(site["name"], location, groups, {k: v for k, v in head.items() if k not in known})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelStoreError(f"{file}: damaged ({type(error).__name__}: {error}); copy it again, or train anew") \
            from error


def digest_of(head: Mapping[str, Any]) -> str:
    """SHA-256 of what ``model.json`` says, however it is laid out: of its entries but the digest itself, as JSON with
    sorted keys and no spaces. It tells an edit or a damage, not a forger: whoever can write may hash anew."""
    content = {key: value for key, value in head.items() if key != DIGEST}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def read_head(file: Path) -> dict[str, Any]:
    """``model.json`` as plain data, its version and digest checked.

    Raises
    ------
    ModelStoreError
        If it is missing, damaged, changed or of another version.
    """
    try:
        head = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelStoreError(f"{file}: no models here; `twin train SCENARIO --out {file.parent}` makes them") from None
    except (OSError, ValueError) as error:
        raise ModelStoreError(f"{file}: damaged or cut off ({error}); copy it again, or train anew") from None
    if not isinstance(head, dict) or "format" not in head:
        raise ModelStoreError(f"{file}: describes no models; give the directory that `twin train` wrote")
    if head["format"] != FORMAT or head.get("levels") != list(LEVELS):
        raise ModelStoreError(f"{file}: models of format {head['format']} with the levels {head.get('levels')}, but "
                              f"parktwin {twin.__version__} has format {FORMAT} and the levels {list(LEVELS)}; train "
                              "anew")
    if head.get(DIGEST) != digest_of(head):
        raise ModelStoreError(f"{file}: is not as it was written: its {DIGEST} "
                              f"{'is missing' if DIGEST not in head else 'does not fit what it says'}. A capacity, a "
                              "place or a member that is changed by hand does not change what was learnt; copy the "
                              "file again, or train anew")
    return head


def refuse_other_site(models: ModelSet, location: Location, signals: Sequence[str],
                      capacities: Mapping[str, float]) -> None:
    """Models serve the site they were trained for.

    Parameters
    ----------
    signals : what the site has to forecast.
    capacities : signal → capacity by its nameplate, where there is one.

    Raises
    ------
    ModelStoreError
        Names what differs.
    """
    own = models.location
    if (own.timezone, own.country) != (location.timezone, location.country) or \
            max(abs(own.latitude_deg - location.latitude_deg), abs(own.longitude_deg - location.longitude_deg)) \
            > PLACE_TOLERANCE_DEG:
        raise ModelStoreError(f"the models are of {models.site} at {_place(own)}, the site is at {_place(location)}; "
                              "train models of this site: twin train")
    foreign = [name for name in models.series() if name not in signals]
    if foreign:
        raise ModelStoreError(f"the models are of another site ({models.site}): they forecast {foreign[0]!r}, which is "
                              f"not here ({did_you_mean(foreign[0], signals)}); train models of this site: twin train")
    for target in (t for group in models.groups for t in group.group.targets):
        here = capacities.get(target.series)
        if here is not None and abs(here / target.capacity - 1.0) > CAPACITY_TOLERANCE:
            raise ModelStoreError(f"{target.series}: the models were trained for a capacity of {target.capacity:g}, "
                                  f"the site has {here:g}; train them anew: twin train")


def comparable_place(models: ModelSet, location: Location, *, is_told: bool) -> Location:
    """What :func:`refuse_other_site` compares a location with: where models or site do not tell their coordinates, the
    clock and the holidays alone.

    Parameters
    ----------
    is_told : whether the site tells its coordinates.
    """
    if is_told and any(group.group.sky is not None for group in models.groups):
        return location
    own = models.location
    return replace(location, latitude_deg=own.latitude_deg, longitude_deg=own.longitude_deg)


def _place(location: Location) -> str:
    return (f"{location.latitude_deg:g}, {location.longitude_deg:g} ({location.timezone}, "
            f"country {location.country or 'not told'})")


def _group_to_stored(trained: TrainedGroup, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    name = trained.group.name
    members = {}
    for builder, member in trained.members().items():
        state = member.state()
        members[builder] = {"settings": state.settings, "arrays": sorted(state.arrays)}
        arrays |= {f"{name}/{builder}/{key}": array for key, array in state.arrays.items()}
    stored = {}
    for kind, model, days in (("whole", trained.whole, WINDOW_DAYS), ("lags", trained.lags, LAGS_SCORE_DAYS)):
        stored[kind], more = model_to_stored(model, days)
        arrays |= {f"{name}/{kind}/{key}": array for key, array in more.items()}
    copula = trained.copula
    arrays |= {f"{name}/copula/between_targets": copula.between_targets, f"{name}/copula/tau_h": copula.tau_h,
               f"{name}/copula/shared_frac": np.broadcast_to(copula.shared_frac, copula.tau_h.shape),
               f"{name}/copula/nugget_frac": np.broadcast_to(copula.nugget_frac, copula.tau_h.shape),
               f"{name}/usual_loss": trained.usual_loss, f"{name}/scatter_frac": trained.scatter_frac}
    return {**group_to_plain(trained.group), "members": members, "models": stored}


def _group_from_stored(plain: dict[str, Any], arrays: Mapping[str, np.ndarray], location: Location,
                       file: Path) -> TrainedGroup:
    group = group_from_plain(plain, location)
    name = group.name
    if isinstance(group.days, CalendarDays) and group.days.calendar.zone.key != location.timezone:
        raise ModelStoreError(f"{file}: {name} goes by the clock of {group.days.calendar.zone.key}, the site by that "
                              f"of {location.timezone}; copy it again, or train anew")
    members = {builder: _member(builder, entry, arrays, f"{name}/{builder}/", file)
               for builder, entry in plain["members"].items()}
    whole, lags = (model_from_stored(plain["models"][kind], group, members,
                                     _below(arrays, f"{name}/{kind}/")) for kind in ("whole", "lags"))
    between, tau_h, shared, nugget = (arrays.get(f"{name}/copula/{part}", np.zeros(len(group.targets))).astype(float)
                                      for part in ("between_targets", "tau_h", "shared_frac", "nugget_frac"))
    _refuse_other_horizon(whole, lags, file)
    copula = Copula(between, tau_h, group.horizon.step_s, shared, nugget)
    return TrainedGroup(whole, lags, copula, arrays[f"{name}/usual_loss"], arrays[f"{name}/scatter_frac"])


def _refuse_unknown_clock(location: Location, file: Path) -> None:
    try:
        ZoneInfo(location.timezone)
    except (KeyError, ValueError, OSError):  # unknown, malformed, a folder of the zone data base
        raise ModelStoreError(f"{file}: the time zone of the site, {location.timezone!r}, is not known; copy the file "
                              "again, or train anew") from None


def _refuse_other_horizon(whole: ForecastModel, lags: ForecastModel, file: Path) -> None:
    """Weights and calibration are by lead: those of another horizon do not fit."""
    horizon = whole.group.horizon
    for service in (whole.service, lags.service):
        leads, blocks = service.calibration.scores.shape[2], service.combination.weights.shape[1]
        if leads != horizon.leads or blocks != int(service.combination.block_of_lead[-1]) + 1:
            raise ModelStoreError(f"{file}: {whole.group.name} has a horizon of {horizon.leads} leads of "
                                  f"{horizon.step_s} s, but {WEIGHTS} is of {leads} leads in {blocks} blocks of "
                                  f"{BLOCK_H} h; copy both files again, or train anew")


def _member(builder: str, entry: dict[str, Any], arrays: Mapping[str, np.ndarray], prefix: str, file: Path) -> Member:
    if builder not in BUILDERS:
        raise ModelStoreError(f"{file}: a member is built by {builder!r}, which this version does not know "
                              f"({did_you_mean(builder, BUILDERS)}); train anew")
    own = _below(arrays, prefix)
    missing = sorted(set(entry["arrays"]) - own.keys())
    if missing:
        raise ModelStoreError(f"{file}: the weights of {builder} lack {', '.join(missing)}; copy {WEIGHTS} again, or "
                              "train anew")
    return BUILDERS[builder].restore(MemberState(entry["settings"], own))


def _below(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}


def _packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    """An npz file; numbers in single precision, which is far finer than any forecast."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{key: arrays[key].astype(np.float32) if arrays[key].dtype == np.float64
                                   else arrays[key] for key in sorted(arrays)})  # type: ignore[arg-type]
    return buffer.getvalue()


def _unpacked(file: Path, sha256: str) -> dict[str, np.ndarray]:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ModelStoreError(f"{file}: the weights are missing ({error.strerror or error}); copy both files, "
                              f"{MODEL} and {WEIGHTS}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelStoreError(f"{file}: {len(data)} bytes that are not the weights {MODEL} was written with (cut off, "
                              "damaged or mixed up); copy both files again, or train anew")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            return {key: found[key] for key in found.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise ModelStoreError(f"{file}: holds no plain arrays ({error}); models are never read from anything else; "
                              "train anew") from error


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
