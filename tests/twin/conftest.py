import http.client
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.cloud import LocalCloud

STACK = Path(__file__).parent / "stack"


@dataclass
class Answer:
    """What came back over HTTP."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Twin(LocalCloud):
    """The twin of the sample stack, with what the tests ask of it again and again."""

    lines: list[tuple[str, str]]

    def request(
        self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send one request to the HTTP API, on a connection of its own."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)
        try:
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def details(self, kind: str, tag: str) -> list[Any]:
        """What the sample's handlers noted under a detail type, those with a tag of this test's own."""
        events = self.published_events(f"{self._stack_name}-bus")
        return [event["detail"] for event in events if event["detail-type"] == kind and tag in repr(event["detail"])]

    def send(self, queue: str, body: str, **more: Any) -> None:
        """Send a message to a queue of the stack."""
        self.client("sqs").send_message(QueueUrl=self.physical_id(queue), MessageBody=body, **more)

    def take(self, queue: str, tag: str, wait_s: int = 5) -> list[dict[str, Any]]:
        """Receive and delete what there is in a queue; only messages with the tag are returned."""
        client, url, end, found = self.client("sqs"), self.physical_id(queue), time.monotonic() + wait_s, []
        while not found and time.monotonic() < end:
            for message in client.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, AttributeNames=["All"]
            ).get("Messages", []):
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found += [message] if tag in message["Body"] else []
        return found


def eventually(condition: Callable[[], Any], timeout_s: float = 8.0) -> Any:
    """Wait until something is true, and return it."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError("it did not come to that in time")


@pytest.fixture(scope="session")
def twin() -> Iterator[Twin]:
    lines: list[tuple[str, str]] = []
    twin = Twin(
        STACK / "template.yaml",
        parameters=lambda url: {"PublicUrl": url},
        stack_name="probe",
        log=lambda source, line: lines.append((source, line)),
        schedules=False,
    )
    twin.lines = lines
    with twin:
        yield twin


@pytest.fixture
def wait() -> Callable[..., Any]:
    return eventually


@pytest.fixture
def template(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "template.yaml"
        path.write_text("Transform: AWS::Serverless-2016-10-31\n" + text)
        return path

    return write
