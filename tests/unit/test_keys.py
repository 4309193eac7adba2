from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from klingway.domain.keys import ApiKey, Keyring, key_id_of

from tests.unit.builders import ATTEMPT_ID, JOB_ID

MASTER, OTHER = "the master secret", "another master secret"
KEY = ApiKey("k1abc", "acme")
RING = Keyring([MASTER])
EXPIRES_AT = 1_795_176_000


def by_hand(purpose: str, subject: str) -> str:
    digest = hmac.digest(MASTER.encode(), f"klingway:{purpose}:{subject}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_a_key_is_its_prefix_its_id_and_a_derived_secret() -> None:
    """`kwk_{key id}_{HMAC-SHA256, Base64 for URLs}`: 43 characters of secret."""
    assert f"kwk_k1abc_{by_hand('api-key', 'k1abc:1')}" == RING.api_key(KEY)
    assert 43 == len(RING.api_key(KEY).removeprefix("kwk_k1abc_"))


def test_a_key_round_trips() -> None:
    """What is made is proved, and says its id."""
    given_key = RING.api_key(KEY)

    assert RING.proves_api_key(KEY, given_key)
    assert "k1abc" == key_id_of(given_key)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda key: key[:-1], id="a character short"),
        pytest.param(lambda key: key + "A", id="a character long"),
        pytest.param(lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"), id="another character"),
        pytest.param(lambda key: key + "=", id="padded"),
        pytest.param(lambda key: key.swapcase(), id="another case"),
        pytest.param(lambda _: "kwk_k1abc_", id="no secret"),
        pytest.param(lambda _: "", id="nothing"),
        pytest.param(lambda key: key.removeprefix("kwk_k1abc_"), id="the secret alone"),
        pytest.param(lambda key: key.replace("k1abc", "k1abd"), id="another id"),
        pytest.param(lambda _: f"kwk_k1abc_{by_hand('secret-key', 'k1abc:1')}", id="the secret of another purpose"),
        pytest.param(lambda _: "kwk_k1abc_é", id="no ASCII"),
        pytest.param(lambda _: "kwk_k1abc_\ud800", id="half a character"),
    ],
)
def test_a_wrong_secret_is_not_proved(changed: object) -> None:
    """Whatever is changed, it is no key, and no exception."""
    assert callable(changed)
    assert not RING.proves_api_key(KEY, changed(RING.api_key(KEY)))


def test_a_raised_version_makes_the_keys_before_worthless() -> None:
    """And the access/secret pair's secret with them."""
    raised = ApiKey("k1abc", "acme", version=2)

    assert not RING.proves_api_key(raised, RING.api_key(KEY))
    assert RING.proves_api_key(raised, RING.api_key(raised))
    assert RING.access_pair(KEY)[0] == RING.access_pair(raised)[0]
    assert RING.access_pair(KEY)[1] != RING.access_pair(raised)[1]


def test_one_keys_secret_does_not_open_another() -> None:
    """The id is part of what is derived from; the tenant is not, since a key's id is unique."""
    other = ApiKey("k2", "acme")

    assert not RING.proves_api_key(other, RING.api_key(KEY).replace("k1abc", "k2"))


def test_rotation_takes_the_secret_before_and_makes_new_ones_with_the_current() -> None:
    """Two masters are good during a rotation, one again after it."""
    rotating, after = Keyring([OTHER, MASTER]), Keyring([OTHER])
    old = RING.api_key(KEY)

    assert rotating.proves_api_key(KEY, old)
    assert rotating.proves_callback_token("s", RING.callback_token("s"))
    assert after.api_key(KEY) == rotating.api_key(KEY) != old
    assert not after.proves_api_key(KEY, old)


def test_a_secret_of_one_purpose_proves_no_other() -> None:
    """For one and the same subject, the four kinds of secret differ."""
    subject = f"{JOB_ID}:video.mp4:{EXPIRES_AT}"
    key = ApiKey(f"{JOB_ID}:video.mp4", "acme", version=EXPIRES_AT)
    made = {
        RING.callback_token(subject),
        RING.media_signature(JOB_ID, "video.mp4", EXPIRES_AT),
        RING.access_pair(key)[1],
        RING.api_key(key).rpartition("mp4_")[2],
    }

    assert 4 == len(made)
    assert not RING.proves_callback_token(subject, RING.media_signature(JOB_ID, "video.mp4", EXPIRES_AT))
    assert not RING.proves_media_signature(JOB_ID, "video.mp4", EXPIRES_AT, RING.callback_token(subject))


def test_the_access_pair_is_derived() -> None:
    """The access key is the id behind `kwa`, the secret key an HMAC of its own."""
    assert ("kwak1abc", by_hand("secret-key", "k1abc:1")) == RING.access_pair(KEY)


def test_a_callback_token_belongs_to_its_attempt() -> None:
    """Neither another attempt's nor none."""
    token = RING.callback_token(ATTEMPT_ID)

    assert by_hand("callback", ATTEMPT_ID) == token
    assert RING.proves_callback_token(ATTEMPT_ID, token)
    assert not RING.proves_callback_token(f"{JOB_ID}-2", token)
    assert not RING.proves_callback_token(ATTEMPT_ID, "")
    assert not RING.proves_callback_token(ATTEMPT_ID, token + "=")


@pytest.mark.parametrize("garbage", ["\udcff", "é", "\x00", "A" * 10_000])
def test_a_garbage_token_is_no_proof_and_no_exception(garbage: str) -> None:
    """Paths and queries hold what a stranger wrote."""
    assert not RING.proves_callback_token(ATTEMPT_ID, garbage)
    assert not RING.proves_media_signature(JOB_ID, "video.mp4", EXPIRES_AT, garbage)


@pytest.mark.parametrize(
    ("job_id", "name", "expires_at"),
    [
        pytest.param(JOB_ID[:-1] + "T", "video.mp4", EXPIRES_AT, id="another job"),
        pytest.param(JOB_ID, "job.json", EXPIRES_AT, id="another file"),
        pytest.param(JOB_ID, "video.mp4", EXPIRES_AT + 1, id="another expiry"),
    ],
)
def test_a_media_signature_is_bound_to_job_name_and_expiry(job_id: str, name: str, expires_at: int) -> None:
    """Changing one of the three breaks it."""
    signature = RING.media_signature(JOB_ID, "video.mp4", EXPIRES_AT)

    assert RING.proves_media_signature(JOB_ID, "video.mp4", EXPIRES_AT, signature)
    assert not RING.proves_media_signature(job_id, name, expires_at, signature)


@pytest.mark.parametrize(
    ("secret", "masters"),
    [
        pytest.param({"current": "a"}, ["a"], id="one"),
        pytest.param({"current": "a", "previous": "b"}, ["a", "b"], id="rotating"),
        pytest.param({"current": "a", "previous": ""}, ["a"], id="no previous"),
    ],
)
def test_the_keyring_of_a_secret(secret: dict[str, str], masters: list[str]) -> None:
    """`{"current", "previous"?}`; an empty text is no master secret."""
    assert masters == list(Keyring.of(secret).masters)


def test_the_keyring_never_shows_its_masters() -> None:
    """Neither its repr nor its str."""
    assert MASTER not in f"{RING!r} {RING}"


@pytest.mark.parametrize(
    "garbage",
    [
        "", "kwk", "kwk_", "kwk__", "kwk__secret", "kwk_id", "kwk_id_", "sk_id_secret", "KWK_id_secret", "kwk_i-d_secret",
        "kwk_i d_secret", "kwk_ïd_secret", "kwk_²_secret", f"kwk_{'a' * 33}_secret", " kwk_id_secret", "kwk_#_s", "kwk_a/b_s",
    ],
)  # fmt: skip
def test_garbage_has_no_key_id(garbage: str) -> None:
    """Nothing that is no key reaches the table."""
    assert key_id_of(garbage) is None


def test_a_key_id_is_at_most_32_characters_and_its_secret_may_have_underscores() -> None:
    """Base64 for URLs has underscores of its own."""
    assert "a" * 32 == key_id_of(f"kwk_{'a' * 32}_s_e_c")


@given(st.text(), st.text())
def test_any_text_is_no_key(text: str, token: str) -> None:
    """No text raises, and none is proved."""
    assert key_id_of(text) is None or text.startswith("kwk_")
    assert not RING.proves_api_key(KEY, text)
    assert not RING.proves_callback_token(ATTEMPT_ID, token)
