"""The table of modes and that of elements: what each mode needs, takes and rejects, and how much of it."""

from __future__ import annotations

from tests.conformance.unifically.cases import (
    CLIP,
    IMAGE_ELEMENT,
    PROMPT,
    TRANSFORMED,
    VIDEO_ELEMENT,
    WITH_FRAME,
    WITH_SHOTS,
    WITH_VIDEO,
    A,
    B,
    elements,
    refused,
    shots,
    taken,
    with_type,
)  # fmt: skip

_TEXT = (
    "omitted (text-to-video): prompt or multi_shots; "
    "Rejects every input field including elements, image_urls, start_frame_url, video_url"
)
_ELEMENTS = (
    "elements: At least one of image_urls, elements. Combined image_urls + elements cap of 7. video_url rejected"
)
_FRAMES = "start_end_frame: start_frame_url; optional end_frame_url, elements"
_VIDEO = (
    "{}: video_url; optional image_urls, elements. Combined image_urls + elements cap of 4. aspect_ratio must be auto"
)
_ALONE = 'Text-to-video with elements - set video_mode: "elements" and pass only the elements array'
_ANY = "The omit-video_mode path is strictly for pure text-to-video with zero inputs"
_TWO_VIDEOS = 'A video_url and any element with type: "video" are mutually exclusive - passing both returns 400'
_SOURCES = "image_urls: Source image URLs for an image element (max 4); video_url: Source video URL for a video element"

_GIVEN = {
    "image_urls": {"image_urls": [A]},
    "elements": {"elements": elements(1)},
    "start_frame_url": {"start_frame_url": A},
    "end_frame_url": {"end_frame_url": A},
    "video_url": {"video_url": CLIP},
}
_IN_ELEMENTS = PROMPT | {"video_mode": "elements"}
_IN_FRAMES = PROMPT | {"video_mode": "start_end_frame", "start_frame_url": A}
_WITH_A_VIDEO = {
    mode: (PROMPT | {"video_mode": mode, "video_url": CLIP}, _VIDEO.format(mode), defaults)
    for mode, defaults in (("transform", TRANSFORMED), ("video_reference", WITH_VIDEO))
}

_MODES = [
    taken("text: a prompt", _TEXT, PROMPT),
    taken("text: shots", _TEXT, {"multi_shots": shots(3, 3)}, WITH_SHOTS),
    *(refused(f"text: {name}", _TEXT, PROMPT | given, name) for name, given in _GIVEN.items()),
    refused("text: start_image_index", _TEXT, PROMPT | {"start_image_index": 1}, "start_image_index"),
    refused("text: everything", _ANY, PROMPT | {name: value for part in _GIVEN.values() for name, value in part.items()},
            *_GIVEN),
    taken("elements: images alone", _ELEMENTS, _IN_ELEMENTS | {"image_urls": [A, B]}),
    taken("elements: elements alone", _ALONE, _IN_ELEMENTS | {"elements": elements(1)},
          elements=with_type(IMAGE_ELEMENT)),
    refused("elements: neither", _ELEMENTS, _IN_ELEMENTS, "image_urls"),
    refused("elements: empty ones", _ELEMENTS, _IN_ELEMENTS | {"image_urls": [], "elements": []}, "image_urls"),
    taken("elements: 5 images and 2 elements", _ELEMENTS, _IN_ELEMENTS | {"image_urls": [A] * 5, "elements": elements(2)},
          elements=with_type(*elements(2))),
    refused("elements: 6 images and 2 elements", _ELEMENTS,
            _IN_ELEMENTS | {"image_urls": [A] * 6, "elements": elements(2)}, "image_urls"),
    taken("elements: 7 elements", _ELEMENTS, _IN_ELEMENTS | {"elements": elements(7)}, elements=with_type(*elements(7))),
    refused("elements: 8 elements", _ELEMENTS, _IN_ELEMENTS | {"elements": elements(8)}, "elements"),
    *(
        refused(f"elements: {name}", _ELEMENTS, _IN_ELEMENTS | _GIVEN["image_urls"] | _GIVEN[name], name)
        for name in ("video_url", "start_frame_url", "end_frame_url")
    ),
    taken("frames: the first", _FRAMES, _IN_FRAMES, WITH_FRAME),
    taken("frames: both, and elements", _FRAMES, _IN_FRAMES | {"end_frame_url": B, "elements": elements(3)}, WITH_FRAME,
          elements=with_type(*elements(3))),
    taken("frames: a ratio", "aspect_ratio has no mode in which it is rejected", _IN_FRAMES | {"aspect_ratio": "9:16"},
          WITH_FRAME),
    refused("frames: none", _FRAMES, PROMPT | {"video_mode": "start_end_frame"}, "start_frame_url"),
    refused("frames: the last alone", _FRAMES, PROMPT | {"video_mode": "start_end_frame", "end_frame_url": A},
            "start_frame_url"),
    *(refused(f"frames: {name}", _FRAMES, _IN_FRAMES | _GIVEN[name], name) for name in ("image_urls", "video_url")),
]  # fmt: skip

_VIDEOS = [
    case
    for mode, (given, says, defaults) in _WITH_A_VIDEO.items()
    for case in (
        taken(f"{mode}: a video", says, given, defaults),
        refused(f"{mode}: none", says, PROMPT | {"video_mode": mode}, "video_url"),
        refused(f"{mode}: images alone", says, PROMPT | {"video_mode": mode, "image_urls": [A]}, "video_url"),
        taken(
            f"{mode}: 2 images and 2 elements",
            says,
            given | {"image_urls": [A, B], "elements": elements(2)},
            defaults,
            elements=with_type(*elements(2)),
        ),
        refused(
            f"{mode}: 3 images and 2 elements",
            says,
            given | {"image_urls": [A] * 3, "elements": elements(2)},
            "image_urls",
        ),
        taken(f"{mode}: 4 images", says, given | {"image_urls": [A] * 4}, defaults),
        refused(f"{mode}: 5 elements", says, given | {"elements": elements(5)}, "elements"),
        *(
            refused(f"{mode}: {name}", says, given | _GIVEN[name], name)
            for name in ("start_frame_url", "end_frame_url")
        ),
        refused(f"{mode}: a video element", _TWO_VIDEOS, given | {"elements": [VIDEO_ELEMENT]}, "elements[0].type"),
    )
]

_ELEMENTS_OF = [
    taken("element: 100 characters", "description: Short description of the element (max 100 chars)",
          _IN_ELEMENTS | {"elements": [IMAGE_ELEMENT | {"description": "x" * 100}]},
          elements=with_type(IMAGE_ELEMENT | {"description": "x" * 100})),
    refused("element: 101 characters", "description: Short description of the element (max 100 chars)",
            _IN_ELEMENTS | {"elements": [IMAGE_ELEMENT, IMAGE_ELEMENT | {"description": "x" * 101}]},
            "elements[1].description"),
    taken("element: an empty description", 'description: default ""',
          _IN_ELEMENTS | {"elements": [IMAGE_ELEMENT | {"description": ""}]}, elements=with_type(IMAGE_ELEMENT)),
    taken("element: from a video", 'type: Element source type: "image" or "video"',
          _IN_ELEMENTS | {"elements": [VIDEO_ELEMENT]}),
    refused("element: from a sound", 'type: Element source type: "image" or "video"',
            _IN_ELEMENTS | {"elements": [{"type": "audio", "image_urls": [A]}]}, "elements[0].type"),
    taken("element: 4 pictures", _SOURCES, _IN_ELEMENTS | {"elements": [{"image_urls": [A] * 4}]},
          elements=with_type({"image_urls": [A] * 4})),
    refused("element: 5 pictures", _SOURCES, _IN_ELEMENTS | {"elements": [{"image_urls": [A] * 5}]},
            "elements[0].image_urls"),
    refused("element: nothing", _SOURCES, _IN_ELEMENTS | {"elements": [{}]}, "elements[0].image_urls"),
    refused("element: a video without its type", 'type: default "image"',
            _IN_ELEMENTS | {"elements": [{"video_url": CLIP}]}, "elements[0].image_urls", "elements[0].video_url"),
    refused("element: a video's type without one", _SOURCES, _IN_ELEMENTS | {"elements": [{"type": "video"}]},
            "elements[0].video_url"),
    refused("element: both sources", _SOURCES, _IN_ELEMENTS | {"elements": [VIDEO_ELEMENT | {"image_urls": [A]}]},
            "elements[0].image_urls"),
    refused("element: a name", "Each element accepts: description, type, image_urls, video_url",
            _IN_ELEMENTS | {"elements": [IMAGE_ELEMENT | {"name": "dog"}]}, "elements[0].name"),
]  # fmt: skip

MODES = [*_MODES, *_VIDEOS, *_ELEMENTS_OF]
