"""Creates in APIMart's words, read into the canonical form: what comes out, what is refused by the page alone, and where."""

from __future__ import annotations

from typing import Any

import pytest
from klingway.domain.errors import InvalidRequestError
from klingway.providers.apimart.dialect import DIALECT
from klingway.providers.spoken import their_place

from tests.conformance.harness import Case, judge
from tests.unit.builders import CLIP, END_PICTURE, PICTURE

V3, OMNI = {"model": "kling-v3", "prompt": "a fox"}, {"model": "kling-v3-omni", "prompt": "a fox"}
V3_PAGE, OMNI_PAGE = "APIMart, Kling v3", "APIMart, Kling v3 Omni"
DOG = {"name": "dog", "description": "a brown dog", "element_input_urls": [PICTURE, END_PICTURE]}
FIRST, LAST = {"url": PICTURE, "role": "first_frame"}, {"url": END_PICTURE, "role": "last_frame"}
SHOTS = [{"index": 1, "prompt": "@dog runs", "duration": 2}, {"index": 2, "prompt": "@dog sleeps", "duration": 3}]
STORY = {"multi_shot": True, "shot_type": "customize", "multi_prompt": SHOTS, "element_list": [DOG]}


def changed_shots(**changed: Any) -> dict[str, Any]:
    """Return a story whose second shot is another."""
    return STORY | {"multi_prompt": [SHOTS[0], SHOTS[1] | changed]}


CANONICAL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the least": (V3, V3),
    "everything of v3": (
        V3
        | {
            "mode": "pro", "duration": 8, "aspect_ratio": "9:16", "negative_prompt": "blur", "audio": True,
            "watermark": True, "image_urls": [PICTURE, END_PICTURE], "element_list": [DOG], "prompt": "@dog runs",
        },
        {
            "model": "kling-v3", "prompt": "<<<element_1>>> runs", "mode": "pro", "duration_s": 8, "aspect_ratio": "9:16",
            "negative_prompt": "blur", "sound": True, "watermark": True, "images": [FIRST, LAST],
            "elements": [{"name": "dog", "description": "a brown dog", "images": [PICTURE, END_PICTURE]}],
        },
    ),
    "shots": (
        OMNI | STORY,
        {
            "model": "kling-v3-omni", "shot_split": "customize",
            "shots": [
                {"prompt": "<<<element_1>>> runs", "duration_s": 2}, {"prompt": "<<<element_1>>> sleeps", "duration_s": 3},
            ],
            "elements": [{"name": "dog", "description": "a brown dog", "images": [PICTURE, END_PICTURE]}],
        },
    ),
    "a reference image": (
        OMNI | {"image_urls": [PICTURE]},
        {
            "model": "kling-v3-omni", "prompt": "<<<image_1>>>a fox", "images": [{"url": PICTURE, "role": "reference"}],
        },
    ),
    "images with roles keep their order, along which prompts count": (
        OMNI | {"prompt": "<<<image_2>>> turns", "image_with_roles": [LAST, FIRST]},
        {"model": "kling-v3-omni", "prompt": "<<<image_2>>> turns", "images": [LAST, FIRST]},
    ),
    "a video, with the page's defaults": (
        OMNI | {"video_list": [{"video_url": CLIP}], "duration": 9, "audio": False},
        OMNI | {"video": {"url": CLIP, "use": "edit", "keep_sound": False}},
    ),
    "a feature video with its sound": (
        OMNI | {"video_list": [{"video_url": CLIP, "refer_type": "feature", "keep_original_sound": "yes"}], "duration": 9},
        OMNI | {"video": {"url": CLIP, "use": "feature", "keep_sound": True}, "duration_s": 9},
    ),
    "what is false is said": (V3 | {"audio": False, "watermark": False}, V3 | {"sound": False, "watermark": False}),
    "what is empty is not": (
        V3 | {"negative_prompt": "", "image_urls": [], "multi_prompt": None, "element_list": []}, V3,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), CANONICAL.values(), ids=CANONICAL.keys())
def test_a_create_in_the_canonical_form(body: dict[str, Any], expected: dict[str, Any]) -> None:
    """What was given, and nothing else; for a video, with it kind, no id of the caller's and no callback."""
    translated = DIALECT.translate("video", body)

    assert expected == translated.body
    assert ("video", None, None) == (translated.kind, translated.external_id, translated.callback_url)


REFUSED: dict[str, tuple[dict[str, Any], list[tuple[str, str, str | None]]]] = {
    "v3: no prompt": ({"model": "kling-v3"}, [("prompt", "required", V3_PAGE)]),
    "omni: no prompt": ({"model": "kling-v3-omni"}, [("prompt", "required", None)]),
    "v3: intelligence of nothing": (
        {"model": "kling-v3", "multi_shot": True, "shot_type": "intelligence"},
        [("prompt", "required", "Kling's API specification: with shot_type intelligence, prompt is required")],
    ),
    "3 images": (V3 | {"image_urls": [PICTURE] * 3}, [("image_urls", "too_many", None)]),
    "2 s": (V3 | {"duration": 2}, [("duration", "too_small", None)]),
    "16 s": (V3 | {"duration": 16}, [("duration", "too_large", None)]),
    "a quoted duration": (V3 | {"duration": "6"}, [("duration", "wrong_type", None)]),
    "omni: a negative prompt of 2501": (OMNI | {"negative_prompt": "x" * 2501}, [("negative_prompt", "too_long", None)]),
    "4 elements": (
        V3 | {"element_list": [DOG | {"name": f"dog{n}"} for n in range(4)]}, [("element_list", "too_many", None)],
    ),
    "1 image of an element": (
        V3 | {"element_list": [DOG | {"element_input_urls": [PICTURE]}]},
        [("element_list[0].element_input_urls", "too_few", None)],
    ),
    "5 images of an element": (
        V3 | {"element_list": [DOG | {"element_input_urls": [PICTURE] * 5}]},
        [("element_list[0].element_input_urls", "too_many", None)],
    ),
    "two elements of one name": (V3 | {"element_list": [DOG, DOG]}, [("element_list[1].name", "repeated", None)]),
    "v3: 7 shots": (V3 | STORY | {"multi_prompt": [SHOTS[0]] * 7}, [("multi_prompt", "too_many", None)]),
    "omni: 7 shots": (OMNI | STORY | {"multi_prompt": [SHOTS[0]] * 7}, [("multi_prompt", "too_many", None)]),
    "v3: a shot of 513": (V3 | changed_shots(prompt="x" * 513), [("multi_prompt[1].prompt", "too_long", None)]),
    "a shot of no time": (V3 | changed_shots(duration=0), [("multi_prompt[1].duration", "too_small", None)]),
    "a shot longer than the whole": (V3 | changed_shots(duration=6), [("multi_prompt[1].duration", "too_long", V3_PAGE)]),
    "short of the default": (V3 | changed_shots(duration=2), [("duration", "not_the_sum", V3_PAGE)]),
    "beyond the default": (OMNI | changed_shots(duration=4), [("duration", "not_the_sum", OMNI_PAGE)]),
    "short of the whole": (V3 | STORY | {"duration": 6}, [("duration", "not_the_sum", V3_PAGE)]),
    "an index twice": (V3 | changed_shots(index=1), [("multi_prompt[1].index", "not_the_next", V3_PAGE)]),
    "no shot_type": (V3 | STORY | {"shot_type": ""}, [("shot_type", "required", V3_PAGE)]),
    "no shots": (OMNI | STORY | {"multi_prompt": []}, [("multi_prompt", "required", OMNI_PAGE)]),
    "both lists of images": (
        OMNI | {"image_urls": [PICTURE], "image_with_roles": [FIRST]}, [("image_with_roles", "excluded", OMNI_PAGE)],
    ),
    "101 images with roles": (OMNI | {"image_with_roles": [LAST] * 101}, [("image_with_roles", "too_many", None)]),
    "101 images of omni": (OMNI | {"image_urls": [PICTURE] * 101}, [("image_urls", "too_many", None)]),
    "a last frame alone": (
        OMNI | {"image_with_roles": [LAST]}, [("image_with_roles[0].role", "needs_first_frame", OMNI_PAGE)],
    ),
    "two first frames": (
        OMNI | {"image_with_roles": [FIRST, FIRST]}, [("image_with_roles[1].role", "too_many", OMNI_PAGE)],
    ),
    "frames of an edit": (
        OMNI | {"image_with_roles": [FIRST, LAST], "video_list": [{"video_url": CLIP}]},
        [("image_with_roles[0].role", "excluded", OMNI_PAGE), ("image_with_roles[1].role", "excluded", OMNI_PAGE)],
    ),
    "2 videos": (OMNI | {"video_list": [{"video_url": CLIP}] * 2}, [("video_list", "too_many", None)]),
    "a name of nobody": (V3 | {"prompt": "@element_cat"}, [("prompt", "unknown_reference", V3_PAGE)]),
    "a name of nobody in a shot": (
        OMNI | changed_shots(prompt="@cat"), [("multi_prompt[1].prompt", "unknown_reference", OMNI_PAGE)],
    ),
    "everything between fields at once": (
        OMNI
        | changed_shots(index=3, prompt="@cat")
        | {"image_urls": [PICTURE], "image_with_roles": [LAST], "duration": 9},
        [
            ("multi_prompt[1].index", "not_the_next", OMNI_PAGE), ("duration", "not_the_sum", OMNI_PAGE),
            ("multi_prompt[1].prompt", "unknown_reference", OMNI_PAGE), ("image_with_roles", "excluded", OMNI_PAGE),
            ("image_with_roles[0].role", "needs_first_frame", OMNI_PAGE),
        ],
    ),
    "another model": (
        OMNI | {"model": "sora-2", "seconds": 4}, [("model", "not_one_of", None), ("seconds", "unknown_field", None)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_the_page_forbids_is_refused_before_any_provider_is_asked(
    body: dict[str, Any], expected: list[tuple[str, str, str | None]]
) -> None:
    """By the dialect alone, each at the caller's place, rules between fields with the page that states them."""
    with pytest.raises(InvalidRequestError) as refused:
        DIALECT.translate("video", body)

    assert expected == [(each.field, each.code, each.source) for each in refused.value.problems]


@pytest.mark.parametrize(
    ("body", "warnings"),
    [
        (V3, ()),
        (
            OMNI | {"video_list": [{"video_url": CLIP, "refer_type": "feature"}], "audio": True},
            ("audio: ignored with video_list",),
        ),
        (V3 | {"size": "1:1", "aspect_ratio": "9:16"}, ("size: ignored with aspect_ratio",)),
        (V3 | STORY, ("prompt: ignored with shot_type customize, where each shot has its own",)),
    ],
    ids=["nothing", "audio", "size", "prompt"],
)  # fmt: skip
def test_what_is_ignored_is_named_with_the_reason(body: dict[str, Any], warnings: tuple[str, ...]) -> None:
    """As `Klingway-Warnings` says it."""
    assert warnings == DIALECT.translate("video", body).warnings


@pytest.mark.parametrize(
    ("body", "place", "theirs"),
    [
        (V3, "duration_s", "duration"),
        (V3, "aspect_ratio", "aspect_ratio"),
        (V3 | {"size": "1:1"}, "aspect_ratio", "size"),
        (V3, "sound", "audio"),
        (V3, "shot_split", "shot_type"),
        (V3, "shots", "multi_prompt"),
        (V3, "shots[1].duration_s", "multi_prompt[1].duration"),
        (V3, "shots[1].prompt", "multi_prompt[1].prompt"),
        (V3, "elements[2].name", "element_list[2].name"),
        (V3, "elements[2].images", "element_list[2].element_input_urls"),
        (V3, "elements[2].images[1]", "element_list[2].element_input_urls[1]"),
        (V3, "images", "image_urls"),
        (V3, "images[1]", "image_urls[1]"),
        (V3, "images[1].role", "image_urls[1]"),
        (OMNI, "images[1].url", "image_urls[1]"),
        (OMNI | {"image_with_roles": [FIRST]}, "images[1].url", "image_with_roles[1].url"),
        (OMNI | {"image_with_roles": [FIRST]}, "images[0].role", "image_with_roles[0].role"),
        (OMNI, "video", "video_list"),
        (OMNI, "video.url", "video_list[0].video_url"),
        (OMNI, "video.use", "video_list[0].refer_type"),
        (OMNI, "video.keep_sound", "video_list[0].keep_original_sound"),
        (OMNI, "negative_prompt", "negative_prompt"),
    ],
)
def test_what_others_find_wrong_is_told_at_the_callers_place(body: dict[str, Any], place: str, theirs: str) -> None:
    """Whatever a provider cannot do has its name on APIMart's page."""
    assert theirs == their_place(place, DIALECT.translate("video", body).places)


def test_a_limit_of_another_provider_is_told_in_apimarts_words() -> None:
    """KlingAI takes element names of 20 characters."""
    element = DOG | {"name": "a" * 21}
    case = Case(name="", says="", product="video", body=OMNI | {"element_list": [element]})

    verdict = judge("apimart", case, at="klingai")

    assert {"element_list[0].name"} == verdict.refused
