"""Counts a process's calls to AWS by botocore's own events, and what those to DynamoDB consume.

Write units are counted as DynamoDB does: by the kilobyte, doubled in a transaction, and once more for every index entry that
changes.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from klingway.adapters import clients

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Calls:
    """Every call that was made, and what a call to DynamoDB consumes."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        """By `service:Operation`."""
        self.write_units = 0.0
        self.read_units = 0.0

    def note(self, params: Mapping[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's own
        """Take a call in; a handler of botocore's `before-parameter-build`."""
        operation = f"{model.service_model.service_name}:{model.name}"
        self.count[operation] += 1
        if operation == "dynamodb:TransactWriteItems":
            for write in params["TransactItems"]:
                item = write["Put"]["Item"]
                self.write_units += 2 * _kilobytes(item) + _entries(item)
        elif operation == "dynamodb:PutItem":
            is_new = "attribute_not_exists" in params.get("ConditionExpression", "attribute_not_exists")
            # An entry of an index that moves is deleted and written.
            self.write_units += _kilobytes(params["Item"]) + _entries(params["Item"]) * (1 if is_new else 2)
        elif operation == "dynamodb:UpdateItem":
            self.write_units += _units_of_update(params)
        elif operation == "dynamodb:DeleteItem":
            self.write_units += (
                2 if params["Key"]["sk"]["S"] == "element" else 1
            )  # the row, and its entry where it has one
        elif operation in {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}:
            keys = sum(len(table["Keys"]) for table in params.get("RequestItems", {}).values()) or 1
            self.read_units += keys if params.get("ConsistentRead") or "RequestItems" in params else 0.5


@contextmanager
def counted() -> Iterator[Calls]:
    """Count the calls of the functions' own clients while the block runs."""
    calls = Calls()
    services = (
        clients.dynamodb(),
        clients.s3(),
        clients.sqs(),
        clients.events(),
        clients.secretsmanager(),
        clients.stepfunctions(),
    )
    for service in services:
        service.meta.events.register("before-parameter-build.*", calls.note)
    try:
        yield calls
    finally:
        for service in services:
            service.meta.events.unregister("before-parameter-build.*", calls.note)


def _units_of_update(params: Mapping[str, Any]) -> float:
    is_job = params["Key"]["sk"]["S"] == "job"
    expression = params["UpdateExpression"]
    units = 2 if is_job else 1  # a job's row is of 1 to 2 KB once it has an attempt
    if "#due_at = " in expression:
        units += 2  # moved within the index
    elif "#due_at" in expression:
        units += 1  # out of it
    return units + (1 if is_job and "#state = " in expression else 0)  # the index by tenant shows the state


def _entries(item: Mapping[str, Any]) -> int:
    """Return in how many indexes a row stands: by tenant, and of what is due."""
    return ("tenant" in item and "id" in item) + ("due_at" in item)


def _kilobytes(item: Mapping[str, Any]) -> int:
    return math.ceil(len(json.dumps(item)) / 1024)
