from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

import pytest
from klingway.domain.ids import AttemptId, Tenant
from klingway.domain.job import Job, JobError, State
from klingway.domain.keys import Keyring
from klingway.domain.work import Work, WorkKind
from klingway.providers.contract import Created, Media, Outcome, ProviderError, Succeeded
from klingway.use_cases.chain import Chain
from klingway.use_cases.check_attempt import CheckAttempt
from klingway.use_cases.check_element import CheckElement
from klingway.use_cases.create_job import CreateJob
from klingway.use_cases.delete_job import DeleteJob
from klingway.use_cases.deliver import AboutJobs, Deliver
from klingway.use_cases.find_task import FindTask
from klingway.use_cases.follow_end import FollowEnd
from klingway.use_cases.guard_spending import GuardSpending
from klingway.use_cases.judge_request import JudgeRequest
from klingway.use_cases.keep_elements import KeepElements
from klingway.use_cases.lanes import Lanes
from klingway.use_cases.make_element import ElementChain, MakeElement
from klingway.use_cases.media_links import MediaLinks
from klingway.use_cases.ports import Measured
from klingway.use_cases.prepare_elements import PrepareElements, WorkflowTasks
from klingway.use_cases.publish_changes import PublishChanges
from klingway.use_cases.send_callback import SendCallback
from klingway.use_cases.send_element_callback import SendElementCallback
from klingway.use_cases.send_webhook import SendWebhook
from klingway.use_cases.settle_spending import SettleSpending
from klingway.use_cases.signed_posts import SignedPosts
from klingway.use_cases.start_job import StartJob
from klingway.use_cases.store_result import StoreResult
from klingway.use_cases.submit_attempt import SubmitAttempt
from klingway.use_cases.take_up_due import TakeUpDue
from klingway.use_cases.tell_targets import TellTargets
from klingway.use_cases.watch_attempts import WatchAttempts
from klingway.use_cases.write_outbox import WriteOutbox

from tests.fakes.budgets import InMemoryBudgets
from tests.fakes.bus import RecordingBus
from tests.fakes.clock import FixedClock
from tests.fakes.deliveries import AllRows, InMemoryDeliveries, RecordingDeliveryQueue, ScriptedReceiver
from tests.fakes.dialects import ScriptedDialect
from tests.fakes.elements import InMemoryElements, RecordingWorkflow
from tests.fakes.jobs import InMemoryJobs
from tests.fakes.lanes import InMemoryLanes
from tests.fakes.media import InMemoryBucket, ScriptedMedia
from tests.fakes.providers import OneProvider, ScriptedProvider, SeveralProviders
from tests.fakes.queue import RecordingQueue
from tests.fakes.task_claims import InMemoryTaskClaims
from tests.fakes.watches import InMemoryWatches

VIDEO_URL = "https://cdn.example/video.mp4"
FILM = b"a film"


@dataclass
class Gateway:
    """The use cases over fakes, wired as the functions wire them."""

    provider: ScriptedProvider = field(default_factory=ScriptedProvider)
    others: Sequence[ScriptedProvider] = ()
    """Further providers, by the names of their profiles."""
    jobs: InMemoryJobs = field(default_factory=InMemoryJobs)
    queue: RecordingQueue = field(default_factory=RecordingQueue)
    workflow: RecordingWorkflow = field(default_factory=RecordingWorkflow)
    bucket: InMemoryBucket = field(default_factory=InMemoryBucket)
    clock: FixedClock = field(default_factory=FixedClock)
    deliveries: InMemoryDeliveries = field(default_factory=InMemoryDeliveries)
    delivery_queue: RecordingDeliveryQueue = field(default_factory=RecordingDeliveryQueue)
    receiver: ScriptedReceiver = field(default_factory=ScriptedReceiver)
    bus: RecordingBus = field(default_factory=RecordingBus)
    dialect: ScriptedDialect = field(default_factory=ScriptedDialect)
    media: ScriptedMedia = field(default_factory=lambda: ScriptedMedia({VIDEO_URL: FILM}))

    def __post_init__(self) -> None:
        self.measured = Measured(5.04, 1280, 720)
        self.keyring = Keyring(["master"])
        self.elements = InMemoryElements(self.jobs)
        several = SeveralProviders([self.provider, *self.others])
        self.providers = providers = several if self.others else OneProvider(self.provider)
        self.lanes = InMemoryLanes()
        self.claims = InMemoryTaskClaims()
        self.watches = InMemoryWatches()
        submit = SubmitAttempt(
            chain=self.chain(29),
            lanes=Lanes(store=self.lanes, chain=self.chain(29)),
            providers=providers,
            keyring=lambda: self.keyring,
            bucket=self.bucket,
            find=FindTask(claims=self.claims, now=self.clock),
        )
        prepare = PrepareElements(
            chain=self.chain(29), elements=self.elements, providers=providers, workflow=lambda: self.workflow
        )
        start = StartJob(prepare=prepare, submit=submit)
        make = MakeElement(
            chain=ElementChain(elements=self.elements, queue=self.queue, now=self.clock),
            providers=providers,
            keyring=lambda: self.keyring,
            bucket=self.bucket,
            function_timeout_s=60,
        )
        self.tasks = WorkflowTasks(chain=self.chain(60), elements=self.elements, make=make, submit=submit.begin)
        self.check_element = CheckElement(
            chain=make.chain,
            make=make,
            jobs=self.jobs,
            workflow=lambda: self.workflow,
            deliveries=self.deliveries,
            delivery_queue=self.delivery_queue,
        )
        self.judge = JudgeRequest(bucket_name=self.bucket.name, elements=self.elements, providers=providers)
        self.budgets = InMemoryBudgets(self.jobs)
        self.create = CreateJob(
            jobs=self.jobs,
            bucket=self.bucket,
            judge=self.judge,
            guard=GuardSpending(budgets=self.budgets, providers=providers),
            start=start,
            now=self.clock,
        )
        self.keep = KeepElements(
            make=replace(make, function_timeout_s=29), jobs=self.jobs, bucket=self.bucket, providers=providers
        )
        store = StoreResult(
            jobs=self.jobs,
            bucket=self.bucket,
            source=self.media,
            measure=self._measure,
            now=self.clock,
        )
        tell = TellTargets(deliveries=self.deliveries, queue=self.delivery_queue)
        self.watch = WatchAttempts(
            chain=self.chain(300),
            watches=self.watches,
            providers=providers,
            find=submit.find,
            store=store,
            events=self.bus,
            tell=tell,
        )
        self.worker = CheckAttempt(
            chain=self.chain(300), providers=providers, start=start, submit=submit, store=store, watch=self.watch
        )
        rows = AllRows(self.jobs, self.deliveries, self.watches)
        self.poller = TakeUpDue(rows=rows, queue=self.queue, delivery_queue=self.delivery_queue, now=self.clock)
        self.follow_end = FollowEnd(settle=SettleSpending(budgets=self.budgets), watches=self.watches, now=self.clock)
        self.publisher = PublishChanges(
            events=self.bus,
            tell=tell,
            work_queue=self.queue,
            follow_end=self.follow_end,
            now=self.clock,
            bucket_name=self.bucket.name,
        )
        posts = SignedPosts(posts=self.receiver, keyring=lambda: self.keyring, now=self.clock)
        self.links = MediaLinks(keyring=lambda: self.keyring, now=self.clock, life_hours=24)
        callback = SendCallback(posts=posts, jobs=self.jobs, links=self.links, dialect_of=lambda _: self.dialect)
        element_callback = SendElementCallback(posts=posts, elements=self.elements, dialect_of=lambda _: self.dialect)
        webhook = SendWebhook(posts=posts, bucket_name=self.bucket.name)
        outbox = WriteOutbox(jobs=self.jobs, bucket=self.bucket)
        self.deliver = Deliver(
            deliveries=self.deliveries,
            queue=self.delivery_queue,
            senders={
                "webhook": AboutJobs(jobs=self.jobs, sender=webhook),
                "callback": AboutJobs(jobs=self.jobs, sender=callback),
                "outbox": AboutJobs(jobs=self.jobs, sender=outbox),
                "element_callback": element_callback,
            },
            now=self.clock,
            function_timeout_s=120,
        )

    def _measure(self, _: BinaryIO) -> Measured:
        return self.measured

    def chain(self, function_timeout_s: int) -> Chain:
        return Chain(jobs=self.jobs, queue=self.queue, now=self.clock, function_timeout_s=function_timeout_s)

    def submit(self, body: Mapping[str, Any] | None = None, **more: Any) -> Job:
        """Accept a request as `api` does; return the job."""
        body = body or {"prompt": "a fox", "duration_s": 5}
        given = more.get("idempotency_key")
        accepted = self.create.run(
            Tenant("acme"),
            body,
            key=None if given is None else self.create.key_for(Tenant("acme"), body, given),
            public_url="https://gateway.example",
            kind=more.get("kind", "video"),
            origin=more.get("origin"),
            targets=more.get("targets", ()),
            correlation_id=more.get("correlation_id"),
        )
        return accepted.stored.job

    def job(self, job: Job) -> Job:
        """Return the job as it stands."""
        return self.jobs.rows[job.id]

    def nudge(self, job: Job, task_id: str | None = None) -> None:
        """Do the work that a callback asks for."""
        self.worker.run(Work.nudged(AttemptId(job.id, 1), task_id))

    def check(self, job: Job) -> None:
        """Do the work that the poller asks for."""
        job = self.job(job)
        self.worker.run(Work(kind=WorkKind.CHECK, id=job.id, number=job.number))

    def work(self) -> float:
        """Let the one message in the queue arrive when it is due, and do its work; return its delay."""
        work, delay_s = self.queue.take()
        self.clock.go_on(delay_s)
        (self.watch if work.kind is WorkKind.WATCH else self.worker).run(work)
        return delay_s

    def end(self, job: Job, outcome: Outcome) -> Job:
        """Let the provider be done with a job, and the publisher see its end; return the job."""
        self.provider.outcomes = [outcome]
        self.nudge(job)
        ended = self.job(job)
        assert [True] == self.publisher.run([ended])
        return ended

    def delete(self, job: Job, tenant: Tenant = Tenant("acme")) -> None:  # noqa: B008 - a text
        """Delete an ended job, as its tenant asks for it."""
        settle = SettleSpending(budgets=self.budgets)
        DeleteJob(jobs=self.jobs, bucket=self.bucket, watches=self.watches, settle=settle, now=self.clock).run(
            tenant, job.id
        )

    def try_delivery(self) -> float:
        """Let the one message about a delivery arrive when it is due, and do as it says; return its delay."""
        message, delay_s = self.delivery_queue.take()
        self.clock.go_on(delay_s)
        self.deliver.run(message)
        return delay_s

    def poll(self) -> int:
        """Run the poller."""
        return self.poller.run()


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


SUCCESS = Succeeded(media=(Media(VIDEO_URL, "video"),))


def unreachable() -> ProviderError:
    """Return the error of a call that never left."""
    error = JobError(code="provider_unreachable", message="no", retryable=True)
    return ProviderError(error, created=Created.NO)


def succeeded(gateway: Gateway) -> int:
    """Return how often a job was written as succeeded."""
    return sum(row.state is State.SUCCEEDED for row in gateway.jobs.history)
