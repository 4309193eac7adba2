"""Builds what each function works with from its settings, each part on first use. The one place that knows every adapter."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from klingway.adapters import clients
from klingway.adapters.secrets import Secret, SecretCredentials
from klingway.adapters.sqs_work import SqsDeliveryQueue, SqsWorkQueue
from klingway.domain.ids import Tenant
from klingway.domain.keys import Keyring
from klingway.settings import (
    ApiSettings,
    CallbackSettings,
    CreatingSettings,
    IntakeSettings,
    PollerSettings,
    PublisherSettings,
    StartingSettings,
    SubmittingSettings,
    WebhooksSettings,
    WorkerSettings,
    load,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from klingway.adapters.dynamodb_budgets import DynamoDbBudgets
    from klingway.adapters.dynamodb_deliveries import DynamoDbDeliveries
    from klingway.adapters.dynamodb_elements import DynamoDbElements
    from klingway.adapters.dynamodb_jobs import DynamoDbJobs
    from klingway.adapters.dynamodb_keys import DynamoDbKeys
    from klingway.adapters.dynamodb_rates import DynamoDbRates
    from klingway.adapters.dynamodb_watches import DynamoDbWatches
    from klingway.adapters.http import HttpxCalls
    from klingway.adapters.s3_media import S3MediaBucket
    from klingway.adapters.stepfunctions import StepFunctionsWorkflow
    from klingway.domain.capabilities import Expected
    from klingway.domain.ids import ProviderName
    from klingway.domain.work import Work
    from klingway.providers.contract import Provider
    from klingway.settings import ProviderSettings
    from klingway.use_cases.cancel_job import CancelJob
    from klingway.use_cases.chain import Chain
    from klingway.use_cases.check_attempt import CheckAttempt
    from klingway.use_cases.check_element import CheckElement
    from klingway.use_cases.create_job import CreateJob
    from klingway.use_cases.delete_job import DeleteJob
    from klingway.use_cases.deliver import Deliver
    from klingway.use_cases.estimate import Estimate
    from klingway.use_cases.find_task import FindTask
    from klingway.use_cases.guard_spending import GuardSpending
    from klingway.use_cases.judge_request import JudgeRequest
    from klingway.use_cases.keep_elements import KeepElements
    from klingway.use_cases.lanes import Lanes
    from klingway.use_cases.look_over_budgets import LookOverBudgets
    from klingway.use_cases.make_element import MakeElement
    from klingway.use_cases.media_links import MediaLinks
    from klingway.use_cases.prepare_elements import WorkflowTasks
    from klingway.use_cases.publish_changes import PublishChanges
    from klingway.use_cases.read_budget import ReadBudget
    from klingway.use_cases.read_deliveries import ReadDeliveries
    from klingway.use_cases.read_jobs import ReadJobs
    from klingway.use_cases.receive_callback import ReceiveCallback
    from klingway.use_cases.retry_job import RetryJob
    from klingway.use_cases.start_job import StartJob
    from klingway.use_cases.store_result import StoreResult
    from klingway.use_cases.submit_attempt import SubmitAttempt
    from klingway.use_cases.take_in import TakeIn
    from klingway.use_cases.take_up_due import TakeUpDue
    from klingway.use_cases.watch_attempts import WatchAttempts

_EARLY, _LATE = 0.6, 1.5
"""How far quick and slow generations are from the usual, where only the usual is given."""

SomeSettings = TypeVar("SomeSettings", bound=SubmittingSettings)
StartSettings = TypeVar("StartSettings", bound=StartingSettings)
CreateSettings = TypeVar("CreateSettings", bound=CreatingSettings)


def now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


class ConfiguredProviders:
    """The providers of this gateway; each is built, and its module loaded, when it is first asked for."""

    def __init__(self, configured: dict[ProviderName, ProviderSettings], expected_s: float | None) -> None:
        self._configured = configured
        self._expected_s = expected_s
        self._built: dict[ProviderName, Provider] = {}

    @cached_property
    def http(self) -> HttpxCalls:
        """The HTTP client that they share."""
        from klingway.adapters.http import HttpxCalls

        return HttpxCalls()

    def names(self) -> Sequence[ProviderName]:
        """Return their names in the gateway's order of preference."""
        return tuple(self._configured)

    def get(self, name: ProviderName) -> Provider:
        """Return one by name.

        Raises:
            KeyError: There is none of this name.
        """
        if name not in self._built:
            self._built[name] = self._build(name, self._configured[name])
        return self._built[name]

    def _build(self, name: ProviderName, configured: ProviderSettings) -> Provider:
        from klingway.providers import registry

        secret = Secret(clients.secretsmanager(), configured.secret_arn)
        return registry.build(
            name,
            base_url=configured.base_url,
            profile=registry.profile_of(name, configured.rules_as_of, self._expected(), configured.switches),
            http=self.http,
            credentials=SecretCredentials(secret),
            now=time.time,
        )

    def _expected(self) -> Expected | None:
        from klingway.domain.capabilities import Expected

        usual_s = self._expected_s
        if usual_s is None:
            return None
        return Expected(
            early_s=usual_s * _EARLY, usual_s=usual_s, late_s=usual_s * _LATE, source="the gateway's settings"
        )


class _SubmittingServices(Generic[SomeSettings]):
    """What functions share that call providers."""

    def __init__(self, settings: SomeSettings) -> None:
        self.settings = settings

    @cached_property
    def jobs(self) -> DynamoDbJobs:
        from klingway.adapters.dynamodb_jobs import DynamoDbJobs

        return DynamoDbJobs(clients.dynamodb(), self.settings.table_name)

    @cached_property
    def queue(self) -> SqsWorkQueue:
        return SqsWorkQueue(clients.sqs, self.settings.work_queue_url)

    @cached_property
    def bucket(self) -> S3MediaBucket:
        from klingway.adapters.s3_media import S3MediaBucket

        return S3MediaBucket(clients.s3, self.settings.bucket_name)

    @cached_property
    def _master(self) -> Secret:
        return Secret(clients.secretsmanager(), self.settings.master_secret_arn)

    def keyring(self) -> Keyring:
        return Keyring.of(self._master.read())

    @cached_property
    def providers(self) -> ConfiguredProviders:
        return ConfiguredProviders(self.settings.providers, self.settings.expected_s)

    @cached_property
    def chain(self) -> Chain:
        from klingway.use_cases.chain import Chain

        return Chain(jobs=self.jobs, queue=self.queue, now=now, function_timeout_s=self.settings.function_timeout_s)

    @cached_property
    def submit(self) -> SubmitAttempt:
        from klingway.use_cases.submit_attempt import SubmitAttempt

        return SubmitAttempt(
            chain=self.chain,
            lanes=self.lanes,
            providers=self.providers,
            keyring=self.keyring,
            bucket=self.bucket,
            find=self.find,
        )

    @cached_property
    def find(self) -> FindTask:
        from klingway.adapters.dynamodb_task_claims import DynamoDbTaskClaims
        from klingway.use_cases.find_task import FindTask

        return FindTask(claims=DynamoDbTaskClaims(clients.dynamodb(), self.settings.table_name), now=now)

    @cached_property
    def lanes(self) -> Lanes:
        from klingway.adapters.dynamodb_lanes import DynamoDbLanes
        from klingway.use_cases.lanes import Lanes

        return Lanes(store=DynamoDbLanes(clients.dynamodb(), self.settings.table_name), chain=self.chain)

    @cached_property
    def elements(self) -> DynamoDbElements:
        from klingway.adapters.dynamodb_elements import DynamoDbElements

        return DynamoDbElements(clients.dynamodb(), self.settings.table_name)

    @cached_property
    def budgets(self) -> DynamoDbBudgets:
        """Tenants' caps and what is counted against them."""
        from klingway.adapters.dynamodb_budgets import DynamoDbBudgets

        return DynamoDbBudgets(clients.dynamodb(), self.settings.table_name)

    @cached_property
    def watches(self) -> DynamoDbWatches:
        """Watches of attempts that nobody waits for any more."""
        from klingway.adapters.dynamodb_watches import DynamoDbWatches

        return DynamoDbWatches(clients.dynamodb(), self.settings.table_name)

    @cached_property
    def make_element(self) -> MakeElement:
        from klingway.use_cases.make_element import ElementChain, MakeElement

        return MakeElement(
            chain=ElementChain(elements=self.elements, queue=self.queue, now=now),
            providers=self.providers,
            keyring=self.keyring,
            bucket=self.bucket,
            function_timeout_s=self.settings.function_timeout_s,
        )


class ElementsServices(_SubmittingServices[SubmittingSettings]):
    """What `elements` works with."""

    @cached_property
    def tasks(self) -> WorkflowTasks:
        """Does the workflow's tasks."""
        from klingway.use_cases.prepare_elements import WorkflowTasks

        return WorkflowTasks(chain=self.chain, elements=self.elements, make=self.make_element, submit=self.submit.begin)


class _StartingServices(_SubmittingServices[StartSettings]):
    """What functions share that take jobs on from the beginning."""

    def workflow(self) -> StepFunctionsWorkflow:
        from klingway.adapters.stepfunctions import StepFunctionsWorkflow

        return StepFunctionsWorkflow(clients.stepfunctions(), self.settings.workflow_arn)

    @cached_property
    def start(self) -> StartJob:
        from klingway.use_cases.prepare_elements import PrepareElements
        from klingway.use_cases.start_job import StartJob

        prepare = PrepareElements(
            chain=self.chain, elements=self.elements, providers=self.providers, workflow=self.workflow
        )
        return StartJob(prepare=prepare, submit=self.submit)


class _CreatingServices(_StartingServices[CreateSettings]):
    """What functions share that accept requests."""

    @cached_property
    def create_job(self) -> CreateJob:
        from klingway.use_cases.create_job import CreateJob

        return CreateJob(
            jobs=self.jobs,
            bucket=self.bucket,
            judge=self.judge,
            guard=self.guard,
            start=self.start,
            now=now,
            logs_prompts=self.settings.log_prompts,
        )

    @cached_property
    def guard(self) -> GuardSpending:
        from klingway.use_cases.guard_spending import GuardSpending

        return GuardSpending(budgets=self.budgets, providers=self.providers)

    @cached_property
    def judge(self) -> JudgeRequest:
        from klingway.use_cases.judge_request import JudgeRequest

        return JudgeRequest(
            bucket_name=self.settings.bucket_name,
            elements=self.elements,
            providers=self.providers,
            trusted_webhook_origins=self.settings.trusted_webhook_origins,
        )


class ApiServices(_CreatingServices[ApiSettings]):
    """What `api` works with."""

    @cached_property
    def keys(self) -> DynamoDbKeys:
        """Tenants' keys."""
        from klingway.adapters.dynamodb_keys import DynamoDbKeys

        return DynamoDbKeys(clients.dynamodb(), self.settings.table_name)

    @cached_property
    def rates(self) -> DynamoDbRates:
        """How often keys are used."""
        from klingway.adapters.dynamodb_rates import DynamoDbRates

        return DynamoDbRates(clients.dynamodb(), self.settings.table_name)

    @cached_property
    def read_budget(self) -> ReadBudget:
        """Reads budgets."""
        from klingway.use_cases.read_budget import ReadBudget

        return ReadBudget(budgets=self.budgets, now=now)

    @cached_property
    def read_jobs(self) -> ReadJobs:
        """Reads jobs."""
        from klingway.use_cases.read_jobs import ReadJobs

        return ReadJobs(jobs=self.jobs, bucket=self.bucket, keyring=self.keyring, now=now, links=self.links)

    @cached_property
    def cancel_job(self) -> CancelJob:
        """Cancels jobs."""
        from klingway.use_cases.cancel_job import CancelJob

        return CancelJob(jobs=self.jobs, now=now)

    @cached_property
    def retry_job(self) -> RetryJob:
        """Repeats jobs."""
        from klingway.use_cases.retry_job import RetryJob

        return RetryJob(jobs=self.jobs, create=self.create_job)

    @cached_property
    def delete_job(self) -> DeleteJob:
        """Deletes jobs."""
        from klingway.use_cases.delete_job import DeleteJob
        from klingway.use_cases.settle_spending import SettleSpending

        return DeleteJob(
            jobs=self.jobs,
            bucket=self.bucket,
            watches=self.watches,
            settle=SettleSpending(budgets=self.budgets),
            now=now,
        )

    @cached_property
    def links(self) -> MediaLinks:
        """Makes links to media."""
        from klingway.use_cases.media_links import MediaLinks

        return MediaLinks(keyring=self.keyring, now=now, life_hours=self.settings.result_link_hours)

    @cached_property
    def estimate(self) -> Estimate:
        """Estimates requests."""
        from klingway.use_cases.estimate import Estimate

        return Estimate(judge=self.judge)

    @cached_property
    def keep_elements(self) -> KeepElements:
        """Keeps elements."""
        from klingway.use_cases.keep_elements import KeepElements

        return KeepElements(
            make=self.make_element,
            jobs=self.jobs,
            bucket=self.bucket,
            providers=self.providers,
            trusted_webhook_origins=self.settings.trusted_webhook_origins,
        )

    @cached_property
    def read_deliveries(self) -> ReadDeliveries:
        """Reads deliveries."""
        from klingway.adapters.dynamodb_deliveries import DynamoDbDeliveries
        from klingway.use_cases.read_deliveries import ReadDeliveries

        deliveries = DynamoDbDeliveries(clients.dynamodb(), self.settings.table_name)
        return ReadDeliveries(jobs=self.jobs, deliveries=deliveries, keyring=self.keyring)


class WorkerServices(_StartingServices[WorkerSettings]):
    """What `worker` works with."""

    def run(self, work: Work) -> None:
        """Do one piece of work, of whatever kind."""
        from klingway.domain.work import WorkKind

        match work.kind:
            case WorkKind.SUBMIT | WorkKind.TURN | WorkKind.CHECK:
                self.check.run(work)
            case WorkKind.WATCH:
                self.watch.run(work)
            case WorkKind.ELEMENT:
                self.check_element.run(work)
            case WorkKind.RELEASE:
                self.check_element.release(work)
            case WorkKind.BUDGET:
                self.look_over.run(work)

    @cached_property
    def look_over(self) -> LookOverBudgets:
        """Looks over what is counted against caps."""
        from klingway.use_cases.look_over_budgets import LookOverBudgets

        return LookOverBudgets(budgets=self.budgets, now=now)

    @cached_property
    def check_element(self) -> CheckElement:
        """Looks after elements."""
        from klingway.use_cases.check_element import CheckElement

        return CheckElement(
            chain=self.make_element.chain,
            make=self.make_element,
            jobs=self.jobs,
            workflow=self.workflow,
            deliveries=self.deliveries,
            delivery_queue=self.delivery_queue,
        )

    @cached_property
    def check(self) -> CheckAttempt:
        """Does work."""
        from klingway.use_cases.check_attempt import CheckAttempt

        return CheckAttempt(
            chain=self.chain,
            providers=self.providers,
            start=self.start,
            submit=self.submit,
            store=self.store,
            watch=self.watch,
        )

    @cached_property
    def store(self) -> StoreResult:
        """Stores results."""
        from klingway.adapters.http import GuardedMedia
        from klingway.adapters.media_info import measure
        from klingway.use_cases.store_result import StoreResult

        source = GuardedMedia(self.settings.trusted_media_origins)
        return StoreResult(jobs=self.jobs, bucket=self.bucket, source=source, measure=measure, now=now)

    @cached_property
    def watch(self) -> WatchAttempts:
        """Looks after attempts that nobody waits for any more."""
        from klingway.adapters.eventbridge import EventBridgeBus
        from klingway.use_cases.tell_targets import TellTargets
        from klingway.use_cases.watch_attempts import WatchAttempts

        return WatchAttempts(
            chain=self.chain,
            watches=self.watches,
            providers=self.providers,
            find=self.find,
            store=self.store,
            events=EventBridgeBus(clients.events(), self.settings.event_bus_name),
            tell=TellTargets(deliveries=self.deliveries, queue=self.delivery_queue),
        )

    @cached_property
    def deliveries(self) -> DynamoDbDeliveries:
        """What is told to targets."""
        from klingway.adapters.dynamodb_deliveries import DynamoDbDeliveries

        return DynamoDbDeliveries(clients.dynamodb(), self.settings.table_name)

    @cached_property
    def delivery_queue(self) -> SqsDeliveryQueue:
        """Where what is told is sent."""
        return SqsDeliveryQueue(clients.sqs, self.settings.deliveries_queue_url)


class IntakeServices(_CreatingServices[IntakeSettings]):
    """What `intake` works with."""

    @cached_property
    def take_in(self) -> TakeIn:
        """Takes in files and events."""
        from klingway.adapters.eventbridge import EventBridgeBus
        from klingway.use_cases.take_in import TakeIn

        return TakeIn(
            create=self.create_job,
            bucket=self.bucket,
            events=EventBridgeBus(clients.events(), self.settings.event_bus_name),
            tenant=Tenant(self.settings.trigger_tenant),
            public_url=self.settings.public_base_url,
            now=now,
        )


@cache
def api() -> ApiServices:
    """Return what `api` works with."""
    return ApiServices(load(ApiSettings))


@cache
def worker() -> WorkerServices:
    """Return what `worker` works with."""
    return WorkerServices(load(WorkerSettings))


@cache
def intake() -> TakeIn:
    """Return what `intake` does."""
    return IntakeServices(load(IntakeSettings)).take_in


@cache
def elements() -> ElementsServices:
    """Return what `elements` works with."""
    return ElementsServices(load(SubmittingSettings))


@cache
def callback() -> ReceiveCallback:
    """Return what `callback` does."""
    from klingway.use_cases.receive_callback import ReceiveCallback

    settings = load(CallbackSettings)
    master = Secret(clients.secretsmanager(), settings.master_secret_arn)
    return ReceiveCallback(
        queue=SqsWorkQueue(clients.sqs, settings.work_queue_url),
        keyring=lambda: Keyring.of(master.read()),
        fresh_keyring=lambda: Keyring.of(master.read(fresh=True)),
        signing_secret=lambda: master.read().get("callback_signing") or None,
        now=now,
    )


@cache
def poller() -> TakeUpDue:
    """Return what `poller` does."""
    from klingway.adapters.dynamodb_due import DynamoDbDueRows
    from klingway.use_cases.take_up_due import TakeUpDue

    settings = load(PollerSettings)
    return TakeUpDue(
        rows=DynamoDbDueRows(clients.dynamodb(), settings.table_name),
        queue=SqsWorkQueue(clients.sqs, settings.work_queue_url),
        delivery_queue=SqsDeliveryQueue(clients.sqs, settings.deliveries_queue_url),
        now=now,
    )


@cache
def publisher() -> PublishChanges:
    """Return what `publisher` does."""
    from klingway.adapters.dynamodb_budgets import DynamoDbBudgets
    from klingway.adapters.dynamodb_deliveries import DynamoDbDeliveries
    from klingway.adapters.dynamodb_watches import DynamoDbWatches
    from klingway.adapters.eventbridge import EventBridgeBus
    from klingway.use_cases.follow_end import FollowEnd
    from klingway.use_cases.publish_changes import PublishChanges
    from klingway.use_cases.settle_spending import SettleSpending
    from klingway.use_cases.tell_targets import TellTargets

    settings = load(PublisherSettings)
    budgets = DynamoDbBudgets(clients.dynamodb(), settings.table_name)
    return PublishChanges(
        events=EventBridgeBus(clients.events(), settings.event_bus_name),
        tell=TellTargets(
            deliveries=DynamoDbDeliveries(clients.dynamodb(), settings.table_name),
            queue=SqsDeliveryQueue(clients.sqs, settings.deliveries_queue_url),
        ),
        work_queue=SqsWorkQueue(clients.sqs, settings.work_queue_url),
        follow_end=FollowEnd(
            settle=SettleSpending(budgets=budgets),
            watches=DynamoDbWatches(clients.dynamodb(), settings.table_name),
            now=now,
        ),
        now=now,
        bucket_name=settings.bucket_name,
        tells_every_change=settings.publish_state_changes,
    )


@cache
def webhooks() -> Deliver:
    """Return what `webhooks` does: a sender for each kind of delivery."""
    from klingway.adapters.dynamodb_deliveries import DynamoDbDeliveries
    from klingway.adapters.dynamodb_elements import DynamoDbElements
    from klingway.adapters.dynamodb_jobs import DynamoDbJobs
    from klingway.adapters.http import GuardedPosts
    from klingway.adapters.s3_media import S3MediaBucket
    from klingway.providers import registry
    from klingway.use_cases.deliver import AboutJobs, Deliver
    from klingway.use_cases.media_links import MediaLinks
    from klingway.use_cases.send_callback import SendCallback
    from klingway.use_cases.send_element_callback import SendElementCallback
    from klingway.use_cases.send_webhook import SendWebhook
    from klingway.use_cases.signed_posts import SignedPosts
    from klingway.use_cases.write_outbox import WriteOutbox

    settings = load(WebhooksSettings)
    jobs = DynamoDbJobs(clients.dynamodb(), settings.table_name)
    master = Secret(clients.secretsmanager(), settings.master_secret_arn)

    def keyring() -> Keyring:
        return Keyring.of(master.read())

    posts = SignedPosts(posts=GuardedPosts(settings.trusted_webhook_origins), keyring=keyring, now=now)
    callback = SendCallback(
        posts=posts,
        jobs=jobs,
        links=MediaLinks(keyring=keyring, now=now, life_hours=settings.result_link_hours),
        dialect_of=registry.dialect_of,
    )
    element_callback = SendElementCallback(
        posts=posts,
        elements=DynamoDbElements(clients.dynamodb(), settings.table_name),
        dialect_of=registry.dialect_of,
    )
    outbox = WriteOutbox(jobs=jobs, bucket=S3MediaBucket(clients.s3, settings.bucket_name))
    return Deliver(
        deliveries=DynamoDbDeliveries(clients.dynamodb(), settings.table_name),
        queue=SqsDeliveryQueue(clients.sqs, settings.deliveries_queue_url),
        senders={
            "webhook": AboutJobs(jobs=jobs, sender=SendWebhook(posts=posts, bucket_name=settings.bucket_name)),
            "callback": AboutJobs(jobs=jobs, sender=callback),
            "outbox": AboutJobs(jobs=jobs, sender=outbox),
            "element_callback": element_callback,
        },
        now=now,
        function_timeout_s=settings.function_timeout_s,
    )
