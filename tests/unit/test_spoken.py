"""What all dialects read and say alike."""

from __future__ import annotations

import json
from typing import Any

import pytest
from klingway.domain.errors import InvalidRequestError, Problem, TooLargeError, expect_none
from klingway.providers.spoken import (
    MAX_SUMMARY_CHARS,
    read,
    summary,
    their_place,
    with_their_places,
    without_empty,
)
from klingway.providers.wire import Said

PLACES = {
    "duration_s": "duration",
    "shots": "multi_prompt",
    "shots[].duration_s": "multi_prompt[].duration",
    "images[0]": "image",
    "images[].url": "image_list[].image_url",
    "elements[].images[]": "element_list[].urls[]",
    "video": "video_list[0]",
}


class Body(Said):
    name: str
    size: int | None = None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"a": "", "b": [], "c": {}, "d": None}, {}),
        ({"a": 0, "b": False, "c": "x", "d": [1]}, {"a": 0, "b": False, "c": "x", "d": [1]}),
        ({"a": {"b": "", "c": 1}}, {"a": {"c": 1}}),
        ({"a": {"b": ""}}, {}),
        ({"a": [{"b": "", "c": 1}, ""]}, {"a": [{"c": 1}, ""]}),
    ],
)
def test_what_says_nothing_is_left_out(body: dict[str, Any], expected: dict[str, Any]) -> None:
    """Empty texts, lists and objects at any depth; zero and false say something, and items keep their numbers."""
    assert expected == without_empty(body)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("duration_s", "duration"),
        ("shots", "multi_prompt"),
        ("shots[2].duration_s", "multi_prompt[2].duration"),
        ("shots[2].prompt", "multi_prompt[2].prompt"),
        ("images[0].role", "image.role"),
        ("images[3].url", "image_list[3].image_url"),
        ("elements[1].images[2]", "element_list[1].urls[2]"),
        ("video.url", "video_list[0].url"),
        ("metadata", "metadata"),
    ],
)
def test_a_place_is_told_in_the_callers_name(place: str, expected: str) -> None:
    """The longest name that is known, with its indexes; what lies within keeps its own."""
    assert expected == their_place(place, PLACES)


def test_messages_speak_of_the_callers_place() -> None:
    """The place and the name within it are replaced; what is no such name is not."""
    problem = Problem(field="shots[1].duration_s", code="too_short", message="shots[1].duration_s must be at least 1.")
    total = Problem(field="duration_s", code="x", message="duration_s is 5 but the shots add up to 6.")

    told = with_their_places(InvalidRequestError("no", [problem, total]), PLACES)

    assert ["multi_prompt[1].duration", "duration"] == [each.field for each in told.problems]
    assert ["multi_prompt[1].duration must be at least 1.", "duration is 5 but the shots add up to 6."] == [
        each.message for each in told.problems
    ]


def test_english_words_in_messages_stay() -> None:
    """`prompt` and `id` are names of fields and words of sentences: only the whole place is replaced."""
    problem = Problem(field="shots[0].prompt", code="too_long", message="characters of a shot's prompt: at most 512.")

    (told,) = with_their_places(InvalidRequestError("no", [problem]), PLACES).problems

    assert ("multi_prompt[0].prompt", "characters of a shot's prompt: at most 512.") == (told.field, told.message)


def test_a_body_is_read_by_its_schema_or_told_what_is_wrong() -> None:
    """Every field that is wrong, at its own place."""
    assert Body(name="a", size=1) == read(Body, {"name": "a", "size": 1})
    with pytest.raises(InvalidRequestError) as refused:
        read(Body, {"size": "1", "nmae": "a"})

    assert {("name", "required"), ("size", "wrong_type"), ("nmae", "unknown_field")} == {
        (problem.field, problem.code) for problem in refused.value.problems
    }


def test_half_characters_are_refused_by_name() -> None:
    """What could not be written down again."""
    with pytest.raises(InvalidRequestError) as refused:
        read(Body, {"name": "\ud800"})

    assert ["name"] == [problem.field for problem in refused.value.problems]


def test_a_bottomless_body_is_refused_by_name() -> None:
    """As deep as a parser of JSON goes: no end of our own stack, and nothing of it is looked at."""
    body = json.loads('{"name": ' + "[" * 900 + "1" + "]" * 900 + "}")

    with pytest.raises(InvalidRequestError) as refused:
        read(Body, without_empty(body))

    assert [("name", "too_deep")] == [(problem.field, problem.code) for problem in refused.value.problems]


def test_nothing_wrong_is_nothing_raised() -> None:
    """And one thing wrong is an error that has it."""
    expect_none([])
    with pytest.raises(InvalidRequestError):
        expect_none([Problem(field="a", code="b", message="c")])


def test_one_text_has_every_problem() -> None:
    """Each with its place in front, once; what is wrong as a whole is said by itself; never endless."""
    problems = [
        Problem(field="mode", code="x", message="mode must be std or pro."),
        Problem(field="image", code="x", message="takes a url."),
    ]

    assert "mode must be std or pro. image: takes a url." == summary(InvalidRequestError("no", problems))
    assert "At most 4 MB." == summary(TooLargeError("At most 4 MB."))
    many = [Problem(field=f"f{n}", code="x", message="x" * 90) for n in range(100)]
    assert MAX_SUMMARY_CHARS == len(summary(InvalidRequestError("no", many)))
