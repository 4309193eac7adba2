"""One suite for the job store: the table and the fake that other tests trust behave alike."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from klingway.adapters.dynamodb_due import DynamoDbDueRows
from klingway.adapters.dynamodb_jobs import DynamoDbJobs
from klingway.domain import transitions
from klingway.domain.ids import JobId, ProviderName, Tenant, new_job_id
from klingway.domain.job import Job, JobError, LateResult, LearntBy, Origin, Price, State, StoredFile
from klingway.use_cases.ports import (
    BusyError,
    ChangeRefusedError,
    DueRow,
    DueRows,
    IdempotencyKey,
    JobFilter,
    KeyTakenError,
    ReferenceTakenError,
    StoredJob,
    TakenUp,
)

from tests.contract.conftest import Deployment
from tests.fakes.jobs import InMemoryJobs

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
REQUEST = {"prompt": "ein Fuchs ü 🦊", "duration_s": 5, "cfg_scale": 0.5}
FILM = StoredFile(
    name="attempt-1-video.mp4",
    role="video",
    key="results/1/video.mp4",
    size_bytes=7,
    sha256="ab",
    content_type="video/mp4",
)
Store = DynamoDbJobs | InMemoryJobs


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield InMemoryJobs()
    else:
        stack: Deployment = request.getfixturevalue("stack")
        yield DynamoDbJobs(boto3.client("dynamodb"), stack.outputs["TableName"])


def a_job(at: datetime = NOW, **changes: Any) -> Job:
    job = Job(
        id=new_job_id(at),
        tenant=Tenant("acme"),
        kind="video",
        model="kling-v3",
        state=State.QUEUED,
        provider=ProviderName("klingai"),
        route=(ProviderName("klingai"),),
        route_reason="the only one",
        created_at=at,
        updated_at=at,
        deadline_at=at + timedelta(days=1),
        public_url="https://gateway.example",
        due_at=int(at.timestamp()) + 120,
        reference="order-42",
        metadata={"nested": [1, 2.5, None, "x"]},
        price=Price(Decimal("0.42"), "USD", "list"),
    )
    return replace(job, **changes)


def a_key(body: str = "body", name: str = "k", tenant: str = "acme") -> IdempotencyKey:
    return IdempotencyKey(Tenant(tenant), name, body, int(NOW.timestamp()) + 4_000_000_000)


def begun(job: Job) -> transitions.Change:
    return transitions.begin_attempt(
        job,
        at=NOW + timedelta(seconds=1),
        provider=job.provider,
        account="main",
        handle={"path": "/v1"},
        price=job.price,
        due_at=NOW + timedelta(seconds=40),
    )


def test_a_job_comes_back_as_it_was_written(store: Store) -> None:
    """Every field survives, the caller's free metadata and the request to the last digit included."""
    job = a_job()

    store.create(job, REQUEST, None)

    assert job == store.get(job.id)
    assert REQUEST == store.get_request(job.id)
    stored = store.get_with_request(job.id)
    assert stored is not None
    assert (job, REQUEST) == (stored.job, stored.request)


def test_an_unknown_job_is_none(store: Store) -> None:
    """Reading what is not there is no error."""
    assert None is store.get(new_job_id(NOW))
    assert None is store.get_with_request(new_job_id(NOW))


def test_a_change_is_applied_whole(store: Store) -> None:
    """State, attempt, number, due time and sequence change together, and the answer is what a read then gives."""
    job = a_job()
    store.create(job, REQUEST, None)

    changed = store.apply(job.id, begun(job))

    assert changed == store.get(job.id)
    assert (State.SUBMITTING, 1, 1) == (changed.state, changed.number, changed.sequence)
    assert int(NOW.timestamp()) + 40 == changed.due_at
    assert {"path": "/v1"} == changed.attempt.handle


def test_a_whole_life_comes_back(store: Store) -> None:
    """Accepted, stored and ended: files with fractions of seconds, the way it was learnt, and no due time."""
    job = a_job()
    store.create(job, REQUEST, None)
    job = store.apply(job.id, begun(job))
    job = store.apply(
        job.id, transitions.accept(job, at=NOW, task_id="t", handle={"path": "/v1", "task_id": "t"}, due_after_s=5)
    )
    job = store.apply(
        job.id,
        transitions.begin_storing(job, at=NOW, learnt_by=LearntBy.CALLBACK, due_at=NOW + timedelta(seconds=300)),
    )
    file = StoredFile(
        name="video.mp4",
        role="video",
        key="results/x",
        size_bytes=7,
        sha256="ab",
        content_type="video/mp4",
        duration_s=5.042,
        width=1280,
        height=720,
    )
    job = store.apply(job.id, transitions.succeed(at=NOW, files=[file], result_mismatch=["duration_s"]))

    assert job == store.get(job.id)
    assert (State.SUCCEEDED, None, (file,), ("duration_s",)) == (
        job.state,
        job.due_at,
        job.files,
        job.result_mismatch,
    )


def test_a_change_from_another_state_is_refused_and_shows_the_job(store: Store) -> None:
    """The loser of a race gets the row as it stands, and has changed nothing."""
    job = a_job()
    store.create(job, REQUEST, None)
    winner = store.apply(job.id, begun(job))

    with pytest.raises(ChangeRefusedError) as refusal:
        store.apply(job.id, replace(begun(job), at=NOW + timedelta(seconds=2)))

    assert winner == refusal.value.job == store.get(job.id)


def test_a_change_with_an_old_number_is_refused(store: Store) -> None:
    """Only the number that the row expects may act."""
    job = a_job()
    store.create(job, REQUEST, None)
    store.apply(job.id, transitions.wait(job, at=NOW, after_s=5))

    with pytest.raises(ChangeRefusedError):
        store.apply(job.id, transitions.wait(job, at=NOW + timedelta(seconds=1), after_s=5))


def test_a_change_by_attempts_that_were_read_before_another_began_is_refused(store: Store) -> None:
    """One that was running is running again, with another attempt: whoever has read the first must not write over the second."""
    job = a_job()
    store.create(job, REQUEST, None)
    job = store.apply(job.id, begun(job))
    first = store.apply(job.id, transitions.accept(job, at=NOW, task_id="1", handle={}, due_after_s=60))
    error = JobError(code="stalled", message="too slow", retryable=False)
    job = store.apply(first.id, transitions.go_elsewhere(first, at=NOW, error=error, provider=ProviderName("apimart")))
    job = store.apply(job.id, begun(job))
    second = store.apply(job.id, transitions.accept(job, at=NOW, task_id="2", handle={}, due_after_s=60))

    for stale in (
        transitions.begin_storing(first, at=NOW, learnt_by=LearntBy.POLL, due_at=NOW),
        transitions.go_elsewhere(first, at=NOW, error=error, provider=ProviderName("apimart")),
        transitions.fail(first, at=NOW, error=error),
        transitions.accept(first, at=NOW, task_id="1", handle={}, due_after_s=60),
    ):
        with pytest.raises(ChangeRefusedError) as refused:
            store.apply(job.id, replace(stale, allowed_from=frozenset({State.RUNNING})))
        assert second == refused.value.job
    storing = store.apply(job.id, transitions.begin_storing(second, at=NOW, learnt_by=LearntBy.POLL, due_at=NOW))
    assert [1, 2] == [attempt.number for attempt in storing.attempts]


def test_a_change_of_a_job_that_is_gone_is_refused(store: Store) -> None:
    """No row comes to be by a change."""
    job = a_job()

    with pytest.raises(ChangeRefusedError) as refusal:
        store.apply(job.id, begun(job))

    assert None is refusal.value.job
    assert None is store.get(job.id)


def test_a_terminal_state_is_for_good(store: Store) -> None:
    """No change that waits, begins or fails again gets past a job at rest."""
    job = a_job()
    store.create(job, REQUEST, None)
    error = JobError(code="x", message="y", retryable=False, provider_code="1201")
    job = store.apply(job.id, transitions.fail(job, at=NOW, error=error))

    for change in (begun(job), transitions.wait(job, at=NOW, after_s=1)):
        with pytest.raises(ChangeRefusedError):
            store.apply(job.id, change)
    assert error == job.error


def test_a_late_result_stands_beside_the_end(store: Store) -> None:
    """Each once, in the order in which they came; the state stays, and whoever has read another row is refused."""
    job = a_job()
    store.create(job, REQUEST, None)
    error = JobError(code="deadline_exceeded", message="too late", retryable=True)
    ended = store.apply(job.id, transitions.fail(job, at=NOW, error=error))
    lates = [LateResult(attempt=n, provider=job.provider, sequence=9 + n, stored_at=NOW, files=(FILM,)) for n in (1, 2)]

    kept = store.keep_late_result(ended, lates[0])
    with pytest.raises(ChangeRefusedError) as refused:
        store.keep_late_result(ended, lates[1])

    assert (kept, kept) == (refused.value.job, store.get(job.id))
    assert replace(ended, late_results=(lates[0],), number=ended.number + 1) == kept
    assert tuple(lates) == store.keep_late_result(kept, lates[1]).late_results
    store.delete(ended)
    with pytest.raises(ChangeRefusedError) as gone:
        store.keep_late_result(kept, lates[1])
    assert None is gone.value.job


def test_a_key_belongs_to_the_first_job(store: Store) -> None:
    """The second job under a key is not written, and the error names the first and its fingerprint."""
    first, second = a_job(), a_job()
    store.create(first, REQUEST, a_key("body"))

    with pytest.raises(KeyTakenError) as taken:
        store.create(second, REQUEST, a_key("other"))

    assert (first.id, "body") == (taken.value.job_id, taken.value.fingerprint)
    assert None is store.get(second.id)


def test_keys_of_tenants_do_not_meet(store: Store) -> None:
    """Two tenants may use the same key."""
    first, second = a_job(), a_job(tenant=Tenant("other"))
    store.create(first, REQUEST, a_key())
    store.create(second, REQUEST, a_key(tenant="other"))

    assert None is not store.get(second.id)


def named(external_id: str | None, product: str = "omni-video", dialect: str = "klingai") -> Origin:
    return Origin(dialect=ProviderName(dialect), product=product, external_id=external_id)


def test_an_external_id_finds_its_job(store: Store) -> None:
    """By tenant and dialect: another tenant's or another dialect's is another's."""
    job = a_job(origin=named("order-42"))
    store.create(job, REQUEST, None)

    assert job == store.get(job.id)
    assert job.id == store.named(Tenant("acme"), ProviderName("klingai"), "order-42")
    assert None is store.named(Tenant("other"), ProviderName("klingai"), "order-42")
    assert None is store.named(Tenant("acme"), ProviderName("ezmodel"), "order-42")
    assert None is store.named(Tenant("acme"), ProviderName("klingai"), "order-43")


def test_an_external_id_is_given_once(store: Store) -> None:
    """A second job of this name is not written, whatever the product; the error has the name."""
    first, second = a_job(origin=named("order-42")), a_job(origin=named("order-42", "text2video"))
    store.create(first, REQUEST, None)

    with pytest.raises(ReferenceTakenError) as taken:
        store.create(second, REQUEST, a_key())

    assert "order-42" == taken.value.external_id
    assert (None, None) == (store.get(second.id), store.taken_by(a_key()))


def test_a_job_without_an_external_id_takes_none(store: Store) -> None:
    """Any number of jobs have no name of their caller's."""
    for _ in range(2):
        store.create(a_job(origin=named(None)), REQUEST, None)

    assert None is store.named(Tenant("acme"), ProviderName("klingai"), "")


def test_a_repeated_key_is_told_before_the_name(store: Store) -> None:
    """The same request sent again is the same job, not a name that is taken."""
    job, again = a_job(origin=named("order-42")), a_job(origin=named("order-42"))
    store.create(job, REQUEST, a_key())

    with pytest.raises(KeyTakenError):
        store.create(again, REQUEST, a_key())


def test_a_name_that_is_let_go_can_be_given_again(store: Store) -> None:
    """Only by the job that has it: another job of the same name, made since, keeps it."""
    first, second = a_job(origin=named("order-42")), a_job(origin=named("order-42"))
    store.create(first, REQUEST, None)
    store.forget_name(first)
    store.create(second, REQUEST, None)
    store.forget_name(first)

    assert second.id == store.named(Tenant("acme"), ProviderName("klingai"), "order-42")


def test_a_job_is_deleted_with_all_that_stands_beside_it(store: Store) -> None:
    """Its request is gone, and its name free; another job's are not touched, and a second time does no harm."""
    job, other = (a_job(origin=named(name)) for name in ("one", "two"))
    store.create(job, REQUEST, a_key())
    store.create(other, REQUEST, None)

    store.delete(job)
    store.delete(job)

    assert (None, None) == (store.get(job.id), store.get_with_request(job.id))
    assert [None, other.id] == [store.named(job.tenant, ProviderName("klingai"), name) for name in ("one", "two")]
    kept = store.get_with_request(other.id)
    assert kept is not None
    assert (other, REQUEST) == (kept.job, kept.request)


def test_numbered_pages_show_one_product_of_one_dialect(store: Store) -> None:
    """Newest first, so many after so many; other products, dialects, tenants and canonical jobs are not in it."""
    jobs = [a_job(NOW + timedelta(seconds=n), origin=named(None)) for n in range(5)]
    others = [
        a_job(origin=named(None, "text2video")),
        a_job(origin=named(None, dialect="ezmodel")),
        a_job(origin=named(None), tenant=Tenant("other")),
        a_job(),
    ]
    for job in (*jobs, *others):
        store.create(job, REQUEST, None)

    def shown(skipped: int, limit: int) -> list[JobId]:
        page = store.numbered_page(Tenant("acme"), ProviderName("klingai"), "omni-video", skipped=skipped, limit=limit)
        return [stored.job.id for stored in page]

    ids = [job.id for job in reversed(jobs)]
    assert (ids, ids[:2], ids[2:4], ids[4:], []) == (
        shown(0, 500), shown(0, 2), shown(2, 2), shown(4, 2), shown(6, 2),
    )  # fmt: skip


def test_a_numbered_page_may_be_long(store: Store) -> None:
    """Sixty jobs in one page: more than one call can read."""
    for n in range(60):
        store.create(a_job(NOW + timedelta(seconds=n), origin=named(None)), REQUEST, None)

    page = store.numbered_page(Tenant("acme"), ProviderName("klingai"), "omni-video", skipped=0, limit=500)

    assert 60 == len({stored.job.id for stored in page})


def test_an_expired_key_is_free(store: Store) -> None:
    """A key past its end is taken over, though its row has not been removed yet."""
    first, second = a_job(), a_job(NOW + timedelta(days=8))
    store.create(first, REQUEST, replace(a_key(), expires_at=int(NOW.timestamp()) + 7 * 86_400))
    store.create(second, REQUEST, a_key())

    assert None is not store.get(second.id)


def test_writing_the_same_job_again_is_no_error(store: Store) -> None:
    """A call whose answer was lost and which is repeated by the client library ends well, under its own key too."""
    job = a_job()
    store.create(job, REQUEST, a_key())
    store.create(job, REQUEST, a_key())

    assert job == store.get(job.id)


def test_a_list_shows_a_tenants_own_newest_first_in_parts(store: Store) -> None:
    """Seven jobs in parts of three: 3, 3, 1, none twice, none of another tenant."""
    jobs = [a_job(NOW + timedelta(seconds=index)) for index in range(7)]
    for job in [*jobs, a_job(tenant=Tenant("other"))]:
        store.create(job, REQUEST, None)
    parts: list[list[JobId]] = []
    after: JobId | None = None

    while not parts or after is not None:
        page = store.page(Tenant("acme"), JobFilter(), limit=3, after=after)
        parts.append([stored.job.id for stored in page.jobs])
        after = page.next_after

    assert [3, 3, 1] == [len(part) for part in parts]
    assert [job.id for job in reversed(jobs)] == [job_id for part in parts for job_id in part]


def test_a_list_is_filtered(store: Store) -> None:
    """By state and by reference, together; the cursor goes on behind the last one shown."""
    for index in range(6):
        job = a_job(NOW + timedelta(seconds=index), reference=f"order-{index % 2}")
        store.create(job, REQUEST, None)
        if index < 4:
            store.apply(job.id, begun(job))

    which = JobFilter(state=State.SUBMITTING, reference="order-1")
    first = store.page(Tenant("acme"), which, limit=1, after=None)
    second = store.page(Tenant("acme"), which, limit=1, after=first.next_after)

    assert [1, 1] == [len(first.jobs), len(second.jobs)]
    assert first.jobs[0].job.id > second.jobs[0].job.id
    assert {State.SUBMITTING} == {stored.job.state for page in (first, second) for stored in page.jobs}
    assert None is second.next_after


@pytest.fixture
def rows(store: Store, request: pytest.FixtureRequest) -> DueRows:
    """The due rows of the same table; the fake holds both."""
    if isinstance(store, InMemoryJobs):
        return store
    table = request.getfixturevalue("stack").outputs["TableName"]
    return DynamoDbDueRows(boto3.client("dynamodb"), table)


def test_what_is_due_comes_longest_due_first(store: Store, rows: DueRows) -> None:
    """Due rows of every shard, merged by due time; what is not due yet, or at rest, is not among them."""
    at = int(NOW.timestamp())
    jobs = [a_job(due_at=at - index * 7) for index in range(9)]
    later, ended = a_job(due_at=at + 1), a_job(due_at=at - 1)
    for job in [*jobs, later, ended]:
        store.create(job, REQUEST, None)
    store.apply(ended.id, transitions.fail(ended, at=NOW, error=JobError(code="x", message="y", retryable=False)))

    due = list(rows.due(NOW, limit=100))

    assert [DueRow(job.id, "job", job.due_at or 0) for job in reversed(jobs)] == due


def test_a_due_row_is_taken_up_by_one(store: Store, rows: DueRows) -> None:
    """The first to take it gets the job with a higher number, due in two minutes; the second gets nothing."""
    job = a_job(due_at=int(NOW.timestamp()))
    store.create(job, REQUEST, None)
    (row,) = rows.due(NOW, limit=10)

    first, second = rows.take_up(row, at=NOW), rows.take_up(row, at=NOW)
    now = store.get(job.id)

    assert TakenUp(job.id, "job", 1, "queued") == first
    assert now is not None
    assert (1, int(NOW.timestamp()) + 120) == (now.number, now.due_at)
    assert None is second


def test_a_change_of_state_is_announced_and_other_writes_are_not(stack: Deployment) -> None:
    """`announce` carries the change's number right after a change of state, and is gone after any other write."""
    client = boto3.client("dynamodb")
    table = stack.outputs["TableName"]
    store = DynamoDbJobs(client, table)
    job = a_job()

    def announced() -> str | None:
        item = client.get_item(TableName=table, Key={"pk": {"S": job.id}, "sk": {"S": "job"}})["Item"]
        return item.get("announce", {}).get("N")

    store.create(job, REQUEST, None)
    seen = [announced()]
    job = store.apply(job.id, begun(job))
    seen.append(announced())
    job = store.apply(job.id, transitions.wait(job, at=NOW, after_s=5))
    seen.append(announced())
    error = JobError(code="x", message="y", retryable=False)
    store.apply(job.id, transitions.fail(job, at=NOW, error=error))
    seen.append(announced())

    assert [None, "1", None, "2"] == seen


def test_a_late_result_is_not_announced_as_an_end(stack: Deployment) -> None:
    """The stream would tell of the end once more: the announcement is taken away, and the row does not fall due."""
    client = boto3.client("dynamodb")
    jobs = DynamoDbJobs(client, stack.outputs["TableName"])
    job = a_job()
    jobs.create(job, REQUEST, None)
    error = JobError(code="deadline_exceeded", message="too late", retryable=True)
    ended = jobs.apply(job.id, transitions.fail(job, at=NOW, error=error))

    jobs.keep_late_result(ended, LateResult(attempt=1, provider=job.provider, sequence=9, stored_at=NOW, files=(FILM,)))

    key: Any = {"pk": {"S": job.id}, "sk": {"S": "job"}}
    row = client.get_item(TableName=stack.outputs["TableName"], Key=key)["Item"]
    assert not {"announce", "due_at", "due_shard"} & set(row)


def test_taking_a_row_up_announces_nothing(stack: Deployment) -> None:
    """The poller's write takes the announcement away, or each take-up would publish it again."""
    client = boto3.client("dynamodb")
    table = stack.outputs["TableName"]
    store = DynamoDbJobs(client, table)
    job = a_job()
    store.create(job, REQUEST, None)
    job = store.apply(job.id, begun(job))

    DynamoDbDueRows(client, table).take_up(DueRow(job.id, "job", job.due_at or 0), at=NOW)

    item = client.get_item(TableName=table, Key={"pk": {"S": job.id}, "sk": {"S": "job"}})["Item"]
    assert "announce" not in item


def test_a_job_at_rest_leaves_the_due_index(stack: Deployment) -> None:
    """Neither of the index's two keys is left on the row, so that the index stays as small as what is due."""
    client = boto3.client("dynamodb")
    table = stack.outputs["TableName"]
    store = DynamoDbJobs(client, table)
    job = a_job()
    store.create(job, REQUEST, None)
    store.apply(job.id, transitions.fail(job, at=NOW, error=JobError(code="x", message="y", retryable=False)))

    item = client.get_item(TableName=table, Key={"pk": {"S": job.id}, "sk": {"S": "job"}})["Item"]

    assert {"due_at", "due_shard"} & item.keys() == set()


class ConflictingClient:
    """A DynamoDB client whose transactions meet somebody else's for a while."""

    def __init__(self, client: Any, conflicts: int) -> None:
        self._client = client
        self._conflicts = conflicts
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **kwargs: Any) -> Any:
        self.calls += 1
        if self.calls > self._conflicts:
            return self._client.transact_write_items(**kwargs)
        answer: Any = {
            "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
            "CancellationReasons": [{"Code": "None"}, {"Code": "None"}, {"Code": "TransactionConflict"}],
        }
        raise self._client.exceptions.TransactionCanceledException(answer, "TransactWriteItems")


class BreakingOff:
    """A DynamoDB client with which so many deletions succeed, and then the process ends."""

    def __init__(self, client: Any, deletions: int) -> None:
        self._client = client
        self._left = deletions

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def delete_item(self, **kwargs: Any) -> Any:
        self._go_on()
        return self._client.delete_item(**kwargs)

    def transact_write_items(self, **kwargs: Any) -> Any:
        self._go_on()
        return self._client.transact_write_items(**kwargs)

    def _go_on(self) -> None:
        if self._left == 0:
            raise ConnectionError("the process ended")
        self._left -= 1


@pytest.mark.parametrize("deletions", range(2))
def test_a_deletion_that_breaks_off_leaves_the_job_with_its_request(stack: Deployment, deletions: int) -> None:
    """Wherever it ends, at name or job, the job is still shown, and a second deletion takes all that is left."""
    client, table = boto3.client("dynamodb"), stack.outputs["TableName"]
    store, job = DynamoDbJobs(client, table), a_job(origin=named("mine"))
    store.create(job, REQUEST, None)

    with pytest.raises(ConnectionError):
        DynamoDbJobs(BreakingOff(client, deletions), table).delete(job)  # type: ignore[arg-type] # speaks as one
    assert StoredJob(job, REQUEST) == store.get_with_request(job.id)

    store.delete(job)
    assert 0 == client.scan(TableName=table)["Count"]


def test_a_conflicting_transaction_is_tried_again(stack: Deployment) -> None:
    """Three TransactionConflicts in a row, then the job is there."""
    client = ConflictingClient(boto3.client("dynamodb"), conflicts=3)
    job = a_job()

    DynamoDbJobs(client, stack.outputs["TableName"]).create(job, REQUEST, a_key())  # type: ignore[arg-type]

    assert 4 == client.calls
    assert None is not DynamoDbJobs(boto3.client("dynamodb"), stack.outputs["TableName"]).get(job.id)


def test_a_conflict_with_the_winner_gives_the_winners_job(stack: Deployment) -> None:
    """The transaction conflicts because another one took the key: the alias is read, and nothing is written."""
    client = boto3.client("dynamodb")
    first, second = a_job(), a_job()
    DynamoDbJobs(client, stack.outputs["TableName"]).create(first, REQUEST, a_key())

    with pytest.raises(KeyTakenError) as taken:
        DynamoDbJobs(ConflictingClient(client, 1), stack.outputs["TableName"]).create(second, REQUEST, a_key())  # type: ignore[arg-type]

    assert first.id == taken.value.job_id


def test_a_table_that_refuses_for_good_is_busy(stack: Deployment) -> None:
    """Eight conflicts in a row end in an error that says that nothing was written."""
    client = ConflictingClient(boto3.client("dynamodb"), conflicts=99)
    job = a_job()

    with pytest.raises(BusyError):
        DynamoDbJobs(client, stack.outputs["TableName"]).create(job, REQUEST, None)  # type: ignore[arg-type]

    assert None is DynamoDbJobs(boto3.client("dynamodb"), stack.outputs["TableName"]).get(job.id)


def test_sixteen_threads_with_one_key_make_one_job(stack: Deployment) -> None:
    """Whoever loses learns of the same winner; one job row exists."""
    client = boto3.client("dynamodb")
    store = DynamoDbJobs(client, stack.outputs["TableName"])
    jobs = [a_job() for _ in range(16)]
    outcomes: list[JobId] = []

    def create(job: Job) -> None:
        try:
            store.create(job, REQUEST, a_key())
        except KeyTakenError as taken:
            outcomes.append(taken.job_id)
        else:
            outcomes.append(job.id)

    threads = [threading.Thread(target=create, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 16 == len(outcomes)
    assert 1 == len(set(outcomes))
    assert 1 == sum(store.get(job.id) is not None for job in jobs)


class RepeatingClient:
    """A DynamoDB client that loses the answer of each update and, as boto3 does, sends the very same one again."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_item(self, **kwargs: Any) -> Any:
        self._client.update_item(**kwargs)
        return self._client.update_item(**kwargs)


def test_a_write_whose_answer_was_lost_is_recognised(stack: Deployment) -> None:
    """Repeated by the client library, it is refused by its own first effect: that is no lost race."""
    store = DynamoDbJobs(RepeatingClient(boto3.client("dynamodb")), stack.outputs["TableName"])  # type: ignore[arg-type]
    job = a_job()
    store.create(job, REQUEST, None)

    assert State.SUBMITTING is store.apply(job.id, begun(job)).state


def test_two_equal_writes_at_the_same_millisecond_have_one_winner(store: Store) -> None:
    """A message delivered twice at once: the second worker's very same change is a lost race, or it would submit too."""
    job = a_job()
    store.create(job, REQUEST, None)
    store.apply(job.id, begun(job))

    with pytest.raises(ChangeRefusedError):
        store.apply(job.id, begun(job))


def test_a_filter_that_hardly_anything_fits_ends_with_a_cursor(
    stack: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 30 rows, 2 looked at in a query: after ten queries an empty page, from whose cursor the rest is reached."""
    monkeypatch.setattr("klingway.adapters.dynamodb_jobs._SCANNED_PER_QUERY", 2)
    store = DynamoDbJobs(boto3.client("dynamodb"), stack.outputs["TableName"])
    for index in range(30):
        store.create(a_job(NOW + timedelta(seconds=index), reference="last" if index == 0 else "x"), REQUEST, None)
    which = JobFilter(reference="last")

    first = store.page(Tenant("acme"), which, limit=5, after=None)
    second = store.page(Tenant("acme"), which, limit=5, after=first.next_after)

    assert ([], True) == (list(first.jobs), first.next_after is not None)
    assert ["last"] == [stored.job.reference for stored in second.jobs]


@pytest.mark.usefixtures("stack")
def test_other_errors_of_the_table_are_not_swallowed() -> None:
    """A table that does not exist is an error, not a busy table."""
    with pytest.raises(ClientError):
        DynamoDbJobs(boto3.client("dynamodb"), "no-such-table").create(a_job(), REQUEST, None)
