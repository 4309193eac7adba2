"""When to do what is to be done next: all waits and back-offs, in seconds."""

from typing import Final

from klingway.domain.capabilities import Expected

PATIENCE_S: Final = 120
"""A row falls due this long after its work should have been done: then the chain of messages is broken."""

EVERY_S: Final = 5
"""Between two checks around the expected end."""

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


def first_check_after_s(expected: Expected, *, calls_back: bool) -> float:
    """Return how long to wait after a submission before asking for the first time.

    A provider that calls back is asked only when its callback seems lost: later than a slow generation takes.
    """
    return expected.late_s if calls_back else expected.early_s


def next_check_after_s(elapsed_s: float, expected: Expected) -> float:
    """Return how long to wait after a check, `elapsed_s` after the submission, that found the task running."""
    overdue_s = elapsed_s - expected.late_s
    return EVERY_S if overdue_s <= 0 else min(LONGEST_S, EVERY_S + overdue_s / 4)


def back_off_s(failures: int, *, first_s: float = 2.0) -> float:
    """Return how long to wait after the n-th failure in a row: doubling, at most `LONGEST_S`."""
    return min(LONGEST_S, first_s * float(2 ** min(failures - 1, 10)))
