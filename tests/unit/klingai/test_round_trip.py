"""What we say to Kling, said to us, is the same request; and whatever else is said to us is refused in order."""

from __future__ import annotations

import copy
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from klingway.domain.errors import InvalidRequestError, Problem
from klingway.domain.ids import ProviderName
from klingway.domain.request import ImageRequest
from klingway.domain.validation import provider_problems, read_request
from klingway.providers import registry

from tests.conformance.klingai import examples
from tests.conformance.klingai.test_elements import FROM_IMAGES, FROM_VIDEO
from tests.unit.builders import ATTEMPT_ID, END_PICTURE, PICTURE, PROMPT, answer, elements, klingai
from tests.unit.klingai.test_render import ANY, SINCE_ALL, repaired

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from klingway.domain.request import AnyRequest
    from klingway.providers.contract import WireRequest

DIALECT = registry.dialect_of(ProviderName("klingai"))
RATIOS = ["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "auto"]
PICTURES = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(["kling-v3-omni", "kling-v3", "kling-image-o1", "kling-v2-1", "kling-v1"]),
        "negative_prompt": st.text(min_size=1, max_size=5).filter(str.strip),
        "images": st.lists(st.sampled_from([{"url": PICTURE}, {"url": END_PICTURE}]), min_size=1, max_size=10),
        "elements": st.integers(1, 5).map(elements),
        "resolution": st.sampled_from(["1k", "2k", "4k"]),
        "aspect_ratio": st.sampled_from(RATIOS),
        "series": st.booleans(),
        "count": st.integers(1, 9) | st.just("auto"),
        "watermark": st.booleans(),
    },
)


def rendered(request: AnyRequest, on: date) -> WireRequest:
    return klingai(answer({}), rules_as_of=on)[0].render(request, reference=ATTEMPT_ID, callback_url=None)


def said_back(wire: WireRequest, on: date) -> WireRequest:
    """Return what arrives at Kling when its own request is said to us."""
    translated = DIALECT.translate(wire.path.rpartition("/")[2], wire.body)
    assert () == translated.warnings
    request, problems, _ = read_request(translated.kind, translated.body)
    assert [] == problems
    return rendered(request, on)


@settings(max_examples=200, deadline=None)
@given(body=ANY, on=st.sampled_from([date(2026, 2, 10), SINCE_ALL]))
def test_a_video_in_klings_words_is_the_same_request(body: dict[str, Any], on: date) -> None:
    """Whatever the profile lets pass comes back as it went."""
    wire = rendered(repaired(body, on), on)

    assert wire == said_back(wire, on)


@settings(max_examples=200, deadline=None)
@given(body=PICTURES, on=st.sampled_from([date(2026, 2, 10), SINCE_ALL]))
def test_pictures_in_klings_words_are_the_same_request(body: dict[str, Any], on: date) -> None:
    """As with videos; what the profile does not let pass is left out first."""
    request = sound(PROMPT | body, on)
    wire = rendered(request, on)

    assert wire == said_back(wire, on)


def sound(body: dict[str, Any], on: date) -> AnyRequest:
    """Leave out what a problem names until there is none."""
    while True:
        request, problems, broken = read_request("image", body)
        problems = [*problems, *provider_problems(request, klingai(answer({}), rules_as_of=on)[0].profile, broken)]
        if not problems:
            assert isinstance(request, ImageRequest)
            return request
        name = problems[0].field.partition("[")[0]
        body = {field: value for field, value in body.items() if field != name}


EXAMPLES: dict[str, Mapping[str, Any]] = {
    "omni-video": examples.OMNI_IMAGES_WITH_SHOTS,
    "text2video": examples.TEXT_WITH_SHOTS,
    "image2video": examples.IMAGE_WITH_VOICES,
    "omni-image": examples.OMNI_IMAGE_WITH_ELEMENTS,
    "generations": examples.GENERATION_WITH_ELEMENTS,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("1"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def changed(body: Any, data: st.DataObject) -> Any:
    """Return a body with anything at one of its places, at any depth."""
    body = copy.deepcopy(body)
    part, place = body, data.draw(st.sampled_from(sorted(body)))
    while isinstance(part[place], (dict, list)) and part[place] and data.draw(st.booleans()):
        part = part[place]
        place = data.draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
    part[place] = data.draw(JSON)
    return body


def refusals(read: Callable[[], Any]) -> list[Problem]:
    """Return why something is refused; nothing where it is not."""
    try:
        read()
    except InvalidRequestError as error:
        return list(error.problems) or [Problem(field="", code="", message="")]
    return []


@pytest.mark.parametrize("product", EXAMPLES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_is_said_is_read_or_refused(product: str, data: st.DataObject) -> None:
    """A refusal names places; nothing else comes of it."""
    body = changed(EXAMPLES[product], data)

    assert all(problem.field and problem.message for problem in refusals(lambda: DIALECT.translate(product, body)))


@pytest.mark.parametrize("body", [FROM_IMAGES, FROM_VIDEO], ids=["from images", "from a video"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_whatever_is_said_of_an_element_is_read_or_refused(body: dict[str, Any], data: st.DataObject) -> None:
    """As with creates of tasks."""
    kept, said = DIALECT.elements, changed(body, data)
    assert kept is not None

    assert all(problem.field and problem.message for problem in refusals(lambda: kept.translate(said)))
