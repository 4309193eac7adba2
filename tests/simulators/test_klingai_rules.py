"""Kling's API specification of 2026-02-10, row by row; later rows name Kling's changelog."""

from __future__ import annotations

import base64
import io
import re
from datetime import date
from typing import Any

import pytest
from PIL import Image

from local.simulators.fields import InvalidError
from local.simulators.klingai import CREATES, Product
from local.simulators.klingai_elements import PRESET_ELEMENTS
from local.simulators.klingai_rules import ElementKind, Order, Surroundings

FEBRUARY = date(2026, 2, 10)
OMNI = {"model_name": "kling-v3-omni", "prompt": "a fox", "aspect_ratio": "16:9"}
TEXT = {"model_name": "kling-v3", "prompt": "a fox"}
IMAGE = {"model_name": "kling-v3", "prompt": "a fox", "image": "https://example.com/a.png"}
URL = {"image_url": "https://example.com/a.png"}
FIRST, END = URL | {"type": "first_frame"}, URL | {"type": "end_frame"}
FEATURE = {"video_list": [{"video_url": "https://example.com/v.mp4", "refer_type": "feature"}]}
BASE = {"video_list": [{"video_url": "https://example.com/v.mp4", "refer_type": "base"}]}
O1 = {"model_name": "kling-video-o1"}
VOICES = {"voice_list": [{"voice_id": "1"}], "sound": "on"}
OWN: dict[int, ElementKind] = {829836802793406551: "image_refer", **dict.fromkeys(range(1000, 1010), "image_refer")}


def els(count: int, start: int = 1000) -> list[dict[str, int]]:
    return [{"element_id": start + n} for n in range(count)]


def shots(*durations: str, **changed: Any) -> dict[str, Any]:
    rows = [{"index": n, "prompt": f"shot {n}", "duration": lasts} for n, lasts in enumerate(durations, 1)]
    rows = [row | changed for row in rows]
    total = sum(int(lasts) for lasts in durations if lasts.lstrip("-").isdigit())
    return {"multi_shot": True, "shot_type": "customize", "prompt": "", "multi_prompt": rows, "duration": str(total)}


def picture(width: int = 300, height: int = 300, kind: str = "PNG") -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


def judge(product: Product, body: dict[str, Any], on: date = FEBRUARY, video_s: float = 5.0) -> Order:
    order = CREATES[product](body, Surroundings(on, {**PRESET_ELEMENTS, **OWN}, video_seconds=lambda _: video_s))
    assert isinstance(order, Order)
    return order


OMNI_ACCEPTED = {
    "the least: prompt and aspect_ratio, all else has defaults": {"model_name": None},
    "prompt: Cannot exceed 2500 characters, at it": {"prompt": "x" * 2500},
    "empty strings and lists of the examples are absent": {
        "multi_prompt": [],
        "image_list": [],
        "element_list": [],
        "video_list": [],
        "shot_type": "",
        "callback_url": "",
        "external_task_id": "",
        "sound": "",
    },
    "multi_shot false: shot_type and multi_prompt are invalid (ignored)": {"shot_type": "nonsense", "multi_prompt": 3},
    "multi_shot as text, as in the example": shots("2", "3") | {"multi_shot": "true"},
    "multi_shot true: prompt is invalid (ignored)": shots("2", "3") | {"prompt": "x" * 9999},
    "minimum of 1 storyboard": shots("5"),
    "up to 6 storyboards": shots("1", "1", "1", "1", "1", "1"),
    "storyboard content 512": shots("5", prompt="x" * 512),
    "type left out of reference images": {"image_list": [URL] * 7},
    "images + elements <= 7": {"image_list": [URL] * 4, "element_list": els(3)},
    "first and end frame": {"image_list": [FIRST, END], "aspect_ratio": None},
    "first frame with 3 elements": {"image_list": [FIRST], "element_list": els(3)},
    "with a reference video images + elements <= 4": FEATURE | {"image_list": [URL] * 2, "element_list": els(2)},
    "editing needs no aspect_ratio, and duration is invalid (ignored)": BASE | {"aspect_ratio": None, "duration": "99"},
    "feature with a first frame": FEATURE | {"image_list": [FIRST]},
    "sound on": {"sound": "on"},
    "3 seconds": {"duration": "3"},
    "15 seconds": {"duration": "15"},
    "element id as text": {"element_list": [{"element_id": "829836802793406551"}]},
    "a scheme in capitals": {"image_list": [{"image_url": "HTTPS://EXAMPLE.COM/a.png"}]},
    "base64 of 300 px": {"image_list": [{"image_url": picture()}]},
    "base64 of ratio 2.5:1": {"image_list": [{"image_url": picture(750, 300, "JPEG")}]},
    "watermark": {"watermark_info": {"enabled": True}},
    "unknown fields are ignored": {"voice_list": [{"voice_id": "1"}], "negative_prompt": 5},
    "O1: 5 s of text": O1 | {"duration": "5"},
    "O1: 10 s of text": O1 | {"duration": "10"},
    "O1: 7 s with a reference image": O1 | {"duration": "7", "image_list": [URL]},
    "O1: 3 s from first to end frame": O1 | {"duration": "3", "image_list": [FIRST, END]},
    "video character elements without a video": {"element_list": [{"element_id": 162}]},
}


@pytest.mark.parametrize("change", OMNI_ACCEPTED.values(), ids=OMNI_ACCEPTED)
def test_omni_accepts(change: dict[str, Any]) -> None:
    """Omni-Video create accepts what its rows allow, up to their limits."""
    assert judge("omni-video", OMNI | change)


OMNI_REFUSED = {
    "model_name: enum": ("model_name", {"model_name": "kling-v3"}),
    "prompt must not be empty when multi_shot is false": ("prompt", {"prompt": ""}),
    "prompt cannot exceed 2500": ("prompt", {"prompt": "x" * 2501}),
    "prompt is a string": ("prompt", {"prompt": 5}),
    "multi_shot is a boolean": ("multi_shot", {"multi_shot": "perhaps"}),
    "shot_type is required with multi_shot": ("shot_type", shots("5") | {"shot_type": ""}),
    "shot_type: customize alone in February": ("shot_type", {"multi_shot": True, "shot_type": "intelligence"}),
    "multi_prompt must not be empty": ("multi_prompt", shots("5") | {"multi_prompt": []}),
    "7 storyboards": ("multi_prompt", shots(*"1111111")),
    "storyboard of 513": ("multi_prompt[0].prompt", shots("5", prompt="x" * 513)),
    "storyboard without a prompt": ("multi_prompt[0].prompt", shots("5", prompt="")),
    "duration of a storyboard less than 1": ("multi_prompt[1].duration", shots("5", "0")),
    "duration of a storyboard as a number": ("multi_prompt[0].duration", shots("5", duration=5)),
    "sum below the whole": ("multi_prompt", shots("2", "2") | {"duration": "5"}),
    "sum above the whole": ("multi_prompt", shots("3", "3") | {"duration": "5"}),
    "storyboard longer than the whole": ("multi_prompt[0].duration", shots("6") | {"duration": "5"}),
    "sum against the default of 5": ("multi_prompt", shots("3", "3") | {"duration": None}),
    "index from 0": ("multi_prompt", shots("5", index=0)),
    "index twice": ("multi_prompt", shots("2", "3", index=1)),
    "index as text": ("multi_prompt[0].index", shots("5", index="1")),
    "image_url must not be empty": ("image_list[0].image_url", {"image_list": [{"image_url": ""}]}),
    "image type: enum": ("image_list[0].type", {"image_list": [URL | {"type": "middle"}]}),
    "image_list is an array": ("image_list", {"image_list": URL}),
    "end frame alone": ("image_list", {"image_list": [END]}),
    "two first frames": ("image_list[1].type", {"image_list": [FIRST, FIRST]}),
    "end frame with more than 2 images": ("image_list", {"image_list": [FIRST, END, URL]}),
    "8 images": ("image_list", {"image_list": [URL] * 8}),
    "8 images and elements": ("image_list", {"image_list": [URL] * 5, "element_list": els(3)}),
    "5 references with a video": ("image_list", FEATURE | {"image_list": [URL] * 2, "element_list": els(3)}),
    "video character element with a video": ("element_list", FEATURE | {"element_list": [{"element_id": 162}]}),
    "first frame with 4 elements": ("element_list", {"image_list": [FIRST], "element_list": els(4)}),
    "element_id that there is not": ("element_list[0].element_id", {"element_list": [{"element_id": 5}]}),
    "element_id is a long": ("element_list[0].element_id", {"element_list": [{"element_id": "el_1"}]}),
    "image as data URI": (
        "image_list[0].image_url: File is not in a valid base64 format",
        {"image_list": [{"image_url": "data:image/png;base64," + picture()}]},
    ),
    "image below 300 px": ("image_list[0].image_url", {"image_list": [{"image_url": picture(299, 300)}]}),
    "image beyond 2.5:1": ("image_list[0].image_url", {"image_list": [{"image_url": picture(751, 300)}]}),
    "image of another format": ("image_list[0].image_url", {"image_list": [{"image_url": picture(kind="GIF")}]}),
    "image link of another format": (
        "image_list[0].image_url",
        {"image_list": [{"image_url": "https://e.com/a.webp"}]},
    ),
    "video_url must not be empty": ("video_list[0].video_url", {"video_list": [{"refer_type": "base"}]}),
    "video link of another format": ("video_list[0].video_url", {"video_list": [{"video_url": "https://e.com/a.avi"}]}),
    "video as base64": ("video_list[0].video_url", {"video_list": [{"video_url": "AAAA"}]}),
    "only 1 video": ("video_list", {"video_list": FEATURE["video_list"] * 2}),
    "refer_type: enum": (
        "video_list[0].refer_type",
        {"video_list": [FEATURE["video_list"][0] | {"refer_type": "edit"}]},
    ),
    "keep_original_sound: yes or no": (
        "video_list[0].keep_original_sound",
        {"video_list": [FEATURE["video_list"][0] | {"keep_original_sound": True}]},
    ),
    "base with a first frame": ("video_list", BASE | {"image_list": [FIRST]}),
    "refer_type is base by default": (
        "video_list",
        {"video_list": [{"video_url": "https://example.com/v.mp4"}], "image_list": [FIRST]},
    ),
    "sound with a video": ("sound on is not supported with video input", FEATURE | {"sound": "on"}),
    "sound: on or off": ("sound", {"sound": True}),
    "mode: std or pro": ("mode", {"mode": "standard"}),
    "mode 4k in February": ("mode", {"mode": "4k"}),
    "aspect_ratio: enum": ("aspect_ratio", {"aspect_ratio": "4:3"}),
    "aspect_ratio is required": ("aspect_ratio", {"aspect_ratio": ""}),
    "aspect_ratio is required with a feature reference": ("aspect_ratio", FEATURE | {"aspect_ratio": None}),
    "2 seconds": ("duration", {"duration": "2"}),
    "16 seconds": ("duration", {"duration": "16"}),
    "duration as a number": ("duration", {"duration": 5}),
    "duration with a fraction": ("duration", {"duration": "5.0"}),
    "watermark_info is an object": ("watermark_info", {"watermark_info": True}),
    "callback_url": ("callback_url", {"callback_url": "ftp://example.com"}),
    "callback_url that is none": ("callback_url", {"callback_url": "http://["}),
    "external_task_id is a string": ("external_task_id", {"external_task_id": 5}),
    "O1: 7 s of text": ("duration: Duration only supports 5 or 10", O1 | {"duration": "7"}),
    "O1: 7 s of a first frame": ("duration", O1 | {"duration": "7", "image_list": [FIRST]}),
    "O1: 11 s": ("duration", O1 | {"duration": "11", "image_list": [URL]}),
    "O1 has no sound": ("sound", O1 | {"sound": "on"}),
    "O1 has no multi-shot": ("multi_shot", O1 | shots("2", "3")),
    "O1 has multi-image elements only": ("element_list", O1 | {"element_list": [{"element_id": 162}]}),
}


@pytest.mark.parametrize(("field", "change"), OMNI_REFUSED.values(), ids=OMNI_REFUSED)
def test_omni_refuses(field: str, change: dict[str, Any]) -> None:
    """Omni-Video create refuses what is beyond a row, and its message begins with the field's name."""
    with pytest.raises(InvalidError, match=f"^{re.escape(field)}"):
        judge("omni-video", OMNI | change)


MULTI_FRAMES = shots("5") | {"image_list": [FIRST]}
INTELLIGENCE = {"multi_shot": True, "shot_type": "intelligence"}
CHANGES = {
    "intelligence on 3.0 Omni": (INTELLIGENCE, "2026-03-10 no, 2026-03-11 yes"),
    "multi-shot with frames": (MULTI_FRAMES, "2026-03-10 yes, 2026-03-11 no, 2026-05-06 no, 2026-05-07 yes"),
    "O1 with both frames takes no elements": (
        O1 | {"image_list": [FIRST, END], "element_list": els(1)},
        "2026-03-10 yes, 2026-03-11 no",
    ),
    "mode 4k": ({"mode": "4k"}, "2026-04-22 no, 2026-04-23 yes"),
    "O1 has no 4k": (O1 | {"mode": "4k"}, "2026-06-17 no"),
    "4k with a reference video": (FEATURE | {"mode": "4k"}, "2026-06-16 no, 2026-06-17 yes"),
    "counts by kind of element": (
        {"image_list": [URL] * 5, "element_list": els(1, 162)},
        "2026-03-31 yes, 2026-04-01 no",
    ),
    "three video character elements and four others": (
        {"image_list": [URL] * 2, "element_list": [*els(2), *els(2, 162), {"element_id": 162}]},
        "2026-03-31 yes, 2026-04-01 yes",
    ),
    "four video character elements": ({"element_list": els(2, 162) * 2}, "2026-03-31 yes, 2026-04-01 no"),
    "five images and elements beside one of video": (
        {"image_list": [URL] * 3, "element_list": [*els(2), *els(1, 162)]},
        "2026-03-31 yes, 2026-04-01 no",
    ),
    "base with multi-shot": (BASE | shots("5"), "2026-06-16 yes, 2026-06-17 no"),
    "feature with customised shots": (FEATURE | shots("5"), "2026-06-16 yes, 2026-06-17 no"),
    "feature with intelligence": (FEATURE | INTELLIGENCE, "2026-06-17 yes"),
    "end frame with 3 images": ({"image_list": [FIRST, END, URL]}, "2026-03-31 no, 2026-04-01 yes"),
    "end frame with 3 images, O1": (O1 | {"image_list": [FIRST, END, URL]}, "2026-09-01 no"),
}


@pytest.mark.parametrize(("change", "days"), CHANGES.values(), ids=CHANGES)
def test_dated_changes(change: dict[str, Any], days: str) -> None:
    """Kling's changelog: each change holds from its day, not from the day before."""
    for entry in days.split(", "):
        day, word = entry.split()
        if word == "yes":
            assert judge("omni-video", OMNI | change, date.fromisoformat(day)), entry
        else:
            with pytest.raises(InvalidError):
                judge("omni-video", OMNI | change, date.fromisoformat(day))


@pytest.mark.parametrize(
    ("model", "day", "seconds", "fine"),
    [
        ("kling-v3-omni", "2026-02-10", 3.0, True),
        ("kling-v3-omni", "2026-02-10", 2.9, False),
        ("kling-v3-omni", "2026-02-10", 10.041, True),
        ("kling-v3-omni", "2026-02-10", 12.0, False),
        ("kling-v3-omni", "2026-06-16", 15.0, False),
        ("kling-v3-omni", "2026-06-17", 15.0, True),
        ("kling-v3-omni", "2026-06-17", 17.0, False),
        ("kling-video-o1", "2026-06-17", 12.0, False),
    ],
)
def test_reference_video_length(model: str, day: str, seconds: float, fine: bool) -> None:  # noqa: FBT001 - a table's column
    """The row says "duration of >= 3 seconds and <= 10 seconds"; 3.0 Omni up to 15 s since 2026-06-17."""
    body = OMNI | FEATURE | {"model_name": model}
    if fine:
        assert judge("omni-video", body, date.fromisoformat(day), seconds)
    else:
        with pytest.raises(InvalidError, match=r"^video_list"):
            judge("omni-video", body, date.fromisoformat(day), seconds)


def test_defaults() -> None:
    """Defaults: omni kling-video-o1, pro, 5 s, sound off; text2video and image2video kling-v1, std, 5 s, 16:9."""
    omni = judge("omni-video", {"prompt": "a", "aspect_ratio": "1:1"})
    assert (omni.model, omni.mode, omni.seconds, omni.sound, omni.aspect) == ("kling-video-o1", "pro", 5, False, "1:1")
    text = judge("text2video", {"prompt": "a"})
    assert (text.model, text.mode, text.seconds, text.sound, text.aspect) == ("kling-v1", "std", 5, False, "16:9")
    image = judge("image2video", {"prompt": "a", "image": picture(400, 600)})
    assert (image.model, image.mode, image.seconds, image.aspect) == ("kling-v1", "std", 5, "9:16")


OTHERS_ACCEPTED: dict[str, tuple[Product, dict[str, Any]]] = {
    "text: both shot types in February": ("text2video", TEXT | INTELLIGENCE),
    "text: storyboards": ("text2video", TEXT | shots("7", "8")),
    "text: 2 voices with sound": ("text2video", TEXT | {"voice_list": [{"voice_id": "1"}] * 2, "sound": "on"}),
    "text: negative_prompt 2500": ("text2video", TEXT | {"negative_prompt": "x" * 2500}),
    "text: cfg_scale 1": ("text2video", {"prompt": "a", "cfg_scale": 1}),
    "image: 3 elements": ("image2video", IMAGE | {"element_list": els(3)}),
    "image: end frame": ("image2video", IMAGE | {"image_tail": "https://example.com/b.jpg"}),
    "image: an aspect_ratio is no field of it, and ignored": ("image2video", IMAGE | {"aspect_ratio": "nonsense"}),
    "image: multi-shot from a start frame": ("image2video", IMAGE | shots("2", "3")),
    "image: an end frame's aspect is free": ("image2video", IMAGE | {"image_tail": picture(900, 300)}),
}


@pytest.mark.parametrize(("product", "body"), OTHERS_ACCEPTED.values(), ids=OTHERS_ACCEPTED)
def test_others_accept(product: Product, body: dict[str, Any]) -> None:
    """Text to Video and Image to Video create accept what their rows allow."""
    assert judge(product, body)


OTHERS_REFUSED: dict[str, tuple[Product, str, dict[str, Any]]] = {
    "text: omni models have their own endpoint": ("text2video", "model_name", TEXT | {"model_name": "kling-v3-omni"}),
    "text: v1-5 is of image2video": ("text2video", "model_name", TEXT | {"model_name": "kling-v1-5"}),
    "text: negative_prompt 2501": ("text2video", "negative_prompt", TEXT | {"negative_prompt": "x" * 2501}),
    "text: cfg_scale beyond 1": ("text2video", "cfg_scale", TEXT | {"cfg_scale": 1.1}),
    "text: 3 voices": ("text2video", "voice_list", TEXT | {"voice_list": [{"voice_id": "1"}] * 3, "sound": "on"}),
    "text: voices without sound": ("text2video", "sound", TEXT | {"voice_list": [{"voice_id": "1"}]}),
    "text: v1 has no sound": ("text2video", "sound", {"prompt": "a", "sound": "on"}),
    "text: v1 has no multi-shot": ("text2video", "multi_shot", {"prompt": "a"} | shots("5")),
    "text: v1 lasts 5 or 10 s": ("text2video", "duration", {"prompt": "a", "duration": "7"}),
    "text: aspect_ratio: enum": ("text2video", "aspect_ratio", TEXT | {"aspect_ratio": "21:9"}),
    "text: 16 s": ("text2video", "duration", TEXT | {"duration": "16"}),
    "image: none": ("image2video", "image can not be null", TEXT),
    "image: v3 has no end frame alone": ("image2video", "image_tail", TEXT | {"image_tail": "https://e.com/b.jpg"}),
    "image: 4 elements": ("image2video", "element_list", IMAGE | {"element_list": els(4)}),
    "image: elements exclude voices": (
        "image2video",
        "element_list",
        IMAGE | {"element_list": els(1), "voice_list": [{"voice_id": "1"}], "sound": "on"},
    ),
    "image: end frame excludes masks": (
        "image2video",
        "image_tail",
        IMAGE | {"image_tail": "https://e.com/b.jpg", "static_mask": "https://e.com/m.png"},
    ),
}


@pytest.mark.parametrize(("product", "field", "body"), OTHERS_REFUSED.values(), ids=OTHERS_REFUSED)
def test_others_refuse(product: Product, field: str, body: dict[str, Any]) -> None:
    """Text to Video and Image to Video create refuse what is beyond their rows."""
    with pytest.raises(InvalidError, match=f"^{re.escape(field)}"):
        judge(product, body)


@pytest.mark.parametrize(
    ("product", "body", "units"),
    [
        ("omni-video", OMNI | {"mode": "std"}, "3.0"),
        ("omni-video", OMNI, "4.0"),
        ("omni-video", OMNI | {"sound": "on"}, "5.0"),
        ("omni-video", OMNI | {"sound": "on", "mode": "std", "duration": "15"}, "12.0"),
        ("omni-video", OMNI | FEATURE | {"mode": "std"}, "4.5"),
        ("omni-video", OMNI | O1 | FEATURE, "6.0"),
        ("text2video", TEXT | {"duration": "3"}, "1.8"),
        ("text2video", TEXT | {"sound": "on", "mode": "pro"}, "6.0"),
        ("text2video", TEXT | VOICES | {"prompt": "<<<voice_1>>> sings"}, "5.5"),
        ("text2video", TEXT | VOICES, "4.5"),
        ("text2video", {"prompt": "a"}, "None"),
    ],
)
def test_units(product: Product, body: dict[str, Any], units: str) -> None:
    """Kling's price list: units per second by model, mode and condition, times the seconds.

    Voices cost "when the voice_list parameter is not empty and the prompt parameter references the voice ID".
    """
    assert str(judge(product, body).units) == units


@pytest.mark.parametrize(
    ("model", "day", "units"),
    [
        ("kling-v3", "2026-08-31", "7.0"),
        ("kling-v3", "2026-09-01", "6.0"),
        ("kling-v2-6", "2026-08-31", "6.0"),
        ("kling-v2-6", "2026-09-01", "6.0"),
    ],
)
def test_price_of_voices(model: str, day: str, units: str) -> None:
    """The price of kling-v3 with voices, 1.4 in pro, is on no page of September any more, 2.6's of 1.2 is: so 1.2 each."""
    body = TEXT | VOICES | {"model_name": model, "mode": "pro", "prompt": "<<<voice_1>>> sings"}
    assert str(judge("text2video", body, date.fromisoformat(day)).units) == units


def test_units_of_an_edit() -> None:
    """The row says "Calculate billing by rounding the input video duration": 7.041 s make 7 x 1.2 = 8.4."""
    order = judge("omni-video", OMNI | BASE, video_s=7.041)
    assert (order.seconds, str(order.units)) == (7.041, "8.4")


def test_oddities_are_seen() -> None:
    """Fields that are not documented, and references to nothing, are accepted and named."""
    order = judge(
        "omni-video", OMNI | {"prompt": "<<<image_2>>> <<<image_1>>>", "image_list": [URL | {"role": "x"}], "cfg": 1}
    )
    assert set(order.unknown_fields) == {"cfg", "image_list[0].role"}
    assert order.notes == ("prompt refers to image_2 of 1",)
