import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.cloud import LocalCloud
from tests.twin.conftest import STACK, Twin

Wait = Callable[..., Any]


def put(twin: Twin, pk: str, sk: str, **attributes: str) -> float:
    item = {"pk": {"S": pk}, "sk": {"S": sk}, **{name: {"N": value} for name, value in attributes.items()}}
    twin.client("dynamodb").put_item(TableName=twin.physical_id("Table"), Item=item)
    return time.time()


def test_message_shape(twin: Twin, wait: Wait) -> None:
    """A message reaches its function within 100 ms, shaped as Lambda shapes it, and is then gone."""
    sent = time.time()
    twin.send(
        "WorkQueue",
        '{"tag": "shape-1"}',
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "check"}},
    )
    (noted,) = wait(lambda: twin.details("Worked", "shape-1"))
    record = noted["record"]
    assert noted["batch"] == 1
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == twin.attribute("WorkQueue", "Arn")
    assert record["awsRegion"] == "eu-central-1"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert int(record["attributes"]["SentTimestamp"]) == pytest.approx(sent * 1000, abs=2000)
    assert record["messageAttributes"]["kind"] == {
        "dataType": "String",
        "stringValue": "check",
        "stringListValues": [],
        "binaryListValues": [],
    }
    assert twin.settle()
    durations = []
    for number in range(5):
        warm = time.time()
        twin.send("WorkQueue", json.dumps({"tag": f"shape-2-{number}"}))
        durations.append(wait(lambda tag=f"shape-2-{number}": twin.details("Worked", tag))[0]["at"] - warm)
    assert min(durations) < 0.1


def test_delay_is_kept(twin: Twin, wait: Wait) -> None:
    """A delayed message comes when it is due, and not before; `hasten` brings it at once."""
    sent = time.time()
    twin.send("WorkQueue", '{"tag": "delay-1"}', DelaySeconds=1)
    twin.send("WorkQueue", '{"tag": "delay-2"}', DelaySeconds=900)
    (noted,) = wait(lambda: twin.details("Worked", "delay-1"))
    assert 0.95 < noted["at"] - sent < 1.5
    assert not twin.details("Worked", "delay-2")
    assert twin.hasten("WorkQueue") == 1
    assert wait(lambda: twin.details("Worked", "delay-2"))


def test_partial_failure_and_dead_letters(twin: Twin, wait: Wait) -> None:
    """Of a batch only the failed message comes again, and after its last try it is in the dead letter queue."""
    url = twin.physical_id("BatchQueue")
    twin.send("BatchQueue", '{"tag": "batch-0"}')  # a cold start would take longer than the visibility time-out
    wait(lambda: twin.details("Worked", "batch-0"))
    assert twin.settle()
    entries = [{"Id": str(n), "MessageBody": json.dumps({"tag": "batch-1", "n": n, "fail": n == 2})} for n in range(5)]
    twin.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    (dead,) = wait(lambda: twin.take("BatchDeadQueue", "batch-1", 1))
    assert json.loads(dead["Body"])["n"] == 2
    counts = Counter(noted["body"]["n"] for noted in twin.details("Worked", "batch-1"))
    assert counts == {0: 1, 1: 1, 2: 2, 3: 1, 4: 1}
    assert max(noted["batch"] for noted in twin.details("Worked", "batch-1")) > 1


def test_killed_worker_gets_its_message_again(twin: Twin, wait: Wait) -> None:
    """A message whose function was killed comes again when its visibility time-out ends."""
    twin.send("WorkQueue", '{"tag": "killed-1", "sleep": 0.8}')
    wait(lambda: twin.pool("WorkerFunction").active)
    time.sleep(0.4)
    twin.kill("WorkerFunction")
    assert not twin.details("Worked", "killed-1")
    (noted,) = wait(lambda: twin.details("Worked", "killed-1"))
    assert noted["record"]["attributes"]["ApproximateReceiveCount"] == "2"


def test_concurrency_and_throughput(twin: Twin, wait: Wait, tmp_path: Path) -> None:
    """Hundreds of messages at once are worked off quickly, each once, by as many processes as the mapping allows."""
    out, total, client = tmp_path / "seen", 250, twin.client("sqs")
    bodies = [json.dumps({"quiet": str(out), "n": n}) for n in range(total)]
    for first in range(0, total, 10):
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[first : first + 10])]
        client.send_message_batch(QueueUrl=twin.physical_id("WorkQueue"), Entries=entries)
    wait(lambda: out.exists() and len(out.read_text().split()) >= total, 10)
    assert twin.settle()
    assert sorted(map(int, out.read_text().split())) == list(range(total))
    assert len(twin.pool("WorkerFunction").pids()) == 2


def test_stream_filter_and_shape(twin: Twin, wait: Wait) -> None:
    """Only changes that the filter wants arrive, soon, shaped as Lambda shapes them; an update that creates is one INSERT."""
    put(twin, "filter-1", "unwanted")
    put(twin, "filter-1", "warm", announce="0")
    wait(lambda: twin.details("Followed", "filter-1"))
    assert twin.settle()
    written = time.time()
    twin.client("dynamodb").update_item(
        TableName=twin.physical_id("Table"),
        Key={"pk": {"S": "filter-1"}, "sk": {"S": "wanted"}},
        UpdateExpression="SET announce = :n, info = :m",
        ExpressionAttributeValues={":n": {"N": "1"}, ":m": {"M": {"deep": {"L": [{"BOOL": True}, {"B": b"\x01"}]}}}},
    )
    noted = wait(lambda: [seen for seen in twin.details("Followed", "filter-1") if "'wanted'" in repr(seen)])
    assert noted[0]["at"] - written < 0.5
    (record,) = noted[0]["records"]
    assert record["eventName"] == "INSERT"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventSourceARN"] == twin.attribute("Table", "StreamArn")
    assert record["awsRegion"] == "eu-central-1"
    change = record["dynamodb"]
    assert change["Keys"] == {"pk": {"S": "filter-1"}, "sk": {"S": "wanted"}}
    assert change["NewImage"]["info"] == {"M": {"deep": {"L": [{"BOOL": True}, {"B": "AQ=="}]}}}
    assert "OldImage" not in change
    assert change["SequenceNumber"].isdigit()
    assert change["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert abs(change["ApproximateCreationDateTime"] - written) < 5
    assert "unwanted" not in repr(twin.details("Followed", "filter-1"))


def test_stream_bisects(twin: Twin) -> None:
    """A poisonous record is isolated by halving, holds up those after it until it gets through, and no one is lost."""
    put(twin, "bisect-1", "0", announce="1")
    requests = [
        {
            "Put": {
                "TableName": twin.physical_id("Table"),
                "Item": {
                    "pk": {"S": "bisect-1"},
                    "sk": {"S": str(number)},
                    "announce": {"N": str(number)},
                    **({"poison": {"N": "4"}} if number == 3 else {}),
                },
            }
        }
        for number in range(1, 6)
    ]
    twin.client("dynamodb").transact_write_items(TransactItems=requests)
    assert twin.settle()
    seen = [
        [record["dynamodb"]["Keys"]["sk"]["S"] for record in noted["records"]]
        for noted in twin.details("Followed", "bisect-1")
    ]
    assert len([batch for batch in seen if "3" in batch]) == 5
    assert ["3"] in seen
    fine = [number for batch in seen if "3" not in batch or batch == ["3"] for number in batch]
    assert list(dict.fromkeys(fine)) == list("012345")


def test_stream_partial_failure(twin: Twin) -> None:
    """After a partial failure, the records from the first failed one on come again."""
    requests = [
        {
            "Put": {
                "TableName": twin.physical_id("Table"),
                "Item": {
                    "pk": {"S": "partial-1"},
                    "sk": {"S": str(number)},
                    "announce": {"N": "1"},
                    **({"reject": {"N": "1"}} if number == 2 else {}),
                },
            }
        }
        for number in range(4)
    ]
    twin.client("dynamodb").transact_write_items(TransactItems=requests)
    assert twin.settle()
    counts = Counter(
        record["dynamodb"]["Keys"]["sk"]["S"]
        for seen in twin.details("Followed", "partial-1")
        for record in seen["records"]
    )
    assert counts["0"] == counts["1"] == 1
    assert counts["2"] == 2
    assert counts["3"] in {1, 2}  # it was in the same batch, or not


def test_rules(twin: Twin) -> None:
    """An event that a rule's pattern wants is delivered whole; others are only kept for reading."""
    entries = [
        {
            "Source": "caller",
            "DetailType": "Requested",
            "Detail": json.dumps({"kind": kind, "tag": "rule-1"}),
            "EventBusName": twin.physical_id("Bus"),
        }
        for kind in ("video", "image")
    ]
    result = twin.client("events").put_events(Entries=entries)
    (message,) = twin.take("EventQueue", "rule-1")
    delivered = json.loads(message["Body"])
    assert delivered["detail"] == {"kind": "video", "tag": "rule-1"}
    assert delivered["detail-type"] == "Requested"
    assert delivered["id"] == result["Entries"][0]["EventId"]
    assert delivered["time"].endswith("Z")
    published = [event for event in twin.published_events("probe-bus") if "rule-1" in repr(event)]
    assert [event["detail"]["kind"] for event in published] == ["video", "image"]
    assert published[0] == delivered


def test_rule_to_function(twin: Twin, wait: Wait) -> None:
    """A rule starts a function without the publisher waiting for it."""
    entry = {"Source": "caller", "DetailType": "Notice", "Detail": '{"tag": "notice-1"}', "EventBusName": "probe-bus"}
    twin.client("events").put_events(Entries=[entry])
    assert wait(lambda: twin.details("Recorded", "notice-1"))[0]["source"] == "caller"


def test_uploads(twin: Twin) -> None:
    """Objects under the rule's prefix yield one event each, by put or multipart, with a growing sequencer."""
    client, bucket = twin.client("s3"), twin.physical_id("Bucket")
    client.put_object(Bucket=bucket, Key="inbox/a b.json", Body=b"{}")
    client.put_object(Bucket=bucket, Key="outbox/a.json", Body=b"{}")
    upload = client.create_multipart_upload(Bucket=bucket, Key="inbox/big")["UploadId"]
    part = client.upload_part(Bucket=bucket, Key="inbox/big", UploadId=upload, PartNumber=1, Body=b"x" * 100)
    client.complete_multipart_upload(
        Bucket=bucket,
        Key="inbox/big",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    assert twin.settle()
    events = [json.loads(message["Body"]) for message in twin.take("EventQueue", "Object Created")]
    details = sorted((event["detail"] for event in events), key=lambda detail: detail["object"]["sequencer"])
    assert [detail["object"]["key"] for detail in details] == ["inbox/a b.json", "inbox/big"]
    assert [detail["reason"] for detail in details] == ["PutObject", "CompleteMultipartUpload"]
    assert details[0]["object"]["size"] == 2
    client.copy_object(Bucket=bucket, Key="inbox/copy", CopySource={"Bucket": bucket, "Key": "inbox/big"})
    (copied,) = [event for event in twin.published_events() if event["detail"]["object"]["key"] == "inbox/copy"]
    assert copied["detail"]["reason"] == "CopyObject"
    assert {event["detail-type"] for event in twin.published_events()} == {"Object Created"}
    assert details[0]["object"]["sequencer"] < details[1]["object"]["sequencer"]


def test_schedule_by_hand(twin: Twin, wait: Wait) -> None:
    """Firing a scheduled rule runs its function with a scheduled event."""
    before = len(twin.details("Recorded", "Scheduled Event"))
    twin.fire_schedule("TickFunctionMinute")
    (event,) = wait(lambda: twin.details("Recorded", "Scheduled Event")[before:])
    assert event["source"] == "aws.events"
    assert event["resources"] == [twin.attribute("TickFunctionMinute", "Arn")]


def test_two_twins_and_a_clean_end(wait: Wait) -> None:
    """A second twin has an account, names and data of its own; its end leaves no process and no thread."""
    threads = set(threading.enumerate())
    begun = time.monotonic()
    other = LocalCloud(STACK / "template.yaml", stack_name="probe")
    other.start()
    assert time.monotonic() - begun < 6  # two seconds on an idle machine
    try:
        assert other.account in other.attribute("Table", "Arn")
        assert other.invoke("ApiFunction", {"do": "pid"}).error is None
        sleeper = threading.Thread(target=other.invoke, args=("OtherFunction", {"do": "sleep", "seconds": 60}))
        sleeper.start()
        wait(lambda: other.pool("OtherFunction").pids())
        pids = [*other.pool("ApiFunction").pids(), *other.pool("OtherFunction").pids()]
        assert len(pids) == 2
    finally:
        begun = time.monotonic()
        other.close()
    assert time.monotonic() - begun < 5
    sleeper.join(2)
    wait(lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()])
    wait(lambda: not {thread for thread in threading.enumerate() if thread not in threads and thread.is_alive()})
    other.close()


def test_failed_start_leaves_nothing(template: Callable[[str], Path], wait: Wait) -> None:
    """A start that fails closes what it had opened."""
    threads = set(threading.enumerate())
    with (
        pytest.raises(Exception, match=r"AWS::Kinesis::Stream"),
        LocalCloud(template("Resources: {T: {Type: AWS::Kinesis::Stream}}")),
    ):
        pass
    wait(lambda: not set(threading.enumerate()) - threads)


def test_state_machine(template: Callable[[str], Path], wait: Wait, caplog: pytest.LogCaptureFixture) -> None:
    """A state machine runs its tasks in the functions' own processes, with substitutions, retries and task tokens.

    A state that fails, as it may, is no matter for the log.
    """
    functions = STACK / "functions" / "probe"
    path = template(f"""
Resources:
  Layer:
    Type: AWS::Serverless::LayerVersion
    Metadata: {{BuildMethod: python3.13}}
    Properties: {{ContentUri: {STACK / "layers" / "core"}}}
  Task:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: {functions}
      Layers: [!Ref Layer]
      Environment: {{Variables: {{TABLE: t}}}}
  Tokens: {{Type: AWS::SQS::Queue}}
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machine.asl.yaml
      DefinitionSubstitutions: {{Task: !GetAtt Task.Arn, Queue: !Ref Tokens}}
""")
    (path.parent / "machine.asl.yaml").write_text("""
StartAt: First
States:
  First:
    Type: Task
    Resource: arn:aws:states:::lambda:invoke
    Parameters: {FunctionName: "${Task}", Payload: {do: plain}}
    ResultSelector: {"free.$": "$.Payload.free"}
    Next: Fails
  Fails:
    Type: Task
    Resource: "${Task}"
    Parameters: {do: raise}
    Catch: [{ErrorEquals: [ValueError], ResultPath: $.error, Next: Waits}]
    End: true
  Waits:
    Type: Task
    Resource: arn:aws:states:::sqs:sendMessage.waitForTaskToken
    Parameters: {QueueUrl: "${Queue}", MessageBody: {"token.$": "$$.Task.Token"}}
    TimeoutSeconds: 20
    ResultPath: $.answer
    End: true
""")
    with LocalCloud(path, stack_name="machines") as cloud:
        client = cloud.client("stepfunctions")
        machine = cloud.physical_id("Machine")
        arn = client.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        client.start_execution(stateMachineArn=machine, input="{}")  # a second one without a name
        url = cloud.physical_id("Tokens")
        receive = lambda: cloud.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")  # noqa: E731
        for _ in range(2):
            (message,) = wait(receive)
            client.send_task_success(taskToken=json.loads(message["Body"])["token"], output='{"fine": true}')
        status = lambda: client.describe_execution(executionArn=arn)["status"] != "RUNNING"  # noqa: E731
        wait(status)
        done = client.describe_execution(executionArn=arn)
        assert done["status"] == "SUCCEEDED"
        output = json.loads(done["output"])
        assert (output["free"], output["answer"], output["error"]["Error"]) == ("form", {"fine": True}, "ValueError")
    assert [] == [record for record in caplog.records if record.name.startswith("moto.stepfunctions")]
