"""Calls to Unifically and what is made of the answers; the good ones as its pages have them, the odd ones as others met them."""

from __future__ import annotations

from typing import Any

import pytest
from klingway.providers.contract import (
    AnswerLostError,
    Created,
    Failed,
    Media,
    NotSentError,
    ProviderError,
    Running,
    Succeeded,
    Task,
)

from tests.unit.builders import (
    API_KEY,
    ATTEMPT_ID,
    BASE_URL,
    PROMPT,
    Credentials,
    FakeCredentials,
    HttpAnswer,
    ScriptedHttp,
    answer,
    video_request,
    with_api_key,
)  # fmt: skip
from tests.unit.unifically.builders import TASK_ID, said, unifically

HANDLE = {"path": "/v1/tasks", "task_id": TASK_ID}
SUBMITTED = said(task_id=TASK_ID, status="pending")
VIDEO_URL = "https://cdn.unifically.com/outputs/abc123.mp4"
OUTPUT = {"video_url": VIDEO_URL}
DONE = Succeeded(media=(Media(VIDEO_URL, "video"),))
NO_KEY = said(401, message="Invalid API key provided", code="authentication_failed")


def task(status: object, code: int = 200, /, **changed: Any) -> dict[str, Any]:
    """A task as a query answers it; a field that is `...` is left out."""
    data = {"task_id": TASK_ID, "status": status} | changed
    return {"code": code, "data": {name: value for name, value in data.items() if value is not ...}}


def submit(*answers: HttpAnswer | Exception, credentials: FakeCredentials | None = None) -> tuple[Task, ScriptedHttp]:
    provider, http = unifically(*answers, credentials=credentials)
    wire = provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None)
    return provider.submit(wire, timeout_s=20), http


def failed_submit(
    *answers: HttpAnswer | Exception, credentials: FakeCredentials | None = None
) -> tuple[ProviderError, ScriptedHttp]:
    provider, http = unifically(*answers, credentials=credentials)
    wire = provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None)
    with pytest.raises(ProviderError) as failed:
        provider.submit(wire, timeout_s=20)
    return failed.value, http


def check(*answers: HttpAnswer | Exception) -> Task:
    return unifically(*answers)[0].check(HANDLE)


def test_a_create_is_posted_once_over_a_fresh_connection() -> None:
    """The endpoint's address, the key, JSON, the time that the caller has."""
    _, http = submit(answer(SUBMITTED))

    (call,) = http.calls
    assert ("POST", f"{BASE_URL}/v1/tasks", 20, True) == (call.method, call.url, call.timeout_s, call.fresh_connection)
    assert {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"} == call.headers
    assert call.json is not None
    assert "a fox" == call.json["input"]["prompt"]


FAILED_AT_ONCE = {"task_id": TASK_ID, "status": "failed", "message": "no", "code": "GENERATION_FAILED"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(SUBMITTED, 200, id="as documented"),
        pytest.param({"code": 200, "data": {"task_id": TASK_ID, "status": "processing"}}, 200, id="an older page's"),
        pytest.param({"code": 200, "data": {"task_id": TASK_ID}}, 200, id="an id alone"),
        pytest.param({"data": {"task_id": TASK_ID, "status": 5, "error": {}, "output": []}}, 201, id="odd beside it"),
        pytest.param({"code": 400, "data": FAILED_AT_ONCE}, 400, id="failed at once"),
        pytest.param({"code": 400, "data": FAILED_AT_ONCE}, 200, id="failed at once under HTTP 200"),
    ],
)
def test_a_create_answer_is_a_running_task(body: dict[str, Any], status: int) -> None:
    """A task was created, and is known by its id: nothing else may hide it. How it stands is asked for."""
    found, _ = submit(answer(body, status))

    assert Task(task_id=TASK_ID, handle=HANDLE, outcome=Running()) == found


UNREADABLE = {
    "nothing": b"",
    "HTML": b"<html>ok</html>",
    "half a JSON": b'{"code": 200, "data": {"task_id": "abc',
    "an array": b"[]",
    "no data": b'{"code": 200, "success": true}',
    "null data": b'{"code": 200, "data": null}',
    "data as a list": b'{"code": 200, "data": [{"task_id": "abc"}]}',
    "no id": b'{"code": 200, "data": {"status": "pending"}}',
    "an empty id": b'{"code": 200, "data": {"status": "pending", "task_id": ""}}',
    "no id but a truth": b'{"code": 200, "data": {"status": "pending", "task_id": true}}',
    "a price": b'{"code": 200, "success": true, "data": {"cost": 1.5}}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_success_may_hide_a_task(body: bytes) -> None:
    """HTTP 200 that says nothing: created maybe."""
    failed, http = failed_submit(answer(body))

    assert ("provider_answer_unreadable", True, Created.MAYBE) == (
        failed.error.code, failed.error.retryable, failed.created,
    )  # fmt: skip
    assert 1 == len(http.calls)


@pytest.mark.parametrize(
    ("lost", "code", "created"),
    [
        (NotSentError("ConnectTimeout"), "provider_unreachable", Created.NO),
        (AnswerLostError("ReadTimeout"), "provider_answer_lost", Created.MAYBE),
    ],
    ids=["no connection", "no answer"],
)
def test_a_call_that_is_lost(lost: Exception, code: str, created: Created) -> None:
    """Without a connection nothing was sent; without an answer a task may exist. Neither is sent again here."""
    failed, http = failed_submit(lost)

    assert (code, True, created) == (failed.error.code, failed.error.retryable, failed.created)
    assert "Unifically" in failed.error.message
    assert 1 == len(http.calls)


STATUSES: dict[str, tuple[int, dict[str, Any], object]] = {
    **{word: (200, task(word), Running()) for word in ("pending", "processing", "PROCESSING")},
    **{word: (200, task(word, output=OUTPUT), DONE) for word in ("completed", "Completed", "success", "succeeded")},
    "with success": (200, said(task_id=TASK_ID, status="completed", output=OUTPUT), DONE),
    "running under a code of 400, as an older page has it": (
        200, task("processing", 400, output={}, error={}), Running(),
    ),
    "running under HTTP 400": (400, task("processing", 400), Running()),
    "completed beside an empty error": (200, task("completed", output=OUTPUT | {"seed": 0}, error={}), DONE),
    "the video where callbacks have it": (200, task("completed", video_url=VIDEO_URL), DONE),
    "a word nobody knows": (200, task("reviewing"), Running(unknown_status="reviewing")),
    "a word for having been stopped": (200, task("cancelled"), Running(unknown_status="cancelled")),
    "no word": (200, task(...), Running(unknown_status="none")),
    "completed without output": (200, task("completed"), Running(unknown_status="completed without a video")),
    "completed with an odd output": (
        200, task("completed", output=[VIDEO_URL]), Running(unknown_status="completed without a video"),
    ),
    "completed with no address": (
        200, task("completed", output={"video_url": ""}), Running(unknown_status="completed without a video"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("status", "body", "outcome"), STATUSES.values(), ids=STATUSES.keys())
def test_how_a_task_stands(status: int, body: dict[str, Any], outcome: object) -> None:
    """Each status, which goes before that of HTTP; what is unknown is still running and counted. No time is known."""
    assert Task(task_id=TASK_ID, handle=HANDLE, outcome=outcome) == check(answer(body, status))  # type: ignore[arg-type]


RISK = "Failure to pass the risk control system"
POLICY = "[Content policy violation] Your request contains inappropriate content."
REPHRASE = "Generation failed. Please rephrase your prompt to comply with content policies."
CODE = "GENERATION_FAILED"


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("code", [200, 400])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({"message": "no", "code": CODE}, ("generation_failed", "no", True, CODE), id="as of late"),
        pytest.param({"error": {"message": "no", "code": "veo3_error"}}, ("generation_failed", "no", True, "veo3_error"),
                     id="as in an older page"),
        pytest.param({"error": "no"}, ("generation_failed", "no", True, None), id="error as text"),
        pytest.param({"error_message": "no"}, ("generation_failed", "no", True, None), id="as callbacks have it"),
        pytest.param({"message": "no", "error": {}}, ("generation_failed", "no", True, None), id="beside an empty error"),
        pytest.param({}, ("generation_failed", "the provider gave no reason", True, None), id="no reason"),
        pytest.param({"status": "FAILURE", "message": "no"}, ("generation_failed", "no", True, None), id="another word"),
        pytest.param({"message": RISK, "code": CODE}, ("moderation_refused", RISK, False, CODE), id="Kling's moderation"),
        pytest.param({"message": POLICY}, ("moderation_refused", POLICY, False, None), id="its own moderation"),
        pytest.param({"message": REPHRASE, "code": CODE}, ("moderation_refused", REPHRASE, False, CODE),
                     id="its advice about moderation"),
        pytest.param({"message": "x" * 5000}, ("generation_failed", "x" * 1000, True, None), id="at length"),
    ],
)  # fmt: skip
def test_a_task_that_failed(status: int, code: int, said: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """Its reason, wherever that stands, whether HTTP and the code call it a success or not."""
    found = check(answer(task("failed", code, **said), status))

    assert isinstance(found.outcome, Failed)
    error = found.outcome.error
    assert expected == (error.code, error.message, error.retryable, error.provider_code)


def test_a_query_asks_for_the_task_by_its_id() -> None:
    """GET without a body, over a kept connection."""
    provider, http = unifically(answer(task("pending")))

    provider.check(HANDLE)

    (call,) = http.calls
    assert ("GET", f"{BASE_URL}/v1/tasks/{TASK_ID}") == (call.method, call.url)
    assert (None, False) == (call.json, call.fresh_connection)


@pytest.mark.parametrize("task_id", ["../../account", "a/b", "a?b", "a#b", "a b"])
def test_a_task_id_stays_one_segment_of_the_path(task_id: str) -> None:
    """Whatever Unifically calls its tasks."""
    provider, http = unifically(answer(task("pending")))

    provider.check({"path": "/v1/tasks", "task_id": task_id})

    assert not set(http.calls[0].url.removeprefix(f"{BASE_URL}/v1/tasks/")) & set("/?# ")


@pytest.mark.parametrize("body", [said(404, message="Task not found", code="not_found"), b""], ids=["told", "untold"])
def test_a_task_that_is_not_known_any_more_is_asked_for_again(body: Any) -> None:
    """404 is an error to be tried again, not a failed task."""
    with pytest.raises(ProviderError) as failed:
        check(answer(body, 404))

    assert ("provider_lost_task", True) == (failed.value.error.code, failed.value.error.retryable)


FAILED = {"status": "failed", "message": "no"}


@pytest.mark.parametrize(
    "heard",
    [
        pytest.param(answer(said(400, message="no", code="generation_failed"), 400), id="a refusal about no task"),
        pytest.param(answer(said(429, message="later", code="rate_limit_exceeded"), 429), id="asked too often"),
        pytest.param(answer(said(429, **FAILED), 429), id="asked too often, in a failed task's words"),
        pytest.param(answer(said(429, **FAILED), 200), id="asked too often, under HTTP 200"),
        pytest.param(answer(said(401, **FAILED), 401), id="no key, in a failed task's words"),
        pytest.param(answer(said(500, **FAILED), 500), id="the server's failure, in a failed task's words"),
        pytest.param(answer(b"<html>", 502), id="a relay's"),
        pytest.param(answer(b"{}"), id="unreadable"),
        pytest.param(answer(said()), id="a success about nothing"),
        pytest.param(NotSentError("no"), id="no connection"),
        pytest.param(AnswerLostError("no"), id="no answer"),
    ],
)
def test_a_check_that_fails_says_nothing_of_the_task(heard: HttpAnswer | Exception) -> None:
    """It could not be learnt: no paid task fails by it."""
    with pytest.raises(ProviderError) as failed:
        check(heard)

    assert "provider_lost_task" != failed.value.error.code


def test_nothing_can_be_found_by_our_reference() -> None:
    """An answer "not known" would be a proof that nothing was created, which there is not: nobody is asked."""
    provider, http = unifically(answer(task("pending")))

    with pytest.raises(ProviderError) as failed:
        provider.find({"path": "/v1/tasks"}, ATTEMPT_ID)

    assert Created.MAYBE == failed.value.created
    assert [] == http.calls


def test_the_handle_of_a_task_id() -> None:
    """The path from before the call and the id."""
    assert HANDLE == unifically(answer({}))[0].handle_for({"path": "/v1/tasks"}, TASK_ID)


def test_unifically_keeps_no_elements_for_us() -> None:
    """They go into each request as they are."""
    assert unifically(answer({}))[0].elements is None


def test_a_create_refused_for_its_key_is_made_once_more_with_a_fresh_one() -> None:
    """A refusal: nothing was created. The secret is read again, for it may have been replaced."""
    credentials = FakeCredentials(with_api_key("old-key"), stored=with_api_key("new-key"))

    found, http = submit(answer(NO_KEY, 401), answer(SUBMITTED), credentials=credentials)

    assert TASK_ID == found.task_id
    assert ["Bearer old-key", "Bearer new-key"] == [call.headers["Authorization"] for call in http.calls]


@pytest.mark.parametrize(
    ("answers", "calls"),
    [
        pytest.param([answer(NO_KEY, 401), answer(NO_KEY, 401), answer(SUBMITTED)], 2, id="a second refusal is final"),
        pytest.param([answer(NO_KEY, 403), answer(SUBMITTED)], 1, id="another status"),
        pytest.param([answer(b"<html>", 401), answer(SUBMITTED)], 1, id="somebody else's 401"),
    ],
)
def test_a_create_is_not_made_again_for_less(answers: list[HttpAnswer], calls: int) -> None:
    """Only Unifically's own 401 is surely said before anything happened."""
    assert calls == len(failed_submit(*answers)[1].calls)


@pytest.mark.parametrize("values", [None, {}, {"api_key": ""}, {"access_key": "a", "secret_key": "s"}], ids=str)
def test_without_an_api_key_nobody_is_called(values: dict[str, str] | None) -> None:
    """Not configured: nothing was created."""
    credentials = FakeCredentials(None if values is None else Credentials(values))
    failed, http = failed_submit(answer(SUBMITTED), credentials=credentials)

    assert ("not_configured", False, Created.NO) == (failed.error.code, failed.error.retryable, failed.created)
    assert [] == http.calls
    provider = unifically(answer({}), credentials=credentials)[0]
    assert (None, False) == (provider.account, provider.has_credential)


def test_the_account_is_the_key_unless_the_secret_names_it() -> None:
    """Another key is another account; no key can be read out of it."""

    def account(**values: str) -> str | None:
        return unifically(answer({}), credentials=FakeCredentials(Credentials(values)))[0].account

    assert account(api_key="k") == account(api_key="k")
    assert account(api_key="k") != account(api_key="l")
    assert account(api_key="k", account="eu") == account(api_key="l", account="eu")
    assert "secret-key-of-mine" not in str(account(api_key="secret-key-of-mine"))
