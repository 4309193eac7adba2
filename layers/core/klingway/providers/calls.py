"""What calls to providers have in common: who makes them, what they raise, and what is read of any answer.

A provider is made of this, of the contract and of its own folder.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from klingway.domain.job import JobError
from klingway.providers.contract import (
    AnswerLostError,
    Created,
    Credentials,
    CredentialSource,
    Http,
    HttpAnswer,
    NotSentError,
    ProviderError,
)

MAX_MESSAGE_CHARS: Final = 1000
"""Of a provider's words on a job: they stand in its row and in its event."""

_LONGEST_RETRY_AFTER_S: Final = 900.0
"""Work cannot be delayed for longer; asked for more, we ask again then."""

_MODERATION_WORDS: Final = "risk control"
"""`Failure to pass the risk control system`, as Kling's tasks that moderation stopped say it; relays repeat its words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How a host's credentials prove a call."""

    is_usable: Callable[[Credentials], bool]
    """Whether a secret holds what a call needs."""
    owner: Callable[[Credentials], str]
    """Whose the credentials are; it never leaves this module but as a hash."""
    token: Callable[[Credentials], str]
    """The bearer token of a call made now."""
    was_refused: Callable[[HttpAnswer], bool]
    """Whether an answer of HTTP 401 refuses the token, so that another may do."""
    forget: Callable[[], None] = lambda: None
    """Drops what was made of credentials that turned out to be no good."""


class Calls:
    """Calls to one host under its credentials; whatever goes wrong with one is a `ProviderError`."""

    def __init__(
        self,
        *,
        host: str,
        base_url: str,
        http: Http,
        credentials: CredentialSource,
        proof: Proof,
        now: Callable[[], float],
    ) -> None:
        self._host = host
        """As people write it, for messages."""
        self._base_url = base_url
        self._http = http
        self._credentials = credentials
        self._proof = proof
        self._now = now

    @property
    def has_credential(self) -> bool:
        """Whether a usable credential was set, as far as is known."""
        return self._usable(fresh=False) is not None

    @property
    def account(self) -> str | None:
        """Whose account calls are made under: a task is known to that account alone. None where no credential was set.

        The secret may name its account, so that a new key of the same one counts as the same.
        """
        # A credential that is missing may have been set a moment ago: it is looked for anew before anybody is refused.
        credentials = self._usable(fresh=False) or self._usable(fresh=True)
        if credentials is None:
            return None
        own = credentials.values.get("account") or self._proof.owner(credentials)
        return hashlib.sha256(f"{self._base_url}|{own}".encode()).hexdigest()[:16]

    def make(
        self, method: str, path: str, *, json_body: Mapping[str, Any] | None = None, timeout_s: float
    ) -> HttpAnswer:
        """Make a call; one that is refused for its token is made once more with a fresh one, nothing having happened.

        Args:
            method: GET or POST.
            path: With its query, behind the host's address.
            json_body: What is posted, which goes over a fresh connection; None for a question.
            timeout_s: For both calls together.

        Raises:
            ProviderError: There is no credential, no connection, or no answer.
        """
        began = self._now()
        answer = self._once(method, path, json_body=json_body, timeout_s=timeout_s, fresh_credentials=False)
        if answer.status == 401 and self._proof.was_refused(answer):  # noqa: PLR2004 - the HTTP status
            self._proof.forget()
            left_s = max(1.0, timeout_s - (self._now() - began))
            return self._once(method, path, json_body=json_body, timeout_s=left_s, fresh_credentials=True)
        return answer

    def _usable(self, *, fresh: bool) -> Credentials | None:
        credentials = self._credentials.get(fresh=fresh)
        return credentials if credentials is not None and self._proof.is_usable(credentials) else None

    def _once(
        self, method: str, path: str, *, json_body: Mapping[str, Any] | None, timeout_s: float, fresh_credentials: bool
    ) -> HttpAnswer:
        credentials = self._usable(fresh=fresh_credentials)
        if credentials is None:
            message = f"{self._host} has no credential in this gateway"
            error = JobError(code="not_configured", message=message, retryable=False)
            raise ProviderError(error, created=Created.NO)
        headers = {"Authorization": f"Bearer {self._proof.token(credentials)}", "Content-Type": "application/json"}
        try:
            return self._http.call(
                method,
                self._base_url + path,
                headers=headers,
                json=json_body,
                timeout_s=timeout_s,
                fresh_connection=json_body is not None,
            )
        except NotSentError as error:
            message = f"no connection to {self._host}: {error}"
            reason = JobError(code="provider_unreachable", message=message, retryable=True)
            raise ProviderError(reason, created=Created.NO) from error
        except AnswerLostError as error:
            message = f"no answer from {self._host}: {error}"
            reason = JobError(code="provider_answer_lost", message=message, retryable=True)
            raise ProviderError(reason, created=Created.MAYBE) from error


def retry_after_s(answer: HttpAnswer) -> float | None:
    """Return how long an answer asks to wait, in whole seconds; None where it does not."""
    text = answer.headers.get("retry-after", "")
    return min(float(text), _LONGEST_RETRY_AFTER_S) if text.isascii() and text.isdecimal() else None


def moment(epoch_s: float | None) -> datetime | None:
    """Return the time that an answer says; None where it says none, or none that there is."""
    if epoch_s is None:
        return None
    try:
        return datetime.fromtimestamp(epoch_s, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def unreadable(answer: HttpAnswer) -> ProviderError:
    """Return the error of a good answer that is no task: there may be one all the same."""
    error = JobError(
        code="provider_answer_unreadable",
        message=f"HTTP {answer.status} with a body that is no task",
        retryable=True,
        provider_code=f"HTTP {answer.status}",
    )
    return ProviderError(error, created=Created.MAYBE)


def lost_task() -> ProviderError:
    """Return the error of a check whose task the provider does not know: it knew it once, so it is asked again."""
    error = JobError(code="provider_lost_task", message="the provider does not know the task", retryable=True)
    return ProviderError(error, created=Created.MAYBE)


def failure(message: str, provider_code: str | None = None) -> JobError:
    """Return the error of a task that ended as failed: moderation is final, any other failure may go better."""
    is_moderation = _MODERATION_WORDS in message.lower()
    return JobError(
        code="moderation_refused" if is_moderation else "generation_failed",
        message=message[:MAX_MESSAGE_CHARS] or "the provider gave no reason",
        retryable=not is_moderation,
        provider_code=provider_code,
    )
