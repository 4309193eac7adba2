"""The rules between fields, each both ways."""

from __future__ import annotations

from typing import Any

import pytest
from klingway.domain.rules import NOT_YET
from klingway.domain.validation import read_request

from tests.unit.builders import CLIP, EDIT, FEATURE, FIRST, LAST, PICTURE, PROMPT, REFERENCE_IMAGE, elements, shots

INLINE = {"name": "dog", "description": "a brown dog", "images": [PICTURE]}

ACCEPTED: dict[str, dict[str, Any]] = {
    "prompt alone": PROMPT,
    "shots alone": {"shots": shots(3, 4)},
    "shots split as given": {"shots": shots(3, 4), "shot_split": "customize"},
    "intelligence with prompt": PROMPT | {"shot_split": "intelligence"},
    "shots that add up to duration_s": {"shots": shots(3, 4), "duration_s": 7},
    "shots that add up to 3": {"shots": shots(1, 2)},
    "shots that add up to 15": {"shots": shots(7, 8)},
    "a first frame alone": PROMPT | {"images": [FIRST]},
    "both frames, the last one first": PROMPT | {"images": [LAST, FIRST]},
    "references besides frames": PROMPT | {"images": [FIRST, REFERENCE_IMAGE, REFERENCE_IMAGE]},
    "a reference with an edit": PROMPT | {"images": [REFERENCE_IMAGE], "video": EDIT},
    "frames with a feature video": PROMPT | {"images": [FIRST, LAST], "video": FEATURE},
    "duration with a feature video": PROMPT | {"duration_s": 5, "video": FEATURE},
    "shots with a feature video": {"shots": shots(3), "video": FEATURE},
    "sound off with a video": PROMPT | {"sound": False, "video": EDIT},
    "sound without a video": PROMPT | {"sound": True},
    "an element without a description": PROMPT | {"elements": [{"name": "n", "images": [PICTURE]}]},
    "an element without a name": PROMPT | {"elements": [{"description": "n", "images": [PICTURE]}]},
    "an element by id": PROMPT | {"elements": elements(1)},
    "an element by id, the rest null": PROMPT | {"elements": [{"id": "160", "name": None}]},
    "an element of images": PROMPT | {"elements": [INLINE]},
    "an element with voice and tags": PROMPT | {"elements": [INLINE | {"voice_id": "v", "tags": ["o_102"]}]},
    "every reference there is": {
        "prompt": "<<<image_1>>> <<<image_2>>> <<<element_1>>> <<<video_1>>> <<<voice_1>>>",
        "images": [REFERENCE_IMAGE, REFERENCE_IMAGE],
        "elements": elements(1),
        "video": FEATURE,
        "voices": [{"id": "v"}],
    },
    "what is no reference": {"prompt": "<<image_9>> <<<object_9>>> image_9 <<<image_>>>"},
    "metadata of 2048 bytes": PROMPT | {"metadata": {"a": "x" * 2040}},
    "metadata of 2048 bytes in UTF-8": PROMPT | {"metadata": {"a": "é" * 1020}},
    "options of 32 KB": PROMPT | {"provider_options": {"klingai": {"a": "x" * (32_768 - len('{"klingai":{"a":""}}'))}}},
    "options with a picture": PROMPT | {"provider_options": {"klingai": {"static_mask": "A" * 1_000_000}}},
}

REFUSED: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "neither prompt nor shots": ({"mode": "std"}, [("prompt", "required")]),
    "both prompt and shots": (PROMPT | {"shots": shots(3)}, [("prompt", "excluded")]),
    "customize with prompt": (PROMPT | {"shot_split": "customize"}, [("shots", "required")]),
    "intelligence with shots": (
        PROMPT | {"shots": shots(3), "shot_split": "intelligence"}, [("shots", "excluded")],
    ),
    "intelligence without prompt": ({"shot_split": "intelligence"}, [("prompt", "required")]),
    "shots that do not add up to duration_s": (
        {"shots": shots(3, 4), "duration_s": 8}, [("duration_s", "not_the_sum")],
    ),
    "shots that add up to 2": ({"shots": shots(1, 1)}, [("shots", "too_short")]),
    "shots that add up to 16": ({"shots": shots(8, 8)}, [("shots", "too_long")]),
    "two first frames": (PROMPT | {"images": [FIRST, FIRST]}, [("images[1].role", "too_many")]),
    "three last frames": (
        PROMPT | {"images": [FIRST, LAST, LAST, LAST]}, [("images[2].role", "too_many"), ("images[3].role", "too_many")],
    ),
    "a last frame alone": (PROMPT | {"images": [REFERENCE_IMAGE, LAST]}, [("images[1].role", "needs_first_frame")]),
    "frames with an edit": (
        PROMPT | {"images": [FIRST, LAST], "video": EDIT},
        [("images[0].role", "excluded"), ("images[1].role", "excluded")],
    ),
    "duration with an edit": (PROMPT | {"duration_s": 5, "video": EDIT}, [("duration_s", "excluded")]),
    "shots with an edit": ({"shots": shots(3), "video": EDIT}, [("shots", "excluded")]),
    "intelligence with an edit": (
        PROMPT | {"shot_split": "intelligence", "video": EDIT}, [("shot_split", "excluded")],
    ),
    "an element by id and name": (
        PROMPT | {"elements": [{"id": "1", "name": "dog"}]}, [("elements[0].name", "excluded")],
    ),
    "an element by id and all": (
        PROMPT | {"elements": [INLINE | {"id": "1", "video": CLIP, "voice_id": "v", "tags": ["t"]}]},
        [(f"elements[0].{name}", "excluded") for name in ("description", "images", "name", "tags", "video", "voice_id")],
    ),
    "two elements of one name": (
        PROMPT | {"elements": [INLINE, INLINE | {"name": "other"}, INLINE]}, [("elements[2].name", "repeated")],
    ),
    "an element of nothing": (PROMPT | {"elements": [{}]}, [("elements[0]", "incomplete")]),
    "an element of neither images nor video": (
        PROMPT | {"elements": [{"name": "n", "description": "d"}]}, [("elements[0]", "incomplete")],
    ),
    "an element of images and video": (
        PROMPT | {"elements": [INLINE | {"video": CLIP}]}, [("elements[0]", "incomplete")],
    ),
    "metadata of 2049 bytes": (PROMPT | {"metadata": {"a": "x" * 2041}}, [("metadata", "too_large")]),
    "options beyond 32 KB": (
        PROMPT | {"provider_options": {"klingai": {"a": "x" * 16_384}, "apimart": {"a": "x" * 16_384}}},
        [("provider_options", "too_large")],
    ),
    "metadata of 2050 bytes in UTF-8": (PROMPT | {"metadata": {"a": "é" * 1021}}, [("metadata", "too_large")]),
}  # fmt: skip


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_no_rule_forbids_is_accepted(body: dict[str, Any]) -> None:
    """What stands on the right side of a rule has no problem."""
    assert [] == read_request("video", body)[1]


@pytest.mark.parametrize(("body", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_rule_forbids_is_named_once(body: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """Each broken rule is named at the field that has to change, and nothing else is."""
    problems = read_request("video", body)[1]

    assert expected == sorted((problem.field, problem.code) for problem in problems)


REFERENCES: dict[str, tuple[dict[str, Any], str, str, int]] = {
    "an image of none": ({"prompt": "<<<image_1>>>"}, "prompt", "<<<image_1>>>", 0),
    "the second image of one": (
        {"prompt": "<<<image_1>>> <<<image_2>>>", "images": [REFERENCE_IMAGE]}, "prompt", "<<<image_2>>>", 1,
    ),
    "the image before the first": (
        {"prompt": "<<<image_0>>>", "images": [REFERENCE_IMAGE]}, "prompt", "<<<image_0>>>", 1,
    ),
    "an element of none": ({"prompt": "<<<element_1>>>"}, "prompt", "<<<element_1>>>", 0),
    "the second video": ({"prompt": "<<<video_2>>>", "video": FEATURE}, "prompt", "<<<video_2>>>", 1),
    "a video of none": ({"prompt": "<<<video_1>>>"}, "prompt", "<<<video_1>>>", 0),
    "a voice of none": ({"prompt": "<<<voice_1>>>"}, "prompt", "<<<voice_1>>>", 0),
    "in the second shot": (
        {"shots": [*shots(3), {"prompt": "<<<image_1>>>", "duration_s": 3}]}, "shots[1].prompt", "<<<image_1>>>", 0,
    ),
    "five digits": ({"prompt": "<<<image_10000>>>"}, "prompt", "<<<image_10000>>>", 0),
    "twenty digits": (
        {"prompt": "<<<image_10000000000000000000>>>"}, "prompt", "<<<image_10000000000000000000>>>", 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "place", "reference", "count"), REFERENCES.values(), ids=REFERENCES.keys())
def test_a_reference_that_points_at_nothing_is_named(
    body: dict[str, Any], place: str, reference: str, count: int
) -> None:
    """The prompt, the reference and how many there are."""
    (problem,) = read_request("video", body)[1]

    assert (place, "unknown_reference", count) == (problem.field, problem.code, problem.limit)
    assert reference in problem.message


def test_each_reference_that_points_at_nothing_is_named_once() -> None:
    """Said three times it is one problem; two different ones are two."""
    problems = read_request("video", {"prompt": "<<<image_1>>> <<<image_1>>> <<<image_1>>> <<<video_1>>>"})[1]

    assert ["<<<image_1>>>", "<<<video_1>>>"] == [problem.message.partition(" ")[0] for problem in problems]


LATER: dict[str, Any] = {
    "retention_days": 30,
    "tags": ["a"],
}


@pytest.mark.parametrize("name", LATER)
def test_a_field_that_is_not_built_yet_is_refused(name: str) -> None:
    """It is agreed upon, so its form is known, but accepting it would be a lie."""
    (problem,) = read_request("video", PROMPT | {name: LATER[name]})[1]

    assert (name, "not_yet") == (problem.field, problem.code)


def test_the_fields_not_built_yet_are_the_designs() -> None:
    """Section 5 of the design lists them, and three that are."""
    assert set(LATER) == set(NOT_YET)


def test_null_in_a_field_that_is_not_built_yet_is_absent() -> None:
    """Null says nothing."""
    assert [] == read_request("video", PROMPT | dict.fromkeys(LATER))[1]


def test_a_rule_is_silent_where_one_of_its_fields_is_wrong_by_itself() -> None:
    """A broken duration_s says nothing of the sum; a broken shot nothing of a missing prompt."""
    wrong_duration = read_request("video", {"shots": shots(3, 4), "duration_s": "8"})[1]
    wrong_shot = read_request("video", {"shots": [{"prompt": "x", "duration_s": 0}]})[1]

    assert ["duration_s"] == [problem.field for problem in wrong_duration]
    assert ["shots[0].duration_s"] == [problem.field for problem in wrong_shot]
