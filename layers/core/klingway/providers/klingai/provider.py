"""KlingAI outbound: rendering, submitting, querying, finding."""

from collections.abc import Callable, Mapping
from typing import Any

from klingway.domain.capabilities import ProviderProfile
from klingway.domain.request import AnyRequest, ImageRequest
from klingway.providers.calls import Calls, Proof, lost_task
from klingway.providers.contract import (
    CredentialSource,
    ElementRegistry,
    Http,
    Running,
    Task,
    WireRequest,
)
from klingway.providers.kling.elements import KlingElements
from klingway.providers.kling.results import created_at, outcome_of, reference_of
from klingway.providers.kling.tasks import Tasks
from klingway.providers.klingai.answers import READING, refuses_the_token
from klingway.providers.klingai.authentication import Bearer, is_usable, owner_of
from klingway.providers.klingai.image_rendering import rendered_picture
from klingway.providers.klingai.schema import Create
from klingway.providers.klingai.video_rendering import rendered_video


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
        path, body = self._rendered(request, reference=reference, callback_url=callback_url)
        return WireRequest(path, body.model_dump(mode="json", exclude_none=True), handle={"path": path})

    def _rendered(self, request: AnyRequest, *, reference: str, callback_url: str | None) -> tuple[str, Create]:
        if isinstance(request, ImageRequest):
            return rendered_picture(request, reference=reference, callback_url=callback_url)
        model = self._profile.models[request.asked_model]
        return rendered_video(request, model, reference=reference, callback_url=callback_url)

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
            created_at=created_at(data),
            reference=reference_of(data),
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
            outcome=outcome_of(data),
            created_at=created_at(data),
            reference=reference_of(data),
        )
