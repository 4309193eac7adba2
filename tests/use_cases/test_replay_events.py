"""Ends told once more: the same event under the same id, marked; deliveries that failed have one more try."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from klingway.domain.deliveries import MOST_TRIES, Delivery, DeliveryState, give_up
from klingway.domain.ids import JobId
from klingway.domain.job import Job
from klingway.use_cases.ports import Event
from klingway.use_cases.replay_events import Outcome, Replayed, ReplayEvents

from tests.unit.builders import JOB_ID
from tests.use_cases.conftest import SUCCESS, Gateway
from tests.use_cases.test_deliveries import BODY, REFUSED
from tests.use_cases.test_event_schemas import OF_DETAIL_TYPES, holds
from tests.use_cases.test_late_results import given_up_on, look


class AllEnded:
    """The ended jobs of a gateway's fake store."""

    def __init__(self, gateway: Gateway) -> None:
        self._rows = gateway.jobs.rows

    def ids(self, *, made_since: JobId, made_before: JobId) -> Iterator[JobId]:
        ended = (job for job in self._rows.values() if job.state.is_terminal)
        return (job.id for job in ended if made_since <= job.id < made_before)


@pytest.fixture
def replaying(gateway: Gateway) -> ReplayEvents:
    return ReplayEvents(
        jobs=gateway.jobs,
        ended_jobs=AllEnded(gateway),
        events=gateway.bus,
        deliveries=gateway.deliveries,
        delivery_queue=gateway.delivery_queue,
        follow_end=gateway.follow_end,
        now=gateway.clock,
        bucket_name=gateway.bucket.name,
    )


def outcomes(done: Iterator[Replayed]) -> dict[str, Outcome]:
    return {each.job_id: each.outcome for each in done}


@pytest.mark.parametrize("outcome", [SUCCESS, REFUSED])
def test_the_same_event_is_told_again(gateway: Gateway, replaying: ReplayEvents, outcome: Any) -> None:
    """Its id and every field as the publisher told it, and a mark that the schema knows; a week later, too."""
    job = gateway.end(gateway.submit(BODY), outcome)
    gateway.clock.go_on(7 * 86_400)
    assert {job.id: Outcome.REPLAYED} == outcomes(replaying.run([job.id, job.id]))

    first, again = gateway.bus.published
    assert first.detail_type == again.detail_type
    assert dict(first.detail) | {"replay": True} == dict(again.detail)
    assert "replay" not in first.detail
    holds(OF_DETAIL_TYPES[again.detail_type], again.detail)


def test_what_came_late_is_told_again_as_well(gateway: Gateway, replaying: ReplayEvents) -> None:
    """After the job's end, each under its own id."""
    job = given_up_on(gateway)
    look(gateway, SUCCESS)
    (late,) = gateway.bus.published
    gateway.bus.published.clear()

    assert [Outcome.REPLAYED] * 2 == [each.outcome for each in replaying.run([job.id])]

    end, again = gateway.bus.published
    assert ("Job Failed", "Job Late Result") == (end.detail_type, again.detail_type)
    assert dict(late.detail) | {"replay": True} == dict(again.detail)


def test_what_the_publisher_has_never_seen_is_followed(gateway: Gateway, replaying: ReplayEvents) -> None:
    """An attempt that is still owed is watched from then on; of a job that is settled already nothing follows."""
    job = gateway.submit(BODY | {"deadline_s": 60})
    gateway.clock.go_on(70)
    gateway.check(job)

    list(replaying.run([job.id, job.id]))

    assert [1] == [attempt for _, attempt in gateway.watches.rows]


def test_nothing_follows_from_an_old_end(gateway: Gateway, replaying: ReplayEvents) -> None:
    """What was paid for then can be expected no more."""
    job = gateway.submit(BODY | {"deadline_s": 60})
    gateway.clock.go_on(70)
    gateway.check(job)
    gateway.clock.go_on(8 * 86_400)

    list(replaying.run([job.id]))

    assert {} == gateway.watches.rows


def test_what_has_no_end_is_not_told(gateway: Gateway, replaying: ReplayEvents) -> None:
    """A job that runs, one that there is not, and what is no id; the others are told all the same."""
    running, ended = gateway.submit(), gateway.end(gateway.submit(), SUCCESS)
    gateway.bus.published.clear()

    assert {
        running.id: Outcome.NOT_ENDED,
        JOB_ID: Outcome.NOT_FOUND,
        "tenant#acme": Outcome.NOT_FOUND,
        ended.id: Outcome.REPLAYED,
    } == outcomes(replaying.run([running.id, JOB_ID, "tenant#acme", ended.id]))
    assert [f"{ended.id}:{ended.sequence}"] == [event.detail["event_id"] for event in gateway.bus.published]


def test_what_the_bus_refuses_is_said(gateway: Gateway, replaying: ReplayEvents) -> None:
    """Of each job, and nothing about it is delivered."""
    failed, succeeded = gateway.end(gateway.submit(BODY), REFUSED), gateway.end(gateway.submit(), SUCCESS)
    given_up(gateway, failed)
    gateway.bus.refuses = {"Job Failed"}
    done = list(replaying.run([failed.id, succeeded.id], with_deliveries=True))

    assert {failed.id: Outcome.REFUSED, succeeded.id: Outcome.REPLAYED} == outcomes(iter(done))
    assert [(), ()] == [each.deliveries for each in done]


def test_many_are_told_in_batches(gateway: Gateway, replaying: ReplayEvents) -> None:
    """Each answer is its own job's, across the calls to the bus."""
    calls: list[int] = []
    ids = [gateway.end(gateway.submit(), REFUSED if index % 3 else SUCCESS).id for index in range(23)]
    publish = gateway.bus.publish

    def counted(events: list[Event]) -> Any:
        calls.append(len(events))
        return publish(events)

    gateway.bus.refuses = {"Job Succeeded"}
    gateway.bus.publish = counted  # type: ignore[method-assign, assignment]
    wanted = {job_id: Outcome.REPLAYED if index % 3 else Outcome.REFUSED for index, job_id in enumerate(ids)}

    assert wanted == outcomes(replaying.run(ids))
    assert [10, 10, 3] == calls


def test_those_of_a_time_are_found(gateway: Gateway, replaying: ReplayEvents) -> None:
    """By their end and not by their beginning; from the first bound on, and before the second."""
    slow = gateway.submit()
    gateway.clock.go_on(3600)
    since = gateway.clock()
    quick = gateway.end(gateway.submit(), SUCCESS)
    gateway.end(slow, SUCCESS)
    gateway.clock.go_on(3600)
    until = gateway.clock()
    gateway.end(gateway.submit(), SUCCESS)

    assert [slow.id, quick.id] == list(replaying.ended(since, until))
    assert [] == list(replaying.ended(since - timedelta(hours=2), since))


def given_up(gateway: Gateway, job: Job) -> Delivery:
    """Have all tries of the only delivery about a job behind it."""
    gateway.delivery_queue.sent.clear()
    (pending,) = gateway.deliveries.of(job.id)
    failed = give_up(pending, at=gateway.clock())
    assert gateway.deliveries.replace(failed, expected=pending.number)
    return failed


@pytest.mark.parametrize(("answer", "state"), [(204, DeliveryState.DELIVERED), (500, DeliveryState.FAILED)])
def test_a_delivery_that_failed_has_one_more_try(
    gateway: Gateway, replaying: ReplayEvents, answer: int, state: DeliveryState
) -> None:
    """Under its id; if it does not do either, that was it."""
    job = gateway.end(gateway.submit(BODY), SUCCESS)
    failed = given_up(gateway, job)
    gateway.receiver.answers = [answer]
    (done,) = replaying.run([job.id], with_deliveries=True)
    assert (failed.id,) == done.deliveries
    gateway.try_delivery()

    (found,) = gateway.deliveries.of(job.id)
    assert (state, MOST_TRIES, None) == (found.state, found.begun, found.due_at)
    assert [failed.id] == [headers["webhook-id"] for _, _, headers in gateway.receiver.posts]
    assert [] == gateway.delivery_queue.sent


def test_a_try_whose_message_is_lost_falls_due(gateway: Gateway, replaying: ReplayEvents) -> None:
    """The row is written first: the poller sends what was not."""
    job = gateway.end(gateway.submit(BODY), SUCCESS)
    given_up(gateway, job)
    list(replaying.run([job.id], with_deliveries=True))
    gateway.delivery_queue.sent.clear()
    gateway.clock.go_on(121)
    assert gateway.poll()
    gateway.try_delivery()

    assert DeliveryState.DELIVERED is gateway.deliveries.of(job.id)[0].state


def test_only_what_failed_is_sent_again(gateway: Gateway, replaying: ReplayEvents) -> None:
    """What was delivered is not, nor what is on its way; and nothing unless it is asked for."""
    delivered, pending = gateway.end(gateway.submit(BODY), SUCCESS), None
    gateway.try_delivery()
    pending = gateway.end(gateway.submit(BODY), SUCCESS)
    gateway.delivery_queue.sent.clear()
    assert [(), ()] == [each.deliveries for each in replaying.run([delivered.id, pending.id], with_deliveries=True)]
    given_up(gateway, pending)
    list(replaying.run([pending.id]))

    assert [] == gateway.delivery_queue.sent
