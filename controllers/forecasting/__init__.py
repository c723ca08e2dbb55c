"""Forecasts of generation, loads, prices and carbon intensity: quantiles and scenarios, 24 to 48 h ahead.

The way of the data, one module each::

    readers, run_history ─▶ VersionedSeries ─▶ Archive ─▶ KnownAt(issue times) ─▶ features ─▶ Windows
                                                                                               │
      Forecast ◀─ conformal calibration ◀─ combination ◀─ members: fit(train, validation, seed) / predict(windows)
         └─▶ scenarios

Contracts
---------
* **Values know two times** (:mod:`.versioned`): ``valid_utc_s``, the start of the interval they describe, and
  ``available_utc_s``, when they became known. An :class:`~.versioned.Archive` never hands out values to a model;
  :meth:`~.versioned.Archive.known_at` gives a :class:`~.versioned.KnownAt`, which returns NaN for all that was not
  available at its issue time. Features are functions of ``KnownAt`` alone: leakage has no way in.
* **A target** (:mod:`.targets`) has a kind, limits and covariates; a :class:`~.targets.TargetGroup` is forecast
  together from one issue time on one :class:`~.targets.Horizon`. Device states are no covariates of any kind.
* **Windows** (:mod:`.windows`): what was known at n issue times, and, for training and scoring only, what came.
* **A member** (:mod:`.member`) has ``fit(train, validation, seed)`` and ``predict(windows)``, which returns quantiles
  of shape (targets, n, leads, levels), non-crossing and within the limits of the targets. All it learnt is its
  ``state()``: a dictionary of plain settings and a dictionary of arrays, so that it can be stored as ``model.json``
  and ``weights.npz``; ``restore(state)`` needs neither TensorFlow nor the training data.
* **A model** (:mod:`.model`) is the members that beat persistence on the validation split, their weights and the
  calibration; :mod:`.training` makes one, :mod:`.backtest` replays one over past issue times.
* **A forecast** (:mod:`.forecast`) is what controllers get: quantiles per target and lead, issue time, flags.

Conventions: times are integer seconds UTC since 1970 (``_utc_s``), intervals are named by their start; values carry the
unit of their series' name; magnitudes of loads are positive here, the caller turns signs. TensorFlow and LightGBM are
imported where a member is fitted (LightGBM also where it predicts), networks are served in plain NumPy.
"""
