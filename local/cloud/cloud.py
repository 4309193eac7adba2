"""The twin's public face: starts everything for one template and ends it again."""

import contextlib
import json
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from local.cloud import patches
from local.cloud.deploy import deploy
from local.cloud.faults import UNCOUNTED, Faults
from local.cloud.http_api import Front
from local.cloud.lambdas import FunctionPool, Lambdas, Result
from local.cloud.model import Deployment, LocalFunction
from local.cloud.schedules import Schedules
from local.cloud.sources import Pump, pump
from local.cloud.targets import Targets

Parameters = Mapping[str, str] | Callable[[str], Mapping[str, str]]

_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": "local"}
_KEPT_EVENTS = 10_000
_QUIET_ROUNDS, _ROUND_S = 5, 0.02
_numbers = iter(range(1, 10**6))
_numbering = threading.Lock()


class LocalCloud:
    """A template deployed and running on this machine; a context manager.

    Several may run in one process: each has an account of its own.

    Args:
        template: The SAM template file.
        parameters: Parameter values, or a function that gives them once the HTTP API's URL is known.
        region: The region that the stack believes itself in.
        stack_name: Prefix of all physical names.
        http_port: The HTTP API's port; 0 takes a free one.
        http_host: The address that the HTTP API listens on.
        log: Gets `(source, line)` from any thread; secrets and event bodies are never in a line of the twin's own.
        schedules: Whether scheduled rules fire by the clock; by hand they always do.
        processes_per_function: The most handler processes of one function; further invocations wait.

    Attributes:
        url: The HTTP API's base URL, known once `start` has begun to deploy.
        aws_endpoint: Where AWS calls are answered.
        region: As given.
        account: The account id of this twin.
        deployment: What was deployed.
        outputs: The template's outputs.
        faults: Switches for failing AWS calls, and their counts.
    """

    url: str
    aws_endpoint: str
    endpoint: str
    deployment: Deployment
    outputs: dict[str, str]
    faults: Faults

    def __init__(
        self,
        template: Path,
        *,
        parameters: Parameters | None = None,
        region: str = "eu-central-1",
        stack_name: str = "klingway",
        http_port: int = 0,
        http_host: str = "127.0.0.1",
        log: Callable[[str, str], None] | None = None,
        schedules: bool = True,
        processes_per_function: int = 4,
    ) -> None:
        self.region = region
        with _numbering:
            self.account = f"{next(_numbers):012d}"
        self._template, self._parameters, self._stack_name = Path(template), parameters or {}, stack_name
        self._host, self._port, self._by_clock = http_host, http_port, schedules
        self._processes = processes_per_function
        self._log = log or _no_log
        self._events: dict[str, deque[dict[str, Any]]] = defaultdict(lambda: deque(maxlen=_KEPT_EVENTS))
        self._closing = contextlib.ExitStack()
        self._pumps: list[Pump] = []
        self._client_lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}

    def __enter__(self) -> Self:
        """Start, and return the running twin."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        self.close()

    def start(self) -> None:
        """Bring everything up; nothing is left behind if that fails.

        Raises:
            DeployError: A service refused a resource.
            OSError: The port is taken.
            ResolveError: Something in the template refers to what does not exist.
            TemplateError: The template or a parameter is unusable.
            UnsupportedError: A resource type or property of the template has no counterpart here.
        """
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End all processes, threads and servers of this twin, and forget its data. May be called twice."""
        self._closing.close()

    @property
    def functions(self) -> Mapping[str, LocalFunction]:
        """The functions by logical id."""
        return self.deployment.functions

    def physical_id(self, logical_id: str) -> str:
        """Return what `Ref` gives for a resource; KeyError if there is none of this name."""
        return self.deployment.physical_ids[logical_id]

    def attribute(self, logical_id: str, name: str) -> Any:  # noqa: ANN401 - attributes differ
        """Return what `Fn::GetAtt` gives; KeyError if there is no such resource or attribute."""
        return self.deployment.attributes[logical_id][name]

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 clients have no common type
        """Return a boto3 client of this twin; the same one each time, usable from any thread."""
        return self._client(service, "")

    def pool(self, logical_id: str) -> FunctionPool:
        """Return a function's pool: its process ids and its number of invocations."""
        return self._lambdas.pools[logical_id]

    def invoke(self, logical_id: str, payload: Mapping[str, Any]) -> Result:
        """Run a function with an event and wait for its answer; errors of the handler are in the result.

        Raises:
            KeyError: There is no such function.
            PayloadTooLargeError: The event is over 6 MB.
            ThrottledError: The function's reserved concurrency is used up.
        """
        return self.pool(logical_id).invoke(json.dumps(payload).encode())

    def fire_schedule(self, logical_id: str) -> None:
        """Fire a scheduled rule now; KeyError if there is none of this name."""
        self._schedules.fire(logical_id)

    def kill(self, logical_id: str) -> int:
        """Kill a function's processes in the middle of what they do; return how many there were."""
        return self.pool(logical_id).kill()

    def hasten(self, logical_id: str, *, delayed: bool = True, hidden: bool = False) -> int:
        """Make a queue's waiting messages receivable now; return how many.

        Args:
            logical_id: The queue.
            delayed: Whether those sent with a delay are meant.
            hidden: Whether those in flight are meant, as if their visibility time-out had ended.
        """
        name = self.attribute(logical_id, "QueueName")
        return patches.hasten(self.account, self.region, name, delayed=delayed, hidden=hidden)

    def published_events(self, bus_name: str = "default") -> list[dict[str, Any]]:
        """Return the last 10,000 events put on a bus, oldest first, as rules see them."""
        return list(self._events[bus_name])

    def settle(self, timeout_s: float = 15.0) -> bool:
        """Wait until nothing moves: no invocation, nothing to deliver, no record or receivable message to read.

        Delayed and hidden messages and waiting state machines do not count as moving.

        Returns:
            False if the time was over before.
        """
        end, quiet = time.monotonic() + timeout_s, 0
        while time.monotonic() < end:
            quiet = 0 if self._moving() else quiet + 1
            if quiet >= _QUIET_ROUNDS:
                return True
            time.sleep(_ROUND_S)
        return False

    def _moving(self) -> bool:
        return (
            self._targets.background.pending > 0
            or self._lambdas.background.pending > 0
            or any(pool.active for pool in self._lambdas.pools.values())
            or any(item.busy() for item in self._pumps)
        )

    def _start(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line per call, with its path
        patches.install()
        patches.own(self.account, self)
        self._closing.callback(patches.disown, self.account)
        self.front = Front(self._host, self._port, self._log)
        self._closing.callback(self.front.close)
        self.url = self.front.url
        if "StateMachine" in self._template.read_text(encoding="utf-8"):
            patches.install_step_functions()
        self.faults = Faults(DomainDispatcherApplication(create_backend_app), self.account)
        server = make_server("127.0.0.1", 0, self.faults, threaded=True, request_handler=_Handler)
        server.daemon_threads = True  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="aws", daemon=True)
        thread.start()
        self.aws_endpoint = self.endpoint = f"http://127.0.0.1:{server.server_port}"
        self._closing.callback(_close_server, server, thread)
        self._closing.callback(self._close_clients)
        self.deployment = deploy(
            self._template,
            parameters=self._parameters(self.url) if callable(self._parameters) else self._parameters,
            client=self._own_client,
            region=self.region,
            account=self.account,
            stack_name=self._stack_name,
            api_url=self.url,
        )
        self.outputs = self.deployment.outputs
        self._run()

    def _run(self) -> None:
        deployment = self.deployment
        self._targets = Targets(self._own_client, self._invoke_async, self._log)
        env = {
            **_CREDENTIALS,
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # else boto3 puts the account into the host name
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.aws_endpoint,
            "AWS_REGION": self.region,
        }
        self._lambdas = Lambdas(deployment, env, self._processes, self._log, self._targets.send)
        self._closing.callback(self._targets.background.close)
        self._closing.callback(self._lambdas.close)
        self._schedules = Schedules(deployment, self._targets.deliver)
        self._pumps = [
            pump(mapping, self._lambdas.pool(mapping.function), self._targets.send, self._log)
            for mapping in deployment.mappings.values()
            if mapping.enabled
        ]
        for stop in (self._schedules.close, *(item.stop for item in self._pumps)):
            self._closing.callback(stop)
        for api in deployment.apis.values():
            self.front.serve(api, self.account, self._lambdas.pool)
        for item in self._pumps:
            item.start()
        if self._by_clock:
            self._schedules.start()

    # What the changes to moto ask of the twin that owns an account; see `patches.Owner`.

    def deliver(self, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        """Take an event for a rule's target."""
        self._targets.deliver(target, event)

    def published(self, bus_name: str, event: Mapping[str, Any]) -> None:
        """Take note of an event put on a bus."""
        self._events[bus_name].append(dict(event))

    def invoke_arn(self, function_arn: str, payload: bytes, *, asynchronous: bool) -> tuple[bytes, str | None, str]:
        """Run a function for a call of the Invoke API."""
        if asynchronous:
            self._invoke_async(function_arn, payload)
            return b"", None, ""
        result = self._lambdas.pool(function_arn).invoke(payload)
        return result.payload, result.error, result.log

    def _invoke_async(self, function_arn: str, payload: bytes) -> None:
        self._lambdas.invoke_async(function_arn, payload)

    def _own_client(self, service: str) -> Any:  # noqa: ANN401 - boto3 clients have no common type
        return self._client(service, UNCOUNTED)

    def _client(self, service: str, user_agent: str) -> Any:  # noqa: ANN401 - boto3 clients have no common type
        with self._client_lock:
            if (service, user_agent) not in self._clients:
                config = Config(
                    max_pool_connections=64,
                    read_timeout=900,
                    retries={"total_max_attempts": 1},
                    user_agent_extra=user_agent,
                    account_id_endpoint_mode="disabled",
                    s3={"addressing_style": "path"},
                )
                self._clients[service, user_agent] = boto3.session.Session("local", "local").client(
                    service, region_name=self.region, endpoint_url=self.aws_endpoint, config=config
                )
            return self._clients[service, user_agent]

    def _close_clients(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()


class _Handler(MotoRequestHandler):  # type: ignore[misc]
    disable_nagle_algorithm = True

    def log_request(self, *_args: Any) -> None:  # noqa: ANN401
        """Log nothing."""


def _close_server(server: BaseWSGIServer, thread: threading.Thread) -> None:
    server.shutdown()
    server.server_close()
    thread.join(2)


def _no_log(_source: str, _line: str) -> None:
    pass
