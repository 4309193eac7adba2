"""Every request of the cases, in Unifically's dialect and on to Unifically."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from klingway.domain.errors import InvalidRequestError

from tests.conformance.harness import Case, dialect_of, judge
from tests.conformance.unifically.cases import EXAMPLES
from tests.conformance.unifically.cases_of_modes import MODES
from tests.conformance.unifically.cases_of_parameters import PARAMETERS

CASES = [*EXAMPLES, *PARAMETERS, *MODES]

FIELDS = {
    # Tasks, request parameters.
    "model", "input", "callback_url", "dry_run",
    # Kling v3.0 Omni, parameters.
    "input.video_mode", "input.prompt", "input.mode", "input.duration", "input.aspect_ratio", "input.native_audio",
    "input.image_urls", "input.start_image_index", "input.elements", "input.start_frame_url", "input.end_frame_url",
    "input.video_url", "input.multi_shots",
    # multi_shots: "each with prompt and duration".
    "input.multi_shots.prompt", "input.multi_shots.duration",
    # "Each element accepts".
    "input.elements.description", "input.elements.type", "input.elements.image_urls", "input.elements.video_url",
}  # fmt: skip
"""Written from the tables, and not from our models."""


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_request_is_judged_as_the_page_says(case: Case) -> None:
    """Refused at the places that the page's sentence is about, or arriving at Unifically as it was given."""
    verdict = judge("unifically", case)

    assert case.refused == verdict.refused, (case.says, verdict.messages)
    if not case.refused:
        assert ("/v1/tasks", case.upstream) == (verdict.path, verdict.upstream)
        assert case.warned == {warning.partition(":")[0] for warning in verdict.warnings}


CANONICAL = {"a longer prompt", "shots and another sum", "shots of 2 s", "shots of 16 s"}
"""Refused by the rules that hold for every service: where the page is silent."""


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.refused and case.name not in CANONICAL], ids=lambda case: case.name
)
def test_a_rule_of_the_page_holds_whoever_makes_the_video(case: Case) -> None:
    """The dialect refuses by itself: another provider may have no such rule."""
    with pytest.raises(InvalidRequestError) as refused:
        dialect_of("unifically").translate(case.product, case.body)

    assert case.refused == {problem.field for problem in refused.value.problems}


def places(value: object, place: str = "") -> Iterator[str]:
    """Yield the place of every field in a body, without indexes."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            inner = f"{place}.{name}".removeprefix(".")
            yield inner
            yield from places(part, inner)
    elif isinstance(value, list):
        for part in value:
            yield from places(part, place)


def test_every_field_has_a_case() -> None:
    """Each field of the tables stands in a request that is accepted; and in one that is refused at it, or within it."""
    accepted = {place for case in CASES if not case.refused for place in places(case.body)}
    refused = {re.sub(r"\[[0-9]+\]", "", place) for case in CASES for place in case.refused}

    assert set() == FIELDS - accepted
    assert set() == FIELDS - refused


def test_cases_have_names_of_their_own() -> None:
    """So that a failing one can be told from the others."""
    names = [case.name for case in CASES]

    assert sorted(set(names)) == sorted(names)


OURS = re.compile(r"duration_s|(?<!multi_)shots\[|video\.(use|url)|images\[|first_frame|keep_sound")


@pytest.mark.parametrize("case", [case for case in CASES if case.refused], ids=lambda case: case.name)
def test_a_refusal_speaks_the_callers_language(case: Case) -> None:
    """Messages have Unifically's names and not ours, since a message is all that its error has room for."""
    assert [] == [message for message in judge("unifically", case).messages if OURS.search(message)]
