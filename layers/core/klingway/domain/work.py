"""Work: a message on the work queue that asks the worker to do one thing about one job, or one element.

Work carries the number that the row expects; whoever acts raises it. So at any time one message per job is good,
however often the queue repeats old ones. A nudge (a callback that says more than progress) carries none: it is allowed in
from outside the chain, and takes the chain over when there is something to go on with.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from klingway.domain.ids import AttemptId

PROGRESS_WORDS: Final = frozenset({"submitted", "processing"})
"""The status words of any provider's callback that say progress and nothing else: not worth any work.

Source: Kling's API specification, `task_status`; the resellers that call back forward Kling's own body.
"""


class WorkKind(StrEnum):
    """What is to be done."""

    SUBMIT = "submit"
    TURN = "turn"
    """Submit a job that has waited: a slot is free, and it is this one's."""
    CHECK = "check"
    WATCH = "watch"
    """Find out what an attempt has brought that nobody waits for any more."""
    ELEMENT = "element"
    """Find out how an element stands, and do what follows."""
    RELEASE = "release"
    """Let go of the elements that were made for a job that has ended."""
    BUDGET = "budget"
    """Look over what is counted against a tenant's caps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One thing to do about one job, or one element."""

    kind: WorkKind
    id: str
    """A job's id, an element's for the kind `element`, or the partition of a budget."""
    number: int | None
    """What the row must expect; None for a nudge."""
    nudge: int | None = None
    """How often this nudge has asked already; None for work that is no nudge's."""
    attempt: int | None = None
    """A nudge's attempt, or the one that is watched."""
    claimed_task_id: str | None = None
    """The task id in a callback's body: a claim, never believed where we have a handle."""
    answered_task_id: str | None = None
    """The task id in the provider's own answer to us, where the table did not take it: no claim, but known."""

    def to_json(self) -> str:
        """Return the message's body."""
        said = {
            "kind": self.kind.value,
            "id": self.id,
            "number": self.number,
            "nudge": self.nudge,
            "attempt": self.attempt,
            "claimed_task_id": self.claimed_task_id,
            "answered_task_id": self.answered_task_id,
        }
        return json.dumps({name: value for name, value in said.items() if value is not None})

    @classmethod
    def from_json(cls, body: str) -> Self:
        """Read a message's body.

        Raises:
            ValueError: It is none of ours.
        """
        try:
            said = json.loads(body)
            return cls(
                kind=WorkKind(said["kind"]),
                id=str(said["id"]),
                number=said.get("number"),
                nudge=said.get("nudge"),
                attempt=said.get("attempt"),
                claimed_task_id=said.get("claimed_task_id"),
                answered_task_id=said.get("answered_task_id"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a work message") from error

    @classmethod
    def nudged(
        cls, attempt_id: AttemptId, claimed_task_id: str | None = None, *, answered_task_id: str | None = None
    ) -> Self:
        """Return the check that a callback asks for, or an answer that the table did not take."""
        return cls(
            kind=WorkKind.CHECK,
            id=attempt_id.job_id,
            number=None,
            nudge=0,
            attempt=attempt_id.number,
            claimed_task_id=claimed_task_id,
            answered_task_id=answered_task_id,
        )
