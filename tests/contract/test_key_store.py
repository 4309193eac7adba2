"""One suite for tenants and keys: the table and the fake that other tests trust behave alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from klingway.adapters.dynamodb_keys import DynamoDbKeys
from klingway.domain.callers import Scope
from klingway.domain.ids import ProviderName, Tenant
from klingway.domain.keys import ApiKey
from klingway.domain.tenants import KnownTenant
from klingway.use_cases.ports import KeyChangedError

from tests.fakes.keys import InMemoryKeys

if TYPE_CHECKING:
    from tests.contract.conftest import Deployment

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ACME, OTHER = Tenant("acme"), Tenant("other")
KEY = ApiKey(
    "k1",
    ACME,
    scopes=frozenset({Scope.READ, Scope.SUBMIT}),
    route=(ProviderName("apimart"), ProviderName("klingai")),
    label="the shop's, für Läden",
    created_at=NOW,
)
PLAIN = ApiKey("k2", ACME, created_at=LATER)
Store = DynamoDbKeys | InMemoryKeys


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return InMemoryKeys()
    stack: Deployment = request.getfixturevalue("stack")
    return DynamoDbKeys(boto3.client("dynamodb"), stack.outputs["TableName"])


def test_a_key_is_read_as_it_was_written(store: Store) -> None:
    """With what it opens, whom it names, its label and its age; for callers and for whoever looks after it."""
    store.add(KEY)

    assert KEY == store.get_key("k1") == store.read_key("k1")
    assert None is store.get_key("k2")
    assert None is store.read_key("k2")


def test_a_key_brings_its_tenant(store: Store) -> None:
    """A tenant is as old as its first key where nobody made it before."""
    store.add(KEY)
    store.add(PLAIN)

    assert KnownTenant(ACME, NOW) == store.tenant(ACME)
    assert None is store.tenant(OTHER)


def test_a_tenant_that_is_there_stays(store: Store) -> None:
    """Made twice, and given a key, it is as old as at first."""
    store.add_tenant(OTHER, LATER)
    store.add_tenant(ACME, NOW)
    store.add_tenant(ACME, LATER)
    store.add(PLAIN)

    assert [KnownTenant(ACME, NOW), KnownTenant(OTHER, LATER)] == list(store.tenants())


def test_the_keys_of_a_tenant(store: Store) -> None:
    """The oldest first, revoked ones too, and no other tenant's, whose name begins alike."""
    for key in (KEY, PLAIN, ApiKey("k3", f"{ACME}-2", created_at=NOW)):
        store.add(key)
    revoked = store.revoke(KEY)

    assert [revoked, PLAIN] == list(store.keys_of(ACME))
    assert [] == list(store.keys_of(OTHER))


def test_a_revoked_key_is_as_it_was_but_opens_nothing(store: Store) -> None:
    """However it stands by now: it may have been rotated since it was looked at. Twice is once."""
    store.add(KEY)
    rotated = store.rotate(KEY, LATER)

    assert replace(rotated, enabled=False) == store.revoke(KEY) == store.revoke(KEY) == store.read_key("k1")


def test_a_rotated_key_is_the_next_version(store: Store) -> None:
    """All else stays; the one before is good for a while."""
    store.add(KEY)

    assert replace(KEY, version=2, previous_until=LATER) == store.rotate(KEY, LATER) == store.read_key("k1")


def test_of_two_rotations_at_once_one_is_refused(store: Store) -> None:
    """Else the secrets that one of them handed out would be worthless at once."""
    store.add(KEY)
    store.rotate(KEY, LATER)

    with pytest.raises(KeyChangedError):
        store.rotate(KEY, LATER)


def test_a_revoked_key_is_not_rotated(store: Store) -> None:
    """It is worthless for good."""
    store.add(KEY)
    store.revoke(KEY)

    with pytest.raises(KeyChangedError):
        store.rotate(KEY, LATER)


# ----------------------------------------------------------------------------------------------- what the table alone has


class Reads:
    """A table's client that counts the keys read."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_item(self, **asked: Any) -> Any:
        self.count += 1
        return self._client.get_item(**asked)


class Clock:
    def __init__(self) -> None:
        self.time_s = 1000.0

    def __call__(self) -> float:
        return self.time_s


@pytest.fixture
def reads(stack: Deployment) -> Reads:  # noqa: ARG001 - the table has to be there
    return Reads(boto3.client("dynamodb"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def table(stack: Deployment, reads: Reads, clock: Clock) -> DynamoDbKeys:
    client: Any = reads
    return DynamoDbKeys(client, stack.outputs["TableName"], clock)


def test_a_key_is_read_once_a_minute(table: DynamoDbKeys, reads: Reads, clock: Clock) -> None:
    """However often it is asked for."""
    table.add(KEY)
    for _ in range(3):
        clock.time_s += 19.9
        assert KEY == table.get_key("k1")
    assert 1 == reads.count

    clock.time_s += 60
    table.get_key("k1")

    assert 2 == reads.count


def test_a_revocation_holds_within_a_minute(stack: Deployment, table: DynamoDbKeys, clock: Clock) -> None:
    """A function that has the key in memory knows of it 60 s later, whenever it read the key."""
    elsewhere = DynamoDbKeys(boto3.client("dynamodb"), stack.outputs["TableName"])
    table.add(KEY)
    assert KEY == table.get_key("k1")
    elsewhere.revoke(KEY)

    clock.time_s += 60
    found = table.get_key("k1")

    assert found is not None
    assert not found.enabled


def test_a_key_is_looked_up_again_where_it_has_to_be(
    stack: Deployment, table: DynamoDbKeys, reads: Reads, clock: Clock
) -> None:
    """As it is by now, once a second at most, whoever tries secrets; and from then on that is what is in memory."""
    elsewhere = DynamoDbKeys(boto3.client("dynamodb"), stack.outputs["TableName"])
    table.add(KEY)
    table.get_key("k1")
    rotated = elsewhere.rotate(KEY, datetime(2026, 11, 26, tzinfo=UTC))

    clock.time_s += 1
    found = [table.fresh_key("k1") for _ in range(3)]

    assert [rotated] * 3 == found
    assert rotated == table.get_key("k1")
    assert 2 == reads.count


def test_unknown_keys_are_asked_for_each_time_and_put_none_out(table: DynamoDbKeys, reads: Reads, clock: Clock) -> None:
    """One read for each, as nobody can know them; those that exist stay in memory whatever else is asked for."""
    table.add(KEY)
    table.get_key("k1")

    for number in range(1100):
        assert None is table.get_key(f"no{number}")
    clock.time_s += 59
    table.get_key("k1")

    assert 1 + 1100 == reads.count


def test_a_key_made_after_it_was_asked_for_is_good_at_once(table: DynamoDbKeys) -> None:
    """That there was none is not kept."""
    assert None is table.get_key("k1")
    table.add(KEY)

    assert KEY == table.get_key("k1")


def test_the_first_keys_there_were(stack: Deployment, table: DynamoDbKeys) -> None:
    """Rows without scopes open everything and name no providers; they are listed once they are changed."""
    row = {"pk": "apikey#old", "sk": "apikey", "owner": ACME}
    item: dict[str, Any] = {name: {"S": value} for name, value in row.items()}
    item |= {"version": {"N": "1"}, "enabled": {"BOOL": True}}
    tenant = {"pk": {"S": "tenant#acme"}, "sk": {"S": "tenant"}, "owner": {"S": ACME}}
    for each in (item, tenant):
        boto3.client("dynamodb").put_item(TableName=stack.outputs["TableName"], Item=each)
    old = ApiKey("old", ACME)

    assert old == table.get_key("old")
    assert KnownTenant(ACME) == table.tenant(ACME)
    assert [] == list(table.keys_of(ACME))
    rotated = table.rotate(old, LATER)
    assert replace(old, version=2, previous_until=LATER) == rotated
    assert [rotated] == list(table.keys_of(ACME))


def test_a_key_is_in_no_index(stack: Deployment, table: DynamoDbKeys) -> None:
    """Lists of jobs, and the poller, come across none of these rows."""
    table.add(KEY)
    client, name = boto3.client("dynamodb"), stack.outputs["TableName"]

    for index in ("by_tenant", "due"):
        assert [] == client.scan(TableName=name, IndexName=index)["Items"]
