from __future__ import annotations

import pytest
from klingway.providers.ezmodel.translation import translate

V3 = {"model": "kling-v3-omni"}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (f"@image_{'9' * 5000}", f"@image_{'9' * 5000}"),
        (f"@image_{'9' * 2000}", f"<<<image_{'9' * 2000}>>>"),
    ],
    ids=["longer than any prompt", "as long as a prompt may be"],
)
def test_a_reference_may_have_any_number(prompt: str, expected: str) -> None:
    """Whether there is such an image, and how long a prompt may be, is judged afterwards: reading it is no error of ours."""
    assert expected == translate({**V3, "prompt": prompt}).body["prompt"]
