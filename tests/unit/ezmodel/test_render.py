"""Requests in EzModel's words: golden bodies written by hand from its page."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from klingway.domain.validation import provider_problems, read_request
from klingway.providers.ezmodel.profile import ezmodel_profile

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
    elements,
    shots,
    video_request,
)  # fmt: skip
from tests.unit.ezmodel.building import PATH, ezmodel

if TYPE_CHECKING:
    from klingway.domain.request import VideoRequest

OURS = {"callback_url": CALLBACK_URL, "external_task_id": ATTEMPT_ID}
DEFAULTS = {"model": "kling-v3-omni", "mode": "std", "aspect_ratio": "16:9", "sound": "off", **OURS}
O1 = DEFAULTS | {"model": "kling-video-o1"}
TWO_SHOTS = [{"prompt": "Wide shot of <<<image_1>>>", "duration_s": 4}, {"prompt": "Close-up", "duration_s": 3}]
SINCE_ALL = date(2026, 9, 1)

GOLDEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the least": ({"prompt": "a fox"}, {**DEFAULTS, "prompt": "a fox", "duration": "5"}),
    "everything that text can have": (
        {
            "prompt": "a fox", "negative_prompt": "blur, watermark", "mode": "pro", "duration_s": 15,
            "aspect_ratio": "9:16", "sound": True, "cfg_scale": 0.7,
        },
        {
            **DEFAULTS, "prompt": "a fox", "negative_prompt": "blur, watermark", "mode": "pro", "duration": "15",
            "aspect_ratio": "9:16", "sound": "on", "cfg_scale": 0.7,
        },
    ),
    "images and elements, referred to as the page does": (
        {
            "prompt": "<<<element_1>>> walks past <<<image_2>>>s", "images": [REFERENCE_IMAGE, {"url": END_PICTURE}],
            "elements": [{"id": "160"}, {"id": "829836802793406551"}],
        },
        {
            **DEFAULTS, "prompt": "@element_1 walks past @image_2 s", "duration": "5",
            "image_list": [{"image_url": PICTURE}, {"image_url": END_PICTURE}],
            "element_list": [{"element_id": 160}, {"element_id": 829836802793406551}],
        },
    ),
    "both frames": (
        {"prompt": "a fox", "images": [FIRST, LAST], "duration_s": 5, "aspect_ratio": "1:1"},
        {
            **DEFAULTS, "prompt": "a fox", "duration": "5", "aspect_ratio": "1:1",
            "image_list": [
                {"image_url": PICTURE, "type": "first_frame"}, {"image_url": END_PICTURE, "type": "end_frame"},
            ],
        },
    ),
    "a first frame among reference images": (
        {"prompt": "a fox", "images": [REFERENCE_IMAGE, FIRST]},
        {
            **DEFAULTS, "prompt": "a fox", "duration": "5",
            "image_list": [{"image_url": PICTURE}, {"image_url": PICTURE, "type": "first_frame"}],
        },
    ),
    "shots: neither prompt nor duration beside them": (
        {"shots": TWO_SHOTS, "images": [REFERENCE_IMAGE], "mode": "pro", "sound": True, "duration_s": 7},
        {
            **DEFAULTS, "mode": "pro", "sound": "on", "image_list": [{"image_url": PICTURE}],
            "multi_prompt": [
                {"prompt": "Wide shot of @image_1", "duration": "4"}, {"prompt": "Close-up", "duration": "3"},
            ],
        },
    ),
    "shots said to be taken as given": (
        {"shots": shots(3, 3), "shot_split": "customize"},
        {**DEFAULTS, "multi_prompt": [{"prompt": "a shot", "duration": "3"}, {"prompt": "a shot", "duration": "3"}]},
    ),
    "an edit has no duration": (
        {"prompt": "snow on <<<video_1>>>", "video": EDIT | {"keep_sound": True}, "images": [REFERENCE_IMAGE]},
        {
            **DEFAULTS, "prompt": "snow on <<<video_1>>>", "image_list": [{"image_url": PICTURE}],
            "video_list": [{"video_url": CLIP, "refer_type": "base", "keep_original_sound": "yes"}],
        },
    ),
    "a feature video": (
        {"prompt": "a fox", "video": FEATURE, "duration_s": 8, "sound": False},
        {
            **DEFAULTS, "prompt": "a fox", "duration": "8",
            "video_list": [{"video_url": CLIP, "refer_type": "feature"}],
        },
    ),
    "a feature video without its sound": (
        {"prompt": "a fox", "video": FEATURE | {"keep_sound": False}},
        {
            **DEFAULTS, "prompt": "a fox", "duration": "5",
            "video_list": [{"video_url": CLIP, "refer_type": "feature", "keep_original_sound": "no"}],
        },
    ),
    "o1, the least": (
        {"model": "kling-video-o1", "prompt": "a fox"},
        {**O1, "prompt": "a fox", "duration": "5"},
    ),
    "o1, both frames": (
        {"model": "kling-video-o1", "prompt": "a fox", "images": [LAST, FIRST], "duration_s": 7, "cfg_scale": 0},
        {
            **O1, "prompt": "a fox", "duration": "7", "cfg_scale": 0,
            "image_list": [
                {"image_url": END_PICTURE, "type": "end_frame"}, {"image_url": PICTURE, "type": "first_frame"},
            ],
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), GOLDEN.values(), ids=GOLDEN.keys())
def test_a_request_in_ezmodels_words(body: dict[str, Any], expected: dict[str, Any]) -> None:
    """Every field of the body; the handle knows where to ask."""
    request = video_request(**body)
    provider, http = ezmodel(answer({}))
    assert [] == provider_problems(request, provider.profile)

    wire = provider.render(request, reference=ATTEMPT_ID, callback_url=CALLBACK_URL)

    assert (PATH, expected, {"path": PATH}) == (wire.path, wire.body, wire.handle)
    assert [] == http.calls, "rendering calls nobody"


def test_without_a_callback_there_is_none() -> None:
    """The field is left out, not empty."""
    body = ezmodel(answer({}))[0].render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None).body

    assert "callback_url" not in body
    assert ATTEMPT_ID == body["external_task_id"]


def test_a_switch_keeps_klings_own_references() -> None:
    """`kling_references`: prompts go out as they are, those of shots as well."""
    provider, _ = ezmodel(answer({}), switches=frozenset({"kling_references"}))
    prompt, images = "<<<image_1>>> and <<<image_1>>>", [REFERENCE_IMAGE]

    plain = provider.render(
        video_request(prompt=prompt, images=images), reference=ATTEMPT_ID, callback_url=None
    ).body  # fmt: skip
    split = provider.render(
        video_request(shots=shots(3, 3, prompt=prompt), images=images), reference=ATTEMPT_ID, callback_url=None
    ).body

    assert prompt == plain["prompt"]
    assert [prompt, prompt] == [shot["prompt"] for shot in split["multi_prompt"]]


@pytest.mark.parametrize(
    ("switches", "asked", "sent"),
    [
        (frozenset[str](), None, "@image_1"),
        (frozenset[str](), {"kling_references": True}, "<<<image_1>>>"),
        (frozenset[str](), {"kling_references": False}, "@image_1"),
        (frozenset({"kling_references"}), {"kling_references": False}, "@image_1"),
    ],
)
def test_a_request_says_how_it_refers(switches: frozenset[str], asked: dict[str, bool] | None, sent: str) -> None:
    """`provider_options.ezmodel.kling_references`: the switch, for one request."""
    provider, _ = ezmodel(answer({}), switches=switches)
    options = {} if asked is None else {"provider_options": {"ezmodel": asked}}
    request = video_request(prompt="<<<image_1>>>", images=[REFERENCE_IMAGE], **options)
    assert [] == provider_problems(request, provider.profile)

    assert sent == provider.render(request, reference=ATTEMPT_ID, callback_url=None).body["prompt"]


FIELDS = {
    "model", "prompt", "negative_prompt", "mode", "duration", "aspect_ratio", "image_list", "video_list",
    "element_list", "multi_prompt", "sound", "cfg_scale", "external_task_id", "callback_url",
}  # fmt: skip
ANY = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(["kling-v3-omni", "kling-video-o1"]),
        "prompt": st.text(min_size=1, max_size=20),
        "shots": st.lists(st.integers(3, 5), min_size=2, max_size=6).map(lambda lasting: shots(*lasting)),
        "shot_split": st.sampled_from(["customize", "intelligence"]),
        "negative_prompt": st.text(min_size=1, max_size=5),
        "mode": st.sampled_from(["std", "pro", "4k"]),
        "duration_s": st.integers(3, 15),
        "aspect_ratio": st.sampled_from(["16:9", "9:16", "1:1"]),
        "sound": st.booleans(),
        "watermark": st.booleans(),
        "cfg_scale": st.floats(0, 1),
        "images": st.lists(st.sampled_from([REFERENCE_IMAGE, FIRST, LAST]), min_size=1, max_size=7),
        "elements": st.integers(1, 7).map(elements),
        "video": st.sampled_from([EDIT, FEATURE]),
    },
)


def repaired(body: dict[str, Any]) -> VideoRequest:
    """Leave out what a problem names until there is none."""
    if "shots" not in body:
        body = PROMPT | body
    while True:
        request, problems, _ = read_request("video", body)
        problems += provider_problems(request, ezmodel_profile(SINCE_ALL)) if not problems else []
        if not problems:
            return request
        field = re.split(r"[.\[]", problems[0].field)[0]
        if problems[0].code == "required" or field not in body:
            body = PROMPT | {"model": body.get("model", "kling-v3-omni")}
        else:
            body = {name: value for name, value in body.items() if name != field}


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_any_valid_request_renders_to_what_the_page_knows(body: dict[str, Any]) -> None:
    """Texts where the page has texts; prompt and duration, or shots; no sound with a video; nothing left to defaults."""
    said = ezmodel(answer({}))[0].render(repaired(body), reference=ATTEMPT_ID, callback_url=None).body

    assert set(said) <= FIELDS
    assert None not in said.values()
    assert {"mode", "aspect_ratio", "sound", "external_task_id"} <= set(said)
    assert said["mode"] in {"std", "pro"}
    assert ("prompt" in said) != ("multi_prompt" in said)
    edits = [video["refer_type"] for video in said.get("video_list", [])] == ["base"]
    assert ("duration" in said) != ("multi_prompt" in said or edits)
    assert said.get("duration", "3") in {str(seconds) for seconds in range(3, 16)}
    assert all(type(shot["duration"]) is str for shot in said.get("multi_prompt", []))
    assert all(type(item["element_id"]) is int for item in said.get("element_list", []))
    assert "video_list" not in said or said["sound"] == "off"
    assert not (said["model"] == "kling-video-o1" and ("multi_prompt" in said or edits or said["sound"] == "on"))
