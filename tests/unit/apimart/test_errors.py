"""APIMart's error table, row by row (facts, section A2), and its errors in the shapes that clients met."""

from __future__ import annotations

from typing import Any

import pytest
from klingway.providers.contract import Created, HttpAnswer, ProviderError

from tests.unit.builders import PROMPT, answer, apimart, video_request

NO, MAYBE = Created.NO, Created.MAYBE
ROWS = [
    (400, "invalid_request_error", "refused_by_provider", False, NO),
    (401, "authentication_error", "provider_authentication_failed", False, NO),
    (402, "payment_required", "provider_balance_exhausted", False, NO),
    (403, "permission_error", "provider_permission_denied", False, NO),
    (413, "invalid_request_error", "refused_by_provider", False, NO),
    (429, "rate_limit_error", "provider_rate_limited", True, NO),
    (500, "server_error", "provider_failed", True, MAYBE),
    (502, "bad_gateway", "provider_failed", True, MAYBE),
    # In no table: APIMart's own 4xx is a refusal, but for a time-out; anything else may have had its effect.
    (404, "not_found", "refused_by_provider", False, NO),
    (408, "timeout", "provider_timed_out", True, MAYBE),
    (422, "invalid_request_error", "refused_by_provider", False, NO),
    (503, "unavailable", "provider_failed", True, MAYBE),
]


def refused(said: HttpAnswer) -> ProviderError:
    provider, http = apimart(said)
    wire = provider.render(video_request(**PROMPT), reference="job-1", callback_url=None)
    with pytest.raises(ProviderError) as failed:
        provider.submit(wire, timeout_s=20)
    assert len(http.calls) <= 2
    return failed.value


@pytest.mark.parametrize(
    ("status", "kind", "ours", "retryable", "created"), ROWS, ids=[f"{status}" for status, *_ in ROWS]
)
@pytest.mark.parametrize("as_text", [False, True], ids=["int", "text"])
def test_a_row_of_the_table_in_our_words(
    status: int,
    kind: str,
    ours: str,
    retryable: bool,  # noqa: FBT001 - a column of the table
    created: Created,
    as_text: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """HTTP status to our code, whether to try again, and whether a task may have been created; codes come in two types."""
    body = {"error": {"code": str(status) if as_text else status, "message": "the reason", "type": kind}}

    failed = refused(answer(body, status))

    assert (ours, retryable, created) == (failed.error.code, failed.error.retryable, failed.created)
    assert ("the reason", str(status)) == (failed.error.message, failed.error.provider_code)


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        pytest.param({"error": {"code": "invalid_duration", "message": "no", "type": "invalid_request_error"}}, 400,
                     ("refused_by_provider", "no", "invalid_duration", NO), id="a code in words"),
        pytest.param({"code": 402, "message": "top up", "type": "payment_required"}, 402,
                     ("provider_balance_exhausted", "top up", "402", NO), id="not wrapped"),
        pytest.param({"error": "top up"}, 402, ("provider_balance_exhausted", "top up", "HTTP 402", NO),
                     id="a text alone"),
        pytest.param({"error": {"type": "payment_required"}}, 402,
                     ("provider_balance_exhausted", "payment_required", "HTTP 402", NO), id="a type alone"),
        pytest.param({"error": {"code": 402, "message": "top up"}}, 200,
                     ("provider_balance_exhausted", "top up", "402", NO), id="under HTTP 200"),
        pytest.param({"success": False, "message": "no"}, 200, ("provider_failed", "no", "HTTP 200", MAYBE),
                     id="under HTTP 200, without a code"),
        pytest.param({"error": {"code": 500, "message": "no"}}, 200, ("provider_failed", "no", "500", MAYBE),
                     id="a failure under HTTP 200"),
        pytest.param({"error": {"code": 400, "message": "no"}}, 500, ("provider_failed", "no", "400", MAYBE),
                     id="a refusal under HTTP 500 is not sure"),
        pytest.param({"error": {"code": 500, "message": "no"}}, 400, ("provider_failed", "no", "500", MAYBE),
                     id="a failure under HTTP 400 is not sure either"),
        pytest.param({"error": {"code": 429}}, 429, ("provider_rate_limited", "", "429", NO), id="a code alone"),
        pytest.param({"error": {"code": 400, "message": "x" * 500_000}}, 400,
                     ("refused_by_provider", "x" * 1000, "400", NO), id="words are cut"),
    ],
)  # fmt: skip
def test_an_error_in_another_shape(body: dict[str, Any], status: int, expected: tuple[Any, ...]) -> None:
    """It says the same."""
    failed = refused(answer(body, status))

    assert expected == (failed.error.code, failed.error.message, failed.error.provider_code, failed.created)


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 502, 503, 504, 524])
@pytest.mark.parametrize("body", [b"<html><h1>Bad Gateway</h1></html>", b"", b"{}", b"[]"])
def test_an_answer_that_is_not_apimarts_may_hide_a_task(status: int, body: bytes) -> None:
    """A page of some relay in between: nothing is known."""
    failed = refused(answer(body, status))

    assert ("provider_failed", True, MAYBE) == (failed.error.code, failed.error.retryable, failed.created)
    assert f"HTTP {status}" == failed.error.provider_code
    assert "<html>" not in failed.error.message


@pytest.mark.parametrize(("text", "expected"), [("7", 7.0), ("", None), ("soon", None)])
def test_what_an_answer_asks_to_wait(text: str, expected: float | None) -> None:
    """No page names the header; where it comes it is heard."""
    said = answer({"error": {"code": 429, "message": "later", "type": "rate_limit_error"}}, 429, retry_after=text)

    assert expected == refused(said).retry_after_s
