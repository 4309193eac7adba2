"""What several unit tests build: requests, jobs, and fakes of the ports that a provider calls."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from klingway.domain.ids import JobId, ProviderName, Tenant
from klingway.domain.job import Attempt, AttemptState, Job, JobError, LearntBy, Price, State, StoredFile
from klingway.domain.request import VideoRequest
from klingway.providers.apimart.profile import apimart_profile
from klingway.providers.apimart.provider import ApimartProvider
from klingway.providers.contract import Credentials, HttpAnswer
from klingway.providers.klingai.profile import klingai_profile
from klingway.providers.klingai.provider import KlingaiProvider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SEED_DAY = date(2026, 2, 10)
NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
JOB_ID = JobId("job_01JD4ZK8M0ABCDEFGHJKMNPQRS")
ATTEMPT_ID = f"{JOB_ID}-1"
CALLBACK_URL = "https://gateway.example/callbacks/attempt/token"
BASE_URL = "https://kling.example"
TASK_ID = "930810057590833241"

PICTURE, END_PICTURE, CLIP = "https://example.com/a.png", "https://example.com/z.png", "https://example.com/v.mp4"
REFERENCE_IMAGE = {"url": PICTURE}
FIRST = {"url": PICTURE, "role": "first_frame"}
LAST = {"url": END_PICTURE, "role": "last_frame"}
EDIT = {"url": CLIP, "use": "edit"}
FEATURE = {"url": CLIP, "use": "feature"}
PROMPT = {"prompt": "a fox"}


def elements(count: int) -> list[dict[str, Any]]:
    """Return elements that exist."""
    return [{"id": str(160 + index)} for index in range(count)]


def shots(*durations_s: int, prompt: str = "a shot") -> list[dict[str, Any]]:
    """Return shots of these lengths."""
    return [{"prompt": prompt, "duration_s": duration_s} for duration_s in durations_s]


def video_request(**body: Any) -> VideoRequest:
    """Return a request that the canonical model takes."""
    return VideoRequest.model_validate(body)


def attempt(**changed: Any) -> Attempt:
    """Return a running attempt."""
    usual: dict[str, Any] = {
        "number": 1,
        "provider": ProviderName("klingai"),
        "account": "default",
        "state": AttemptState.RUNNING,
        "handle": {"path": "/v1/videos/omni-video", "task_id": TASK_ID},
        "started_at": NOW,
        "accepted_at": NOW + timedelta(seconds=1),
        "task_id": TASK_ID,
    }
    return Attempt(**(usual | changed))


def job(**changed: Any) -> Job:
    """Return a running job with one attempt, whose row expects the number 7."""
    usual: dict[str, Any] = {
        "id": JOB_ID,
        "tenant": Tenant("acme"),
        "kind": "video",
        "model": "kling-v3-omni",
        "state": State.RUNNING,
        "provider": ProviderName("klingai"),
        "route": (ProviderName("klingai"),),
        "route_reason": "klingai: cheapest of klingai ($1.12), apimart (price unknown)",
        "created_at": NOW,
        "updated_at": NOW + timedelta(seconds=1),
        "deadline_at": NOW + timedelta(days=1),
        "public_url": "https://gateway.example",
        "number": 7,
        "due_at": 1_795_176_000,
        "sequence": 3,
        "attempts": (attempt(),),
    }
    return Job(**(usual | changed))


VIDEO_FILE = StoredFile(
    name="video.mp4",
    role="video",
    key=f"results/acme/2026/11/20/{JOB_ID}/1/video.mp4",
    size_bytes=1024,
    sha256="ab" * 32,
    content_type="video/mp4",
    duration_s=10.04,
    width=1920,
    height=1080,
)
PROVENANCE_FILE = StoredFile(
    name="job.json",
    role="provenance",
    key=f"results/acme/2026/11/20/{JOB_ID}/1/job.json",
    size_bytes=64,
    sha256="cd" * 32,
    content_type="application/json",
)
REFUSED = JobError(code="refused_by_provider", message="no", retryable=False, provider_code="1201")
ENDED_AT = NOW + timedelta(seconds=90)


def succeeded_job() -> Job:
    """Return a job that ended well."""
    return job(
        state=State.SUCCEEDED,
        attempts=(attempt(state=AttemptState.SUCCEEDED, ended_at=ENDED_AT),),
        reference="order-42",
        metadata={"any": "thing"},
        price=Price(Decimal("1.12"), "USD", "price list"),
        learnt_by=LearntBy.CALLBACK,
        finished_at=ENDED_AT,
        updated_at=ENDED_AT,
        due_at=None,
        files=(VIDEO_FILE, PROVENANCE_FILE),
        result_mismatch=("aspect_ratio",),
    )


@dataclass
class Call:
    """One call that was made."""

    method: str
    url: str
    headers: Mapping[str, str]
    json: Mapping[str, Any] | None
    timeout_s: float
    fresh_connection: bool


@dataclass
class ScriptedHttp:
    """An `Http` that answers from a list; the last answer stays."""

    answers: list[HttpAnswer | Exception]
    calls: list[Call] = field(default_factory=list)

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: Mapping[str, Any] | None = None,
        timeout_s: float,
        fresh_connection: bool = False,
    ) -> HttpAnswer:
        self.calls.append(Call(method, url, headers, json, timeout_s, fresh_connection))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class FakeCredentials:
    """A secret store whose secret may be another one when it is asked afresh."""

    kept: Credentials | None
    stored: Credentials | None = None
    asked_fresh: int = 0

    def get(self, *, fresh: bool = False) -> Credentials | None:
        if fresh:
            self.asked_fresh += 1
            self.kept = self.stored or self.kept
        return self.kept


API_KEY = "the-api-key-which-is-a-secret"
ACCESS_KEY, SECRET_KEY = "A" * 32, "S" * 32


def with_api_key(api_key: str = API_KEY) -> Credentials:
    """Return an API key's credentials."""
    return Credentials({"api_key": api_key})


def with_pair(secret_key: str = SECRET_KEY) -> Credentials:
    """Return the credentials of an access/secret pair."""
    return Credentials({"access_key": ACCESS_KEY, "secret_key": secret_key})


def klingai(
    *answers: HttpAnswer | Exception, credentials: FakeCredentials | None = None, rules_as_of: date = SEED_DAY
) -> tuple[KlingaiProvider, ScriptedHttp]:
    """Return the provider over a scripted connection."""
    http = ScriptedHttp(list(answers))
    provider = KlingaiProvider(
        base_url=BASE_URL,
        profile=klingai_profile(rules_as_of),
        http=http,
        credentials=credentials or FakeCredentials(with_api_key()),
        now=lambda: 1_795_176_000.9,
    )
    return provider, http


def apimart(
    *answers: HttpAnswer | Exception, credentials: FakeCredentials | None = None
) -> tuple[ApimartProvider, ScriptedHttp]:
    """Return the provider over a scripted connection."""
    http = ScriptedHttp(list(answers))
    provider = ApimartProvider(
        base_url=BASE_URL,
        profile=apimart_profile(SEED_DAY),
        http=http,
        credentials=credentials or FakeCredentials(with_api_key()),
        now=lambda: 1_795_176_000.9,
    )
    return provider, http


def answer(body: Any, status: int = 200, **headers: str) -> HttpAnswer:
    """Return an answer; a body that is not bytes is written as JSON."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpAnswer(status, said, body if isinstance(body, bytes) else json.dumps(body).encode())


def task(status: str = "submitted", **changed: Any) -> dict[str, Any]:
    """Return an envelope about a task, as the documents have it; a field that is `...` is left out."""
    data = {
        "task_id": TASK_ID,
        "task_status": status,
        "task_info": {"external_task_id": ATTEMPT_ID},
        "created_at": 1_769_990_000_000,
        "updated_at": 1_769_990_000_000,
    } | changed
    return {
        "code": 0,
        "message": "SUCCEED",
        "request_id": "a-request",
        "data": {name: value for name, value in data.items() if value is not ...},
    }


def refused(code: int, message: str = "no") -> dict[str, Any]:
    """Return an envelope that says no."""
    return {"code": code, "message": message, "request_id": "a-request"}


def names_once(fields: Sequence[str]) -> bool:
    """Tell whether nothing stands twice."""
    return len(fields) == len(set(fields))
