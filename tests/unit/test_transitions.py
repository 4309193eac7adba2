"""Every change of a job: its states, its number, when it falls due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from klingway.domain import transitions
from klingway.domain.ids import ElementId, ProviderName
from klingway.domain.job import AttemptState, Job, JobElement, JobError, LearntBy, State
from klingway.domain.transitions import Change

from tests.unit.builders import NOW, REFUSED, TASK_ID, VIDEO_FILE, attempt, job

if TYPE_CHECKING:
    from collections.abc import Callable

AT = NOW + timedelta(minutes=1)
DUE = NOW + timedelta(minutes=2)
KLINGAI, OTHER = ProviderName("klingai"), ProviderName("other")
HANDLE = {"path": "/v1/videos/omni-video"}
OPEN = {State.QUEUED, State.PREPARING, State.SUBMITTING, State.UNCONFIRMED, State.RUNNING, State.STORING}
TERMINAL = {State.SUCCEEDED, State.FAILED, State.CANCELED}
NUMBER = 7
WANTED = JobElement(index=1, id=ElementId("el_01JD4ZK8M0ABCDEFGHJKMNPQRS"))
MADE = replace(WANTED, provider_id="321922438904313")


def begin(asked: Job) -> Change:
    return transitions.begin_attempt(
        asked, at=AT, provider=KLINGAI, account="eu", handle=HANDLE, price=None, due_at=DUE
    )


STALLED = JobError(code="stalled", message="too slow", retryable=False)
LEFT = attempt(state=AttemptState.FAILED, error=STALLED, accepted_at=NOW, ended_at=NOW)

# The change; the states it may come from; the state it leads to; the number that the row must still expect; due after.
TABLE: dict[str, tuple[Callable[[Job], Change], State, set[State], State | None, int | None, float | None]] = {
    "begin_attempt": (begin, State.QUEUED, {State.QUEUED}, State.SUBMITTING, NUMBER, 60),
    "begin_again": (
        lambda asked: transitions.begin_again(asked, at=AT, due_at=DUE),
        State.UNCONFIRMED, {State.UNCONFIRMED}, State.SUBMITTING, NUMBER, 60,
    ),
    "accept": (
        lambda asked: transitions.accept(asked, at=AT, task_id=TASK_ID, handle=HANDLE, due_after_s=420),
        State.SUBMITTING, {State.SUBMITTING, State.UNCONFIRMED}, State.RUNNING, None, 420,
    ),
    "take_elements": (
        lambda asked: transitions.take_elements(asked, at=AT, elements=[MADE]),
        State.QUEUED, {State.QUEUED}, None, NUMBER, 120,
    ),
    "begin_preparing": (
        lambda asked: transitions.begin_preparing(asked, at=AT, elements=[WANTED]),
        State.QUEUED, {State.QUEUED}, State.PREPARING, NUMBER, 120,
    ),
    "end_preparing": (
        lambda _: transitions.end_preparing(at=AT, elements=[MADE]),
        State.PREPARING, {State.PREPARING}, State.QUEUED, None, 120,
    ),
    "fail while preparing": (
        lambda asked: transitions.fail(asked, at=AT, error=REFUSED),
        State.PREPARING, {State.PREPARING}, State.FAILED, None, None,
    ),
    "put_back": (
        lambda asked: transitions.put_back(asked, at=AT, error=REFUSED, provider=KLINGAI, after_s=4),
        State.SUBMITTING, {State.SUBMITTING}, State.QUEUED, None, 124,
    ),
    "lose_answer": (
        lambda asked: transitions.lose_answer(asked, at=AT, error=REFUSED, after_s=5),
        State.SUBMITTING, {State.SUBMITTING}, State.UNCONFIRMED, None, 125,
    ),
    "note_unknown": (
        lambda asked: transitions.note_unknown(asked, at=AT, after_s=60),
        State.UNCONFIRMED, {State.UNCONFIRMED}, None, NUMBER, 180,
    ),
    "wait": (
        lambda asked: transitions.wait(asked, at=AT, after_s=5), State.RUNNING, OPEN, None, NUMBER, 125,
    ),
    "begin_storing": (
        lambda asked: transitions.begin_storing(asked, at=AT, learnt_by=LearntBy.POLL, due_at=DUE),
        State.RUNNING, {State.RUNNING}, State.STORING, None, 60,
    ),
    "resume_storing": (
        lambda asked: transitions.resume_storing(asked, at=AT, due_at=DUE),
        State.STORING, {State.STORING}, None, NUMBER, 60,
    ),
    "succeed": (
        lambda _: transitions.succeed(at=AT, files=[VIDEO_FILE], result_mismatch=["duration_s"]),
        State.STORING, {State.STORING}, State.SUCCEEDED, None, None,
    ),
    "fail while running": (
        lambda asked: transitions.fail(asked, at=AT, error=REFUSED), State.RUNNING, {State.RUNNING}, State.FAILED, None, None,
    ),
    "go_elsewhere": (
        lambda asked: transitions.go_elsewhere(asked, at=AT, error=REFUSED, provider=OTHER),
        State.RUNNING, {State.RUNNING}, State.QUEUED, None, 120,
    ),
    "go_back while queued": (
        lambda asked: transitions.go_back(asked, asked.attempts[0], at=AT, error=REFUSED),
        State.QUEUED, {State.QUEUED}, State.RUNNING, NUMBER, 120,
    ),
    "go_back while submitting": (
        lambda asked: transitions.go_back(
            replace(asked, attempts=(LEFT, attempt(number=2))), LEFT, at=AT, error=REFUSED
        ),
        State.SUBMITTING, {State.SUBMITTING}, State.RUNNING, None, 120,
    ),
    "fail while queued": (
        lambda asked: transitions.fail(asked, at=AT, error=REFUSED), State.QUEUED, {State.QUEUED}, State.FAILED, None, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "state", "allowed_from", "to_state", "expected_number", "due_after_s"), TABLE.values(), ids=TABLE.keys()
)
def test_a_changes_states_number_and_due_time(
    change: Callable[[Job], Change],
    state: State,
    allowed_from: set[State],
    to_state: State | None,
    expected_number: int | None,
    due_after_s: float | None,
) -> None:
    """One conditional write: where from, where to, which number it expects, and due unless it is the end."""
    made = change(job(state=state))

    assert (allowed_from, to_state) == (made.allowed_from, made.to_state)
    assert (expected_number, AT) == (made.expected_number, made.at)
    assert (None if due_after_s is None else AT + timedelta(seconds=due_after_s)) == made.due_at


@pytest.mark.parametrize("name", TABLE)
def test_no_change_comes_from_a_terminal_state(name: str) -> None:
    """A terminal state never changes."""
    change, state, *_ = TABLE[name]

    assert not change(job(state=state)).allowed_from & TERMINAL


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_a_job_at_rest_cannot_fail(state: State) -> None:
    """The one change that comes from any state must not come from these."""
    try:
        change = transitions.fail(job(state=state), at=AT, error=REFUSED)
    except ValueError:
        return

    assert not change.allowed_from & TERMINAL


@pytest.mark.parametrize(
    ("to_state", "due_at"),
    [
        *(pytest.param(state, None, id=f"{state} without due_at") for state in sorted(OPEN)),
        *(pytest.param(state, DUE, id=f"{state} with due_at") for state in sorted(TERMINAL)),
        pytest.param(None, None, id="no new state without due_at"),
    ],
)
def test_a_row_that_is_not_at_rest_must_fall_due(to_state: State | None, due_at: datetime | None) -> None:
    """The constructor refuses what the poller would never find, and what it would find for ever."""
    with pytest.raises(ValueError, match="falls due unless"):
        Change(allowed_from=frozenset(OPEN), to_state=to_state, at=AT, due_at=due_at)


@pytest.mark.parametrize(
    ("to_state", "due_at"),
    [*((state, DUE) for state in sorted(OPEN)), *((state, None) for state in sorted(TERMINAL)), (None, DUE)],
)
def test_a_row_falls_due_or_is_at_rest(to_state: State | None, due_at: datetime | None) -> None:
    """Both good ways."""
    assert Change(allowed_from=frozenset(OPEN), to_state=to_state, at=AT, due_at=due_at).due_at == due_at


def latest(change: Change) -> Any:
    return change.values["attempts"][-1]


def test_a_first_attempt_is_named_before_the_call() -> None:
    """Its number, provider, account, handle and start; the job's provider with it."""
    change = begin(job(state=State.QUEUED, attempts=()))

    expected = attempt(
        account="eu",
        handle=HANDLE,
        state=AttemptState.SUBMITTING,
        started_at=AT,
        accepted_at=None,
        task_id=None,
    )
    assert {"attempts": (expected,), "provider": KLINGAI, "price": None} == change.values
    assert 1 == transitions.next_attempt_number(job(state=State.QUEUED, attempts=()), KLINGAI)


def test_a_job_names_its_elements_before_and_after_they_are_made() -> None:
    """Nothing else changes: no attempt begins by preparing, and the first one keeps its number."""
    asked = job(state=State.QUEUED, attempts=())

    assert {"elements": (WANTED,)} == transitions.begin_preparing(asked, at=AT, elements=[WANTED]).values
    assert {"elements": (MADE,)} == transitions.end_preparing(at=AT, elements=[MADE]).values
    assert {"elements": (MADE,)} == transitions.take_elements(asked, at=AT, elements=[MADE]).values
    assert 1 == transitions.next_attempt_number(replace(asked, elements=(WANTED,)), KLINGAI)


def test_a_refused_attempt_is_taken_up_again_under_its_number() -> None:
    """The same reference; the error is gone, the tries are counted, and it begins now: nothing existed before."""
    refused = attempt(state=AttemptState.REFUSED, error=REFUSED, task_id=None, tries=2)
    asked = job(state=State.QUEUED, attempts=(attempt(state=AttemptState.FAILED), refused.__class__(
        **({name: getattr(refused, name) for name in refused.__slots__} | {"number": 2})
    )))  # fmt: skip

    again = latest(begin(asked))

    assert 2 == transitions.next_attempt_number(asked, KLINGAI) == again.number
    assert (AttemptState.SUBMITTING, 3, None, "eu", AT) == (
        again.state, again.tries, again.error, again.account, again.started_at,
    )  # fmt: skip
    assert 2 == len(begin(asked).values["attempts"])


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(attempt(state=AttemptState.FAILED), id="a failed one"),
        pytest.param(attempt(state=AttemptState.UNCONFIRMED), id="an unconfirmed one"),
        pytest.param(attempt(state=AttemptState.REFUSED, provider=OTHER), id="one refused by another provider"),
    ],
)
def test_another_attempt_gets_the_next_number(last: Any) -> None:
    """Only what this provider refused is taken up again."""
    asked = job(state=State.QUEUED, attempts=(last,))

    assert 2 == transitions.next_attempt_number(asked, KLINGAI) == latest(begin(asked)).number
    assert last == begin(asked).values["attempts"][0]


def test_an_unconfirmed_attempt_begins_again_with_nothing_looked_up() -> None:
    """Same number, one more try."""
    asked = job(
        state=State.UNCONFIRMED,
        attempts=(attempt(state=AttemptState.UNCONFIRMED, lookups=2, looked_up_at=NOW, task_id=None),),
    )

    again = latest(transitions.begin_again(asked, at=AT, due_at=DUE))

    assert (1, AttemptState.SUBMITTING, 2, 0, None) == (
        again.number, again.state, again.tries, again.lookups, again.looked_up_at,
    )  # fmt: skip


def test_an_accepted_attempt_has_its_task() -> None:
    """Task id, handle and time; an error from before is gone."""
    asked = job(state=State.SUBMITTING, attempts=(attempt(state=AttemptState.SUBMITTING, error=REFUSED, task_id=None),))

    accepted = latest(transitions.accept(asked, at=AT, task_id="99", handle={"task_id": "99"}, due_after_s=5))

    assert (AttemptState.RUNNING, "99", {"task_id": "99"}, AT, None) == (
        accepted.state, accepted.task_id, accepted.handle, accepted.accepted_at, accepted.error,
    )  # fmt: skip


def test_a_refusal_and_a_lost_answer_keep_their_error() -> None:
    """On the attempt; the job itself has none."""
    asked = job(state=State.SUBMITTING)
    for_now = replace(REFUSED, retryable=True)
    back = transitions.put_back(asked, at=AT, error=for_now, provider=KLINGAI, after_s=4)
    lost = transitions.lose_answer(asked, at=AT, error=REFUSED, after_s=4)

    assert (AttemptState.REFUSED, for_now) == (latest(back).state, latest(back).error)
    assert (AttemptState.UNCONFIRMED, REFUSED) == (latest(lost).state, latest(lost).error)
    assert {"attempts"} == set(back.values)
    assert ({"attempts", "deadline_at"}, 1) == (set(lost.values), latest(lost).doubts)


def test_a_lost_answer_leaves_time_to_find_out_once() -> None:
    """Submitted right before its deadline: half an hour for look-ups and callbacks, but only for the first doubt."""
    late = job(state=State.SUBMITTING, attempts=(attempt(state=AttemptState.SUBMITTING),), deadline_at=AT)
    doubted = job(state=State.SUBMITTING, attempts=(attempt(state=AttemptState.SUBMITTING, doubts=1),), deadline_at=AT)

    lost = transitions.lose_answer(late, at=AT, error=REFUSED, after_s=5)

    assert AT + timedelta(minutes=30) == lost.values["deadline_at"]
    assert "deadline_at" not in transitions.lose_answer(doubted, at=AT, error=REFUSED, after_s=5).values


def test_a_look_up_is_counted_with_its_time() -> None:
    """The second not-found 60 s later decides."""
    noted = latest(transitions.note_unknown(job(state=State.UNCONFIRMED), at=AT, after_s=60))

    assert (1, AT) == (noted.lookups, noted.looked_up_at)


def test_waiting_changes_nothing_but_number_and_due_time() -> None:
    """A check must stay cheap; storing alone is counted, with its reason and what is there already."""
    storing = job(state=State.STORING)
    assert {} == transitions.wait(job(), at=AT, after_s=5).values
    later = transitions.store_later(storing, at=AT, after_s=5, reason="short", refusals=2, files=[VIDEO_FILE])
    assert {"store_error": "short", "store_refusals": 2, "files": (VIDEO_FILE,)} == later.values
    assert (frozenset({State.STORING}), storing.number) == (later.allowed_from, later.expected_number)
    assert {"store_tries": 1} == transitions.resume_storing(storing, at=AT, due_at=DUE).values


def test_the_end_at_the_provider_is_noted_with_how_it_was_learnt() -> None:
    """The attempt has succeeded, the job not yet."""
    change = transitions.begin_storing(job(), at=AT, learnt_by=LearntBy.CALLBACK, due_at=DUE)

    assert (AttemptState.SUCCEEDED, AT) == (latest(change).state, latest(change).ended_at)
    assert LearntBy.CALLBACK is change.values["learnt_by"]


def test_success_comes_with_its_files() -> None:
    """Files, what differs, and the time."""
    change = transitions.succeed(at=AT, files=[VIDEO_FILE], result_mismatch=["duration_s"])

    expected = {"files": (VIDEO_FILE,), "result_mismatch": ("duration_s",), "warnings": (), "finished_at": AT}
    assert expected == change.values


def test_failure_ends_job_and_attempt() -> None:
    """Both have the error and the time."""
    change = transitions.fail(job(), at=AT, error=REFUSED, learnt_by=LearntBy.POLL)

    assert (AttemptState.FAILED, AT, REFUSED) == (latest(change).state, latest(change).ended_at, latest(change).error)
    assert (REFUSED, AT, LearntBy.POLL) == (
        change.values["error"], change.values["finished_at"], change.values["learnt_by"],
    )  # fmt: skip


def test_failure_without_an_attempt_or_a_source() -> None:
    """Nothing is made up."""
    assert {"error", "finished_at"} == set(
        transitions.fail(job(state=State.QUEUED, attempts=()), at=AT, error=REFUSED).values
    )


WRITING_ATTEMPTS = [
    "begin_again", "accept", "put_back", "lose_answer", "note_unknown", "begin_storing", "fail while running", "go_elsewhere",
    "go_back while queued", "go_back while submitting",
]  # fmt: skip


@pytest.mark.parametrize("name", WRITING_ATTEMPTS)
def test_who_writes_attempts_has_seen_them_all(name: str) -> None:
    """One that has begun since would be written over."""
    change, state, *_ = TABLE[name]
    first, second = attempt(state=AttemptState.FAILED, error=REFUSED), attempt(number=2)

    assert (2, 2) == change(job(state=state, attempts=(first, second))).expected_attempts


def test_no_error_invites_to_pay_for_what_may_still_come() -> None:
    """Whatever the end is about: an earlier attempt may bring the film yet. Without one, the error says what it said."""
    passing = JobError(code="generation_failed", message="no film", retryable=True)
    failed = attempt(number=2, state=AttemptState.RUNNING, accepted_at=NOW)

    for attempts, is_retryable in (((LEFT, failed), False), ((failed,), True)):
        asked = job(attempts=attempts)
        assert is_retryable is transitions.fail(asked, at=AT, error=passing).values["error"].retryable
        canceled = transitions.cancel(job(state=State.QUEUED, attempts=attempts[:1]), at=AT).values["error"]
        assert (attempts[0] is not LEFT) is canceled.retryable


def test_who_is_gone_back_to_is_the_latest_again() -> None:
    """As it was before it was left; the other one has failed, and its provider and price are the job's no more."""
    other = attempt(number=2, state=AttemptState.SUBMITTING, provider=OTHER)

    change = transitions.go_back(job(state=State.SUBMITTING, attempts=(LEFT, other)), LEFT, at=AT, error=REFUSED)

    settled, again = change.values["attempts"]
    assert (2, AttemptState.FAILED, REFUSED, AT) == (settled.number, settled.state, settled.error, settled.ended_at)
    assert replace(LEFT, state=AttemptState.RUNNING, error=None, ended_at=None) == again
    assert (LEFT.provider, LEFT.price) == (change.values["provider"], change.values["price"])


PASSING = JobError(code="provider_full", message="no room", retryable=True)


@pytest.mark.parametrize(
    ("state", "error", "settled"),
    [
        (State.SUBMITTING, PASSING, (AttemptState.REFUSED, PASSING)),  # it has created nothing, and may be asked again
        (State.UNCONFIRMED, REFUSED, (AttemptState.FAILED, REFUSED)),
        (State.RUNNING, PASSING, (AttemptState.FAILED, PASSING)),
        (State.QUEUED, PASSING, (AttemptState.REFUSED, None)),  # the error is of a third one, who has no attempt
    ],
)
def test_who_has_not_made_the_job_says_why(state: State, error: JobError, settled: Any) -> None:
    """The other one's attempt has its own end, and no other's."""
    before = AttemptState.REFUSED if state is State.QUEUED else AttemptState.RUNNING
    other = attempt(number=2, state=before, provider=OTHER)

    change = transitions.go_back(job(state=state, attempts=(LEFT, other)), LEFT, at=AT, error=error)

    assert settled == (change.values["attempts"][0].state, change.values["attempts"][0].error)


def test_a_copy_that_never_came_about_leaves_the_attempt_succeeded() -> None:
    """The provider did its part, at its own time."""
    asked = job(state=State.STORING, attempts=(attempt(state=AttemptState.SUCCEEDED, ended_at=NOW),))

    ended = latest(transitions.fail(asked, at=AT, error=REFUSED))

    assert (AttemptState.SUCCEEDED, NOW) == (ended.state, ended.ended_at)


def test_earlier_attempts_stay_as_they_are() -> None:
    """Only the latest is written anew."""
    first = attempt(state=AttemptState.FAILED, error=REFUSED)
    asked = job(state=State.SUBMITTING, attempts=(first, attempt(number=2)))

    assert first == transitions.put_back(asked, at=AT, error=REFUSED, provider=KLINGAI, after_s=1).values["attempts"][0]
