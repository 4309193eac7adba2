"""A caller's own deadline, and what he wants done where an answer is lost for good."""

from __future__ import annotations

from typing import Any

import pytest
from klingway.domain.errors import InvalidRequestError
from klingway.domain.job import Job, JobError, State
from klingway.domain.views import warnings_of
from klingway.providers.contract import Created, Failed, ProviderError
from klingway.use_cases.ports import MediaError

from tests.fakes.providers import ScriptedProvider, profile
from tests.use_cases.conftest import SUCCESS, VIDEO_URL, Gateway, unreachable

ORDER: dict[str, Any] = {"prompt": "a fox", "duration_s": 5}
IN_TEN_MINUTES = ORDER | {"deadline_s": 600}
RATHER_TWICE = ORDER | {"on_unconfirmed": "resubmit"}


def lost() -> ProviderError:
    error = JobError(code="provider_answer_lost", message="connection reset", retryable=True)
    return ProviderError(error, created=Created.MAYBE)


def polled() -> Gateway:
    """A provider without callbacks that can be asked for no reference."""
    return Gateway(provider=ScriptedProvider(profile=profile(calls_back=False, finds_by_reference=False)))


def calling_back() -> Gateway:
    """A provider whose callback may claim a lost submission, and that can be asked for no reference."""
    return Gateway(provider=ScriptedProvider(profile=profile(finds_by_reference=False)))


def age_s(gateway: Gateway, job: Job) -> float:
    return (gateway.clock() - job.created_at).total_seconds()


def until_its_end(gateway: Gateway, job: Job) -> Job:
    """Let the queue and the poller take a job on until it has ended."""
    while not gateway.job(job).state.is_terminal:
        if gateway.queue.sent:
            gateway.work()
        else:
            gateway.clock.go_on(60)
            gateway.poll()
    return gateway.job(job)


def why(job: Job) -> tuple[str, str, bool]:
    assert job.error is not None
    return job.state.value, job.error.code, job.error.retryable


@pytest.mark.parametrize(("calls_back", "latest_s"), [(True, 660), (False, 602)])
def test_a_job_that_is_made_too_slowly_ends_at_its_deadline(*, calls_back: bool, latest_s: float) -> None:
    """Within a minute after it, which is when the poller looks; counted from its acceptance, whoever accepted it since.

    It is no invitation to send it again: what is still made is paid for.
    """
    gateway = Gateway(provider=ScriptedProvider(profile=profile(calls_back=calls_back)))
    job = gateway.submit(IN_TEN_MINUTES)

    ended = until_its_end(gateway, job)

    assert ("failed", "deadline_exceeded", False) == why(ended)
    assert ended.error is not None
    assert "waiting for the provider to finish; what it still makes is charged" in ended.error.message
    assert 600 < age_s(gateway, ended) <= latest_s


def test_the_provider_is_asked_once_more_at_the_deadline() -> None:
    """What was done by then is stored, although nobody had asked since."""
    gateway = Gateway()
    job = gateway.submit(IN_TEN_MINUTES)
    gateway.provider.outcomes = [SUCCESS]
    gateway.clock.go_on(900)
    gateway.poll()

    gateway.work()

    assert State.SUCCEEDED is gateway.job(job).state


def test_a_job_that_finds_no_room_ends_at_its_deadline_unpaid() -> None:
    """However long the pause is that the provider asks for."""
    gateway = Gateway()
    gateway.provider.submissions = [
        ProviderError(
            JobError(code="provider_full", message="full", retryable=True), created=Created.NO, retry_after_s=3600
        )
    ] * 9
    job = gateway.submit(IN_TEN_MINUTES)

    ended = until_its_end(gateway, job)

    assert ("failed", "deadline_exceeded", True) == why(ended)
    assert ended.was_refused
    assert 600 < age_s(gateway, ended) <= 602


def test_a_caller_with_a_deadline_is_not_kept_waiting_for_a_provider_that_cannot_be_asked() -> None:
    """Without one, it would be asked for six more days: a film may be there. Who sets one is told that it may be."""
    gateway = polled()
    job = gateway.submit(IN_TEN_MINUTES)
    gateway.provider.outcomes = [unreachable()]

    ended = until_its_end(gateway, job)

    assert ("failed", "deadline_exceeded", False) == why(ended)
    assert ended.error is not None
    assert "to answer (provider_unreachable); what it has made is charged" in ended.error.message
    assert 600 < age_s(gateway, ended) <= 602


def test_an_answer_lost_shortly_before_the_deadline_is_not_waited_for_beyond_it() -> None:
    """The half hour in which a callback may claim it ends with the job; the end says that there may be a charge."""
    gateway = calling_back()
    gateway.provider.submissions, gateway.provider.effects = [lost()], [False]

    ended = until_its_end(gateway, gateway.submit(IN_TEN_MINUTES))

    assert ("failed", "submission_unconfirmed", False) == why(ended)
    assert 600 < age_s(gateway, ended) <= 602


def test_what_is_being_stored_is_stored_whatever_the_deadline() -> None:
    """The film is made and paid for: its copy takes the time that it takes."""
    gateway = Gateway()
    job = gateway.submit(IN_TEN_MINUTES)
    films, gateway.media.files = gateway.media.files, {VIDEO_URL: MediaError("the media's host answered HTTP 503")}
    gateway.provider.outcomes = [SUCCESS]
    gateway.nudge(job)
    assert State.STORING is gateway.job(job).state

    gateway.clock.go_on(1200)
    gateway.media.files = films
    gateway.check(job)

    assert State.SUCCEEDED is gateway.job(job).state


@pytest.mark.parametrize("deadline_s", [59, 86_401])
def test_a_deadline_has_bounds(deadline_s: int) -> None:
    """A minute to a day (design, section 5)."""
    with pytest.raises(InvalidRequestError) as refused:
        Gateway().submit(ORDER | {"deadline_s": deadline_s})

    assert ["deadline_s"] == [problem.field for problem in refused.value.problems]


@pytest.mark.parametrize("build", [polled, calling_back], ids=["at once", "after half an hour without a claim"])
def test_a_lost_submission_is_made_anew_where_its_caller_wants_that(build: Any) -> None:
    """Once, as a new attempt under a reference of its own; the first says why it ended, the job that two charges are possible."""
    gateway = build()
    gateway.provider.submissions, gateway.provider.effects = [lost()], [False]
    job = gateway.submit(RATHER_TWICE)

    while gateway.job(job).state is not State.RUNNING:
        gateway.work()

    job = gateway.job(job)
    assert [(1, "failed", "submission_unconfirmed"), (2, "running", None)] == [
        (each.number, each.state.value, each.error and each.error.code) for each in job.attempts
    ]
    assert [f"{job.id}-1", f"{job.id}-2"] == [wire.body["reference"] for wire in gateway.provider.submitted]
    assert any("charged twice" in warning for warning in warnings_of(job))


@pytest.mark.parametrize("build", [polled, calling_back])
def test_a_submission_is_made_anew_once_only(build: Any) -> None:
    """The second answer that is lost ends the job: two charges are possible by then, and no third."""
    gateway = build()
    gateway.provider.submissions, gateway.provider.effects = [lost(), lost()], [False, False]

    ended = until_its_end(gateway, gateway.submit(RATHER_TWICE))

    assert ("failed", "submission_unconfirmed", False) == why(ended)
    assert 2 == len(gateway.provider.submitted)


def test_where_the_provider_can_be_asked_nothing_is_made_anew() -> None:
    """It is looked up, as ever, and adopted."""
    gateway = Gateway()
    gateway.provider.submissions, gateway.provider.effects = [lost()], [True]
    job = gateway.submit(RATHER_TWICE)

    gateway.work()

    job = gateway.job(job)
    assert (State.RUNNING, 1) == (job.state, len(gateway.provider.submitted))
    assert [] == warnings_of(job)


def test_a_job_made_anew_and_refused_was_not_refused_at_no_cost() -> None:
    """The first submission may have been paid for: in a dialect, the answer is no refusal of the request."""
    gateway = polled()
    moderated = JobError(code="moderation_refused", message="no", retryable=False)
    gateway.provider.submissions = [lost(), ProviderError(moderated, created=Created.NO)]

    ended = until_its_end(gateway, gateway.submit(RATHER_TWICE))

    assert ("failed", "moderation_refused", False) == why(ended)
    assert not ended.was_refused


def test_a_claim_of_the_first_submission_changes_nothing_once_there_is_a_second() -> None:
    """Its callback comes after all: the job goes by the attempt that it has now."""
    gateway = polled()
    gateway.provider.submissions, gateway.provider.effects = [lost()], [True]
    job = gateway.submit(RATHER_TWICE)
    gateway.work()
    before = gateway.job(job)
    gateway.provider.outcomes = [Failed(error=JobError(code="generation_failed", message="no", retryable=True))]

    gateway.nudge(job, "task-1")

    assert before == gateway.job(job)


def test_two_workers_at_the_end_of_the_half_hour_make_it_anew_once() -> None:
    """The message that comes twice finds a job that has gone on."""
    gateway = calling_back()
    gateway.provider.submissions, gateway.provider.effects = [lost()], [False]
    job = gateway.submit(RATHER_TWICE)
    while gateway.job(job).state is State.UNCONFIRMED:
        work, delay_s = gateway.queue.take()
        gateway.clock.go_on(delay_s)
        gateway.worker.run(work)

    gateway.worker.run(work)
    gateway.work()
    gateway.worker.run(work)

    job = gateway.job(job)
    assert (State.RUNNING, 2, 2) == (job.state, len(job.attempts), len(gateway.provider.submitted))
