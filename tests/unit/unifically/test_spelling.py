"""Images and elements in Unifically's prompts, written and read."""

from __future__ import annotations

import pytest
from klingway.providers.unifically.spelling import ours, references_in, theirs


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("@Image1", "<<<image_1>>>"),
        ("@image_1 and @ELEMENT2.", "<<<image_1>>> and <<<element_2>>>."),
        ("@Image1@Image2, then @Image12", "<<<image_1>>><<<image_2>>>, then <<<image_12>>>"),
        ("让@Image1在草地上走", "让<<<image_1>>>在草地上走"),
        ("bob@image1.com", "bob@image1.com"),
        ("bob@image1", "bob@image1"),
        ("a film in @Image5k", "a film in @Image5k"),
        ("@Image1s and @Image1_", "@Image1s and @Image1_"),
        ("@Image1@Image5k", "<<<image_1>>>@Image5k"),
        ("@Imagery", "@Imagery"),
        ("@\u0131mage1 and @\u0130mage1", "@\u0131mage1 and @\u0130mage1"),
        ("\u017f@Image1", "\u017f<<<image_1>>>"),
    ],
)
def test_what_refers_to_a_picture(prompt: str, expected: str) -> None:
    """`@Image1` as a word of its own: within other Latin letters or digits it is an address, or a name."""
    assert expected == ours(prompt)


def test_a_number_without_end_is_told_in_short() -> None:
    """It refers to nothing, whatever it is; half a megabyte of it takes no time."""
    ((spelt, reference),) = references_in("@Image" + "9" * 500_000)

    assert ("@Image999999", 999_999) == (spelt, reference.number)
    assert [] == list(references_in("@Image" + "9" * 500_000 + "k"))


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("<<<image_1>>> and <<<element_2>>>", "@Image1 and @Element2"),
        ("<<<image_1>>>s of <<<image_2>>><<<image_3>>>", "@Image1 s of @Image2@Image3"),
        ("like<<<image_1>>>", "like @Image1"),
        ("让<<<image_1>>>走", "让@Image1 走"),
    ],
)
def test_a_reference_is_a_word_of_its_own(prompt: str, expected: str) -> None:
    """Kept off what it would run into: read again, it refers to the same."""
    assert expected == theirs(prompt)
    assert expected == theirs(ours(expected))


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a sign that says @image_1", "a sign that says @ image_1"),
        ("<<<image_1>>>@Element2", "@Image1@ Element2"),
        ("bob@image1.com, @Image5k", "bob@image1.com, @Image5k"),
    ],
)
def test_what_is_plain_text_elsewhere_is_none_here(prompt: str, expected: str) -> None:
    """In a canonical prompt `@image_1` is text: a picture it would name here is not what was asked for, and paid for."""
    assert expected == theirs(prompt)
