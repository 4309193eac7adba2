"""Requests in Kling's words: golden bodies written by hand from the specification."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from klingway.domain.validation import provider_problems, read_request
from klingway.providers.klingai.profile import klingai_profile

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
    SEED_DAY,
    answer,
    elements,
    klingai,
    shots,
    video_request,
)  # fmt: skip

if TYPE_CHECKING:
    from klingway.domain.request import VideoRequest

OMNI_PATH, TEXT_PATH, IMAGE_PATH = "/v1/videos/omni-video", "/v1/videos/text2video", "/v1/videos/image2video"
OURS = {"callback_url": CALLBACK_URL, "external_task_id": ATTEMPT_ID}
OMNI_DEFAULTS = {"model_name": "kling-v3-omni", "multi_shot": False, "sound": "off", "mode": "std", **OURS}
V3_DEFAULTS = OMNI_DEFAULTS | {"model_name": "kling-v3"}
O1_DEFAULTS = {"model_name": "kling-video-o1", "multi_shot": False, "mode": "std", **OURS}
TWO_SHOTS = [{"prompt": "Wide shot of a city", "duration_s": 4}, {"prompt": "Close-up", "duration_s": 3}]
TWO_STORYBOARDS = [
    {"index": 1, "prompt": "Wide shot of a city", "duration": "4"},
    {"index": 2, "prompt": "Close-up", "duration": "3"},
]

GOLDEN: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "text2video, the least": (
        {"model": "kling-v3", "prompt": "a fox"},
        TEXT_PATH,
        {**V3_DEFAULTS, "prompt": "a fox", "aspect_ratio": "16:9", "duration": "5"},
    ),
    "text2video, everything": (
        {
            "model": "kling-v3", "prompt": "a fox", "negative_prompt": "blur", "mode": "pro", "duration_s": 10,
            "aspect_ratio": "9:16", "sound": True, "watermark": True,
        },
        TEXT_PATH,
        {
            **V3_DEFAULTS, "prompt": "a fox", "negative_prompt": "blur", "mode": "pro", "duration": "10",
            "aspect_ratio": "9:16", "sound": "on", "watermark_info": {"enabled": True},
        },
    ),
    "text2video, shots": (
        {"model": "kling-v3", "shots": TWO_SHOTS, "aspect_ratio": "1:1"},
        TEXT_PATH,
        {
            **V3_DEFAULTS, "multi_shot": True, "shot_type": "customize", "multi_prompt": TWO_STORYBOARDS,
            "aspect_ratio": "1:1", "duration": "7",
        },
    ),
    "text2video, intelligence": (
        {"model": "kling-v3", "prompt": "a chase", "shot_split": "intelligence", "duration_s": 12},
        TEXT_PATH,
        {
            **V3_DEFAULTS, "multi_shot": True, "shot_type": "intelligence", "prompt": "a chase", "aspect_ratio": "16:9",
            "duration": "12",
        },
    ),
    "image2video, a first frame": (
        {"model": "kling-v3", "prompt": "a fox", "images": [FIRST]},
        IMAGE_PATH,
        {**V3_DEFAULTS, "prompt": "a fox", "image": PICTURE, "duration": "5"},
    ),
    "image2video, both frames and everything": (
        {
            "model": "kling-v3", "prompt": "a fox", "negative_prompt": "blur", "images": [LAST, FIRST], "mode": "pro",
            "elements": [{"id": "829836802793406551"}], "sound": True, "duration_s": 3, "watermark": False,
        },
        IMAGE_PATH,
        {
            **V3_DEFAULTS, "prompt": "a fox", "negative_prompt": "blur", "image": PICTURE, "image_tail": END_PICTURE,
            "mode": "pro", "element_list": [{"element_id": 829836802793406551}], "sound": "on", "duration": "3",
        },
    ),
    "image2video, the last frame given first: prompts count image and then image_tail": (
        {
            "model": "kling-v3", "images": [LAST, FIRST],
            "shots": [{"prompt": "<<<image_2>>> opens", "duration_s": 2}, {"prompt": "to <<<image_1>>>", "duration_s": 3}],
        },
        IMAGE_PATH,
        {
            **V3_DEFAULTS, "multi_shot": True, "shot_type": "customize", "image": PICTURE, "image_tail": END_PICTURE,
            "multi_prompt": [
                {"index": 1, "prompt": "<<<image_1>>> opens", "duration": "2"},
                {"index": 2, "prompt": "to <<<image_2>>>", "duration": "3"},
            ],
            "duration": "5",
        },
    ),
    "image2video, shots": (
        {"model": "kling-v3", "shots": TWO_SHOTS, "shot_split": "customize", "images": [FIRST]},
        IMAGE_PATH,
        {
            **V3_DEFAULTS, "multi_shot": True, "shot_type": "customize", "multi_prompt": TWO_STORYBOARDS,
            "image": PICTURE, "duration": "7",
        },
    ),
    "omni, the least": (
        {"prompt": "a fox"},
        OMNI_PATH,
        {**OMNI_DEFAULTS, "prompt": "a fox", "aspect_ratio": "16:9", "duration": "5"},
    ),
    "omni, reference images and elements": (
        {
            "prompt": "<<<element_1>>> walks past <<<image_2>>>", "images": [REFERENCE_IMAGE, {"url": END_PICTURE}],
            "elements": [{"id": "160"}, {"id": "321922438904313"}], "mode": "pro", "sound": True, "duration_s": 15,
            "aspect_ratio": "9:16",
        },
        OMNI_PATH,
        {
            **OMNI_DEFAULTS, "prompt": "<<<element_1>>> walks past <<<image_2>>>",
            "image_list": [{"image_url": PICTURE}, {"image_url": END_PICTURE}],
            "element_list": [{"element_id": 160}, {"element_id": 321922438904313}],
            "mode": "pro", "sound": "on", "duration": "15", "aspect_ratio": "9:16",
        },
    ),
    "omni, a first frame sets the aspect ratio": (
        {"prompt": "a fox", "images": [FIRST, REFERENCE_IMAGE]},
        OMNI_PATH,
        {
            **OMNI_DEFAULTS, "prompt": "a fox", "duration": "5",
            "image_list": [{"image_url": PICTURE, "type": "first_frame"}, {"image_url": PICTURE}],
        },
    ),
    "omni, both frames": (
        {"prompt": "a fox", "images": [FIRST, LAST], "aspect_ratio": "1:1"},
        OMNI_PATH,
        {
            **OMNI_DEFAULTS, "prompt": "a fox", "duration": "5", "aspect_ratio": "1:1",
            "image_list": [
                {"image_url": PICTURE, "type": "first_frame"}, {"image_url": END_PICTURE, "type": "end_frame"},
            ],
        },
    ),
    "omni, an edit": (
        {"prompt": "snow <<<video_1>>>", "video": EDIT | {"keep_sound": True}, "mode": "pro"},
        OMNI_PATH,
        {
            **OMNI_DEFAULTS, "prompt": "snow <<<video_1>>>", "mode": "pro",
            "video_list": [{"video_url": CLIP, "refer_type": "base", "keep_original_sound": "yes"}],
        },
    ),
    "omni, an edit without its sound": (
        {"prompt": "snow", "video": EDIT | {"keep_sound": False}, "images": [REFERENCE_IMAGE]},
        OMNI_PATH,
        {
            **OMNI_DEFAULTS, "prompt": "snow", "image_list": [{"image_url": PICTURE}],
            "video_list": [{"video_url": CLIP, "refer_type": "base", "keep_original_sound": "no"}],
        },
    ),
    "omni, a feature video": (
        {"prompt": "as in <<<video_1>>>", "video": FEATURE, "duration_s": 8},
        OMNI_PATH,
        {
            **OMNI_DEFAULTS, "prompt": "as in <<<video_1>>>", "duration": "8", "aspect_ratio": "16:9",
            "video_list": [{"video_url": CLIP, "refer_type": "feature"}],
        },
    ),
    "omni, shots with watermark": (
        {"model": "kling-v3-omni", "shots": TWO_SHOTS, "duration_s": 7, "watermark": True},
        OMNI_PATH,
        {
            **OMNI_DEFAULTS, "multi_shot": True, "shot_type": "customize", "multi_prompt": TWO_STORYBOARDS,
            "aspect_ratio": "16:9", "duration": "7", "watermark_info": {"enabled": True},
        },
    ),
    "o1, the least": (
        {"model": "kling-video-o1", "prompt": "a fox"},
        OMNI_PATH,
        {**O1_DEFAULTS, "prompt": "a fox", "aspect_ratio": "16:9", "duration": "5"},
    ),
    "o1, an edit with an element": (
        {"model": "kling-video-o1", "prompt": "snow", "video": EDIT, "elements": elements(1), "sound": False},
        OMNI_PATH,
        {
            **O1_DEFAULTS, "prompt": "snow", "element_list": [{"element_id": 160}],
            "video_list": [{"video_url": CLIP, "refer_type": "base"}],
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "path", "expected"), GOLDEN.values(), ids=GOLDEN.keys())
def test_a_request_in_klings_words(body: dict[str, Any], path: str, expected: dict[str, Any]) -> None:
    """The endpoint, and every field of the body."""
    request = video_request(**body)
    provider, http = klingai(answer({}))
    assert [] == provider_problems(request, provider.profile)

    wire = provider.render(request, reference=ATTEMPT_ID, callback_url=CALLBACK_URL)

    assert (path, expected, {"path": path}) == (wire.path, wire.body, wire.handle)
    assert [] == http.calls, "rendering calls nobody"


def test_without_a_callback_there_is_none() -> None:
    """The field is left out, not empty."""
    wire = klingai(answer({}))[0].render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None)

    assert "callback_url" not in wire.body
    assert ATTEMPT_ID == wire.body["external_task_id"]


SINCE_ALL = date(2026, 9, 1)
MODELS = ("kling-v3-omni", "kling-v3", "kling-video-o1")


COMMON_FIELDS = {
    "model_name", "multi_shot", "shot_type", "prompt", "multi_prompt", "sound", "mode", "duration", "watermark_info",
    "callback_url", "external_task_id",
}  # fmt: skip
FIELDS = {
    OMNI_PATH: COMMON_FIELDS | {"image_list", "element_list", "video_list", "aspect_ratio"},
    TEXT_PATH: COMMON_FIELDS | {"negative_prompt", "aspect_ratio", "voice_list"},
    IMAGE_PATH: COMMON_FIELDS | {"negative_prompt", "image", "image_tail", "element_list", "voice_list"},
}
IMAGES = st.lists(st.sampled_from([REFERENCE_IMAGE, FIRST, LAST]), min_size=1, max_size=7)
ANY = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(MODELS),
        "prompt": st.text(min_size=1, max_size=20),
        "shots": st.lists(st.integers(1, 5), min_size=1, max_size=6).map(lambda lasting: shots(*lasting)),
        "shot_split": st.sampled_from(["customize", "intelligence"]),
        "negative_prompt": st.text(min_size=1, max_size=5),
        "mode": st.sampled_from(["std", "pro", "4k"]),
        "duration_s": st.integers(3, 15),
        "aspect_ratio": st.sampled_from(["16:9", "9:16", "1:1"]),
        "sound": st.booleans(),
        "watermark": st.booleans(),
        "images": IMAGES,
        "elements": st.integers(1, 7).map(elements),
        "video": st.sampled_from([EDIT, FEATURE]),
        "voices": st.lists(st.just({"id": "829877190543323"}), min_size=1, max_size=2),
    },
)


def repaired(body: dict[str, Any], on: date) -> VideoRequest:
    """Leave out what a problem names until there is none."""
    body = PROMPT | body
    while True:
        request, problems, _ = read_request("video", body)
        problems += provider_problems(request, klingai_profile(on)) if not problems else []
        if not problems:
            return request
        field = re.split(r"[.\[]", problems[0].field)[0]
        if problems[0].code == "required" or field not in body:
            body = PROMPT | {"model": body.get("model", "kling-v3-omni")}
        elif field == "prompt":
            body = {name: value for name, value in body.items() if name != "prompt"}
        else:
            body = {name: value for name, value in body.items() if name != field}


@given(ANY, st.sampled_from([SEED_DAY, SINCE_ALL]))
@settings(max_examples=400, deadline=None)
def test_any_valid_request_renders_to_what_the_document_knows(body: dict[str, Any], on: date) -> None:
    """No field that the endpoint lacks; prompt or storyboards, never both; texts where the document has texts."""
    request = repaired(body, on)

    wire = klingai(answer({}))[0].render(request, reference=ATTEMPT_ID, callback_url=CALLBACK_URL)

    said = wire.body
    assert set(said) <= FIELDS[wire.path]
    assert None not in said.values()
    assert ATTEMPT_ID == said["external_task_id"]
    assert ("multi_prompt" in said) == (said.get("shot_type") == "customize") == ("prompt" not in said)
    assert said["multi_shot"] == ("shot_type" in said)
    assert said["mode"] in {"std", "pro", "4k"}
    if "multi_prompt" in said:
        assert [shot["index"] for shot in said["multi_prompt"]] == list(range(1, len(said["multi_prompt"]) + 1))
        assert said["duration"] == str(sum(int(shot["duration"]) for shot in said["multi_prompt"]))
    edits = [video["refer_type"] for video in said.get("video_list", [])] == ["base"]
    assert ("duration" in said) != edits
    assert edits or said["duration"] in {str(seconds) for seconds in range(3, 16)}
    framed = any(image.get("type") == "first_frame" for image in said.get("image_list", []))
    if wire.path == OMNI_PATH and not framed and not edits:
        assert "aspect_ratio" in said
    if "video_list" in said:
        assert said.get("sound", "off") == "off"


def test_a_wire_requests_handle_is_small_and_knows_the_query() -> None:
    """What finds the task again before the call: the path of its endpoint."""
    for body, path, _ in GOLDEN.values():
        wire = klingai(answer({}))[0].render(video_request(**body), reference=ATTEMPT_ID, callback_url=None)

        assert {"path": path} == wire.handle
