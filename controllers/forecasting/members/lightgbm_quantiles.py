"""Gradient-boosted trees, one model per target and quantile level (LightGBM, pinball loss).

Each target has trees of its own: farms pooled into one model were 5 % worse on the validation months. Models are
grown side by side, each by a single thread: LightGBM's own threads wait for each other and stall on a busy machine.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import numpy as np

from controllers.forecasting.errors import ForecastError
from controllers.forecasting.member import Member, MemberState
from controllers.forecasting.members.training_plan import part_of
from controllers.forecasting.quantiles import LEVELS, within_limits
from controllers.forecasting.selection import learnable, selected
from controllers.forecasting.windows import FeatureTable, Windows

HOUR_S = 3600
ROUNDS = 200
WORKERS = 2
PARAMETERS: dict[str, Any] = {
    "objective": "quantile", "num_leaves": 15, "learning_rate": 0.08, "min_data_in_leaf": 40, "feature_fraction": 0.6,
    "bagging_fraction": 0.8, "bagging_freq": 1, "max_bin": 127, "deterministic": True, "force_row_wise": True,
    "num_threads": 1, "verbosity": -1,
}
"""Chosen on the validation splits of the four published sets among 15, 31 and 63 leaves and 150 to 400 rounds."""
MOST_ROWS = 60_000
"""Of all targets together: of more a part is drawn, so that training time grows little with the group."""
MOST_ROWS_QUARTERS = MOST_ROWS // 2
"""The quarters of an hour tell nearly the same: on 192 leads of a published PV plant trees lost nothing by it."""
ORDINARY_NAMES = "c{}"
"""LightGBM refuses signs such as ``@`` in names; columns go by number, the names are kept in the settings."""


class LightGbmQuantiles(Member):
    """Trees on all features; quantiles are sorted, so they cannot cross."""

    name = "lightgbm"
    uses_covariates = True

    def __init__(self) -> None:
        self.names: list[tuple[str, ...]] = []
        """Feature names per target."""
        self.boosters: list[list[Any]] = []
        """Per target and level."""

    def chosen(self, table: FeatureTable) -> tuple[str, ...]:
        """Which features are learnt from."""
        return table.names

    def fit(self, train: Windows, validation: Windows, seed: int) -> None:
        """See :meth:`Member.fit`."""
        self.names = [learnable(self.chosen(table), target.kind, train.issue_utc_s)
                      for target, table in zip(train.group.targets, train.features, strict=True)]
        self._grow(train, seed)

    def refit(self, windows: Windows, seed: int) -> None:
        """See :meth:`Member.refit`; features and number of trees stay."""
        self._grow(windows, seed)

    def _grow(self, train: Windows, seed: int) -> None:
        import lightgbm

        options = PARAMETERS | {"seed": seed}
        stopped = Event()

        def stop_if_asked(_: Any) -> None:
            if stopped.is_set():
                raise ForecastError("the training of the trees was interrupted")

        def grow(data: Any, level: float) -> Any:
            return lightgbm.train(options | {"alpha": level}, data, ROUNDS, callbacks=[stop_if_asked])

        with ThreadPoolExecutor(WORKERS) as workers:
            try:
                data_sets = self._data_sets(train, seed)
                grown = [[workers.submit(grow, data, level) for level in LEVELS] for data in data_sets]
                self.boosters = [[future.result() for future in futures] for futures in grown]
            except BaseException:  # Ctrl-C, too: the pool would wait until all trees are grown
                stopped.set()
                workers.shutdown(wait=False, cancel_futures=True)
                raise

    def _data_sets(self, train: Windows, seed: int) -> list[Any]:
        """One per target: shares of the reference, each weighted by it, so that the loss is that of the values."""
        import lightgbm

        most = MOST_ROWS if train.group.horizon.step_s >= HOUR_S else MOST_ROWS_QUARTERS
        found = []
        for k, target in enumerate(train.group.targets):
            rows, shares = _rows(selected(train.features[k], self.names[k])), train.shares[k].ravel()
            weights = train.reference[k].ravel() / target.capacity
            known = np.isfinite(shares)
            if not known.any():
                raise ForecastError(f"{target.series}: no outcome is known in the training span; give more history")
            columns = [ORDINARY_NAMES.format(i) for i in range(rows.shape[1])]
            used = np.flatnonzero(known)
            used = used[part_of(len(used), most // len(train.group.targets), seed)]
            data = lightgbm.Dataset(rows[used], shares[used], weight=weights[used], feature_name=columns,
                                    params=PARAMETERS)
            found.append(data.construct())
        return found

    def predict(self, windows: Windows) -> np.ndarray:
        """See :meth:`Member.predict`."""
        found = []
        for table, names, boosters, reference in zip(windows.features, self.names, self.boosters, windows.reference,
                                                     strict=True):
            rows = _rows(selected(table, names))
            levels = [booster.predict(rows, num_threads=1) for booster in boosters]
            shares = np.sort(np.stack(levels, axis=-1), axis=-1).reshape(*table.values.shape[:2], len(LEVELS))
            found.append(shares * reference[..., None])
        return within_limits(np.stack(found), windows)

    def state(self) -> MemberState:
        """See :meth:`Member.state`; a tree model is kept as its text."""
        arrays = {f"trees_{k}_{level}": np.frombuffer(booster.model_to_string().encode(), dtype=np.uint8)
                  for k, boosters in enumerate(self.boosters) for level, booster in zip(LEVELS, boosters, strict=True)}
        return MemberState({"names": [list(names) for names in self.names]}, arrays)

    @classmethod
    def restore(cls, state: MemberState) -> LightGbmQuantiles:
        """See :meth:`Member.restore`."""
        import lightgbm

        member = cls()
        member.names = [tuple(names) for names in state.settings["names"]]
        member.boosters = [[lightgbm.Booster(model_str=state.arrays[f"trees_{k}_{level}"].tobytes().decode())
                            for level in LEVELS]
                           for k in range(len(member.names))]
        return member


class LightGbmLags(LightGbmQuantiles):
    """The same trees without weather and prices: what is left when their forecast is missing or stale."""

    name = "lightgbm_lags"
    uses_covariates = False

    def chosen(self, table: FeatureTable) -> tuple[str, ...]:
        """Calendar and the target's own past."""
        return table.without_covariates


def _rows(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, values.shape[-1])
