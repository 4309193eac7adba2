"""Images put in the order in which a provider counts them."""

from __future__ import annotations

import pytest
from klingway.providers.ordering import in_order_of

from tests.unit.builders import FIRST, LAST, REFERENCE_IMAGE, shots, video_request

ROLES = ("reference", "first_frame", "last_frame")


@pytest.mark.parametrize(
    ("images", "prompt", "expected"),
    [
        ([LAST, FIRST], "from <<<image_2>>> to <<<image_1>>>", "from <<<image_1>>> to <<<image_2>>>"),
        ([FIRST, LAST, REFERENCE_IMAGE], "<<<image_3>>>, <<<image_1>>>", "<<<image_1>>>, <<<image_2>>>"),
        ([REFERENCE_IMAGE, FIRST], "<<<image_2>>><<<image_1>>>", "<<<image_2>>><<<image_1>>>"),
        ([LAST, FIRST], "<<<image_3>>> <<<video_1>>> <<<element_2>>>", "<<<image_3>>> <<<video_1>>> <<<element_2>>>"),
        ([LAST, FIRST], "<<<image_1>>>s", "<<<image_2>>>s"),
    ],
)
def test_prompts_refer_to_the_same_images(images: list[dict[str, str]], prompt: str, expected: str) -> None:
    """In the prompt and in shots; what is not there, and whatever else, stays."""
    plain = in_order_of(ROLES, video_request(prompt=prompt, images=images))
    split = in_order_of(ROLES, video_request(shots=shots(3, prompt=prompt), images=images))

    assert (expected, [expected]) == (plain.prompt, [shot.prompt for shot in split.shots or []])
    in_order = sorted((image.get("role", "reference") for image in images), key=ROLES.index)
    assert in_order == [image.role for image in plain.images or []] == [image.role for image in split.images or []]


def test_images_of_one_role_keep_their_order() -> None:
    """Nothing but roles is looked at."""
    images = [{"url": f"https://example.com/{number}.png"} for number in range(3)]

    sorted_images = in_order_of(ROLES, video_request(prompt="x", images=[LAST, *images, FIRST])).images or []

    assert [*(image["url"] for image in images), FIRST["url"], LAST["url"]] == [image.url for image in sorted_images]


def test_a_request_without_images_is_the_same() -> None:
    """There is nothing to be put in order."""
    request = video_request(prompt="x")

    assert request == in_order_of(ROLES, request)
