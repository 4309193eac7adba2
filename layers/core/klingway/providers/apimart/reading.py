"""From a create of APIMart's to the canonical request."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from klingway.domain.errors import expect_none
from klingway.providers.apimart import rules
from klingway.providers.apimart.schema import Create, OmniCreate, V3Create
from klingway.providers.apimart.spelling import Names, with_image_named
from klingway.providers.dialects import Translated
from klingway.providers.spoken import read, without_empty

_FRAMES: Final = ("first_frame", "last_frame")
"""Of kling-v3, in the order of `image_urls`."""

_PLACES: Final[Mapping[str, str]] = {
    "duration_s": "duration",
    "sound": "audio",
    "shot_split": "shot_type",
    "shots": "multi_prompt",
    "shots[].duration_s": "multi_prompt[].duration",
    "elements": "element_list",
    "elements[].images": "element_list[].element_input_urls",
    "video": "video_list",
    "video.url": "video_list[0].video_url",
    "video.use": "video_list[0].refer_type",
    "video.keep_sound": "video_list[0].keep_original_sound",
}
_PLACES_OF_URLS: Final[Mapping[str, str]] = {
    "images": "image_urls",
    "images[].url": "image_urls[]",
    "images[].role": "image_urls[]",
}
_PLACES_OF_ROLES: Final[Mapping[str, str]] = {"images": "image_with_roles"}


def translated(body: Mapping[str, Any]) -> Translated:
    """Return a create in the canonical form.

    Raises:
        InvalidRequestError: With every problem that the page of its model sees in it, each at its place there.
    """
    given = without_empty(body)
    # Without a model that there is, the wider page tells more; that the model is wrong, each of them tells.
    create: Create = read(V3Create, given) if given.get("model") == "kling-v3" else read(OmniCreate, given)
    ignored = rules.ignored(create)
    names = Names([element.name for element in create.element_list or []])
    expect_none(rules.problems_of(create, ignored, names))
    places = _places(create)
    return Translated(
        kind="video",
        body={
            field: value
            for field, value in _canonical(create, names).items()
            if value is not None and places.get(field, field) not in ignored
        },
        places=places,
        warnings=tuple(f"{field}: ignored {why}" for field, why in ignored.items()),
    )


def _canonical(create: Create, names: Names) -> dict[str, Any]:
    """Return the body of `POST /v1/videos`, None for what was not given: APIMart's defaults are ours."""
    return {
        "model": create.model,
        "prompt": _prompt(create, names),
        "negative_prompt": create.negative_prompt,
        "mode": create.mode,
        "duration_s": create.duration,
        "aspect_ratio": create.aspect_ratio or create.size,
        "images": [{"url": url, "role": role} for url, role in _images(create)] or None,
        "elements": _elements(create),
        "video": _video(create) if isinstance(create, OmniCreate) else None,
        "shots": _shots(create, names),
        "shot_split": create.shot_type,
        "sound": create.audio,
        "watermark": create.watermark,
    }


def _prompt(create: Create, names: Names) -> str | None:
    """Return the prompt; "if image_urls is provided but the prompt does not contain any reference", it gets one in front.

    The page promises that of `prompt` and `image_urls` alone. So the prompts of shots stay as they were written: beside them
    Kling does not read the prompt in which APIMart puts it; and a frame needs none.
    """
    if create.prompt is None:
        return None
    prompt = names.canonical(create.prompt)
    return with_image_named(prompt) if isinstance(create, OmniCreate) and create.image_urls else prompt


def _shots(create: Create, names: Names) -> list[dict[str, Any]] | None:
    if create.multi_prompt is None:
        return None
    return [{"prompt": names.canonical(shot.prompt), "duration_s": shot.duration} for shot in create.multi_prompt]


def _images(create: Create) -> Sequence[tuple[str, str]]:
    """Return each image with its role, in the order given, along which `<<<image_N>>>` is counted.

    The page counts along `image_urls`, and does not say how `image_with_roles` is counted: as it is given, likewise.
    """
    if isinstance(create, V3Create):
        return list(zip(create.image_urls or [], _FRAMES, strict=False))
    if create.image_with_roles:
        return [(image.url, image.role) for image in create.image_with_roles]
    return [(url, "reference") for url in create.image_urls or []]


def _elements(create: Create) -> list[dict[str, Any]] | None:
    if create.element_list is None:
        return None
    return [
        {"name": element.name, "description": element.description, "images": element.element_input_urls}
        for element in create.element_list
    ]


def _video(create: OmniCreate) -> dict[str, Any] | None:
    if not create.video_list:
        return None
    video = create.video_list[0]
    return {
        "url": video.video_url,
        "use": "edit" if create.is_edit else "feature",
        "keep_sound": video.keep_original_sound == "yes",
    }


def _places(create: Create) -> dict[str, str]:
    has_roles = isinstance(create, OmniCreate) and create.image_with_roles is not None
    ratio = {"aspect_ratio": "size"} if create.aspect_ratio is None and create.size is not None else {}
    return {**_PLACES, **(_PLACES_OF_ROLES if has_roles else _PLACES_OF_URLS), **ratio}
