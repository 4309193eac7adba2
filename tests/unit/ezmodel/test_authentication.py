"""Whose calls to EzModel are, and what is done when a key is refused."""

from __future__ import annotations

import pytest
from klingway.providers.contract import Created, HttpAnswer

from tests.unit.builders import TASK_ID, Credentials, FakeCredentials, answer, with_api_key
from tests.unit.ezmodel.building import ACCEPTED, ezmodel, failed_submit, flat, nested, submit

NO_KEY = nested("new_api_error", "无效的令牌 (request id: r)")


def test_a_create_refused_for_its_key_is_made_once_more_with_a_fresh_one() -> None:
    """A refusal: nothing was created. The secret is read again, for it may have been replaced."""
    credentials = FakeCredentials(with_api_key("old-key"), stored=with_api_key("new-key"))

    found, http = submit(answer(NO_KEY, 401), answer(ACCEPTED), credentials=credentials)

    assert TASK_ID == found.task_id
    assert ["Bearer old-key", "Bearer new-key"] == [call.headers["Authorization"] for call in http.calls]


@pytest.mark.parametrize(
    ("answers", "calls"),
    [
        pytest.param([answer(NO_KEY, 401), answer(NO_KEY, 401), answer(ACCEPTED)], 2, id="a second refusal is final"),
        pytest.param([answer(NO_KEY, 403), answer(ACCEPTED)], 1, id="another status"),
        pytest.param(
            [answer(flat("fail_to_fetch_task"), 401), answer(ACCEPTED)], 1, id="Kling's 401, of EzModel's key"
        ),
        pytest.param([answer(b"<html>", 401), answer(ACCEPTED)], 1, id="somebody else's 401"),
    ],
)
def test_a_create_is_not_made_again_for_less(answers: list[HttpAnswer], calls: int) -> None:
    """Only the middleware's 401 is surely said before anything happened, and about our key."""
    assert calls == len(failed_submit(*answers)[1].calls)


@pytest.mark.parametrize("values", [None, {}, {"api_key": ""}, {"access_key": "a", "secret_key": "s"}], ids=str)
def test_without_an_api_key_nobody_is_called(values: dict[str, str] | None) -> None:
    """Not configured: nothing was created."""
    credentials = None if values is None else Credentials(values)
    failed, http = failed_submit(answer(ACCEPTED), credentials=FakeCredentials(credentials))

    assert ("not_configured", False, Created.NO) == (failed.error.code, failed.error.retryable, failed.created)
    assert [] == http.calls
    provider, _ = ezmodel(answer({}), credentials=FakeCredentials(credentials))
    assert (None, False) == (provider.account, provider.has_credential)


def test_the_account_is_the_key_unless_the_secret_names_it() -> None:
    """Another key is another account; no key can be read out of it."""

    def account(**values: str) -> str | None:
        return ezmodel(answer({}), credentials=FakeCredentials(Credentials(values)))[0].account

    assert account(api_key="k") == account(api_key="k")
    assert account(api_key="k") != account(api_key="l")
    assert account(api_key="k", account="eu") == account(api_key="l", account="eu")
    assert "secret-key-of-mine" not in str(account(api_key="secret-key-of-mine"))
