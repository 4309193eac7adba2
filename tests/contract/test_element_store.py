"""One suite for the elements: the table and the fake that other tests trust behave alike."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from klingway.adapters.dynamodb_due import DynamoDbDueRows
from klingway.adapters.dynamodb_elements import DynamoDbElements
from klingway.adapters.dynamodb_jobs import DynamoDbJobs
from klingway.domain import elements
from klingway.domain.elements import USABLE, ElementChange, ElementState, KeptElement, Waiter
from klingway.domain.ids import JobId, ProviderName, Tenant, new_element_id, new_job_id
from klingway.domain.job import JobError
from klingway.use_cases.element_ports import ElementChangeRefusedError
from klingway.use_cases.ports import DueRow, JobFilter

from tests.contract.conftest import Deployment
from tests.fakes.elements import InMemoryElements

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
DEFINITION = {"name": "Hündin", "description": "a brown dog 🐕", "images": ["https://x/1.png", "https://x/2.png"]}
REFUSAL = JobError(code="moderation_refused", message="no", retryable=False, provider_code="1301")
Store = DynamoDbElements | InMemoryElements


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield InMemoryElements()
    else:
        stack: Deployment = request.getfixturevalue("stack")
        yield DynamoDbElements(boto3.client("dynamodb"), stack.outputs["TableName"])


def a_user() -> JobId:
    return new_job_id(NOW)


def an_element(user: JobId, **changes: Any) -> KeptElement:
    element = KeptElement(
        id=new_element_id(NOW),
        tenant=Tenant("acme"),
        provider=ProviderName("klingai"),
        account="main",
        digest=elements.digest_of(Tenant("acme"), ProviderName("klingai"), "main", DEFINITION),
        definition=DEFINITION,
        public_url="https://gateway.example",
        state=ElementState.WANTED,
        created_at=NOW,
        updated_at=NOW,
        due_at=int(NOW.timestamp()) + 120,
        users=frozenset({user}),
    )
    return replace(element, **changes)


def begun(element: KeptElement) -> ElementChange:
    return elements.begin(element, at=LATER, handle={"path": "/elements"}, due_at=LATER + timedelta(seconds=70))


def made(store: Store, element: KeptElement) -> KeptElement:
    store.apply(element.id, begun(element))
    return store.apply(element.id, elements.make_ready(at=LATER, provider_id="321922438904313"))


def test_an_element_comes_back_as_it_was_written(store: Store) -> None:
    """Every field survives; what is not there is none."""
    user = a_user()
    element = an_element(user)

    assert element == store.claim(element, user) == store.get(element.id)
    assert None is store.get(new_element_id(NOW))


def test_a_whole_life_comes_back(store: Store) -> None:
    """Handle, tries, the provider's id, an error and the time of its end, each as it was written."""
    user = a_user()
    element = store.claim(an_element(user), user)

    element = store.apply(element.id, begun(element))
    assert (ElementState.SUBMITTING, 1, 1, {"path": "/elements"}) == (
        element.state,
        element.number,
        element.tries,
        element.handle,
    )
    assert int(LATER.timestamp()) + 70 == element.due_at
    handle = {"path": "/elements", "task_id": "930810057590833241"}
    element = store.apply(element.id, elements.accept(element, at=LATER, handle=handle, after_s=5))
    assert (ElementState.RUNNING, 2, handle) == (element.state, element.number, element.handle)
    element = store.apply(element.id, elements.make_ready(at=LATER, provider_id="321922438904313"))
    assert (ElementState.READY, "321922438904313", LATER) == (element.state, element.provider_id, element.updated_at)
    assert element == store.get(element.id)


def test_a_failure_keeps_its_error(store: Store) -> None:
    """Code, message, whether another try may help, and the provider's own code."""
    user = a_user()
    element = store.claim(an_element(user), user)

    failed = store.apply(element.id, elements.fail(element, at=LATER, error=REFUSAL))

    assert (ElementState.FAILED, REFUSAL) == (failed.state, failed.error)
    assert failed == store.get(element.id)


def test_the_same_description_is_the_same_element(store: Store) -> None:
    """A second job joins the first one's element; a repeated claim changes nothing; the second's own is not written."""
    first, second = a_user(), a_user()
    element = store.claim(an_element(first), first)
    other = an_element(second)

    joined = store.claim(other, second)

    assert (element.id, frozenset({first, second})) == (joined.id, joined.users)
    assert joined == store.claim(an_element(second), second)
    assert None is store.get(other.id)


def test_another_description_is_another_element(store: Store) -> None:
    """The digest tells them apart."""
    user = a_user()

    claimed = {store.claim(an_element(user, digest=digest), user).id for digest in ("a", "b")}

    assert 2 == len(claimed)


@pytest.mark.parametrize("state", sorted(ElementState))
def test_what_can_be_joined(store: Store, state: ElementState) -> None:
    """An element on its way, or made, is joined; one that failed or is being deleted is replaced by a new one."""
    first, second = a_user(), a_user()
    old = store.claim(an_element(first, state=state), first)
    new = an_element(second)

    claimed = store.claim(new, second)

    assert (old.id if state in USABLE else new.id) == claimed.id
    assert claimed == store.claim(an_element(second), second), "the description names it from now on"


def test_an_element_that_was_replaced_takes_no_other_along(store: Store) -> None:
    """When the failed one is forgotten, its description still names the one that took its place."""
    first, second, third = a_user(), a_user(), a_user()
    old = store.claim(an_element(first, state=ElementState.FAILED), first)
    new = store.claim(an_element(second), second)

    store.remove(old)

    assert None is store.get(old.id)
    assert new.id == store.claim(an_element(third), third).id


def test_a_forgotten_element_frees_its_description(store: Store) -> None:
    """And forgetting it twice is no error."""
    user = a_user()
    old = store.claim(an_element(user), user)
    store.remove(old)
    store.remove(old)
    new = an_element(user)

    assert new == store.claim(new, user)


CHANGES: dict[str, tuple[ElementState, Callable[[KeptElement], ElementChange]]] = {
    "begin": (ElementState.WANTED, begun),
    "put_back": (ElementState.SUBMITTING, lambda element: elements.put_back(element, at=LATER, after_s=2)),
    "accept": (ElementState.SUBMITTING, lambda element: elements.accept(element, at=LATER, handle={}, after_s=5)),
    "wait": (ElementState.RUNNING, lambda element: elements.wait(element, at=LATER, after_s=5)),
    "make_ready": (ElementState.RUNNING, lambda _: elements.make_ready(at=LATER, provider_id="1")),
    "fail": (ElementState.RUNNING, lambda element: elements.fail(element, at=LATER, error=REFUSAL)),
    "begin_deleting": (ElementState.READY, lambda element: elements.begin_deleting(element, at=LATER)),
}
BY_NUMBER = {"begin", "put_back", "wait"}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_moves_number_and_due_time(store: Store, name: str) -> None:
    """Each write raises the number by one, and leaves a due time behind it."""
    state, change = CHANGES[name]
    element = store.claim(an_element(a_user(), state=state, number=4, users=frozenset()), a_user())

    changed = store.apply(element.id, change(element))

    assert (5, LATER) == (changed.number, changed.updated_at)
    assert changed.due_at > LATER.timestamp()
    assert changed == store.get(element.id)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_from_another_state_is_refused(store: Store, name: str) -> None:
    """Nothing is written by whoever comes too late; of an element that is gone neither."""
    state, change = CHANGES[name]
    asked = an_element(a_user(), state=state, users=frozenset())
    element = store.claim(replace(asked, state=ElementState.DELETING), a_user())

    with pytest.raises(ElementChangeRefusedError):
        store.apply(element.id, change(asked))
    assert element == store.get(element.id)
    store.remove(element)
    with pytest.raises(ElementChangeRefusedError):
        store.apply(element.id, change(asked))
    assert None is store.get(element.id)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_with_an_old_number(store: Store, name: str) -> None:
    """Refused where the next step hangs on it; what the provider has said holds whoever heard it."""
    state, change = CHANGES[name]
    old = an_element(a_user(), state=state, users=frozenset())
    element = store.claim(replace(old, number=1), a_user())

    if name in BY_NUMBER:
        with pytest.raises(ElementChangeRefusedError):
            store.apply(element.id, change(old))
    else:
        assert 2 == store.apply(element.id, change(old)).number


def test_an_element_in_use_is_not_deleted(store: Store) -> None:
    """Its deletion begins only when the last user is gone; from then on nobody joins."""
    first, second = a_user(), a_user()
    element = store.claim(an_element(first), first)
    store.claim(an_element(second), second)
    element = made(store, element)

    for user, left in ((first, {second}), (second, set[JobId]())):
        with pytest.raises(ElementChangeRefusedError):
            store.apply(element.id, elements.begin_deleting(element, at=LATER))
        released = store.release(element.id, user)
        assert released is not None
        assert left == released.users
    assert ElementState.DELETING is store.apply(element.id, elements.begin_deleting(element, at=LATER)).state
    new = an_element(first)
    assert new == store.claim(new, first)


def test_releasing_twice_or_what_is_gone(store: Store) -> None:
    """Neither is an error, and no row comes to be by it."""
    user = a_user()
    element = store.claim(an_element(user), user)

    for _ in range(2):
        released = store.release(element.id, user)
        assert released is not None
        assert (frozenset(), element.number) == (released.users, released.number)
    store.remove(element)
    assert None is store.release(element.id, user)
    assert None is store.get(element.id)


def test_joining_and_releasing_leave_the_chain_alone(store: Store) -> None:
    """The number and the due time stay: the work on its way is still good."""
    first, second = a_user(), a_user()
    element = store.claim(an_element(first, number=3), first)

    joined = store.claim(an_element(second), second)
    store.release(element.id, second)

    assert (3, element.due_at) == (joined.number, joined.due_at)
    assert element == store.get(element.id)


def test_waiters(store: Store) -> None:
    """One for each execution; a new token replaces the old one, and only what was told is forgotten."""
    element_id = new_element_id(NOW)
    first, again, second = (
        Waiter(element_id=element_id, execution=execution, token=token, expires_at=4_000_000_000)
        for execution, token in (("job_A-1", "t1"), ("job_A-1", "t2"), ("job_B-1", "t3"))
    )
    other = replace(first, element_id=new_element_id(NOW))
    for waiter in (first, second, other, again):
        store.add_waiter(waiter)

    assert {("job_A-1", "t2"), ("job_B-1", "t3")} == {
        (waiter.execution, waiter.token) for waiter in store.waiters(element_id)
    }
    store.remove_waiter(first)
    assert 2 == len(store.waiters(element_id)), "it waits anew, with another token"
    store.remove_waiter(again)
    store.remove_waiter(again)
    assert [second] == list(store.waiters(element_id))
    assert [other] == list(store.waiters(other.element_id))


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


@pytest.mark.parametrize("before", [None, ElementState.FAILED, ElementState.DELETING])
def test_eight_that_claim_the_same_get_one(stack: Deployment, before: ElementState | None) -> None:
    """Whether nothing was there before or only what cannot be used: one element, used by all."""
    store, users = dynamodb(stack), [a_user() for _ in range(8)]
    if before is not None:
        store.claim(an_element(users[0], state=before), users[0])

    claimed = together(*(lambda user=user: store.claim(an_element(user), user) for user in users))

    (element_id,) = {element.id for element in claimed}
    element = store.get(element_id)
    assert element is not None
    assert (ElementState.WANTED, frozenset(users)) == (element.state, element.users)


def test_joining_against_deleting(stack: Deployment) -> None:
    """Either the deletion is refused, or whoever came after it has a new element: never one that is being deleted."""
    store = dynamodb(stack)
    for index in range(10):
        first, users = a_user(), [a_user() for _ in range(3)]
        old = made(store, store.claim(an_element(first, digest=str(index)), first))
        store.release(old.id, first)

        deletion, *claimed = together(
            lambda old=old: store.apply(old.id, elements.begin_deleting(old, at=LATER)),
            *(lambda user=user, index=index: store.claim(an_element(user, digest=str(index)), user) for user in users),
        )

        (element_id,) = {element.id for element in claimed}
        element = store.get(element_id)
        assert element is not None
        assert (True, frozenset(users)) == (element.state in USABLE, element.users)
        assert isinstance(deletion, ElementChangeRefusedError) == (element_id == old.id)


def test_an_element_whose_row_is_being_written_is_joined_a_moment_later(
    stack: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB says that a transaction is not through with it: no reason to give up, nor to make a second element."""
    client, first, second = boto3.client("dynamodb"), a_user(), a_user()
    store = DynamoDbElements(client, stack.outputs["TableName"])
    element = store.claim(an_element(first), first)
    said: Any = {"Error": {"Code": "TransactionConflictException", "Message": "Transaction is ongoing for the item"}}
    conflicts, update_item = [client.exceptions.TransactionConflictException(said, "UpdateItem")], client.update_item

    def busy_once(**asked: Any) -> Any:
        if conflicts:
            raise conflicts.pop()
        return update_item(**asked)

    monkeypatch.setattr(client, "update_item", busy_once)

    joined = store.claim(an_element(second), second)

    assert ([], element.id, frozenset({first, second})) == (conflicts, joined.id, joined.users)


def test_elements_fall_due_with_the_jobs(stack: Deployment) -> None:
    """In the same index, and taken up by one: the number goes up, and it falls due again in two minutes."""
    store, user = dynamodb(stack), a_user()
    rows = DynamoDbDueRows(boto3.client("dynamodb"), stack.outputs["TableName"])
    element = store.claim(an_element(user, due_at=int(NOW.timestamp())), user)
    (row,) = rows.due(NOW, limit=10)
    assert DueRow(element.id, "element", int(NOW.timestamp())) == row

    first, second = rows.take_up(row, at=NOW), rows.take_up(row, at=NOW)

    assert first is not None
    assert (element.id, "element", 1, "wanted") == (first.id, first.part, first.number, first.state)
    assert None is second
    taken = store.get(element.id)
    assert taken is not None
    assert (1, int(NOW.timestamp()) + 120) == (taken.number, taken.due_at)


def test_elements_are_no_jobs(stack: Deployment) -> None:
    """The list of a tenant's jobs ends where its jobs end, however many elements it has."""
    store, user = dynamodb(stack), a_user()
    for digest in ("a", "b", "c"):
        store.claim(an_element(user, digest=digest), user)

    page = DynamoDbJobs(boto3.client("dynamodb"), stack.outputs["TableName"]).page(
        Tenant("acme"), JobFilter(), limit=1, after=None
    )

    assert ([], None) == (list(page.jobs), page.next_after)
