"""Requests in Unifically's words: golden bodies written by hand from its page of Kling v3.0 Omni."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from klingway.domain.validation import provider_problems, read_request
from klingway.providers.unifically.dialect import DIALECT
from klingway.providers.unifically.profile import unifically_profile

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
    shots,
    video_request,
)  # fmt: skip
from tests.unit.unifically.builders import MODEL, unifically

if TYPE_CHECKING:
    from klingway.domain.request import VideoRequest

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


WORDS = st.text(st.characters(exclude_characters="@<>", exclude_categories=["Cs"]), max_size=5)
ELEMENTS = st.fixed_dictionaries({}, optional={"description": st.text(min_size=1, max_size=100)}).flatmap(
    lambda element: st.sampled_from([element | {"images": [PICTURE, OTHER]}, element | {"video": CLIP}])
)
SOME = [{"url": f"https://example.com/{number}.png"} for number in range(8)]
IMAGES = st.one_of(
    st.integers(0, 8).map(lambda count: SOME[:count]),
    st.sampled_from([[FIRST], [FIRST, LAST], [LAST, FIRST]]),
    st.integers(0, 6).map(lambda before: [*SOME[:before], FIRST, *SOME[6:]]),
    st.lists(st.sampled_from([REFERENCE_IMAGE, FIRST, LAST]), max_size=4),
)


def prompts(images: int, elements: int) -> st.SearchStrategy[str]:
    """Prompts that refer to some of what is given, and now and then to what is not."""
    references = [f"<<<image_{number}>>>" for number in range(1, images + 1)]
    references += [f"<<<element_{number}>>>" for number in range(1, elements + 1)]
    some = st.one_of(st.just(""), st.sampled_from(["", *references]))
    rare = st.sampled_from([*[""] * 19, "<<<video_1>>>"])
    return st.tuples(st.just("x"), some, WORDS, some, rare).map("".join)


def requests(given: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> st.SearchStrategy[dict[str, Any]]:
    images, elements = given
    prompt = prompts(len(images), len(elements))
    shot = st.fixed_dictionaries({"prompt": prompt, "duration_s": st.integers(1, 4)})
    what = st.one_of(
        st.fixed_dictionaries({"prompt": prompt}, optional={"duration_s": st.integers(3, 15)}),
        st.fixed_dictionaries({"shots": st.lists(shot, min_size=1, max_size=6)}),
    )
    rest = st.fixed_dictionaries(
        {},
        optional={
            "mode": st.sampled_from(["std", "pro", "4k"]),
            "aspect_ratio": st.sampled_from(["16:9", "9:16", "1:1"]),
            "sound": st.booleans(),
            "video": st.sampled_from([EDIT, FEATURE]),
        },
    )
    inputs = {"images": images or None, "elements": elements or None}
    said = {name: value for name, value in inputs.items() if value is not None}
    return st.tuples(what, rest).map(lambda parts: said | parts[0] | parts[1])


ANY = st.tuples(IMAGES, st.lists(ELEMENTS, max_size=4)).flatmap(requests)


def repaired(body: dict[str, Any]) -> VideoRequest:
    """Leave out what a problem names until there is none; a prompt is said in other words."""
    while True:
        request, problems, _ = read_request("video", body)
        problems += provider_problems(request, unifically_profile(SEED_DAY)) if not problems else []
        if not problems:
            assert request.kind == "video"
            return request  # type: ignore[return-value] # read as one
        field = re.split(r"[.\[]", problems[0].field)[0]
        if field in {"prompt", "shots"}:
            body = {name: value for name, value in body.items() if name not in {"shots", "duration_s"}} | PROMPT
        else:
            body = {name: value for name, value in body.items() if name != field}


@given(ANY)
@settings(max_examples=400, deadline=None)
def test_any_valid_request_renders_to_what_the_page_knows(body: dict[str, Any]) -> None:
    """The page's table of modes, its caps, what excludes what."""
    said = unifically(answer({}))[0].render(repaired(body), reference=ATTEMPT_ID, callback_url=None).body["input"]
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


def defaults_said(request: VideoRequest) -> dict[str, Any]:
    """Return a request with what its rendering fills in, as words; names are labels, and are not sent."""
    said = request.model_dump(exclude_none=True)
    said |= {"mode": request.mode or "std", "sound": bool(request.sound), "duration_s": request.asked_duration_s}
    if request.aspect_ratio is None and request.video is None and not request.images_of("first_frame"):
        said["aspect_ratio"] = "16:9"
    if request.shots is not None or request.is_edit:
        del said["duration_s"]
    if request.images_of("last_frame"):
        said["images"] = sorted(said["images"], key=lambda image: image["role"])
    if request.elements is not None:
        said["elements"] = [
            {"name": f"Element{number}"} | element for number, element in enumerate(said["elements"], start=1)
        ]
    for prompt in [said, *said.get("shots", [])]:
        if "prompt" in prompt:  # a reference is kept off the words around it
            prompt["prompt"] = re.sub(r"(?<=[A-Za-z0-9_])<<<", " <<<", re.sub(r">>>(?=\w)", ">>> ", prompt["prompt"]))
    return said


@given(ANY)
@settings(max_examples=400, deadline=None)
def test_what_is_sent_means_the_same_request_to_who_reads_it(body: dict[str, Any]) -> None:
    """Rendered here and read back by the dialect, a request is the same, its defaults said in words."""
    request = repaired(body)
    wire = unifically(answer({}))[0].render(request, reference=ATTEMPT_ID, callback_url=None)

    back, problems, _ = read_request("video", DIALECT.translate(MODEL, wire.body).body)

    assert [] == problems
    assert defaults_said(request) == back.model_dump(exclude_none=True)
