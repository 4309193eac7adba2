"""Submitting: the row before the call, the answer after it, and every way in which the answer can fail to come."""

from contextlib import suppress
from dataclasses import replace

import pytest
from klingway.domain.capabilities import Capability, Confidence
from klingway.domain.errors import InvalidRequestError, TooLargeError
from klingway.domain.ids import AttemptId, JobId, Tenant
from klingway.domain.inputs import InlineImage
from klingway.domain.job import AttemptState, Job, JobError, State
from klingway.domain.transitions import Change
from klingway.domain.work import WorkKind
from klingway.providers.contract import Created, ProviderError
from klingway.use_cases.accepting import expect_sound

from tests.fakes.providers import ScriptedProvider, SeveralProviders, profile
from tests.use_cases.conftest import SUCCESS, Gateway, unreachable


def refused(code: str, *, retryable: bool = False, retry_after_s: float | None = None) -> ProviderError:
    error = JobError(code=code, message="no", retryable=retryable, provider_code="1")
    return ProviderError(error, created=Created.NO, retry_after_s=retry_after_s)


def lost() -> ProviderError:
    error = JobError(code="provider_answer_lost", message="gone", retryable=True)
    return ProviderError(error, created=Created.MAYBE)


def test_an_accepted_submission_runs_and_falls_due_when_its_callback_is_late(gateway: Gateway) -> None:
    """202: the job runs with its task id; nothing is queued, since a callback will come, and the poller asks after 420 s."""
    job = gateway.submit()

    assert State.RUNNING is job.state
    assert "task-1" == job.attempt.task_id
    assert [] == gateway.queue.sent
    assert int(gateway.clock().timestamp()) + 420 == job.due_at


def test_a_provider_without_callbacks_is_checked_by_a_delayed_message() -> None:
    """The first check is sent for the 10th percentile of the expected time, 60 s, and the row falls due behind it."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(calls_back=False)))

    job = gateway.submit()

    work, delay_s = gateway.queue.take()
    assert (WorkKind.CHECK, job.number, 60) == (work.kind, work.number, delay_s)
    assert job.due_at is not None
    assert job.due_at > gateway.clock().timestamp() + delay_s
    assert gateway.provider.submitted[0].body["callback_url"] is None


def test_the_attempt_is_written_before_the_provider_is_called(gateway: Gateway) -> None:
    """While the provider is being called, the row says `submitting`, the attempt, its account and path, and a due time."""
    seen = []
    gateway.provider.on_submit = lambda: seen.append(next(iter(gateway.jobs.rows.values())))

    gateway.submit()

    (job,) = seen
    assert State.SUBMITTING is job.state
    assert ("main", {"path": "/tasks"}) == (job.attempt.account, job.attempt.handle)
    assert job.due_at is not None
    assert job.due_at > gateway.clock().timestamp() + 29


def test_our_attempt_id_is_the_reference_and_the_callback_names_it(gateway: Gateway) -> None:
    """The provider gets the attempt's id as its reference, and a callback URL under the gateway's address with a proof."""
    job = gateway.submit()

    body = gateway.provider.submitted[0].body
    assert f"{job.id}-1" == body["reference"]
    address, _, token = body["callback_url"].rpartition("/")
    assert f"https://gateway.example/callbacks/{job.id}-1" == address
    assert gateway.keyring.proves_callback_token(f"{job.id}-1", token)


@pytest.mark.parametrize(("retry_after_s", "expected_s"), [(None, 2), (17.0, 17.0)], ids=["back-off", "asked for"])
def test_a_full_provider_is_waited_for(gateway: Gateway, retry_after_s: float | None, expected_s: float) -> None:
    """A refusal that created nothing and may pass puts the job back; its work comes after the back-off, or as asked."""
    gateway.provider.submissions = [refused("provider_full", retryable=True, retry_after_s=retry_after_s)]

    job = gateway.submit()

    assert State.QUEUED is job.state
    assert AttemptState.REFUSED is job.attempt.state
    assert expected_s == gateway.work()
    job = gateway.job(job)
    assert State.RUNNING is job.state
    assert (1, 2) == (len(job.attempts), job.attempt.tries)
    assert 1 == len({wire.body["reference"] for wire in gateway.provider.submitted})


def test_waiting_for_a_full_provider_backs_off_to_two_minutes(gateway: Gateway) -> None:
    """Each refusal in a row doubles the wait, up to 120 s."""
    gateway.provider.submissions = [refused("provider_full", retryable=True) for _ in range(10)]
    gateway.submit()

    waits = [gateway.work() for _ in range(9)]

    assert [2, 4, 8, 16, 32, 64, 120, 120, 120] == waits


def test_a_final_refusal_ends_the_job(gateway: Gateway) -> None:
    """An exhausted balance, or a moderation refusal, is not tried again: failed at once, at rest, nothing queued."""
    gateway.provider.submissions = [refused("provider_balance_exhausted")]

    job = gateway.submit()

    assert State.FAILED is job.state
    assert job.error is not None
    assert ("provider_balance_exhausted", False) == (job.error.code, job.error.retryable)
    assert job.due_at is None
    assert [] == gateway.queue.sent
    assert 1 == len(gateway.provider.submitted)


def test_a_lost_answer_is_looked_up_and_adopted(gateway: Gateway) -> None:
    """A time-out that had its effect: never sent again, found by our reference, and running under the provider's task id."""
    gateway.provider.submissions, gateway.provider.effects = [lost()], [True]

    job = gateway.submit()
    assert State.UNCONFIRMED is job.state
    gateway.work()

    job = gateway.job(job)
    assert (State.RUNNING, "task-1") == (job.state, job.attempt.task_id)
    assert 1 == len(gateway.provider.submitted)


def test_a_submission_that_never_arrived_is_sent_again_after_two_look_ups(gateway: Gateway) -> None:
    """Two not-founds, 60 s apart, and only then once more, under the same reference."""
    gateway.provider.submissions, gateway.provider.effects = [lost()], [False]

    job = gateway.submit()
    assert 5 == gateway.work()
    assert (State.UNCONFIRMED, 1) == (gateway.job(job).state, len(gateway.provider.submitted))
    assert 60 == gateway.work()

    job = gateway.job(job)
    assert (State.RUNNING, 2, 1) == (job.state, len(gateway.provider.submitted), len(job.attempts))
    assert 1 == len({wire.body["reference"] for wire in gateway.provider.submitted})


def test_a_look_up_before_its_time_does_not_count(gateway: Gateway) -> None:
    """A poller that asks 10 s after the first not-found does not make it two: the submission is not sent again yet."""
    gateway.provider.submissions, gateway.provider.effects = [lost()], [False]
    job = gateway.submit()
    gateway.work()
    work, _ = gateway.queue.take()

    gateway.clock.go_on(10)
    gateway.worker.run(work)

    assert 1 == len(gateway.provider.submitted)
    _, delay_s = gateway.queue.take()
    assert 50 == delay_s
    assert State.UNCONFIRMED is gateway.job(job).state


def test_a_task_that_exists_already_is_adopted(gateway: Gateway) -> None:
    """Sent again under a reference that the provider has, the refusal means: it is there; adopt it."""
    exists = ProviderError(
        JobError(code="refused_by_provider", message="already exists", retryable=False),
        created=Created.NO,
        already_exists=True,
    )
    gateway.provider.submissions, gateway.provider.effects = [exists], [True]

    job = gateway.submit()
    gateway.work()

    job = gateway.job(job)
    assert (State.RUNNING, "task-1", 1) == (job.state, job.attempt.task_id, len(gateway.provider.submitted))


def die() -> None:
    """End the process, as a time-out of the function does: no handler of exceptions runs."""
    raise KeyboardInterrupt


def test_a_process_that_died_while_submitting_is_reconciled(gateway: Gateway) -> None:
    """Killed between the call and its answer: the row falls due after the time-out, and the task is adopted."""
    gateway.provider.on_submit = die
    with pytest.raises(KeyboardInterrupt):
        gateway.submit()
    gateway.provider.on_submit = None
    (job,) = gateway.jobs.rows.values()
    assert 0 == gateway.poll()

    gateway.clock.go_on(29 + 11)
    assert 1 == gateway.poll()
    gateway.work()

    job = gateway.job(job)
    assert (State.RUNNING, "task-1", 1) == (job.state, job.attempt.task_id, len(gateway.provider.submitted))


def test_a_process_that_died_before_submitting_is_taken_up_by_the_poller(gateway: Gateway) -> None:
    """Killed after the job was written and before its attempt was: the poller has it submitted, once."""
    gateway.provider.on_render = die
    with pytest.raises(KeyboardInterrupt):
        gateway.submit()
    gateway.provider.on_render = None
    (job,) = gateway.jobs.rows.values()
    assert (State.QUEUED, 0) == (job.state, len(gateway.provider.submitted))

    gateway.clock.go_on(121)
    assert 1 == gateway.poll()
    gateway.work()

    assert (State.RUNNING, 1) == (gateway.job(job).state, len(gateway.provider.submitted))


def test_a_table_that_fails_after_acceptance_does_not_undo_it(gateway: Gateway) -> None:
    """The answer's write fails: the caller still gets the job, which is written; the task is adopted, by the poller at last."""
    apply, calls = gateway.jobs.apply, []

    def fail_once(job_id: JobId, change: Change) -> Job:
        calls.append(change.to_state)
        if change.to_state is State.RUNNING and calls.count(State.RUNNING) == 1:
            raise ConnectionError
        return apply(job_id, change)

    gateway.jobs.apply = fail_once  # type: ignore[method-assign]
    job = gateway.submit()
    assert State.SUBMITTING is job.state
    gateway.queue.take()  # what brings the task's id sooner is lost as well

    gateway.clock.go_on(29 + 11)
    gateway.poll()
    gateway.work()

    assert (State.RUNNING, "task-1", 1) == (
        gateway.job(job).state,
        gateway.job(job).attempt.task_id,
        len(gateway.provider.submitted),
    )


def test_a_task_whose_acceptance_could_not_be_written_is_known_where_nobody_can_be_asked() -> None:
    """No look-up, no callback, and a table that fails at the worst moment: the task's id goes by the queue, nothing is lost."""
    silent = profile(calls_back=False, finds_by_reference=False)
    gateway = Gateway(provider=ScriptedProvider(profile=silent))
    apply, failing = gateway.jobs.apply, [ConnectionError()]

    def fail_once(job_id: JobId, change: Change) -> Job:
        if change.to_state is State.RUNNING and failing:
            raise failing.pop()
        return apply(job_id, change)

    gateway.jobs.apply = fail_once  # type: ignore[method-assign]
    assert (
        None is gateway.provider.created_at
    )  # as at Unifically, whose record has no time by which it could be told as ours
    job = gateway.submit()
    assert State.SUBMITTING is job.state

    gateway.work()

    job = gateway.job(job)
    assert (State.RUNNING, "task-1", 1) == (job.state, job.attempt.task_id, len(gateway.provider.submitted))


def test_a_table_that_fails_for_minutes_loses_no_accepted_task_either() -> None:
    """The answer cannot be written the second time either, and the row falls due before the third: it waits for the message."""
    silent = profile(calls_back=False, finds_by_reference=False)
    gateway = Gateway(provider=ScriptedProvider(profile=silent))
    apply, failing = gateway.jobs.apply, [ConnectionError(), ConnectionError()]

    def fail_twice(job_id: JobId, change: Change) -> Job:
        if change.to_state is State.RUNNING and failing:
            raise failing.pop()
        return apply(job_id, change)

    gateway.jobs.apply = fail_twice  # type: ignore[method-assign]
    job = gateway.submit()
    with pytest.raises(ConnectionError):
        gateway.work()
    (known, _), gateway.queue.sent = gateway.queue.sent[-1], []
    gateway.clock.go_on(60)
    assert 1 == gateway.poll()
    gateway.work()
    assert State.UNCONFIRMED is gateway.job(job).state

    gateway.worker.run(known)

    job = gateway.job(job)
    assert (State.RUNNING, "task-1", 1) == (job.state, job.attempt.task_id, len(gateway.provider.submitted))


def test_without_a_look_up_a_callback_may_claim_the_lost_submission() -> None:
    """Where the provider cannot be asked by reference, a callback's task id is used if the provider's record fits."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(finds_by_reference=False)))
    gateway.provider.submissions, gateway.provider.effects = [lost()], [True]
    job = gateway.submit()
    gateway.provider.created_at = gateway.clock()

    gateway.nudge(job, "task-1")

    job = gateway.job(job)
    assert (State.RUNNING, "task-1", 1) == (job.state, job.attempt.task_id, len(gateway.provider.submitted))


def test_a_claim_of_an_older_task_is_not_believed() -> None:
    """A task made before the attempt began is somebody else's, whatever the callback says."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(finds_by_reference=False)))
    gateway.provider.submissions, gateway.provider.effects = [lost()], [True]
    gateway.provider.created_at = gateway.clock()
    gateway.clock.go_on(3600)
    job = gateway.submit()

    gateway.nudge(job, "task-1")

    assert State.UNCONFIRMED is gateway.job(job).state


def timeless() -> Gateway:
    """A provider whose records of tasks say neither a time nor a reference of ours, as Unifically's."""
    return Gateway(provider=ScriptedProvider(profile=profile(finds_by_reference=False, is_claimed_by_id=True)))


def test_where_records_say_nothing_a_callback_claims_a_task_that_nobody_has() -> None:
    """The provider knows the task, and no other attempt has it: it is adopted, and nothing is sent twice."""
    gateway = timeless()
    gateway.provider.submissions, gateway.provider.effects = [lost()], [True]
    job = gateway.submit()

    gateway.nudge(job, "task-1")

    job = gateway.job(job)
    assert (State.RUNNING, "task-1", 1) == (job.state, job.attempt.task_id, len(gateway.provider.submitted))


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_task_of_another_job_cannot_be_claimed(*, is_answered: bool) -> None:
    """Whether that one's answer came, or it was lost as well and the other claimed first: its film goes to nobody else."""
    gateway = timeless()
    gateway.provider.submissions = ["task-1" if is_answered else lost(), lost()]
    gateway.provider.effects = [True, True]
    first = gateway.submit()
    if not is_answered:
        gateway.nudge(first, "task-1")
    second = gateway.submit()

    gateway.nudge(second, "task-1")

    assert [(State.RUNNING, "task-1"), (State.UNCONFIRMED, None)] == [
        (job.state, job.attempt.task_id) for job in (gateway.job(first), gateway.job(second))
    ]


def test_a_claim_of_a_task_that_the_provider_does_not_know_takes_nothing() -> None:
    """What the provider cannot say is not believed, and the task stays free for whoever it is."""
    gateway = timeless()
    gateway.provider.submissions, gateway.provider.effects = [lost()], [True]
    gateway.provider.outcomes = [unreachable()]
    job = gateway.submit()

    gateway.nudge(job, "task-1")

    assert State.UNCONFIRMED is gateway.job(job).state
    assert {} == gateway.claims.claimed_by


def test_an_answer_is_believed_before_a_claim() -> None:
    """Should another attempt have claimed a task that is then given to us by the provider itself, it is ours."""
    gateway = timeless()
    gateway.provider.submissions, gateway.provider.effects = [lost(), "task-1"], [True]
    gateway.nudge(gateway.submit(), "task-1")

    job = gateway.submit()

    assert (State.RUNNING, "task-1") == (job.state, job.attempt.task_id)


def test_an_unclaimed_submission_fails_after_half_an_hour() -> None:
    """With no look-up and no callback within 30 min: `submission_unconfirmed`, which says that a charge is possible."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(finds_by_reference=False)))
    gateway.provider.submissions, gateway.provider.effects = [lost()], [False]
    job = gateway.submit()
    began = gateway.clock()

    while gateway.job(job).state is State.UNCONFIRMED:
        gateway.work()

    job = gateway.job(job)
    assert job.error is not None
    assert "submission_unconfirmed" == job.error.code
    assert "charged" in job.error.message
    assert 1800 <= (gateway.clock() - began).total_seconds() < 1800 + 10
    assert 1 == len(gateway.provider.submitted)


def test_where_nothing_can_come_a_lost_submission_fails_at_once() -> None:
    """Neither look-up nor callback: the job fails with `submission_unconfirmed` and is never sent again."""
    silent = profile(calls_back=False, finds_by_reference=False)
    gateway = Gateway(provider=ScriptedProvider(profile=silent))
    gateway.provider.submissions = [lost()]

    job = gateway.submit()

    assert State.FAILED is job.state
    assert job.error is not None
    assert ("submission_unconfirmed", False) == (job.error.code, job.error.retryable)
    assert 1 == len(gateway.provider.submitted)
    assert [] == gateway.queue.sent


def test_exchanged_credentials_are_no_proof_that_nothing_was_created(gateway: Gateway) -> None:
    """Another account does not know the task, of course: nothing is sent again, and the job says that it may be charged."""
    gateway.provider.submissions, gateway.provider.effects = [lost()], [False]
    job = gateway.submit()
    gateway.provider.account = "another"

    while not gateway.job(job).state.is_terminal:
        gateway.work()

    job = gateway.job(job)
    assert job.error is not None
    assert ("submission_unconfirmed", 1) == (job.error.code, len(gateway.provider.submitted))


def test_a_refusal_of_the_second_call_does_not_undo_the_first(gateway: Gateway) -> None:
    """Lost, not found twice, sent again, refused for its balance, and then the first one's task appears: it is adopted."""
    gateway.provider.submissions = [lost(), refused("provider_balance_exhausted")]
    gateway.provider.effects = [False, False]
    job = gateway.submit()
    gateway.work()
    gateway.work()
    assert State.UNCONFIRMED is gateway.job(job).state

    gateway.provider.tasks[f"{job.id}-1"] = "late-task"
    gateway.work()

    job = gateway.job(job)
    assert (State.RUNNING, "late-task", 2) == (job.state, job.attempt.task_id, len(gateway.provider.submitted))


def test_a_refusal_of_the_request_itself_ends_a_doubted_attempt(gateway: Gateway) -> None:
    """What moderation refuses now it would have refused before: nothing can have been made."""
    gateway.provider.submissions, gateway.provider.effects = [lost(), refused("moderation_refused")], [False, False]
    job = gateway.submit()
    gateway.work()
    gateway.work()

    job = gateway.job(job)
    assert job.error is not None
    assert (State.FAILED, "moderation_refused") == (job.state, job.error.code)


def test_submissions_that_keep_getting_lost_come_ever_more_rarely(gateway: Gateway) -> None:
    """A provider that answers 500 to everything is called a few times an hour, and never without two look-ups."""
    gateway.provider.submissions = [lost() for _ in range(200)]
    gateway.provider.effects = [False for _ in range(200)]
    gateway.submit()
    began = gateway.clock()

    while (gateway.clock() - began).total_seconds() < 6 * 3600:
        gateway.work()

    assert len(gateway.provider.submitted) < 20


def test_look_ups_that_fail_come_ever_more_rarely(gateway: Gateway) -> None:
    """A provider that is down for six hours is asked every two minutes at the most, not every five seconds."""
    error = JobError(code="provider_unreachable", message="no", retryable=True)
    gateway.provider.outcomes = [ProviderError(error, created=Created.NO)]
    gateway.provider.submissions, gateway.provider.effects = [lost()], [True]
    gateway.submit()
    began = gateway.clock()
    while (gateway.clock() - began).total_seconds() < 6 * 3600:
        gateway.work()

    assert gateway.provider.found < 220


def test_the_time_for_a_claim_begins_with_the_call_that_was_lost() -> None:
    """Refused as full for an hour, then lost: a callback has its half hour from then on."""
    gateway = Gateway(provider=ScriptedProvider(profile=profile(finds_by_reference=False)))
    full = [refused("provider_full", retryable=True) for _ in range(40)]
    gateway.provider.submissions, gateway.provider.effects = [*full, lost()], [False] * 40 + [True]
    job = gateway.submit()
    while gateway.job(job).state is State.QUEUED:
        gateway.work()
    gateway.work()

    assert State.UNCONFIRMED is gateway.job(job).state


def test_a_task_that_is_there_already_is_looked_up_at_once(gateway: Gateway) -> None:
    """The answer "already exists" needs no five seconds: one will do."""
    exists = ProviderError(
        JobError(code="refused_by_provider", message="exists", retryable=False), created=Created.NO, already_exists=True
    )
    gateway.provider.submissions, gateway.provider.effects = [exists], [True]
    gateway.submit()

    assert 1 == gateway.queue.take()[1]


def test_an_unconfirmed_job_at_its_deadline_says_that_it_may_have_been_charged(gateway: Gateway) -> None:
    """A day of looking up in vain does not end in an invitation to pay again."""
    gateway.provider.submissions, gateway.provider.effects = [lost()], [False]
    job = gateway.submit()
    gateway.clock.go_on(86_401)
    gateway.work()

    job = gateway.job(job)
    assert job.error is not None
    assert ("submission_unconfirmed", False) == (job.error.code, job.error.retryable)


def test_a_nudge_whose_look_up_fails_looks_again(gateway: Gateway) -> None:
    """The callback is there before the answer, and the query fails once: 2 s later the task is found."""
    error = JobError(code="provider_failed", message="500", retryable=True)
    gateway.provider.outcomes = [ProviderError(error, created=Created.NO), SUCCESS]
    gateway.provider.on_submit = lambda: gateway.nudge(next(iter(gateway.jobs.rows.values())), "task-1")
    gateway.provider.submissions, gateway.provider.effects = [lost()], [True]

    job = gateway.submit()
    (nudge, delay_s), _ = gateway.queue.sent
    assert (2, None, 1) == (delay_s, nudge.number, nudge.nudge)
    gateway.worker.run(nudge)

    assert State.SUCCEEDED is gateway.job(job).state


def test_an_accepted_key_answers_its_job_even_if_the_request_would_be_refused_today(gateway: Gateway) -> None:
    """The credential is gone by now: the same key and body still mean the job that was accepted."""
    first = gateway.submit({"prompt": "a fox"}, idempotency_key="k")
    gateway.provider.account = None

    assert first.id == gateway.submit({"prompt": "a fox"}, idempotency_key="k").id


def test_a_callback_before_the_answer_is_adopted_and_the_answer_changes_nothing(gateway: Gateway) -> None:
    """The callback of a task arrives while `submit` is still waiting: one task, one handle, the job ends once."""
    gateway.provider.outcomes = [SUCCESS]
    gateway.provider.on_submit = lambda: gateway.nudge(next(iter(gateway.jobs.rows.values())), "task-1")

    job = gateway.submit()

    assert (State.SUCCEEDED, "task-1") == (job.state, job.attempt.task_id)
    assert 1 == sum(row.state is State.SUCCEEDED for row in gateway.jobs.history)


def test_a_refused_request_writes_nothing(gateway: Gateway) -> None:
    """A request with a problem leaves no row, no message, no call and no idempotency key."""
    with pytest.raises(InvalidRequestError):
        gateway.submit({"prompt": "a fox", "duration_s": 99}, idempotency_key="k")

    assert ({}, [], [], {}) == (gateway.jobs.rows, gateway.queue.sent, gateway.provider.submitted, gateway.jobs.keys)


def test_a_field_that_is_wrong_by_itself_is_told_of_once_whatever_the_providers_say(gateway: Gateway) -> None:
    """Thirty seconds of shots are nobody's, and two providers have no shots: one problem; the watermark is each one's."""
    supports = {Capability.PROMPT: Confidence.DOCUMENTED}
    models = {name: replace(model, supports=supports) for name, model in profile().models.items()}
    poor = [ScriptedProvider(profile=replace(profile(), name=name, models=models)) for name in ("one", "two")]
    create = replace(gateway.create, judge=replace(gateway.judge, providers=SeveralProviders(poor)))
    body = {"shots": [{"prompt": "a fox", "duration_s": 15}] * 2, "watermark": True}

    with pytest.raises(InvalidRequestError) as refusal:
        create.run(Tenant("acme"), body, key=None, public_url="https://gateway.example")

    assert [("shots", None), ("watermark", "one"), ("watermark", "two")] == [
        (problem.field, problem.provider) for problem in refusal.value.problems
    ]


class Unset(ScriptedProvider):
    """A provider without a credential, as far as is known; counts how often it is looked at anew."""

    looks = 0

    @property
    def has_credential(self) -> bool:
        return False

    def __getattribute__(self, name: str) -> object:
        if name == "account":
            Unset.looks += 1
        return super().__getattribute__(name)


@pytest.mark.parametrize(("provider", "looks"), [(None, 0), ("set", 0), ("unset", 1)])
def test_a_provider_without_a_credential_is_looked_at_anew_only_where_it_is_needed(
    gateway: Gateway, provider: str | None, looks: int
) -> None:
    """With another provider at hand, only a request that names it has its secret read again; each reading is a call."""
    both = [kind(profile=replace(profile(), name=name)) for kind, name in ((ScriptedProvider, "set"), (Unset, "unset"))]
    create = replace(gateway.create, judge=replace(gateway.judge, providers=SeveralProviders(both)))
    body = {"prompt": "a fox"} | ({} if provider is None else {"provider": provider})
    Unset.looks = 0
    with suppress(KeyError):  # the gateway's own submission knows another provider alone
        create.run(Tenant("acme"), body, key=None, public_url="https://gateway.example")

    assert looks == Unset.looks


def test_the_same_key_gives_the_same_job(gateway: Gateway) -> None:
    """A repeated key with the same body (its fields in another order) answers the first job and submits nothing."""
    first = gateway.submit({"prompt": "a fox", "duration_s": 5}, idempotency_key="k")
    second = gateway.submit({"duration_s": 5, "prompt": "a fox"}, idempotency_key="k")

    assert first.id == second.id
    assert 1 == len(gateway.provider.submitted)


def test_the_same_key_with_another_body_is_refused(gateway: Gateway) -> None:
    """A key that was used for another body is a mistake, named on the header."""
    gateway.submit({"prompt": "a fox"}, idempotency_key="k")

    with pytest.raises(InvalidRequestError) as refusal:
        gateway.submit({"prompt": "a cat"}, idempotency_key="k")

    assert [("Idempotency-Key", "reused")] == [(p.field, p.code) for p in refusal.value.problems]


def test_a_key_is_free_again_after_seven_days(gateway: Gateway) -> None:
    """Seven days and a second later the same key makes a new job."""
    first = gateway.submit(idempotency_key="k")
    gateway.clock.go_on(7 * 86_400 + 1)

    assert first.id != gateway.submit(idempotency_key="k").id


def test_inline_pictures_are_stored_and_linked_at_submission(gateway: Gateway) -> None:
    """A data URI goes to inputs/ before the row is written; the provider gets a link, the row an s3:// address."""
    png = "data:image/png;base64,iVBORw0KGgo="

    job = gateway.submit({"prompt": "a fox", "images": [{"url": png}]})

    ((key, data),) = gateway.bucket.objects.items()
    assert key.startswith("inputs/acme/")
    assert b"\x89PNG\r\n\x1a\n" == data
    assert f"s3://media-bucket/{key}" == gateway.jobs.get_request(job.id)["images"][0]["url"]
    assert gateway.provider.submitted[0].body["images"][0]["url"].startswith(f"https://bucket.example/{key}?")


def test_a_request_has_room_for_so_many_pictures_inline() -> None:
    """64, each of which is stored by itself, and 4 MB of them: what is beyond is refused before anything is stored."""
    small, large = (InlineImage("images[0].url", bytes(size), "image/png", "png") for size in (8, 4 * 1024**2))

    expect_sound([], [small] * 64)
    expect_sound([], [large])
    for pictures, said in (([small] * 65, "64 pictures"), ([large, small], "4 MB")):
        with pytest.raises(TooLargeError, match=said):
            expect_sound([], pictures)


def test_a_job_of_a_provider_that_lost_its_credential_fails(gateway: Gateway) -> None:
    """A job put back while the provider's credential is taken away ends with a reason, not in a loop."""
    gateway.provider.submissions = [refused("provider_full", retryable=True)]
    job = gateway.submit()
    gateway.provider.account = None

    gateway.work()

    job = gateway.job(job)
    assert job.error is not None
    assert (State.FAILED, "not_configured") == (job.state, job.error.code)


def test_every_row_falls_due_unless_its_job_is_at_rest(gateway: Gateway) -> None:
    """After each write of a job that is refused, lost, looked up, run and stored, it is due or at rest, never neither."""
    gateway.provider.submissions = [refused("provider_full", retryable=True), lost()]
    gateway.provider.effects = [False, True]
    gateway.provider.outcomes = [SUCCESS]
    job = gateway.submit()
    while not gateway.job(job).state.is_terminal:
        gateway.work()

    assert 6 <= len(gateway.jobs.history)
    assert all((row.due_at is None) == row.state.is_terminal for row in gateway.jobs.history)
    assert AttemptId(job.id, 1) == gateway.job(job).attempt_id
