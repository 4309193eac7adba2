"""Tenants and their keys in DynamoDB; callers' keys are read once a minute at most."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from klingway.domain.callers import EVERY_SCOPE, Scope
from klingway.domain.ids import ProviderName, Tenant
from klingway.domain.keys import ApiKey
from klingway.domain.tenants import KnownTenant
from klingway.use_cases.ports import KeyChangedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

KEPT_S: Final = 60
"""So long a revoked key may still work."""

FRESH_S: Final = 1
"""So old a key may be that is looked up since what was given for it proves nothing: it may have been rotated."""

_MOST_KEPT: Final = 1000
_DIRECTORY: Final = "tenants"
_TENANT: Final = "tenant"
_KEY_OF_TENANT: Final = "key#"


class DynamoDbKeys:
    """The key store, and what looks after it, on the table of jobs."""

    def __init__(self, client: "DynamoDBClient", table: str, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._table = table
        self._monotonic_s = monotonic_s
        self._kept: dict[str, tuple[float, ApiKey]] = {}

    def get_key(self, key_id: str) -> ApiKey | None:
        """Return a key, None where there is none.

        Only keys that exist are kept in memory, and no more than a thousand: keys that somebody makes up put none of them
        out, and each is looked up anew, so that one that is made in the meantime is good at once.
        """
        return self._kept_for(KEPT_S, key_id)

    def fresh_key(self, key_id: str) -> ApiKey | None:
        """Return a key as it was within the last second, None where there is none."""
        return self._kept_for(FRESH_S, key_id)

    def _kept_for(self, most_s: float, key_id: str) -> ApiKey | None:
        kept = self._kept.get(key_id)
        if kept is not None and self._monotonic_s() - kept[0] < most_s:
            return kept[1]
        # From before it is read: what is revoked while it is read is not kept any longer for that.
        since_s = self._monotonic_s()
        key = self.read_key(key_id)
        if key is None:
            self._kept.pop(key_id, None)
            return None
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[key_id] = (since_s, key)
        return key

    def read_key(self, key_id: str) -> ApiKey | None:
        """Return a key as it is by now, None where there is none."""
        # Consistent: a read that lags behind would add its lag to the minute within which a revocation holds.
        item = self._client.get_item(TableName=self._table, Key=_key_row(key_id), ConsistentRead=True).get("Item")
        return _key_of(item) if item is not None else None

    def add(self, key: ApiKey) -> None:
        """Write a key, and its tenant if it is new."""
        put = {"TableName": self._table, "Item": _item_of(key), "ConditionExpression": "attribute_not_exists(pk)"}
        self._client.transact_write_items(
            TransactItems=[
                {"Put": put},  # type: ignore[typeddict-item] # built above
                {"Put": {"TableName": self._table, "Item": _listed(key)}},
                *self._tenant_writes(Tenant(key.tenant), key.created_at),
            ]
        )

    def add_tenant(self, tenant: Tenant, at: datetime) -> None:
        """Write a tenant; one that is there stays as it is."""
        self._client.transact_write_items(TransactItems=self._tenant_writes(tenant, at))

    def tenant(self, name: Tenant) -> KnownTenant | None:
        """Return a tenant, None where there is none."""
        row = {"pk": {"S": f"tenant#{name}"}, "sk": {"S": _TENANT}}
        item = self._client.get_item(TableName=self._table, Key=row, ConsistentRead=True).get("Item")
        return None if item is None else KnownTenant(name, _moment(item, "created_at"))

    def tenants(self) -> Sequence[KnownTenant]:
        """Return all tenants, by name; of the first that there were, those that got a key or a change since."""
        names = [Tenant(item["sk"]["S"]) for item in self._query(_DIRECTORY)]
        return [found for name in names if (found := self.tenant(name)) is not None]

    def keys_of(self, tenant: Tenant) -> Sequence[ApiKey]:
        """Return a tenant's keys, revoked ones too, the oldest first; the first that there were are listed once they change."""
        listed = self._query(f"tenant#{tenant}", _KEY_OF_TENANT)
        found = [self.read_key(item["sk"]["S"].removeprefix(_KEY_OF_TENANT)) for item in listed]
        keys = [key for key in found if key is not None]
        return sorted(keys, key=lambda key: (key.created_at or datetime.min.replace(tzinfo=UTC), key.key_id))

    def revoke(self, key: ApiKey) -> ApiKey:
        """Make a key worthless for good, however it stands by now; return it."""
        return self._changed(key, "SET enabled = :no", "attribute_exists(pk)", {":no": {"BOOL": False}})

    def rotate(self, key: ApiKey, previous_until: datetime) -> ApiKey:
        """Raise a key's version; the secrets of the one before are good until a time. Return it.

        Raises:
            KeyChangedError: It is another version by now, or revoked.
        """
        return self._changed(
            key,
            "SET version = :next, previous_until = :until",
            "version = :seen AND enabled = :yes",
            {
                ":seen": {"N": str(key.version)},
                ":next": {"N": str(key.version + 1)},
                ":until": {"N": str(int(previous_until.timestamp()))},
                ":yes": {"BOOL": True},
            },
        )

    def _changed(self, key: ApiKey, update: str, condition: str, values: Mapping[str, Any]) -> ApiKey:
        self._client.put_item(TableName=self._table, Item=_listed(key))  # the first keys there were have no such row
        try:
            said = self._client.update_item(
                TableName=self._table,
                Key=_key_row(key.key_id),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise KeyChangedError(key.key_id) from error
        return _key_of(said["Attributes"])

    def _tenant_writes(self, tenant: Tenant, at: datetime | None) -> "list[TransactWriteItemTypeDef]":
        """Return what writes a tenant: what is known of it, which stays where it is there, and its place in the directory."""
        values: dict[str, Any] = {":owner": {"S": tenant}}
        update = "SET #owner = :owner"
        if at is not None:
            update += ", created_at = if_not_exists(created_at, :at)"
            values[":at"] = {"S": at.isoformat()}
        known: Any = {
            "TableName": self._table,
            "Key": {"pk": {"S": f"tenant#{tenant}"}, "sk": {"S": _TENANT}},
            "UpdateExpression": update,
            "ExpressionAttributeNames": {"#owner": "owner"},
            "ExpressionAttributeValues": values,
        }
        listed: Any = {"TableName": self._table, "Item": {"pk": {"S": _DIRECTORY}, "sk": {"S": tenant}}}
        return [{"Update": known}, {"Put": listed}]

    def _query(self, partition: str, beginning: str = "") -> Iterator[dict[str, Any]]:
        values = {":pk": {"S": partition}} | ({":beginning": {"S": beginning}} if beginning else {})
        for page in self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk" + (" AND begins_with(sk, :beginning)" if beginning else ""),
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        ):
            yield from page["Items"]


def _key_row(key_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"apikey#{key_id}"}, "sk": {"S": "apikey"}}


def _listed(key: ApiKey) -> dict[str, Any]:
    """Return the row by which a key is found among its tenant's."""
    return {"pk": {"S": f"tenant#{key.tenant}"}, "sk": {"S": f"{_KEY_OF_TENANT}{key.key_id}"}}


def _item_of(key: ApiKey) -> dict[str, Any]:
    """Return a key's row. It says `owner`: rows with a `tenant` are in the index of jobs."""
    item: dict[str, Any] = {
        **_key_row(key.key_id),
        "owner": {"S": key.tenant},
        "version": {"N": str(key.version)},
        "enabled": {"BOOL": key.enabled},
        "scopes": {"L": [{"S": scope.value} for scope in Scope if scope in key.scopes]},
        "route": {"L": [{"S": name} for name in key.route]},
        "label": {"S": key.label},
    }
    if key.per_minute is not None:
        item["per_minute"] = {"N": str(key.per_minute)}
    if key.created_at is not None:
        item["created_at"] = {"S": key.created_at.isoformat()}
    if key.previous_until is not None:
        item["previous_until"] = {"N": str(int(key.previous_until.timestamp()))}
    return item


def _key_of(item: Mapping[str, Any]) -> ApiKey:
    """Read a key's row; one of the first that there were opens everything and names no providers."""
    scopes = EVERY_SCOPE
    if "scopes" in item:
        scopes = frozenset(Scope(scope["S"]) for scope in item["scopes"]["L"])
    until = item.get("previous_until")
    return ApiKey(
        key_id=item["pk"]["S"].removeprefix("apikey#"),
        tenant=item["owner"]["S"],
        version=int(item["version"]["N"]),
        enabled=item["enabled"]["BOOL"],
        scopes=scopes,
        route=tuple(ProviderName(name["S"]) for name in item.get("route", {"L": []})["L"]),
        per_minute=int(item["per_minute"]["N"]) if "per_minute" in item else None,
        label=item.get("label", {"S": ""})["S"],
        created_at=_moment(item, "created_at"),
        previous_until=None if until is None else datetime.fromtimestamp(int(until["N"]), UTC),
    )


def _moment(item: Mapping[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(item[name]["S"]) if name in item else None
