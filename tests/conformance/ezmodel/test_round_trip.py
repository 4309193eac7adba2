"""A request rendered for EzModel and read back in its dialect is the same request."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from klingway.domain.request import VideoRequest

from tests.conformance.ezmodel.building import PRODUCT
from tests.conformance.harness import dialect_of
from tests.unit.builders import ATTEMPT_ID, REFERENCE_IMAGE, answer, elements, shots, video_request
from tests.unit.ezmodel.building import ezmodel
from tests.unit.ezmodel.test_render import ANY, repaired


def with_defaults(request: VideoRequest) -> dict[str, Any]:
    """Return a request with what it leaves open said in words."""
    said = request.model_dump(exclude_none=True)
    said.pop("shot_split", None)
    said |= {"model": request.asked_model, "mode": said.get("mode", "std"), "sound": bool(request.sound)}
    said["aspect_ratio"] = said.get("aspect_ratio", "16:9")
    said["duration_s"] = request.asked_duration_s
    return said


def there_and_back(request: VideoRequest) -> VideoRequest:
    """Return what the dialect reads of what the provider renders."""
    wire = ezmodel(answer({}))[0].render(request, reference=ATTEMPT_ID, callback_url=None)
    return VideoRequest.model_validate(dialect_of("ezmodel").translate(PRODUCT, wire.body).body)


@given(ANY)
@settings(max_examples=200, deadline=None)
def test_any_valid_request_comes_back(body: dict[str, Any]) -> None:
    """Watermarks aside, which EzModel has not: `false` asks for nothing."""
    request = repaired({name: value for name, value in body.items() if name != "watermark"})

    assert with_defaults(request) == with_defaults(there_and_back(request))


@pytest.mark.parametrize(
    "prompt", ["<<<image_1>>> and <<<element_1>>>", "<<<element_1>>>, <<<image_1>>>", "(<<<image_1>>>)<<<element_1>>>"]
)
def test_references_come_back(prompt: str) -> None:
    """In the prompt and in shots."""
    given_both = {"images": [REFERENCE_IMAGE], "elements": elements(1)}
    plain = video_request(prompt=prompt, **given_both)
    split = video_request(shots=shots(3, 4, prompt=prompt), **given_both)

    assert prompt == there_and_back(plain).prompt
    assert [prompt, prompt] == [shot.prompt for shot in there_and_back(split).shots or []]
