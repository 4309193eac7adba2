"""What APIMart's video create accepts for Kling 3.0: its pages "Kling v3" and "Kling v3 Omni", rule by rule.

The first broken rule is refused (400, `invalid_request_error`), named by its field. Where the two pages differ, each
model has its own page's rule. What neither page has is accepted and named in the request log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from local.simulators import fields
from local.simulators.fields import InvalidError, link

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

V3, V3_OMNI = "kling-v3", "kling-v3-omni"
_MODES: Final = ("std", "pro", "4k")
_ASPECTS: Final = ("16:9", "9:16", "1:1")
_ROLES: Final = ("first_frame", "last_frame", "reference")
_SECONDS: Final = range(3, 16)
_NEGATIVE_PROMPT_MAX: Final = 2_500
_SHOTS_MAX, _SHOT_PROMPT_MAX = 6, 512
_FRAMES_MAX: Final = 2
# APIMart states no number of images; Kling's own is taken.
_IMAGES_MAX, _IMAGES_WITH_VIDEO_MAX = 7, 4
_ELEMENTS_MAX, _ELEMENT_URLS = 3, range(2, 5)
_REFERENCE: Final = re.compile(r"<<<image_([0-9]{1,6})>>>")

_COMMON = {"model", "prompt", "negative_prompt", "mode", "duration", "aspect_ratio", "size", "image_urls", "watermark"}
_COMMON |= {"audio", "multi_shot", "shot_type", "multi_prompt", "element_list", "thumbnail"}
KNOWN_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    V3: frozenset(_COMMON),
    V3_OMNI: frozenset(_COMMON | {"image_with_roles", "video_list"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An accepted create.

    Attributes:
        model: as given.
        mode: with its default filled in.
        text: the prompt as it is used, or the shots' prompts.
        seconds: of output (for an edit: of the video edited).
        aspect: of the output.
        sound: whether it has a track.
        watermark: whether it is to be marked.
        thumbnail: whether the answer is to have one.
        unknown_fields: fields of the body that the model's page does not have, with their places; ignored.
        notes: oddities that are accepted.
    """

    model: str
    mode: str
    text: str
    seconds: float
    aspect: str
    sound: bool
    watermark: bool
    thumbnail: bool
    unknown_fields: tuple[str, ...]
    notes: tuple[str, ...]


class _Fields(fields.Fields):
    """An object's fields as APIMart reads them; types are those of its pages, and no text stands in for them."""

    @override
    def whole(self, field: str) -> int:
        """Reads a whole number ("must be a plain number (e.g. 6), do not add quotes, otherwise an error will occur")."""
        value = self._values.get(field)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidError(f"{self.name(field)} must be a plain number without quotes")
        return value

    def url(self, field: str) -> str:
        value = self.required(field)
        link(self.name(field), value)
        return value


def check(body: Mapping[str, Any], video_seconds: Callable[[str], float]) -> Order:
    """Checks a create against its model's page.

    Args:
        body: the decoded JSON.
        video_seconds: gives a reference video's length, in seconds.

    Returns:
        What was ordered.

    Raises:
        InvalidError: a rule is broken.
    """
    model = _Fields(body, frozenset(body)).choice("model", (V3, V3_OMNI), "")
    if not model:
        raise InvalidError("model is required")
    create = _Fields(body, KNOWN_FIELDS[model])
    create.text("negative_prompt", at_most=_NEGATIVE_PROMPT_MAX if model == V3_OMNI else None)
    seconds = create.whole("duration") if body.get("duration") is not None else 5
    if seconds not in _SECONDS:
        raise InvalidError("duration must be within 3 and 15")
    aspect = create.choice("aspect_ratio", _ASPECTS, "") or create.choice("size", _ASPECTS, "16:9")
    prompt, shots = _prompts(create, model, seconds)
    elements = _elements(create)
    images = create.urls("image_urls")
    edited, has_video = _omni(create, len(images)) if model == V3_OMNI else ("", False)
    if model == V3 and len(images) > _FRAMES_MAX:
        raise InvalidError(f"image_urls supports up to {_FRAMES_MAX} images: the first and the last frame")
    if model == V3_OMNI and images and prompt and not _REFERENCE.search(prompt):
        prompt = f"<<<image_1>>>{prompt}"
    audio = create.flag("audio")
    return Order(
        model=model,
        mode=create.choice("mode", _MODES, "std"),
        text=" | ".join(shots) or prompt,
        seconds=video_seconds(edited) if edited else float(seconds),
        aspect=aspect,
        sound=audio and not has_video,
        watermark=create.flag("watermark"),
        thumbnail=create.flag("thumbnail"),
        unknown_fields=tuple(create.unknown),
        notes=(
            *_loose_references([prompt, *shots], len(images)),
            *_unnamed_elements([prompt, *shots], elements),
            *(["audio is ignored with video_list"] if audio and has_video else []),
        ),
    )


def _prompts(create: _Fields, model: str, seconds: int) -> tuple[str, list[str]]:
    """Reads prompt, multi_shot, shot_type and multi_prompt; without multi_shot the latter two mean nothing.

    Returns:
        The prompt, empty when it is left out, and the shots' prompts.
    """
    multi = create.flag("multi_shot")
    kind = create.choice("shot_type", ("customize", "intelligence"), "")
    if multi and not kind:
        raise InvalidError("shot_type is required when multi_shot is true")
    shots = _shots(create, model, seconds) if multi and kind == "customize" else []
    # "When multi_shot=true, top-level prompt can be omitted": the page of v3 alone says so.
    prompt = create.text("prompt") if multi and model == V3 else create.required("prompt")
    return prompt, shots


def _shots(create: _Fields, model: str, seconds: int) -> list[str]:
    shots = create.items("multi_prompt", frozenset({"index", "prompt", "duration"}))
    if not shots:
        raise InvalidError("multi_prompt is required when multi_shot is true and shot_type is customize")
    if len(shots) > _SHOTS_MAX:
        raise InvalidError(f"multi_prompt supports up to {_SHOTS_MAX} shots")
    texts, total = [], 0
    for number, shot in enumerate(shots, 1):
        if shot.whole("index") != number:
            raise InvalidError(f"{shot.name('index')} must start from 1 and increase continuously")
        texts.append(shot.required("prompt", at_most=_SHOT_PROMPT_MAX if model == V3 else None))
        lasts = shot.whole("duration")
        if not 1 <= lasts <= seconds:
            raise InvalidError(f"{shot.name('duration')} must be >= 1 and cannot exceed duration {seconds}")
        total += lasts
    if total != seconds:
        raise InvalidError(f"multi_prompt: the sum of all shot durations {total} must equal duration {seconds}")
    return texts


def _elements(create: _Fields) -> list[str]:
    """Reads element_list.

    Returns:
        The elements' names.
    """
    elements = create.items("element_list", frozenset({"name", "description", "element_input_urls"}))
    if len(elements) > _ELEMENTS_MAX:
        raise InvalidError(f"element_list supports up to {_ELEMENTS_MAX} subjects")
    names = []
    for element in elements:
        names.append(element.required("name"))
        element.required("description")
        if len(element.urls("element_input_urls")) not in _ELEMENT_URLS:
            raise InvalidError(f"{element.name('element_input_urls')} must have 2 to 4 images")
    return names


def _omni(create: _Fields, images: int) -> tuple[str, bool]:
    """Reads image_with_roles and video_list, which the page of Omni alone has.

    Args:
        create: the create's.
        images: how many image_urls has.

    Returns:
        The video to be edited, empty for none, and whether there is a video.
    """
    roles = []
    for image in create.items("image_with_roles", frozenset({"url", "role"})):
        image.url("url")
        image.required("role")
        roles.append(image.choice("role", _ROLES, ""))
    if images and roles:
        raise InvalidError("image_urls and image_with_roles are mutually exclusive")
    if "last_frame" in roles and "first_frame" not in roles:
        raise InvalidError("image_with_roles: last_frame without first_frame is not supported")
    videos = create.items("video_list", frozenset({"video_url", "refer_type", "keep_original_sound"}))
    if len(videos) > 1:
        raise InvalidError("video_list supports at most 1 video")
    edited = ""
    for video in videos:
        url = video.url("video_url")
        video.choice("keep_original_sound", ("no", "yes"), "no")
        if video.choice("refer_type", ("base", "feature"), "base") == "base":
            edited = url
    if edited and {"first_frame", "last_frame"} & set(roles):
        raise InvalidError("video_list: refer_type base is not supported with first_frame or last_frame")
    limit = _IMAGES_WITH_VIDEO_MAX if videos else _IMAGES_MAX
    if images + len(roles) > limit:
        raise InvalidError(f"{'image_urls' if images else 'image_with_roles'} supports up to {limit} images")
    return edited, bool(videos)


def _loose_references(texts: list[str], images: int) -> list[str]:
    """Names references in prompts that point to nothing; what APIMart does with them is not documented."""
    found = {int(number) for text in texts for number in _REFERENCE.findall(text)}
    return [f"prompt refers to image_{number} of {images}" for number in sorted(found) if not 1 <= number <= images]


def _unnamed_elements(texts: list[str], names: list[str]) -> list[str]:
    """Names elements that no prompt uses (`@name`)."""
    return [f"no prompt names @{name}" for name in names if not any(f"@{name}" in text for text in texts)]
