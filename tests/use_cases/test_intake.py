"""Files of the inbox and `Video Requested` events become jobs: once each, or are refused with every reason."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from klingway.domain.deliveries import Target
from klingway.domain.errors import UnavailableError
from klingway.domain.ids import Tenant
from klingway.domain.job import Job
from klingway.use_cases.ports import BusyError
from klingway.use_cases.take_in import Reception, TakeIn

from tests.fakes.bus import RecordingBus
from tests.use_cases.conftest import Gateway

GOOD = {"prompt": "a fox", "duration_s": 5}
BAD = {"prompt": "a fox", "duration_s": 99, "colour": "red"}
KEY, ERROR_KEY = "inbox/a/cat.json", "outbox/a/cat.error.json"
SIX_MB = 6 * 1024 * 1024


@dataclass
class Intake:
    """The use case over fakes."""

    gateway: Gateway = field(default_factory=Gateway)
    bus: RecordingBus = field(default_factory=RecordingBus)

    def __post_init__(self) -> None:
        self.take_in = TakeIn(
            create=self.gateway.create,
            bucket=self.gateway.bucket,
            events=self.bus,
            tenant=Tenant("acme"),
            public_url="https://gateway.example",
            now=self.gateway.clock,
        )

    def put(self, content: object, key: str = KEY) -> str:
        """Put an object where it belongs; return its ETag."""
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.gateway.bucket.objects[key] = text
        return hashlib.md5(text, usedforsecurity=False).hexdigest()

    def file(self, content: object, key: str = KEY, sequencer: str = "01") -> Reception:
        """Put an object and tell of it."""
        return self.take_in.file(key, sequencer=sequencer, etag=self.put(content, key))

    def event(self, event_id: str = "e-1", **detail: Any) -> Reception:
        """Tell of a `Video Requested`."""
        return self.take_in.event(event_id, detail)

    def jobs(self) -> list[Job]:
        """Return all jobs."""
        return list(self.gateway.jobs.rows.values())

    def error(self, key: str = ERROR_KEY) -> dict[str, Any]:
        """Return what the error file says."""
        document: dict[str, Any] = json.loads(self.gateway.bucket.objects[key])
        return document


@pytest.fixture
def intake() -> Intake:
    return Intake()


def busy(*_: object) -> None:
    raise BusyError


def test_a_file_becomes_a_job_of_the_tenant(intake: Intake) -> None:
    """A request in the inbox is submitted as over HTTP, for the tenant of the triggers, and delivers into the outbox."""
    assert Reception.ACCEPTED is intake.file(GOOD)

    (job,) = intake.jobs()
    target = Target("outbox", "outbox/a/cat", ("job.succeeded", "job.failed", "job.canceled"))
    assert ("acme", (target,), None, "https://gateway.example") == (
        job.tenant,
        job.targets,
        job.correlation_id,
        job.public_url,
    )
    assert 1 == len(intake.gateway.provider.submitted)


def test_a_file_told_of_twice_is_one_job(intake: Intake) -> None:
    """The key and the sequencer are the idempotency key: an event that comes again makes no second job."""
    receptions = [intake.file(GOOD), intake.file(GOOD)]

    assert [Reception.ACCEPTED, Reception.REPEATED] == receptions
    assert (1, 1) == (len(intake.jobs()), len(intake.gateway.provider.submitted))


def test_a_message_sent_back_from_the_dead_letter_queue_makes_no_second_job(intake: Intake) -> None:
    """It lies there for 14 days after up to 4 in the queue, longer than a caller's own key lives."""
    intake.file(GOOD)
    intake.gateway.clock.go_on(18 * 86_400)

    assert (Reception.REPEATED, 1) == (intake.file(GOOD), len(intake.jobs()))


@pytest.mark.parametrize("change", [{"sequencer": "02"}, {"key": "inbox/b/cat.json"}])
def test_another_writing_is_another_job(intake: Intake, change: dict[str, str]) -> None:
    """The same request written again, or elsewhere, is asked for again."""
    intake.file(GOOD)

    assert Reception.ACCEPTED is intake.file(GOOD, **change)
    assert 2 == len(intake.jobs())


def test_a_file_written_over_is_not_taken_for_the_old_one(intake: Intake) -> None:
    """An event about an object that is another by now is dropped: the new object has an event of its own."""
    old = intake.put(GOOD)
    new = intake.put(GOOD | {"prompt": "a hare"})

    assert Reception.GONE is intake.take_in.file(KEY, sequencer="01", etag=old)
    assert Reception.ACCEPTED is intake.take_in.file(KEY, sequencer="02", etag=new)
    (job,) = intake.jobs()
    assert "a hare" == intake.gateway.jobs.get_request(job.id)["prompt"]


def test_an_event_without_etag_repeats_its_job_whatever_is_there_now(intake: Intake) -> None:
    """Told of again after the object was written over, it has its job: its body is no part of its identity."""
    intake.file(GOOD)
    intake.put(GOOD | {"prompt": "a hare"})

    assert Reception.REPEATED is intake.take_in.file(KEY, sequencer="01", etag=None)
    assert 1 == len(intake.jobs())


def test_a_file_gone_is_dropped(intake: Intake) -> None:
    """An object that was deleted before it was read leaves nothing: no job, no error file."""
    assert Reception.GONE is intake.take_in.file(KEY, sequencer="01", etag=None)
    assert ([], {}) == (intake.jobs(), intake.gateway.bucket.objects)


@pytest.mark.parametrize("key", ["inbox/readme.txt", "inbox/a/", "inbox/cat.json.bak", "inbox/.json"])
def test_other_files_are_ignored(intake: Intake, key: str) -> None:
    """What is no `<name>.json` is left alone; not even read."""
    assert Reception.IGNORED is intake.file(b"anything", key=key)
    assert ([], [key]) == (intake.jobs(), list(intake.gateway.bucket.objects))


def test_a_refused_file_says_every_problem_in_the_outbox(intake: Intake) -> None:
    """`<name>.error.json` is the problem document that HTTP would answer; nothing was submitted."""
    assert Reception.REFUSED is intake.file(BAD)

    error = intake.error()
    assert {"type", "title", "status", "detail", "problems"} == set(error)
    assert ("urn:klingway:invalid_request", 422) == (error["type"], error["status"])
    assert {"duration_s", "colour"} == {problem["field"] for problem in error["problems"]}
    assert "application/json" == intake.gateway.bucket.types[ERROR_KEY]
    assert ([], []) == (intake.jobs(), intake.gateway.provider.submitted)


@pytest.mark.parametrize(
    "content", [b"prompt: a fox", b"", b"[]", b'"a fox"', b"\xff\xfe{}", b'{"prompt": "a", "prompt": "b"}']
)
def test_what_is_no_json_object_is_refused(intake: Intake, content: bytes) -> None:
    """A file that is no JSON object in UTF-8, or says something twice, gets its error file as well."""
    assert Reception.REFUSED is intake.file(content)
    assert ("Malformed request", 400, []) == tuple(intake.error()[name] for name in ("title", "status", "problems"))


@pytest.mark.parametrize(("size_bytes", "reception"), [(SIX_MB, Reception.ACCEPTED), (SIX_MB + 1, Reception.REFUSED)])
def test_a_file_has_at_most_six_megabytes(intake: Intake, size_bytes: int, reception: Reception) -> None:
    """A file of 6 MB is read, one byte more is refused as too large."""
    text = json.dumps(GOOD).encode()

    assert reception is intake.file(text + b" " * (size_bytes - len(text)))
    if reception is Reception.REFUSED:
        assert 413 == intake.error()["status"]


def test_a_table_that_is_busy_is_no_refusal(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is only unavailable raises, so that the message comes again; no error file is written."""
    with monkeypatch.context() as patched:
        patched.setattr(intake.gateway.jobs, "create", busy)
        with pytest.raises(UnavailableError):
            intake.file(GOOD)
    assert [KEY] == list(intake.gateway.bucket.objects)
    assert Reception.ACCEPTED is intake.file(GOOD)


def test_an_event_becomes_a_job_with_its_correlation_id(intake: Intake) -> None:
    """The request of a `Video Requested` is submitted; the job knows the sender's correlation id, and has no outbox."""
    assert Reception.ACCEPTED is intake.event(correlation_id="order-42", request=GOOD)

    (job,) = intake.jobs()
    assert ("acme", "order-42", ()) == (job.tenant, job.correlation_id, job.targets)
    assert [] == intake.bus.published


def test_an_event_told_of_twice_is_one_job(intake: Intake) -> None:
    """Without a key of the sender's, the event's id makes it the same; another event is another job."""
    assert [Reception.ACCEPTED, Reception.REPEATED, Reception.ACCEPTED] == [
        intake.event("e-1", request=GOOD),
        intake.event("e-1", request=GOOD),
        intake.event("e-2", request=GOOD),
    ]
    assert 2 == len(intake.jobs())


def test_the_senders_key_holds_over_events_and_http(intake: Intake) -> None:
    """`idempotency_key` is the header of that name: two events, or an event and a call, make one job."""
    assert Reception.ACCEPTED is intake.event("e-1", request=GOOD, idempotency_key="order-42")
    assert Reception.REPEATED is intake.event("e-2", request=GOOD, idempotency_key="order-42")
    assert intake.jobs() == [intake.gateway.submit(GOOD, idempotency_key="order-42")]


def test_the_senders_key_with_another_request_is_a_mistake(intake: Intake) -> None:
    """As over HTTP, a key that was used for another request is refused."""
    intake.event("e-1", request=GOOD, idempotency_key="order-42")

    assert Reception.REFUSED is intake.event("e-2", request=GOOD | {"prompt": "a hare"}, idempotency_key="order-42")
    assert ["reused"] == [problem["code"] for problem in intake.bus.published[0].detail["problems"]]


def test_no_callers_key_is_a_files_or_an_events(intake: Intake) -> None:
    """The keys made for files and events have a space in them, which no key of a caller's may have."""
    intake.file(GOOD)
    intake.event(request=GOOD)

    assert all(" " in key for _, key in intake.gateway.jobs.keys)


def test_a_refused_event_is_answered_by_an_event(intake: Intake) -> None:
    """`Video Request Rejected` has the correlation id and every problem, under an id that follows from the event's."""
    for _ in range(2):
        assert Reception.REFUSED is intake.event("e-1", correlation_id="order-42", request=BAD)

    first, second = intake.bus.published
    assert first == second
    assert "Video Request Rejected" == first.detail_type
    detail = dict(first.detail)
    assert {"duration_s", "colour"} == {problem["field"] for problem in detail.pop("problems")}
    assert {
        "event_id": "e-1:rejected",
        "request_event_id": "e-1",
        "correlation_id": "order-42",
        "tenant": "acme",
        "type": "urn:klingway:invalid_request",
        "title": "Invalid request",
        "status": 422,
        "detail": "The request has 2 problems; nothing was accepted.",
    } == detail
    assert [] == intake.jobs()


@pytest.mark.parametrize(
    ("detail", "field_name", "code"),
    [
        ({}, "request", "required"),
        ({"request": "a fox"}, "request", "wrong_type"),
        ({"request": GOOD, "corelation_id": "x"}, "corelation_id", "unknown_field"),
        ({"request": GOOD, "correlation_id": 42}, "correlation_id", "wrong_type"),
        ({"request": GOOD, "correlation_id": ""}, "correlation_id", "too_short"),
        ({"request": GOOD, "correlation_id": "x" * 129}, "correlation_id", "too_long"),
        ({"request": GOOD, "correlation_id": "ä"}, "correlation_id", "wrong_form"),
        ({"request": GOOD, "correlation_id": "\ud800"}, "correlation_id", "wrong_form"),
        ({"request": GOOD, "idempotency_key": "a b"}, "Idempotency-Key", "wrong_form"),
    ],
)
def test_the_form_of_an_event_is_strict(intake: Intake, detail: dict[str, Any], field_name: str, code: str) -> None:
    """What stands around the request is checked as strictly; a correlation id that is none is not repeated."""
    assert Reception.REFUSED is intake.event(**detail)

    (event,) = intake.bus.published
    assert [(field_name, code)] == [(problem["field"], problem["code"]) for problem in event.detail["problems"]]
    assert event.detail["correlation_id"] is None
    assert [] == intake.jobs()


@pytest.mark.parametrize("correlation_id", ["x", "x" * 128, "order 42 ~!"])
def test_correlation_ids_that_are_taken(intake: Intake, correlation_id: str) -> None:
    """1 to 128 printable ASCII characters, taken as they are."""
    intake.event(correlation_id=correlation_id, request=GOOD)

    assert [correlation_id] == [job.correlation_id for job in intake.jobs()]


def test_a_bus_that_does_not_take_the_rejection_is_asked_again(intake: Intake) -> None:
    """A rejection that was not published raises, so that the event comes again."""
    intake.bus.refuses = {"Video Request Rejected"}
    with pytest.raises(UnavailableError):
        intake.event(request=BAD)

    intake.bus.refuses = set()
    assert Reception.REFUSED is intake.event(request=BAD)
    assert 1 == len(intake.bus.published)
