"""KlingAI's models before 3.0, asked for in the canonical form: their own fields as options, and what they cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from klingway.domain.pricing import price_of
from klingway.domain.validation import provider_problems
from klingway.providers.klingai.profile import klingai_profile

from tests.unit.builders import (
    ATTEMPT_ID,
    END_PICTURE,
    FIRST,
    LAST,
    PICTURE,
    PROMPT,
    SEED_DAY,
    answer,
    klingai,
    video_request,
)

CAMERA = {"type": "simple", "config": {"zoom": 5}}
MASKS = [{"mask": END_PICTURE, "trajectories": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}]


def options(**given: Any) -> dict[str, Any]:
    return {"provider_options": {"klingai": given}}


def test_options_stand_in_klings_request() -> None:
    """Each under its own name, beside what every request has."""
    request = video_request(
        model="kling-v1",
        prompt="a fox",
        images=[FIRST],
        cfg_scale=0.7,
        **options(static_mask=PICTURE, dynamic_masks=MASKS),
    )
    provider, _ = klingai(answer({}))
    assert [] == provider_problems(request, provider.profile)

    wire = provider.render(request, reference=ATTEMPT_ID, callback_url=None)

    assert ("/v1/videos/image2video", {
        "model_name": "kling-v1", "prompt": "a fox", "image": PICTURE, "cfg_scale": 0.7, "mode": "std", "duration": "5",
        "static_mask": PICTURE, "dynamic_masks": MASKS, "external_task_id": ATTEMPT_ID,
    }) == (wire.path, wire.body)  # fmt: skip


REFUSED: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "masks without a picture": (
        {"model": "kling-v1", **options(static_mask=PICTURE)}, ("provider_options.klingai.static_mask", "unsupported"),
    ),
    "a camera with a last frame": (
        {"model": "kling-v1", "images": [FIRST, LAST], **options(camera_control=CAMERA)},
        ("provider_options.klingai.camera_control", "unsupported"),
    ),
    "a camera and masks": (
        {"model": "kling-v1", "images": [FIRST], **options(camera_control=CAMERA, static_mask=PICTURE)},
        ("provider_options.klingai", "excluded"),
    ),
    "a camera with two moves": (
        {"model": "kling-v1", **options(camera_control={"type": "simple", "config": {"zoom": 5, "pan": 1}})},
        ("provider_options.klingai.camera_control", "incomplete"),
    ),
    "a camera's move as text": (
        {"model": "kling-v1", **options(camera_control={"type": "simple", "config": {"zoom": "5"}})},
        ("provider_options.klingai.camera_control.config.zoom", "wrong_type"),
    ),
    "an option of pictures": (
        {"model": "kling-v1", **options(image_fidelity=0.5)}, ("provider_options.klingai.image_fidelity", "unsupported"),
    ),
    "a camera of the model that has none": (
        {"model": "kling-v2-master", **options(camera_control=CAMERA)},
        ("provider_options.klingai.camera_control", "unsupported"),
    ),
    "v1.5 without a picture": ({"model": "kling-v1-5"}, ("images", "too_few")),
    "v2.1 without a picture": ({"model": "kling-v2-1"}, ("images", "too_few")),
    "v2.6 with sound in std": ({"model": "kling-v2-6", "sound": True}, ("sound", "excluded")),
    "v2.5 with sound": ({"model": "kling-v2-5-turbo", "mode": "pro", "sound": True}, ("sound", "unsupported")),
    "v2.6 with voices, silent": (
        {"model": "kling-v2-6", "mode": "pro", "voices": [{"id": "829877"}]}, ("voices", "too_many"),
    ),
    "a last frame in std": ({"model": "kling-v1-6", "images": [FIRST, LAST]}, ("images[1].role", "excluded")),
    "a ratio with a first frame": (
        {"model": "kling-v2-master", "images": [FIRST], "aspect_ratio": "1:1"}, ("aspect_ratio", "excluded"),
    ),
    "v1.5, a ratio besides the frame that sets it": (
        {"model": "kling-v1-5", "images": [FIRST], "aspect_ratio": "1:1"}, ("aspect_ratio", "unsupported"),
    ),
    "v2.1, a ratio besides the frame that sets it": (
        {"model": "kling-v2-1", "images": [FIRST], "aspect_ratio": "16:9"}, ("aspect_ratio", "unsupported"),
    ),
    "7 s": ({"model": "kling-v2-6", "duration_s": 7}, ("duration_s", "not_one_of")),
    "4k": ({"model": "kling-v2-6", "mode": "4k"}, ("mode", "not_one_of")),
    "cfg_scale beyond v1": ({"model": "kling-v2-1-master", "cfg_scale": 0.5}, ("cfg_scale", "unsupported")),
}  # fmt: skip


def test_shots_that_an_older_model_has_not_are_one_problem() -> None:
    """How many there may be, and how long, is said of the models that take them."""
    request = video_request(model="kling-v2-6", shots=[{"prompt": "x" * 513, "duration_s": 5}])

    assert [("shots", "unsupported")] == [
        (found.field, found.code) for found in provider_problems(request, klingai_profile(SEED_DAY))
    ]


@pytest.mark.parametrize(("body", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_an_older_model_cannot_do(body: dict[str, Any], expected: tuple[str, str]) -> None:
    """One problem, at its place."""
    request = video_request(**PROMPT | body)

    assert [expected] == [(found.field, found.code) for found in provider_problems(request, klingai_profile(SEED_DAY))]


@pytest.mark.parametrize(
    ("body", "amount"),
    [
        ({"model": "kling-v2-6"}, "0.21"),
        ({"model": "kling-v2-6", "mode": "pro"}, "0.35"),
        ({"model": "kling-v2-6", "mode": "pro", "sound": True}, "0.7"),
        ({"model": "kling-v2-6", "mode": "pro", "sound": True, "voices": [{"id": "829877"}]}, "0.84"),
        ({"model": "kling-v2-5-turbo", "duration_s": 10}, "0.42"),
        ({"model": "kling-v1"}, None),
        ({"model": "kling-v2-master"}, None),
    ],
)
def test_what_an_older_model_costs(body: dict[str, Any], amount: str | None) -> None:
    """Units per second at $0.14: 0.3 and 0.5 silent, 1.0 with sound, 1.2 with voices; of most, no price is published now."""
    price = price_of(video_request(**PROMPT | body), klingai_profile(SEED_DAY))

    assert (None if amount is None else Decimal(amount)) == (price and price.amount)
