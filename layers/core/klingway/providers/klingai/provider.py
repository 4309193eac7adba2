"""KlingAI outbound: rendering, submitting, querying, finding."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from klingway.domain.capabilities import ProviderProfile
from klingway.domain.request import DEFAULT_ASPECT_RATIO, DEFAULT_MODE, AnyRequest, VideoRequest
from klingway.domain.work import PROGRESS_WORDS
from klingway.providers.calls import Calls, Proof, failure, lost_task, moment
from klingway.providers.contract import (
    CredentialSource,
    ElementRegistry,
    Failed,
    Http,
    Media,
    Outcome,
    Running,
    Succeeded,
    Task,
    WireRequest,
)
from klingway.providers.kling.elements import KlingElements
from klingway.providers.kling.schema import TaskData
from klingway.providers.kling.tasks import Tasks
from klingway.providers.klingai import schema
from klingway.providers.klingai.answers import READING, refuses_the_token
from klingway.providers.klingai.authentication import Bearer, is_usable, owner_of
from klingway.providers.wire import video_only

_OMNI_VIDEO: Final = "/v1/videos/omni-video"
_TEXT_TO_VIDEO: Final = "/v1/videos/text2video"
_IMAGE_TO_VIDEO: Final = "/v1/videos/image2video"
_OMNI_MODELS: Final = frozenset({"kling-v3-omni", "kling-video-o1"})
_MODELS_WITH_SOUND: Final = frozenset({"kling-v3-omni", "kling-v3"})


class KlingaiProvider:
    """KlingAI, Kuaishou's own API."""

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
        bearer = Bearer(now)
        proof = Proof(
            is_usable=is_usable,
            owner=owner_of,
            token=bearer.token,
            was_refused=refuses_the_token,
            forget=bearer.forget,
        )
        self._calls = Calls(host="KlingAI", base_url=base_url, http=http, credentials=credentials, proof=proof, now=now)
        self._tasks = Tasks(self._calls, READING)
        self._elements = KlingElements(self._calls, READING)

    @property
    def profile(self) -> ProviderProfile:
        """What KlingAI can do."""
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
        """KlingAI's registry of elements."""
        return self._elements

    def render(self, request: AnyRequest, *, reference: str, callback_url: str | None) -> WireRequest:
        """Say a request in Kling's words; the endpoint follows from the model and the inputs."""
        request = video_only(request)
        model = request.asked_model
        duration_s = request.asked_duration_s
        common: dict[str, Any] = {
            "model_name": model,
            "multi_shot": request.is_multi_shot,
            "shot_type": (request.shot_split or "customize") if request.is_multi_shot else None,
            "prompt": request.prompt,
            "multi_prompt": _multi_prompt(request),
            "element_list": _elements(request),
            "sound": ("on" if request.sound else "off") if model in _MODELS_WITH_SOUND else None,
            "mode": request.mode or DEFAULT_MODE,
            "duration": None if duration_s is None else str(duration_s),
            "watermark_info": schema.WatermarkInfo(enabled=True) if request.watermark else None,
            "callback_url": callback_url,
            "external_task_id": reference,
        }
        body: schema.OmniVideoCreate | schema.TextToVideoCreate | schema.ImageToVideoCreate
        if model in _OMNI_MODELS:
            path = _OMNI_VIDEO
            framed = bool(request.images_of("first_frame")) or request.is_edit
            body = schema.OmniVideoCreate(
                **common,
                image_list=_images(request),
                video_list=_videos(request),
                aspect_ratio=request.aspect_ratio or (None if framed else DEFAULT_ASPECT_RATIO),
            )
        elif first_frames := request.images_of("first_frame"):
            path = _IMAGE_TO_VIDEO
            last_frames = request.images_of("last_frame")
            body = schema.ImageToVideoCreate(
                **common,
                negative_prompt=request.negative_prompt,
                image=first_frames[0].url,
                image_tail=last_frames[0].url if last_frames else None,
            )
        else:
            path = _TEXT_TO_VIDEO
            body = schema.TextToVideoCreate(
                **common,
                negative_prompt=request.negative_prompt,
                aspect_ratio=request.aspect_ratio or DEFAULT_ASPECT_RATIO,
            )
        return WireRequest(path, body.model_dump(mode="json", exclude_none=True), handle={"path": path})

    def submit(self, wire: WireRequest, *, timeout_s: float) -> Task:
        """Create the task.

        Raises:
            ProviderError: `created` says whether a task may exist.
        """
        data = self._tasks.create(wire, timeout_s=timeout_s)
        return Task(
            task_id=data.task_id,
            handle=self.handle_for(wire.handle, data.task_id),
            outcome=Running(),
            created_at=_created_at(data),
            reference=data.task_info.external_task_id if data.task_info else None,
        )

    def check(self, handle: Mapping[str, Any]) -> Task:
        """Ask how a task stands.

        Raises:
            ProviderError: It could not be learnt; ask again later.
        """
        task = self._query(handle, str(handle["task_id"]))
        if task is None:
            raise lost_task()
        return task

    def find(self, handle: Mapping[str, Any], reference: str) -> Task | None:
        """Ask for a task by our reference: `external_task_id` stands in for the task id in the query's path.

        Raises:
            ProviderError: It could not be learnt.
        """
        return self._query(handle, reference)

    def handle_for(self, handle: Mapping[str, Any], task_id: str) -> Mapping[str, Any]:
        """Return the handle of a task id, given the handle from before the call."""
        return {**handle, "task_id": task_id}

    def _query(self, handle: Mapping[str, Any], name: str) -> Task | None:
        data = self._tasks.get(str(handle["path"]), name)
        if data is None:
            return None
        return Task(
            task_id=data.task_id,
            handle=self.handle_for(handle, data.task_id),
            outcome=_outcome(data),
            created_at=_created_at(data),
            reference=data.task_info.external_task_id if data.task_info else None,
        )


def _multi_prompt(request: VideoRequest) -> list[schema.ShotPrompt] | None:
    if request.shots is None:
        return None
    return [
        schema.ShotPrompt(index=index, prompt=shot.prompt, duration=str(shot.duration_s))
        for index, shot in enumerate(request.shots, start=1)
    ]


def _elements(request: VideoRequest) -> list[schema.ElementItem] | None:
    if not request.elements:
        return None
    return [schema.ElementItem(element_id=int(element.id)) for element in request.elements if element.id is not None]


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
            keep_original_sound="yes" if request.video.keep_sound else "no",
        )
    ]


def _created_at(data: TaskData) -> datetime | None:
    return None if data.created_at is None else moment(data.created_at / 1000)


def _outcome(data: TaskData) -> Outcome:
    if data.task_status == "failed":
        return Failed(error=failure(data.task_status_msg or ""))
    if data.task_status != "succeed":
        return Running(unknown_status=None if data.task_status in PROGRESS_WORDS else data.task_status)
    videos = (data.task_result.videos if data.task_result else None) or []
    media = [Media(video.url, "video") for video in videos[:1] if video.url]
    media += [Media(video.watermark_url, "watermarked") for video in videos[:1] if video.watermark_url]
    if not any(item.role == "video" for item in media):
        # Successful without a film: asked again, it may be there; the deadline ends it.
        return Running(unknown_status="succeed without a video")
    return Succeeded(media=tuple(media))
