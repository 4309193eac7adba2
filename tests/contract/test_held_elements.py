"""One suite for the elements that callers hold: the table and the fake that other tests trust behave alike."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from klingway.adapters.dynamodb_due import DynamoDbDueRows
from klingway.adapters.dynamodb_elements import DynamoDbElements
from klingway.adapters.dynamodb_jobs import DynamoDbJobs
from klingway.domain import elements
from klingway.domain.elements import CALLER, USABLE, ElementState, KeptElement
from klingway.domain.ids import ElementId, JobId, ProviderName, Tenant, new_element_id, new_element_number, new_job_id
from klingway.domain.job import Origin
from klingway.use_cases.element_ports import ElementChangeRefusedError, ElementNumberTakenError
from klingway.use_cases.ports import IdempotencyKey, JobFilter, KeyTakenError, ReferenceTakenError

from tests.contract.conftest import Deployment
from tests.fakes.elements import InMemoryElements
from tests.fakes.jobs import InMemoryJobs

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
A_DAY_S = 86_400
ACME, KLING = Tenant("acme"), ProviderName("klingai")
DEFINITION = {"name": "Hündin", "description": "a brown dog 🐕", "images": ["https://x/1.png", "https://x/2.png"]}
IN_2100 = 4_102_444_800


@dataclass
class Stores:
    """Elements, and the jobs with which they share names and keys."""

    elements: DynamoDbElements | InMemoryElements
    jobs: DynamoDbJobs | InMemoryJobs


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        jobs = InMemoryJobs()
        yield Stores(InMemoryElements(jobs), jobs)
    else:
        stack: Deployment = request.getfixturevalue("stack")
        client, table = boto3.client("dynamodb"), stack.outputs["TableName"]
        yield Stores(DynamoDbElements(client, table), DynamoDbJobs(client, table))


@pytest.fixture
def store(stores: Stores) -> DynamoDbElements | InMemoryElements:
    return stores.elements


Store = DynamoDbElements | InMemoryElements


def an_element(
    number: int | None = None, *, at: datetime = NOW, external_id: str | None = None, **changes: Any
) -> KeptElement:
    """Return a new element that its caller holds."""
    element = elements.wanted(
        changes.pop("definition", DEFINITION),
        tenant=changes.pop("tenant", ACME),
        provider=KLING,
        account="main",
        public_url="https://gateway.example",
        at=at,
        user=CALLER,
    )
    origin = Origin(dialect=KLING, product="advanced-custom-elements", external_id=external_id) if external_id else None
    return replace(element, element_number=number or new_element_number(), origin=origin, **changes)


def created(store: Store, element: KeptElement, key: IdempotencyKey | None = None) -> KeptElement:
    store.create(element, key)
    return element


def at_rest(store: Store, element: KeptElement) -> KeptElement:
    """Return an element that is made, and held by its caller alone."""
    begun = elements.begin(element, at=NOW, handle={"path": "/elements"}, due_at=NOW + timedelta(seconds=70))
    store.apply(element.id, begun)
    made = store.apply(element.id, elements.make_ready(at=NOW, provider_id="101"))
    return store.apply(element.id, elements.rest(made, at=NOW))


def a_key(name: str = "k", fingerprint: str = "f") -> IdempotencyKey:
    return IdempotencyKey(ACME, name, fingerprint, IN_2100)


def a_job() -> JobId:
    return new_job_id(NOW)


# ------------------------------------------------------------------------------------------------------- creating


def test_an_element_comes_back_as_it_was_written(store: Store) -> None:
    """Number, origin, external id and callback address among the rest."""
    element = created(store, an_element(external_id="my dog/1", callback_url="https://caller.example/hook"))

    assert element == store.get(element.id)
    assert {element.id: element} == store.several([element.id, element.id, new_element_id(NOW)])
    assert {element.element_number: element.id} == store.numbered(ACME, {element.element_number or 0, 1})
    assert [element] == list(store.page(ACME, limit=10).elements)


def test_one_without_a_dialect_comes_back_as_well(store: Store) -> None:
    """No origin, no external id, no callback address."""
    element = created(store, an_element())

    assert element == store.get(element.id)
    assert (None, None) == (element.origin, element.callback_url)


def test_a_job_joins_the_element_that_stands_for_its_description(store: Store) -> None:
    """The caller's first one of that description; a second one changes nothing of that."""
    first, second = created(store, an_element()), created(store, an_element())
    job = a_job()

    joined = store.claim(replace(first, id=new_element_id(NOW), users=frozenset({job})), job)

    assert (first.id, frozenset({CALLER, job})) == (joined.id, joined.users)
    assert frozenset({CALLER}) == (store.get(second.id) or first).users


def test_a_repeated_write_is_no_error(store: Store) -> None:
    """An answer was lost, and the client library wrote once more: the very element is there, once."""
    element = an_element(external_id="mine")
    key = a_key()

    store.create(element, key)
    store.create(element, key)

    assert [element] == list(store.page(ACME, limit=10).elements)


def test_an_external_id_is_taken_once(stores: Stores) -> None:
    """By an element or a job of the dialect; another tenant's and another dialect's are others. Nothing is written."""
    first = created(stores.elements, an_element(external_id="mine"))
    other = an_element(external_id="mine")

    with pytest.raises(ReferenceTakenError) as taken:
        stores.elements.create(other, a_key())

    assert "mine" == taken.value.external_id
    assert first.id == stores.jobs.named(ACME, KLING, "mine")
    assert None is stores.elements.get(other.id)
    assert None is stores.jobs.taken_by(a_key()), "the key is still free"
    assert {} == stores.elements.numbered(ACME, {other.element_number or 0})
    assert [first] == list(stores.elements.page(ACME, limit=10).elements)
    created(stores.elements, an_element(external_id="mine", tenant=Tenant("other")))
    elsewhere = Origin(dialect=ProviderName("ezmodel"), product="elements", external_id="mine")
    created(stores.elements, replace(an_element(), origin=elsewhere))


def test_a_key_is_taken_once(stores: Stores) -> None:
    """It says which element was made under it, and for which body."""
    first = created(stores.elements, an_element(), a_key(fingerprint="one"))
    other = an_element(external_id="other")

    with pytest.raises(KeyTakenError) as taken:
        stores.elements.create(other, a_key(fingerprint="two"))

    assert (first.id, "one") == (taken.value.job_id, taken.value.fingerprint)
    by_job = stores.jobs.taken_by(a_key())
    assert by_job is not None
    assert (first.id, "one") == (by_job.job_id, by_job.fingerprint)
    assert None is stores.elements.get(other.id)
    assert None is stores.jobs.named(ACME, KLING, "other")


def test_a_key_and_an_external_id_of_the_same_request(store: Store) -> None:
    """Both are taken when it is repeated: the key counts, which says that it is the same request."""
    created(store, an_element(external_id="mine"), a_key())

    with pytest.raises(KeyTakenError):
        store.create(an_element(external_id="mine"), a_key())


def test_a_key_whose_time_is_over_is_free(store: Store) -> None:
    """The table removes it some time later."""
    created(store, an_element(), replace(a_key(), expires_at=int(NOW.timestamp()) - 1))

    element = created(store, an_element(), a_key())

    assert element == store.get(element.id)


def test_a_number_is_given_once(store: Store) -> None:
    """To one element of a tenant; it stays given when the element is gone. Other tenants' numbers are their own."""
    number = new_element_number()
    first = created(store, an_element(number))

    for gone in (False, True):
        if gone:
            store.let_go(first, at=LATER)
            store.remove(first)
        with pytest.raises(ElementNumberTakenError):
            store.create(an_element(number), None)

    assert {number: first.id} == store.numbered(ACME, {number})
    assert {} == store.numbered(Tenant("other"), {number})
    created(store, an_element(number, tenant=Tenant("other")))


# -------------------------------------------------------------------------------------------------- joining, resting


def test_an_element_rests_and_is_woken(store: Store) -> None:
    """Made and held by its caller alone it is not due; once a job has joined it is looked at after a day."""
    element = at_rest(store, created(store, an_element()))
    assert (None, element) == (element.due_at, store.get(element.id))
    job = a_job()

    joined = store.join(element.id, job, digest=element.digest, at=LATER)

    assert joined is not None
    assert joined == store.get(element.id)
    assert (frozenset({CALLER, job}), int(LATER.timestamp()) + A_DAY_S + 120) == (joined.users, joined.due_at)
    assert (element.number, element.state) == (joined.number, joined.state)


def test_joining_what_is_due_leaves_its_due_time(store: Store) -> None:
    """The work on its way is still good."""
    element = created(store, an_element())

    joined = store.join(element.id, a_job(), digest=element.digest, at=LATER)

    assert joined is not None
    assert (element.due_at, element.number) == (joined.due_at, joined.number)


def test_a_claim_wakes_what_rests(store: Store) -> None:
    """As joining it by its id does."""
    element = at_rest(store, created(store, an_element()))
    job = a_job()
    wanted = replace(element, id=new_element_id(LATER), created_at=LATER, users=frozenset({job}))

    joined = store.claim(wanted, job)

    assert (element.id, int(LATER.timestamp()) + A_DAY_S + 120) == (joined.id, joined.due_at)


@pytest.mark.parametrize("state", sorted(ElementState))
def test_what_can_be_joined(store: Store, state: ElementState) -> None:
    """On its way, or made; not one that failed or is being deleted, and no row comes to be of one that is gone."""
    element = created(store, an_element(state=state))

    joined = store.join(element.id, a_job(), digest=element.digest, at=LATER)

    assert (state in USABLE) == (joined is not None)
    gone = new_element_id(NOW)
    assert None is store.join(gone, a_job(), digest=element.digest, at=LATER)
    assert None is store.get(gone)


def test_what_is_of_another_description_is_not_joined(store: Store) -> None:
    """Nor what is at another provider, or another account's: the digest says all that."""
    element = created(store, an_element())

    assert None is store.join(element.id, a_job(), digest="another", at=LATER)
    assert element == store.get(element.id)


def test_what_a_job_uses_does_not_rest(store: Store) -> None:
    """Nor what has moved on: in both cases nothing is written."""
    element = created(store, an_element(state=ElementState.READY))
    joined = store.join(element.id, a_job(), digest=element.digest, at=LATER)
    assert joined is not None

    for stale in (joined, replace(joined, number=joined.number + 1)):
        with pytest.raises(ElementChangeRefusedError):
            store.apply(element.id, elements.rest(stale, at=LATER))

    assert joined == store.get(element.id)


# -------------------------------------------------------------------------------------------------------- letting go


def test_what_is_let_go_is_listed_no_more_and_its_name_is_free(stores: Stores) -> None:
    """The row stays for whoever deletes it, and is due in two minutes; twice is no error; the number stays given."""
    store = stores.elements
    element = at_rest(store, created(store, an_element(external_id="mine")))

    left = store.let_go(element, at=LATER)
    again = store.let_go(element, at=LATER + timedelta(seconds=5))

    assert left is not None
    assert (frozenset(), int(LATER.timestamp()) + 120, element.number) == (left.users, left.due_at, left.number)
    assert left == again == store.get(element.id)
    assert [] == list(store.page(ACME, limit=10).elements)
    assert None is stores.jobs.named(ACME, KLING, "mine")
    assert {element.element_number: element.id} == store.numbered(ACME, {element.element_number or 0})
    created(store, an_element(external_id="mine"))


def test_letting_go_leaves_jobs_and_the_due_time(store: Store) -> None:
    """Of what is being made, or used."""
    element = created(store, an_element())
    job = a_job()
    store.join(element.id, job, digest=element.digest, at=NOW)

    left = store.let_go(element, at=LATER)

    assert left is not None
    assert (frozenset({job}), element.due_at) == (left.users, left.due_at)
    with pytest.raises(ElementChangeRefusedError):
        store.apply(element.id, elements.begin_deleting(replace(left, state=ElementState.WANTED), at=LATER))


def test_what_is_held_is_not_deleted(store: Store) -> None:
    """Its deletion begins only when its caller has let it go, too."""
    element = at_rest(store, created(store, an_element()))
    with pytest.raises(ElementChangeRefusedError):
        store.apply(element.id, elements.begin_deleting(element, at=LATER))

    left = store.let_go(element, at=LATER)

    assert left is not None
    assert ElementState.DELETING is store.apply(element.id, elements.begin_deleting(left, at=LATER)).state


def test_what_is_gone_cannot_be_let_go(store: Store) -> None:
    """No row comes to be by it."""
    element = an_element()

    assert None is store.let_go(element, at=LATER)
    assert None is store.get(element.id)


def test_what_is_removed_takes_its_name_and_place_along(stores: Stores) -> None:
    """Should letting go have broken off after its first write. Nothing of another element's is taken."""
    store = stores.elements
    element = created(store, an_element(external_id="mine"))

    store.remove(element)

    assert None is stores.jobs.named(ACME, KLING, "mine")
    assert [] == list(store.page(ACME, limit=10).elements)
    new = created(store, an_element(external_id="mine"))
    store.remove(element)
    assert new.id == stores.jobs.named(ACME, KLING, "mine")
    assert [new] == list(store.page(ACME, limit=10).elements)


# ----------------------------------------------------------------------------------------------------------- the list


def some(store: Store, count: int) -> list[ElementId]:
    """Write elements, a second between each; return their ids, newest first."""
    written = [created(store, an_element(at=NOW + timedelta(seconds=index))) for index in range(count)]
    return [element.id for element in reversed(written)]


def ids(page: Any) -> list[ElementId]:
    return [element.id for element in page.elements]


def test_the_list_is_a_tenants_own_newest_first(store: Store) -> None:
    """Whatever jobs have made for themselves is not in it."""
    mine = some(store, 3)
    created(store, an_element(tenant=Tenant("other")))
    job = a_job()
    store.claim(replace(an_element(definition={"name": "x"}), element_number=None, users=frozenset({job})), job)

    page = store.page(ACME, limit=10)

    assert (mine, None) == (ids(page), page.next_after)


def test_a_list_goes_on_where_it_ended(store: Store) -> None:
    """Each part says where the next begins; what comes new in between shifts nothing; the end says that it is one."""
    mine = some(store, 5)

    first = store.page(ACME, limit=2)
    created(store, an_element(at=NOW + timedelta(minutes=1)))
    second = store.page(ACME, limit=2, after=first.next_after)
    third = store.page(ACME, limit=2, after=second.next_after)

    assert [mine[:2], mine[2:4], mine[4:]] == [ids(first), ids(second), ids(third)]
    assert (mine[1], mine[3], None) == (first.next_after, second.next_after, third.next_after)


def test_a_list_is_paged_by_number_as_well(store: Store) -> None:
    """So many are left out first; beyond the end there is nothing."""
    mine = some(store, 5)

    assert mine[2:4] == ids(store.page(ACME, limit=2, skipped=2))
    assert mine[4:] == ids(store.page(ACME, limit=2, skipped=4))
    assert [] == ids(store.page(ACME, limit=2, skipped=6))


def test_what_is_half_let_go_is_not_shown(store: Store) -> None:
    """Its row says so already, its place in the list is not taken away yet."""
    mine = some(store, 3)

    store.release(mine[1], JobId(CALLER))

    assert [mine[0], mine[2]] == ids(store.page(ACME, limit=3))
    page = store.page(ACME, limit=2)
    assert ([mine[0]], mine[1]) == (ids(page), page.next_after), "a short part is not the end"


def test_a_part_of_more_than_the_table_reads_at_once(store: Store) -> None:
    """Kling's clients may ask for 500; DynamoDB reads a hundred rows in one call."""
    mine = some(store, 103)

    page = store.page(ACME, limit=102)

    assert (mine[:102], mine[101]) == (ids(page), page.next_after)


# ---------------------------------------------------------------------------------------------- the table alone


def together(*tasks: Callable[[], Any]) -> list[Any]:
    """Run tasks at once, each in a thread; return their results, an exception in the place of one."""
    start, results = threading.Barrier(len(tasks)), [None] * len(tasks)

    def run(index: int) -> None:
        start.wait()
        try:
            results[index] = tasks[index]()
        except Exception as error:  # noqa: BLE001 - a result like any other
            results[index] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def dynamodb(stack: Deployment) -> DynamoDbElements:
    return DynamoDbElements(boto3.client("dynamodb"), stack.outputs["TableName"])


def test_eight_that_want_the_same_external_id(stack: Deployment) -> None:
    """One has it; the others are refused and have written nothing."""
    store = dynamodb(stack)
    wanted = [an_element(external_id="mine") for _ in range(8)]

    results = together(*(lambda element=element: store.create(element, None) for element in wanted))

    assert 1 == results.count(None)
    assert {ReferenceTakenError} == {type(result) for result in results if result is not None}
    (listed,) = store.page(ACME, limit=10).elements
    assert wanted[results.index(None)] == listed
    assert {listed.id} == {element.id for element in wanted if store.get(element.id) is not None}


def test_joining_against_letting_go_and_deleting(stack: Deployment) -> None:
    """Either the deletion is refused, or the job could not join: never an element that is deleted under a job."""
    store = dynamodb(stack)
    for index in range(10):
        element = at_rest(store, created(store, an_element(definition={"name": str(index)})))
        job = a_job()

        def delete(element: KeptElement = element) -> KeptElement:
            left = store.let_go(element, at=LATER)
            assert left is not None
            return store.apply(element.id, elements.begin_deleting(left, at=LATER))

        deleted, joined = together(
            delete,
            lambda element=element, job=job: store.join(element.id, job, digest=element.digest, at=LATER),
        )

        assert isinstance(deleted, ElementChangeRefusedError) == (joined is not None)
        stands = store.get(element.id)
        assert stands is not None
        assert (frozenset() if joined is None else {job}) == stands.users
        assert stands.due_at is not None


def test_what_rests_is_not_due(stack: Deployment) -> None:
    """It is in no index of what is due, until a job joins or its caller lets go."""
    store = dynamodb(stack)
    due = DynamoDbDueRows(boto3.client("dynamodb"), stack.outputs["TableName"])
    element = at_rest(store, created(store, an_element()))
    in_a_year = NOW + timedelta(days=365)
    assert [] == list(due.due(in_a_year, limit=10))

    store.join(element.id, a_job(), digest=element.digest, at=LATER)

    assert [element.id] == [row.id for row in due.due(in_a_year, limit=10)]


def test_what_callers_hold_is_in_no_list_of_jobs(stack: Deployment) -> None:
    """The list of a tenant's jobs ends where its jobs end."""
    some(dynamodb(stack), 3)

    jobs = DynamoDbJobs(boto3.client("dynamodb"), stack.outputs["TableName"])

    assert ([], None) == (list(jobs.page(ACME, JobFilter(), limit=1, after=None).jobs), None)


def test_a_table_that_is_busy_for_a_moment(stack: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else writes there: the write is made once more, and is whole."""
    client = boto3.client("dynamodb")
    store = DynamoDbElements(client, stack.outputs["TableName"])
    said: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "canceled"},
        "CancellationReasons": [{"Code": "TransactionConflict"}] + [{"Code": "None"}] * 3,
    }
    conflicts = [client.exceptions.TransactionCanceledException(said, "TransactWriteItems")]
    write = client.transact_write_items

    def busy_once(**asked: Any) -> Any:
        if conflicts:
            raise conflicts.pop()
        return write(**asked)

    monkeypatch.setattr(client, "transact_write_items", busy_once)

    element = created(store, an_element())

    assert ([], element) == (conflicts, store.get(element.id))
