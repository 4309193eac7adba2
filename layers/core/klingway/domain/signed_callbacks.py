"""Callbacks that a provider signs as Standard Webhooks says: KlingAI does once a secret was made in its console.

Source: facts, klingai, section 4. Whether those of its older paths are signed too is not known, and relays sign nothing: so a
callback without a signature is not refused for that, and one with a signature has to bear it out.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

SIGNATURE: Final = "webhook-signature"
_ID: Final = "webhook-id"
_TIMESTAMP: Final = "webhook-timestamp"
_PREFIX: Final = "whsec_"
_VERSION: Final = "v1"
_MOST_SKEW_S: Final = 300
_MOST_SIGNATURES: Final = 8
"""While a secret is replaced there are two."""


def is_signed(headers: Mapping[str, str]) -> bool:
    """Tell whether a callback claims to be signed; names of headers in lower case."""
    return SIGNATURE in headers


def proves(secret: str, headers: Mapping[str, str], body: bytes, *, at_s: float) -> bool:
    """Tell whether a callback was signed with a secret, `whsec_…`, within five minutes of a time in epoch seconds."""
    message_id, timestamp = headers.get(_ID, ""), headers.get(_TIMESTAMP, "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):  # noqa: PLR2004 - 30,000 years
        return False
    if not message_id or abs(at_s - int(timestamp)) > _MOST_SKEW_S:
        return False
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    given = headers.get(SIGNATURE, "").split(" ")[:_MOST_SIGNATURES]
    found = [hmac.compare_digest(expected, text.encode()) for text in map(_of_version, given)]
    return any(found)


def _of_version(text: str) -> str:
    version, _, signature = text.partition(",")
    return signature if version == _VERSION else ""
