"""KlingAI's pictures: canonical requests in Kling's words, what they cost, and results as Kling tells of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from klingway.domain.pricing import price_of
from klingway.domain.request import Element, ImageRequest
from klingway.domain.validation import provider_problems
from klingway.providers.contract import Media, Running, Succeeded
from klingway.providers.klingai.profile import klingai_profile

from tests.unit.builders import (
    ATTEMPT_ID,
    CALLBACK_URL,
    END_PICTURE,
    FIRST,
    PICTURE,
    PROMPT,
    REFERENCE_IMAGE,
    SEED_DAY,
    TASK_ID,
    answer,
    elements,
    klingai,
    task,
)

OMNI_PATH, PATH = "/v1/images/omni-image", "/v1/images/generations"
OURS = {"callback_url": CALLBACK_URL, "external_task_id": ATTEMPT_ID}
OMNI = {"model_name": "kling-v3-omni", "resolution": "1k", "result_type": "single", "n": 1, "prompt": "a fox", **OURS}
V3 = {"model_name": "kling-v3", "resolution": "1k", "n": 1, "aspect_ratio": "16:9", "prompt": "a fox", **OURS}

GOLDEN: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "the least: omni, whose ratio is the model's to choose": (PROMPT, OMNI_PATH, OMNI),
    "omni, everything": (
        {
            "prompt": "<<<element_1>>> as in <<<image_2>>>", "images": [REFERENCE_IMAGE, {"url": END_PICTURE}],
            "elements": elements(2), "resolution": "4k", "count": 9, "aspect_ratio": "auto",
        },
        OMNI_PATH,
        OMNI | {
            "prompt": "<<<element_1>>> as in <<<image_2>>>", "image_list": [{"image": PICTURE}, {"image": END_PICTURE}],
            "element_list": [{"element_id": 160}, {"element_id": 161}], "resolution": "4k", "n": 9, "aspect_ratio": "auto",
        },
    ),
    "omni, a series": (
        PROMPT | {"series": True, "images": [REFERENCE_IMAGE]}, OMNI_PATH,
        {name: value for name, value in OMNI.items() if name != "n"}
        | {"result_type": "series", "series_amount": 4, "image_list": [{"image": PICTURE}]},
    ),
    "omni, a series of so many": (
        PROMPT | {"series": True, "count": 2, "images": [REFERENCE_IMAGE]}, OMNI_PATH,
        {name: value for name, value in OMNI.items() if name != "n"}
        | {"result_type": "series", "series_amount": 2, "image_list": [{"image": PICTURE}]},
    ),
    "O1": (
        PROMPT | {"model": "kling-image-o1", "resolution": "2k"}, OMNI_PATH,
        OMNI | {"model_name": "kling-image-o1", "resolution": "2k"},
    ),
    "v3, the least": (PROMPT | {"model": "kling-v3"}, PATH, V3),
    "v3, from a picture and elements": (
        PROMPT | {"model": "kling-v3", "images": [REFERENCE_IMAGE], "elements": elements(1), "aspect_ratio": "21:9"}, PATH,
        V3 | {"image": PICTURE, "element_list": [{"element_id": 160}], "aspect_ratio": "21:9"},
    ),
    "v3, what not to show": (
        PROMPT | {"model": "kling-v3", "negative_prompt": "blur"}, PATH, V3 | {"negative_prompt": "blur"},
    ),
    "v2.1, of a subject": (
        PROMPT | {
            "model": "kling-v2-1", "images": [REFERENCE_IMAGE],
            "provider_options": {
                "klingai": {"image_reference": "subject", "image_fidelity": 0.25, "human_fidelity": 1},
                "apimart": {"seed": 1},
            },
        },
        PATH,
        V3 | {
            "model_name": "kling-v2-1", "image": PICTURE, "image_reference": "subject", "image_fidelity": 0.25,
            "human_fidelity": 1.0,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "path", "expected"), GOLDEN.values(), ids=GOLDEN.keys())
def test_a_request_in_klings_words(body: dict[str, Any], path: str, expected: dict[str, Any]) -> None:
    """The endpoint follows from the model; resolution and number are always said."""
    request = ImageRequest.model_validate(body)
    provider, _ = klingai(answer({}))
    assert [] == provider_problems(request, provider.profile)

    wire = provider.render(request, reference=ATTEMPT_ID, callback_url=CALLBACK_URL)

    assert (path, expected, {"path": path}) == (wire.path, wire.body, wire.handle)


def test_an_element_that_is_described_is_made_first() -> None:
    """As for a video: the registry makes it, and the picture's request names it by its number."""
    provider, _ = klingai(answer({}))
    described = {"name": "dog", "description": "a brown dog", "images": [PICTURE, END_PICTURE]}
    request = ImageRequest.model_validate({"prompt": "<<<element_1>>>", "elements": [described]})
    assert [] == provider_problems(request, provider.profile)

    named = request.model_copy(update={"elements": [Element(id="829836802793406551")]})
    wire = provider.render(named, reference=ATTEMPT_ID, callback_url=None)

    assert [{"element_id": 829836802793406551}] == wire.body["element_list"]


FORBIDDEN: dict[str, tuple[dict[str, Any], date, tuple[str, str]]] = {
    "a frame": ({"images": [FIRST]}, SEED_DAY, ("images[0]", "unsupported")),
    "an element from a video": (
        {"elements": [{"name": "n", "description": "d", "video": PICTURE}]}, SEED_DAY, ("elements[0].video", "unsupported"),
    ),
    "what not to show, of omni": ({"negative_prompt": "blur"}, SEED_DAY, ("negative_prompt", "unsupported")),
    "a series of one": (
        {"series": True, "count": 1, "images": [REFERENCE_IMAGE]}, SEED_DAY, ("count", "too_few"),
    ),
    "a series from nothing": ({"series": True}, SEED_DAY, ("series", "excluded")),
    "as many as fit, before": (
        {"series": True, "count": "auto", "images": [REFERENCE_IMAGE]}, date(2026, 4, 26), ("count", "excluded"),
    ),
    "a copy with a watermark, before": ({"watermark": True}, date(2026, 8, 31), ("watermark", "excluded")),
    "two pictures for v3": (
        {"model": "kling-v3", "images": [REFERENCE_IMAGE] * 2}, SEED_DAY, ("images", "too_many"),
    ),
    "what not to show, of v2 anew, which works from a picture alone": (
        {"model": "kling-v2-new", "images": [REFERENCE_IMAGE], "negative_prompt": "blur"}, SEED_DAY,
        ("negative_prompt", "unsupported"),
    ),
    "21:9 of v1": ({"model": "kling-v1", "aspect_ratio": "21:9"}, SEED_DAY, ("aspect_ratio", "not_one_of")),
    "a fitting ratio of v1": ({"model": "kling-v1", "aspect_ratio": "auto"}, SEED_DAY, ("aspect_ratio", "not_one_of")),
    "a model of videos": ({"model": "kling-v2-1", "elements": elements(1)}, SEED_DAY, ("elements[0].id", "unsupported")),
    "a picture too many for options": (
        {"model": "kling-v2-1", "provider_options": {"klingai": {"image_reference": "face"}}}, SEED_DAY,
        ("provider_options.klingai.image_reference", "unsupported"),
    ),
    "how close to whose face": (
        {
            "model": "kling-v2-1", "images": [REFERENCE_IMAGE],
            "provider_options": {"klingai": {"image_reference": "face", "human_fidelity": 0.5}},
        },
        SEED_DAY, ("provider_options.klingai", "excluded"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "day", "expected"), FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_what_the_document_forbids(body: dict[str, Any], day: date, expected: tuple[str, str]) -> None:
    """Named at its place, by the rules of a day."""
    request = ImageRequest.model_validate(PROMPT | body)

    assert [expected] == [(found.field, found.code) for found in provider_problems(request, klingai_profile(day))]


@pytest.mark.parametrize(
    ("body", "amount"),
    [
        ({}, "0.028"),
        ({"resolution": "2k", "count": 3}, "0.084"),
        ({"resolution": "4k"}, "0.056"),
        ({"series": True, "images": [REFERENCE_IMAGE]}, "0.112"),
        ({"model": "kling-v3", "count": 9}, "0.252"),
        ({"model": "kling-image-o1"}, "0.028"),
        ({"model": "kling-v2-1"}, None),
        ({"series": True, "count": "auto"}, None),
    ],
)
def test_what_pictures_cost(body: dict[str, Any], amount: str | None) -> None:
    """8 units a picture, 16 in 4k, at $0.0035; unknown where no single price is published, or the number is open."""
    price = price_of(ImageRequest.model_validate(PROMPT | body), klingai_profile(SEED_DAY))

    assert (None if amount is None else (Decimal(amount), "USD")) == (price and (price.amount, price.currency))


def image(number: int, **more: Any) -> dict[str, Any]:
    return {"index": number, "url": f"https://kling.example/{number}.png"} | more


def media(number: int, at: int) -> Media:
    return Media(f"https://kling.example/{at}.png", "image", number)


RESULTS: dict[str, tuple[dict[str, Any], Any]] = {
    "one": ({"images": [image(0)]}, Succeeded(media=(media(1, 0),))),
    "in the order of their numbers": (
        {"images": [image(2), image(0), image(1)]}, Succeeded(media=(media(1, 0), media(2, 1), media(3, 2))),
    ),
    "with watermarked copies": (
        {"images": [image(0, watermark_url="https://kling.example/m0.png"), image(1, watermark_url="")]},
        Succeeded(media=(media(1, 0), media(2, 1), Media("https://kling.example/m0.png", "watermarked", 1))),
    ),
    "a series": (
        {"result_type": "series", "images": [], "series_images": [image(1), image(2)]},
        Succeeded(media=(media(1, 1), media(2, 2))),
    ),
    "told in both lists": (
        {"images": [image(0)], "series_images": [image(0), image(1)]}, Succeeded(media=(media(1, 0), media(2, 1))),
    ),
    "one of three without an address": (
        {"images": [image(0), {"index": 1, "url": None}, image(2)]}, Succeeded(media=(media(1, 0), media(3, 2))),
    ),
    "the first without an address, in both lists": (
        {"images": [{"index": 0}, image(1)], "series_images": [{"index": 0}, image(1)]}, Succeeded(media=(media(2, 1),)),
    ),
    "one that cannot be read": (
        {"images": [None, "", {"index": 0, "url": 5}, image(1)]}, Succeeded(media=(media(2, 1),)),
    ),
    "numbers that are none": (
        {"images": [image(7) | {"index": 10**30}, image(3) | {"index": "x"}]}, Succeeded(media=(media(1, 7), media(2, 3))),
    ),
    "the same number twice": (
        {"images": [image(7) | {"index": 0}, image(3) | {"index": 0}]}, Succeeded(media=(media(1, 7), media(2, 3))),
    ),
    "without numbers": ({"images": [{"url": "https://kling.example/0.png"}]}, Succeeded(media=(media(1, 0),))),
    "none": ({"images": []}, Running(unknown_status="succeed without a result")),
    "without an address": ({"images": [{"index": 0, "url": ""}]}, Running(unknown_status="succeed without a result")),
}  # fmt: skip


@pytest.mark.parametrize(("result", "expected"), RESULTS.values(), ids=RESULTS.keys())
def test_pictures_as_kling_tells_of_them(result: dict[str, Any], expected: Any) -> None:
    """Numbered from 1 in Kling's order, each with its copy under the same number; no picture is lost, none counted twice."""
    provider, http = klingai(answer(task("succeed", task_result=result)))

    found = provider.check({"path": OMNI_PATH, "task_id": TASK_ID})

    assert expected == found.outcome
    assert http.calls[0].url.endswith(f"{OMNI_PATH}/{TASK_ID}")
