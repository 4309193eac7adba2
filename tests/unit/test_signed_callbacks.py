"""Kling's signature of callbacks, held against the vector of its own page (facts, klingai, section 4)."""

from __future__ import annotations

import pytest
from klingway.domain.signed_callbacks import is_signed, proves

SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
ID, AT = "9876543210", 1781080794
BODY = b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
SIGNATURE = "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="
HEADERS = {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNATURE}


@pytest.mark.parametrize("skew_s", [-300, 0, 300])
def test_klings_own_example_is_genuine(skew_s: int) -> None:
    """Five minutes to either side, and with a second signature beside it while a secret is replaced."""
    assert is_signed(HEADERS)
    assert proves(SECRET, HEADERS, BODY, at_s=AT + skew_s)
    two = HEADERS | {"webhook-signature": f"v1,{'A' * 43}= {SIGNATURE}"}
    assert proves(SECRET, two, BODY, at_s=AT)


@pytest.mark.parametrize(
    ("headers", "body", "at_s"),
    [
        ({}, BODY + b" ", AT),
        ({}, BODY, AT + 301),
        ({}, BODY, AT - 301),
        ({"webhook-id": "9876543211"}, BODY, AT),
        ({"webhook-id": ""}, BODY, AT),
        ({"webhook-timestamp": str(AT + 1)}, BODY, AT),
        ({"webhook-timestamp": "soon"}, BODY, AT),
        ({"webhook-timestamp": "\u0661"}, BODY, AT),
        ({"webhook-timestamp": "9" * 400}, BODY, AT),
        ({"webhook-timestamp": ""}, BODY, AT),
        ({"webhook-signature": SIGNATURE.replace("v1", "v2")}, BODY, AT),
        ({"webhook-signature": SIGNATURE.removeprefix("v1,")}, BODY, AT),
        ({"webhook-signature": SIGNATURE[:-1]}, BODY, AT),
        ({"webhook-signature": ""}, BODY, AT),
        ({"webhook-signature": "v1,\u00e9"}, BODY, AT),
        ({"webhook-signature": " ".join(["v1,"] * 8 + [SIGNATURE])}, BODY, AT),
    ],
)
def test_anything_else_is_not(headers: dict[str, str], body: bytes, at_s: int) -> None:
    """Another body, time, id or version, a replay after five minutes, and a header that is none."""
    assert not proves(SECRET, HEADERS | headers, body, at_s=at_s)


@pytest.mark.parametrize("secret", ["whsec_AAAA", "whsec_", "", "not base64!"])
def test_another_secret_proves_nothing(secret: str) -> None:
    """Nor does one that is none."""
    assert not proves(secret, HEADERS, BODY, at_s=AT)
