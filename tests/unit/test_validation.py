"""Types and ranges of the canonical request, and that one answer has every problem."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from klingway.domain.errors import MOST_PROBLEMS, InvalidRequestError
from klingway.domain.request import VideoRequest
from klingway.domain.validation import read_request

from tests.unit.builders import CLIP, EDIT, FEATURE, FIRST, LAST, PICTURE, PROMPT, elements, names_once, shots

LAMBDA_ANSWER_BYTES = 6 * 1024**2
TEXT = {"min_chars": 1, "max_chars": 2500}
ELEMENT = {"name": "dog", "description": "a brown dog", "images": [PICTURE]}


def found(body: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted((problem.field, problem.code) for problem in read_request("video", body)[1])


ACCEPTED = {
    "prompt of 1": {"prompt": "x"},
    "prompt of 2500": {"prompt": "x" * 2500},
    "prompt of 2500 outside the BMP": {"prompt": "🦊" * 2500},
    "negative_prompt of 2500": PROMPT | {"negative_prompt": "x" * 2500},
    "duration_s 3": PROMPT | {"duration_s": 3},
    "duration_s 15": PROMPT | {"duration_s": 15},
    "1 shot": {"shots": shots(3)},
    "6 shots": {"shots": shots(1, 1, 1, 1, 1, 1)},
    "a shot of 1 s": {"shots": shots(1, 2)},
    "a shot of 15 s": {"shots": shots(15)},
    "a shot's prompt of 2500": {"shots": shots(3, prompt="x" * 2500)},
    "cfg_scale 0": PROMPT | {"cfg_scale": 0},
    "cfg_scale 0.0": PROMPT | {"cfg_scale": 0.0},
    "cfg_scale 1": PROMPT | {"cfg_scale": 1},
    "cfg_scale 0.5": PROMPT | {"cfg_scale": 0.5},
    "mode std": PROMPT | {"mode": "std"},
    "mode pro": PROMPT | {"mode": "pro"},
    "mode 4k": PROMPT | {"mode": "4k"},
    "aspect_ratio 16:9": PROMPT | {"aspect_ratio": "16:9"},
    "aspect_ratio 9:16": PROMPT | {"aspect_ratio": "9:16"},
    "aspect_ratio 1:1": PROMPT | {"aspect_ratio": "1:1"},
    "model kling-v3": PROMPT | {"model": "kling-v3"},
    "model kling-v3-omni": PROMPT | {"model": "kling-v3-omni"},
    "model kling-video-o1": PROMPT | {"model": "kling-video-o1"},
    "sound true": PROMPT | {"sound": True},
    "watermark false": PROMPT | {"watermark": False},
    "an image without a role": PROMPT | {"images": [{"url": PICTURE}]},
    "an image of role reference": PROMPT | {"images": [{"url": PICTURE, "role": "reference"}]},
    "both frames": PROMPT | {"images": [FIRST, LAST]},
    "10 images": PROMPT | {"images": [{"url": PICTURE}] * 10},
    "10 elements": PROMPT | {"elements": elements(10)},
    "an element's id of 64": PROMPT | {"elements": [{"id": "e" * 64}]},
    "an element's name of 20": PROMPT | {"elements": [ELEMENT | {"name": "n" * 20}]},
    "an element's description of 100": PROMPT | {"elements": [ELEMENT | {"description": "d" * 100}]},
    "an element of 4 images": PROMPT | {"elements": [ELEMENT | {"images": [PICTURE] * 4}]},
    "an element of 8 tags": PROMPT | {"elements": [ELEMENT | {"tags": ["o_102"] * 8}]},
    "an element from a video": PROMPT | {"elements": [{"name": "n", "description": "d", "video": CLIP}]},
    "a video to edit": PROMPT | {"video": EDIT},
    "a video for its features": PROMPT | {"video": FEATURE | {"keep_sound": True}},
    "2 voices": PROMPT | {"voices": [{"id": "a"}, {"id": "b"}]},
    "one provider": PROMPT | {"provider": "klingai"},
    "providers in order": PROMPT | {"provider": ["apimart", "klingai"]},
    "10 providers": PROMPT | {"provider": ["p" * 32] * 10},
    "reference of 128": PROMPT | {"reference": "r" * 128},
    "null is absent": PROMPT | {"duration_s": None, "images": None, "video": None},
}


@pytest.mark.parametrize("body", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_lies_within_every_limit_is_accepted(body: dict[str, Any]) -> None:
    """Each value at its limit has no problem."""
    assert [] == found(body)


REFUSED: dict[str, tuple[dict[str, Any], str, str, Any]] = {
    "prompt of 0": ({"prompt": ""}, "prompt", "too_short", TEXT),
    "prompt of 2501": ({"prompt": "x" * 2501}, "prompt", "too_long", TEXT),
    "prompt a number": ({"prompt": 5}, "prompt", "wrong_type", TEXT),
    "negative_prompt of 0": (PROMPT | {"negative_prompt": ""}, "negative_prompt", "too_short", TEXT),
    "negative_prompt of 2501": (PROMPT | {"negative_prompt": "x" * 2501}, "negative_prompt", "too_long", TEXT),
    "duration_s 2": (PROMPT | {"duration_s": 2}, "duration_s", "too_short", {"min": 3, "max": 15}),
    "duration_s 16": (PROMPT | {"duration_s": 16}, "duration_s", "too_long", {"min": 3, "max": 15}),
    "duration_s quoted": (PROMPT | {"duration_s": "5"}, "duration_s", "wrong_type", {"min": 3, "max": 15}),
    "duration_s true": (PROMPT | {"duration_s": True}, "duration_s", "wrong_type", {"min": 3, "max": 15}),
    "duration_s 5.0": (PROMPT | {"duration_s": 5.0}, "duration_s", "wrong_type", {"min": 3, "max": 15}),
    "duration_s 5.5": (PROMPT | {"duration_s": 5.5}, "duration_s", "wrong_type", {"min": 3, "max": 15}),
    "0 shots": ({"shots": []}, "shots", "too_few", {"min_items": 1, "max_items": 6}),
    "7 shots": ({"shots": shots(*[1] * 7)}, "shots", "too_many", {"min_items": 1, "max_items": 6}),
    "shots an object": ({"shots": {}}, "shots", "wrong_type", {"min_items": 1, "max_items": 6}),
    "a shot a string": ({"shots": ["x"]}, "shots[0]", "wrong_type", None),
    "a shot of 0 s": ({"shots": shots(3, 0)}, "shots[1].duration_s", "too_short", {"min": 1, "max": 15}),
    "a shot of 16 s": ({"shots": shots(16)}, "shots[0].duration_s", "too_long", {"min": 1, "max": 15}),
    "a shot without prompt": ({"shots": [{"duration_s": 3}]}, "shots[0].prompt", "required", TEXT),
    "a shot without duration": (
        {"shots": [{"prompt": "x"}]}, "shots[0].duration_s", "required", {"min": 1, "max": 15},
    ),
    "cfg_scale -0.01": (PROMPT | {"cfg_scale": -0.01}, "cfg_scale", "too_small", {"min": 0, "max": 1}),
    "cfg_scale 1.01": (PROMPT | {"cfg_scale": 1.01}, "cfg_scale", "too_large", {"min": 0, "max": 1}),
    "cfg_scale quoted": (PROMPT | {"cfg_scale": "0.5"}, "cfg_scale", "wrong_type", {"min": 0, "max": 1}),
    "mode standard": (PROMPT | {"mode": "standard"}, "mode", "not_one_of", ["std", "pro", "4k"]),
    "mode PRO": (PROMPT | {"mode": "PRO"}, "mode", "not_one_of", ["std", "pro", "4k"]),
    "aspect_ratio 4:3": (PROMPT | {"aspect_ratio": "4:3"}, "aspect_ratio", "not_one_of", ["16:9", "9:16", "1:1"]),
    "model kling-v9": (
        PROMPT | {"model": "kling-v9"}, "model", "not_one_of",
        [
            "kling-v3", "kling-v3-omni", "kling-video-o1", "kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-master",
            "kling-v2-1", "kling-v2-1-master", "kling-v2-5-turbo", "kling-v2-6",
        ],
    ),
    "sound on": (PROMPT | {"sound": "on"}, "sound", "wrong_type", None),
    "sound 1": (PROMPT | {"sound": 1}, "sound", "wrong_type", None),
    "watermark true as text": (PROMPT | {"watermark": "true"}, "watermark", "wrong_type", None),
    "0 images": (PROMPT | {"images": []}, "images", "too_few", {"min_items": 1, "max_items": 10}),
    "11 images": (
        PROMPT | {"images": [{"url": PICTURE}] * 11}, "images", "too_many", {"min_items": 1, "max_items": 10},
    ),
    "an image without url": (PROMPT | {"images": [{}]}, "images[0].url", "required", {"min_chars": 1}),
    "an image with an empty url": (PROMPT | {"images": [{"url": ""}]}, "images[0].url", "too_short", {"min_chars": 1}),
    "an image of role end_frame": (
        PROMPT | {"images": [FIRST, {"url": PICTURE, "role": "end_frame"}]},
        "images[1].role", "not_one_of", ["reference", "first_frame", "last_frame"],
    ),
    "11 elements": (PROMPT | {"elements": elements(11)}, "elements", "too_many", {"min_items": 1, "max_items": 10}),
    "an element's id of 65": (PROMPT | {"elements": [{"id": "e" * 65}]}, "elements[0].id", "wrong_form", None),
    "an element's id a number": (PROMPT | {"elements": [{"id": 160}]}, "elements[0].id", "wrong_type", None),
    "an element's id with a line break": (
        PROMPT | {"elements": [{"id": "160\n"}]}, "elements[0].id", "wrong_form", None,
    ),
    "an element's name of 65": (
        PROMPT | {"elements": [ELEMENT | {"name": "n" * 65}]},
        "elements[0].name", "too_long", {"min_chars": 1, "max_chars": 64},
    ),
    "an element's description of 501": (
        PROMPT | {"elements": [ELEMENT | {"description": "d" * 501}]},
        "elements[0].description", "too_long", {"min_chars": 1, "max_chars": 500},
    ),
    "an element of 5 images": (
        PROMPT | {"elements": [ELEMENT | {"images": [PICTURE] * 5}]},
        "elements[0].images", "too_many", {"min_items": 1, "max_items": 4},
    ),
    "an element of 9 tags": (
        PROMPT | {"elements": [ELEMENT | {"tags": ["t"] * 9}]}, "elements[0].tags", "too_many", {"max_items": 8},
    ),
    "a video without use": (PROMPT | {"video": {"url": CLIP}}, "video.use", "required", ["edit", "feature"]),
    "a video without url": (PROMPT | {"video": {"use": "edit"}}, "video.url", "required", {"min_chars": 1}),
    "a video of use base": (
        PROMPT | {"video": {"url": CLIP, "use": "base"}}, "video.use", "not_one_of", ["edit", "feature"],
    ),
    "keep_sound yes": (PROMPT | {"video": EDIT | {"keep_sound": "yes"}}, "video.keep_sound", "wrong_type", None),
    "3 voices": (PROMPT | {"voices": [{"id": "v"}] * 3}, "voices", "too_many", {"min_items": 1, "max_items": 2}),
    "no provider in the list": (
        PROMPT | {"provider": []}, "provider", "too_few", {"min_items": 1, "max_items": 10},
    ),
    "11 providers": (
        PROMPT | {"provider": ["p"] * 11}, "provider", "too_many", {"min_items": 1, "max_items": 10},
    ),
    "a provider that is no name": (
        PROMPT | {"provider": ["klingai", 5]}, "provider[1]", "wrong_type", {"min_chars": 1, "max_chars": 32},
    ),
    "reference of 129": (
        PROMPT | {"reference": "r" * 129}, "reference", "too_long", {"min_chars": 1, "max_chars": 128},
    ),
    "reference of 0": (PROMPT | {"reference": ""}, "reference", "too_short", {"min_chars": 1, "max_chars": 128}),
    "metadata a list": (PROMPT | {"metadata": []}, "metadata", "wrong_type", None),
    "provider_options of a number": (
        PROMPT | {"provider_options": {"klingai": 3}}, "provider_options.klingai", "wrong_type", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "place", "code", "limit"), REFUSED.values(), ids=REFUSED.keys())
def test_what_lies_beyond_a_limit_is_one_problem_that_names_it(
    body: dict[str, Any], place: str, code: str, limit: object
) -> None:
    """One value beyond its limit is one problem: its place, its code, and the limit as data."""
    problems = read_request("video", body)[1]

    assert [(place, code)] == [(problem.field, problem.code) for problem in problems]
    assert limit == problems[0].limit or limit is None
    assert problems[0].message.startswith(place)


def test_a_message_says_what_would_be_accepted_and_what_was_given() -> None:
    """A number beyond its range, a wrong word, a wrong type and a long text are told apart in words."""
    body = {"prompt": "x" * 2501, "mode": "hd", "duration_s": 20, "sound": "on", "cfg_scale": "1"}

    problems = {problem.field: problem.message for problem in read_request("video", body)[1]}

    assert {
        "prompt": "prompt must be a string of 1 to 2500 characters; here it is 2501 characters.",
        "mode": "mode must be one of 'std', 'pro', '4k'; here it is 'hd'.",
        "duration_s": "duration_s must be a whole number from 3 to 15; here it is 20.",
        "sound": "sound must be true or false; here it is a string.",
        "cfg_scale": "cfg_scale must be a number from 0 to 1; here it is a string.",
    } == problems


def test_a_fraction_is_told_apart_from_a_whole_number() -> None:
    """Who sends 5.5 is not told that a number is needed and that a number was given."""
    (problem,) = read_request("video", PROMPT | {"duration_s": 5.5})[1]

    assert "5.5" in problem.message


SUGGESTED = {
    "aspect": (PROMPT | {"aspect": "16:9"}, "aspect", "aspect_ratio"),
    "duration": (PROMPT | {"duration": 5}, "duration", "duration_s"),
    "shot's duration": (
        {"shots": [{"prompt": "x", "duration_s": 3, "durations": 3}]}, "shots[0].durations", "duration_s",
    ),
    "image's link": (PROMPT | {"images": [{"url": PICTURE, "roles": "reference"}]}, "images[0].roles", "role"),
    "video's keepsound": (PROMPT | {"video": EDIT | {"keepsound": True}}, "video.keepsound", "keep_sound"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "place", "meant"), SUGGESTED.values(), ids=SUGGESTED.keys())
def test_an_unknown_field_comes_with_the_one_that_was_meant(body: dict[str, Any], place: str, meant: str) -> None:
    """A field that is not there is refused, and the nearest one is suggested."""
    (problem,) = read_request("video", body)[1]

    assert (place, "unknown_field") == (problem.field, problem.code)
    assert f"did you mean {meant!r}?" in problem.message
    assert meant in problem.limit


def test_an_unknown_field_that_resembles_none_comes_with_all_that_there_are() -> None:
    """Where nothing is near, every field is listed."""
    (problem,) = read_request("video", PROMPT | {"zzz": 1})[1]

    assert sorted(VideoRequest.model_fields) == problem.limit
    assert "known here: aspect_ratio, cfg_scale" in problem.message


def test_every_mistake_is_named_exactly_once() -> None:
    """A body with nine mistakes of all kinds gets one answer with these nine."""
    body = {
        "prompt": "x" * 2501,
        "duration_s": "10",
        "aspect": "16:9",
        "mode": "hd",
        "cfg_scale": 2,
        "images": [LAST],
        "video": FEATURE,
        "sound": True,
        "reference": "",
        "metadata": {"big": "x" * 2048},
        "tags": ["a"],
    }

    assert [
        ("aspect", "unknown_field"),
        ("cfg_scale", "too_large"),
        ("duration_s", "wrong_type"),
        ("images[0].role", "needs_first_frame"),
        ("metadata", "too_large"),
        ("mode", "not_one_of"),
        ("prompt", "too_long"),
        ("reference", "too_short"),
        ("tags", "not_yet"),
    ] == found(body)


def test_several_mistakes_inside_one_list_are_all_named() -> None:
    """Each item's own mistakes are named with their index."""
    body = {"shots": [{"prompt": "", "duration_s": 0}, {"prompt": "x", "duration_s": "3"}, {"prompt": "x"}]}

    assert [
        ("shots[0].duration_s", "too_short"),
        ("shots[0].prompt", "too_short"),
        ("shots[1].duration_s", "wrong_type"),
        ("shots[2].duration_s", "required"),
    ] == found(body)


def test_one_mistake_is_not_reported_twice() -> None:
    """shot_split 'customize' with neither prompt nor shots lacks the shots alone."""
    assert [("shots", "required")] == found({"shot_split": "customize"})


def test_what_is_sound_is_kept_besides_what_is_not() -> None:
    """The request beside the problems has every sound field and none of the broken."""
    request, problems, _ = read_request("video", {"prompt": "a fox", "mode": "hd", "duration_s": 5, "extra": 1})

    assert {"prompt": "a fox", "duration_s": 5} == request.model_dump(exclude_unset=True)
    assert 2 == len(problems)


def test_nothing_is_filled_in_while_reading() -> None:
    """Values that a caller left out stay out."""
    assert {"prompt": "a fox"} == read_request("video", PROMPT)[0].model_dump(exclude_unset=True)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(PROMPT | {"metadata": {"a": "\ud800"}}, id="a value of metadata"),
        pytest.param(PROMPT | {"metadata": {"\ud800": 1}}, id="a name in metadata"),
        pytest.param({"prompt": "\ud800"}, id="prompt"),
        pytest.param(PROMPT | {"\ud800": 1}, id="a field's name"),
        pytest.param(PROMPT | {"images": [{"url": PICTURE, "\ud800": 1}]}, id="a nested field's name"),
        pytest.param(PROMPT | {"provider_options": {"\ud800": {}}}, id="a provider's name"),
        pytest.param(PROMPT | {"provider_options": {"klingai": {"a": "\ud800"}}}, id="a provider's option"),
    ],
)
def test_half_a_character_is_a_problem_and_never_an_exception(body: dict[str, Any]) -> None:
    """A lone surrogate, which JSON's escapes can spell but UTF-8 cannot, is refused, and the answer can be encoded."""
    problems = read_request("video", body)[1]

    assert problems
    assert json.dumps([problem.to_json() for problem in problems], ensure_ascii=False).encode()


@pytest.mark.parametrize("depth", [100, 250, 500, 900])
def test_deep_metadata_is_refused_or_can_be_stored(depth: int) -> None:
    """What is accepted can be written down again: metadata as deep as JSON is read is a problem, not an exception."""
    body = json.loads('{"prompt": "x", "metadata": {"a": ' + "[" * depth + "]" * depth + "}}")

    request, problems, _ = read_request("video", body)

    assert problems or request.model_dump(mode="json", exclude_unset=True)


@pytest.mark.parametrize("text", ["1e999", "-1e999"])
def test_metadata_that_is_no_json_any_more_is_refused(text: str) -> None:
    """A number too large for a double reads as infinity, which no JSON can give back."""
    assert [("metadata", "wrong_form")] == found(json.loads('{"prompt": "x", "metadata": {"a": ' + text + "}}"))


def test_options_of_a_provider_that_there_is_not_are_refused() -> None:
    """provider_options for an unknown provider would be dropped in silence: refused by name at the latest on routing."""
    from klingway.domain.routing import choose_route  # noqa: PLC0415 - the only test here that routes

    from tests.unit.builders import SEED_DAY, klingai_profile  # noqa: PLC0415

    request, problems, _ = read_request("video", PROMPT | {"provider_options": {"klingay": {"a": 1}}})
    problems += choose_route(request, {"klingai": klingai_profile(SEED_DAY)}, ["klingai"])[1]  # type: ignore[dict-item,list-item]

    assert ["provider_options.klingay"] == [problem.field for problem in problems]


def test_the_answer_to_a_small_body_never_outgrows_what_lambda_can_answer() -> None:
    """100 KB of unknown fields do not make an answer above 6 MB: problems and echoes are bounded."""
    body = PROMPT | {f"x{index}": 1 for index in range(10_000)}

    found = read_request("video", body)[1]
    answer = json.dumps([problem.to_json() for problem in InvalidRequestError("no", found).problems])

    assert LAMBDA_ANSWER_BYTES > len(answer)
    assert MOST_PROBLEMS + 1 == len(found), "each further one would be looked up among the names there are, for nobody"


def test_a_giant_name_is_not_echoed() -> None:
    """A field's name of 1 MB comes back shortened."""
    (problem,) = read_request("video", PROMPT | {"a" * 1_000_000: 1})[1]

    assert 10_000 > len(json.dumps(problem.to_json()))


def test_a_giant_number_is_not_echoed() -> None:
    """A number of 4000 digits comes back shortened."""
    (problem,) = read_request("video", PROMPT | {"duration_s": 10**4000})[1]

    assert 1000 > len(problem.message)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=10), children, max_size=4),
    max_leaves=12,
)
NAMES = sorted(VideoRequest.model_fields)
NESTED_NAMES = ["url", "role", "id", "name", "description", "images", "video", "use", "prompt", "duration_s", "tags"]
NEAR_VALUES = st.recursive(
    st.sampled_from([None, True, 0, 1, 3, 5, 15, 16, 0.5, "", "x", "std", "16:9", "edit", "first_frame", "kling-v3"]),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(NESTED_NAMES), children, max_size=4)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=12), JSON_VALUES | NEAR_VALUES, max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_object_is_read_without_an_exception(body: dict[str, Any]) -> None:
    """Whatever JSON object is given, there is a request and a list of problems, each place with each code once."""
    request, problems, _ = read_request("video", body)

    assert isinstance(request, VideoRequest)
    assert names_once([f"{problem.field} {problem.code} {problem.message}" for problem in problems])
    assert all(problem.code and problem.message for problem in problems)
