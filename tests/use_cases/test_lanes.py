"""Waiting in order for a provider that is full, and leaving one alone that keeps failing."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain.ids import JobId, ProviderName
from klingway.domain.job import Job, JobError, State
from klingway.domain.lanes import Lane, rest_s
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, Failed, ProviderError, Running, Task
from klingway.use_cases.cancel_job import CancelJob

from tests.fakes.providers import NAME, ScriptedProvider, profile
from tests.use_cases.conftest import SUCCESS, Gateway, unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

ORDER: dict[str, Any] = {"prompt": "a fox", "duration_s": 5}
LANE = Lane(NAME, "main", "kling-v3-omni")
GENERATION_S = 120.0


def refusal(code: str = "provider_full", *, retryable: bool = True) -> ProviderError:
    return ProviderError(JobError(code=code, message="no", retryable=retryable), created=Created.NO)


@dataclass
class WithSlots(ScriptedProvider):
    """Takes so many tasks at once, as KlingAI does (code 1303), and is done with each after two minutes."""

    slots: int = 5
    clock: Any = None
    ends: dict[str, float] = field(default_factory=dict)
    refusals: int = 0
    taken: list[str] = field(default_factory=list)
    """The references of those taken, in order."""

    def submit(self, wire: Any, *, timeout_s: float) -> Task:
        now = self.clock().timestamp()
        if sum(end > now for end in self.ends.values()) >= self.slots:
            self.refusals += 1
            raise refusal()
        task = super().submit(wire, timeout_s=timeout_s)
        self.ends[task.task_id] = now + GENERATION_S
        self.taken.append(wire.body["reference"])
        return task

    def check(self, handle: Any) -> Task:
        self.outcomes = [SUCCESS if self.ends[handle["task_id"]] <= self.clock().timestamp() else Running()]
        return super().check(handle)


class Hours:
    """Lets queue, poller and callbacks take a gateway's jobs on, by its clock."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.messages, self.next_poll_s, self.count = gateway, [], 60.0, 0
        self.began = gateway.clock()

    def _collect(self) -> None:
        for work, delay_s in self.gateway.queue.sent:
            self.count += 1
            heapq.heappush(self.messages, (self.now_s() + delay_s, self.count, work))
        self.gateway.queue.sent.clear()

    def now_s(self) -> float:
        return (self.gateway.clock() - self.began).total_seconds()

    def run(self, callbacks: dict[str, tuple[JobId, float]], until_s: float) -> None:
        """Let the time pass. `callbacks`: by task, whose it is and when it ends."""
        while True:
            self._collect()
            provider = self.gateway.provider
            assert isinstance(provider, WithSlots)
            for reference, task_id in provider.tasks.items():
                if task_id not in callbacks:
                    ends_s = provider.ends[task_id] - self.began.timestamp()
                    callbacks[task_id] = (JobId(reference.rpartition("-")[0]), ends_s)
                    self.count += 1
                    nudge = Work(kind=WorkKind.CHECK, id=callbacks[task_id][0], number=None, nudge=0, attempt=1)
                    heapq.heappush(self.messages, (ends_s, self.count, nudge))
            next_s = self.messages[0][0] if self.messages else until_s
            if min(next_s, self.next_poll_s) > until_s or all(
                job.state.is_terminal for job in self.gateway.jobs.rows.values()
            ):
                return
            if self.next_poll_s <= next_s:
                self._go_to(self.next_poll_s)
                self.next_poll_s += 60
                self.gateway.poll()
            else:
                at_s, _, work = heapq.heappop(self.messages)
                self._go_to(at_s)
                self.gateway.worker.run(work)

    def _go_to(self, at_s: float) -> None:
        self.gateway.clock.go_on(max(0.0, at_s - self.now_s()))


def submit(gateway: Gateway, body: dict[str, Any] = ORDER) -> Job:
    """Accept a job a moment after the one before: ids are in the order of time, by milliseconds."""
    gateway.clock.go_on(0.01)
    return gateway.submit(body)


def with_slots(slots: int = 5) -> tuple[Gateway, WithSlots]:
    provider = WithSlots(slots=slots)
    gateway = Gateway(provider=provider)
    provider.clock = gateway.clock
    return gateway, provider


def test_a_hundred_jobs_in_five_slots(record_property: Callable[[str, object], None]) -> None:
    """In their order, all of them, with few refusals, and with hardly a slot idle: 20 rounds of two minutes."""
    gateway, provider = with_slots()
    jobs = [submit(gateway) for _ in range(100)]
    hours = Hours(gateway)

    hours.run({}, until_s=6 * 3600)

    record_property("refusals", provider.refusals)
    record_property("minutes", round(hours.now_s() / 60))
    assert {State.SUCCEEDED} == {gateway.job(job).state for job in jobs}
    order = [JobId(reference.rpartition("-")[0]) for reference in provider.taken]
    assert sorted(order) == order
    assert 100 == len(set(order))
    assert provider.refusals <= 20
    assert hours.now_s() <= 20 * GENERATION_S * 1.1


def test_no_job_waits_for_ever_when_nobody_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call is lost, as where processes die: those who wait look for themselves, and the provider does all of them."""
    gateway, provider = with_slots(2)
    monkeypatch.setattr("klingway.use_cases.lanes.Lanes.let_next", lambda *_: None)
    jobs = [submit(gateway) for _ in range(8)]

    Hours(gateway).run({}, until_s=6 * 3600)

    assert {State.SUCCEEDED} == {gateway.job(job).state for job in jobs}
    assert 8 == len(provider.submitted)


def test_a_new_job_queues_behind_those_who_wait() -> None:
    """It does not ask the provider at all."""
    gateway, provider = with_slots(1)
    submit(gateway)
    second, third = submit(gateway), submit(gateway)

    assert [State.QUEUED, State.QUEUED] == [gateway.job(job).state for job in (second, third)]
    assert 1 == provider.refusals
    assert {second.id, third.id} == gateway.lanes.waiting[LANE]
    (message,) = gateway.queue.sent  # the head alone tries again by itself
    assert second.id == message[0].id


def test_an_end_calls_the_one_who_has_waited_longest() -> None:
    """At once; the one behind it is the head then, and tries some time later."""
    gateway, _ = with_slots(1)
    first, second, third = (submit(gateway) for _ in range(3))
    gateway.queue.sent.clear()
    gateway.clock.go_on(GENERATION_S)

    gateway.nudge(first)

    (turn, delay_s), *_ = gateway.queue.sent
    assert (second.id, WorkKind.TURN, 0) == (turn.id, turn.kind, delay_s)
    gateway.queue.sent.clear()
    gateway.worker.run(turn)
    assert State.RUNNING is gateway.job(second).state
    ((probe, after_s),) = gateway.queue.sent
    assert (third.id, WorkKind.SUBMIT, 120) == (probe.id, probe.kind, after_s)


def test_two_ends_call_two_jobs() -> None:
    """Each takes another one away from the lane."""
    gateway, _ = with_slots(2)
    first, second, *waiting = (submit(gateway) for _ in range(4))
    gateway.queue.sent.clear()
    gateway.clock.go_on(GENERATION_S)

    gateway.nudge(first)
    gateway.nudge(second)

    turns = [work.id for work, _ in gateway.queue.sent if work.kind is WorkKind.TURN]
    assert [job.id for job in waiting] == turns


def test_a_turn_that_comes_to_nothing_is_the_next_ones() -> None:
    """Who is called was canceled, or is refused for good: the slot is not left empty."""
    gateway, provider = with_slots(1)
    first, second, third, fourth = (submit(gateway) for _ in range(4))
    CancelJob(jobs=gateway.jobs, now=gateway.clock).run(second.tenant, second.id)
    gateway.queue.sent.clear()
    gateway.clock.go_on(GENERATION_S)
    gateway.nudge(first)
    (turn, _), *_ = [sent for sent in gateway.queue.sent if sent[0].kind is WorkKind.TURN]
    assert third.id == turn.id
    gateway.queue.sent.clear()
    provider.submissions = [refusal("moderation_refused", retryable=False)]

    gateway.worker.run(turn)

    assert State.FAILED is gateway.job(third).state
    assert [(fourth.id, WorkKind.TURN)] == [(work.id, work.kind) for work, _ in gateway.queue.sent]


def test_a_head_that_finds_room_calls_the_next_at_once() -> None:
    """After an outage the lane empties as fast as the provider takes its jobs."""
    gateway, provider = with_slots(1)
    jobs = [submit(gateway) for _ in range(4)]
    provider.slots = 9
    for _ in range(3):
        gateway.work()

    assert [State.RUNNING] * 4 == [gateway.job(job).state for job in jobs]
    assert [] == gateway.queue.sent
    assert 1 == provider.refusals


def test_lanes_of_other_models_and_accounts_are_others() -> None:
    """A full model keeps no other one waiting."""
    gateway, _ = with_slots(1)
    submit(gateway)
    submit(gateway)

    assert {LANE} == {lane for lane, waiting in gateway.lanes.waiting.items() if waiting}
    assert Lane(NAME, "main", "kling-v3") != LANE


def failing(gateway: Gateway, times: int) -> list[Job]:
    gateway.provider.submissions = [unreachable() for _ in range(times)]
    return [submit(gateway) for _ in range(times)]


def test_a_provider_that_keeps_failing_is_left_alone_for_a_while() -> None:
    """Five failures in a row, whoever's: then nobody asks it for a minute, and one job tries first."""
    gateway = Gateway()
    gateway.provider.submissions = [unreachable()] * 5
    job = submit(gateway)
    pauses = [gateway.work() for _ in range(4)]
    assert [2, 4, 8, 16] == pauses
    assert 5 == len(gateway.provider.submitted)

    later = submit(gateway)
    assert 5 == len(gateway.provider.submitted)
    assert [State.QUEUED, State.QUEUED] == [gateway.job(each).state for each in (job, later)]

    while gateway.job(job).state is State.QUEUED:
        gateway.work()
    assert 6 == len(gateway.provider.submitted)
    assert 0 == gateway.lanes.look(LANE).failures


def test_a_rested_provider_is_tried_by_one_alone() -> None:
    """Two functions at the end of the rest: one claims the try, the other waits on."""
    gateway = Gateway()
    gateway.provider.submissions = [unreachable()] * 5
    submit(gateway)
    for _ in range(4):
        gateway.work()
    gateway.clock.go_on(120)
    seen = gateway.lanes.look(LANE)
    assert gateway.lanes.claim_probe(LANE, seen, gateway.clock())

    gateway.check(next(iter(gateway.jobs.rows.values())))

    assert 5 == len(gateway.provider.submitted)


def test_a_lost_answer_that_arrived_is_no_failure() -> None:
    """The task is found by our reference: the provider works."""
    gateway = Gateway()
    lost = JobError(code="provider_answer_lost", message="reset", retryable=True)
    gateway.provider.submissions, gateway.provider.effects = [ProviderError(lost, created=Created.MAYBE)], [True]
    job = gateway.submit(ORDER)
    assert 1 == gateway.lanes.look(LANE).failures

    gateway.work()

    assert (State.RUNNING, 0) == (gateway.job(job).state, gateway.lanes.look(LANE).failures)


def test_what_came_of_a_call_is_written_before_it_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A count that fails leaves a refused job refused, and not in doubt."""
    gateway = Gateway()
    gateway.provider.submissions = [unreachable()]

    def fails(_: Lane) -> int:
        raise OSError

    monkeypatch.setattr(gateway.lanes, "note_failure", fails)

    job = gateway.submit(ORDER)

    assert (State.QUEUED, "refused") == (gateway.job(job).state, gateway.job(job).attempt.state.value)


def test_rests_grow_to_ten_minutes() -> None:
    """One minute, two, four, eight, ten."""
    assert [None, 60, 120, 240, 480, 600, 600] == [rest_s(failures) for failures in (4, 5, 6, 7, 8, 9, 100)]


@pytest.mark.parametrize(
    "code", ["provider_full", "provider_rate_limited", "moderation_refused", "provider_balance_exhausted"]
)
def test_what_says_nothing_of_the_providers_health_does_not_count(code: str) -> None:
    """A full one is waited for; a request or an account that is refused is nobody else's matter."""
    gateway = Gateway()
    for _ in range(6):
        gateway.provider.submissions = [refusal(code, retryable=code in {"provider_full", "provider_rate_limited"})]
        submit(gateway)

    assert 0 == gateway.lanes.look(LANE).failures


def test_a_resting_provider_hands_on_to_the_next_of_the_route() -> None:
    """Without being asked."""
    first, second = (ScriptedProvider(profile=profile(name=ProviderName(name))) for name in ("klingai", "apimart"))
    gateway = Gateway(provider=first, others=[second])
    first.submissions = [unreachable()] * 5
    alone = ORDER | {"provider": "klingai"}
    gateway.submit(alone)
    for _ in range(4):
        gateway.work()
    gateway.queue.sent.clear()

    job = gateway.submit(ORDER | {"provider": ["klingai", "apimart"]})
    gateway.work()

    assert (State.RUNNING, "apimart") == (gateway.job(job).state, gateway.job(job).provider)
    assert 5 == len(first.submitted)


def test_a_failed_generation_frees_its_slot_too() -> None:
    """However a job ends at its provider."""
    gateway, provider = with_slots(1)
    first, second = submit(gateway), submit(gateway)
    gateway.queue.sent.clear()
    error = JobError(code="generation_failed", message="no", retryable=True)
    provider.check = lambda handle: ScriptedProvider.check(provider, handle)  # type: ignore[method-assign]
    provider.outcomes = [Failed(error=error)]

    gateway.nudge(first)

    assert [(second.id, WorkKind.TURN)] == [(work.id, work.kind) for work, _ in gateway.queue.sent]
