"""How KlingAI's answers are judged: by the code in their envelope, whatever the HTTP status says."""

from typing import Final

from klingway.providers.calls import retry_after_s, unreadable
from klingway.providers.contract import HttpAnswer
from klingway.providers.kling.tasks import Reading, envelope_of
from klingway.providers.klingai import errors


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


def _means_not_found(answer: HttpAnswer) -> bool:
    envelope = envelope_of(answer)
    return envelope is not None and errors.means_not_found(answer.status, envelope.code, envelope.message or "")


def _means_gone(answer: HttpAnswer) -> bool:
    envelope = envelope_of(answer)
    return envelope is not None and errors.means_gone(answer.status, envelope.code, envelope.message or "")


READING: Final = Reading(expect_success, _means_not_found, _means_gone)
