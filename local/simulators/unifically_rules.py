"""What Unifically's task create accepts for Kling 3.0: its page "Kling v3.0 Omni", rule by rule.

The first broken rule is refused (422, `validation_error`), named by its field; the one that the page gives a 400 has an
exception of its own. What the page does not have is accepted and named in the request log. Where the page is silent:

- a prompt (or shots) has to be there without a `video_mode` alone, as the table of modes says; a prompt has no limit;
- a shot lasts a second or more and the shots 3 to 15 together, as the page of `kling-3.0-video` says; without a
  `duration` their sum is used, and one that differs from it is refused, as Kling and its other resellers do;
- an input that a mode's row does not have is refused; `start_image_index` goes wherever `image_urls` may;
- an element has the source of its type, and only that one; frames with elements have no cap;
- links are whole ones (`https://…`), though the page shortens some ("front.jpg");
- a transform lasts `duration` like any other: the page makes no exception.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from local.simulators import fields
from local.simulators.fields import InvalidError, link

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL: Final = "kuaishou/kling-3.0-omni-video"
_MODES: Final = ("std", "pro", "4k")
_AUTO: Final = "auto"
_ASPECTS: Final = ("1:1", "9:16", "16:9", _AUTO)
_SECONDS: Final = range(3, 16)
_DEFAULT_S: Final = 5
_SHOTS: Final = range(2, 7)
_DESCRIPTION_MAX, _ELEMENT_IMAGES_MAX = 100, 4
_REFERENCE: Final = re.compile(r"@(Image|Element)([0-9]{1,6})")

_BODY: Final = frozenset({"model", "input", "callback_url", "dry_run"})
_MATERIALS: Final = (
    "image_urls",
    "start_image_index",
    "elements",
    "start_frame_url",
    "end_frame_url",
    "video_url",
)
_INPUT: Final = frozenset(
    {"video_mode", "prompt", "mode", "duration", "aspect_ratio", "native_audio", "multi_shots", *_MATERIALS}
)
_SOURCES: Final[Mapping[str, str]] = {"image": "image_urls", "video": "video_url"}


@dataclass(frozen=True, slots=True)
class _VideoMode:
    """A row of the table of modes.

    Attributes:
        required: inputs of which one has to be there; empty for none.
        optional: inputs that may be there besides; all others are refused.
        cap: how many `image_urls` and `elements` there may be together, which keeps the images' own 7 too; None: any
            number.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    cap: int | None = None


_VIDEO_MODES: Final[Mapping[str, _VideoMode]] = {
    "": _VideoMode(),
    "elements": _VideoMode(("image_urls", "elements"), ("start_image_index",), 7),
    "start_end_frame": _VideoMode(("start_frame_url",), ("end_frame_url", "elements")),
    "transform": _VideoMode(("video_url",), ("image_urls", "start_image_index", "elements"), 4),
    "video_reference": _VideoMode(("video_url",), ("image_urls", "start_image_index", "elements"), 4),
}


class TwoVideosError(InvalidError):
    """A `video_url` comes with a video element: "passing both returns 400"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An accepted create.

    Attributes:
        dry_run: whether nothing is to be made, only priced.
        callback_url: empty for none.
        mode: with its default filled in.
        text: the prompt, or the shots' prompts.
        seconds: of output.
        aspect: of the output; 16:9 where the video's own is to be kept, which is not looked at here.
        sound: whether it has a track.
        unknown_fields: fields of the body that the page does not have, with their places; ignored.
        notes: oddities that are accepted.
    """

    dry_run: bool
    callback_url: str
    mode: str
    text: str
    seconds: int
    aspect: str
    sound: bool
    unknown_fields: tuple[str, ...]
    notes: tuple[str, ...]


class _Fields(fields.Fields):
    """An object's fields as Unifically reads them: types are those of its page, and no text stands in for a number."""

    def whole_if_any(self, field: str) -> int | None:
        return None if self._values.get(field) is None else self.whole(field)

    def url_if_any(self, field: str) -> str:
        value = self.text(field)
        if value:
            link(self.name(field), value)
        return value


def check(body: Mapping[str, Any]) -> Order:
    """Checks a create against the page.

    Args:
        body: the decoded JSON.

    Returns:
        What was ordered.

    Raises:
        InvalidError: a rule is broken.
        TwoVideosError: the one that is told apart is.
    """
    create = _Fields(body, _BODY)
    create.required("model")
    create.choice("model", (MODEL,), "")
    dry_run, callback_url = create.flag("dry_run"), create.url_if_any("callback_url")
    if not create.has("input"):
        raise InvalidError("input is required")
    given = create.inner("input", _INPUT)
    video_mode = given.choice("video_mode", tuple(filter(None, _VIDEO_MODES)), "")
    images, elements = _materials(given, video_mode)
    prompt, shots = given.text("prompt"), _shots(given)
    if prompt and shots:
        raise InvalidError(f"{given.name('prompt')} and {given.name('multi_shots')} are mutually exclusive")
    texts = [text for text, _ in shots] or [prompt]
    has_text = any(text.strip() for text in texts)
    if not video_mode and not has_text:
        raise InvalidError(f"{given.name('prompt')} or {given.name('multi_shots')} is required")
    return Order(
        dry_run=dry_run,
        callback_url=callback_url,
        mode=given.choice("mode", _MODES, "pro"),
        text=" | ".join(texts),
        seconds=_seconds(given, [lasts for _, lasts in shots]),
        aspect=_aspect(given),
        sound=given.flag("native_audio"),
        unknown_fields=tuple(create.unknown),
        notes=(*_loose_references(texts, images, elements), *([] if has_text else ["no prompt"])),
    )


def _materials(given: _Fields, video_mode: str) -> tuple[int, int]:
    """Reads the inputs of which each mode has its own.

    Returns:
        How many images and elements there are.
    """
    images = len(given.urls("image_urls"))
    index = given.whole_if_any("start_image_index")
    kinds = _elements(given)
    for frame in ("start_frame_url", "end_frame_url"):
        given.url_if_any(frame)
    if given.url_if_any("video_url") and "video" in kinds:
        raise TwoVideosError(f"{given.name('video_url')} and elements of type video are mutually exclusive")
    rule = _VIDEO_MODES[video_mode]
    said = f"with video_mode {video_mode}" if video_mode else "without video_mode"
    for field in _MATERIALS:
        if given.has(field) and field not in (*rule.required, *rule.optional):
            raise InvalidError(f"{given.name(field)} is not supported {said}")
    if rule.required and not any(given.has(field) for field in rule.required):
        raise InvalidError(f"{' or '.join(given.name(field) for field in rule.required)} is required {said}")
    if rule.cap is not None and images + len(kinds) > rule.cap:
        raise InvalidError(
            f"{given.name('image_urls')} and {given.name('elements')} support up to {rule.cap} together {said}"
        )
    if index is not None and not 1 <= index <= images:
        raise InvalidError(f"{given.name('start_image_index')} must be within 1 and the number of image_urls, {images}")
    return images, len(kinds)


def _elements(given: _Fields) -> list[str]:
    """Reads elements.

    Returns:
        Their types.
    """
    kinds = []
    for element in given.items("elements", frozenset({"description", "type", *_SOURCES.values()})):
        element.text("description", at_most=_DESCRIPTION_MAX)
        kind = element.choice("type", tuple(_SOURCES), "image")
        images = element.urls("image_urls")
        element.url_if_any("video_url")
        for owner, source in _SOURCES.items():
            if element.has(source) != (owner == kind):
                verdict = "is required" if owner == kind else "is not supported"
                raise InvalidError(f"{element.name(source)} {verdict} with type {kind}")
        if len(images) > _ELEMENT_IMAGES_MAX:
            raise InvalidError(f"{element.name('image_urls')} supports up to {_ELEMENT_IMAGES_MAX} images")
        kinds.append(kind)
    return kinds


def _shots(given: _Fields) -> list[tuple[str, int]]:
    """Reads multi_shots.

    Returns:
        Each one's prompt and seconds; empty when absent.
    """
    shots = given.items("multi_shots", frozenset({"prompt", "duration"}))
    if shots and len(shots) not in _SHOTS:
        raise InvalidError(f"{given.name('multi_shots')} must have 2 to 6 shots")
    read = []
    for shot in shots:
        read.append((shot.required("prompt"), shot.whole("duration")))
        if read[-1][1] < 1:
            raise InvalidError(f"{shot.name('duration')} must be at least 1")
    return read


def _seconds(given: _Fields, shots: list[int]) -> int:
    seconds, total = given.whole_if_any("duration"), sum(shots)
    if seconds is not None and seconds not in _SECONDS:
        raise InvalidError(f"{given.name('duration')} must be within 3 and 15")
    if not shots:
        return _DEFAULT_S if seconds is None else seconds
    if total not in _SECONDS:
        raise InvalidError(f"{given.name('multi_shots')}: the sum of all durations {total} must be within 3 and 15")
    if seconds not in {None, total}:
        raise InvalidError(f"{given.name('duration')} {seconds} must equal the sum of all shots' durations {total}")
    return total


def _aspect(given: _Fields) -> str:
    aspect = given.choice("aspect_ratio", _ASPECTS, "")
    has_video = given.has("video_url")
    if has_video and aspect not in {"", _AUTO}:
        raise InvalidError(f"{given.name('aspect_ratio')} must be auto with video_url")
    if not has_video and aspect == _AUTO:
        raise InvalidError(f"{given.name('aspect_ratio')} auto is supported with video_url alone")
    return "16:9" if aspect in {"", _AUTO} else aspect


def _loose_references(texts: list[str], images: int, elements: int) -> list[str]:
    """Names references in prompts that point to nothing; what Unifically does with them is not documented."""
    there = {"Image": images, "Element": elements}
    found = sorted({(kind, int(number)) for text in texts for kind, number in _REFERENCE.findall(text)})
    return [f"prompt refers to {kind}{n} of {there[kind]}" for kind, n in found if not 1 <= n <= there[kind]]
