"""Everything that can move a job, at once: each at every moment of each other, and in every order. One end, one task.

A second process acts in the very middle of the first: while that one waits for its provider, between what it has read and
what it writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product
from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain.errors import WrongStateError
from klingway.domain.ids import AttemptId, ProviderName
from klingway.domain.job import Job, JobError, State
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, Failed, ProviderError, Running
from klingway.use_cases.cancel_job import CancelJob

from tests.fakes.providers import ScriptedProvider, profile
from tests.use_cases.conftest import SUCCESS, Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from klingway.providers.contract import Outcome, Task

ORDER: dict[str, Any] = {"prompt": "a fox", "duration_s": 5, "deadline_s": 3600}
NO_FILM = Failed(error=JobError(code="generation_failed", message="no", retryable=True))


@dataclass
class Interrupted(ScriptedProvider):
    """Has something else done, once, in the middle of the next call of whatever kind."""

    meanwhile: Callable[[], None] | None = None

    def _interrupt(self) -> None:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()

    def submit(self, wire: Any, *, timeout_s: float) -> Task:
        self.on_submit = self._interrupt
        return super().submit(wire, timeout_s=timeout_s)

    def check(self, handle: Mapping[str, Any]) -> Task:
        task = super().check(handle)
        self._interrupt()
        return task

    def find(self, handle: Mapping[str, Any], reference: str) -> Task | None:
        task = super().find(handle, reference)
        self._interrupt()
        return task


def made() -> tuple[Gateway, Interrupted]:
    provider = Interrupted()
    return Gateway(provider=provider), provider


def waiting() -> tuple[Gateway, Interrupted, Job]:
    """A job whose provider was full, and has room now."""
    gateway, provider = made()
    full = JobError(code="provider_full", message="full", retryable=True)
    provider.submissions = [ProviderError(full, created=Created.NO)]
    return gateway, provider, gateway.submit(ORDER)


def lost(*, has_arrived: bool) -> tuple[Gateway, Interrupted, Job]:
    """A job whose submission's answer was lost."""
    gateway, provider = made()
    error = JobError(code="provider_answer_lost", message="reset", retryable=True)
    provider.submissions, provider.effects = [ProviderError(error, created=Created.MAYBE)], [has_arrived]
    return gateway, provider, gateway.submit(ORDER)


def running() -> tuple[Gateway, Interrupted, Job]:
    """A job that its provider is at, or is done with."""
    gateway, provider = made()
    return gateway, provider, gateway.submit(ORDER)


BEGINNINGS: dict[str, Callable[[], tuple[Gateway, Interrupted, Job]]] = {
    "waiting": waiting,
    "lost, arrived": lambda: lost(has_arrived=True),
    "lost, never arrived": lambda: lost(has_arrived=False),
    "running": running,
}


def callback(gateway: Gateway, job: Job) -> None:
    """What a callback asks for; it names the task, if there is one."""
    task_id = gateway.provider.tasks.get(f"{job.id}-1")
    gateway.worker.run(Work.nudged(AttemptId(job.id, 1), task_id))


def chain(gateway: Gateway, job: Job) -> None:
    """The message that the row expects."""
    row = gateway.job(job)
    kind = WorkKind.SUBMIT if row.state is State.QUEUED else WorkKind.CHECK
    gateway.worker.run(Work(kind=kind, id=job.id, number=row.number))


def turn(gateway: Gateway, job: Job) -> None:
    """A slot has come free."""
    gateway.worker.run(Work(kind=WorkKind.TURN, id=job.id, number=gateway.job(job).number))


def sweep(gateway: Gateway, job: Job) -> None:
    """The poller, and the work that it sends: whatever is due is due."""
    row = gateway.job(job)
    if row.due_at is not None:
        gateway.clock.go_on(max(0.0, row.due_at - gateway.clock().timestamp()))
    gateway.poll()
    sent, gateway.queue.sent = gateway.queue.sent, []
    for work, _ in sent:
        if work.id == job.id:
            gateway.worker.run(work)


def cancel(gateway: Gateway, job: Job) -> None:
    """Its caller does not want it any more."""
    try:
        CancelJob(jobs=gateway.jobs, now=gateway.clock).run(job.tenant, job.id)
    except WrongStateError:
        return


ACTS = (callback, chain, turn, sweep, cancel)


def settled(gateway: Gateway, job: Job) -> Job:
    for _ in range(200):
        if gateway.job(job).state.is_terminal:
            break
        gateway.queue.sent = []
        sweep(gateway, job)
    return gateway.job(job)


def expect_one_of_everything(gateway: Gateway, provider: Interrupted, job: Job) -> None:
    ended = settled(gateway, job)
    ends = [row for row in gateway.jobs.history if row.id == job.id and row.state.is_terminal]
    assert {ended.state} == {row.state for row in ends}
    assert 1 == len({row.sequence for row in ends})
    assert len(provider.tasks) <= 1
    assert {f"{job.id}-1"} >= {wire.body["reference"] for wire in provider.submitted}
    assert not (ended.state is State.CANCELED and provider.tasks)
    if ended.state is State.SUCCEEDED:
        assert set(provider.tasks.values()) == {ended.attempt.task_id}
        assert {"video.mp4", "job.json"} == {file.name for file in ended.files}


@pytest.mark.parametrize("outcome", [SUCCESS, NO_FILM, Running()], ids=["film", "failure", "still running"])
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_one_in_the_middle_of_another(beginning: str, outcome: Outcome) -> None:
    """Each of the five in the middle of each other, then a third one."""
    for first, second, third in product(ACTS, repeat=3):
        gateway, provider, job = BEGINNINGS[beginning]()
        provider.outcomes = [outcome]
        provider.meanwhile = lambda gateway=gateway, job=job, act=second: act(gateway, job)  # type: ignore[misc]
        first(gateway, job)
        third(gateway, job)
        expect_one_of_everything(gateway, provider, job)


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_all_in_every_order(beginning: str) -> None:
    """Each of the five once, in all 120 orders, the provider being done from the third on."""
    for order in permutations(ACTS):
        gateway, provider, job = BEGINNINGS[beginning]()
        for number, act in enumerate(order):
            provider.outcomes = [Running() if number < 2 else SUCCESS]
            act(gateway, job)
        expect_one_of_everything(gateway, provider, job)


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_messages_that_come_twice(beginning: str) -> None:
    """Each message of a job's life comes again after the next one: nothing happens."""
    gateway, provider, job = BEGINNINGS[beginning]()
    old: list[Work] = []
    for _ in range(60):
        if gateway.job(job).state.is_terminal:
            break
        sent, gateway.queue.sent = gateway.queue.sent, []
        for work, delay_s in sent:
            gateway.clock.go_on(delay_s)
            for message in (work, *old):
                gateway.worker.run(message)
            old.append(work)
        provider.outcomes = [SUCCESS]
        gateway.clock.go_on(60)
        gateway.poll()

    expect_one_of_everything(gateway, provider, job)
    assert State.SUCCEEDED is gateway.job(job).state


def stalling() -> tuple[Gateway, Interrupted, Job, ScriptedProvider]:
    """A job that its provider is at for too long, and another one that could do it."""
    provider = Interrupted(profile=profile(name=ProviderName("first")))
    second = ScriptedProvider(profile=profile(name=ProviderName("second")))
    gateway = Gateway(provider=provider, others=[second])
    job = gateway.submit(ORDER | {"failover": "always"})
    gateway.clock.go_on(1800)
    return gateway, provider, job, second


@pytest.mark.parametrize("outcome", [SUCCESS, NO_FILM, Running()], ids=["film", "failure", "still running"])
@pytest.mark.parametrize("seconds", [SUCCESS, NO_FILM, Running()], ids=["film", "failure", "still running"])
def test_one_in_the_middle_of_another_at_two_providers(outcome: Outcome, seconds: Outcome) -> None:
    """A question that straddles the change of providers erases neither attempt: one task at each, known to its own."""
    straddling = (
        callback,
        chain,
        sweep,
        lambda *each: (chain(*each), chain(*each)),
        lambda *each: (sweep(*each), sweep(*each)),
    )
    for first, meanwhile, third in product(straddling, repeat=3):
        gateway, provider, job, second = stalling()
        provider.outcomes, second.outcomes = [outcome], [seconds]
        if outcome is not SUCCESS:  # the one in the middle sees it running, and leaves
            provider.outcomes = [outcome, Running()]

        def act(gateway: Gateway = gateway, job: Job = job, act: Callable[..., Any] = meanwhile) -> None:
            gateway.provider.outcomes = [Running()]
            act(gateway, job)

        provider.meanwhile = act
        first(gateway, job)
        third(gateway, job)
        ended = settled(gateway, job)

        assert ended.state.is_terminal
        assert len(provider.submitted) == 1 >= len(second.submitted)
        known = {(each.number, each.provider): each.task_id for each in ended.attempts}
        made = {
            (int(reference[-1]), who.profile.name): task
            for who in (provider, second)
            for reference, task in who.tasks.items()
        }
        assert made == {which: task for which, task in known.items() if task is not None}
        assert ended.provider == ended.attempt.provider
