"""Settings of every test: property tests draw the same examples each time, so that a run can be repeated.

New examples are looked for with ``HYPOTHESIS_PROFILE=explore make test``; what they find becomes an ``@example``.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
