"""Unifically's requests in the canonical form: what becomes of each field, and where a problem of it is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from klingway.domain.errors import InvalidRequestError, Problem
from klingway.domain.validation import provider_problems, read_request
from klingway.providers.apimart.profile import apimart_profile
from klingway.providers.klingai.profile import klingai_profile
from klingway.providers.spoken import with_their_places
from klingway.providers.unifically.dialect import DIALECT

from tests.unit.builders import CLIP, END_PICTURE, PICTURE, SEED_DAY, answer, apimart
from tests.unit.unifically.builders import MODEL

OTHER = "https://example.com/b.png"


def translated(**given: Any) -> dict[str, Any]:
    return dict(DIALECT.translate(MODEL, {"model": MODEL, "input": given}).body)


CANONICAL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text: pro where nothing is said": ({"prompt": "a fox"}, {"prompt": "a fox", "mode": "pro"}),
    "what is said stays": (
        {"prompt": "a fox", "mode": "std", "duration": 7, "aspect_ratio": "9:16", "native_audio": True},
        {"prompt": "a fox", "mode": "std", "duration_s": 7, "aspect_ratio": "9:16", "sound": True},
    ),
    "shots": (
        {"multi_shots": [{"prompt": "a", "duration": 3}, {"prompt": "b", "duration": 4}]},
        {"shots": [{"prompt": "a", "duration_s": 3}, {"prompt": "b", "duration_s": 4}], "mode": "pro"},
    ),
    "elements get the names by which prompts call them": (
        {
            "video_mode": "elements", "prompt": "@Element2 and @Element1",
            "elements": [
                {"image_urls": [PICTURE, OTHER]},
                {"description": "a man", "type": "video", "video_url": CLIP},
            ],
        },
        {
            "prompt": "<<<element_2>>> and <<<element_1>>>", "mode": "pro",
            "elements": [
                {"name": "Element1", "images": [PICTURE, OTHER]},
                {"name": "Element2", "description": "a man", "video": CLIP},
            ],
        },
    ),
    "the start image stays in its place": (
        {
            "video_mode": "elements", "prompt": "@Image2 walks toward @Image1", "image_urls": [PICTURE, OTHER],
            "start_image_index": 2,
        },
        {
            "prompt": "<<<image_2>>> walks toward <<<image_1>>>", "mode": "pro",
            "images": [{"url": PICTURE}, {"url": OTHER, "role": "first_frame"}],
        },
    ),
    "frames": (
        {"video_mode": "start_end_frame", "prompt": "x", "start_frame_url": PICTURE, "end_frame_url": END_PICTURE},
        {
            "prompt": "x", "mode": "pro",
            "images": [{"url": PICTURE, "role": "first_frame"}, {"url": END_PICTURE, "role": "last_frame"}],
        },
    ),
    "transform": (
        {"video_mode": "transform", "prompt": "x", "video_url": CLIP, "aspect_ratio": "auto", "image_urls": [PICTURE]},
        {"prompt": "x", "mode": "pro", "video": {"url": CLIP, "use": "edit"}, "images": [{"url": PICTURE}]},
    ),
    "video_reference": (
        {"video_mode": "video_reference", "prompt": "x", "video_url": CLIP, "duration": 8},
        {"prompt": "x", "mode": "pro", "video": {"url": CLIP, "use": "feature"}, "duration_s": 8},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), CANONICAL.values(), ids=CANONICAL.keys())
def test_a_request_in_the_canonical_form(said: dict[str, Any], expected: dict[str, Any]) -> None:
    """Only what was given, and the default that is another here: mode pro."""
    assert expected == translated(**said)
    assert [] == read_request("video", expected).problems


def test_a_callback_url_is_the_callers() -> None:
    """It stands at the top; neither it nor an id of the caller's gets into the canonical request."""
    body = {"model": MODEL, "input": {"prompt": "x"}, "callback_url": "https://app.example/hook", "dry_run": False}

    found = DIALECT.translate(MODEL, body)

    assert ("video", "https://app.example/hook", None) == (found.kind, found.callback_url, found.external_id)
    assert {"prompt": "x", "mode": "pro"} == found.body


def test_a_dry_run_makes_nothing_and_names_what_prices() -> None:
    """The caller asked for a price; a video would be charged."""
    with pytest.raises(InvalidRequestError) as failed:
        DIALECT.translate(MODEL, {"model": MODEL, "input": {"prompt": "x"}, "dry_run": True})

    (problem,) = failed.value.problems
    assert ("dry_run", "unsupported") == (problem.field, problem.code)
    assert "POST /v1/estimates" in problem.message


def test_another_model_is_told_of_the_one_that_there_is() -> None:
    """At `model`."""
    with pytest.raises(InvalidRequestError) as failed:
        DIALECT.translate(MODEL, {"model": "kuaishou/kling-3.0-video", "input": {"prompt": "x"}})

    (problem,) = failed.value.problems
    assert ("model", "not_one_of", [MODEL]) == (problem.field, problem.code, problem.limit)


def test_every_problem_is_told_at_once() -> None:
    """Of the rules between fields: each at its own place, from the page."""
    said = {
        "prompt": "@Image1", "multi_shots": [{"prompt": "@Element1", "duration": 3}, {"prompt": "b", "duration": 3}],
        "image_urls": [PICTURE], "start_image_index": 2, "aspect_ratio": "auto", "elements": [],
    }  # fmt: skip
    with pytest.raises(InvalidRequestError) as failed:
        translated(**said)

    found = {problem.field: (problem.code, problem.source) for problem in failed.value.problems}
    assert {
        "input.image_urls": "excluded", "input.start_image_index": "too_large", "input.aspect_ratio": "not_one_of",
        "input.prompt": "excluded", "input.multi_shots[0].prompt": "unknown_reference",
    } == {field: code for field, (code, _) in found.items()}  # fmt: skip
    assert {"Unifically, Kling v3.0 Omni"} == {source for _, source in found.values()}


def test_elements_without_end_are_refused_before_they_are_compared() -> None:
    """The page caps them in no mode of frames; beyond a hundred nothing more is said of them."""
    with pytest.raises(InvalidRequestError) as failed:
        translated(video_mode="start_end_frame", prompt="x", start_frame_url=PICTURE, elements=[{}] * 101)

    assert [("input.elements", "too_many")] == [(problem.field, problem.code) for problem in failed.value.problems]


@pytest.mark.parametrize("number", ["0", "2", "9" * 5000], ids=["none", "one more", "without end"])
def test_a_number_of_nothing_is_told(number: str) -> None:
    """However long it is."""
    with pytest.raises(InvalidRequestError) as failed:
        translated(video_mode="elements", prompt=f"@Image{number}", image_urls=[PICTURE])

    assert [("input.prompt", "unknown_reference", 1)] == [
        (problem.field, problem.code, problem.limit) for problem in failed.value.problems
    ]


FRAMES = {"video_mode": "start_end_frame", "prompt": "x", "start_frame_url": PICTURE, "end_frame_url": OTHER}
START = {"video_mode": "elements", "prompt": "x", "image_urls": [PICTURE, OTHER], "start_image_index": 2}
ELEMENTS = {
    "video_mode": "elements", "prompt": "x",
    "elements": [{"image_urls": [PICTURE]}, {"type": "video", "video_url": CLIP, "description": "d"}],
}  # fmt: skip
SHOTS = {"multi_shots": [{"prompt": "a", "duration": 3}, {"prompt": "b", "duration": 4}]}
VIDEO = {"video_mode": "transform", "prompt": "x", "video_url": CLIP}
PLACES: list[tuple[dict[str, Any], str, str]] = [
    (SHOTS, "prompt", "input.prompt"),
    (SHOTS, "mode", "input.mode"),
    (SHOTS, "duration_s", "input.duration"),
    (SHOTS, "aspect_ratio", "input.aspect_ratio"),
    (SHOTS, "sound", "input.native_audio"),
    (SHOTS, "shots", "input.multi_shots"),
    (SHOTS, "shots[1].prompt", "input.multi_shots[1].prompt"),
    (SHOTS, "shots[1].duration_s", "input.multi_shots[1].duration"),
    (FRAMES, "images", "input.start_frame_url"),
    (FRAMES, "images[0]", "input.start_frame_url"),
    (FRAMES, "images[0].url", "input.start_frame_url"),
    (FRAMES, "images[1]", "input.end_frame_url"),
    (FRAMES, "images[1].url", "input.end_frame_url"),
    (FRAMES, "images[1].role", "input.end_frame_url"),
    (START, "images", "input.image_urls"),
    (START, "images[0]", "input.image_urls[0]"),
    (START, "images[1].url", "input.image_urls[1]"),
    (START, "images[0].role", "input.image_urls[0]"),
    (START, "images[1].role", "input.start_image_index"),
    (ELEMENTS, "elements", "input.elements"),
    (ELEMENTS, "elements[0]", "input.elements[0]"),
    (ELEMENTS, "elements[0].name", "input.elements[0]"),
    (ELEMENTS, "elements[0].images", "input.elements[0].image_urls"),
    (ELEMENTS, "elements[0].images[1]", "input.elements[0].image_urls[1]"),
    (ELEMENTS, "elements[1].video", "input.elements[1].video_url"),
    (ELEMENTS, "elements[1].description", "input.elements[1].description"),
    (VIDEO, "video", "input.video_mode"),
    (VIDEO, "video.url", "input.video_url"),
    (VIDEO, "model", "model"),
]


@pytest.mark.parametrize(("said", "ours", "theirs"), PLACES, ids=[f"{ours} is {theirs}" for _, ours, theirs in PLACES])
def test_a_problem_is_told_at_the_callers_place(said: dict[str, Any], ours: str, theirs: str) -> None:
    """Whoever finds it: the canonical rules, a provider's profile, or the look at addresses."""
    places = DIALECT.translate(MODEL, {"model": MODEL, "input": said}).places
    error = with_their_places(InvalidRequestError("x", [Problem(field=ours, code="x", message="x")]), places)

    assert theirs == error.problems[0].field


def test_its_elements_run_where_prompts_call_them_by_name() -> None:
    """At APIMart `@Element1` is the element's name."""
    said = {
        "video_mode": "elements", "prompt": "@Element1 walks",
        "elements": [{"description": "a dog", "image_urls": [PICTURE, OTHER]}],
    }  # fmt: skip
    request, problems, _ = read_request("video", translated(**said))
    assert [] == [*problems, *provider_problems(request, apimart_profile(SEED_DAY))]

    body = apimart(answer({}))[0].render(request, reference="r", callback_url=None).body

    assert ("@Element1 walks", "Element1") == (body["prompt"], body["element_list"][0]["name"])
    assert [] == provider_problems(request, klingai_profile(SEED_DAY))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("@Image" + "9" * 5000),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["prompt", "url", "type"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = [
    "video_mode", "prompt", "mode", "duration", "aspect_ratio", "native_audio", "image_urls", "start_image_index",
    "elements", "start_frame_url", "end_frame_url", "video_url", "multi_shots",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from([*CANONICAL]))
@settings(max_examples=300, deadline=None)
def test_any_json_is_read_or_refused(noise: dict[str, Any], base: str) -> None:
    """Nothing else comes of it: no other error, whatever the fields hold."""
    body = {"model": MODEL, "input": CANONICAL[base][0] | noise}
    try:
        found = DIALECT.translate(MODEL, body)
    except InvalidRequestError as error:
        assert error.problems  # noqa: PT017 - either is right
    else:
        read_request(found.kind, found.body)
