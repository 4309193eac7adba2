"""A dialect that says what it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from klingway.providers.dialects import ShownJob


@dataclass
class ScriptedDialect:
    """Calls back unless told not to."""

    link_life_s: int | None = 3600
    calls_back: bool = True

    def callback(self, shown: ShownJob) -> Mapping[str, Any] | None:
        if not self.calls_back:
            return None
        return {"id": shown.job.id, "state": shown.job.state.value, "links": dict(shown.links), "asked": shown.request}
