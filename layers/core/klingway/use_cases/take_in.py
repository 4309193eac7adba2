"""Take in what asks for a job without HTTP: a file in the inbox, a `Video Requested` on the bus.

Either can come more than once, and makes one job. A refusal is told where its sender looks: beside the results of its
file, or on the bus. What is only unavailable raises, and comes again.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from klingway.domain.deliveries import JOB_ENDS, Target
from klingway.domain.errors import GatewayError, TooLargeError, UnavailableError
from klingway.domain.ids import Tenant
from klingway.domain.inbox import MAX_FILE_BYTES, error_key, outbox_base
from klingway.domain.json_object import read_json_object
from klingway.domain.video_requested import VIDEO_REQUEST_REJECTED, read_video_requested, rejected_detail
from klingway.use_cases.create_job import Accepted, CreateJob
from klingway.use_cases.ports import Event, EventBus, IdempotencyKey, MediaBucket, Now

_JSON: Final = "application/json"

KEPT_S: Final = 30 * 86_400
"""How long what came keeps its key: longer than its message can lie in the queues, and be sent back from the last one."""


class Reception(Enum):
    """What came of it."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    """It has its job already."""
    REFUSED = "refused"
    IGNORED = "ignored"
    """A file that is no request."""
    GONE = "gone"
    """The file was deleted or written over before it was read; the new one has an event of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeIn:
    """Takes requests in, all for one tenant."""

    create: CreateJob
    bucket: MediaBucket
    events: EventBus
    tenant: Tenant
    public_url: str
    """Where providers' callbacks reach this gateway."""
    now: Now

    def file(self, key: str, *, sequencer: str, etag: str | None) -> Reception:
        """Take in an object that has come to be in the inbox.

        Args:
            key: As it is, not encoded.
            sequencer: Of the event about it: with the key, it is one writing of the object.
            etag: Of the object that the event is about.

        Raises:
            UnavailableError: The table did not take the job; nothing was accepted.
        """
        base = outbox_base(key)
        if base is None:
            return Reception.IGNORED
        text = self.bucket.read(key, at_most_bytes=MAX_FILE_BYTES + 1, etag=etag)
        if text is None:
            return Reception.GONE
        try:
            if len(text) > MAX_FILE_BYTES:
                raise TooLargeError(f"A file of the inbox has at most {MAX_FILE_BYTES // 1024**2} MB.")
            accepted = self.create.run(
                self.tenant,
                read_json_object(text),
                key=self._key("inbox", key, sequencer),
                public_url=self.public_url,
                targets=[Target("outbox", base, JOB_ENDS)],
            )
        except UnavailableError:
            raise
        except GatewayError as error:
            document = json.dumps(error.to_json(), ensure_ascii=False, indent=1).encode()
            self.bucket.store(error_key(base), iter([document]), content_type=_JSON)
            return Reception.REFUSED
        return _reception(accepted)

    def event(self, event_id: str, detail: Mapping[str, Any]) -> Reception:
        """Take in a `Video Requested`.

        Args:
            event_id: EventBridge's own.
            detail: Of the event.

        Raises:
            UnavailableError: The table did not take the job, or the bus not the rejection; nothing was accepted.
        """
        try:
            asked = read_video_requested(detail)
            accepted = self.create.run(
                self.tenant,
                asked.request,
                key=self._key("event", event_id)
                if asked.idempotency_key is None
                else self.create.key_for(self.tenant, asked.request, asked.idempotency_key),
                public_url=self.public_url,
                correlation_id=asked.correlation_id,
            )
        except UnavailableError:
            raise
        except GatewayError as error:
            said = rejected_detail(error, event_id=event_id, detail=detail, tenant=self.tenant)
            if not all(self.events.publish([Event(VIDEO_REQUEST_REJECTED, said)])):
                raise UnavailableError("The event bus did not take the rejection.") from error
            return Reception.REFUSED
        return _reception(accepted)

    def _key(self, origin: str, *identity: str) -> IdempotencyKey:
        """Return the key of what came, under which it makes one job however often it is told of.

        It has a space, which no caller's key has. Its fingerprint is itself: whatever is read the second time, it is the same.
        """
        digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()
        return IdempotencyKey(self.tenant, f"{origin} {digest}", digest, int(self.now().timestamp()) + KEPT_S)


def _reception(accepted: Accepted) -> Reception:
    return Reception.REPEATED if accepted.is_replay else Reception.ACCEPTED
