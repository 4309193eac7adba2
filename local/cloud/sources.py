"""Event sources: what AWS runs to read queues and table streams and call functions with what it finds."""

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.events.models import EventPattern
from moto.sqs.models import sqs_backends
from typing_extensions import override

from local.cloud.background import Log
from local.cloud.lambdas import FunctionPool, ThrottledError
from local.cloud.model import SourceMapping
from local.cloud.patches import DYNAMODB

_SLICE_S = 0.25  # how long a reader may sleep before it looks whether it is to stop
_RETRY_S, _LONGEST_RETRY_S = 0.2, 5.0


class Pump:
    """One event source mapping at work: reads in threads of its own and calls the function.

    Args:
        mapping: What to read, how, and for which function.
        pool: The function.
        send: Delivers a text to an ARN.
        log: Told of errors of the pump itself.
    """

    def __init__(self, mapping: SourceMapping, pool: FunctionPool, send: Callable[[str, str], None], log: Log) -> None:
        self.mapping, self.pool, self.send, self._log = mapping, pool, send, log
        self.stopping = threading.Event()
        self._count = threading.Lock()
        self._at_work = 0
        *_, self.region, self.account, self.resource = mapping.source_arn.split(":", 5)

    threads = 1

    def start(self) -> None:
        """Begin to read."""
        for number in range(self.threads):
            name = f"{self.mapping.logical_id}-{number}"
            threading.Thread(target=self._run, name=name, daemon=True).start()

    def stop(self) -> None:
        """Read no more; a call in progress is not waited for."""
        self.stopping.set()

    def busy(self) -> bool:
        """Return whether a batch is being worked on, or one could be read now."""
        return self._at_work > 0 or self.backlog() > 0

    def backlog(self) -> int:
        """Return how many records could be read now."""
        raise NotImplementedError

    def step(self) -> None:
        """Wait a moment for a batch, and work on it if there is one."""
        raise NotImplementedError

    def call(self, records: list[dict[str, Any]]) -> set[str] | None:
        """Call the function; return the identifiers that it reports as failed, or None if the whole batch failed."""
        result = self.pool.invoke(json.dumps({"Records": records}).encode())
        if result.error:
            return None
        if not self.mapping.partial_failures:
            return set()
        try:
            failures = (result.json() or {}).get("batchItemFailures") or []
            failed = {str(item["itemIdentifier"] or "") for item in failures}
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
        return None if "" in failed else failed

    def worked(self, change: int) -> None:
        """Count a batch as begun (1) or ended (-1)."""
        with self._count:
            self._at_work += change

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.step()
            except Exception as error:  # noqa: BLE001 - whatever it was, the pump goes on
                if self.stopping.is_set():
                    return
                self._log(self.mapping.logical_id, f"{type(error).__name__}: {error}")
                self.stopping.wait(_RETRY_S)


class QueuePump(Pump):
    """Reads a queue with as many readers as the function may have processes."""

    def __init__(self, mapping: SourceMapping, pool: FunctionPool, send: Callable[[str, str], None], log: Log) -> None:
        super().__init__(mapping, pool, send, log)
        self.threads = min(pool.size, mapping.max_concurrency or pool.size)
        self._backend = sqs_backends[self.account][self.region]
        self._queue = self._backend.get_queue(self.resource)

    @override
    def backlog(self) -> int:
        """Return how many messages could be received now."""
        return len(self._queue.messages)

    @override
    def step(self) -> None:
        """Receive a batch and delete what was worked off; the rest comes back after its visibility time-out."""
        batch = self._receive(self.mapping.batch_size, _SLICE_S)
        if not batch:
            return
        self.worked(1)
        try:
            end = time.monotonic() + self.mapping.window_s
            while len(batch) < self.mapping.batch_size and (left := end - time.monotonic()) > 0:
                batch += self._receive(self.mapping.batch_size - len(batch), left)
            try:
                failed = self.call([self._record(message) for message in batch])
            except ThrottledError:
                return
            if failed is None or failed - {message.id for message in batch}:
                return
            for message in batch:
                if message.id not in failed:
                    self._backend.delete_message(self.resource, message.receipt_handle)
        finally:
            self.worked(-1)

    def _receive(self, count: int, wait_s: float) -> list[Any]:
        visibility = self._queue.visibility_timeout
        found: list[Any] = self._backend.receive_message(self.resource, count, wait_s, visibility, ["All"])
        return found

    def _record(self, message: Any) -> dict[str, Any]:  # noqa: ANN401 - moto's message
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt_handle,
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": str(message.approximate_receive_count),
                "SentTimestamp": str(message.sent_timestamp),
                "SenderId": message.sender_id,
                "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
            },
            "messageAttributes": {
                name: _message_attribute(value) for name, value in message.message_attributes.items()
            },
            "md5OfBody": message.body_md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": self.mapping.source_arn,
            "awsRegion": self.region,
        }


class StreamPump(Pump):
    """Reads a table's stream, which is one shard here, in order."""

    def __init__(self, mapping: SourceMapping, pool: FunctionPool, send: Callable[[str, str], None], log: Log) -> None:
        super().__init__(mapping, pool, send, log)
        table = dynamodb_backends[self.account][self.region].get_table(self.resource.split("/")[1])
        self._items: list[Any] = table.stream_shard.items
        self._shard_id: str = table.stream_shard.id
        self._position = 0 if mapping.from_start else len(self._items)
        self._patterns = [EventPattern.load(pattern) for pattern in mapping.filters]

    @override
    def stop(self) -> None:
        """Read no more."""
        super().stop()
        with DYNAMODB:
            DYNAMODB.notify_all()

    @override
    def backlog(self) -> int:
        """Return how many records are not read yet."""
        return len(self._items) - self._position

    @override
    def step(self) -> None:
        """Read a batch and have it worked off, or given up, before the next one."""
        with DYNAMODB:
            # Under the lock, because a transaction that fails takes its records back.
            if not self._items[self._position :]:
                DYNAMODB.wait(_SLICE_S)
            items = self._items[self._position : self._position + self.mapping.batch_size]
        if not items:
            return
        self.worked(1)
        try:
            if self.mapping.window_s and len(items) < self.mapping.batch_size:
                self.stopping.wait(self.mapping.window_s)
                with DYNAMODB:
                    items = self._items[self._position : self._position + self.mapping.batch_size]
            records = [self._record(item) for item in items]
            wanted = [record for record in records if self._matches(record)]
            if wanted:
                self._work(wanted, 0)
            self._position += len(items)
        finally:
            self.worked(-1)

    def _matches(self, record: dict[str, Any]) -> bool:
        return not self._patterns or any(pattern.matches_event(record) for pattern in self._patterns)

    def _work(self, records: list[dict[str, Any]], failures: int) -> None:
        """Call the function until the records are done or given up."""
        while not self.stopping.is_set():
            try:
                failed = self.call(records)
            except ThrottledError:
                self.stopping.wait(_RETRY_S)
                continue
            numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
            if failed is not None and not failed:
                return
            failures += 1
            if failed and failed <= set(numbers):
                done = min(numbers.index(number) for number in failed)
                records, failures = records[done:], failures if done == 0 else 1
            age_s = time.time() - records[0]["dynamodb"]["ApproximateCreationDateTime"]
            if 0 <= self.mapping.max_age_s < age_s:
                self._give_up(records, failures, "RecordAgeExceeded")
                return
            if self.mapping.bisect and len(records) > 1 and not failed:
                half = len(records) // 2
                # Halving does not count as a retry of either half.
                self._work(records[:half], failures - 1)
                self._work(records[half:], failures - 1)
                return
            if 0 <= self.mapping.max_retries < failures:
                self._give_up(records, failures, "RetryAttemptsExhausted")
                return
            self.stopping.wait(min(_RETRY_S * 2**failures, _LONGEST_RETRY_S))

    def _give_up(self, records: list[dict[str, Any]], failures: int, condition: str) -> None:
        self._log(self.mapping.logical_id, f"{len(records)} records given up: {condition}")
        if not self.mapping.on_failure_arn:
            return
        times = [_time(record["dynamodb"]["ApproximateCreationDateTime"]) for record in (records[0], records[-1])]
        notice = {
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": self.pool.function.arn,
                "condition": condition,
                "approximateInvokeCount": failures,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": _time(time.time()),
            "DDBStreamBatchInfo": {
                "shardId": self._shard_id,
                "startSequenceNumber": records[0]["dynamodb"]["SequenceNumber"],
                "endSequenceNumber": records[-1]["dynamodb"]["SequenceNumber"],
                "approximateArrivalOfFirstRecord": times[0],
                "approximateArrivalOfLastRecord": times[1],
                "batchSize": len(records),
                "streamArn": self.mapping.source_arn,
            },
        }
        if self.mapping.on_failure_arn.split(":")[2] == "s3":
            notice["payload"] = json.dumps({"Records": records})
        self.send(self.mapping.on_failure_arn, json.dumps(notice))

    def _record(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - moto's record
        record: dict[str, Any] = json.loads(json.dumps(item.to_json(), default=_plain))
        return {**record, "awsRegion": self.region, "eventSourceARN": self.mapping.source_arn}


def pump(mapping: SourceMapping, pool: FunctionPool, send: Callable[[str, str], None], log: Log) -> Pump:
    """Return the pump for a mapping's kind of source, not started yet."""
    kind = QueuePump if mapping.source_arn.split(":")[2] == "sqs" else StreamPump
    return kind(mapping, pool, send, log)


def _message_attribute(value: dict[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {"stringListValues": [], "binaryListValues": [], "dataType": value.get("DataType")}
    if value.get("StringValue") is not None:
        shaped["stringValue"] = value["StringValue"]
    if value.get("BinaryValue") is not None:
        binary = value["BinaryValue"]
        shaped["binaryValue"] = base64.b64encode(binary).decode() if isinstance(binary, bytes) else binary
    return shaped


def _plain(value: Any) -> Any:  # noqa: ANN401 - what JSON does not know of a stream record
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return float(int(at.timestamp()))
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.to_json()


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
