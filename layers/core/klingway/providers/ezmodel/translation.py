"""A create of EzModel's in the canonical form, and what its own page sees wrong with it.

Source: EzModel's page "Kling Omni Video". What its published source takes and drops is taken, dropped and told.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from klingway.domain.errors import InvalidRequestError, Problem, expect_none
from klingway.domain.references import NUMBER, Reference, canonical, references_in
from klingway.domain.request import MAX_DURATION_S, MIN_DURATION_S
from klingway.providers.dialects import Translated
from klingway.providers.ezmodel import schema
from klingway.providers.ezmodel.options import KLING_REFERENCES
from klingway.providers.kling.wording import warnings_of_wording
from klingway.providers.spoken import read, with_their_places, without_empty

_PAGE: Final = "EzModel, Kling Omni Video"

_NOT_PASSED_ON: Final = ("multi_shot", "shot_type", "watermark_info")
"""Fields of Kling's own that EzModel's server takes and leaves out of its request to Kling; its page has none of them."""

_REFERENCE: Final = re.compile(rf"@(image|element|video)_({NUMBER})(?![0-9A-Za-z_])")
"""As the page spells images and elements, and as a video would be spelt there. Kling's own `<<<image_1>>>` is ours as well."""

_ROLES: Final = {None: "reference", "first_frame": "first_frame", "end_frame": "last_frame"}
_USES: Final = {None: "edit", "base": "edit", "feature": "feature"}
"""Where none is given, Kling's default: `base`."""

_PLACES: Final[Mapping[str, str]] = {
    "duration_s": "duration",
    "images": "image_list",
    "images[].url": "image_list[].image_url",
    "images[].role": "image_list[].type",
    "video": "video_list[0]",
    "video.url": "video_list[0].video_url",
    "video.use": "video_list[0].refer_type",
    "video.keep_sound": "video_list[0].keep_original_sound",
    "elements": "element_list",
    "elements[].id": "element_list[].element_id",
    "shots": "multi_prompt",
    "shots[].duration_s": "multi_prompt[].duration",
}
"""Theirs, by ours."""


def translate(body: Mapping[str, Any]) -> Translated:
    """Read a create.

    Raises:
        InvalidRequestError: With every problem that the page sees in its fields, each at the caller's place.
    """
    given = without_empty(dict(body))
    warnings = list(_drop_what_is_not_passed_on(given))
    of_model = {"model": "model_name"} if "model_name" in given else {}
    if of_model:
        warnings += _prefer_model_name(given)
    try:
        create = read(schema.OmniVideoCreate, given)
    except InvalidRequestError as error:
        raise with_their_places(error, of_model) from error
    expect_none(_broken_rules(create))
    if _is_edit(create) and create.duration is not None:
        warnings.append("duration: ignored with refer_type base, whose result is as long as the original video")
        create = create.model_copy(update={"duration": None})
    canonical_body, places = _canonical_body(create), {**_PLACES, **of_model}
    return Translated(
        kind="video",
        body=canonical_body,
        places=places,
        external_id=create.external_task_id,
        callback_url=create.callback_url,
        warnings=(*warnings, *warnings_of_wording(canonical_body, places)),
    )


def _drop_what_is_not_passed_on(given: dict[str, Any]) -> Iterator[str]:
    for name in _NOT_PASSED_ON:
        if name in given:
            del given[name]
            yield f"{name}: ignored, EzModel does not pass it on to Kling"
    shots = given.get("multi_prompt")
    numbered = [shot for shot in shots if isinstance(shot, dict) and "index" in shot] if isinstance(shots, list) else []
    for shot in numbered:
        del shot["index"]
    if numbered:
        yield "multi_prompt[].index: ignored, shots follow each other as they are listed"


def _prefer_model_name(given: dict[str, Any]) -> list[str]:
    """Kling's own name of the field wins over the page's, in EzModel's server."""
    name, model = given.pop("model_name"), given.get("model")
    given["model"] = name
    return [] if model in (None, name) else ["model: ignored, model_name is given and wins"]


def _broken_rules(create: schema.OmniVideoCreate) -> Iterator[Problem]:
    """What the page says between its fields; how long which workflow may last is in the profile."""
    if create.multi_prompt is None and create.prompt is None:
        yield _problem("prompt", "required", "prompt is required, or multi_prompt for several shots.")
    if create.multi_prompt is not None:
        for name in ("prompt", "duration"):
            if getattr(create, name) is not None:
                yield _problem(
                    name, "excluded", f"{name} cannot be used together with multi_prompt, where each shot has its own."
                )
        total_s = sum(int(shot.duration) for shot in create.multi_prompt)
        if not MIN_DURATION_S <= total_s <= MAX_DURATION_S:
            yield _problem(
                "multi_prompt",
                "too_long",
                f"the shots of multi_prompt add up to {total_s} s; {MIN_DURATION_S} to {MAX_DURATION_S} s are taken.",
                limit={"min": MIN_DURATION_S, "max": MAX_DURATION_S},
            )
    if create.sound == "on" and create.video_list:
        yield _problem("sound", "excluded", "sound on is not supported with video input; set it to off.", limit=["off"])


def _problem(field: str, code: str, message: str, *, limit: object = None) -> Problem:
    return Problem(field=field, code=code, message=message, limit=limit, source=_PAGE)


def _is_edit(create: schema.OmniVideoCreate) -> bool:
    return any(_USES[video.refer_type] == "edit" for video in create.video_list or [])


def _canonical_body(create: schema.OmniVideoCreate) -> dict[str, Any]:
    """Return what was given; the page's own defaults are the canonical ones."""
    same = ("model", "negative_prompt", "mode", "aspect_ratio", "cfg_scale")
    body = {name: getattr(create, name) for name in same} | {
        "prompt": None if create.prompt is None else _canonical_prompt(create.prompt),
        "duration_s": None if create.duration is None else int(create.duration),
        "sound": None if create.sound is None else create.sound == "on",
        "images": [_image(image) for image in create.image_list or []],
        "video": next((_video(video) for video in create.video_list or []), None),
        "elements": [{"id": str(element.element_id)} for element in create.element_list or []],
        "shots": [
            {"prompt": _canonical_prompt(shot.prompt), "duration_s": int(shot.duration)}
            for shot in create.multi_prompt or []
        ],
    }
    if _refers_as_kling_does(create):
        body["provider_options"] = {"ezmodel": {KLING_REFERENCES: True}}
    return {name: value for name, value in body.items() if value is not None and value != []}


def _refers_as_kling_does(create: schema.OmniVideoCreate) -> bool:
    """Tell whether a caller refers to a picture or an element in Kling's own words.

    EzModel's server rewrites nothing, so they reach Kling from there, and are to arrive as they are; where a prompt spells in
    both ways, all of it is Kling's. A video has no other spelling.
    """
    prompts = [create.prompt or "", *(shot.prompt for shot in create.multi_prompt or [])]
    return any(found.kind in {"image", "element"} for prompt in prompts for found in references_in(prompt))


def _image(image: schema.ImageItem) -> dict[str, str]:
    return {"url": image.image_url, "role": _ROLES[image.type]}


def _video(video: schema.VideoItem) -> dict[str, Any]:
    keeps = {} if video.keep_original_sound is None else {"keep_sound": video.keep_original_sound == "yes"}
    return {"url": video.video_url, "use": _USES[video.refer_type]} | keeps


def _canonical_prompt(prompt: str) -> str:
    return canonical(prompt, _REFERENCE, lambda found: Reference(found[1], int(found[2])))
