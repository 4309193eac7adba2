"""How EzModel's answers are judged and read: its own server's shapes, those of a stock new-api, and Kling's within both."""

from datetime import datetime
from typing import Final, TypeVar

from pydantic import ValidationError

from klingway.domain.job import JobError
from klingway.providers.calls import MAX_MESSAGE_CHARS, failure, moment, unreadable
from klingway.providers.contract import Failed, HttpAnswer, Media, Outcome, Running, Succeeded
from klingway.providers.ezmodel import errors
from klingway.providers.ezmodel.schema import RelayedTask
from klingway.providers.kling.tasks import Reading, envelope_of
from klingway.providers.wire import Heard

_RUNNING: Final = frozenset(
    {"", "not_start", "submitted", "pending", "queued", "processing", "in_progress", "running", "unknown"}
)
_DONE: Final = frozenset({"success", "succeed", "succeeded", "completed"})
_FAILED: Final = frozenset({"failure", "failed"})
_CANCELED: Final = frozenset({"cancelled", "canceled", "expired"})
_ENDS: Final = _DONE | _FAILED | _CANCELED

_NO_REASONS: Final = frozenset({"", "succeed", "success", "ok", "http_ok"})
"""Kling's words for an answer that came about; EzModel passes them on as the reason of a failure."""

Answer = TypeVar("Answer", bound=Heard)


def read(model: type[Answer], answer: HttpAnswer) -> Answer:
    """Read a good answer.

    Raises:
        ProviderError: The answer is a refusal, a failure, or cannot be read.
    """
    _expect_no_refusal(answer)
    try:
        return model.model_validate_json(answer.body)
    except ValidationError as error:
        raise unreadable(answer) from error


def outcome_of(task: RelayedTask) -> Outcome:
    """Return how a task stands: its end, as EzModel knows it or Kling has told it already; never judged by `fail_reason`."""
    kling = task.at_kling
    said, klings = (task.status or "").lower(), (kling.task_status if kling else "").lower()
    status = klings if said not in _ENDS and klings in _ENDS else said
    if status in _DONE:
        # Done without a film: asked again, it may be there; the deadline ends it.
        address = _address(task)
        return Running(unknown_status=f"{status} without a video") if address is None else _film(address)
    if status in _FAILED:
        return Failed(error=failure(_reason(task), _klings_code(task)))
    if status in _CANCELED:
        message = _reason(task)[:MAX_MESSAGE_CHARS] or f"the provider says that the task is {status}"
        return Failed(error=JobError(code="canceled_by_provider", message=message, retryable=True))
    is_known = task.status is not None and said in _RUNNING
    return Running(unknown_status=None if is_known else task.status or "none")


def created_at(task: RelayedTask) -> datetime | None:
    """Return when a task was created: Kling's milliseconds, or the seconds in which EzModel took it."""
    kling = task.at_kling
    return moment(task.submit_time if kling is None or kling.created_at is None else kling.created_at / 1000)


def reference_of(task: RelayedTask) -> str | None:
    """Return our reference, where Kling's own words about the task have it."""
    kling = task.at_kling
    return kling.task_info.external_task_id if kling and kling.task_info else None


def _film(address: str) -> Outcome:
    return Succeeded(media=(Media(address, "video"),))


def _address(task: RelayedTask) -> str | None:
    """Return where the video is: as Kling says it, in its own field, or in the one for a failure's reason."""
    result = task.at_kling.task_result if task.at_kling else None
    films = [video.url for video in (result.videos if result else None) or [] if video is not None]
    said = [*films, task.result_url, task.fail_reason]
    return next((text for text in said if text and _is_address(text)), None)


def _reason(task: RelayedTask) -> str:
    """Return why a task failed; empty where nobody says."""
    kling = task.at_kling
    said = [kling.task_status_msg if kling else None, task.fail_reason, task.data.message if task.data else None]
    reasons = (text for text in said if text and text.strip().lower() not in _NO_REASONS and not _is_address(text))
    return next(reasons, "")


def _klings_code(task: RelayedTask) -> str | None:
    code = task.data.code if task.data else None
    return str(code) if code else None


def _is_address(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _expect_no_refusal(answer: HttpAnswer) -> None:
    if answer.status >= 400 or errors.refused_in(answer) is not None:  # noqa: PLR2004 - the HTTP classes
        raise errors.refusal(answer)


def _expect_klings_success(answer: HttpAnswer) -> None:
    """Make sure that an answer about an element is a good one: Kling's own envelope, with the code 0.

    Raises:
        ProviderError: The answer is a refusal, a failure, or none of either's.
    """
    envelope = envelope_of(answer)
    if envelope is not None and envelope.code in {0, 200} and answer.status < 400:  # noqa: PLR2004 - as above
        return
    _expect_no_refusal(answer)
    raise unreadable(answer)


READING: Final = Reading(_expect_klings_success, errors.means_no_element_task, errors.means_gone)
