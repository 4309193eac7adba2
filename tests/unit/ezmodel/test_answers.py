"""Calls to EzModel and what is made of the answers: its own server's, and those of the stock new-api that it descends from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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
    TASK_ID,
    HttpAnswer,
    answer,
)
from tests.unit.ezmodel.building import (
    ACCEPTED,
    FILM,
    HANDLE,
    PATH,
    VIDEO_URL,
    at_kling,
    ezmodel,
    failed_submit,
    flat,
    queried,
    submit,
)

DONE = Succeeded(media=(Media(VIDEO_URL, "video"),))
TAKEN_AT = datetime(2025, 1, 20, 10, 10, tzinfo=UTC)
AT_KLING_AT = TAKEN_AT + timedelta(milliseconds=123)
STOCK_ID = "task_0q1w2e3r4t5y6u7i8o9p"


def check(*answers: HttpAnswer | Exception) -> Task:
    return ezmodel(*answers)[0].check(HANDLE)


def test_a_create_is_posted_once_over_a_fresh_connection() -> None:
    """The endpoint's address, the key, JSON, the time that the caller has."""
    _, http = submit(answer(ACCEPTED))

    (call,) = http.calls
    assert ("POST", BASE_URL + PATH, 20, True) == (call.method, call.url, call.timeout_s, call.fresh_connection)
    assert {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"} == call.headers
    assert call.json is not None
    assert "a fox" == call.json["prompt"]


PAGES_ANSWER = {name: ACCEPTED[name] for name in ("id", "task_id", "object", "model", "created_at")}


@pytest.mark.parametrize(
    ("said", "task_id", "created_at"),
    [
        pytest.param(PAGES_ANSWER, TASK_ID, TAKEN_AT, id="as the page has it"),
        pytest.param(ACCEPTED, TASK_ID, TAKEN_AT, id="as the server sends it"),
        pytest.param(
            ACCEPTED | {"id": STOCK_ID, "task_id": STOCK_ID, "status": "queued"}, STOCK_ID, TAKEN_AT, id="a stock new-api"
        ),
        pytest.param({"id": TASK_ID}, TASK_ID, None, id="id alone"),
        pytest.param({"task_id": int(TASK_ID)}, TASK_ID, None, id="task_id alone, a number"),
        pytest.param({"id": "", "task_id": TASK_ID, "created_at": "now"}, TASK_ID, None, id="odd beside it"),
        pytest.param(
            {"code": 0, "message": "SUCCEED", "data": {"task_id": TASK_ID, "task_status": "submitted"}}, TASK_ID, None,
            id="in Kling's form, as another page has it",
        ),
        pytest.param({"code": "success", "data": {"id": STOCK_ID}}, STOCK_ID, None, id="within EzModel's own envelope"),
    ],
)  # fmt: skip
def test_a_create_answer_is_a_running_task(said: dict[str, Any], task_id: str, created_at: datetime | None) -> None:
    """A task was created, and is known by its id: nothing else may hide it."""
    found, _ = submit(answer(said))

    assert found == Task(
        task_id=task_id, handle={"path": PATH, "task_id": task_id}, outcome=Running(), created_at=created_at
    )


UNREADABLE = {
    "nothing": b"",
    "HTML": b"<html>ok</html>",
    "half a JSON": b'{"id": "8422509036',
    "an array": b"[]",
    "a number": b"7",
    "no id": b'{"object": "video"}',
    "an empty id": b'{"id": "", "task_id": ""}',
    "no id but a truth": b'{"id": true}',
    "null data": b'{"code": "success", "data": null}',
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
    assert "EzModel" in failed.error.message
    assert 1 == len(http.calls)


SUCCEEDED = at_kling("succeed", task_result=FILM)
BEHIND_NONE = at_kling("succeed", task_result={"videos": [None, {"url": None}, *FILM["videos"]]})
NO_VIDEO = Running(unknown_status="success without a video")
STATUSES: dict[str, tuple[dict[str, Any], object]] = {
    "a video that is none before the film": (queried("SUCCESS", BEHIND_NONE), DONE),
    **{
        word: (queried(word, at_kling("processing")), Running())
        for word in ("NOT_START", "SUBMITTED", "QUEUED", "IN_PROGRESS", "UNKNOWN", "", "processing", "pending", "running")
    },
    **{
        word: (queried(word, SUCCEEDED, progress="100%"), DONE)
        for word in ("SUCCESS", "succeed", "succeeded", "completed")
    },
    "as the page on status has it": (
        {
            "code": "success",
            "data": {
                "task_id": TASK_ID, "status": "SUCCESS", "progress": "100%",
                "data": {
                    "code": 0, "message": "HTTP_OK", "request_id": "...",
                    "data": {"task_id": TASK_ID, "task_status": "succeed", "task_result": FILM},
                },
            },
        },
        DONE,
    ),
    "Kling has not said anything yet": (queried("NOT_START", None), Running()),
    "Kling's answer to the create": (queried("SUBMITTED", at_kling("submitted")), Running()),
    "success, and its address for a reason": (queried("SUCCESS", SUCCEEDED, fail_reason=VIDEO_URL), DONE),
    "running, with an address for a reason": (queried("IN_PROGRESS", None, fail_reason=VIDEO_URL), Running()),
    "the address in the reason alone": (queried("SUCCESS", None, fail_reason=VIDEO_URL), DONE),
    "stock: the address in result_url": (
        queried("SUCCESS", None, result_url=VIDEO_URL, id=1, platform="50", properties={}), DONE,
    ),
    "Kling's address comes first": (
        queried("SUCCESS", SUCCEEDED, result_url="https://x/2", fail_reason="https://x/3"), DONE,
    ),
    "Kling is done already": (queried("IN_PROGRESS", SUCCEEDED), DONE),
    "Kling's task as text": (queried("SUCCESS", {"code": 0, "data": "?"}, fail_reason=VIDEO_URL), DONE),
    "an odd answer of Kling's": (queried("SUCCESS", [1], result_url=VIDEO_URL), DONE),
    "success without an address": (queried("SUCCESS", at_kling("succeed")), NO_VIDEO),
    "success with no videos": (queried("SUCCESS", at_kling("succeed", task_result={"videos": []})), NO_VIDEO),
    "success, and a reason that is none": (queried("SUCCESS", None, fail_reason="SUCCEED"), NO_VIDEO),
    "a word nobody knows": (queried("REVIEWING", at_kling("processing")), Running(unknown_status="REVIEWING")),
    "no word": (queried(...), Running(unknown_status="none")),
}  # fmt: skip


@pytest.mark.parametrize(("said", "outcome"), STATUSES.values(), ids=STATUSES.keys())
def test_how_a_task_stands(said: dict[str, Any], outcome: object) -> None:
    """Each status; what is unknown is still running and counted; an address is no failure."""
    found = check(answer(said))

    assert (outcome, TASK_ID, HANDLE) == (found.outcome, found.task_id, found.handle)


RISK = "Failure to pass the risk control system"
NOT_SAID = "the provider gave no reason"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            queried("FAILURE", at_kling("failed", task_status_msg="GPU on fire"), fail_reason="SUCCEED"),
            ("generation_failed", "GPU on fire", True), id="Kling's own reason, and not SUCCEED",
        ),
        pytest.param(
            queried("FAILURE", at_kling("failed", task_status_msg=RISK), fail_reason="SUCCEED"),
            ("moderation_refused", RISK, False), id="moderation",
        ),
        pytest.param(
            queried("failed", None, fail_reason="GPU on fire"), ("generation_failed", "GPU on fire", True),
            id="stock: a clean reason",
        ),
        pytest.param(
            queried("FAILURE", at_kling("failed"), fail_reason="SUCCEED"), ("generation_failed", NOT_SAID, True),
            id="SUCCEED alone is no reason",
        ),
        pytest.param(
            queried("FAILURE", at_kling("failed"), fail_reason="HTTP_OK"), ("generation_failed", NOT_SAID, True),
            id="nor is HTTP_OK",
        ),
        pytest.param(
            queried("FAILURE", None, fail_reason=VIDEO_URL), ("generation_failed", NOT_SAID, True),
            id="nor is an address",
        ),
        pytest.param(
            queried("FAILURE", None, fail_reason=...), ("generation_failed", NOT_SAID, True), id="nor is nothing",
        ),
        pytest.param(
            queried("IN_PROGRESS", at_kling("failed", task_status_msg="no")), ("generation_failed", "no", True),
            id="Kling says so already",
        ),
        pytest.param(
            queried("FAILURE", at_kling("processing"), fail_reason="channel not found"),
            ("generation_failed", "channel not found", True), id="EzModel gave it up",
        ),
        pytest.param(
            queried("CANCELLED", None), ("canceled_by_provider", "the provider says that the task is cancelled", True),
            id="cancelled",
        ),
        pytest.param(
            queried("EXPIRED", None, fail_reason="too old"), ("canceled_by_provider", "too old", True), id="expired",
        ),
    ],
)  # fmt: skip
def test_a_task_that_ended_without_a_video(said: dict[str, Any], expected: tuple[str, str, bool]) -> None:
    """Its reason, wherever that stands."""
    outcome = check(answer(said)).outcome

    assert isinstance(outcome, Failed)
    assert expected == (outcome.error.code, outcome.error.message, outcome.error.retryable)


def test_a_reason_that_is_an_error_of_klings_has_its_code() -> None:
    """Where EzModel's last question was answered with an error."""
    said = {"code": 1201, "message": "Task not found by id/external id: 1", "request_id": "r"}

    outcome = check(answer(queried("FAILURE", said, fail_reason=""))).outcome

    assert isinstance(outcome, Failed)
    assert ("Task not found by id/external id: 1", "1201") == (outcome.error.message, outcome.error.provider_code)


@pytest.mark.parametrize(
    ("kling", "created_at", "reference"),
    [
        pytest.param(at_kling("processing"), AT_KLING_AT, ATTEMPT_ID, id="Kling's milliseconds"),
        pytest.param(at_kling("processing", created_at=..., task_info=...), TAKEN_AT, None, id="EzModel's seconds"),
        pytest.param(at_kling("processing", task_info={}), AT_KLING_AT, None, id="no reference within"),
        pytest.param(None, TAKEN_AT, None, id="nothing of Kling's"),
    ],
)
def test_what_a_claimed_task_is_held_against(
    kling: dict[str, Any] | None, created_at: datetime, reference: str | None
) -> None:
    """When it was created, and our reference where Kling repeats it."""
    found = check(answer(queried("IN_PROGRESS", kling)))

    assert (created_at, reference) == (found.created_at, found.reference)


def test_without_any_time_there_is_none() -> None:
    """Then no claim is believed."""
    assert check(answer(queried("IN_PROGRESS", None, submit_time=...))).created_at is None


def test_a_query_asks_for_the_task_by_its_id() -> None:
    """GET without a body, over a kept connection, at the path of the create."""
    provider, http = ezmodel(answer(queried("SUBMITTED")))

    provider.check(HANDLE)

    (call,) = http.calls
    assert ("GET", f"{BASE_URL}{PATH}/{TASK_ID}") == (call.method, call.url)
    assert (None, False) == (call.json, call.fresh_connection)


@pytest.mark.parametrize("task_id", ["../../v1/models?x=", "a/b", "a?b", "a#b", "a b"])
def test_a_task_id_stays_one_segment_of_the_path(task_id: str) -> None:
    """Whatever a callback claims."""
    provider, http = ezmodel(answer(queried("SUBMITTED")))

    provider.check({"path": PATH, "task_id": task_id})

    assert not set(http.calls[0].url.removeprefix(f"{BASE_URL}{PATH}/")) & set("/?# ")


def test_a_task_that_is_not_known_is_asked_for_again() -> None:
    """HTTP 400 `task_not_exist` is an error to be tried again, not a failed task."""
    with pytest.raises(ProviderError) as failed:
        check(answer(flat("task_not_exist", "task_not_exist"), 400))

    assert ("provider_lost_task", True) == (failed.value.error.code, failed.value.error.retryable)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(answer(flat("invalid_request"), 400), id="another refusal"),
        pytest.param(answer(flat("task_not_exist"), 500), id="under another status"),
        pytest.param(answer(b"<html>", 404), id="HTML"),
        pytest.param(answer(b"<html>", 502), id="a relay's"),
        pytest.param(answer(b"{}"), id="unreadable"),
        pytest.param(answer({"code": "success", "data": None}), id="no task"),
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
    provider, http = ezmodel(answer(queried("SUBMITTED")))

    with pytest.raises(ProviderError) as failed:
        provider.find({"path": PATH}, ATTEMPT_ID)

    assert Created.MAYBE == failed.value.created
    assert [] == http.calls


def test_the_handle_of_a_claimed_id() -> None:
    """The path from before the call and the id."""
    assert HANDLE == ezmodel(answer({}))[0].handle_for({"path": PATH}, TASK_ID)
