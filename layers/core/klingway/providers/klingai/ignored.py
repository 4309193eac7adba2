"""What counts for nothing in Kling's creates, and why: it is left out before a create is read, so that nothing in it is judged.

Source: Kling's API specification of 2026-02-10, where it calls a parameter invalid beside another; what clients known to work
send to every model, of that which some have not.
"""

from collections.abc import Mapping
from typing import Any, Final

DEFAULT_MODEL: Final = "kling-v1"
"""Of text2video, image2video and image generation."""

Reasons = Mapping[str, str]
"""By the names of fields."""

# Compared with whatever a caller gives, be it no text at all.
_MODELS_WITH_CFG_SCALE: Final = ("kling-v1", "kling-v1-5", "kling-v1-6")
_MODELS_WITH_IMAGE_FIDELITY: Final = ("kling-v1", "kling-v1-5", "kling-v2-1")
_MODELS_WITH_HUMAN_FIDELITY: Final = ("kling-v1-5", "kling-v2-1")
_SINGLE_SHOT: Final = (None, False, "false")


def without(body: Mapping[str, Any], reasons: Reasons) -> tuple[dict[str, Any], list[str]]:
    """Return a body without the fields that count for nothing, and a warning about each that was given."""
    kept = {name: value for name, value in body.items() if name not in reasons}
    return kept, [f"{name}: ignored {reason}" for name, reason in reasons.items() if name in body]


def in_omni_video(body: Mapping[str, Any]) -> Reasons:
    """Return what counts for nothing in a create of omni-video."""
    videos = body.get("video_list")
    items = videos if isinstance(videos, list) else []
    is_edit = any(isinstance(item, dict) and item.get("refer_type") != "feature" for item in items)
    length = {"duration": "with refer_type base: the result is as long as the video"} if is_edit else {}
    return {**_of_shots(body), **length}


def in_text_to_video(body: Mapping[str, Any]) -> Reasons:
    """Return what counts for nothing in a create of text2video."""
    return {**_of_shots(body), **_of_model(body)}


def in_image_to_video(body: Mapping[str, Any]) -> Reasons:
    """Return what counts for nothing in a create of image2video."""
    return {**_of_shots(body), **_of_model(body), "aspect_ratio": "on image2video: the first frame sets it"}


def in_omni_image(body: Mapping[str, Any]) -> Reasons:
    """Return what counts for nothing in a create of omni-image."""
    if body.get("result_type") == "series":
        return {"n": "with result_type series: series_amount counts"}
    return {"series_amount": "with result_type single: n counts"}


def in_generations(body: Mapping[str, Any]) -> Reasons:
    """Return what counts for nothing in a create of image generation: the document says when a fidelity counts."""
    model = body.get("model_name", DEFAULT_MODEL)
    has_image, has_subject = "image" in body, body.get("image_reference") == "subject"
    useless: dict[str, str] = {}
    if model not in _MODELS_WITH_IMAGE_FIDELITY or not has_image:
        useless["image_fidelity"] = f"by {model}" if has_image else "without image"
    if model not in _MODELS_WITH_HUMAN_FIDELITY or not has_subject:
        useless["human_fidelity"] = f"by {model}" if has_subject else "without a subject"
    return useless


def _of_shots(body: Mapping[str, Any]) -> Reasons:
    if body.get("multi_shot") in _SINGLE_SHOT:
        return dict.fromkeys(("shot_type", "multi_prompt"), "with multi_shot false")
    if body.get("shot_type") == "customize":
        return {"prompt": "with shot_type customize: each shot has its own"}
    if body.get("shot_type") == "intelligence":
        return {"multi_prompt": "with shot_type intelligence, which splits prompt by itself"}
    return {}


def _of_model(body: Mapping[str, Any]) -> Reasons:
    """`cfg_scale` is sent by clients to every model, and is of v1.x alone."""
    model = body.get("model_name", DEFAULT_MODEL)
    return {} if model in _MODELS_WITH_CFG_SCALE else {"cfg_scale": f"by {model}: only kling-v1.x has it"}
