"""Stored models: plain files that forecast as before, and a clear word for each way in which they cannot be used."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from controllers.forecasting.errors import ForecastError
from controllers.forecasting.fallback import serve
from controllers.forecasting.members.climatology import Climatology
from controllers.forecasting.members.seasonal_naive import SeasonalNaive
from controllers.forecasting.store import (
    DIGEST,
    MODEL,
    WEIGHTS,
    ModelStoreError,
    digest_of,
    load,
    refuse_other_site,
    save,
)
from controllers.forecasting.targets import DAY_S
from tests.controllers.forecasting import tiny_models, toy_site

NOW = toy_site.START_UTC_S + 90 * DAY_S
SIGNALS = ["pv.available_mw", "wind.available_mw", "office.baseline_mw"]


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the tiny models that may be spoilt."""
    save(tiny_models.model_set(), tmp_path)
    return tmp_path


def edited(folder: Path, **changes) -> Path:
    """``model.json`` with other values at its top, and the digest that belongs to them."""
    file = folder / MODEL
    head = json.loads(file.read_text()) | changes
    file.write_text(json.dumps(head | {DIGEST: digest_of(head)}))
    return folder


def with_weights(folder: Path, packed: bytes) -> Path:
    """Other weights, with the hash that belongs to them."""
    (folder / WEIGHTS).write_bytes(packed)
    return edited(folder, weights_sha256=hashlib.sha256(packed).hexdigest())


def test_a_loaded_model_forecasts_as_the_one_that_was_saved(folder) -> None:
    history = tiny_models.archive()
    for made, stored in zip(tiny_models.trained(), load(folder).groups, strict=True):
        expected = serve(made, history, NOW, made.whole.service).forecast.quantiles
        found = serve(stored, history, NOW, stored.whole.service).forecast.quantiles
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-3)  # single precision, calibration in three digits


def test_saving_what_was_loaded_gives_the_same_bytes(folder, tmp_path) -> None:
    again = tmp_path / "again"
    save(load(folder), again)
    for name in (MODEL, WEIGHTS):
        assert (again / name).read_bytes() == (folder / name).read_bytes(), name


def test_the_same_training_gives_the_same_bytes(folder, tmp_path) -> None:
    anew = [tiny_models.train_group(tiny_models.archive(), made.group, tiny_models.split(),
                                    tiny_models.held_out(tiny_models.archive()), 1, tiny_models.LINE)[0]
            for made in tiny_models.trained()]
    save(replace(tiny_models.model_set(), groups=tuple(anew)), tmp_path / "anew")
    assert (tmp_path / "anew" / WEIGHTS).read_bytes() == (folder / WEIGHTS).read_bytes()


def test_dependence_that_was_stored_without_its_shared_part_is_read_as_fading_alone(folder) -> None:
    with np.load(folder / WEIGHTS) as arrays:
        kept = {key: value for key, value in arrays.items() if not key.endswith(("/shared_frac", "/nugget_frac"))}
        assert len(arrays.files) - len(kept) == 2 * len(tiny_models.trained())
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **kept)
    for stored in load(with_weights(folder, buffer.getvalue())).groups:
        apart = stored.copula.between_leads(3)[:, 0]
        assert apart == pytest.approx(np.exp(-np.arange(3.0) / stored.copula.tau_h[:, None]))


def test_the_description_says_where_the_models_come_from(folder) -> None:
    head = json.loads((folder / MODEL).read_text())
    assert head["site"]["name"] == "tiny" and head["seed"] == 1
    assert head["weights_sha256"] == hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    assert head["libraries"]["numpy"] == np.__version__


@pytest.mark.parametrize(("old", "new", "message"), [
    ('"capacity": 8.0', '"capacity": 80.0', "content_sha256 does not fit what it says.*copy the file again, or train"),
    ('"latitude_deg": 31.23', '"latitude_deg": 48.1', "content_sha256 does not fit what it says"),
    ('"seed": 1', '"seed": 2', "content_sha256 does not fit what it says"),
    (f'"{DIGEST}"', '"another"', "content_sha256 is missing"),
])
def test_what_was_changed_by_hand_is_not_believed(folder, old, new, message) -> None:
    file = folder / MODEL
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(ModelStoreError, match=message):
        load(folder)


def test_how_the_description_is_laid_out_does_not_matter(folder) -> None:
    file = folder / MODEL
    head = json.loads(file.read_text())
    file.write_text(json.dumps(dict(reversed(head.items())), indent=4))
    assert load(folder).facts == tiny_models.model_set().facts


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
@pytest.mark.parametrize("name", [MODEL, WEIGHTS])
def test_a_file_that_was_cut_off_is_named(folder, name, share) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:int(share * len(data))])
    with pytest.raises(ModelStoreError, match=f"{name}.*(cut off|damaged).*copy"):
        load(folder)


def test_missing_files_are_told_with_what_makes_them(folder, tmp_path) -> None:
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelStoreError, match="weights are missing"):
        load(folder)
    with pytest.raises(ModelStoreError, match="no models here; `twin train"):
        load(tmp_path / "nowhere" / MODEL)
    with pytest.raises(ModelStoreError, match=r"`twin train SCENARIO --out .*/nowhere`"):
        load(tmp_path / "nowhere")


def test_another_version_is_refused(folder) -> None:
    with pytest.raises(ModelStoreError, match=r"format 99.*train anew"):
        load(edited(folder, format=99))
    with pytest.raises(ModelStoreError, match="levels"):
        load(edited(folder, format=1, levels=[0.1, 0.5, 0.9]))
    (folder / MODEL).write_text('["something else"]')
    with pytest.raises(ModelStoreError, match="describes no models"):
        load(folder)


def test_another_builder_is_refused_with_the_nearest_name(folder) -> None:
    groups = json.loads((folder / MODEL).read_text())["groups"]
    groups[0]["members"]["climatologie"] = groups[0]["members"].pop("climatology")
    with pytest.raises(ModelStoreError, match=r"built by 'climatologie'.*did you mean 'climatology'"):
        load(edited(folder, groups=groups))


@pytest.mark.parametrize(("place", "key", "value", "message"), [
    ("site", "timezone", "Mars/X", "the time zone of the site, 'Mars/X', is not known"),
    ("days", "timezone", "Asia/Tokyo", "goes by the clock of Asia/Tokyo, the site by that of"),
    ("horizon", "leads", 20, "has a horizon of 20 leads of 3600 s, but weights.npz is of 48 leads in 8 blocks of 6 h"),
    ("horizon", "step_s", 900, "has a horizon of 48 leads of 900 s, but weights.npz is of 48 leads in 8 blocks of 6 h"),
])
def test_a_description_that_was_changed_by_hand_does_not_fit_the_weights(folder, place, key, value, message) -> None:
    head = json.loads((folder / MODEL).read_text())
    (head["site"] if place == "site" else head["groups"][0][place])[key] = value
    with pytest.raises(ModelStoreError, match=message):
        load(edited(folder, **head))


def test_missing_arrays_are_told(folder) -> None:
    with np.load(folder / WEIGHTS) as found:
        arrays = {key: found[key] for key in found.files if not key.endswith("climatology/table")}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    with pytest.raises(ModelStoreError, match="weights of climatology lack table"):
        load(with_weights(folder, buffer.getvalue()))


def test_pickled_objects_are_never_read(folder) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, bad=np.array([{"run": "me"}], dtype=object))
    with pytest.raises(ModelStoreError, match="no plain arrays"):
        load(with_weights(folder, buffer.getvalue()))


def test_features_that_this_version_does_not_make_are_told(folder, monkeypatch) -> None:
    """As after a change of the feature builder: the member asks for a column that is gone."""
    for member in (Climatology, SeasonalNaive):
        monkeypatch.setattr(member, "predict", lambda self, windows: windows.features[0].select(("no_such_column",)))
    stored = load(folder).groups[1]
    with pytest.raises(ForecastError, match="'no_such_column', which this version does not make; train anew"):
        serve(stored, tiny_models.archive(), NOW, stored.whole.service)


def test_models_of_another_site_are_refused() -> None:
    models = tiny_models.model_set()
    refuse_other_site(models, toy_site.SHANGHAI, SIGNALS, {"pv.available_mw": 8.0})
    with pytest.raises(ModelStoreError, match=r"models are of tiny at 31.23.*the site is at 48"):
        refuse_other_site(models, replace(toy_site.SHANGHAI, latitude_deg=48.0), SIGNALS, {})
    with pytest.raises(ModelStoreError, match=r"they forecast 'wind.available_mw', which is not here"):
        refuse_other_site(models, toy_site.SHANGHAI, ["pv.available_mw", "office.baseline_mw"], {})
    with pytest.raises(ModelStoreError, match="trained for a capacity of 8, the site has 12"):
        refuse_other_site(models, toy_site.SHANGHAI, SIGNALS, {"pv.available_mw": 12.0})
