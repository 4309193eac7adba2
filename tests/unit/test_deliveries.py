"""A delivery's pure parts: its names, its schedule, its ends, and what a message is."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import pytest
from klingway.domain.deliveries import (
    JOB_FAILED,
    JOB_SUCCEEDED,
    MOST_TRIES,
    TRIED_AGAIN_S,
    Answer,
    Delivery,
    DeliveryMessage,
    DeliveryState,
    Target,
    Verdict,
    begin,
    conclude,
    deliveries_to,
    delivery_to_json,
    give_up,
    is_delivery,
)
from klingway.domain.keys import Keyring

from tests.unit.builders import JOB_ID, NOW

HOOK = Target("webhook", "https://shop.example/hook", (JOB_SUCCEEDED, JOB_FAILED))
FAILURES_ONLY = Target("webhook", "https://shop.example/failures", (JOB_FAILED,))
OUTBOX = Target("outbox", "outbox/in/cat", (JOB_SUCCEEDED, JOB_FAILED))
AGAIN = Answer(verdict=Verdict.AGAIN, status=500)


def new() -> Delivery:
    (delivery,) = deliveries_to([HOOK], subject_id=JOB_ID, sequence=4, event=JOB_SUCCEEDED, at=NOW)
    return delivery


def begun(times: int) -> Delivery:
    return replace(new(), begun=times, number=times)


def test_one_for_each_target_that_wants_the_event() -> None:
    """A target keeps its place whether or not others want this event; each falls due two minutes on."""
    found = list(
        deliveries_to([HOOK, FAILURES_ONLY, OUTBOX], subject_id=JOB_ID, sequence=4, event=JOB_SUCCEEDED, at=NOW)
    )

    assert [("webhook", 1), ("outbox", 3)] == [(each.kind, each.target) for each in found]
    assert {int(NOW.timestamp()) + 120} == {each.due_at for each in found}
    assert ["delivery#00004#1", "delivery#00004#3"] == [each.part for each in found]


def test_its_id_is_the_same_however_often_it_is_made_and_nobody_elses() -> None:
    """From the job, its change and the target alone; without a full stop, at which Standard Webhooks divides what is signed."""
    other_change = replace(new(), sequence=5)
    other_target = replace(new(), target=2)

    assert f"msg_{JOB_ID.removeprefix('job_')}_4_1" == new().id == begun(3).id
    assert 3 == len({new().id, other_change.id, other_target.id})
    assert "." not in new().id


def test_the_schedule() -> None:
    """5 s, 30 s, 2 min, 15 min, 1 h, 3 h, 6 h, 12 h, 24 h; ten tries in all."""
    assert (5, 30, 120, 900, 3600, 10_800, 21_600, 43_200, 86_400) == TRIED_AGAIN_S
    assert 10 == MOST_TRIES


def test_a_try_begins_before_it_is_made() -> None:
    """Its number goes up, it is counted, and it falls due when its function cannot live any more."""
    found = begin(new(), due_at=NOW + timedelta(seconds=130))

    assert (1, 1, int(NOW.timestamp()) + 130) == (found.number, found.begun, found.due_at)


@pytest.mark.parametrize(
    ("tries", "delay_s", "due_after_s"),
    [(1, 5, 125), (3, 120, 240), (4, 900, 1020), (5, None, 3600), (9, None, 86_400)],
)
def test_a_queue_waits_a_quarter_of_an_hour_at_most(tries: int, delay_s: float | None, due_after_s: int) -> None:
    """A longer wait has no message, and falls due at its time; a shorter one two minutes after its message."""
    found, delay = conclude(begun(tries), AGAIN, began_at=NOW, at=NOW)

    assert (delay_s, int(NOW.timestamp()) + due_after_s) == (delay, found.due_at)
    assert (DeliveryState.PENDING, tries + 1) == (found.state, found.number)


@pytest.mark.parametrize(
    ("tries", "verdict", "state"),
    [
        (1, Verdict.DELIVERED, DeliveryState.DELIVERED),
        (1, Verdict.GONE, DeliveryState.GONE),
        (1, Verdict.REFUSED, DeliveryState.FAILED),
        (10, Verdict.AGAIN, DeliveryState.FAILED),
        (10, Verdict.DELIVERED, DeliveryState.DELIVERED),
    ],
)
def test_its_ends(tries: int, verdict: Verdict, state: DeliveryState) -> None:
    """At rest it is due no more, and there is no next message."""
    later = NOW + timedelta(milliseconds=350)
    found, delay_s = conclude(begun(tries), Answer(verdict=verdict), began_at=NOW, at=later)

    assert (state, None, None, later) == (found.state, found.due_at, delay_s, found.finished_at)
    assert (350, NOW) == (found.tries[-1].took_ms, found.tries[-1].at)


@pytest.mark.parametrize(("asked_s", "wait_s"), [(3, 5), (600, 600), (901, None), (10**9, None), (-5, 5)])
def test_a_wait_that_is_asked_for_is_bounded(asked_s: float, wait_s: float | None) -> None:
    """Never sooner than the schedule, never later than a day."""
    found, delay_s = conclude(begun(1), replace(AGAIN, retry_after_s=asked_s), began_at=NOW, at=NOW)

    assert wait_s == delay_s
    assert (found.due_at or 0) <= int(NOW.timestamp()) + 86_400


def test_a_long_error_is_cut() -> None:
    """The log stays small, whatever a receiver or a library says."""
    found, _ = conclude(begun(1), Answer(verdict=Verdict.AGAIN, error="x" * 10_000), began_at=NOW, at=NOW)

    assert 200 == len(found.tries[0].error or "")


def test_what_is_given_up_has_no_line_for_what_nobody_knows() -> None:
    """Its last try broke off."""
    found = give_up(begun(10), at=NOW)

    assert (DeliveryState.FAILED, None, 11, ()) == (found.state, found.due_at, found.number, found.tries)


def test_a_message_and_its_row() -> None:
    """A message names the row and the number that it is good for, and survives the queue."""
    message = begun(3).message

    assert DeliveryMessage(JOB_ID, "delivery#00004#1", 3) == message
    assert message == DeliveryMessage.from_json(message.to_json())
    assert is_delivery(message.part)
    assert not [part for part in ("job", "request", "element", "waiter#x") if is_delivery(part)]


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", "5", '{"subject_id": "job_x", "part": "p", "number": null}', "nonsense"]
)
def test_what_is_no_message_of_ours(body: str) -> None:
    """Whatever it is, the error is the documented one."""
    with pytest.raises(ValueError, match=r".*"):
        DeliveryMessage.from_json(body)


def test_the_log_as_callers_see_it() -> None:
    """A try says its status or its error; nothing of how the row is worked on."""
    found, _ = conclude(begun(1), AGAIN, began_at=NOW, at=NOW + timedelta(seconds=1))

    assert {
        "id": found.id,
        "kind": "webhook",
        "address": "https://shop.example/hook",
        "event": "job.succeeded",
        "state": "pending",
        "created_at": "2026-11-20T12:00:00.000Z",
        "finished_at": None,
        "tries": [{"at": "2026-11-20T12:00:00.000Z", "took_ms": 1000, "status": 500}],
    } == delivery_to_json(found)


def test_a_known_signature() -> None:
    """HMAC-SHA256 over `id.timestamp.body` with the secret's bytes, by hand from the standard's text."""
    keyring = Keyring(["master"])
    secret = base64.b64decode(keyring.webhook_secret("acme").removeprefix("whsec_"))
    wanted = hmac.new(secret, b'msg_1.1795176000.{"a":1}', hashlib.sha256).digest()

    assert 32 == len(secret)
    assert f"v1,{base64.b64encode(wanted).decode()}" == keyring.webhook_signature(
        "acme", "msg_1", 1795176000, b'{"a":1}'
    )
    assert base64.b64encode(secret).decode() not in repr(keyring)
