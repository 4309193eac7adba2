import concurrent.futures
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.twin.conftest import Twin


@pytest.fixture
def failing(twin: Twin) -> Iterator[Twin]:
    assert twin.settle()
    yield twin
    twin.faults.clear()


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def item(twin: Twin, pk: str) -> dict:
    return {"TableName": twin.physical_id("Table"), "Item": {"pk": {"S": pk}, "sk": {"S": "s"}}}


def row(twin: Twin, pk: str) -> dict:
    return {"TableName": twin.physical_id("Table"), "Key": {"pk": {"S": pk}, "sk": {"S": "s"}}}


def test_next_calls_fail(failing: Twin) -> None:
    """As many calls as were asked for fail with the given code, and have no effect; the next succeeds."""
    client = failing.client("dynamodb")
    failing.faults.fail_next("dynamodb", "PutItem", code="ThrottlingException", times=2)
    for _ in range(2):
        with pytest.raises(ClientError) as caught:
            client.put_item(**item(failing, "fault-1"))
        assert code(caught) == ("ThrottlingException", 400)
    assert "Item" not in client.get_item(**row(failing, "fault-1"))
    client.put_item(**item(failing, "fault-1"))


def test_only_the_calls_that_are_meant(failing: Twin) -> None:
    """`when` sees the parameters as boto3 names them, for JSON calls and for S3."""
    client, bucket = failing.client("s3"), failing.physical_id("Bucket")
    failing.faults.fail_next(
        "dynamodb", "PutItem", code="InternalServerError", status=500, when=lambda p: p["Item"]["pk"]["S"] == "fault-2"
    )
    failing.faults.fail_next("s3", "PutObject", code="SlowDown", status=503, when=lambda p: p["Key"] == "a b/c")
    failing.client("dynamodb").put_item(**item(failing, "other"))
    client.put_object(Bucket=bucket, Key="other", Body=b"")
    with pytest.raises(ClientError) as caught:
        failing.client("dynamodb").put_item(**item(failing, "fault-2"))
    assert code(caught) == ("InternalServerError", 500)
    with pytest.raises(ClientError) as caught:
        client.put_object(Bucket=bucket, Key="a b/c", Body=b"1" * 20_000_000)
    assert code(caught) == ("SlowDown", 503)
    client.put_object(Bucket=bucket, Key="a b/c", Body=b"1")


def test_lost_answer(failing: Twin) -> None:
    """`applied` carries the call out and loses the answer."""
    failing.faults.fail_next("dynamodb", "PutItem", code="InternalServerError", applied=True)
    failing.faults.fail_next("s3", "PutObject", code="InternalError", applied=True)
    with pytest.raises(ClientError) as caught:
        failing.client("dynamodb").put_item(**item(failing, "fault-3"))
    assert code(caught) == ("InternalServerError", 500)
    assert "Item" in failing.client("dynamodb").get_item(**row(failing, "fault-3"))
    bucket = failing.physical_id("Bucket")
    with pytest.raises(ClientError):
        failing.client("s3").put_object(Bucket=bucket, Key="lost", Body=b"there")
    assert failing.client("s3").get_object(Bucket=bucket, Key="lost")["Body"].read() == b"there"


def test_cancelled_transaction(failing: Twin) -> None:
    """A cancelled transaction looks to boto3 as AWS answers it, reasons and all."""
    client = failing.client("dynamodb")
    failing.faults.fail_next(
        "dynamodb",
        "TransactWriteItems",
        code="TransactionCanceledException",
        reasons=["TransactionConflict", "None"],
    )
    puts = [{"Put": item(failing, "fault-4")}, {"Put": item(failing, "fault-5")}]
    with pytest.raises(client.exceptions.TransactionCanceledException) as caught:
        client.transact_write_items(TransactItems=puts)
    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["TransactionConflict", "None"]
    assert reasons[0]["Message"] == "Transaction is ongoing for the item"
    assert "[TransactionConflict, None]" in caught.value.response["Error"]["Message"]
    client.transact_write_items(TransactItems=puts)


@pytest.mark.parametrize(
    ("service", "operation", "method", "arguments"),
    [
        ("sqs", "SendMessage", "send_message", {"QueueUrl": "FailedQueue", "MessageBody": "x"}),
        ("events", "PutEvents", "put_events", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}"}]}),
        ("secretsmanager", "GetSecretValue", "get_secret_value", {"SecretId": "Given"}),
        ("stepfunctions", "ListStateMachines", "list_state_machines", {}),
        ("s3", "ListObjectsV2", "list_objects_v2", {"Bucket": "Bucket"}),
        ("s3", "HeadObject", "head_object", {"Bucket": "Bucket", "Key": "k"}),
    ],
)
def test_each_protocol(failing: Twin, service: str, operation: str, method: str, arguments: dict) -> None:
    """Operations are known by name in each protocol, and each protocol's clients read the error."""
    known = failing.deployment.physical_ids
    real = {name: known.get(value, value) if isinstance(value, str) else value for name, value in arguments.items()}
    signed_as = {"stepfunctions": "states"}.get(service, service)
    failing.faults.fail_next(signed_as, operation, code="AccessDenied", status=403)
    with pytest.raises(ClientError) as caught:
        getattr(failing.client(service), method)(**real)
    assert code(caught)[1] == 403
    assert code(caught)[0] == ("403" if operation == "HeadObject" else "AccessDenied")


def test_a_service_that_is_not_known(failing: Twin) -> None:
    """A fault that could never come up is refused."""
    with pytest.raises(ValueError, match="iam"):
        failing.faults.fail_next("iam", "ListRoles", code="AccessDenied")


def test_faults_hit_handlers(failing: Twin) -> None:
    """The calls of handler processes fail as well as a test's own."""
    failing.faults.fail_next("dynamodb", "GetItem", code="ResourceNotFoundException")
    result = failing.invoke("ApiFunction", {"do": "get", "key": {"pk": {"S": "x"}, "sk": {"S": "s"}}})
    assert result.json()["errorType"] == "ResourceNotFoundException"


def test_threads_share_the_count_of_failures(failing: Twin) -> None:
    """Of many calls at once, exactly as many fail as were asked for."""
    failing.faults.fail_next("dynamodb", "GetItem", code="InternalServerError", status=500, times=5)

    def get(_number: int) -> bool:
        try:
            failing.client("dynamodb").get_item(**row(failing, "any"))
        except ClientError:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(get, range(20))) == 15
