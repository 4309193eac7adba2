"""One execution environment: a process of the real Lambda runtime client, and the Runtime API that it talks to."""

import contextlib
import io
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
    """How an invocation ended: the answer or a description of the error as JSON, and what the process wrote meanwhile."""

    payload: bytes
    error: str | None = None  # or `Unhandled`
    log: str = ""

    def json(self) -> Any:  # noqa: ANN401 - whatever the handler returned
        """Return the payload, decoded."""
        return json.loads(self.payload or b"null")


def failure(kind: str, text: str) -> bytes:
    """Describe an error as Lambda does."""
    return json.dumps({"errorType": kind, "errorMessage": text}).encode()


class Process:
    """A started handler process, which takes one invocation at a time; `log` gets each line that it writes."""

    def __init__(self, function: LocalFunction, env: Mapping[str, str], log: Log) -> None:
        self.function = function
        self.inbox: queue.SimpleQueue[tuple[str, bytes, float] | None] = queue.SimpleQueue()
        self.outbox: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.usable = True
        self.greeted = self._ready = False  # whether it has asked for an invocation yet, and `invoke` knows
        self._log, self._lines = log, deque[str](maxlen=500)
        self._request_id = ""
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

    def invoke(self, payload: bytes) -> Result:
        """Run the handler once; a process that does not come up, leaves or takes too long is of no use any more."""
        if not self._ready:
            kind, body = self._next(_INIT_LIMIT_S, f"Init timed out after {_INIT_LIMIT_S:.2f} seconds")
            if kind != "ready":
                self.usable = False
                return Result(body, "Unhandled", "\n".join(self._lines))
            self._ready = True
        self._request_id, timeout_s = str(uuid.uuid4()), self.function.timeout_s
        self._lines.clear()
        self.inbox.put((self._request_id, payload, time.time() + timeout_s))
        text = f"RequestId: {self._request_id} Error: Task timed out after {timeout_s:.2f} seconds"
        kind, body = self._next(timeout_s, text)
        if kind == "response" and len(body) > _RESPONSE_LIMIT:
            text = f"Response payload size exceeded maximum allowed payload size ({_RESPONSE_LIMIT} bytes)."
            kind, body = "error", failure("Function.ResponseSizeTooLarge", text)
        return Result(body, None if kind == "response" else "Unhandled", "\n".join(self._lines))

    def _next(self, timeout_s: float, otherwise: str) -> tuple[str, bytes]:
        try:
            return self.outbox.get(timeout=timeout_s)
        except queue.Empty:
            self.usable = False
            self._log(self.function.logical_id, otherwise)
            return "error", failure("Sandbox.Timedout", otherwise)

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
        with self._process.stdout or io.BytesIO() as output:
            for raw in output:
                # The runtime writes a multi-line record with \r for its inner line ends.
                for line in raw.decode(errors="replace").rstrip("\n").split("\r"):
                    self._lines.append(line)
                    self._log(self.function.logical_id, line)
        status = self._process.wait()
        self.usable = False
        text = f"RequestId: {self._request_id} Error: Runtime exited with status {status}"
        self.outbox.put(("exit", failure("Runtime.ExitError", text)))


class QuickHandler(BaseHTTPRequestHandler):
    """Answers many requests on a connection, at once and in silence."""

    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet at once; otherwise each call waits for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    @override
    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()
        return True

    @override
    def log_message(self, *args: Any) -> None:
        """Log nothing: paths may hold tokens."""


class _RuntimeApi(QuickHandler):
    def __init__(self, connection: socket.socket, address: Any, process: Process) -> None:  # noqa: ANN401
        self._process = process
        super().__init__(connection, address, None)  # type: ignore[arg-type]

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
        headers = {
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self._process.function.arn,
        }
        self._answer(200, payload, headers)

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


def _environment(function: LocalFunction) -> dict[str, str]:
    """What Lambda itself sets."""
    # Last, the running environment: the runtime client, boto3, and what the layer of dependencies would hold.
    path = dict.fromkeys((function.root, *function.layers, *map(sysconfig.get_path, ("purelib", "platlib"))))
    level = {"AWS_LAMBDA_LOG_LEVEL": function.log_level} if function.log_level else {}
    return {
        **level,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{uuid.uuid4().hex}",
        "LAMBDA_TASK_ROOT": str(function.root),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONUNBUFFERED": "1",
        "TZ": ":UTC",
        "_HANDLER": function.handler,
    }
