"""Tenants' caps and what is counted against them, on the table of jobs.

`budget#T` / `caps`: the caps, which fall due each day for the counts to be looked over. `budget#T` / `2026-11`: a month's
count, `month`, and one for each of its days, `day_26`. `budget#T` / `gone#2026-11-26#job_…`: what a deleted job counts.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from klingway.adapters import dynamodb_batches as batches
from klingway.adapters import dynamodb_rows as rows
from klingway.domain.budgets import Caps, Spending, day_of
from klingway.domain.ids import JobId, Tenant, lowest_job_id
from klingway.domain.job import Job
from klingway.use_cases.budget_ports import CapReachedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_S: Final = 60
"""So long caps may hold that were changed."""
CAPS_ROW: Final = "caps"
_GONE: Final = "gone#"
_GONE_KEPT_S: Final = 40 * 86_400
_OPEN: Final = "open"
_LOOKED_OVER_AT: Final = timedelta(minutes=10)
"""After midnight (UTC)."""
_MOST_KEPT: Final = 1000


class DynamoDbBudgets:
    """The budget store on one table."""

    def __init__(self, client: "DynamoDBClient", table: str, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._table = table
        self._monotonic_s = monotonic_s
        self._kept: dict[Tenant, tuple[float, Caps | None]] = {}

    # ------------------------------------------------------------------------------------------------- caps

    def caps(self, tenant: Tenant) -> Caps | None:
        """Return a tenant's caps as they were within the last minute; that there are none is kept as well."""
        kept = self._kept.get(tenant)
        if kept is not None and self._monotonic_s() - kept[0] < KEPT_S:
            return kept[1]
        since_s = self._monotonic_s()
        caps = self.current_caps(tenant)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[tenant] = (since_s, caps)
        return caps

    def current_caps(self, tenant: Tenant) -> Caps | None:
        """Return a tenant's caps as they are by now."""
        item = self._client.get_item(TableName=self._table, Key=_key(tenant, CAPS_ROW), ConsistentRead=True).get("Item")
        if item is None:
            return None
        row = rows.from_dynamodb(item)
        daily, monthly = row.get("daily_usd"), row.get("monthly_usd")
        return Caps(daily_usd=daily, monthly_usd=monthly, allows_unpriced=row["allows_unpriced"])

    def set_caps(self, tenant: Tenant, caps: Caps, at: datetime) -> None:
        """Set a tenant's caps; the row falls due each day, for its counts to be looked over."""
        values = {
            "owner": tenant,
            "state": _OPEN,
            "number": 0,
            "allows_unpriced": caps.allows_unpriced,
            "daily_usd": caps.daily_usd,
            "monthly_usd": caps.monthly_usd,
            "due_at": _next_look(at),
            "due_shard": rows.due_shard(_partition(tenant)),
        }
        item = {name: rows.to_dynamodb(value) for name, value in values.items() if value is not None}
        self._client.put_item(TableName=self._table, Item=_key(tenant, CAPS_ROW) | item)

    def look_again_tomorrow(self, tenant: Tenant, number: int, at: datetime) -> None:
        """Let the caps fall due the next day, unless somebody has set them anew since they were taken up."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(tenant, CAPS_ROW),
                UpdateExpression="SET due_at = :due, #number = #number + :one",
                ConditionExpression="#number = :seen",
                ExpressionAttributeNames={"#number": "number"},
                ExpressionAttributeValues={
                    ":due": {"N": str(_next_look(at))},
                    ":one": {"N": "1"},
                    ":seen": {"N": str(number)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    # ------------------------------------------------------------------------------------------------- counts

    def reserve(self, tenant: Tenant, caps: Caps, amount_usd: Decimal, *, day: date) -> None:
        """Count an amount for a day and its month, in one conditional write.

        Raises:
            CapReachedError: A cap would not hold.
        """
        room = {
            name: cap_usd - amount_usd
            for name, cap_usd in (("day", caps.daily_usd), ("month", caps.monthly_usd))
            if cap_usd is not None
        }
        if any(left_usd < 0 for left_usd in room.values()):
            raise CapReachedError(self.spending(tenant, day=day))
        update = _counted(self._table, tenant, amount_usd, day)
        if room:
            fits = [f"(attribute_not_exists(#{name}) OR #{name} <= :{name}_room)" for name in room]
            values = {f":{name}_room": {"N": str(left_usd)} for name, left_usd in room.items()}
            update = _with_values(update, values) | {"ConditionExpression": " AND ".join(fits)}
        try:
            self._client.update_item(**update, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except self._client.exceptions.ConditionalCheckFailedException as error:
            old: Any = error.response.get("Item", {})
            raise CapReachedError(_spending_of(old, day)) from error

    def adjust(self, tenant: Tenant, by_usd: Decimal, *, day: date) -> None:
        """Count an amount, or less than before, whatever the caps."""
        self._client.update_item(**_counted(self._table, tenant, by_usd, day))

    def spending(self, tenant: Tenant, *, day: date) -> Spending:
        """Return what is counted."""
        found = self._client.get_item(TableName=self._table, Key=_key(tenant, f"{day:%Y-%m}"), ConsistentRead=True)
        return _spending_of(found.get("Item", {}), day)

    def correct(self, tenant: Tenant, day: date, amount_usd: Decimal) -> bool:
        """Make a day's count what it should be, and its month's by the difference; False where it changed meanwhile."""
        counted_usd = self.spending(tenant, day=day).day_usd
        if counted_usd == amount_usd:
            return True
        update = _counted(self._table, tenant, amount_usd - counted_usd, day)
        try:
            self._client.update_item(
                **_with_values(update, {":seen": {"N": str(counted_usd)}}),
                ConditionExpression="#day = :seen" if counted_usd else "attribute_not_exists(#day) OR #day = :seen",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    # ------------------------------------------------------------------------------------------------- jobs

    def settle(self, job: Job, spent_usd: Decimal) -> bool:
        """Write at a job's own row what it has cost in place of what it was reserved; False where that is done already."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=rows.job_key(job.id),
                # Not announced: whoever announces is who does this.
                UpdateExpression="SET spent_usd = :spent REMOVE reserved_usd, announce",
                ConditionExpression="attribute_exists(reserved_usd)",
                ExpressionAttributeValues={":spent": {"N": str(spent_usd)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def keep_counting(self, job: Job, amount_usd: Decimal) -> None:
        """Remember what a job counts that is about to be deleted, as long as its month may be looked over."""
        part = f"{_GONE}{day_of(job.created_at).isoformat()}#{job.id}"
        expires_at = int(job.created_at.timestamp()) + _GONE_KEPT_S
        counted = {"usd": {"N": str(amount_usd)}, "expires_at": {"N": str(expires_at)}}
        self._client.put_item(TableName=self._table, Item=_key(job.tenant, part) | counted)

    def counted_on(self, tenant: Tenant, day: date) -> Decimal:
        """Return what the rows of a day's jobs say, deleted ones among them; one whose deletion broke off counts once."""
        keys = [rows.job_key(job_id) for job_id in self._jobs_of(tenant, day)]
        jobs = [rows.job_of(item) for item in batches.read(self._client, self._table, keys)]
        living = {job.id: job.spent_usd or job.reserved_usd or Decimal(0) for job in jobs}
        gone = {item["sk"]["S"].rpartition("#")[2]: Decimal(item["usd"]["N"]) for item in self._gone(tenant, day)}
        return sum((gone | living).values(), Decimal(0))

    def _jobs_of(self, tenant: Tenant, day: date) -> Iterator[JobId]:
        begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_tenant",
            KeyConditionExpression="tenant = :tenant AND id BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":tenant": {"S": tenant},
                ":first": {"S": lowest_job_id(begins)},
                ":last": {"S": lowest_job_id(begins + timedelta(days=1))},
            },
        )
        return (JobId(item["id"]["S"]) for page in pages for item in page["Items"])

    def _gone(self, tenant: Tenant, day: date) -> Iterator[rows.Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :day)",
            ExpressionAttributeValues={
                ":pk": {"S": _partition(tenant)},
                ":day": {"S": f"{_GONE}{day.isoformat()}#"},
            },
            ConsistentRead=True,
        )
        return (item for page in pages for item in page["Items"])


def _partition(tenant: Tenant) -> str:
    return f"budget#{tenant}"


def _key(tenant: Tenant, part: str) -> rows.Item:
    return {"pk": {"S": _partition(tenant)}, "sk": {"S": part}}


def _counted(table: str, tenant: Tenant, amount_usd: Decimal, day: date) -> dict[str, Any]:
    return {
        "TableName": table,
        "Key": _key(tenant, f"{day:%Y-%m}"),
        "UpdateExpression": "ADD #month :amount, #day :amount",
        "ExpressionAttributeNames": {"#month": "month", "#day": f"day_{day:%d}"},
        "ExpressionAttributeValues": {":amount": {"N": str(amount_usd)}},
    }


def _with_values(update: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    return update | {"ExpressionAttributeValues": update["ExpressionAttributeValues"] | values}


def _spending_of(item: rows.Item, day: date) -> Spending:
    row = rows.from_dynamodb(item)
    return Spending(day=day, day_usd=row.get(f"day_{day:%d}", Decimal(0)), month_usd=row.get("month", Decimal(0)))


def _next_look(at: datetime) -> int:
    today = day_of(at)
    begins = datetime(today.year, today.month, today.day, tzinfo=UTC)
    return int((begins + timedelta(days=1) + _LOOKED_OVER_AT).timestamp())
