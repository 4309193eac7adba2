from __future__ import annotations

import pytest
from klingway.domain.addresses import webhook_problem

HOOK = "https://example.com/hook?key="


def test_a_webhooks_address_has_a_bound() -> None:
    """2,048 characters: it stands in the job's row, which the table does not take beyond 400 KB."""
    assert webhook_problem("callback_url", HOOK + "x" * (2048 - len(HOOK))) is None

    problem = webhook_problem("callback_url", HOOK + "x" * (2049 - len(HOOK)))

    assert problem is not None
    assert ("callback_url", "too_long", {"max_chars": 2048}) == (problem.field, problem.code, problem.limit)


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https://[::1/hook",
        "https://example.com:99999/",
        "https://example.com:0/",
        "https://example.com/a b",
    ],
)
def test_a_webhooks_address_is_one_that_can_be_reached(url: str) -> None:
    """Its host and its port are ones."""
    problem = webhook_problem("webhook.url", url)

    assert problem is not None
    assert "wrong_form" == problem.code
