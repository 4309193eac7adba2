"""The rules between the fields of Kling's creates, as its document states them, each at the field that it speaks of.

Source: Kling's API specification of 2026-02-10. What depends on the model or has changed since (counts of images and
elements, frames among them, 4k) is in the profile, by date; what excludes what in every service is a canonical rule.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from klingway.domain.errors import Problem
from klingway.providers.kling.pictures import problems_of_pictures
from klingway.providers.kling.specification import SPECIFICATION
from klingway.providers.klingai import image_schema, schema

DEFAULT_DURATION: Final = "5"


def _problem(field: str, code: str, message: str, limit: object = None) -> Problem:
    return Problem(field=field, code=code, message=message, limit=limit, source=SPECIFICATION)


def of_omni_video(create: schema.OmniVideoCreate) -> Iterator[Problem]:
    """Yield what is wrong with a create of omni-video."""
    videos = create.video_list or []
    is_edit = _edits(create)
    yield from _of_shots(create, None if is_edit else create.duration or DEFAULT_DURATION)
    yield from problems_of_pictures(
        {f"image_list[{index}].image_url": i.image_url for index, i in enumerate(_images(create))}
    )
    has_first_frame = any(image.type == "first_frame" for image in _images(create))
    yield from _of_frames(create, has_first_frame=has_first_frame, is_edit=is_edit)
    if create.aspect_ratio is None and not has_first_frame and not is_edit:
        message = "aspect_ratio is required where neither a first frame nor video editing is used: 16:9, 9:16 or 1:1."
        yield _problem("aspect_ratio", "required", message, ["16:9", "9:16", "1:1"])
    if videos and create.sound == "on":
        yield _problem("sound", "excluded", "sound on is not supported with video input; it can only be off.", ["off"])


def _of_frames(create: schema.OmniVideoCreate, *, has_first_frame: bool, is_edit: bool) -> Iterator[Problem]:
    for index, image in enumerate(_images(create)):
        place = f"image_list[{index}].type"
        if image.type is not None and is_edit:
            message = f"{place}: {image.type} cannot be given with a video to edit; leave it out, or set refer_type to feature."
            yield _problem(place, "excluded", message)
        elif image.type == "end_frame" and not has_first_frame:
            yield _problem(
                place, "needs_first_frame", f"{place}: where there is an end_frame, there must be a first_frame."
            )


def _edits(create: schema.OmniVideoCreate) -> bool:
    """Tell whether a clip is edited, which is what a video is given for where nothing else is said."""
    return any(video.refer_type != "feature" for video in create.video_list or [])


def _images(create: schema.OmniVideoCreate) -> Sequence[schema.ImageItem]:
    return create.image_list or []


def of_text_to_video(create: schema.TextToVideoCreate) -> Iterator[Problem]:
    """Yield what is wrong with a create of text2video."""
    yield from _of_shots(create, create.duration or DEFAULT_DURATION)
    yield from _of_voices(create)


def of_image_to_video(create: schema.ImageToVideoCreate) -> Iterator[Problem]:
    """Yield what is wrong with a create of image2video."""
    yield from _of_shots(create, create.duration or DEFAULT_DURATION)
    yield from _of_voices(create)
    masks = {f"dynamic_masks[{index}].mask": item.mask for index, item in enumerate(create.dynamic_masks or [])}
    yield from problems_of_pictures(
        {name: getattr(create, name) for name in ("image", "image_tail", "static_mask")} | masks
    )
    if create.image is None and create.image_tail is None:
        message = "image can not be null: image and image_tail cannot both be empty at the same time."
        yield _problem("image", "required", message)
    elif create.image is None:
        message = "image_tail needs image: no model of the 3.0 series makes videos from an end frame alone."
        yield _problem("image_tail", "needs_first_frame", message)
    if create.element_list and create.voice_list:
        message = "element_list and voice_list are mutually exclusive; a voice can be bound to an element instead."
        yield _problem("voice_list", "excluded", message)
    is_masked = create.static_mask is not None or create.dynamic_masks is not None
    steered = {
        "image_tail": create.image_tail is not None,
        "static_mask" if create.static_mask is not None else "dynamic_masks": is_masked,
        "camera_control": create.camera_control is not None,
    }
    for name in [name for name, is_given in steered.items() if is_given][1:]:
        message = f"{name}: image_tail, dynamic_masks/static_mask and camera_control cannot be used at the same time."
        yield _problem(name, "excluded", message)


def of_generations(create: image_schema.GenerationsCreate) -> Iterator[Problem]:
    """Yield what is wrong with a create of image generation."""
    yield from problems_of_pictures({"image": create.image})
    if create.image is not None and create.negative_prompt is not None:
        message = "negative_prompt is not supported when image is not empty; say it in prompt."
        yield _problem("negative_prompt", "excluded", message)
    if create.image is None and create.image_reference is not None:
        yield _problem("image", "required", "image is required when image_reference is not empty.")


def _of_shots(create: schema.VideoCreate, total: str | None) -> Iterator[Problem]:
    """Yield what is wrong with a create's shots; `total` is its length in seconds, None where a clip sets it."""
    if create.multi_shot and create.shot_type is None:
        message = "shot_type is required when multi_shot is true: customize or intelligence."
        yield _problem("shot_type", "required", message, ["customize", "intelligence"])
    elif create.multi_shot and create.shot_type == "customize":
        yield from _of_storyboards(create, total)
    elif create.prompt is None:
        when = "shot_type is intelligence" if create.multi_shot else "multi_shot is false"
        yield _problem("prompt", "required", f"prompt must not be empty when {when}.")


def _of_storyboards(create: schema.VideoCreate, total: str | None) -> Iterator[Problem]:
    shots = create.multi_prompt
    if not shots:
        message = (
            "multi_prompt must not be empty when multi_shot is true and shot_type is customize; give 1 to 6 shots."
        )
        yield _problem("multi_prompt", "required", message, {"min_items": 1, "max_items": 6})
        return
    seen: set[int] = set()
    for place, shot in enumerate(shots):
        if shot.index in seen or shot.index > len(shots):
            message = (
                f"multi_prompt[].index counts the shots from 1 without gaps: 1 to {len(shots)}, each of them once."
            )
            yield _problem(f"multi_prompt[{place}].index", "wrong_form", message, {"min": 1, "max": len(shots)})
        seen.add(shot.index)
    if total is None:
        return
    longer = [place for place, shot in enumerate(shots) if int(shot.duration) > int(total)]
    for place in longer:
        message = f"multi_prompt[{place}].duration should not exceed the total duration, which is {total}."
        yield _problem(f"multi_prompt[{place}].duration", "too_long", message, {"min": 1, "max": int(total)})
    added = sum(int(shot.duration) for shot in shots)
    if not longer and added != int(total):
        by_default = " by default" if create.duration is None else ""
        message = f"duration is {total}{by_default}, but the shots add up to {added}; give '{added}'."
        yield _problem("duration", "not_the_sum", message, added)


def _of_voices(create: schema.FramedVideoCreate) -> Iterator[Problem]:
    if create.voice_list and create.sound != "on":
        yield _problem("sound", "required", "sound must be on when voice_list is used.", ["on"])
