"""One execution environment: a process of the real Lambda runtime client, and the Runtime API that it talks to."""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from typing_extensions import override

from local.cloud.background import Log
from local.cloud.model import LocalFunction

REQUEST_LIMIT = 6 * 1024 * 1024
_RESPONSE_LIMIT = REQUEST_LIMIT + 100
_INIT_LIMIT_S = 30.0  # AWS gives 10; a small machine that starts several at once needs more

# Standard input is the lifeline: it is at its end once this process is gone, however it went, and the child then leaves
# at once. (A parent-death signal would come when the *thread* that started the child ends.)
_LAUNCHER = """
import os, sys, threading
lifeline, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
os.dup2(nothing, 0)
threading.Thread(target=lambda: (os.read(lifeline, 1), os._exit(1)), daemon=True).start()
import runpy
sys.argv = ["awslambdaric", sys.argv[1]]
runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class Result:
    """How an invocation ended.

    Attributes:
        payload: The handler's answer, or a description of the error, as JSON.
        error: None, or `Unhandled`.
        duration_s: Seconds from the request to the answer, a cold start not counted.
        log: What the process wrote meanwhile.
    """

    payload: bytes
    error: str | None = None
    duration_s: float = 0.0
    log: str = ""

    def json(self) -> Any:  # noqa: ANN401 - whatever the handler returned
        """Return the payload, decoded."""
        return json.loads(self.payload or b"null")


class Process:
    """A started handler process; takes one invocation at a time.

    Args:
        function: What it runs.
        env: Variables besides those that are derived from the function.
        log: Gets each line that the process writes.
    """

    def __init__(self, function: LocalFunction, env: Mapping[str, str], log: Log) -> None:
        self.function = function
        self.inbox: queue.SimpleQueue[tuple[str, bytes, float] | None] = queue.SimpleQueue()
        self.outbox: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.usable = True
        self.greeted = False  # whether it has asked for an invocation yet
        self._log, self._lines = log, deque[str](maxlen=500)
        self._request_id, self._begun = "", 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name=f"runtime-api-{function.logical_id}", daemon=True).start()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and launcher
            # Without `site` there is no editable install: a function sees its own folder, its layers and packages.
            [sys.executable, "-S", "-c", _LAUNCHER, function.handler],
            cwd=function.root,
            env={**_environment(function), "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}", **env, **function.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C at the terminal is for the twin
        )
        self.pid = self._process.pid
        threading.Thread(target=self._read_output, name=f"output-{function.logical_id}", daemon=True).start()

    def start(self) -> Result | None:
        """Wait until the process asks for its first invocation; return the error if it does not come to that."""
        try:
            kind, body = self.outbox.get(timeout=_INIT_LIMIT_S)
        except queue.Empty:
            kind, body = "error", _error("Sandbox.Timedout", f"Init timed out after {_INIT_LIMIT_S:.2f} seconds")
        if kind == "ready":
            return None
        self.usable = False
        return Result(body, "Unhandled", 0.0, "\n".join(self._lines))

    def begin(self, payload: bytes) -> None:
        """Hand an invocation to the process; `result` waits for its end."""
        self._request_id, self._begun = str(uuid.uuid4()), time.monotonic()
        self._lines.clear()
        self.inbox.put((self._request_id, payload, time.time() + self.function.timeout_s))

    def result(self, patience_s: float | None = None) -> Result | None:
        """Wait for the end of the invocation, killing the process when its time is over.

        Args:
            patience_s: Seconds after which to return None and leave the invocation running.
        """
        left_s = self._begun + self.function.timeout_s - time.monotonic()
        impatient = patience_s is not None and patience_s < left_s
        try:
            kind, body = self.outbox.get(timeout=max(0.0, patience_s if impatient and patience_s else left_s))
        except queue.Empty:
            if impatient:
                return None
            text = f"RequestId: {self._request_id} Error: Task timed out after {self.function.timeout_s:.2f} seconds"
            kind, body = "timeout", _error("Sandbox.Timedout", text)
            self._log(self.function.logical_id, text)
        if kind in {"timeout", "exit"}:
            self.usable = False
        if kind == "response" and len(body) > _RESPONSE_LIMIT:
            text = f"Response payload size exceeded maximum allowed payload size ({_RESPONSE_LIMIT} bytes)."
            kind, body = "error", _error("Function.ResponseSizeTooLarge", text)
        error = None if kind == "response" else "Unhandled"
        return Result(body, error, time.monotonic() - self._begun, "\n".join(self._lines))

    def close(self) -> None:
        """Kill the process, whatever it is doing, and what it started."""
        self.usable = False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone would not wake the thread that accepts
        self._listener.close()
        self.inbox.put(None)

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection: socket.socket, address: Any) -> None:  # noqa: ANN401 - socket's
        with connection, contextlib.suppress(OSError):  # a killed process resets its connection
            _RuntimeApi(connection, address, self)

    def _read_output(self) -> None:
        output = self._process.stdout
        if output is None:
            raise AssertionError
        with output:
            for raw in output:
                # The runtime writes a multi-line record with \r for its inner line ends.
                for line in raw.decode(errors="replace").rstrip("\n").split("\r"):
                    self._lines.append(line)
                    self._log(self.function.logical_id, line)
        status = self._process.wait()
        self.usable = False
        text = f"RequestId: {self._request_id} Error: Runtime exited with status {status}"
        self.outbox.put(("exit", _error("Runtime.ExitError", text)))


class _RuntimeApi(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet at once; otherwise each call waits for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def __init__(self, connection: socket.socket, address: Any, process: Process) -> None:  # noqa: ANN401
        self._process = process
        super().__init__(connection, address, None)  # type: ignore[arg-type]

    @override
    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()
        return True

    @override
    def log_message(self, *args: Any) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        """Answer `…/invocation/next` when there is an invocation."""
        if not self._process.greeted:
            self._process.greeted = True
            self._process.outbox.put(("ready", b""))
        item = self._process.inbox.get()
        if item is None:
            self.close_connection = True
            return
        request_id, payload, deadline = item
        self._answer(
            200,
            payload,
            {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": self._process.function.arn,
                "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
            },
        )

    def do_POST(self) -> None:
        """Take `…/{id}/response`, `…/{id}/error` and `…/init/error`."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._process.outbox.put(("response" if self.path.endswith("/response") else "error", body))
        self._answer(202, b'{"status":"OK"}', {})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def _error(kind: str, text: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": text}).encode()


def _environment(function: LocalFunction) -> dict[str, str]:
    """What Lambda itself sets."""
    logging = {"AWS_LAMBDA_LOG_FORMAT": function.log_format} if function.log_format == "JSON" else {}
    if logging and function.log_level:
        logging["AWS_LAMBDA_LOG_LEVEL"] = function.log_level
    return {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{uuid.uuid4().hex}",
        "AWS_XRAY_SDK_ENABLED": "false",
        "LAMBDA_TASK_ROOT": str(function.root),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "PYTHONPATH": os.pathsep.join(
            # Last, the running environment: the runtime client, boto3, and what the layer of dependencies would hold.
            map(str, dict.fromkeys((function.root, *function.layers, *map(sysconfig.get_path, ("purelib", "platlib")))))
        ),
        "PYTHONUNBUFFERED": "1",
        "TZ": ":UTC",
        "_HANDLER": function.handler,
        **logging,
    }
