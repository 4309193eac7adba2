"""Creates of images, from Kling's words into the canonical form."""

from collections.abc import Mapping
from typing import Any, Final

from klingway.domain.errors import expect_none
from klingway.providers.dialects import Translated
from klingway.providers.kling.pictures import problems_of_pictures
from klingway.providers.klingai import image_schema as schema
from klingway.providers.klingai import rules
from klingway.providers.klingai.reading import COMMON_PLACES, elements, given, ignored, spelt, watermark
from klingway.providers.spoken import read, without_empty

_OPTIONS: Final = ("image_reference", "image_fidelity", "human_fidelity")
_OMNI_PLACES: Final = {
    "images": "image_list",
    "images[].url": "image_list[].image",
    "count": "n",
    "series": "result_type",
}
_PLACES: Final = {"images": "image", "images[0]": "image", "images[0].url": "image", "count": "n"} | {
    f"provider_options.klingai.{name}": name for name in _OPTIONS
}
_OMNI_DEFAULT_MODEL: Final = "kling-image-o1"
_DEFAULT_MODEL: Final = "kling-v1"
_MODELS_WITH_IMAGE_FIDELITY: Final = frozenset({"kling-v1", "kling-v1-5", "kling-v2-1"})
_MODELS_WITH_HUMAN_FIDELITY: Final = frozenset({"kling-v1-5", "kling-v2-1"})


def omni_image(body: Mapping[str, Any]) -> Translated:
    """Read a create of omni-image.

    Without a ratio nothing is said of one: Kling's default, `auto`, is for the model to choose, whatever it works from.

    Raises:
        InvalidRequestError: With every problem, each at the caller's own place.
    """
    create = read(schema.OmniImageCreate, without_empty(body))
    expect_none(problems_of_pictures(_pictures(create)))
    in_series = create.result_type == "series"
    canonical = _common(create, create.model_name or _OMNI_DEFAULT_MODEL) | given(
        images=[{"url": url} for url in _pictures(create).values()] or None,
        series=None if create.result_type is None else in_series,
        count=create.series_amount if in_series else create.n,
        resolution=create.resolution,
        aspect_ratio=create.aspect_ratio,
    )
    warnings = (
        ignored(create, ["n"], "with result_type series: series_amount counts")
        if in_series
        else ignored(create, ["series_amount"], "with result_type single: n counts")
    )
    count_place = {"count": "series_amount"} if in_series else {}
    return _translated(create, canonical, _OMNI_PLACES | count_place, warnings)


def generations(body: Mapping[str, Any]) -> Translated:
    """Read a create of image generation.

    Raises:
        InvalidRequestError: With every problem, each at the caller's own place.
    """
    create = read(schema.GenerationsCreate, without_empty(body))
    expect_none(rules.of_generations(create))
    model = create.model_name or _DEFAULT_MODEL
    useless = _without_use(create, model)
    options = {name: getattr(create, name) for name in _OPTIONS if name not in useless}
    said = given(**options)
    canonical = _common(create, model) | given(
        negative_prompt=create.negative_prompt,
        images=None if create.image is None else [{"url": create.image}],
        count=create.n,
        resolution=create.resolution,
        aspect_ratio=create.aspect_ratio,
        provider_options={"klingai": said} if said else None,
    )
    warnings = [warning for name, reason in useless.items() for warning in ignored(create, [name], reason)]
    return _translated(create, canonical, _PLACES, warnings)


def _common(create: schema.ImageCreate, model: str) -> dict[str, Any]:
    """Return what both creates say alike."""
    return given(
        model=model,
        prompt=spelt(create.prompt),
        elements=elements(create.element_list),
        watermark=watermark(create),
    )


def _pictures(create: schema.OmniImageCreate) -> Mapping[str, str]:
    return {f"image_list[{index}].image": item.image for index, item in enumerate(create.image_list or [])}


def _without_use(create: schema.GenerationsCreate, model: str) -> Mapping[str, str]:
    """Return the fidelities that count for nothing, and why: clients send them always, the document says when they count."""
    useless: dict[str, str] = {}
    if model not in _MODELS_WITH_IMAGE_FIDELITY or create.image is None:
        useless["image_fidelity"] = f"by {model}" if create.image else "without image"
    if model not in _MODELS_WITH_HUMAN_FIDELITY or create.image_reference != "subject":
        useless["human_fidelity"] = f"by {model}" if create.image_reference == "subject" else "without a subject"
    return useless


def _translated(
    create: schema.ImageCreate, canonical: Mapping[str, Any], places: Mapping[str, str], warnings: list[str]
) -> Translated:
    return Translated(
        kind="image",
        body=canonical,
        places={**COMMON_PLACES, **places},
        external_id=create.external_task_id,
        callback_url=create.callback_url,
        warnings=tuple(warnings),
    )
