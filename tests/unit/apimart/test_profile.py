"""APIMart's models at each limit of their pages and one beyond, their prices and their speed."""

from __future__ import annotations

from typing import Any

import pytest
from klingway.domain.capabilities import Capability, Confidence, Expected
from klingway.domain.ids import ProviderName
from klingway.domain.pricing import price_of
from klingway.domain.routing import choose_route
from klingway.domain.validation import provider_problems, read_request
from klingway.providers.apimart.profile import apimart_profile

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

OMNI, V3 = "kling-v3-omni", "kling-v3"
BOTH = (OMNI, V3)
INFERRED = "inferred"


def refs(count: int) -> list[dict[str, Any]]:
    return [REFERENCE_IMAGE] * count


def described(count: int, images: int = 2, **changed: Any) -> list[dict[str, Any]]:
    return [
        {"name": f"dog_{index}", "description": "a dog", "images": [PICTURE] * images} | changed
        for index in range(count)
    ]


def problems(model: str, body: dict[str, Any]) -> list[tuple[str, str, Any, str | None]]:
    request, broken, _ = read_request("video", {"model": model} | body)
    assert [] == broken, "the canonical model takes it"
    return [
        (problem.field, problem.code, problem.limit, problem.source)
        for problem in provider_problems(request, apimart_profile(SEED_DAY))
    ]


TAKEN_BY_BOTH: dict[str, dict[str, Any]] = {
    "negative prompt of 2500": PROMPT | {"negative_prompt": "x" * 2500},
    "a shot's prompt of 512": {"shots": shots(3, prompt="x" * 512)},
    "1 shot": {"shots": shots(15)},
    "6 shots": {"shots": shots(1, 1, 1, 1, 1, 1)},
    "intelligence": PROMPT | {"shot_split": "intelligence"},
    "3 s": PROMPT | {"duration_s": 3},
    "15 s": PROMPT | {"duration_s": 15},
    "4k with sound": PROMPT | {"mode": "4k", "sound": True},
    "watermark": PROMPT | {"watermark": True},
    "both frames with an aspect ratio": PROMPT | {"images": [FIRST, LAST], "aspect_ratio": "1:1"},
    "frames with shots": {"images": [FIRST, LAST], "shots": shots(3, 3)},
    "3 elements": PROMPT | {"elements": described(3)},
    "an element of 4 pictures": PROMPT | {"elements": described(1, images=4)},
    "an element's name in another script": PROMPT | {"elements": described(1, name="小狗")},
    "an element's name of two words": PROMPT | {"elements": described(1, name="my dog")},
    "an element without a name": PROMPT | {"elements": [{"description": "a dog", "images": [PICTURE] * 2}]},
    # `<<<element_1>>>` has 15 characters, and goes out as `@dog_0` and a space, which have 7.
    "a shot's prompt of 512 with its name": {
        "shots": shots(3, prompt="<<<element_1>>>" + "x" * 505),
        "elements": described(1),
    },
}
TAKEN_BY_OMNI: dict[str, dict[str, Any]] = {
    "7 images": PROMPT | {"images": refs(7)},
    "7 images and 3 elements": PROMPT | {"images": refs(7), "elements": described(3)},
    "an edit with 4 images": PROMPT | {"video": EDIT, "images": refs(4)},
    "a feature video with both frames": PROMPT | {"video": FEATURE, "images": [FIRST, LAST]},
    "frames among reference images": PROMPT | {"images": [FIRST, LAST, *refs(2)]},
}


@pytest.mark.parametrize(
    ("model", "body"),
    [pytest.param(model, body, id=f"{model}: {name}") for name, body in TAKEN_BY_BOTH.items() for model in BOTH]
    + [pytest.param(OMNI, body, id=f"{OMNI}: {name}") for name, body in TAKEN_BY_OMNI.items()],
)
def test_what_the_page_allows_is_taken(model: str, body: dict[str, Any]) -> None:
    """Each rule at its limit."""
    assert [] == problems(model, body)


NOT_TAKEN_BY_BOTH: dict[str, tuple[dict[str, Any], list[tuple[str, str, Any]]]] = {
    "a shot's prompt of 513": (
        {"shots": [*shots(3), *shots(3, prompt="x" * 513)]}, [("shots[1].prompt", "too_long", {"max": 512})],
    ),
    "a shot's prompt that its name makes one of 513": (
        {"shots": shots(3, prompt="<<<element_1>>>" + "x" * 447), "elements": described(1, name="d" * 64)},
        [("shots[0].prompt", "too_long", {"max": 512})],
    ),
    "4 elements": (PROMPT | {"elements": described(4)}, [("elements", "too_many", {"max": 3})]),
    "an element of 1 picture": (
        PROMPT | {"elements": [*described(1), *described(1, images=1, name="cat")]},
        [("elements[1].images", "too_few", {"min": 2, "max": 4})],
    ),
    "an element without a description": (
        PROMPT | {"elements": [{"name": "dog", "images": [PICTURE] * 2}]},
        [("elements[0].description", "too_short", {"min": 1})],
    ),
    "a shot's prompt of 513 with its name": (
        {"shots": shots(3, prompt="<<<element_1>>>" + "x" * 506), "elements": described(1)},
        [("shots[0].prompt", "too_long", {"max": 512})],
    ),
    "an element by id": (PROMPT | {"elements": elements(1)}, [("elements[0].id", "unsupported", None)]),
    "an element from a video": (
        PROMPT | {"elements": [{"name": "dog", "description": "d", "video": CLIP}]},
        [("elements[0].video", "unsupported", None)],
    ),
    "an element with tags": (
        PROMPT | {"elements": described(1, tags=["o_101"])}, [("elements[0].tags", "unsupported", None)],
    ),
    "an element with a voice": (
        PROMPT | {"elements": described(1, voice_id="v")}, [("elements[0].voice_id", "unsupported", None)],
    ),
    "voices": (PROMPT | {"voices": [{"id": "v"}]}, [("voices", "unsupported", None)]),
    "cfg_scale": (PROMPT | {"cfg_scale": 0.5}, [("cfg_scale", "unsupported", None)]),
    "an option": (
        PROMPT | {"provider_options": {"apimart": {"thumbnail": True}}},
        [("provider_options.apimart.thumbnail", "unknown_field", [])],
    ),
}  # fmt: skip
NOT_TAKEN_BY_ONE: dict[str, tuple[str, dict[str, Any], list[tuple[str, str, Any]]]] = {
    "omni: 8 images": (OMNI, PROMPT | {"images": refs(8)}, [("images", "too_many", {"max": 7})]),
    "omni: a feature video with 5 images": (
        OMNI,
        PROMPT | {"video": FEATURE, "images": refs(5)},
        [("images", "too_many", {"max": 4})],
    ),
    "v3: reference image": (V3, PROMPT | {"images": refs(1)}, [("images[0]", "unsupported", None)]),
    "v3: video to edit": (V3, PROMPT | {"video": EDIT}, [("video", "unsupported", None)]),
    "v3: feature video": (V3, PROMPT | {"video": FEATURE}, [("video", "unsupported", None)]),
    "o1": ("kling-video-o1", PROMPT, [("model", "unsupported", [V3, OMNI])]),
}


@pytest.mark.parametrize(
    ("model", "body", "expected"),
    [
        pytest.param(model, body, expected, id=f"{model}: {name}")
        for name, (body, expected) in NOT_TAKEN_BY_BOTH.items()
        for model in BOTH
    ]
    + [pytest.param(*case, id=name) for name, case in NOT_TAKEN_BY_ONE.items()],
)
def test_what_the_page_forbids_is_named_with_its_limit(
    model: str, body: dict[str, Any], expected: list[tuple[str, str, Any]]
) -> None:
    """Each rule one beyond its limit: the field, the code and the limit."""
    assert expected == [(field, code, limit) for field, code, limit, _ in problems(model, body)]


@pytest.mark.parametrize(
    ("model", "body", "source"),
    [
        pytest.param(V3, {"shots": shots(3, prompt="x" * 513)}, "APIMart, Kling v3", id="a page"),
        pytest.param(OMNI, {"shots": shots(3, prompt="x" * 513)}, INFERRED, id="from the sibling's page"),
        pytest.param(OMNI, PROMPT | {"images": refs(8)}, INFERRED, id="from Kling's own limit"),
    ],
)
def test_a_limit_that_is_inferred_says_so(model: str, body: dict[str, Any], source: str) -> None:
    """A reader can tell what APIMart states from what we think."""
    ((_, _, _, said),) = problems(model, body)

    assert said is not None
    assert said.startswith(source)


@pytest.mark.parametrize("model", BOTH)
def test_two_elements_of_one_name_cannot_be_told_apart(model: str) -> None:
    """As elements that callers keep may have: prompts call them @dog. The second is named, each other name is fine."""
    named = [element for name in ("dog", "cat", "dog") for element in described(1, name=name)]
    request = video_request(model=model, prompt="a", elements=named)

    (problem,) = provider_problems(request, apimart_profile(SEED_DAY))

    assert ("elements[2].name", "excluded") == (problem.field, problem.code)
    assert f"{model} on apimart takes no elements of one name." == problem.message


BESIDE = "<<<image_1>>> runs to <<<image_2>>>"


@pytest.mark.parametrize(
    ("body", "is_sure"),
    [
        ({"prompt": BESIDE, "images": [FIRST, REFERENCE_IMAGE]}, False),
        ({"shots": [*shots(3), *shots(3, prompt=BESIDE)], "images": [REFERENCE_IMAGE, FIRST]}, False),
        ({"prompt": "<<<image_1>>>", "images": [FIRST]}, False),
        ({"model": V3, "prompt": "<<<image_1>>>", "images": [FIRST]}, False),
        (PROMPT | {"images": [FIRST, REFERENCE_IMAGE]}, True),
        ({"prompt": BESIDE, "images": refs(2)}, True),
    ],
    ids=["prompt", "shots", "a frame alone", "v3", "no reference", "no frame"],
)
def test_a_number_beside_frames_is_tried_only_by_name(body: dict[str, Any], is_sure: bool) -> None:  # noqa: FBT001 - a case
    """The page does not say whether `<<<image_N>>>` counts the frames of `image_with_roles`: `auto` does not rely on it."""
    name = ProviderName("apimart")
    profiles = {name: apimart_profile(SEED_DAY)}

    by_itself, problems_of_auto = choose_route(video_request(**body), profiles, [name])
    named, problems_of_named = choose_route(video_request(**body, provider=["apimart"]), profiles, [name])

    assert (("apimart",), []) == (named.providers, problems_of_named)
    assert (("apimart",) if is_sure else ()) == by_itself.providers
    assert ([] if is_sure else ["uncertain"]) == [problem.code for problem in problems_of_auto]


@pytest.mark.parametrize("model", BOTH)
@pytest.mark.parametrize(
    ("body", "amount"),
    [
        ({"mode": "std"}, "0.672"),
        ({"mode": "pro"}, "0.896"),
        ({"mode": "pro", "sound": True}, "1.12"),
        ({"mode": "4k"}, "4.29"),
        ({}, "0.672"),
        ({"mode": "std", "sound": True}, None),
        ({"mode": "4k", "sound": True}, None),
    ],
    ids=str,
)
def test_ten_seconds_cost_ten_times_the_rate(model: str, body: dict[str, Any], amount: str | None) -> None:
    """In US dollars, where somebody saw the price; what was only derived from others is unknown."""
    price = price_of(video_request(prompt="x", model=model, duration_s=10, **body), apimart_profile(SEED_DAY))

    assert amount == (None if price is None else f"{price.amount.normalize()}")
    assert price is None or (price.currency, bool(price.source)) == ("USD", True)


def test_the_price_with_a_video_is_unknown() -> None:
    """It was found nowhere."""
    assert price_of(video_request(prompt="x", video=FEATURE), apimart_profile(SEED_DAY)) is None


def test_the_expected_time_is_the_documents_own() -> None:
    """265 s of an estimated 600; a setting replaces it."""
    known, quick = apimart_profile(SEED_DAY), Expected(early_s=1, usual_s=2, late_s=3, source="a setting")

    assert {(265, 600)} == {(model.expected.usual_s, model.expected.late_s) for model in known.models.values()}
    assert {quick} == {model.expected for model in apimart_profile(SEED_DAY, quick).models.values()}


def test_the_profile_says_how_tasks_are_learnt_of() -> None:
    """APIMart calls nobody back and finds nothing by our reference; two models; no options of its own."""
    profile = apimart_profile(SEED_DAY)

    assert ("apimart", False, False, SEED_DAY) == (
        profile.name, profile.calls_back, profile.finds_by_reference, profile.rules_as_of,
    )  # fmt: skip
    assert {OMNI, V3} == set(profile.models)
    assert frozenset() == profile.options
    for model in profile.models.values():
        doubtful = {what for what, confidence in model.supports.items() if confidence is Confidence.DOUBTFUL}
        assert {Capability.WATERMARK} == doubtful, "one file comes back: the marked one, and no plain film"
        assert all(limit.source for limit in model.limits)
