"""The rows of the table: a job to and from a DynamoDB item. Pure; the stream's images are read by it as well.

Keys: `pk` is the job's id, `sk` is `job` or `request`. Moments are ISO text, except those that DynamoDB itself compares
(`due_at`, `expires_at`), which are epoch seconds. What callers gave freely (`metadata`, the request) is JSON text.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from klingway.domain.deliveries import Target
from klingway.domain.ids import JobId, ProviderName, Tenant, from_iso, iso
from klingway.domain.job import (
    Attempt,
    AttemptState,
    Failover,
    Job,
    JobElement,
    JobError,
    LateResult,
    LearntBy,
    OnUnconfirmed,
    Origin,
    Price,
    State,
    StoredFile,
)
from klingway.use_cases.ports import IdempotencyKey

DUE_SHARDS: Final = ("0", "1", "2", "3")
"""Partitions of the `due` index: each takes 1,000 writes a second."""

JOB_ROW: Final = "job"
REQUEST_ROW: Final = "request"

_TO_DYNAMODB: Final = TypeSerializer()
_FROM_DYNAMODB: Final = TypeDeserializer()

Item = dict[str, Any]
"""An item as the low-level client takes and gives it: `{"name": {"S": "…"}}`."""


def job_key(job_id: JobId) -> Item:
    """Return the key of a job's row."""
    return {"pk": {"S": job_id}, "sk": {"S": JOB_ROW}}


def request_key(job_id: JobId) -> Item:
    """Return the key of the row that holds what was asked for."""
    return {"pk": {"S": job_id}, "sk": {"S": REQUEST_ROW}}


def name_key(tenant: Tenant, dialect: ProviderName, external_id: str) -> Item:
    """Return the key of the row that says what a tenant named so in a dialect."""
    digest = hashlib.sha256(external_id.encode()).hexdigest()  # of any length and any characters
    return {"pk": {"S": f"name#{tenant}#{dialect}#{digest}"}, "sk": {"S": "alias"}}


def name_item(tenant: Tenant, dialect: ProviderName, external_id: str, named: str) -> Item:
    """Return the row that says what a tenant named so in a dialect: a job's id, or an element's."""
    return name_key(tenant, dialect, external_id) | {"named": {"S": named}}


def idempotency_key(key: IdempotencyKey) -> Item:
    """Return the key of the row that says what was made under an idempotency key."""
    return {"pk": {"S": f"key#{key.tenant}#{key.key}"}, "sk": {"S": "idempotency"}}


def idempotency_item(key: IdempotencyKey, made: str) -> Item:
    """Return the row that says what was made under an idempotency key: a job's id, or an element's."""
    return idempotency_key(key) | {
        "job_id": {"S": made},
        "fingerprint": {"S": key.fingerprint},
        "expires_at": {"N": str(key.expires_at)},
    }


def due_shard(row_id: str) -> str:
    """Return the shard of the `due` index in which the rows under a partition key stand, the same for life."""
    return DUE_SHARDS[zlib.crc32(row_id.encode()) % len(DUE_SHARDS)]


class Update:
    """One conditional write to a row that expects a number and, unless it is at rest, falls due.

    Each raises the number by one.
    """

    def __init__(self, key: Item, *, at: datetime, due_at: datetime | None) -> None:
        self._key = key
        self._sets: list[str] = []
        self._removed: list[str] = []
        self._conditions: list[str] = []
        self._names: dict[str, str] = {}
        self._values: Item = {}
        self.count("number")
        self.set("updated_at", at)
        if due_at is None:
            self.remove("due_at")
            self.remove("due_shard")
        else:
            self.set("due_at", int(due_at.timestamp()))
            self.set("due_shard", due_shard(key["pk"]["S"]))

    def _name(self, name: str) -> str:
        self._names[f"#{name}"] = name
        return f"#{name}"

    def _value(self, name: str, value: Any) -> str:  # noqa: ANN401 - whatever a row holds
        self._values[f":{name}"] = to_dynamodb(value)
        return f":{name}"

    def set(self, name: str, value: Any) -> None:  # noqa: ANN401 - whatever a row holds
        """Write an attribute."""
        self._sets.append(f"{self._name(name)} = {self._value(name, value)}")

    def remove(self, name: str) -> None:
        """Take an attribute away."""
        self._removed.append(self._name(name))

    def count(self, name: str) -> None:
        """Raise a number by one."""
        self.set_counted(name, name)

    def set_counted(self, name: str, counter: str) -> None:
        """Write what a counter becomes by this write."""
        self._sets.append(f"{self._name(name)} = {self._name(counter)} + {self._value('one', 1)}")

    def require(self, name: str, value: Any) -> None:  # noqa: ANN401 - whatever a row holds
        """Refuse the write unless an attribute has this value."""
        self._conditions.append(f"{self._name(name)} = {self._value(f'required_{name}', value)}")

    def require_last(self, name: str, count: int, part: str, value: Any) -> None:  # noqa: ANN401 - whatever a row holds
        """Refuse the write unless a list has so many entries, and the last one's part this value."""
        self._conditions.append(f"size({self._name(name)}) = {self._value(f'count_of_{name}', count)}")
        last = f"{self._name(name)}[{count - 1}].{self._name(part)}"
        self._conditions.append(f"{last} = {self._value(f'last_of_{name}', value)}")

    def require_one_of(self, name: str, values: Iterable[Any]) -> None:
        """Refuse the write unless an attribute has one of these values."""
        allowed = [self._value(f"from{index}", value) for index, value in enumerate(sorted(values))]
        self._conditions.append(f"{self._name(name)} IN ({', '.join(allowed)})")

    def require_none(self, name: str) -> None:
        """Refuse the write where the row has this attribute."""
        self._conditions.append(f"attribute_not_exists({self._name(name)})")

    def arguments(self, table: str) -> dict[str, Any]:
        """Return the arguments of UpdateItem."""
        removed = f" REMOVE {', '.join(self._removed)}" if self._removed else ""
        return {
            "TableName": table,
            "Key": self._key,
            "UpdateExpression": f"SET {', '.join(self._sets)}{removed}",
            "ConditionExpression": " AND ".join(self._conditions),
            "ExpressionAttributeNames": self._names,
            "ExpressionAttributeValues": self._values,
        }


def to_dynamodb(value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a row holds
    """Return a value of ours as a DynamoDB attribute."""
    typed: dict[str, Any] = _TO_DYNAMODB.serialize(_plain(value))
    return typed


def from_dynamodb(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's attributes as plain values; numbers are `Decimal`."""
    return {name: _FROM_DYNAMODB.deserialize(value) for name, value in item.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a row holds
    if is_dataclass(value) and not isinstance(value, type):
        return _plain({field.name: getattr(value, field.name) for field in fields(value)})
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items() if part is not None}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, str) else value


def attribute_of(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever a job holds
    """Return a field of `Job` as its row holds it."""
    return (
        json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        if name == "metadata" and value is not None
        else value
    )


def item_of(job: Job) -> Item:
    """Return a job's row."""
    values = {field.name: attribute_of(field.name, getattr(job, field.name)) for field in fields(job)}
    values |= {"pk": job.id, "sk": JOB_ROW, "due_shard": None if job.due_at is None else due_shard(job.id)}
    return {name: to_dynamodb(value) for name, value in values.items() if value not in (None, ())}


def job_of(item: Item) -> Job:
    """Read a job's row."""
    row = from_dynamodb(item)
    return Job(
        id=JobId(row["id"]),
        tenant=Tenant(row["tenant"]),
        kind=row["kind"],
        model=row["model"],
        state=State(row["state"]),
        provider=ProviderName(row["provider"]),
        route=tuple(row["route"]),
        route_reason=row["route_reason"],
        created_at=from_iso(row["created_at"]),
        updated_at=from_iso(row["updated_at"]),
        deadline_at=from_iso(row["deadline_at"]),
        public_url=row["public_url"],
        failover=Failover(row.get("failover", Failover.BEFORE_ACCEPTANCE)),
        on_unconfirmed=OnUnconfirmed(row.get("on_unconfirmed", OnUnconfirmed.FAIL)),
        has_own_deadline=row.get("has_own_deadline", False),
        number=int(row["number"]),
        due_at=_int(row.get("due_at")),
        sequence=int(row["sequence"]),
        attempts=tuple(_attempt(attempt) for attempt in row.get("attempts", ())),
        retry_of=JobId(row["retry_of"]) if "retry_of" in row else None,
        reference=row.get("reference"),
        metadata=json.loads(row["metadata"]) if "metadata" in row else None,
        correlation_id=row.get("correlation_id"),
        origin=origin_of(row.get("origin")),
        targets=tuple(_target(target) for target in row.get("targets", ())),
        elements=tuple(_element(element) for element in row.get("elements", ())),
        price=_price(row.get("price")),
        reserved_usd=row.get("reserved_usd"),
        spent_usd=row.get("spent_usd"),
        learnt_by=LearntBy(row["learnt_by"]) if "learnt_by" in row else None,
        finished_at=_moment(row.get("finished_at")),
        error=error_of(row.get("error")),
        files=files_of(row),
        result_mismatch=tuple(row.get("result_mismatch", ())),
        warnings=tuple(row.get("warnings", ())),
        late_results=tuple(_late_result(late) for late in row.get("late_results", ())),
        store_tries=int(row["store_tries"]),
        store_refusals=int(row["store_refusals"]),
        store_error=row.get("store_error"),
    )


def request_item(job_id: JobId, request: Mapping[str, Any]) -> Item:
    """Return the row that holds what was asked for."""
    return request_key(job_id) | {"body": {"S": json.dumps(request, ensure_ascii=False, separators=(",", ":"))}}


def request_of(item: Item) -> Mapping[str, Any]:
    """Read the row that holds what was asked for."""
    request: Mapping[str, Any] = json.loads(item["body"]["S"])
    return request


def _attempt(row: Mapping[str, Any]) -> Attempt:
    return Attempt(
        number=int(row["number"]),
        provider=row["provider"],
        account=row["account"],
        state=AttemptState(row["state"]),
        handle=row["handle"],
        started_at=from_iso(row["started_at"]),
        tries=int(row["tries"]),
        doubts=int(row["doubts"]),
        lookups=int(row["lookups"]),
        looked_up_at=_moment(row.get("looked_up_at")),
        accepted_at=_moment(row.get("accepted_at")),
        ended_at=_moment(row.get("ended_at")),
        task_id=row.get("task_id"),
        price=_price(row.get("price")),
        error=error_of(row.get("error")),
    )


def _target(row: Mapping[str, Any]) -> Target:
    return Target(row["kind"], row["address"], tuple(row["events"]))


def origin_of(row: Mapping[str, Any] | None) -> Origin | None:
    """Read in which dialect something was asked for."""
    if row is None:
        return None
    return Origin(dialect=row["dialect"], product=row["product"], external_id=row.get("external_id"))


def _element(row: Mapping[str, Any]) -> JobElement:
    return JobElement(index=int(row["index"]), id=row["id"], provider_id=row.get("provider_id"))


def error_of(row: Mapping[str, Any] | None) -> JobError | None:
    """Read an error out of a row."""
    if row is None:
        return None
    return JobError(
        code=row["code"], message=row["message"], retryable=row["retryable"], provider_code=row.get("provider_code")
    )


def _price(row: Mapping[str, Any] | None) -> Price | None:
    return None if row is None else Price(row["amount"], row["currency"], row["source"])


def files_of(row: Mapping[str, Any]) -> tuple[StoredFile, ...]:
    """Read the files that a row names."""
    return tuple(_file(file) for file in row.get("files", ()))


def _late_result(row: Mapping[str, Any]) -> LateResult:
    return LateResult(
        attempt=int(row["attempt"]),
        provider=row["provider"],
        sequence=int(row["sequence"]),
        stored_at=from_iso(row["stored_at"]),
        files=files_of(row),
    )


def _file(row: Mapping[str, Any]) -> StoredFile:
    return StoredFile(
        name=row["name"],
        role=row["role"],
        key=row["key"],
        size_bytes=int(row["size_bytes"]),
        sha256=row["sha256"],
        content_type=row["content_type"],
        duration_s=None if "duration_s" not in row else float(row["duration_s"]),
        width=_int(row.get("width")),
        height=_int(row.get("height")),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else from_iso(text)


def _int(number: Decimal | None) -> int | None:
    return None if number is None else int(number)
