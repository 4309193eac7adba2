"""The API in this process: its real handler over stores in memory and services that keep to their documents."""

from __future__ import annotations

import json
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from klingway import bootstrap
from klingway.adapters import dynamodb_rows
from klingway.api.app import handle
from klingway.domain.elements import ElementState
from klingway.domain.job import Job, State
from klingway.domain.keys import ApiKey, Keyring
from klingway.settings import ApiSettings
from klingway.use_cases.find_task import FindTask
from klingway.use_cases.lanes import Lanes
from klingway.use_cases.prepare_elements import WorkflowTasks
from klingway.use_cases.read_deliveries import ReadDeliveries

from local.cloud.http_api import event_of
from tests.fakes.budgets import InMemoryBudgets
from tests.fakes.deliveries import InMemoryDeliveries
from tests.fakes.elements import InMemoryElements, RecordingWorkflow
from tests.fakes.jobs import InMemoryJobs
from tests.fakes.lanes import InMemoryLanes
from tests.fakes.media import InMemoryBucket
from tests.fakes.queue import RecordingQueue
from tests.fakes.task_claims import InMemoryTaskClaims
from tests.fakes.watches import InMemoryWatches
from tests.fuzz.upstream import Sent, Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from klingway.domain.ids import ProviderName
    from klingway.providers.contract import Provider
    from klingway.use_cases.ports import IdempotencyKey

HOST = "gateway.example"
KEY = ApiKey("fuzzed", "acme")
KEYRING = Keyring(["master"])
BEARER = f"Bearer {KEYRING.api_key(KEY)}"
JSON_TYPE = "application/json"

LONGEST_S = 5.0
"""Of this thread's own time, for any call: some hundred times what an ordinary one takes."""
MAX_ROW_BYTES = 400 * 1024
"""DynamoDB's bound of an item."""
MAX_ANSWER_BYTES = 6 * 1024 * 1024
"""Lambda's bound of an answer."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it comes in."""

    method: str
    target: str
    """Path and query, encoded."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Besides a key and a content type, which `None` takes away."""
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What it is answered."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True, kw_only=True)
class Traces:
    """What a request has left behind."""

    jobs: Sequence[Job]
    """As they stand."""
    objects: Sequence[str]
    elements: int
    messages: int
    workflows: int
    calls: Sequence[Sent]

    @property
    def are_none(self) -> bool:
        return not (self.jobs or self.objects or self.elements or self.messages or self.workflows or self.calls)


class RowsInMemory(InMemoryJobs):
    """Jobs in memory that have been through their rows, as those of the table have."""

    def create(self, job: Job, request: Mapping[str, Any], key: IdempotencyKey | None) -> None:
        row = dynamodb_rows.item_of(job)
        for item in (row, dynamodb_rows.request_item(job.id, request)):
            size_bytes = len(json.dumps(item, ensure_ascii=False, default=str).encode())
            assert size_bytes <= MAX_ROW_BYTES, f"a row of {size_bytes} bytes"
        super().create(dynamodb_rows.job_of(row), request, key)


class OneKey:
    """A store with one key."""

    def get_key(self, key_id: str) -> ApiKey | None:
        return KEY if key_id == KEY.key_id else None

    fresh_key = get_key


@dataclass(frozen=True)
class TheseProviders:
    """Providers that were built before."""

    built: Mapping[ProviderName, Provider]

    def names(self) -> Sequence[ProviderName]:
        return tuple(self.built)

    def get(self, name: ProviderName) -> Provider:
        return self.built[name]


SETTINGS = ApiSettings(
    table_name="table",
    bucket_name=InMemoryBucket.name,
    work_queue_url="https://sqs.example/work",
    master_secret_arn="arn",
    providers={},
    expected_s=None,
    function_timeout_s=29,
    workflow_arn="arn",
    public_base_url="",
    trusted_webhook_origins=(),
    log_prompts=False,
    result_link_hours=24,
)


class StagedServices(bootstrap.ApiServices):
    """What `api` works with: everything of ours, and nothing outside this process."""

    def __init__(self, providers: TheseProviders) -> None:
        super().__init__(SETTINGS)
        self.flow = RecordingWorkflow()
        # In the places of adapters that would be made on first use.
        self.jobs = RowsInMemory()
        self.queue = RecordingQueue()
        self.bucket = InMemoryBucket()
        self.elements = InMemoryElements()
        self.budgets = InMemoryBudgets(self.jobs)
        self.lanes = Lanes(store=InMemoryLanes(), chain=self.chain)
        self.find = FindTask(claims=InMemoryTaskClaims(), now=bootstrap.now)
        self.watches = InMemoryWatches()
        self.keys = OneKey()
        self.providers = providers
        self.read_deliveries = ReadDeliveries(jobs=self.jobs, deliveries=InMemoryDeliveries(), keyring=self.keyring)

    def keyring(self) -> Keyring:
        return KEYRING

    def workflow(self) -> RecordingWorkflow:
        return self.flow


class Defects(logging.Handler):
    """Collects what the log calls a defect."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record)


class Stage:
    """Answers requests; everything that one of them wrote or sent is seen, and can be forgotten."""

    def __init__(self) -> None:
        self.upstream = Upstream()
        self._providers = TheseProviders(self.upstream.providers())
        self.defects = Defects()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.services = StagedServices(self._providers)
        self.upstream.calls.clear()
        self.defects.found.clear()

    def ask(self, asked: Asked) -> Answered:
        """Return the answer to a request, having seen to it that it is one: no defect, in time, and whole."""
        given = {"host": HOST, "authorization": BEARER, "content-type": JSON_TYPE, **asked.headers}
        headers = {name.lower(): value for name, value in given.items() if value is not None}
        event = event_of(asked.method, asked.target, headers, asked.body, source_ip="203.0.113.7")
        event = json.loads(json.dumps(event))  # as Lambda gives it
        began = time.thread_time()
        answer = handle(event, None)
        took_s = time.thread_time() - began
        self._expect_no_defect()
        assert took_s <= LONGEST_S, f"{took_s:.1f} s for {asked.method} {asked.target[:200]}"
        return _whole(answer)

    def traces(self) -> Traces:
        """Return what everything asked so far has left behind."""
        services = self.services
        return Traces(
            jobs=list(services.jobs.rows.values()),
            objects=list(services.bucket.objects),
            elements=len(services.elements.rows),
            messages=len(services.queue.sent),
            workflows=len(services.flow.started),
            calls=list(self.upstream.calls),
        )

    def go_on(self) -> None:
        """Have the elements made for which jobs wait, and the jobs submitted then, as the workflow does."""
        services = self.services
        tasks = WorkflowTasks(
            chain=services.chain, elements=services.elements, make=services.make_element, submit=services.submit.begin
        )
        for execution, job_id, wanted in services.flow.started:
            for number, element_id in enumerate(wanted, start=1):
                tasks.make_element(element_id, execution=execution, token="token")
                made = services.elements.rows[element_id]
                ready = replace(made, state=ElementState.READY, provider_id=str(number))
                services.elements.rows[element_id] = ready
            tasks.submit_job(job_id)
        self._expect_no_defect()

    def _expect_no_defect(self) -> None:
        for record in self.defects.found:
            if record.exc_info and record.exc_info[1] is not None:
                raise AssertionError(f"a defect: {record.getMessage()}") from record.exc_info[1]
            raise AssertionError(f"a defect: {record.getMessage()} {getattr(record, 'error', '')}")


def _whole(answer: Mapping[str, Any]) -> Answered:
    """Return an answer that Lambda and API Gateway can pass on as it is."""
    said = json.loads(json.dumps(answer))
    headers, text = said.get("headers") or {}, said.get("body") or ""
    assert len(json.dumps(said)) <= MAX_ANSWER_BYTES
    assert text.encode().decode() == text
    for name, value in headers.items():
        assert isinstance(value, str), (name, value)
        assert value.isascii(), (name, value)
        assert value.isprintable(), (name, value)
    return Answered(
        status=said["statusCode"], headers={name.lower(): value for name, value in headers.items()}, text=text
    )


@contextmanager
def staged() -> Iterator[Stage]:
    """Put the API on the stage."""
    stage = Stage()
    log = logging.getLogger("klingway")
    log.addHandler(stage.defects)
    log.propagate = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "api", lambda: stage.services)
        yield stage
    log.propagate = True
    log.removeHandler(stage.defects)


def expect_nothing_done(traces: Traces) -> None:
    """Make sure that a refused request left nothing behind."""
    assert traces.are_none, traces


def expect_one_create(stage: Stage) -> None:
    """Make sure that an accepted request became one job, created once, as the service's own rules have it."""
    stage.go_on()
    traces = stage.traces()
    (job,) = traces.jobs
    assert [] == [(call.path, call.refused, call.body) for call in traces.calls if call.refused]
    creates = [call for call in traces.calls if not call.makes_element]
    assert [job.provider] == [call.provider for call in creates]
    assert State.RUNNING is job.state, job
