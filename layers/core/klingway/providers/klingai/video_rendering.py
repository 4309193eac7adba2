"""Requests for videos in Kling's words; the endpoint follows from the model and the inputs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from klingway.domain.capabilities import Capability, ModelProfile
from klingway.domain.request import DEFAULT_ASPECT_RATIO, DEFAULT_MODE, ImageRole, Request, VideoRequest
from klingway.providers.klingai import schema
from klingway.providers.ordering import in_order_of

_OMNI_VIDEO: Final = "/v1/videos/omni-video"
_TEXT_TO_VIDEO: Final = "/v1/videos/text2video"
_IMAGE_TO_VIDEO: Final = "/v1/videos/image2video"
_OMNI_MODELS: Final = frozenset({"kling-v3-omni", "kling-video-o1"})
_MODELS_WITH_MULTI_SHOT: Final = frozenset({"kling-v3-omni", "kling-video-o1", "kling-v3"})
"""Those of whose time the field is; it says `false` to the one that makes single shots alone."""
_FRAMES: Final[Sequence[ImageRole]] = ("first_frame", "last_frame")
"""Of image2video, whose prompts count `image` and then `image_tail`; omni-video counts along its list."""
_KEEPS: Final[Mapping[bool | None, Any]] = {True: "yes", False: "no"}
"""Nothing where nothing was said: the document has no default, and what Kling does then is Kling's."""
_TYPES: Final[Mapping[str, Any]] = {"first_frame": "first_frame", "last_frame": "end_frame"}


def rendered_video(
    request: VideoRequest, model: ModelProfile, *, reference: str, callback_url: str | None
) -> tuple[str, schema.VideoCreate]:
    """Return the path and the body of a create."""
    name = request.asked_model
    if name not in _OMNI_MODELS:
        request = in_order_of(_FRAMES, request)
    duration_s = request.asked_duration_s
    common: dict[str, Any] = {
        "model_name": name,
        "multi_shot": request.is_multi_shot if name in _MODELS_WITH_MULTI_SHOT else None,
        "shot_type": (request.shot_split or "customize") if request.is_multi_shot else None,
        "prompt": request.prompt,
        "multi_prompt": _multi_prompt(request),
        "sound": ("on" if request.sound else "off") if Capability.SOUND in model.supports else None,
        "mode": request.mode or DEFAULT_MODE,
        "duration": None if duration_s is None else str(duration_s),
        "watermark_info": schema.WatermarkInfo(enabled=True) if request.watermark else None,
        "callback_url": callback_url,
        "external_task_id": reference,
    }
    if name in _OMNI_MODELS:
        return _OMNI_VIDEO, _omni(request, common)
    voices = [schema.VoiceItem(voice_id=voice.id) for voice in request.voices or []]
    common |= {
        "negative_prompt": request.negative_prompt,
        "voice_list": voices or None,
        "cfg_scale": request.cfg_scale,
        **(request.provider_options or {}).get("klingai", {}),
    }
    if first_frames := request.images_of("first_frame"):
        last_frames = request.images_of("last_frame")
        return _IMAGE_TO_VIDEO, schema.ImageToVideoCreate(
            **common,
            image=first_frames[0].url,
            image_tail=last_frames[0].url if last_frames else None,
            element_list=rendered_elements(request),
        )
    aspect_ratio = request.aspect_ratio or DEFAULT_ASPECT_RATIO
    return _TEXT_TO_VIDEO, schema.TextToVideoCreate(**common, aspect_ratio=aspect_ratio)


def rendered_elements(request: Request) -> list[schema.ElementItem] | None:
    """Return the elements of a request, each of which has its id by now."""
    ids = [element.id for element in request.elements or [] if element.id is not None]
    return [schema.ElementItem(element_id=int(number)) for number in ids] or None


def _omni(request: VideoRequest, common: Mapping[str, Any]) -> schema.OmniVideoCreate:
    is_framed = bool(request.images_of("first_frame")) or request.is_edit
    return schema.OmniVideoCreate(
        **common,
        image_list=_images(request),
        element_list=rendered_elements(request),
        video_list=_videos(request),
        aspect_ratio=request.aspect_ratio or (None if is_framed else DEFAULT_ASPECT_RATIO),
    )


def _multi_prompt(request: VideoRequest) -> list[schema.ShotPrompt] | None:
    if request.shots is None:
        return None
    shots = enumerate(request.shots, start=1)
    # As text it is one of the document's values, which the type checker cannot know.
    told = [{"index": index, "prompt": shot.prompt, "duration": str(shot.duration_s)} for index, shot in shots]
    return [schema.ShotPrompt.model_validate(shot) for shot in told]


def _images(request: VideoRequest) -> list[schema.ImageItem] | None:
    images = [schema.ImageItem(image_url=image.url, type=_TYPES.get(image.role)) for image in request.images or []]
    return images or None


def _videos(request: VideoRequest) -> list[schema.VideoItem] | None:
    if request.video is None:
        return None
    return [
        schema.VideoItem(
            video_url=request.video.url,
            refer_type="base" if request.is_edit else "feature",
            keep_original_sound=_KEEPS.get(request.video.keep_sound),
        )
    ]
