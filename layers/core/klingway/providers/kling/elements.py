"""Kling's registry of elements, at Kling itself or through a relay: made by a task, used by an id of their own, deleted by it.

Source: "General - Create Element", its query and "Delete Custom Element" of Kling's API specification of 2026-02-10. The
making is asked for by its task's id or by ours; the element's id is in its result, and is of no use in the query.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from pydantic import ValidationError

from klingway.domain.request import Element
from klingway.domain.work import PROGRESS_WORDS
from klingway.providers.calls import Calls, failure, lost_task, unreadable
from klingway.providers.contract import ElementOutcome, ElementTask, Failed, Made, Running, WireRequest
from klingway.providers.kling import schema
from klingway.providers.kling.tasks import QUERY_TIMEOUT_S, Reading, Tasks

_ELEMENTS: Final = "/v1/general/advanced-custom-elements"
_DELETE: Final = "/v1/general/delete-elements"
_PRESETS: Final = "/v1/general/advanced-presets-elements"
_DELETE_TIMEOUT_S: Final = 15.0


class KlingElements:
    """The elements of one account; see `contract.ElementRegistry`."""

    def __init__(self, calls: Calls, reading: Reading, *, prefix: str = "") -> None:
        self._calls = calls
        self._reading = reading
        self._tasks = Tasks(calls, reading)
        self._prefix = prefix
        """Of every path, at a relay."""

    def render(self, definition: Element, *, reference: str, callback_url: str | None) -> WireRequest:
        """Say an element's definition in Kling's words: made from images, the first one frontal, or from one video."""
        body = schema.ElementCreate(
            element_name=definition.name or "",
            element_description=definition.description or "",
            reference_type="image_refer" if definition.video is None else "video_refer",
            element_image_list=_images(definition),
            element_video_list=_videos(definition),
            element_voice_id=definition.voice_id,
            tag_list=_tags(definition),
            callback_url=callback_url,
            external_task_id=reference,
        )
        path = self._prefix + _ELEMENTS
        return WireRequest(path, body.model_dump(mode="json", exclude_none=True), handle={"path": path})

    def create(self, wire: WireRequest, *, timeout_s: float) -> ElementTask:
        """Have an element made.

        Raises:
            ProviderError: `created` says whether a task may exist.
        """
        return _task(wire.handle, self._tasks.create(wire, timeout_s=timeout_s))

    def check(self, handle: Mapping[str, Any]) -> ElementTask:
        """Ask how the making of an element stands.

        Raises:
            ProviderError: It could not be learnt; ask again later.
        """
        task = self.find(handle, str(handle["task_id"]))
        if task is None:
            raise lost_task()
        return task

    def find(self, handle: Mapping[str, Any], reference: str) -> ElementTask | None:
        """Ask for the making of an element by our reference; None where Kling does not know it.

        Raises:
            ProviderError: It could not be learnt.
        """
        data = self._tasks.get(str(handle["path"]), reference)
        return None if data is None else _task(handle, data)

    def delete(self, element_id: str) -> None:
        """Delete an element; one that is gone already is no error.

        Raises:
            ProviderError: It could not be deleted; try again later, if the error is retryable.
        """
        path, body = self._prefix + _DELETE, {"element_id": element_id}
        answer = self._calls.make("POST", path, json_body=body, timeout_s=_DELETE_TIMEOUT_S)
        if not self._reading.means_gone(answer):
            self._reading.expect_success(answer)

    def presets(self, *, number: int, size: int) -> Sequence[Mapping[str, Any]]:
        """Return a page of Kling's own elements, each entry as Kling sends it; pages are counted from 1.

        Raises:
            ProviderError: They could not be learnt.
        """
        query = urlencode({"pageNum": number, "pageSize": size})
        answer = self._calls.make("GET", f"{self._prefix}{_PRESETS}?{query}", timeout_s=QUERY_TIMEOUT_S)
        self._reading.expect_success(answer)
        try:
            return schema.ListEnvelope.model_validate_json(answer.body).data
        except ValidationError as error:
            raise unreadable(answer) from error


def _images(definition: Element) -> schema.ElementImages | None:
    if not definition.images:
        return None
    frontal, *others = definition.images
    return schema.ElementImages(
        frontal_image=frontal, refer_images=[schema.ReferImage(image_url=url) for url in others]
    )


def _videos(definition: Element) -> schema.ElementVideos | None:
    if definition.video is None:
        return None
    return schema.ElementVideos(refer_videos=[schema.ReferVideo(video_url=definition.video)])


def _tags(definition: Element) -> list[schema.ElementTag] | None:
    # A tag that passed the profile is one of the document's, which the type checker cannot know.
    return [schema.ElementTag.model_validate({"tag_id": tag}) for tag in definition.tags or []] or None


def _task(handle: Mapping[str, Any], data: schema.TaskData) -> ElementTask:
    return ElementTask(task_id=data.task_id, handle={**handle, "task_id": data.task_id}, outcome=_outcome(data))


def _outcome(data: schema.TaskData) -> ElementOutcome:
    if data.task_status == "failed":
        return Failed(error=failure(data.task_status_msg or ""))
    if data.task_status != "succeed":
        return Running(unknown_status=None if data.task_status in PROGRESS_WORDS else data.task_status)
    told = (data.task_result.elements if data.task_result else None) or []
    elements = [element for element in told if element is not None]
    if not elements:
        # Successful without an element: asked again, it may be there; its making is given up in the end.
        return Running(unknown_status="succeed without an element")
    return Made(element_id=elements[0].element_id)
