"""The job store in memory."""

import copy
import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from klingway.domain.ids import JobId, ProviderName, Tenant
from klingway.domain.job import Job, LateResult
from klingway.domain.schedule import PATIENCE_S
from klingway.domain.transitions import Change
from klingway.use_cases.ports import (
    ChangeRefusedError,
    DueRow,
    IdempotencyKey,
    JobFilter,
    KeyTakenError,
    Page,
    ReferenceTakenError,
    StoredJob,
    TakenUp,
)


class InMemoryJobs:
    def __init__(self) -> None:
        self.rows: dict[JobId, Job] = {}
        self.requests: dict[JobId, str] = {}
        self.keys: dict[tuple[str, str], tuple[JobId, str, int]] = {}
        self.names: dict[tuple[str, str, str], str] = {}
        self.history: list[Job] = []
        """Each job as it stood after each write."""

    def _written(self, job: Job) -> Job:
        self.rows[job.id] = job
        self.history.append(job)
        return job

    def create(self, job: Job, request: Mapping[str, Any], key: IdempotencyKey | None) -> None:
        if job.id in self.rows:
            return
        if key is not None:
            taken = self.keys.get((key.tenant, key.key))
            if taken is not None and taken[2] > job.created_at.timestamp():
                raise KeyTakenError(taken[0], taken[1])
        name = _name_of(job)
        if name is not None and name in self.names:
            raise ReferenceTakenError(name[2])
        if key is not None:
            self.keys[key.tenant, key.key] = (job.id, key.fingerprint, key.expires_at)
        if name is not None:
            self.names[name] = job.id
        self.requests[job.id] = json.dumps(request)
        self._written(job)

    def taken_by(self, key: IdempotencyKey) -> KeyTakenError | None:
        taken = self.keys.get((key.tenant, key.key))
        return None if taken is None else KeyTakenError(taken[0], taken[1])

    def named(self, tenant: Tenant, dialect: ProviderName, external_id: str) -> str | None:
        return self.names.get((tenant, dialect, external_id))

    def forget_name(self, job: Job) -> None:
        name = _name_of(job)
        if name is not None and self.names.get(name) == job.id:
            del self.names[name]

    def get(self, job_id: JobId) -> Job | None:
        return self.rows.get(job_id)

    def get_request(self, job_id: JobId) -> Mapping[str, Any]:
        request: Mapping[str, Any] = json.loads(self.requests[job_id])
        return request

    def get_with_request(self, job_id: JobId) -> StoredJob | None:
        job = self.rows.get(job_id)
        return None if job is None else StoredJob(job, self.get_request(job_id))

    def apply(self, job_id: JobId, change: Change) -> Job:
        job = self.rows.get(job_id)
        attempts = None if job is None or not job.attempts else (len(job.attempts), job.attempt.number)
        fits = (
            job is not None
            and job.state in change.allowed_from
            and change.expected_number in {None, job.number}
            and change.expected_attempts in {None, attempts}
        )
        if job is None or not fits:
            raise ChangeRefusedError(job)
        return self._written(
            replace(
                job,
                state=change.to_state or job.state,
                updated_at=change.at,
                number=job.number + 1,
                due_at=None if change.due_at is None else int(change.due_at.timestamp()),
                sequence=job.sequence + (change.to_state is not None),
                **copy.deepcopy(dict(change.values)),
            )
        )

    def keep_late_result(self, job: Job, late: LateResult) -> Job:
        row = self.rows.get(job.id)
        if row is None or (row.number, row.state) != (job.number, job.state):
            raise ChangeRefusedError(row)
        kept = (*row.late_results, late)
        return self._written(replace(row, number=row.number + 1, updated_at=late.stored_at, late_results=kept))

    def delete(self, job: Job) -> None:
        self.forget_name(job)
        self.requests.pop(job.id, None)
        self.rows.pop(job.id, None)

    def page(self, tenant: Tenant, which: JobFilter, *, limit: int, after: JobId | None) -> Page:
        found = [
            job.id
            for job in sorted(self.rows.values(), key=lambda job: job.id, reverse=True)
            if job.tenant == tenant
            and which.state in {None, job.state}
            and which.provider in {None, job.provider}
            and which.reference in {None, job.reference}
            and (after is None or job.id < after)
        ]
        shown = found[:limit]
        jobs = [StoredJob(self.rows[job_id], self.get_request(job_id)) for job_id in shown]
        return Page(jobs, shown[-1] if len(found) > limit else None)

    def numbered_page(
        self, tenant: Tenant, dialect: ProviderName, product: str, *, skipped: int, limit: int
    ) -> Sequence[StoredJob]:
        found = [
            job.id
            for job in sorted(self.rows.values(), key=lambda job: job.id, reverse=True)
            if job.tenant == tenant
            and job.origin is not None
            and (job.origin.dialect, job.origin.product) == (dialect, product)
        ]
        return [StoredJob(self.rows[job_id], self.get_request(job_id)) for job_id in found[skipped : skipped + limit]]

    def due(self, now: datetime, *, limit: int) -> Iterator[DueRow]:
        due = [job for job in self.rows.values() if job.due_at is not None and job.due_at <= now.timestamp()]
        yield from heapq.nsmallest(
            limit, (DueRow(job.id, "job", job.due_at or 0) for job in due), key=lambda row: row.due_at
        )

    def take_up(self, row: DueRow, *, at: datetime) -> TakenUp | None:
        job = self.rows.get(JobId(row.id))
        if job is None or job.due_at != row.due_at:
            return None
        due_at = int((at + timedelta(seconds=PATIENCE_S)).timestamp())
        taken = self._written(replace(job, due_at=due_at, number=job.number + 1))
        return TakenUp(taken.id, row.part, taken.number, taken.state.value)


def _name_of(job: Job) -> tuple[str, str, str] | None:
    if job.origin is None or job.origin.external_id is None:
        return None
    return job.tenant, job.origin.dialect, job.origin.external_id
