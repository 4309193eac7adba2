"""Event sources: what AWS runs to read queues and table streams and call functions with what it finds."""

import base64
import json
import threading
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.events.models import EventPattern
from moto.sqs.models import sqs_backends
from typing_extensions import override

from local.cloud.background import Log
from local.cloud.lambdas import PROCESSES, FunctionPool
from local.cloud.model import SourceMapping
from local.cloud.patches import DYNAMODB

_LOOK_S = 0.02  # between two looks at an empty source
_RETRY_S, _LONGEST_RETRY_S = 0.2, 5.0


class Pump(ABC):
    """One event source mapping at work: reads in a thread of its own and calls the function."""

    def __init__(self, mapping: SourceMapping, pool: FunctionPool, log: Log) -> None:
        self.mapping, self.pool, self._log = mapping, pool, log
        self.stopping = threading.Event()
        *_, self.region, self.account, self.resource = mapping.source_arn.split(":", 5)

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._run, name=self.mapping.logical_id, daemon=True).start()

    def stop(self) -> None:
        """Read no more; a call in progress is not waited for."""
        self.stopping.set()

    @abstractmethod
    def busy(self) -> bool:
        """Return whether something is being worked on, or could be read now."""

    @abstractmethod
    def step(self) -> None:
        """Look for a batch, and have it worked on; wait a moment if there is none."""

    def call(self, records: dict[str, dict[str, Any]]) -> set[str] | None:
        """Call the function with records by identifier; return those that failed, or None if the whole batch did."""
        result = self.pool.invoke(json.dumps({"Records": list(records.values())}).encode())
        if result.error or not self.mapping.partial_failures:
            return None if result.error else set()
        try:
            failed = {item["itemIdentifier"] for item in (result.json() or {}).get("batchItemFailures") or []}
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
        return failed if failed <= set(records) else None

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.step()
            except Exception as error:  # noqa: BLE001 - whatever it was, the pump goes on
                if not self.stopping.is_set():
                    self._log(self.mapping.logical_id, f"{type(error).__name__}: {error}")
                self.stopping.wait(_RETRY_S)


class QueuePump(Pump):
    """Reads a queue, and works on as many batches at a time as the function may have processes."""

    def __init__(self, mapping: SourceMapping, pool: FunctionPool, log: Log) -> None:
        super().__init__(mapping, pool, log)
        self._free = threading.Semaphore(min(PROCESSES, mapping.max_concurrency or PROCESSES))
        self._at_work: set[threading.Thread] = set()
        self._backend = sqs_backends[self.account][self.region]
        self._queue = self._backend.get_queue(self.resource)

    @override
    def busy(self) -> bool:
        return bool(self._at_work or self._queue.messages)

    @override
    def step(self) -> None:
        if not self._free.acquire(timeout=_LOOK_S):
            return
        batch, visibility_s = [], self._queue.visibility_timeout
        try:
            batch = self._backend.receive_message(self.resource, self.mapping.batch_size, 0, visibility_s, ["All"])
        finally:
            if not batch:
                self._free.release()
        if not batch:
            self.stopping.wait(_LOOK_S)
            return
        thread = threading.Thread(target=self._work, args=(batch,), name=self.mapping.logical_id, daemon=True)
        self._at_work.add(thread)
        thread.start()

    def _work(self, batch: list[Any]) -> None:
        """Delete what was worked off; the rest comes back after its visibility time-out."""
        try:
            failed = self.call({message.id: self._record(message) for message in batch})
            for message in batch:
                if failed is not None and message.id not in failed:
                    self._backend.delete_message(self.resource, message.receipt_handle)
        finally:
            self._at_work.discard(threading.current_thread())
            self._free.release()

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
                name: {
                    "stringValue": value.get("StringValue"),
                    "stringListValues": [],
                    "binaryListValues": [],
                    "dataType": value.get("DataType"),
                }
                for name, value in message.message_attributes.items()
            },
            "md5OfBody": message.body_md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": self.mapping.source_arn,
            "awsRegion": self.region,
        }


class StreamPump(Pump):
    """Reads a table's stream, which is one shard here, in order; a batch that fails comes again until it does not."""

    def __init__(self, mapping: SourceMapping, pool: FunctionPool, log: Log) -> None:
        super().__init__(mapping, pool, log)
        table = dynamodb_backends[self.account][self.region].get_table(self.resource.split("/")[1])
        self._items: list[Any] = table.stream_shard.items
        self._position = 0 if mapping.from_start else len(self._items)
        self._patterns = [EventPattern.load(pattern) for pattern in mapping.filters]

    @override
    def busy(self) -> bool:
        return len(self._items) > self._position

    @override
    def step(self) -> None:
        with DYNAMODB:  # because a transaction that fails takes its records back
            items = self._items[self._position : self._position + self.mapping.batch_size]
        if not items:
            self.stopping.wait(_LOOK_S)
            return
        records = [record for record in map(self._record, items) if self._wanted(record)]
        self._work({record["dynamodb"]["SequenceNumber"]: record for record in records})
        self._position += len(items)

    def _wanted(self, record: dict[str, Any]) -> bool:
        return not self._patterns or any(pattern.matches_event(record) for pattern in self._patterns)

    def _work(self, records: dict[str, dict[str, Any]]) -> None:
        failures = 0
        while records and not self.stopping.is_set():
            failed, numbers = self.call(records), list(records)
            if failed is None and self.mapping.bisect and len(records) > 1:
                half = len(records) // 2
                self._work({number: records[number] for number in numbers[:half]})
                records = {number: records[number] for number in numbers[half:]}
                continue
            if failed is not None:
                first = min(map(numbers.index, failed), default=len(numbers))
                records = {number: records[number] for number in numbers[first:]}
            if records:
                failures += 1
                self.stopping.wait(min(_RETRY_S * 2**failures, _LONGEST_RETRY_S))

    def _record(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - moto's record
        record: dict[str, Any] = json.loads(json.dumps(item.to_json(), default=_plain))
        return {**record, "awsRegion": self.region, "eventSourceARN": self.mapping.source_arn}


def pump(mapping: SourceMapping, pool: FunctionPool, log: Log) -> Pump:
    """Return the pump for a mapping's kind of source, not started yet."""
    kind = QueuePump if mapping.source_arn.split(":")[2] == "sqs" else StreamPump
    return kind(mapping, pool, log)


def _plain(value: Any) -> Any:  # noqa: ANN401 - what JSON does not know of a stream record
    if isinstance(value, datetime):
        return float(int((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()))
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.to_json()
