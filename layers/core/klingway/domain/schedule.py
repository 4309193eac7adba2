"""When to do what is to be done next: all waits and back-offs, in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from klingway.domain.capabilities import Expected

PATIENCE_S: Final = 120
"""A row falls due this long after its work should have been done: then the chain of messages is broken."""

EVERY_S: Final = 4
"""Between two checks around the expected end: with the call and the queue it makes five seconds at worst, nearly always."""

LONGEST_S: Final = 120
"""Between two checks when a generation takes far longer than expected, and between two tries of anything."""

NUDGED_AGAIN_S: Final = (2, 5, 10, 30)
"""After a callback said "done" while the provider still says "running": a relay may lag behind."""

LOOKED_UP_AGAIN_S: Final = 60
"""Between the two look-ups after which a lost submission counts as never arrived."""

FIRST_LOOK_UP_S: Final = 5
"""Before the first look-up of a lost submission: the provider may still be creating the task."""

CLAIM_S: Final = 1800
"""How long a callback may still claim a submission that cannot be looked up."""

SUBMITTED_AGAIN_S: Final = 1800
"""The longest pause before a submission that never arrived is made once more."""

ALREADY_THERE_S: Final = 1
"""Before the task is looked up that a provider says to have already."""

IN_LANE_S: Final = 300
"""A job that waits behind others looks for itself after so long, should nobody have called it."""

LIFE_S: Final = 86_400
"""How long a job may wait to be submitted, and from then on, how long for its end."""

UNASKABLE_S: Final = 6 * 86_400
"""How much longer a job waits whose provider cannot be asked at all: its video may be made, and paid for."""

STORED_FIRST_S: Final = 5
"""The first pause before media is fetched once more."""

STORED_AGAIN_S: Final = 3600
"""The longest pause before media is fetched once more."""

REFUSED_FIRST_S: Final = 60
"""The first pause after media that will not do: the provider's next links may be to something else."""

REFUSED_S: Final = 3600
"""So long at least is media asked for anew that will not do."""

STORING_S: Final = 7 * 86_400
"""How long media is tried to be fetched; Kling itself keeps it for 30 days."""


WATCHED_S: Final = 7 * 86_400
"""How long something is expected of an attempt that nobody waits for any more; a slow task is done within a day."""

WATCHED_FIRST_S: Final = 60
"""The shortest pause between two looks at such an attempt: nobody waits for it."""

WATCHED_AGAIN_S: Final = 3600
"""The longest such pause."""

STALLED_TIMES: Final = 4
"""A task is stalled that takes so many times as long as a slow generation."""


ELEMENT_EVERY_S: Final = 5
"""Between two questions after an element; Kling takes about five seconds for one."""

ELEMENT_LIFE_S: Final = 3600
"""How long the making of an element is waited for; the workflow's own time-out is shorter."""

ELEMENT_ANSWERED_S: Final = 40
"""After a provider's refusal of an element, its caller has been answered by then: `api`, which answers him, lives 29 s."""

ELEMENT_SWEEP_S: Final = 86_400
"""Between two looks at who still uses an element: a net under the release at each job's end."""

ELEMENT_FAILURE_SHOWN_S: Final = 30 * 86_400
"""How long a caller can read why an element of his could not be made; Kling keeps results for 30 days as well."""

ELEMENT_DELETED_WITHIN_S: Final = 7 * 86_400
"""How long the deletion of an element is tried; after that it stays at the provider, where it costs nothing."""

ELEMENT_DELETED_FIRST_S: Final = 60
"""The shortest pause before the deletion of an element is tried once more: nobody waits for it."""

ELEMENT_DELETED_AGAIN_S: Final = 3600
"""The longest such pause."""


def first_check_after_s(expected: Expected, *, calls_back: bool) -> float:
    """Return how long to wait after a submission before asking for the first time.

    A provider that calls back is asked only when its callback seems lost: later than a slow generation takes.
    """
    return expected.late_s if calls_back else expected.early_s


def next_check_after_s(elapsed_s: float, expected: Expected, *, calls_back: bool) -> float:
    """Return how long to wait after a check, `elapsed_s` after the submission, that found the task running.

    One that came too early, by a callback's nudge for example, goes back to where the first check would have been.
    """
    early_by_s = first_check_after_s(expected, calls_back=calls_back) - elapsed_s
    if early_by_s > 0:
        return max(EVERY_S, early_by_s)
    overdue_s = elapsed_s - expected.late_s
    return EVERY_S if overdue_s <= 0 else min(LONGEST_S, EVERY_S + overdue_s / 4)


def is_stalled(elapsed_s: float, expected: Expected) -> bool:
    """Tell whether a provider has been at a task for so long that another one had better try."""
    return elapsed_s > STALLED_TIMES * expected.late_s


def next_watch_after_s(elapsed_s: float) -> float:
    """Return how long to wait before the next look at an attempt that nobody has waited for since `elapsed_s`."""
    return min(WATCHED_AGAIN_S, max(WATCHED_FIRST_S, elapsed_s / 4))


def next_element_check_after_s(elapsed_s: float) -> float:
    """Return how long to wait after a question that found an element still being made, `elapsed_s` after it was wanted."""
    return min(LONGEST_S, max(ELEMENT_EVERY_S, elapsed_s / 4))


def next_element_deletion_after_s(elapsed_s: float) -> float:
    """Return how long to wait after a deletion that failed, `elapsed_s` after the first."""
    return min(ELEMENT_DELETED_AGAIN_S, max(ELEMENT_DELETED_FIRST_S, elapsed_s / 4))


def back_off_s(failures: int, *, first_s: float = 2.0, longest_s: float = LONGEST_S) -> float:
    """Return how long to wait after the n-th failure in a row: doubling, up to `longest_s`."""
    return min(longest_s, first_s * float(2 ** min(failures - 1, 20)))


def next_try_after_s(tries: int, waited_s: float) -> float:
    """Return how long to wait before a job is submitted again that was refused so many times, and accepted so long ago.

    Who has waited long behind others, who were called one by one, gains nothing by being quick.
    """
    return max(back_off_s(tries), min(LONGEST_S, waited_s / 4))


def falls_due_after_s(function_timeout_s: float) -> float:
    """Return when a step falls due that its function may not live to finish: shortly after it cannot live any more."""
    return function_timeout_s + 10
