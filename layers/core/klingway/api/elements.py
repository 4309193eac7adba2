"""The canonical routes of elements: each returns the status and the body of an answer, and raises what is refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from klingway.api.pages import limit_of, problems_of_page
from klingway.domain.element_views import element_to_json
from klingway.domain.errors import InvalidRequestError
from klingway.domain.ids import ElementId, is_element_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from klingway.domain.ids import Tenant
    from klingway.use_cases.keep_elements import KeepElements
    from klingway.use_cases.ports import IdempotencyKey

Answer = tuple[HTTPStatus, "dict[str, Any]"]


def create(
    keep: KeepElements, tenant: Tenant, body: Mapping[str, Any], *, key: IdempotencyKey | None, public_url: str
) -> Answer:
    """`POST /v1/elements`: the fields of one of `elements[]` of a request, and `provider`. 202, since it is made from here on."""
    definition = {name: value for name, value in body.items() if name != "provider"}
    element = keep.create(tenant, definition, provider=body.get("provider"), public_url=public_url, key=key)
    return HTTPStatus.ACCEPTED, element_to_json(element)


def many(keep: KeepElements, tenant: Tenant, query: Mapping[str, str]) -> Answer:
    """`GET /v1/elements`: newest first; `limit` and `cursor`."""
    limit, after = _part(query)
    page = keep.page(tenant, limit=limit, after=after)
    return HTTPStatus.OK, {
        "elements": [element_to_json(element) for element in page.elements],
        "next_cursor": page.next_after,
    }


def one(keep: KeepElements, tenant: Tenant, name: str) -> Answer:
    """`GET /v1/elements/{id}`, by id or number."""
    return HTTPStatus.OK, element_to_json(keep.one(tenant, name))


def delete(keep: KeepElements, tenant: Tenant, name: str) -> Answer:
    """`DELETE /v1/elements/{id}`, by id or number. It is gone for its caller at once, at its provider when no job uses it."""
    element = keep.delete(tenant, name)
    return HTTPStatus.OK, {"id": element.id, "number": element.element_number, "deleted": True}


def _part(query: Mapping[str, str]) -> tuple[int, ElementId | None]:
    if problems := list(problems_of_page(query, is_element_id)):
        raise InvalidRequestError("The list cannot be made.", problems)
    return limit_of(query), ElementId(query["cursor"]) if "cursor" in query else None
