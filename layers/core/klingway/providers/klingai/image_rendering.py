"""Requests for pictures in Kling's words; the endpoint follows from the model."""

from typing import Any, Final

from klingway.domain.request import DEFAULT_ASPECT_RATIO, DEFAULT_RESOLUTION, ImageRequest
from klingway.providers.klingai import image_schema as schema
from klingway.providers.klingai.schema import WatermarkInfo
from klingway.providers.klingai.video_rendering import rendered_elements

_OMNI_IMAGE: Final = "/v1/images/omni-image"
_GENERATIONS: Final = "/v1/images/generations"
_OMNI_MODELS: Final = frozenset({"kling-v3-omni", "kling-image-o1"})


def rendered_picture(
    request: ImageRequest, *, reference: str, callback_url: str | None
) -> tuple[str, schema.ImageCreate]:
    """Return the path and the body of a create.

    A ratio that nobody asked for is left to omni-image, whose default is the model's own choice: it may not be asked for in
    words where there is no picture (Kling's API specification of 2026-02-10, the capability map).
    """
    common: dict[str, Any] = {
        "model_name": request.asked_model,
        "prompt": request.prompt,
        "element_list": rendered_elements(request),
        "resolution": request.resolution or DEFAULT_RESOLUTION,
        "watermark_info": WatermarkInfo(enabled=True) if request.watermark else None,
        "callback_url": callback_url,
        "external_task_id": reference,
    }
    # Values that passed the profile are among the document's, which the type checker cannot know.
    if request.asked_model in _OMNI_MODELS:
        common |= {"series_amount" if request.series else "n": request.asked_count}
        images = [schema.ImageItem(image=image.url) for image in request.images or []]
        return _OMNI_IMAGE, schema.OmniImageCreate(
            **common,
            image_list=images or None,
            result_type="series" if request.series else "single",
            aspect_ratio=request.aspect_ratio,
        )
    common |= {
        "n": request.asked_count,
        "aspect_ratio": request.aspect_ratio or DEFAULT_ASPECT_RATIO,
        **(request.provider_options or {}).get("klingai", {}),
    }
    return _GENERATIONS, schema.GenerationsCreate(
        **common,
        negative_prompt=request.negative_prompt,
        image=request.images[0].url if request.images else None,
    )
