"""Who is calling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from klingway.domain.errors import UnauthenticatedError
from klingway.domain.ids import Tenant
from klingway.domain.keys import key_id_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from klingway.domain.keys import Keyring
    from klingway.use_cases.ports import KeyStore

_BEARER = "bearer "


def authenticate(authorization: str, keys: KeyStore, keyring: Callable[[], Keyring]) -> Tenant:
    """Return the tenant of the key in an `Authorization` header.

    Raises:
        UnauthenticatedError: There is no key, or it is not valid; which of the two, the answer says, but not why.
    """
    if not authorization.lower().startswith(_BEARER):
        raise UnauthenticatedError("Send your key as 'Authorization: Bearer <key>'.")
    given = authorization[len(_BEARER) :].strip()
    key_id = key_id_of(given)
    key = keys.get_key(key_id) if key_id is not None else None
    if key is None or not keyring().proves_api_key(key, given) or not key.enabled:
        raise UnauthenticatedError("The key is not valid.")
    return Tenant(key.tenant)
