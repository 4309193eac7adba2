"""Whatever is said to us in Kling's words is read, or refused in order."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from klingway.domain.errors import InvalidRequestError, Problem
from klingway.domain.ids import ProviderName
from klingway.providers import registry

from tests.conformance.klingai import examples
from tests.conformance.klingai.test_elements import FROM_IMAGES, FROM_VIDEO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


DIALECT = registry.dialect_of(ProviderName("klingai"))
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
