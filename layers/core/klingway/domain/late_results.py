"""Attempts that may bring something after their job has ended without it, and one's watch: asked ever more rarely, given up.

A job that was waited for no longer has ended for good; what its provider still makes is paid for all the same. So each such
attempt has a row beside its job's, which falls due until its result is stored, or nothing can be expected any more.

Pure: each function returns the watch as it is to be written; its number goes up with each write, as that of a job.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from klingway.domain.ids import JobId
from klingway.domain.job import Attempt, AttemptState, Job, LateResult, State, StoredFile
from klingway.domain.schedule import WATCHED_S, next_watch_after_s

PART: Final = "watch#"
"""How the sort key of every watch begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One attempt that may still bring something."""

    job_id: JobId
    attempt: int
    """The attempt's number."""
    began_at: datetime
    due_at: int | None
    """Epoch seconds at which the poller takes it up; None once it is at rest."""
    number: int = 0
    """The number that the next work on it must carry."""
    claimed_task_id: str | None = None
    """What a callback claims to be its task, where the answer to its submission was lost; to be proved."""
    answered_task_id: str | None = None
    """What the provider itself had said its task is, where that could not be written."""
    is_storing: bool = False
    """Whether a process is copying its result this moment, or has died at it."""
    tries: int = 0
    """Times that storing was begun."""
    files: tuple[StoredFile, ...] = ()
    """What is in the bucket already of a result that is not there whole."""

    @property
    def part(self) -> str:
        """The sort key of its row, under its job's id: `watch#1`."""
        return watch_part(self.attempt)

    @property
    def is_over(self) -> bool:
        """Whether nothing is expected any more, or all is there."""
        return self.due_at is None

    @property
    def ends_at(self) -> datetime:
        """Until when something is expected."""
        return self.began_at + timedelta(seconds=WATCHED_S)

    def is_held(self, at: datetime) -> bool:
        """Tell whether a process may be copying its result at a time."""
        return self.is_storing and self.due_at is not None and at.timestamp() < self.due_at


def watch_part(attempt: int) -> str:
    """Return the sort key of the watch of an attempt."""
    return f"{PART}{attempt}"


def attempt_of(part: str) -> int | None:
    """Return the number of the attempt whose watch has a sort key; None where it is no watch's."""
    return int(part.removeprefix(PART)) if part.startswith(PART) else None


def owing(job: Job) -> Iterator[Attempt]:
    """Yield the attempts of a job that have ended, may be on the bill, and have brought nothing that could be kept."""
    for attempt in job.attempts:
        could_not_be_kept = job.state is State.FAILED and attempt.state is AttemptState.SUCCEEDED
        if attempt.owes_a_result or could_not_be_kept:
            yield attempt


def watch(job: Job, attempt: Attempt, *, at: datetime) -> Watch:
    """Return the watch of an attempt of a job."""
    return Watch(job_id=job.id, attempt=attempt.number, began_at=at, due_at=_epoch(at, next_watch_after_s(0)))


def tell(watch: Watch, *, claimed_task_id: str | None, answered_task_id: str | None, at: datetime) -> Watch:
    """Somebody says that there is something to be found: look at once."""
    return replace(
        watch,
        number=watch.number + 1,
        claimed_task_id=claimed_task_id or watch.claimed_task_id,
        answered_task_id=answered_task_id or watch.answered_task_id,
        due_at=_epoch(at, 0),
    )


def wait(watch: Watch, *, at: datetime, can_be_asked: bool) -> Watch:
    """There is nothing yet, or not all of it: look again later, and one last time when nothing is expected any more.

    Args:
        watch: As it stands.
        at: The time.
        can_be_asked: Whether the provider can say anything of it without a further claim.
    """
    if at >= watch.ends_at:
        return end(watch)
    pause_s = next_watch_after_s((at - watch.began_at).total_seconds()) if can_be_asked else WATCHED_S
    due_at = min(_epoch(at, pause_s), _epoch(watch.ends_at, 0))
    claimed = watch.claimed_task_id if can_be_asked else None  # it was not what it claimed to be
    return replace(watch, number=watch.number + 1, due_at=due_at, claimed_task_id=claimed, is_storing=False)


def begin_storing(watch: Watch, *, due_at: datetime) -> Watch:
    """Its result is there, and is copied now; it falls due later than the process that copies can live."""
    return replace(
        watch, number=watch.number + 1, is_storing=True, tries=watch.tries + 1, due_at=int(due_at.timestamp())
    )


def end(watch: Watch) -> Watch:
    """All is done, or nothing is expected any more."""
    return replace(watch, number=watch.number + 1, due_at=None, is_storing=False)


def as_if_awaited(job: Job, attempt: Attempt, watch: Watch) -> Job:
    """Return a job as it would be were this attempt the one that is waited for: its result is stored by the same rules."""
    is_latest = attempt is job.attempt
    files = watch.files or (job.files if is_latest else ())
    return replace(
        job, attempts=(attempt,), provider=attempt.provider, files=files, store_tries=watch.tries, store_refusals=0
    )


def late_result(job: Job, attempt: Attempt, files: Sequence[StoredFile], *, at: datetime) -> LateResult:
    """Return what a job has got late; its files get names besides those of the job's own, `attempt-1-video.mp4`."""
    named = tuple(replace(file, name=f"attempt-{attempt.number}-{file.name}") for file in files)
    return LateResult(
        attempt=attempt.number,
        provider=attempt.provider,
        # An ended job announces nothing more of itself: the numbers after its last one are free.
        sequence=job.sequence + attempt.number,
        stored_at=at,
        files=named,
    )


def _epoch(at: datetime, later_s: float) -> int:
    return int((at + timedelta(seconds=later_s)).timestamp())
