"""Prices by hand from Kling's table: units per second times $0.14."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from klingway.domain.pricing import price_of
from klingway.domain.views import price_to_json
from klingway.providers.klingai.profile import klingai_profile

from tests.unit.builders import EDIT, FEATURE, FIRST, PROMPT, SEED_DAY, shots, video_request

OMNI, V3, O1 = "kling-v3-omni", "kling-v3", "kling-video-o1"
SOUND, VIDEO = {"sound": True}, {"video": FEATURE}
ROWS = [
    (OMNI, "std", {}, "0.6"), (OMNI, "pro", {}, "0.8"), (OMNI, "4k", {}, "3.0"),
    (OMNI, "std", SOUND, "0.8"), (OMNI, "pro", SOUND, "1.0"), (OMNI, "4k", SOUND, "3.0"),
    (OMNI, "std", VIDEO, "0.9"), (OMNI, "pro", VIDEO, "1.2"), (OMNI, "4k", VIDEO, "3.0"),
    (V3, "std", {}, "0.6"), (V3, "pro", {}, "0.8"), (V3, "4k", {}, "3.0"),
    (V3, "std", SOUND, "0.9"), (V3, "pro", SOUND, "1.2"), (V3, "4k", SOUND, "3.0"),
    (V3, "std", {"images": [FIRST]}, "0.6"), (V3, "pro", {"sound": False}, "0.8"),
    (O1, "std", {}, "0.6"), (O1, "pro", {}, "0.8"), (O1, "std", VIDEO, "0.9"), (O1, "pro", VIDEO, "1.2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("model", "mode", "more", "units"), ROWS, ids=[f"{row[0]} {row[1]} {'+'.join(row[2]) or 'silent'}" for row in ROWS]
)
def test_a_row_of_the_price_list(model: str, mode: str, more: dict[str, Any], units: str) -> None:
    """Ten seconds cost ten times the units, at 14 cents each."""
    request = video_request(prompt="x", model=model, mode=mode, duration_s=10, **more)

    price = price_of(request, klingai_profile(SEED_DAY))

    assert price is not None
    assert (Decimal(units) * 10 * Decimal("0.14"), "USD") == (price.amount, price.currency)
    assert price.source


def test_the_designs_own_example() -> None:
    """Ten seconds of pro without sound: 8 units, $1.12."""
    price = price_of(video_request(prompt="x", mode="pro", duration_s=10), klingai_profile(SEED_DAY))

    said = price_to_json(price)
    assert said is not None
    assert ("1.12", "USD") == (said["amount"], said["currency"])


@pytest.mark.parametrize(
    ("body", "amount"),
    [
        pytest.param(PROMPT, "0.420", id="5 s of std by default"),
        pytest.param({"shots": shots(3, 4)}, "0.588", id="the sum of the shots"),
        pytest.param(PROMPT | {"duration_s": 3}, "0.252", id="3 s"),
    ],
)
def test_what_a_request_leaves_out_is_priced_as_it_is_rendered(body: dict[str, Any], amount: str) -> None:
    """Model kling-v3-omni, mode std, no sound, 5 s or the shots' sum."""
    price = price_of(video_request(**body), klingai_profile(SEED_DAY))

    assert price is not None
    assert Decimal(amount) == price.amount


@pytest.mark.parametrize("model", [OMNI, O1])
def test_an_edit_of_unknown_length_has_no_price(model: str) -> None:
    """It is billed on the clip's length, which nobody has read."""
    assert price_of(video_request(prompt="x", model=model, video=EDIT), klingai_profile(SEED_DAY)) is None


def test_what_the_list_does_not_have_has_no_price() -> None:
    """O1 has no 4k; a profile without prices has none at all."""
    profile = klingai_profile(SEED_DAY)
    unpriced = replace(profile, models={name: replace(model, prices=None) for name, model in profile.models.items()})

    assert price_of(video_request(prompt="x", model=O1, mode="4k"), profile) is None
    assert price_of(video_request(prompt="x"), unpriced) is None
