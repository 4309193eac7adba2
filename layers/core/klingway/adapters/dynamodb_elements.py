"""Elements in DynamoDB, and who waits for them; `dynamodb_element_rows` says which rows there are."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from klingway.adapters import dynamodb_batches as batches
from klingway.adapters import dynamodb_element_rows as element_rows
from klingway.adapters import dynamodb_rows as rows
from klingway.domain.elements import (
    CALLER,
    USABLE,
    ElementChange,
    KeptElement,
    Waiter,
    due_once_joined,
    due_once_let_go,
)
from klingway.domain.ids import ElementId, JobId, Tenant
from klingway.use_cases.element_ports import ElementChangeRefusedError, ElementNumberTakenError, ElementPage
from klingway.use_cases.ports import BusyError, IdempotencyKey, KeyTakenError, ReferenceTakenError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LISTED_AT_ONCE: Final = 1000
_IS_NEW: Final = "attribute_not_exists(pk)"
_FALLS_DUE_IF_AT_REST: Final = "due_at = if_not_exists(due_at, :due), due_shard = if_not_exists(due_shard, :shard)"


class DynamoDbElements:
    """The elements of one table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    # ------------------------------------------------------------------------------------------------ for jobs

    def claim(self, wanted: KeptElement, user: JobId) -> KeptElement:
        """Return the element that is made, or being made, of the same description, now used by a job too.

        Where there is none, or only one that failed or is being deleted, `wanted` is written and takes its place.

        Raises:
            BusyError: The table did not take it.
        """
        for attempt in range(batches.TRIES):
            key = element_rows.definition_key(wanted.digest)
            found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
            known = ElementId(found["Item"]["element_id"]["S"]) if "Item" in found else None
            try:
                if known is not None and (joined := self.join(known, user, digest=wanted.digest, at=wanted.created_at)):
                    return joined
                if self._write(wanted, instead_of=known):
                    return wanted
            except self._client.exceptions.TransactionConflictException:
                pass  # the alias is there, and its element's row is being written this moment
            batches.pause(attempt)
        raise BusyError("the element was written by others time and again")

    def join(self, element_id: ElementId, user: JobId, *, digest: str, at: datetime) -> KeptElement | None:
        """Return this very element, now used by a job too; one that was at rest falls due again from here on.

        None where it cannot be used (any more), or is not of this digest.
        """
        states = {f":state{index}": {"S": state.value} for index, state in enumerate(sorted(USABLE))}
        return self._update_users(
            element_id,
            f"ADD #users :user SET {_FALLS_DUE_IF_AT_REST}",
            f"#state IN ({', '.join(states)}) AND digest = :digest",
            {"#users": "users", "#state": "state"},
            {":user": {"SS": [user]}, ":digest": {"S": digest}, **states, **_due(element_id, due_once_joined(at))},
        )

    def release(self, element_id: ElementId, user: JobId) -> KeptElement | None:
        """Take a job off an element's users; return the element as it is now, None where there is none."""
        return self._update_users(
            element_id,
            "DELETE #users :user",  # the last one takes the attribute along
            "attribute_exists(pk)",
            {"#users": "users"},
            {":user": {"SS": [user]}},
        )

    def _update_users(
        self, element_id: ElementId, update: str, condition: str, names: dict[str, str], values: dict[str, Any]
    ) -> KeptElement | None:
        """Change who uses an element, which leaves the chain of its work alone."""
        try:
            updated = self._client.update_item(
                TableName=self._table,
                Key=element_rows.element_key(element_id),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return element_rows.element_of(updated["Attributes"])

    def _write(self, wanted: KeptElement, *, instead_of: ElementId | None) -> bool:
        """Write a new element and its alias, unless the alias has become another's."""
        key = element_rows.definition_key(wanted.digest)
        alias = self._put(element_rows.alias_item(key, wanted.id))
        if instead_of is not None:
            alias = self._put(
                element_rows.alias_item(key, wanted.id),
                f"{_IS_NEW} OR element_id = :old",
                {":old": {"S": instead_of}},
            )
        try:
            self._client.transact_write_items(TransactItems=[alias, self._put(element_rows.item_of(wanted))])
        except self._client.exceptions.TransactionCanceledException:
            return False
        return True

    def _put(self, item: rows.Item, condition: str = _IS_NEW, values: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - boto3's
        put = {"TableName": self._table, "Item": item, "ConditionExpression": condition}
        return {"Put": put | ({"ExpressionAttributeValues": values} if values else {})}

    # --------------------------------------------------------------------------------------------- for callers

    def create(self, element: KeptElement, key: IdempotencyKey | None) -> None:
        """Write an element that its caller holds, its number, external id, place in the list and key with it, all or nothing.

        Where no other element stands for its description, it does from here on.

        Raises:
            KeyTakenError: The key belongs to something already.
            ReferenceTakenError: The external id does.
            ElementNumberTakenError: The number does.
            BusyError: The table did not take it.
        """
        writes = self._writes_of(element, key)
        for attempt in range(batches.TRIES):
            try:
                self._client.transact_write_items(TransactItems=list(writes.values()))
            except self._client.exceptions.TransactionCanceledException as error:
                reasons = error.response.get("CancellationReasons", [])
                codes = {name: reason.get("Code") for name, reason in zip(writes, reasons, strict=False)}
                taken = {name for name, code in codes.items() if code == "ConditionalCheckFailed"}
                if "element" in taken:
                    return  # our own row: an answer was lost and the call repeated
                self._find_taken(taken, element, key)
                if "definition" in taken:
                    del writes["definition"]  # another one stands for it
                    continue
                batches.pause(attempt)
            else:
                return
        raise BusyError("the transaction was refused time and again")

    def _writes_of(self, element: KeptElement, key: IdempotencyKey | None) -> dict[str, Any]:
        if element.element_number is None:
            raise ValueError("an element that its caller holds has a number")
        number = element_rows.number_key(element.tenant, element.element_number)
        definition = element_rows.definition_key(element.digest)
        writes = {
            "element": self._put(element_rows.item_of(element)),
            "number": self._put(element_rows.alias_item(number, element.id)),
            "list": self._put(element_rows.list_key(element.tenant, element.id)),
            "definition": self._put(element_rows.alias_item(definition, element.id)),
        }
        if element.origin is not None and element.origin.external_id is not None:
            name = rows.name_item(element.tenant, element.origin.dialect, element.origin.external_id, element.id)
            writes["name"] = self._put(name)
        if key is not None:
            now = {":now": {"N": str(int(element.created_at.timestamp()))}}
            writes["key"] = self._put(rows.idempotency_item(key, element.id), f"{_IS_NEW} OR expires_at < :now", now)
        return writes

    def _find_taken(self, taken: Collection[str], element: KeptElement, key: IdempotencyKey | None) -> None:
        if key is not None and "key" in taken:
            asked = rows.idempotency_key(key)
            found = self._client.get_item(TableName=self._table, Key=asked, ConsistentRead=True).get("Item")
            if found:
                raise KeyTakenError(JobId(found["job_id"]["S"]), found["fingerprint"]["S"])
        if "name" in taken and element.origin is not None:
            raise ReferenceTakenError(element.origin.external_id or "")
        if "number" in taken:
            raise ElementNumberTakenError(element.element_number)

    def let_go(self, element: KeptElement, *, at: datetime) -> KeptElement | None:
        """Take the caller off an element's users, and it off the list, and free its external id; its number stays taken.

        Returns the element as it is now, which falls due; None where there is none. Twice is no error.
        """
        left = self._update_users(
            element.id,
            f"DELETE #users :caller SET {_FALLS_DUE_IF_AT_REST}",
            "attribute_exists(pk)",
            {"#users": "users"},
            {":caller": {"SS": [CALLER]}, **_due(element.id, due_once_let_go(at))},
        )
        # The row first: from then on nobody is shown it, and whatever is not freed now is when the row goes.
        self._free(element)
        return left

    def _free(self, element: KeptElement) -> None:
        if element.element_number is None:
            return
        self._client.delete_item(TableName=self._table, Key=element_rows.list_key(element.tenant, element.id))
        if element.origin is not None and element.origin.external_id is not None:
            key = rows.name_key(element.tenant, element.origin.dialect, element.origin.external_id)
            self._delete_if(key, "named = :ours", element.id)

    def numbered(self, tenant: Tenant, numbers: Collection[int]) -> Mapping[int, ElementId]:
        """Return which elements of a tenant numbers were given to, gone or not; numbers of nobody's are missing."""
        keys = {number: element_rows.number_key(tenant, number) for number in numbers}
        found = {
            item["pk"]["S"]: ElementId(item["element_id"]["S"])
            for item in batches.read(self._client, self._table, list(keys.values()))
        }
        return {number: found[key["pk"]["S"]] for number, key in keys.items() if key["pk"]["S"] in found}

    def page(self, tenant: Tenant, *, limit: int, after: ElementId | None = None, skipped: int = 0) -> ElementPage:
        """Return a part of what a tenant holds, newest first: what comes after an element, or after so many, or both."""
        values = {":list": {"S": element_rows.list_of(tenant)}} | ({":after": {"S": after}} if after else {})
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :list" + (" AND sk < :after" if after else ""),
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            ConsistentRead=True,
            PaginationConfig={"PageSize": min(skipped + limit + 1, _LISTED_AT_ONCE)},
        )
        listed = (ElementId(item["sk"]["S"]) for page in pages for item in page["Items"])
        wanted = list(islice(listed, skipped, skipped + limit + 1))
        shown = wanted[:limit]
        found = self.several(shown)
        held = [found[element_id] for element_id in shown if element_id in found and found[element_id].is_held]
        return ElementPage(held, shown[-1] if len(wanted) > limit else None)

    # ------------------------------------------------------------------------------------------------ of each

    def get(self, element_id: ElementId) -> KeptElement | None:
        """Return an element as it stands this moment."""
        key = element_rows.element_key(element_id)
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return element_rows.element_of(found) if found else None

    def several(self, element_ids: Collection[ElementId]) -> Mapping[ElementId, KeptElement]:
        """Return elements as they stand this moment; what is gone is missing."""
        keys = [element_rows.element_key(element_id) for element_id in dict.fromkeys(element_ids)]
        found = (element_rows.element_of(item) for item in batches.read(self._client, self._table, keys))
        return {element.id: element for element in found}

    def apply(self, element_id: ElementId, change: ElementChange) -> KeptElement:
        """Change an element's row in one conditional write; return the element as it is now.

        Raises:
            ElementChangeRefusedError: The change does not fit what the element is by now.
        """
        update = rows.Update(element_rows.element_key(element_id), at=change.at, due_at=change.due_at)
        for name, value in change.values.items():
            update.set(name, value)
        if change.to_state is not None:
            update.set("state", change.to_state.value)
        update.require_one_of("state", change.allowed_from)
        if change.expected_number is not None:
            update.require("number", change.expected_number)
        if change.if_users:
            update.require("users", change.if_users)
        elif change.if_users is not None:
            update.require_none("users")
        try:
            changed = self._client.update_item(**update.arguments(self._table), ReturnValues="ALL_NEW")
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise ElementChangeRefusedError(element_id) from error
        return element_rows.element_of(changed["Attributes"])

    def remove(self, element: KeptElement) -> None:
        """Forget an element; its alias first, unless it names another by now."""
        self._delete_if(element_rows.definition_key(element.digest), "element_id = :ours", element.id)
        self._free(element)
        self._client.delete_item(TableName=self._table, Key=element_rows.element_key(element.id))

    def _delete_if(self, key: rows.Item, condition: str, element_id: ElementId) -> None:
        """Delete a row that names an element, unless it names another by now."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.delete_item(
                TableName=self._table,
                Key=key,
                ConditionExpression=condition,
                ExpressionAttributeValues={":ours": {"S": element_id}},
            )

    # --------------------------------------------------------------------------------------------- who waits

    def add_waiter(self, waiter: Waiter) -> None:
        """Write who waits; an execution's earlier token for the same element is replaced."""
        item = {"token": {"S": waiter.token}, "expires_at": {"N": str(waiter.expires_at)}}
        key = element_rows.waiter_key(waiter.element_id, waiter.execution)
        self._client.put_item(TableName=self._table, Item=key | item)

    def waiters(self, element_id: ElementId) -> Sequence[Waiter]:
        """Return who waits for an element."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :element AND begins_with(sk, :waiter)",
            "ExpressionAttributeValues": {":element": {"S": element_id}, ":waiter": {"S": element_rows.WAITER}},
            "ConsistentRead": True,
        }
        found: list[Waiter] = []
        while True:
            answer = self._client.query(**query)
            found += [element_rows.waiter_of(element_id, item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def remove_waiter(self, waiter: Waiter) -> None:
        """Forget a waiter that was told, unless it waits anew."""
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.delete_item(
                TableName=self._table,
                Key=element_rows.waiter_key(waiter.element_id, waiter.execution),
                ConditionExpression="#token = :told",
                ExpressionAttributeNames={"#token": "token"},
                ExpressionAttributeValues={":told": {"S": waiter.token}},
            )


def _due(element_id: ElementId, due_at: int) -> dict[str, Any]:
    return {":due": {"N": str(due_at)}, ":shard": {"S": rows.due_shard(element_id)}}
