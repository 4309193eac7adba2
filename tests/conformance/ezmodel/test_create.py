"""EzModel's create, read in its dialect and rendered to EzModel again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain.errors import InvalidRequestError

from tests.conformance.ezmodel.building import FOX, PRODUCT, V3
from tests.conformance.ezmodel.cases import BY_FIELD
from tests.conformance.ezmodel.cases_beyond import BEYOND_THE_PAGE
from tests.conformance.ezmodel.examples import EXAMPLES
from tests.conformance.harness import Case, dialect_of, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

ON_THE_PAGE = (*EXAMPLES, *BY_FIELD)
CASES = (*ON_THE_PAGE, *BEYOND_THE_PAGE)
ACCEPTED = [case for case in CASES if not case.refused]
REFUSED = [case for case in CASES if case.refused]

# Every row of the page's four tables of fields.
FIELDS = {
    "model", "prompt", "negative_prompt", "mode", "duration", "aspect_ratio", "image_list", "video_list",
    "element_list", "multi_prompt", "sound", "cfg_scale", "external_task_id", "callback_url",
    "image_list[].image_url", "image_list[].type",
    "video_list[].video_url", "video_list[].refer_type", "video_list[].keep_original_sound",
    "element_list[].element_id",
    "multi_prompt[].prompt", "multi_prompt[].duration",
}  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED, ids=[case.name for case in ACCEPTED])
def test_what_is_taken_arrives_as_the_page_has_it(case: Case) -> None:
    """Nothing is refused; the body that EzModel gets; what was ignored is named."""
    verdict = judge("ezmodel", case)

    assert (frozenset(), ()) == (verdict.refused, verdict.messages)
    assert "/kling/v1/videos/omni-video" == verdict.path
    assert case.upstream == verdict.upstream
    assert case.warned == {warning.partition(":")[0] for warning in verdict.warnings}


@pytest.mark.parametrize("case", REFUSED, ids=[case.name for case in REFUSED])
def test_what_is_refused_is_refused_at_the_callers_own_field(case: Case) -> None:
    """Each mistake once, under the page's own name, in words that have no name of ours."""
    verdict = judge("ezmodel", case)

    assert case.refused == verdict.refused
    assert len(case.refused) == len(verdict.messages)
    assert not [message for message in verdict.messages if "duration_s" in message]


def places(body: object, place: str = "") -> Iterator[str]:
    """Yield the place of everything that a body has; list items are `[]`."""
    if place:
        yield place
    if isinstance(body, dict):
        for name, part in body.items():
            yield from places(part, f"{place}.{name}" if place else name)
    elif isinstance(body, list):
        for part in body:
            yield from places(part, f"{place}[]")


def test_every_field_has_a_case() -> None:
    """Of each row of the page's tables there is one case that is taken with it and one that is refused at it."""
    taken = {place for case in ON_THE_PAGE if not case.refused for place in places(dict(case.body))}
    wrong = {name.replace("[0]", "[]").replace("[1]", "[]") for case in ON_THE_PAGE for name in case.refused}

    assert set() == FIELDS - taken
    assert set() == FIELDS - wrong


BY_THE_DIALECT = (
    "another model", "4k", "4:3", "another word for sound", "cfg_scale 1.1", "cfg_scale -0.1", "v3 text, 2 s", "v3 text, 16 s",
    "another role", "another way of referring", "another word for keeping", "sound with a video reference",
    "sound with a video to edit", "1 shot", "6 shots of 3 s", "7 shots", "16 s", "a shot of 2 s", "a shot's prompt of 2501",
    "a prompt beside shots", "a duration beside shots", "prompt is conditional: neither", "two videos",
)  # fmt: skip


@pytest.mark.parametrize("name", BY_THE_DIALECT)
def test_the_pages_own_rules_hold_whichever_provider_does_the_work(name: str) -> None:
    """They are broken before any provider is looked at; KlingAI, for one, would take a single shot."""
    (case,) = [case for case in CASES if case.name == name]

    with pytest.raises(InvalidRequestError) as refused:
        dialect_of("ezmodel").translate(PRODUCT, case.body)

    assert case.refused == {problem.field for problem in refused.value.problems}


def test_seven_shots_are_too_many_and_not_too_long() -> None:
    """Minimum 2 shots, maximum 6 shots: what is told is what is to be mended first."""
    (case,) = [case for case in CASES if case.name == "7 shots"]

    with pytest.raises(InvalidRequestError) as refused:
        dialect_of("ezmodel").translate(PRODUCT, case.body)

    assert ["too_many"] == [problem.code for problem in refused.value.problems]


def test_case_names_are_unique() -> None:
    """A name stands for one case."""
    assert len(CASES) == len({case.name for case in CASES})


def test_a_task_id_of_ones_own_and_a_callback_are_the_gateways() -> None:
    """They are the caller's, and go no further; upstream there are ours."""
    body = {**V3, **FOX, "external_task_id": "my_task_001", "callback_url": "https://your-api.com/callback"}

    translated = dialect_of("ezmodel").translate(PRODUCT, body)

    assert ("my_task_001", "https://your-api.com/callback") == (translated.external_id, translated.callback_url)
    assert not {"external_task_id", "callback_url", "provider"} & set(translated.body)


def test_only_what_was_given_is_asked_for() -> None:
    """The page's defaults are the canonical ones: none is added, so that none is held against another provider."""
    translated = dialect_of("ezmodel").translate(PRODUCT, {**V3, **FOX})

    assert ("video", {**V3, **FOX}) == (translated.kind, translated.body)


def problems_of(body: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequestError) as refused:
        dialect_of("ezmodel").translate(PRODUCT, body)
    return [(problem.field, problem.message) for problem in refused.value.problems]


def test_every_mistake_is_told_at_once() -> None:
    """With what would be accepted."""
    said = problems_of({"model": "kling-v4", "prompt": "x", "duration": 5, "mode": "4k", "aspectratio": "16:9"})

    assert {"model", "duration", "mode", "aspectratio"} == {place for place, _ in said}
    words = " ".join(message for _, message in said)
    assert "'std', 'pro'" in words
    assert "'3', '4'" in words
    assert "did you mean 'aspect_ratio'?" in words


def test_a_rule_between_fields_is_the_pages() -> None:
    """A problem says whose rule it is, and what is taken."""
    with pytest.raises(InvalidRequestError) as refused:
        dialect_of("ezmodel").translate(
            PRODUCT, {**V3, "multi_prompt": [{"prompt": "a", "duration": "8"}, {"prompt": "b", "duration": "8"}]}
        )

    (problem,) = refused.value.problems
    assert ("too_long", {"min": 3, "max": 15}, "EzModel, Kling Omni Video") == (
        problem.code, problem.limit, problem.source,
    )  # fmt: skip
    assert "16 s" in problem.message


@pytest.mark.parametrize("value", [None, 5, [], {}, [[]], [{}], "x" * 100_000, True, {"a": {"b": []}}], ids=repr)
@pytest.mark.parametrize(
    "name", ["model", "model_name", "multi_prompt", "image_list", "video_list", "element_list", "prompt"]
)
def test_any_json_is_taken_or_refused(name: str, value: object) -> None:
    """Never anything else than a problem with a place."""
    try:
        dialect_of("ezmodel").translate(PRODUCT, {**V3, **FOX, name: value})
    except InvalidRequestError as error:
        assert all(problem.field and problem.message for problem in error.problems)  # noqa: PT017 - either is right
