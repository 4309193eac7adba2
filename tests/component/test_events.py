"""Every sample event in events/ does in the real function what its name says after the two underscores."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from klingway.domain.deliveries import DeliveryMessage
from klingway.domain.ids import ElementId, JobId

from tests.component.world import FINISHED, ROOT, USED_UP, World, functions_handler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

EVENTS = sorted((ROOT / "events").glob("*/*.json"))


def run(path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Mapping[str, Any], Any]:
    """Give an event to its function; return both event and answer."""
    event: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return event, functions_handler(path.parent.name, world, monkeypatch)(event)


def check_api(outcome: str, _event: Mapping[str, Any], answer: Any, _world: World) -> None:
    assert answer["statusCode"] == int(outcome), answer.get("body")
    if answer["statusCode"] >= 400:
        assert json.loads(answer["body"])["status"] == int(outcome)


def check_callback(outcome: str, _event: Mapping[str, Any], answer: Any, world: World) -> None:
    status, _, queued = outcome.partition("_")
    assert answer["statusCode"] == int(status)
    assert world.messages() == {"nudged": 1, "nothing_queued": 0}[queued]


INTAKE_OUTCOMES = {
    "1_job": (1, 0, 0),
    "2_jobs_1_comes_again": (2, 0, 1),
    "refused_in_outbox": (0, 1, 0),
    "nothing": (0, 0, 0),
}
"""How many jobs, files in the outbox, and messages that come again."""


def check_intake(outcome: str, event: Mapping[str, Any], answer: Any, world: World) -> None:
    outbox = world.outbox()
    assert INTAKE_OUTCOMES[outcome] == (world.taken_in(), len(outbox), len(answer["batchItemFailures"]))
    for key, text in outbox.items():
        said = json.loads(event["Records"][0]["body"])["detail"]["object"]["key"]
        assert said.replace("inbox/", "outbox/").replace(".json", ".error.json") == key
        assert json.loads(text)["title"]


def check_poller(outcome: str, _event: Mapping[str, Any], answer: Any, world: World) -> None:
    count = int(outcome.partition("_")[0])
    assert (answer, world.messages()) == ({"taken_up": count}, count)


def check_elements(outcome: str, event: Mapping[str, Any], _answer: Any, world: World) -> None:
    about = world.elements.get(ElementId(event["element_id"])) if "element_id" in event else None
    found = about or world.jobs.get(JobId(event["job_id"]))
    assert found is not None
    assert found.state.value == outcome


def check_worker(outcome: str, event: Mapping[str, Any], _answer: Any, world: World) -> None:
    (record,) = event["Records"]
    work = json.loads(record["body"])
    if work["kind"] in {"element", "release"}:
        element = world.elements.get(ElementId(work["id"]) if work["kind"] == "element" else USED_UP)
        state, _, delivered = outcome.partition("_")
        assert (element.state.value if element else "gone") == state
        assert world.messages("DeliveriesQueueUrl") == (delivered == "1_delivered")
        return
    found = world.jobs.get(JobId(work["id"]))
    state, _, late = outcome.partition("_")
    assert (found.state.value if found else "none") == state
    if late == "1_late":
        assert found is not None
        told = [event.detail["late_result"]["attempt"] for event in world.published]
        assert ([1], 1, 1) == (told, len(found.late_results), world.messages("DeliveriesQueueUrl"))


def check_publisher(outcome: str, event: Mapping[str, Any], answer: Any, world: World) -> None:
    counts = {word: int(number) for number, word in re.findall(r"(\d+)_([a-z]+)", outcome)}
    done = {
        "published": len(world.published),
        "delivered": world.messages("DeliveriesQueueUrl"),
        "released": world.messages(),
    }
    assert {"delivered": 0, "released": 0} | counts == done
    assert (len(event["Records"]), answer) == (counts["published"], {"batchItemFailures": []})


def check_webhooks(outcome: str, event: Mapping[str, Any], _answer: Any, world: World) -> None:
    (record,) = event["Records"]
    message = DeliveryMessage.from_json(record["body"])
    found = world.deliveries.get(message.subject_id, message.part)
    state, posted, _ = outcome.split("_")
    assert (found.state.value if found else "none", str(len(world.posted))) == (state, posted)
    assert world.messages("DeliveriesQueueUrl") == (state == "pending")
    if found and found.kind == "outbox":
        bucket = world.deployment.outputs["BucketName"]
        listed = boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix="outbox/")["Contents"]
        assert {item["Key"] for item in listed} == {"outbox/spring/cat.mp4", "outbox/spring/cat.json"}


CHECKS: Mapping[str, Callable[[str, Mapping[str, Any], Any, World], None]] = {
    "api": check_api,
    "callback": check_callback,
    "elements": check_elements,
    "intake": check_intake,
    "poller": check_poller,
    "publisher": check_publisher,
    "webhooks": check_webhooks,
    "worker": check_worker,
}


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_event_does_what_its_name_says(path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample event given to its function ends as the part of its name after `__` says."""
    event, answer = run(path, world, monkeypatch)

    CHECKS[path.parent.name](path.stem.partition("__")[2], event, answer, world)


def test_every_function_has_sample_events() -> None:
    """Each function of the template has at least one, and each case says its outcome."""
    assert {path.parent.name for path in EVENTS} == set(CHECKS)
    assert all(path.stem.partition("__")[2] for path in EVENTS)


def test_an_outdated_message_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work with a number that the row no longer expects neither asks the provider nor sends anything."""
    before = world.jobs.get(FINISHED)
    run(ROOT / "events" / "worker" / "outdated_number__running.json", world, monkeypatch)

    assert (world.jobs.get(FINISHED), world.messages()) == (before, 0)
