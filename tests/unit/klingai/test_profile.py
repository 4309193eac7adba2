"""KlingAI's models at each limit of the specification and beyond, and each dated change the day before and on the day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from klingway.domain.validation import provider_problems, read_request
from klingway.providers.klingai.profile import klingai_profile

from tests.unit.builders import (
    CLIP,
    EDIT,
    FEATURE,
    FIRST,
    LAST,
    PICTURE,
    PROMPT,
    REFERENCE_IMAGE,
    SEED_DAY,
    elements,
    shots,
    video_request,
)  # fmt: skip

SPECIFICATION = "KlingAI Series 3.0 Model API Specification, 2026-02-10"
OMNI, V3, O1 = "kling-v3-omni", "kling-v3", "kling-video-o1"
INLINE = {"name": "dog", "description": "a brown dog", "images": [PICTURE, PICTURE]}
FILMED = {"name": "anna", "description": "a woman in red", "video": CLIP}
STD_PRO = ["std", "pro"]


def refs(count: int) -> list[dict[str, Any]]:
    return [REFERENCE_IMAGE] * count


def named(element: dict[str, Any], count: int) -> list[dict[str, Any]]:
    return [element | {"name": f"{element['name']} {number}"} for number in range(count)]


def problems(model: str, body: dict[str, Any], on: date = SEED_DAY) -> list[tuple[str, str, Any, str | None]]:
    request, broken, _ = read_request("video", {"model": model} | body)
    assert [] == broken, "the canonical model takes it"
    return [
        (problem.field, problem.code, problem.limit, problem.source)
        for problem in provider_problems(request, klingai_profile(on))
    ]


TAKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "omni: prompt of 2500": (OMNI, {"prompt": "x" * 2500}),
    "omni: a shot's prompt of 512": (OMNI, {"shots": shots(3, prompt="x" * 512)}),
    "omni: 1 shot": (OMNI, {"shots": shots(15)}),
    "omni: 6 shots": (OMNI, {"shots": shots(1, 1, 1, 1, 1, 1)}),
    "omni: a shot of 1 s": (OMNI, {"shots": shots(1, 14)}),
    "omni: 3 s": (OMNI, PROMPT | {"duration_s": 3}),
    "omni: 15 s": (OMNI, PROMPT | {"duration_s": 15}),
    "omni: 7 images": (OMNI, PROMPT | {"images": refs(7)}),
    "omni: 7 elements": (OMNI, PROMPT | {"elements": elements(7)}),
    "omni: 4 images and 3 elements": (OMNI, PROMPT | {"images": refs(4), "elements": elements(3)}),
    "omni: an edit with 4 images": (OMNI, PROMPT | {"video": EDIT, "images": refs(4)}),
    "omni: a feature video with 2 images and 2 elements": (
        OMNI, PROMPT | {"video": FEATURE, "images": refs(2), "elements": elements(2)},
    ),
    "omni: a feature video with 4 elements": (OMNI, PROMPT | {"video": FEATURE, "elements": elements(4)}),
    "omni: a feature video for 10 s": (OMNI, PROMPT | {"video": FEATURE, "duration_s": 10}),
    "omni: a feature video with both frames": (OMNI, PROMPT | {"video": FEATURE, "images": [FIRST, LAST]}),
    "omni: a first frame with 3 elements": (OMNI, PROMPT | {"images": [FIRST], "elements": elements(3)}),
    "omni: both frames with 3 elements": (OMNI, PROMPT | {"images": [FIRST, LAST], "elements": elements(3)}),
    "omni: a first frame among 3 images": (OMNI, PROMPT | {"images": [FIRST, *refs(2)]}),
    "omni: a first frame with an aspect ratio": (OMNI, PROMPT | {"images": [FIRST], "aspect_ratio": "1:1"}),
    "omni: a first frame with shots": (OMNI, {"images": [FIRST], "shots": shots(3, 3)}),
    "omni: sound": (OMNI, PROMPT | {"sound": True}),
    "omni: watermark": (OMNI, PROMPT | {"watermark": True}),
    "omni: std": (OMNI, PROMPT | {"mode": "std"}),
    "omni: pro": (OMNI, PROMPT | {"mode": "pro"}),
    "omni: customize": (OMNI, {"shots": shots(3), "shot_split": "customize"}),
    "omni: an element's id of 18 digits": (OMNI, PROMPT | {"elements": [{"id": "829836802793406551"}]}),
    "omni: an element of 2 images": (OMNI, PROMPT | {"elements": [INLINE]}),
    "omni: an element of 4 images, with tags": (
        OMNI,
        PROMPT | {"elements": [INLINE | {"images": [PICTURE] * 4, "tags": ["o_101", "o_108"]}]},
    ),
    "omni: elements made from videos, with a voice": (
        OMNI,
        PROMPT | {"elements": [*named(FILMED, 3), FILMED | {"voice_id": "829877"}]},
    ),
    "omni: an element of images with a feature video": (OMNI, PROMPT | {"video": FEATURE, "elements": [INLINE]}),
    "v3: elements of both kinds with a first frame": (V3, PROMPT | {"images": [FIRST], "elements": [INLINE, FILMED]}),
    "o1: an element of images": (O1, PROMPT | {"elements": [INLINE]}),
    "omni: the greatest long as an element's id": (OMNI, PROMPT | {"elements": [{"id": "9223372036854775807"}]}),
    "v3: prompt and negative prompt of 2500": (V3, {"prompt": "x" * 2500, "negative_prompt": "x" * 2500}),
    "v3: 3 s": (V3, PROMPT | {"duration_s": 3}),
    "v3: 15 s": (V3, PROMPT | {"duration_s": 15}),
    "v3: 6 shots of 512": (V3, {"shots": shots(1, 1, 1, 1, 1, 1, prompt="x" * 512)}),
    "v3: intelligence": (V3, PROMPT | {"shot_split": "intelligence"}),
    "v3: sound": (V3, PROMPT | {"sound": True, "mode": "pro"}),
    "v3: watermark": (V3, PROMPT | {"watermark": True}),
    "v3: a first frame": (V3, PROMPT | {"images": [FIRST]}),
    "v3: both frames": (V3, PROMPT | {"images": [FIRST, LAST], "negative_prompt": "blur"}),
    "v3: a first frame with 3 elements": (V3, PROMPT | {"images": [FIRST], "elements": elements(3)}),
    "v3: a first frame with shots": (V3, {"images": [FIRST], "shots": shots(3, 3)}),
    "v3: aspect ratio": (V3, PROMPT | {"aspect_ratio": "9:16"}),
    "o1: 5 s by default": (O1, PROMPT),
    "o1: 5 s": (O1, PROMPT | {"duration_s": 5}),
    "o1: 10 s": (O1, PROMPT | {"duration_s": 10}),
    "o1: a first frame, 5 s": (O1, PROMPT | {"images": [FIRST], "duration_s": 5}),
    "o1: a first frame, 10 s": (O1, PROMPT | {"images": [FIRST], "duration_s": 10}),
    "o1: elements alone, 7 s": (O1, PROMPT | {"elements": elements(1), "duration_s": 7}),
    "o1: a first frame among reference images, 7 s": (
        O1,
        PROMPT | {"images": [FIRST, *refs(1)], "duration_s": 7},
    ),
    "o1: a first frame with a feature video, 7 s": (
        O1,
        PROMPT | {"images": [FIRST], "video": FEATURE, "duration_s": 7},
    ),
    "o1: both frames, 3 s": (O1, PROMPT | {"images": [FIRST, LAST], "duration_s": 3}),
    "o1: both frames, 10 s": (O1, PROMPT | {"images": [FIRST, LAST], "duration_s": 10}),
    "o1: reference image, 3 s": (O1, PROMPT | {"images": refs(1), "duration_s": 3}),
    "o1: reference image, 7 s": (O1, PROMPT | {"images": refs(1), "duration_s": 7}),
    "o1: 7 images": (O1, PROMPT | {"images": refs(7)}),
    "o1: a feature video, 7 s": (O1, PROMPT | {"video": FEATURE, "duration_s": 7}),
    "o1: an edit with 4 elements": (O1, PROMPT | {"video": EDIT, "elements": elements(4)}),
    "o1: a first frame with 3 elements": (O1, PROMPT | {"images": [FIRST], "elements": elements(3)}),
    "o1: both frames with 3 elements, before 2026-03-11": (
        O1, PROMPT | {"images": [FIRST, LAST], "elements": elements(3)},
    ),
    "o1: sound off": (O1, PROMPT | {"sound": False}),
    "o1: watermark": (O1, PROMPT | {"watermark": True}),
    "o1: pro": (O1, PROMPT | {"mode": "pro"}),
}  # fmt: skip


@pytest.mark.parametrize(("model", "body"), TAKEN.values(), ids=TAKEN.keys())
def test_what_the_document_allows_is_taken(model: str, body: dict[str, Any]) -> None:
    """Each rule of the specification at its limit, on the specification's own day."""
    assert [] == problems(model, body)


NOT_TAKEN: dict[str, tuple[str, dict[str, Any], list[tuple[str, str, Any]]]] = {
    "omni: a shot's prompt of 513": (
        OMNI, {"shots": [*shots(3), *shots(3, prompt="x" * 513)]}, [("shots[1].prompt", "too_long", {"max": 512})],
    ),
    "omni: 8 images": (OMNI, PROMPT | {"images": refs(8)}, [("images", "too_many", {"max": 7})]),
    "omni: 8 elements": (OMNI, PROMPT | {"elements": elements(8)}, [("elements", "too_many", {"max": 7})]),
    "omni: 4 images and 4 elements": (
        OMNI, PROMPT | {"images": refs(4), "elements": elements(4)}, [("images", "too_many", {"max": 7})],
    ),
    "omni: an edit with 5 images": (
        OMNI, PROMPT | {"video": EDIT, "images": refs(5)}, [("images", "too_many", {"max": 4})],
    ),
    "omni: a feature video with 3 images and 2 elements": (
        OMNI, PROMPT | {"video": FEATURE, "images": refs(3), "elements": elements(2)},
        [("images", "too_many", {"max": 4})],
    ),
    "omni: a feature video with 5 elements": (
        OMNI, PROMPT | {"video": FEATURE, "elements": elements(5)}, [("elements", "too_many", {"max": 4})],
    ),
    "omni: a first frame with 4 elements": (
        OMNI, PROMPT | {"images": [FIRST], "elements": elements(4)}, [("elements", "too_many", {"max": 3})],
    ),
    "omni: a last frame among 3 images": (
        OMNI, PROMPT | {"images": [FIRST, *refs(1), LAST]}, [("images[2].role", "excluded", [])],
    ),
    "omni: negative prompt": (OMNI, PROMPT | {"negative_prompt": "blur"}, [("negative_prompt", "unsupported", None)]),
    "omni: cfg_scale": (OMNI, PROMPT | {"cfg_scale": 0.5}, [("cfg_scale", "unsupported", None)]),
    "omni: voices": (OMNI, PROMPT | {"voices": [{"id": "v"}]}, [("voices", "unsupported", None)]),
    "omni: an element of 1 image": (
        OMNI, PROMPT | {"elements": [INLINE | {"images": [PICTURE]}]},
        [("elements[0].images", "too_few", {"min": 2, "max": 4})],
    ),
    "omni: an element's tag of no list": (
        OMNI, PROMPT | {"elements": [INLINE | {"tags": ["o_101", "o_100"]}]},
        [("elements[0].tags[1]", "not_one_of", [f"o_10{number}" for number in range(1, 9)])],
    ),
    "omni: an element made from a video, with a feature video": (
        OMNI, PROMPT | {"video": FEATURE, "elements": [FILMED]}, [("elements[0].video", "excluded", [])],
    ),
    "omni: an element made from a video, with a video to edit": (
        OMNI, PROMPT | {"video": EDIT, "elements": [INLINE, FILMED]}, [("elements[1].video", "excluded", [])],
    ),
    "o1: an element made from a video": (
        O1, PROMPT | {"elements": [FILMED]}, [("elements[0].video", "unsupported", None)],
    ),
    "v3: a described element without a first frame": (
        V3, PROMPT | {"elements": [INLINE]}, [("elements", "too_many", {"max": 0})],
    ),
    "omni: an element's id that is no number": (
        OMNI, PROMPT | {"elements": [*elements(1), {"id": "el_1"}]},
        [("elements[1].id", "wrong_form", ...)],
    ),
    "omni: an element numbered 0": (OMNI, PROMPT | {"elements": [{"id": "0"}]}, [("elements[0].id", "wrong_form", ...)]),
    "omni: an element's number with a zero in front": (
        OMNI, PROMPT | {"elements": [{"id": "0160"}]}, [("elements[0].id", "wrong_form", ...)],
    ),
    "omni: an element's id beyond a long": (
        OMNI, PROMPT | {"elements": [{"id": "9" * 20}]}, [("elements[0].id", "wrong_form", ...)],
    ),
    "omni: option that there is not": (
        OMNI, PROMPT | {"provider_options": {"klingai": {"seed": 1}}},
        [(
            "provider_options.klingai.seed", "unknown_field",
            ["camera_control", "dynamic_masks", "human_fidelity", "image_fidelity", "image_reference", "static_mask"],
        )],
    ),
    "v3: a shot's prompt of 513": (
        V3, {"shots": shots(3, prompt="x" * 513)}, [("shots[0].prompt", "too_long", {"max": 512})],
    ),
    "v3: reference image": (V3, PROMPT | {"images": refs(1)}, [("images[0]", "unsupported", None)]),
    "v3: video to edit": (V3, PROMPT | {"video": EDIT}, [("video", "unsupported", None)]),
    "v3: feature video": (V3, PROMPT | {"video": FEATURE}, [("video", "unsupported", None)]),
    "v3: elements without a first frame": (
        V3, PROMPT | {"elements": elements(1)}, [("elements", "too_many", {"max": 0})],
    ),
    "v3: a first frame with 4 elements": (
        V3, PROMPT | {"images": [FIRST], "elements": elements(4)}, [("elements", "too_many", {"max": 3})],
    ),
    "v3: a first frame with an aspect ratio": (
        V3, PROMPT | {"images": [FIRST], "aspect_ratio": "16:9"}, [("aspect_ratio", "excluded", [])],
    ),
    "v3: cfg_scale": (V3, PROMPT | {"cfg_scale": 0.5}, [("cfg_scale", "unsupported", None)]),
    "v3: voices without sound": (V3, PROMPT | {"voices": [{"id": "v"}]}, [("voices", "too_many", {"max": 0})]),
    "v3: voices with elements": (
        V3, PROMPT | {"voices": [{"id": "v"}], "sound": True, "images": [FIRST], "elements": elements(1)},
        [("voices", "too_many", {"max": 0})],
    ),
    "o1: shots": (O1, {"shots": shots(5)}, [("shots", "unsupported", None)]),
    "o1: intelligence": (O1, PROMPT | {"shot_split": "intelligence"}, [("shot_split", "unsupported", None)]),
    "o1: sound": (O1, PROMPT | {"sound": True}, [("sound", "unsupported", None)]),
    "o1: negative prompt": (O1, PROMPT | {"negative_prompt": "x"}, [("negative_prompt", "unsupported", None)]),
    "o1: 4k": (O1, PROMPT | {"mode": "4k"}, [("mode", "not_one_of", STD_PRO)]),
    "o1: 4 s of text": (O1, PROMPT | {"duration_s": 4}, [("duration_s", "not_one_of", [5, 10])]),
    "o1: 9 s of text": (O1, PROMPT | {"duration_s": 9}, [("duration_s", "not_one_of", [5, 10])]),
    "o1: a first frame, 6 s": (
        O1, PROMPT | {"images": [FIRST], "duration_s": 6}, [("duration_s", "not_one_of", [5, 10])],
    ),
    "o1: a last frame among 3 images": (
        O1, PROMPT | {"images": [FIRST, LAST, *refs(1)]}, [("images[1].role", "excluded", [])],
    ),
    "o1: a first frame with 4 elements": (
        O1, PROMPT | {"images": [FIRST], "elements": elements(4)}, [("elements", "too_many", {"max": 3})],
    ),
    "o1: 8 images": (O1, PROMPT | {"images": refs(8)}, [("images", "too_many", {"max": 7})]),
    "o1: a feature video with 5 images": (
        O1, PROMPT | {"video": FEATURE, "images": refs(5)}, [("images", "too_many", {"max": 4})],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("model", "body", "expected"), NOT_TAKEN.values(), ids=NOT_TAKEN.keys())
def test_what_the_document_forbids_is_named_with_its_limit(
    model: str, body: dict[str, Any], expected: list[tuple[str, str, Any]]
) -> None:
    """Each rule one beyond its limit, on the specification's own day: the field, the code and the limit."""
    found = problems(model, body)

    assert [(field, code) for field, code, _ in expected] == [(field, code) for field, code, _, _ in found]
    assert all(limit in (..., given) for (_, _, limit), (_, _, given, _) in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("model", "body", "limits"),
    [
        pytest.param(O1, PROMPT | {"images": refs(1), "duration_s": 11}, {"min": 3, "max": 10}, id="o1, images, 11 s"),
        pytest.param(O1, PROMPT | {"video": FEATURE, "duration_s": 11}, {"min": 3, "max": 10}, id="o1, video, 11 s"),
        pytest.param(
            OMNI, PROMPT | {"video": FEATURE, "duration_s": 11}, {"min": 3, "max": 10}, id="omni, video, 11 s"
        ),
    ],
)
def test_a_duration_beyond_the_models_is_too_long(model: str, body: dict[str, Any], limits: dict[str, int]) -> None:
    """The same field has the same codes whoever's limit it is: `too_long`, as the design's own example spells it."""
    ((field, code, limit, source),) = problems(model, body)

    assert ("duration_s", limits, SPECIFICATION) == (field, limit, source)
    assert "too_long" == code


ON = date.fromisoformat
BOTH_SHOT = {"images": [FIRST, LAST], "shots": shots(3, 3)}
FIRST_SHOT = {"images": [FIRST], "shots": shots(3, 3)}
DATED: dict[str, tuple[str, dict[str, Any], date, list[str]]] = {
    "omni intelligence, before": (OMNI, PROMPT | {"shot_split": "intelligence"}, ON("2026-03-10"), ["shot_split"]),
    "omni intelligence, on 2026-03-11": (OMNI, PROMPT | {"shot_split": "intelligence"}, ON("2026-03-11"), []),
    "o1 both frames with elements, before": (
        O1, PROMPT | {"images": [FIRST, LAST], "elements": elements(1)}, ON("2026-03-10"), [],
    ),
    "o1 both frames with elements, on 2026-03-11": (
        O1, PROMPT | {"images": [FIRST, LAST], "elements": elements(1)}, ON("2026-03-11"), ["elements"],
    ),
    "o1 a first frame with elements, on 2026-03-11": (
        O1, PROMPT | {"images": [FIRST], "elements": elements(1)}, ON("2026-03-11"), [],
    ),
    "omni both frames with elements, on 2026-03-11": (
        OMNI, PROMPT | {"images": [FIRST, LAST], "elements": elements(3)}, ON("2026-03-11"), [],
    ),
    "omni shots with frames, before": (OMNI, BOTH_SHOT, ON("2026-03-10"), []),
    "omni shots with frames, on 2026-03-11": (OMNI, BOTH_SHOT, ON("2026-03-11"), ["images"]),
    "omni shots with frames, before it was lifted": (OMNI, BOTH_SHOT, ON("2026-05-06"), ["images"]),
    "omni shots with frames, on 2026-05-07": (OMNI, BOTH_SHOT, ON("2026-05-07"), []),
    "omni intelligence with a first frame, 2026-05-06": (
        OMNI, PROMPT | {"shot_split": "intelligence", "images": [FIRST]}, ON("2026-05-06"), ["images"],
    ),
    "omni shots with references, on 2026-03-11": (OMNI, {"images": refs(2), "shots": shots(3)}, ON("2026-03-11"), []),
    "v3 shots with a frame, before": (V3, FIRST_SHOT, ON("2026-03-10"), []),
    "v3 shots with a frame, on 2026-03-11": (V3, FIRST_SHOT, ON("2026-03-11"), ["images"]),
    "v3 shots with a frame, before it was lifted": (V3, FIRST_SHOT, ON("2026-05-06"), ["images"]),
    "v3 shots with a frame, on 2026-05-07": (V3, BOTH_SHOT, ON("2026-05-07"), []),
    "a voice of an element made from images, before": (
        OMNI, PROMPT | {"elements": [INLINE | {"voice_id": "v"}]}, ON("2026-03-22"), ["elements[0].voice_id"],
    ),
    "a voice of an element made from images, on 2026-03-23": (
        OMNI, PROMPT | {"elements": [INLINE | {"voice_id": "v"}]}, ON("2026-03-23"), [],
    ),
    "omni 4 elements made from videos, before": (OMNI, PROMPT | {"elements": named(FILMED, 4)}, ON("2026-03-31"), []),
    "omni 4 elements made from videos, on 2026-04-01": (
        OMNI, PROMPT | {"elements": named(FILMED, 4)}, ON("2026-04-01"), ["elements[3].video"],
    ),
    "omni 3 elements made from videos with 4 images and elements, on 2026-04-01": (
        OMNI, PROMPT | {"images": refs(2), "elements": [*named(INLINE, 2), *named(FILMED, 3)]}, ON("2026-04-01"), [],
    ),
    "omni an element made from a video with 5 images, before": (
        OMNI, PROMPT | {"images": refs(5), "elements": [FILMED]}, ON("2026-03-31"), [],
    ),
    "omni an element made from a video with 5 images, on 2026-04-01": (
        OMNI, PROMPT | {"images": refs(5), "elements": [FILMED]}, ON("2026-04-01"), ["images"],
    ),
    "omni an element made from a video with 5 of images, on 2026-04-01": (
        OMNI, PROMPT | {"elements": [*named(INLINE, 5), FILMED]}, ON("2026-04-01"), ["elements[4].images"],
    ),
    "omni 7 images and elements of images without one made from a video, on 2026-04-01": (
        OMNI, PROMPT | {"images": refs(3), "elements": named(INLINE, 4)}, ON("2026-04-01"), [],
    ),
    "omni an element made from a video with 5 that exist, on 2026-04-01": (
        OMNI, PROMPT | {"elements": [*elements(5), FILMED]}, ON("2026-04-01"), [],
    ),
    "omni 4k, before": (OMNI, PROMPT | {"mode": "4k"}, ON("2026-04-22"), ["mode"]),
    "omni 4k, on 2026-04-23": (OMNI, PROMPT | {"mode": "4k"}, ON("2026-04-23"), []),
    "v3 text 4k, before": (V3, PROMPT | {"mode": "4k"}, ON("2026-04-22"), ["mode"]),
    "v3 text 4k, on 2026-04-23": (V3, PROMPT | {"mode": "4k"}, ON("2026-04-23"), []),
    "v3 image 4k, before": (V3, PROMPT | {"mode": "4k", "images": [FIRST]}, ON("2026-04-22"), ["mode"]),
    "v3 image 4k, on 2026-04-23": (V3, PROMPT | {"mode": "4k", "images": [FIRST]}, ON("2026-04-23"), []),
    "o1 4k, on 2026-04-23": (O1, PROMPT | {"mode": "4k"}, ON("2026-04-23"), ["mode"]),
    "omni 4k with a video, on 2026-04-23": (OMNI, PROMPT | {"mode": "4k", "video": FEATURE}, ON("2026-04-23"), ["mode"]),
    "omni 4k with a video, before": (OMNI, PROMPT | {"mode": "4k", "video": EDIT}, ON("2026-06-16"), ["mode"]),
    "omni 4k with a video, on 2026-06-17": (OMNI, PROMPT | {"mode": "4k", "video": EDIT}, ON("2026-06-17"), []),
    "omni video of 15 s, before": (OMNI, PROMPT | {"video": FEATURE, "duration_s": 15}, ON("2026-06-16"), ["duration_s"]),
    "omni video of 15 s, on 2026-06-17": (OMNI, PROMPT | {"video": FEATURE, "duration_s": 15}, ON("2026-06-17"), []),
    "o1 video of 11 s, on 2026-06-17": (
        O1, PROMPT | {"video": FEATURE, "duration_s": 11}, ON("2026-06-17"), ["duration_s"],
    ),
    "omni shots with a feature video, before": (OMNI, {"shots": shots(3), "video": FEATURE}, ON("2026-06-16"), []),
    "omni shots with a feature video, on 2026-06-17": (
        OMNI, {"shots": shots(3), "video": FEATURE}, ON("2026-06-17"), ["shots"],
    ),
    "omni intelligence with a feature video, on 2026-06-17": (
        OMNI, PROMPT | {"shot_split": "intelligence", "video": FEATURE}, ON("2026-06-17"), [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("model", "body", "on", "expected"), DATED.values(), ids=DATED.keys())
def test_a_dated_change_holds_from_its_day(model: str, body: dict[str, Any], on: date, expected: list[str]) -> None:
    """Each change in Kling's changelog, the day before and on the day."""
    assert expected == [field for field, _, _, _ in problems(model, body, on)]


@pytest.mark.parametrize(
    ("model", "body", "on", "source"),
    [
        pytest.param(OMNI, PROMPT | {"mode": "4k"}, SEED_DAY, SPECIFICATION, id="the specification"),
        pytest.param(OMNI, BOTH_SHOT, ON("2026-03-11"), "2026-03-11", id="the changelog of March"),
        pytest.param(
            V3, PROMPT | {"images": [FIRST], "aspect_ratio": "1:1"}, SEED_DAY, "Kling's own client", id="client"
        ),
        pytest.param(O1, PROMPT | {"sound": True}, SEED_DAY, SPECIFICATION, id="the capability map"),
    ],
)
def test_a_problem_names_its_source(model: str, body: dict[str, Any], on: date, source: str) -> None:
    """Whose rule it is, with its date."""
    ((_, _, _, said),) = problems(model, body, on)

    assert said is not None
    assert source in said


def test_a_message_names_model_circumstances_limit_and_value() -> None:
    """A person can read what is allowed, when, and what was given."""
    request = video_request(prompt="x", video=FEATURE, images=refs(5))

    (problem,) = provider_problems(request, klingai_profile(SEED_DAY))

    assert (
        "number of images and elements together: kling-v3-omni on klingai with a video takes at most 4; here it is 5."
        == problem.message
    )


def test_a_message_about_what_a_model_lacks_names_the_models_that_have_it() -> None:
    """Who needs shots learns of the two that have them."""
    request = video_request(model=O1, shots=shots(5))

    (problem,) = provider_problems(request, klingai_profile(SEED_DAY))

    assert "kling-video-o1 on klingai does not take shots. There, kling-v3-omni and kling-v3 do." == problem.message


def test_every_problem_is_found_at_once() -> None:
    """Four things that O1 cannot do are four problems; how long a shot's prompt may be is not among them."""
    body = {"shots": shots(3, prompt="x" * 513), "sound": True, "mode": "4k", "negative_prompt": "y"}

    assert ["mode", "negative_prompt", "shots", "sound"] == sorted(field for field, _, _, _ in problems(O1, body))


def test_the_default_model_is_omni() -> None:
    """A request that names no model is judged as kling-v3-omni."""
    request = video_request(prompt="x", cfg_scale=0.5)

    (problem,) = provider_problems(request, klingai_profile(SEED_DAY))

    assert problem.message.startswith("kling-v3-omni on klingai does not take cfg_scale.")


def test_every_limit_has_a_source_and_dates_in_order() -> None:
    """A value without a source would be a rumour; every date is one of the changelog's or of a later page's."""
    profile = klingai_profile(SEED_DAY)
    days = {
        ON(day)
        for day in (
            "2026-03-11", "2026-03-23", "2026-04-01", "2026-04-23", "2026-04-27", "2026-05-07", "2026-05-19", "2026-06-17",
            "2026-09-01",
        )
    }  # fmt: skip

    for model in (*profile.models.values(), *profile.image_models.values()):
        assert model.source
        for limit in model.limits:
            assert limit.source
            assert {limit.since, limit.until} - {None} <= days
            assert limit.since is None or limit.until is None or limit.since < limit.until


def test_the_profile_says_how_tasks_are_learnt_of() -> None:
    """KlingAI calls back and finds by external_task_id; three models of now and eight before; options of the latter."""
    profile = klingai_profile(SEED_DAY)

    assert ("klingai", True, True, SEED_DAY) == (
        profile.name, profile.calls_back, profile.finds_by_reference, profile.rules_as_of,
    )  # fmt: skip
    older = {
        "kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master", "kling-v2-5-turbo",
        "kling-v2-6",
    }  # fmt: skip
    assert {OMNI, V3, O1} | older == set(profile.models)
    assert {
        "camera_control", "static_mask", "dynamic_masks", "image_reference", "image_fidelity", "human_fidelity",
    } == profile.options  # fmt: skip


def test_an_expected_time_replaces_what_is_known_of_every_model() -> None:
    """And only that."""
    from klingway.domain.capabilities import Expected  # noqa: PLC0415 - needed once

    known, quick = klingai_profile(SEED_DAY), Expected(early_s=1, usual_s=2, late_s=3, source="a setting")
    replaced = klingai_profile(SEED_DAY, quick)

    assert {quick} == {model.expected for model in replaced.models.values()}
    assert [model.limits for model in known.models.values()] == [model.limits for model in replaced.models.values()]
    assert all(
        model.expected.early_s < model.expected.usual_s < model.expected.late_s for model in known.models.values()
    )
