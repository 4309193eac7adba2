"""Deliveries on the whole stack: webhooks, signed, tried again, and never sent inside unasked; files in the outbox."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook

from tests.e2e.caller import wait_until

if TYPE_CHECKING:
    from local.simulators.receiver import Receiver
    from tests.e2e.caller import Caller


def delivery(caller: Caller, job_id: str) -> dict[str, Any]:
    """Returns the only delivery about a job."""
    answer = caller.http.get(f"/v1/jobs/{job_id}/deliveries")
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["deliveries"] or [{"state": "not yet"}]
    said: dict[str, Any] = found
    return said


def test_a_webhook_arrives_signed_after_two_failures(caller: Caller, receiver: Receiver) -> None:
    """One id, three tries in the log; the standard's own library verifies what came."""
    receiver.answers["/flaky"] = [500, 302]
    job_id = caller.submit("told by webhook", webhook={"url": f"{receiver.url}/flaky"}, reference="order-7")
    caller.over(job_id)
    for count in (1, 2):
        wait_until(lambda count=count: len(delivery(caller, job_id).get("tries", [])) == count, 10, "a try")  # type: ignore[misc]
        wait_until(lambda: caller.twin.cloud.hasten("DeliveriesQueue") == 1, 10, "the message of the next try")
    wait_until(lambda: delivery(caller, job_id)["state"] == "delivered", 10, "the delivery")

    found = delivery(caller, job_id)
    messages = receiver.at("/flaky")
    secret = caller.http.get("/v1/webhook-secret").json()["secret"]
    for message in messages:
        said = Webhook(secret).verify(message.body, dict(message.headers))
        assert (said["type"], said["data"]["job_id"], said["data"]["reference"]) == ("job.succeeded", job_id, "order-7")
    assert {message.headers["webhook-id"] for message in messages} == {found["id"]}
    assert [line["status"] for line in found["tries"]] == [500, 302, 204]
    assert receiver.at("/elsewhere") == []


def test_a_receiver_that_is_gone_is_left_alone(caller: Caller, receiver: Receiver) -> None:
    """410 ends it."""
    receiver.answers["/gone"] = [410]
    job_id = caller.submit("gone", webhook={"url": f"{receiver.url}/gone"})
    caller.over(job_id)
    wait_until(lambda: delivery(caller, job_id)["state"] == "gone", 10, "the delivery's end")

    assert len(receiver.at("/gone")) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "metadata.google.internal"])
def test_a_private_address_is_refused(caller: Caller, host: str) -> None:
    """By its form at submission, however it is spelled; one that turns out so by its name is refused when something is sent."""
    refused = caller.post({"prompt": "inside", "duration_s": 3, "webhook": {"url": f"http://{host}:1/hook"}})

    assert [problem["code"] for problem in refused.json()["problems"]] == ["forbidden_address"]


def test_a_file_of_the_inbox_has_its_film_in_the_outbox(caller: Caller) -> None:
    """The film under the mirrored name, the very bytes of the result, and the job beside it."""
    client, bucket = caller.twin.cloud.client("s3"), caller.twin.cloud.outputs["BucketName"]
    request = json.dumps({"prompt": "a cat", "duration_s": 3, "reference": "delivered-by-file"})
    client.put_object(Bucket=bucket, Key="inbox/animals/cat.json", Body=request.encode())
    wait_until(
        lambda: bool(client.list_objects_v2(Bucket=bucket, Prefix="outbox/animals/cat.json")["KeyCount"]),
        30,
        "the result",
    )

    said = json.loads(client.get_object(Bucket=bucket, Key="outbox/animals/cat.json")["Body"].read())
    film = client.get_object(Bucket=bucket, Key="outbox/animals/cat.mp4")
    assert (said["state"], said["reference"]) == ("succeeded", "delivered-by-file")
    assert hashlib.sha256(film["Body"].read()).hexdigest() == said["result"]["files"][0]["sha256"]
    assert film["ContentType"] == "video/mp4"
    wait_until(lambda: delivery(caller, said["id"])["state"] == "delivered", 10, "the delivery")
    assert delivery(caller, said["id"])["address"] == "outbox/animals/cat"
