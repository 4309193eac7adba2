"""Elements in DynamoDB, and who waits for them.

Rows: `el_…`/`element` is an element, `el_…`/`waiter#{execution}` an execution that waits for it, `definition#{digest}`/`alias`
names the element that is made, or being made, of a description.
"""

import json
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from klingway.adapters import dynamodb_rows as rows
from klingway.domain.elements import ROW_PART, USABLE, ElementChange, ElementState, KeptElement, Waiter
from klingway.domain.ids import ElementId, JobId, ProviderName, Tenant, from_iso
from klingway.use_cases.ports import BusyError, ElementChangeRefusedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_TRIES: Final = 8
_LONGEST_PAUSE_S: Final = 0.4
_WAITER: Final = "waiter#"


class DynamoDbElements:
    """The elements of one table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def claim(self, wanted: KeptElement, user: JobId) -> KeptElement:
        """Return the element that is made, or being made, of the same description, now used by a job too.

        Where there is none, or only one that failed or is being deleted, `wanted` is written and takes its place.

        Raises:
            BusyError: The table did not take it.
        """
        for attempt in range(_TRIES):
            found = self._client.get_item(TableName=self._table, Key=_alias_key(wanted.digest), ConsistentRead=True)
            known = ElementId(found["Item"]["element_id"]["S"]) if "Item" in found else None
            try:
                if known is not None and (joined := self._join(known, user)) is not None:
                    return joined
                if self._write(wanted, instead_of=known):
                    return wanted
            except self._client.exceptions.TransactionConflictException:
                pass  # the alias is there, and its element's row is being written this moment
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, 0.02 * 2**attempt)))  # noqa: S311 - jitter
        raise BusyError("the element was written by others time and again")

    def _join(self, element_id: ElementId, user: JobId) -> KeptElement | None:
        states = {f":state{index}": {"S": state.value} for index, state in enumerate(sorted(USABLE))}
        try:
            joined = self._client.update_item(
                TableName=self._table,
                Key=_key(element_id),
                UpdateExpression="ADD #users :user",
                ConditionExpression=f"#state IN ({', '.join(states)})",
                ExpressionAttributeNames={"#users": "users", "#state": "state"},
                ExpressionAttributeValues={":user": {"SS": [user]}, **states},
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return _element_of(joined["Attributes"])

    def _write(self, wanted: KeptElement, *, instead_of: ElementId | None) -> bool:
        """Write a new element and its alias, unless the alias has become another's."""
        alias: dict[str, Any] = {
            "TableName": self._table,
            "Item": _alias_key(wanted.digest) | {"element_id": {"S": wanted.id}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if instead_of is not None:
            alias |= {
                "ConditionExpression": "attribute_not_exists(pk) OR element_id = :old",
                "ExpressionAttributeValues": {":old": {"S": instead_of}},
            }
        element: dict[str, Any] = {
            "TableName": self._table,
            "Item": _item_of(wanted),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        try:
            writes: list[Any] = [{"Put": alias}, {"Put": element}]
            self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException:
            return False
        return True

    def get(self, element_id: ElementId) -> KeptElement | None:
        """Return an element as it stands this moment."""
        found = self._client.get_item(TableName=self._table, Key=_key(element_id), ConsistentRead=True).get("Item")
        return _element_of(found) if found else None

    def apply(self, element_id: ElementId, change: ElementChange) -> KeptElement:
        """Change an element's row in one conditional write; return the element as it is now.

        Raises:
            ElementChangeRefusedError: The change does not fit what the element is by now.
        """
        update = rows.Update(_key(element_id), at=change.at, due_at=change.due_at)
        for name, value in change.values.items():
            update.set(name, value)
        if change.to_state is not None:
            update.set("state", change.to_state.value)
        update.require_one_of("state", change.allowed_from)
        if change.expected_number is not None:
            update.require("number", change.expected_number)
        if change.if_unused:
            update.require_none("users")
        try:
            changed = self._client.update_item(**update.arguments(self._table), ReturnValues="ALL_NEW")
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise ElementChangeRefusedError(element_id) from error
        return _element_of(changed["Attributes"])

    def release(self, element_id: ElementId, user: JobId) -> KeptElement | None:
        """Take a job off an element's users; return the element as it is now, None where there is none."""
        try:
            released = self._client.update_item(
                TableName=self._table,
                Key=_key(element_id),
                UpdateExpression="DELETE #users :user",  # the last one takes the attribute along
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#users": "users"},
                ExpressionAttributeValues={":user": {"SS": [user]}},
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return _element_of(released["Attributes"])

    def remove(self, element: KeptElement) -> None:
        """Forget an element; its alias first, unless it names another by now."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.delete_item(
                TableName=self._table,
                Key=_alias_key(element.digest),
                ConditionExpression="element_id = :ours",
                ExpressionAttributeValues={":ours": {"S": element.id}},
            )
        self._client.delete_item(TableName=self._table, Key=_key(element.id))

    def add_waiter(self, waiter: Waiter) -> None:
        """Write who waits; an execution's earlier token for the same element is replaced."""
        item = {"token": {"S": waiter.token}, "expires_at": {"N": str(waiter.expires_at)}}
        self._client.put_item(TableName=self._table, Item=_waiter_key(waiter.element_id, waiter.execution) | item)

    def waiters(self, element_id: ElementId) -> Sequence[Waiter]:
        """Return who waits for an element."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :element AND begins_with(sk, :waiter)",
            "ExpressionAttributeValues": {":element": {"S": element_id}, ":waiter": {"S": _WAITER}},
            "ConsistentRead": True,
        }
        found: list[Waiter] = []
        while True:
            answer = self._client.query(**query)
            found += [_waiter_of(element_id, item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def remove_waiter(self, waiter: Waiter) -> None:
        """Forget a waiter that was told, unless it waits anew."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.delete_item(
                TableName=self._table,
                Key=_waiter_key(waiter.element_id, waiter.execution),
                ConditionExpression="#token = :told",
                ExpressionAttributeNames={"#token": "token"},
                ExpressionAttributeValues={":told": {"S": waiter.token}},
            )


def _key(element_id: ElementId) -> rows.Item:
    return {"pk": {"S": element_id}, "sk": {"S": ROW_PART}}


def _alias_key(digest: str) -> rows.Item:
    return {"pk": {"S": f"definition#{digest}"}, "sk": {"S": "alias"}}


def _waiter_key(element_id: ElementId, execution: str) -> rows.Item:
    return {"pk": {"S": element_id}, "sk": {"S": f"{_WAITER}{execution}"}}


def _waiter_of(element_id: ElementId, item: Mapping[str, Any]) -> Waiter:
    return Waiter(
        element_id=element_id,
        execution=item["sk"]["S"].removeprefix(_WAITER),
        token=item["token"]["S"],
        expires_at=int(item["expires_at"]["N"]),
    )


def _item_of(element: KeptElement) -> rows.Item:
    values = {field.name: getattr(element, field.name) for field in fields(element)}
    # No `id`, which the key says: with the tenant it would put the row into the index of a tenant's jobs.
    values |= {"definition": json.dumps(element.definition, ensure_ascii=False), "users": None, "id": None}
    values |= {"due_shard": rows.due_shard(element.id)}
    item = {name: rows.to_dynamodb(value) for name, value in values.items() if value is not None}
    users = {"users": {"SS": sorted(element.users)}} if element.users else {}
    return _key(element.id) | item | users


def _element_of(item: Mapping[str, Any]) -> KeptElement:
    row = rows.from_dynamodb(item)
    return KeptElement(
        id=ElementId(row["pk"]),
        tenant=Tenant(row["tenant"]),
        provider=ProviderName(row["provider"]),
        account=row["account"],
        digest=row["digest"],
        definition=json.loads(row["definition"]),
        public_url=row["public_url"],
        state=ElementState(row["state"]),
        created_at=from_iso(row["created_at"]),
        updated_at=from_iso(row["updated_at"]),
        due_at=int(row["due_at"]),
        number=int(row["number"]),
        users=frozenset(JobId(user) for user in row.get("users", ())),
        handle=row["handle"],
        tries=int(row["tries"]),
        provider_id=row.get("provider_id"),
        error=rows.error_of(row.get("error")),
        deleting_since=from_iso(row["deleting_since"]) if "deleting_since" in row else None,
    )
