from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from klingway.api.authentication import authenticate
from klingway.domain.errors import UnauthenticatedError
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
