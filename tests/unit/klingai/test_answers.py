"""Calls to KlingAI and what is made of the answers."""

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
    ACCESS_KEY,
    API_KEY,
    ATTEMPT_ID,
    BASE_URL,
    PROMPT,
    SECRET_KEY,
    TASK_ID,
    Credentials,
    FakeCredentials,
    HttpAnswer,
    ScriptedHttp,
    answer,
    klingai,
    refused,
    task,
    video_request,
    with_api_key,
    with_pair,
)  # fmt: skip

PATH = "/v1/videos/omni-video"
HANDLE = {"path": PATH, "task_id": TASK_ID}
VIDEO_URL, MARKED_URL = "https://cdn.example/v.mp4", "https://cdn.example/w.mp4"
VIDEO = {"id": "1", "url": VIDEO_URL, "duration": "5.041"}


def submit(*answers: HttpAnswer | Exception, credentials: FakeCredentials | None = None) -> tuple[Task, ScriptedHttp]:
    provider, http = klingai(*answers, credentials=credentials)
    wire = provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None)
    return provider.submit(wire, timeout_s=20), http


def failed_submit(
    *answers: HttpAnswer | Exception, credentials: FakeCredentials | None = None
) -> tuple[ProviderError, ScriptedHttp]:
    provider, http = klingai(*answers, credentials=credentials)
    wire = provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None)
    with pytest.raises(ProviderError) as failed:
        provider.submit(wire, timeout_s=20)
    return failed.value, http


def check(*answers: HttpAnswer | Exception) -> Task:
    return klingai(*answers)[0].check(HANDLE)


def test_a_create_is_posted_once_over_a_fresh_connection() -> None:
    """The endpoint's address, the key, JSON, the time that the caller has."""
    _, http = submit(answer(task()))

    (call,) = http.calls
    assert ("POST", BASE_URL + PATH, 20, True) == (call.method, call.url, call.timeout_s, call.fresh_connection)
    assert {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"} == call.headers
    assert call.json is not None
    assert "a fox" == call.json["prompt"]


def test_a_create_answer_is_a_running_task() -> None:
    """Its id, the handle for the query, when Kling made it and our reference."""
    found, _ = submit(answer(task()))

    assert (
        Task(
            task_id=TASK_ID,
            handle=HANDLE,
            outcome=Running(),
            created_at=datetime(2026, 2, 1, 23, 53, 20, tzinfo=UTC),
            reference=ATTEMPT_ID,
        )
        == found
    )


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"task_info": ..., "created_at": ..., "updated_at": ...}, id="absent"),
        pytest.param({"task_info": None, "created_at": None}, id="null"),
        pytest.param({"task_info": {}}, id="empty task_info"),
        pytest.param({"task_info": {"external_task_id": None}}, id="null external_task_id"),
        pytest.param({"new": {"field": 1}, "final_balance_deduction": {"quota": "1"}}, id="more than documented"),
        pytest.param({"task_info": []}, id="task_info a list"),
        pytest.param({"task_info": ""}, id="task_info a text"),
        pytest.param({"created_at": ""}, id="created_at a text"),
        pytest.param({"created_at": 1_769_990_000_000.5}, id="created_at a fraction"),
        pytest.param({"created_at": 10**20}, id="created_at beyond all time"),
        pytest.param({"created_at": -(10**20)}, id="created_at before all time"),
        pytest.param({"task_status_msg": 5}, id="task_status_msg a number"),
        pytest.param({"task_result": []}, id="task_result a list"),
        pytest.param({"task_result": ""}, id="task_result a text"),
        pytest.param({"task_result": {"videos": None}}, id="task_result empty"),
    ],
)
def test_what_is_not_needed_of_a_create_answer_may_be_missing_or_odd(changed: dict[str, Any]) -> None:
    """A task was created, and is known by its id: nothing else may hide it."""
    found, _ = submit(answer(task(**changed)))

    assert (TASK_ID, HANDLE, Running()) == (found.task_id, found.handle, found.outcome)


def test_a_task_id_that_is_a_number_is_read_exactly() -> None:
    """18 digits do not fit a double."""
    found, _ = submit(answer(task(task_id=930810057590833241)))

    assert "930810057590833241" == found.task_id == found.handle["task_id"]


@pytest.mark.parametrize("task_id", [None, "", {}, [], True, 1.5, 9.308100575908332e17], ids=repr)
def test_an_answer_without_a_task_id_is_unreadable(task_id: object) -> None:
    """Nothing that is no id becomes one: a task 'None' would be asked for until the deadline."""
    failed, _ = failed_submit(answer(task() | {"data": task()["data"] | {"task_id": task_id}}))

    assert ("provider_answer_unreadable", Created.MAYBE) == (failed.error.code, failed.created)


@pytest.mark.parametrize("code", [0, 200, "0"])
def test_codes_of_success(code: object) -> None:
    """Kling's own client takes 200 as well as 0."""
    assert TASK_ID == submit(answer(task() | {"code": code}))[0].task_id


UNREADABLE = {
    "nothing": b"",
    "HTML": b"<html>ok</html>",
    "half a JSON": b'{"code": 0, "data": {"task_id": "9308',
    "an array": b"[]",
    "no UTF-8": b'{"code": 0, "message": "\xff"}',
    "no code": b'{"data": {"task_id": "1", "task_status": "submitted"}}',
    "no data": b'{"code": 0, "message": "SUCCEED"}',
    "null data": b'{"code": 0, "data": null}',
    "no task": b'{"code": 0, "data": {}}',
    "no status": b'{"code": 0, "data": {"task_id": "1"}}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_unreadable_success_may_hide_a_task(body: bytes) -> None:
    """HTTP 200 that says nothing: created maybe, to be looked up."""
    failed, http = failed_submit(answer(body))

    assert ("provider_answer_unreadable", True, Created.MAYBE) == (
        failed.error.code, failed.error.retryable, failed.created,
    )  # fmt: skip
    assert 1 == len(http.calls)


def test_no_connection_means_that_nothing_was_created() -> None:
    """Not a byte was sent: it may be tried again."""
    failed, http = failed_submit(NotSentError("ConnectTimeout"))

    assert ("provider_unreachable", True, Created.NO) == (failed.error.code, failed.error.retryable, failed.created)
    assert 1 == len(http.calls)


def test_a_lost_answer_means_that_a_task_may_exist() -> None:
    """A read time-out or a reset: never sent again blindly."""
    failed, http = failed_submit(AnswerLostError("ReadTimeout"))

    assert ("provider_answer_lost", True, Created.MAYBE) == (failed.error.code, failed.error.retryable, failed.created)
    assert 1 == len(http.calls)


@pytest.mark.parametrize(
    "first",
    [answer(refused(1303), 429), answer(refused(5000), 500), answer(b"<html>", 502)],
    ids=["1303", "5000", "502"],
)
def test_a_creating_call_is_never_repeated_by_the_provider(first: HttpAnswer) -> None:
    """Waiting and trying again is the use cases' business."""
    assert 1 == len(failed_submit(first, answer(task()))[1].calls)


STATUSES: dict[str, tuple[dict[str, Any], object]] = {
    "submitted": (task("submitted"), Running()),
    "processing": (task("processing", task_status_msg=""), Running()),
    "a word of the new standard": (task("succeeded"), Running(unknown_status="succeeded")),
    "a word nobody knows": (task("reviewing"), Running(unknown_status="reviewing")),
    "succeed": (task("succeed", task_result={"videos": [VIDEO]}), Succeeded(media=(Media(VIDEO_URL, "video"),))),
    "succeed with a watermark": (
        task("succeed", task_result={"videos": [VIDEO | {"watermark_url": MARKED_URL}]}),
        Succeeded(media=(Media(VIDEO_URL, "video"), Media(MARKED_URL, "watermarked"))),
    ),
    "succeed with more videos than a task has": (
        task("succeed", task_result={"videos": [VIDEO, {"url": "https://x/2", "watermark_url": "https://x/3"}]}),
        Succeeded(media=(Media(VIDEO_URL, "video"),)),
    ),
    "succeed with an empty watermark": (
        task("succeed", task_result={"videos": [VIDEO | {"watermark_url": ""}]}),
        Succeeded(media=(Media(VIDEO_URL, "video"),)),
    ),
    "succeed with a duration as number": (
        task("succeed", task_result={"videos": [VIDEO | {"duration": 5.041}]}),
        Succeeded(media=(Media(VIDEO_URL, "video"),)),
    ),
    "succeed with an address alone": (
        task("succeed", task_result={"videos": [{"url": VIDEO_URL}]}), Succeeded(media=(Media(VIDEO_URL, "video"),)),
    ),
    "succeed without result": (task("succeed"), Running(unknown_status="succeed without a result")),
    "succeed with an empty result": (task("succeed", task_result={}), Running(unknown_status="succeed without a result")),
    "succeed with no videos": (
        task("succeed", task_result={"videos": []}), Running(unknown_status="succeed without a result"),
    ),
    "succeed with null videos": (
        task("succeed", task_result={"videos": None}), Running(unknown_status="succeed without a result"),
    ),
    "succeed with a null address": (
        task("succeed", task_result={"videos": [VIDEO | {"url": None}]}),
        Running(unknown_status="succeed without a result"),
    ),
    "succeed with a video that is none before the film": (
        task("succeed", task_result={"videos": [None, {"url": None}, VIDEO | {"watermark_url": MARKED_URL}]}),
        Succeeded(media=(Media(VIDEO_URL, "video"), Media(MARKED_URL, "watermarked"))),
    ),
    "succeed with an empty address": (
        task("succeed", task_result={"videos": [VIDEO | {"url": ""}]}), Running(unknown_status="succeed without a result"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("said", "outcome"), STATUSES.values(), ids=STATUSES.keys())
def test_how_a_task_stands(said: dict[str, Any], outcome: object) -> None:
    """Each status; what is unknown is still running and counted."""
    found = check(answer(said))

    assert (outcome, TASK_ID, HANDLE, ATTEMPT_ID) == (found.outcome, found.task_id, found.handle, found.reference)


@pytest.mark.parametrize(
    ("changed", "code", "message", "retryable"),
    [
        pytest.param(
            {"task_status_msg": "Failure to pass the risk control system"},
            "moderation_refused", "Failure to pass the risk control system", False, id="moderation",
        ),
        pytest.param({"task_status_msg": "GPU on fire"}, "generation_failed", "GPU on fire", True, id="failure"),
        pytest.param({}, "generation_failed", "the provider gave no reason", True, id="no text"),
        pytest.param({"task_status_msg": None}, "generation_failed", "the provider gave no reason", True, id="null"),
    ],
)  # fmt: skip
def test_a_failed_task(changed: dict[str, Any], code: str, message: str, retryable: bool) -> None:  # noqa: FBT001 - the expectation
    """Its text is its reason."""
    found = check(answer(task("failed", **changed)))

    assert isinstance(found.outcome, Failed)
    error = found.outcome.error
    assert (code, message, retryable) == (error.code, error.message, error.retryable)


def test_a_query_asks_for_the_task_by_its_id() -> None:
    """GET without a body, over a kept connection."""
    provider, http = klingai(answer(task()))

    provider.check(HANDLE)

    (call,) = http.calls
    assert ("GET", f"{BASE_URL}{PATH}/{TASK_ID}") == (call.method, call.url)
    assert (None, False) == (call.json, call.fresh_connection)


@pytest.mark.parametrize("task_id", ["../../account/costs?x=", "a/b", "a?b", "a#b", "a b", ""])
def test_a_task_id_stays_one_segment_of_the_path(task_id: str) -> None:
    """An id that a callback claimed reaches no other address under our key."""
    provider, http = klingai(answer(task()))

    try:
        provider.check({"path": PATH, "task_id": task_id})
    except ProviderError:
        assert [] == http.calls
    for call in http.calls:
        segment = call.url.removeprefix(f"{BASE_URL}{PATH}/")
        assert segment
        assert not set(segment) & set("/?# ")


def test_a_task_is_found_by_our_reference() -> None:
    """external_task_id stands in for the task id; the answer brings the id."""
    provider, http = klingai(answer(task("processing")))

    found = provider.find({"path": PATH}, ATTEMPT_ID)

    assert found is not None
    assert (TASK_ID, HANDLE, Running()) == (found.task_id, found.handle, found.outcome)
    assert f"{BASE_URL}{PATH}/{ATTEMPT_ID}" == http.calls[0].url


NOT_FOUND = [
    pytest.param(answer(refused(1203, "resource does not exist"), 404), id="the table's form"),
    pytest.param(answer(refused(1201, f"Task not found by id/external id: {ATTEMPT_ID}"), 400), id="the live form"),
]


@pytest.mark.parametrize("said", NOT_FOUND)
def test_a_reference_that_is_not_known_is_none(said: HttpAnswer) -> None:
    """Both forms of not found."""
    assert klingai(said)[0].find({"path": PATH}, ATTEMPT_ID) is None


@pytest.mark.parametrize("said", NOT_FOUND)
def test_a_task_that_is_not_known_any_more_is_asked_for_again(said: HttpAnswer) -> None:
    """A check that finds nothing is an error to be tried again, not a failed task."""
    with pytest.raises(ProviderError) as failed:
        check(said)

    assert ("provider_lost_task", True) == (failed.value.error.code, failed.value.error.retryable)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(answer(refused(5000), 500), id="5000"),
        pytest.param(answer(b"<html>", 502), id="HTML"),
        pytest.param(answer(b"<html>", 404), id="an HTML 404 is no not found"),
        pytest.param(answer(refused(1201, "something else"), 400), id="another refusal"),
        pytest.param(answer(refused(1303), 429), id="1303"),
        pytest.param(NotSentError("no"), id="no connection"),
        pytest.param(AnswerLostError("no"), id="no answer"),
        pytest.param(answer(b"{}"), id="unreadable"),
    ],
)
def test_a_look_up_that_fails_is_no_not_found(said: HttpAnswer | Exception) -> None:
    """Only Kling's own word says that there is no task: anything else must not lead to a second one."""
    with pytest.raises(ProviderError):
        klingai(said)[0].find({"path": PATH}, ATTEMPT_ID)


def test_the_handle_of_a_claimed_id() -> None:
    """The path from before the call and the id."""
    assert HANDLE == klingai(answer({}))[0].handle_for({"path": PATH}, TASK_ID)


@pytest.mark.parametrize("code", [1000, 1002, 1003, 1004])
def test_a_create_refused_for_its_token_is_made_once_more_with_a_fresh_one(code: int) -> None:
    """A refusal: nothing was created. The secret is read again, for it may have been replaced."""
    credentials = FakeCredentials(with_api_key("old-key"), stored=with_api_key("new-key"))

    found, http = submit(answer(refused(code), 401), answer(task()), credentials=credentials)

    assert TASK_ID == found.task_id
    assert ["Bearer old-key", "Bearer new-key"] == [call.headers["Authorization"] for call in http.calls]
    assert http.calls[0].json == http.calls[1].json
    assert [True, True] == [call.fresh_connection for call in http.calls]
    assert 1 == credentials.asked_fresh


def test_a_query_refused_for_its_token_is_made_once_more_with_a_fresh_one() -> None:
    """And succeeds."""
    provider, http = klingai(answer(refused(1004), 401), answer(task("processing")))

    assert Running() == provider.check(HANDLE).outcome
    assert 2 == len(http.calls)


def test_a_signed_token_is_signed_anew_after_a_refusal() -> None:
    """A pair whose secret key was replaced under the same access key."""
    credentials = FakeCredentials(with_pair(), stored=with_pair("T" * 32))

    _, http = submit(answer(refused(1000), 401), answer(task()), credentials=credentials)

    assert 2 == len({call.headers["Authorization"] for call in http.calls})


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_token_code_under_another_status_is_not_tried_again(status: int) -> None:
    """Only 401 is surely said before anything happened."""
    assert 1 == len(failed_submit(answer(refused(1004), status), answer(task()))[1].calls)


def test_an_empty_authorization_is_not_tried_again() -> None:
    """1001 is no question of freshness."""
    assert 1 == len(failed_submit(answer(refused(1001), 401), answer(task()))[1].calls)


def test_a_second_refusal_is_final() -> None:
    """Two calls, no third."""
    failed, http = failed_submit(answer(refused(1004), 401), answer(refused(1004), 401), answer(task()))

    assert ("provider_authentication_failed", Created.NO) == (failed.error.code, failed.created)
    assert 2 == len(http.calls)


@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param(None, id="none"),
        pytest.param(Credentials({}), id="empty"),
        pytest.param(Credentials({"api_key": ""}), id="an empty key"),
        pytest.param(Credentials({"access_key": "x"}), id="half a pair"),
    ],
)
def test_without_credentials_nobody_is_called(credentials: Credentials | None) -> None:
    """Not configured: nothing was created."""
    failed, http = failed_submit(answer(task()), credentials=FakeCredentials(credentials))

    assert ("not_configured", False, Created.NO) == (failed.error.code, failed.error.retryable, failed.created)
    assert [] == http.calls
    assert klingai(answer({}), credentials=FakeCredentials(credentials))[0].account is None


def test_the_account_is_the_credentials() -> None:
    """Another key is another account, unless the secret names it; no key can be read out of it."""

    def account(**values: str) -> str | None:
        return klingai(answer({}), credentials=FakeCredentials(Credentials(values)))[0].account

    assert account(api_key="k") == account(api_key="k")
    assert 3 == len({account(api_key="k"), account(api_key="l"), account(access_key="k", secret_key="s", account="x")})
    assert account(api_key="k", account="eu") == account(api_key="l", account="eu")
    assert account(access_key="a", secret_key="s") == account(access_key="a", secret_key="t")
    assert "secret-key-of-mine" not in str(account(api_key="secret-key-of-mine"))


def test_a_credential_that_was_set_a_moment_ago_is_found() -> None:
    """A missing one is looked for anew before anybody is refused; one that is there is not."""
    late, there = FakeCredentials(None, stored=with_api_key()), FakeCredentials(with_api_key())

    assert None is not klingai(answer({}), credentials=late)[0].account
    assert None is not klingai(answer({}), credentials=there)[0].account
    assert (1, 0) == (late.asked_fresh, there.asked_fresh)


def test_no_secret_stands_in_any_text() -> None:
    """Neither in what is represented, nor in what is raised, nor in its causes."""
    credentials = with_pair()
    source = FakeCredentials(credentials)
    provider, http = klingai(
        NotSentError("no"), AnswerLostError("no"), answer(refused(1002, "no"), 401), credentials=source
    )
    wire = provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None)
    texts = [repr(credentials), str(credentials), repr(provider), repr(with_api_key())]
    for _ in range(3):
        with pytest.raises(ProviderError) as failed:
            provider.submit(wire, timeout_s=20)
        texts += [repr(failed.value), str(failed.value), repr(failed.value.__cause__), repr(failed.value.__dict__)]

    token = http.calls[0].headers["Authorization"].removeprefix("Bearer ")
    for secret in (API_KEY, ACCESS_KEY, SECRET_KEY, token):
        assert not any(secret in text for text in texts)


def test_a_watermarked_copy_alone_is_no_success() -> None:
    """`succeed` with a copy and no film is asked about again: the film may be there in a moment."""
    result = {"videos": [{"id": "1", "url": "", "watermark_url": "https://cdn.example/w.mp4", "duration": "5.041"}]}
    provider, _ = klingai(answer(task("succeed", task_result=result)))

    outcome = provider.check(HANDLE).outcome

    assert isinstance(outcome, Running)
    assert outcome.unknown_status
