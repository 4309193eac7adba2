"""Who may call KlingAI: API keys, and JSON Web Tokens signed with an access key's secret (Kling, API authentication)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import jwt

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOTS_OF_JWT: Final = 2


class ApiError(Exception):
    """An answer that is not a success.

    Args:
        status: HTTP.
        code: Kling's service code.
        message: Kling's text.
    """

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Auth:
    """An account's keys.

    Attributes:
        api_keys: accepted as Bearer tokens.
        access_keys: secret keys by access key, for JWT.
    """

    api_keys: frozenset[str]
    access_keys: Mapping[str, str]

    def check(self, header: str) -> None:
        """Checks the header Authorization.

        Raises:
            ApiError: 401 with 1000 to 1004.
        """
        if not header.strip():
            raise ApiError(401, 1001, "Authorization is empty")
        scheme, _, token = header.partition(" ")
        token = token.strip()
        if scheme != "Bearer" or not token:
            raise ApiError(401, 1002, "Authorization is invalid")
        if token in self.api_keys:
            return
        dots = token.count(".")
        if dots != _DOTS_OF_JWT:
            parts = {0: "0", 1: "2"}.get(dots, "> 3")
            raise ApiError(401, 1002, f"The token was expected to have 3 parts, but got {parts}")
        self._check_jwt(token)

    def _check_jwt(self, token: str) -> None:
        try:
            access_key = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except jwt.InvalidTokenError:
            raise ApiError(401, 1000, "Authentication failed: the token cannot be decoded") from None
        if not isinstance(access_key, str) or access_key not in self.access_keys:
            raise ApiError(401, 1002, "Authorization is invalid: access key not found")
        try:
            jwt.decode(token, self.access_keys[access_key], algorithms=["HS256"], options={"require": ["exp"]})
        except jwt.ExpiredSignatureError:
            raise ApiError(401, 1004, "Authorization has expired") from None
        except jwt.ImmatureSignatureError:
            raise ApiError(401, 1003, "Authorization is not yet valid") from None
        except jwt.InvalidTokenError as error:
            raise ApiError(401, 1000, f"Authentication failed: {error}") from None
