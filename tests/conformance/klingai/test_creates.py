"""Every create of Kling's API specification of 2026-02-10, spoken to us, and what arrives at Kling itself."""

from __future__ import annotations

import pytest
from klingway.domain.errors import InvalidRequestError

from tests.conformance.harness import Case, dialect_of, judge
from tests.conformance.klingai import (
    cases_generations,
    cases_image2video,
    cases_omni_image,
    cases_omni_video,
    cases_text2video,
)
from tests.conformance.klingai.building import places_in

TABLES = {
    "omni-video": (cases_omni_video.FIELDS, cases_omni_video.CASES),
    "text2video": (cases_text2video.FIELDS, cases_text2video.CASES),
    "image2video": (cases_image2video.FIELDS, cases_image2video.CASES),
    "omni-image": (cases_omni_image.FIELDS, cases_omni_image.CASES),
    "generations": (cases_generations.FIELDS, cases_generations.CASES),
}
PATHS = {
    "omni-video": "/v1/videos/omni-video",
    "text2video": "/v1/videos/text2video",
    "image2video": "/v1/videos/image2video",
    "omni-image": "/v1/images/omni-image",
    "generations": "/v1/images/generations",
}
CASES = [case for _, cases in TABLES.values() for case in cases]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.product}: {case.name}")
def test_a_create(case: Case) -> None:
    """It is refused at the fields that the document's sentence is about, or arrives at Kling as its document has it."""
    verdict = judge("klingai", case)

    assert case.refused == verdict.refused, verdict.messages
    assert case.warned == {warning.partition(":")[0] for warning in verdict.warnings}
    if case.upstream is not None:
        assert (PATHS[case.product], dict(case.upstream)) == (verdict.path, verdict.upstream)


@pytest.mark.parametrize("product", TABLES)
def test_every_field_has_a_case(product: str) -> None:
    """Every row of the table, and every key of its samples, is in a case; no case is given twice."""
    fields, cases = TABLES[product]

    assert set() == fields - {place for case in cases for place in places_in("", case.body)}
    assert len(cases) == len({case.name for case in cases})


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("omni-video", "sound on with a video"),
        ("omni-video", "no ratio"),
        ("omni-video", "shots shorter than the whole"),
        ("image2video", "image-to-video with voice of element, as it stands"),
        ("image2video", "an end frame and masks"),
        ("generations", "what not to show of an image"),
    ],
)
def test_a_rule_of_the_document_holds_whoever_makes_it(product: str, name: str) -> None:
    """What the document says of its own fields is refused in the reading, before any provider is looked at."""
    (case,) = (case for case in TABLES[product][1] if case.name == name)

    with pytest.raises(InvalidRequestError) as caught:
        dialect_of("klingai").translate(product, case.body)

    assert case.refused == {problem.field for problem in caught.value.problems}
    assert all(problem.source for problem in caught.value.problems)


@pytest.mark.parametrize("value", [[], [[]], [1], {"a": [1]}, 5, 0, True, "x", [{"refer_type": [1]}]], ids=repr)
@pytest.mark.parametrize(
    "name", ["model_name", "multi_shot", "shot_type", "video_list", "result_type", "image", "image_reference"]
)
@pytest.mark.parametrize("product", TABLES)
def test_any_json_decides_what_counts_or_is_refused(product: str, name: str, value: object) -> None:
    """The fields on which it depends what counts may hold anything: never anything else than a problem with a place."""
    try:
        dialect_of("klingai").translate(product, {"prompt": "a fox", name: value})
    except InvalidRequestError as error:
        assert all(problem.field and problem.message for problem in error.problems)  # noqa: PT017 - either is right
