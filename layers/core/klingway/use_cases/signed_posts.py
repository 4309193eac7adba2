"""Posts about jobs and elements to addresses of their callers' own, signed as Standard Webhooks says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from klingway import VERSION
from klingway.domain.deliveries import Answer, Delivery, Verdict
from klingway.domain.ids import Tenant
from klingway.domain.keys import Keyring
from klingway.use_cases.ports import Now, PostError, Posts

_ASKS_TO_WAIT: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPosts:
    """Posts what a delivery has to say."""

    posts: Posts
    keyring: Callable[[], Keyring]
    now: Now

    def send(self, delivery: Delivery, said: Mapping[str, Any], *, tenant: Tenant) -> Answer:
        """Post a body. 2xx takes it, 410 ends it, an address of a private network is refused; all else is tried again."""
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        now = self.now()
        try:
            posted = self.posts.post(
                delivery.address, body, self._headers(delivery, tenant, body, int(now.timestamp()))
            )
        except PostError as error:
            return Answer(verdict=Verdict.REFUSED if error.is_permanent else Verdict.AGAIN, error=str(error))
        asks = posted.retry_after if posted.status in _ASKS_TO_WAIT else None
        return Answer(
            verdict=_verdict(posted.status),
            status=posted.status,
            retry_after_s=None if asks is None else _wait_s(asks, now),
        )

    def _headers(self, delivery: Delivery, tenant: Tenant, body: bytes, timestamp: int) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "user-agent": f"Klingway/{VERSION}",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": self.keyring().webhook_signature(tenant, delivery.id, timestamp, body),
        }


def _verdict(status: int) -> Verdict:
    if status == HTTPStatus.GONE:
        return Verdict.GONE
    return Verdict.DELIVERED if HTTPStatus(200) <= status < HTTPStatus.MULTIPLE_CHOICES else Verdict.AGAIN


def _wait_s(text: str, now: datetime) -> float | None:
    """Read `Retry-After`, seconds or a date (RFC 9110, 10.2.3); None where it is neither."""
    if text.isascii() and text.isdecimal() and len(text) <= 9:  # noqa: PLR2004 - thirty years
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
