"""Kling's own answers about tasks, said of our jobs: by the KlingAI dialect, and by those of relays that repeat its words.

Source: Kling's API specification of 2026-02-10, the response bodies of creates and queries; its callback protocol, whose
body is the task without the envelope.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from klingway.domain.job import Job, State, StoredFile
from klingway.providers.dialects import Said, ShownJob

SUCCESS: Final = "SUCCEED"
"""`message` of a good answer, as the live service says it."""

STATUSES: Final[Mapping[State, str]] = {
    State.QUEUED: "submitted",
    State.PREPARING: "submitted",
    State.SUBMITTING: "submitted",
    State.UNCONFIRMED: "submitted",
    State.RUNNING: "processing",
    State.STORING: "processing",
    State.SUCCEEDED: "succeed",
    State.FAILED: "failed",
    State.CANCELED: "failed",
}


def enveloped(data: object, *, request_id: str) -> Said:
    """Return a good answer."""
    return Said(200, {"code": 0, "message": SUCCESS, "request_id": request_id, "data": data})


def milliseconds(at: datetime) -> int:
    """Return a time as Kling says it: Unix milliseconds."""
    return round(at.timestamp() * 1000)


def created_task(job: Job) -> dict[str, Any]:
    """Return `data` of the answer to a create: there a task has only been submitted, however far it is by now."""
    return {
        "task_id": job.id,
        "task_status": STATUSES[State.QUEUED],
        "task_info": {"external_task_id": external_id_of(job)},
        "created_at": milliseconds(job.created_at),
        "updated_at": milliseconds(job.updated_at),
    }


def task(shown: ShownJob, *, in_series: bool | None = None) -> dict[str, Any]:
    """Return a task as queries and callbacks tell of it.

    `final_unit_deduction` is left out: what Kling deducts is between it and whoever owns the gateway's account.

    Args:
        shown: The job.
        in_series: Whether its pictures are a series; None where the product knows no such thing.
    """
    job = shown.job
    told = created_task(job) | {
        "task_status": STATUSES[job.state],
        "task_status_msg": job.error.message if job.error is not None else "",
        "watermark_info": {"enabled": bool(shown.request.get("watermark"))},
    }
    return told | ({"task_result": _result(shown, in_series)} if job.state is State.SUCCEEDED else {})


def external_id_of(job: Job) -> str:
    """Return the caller's own id of a job; empty for none, as in requests."""
    return (job.origin.external_id if job.origin is not None else None) or ""


def _result(shown: ShownJob, in_series: bool | None) -> dict[str, Any]:  # noqa: FBT001 - three-valued, as in `task`
    if shown.job.kind == "video":
        return {"videos": [_video(shown, file) for file in _of_role(shown, "video")]}
    pictures = [_picture(shown, file) for file in _of_role(shown, "image")]
    if in_series is None:
        return {"images": pictures}
    return {
        "result_type": "series" if in_series else "single",
        "images": [] if in_series else pictures,
        "series_images": pictures if in_series else [],
    }


def _of_role(shown: ShownJob, role: str) -> Sequence[StoredFile]:
    """Return the files of a role in the order of their numbers."""
    return sorted((file for file in shown.job.files if file.role == role), key=lambda file: _number(file) or 0)


def _number(file: StoredFile) -> int | None:
    """Return a file's place among those of its role, from 1: of `image_2.png`, 2; None for the only one."""
    number = PurePosixPath(file.name).stem.rpartition("_")[2]
    return int(number) if number.isascii() and number.isdecimal() else None


def _video(shown: ShownJob, file: StoredFile) -> dict[str, Any]:
    duration = {} if file.duration_s is None else {"duration": f"{round(file.duration_s, 3):g}"}
    return {"id": shown.job.id, "url": shown.links.get(file.name, "")} | _marked(shown, file) | duration


def _picture(shown: ShownJob, file: StoredFile) -> dict[str, Any]:
    """Return a picture; Kling counts from 0, and one that was lost leaves its place empty."""
    return {"index": (_number(file) or 1) - 1, "url": shown.links.get(file.name, "")} | _marked(shown, file)


def _marked(shown: ShownJob, file: StoredFile) -> dict[str, str]:
    """Return the address of the watermarked copy of a file, where there is one."""
    copies = [copy for copy in _of_role(shown, "watermarked") if _number(copy) == _number(file)]
    return {"watermark_url": shown.links.get(copies[0].name, "")} if copies else {}
