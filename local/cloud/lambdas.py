"""Functions: a pool of handler processes each, and asynchronous invocations with their retries."""

import threading
from collections.abc import Mapping

from local.cloud.background import Background, Log
from local.cloud.model import Deployment, LocalFunction
from local.cloud.runtime import REQUEST_LIMIT, Process, Result, failure

PROCESSES = 4  # the most of one function
_RETRY_S = 1.0  # AWS waits one minute, and then two


class PayloadTooLargeError(Exception):
    """An invocation's payload is over Lambda's limit."""


class FunctionPool:
    """The processes of one function: started when needed, never more than a few; further invocations wait."""

    def __init__(self, function: LocalFunction, env: Mapping[str, str], log: Log) -> None:
        self.function, self.active = function, 0
        self._env, self._log = env, log
        self._slots, self._lock = threading.Semaphore(PROCESSES), threading.Lock()
        self._idle: list[Process] = []
        self._all: set[Process] = set()
        self._closed = False

    def invoke(self, payload: bytes) -> Result:
        """Run the handler once, with an event as JSON; PayloadTooLargeError if that is over 6 MB."""
        if len(payload) > REQUEST_LIMIT:
            raise PayloadTooLargeError(f"{self.function.name}: an event must be smaller than {REQUEST_LIMIT} bytes")
        with self._lock:
            self.active += 1
        try:
            with self._slots:
                process = self._take()
                if process is None:
                    return Result(failure("Runtime.ExitError", "The twin is closed."), "Unhandled")
                result = process.invoke(payload)
                self._give_back(process)
                return result
        finally:
            with self._lock:
                self.active -= 1

    def pids(self) -> list[int]:
        """Return the process ids of the pool's processes."""
        with self._lock:
            return [process.pid for process in self._all]

    def kill(self) -> int:
        """Kill all processes now, in the middle of what they do; return how many there were."""
        with self._lock:
            doomed = list(self._all)
        for process in doomed:
            process.close()
        return len(doomed)

    def close(self) -> None:
        """Kill all processes and start no more."""
        with self._lock:
            self._closed = True
        self.kill()

    def _take(self) -> Process | None:
        while True:
            with self._lock:
                if self._closed:
                    return None
                if not self._idle:
                    process = Process(self.function, self._env, self._log)
                    self._all.add(process)
                    return process
                process = self._idle.pop()
            if process.usable:
                return process
            self._give_back(process)

    def _give_back(self, process: Process) -> None:
        if not process.usable:
            process.close()
        with self._lock:
            if process.usable:
                self._idle.append(process)
            else:
                self._all.discard(process)


class Lambdas:
    """All functions of a deployment; `env` is what every handler process gets: endpoint, region, credentials."""

    def __init__(self, deployment: Deployment, env: Mapping[str, str], background: Background, log: Log) -> None:
        self.pools = {
            logical_id: FunctionPool(function, env, log) for logical_id, function in deployment.functions.items()
        }
        self._by_name = {pool.function.name: pool for pool in self.pools.values()}
        self._retries, self._background, self._log = deployment.retries, background, log

    def pool(self, name_or_arn: str) -> FunctionPool:
        """Return the pool of a function by its name or ARN, qualified or not; KeyError if there is none."""
        return self._by_name[name_or_arn.split(":")[6] if ":" in name_or_arn else name_or_arn]

    def invoke_async(self, name_or_arn: str, payload: bytes) -> None:
        """Run a function later, with two retries unless the template says otherwise."""
        self._background.submit(self._attempt, self.pool(name_or_arn), payload, 1)

    def close(self) -> None:
        """Kill all handler processes."""
        for pool in self.pools.values():
            pool.close()

    def _attempt(self, pool: FunctionPool, payload: bytes, number: int) -> None:
        if not pool.invoke(payload).error:
            return
        if number <= self._retries.get(pool.function.name, 2):
            self._background.submit(self._attempt, pool, payload, number + 1, delay_s=_RETRY_S * number)
        else:
            self._log(pool.function.logical_id, f"failed {number} times; its event is given up")
