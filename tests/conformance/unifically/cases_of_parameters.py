"""The table of parameters, row by row: each rule at its limit and one beyond."""

from __future__ import annotations

from tests.conformance.harness import Case
from tests.conformance.unifically.cases import (
    CLIP,
    DEFAULTS,
    IMAGE_ELEMENT,
    MODEL,
    PROMPT,
    TRANSFORMED,
    WITH_FRAME,
    WITH_SHOTS,
    WITH_VIDEO,
    A,
    B,
    C,
    elements,
    refused,
    shots,
    taken,
    with_type,
)  # fmt: skip

_MODE = 'video_mode: Input mode. Allowed: "elements", "start_end_frame", "transform", "video_reference"'
_PROMPT = "prompt: Conditional. Text prompt. Mutually exclusive with multi_shots"
_QUALITY = 'mode: default "pro"; "std" (720p), "pro" (1080p), or "4k"'
_DURATION = "duration: integer, default 5; Video length in seconds (3–15)"  # noqa: RUF001 - quoted
_RATIO = 'aspect_ratio: "1:1", "9:16", "16:9", or "auto". Must be "auto" when video_url is set; rejected otherwise'
_RATIO_LEFT_OUT = 'aspect_ratio: Omit to let the server choose ("auto" if video_url, else "16:9")'
_AUDIO = "native_audio: boolean, default false; Generate AI audio from the video content"
_IMAGES = "image_urls: string[]; Raw reference image URLs uploaded per request (max 7). No description"
_START = "start_image_index: 1-based index into image_urls marking which reference image anchors the first frame"
_SHOTS = "multi_shots: 2–6 shots, each with prompt and duration. Mutually exclusive with prompt"  # noqa: RUF001 - quoted
_SHOTS_LAST = "Kling v3.0: minimum 1 second each, total 3–15 seconds; the page of Omni is silent"  # noqa: RUF001 - quoted
_NUMBERED = "image_urls: Use @Image1, @Image2 in prompt; elements: Use @Element1, @Element2 in prompt"
_TRANSFORM = {"video_mode": "transform", "video_url": CLIP}
_REFERENCE = {"video_mode": "video_reference", "video_url": CLIP}
_ELEMENTS = {"video_mode": "elements"}

_INPUTS = [
    refused("another video_mode", _MODE, PROMPT | {"video_mode": "text"}, "video_mode"),
    taken("an empty video_mode", "Omit for text-to-video; what is empty says nothing", PROMPT | {"video_mode": ""},
          video_mode=None),
    taken("a prompt", _PROMPT, PROMPT),
    refused("prompt and shots", _PROMPT, PROMPT | {"multi_shots": shots(3, 3)}, "prompt"),
    refused("neither prompt nor shots", _PROMPT, {"mode": "std"}, "prompt"),
    refused("an empty prompt", _PROMPT, {"prompt": "", "mode": "std"}, "prompt"),
    refused("no prompt with reference images", _PROMPT, _ELEMENTS | {"image_urls": [A]}, "prompt"),
    refused("a prompt that is no text", _PROMPT, {"prompt": 5}, "prompt"),
    taken("a long prompt", "prompt: no limit stated; 2,500 characters are Kling's own", {"prompt": "x" * 2500}),
    refused("a longer prompt", "prompt: no limit stated; 2,500 characters are Kling's own", {"prompt": "x" * 2501}, "prompt"),
    *(taken(f"mode {mode}", _QUALITY, PROMPT | {"mode": mode}) for mode in ("std", "pro", "4k")),
    refused("mode 720p", _QUALITY, PROMPT | {"mode": "720p"}, "mode"),
    *(taken(f"{duration} s", _DURATION, PROMPT | {"duration": duration}) for duration in (3, 15)),
    *(
        refused(f"{duration!r} s", _DURATION, PROMPT | {"duration": duration}, "duration")
        for duration in (2, 16, "5", 5.0, 5.5, True)
    ),
    *(taken(f"ratio {ratio}", _RATIO, PROMPT | {"aspect_ratio": ratio}) for ratio in ("1:1", "9:16", "16:9")),
    refused("ratio 4:3", _RATIO, PROMPT | {"aspect_ratio": "4:3"}, "aspect_ratio"),
    refused("ratio auto without a video", _RATIO, PROMPT | {"aspect_ratio": "auto"}, "aspect_ratio"),
    *(
        case
        for mode, defaults in ((_TRANSFORM, TRANSFORMED), (_REFERENCE, WITH_VIDEO))
        for case in (
            taken(f"ratio auto, {mode['video_mode']}", _RATIO, PROMPT | mode | {"aspect_ratio": "auto"}, defaults),
            refused(f"ratio 16:9, {mode['video_mode']}", _RATIO, PROMPT | mode | {"aspect_ratio": "16:9"}, "aspect_ratio"),
            taken(f"no ratio, {mode['video_mode']}", _RATIO_LEFT_OUT, PROMPT | mode, defaults),
        )
    ),
    taken("no ratio without a video", _RATIO_LEFT_OUT, PROMPT, aspect_ratio="16:9"),
    taken("audio", _AUDIO, PROMPT | {"native_audio": True}),
    taken("audio with a video", _AUDIO, PROMPT | _REFERENCE | {"native_audio": True}, WITH_VIDEO),
    taken("no audio", _AUDIO, PROMPT | {"native_audio": False}),
    *(
        refused(f"audio {audio!r}", _AUDIO, PROMPT | {"native_audio": audio}, "native_audio")
        for audio in ("true", "on", 1)
    ),
]  # fmt: skip

_MEDIA = [
    taken("7 images", _IMAGES, PROMPT | _ELEMENTS | {"image_urls": [A] * 7}),
    refused("8 images", _IMAGES, PROMPT | _ELEMENTS | {"image_urls": [A] * 8}, "image_urls"),
    refused("an image as text", _IMAGES, PROMPT | _ELEMENTS | {"image_urls": A}, "image_urls"),
    refused("an image with a description", _IMAGES, PROMPT | _ELEMENTS | {"image_urls": [{"url": A}]}, "image_urls[0]"),
    refused("an empty address", _IMAGES, PROMPT | _ELEMENTS | {"image_urls": [A, ""]}, "image_urls[1]"),
    *(
        taken(f"start image {index} of 3", _START,
              PROMPT | _ELEMENTS | {"image_urls": [A, B, C], "start_image_index": index}, WITH_FRAME)
        for index in (1, 3)
    ),
    *(
        refused(f"start image {index!r} of 3", _START,
                PROMPT | _ELEMENTS | {"image_urls": [A, B, C], "start_image_index": index}, "start_image_index")
        for index in (0, 4, -1, "1")
    ),
    refused("a start image of none", _START, PROMPT | _ELEMENTS | {"elements": elements(1), "start_image_index": 1},
            "start_image_index"),
    taken("a start image of one that the prompt names", _START,
          {"prompt": "@Image1 opens", "image_urls": [A], "start_image_index": 1} | _ELEMENTS, WITH_FRAME),
    taken("a start image of one that nothing names is a start frame", _START,
          PROMPT | _ELEMENTS | {"image_urls": [A], "start_image_index": 1}, WITH_FRAME,
          video_mode="start_end_frame", start_frame_url=A, image_urls=None, start_image_index=None),
    refused("a start image of a clip to transform",
            "Kling's API specification: no start frame for a video to be edited; the page is silent",
            PROMPT | _TRANSFORM | {"image_urls": [A], "start_image_index": 1}, "start_image_index"),
    taken("a start image with a clip to take features from", f"{_START}; video_reference: optional image_urls",
          PROMPT | {"video_mode": "video_reference", "video_url": A, "image_urls": [B, A], "start_image_index": 2},
          WITH_VIDEO),
    refused("an end image", "start_image_index: No end-frame equivalent",
            PROMPT | _ELEMENTS | {"image_urls": [A, B], "end_image_index": 2}, "end_image_index"),
    taken("images and elements", "elements: Coexists with image_urls",
          {"prompt": "@Image1 and @Element1", "image_urls": [A], "elements": [IMAGE_ELEMENT]} | _ELEMENTS,
          elements=with_type(IMAGE_ELEMENT)),
    taken("no elements", "what is empty says nothing", PROMPT | {"elements": [], "image_urls": None},
          elements=None, image_urls=None),
    taken("a start frame", "start_frame_url: First frame image URL (start_end_frame mode)",
          PROMPT | {"video_mode": "start_end_frame", "start_frame_url": A}, WITH_FRAME),
    taken("an end frame", "end_frame_url: Last frame image URL (start_end_frame mode)",
          PROMPT | {"video_mode": "start_end_frame", "start_frame_url": A, "end_frame_url": B}, WITH_FRAME),
    refused("a start frame that is no text", "start_frame_url: string",
            PROMPT | {"video_mode": "start_end_frame", "start_frame_url": [A]}, "start_frame_url"),
    taken("a video", "video_url: Source video URL (transform / video_reference modes)", PROMPT | _REFERENCE, WITH_VIDEO),
]  # fmt: skip

_TOLD = [
    *(taken(f"{len(lasting)} shots", _SHOTS, {"multi_shots": shots(*lasting)}, WITH_SHOTS)
      for lasting in ((2, 1), (1, 1, 1, 1, 1, 1))),
    refused("1 shot", _SHOTS, {"multi_shots": shots(5)}, "multi_shots"),
    refused("7 shots", _SHOTS, {"multi_shots": shots(*[1] * 7)}, "multi_shots"),
    refused("a shot without a prompt", _SHOTS, {"multi_shots": [*shots(3), {"duration": 3}]}, "multi_shots[1].prompt"),
    refused("a shot without seconds", _SHOTS, {"multi_shots": [{"prompt": "x"}, *shots(3)]}, "multi_shots[0].duration"),
    refused("a shot's seconds in quotes", _SHOTS, {"multi_shots": shots(3, "3")}, "multi_shots[1].duration"),
    refused("a shot with an index", _SHOTS, {"multi_shots": [*shots(3), {**shots(3)[0], "index": 2}]},
            "multi_shots[1].index"),
    refused("a shot of no second", _SHOTS_LAST, {"multi_shots": shots(5, 0)}, "multi_shots[1].duration"),
    taken("shots of 3 s", _SHOTS_LAST, {"multi_shots": shots(1, 2)}, WITH_SHOTS),
    refused("shots of 2 s", _SHOTS_LAST, {"multi_shots": shots(1, 1)}, "multi_shots"),
    taken("shots of 15 s", _SHOTS_LAST, {"multi_shots": shots(14, 1)}, WITH_SHOTS),
    refused("shots of 16 s", _SHOTS_LAST, {"multi_shots": shots(15, 1)}, "multi_shots"),
    taken("shots whose sum is said", "duration beside multi_shots: not stated; the example leaves it out",
          {"multi_shots": shots(3, 4), "duration": 7}, WITH_SHOTS, duration=None),
    refused("shots and another sum", "duration beside multi_shots: not stated; two lengths are one too many",
            {"multi_shots": shots(3, 4), "duration": 5}, "duration"),
    taken("shots with reference images", _NUMBERED,
          {"multi_shots": [*shots(3), {"prompt": "@Image1 and @Element1 s", "duration": 3}],
           "image_urls": [A], "elements": [IMAGE_ELEMENT]} | _ELEMENTS,
          WITH_SHOTS, elements=with_type(IMAGE_ELEMENT),
          multi_shots=[*shots(3), {"prompt": "@Image1 and @Element1 s", "duration": 3}]),
    taken("words that refer to nothing", _NUMBERED,
          {"prompt": "bob@image1.com films @Image1 in @Image5k", "image_urls": [A]} | _ELEMENTS),
    refused("an image that is not there", _NUMBERED,
            {"prompt": "@Image2 and @Image1", "image_urls": [A]} | _ELEMENTS, "prompt"),
    refused("an element that is not there", _NUMBERED,
            {"multi_shots": [*shots(3), {"prompt": "@Element1", "duration": 3}], "image_urls": [A]} | _ELEMENTS,
            "multi_shots[1].prompt"),
    refused("the image 0", _NUMBERED, {"prompt": "@Image0", "image_urls": [A]} | _ELEMENTS, "prompt"),
    refused("a frame by number", "start_frame_url is none of image_urls, which @Image1 counts",
            {"prompt": "@Image1", "video_mode": "start_end_frame", "start_frame_url": A}, "prompt"),
    taken("references as the product page spells them", "Kling 3.0 Omni, product page: @image_1 through @image_7",
          {"prompt": "@image_1 and @element_1, a@b.c, @Imagery", "image_urls": [A], "elements": [IMAGE_ELEMENT]} | _ELEMENTS,
          prompt="@Image1 and @Element1, a@b.c, @Imagery", elements=with_type(IMAGE_ELEMENT)),
    taken("seconds of a clip to transform", "Kling's API specification: the result is as long as the video; the page is silent",
          PROMPT | _TRANSFORM | {"duration": 10}, TRANSFORMED, warned=frozenset({"input.duration"}), duration=None),
    taken("seconds beside a video to refer to", _DURATION, PROMPT | _REFERENCE | {"duration": 10}, WITH_VIDEO),
    refused("a field that is none", "the table of parameters", PROMPT | {"native_audo": True}, "native_audo"),
    refused("a sibling's field", "the table of parameters", PROMPT | {"enhance_prompt": True}, "enhance_prompt"),
    refused("a callback in the wrong place", "Callbacks: pass callback_url at the top level, outside the input object",
            PROMPT | {"callback_url": "https://example.com/hook"}, "callback_url"),
]  # fmt: skip


def _around(name: str, says: str, body: dict[str, object], *places: str) -> Case:
    upstream = None if places else {"model": MODEL, "input": {**DEFAULTS, **PROMPT}}
    return Case(name=name, says=says, product=MODEL, body=body, refused=frozenset(places), upstream=upstream)


_AROUND = [
    _around("no input", "Tasks: input, object, required", {"model": MODEL}, "input"),
    _around("input as text", "Tasks: input, object, required", {"model": MODEL, "input": "a fox"}, "input"),
    _around("no model", "Tasks: model, string, required", {"input": PROMPT}, "model"),
    _around("another model", f"Model: {MODEL}", {"model": "kuaishou/kling-3.0-video", "input": PROMPT}, "model"),
    _around("a callback", "Tasks: callback_url, string", {"model": MODEL, "input": PROMPT, "callback_url": "https://a.example"}),
    _around("a callback that is no text", "Tasks: callback_url, string",
            {"model": MODEL, "input": PROMPT, "callback_url": True}, "callback_url"),
    _around("not only the price", "Tasks: dry_run, boolean", {"model": MODEL, "input": PROMPT, "dry_run": False}),
    _around("the price alone", "Tasks: dry_run validates and prices a request without creating a task",
            {"model": MODEL, "input": PROMPT, "dry_run": True}, "dry_run"),
    _around("a field beside input", "Tasks: four fields", {"model": MODEL, "input": PROMPT, "duration": 5}, "duration"),
]  # fmt: skip

PARAMETERS = [*_INPUTS, *_MEDIA, *_TOLD, *_AROUND]
