"""Kling's registry of elements, spoken to callers: at Kling's own paths, and at those of a relay that repeats them.

Source: "General - Create Element" to "Delete Custom Element" of Kling's API specification of 2026-02-10. An element is asked
for by the id of the task that made it, or by the caller's own id of that; it is named in requests, and deleted, by a number.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from klingway.domain.elements import ElementState, KeptElement
from klingway.domain.errors import Problem, expect_none
from klingway.providers.dialects import Part, Said, TranslatedElement
from klingway.providers.kling import answers, schema
from klingway.providers.kling.lists import part_of
from klingway.providers.kling.pictures import problems_of_pictures
from klingway.providers.kling.specification import SPECIFICATION, TAGS
from klingway.providers.spoken import read, without_empty

_STATUSES: Final[Mapping[ElementState, str]] = {
    ElementState.WANTED: "submitted",
    ElementState.SUBMITTING: "submitted",
    ElementState.RUNNING: "processing",
    ElementState.READY: "succeed",
    ElementState.FAILED: "failed",
    ElementState.DELETING: "succeed",
}
_PLACES: Final = {
    "name": "element_name",
    "description": "element_description",
    "images": "element_image_list",
    "images[0]": "element_image_list.frontal_image",
    "video": "element_video_list.refer_videos[0].video_url",
    "voice_id": "element_voice_id",
    "tags": "tag_list",
    "tags[]": "tag_list[].tag_id",
} | {
    f"images[{number}]": f"element_image_list.refer_images[{number - 1}].image_url"
    for number in range(1, 4)  # one to three besides the frontal one
}


class KlingElementDialect:
    """See `dialects.ElementDialect`."""

    def translate(self, body: Mapping[str, Any]) -> TranslatedElement:
        """Read a create: from images, the first one frontal, or from a video.

        Raises:
            InvalidRequestError: With every problem, each at the caller's own place.
        """
        create = read(schema.ElementCreate, without_empty(body))
        expect_none(_problems(create))
        from_images = create.reference_type == "image_refer"
        definition = {
            "name": create.element_name,
            "description": create.element_description,
            "images": list(_images(create).values()) if from_images else None,
            "video": None if from_images else _video(create),
            "voice_id": create.element_voice_id,
            "tags": [tag.tag_id for tag in create.tag_list] if create.tag_list else None,
        }
        return TranslatedElement(
            definition={name: part for name, part in definition.items() if part is not None},
            places=_PLACES,
            external_id=create.external_task_id,
            callback_url=create.callback_url,
            warnings=tuple(_warnings(create)),
        )

    def element_id(self, body: Mapping[str, Any]) -> str:
        """Return the number of the element that a body asks to delete.

        Raises:
            InvalidRequestError: It has none.
        """
        return read(schema.ElementDelete, without_empty(body)).element_id

    def accepted(self, element: KeptElement) -> Said:
        """Answer a create: the task, without the element."""
        return answers.enveloped(_created(element), request_id=element.id)

    def show(self, element: KeptElement) -> Said:
        """Answer a query: the task, with the element once it is made."""
        return answers.enveloped(_task(element), request_id=element.id)

    def part(self, query: Mapping[str, str]) -> Part:
        """Read `pageNum` and `pageSize`.

        Raises:
            InvalidRequestError: One of them cannot be read.
        """
        return part_of(query)

    def show_many(self, elements: Sequence[KeptElement]) -> Said:
        """Answer a list: the tasks alone."""
        return answers.enveloped([_task(element) for element in elements], request_id="")

    def presets(self, entries: Sequence[Mapping[str, Any]]) -> Said:
        """Answer the list of Kling's own elements, as Kling sends them."""
        return answers.enveloped(list(entries), request_id="")

    def deleted(self, element_id: str) -> Said:
        """Answer a deletion, which is a task there; here the element is gone with the answer."""
        return answers.enveloped({"task_id": element_id, "task_status": "succeed"}, request_id=element_id)

    def callback(self, element: KeptElement) -> Mapping[str, Any]:
        """Return the task, without the envelope."""
        return _task(element)


ELEMENTS: Final = KlingElementDialect()


def _problems(create: schema.ElementCreate) -> Iterator[Problem]:
    for name, kind in (("element_image_list", "image_refer"), ("element_video_list", "video_refer")):
        if create.reference_type == kind and getattr(create, name) is None:
            message = f"{name} is required when reference_type is {kind}."
            yield Problem(field=name, code="required", message=message, source=SPECIFICATION)
    yield from problems_of_pictures(_images(create))


def _warnings(create: schema.ElementCreate) -> Iterator[str]:
    if create.reference_type == "image_refer" and create.element_video_list is not None:
        yield "element_video_list: ignored with reference_type image_refer"
    if create.reference_type == "video_refer" and create.element_image_list is not None:
        yield "element_image_list: ignored with reference_type video_refer"


def _images(create: schema.ElementCreate) -> dict[str, str]:
    """Return the pictures of a create by their places, the frontal one first."""
    given = create.element_image_list
    if given is None:
        return {}
    others = {
        f"element_image_list.refer_images[{index}].image_url": item.image_url
        for index, item in enumerate(given.refer_images)
    }
    return {"element_image_list.frontal_image": given.frontal_image} | others


def _video(create: schema.ElementCreate) -> str | None:
    return None if create.element_video_list is None else create.element_video_list.refer_videos[0].video_url


def _created(element: KeptElement) -> dict[str, Any]:
    origin = element.origin
    return {
        "task_id": element.id,
        "task_status": _STATUSES[element.state],
        "task_info": {"external_task_id": (origin.external_id if origin is not None else None) or ""},
        "created_at": answers.milliseconds(element.created_at),
        "updated_at": answers.milliseconds(element.updated_at),
    }


def _task(element: KeptElement) -> dict[str, Any]:
    told = _created(element) | {"task_status_msg": element.error.message if element.error is not None else ""}
    is_made = element.state in {ElementState.READY, ElementState.DELETING}
    return told | ({"task_result": {"elements": [_element(element)]}} if is_made else {})


def _element(element: KeptElement) -> dict[str, Any]:
    """Return an element as its result tells of it; pictures that came inline have the address at which they are kept."""
    given = element.definition
    told: dict[str, Any] = {
        "element_id": element.element_number,
        "element_name": given.get("name", ""),
        "element_description": given.get("description", ""),
        "reference_type": "image_refer" if given.get("images") else "video_refer",
        "tag_list": [{"id": tag, "name": TAGS.get(tag, tag), "description": ""} for tag in given.get("tags") or []],
        "owned_by": element.tenant,
        "status": "deleted" if element.state is ElementState.DELETING else "succeed",
    }
    if images := given.get("images"):
        others = [{"image_url": url} for url in images[1:]]
        told["element_image_list"] = {"frontal_image": images[0], "refer_images": others}
    if video := given.get("video"):
        told["element_video_list"] = {"refer_videos": [{"video_url": video}]}
    if voice_id := given.get("voice_id"):
        told["element_voice_info"] = {"voice_id": voice_id}
    return told
