"""Jobs in DynamoDB: each change one conditional write."""

import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from klingway.adapters import dynamodb_batches as batches
from klingway.adapters import dynamodb_rows as rows
from klingway.domain.ids import JobId, ProviderName, Tenant
from klingway.domain.job import Job, LateResult
from klingway.domain.transitions import Change
from klingway.use_cases.ports import (
    BusyError,
    ChangeRefusedError,
    IdempotencyKey,
    JobFilter,
    KeyTakenError,
    Page,
    ReferenceTakenError,
    StoredJob,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BY_TENANT: Final = "by_tenant"
_SCANNED_PER_QUERY: Final = 200
_MOST_QUERIES: Final = 10


class DynamoDbJobs:
    """The job store on one table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    # ------------------------------------------------------------------------------------------------- writing

    def create(self, job: Job, request: Mapping[str, Any], key: IdempotencyKey | None) -> None:
        """Write a job, its request, its idempotency key and its origin's external id, all or nothing.

        Raises:
            KeyTakenError: The key belongs to a job already.
            ReferenceTakenError: The external id belongs to something already.
            BusyError: The table did not take it.
        """
        writes: list[Any] = [
            self._put(rows.item_of(job), "attribute_not_exists(pk)"),
            self._put(rows.request_item(job.id, request), "attribute_not_exists(pk)"),
        ]
        if job.origin is not None and job.origin.external_id is not None:
            name = rows.name_item(job.tenant, job.origin.dialect, job.origin.external_id, job.id)
            writes.append(self._put(name, "attribute_not_exists(pk)"))
        if key is not None:
            free = "attribute_not_exists(pk) OR expires_at < :now"  # TTL removes a key some time after its end
            now = {":now": {"N": str(int(job.created_at.timestamp()))}}
            writes.append(self._put(rows.idempotency_item(key, job.id), free, now))
        for attempt in range(batches.TRIES):
            try:
                self._client.transact_write_items(TransactItems=writes)
            except self._client.exceptions.TransactionCanceledException as error:
                self._find_taken(key, job.id)
                self._find_named(job)
                codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
                if codes[:1] == ["ConditionalCheckFailed"]:
                    return  # our own row: an answer was lost and the call repeated
                # Somebody else is writing under the same key, or the table is throttled: look again in a moment.
                batches.pause(attempt)
            else:
                return
        raise BusyError("the transaction was refused time and again")

    def _find_taken(self, key: IdempotencyKey | None, ours: JobId) -> None:
        taken = None if key is None else self.taken_by(key)
        if taken is not None and taken.job_id != ours:
            raise taken

    def _find_named(self, ours: Job) -> None:
        origin = ours.origin
        if origin is None or origin.external_id is None:
            return
        if self.named(ours.tenant, origin.dialect, origin.external_id) not in {None, ours.id}:
            raise ReferenceTakenError(origin.external_id)

    def named(self, tenant: Tenant, dialect: ProviderName, external_id: str) -> str | None:
        """Return the id of what a tenant named so in a dialect, a job's or an element's; None where there is nothing."""
        key = rows.name_key(tenant, dialect, external_id)
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return found["named"]["S"] if found else None

    def forget_name(self, job: Job) -> None:
        """Let go of a job's external id, so that its caller can use it again."""
        if job.origin is None or job.origin.external_id is None:
            return
        with suppress(self._client.exceptions.ConditionalCheckFailedException):  # it is another's, or gone already
            self._client.delete_item(
                TableName=self._table,
                Key=rows.name_key(job.tenant, job.origin.dialect, job.origin.external_id),
                ConditionExpression="named = :ours",
                ExpressionAttributeValues={":ours": {"S": job.id}},
            )

    def taken_by(self, key: IdempotencyKey) -> KeyTakenError | None:
        """Return whose an idempotency key is, None where it is free."""
        found = self._client.get_item(TableName=self._table, Key=rows.idempotency_key(key), ConsistentRead=True).get(
            "Item"
        )
        if not found or int(found["expires_at"]["N"]) <= time.time():
            return None
        return KeyTakenError(JobId(found["job_id"]["S"]), found["fingerprint"]["S"])

    def _put(self, item: rows.Item, condition: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
        put = {"TableName": self._table, "Item": item, "ConditionExpression": condition}
        return {"Put": put | ({"ExpressionAttributeValues": values} if values else {})}

    def apply(self, job_id: JobId, change: Change) -> Job:
        """Change a job's row in one conditional write; return the job as it is now.

        A change of state is announced: `announce` is set to its number, and every other write takes it away again.

        Raises:
            ChangeRefusedError: It was not in a state that the change may come from.
        """
        update = rows.Update(rows.job_key(job_id), at=change.at, due_at=change.due_at)
        for name, value in change.values.items():
            update.set(name, rows.attribute_of(name, value))
        if change.to_state is None:
            update.remove("announce")
        else:
            update.set("state", change.to_state.value)
            update.count("sequence")
            update.set_counted("announce", "sequence")
        update.require_one_of("state", change.allowed_from)
        if change.expected_number is not None:
            update.require("number", change.expected_number)
        if change.expected_attempts is not None:
            count, number = change.expected_attempts
            update.require_last("attempts", count, "number", number)
        written_by = {"S": secrets.token_hex(8)}
        update.set("written_by", written_by["S"])
        try:
            changed = self._client.update_item(
                **update.arguments(self._table),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            old: Any = error.response.get("Item")
            job = rows.job_of(old) if old else None
            if job is not None and old.get("written_by") == written_by:
                return job  # the answer to this very write was lost, and the client library repeated it
            raise ChangeRefusedError(job) from error
        return rows.job_of(changed["Attributes"])

    def keep_late_result(self, job: Job, late: LateResult) -> Job:
        """Write what an ended job has got late to its row, whose state stays and is not announced; return it.

        Raises:
            ChangeRefusedError: It has changed since, or is gone.
        """
        update = rows.Update(rows.job_key(job.id), at=late.stored_at, due_at=None)
        update.set("late_results", (*job.late_results, late))
        update.remove("announce")
        update.require("number", job.number)
        update.require("state", job.state.value)
        try:
            changed = self._client.update_item(**update.arguments(self._table), ReturnValues="ALL_NEW")
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise ChangeRefusedError(self.get(job.id)) from error
        return rows.job_of(changed["Attributes"])

    def delete(self, job: Job) -> None:
        """Delete a job and everything that stands beside it; its own row and its request last, so that it can be done again.

        Those two in one: a job without its request is shown to nobody, and could not be asked for again.

        Raises:
            BusyError: The table did not take it.
        """
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :job",
            ExpressionAttributeValues={":job": {"S": job.id}},
            ProjectionExpression="pk, sk",
            ConsistentRead=True,
        )
        ours = [rows.request_key(job.id), rows.job_key(job.id)]
        beside = [item for page in pages for item in page["Items"] if item not in ours]
        for key in beside:
            self._client.delete_item(TableName=self._table, Key=key)
        self.forget_name(job)
        deletions: list[Any] = [{"Delete": {"TableName": self._table, "Key": key}} for key in ours]
        for attempt in range(batches.TRIES):
            try:
                self._client.transact_write_items(TransactItems=deletions)
            except (
                self._client.exceptions.TransactionCanceledException
            ):  # its row is being written, or there is a throttle
                batches.pause(attempt)
            else:
                return
        raise BusyError("the transaction was refused time and again")

    # ------------------------------------------------------------------------------------------------- reading

    def get(self, job_id: JobId) -> Job | None:
        """Return a job as it stands this moment."""
        item = self._client.get_item(TableName=self._table, Key=rows.job_key(job_id), ConsistentRead=True).get("Item")
        return rows.job_of(item) if item else None

    def get_request(self, job_id: JobId) -> Mapping[str, Any]:
        """Return what was asked for, of a job that exists."""
        # Written once, before anything else of the job: an eventually consistent read may still be too early.
        answer = self._client.get_item(TableName=self._table, Key=rows.request_key(job_id), ConsistentRead=True)
        return rows.request_of(answer["Item"])

    def get_with_request(self, job_id: JobId) -> StoredJob | None:
        """Return a job and what was asked for."""
        found = self._stored([job_id])
        return found[0] if found else None

    def page(self, tenant: Tenant, which: JobFilter, *, limit: int, after: JobId | None) -> Page:
        """Return a tenant's jobs, newest first; `limit` is at most 50.

        A filter that hardly anything fits ends after some queries with a short page, or an empty one, and a cursor.
        """
        wanted = {"state": which.state, "provider": which.provider, "reference": which.reference}
        given = {name: str(value) for name, value in wanted.items() if value is not None}
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": _BY_TENANT,
            "KeyConditionExpression": "#tenant = :tenant",
            "ExpressionAttributeNames": {"#tenant": "tenant"} | {f"#{name}": name for name in given},
            "ExpressionAttributeValues": {":tenant": {"S": tenant}}
            | {f":{name}": {"S": value} for name, value in given.items()},
            "ScanIndexForward": False,
            "Limit": _SCANNED_PER_QUERY if given else limit + 1,
        }
        if given:
            query["FilterExpression"] = " AND ".join(f"#{name} = :{name}" for name in given)
        ids: list[JobId] = []
        start = after
        for _ in range(_MOST_QUERIES):
            if len(ids) > limit:
                break
            if start is not None:
                query["ExclusiveStartKey"] = rows.job_key(start) | {"tenant": {"S": tenant}, "id": {"S": start}}
            found = self._client.query(**query)
            ids += [JobId(item["id"]["S"]) for item in found["Items"]]
            last = found.get("LastEvaluatedKey")
            start = JobId(last["id"]["S"]) if last else None
            if start is None:
                break
        shown = ids[:limit]
        return Page(self._stored(shown), shown[-1] if len(ids) > limit else start)

    def numbered_page(
        self, tenant: Tenant, dialect: ProviderName, product: str, *, skipped: int, limit: int
    ) -> Sequence[StoredJob]:
        """Return a part of the jobs that a tenant asked for as one product of a dialect, newest first.

        All of them up to the part's end are walked through: that is how such a list is paged by number.
        """
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=_BY_TENANT,
            KeyConditionExpression="tenant = :tenant",
            FilterExpression="origin.dialect = :dialect AND origin.product = :product",
            ExpressionAttributeValues={
                ":tenant": {"S": tenant},
                ":dialect": {"S": dialect},
                ":product": {"S": product},
            },
            ScanIndexForward=False,
        )
        found = (JobId(item["id"]["S"]) for page in pages for item in page["Items"])
        return self._stored(list(islice(found, skipped, skipped + limit)))

    def _stored(self, job_ids: list[JobId]) -> list[StoredJob]:
        if not job_ids:
            return []
        keys = [key for job_id in job_ids for key in (rows.job_key(job_id), rows.request_key(job_id))]
        jobs: dict[JobId, Job] = {}
        requests: dict[JobId, Mapping[str, Any]] = {}
        for item in batches.read(self._client, self._table, keys):
            job_id = JobId(item["pk"]["S"])
            if item["sk"]["S"] == rows.JOB_ROW:
                jobs[job_id] = rows.job_of(item)
            else:
                requests[job_id] = rows.request_of(item)
        return [
            StoredJob(jobs[job_id], requests[job_id]) for job_id in job_ids if job_id in jobs and job_id in requests
        ]
