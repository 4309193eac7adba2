"""Going on to the next provider: when one refuses, or fails; never twice at once, and never for what everybody refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from klingway.domain.errors import InvalidRequestError
from klingway.domain.ids import ProviderName
from klingway.domain.job import Failover, Job, JobElement, JobError, State
from klingway.providers.contract import Created, Failed, ProviderError
from klingway.use_cases.cancel_job import CancelJob

from tests.fakes.providers import ScriptedProvider, profile
from tests.use_cases.conftest import SUCCESS, Gateway, unreachable

FIRST, SECOND = ProviderName("klingai"), ProviderName("apimart")
ORDER = {"prompt": "a fox", "duration_s": 5, "provider": [FIRST, SECOND]}


def refusal(code: str, *, retryable: bool, created: Created = Created.NO) -> ProviderError:
    return ProviderError(JobError(code=code, message="no", retryable=retryable), created=created)


FULL = refusal("provider_full", retryable=True)
EMPTY = refusal("provider_balance_exhausted", retryable=False)
MODERATED = refusal("moderation_refused", retryable=False)
LOST = refusal("provider_answer_lost", retryable=True, created=Created.MAYBE)
NO_FILM = Failed(error=JobError(code="generation_failed", message="no film", retryable=True))
UNSAFE = Failed(error=JobError(code="moderation_refused", message="unsafe", retryable=False))


@pytest.fixture
def second() -> ScriptedProvider:
    return ScriptedProvider(profile=profile(name=SECOND))


@pytest.fixture
def gateway(second: ScriptedProvider) -> Gateway:
    return Gateway(provider=ScriptedProvider(profile=profile(name=FIRST)), others=[second])


def attempts(job: Job) -> list[tuple[int, str, str, str | None]]:
    """Return number, provider, state and error of each attempt."""
    return [(each.number, each.provider, each.state.value, each.error and each.error.code) for each in job.attempts]


@pytest.mark.parametrize("error", [FULL, unreachable(), EMPTY], ids=["full", "unreachable", "without money"])
def test_the_next_provider_is_asked_at_once(gateway: Gateway, second: ScriptedProvider, error: ProviderError) -> None:
    """The caller has his answer after one provider; the queue asks the next without a pause, under the same job id."""
    gateway.provider.submissions = [error]
    job = gateway.submit(ORDER)
    assert (State.QUEUED, SECOND, 0) == (job.state, job.provider, len(second.submitted))

    assert 0 == gateway.work()

    job = gateway.job(job)
    assert (State.RUNNING, SECOND) == (job.state, job.provider)
    first_state = "refused" if error.error.retryable else "failed"
    assert [(1, FIRST, first_state, error.error.code), (2, SECOND, "running", None)] == attempts(job)
    assert [f"{job.id}-2"] == [wire.body["reference"] for wire in second.submitted]
    assert f"{SECOND}: the next after {FIRST} ({error.error.code})" == job.route_reason


def test_when_all_are_full_the_first_is_asked_again_after_a_pause(gateway: Gateway, second: ScriptedProvider) -> None:
    """Under its first reference, which the provider has not seen created; each round waits longer."""
    gateway.provider.submissions, second.submissions = [FULL, FULL], [FULL, FULL]
    job = gateway.submit(ORDER)

    pauses = [gateway.work() for _ in range(4)]

    assert [0, 2, 0, 4] == pauses
    job = gateway.job(job)
    assert [(2, SECOND, "refused", "provider_full"), (1, FIRST, "running", None)] == attempts(job)
    assert [f"{job.id}-1"] * 3 == [wire.body["reference"] for wire in gateway.provider.submitted]


def test_a_provider_that_is_ruled_out_is_not_asked_again(gateway: Gateway, second: ScriptedProvider) -> None:
    """An empty account does not fill up while the other one is full."""
    gateway.provider.submissions, second.submissions = [EMPTY], [FULL, FULL]
    gateway.submit(ORDER)

    for _ in range(3):
        gateway.work()

    assert (1, 3) == (len(gateway.provider.submitted), len(second.submitted))


def test_a_job_fails_when_every_provider_is_ruled_out(gateway: Gateway, second: ScriptedProvider) -> None:
    """With the last one's reason; nothing was created, so nothing was paid."""
    gateway.provider.submissions, second.submissions = [EMPTY], [EMPTY]
    job = gateway.submit(ORDER)

    gateway.work()

    job = gateway.job(job)
    assert (State.FAILED, "provider_balance_exhausted", True) == (
        job.state,
        job.error and job.error.code,
        job.was_refused,
    )


@pytest.mark.parametrize("error", [MODERATED, refusal("refused_by_provider", retryable=False)])
def test_what_one_refuses_of_the_request_itself_no_other_is_asked(
    gateway: Gateway, second: ScriptedProvider, error: ProviderError
) -> None:
    """Moderation and validation are final, whoever is next."""
    gateway.provider.submissions = [error]

    job = gateway.submit(ORDER | {"failover": "always"})

    assert (State.FAILED, []) == (job.state, second.submitted)


def test_a_lost_answer_is_never_followed_by_another_provider(gateway: Gateway, second: ScriptedProvider) -> None:
    """A task may exist, and be paid for: it is looked up where it may be."""
    gateway.provider.submissions = [LOST]

    job = gateway.submit(ORDER | {"failover": "always"})

    assert (State.UNCONFIRMED, FIRST, []) == (job.state, job.provider, second.submitted)


def test_never_means_never(gateway: Gateway, second: ScriptedProvider) -> None:
    """The first provider is waited for, however full it is."""
    gateway.provider.submissions = [FULL]
    gateway.submit(ORDER | {"failover": "never"})

    assert 2 == gateway.work()

    assert (2, []) == (len(gateway.provider.submitted), second.submitted)


def test_a_job_with_elements_made_for_it_stays_where_they_are(gateway: Gateway, second: ScriptedProvider) -> None:
    """Another provider does not know them."""
    gateway.provider.submissions = [FULL, FULL]
    job = gateway.submit(ORDER | {"failover": "never"})
    element = JobElement(index=0, id="el_01M7XQJEV0CNR8GVSAAKQ466HV", provider_id="7")  # type: ignore[arg-type] # an id
    gateway.jobs.rows[job.id] = replace(job, failover=Failover.BEFORE_ACCEPTANCE, elements=(element,))

    gateway.work()

    assert (FIRST, []) == (gateway.job(job).provider, second.submitted)


@pytest.mark.parametrize("failover", [None, "never", "before_acceptance"])
def test_a_provider_that_failed_is_the_end_unless_the_caller_wants_more(
    gateway: Gateway, second: ScriptedProvider, failover: str | None
) -> None:
    """What was accepted may have been paid for."""
    job = gateway.end(gateway.submit(ORDER | ({"failover": failover} if failover else {})), NO_FILM)

    assert (State.FAILED, "generation_failed") == (job.state, job.error and job.error.code)
    assert [] == second.submitted


def test_always_goes_on_after_a_failure(gateway: Gateway, second: ScriptedProvider) -> None:
    """The next provider makes the film; the job ends once, with both attempts."""
    job = gateway.submit(ORDER | {"failover": "always"})
    gateway.provider.outcomes = [NO_FILM]
    gateway.nudge(job)
    gateway.work()
    assert (State.RUNNING, SECOND) == (gateway.job(job).state, gateway.job(job).provider)

    second.outcomes = [SUCCESS]
    gateway.check(job)

    ended = gateway.job(job)
    assert State.SUCCEEDED is ended.state
    assert [(1, FIRST, "failed", "generation_failed"), (2, SECOND, "succeeded", None)] == attempts(ended)
    assert 1 == len([each for each in gateway.jobs.history if each.state.is_terminal])
    assert f"/{job.id}/2/video.mp4" in ended.files[0].key


def test_always_ends_where_there_is_nobody_left(gateway: Gateway, second: ScriptedProvider) -> None:
    """The route is gone through once: a film that cannot be made is not paid for without end."""
    job = gateway.submit(ORDER | {"failover": "always"})
    gateway.provider.outcomes, second.outcomes = [NO_FILM], [NO_FILM]
    gateway.nudge(job)
    gateway.work()
    gateway.check(job)

    assert State.FAILED is gateway.job(job).state
    assert (1, 1) == (len(gateway.provider.submitted), len(second.submitted))


def test_a_provider_without_a_credential_is_passed_by(gateway: Gateway, second: ScriptedProvider) -> None:
    """It was taken away meanwhile: the full one is waited for, and keeps its own reason."""
    gateway.provider.submissions = [FULL]
    job = gateway.submit(ORDER)
    second.account = None

    assert [0, 2] == [gateway.work(), gateway.work()]

    job = gateway.job(job)
    assert (State.RUNNING, [(1, FIRST, "running", None)]) == (job.state, attempts(job))


def test_an_attempt_keeps_its_own_reason(gateway: Gateway, second: ScriptedProvider) -> None:
    """A job that is given up while it waits for the next provider does not rewrite why the last one failed."""
    job = gateway.submit(ORDER | {"failover": "always"})
    gateway.provider.outcomes = [NO_FILM]
    gateway.nudge(job)
    gateway.clock.go_on(2 * 86_400)
    gateway.work()

    job = gateway.job(job)
    assert (State.FAILED, "deadline_exceeded") == (job.state, job.error and job.error.code)
    assert [(1, FIRST, "failed", "generation_failed")] == attempts(job)
    assert [] == second.submitted


def test_a_job_canceled_between_two_providers_may_have_been_charged(gateway: Gateway) -> None:
    """The first one had accepted it: its cancellation does not say that nothing was paid."""
    job = gateway.submit(ORDER | {"failover": "always"})
    gateway.provider.outcomes = [NO_FILM]
    gateway.nudge(job)

    canceled = CancelJob(jobs=gateway.jobs, now=gateway.clock).run(job.tenant, job.id).job

    assert canceled.error is not None
    assert "may have been charged" in canceled.error.message


def test_what_moderation_stops_no_other_provider_gets(gateway: Gateway, second: ScriptedProvider) -> None:
    """Neither before nor after acceptance."""
    job = gateway.end(gateway.submit(ORDER | {"failover": "always"}), UNSAFE)

    assert (State.FAILED, []) == (job.state, second.submitted)


def test_an_odd_word_is_refused(gateway: Gateway) -> None:
    """With the words there are."""
    with pytest.raises(InvalidRequestError) as refused:
        gateway.submit(ORDER | {"failover": "sometimes"})

    assert [("failover", ["never", "before_acceptance", "always"])] == [
        (problem.field, problem.limit) for problem in refused.value.problems
    ]
