"""EzModel's error table, row by row, in both of its envelopes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from klingway.providers.contract import Created, HttpAnswer, ProviderError

from tests.unit.builders import ATTEMPT_ID, PROMPT, answer, video_request
from tests.unit.ezmodel.building import ACCEPTED, ezmodel, flat, nested

NO, MAYBE = Created.NO, Created.MAYBE
FLAT_ROWS = [
    (400, "invalid_request", "refused_by_provider", False, NO),
    (400, "task_failed", "refused_by_provider", False, NO),
    (400, "element_failed", "refused_by_provider", False, NO),
    (400, "task_not_exist", "refused_by_provider", False, NO),
    (400, "invalid_api_platform", "provider_failed", False, NO),
    (400, "model_mapping_failed", "provider_failed", False, NO),
    (400, "model_price_not_found", "provider_failed", False, NO),
    (403, "quota_not_enough", "provider_balance_exhausted", False, NO),
    (429, "fail_to_fetch_task", "provider_rate_limited", True, NO),
    (500, "get_price_scale_failed", "refused_by_provider", False, NO),
    (500, "get_user_quota_failed", "provider_failed", True, NO),
    (500, "build_request_failed", "provider_failed", False, NO),
    (500, "do_request_failed", "provider_failed", True, MAYBE),
    (500, "unmarshal_response_failed", "provider_failed", True, MAYBE),
    (500, "read_response_body_failed", "provider_failed", True, MAYBE),
    (500, "insert_task_failed", "provider_failed", True, MAYBE),
    # Kling's own status, kept: its 4xx are refusals, but for a time-out; 401 is about EzModel's key there, not about ours.
    (400, "fail_to_fetch_task", "refused_by_provider", False, NO),
    (401, "fail_to_fetch_task", "provider_failed", True, NO),
    (403, "fail_to_fetch_task", "provider_permission_denied", False, NO),
    (404, "fail_to_fetch_task", "refused_by_provider", False, NO),
    (408, "fail_to_fetch_task", "provider_timed_out", True, MAYBE),
    (500, "fail_to_fetch_task", "provider_failed", True, MAYBE),
    (503, "fail_to_fetch_task", "provider_failed", True, MAYBE),
    (504, "fail_to_fetch_task", "provider_failed", True, MAYBE),
    # In no table: a 4xx is a refusal, anything else may have had its effect, whatever its code means elsewhere.
    (402, "whatever", "provider_balance_exhausted", False, NO),
    (422, "whatever", "refused_by_provider", False, NO),
    (500, "invalid_request", "provider_failed", True, MAYBE),
    (502, "get_price_scale_failed", "provider_failed", True, MAYBE),
    (200, "task_failed", "provider_failed", True, MAYBE),
]
NESTED_ROWS = [
    (400, "new_api_error", "", "refused_by_provider", False, NO),
    (401, "new_api_error", "", "provider_authentication_failed", False, NO),
    (403, "new_api_error", "", "provider_permission_denied", False, NO),
    (404, "invalid_request_error", "", "refused_by_provider", False, NO),
    (429, "new_api_error", "", "provider_rate_limited", True, NO),
    (500, "new_api_panic", "", "provider_failed", False, MAYBE),
    (500, "new_api_error", "", "provider_failed", True, MAYBE),
    (503, "new_api_error", "model_not_found", "provider_failed", True, NO),
]


def refused(said: HttpAnswer) -> ProviderError:
    provider, http = ezmodel(said)
    wire = provider.render(video_request(**PROMPT), reference=ATTEMPT_ID, callback_url=None)
    with pytest.raises(ProviderError) as failed:
        provider.submit(wire, timeout_s=20)
    assert len(http.calls) <= 2
    return failed.value


@pytest.mark.parametrize(
    ("status", "code", "ours", "retryable", "created"), FLAT_ROWS, ids=[f"{row[0]}-{row[1]}" for row in FLAT_ROWS]
)
def test_an_error_of_the_relay_in_our_words(
    status: int,
    code: str,
    ours: str,
    retryable: bool,  # noqa: FBT001 - a column of the table
    created: Created,
) -> None:
    """HTTP status and code to our code, whether to try again, and whether a task may have been created."""
    failed = refused(answer(flat(code), status))

    assert (ours, retryable, created) == (failed.error.code, failed.error.retryable, failed.created)
    assert ("the reason", code, False) == (failed.error.message, failed.error.provider_code, failed.already_exists)


@pytest.mark.parametrize(
    ("status", "kind", "code", "ours", "retryable", "created"),
    NESTED_ROWS,
    ids=[f"{row[0]}-{row[1]}-{row[2]}" for row in NESTED_ROWS],
)
def test_an_error_of_the_middleware_in_our_words(
    status: int,
    kind: str,
    code: str,
    ours: str,
    retryable: bool,  # noqa: FBT001 - a column of the table
    created: Created,
) -> None:
    """The same of the other envelope, whose code is often empty: then its type says what it is."""
    failed = refused(answer(nested(kind, code=code), status))

    assert (ours, retryable, created) == (failed.error.code, failed.error.retryable, failed.created)
    assert ("the reason", code or kind) == (failed.error.message, failed.error.provider_code)


@pytest.mark.parametrize("words", ["该令牌额度已用尽 (request id: r)", "token quota is not enough"])
def test_a_401_may_mean_that_the_keys_own_quota_is_used_up(words: str) -> None:
    """The key is good, and has nothing left to spend."""
    assert "provider_balance_exhausted" == refused(answer(nested("new_api_error", words), 401)).error.code


def test_behind_a_success_an_error_may_stand_in_the_same_body() -> None:
    """`insert_task_failed`: Kling works on it, and EzModel will know nothing of it. Nothing is submitted twice."""
    body = json.dumps(ACCEPTED).encode() + b"\n" + json.dumps(flat("insert_task_failed", "Error 1205")).encode()

    failed = refused(answer(body))

    assert ("provider_failed", "Error 1205", "insert_task_failed", MAYBE) == (
        failed.error.code, failed.error.message, failed.error.provider_code, failed.created,
    )  # fmt: skip


KLINGS: dict[str, tuple[int, dict[str, Any], tuple[str, str, str, Created]]] = {
    "moderation": (
        400, {"code": 1301, "message": "not safe", "request_id": "r"},
        ("moderation_refused", "not safe", "1301", NO),
    ),
    "policy": (
        400, {"code": 1300, "message": "policy", "request_id": "r"}, ("moderation_refused", "policy", "1300", NO),
    ),
    "a wrong field": (
        400, {"code": 1201, "message": "sound on is not supported with video input", "request_id": "r"},
        ("refused_by_provider", "sound on is not supported with video input", "1201", NO),
    ),
    "a failure of Kling's, told as a refusal": (
        400, {"code": 5002, "message": "server timeout", "request_id": "r"},
        ("provider_failed", "server timeout", "5002", MAYBE),
    ),
    "the least of Kling's failures": (
        429, {"code": 5000, "message": "busy", "request_id": "r"}, ("provider_failed", "busy", "5000", MAYBE),
    ),
    "the code just below": (
        400, {"code": 4999, "message": "no", "request_id": "r"}, ("refused_by_provider", "no", "4999", NO),
    ),
    "a failure of Kling's": (
        500, {"code": 5000, "message": "server error", "request_id": "r"},
        ("provider_failed", "server error", "5000", MAYBE),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("status", "said", "expected"), KLINGS.values(), ids=KLINGS)
def test_klings_own_answer_within_a_message_is_read(
    status: int, said: dict[str, Any], expected: tuple[str, str, str, Created]
) -> None:
    """`fail_to_fetch_task`: the message is Kling's body as it came."""
    failed = refused(answer(flat("fail_to_fetch_task", json.dumps(said)), status))

    assert expected == (failed.error.code, failed.error.message, failed.error.provider_code, failed.created)


def test_a_failure_of_klings_is_one_whatever_ezmodel_calls_it() -> None:
    """HTTP 400 `task_failed` with Kling's 5xxx as its message: Kling may have begun, so nothing is sent again."""
    failed = refused(answer(flat("task_failed", json.dumps({"code": 5002, "message": "server timeout"})), 400))

    assert ("provider_failed", True, MAYBE) == (failed.error.code, failed.error.retryable, failed.created)


EXISTS = f"External_task_id {ATTEMPT_ID} already exists"


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(flat("task_failed", EXISTS), id="as a message"),
        pytest.param(flat("fail_to_fetch_task", json.dumps({"code": 1201, "message": EXISTS})), id="in Kling's body"),
    ],
)
def test_a_reference_that_exists_is_told_apart(said: dict[str, Any]) -> None:
    """Kling refuses a second task under our reference: the first one is there."""
    failed = refused(answer(said, 400))

    assert (True, NO) == (failed.already_exists, failed.created)


@pytest.mark.parametrize("message", ["element_name already exists", "external_task_id is invalid"])
def test_other_refusals_are_not_taken_for_a_reference_that_exists(message: str) -> None:
    """Both words must be there."""
    assert not refused(answer(flat("task_failed", message), 400)).already_exists


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 502, 503, 504, 524])
@pytest.mark.parametrize("body", [b"<html><h1>Bad Gateway</h1></html>", b"", b"{}", b"[]", b"5", b"[" * 100_000])
def test_an_answer_that_is_not_ezmodels_may_hide_a_task(status: int, body: bytes) -> None:
    """A page of some relay in between: nothing is known."""
    failed = refused(answer(body, status))

    assert ("provider_failed", True, MAYBE) == (failed.error.code, failed.error.retryable, failed.created)
    assert f"HTTP {status}" == failed.error.provider_code
    assert "<html>" not in failed.error.message


def test_words_are_cut() -> None:
    """A thousand characters will do in a job's row."""
    assert "x" * 1000 == refused(answer(flat("task_failed", "x" * 500_000), 400)).error.message


@pytest.mark.parametrize(("text", "expected"), [("7", 7.0), ("", None), ("soon", None)])
def test_what_an_answer_asks_to_wait(text: str, expected: float | None) -> None:
    """No page names the header; where it comes it is heard."""
    assert expected == refused(answer(flat("fail_to_fetch_task"), 429, retry_after=text)).retry_after_s
