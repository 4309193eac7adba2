"""What KlingAI's two image creates accept: the specification of 2026-02-10, its later official changes, older models.

"Omni-Image - Create Task" and "Image Generation - Create task", with the capability map of images. What a page says a
model "only supports" but clients send always (the fidelities) is taken from each and noted; what a map denies is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from local.simulators.fields import InvalidError
from local.simulators.klingai_fields import Fields, picture_size
from local.simulators.klingai_rules import PROMPT_MAX, V3, V3_OMNI, loose_references, read_elements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulators.klingai_rules import Surroundings

# Official changes by their day: Kling's changelog; the capability map's own day; September where a page has none.
SERIES_AMOUNT_AUTO: Final = date(2026, 4, 27)
AUTO_RATIO_FROM_IMAGES_ALONE: Final = date(2026, 5, 19)
PAGES_OF_SEPTEMBER: Final = date(2026, 9, 1)

IMAGE_O1, V2_1 = "kling-image-o1", "kling-v2-1"
OMNI_MODELS: Final = (IMAGE_O1, V3_OMNI)
GENERATIONS_MODELS: Final = ("kling-v1", "kling-v1-5", "kling-v2", "kling-v2-new", V2_1, V3)
_MODELS_OF_SEPTEMBER: Final = (V2_1, V3)
_RATIOS: Final = ("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9")
_AUTO: Final = "auto"
_AUTO_AMOUNT: Final = 3  # of a series whose amount is Kling's choice: not what is made by default
_COUNTS, _SERIES_AMOUNTS, _SERIES_AMOUNT = range(1, 10), range(2, 10), 4
_REFERENCES_MAX: Final = 10
_COMMON: Final = frozenset({
    "model_name", "prompt", "element_list", "resolution", "n", "aspect_ratio", "callback_url", "external_task_id",
})  # fmt: skip
_OMNI_FIELDS: Final = _COMMON | {"image_list", "result_type", "series_amount"}
_GENERATIONS_FIELDS: Final = _COMMON | {
    "negative_prompt", "image", "image_reference", "image_fidelity", "human_fidelity",
}  # fmt: skip

# Of the capability maps of their time.
_ONE_K_ALONE: Final = {"kling-v1", "kling-v1-5"}
_NO_ULTRAWIDE: Final = {"kling-v1"}
_FROM_IMAGES_ALONE: Final = {"kling-v2-new"}
_NEEDS_REFERENCE: Final = {"kling-v1-5"}
_WITH_IMAGE_FIDELITY: Final = {"kling-v1", "kling-v1-5", V2_1}
_WITH_HUMAN_FIDELITY: Final = {"kling-v1-5", V2_1}

# Units per image by model: from text, and from images or elements; 4k costs twice as much.
_UNITS: Final = {V3_OMNI: (8, 8), IMAGE_O1: (8, 8), V3: (8, 8), V2_1: (4, 8)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOrder:
    """An accepted create of images.

    Attributes:
        model: with its default filled in.
        resolution: with its default filled in.
        text: the prompt.
        aspect: of the output.
        amount: how many images result.
        result_type: `single` or `series`; empty where the endpoint has no such field.
        watermark: whether marked copies are asked for; None where that cannot be said yet.
        callback_url: empty for none.
        external_task_id: empty for none.
        units: what they cost; None where the price list has no such line.
        unknown_fields: fields of the body that the endpoint does not have, with their places; ignored.
        notes: oddities that are accepted.
    """

    model: str
    resolution: str
    text: str
    aspect: str
    amount: int
    result_type: str
    watermark: bool | None
    callback_url: str
    external_task_id: str
    units: Decimal | None
    unknown_fields: tuple[str, ...]
    notes: tuple[str, ...]


def check_omni_image(body: Mapping[str, Any], around: Surroundings) -> ImageOrder:
    """Checks a create of "Omni-Image - Create Task".

    That `auto` may not be asked for without images where the map denies it, while it is the default, leaves a way:
    left out, the ratio is Kling's choice.

    Args:
        body: the decoded JSON.
        around: what else the rules need.

    Returns:
        What was ordered.

    Raises:
        InvalidError: a rule is broken.
    """
    fields = Fields(body, _known(_OMNI_FIELDS, around))
    model = fields.choice("model_name", OMNI_MODELS, IMAGE_O1)
    text = _prompt(fields)
    images = fields.items("image_list", frozenset({"image"}))
    sizes = [_image(item) for item in images]
    elements = _elements(fields, around, "image_list", len(images))
    inputs = len(images) + elements
    resolution = fields.choice("resolution", ("1k", "2k", "4k") if model == V3_OMNI else ("1k", "2k"), "1k")
    result_type = fields.choice("result_type", ("single", "series"), "single")
    if result_type == "series" and (model != V3_OMNI or not inputs):
        raise InvalidError(f"result_type series is supported by {V3_OMNI} only, from images or elements")
    ratio = fields.choice("aspect_ratio", (*_RATIOS, _AUTO), "")
    denied = model == IMAGE_O1 or around.on >= AUTO_RATIO_FROM_IMAGES_ALONE
    if ratio == _AUTO and not inputs and denied:
        raise InvalidError(f"aspect_ratio auto is not supported by {model} without images or elements")
    amount = _series_amount(fields, around) if result_type == "series" else fields.count("n", _COUNTS, 1)
    return ImageOrder(
        model=model,
        resolution=resolution,
        text=text,
        aspect=ratio if ratio in _RATIOS else _nearest_ratio(sizes),
        amount=amount,
        result_type=result_type,
        watermark=_watermark(fields, around),
        units=_units(model, resolution, inputs, amount),
        unknown_fields=tuple(fields.unknown),
        notes=tuple(loose_references([text], {"image": len(images), "element": elements})),
        **fields.ways(),
    )


def check_generations(body: Mapping[str, Any], around: Surroundings) -> ImageOrder:
    """Checks a create of "Image Generation - Create task"; see `check_omni_image`."""
    fields = Fields(body, _known(_GENERATIONS_FIELDS, around))
    later = around.on >= PAGES_OF_SEPTEMBER
    models = _MODELS_OF_SEPTEMBER if later else GENERATIONS_MODELS
    model = fields.choice("model_name", models, V3 if later else "kling-v1")
    text = _prompt(fields)
    image = fields.text("image")
    if image:
        picture_size("image", image)
    elif model in _FROM_IMAGES_ALONE:
        raise InvalidError(f"image is required by {model}")
    if fields.text("negative_prompt", at_most=PROMPT_MAX) and image:
        raise InvalidError("negative_prompt is not supported with image")
    notes = _references(fields, model, image)
    elements = _elements(fields, around, "image", 1 if image else 0)
    if elements and model != V3:
        raise InvalidError(f"element_list is not supported by {model}")
    resolution = fields.choice("resolution", ("1k",) if model in _ONE_K_ALONE else ("1k", "2k"), "1k")
    aspect = fields.choice("aspect_ratio", _RATIOS, "16:9")
    if aspect == "21:9" and model in _NO_ULTRAWIDE:
        raise InvalidError(f"aspect_ratio 21:9 is not supported by {model}")
    amount = fields.count("n", _COUNTS, 1)
    inputs = elements + bool(image)
    return ImageOrder(
        model=model,
        resolution=resolution,
        text=text,
        aspect=aspect,
        amount=amount,
        result_type="",
        watermark=_watermark(fields, around),
        units=_units(model, resolution, inputs, amount),
        unknown_fields=tuple(fields.unknown),
        notes=(*notes, *loose_references([text], {"image": bool(image), "element": elements})),
        **fields.ways(),
    )


def _known(names: frozenset[str], around: Surroundings) -> frozenset[str]:
    return names | {"watermark_info"} if around.on >= PAGES_OF_SEPTEMBER else names


def _prompt(fields: Fields) -> str:
    text = fields.text("prompt", at_most=PROMPT_MAX)
    if not text:
        raise InvalidError("prompt must not be empty")
    return text


def _image(item: Fields) -> tuple[int, int] | None:
    """Reads an entry of image_list; its key is `image`, though the note below it says image_url."""
    image = item.text("image")
    if not image:
        raise InvalidError(f"{item.name('image')} must not be empty")
    return picture_size(item.name("image"), image)


def _elements(fields: Fields, around: Surroundings, place: str, images: int) -> int:
    """Reads element_list ("only multi-image elements"; the sum with the images "shall not exceed 10").

    Args:
        fields: the create's.
        around: what else the rules need.
        place: the field of the images.
        images: how many there are.

    Returns:
        How many they are.
    """
    kinds = read_elements(fields, around)
    if "video_refer" in kinds:
        raise InvalidError("element_list: video character elements are not supported")
    if images + len(kinds) > _REFERENCES_MAX:
        raise InvalidError(f"{place} and element_list: the sum of images and elements cannot exceed {_REFERENCES_MAX}")
    return len(kinds)


def _references(fields: Fields, model: str, image: str) -> list[str]:
    """Reads image_reference and the two fidelities.

    Returns:
        Notes of those that are of no use.
    """
    reference = fields.choice("image_reference", ("subject", "face"), "")
    if reference and model == V3:
        raise InvalidError(f"image_reference is not supported by {V3}")
    if reference and not image:
        raise InvalidError("image must not be empty when image_reference is not empty")
    if image and not reference and model in _NEEDS_REFERENCE:
        raise InvalidError(f"image_reference must not be empty with {model} when image is not empty")
    fields.number("image_fidelity", 0, 1)
    fields.number("human_fidelity", 0, 1)
    useful = {
        "image_fidelity": model in _WITH_IMAGE_FIDELITY,
        "human_fidelity": model in _WITH_HUMAN_FIDELITY and reference == "subject",
    }
    return [f"{name} is of no use here" for name, used in useful.items() if fields.has(name) and not used]


def _series_amount(fields: Fields, around: Surroundings) -> int:
    if around.on >= SERIES_AMOUNT_AUTO and fields.says("series_amount", _AUTO):
        return _AUTO_AMOUNT
    return fields.count("series_amount", _SERIES_AMOUNTS, _SERIES_AMOUNT)


def _watermark(fields: Fields, around: Surroundings) -> bool | None:
    if around.on < PAGES_OF_SEPTEMBER:
        return None
    return fields.inner("watermark_info", frozenset({"enabled"})).flag("enabled")


def _nearest_ratio(sizes: list[tuple[int, int] | None]) -> str:
    """Returns what `auto` comes to: the ratio nearest to the first image that is known, else 1:1."""
    known = next((size for size in sizes if size is not None), (1, 1))

    def distance(ratio: str) -> float:
        width, height = (int(part) for part in ratio.split(":"))
        return abs(math.log(width / height * known[1] / known[0]))

    return min(_RATIOS, key=distance)


def _units(model: str, resolution: str, inputs: int, amount: int) -> Decimal | None:
    if model not in _UNITS:
        return None
    return Decimal(_UNITS[model][inputs > 0] * amount * (2 if resolution == "4k" else 1))
