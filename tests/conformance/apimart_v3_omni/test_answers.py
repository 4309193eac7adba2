"""What APIMart answers, for both of its Kling v3 models: its pages on tasks and errors, and clients known to work."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain.errors import (
    AlreadyExistsError,
    GatewayError,
    InvalidRequestError,
    MalformedRequestError,
    NotFoundError,
    NotReadyError,
    Problem,
    ProviderRefusalError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedMediaTypeError,
)
from klingway.domain.job import JobError, State
from klingway.providers.dialects import Action, ShownJob

from tests.conformance.harness import dialect_of
from tests.unit.builders import JOB_ID, VIDEO_FILE, job

if TYPE_CHECKING:
    from klingway.domain.job import Job
    from klingway.providers.dialects import Said

APIMART = dialect_of("apimart")
CREATE, READ = APIMART.endpoints
MADE, ENDED = datetime.fromtimestamp(1762853430, UTC), datetime.fromtimestamp(1762853695, UTC)
LINK, MARKED = "https://gateway.example/v1/media/job/video.mp4", "https://gateway.example/v1/media/job/watermarked.mp4"
LINKS_END = datetime.fromtimestamp(1762853695 + 86400, UTC)


def shown(state: State, **changed: Any) -> ShownJob:
    """Return a job as it is shown while nothing of it can be opened."""
    return ShownJob(job=job(state=state, created_at=MADE, updated_at=ENDED, **changed), request={})


def completed(*files: tuple[str, str], **links: str) -> ShownJob:
    """Return a job with files, by role and name, and links."""
    made = tuple(replace(VIDEO_FILE, role=role, name=name) for role, name in files)
    ended: Job = job(state=State.SUCCEEDED, created_at=MADE, updated_at=ENDED, finished_at=ENDED, files=made)
    return ShownJob(job=ended, request={}, links=links, links_end_at=LINKS_END)


def failed(code: str, message: str) -> ShownJob:
    return shown(State.FAILED, error=JobError(code=code, message=message, retryable=False), finished_at=ENDED)


def answered(which: ShownJob) -> tuple[int, Any]:
    said = APIMART.show(READ, which)
    return said.status, said.body


def test_the_endpoints() -> None:
    """`POST /v1/videos/generations`, "one endpoint for every video model"; `GET /v1/tasks/{task_id}`; no list, no cancel."""
    assert [
        ("POST", "/v1/videos/generations", Action.CREATE, "video"),
        ("GET", "/v1/tasks/{id}", Action.READ, "video"),
    ] == [(each.method, each.path, each.action, each.product) for each in APIMART.endpoints]


def test_what_apimart_has_and_has_not() -> None:
    """Results live for 24 hours; keys are bearer keys; elements are inline; nobody is called back."""
    assert (86400, False, None) == (APIMART.link_life_s, APIMART.takes_signed_tokens, APIMART.elements)
    assert APIMART.callback(completed(("video", "video.mp4"))) is None
    assert APIMART.lists is None


@pytest.mark.parametrize("state", State)
def test_a_create_is_answered_with_a_list_of_one(state: State) -> None:
    """`{"code": 200, "data": [{"status": "submitted", "task_id": …}]}`, however far the job has come; the id is ours."""
    said = APIMART.accepted(shown(state))

    assert (200, {"code": 200, "data": [{"status": "submitted", "task_id": JOB_ID}]}) == (said.status, said.body)


@pytest.mark.parametrize(
    ("state", "status", "progress"),
    [
        (State.QUEUED, "pending", 0),
        (State.PREPARING, "pending", 0),
        (State.SUBMITTING, "pending", 0),
        (State.UNCONFIRMED, "pending", 0),
        (State.RUNNING, "processing", 30),
        (State.STORING, "processing", 90),
        (State.CANCELED, "cancelled", 100),
    ],
)
def test_a_task_without_a_result(state: State, status: str, progress: int) -> None:
    """`id`, `status`, `progress`, `created`, `estimated_time` are always there; the rest belongs to an end."""
    task = {"id": JOB_ID, "status": status, "progress": progress, "created": 1762853430, "estimated_time": 600}

    assert (200, {"code": 200, "data": task}) == answered(shown(state))


def test_a_completed_task() -> None:
    """The page's own example, with our id and our link."""
    assert (
        200,
        {
            "code": 200,
            "data": {
                "id": JOB_ID,
                "status": "completed",
                "progress": 100,
                "result": {"videos": [{"url": [LINK], "expires_at": 1762940095}]},
                "created": 1762853430,
                "completed": 1762853695,
                "estimated_time": 600,
                "actual_time": 265,
            },
        },
    ) == answered(completed(("video", "video.mp4"), ("provenance", "job.json"), **{"video.mp4": LINK}))


@pytest.mark.parametrize(
    ("files", "links", "urls"),
    [
        ([("video", "video.mp4"), ("watermarked", "watermarked.mp4")], {"video.mp4": LINK, "watermarked.mp4": MARKED}, [MARKED]),
        ([("video", "video.mp4"), ("watermarked", "watermarked.mp4")], {"video.mp4": LINK}, [LINK]),
    ],
    ids=["the marked one", "no link to the marked one"],
)  # fmt: skip
def test_one_film_is_shown(files: list[tuple[str, str]], links: dict[str, str], urls: list[str]) -> None:
    """`watermark`: asked for, APIMart's one film is the marked one."""
    _, body = answered(completed(*files, **links))

    assert [{"url": urls, "expires_at": 1762940095}] == body["data"]["result"]["videos"]


@pytest.mark.parametrize(
    ("ours", "code", "kind"),
    [
        ("moderation_refused", 400, "invalid_request_error"),
        ("refused_by_provider", 400, "invalid_request_error"),
        ("provider_balance_exhausted", 402, "payment_required"),
        ("generation_failed", 400, "invalid_request_error"),
        ("submission_unconfirmed", 400, "invalid_request_error"),
        ("deadline_exceeded", 400, "invalid_request_error"),
        ("element_failed", 400, "invalid_request_error"),
        ("element_timed_out", 400, "invalid_request_error"),
        ("canceled_by_provider", 400, "invalid_request_error"),
        ("result_not_stored", 400, "invalid_request_error"),
        ("a code to come", 400, "invalid_request_error"),
        ("not_configured", 500, "server_error"),
        ("provider_authentication_failed", 500, "server_error"),
    ],
)
def test_a_failed_task(ours: str, code: int, kind: str) -> None:
    """HTTP 200 with `error{code, message, type}`, and neither result nor `completed`.

    "500 server_error: retry later" is for what was surely not charged: whoever sends the others again may pay twice.
    """
    task = {
        "id": JOB_ID,
        "status": "failed",
        "progress": 100,
        "created": 1762853430,
        "estimated_time": 600,
        "error": {"code": code, "message": "the dog is not allowed", "type": kind},
    }

    assert (200, {"code": 200, "data": task}) == answered(failed(ours, "the dog is not allowed"))


def of_code(code: str) -> GatewayError:
    """Return an error with a code that no class has yet."""
    error = GatewayError("why")
    error.code = code
    return error


PROBLEMS = InvalidRequestError(
    "The request has 2 problems; nothing was accepted.",
    [
        Problem(field="duration", code="wrong_type", message="duration must be a whole number."),
        Problem(field="prompt", code="required", message="give one."),
    ],
)
ERRORS = [
    (MalformedRequestError("The body is not JSON."), 400, "invalid_request_error", "The body is not JSON."),
    (PROBLEMS, 400, "invalid_request_error", "duration must be a whole number. prompt: give one."),
    (UnsupportedMediaTypeError("Send JSON."), 400, "invalid_request_error", "Send JSON."),
    (AlreadyExistsError("a"), 400, "invalid_request_error", "External_task_id a already exists"),
    (NotReadyError("No result."), 400, "invalid_request_error", "No result."),
    (UnauthenticatedError("No such key."), 401, "authentication_error", "No such key."),
    (of_code("payment_required"), 402, "payment_required", "why"),
    (TooLargeError("At most 4 MB."), 413, "invalid_request_error", "At most 4 MB."),
    (of_code("rate_limited"), 429, "rate_limit_error", "why"),
    (GatewayError("Something went wrong."), 500, "server_error", "Something went wrong."),
    (UnavailableError("Not now."), 502, "bad_gateway", "Not now."),
    (ProviderRefusalError("moderation_refused", "risk control"), 400, "invalid_request_error", "risk control"),
    (ProviderRefusalError("refused_by_provider", "bad image"), 400, "invalid_request_error", "bad image"),
    (ProviderRefusalError("generation_failed", "odd hands"), 400, "invalid_request_error", "odd hands"),
    (ProviderRefusalError("submission_unconfirmed", "?"), 400, "invalid_request_error", "?"),
    (ProviderRefusalError("result_not_stored", "gone"), 400, "invalid_request_error", "gone"),
    (ProviderRefusalError("provider_balance_exhausted", "top up"), 402, "payment_required", "top up"),
    (ProviderRefusalError("provider_account_blocked", "blocked"), 403, "permission_error", "blocked"),
    (ProviderRefusalError("provider_permission_denied", "no"), 403, "permission_error", "no"),
    (ProviderRefusalError("provider_full", "busy"), 429, "rate_limit_error", "busy"),
    (ProviderRefusalError("provider_rate_limited", "slow"), 429, "rate_limit_error", "slow"),
    (ProviderRefusalError("provider_unreachable", "no way"), 502, "bad_gateway", "no way"),
    (ProviderRefusalError("provider_in_maintenance", "later"), 502, "bad_gateway", "later"),
    (ProviderRefusalError("provider_authentication_failed", "the key"), 500, "server_error", "the key"),
    (ProviderRefusalError("not_configured", "no key"), 500, "server_error", "no key"),
]


@pytest.mark.parametrize(("error", "code", "kind", "message"), ERRORS, ids=[error.code for error, *_ in ERRORS])
def test_an_error_of_a_create(error: GatewayError, code: int, kind: str, message: str) -> None:
    """The error table: HTTP status equals `error.code`. A caller's mistake is never a 500, nor our provider's key a 401."""
    said = APIMART.refusal(error, endpoint=CREATE, request_id="r")

    assert (code, {"error": {"code": code, "message": message, "type": kind}}) == (said.status, said.body)


def refused(endpoint: Any) -> Said:
    return APIMART.refusal(NotFoundError("There is no task."), endpoint=endpoint, request_id="r")


def test_an_unknown_task() -> None:
    """HTTP 400, "Invalid task ID", and not 404."""
    said = refused(READ)

    assert (400, {"error": {"code": 400, "message": "Invalid task ID", "type": "invalid_request_error"}}) == (
        said.status, said.body,
    )  # fmt: skip


def test_another_error_of_a_query() -> None:
    """Whoever may not ask does not hear of a task."""
    said = APIMART.refusal(UnauthenticatedError("No such key."), endpoint=READ, request_id="r")

    assert (401, {"error": {"code": 401, "message": "No such key.", "type": "authentication_error"}}) == (
        said.status, said.body,
    )  # fmt: skip


def test_an_unknown_path() -> None:
    """No page has one: HTTP's own 404 in APIMart's shape."""
    said = refused(None)

    assert (404, {"error": {"code": 404, "message": "There is no task.", "type": "invalid_request_error"}}) == (
        said.status, said.body,
    )  # fmt: skip
