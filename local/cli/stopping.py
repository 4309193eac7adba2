"""Ending on SIGTERM and Ctrl-C, whatever the main thread is doing."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHIN_S: Final = 4.5
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class StopRequestedError(BaseException):
    """Somebody wants this process to end; raised in the main thread. No `Exception`: nothing is to take it for a failure."""


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Turn SIGTERM and Ctrl-C into `StopRequestedError`, and see to it that the process ends soon after.

    The functions' processes live no longer than this one in any case; should closing hang, this one is ended hard.
    """
    watchdog = threading.Timer(WITHIN_S, os._exit, (1,))
    watchdog.daemon = True

    def stop(*_: object) -> NoReturn:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # once is enough: nothing is to interrupt the closing
        watchdog.start()
        raise StopRequestedError

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        watchdog.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
