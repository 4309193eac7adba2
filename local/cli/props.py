"""What a scene's request names before it is there: drawn pictures, the receiver's address."""

from __future__ import annotations

import base64
import io
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

if TYPE_CHECKING:
    from local.cli.ways import Stage

Colour = tuple[int, int, int]

_PICTURE: Final = (640, 360)


class Prop(ABC):
    """A text of a request that is known once the act begins."""

    @abstractmethod
    def text(self, stage: Stage) -> str:
        """Return it."""


@dataclass(frozen=True)
class Picture(Prop):
    """A picture from one colour at its top to another at its bottom, kept beside the act's results and sent as Base64."""

    name: str
    top: Colour
    bottom: Colour

    @override
    def text(self, stage: Stage) -> str:
        from PIL import Image as Drawn  # noqa: PLC0415 - for few scenes

        blend = Drawn.linear_gradient("L").resize(_PICTURE)
        drawn = Drawn.composite(Drawn.new("RGB", _PICTURE, self.bottom), Drawn.new("RGB", _PICTURE, self.top), blend)
        buffer = io.BytesIO()
        drawn.save(buffer, "PNG")
        stage.folder.mkdir(parents=True, exist_ok=True)
        (stage.folder / f"{self.name}.png").write_bytes(buffer.getvalue())
        return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


@dataclass(frozen=True)
class ReceiverUrl(Prop):
    """An address of the demo's receiver of webhooks."""

    path: str

    @override
    def text(self, stage: Stage) -> str:
        return f"{stage.backstage.receiver.url}{self.path}"


def filled(value: Any, stage: Stage) -> Any:  # noqa: ANN401 - any JSON
    """Return a request, or a part of one, with a text in each prop's place."""
    if isinstance(value, Prop):
        return value.text(stage)
    if isinstance(value, dict):
        return {name: filled(part, stage) for name, part in value.items()}
    return [filled(part, stage) for part in value] if isinstance(value, list) else value
