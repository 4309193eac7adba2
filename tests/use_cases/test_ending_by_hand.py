"""What callers do with their jobs: cancel, retry, delete."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from klingway.domain.deliveries import JOB_ENDS, Target
from klingway.domain.errors import InvalidRequestError, NotFoundError, UnavailableError, WrongStateError
from klingway.domain.ids import ProviderName, Tenant
from klingway.domain.job import Job, JobError, Origin, State
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, Failed, ProviderError
from klingway.use_cases.cancel_job import CancelJob
from klingway.use_cases.ports import BusyError
from klingway.use_cases.retry_job import RetryJob

from tests.use_cases.conftest import SUCCESS, Gateway

if TYPE_CHECKING:
    from klingway.use_cases.create_job import Accepted

ACME, OTHER = Tenant("acme"), Tenant("other")
FULL = ProviderError(JobError(code="provider_full", message="no room", retryable=True), created=Created.NO)
NO_FILM = Failed(error=JobError(code="generation_failed", message="no film", retryable=True))
HOOK = {"prompt": "a fox", "duration_s": 5, "webhook": {"url": "https://shop.example/hook"}}


def cancel(gateway: Gateway, job: Job, tenant: Tenant = ACME) -> Job:
    return CancelJob(jobs=gateway.jobs, now=gateway.clock).run(tenant, job.id).job


def retry(gateway: Gateway, job: Job, key: str | None = None, tenant: Tenant = ACME) -> Accepted:
    again = RetryJob(jobs=gateway.jobs, create=gateway.create)
    return again.run(tenant, job.id, given_key=key, public_url="https://gateway.example")


def waiting(gateway: Gateway) -> Job:
    """Return a job whose provider has no room."""
    gateway.provider.submissions = [FULL]
    job = gateway.submit(HOOK)
    assert State.QUEUED is job.state
    return job


# --------------------------------------------------------------------------------------------------------------- cancel


def test_a_job_that_waits_is_canceled(gateway: Gateway) -> None:
    """It is at rest, its event and webhook say so, and the work that was under way for it does nothing."""
    job = waiting(gateway)

    canceled = cancel(gateway, job)

    assert (State.CANCELED, None, gateway.clock()) == (canceled.state, canceled.due_at, canceled.finished_at)
    assert ("canceled", True) == (canceled.error and canceled.error.code, canceled.error and canceled.error.retryable)
    gateway.publisher.run([canceled])
    assert ["Job Canceled"] == [event.detail_type for event in gateway.bus.published]
    gateway.try_delivery()
    assert ["job.canceled"] == [json.loads(body)["type"] for _, body, _ in gateway.receiver.posts]
    gateway.work()
    assert State.CANCELED is gateway.job(job).state
    assert 1 == len(gateway.provider.submitted)


def test_a_canceled_job_is_canceled_again(gateway: Gateway) -> None:
    """Nothing more is written: whoever repeats the call has the same answer."""
    job = waiting(gateway)
    first = cancel(gateway, job)
    writes = len(gateway.jobs.history)

    assert first == cancel(gateway, job)
    assert writes == len(gateway.jobs.history)


@pytest.mark.parametrize("state", [State.SUBMITTING, State.UNCONFIRMED, State.RUNNING, State.STORING])
def test_a_job_that_a_provider_may_have_is_not_canceled(gateway: Gateway, state: State) -> None:
    """It is paid for, or may be: 409 `already_submitted`, and the job stays as it is."""
    job = gateway.submit()
    gateway.jobs.rows[job.id] = replace(gateway.job(job), state=state)

    with pytest.raises(WrongStateError) as refused:
        cancel(gateway, job)

    assert ("already_submitted", 409) == (refused.value.code, refused.value.status)
    assert state is gateway.job(job).state


@pytest.mark.parametrize("outcome", [SUCCESS, NO_FILM])
def test_an_ended_job_is_not_canceled(gateway: Gateway, outcome: object) -> None:
    """A terminal state is for good: 409 `already_ended`."""
    job = gateway.end(gateway.submit(), outcome)  # type: ignore[arg-type] # an outcome

    with pytest.raises(WrongStateError) as refused:
        cancel(gateway, job)

    assert "already_ended" == refused.value.code
    assert job == gateway.job(job)


def test_a_job_is_canceled_between_its_read_and_its_submission(gateway: Gateway) -> None:
    """Whoever had read it as queued meanwhile loses the race, and asks no provider."""
    job = waiting(gateway)
    cancel(gateway, job)

    gateway.create.start.run(job, gateway.jobs.get_request(job.id))

    assert 1 == len(gateway.provider.submitted)
    assert State.CANCELED is gateway.job(job).state


# ---------------------------------------------------------------------------------------------------------------- retry


def test_an_ended_job_is_asked_for_again(gateway: Gateway) -> None:
    """A new job of the same request, which names the old one; the old one stays as it was."""
    failed = gateway.end(gateway.submit(HOOK | {"reference": "order-42"}), NO_FILM)

    new = retry(gateway, failed).stored

    assert (failed.id, State.RUNNING, "order-42") == (new.job.retry_of, new.job.state, new.job.reference)
    assert gateway.jobs.get_request(failed.id) == new.request
    assert failed.targets == new.job.targets
    assert failed == gateway.job(failed)
    assert 2 == len(gateway.provider.submitted)


def test_receivers_that_no_request_names_hear_of_the_new_job_too(gateway: Gateway) -> None:
    """The outbox of a file, the callback of a dialect; the caller's external id stays the first job's."""
    outbox = Target("outbox", "outbox/cat", JOB_ENDS)
    origin = Origin(dialect=ProviderName("klingai"), product="omni-video", external_id="mine")
    failed = gateway.end(gateway.submit(targets=[outbox], origin=origin), NO_FILM)

    new = retry(gateway, failed).stored.job

    assert ((outbox,), replace(origin, external_id=None)) == (new.targets, new.origin)
    assert failed.id == gateway.jobs.named(ACME, ProviderName("klingai"), "mine")


def test_a_retry_under_one_key_is_one_job(gateway: Gateway) -> None:
    """The same call twice makes one job; the key says nothing of another job's retry."""
    first, second = (gateway.end(gateway.submit(), NO_FILM) for _ in range(2))

    new = retry(gateway, first, "again")
    repeated = retry(gateway, first, "again")

    assert (new.stored.job.id, True) == (repeated.stored.job.id, repeated.is_replay)
    with pytest.raises(InvalidRequestError):
        retry(gateway, second, "again")


def test_a_job_that_goes_on_is_not_retried(gateway: Gateway) -> None:
    """It may still succeed: 409 `not_ended`, and nothing is submitted."""
    job = gateway.submit()

    with pytest.raises(WrongStateError) as refused:
        retry(gateway, job)

    assert "not_ended" == refused.value.code
    assert 1 == len(gateway.provider.submitted)


# --------------------------------------------------------------------------------------------------------------- delete


def test_nothing_of_a_deleted_job_is_left(gateway: Gateway) -> None:
    """Neither row nor request nor media; its external id can be given again."""
    origin = Origin(dialect=ProviderName("klingai"), product="omni-video", external_id="mine")
    job = gateway.end(gateway.submit(origin=origin), SUCCESS)
    assert gateway.bucket.objects

    gateway.delete(job)

    assert ({}, {}, {}) == (gateway.jobs.rows, gateway.jobs.requests, gateway.bucket.objects)
    assert gateway.jobs.named(ACME, ProviderName("klingai"), "mine") is None
    with pytest.raises(NotFoundError):
        gateway.delete(job)


def test_a_deletion_that_broke_off_is_asked_for_again(gateway: Gateway) -> None:
    """The media goes before the job's row: while any of it may be left, the job can be found, and deleted."""
    job = gateway.end(gateway.submit(), SUCCESS)
    gateway.bucket.deletion_fails = True
    with pytest.raises(OSError, match="not deleted"):
        gateway.delete(job)
    assert job == gateway.job(job)

    gateway.bucket.deletion_fails = False
    gateway.delete(job)

    assert ({}, {}) == (gateway.jobs.rows, gateway.bucket.objects)


def test_a_deletion_that_the_table_refuses_is_no_error_of_ours(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, and the job is there to be deleted again."""
    job = gateway.end(gateway.submit(HOOK), SUCCESS)

    def is_busy(_: Job) -> None:
        raise BusyError("refused")

    with monkeypatch.context() as patch:
        patch.setattr(gateway.jobs, "delete", is_busy)
        with pytest.raises(UnavailableError):
            gateway.delete(job)
    gateway.delete(job)

    assert {} == gateway.jobs.rows


def test_a_job_that_goes_on_is_not_deleted(gateway: Gateway) -> None:
    """Its film would come to nobody: 409 `not_ended`."""
    job = gateway.submit()

    with pytest.raises(WrongStateError) as refused:
        gateway.delete(job)

    assert "not_ended" == refused.value.code
    assert job == gateway.job(job)


def test_a_key_whose_job_was_deleted_says_so(gateway: Gateway) -> None:
    """The caller is not told to try again, and gets no second film unasked."""
    job = gateway.end(gateway.submit(idempotency_key="order-42"), SUCCESS)
    gateway.delete(job)

    with pytest.raises(InvalidRequestError) as refused:
        gateway.submit(idempotency_key="order-42")

    assert ["deleted"] == [problem.code for problem in refused.value.problems]
    assert 1 == len(gateway.provider.submitted)


def test_a_message_about_a_deleted_job_does_nothing(gateway: Gateway) -> None:
    """Its deliveries and its work end quietly."""
    job = gateway.end(gateway.submit(HOOK), SUCCESS)
    gateway.delete(job)

    gateway.try_delivery()
    gateway.worker.run(Work(kind=WorkKind.CHECK, id=job.id, number=job.number))

    assert [] == gateway.receiver.posts


@pytest.mark.parametrize("act", [cancel, retry, Gateway.delete])
def test_another_tenants_job_is_as_if_it_were_not_there(gateway: Gateway, act: object) -> None:
    """Nobody cancels, repeats or deletes what is not theirs."""
    ended, queued = gateway.end(gateway.submit(), SUCCESS), waiting(gateway)

    for job in (ended, queued):
        with pytest.raises(NotFoundError):
            act(gateway, job, tenant=OTHER)  # type: ignore[operator] # one of the three above

    assert (ended, queued) == (gateway.job(ended), gateway.job(queued))
    assert gateway.bucket.objects
