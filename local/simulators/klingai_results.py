"""What KlingAI's tasks make, and how they are shown: in answers to queries, and in callbacks ("Callback Protocol")."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from local.simulators.klingai_elements import ElementOrder, element_facts
from local.simulators.klingai_rules import Order
from local.simulators.media import FPS, ClipSpec, PictureSpec
from local.simulators.tasks import marked_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.simulators.klingai_image_rules import ImageOrder
    from local.simulators.tasks import State, Task

WORDS: Final[Mapping[State, str]] = {
    "submitted": "submitted",
    "processing": "processing",
    "succeeded": "succeed",
    "failed": "failed",
}
# What a callback's `task_result` has; neither series_images, result_type nor watermark_url are in its documented form.
_TOLD: Final = {"images": ("index", "url"), "videos": ("id", "url", "duration")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What an order makes of a task; the fields are `Task`'s.

    Attributes:
        clip: the video, or what is shown of anything else.
        pictures: the images.
        makes_video: whether it is a video.
        watermarked: whether marked copies are made too.
        failure: why it will fail; None where nothing is known against it.
        extra: `units`, and what `result` needs.
    """

    clip: ClipSpec
    pictures: tuple[PictureSpec, ...] = ()
    makes_video: bool = False
    watermarked: bool = False
    failure: str | None = None
    extra: dict[str, Any]


def making(order: Order | ImageOrder | ElementOrder, task_id: str, provider: str) -> Making:
    """Returns what an order makes of a task."""
    if isinstance(order, ElementOrder):
        clip = ClipSpec(task_id, provider, model=order.kind, prompt=order.description, mode="")
        return Making(clip=clip, extra=element_facts(order, task_id))
    return _video(order, task_id, provider) if isinstance(order, Order) else _images(order, task_id, provider)


def _video(order: Order, task_id: str, provider: str) -> Making:
    clip = ClipSpec(
        task_id=task_id,
        provider=provider,
        model=order.model,
        prompt=order.text,
        mode=order.mode,
        aspect=order.aspect,
        duration_s=(round(order.seconds * FPS) + 1) / FPS,  # one frame more, as seen: "5.041"
        sound=order.sound,
    )
    return Making(
        clip=clip,
        makes_video=True,
        watermarked=order.watermark,
        failure=order.failure or None,
        extra={"units": order.units, "video_id": str(uuid.uuid4()), "watermark_told": True},
    )


def _images(order: ImageOrder, task_id: str, provider: str) -> Making:
    pictures = tuple(
        PictureSpec(
            task_id=task_id,
            provider=provider,
            model=order.model,
            prompt=order.text,
            resolution=order.resolution,
            aspect=order.aspect,
            index=index,
            count=order.amount,
        )
        for index in range(order.amount)
    )
    told = order.watermark is not None
    return Making(
        clip=ClipSpec(task_id, provider, model=order.model, prompt=order.text, mode=order.resolution),
        pictures=pictures,
        watermarked=bool(order.watermark),
        extra={"units": order.units, "result_type": order.result_type, "watermark_told": told},
    )


def shown(task: Task, state: State, word: str, result: Callable[[Task], dict[str, Any]]) -> dict[str, Any]:
    """Returns the task object; its result and its cost are there from its success on.

    Args:
        task: the task.
        state: its state.
        word: the status word to show.
        result: gives its `task_result`.
    """
    told: dict[str, Any] = {
        "task_id": task.id,
        "task_status": word,
        "task_status_msg": (task.failure or "simulated failure") if state == "failed" else "",
        "task_info": {"external_task_id": task.external_id},
        "created_at": milliseconds(task.created_at),
        "updated_at": milliseconds(min(time.time(), task.since(state))),
    }
    if task.extra.get("watermark_told"):
        told["watermark_info"] = {"enabled": task.watermarked}
    if state == "succeeded":
        told["task_result"] = result(task)
        if task.extra["units"] is not None:
            told["final_unit_deduction"] = str(task.extra["units"])
    return told


def media_result(task: Task, url: Callable[[Task, str], str]) -> dict[str, Any]:
    """Returns a succeeded task's `task_result` of videos or images.

    Of `images` and `series_images` there is the one that the result type asks for: whether Kling shows the other one
    empty is not known.

    Args:
        task: the task.
        url: gives the link to a file of a task.
    """

    def links(name: str) -> dict[str, str]:
        marked = {"watermark_url": url(task, marked_name(name))} if task.watermarked else {}
        return {"url": url(task, name), **marked}

    if task.makes_video:
        seconds = f"{task.clip.frames * 1000 // FPS / 1000:.3f}"
        return {"videos": [{"id": task.extra["video_id"], **links("video.mp4"), "duration": seconds}]}
    images = [{"index": picture.index, **links(picture.name)} for picture in task.pictures]
    result_type = task.extra["result_type"]
    if not result_type:
        return {"images": images}
    return {"result_type": result_type, ("series_images" if result_type == "series" else "images"): images}


def as_callback(task_object: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a task object in the documented form of callbacks: flat, no watermark, no element and no series in it."""
    told = {name: value for name, value in task_object.items() if name != "watermark_info"}
    result = told.get("task_result", {})
    told["task_result"] = {
        kind: [{name: item[name] for name in names} for item in result[kind]]
        for kind, names in _TOLD.items()
        if kind in result
    }
    return told


def milliseconds(moment: float) -> int:
    """Returns Unix seconds as Kling writes them."""
    return int(moment * 1000)
