"""Unifically's answers to callers, by hand from its pages: create, query, callback, and its table of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain.errors import (
    GatewayError,
    InvalidRequestError,
    MalformedRequestError,
    NotFoundError,
    Problem,
    ProviderRefusalError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
    UnsupportedMediaTypeError,
)
from klingway.domain.ids import ProviderName
from klingway.domain.job import JobError, Origin, State
from klingway.providers.dialects import Said, ShownJob

from tests.conformance.harness import dialect_of
from tests.conformance.unifically.cases import CLIP, MODEL, VIDEO_ELEMENT
from tests.unit.builders import JOB_ID, PROVENANCE_FILE, VIDEO_FILE, job

if TYPE_CHECKING:
    from klingway.domain.job import Job

DIALECT = dialect_of("unifically")
CREATE, QUERY = DIALECT.endpoints
ORIGIN = Origin(dialect=ProviderName("unifically"), product=MODEL)
LINK = "https://gateway.example/v1/media/job/video.mp4?exp=1&sig=x"
LINKS = {"video.mp4": LINK, "job.json": "https://gateway.example/v1/media/job/job.json?exp=1&sig=x"}
NO = JobError(code="generation_failed", message="GPU on fire", retryable=True, provider_code="GENERATION_FAILED")


def shown(state: State, links: dict[str, str] | None = None, **changed: Any) -> ShownJob:
    asked: Job = job(state=state, origin=ORIGIN, **changed)
    return ShownJob(job=asked, request={"prompt": "a fox"}, links=links or {})


def succeeded(links: dict[str, str]) -> ShownJob:
    return shown(State.SUCCEEDED, links, files=(PROVENANCE_FILE, VIDEO_FILE))


def test_the_endpoints() -> None:
    """Tasks: `POST /v1/tasks`, `GET /v1/tasks/:task_id`; nothing lists, no file is given out, elements are inline."""
    assert [("POST", "/v1/tasks", MODEL), ("GET", "/v1/tasks/{id}", MODEL)] == [
        (endpoint.method, endpoint.path, endpoint.product) for endpoint in DIALECT.endpoints
    ]
    assert (None, False, None) == (DIALECT.link_life_s, DIALECT.takes_signed_tokens, DIALECT.elements)
    assert DIALECT.lists is None


@pytest.mark.parametrize("state", State)
def test_a_create_is_answered_as_the_page_does(state: State) -> None:
    """Response: `{"code": 200, "success": true, "data": {"task_id": "abc123def456", "status": "pending"}}`."""
    expected = {"code": 200, "success": True, "data": {"task_id": JOB_ID, "status": "pending"}}

    assert Said(200, expected) == DIALECT.accepted(shown(state))


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.QUEUED, "pending"), (State.PREPARING, "pending"), (State.SUBMITTING, "pending"),
        (State.UNCONFIRMED, "pending"), (State.RUNNING, "processing"), (State.STORING, "processing"),
    ],
)  # fmt: skip
def test_a_query_of_a_running_task(state: State, word: str) -> None:
    """Response (Processing): the id and the status, nothing else."""
    expected = {"code": 200, "success": True, "data": {"task_id": JOB_ID, "status": word}}

    assert Said(200, expected) == DIALECT.show(QUERY, shown(state))


def test_a_query_of_a_completed_task() -> None:
    """Response (Completed): `"output": {"video_url": "https://…"}`."""
    data = {"task_id": JOB_ID, "status": "completed", "output": {"video_url": LINK}}

    assert Said(200, {"code": 200, "success": True, "data": data}) == DIALECT.show(QUERY, succeeded(LINKS))


def test_what_is_empty_is_left_out() -> None:
    """Empty arrays and objects are omitted from responses when not needed: a result of which nothing can be opened."""
    data = {"task_id": JOB_ID, "status": "completed"}

    assert Said(200, {"code": 200, "success": True, "data": data}) == DIALECT.show(QUERY, succeeded({}))


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [(State.FAILED, NO, "GPU on fire"), (State.CANCELED, None, "The task was canceled.")],
)
def test_a_query_of_a_failed_task(state: State, error: JobError | None, message: str) -> None:
    """Response (Failed): code 400, success false, message and code in data; also in `data.error`, as older pages have it.

    HTTP says 200: clients that are known look at `data.status` then, and some take 400 for a query that went wrong.
    """
    reason = {"message": message, "code": "GENERATION_FAILED"}
    data = {"task_id": JOB_ID, "status": "failed", **reason, "error": reason}

    assert Said(200, {"code": 400, "success": False, "data": data}) == DIALECT.show(QUERY, shown(state, error=error))


def test_a_callback_of_a_completed_task() -> None:
    """Success payload: `{"task_id", "status": "completed", "data": {"video_url"}}`."""
    expected = {"task_id": JOB_ID, "status": "completed", "data": {"video_url": LINK}}

    assert expected == DIALECT.callback(succeeded(LINKS))


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [(State.FAILED, NO, "GPU on fire"), (State.CANCELED, None, "The task was canceled.")],
)
def test_a_callback_of_a_failed_task(state: State, error: JobError | None, message: str) -> None:
    """Failure payload: `{"task_id", "status": "failed", "error_message"}`."""
    expected = {"task_id": JOB_ID, "status": "failed", "error_message": message}

    assert expected == DIALECT.callback(shown(state, error=error))


TOO_SHORT = Problem(
    field="input.duration", code="too_small", message="input.duration must be at least 3; here it is 2."
)
BLANK = Problem(field="input.prompt", code="blank", message="say what to show.")
TOO_LARGE = Problem(field="input.multi_shots", code="too_large", message="no")
INVALID = InvalidRequestError("The request has 2 problems; nothing was accepted.", [TOO_SHORT, BLANK])
ERRORS: list[tuple[GatewayError, int, str]] = [
    # The table: HTTP status, code.
    (ProviderRefusalError("generation_failed", "no"), 400, "generation_failed"),
    (UnauthenticatedError("no"), 401, "authentication_failed"),
    (INVALID, 422, "validation_error"),
    (ProviderRefusalError("provider_rate_limited", "no"), 429, "rate_limit_exceeded"),
    (GatewayError("no"), 500, "internal_error"),
    # Also ours.
    (MalformedRequestError("no"), 422, "validation_error"),
    (UnsupportedMediaTypeError("no"), 422, "validation_error"),
    (InvalidRequestError("no", [TOO_LARGE]), 422, "validation_error"),
    (NotFoundError("no"), 404, "not_found"),
    (TooLargeError("no"), 413, "request_too_large"),
    (UnavailableError("no"), 500, "internal_error"),
    # Also a provider's. What must not be sent again is none of those that callers send again, 429 and 500.
    (ProviderRefusalError("moderation_refused", "no"), 400, "generation_failed"),
    (ProviderRefusalError("submission_unconfirmed", "no"), 400, "generation_failed"),
    (ProviderRefusalError("deadline_exceeded", "no"), 400, "generation_failed"),
    (ProviderRefusalError("canceled_by_provider", "no"), 400, "generation_failed"),
    (ProviderRefusalError("element_failed", "no"), 400, "generation_failed"),
    (ProviderRefusalError("element_timed_out", "no"), 400, "generation_failed"),
    (ProviderRefusalError("result_not_stored", "no"), 400, "generation_failed"),
    (ProviderRefusalError("refused_by_provider", "no"), 422, "validation_error"),
    (ProviderRefusalError("provider_balance_exhausted", "no"), 402, "insufficient_balance"),
    (ProviderRefusalError("provider_full", "no"), 429, "rate_limit_exceeded"),
    (ProviderRefusalError("provider_authentication_failed", "no"), 500, "internal_error"),
    (ProviderRefusalError("provider_account_blocked", "no"), 500, "internal_error"),
    (ProviderRefusalError("provider_permission_denied", "no"), 500, "internal_error"),
    (ProviderRefusalError("not_configured", "no"), 500, "internal_error"),
    (ProviderRefusalError("provider_failed", "no"), 500, "internal_error"),
    (ProviderRefusalError("of another kind", "no"), 500, "internal_error"),
]


@pytest.mark.parametrize(
    ("error", "status", "word"), ERRORS, ids=[f"{type(error).__name__} {error.code}" for error, *_ in ERRORS]
)
def test_an_error_has_the_status_and_the_word_of_the_table(error: GatewayError, status: int, word: str) -> None:
    """Error response: `{"code": 422, "success": false, "data": {"message": "…", "code": "validation_error"}}`."""
    said = DIALECT.refusal(error, endpoint=CREATE, request_id="a-request")

    assert (status, status, False, word) == (
        said.status,
        said.body["code"],
        said.body["success"],
        said.body["data"]["code"],
    )
    assert {"code", "success", "data"} == set(said.body)
    assert {"message", "code"} == set(said.body["data"])


def test_an_error_tells_every_problem_in_its_message() -> None:
    """There is no other field for them; each is told with its place."""
    said = DIALECT.refusal(INVALID, endpoint=CREATE, request_id="a-request")

    expected = "input.duration must be at least 3; here it is 2. input.prompt: say what to show."
    assert expected == said.body["data"]["message"]


def test_an_unknown_path_is_answered_in_the_same_words() -> None:
    """Without an endpoint there is still the caller's dialect."""
    data = {"message": "There is no such path.", "code": "not_found"}

    said = DIALECT.refusal(NotFoundError("There is no such path."), endpoint=None, request_id="a-request")

    assert Said(404, {"code": 404, "success": False, "data": data}) == said


@pytest.mark.parametrize("mode", ["transform", "video_reference", "elements"])
def test_a_video_and_a_video_element_are_a_400(mode: str) -> None:
    """A video_url and any element with type: "video" are mutually exclusive — passing both returns 400."""
    given = {"video_mode": mode, "prompt": "x", "video_url": CLIP, "elements": [VIDEO_ELEMENT]}
    with pytest.raises(InvalidRequestError) as refused:
        DIALECT.translate(MODEL, {"model": MODEL, "input": given})

    said = DIALECT.refusal(refused.value, endpoint=CREATE, request_id="a-request")

    assert (400, 400, "generation_failed") == (said.status, said.body["code"], said.body["data"]["code"])
    assert "the video element counts as the video reference" in said.body["data"]["message"]
