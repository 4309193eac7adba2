"""EzModel's answers, written by hand from its pages, and from its published source where these are silent."""

from __future__ import annotations

from typing import Any

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
from klingway.domain.ids import ProviderName
from klingway.domain.job import JobError, Origin, State
from klingway.providers.dialects import Action, Endpoint, ShownJob

from tests.conformance.ezmodel.building import PRODUCT
from tests.conformance.harness import dialect_of
from tests.unit.builders import ENDED_AT, JOB_ID, VIDEO_FILE, job

DIALECT = dialect_of("ezmodel")
FILM = f"https://gateway.example/v1/media/{JOB_ID}/video.mp4?exp=1&sig=s"
ORIGIN = Origin(dialect=ProviderName("ezmodel"), product=PRODUCT, external_id="my_task_001")
FAILED = JobError(code="generation_failed", message="GPU on fire", retryable=True)

# 2026-11-20 12:00:00 UTC, when the task was asked for; taken up a second later; over after a minute and a half.
ASKED_S, ASKED_MS = 1_795_176_000, 1_795_176_000_000


def shown(state: State, **changed: Any) -> ShownJob:
    """Return a job as a caller of this dialect sees it."""
    return ShownJob(job=job(state=state, origin=ORIGIN, **changed), request={}, links={})


DONE = ShownJob(
    job=job(state=State.SUCCEEDED, origin=ORIGIN, files=(VIDEO_FILE,), updated_at=ENDED_AT, finished_at=ENDED_AT),
    request={},
    links={"video.mp4": FILM},
)
BROKEN = shown(State.FAILED, error=FAILED, updated_at=ENDED_AT, finished_at=ENDED_AT)


def endpoint(method: str, path: str) -> Endpoint:
    """Return the endpoint of this method and path."""
    (found,) = [each for each in DIALECT.endpoints if (each.method, each.path) == (method, path)]
    return found


CREATE = endpoint("POST", "/kling/v1/videos/omni-video")
READ = endpoint("GET", "/kling/v1/videos/omni-video/{id}")
GENERIC_READ = endpoint("GET", "/v1/video/generations/{id}")
OPENAI_READ = endpoint("GET", "/v1/videos/{id}")
CONTENT = endpoint("GET", "/v1/videos/{id}/content")
CREATE_ELEMENT = endpoint("POST", "/kling/v1/general/advanced-custom-elements")


def test_the_endpoints() -> None:
    """Endpoint: POST /kling/v1/videos/omni-video; its query, the two generic ones, the film; the routes of elements."""
    elements = "/kling/v1/general"

    assert {(each.method, each.path, each.action, each.product) for each in DIALECT.endpoints} == {
        ("POST", "/kling/v1/videos/omni-video", Action.CREATE, PRODUCT),
        ("GET", "/kling/v1/videos/omni-video/{id}", Action.READ, PRODUCT),
        ("GET", "/v1/video/generations/{id}", Action.READ, PRODUCT),
        ("GET", "/v1/videos/{id}", Action.READ, PRODUCT),
        ("GET", "/v1/videos/{id}/content", Action.CONTENT, PRODUCT),
        ("POST", f"{elements}/advanced-custom-elements", Action.CREATE_ELEMENT, "element"),
        ("GET", f"{elements}/advanced-custom-elements/{{id}}", Action.READ_ELEMENT, "element"),
        ("GET", f"{elements}/advanced-custom-elements", Action.LIST_ELEMENTS, "element"),
        ("GET", f"{elements}/advanced-presets-elements", Action.LIST_PRESETS, "element"),
        ("POST", f"{elements}/delete-elements", Action.DELETE_ELEMENT, "element"),
    }


def test_what_it_promises() -> None:
    """Bearer keys; no life of a result is stated; tasks are not listed."""
    assert (None, False) == (DIALECT.link_life_s, DIALECT.takes_signed_tokens)
    assert Action.LIST not in {each.action for each in DIALECT.endpoints}
    assert DIALECT.lists is None


def test_a_create_is_answered_with_openais_video_object() -> None:
    """Response Parameters: id, task_id, object, model, created_at; the server adds an empty status and progress 0."""
    said = DIALECT.accepted(shown(State.QUEUED))

    assert 200 == said.status
    assert said.body == {
        "id": JOB_ID,
        "task_id": JOB_ID,
        "object": "video",
        "model": "kling-v3-omni",
        "status": "",
        "progress": 0,
        "created_at": ASKED_S,
    }


WORDS = {
    State.QUEUED: ("SUBMITTED", "10%", "submitted", "queued", 10),
    State.PREPARING: ("SUBMITTED", "10%", "submitted", "queued", 10),
    State.SUBMITTING: ("SUBMITTED", "10%", "submitted", "queued", 10),
    State.UNCONFIRMED: ("SUBMITTED", "10%", "submitted", "queued", 10),
    State.RUNNING: ("IN_PROGRESS", "30%", "processing", "in_progress", 30),
    State.STORING: ("IN_PROGRESS", "30%", "processing", "in_progress", 30),
    State.SUCCEEDED: ("SUCCESS", "100%", "succeed", "completed", 100),
    State.FAILED: ("FAILURE", "100%", "failed", "failed", 100),
    State.CANCELED: ("FAILURE", "100%", "failed", "failed", 100),
}


@pytest.mark.parametrize("state", State)
def test_each_state_has_its_words(state: State) -> None:
    """Status and progress of both forms, and Kling's own word within: the table of its published source."""
    seen = shown(state)
    native, openai = DIALECT.show(READ, seen).body["data"], DIALECT.show(OPENAI_READ, seen).body

    assert WORDS[state] == (
        native["status"], native["progress"], native["data"]["data"]["task_status"], openai["status"], openai["progress"],
    )  # fmt: skip


def test_a_query_while_the_task_runs() -> None:
    """Omni video status: code, message, data{task_id, status, progress, data}; data.data is Kling's answer."""
    said = DIALECT.show(READ, shown(State.RUNNING))

    assert 200 == said.status
    assert said.body == {
        "code": "success",
        "message": "",
        "data": {
            "task_id": JOB_ID,
            "action": "omniVideo",
            "status": "IN_PROGRESS",
            "fail_reason": "",
            "submit_time": ASKED_S,
            "start_time": ASKED_S + 1,
            "finish_time": 0,
            "progress": "30%",
            "data": {
                "code": 0,
                "message": "SUCCEED",
                "request_id": JOB_ID,
                "data": {
                    "task_id": JOB_ID,
                    "task_status": "processing",
                    "task_status_msg": "",
                    "task_info": {"external_task_id": "my_task_001"},
                    "watermark_info": {"enabled": False},
                    "created_at": ASKED_MS,
                    "updated_at": ASKED_MS + 1000,
                },
            },
        },
    }


def test_a_query_before_anything_was_submitted() -> None:
    """Nothing has started."""
    task = DIALECT.show(READ, shown(State.QUEUED, attempts=())).body["data"]

    assert ("SUBMITTED", 0, 0) == (task["status"], task["start_time"], task["finish_time"])


def test_a_query_of_a_task_that_succeeded() -> None:
    """The page's example: the address at data.data.data.task_result.videos[0].url; and where other clients look for it."""
    task = DIALECT.show(READ, DONE).body["data"]

    assert ("SUCCESS", "100%", ASKED_S + 90) == (task["status"], task["progress"], task["finish_time"])
    assert [{"id": JOB_ID, "url": FILM, "duration": "10.04"}] == task["data"]["data"]["task_result"]["videos"]
    assert "succeed" == task["data"]["data"]["task_status"]
    assert (FILM, FILM) == (task["fail_reason"], task["result_url"])


def test_a_query_of_a_task_that_failed() -> None:
    """The true reason at both places, and no address anywhere."""
    task = DIALECT.show(READ, BROKEN).body["data"]

    assert ("FAILURE", "GPU on fire", "GPU on fire") == (
        task["status"], task["fail_reason"], task["data"]["data"]["task_status_msg"],
    )  # fmt: skip
    assert "result_url" not in task
    assert "task_result" not in task["data"]["data"]


@pytest.mark.parametrize("seen", [shown(State.QUEUED), DONE, BROKEN], ids=["queued", "done", "failed"])
def test_the_generic_query_says_the_same(seen: ShownJob) -> None:
    """GET /v1/video/generations/{id} gives the same body."""
    assert DIALECT.show(READ, seen) == DIALECT.show(GENERIC_READ, seen)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(
            shown(State.RUNNING),
            {
                "id": JOB_ID, "object": "video", "model": "kling-v3-omni", "status": "in_progress", "progress": 30,
                "created_at": ASKED_MS, "completed_at": ASKED_MS + 1000,
            },
            id="running",
        ),
        pytest.param(
            DONE,
            {
                "id": JOB_ID, "object": "video", "model": "kling-v3-omni", "status": "completed", "progress": 100,
                "created_at": ASKED_MS, "completed_at": ASKED_MS + 90_000, "seconds": "10.04", "metadata": {"url": FILM},
            },
            id="completed",
        ),
        pytest.param(
            BROKEN,
            {
                "id": JOB_ID, "object": "video", "model": "kling-v3-omni", "status": "failed", "progress": 100,
                "created_at": ASKED_MS, "completed_at": ASKED_MS + 90_000,
                "error": {"message": "GPU on fire", "code": "generation_failed"},
            },
            id="failed",
        ),
    ],
)  # fmt: skip
def test_a_query_in_openais_form(seen: ShownJob, expected: dict[str, Any]) -> None:
    """GET /v1/videos/{id}: Kling's milliseconds, seconds as text, the address in metadata."""
    said = DIALECT.show(OPENAI_READ, seen)

    assert (200, expected) == (said.status, said.body)


def test_a_callback_is_klings_own_task() -> None:
    """callback_url: it is Kling that calls back, with the task and no envelope."""
    told = DIALECT.callback(DONE)

    assert told == {
        "task_id": JOB_ID,
        "task_status": "succeed",
        "task_status_msg": "",
        "task_info": {"external_task_id": "my_task_001"},
        "watermark_info": {"enabled": False},
        "created_at": ASKED_MS,
        "updated_at": ASKED_MS + 90_000,
        "task_result": {"videos": [{"id": JOB_ID, "url": FILM, "duration": "10.04"}]},
    }


def test_a_callback_of_a_failure_has_its_reason() -> None:
    """In Kling's field for it."""
    told = DIALECT.callback(BROKEN)

    assert told is not None
    assert ("failed", "GPU on fire") == (told["task_status"], told["task_status_msg"])


class RateLimitedError(GatewayError):
    code = "rate_limited"


class PaymentRequiredError(GatewayError):
    code = "payment_required"


INVALID = InvalidRequestError(
    "The request has 1 problem; nothing was accepted.",
    [Problem(field="duration", code="too_long", message="seconds: at most 10; here it is 11.")],
)

FLAT: dict[str, tuple[GatewayError, Endpoint, int, str, str]] = {
    "a broken rule": (INVALID, CREATE, 400, "invalid_request", "duration: seconds: at most 10; here it is 11."),
    "no JSON": (MalformedRequestError("no JSON"), CREATE, 400, "invalid_request", "no JSON"),
    "a form": (UnsupportedMediaTypeError("a form"), CREATE, 400, "invalid_request", "a form"),
    "too much": (TooLargeError("too much"), CREATE, 413, "invalid_request", "too much"),
    "an id that is taken": (
        AlreadyExistsError("my_task_001"), CREATE, 400, "task_failed", "External_task_id my_task_001 already exists",
    ),
    "an unknown task": (NotFoundError("There is no task 'x'."), READ, 400, "task_not_exist", "There is no task 'x'."),
    "an unknown task, in OpenAI's form": (NotFoundError("no"), OPENAI_READ, 400, "task_not_exist", "no"),
    "no balance": (PaymentRequiredError("top up"), CREATE, 403, "quota_not_enough", "top up"),
    "too many": (RateLimitedError("later"), CREATE, 429, "fail_to_fetch_task", "later"),
    "a defect": (GatewayError("name r when you report it"), CREATE, 500, "do_request_failed", "name r when you report it"),
    "an element that is not there": (NotFoundError("no"), CREATE_ELEMENT, 400, "element_failed", "no"),
    "a broken rule of an element": (
        INVALID, CREATE_ELEMENT, 400, "element_failed", "duration: seconds: at most 10; here it is 11.",
    ),
    "an element's id that is taken": (
        AlreadyExistsError("e"), CREATE_ELEMENT, 400, "element_failed", "External_task_id e already exists",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("error", "asked", "status", "code", "message"), FLAT.values(), ids=FLAT)
def test_an_error_of_the_relay(error: GatewayError, asked: Endpoint, status: int, code: str, message: str) -> None:
    """Flat: code, message, data."""
    said = DIALECT.refusal(error, endpoint=asked, request_id="r-1")

    assert (status, {"code": code, "message": message, "data": None}) == (said.status, said.body)


NESTED: dict[str, tuple[GatewayError, Endpoint | None, int, str, str, str]] = {
    "no key": (UnauthenticatedError("no key"), CREATE, 401, "new_api_error", "", "no key"),
    "no key at no endpoint": (UnauthenticatedError("no key"), None, 401, "new_api_error", "", "no key"),
    "no key for the film": (UnauthenticatedError("no key"), CONTENT, 401, "new_api_error", "", "no key"),
    "nobody serves it": (UnavailableError("wait"), CREATE, 503, "new_api_error", "model_not_found", "wait"),
    "no such path": (NotFoundError("no"), None, 404, "invalid_request_error", "", "Invalid URL: no"),
    "the film of an unknown task": (NotFoundError("no"), CONTENT, 404, "invalid_request_error", "", "Task not found: no"),
    "a film that is not there yet": (
        NotReadyError("The job is running"), CONTENT, 400, "invalid_request_error", "",
        "Task is not completed yet: The job is running",
    ),
    "a film that cannot be given": (GatewayError("oops"), CONTENT, 502, "server_error", "", "oops"),
    "a film at a bad time": (UnavailableError("wait"), CONTENT, 502, "server_error", "", "wait"),
}  # fmt: skip


@pytest.mark.parametrize(("error", "asked", "status", "kind", "code", "message"), NESTED.values(), ids=NESTED)
def test_an_error_of_what_lies_before_it(
    error: GatewayError, asked: Endpoint | None, status: int, kind: str, code: str, message: str
) -> None:
    """Nested: error{message, type, code}; the message names the request."""
    said = DIALECT.refusal(error, endpoint=asked, request_id="r-1")

    assert (status, {"error": {"message": f"{message} (request id: r-1)", "type": kind, "code": code}}) == (
        said.status, said.body,
    )  # fmt: skip


PROVIDERS: dict[str, tuple[int, str | None]] = {
    "refused_by_provider": (400, "task_failed"),
    "moderation_refused": (400, "task_failed"),
    "element_failed": (400, "task_failed"),
    "provider_balance_exhausted": (403, "quota_not_enough"),
    "provider_account_blocked": (403, None),
    "provider_permission_denied": (403, None),
    "provider_rate_limited": (429, "fail_to_fetch_task"),
    "provider_full": (429, "fail_to_fetch_task"),
    "provider_authentication_failed": (503, None),
    "not_configured": (503, None),
    "generation_failed": (500, "do_request_failed"),
    "provider_failed": (500, "do_request_failed"),
    "submission_unconfirmed": (500, "do_request_failed"),
    "deadline_exceeded": (500, "do_request_failed"),
    "a code of tomorrow": (500, "do_request_failed"),
}


@pytest.mark.parametrize(("code", "expected"), PROVIDERS.items(), ids=PROVIDERS)
def test_what_a_provider_said_of_a_job(code: str, expected: tuple[int, str | None]) -> None:
    """Whichever provider it was: Kling's refusals are task_failed, a spent balance 403 and not 402."""
    said = DIALECT.refusal(ProviderRefusalError(code, "the reason"), endpoint=CREATE, request_id="r-1")

    assert expected == (said.status, said.body.get("code"))
    assert "the reason" in str(said.body)


def test_a_part_of_a_list_of_elements() -> None:
    """PageNum 1 and pageSize 30 by default."""
    elements = DIALECT.elements
    assert elements is not None
    first, third = elements.part({}), elements.part({"pageNum": "3", "pageSize": "2"})

    assert ((0, 30), (4, 2)) == ((first.skipped, first.limit), (third.skipped, third.limit))
    with pytest.raises(InvalidRequestError):
        elements.part({"pageNum": "0"})


def test_nothing_shown_is_a_providers_own() -> None:
    """Ids are ours: the provider's task stays with us."""
    attempt = DONE.job.attempts[0]

    assert attempt.task_id is not None
    for said in (DIALECT.accepted(DONE).body, DIALECT.show(READ, DONE).body, DIALECT.show(OPENAI_READ, DONE).body):
        assert attempt.task_id not in str(said)
