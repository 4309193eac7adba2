"""Creates of videos, from Kling's words into the canonical form."""

from collections.abc import Mapping
from typing import Any, Final

from klingway.domain.errors import expect_none
from klingway.providers.dialects import Translated
from klingway.providers.kling.wording import warnings_of_wording
from klingway.providers.klingai import ignored, rules, schema
from klingway.providers.klingai.reading import COMMON_PLACES, elements, given, spelt, watermark
from klingway.providers.spoken import read, without_empty

_PLACES: Final[Mapping[str, str]] = {
    **COMMON_PLACES,
    "shots": "multi_prompt",
    "shot_split": "shot_type",
    "duration_s": "duration",
    "voices": "voice_list",
    "voices[].id": "voice_list[].voice_id",
    "provider_options.klingai.camera_control": "camera_control",
    "provider_options.klingai.static_mask": "static_mask",
    "provider_options.klingai.dynamic_masks": "dynamic_masks",
}
_OMNI_PLACES: Final = {
    "images": "image_list",
    "images[].url": "image_list[].image_url",
    "images[].role": "image_list[].type",
    "video": "video_list",
    "video.url": "video_list[0].video_url",
    "video.use": "video_list[0].refer_type",
    "video.keep_sound": "video_list[0].keep_original_sound",
}
_ROLES: Final = {"first_frame": "first_frame", "end_frame": "last_frame", None: "reference"}
_OMNI_DEFAULT_MODEL: Final = "kling-video-o1"
_OMNI_DEFAULT_MODE: Final = "pro"


def omni_video(body: Mapping[str, Any]) -> Translated:
    """Read a create of omni-video.

    Raises:
        InvalidRequestError: With every problem, each at the caller's own place.
    """
    body = without_empty(body)
    body, warnings = ignored.without(body, ignored.in_omni_video(body))
    create = read(schema.OmniVideoCreate, body)
    expect_none(rules.of_omni_video(create))
    canonical = _common(create, create.model_name or _OMNI_DEFAULT_MODEL) | given(
        mode=create.mode or _OMNI_DEFAULT_MODE,
        aspect_ratio=create.aspect_ratio,
        images=_images(create),
        elements=elements(create.element_list),
        video=_video(create),
    )
    return _translated(create, canonical, _OMNI_PLACES, warnings)


def text_to_video(body: Mapping[str, Any]) -> Translated:
    """Read a create of text2video.

    Raises:
        InvalidRequestError: With every problem, each at the caller's own place.
    """
    body = without_empty(body)
    body, warnings = ignored.without(body, ignored.in_text_to_video(body))
    create = read(schema.TextToVideoCreate, body)
    expect_none(rules.of_text_to_video(create))
    canonical = _framed(create, create.model_name, ("camera_control",)) | given(aspect_ratio=create.aspect_ratio)
    return _translated(create, canonical, {}, warnings)


def image_to_video(body: Mapping[str, Any]) -> Translated:
    """Read a create of image2video.

    Raises:
        InvalidRequestError: With every problem, each at the caller's own place.
    """
    body = without_empty(body)
    body, warnings = ignored.without(body, ignored.in_image_to_video(body))
    create = read(schema.ImageToVideoCreate, body)
    expect_none(rules.of_image_to_video(create))
    frames = {"image": ("first_frame", create.image), "image_tail": ("last_frame", create.image_tail)}
    images = {name: {"url": url, "role": role} for name, (role, url) in frames.items() if url is not None}
    canonical = _framed(create, create.model_name, ("camera_control", "static_mask", "dynamic_masks"))
    canonical |= given(images=list(images.values()), elements=elements(create.element_list))
    # Each picture has a field of its own, which stands for its address and for what it is.
    places = {f"images[{index}]{part}": name for index, name in enumerate(images) for part in ("", ".url", ".role")}
    return _translated(create, canonical, places | {"images": "image"}, warnings)


def _common(create: schema.VideoCreate, model: str) -> dict[str, Any]:
    """Return what all creates of videos say alike."""
    shots = sorted(create.multi_prompt or [], key=lambda shot: shot.index)
    return given(
        model=model,
        prompt=None if create.prompt is None else spelt(create.prompt),
        shots=[{"prompt": spelt(shot.prompt), "duration_s": int(shot.duration)} for shot in shots] or None,
        shot_split=create.shot_type,
        duration_s=None if create.duration is None else int(create.duration),
        mode=create.mode,
        sound=None if create.sound is None else create.sound == "on",
        watermark=watermark(create),
    )


def _framed(create: schema.FramedVideoCreate, model: str | None, options: tuple[str, ...]) -> dict[str, Any]:
    """Return what text2video and image2video say alike, with what is of Kling's older models alone as its options."""
    said = create.model_dump(include=set(options), exclude_none=True)
    return _common(create, model or ignored.DEFAULT_MODEL) | given(
        negative_prompt=create.negative_prompt,
        cfg_scale=create.cfg_scale,
        voices=[{"id": item.voice_id} for item in create.voice_list] if create.voice_list else None,
        provider_options={"klingai": said} if said else None,
    )


def _images(create: schema.OmniVideoCreate) -> list[dict[str, Any]] | None:
    return [{"url": item.image_url, "role": _ROLES[item.type]} for item in create.image_list or []] or None


def _video(create: schema.OmniVideoCreate) -> dict[str, Any] | None:
    for item in create.video_list or []:
        keeps = None if item.keep_original_sound is None else item.keep_original_sound == "yes"
        use = "feature" if item.refer_type == "feature" else "edit"
        return given(url=item.video_url, use=use, keep_sound=keeps)
    return None


def _translated(
    create: schema.VideoCreate, canonical: Mapping[str, Any], places: Mapping[str, str], warnings: list[str]
) -> Translated:
    places = {**_PLACES, **_places_of_shots(create), **places}
    return Translated(
        kind="video",
        body=canonical,
        places=places,
        external_id=create.external_task_id,
        callback_url=create.callback_url,
        warnings=(*warnings, *warnings_of_wording(canonical, places)),
    )


def _places_of_shots(create: schema.VideoCreate) -> dict[str, str]:
    """Return where each shot stands with the caller, who may give them in any order: they are counted by their index."""
    shots = create.multi_prompt or []
    order = sorted(range(len(shots)), key=lambda place: shots[place].index)
    return {
        f"shots[{number}]{ours}": f"multi_prompt[{place}]{theirs}"
        for number, place in enumerate(order)
        for ours, theirs in (("", ""), (".duration_s", ".duration"))
    }
