"""Unifically's table of errors, row by row, and its errors in the shapes that its pages and clients show."""

from __future__ import annotations

from typing import Any

import pytest
from klingway.providers.contract import Created, HttpAnswer, ProviderError

from tests.unit.builders import PROMPT, answer, video_request
from tests.unit.unifically.builders import said, unifically

NO, MAYBE = Created.NO, Created.MAYBE
ROWS = [
    (400, "generation_failed", "refused_by_provider", False, NO),
    (401, "authentication_failed", "provider_authentication_failed", False, NO),
    (422, "validation_error", "refused_by_provider", False, NO),
    (429, "rate_limit_exceeded", "provider_rate_limited", True, NO),
    (500, "internal_error", "provider_failed", True, MAYBE),
    # Known to clients alone.
    (402, "insufficient_balance", "provider_balance_exhausted", False, NO),
    # In no table: nothing is sure.
    (403, "forbidden", "provider_failed", True, MAYBE),
    (404, "not_found", "provider_failed", True, MAYBE),
    (408, "timeout", "provider_failed", True, MAYBE),
    (503, "unavailable", "provider_failed", True, MAYBE),
]


def refused(heard: HttpAnswer) -> ProviderError:
    provider, http = unifically(heard)
    wire = provider.render(video_request(**PROMPT), reference="job-1", callback_url=None)
    with pytest.raises(ProviderError) as failed:
        provider.submit(wire, timeout_s=20)
    assert len(http.calls) <= 2
    return failed.value


@pytest.mark.parametrize(
    ("status", "word", "ours", "retryable", "created"), ROWS, ids=[f"{status}" for status, *_ in ROWS]
)
@pytest.mark.parametrize("as_written", [str.lower, str.upper], ids=["lower case", "upper case"])
@pytest.mark.parametrize("success", [False, ...], ids=["success", "no success"])
def test_a_row_of_the_table_in_our_words(
    status: int, word: str, ours: str, retryable: bool, created: Created, as_written: Any, success: object  # noqa: FBT001
) -> None:  # fmt: skip
    """HTTP status to our code, whether to try again, and whether a task may have been created."""
    failed = refused(answer(said(status, success=success, message="the reason", code=as_written(word)), status))

    assert (ours, retryable, created) == (failed.error.code, failed.error.retryable, failed.created)
    assert ("the reason", as_written(word)) == (failed.error.message, failed.error.provider_code)


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        pytest.param({"code": 400, "data": {"error": {"message": "no", "code": "veo3_error"}}}, 400,
                     ("refused_by_provider", "no", "veo3_error", NO), id="an older page's"),
        pytest.param({"code": 422, "data": {"error": "no"}}, 422, ("refused_by_provider", "no", "HTTP 422", NO),
                     id="a text alone"),
        pytest.param({"error_message": "no"}, 422, ("refused_by_provider", "no", "HTTP 422", NO),
                     id="in a callback's word"),
        pytest.param({"code": 402, "message": "top up"}, 402, ("provider_balance_exhausted", "top up", "HTTP 402", NO),
                     id="at the top"),
        pytest.param({"code": 402}, 402, ("provider_balance_exhausted", "", "HTTP 402", NO), id="a code alone"),
        pytest.param({"code": "402", "data": {"message": "top up"}}, 402,
                     ("provider_balance_exhausted", "top up", "HTTP 402", NO), id="a code in quotes"),
        pytest.param(said(422, message="no"), 200, ("refused_by_provider", "no", "HTTP 200", NO), id="under HTTP 200"),
        pytest.param(said(400, message="slow down", code="rate_limit_exceeded"), 400,
                     ("provider_rate_limited", "slow down", "rate_limit_exceeded", NO), id="a word that says more"),
        pytest.param(said(400, message="slow down", code="RATE_LIMIT_EXCEEDED"), 400,
                     ("provider_rate_limited", "slow down", "RATE_LIMIT_EXCEEDED", NO), id="the same in capitals"),
        pytest.param(said(500, message="no", code="generation_failed"), 400,
                     ("provider_failed", "no", "generation_failed", MAYBE), id="a refusal beside a failure is not sure"),
        pytest.param(said(400, message="no", code="internal_error"), 400, ("provider_failed", "no", "internal_error", MAYBE),
                     id="a word of the server's failure is not sure"),
        pytest.param(said(500, message="no"), 400, ("provider_failed", "no", "HTTP 400", MAYBE),
                     id="a failure under HTTP 400 is not sure"),
        pytest.param(said(400, message="no"), 500, ("provider_failed", "no", "HTTP 500", MAYBE),
                     id="a refusal under HTTP 500 is not sure either"),
        pytest.param({"success": False, "data": {"message": "no"}}, 200, ("provider_failed", "no", "HTTP 200", MAYBE),
                     id="under HTTP 200, without a code"),
        pytest.param({"code": 400, "data": {"status": "failed", "message": "no", "code": "GENERATION_FAILED"}}, 400,
                     ("refused_by_provider", "no", "GENERATION_FAILED", NO), id="a failed task that has no id"),
        pytest.param(said(422, message="x" * 500_000), 422, ("refused_by_provider", "x" * 1000, "HTTP 422", NO),
                     id="words are cut"),
    ],
)  # fmt: skip
def test_an_error_in_another_shape(body: dict[str, Any], status: int, expected: tuple[Any, ...]) -> None:
    """It says the same."""
    failed = refused(answer(body, status))

    assert expected == (failed.error.code, failed.error.message, failed.error.provider_code, failed.created)


@pytest.mark.parametrize("status", [400, 402, 404, 422, 429, 500, 502, 504, 524])
@pytest.mark.parametrize("body", [b"<html><h1>Bad Gateway</h1></html>", b"", b"{}", b"[]", b'{"data": {}}'])
def test_an_answer_that_is_not_unificallys_may_hide_a_task(status: int, body: bytes) -> None:
    """A page of some relay in between: nothing is known."""
    failed = refused(answer(body, status))

    assert ("provider_failed", True, MAYBE) == (failed.error.code, failed.error.retryable, failed.created)
    assert f"HTTP {status}" == failed.error.provider_code
    assert "<html>" not in failed.error.message


@pytest.mark.parametrize(("text", "expected"), [("7", 7.0), ("", None), ("soon", None)])
def test_what_an_answer_asks_to_wait(text: str, expected: float | None) -> None:
    """No page names the header; where it comes it is heard."""
    heard = answer(said(429, message="later", code="rate_limit_exceeded"), 429, retry_after=text)

    assert expected == refused(heard).retry_after_s
