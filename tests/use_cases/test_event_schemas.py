"""docs/events tells of events as they are: real ones of the use cases hold against the schemas, and the sample code runs."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from klingway.domain.ids import Tenant
from klingway.domain.job import Job, JobError, State
from klingway.domain.keys import Keyring
from klingway.providers.contract import Failed
from klingway.use_cases.take_in import TakeIn
from referencing import Registry, Resource

from tests.use_cases.conftest import SUCCESS, Gateway

DOCS = Path(__file__).parents[2] / "docs" / "events"
SCHEMAS: dict[str, Any] = {
    path.name: json.loads(path.read_text(encoding="utf-8")) for path in DOCS.glob("*.schema.json")
}
REGISTRY: Any = Registry().with_resources((name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items())
OF_DETAIL_TYPES = {
    "Job Succeeded": "job-succeeded.schema.json",
    "Job Failed": "job-failed.schema.json",
    "Job State Changed": "job-state-changed.schema.json",
    "Job Late Result": "job-late-result.schema.json",
}
BODY = {
    "prompt": "a fox", "duration_s": 5, "reference": "order-42", "metadata": {"any": ["thing"]},
    "webhook": {"url": "https://shop.example/hook"},
}  # fmt: skip
REFUSED = Failed(error=JobError(code="moderation_refused", message="no", retryable=False, provider_code="1301"))


def holds(name: str, said: Any) -> None:
    """Raise where something is not as a schema says."""
    said = json.loads(json.dumps(said))
    Draft202012Validator(SCHEMAS[name], registry=REGISTRY, format_checker=FormatChecker()).validate(said)


def told(gateway: Gateway, outcome: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Run a job to its end with every change told; yield each event's type and detail."""
    job = gateway.submit(BODY, correlation_id="corr-1")
    gateway.provider.outcomes = [outcome]
    gateway.nudge(job)
    every = replace(gateway.publisher, tells_every_change=True)
    every.run([row for row in gateway.jobs.history if row.id == job.id])
    for event in gateway.bus.published:
        yield event.detail_type, dict(event.detail)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_one(name: str) -> None:
    """It is valid by its own standard, has the name of its file, and says what it is of."""
    Draft202012Validator.check_schema(SCHEMAS[name])

    assert name == SCHEMAS[name]["$id"]
    assert SCHEMAS[name]["title"]
    assert name in (DOCS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("outcome", "end"), [(SUCCESS, "Job Succeeded"), (REFUSED, "Job Failed")])
def test_real_events_hold(gateway: Gateway, outcome: Any, end: str) -> None:
    """Every event of a job's whole life, each against the schema of its type, which knows each of its fields."""
    events = list(told(gateway, outcome))

    assert {"Job State Changed", end} == {kind for kind, _ in events}
    for kind, detail in events:
        holds(OF_DETAIL_TYPES[kind], detail)
        assert set(SCHEMAS["job.schema.json"]["properties"]) == set(detail) | {"replay"}
        assert set(SCHEMAS["job.schema.json"]["required"]) == set(detail)


@pytest.mark.parametrize(("outcome", "kind"), [(SUCCESS, "job.succeeded"), (REFUSED, "job.failed")])
def test_real_webhooks_hold(gateway: Gateway, outcome: Any, kind: str) -> None:
    """What is posted is what the schema says, and a body that says the other end is not."""
    gateway.end(gateway.submit(BODY), outcome)
    gateway.try_delivery()
    ((_, body, _),) = gateway.receiver.posts
    said = json.loads(body)

    holds("webhook.schema.json", said)
    assert kind == said["type"]
    with pytest.raises(ValidationError):
        holds("webhook.schema.json", said | {"type": ({"job.succeeded", "job.failed"} - {kind}).pop()})


def test_a_schema_notices_what_is_wrong(gateway: Gateway) -> None:
    """An end under the wrong id, a success without a film, a checksum of another form, a missing field."""
    *_, (_, detail) = told(gateway, SUCCESS)
    holds("job-succeeded.schema.json", detail)
    film = detail["files"][0]
    wrong: list[dict[str, Any]] = [
        detail | {"event_id": detail["event_id"] + ":state"},
        detail | {"files": []},
        detail | {"files": [film | {"sha256": "x"}]},
        detail | {"finished_at": None},
        {name: value for name, value in detail.items() if name != "tenant"},
    ]
    for each in wrong:
        with pytest.raises(ValidationError):
            holds("job-succeeded.schema.json", each)


@pytest.mark.parametrize(
    "detail",
    [
        {"request": {"prompt": "a fox", "duration_s": 99, "mode": "hd"}, "correlation_id": "corr-1"},
        {"request": "a fox"},
        {},
    ],
)
def test_real_rejections_hold(gateway: Gateway, detail: dict[str, Any]) -> None:
    """What is told of a `Video Requested` that cannot be, with every problem; the schema knows each of its fields."""
    take_in = TakeIn(
        create=gateway.create,
        bucket=gateway.bucket,
        events=gateway.bus,
        tenant=Tenant("acme"),
        public_url="https://gateway.example",
        now=gateway.clock,
    )
    take_in.event("6a7e8feb-b491-4cf7-a9f1-bf3703467718", detail)

    (event,) = gateway.bus.published
    schema = SCHEMAS["video-request-rejected.schema.json"]
    assert ("Video Request Rejected", set(schema["properties"])) == (event.detail_type, set(event.detail))
    holds("video-request-rejected.schema.json", event.detail)
    for problem in event.detail["problems"]:
        assert set(problem) <= set(schema["$defs"]["problem"]["properties"])
    with pytest.raises(ValidationError):
        holds("video-request-rejected.schema.json", {**event.detail, "problems": ["x"]})


@pytest.fixture
def verified() -> Callable[[str, dict[str, str], bytes], dict[str, Any]]:
    """The sample code of the page."""
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the page's own words are under test
    function: Callable[[str, dict[str, str], bytes], dict[str, Any]] = names["verified"]
    return function


def test_the_pages_code_verifies(
    gateway: Gateway, verified: Callable[[str, dict[str, str], bytes], dict[str, Any]]
) -> None:
    """A real webhook passes, of either master secret during a rotation; a changed, foreign or old one does not."""
    gateway.keyring = Keyring(["new", "old"])
    ended: Job = gateway.end(gateway.submit(BODY), SUCCESS)
    gateway.clock.time = gateway.clock.time.fromtimestamp(time.time(), tz=gateway.clock.time.tzinfo)
    gateway.try_delivery()
    ((_, body, headers),) = gateway.receiver.posts
    given = dict(headers)

    assert ended.state is State.SUCCEEDED
    for master in ("new", "old"):
        assert ended.id == verified(Keyring([master]).webhook_secret("acme"), given, body)["data"]["job_id"]
    secret = gateway.keyring.webhook_secret("acme")
    for wrong in (
        (secret, given, body + b" "),
        (secret, given | {"webhook-id": "msg_other"}, body),
        (secret, given | {"webhook-timestamp": str(int(time.time()) - 301)}, body),
        (Keyring(["new"]).webhook_secret("other"), given, body),
    ):
        with pytest.raises(ValueError, match=r"Klingway|too old"):
            verified(*wrong)
