"""One suite for the deliveries: the table and the fake that other tests trust behave alike."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from klingway.adapters.dynamodb_deliveries import DynamoDbDeliveries
from klingway.adapters.dynamodb_due import DynamoDbDueRows
from klingway.adapters.dynamodb_jobs import DynamoDbJobs
from klingway.domain.deliveries import (
    JOB_SUCCEEDED,
    Answer,
    Delivery,
    DeliveryState,
    Target,
    Verdict,
    begin,
    conclude,
    deliveries_to,
)
from klingway.domain.ids import Tenant, new_element_id, new_job_id
from klingway.use_cases.ports import DueRow, DueRows, JobFilter, TakenUp

from tests.contract.conftest import Deployment
from tests.contract.test_job_store import NOW, REQUEST, a_job
from tests.fakes.deliveries import InMemoryDeliveries

Store = DynamoDbDeliveries | InMemoryDeliveries
NewId = Callable[[datetime], str]
HOOK = Target("webhook", "https://shop.example/hook?a=ü", (JOB_SUCCEEDED,))


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield InMemoryDeliveries()
    else:
        stack: Deployment = request.getfixturevalue("stack")
        yield DynamoDbDeliveries(boto3.client("dynamodb"), stack.outputs["TableName"])


@pytest.fixture
def rows(store: Store, request: pytest.FixtureRequest) -> DueRows:
    """The due rows of the same table; the fake holds both."""
    if isinstance(store, InMemoryDeliveries):
        return store
    table = request.getfixturevalue("stack").outputs["TableName"]
    return DynamoDbDueRows(boto3.client("dynamodb"), table)


def new(subject_id: str | None = None, *, sequence: int = 4, targets: int = 1) -> list[Delivery]:
    subject_id = subject_id or new_job_id(NOW)
    return list(deliveries_to([HOOK] * targets, subject_id=subject_id, sequence=sequence, event=JOB_SUCCEEDED, at=NOW))


def tried(delivery: Delivery) -> Delivery:
    begun = begin(delivery, due_at=NOW + timedelta(seconds=130))
    answer = Answer(verdict=Verdict.AGAIN, error="no answer came: ReadTimeout")
    return conclude(begun, answer, began_at=NOW, at=NOW + timedelta(milliseconds=15_020))[0]


@pytest.mark.parametrize("new_id", [new_job_id, new_element_id])
def test_a_delivery_comes_back_as_it_was_written(store: Store, new_id: NewId) -> None:
    """Every field survives, new, tried and at rest, be it about a job or an element."""
    (delivery,) = new(new_id(NOW))
    assert store.add(delivery)
    assert delivery == store.get(delivery.subject_id, delivery.part)

    after = tried(delivery)
    assert store.replace(after, expected=0)
    assert after == store.get(delivery.subject_id, delivery.part)

    ended, _ = conclude(after, Answer(verdict=Verdict.DELIVERED, status=204), began_at=NOW, at=NOW)
    assert store.replace(ended, expected=after.number)
    assert ended == store.get(delivery.subject_id, delivery.part)
    assert [None, 204] == [line.status for line in ended.tries]


def test_what_is_not_there_is_none(store: Store) -> None:
    """Reading it is no error; writing it anew is refused."""
    (delivery,) = new()

    assert None is store.get(delivery.subject_id, delivery.part)
    assert not store.replace(delivery, expected=0)
    assert [] == list(store.of(delivery.subject_id))


def test_a_delivery_is_added_once(store: Store) -> None:
    """The second time says so, and changes nothing, however far the first has come."""
    (delivery,) = new()
    after = tried(delivery)

    assert [True, True, False] == [store.add(delivery), store.replace(after, expected=0), store.add(delivery)]
    assert after == store.get(delivery.subject_id, delivery.part)


def test_who_expects_another_number_writes_nothing(store: Store) -> None:
    """Of two that have read the same row, one writes."""
    (delivery,) = new()
    store.add(delivery)
    first, second = begin(delivery, due_at=NOW), replace(begin(delivery, due_at=NOW), begun=7)

    assert [True, False] == [store.replace(each, expected=0) for each in (first, second)]
    assert first == store.get(delivery.subject_id, delivery.part)


def test_a_jobs_deliveries_are_listed_newest_first(store: Store) -> None:
    """Its own alone."""
    job_id = new_job_id(NOW)
    first, second = new(job_id, targets=2)
    (later,) = new(job_id, sequence=12)
    for each in (first, later, second, *new()):
        store.add(each)

    assert [later, second, first] == list(store.of(job_id))


@pytest.mark.parametrize("new_id", [new_job_id, new_element_id])
def test_a_delivery_is_due_until_it_is_at_rest(store: Store, rows: DueRows, new_id: NewId) -> None:
    """It falls due as a job does, is taken up by one, and is in the index no more at its end."""
    (delivery,) = new(new_id(NOW))
    store.add(delivery)
    later = NOW + timedelta(seconds=120)
    assert [] == list(rows.due(NOW, limit=10))
    (row,) = rows.due(later, limit=10)
    assert DueRow(delivery.subject_id, "delivery#00004#1", int(later.timestamp())) == row

    taken = rows.take_up(row, at=later)
    assert TakenUp(delivery.subject_id, delivery.part, 1, "pending") == taken
    assert None is rows.take_up(row, at=later)

    found = store.get(delivery.subject_id, delivery.part)
    assert found == replace(delivery, number=1, due_at=int(later.timestamp()) + 120)
    ended, _ = conclude(found, Answer(verdict=Verdict.GONE, status=410), began_at=later, at=later)
    assert store.replace(ended, expected=1)
    assert [] == list(rows.due(NOW + timedelta(days=9), limit=10))
    assert DeliveryState.GONE is ended.state


def test_a_delivery_stands_in_no_list_of_jobs(stack: Deployment) -> None:
    """The index of a tenant's jobs has jobs alone, and a job is read without its deliveries."""
    client, table = boto3.client("dynamodb"), stack.outputs["TableName"]
    jobs, deliveries = DynamoDbJobs(client, table), DynamoDbDeliveries(client, table)
    job = a_job()
    jobs.create(job, REQUEST, None)
    (delivery,) = new(job.id)
    deliveries.add(delivery)

    assert [job.id] == [found.job.id for found in jobs.page(Tenant("acme"), JobFilter(), limit=10, after=None).jobs]
    assert job == jobs.get(job.id)
    item = client.get_item(TableName=table, Key={"pk": {"S": job.id}, "sk": {"S": delivery.part}})["Item"]
    assert not {"tenant", "announce", "id"} & set(item)


def test_a_write_whose_answer_was_lost_is_our_own(stack: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client library repeats it, and finds the row as we wrote it: nobody else was quicker."""
    client = boto3.client("dynamodb")
    store = DynamoDbDeliveries(client, stack.outputs["TableName"])
    (delivery,) = new()
    store.add(delivery)
    put_item = client.put_item

    def twice(**kwargs: Any) -> Any:
        put_item(**kwargs)
        return put_item(**kwargs)

    monkeypatch.setattr(client, "put_item", twice)

    assert store.replace(begin(delivery, due_at=NOW), expected=0)
