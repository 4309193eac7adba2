"""Work done by daemon threads, counted so that one can wait until it is done."""

import threading
from collections.abc import Callable
from typing import Any

Log = Callable[[str, str], None]
"""Takes a source (a function's logical id, or a part of the twin) and one line."""


class Background:
    """Runs what it is given, each task in a thread of its own; none of them keeps the interpreter alive."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._timers: set[threading.Timer] = set()
        self._closed = False

    @property
    def pending(self) -> int:
        """How many tasks are running or still to run."""
        return len(self._timers)

    def submit(self, task: Callable[..., None], *args: Any, delay_s: float = 0) -> None:  # noqa: ANN401 - the task's
        """Have a task run, now or later; it counts as pending from now on."""

        def run() -> None:
            try:
                task(*args)
            except Exception as error:  # noqa: BLE001 - whatever it was, it is said and the twin lives on
                if not self._closed:
                    self._log("background", f"{type(error).__name__}: {error}")
            finally:
                with self._lock:
                    self._timers.discard(timer)

        timer = threading.Timer(delay_s, run)
        timer.daemon = True
        with self._lock:
            if not self._closed:
                self._timers.add(timer)
                timer.start()

    def close(self) -> None:
        """Drop what has not begun, and take nothing more."""
        with self._lock:
            self._closed = True
            for timer in self._timers:
                timer.cancel()
