import concurrent.futures
import copy
import hashlib
import inspect
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import serialize
from moto.dynamodb.models.dynamo_type import Item, LimitedSizeDict
from moto.dynamodb.parsing.ast_nodes import Node
from moto.dynamodb.parsing.validators import ActionCountValidator

from local.cloud import patches
from local.cloud.deploy import deploy_in_process
from tests.twin.conftest import Twin

TABLE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: pk, AttributeType: S}
        - {AttributeName: sk, AttributeType: S}
        - {AttributeName: due, AttributeType: N}
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
      GlobalSecondaryIndexes:
        - IndexName: due
          KeySchema: [{AttributeName: sk, KeyType: HASH}, {AttributeName: due, KeyType: RANGE}]
          Projection: {ProjectionType: KEYS_ONLY}
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
"""

FINGERPRINTS = {
    "ActionCountValidator.verify_action_counts": "8cd8c9a3ae3a",
    "BackendDict.reset": "3d511e2c8b71",
    "BaseModel.__new__": "08cf0ef20e88",
    "DepthFirstTraverser.traverse": "c78f8583f196",
    "DynamoDBBackend.transact_write_items": "81db2cb7d94e",
    "DynamoDBBackend.update_item": "218984588dd6",
    "DynamoDBStreamsHandler.call_action": "26076963fd17",
    "DynamoHandler.call_action": "ce5f57cf83cd",
    "DynamoHandler.transact_write_items": "61c163fff213",
    "Item.__init__": "d9c12b62cb92",
    "JSONSerializer._serialize_type_structure": "36873909cd0a",
    "LambdaFunction.invoke": "dadc324f30ae",
    "Rule.send_to_targets": "472e002e2dab",
    "SQSBackend.change_message_visibility": "f0e9df5f6662",
    "SQSBackend.delete_message": "9eb658afdceb",
    "SQSBackend.purge_queue": "443ea1ae7b15",
    "SQSBackend.receive_message": "065f3e5e7d21",
    "SQSBackend.send_message": "bf161af09a9e",
    "StepFunctionsParserBackend.start_execution": "0f8d9dd57baf",
    "Table.query": "002b4d00be6d",
    "moto.s3.notifications._send_event_bridge_message": "971cee49c687",
    "moto.stepfunctions.parser.asl.utils.boto_client.boto_client_for": "1f44dc2ac8aa",
}


@pytest.fixture
def _often_switched() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[tuple[Any, str]]:
    with mock_aws():
        path = tmp_path / "template.yaml"
        path.write_text(TABLE)
        deployment = deploy_in_process(path, stack_name="unit")
        yield boto3.client("dynamodb", region_name="eu-central-1"), deployment.physical_ids["Table"]


def key(pk: str, sk: str = "s") -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def shard(table_name: str) -> Any:
    from moto.dynamodb.models import dynamodb_backends  # noqa: PLC0415

    return dynamodb_backends["123456789012"]["eu-central-1"].get_table(table_name).stream_shard


def race(attempt: Callable[[int], bool], threads: int = 16) -> int:
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(attempt, range(threads)))


def wins(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in {"ConditionalCheckFailedException", "TransactionCanceledException"}:
            return False
        raise
    return True


def test_each_change_fits_this_moto() -> None:
    """What is replaced is byte for byte what the changes were written for; a new moto must be looked at again."""
    patches.install()
    patches.install_step_functions()
    found = {
        name: hashlib.sha256(inspect.getsource(getattr(original, "__func__", original)).encode()).hexdigest()[:12]
        for name, original in patches.REPLACED.items()
    }
    assert found == FINGERPRINTS


def test_the_interpreter_of_state_machines_comes_without_the_tables_of_ec2() -> None:
    """Importing them takes a second of every start; nothing is left in the place of what was left out."""
    code = (
        "import sys; from local.cloud import patches; patches.install_step_functions(); "
        "print([name for name in ('moto.ec2', 'moto.batch.utils') if name in sys.modules]); "
        "from moto.batch.utils import JobStatus; print(JobStatus.SUCCEEDED.name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert ["[]", "SUCCEEDED"] == done.stdout.splitlines()


def test_installing_twice_changes_nothing() -> None:
    """A second installation leaves the first in place and wraps nothing again."""
    from moto.dynamodb.models.table import Table  # noqa: PLC0415

    patches.install()
    before, query = dict(patches.REPLACED), Table.query
    patches.install()
    patches.install_step_functions()
    patches.install_step_functions()
    assert Table.query is query
    assert {name: before[name] for name in before} == {name: patches.REPLACED[name] for name in before}


@pytest.mark.usefixtures("_often_switched")
@pytest.mark.parametrize("server", [False, True])
def test_one_winner_of_a_conditional_put(table: tuple[Any, str], twin: Twin, server: bool) -> None:  # noqa: FBT001
    """Of sixteen racing put-if-absent, one succeeds, in process and through the server."""
    client, name = (twin.client("dynamodb"), twin.physical_id("Table")) if server else table
    for _ in range(5):
        item = key(uuid.uuid4().hex)
        put = lambda _number: wins(  # noqa: E731
            lambda: client.put_item(TableName=name, Item=item, ConditionExpression="attribute_not_exists(pk)")  # noqa: B023
        )
        assert race(put) == 1


@pytest.mark.usefixtures("_often_switched")
@pytest.mark.parametrize("server", [False, True])
def test_one_winner_of_a_transaction(table: tuple[Any, str], twin: Twin, server: bool) -> None:  # noqa: FBT001
    """Of sixteen racing transactions, one succeeds whole, and nothing of the others is left."""
    client, name = (twin.client("dynamodb"), twin.physical_id("Table")) if server else table
    for _ in range(3):
        shared = uuid.uuid4().hex

        def attempt(number: int, shared: str = shared) -> bool:
            items = [
                {"Put": {"TableName": name, "Item": key(shared, f"own-{number}")}},
                {
                    "Put": {
                        "TableName": name,
                        "Item": key(shared, "shared"),
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                },
            ]
            return wins(lambda: client.transact_write_items(TransactItems=items))

        assert race(attempt) == 1
        rows = client.query(
            TableName=name, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": shared}}
        )
        assert rows["Count"] == 2


@pytest.mark.usefixtures("_often_switched")
def test_counter_loses_nothing(table: tuple[Any, str]) -> None:
    """Concurrent ADDs all count."""
    client, name = table
    add = lambda _number: bool(  # noqa: E731
        client.update_item(
            TableName=name,
            Key=key("counter"),
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    )
    assert race(add) == 16
    assert client.get_item(TableName=name, Key=key("counter"))["Item"]["n"] == {"N": "16"}


def test_failed_transaction_leaves_no_trace(table: tuple[Any, str]) -> None:
    """Puts, updates and deletes of a failed transaction are undone, in the table and on the stream."""
    client, name = table
    client.put_item(TableName=name, Item={**key("a"), "n": {"N": "1"}})
    client.put_item(TableName=name, Item=key("b"))
    mark = len(shard(name).items)
    items = [
        {
            "Update": {
                "TableName": name,
                "Key": key("a"),
                "UpdateExpression": "SET n = :two",
                "ExpressionAttributeValues": {":two": {"N": "2"}},
            }
        },
        {"Delete": {"TableName": name, "Key": key("b")}},
        {"Put": {"TableName": name, "Item": key("c")}},
        {"ConditionCheck": {"TableName": name, "Key": key("d"), "ConditionExpression": "attribute_exists(pk)"}},
    ]
    with pytest.raises(ClientError) as caught:
        client.transact_write_items(TransactItems=items)
    reasons = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert reasons == ["None", "None", "None", "ConditionalCheckFailed"]
    assert client.get_item(TableName=name, Key=key("a"))["Item"]["n"] == {"N": "1"}
    assert "Item" in client.get_item(TableName=name, Key=key("b"))
    assert "Item" not in client.get_item(TableName=name, Key=key("c"))
    assert len(shard(name).items) == mark


def test_transaction_token(table: tuple[Any, str]) -> None:
    """The same token with the same request succeeds again without effect; with another request it is refused."""
    client, name = table

    def write(token: str, amount: str) -> None:
        update = {
            "TableName": name,
            "Key": key("sum"),
            "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": amount}},
        }
        client.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken=token)

    write("one", "1")
    write("one", "1")
    assert client.get_item(TableName=name, Key=key("sum"))["Item"]["n"] == {"N": "1"}
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        write("one", "2")


def test_update_of_a_new_key_is_one_insert(table: tuple[Any, str]) -> None:
    """UpdateItem that creates puts one INSERT with the whole item on the stream; the next is a MODIFY."""
    client, name = table
    for value in ("1", "2"):
        client.update_item(
            TableName=name,
            Key=key("new"),
            UpdateExpression="SET n = :n",
            ExpressionAttributeValues={":n": {"N": value}},
        )
    first, second = (item.record for item in shard(name).items)
    assert (first["eventName"], second["eventName"]) == ("INSERT", "MODIFY")
    assert "n" in first["dynamodb"]["NewImage"]
    assert first["dynamodb"]["SequenceNumber"] < second["dynamodb"]["SequenceNumber"]


def test_queries_read_one_partition_and_answer_the_same(table: tuple[Any, str]) -> None:
    """Queries of table and index give what moto's own query gives, page by page, and leave the table alone."""
    from moto.dynamodb.models.table import Table  # noqa: PLC0415

    client, name = table
    for number in range(30):
        item = {**key(f"p{number % 3}", f"s{number % 5}-{number:02}"), "due": {"N": str(number * 7 % 11)}}
        client.put_item(
            TableName=name, Item={**item, "sk": {"S": "lane"}} | key(f"p{number}", "lane") if number % 2 else item
        )
    asked = [
        {"KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": {"S": "p2"}}},
        {"KeyConditionExpression": "pk = :v", "ExpressionAttributeValues": {":v": {"S": "nobody"}}},
        {
            "KeyConditionExpression": "pk = :v AND begins_with(sk, :s)",
            "ExpressionAttributeValues": {":v": {"S": "p0"}, ":s": {"S": "s1"}},
        },
        {
            "IndexName": "due",
            "KeyConditionExpression": "sk = :v AND due <= :n",
            "ExpressionAttributeValues": {":v": {"S": "lane"}, ":n": {"N": "8"}},
            "ScanIndexForward": False,
        },
    ]

    def everything() -> list[Any]:
        return [
            [page["Items"] for page in client.get_paginator("query").paginate(TableName=name, Limit=4, **question)]
            for question in asked
        ]

    ours, replaced = everything(), Table.query
    before = copy.deepcopy(client.scan(TableName=name)["Items"])
    try:
        Table.query = patches.REPLACED["Table.query"]
        assert everything() == ours
    finally:
        Table.query = replaced
    assert client.scan(TableName=name)["Items"] == before
    assert [len(pages) for pages in ours][3] > 1


def test_nothing_is_tracked(table: tuple[Any, str]) -> None:
    """No list of every item ever made is kept."""
    from moto.dynamodb.models.dynamo_type import Item  # noqa: PLC0415

    client, name = table
    count = len(Item.instances_tracked)
    client.put_item(TableName=name, Item=key("x"))
    assert len(Item.instances_tracked) == count


def test_mocks_elsewhere_spare_the_twin(twin: Twin) -> None:
    """A `mock_aws` that begins and ends in the same process empties its own account only."""
    twin.client("dynamodb").put_item(TableName=twin.physical_id("Table"), Item=key("spared"))
    with mock_aws():
        boto3.client("sqs", region_name="eu-central-1").create_queue(QueueName="mocked")
    assert "Item" in twin.client("dynamodb").get_item(TableName=twin.physical_id("Table"), Key=key("spared"))
    with mock_aws():
        assert "QueueUrls" not in boto3.client("sqs", region_name="eu-central-1").list_queues()


@pytest.mark.usefixtures("_often_switched")
def test_a_message_is_given_out_once(twin: Twin) -> None:
    """Many receivers of one queue get each message once, while others send."""
    client, url = twin.client("sqs"), twin.physical_id("BatchDeadQueue")
    client.purge_queue(QueueUrl=url)
    seen: list[str] = []

    def work(number: int) -> bool:
        for index in range(8):
            client.send_message(QueueUrl=url, MessageBody=f"{number}-{index}")
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=3).get("Messages", []):
            for message in messages:
                seen.append(message["Body"])
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return True

    assert race(work, 8) == 8
    assert sorted(seen) == sorted(f"{number}-{index}" for number in range(8) for index in range(8))


def test_a_waiting_receive_ends_when_a_message_falls_due(twin: Twin) -> None:
    """A long poll returns with a delayed message when it is due, not at some later look."""
    client, url = twin.client("sqs"), twin.physical_id("FailedQueue")
    client.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=1)
    begun = time.monotonic()
    (message,) = client.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert 0.9 < time.monotonic() - begun < 1.5
    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_lambda_rules_and_s3_events_reach_the_owner(twin: Twin) -> None:
    """Invoke, rules and S3 events end in the twin: the three changes that hand over to it."""
    name = twin.physical_id("ApiFunction")
    answer = twin.client("lambda").invoke(FunctionName=name, Payload=b'{"do": "pid"}')
    assert json.loads(answer["Payload"].read())["pid"] in twin.pool("ApiFunction").pids()
    twin.client("s3").put_object(Bucket=twin.physical_id("Bucket"), Key="inbox/canary", Body=b"1")
    assert twin.take("EventQueue", "inbox/canary")
    assert [event for event in twin.published_events() if "inbox/canary" in repr(event)]


def test_attributes_of_every_type_come_back_as_they_were(table: tuple[Any, str]) -> None:
    """Values are answered as moto itself answers them, binary ones at any depth too, and those with empty insides."""
    client, name = table
    values: dict[str, Any] = {
        "text": {"S": "ä"},
        "number": {"N": "1.50"},
        "truth": {"BOOL": False},
        "nothing": {"NULL": True},
        "texts": {"SS": ["a", "b"]},
        "bytes": {"B": b"\x00\xff"},
        "inside": {"M": {"list": {"L": [{"S": ""}, {"M": {}}, {"L": []}, {"B": b"\x01"}]}, "number": {"N": "2"}}},
    }
    item = {**key("every"), **values}
    client.put_item(TableName=name, Item=item)

    assert item == client.get_item(TableName=name, Key=key("every"))["Item"]


def test_an_item_is_weighed_once_and_refused_where_it_is_too_large(
    table: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moto alone weighs it with each attribute; when it does not any more, the change is needless."""
    client, name = table
    weighed: list[str] = []
    original = LimitedSizeDict.__setitem__

    def counted(self: Any, key: str, value: Any) -> None:
        weighed.append(key)
        original(self, key, value)

    monkeypatch.setattr(LimitedSizeDict, "__setitem__", counted)
    many = {f"a{number}": {"S": "x" * 8000} for number in range(50)}
    client.put_item(TableName=name, Item=key("many") | many)
    with_change = len(weighed)
    with pytest.raises(ClientError, match="Item size has exceeded"):
        client.put_item(TableName=name, Item=key("many") | many | {"last": {"S": "x" * 8000}})
    weighed.clear()
    monkeypatch.setattr(Item, "__init__", patches.REPLACED["Item.__init__"])
    client.put_item(TableName=name, Item=key("many") | many)

    assert with_change == 1
    assert len(weighed) >= 50


def test_an_update_is_looked_through_once_and_refused_where_it_says_a_word_twice(
    table: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moto alone looks through all of it at each of its clauses; when it does not any more, the change is needless."""
    client, name = table
    looked: list[Any] = []
    original = Node.find_clauses

    def counted(self: Any, kinds: Any) -> Any:
        looked.append(kinds)
        return original(self, kinds)

    def update(expression: str) -> None:
        values = {":one": {"N": "1"}}
        client.update_item(TableName=name, Key=key("x"), UpdateExpression=expression, ExpressionAttributeValues=values)

    monkeypatch.setattr(Node, "find_clauses", counted)
    update("SET a = :one, b = :one REMOVE c ADD d :one")
    with_change = len(looked)
    with pytest.raises(ClientError, match='The "SET" section can only be used once'):
        update("SET a = :one SET b = :one")
    looked.clear()
    changed = "verify_action_counts"
    monkeypatch.setattr(ActionCountValidator, changed, patches.REPLACED[f"ActionCountValidator.{changed}"])
    update("SET a = :one, b = :one REMOVE c ADD d :one")

    assert with_change < len(looked)


def test_reading_asks_for_an_attribute_s_own_type_alone(
    table: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moto alone looks ten times for each attribute's value; when it does not any more, the change is needless."""
    client, name = table
    client.put_item(TableName=name, Item={**key("many"), **{f"a{number}": {"N": "1"} for number in range(50)}})
    looked: list[str] = []
    picker = serialize.XFormedAttributePicker
    original = picker.__call__

    def counted(self: Any, context: Any) -> Any:
        looked.append(context.key)
        return original(self, context)

    monkeypatch.setattr(picker, "__call__", counted)
    client.get_item(TableName=name, Key=key("many"))
    with_change = len(looked)
    changed = "_serialize_type_structure"
    monkeypatch.setattr(serialize.JSONSerializer, changed, patches.REPLACED[f"JSONSerializer.{changed}"])
    client.get_item(TableName=name, Key=key("many"))

    assert with_change < 50
    assert len(looked) - with_change >= 500
