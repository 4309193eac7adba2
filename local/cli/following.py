"""A job followed until its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.cli.client import Gateway

TERMINAL: Final = frozenset({"succeeded", "failed", "canceled"})
_QUICK_S, _SLOW_S, _QUICK_FOR_S = 1.0, 4.0, 30.0


class TooLongError(Exception):
    """The job had not ended when the time was over; it goes on by itself."""


def is_over(job: Mapping[str, Any]) -> bool:
    """Tell whether a job stays as it is for good."""
    return job["state"] in TERMINAL


def follow(
    gateway: Gateway,
    job: dict[str, Any],
    *,
    timeout_s: float,
    show: Callable[[Mapping[str, Any]], None],
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Read a job again and again until it is over: each second at first, each four seconds later.

    Args:
        gateway: Where.
        job: As it was just read.
        timeout_s: How long at most.
        show: Told each reading, the first one too.
        sleep: Waits.
        now: A clock in seconds.

    Returns:
        The job at its end.

    Raises:
        TooLongError: The time is over.
        ApiError: The gateway refused, or did not answer.
    """
    began = now()
    while True:
        show(job)
        if is_over(job):
            return job
        elapsed_s = now() - began
        if elapsed_s >= timeout_s:
            raise TooLongError
        pause_s = _QUICK_S if elapsed_s < _QUICK_FOR_S else _SLOW_S
        sleep(min(pause_s, timeout_s - elapsed_s))
        job = gateway.job(job["id"])
