"""From running to the end: callbacks that nudge, checks that go on, results that are stored, and nothing done twice."""

import json
from dataclasses import replace
from datetime import datetime

import pytest
from klingway.domain.ids import ProviderName
from klingway.domain.job import JobError, LearntBy, State
from klingway.domain.transitions import begin_storing
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, Failed, ProviderError, Running
from klingway.use_cases.ports import DueRow, TakenUp

from tests.fakes.providers import ScriptedProvider, profile
from tests.use_cases.conftest import FILM, SUCCESS, Gateway, succeeded, unreachable


def test_a_callback_brings_the_result_in(gateway: Gateway) -> None:
    """Nudged, the worker asks the provider, stores the film and ends the job; it was learnt by callback."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]

    gateway.nudge(job)

    job = gateway.job(job)
    assert (State.SUCCEEDED, LearntBy.CALLBACK, None) == (job.state, job.learnt_by, job.due_at)
    video, provenance = job.files
    assert f"results/acme/2026/11/20/{job.id}/1/video.mp4" == video.key
    assert FILM == gateway.bucket.objects[video.key]
    assert (len(FILM), "video/mp4", 5.04, 1280, 720) == (
        video.size_bytes,
        video.content_type,
        video.duration_s,
        video.width,
        video.height,
    )
    assert ("job.json", "provenance") == (provenance.name, provenance.role)


def test_a_lying_callback_changes_nothing(gateway: Gateway) -> None:
    """The callback says success while the provider says running: the job runs on, and is asked about after 2, 5, 10, 30 s."""
    job = gateway.submit()
    gateway.provider.outcomes = [Running()]

    gateway.nudge(job)
    waits = [gateway.queue.sent[-1][1], *(gateway.work() and gateway.queue.sent[-1][1] for _ in range(3))]

    assert [2, 5, 10, 30] == waits
    assert State.RUNNING is gateway.job(job).state


def test_after_the_nudges_the_callback_is_waited_for_again(gateway: Gateway) -> None:
    """Once the early repeats (47 s) are spent, the next check is the one that a lost callback would have had."""
    job = gateway.submit()
    gateway.nudge(job)
    for _ in range(4):
        gateway.work()

    _, delay_s = gateway.queue.take()
    assert 420 - 47 == delay_s


def test_a_callback_repeated_ends_the_job_once(gateway: Gateway) -> None:
    """The second final callback finds the job at rest: one success, one set of files, no message left."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]

    gateway.nudge(job)
    gateway.nudge(job)

    assert (1, 1, []) == (succeeded(gateway), gateway.provider.checked, gateway.queue.sent)


def test_two_callbacks_at_once_store_once(gateway: Gateway) -> None:
    """A nudge that arrives while the film is being copied does not start a second copy."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]
    store, copies = gateway.bucket.store, []

    def store_and_be_nudged(key: str, *args: object, **kwargs: object) -> object:
        copies.append(key)
        gateway.nudge(job)
        return store(key, *args, **kwargs)  # type: ignore[arg-type]

    gateway.bucket.store = store_and_be_nudged  # type: ignore[method-assign, assignment]
    gateway.nudge(job)

    assert 2 == len(copies)  # the film and job.json
    assert 1 == succeeded(gateway)


def test_a_message_delivered_twice_acts_once() -> None:
    """The queue repeats a check: the second one carries a number that the row expects no more, and does nothing."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(calls_back=False)))
    gateway.submit()
    work, _ = gateway.queue.take()

    gateway.worker.run(work)
    gateway.worker.run(work)

    assert (1, 1) == (gateway.provider.checked, len(gateway.queue.sent))


def test_work_done_twice_for_a_job_at_rest_does_nothing(gateway: Gateway) -> None:
    """A worker run again for a job that has ended asks nobody and writes nothing."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]
    gateway.nudge(job)
    writes = len(gateway.jobs.history)

    gateway.worker.run(Work(kind=WorkKind.CHECK, id=job.id, number=gateway.job(job).number))

    assert (writes, 1) == (len(gateway.jobs.history), gateway.provider.checked)


def test_a_lost_callback_is_made_good_by_the_poller(gateway: Gateway) -> None:
    """No callback comes: once overdue, the poller has the provider asked; learnt by poll."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]
    gateway.clock.go_on(419)
    assert 0 == gateway.poll()

    gateway.clock.go_on(1)
    assert 1 == gateway.poll()
    gateway.work()

    assert (State.SUCCEEDED, LearntBy.POLL) == (gateway.job(job).state, gateway.job(job).learnt_by)


def test_the_poller_takes_a_due_row_up_once(gateway: Gateway) -> None:
    """A second run right after the first finds the row due in two minutes only: a backlog is not multiplied."""
    gateway.submit()
    gateway.clock.go_on(420)

    assert (1, 0) == (gateway.poll(), gateway.poll())
    gateway.clock.go_on(121)
    assert 1 == gateway.poll()


def test_the_checks_of_a_polled_job_follow_the_expected_time() -> None:
    """First at the 10th percentile (60 s), then every 4 s up to a slow generation's time (420 s), then ever more rarely."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(calls_back=False)))
    job = gateway.submit()

    waits = [gateway.work() for _ in range(115)]

    assert 60 == waits[0]
    assert {4} == set(waits[1:91])
    assert waits[91:] == sorted(waits[91:])
    assert 4 < waits[-1] <= 120
    assert State.RUNNING is gateway.job(job).state


def test_a_provider_that_cannot_be_asked_is_asked_again() -> None:
    """An error of a check is no verdict on the job: the chain goes on."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(calls_back=False)))
    job = gateway.submit()
    gateway.provider.outcomes = [unreachable(), SUCCESS]

    gateway.work()
    assert State.RUNNING is gateway.job(job).state
    gateway.work()

    assert State.SUCCEEDED is gateway.job(job).state


def test_a_check_that_is_asked_to_wait_waits() -> None:
    """429 with `Retry-After: 40` on a question: the next one comes 40 s later, not in four."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(calls_back=False)))
    gateway.submit()
    slow_down = JobError(code="provider_rate_limited", message="slow down", retryable=True)
    gateway.provider.outcomes = [ProviderError(slow_down, created=Created.NO, retry_after_s=40), Running()]

    assert [60, 40] == [gateway.work(), gateway.work()]


def test_a_check_that_is_asked_to_come_back_at_once_comes_back_in_four_seconds() -> None:
    """`Retry-After: 0` is no reason to ask in circles."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(calls_back=False)))
    gateway.submit()
    slow_down = JobError(code="provider_rate_limited", message="slow down", retryable=True)
    gateway.provider.outcomes = [ProviderError(slow_down, created=Created.NO, retry_after_s=0), Running()]

    assert [60, 4] == [gateway.work(), gateway.work()]


def test_an_unknown_status_is_not_a_failure(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    """A status word of no document keeps the job running, and is counted in a metric with the provider's name."""
    job = gateway.submit()
    gateway.provider.outcomes = [Running(unknown_status="pondering")]

    gateway.nudge(job)

    assert State.RUNNING is gateway.job(job).state
    metric = json.loads(capsys.readouterr().out)
    assert ([1], "scripted") == (metric["UnknownProviderStatus"], metric["provider"])


def test_a_failed_task_fails_the_job_with_its_reason(gateway: Gateway) -> None:
    """The provider's verdict ends the job at once, with its error on the job and on the attempt."""
    job = gateway.submit()
    error = JobError(code="moderation_refused", message="Failure to pass the risk control system", retryable=False)
    gateway.provider.outcomes = [Failed(error=error)]

    gateway.nudge(job)

    job = gateway.job(job)
    assert (State.FAILED, error, error, None) == (job.state, job.error, job.attempt.error, job.due_at)


def test_a_job_fails_at_its_deadline_and_says_what_it_waited_for(gateway: Gateway) -> None:
    """A task that never ends is given up after a day, the provider having been asked once more."""
    job = gateway.submit()
    gateway.clock.go_on(86_401)
    gateway.poll()
    gateway.work()

    job = gateway.job(job)
    assert job.error is not None
    assert (State.FAILED, "deadline_exceeded", 1) == (job.state, job.error.code, gateway.provider.checked)
    assert "finish" in job.error.message


def test_a_video_that_is_done_at_the_deadline_is_stored(gateway: Gateway) -> None:
    """Nothing was heard for a day, and the provider has the video: it is stored, for it was paid for."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]
    gateway.clock.go_on(86_401)
    gateway.poll()
    gateway.work()

    assert State.SUCCEEDED is gateway.job(job).state


def test_a_provider_that_cannot_be_asked_at_the_deadline_is_asked_for_a_week(gateway: Gateway) -> None:
    """An outage of the provider, or of our credential, does not fail a job that may be done; a week of it does."""
    job = gateway.submit()
    gateway.provider.outcomes = [unreachable()]
    gateway.clock.go_on(86_401)
    gateway.poll()
    gateway.work()
    assert State.RUNNING is gateway.job(job).state

    gateway.clock.go_on(6 * 86_400)
    gateway.work()
    assert State.FAILED is gateway.job(job).state


def test_the_time_to_finish_begins_with_the_submission() -> None:
    """A job that waited for room for almost a day has a day for its video all the same."""
    gateway = Gateway()
    error = JobError(code="provider_full", message="full", retryable=True)
    gateway.provider.submissions = [ProviderError(error, created=Created.NO)]
    job = gateway.submit()
    gateway.clock.go_on(86_390)
    gateway.work()
    assert State.RUNNING is gateway.job(job).state

    gateway.clock.go_on(3600)
    gateway.poll()
    gateway.work()

    assert State.RUNNING is gateway.job(job).state


def test_a_job_that_found_no_room_for_a_day_is_given_up_unpaid(gateway: Gateway) -> None:
    """Refused until the deadline: failed, and nothing more is sent to the provider."""
    error = JobError(code="provider_full", message="full", retryable=True)
    gateway.provider.submissions = [ProviderError(error, created=Created.NO)]
    job = gateway.submit()
    gateway.clock.go_on(86_401)
    gateway.work()

    job = gateway.job(job)
    assert job.error is not None
    assert (State.FAILED, "deadline_exceeded", 1) == (job.state, job.error.code, len(gateway.provider.submitted))


def test_a_stale_message_never_becomes_current_again(gateway: Gateway) -> None:
    """Two nudges read the same row; one waits, the other finds the end: the first one's message is out of date for good."""
    job = gateway.submit()
    read = gateway.job(job)
    gateway.nudge(job)  # still running: sends the next check
    stale, _ = gateway.queue.take()
    change = begin_storing(read, at=gateway.clock(), learnt_by=LearntBy.CALLBACK, due_at=gateway.clock())
    storing = gateway.jobs.apply(job.id, change)

    assert stale.number != storing.number
    gateway.worker.run(stale)
    assert (State.STORING, []) == (gateway.job(job).state, gateway.media.opened)


def test_a_provider_taken_out_of_the_settings_is_waited_for_and_given_up(gateway: Gateway) -> None:
    """Its jobs neither crash the worker for ever nor fail at once: a week after their deadline they end."""
    job = gateway.submit()
    gateway.jobs.rows[job.id] = replace(gateway.job(job), provider=ProviderName("gone"))
    gateway.clock.go_on(420)
    gateway.poll()
    gateway.work()
    assert State.RUNNING is gateway.job(job).state

    gateway.clock.go_on(8 * 86_400)
    gateway.work()
    assert State.FAILED is gateway.job(job).state


def test_a_nudge_for_another_attempt_is_ignored(gateway: Gateway) -> None:
    """A callback of an attempt that is not the latest one moves nothing."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]

    gateway.worker.run(Work(kind=WorkKind.CHECK, id=job.id, number=None, nudge=0, attempt=7))

    assert (State.RUNNING, 0) == (gateway.job(job).state, gateway.provider.checked)


def test_work_for_an_unknown_job_does_nothing(gateway: Gateway) -> None:
    """A message about a job that is gone is done with."""
    gateway.submit()
    gateway.worker.run(Work(kind=WorkKind.CHECK, id="job_00000000000000000000000000", number=1))

    assert 0 == gateway.provider.checked


def test_a_row_that_cannot_be_taken_up_holds_up_no_other(gateway: Gateway) -> None:
    """One write fails: the other rows' work is sent all the same, and the one comes with the next run."""
    jobs = [gateway.submit() for _ in range(3)]
    take_up = gateway.jobs.take_up

    def fail_for_one(row: DueRow, *, at: datetime) -> TakenUp | None:
        if row.id == jobs[1].id:
            raise ConnectionError
        return take_up(row, at=at)

    gateway.clock.go_on(420)
    gateway.jobs.take_up = fail_for_one  # type: ignore[method-assign]
    assert 2 == gateway.poll()
    gateway.jobs.take_up = take_up  # type: ignore[method-assign]
    assert 1 == gateway.poll()


def test_the_poller_takes_at_most_two_thousand_rows() -> None:
    """2,003 due rows: 2,000 in this run, 3 in the next."""
    gateway = Gateway()
    for _ in range(2003):
        gateway.submit()
    gateway.clock.go_on(420)

    assert 2000 == gateway.poll()
    assert 3 == gateway.poll()
    assert 2003 == len({work.id for work, _ in gateway.queue.sent})
