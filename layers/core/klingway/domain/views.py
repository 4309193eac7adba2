"""A job as callers see it."""

from collections.abc import Iterable, Mapping
from typing import Any

from klingway.domain.ids import iso
from klingway.domain.job import Attempt, Job, JobError, LateResult, Price, State, StoredFile


def error_to_json(error: JobError | None) -> dict[str, Any] | None:
    """Return an error as `{code, message, retryable, provider_code?}`."""
    if error is None:
        return None
    said: dict[str, Any] = {"code": error.code, "message": error.message, "retryable": error.retryable}
    return said | ({"provider_code": error.provider_code} if error.provider_code is not None else {})


def price_to_json(price: Price | None) -> dict[str, str] | None:
    """Return a price as `{amount, currency, source}`, the amount as text with as many digits as it needs, two at least."""
    if price is None:
        return None
    digits = max(2, -int(price.amount.normalize().as_tuple().exponent))
    return {"amount": f"{price.amount:.{digits}f}", "currency": price.currency, "source": price.source}


def file_to_json(file: StoredFile, *, bucket: str) -> dict[str, Any]:
    """Return a stored file without its link; what is not known of it is left out."""
    said = {
        "name": file.name,
        "role": file.role,
        "s3_uri": f"s3://{bucket}/{file.key}",
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "content_type": file.content_type,
    }
    measured = {"duration_s": file.duration_s, "width": file.width, "height": file.height}
    return said | {name: value for name, value in measured.items() if value is not None}


def files_to_json(
    files: Iterable[StoredFile], *, bucket: str, links: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Return stored files, each with its link where there are links."""
    return [file_to_json(file, bucket=bucket) | ({"url": links[file.name]} if links else {}) for file in files]


def late_result_to_json(late: LateResult, *, bucket: str, links: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what a job has got after its end."""
    return {
        "attempt": late.attempt,
        "provider": late.provider,
        "stored_at": iso(late.stored_at),
        "files": files_to_json(late.files, bucket=bucket, links=links),
    }


def attempt_to_json(attempt: Attempt) -> dict[str, Any]:
    """Return an attempt."""
    return {
        "number": attempt.number,
        "provider": attempt.provider,
        "task_id": attempt.task_id,
        "state": attempt.state.value,
        "tries": attempt.tries,
        "started_at": iso(attempt.started_at),
        "accepted_at": iso(attempt.accepted_at) if attempt.accepted_at else None,
        "ended_at": iso(attempt.ended_at) if attempt.ended_at else None,
        "error": error_to_json(attempt.error),
    }


def job_to_json(
    job: Job, request: Mapping[str, Any], *, bucket: str, links: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return a job as the canonical API answers it.

    Args:
        job: The job.
        request: The canonical request as it was accepted.
        bucket: Where results lie.
        links: By file name, what a browser can open; without them the files carry their S3 addresses alone.
    """
    files = files_to_json(job.files, bucket=bucket, links=links)
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "model": job.model,
        "provider": job.provider,
        "route_reason": job.route_reason,
        "retry_of": job.retry_of,
        "reference": job.reference,
        "metadata": dict(job.metadata or {}),
        "request": dict(request),
        "created_at": iso(job.created_at),
        "updated_at": iso(job.updated_at),
        "deadline_at": iso(job.deadline_at),
        "finished_at": iso(job.finished_at) if job.finished_at else None,
        "learnt_by": job.learnt_by.value if job.learnt_by else None,
        "attempts": [attempt_to_json(attempt) for attempt in job.attempts],
        "price": price_to_json(job.price),
        "error": error_to_json(job.error),
        "warnings": warnings_of(job),
        "result_mismatch": list(job.result_mismatch),
        "result": {"files": files} if job.state is State.SUCCEEDED else None,
        "late_results": [late_result_to_json(late, bucket=bucket, links=links) for late in job.late_results],
    }


def warnings_of(job: Job) -> list[str]:
    """Return what a caller should know of a result that is not all that it could be, or is late."""
    warnings = [*job.warnings, *(f"the result's {what} is not what was asked for" for what in job.result_mismatch)]
    if job.may_be_charged_twice:
        warnings.append("it was submitted anew although an earlier attempt may have been made: it may be charged twice")
    if job.store_error is not None and job.state is State.STORING:
        warnings.append(f"the media could not be fetched yet, after {job.store_tries} tries: {job.store_error}")
    return warnings
