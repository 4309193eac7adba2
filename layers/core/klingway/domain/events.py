"""What the event bus hears of a job: from its row alone, so that an event can be made again at any time."""

from typing import Any, Final

from klingway.domain.deliveries import JOB_CANCELED, JOB_FAILED, JOB_SUCCEEDED
from klingway.domain.ids import iso
from klingway.domain.job import Job, LateResult, State
from klingway.domain.views import (
    attempt_to_json,
    error_to_json,
    file_to_json,
    late_result_to_json,
    price_to_json,
    warnings_of,
)

SOURCE: Final = "klingway"

DETAIL_TYPES: Final = {
    State.SUCCEEDED: "Job Succeeded",
    State.FAILED: "Job Failed",
    State.CANCELED: "Job Canceled",
}
"""The states that are told, with the event's detail type."""

LATE_RESULT: Final = "Job Late Result"
"""The detail type of what an attempt brings after its job has ended without it."""

STATE_CHANGED: Final = "Job State Changed"
"""The detail type of every announced change, where those are switched on."""

DELIVERED: Final = {State.SUCCEEDED: JOB_SUCCEEDED, State.FAILED: JOB_FAILED, State.CANCELED: JOB_CANCELED}
"""The states that are delivered to a job's targets, with the event's type there."""


def replayed_detail(detail: dict[str, Any]) -> dict[str, Any]:
    """Return the detail of an event that is told again: the same, its id above all, and a mark."""
    return detail | {"replay": True}


def state_changed_detail(job: Job, *, bucket: str) -> dict[str, Any]:
    """Return the detail of `Job State Changed`: an end is told by two events, so that this one has an id of its own."""
    return event_detail(job, bucket=bucket) | {"event_id": f"{job.id}:{job.sequence}:state"}


def late_result_detail(job: Job, late: LateResult, *, bucket: str) -> dict[str, Any]:
    """Return the detail of `Job Late Result`: that of the job's end, under an id of its own, and what came late."""
    detail = event_detail(job, bucket=bucket)
    return detail | {"event_id": f"{job.id}:{late.sequence}", "late_result": late_result_to_json(late, bucket=bucket)}


def event_detail(job: Job, *, bucket: str) -> dict[str, Any]:
    """Return the detail of the event about a job's latest change of state; webhooks carry it as `data`.

    `event_id` is the same however often the event is sent.
    """
    return {
        "event_id": f"{job.id}:{job.sequence}",
        "correlation_id": job.correlation_id,
        "job_id": job.id,
        "tenant": job.tenant,
        "kind": job.kind,
        "state": job.state.value,
        "provider": job.provider,
        "model": job.model,
        "reference": job.reference,
        "metadata": dict(job.metadata or {}),
        "attempts": [attempt_to_json(attempt) for attempt in job.attempts],
        "learnt_by": job.learnt_by.value if job.learnt_by else None,
        "created_at": iso(job.created_at),
        "finished_at": iso(job.finished_at) if job.finished_at else None,
        "price": price_to_json(job.price),
        "error": error_to_json(job.error),
        "files": [file_to_json(file, bucket=bucket) for file in job.files],
        "warnings": warnings_of(job),
        "result_mismatch": list(job.result_mismatch),
    }
