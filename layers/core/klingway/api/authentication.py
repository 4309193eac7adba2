"""Who is calling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from klingway.domain.callers import Caller, Scope
from klingway.domain.errors import Doubt, RateLimitedError, UnauthenticatedError
from klingway.domain.ids import Tenant
from klingway.domain.keys import key_id_of, key_id_of_access_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from klingway.domain.keys import ApiKey, Keyring
    from klingway.use_cases.budget_ports import RateLimits
    from klingway.use_cases.ports import KeyStore, Now

_BEARER: Final = "bearer "
_MINUTE_S: Final = 60
_DOTS_OF_SIGNED: Final = 2
_SKEW_S: Final = 5
"""How far a caller's clock may be off: Kling's own clients date `nbf` so far back (Kling's authentication page)."""


def authenticate(
    authorization: str, keys: KeyStore, keyring: Callable[[], Keyring], now: Now, *, takes_signed_tokens: bool = False
) -> Caller:
    """Return who calls with the key in an `Authorization` header, and what that key opens.

    Args:
        authorization: The header, empty where there is none.
        keys: The keys there are.
        keyring: What proves them.
        now: The time: after a rotation, the secrets before are good until a certain one.
        takes_signed_tokens: Whether a token signed with an access/secret pair will do as well, as Kling's own clients send.

    Raises:
        UnauthenticatedError: There is no key, or it is not valid; which of the two, the answer says, but not why.
    """
    if not authorization.lower().startswith(_BEARER):
        raise UnauthenticatedError("Send your key as 'Authorization: Bearer <key>'.", doubt=Doubt.MISSING)
    given = authorization[len(_BEARER) :].strip()
    if takes_signed_tokens and given.isascii() and given.count(".") == _DOTS_OF_SIGNED:
        return _caller(_signer_of(given, keys, keyring, now))
    for key in _looked_up(key_id_of(given), keys):
        if _proves(keyring(), key.good_at(now()), given) and key.enabled:
            return _caller(key)
    raise UnauthenticatedError("The key is not valid.")


def admit(caller: Caller, scope: Scope, rates: Callable[[], RateLimits], now: Now) -> None:
    """Let a caller pass whose key opens something, and has not asked too often.

    Raises:
        ForbiddenError: The key has not this scope.
        RateLimitedError: It has asked for as much as it may in this minute.
    """
    caller.expect(scope)
    if caller.per_minute is None or scope is not Scope.SUBMIT:
        return
    at = now()
    if not rates().take(caller.key_id, caller.per_minute, at):
        left_s = _MINUTE_S - int(at.timestamp()) % _MINUTE_S
        raise RateLimitedError(
            f"This key may ask for something {caller.per_minute} times a minute; try again in {left_s} s.",
            retry_after_s=left_s,
        )


def _caller(key: ApiKey) -> Caller:
    return Caller(
        tenant=Tenant(key.tenant), key_id=key.key_id, scopes=key.scopes, route=key.route, per_minute=key.per_minute
    )


def _looked_up(key_id: str | None, keys: KeyStore) -> Iterator[ApiKey]:
    """Yield a key as it is in memory, and as it is by now: what proves nothing may be its new secret after a rotation."""
    for look in (keys.get_key, keys.fresh_key):
        key = look(key_id) if key_id is not None else None
        if key is None:
            return
        yield key


def _proves(keyring: Keyring, versions: Sequence[ApiKey], given: str) -> bool:
    # Each is tried, whichever it is: as in the keyring, time says nothing of a secret's age.
    proofs = [keyring.proves_api_key(version, given) for version in versions]
    return any(proofs)


def _signer_of(token: str, keys: KeyStore, keyring: Callable[[], Keyring], now: Now) -> ApiKey:
    """Return the key whose access/secret pair signed a token: HS256, `iss` the access key, `exp` and perhaps `nbf`."""
    import jwt  # noqa: PLC0415 - most callers send a bearer key

    for found in _looked_up(_named_by(token), keys):
        ring = keyring()
        for secret in [secret for version in found.good_at(now()) for secret in ring.secret_keys(version)]:
            try:
                jwt.decode(token, secret, algorithms=["HS256"], leeway=_SKEW_S, options={"require": ["exp", "iss"]})
            except jwt.ExpiredSignatureError:
                raise UnauthenticatedError("The token has expired.", doubt=Doubt.EXPIRED) from None
            except jwt.ImmatureSignatureError:
                raise UnauthenticatedError("The token is not valid yet.", doubt=Doubt.NOT_YET_VALID) from None
            except jwt.InvalidTokenError:
                continue
            if found.enabled:
                return found
    raise UnauthenticatedError("The token is not valid.")


def _named_by(token: str) -> str | None:
    """Return the key id that a token names; nothing of it is believed yet."""
    import jwt  # noqa: PLC0415 - as above

    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.InvalidTokenError:
        return None
    return key_id_of_access_key(issuer) if isinstance(issuer, str) else None
