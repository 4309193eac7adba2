"""The smaller adapters against the stack's own resources: queue, bucket, bus, secrets, keys."""

import hashlib
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from klingway.adapters.dynamodb_keys import DynamoDbKeys
from klingway.adapters.eventbridge import EventBridgeBus
from klingway.adapters.s3_media import PART_BYTES, S3MediaBucket
from klingway.adapters.secrets import Secret, SecretCredentials
from klingway.adapters.sqs_work import SqsDeliveryQueue, SqsWorkQueue
from klingway.domain.deliveries import DeliveryMessage
from klingway.domain.ids import AttemptId, JobId
from klingway.domain.keys import ApiKey, Keyring
from klingway.domain.work import Work, WorkKind
from klingway.use_cases.manage_keys import ManageKeys
from klingway.use_cases.ports import Event, MediaBucket, MediaError

from tests.contract.conftest import Deployment
from tests.fakes.media import InMemoryBucket

JOB = JobId("job_01M7XQJEV0CNR8GVSAAKQ466HV")
MIB = 1024 * 1024


def blocks(count: int, size_bytes: int = MIB) -> Iterator[bytes]:
    for index in range(count):
        yield bytes([index % 256]) * size_bytes


def digest_of(count: int) -> str:
    digest = hashlib.sha256()
    for block in blocks(count):
        digest.update(block)
    return digest.hexdigest()


@pytest.fixture(params=["memory", "s3"])
def bucket(request: pytest.FixtureRequest) -> MediaBucket:
    if request.param == "memory":
        return InMemoryBucket()
    stack: Deployment = request.getfixturevalue("stack")
    return S3MediaBucket(lambda: boto3.client("s3"), stack.outputs["BucketName"])


@pytest.mark.parametrize("mebibytes", [0, 1, 40], ids=["empty", "small", "in parts"])
def test_an_object_is_stored_whole(bucket: MediaBucket, mebibytes: int) -> None:
    """Size and SHA-256 are those of the stream, and reading gives the same bytes."""
    size_bytes = mebibytes * MIB

    stored = bucket.store("results/x", blocks(mebibytes), content_type="video/mp4")

    assert (size_bytes, digest_of(mebibytes)) == (stored.size_bytes, stored.sha256)
    with bucket.open("results/x", stored.size_bytes) as file:
        read = hashlib.sha256(b"".join(iter(lambda: file.read(MIB), b""))).hexdigest()
    assert digest_of(mebibytes) == read


def test_a_large_object_is_read_here_and_there(stack: Deployment) -> None:
    """A reader may jump to the end and back, as the reader of a film's container does."""
    bucket = S3MediaBucket(lambda: boto3.client("s3"), stack.outputs["BucketName"])
    stored = bucket.store("results/x", blocks(40), content_type="video/mp4")

    with bucket.open("results/x", stored.size_bytes) as file:
        file.seek(-1, 2)
        last = file.read()
        file.seek(3 * MIB)
        third = file.read(2)

    assert (bytes([39]), bytes([3, 3])) == (last, third)


def test_an_object_is_read_whole_or_not_at_all(bucket: MediaBucket) -> None:
    """An object is read up to a bound; one that is gone, or is another than the one meant, is None."""
    bucket.store("inbox/a b.json", iter([b"{}"]), content_type="application/json")
    bucket.store("inbox/nothing.json", iter([]), content_type="application/json")
    etag = hashlib.md5(b"{}", usedforsecurity=False).hexdigest()

    assert b"{}" == bucket.read("inbox/a b.json", at_most_bytes=10, etag=None)
    assert b"{}" == bucket.read("inbox/a b.json", at_most_bytes=10, etag=etag)
    assert b"{" == bucket.read("inbox/a b.json", at_most_bytes=1, etag=None)
    assert b"" == bucket.read("inbox/nothing.json", at_most_bytes=10, etag=None)
    assert bucket.read("inbox/a b.json", at_most_bytes=10, etag="0" * 32) is None
    assert bucket.read("inbox/gone.json", at_most_bytes=10, etag=None) is None


def test_what_forbids_to_read_is_an_error() -> None:
    """That an object is gone is said by 404 and 412 alone; whatever else S3 says is no answer, and raises."""

    class Client:
        def get_object(self, **_: Any) -> None:
            answer = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
            raise ClientError(answer, "GetObject")  # type: ignore[arg-type]

    with pytest.raises(ClientError):
        S3MediaBucket(Client, "b").read("inbox/x.json", at_most_bytes=1, etag=None)  # type: ignore[arg-type]


def test_a_stream_that_breaks_leaves_nothing(stack: Deployment) -> None:
    """Small or large, a stream that raises leaves neither an object nor a half upload behind."""
    client = boto3.client("s3")
    name = stack.outputs["BucketName"]

    def broken(count: int) -> Iterator[bytes]:
        yield from blocks(count)
        raise MediaError("ended short")

    for count in (1, 40, 80):  # within a part, within the second, and in the middle of an upload
        with pytest.raises(MediaError):
            S3MediaBucket(lambda: client, name).store("results/x", broken(count), content_type="video/mp4")

    assert 0 == client.list_objects_v2(Bucket=name)["KeyCount"]
    assert [] == client.list_multipart_uploads(Bucket=name).get("Uploads", [])


class CountingS3:
    """An S3 client that takes everything and keeps nothing."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def call(**_: object) -> dict[str, str]:
            self.calls.append(name)
            return {"UploadId": "u", "ETag": "e"}

        return call


def test_a_small_object_of_known_length_is_one_call() -> None:
    """Up to the part size an object costs one PutObject; a larger one is sent in parts."""
    small, large = CountingS3(), CountingS3()
    S3MediaBucket(lambda: small, "b").store("k", blocks(32), content_type="video/mp4")  # type: ignore[arg-type]
    S3MediaBucket(lambda: large, "b").store("k", blocks(33), content_type="video/mp4")  # type: ignore[arg-type]

    assert ["put_object"] == small.calls
    assert ["create_multipart_upload", "upload_part", "upload_part", "complete_multipart_upload"] == large.calls


def test_memory_stays_flat_whatever_the_size() -> None:
    """200 MB take no more memory at once than the part in hand, the one being filled and a chunk of each."""
    tracemalloc.start()
    S3MediaBucket(CountingS3, "b").store("k", blocks(200), content_type="video/mp4")  # type: ignore[arg-type]
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < 4 * PART_BYTES


def test_an_object_is_copied_with_its_type(stack: Deployment) -> None:
    """The same bytes under another key, of the same content type; what lay there before is replaced."""
    client, name = boto3.client("s3"), stack.outputs["BucketName"]
    bucket = S3MediaBucket(lambda: client, name)
    bucket.store("results/a.mp4", iter([b"a film"]), content_type="video/mp4")
    bucket.store("outbox/ä b.mp4", iter([b"of yesterday"]), content_type="text/plain")

    bucket.copy("results/a.mp4", "outbox/ä b.mp4")

    found = client.get_object(Bucket=name, Key="outbox/ä b.mp4")
    assert (b"a film", "video/mp4") == (found["Body"].read(), found["ContentType"])


def test_the_fake_copies_likewise() -> None:
    """Bytes and content type."""
    bucket = InMemoryBucket()
    bucket.store("results/a.mp4", iter([b"a film"]), content_type="video/mp4")
    bucket.copy("results/a.mp4", "outbox/b.mp4")

    assert (b"a film", "video/mp4") == (bucket.objects["outbox/b.mp4"], bucket.types["outbox/b.mp4"])


def test_all_under_a_prefix_is_deleted(stack: Deployment) -> None:
    """More than S3 lists or deletes in one go, whatever the keys; nothing beside it, and none at all is no mistake."""
    client, name = boto3.client("s3"), stack.outputs["BucketName"]
    bucket = S3MediaBucket(lambda: client, name)
    for key in ("results/a/1/ä b.json", "results/ab/1.mp4", *(f"results/a/2/{number}" for number in range(1001))):
        client.put_object(Bucket=name, Key=key, Body=b"a film")

    bucket.delete_all("results/a/")
    bucket.delete_all("results/none/")

    assert ["results/ab/1.mp4"] == [item["Key"] for item in client.list_objects_v2(Bucket=name)["Contents"]]


def test_the_fake_deletes_likewise() -> None:
    """All under a prefix, and nothing beside it."""
    bucket = InMemoryBucket()
    for key in ("a/1", "a/2", "ab"):
        bucket.store(key, iter([b"a film"]), content_type="video/mp4")
    bucket.delete_all("a/")
    bucket.delete_all("none/")

    assert ["ab"] == list(bucket.objects)


def test_a_link_opens_the_object_and_nothing_else(stack: Deployment) -> None:
    """A link is signed, ends when asked, and names the bucket's own region."""
    client = boto3.client("s3")
    link = S3MediaBucket(lambda: client, stack.outputs["BucketName"]).link("results/a b.mp4", expires_s=900)

    assert "results/a%20b.mp4" in link
    assert "X-Amz-Expires=900" in link


def test_work_arrives_as_it_was_sent(stack: Deployment) -> None:
    """A check, a submission and a nudge survive the queue."""
    client = boto3.client("sqs")
    queue = SqsWorkQueue(lambda: client, stack.outputs["WorkQueueUrl"])
    works = [
        Work(kind=WorkKind.CHECK, id=JOB, number=3, nudge=2),
        Work(kind=WorkKind.SUBMIT, id=JOB, number=1),
        Work.nudged(AttemptId(JOB, 1), "930810057590833241"),
    ]
    queue.send(works[0])
    queue.send_all(works[1:])

    received = client.receive_message(QueueUrl=stack.outputs["WorkQueueUrl"], MaxNumberOfMessages=10)["Messages"]

    assert sorted(map(str, works)) == sorted(str(Work.from_json(message["Body"])) for message in received)


def test_deliveries_arrive_as_they_were_sent(stack: Deployment) -> None:
    """On a queue of their own."""
    client, url = boto3.client("sqs"), stack.outputs["DeliveriesQueueUrl"]
    queue = SqsDeliveryQueue(lambda: client, url)
    messages = [DeliveryMessage(JOB, f"delivery#00004#{number}", number) for number in (1, 2, 3)]
    queue.send(messages[0])
    queue.send_all(messages[1:])

    received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]

    assert sorted(map(str, messages)) == sorted(str(DeliveryMessage.from_json(each["Body"])) for each in received)


@pytest.mark.parametrize(("delay_s", "expected"), [(0, 0), (2.1, 3), (900, 900), (5000, 900)])
def test_a_delay_is_whole_seconds_and_at_most_fifteen_minutes(delay_s: float, expected: int) -> None:
    """SQS takes 0 to 900 whole seconds; a fraction is rounded up, so that nothing comes too early."""
    sent: list[dict[str, Any]] = []

    class Client:
        def send_message(self, **kwargs: Any) -> None:
            sent.append(kwargs)

    SqsWorkQueue(Client, "url").send(Work(kind=WorkKind.CHECK, id=JOB, number=1), delay_s=delay_s)  # type: ignore[arg-type]

    assert expected == sent[0]["DelaySeconds"]


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"kind": "dance", "id": "x"}', "nonsense"])
def test_a_message_that_is_none_of_ours_is_an_error(body: str) -> None:
    """Garbage in the queue is a ValueError, which sends it to the dead letter queue."""
    with pytest.raises(ValueError, match=r".*"):
        Work.from_json(body)


def test_each_entry_of_a_publication_is_looked_at() -> None:
    """The bus takes a call and refuses one entry of it: that one is told by False; eleven events make two calls."""
    calls: list[int] = []

    class Client:
        def put_events(self, *, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
            calls.append(len(Entries))
            refused = {"ErrorCode": "InternalFailure"}
            return {"Entries": [refused if "refuse" in entry["Detail"] else {"EventId": "1"} for entry in Entries]}

    events = [Event("Job Succeeded", {"say": "refuse" if index == 3 else "take"}) for index in range(11)]

    taken = EventBridgeBus(Client(), "bus").publish(events)  # type: ignore[arg-type]

    assert [10, 1] == calls
    assert [index for index, is_taken in enumerate(taken) if not is_taken] == [3]


def test_an_entry_names_the_bus_the_source_and_the_type(stack: Deployment) -> None:
    """What is published reaches the stack's bus."""
    taken = EventBridgeBus(boto3.client("events"), stack.outputs["EventBusName"]).publish(
        [Event("Job Failed", {"a": 1})]
    )

    assert [True] == list(taken)


def test_a_secret_is_read_once_and_anew_when_asked(stack: Deployment) -> None:
    """Within its life a secret costs one call; `fresh` sees what was set since, but asks at most every 10 s."""
    client = boto3.client("secretsmanager")
    arn = stack.outputs["KlingaiSecretArn"]
    clock = [0.0]
    credentials = SecretCredentials(Secret(client, arn, lambda: clock[0]))
    assert None is credentials.get()
    client.put_secret_value(SecretId=arn, SecretString=json.dumps({"api_key": "simulated", "account": "eu"}))

    kept, too_soon = credentials.get(), credentials.get(fresh=True)
    clock[0] = 10.1
    fresh = credentials.get(fresh=True)

    assert (None, None) == (kept, too_soon)
    assert fresh is not None
    assert ("eu", "simulated") == (fresh.values["account"], fresh.values["api_key"])
    assert "simulated" not in repr(fresh)


def test_the_master_secret_of_the_stack_makes_keys(stack: Deployment) -> None:
    """The generated secret has the form that the keyring reads, 64 characters long."""
    text = boto3.client("secretsmanager").get_secret_value(SecretId=stack.outputs["MasterSecretArn"])["SecretString"]
    keyring = Keyring.of(json.loads(text))

    assert [64] == [len(master) for master in keyring.masters]
    assert json.loads(text)["current"] not in repr(keyring)


KEY_MADE = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def test_an_issued_key_is_found_and_proves_itself(stack: Deployment) -> None:
    """What a caller gets opens the door of its tenant; the table holds no secret."""
    client = boto3.client("dynamodb")
    keys = DynamoDbKeys(client, stack.outputs["TableName"])
    keyring = Keyring(["master"])

    issued = ManageKeys(register=keys, keyring=lambda: keyring, now=lambda: KEY_MADE).issue("acme")

    found = keys.get_key(issued.key.key_id)
    assert found == issued.key == ApiKey(issued.key.key_id, "acme", created_at=KEY_MADE)
    assert keyring.proves_api_key(found, issued.api_key)
    table = json.dumps(client.scan(TableName=stack.outputs["TableName"])["Items"])
    assert issued.api_key.rpartition("_")[2] not in table
    assert issued.secret_key not in table
