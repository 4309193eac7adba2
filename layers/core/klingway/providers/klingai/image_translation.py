"""Creates of images, from Kling's words into the canonical form."""

from collections.abc import Mapping
from typing import Any, Final

from klingway.domain.errors import expect_none
from klingway.providers.dialects import Translated
from klingway.providers.kling.pictures import problems_of_pictures
from klingway.providers.kling.wording import warnings_of_wording
from klingway.providers.klingai import ignored, rules
from klingway.providers.klingai import image_schema as schema
from klingway.providers.klingai.reading import COMMON_PLACES, elements, given, spelt, watermark
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


def omni_image(body: Mapping[str, Any]) -> Translated:
    """Read a create of omni-image.

    Without a ratio nothing is said of one: Kling's default, `auto`, is for the model to choose, whatever it works from.

    Raises:
        InvalidRequestError: With every problem, each at the caller's own place.
    """
    body = without_empty(body)
    body, warnings = ignored.without(body, ignored.in_omni_image(body))
    create = read(schema.OmniImageCreate, body)
    expect_none(problems_of_pictures(_pictures(create)))
    in_series = create.result_type == "series"
    canonical = _common(create, create.model_name or _OMNI_DEFAULT_MODEL) | given(
        images=[{"url": url} for url in _pictures(create).values()] or None,
        series=None if create.result_type is None else in_series,
        count=create.series_amount if in_series else create.n,
        resolution=create.resolution,
        aspect_ratio=create.aspect_ratio,
    )
    count_place = {"count": "series_amount"} if in_series else {}
    return _translated(create, canonical, _OMNI_PLACES | count_place, warnings)


def generations(body: Mapping[str, Any]) -> Translated:
    """Read a create of image generation.

    Raises:
        InvalidRequestError: With every problem, each at the caller's own place.
    """
    body = without_empty(body)
    body, warnings = ignored.without(body, ignored.in_generations(body))
    create = read(schema.GenerationsCreate, body)
    expect_none(rules.of_generations(create))
    said = given(**{name: getattr(create, name) for name in _OPTIONS})
    canonical = _common(create, create.model_name or ignored.DEFAULT_MODEL) | given(
        negative_prompt=create.negative_prompt,
        images=None if create.image is None else [{"url": create.image}],
        count=create.n,
        resolution=create.resolution,
        aspect_ratio=create.aspect_ratio,
        provider_options={"klingai": said} if said else None,
    )
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


def _translated(
    create: schema.ImageCreate, canonical: Mapping[str, Any], places: Mapping[str, str], warnings: list[str]
) -> Translated:
    return Translated(
        kind="image",
        body=canonical,
        places={**COMMON_PLACES, **places},
        external_id=create.external_task_id,
        callback_url=create.callback_url,
        warnings=(*warnings, *warnings_of_wording(canonical, places)),
    )
