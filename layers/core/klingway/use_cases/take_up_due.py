"""Take up what is due: the net under everything, run each minute.

A row falls due when the chain of messages that should have moved it on is broken, or when a callback did not come. Its
cost grows with what is due, never with what is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from klingway.domain.deliveries import DeliveryMessage, is_delivery
from klingway.domain.job import State
from klingway.domain.late_results import attempt_of
from klingway.domain.work import Work, WorkKind
from klingway.observability import count, logger
from klingway.use_cases.ports import DeliveryQueue, DueRow, DueRows, Now, TakenUp, WorkQueue

MAX_ROWS: Final = 2000
"""In one run; the rest waits for the next, longest due first."""

MAX_RUN_S: Final = 45
"""The next run comes a minute after this one."""

_BATCH: Final = 10
_OTHERS: Final = {"element": WorkKind.ELEMENT, "caps": WorkKind.BUDGET}
"""The work of due rows that are no jobs'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeUpDue:
    """Takes due rows up."""

    rows: DueRows
    queue: WorkQueue
    delivery_queue: DeliveryQueue
    now: Now

    def run(self) -> int:
        """Send the work of due rows; return how many there were."""
        started = self.now()
        rows = islice(self.rows.due(started, limit=MAX_ROWS), MAX_ROWS)
        count_taken = 0
        while batch := list(islice(rows, _BATCH)):
            # Write first, then send: a row whose work is lost after this falls due again.
            taken = [taken for row in batch if (taken := self._taken_up(row)) is not None]
            self._send(taken)
            count_taken += len(taken)
            if (self.now() - started).total_seconds() > MAX_RUN_S:
                break
        return count_taken

    def _send(self, taken: Sequence[TakenUp]) -> None:
        work = [_work_of(row) for row in taken if not is_delivery(row.part)]
        messages = [DeliveryMessage(row.id, row.part, row.number) for row in taken if is_delivery(row.part)]
        if work:
            self.queue.send_all(work)
        if messages:
            self.delivery_queue.send_all(messages)

    def _taken_up(self, row: DueRow) -> TakenUp | None:
        """Take one row up; one that cannot be is left to the next run, and holds up no other."""
        try:
            return self.rows.take_up(row, at=self.now())
        except Exception as error:  # noqa: BLE001 - of whatever kind
            count("RowNotTakenUp")
            logger().error(
                "row not taken up", extra={"row_id": row.id, "part": row.part, "error": type(error).__name__}
            )
            return None


def _work_of(taken: TakenUp) -> Work:
    if taken.part in _OTHERS:
        return Work(kind=_OTHERS[taken.part], id=taken.id, number=taken.number)
    attempt = attempt_of(taken.part)
    if attempt is not None:
        return Work(kind=WorkKind.WATCH, id=taken.id, number=taken.number, attempt=attempt)
    kind = WorkKind.SUBMIT if taken.state == State.QUEUED else WorkKind.CHECK
    return Work(kind=kind, id=taken.id, number=taken.number)
