"""The twin's public face: starts everything for one template and ends it again."""

import contextlib
import itertools
import json
import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from local.cloud import patches
from local.cloud.background import Background
from local.cloud.deploy import deploy
from local.cloud.faults import Faults
from local.cloud.http_api import Front
from local.cloud.lambdas import FunctionPool, Lambdas
from local.cloud.model import Deployment, LocalFunction
from local.cloud.runtime import Result
from local.cloud.sources import pump
from local.cloud.targets import scheduled_event, send

Parameters = Mapping[str, str] | Callable[[str], Mapping[str, str]]

_KEPT_EVENTS = 10_000
_QUIET_ROUNDS, _ROUND_S = 5, 0.02
_JOURNAL = "arn:aws:journal:::"  # the target of a rule of the twin's own on each bus, which wants everything
_numbers = itertools.count(1)


class LocalCloud:
    """A template deployed and running on this machine; a context manager.

    Several may run in one process: each has an account of its own.

    Args:
        template: The SAM template file.
        parameters: Parameter values, or a function that gives them once the HTTP API's URL is known.
        stack_name: Prefix of all physical names.
        http_port: The HTTP API's port; 0 takes a free one.
        log: Gets `(source, line)` from any thread; secrets and event bodies are never in a line of the twin's own.
        schedules: Whether scheduled rules fire by the clock; by hand they always do.
    """

    region = "eu-central-1"
    url: str  # the HTTP API's, known before anything is deployed
    aws_endpoint: str
    deployment: Deployment
    outputs: dict[str, str]  # the template's
    faults: Faults

    def __init__(
        self,
        template: Path,
        *,
        parameters: Parameters | None = None,
        stack_name: str = "klingway",
        http_port: int = 0,
        log: Callable[[str, str], None] | None = None,
        schedules: bool = True,
    ) -> None:
        self.account = f"{next(_numbers):012d}"
        self._template, self._parameters, self._stack_name = Path(template), parameters or {}, stack_name
        self._port, self._by_clock = http_port, schedules
        self._log = log or (lambda _source, _line: None)
        self._events: dict[str, deque[dict[str, Any]]] = defaultdict(lambda: deque(maxlen=_KEPT_EVENTS))
        self._closing = contextlib.ExitStack()
        self._stopping = threading.Event()
        self._client_lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._session: boto3.session.Session | None = None

    def __enter__(self) -> Self:
        """Start, and return the running twin."""
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """End everything."""
        self.close()

    def start(self) -> None:
        """Bring everything up; nothing is left behind if that fails, by an OSError or as `deploy` fails."""
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
        """Return what `Ref` gives for a resource."""
        return self.deployment.physical_ids[logical_id]

    def attribute(self, logical_id: str, name: str) -> Any:  # noqa: ANN401 - attributes differ
        """Return what `Fn::GetAtt` gives."""
        return self.deployment.attributes[logical_id][name]

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 clients have no common type
        """Return a boto3 client of this twin; the same one each time, usable from any thread."""
        with self._client_lock:
            if service not in self._clients:
                config = Config(
                    max_pool_connections=64,
                    read_timeout=900,
                    retries={"total_max_attempts": 1},
                    account_id_endpoint_mode="disabled",
                    s3={"addressing_style": "path"},
                )
                # One session for all: each reads the list of AWS's endpoints anew.
                self._session = self._session or boto3.session.Session("local", "local")
                self._clients[service] = self._session.client(
                    service, region_name=self.region, endpoint_url=self.aws_endpoint, config=config
                )
            return self._clients[service]

    def pool(self, logical_id: str) -> FunctionPool:
        """Return a function's pool, which knows its process ids."""
        return self._lambdas.pools[logical_id]

    def invoke(self, logical_id: str, payload: Mapping[str, Any]) -> Result:
        """Run a function with an event and wait for its answer; errors of the handler are in the result."""
        return self.pool(logical_id).invoke(json.dumps(payload).encode())

    def fire_schedule(self, logical_id: str) -> None:
        """Fire a scheduled rule now; KeyError if there is none of this name."""
        schedule = self.deployment.schedules[logical_id]
        for arn in schedule.targets:
            self.deliver(arn, scheduled_event(self.deployment, schedule))

    def kill(self, logical_id: str) -> int:
        """Kill a function's processes in the middle of what they do; return how many there were."""
        return self.pool(logical_id).kill()

    def hasten(self, logical_id: str) -> int:
        """Make a queue's delayed messages receivable now; return how many there were."""
        return patches.hasten(self.account, self.region, self.attribute(logical_id, "QueueName"))

    def published_events(self, bus_name: str = "default") -> list[dict[str, Any]]:
        """Return the last 10,000 events put on a bus, oldest first, as rules see them."""
        return list(self._events[bus_name])

    def settle(self, timeout_s: float = 15.0) -> bool:
        """Wait until nothing moves: no invocation, nothing to deliver, no record or receivable message to read.

        Delayed and hidden messages and waiting state machines do not count as moving. Returns False if time is over.
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
            self._background.pending > 0
            or any(pool.active for pool in self._lambdas.pools.values())
            or any(item.busy() for item in self._pumps)
        )

    def _start(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line per call, with its path
        patches.install()
        patches.own(self.account, self)
        self._closing.callback(patches.disown, self.account)
        self.front = Front(self._port, self._log)
        self._closing.callback(self.front.close)
        self.url = self.front.url
        if "StateMachine" in self._template.read_text(encoding="utf-8"):
            patches.install_step_functions()
        self.faults = Faults(DomainDispatcherApplication(create_backend_app), self.account)
        server = make_server("127.0.0.1", 0, self.faults, threaded=True, request_handler=_Handler)
        server.daemon_threads = True  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="aws", daemon=True)
        thread.start()
        self.aws_endpoint = f"http://127.0.0.1:{server.server_port}"
        for close in (lambda: thread.join(2), server.server_close, server.shutdown, self._close_clients):
            self._closing.callback(close)  # the last one first
        self.deployment = deploy(
            self._template,
            parameters=self._parameters(self.url) if callable(self._parameters) else self._parameters,
            client=self.client,
            region=self.region,
            account=self.account,
            stack_name=self._stack_name,
            api_url=self.url,
        )
        self.outputs = self.deployment.outputs
        self._tell_outputs()
        self._run()

    def _tell_outputs(self) -> None:
        """Have CloudFormation know the stack by its outputs, for tools that look a deployed one up."""
        outputs = {name: {"Value": value} for name, value in self.outputs.items()}
        nothing = {"Type": "AWS::SNS::Topic"}  # a template needs a resource
        told = json.dumps({"Resources": {"Nothing": nothing}, "Outputs": outputs})
        self.client("cloudformation").create_stack(StackName=self._stack_name, TemplateBody=told)

    def _run(self) -> None:
        env = {
            **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "local"),
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",  # else boto3 puts the account into the host name
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.aws_endpoint,
            "AWS_REGION": self.region,
        }
        self._background = Background(self._log)
        self._closing.callback(self._background.close)
        self._lambdas = Lambdas(self.deployment, env, self._background, self._log)
        self._closing.callback(self._lambdas.close)
        self._keep_a_journal()
        for api in self.deployment.apis.values():
            self.front.serve(api, self.account, self._lambdas.pool)
        mappings = self.deployment.mappings.values()
        self._pumps = [pump(mapping, self._lambdas.pool(mapping.function), self._log) for mapping in mappings]
        for item in self._pumps:
            self._closing.callback(item.stop)
            item.start()
        self._closing.callback(self._stopping.set)
        for name, schedule in self.deployment.schedules.items() if self._by_clock else ():
            threading.Thread(target=self._fire, args=(name, schedule.period_s), name=name, daemon=True).start()

    def _fire(self, name: str, period_s: float) -> None:
        while not self._stopping.wait(period_s):
            self.fire_schedule(name)

    def _keep_a_journal(self) -> None:
        client, everything = self.client("events"), json.dumps({"source": [{"prefix": ""}]})
        for bus in client.list_event_buses()["EventBuses"]:
            client.put_rule(Name="journal", EventBusName=bus["Name"], EventPattern=everything)
            targets = [{"Id": "journal", "Arn": _JOURNAL + bus["Name"]}]
            client.put_targets(Rule="journal", EventBusName=bus["Name"], Targets=targets)

    # What the changes to moto ask of the twin that owns an account.

    def deliver(self, target_arn: str, event: Mapping[str, Any]) -> None:
        """Take an event for a rule's target."""
        if target_arn.startswith(_JOURNAL):
            self._events[target_arn.removeprefix(_JOURNAL)].append(dict(event))
        else:
            self._background.submit(send, self.client, self._lambdas, target_arn, json.dumps(event))

    def invoke_arn(self, function_arn: str, payload: bytes, *, asynchronous: bool) -> tuple[bytes, str | None, str]:
        """Run a function for a call of the Invoke API."""
        if asynchronous:
            self._lambdas.invoke_async(function_arn, payload)
            return b"", None, ""
        result = self._lambdas.pool(function_arn).invoke(payload)
        return result.payload, result.error, result.log

    def _close_clients(self) -> None:
        for client in self._clients.values():
            client.close()


class _Handler(MotoRequestHandler):  # type: ignore[misc]
    disable_nagle_algorithm = True

    def log_request(self, *_args: Any) -> None:  # noqa: ANN401
        """Log nothing."""
