"""Dead letters: shown without what they say, and sent back so that none is lost."""

import json
from typing import Any

import pytest
from klingway.domain.dead_letters import Letter, QueueName, read_letter
from klingway.domain.deliveries import DeliveryMessage
from klingway.domain.ids import AttemptId, JobId
from klingway.domain.work import Work, WorkKind
from klingway.use_cases.dead_letters import DeadLetters, Redriven

from tests.fakes.dead_letters import InMemoryDeadLetters
from tests.unit.builders import JOB_ID

ELEMENT_ID = "el_" + JOB_ID.removeprefix("job_")
WORK = Work(kind=WorkKind.SUBMIT, id=JOB_ID, number=3).to_json()
NUDGE = Work.nudged(AttemptId(JobId(JOB_ID), 2), "claimed-task").to_json()
EVENT_ID = "6a7e8feb-b491-4cf7-a9f1-bf3703467718"
SECRET = "a prompt that nobody is to see"


def event(**changed: Any) -> str:
    detail = {"request": {"prompt": SECRET}}
    return json.dumps({"id": EVENT_ID, "source": "shop", "detail-type": "Video Requested", "detail": detail} | changed)


def file(key: str) -> str:
    return event(**{"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": {"key": key}}})


def letters(queue: InMemoryDeadLetters, name: QueueName = QueueName.WORK) -> DeadLetters:
    return DeadLetters(queues={name: queue})


@pytest.mark.parametrize(
    ("queue", "body", "letter"),
    [
        (QueueName.WORK, WORK, Letter("submit", JOB_ID)),
        (QueueName.WORK, NUDGE, Letter("check", f"{JOB_ID}-2")),
        (QueueName.WORK, Work(kind=WorkKind.RELEASE, id=JOB_ID, number=None).to_json(), Letter("release", JOB_ID)),
        (QueueName.WORK, Work(kind=WorkKind.ELEMENT, id=ELEMENT_ID, number=1).to_json(), Letter("element", ELEMENT_ID)),
        (QueueName.INTAKE, file("inbox/a cat.json"), Letter("file", "inbox/a cat.json")),
        (QueueName.INTAKE, event(), Letter("event", EVENT_ID)),
        (
            QueueName.DELIVERIES,
            DeliveryMessage(JOB_ID, "delivery#00004#1", 0).to_json(),
            Letter("delivery", f"{JOB_ID} delivery#00004#1"),
        ),
    ],
)
def test_a_message_says_what_it_is_about(queue: QueueName, body: str, letter: Letter) -> None:
    """The kind and the id, whatever else is in it; on another queue it is nothing."""
    assert letter == read_letter(queue, body)
    assert [None, None] == [read_letter(other, body) for other in QueueName if other is not queue]


@pytest.mark.parametrize("queue", QueueName)
@pytest.mark.parametrize(
    "body",
    [
        "",
        SECRET,
        "[]",
        "null",
        json.dumps({"kind": "submit", "id": SECRET, "number": 1}),
        json.dumps({"kind": "element", "id": SECRET, "number": 1}),
        json.dumps({"kind": "check", "id": JOB_ID, "attempt": "one"}),
        json.dumps({"subject_id": SECRET, "part": "delivery#1", "number": 0}),
        json.dumps({"subject_id": JOB_ID, "part": SECRET, "number": 0}),
        event(id=SECRET * 3),
        event(id=7),
        event(**{"detail-type": SECRET}),
        file(f"outbox/{SECRET}"),
        file("inbox/\x1b[2J.json"),
    ],
)
def test_what_is_none_of_ours_is_nothing(queue: QueueName, body: str) -> None:
    """Nothing of it is taken for an id, whatever stands there, and no control character gets to a terminal."""
    assert None is read_letter(queue, body)


def test_shown_is_all_of_it_oldest_first_and_visible_again() -> None:
    """More than one reception's worth, each once; nothing is moved, nothing hidden."""
    queue = InMemoryDeadLetters(*[WORK] * 5, SECRET, at_once=2)
    shown = letters(queue).show(QueueName.WORK, limit=100)

    assert ["0", "1", "2", "3", "4", "5"] == [each.message.id for each in shown]
    assert [1] * 6 == [each.message.received for each in shown]
    assert None is shown[-1].letter
    assert SECRET not in repr(shown)
    assert (6, set(), []) == (len(queue.bodies), queue.hidden, queue.sent_back)


def test_shown_are_no_more_than_asked_for() -> None:
    """What was received beyond the limit is visible again as well."""
    queue = InMemoryDeadLetters(*[WORK] * 9, at_once=4)

    assert 5 == len(letters(queue).show(QueueName.WORK, limit=5))
    assert set() == queue.hidden


def test_all_that_can_be_done_is_sent_back() -> None:
    """As it was, each once; what nothing can be done with stays, and can be seen. Again, nothing happens."""
    queue = InMemoryDeadLetters(WORK, SECRET, NUDGE, at_once=2)

    assert Redriven(moved=2, left=1) == letters(queue).redrive(QueueName.WORK)
    assert sorted([WORK, NUDGE]) == sorted(queue.sent_back)
    assert (["1"], set()) == (list(queue.bodies), queue.hidden)
    assert Redriven(moved=0, left=1) == letters(queue).redrive(QueueName.WORK)


@pytest.mark.parametrize(("step", "sent"), [("send_back", []), ("delete", [WORK])])
def test_what_breaks_off_loses_nothing(step: str, sent: list[str]) -> None:
    """The message is deleted only after it was sent on: it may be there twice, and is never gone."""
    queue = InMemoryDeadLetters(WORK)
    queue.fails_at = step
    with pytest.raises(ConnectionError):
        letters(queue).redrive(QueueName.WORK)

    assert (1, sent) == (len(queue.bodies), queue.sent_back)
