from __future__ import annotations

import base64
import hashlib
import hmac
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from klingway.api.authentication import authenticate
from klingway.domain.callers import EVERY_SCOPE, Caller, Scope
from klingway.domain.errors import Doubt, UnauthenticatedError
from klingway.domain.ids import ProviderName, Tenant
from klingway.domain.keys import ApiKey, Keyring

from tests.fakes.keys import InMemoryKeys

RING = Keyring(["the master secret"])
KEY = ApiKey("k1", "acme")


AT = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def caller_of(
    authorization: str,
    *keys: ApiKey,
    keyring: Keyring = RING,
    takes_signed_tokens: bool = False,
    at: datetime = AT,
) -> Caller:
    store = InMemoryKeys(*(keys or (KEY,)))
    return authenticate(authorization, store, lambda: keyring, lambda: at, takes_signed_tokens=takes_signed_tokens)


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_a_key_names_its_tenant(scheme: str) -> None:
    """However the scheme is written."""
    assert "acme" == caller_of(scheme + RING.api_key(KEY)).tenant


def test_a_caller_is_what_the_key_says() -> None:
    """The tenant, the key's id, what it opens, and whom it names."""
    key = ApiKey("k2", "shop", scopes=frozenset({Scope.READ}), route=(ProviderName("apimart"),))

    said = caller_of("Bearer " + RING.api_key(key), KEY, key)

    expected = Caller(
        tenant=Tenant("shop"), key_id="k2", scopes=frozenset({Scope.READ}), route=(ProviderName("apimart"),)
    )
    assert expected == said
    assert EVERY_SCOPE == caller_of("Bearer " + RING.api_key(KEY)).scopes


@pytest.mark.parametrize(
    ("authorization", "said"),
    [
        pytest.param("", "Send your key", id="nothing"),
        pytest.param("Basic YTpi", "Send your key", id="another scheme"),
        pytest.param(RING.api_key(KEY), "Send your key", id="the key alone"),
        pytest.param("Bearer", "Send your key", id="the scheme alone"),
        pytest.param("Bearer ", "not valid", id="an empty key"),
        pytest.param("Bearer garbage", "not valid", id="garbage"),
        pytest.param("Bearer kwk_k1_wrong", "not valid", id="a wrong secret"),
        pytest.param("Bearer kwk_k2_wrong", "not valid", id="an unknown id"),
        pytest.param("Bearer " + RING.api_key(ApiKey("k2", "acme")), "not valid", id="a well-made key nobody has"),
        pytest.param("Bearer " + Keyring(["x"]).api_key(KEY), "not valid", id="another gateway's key"),
        pytest.param("Bearer " + RING.api_key(ApiKey("k1", "acme", version=2)), "not valid", id="another version"),
        pytest.param("Bearer " + RING.callback_token("k1:1"), "not valid", id="another purpose's secret"),
    ],
)
def test_a_missing_or_wrong_key_is_refused(authorization: str, said: str) -> None:
    """401, and nothing of the key in the answer."""
    with pytest.raises(UnauthenticatedError, match=said) as refused:
        caller_of(authorization)

    assert RING.api_key(KEY) not in str(refused.value)


def test_a_disabled_key_is_refused_like_a_wrong_one() -> None:
    """Which of the two it is, the answer does not say."""
    with pytest.raises(UnauthenticatedError, match=r"The key is not valid\."):
        caller_of("Bearer " + RING.api_key(KEY), replace(KEY, enabled=False))


ROTATED = replace(KEY, version=3, previous_until=AT + timedelta(hours=1))


def test_after_a_rotation_the_secrets_before_are_good_for_a_while() -> None:
    """The new ones at once, those before until the time that was said, those before these not any more."""
    now, before, long_before = (replace(ROTATED, version=version) for version in (3, 2, 1))
    until = AT + timedelta(hours=1)

    for version, at in ((now, AT), (now, until), (before, AT), (before, until - timedelta(seconds=1))):
        assert "acme" == caller_of("Bearer " + RING.api_key(version), ROTATED, at=at).tenant
    for version, at in ((before, until), (long_before, AT)):
        with pytest.raises(UnauthenticatedError):
            caller_of("Bearer " + RING.api_key(version), ROTATED, at=at)


class KnownFromBefore(InMemoryKeys):
    """Has the key in memory as it was before its rotation."""

    def get_key(self, key_id: str) -> ApiKey | None:
        found = super().get_key(key_id)
        return found and KEY

    def fresh_key(self, key_id: str) -> ApiKey | None:
        return super().get_key(key_id)


@pytest.mark.parametrize("is_token", [True, False])
def test_new_secrets_are_good_at_once(*, is_token: bool) -> None:
    """Also at a function that has just seen the old ones: it looks the key up once more, and once only."""
    claims = {"exp": int(datetime.now(UTC).timestamp()) + 60}
    for keyring, is_good in ((RING, True), (Keyring(["another gateway's"]), False)):
        access, secret = keyring.access_pair(ROTATED)
        token = jwt.encode(claims | {"iss": access}, secret, algorithm="HS256")
        given = f"Bearer {token if is_token else keyring.api_key(ROTATED)}"
        keys = KnownFromBefore(ROTATED)
        if is_good:
            found = authenticate(given, keys, lambda: RING, lambda: AT, takes_signed_tokens=is_token)
            assert "acme" == found.tenant
        else:
            with pytest.raises(UnauthenticatedError):
                authenticate(given, keys, lambda: RING, lambda: AT, takes_signed_tokens=is_token)
        assert ["k1", "k1"] == keys.read


def test_a_revoked_key_has_no_secrets_before() -> None:
    """Revoked within the while after a rotation, neither version is good."""
    for version in (ROTATED, KEY):
        with pytest.raises(UnauthenticatedError):
            caller_of("Bearer " + RING.api_key(version), replace(ROTATED, enabled=False))


def test_garbage_costs_no_read() -> None:
    """Only what has the form of a key is looked up."""
    keys = InMemoryKeys(KEY)

    with pytest.raises(UnauthenticatedError):
        authenticate("Bearer garbage", keys, lambda: RING, lambda: AT)

    assert [] == keys.read


def test_a_key_is_read_once() -> None:
    """One read per request."""
    keys = InMemoryKeys(KEY)

    authenticate("Bearer " + RING.api_key(KEY), keys, lambda: RING, lambda: AT)

    assert ["k1"] == keys.read


# --------------------------------------------------------------------------------------- tokens of an access/secret pair


NOW = int(datetime.now(UTC).timestamp())
ACCESS, SECRET = RING.access_pair(KEY)
CLAIMS = {"iss": ACCESS, "exp": NOW + 1800, "nbf": NOW - 5}


def signed(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)  # the secret is made for HS256
        return "Bearer " + jwt.encode(claims, secret, algorithm=algorithm)


def tenant_of(authorization: str, *keys: ApiKey, keyring: Keyring = RING) -> str:
    return caller_of(authorization, *keys, keyring=keyring, takes_signed_tokens=True).tenant


def test_a_token_of_the_pair_names_its_tenant() -> None:
    """HS256, the access key as `iss`, half an hour to go, dated five seconds back: as Kling's own clients sign."""
    assert "acme" == tenant_of(signed(CLAIMS))


def test_a_clock_that_is_five_seconds_off_does_no_harm() -> None:
    """Kling's own clients date `nbf` five seconds back for it."""
    now = int(datetime.now(UTC).timestamp())

    assert "acme" == tenant_of(signed(CLAIMS | {"nbf": now + 4, "exp": now + 60}))
    assert "acme" == tenant_of(signed(CLAIMS | {"exp": now - 2}))


def test_a_bearer_key_is_good_where_tokens_are() -> None:
    """A key with no dots in it is looked at as ever."""
    assert "acme" == tenant_of("Bearer " + RING.api_key(KEY))


def test_a_token_signed_under_the_previous_master_is_good_during_a_rotation() -> None:
    """Secret keys are derived: until the rotation ends, both are good."""
    assert "acme" == tenant_of(signed(CLAIMS), keyring=Keyring(["a newer secret", "the master secret"]))


@pytest.mark.parametrize(
    ("token", "doubt"),
    [
        pytest.param(signed(CLAIMS | {"exp": NOW - 10}), Doubt.EXPIRED, id="expired"),
        pytest.param(signed(CLAIMS | {"nbf": NOW + 600}), Doubt.NOT_YET_VALID, id="not valid yet"),
        pytest.param(signed(CLAIMS, "S" * 43), Doubt.INVALID, id="another secret"),
        pytest.param(signed(CLAIMS | {"iss": "kwanobody"}), Doubt.INVALID, id="a key that is not there"),
        pytest.param(signed(CLAIMS | {"iss": "k1"}), Doubt.INVALID, id="no access key"),
        pytest.param(signed({"iss": ACCESS, "nbf": NOW}), Doubt.INVALID, id="without an end"),
        pytest.param(signed({"exp": NOW + 60}), Doubt.INVALID, id="without an issuer"),
        pytest.param(signed(CLAIMS, algorithm="HS512"), Doubt.INVALID, id="another algorithm"),
        pytest.param("Bearer " + jwt.encode(CLAIMS, None, algorithm="none"), Doubt.INVALID, id="unsigned"),
        pytest.param("Bearer a.b.c", Doubt.INVALID, id="no token at all"),
        pytest.param("", Doubt.MISSING, id="nothing"),
    ],
)
def test_any_other_token_is_refused(token: str, doubt: Doubt) -> None:
    """Each with why, for the dialect that has a word for it."""
    with pytest.raises(UnauthenticatedError) as refused:
        tenant_of(token)

    assert doubt is refused.value.doubt


def test_a_disabled_keys_tokens_are_refused() -> None:
    """Revoking a key revokes its pair."""
    with pytest.raises(UnauthenticatedError):
        tenant_of(signed(CLAIMS), replace(KEY, enabled=False))


def test_a_raised_version_makes_old_pairs_worthless() -> None:
    """The secret key is derived with the version."""
    with pytest.raises(UnauthenticatedError):
        tenant_of(signed(CLAIMS), replace(KEY, version=2))


def test_tokens_are_for_those_who_say_so() -> None:
    """The canonical API takes bearer keys alone."""
    with pytest.raises(UnauthenticatedError):
        caller_of(signed(CLAIMS))


def test_a_token_of_the_secrets_before_is_good_for_a_while_after_a_rotation() -> None:
    """As a bearer key is: who signs each half hour has that long to change."""
    before = RING.access_pair(replace(ROTATED, version=2))[1]

    assert "acme" == tenant_of(signed(CLAIMS, before), ROTATED)
    with pytest.raises(UnauthenticatedError):
        tenant_of(signed(CLAIMS, before), replace(ROTATED, previous_until=AT))


def test_a_token_that_names_another_tenants_key_is_refused() -> None:
    """Who holds one pair can sign for no other: the secret of a pair is derived with its key's id."""
    theirs = ApiKey("k2", "shop")

    with pytest.raises(UnauthenticatedError):
        tenant_of(signed(CLAIMS | {"iss": RING.access_pair(theirs)[0]}), KEY, theirs)


def part(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


HEAD = part('{"alg": "HS256", "typ": "JWT"}')


def forged(payload: str, head: str = HEAD, secret: str = SECRET) -> str:
    """A token of any text, signed as HS256 signs."""
    signature = hmac.digest(secret.encode(), f"{head}.{part(payload)}".encode(), hashlib.sha256)
    return f"Bearer {head}.{part(payload)}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def claims(**changed: str) -> str:
    said = {"iss": f'"{ACCESS}"', "exp": str(NOW + 86_400)} | changed
    return "{" + ", ".join(f'"{name}": {value}' for name, value in said.items()) + "}"


def test_a_token_made_by_hand_is_as_good_as_the_librarys() -> None:
    """What the tricks below are made of is sound."""
    assert "acme" == tenant_of(forged(claims()))


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(forged(claims(exp="1e999")), id="no end"),
        pytest.param(forged(claims(exp="Infinity")), id="infinity"),
        pytest.param(forged(claims(exp="NaN")), id="not a number"),
        pytest.param(forged(claims(exp="9" * 5000)), id="more digits than Python reads"),
        pytest.param(forged(claims(exp='"soon"')), id="a text for a time"),
        pytest.param(forged(claims(exp="null")), id="nothing for a time"),
        pytest.param(forged(claims(exp="[1]")), id="a list for a time"),
        pytest.param(forged(claims(nbf="1e999")), id="never begins"),
        pytest.param(forged(claims(iat=str(NOW + 600))), id="issued in the future"),
        pytest.param(forged(claims(iss="1")), id="a number for an issuer"),
        pytest.param(forged(claims(iss=f'["{ACCESS}"]')), id="a list of issuers"),
        pytest.param(forged(claims(aud='"somebody else"')), id="for somebody else"),
        pytest.param(forged("[" * 6000), id="deeper than Python reads"),
        pytest.param(forged("[]"), id="a list"),
        pytest.param(forged("null"), id="nothing"),
        pytest.param(forged("\x00"), id="a zero byte"),
        pytest.param(forged(claims(), part('{"alg": "none"}')), id="none, signed"),
        pytest.param(forged(claims(), part('{"alg": "None"}')), id="None, signed"),
        pytest.param(forged(claims(), part('{"alg": "hs256"}')), id="in small letters"),
        pytest.param(forged(claims(), part('{"alg": "RS256"}')), id="RS256"),
        pytest.param(forged(claims(), part('{"alg": ["HS256"]}')), id="a list of algorithms"),
        pytest.param(forged(claims(), part('{"typ": "JWT"}')), id="no algorithm"),
        pytest.param(
            forged(claims(), part('{"alg": "HS256", "crit": ["b64"], "b64": false}')), id="critical extension"
        ),
        pytest.param(forged(claims(), part("[" * 6000)), id="a deep header"),
        pytest.param(forged(claims(), secret=""), id="an empty secret"),
        pytest.param(forged(claims())[:-1], id="a signature cut short"),
        pytest.param(forged(claims()).rpartition(".")[0] + ".", id="no signature"),
        pytest.param("Bearer ..", id="dots"),
        pytest.param("Bearer \ud800.\ud800.\ud800", id="half characters"),
    ],
)
def test_tricks_with_tokens_are_refused(token: str) -> None:
    """Each is 401, and none a defect: what a stranger wrote is read before it is proved."""
    with pytest.raises(UnauthenticatedError):
        tenant_of(token)
