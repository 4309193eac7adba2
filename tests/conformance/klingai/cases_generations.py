"""Cases of "Image Generation - Create Task" in Kling's API specification of 2026-02-10, and of the models of an older time."""

from __future__ import annotations

from typing import Any

from tests.conformance.klingai.building import Of, elements
from tests.conformance.klingai.examples import (
    CALLBACK,
    GENERATION_WITH_ELEMENTS,
    OMNI_IMAGE_WITH_ELEMENTS,
    PICTURE,
)

taken, refused = Of("generations").taken, Of("generations").refused

FIELDS = frozenset({
    "model_name", "prompt", "negative_prompt", "image", "element_list", "element_list[].element_id", "resolution", "n",
    "aspect_ratio", "callback_url", "external_task_id", "image_reference", "image_fidelity", "human_fidelity",
})  # fmt: skip
"""The rows of the table and the keys of its samples; the references and fidelities from the page before 3.0."""

PLAIN: dict[str, Any] = {"model_name": "kling-v3", "prompt": "a fox"}
AT_KLING: dict[str, Any] = {
    "model_name": "kling-v3",
    "prompt": "a fox",
    "resolution": "1k",
    "n": 1,
    "aspect_ratio": "16:9",
}
OLD, OLD_AT_KLING = PLAIN | {"model_name": "kling-v2-1"}, AT_KLING | {"model_name": "kling-v2-1"}

_MODEL = "model_name: kling-v1. Enum values: kling-v1, kling-v1-5, kling-v2, kling-v2-new, kling-v2-1, kling-v3"
_PROMPT = "prompt: Required. Must not exceed 2,500 characters."
_NEGATIVE = "negative_prompt: Cannot exceed 2500 characters"
_NO_NEGATIVE = "In the Image-to-Image scenario (when the image field is not empty), negative prompts are not supported."
_IMAGE = "image: image Base64 encoding or image URL; do not add any prefixes"
_SUM = "the sum of the amount of reference element and the amount of reference image shall not exceed 10"
_RESOLUTION = "resolution: 1k. Enum values: 1k, 2k"
_N = "n: int, 1. Value range: [1,9]"
_RATIO = "aspect_ratio: 16:9. Enum values: 16:9, 9:16, 1:1, 4:3, 3:4, 3:2, 2:3, 21:9"
_REFERENCE = "the image_reference parameter is not empty, the current parameter is required"
_FIDELITY = "the page before 3.0: image_fidelity, human_fidelity: value range [0, 1]; the latter takes effect with subject alone"
_OLD_MAP = "the capability map before 3.0: {}"

CASES = (
    taken(
        "image generation with element", "Invocation examples", GENERATION_WITH_ELEMENTS,
        {
            "model_name": "kling-v3", "prompt": "Merge all the characters from the images into the <<<element_2>>> diagram",
            "element_list": [{"element_id": 160}, {"element_id": 161}, {"element_id": 159}], "image": PICTURE,
            "resolution": "2k", "n": 9, "aspect_ratio": "3:2",
        },
    ),
    refused(
        "the example of omni-image, at the path that it names by mistake", _MODEL, OMNI_IMAGE_WITH_ELEMENTS,
        "model_name", "image_list", "result_type", "series_amount", "aspect_ratio",
    ),
    taken("v3", _MODEL, PLAIN, AT_KLING),
    taken("no model", _MODEL, {"prompt": "a fox"}, AT_KLING | {"model_name": "kling-v1"}),
    *(
        taken(name, _MODEL, PLAIN | {"model_name": name}, AT_KLING | {"model_name": name})
        for name in ("kling-v1-5", "kling-v2", "kling-v2-1")
    ),
    taken("v2 anew", _OLD_MAP.format("kling-v2-new: restyle alone"), PLAIN | {"model_name": "kling-v2-new", "image": PICTURE},
          AT_KLING | {"model_name": "kling-v2-new", "image": PICTURE}),
    refused("v2 anew, from text", _OLD_MAP.format("kling-v2-new: restyle alone"),
            PLAIN | {"model_name": "kling-v2-new"}, "image"),
    refused("another model", _MODEL, PLAIN | {"model_name": "kling-image-o1"}, "model_name"),
    taken("2500 characters", _PROMPT, PLAIN | {"prompt": "x" * 2500}, AT_KLING | {"prompt": "x" * 2500}),
    refused("2501 characters", _PROMPT, PLAIN | {"prompt": "x" * 2501}, "prompt"),
    refused("no prompt", _PROMPT, {"model_name": "kling-v3"}, "prompt"),
    taken("2500 characters of what not to show", _NEGATIVE, PLAIN | {"negative_prompt": "x" * 2500},
          AT_KLING | {"negative_prompt": "x" * 2500}),
    refused("2501 characters of what not to show", _NEGATIVE, PLAIN | {"negative_prompt": "x" * 2501}, "negative_prompt"),
    refused("what not to show of an image", _NO_NEGATIVE, PLAIN | {"negative_prompt": "blur", "image": PICTURE},
            "negative_prompt"),
    taken("an image", _IMAGE, PLAIN | {"image": PICTURE, "prompt": "<<<image_1>>>"},
          AT_KLING | {"image": PICTURE, "prompt": "<<<image_1>>>"}),
    taken("Base64", _IMAGE, PLAIN | {"image": "iVBORw0KGgo="}, AT_KLING | {"image": "iVBORw0KGgo="}),
    refused("Base64 with a prefix", _IMAGE, PLAIN | {"image": "data:image/png;base64,iVBORw0KGgo="}, "image"),
    refused("a list of images", "image: string", PLAIN | {"image": [PICTURE]}, "image"),
    taken("an image and 9 elements", _SUM, PLAIN | {"image": PICTURE, "element_list": elements(9)},
          AT_KLING | {"image": PICTURE, "element_list": elements(9)}),
    refused("an image and 10 elements", _SUM, PLAIN | {"image": PICTURE, "element_list": elements(10)}, "image"),
    refused("an element before v3", "Capability Map: element control of kling-v3", OLD | {"element_list": elements(1)},
            "element_list[0].element_id"),
    taken("2k", _RESOLUTION, PLAIN | {"resolution": "2k"}, AT_KLING | {"resolution": "2k"}),
    refused("4k", _RESOLUTION, PLAIN | {"resolution": "4k"}, "resolution"),
    refused("2k of v1", _OLD_MAP.format("kling-v1: 1K"), PLAIN | {"model_name": "kling-v1", "resolution": "2k"}, "resolution"),
    refused("10 images", _N, PLAIN | {"n": 10}, "n"),
    taken("1 image, as text", 'its examples: "n": "9"', PLAIN | {"n": "1"}, AT_KLING),
    *(
        taken(f"{ratio}", _RATIO, PLAIN | {"aspect_ratio": ratio}, AT_KLING | {"aspect_ratio": ratio})
        for ratio in ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")
    ),
    refused("a fitting ratio", _RATIO, PLAIN | {"aspect_ratio": "auto"}, "aspect_ratio"),
    refused("21:9 of v1", _OLD_MAP.format("kling-v1: no 21:9"), PLAIN | {"model_name": "kling-v1", "aspect_ratio": "21:9"},
            "aspect_ratio"),
    refused("a reference to no image", _REFERENCE, OLD | {"image_reference": "face"}, "image"),
    refused("another reference", "image_reference: subject, face", OLD | {"image": PICTURE, "image_reference": "pose"},
            "image_reference"),
    refused("a reference of v3", "image_reference is of older models", PLAIN | {"image": PICTURE, "image_reference": "face"},
            "image_reference"),
    taken(
        "a subject", _FIDELITY,
        OLD | {"image": PICTURE, "image_reference": "subject", "image_fidelity": 0.5, "human_fidelity": 1},
        OLD_AT_KLING | {"image": PICTURE, "image_reference": "subject", "image_fidelity": 0.5, "human_fidelity": 1.0},
    ),
    taken(
        "a face", _FIDELITY, OLD | {"image": PICTURE, "image_reference": "face", "human_fidelity": 0.45},
        OLD_AT_KLING | {"image": PICTURE, "image_reference": "face"}, warned=frozenset({"human_fidelity"}),
    ),
    taken(
        "fidelities of a model without", _FIDELITY, PLAIN | {"image": PICTURE, "image_fidelity": 0.5, "human_fidelity": 0.45},
        AT_KLING | {"image": PICTURE}, warned=frozenset({"image_fidelity", "human_fidelity"}),
    ),
    taken("a fidelity to nothing", _FIDELITY, OLD | {"image_fidelity": 0.5}, OLD_AT_KLING, warned=frozenset({"image_fidelity"})),
    taken("too much fidelity to nothing", _FIDELITY, OLD | {"image_fidelity": 5}, OLD_AT_KLING,
          warned=frozenset({"image_fidelity"})),
    refused("too much fidelity", _FIDELITY, OLD | {"image": PICTURE, "image_fidelity": 1.01}, "image_fidelity"),
    taken("ways to hear of it", "callback_url, external_task_id: string, optional",
          PLAIN | {"callback_url": CALLBACK, "external_task_id": "order-42"}, AT_KLING),
)  # fmt: skip
