"""Deliveries: at least once, under one id, tried again ever more rarely, each try in the log."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from klingway.domain.deliveries import JOB_FAILED, JOB_SUCCEEDED, Delivery, DeliveryMessage, DeliveryState, Target
from klingway.domain.errors import InvalidRequestError, NotFoundError
from klingway.domain.ids import ElementId, Tenant, iso
from klingway.domain.job import Job, JobElement, JobError, State
from klingway.domain.keys import Keyring
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Failed, Media, Succeeded
from klingway.use_cases.ports import Posted, PostError
from klingway.use_cases.read_deliveries import ReadDeliveries
from standardwebhooks import Webhook, WebhookVerificationError

from tests.fakes.deliveries import PRIVATE
from tests.use_cases.conftest import FILM, SUCCESS, VIDEO_URL, Gateway

ACME = Tenant("acme")
URL = "https://shop.example/hooks/video"
BODY = {"prompt": "a fox", "duration_s": 5, "reference": "order-42", "webhook": {"url": URL}}
REFUSED = Failed(error=JobError(code="moderation_refused", message="not this", retryable=False, provider_code="1301"))


def delivered(gateway: Gateway, job: Job) -> Delivery:
    """Return the only delivery about a job."""
    (delivery,) = gateway.deliveries.of(job.id)
    return delivery


@pytest.fixture
def ended(gateway: Gateway) -> Job:
    """A job with a webhook that has succeeded and been published; its delivery waits in the queue."""
    return gateway.end(gateway.submit(BODY), SUCCESS)


def log(gateway: Gateway, job: Job) -> list[dict[str, Any]]:
    reading = ReadDeliveries(jobs=gateway.jobs, deliveries=gateway.deliveries, keyring=lambda: gateway.keyring)
    found: list[dict[str, Any]] = reading.of(ACME, job.id)["deliveries"]
    return found


# ---------------------------------------------------------------------------------------------------------- webhooks


def test_a_webhook_is_verified_by_the_standards_own_library(gateway: Gateway, ended: Job) -> None:
    """Whoever has the tenant's secret can tell that it is ours and unchanged; nobody else's secret will do."""
    gateway.keyring = Keyring(["master"])
    assert 0 == gateway.try_delivery()
    ((url, body, headers),) = gateway.receiver.posts
    # The library looks at the real clock: a message is good for five minutes.
    now = Webhook(gateway.keyring.webhook_secret("acme"))

    assert URL == url
    with pytest.raises(WebhookVerificationError, match=r"too old|too new"):
        now.verify(body, dict(headers))
    again = signed_now(gateway, ended, body, headers["webhook-id"])
    said = now.verify(body, again)
    with pytest.raises(WebhookVerificationError):
        now.verify(body.replace(b"acme", b"evil"), again)
    with pytest.raises(WebhookVerificationError):
        Webhook(gateway.keyring.webhook_secret("other")).verify(body, again)

    assert ("job.succeeded", ended.id, "order-42") == (said["type"], said["data"]["job_id"], said["data"]["reference"])
    assert f"{ended.id}:{ended.sequence}" == said["data"]["event_id"]
    assert iso(ended.finished_at or ended.created_at) == said["timestamp"], "when it happened, not when it was sent"
    assert f"s3://media-bucket/{ended.files[0].key}" == said["data"]["files"][0]["s3_uri"]


def signed_now(gateway: Gateway, job: Job, body: bytes, message_id: str) -> dict[str, str]:
    """Return the headers that the same message has at this real moment."""
    at = int(time.time())
    signature = gateway.keyring.webhook_signature(job.tenant, message_id, at, body)
    return {"webhook-id": message_id, "webhook-timestamp": str(at), "webhook-signature": signature}


def test_during_a_rotation_both_secrets_verify(gateway: Gateway, ended: Job) -> None:
    """A receiver that has changed already and one that has not yet both find their signature."""
    gateway.keyring = Keyring(["new", "master"])
    gateway.try_delivery()
    ((_, body, headers),) = gateway.receiver.posts

    assert 2 == len(headers["webhook-signature"].split(" "))
    for master in ("new", "master"):
        again = signed_now(gateway, ended, body, headers["webhook-id"])
        Webhook(Keyring([master]).webhook_secret("acme")).verify(body, again)


def test_a_receiver_that_fails_twice_gets_one_id_and_three_tries(gateway: Gateway, ended: Job) -> None:
    """500, no answer, 200: the same id and body each time, 5 s and 30 s later, and three lines in the log."""
    gateway.receiver.answers = [500, PostError("no answer came: ReadTimeout"), 200]

    assert [0, 5, 30] == [gateway.try_delivery() for _ in range(3)]

    assert 1 == len({headers["webhook-id"] for _, _, headers in gateway.receiver.posts})
    assert 1 == len({body for _, body, _ in gateway.receiver.posts})
    assert 3 == len({headers["webhook-timestamp"] for _, _, headers in gateway.receiver.posts})
    (line,) = log(gateway, ended)
    assert ("delivered", "webhook", URL, "job.succeeded") == (
        line["state"], line["kind"], line["address"], line["event"],
    )  # fmt: skip
    assert [
        {"at": "2026-11-20T12:00:00.000Z", "took_ms": 0, "status": 500},
        {"at": "2026-11-20T12:00:05.000Z", "took_ms": 0, "error": "no answer came: ReadTimeout"},
        {"at": "2026-11-20T12:00:35.000Z", "took_ms": 0, "status": 200},
    ] == line["tries"]
    assert gateway.receiver.posts[0][2]["webhook-id"] == line["id"]
    assert [] == gateway.delivery_queue.sent


def test_410_ends_it(gateway: Gateway, ended: Job) -> None:
    """The receiver wants no more: one try, and nothing is due."""
    gateway.receiver.answers = [410]
    gateway.try_delivery()

    found = delivered(gateway, ended)
    assert (DeliveryState.GONE, None, [410]) == (found.state, found.due_at, [line.status for line in found.tries])
    assert [] == gateway.delivery_queue.sent


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 503])
def test_every_other_answer_is_tried_again(gateway: Gateway, ended: Job, status: int) -> None:
    """A redirect as well: it counts as a failure."""
    gateway.receiver.answers = [status]
    gateway.try_delivery()

    found = delivered(gateway, ended)
    assert (DeliveryState.PENDING, [status]) == (found.state, [line.status for line in found.tries])
    assert [5] == [delay_s for _, delay_s in gateway.delivery_queue.sent]


def test_a_private_address_is_refused_for_good(gateway: Gateway, ended: Job) -> None:
    """A name that leads into a private network is not tried again, and the log says why."""
    gateway.receiver.answers = [PRIVATE]
    gateway.try_delivery()

    (line,) = log(gateway, ended)
    assert ("failed", ["the address is refused: its host has an address that is not public"]) == (
        line["state"], [each["error"] for each in line["tries"]],
    )  # fmt: skip
    assert [] == gateway.delivery_queue.sent


@pytest.mark.parametrize(
    ("status", "retry_after", "delay_s"),
    [
        (429, "60", 60),
        (503, "Fri, 20 Nov 2026 12:01:00 GMT", 60),
        (503, "1", 5),
        (429, "soon", 5),
        (429, "Fri, 20 Nov 2026 11:00:00 GMT", 5),
        (500, "60", 5),
    ],
)
def test_a_receiver_may_ask_for_time(
    gateway: Gateway, ended: Job, status: int, retry_after: str, delay_s: float
) -> None:
    """Retry-After of 429 and 503 puts the next try off, never earlier than it would have been."""
    gateway.receiver.answers = [Posted(status, retry_after)]
    gateway.try_delivery()

    assert [delay_s] == [delay for _, delay in gateway.delivery_queue.sent]
    assert DeliveryState.PENDING is delivered(gateway, ended).state


def test_a_long_wait_is_bounded_and_the_pollers(gateway: Gateway, ended: Job) -> None:
    """A month is a day; no queue waits so long, so that the poller takes it up when it is due, and not before."""
    gateway.receiver.answers = [Posted(503, str(30 * 86_400))]
    gateway.try_delivery()

    assert [] == gateway.delivery_queue.sent
    assert int(gateway.clock().timestamp()) + 86_400 == delivered(gateway, ended).due_at
    gateway.clock.go_on(86_399)
    assert 0 == gateway.poll()
    gateway.clock.go_on(1)
    assert 1 == gateway.poll()
    gateway.try_delivery()
    assert DeliveryState.DELIVERED is delivered(gateway, ended).state


def test_ten_tries_in_two_days_and_then_no_more(gateway: Gateway, ended: Job) -> None:
    """5 s, 30 s, 2 min, 15 min, 1, 3, 6, 12 and 24 h after one another; the whole log is kept; it never tries again."""
    gateway.receiver.answers = [500] * 20
    began = gateway.clock()
    while delivered(gateway, ended).state is DeliveryState.PENDING:
        if not gateway.delivery_queue.sent:
            gateway.clock.go_on((delivered(gateway, ended).due_at or 0) - gateway.clock().timestamp())
            assert 1 == gateway.poll()
        gateway.try_delivery()

    found = delivered(gateway, ended)
    waits = [
        (later.at - earlier.at).total_seconds() for earlier, later in zip(found.tries, found.tries[1:], strict=False)
    ]
    assert (DeliveryState.FAILED, None) == (found.state, found.due_at)
    assert [5, 30, 120, 900, 3600, 10_800, 21_600, 43_200, 86_400] == waits
    assert timedelta(days=2) > gateway.clock() - began
    assert 10 == len(gateway.receiver.posts)


# -------------------------------------------------------------------------------------------------- nothing twice, or lost


def test_a_doubled_message_sends_once(gateway: Gateway, ended: Job) -> None:
    """The number that the row expects is used up by the first of them."""
    message, _ = gateway.delivery_queue.take()
    gateway.deliver.run(message)
    gateway.deliver.run(message)

    assert (1, DeliveryState.DELIVERED) == (len(gateway.receiver.posts), delivered(gateway, ended).state)


def test_two_at_a_time_send_once(gateway: Gateway, ended: Job) -> None:
    """A second reception while the first is still waiting for its answer finds the row taken."""
    message, _ = gateway.delivery_queue.take()
    post = gateway.receiver.post

    def meanwhile(*args: Any) -> Posted:
        gateway.receiver.post = post  # type: ignore[method-assign]
        gateway.deliver.run(message)
        return post(*args)

    gateway.receiver.post = meanwhile  # type: ignore[method-assign]
    gateway.deliver.run(message)

    assert 1 == len(gateway.receiver.posts)
    assert 1 == len(delivered(gateway, ended).tries)


def test_of_two_that_read_the_same_row_one_sends(gateway: Gateway, ended: Job) -> None:
    """Both find the number that they expect; the write before the sending decides."""
    message, _ = gateway.delivery_queue.take()
    stale = delivered(gateway, ended)
    gateway.deliver.run(message)
    get = gateway.deliveries.get
    gateway.deliveries.get = lambda *_: stale  # type: ignore[method-assign]
    gateway.deliver.run(message)
    gateway.deliveries.get = get  # type: ignore[method-assign]

    assert 1 == len(gateway.receiver.posts)


def test_what_is_at_rest_is_not_tried_again(gateway: Gateway, ended: Job) -> None:
    """Whatever number a message carries."""
    gateway.try_delivery()
    gateway.deliver.run(delivered(gateway, ended).message)

    assert 1 == len(gateway.receiver.posts)


def test_a_change_told_twice_makes_one_delivery(gateway: Gateway, ended: Job) -> None:
    """The stream repeats a record: the row is there already, and its messages act once between them."""
    assert [True] == gateway.publisher.run([ended])
    messages = [message for message, _ in gateway.delivery_queue.sent]
    for message in messages:
        gateway.deliver.run(message)

    assert (2, 1) == (len(messages), len(gateway.receiver.posts))
    assert 1 == len(gateway.deliveries.rows)


def test_a_message_that_was_never_sent_is_made_good_by_the_poller(gateway: Gateway, ended: Job) -> None:
    """The publisher died between the write and the queue: the row falls due two minutes later."""
    gateway.delivery_queue.sent.clear()
    assert 0 == gateway.poll()
    gateway.clock.go_on(120)

    assert 1 == gateway.poll()
    gateway.try_delivery()
    assert DeliveryState.DELIVERED is delivered(gateway, ended).state


def test_a_try_whose_process_died_is_made_again(gateway: Gateway, ended: Job) -> None:
    """Nobody knows whether it arrived: it is sent again under the same id, once the function cannot live any more."""
    message, _ = gateway.delivery_queue.take()
    write = gateway.deliveries.replace
    died: list[Delivery] = []

    def die_after_sending(delivery: Delivery, *, expected: int) -> bool:
        if delivery.tries:
            died.append(delivery)
            raise SystemExit
        return write(delivery, expected=expected)

    gateway.deliveries.replace = die_after_sending  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        gateway.deliver.run(message)
    gateway.deliveries.replace = write  # type: ignore[method-assign]

    gateway.clock.go_on(129)
    assert 0 == gateway.poll()
    gateway.clock.go_on(1)
    assert 1 == gateway.poll()
    gateway.try_delivery()
    found = delivered(gateway, ended)
    assert 1 == len({headers["webhook-id"] for _, _, headers in gateway.receiver.posts})
    assert (2, 1, DeliveryState.DELIVERED) == (found.begun, len(found.tries), found.state)


def test_tries_that_always_die_come_to_an_end(gateway: Gateway, ended: Job) -> None:
    """A delivery that kills its process each time is given up after ten tries all the same."""
    post = gateway.receiver.post

    def die(*args: Any) -> Posted:
        post(*args)
        raise SystemExit

    gateway.receiver.post = die  # type: ignore[method-assign]
    for _ in range(20):
        if gateway.delivery_queue.sent:
            try:
                gateway.try_delivery()
            except SystemExit:
                gateway.clock.go_on(130)
        gateway.poll()

    found = delivered(gateway, ended)
    assert (DeliveryState.FAILED, None, 10) == (found.state, found.due_at, len(gateway.receiver.posts))


def test_every_open_delivery_is_due_at_some_time(gateway: Gateway, ended: Job) -> None:
    """After each write: pending has a due time, an end has none."""
    write = gateway.deliveries._write  # noqa: SLF001 - each write is looked at
    seen: list[Delivery] = [delivered(gateway, ended)]
    gateway.deliveries._write = lambda row: (seen.append(row), write(row))[1]  # type: ignore[method-assign] # noqa: SLF001
    gateway.receiver.answers = [500, 500, 500, 500, 500, 200]
    for _ in range(6):
        if not gateway.delivery_queue.sent:
            gateway.clock.go_on(86_400)
            gateway.poll()
        gateway.try_delivery()

    assert all((row.state is DeliveryState.PENDING) == (row.due_at is not None) for row in seen)
    numbers = [row.number for row in seen]
    assert sorted(set(numbers)) == numbers
    assert DeliveryState.DELIVERED is seen[-1].state


def test_a_delivery_of_a_job_that_is_gone_ends(gateway: Gateway, ended: Job) -> None:
    """There is nothing to say any more."""
    del gateway.jobs.rows[ended.id]
    gateway.try_delivery()

    assert DeliveryState.FAILED is delivered(gateway, ended).state
    assert [] == gateway.receiver.posts


# ---------------------------------------------------------------------------------------------------- the publisher


def test_a_target_hears_what_it_asked_for_alone(gateway: Gateway) -> None:
    """`events` names one of the two ends: the other one makes no delivery."""
    body = BODY | {"webhook": {"url": URL, "events": ["job.failed"]}}
    succeeded = gateway.end(gateway.submit(body), SUCCESS)
    assert [] == gateway.delivery_queue.sent
    failed = gateway.end(gateway.submit(body), REFUSED)
    gateway.try_delivery()

    assert [] == gateway.deliveries.of(succeeded.id)
    ((_, posted, _),) = gateway.receiver.posts
    said = json.loads(posted)
    assert ("job.failed", "moderation_refused") == (said["type"], said["data"]["error"]["code"])
    assert DeliveryState.DELIVERED is delivered(gateway, failed).state


def test_a_job_without_targets_costs_nothing_more(gateway: Gateway) -> None:
    """Neither a row nor a message."""
    gateway.end(gateway.submit(), SUCCESS)

    assert ({}, []) == (gateway.deliveries.rows, gateway.delivery_queue.sent)
    assert ["Job Succeeded"] == [event.detail_type for event in gateway.bus.published]


def test_every_target_has_a_delivery_of_its_own(gateway: Gateway) -> None:
    """A webhook and an outbox: two ids, and one that fails does not touch the other."""
    outbox = Target("outbox", "outbox/in/cat", (JOB_SUCCEEDED, JOB_FAILED))
    job = gateway.end(gateway.submit(BODY, targets=(outbox,)), SUCCESS)
    gateway.receiver.answers = [500]
    messages = [message for message, _ in gateway.delivery_queue.sent]
    gateway.delivery_queue.sent.clear()
    for message in messages:
        gateway.deliver.run(message)

    assert {"webhook": DeliveryState.PENDING, "outbox": DeliveryState.DELIVERED} == {
        row.kind: row.state for row in gateway.deliveries.of(job.id)
    }
    assert 2 == len({row.id for row in gateway.deliveries.of(job.id)})


@pytest.mark.parametrize("part", ["bus", "row", "queue", "release"])
def test_a_record_of_which_a_part_failed_is_reported(gateway: Gateway, part: str) -> None:
    """It comes again; the others of its batch are told all the same, and the second time everything is done once."""
    jobs = [gateway.submit(BODY) for _ in range(2)]
    gateway.provider.outcomes = [SUCCESS]
    for job in jobs:
        gateway.nudge(job)
    element = JobElement(index=0, id=ElementId("el_01JD4ZK8M0ABCDEFGHJKMNPQRS"))
    changed = [replace(gateway.job(job), elements=(element,)) for job in jobs]
    gateway.queue.sent.clear()
    parts = {
        "bus": (gateway.bus, "publish"),
        "row": (gateway.deliveries, "add"),
        "queue": (gateway.delivery_queue, "send_all"),
        "release": (gateway.queue, "send"),
    }
    owner, name = parts[part]
    works = getattr(owner, name)
    calls: list[Any] = []

    def fail_at_first(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == 1:
            raise ConnectionError
        return works(*args, **kwargs)

    setattr(owner, name, fail_at_first)

    first = gateway.publisher.run(changed)
    second = gateway.publisher.run(changed)

    assert ([False, part != "bus"], [True, True]) == (first, second)
    assert 2 == len(gateway.deliveries.rows)
    assert {Work(kind=WorkKind.RELEASE, id=job.id, number=None) for job in jobs} == {
        work for work, _ in gateway.queue.sent
    }
    for message, _ in list(gateway.delivery_queue.sent):
        gateway.deliver.run(message)
    assert 2 == len(gateway.receiver.posts)


def test_an_event_that_the_bus_does_not_take_is_reported_and_keeps_nothing_else(gateway: Gateway) -> None:
    """A webhook does not wait for the bus."""
    gateway.bus.refuses = {"Job Succeeded", "Job Failed", "Job State Changed", "Video Request Rejected"}
    job = gateway.submit(BODY)
    gateway.provider.outcomes = [SUCCESS]
    gateway.nudge(job)

    assert [False] == gateway.publisher.run([gateway.job(job)])
    gateway.try_delivery()
    assert DeliveryState.DELIVERED is delivered(gateway, gateway.job(job)).state


def test_elements_are_released_at_the_end_alone(gateway: Gateway) -> None:
    """One message for a job with elements that has ended; none before, and none for a job that has no elements."""
    job = gateway.submit()
    gateway.provider.outcomes = [SUCCESS]
    gateway.nudge(job)
    gateway.queue.sent.clear()
    element = JobElement(index=0, id=ElementId("el_01JD4ZK8M0ABCDEFGHJKMNPQRS"))
    for row in [row for row in gateway.jobs.history if row.id == job.id]:
        gateway.publisher.run([row, replace(row, elements=(element,))])

    assert [(Work(kind=WorkKind.RELEASE, id=job.id, number=None), 0)] == gateway.queue.sent


def test_a_row_is_written_before_its_message_is_sent(gateway: Gateway) -> None:
    """A message that comes at once finds its row."""
    found: list[Delivery | None] = []
    send_all = gateway.delivery_queue.send_all

    def arrive_at_once(works: Sequence[DeliveryMessage]) -> None:
        found.extend(gateway.deliveries.get(work.subject_id, work.part) for work in works)
        send_all(works)

    gateway.delivery_queue.send_all = arrive_at_once  # type: ignore[method-assign]
    gateway.end(gateway.submit(BODY), SUCCESS)

    assert [DeliveryState.PENDING] == [row.state for row in found if row is not None]


def test_the_poller_sends_each_kind_to_its_own_queue(gateway: Gateway, ended: Job) -> None:
    """A delivery and a job that fall due in the same run."""
    waiting = gateway.submit()
    gateway.queue.sent.clear()
    gateway.delivery_queue.sent.clear()
    gateway.clock.go_on(420)

    assert 2 == gateway.poll()
    assert [waiting.id] == [work.id for work, _ in gateway.queue.sent]
    assert [delivered(gateway, ended).message] == [message for message, _ in gateway.delivery_queue.sent]


def test_a_try_that_was_overtaken_writes_nothing(gateway: Gateway, ended: Job) -> None:
    """The poller took it up while the receiver was slow: the later try's word counts, and one chain goes on."""
    message, _ = gateway.delivery_queue.take()
    post = gateway.receiver.post

    def be_slow(*args: Any) -> Posted:
        gateway.clock.go_on(131)
        assert 1 == gateway.poll()
        answered: Posted = post(*args)
        return answered

    gateway.receiver.answers = [500]
    gateway.receiver.post = be_slow  # type: ignore[method-assign]
    gateway.deliver.run(message)
    gateway.receiver.post = post  # type: ignore[method-assign]

    assert 1 == len(gateway.delivery_queue.sent)
    gateway.try_delivery()
    assert [204] == [line.status for line in delivered(gateway, ended).tries]


def test_each_change_is_told_where_that_is_switched_on(gateway: Gateway) -> None:
    """`Job State Changed` for every announced change under an id of its own; the ends are told besides; deliveries once."""
    every = replace(gateway.publisher, tells_every_change=True)
    job = gateway.submit(BODY, correlation_id="corr-1")
    gateway.provider.outcomes = [SUCCESS]
    gateway.nudge(job)
    announced = {row.sequence: row for row in gateway.jobs.history if row.id == job.id and row.sequence}

    assert all(every.run(list(announced.values())))

    told = [(event.detail_type, event.detail["state"]) for event in gateway.bus.published]
    assert [
        ("Job State Changed", "submitting"),
        ("Job State Changed", "running"),
        ("Job State Changed", "storing"),
        ("Job State Changed", "succeeded"),
        ("Job Succeeded", "succeeded"),
    ] == told
    ids = [event.detail["event_id"] for event in gateway.bus.published]
    assert (f"{job.id}:4:state", f"{job.id}:4") == (ids[-2], ids[-1])
    assert len(set(ids)) == len(ids)
    assert {"corr-1"} == {event.detail["correlation_id"] for event in gateway.bus.published}
    assert 1 == len(gateway.deliveries.rows)


# ------------------------------------------------------------------------------------------------------- the outbox


WATERMARKED = Succeeded(media=(Media(VIDEO_URL, "video"), Media("https://cdn.example/w.mp4", "watermarked")))


def test_the_outbox_gets_film_and_result(gateway: Gateway) -> None:
    """Beside the name that the caller chose: the films, and the job as the API shows it, with addresses at S3."""
    gateway.media.files["https://cdn.example/w.mp4"] = b"a marked film"
    target = Target("outbox", "outbox/in/cat", (JOB_SUCCEEDED, JOB_FAILED))
    job = gateway.end(gateway.submit(targets=(target,)), WATERMARKED)
    gateway.try_delivery()

    objects = gateway.bucket.objects
    said = json.loads(objects["outbox/in/cat.json"])
    assert (FILM, b"a marked film") == (objects["outbox/in/cat.mp4"], objects["outbox/in/cat.watermarked.mp4"])
    assert (job.id, "succeeded", {"prompt": "a fox", "duration_s": 5}) == (said["id"], said["state"], said["request"])
    assert f"s3://media-bucket/{job.files[0].key}" == said["result"]["files"][0]["s3_uri"]
    assert {"outbox/in/cat.mp4", "outbox/in/cat.watermarked.mp4", "outbox/in/cat.json"} == {
        key for key in objects if key.startswith("outbox/")
    }
    assert DeliveryState.DELIVERED is delivered(gateway, job).state


def test_the_outbox_tells_why_a_job_failed(gateway: Gateway) -> None:
    """`.error.json` in the form of the API's problem answers, and nothing else."""
    target = Target("outbox", "outbox/in/cat", (JOB_SUCCEEDED, JOB_FAILED))
    job = gateway.end(gateway.submit(targets=(target,)), REFUSED)
    gateway.try_delivery()

    said = json.loads(gateway.bucket.objects["outbox/in/cat.error.json"])
    assert {"outbox/in/cat.error.json"} == {key for key in gateway.bucket.objects if key.startswith("outbox/")}
    assert ("not this", "moderation_refused", job.id) == (said["detail"], said["error"]["code"], said["job"]["id"])
    assert ([], "urn:klingway:job_failed") == (said["problems"], said["type"])


def test_an_outbox_that_cannot_be_written_is_tried_again(gateway: Gateway) -> None:
    """Whatever S3 says, it is a try like any other; the result is written after the film."""
    target = Target("outbox", "outbox/in/cat", (JOB_SUCCEEDED, JOB_FAILED))
    job = gateway.end(gateway.submit(targets=(target,)), SUCCESS)
    copy = gateway.bucket.copy

    def refuse(*_: str) -> None:
        raise ConnectionError

    gateway.bucket.copy = refuse  # type: ignore[method-assign]
    gateway.try_delivery()
    assert "outbox/in/cat.json" not in gateway.bucket.objects
    gateway.bucket.copy = copy  # type: ignore[method-assign]

    assert 5 == gateway.try_delivery()
    found = delivered(gateway, job)
    assert ["sending was interrupted (ConnectionError)", None] == [line.error for line in found.tries]
    assert DeliveryState.DELIVERED is found.state


# --------------------------------------------------------------------------------------------- submission and reading


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:9000/hook", "forbidden_address"),
        ("http://localhost/hook", "forbidden_address"),
        ("https://LOCALHOST./hook", "forbidden_address"),
        ("https://api.localhost/hook", "forbidden_address"),
        ("http://10.0.0.7/hook", "forbidden_address"),
        ("http://169.254.169.254/latest/meta-data", "forbidden_address"),
        ("http://[::1]/hook", "forbidden_address"),
        ("http://[::ffff:10.0.0.1]/hook", "forbidden_address"),
        ("https://me:secret@shop.example/hook", "forbidden_address"),
        ("https://me@shop.example/hook", "forbidden_address"),
        ("https:///hook", "wrong_form"),
        ("https://shop.example:99999/hook", "wrong_form"),
        ("https://[::1/hook", "wrong_form"),
        ("https://shop.example/a b", "wrong_form"),
        ("https://shop.example/a\nb", "wrong_form"),
        ("ftp://shop.example/hook", "wrong_form"),
        ("https://shop.example/" + "x" * 2048, "too_long"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused_at_submission(gateway: Gateway, url: str, code: str) -> None:
    """Before anything is spent: what can be told from the address alone, in one problem at its place."""
    with pytest.raises(InvalidRequestError) as refused:
        gateway.submit(BODY | {"webhook": {"url": url}})

    assert [("webhook.url", code)] == [(problem.field, problem.code) for problem in refused.value.problems]
    assert {} == gateway.jobs.rows


@pytest.mark.parametrize("url", ["https://shop.example/hook?a=1", "http://shop.example", "https://8.8.8.8:8443/hook"])
def test_a_webhook_becomes_a_target(gateway: Gateway, url: str) -> None:
    """With all there is to tell unless some are named; the request is kept as it came."""
    job = gateway.submit(BODY | {"webhook": {"url": url}})

    assert (Target("webhook", url, ("job.succeeded", "job.failed", "job.canceled", "job.late_result")),) == job.targets
    assert {"url": url} == gateway.jobs.get_request(job.id)["webhook"]


def test_a_trusted_origin_may_be_private(gateway: Gateway) -> None:
    """What the gateway's owner has named is taken, and nothing beside it."""
    object.__setattr__(gateway.judge, "trusted_webhook_origins", ("http://127.0.0.1:9000",))

    assert State.RUNNING is gateway.submit(BODY | {"webhook": {"url": "http://127.0.0.1:9000/hook"}}).state
    with pytest.raises(InvalidRequestError):
        gateway.submit(BODY | {"webhook": {"url": "http://127.0.0.1:9001/hook"}})


def test_a_tenant_sees_its_own_log_and_secret_alone(gateway: Gateway, ended: Job) -> None:
    """Another tenant's job is as one that there is not; secrets differ between tenants, and are good ones."""
    reading = ReadDeliveries(jobs=gateway.jobs, deliveries=gateway.deliveries, keyring=lambda: gateway.keyring)
    own, other = reading.secret(ACME)["secret"], reading.secret(Tenant("other"))["secret"]

    assert 1 == len(reading.of(ACME, ended.id)["deliveries"])
    with pytest.raises(NotFoundError):
        reading.of(Tenant("other"), ended.id)
    with pytest.raises(NotFoundError):
        reading.of(ACME, "delivery#1")
    assert own != other
    assert own.startswith("whsec_")
