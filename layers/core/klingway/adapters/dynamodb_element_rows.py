"""The rows of elements, to and from DynamoDB items.

`el_…`/`element` is an element, `el_…`/`waiter#{execution}` an execution that waits for it, `definition#{digest}`/`alias` names
the element that stands for a description. Of elements that callers hold, `elements#{tenant}`/`el_…` is the list of a
tenant's, and `element-number#{tenant}#{number}`/`alias` names the one that a number was given to, for good.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from klingway.adapters import dynamodb_rows as rows
from klingway.domain.elements import ROW_PART, ElementState, KeptElement, Waiter
from klingway.domain.ids import ElementId, ProviderName, Tenant, from_iso

WAITER: Final = "waiter#"


def element_key(element_id: ElementId) -> rows.Item:
    """Return the key of an element's row."""
    return {"pk": {"S": element_id}, "sk": {"S": ROW_PART}}


def definition_key(digest: str) -> rows.Item:
    """Return the key of the row that names the element of a description."""
    return {"pk": {"S": f"definition#{digest}"}, "sk": {"S": "alias"}}


def number_key(tenant: Tenant, number: int) -> rows.Item:
    """Return the key of the row that names the element which a number was given to."""
    return {"pk": {"S": f"element-number#{tenant}#{number}"}, "sk": {"S": "alias"}}


def list_of(tenant: Tenant) -> str:
    """Return the partition that holds the list of what a tenant holds."""
    return f"elements#{tenant}"


def list_key(tenant: Tenant, element_id: ElementId) -> rows.Item:
    """Return the key of an element's place in the list of its tenant."""
    return {"pk": {"S": list_of(tenant)}, "sk": {"S": element_id}}


def waiter_key(element_id: ElementId, execution: str) -> rows.Item:
    """Return the key of the row of an execution that waits for an element."""
    return {"pk": {"S": element_id}, "sk": {"S": f"{WAITER}{execution}"}}


def alias_item(key: rows.Item, element_id: ElementId) -> rows.Item:
    """Return a row that names an element."""
    return key | {"element_id": {"S": element_id}}


def waiter_of(element_id: ElementId, item: Mapping[str, Any]) -> Waiter:
    """Read who waits."""
    return Waiter(
        element_id=element_id,
        execution=item["sk"]["S"].removeprefix(WAITER),
        token=item["token"]["S"],
        expires_at=int(item["expires_at"]["N"]),
    )


def item_of(element: KeptElement) -> rows.Item:
    """Return an element's row."""
    values = {field.name: getattr(element, field.name) for field in fields(element)}
    # No `id`, which the key says: with the tenant it would put the row into the index of a tenant's jobs.
    values |= {"definition": json.dumps(element.definition, ensure_ascii=False), "users": None, "id": None}
    values |= {"due_shard": None if element.due_at is None else rows.due_shard(element.id)}
    item = {name: rows.to_dynamodb(value) for name, value in values.items() if value is not None}
    users = {"users": {"SS": sorted(element.users)}} if element.users else {}
    return element_key(element.id) | item | users


def element_of(item: Mapping[str, Any]) -> KeptElement:
    """Read an element's row."""
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
        due_at=int(row["due_at"]) if "due_at" in row else None,
        number=int(row["number"]),
        users=frozenset(row.get("users", ())),
        handle=row["handle"],
        tries=int(row["tries"]),
        provider_id=row.get("provider_id"),
        error=rows.error_of(row.get("error")),
        deleting_since=from_iso(row["deleting_since"]) if "deleting_since" in row else None,
        element_number=int(row["element_number"]) if "element_number" in row else None,
        origin=rows.origin_of(row.get("origin")),
        callback_url=row.get("callback_url"),
    )
