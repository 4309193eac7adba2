"""Kling's creates of images, field by field: what we say to Kling, and what callers say to us in Kling's words.

Source: Kling's API specification of 2026-02-10, "Omni-Image" and "Image Generation - Create Task"; the fields of the models
before 3.0 from the page of their time.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from klingway.providers.kling.values import AS_WHOLE, Fraction
from klingway.providers.klingai.schema import Create, ElementItem, Prompt
from klingway.providers.wire import Said

OmniModel = Literal["kling-image-o1", "kling-v3-omni"]
Model = Literal["kling-v1", "kling-v1-5", "kling-v2", "kling-v2-new", "kling-v2-1", "kling-v3"]


class ImageItem(Said):
    """`image_list[]` of omni-image; its key is `image`, although a note below it says `image_url`."""

    image: Annotated[str, StringConstraints(min_length=1)]
    """A URL, or Base64 without a prefix."""


class ImageCreate(Create):
    """What both creates of images have in common; `watermark_info` is of Kling's image pages of 2026-09."""

    prompt: Prompt
    element_list: list[ElementItem] | None = None
    n: Annotated[int, Field(ge=1, le=9), AS_WHOLE] | None = None


class OmniImageCreate(ImageCreate):
    """`POST /v1/images/omni-image`."""

    model_name: OmniModel | None = None
    image_list: list[ImageItem] | None = None
    resolution: Literal["1k", "2k", "4k"] | None = None
    result_type: Literal["single", "series"] | None = None
    series_amount: Literal["auto"] | Annotated[int, Field(ge=2, le=9), AS_WHOLE] | None = None
    """`auto` since 2026-04-27 (Kling API updates)."""
    aspect_ratio: Literal["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "auto"] | None = None
    """The default is `auto`."""


class GenerationsCreate(ImageCreate):
    """`POST /v1/images/generations`."""

    model_name: Model | None = None
    negative_prompt: Prompt | None = None
    image: str | None = None
    image_reference: Literal["subject", "face"] | None = None
    image_fidelity: Fraction | None = None
    human_fidelity: Fraction | None = None
    resolution: Literal["1k", "2k"] | None = None
    aspect_ratio: Literal["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9"] | None = None
    """The default is `16:9`."""
