from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from klingway.api.authentication import authenticate
from klingway.domain.errors import Doubt, UnauthenticatedError
from klingway.domain.keys import ApiKey, Keyring

RING = Keyring(["the master secret"])
KEY = ApiKey("k1", "acme")


@dataclass
class Keys:
    """A key store in memory."""

    keys: dict[str, ApiKey] = field(default_factory=lambda: {"k1": KEY})
    read: list[str] = field(default_factory=list)

    def get_key(self, key_id: str) -> ApiKey | None:
        self.read.append(key_id)
        return self.keys.get(key_id)

    def add(self, key: ApiKey) -> None:
        self.keys[key.key_id] = key


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_a_key_names_its_tenant(scheme: str) -> None:
    """However the scheme is written."""
    assert "acme" == authenticate(scheme + RING.api_key(KEY), Keys(), lambda: RING)


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
        authenticate(authorization, Keys(), lambda: RING)

    assert RING.api_key(KEY) not in str(refused.value)


def test_a_disabled_key_is_refused_like_a_wrong_one() -> None:
    """Which of the two it is, the answer does not say."""
    keys = Keys({"k1": ApiKey("k1", "acme", enabled=False)})

    with pytest.raises(UnauthenticatedError, match=r"The key is not valid\."):
        authenticate("Bearer " + RING.api_key(KEY), keys, lambda: RING)


def test_garbage_costs_no_read() -> None:
    """Only what has the form of a key is looked up."""
    keys = Keys()

    with pytest.raises(UnauthenticatedError):
        authenticate("Bearer garbage", keys, lambda: RING)

    assert [] == keys.read


def test_a_key_is_read_once() -> None:
    """One read per request."""
    keys = Keys()

    authenticate("Bearer " + RING.api_key(KEY), keys, lambda: RING)

    assert ["k1"] == keys.read


# --------------------------------------------------------------------------------------- tokens of an access/secret pair


NOW = int(datetime.now(UTC).timestamp())
ACCESS, SECRET = RING.access_pair(KEY)
CLAIMS = {"iss": ACCESS, "exp": NOW + 1800, "nbf": NOW - 5}


def signed(claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256") -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)  # the secret is made for HS256
        return "Bearer " + jwt.encode(claims, secret, algorithm=algorithm)


def tenant_of(authorization: str, keyring: Keyring = RING, keys: Keys | None = None) -> str:
    return authenticate(authorization, keys or Keys(), lambda: keyring, takes_signed_tokens=True)


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
    assert "acme" == tenant_of(signed(CLAIMS), Keyring(["a newer secret", "the master secret"]))


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
        tenant_of(signed(CLAIMS), keys=Keys({"k1": replace(KEY, enabled=False)}))


def test_a_raised_version_makes_old_pairs_worthless() -> None:
    """The secret key is derived with the version."""
    with pytest.raises(UnauthenticatedError):
        tenant_of(signed(CLAIMS), keys=Keys({"k1": replace(KEY, version=2)}))


def test_tokens_are_for_those_who_say_so() -> None:
    """The canonical API takes bearer keys alone."""
    with pytest.raises(UnauthenticatedError):
        authenticate(signed(CLAIMS), Keys(), lambda: RING)
