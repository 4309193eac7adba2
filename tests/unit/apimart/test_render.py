"""Requests in APIMart's words: golden bodies written by hand from its two pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from klingway.domain.validation import provider_problems, read_request
from klingway.providers.apimart.dialect import DIALECT
from klingway.providers.apimart.profile import apimart_profile

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
    apimart,
    shots,
    video_request,
)  # fmt: skip

if TYPE_CHECKING:
    from klingway.domain.request import VideoRequest

PATH = "/v1/videos/generations"
OTHER = "https://example.com/b.png"
DEFAULTS = {"mode": "std", "multi_shot": False, "audio": False, "watermark": False}
V3 = {"model": "kling-v3", **DEFAULTS}
OMNI = {"model": "kling-v3-omni", **DEFAULTS}
OMNI_WITH_VIDEO = {name: value for name, value in OMNI.items() if name != "audio"}
TWO_SHOTS = [{"prompt": "Wide shot of a city", "duration_s": 4}, {"prompt": "Close-up", "duration_s": 3}]
MULTI_PROMPT = [
    {"index": 1, "prompt": "Wide shot of a city", "duration": 4},
    {"index": 2, "prompt": "Close-up", "duration": 3},
]
DOG = {"name": "element_dog", "description": "a brown dog", "images": [PICTURE, END_PICTURE]}
CAT = {"name": "element_cat", "description": "a cat", "images": [PICTURE, OTHER, END_PICTURE, CLIP]}
DOG_ELEMENT = {"name": "element_dog", "description": "a brown dog", "element_input_urls": [PICTURE, END_PICTURE]}
CAT_ELEMENT = {
    "name": "element_cat", "description": "a cat", "element_input_urls": [PICTURE, OTHER, END_PICTURE, CLIP],
}  # fmt: skip

GOLDEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "v3, the least": (
        {"model": "kling-v3", "prompt": "a fox"},
        {**V3, "prompt": "a fox", "duration": 5, "aspect_ratio": "16:9"},
    ),
    "v3, everything": (
        {
            "model": "kling-v3", "prompt": "a fox", "negative_prompt": "blur", "mode": "4k", "duration_s": 15,
            "aspect_ratio": "1:1", "sound": True, "watermark": True,
        },
        {
            **V3, "prompt": "a fox", "negative_prompt": "blur", "mode": "4k", "duration": 15, "aspect_ratio": "1:1",
            "audio": True, "watermark": True,
        },
    ),
    "v3, a first frame": (
        {"model": "kling-v3", "prompt": "a fox", "images": [FIRST]},
        {**V3, "prompt": "a fox", "duration": 5, "image_urls": [PICTURE]},
    ),
    "v3, both frames, the last one given first": (
        {"model": "kling-v3", "prompt": "a fox", "images": [LAST, FIRST], "aspect_ratio": "9:16"},
        {**V3, "prompt": "a fox", "duration": 5, "image_urls": [PICTURE, END_PICTURE], "aspect_ratio": "9:16"},
    ),
    "v3, both frames that a prompt refers to, the last one given first": (
        {"model": "kling-v3", "prompt": "<<<image_1>>> comes from <<<image_2>>>", "images": [LAST, FIRST]},
        {
            **V3, "prompt": "<<<image_2>>> comes from <<<image_1>>>", "duration": 5,
            "image_urls": [PICTURE, END_PICTURE],
        },
    ),
    "v3, shots": (
        {"model": "kling-v3", "shots": TWO_SHOTS, "aspect_ratio": "9:16", "sound": True},
        {
            **V3, "multi_shot": True, "shot_type": "customize", "multi_prompt": MULTI_PROMPT, "duration": 7,
            "aspect_ratio": "9:16", "audio": True,
        },
    ),
    "v3, intelligence": (
        {"model": "kling-v3", "prompt": "a chase", "shot_split": "intelligence", "duration_s": 12},
        {
            **V3, "multi_shot": True, "shot_type": "intelligence", "prompt": "a chase", "duration": 12,
            "aspect_ratio": "16:9",
        },
    ),
    "v3, elements by name, in a shot too": (
        {
            "model": "kling-v3", "elements": [DOG, CAT],
            "shots": shots(5, prompt="<<<element_1>>> chasing <<<element_2>>>s"),
        },
        {
            **V3, "multi_shot": True, "shot_type": "customize", "duration": 5, "aspect_ratio": "16:9",
            "multi_prompt": [{"index": 1, "prompt": "@element_dog chasing @element_cat s", "duration": 5}],
            "element_list": [DOG_ELEMENT, CAT_ELEMENT],
        },
    ),
    "v3, an element without a name that is one word": (
        {
            "model": "kling-v3", "prompt": "<<<element_2>>> and <<<element_1>>>",
            "elements": [DOG | {"name": "my dog"}, {"description": "a cat", "images": [PICTURE, OTHER]}],
        },
        {
            **V3, "prompt": "@element_2 and @element_1", "duration": 5, "aspect_ratio": "16:9",
            "element_list": [
                DOG_ELEMENT | {"name": "element_1"},
                {"name": "element_2", "description": "a cat", "element_input_urls": [PICTURE, OTHER]},
            ],
        },
    ),
    "omni, the least": (
        {"prompt": "a fox"},
        {**OMNI, "prompt": "a fox", "duration": 5, "aspect_ratio": "16:9"},
    ),
    "omni, the page's example of elements": (
        {"prompt": "<<<element_1>>> and <<<element_2>>> are playing on the grass", "elements": [DOG, CAT]},
        {
            **OMNI, "prompt": "@element_dog and @element_cat are playing on the grass", "duration": 5,
            "aspect_ratio": "16:9", "element_list": [DOG_ELEMENT, CAT_ELEMENT],
        },
    ),
    "omni, reference images keep their numbers": (
        {
            "prompt": "Make the person in <<<image_2>>> wave at <<<image_1>>>", "negative_prompt": "blur",
            "images": [REFERENCE_IMAGE, {"url": OTHER}], "mode": "pro", "sound": True, "aspect_ratio": "9:16",
        },
        {
            **OMNI, "prompt": "Make the person in <<<image_2>>> wave at <<<image_1>>>", "negative_prompt": "blur",
            "image_urls": [PICTURE, OTHER], "mode": "pro", "audio": True, "duration": 5, "aspect_ratio": "9:16",
        },
    ),
    "omni, a first frame": (
        {"prompt": "a fox", "images": [FIRST]},
        {**OMNI, "prompt": "a fox", "duration": 5, "image_with_roles": [{"url": PICTURE, "role": "first_frame"}]},
    ),
    "omni, frames among reference images": (
        {
            "prompt": "<<<image_1>>> turns into <<<image_2>>> like <<<image_4>>>",
            "images": [LAST, REFERENCE_IMAGE, FIRST, {"url": OTHER}],
        },
        {
            **OMNI, "prompt": "<<<image_1>>> turns into <<<image_2>>> like <<<image_4>>>", "duration": 5,
            "image_with_roles": [
                {"url": END_PICTURE, "role": "last_frame"}, {"url": PICTURE, "role": "reference"},
                {"url": PICTURE, "role": "first_frame"}, {"url": OTHER, "role": "reference"},
            ],
        },
    ),
    "omni, both frames with an aspect ratio": (
        {"prompt": "a fox", "images": [FIRST, LAST], "aspect_ratio": "1:1"},
        {
            **OMNI, "prompt": "a fox", "duration": 5, "aspect_ratio": "1:1",
            "image_with_roles": [
                {"url": PICTURE, "role": "first_frame"}, {"url": END_PICTURE, "role": "last_frame"},
            ],
        },
    ),
    "omni, an edit": (
        {"prompt": "snow on <<<video_1>>>", "video": EDIT | {"keep_sound": True}, "images": [REFERENCE_IMAGE]},
        {
            **OMNI_WITH_VIDEO, "prompt": "snow on <<<video_1>>>", "image_urls": [PICTURE],
            "video_list": [{"video_url": CLIP, "refer_type": "base", "keep_original_sound": "yes"}],
        },
    ),
    "omni, a feature video with a first frame": (
        {"prompt": "a fox", "video": FEATURE, "images": [FIRST], "duration_s": 8, "sound": False},
        {
            **OMNI_WITH_VIDEO, "prompt": "a fox", "duration": 8,
            "image_with_roles": [{"url": PICTURE, "role": "first_frame"}],
            "video_list": [{"video_url": CLIP, "refer_type": "feature", "keep_original_sound": "no"}],
        },
    ),
    "omni, a feature video alone": (
        {"prompt": "a fox", "video": FEATURE},
        {
            **OMNI_WITH_VIDEO, "prompt": "a fox", "duration": 5, "aspect_ratio": "16:9",
            "video_list": [{"video_url": CLIP, "refer_type": "feature", "keep_original_sound": "no"}],
        },
    ),
    "omni, shots: the prompt that its page requires is the first one's": (
        {"shots": TWO_SHOTS, "shot_split": "customize", "duration_s": 7},
        {
            **OMNI, "multi_shot": True, "shot_type": "customize", "multi_prompt": MULTI_PROMPT, "duration": 7,
            "prompt": "Wide shot of a city", "aspect_ratio": "16:9",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), GOLDEN.values(), ids=GOLDEN.keys())
def test_a_request_in_apimarts_words(body: dict[str, Any], expected: dict[str, Any]) -> None:
    """Every field of the body; the handle knows where to ask."""
    request = video_request(**body)
    provider, http = apimart(answer({}))
    assert [] == provider_problems(request, provider.profile)

    wire = provider.render(request, reference=ATTEMPT_ID, callback_url=None)

    assert (PATH, expected, {"path": "/v1/tasks"}) == (wire.path, wire.body, wire.handle)
    assert [] == http.calls, "rendering calls nobody"


def test_neither_our_reference_nor_a_callback_is_sent() -> None:
    """APIMart has no field for them."""
    body = apimart(answer({}))[0].render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=CALLBACK_URL).body

    assert not {ATTEMPT_ID, CALLBACK_URL} & set(map(str, body.values()))


COMMON_FIELDS = {
    "model", "prompt", "negative_prompt", "mode", "duration", "aspect_ratio", "image_urls", "multi_shot", "shot_type",
    "multi_prompt", "element_list", "watermark", "audio",
}  # fmt: skip
FIELDS = {"kling-v3": COMMON_FIELDS, "kling-v3-omni": COMMON_FIELDS | {"image_with_roles", "video_list"}}
WORDS = st.text(st.characters(exclude_characters="@", exclude_categories=["Cs"]), min_size=1, max_size=20)
"""Without the sign that calls an element where there are some."""
ANY = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(["kling-v3", "kling-v3-omni"]),
        "prompt": WORDS | st.sampled_from(["<<<element_1>>>s run", "<<<image_1>>><<<element_2>>>", "<<<image_2>>>"]),
        "shots": st.lists(st.integers(1, 5), min_size=1, max_size=6).map(lambda lasting: shots(*lasting)),
        "shot_split": st.sampled_from(["customize", "intelligence"]),
        "negative_prompt": st.text(min_size=1, max_size=5),
        "mode": st.sampled_from(["std", "pro", "4k"]),
        "duration_s": st.integers(3, 15),
        "aspect_ratio": st.sampled_from(["16:9", "9:16", "1:1"]),
        "sound": st.booleans(),
        "watermark": st.booleans(),
        "images": st.lists(st.sampled_from([REFERENCE_IMAGE, FIRST, LAST]), min_size=1, max_size=7),
        "elements": st.sampled_from([[DOG], [DOG, CAT]]),
        "video": st.sampled_from([EDIT, FEATURE]),
    },
)


def repaired(body: dict[str, Any]) -> VideoRequest:
    """Leave out what a problem names until there is none."""
    body = PROMPT | body
    while True:
        request, problems, _ = read_request("video", body)
        problems += provider_problems(request, apimart_profile(SEED_DAY)) if not problems else []
        if not problems:
            return request
        field = re.split(r"[.\[]", problems[0].field)[0]
        if problems[0].code == "required" or field not in body:
            body = PROMPT | {"model": body.get("model", "kling-v3-omni")}
        else:
            body = {name: value for name, value in body.items() if name != field}


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_any_valid_request_renders_to_what_the_pages_know(body: dict[str, Any]) -> None:
    """The pages' own constraints: types, what excludes what, what is required with what."""
    said = apimart(answer({}))[0].render(repaired(body), reference=ATTEMPT_ID, callback_url=None).body

    assert set(said) <= FIELDS[said["model"]]
    assert None not in said.values()
    assert not {"image_urls", "image_with_roles"} <= set(said)
    assert "prompt" in said or (said["model"] == "kling-v3" and said["multi_shot"])
    assert said["multi_shot"] == ("shot_type" in said)
    assert ("multi_prompt" in said) == (said.get("shot_type") == "customize")
    assert ("audio" in said) != ("video_list" in said)
    edits = [video["refer_type"] for video in said.get("video_list", [])] == ["base"]
    assert ("duration" in said) != edits
    assert edits or (type(said["duration"]) is int and 3 <= said["duration"] <= 15)
    if "multi_prompt" in said:
        assert [shot["index"] for shot in said["multi_prompt"]] == list(range(1, len(said["multi_prompt"]) + 1))
        assert said["duration"] == sum(shot["duration"] for shot in said["multi_prompt"])
    roles = [image["role"] for image in said.get("image_with_roles", [])]
    assert not roles or roles.count("first_frame") == 1
    assert not (edits and roles)
    assert said["model"] == "kling-v3-omni" or len(said.get("image_urls", [])) <= 2


@given(ANY)
@settings(max_examples=300, deadline=None)
def test_what_is_sent_is_read_as_the_same_request(body: dict[str, Any]) -> None:
    """Said by us and read by our own dialect, a request is sent again as it was; APIMart's own `<<<image_1>>>` apart."""
    provider = apimart(answer({}))[0]
    said = provider.render(repaired(body), reference=ATTEMPT_ID, callback_url=None).body

    translated = DIALECT.translate("video", said)
    request, problems, _ = read_request(translated.kind, translated.body)
    again = provider.render(request, reference=ATTEMPT_ID, callback_url=None).body

    is_bare = said["model"] == "kling-v3-omni" and "image_urls" in said and "<<<image" not in said["prompt"]
    assert [] == problems
    assert (
        said | ({"prompt": f"<<<image_1>>>{said['prompt']}"} if is_bare and "multi_prompt" not in said else {}) == again
    )
