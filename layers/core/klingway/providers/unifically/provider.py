"""Unifically outbound: rendering, submitting, querying. It knows no reference of ours, and says no time of its tasks."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal
from urllib.parse import quote

from pydantic import ValidationError

from klingway.domain.capabilities import ProviderProfile
from klingway.domain.job import JobError
from klingway.domain.references import references_in
from klingway.domain.request import DEFAULT_ASPECT_RATIO, DEFAULT_MODE, AnyRequest, VideoRequest
from klingway.providers.calls import Calls, Proof, lost_task, retry_after_s, unreadable
from klingway.providers.contract import (
    Created,
    CredentialSource,
    ElementRegistry,
    Failed,
    Http,
    HttpAnswer,
    Media,
    Outcome,
    ProviderError,
    Running,
    Succeeded,
    Task,
    WireRequest,
)
from klingway.providers.unifically import errors, schema
from klingway.providers.unifically.spelling import theirs
from klingway.providers.wire import video_only

_TASKS: Final = "/v1/tasks"
_QUERY_TIMEOUT_S: Final = 15.0

_RUNNING: Final = frozenset({"pending", "processing"})
_DONE: Final = frozenset({"completed", "succeeded", "success"})
_FAILED: Final = frozenset({"failed", "failure"})

_VideoMode = Literal["elements", "start_end_frame", "transform", "video_reference"]


class UnificallyProvider:
    """Unifically, a reseller of Kling's models."""

    def __init__(
        self,
        *,
        base_url: str,
        profile: ProviderProfile,
        http: Http,
        credentials: CredentialSource,
        now: Callable[[], float],
    ) -> None:
        self._profile = profile
        proof = Proof(
            is_usable=lambda credentials: bool(credentials.values.get("api_key")),
            owner=lambda credentials: credentials.values["api_key"],
            token=lambda credentials: credentials.values["api_key"],
            was_refused=_says_why,
        )
        self._calls = Calls(
            host="Unifically", base_url=base_url, http=http, credentials=credentials, proof=proof, now=now
        )

    @property
    def profile(self) -> ProviderProfile:
        """What Unifically can do."""
        return self._profile

    @property
    def has_credential(self) -> bool:
        """Whether a credential is known."""
        return self._calls.has_credential

    @property
    def account(self) -> str | None:
        """Whose account calls are made under; None where no credential was set."""
        return self._calls.account

    @property
    def elements(self) -> ElementRegistry | None:
        """None: elements go into each request as they are described."""
        return None

    def render(self, request: AnyRequest, *, reference: str, callback_url: str | None) -> WireRequest:  # noqa: ARG002 - the contract's
        """Say a request in Unifically's words, which have no reference of ours."""
        request = video_only(request)
        video_mode = _video_mode(request)
        body = schema.TaskCreate(
            model=schema.MODEL,
            input=schema.VideoInput(
                video_mode=video_mode,
                prompt=None if request.prompt is None else theirs(request.prompt),
                mode=request.mode or DEFAULT_MODE,
                # Shots say theirs: the page's example leaves the whole one out then.
                duration=request.asked_duration_s if request.shots is None else None,
                aspect_ratio=_aspect_ratio(request),
                native_audio=bool(request.sound),
                **_images(request, video_mode),
                elements=_elements(request),
                video_url=request.video.url if request.video else None,
                multi_shots=_multi_shots(request),
            ),
            callback_url=callback_url if self._profile.calls_back else None,
        )
        return WireRequest(_TASKS, body.model_dump(mode="json", exclude_none=True), handle={"path": _TASKS})

    def submit(self, wire: WireRequest, *, timeout_s: float) -> Task:
        """Create the task.

        Raises:
            ProviderError: `created` says whether a task may exist.
        """
        answer = self._calls.make("POST", wire.path, json_body=wire.body, timeout_s=timeout_s)
        data = _task_in(answer)
        if data is None or data.task_id is None:
            raise _refusal(answer)
        # How it stands is asked for, even where it has ended by now.
        return Task(task_id=data.task_id, handle=self.handle_for(wire.handle, data.task_id), outcome=Running())

    def check(self, handle: Mapping[str, Any]) -> Task:
        """Ask how a task stands. No answer says when it was created.

        Raises:
            ProviderError: It could not be learnt; ask again later.
        """
        task_id = str(handle["task_id"])
        answer = self._calls.make("GET", f"{handle['path']}/{quote(task_id, safe='')}", timeout_s=_QUERY_TIMEOUT_S)
        data = _task_in(answer)
        if data is None:
            raise lost_task() if answer.status == 404 else _refusal(answer)  # noqa: PLR2004 - the HTTP status
        return Task(task_id=task_id, handle=handle, outcome=_outcome(data))

    def find(self, handle: Mapping[str, Any], reference: str) -> Task | None:  # noqa: ARG002 - the contract's
        """Refuse: Unifically is told no reference of ours, so that its silence proves nothing.

        Raises:
            ProviderError: Always.
        """
        error = JobError(code="not_supported", message="Unifically knows no reference of ours", retryable=False)
        raise ProviderError(error, created=Created.MAYBE)

    def handle_for(self, handle: Mapping[str, Any], task_id: str) -> Mapping[str, Any]:
        """Return the handle of a task id, given the handle from before the call."""
        return {**handle, "task_id": task_id}


def _video_mode(request: VideoRequest) -> _VideoMode | None:
    if request.video is not None:
        return "transform" if request.is_edit else "video_reference"
    if request.images and not request.images_of("reference") and not _refers_to_an_image(request):
        return "start_end_frame"
    return "elements" if request.images or request.elements else None


def _refers_to_an_image(request: VideoRequest) -> bool:
    """Tell whether a prompt refers to an image, which has to be among `image_urls` then: a frame's address has no number.

    With a last frame, which cannot be there, the profile lets no such prompt pass.
    """
    return any(found.kind == "image" for prompt in request.prompts.values() for found in references_in(prompt))


def _aspect_ratio(request: VideoRequest) -> Literal["16:9", "9:16", "1:1", "auto"] | None:
    if request.video is not None:
        return "auto"
    return request.aspect_ratio or (None if request.images_of("first_frame") else DEFAULT_ASPECT_RATIO)


def _images(request: VideoRequest, video_mode: _VideoMode | None) -> dict[str, Any]:
    """Return the fields of the images. They keep their order, so that prompts call them by the same numbers."""
    images = request.images or []
    if video_mode == "start_end_frame":
        return {
            f"{word}_frame_url": image.url
            for word, role in (("start", "first_frame"), ("end", "last_frame"))
            for image in images
            if image.role == role
        }
    starts = [place for place, image in enumerate(images, start=1) if image.role == "first_frame"]
    return {"image_urls": [image.url for image in images] or None, "start_image_index": starts[0] if starts else None}


def _elements(request: VideoRequest) -> list[schema.Element] | None:
    """Return the elements, which have no names here: prompts count them."""
    if not request.elements:
        return None
    return [
        schema.Element(
            description=element.description,
            type="image" if element.video is None else "video",
            image_urls=element.images,
            video_url=element.video,
        )
        for element in request.elements
    ]


def _multi_shots(request: VideoRequest) -> list[schema.Shot] | None:
    if request.shots is None:
        return None
    return [schema.Shot(prompt=theirs(shot.prompt), duration=shot.duration_s) for shot in request.shots]


def _heard(answer: HttpAnswer) -> schema.Answer | None:
    """Read an answer; None where it is none of Unifically's."""
    try:
        return schema.Answer.model_validate_json(answer.body)
    except ValidationError:
        return None


def _says_why(answer: HttpAnswer) -> bool:
    """Tell whether an answer is Unifically's own refusal."""
    said = _heard(answer)
    return said is not None and said.refusal is not None


def _task_in(answer: HttpAnswer) -> schema.TaskData | None:
    """Return the task that an answer tells of; None where it tells of none.

    The task's own status goes before that of the answer: a failed one comes with 400, and 400 was seen with one that was
    still running. Every other error is about the question. Without a status, a task's id is believed in a success alone.
    """
    said = _heard(answer)
    if said is None or said.data is None:
        return None
    codes = {answer.status, said.status_code or answer.status}
    is_success = all(code < 400 for code in codes)  # noqa: PLR2004 - the HTTP classes
    tells_of_a_task = is_success or (bool(said.data.status) and all(code <= 400 for code in codes))  # noqa: PLR2004
    return said.data if tells_of_a_task and (said.data.status or said.data.task_id) else None


def _refusal(answer: HttpAnswer) -> ProviderError:
    said = _heard(answer)
    if (said is None or said.refusal is None) and answer.status < 400:  # noqa: PLR2004 - the HTTP classes
        return unreadable(answer)
    return errors.refusal(answer.status, said, retry_after_s(answer))


def _outcome(data: schema.TaskData) -> Outcome:
    status = (data.status or "").lower()
    if status in _DONE:
        # Completed without a film: asked again, it may be there; the deadline ends it.
        if data.address is None:
            return Running(unknown_status=f"{status} without a video")
        return Succeeded(media=(Media(data.address, "video"),))
    if status in _FAILED:
        return Failed(error=errors.failed(data.reason))
    return Running(unknown_status=None if status in _RUNNING else data.status or "none")
