"""EzModel's own API, spoken to callers.

Source: EzModel's page "Kling Omni Video" and its page on the status of such a task; its published source for what these leave
out: the three paths at which one task can be asked for, and the words that each of them has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from klingway.domain.errors import GatewayError
from klingway.domain.job import State
from klingway.providers.dialects import Action, ElementDialect, Endpoint, ListDialect, Said, ShownJob, Translated
from klingway.providers.ezmodel import translation
from klingway.providers.ezmodel.refusals import refusal
from klingway.providers.kling import answers
from klingway.providers.kling.element_dialect import ELEMENTS

_PRODUCT: Final = "omni-video"
_ELEMENT: Final = "element"
_CREATE: Final = "/kling/v1/videos/omni-video"
_ELEMENTS: Final = "/kling/v1/general"

_OPENAI_READ: Final = Endpoint("GET", "/v1/videos/{id}", Action.READ, _PRODUCT)
"""The one query that is answered in OpenAI's form; the others are in EzModel's own."""

ENDPOINTS: Final = (
    Endpoint("POST", _CREATE, Action.CREATE, _PRODUCT),
    Endpoint("GET", f"{_CREATE}/{{id}}", Action.READ, _PRODUCT),
    Endpoint("GET", "/v1/video/generations/{id}", Action.READ, _PRODUCT),
    _OPENAI_READ,
    Endpoint("GET", "/v1/videos/{id}/content", Action.CONTENT, _PRODUCT),
    Endpoint("POST", f"{_ELEMENTS}/advanced-custom-elements", Action.CREATE_ELEMENT, _ELEMENT),
    Endpoint("GET", f"{_ELEMENTS}/advanced-custom-elements/{{id}}", Action.READ_ELEMENT, _ELEMENT),
    Endpoint("GET", f"{_ELEMENTS}/advanced-custom-elements", Action.LIST_ELEMENTS, _ELEMENT),
    Endpoint("GET", f"{_ELEMENTS}/advanced-presets-elements", Action.LIST_PRESETS, _ELEMENT),
    Endpoint("POST", f"{_ELEMENTS}/delete-elements", Action.DELETE_ELEMENT, _ELEMENT),
)


@dataclass(frozen=True, slots=True)
class _Standing:
    """How a task stands, in EzModel's words and in OpenAI's."""

    native: str
    openai: str
    percent: int


_SUBMITTED: Final = _Standing("SUBMITTED", "queued", 10)
_IN_PROGRESS: Final = _Standing("IN_PROGRESS", "in_progress", 30)
_FAILURE: Final = _Standing("FAILURE", "failed", 100)

_STANDINGS: Final[Mapping[State, _Standing]] = {
    State.QUEUED: _SUBMITTED,
    State.PREPARING: _SUBMITTED,
    State.SUBMITTING: _SUBMITTED,
    State.UNCONFIRMED: _SUBMITTED,
    State.RUNNING: _IN_PROGRESS,
    State.STORING: _IN_PROGRESS,
    State.SUCCEEDED: _Standing("SUCCESS", "completed", 100),
    State.FAILED: _FAILURE,
    State.CANCELED: _FAILURE,
}


class EzmodelDialect:
    """See `dialects.Dialect`."""

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """The create, its three queries, the film itself, and the registry of elements."""
        return ENDPOINTS

    @property
    def link_life_s(self) -> int | None:
        """EzModel promises nothing."""
        return None

    @property
    def takes_signed_tokens(self) -> bool:
        """A bearer key it is."""
        return False

    @property
    def elements(self) -> ElementDialect | None:
        """Kling's registry of elements, unchanged."""
        return ELEMENTS

    @property
    def lists(self) -> ListDialect | None:
        """None: no endpoint lists tasks."""
        return None

    def translate(self, product: str, body: Mapping[str, Any]) -> Translated:  # noqa: ARG002 - there is one product
        """Read a create.

        Raises:
            InvalidRequestError: With every problem, each at the caller's own place.
        """
        return translation.translate(body)

    def accepted(self, shown: ShownJob) -> Said:
        """Answer a create: OpenAI's video object, with the two fields that the page leaves out and the server sends."""
        job = shown.job
        return Said(
            200,
            {
                "id": job.id,
                "task_id": job.id,
                "object": "video",
                "model": job.model,
                "status": "",
                "progress": 0,
                "created_at": _seconds(job.created_at),
            },
        )

    def show(self, endpoint: Endpoint, shown: ShownJob) -> Said:
        """Answer a query: every task can be asked for at each of the three paths."""
        return Said(200, _openai(shown) if endpoint == _OPENAI_READ else _native(shown))

    def refusal(self, error: GatewayError, *, endpoint: Endpoint | None, request_id: str) -> Said:
        """Say any error, in the envelope in which EzModel would."""
        return refusal(error, endpoint=endpoint, request_id=request_id)

    def callback(self, shown: ShownJob) -> Mapping[str, Any]:
        """Return Kling's own task: EzModel hands `callback_url` on, and Kling calls back."""
        return answers.task(shown)


def _native(shown: ShownJob) -> dict[str, Any]:
    """Return a task in EzModel's own form, around the one that Kling would tell of.

    `fail_reason` has the film's address after a success, as it has there; `result_url` is where a stock new-api has it.
    """
    job, standing = shown.job, _STANDINGS[shown.job.state]
    at_kling = answers.task(shown)
    address = _film(at_kling).get("url")
    attempt = job.attempts[-1] if job.attempts else None
    task = {
        "task_id": job.id,
        "action": "omniVideo",
        "status": standing.native,
        "fail_reason": address or (job.error.message if job.error is not None else ""),
        "submit_time": _seconds(job.created_at),
        "start_time": _seconds(attempt.accepted_at if attempt else None),
        "finish_time": _seconds(job.finished_at),
        "progress": f"{standing.percent}%",
        "data": answers.enveloped(at_kling, request_id=job.id).body,
    }
    return {"code": "success", "message": "", "data": task | ({"result_url": address} if address else {})}


def _openai(shown: ShownJob) -> dict[str, Any]:
    """Return a task in OpenAI's form, with Kling's milliseconds, as EzModel sends it.

    Unlike there, a failure has its reason in `error`, where a stock new-api has it, and `model` is not empty.
    """
    job, standing = shown.job, _STANDINGS[shown.job.state]
    told: dict[str, Any] = {
        "id": job.id,
        "object": "video",
        "model": job.model,
        "status": standing.openai,
        "progress": standing.percent,
        "created_at": answers.milliseconds(job.created_at),
        "completed_at": answers.milliseconds(job.finished_at or job.updated_at),
    }
    film = _film(answers.task(shown))
    if film:
        told |= {"seconds": film.get("duration", ""), "metadata": {"url": film["url"]}}
    if job.error is not None:
        told["error"] = {"message": job.error.message, "code": job.error.code}
    return told


def _film(at_kling: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the film of a task in Kling's words; empty as long as there is none."""
    films = at_kling.get("task_result", {}).get("videos", [])
    return films[0] if films else {}


def _seconds(at: datetime | None) -> int:
    """Return a time in Unix seconds; 0 for what has not happened."""
    return 0 if at is None else int(at.timestamp())


DIALECT: Final = EzmodelDialect()
