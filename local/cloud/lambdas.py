"""Functions: a pool of handler processes each, and asynchronous invocations with their retries."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local.cloud.background import Background, Log
from local.cloud.model import AsyncSettings, Deployment, LocalFunction
from local.cloud.patches import PayloadTooLargeError, ThrottledError
from local.cloud.runtime import REQUEST_LIMIT, Process, Result

__all__ = ["FunctionPool", "Lambdas", "PayloadTooLargeError", "Result", "StillRunningError", "ThrottledError"]

_RETRY_DELAYS_S = (1.0, 2.0)  # AWS waits one and two minutes


class StillRunningError(Exception):
    """The caller's patience ended before the invocation did, which goes on."""


class FunctionPool:
    """The processes of one function: started when needed, never more than a few; further invocations wait.

    Args:
        function: The function.
        env: Variables that each process gets besides the function's own.
        processes: The most processes at a time.
        log: Gets each line that a process writes.
    """

    def __init__(self, function: LocalFunction, env: Mapping[str, str], processes: int, log: Log) -> None:
        self.function = function
        self.size = processes if function.reserved is None else max(1, min(processes, function.reserved))
        self.active = 0
        self.invocations = 0
        self._env, self._log = env, log
        self._changed = threading.Condition()
        self._idle: list[Process] = []
        self._all: set[Process] = set()
        self._starting = 0
        self._closed = False

    def invoke(self, payload: bytes, patience_s: float | None = None) -> Result:
        """Run the handler once.

        Args:
            payload: The event, as JSON.
            patience_s: Seconds after which the caller no longer waits; None means until the end.

        Raises:
            PayloadTooLargeError: The event is over 6 MB.
            StillRunningError: The caller's patience is over; the invocation goes on.
            ThrottledError: The function's reserved concurrency is used up.
        """
        if len(payload) > REQUEST_LIMIT:
            raise PayloadTooLargeError(
                f"Request must be smaller than {REQUEST_LIMIT} bytes for the InvokeFunction operation"
            )
        end = None if patience_s is None else time.monotonic() + patience_s
        with self._changed:
            if self.function.reserved is not None and self.active >= self.function.reserved:
                raise ThrottledError(self.function.name)
            self.active += 1
            self.invocations += 1
        process = None
        try:
            taken = self._take(patience_s)
            if isinstance(taken, Result):
                return taken
            process = taken
            process.begin(payload)
            result = process.result(None if end is None else max(0.001, end - time.monotonic()))
            if result is None:
                threading.Thread(target=self._finish, args=(process,), daemon=True).start()
                process = None
                raise StillRunningError(self.function.name)
            return result
        finally:
            if process:
                self._give_back(process)

    def pids(self) -> list[int]:
        """Return the process ids of the pool's processes."""
        with self._changed:
            return [process.pid for process in self._all]

    def kill(self) -> int:
        """Kill all processes now, in the middle of what they do; return how many there were."""
        with self._changed:
            doomed = list(self._all)
        for process in doomed:
            process.close()
        return len(doomed)

    def close(self) -> None:
        """Kill all processes and start no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.kill()

    def _take(self, patience_s: float | None) -> Process | Result:
        with self._changed:
            if not self._changed.wait_for(self._available, patience_s):
                self.active -= 1
                raise StillRunningError(self.function.name)
            if self._closed:
                self.active -= 1
                raise ThrottledError(f"{self.function.name} is closed")
            if self._idle:
                return self._idle.pop()
            self._starting += 1
        try:
            process = Process(self.function, self._env, self._log)
        except BaseException:
            with self._changed:
                self._starting -= 1
                self.active -= 1
            raise
        with self._changed:
            self._starting -= 1
            self._all.add(process)
            closed = self._closed
        if closed:  # meanwhile
            process.close()
        failure = process.start()
        if failure:
            self._give_back(process)
            return failure
        return process

    def _available(self) -> bool:
        for process in [item for item in self._idle if not item.usable]:
            self._idle.remove(process)
            self._all.discard(process)
            process.close()
        return self._closed or bool(self._idle) or len(self._all) + self._starting < self.size

    def _give_back(self, process: Process) -> None:
        usable = process.usable
        if not usable:
            process.close()
        with self._changed:
            self.active -= 1
            if usable:
                self._idle.append(process)
            else:
                self._all.discard(process)
            self._changed.notify()

    def _finish(self, process: Process) -> None:
        process.result()
        self._give_back(process)


class Lambdas:
    """All functions of a deployment.

    Args:
        deployment: What was deployed.
        env: Variables that every handler process gets: endpoint, region, credentials.
        processes: The most processes per function.
        log: Gets the handlers' lines, under the function's logical id.
        send: Delivers a text to an ARN: destinations and dead letter queues.
    """

    def __init__(
        self,
        deployment: Deployment,
        env: Mapping[str, str],
        processes: int,
        log: Log,
        send: Callable[[str, str], None],
    ) -> None:
        self.pools = {
            logical_id: FunctionPool(function, env, processes, log)
            for logical_id, function in deployment.functions.items()
        }
        self._by_name = {pool.function.name: pool for pool in self.pools.values()}
        self._asynchronous, self._send, self._log = deployment.asynchronous, send, log
        self.background = Background("async-invoke", 8, log)

    def pool(self, name_or_arn: str) -> FunctionPool:
        """Return the pool of a function by its name or ARN, qualified or not.

        Raises:
            KeyError: There is no such function.
        """
        parts = name_or_arn.split(":")
        return self._by_name[parts[6] if name_or_arn.startswith("arn:") else parts[0]]

    def invoke_async(self, name_or_arn: str, payload: bytes) -> None:
        """Run a function later, with two retries; what fails for good goes to its destination or dead letter queue."""
        self.background.submit(self._attempt, self.pool(name_or_arn), payload, 1)

    def close(self) -> None:
        """Kill all handler processes and drop asynchronous invocations."""
        self.background.close()
        for pool in self.pools.values():
            pool.close()

    def _attempt(self, pool: FunctionPool, payload: bytes, number: int) -> None:
        settings = self._asynchronous.get(pool.function.name, AsyncSettings(2, ""))
        try:
            result = pool.invoke(payload)
        except ThrottledError:
            self.background.submit(self._attempt, pool, payload, number, delay_s=_RETRY_DELAYS_S[0])
            return
        if not result.error:
            return
        if number <= settings.retries:
            delay_s = _RETRY_DELAYS_S[min(number, len(_RETRY_DELAYS_S)) - 1]
            self.background.submit(self._attempt, pool, payload, number + 1, delay_s=delay_s)
            return
        self._log("async-invoke", f"{pool.function.logical_id} failed {number} times; its event is given up")
        if settings.on_failure_arn:
            self._send(settings.on_failure_arn, json.dumps(_failure(pool.function, payload, result, number)))
        if pool.function.dead_letter_arn:
            self._send(pool.function.dead_letter_arn, payload.decode())


def _failure(function: LocalFunction, payload: bytes, result: Result, count: int) -> dict[str, Any]:
    answer: Any = result.payload.decode(errors="replace")
    with contextlib.suppress(ValueError):
        answer = result.json()
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "functionArn": f"{function.arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": count,
        },
        "requestPayload": json.loads(payload),
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": result.error},
        "responsePayload": answer,
    }
