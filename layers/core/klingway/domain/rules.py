"""The rules between fields of a request that hold for every provider.

Each rule names the fields it reads: where one of those is itself wrong, the rule is not applied, so that one mistake is
not reported twice.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from klingway.domain.errors import Problem
from klingway.domain.inputs import media_places, with_addresses
from klingway.domain.references import references_in
from klingway.domain.request import (
    MAX_DURATION_S,
    MIN_DURATION_S,
    AnyRequest,
    ImageRequest,
    Request,
    VideoRequest,
)

MAX_METADATA_BYTES = 2048
"""Metadata stands in the job's row and in every event about it."""

MAX_OPTIONS_BYTES = 32 * 1024
"""Three times what the largest ones have that any provider takes; those of one that a request does not go to are not read."""

NOT_YET = ("retention_days", "tags")
"""Fields of the request that are agreed upon but not built: accepting one and not acting on it would be a lie."""


@dataclass(frozen=True, slots=True)
class _Rule:
    of: type[Request]
    """The requests that it is about."""
    reads: frozenset[str]
    check: Callable[[Any], Iterator[Problem]]


_RULES: list[_Rule] = []


def _rule(
    *reads: str, of: type[Request] = Request
) -> Callable[[Callable[[Any], Iterator[Problem]]], Callable[[Any], Iterator[Problem]]]:
    def register(check: Callable[[Any], Iterator[Problem]]) -> Callable[[Any], Iterator[Problem]]:
        _RULES.append(_Rule(of, frozenset(reads), check))
        return check

    return register


def broken_rules(request: AnyRequest, broken_fields: frozenset[str] = frozenset()) -> list[Problem]:
    """Return every problem between the fields of a request, leaving out the fields known to be wrong by themselves."""
    applied = [rule for rule in _RULES if isinstance(request, rule.of) and not rule.reads & broken_fields]
    return [problem for rule in applied for problem in rule.check(request)]


@_rule("prompt", "shots", "shot_split", of=VideoRequest)
def _prompt_or_shots(request: VideoRequest) -> Iterator[Problem]:
    if request.shot_split == "intelligence":
        if request.shots is not None:
            yield Problem(
                field="shots",
                code="excluded",
                message="shots cannot be given with shot_split 'intelligence', which splits prompt by itself; give prompt alone.",
            )
        if request.prompt is None:
            yield Problem(field="prompt", code="required", message="prompt is required with shot_split 'intelligence'.")
        return
    if request.shot_split == "customize" and request.shots is None:
        yield Problem(field="shots", code="required", message="shots is required with shot_split 'customize'.")
    elif request.prompt is None and request.shots is None:
        yield Problem(field="prompt", code="required", message="prompt is required, or shots for a multi-shot video.")
    if request.prompt is not None and request.shots is not None:
        yield Problem(
            field="prompt",
            code="excluded",
            message="prompt and shots exclude each other; give one of them, each shot has its own prompt.",
        )


@_rule("prompt", of=ImageRequest)
def _pictures_of_something(request: ImageRequest) -> Iterator[Problem]:
    if request.prompt is None:
        yield Problem(field="prompt", code="required", message="prompt is required: say what to show.")


@_rule("series", "count", of=ImageRequest)
def _open_count_of_a_series(request: ImageRequest) -> Iterator[Problem]:
    if request.count == "auto" and not request.series:
        yield Problem(
            field="count",
            code="excluded",
            message="count 'auto' is for a series; give a number from 1 to 9, or set series to true.",
            limit={"min": 1, "max": 9},
        )


@_rule("prompt", "shots", "negative_prompt")
def _prompts_say_something(request: Request) -> Iterator[Problem]:
    negative = {} if request.negative_prompt is None else {"negative_prompt": request.negative_prompt}
    for place, prompt in (request.prompts | negative).items():
        if not prompt.strip():
            yield Problem(field=place, code="blank", message=f"{place} is blank; say what to show, or leave it out.")


@_rule("shots", "duration_s", of=VideoRequest)
def _shots_fill_the_duration(request: VideoRequest) -> Iterator[Problem]:
    if request.shots is None:
        return
    total_s = sum(shot.duration_s for shot in request.shots)
    if request.duration_s is not None and request.duration_s != total_s:
        yield Problem(
            field="duration_s",
            code="not_the_sum",
            message=f"duration_s is {request.duration_s} but the shots add up to {total_s}; give {total_s} or leave it out.",
            limit=total_s,
        )
    elif not MIN_DURATION_S <= total_s <= MAX_DURATION_S:
        yield Problem(
            field="shots",
            code="too_long" if total_s > MAX_DURATION_S else "too_short",
            message=f"the shots add up to {total_s} s; a video lasts {MIN_DURATION_S} to {MAX_DURATION_S} s.",
            limit={"min": MIN_DURATION_S, "max": MAX_DURATION_S},
        )


@_rule("images")
def _frames(request: Request) -> Iterator[Problem]:
    for role in ("first_frame", "last_frame"):
        places = [index for index, image in enumerate(request.images or []) if image.role == role]
        for index in places[1:]:
            yield Problem(
                field=f"images[{index}].role",
                code="too_many",
                message=f"only one image can be the {role}; images[{places[0]}] is it already.",
                limit={"max": 1},
            )
    if request.images_of("last_frame") and not request.images_of("first_frame"):
        place = next(index for index, image in enumerate(request.images or []) if image.role == "last_frame")
        yield Problem(
            field=f"images[{place}].role",
            code="needs_first_frame",
            message="a last_frame needs a first_frame among the images.",
        )


@_rule("images", "video", of=VideoRequest)
def _no_frames_with_an_edit(request: VideoRequest) -> Iterator[Problem]:
    if not request.is_edit:
        return
    for index, image in enumerate(request.images or []):
        if image.role != "reference":
            yield Problem(
                field=f"images[{index}].role",
                code="excluded",
                message=f"a {image.role} cannot be given with a video to edit; use role 'reference' or video.use 'feature'.",
            )


@_rule("video", "duration_s", of=VideoRequest)
def _an_edit_keeps_its_length(request: VideoRequest) -> Iterator[Problem]:
    if request.is_edit and request.duration_s is not None:
        yield Problem(
            field="duration_s",
            code="excluded",
            message="duration_s cannot be given with a video to edit: the result is as long as that video.",
        )


@_rule("video", "shots", "shot_split", of=VideoRequest)
def _an_edit_has_no_shots(request: VideoRequest) -> Iterator[Problem]:
    if request.is_edit and request.is_multi_shot:
        yield Problem(
            field="shots" if request.shots is not None else "shot_split",
            code="excluded",
            message="a video to edit keeps its own shots; give prompt instead.",
        )


@_rule("elements")
def _an_element_is_known_or_described(request: Request) -> Iterator[Problem]:
    for index, element in enumerate(request.elements or []):
        parts = ("name", "description", "images", "video", "voice_id", "tags")
        described = [name for name in parts if getattr(element, name) is not None]
        if element.id is not None:
            for name in described:
                yield Problem(
                    field=f"elements[{index}].{name}",
                    code="excluded",
                    message=f"{name} cannot be given with id: the element exists already.",
                )
        elif (element.images is None) == (element.video is None):
            yield Problem(
                field=f"elements[{index}]",
                code="incomplete",
                message="an element takes either id, or one of images and video, with a name and a description.",
            )


@_rule("elements")
def _element_names_differ(request: Request) -> Iterator[Problem]:
    """Where a prompt refers to elements by name, two of one name are one too many."""
    first: dict[str, int] = {}
    for index, element in enumerate(request.elements or []):
        if element.name is not None and first.setdefault(element.name, index) != index:
            yield Problem(
                field=f"elements[{index}].name",
                code="repeated",
                message=f"elements[{first[element.name]}] has this name already; give each element one of its own.",
            )


@_rule("prompt", "shots", "images", "elements", "video", "voices")
def _references_point_at_something(request: Request) -> Iterator[Problem]:
    given = request.referable
    for place, prompt in request.prompts.items():
        for reference in dict.fromkeys(references_in(prompt)):
            count = given[reference.kind]
            if not 1 <= reference.number <= count:
                what = (
                    f"the request has {count} {reference.kind}{'' if count == 1 else 's'}, counted from 1"
                    if count
                    else f"the request has no {reference.kind}"
                )
                yield Problem(
                    field=place,
                    code="unknown_reference",
                    message=f"{reference} refers to nothing: {what}.",
                    limit=count,
                )


@_rule("metadata")
def _metadata_is_small(request: Request) -> Iterator[Problem]:
    if request.metadata is None:
        return
    size_bytes = len(json.dumps(request.metadata, ensure_ascii=False, separators=(",", ":")).encode())
    if size_bytes > MAX_METADATA_BYTES:
        yield Problem(
            field="metadata",
            code="too_large",
            message=f"metadata is {size_bytes} bytes of JSON; at most {MAX_METADATA_BYTES} are kept.",
            limit={"max_bytes": MAX_METADATA_BYTES},
        )


@_rule("provider_options")
def _options_are_small(request: Request) -> Iterator[Problem]:
    """All of them together, without their pictures, which have a bound of their own."""
    if request.provider_options is None:
        return
    pictures = media_places({"provider_options": request.provider_options})
    options = with_addresses(request, dict.fromkeys(pictures, "-")).provider_options
    size_bytes = len(json.dumps(options, ensure_ascii=False, separators=(",", ":")).encode())
    if size_bytes > MAX_OPTIONS_BYTES:
        yield Problem(
            field="provider_options",
            code="too_large",
            message=f"provider_options is {size_bytes} bytes of JSON without pictures; at most {MAX_OPTIONS_BYTES} are taken.",
            limit={"max_bytes": MAX_OPTIONS_BYTES},
        )


@_rule()
def _not_yet(request: Request) -> Iterator[Problem]:
    for name in NOT_YET:
        if getattr(request, name) is not None:
            yield Problem(field=name, code="not_yet", message=f"{name} is not built yet; leave it out.")
