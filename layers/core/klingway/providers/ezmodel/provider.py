"""EzModel outbound: rendering, submitting, querying. Kling itself calls back; nobody can be asked for our reference."""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast
from urllib.parse import quote

from klingway.domain.capabilities import ProviderProfile
from klingway.domain.job import JobError
from klingway.domain.references import Reference, respelt
from klingway.domain.request import DEFAULT_ASPECT_RATIO, DEFAULT_MODE, AnyRequest, VideoRequest
from klingway.providers.calls import Calls, Proof, lost_task, moment, unreadable
from klingway.providers.contract import (
    Created,
    CredentialSource,
    ElementRegistry,
    Http,
    ProviderError,
    Running,
    Task,
    WireRequest,
)
from klingway.providers.ezmodel import answers, errors, schema
from klingway.providers.ezmodel.options import KLING_REFERENCES
from klingway.providers.kling.elements import KlingElements
from klingway.providers.wire import video_only

_PREFIX: Final = "/kling"
_OMNI_VIDEO: Final = f"{_PREFIX}/v1/videos/omni-video"
_QUERY_TIMEOUT_S: Final = 15.0

_KEEPS: Final[Mapping[bool | None, Any]] = {True: "yes", False: "no"}
"""Nothing where nothing was said: the page has no default."""

_SPELT: Final = frozenset({"image", "element"})
"""What EzModel's page has a spelling for; a video has Kling's alone."""


class EzmodelProvider:
    """EzModel, a reseller of Kling's models."""

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
            was_refused=errors.refuses_the_key,
        )
        self._calls = Calls(host="EzModel", base_url=base_url, http=http, credentials=credentials, proof=proof, now=now)
        self._elements = KlingElements(self._calls, answers.READING, prefix=_PREFIX)

    @property
    def profile(self) -> ProviderProfile:
        """What EzModel can do."""
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
        """Kling's registry of elements, through EzModel."""
        return self._elements

    def render(self, request: AnyRequest, *, reference: str, callback_url: str | None) -> WireRequest:
        """Say a request in EzModel's words; what its server would fill in otherwise than its page says is always said."""
        request = video_only(request)
        spelt = _as_it_is if self._keeps_references(request) else _as_the_page_does
        duration_s = None if request.shots is not None else request.asked_duration_s
        body = schema.OmniVideoCreate(
            model=cast("Any", request.asked_model),
            prompt=None if request.prompt is None else spelt(request.prompt),
            negative_prompt=request.negative_prompt,
            mode=cast("Any", request.mode or DEFAULT_MODE),
            duration=None if duration_s is None else _seconds(duration_s),
            aspect_ratio=request.aspect_ratio or DEFAULT_ASPECT_RATIO,
            image_list=_images(request),
            video_list=_videos(request),
            element_list=_elements(request),
            multi_prompt=_multi_prompt(request, spelt),
            sound="on" if request.sound else "off",
            cfg_scale=request.cfg_scale,
            external_task_id=reference,
            callback_url=callback_url,
        )
        said = body.model_dump(mode="json", exclude_none=True)
        return WireRequest(_OMNI_VIDEO, said, handle={"path": _OMNI_VIDEO})

    def submit(self, wire: WireRequest, *, timeout_s: float) -> Task:
        """Create the task.

        Raises:
            ProviderError: `created` says whether a task may exist.
        """
        answer = self._calls.make("POST", wire.path, json_body=wire.body, timeout_s=timeout_s)
        accepted = answers.read(schema.Accepted, answer)
        task_id = accepted.id or accepted.task_id
        if task_id is None:
            raise unreadable(answer)
        return Task(
            task_id=task_id,
            handle=self.handle_for(wire.handle, task_id),
            outcome=Running(),
            created_at=moment(accepted.created_at),
        )

    def check(self, handle: Mapping[str, Any]) -> Task:
        """Ask how a task stands; EzModel asks Kling then, as long as the task has not ended.

        Raises:
            ProviderError: It could not be learnt; ask again later.
        """
        task_id = str(handle["task_id"])
        answer = self._calls.make("GET", f"{handle['path']}/{quote(task_id, safe='')}", timeout_s=_QUERY_TIMEOUT_S)
        if errors.means_no_task(answer):
            raise lost_task()
        task = answers.read(schema.QueryAnswer, answer).data
        return Task(
            task_id=task_id,
            handle=handle,
            outcome=answers.outcome_of(task),
            created_at=answers.created_at(task),
            reference=answers.reference_of(task),
        )

    def find(self, handle: Mapping[str, Any], reference: str) -> Task | None:  # noqa: ARG002 - the contract's
        """Refuse: EzModel passes our reference on to Kling, and takes it in no query, so that its silence proves nothing.

        Raises:
            ProviderError: Always.
        """
        error = JobError(code="not_supported", message="EzModel finds no task by our reference", retryable=False)
        raise ProviderError(error, created=Created.MAYBE)

    def handle_for(self, handle: Mapping[str, Any], task_id: str) -> Mapping[str, Any]:
        """Return the handle of a task id, given the handle from before the call."""
        return {**handle, "task_id": task_id}

    def _keeps_references(self, request: VideoRequest) -> bool:
        """Tell whether prompts refer as Kling's own do: as the request says, else as the switch does."""
        asked = (request.provider_options or {}).get("ezmodel", {}).get(KLING_REFERENCES)
        return KLING_REFERENCES in self._profile.switches if asked is None else bool(asked)


def _as_it_is(prompt: str) -> str:
    return prompt


def _as_the_page_does(prompt: str) -> str:
    return respelt(prompt, _spelling)


def _spelling(reference: Reference) -> str:
    return f"@{reference.kind}_{reference.number}" if reference.kind in _SPELT else str(reference)


def _seconds(duration_s: int) -> schema.Seconds:
    return cast("schema.Seconds", str(duration_s))


def _multi_prompt(request: VideoRequest, spelt: Callable[[str], str]) -> list[schema.ShotItem] | None:
    if request.shots is None:
        return None
    return [schema.ShotItem(prompt=spelt(shot.prompt), duration=_seconds(shot.duration_s)) for shot in request.shots]


def _images(request: VideoRequest) -> list[schema.ImageItem] | None:
    if not request.images:
        return None
    types: Mapping[str, Any] = {"first_frame": "first_frame", "last_frame": "end_frame"}
    return [schema.ImageItem(image_url=image.url, type=types.get(image.role)) for image in request.images]


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


def _elements(request: VideoRequest) -> list[schema.ElementItem] | None:
    if not request.elements:
        return None
    return [schema.ElementItem(element_id=int(element.id)) for element in request.elements if element.id is not None]
