"""EzModel's models at each limit of its page and one beyond, their prices and their speed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from klingway.domain.capabilities import Capability, Confidence, Expected
from klingway.domain.ids import ProviderName
from klingway.domain.pricing import price_of
from klingway.domain.routing import choose_route
from klingway.domain.validation import provider_problems, read_request
from klingway.providers.ezmodel.profile import ezmodel_profile

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

OMNI, O1 = "kling-v3-omni", "kling-video-o1"
BOTH = (OMNI, O1)
PAGE = "EzModel, Kling Omni Video"
DOG = {"name": "dog", "description": "a brown dog", "images": [PICTURE, PICTURE]}
ANNA = {"name": "anna", "description": "a woman in red", "video": CLIP}


def refs(count: int) -> list[dict[str, Any]]:
    return [REFERENCE_IMAGE] * count


def problems(model: str, body: dict[str, Any], on: date = SEED_DAY) -> list[tuple[str, str, Any, str | None]]:
    request, broken, _ = read_request("video", {"model": model} | body)
    assert [] == broken, "the canonical model takes it"
    return [
        (problem.field, problem.code, problem.limit, problem.source)
        for problem in provider_problems(request, ezmodel_profile(on))
    ]


TAKEN_BY_BOTH: dict[str, dict[str, Any]] = {
    "std": PROMPT | {"mode": "std"},
    "pro": PROMPT | {"mode": "pro"},
    "a negative prompt and cfg_scale": PROMPT | {"negative_prompt": "blur", "cfg_scale": 1},
    "1:1": PROMPT | {"aspect_ratio": "1:1"},
    "7 images": PROMPT | {"images": refs(7)},
    "4 images and 3 elements": PROMPT | {"images": refs(4), "elements": elements(3)},
    "a feature video with 2 images and 2 elements": (
        PROMPT | {"video": FEATURE, "images": refs(2), "elements": elements(2)}
    ),
    "a feature video of 10 s": PROMPT | {"video": FEATURE, "duration_s": 10},
    "a first frame with 3 elements": PROMPT | {"images": [FIRST], "elements": elements(3)},
    "the greatest long as an element's id": PROMPT | {"elements": [{"id": "9223372036854775807"}]},
    "an element with a name of 20 and a description of 100": (
        PROMPT | {"elements": [DOG | {"name": "n" * 20, "description": "d" * 100}]}
    ),
    "an element of 4 pictures with tags": PROMPT | {"elements": [DOG | {"images": [PICTURE] * 4, "tags": ["o_108"]}]},
}
TAKEN_BY_OMNI: dict[str, dict[str, Any]] = {
    "3 s": PROMPT | {"duration_s": 3},
    "15 s": PROMPT | {"duration_s": 15},
    "a first frame of 15 s": PROMPT | {"images": [FIRST], "duration_s": 15},
    "sound": PROMPT | {"sound": True},
    "2 shots of 3 s": {"shots": shots(3, 3)},
    "5 shots of 3 s": {"shots": shots(3, 3, 3, 3, 3)},
    "a shot's prompt of 2500": {"shots": shots(3, 3, prompt="x" * 2500)},
    "shots said to be taken as given": {"shots": shots(3, 3), "shot_split": "customize"},
    "an edit": PROMPT | {"video": EDIT},
    "an edit with 4 images": PROMPT | {"video": EDIT, "images": refs(4)},
    "an element made from a video": PROMPT | {"elements": [ANNA | {"voice_id": "829877"}]},
}
TAKEN_BY_O1: dict[str, dict[str, Any]] = {
    "5 s": PROMPT | {"duration_s": 5},
    "10 s": PROMPT | {"duration_s": 10},
    "a reference image of 10 s": PROMPT | {"images": refs(1), "duration_s": 10},
    "elements of 5 s": PROMPT | {"elements": elements(1), "duration_s": 5},
    "a first frame of 3 s": PROMPT | {"images": [FIRST], "duration_s": 3},
    "both frames of 10 s": PROMPT | {"images": [FIRST, LAST], "duration_s": 10},
    "a feature video of 3 s": PROMPT | {"video": FEATURE, "duration_s": 3},
}


@pytest.mark.parametrize(
    ("model", "body"),
    [pytest.param(model, body, id=f"{model}: {name}") for name, body in TAKEN_BY_BOTH.items() for model in BOTH]
    + [pytest.param(OMNI, body, id=f"{OMNI}: {name}") for name, body in TAKEN_BY_OMNI.items()]
    + [pytest.param(O1, body, id=f"{O1}: {name}") for name, body in TAKEN_BY_O1.items()],
)
def test_what_the_page_allows_is_taken(model: str, body: dict[str, Any]) -> None:
    """Each rule at its limit."""
    assert [] == problems(model, body)


SECONDS_OF_O1 = [5, 10]
NOT_TAKEN_BY_BOTH: dict[str, tuple[dict[str, Any], list[tuple[str, str, Any]]]] = {
    "4k": (PROMPT | {"mode": "4k"}, [("mode", "not_one_of", ["std", "pro"])]),
    "watermark": (PROMPT | {"watermark": True}, [("watermark", "unsupported", None)]),
    "voices": (PROMPT | {"voices": [{"id": "v"}]}, [("voices", "unsupported", None)]),
    "a split by itself": (PROMPT | {"shot_split": "intelligence"}, [("shot_split", "unsupported", None)]),
    "8 images": (PROMPT | {"images": refs(8)}, [("images", "too_many", {"max": 7})]),
    "a feature video with 5 images": (
        PROMPT | {"video": FEATURE, "images": refs(5)}, [("images", "too_many", {"max": 4})],
    ),
    "a feature video of 11 s": (
        PROMPT | {"video": FEATURE, "duration_s": 11}, [("duration_s", "too_long", {"min": 3, "max": 10})],
    ),
    "a first frame with 4 elements": (
        PROMPT | {"images": [FIRST], "elements": elements(4)}, [("elements", "too_many", {"max": 3})],
    ),
    "a last frame among 3 images": (
        PROMPT | {"images": [FIRST, LAST, *refs(1)]}, [("images[1].role", "excluded", [])],
    ),
    "an element's id in letters": (
        PROMPT | {"elements": [{"id": "el_1"}]}, [("elements[0].id", "wrong_form", {"pattern": "[1-9][0-9]{0,18}"})],
    ),
    "an element numbered 0": (
        PROMPT | {"elements": [{"id": "0"}]}, [("elements[0].id", "wrong_form", {"pattern": "[1-9][0-9]{0,18}"})],
    ),
    "an element's number with a zero in front": (
        PROMPT | {"elements": [{"id": "0160"}]}, [("elements[0].id", "wrong_form", {"pattern": "[1-9][0-9]{0,18}"})],
    ),
    "an element's number beyond a long": (
        PROMPT | {"elements": [{"id": "9223372036854775808"}]},
        [("elements[0].id", "too_large", {"min": 1, "max": 9223372036854775807})],
    ),
    "no element's number": (
        PROMPT | {"elements": [{"id": "0"}]},
        [("elements[0].id", "too_small", {"min": 1, "max": 9223372036854775807})],
    ),
    "an element's name of 21": (
        PROMPT | {"elements": [DOG | {"name": "n" * 21}]}, [("elements[0].name", "too_long", {"min": 1, "max": 20})],
    ),
    "an element's description of 101": (
        PROMPT | {"elements": [DOG | {"description": "d" * 101}]},
        [("elements[0].description", "too_long", {"min": 1, "max": 100})],
    ),
    "an element of 1 picture": (
        PROMPT | {"elements": [DOG | {"images": [PICTURE]}]},
        [("elements[0].images", "too_few", {"min": 2, "max": 4})],
    ),
    "an element's voice with pictures, before 2026-03-23": (
        PROMPT | {"elements": [DOG | {"voice_id": "v"}]}, [("elements[0].voice_id", "excluded", [])],
    ),
    "an option": (
        PROMPT | {"provider_options": {"ezmodel": {"image": PICTURE}}},
        [("provider_options.ezmodel.image", "unknown_field", ["kling_references"])],
    ),
}  # fmt: skip
NOT_TAKEN_BY_ONE: dict[str, tuple[str, dict[str, Any], list[tuple[str, str, Any]]]] = {
    "omni: 1 shot": (OMNI, {"shots": shots(5)}, [("shots", "too_few", {"min": 2, "max": 6})]),
    "omni: a shot of 2 s": (
        OMNI, {"shots": shots(3, 2)}, [("shots[1].duration_s", "too_short", {"min": 3})],
    ),
    "omni: shots of 12 s with a feature video": (
        OMNI, {"shots": shots(6, 6), "video": FEATURE}, [("shots", "too_long", {"min": 3, "max": 10})],
    ),
    "omni: sound with a video": (
        OMNI, PROMPT | {"video": FEATURE, "sound": True}, [("sound", "unsupported", None)],
    ),
    "omni: an element made from a video, with a video": (
        OMNI, PROMPT | {"video": FEATURE, "elements": [ANNA]}, [("elements[0].video", "excluded", [])],
    ),
    "o1: shots": (O1, {"shots": shots(3, 3)}, [("shots", "unsupported", None)]),
    "o1: sound": (O1, PROMPT | {"sound": True}, [("sound", "unsupported", None)]),
    "o1: an edit": (O1, PROMPT | {"video": EDIT}, [("video", "unsupported", None)]),
    "o1: an element made from a video": (
        O1, PROMPT | {"elements": [ANNA]}, [("elements[0].video", "unsupported", None)],
    ),
    "o1: 7 s of text": (O1, PROMPT | {"duration_s": 7}, [("duration_s", "not_one_of", SECONDS_OF_O1)]),
    "o1: 3 s of a reference image": (
        O1, PROMPT | {"images": refs(1), "duration_s": 3}, [("duration_s", "not_one_of", SECONDS_OF_O1)],
    ),
    "o1: 7 s of elements": (
        O1, PROMPT | {"elements": elements(1), "duration_s": 7}, [("duration_s", "not_one_of", SECONDS_OF_O1)],
    ),
    "o1: 11 s of both frames": (
        O1,
        PROMPT | {"images": [FIRST, LAST], "duration_s": 11},
        [("duration_s", "too_long", {"min": 3, "max": 10})],
    ),
    "v3": ("kling-v3", PROMPT, [("model", "unsupported", [OMNI, O1])]),
}  # fmt: skip


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
    ("model", "body", "last_day", "expected_until"),
    [
        pytest.param(OMNI, PROMPT | {"images": [FIRST, LAST, *refs(1)]}, date(2026, 3, 31), ["images[1].role"],
                     id="a last frame among 3 images, of O1 alone since 2026-04-01"),
        pytest.param(OMNI, PROMPT | {"elements": [DOG | {"voice_id": "v"}]}, date(2026, 3, 22), ["elements[0].voice_id"],
                     id="voices of elements made from pictures, since 2026-03-23"),
    ],
)  # fmt: skip
def test_what_kling_has_lifted_since(
    model: str, body: dict[str, Any], last_day: date, expected_until: list[str]
) -> None:
    """The day before and the day itself: Kling gets these fields unchanged."""
    assert expected_until == [field for field, *_ in problems(model, body, last_day)]
    assert [] == problems(model, body, date.fromordinal(last_day.toordinal() + 1))


def test_what_kling_has_forbidden_since() -> None:
    """O1 takes no elements with both frames since 2026-03-11."""
    body = PROMPT | {"images": [FIRST, LAST], "elements": elements(1)}

    assert [] == problems(O1, body, date(2026, 3, 10))
    assert ["elements"] == [field for field, *_ in problems(O1, body, date(2026, 3, 11))]


@pytest.mark.parametrize(
    ("model", "body", "source"),
    [
        pytest.param(OMNI, {"shots": shots(5)}, PAGE, id="the page"),
        pytest.param(OMNI, PROMPT | {"images": refs(8)}, "inferred", id="from Kling's own limit"),
        pytest.param(OMNI, PROMPT | {"elements": [DOG | {"name": "n" * 21}]}, "KlingAI", id="from Kling's elements"),
    ],
)
def test_a_limit_that_is_inferred_says_so(model: str, body: dict[str, Any], source: str) -> None:
    """A reader can tell what EzModel states from what we think."""
    ((_, _, _, said),) = problems(model, body)

    assert said is not None
    assert said.startswith(source)


@pytest.mark.parametrize(
    ("body", "amount"),
    [
        ({}, "0.84"),
        ({"mode": "std", "sound": True}, "1.26"),
        ({"mode": "std", "video": FEATURE}, "1.26"),
        ({"mode": "pro"}, "1.12"),
        ({"mode": "pro", "sound": True}, "1.68"),
        ({"mode": "pro", "video": FEATURE}, "1.68"),
    ],
    ids=str,
)
def test_ten_seconds_cost_ten_times_the_rate(body: dict[str, Any], amount: str) -> None:
    """0.084 USD, times 1.333 for pro, times 1.5 for sound or a video; what the account's group makes of it is said."""
    price = price_of(video_request(prompt="x", duration_s=10, **body), ezmodel_profile(SEED_DAY))

    assert price is not None
    assert (amount, "USD") == (f"{price.amount.normalize()}", price.currency)
    assert "times your account's group ratio, which is not published" in price.source


@pytest.mark.parametrize("body", [{"model": O1}, {"video": EDIT}], ids=["o1", "an edit"])
def test_a_price_that_is_unknown(body: dict[str, Any]) -> None:
    """O1's base price is published nowhere; how long an edit gets is known at its end."""
    assert price_of(video_request(prompt="x", **body), ezmodel_profile(SEED_DAY)) is None


def test_the_expected_time_is_klings() -> None:
    """A setting replaces it."""
    known, quick = ezmodel_profile(SEED_DAY), Expected(early_s=1, usual_s=2, late_s=3, source="a setting")

    assert {(60, 180, 420)} == {
        (model.expected.early_s, model.expected.usual_s, model.expected.late_s) for model in known.models.values()
    }
    assert {quick} == {model.expected for model in ezmodel_profile(SEED_DAY, quick).models.values()}


def test_the_profile_says_how_tasks_are_learnt_of() -> None:
    """Kling calls back; nothing is found by our reference."""
    switches = frozenset({"kling_references"})
    profile = ezmodel_profile(SEED_DAY, None, switches)

    assert ("ezmodel", True, False, SEED_DAY, switches) == (
        profile.name, profile.calls_back, profile.finds_by_reference, profile.rules_as_of, profile.switches,
    )  # fmt: skip
    assert {OMNI, O1} == set(profile.models)
    assert {"kling_references"} == profile.options
    assert {} == profile.image_models
    assert all(limit.source for model in profile.models.values() for limit in model.limits)


@pytest.mark.parametrize(
    ("model", "doubtful"),
    [(OMNI, {Capability.SHOTS, Capability.ELEMENTS_BY_ID}), (O1, {Capability.ELEMENTS_BY_ID})],
)
def test_what_is_doubtful(model: str, doubtful: set[Capability]) -> None:
    """Shots may be lost on their way to Kling; an element's number belongs to one account."""
    supports = ezmodel_profile(SEED_DAY).models[model].supports

    assert doubtful == {what for what, confidence in supports.items() if confidence is Confidence.DOUBTFUL}


@pytest.mark.parametrize("body", [{"shots": shots(3, 3)}, PROMPT | {"elements": elements(1)}], ids=["shots", "an id"])
def test_what_is_doubtful_is_left_to_who_names_the_provider(body: dict[str, Any]) -> None:
    """`auto` never relies on it."""
    ezmodel = ProviderName("ezmodel")
    profiles = {ezmodel: ezmodel_profile(SEED_DAY)}

    by_itself, _ = choose_route(video_request(**body), profiles, [ezmodel])
    named, _ = choose_route(video_request(provider="ezmodel", **body), profiles, [ezmodel])

    assert ((), (ezmodel,)) == (by_itself.providers, named.providers)
