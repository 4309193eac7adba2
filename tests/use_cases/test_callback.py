"""What comes in by the callback path: proved, or nothing happens."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from klingway.domain.ids import AttemptId, JobId
from klingway.domain.keys import Keyring
from klingway.domain.work import Work, WorkKind
from klingway.use_cases.receive_callback import MAX_BODY_BYTES, ReceiveCallback, Reception

from tests.fakes.queue import RecordingQueue

JOB = JobId("job_01M7XQJEV0CNR8GVSAAKQ466HV")
SUBJECT = f"{JOB}-1"
ELEMENT = "el_01M7XQJEV0CNR8GVSAAKQ466HV"
KEYRING = Keyring(["master"])
TOKEN = KEYRING.callback_token(SUBJECT)


@dataclass
class Door:
    queue: RecordingQueue = field(default_factory=RecordingQueue)
    kept: Keyring = KEYRING
    fresh: Keyring = KEYRING
    signing_secret: str | None = None

    def receive(
        self, body: Any, subject: str = SUBJECT, token: str = TOKEN, headers: Mapping[str, str] | None = None
    ) -> Reception:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        use_case = ReceiveCallback(
            queue=self.queue,
            keyring=lambda: self.kept,
            fresh_keyring=lambda: self.fresh,
            signing_secret=lambda: self.signing_secret,
            now=lambda: datetime.fromtimestamp(1781080794, UTC),
        )
        return use_case.run(subject, token, raw, headers or {})


@pytest.mark.parametrize("word", ["succeed", "failed", "completed", "a word of no document"])
def test_anything_but_progress_nudges(word: str) -> None:
    """One check is queued, without a number, with the body's task id as a claim."""
    door = Door()

    assert Reception.NUDGED is door.receive({"task_id": "930810057590833241", "task_status": word})
    work, delay_s = door.queue.take()
    assert (Work.nudged(AttemptId(JOB, 1), "930810057590833241"), 0) == (work, delay_s)


@pytest.mark.parametrize("word", ["submitted", "processing"])
def test_progress_costs_nothing_more(word: str) -> None:
    """Kling's two words for progress are answered, and nothing is queued."""
    door = Door()

    assert Reception.PROGRESS is door.receive({"task_id": "1", "task_status": word})
    assert [] == door.queue.sent


@pytest.mark.parametrize(
    "body",
    [b"", b"no json", b"[]", b'"succeed"', b"\xff\xfe", b"[" * 100_000, b'{"task_id": {"a": 1}}', b'{"task_id": true}'],
    ids=["empty", "text", "a list", "a string", "no UTF-8", "deep", "an object as id", "true as id"],
)
def test_a_body_that_makes_no_sense_nudges_without_a_claim(body: bytes) -> None:
    """The token is genuine, so something happened; what exactly, the provider is asked."""
    door = Door()

    assert Reception.NUDGED is door.receive(body)
    work, _ = door.queue.take()
    assert None is work.claimed_task_id


@pytest.mark.parametrize(
    ("subject", "token"),
    [
        (SUBJECT, TOKEN[:-1] + ("A" if TOKEN[-1] != "A" else "B")),
        (SUBJECT, ""),
        (f"{JOB}-2", TOKEN),
        ("job_00000000000000000000000000-1", TOKEN),
        ("nonsense", TOKEN),
        (SUBJECT, KEYRING.media_signature(JOB, "video.mp4", 1)),
        (SUBJECT, "é"),
    ],
    ids=["one letter", "none", "another attempt", "another job", "no attempt", "another purpose", "no ASCII"],
)
def test_a_forged_callback_does_nothing(subject: str, token: str) -> None:
    """A token that is not this subject's is refused, and nothing is queued."""
    door = Door()

    assert Reception.FORGED is door.receive({"task_status": "succeed"}, subject, token)
    assert [] == door.queue.sent


@pytest.mark.parametrize("body", [{"task_id": "9", "task_status": "succeed"}, b"no json"], ids=["succeed", "no sense"])
def test_an_elements_callback_nudges_it(body: Any) -> None:
    """One piece of work about the element, without a number; what the body claims is not even passed on."""
    door = Door()

    assert Reception.NUDGED is door.receive(body, ELEMENT, KEYRING.callback_token(ELEMENT))
    assert (Work(kind=WorkKind.ELEMENT, id=ELEMENT, number=None), 0) == door.queue.take()


def test_an_elements_progress_costs_nothing_more() -> None:
    """As with a job's."""
    door = Door()
    token = KEYRING.callback_token(ELEMENT)

    assert Reception.PROGRESS is door.receive({"task_status": "processing"}, ELEMENT, token)
    assert [] == door.queue.sent


@pytest.mark.parametrize(
    ("subject", "token"),
    [
        (ELEMENT, TOKEN),
        (ELEMENT, ""),
        (SUBJECT, KEYRING.callback_token(ELEMENT)),
        ("el_01M7XQJEV0CNR8GVSAAKQ466HW", KEYRING.callback_token(ELEMENT)),
        (f"{ELEMENT}-1", KEYRING.callback_token(f"{ELEMENT}-1")),
        (ELEMENT.lower(), KEYRING.callback_token(ELEMENT.lower())),
    ],
    ids=["a job's token", "none", "a job's subject", "another element", "no attempt of it", "not its form"],
)
def test_a_forged_callback_of_an_element_does_nothing(subject: str, token: str) -> None:
    """A token is one subject's, and a subject has one form."""
    door = Door()

    assert Reception.FORGED is door.receive({"task_status": "succeed"}, subject, token)
    assert [] == door.queue.sent


def test_a_body_of_more_than_256_kb_is_refused() -> None:
    """A genuine token does not buy more room; at the limit it passes."""
    door = Door()

    assert Reception.TOO_LARGE is door.receive(b" " * (MAX_BODY_BYTES + 1))
    assert [] == door.queue.sent
    assert Reception.NUDGED is door.receive(b" " * MAX_BODY_BYTES)


def test_a_token_of_the_master_secret_before_is_good() -> None:
    """During a rotation both master secrets prove."""
    door = Door(kept=Keyring(["new", "master"]))

    assert Reception.NUDGED is door.receive({"task_status": "succeed"})


def test_a_token_of_a_master_secret_set_a_moment_ago_is_good() -> None:
    """A warm function knows the old secret alone; it reads the new one before it refuses."""
    door = Door(kept=Keyring(["old"]), fresh=Keyring(["master", "old"]))

    assert Reception.NUDGED is door.receive({"task_status": "succeed"})


SIGNED = (
    b'{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}'
)
SIGNATURE = {
    "webhook-id": "9876543210",
    "webhook-timestamp": "1781080794",
    "webhook-signature": "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=",
}
SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="


@pytest.mark.parametrize(
    ("secret", "headers", "expected"),
    [
        (SECRET, SIGNATURE, Reception.NUDGED),
        (SECRET, SIGNATURE | {"webhook-id": "1"}, Reception.FORGED),
        ("whsec_AAAA", SIGNATURE, Reception.FORGED),
        (None, SIGNATURE, Reception.NUDGED),
        (SECRET, {}, Reception.NUDGED),
    ],
    ids=["signed", "forged", "of another secret", "no secret known", "not signed"],
)
def test_a_signature_has_to_be_borne_out(secret: str | None, headers: dict[str, str], expected: Reception) -> None:
    """Kling's own example (facts, klingai, section 4); not all callbacks need be signed: the token proves them."""
    door = Door(signing_secret=secret)

    assert expected is door.receive(SIGNED, headers=headers)
    assert (expected is Reception.NUDGED) == bool(door.queue.sent)


def test_a_good_signature_does_not_make_up_for_a_token() -> None:
    """Whoever holds another callback of Kling's cannot send it to another address."""
    assert Reception.FORGED is Door(signing_secret=SECRET).receive(SIGNED, token="0" * 43, headers=SIGNATURE)
