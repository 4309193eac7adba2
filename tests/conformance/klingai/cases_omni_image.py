"""Cases of "Omni-Image - Create Task" in Kling's API specification of 2026-02-10."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.conformance.klingai.building import Of, elements
from tests.conformance.klingai.examples import CALLBACK, OMNI_IMAGE_WITH_ELEMENTS, OTHER_PICTURE, PICTURE

taken, refused = Of("omni-image").taken, Of("omni-image").refused

FIELDS = frozenset({
    "model_name", "prompt", "image_list", "image_list[].image", "element_list", "element_list[].element_id", "resolution",
    "result_type", "n", "series_amount", "aspect_ratio", "callback_url", "external_task_id", "watermark_info",
})  # fmt: skip
"""The rows of the table and the keys of its samples; watermark_info from Kling's image pages of 2026-09."""

PLAIN: dict[str, Any] = {"model_name": "kling-v3-omni", "prompt": "a fox"}
AT_KLING: dict[str, Any] = {
    "model_name": "kling-v3-omni", "prompt": "a fox", "resolution": "1k", "result_type": "single", "n": 1,
}  # fmt: skip
O1 = {"model_name": "kling-image-o1"}
SERIES: dict[str, Any] = PLAIN | {"result_type": "series", "image_list": [{"image": PICTURE}]}
SERIES_AT_KLING: dict[str, Any] = {
    "model_name": "kling-v3-omni", "prompt": "a fox", "resolution": "1k", "result_type": "series", "series_amount": 4,
    "image_list": [{"image": PICTURE}],
}  # fmt: skip


def pictures(count: int) -> list[dict[str, Any]]:
    """Return reference images."""
    return [{"image": PICTURE} for _ in range(count)]


_MODEL = "model_name: Optional, kling-image-o1. Enum values: kling-image-o1, kling-v3-omni"
_PROMPT = "prompt: Required. Must not exceed 2,500 characters."
_REFERENCE = "Specify an image in the format of<<<>>, such as<<<image_1>>>."
_IMAGES = 'image_list: [{"image": "image_url"}]; image Base64 encoding or image URL; the value must not be empty'
_SUM = "the sum of the amount of reference element and the amount of reference image shall not exceed 10"
_RESOLUTION = "resolution: 1k. Enum values: 1k, 2k, 4k"
_MAP = "Capability Map, Image Generation: {}"
_TYPE = "result_type: single. Value range: single, series"
_N = "n: int, 1. Value range: [1,9]"
_AMOUNT = "series_amount: int, 4. Value range: [2,9]"
_RATIO = "aspect_ratio: auto. Enum values: 16:9, 9:16, 1:1, 4:3, 3:4, 3:2, 2:3, 21:9, auto"

CASES = (
    taken(
        "image generation with element", "Invocation examples, at the path of its own chapter", OMNI_IMAGE_WITH_ELEMENTS,
        {
            "model_name": "kling-v3-omni", "resolution": "2k", "result_type": "series", "series_amount": 2,
            "prompt": "Generate a recommended cover for each subject <<<element_1>>> based on the style of the reference "
            "image <<<image_1>>>",
            "element_list": [{"element_id": 160}, {"element_id": 161}], "aspect_ratio": "auto",
            "image_list": [{"image": PICTURE}, {"image": OTHER_PICTURE}],
        },
    ),
    taken("v3-omni", _MODEL, PLAIN, AT_KLING),
    taken("no model", _MODEL, {"prompt": "a fox"}, AT_KLING | O1),
    refused("another model", _MODEL, PLAIN | {"model_name": "kling-v3"}, "model_name"),
    taken("2500 characters", _PROMPT, PLAIN | {"prompt": "x" * 2500}, AT_KLING | {"prompt": "x" * 2500}),
    refused("2501 characters", _PROMPT, PLAIN | {"prompt": "x" * 2501}, "prompt"),
    refused("no prompt", _PROMPT, {"model_name": "kling-v3-omni"}, "prompt"),
    refused("an empty prompt", _PROMPT, PLAIN | {"prompt": ""}, "prompt"),
    taken("references", _REFERENCE, PLAIN | {"prompt": "<<<image_2>>>", "image_list": pictures(2)},
          AT_KLING | {"prompt": "<<<image_2>>>", "image_list": pictures(2)}),
    refused("a reference to nothing", _REFERENCE, PLAIN | {"prompt": "<<<image_2>>>", "image_list": pictures(1)}, "prompt"),
    refused("an image under another key", _IMAGES, PLAIN | {"image_list": [{"image_url": PICTURE}]},
            "image_list[0].image", "image_list[0].image_url"),
    refused("an empty image", _IMAGES, PLAIN | {"image_list": [{"image": ""}]}, "image_list[0].image"),
    taken("Base64", _IMAGES, PLAIN | {"image_list": [{"image": "iVBORw0KGgo="}]},
          AT_KLING | {"image_list": [{"image": "iVBORw0KGgo="}]}),
    refused("Base64 with a prefix", "do not add any prefixes to the Base64-encoded string",
            PLAIN | {"image_list": [{"image": "data:image/png;base64,iVBORw0KGgo="}]}, "image_list[0].image"),
    taken("10 images", _SUM, PLAIN | {"image_list": pictures(10)}),
    refused("11 images", _SUM, PLAIN | {"image_list": pictures(11)}, "image_list"),
    taken("10 images and elements", _SUM, PLAIN | {"image_list": pictures(6), "element_list": elements(4)}),
    refused("11 images and elements", _SUM, PLAIN | {"image_list": pictures(6), "element_list": elements(5)}, "image_list"),
    refused("11 elements", _SUM, PLAIN | {"element_list": elements(11)}, "element_list"),
    taken("2k", _RESOLUTION, PLAIN | {"resolution": "2k"}, AT_KLING | {"resolution": "2k"}),
    taken("4k", _RESOLUTION, PLAIN | {"resolution": "4k"}, AT_KLING | {"resolution": "4k"}),
    refused("8k", _RESOLUTION, PLAIN | {"resolution": "8k"}, "resolution"),
    taken("2k of O1", _MAP.format("kling-image-o1 1K/2K"), PLAIN | O1 | {"resolution": "2k"},
          AT_KLING | O1 | {"resolution": "2k"}),
    refused("4k of O1", _MAP.format("kling-image-o1 1K/2K"), PLAIN | O1 | {"resolution": "4k"}, "resolution"),
    taken("single", _TYPE, PLAIN | {"result_type": "single"}, AT_KLING),
    taken("series", _TYPE, SERIES, SERIES_AT_KLING),
    refused("another type", _TYPE, PLAIN | {"result_type": "grid"}, "result_type"),
    taken("a series of elements", _MAP.format("kling-v3-omni: image to image: series-image generation, element control"),
          PLAIN | {"result_type": "series", "element_list": elements(1)}),
    refused("a series of text alone", _MAP.format("series-image generation is under image to image"),
            PLAIN | {"result_type": "series"}, "result_type"),
    refused("a series of O1", _MAP.format("kling-image-o1 has no series-image generation"), SERIES | O1, "result_type"),
    taken("9 images", _N, PLAIN | {"n": 9}, AT_KLING | {"n": 9}),
    taken("9 images, as text", 'its examples: "n": "9"', PLAIN | {"n": "9"}, AT_KLING | {"n": 9}),
    refused("10 images made", _N, PLAIN | {"n": 10}, "n"),
    refused("0 images", _N, PLAIN | {"n": 0}, "n"),
    taken("a word that refers at another service", _REFERENCE, PLAIN | {"prompt": "a sign: @Image1"},
          AT_KLING | {"prompt": "a sign: @Image1"}, warned=frozenset({"prompt"})),
    taken("a number that does not count", "n is of single images", SERIES | {"n": 9}, SERIES_AT_KLING, warned=frozenset({"n"})),
    taken("a number that does not count, whatever it is", "n is of single images", SERIES | {"n": 10}, SERIES_AT_KLING,
          warned=frozenset({"n"})),
    taken("an amount that does not count, whatever it is", "series_amount is of a series",
          PLAIN | {"result_type": "single", "series_amount": 1}, AT_KLING, warned=frozenset({"series_amount"})),
    taken("a series of 9", _AMOUNT, SERIES | {"series_amount": 9}, SERIES_AT_KLING | {"series_amount": 9}),
    taken("a series of 2", _AMOUNT, SERIES | {"series_amount": "2"}, SERIES_AT_KLING | {"series_amount": 2}),
    refused("a series of 1", _AMOUNT, SERIES | {"series_amount": 1}, "series_amount"),
    refused("a series of 10", _AMOUNT, SERIES | {"series_amount": 10}, "series_amount"),
    taken("an amount that does not count", "series_amount is of a series", PLAIN | {"series_amount": 3}, AT_KLING,
          warned=frozenset({"series_amount"})),
    refused("an open amount", _AMOUNT, SERIES | {"series_amount": "auto"}, "series_amount"),
    taken("an open amount later", "Kling API updates, 2026-04-27: series_amount auto", SERIES | {"series_amount": "auto"},
          SERIES_AT_KLING | {"series_amount": "auto"}, rules_as_of=date(2026, 4, 27)),
    *(
        taken(f"{ratio}", _RATIO, PLAIN | {"aspect_ratio": ratio}, AT_KLING | {"aspect_ratio": ratio})
        for ratio in ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "auto")
    ),
    refused("another ratio", _RATIO, PLAIN | {"aspect_ratio": "5:4"}, "aspect_ratio"),
    taken("a fitting ratio of O1 from images", _MAP.format("kling-image-o1: image to image: intelligent aspect ratio"),
          PLAIN | O1 | {"aspect_ratio": "auto", "image_list": pictures(1)},
          AT_KLING | O1 | {"aspect_ratio": "auto", "image_list": pictures(1)}),
    refused("a fitting ratio of O1 from text", _MAP.format("kling-image-o1: text to image: no intelligent aspect ratio"),
            PLAIN | O1 | {"aspect_ratio": "auto"}, "aspect_ratio"),
    refused("a fitting ratio from text, later", "Image capability map, 2026-05-19: Auto ratio is not supported",
            PLAIN | {"aspect_ratio": "auto"}, "aspect_ratio", rules_as_of=date(2026, 5, 19)),
    taken("ways to hear of it", "callback_url, external_task_id: string, optional",
          PLAIN | {"callback_url": CALLBACK, "external_task_id": "order-42"}, AT_KLING),
    refused("a watermarked copy", "the table has no watermark_info", PLAIN | {"watermark_info": {"enabled": True}},
            "watermark_info"),
    taken("a watermarked copy, later", "Kling's image pages of 2026-09: watermark_info",
          PLAIN | {"watermark_info": {"enabled": True}}, AT_KLING | {"watermark_info": {"enabled": True}},
          rules_as_of=date(2026, 9, 1)),
    refused("a field of the other create", "the table's rows", PLAIN | {"negative_prompt": "blur"}, "negative_prompt"),
)  # fmt: skip
