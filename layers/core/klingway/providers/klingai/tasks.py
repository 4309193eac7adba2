"""Kling's tasks, whatever they make: created at a path, and asked for there by their id or by ours."""

from typing import Final
from urllib.parse import quote

from pydantic import ValidationError

from klingway.providers.calls import Calls, retry_after_s, unreadable
from klingway.providers.contract import HttpAnswer, WireRequest
from klingway.providers.klingai import errors, schema

_QUERY_TIMEOUT_S: Final = 15.0


class Tasks:
    """The tasks of one account."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create(self, wire: WireRequest, *, timeout_s: float) -> schema.TaskData:
        """Create a task.

        Raises:
            ProviderError: `created` says whether it may exist.
        """
        return _task(self._calls.make("POST", wire.path, json_body=wire.body, timeout_s=timeout_s))

    def get(self, path: str, name: str) -> schema.TaskData | None:
        """Ask for a task by its id or by ours, which stands in for it in the query's path; None where there is none.

        Raises:
            ProviderError: It could not be learnt.
        """
        if not name:  # that would be the path of the list
            return None
        answer = self._calls.make("GET", f"{path}/{quote(name, safe='')}", timeout_s=_QUERY_TIMEOUT_S)
        envelope = envelope_of(answer)
        if envelope is not None and errors.means_not_found(answer.status, envelope.code, envelope.message or ""):
            return None
        return _task(answer)


def envelope_of(answer: HttpAnswer) -> schema.Envelope | None:
    """Read an answer's envelope; None where the body is none of Kling's."""
    try:
        return schema.Envelope.model_validate_json(answer.body)
    except ValidationError:
        return None


def expect_success(answer: HttpAnswer) -> None:
    """Make sure that an answer is a good one.

    Raises:
        ProviderError: The answer is a refusal, a failure, or none of Kling's.
    """
    envelope = envelope_of(answer)
    # Kling's own client takes the code 200 for success as well as 0.
    if envelope is not None and envelope.code not in {0, 200}:
        raise errors.refusal(answer.status, envelope.code, envelope.message or "", retry_after_s(answer))
    if envelope is None and answer.status >= 400:  # noqa: PLR2004 - the HTTP classes
        raise errors.refusal(
            answer.status, None, f"HTTP {answer.status} without Kling's envelope", retry_after_s(answer)
        )
    if envelope is None:
        raise unreadable(answer)


def refuses_the_token(answer: HttpAnswer) -> bool:
    """Tell whether an answer says that the token is not good."""
    envelope = envelope_of(answer)
    return envelope is not None and envelope.code in errors.TOKEN_CODES


def _task(answer: HttpAnswer) -> schema.TaskData:
    """Return the task of a good answer.

    Raises:
        ProviderError: The answer is a refusal, a failure, or cannot be read.
    """
    expect_success(answer)
    try:
        return schema.TaskEnvelope.model_validate_json(answer.body).data
    except ValidationError as error:
        raise unreadable(answer) from error
