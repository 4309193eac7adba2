from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from klingway.providers.klingai.authentication import Bearer, is_usable

from tests.unit.builders import ACCESS_KEY, API_KEY, SECRET_KEY, Credentials, with_api_key, with_pair

NOW = 1_795_176_000.9


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def decoded(part: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return said


def test_an_api_key_is_the_token_as_it_is() -> None:
    """Nothing is signed."""
    assert API_KEY == Bearer(Clock()).token(with_api_key())


def test_an_api_key_goes_before_a_pair() -> None:
    """Where a secret has both."""
    both = Credentials(with_pair().values | {"api_key": API_KEY})

    assert API_KEY == Bearer(Clock()).token(both)


def test_a_signed_token_says_what_klings_page_asks_for() -> None:
    """HS256; iss, exp 1800 s ahead, nbf 5 s back, whole numbers; signed with the secret key's text; nothing else."""
    header, claims, signature = Bearer(Clock()).token(with_pair()).split(".")

    assert {"alg": "HS256", "typ": "JWT"} == decoded(header)
    assert {"iss": ACCESS_KEY, "exp": 1_795_177_800, "nbf": 1_795_175_995} == decoded(claims)
    digest = hmac.digest(SECRET_KEY.encode(), f"{header}.{claims}".encode(), hashlib.sha256)
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == signature


def test_a_signed_token_is_kept() -> None:
    """For as long as it has two minutes to live."""
    clock = Clock()
    bearer = Bearer(clock)
    first = bearer.token(with_pair())

    clock.now = NOW + 1680

    assert first == bearer.token(with_pair())


def test_a_signed_token_is_renewed_before_its_end() -> None:
    """A call that takes 20 s must not outlive it."""
    clock = Clock()
    bearer = Bearer(clock)
    first = bearer.token(with_pair())

    clock.now = NOW + 1681
    second = bearer.token(with_pair())

    assert first != second
    assert 1_795_177_800 + 1681 == decoded(second.split(".")[1])["exp"]


def test_a_forgotten_token_is_signed_anew() -> None:
    """With the secret key of the moment."""
    bearer = Bearer(Clock())
    first = bearer.token(with_pair())
    kept = bearer.token(with_pair("T" * 32))

    bearer.forget()

    assert first == kept != bearer.token(with_pair("T" * 32))


def test_another_access_key_has_a_token_of_its_own() -> None:
    """A kept one belongs to its account."""
    bearer = Bearer(Clock())
    other = Credentials({"access_key": "B" * 32, "secret_key": SECRET_KEY})

    assert bearer.token(with_pair()) != bearer.token(other)
    assert "B" * 32 == decoded(bearer.token(other).split(".")[1])["iss"]


def test_a_bearer_shows_nothing() -> None:
    """Neither key nor token in its repr."""
    bearer = Bearer(Clock())
    token = bearer.token(with_pair())

    assert not any(secret in repr(bearer) for secret in (token, ACCESS_KEY, SECRET_KEY))


@pytest.mark.parametrize(
    ("values", "usable"),
    [
        ({"api_key": "k"}, True),
        ({"access_key": "a", "secret_key": "s"}, True),
        ({"api_key": "", "access_key": "a", "secret_key": "s"}, True),
        ({}, False),
        ({"api_key": ""}, False),
        ({"access_key": "a"}, False),
        ({"secret_key": "s"}, False),
        ({"access_key": "a", "secret_key": ""}, False),
    ],
    ids=str,
)
def test_what_a_call_needs(values: dict[str, str], usable: bool) -> None:  # noqa: FBT001 - the expectation
    """An API key, or both keys of a pair."""
    assert usable is is_usable(Credentials(values))
