"""How hard is tried."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_EXAMPLES = os.environ.get("FUZZ_EXAMPLES")  # noqa: TID251 - no setting of the gateway

EFFORT = settings(
    max_examples=int(_EXAMPLES or 150),
    # Ordinarily the same examples each time, so that nobody meets a failure that the change at hand has not made; `make
    # fuzz` takes fresh ones, and far more.
    derandomize=_EXAMPLES is None,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
