"""Work done by daemon threads, counted so that one can wait until it is done."""

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

Log = Callable[[str, str], None]
"""Takes a source (a function's logical id, or a part of the twin) and one line."""


class Background:
    """A few threads that run what they are given; none of them keeps the interpreter alive.

    Args:
        name: Prefix of the threads' names, and the source of log lines.
        threads: How many.
        log: Told of tasks that raised.
    """

    def __init__(self, name: str, threads: int, log: Log) -> None:
        self._name, self._log = name, log
        self._tasks: queue.SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]] | None] = queue.SimpleQueue()
        self._timers: set[threading.Timer] = set()
        self._changed = threading.Condition()
        self._threads = threads
        self._closed = False
        self.pending = 0
        for number in range(threads):
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True).start()

    def submit(self, task: Callable[..., None], *args: Any, delay_s: float = 0) -> None:  # noqa: ANN401 - the task's
        """Have a task run, now or later; it counts as pending from now on."""
        with self._changed:
            if self._closed:
                return
            self.pending += 1
            if delay_s:
                timer = threading.Timer(delay_s, self._tasks.put, ((task, args),))
                timer.daemon = True
                self._timers = {old for old in self._timers if old.is_alive()} | {timer}
                timer.start()
                return
        self._tasks.put((task, args))

    def close(self) -> None:
        """Drop what has not begun, and let the threads end."""
        with self._changed:
            self._closed = True
            for timer in self._timers:
                timer.cancel()
        for _ in range(self._threads):
            self._tasks.put(None)

    def _run(self) -> None:
        while (item := self._tasks.get()) is not None:
            task, args = item
            try:
                if not self._closed:
                    task(*args)
            except Exception as error:  # noqa: BLE001 - whatever it was, the thread lives on
                if not self._closed:
                    self._log(self._name, f"{time.strftime('%H:%M:%S')} {type(error).__name__}: {error}")
            finally:
                with self._changed:
                    self.pending -= 1
