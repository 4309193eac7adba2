"""What EzModel's create of a video accepts: its page "Kling Omni Video", rule by rule, and what of it goes on to Kling.

EzModel refuses in several ways, and this module names the way; the first broken rule counts. Its published source gives
most of them: a value of another JSON type, a missing or unserved model, and whatever its price depends on (mode,
durations, what a shot must have). A rule of the page that the source does not check is refused as an invalid request,
where the page says that EzModel does not allow it; what the page leaves to Kling (sound with a video, among others), and
what it does not speak of, is Kling's to refuse. Defaults are the page's too; the source sends 1:1 for a missing aspect, and no
mode for a missing one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from typing_extensions import override

from local.simulators import fields
from local.simulators.fields import InvalidError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

V3_OMNI, O1 = "kling-v3-omni", "kling-video-o1"
_MODES: Final = ("std", "pro")
_SHOTS: Final = range(2, 7)
_SHOT_PROMPT_MAX: Final = 2_500
_SHOT_MIN_S: Final = 3
# "Duration Rules": by model and workflow.
_V3_SECONDS: Final = range(3, 16)
_WITH_VIDEO_SECONDS: Final = range(3, 11)
_O1_FRAMES_SECONDS: Final = range(3, 11)
_O1_SECONDS: Final = (5, 10)
_WHOLE_NUMBER: Final = re.compile(r"[1-9][0-9]{0,3}")

_TEXTS: Final = (
    "prompt", "negative_prompt", "mode", "duration", "aspect_ratio", "sound", "external_task_id", "callback_url",
)  # fmt: skip
_LISTS_OF_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "image_list": ("image_url", "type"),
    "video_list": ("video_url", "refer_type", "keep_original_sound"),
    "multi_prompt": ("prompt", "duration"),
}
KNOWN_FIELDS: Final = frozenset({"model", "cfg_scale", "element_list", *_TEXTS, *_LISTS_OF_TEXTS})
# Kling's Omni knows neither cfg_scale nor negative_prompt: it would ignore them.
_HANDED_ON: Final = ("image_list", "video_list", "element_list", "multi_prompt", "callback_url", "external_task_id")


class WrongTypeError(InvalidError):
    """A value is of another JSON type than the page has.

    In the published source such a body cannot be decoded, and the server panics; told of `duration`, of a shot's
    `duration` and of `element_id`, and true for every field in the same way.
    """


class NoModelError(Exception):
    """The body has no model."""


class NoChannelError(Exception):
    """No channel serves the model."""


class PriceError(Exception):
    """No price can be found: the mode, a duration or a shot is not as it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A create that EzModel hands on.

    Attributes:
        model: as given.
        native: what Kling's own Omni endpoint is asked for. Shots are not in it as Kling knows them: EzModel never sends
            `multi_shot`, and fills the prompt with the first shot's.
        shots: their prompts; empty without any.
        unknown_fields: fields of the body that the page does not have, with their places; dropped.
    """

    model: str
    native: dict[str, Any]
    shots: tuple[str, ...]
    unknown_fields: tuple[str, ...]


class _Fields(fields.Fields):
    """An object's fields; a value of another type is told from a value that is not allowed."""

    @override
    def text(self, field: str, *, at_most: int | None = None) -> str:
        if self.has(field) and not isinstance(self._values[field], str):
            raise WrongTypeError(f"{self.name(field)} must be a string")
        return super().text(field, at_most=at_most)

    @override
    def items(self, field: str, known: frozenset[str]) -> list[Self]:
        try:
            return super().items(field, known)
        except InvalidError as error:
            raise WrongTypeError(str(error)) from None

    def check_number(self, field: str) -> None:
        """Checks that what is there is a number; whether it is in range is another rule's."""
        value = self._values.get(field)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise WrongTypeError(f"{self.name(field)} must be a number")

    def check_integer(self, field: str) -> None:
        """Checks that what is there is a whole number."""
        value = self._values.get(field)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise WrongTypeError(f"{self.name(field)} must be an integer")

    def seconds(self, field: str, default: str = "") -> int:
        """Reads a text of whole seconds.

        Raises:
            PriceError: it is none.
        """
        text = self.text(field) or default
        if not _WHOLE_NUMBER.fullmatch(text):
            raise PriceError(f"{self.name(field)} must be an integer, got: {text}")
        return int(text)


def check(body: Mapping[str, Any]) -> Order:
    """Checks a create against the page.

    Args:
        body: the decoded JSON.

    Returns:
        What is handed on.

    Raises:
        NoModelError: the model is missing.
        NoChannelError: the model is not on the page.
        WrongTypeError: a value is of another JSON type.
        InvalidError: a rule of the page is broken that is about neither price nor Kling.
        PriceError: a rule is broken that the price depends on.
    """
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise NoModelError
    if model not in {V3_OMNI, O1}:
        raise NoChannelError(model)
    create = _Fields(body, KNOWN_FIELDS)
    lists = _typed(create)
    shots = lists["multi_prompt"]
    _check_shots(create, model, shots)
    scale = body.get("cfg_scale")
    if scale is not None and not 0 <= scale <= 1:
        raise InvalidError("cfg_scale must be within 0.0 and 1.0")
    mode = create.text("mode") or "std"
    if mode not in _MODES:
        raise PriceError(f"unsupported mode: {mode}")
    seconds = _seconds(create, model, lists)
    texts = tuple(shot.text("prompt") for shot in shots)
    return Order(
        model=model,
        native={
            **{name: body[name] for name in _HANDED_ON if create.has(name)},
            "model_name": model,
            "prompt": texts[0] if texts else create.text("prompt"),
            "mode": mode,
            "duration": str(seconds),
            "aspect_ratio": create.text("aspect_ratio") or "16:9",
            "sound": create.text("sound") or "off",
        },
        shots=texts,
        unknown_fields=tuple(create.unknown),
    )


def _typed(create: _Fields) -> Mapping[str, list[_Fields]]:
    """Checks the JSON type of everything that the page has.

    Returns:
        The items of each list, elements aside.
    """
    for name in _TEXTS:
        create.text(name)
    create.check_number("cfg_scale")
    for element in create.items("element_list", frozenset({"element_id"})):
        element.check_integer("element_id")
    lists = {name: create.items(name, frozenset(texts)) for name, texts in _LISTS_OF_TEXTS.items()}
    for name, items in lists.items():
        for item in items:
            for text in _LISTS_OF_TEXTS[name]:
                item.text(text)
    return lists


def _check_shots(create: _Fields, model: str, shots: Sequence[_Fields]) -> None:
    """Checks what the page says of `multi_prompt` and the price does not depend on."""
    if not shots:
        return
    if model != V3_OMNI:
        raise InvalidError(f"multi_prompt is not supported by {model}")
    if len(shots) not in _SHOTS:
        raise InvalidError("multi_prompt must have 2 to 6 shots")
    for name in ("prompt", "duration"):
        if create.has(name):
            raise InvalidError(f"{name} cannot be used together with multi_prompt")
    for shot in shots:
        shot.text("prompt", at_most=_SHOT_PROMPT_MAX)


def _seconds(create: _Fields, model: str, lists: Mapping[str, Sequence[_Fields]]) -> int:
    """Reads how long the video is to be ("Duration Rules")."""
    if lists["multi_prompt"]:
        return _shots_seconds(lists["multi_prompt"])
    if any(video.text("refer_type") == "base" for video in lists["video_list"]):
        if model != V3_OMNI:
            raise PriceError(f"video_list: refer_type base is only supported by {V3_OMNI}")
        return 5  # "Automatically follows original video duration": whatever is given, Kling looks at none
    seconds = create.seconds("duration", "5")
    frames = any(image.text("type") for image in lists["image_list"])
    allowed: Sequence[int]
    if lists["video_list"]:
        allowed = _WITH_VIDEO_SECONDS
    elif model == V3_OMNI:
        allowed = _V3_SECONDS
    else:
        allowed = _O1_FRAMES_SECONDS if frames else _O1_SECONDS
    if seconds not in allowed:
        raise PriceError(f"duration must be one of {', '.join(map(str, allowed))}, got: {seconds}")
    return seconds


def _shots_seconds(shots: Sequence[_Fields]) -> int:
    total = 0
    for shot in shots:
        if not shot.text("prompt"):
            raise PriceError(f"{shot.name('prompt')} is required")
        lasts = shot.seconds("duration")
        if lasts < _SHOT_MIN_S:
            raise PriceError(f"{shot.name('duration')} must be >= {_SHOT_MIN_S}, got: {lasts}")
        total += lasts
    if total not in _V3_SECONDS:
        raise PriceError(f"multi_prompt: the total duration must be within 3 and 15, got: {total}")
    return total
