"""Everything that is changed inside moto, and nothing else does so.

`install` may be called any number of times. Each change has a test that fails when a new moto makes it wrong or
needless; moto is pinned for the same reason. What a change needs from a running twin it asks the twin that owns the
account of the call (`own`); without an owner, as in a plain `mock_aws`, moto behaves as it always does there.
"""

import base64
import copy
import functools
import importlib
import itertools
import json
import sys
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

REPLACED: dict[str, Any] = {}
"""What was replaced: class or module and name, to the original."""

_installing = threading.Lock()

DYNAMODB = threading.Condition(threading.RLock())
"""Held during every DynamoDB call; notified when a stream has a new record."""

_SQS = threading.RLock()
_s3_action = threading.local()


class ThrottledError(Exception):
    """A function has no concurrency left."""


class PayloadTooLargeError(Exception):
    """An invocation's payload is over Lambda's limit."""


class Owner(Protocol):
    """The twin that an account belongs to. No method but `invoke_arn` may block."""

    endpoint: str

    def invoke_arn(self, function_arn: str, payload: bytes, *, asynchronous: bool) -> tuple[bytes, str | None, str]:
        """Return an invocation's answer, its kind of error or None, and its log."""

    def deliver(self, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Take an event for a rule's target, to be delivered later by another thread."""

    def published(self, bus_name: str, event: Mapping[str, Any]) -> None:
        """Take note of an event put on a bus."""


_owners: dict[str, Owner] = {}


def own(account: str, owner: Owner) -> None:
    """Make a twin the owner of an account: its calls reach the twin, and a reset of moto spares its data."""
    _owners[account] = owner


def disown(account: str) -> None:
    """Forget an account's owner and all of its data."""
    from moto.core.base_backend import BackendDict, backend_lock  # noqa: PLC0415 - moto is slow to import

    _owners.pop(account, None)
    with backend_lock:
        for backends in BackendDict._instances:  # noqa: SLF001 - moto offers no way to drop one account
            for backend in backends.pop(account, {}).values():
                backend.reset()


def install() -> None:
    """Apply all changes that are not in place yet; those for state machines are apart, in `install_step_functions`."""
    with _installing:
        _no_instance_tracking()
        _reset_spares_owned_accounts()
        _dynamodb_lock()
        _stream_notification()
        _transactions()
        _transaction_tokens()
        _single_insert_record()
        _one_partition_queries()
        _sqs_lock()
        _lambda_invocation()
        _rule_targets()
        _published_events()
        _s3_events()
        _one_s3_event()


def _replace(owner: Any, name: str, build: Callable[[Any], Any]) -> None:  # noqa: ANN401 - a class or a module
    """Put `build(original)` in the original's place, once."""
    original = getattr(owner, name)
    if getattr(original, "replaced_by_the_twin", False):
        return
    replacement = build(original)
    functools.update_wrapper(replacement, original)
    replacement.replaced_by_the_twin = True
    setattr(owner, name, replacement)
    REPLACED[f"{owner.__name__}.{name}"] = original


def _locked(lock: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - a lock or a condition
    def build(original: Any) -> Any:  # noqa: ANN401
        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            with lock:
                return original(*args, **kwargs)

        return call

    return build


def _no_instance_tracking() -> None:
    """Moto keeps every item and message ever made for its dashboard: a leak in a twin that stays up."""
    from moto.core.common_models import BaseModel  # noqa: PLC0415

    def build(_original: Any) -> Any:  # noqa: ANN401
        return lambda cls, *_args, **_kwargs: object.__new__(cls)

    _replace(BaseModel, "__new__", build)


def _reset_spares_owned_accounts() -> None:
    """A `mock_aws` that starts or ends elsewhere in the process must not empty a running twin."""
    from moto.core import base_backend  # noqa: PLC0415

    def build(_original: Any) -> Any:  # noqa: ANN401
        def reset(*_class: object) -> None:
            instances = base_backend.BackendDict._instances  # noqa: SLF001
            with base_backend.backend_lock:
                for backends in instances:
                    for account in [name for name in list(backends) if name not in _owners]:
                        backends[account].reset()
                        del backends[account]
                instances[:] = [backends for backends in instances if len(backends)]

        return reset

    _replace(base_backend.BackendDict, "reset", build)


def _dynamodb_lock() -> None:
    """Moto locks nothing: of racing conditional writes, several can win."""
    from moto.dynamodb.responses import DynamoHandler  # noqa: PLC0415
    from moto.dynamodbstreams.responses import DynamoDBStreamsHandler  # noqa: PLC0415

    _replace(DynamoHandler, "call_action", _locked(DYNAMODB))
    _replace(DynamoDBStreamsHandler, "call_action", _locked(DYNAMODB))


def _stream_notification() -> None:
    """Readers of a stream learn of a record at once instead of asking again and again."""
    from moto.dynamodb.models.table import StreamShard  # noqa: PLC0415

    def build(original: Any) -> Any:  # noqa: ANN401
        def add(self: Any, old: Any, new: Any) -> None:  # noqa: ANN401
            with DYNAMODB:
                original(self, old, new)
                DYNAMODB.notify_all()

        return add

    _replace(StreamShard, "add", build)


def _transactions() -> None:
    """Moto copies whole tables per transaction, and puts them back on a failure over what others wrote meanwhile.

    Remembering the items in question is enough, under the lock.
    """
    from moto.dynamodb.models import DynamoDBBackend  # noqa: PLC0415
    from moto.dynamodb.models.table import Table  # noqa: PLC0415

    def build(original: Any) -> Any:  # noqa: ANN401
        def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:  # noqa: ANN401
            with DYNAMODB:
                before = [_snapshot(self, operation) for item in transact_items for operation in item.values()]
                shards = {id(table): table.stream_shard for table, *_ in filter(None, before) if table.stream_shard}
                marks = {key: len(shard.items) for key, shard in shards.items()}
                tables = dict(self.tables)
                Table.__deepcopy__ = lambda table, _memo: table
                try:
                    original(self, transact_items)
                except Exception:
                    self.tables.update(tables)
                    for table, hash_key, range_key, item in filter(None, reversed(before)):
                        _restore(table, hash_key, range_key, item)
                    for key, shard in shards.items():
                        del shard.items[marks[key] :]
                    raise
                finally:
                    del Table.__deepcopy__

        return transact_write_items

    _replace(DynamoDBBackend, "transact_write_items", build)


def _snapshot(backend: Any, operation: Mapping[str, Any]) -> tuple[Any, Any, Any, Any] | None:  # noqa: ANN401
    table = backend.tables.get(operation.get("TableName"))
    source = operation.get("Item") or operation.get("Key") or {}
    names = [name for name in (table.hash_key_attr, table.range_key_attr) if name] if table else []
    if not names or not all(name in source for name in names):
        return None  # moto refuses it by itself
    hash_key, range_key = backend.get_keys_value(table, {name: source[name] for name in names})
    return table, hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key))


def _restore(table: Any, hash_key: Any, range_key: Any, item: Any) -> None:  # noqa: ANN401
    rows, key = (table.items[hash_key], range_key) if table.range_key_attr else (table.items, hash_key)
    if item is None:
        rows.pop(key, None)
    else:
        rows[key] = item


def _transaction_tokens() -> None:
    """Moto ignores ClientRequestToken; boto3 sends one by itself, so that its own retry of a lost answer succeeds."""
    from moto.core.responses import EmptyResult  # noqa: PLC0415
    from moto.dynamodb.exceptions import JsonRESTError  # noqa: PLC0415
    from moto.dynamodb.responses import DynamoHandler  # noqa: PLC0415

    valid_s = 600.0
    done: dict[tuple[str, str, str], tuple[float, str]] = {}

    def build(original: Any) -> Any:  # noqa: ANN401
        def transact_write_items(self: Any) -> Any:  # noqa: ANN401
            token, now = self.body.get("ClientRequestToken"), time.monotonic()
            key, content = (self.current_account, self.region, token), repr(self.body["TransactItems"])
            for old in [name for name, (at, _) in itertools.islice(done.items(), 10) if at < now - valid_s]:
                del done[old]
            if token and key in done:
                if done[key][1] != content:
                    raise JsonRESTError(
                        "IdempotentParameterMismatchException", "The token was used for another request."
                    )
                return EmptyResult()
            result = original(self)
            if token:
                done[key] = (now, content)
            return result

        return transact_write_items

    _replace(DynamoHandler, "transact_write_items", build)


def _single_insert_record() -> None:
    """An update of a new key puts two INSERT records on moto's stream (an empty item, then the whole); AWS puts one."""
    from moto.dynamodb.models import DynamoDBBackend  # noqa: PLC0415

    def build(original: Any) -> Any:  # noqa: ANN401
        def update_item(self: Any, table_name: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            with DYNAMODB:
                shard = self.get_table(table_name).stream_shard
                mark = len(shard.items) if shard else 0
                item = original(self, table_name, *args, **kwargs)
                if shard and len(shard.items) == mark + 2:
                    shard.items[mark + 1].record["dynamodb"]["SequenceNumber"] = shard.items[mark].record["dynamodb"][
                        "SequenceNumber"
                    ]
                    del shard.items[mark]
                return item

        return update_item

    _replace(DynamoDBBackend, "update_item", build)


def _one_partition_queries() -> None:
    """Moto sorts the whole table for each query; a view of the one partition that the query names is enough."""
    from moto.dynamodb.models.table import Table  # noqa: PLC0415

    def build(original: Any) -> Any:  # noqa: ANN401
        def query(self: Any, hash_key: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            index_name = kwargs.get("index_name", args[6] if len(args) > 6 else None)  # noqa: PLR2004 - its place
            view, items = copy.copy(self), self.items
            if index_name is None:
                view.items = {hash_key: items[hash_key]} if hash_key in items else {}
            else:
                wanted = kwargs.get("hash_key_conditions") or []
                view.items = defaultdict(dict)
                for partition, rows in items.items():
                    if not self.range_key_attr:
                        if _has_all(rows, wanted):
                            view.items[partition] = rows
                        continue
                    for range_key, item in rows.items():
                        if _has_all(item, wanted):
                            view.items[partition][range_key] = item
            return original(view, hash_key, *args, **kwargs)

        return query

    _replace(Table, "query", build)


def _has_all(item: Any, wanted: list[tuple[str, Any]]) -> bool:  # noqa: ANN401
    for name, value in wanted:
        found = item.attrs.get(name)
        if found is None or found.type != value.type or (found.value != value.value and found != value):
            return False
    return True


def _sqs_lock() -> None:  # noqa: C901 - three small closures
    """Moto's queues are unlocked: a message can be given out twice, or be lost between a send and a delete.

    The wait of a receive ends when a message arrives, or when one that is delayed or hidden falls due; moto would look
    again after a second.
    """
    from moto.sqs.models import Queue, SQSBackend  # noqa: PLC0415

    def arrivals(queue: Any) -> threading.Condition:  # noqa: ANN401
        return queue.__dict__.setdefault("arrivals", threading.Condition(_SQS))  # type: ignore[no-any-return]

    def build_add(original: Any) -> Any:  # noqa: ANN401
        def add_message(self: Any, message: Any) -> None:  # noqa: ANN401
            with _SQS:
                original(self, message)
                arrivals(self).notify_all()

        return add_message

    def build_change(original: Any) -> Any:  # noqa: ANN401
        def change_message_visibility(self: Any, queue_name: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            with _SQS:
                original(self, queue_name, *args, **kwargs)
                arrivals(self.get_queue(queue_name)).notify_all()

        return change_message_visibility

    def build_receive(original: Any) -> Any:  # noqa: ANN401
        def receive_message(
            self: Any,  # noqa: ANN401
            queue_name: str,
            count: int,
            wait_seconds_timeout: float,
            visibility_timeout: int,
            message_attribute_names: list[str] | None = None,
        ) -> Any:  # noqa: ANN401
            end = time.monotonic() + (wait_seconds_timeout or 0)
            with _SQS:
                while True:
                    queue = self.get_queue(queue_name)
                    found = original(self, queue_name, count, 0, visibility_timeout, message_attribute_names)
                    left = end - time.monotonic()
                    if found or left <= 0:
                        return found
                    now_ms = time.time() * 1000
                    due_ms = [max(item.visible_at, item.delayed_until) for item in queue._messages]  # noqa: SLF001
                    next_s = min((due - now_ms for due in due_ms if due > now_ms), default=left * 1000) / 1000
                    arrivals(queue).wait(min(left, next_s + 0.002))

        return receive_message

    _replace(Queue, "add_message", build_add)
    _replace(SQSBackend, "receive_message", build_receive)
    _replace(SQSBackend, "change_message_visibility", build_change)
    for name in ("send_message", "delete_message", "purge_queue"):
        _replace(SQSBackend, name, _locked(_SQS))


def hasten(account: str, region: str, queue_name: str, *, delayed: bool, hidden: bool) -> int:
    """Make a queue's waiting messages receivable now.

    Args:
        account: The queue's account.
        region: The queue's region.
        queue_name: The queue's name.
        delayed: Whether those sent with a delay are meant.
        hidden: Whether those received and not deleted are meant, as if their visibility time-out had ended.

    Returns:
        How many messages became receivable.
    """
    from moto.sqs.models import sqs_backends  # noqa: PLC0415

    with _SQS:
        queue, now_ms, count = sqs_backends[account][region].get_queue(queue_name), time.time() * 1000, 0
        for message in queue._messages:  # noqa: SLF001
            if (delayed and message.delayed_until > now_ms) or (hidden and message.visible_at > now_ms):
                message.delayed_until = message.visible_at = 0.0
                count += 1
        if "arrivals" in queue.__dict__:
            queue.arrivals.notify_all()
    return count


def _lambda_invocation() -> None:
    """Moto runs functions in containers; in an owned account, the twin runs them. Every call inside moto comes by here."""
    from moto.awslambda.models import LambdaFunction  # noqa: PLC0415
    from moto.core.exceptions import JsonRESTError  # noqa: PLC0415

    def refuse(code: str, message: str, status: int) -> Exception:
        error: Exception = JsonRESTError(code, message)
        error.code = status  # type: ignore[attr-defined]
        return error

    def build(original: Any) -> Any:  # noqa: ANN401
        def invoke(self: Any, body: Any, request_headers: Any, response_headers: Any) -> Any:  # noqa: ANN401
            owner = _owners.get(self.account_id)
            if owner is None:
                return original(self, body, request_headers, response_headers)
            # Callers inside moto send no headers: they do not wait in AWS either.
            kind = request_headers.get("x-amz-invocation-type", "RequestResponse") if request_headers else "Event"
            if kind == "DryRun":
                return b""
            payload = body.encode() if isinstance(body, str) else body or b"{}"
            try:
                answer, error, log = owner.invoke_arn(self.function_arn, payload, asynchronous=kind == "Event")
            except ThrottledError as problem:
                raise refuse("TooManyRequestsException", "Rate Exceeded.", 429) from problem
            except PayloadTooLargeError as problem:
                raise refuse("RequestTooLargeException", str(problem), 413) from problem
            if error:
                response_headers["x-amz-function-error"] = error
            response_headers["x-amz-log-result"] = base64.b64encode(log.encode()[-4096:]).decode()
            return answer

        return invoke

    _replace(LambdaFunction, "invoke", build)


def _rule_targets() -> None:
    """Moto's rules fire when disabled, know no functions, and deliver inside the caller's request."""
    from moto.events.models import Rule  # noqa: PLC0415

    def build(original: Any) -> Any:  # noqa: ANN401
        def send_to_targets(self: Any, event: dict[str, Any], transform_input: bool = True) -> None:  # noqa: ANN401, FBT001, FBT002 - moto's
            owner = _owners.get(self.account_id)
            if owner is None:
                original(self, event, transform_input)
            elif (
                self.state == "ENABLED"
                and not self.scheduled_expression
                and "archive-arn" not in event
                and self.event_pattern.matches_event(event)
            ):
                envelope = _envelope(event)
                for target in self.targets:
                    owner.deliver(target, envelope)

        return send_to_targets

    _replace(Rule, "send_to_targets", build)


def _envelope(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as its targets see it: the time as text, nothing of moto's own."""
    at = event.get("time")
    moment = datetime.fromtimestamp(float(at), UTC) if isinstance(at, int | float) else datetime.now(UTC)
    return {
        **{name: copy.deepcopy(value) for name, value in event.items() if name != "ingestion-time"},
        "time": at if isinstance(at, str) else moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _published_events() -> None:
    """What was put on a bus can be read back, whether a rule wants it or not."""
    from moto.events.models import EventsBackend  # noqa: PLC0415

    def build(original: Any) -> Any:  # noqa: ANN401
        def put_events(self: Any, events: list[dict[str, Any]]) -> Any:  # noqa: ANN401
            results = original(self, events)
            owner = _owners.get(self.account_id)
            for event, result in zip(events, results, strict=True) if owner else ():
                if "EventId" in result and owner:
                    at = event.get("Time") or time.time()
                    envelope = {
                        "version": "0",
                        "id": result["EventId"],
                        "detail-type": event["DetailType"],
                        "source": event["Source"],
                        "account": self.account_id,
                        "time": at,
                        "region": self.region_name,
                        "resources": event.get("Resources", []),
                        "detail": json.loads(event["Detail"]),
                    }
                    owner.published((event.get("EventBusName") or "default").rsplit("/", 1)[-1], _envelope(envelope))
            return results

        return put_events

    _replace(EventsBackend, "put_events", build)


def _s3_events() -> None:
    """Moto's S3 events go to every bus, all with one sequencer and under names that AWS does not use."""
    from moto.events.models import events_backends  # noqa: PLC0415
    from moto.s3 import notifications  # noqa: PLC0415

    reasons = {"Put": "PutObject", "Post": "POST Object", "Copy": "CopyObject", "Delete": "DeleteObject"}
    sequence = itertools.count(time.time_ns())

    def build(original: Any) -> Any:  # noqa: ANN401
        def send(account_id: str, bucket: Any, event_name: str, key: Any) -> None:  # noqa: ANN401
            owner = _owners.get(account_id)
            if owner is None:
                original(account_id, bucket, event_name, key)
                return
            action = str(getattr(event_name, "value", event_name)).rsplit(":", 1)[-1]
            kind = notifications._detail_type(event_name)  # noqa: SLF001
            # moto sends "Tags Added" with each put.
            if getattr(_s3_action, "name", action) != action or kind not in {"Object Created", "Object Deleted"}:
                return
            details = {"key": key.name, "sequencer": f"{next(sequence):018X}"}
            if kind != "Object Deleted":
                details |= {"size": key.size, "etag": key.etag.strip('"')}
            if key.version_id not in {None, "null"}:
                details["version-id"] = key.version_id
            event = {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": kind,
                "source": "aws.s3",
                "account": account_id,
                "time": time.time(),
                "region": bucket.region_name,
                "resources": [bucket.arn],
                "detail": {
                    "version": "0",
                    "bucket": {"name": bucket.name},
                    "object": details,
                    "request-id": uuid.uuid4().hex[:16].upper(),
                    "requester": account_id,
                    "source-ip-address": "127.0.0.1",
                    "reason": reasons.get(action, action),
                    **({"deletion-type": "Permanently Deleted"} if kind == "Object Deleted" else {}),
                },
            }
            owner.published("default", _envelope(event))
            for rule in list(events_backends[account_id][bucket.region_name].event_buses["default"].rules.values()):
                rule.send_to_targets(event, transform_input=False)

        return send

    _replace(notifications, "_send_event_bridge_message", build)


def _one_s3_event() -> None:
    """Completing an upload and copying an object yield several events in moto, of which AWS knows one."""
    from moto.s3.models import S3Backend  # noqa: PLC0415

    def only(action: str) -> Callable[[Any], Any]:
        def build(original: Any) -> Any:  # noqa: ANN401
            def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
                _s3_action.name = action
                try:
                    return original(*args, **kwargs)
                finally:
                    del _s3_action.name

            return call

        return build

    _replace(S3Backend, "complete_multipart_upload", only("CompleteMultipartUpload"))
    _replace(S3Backend, "copy_object", only("Copy"))


def install_step_functions() -> None:
    """Make moto run state machines, with their calls sent to the twin that owns the account; slow to import.

    moto gives an execution no name if the caller gave none, so that the second one fails.
    """
    from moto.core.config import default_user_config  # noqa: PLC0415
    from moto.stepfunctions.parser.asl.utils import boto_client  # noqa: PLC0415
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend  # noqa: PLC0415

    def build_start(original: Any) -> Any:  # noqa: ANN401
        def start_execution(backend: Any, arn: str, name: str | None = None, *args: Any) -> Any:  # noqa: ANN401
            return original(backend, arn, name or str(uuid.uuid4()), *args)

        return start_execution

    def build_client(original: Any) -> Any:  # noqa: ANN401
        def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ANN401
            owner = _owners.get(state_credentials.role_arn.split(":")[4]) if state_credentials else None
            if owner is None:
                return original(region, service, state_credentials)
            return _client_of(owner.endpoint, region, service)

        return boto_client_for

    with _installing:
        default_user_config["stepfunctions"] = {"execute_state_machine": True}
        original = boto_client.boto_client_for
        _replace(boto_client, "boto_client_for", build_client)
        for name, module in list(sys.modules.items()):
            # They imported the function by name.
            if name.startswith("moto.stepfunctions.parser") and getattr(module, "boto_client_for", None) is original:
                module.boto_client_for = boto_client.boto_client_for  # type: ignore[attr-defined]
        _replace(StepFunctionsParserBackend, "start_execution", build_start)


@functools.lru_cache(maxsize=64)
def _client_of(endpoint: str, region: str, service: str) -> Any:  # noqa: ANN401 - boto3 clients have no common type
    boto3, config = importlib.import_module("boto3"), importlib.import_module("botocore.config")
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106
        config=config.Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=900),
    )
