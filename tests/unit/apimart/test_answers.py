"""Calls to APIMart and what is made of the answers; the good ones as its pages have them, the odd ones as clients met them."""

from __future__ import annotations

from datetime import UTC, datetime
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
    apimart,
    video_request,
    with_api_key,
)  # fmt: skip

PATH = "/v1/videos/generations"
TASK_ID = "task_01K8AH3T5VZ9Q2WX4Y6B7C8D9E"
HANDLE = {"path": "/v1/tasks", "task_id": TASK_ID}
SUBMITTED = {"code": 200, "data": [{"status": "submitted", "task_id": TASK_ID}]}
VIDEO_URL = "https://upload.apimart.ai/f/video/v.mp4"
RESULT = {"videos": [{"url": [VIDEO_URL], "expires_at": 1_762_940_095}], "thumbnail_url": "https://x/t.jpg"}
DONE = Succeeded(media=(Media(VIDEO_URL, "video"),))
NO_KEY = {"error": {"code": 401, "message": "invalid credentials", "type": "authentication_error"}}


def queried(status: object, **changed: Any) -> dict[str, Any]:
    """A task as a query answers it; a field that is `...` is left out."""
    data = {"id": TASK_ID, "status": status, "progress": 40, "created": 1_762_853_430, "estimated_time": 600} | changed
    return {"code": 200, "data": {name: value for name, value in data.items() if value is not ...}}


def submit(*answers: HttpAnswer | Exception, credentials: FakeCredentials | None = None) -> tuple[Task, ScriptedHttp]:
    provider, http = apimart(*answers, credentials=credentials)
    wire = provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None)
    return provider.submit(wire, timeout_s=20), http


def failed_submit(
    *answers: HttpAnswer | Exception, credentials: FakeCredentials | None = None
) -> tuple[ProviderError, ScriptedHttp]:
    provider, http = apimart(*answers, credentials=credentials)
    wire = provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None)
    with pytest.raises(ProviderError) as failed:
        provider.submit(wire, timeout_s=20)
    return failed.value, http


def check(*answers: HttpAnswer | Exception) -> Task:
    return apimart(*answers)[0].check(HANDLE)


def test_a_create_is_posted_once_over_a_fresh_connection() -> None:
    """The endpoint's address, the key, JSON, the time that the caller has."""
    _, http = submit(answer(SUBMITTED))

    (call,) = http.calls
    assert ("POST", BASE_URL + PATH, 20, True) == (call.method, call.url, call.timeout_s, call.fresh_connection)
    assert {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"} == call.headers
    assert call.json is not None
    assert "a fox" == call.json["prompt"]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(SUBMITTED, id="as documented"),
        pytest.param({"code": 200, "data": {"status": "submitted", "task_id": TASK_ID}}, id="no list"),
        pytest.param({"code": 200, "data": [{"id": TASK_ID}]}, id="id"),
        pytest.param(
            {"code": "200", "data": [{"task_id": TASK_ID, "status": 1, "created": "now"}]}, id="odd beside it"
        ),
        pytest.param({"task_id": TASK_ID, "status": "pending", "progress": "0%"}, id="at the top"),
        pytest.param({"data": [{"task_id": TASK_ID}], "message": "ok", "error": None}, id="with a message"),
    ],
)
def test_a_create_answer_is_a_running_task(said: dict[str, Any]) -> None:
    """A task was created, and is known by its id: nothing else may hide it."""
    found, _ = submit(answer(said))

    assert Task(task_id=TASK_ID, handle=HANDLE, outcome=Running()) == found


UNREADABLE = {
    "nothing": b"",
    "HTML": b"<html>ok</html>",
    "half a JSON": b'{"code": 200, "data": [{"task_id": "task_01K',
    "an array": b"[]",
    "no data": b'{"code": 200}',
    "an id of something else": b'{"id": "req-1", "object": "error"}',
    "null data": b'{"code": 200, "data": null}',
    "no task": b'{"code": 200, "data": []}',
    "no id": b'{"code": 200, "data": [{"status": "submitted"}]}',
    "an empty id": b'{"code": 200, "data": [{"status": "submitted", "task_id": ""}]}',
    "no id but a truth": b'{"code": 200, "data": [{"status": "submitted", "task_id": true}]}',
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
    assert "APIMart" in failed.error.message
    assert 1 == len(http.calls)


STATUSES: dict[str, tuple[dict[str, Any], object]] = {
    **{word: (queried(word), Running()) for word in ("submitted", "pending", "processing", "in_progress", "PROCESSING")},
    **{word: (queried(word, result=RESULT), DONE) for word in ("completed", "success", "succeeded", "Completed")},
    "a word nobody knows": (queried("reviewing"), Running(unknown_status="reviewing")),
    "no word": (queried(...), Running(unknown_status="none")),
    "url as text": (queried("completed", result={"videos": [{"url": VIDEO_URL}]}), DONE),
    "videos as text": (queried("completed", result={"videos": [VIDEO_URL]}), DONE),
    "several urls": (queried("completed", result={"videos": [{"url": [VIDEO_URL, "https://x/2"]}]}), DONE),
    "several videos": (
        queried("completed", result={"videos": [{"url": [VIDEO_URL]}, {"url": ["https://x/2"]}]}), DONE,
    ),
    "the older shape": ({"task_id": TASK_ID, "status": "completed", "progress": "100%", "urls": [VIDEO_URL]}, DONE),
    "data as a list": ({"code": 200, "data": [queried("completed", result=RESULT)["data"]]}, DONE),
    "completed without result": (queried("completed"), Running(unknown_status="completed without a video")),
    "completed with no videos": (
        queried("completed", result={"videos": []}), Running(unknown_status="completed without a video"),
    ),
    "completed with an odd result": (
        queried("completed", result=["?"], urls=5), Running(unknown_status="completed without a video"),
    ),
    "completed with no address": (
        queried("success", result={"videos": [{"url": [""]}]}), Running(unknown_status="success without a video"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("said", "outcome"), STATUSES.values(), ids=STATUSES.keys())
def test_how_a_task_stands(said: dict[str, Any], outcome: object) -> None:
    """Each status; what is unknown is still running and counted."""
    found = check(answer(said))

    assert (outcome, TASK_ID, HANDLE) == (found.outcome, found.task_id, found.handle)


def test_when_a_task_was_created() -> None:
    """Unix seconds."""
    assert datetime(2025, 11, 11, 9, 30, 30, tzinfo=UTC) == check(answer(queried("pending"))).created_at


RISK = "Failure to pass the risk control system"


@pytest.mark.parametrize(
    ("status", "changed", "expected"),
    [
        pytest.param("failed", {"error": {"code": 500, "message": "GPU on fire", "type": "server_error"}},
                     ("generation_failed", "GPU on fire", True, "500"), id="as documented"),
        pytest.param("failure", {"error": {"code": "generation_error", "message": "no"}},
                     ("generation_failed", "no", True, "generation_error"), id="a code in words"),
        pytest.param("failed", {"error": {"code": 400, "message": RISK}},
                     ("moderation_refused", RISK, False, "400"), id="moderation, in Kling's words"),
        pytest.param("failed", {"error": "no"}, ("generation_failed", "no", True, None), id="error as text"),
        pytest.param("failed", {"message": "no"}, ("generation_failed", "no", True, None), id="message alone"),
        pytest.param("failed", {"error": {"code": 7}, "message": "no"}, ("generation_failed", "no", True, "7"),
                     id="code and message apart"),
        pytest.param("failed", {"error": []}, ("generation_failed", "the provider gave no reason", True, None),
                     id="no reason"),
        pytest.param("cancelled", {}, ("canceled_by_provider", "the provider canceled the task", True, None),
                     id="cancelled"),
        pytest.param("canceled", {"message": "x" * 5000}, ("canceled_by_provider", "x" * 1000, True, None),
                     id="canceled, at length"),
    ],
)  # fmt: skip
def test_a_task_that_ended_without_a_video(status: str, changed: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """Its reason, wherever that stands; cancelled is an end too."""
    found = check(answer(queried(status, **changed)))

    assert isinstance(found.outcome, Failed)
    error = found.outcome.error
    assert expected == (error.code, error.message, error.retryable, error.provider_code)


def test_a_query_asks_for_the_task_by_its_id_in_english() -> None:
    """GET without a body, over a kept connection."""
    provider, http = apimart(answer(queried("pending")))

    provider.check(HANDLE)

    (call,) = http.calls
    assert ("GET", f"{BASE_URL}/v1/tasks/{TASK_ID}?language=en") == (call.method, call.url)
    assert (None, False) == (call.json, call.fresh_connection)


@pytest.mark.parametrize("task_id", ["../../v1/balance?x=", "a/b", "a?b", "a#b", "a b"])
def test_a_task_id_stays_one_segment_of_the_path(task_id: str) -> None:
    """Whatever APIMart calls its tasks."""
    provider, http = apimart(answer(queried("pending")))

    provider.check({"path": "/v1/tasks", "task_id": task_id})

    segment = http.calls[0].url.removeprefix(f"{BASE_URL}/v1/tasks/").removesuffix("?language=en")
    assert not set(segment) & set("/?# ")


def test_a_task_that_is_not_known_any_more_is_asked_for_again() -> None:
    """HTTP 400 "Invalid task ID" is an error to be tried again, not a failed task."""
    said = {"error": {"code": 400, "message": "Invalid task ID", "type": "invalid_request_error"}}
    with pytest.raises(ProviderError) as failed:
        check(answer(said, 400))

    assert ("provider_lost_task", True) == (failed.value.error.code, failed.value.error.retryable)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(answer({"error": {"code": 400, "message": "no", "type": "x"}}, 400), id="another refusal"),
        pytest.param(answer(b"<html>", 404), id="HTML"),
        pytest.param(answer(b"<html>", 502), id="a relay's"),
        pytest.param(answer(b"{}"), id="unreadable"),
        pytest.param(NotSentError("no"), id="no connection"),
        pytest.param(AnswerLostError("no"), id="no answer"),
    ],
)
def test_a_check_that_fails_says_nothing_of_the_task(said: HttpAnswer | Exception) -> None:
    """It could not be learnt."""
    with pytest.raises(ProviderError) as failed:
        check(said)

    assert "provider_lost_task" != failed.value.error.code


def test_nothing_can_be_found_by_our_reference() -> None:
    """An answer "not known" would be a proof that nothing was created, which there is not: nobody is asked."""
    provider, http = apimart(answer(queried("pending")))

    with pytest.raises(ProviderError) as failed:
        provider.find({"path": "/v1/tasks"}, ATTEMPT_ID)

    assert Created.MAYBE == failed.value.created
    assert [] == http.calls


def test_the_handle_of_a_task_id() -> None:
    """The path from before the call and the id."""
    assert HANDLE == apimart(answer({}))[0].handle_for({"path": "/v1/tasks"}, TASK_ID)


def test_apimart_keeps_no_elements() -> None:
    """They go into each request as they are."""
    assert apimart(answer({}))[0].elements is None


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
    """Only APIMart's own 401 is surely said before anything happened."""
    assert calls == len(failed_submit(*answers)[1].calls)


@pytest.mark.parametrize("values", [None, {}, {"api_key": ""}, {"access_key": "a", "secret_key": "s"}], ids=str)
def test_without_an_api_key_nobody_is_called(values: dict[str, str] | None) -> None:
    """Not configured: nothing was created."""
    credentials = None if values is None else Credentials(values)
    failed, http = failed_submit(answer(SUBMITTED), credentials=FakeCredentials(credentials))

    assert ("not_configured", False, Created.NO) == (failed.error.code, failed.error.retryable, failed.created)
    assert [] == http.calls
    assert apimart(answer({}), credentials=FakeCredentials(credentials))[0].account is None


def test_the_account_is_the_key_unless_the_secret_names_it() -> None:
    """Another key is another account; no key can be read out of it."""

    def account(**values: str) -> str | None:
        return apimart(answer({}), credentials=FakeCredentials(Credentials(values)))[0].account

    assert account(api_key="k") == account(api_key="k")
    assert account(api_key="k") != account(api_key="l")
    assert account(api_key="k", account="eu") == account(api_key="l", account="eu")
    assert "secret-key-of-mine" not in str(account(api_key="secret-key-of-mine"))
