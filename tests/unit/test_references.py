from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from klingway.domain.references import Reference, references_in, respelt


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("", []),
        ("<<<image_1>>>", [("image", 1)]),
        ("a<<<element_2>>>b<<<video_1>>>c<<<voice_3>>>", [("element", 2), ("video", 1), ("voice", 3)]),
        ("<<<image_1>>> <<<image_1>>>", [("image", 1), ("image", 1)]),
        ("<<<image_10>>>", [("image", 10)]),
        ("<<<image_0>>>", [("image", 0)]),
        ("<<<<image_1>>>>", [("image", 1)]),
        ("<<image_1>>", []),
        ("<<<Image_1>>>", []),
        ("<<<image_>>>", []),
        ("<<<image_-1>>>", []),
        ("<<<image_1 >>>", []),
        ("<<<object_1>>>", []),
        ("<<<image_٣>>>", []),
        ("@image_1 @Image1 image_1", []),
        pytest.param(f"<<<image_{'9' * 2500}>>>", [("image", int("9" * 2500))], id="as long as a prompt"),
        pytest.param(f"<<<image_{'9' * 5000}>>>", [], id="more digits than Python reads"),
    ],
)
def test_the_references_of_a_prompt(prompt: str, expected: list[tuple[str, int]]) -> None:
    """Kling's own spelling and nothing near it, in order."""
    assert [Reference(*reference) for reference in expected] == list(references_in(prompt))


@given(st.sampled_from(["image", "video", "element", "voice"]), st.integers(min_value=0, max_value=9999))
def test_references_round_trip(kind: str, number: int) -> None:
    """What is written is read."""
    assert [Reference(kind, number)] == list(references_in(str(Reference(kind, number))))


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a fox", "a fox"),
        ("<<<element_1>>> and <<<element_2>>>", "@dog1 and @dog2"),
        ("<<<element_1>>>s, <<<element_1>>>.", "@dog1 s, @dog1."),
        ("<<<element_1>>>狗", "@dog1 狗"),
        ("<<<element_1>>><<<element_2>>>", "@dog1@dog2"),
        ("<<<image_1>>>2", "<<<image_1>>>2"),
    ],
)
def test_references_in_another_spelling(prompt: str, expected: str) -> None:
    """Each is replaced where it stands; a word that follows is kept off, or it would belong to the name."""

    def spelling(reference: Reference) -> str:
        return f"@dog{reference.number}" if reference.kind == "element" else str(reference)

    assert expected == respelt(prompt, spelling)
