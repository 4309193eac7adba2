"""Secrets that are derived, not stored: API keys, access/secret pairs, callback tokens, webhook secrets, link signatures.

All of them are HMAC-SHA256 under the gateway's master secret over a purpose and a subject, so that one can never stand in
for another. During a rotation two master secrets are good: new ones are made with the first.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self

from klingway.domain.callers import EVERY_SCOPE, Scope
from klingway.domain.ids import ProviderName

_API_KEY_PREFIX: Final = "kwk"
_ACCESS_KEY_PREFIX: Final = "kwa"
_MOST_KEY_ID_CHARS: Final = 32
_CALLBACK: Final = "callback"
_MEDIA: Final = "media"
_WEBHOOK: Final = "webhook"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What the table knows of a key: whose it is; the secret part is derived."""

    key_id: str
    """Lower-case letters and digits."""
    tenant: str
    version: int = 1
    """Raised to make the secrets given out before worthless."""
    enabled: bool = True
    scopes: frozenset[Scope] = EVERY_SCOPE
    route: tuple[ProviderName, ...] = ()
    """Who does a request that names no provider, in order."""
    per_minute: int | None = None
    """How often it may ask for something in a minute; None: as often as it likes."""
    label: str = ""
    """What its owner calls it."""
    created_at: datetime | None = None
    """Unknown of the first keys there were."""
    previous_until: datetime | None = None
    """So long the secrets of the version before are good as well."""

    def good_at(self, now: datetime) -> tuple["ApiKey", ...]:
        """Return the versions whose secrets are good at a time: this one, and after a rotation the one before."""
        if self.previous_until is None or self.previous_until <= now:
            return (self,)
        return (self, replace(self, version=self.version - 1))


@dataclass(frozen=True, slots=True)
class Keyring:
    """Makes and proves everything that is derived from the master secret."""

    masters: Sequence[str] = field(repr=False)
    """The current master secret and, during a rotation, the one before."""

    def _digest(self, purpose: str, subject: str, master: str) -> bytes:
        return hmac.new(master.encode(), f"klingway:{purpose}:{subject}".encode(), hashlib.sha256).digest()

    def _derive(self, purpose: str, subject: str, master: str) -> str:
        return base64.urlsafe_b64encode(self._digest(purpose, subject, master)).decode().rstrip("=")

    def _make(self, purpose: str, subject: str) -> str:
        return self._derive(purpose, subject, self.masters[0])

    def _prove(self, purpose: str, subject: str, given: str) -> bool:
        # Both are always computed and compared in constant time: neither the secret nor its age leaks by timing.
        proofs = [
            hmac.compare_digest(self._derive(purpose, subject, master).encode(), given.encode(errors="surrogatepass"))
            for master in self.masters
        ]
        return any(proofs)

    def api_key(self, key: ApiKey) -> str:
        """Return the bearer key `kwk_{key id}_{secret}`."""
        return f"{_API_KEY_PREFIX}_{key.key_id}_{self._make('api-key', f'{key.key_id}:{key.version}')}"

    def proves_api_key(self, key: ApiKey, given: str) -> bool:
        """Tell whether `given` is the bearer key of `key`."""
        prefix = f"{_API_KEY_PREFIX}_{key.key_id}_"
        return given.startswith(prefix) and self._prove(
            "api-key", f"{key.key_id}:{key.version}", given.removeprefix(prefix)
        )

    def access_pair(self, key: ApiKey) -> tuple[str, str]:
        """Return the access key and the secret key with which clients of Kling's own API sign their tokens."""
        return f"{_ACCESS_KEY_PREFIX}{key.key_id}", self._make("secret-key", f"{key.key_id}:{key.version}")

    def secret_keys(self, key: ApiKey) -> Sequence[str]:
        """Return the secret keys that are good for a key: one, and during a rotation of the master secret two."""
        return [self._derive("secret-key", f"{key.key_id}:{key.version}", master) for master in self.masters]

    def callback_token(self, subject: str) -> str:
        """Return the token in the callback path of an attempt."""
        return self._make(_CALLBACK, subject)

    def proves_callback_token(self, subject: str, token: str) -> bool:
        """Tell whether a callback's token belongs to its subject."""
        return self._prove(_CALLBACK, subject, token)

    def media_signature(self, job_id: str, name: str, expires_at: int) -> str:
        """Return the signature of a link to a job's file that is good until `expires_at`, epoch seconds."""
        return self._make(_MEDIA, f"{job_id}:{name}:{expires_at}")

    def proves_media_signature(self, job_id: str, name: str, expires_at: int, signature: str) -> bool:
        """Tell whether a media link was signed by us."""
        return self._prove(_MEDIA, f"{job_id}:{name}:{expires_at}", signature)

    def webhook_secret(self, tenant: str) -> str:
        """Return the secret with which a tenant's webhooks are signed, as Standard Webhooks writes one: `whsec_…`."""
        return "whsec_" + base64.b64encode(self._digest(_WEBHOOK, tenant, self.masters[0])).decode()

    def webhook_signature(self, tenant: str, message_id: str, timestamp: int, body: bytes) -> str:
        """Return the header `webhook-signature`: `v1,…`, and during a rotation a second one after a space.

        Standard Webhooks: Base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`.
        """
        signed = f"{message_id}.{timestamp}.".encode() + body
        macs = [
            hmac.new(self._digest(_WEBHOOK, tenant, master), signed, hashlib.sha256).digest() for master in self.masters
        ]
        return " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs)

    @classmethod
    def of(cls, secret: dict[str, str]) -> Self:
        """Return the keyring of the master secret's JSON, `{"current", "previous"?}`."""
        return cls([master for master in (secret["current"], secret.get("previous")) if master])


def key_id_of(bearer: str) -> str | None:
    """Return the key id within a bearer key, or None where it has not the form of one."""
    prefix, _, rest = bearer.partition("_")
    key_id, _, secret = rest.partition("_")
    return key_id if prefix == _API_KEY_PREFIX and secret and _is_key_id(key_id) else None


def key_id_of_access_key(access_key: str) -> str | None:
    """Return the key id within an access key, or None where it has not the form of one."""
    key_id = access_key.removeprefix(_ACCESS_KEY_PREFIX)
    return key_id if access_key.startswith(_ACCESS_KEY_PREFIX) and _is_key_id(key_id) else None


def _is_key_id(text: str) -> bool:
    return text.isascii() and text.isalnum() and len(text) <= _MOST_KEY_ID_CHARS
