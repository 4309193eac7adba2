"""Kling's tasks, whatever they make and whoever relays them: created at a path, asked for there by their id or by ours."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pydantic import ValidationError

from klingway.providers.calls import Calls, unreadable
from klingway.providers.contract import HttpAnswer, WireRequest
from klingway.providers.kling import schema

QUERY_TIMEOUT_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Reading:
    """How a host's answers about tasks and elements are judged before they are read."""

    expect_success: Callable[[HttpAnswer], None]
    """Raises ProviderError where an answer is a refusal, a failure, or none of the host's."""
    means_not_found: Callable[[HttpAnswer], bool]
    """Whether an answer to a query says that there is no such task."""
    means_gone: Callable[[HttpAnswer], bool]
    """Whether an answer to a deletion says that there is nothing to delete."""


class Tasks:
    """The tasks of one account."""

    def __init__(self, calls: Calls, reading: Reading) -> None:
        self._calls = calls
        self._reading = reading

    def create(self, wire: WireRequest, *, timeout_s: float) -> schema.TaskData:
        """Create a task.

        Raises:
            ProviderError: `created` says whether it may exist.
        """
        return self._task(self._calls.make("POST", wire.path, json_body=wire.body, timeout_s=timeout_s))

    def get(self, path: str, name: str) -> schema.TaskData | None:
        """Ask for a task by its id or by ours, which stands in for it in the query's path; None where there is none.

        Raises:
            ProviderError: It could not be learnt.
        """
        if not name:  # that would be the path of the list
            return None
        answer = self._calls.make("GET", f"{path}/{quote(name, safe='')}", timeout_s=QUERY_TIMEOUT_S)
        return None if self._reading.means_not_found(answer) else self._task(answer)

    def _task(self, answer: HttpAnswer) -> schema.TaskData:
        """Return the task of a good answer.

        Raises:
            ProviderError: The answer is a refusal, a failure, or cannot be read.
        """
        self._reading.expect_success(answer)
        try:
            return schema.TaskEnvelope.model_validate_json(answer.body).data
        except ValidationError as error:
            raise unreadable(answer) from error


def envelope_of(answer: HttpAnswer) -> schema.Envelope | None:
    """Read an answer's envelope; None where the body is none of Kling's."""
    try:
        return schema.Envelope.model_validate_json(answer.body)
    except ValidationError:
        return None
