"""KlingAI's element library: what a create accepts, what there is, what is gone.

From "General - Create Element" and the pages after it, as far as they are known; where a later page says more, its
day is named. What no page says is chosen so that a client cannot lean on it, and says so here.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from local.simulators.fields import InvalidError, link
from local.simulators.klingai_fields import Fields, picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.simulators.klingai_rules import ElementKind, Surroundings
    from local.simulators.tasks import Task, TaskBook

PRODUCT: Final = "element"

# Official elements that exist from the start; the numbers are of the simulator's making.
PRESET_ELEMENTS: Final[Mapping[int, ElementKind]] = {
    160: "image_refer",
    161: "image_refer",
    162: "video_refer",
    163: "video_refer",
}
TAGS: Final[Mapping[str, str]] = {
    "o_101": "Hottest",
    "o_102": "Character",
    "o_103": "Animal",
    "o_104": "Item",
    "o_105": "Costume",
    "o_106": "Scene",
    "o_107": "Effect",
    "o_108": "Others",
}
VOICES_ON_IMAGES: Final = date(2026, 3, 23)  # before, a voice could be bound to video character elements alone
_NAME_MAX, _DESCRIPTION_MAX, _REFER_IMAGES_MAX = 20, 100, 3
_VIDEO_MIN_S, _VIDEO_MAX_S, _VIDEO_ROUNDING_S = 3.0, 8.0, 0.5
_MEDIA: Final = "https://elements.klingai.invalid"  # results come back as links of Kling's own; here nobody serves them
_OWNER, _KLING = "simulated-account", "kling"
_KNOWN: Final = frozenset({
    "element_name", "element_description", "reference_type", "element_image_list", "element_video_list",
    "element_voice_id", "tag_list", "callback_url", "external_task_id",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementOrder:
    """An accepted create.

    Attributes:
        name: as given.
        description: as given.
        kind: made from images or from a video.
        refer_images: how many there are besides the frontal one; 0 with a video.
        voice_id: bound to it; empty for none.
        tags: their ids.
        callback_url: empty for none.
        external_task_id: empty for none.
        unknown_fields: fields of the body that the endpoint does not have, with their places; ignored.
        notes: oddities that are accepted.
    """

    name: str
    description: str
    kind: ElementKind
    refer_images: int
    voice_id: str
    tags: tuple[str, ...]
    callback_url: str
    external_task_id: str
    unknown_fields: tuple[str, ...]
    notes: tuple[str, ...]


def check_element(body: Mapping[str, Any], around: Surroundings) -> ElementOrder:
    """Checks a create of an element.

    Args:
        body: the decoded JSON.
        around: what else the rules need.

    Returns:
        What was ordered.

    Raises:
        InvalidError: a rule is broken.
    """
    fields = Fields(body, _KNOWN)
    name = _needed(fields, "element_name", _NAME_MAX)
    description = _needed(fields, "element_description", _DESCRIPTION_MAX)
    chosen = fields.choice("reference_type", ("image_refer", "video_refer"), "")
    if not chosen:
        raise InvalidError("reference_type must not be empty")
    kind: ElementKind = "video_refer" if chosen == "video_refer" else "image_refer"
    refer_images = _images(fields) if kind == "image_refer" else 0
    if kind == "video_refer":
        _video(fields, around)
    other = "element_video_list" if kind == "image_refer" else "element_image_list"
    voice_id = fields.text("element_voice_id")
    if voice_id and kind == "image_refer" and around.on < VOICES_ON_IMAGES:
        raise InvalidError("element_voice_id is supported by video character elements only")
    return ElementOrder(
        name=name,
        description=description,
        kind=kind,
        refer_images=refer_images,
        voice_id=voice_id,
        tags=_tags(fields),
        unknown_fields=tuple(fields.unknown),
        notes=(f"{other} is of no use with {kind}",) if fields.has(other) else (),
        **fields.ways(),
    )


def _needed(fields: Fields, name: str, at_most: int | None = None) -> str:
    text = fields.text(name, at_most=at_most)
    if not text:
        raise InvalidError(f"{fields.name(name)} must not be empty")
    return text


def _images(fields: Fields) -> int:
    """Checks element_image_list, an object although its row says "array"; a frontal image alone is refused.

    Returns:
        The number of further images.
    """
    images = fields.inner("element_image_list", frozenset({"frontal_image", "refer_images"}))
    picture(images.name("frontal_image"), _needed(images, "frontal_image"))
    refers = images.items("refer_images", frozenset({"image_url"}))
    if not 1 <= len(refers) <= _REFER_IMAGES_MAX:
        raise InvalidError(f"{images.name('refer_images')} must have 1 to {_REFER_IMAGES_MAX} images")
    for refer in refers:
        picture(refer.name("image_url"), _needed(refer, "image_url"))
    return len(refers)


def _video(fields: Fields, around: Surroundings) -> None:
    """Checks element_video_list: one link; of the file itself only its length can be known here."""
    videos = fields.inner("element_video_list", frozenset({"refer_videos"}))
    refers = videos.items("refer_videos", frozenset({"video_url"}))
    if len(refers) != 1:
        raise InvalidError(f"{videos.name('refer_videos')} must have exactly 1 video")
    url = _needed(refers[0], "video_url")
    link(refers[0].name("video_url"), url, {"mp4", "mov"})
    if not _VIDEO_MIN_S <= around.video_seconds(url) <= _VIDEO_MAX_S + _VIDEO_ROUNDING_S:
        raise InvalidError(f"{videos.name('refer_videos')}: the duration must be between 3 and 8 seconds")


def _tags(fields: Fields) -> tuple[str, ...]:
    tags = fields.items("tag_list", frozenset({"tag_id"}))
    for tag in tags:
        _needed(tag, "tag_id")
    return tuple(tag.choice("tag_id", tuple(TAGS), "") for tag in tags)


def element_facts(order: ElementOrder, task_id: str) -> dict[str, Any]:
    """Returns what a task that makes an element has in `extra`: its number of 15 digits, as seen; it costs nothing."""
    return {"units": Decimal(0), "order": order, "element_id": int(task_id[:12] + task_id[-3:])}


class ElementLibrary:
    """The elements that an account can use: the official ones and its own.

    An element is there from its task's success until it is deleted; its number is on its task.

    Args:
        book: where the tasks that make elements are.
        others: further elements that are there from the start.
    """

    def __init__(self, book: TaskBook, others: Mapping[int, ElementKind]) -> None:
        self._book = book
        self._others = dict(others)
        self._lock = threading.Lock()
        self._deleted_at: dict[int, float] = {}

    def kinds(self) -> Mapping[int, ElementKind]:
        """Returns the elements there are, by number, and their kinds."""
        made = {
            number: task.extra["order"].kind
            for number, task in self._made().items()
            if task.state() == "succeeded" and number not in self._deleted_at
        }
        return {**PRESET_ELEMENTS, **self._others, **made}

    def delete(self, body: Mapping[str, Any]) -> None:
        """Deletes one of the account's own elements, at once; running videos that use it are not looked at.

        That an unknown, an official or an already deleted one is refused, and how, is a guess.

        Args:
            body: of "Delete Custom Element".

        Raises:
            InvalidError: there is no such element.
        """
        text = Fields(body, frozenset({"element_id"})).text("element_id")
        if not text.isdecimal():
            raise InvalidError("element_id must be a string of digits")
        with self._lock:
            if int(text) not in self.kinds():
                raise InvalidError(f"element_id {text} not found")
            if int(text) not in self._made():
                raise InvalidError(f"element_id {text} is not a custom element")
            self._deleted_at[int(text)] = time.time()

    def result(self, task: Task) -> dict[str, Any]:
        """Returns a succeeded task's `task_result`."""
        order: ElementOrder = task.extra["order"]
        number: int = task.extra["element_id"]
        status = "deleted" if number in self._deleted_at else "succeed"
        shown = _element(number, order.name, order.description, order.kind, max(1, order.refer_images), status)
        shown |= {"owned_by": _OWNER, "tag_list": [_tag(tag) for tag in order.tags]}
        if order.voice_id:
            shown["element_voice_info"] = {
                "voice_id": order.voice_id,
                "voice_name": "a voice",
                "trial_url": f"{_MEDIA}/voices/{order.voice_id}.mp3",
                "owned_by": _KLING,
            }
        return {"elements": [shown]}

    def presets(self) -> list[dict[str, Any]]:
        """Returns the official elements, each in a task of its own; without deductions, as the later page has it."""
        return [
            {
                "task_id": str(number),
                "task_status": "succeed",
                "task_status_msg": "",
                "created_at": 0,
                "updated_at": 0,
                "task_result": {
                    "elements": [_element(number, f"Preset {number}", "An official element.", kind, 1, "succeed")]
                },
            }
            for number, kind in PRESET_ELEMENTS.items()
        ]

    def seen(self, tasks: Sequence[Task]) -> list[dict[str, Any]]:
        """Returns what tests look at: the account's own elements, newest first.

        Args:
            tasks: all tasks, to name those that use an element.

        Returns:
            Of each: `element_id`, `name`, `description`, `kind`, `state` (of its task; `deleted` in the end), `task_id`
            and `external_id` of the create, `created_at`, `made_at` and `deleted_at` (Unix seconds or null), and
            `used_by`, the tasks that refer to it.
        """
        uses = [
            (task.id, {str(item["element_id"]) for item in task.body.get("element_list") or []})
            for task in tasks
            if task.product != PRODUCT
        ]
        return [
            {
                "element_id": number,
                "name": task.extra["order"].name,
                "description": task.extra["order"].description,
                "kind": task.extra["order"].kind,
                "state": "deleted" if number in self._deleted_at else task.state(),
                "task_id": task.id,
                "external_id": task.external_id,
                "created_at": task.created_at,
                "made_at": task.ends_at if task.state() == "succeeded" else None,
                "deleted_at": self._deleted_at.get(number),
                "used_by": [user for user, used in uses if str(number) in used],
            }
            for number, task in self._made().items()
        ]

    def _made(self) -> dict[int, Task]:
        return {task.extra["element_id"]: task for task in self._book.newest_first(PRODUCT)}


def _element(
    number: int, name: str, description: str, kind: ElementKind, refer_images: int, status: str
) -> dict[str, Any]:
    media = f"{_MEDIA}/{number}"
    refers = [{"image_url": f"{media}/refer_{index}.png"} for index in range(1, refer_images + 1)]
    from_images = {"element_image_list": {"frontal_image": f"{media}/frontal.png", "refer_images": refers}}
    from_video = {"element_video_list": {"refer_videos": [{"video_url": f"{media}/refer.mp4"}]}}
    return {
        "element_id": number,
        "element_name": name,
        "element_description": description,
        "reference_type": kind,
        **(from_images if kind == "image_refer" else from_video),
        "tag_list": [],
        "owned_by": _KLING,
        "status": status,
    }


def _tag(tag: str) -> dict[str, str]:
    """Returns a tag as it comes back: otherwise named than it went in."""
    return {"id": tag, "name": TAGS[tag], "description": ""}
