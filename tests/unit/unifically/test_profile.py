"""Unifically's model at each limit of its page and one beyond, its price, its speed and its switch."""

from __future__ import annotations

from typing import Any

import pytest
from klingway.domain.capabilities import Capability, Confidence, Expected
from klingway.domain.ids import ProviderName
from klingway.domain.pricing import price_of
from klingway.domain.routing import choose_route
from klingway.domain.validation import provider_problems, read_request
from klingway.providers.unifically import PARTS
from klingway.providers.unifically.profile import unifically_profile

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

PAGE = "Unifically, Kling v3.0 Omni"


def refs(count: int) -> list[dict[str, Any]]:
    return [REFERENCE_IMAGE] * count


def described(count: int, **changed: Any) -> list[dict[str, Any]]:
    return [{"images": [PICTURE]} | changed] * count


def problems(body: dict[str, Any]) -> list[tuple[str, str, Any]]:
    request, broken, _ = read_request("video", body)
    assert [] == broken, "the canonical model takes it"
    found = provider_problems(request, unifically_profile(SEED_DAY))
    assert all(problem.source is None or problem.source.startswith(PAGE) for problem in found)
    return [(problem.field, problem.code, problem.limit) for problem in found]


TAKEN: dict[str, dict[str, Any]] = {
    "a prompt of 2500": {"prompt": "x" * 2500},
    "2 shots": {"shots": shots(1, 2)},
    "6 shots": {"shots": shots(1, 1, 1, 1, 1, 1)},
    "a shot's prompt of 2500": {"shots": shots(3, 3, prompt="x" * 2500)},
    "3 s": PROMPT | {"duration_s": 3},
    "15 s": PROMPT | {"duration_s": 15},
    "4k with sound": PROMPT | {"mode": "4k", "sound": True},
    "7 images": PROMPT | {"images": refs(7)},
    "4 images and 3 elements": PROMPT | {"images": refs(4), "elements": described(3)},
    "7 elements": PROMPT | {"elements": described(7)},
    "a first frame among 7 images": PROMPT | {"images": [*refs(6), FIRST]},
    "frames with 7 elements, which nothing counts": PROMPT | {"images": [FIRST, LAST], "elements": described(7)},
    "frames with shots": {"images": [FIRST, LAST], "shots": shots(3, 3)},
    "a first frame that a prompt refers to, and 6 elements": {
        "prompt": "<<<image_1>>> opens",
        "images": [FIRST],
        "elements": described(6),
    },
    "a first frame that no prompt refers to, and 7 elements": PROMPT | {"images": [FIRST], "elements": described(7)},
    "a first frame with a video": PROMPT | {"video": FEATURE, "images": [FIRST]},
    "a first frame among 4 images with a video": PROMPT | {"video": FEATURE, "images": [*refs(3), FIRST]},
    "a first frame that a prompt refers to": {"prompt": "<<<image_1>>> opens", "images": [FIRST]},
    "an edit with 4 images": PROMPT | {"video": EDIT, "images": refs(4)},
    "an edit with sound": PROMPT | {"video": EDIT, "sound": True},
    "a feature video with 2 images and 2 elements, for 15 s": PROMPT
    | {"video": FEATURE, "images": refs(2), "elements": described(2), "duration_s": 15},
    "a video whose sound is not kept": PROMPT | {"video": FEATURE | {"keep_sound": False}},
    "an element without a name": PROMPT | {"elements": described(1)},
    "an element of 4 pictures and 100 characters": PROMPT
    | {"elements": [{"images": [PICTURE] * 4, "description": "x" * 100, "name": "x" * 64}]},
    "elements from a video": PROMPT | {"elements": [{"video": CLIP}, {"video": PICTURE}]},
}


@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN.keys())
def test_what_the_page_allows_is_taken(body: dict[str, Any]) -> None:
    """Each rule at its limit."""
    assert [] == problems(body)


NOT_TAKEN: dict[str, tuple[dict[str, Any], list[tuple[str, str, Any]]]] = {
    "1 shot": ({"shots": shots(5)}, [("shots", "too_few", {"min": 2, "max": 6})]),
    "intelligence": (PROMPT | {"shot_split": "intelligence"}, [("shot_split", "unsupported", None)]),
    "a negative prompt": (PROMPT | {"negative_prompt": "blur"}, [("negative_prompt", "unsupported", None)]),
    "a watermark": (PROMPT | {"watermark": True}, [("watermark", "unsupported", None)]),
    "cfg_scale": (PROMPT | {"cfg_scale": 0.5}, [("cfg_scale", "unsupported", None)]),
    "voices": (PROMPT | {"voices": [{"id": "v"}]}, [("voices", "unsupported", None)]),
    "8 images": (PROMPT | {"images": refs(8)}, [("images", "too_many", {"max": 7})]),
    "7 images and an element": (
        PROMPT | {"images": refs(7), "elements": described(1)}, [("images", "too_many", {"max": 7})],
    ),
    "8 elements": (PROMPT | {"elements": described(8)}, [("elements", "too_many", {"max": 7})]),
    "a first frame among 8 images": (
        PROMPT | {"images": [*refs(7), FIRST]}, [("images", "too_many", {"max": 7})],
    ),
    "a last frame among reference images": (
        PROMPT | {"images": [FIRST, REFERENCE_IMAGE, LAST]}, [("images[2].role", "excluded", [])],
    ),
    "a frame that a prompt refers to, beside a last one": (
        {"shots": [*shots(3), *shots(3, prompt="<<<image_2>>>")], "images": [FIRST, LAST]},
        [("shots[1].prompt", "excluded", [])],
    ),
    "a first frame that a prompt refers to, and 7 elements": (
        {"prompt": "<<<image_1>>> opens", "images": [FIRST], "elements": described(7)},
        [("images", "too_many", {"max": 7})],
    ),
    "both frames with a video": (
        PROMPT | {"video": FEATURE, "images": [FIRST, LAST]}, [("images[1].role", "excluded", [])],
    ),
    "a first frame among 5 images with a video": (
        PROMPT | {"video": FEATURE, "images": [FIRST, *refs(4)]}, [("images", "too_many", {"max": 4})],
    ),
    "an edit with 3 images and 2 elements": (
        PROMPT | {"video": EDIT, "images": refs(3), "elements": described(2)}, [("images", "too_many", {"max": 4})],
    ),
    "a feature video with 5 elements": (
        PROMPT | {"video": FEATURE, "elements": described(5)}, [("elements", "too_many", {"max": 4})],
    ),
    "an aspect ratio with a video": (
        PROMPT | {"video": EDIT, "aspect_ratio": "16:9"}, [("aspect_ratio", "excluded", [])],
    ),
    "an element from a video with a video": (
        PROMPT | {"video": FEATURE, "elements": [*described(1), {"video": CLIP}]},
        [("elements[1].video", "excluded", [])],
    ),
    "a video's sound to be kept": (
        PROMPT | {"video": EDIT | {"keep_sound": True}}, [("video.keep_sound", "excluded", [])],
    ),
    "a prompt that refers to the video": (
        {"prompt": "snow on <<<video_1>>>", "video": EDIT}, [("prompt", "excluded", [])],
    ),
    "an element described in 101 characters": (
        PROMPT | {"elements": described(1, description="x" * 101)},
        [("elements[0].description", "too_long", {"max": 100})],
    ),
    "an element by id": (PROMPT | {"elements": elements(1)}, [("elements[0].id", "unsupported", None)]),
    "an element with a voice": (
        PROMPT | {"elements": described(1, voice_id="v")}, [("elements[0].voice_id", "unsupported", None)],
    ),
    "an element with tags": (
        PROMPT | {"elements": described(1, tags=["o_101"])}, [("elements[0].tags", "unsupported", None)],
    ),
    "another model": (PROMPT | {"model": "kling-v3"}, [("model", "unsupported", ["kling-v3-omni"])]),
    "an option": (
        PROMPT | {"provider_options": {"unifically": {"dry_run": True}}},
        [("provider_options.unifically.dry_run", "unknown_field", [])],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), NOT_TAKEN.values(), ids=NOT_TAKEN.keys())
def test_what_the_page_has_no_words_for_is_named_with_its_limit(
    body: dict[str, Any], expected: list[tuple[str, str, Any]]
) -> None:
    """Each rule one beyond its limit: the field, the code and the limit."""
    assert expected == problems(body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"prompt": "on <<<video_1>>>", "video": EDIT}, "takes no reference to a video."),
        ({"prompt": "<<<image_1>>>", "images": [FIRST, LAST]}, "with a last frame takes no reference to an image."),
        (PROMPT | {"images": [FIRST, LAST, *refs(1)]}, "with reference images takes no last frame."),
        (PROMPT | {"images": [FIRST, LAST], "video": FEATURE}, "with a video takes no last frame."),
        (PROMPT | {"video": EDIT | {"keep_sound": True}}, "takes no original sound of the video to keep."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refusal_says_why(body: dict[str, Any], words: str) -> None:
    """In a sentence that a caller understands."""
    (problem,) = provider_problems(video_request(**body), unifically_profile(SEED_DAY))

    assert f"kling-v3-omni on unifically {words}" == problem.message


def test_sound_with_a_video_is_tried_only_by_name() -> None:
    """The page allows it and Kling does not: `auto` does not rely on it."""
    name = ProviderName("unifically")
    profiles = {name: unifically_profile(SEED_DAY)}
    asked = PROMPT | {"video": FEATURE, "sound": True}

    by_itself, uncertain = choose_route(video_request(**asked), profiles, [name])
    named, problems_of_named = choose_route(video_request(**asked, provider=["unifically"]), profiles, [name])

    assert ((), ["uncertain"]) == (by_itself.providers, [problem.code for problem in uncertain])
    assert (("unifically",), []) == (named.providers, problems_of_named)


@pytest.mark.parametrize(
    ("body", "amount"),
    [
        ({"mode": "4k", "duration_s": 10}, "3"),
        ({"mode": "4k", "sound": True}, "1.5"),
        ({"mode": "4k", "video": FEATURE}, "1.5"),
        ({"mode": "std"}, None),
        ({"mode": "pro"}, None),
        ({}, None),
        ({"mode": "4k", "video": EDIT}, None),
    ],
    ids=str,
)
def test_4k_alone_has_a_price(body: dict[str, Any], amount: str | None) -> None:
    """0.30 US dollars a second; nobody knows the length of a clip to edit."""
    price = price_of(video_request(prompt="x", **body), unifically_profile(SEED_DAY))

    assert amount == (None if price is None else f"{price.amount.normalize()}")
    assert price is None or ("USD", PAGE) == (price.currency, price.source)


def test_the_expected_time_is_nobodys_word_and_says_so() -> None:
    """A setting replaces it."""
    quick = Expected(early_s=1, usual_s=2, late_s=3, source="a setting")

    (known,) = unifically_profile(SEED_DAY).models.values()
    (replaced,) = unifically_profile(SEED_DAY, quick).models.values()

    assert "Unifically states none" in known.expected.source
    assert quick == replaced.expected


def test_callbacks_are_the_owners_switch() -> None:
    """With it on, Unifically calls back; without, it is asked. It is the only one."""
    off, on = (unifically_profile(SEED_DAY, switches=switches) for switches in (frozenset(), PARTS.switches))

    assert frozenset({"callbacks"}) == PARTS.switches
    assert (False, True) == (off.calls_back, on.calls_back)
    assert (frozenset(), PARTS.switches) == (off.switches, on.switches)


def test_the_profile_says_how_tasks_are_learnt_of() -> None:
    """Nothing is found by our reference; one model, no pictures, no options; one doubt; each limit has its source."""
    profile = unifically_profile(SEED_DAY)
    (model,) = profile.models.values()

    assert ("unifically", False, SEED_DAY) == (profile.name, profile.finds_by_reference, profile.rules_as_of)
    assert ({"kling-v3-omni"}, {}, frozenset()) == (set(profile.models), profile.image_models, profile.options)
    doubtful = {what for what, confidence in model.supports.items() if confidence is Confidence.DOUBTFUL}
    assert {Capability.SOUND_WITH_VIDEO} == doubtful
    assert all(limit.source for limit in model.limits)
