"""How calls to KlingAI prove themselves: an API key as it is, or a token signed with an access/secret pair.

Source: Kling's authentication page: HS256, `iss` the access key, `exp` 1800 s ahead, `nbf` 5 s back; nothing else.
"""

from collections.abc import Callable
from typing import Final

from klingway.providers.contract import Credentials

_LIFE_S: Final = 1800
_BACKDATED_S: Final = 5
_RENEWED_BEFORE_S: Final = 120


def is_usable(credentials: Credentials) -> bool:
    """Tell whether a secret holds what a call needs: an API key, or both keys of a pair."""
    values = credentials.values
    return bool(values.get("api_key")) or bool(values.get("access_key") and values.get("secret_key"))


def owner_of(credentials: Credentials) -> str:
    """Return whose usable credentials these are: the access key's, which outlives its secret key, or the API key's."""
    return credentials.values.get("access_key") or credentials.values["api_key"]


class Bearer:
    """Makes the bearer token of one account; keeps a signed one until shortly before its end."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._signed: tuple[str, str, float] | None = None
        """Access key, token, end in epoch seconds."""

    def token(self, credentials: Credentials) -> str:
        """Return the token for a call made now with usable credentials."""
        if api_key := credentials.values.get("api_key"):
            return api_key
        access_key, secret_key = credentials.values["access_key"], credentials.values["secret_key"]
        now = self._now()
        if self._signed is None or self._signed[0] != access_key or now > self._signed[2] - _RENEWED_BEFORE_S:
            import jwt  # noqa: PLC0415 - an account with an API key never needs it

            claims = {"iss": access_key, "exp": int(now) + _LIFE_S, "nbf": int(now) - _BACKDATED_S}
            self._signed = access_key, jwt.encode(claims, secret_key, algorithm="HS256"), now + _LIFE_S
        return self._signed[1]

    def forget(self) -> None:
        """Sign anew at the next call: the other side said that the token is not good."""
        self._signed = None
