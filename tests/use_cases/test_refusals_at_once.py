"""A create that its provider refuses is answered with the refusal in a dialect; whoever was answered so is not called back."""

import json

import pytest
from klingway.domain import transitions
from klingway.domain.deliveries import JOB_FAILED, JOB_SUCCEEDED, Target
from klingway.domain.ids import ProviderName
from klingway.domain.job import Job, State
from klingway.domain.job import Origin as AskedIn
from klingway.use_cases.start_job import StartJob

from tests.use_cases.conftest import Gateway
from tests.use_cases.room import Room, described, lost, refused

URL = "https://shop.example/kling/callback"
CALLBACK = Target("callback", URL, (JOB_SUCCEEDED, JOB_FAILED))
ORIGIN = AskedIn(dialect=ProviderName("klingai"), product="omni-video", external_id="order-42")


def told(gateway: Gateway, job: Job) -> list[str]:
    """Let the publisher see a job's end, and what is delivered about it arrive; return what the callback said."""
    assert [True] == gateway.publisher.run([gateway.job(job)])
    while gateway.delivery_queue.sent:
        gateway.try_delivery()
    return [json.loads(body)["state"] for _, body, _ in gateway.receiver.posts]


@pytest.fixture
def room() -> Room:
    return Room()


def asked(room: Room, *names: str) -> Job:
    """Ask in a dialect, with elements of these names."""
    elements = {"elements": [described(name) for name in names]} if names else {}
    return room.submit({"prompt": "a fox"} | elements, targets=[CALLBACK], origin=ORIGIN)


def test_a_refusal_in_the_answer_is_not_called_back(room: Room) -> None:
    """The caller has no task, and its external id may be that of another one by now."""
    room.provider.submissions = [refused()]

    job = asked(room)

    assert (State.FAILED, True) == (job.state, job.was_refused_at_once)
    assert [] == told(room, job)
    assert [] == room.deliveries.of(job.id)


def test_a_webhook_hears_of_it_all_the_same(room: Room) -> None:
    """It wants to hear of jobs, and in the canonical form the request was answered with one."""
    room.provider.submissions = [refused()]

    job = room.submit(targets=[CALLBACK, Target("webhook", URL, (JOB_FAILED,))], origin=ORIGIN)

    assert [True] == room.publisher.run([room.job(job)])
    assert [("webhook", 2)] == [(delivery.kind, delivery.target) for delivery in room.deliveries.of(job.id)]


def test_so_it_is_where_elements_were_there_already(room: Room) -> None:
    """What was made before keeps nobody waiting: the refusal is the answer."""
    first = room.made("dog")
    room.tasks.submit_job(first.id)
    room.provider.submissions = [refused()]

    job = asked(room, "dog")

    assert (State.FAILED, True) == (job.state, job.was_refused_at_once)


def test_a_refusal_after_waiting_is_called_back(room: Room) -> None:
    """The request was answered with a task, since the provider was full at first."""
    room.provider.submissions = [refused(retryable=True), refused()]
    job = asked(room)
    assert State.QUEUED is job.state
    room.work()

    assert (True, False) == (room.job(job).was_refused, room.job(job).was_refused_at_once)
    assert ["failed"] == told(room, job)


def test_a_refusal_after_elements_were_made_is_called_back(room: Room) -> None:
    """The request was answered with a task, whose elements had to be made first, or could not be made."""
    job = asked(room, "dog")
    assert State.PREPARING is job.state
    error = refused().error
    room.jobs.apply(job.id, transitions.fail(job, at=room.clock(), error=error))

    assert (True, False) == (room.job(job).was_refused, room.job(job).was_refused_at_once)
    assert ["failed"] == told(room, job)


def test_a_refusal_that_nobody_was_answered_is_called_back(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function died between the job's row and its submission; the poller made that good two minutes later."""

    def die(*_: object) -> Job:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(StartJob, "run", die)
        with pytest.raises(SystemExit):
            asked(room)
    (job,) = room.jobs.rows.values()
    room.provider.submissions = [refused()]
    room.clock.go_on(121)
    assert 1 == room.poll()
    room.work()

    assert (True, False) == (room.job(job).was_refused, room.job(job).was_refused_at_once)
    assert ["failed"] == told(room, job)


def test_a_lost_answer_is_no_refusal(room: Room) -> None:
    """What may have been made is not said to be refused: it was answered with a task."""
    room.provider.submissions, room.provider.effects = [lost()], [True]

    assert not asked(room).was_refused_at_once
