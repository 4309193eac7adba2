"""Everything that is changed inside moto, and nothing else does so.

`install` may be called any number of times. Each change has a test that fails when a new moto makes it wrong or
needless; moto is pinned for the same reason. What a change needs from a running twin it asks the twin that owns the
account of the call (`own`); without an owner, as in a plain `mock_aws`, moto behaves as it always does there.
"""
# ruff: noqa: ANN401, SLF001 - moto has neither types nor another way in

import base64
import contextlib
import copy
import functools
import itertools
import logging
import sys
import threading
import time
import types
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import LambdaFunction
from moto.core import base_backend
from moto.core.common_models import BaseModel
from moto.core.responses import EmptyResult
from moto.core.serialize import JSONSerializer
from moto.dynamodb.exceptions import JsonRESTError
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser
from moto.dynamodb.parsing.validators import ActionCountValidator
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodbstreams.responses import DynamoDBStreamsHandler
from moto.events.models import Rule, events_backends
from moto.s3 import notifications
from moto.sqs.models import SQSBackend, sqs_backends

if TYPE_CHECKING:
    from local.cloud.cloud import LocalCloud

REPLACED: dict[str, Any] = {}
"""What was replaced: class or module and name, to the original."""

DYNAMODB = threading.RLock()
"""Held during every DynamoDB call."""

_SQS = threading.RLock()
_LOOK_S = 0.02  # between two looks of a receive that waits
_TOKEN_S = 600.0
_REASONS = {"s3:ObjectCreated:Put": "PutObject", "s3:ObjectCreated:Copy": "CopyObject"}
_installing = threading.RLock()


_owners: "dict[str, LocalCloud]" = {}


def own(account: str, owner: "LocalCloud") -> None:
    """Make a twin the owner of an account: its calls reach the twin, and a reset of moto spares its data."""
    _owners[account] = owner


def disown(account: str) -> None:
    """Forget an account's owner and all of its data."""
    _owners.pop(account, None)
    with base_backend.backend_lock:
        for backends in base_backend.BackendDict._instances:
            for backend in backends.pop(account, {}).values():
                backend.reset()


def install() -> None:
    """Apply all changes that are not in place yet; those for state machines are apart, in `install_step_functions`."""
    with _installing:
        _backends()
        _dynamodb_locks()
        _transactions()
        _single_insert_record()
        _one_partition_queries()
        _attribute_values()
        _item_weights()
        _update_expressions()
        _sqs_locks()
        _lambda_invocation()
        _rule_targets()
        _s3_events()


def _replaces(owner: Any, name: str) -> Callable[[Callable[..., Any]], None]:
    """Put a function in a method's place, once; it gets the original before the method's own arguments."""

    def put(function: Callable[..., Any]) -> None:
        original = getattr(owner, name)
        if getattr(original, "replaced_by_the_twin", False):
            return

        @functools.wraps(original)
        def replacement(*args: Any, **kwargs: Any) -> Any:
            return function(original, *args, **kwargs)

        replacement.replaced_by_the_twin = True  # type: ignore[attr-defined]
        setattr(owner, name, replacement)
        REPLACED[f"{owner.__name__}.{name}"] = original

    return put


def _locked(lock: Any) -> Callable[..., Any]:
    def call(original: Any, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return original(*args, **kwargs)

    return call


def _backends() -> None:
    @_replaces(BaseModel, "__new__")
    def new(_original: Any, cls: Any, *_args: Any, **_kwargs: Any) -> Any:
        """Moto keeps every item and message ever made for its dashboard: a leak in a twin that stays up."""
        return object.__new__(cls)

    @_replaces(base_backend.BackendDict, "reset")
    def reset(_original: Any, *_class: object) -> None:
        """A `mock_aws` that starts or ends elsewhere in the process must not empty a running twin."""
        instances = base_backend.BackendDict._instances
        with base_backend.backend_lock:
            for backends in instances:
                for account in [name for name in list(backends) if name not in _owners]:
                    backends[account].reset()
                    del backends[account]
            instances[:] = [backends for backends in instances if len(backends)]


def _dynamodb_locks() -> None:
    """Moto locks nothing: of racing conditional writes, several can win."""
    for handler in (DynamoHandler, DynamoDBStreamsHandler):
        _replaces(handler, "call_action")(_locked(DYNAMODB))


def _transactions() -> None:
    @_replaces(DynamoDBBackend, "transact_write_items")
    def write(original: Any, self: Any, transact_items: list[dict[str, Any]]) -> None:
        """Moto copies whole tables, and puts them back on a failure over what others wrote meanwhile.

        Remembering the items in question is enough, under the lock.
        """
        with DYNAMODB:
            operations = [operation for item in transact_items for operation in item.values()]
            before = [found for operation in operations if (found := _snapshot(self, operation))]
            records = {id(table): table.stream_shard.items for table, *_ in before if table.stream_shard}
            marks = {key: len(items) for key, items in records.items()}
            Table.__deepcopy__ = lambda table, _memo: table
            try:
                original(self, transact_items)
            except Exception:
                for table, hash_key, range_key, item in reversed(before):
                    rows, key = (table.items[hash_key], range_key) if table.range_key_attr else (table.items, hash_key)
                    if item is None:
                        rows.pop(key, None)
                    else:
                        rows[key] = item
                for key, items in records.items():
                    del items[marks[key] :]
                raise
            finally:
                del Table.__deepcopy__

    done: dict[tuple[str, str, str], tuple[float, str]] = {}

    @_replaces(DynamoHandler, "transact_write_items")
    def once(original: Any, self: Any) -> Any:
        """Moto ignores ClientRequestToken; boto3 sends one, so that its own retry of a lost answer succeeds."""
        now, content = time.monotonic(), repr(self.body["TransactItems"])
        key = (self.current_account, self.region, self.body.get("ClientRequestToken") or str(uuid.uuid4()))
        for old in [name for name, (at, _) in itertools.islice(done.items(), 10) if at < now - _TOKEN_S]:
            del done[old]
        if key in done and done[key][1] != content:
            raise JsonRESTError("IdempotentParameterMismatchException", "The token was used for another request.")
        result = EmptyResult() if key in done else original(self)
        done.setdefault(key, (now, content))
        return result


def _snapshot(backend: Any, operation: Mapping[str, Any]) -> tuple[Any, Any, Any, Any] | None:
    """The table, keys and present item of an operation; None if moto will refuse it by itself."""
    table = backend.tables.get(operation.get("TableName"))
    source = operation.get("Item") or operation.get("Key") or {}
    names = [name for name in (table.hash_key_attr, table.range_key_attr) if name] if table else []
    if not names or not all(name in source for name in names):
        return None
    hash_key, range_key = backend.get_keys_value(table, {name: source[name] for name in names})
    return table, hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key))


def _single_insert_record() -> None:
    @_replaces(DynamoDBBackend, "update_item")
    def update_item(original: Any, self: Any, table_name: str, *args: Any, **kwargs: Any) -> Any:
        """An update of a new key puts two INSERT records on moto's stream, the first of an empty item; AWS puts one."""
        with DYNAMODB:
            shard = self.get_table(table_name).stream_shard
            mark = len(shard.items) if shard else 0
            item = original(self, table_name, *args, **kwargs)
            if shard and len(shard.items) == mark + 2:
                empty, whole = (record.record["dynamodb"] for record in shard.items[mark:])
                whole["SequenceNumber"] = empty["SequenceNumber"]
                del shard.items[mark]
            return item


def _one_partition_queries() -> None:
    @_replaces(Table, "query")
    def query(original: Any, self: Any, hash_key: Any, *args: Any, **kwargs: Any) -> Any:
        """Moto sorts the whole table for each query; a view of the partition or the index that it names is enough."""
        view = copy.copy(self)
        name = kwargs.get("index_name", args[6] if len(args) > 6 else None)  # noqa: PLR2004 - its place
        if name is None:
            view.items = {hash_key: self.items[hash_key]} if hash_key in self.items else {}
        elif self.range_key_attr and name in (indexes := {index.name: index for index in self.all_indexes()}):
            keys = {key["AttributeName"] for key in indexes[name].schema}
            there = [item for rows in self.items.values() for item in rows.values() if keys <= item.attrs.keys()]
            view.items = {hash_key: dict(enumerate(there))}
        return original(view, hash_key, *args, **kwargs)


def _attribute_values() -> None:
    @_replaces(JSONSerializer, "_serialize_type_structure")
    def serialize(original: Any, self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        """Moto looks for each of an attribute's ten possible types, in several spellings: half the time of a read or an update.

        It has made what the wire has before; but for binary values, which it encodes here.
        """
        if shape.name == "AttributeValue" and key and not _has_bytes(value):
            self._default_serialize(serialized, value, shape, key)
        else:
            original(self, serialized, value, shape, key)


def _item_weights() -> None:
    @_replaces(Item, "__init__")
    def init(original: Any, self: Any, hash_key: Any, range_key: Any, attrs: Mapping[str, Any]) -> None:
        """Moto weighs the whole item again with each attribute that comes into it; with the last one is enough."""
        original(self, hash_key, range_key, {})
        values = {name: DynamoType(value) for name, value in attrs.items()}
        for name in list(values)[:-1]:
            dict.__setitem__(self.attrs, name, values[name])
        for name in list(values)[-1:]:
            self.attrs[name] = values[name]


def _update_expressions() -> None:
    @_replaces(ActionCountValidator, "verify_action_counts")
    def verify(original: Any, self: Any, node: Any) -> Any:
        """Moto counts the clauses of an update at each of its actions anew, all of them; at its root is enough."""
        return original(self, node) if node.parent is None else node

    @_replaces(DepthFirstTraverser, "traverse")
    def traverse(original: Any, self: Any, node: Any) -> Any:
        """Moto has each step of a check make its list of what it looks for at every node."""
        kinds = self.nodes_to_be_processed()
        self.nodes_to_be_processed = lambda: kinds
        return original(self, node)


def _has_bytes(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_bytes, value.values()))
    return any(map(_has_bytes, value)) if isinstance(value, list) else isinstance(value, bytes)


def _sqs_locks() -> None:
    """Moto's queues are unlocked: a message can be given out twice, or be lost between a send and a delete."""
    for name in ("send_message", "delete_message", "purge_queue", "change_message_visibility"):
        _replaces(SQSBackend, name)(_locked(_SQS))

    @_replaces(SQSBackend, "receive_message")
    def receive(original: Any, self: Any, queue: str, count: int, wait_s: float, *args: Any) -> Any:
        """A receive that waits does so outside of the lock."""
        end = time.monotonic() + (wait_s or 0)
        while True:
            with _SQS:
                found = original(self, queue, count, 0, *args)
            if found or time.monotonic() >= end:
                return found
            time.sleep(_LOOK_S)


def hasten(account: str, region: str, queue_name: str) -> int:
    """Make a queue's delayed messages receivable now; return how many there were."""
    with _SQS:
        delayed = [item for item in sqs_backends[account][region].get_queue(queue_name)._messages if item.delayed]
        for message in delayed:
            message.delayed_until = 0.0
    return len(delayed)


def _lambda_invocation() -> None:
    @_replaces(LambdaFunction, "invoke")
    def invoke(original: Any, self: Any, body: Any, request_headers: Any, response_headers: Any) -> Any:
        """Moto runs functions in containers; in an owned account, the twin runs them."""
        owner = _owners.get(self.account_id)
        if owner is None:
            return original(self, body, request_headers, response_headers)
        payload = body.encode() if isinstance(body, str) else body or b"{}"
        asynchronous = request_headers.get("x-amz-invocation-type") == "Event"
        answer, error, log = owner.invoke_arn(self.function_arn, payload, asynchronous=asynchronous)
        if error:
            response_headers["x-amz-function-error"] = error
        response_headers["x-amz-log-result"] = base64.b64encode(log.encode()[-4096:]).decode()
        return answer


def _rule_targets() -> None:
    @_replaces(Rule, "send_to_targets")
    def send(original: Any, self: Any, event: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        """Moto's rules know no functions, and deliver inside the caller's request."""
        owner = _owners.get(self.account_id)
        if owner is None:
            original(self, event, *args, **kwargs)
        elif not self.scheduled_expression and "archive-arn" not in event and self.event_pattern.matches_event(event):
            at = datetime.fromtimestamp(float(event["time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            seen = {**copy.deepcopy(event), "time": at}  # as AWS shows it: the time as text, nothing of moto's own
            seen.pop("ingestion-time", None)
            for target in self.targets:
                owner.deliver(target["Arn"], seen)


def _s3_events() -> None:
    sequence = itertools.count(time.time_ns())

    @_replaces(notifications, "_send_event_bridge_message")
    def send(original: Any, account_id: str, bucket: Any, event_name: str, key: Any) -> None:
        """Moto's S3 events go to every bus, all with one sequencer and under names that AWS does not use.

        Of an object that comes to be there is one event here; the end of a multipart upload is a put besides in moto.
        """
        if account_id not in _owners:
            original(account_id, bucket, event_name, key)
        elif reason := _REASONS.get(event_name):
            etag, sequencer = key.etag.strip('"'), f"{next(sequence):018X}"
            event = {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": "Object Created",
                "source": "aws.s3",
                "account": account_id,
                "time": time.time(),
                "region": bucket.region_name,
                "resources": [bucket.arn],
                "detail": {
                    "version": "0",
                    "bucket": {"name": bucket.name},
                    "object": {"key": key.name, "size": key.size, "etag": etag, "sequencer": sequencer},
                    "request-id": uuid.uuid4().hex[:16].upper(),
                    "requester": account_id,
                    "source-ip-address": "127.0.0.1",
                    "reason": "CompleteMultipartUpload" if key.multipart and reason == "PutObject" else reason,
                },
            }
            for rule in list(events_backends[account_id][bucket.region_name].event_buses["default"].rules.values()):
                rule.send_to_targets(event, transform_input=False)


@contextlib.contextmanager
def _without_batch() -> Iterator[None]:
    """Have moto's interpreter of state machines do without AWS Batch, which brings all tables of EC2 with it: a second."""
    name = "moto.batch.utils"
    if name in sys.modules:
        yield
        return
    sys.modules[name] = stand_in = types.ModuleType(name)
    stand_in.JobStatus = types.SimpleNamespace(SUCCEEDED="SUCCEEDED", FAILED="FAILED")  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del sys.modules[name]


def install_step_functions() -> None:
    """Make moto run state machines, with their calls sent to the twin that owns the account."""
    from moto.core.config import default_user_config  # noqa: PLC0415

    # It would print the whole syntax tree of each state that fails; an execution's history has what happened.
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
    with _installing, _without_batch():
        from moto.stepfunctions.parser.asl.utils import boto_client  # noqa: PLC0415
        from moto.stepfunctions.parser.models import StepFunctionsParserBackend  # noqa: PLC0415

        default_user_config["stepfunctions"] = {"execute_state_machine": True}

        @_replaces(StepFunctionsParserBackend, "start_execution")
        def start(original: Any, self: Any, arn: str, name: str | None = None, *args: Any) -> Any:
            """Moto gives an execution no name if the caller gave none, so that the second one fails."""
            return original(self, arn, name or str(uuid.uuid4()), *args)

        before = boto_client.boto_client_for

        @_replaces(boto_client, "boto_client_for")
        def client_for(original: Any, region: str, service: str, state_credentials: Any = None) -> Any:
            owner = _owners.get(state_credentials.role_arn.split(":")[4]) if state_credentials else None
            return owner.client(service) if owner else original(region, service, state_credentials)

        for name, module in list(sys.modules.items()):
            # They imported the function by name.
            if name.startswith("moto.stepfunctions.parser") and getattr(module, "boto_client_for", None) is before:
                module.boto_client_for = boto_client.boto_client_for  # type: ignore[attr-defined]
