"""A dialect that says what it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from klingway.domain.elements import KeptElement
from klingway.providers.dialects import ShownJob


class ScriptedElementDialect:
    def callback(self, element: KeptElement) -> Mapping[str, Any]:
        return {"id": element.id, "state": element.state.value, "error": element.error and element.error.message}


@dataclass
class ScriptedDialect:
    """Calls back unless told not to."""

    link_life_s: int | None = 3600
    calls_back: bool = True
    elements: ScriptedElementDialect | None = field(default_factory=ScriptedElementDialect)

    def callback(self, shown: ShownJob) -> Mapping[str, Any] | None:
        if not self.calls_back:
            return None
        return {"id": shown.job.id, "state": shown.job.state.value, "links": dict(shown.links), "asked": shown.request}
