"""KlingAI's error table, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from klingway.providers import calls
from klingway.providers.contract import Created, ProviderError
from klingway.providers.klingai import errors

from tests.unit.builders import PROMPT, answer, klingai, refused, video_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from klingway.domain.job import JobError
    from klingway.providers.klingai.provider import KlingaiProvider

NO, MAYBE = Created.NO, Created.MAYBE
ROWS = [
    (401, 1000, "provider_authentication_failed", False, NO),
    (401, 1001, "provider_authentication_failed", False, NO),
    (401, 1002, "provider_authentication_failed", False, NO),
    (401, 1003, "provider_authentication_failed", False, NO),
    (401, 1004, "provider_authentication_failed", False, NO),
    (429, 1100, "provider_account_blocked", False, NO),
    (429, 1101, "provider_balance_exhausted", False, NO),
    (429, 1102, "provider_balance_exhausted", False, NO),
    (403, 1103, "provider_permission_denied", False, NO),
    (400, 1200, "refused_by_provider", False, NO),
    (400, 1201, "refused_by_provider", False, NO),
    (404, 1202, "refused_by_provider", False, NO),
    (404, 1203, "refused_by_provider", False, NO),
    (400, 1300, "moderation_refused", False, NO),
    (400, 1301, "moderation_refused", False, NO),
    (429, 1302, "provider_rate_limited", True, NO),
    (429, 1303, "provider_full", True, NO),
    (429, 1304, "provider_permission_denied", False, NO),
    (500, 5000, "provider_failed", True, MAYBE),
    (503, 5001, "provider_in_maintenance", True, MAYBE),
    (504, 5002, "provider_timed_out", True, MAYBE),
    # In no table: Kling's own 4xx is a refusal, anything else may have had its effect.
    (400, 1999, "refused_by_provider", False, NO),
    (500, 9999, "provider_failed", True, MAYBE),
    (200, 9999, "provider_failed", True, MAYBE),
    # A code under HTTP 200 is judged by the code.
    (200, 1303, "provider_full", True, NO),
    (200, 1301, "moderation_refused", False, NO),
    (200, 5000, "provider_failed", True, MAYBE),
]


def submit_to(provider: KlingaiProvider) -> ProviderError:
    wire = provider.render(video_request(**PROMPT), reference="job-1", callback_url=None)
    with pytest.raises(ProviderError) as failed:
        provider.submit(wire, timeout_s=20)
    return failed.value


@pytest.mark.parametrize(
    ("status", "code", "ours", "retryable", "created"), ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS]
)
def test_a_row_of_the_table_in_our_words(
    status: int,
    code: int,
    ours: str,
    retryable: bool,  # noqa: FBT001 - a column of the table
    created: Created,
) -> None:
    """HTTP status and code to our code, whether to try again, and whether a task may have been created."""
    provider, _ = klingai(answer(refused(code, "the reason"), status))

    failed = submit_to(provider)

    assert (ours, retryable, created) == (failed.error.code, failed.error.retryable, failed.created)
    assert ("the reason", str(code), False) == (failed.error.message, failed.error.provider_code, failed.already_exists)


def test_every_code_that_is_known_stands_in_the_table() -> None:
    """The 21 codes of the table, and no other is told apart."""
    assert {code for _, code, *_ in ROWS} - {1999, 9999} == set(errors._MEANINGS)  # noqa: SLF001 - completeness


@pytest.mark.parametrize("status", [403, 404, 429, 500, 502, 503, 504])
def test_an_answer_that_is_not_klings_may_hide_a_task(status: int) -> None:
    """An HTML page of some relay in between: nothing is known."""
    provider, http = klingai(answer(b"<html><h1>Bad Gateway</h1></html>", status))

    failed = submit_to(provider)

    assert ("provider_failed", True, MAYBE) == (failed.error.code, failed.error.retryable, failed.created)
    assert f"HTTP {status}" == failed.error.provider_code
    assert "<html>" not in failed.error.message
    assert 1 == len(http.calls)


@pytest.mark.parametrize(
    "message",
    [
        "External_task_id job_01JD4ZK8M0ABCDEFGHJKMNPQRS-1 already exists",
        "external_task_id job-1 already exists.",
    ],
)
def test_a_reference_that_exists_is_told_apart(message: str) -> None:
    """A duplicate is refused with 400/1201 and a text: the task is ours to adopt."""
    assert submit_to(klingai(answer(refused(1201, message), 400))[0]).already_exists


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (1201, "element_name already exists"),
        (1201, "external_task_id is invalid"),
        (1200, "External_task_id job-1 already exists"),
    ],
)
def test_other_refusals_are_not_taken_for_a_reference_that_exists(code: int, message: str) -> None:
    """Both words and the code must be there."""
    assert not submit_to(klingai(answer(refused(code, message), 400))[0]).already_exists


@pytest.mark.parametrize(
    ("status", "code", "message", "expected"),
    [
        (404, 1203, "resource does not exist", True),
        (400, 1201, "Task not found by id/external id: job-1", True),
        (400, 1201, "TASK NOT FOUND", True),
        (400, 1203, "model does not exist", False),
        (400, 1201, "Voice id not found", False),
        (404, 1202, "invalid method", False),
        (500, 5000, "Task not found", False),
        (404, None, "", False),
    ],
)
def test_what_means_that_there_is_no_task(status: int, code: int | None, message: str, expected: bool) -> None:  # noqa: FBT001 - the expectation
    """The table's form and the live service's."""
    assert expected is errors.means_not_found(status, code, message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("7", 7.0, id="seconds"),
        pytest.param("0", 0.0, id="none"),
        pytest.param("", None, id="empty"),
        pytest.param("-1", None, id="negative"),
        pytest.param("1.5", None, id="fraction"),
        pytest.param("Wed, 21 Oct 2026 07:28:00 GMT", None, id="date"),
        pytest.param("٣", None, id="another script's digit"),
    ],
)
def test_what_an_answer_asks_to_wait(text: str, expected: float | None) -> None:
    """Whole seconds are heard, anything else is not."""
    provider, _ = klingai(answer(refused(1303), 429, retry_after=text))

    assert expected == submit_to(provider).retry_after_s


@pytest.mark.parametrize("text", ["999999999999", "9" * 400])
def test_a_wait_without_measure_is_not_believed(text: str) -> None:
    """A day is the longest that any job lives: beyond it nobody can compute a time to wait for."""
    asked = submit_to(klingai(answer(refused(1303), 429, retry_after=text))[0]).retry_after_s

    assert asked is None or asked <= 86_400


@pytest.mark.parametrize(
    ("message", "code", "retryable"),
    [
        ("Failure to pass the risk control system", "moderation_refused", False),
        ("failure to pass the RISK CONTROL system.", "moderation_refused", False),
        ("internal error", "generation_failed", True),
    ],
)
def test_a_failed_tasks_text_tells_moderation_apart(message: str, code: str, retryable: bool) -> None:  # noqa: FBT001 - the expectation
    """Moderation is final, any other failure may go better."""
    error = calls.failure(message)

    assert (code, message, retryable) == (error.code, error.message, error.retryable)


def test_a_failed_task_without_a_text_says_so() -> None:
    """No empty message."""
    assert "the provider gave no reason" == calls.failure("").message


def test_a_429_of_a_code_in_no_table_is_waited_for() -> None:
    """A reason that is new, but a reason to wait: the job is not failed for it."""
    error = errors.refusal(429, 1399, "new")

    assert (True, NO) == (error.error.retryable, error.created)


@pytest.mark.parametrize(
    "said", [lambda text: errors.refusal(400, 1201, text).error, calls.failure], ids=["refusal", "failed task"]
)
def test_the_providers_words_are_cut(said: Callable[[str], JobError]) -> None:
    """They stand in the row and in the event: a thousand characters will do."""
    assert 1000 == len(said("x" * 500_000).message)
