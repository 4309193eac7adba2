"""Unifically's requests in the canonical form, held against the rules of Unifically's own page.

Source: Unifically, Kling v3.0 Omni: the tables of parameters, modes and elements, and the sentences below them. Types,
lengths and lists of values are in `schema`; here is what one field says of another. Where the page is silent:

- `start_image_index` may stand wherever `image_urls` may, but for `transform`: Kling changes a clip and no frames;
- a prompt, or shots, is needed in every mode, as everywhere else;
- `duration` says nothing with `transform`, whose result is as long as its clip (Kling's API specification, `duration`);
- an element needs the source of its own type, and only that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from klingway.domain.errors import Problem, expect_none
from klingway.domain.request import Mode
from klingway.providers.dialects import Translated
from klingway.providers.spoken import read, without_empty
from klingway.providers.unifically import schema
from klingway.providers.unifically.profile import PAGE
from klingway.providers.unifically.spelling import ours, references_in

TWO_VIDEOS: Final = "two_videos"
"""The code of the one problem that the page answers with 400."""

_KLINGS_OWN: Final = "Kling's API specification, video_list: no start frame for a video to be edited"

_DEFAULT_MODE: Final[Mode] = "pro"
_RATIOS: Final = ("1:1", "9:16", "16:9")

_Input = Literal["image_urls", "elements", "start_frame_url", "end_frame_url", "video_url"]
_INPUTS: Final[tuple[_Input, ...]] = ("image_urls", "elements", "start_frame_url", "end_frame_url", "video_url")


@dataclass(frozen=True, slots=True)
class _VideoMode:
    """A row of the table of modes."""

    needs: tuple[_Input, ...] = ()
    """At least one of these."""
    takes: tuple[_Input, ...] = ()
    """These besides; every other input is rejected."""
    cap: int | None = None
    """Of image_urls and elements together."""


_VIDEO_MODES: Final[Mapping[str | None, _VideoMode]] = {
    None: _VideoMode(),
    "elements": _VideoMode(needs=("image_urls", "elements"), cap=7),
    "start_end_frame": _VideoMode(needs=("start_frame_url",), takes=("end_frame_url", "elements")),
    "transform": _VideoMode(needs=("video_url",), takes=("image_urls", "elements"), cap=4),
    "video_reference": _VideoMode(needs=("video_url",), takes=("image_urls", "elements"), cap=4),
}

_PLACES: Final[Mapping[str, str]] = {
    "prompt": "input.prompt",
    "mode": "input.mode",
    "duration_s": "input.duration",
    "aspect_ratio": "input.aspect_ratio",
    "sound": "input.native_audio",
    "shots": "input.multi_shots",
    "shots[].duration_s": "input.multi_shots[].duration",
    "elements": "input.elements",
    "elements[].name": "input.elements[]",
    "elements[].images": "input.elements[].image_urls",
    "elements[].video": "input.elements[].video_url",
    "video": "input.video_mode",
    "video.url": "input.video_url",
    "images": "input.image_urls",
    "images[].url": "input.image_urls[]",
    "images[].role": "input.image_urls[]",
}


def translate(body: Mapping[str, Any]) -> Translated:
    """Read the body of `POST /v1/tasks`.

    Raises:
        InvalidRequestError: With every problem that the page sees in its fields, at the caller's place.
    """
    create = read(schema.TaskCreate, without_empty(body))
    given = create.input
    expect_none([*_no_dry_run(create), *(problem for rule in _RULES for problem in rule(given))])
    is_transform = given.video_mode == "transform"
    canonical = {
        "prompt": None if given.prompt is None else ours(given.prompt),
        "shots": _shots(given),
        "mode": given.mode or _DEFAULT_MODE,
        "duration_s": None if is_transform else given.duration,
        "aspect_ratio": None if given.aspect_ratio == "auto" else given.aspect_ratio,
        "sound": given.native_audio,
        "images": _images(given),
        "elements": _elements(given),
        "video": {"url": given.video_url, "use": "edit" if is_transform else "feature"} if given.video_url else None,
    }
    ignored = "input.duration: ignored with video_mode transform, whose result is as long as its clip"
    return Translated(
        kind="video",
        body={name: value for name, value in canonical.items() if value is not None},
        places={**_PLACES, **_places_of_images(given)},
        callback_url=create.callback_url,
        warnings=(ignored,) if is_transform and given.duration is not None else (),
    )


# ------------------------------------------------------------------------------------------------------- the rules


def _problem(place: str, code: str, says: str, limit: Any = None, source: str = PAGE) -> Problem:  # noqa: ANN401 - as the problem's
    return Problem(field=place, code=code, message=f"{place} {says}", limit=limit, source=source)


def _no_dry_run(create: schema.TaskCreate) -> Iterator[Problem]:
    """A caller who only wants the price must not get, and pay for, a video."""
    if create.dry_run:
        says = (
            "is not taken, and nothing was made: POST /v1/estimates tells what a request costs, in the canonical form."
        )
        yield _problem("dry_run", "unsupported", says)


def _inputs_of_the_mode(given: schema.VideoInput) -> Iterator[Problem]:
    mode, said = _VIDEO_MODES[given.video_mode], _with(given)
    for name in _INPUTS:
        if getattr(given, name) is not None and name not in mode.needs + mode.takes:
            modes = [other for other, row in _VIDEO_MODES.items() if other and name in row.needs + row.takes]
            says = f"is rejected {said}; video_mode {' or '.join(modes)} takes it."
            yield _problem(f"input.{name}", "excluded", says, modes)
    if mode.needs and all(getattr(given, name) is None for name in mode.needs):
        others = "".join(f", or {name}" for name in mode.needs[1:])
        yield _problem(f"input.{mode.needs[0]}", "required", f"is required {said}{others}.")


def _with(given: schema.VideoInput) -> str:
    return f"with video_mode {given.video_mode}" if given.video_mode else "without a video_mode"


def _images_and_elements(given: schema.VideoInput) -> Iterator[Problem]:
    cap = _VIDEO_MODES[given.video_mode].cap
    images, elements = len(given.image_urls or []), len(given.elements or [])
    if cap is not None and images + elements > cap:
        place = "input.image_urls" if images else "input.elements"
        says = f"and elements are {images + elements} together; {_with(given)} at most {cap} are taken."
        yield _problem(place, "too_many", says if images else says.removeprefix("and elements "), {"max": cap})


def _start_image(given: schema.VideoInput) -> Iterator[Problem]:
    index, images = given.start_image_index, len(given.image_urls or [])
    if index is not None and index > images:
        place, code = "input.start_image_index", "too_large" if images else "excluded"
        says = f"is {index}, an index into image_urls, from 1: here there {'is' if images == 1 else 'are'} {images or 'none'}."
        yield _problem(place, code, says, {"min": 1, "max": images})
    elif index is not None and given.video_mode == "transform":
        says = "cannot be given with video_mode transform, which keeps the clip's own frames."
        yield _problem("input.start_image_index", "excluded", says, source=_KLINGS_OWN)


def _prompt_or_shots(given: schema.VideoInput) -> Iterator[Problem]:
    if given.prompt is not None and given.multi_shots is not None:
        yield _problem("input.prompt", "excluded", "and multi_shots exclude each other; each shot has its own prompt.")
    if given.prompt is None and given.multi_shots is None:
        yield _problem("input.prompt", "required", "is required, or multi_shots for several shots.")


def _ratio(given: schema.VideoInput) -> Iterator[Problem]:
    if given.aspect_ratio is None or (given.aspect_ratio == "auto") == (given.video_url is not None):
        return
    allowed = ("auto",) if given.video_url else _RATIOS
    where = "with" if given.video_url else "without"
    says = f"must be {' or '.join(allowed)} {where} video_url; here it is {given.aspect_ratio}."
    yield _problem("input.aspect_ratio", "not_one_of", says, list(allowed))


def _one_video(given: schema.VideoInput) -> Iterator[Problem]:
    for index, element in enumerate(given.elements or []):
        if element.type == "video" and given.video_url is not None:
            says = "cannot be video with video_url: the video element counts as the video reference."
            yield _problem(f"input.elements[{index}].type", TWO_VIDEOS, says)


def _sources_of_elements(given: schema.VideoInput) -> Iterator[Problem]:
    for index, element in enumerate(given.elements or []):
        place, kind = f"input.elements[{index}]", element.type or "image"
        own, other = ("video_url", "image_urls") if kind == "video" else ("image_urls", "video_url")
        if getattr(element, own) is None:
            yield _problem(f"{place}.{own}", "required", f"is required of an element of type {kind}.")
        if getattr(element, other) is not None:
            default = "" if element.type else ", the default"
            yield _problem(f"{place}.{other}", "excluded", f"cannot be given for an element of type {kind}{default}.")


def _references_point_at_something(given: schema.VideoInput) -> Iterator[Problem]:
    there = {"image": len(given.image_urls or []), "element": len(given.elements or [])}
    prompts = {"input.prompt": given.prompt} if given.prompt else {}
    prompts |= {f"input.multi_shots[{index}].prompt": shot.prompt for index, shot in enumerate(given.multi_shots or [])}
    for place, prompt in prompts.items():
        for spelt, reference in dict.fromkeys(references_in(prompt)):
            count = there[reference.kind]
            if not 1 <= reference.number <= count:
                field = "image_urls" if reference.kind == "image" else "elements"
                says = f"refers to {spelt}, but {field} has {count or 'none'}, counted from 1."
                yield _problem(place, "unknown_reference", says, count)


_RULES: Final = (
    _inputs_of_the_mode,
    _images_and_elements,
    _start_image,
    _prompt_or_shots,
    _ratio,
    _one_video,
    _sources_of_elements,
    _references_point_at_something,
)


# ------------------------------------------------------------------------------------------------------- the parts


def _shots(given: schema.VideoInput) -> list[dict[str, Any]] | None:
    if given.multi_shots is None:
        return None
    return [{"prompt": ours(shot.prompt), "duration_s": shot.duration} for shot in given.multi_shots]


def _images(given: schema.VideoInput) -> list[dict[str, str]] | None:
    if given.start_frame_url is not None:
        frames = {"first_frame": given.start_frame_url, "last_frame": given.end_frame_url}
        return [{"url": url, "role": role} for role, url in frames.items() if url is not None]
    if given.image_urls is None:
        return None
    return [
        {"url": url, "role": "first_frame"} if number == given.start_image_index else {"url": url}
        for number, url in enumerate(given.image_urls, start=1)
    ]


def _elements(given: schema.VideoInput) -> list[dict[str, Any]] | None:
    """Return the elements, named as prompts call them here, since other services need a name."""
    if given.elements is None:
        return None
    elements = [
        {
            "name": f"Element{number}",
            "description": element.description,
            "images": element.image_urls,
            "video": element.video_url,
        }
        for number, element in enumerate(given.elements, start=1)
    ]
    return [{name: value for name, value in element.items() if value is not None} for element in elements]


def _places_of_images(given: schema.VideoInput) -> dict[str, str]:
    """Return the caller's names of frames: two fields of their own, or the index into the reference images."""
    if given.start_frame_url is not None:
        fields = ("input.start_frame_url", "input.end_frame_url")
        frames = {
            f"images[{index}]{part}": field for index, field in enumerate(fields) for part in ("", ".url", ".role")
        }
        return {"images": fields[0], **frames}
    if given.start_image_index is not None:
        return {f"images[{given.start_image_index - 1}].role": "input.start_image_index"}
    return {}
