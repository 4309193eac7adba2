"""APIMart outbound: rendering, submitting, querying. It calls nobody back and knows no reference of ours."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from klingway.domain.capabilities import ProviderProfile
from klingway.domain.job import JobError
from klingway.domain.request import DEFAULT_ASPECT_RATIO, DEFAULT_MODE, AnyRequest, VideoRequest
from klingway.providers.apimart import errors, schema
from klingway.providers.apimart.spelling import spelt
from klingway.providers.calls import Calls, Proof, failure, lost_task, moment, retry_after_s, unreadable
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
from klingway.providers.wire import video_only

_CREATE: Final = "/v1/videos/generations"
_TASKS: Final = "/v1/tasks"
_QUERY_TIMEOUT_S: Final = 15.0

_OMNI: Final = "kling-v3-omni"
_Shot = TypeVar("_Shot", bound=schema.Shot)

_RUNNING: Final = frozenset({"submitted", "pending", "processing", "in_progress"})
_DONE: Final = frozenset({"completed", "success", "succeeded"})
_FAILED: Final = frozenset({"failed", "failure"})
_CANCELED: Final = frozenset({"cancelled", "canceled"})


class ApimartProvider:
    """APIMart, a reseller of Kling's models."""

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
            was_refused=lambda answer: _error_of(answer) is not None,
        )
        self._calls = Calls(host="APIMart", base_url=base_url, http=http, credentials=credentials, proof=proof, now=now)

    @property
    def profile(self) -> ProviderProfile:
        """What APIMart can do."""
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
        """Say a request in APIMart's words, which have neither a reference of ours nor a callback."""
        request = spelt(video_only(request))
        framed = bool(request.images_of("first_frame"))
        said = {
            "model": request.asked_model,
            "negative_prompt": request.negative_prompt,
            "mode": request.mode or DEFAULT_MODE,
            "duration": request.asked_duration_s,
            "aspect_ratio": request.aspect_ratio or (None if framed or request.is_edit else DEFAULT_ASPECT_RATIO),
            "multi_shot": request.is_multi_shot,
            "shot_type": (request.shot_split or "customize") if request.is_multi_shot else None,
            "element_list": _elements(request),
            "audio": None if request.video is not None else bool(request.sound),
            "watermark": bool(request.watermark),
        }
        body = _omni(request, said) if request.asked_model == _OMNI else _v3(request, said)
        return WireRequest(_CREATE, body.model_dump(mode="json", exclude_none=True), handle={"path": _TASKS})

    def submit(self, wire: WireRequest, *, timeout_s: float) -> Task:
        """Create the task.

        Raises:
            ProviderError: `created` says whether a task may exist.
        """
        answer = self._calls.make("POST", wire.path, json_body=wire.body, timeout_s=timeout_s)
        data = _good(answer)
        task_id = data.task_id or data.id
        if task_id is None:
            raise unreadable(answer)
        return Task(
            task_id=task_id,
            handle=self.handle_for(wire.handle, task_id),
            outcome=Running(),
            created_at=moment(data.created),
        )

    def check(self, handle: Mapping[str, Any]) -> Task:
        """Ask how a task stands.

        Raises:
            ProviderError: It could not be learnt; ask again later.
        """
        task_id = str(handle["task_id"])
        path = f"{handle['path']}/{quote(task_id, safe='')}?language=en"
        answer = self._calls.make("GET", path, timeout_s=_QUERY_TIMEOUT_S)
        if errors.means_not_found(answer.status, _error_of(answer)):
            raise lost_task()
        data = _good(answer)
        return Task(task_id=task_id, handle=handle, outcome=_outcome(data), created_at=moment(data.created))

    def find(self, handle: Mapping[str, Any], reference: str) -> Task | None:  # noqa: ARG002 - the contract's
        """Refuse: APIMart is told no reference of ours, so that its silence proves nothing.

        Raises:
            ProviderError: Always.
        """
        error = JobError(code="not_supported", message="APIMart knows no reference of ours", retryable=False)
        raise ProviderError(error, created=Created.MAYBE)

    def handle_for(self, handle: Mapping[str, Any], task_id: str) -> Mapping[str, Any]:
        """Return the handle of a task id, given the handle from before the call."""
        return {**handle, "task_id": task_id}


def _v3(request: VideoRequest, said: Mapping[str, Any]) -> schema.V3Create:
    """Return a create of kling-v3, where the images are the frames."""
    return schema.V3Create(
        prompt=request.prompt, image_urls=_urls(request), multi_prompt=_multi_prompt(request, schema.V3Shot), **said
    )


def _omni(request: VideoRequest, said: Mapping[str, Any]) -> schema.OmniCreate:
    """Return a create of kling-v3-omni.

    Its page requires a prompt even where each shot has its own. Kling itself takes no notice of it then, so that the first
    shot's does no harm.
    """
    framed = bool(request.images_of("first_frame"))
    return schema.OmniCreate(
        prompt=request.prompt or next(iter(request.prompts.values())),
        image_urls=None if framed else _urls(request),
        image_with_roles=_with_roles(request) if framed else None,
        video_list=_videos(request),
        multi_prompt=_multi_prompt(request, schema.Shot),
        **said,
    )


def _urls(request: VideoRequest) -> list[str] | None:
    return [image.url for image in request.images or []] or None


def _with_roles(request: VideoRequest) -> list[schema.ImageWithRole]:
    return [schema.ImageWithRole(url=image.url, role=image.role) for image in request.images or []]


def _videos(request: VideoRequest) -> list[schema.VideoItem] | None:
    if request.video is None:
        return None
    return [
        schema.VideoItem(
            video_url=request.video.url,
            refer_type="base" if request.is_edit else "feature",
            keep_original_sound="yes" if request.video.keep_sound else "no",
        )
    ]


def _multi_prompt(request: VideoRequest, shape: type[_Shot]) -> list[_Shot] | None:
    if request.shots is None:
        return None
    return [
        shape(index=index, prompt=shot.prompt, duration=shot.duration_s)
        for index, shot in enumerate(request.shots, start=1)
    ]


def _elements(request: VideoRequest) -> list[schema.ElementItem] | None:
    if not request.elements:
        return None
    return [
        schema.ElementItem(
            name=element.name or "", description=element.description or "", element_input_urls=element.images or []
        )
        for element in request.elements
    ]


def _error_of(answer: HttpAnswer) -> schema.ErrorBody | None:
    """Read an answer's error; None where the body is none of APIMart's, or no error."""
    try:
        return schema.Refusal.model_validate_json(answer.body).said
    except ValidationError:
        return None


def _good(answer: HttpAnswer) -> schema.TaskData:
    """Return the task of a good answer.

    Raises:
        ProviderError: The answer is a refusal, a failure, or cannot be read.
    """
    data: schema.TaskData | None = None
    if answer.status < 400:  # noqa: PLR2004 - the HTTP classes
        try:
            data = schema.TaskAnswer.model_validate_json(answer.body).data
        except ValidationError:
            data = None
        if data is not None and (data.status or data.task_id or data.id):
            return data
    said = _error_of(answer)
    if said is None and answer.status < 400:  # noqa: PLR2004 - the HTTP classes
        raise unreadable(answer)
    raise errors.refusal(answer.status, said, retry_after_s(answer))


def _outcome(data: schema.TaskData) -> Outcome:
    status = (data.status or "").lower()
    if status in _DONE:
        # Completed without a film: asked again, it may be there; the deadline ends it.
        if data.address is None:
            return Running(unknown_status=f"{status} without a video")
        return Succeeded(media=(Media(data.address, "video"),))
    if status in _FAILED:
        return Failed(error=failure(data.reason.message or "", errors.code_of(data.reason)))
    if status in _CANCELED:
        return Failed(error=errors.cancellation(data.reason))
    return Running(unknown_status=None if status in _RUNNING else data.status or "none")
