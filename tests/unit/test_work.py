from __future__ import annotations

import json

import pytest
from klingway.domain.ids import AttemptId
from klingway.domain.work import PROGRESS_WORDS, Work, WorkKind

from tests.unit.builders import JOB_ID, TASK_ID


def test_work_of_the_chain_says_what_it_needs_to() -> None:
    """Kind, id and number; nothing that is empty."""
    work = Work(kind=WorkKind.SUBMIT, id=JOB_ID, number=3)

    assert {"kind": "submit", "id": JOB_ID, "number": 3} == json.loads(work.to_json())


def test_a_nudge_has_no_number() -> None:
    """It is allowed in from outside the chain, for one attempt."""
    nudged = Work.nudged(AttemptId(JOB_ID, 2), TASK_ID)

    assert {"kind": "check", "id": JOB_ID, "nudge": 0, "attempt": 2, "claimed_task_id": TASK_ID} == json.loads(
        nudged.to_json()
    )


@pytest.mark.parametrize(
    "work",
    [
        Work(kind=WorkKind.CHECK, id=JOB_ID, number=0),
        Work(kind=WorkKind.CHECK, id=JOB_ID, number=5, nudge=2),
        Work.nudged(AttemptId(JOB_ID, 1), None),
        Work.nudged(AttemptId(JOB_ID, 1), TASK_ID),
        Work.nudged(AttemptId(JOB_ID, 1), answered_task_id=TASK_ID),
    ],
    ids=["number 0", "chain taken over", "nudge", "claim", "answer"],
)
def test_work_round_trips(work: Work) -> None:
    """What is sent is received."""
    assert work == Work.from_json(work.to_json())


@pytest.mark.parametrize(
    "body",
    [
        "", "x", "[]", "5", "null", '"text"', "{}", '{"kind": "check"}', '{"id": "job_1"}',
        '{"kind": "nonsense", "id": "job_1"}', '{"kind": null, "id": "job_1"}', '{"kind": [], "id": "job_1"}',
    ],
)  # fmt: skip
def test_what_is_no_work_is_a_value_error(body: str) -> None:
    """One documented error, whatever stands in the message."""
    with pytest.raises(ValueError):  # noqa: PT011 - json's own errors are such too
        Work.from_json(body)


def test_the_words_of_progress() -> None:
    """Kling's two; an end must never be taken for progress."""
    assert {"submitted", "processing"} == PROGRESS_WORDS
