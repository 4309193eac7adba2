"""Requests in Unifically's words: golden bodies written by hand from its page of Kling v3.0 Omni."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from klingway.domain.validation import provider_problems

from tests.conformance.harness import provider_of, sent
from tests.conformance.requests import Taken, taken
from tests.unit.builders import (
    ATTEMPT_ID,
    CALLBACK_URL,
    CLIP,
    EDIT,
    END_PICTURE,
    FEATURE,
    FIRST,
    LAST,
    PICTURE,
    PROMPT,
    REFERENCE_IMAGE,
    answer,
    shots,
    video_request,
)  # fmt: skip
from tests.unit.unifically.builders import MODEL, unifically

OTHER = "https://example.com/b.png"
COMMON = {"mode": "std", "native_audio": False}
PLAIN = COMMON | {"duration": 5, "aspect_ratio": "16:9"}
DOG = {"name": "dog", "description": "a brown dog", "images": [PICTURE, END_PICTURE]}
MAN = {"video": CLIP}
DOG_ELEMENT = {"description": "a brown dog", "type": "image", "image_urls": [PICTURE, END_PICTURE]}
MAN_ELEMENT = {"type": "video", "video_url": CLIP}
TWO_SHOTS = [{"prompt": "Wide shot of a city", "duration_s": 4}, {"prompt": "Close-up", "duration_s": 3}]

GOLDEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the least": (PROMPT, PLAIN | PROMPT),
    "everything about text": (
        PROMPT | {"mode": "4k", "duration_s": 15, "aspect_ratio": "1:1", "sound": True},
        {"prompt": "a fox", "mode": "4k", "duration": 15, "aspect_ratio": "1:1", "native_audio": True},
    ),
    "shots, whose sum is not repeated": (
        {"shots": TWO_SHOTS, "duration_s": 7},
        COMMON | {
            "aspect_ratio": "16:9",
            "multi_shots": [{"prompt": "Wide shot of a city", "duration": 4}, {"prompt": "Close-up", "duration": 3}],
        },
    ),
    "reference images": (
        {"prompt": "<<<image_2>>> waves at <<<image_1>>>s", "images": [REFERENCE_IMAGE, {"url": OTHER}]},
        PLAIN | {"video_mode": "elements", "prompt": "@Image2 waves at @Image1 s", "image_urls": [PICTURE, OTHER]},
    ),
    "elements, of which one has neither name nor description": (
        {"prompt": "<<<element_2>>> walks <<<element_1>>>", "elements": [DOG, MAN]},
        PLAIN | {
            "video_mode": "elements", "prompt": "@Element2 walks @Element1", "elements": [DOG_ELEMENT, MAN_ELEMENT],
        },
    ),
    "a first frame": (
        PROMPT | {"images": [FIRST]},
        COMMON | PROMPT | {"video_mode": "start_end_frame", "duration": 5, "start_frame_url": PICTURE},
    ),
    "both frames, the last one given first, an element and an aspect ratio": (
        PROMPT | {"images": [LAST, FIRST], "elements": [DOG], "aspect_ratio": "9:16"},
        COMMON | PROMPT | {
            "video_mode": "start_end_frame", "duration": 5, "start_frame_url": PICTURE, "end_frame_url": END_PICTURE,
            "elements": [DOG_ELEMENT], "aspect_ratio": "9:16",
        },
    ),
    "a first frame among reference images, which keep their numbers": (
        {
            "prompt": "<<<image_2>>> turns to <<<image_3>>>", "elements": [MAN],
            "images": [{"url": OTHER}, FIRST, {"url": END_PICTURE}],
        },
        COMMON | {
            "video_mode": "elements", "prompt": "@Image2 turns to @Image3", "duration": 5,
            "image_urls": [OTHER, PICTURE, END_PICTURE], "start_image_index": 2, "elements": [MAN_ELEMENT],
        },
    ),
    "a first frame that a prompt refers to": (
        {"shots": [*shots(3), *shots(3, prompt="<<<image_1>>> opens")], "images": [FIRST]},
        COMMON | {
            "video_mode": "elements", "image_urls": [PICTURE], "start_image_index": 1,
            "multi_shots": [{"prompt": "a shot", "duration": 3}, {"prompt": "@Image1 opens", "duration": 3}],
        },
    ),
    "an edit": (
        {"prompt": "snow like <<<image_1>>>", "video": EDIT, "images": [REFERENCE_IMAGE], "elements": [DOG]},
        COMMON | {
            "video_mode": "transform", "prompt": "snow like @Image1", "aspect_ratio": "auto", "video_url": CLIP,
            "image_urls": [PICTURE], "elements": [DOG_ELEMENT],
        },
    ),
    "a feature video, its sound dropped as by default": (
        PROMPT | {"video": FEATURE | {"keep_sound": False}, "duration_s": 8},
        COMMON | PROMPT | {"video_mode": "video_reference", "aspect_ratio": "auto", "duration": 8, "video_url": CLIP},
    ),
    "a feature video with a first frame": (
        PROMPT | {"video": FEATURE, "images": [{"url": OTHER}, FIRST]},
        COMMON | PROMPT | {
            "video_mode": "video_reference", "aspect_ratio": "auto", "duration": 5, "video_url": CLIP,
            "image_urls": [OTHER, PICTURE], "start_image_index": 2,
        },
    ),
    "a feature video alone, and sound": (
        PROMPT | {"video": FEATURE, "sound": True},
        PROMPT | {
            "video_mode": "video_reference", "aspect_ratio": "auto", "duration": 5, "video_url": CLIP, "mode": "std",
            "native_audio": True,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), GOLDEN.values(), ids=GOLDEN.keys())
def test_a_request_in_unificallys_words(body: dict[str, Any], expected: dict[str, Any]) -> None:
    """Every field of `input`, the model and our callback; the handle knows where to ask."""
    request = video_request(**body)
    provider, http = unifically(answer({}))
    assert [] == provider_problems(request, provider.profile)

    wire = provider.render(request, reference=ATTEMPT_ID, callback_url=CALLBACK_URL)

    assert {"model": MODEL, "input": expected, "callback_url": CALLBACK_URL} == wire.body
    assert ("/v1/tasks", {"path": "/v1/tasks"}) == (wire.path, wire.handle)
    assert [] == http.calls, "rendering calls nobody"


@pytest.mark.parametrize(
    ("switches", "callback_url"),
    [(frozenset(), CALLBACK_URL), (frozenset({"callbacks"}), None)],
    ids=["switched off", "none given"],
)
def test_without_a_callback_there_is_none(switches: frozenset[str], callback_url: str | None) -> None:
    """The field is another page's: the owner can have it left out."""
    provider, _ = unifically(answer({}), switches=switches)

    body = provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=callback_url).body

    assert {"model", "input"} == set(body)


def test_our_reference_is_not_sent() -> None:
    """Unifically has no field for it."""
    provider, _ = unifically(answer({}))

    assert ATTEMPT_ID not in str(provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None).body)


def test_sound_with_a_video_is_seen() -> None:
    """The page allows `native_audio` with a `video_url`."""
    provider, _ = unifically(answer({}))
    silent, sounding = (
        provider.render(video_request(**PROMPT, video=FEATURE, sound=sound), reference="r", callback_url=None).body
        for sound in (False, True)
    )

    assert (False, True) == (silent["input"]["native_audio"], sounding["input"]["native_audio"])


@given(taken("unifically", "video"))
@settings(max_examples=100, derandomize=True, deadline=None)
def test_any_valid_request_renders_to_what_the_page_knows(found: Taken) -> None:
    """The page's table of modes, its caps, what excludes what."""
    (wire,) = sent(provider_of("unifically", found.on), found.request)
    said = wire.body["input"]
    mode = said.get("video_mode")
    inputs = set(said) & {"image_urls", "elements", "start_frame_url", "end_frame_url", "video_url"}
    together = len(said.get("image_urls", [])) + len(said.get("elements", []))

    allowed = {
        None: set(), "elements": {"image_urls", "elements"},
        "start_end_frame": {"start_frame_url", "end_frame_url", "elements"},
        "transform": {"video_url", "image_urls", "elements"},
        "video_reference": {"video_url", "image_urls", "elements"},
    }  # fmt: skip
    assert inputs <= allowed[mode]
    assert bool(inputs) == (mode is not None)
    assert mode != "start_end_frame" or "start_frame_url" in said
    assert (mode in {"transform", "video_reference"}) == ("video_url" in said)
    assert together <= {"elements": 7, "transform": 4, "video_reference": 4}.get(mode or "", 99)
    assert 1 <= said.get("start_image_index", 1) <= max(1, len(said.get("image_urls", [])))
    assert ("prompt" in said) != ("multi_shots" in said)
    assert 2 <= len(said.get("multi_shots", [1, 2])) <= 6
    assert ("video_url" in said) == (said.get("aspect_ratio") == "auto")
    assert ("duration" in said) == (mode != "transform" and "multi_shots" not in said)
    assert not ("video_url" in said and "video" in {element["type"] for element in said.get("elements", [])})
    assert "<<<" not in str(said)
