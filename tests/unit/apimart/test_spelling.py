"""Images and elements in APIMart's prompts, written and read."""

from __future__ import annotations

import pytest
from klingway.providers.apimart.spelling import Names, spelt, with_image_named

from tests.unit.builders import PICTURE, video_request


@pytest.mark.parametrize(
    ("names", "prompt", "expected"),
    [
        (["dog"], "@dog", "<<<element_1>>>"),
        (["cat", "dog"], "@dog and @cat, @dog.", "<<<element_2>>> and <<<element_1>>>, <<<element_2>>>."),
        (["dog", "dog_2"], "@dog_2 and @dog", "<<<element_2>>> and <<<element_1>>>"),
        (["my dog", "my"], "@my dog and @my cat", "<<<element_1>>> and <<<element_2>>> cat"),
        (["dog"], "@dog在草地上", "<<<element_1>>>在草地上"),
        (["小狗"], "看@小狗在草地上", "看<<<element_1>>>在草地上"),
        (["小狗", "小狗在"], "@小狗在草地上", "<<<element_2>>>草地上"),
        (["dog"], "with@dog", "with<<<element_1>>>"),
        (["d.g"], "@d.g @dog", "<<<element_1>>> @dog"),
        (["dog"], "<<<image_1>>> and <<<element_1>>>", "<<<image_1>>> and <<<element_1>>>"),
        (["dog"], "@dogs", "@dogs"),
        (["dog", "dog"], "@dog", "<<<element_1>>>"),
        ([], "@dog", "@dog"),
    ],
)
def test_names_are_read_as_our_references(names: list[str], prompt: str, expected: str) -> None:
    """The longest name that is given; a Latin one ends where Latin letters do, another may be followed by anything."""
    assert expected == Names(names).canonical(prompt)


@pytest.mark.parametrize(
    ("names", "prompt", "expected"),
    [
        (["dog"], "@dog and @cat and @cat and @cow", ["cat", "cow"]),
        (["dog"], "@dogs", ["dogs"]),
        (["dog"], "@ dog, dog@example.com, 3.5@night", []),
        ([], "@fox and @nike", []),
        ([], "@element_dog and @fox", ["element_dog"]),
        (["element_dog"], "@element_dog_house", ["element_dog_house"]),
    ],
)
def test_words_that_call_nothing(names: list[str], prompt: str, expected: list[str]) -> None:
    """Any word behind an @ where there are elements; else only one that is called as the page's are. No mail address."""
    assert expected == Names(names).unknown(prompt)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a fox", "<<<image_1>>>a fox"),
        ("a fox <<<image_3>>>", "a fox <<<image_3>>>"),
        ("<<<video_1>>>", "<<<image_1>>><<<video_1>>>"),
        ("image_1", "<<<image_1>>>image_1"),
    ],
)
def test_a_prompt_that_names_no_image_names_the_first(prompt: str, expected: str) -> None:
    """In front of everything, with nothing between: as the page's Case 4 has it."""
    assert expected == with_image_named(prompt)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["dog", "cat"], ["dog", "cat"]),
        ([None, None], ["element_1", "element_2"]),
        (["my dog", "cat"], ["element_1", "cat"]),
        ([None, "element_1"], ["element_1_", "element_1"]),
        (["小狗", "the-cat"], ["小狗", "element_2"]),
    ],
)
def test_each_element_has_a_name_of_one_word(names: list[str | None], expected: list[str]) -> None:
    """Its own, where that ends where a word ends; else one that no other has. Prompts call it so."""
    elements = [
        {"description": "d", "images": [PICTURE] * 2} | ({} if name is None else {"name": name}) for name in names
    ]

    sent = spelt(video_request(prompt="<<<element_1>>>, <<<element_2>>>s", elements=elements))

    assert expected == [element.name for element in sent.elements or []]
    assert f"@{expected[0]}, @{expected[1]} s" == sent.prompt


def test_what_is_not_there_stays_as_it_is() -> None:
    """A request is also spelt that is refused for its references, while its other problems are looked for."""
    prompt = "<<<element_1>>> <<<image_2>>> <<<voice_1>>>"

    assert prompt == spelt(video_request(prompt=prompt)).prompt
