"""Take a provider's callback: prove where it comes from, and nudge the worker unless it only tells of progress.

The body is never believed. It can do no more than have us ask the provider earlier than we would have.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from klingway.domain import signed_callbacks
from klingway.domain.ids import AttemptId, is_element_id
from klingway.domain.keys import Keyring
from klingway.domain.work import PROGRESS_WORDS, Work, WorkKind
from klingway.use_cases.ports import Now, WorkQueue

MAX_BODY_BYTES: Final = 256 * 1024
MAX_TASK_ID_CHARS: Final = 128


class Reception(Enum):
    """What became of a callback."""

    FORGED = auto()
    TOO_LARGE = auto()
    PROGRESS = auto()
    NUDGED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveCallback:
    """Takes callbacks."""

    queue: WorkQueue
    keyring: Callable[[], Keyring]
    fresh_keyring: Callable[[], Keyring]
    """The keyring read anew: a token may have been made with a master secret that was set a moment ago."""
    signing_secret: Callable[[], str | None]
    """What a provider signs its callbacks with; None where none is known."""
    now: Now

    def run(self, subject: str, token: str, body: bytes, headers: Mapping[str, str]) -> Reception:
        """Take one callback; a body that is no JSON nudges as well, for something did happen.

        Args:
            subject: Of the address: an attempt's id, or an element's.
            token: Of the address.
            body: As it came.
            headers: Names in lower case.
        """
        attempt_id = AttemptId.parse(subject)
        if (attempt_id is None and not is_element_id(subject)) or not self._proves(subject, token):
            return Reception.FORGED
        if len(body) > MAX_BODY_BYTES:
            return Reception.TOO_LARGE
        if not self._is_borne_out(headers, body):
            return Reception.FORGED
        said = _read(body)
        status = said.get("task_status")
        if isinstance(status, str) and status in PROGRESS_WORDS:
            return Reception.PROGRESS
        if attempt_id is None:
            self.queue.send(Work(kind=WorkKind.ELEMENT, id=subject, number=None))
        else:
            self.queue.send(Work.nudged(attempt_id, _claim(said.get("task_id"))))
        return Reception.NUDGED

    def _proves(self, subject: str, token: str) -> bool:
        keyrings = (self.keyring, self.fresh_keyring)
        return any(keyring().proves_callback_token(subject, token) for keyring in keyrings)

    def _is_borne_out(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Tell whether a signature is right, where there is one and its secret is known."""
        if not signed_callbacks.is_signed(headers):
            return True
        secret = self.signing_secret()
        at_s = self.now().timestamp()
        return secret is None or signed_callbacks.proves(secret, headers, body, at_s=at_s)


def _claim(task_id: object) -> str | None:
    """Return the task id of a body as text, None where it is nothing that a provider would say."""
    if isinstance(task_id, bool) or not isinstance(task_id, (str, int)):
        return None
    text = str(task_id)
    return text if 1 <= len(text) <= MAX_TASK_ID_CHARS and text.isascii() and text.isprintable() else None


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
