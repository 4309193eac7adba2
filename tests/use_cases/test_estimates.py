"""Estimates: who could do a request, at which price, and what would be sent; nothing is written, sent or spent."""

from datetime import date
from typing import Any

import pytest
from klingway.domain.errors import InvalidRequestError
from klingway.domain.ids import Tenant
from klingway.use_cases.estimate import Estimate
from klingway.use_cases.judge_request import JudgeRequest

from tests.fakes.elements import InMemoryElements
from tests.fakes.providers import SeveralProviders
from tests.unit.builders import FakeCredentials, apimart, klingai

ACME, URL = Tenant("acme"), "https://gateway.example"
PICTURE = "https://example.com/a.png"
PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
DOG = {"name": "dog", "description": "a brown dog", "images": [PICTURE, PICTURE]}


def estimates(body: dict[str, Any], kind: Any = "video", *, has_key: bool = True) -> dict[str, Any]:
    """Estimate at KlingAI and APIMart, with the rules of Kling's specification."""
    known = None if has_key else FakeCredentials(None)
    (kling, calls), (mart, other_calls) = klingai(rules_as_of=date(2026, 2, 10), credentials=known), apimart()
    judge = JudgeRequest(
        bucket_name="media-bucket", elements=InMemoryElements(), providers=SeveralProviders([kling, mart])
    )
    said = Estimate(judge=judge).run(ACME, kind, body, public_url=URL)
    assert [] == [*calls.calls, *other_calls.calls], "an estimate calls nobody"
    return said


def of(said: dict[str, Any], provider: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in said["estimates"] if each["provider"] == provider)
    return found


def test_each_provider_says_what_it_would_cost_and_send() -> None:
    """Five seconds in std: 0.6 units at $0.14 a second at KlingAI, $0.0672 at APIMart, which auto takes as the cheaper."""
    said = estimates({"prompt": "a fox", "duration_s": 5})

    assert ("video", "kling-v3-omni") == (said["kind"], said["model"])
    assert {
        "providers": ["apimart", "klingai"],
        "reason": "apimart: cheapest of apimart ($0.34), klingai ($0.42)",
    } == said["route"]
    kling, mart = of(said, "klingai"), of(said, "apimart")
    assert ("0.42", "0.336") == (kling["price"]["amount"], mart["price"]["amount"])
    assert (True, True, [], []) == (kling["is_possible"], kling["is_sure"], kling["problems"], kling["warnings"])
    (request,) = mart["requests"]
    assert {
        "method": "POST", "path": "/v1/videos/generations",
        "body": {
            "model": "kling-v3-omni", "prompt": "a fox", "mode": "std", "duration": 5, "aspect_ratio": "16:9",
            "multi_shot": False, "audio": False, "watermark": False,
        },
    } == request  # fmt: skip


def test_a_provider_that_cannot_says_every_reason() -> None:
    """A negative prompt and five elements: KlingAI's omni takes no negative prompt, APIMart three elements."""
    body = {"prompt": "a fox", "negative_prompt": "blur", "elements": [DOG | {"name": f"dog{n}"} for n in range(4)]}

    said = estimates(body)

    assert None is said["route"]
    assert [("negative_prompt", "unsupported")] == [
        (problem["field"], problem["code"]) for problem in of(said, "klingai")["problems"]
    ]
    assert [("elements", "too_many")] == [
        (problem["field"], problem["code"]) for problem in of(said, "apimart")["problems"]
    ]
    assert (False, None, []) == tuple(of(said, "klingai")[name] for name in ("is_possible", "price", "requests"))


def test_elements_that_are_made_first_are_shown_first() -> None:
    """At KlingAI the create of the element, then the task that names it by a number in its place; at APIMart one request."""
    said = estimates({"prompt": "<<<element_1>>> barks", "elements": [DOG]})

    first, then = of(said, "klingai")["requests"]
    assert ("/v1/general/advanced-custom-elements", "dog") == (first["path"], first["body"]["element_name"])
    assert ("/v1/videos/omni-video", [{"element_id": 1}]) == (then["path"], then["body"]["element_list"])
    assert 1 == len(of(said, "apimart")["requests"])


def test_what_is_doubtful_is_a_warning() -> None:
    """APIMart's watermark marks the film itself: possible for who names it, and nothing that auto would take."""
    said = of(estimates({"prompt": "a fox", "watermark": True}), "apimart")

    assert (True, False, ["whether apimart does watermark is not certain"]) == (
        said["is_possible"], said["is_sure"], said["warnings"],
    )  # fmt: skip


def test_a_limit_that_there_may_be_is_a_warning() -> None:
    """Whether APIMart counts frames when it counts images, its page does not say."""
    body = {"prompt": "<<<image_1>>> moves", "images": [{"url": "https://example.com/a.png", "role": "first_frame"}]}

    said = of(estimates(body), "apimart")

    assert (True, False, ["whether apimart does reference to an image with a first frame is not certain"]) == (
        said["is_possible"], said["is_sure"], said["warnings"],
    )  # fmt: skip


def test_a_price_that_nobody_published_is_null() -> None:
    """APIMart's std with sound is in no list that was seen."""
    said = of(estimates({"prompt": "a fox", "sound": True}), "apimart")

    assert (True, None) == (said["is_possible"], said["price"])


def test_a_provider_without_a_credential_says_so() -> None:
    """And what it would do is not shown as possible."""
    said = of(estimates({"prompt": "a fox"}, has_key=False), "klingai")

    assert (False, ["provider"]) == (said["is_possible"], [problem["field"] for problem in said["problems"]])


def test_only_named_providers_are_estimated() -> None:
    """As a request for them would go to them alone."""
    said = estimates({"prompt": "a fox", "provider": "klingai"})

    assert ["klingai"] == [each["provider"] for each in said["estimates"]]


def test_pictures_that_come_inline_are_not_stored() -> None:
    """Where each would lie is shown in its place."""
    said = estimates({"prompt": "<<<image_1>>> moves", "images": [{"url": PNG}], "provider": "klingai"})

    ((image,),) = [request["body"]["image_list"] for request in of(said, "klingai")["requests"]]
    assert image["image_url"].startswith("s3://media-bucket/inputs/acme/")


def test_what_holds_for_everybody_is_refused_at_once() -> None:
    """As the request itself would be."""
    with pytest.raises(InvalidRequestError) as refused:
        estimates({"prompt": "", "duration_s": 99})

    assert {"prompt", "duration_s"} == {problem.field for problem in refused.value.problems}
